/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The small tools of sddf/util and the clock arithmetic of sddf/timer: the allocators against plain
 * models under long random use, the macros and conversions at their edges.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sddf/timer/timer_common.h>
#include <sddf/util/bitarray.h>
#include <sddf/util/fence.h>
#include <sddf/util/fsmalloc.h>
#include <sddf/util/ialloc.h>
#include <sddf/util/printf.h>
#include <sddf/util/si_units.h>
#include <sddf/util/util.h>

enum { STEPS = 200000, BITS = 200, CELLS = 150 };

void (*sddfsim_point_hook)(enum point_op op, const volatile void *where, uint64_t units);
void (*sddfsim_move_hook)(enum move_kind kind, const volatile void *queue, uint64_t name,
                          uint64_t rest);

static jmp_buf assert_return;
static char assert_text[64];

void _assert_fail(const char *assertion, const char *file, unsigned int line, const char *function)
{
    (void)file;
    (void)line;
    (void)function;
    snprintf(assert_text, sizeof(assert_text), "%s", assertion);
    longjmp(assert_return, 1);
}

/* Whether `act` runs into an assert. */
static __attribute__((noinline)) bool asserts(void (*act)(void *), void *arg)
{
    if (setjmp(assert_return) != 0) {
        return true;
    }
    act(arg);
    return false;
}

/* The same numbers on every run: a failure can be repeated. */
static uint64_t next_random(void)
{
    static uint64_t x = 88172645463325252ull;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

static void test_macros(void **state)
{
    int numbers[7];
    uint64_t wide = 0x123456789aull;
    unsigned once = 20;

    (void)state;
    assert_int_equal(ARRAY_SIZE(numbers), 7);
    assert_true(ALIGN(wide, 0x1000) == 0x1234568000ull);
    assert_true(ALIGN(wide, 0x1000u) == 0x1234568000ull);
    assert_int_equal(ALIGN(4096, 4096), 4096);
    assert_true(BIT(63) == 0x8000000000000000ul);
    assert_true(BIT_MASK(4, 7) == 0xf0);
    assert_true(BIT_MASK(0, 63) == ~0ul);
    assert_true(BIT_MASK(63, 63) == BIT(63));
    assert_int_equal(ROUND_UP(20, 7), 21);
    assert_int_equal(ROUND_UP(21, 7), 21);
    assert_int_equal(ROUND_DOWN(20, 7), 14);
    assert_int_equal(ROUND_DOWN(21, 7), 21);
    assert_int_equal(ROUND_UP(once++, 7), 21); /* NOLINT(bugprone-macro-repeated-side-effects) */
    assert_int_equal(once, 21);
    assert_int_equal(MIN(-1, 2), -1);
    assert_int_equal(MAX(-1, 2), 2);
    assert_int_equal(ABS(-5), 5);
    assert_int_equal(ABS(5), 5);
    assert_true(BYTE_ORDER == LITTLE_ENDIAN);
    assert_true(likely(7));
    assert_false(unlikely(0));
}

static void test_text(void **state)
{
    (void)state;
    for (int ch = 0; ch < 128; ch++) {
        assert_int_equal(sddf_isspace(ch) != 0, ch != 0 && strchr(" \t\n\v\f\r", ch) != NULL);
        assert_int_equal(sddf_isdigit(ch) != 0, ch != 0 && strchr("0123456789", ch) != NULL);
    }
    assert_int_equal(sddf_atoi(" \t\n 42abc"), 42);
    assert_int_equal(sddf_atoi("-17"), -17);
    assert_int_equal(sddf_atoi("+17"), 17);
    assert_int_equal(sddf_atoi("- 17"), 0);
    assert_int_equal(sddf_atoi("--17"), 0);
    assert_int_equal(sddf_atoi(""), 0);
    assert_int_equal(sddf_atoi("2147483647"), INT32_MAX);
    assert_int_equal(sddf_atoi("-2147483648"), INT32_MIN);
    assert_int_equal(sddf_atoi("4294967297"), 1);
}

static unsigned evaluated;

static void assert_counts(void *arg)
{
    assert(++evaluated != *(unsigned *)arg); /* NOLINT(bugprone-assert-side-effect): the point */
}

/* The expression is evaluated exactly once, and a false one stops. */
static void test_assert(void **state)
{
    unsigned stop = 0;

    (void)state;
    assert_false(asserts(assert_counts, &stop));
    assert_int_equal(evaluated, 1);
    stop = 2;
    assert_true(asserts(assert_counts, &stop));
    assert_int_equal(evaluated, 2);
    assert_string_equal(assert_text, "++evaluated != *(unsigned *)arg");
}

static void test_atomics(void **state)
{
    uint32_t word = 5;
    uint16_t half[2] = {0xffff, 0x1234};

    (void)state;
    store_release_32(&word, 6);
    assert_int_equal(load_acquire_32(&word), 6);
    store_relaxed_32(&word, 7);
    assert_int_equal(load_relaxed_32(&word), 7);
    store_release_16(&half[0], 1);
    assert_int_equal(load_acquire_16(&half[0]), 1);
    store_relaxed_16(&half[0], 2);
    assert_int_equal(load_relaxed_16(&half[0]), 2);
    assert_int_equal(half[1], 0x1234);
    fence_seq_cst();
    THREAD_MEMORY_FENCE();
    THREAD_MEMORY_RELEASE();
    THREAD_MEMORY_ACQUIRE();
    COMPILER_MEMORY_FENCE();
    COMPILER_MEMORY_RELEASE();
    COMPILER_MEMORY_ACQUIRE();
    rrmb();
    wwmb();
}

/* The number that has been free longest comes first: a plain queue of free numbers says which. */
static void test_ialloc_is_first_in_first_out(void **state)
{
    enum { IDS = 13 };
    uint32_t list[IDS];
    uint32_t fifo[IDS];
    bool out[IDS] = {false};
    uint32_t first = 0;
    uint32_t num_free = IDS;
    ialloc_t ia;

    (void)state;
    ialloc_init(&ia, list, IDS);
    for (uint32_t i = 0; i < IDS; i++) {
        fifo[i] = i;
    }
    for (int step = 0; step < STEPS; step++) {
        uint32_t id = (uint32_t)(next_random() % (IDS + 2));

        assert_int_equal(ialloc_num_free(&ia), num_free);
        assert_int_equal(ialloc_full(&ia), num_free == 0);
        assert_int_equal(ialloc_in_use(&ia, id), id < IDS && out[id]);
        /* Lean one way for a while, so that both ends are reached. */
        if (next_random() % 8 < (step / 100 % 2 == 0 ? 5u : 3u)) {
            uint32_t got = 77;

            assert_int_equal(ialloc_alloc(&ia, &got), num_free == 0 ? -1 : 0);
            if (num_free == 0) {
                assert_int_equal(got, 77);
                continue;
            }
            assert_int_equal(got, fifo[first]);
            first = (first + 1) % IDS;
            num_free--;
            out[got] = true;
        } else if (id < IDS && out[id]) {
            assert_int_equal(ialloc_free(&ia, id), 0);
            fifo[(first + num_free++) % IDS] = id;
            out[id] = false;
        } else {
            assert_int_equal(ialloc_free(&ia, id), -1);
        }
    }
}

static void test_ialloc_edges(void **state)
{
    uint32_t list[4];
    uint32_t id = 9;
    ialloc_t ia;

    (void)state;
    ialloc_init(&ia, list, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(list[i], i + 1);
    }
    assert_int_equal(ialloc_free(&ia, 0), -1);
    assert_int_equal(ialloc_alloc(&ia, &id), 0);
    assert_int_equal(id, 0);
    assert_int_equal(list[0], (uint32_t)-1);
    assert_int_equal(ialloc_free(&ia, 0), 0);
    assert_int_equal(list[0], 4);
    assert_int_equal(list[3], 0);
    assert_int_equal(ialloc_free(&ia, 0), -1);
    assert_int_equal(ialloc_free(&ia, 4), -1);
    assert_int_equal(ialloc_free(&ia, UINT32_MAX), -1);
    ialloc_init(&ia, NULL, 0);
    assert_true(ialloc_full(&ia));
    assert_int_equal(ialloc_alloc(&ia, &id), -1);
    assert_int_equal(ialloc_free(&ia, 0), -1);
}

static void check_bits(bitarray_t *b, const bool *model)
{
    size_t start = next_random() % BITS;
    size_t run = 0;

    for (size_t i = 0; i < BITS; i++) {
        assert_int_equal(bitarray_get_bit(b, i), model[i]);
    }
    while (start + run < BITS && model[start + run] == model[start]) {
        run++;
    }
    assert_int_equal(bitarray_count_bits(b, start, model[start]), run);
    assert_int_equal(bitarray_count_bits(b, start, !model[start]), 0);
}

static void test_bitarray_against_model(void **state)
{
    uint64_t words[BITS_2_WORDS64(BITS) + 1];
    bool model[BITS];
    bitarray_t b;

    (void)state;
    assert_int_equal(BITS_2_WORDS64(BITS), 4);
    assert_int_equal(BITS_2_WORDS64(64), 1);
    assert_int_equal(BITS_2_WORDS64(0), 0);
    /* What is past the last bit must neither be counted nor changed. */
    memset(words, 0xff, sizeof(words));
    memset(model, 1, sizeof(model));
    bitarray_init(&b, words, BITS);
    for (int step = 0; step < STEPS / 20; step++) {
        size_t start = next_random() % (BITS + 1);
        size_t len = next_random() % (BITS + 1 - start);
        bool value = next_random() % 2;

        if (step % 3 == 0) {
            bitarray_toggle_region(&b, start, len);
        } else {
            bitarray_set_region(&b, start, len, value);
        }
        for (size_t i = start; i < start + len; i++) {
            model[i] = step % 3 == 0 ? !model[i] : value;
        }
        check_bits(&b, model);
    }
    assert_true(words[BITS / 64] >> (BITS % 64) == ~(uint64_t)0 >> (BITS % 64));
    assert_true(words[BITS_2_WORDS64(BITS)] == ~(uint64_t)0);
}

struct region {
    bitarray_t *b;
    size_t start, len;
};

static void get_bit(void *arg)
{
    const struct region *r = arg;

    bitarray_get_bit(r->b, r->start);
}

static void count_bits(void *arg)
{
    const struct region *r = arg;

    bitarray_count_bits(r->b, r->start, true);
}

static void set_region(void *arg)
{
    const struct region *r = arg;

    bitarray_set_region(r->b, r->start, r->len, true);
}

static void toggle_region(void *arg)
{
    const struct region *r = arg;

    bitarray_toggle_region(r->b, r->start, r->len);
}

static void test_bitarray_out_of_range(void **state)
{
    uint64_t words[2] = {0, 0};
    bitarray_t b;
    struct region r = {.b = &b};

    (void)state;
    bitarray_init(&b, words, 100);
    r.start = 100;
    r.len = 1;
    assert_true(asserts(get_bit, &r));
    assert_true(asserts(count_bits, &r));
    assert_true(asserts(set_region, &r));
    assert_true(asserts(toggle_region, &r));
    r.start = 1;
    r.len = SIZE_MAX;
    assert_true(asserts(set_region, &r));
    assert_true(asserts(toggle_region, &r));
    r.start = 60;
    r.len = 40;
    assert_false(asserts(set_region, &r));
    assert_int_equal(bitarray_count_bits(&b, 60, true), 40);
}

/* Where a next-fit search must find `count` cells, by trying every place; CELLS if nowhere. */
static uint64_t model_fit(const bool *out, uint64_t from, uint64_t count)
{
    for (uint64_t turn = 0; turn < 2; turn++, from = 0) {
        for (uint64_t first = from; first + count <= CELLS; first++) {
            uint64_t run = 0;

            while (run < count && !out[first + run]) {
                run++;
            }
            if (run == count) {
                return first;
            }
        }
    }
    return CELLS;
}

static void test_fsmalloc_against_model(void **state)
{
    const uintptr_t base = 0x10000000;
    uint64_t words[BITS_2_WORDS64(CELLS)];
    bool out[CELLS] = {false};
    uint64_t next = 0;
    bitarray_t bits;
    fsmalloc_t f;

    (void)state;
    fsmalloc_init(&f, base, 4096, CELLS, &bits, words, ARRAY_SIZE(words));
    for (int step = 0; step < STEPS / 4; step++) {
        uint64_t count = 1 + next_random() % 12;
        uint64_t first = next_random() % CELLS;
        uintptr_t place = 1;

        if (next_random() % 2 == 0) {
            uint64_t fit = model_fit(out, next, count);

            assert_int_equal(fsmalloc_alloc(&f, &place, count), fit == CELLS ? -1 : 0);
            assert_true(place == (fit == CELLS ? 1 : base + 4096 * fit));
            for (uint64_t i = 0; fit < CELLS && i < count; i++) {
                out[fit + i] = true;
                next = fit + i + 1;
            }
        } else {
            uint64_t run = 0;

            while (first + run < CELLS && run < count && out[first + run]) {
                out[first + run++] = false;
            }
            if (run > 0) {
                fsmalloc_free(&f, base + 4096 * first, run);
            }
        }
    }
    for (uint64_t i = 0; i < CELLS; i++) {
        assert_int_equal(bitarray_get_bit(&bits, i), !out[i]);
    }
}

struct cells {
    fsmalloc_t *f;
    uintptr_t first;
    uint64_t count;
};

static void free_cells(void *arg)
{
    const struct cells *c = arg;

    fsmalloc_free(c->f, c->first, c->count);
}

static void test_fsmalloc_refuses(void **state)
{
    uint64_t words[1];
    bitarray_t bits;
    fsmalloc_t f;
    uintptr_t place;
    struct cells c = {.f = &f, .count = 1};

    (void)state;
    fsmalloc_init(&f, 0x1000, 0x100, 8, &bits, words, 1);
    assert_int_equal(fsmalloc_alloc(&f, &place, 0), -1);
    assert_int_equal(fsmalloc_alloc(&f, &place, 9), -1);
    assert_int_equal(fsmalloc_alloc(&f, &place, UINT64_MAX), -1);
    assert_int_equal(fsmalloc_alloc(&f, &place, 8), 0);
    assert_int_equal(place, 0x1000);
    assert_int_equal(fsmalloc_alloc(&f, &place, 1), -1);
    c.first = 0xf00;
    assert_true(asserts(free_cells, &c)); /* below the region */
    c.first = 0x1800;
    assert_true(asserts(free_cells, &c)); /* above it */
    c.first = 0x1180;
    assert_true(asserts(free_cells, &c)); /* inside a cell */
    c.first = 0x1100;
    assert_false(asserts(free_cells, &c));
    assert_true(asserts(free_cells, &c)); /* twice */
    c.first = 0x1000;
    c.count = 2;
    assert_true(asserts(free_cells, &c)); /* partly free already */
    /* The search goes on after the last allocation, and comes round. */
    assert_int_equal(fsmalloc_alloc(&f, &place, 1), 0);
    assert_int_equal(place, 0x1100);
}

/* Conversions against 128-bit arithmetic, far beyond where a plain product overflows. */
static void test_clock_arithmetic(void **state)
{
    static const uint64_t frequencies[] = {1,        32768, 12000000,  24000000,
                                           62500000, GIGA,  3700000000};

    (void)state;
    assert_int_equal(find_true_freq(24000000, 1), 12000000);
    assert_int_equal(find_true_freq(24000000, 0), 24000000);
    for (size_t i = 0; i < ARRAY_SIZE(frequencies); i++) {
        uint64_t freq = frequencies[i];

        for (int n = 0; n < 1000; n++) {
            uint64_t ns = next_random() >> 8;
            uint64_t ticks = ns / (GIGA / MIN(freq, GIGA));

            if (freq <= GIGA) {
                assert_true(ticks_to_ns(ticks, freq) ==
                            (uint64_t)((unsigned __int128)ticks * GIGA / freq));
            }
            ns >>= 4;
            assert_true(ns_to_ticks(ns, freq) == (uint64_t)((unsigned __int128)ns * freq / GIGA));
        }
    }
    assert_true(ticks_to_ns(UINT64_MAX / 1000, GIGA) == UINT64_MAX / 1000);
    assert_int_equal(ticks_to_ns_prescaled(12, 1, 24000000), 1000);
    assert_int_equal(ns_to_ticks_prescaled(1000, 1, 24000000), 12);
    assert_true(NS_IN_S == GIGA && NS_IN_MS == MEGA && NS_IN_US == KILO);
    assert_true(FS_IN_S / PS_IN_S == 1000 && PS_IN_S / NS_IN_S == 1000);
    assert_true(US_IN_S == MEGA && US_IN_MS == KILO && MS_IN_S == KILO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_macros),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_assert),
        cmocka_unit_test(test_atomics),
        cmocka_unit_test(test_ialloc_is_first_in_first_out),
        cmocka_unit_test(test_ialloc_edges),
        cmocka_unit_test(test_bitarray_against_model),
        cmocka_unit_test(test_bitarray_out_of_range),
        cmocka_unit_test(test_fsmalloc_against_model),
        cmocka_unit_test(test_fsmalloc_refuses),
        cmocka_unit_test(test_clock_arithmetic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
