/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may run: by priority, first in first out, whoever was interrupted before its equals; and
 * several queues share their links. Held against one plain list in the order of service.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "sim/base/rng.h"
#include "sim/kernel/ready.h"

#define PDS   40u
#define CORES 3u

static struct ready_link links[PDS];
static struct ready cores[CORES];

/* The naive one: everybody on a core, the next to run first. */
static struct list {
    struct {
        uint32_t pd;
        uint8_t priority;
    } at[PDS];
    unsigned count;
} lists[CORES];

static void begin(void)
{
    memset(links, 0xa5, sizeof links);
    memset(lists, 0, sizeof lists);
    for (unsigned i = 0; i < CORES; i++) {
        ready_init(&cores[i], links);
    }
}

static void list_insert(struct list *l, unsigned place, uint32_t pd, uint8_t priority)
{
    memmove(&l->at[place + 1], &l->at[place], (l->count - place) * sizeof l->at[0]);
    l->at[place].pd = pd;
    l->at[place].priority = priority;
    l->count++;
}

static void add(unsigned core, uint32_t pd, uint8_t priority, bool before)
{
    struct list *l = &lists[core];
    unsigned place = 0;

    while (place < l->count &&
           (l->at[place].priority > priority || (!before && l->at[place].priority == priority))) {
        place++;
    }
    list_insert(l, place, pd, priority);
    (before ? ready_prepend : ready_append)(&cores[core], pd, priority);
}

static void take_out(unsigned core, unsigned place)
{
    struct list *l = &lists[core];

    ready_remove(&cores[core], l->at[place].pd, l->at[place].priority);
    l->count--;
    memmove(&l->at[place], &l->at[place + 1], (l->count - place) * sizeof l->at[0]);
}

/* Every queue forwards and backwards, and the bits. */
static void as_listed(unsigned core)
{
    const struct ready *r = &cores[core];
    const struct list *l = &lists[core];
    unsigned at = 0;

    assert_int_equal(ready_priority(r), l->count == 0 ? -1 : l->at[0].priority);
    for (int priority = READY_PRIORITIES - 1; priority >= 0; priority--) {
        uint32_t pd = r->first[priority], before = READY_NONE;

        assert_int_equal(r->bits[priority / 64] >> (priority % 64) & 1, pd != READY_NONE);
        for (; at < l->count && l->at[at].priority == priority; at++) {
            assert_int_equal(pd, l->at[at].pd);
            assert_int_equal(links[pd].before, before);
            before = pd;
            pd = links[pd].next;
        }
        assert_int_equal(pd, READY_NONE);
        assert_int_equal(r->last[priority], before);
    }
    assert_int_equal(at, l->count);
}

static void empty(void **state)
{
    (void)state;
    begin();
    as_listed(0);
}

/* The words of the bits, at both ends of each. */
static void every_priority(void **state)
{
    (void)state;
    begin();
    for (unsigned priority = 0; priority < READY_PRIORITIES; priority++) {
        add(0, 7, (uint8_t)priority, false);
        as_listed(0);
        take_out(0, 0);
        as_listed(0);
        add(0, 7, (uint8_t)priority, true);
        as_listed(0);
        take_out(0, 0);
    }
    for (unsigned i = 0; i < PDS; i++) {
        add(0, i, (uint8_t)(i * 255 / (PDS - 1)), false);
        as_listed(0);
    }
}

static void equals(void **state)
{
    static const uint32_t expected[] = {4, 1, 2, 3};

    (void)state;
    begin();
    for (uint32_t pd = 1; pd <= 3; pd++) {
        ready_append(&cores[0], pd, 100);
    }
    ready_prepend(&cores[0], 4, 100);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(cores[0].first[100], expected[i]);
        ready_remove(&cores[0], expected[i], 100);
    }
    assert_int_equal(ready_priority(&cores[0]), -1);
}

static void play(uint64_t seed)
{
    bool queued[PDS] = {false};
    struct rng dice;

    print_message("seed %llu\n", (unsigned long long)seed);
    rng_init(&dice, seed, "test.ready");
    begin();
    uint64_t priorities = rng_between(&dice, 1, READY_PRIORITIES);

    for (unsigned step = 0; step < 2000; step++) {
        unsigned core = (unsigned)rng_below(&dice, CORES);
        uint32_t pd = (uint32_t)rng_below(&dice, PDS);

        if (!queued[pd]) {
            add(core, pd, (uint8_t)(255 - rng_below(&dice, priorities)), rng_chance(&dice, 1, 3));
            queued[pd] = true;
        } else if (lists[core].count > 0) {
            unsigned place = (unsigned)rng_below(&dice, lists[core].count);

            queued[lists[core].at[place].pd] = false;
            take_out(core, place);
        }
        for (unsigned i = 0; i < CORES; i++) {
            as_listed(i);
        }
    }
}

static void random_against_list(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        play(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty),
        cmocka_unit_test(every_priority),
        cmocka_unit_test(equals),
        cmocka_unit_test(random_against_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
