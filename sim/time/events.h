/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_TIME_EVENTS_H
#define SIM_TIME_EVENTS_H
/*
 * What is going to happen when, in virtual time. Whoever may have something to do at a time is one
 * alarm with a fixed number; an alarm has one time or none. The first is the one with the least
 * time, and among equal times the one that was set first. Nothing is allocated after events_init,
 * and no order depends on addresses.
 */
#include <stdbool.h>
#include <stdint.h>

#include "sim/base/arena.h"

#define EVENTS_NEVER UINT64_MAX

/* A node of the heap holds what it is compared by, so that the heap is all that is looked at. */
struct events_node {
    uint64_t at_ps, sequence;
    uint32_t alarm;
};

struct events {
    struct events_node *heap;
    uint32_t *place; /* by alarm: where in the heap, plus one; 0: not set */
    uint32_t count, alarms;
    uint64_t sequence;
};

/* Alarms 0 .. `alarms` - 1, none set. Memory from `arena`. */
void events_init(struct events *e, uint32_t alarms, struct arena *arena);
/* The time of an alarm, EVENTS_NEVER if it is not set. */
static inline uint64_t events_time(const struct events *e, uint32_t alarm)
{
    return e->place[alarm] == 0 ? EVENTS_NEVER : e->heap[e->place[alarm] - 1].at_ps;
}
void events_move(struct events *e, uint32_t alarm, uint64_t at_ps); /* to another time */
/* Set an alarm, in place of the time it had; EVENTS_NEVER: to none. Setting the time it has already
 * changes nothing, its place among equals included. */
static inline void events_set(struct events *e, uint32_t alarm, uint64_t at_ps)
{
    if (events_time(e, alarm) != at_ps) {
        events_move(e, alarm, at_ps);
    }
}
/* When the first alarm is due; EVENTS_NEVER: none is set. */
static inline uint64_t events_first_ps(const struct events *e)
{
    return e->count == 0 ? EVENTS_NEVER : e->heap[0].at_ps;
}
/* Take the first alarm, which must be set: it no longer is. */
uint32_t events_take(struct events *e);
#endif
