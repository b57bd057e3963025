/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Alarms ring in the order of their times, and among equals in the order in which they were set,
 * however they are moved and cancelled: held against a list that is searched from end to end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "sim/base/rng.h"
#include "sim/time/events.h"

#define ALARMS_MAX 100u

/* The naive one: who was set when, and to what. */
struct list {
    uint64_t at_ps[ALARMS_MAX], turn[ALARMS_MAX], turns;
    uint32_t alarms;
};

static struct arena arena;
static struct events events;
static struct list list;

static void begin(uint32_t alarms)
{
    events_init(&events, alarms, &arena);
    list = (struct list){.alarms = alarms};
    for (uint32_t i = 0; i < alarms; i++) {
        list.at_ps[i] = EVENTS_NEVER;
    }
}

static int end(void **state)
{
    (void)state;
    arena_finish(&arena);
    return 0;
}

static void set(uint32_t alarm, uint64_t at_ps)
{
    events_set(&events, alarm, at_ps);
    if (list.at_ps[alarm] != at_ps) {
        list.at_ps[alarm] = at_ps;
        list.turn[alarm] = list.turns++;
    }
}

/* The alarm that is first, `alarms` if none is set. */
static uint32_t first(void)
{
    uint32_t best = list.alarms;

    for (uint32_t i = 0; i < list.alarms; i++) {
        if (list.at_ps[i] == EVENTS_NEVER) {
            continue;
        }
        if (best == list.alarms || list.at_ps[i] < list.at_ps[best] ||
            (list.at_ps[i] == list.at_ps[best] && list.turn[i] < list.turn[best])) {
            best = i;
        }
    }
    return best;
}

static void take_as_listed(void)
{
    uint32_t expected = first();

    assert_int_equal(events_first_ps(&events), list.at_ps[expected]);
    assert_int_equal(events_take(&events), expected);
    list.at_ps[expected] = EVENTS_NEVER;
}

static void all_as_listed(void)
{
    uint32_t best = first();

    assert_true(events_first_ps(&events) ==
                (best == list.alarms ? EVENTS_NEVER : list.at_ps[best]));
    for (uint32_t i = 0; i < list.alarms; i++) {
        assert_true(events_time(&events, i) == list.at_ps[i]);
    }
}

/* Few different times, so that ties are the rule; many alarms or few; more set or more taken. */
static void play(uint64_t seed)
{
    struct rng dice;

    print_message("seed %llu\n", (unsigned long long)seed);
    rng_init(&dice, seed, "test.events");
    begin((uint32_t)rng_between(&dice, 1, ALARMS_MAX));
    uint64_t times = rng_between(&dice, 1, 40), takes = rng_between(&dice, 0, 60);

    for (unsigned step = 0; step < 4000; step++) {
        uint32_t alarm = (uint32_t)rng_below(&dice, list.alarms);
        uint64_t what = rng_below(&dice, 100);

        if (what < takes && first() != list.alarms) {
            take_as_listed();
        } else if (what < 75) {
            set(alarm, rng_below(&dice, times));
        } else if (what < 90) {
            set(alarm, EVENTS_NEVER);
        } else {
            set(alarm, list.at_ps[alarm]);
        }
        all_as_listed();
    }
    while (first() != list.alarms) {
        take_as_listed();
    }
    all_as_listed();
}

static void random_against_list(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        play(seed);
    }
}

static void nothing_set(void **state)
{
    (void)state;
    begin(3);
    assert_true(events_first_ps(&events) == EVENTS_NEVER);
    set(1, EVENTS_NEVER); /* to none, which it is */
    assert_true(events_time(&events, 1) == EVENTS_NEVER);
    assert_true(events_first_ps(&events) == EVENTS_NEVER);
    set(1, EVENTS_NEVER - 1); /* the last time there is */
    assert_true(events_first_ps(&events) == EVENTS_NEVER - 1);
    assert_int_equal(events_take(&events), 1);
    assert_true(events_time(&events, 1) == EVENTS_NEVER);
}

static void equals_in_the_order_they_were_set(void **state)
{
    static const uint32_t order[] = {5, 0, 7, 2, 6, 1, 4, 3};

    (void)state;
    begin(8);
    for (unsigned i = 0; i < 8; i++) {
        events_set(&events, order[i], 100);
    }
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(events_take(&events), order[i]);
    }
}

static void same_time_again_keeps_its_place(void **state)
{
    (void)state;
    begin(3);
    events_set(&events, 0, 50);
    events_set(&events, 1, 50);
    events_set(&events, 2, 50);
    events_set(&events, 0, 50);
    assert_int_equal(events_take(&events), 0);
    /* But away and back again is to the end. */
    events_set(&events, 1, 60);
    events_set(&events, 1, 50);
    assert_int_equal(events_take(&events), 2);
    assert_int_equal(events_take(&events), 1);
    /* So is cancelled and set again, or taken and set again. */
    events_set(&events, 0, 50);
    events_set(&events, 1, 50);
    events_set(&events, 0, EVENTS_NEVER);
    events_set(&events, 0, 50);
    assert_int_equal(events_take(&events), 1);
    events_set(&events, 1, 50);
    assert_int_equal(events_take(&events), 0);
    assert_int_equal(events_take(&events), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(nothing_set, end),
        cmocka_unit_test_teardown(equals_in_the_order_they_were_set, end),
        cmocka_unit_test_teardown(same_time_again_keeps_its_place, end),
        cmocka_unit_test_teardown(random_against_list, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
