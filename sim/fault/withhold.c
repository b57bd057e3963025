/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain that leaves no room for a while, and then behaves: it sets its index of a queue it
 * empties to where the queue is full, and after some time back to where it was. Meanwhile whoever
 * fills the queue has to keep what it cannot give, and must neither lose it nor forget it then.
 *
 * FAULT_ACTED: a is the plan queue, b how many entries it held.
 */
#include "sim/fault/queues.h"

struct withhold {
    struct queue_aim aim;
    uint64_t long_ns, spare;
    bool ring;
};

static const struct param params[] = {
    PARAM_QUEUE(struct withhold, "a queue it empties"),
    PARAM_FOR(struct withhold, 100000, "for how long, each time"),
    PARAM_UINT(struct withhold, spare, 0, 0, 65535, "how many places it leaves"),
    PARAM_BOOL(struct withhold, ring, true, "signal the other end when there is room again"),
    PARAM_END,
};

static const struct queue_choice choice = {.side = SIDE_EMPTIES, .doing = "leaves no room in"};

static bool withhold_check(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                           struct diag_place place)
{
    const struct withhold *s = state;

    return queues_check(&s->aim, &choice, plan, pd, diag, place);
}

static void withhold(const void *state, struct inside *in, const struct queue_view *q)
{
    const struct withhold *s = state;
    const struct queue_shape *shape = q->shape;
    uint32_t head = queue_head(q), held = queue_length(q);

    if (held + s->spare >= shape->capacity || in->burn == NULL) {
        return;
    }
    queue_write(q, shape->head_offset, shape->index_bytes,
                queue_tail(q) - (shape->capacity - (uint32_t)s->spare));
    in->burn(in->runtime, s->long_ns);
    queue_write(q, shape->head_offset, shape->index_bytes, head);
    queue_did(in, q, held, s->ring);
}

static enum inside_next withhold_inside(void *state, struct inside *in)
{
    struct withhold *s = state;

    return queues_each(&s->aim, &choice, in, withhold, s);
}

const struct fault_type fault_withhold = {
    .name = "withhold",
    .doc = "a domain lets queues it empties look full for a while",
    .state_size = sizeof(struct withhold),
    .params = params,
    .needs_pd = true,
    .check = withhold_check,
    .inside = withhold_inside,
};
