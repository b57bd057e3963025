/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the buffers of each pool are when a run is over: those that lie in queues are found there,
 * slot by slot, and of the others the domains say that they hold them. Who only passes frames on
 * should then have none with nothing in it, but what its device can be given to fill, and should
 * have left none in the queues by which they come back.
 */
#include <stdlib.h>

#include "sim/exec/look_parts.h"
#include "sim/observe/moves.h"

static void mark_found(struct lookout *l, uint32_t queue, uint32_t pool, uint8_t *found)
{
    const struct queue_shape *q = &l->plan->queues[queue];
    const uint8_t *base = world_queue(l->s->world, queue);
    struct queue_now now = look_queue(l, queue);

    for (uint32_t i = 0; now.possible && i < now.length; i++) {
        uint32_t index = (now.head + i) & (q->capacity - 1);
        const uint8_t *slot = base + q->slots_offset + (uint64_t)index * q->slot_bytes;
        uint64_t name = *(const volatile uint64_t *)(slot + q->name_offset);
        unsigned id = q->pool_bits == 0 ? 0 : slot[q->pool_offset] & ((1u << q->pool_bits) - 1);
        uint32_t named, buffer;

        if (moves_resolve(l->plan, q, name, id, &named, &buffer) && named == pool) {
            found[buffer] = 1;
        }
    }
}

static void add_held_by(const struct lookout *l, uint32_t pd, uint32_t pool, int64_t *held,
                        int64_t *again)
{
    const struct pool_list *list = &l->lists[pd];

    for (uint32_t i = 0; i < list->count; i++) {
        if (list->pools[i] == pool) {
            *held += look_counts(l, pd)->pools[i].held;
            *again += l->plan->pds[pd].endpoint ? 0 : look_counts(l, pd)->pools[i].again;
        }
    }
}

int64_t look_held(const struct lookout *l, uint32_t pd, uint32_t pool)
{
    int64_t held = 0, again = 0;

    add_held_by(l, pd, pool, &held, &again);
    return held;
}

/* What was passed on to several may still be with each of them, or with one and in the queue of
 * another: as many are with nobody else as make up the number. */
static int64_t without_again(int64_t held, int64_t again, int64_t elsewhere)
{
    int64_t more = held - elsewhere;

    again = again < more ? again : more;
    return again > 0 ? held - again : held;
}

/*
 * An endpoint owns the buffers it sends from, and puts into its free queue, before the first comes
 * back, those it wants to use: all that is there beyond what its peer put in. What it did not put
 * there it has yet. It may have left out all, as one that only receives, or some.
 */
static int64_t never_offered(const struct lookout *l, uint32_t pool)
{
    for (uint32_t q = 0; q < l->plan->queue_count; q++) {
        const struct queue_shape *s = &l->plan->queues[q];
        int64_t count = 0;

        if (s->carries_frames || s->naming != NAMES_OFFSET || !queue_names_pool(s, pool) ||
            !l->plan->pds[s->consumer].endpoint) {
            continue;
        }
        for (size_t i = 0; i < s->pool_count; i++) {
            count += l->plan->pools[s->pools[i]].buffer_count;
        }
        return count - (int64_t)look_offered(l, q);
    }
    return 0;
}

/* Does it take frames in buffers of one of these pools, to pass them on? */
static bool passes_on(const struct lookout *l, uint32_t pd, const struct queue_shape *from)
{
    for (uint32_t i = 0; i < l->plan->queue_count; i++) {
        const struct queue_shape *q = &l->plan->queues[i];

        for (size_t k = 0; q->carries_frames && q->consumer == pd && k < from->pool_count; k++) {
            if (queue_names_pool(q, from->pools[k])) {
                return true;
            }
        }
    }
    return false;
}

/* Does a driver that takes buffers from here have room for another? Not if that is not known; and a
 * place may have to stay empty. */
static bool has_room(const struct lookout *l, uint32_t queue)
{
    const struct queue_shape *from = &l->plan->queues[queue];

    for (uint32_t i = 0; i < l->plan->device_count; i++) {
        const struct plan_device *d = &l->plan->devices[i];

        if (d->rx_queue_source == from->partner) {
            return look_moved(l, d->driver, queue) - look_moved(l, d->driver, from->partner) + 1 <
                   d->receives_into;
        }
    }
    return false;
}

void look_at_left(struct lookout *l, uint32_t queue)
{
    const struct queue_shape *q = &l->plan->queues[queue];
    struct queue_now now = look_queue(l, queue);

    if (l->plan->pds[q->consumer].endpoint || !now.possible || now.length == 0 ||
        !(passes_on(l, q->consumer, q) || has_room(l, queue))) {
        return;
    }
    look_tell(l, PROBE_BUFFERS_LEFT, TOLD_BY_WORLD, q->consumer, queue, now.length,
              look_flag(l, queue), 1);
}

/* What a device's ring may well hold for good: so many buffers to receive into; 0: none. */
static uint32_t for_receiving(const struct lookout *l, uint32_t pd, uint32_t pool)
{
    for (uint32_t i = 0; i < l->plan->device_count; i++) {
        const struct plan_device *d = &l->plan->devices[i];

        if (d->driver == pd && d->rx_queue_source != PLAN_NONE &&
            queue_names_pool(&l->plan->queues[d->rx_queue_source], pool)) {
            return d->receives_into != 0 ? d->receives_into : UINT32_MAX;
        }
    }
    return 0;
}

/* Frames that a driver's devices have of it are no buffers it keeps. */
static uint64_t with_devices(const struct lookout *l, uint32_t pd)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < l->plan->device_count; i++) {
        if (l->plan->devices[i].driver == pd) {
            sum += l->s->world->pages[l->plan->devices[i].pd]->device.holds;
        }
    }
    return sum;
}

/* Its driver has empty buffers for it, frames came, and it could not take another. */
void look_at_receiver(struct lookout *l, uint32_t device)
{
    const struct plan_device *d = &l->plan->devices[device];
    const struct page_device *c = &l->s->world->pages[d->pd]->device;
    uint64_t taken = look_counts(l, d->driver)->from_device;
    uint64_t full = c->rx_written > taken ? c->rx_written - taken : 0;
    int64_t empty = -(int64_t)full;

    if (atomic_load(&c->deaf) == 0 || c->wire.in_frames == 0 || d->rx_queue_source == PLAN_NONE) {
        return;
    }
    const struct queue_shape *from = &l->plan->queues[d->rx_queue_source];

    for (size_t i = 0; i < from->pool_count; i++) {
        empty += look_held(l, d->driver, from->pools[i]);
    }
    look_tell(l, PROBE_RECEIVER_DEAF, TOLD_BY_WORLD, d->driver, device, (uint64_t)empty, 0,
              empty > 0);
}

void look_at_kept(struct lookout *l, uint32_t pd)
{
    const struct pool_list *list = &l->lists[pd];
    const struct moves_counts *c = look_counts(l, pd);
    int64_t full = c->in_hand > 0 ? c->in_hand : 0;

    if (l->plan->pds[pd].kind != PD_IMAGE || l->plan->pds[pd].endpoint) {
        return;
    }
    full += (int64_t)with_devices(l, pd);
    for (size_t i = 0; i < list->count; i++) {
        uint32_t room = for_receiving(l, pd, list->pools[i]);
        int64_t held = c->pools[i].held - c->pools[i].refused,
                may = room != 0 ? (int64_t)room : full;
        int64_t kept = held > may ? held - may : 0;

        if (room == 0 && held > kept) {
            full -= held - kept;
        }
        if (kept > 0) {
            look_tell(l, PROBE_BUFFERS_KEPT, TOLD_BY_PD, pd, list->pools[i], (uint64_t)kept,
                      room != 0, 1);
        }
    }
}

void look_at_pool(struct lookout *l, uint32_t pool)
{
    uint32_t count = l->plan->pools[pool].buffer_count;
    uint8_t *found = calloc(count, 1);
    uint64_t seen = 0;
    int64_t held = 0, again = 0;

    if (found == NULL) {
        return;
    }
    for (uint32_t q = 0; q < l->plan->queue_count; q++) {
        if (queue_names_pool(&l->plan->queues[q], pool)) {
            mark_found(l, q, pool, found);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        seen += found[i];
    }
    for (uint32_t pd = 0; pd < l->plan->pd_count; pd++) {
        if (l->plan->pds[pd].kind == PD_IMAGE) {
            add_held_by(l, pd, pool, &held, &again);
        }
    }
    free(found);
    held = without_again(held, again, (int64_t)count - (int64_t)seen);
    int64_t missing = (int64_t)count - (int64_t)seen - held, own = never_offered(l, pool);
    held += missing > 0 && own > 0 ? (missing < own ? missing : own) : 0;
    look_tell(l, PROBE_BUFFERS_FOUND, TOLD_BY_WORLD, PLAN_NONE, pool, seen, (uint64_t)held, 1);
}
