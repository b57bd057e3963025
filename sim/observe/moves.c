/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The watch on one domain. A move is seen in two halves: at the point before an operation its index
 * and the slot are noted, and at the next point, or when the entry ends, the index tells whether it
 * happened. An index that moved between points (an image with queue code of its own, or a forger)
 * is found when the entry ends.
 *
 * Both ends map a queue with the same rights, so the index may also have been moved by the other end. That is
 * put down to it where it is compromised or untrusted and this image announces its own moves; what this domain
 * then does is told from where its index was put.
 */
#include "sim/observe/moves_parts.h"

/* -- reading shared memory, once -- */

static inline uint32_t load(const volatile uint8_t *index, uint32_t bytes)
{
    if (bytes == 2) {
        return __atomic_load_n((const volatile uint16_t *)index, __ATOMIC_ACQUIRE);
    }
    return __atomic_load_n((const volatile uint32_t *)index, __ATOMIC_ACQUIRE);
}

static inline uint32_t own_index(const struct watched *q)
{
    return load(q->own, q->index_bytes);
}

static inline uint32_t peer_index(const struct watched *q)
{
    return load(q->peer, q->index_bytes);
}

static inline struct slot read_slot(const struct watched *q, uint32_t index)
{
    const volatile uint8_t *at = q->slots + (uint64_t)(index & q->slot_mask) * q->slot_bytes;

    if (__builtin_expect(q->plain, 1)) {
        uint64_t rest = *(const volatile uint64_t *)(at + 8);

        return (struct slot){.name = *(const volatile uint64_t *)at,
                             .len = (uint16_t)rest,
                             .pool_id = (uint32_t)(rest >> 16) & q->pool_mask};
    }
    return (struct slot){.name = *(const volatile uint64_t *)(at + q->name_offset),
                         .len = *(const volatile uint16_t *)(at + q->len_offset),
                         .pool_id = at[q->pool_offset] & q->pool_mask};
}

/* -- noticing moves -- */

static inline void note_length(const struct watched *q, uint32_t own)
{
    uint32_t length = (own - peer_index(q)) & q->index_mask;

    if (length > q->counts->max_length && length <= q->slot_mask + 1) {
        q->counts->max_length = length;
    }
}

static void illegal(struct moves *m, struct watched *q, uint32_t from, uint32_t to)
{
    if (!q->counts->illegal) {
        q->counts->illegal = 1;
        moves_tell(m, PROBE_INDEX_ILLEGAL, q->index, from, to);
    }
}

/* The other end put the index at `now`. */
static void displaced(struct watched *q, uint32_t now)
{
    if (!q->counts->displaced) {
        q->counts->displaced = 1;
        q->counts->displaced_from = q->shadow;
        q->counts->displaced_to = now;
    }
    q->shadow = now;
    q->counts->index = now;
}

/* The index stands at `now` and the last move seen left it at q->shadow: account for what lies
 * between. */
static void catch_up(struct moves *m, struct watched *q, uint32_t now)
{
    uint32_t mask = q->index_mask;
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
        q->counts->moved++;
        q->means(m, q, read_slot(q, q->shadow + i));
    }
    q->shadow = now;
    q->counts->index = now;
    if (q->produces) {
        note_length(q, now);
    }
}

/* The index is not where this domain was seen to leave it. */
static void resync(struct moves *m, struct watched *q, uint32_t now)
{
    if (q->produces && !q->frames && q->counts->moved == 0) {
        q->shadow = now; /* a free queue is first filled by its consumer */
    } else if (q->exposed && m->pointed) {
        displaced(q, now);
    } else {
        catch_up(m, q, now);
    }
}

/* Is there an entry to take, or room for one? As queue code finds it, and perhaps finds it otherwise later. */
static bool can_move(const struct watched *q, uint32_t own)
{
    uint32_t peer = peer_index(q);

    return q->produces ? ((own - peer) & q->index_mask) <= q->slot_mask : own != peer;
}

/* The operation announced at m->before was done, and left the index at m->before + 1. */
static inline __attribute__((always_inline)) void moved(struct moves *m, struct watched *q)
{
    struct slot slot = q->produces ? read_slot(q, m->before) : m->peeked;

    q->shadow = (m->before + 1) & q->index_mask;
    q->counts->index = q->shadow;
    q->counts->moved++;
    q->means(m, q, slot);
}

/* The index of the operation announced last is not one further. */
static void finish_otherwise(struct moves *m, struct watched *q, uint32_t now)
{
    if (q->exposed) {
        /* Whatever the index says now: what could be done when it was announced was done. */
        if (m->can) {
            moved(m, q);
        } else if (q->produces && !q->frames) {
            moves_refused(m);
        }
        if (now != q->shadow) {
            displaced(q, now);
        }
    } else if (now != m->before) {
        catch_up(m, q, now);
    }
}

static inline __attribute__((always_inline)) void finish_pending(struct moves *m)
{
    struct watched *q = m->pending;

    if (q == NULL) {
        return;
    }
    m->pending = NULL;
    uint32_t now = own_index(q);
    if (__builtin_expect(((now - m->before) & q->index_mask) != 1, 0)) {
        finish_otherwise(m, q, now);
        return;
    }
    moved(m, q);
    if (q->produces) {
        note_length(q, now);
    }
}

static struct watched *look_up(struct moves *m, const volatile void *where)
{
    uint32_t at = moves_hash((uintptr_t)where);

    for (;; at++) {
        uint16_t entry = m->hash[at % HASH_SLOTS];

        if (entry == 0) {
            return NULL;
        }
        struct watched *q = &m->queues[entry - 1];
        if (q->base == where) {
            m->near[((uintptr_t)where >> 12) % NEAR_SLOTS] = q;
            return q;
        }
    }
}

void moves_point(struct moves *m, enum point_op op, const volatile void *where)
{
    finish_pending(m);
    m->pointed = true;
    if (op != POINT_ENQUEUE && op != POINT_DEQUEUE) {
        return;
    }
    struct watched *q = m->near[((uintptr_t)where >> 12) % NEAR_SLOTS];
    if (q == NULL || q->base != where) {
        q = look_up(m, where);
    }
    /* A consumer that fills its own free queue before the start is not making moves of its own. */
    if (q == NULL || q->produces != (op == POINT_ENQUEUE) || q->counts->illegal) {
        return;
    }
    m->pending = q;
    m->before = own_index(q);
    if (q->shadow != m->before) {
        resync(m, q, m->before);
    }
    m->can = q->exposed && can_move(q, m->before);
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

        if (now == q->shadow || q->counts->illegal) {
            continue;
        }
        resync(m, q, now);
    }
}
