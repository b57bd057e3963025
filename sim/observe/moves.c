/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The watch on one domain. An image whose queue code tells of its moves is believed about them, as it knows best
 * what it put and took; an index that moved untold (an image with queue code of its own, or a forger) is found
 * when the entry ends, and what lies between is read from the slots.
 *
 * Both ends map a queue with the same rights, so the index may also have been moved by the other end. That is
 * put down to it where it is compromised or untrusted and this image tells of its own moves; what this domain
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

static struct slot read_slot(const struct watched *q, uint32_t index)
{
    const volatile uint8_t *at = q->slots + (uint64_t)(index & q->slot_mask) * q->slot_bytes;

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
    } else if (q->exposed && m->announced) {
        displaced(q, now);
    } else {
        catch_up(m, q, now);
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

/*
 * Where an announced move leaves the index, whatever the index says now. One that the other end may write too
 * is looked at each time; the others when the entry ends.
 */
static inline void step(struct watched *q)
{
    bool first_filling = q->produces && !q->frames && q->counts->moved == 0;

    q->shadow = (q->shadow + 1) & q->index_mask;
    if (__builtin_expect(q->exposed || first_filling, 0)) {
        uint32_t now = own_index(q);

        if (first_filling) {
            q->shadow = now; /* a free queue is first filled by its consumer */
        } else if (now != q->shadow) {
            displaced(q, now);
        }
    }
    q->counts->index = q->shadow;
    q->counts->moved++;
}

void moves_moved(struct moves *m, enum move_kind kind, const volatile void *queue, uint64_t name, uint64_t rest)
{
    struct watched *q = m->near[((uintptr_t)queue >> 12) % NEAR_SLOTS];

    if (__builtin_expect(q == NULL || q->base != queue, 0)) {
        q = look_up(m, queue);
    }
    m->announced = true;
    /* A consumer that fills its own free queue before the start is not making moves of its own. */
    if (q == NULL || q->produces != (kind != MOVE_TAKEN) || q->counts->illegal) {
        return;
    }
    if (__builtin_expect(kind == MOVE_REFUSED, 0)) {
        if (!q->frames) {
            moves_refused(m);
        }
        return;
    }
    step(q);
    if (q->produces) {
        note_length(q, q->shadow);
    }
    q->means(m, q,
             (struct slot){.name = name,
                           .len = (uint16_t)(rest >> q->len_shift),
                           .pool_id = (uint32_t)(rest >> q->pool_shift) & q->pool_mask});
}

void moves_settle(struct moves *m)
{
    for (uint32_t i = 0; i < m->queue_count; i++) {
        struct watched *q = &m->queues[i];
        uint32_t now = own_index(q);

        if (now == q->shadow || q->counts->illegal) {
            continue;
        }
        resync(m, q, now);
    }
}
