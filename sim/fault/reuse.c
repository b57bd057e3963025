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
    const char *queue;
    uint64_t depth, offset, bytes;
    struct queue_targets targets;
};

static const struct param params[] = {
    PARAM_TEXT_OPTIONAL(struct reuse, queue, NULL,
                        "a queue it fills, by its name or the end of it; all of them if left out"),
    PARAM_UINT(struct reuse, depth, 8, 1, 1024, "how many of those it handed over last"),
    PARAM_UINT(struct reuse, offset, 0, 0, 2047, "from which byte on"),
    PARAM_UINT(struct reuse, bytes, 14, 1, BYTES_MAX, "how many bytes; what they become is chance"),
    PARAM_END,
};

static struct queue_choice choice_of(const struct reuse *s)
{
    return (struct queue_choice){.name = s->queue, .side = SIDE_FILLS, .doing = "reuses from"};
}

static bool reuse_check(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                        struct diag_place place)
{
    const struct queue_choice choice = choice_of(state);
    struct queue_targets targets = {0};

    if (!queues_check(plan, pd, &choice, diag, place)) {
        return false;
    }
    queues_find(&targets, &(struct inside){.plan = plan, .pd = pd}, &choice);
    for (uint32_t i = 0; i < targets.count; i++) {
        const struct queue_shape *q = &plan->queues[targets.list[i]];

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

/* Does an index that stands at `tail` tell that the slot was used? Nothing else does. */
static bool was_used(struct descriptor d, uint32_t tail, uint32_t age)
{
    return tail >= age || d.name != 0 || d.len != 0;
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

static void change(const struct reuse *s, struct inside *in, uint32_t queue)
{
    struct queue_view q;
    uint64_t changed = 0;

    if (!queue_open(&q, in, queue)) {
        return;
    }
    uint32_t tail = queue_tail(&q);
    for (uint32_t age = 1; age <= s->depth && age <= q.shape->capacity; age++) {
        struct descriptor d = queue_slot(&q, tail - age);

        changed += was_used(d, tail, age) && overwrite(s, in, &q, d);
    }
    if (changed != 0) {
        inside_did(in, queue, changed);
    }
}

static enum inside_next reuse_inside(void *state, struct inside *in)
{
    struct reuse *s = state;
    const struct queue_choice choice = choice_of(s);

    queues_find(&s->targets, in, &choice);
    for (uint32_t i = 0; i < s->targets.count; i++) {
        change(s, in, s->targets.list[i]);
    }
    return INSIDE_RUN;
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
