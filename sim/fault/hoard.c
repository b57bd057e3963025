/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain that takes and never gives: it empties the queues that are filled for it, and keeps what
 * was in them, frames and empty buffers alike. Who counts on getting them back has to do without.
 *
 * FAULT_ACTED: a is the plan queue, b how many entries were taken.
 */
#include "sim/fault/queues.h"

struct hoard {
    struct queue_aim aim;
    uint64_t amount;
};

static const struct param params[] = {
    PARAM_QUEUE(struct hoard, "a queue it empties"),
    PARAM_UINT(struct hoard, amount, 0, 0, 32768,
               "how much it takes at most of each, each time; 0: all there is"),
    PARAM_END,
};

static const struct queue_choice choice = {.side = SIDE_EMPTIES, .doing = "hoards from"};

static bool hoard_check(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                        struct diag_place place)
{
    const struct hoard *s = state;

    return queues_check(&s->aim, &choice, plan, pd, diag, place);
}

static void take(const void *state, struct inside *in, const struct queue_view *q)
{
    const struct hoard *s = state;
    uint64_t most = s->amount == 0 ? q->shape->capacity : s->amount, taken = 0;
    struct descriptor d;

    while (taken < most && queue_take(q, &d)) {
        taken++;
    }
    if (taken != 0) {
        inside_did(in, q->index, taken);
    }
}

static enum inside_next hoard_inside(void *state, struct inside *in)
{
    struct hoard *s = state;

    return queues_each(&s->aim, &choice, in, take, s);
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
