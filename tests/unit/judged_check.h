/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_JUDGED_CHECK_H
#define TESTS_UNIT_JUDGED_CHECK_H
/* One check over the hand-made plan: tell it events one by one, then ask what it found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sim/check/check.h"
#include "tests/unit/judged_plan.h"

/* One test of a program whose `start` starts its check. */
#define JUDGED(test) cmocka_unit_test_setup_teardown(test, start, stop_check)

static struct judged j;
static const struct check_type *checked;
static void *check_state;
static struct findings found;

static inline void start_check(const struct check_type *type)
{
    judged_init(&j);
    checked = type;
    check_state = arena_alloc(&j.arena, type->state_size);
    found = (struct findings){.arena = &j.arena};
    if (type->start != NULL) {
        type->start(check_state, &j.plan);
    }
}

static inline void tell_probe(const struct probe *p)
{
    checked->event(check_state, &j.plan, p);
}

static inline void tell(enum probe_kind kind, uint32_t pd, uint32_t object, uint64_t a, uint64_t b,
                        uint64_t count)
{
    const struct probe p = {
        .time_ns = 1000, .kind = kind, .pd = pd, .object = object, .a = a, .b = b, .count = count};

    tell_probe(&p);
}

static inline void finish_check(void)
{
    checked->finish(check_state, &j.plan, &found);
}

/* Of a world in which nothing has happened yet. */
static inline void start_again(const struct check_type *type)
{
    judged_finish(&j);
    start_check(type);
}

static inline int stop_check(void **state)
{
    (void)state;
    judged_finish(&j);
    return 0;
}

static inline void compromise(const char *pd)
{
    static const struct type_view stop = {.name = "stop"};

    j.faults[j.scenario.fault_count++] = (struct scenario_fault){.pd = pd, .type = &stop};
}

/* Every kind of event, naming things that are none: far from the plan's, and just beyond them. */
static inline void tell_nonsense(void)
{
    for (unsigned kind = 0; kind < PROBE_RUN_ENDED; kind++) {
        enum probe_kind k = (enum probe_kind)kind;

        tell(k, PLAN_NONE, PLAN_NONE, UINT64_MAX, UINT64_MAX, 1);
        tell(k, 1u << 20, 1u << 20, 1u << 20, 1u << 20, 1);
        tell(k, PDS, PDS, DROP_COUNT, PDS, 1);
        tell(k, PDS, POOLS, PLACE_QUEUE, POOLS, 1);
        tell(k, PDS, 2 * LINKS, PLACE_QUEUE, 2 * LINKS, 1);
        tell(k, PDS, 1, PLACE_DEVICE, 1, 1);
        tell(k, PDS, PDS, PLACE_PD, 1, 1);
    }
}

/* So many findings and so many excused ones, and nothing else. */
#define assert_found(findings_wanted, excused_wanted)            \
    do {                                                         \
        assert_int_equal(found.count, (findings_wanted));        \
        assert_int_equal(found.excused_count, (excused_wanted)); \
    } while (0)
/* Told of more than there is room for: as many findings as there is, and so many lost. */
#define assert_flooded(lost_wanted)                  \
    do {                                             \
        finish_check();                              \
        assert_int_equal(found.count, FINDINGS_MAX); \
        assert_int_equal(found.lost, (lost_wanted)); \
    } while (0)
#define assert_says(finding, words)                                          \
    do {                                                                     \
        if (strstr((finding).text, (words)) == NULL) {                       \
            fail_msg("\"%s\" does not say \"%s\"", (finding).text, (words)); \
        }                                                                    \
    } while (0)
#endif
