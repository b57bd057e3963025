/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain that goes on writing to what it has handed over: the bytes of a frame change after
 * somebody has looked at them, or those of an empty buffer while a frame is put there. Whoever
 * looked once and believes it still knows what is there is deceived.
 *
 * FAULT_ACTED: a is the plan queue, b how many buffers were written to.
 */

#include "sim/fault/queues.h"

#define BYTES_MAX 2048u

struct reuse {
    struct queue_aim aim;
    uint64_t depth, offset, bytes;
};

static const struct param params[] = {
    PARAM_QUEUE(struct reuse, "a queue it fills"),
    PARAM_UINT(struct reuse, depth, 8, 1, 1024, "how many of those it handed over last"),
    PARAM_UINT(struct reuse, offset, 0, 0, 2047, "from which byte on"),
    PARAM_UINT(struct reuse, bytes, 14, 1, BYTES_MAX, "how many bytes; what they become is chance"),
    PARAM_END,
};

static const struct queue_choice choice = {.side = SIDE_FILLS, .doing = "reuses from"};

static bool reuse_check(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                        struct diag_place place)
{
    struct queue_aim aim = {.queue = ((const struct reuse *)state)->aim.queue};

    if (!queues_check(&aim, &choice, plan, pd, diag, place)) {
        return false;
    }
    queues_find(&aim, &choice, plan, pd);
    for (uint32_t i = 0; i < aim.count; i++) {
        const struct queue_shape *q = &plan->queues[aim.list[i]];

        for (size_t k = 0; k < q->pool_count; k++) {
            const struct plan_map *map = plan_find_map(plan, pd, plan->pools[q->pools[k]].region);

            if (map != NULL && (map->rights & RIGHT_WRITE) != 0) {
                return true;
            }
        }
    }
    diag_error(diag, place, "pd: %s may write to none of the buffers it hands over",
               plan->pds[pd].name);
    return false;
}

static bool overwrite(const struct reuse *s, struct inside *in, const struct queue_view *q,
                      struct descriptor d)
{
    uint8_t noise[BYTES_MAX];
    uint64_t room;
    uint8_t *at = queue_buffer(in, q, d, RIGHT_WRITE, &room);

    if (at == NULL || s->offset >= room) {
        return false;
    }
    uint64_t bytes = s->bytes < room - s->offset ? s->bytes : room - s->offset;

    rng_bytes(in->rng, noise, bytes);
    for (uint64_t i = 0; i < bytes; i++) {
        __atomic_store_n(at + s->offset + i, noise[i], __ATOMIC_RELAXED);
    }
    return true;
}

static void change(const void *state, struct inside *in, const struct queue_view *q)
{
    const struct reuse *s = state;
    uint32_t tail = queue_tail(q);
    uint64_t changed = 0;

    for (uint32_t age = 1; age <= s->depth && age <= q->shape->capacity; age++) {
        struct descriptor d = queue_slot(q, tail - age);

        changed += queue_was_used(d, tail, age) && overwrite(s, in, q, d);
    }
    if (changed != 0) {
        inside_did(in, q->index, changed);
    }
}

static enum inside_next reuse_inside(void *state, struct inside *in)
{
    struct reuse *s = state;

    return queues_each(&s->aim, &choice, in, change, s);
}

const struct fault_type fault_reuse = {
    .name = "reuse",
    .doc = "a domain changes the bytes of frames and buffers that it has handed over",
    .state_size = sizeof(struct reuse),
    .params = params,
    .needs_pd = true,
    .composes = true,
    .check = reuse_check,
    .inside = reuse_inside,
};
