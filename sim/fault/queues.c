/* SPDX-License-Identifier: BSD-2-Clause */
/* Queues as the plan describes them, seen from a domain that means harm; see the header. */
#include "sim/fault/queues.h"

#include <stdio.h>
#include <string.h>

#define LIST_BYTES 512u

/* -- which -- */

/* Is `wanted` the queue's name, or the end of it from a dot on? */
static bool named(const char *name, const char *wanted)
{
    size_t name_length = strlen(name), wanted_length = strlen(wanted);

    if (wanted_length > name_length || strcmp(name + (name_length - wanted_length), wanted) != 0) {
        return false;
    }
    return wanted_length == name_length || name[name_length - wanted_length - 1] == '.';
}

/* Is it one of the domain's, of the side that is meant? */
static bool eligible(const struct plan *plan, uint32_t pd, uint32_t queue,
                     const struct queue_choice *choice)
{
    const struct queue_shape *q = &plan->queues[queue];
    bool fills = q->producer == pd, empties = q->consumer == pd;

    return (choice->side == SIDE_FILLS     ? fills
            : choice->side == SIDE_EMPTIES ? empties
                                           : fills || empties) &&
           (q->carries_frames || !choice->frames);
}

static bool is_target(const struct plan *plan, uint32_t pd, uint32_t queue,
                      const struct queue_choice *choice, const char *name)
{
    return eligible(plan, pd, queue, choice) &&
           (name == NULL || named(plan->queues[queue].name, name));
}

/* All names the user could have meant, in one line. */
static void list_queues(const struct plan *plan, uint32_t pd, const struct queue_choice *choice,
                        char out[static LIST_BYTES])
{
    size_t used = 0;

    out[0] = '\0';
    for (uint32_t i = 0; i < plan->queue_count && used < LIST_BYTES; i++) {
        if (eligible(plan, pd, i, choice)) {
            used += (size_t)snprintf(out + used, LIST_BYTES - used, "%s%s", used == 0 ? "" : ", ",
                                     plan->queues[i].name);
        }
    }
}

bool queues_check(const struct queue_aim *aim, const struct queue_choice *choice,
                  const struct plan *plan, uint32_t pd, struct diag *diag, struct diag_place place)
{
    static const char *const kinds[] = {
        [SIDE_ANY] = "", [SIDE_FILLS] = " that it fills", [SIDE_EMPTIES] = " that it empties"};
    const char *frames = choice->frames ? "frame queue" : "queue";
    char names[LIST_BYTES];
    uint32_t count = 0;

    for (uint32_t i = 0; i < plan->queue_count; i++) {
        count += is_target(plan, pd, i, choice, aim->queue);
    }
    if (count > FAULT_QUEUES_MAX) {
        diag_error(diag, place,
                   "%s has %u %ss%s, more than the %u one fault %s; name one with \"queue\"",
                   plan->pds[pd].name, count, frames, kinds[choice->side], FAULT_QUEUES_MAX,
                   choice->doing);
    } else if (count == 0 && aim->queue != NULL) {
        list_queues(plan, pd, choice, names);
        diag_error(diag, place, "queue: %s has no %s \"%s\"%s; it has %s", plan->pds[pd].name,
                   frames, aim->queue, kinds[choice->side], names[0] == '\0' ? "none" : names);
    } else if (count == 0) {
        diag_error(diag, place, "pd: %s has no %s%s", plan->pds[pd].name, frames,
                   kinds[choice->side]);
    }
    return count != 0 && count <= FAULT_QUEUES_MAX;
}

void queues_find(struct queue_aim *aim, const struct queue_choice *choice, const struct plan *plan,
                 uint32_t pd)
{
    if (aim->found) {
        return;
    }
    aim->found = true;
    for (uint32_t i = 0; i < plan->queue_count && aim->count < FAULT_QUEUES_MAX; i++) {
        if (is_target(plan, pd, i, choice, aim->queue)) {
            aim->list[aim->count++] = i;
        }
    }
}

bool queue_open(struct queue_view *q, const struct inside *in, uint32_t queue)
{
    uint8_t *base = inside_queue(in, queue);

    if (base == NULL ||
        (in->plan->queues[queue].index_bytes != 2 && in->plan->queues[queue].index_bytes != 4)) {
        return false;
    }
    *q = (struct queue_view){.shape = &in->plan->queues[queue], .index = queue, .base = base};
    return true;
}

enum inside_next
queues_each(struct queue_aim *aim, const struct queue_choice *choice, struct inside *in,
            void (*act)(const void *state, struct inside *in, const struct queue_view *q),
            const void *state)
{
    queues_find(aim, choice, in->plan, in->pd);
    for (uint32_t i = 0; i < aim->count; i++) {
        struct queue_view q;

        if (queue_open(&q, in, aim->list[i])) {
            act(state, in, &q);
        }
    }
    return INSIDE_RUN;
}

void queue_did(struct inside *in, const struct queue_view *q, uint64_t b, bool ring)
{
    inside_did(in, q->index, b);
    if (ring) {
        inside_ring(in, q->index);
    }
}

/* -- words -- */

static uint64_t load(const uint8_t *at, uint32_t bytes)
{
    switch (bytes) {
    case 1:
        return __atomic_load_n(at, __ATOMIC_RELAXED);
    case 2:
        return __atomic_load_n((const uint16_t *)(const void *)at, __ATOMIC_ACQUIRE);
    case 4:
        return __atomic_load_n((const uint32_t *)(const void *)at, __ATOMIC_ACQUIRE);
    default:
        return __atomic_load_n((const uint64_t *)(const void *)at, __ATOMIC_RELAXED);
    }
}

void word_write(uint8_t *at, uint32_t bytes, uint64_t value)
{
    switch (bytes) {
    case 1:
        __atomic_store_n(at, (uint8_t)value, __ATOMIC_RELAXED);
        break;
    case 2:
        __atomic_store_n((uint16_t *)(void *)at, (uint16_t)value, __ATOMIC_RELEASE);
        break;
    case 4:
        __atomic_store_n((uint32_t *)(void *)at, (uint32_t)value, __ATOMIC_RELEASE);
        break;
    default:
        __atomic_store_n((uint64_t *)(void *)at, value, __ATOMIC_RELAXED);
    }
}

uint32_t queue_read(const struct queue_view *q, uint32_t offset, uint32_t bytes)
{
    return (uint32_t)load(q->base + offset, bytes);
}

void queue_write(const struct queue_view *q, uint32_t offset, uint32_t bytes, uint32_t value)
{
    word_write(q->base + offset, bytes, value);
}

uint32_t queue_wrap(const struct queue_view *q, uint32_t index)
{
    return q->shape->index_bytes == 2 ? index & 0xffffu : index;
}

uint32_t queue_tail(const struct queue_view *q)
{
    return queue_read(q, q->shape->tail_offset, q->shape->index_bytes);
}

uint32_t queue_head(const struct queue_view *q)
{
    return queue_read(q, q->shape->head_offset, q->shape->index_bytes);
}

uint32_t queue_length(const struct queue_view *q)
{
    return queue_wrap(q, queue_tail(q) - queue_head(q));
}

/* -- descriptors -- */

static uint8_t *slot_at(const struct queue_view *q, uint32_t index)
{
    uint32_t slot = index & (q->shape->capacity - 1);

    return q->base + q->shape->slots_offset + (uint64_t)slot * q->shape->slot_bytes;
}

static uint32_t pool_mask(const struct queue_view *q)
{
    return (1u << q->shape->pool_bits) - 1;
}

struct descriptor queue_slot(const struct queue_view *q, uint32_t index)
{
    const struct queue_shape *s = q->shape;
    const uint8_t *at = slot_at(q, index);

    return (struct descriptor){
        .name = load(at + s->name_offset, s->name_bytes),
        .len = (uint32_t)load(at + s->len_offset, s->len_bytes),
        .pool = s->pool_bits == 0 ? 0 : (uint32_t)load(at + s->pool_offset, 1) & pool_mask(q)};
}

void queue_set_slot(const struct queue_view *q, uint32_t index, struct descriptor d)
{
    const struct queue_shape *s = q->shape;
    uint8_t *at = slot_at(q, index);

    word_write(at + s->name_offset, s->name_bytes, d.name);
    word_write(at + s->len_offset, s->len_bytes, d.len);
    if (s->pool_bits != 0) {
        uint64_t rest = load(at + s->pool_offset, 1) & ~(uint64_t)pool_mask(q);

        word_write(at + s->pool_offset, 1, rest | (d.pool & pool_mask(q)));
    }
}

bool queue_was_used(struct descriptor d, uint32_t tail, uint64_t age)
{
    return tail >= age || d.name != 0 || d.len != 0;
}

bool queue_put(const struct queue_view *q, struct descriptor d)
{
    uint32_t tail = queue_tail(q);

    if (queue_length(q) >= q->shape->capacity) {
        return false;
    }
    queue_set_slot(q, tail, d);
    queue_write(q, q->shape->tail_offset, q->shape->index_bytes, tail + 1);
    return true;
}

bool queue_take(const struct queue_view *q, struct descriptor *d)
{
    uint32_t head = queue_head(q), length = queue_length(q);

    if (length == 0 || length > q->shape->capacity) {
        return false;
    }
    *d = queue_slot(q, head);
    queue_write(q, q->shape->head_offset, q->shape->index_bytes, head + 1);
    return true;
}

/* -- buffers -- */

uint64_t queue_pool_base(const struct inside *in, const struct queue_view *q, uint32_t pool)
{
    return q->shape->naming == NAMES_IO_ADDR ? in->plan->pools[pool].io_addr : 0;
}

uint32_t queue_pool(const struct inside *in, const struct queue_view *q, struct descriptor d)
{
    const struct queue_shape *s = q->shape;

    for (size_t i = 0; i < s->pool_count; i++) {
        const struct plan_pool *pool = &in->plan->pools[s->pools[i]];
        uint64_t offset = d.name - queue_pool_base(in, q, s->pools[i]);

        if ((s->naming == NAMES_IO_ADDR || i == d.pool) &&
            offset < (uint64_t)pool->buffer_bytes * pool->buffer_count) {
            return s->pools[i];
        }
    }
    return PLAN_NONE;
}

uint8_t *queue_buffer(const struct inside *in, const struct queue_view *q, struct descriptor d,
                      unsigned rights, uint64_t *bytes)
{
    uint32_t pool = queue_pool(in, q, d);

    if (pool == PLAN_NONE) {
        return NULL;
    }
    uint32_t region = in->plan->pools[pool].region;
    const struct plan_map *map = plan_find_map(in->plan, in->pd, region);
    uint64_t offset = d.name - queue_pool_base(in, q, pool);

    if (map == NULL || (map->rights & rights) != rights ||
        offset >= in->plan->regions[region].bytes) {
        return NULL;
    }
    *bytes = in->plan->regions[region].bytes - offset;
    return (uint8_t *)(uintptr_t)(map->vaddr + offset);
}
