/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The watch on one domain. A move is seen in two halves: at the point before an operation its index
 * and the slot are noted, and at the next point, or when the entry ends, the index tells whether it
 * happened. An index that moved between points (an image with queue code of its own, or a forger)
 * is found when the entry ends.
 */
#include "sim/observe/moves_parts.h"

/* -- reading shared memory, once -- */

static uint32_t load(const volatile uint8_t *index, uint32_t bytes)
{
    if (bytes == 2) {
        return __atomic_load_n((const volatile uint16_t *)index, __ATOMIC_ACQUIRE);
    }
    return __atomic_load_n((const volatile uint32_t *)index, __ATOMIC_ACQUIRE);
}

static uint32_t index_mask(const struct queue_shape *s)
{
    return s->index_bytes == 2 ? 0xffffu : 0xffffffffu;
}

static uint32_t own_index(const struct watched *q)
{
    return load(q->own, q->shape->index_bytes);
}

static uint32_t peer_index(const struct watched *q)
{
    return load(q->peer, q->shape->index_bytes);
}

static struct slot read_slot(const struct watched *q, uint32_t index)
{
    const struct queue_shape *s = q->shape;
    const volatile uint8_t *at = q->slots + (uint64_t)(index & (s->capacity - 1)) * s->slot_bytes;
    struct slot slot = {.name = *(const volatile uint64_t *)(at + s->name_offset),
                        .len = *(const volatile uint16_t *)(at + s->len_offset)};

    if (s->pool_bits != 0) {
        slot.pool_id = at[s->pool_offset] & ((1u << s->pool_bits) - 1);
    }
    return slot;
}

/* -- noticing moves -- */

static void note_length(struct moves *m, const struct watched *q, uint32_t own)
{
    uint32_t length = (own - peer_index(q)) & index_mask(q->shape);
    uint32_t *max = &m->counts->queues[q->local].max_length;

    if (length > *max && length <= q->shape->capacity) {
        *max = length;
    }
}

static void illegal(struct moves *m, struct watched *q, uint32_t from, uint32_t to)
{
    if (!m->counts->queues[q->local].illegal) {
        m->counts->queues[q->local].illegal = 1;
        moves_tell(m, PROBE_INDEX_ILLEGAL, q->index, from, to);
    }
}

/* The index stands at `now` and the last move seen left it at q->shadow: account for what lies
 * between. */
static void catch_up(struct moves *m, struct watched *q, uint32_t now)
{
    uint32_t mask = index_mask(q->shape);
    uint32_t step = (now - q->shadow) & mask;
    uint32_t peer = peer_index(q);
    uint32_t legal =
        q->produces ? q->shape->capacity - ((q->shadow - peer) & mask) : (peer - q->shadow) & mask;

    if (legal > q->shape->capacity) {
        legal = q->shape->capacity; /* the peer's index lies; that is not this domain's doing */
    }
    if (step > legal) {
        illegal(m, q, q->shadow, now);
        return;
    }
    for (uint32_t i = 0; i < step; i++) {
        struct slot slot = read_slot(q, q->shadow + i);
        moves_account(m, q, &slot);
    }
    q->shadow = now;
    m->counts->queues[q->local].index = now;
    if (q->produces) {
        note_length(m, q, now);
    }
}

/* The index is not where this domain was seen to leave it. */
static void resync(struct moves *m, struct watched *q, uint32_t now)
{
    if (q->produces && !q->shape->carries_frames && m->counts->queues[q->local].moved == 0) {
        q->shadow = now; /* a free queue is first filled by its consumer */
    } else {
        catch_up(m, q, now);
    }
}

static void finish_pending(struct moves *m)
{
    struct watched *q = m->pending;

    if (q == NULL) {
        return;
    }
    m->pending = NULL;
    uint32_t now = own_index(q);
    if (now == m->before) {
        return;
    }
    if (((now - m->before) & index_mask(q->shape)) != 1) {
        catch_up(m, q, now);
        return;
    }
    struct slot slot = q->produces ? read_slot(q, m->before) : m->peeked;
    q->shadow = now;
    m->counts->queues[q->local].index = now;
    moves_account(m, q, &slot);
    if (q->produces) {
        note_length(m, q, now);
    }
}

static struct watched *lookup(struct moves *m, const volatile void *where)
{
    uint32_t at = moves_hash((uintptr_t)where);

    for (;; at++) {
        uint16_t entry = m->hash[at % HASH_SLOTS];

        if (entry == 0) {
            return NULL;
        }
        if (m->queues[entry - 1].base == where) {
            return &m->queues[entry - 1];
        }
    }
}

void moves_point(struct moves *m, enum point_op op, const volatile void *where)
{
    finish_pending(m);
    if (op != POINT_ENQUEUE && op != POINT_DEQUEUE) {
        return;
    }
    struct watched *q = lookup(m, where);
    /* A consumer that fills its own free queue before the start is not making moves of its own. */
    if (q == NULL || q->produces != (op == POINT_ENQUEUE) || m->counts->queues[q->local].illegal) {
        return;
    }
    m->pending = q;
    m->before = own_index(q);
    if (q->shadow != m->before) {
        resync(m, q, m->before);
    }
    if (op == POINT_DEQUEUE) {
        m->peeked = read_slot(q, m->before);
    }
}

void moves_settle(struct moves *m)
{
    finish_pending(m);
    for (uint32_t i = 0; i < m->queue_count; i++) {
        struct watched *q = &m->queues[i];
        uint32_t now = own_index(q);

        if (now == q->shadow || m->counts->queues[q->local].illegal) {
            continue;
        }
        resync(m, q, now);
    }
}
