/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain that hands over twice what it has once: the descriptor it published last, or an older
 * one, is published again. In an active queue that is one buffer with two frames in it; in a free
 * queue, a buffer returned twice.
 *
 * FAULT_ACTED: a is the plan queue, b the name in the descriptor.
 */
#include "sim/fault/queues.h"

struct duplicate {
    struct queue_aim aim;
    uint64_t age, times;
    bool ring;
};

static const struct param params[] = {
    PARAM_QUEUE(struct duplicate, "a queue it fills"),
    PARAM_UINT(struct duplicate, age, 1, 1, 32768,
               "how many entries ago it was published; 1: the last one"),
    PARAM_UINT(struct duplicate, times, 1, 1, 1024, "how many more there are of it, each time"),
    PARAM_BOOL(struct duplicate, ring, true, "signal the other end afterwards"),
    PARAM_END,
};

static const struct queue_choice choice = {.side = SIDE_FILLS, .doing = "duplicates in"};

static bool duplicate_check(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                            struct diag_place place)
{
    const struct duplicate *s = state;

    return queues_check(&s->aim, &choice, plan, pd, diag, place);
}

static void again(const void *state, struct inside *in, const struct queue_view *q)
{
    const struct duplicate *s = state;
    struct descriptor d = queue_slot(q, queue_tail(q) - (uint32_t)s->age);
    bool used = queue_was_used(d, queue_tail(q), s->age);
    uint64_t done = 0;

    while (used && done < s->times && queue_put(q, d)) {
        done++;
    }
    if (done != 0) {
        queue_did(in, q, d.name, s->ring);
    }
}

static enum inside_next duplicate_inside(void *state, struct inside *in)
{
    struct duplicate *s = state;

    return queues_each(&s->aim, &choice, in, again, s);
}

const struct fault_type fault_duplicate = {
    .name = "duplicate",
    .doc = "a domain submits or returns again what it handed over before",
    .state_size = sizeof(struct duplicate),
    .params = params,
    .needs_pd = true,
    .composes = true,
    .check = duplicate_check,
    .inside = duplicate_inside,
};
