/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A scheduling context gives what it promises and no more: examples by hand, the rules written down
 * a second time in another way, and what follows from them for any usage: never more than the
 * budget within a period, and one who runs often and briefly is put off for most of a period.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "sim/base/rng.h"
#include "sim/kernel/refill.h"

#define US 1000000ull /* in picoseconds */

static struct sched_context sc;

/* The driver's of the published systems. */
static void begin(unsigned refills)
{
    sc_init(&sc, 100 * US, 400 * US, 20 * US, refills, 0);
}

static const struct refill *refill_at(unsigned i)
{
    return &sc.refills[(sc.head + i) % REFILLS_MAX];
}

static void refill_is(unsigned i, uint64_t at_ps, uint64_t amount_ps)
{
    assert_true(i < sc.count);
    assert_int_equal(refill_at(i)->at_ps, at_ps);
    assert_int_equal(refill_at(i)->amount_ps, amount_ps);
}

static uint64_t sum_ps(void)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < sc.count; i++) {
        sum += refill_at(i)->amount_ps;
    }
    return sum;
}

/* -- by hand -- */

static void at_first(void **state)
{
    (void)state;
    sc_init(&sc, 100 * US, 400 * US, 20 * US, 2, 7 * US);
    assert_int_equal(sc.count, 1);
    refill_is(0, 7 * US, 100 * US);
    assert_int_equal(sc_from_ps(&sc), 7 * US);
    assert_int_equal(sc_left_ps(&sc), 80 * US);
    assert_false(sc.slice);
}

static void used_comes_back_a_period_later(void **state)
{
    (void)state;
    begin(3);
    assert_false(sc_charge(&sc, 10 * US));
    assert_int_equal(sc.count, 2);
    refill_is(0, 10 * US, 90 * US);
    refill_is(1, 400 * US, 10 * US);
    assert_int_equal(sc_left_ps(&sc), 70 * US);
    sc_unblock(&sc, 50 * US); /* it waited meanwhile */
    refill_is(0, 50 * US, 90 * US);
    assert_false(sc_charge(&sc, 20 * US));
    assert_int_equal(sc.count, 3);
    refill_is(0, 70 * US, 70 * US);
    refill_is(1, 400 * US, 10 * US);
    refill_is(2, 450 * US, 20 * US);
}

/* Charged bit by bit without a pause it is one piece. */
static void touching_pieces_are_one(void **state)
{
    (void)state;
    begin(8);
    for (unsigned i = 0; i < 50; i++) {
        assert_false(sc_charge(&sc, US));
    }
    assert_int_equal(sc.count, 2);
    refill_is(0, 50 * US, 50 * US);
    refill_is(1, 400 * US, 50 * US);
    /* A picosecond's pause makes two. */
    sc_unblock(&sc, 50 * US + 1);
    assert_false(sc_charge(&sc, US));
    assert_int_equal(sc.count, 3);
    refill_is(2, 450 * US + 1, US);
}

static void without_room_the_last_is_put_off(void **state)
{
    (void)state;
    begin(2);
    assert_false(sc_charge(&sc, 10 * US));
    sc_unblock(&sc, 50 * US);
    assert_false(sc_charge(&sc, 20 * US));
    assert_int_equal(sc.count, 2);
    refill_is(0, 70 * US, 70 * US);
    refill_is(1, 440 * US, 30 * US); /* ends when both would have: at 470 */
}

/* What is left when no more than the minimum is joins the next, which begins as much earlier. */
static void too_little_waits_for_the_next(void **state)
{
    (void)state;
    begin(2);
    assert_false(sc_charge(&sc, 79 * US));
    assert_int_equal(sc.count, 2);
    assert_int_equal(sc_left_ps(&sc), US);
    assert_false(sc_charge(&sc, US));
    assert_int_equal(sc.count, 1);
    refill_is(0, 380 * US, 100 * US);
    assert_int_equal(sc_from_ps(&sc), 380 * US);
}

static void used_up_whole(void **state)
{
    (void)state;
    begin(2);
    assert_false(sc_charge(&sc, 100 * US));
    assert_int_equal(sc.count, 1);
    refill_is(0, 400 * US, 100 * US);
    /* Nothing is there to unblock before its time. */
    sc_unblock(&sc, 399 * US);
    refill_is(0, 400 * US, 100 * US);
    sc_unblock(&sc, 401 * US);
    refill_is(0, 401 * US, 100 * US);
}

/* Kernel work can take more than there was: it is taken off what comes next. */
static void overrun(void **state)
{
    (void)state;
    begin(2);
    assert_false(sc_charge(&sc, 110 * US));
    assert_int_equal(sc.count, 2);
    refill_is(0, 410 * US, 90 * US);
    refill_is(1, 800 * US, 10 * US);
    begin(2);
    assert_false(sc_charge(&sc, 30 * US));
    sc_unblock(&sc, 200 * US); /* (200, 70) (400, 30) */
    assert_false(sc_charge(&sc, 75 * US));
    assert_int_equal(sc.count, 2); /* (405, 25) (600, 75), the last put off: it ends at 805 */
    refill_is(0, 405 * US, 25 * US);
    refill_is(1, 730 * US, 75 * US);
}

static void overrun_of_many_periods(void **state)
{
    (void)state;
    begin(2);
    assert_false(sc_charge(&sc, 1030 * US));
    assert_int_equal(sum_ps(), 100 * US);
    refill_is(0, 4030 * US, 70 * US);
    refill_is(1, 4400 * US, 30 * US);
}

static void unblocking_joins_what_is_due(void **state)
{
    (void)state;
    begin(8);
    for (unsigned i = 0; i < 6; i++) { /* 0, 20, ... */
        sc_unblock(&sc, 20 * i * US);
        assert_false(sc_charge(&sc, 5 * US));
    }
    assert_int_equal(sc.count, 7); /* (105, 70) (400, 5) (420, 5) ... (500, 5) */
    sc_unblock(&sc, 345 * US);     /* lasts until 415, with one more 420, then 425 */
    assert_int_equal(sc.count, 5);
    refill_is(0, 345 * US, 80 * US);
    refill_is(1, 440 * US, 5 * US);
    sc_unblock(&sc, 360 * US - 1); /* not quite until 440 */
    assert_int_equal(sc.count, 5);
    refill_is(0, 360 * US - 1, 80 * US);
    sc_unblock(&sc, 360 * US);
    assert_int_equal(sc.count, 4);
    refill_is(0, 360 * US, 85 * US);
    refill_is(1, 460 * US, 5 * US);
    sc_unblock(&sc, 415 * US); /* until 500, and further with each */
    assert_int_equal(sc.count, 1);
    refill_is(0, 415 * US, 100 * US);
}

static void slice_rotates(void **state)
{
    (void)state;
    sc_init(&sc, 500 * US, 400 * US, 20 * US, 2, 3 * US); /* no more than the period */
    assert_true(sc.slice);
    assert_int_equal(sc_from_ps(&sc), 0);
    assert_int_equal(sc_left_ps(&sc), 400 * US); /* to the last bit */
    assert_false(sc_charge(&sc, 399 * US));
    assert_int_equal(sc_left_ps(&sc), US);
    sc_unblock(&sc, 10000 * US); /* waiting does not give it a new one */
    assert_int_equal(sc_left_ps(&sc), US);
    assert_true(sc_charge(&sc, US));
    assert_int_equal(sc_left_ps(&sc), 400 * US);
    assert_int_equal(sc_from_ps(&sc), 0);
    assert_true(sc_charge(&sc, 401 * US));
    assert_int_equal(sc_left_ps(&sc), 400 * US);
}

/* -- the rules, written as a list without a ring -- */

static struct {
    struct refill at[2 * REFILLS_MAX];
    unsigned count, most;
    uint64_t period_ps, min_budget_ps;
} rules;

static void rules_drop_first(void)
{
    rules.count--;
    memmove(&rules.at[0], &rules.at[1], rules.count * sizeof rules.at[0]);
}

static void rules_return(uint64_t at_ps, uint64_t amount_ps)
{
    if (rules.count > 0) {
        struct refill *last = &rules.at[rules.count - 1];
        bool touches = at_ps <= last->at_ps + last->amount_ps;

        if (touches || rules.count == rules.most) {
            last->at_ps = touches ? last->at_ps : at_ps - last->amount_ps;
            last->amount_ps += amount_ps;
            return;
        }
    }
    rules.at[rules.count++] = (struct refill){at_ps, amount_ps};
}

static void rules_charge(uint64_t used_ps)
{
    while (used_ps > 0) {
        struct refill first = rules.at[0];
        uint64_t part = used_ps < first.amount_ps ? used_ps : first.amount_ps;

        if (part == first.amount_ps) {
            rules_drop_first();
        } else {
            rules.at[0] = (struct refill){first.at_ps + part, first.amount_ps - part};
        }
        rules_return(first.at_ps + rules.period_ps, part);
        used_ps -= part;
    }
    while (rules.count > 1 && rules.at[0].amount_ps <= rules.min_budget_ps) {
        rules.at[1].at_ps -= rules.at[0].amount_ps;
        rules.at[1].amount_ps += rules.at[0].amount_ps;
        rules_drop_first();
    }
}

static void rules_unblock(uint64_t now_ps)
{
    if (rules.at[0].at_ps > now_ps) {
        return;
    }
    uint64_t amount_ps = rules.at[0].amount_ps;

    while (rules.count > 1 && rules.at[1].at_ps <= now_ps + amount_ps) {
        amount_ps += rules.at[1].amount_ps;
        rules_drop_first();
    }
    rules.at[0] = (struct refill){now_ps, amount_ps};
}

static void as_ruled(void)
{
    assert_int_equal(sc.count, rules.count);
    assert_true(sc.count >= 1);
    assert_true(sc.count <= sc.most);
    assert_int_equal(sum_ps(), sc.budget_ps);
    for (unsigned i = 0; i < sc.count; i++) {
        refill_is(i, rules.at[i].at_ps, rules.at[i].amount_ps);
        assert_true(refill_at(i)->amount_ps > 0);
        assert_true(i == 0 || refill_at(i)->at_ps >= refill_at(i - 1)->at_ps);
    }
    assert_int_equal(sc_from_ps(&sc), rules.at[0].at_ps);
    assert_true(sc_left_ps(&sc) > 0); /* or it would wait for ever */
}

static void begin_random(struct rng *dice, uint64_t now_ps)
{
    uint64_t period_ps = rng_between(dice, 2, 1000);
    uint64_t budget_ps = rng_between(dice, 1, period_ps - 1);
    uint64_t min_budget_ps = rng_below(dice, budget_ps);
    unsigned refills = (unsigned)rng_between(dice, 2, REFILLS_MAX);

    sc_init(&sc, budget_ps, period_ps, min_budget_ps, refills, now_ps);
    memset(&rules, 0, sizeof rules);
    rules.most = refills;
    rules.period_ps = period_ps;
    rules.min_budget_ps = min_budget_ps;
    rules.at[rules.count++] = (struct refill){now_ps, budget_ps};
}

/* Usage of any length, at times that need not make sense. */
static void play_rules(uint64_t seed)
{
    struct rng dice;
    uint64_t now_ps;

    print_message("seed %llu\n", (unsigned long long)seed);
    rng_init(&dice, seed, "test.refill.rules");
    now_ps = rng_below(&dice, 1000);
    begin_random(&dice, now_ps);
    for (unsigned step = 0; step < 3000; step++) {
        now_ps += rng_below(&dice, rng_chance(&dice, 1, 10) ? 2 * rules.period_ps : 30);
        if (rng_chance(&dice, 1, 2)) {
            sc_unblock(&sc, now_ps);
            rules_unblock(now_ps);
        } else {
            uint64_t most_ps = rng_chance(&dice, 1, 20) ? 3 * sc.budget_ps : 1 + sc.budget_ps / 4;
            uint64_t used_ps = rng_below(&dice, most_ps);

            assert_false(sc_charge(&sc, used_ps));
            rules_charge(used_ps);
            now_ps += used_ps;
        }
        as_ruled();
    }
}

static void random_against_rules(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        play_rules(seed);
    }
}

/* -- what follows from them -- */

/* All that ran, in order. */
enum { RUNS = 20000 };
static struct {
    uint64_t from_ps, until_ps;
} runs[RUNS];
static unsigned run_count;

/* It runs from `now_ps` on, for no longer than it may. */
static void run(uint64_t now_ps, uint64_t wanted_ps)
{
    uint64_t used_ps = sc_left_ps(&sc) < wanted_ps ? sc_left_ps(&sc) : wanted_ps;

    assert_true(sc_from_ps(&sc) <= now_ps);
    assert_true(run_count < RUNS);
    runs[run_count].from_ps = now_ps;
    runs[run_count++].until_ps = now_ps + used_ps;
    sc_charge(&sc, used_ps);
}

static uint64_t ended_ps(void)
{
    return run_count == 0 ? 0 : runs[run_count - 1].until_ps;
}

/* The most that ran within any `window_ps`: one that begins with a run has as much as any. */
static uint64_t most_within_ps(uint64_t window_ps)
{
    uint64_t most = 0;

    for (unsigned i = 0; i < run_count; i++) {
        uint64_t until_ps = runs[i].from_ps + window_ps, within = 0;

        for (unsigned k = i; k < run_count && runs[k].from_ps < until_ps; k++) {
            within += (runs[k].until_ps < until_ps ? runs[k].until_ps : until_ps) - runs[k].from_ps;
        }
        most = within > most ? within : most;
    }
    return most;
}

/* Wakes, runs, is interrupted, goes on, is spent, waits: in any order. */
static void play_window(uint64_t seed)
{
    struct rng dice;

    print_message("seed %llu\n", (unsigned long long)seed);
    rng_init(&dice, seed, "test.refill.window");
    begin_random(&dice, 0);
    run_count = 0;
    uint64_t busy = rng_between(&dice, 1, 9);

    while (run_count < 3000) {
        uint64_t pause_ps =
            rng_chance(&dice, busy, 10) ? rng_below(&dice, 20) : rng_below(&dice, sc.period_ps);
        uint64_t now_ps = ended_ps() + pause_ps;

        now_ps = now_ps > sc_from_ps(&sc) ? now_ps : sc_from_ps(&sc);
        sc_unblock(&sc, now_ps);
        for (uint64_t parts = rng_between(&dice, 1, 3); parts > 0; parts--) {
            if (sc_from_ps(&sc) <= now_ps) {
                run(now_ps, rng_between(&dice, 1, sc.budget_ps));
                now_ps = ended_ps();
            }
        }
    }
    assert_true(most_within_ps(sc.period_ps) <= sc.budget_ps);
}

static void never_more_than_budget_in_a_period(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        play_window(seed);
    }
}

/*
 * One who always wants to run: what it may not use of a refill, as it is no more than the minimum,
 * is there that much earlier the next time. So 80 of every 380, however many refills.
 */
static void always_running(void **state)
{
    (void)state;
    for (unsigned refills = 2; refills <= REFILLS_MAX; refills++) {
        begin(refills);
        run_count = 0;
        for (uint64_t now_ps = 0; now_ps<400000 * US; now_ps = ended_ps()> sc_from_ps(&sc)
                                      ? ended_ps()
                                      : sc_from_ps(&sc)) {
            sc_unblock(&sc, now_ps);
            run(now_ps, 1000 * US);
        }
        uint64_t ran_ps = 0;

        for (unsigned i = 0; i < run_count; i++) {
            ran_ps += runs[i].until_ps - runs[i].from_ps;
        }
        assert_in_range(ran_ps, 400000 * US * 80 / 380 - 100 * US,
                        400000 * US * 80 / 380 + 100 * US);
    }
}

static void idleness_makes_it_whole(void **state)
{
    struct rng dice;

    (void)state;
    rng_init(&dice, 1, "test.refill.idle");
    for (unsigned round = 0; round < 300; round++) {
        begin_random(&dice, 0);
        run_count = 0;
        for (unsigned i = 0; i < 30; i++) {
            uint64_t now_ps = ended_ps() + rng_below(&dice, 50);

            now_ps = now_ps > sc_from_ps(&sc) ? now_ps : sc_from_ps(&sc);
            sc_unblock(&sc, now_ps);
            run(now_ps, rng_between(&dice, 1, 50));
        }
        uint64_t now_ps = ended_ps() + sc.period_ps;

        sc_unblock(&sc, now_ps);
        assert_int_equal(sc.count, 1);
        refill_is(0, now_ps, sc.budget_ps);
    }
}

/*
 * Every 10 us it wants 2 us: a load below its quarter. `off_ps`: the time it had to wait for its
 * budget, in all; `worst_ps`: at a time. `phase_ps`: the most and the least it ran in between.
 */
struct brief {
    uint64_t off_ps, worst_ps, best_ps, most_ps, least_ps;
    unsigned times;
};

static struct brief run_briefly_and_often(unsigned refills, uint64_t every_ps, uint64_t for_ps)
{
    struct brief b = {.best_ps = UINT64_MAX, .least_ps = UINT64_MAX};
    uint64_t ran_ps = 0, now_ps = 0;

    begin(refills);
    run_count = 0;
    while (now_ps < 100000 * US) {
        uint64_t from_ps = sc_from_ps(&sc);

        if (from_ps > now_ps) {
            uint64_t off_ps = from_ps - ended_ps();

            b.times++;
            b.off_ps += off_ps;
            b.worst_ps = off_ps > b.worst_ps ? off_ps : b.worst_ps;
            b.best_ps = off_ps < b.best_ps ? off_ps : b.best_ps;
            b.most_ps = ran_ps > b.most_ps ? ran_ps : b.most_ps;
            b.least_ps = ran_ps < b.least_ps ? ran_ps : b.least_ps;
            ran_ps = 0;
            now_ps = from_ps;
        }
        sc_unblock(&sc, now_ps);
        run(now_ps, for_ps);
        ran_ps += ended_ps() - runs[run_count - 1].from_ps;
        now_ps += every_ps;
    }
    return b;
}

static void brief_and_often_is_put_off(void **state)
{
    struct brief b = run_briefly_and_often(2, 10 * US, 2 * US);

    (void)state;
    assert_in_range(b.times, 100, 200); /* in 100 ms: about every 700 us */
    assert_in_range(b.best_ps, 295 * US, 305 * US);
    assert_in_range(b.worst_ps, 295 * US, 305 * US);
    assert_in_range(b.least_ps, 78 * US, 100 * US);
    assert_in_range(b.most_ps, 78 * US, 100 * US);
}

static void more_refills_less_delay(void **state)
{
    uint64_t off_ps[REFILLS_MAX + 1];

    (void)state;
    for (unsigned refills = 2; refills <= REFILLS_MAX; refills++) {
        off_ps[refills] = run_briefly_and_often(refills, 25 * US, 6 * US).off_ps;
        print_message("%u refills: off for %llu us of 100000\n", refills,
                      (unsigned long long)(off_ps[refills] / US));
    }
    assert_true(off_ps[3] < off_ps[2] * 3 / 4);
    assert_true(off_ps[4] < off_ps[3]);
    assert_true(off_ps[8] < off_ps[4]);
    assert_true(off_ps[8] < off_ps[2] * 3 / 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_first),
        cmocka_unit_test(used_comes_back_a_period_later),
        cmocka_unit_test(touching_pieces_are_one),
        cmocka_unit_test(without_room_the_last_is_put_off),
        cmocka_unit_test(too_little_waits_for_the_next),
        cmocka_unit_test(used_up_whole),
        cmocka_unit_test(overrun),
        cmocka_unit_test(overrun_of_many_periods),
        cmocka_unit_test(unblocking_joins_what_is_due),
        cmocka_unit_test(slice_rotates),
        cmocka_unit_test(random_against_rules),
        cmocka_unit_test(never_more_than_budget_in_a_period),
        cmocka_unit_test(always_running),
        cmocka_unit_test(idleness_makes_it_whole),
        cmocka_unit_test(brief_and_often_is_put_off),
        cmocka_unit_test(more_refills_less_delay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
