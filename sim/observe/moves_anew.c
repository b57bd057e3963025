/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The watch on a domain that is begun anew. It begins anew as well: what the domain had in hand is
 * to be found where that took it from.
 */
#include "sim/observe/moves_parts.h"

/* The other queue of the two that the same neighbour and this domain share. */
static const struct watched *partner_of(const struct moves *m, const struct watched *q)
{
    for (uint32_t i = 0; i < m->queue_count; i++) {
        if (m->queues[i].index == q->shape->partner) {
            return &m->queues[i];
        }
    }
    return NULL;
}

static void keep(struct moves *m, uint32_t pool, uint32_t buffer)
{
    for (uint32_t i = 0; i < m->pool_count; i++) {
        if (m->pools[i].index == pool && *m->pools[i].held > 0) {
            m->pools[i].buffers[buffer].hand = HAND_EMPTY;
        }
    }
}

/*
 * What an endpoint had in hand, and a driver in its rings, it took last: each buffer that it takes
 * by a queue it gives away once by the partner, and these have held a queue full of them before, or
 * nothing. So those may be given away that were taken last and are not accounted for by then; they
 * are counted as held still.
 */
static void remember_hand(struct moves *m, const struct watched *q)
{
    const struct watched *partner = partner_of(m, q);
    uint32_t own = own_index(q), left, buffer;

    if (q->produces || partner == NULL || own == 0) {
        return;
    }
    left = (own - own_index(partner)) & q->index_mask;
    left = left <= q->slot_mask + 1 ? left : left & q->slot_mask;
    for (; left > 0; left--) {
        struct slot slot = read_slot(q, own - left);
        uint32_t pool;

        if (moves_resolve(m->plan, q->shape, slot.name, slot.pool_id, &pool, &buffer)) {
            keep(m, pool, buffer);
        }
    }
}

void moves_go_on(struct moves *m)
{
    for (uint32_t i = 0; i < m->queue_count; i++) {
        struct watched *q = &m->queues[i];

        q->shadow = q->until = own_index(q);
        q->counts->index = q->shadow;
    }
    for (uint32_t i = 0; i < m->queue_count; i++) {
        if (m->endpoint || m->queues[i].from_device || m->queues[i].to_device) {
            remember_hand(m, &m->queues[i]);
        }
    }
    m->counts->dropped[DROP_DEAD] += m->counts->in_hand > 0 ? (uint64_t)m->counts->in_hand : 0;
    m->counts->in_hand = 0;
    m->counts->nameless = 0;
}
