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
    const char *queue;
    uint64_t age, times;
    bool ring;
    struct queue_targets targets;
};

static const struct param params[] = {
    PARAM_TEXT_OPTIONAL(struct duplicate, queue, NULL,
                        "a queue it fills, by its name or the end of it; all of them if left out"),
    PARAM_UINT(struct duplicate, age, 1, 1, 32768,
               "how many entries ago it was published; 1: the last one"),
    PARAM_UINT(struct duplicate, times, 1, 1, 1024, "how many more there are of it, each time"),
    PARAM_BOOL(struct duplicate, ring, true, "signal the other end afterwards"),
    PARAM_END,
};

static struct queue_choice choice_of(const struct duplicate *s)
{
    return (struct queue_choice){.name = s->queue, .side = SIDE_FILLS, .doing = "duplicates in"};
}

static bool duplicate_check(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                            struct diag_place place)
{
    const struct queue_choice choice = choice_of(state);

    return queues_check(plan, pd, &choice, diag, place);
}

static void again(const struct duplicate *s, struct inside *in, uint32_t queue)
{
    struct queue_view q;
    uint64_t done = 0;

    if (!queue_open(&q, in, queue)) {
        return;
    }
    struct descriptor d = queue_slot(&q, queue_tail(&q) - (uint32_t)s->age);
    bool never_used = d.name == 0 && d.len == 0 && queue_tail(&q) < s->age;

    while (!never_used && done < s->times && queue_put(&q, d)) {
        done++;
    }
    if (done != 0) {
        inside_did(in, queue, d.name);
        if (s->ring) {
            inside_ring(in, queue);
        }
    }
}

static enum inside_next duplicate_inside(void *state, struct inside *in)
{
    struct duplicate *s = state;
    const struct queue_choice choice = choice_of(s);

    queues_find(&s->targets, in, &choice);
    for (uint32_t i = 0; i < s->targets.count; i++) {
        again(s, in, s->targets.list[i]);
    }
    return INSIDE_RUN;
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
