/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A compromised domain lies about its queues: it writes an index, or the flag, of queues it shares
 * with a neighbour to a value no honest one would have. It does so with that domain's own mappings,
 * just before the image runs, so what the neighbour then reads is what a hostile client or a broken
 * virtualiser could show it. Which field lies where is known from the plan's queue shapes; no class
 * is.
 *
 * FAULT_ACTED: a is the plan queue, b the old value << 32 | the new one.
 */
#include "sim/fault/queues.h"

enum field { FIELD_OWN, FIELD_TAIL, FIELD_HEAD, FIELD_FLAG, FIELD_BOTH };
enum how { HOW_ONE, HOW_BEYOND, HOW_BACKWARDS, HOW_WRAP, HOW_RANDOM, HOW_LIE };

static const char *const field_names[] = {"own", "tail", "head", "flag", "both", NULL};
static const char *const how_names[] = {"one",    "beyond", "backwards", "wrap",
                                        "random", "lie",    NULL};

struct queue_index {
    struct queue_aim aim;
    uint64_t index, how, amount;
    bool ring;
    struct {
        bool told;
        uint32_t value;
    } lies[FAULT_QUEUES_MAX]; /* of each target */
};

static const struct param params[] = {
    PARAM_QUEUE(struct queue_index, "a queue of that domain"),
    PARAM_ENUM(struct queue_index, index, FIELD_OWN, field_names,
               "what to forge: own is the tail of queues it fills and the head of queues it "
               "empties; both: tail and head by the same, so that the length stays"),
    PARAM_ENUM(
        struct queue_index, how, HOW_BEYOND, how_names,
        "one: a step ahead; beyond: ahead by the capacity and `amount`; backwards: by `amount`; "
        "wrap: to the last value before zero; random; lie: as beyond, and held there"),
    PARAM_UINT(struct queue_index, amount, 1, 1, 65535,
               "how far; for the flag, the value it is set to"),
    PARAM_BOOL(struct queue_index, ring, true, "signal the other end afterwards"),
    PARAM_END,
};

static const struct queue_choice choice = {.doing = "forges"};

static bool queue_index_check(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                              struct diag_place place)
{
    const struct queue_index *s = state;
    struct queue_aim aim = {.queue = s->aim.queue};

    if (!queues_check(&aim, &choice, plan, pd, diag, place)) {
        return false;
    }
    queues_find(&aim, &choice, plan, pd);
    for (uint32_t i = 0; i < aim.count && s->index == FIELD_FLAG; i++) {
        if (plan->queues[aim.list[i]].flag_bytes == 0) {
            diag_error(diag, place, "index: %s has no flag", plan->queues[aim.list[i]].name);
            return false;
        }
    }
    return true;
}

/* What to write where `from` stands. */
static uint32_t forged(const struct queue_index *s, const struct queue_shape *q, struct rng *rng,
                       uint32_t from)
{
    uint32_t amount = (uint32_t)s->amount;

    if (s->how == HOW_RANDOM) {
        return (uint32_t)rng_u64(rng);
    }
    if (s->index == FIELD_FLAG) {
        return amount;
    }
    switch ((enum how)s->how) {
    case HOW_ONE:
        return from + 1;
    case HOW_BACKWARDS:
        return from - amount;
    case HOW_WRAP:
        return UINT32_MAX;
    default:
        return from + q->capacity + amount;
    }
}

/* Which field of a queue, and how wide it is. */
static uint32_t field_of(const struct queue_index *s, const struct queue_view *q, uint32_t pd,
                         uint32_t *bytes)
{
    const struct queue_shape *shape = q->shape;

    *bytes = s->index == FIELD_FLAG ? shape->flag_bytes : shape->index_bytes;
    switch ((enum field)s->index) {
    case FIELD_FLAG:
        return shape->flag_offset;
    case FIELD_HEAD:
        return shape->head_offset;
    case FIELD_OWN:
        return shape->producer == pd ? shape->tail_offset : shape->head_offset;
    default:
        return shape->tail_offset;
    }
}

static void forge(struct queue_index *s, struct inside *in, uint32_t target)
{
    struct queue_view q;
    uint32_t bytes;

    if (!queue_open(&q, in, s->aim.list[target])) {
        return;
    }
    uint32_t offset = field_of(s, &q, in->pd, &bytes);
    if (bytes != 2 && bytes != 4) {
        return;
    }
    uint32_t mask = bytes == 2 ? 0xffffu : 0xffffffffu;
    uint32_t head = queue_head(&q), from = queue_read(&q, offset, bytes);
    uint32_t to =
        s->lies[target].told ? s->lies[target].value : forged(s, q.shape, in->rng, from) & mask;

    if (s->how == HOW_LIE) {
        s->lies[target].told = true;
        s->lies[target].value = to;
    }
    queue_write(&q, offset, bytes, to);
    if (s->index == FIELD_BOTH) {
        queue_write(&q, q.shape->head_offset, bytes, head + (to - from));
    }
    queue_did(in, &q, (uint64_t)from << 32 | to, s->ring);
}

static enum inside_next queue_index_inside(void *state, struct inside *in)
{
    struct queue_index *s = state;

    queues_find(&s->aim, &choice, in->plan, in->pd);
    for (uint32_t i = 0; i < s->aim.count; i++) {
        forge(s, in, i);
    }
    return INSIDE_RUN;
}

const struct fault_type fault_queue_index = {
    .name = "queue_index",
    .doc = "a domain forges an index or the flag of queues it shares",
    .state_size = sizeof(struct queue_index),
    .params = params,
    .needs_pd = true,
    .composes = true,
    .check = queue_index_check,
    .inside = queue_index_inside,
};
