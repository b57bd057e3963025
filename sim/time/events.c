/* SPDX-License-Identifier: BSD-2-Clause */
/* A binary heap that knows where each alarm is, so that one can be moved or taken out. */
#include "sim/time/events.h"

#include <assert.h>

void events_init(struct events *e, uint32_t alarms, struct arena *arena)
{
    *e = (struct events){.alarms = alarms,
                         .heap = arena_array(arena, alarms, sizeof *e->heap),
                         .place = arena_array(arena, alarms, sizeof *e->place)};
}

static inline bool before(const struct events_node *a, const struct events_node *b)
{
    return a->at_ps < b->at_ps || (a->at_ps == b->at_ps && a->sequence < b->sequence);
}

static inline void put(struct events *e, uint32_t place, struct events_node node)
{
    e->heap[place] = node;
    e->place[node.alarm] = place + 1;
}

/* Bring a node that may be too early for its place towards the top. */
static void rise(struct events *e, uint32_t place, struct events_node node)
{
    while (place > 0 && before(&node, &e->heap[(place - 1) / 2])) {
        put(e, place, e->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(e, place, node);
}

/* Bring a node that may be too late for its place towards the bottom. */
static void sink(struct events *e, uint32_t place, struct events_node node)
{
    for (;;) {
        uint32_t child = 2 * place + 1;

        if (child + 1 < e->count && before(&e->heap[child + 1], &e->heap[child])) {
            child++;
        }
        if (child >= e->count || !before(&e->heap[child], &node)) {
            break;
        }
        put(e, place, e->heap[child]);
        place = child;
    }
    put(e, place, node);
}

static void settle(struct events *e, uint32_t place, struct events_node node)
{
    if (place > 0 && before(&node, &e->heap[(place - 1) / 2])) {
        rise(e, place, node);
    } else {
        sink(e, place, node);
    }
}

static void take_out(struct events *e, uint32_t place)
{
    e->place[e->heap[place].alarm] = 0;
    e->count--;
    if (place < e->count) {
        settle(e, place, e->heap[e->count]);
    }
}

void events_move(struct events *e, uint32_t alarm, uint64_t at_ps)
{
    assert(alarm < e->alarms);
    uint32_t place = e->place[alarm];

    if (at_ps == EVENTS_NEVER) {
        take_out(e, place - 1);
        return;
    }
    struct events_node node = {.at_ps = at_ps, .sequence = e->sequence++, .alarm = alarm};

    if (place != 0) {
        settle(e, place - 1, node);
    } else {
        rise(e, e->count++, node);
    }
}

uint32_t events_take(struct events *e)
{
    assert(e->count > 0);
    uint32_t alarm = e->heap[0].alarm;

    take_out(e, 0);
    return alarm;
}
