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
#include <stdio.h>
#include <string.h>

#include "sim/fault/fault.h"

#define TARGETS_MAX 64u
#define LIST_BYTES  512u

enum field { FIELD_OWN, FIELD_TAIL, FIELD_HEAD, FIELD_FLAG };
enum how { HOW_ONE, HOW_BEYOND, HOW_BACKWARDS, HOW_WRAP, HOW_RANDOM, HOW_LIE };

static const char *const field_names[] = {"own", "tail", "head", "flag", NULL};
static const char *const how_names[] = {"one",    "beyond", "backwards", "wrap",
                                        "random", "lie",    NULL};

struct queue_index {
    /* As the scenario says. */
    const char *queue;
    uint64_t index, how, amount;
    bool ring;
    /* Found at the first act. */
    bool found;
    uint32_t target_count;
    struct {
        uint32_t queue;
        bool lied;
        uint32_t lie;
    } targets[TARGETS_MAX];
};

static const struct param params[] = {
    PARAM_TEXT_OPTIONAL(
        struct queue_index, queue, NULL,
        "a queue of that domain, by its name or the end of it (\"tx.active\"); all of "
        "them if left out"),
    PARAM_ENUM(
        struct queue_index, index, FIELD_OWN, field_names,
        "what to forge: own is the tail of queues it fills and the head of queues it empties"),
    PARAM_ENUM(
        struct queue_index, how, HOW_BEYOND, how_names,
        "one: a step ahead; beyond: ahead by the capacity and `amount`; backwards: by `amount`; "
        "wrap: to the last value before zero; random; lie: as beyond, and held there"),
    PARAM_UINT(struct queue_index, amount, 1, 1, 65535,
               "how far; for the flag, the value it is set to"),
    PARAM_BOOL(struct queue_index, ring, true, "signal the other end afterwards"),
    PARAM_END,
};

/* Is `wanted` the queue's name, or the end of it from a dot on? */
static bool named(const char *name, const char *wanted)
{
    size_t name_length = strlen(name), wanted_length = strlen(wanted);

    if (wanted_length > name_length || strcmp(name + (name_length - wanted_length), wanted) != 0) {
        return false;
    }
    return wanted_length == name_length || name[name_length - wanted_length - 1] == '.';
}

static bool is_target(const struct queue_index *s, const struct plan *plan, uint32_t pd,
                      uint32_t queue)
{
    const struct queue_shape *q = &plan->queues[queue];

    if (q->producer != pd && q->consumer != pd) {
        return false;
    }
    return s->queue == NULL || named(q->name, s->queue);
}

/* All names the user could have meant, in one line. */
static void list_queues(const struct plan *plan, uint32_t pd, char out[static LIST_BYTES])
{
    size_t used = 0;

    out[0] = '\0';
    for (uint32_t i = 0; i < plan->queue_count && used < LIST_BYTES; i++) {
        if (plan->queues[i].producer == pd || plan->queues[i].consumer == pd) {
            used += (size_t)snprintf(out + used, LIST_BYTES - used, "%s%s", used == 0 ? "" : ", ",
                                     plan->queues[i].name);
        }
    }
}

static bool queue_index_check(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                              struct diag_place place)
{
    const struct queue_index *s = state;
    char names[LIST_BYTES];
    uint32_t count = 0;

    for (uint32_t i = 0; i < plan->queue_count; i++) {
        if (is_target(s, plan, pd, i)) {
            count++;
            if (s->index == FIELD_FLAG && plan->queues[i].flag_bytes == 0) {
                diag_error(diag, place, "index: %s has no flag", plan->queues[i].name);
                return false;
            }
        }
    }
    if (count > TARGETS_MAX) {
        diag_error(diag, place,
                   "%s has %u queues, more than the %u one fault forges; name one with "
                   "\"queue\"",
                   plan->pds[pd].name, count, TARGETS_MAX);
    } else if (count == 0 && s->queue != NULL) {
        list_queues(plan, pd, names);
        diag_error(diag, place, "queue: %s has no queue \"%s\"; it has %s", plan->pds[pd].name,
                   s->queue, names[0] == '\0' ? "none" : names);
    } else if (count == 0) {
        diag_error(diag, place, "pd: %s has no queues whose index it could forge",
                   plan->pds[pd].name);
    }
    return count != 0 && count <= TARGETS_MAX;
}

static void find_targets(struct queue_index *s, const struct inside *in)
{
    s->found = true;
    for (uint32_t i = 0; i < in->plan->queue_count && s->target_count < TARGETS_MAX; i++) {
        if (is_target(s, in->plan, in->pd, i)) {
            s->targets[s->target_count++].queue = i;
        }
    }
}

/* -- the field itself; the other end reads it while we write, as it would any other store -- */

static uint32_t field_read(const uint8_t *at, uint32_t bytes)
{
    return bytes == 2 ? __atomic_load_n((const uint16_t *)(const void *)at, __ATOMIC_RELAXED)
                      : __atomic_load_n((const uint32_t *)(const void *)at, __ATOMIC_RELAXED);
}

static void field_write(uint8_t *at, uint32_t bytes, uint32_t value)
{
    if (bytes == 2) {
        __atomic_store_n((uint16_t *)(void *)at, (uint16_t)value, __ATOMIC_RELEASE);
    } else {
        __atomic_store_n((uint32_t *)(void *)at, value, __ATOMIC_RELEASE);
    }
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

static void forge(struct queue_index *s, struct inside *in, uint32_t target)
{
    uint32_t queue = s->targets[target].queue;
    const struct queue_shape *q = &in->plan->queues[queue];
    uint8_t *base = inside_queue(in, queue);
    bool tail = s->index == FIELD_TAIL || (s->index == FIELD_OWN && q->producer == in->pd);
    bool flag = s->index == FIELD_FLAG;
    uint32_t bytes = flag ? q->flag_bytes : q->index_bytes;
    uint32_t mask = bytes == 2 ? 0xffffu : 0xffffffffu;

    if (base == NULL || (bytes != 2 && bytes != 4)) {
        return;
    }
    uint8_t *at = base + (flag ? q->flag_offset : tail ? q->tail_offset : q->head_offset);
    uint32_t from = field_read(at, bytes);
    uint32_t to =
        s->targets[target].lied ? s->targets[target].lie : forged(s, q, in->rng, from) & mask;

    if (s->how == HOW_LIE) {
        s->targets[target].lied = true;
        s->targets[target].lie = to;
    }
    field_write(at, bytes, to);
    inside_did(in, queue, (uint64_t)from << 32 | to);
    if (s->ring) {
        inside_ring(in, queue);
    }
}

static enum inside_next queue_index_inside(void *state, struct inside *in)
{
    struct queue_index *s = state;

    if (!s->found) {
        find_targets(s, in);
    }
    for (uint32_t i = 0; i < s->target_count; i++) {
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
    .check = queue_index_check,
    .inside = queue_index_inside,
};
