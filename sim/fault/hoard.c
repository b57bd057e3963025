/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain that takes and never gives: it empties the queues that are filled for it, and keeps what
 * was in them, frames and empty buffers alike. Who counts on getting them back has to do without.
 *
 * FAULT_ACTED: a is the plan queue, b how many entries were taken.
 */
#include "sim/fault/queues.h"

struct hoard {
    const char *queue;
    uint64_t amount;
    struct queue_targets targets;
};

static const struct param params[] = {
    PARAM_TEXT_OPTIONAL(
        struct hoard, queue, NULL,
        "a queue it empties, by its name or the end of it; all of them if left out"),
    PARAM_UINT(struct hoard, amount, 0, 0, 32768,
               "how much it takes at most of each, each time; 0: all there is"),
    PARAM_END,
};

static struct queue_choice choice_of(const struct hoard *s)
{
    return (struct queue_choice){.name = s->queue, .side = SIDE_EMPTIES, .doing = "hoards from"};
}

static bool hoard_check(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                        struct diag_place place)
{
    const struct queue_choice choice = choice_of(state);

    return queues_check(plan, pd, &choice, diag, place);
}

static void take(const struct hoard *s, struct inside *in, uint32_t queue)
{
    struct queue_view q;
    struct descriptor d;
    uint64_t taken = 0;

    if (!queue_open(&q, in, queue)) {
        return;
    }
    uint64_t most = s->amount == 0 ? q.shape->capacity : s->amount;
    while (taken < most && queue_take(&q, &d)) {
        taken++;
    }
    if (taken != 0) {
        inside_did(in, queue, taken);
    }
}

static enum inside_next hoard_inside(void *state, struct inside *in)
{
    struct hoard *s = state;
    const struct queue_choice choice = choice_of(s);

    queues_find(&s->targets, in, &choice);
    for (uint32_t i = 0; i < s->targets.count; i++) {
        take(s, in, s->targets.list[i]);
    }
    return INSIDE_RUN;
}

const struct fault_type fault_hoard = {
    .name = "hoard",
    .doc = "a domain takes what it is offered and never gives it back",
    .state_size = sizeof(struct hoard),
    .params = params,
    .needs_pd = true,
    .composes = true,
    .check = hoard_check,
    .inside = hoard_inside,
};
