/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Machines in an open loop: exponential gaps against the mathematics, constant ones to the
 * nanosecond, and what a busy link does to both against a model that keeps everything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/wire/sources.h"

#define ONE (1ull << EXPONENTIAL_ONE_BITS)

static struct sources_asked asked_of(uint32_t count, uint64_t bits_per_second, uint32_t bytes)
{
    return (struct sources_asked){.name = "lan",
                                  .seed = 1,
                                  .count = count,
                                  .bits_per_second = bits_per_second,
                                  .frame_bytes = bytes,
                                  .backlog = 64};
}

/* ---- exponential numbers ---- */

static void the_table_is_that_of_the_logarithm(void **state)
{
    struct exponential e;

    (void)state;
    exponential_init(&e);
    for (unsigned i = 0; i <= EXPONENTIAL_STEPS; i++) {
        long double exact = -logl(0.5L + i / (2.0L * EXPONENTIAL_STEPS)) * ONE;

        assert_int_equal(e.minus_ln[i], (uint64_t)llroundl(exact));
    }
}

/* All draws there are, weighted: half of them have no leading zero, a quarter one, ... */
static void the_mean_of_all_draws_is_one(void **state)
{
    struct exponential e;
    uint64_t sum = 0;

    (void)state;
    exponential_init(&e);
    for (unsigned i = 0; i < EXPONENTIAL_STEPS; i++) {
        sum += ((uint64_t)e.minus_ln[i] + e.minus_ln[i + 1]) / 2;
    }
    double mean = ((double)sum / EXPONENTIAL_STEPS + M_LN2 * ONE) / ONE;

    assert_true(fabs(mean - 1) < 2e-6);
}

static void draws_are_exponential(void **state)
{
    enum { DRAWS = 4000000, MARKS = 6 };
    static const double marks[MARKS] = {0.01, 0.1, 0.6931, 1, 3, 7};
    struct exponential e;

    (void)state;
    exponential_init(&e);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        double sum = 0, squares = 0;
        unsigned beyond[MARKS] = {0};
        struct rng dice;

        rng_init(&dice, seed, "wire.lan.source0");
        for (unsigned i = 0; i < DRAWS; i++) {
            double x = (double)exponential_draw(&e, &dice) / ONE;

            sum += x;
            squares += x * x;
            for (unsigned m = 0; m < MARKS; m++) {
                beyond[m] += x > marks[m];
            }
        }
        double mean = sum / DRAWS, variance = squares / DRAWS - mean * mean;

        /* Three standard deviations are 0.0015 of the mean and 0.0042 of the variance. */
        assert_true(fabs(mean - 1) < 0.0015);
        assert_true(fabs(variance - 1) < 0.005);
        for (unsigned m = 0; m < MARKS; m++) {
            double p = exp(-marks[m]);

            assert_true(fabs((double)beyond[m] / DRAWS - p) < 4 * sqrt(p * (1 - p) / DRAWS));
        }
    }
}

/* The state of the dice from which the next word is this one; see rng_u64. */
static struct rng dice_showing(uint64_t word)
{
    uint64_t x = word * 0x8e38e38e38e38e39u; /* by 9, backwards */

    x = x >> 7 | x << 57;
    return (struct rng){.state = {1, x * 0xcccccccccccccccdu, 2, 3}}; /* by 5, backwards */
}

static uint64_t draw_from(const struct exponential *e, uint64_t word)
{
    struct rng dice = dice_showing(word), look = dice;

    assert_int_equal(rng_u64(&look), word);
    return exponential_draw(e, &dice);
}

static void no_word_of_dice_is_out_of_bounds(void **state)
{
    struct exponential e;

    (void)state;
    exponential_init(&e);
    assert_in_range(draw_from(&e, UINT64_MAX), 0, 1000);
    assert_in_range(draw_from(&e, 0), 44 * ONE, 44 * ONE + ONE / 2);
    for (unsigned zeros = 0; zeros < 63; zeros++) {
        uint64_t last = UINT64_MAX;

        /* Never up as u goes up, from one table step into the next and from half to half. */
        for (uint64_t part = 0; part < 4096; part++) {
            uint64_t word = (1ull << 63 | part << 51) >> zeros;
            uint64_t drawn = draw_from(&e, word), least = zeros * (ONE * 6931471 / 10000000);

            assert_true(drawn <= last);
            assert_in_range(drawn, least, least + ONE * 6932 / 10000);
            last = drawn;
        }
    }
}

/* ---- schedules ---- */

/* Frame k of a steady load, by the book. */
static uint64_t steady_ns(uint64_t k, uint64_t bits_per_second, uint32_t bytes)
{
    return (uint64_t)((unsigned __int128)k * bytes * 8 * 1000000000u / bits_per_second);
}

static void check_steady(uint32_t count, uint64_t bits_per_second, uint32_t bytes, unsigned frames)
{
    struct sources_asked asked = asked_of(count, bits_per_second, bytes);
    struct sources s;

    assert_int_equal(sources_open(&s, &asked), 0);
    for (uint64_t k = 0; k < frames; k++) {
        uint32_t first = sources_first(&s);
        uint64_t due_ns = s.all[first].due_ns;

        if (due_ns != steady_ns(k, bits_per_second, bytes)) {
            fail_msg("%u sources at %ju bit/s: frame %ju at %ju ns", count,
                     (uintmax_t)bits_per_second, (uintmax_t)k, (uintmax_t)due_ns);
        }
        for (uint32_t i = 0; i < first; i++) {
            assert_true(s.all[i].due_ns > due_ns); /* of several at once, the least number */
        }
        assert_true(first == k % count || bits_per_second > 8000000000u);
        sources_left(&s, first, due_ns);
    }
    sources_finish(&s);
}

static void constant_gaps_add_up_to_the_nanosecond(void **state)
{
    static const uint64_t rates[] = {1,         3,          7001,       957000000,
                                     123456789, 1000000007, 9999999967, SOURCES_BITS_PER_SECOND};
    static const uint32_t counts[] = {1, 2, 3, 4, 7, SOURCES_MAX};
    static const uint32_t sizes[] = {18, 19, 1001, 1472};

    (void)state;
    for (unsigned r = 0; r < sizeof rates / sizeof rates[0]; r++) {
        for (unsigned c = 0; c < sizeof counts / sizeof counts[0]; c++) {
            for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                check_steady(counts[c], rates[r], sizes[i], 3000);
            }
        }
    }
    check_steady(4, 956999989, 1471, 1000000);
    check_steady(3, 10000019, 18, 1000000);
    check_steady(SOURCES_MAX, SOURCES_BITS_PER_SECOND, SOURCES_FRAME_BYTES, 1000000);
}

static void check_exponential(uint32_t count, uint64_t bits_per_second, uint32_t bytes)
{
    enum { FRAMES = 1000000 };
    struct sources_asked asked = asked_of(count, bits_per_second, bytes);
    double squares = 0, sum = 0;
    uint64_t last_ns = 0;
    struct sources s;

    asked.exponential = true;
    asked.backlog = SOURCES_BACKLOG_MAX;
    assert_int_equal(sources_open(&s, &asked), 0);
    for (unsigned k = 0; k < FRAMES; k++) {
        uint32_t first = sources_first(&s);
        uint64_t due_ns = s.all[first].due_ns;

        assert_true(due_ns >= last_ns);
        sum += (double)(due_ns - last_ns);
        squares += (double)(due_ns - last_ns) * (double)(due_ns - last_ns);
        last_ns = due_ns;
        sources_left(&s, first, due_ns);
    }
    /* Many such schedules together are one again. Standard deviation of its mean: 0.001. */
    double expected = (double)bytes * 8e9 / (double)bits_per_second;
    double mean = sum / FRAMES, variance = squares / FRAMES - mean * mean;

    assert_true(fabs(mean / expected - 1) < 0.003);
    assert_true(fabs(variance / (expected * expected) - 1) < 0.01 || expected < 100);
    for (uint32_t i = 0; i < count; i++) {
        double share = (double)s.all[i].left * count / FRAMES;

        assert_true(fabs(share - 1) < 5 * sqrt((double)count / FRAMES));
    }
    sources_finish(&s);
}

static void exponential_gaps_keep_the_rate_and_vary_as_they_should(void **state)
{
    (void)state;
    check_exponential(1, 100000000, 1472);
    check_exponential(4, 956999989, 1472);
    check_exponential(SOURCES_MAX, 10000019, 18);
    check_exponential(3, 1, 1000);                     /* hours and hours */
    check_exponential(1, SOURCES_BITS_PER_SECOND, 18); /* seven in a nanosecond */
}

static uint64_t history_of(uint64_t seed, const char *name, uint32_t count)
{
    struct sources_asked asked = asked_of(count, 100000000, 1472);
    struct sources s;
    uint64_t history = 0;

    asked.exponential = true;
    asked.seed = seed;
    asked.name = name;
    assert_int_equal(sources_open(&s, &asked), 0);
    for (unsigned k = 0; k < 1000; k++) {
        uint32_t first = sources_first(&s);

        history = (history ^ s.all[first].due_ns ^ first) * 0x9e3779b97f4a7c15u;
        sources_left(&s, first, s.all[first].due_ns);
    }
    sources_finish(&s);
    return history;
}

static void schedules_follow_from_seed_name_and_number(void **state)
{
    struct sources_asked asked = asked_of(3, 100000000, 1472);
    struct sources s;

    (void)state;
    assert_true(history_of(7, "lan", 4) == history_of(7, "lan", 4));
    assert_true(history_of(7, "lan", 4) != history_of(8, "lan", 4));
    assert_true(history_of(7, "lan", 4) != history_of(7, "wan", 4));
    asked.exponential = true;
    assert_int_equal(sources_open(&s, &asked), 0);
    assert_true(s.all[0].due_ns != s.all[1].due_ns && s.all[1].due_ns != s.all[2].due_ns);
    sources_finish(&s);
    sources_finish(&s); /* zeroed is fine */
    /* Which numbers they are must never change, or no old seed repeats its run. */
    assert_int_equal(history_of(1, "lan", 1), 0x3b30b42eb1448713);
}

/* ---- a busy link ---- */

/* A link that takes `busy_ns` a frame and now and then a lot longer; and a source beside it whose
 * schedule and departures are all kept. */
static void check_backlog(uint32_t count, uint32_t backlog, uint64_t bits_per_second,
                          uint64_t busy_ns, uint64_t stall_ns)
{
    enum { FRAMES = 40000, BYTES = 1000 };
    struct sources_asked asked = asked_of(count, bits_per_second, BYTES);
    uint64_t *left_ns[SOURCES_MAX], free_ns = 0, made_ns, longest_ns = 0;
    uint64_t left[SOURCES_MAX] = {0};
    struct sources s;

    asked.backlog = backlog;
    assert_int_equal(sources_open(&s, &asked), 0);
    for (uint32_t i = 0; i < count; i++) {
        left_ns[i] = calloc(FRAMES, sizeof *left_ns[i]);
    }
    for (uint64_t k = 0; k < FRAMES; k++) {
        uint32_t of = sources_first(&s);
        uint64_t n = left[of]++;

        made_ns = steady_ns(n * count + of, bits_per_second, BYTES);
        if (n >= backlog && left_ns[of][n - backlog] > made_ns) {
            made_ns = left_ns[of][n - backlog];
        }
        assert_int_equal(s.all[of].due_ns, made_ns);
        for (uint32_t i = 0; i < count; i++) {
            assert_true(s.all[i].due_ns > made_ns || (s.all[i].due_ns == made_ns && i >= of));
        }
        uint64_t begin_ns = free_ns > made_ns ? free_ns : made_ns;

        longest_ns = begin_ns - made_ns > longest_ns ? begin_ns - made_ns : longest_ns;
        left_ns[of][n] = begin_ns;
        sources_left(&s, of, begin_ns);
        free_ns = begin_ns + busy_ns + (k % 10000 == 5000 ? stall_ns : 0);
    }
    if (stall_ns == 0) {
        assert_true(longest_ns <= (uint64_t)count * backlog * busy_ns);
    }
    if (steady_ns(1, bits_per_second, BYTES) < busy_ns) {
        assert_true(longest_ns >= (uint64_t)count * (backlog - 1) * busy_ns);
        assert_int_equal(free_ns, FRAMES * busy_ns + FRAMES / 10000 * stall_ns);
    } else {
        /* Whatever held it up, in the long run it keeps its schedule. */
        assert_int_equal(made_ns, steady_ns(FRAMES - 1, bits_per_second, BYTES));
    }
    for (uint32_t i = 0; i < count; i++) {
        free(left_ns[i]);
    }
    sources_finish(&s);
}

static void a_busy_link_makes_sources_wait(void **state)
{
    (void)state;
    for (uint32_t backlog = 1; backlog <= 64; backlog *= 4) {
        for (uint32_t count = 1; count <= 7; count += 3) {
            check_backlog(count, backlog, 500000000, 8192, 0);        /* half of what it carries */
            check_backlog(count, backlog, 900000000, 8192, 3000000);  /* nearly that, and stalls */
            check_backlog(count, backlog, 1000000000, 8192, 0);       /* a little more */
            check_backlog(count, backlog, 5000000000, 8192, 1000000); /* a lot more, and stalls */
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_that_of_the_logarithm),
        cmocka_unit_test(the_mean_of_all_draws_is_one),
        cmocka_unit_test(draws_are_exponential),
        cmocka_unit_test(no_word_of_dice_is_out_of_bounds),
        cmocka_unit_test(constant_gaps_add_up_to_the_nanosecond),
        cmocka_unit_test(exponential_gaps_keep_the_rate_and_vary_as_they_should),
        cmocka_unit_test(schedules_follow_from_seed_name_and_number),
        cmocka_unit_test(a_busy_link_makes_sources_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
