/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices first, as the world's own word; then each domain's page; then the queues between them, where what
 * one end says of its index is held against the other's; then the buffers.
 */
#include "sim/exec/look.h"

#include <stdlib.h>
#include <string.h>

#include "sim/observe/moves.h"

struct lookout {
    const struct supervise *s;
    const struct plan *plan;
    struct probe_bus *bus;
};

/* One domain's account of its queues and pools, copied out of its page. */
static const struct moves_counts *counts_of(const struct lookout *l, uint32_t pd)
{
    return &l->s->world->pages[pd]->counts;
}

static void tell(struct lookout *l, enum probe_kind kind, enum probe_told told, uint32_t pd, uint32_t object,
                 uint64_t a, uint64_t b, uint64_t count)
{
    struct probe p = {.time_ns = l->s->length_ns,
                      .kind = (uint16_t)kind,
                      .told = (uint8_t)told,
                      .pd = pd,
                      .object = object,
                      .a = a,
                      .b = b,
                      .count = count};

    if (count != 0) {
        probe_emit(l->bus, &p);
    }
}

static bool gone(const struct lookout *l, uint32_t pd)
{
    return l->s->pds[pd].died || atomic_load(&l->s->world->pages[pd]->state) == PD_STOPPED;
}

/* -- devices -- */

static const enum drop_reason device_reasons[DEVICE_DROPS] = {
    [DEVICE_DROP_NONE] = DROP_NONE,
    [DEVICE_DROP_DISABLED] = DROP_DISABLED,
    [DEVICE_DROP_NO_DESCRIPTOR] = DROP_NO_DESCRIPTOR,
    [DEVICE_DROP_FILTERED] = DROP_FILTERED,
    [DEVICE_DROP_RUNT] = DROP_RUNT,
    [DEVICE_DROP_OVERSIZE] = DROP_OVERSIZE,
    [DEVICE_DROP_DMA_FAULT] = DROP_DMA_FAULT,
    [DEVICE_DROP_RESET] = DROP_RESET,
    [DEVICE_DROP_BAD_DESCRIPTOR] = DROP_BAD_DESCRIPTOR,
};

static void look_at_device(struct lookout *l, uint32_t device)
{
    const struct plan_device *d = &l->plan->devices[device];
    const struct page_device *c = &l->s->world->pages[d->pd]->device;
    const struct moves_counts *driver = counts_of(l, d->driver);
    uint64_t tx_ended = c->wire.out_frames + c->holds + c->gated_out;

    tell(l, PROBE_FRAME_IN, TOLD_BY_WORLD, d->pd, device, c->wire.in_bytes, 0, c->wire.in_frames);
    tell(l, PROBE_FRAME_OUT, TOLD_BY_WORLD, d->pd, device, c->wire.out_bytes, 0, c->wire.out_frames);
    for (unsigned why = 1; why < DEVICE_DROPS; why++) {
        tell(l, PROBE_FRAME_DROPPED, TOLD_BY_WORLD, d->pd, device, device_reasons[why], 0,
             c->drops_rx[why] + c->drops_tx[why]);
        tx_ended += c->drops_tx[why];
    }
    tell(l, PROBE_FRAME_DROPPED, TOLD_BY_WORLD, d->pd, device, DROP_GATE, 0, c->gated_in + c->gated_out);
    tell(l, PROBE_FRAME_IN_FLIGHT, TOLD_BY_WORLD, d->pd, device, PLACE_DEVICE, 0, c->holds);
    /* A ring's two ends: what the device filled and the driver passed on, and the other way round. */
    if (c->rx_written > driver->from_device) {
        tell(l, PROBE_FRAME_IN_FLIGHT, TOLD_BY_PD, d->pd, device, PLACE_RING_RX, 0,
             c->rx_written - driver->from_device);
    }
    if (driver->to_device > tx_ended) {
        tell(l, PROBE_FRAME_IN_FLIGHT, TOLD_BY_PD, d->pd, device, PLACE_RING_TX, 0,
             driver->to_device - tx_ended);
    }
}

/* -- pages -- */

/* What a domain may say of itself as events: nothing that counts frames. */
static bool sayable(unsigned kind, bool device)
{
    switch (kind) {
    case PROBE_DMA_FAULT:
    case PROBE_VIOLATION:
        return device;
    case PROBE_FRAME_FOREIGN:
    case PROBE_BUFFER_TWICE:
    case PROBE_BUFFER_FOREIGN:
    case PROBE_INDEX_ILLEGAL:
    case PROBE_DEFERRED_REPLACED:
    case PROBE_CHANNEL_UNKNOWN:
    case PROBE_FAULT_ACTED:
    case PROBE_PD_STOPPED:
        return true;
    default:
        return false;
    }
}

/* Domains date their events from when traffic was let in, and may lie: nothing is later than the end. */
static uint64_t bounded_time(const struct lookout *l, uint64_t told_ns)
{
    return told_ns < l->s->length_ns ? told_ns : l->s->length_ns;
}

static void look_at_events(struct lookout *l, uint32_t pd)
{
    const struct pd_page *page = l->s->world->pages[pd];
    uint64_t end = atomic_load(&page->event_count);
    uint64_t at = end > PAGE_EVENTS_MAX ? end - PAGE_EVENTS_MAX : 0;
    bool device = l->plan->pds[pd].kind == PD_DEVICE;

    for (; at < end; at++) {
        struct probe p = page->events[at % PAGE_EVENTS_MAX];

        if (sayable(p.kind, device)) {
            p.pd = pd;
            p.time_ns = bounded_time(l, p.time_ns);
            p.told = device ? TOLD_BY_WORLD : TOLD_BY_PD;
            p.count = 1;
            probe_emit(l->bus, &p);
        }
    }
}

static void look_at_page(struct lookout *l, uint32_t pd)
{
    const struct moves_counts *c = counts_of(l, pd);
    bool dead = gone(l, pd);
    int64_t in_hand = c->in_hand;

    look_at_events(l, pd);
    if (l->s->pds[pd].died) {
        const struct supervise_pd *p = &l->s->pds[pd];

        probe_emit(l->bus, &(struct probe){.time_ns = p->died_ns,
                                           .kind = PROBE_PD_DIED,
                                           .told = TOLD_BY_WORLD,
                                           .pd = pd,
                                           .object = PLAN_NONE,
                                           .a = (uint64_t)p->signal,
                                           .b = supervise_death_detail(p),
                                           .count = 1});
    }
    if (l->plan->pds[pd].kind == PD_DEVICE || l->plan->pds[pd].endpoint) {
        return;
    }
    tell(l, PROBE_FRAME_COPIED, TOLD_BY_PD, pd, PLAN_NONE, 0, 0, c->copied);
    for (unsigned why = 1; why < DROP_COUNT; why++) {
        tell(l, PROBE_FRAME_DROPPED, TOLD_BY_PD, pd, PLAN_NONE, why, 0, c->dropped[why]);
    }
    if (in_hand > 0 && dead) {
        tell(l, PROBE_FRAME_DROPPED, TOLD_BY_PD, pd, PLAN_NONE, DROP_DEAD, 0, (uint64_t)in_hand);
    } else if (in_hand > 0) {
        tell(l, PROBE_FRAME_IN_FLIGHT, TOLD_BY_PD, pd, PLAN_NONE, PLACE_PD, 0, (uint64_t)in_hand);
    }
}

/* -- queues -- */

struct queue_now {
    uint32_t tail, head, length;
    bool possible; /* the indices are no further apart than the queue is long */
};

static struct queue_now read_queue(const struct lookout *l, uint32_t queue)
{
    const struct queue_shape *q = &l->plan->queues[queue];
    const uint8_t *base = world_queue(l->s->world, queue);
    struct queue_now now;

    if (q->index_bytes == 2) {
        now.tail = *(const volatile uint16_t *)(base + q->tail_offset);
        now.head = *(const volatile uint16_t *)(base + q->head_offset);
        now.length = (uint16_t)(now.tail - now.head);
    } else {
        now.tail = *(const volatile uint32_t *)(base + q->tail_offset);
        now.head = *(const volatile uint32_t *)(base + q->head_offset);
        now.length = now.tail - now.head;
    }
    now.possible = now.length <= q->capacity;
    return now;
}

/* Where a queue stands in its domain's counts. */
static uint32_t local_queue(const struct lookout *l, uint32_t pd, uint32_t queue)
{
    uint32_t list[MOVES_QUEUES_MAX];
    size_t count = moves_queue_list(l->plan, pd, list);

    for (uint32_t i = 0; i < count; i++) {
        if (list[i] == queue) {
            return i;
        }
    }
    return 0;
}

/* What `pd` says of its index of a queue, if that was moved by the other end and that is to be believed. */
static const struct moves_queue_counts *displaced(const struct lookout *l, uint32_t pd, uint32_t queue)
{
    const struct queue_shape *q = &l->plan->queues[queue];
    const struct moves_queue_counts *c = &counts_of(l, pd)->queues[local_queue(l, pd, queue)];

    uint32_t other = q->producer == pd ? q->consumer : q->producer;

    return c->displaced != 0 && !plan_suspect(l->plan, pd) && plan_suspect(l->plan, other) ? c : NULL;
}

static void look_at_indices(struct lookout *l, uint32_t queue)
{
    const struct queue_shape *q = &l->plan->queues[queue];
    const uint32_t ends[2] = {q->producer, q->consumer};

    for (int i = 0; i < 2; i++) {
        const struct moves_queue_counts *c = displaced(l, ends[i], queue);

        if (c != NULL) {
            tell(l, PROBE_INDEX_DISPLACED, TOLD_BY_PD, ends[1 - i], queue, c->displaced_from,
                 c->displaced_to, 1);
        }
    }
}

/*
 * An endpoint's word for what it sent or took holds as long as its index stepped legally. Of what it forged,
 * the other end's count is taken: what the virtualiser took was sent; what was put behind a forged head, and
 * can no longer be told from taken, was lost there.
 */
static void look_at_frames(struct lookout *l, uint32_t queue)
{
    const struct queue_shape *q = &l->plan->queues[queue];
    uint32_t made = local_queue(l, q->producer, queue), used = local_queue(l, q->consumer, queue);
    uint64_t put = counts_of(l, q->producer)->queues[made].moved;
    uint64_t taken = counts_of(l, q->consumer)->queues[used].moved;
    bool bad_tail = counts_of(l, q->producer)->queues[made].illegal != 0 ||
                    displaced(l, q->consumer, queue) != NULL;
    bool bad_head = counts_of(l, q->consumer)->queues[used].illegal != 0 ||
                    displaced(l, q->producer, queue) != NULL;
    struct queue_now now = read_queue(l, queue);

    if (bad_head && taken > put) {
        taken = put; /* entries that its forged end of the queue made it see */
    }

    if (l->plan->pds[q->producer].endpoint) {
        tell(l, PROBE_FRAME_SENT, bad_tail ? TOLD_BY_WORLD : TOLD_BY_PD, q->producer, queue, 0, 0,
             bad_tail ? taken + (now.possible ? now.length : 0) : put);
    }
    if (l->plan->pds[q->consumer].endpoint) {
        tell(l, PROBE_FRAME_DELIVERED, TOLD_BY_PD, q->consumer, queue, 0, 0, taken);
    }
    if (bad_head) {
        uint64_t lost = put > taken ? put - taken : 0;

        tell(l, PROBE_FRAME_DROPPED, TOLD_BY_WORLD, q->consumer, queue, DROP_FORGED, 0, lost);
    } else if (now.possible) {
        tell(l, PROBE_FRAME_IN_FLIGHT, TOLD_BY_WORLD, q->consumer, queue, PLACE_QUEUE, 0, now.length);
    } else if (!bad_tail) {
        tell(l, PROBE_INDEX_ILLEGAL, TOLD_BY_WORLD, q->producer, queue, now.head, now.tail, 1);
    }
}

/* -- buffers -- */

static void mark_found(struct lookout *l, uint32_t queue, uint32_t pool, uint8_t *found)
{
    const struct queue_shape *q = &l->plan->queues[queue];
    const uint8_t *base = world_queue(l->s->world, queue);
    struct queue_now now = read_queue(l, queue);

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

static int64_t held_by(const struct lookout *l, uint32_t pd, uint32_t pool)
{
    uint32_t list[MOVES_POOLS_MAX];
    size_t count = moves_pool_list(l->plan, pd, list);

    for (uint32_t i = 0; i < count; i++) {
        if (list[i] == pool) {
            return counts_of(l, pd)->pools[i].held;
        }
    }
    return 0;
}

static void look_at_pool(struct lookout *l, uint32_t pool)
{
    uint32_t count = l->plan->pools[pool].buffer_count;
    uint8_t *found = calloc(count, 1);
    uint64_t seen = 0;
    int64_t held = 0;

    if (found == NULL) {
        return;
    }
    for (uint32_t q = 0; q < l->plan->queue_count; q++) {
        for (size_t i = 0; i < l->plan->queues[q].pool_count; i++) {
            if (l->plan->queues[q].pools[i] == pool) {
                mark_found(l, q, pool, found);
            }
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        seen += found[i];
    }
    for (uint32_t pd = 0; pd < l->plan->pd_count; pd++) {
        held += l->plan->pds[pd].kind == PD_IMAGE ? held_by(l, pd, pool) : 0;
    }
    free(found);
    tell(l, PROBE_BUFFERS_FOUND, TOLD_BY_WORLD, PLAN_NONE, pool, seen, (uint64_t)held, 1);
}

void look(const struct supervise *s, struct probe_bus *bus)
{
    struct lookout l = {.s = s, .plan = s->world->plan, .bus = bus};

    for (uint32_t i = 0; i < l.plan->pd_count; i++) {
        look_at_page(&l, i);
    }
    for (uint32_t i = 0; i < l.plan->device_count; i++) {
        look_at_device(&l, i);
    }
    for (uint32_t i = 0; i < l.plan->queue_count; i++) {
        look_at_indices(&l, i);
        if (l.plan->queues[i].carries_frames) {
            look_at_frames(&l, i);
        }
    }
    for (uint32_t i = 0; i < l.plan->pool_count; i++) {
        look_at_pool(&l, i);
    }
    tell(&l, PROBE_RUN_ENDED, TOLD_BY_WORLD, PLAN_NONE, PLAN_NONE, s->end, 0, 1);
}
