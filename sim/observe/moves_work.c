/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much a domain does in one wake-up. A neighbour that is not to be relied on may fill a queue
 * as fast as it is emptied, so whoever empties it must stop somewhere, or all others wait. Where
 * depends on what it does with the entries:
 *
 *   one who passes frames on for several  stops after one queue full each time it is called
 *   one who copies                        takes a buffer for each frame it has, and beyond that
 *                                         throws away no more than one queue full
 *   a driver                              takes what its ring holds, and throws away one queue full
 *
 * An endpoint does what it likes. A domain that takes an interrupt may well have come round several
 * times, which is not counted here, and then nothing is said of a driver.
 */
#include "sim/observe/moves_parts.h"

void work_begin(struct moves *m, uint64_t badge)
{
    uint64_t known = 0;

    for (uint32_t i = 0; i < m->queue_count; i++) {
        known |= m->queues[i].channel_bit;
    }
    m->interrupted = (badge & ~known) != 0;
    m->causes = badge == 0 ? 1 : (uint32_t)__builtin_popcountll(badge);
}

/* Frames that came in since it waited last. */
static uint32_t frames_taken(const struct moves *m)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < m->queue_count; i++) {
        const struct watched *q = &m->queues[i];

        if (!q->produces && q->frames) {
            sum += (uint32_t)q->counts->moved - q->settled_moved;
        }
    }
    return sum;
}

/* What it took of one queue, and where it should have stopped. */
static void judge(struct moves *m, struct watched *q)
{
    bool driver = q->from_device || q->to_device;
    uint32_t taken = (uint32_t)q->counts->moved - q->settled_moved;
    uint32_t bound = m->causes * q->shape->capacity;

    if (driver) {
        taken = m->interrupted ? 0 : q->odd - q->settled_odd;
    } else if (q->relinks) {
        bound += frames_taken(m);
    } else if (m->line != NULL) {
        return; /* one who copies must take what it has to pass on from where it is */
    }
    if (taken > bound && taken > 2 * q->told_work) {
        q->told_work = taken;
        moves_tell(m, PROBE_WORK_UNBOUNDED, q->index, taken, bound);
    }
}

void work_settle(struct moves *m)
{
    for (uint32_t i = 0; i < m->queue_count; i++) {
        struct watched *q = &m->queues[i];

        if (q->exposed && !q->produces && !m->endpoint) {
            judge(m, q);
        }
    }
    for (uint32_t i = 0; i < m->queue_count; i++) {
        struct watched *q = &m->queues[i];

        q->settled_moved = (uint32_t)q->counts->moved;
        q->settled_odd = q->odd;
    }
}
