/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First, for each queue, how many frames went in and came out. Each end counts; the word of one
 * that is to be trusted goes for both, and where both are, what they say is told side by side, so
 * that a difference shows. Then each domain's page, devices as the world's own word, what passed
 * through the hands of those between, the queues, the buffers. So whatever a hostile or dead domain
 * says, forges or leaves half done, the sums hold, and what cannot be told from its queues any more
 * was lost with it.
 */
#include "sim/exec/look.h"

#include <stdlib.h>
#include <string.h>

#include "sim/exec/events_text.h"
#include "sim/exec/virtual.h"
#include "sim/observe/moves.h"

/* What passed through one queue. */
struct flow {
    uint64_t put, taken;
    uint64_t there; /* in it now */
    uint64_t lost;  /* of what was put in, can no longer be told from taken */
};

#define RECEIVERS_MAX 64u /* of one frame */

struct lookout {
    const struct supervise *s;
    const struct plan *plan;
    struct probe_bus *bus;
    struct flow *flows; /* by plan queue; of those that carry frames */
};

/* One domain's account of its queues and pools, copied out of its page. */
static const struct moves_counts *counts_of(const struct lookout *l, uint32_t pd)
{
    return &l->s->world->pages[pd]->counts;
}

static void tell(struct lookout *l, enum probe_kind kind, enum probe_told told, uint32_t pd,
                 uint32_t object, uint64_t a, uint64_t b, uint64_t count)
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

/* Is what it says of itself to be taken for true? The last move of one that died may not be
 * counted. */
static bool believed(const struct lookout *l, uint32_t pd)
{
    return !plan_suspect(l->plan, pd) && !gone(l, pd);
}

static uint64_t beyond(uint64_t more, uint64_t less)
{
    return more > less ? more - less : 0;
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

struct queue_ends {
    const struct moves_queue_counts *producer, *consumer;
};

static struct queue_ends ends_of(const struct lookout *l, uint32_t queue)
{
    const struct queue_shape *q = &l->plan->queues[queue];

    return (struct queue_ends){
        .producer = &counts_of(l, q->producer)->queues[local_queue(l, q->producer, queue)],
        .consumer = &counts_of(l, q->consumer)->queues[local_queue(l, q->consumer, queue)]};
}

/*
 * The consumer is not to be believed. An index of the queue was forged, by it or before its eyes:
 * of what lies behind it, no more is known to be taken than the consumer itself says.
 */
static void trust_producer(struct flow *f, bool forged)
{
    if (!forged) {
        f->there = f->there < f->put ? f->there : f->put;
        f->taken = f->put - f->there;
        return;
    }
    f->taken = f->taken < f->put ? f->taken : f->put;
    f->there = 0;
    f->lost = f->put - f->taken;
}

static void find_flow(struct lookout *l, uint32_t queue)
{
    const struct queue_shape *q = &l->plan->queues[queue];
    struct queue_ends e = ends_of(l, queue);
    struct queue_now now = read_queue(l, queue);
    bool producer = believed(l, q->producer) && e.producer->illegal == 0;
    bool consumer = believed(l, q->consumer) && e.consumer->illegal == 0;
    struct flow *f = &l->flows[queue];

    *f = (struct flow){.put = e.producer->moved,
                       .taken = e.consumer->moved,
                       .there = now.possible ? now.length : 0};
    if (consumer && !producer) {
        f->put = f->taken + f->there;
    } else if (!consumer) {
        trust_producer(f, !now.possible || e.consumer->illegal != 0 || e.producer->displaced != 0);
    }
}

/* The other end, which is not to be trusted, was seen to have moved this one's index. */
static void look_at_displaced(struct lookout *l, uint32_t queue, uint32_t pd, uint32_t other,
                              const struct moves_queue_counts *c)
{
    if (c->displaced != 0 && !plan_suspect(l->plan, pd) && plan_suspect(l->plan, other)) {
        tell(l, PROBE_INDEX_DISPLACED, TOLD_BY_PD, other, queue, c->displaced_from, c->displaced_to,
             1);
    }
}

/* Who moved what; and indices further apart than the queue is long, which nobody was seen to make
 * so. */
static void look_at_indices(struct lookout *l, uint32_t queue)
{
    const struct queue_shape *q = &l->plan->queues[queue];
    struct queue_now now = read_queue(l, queue);
    struct queue_ends e = ends_of(l, queue);

    look_at_displaced(l, queue, q->producer, q->consumer, e.producer);
    look_at_displaced(l, queue, q->consumer, q->producer, e.consumer);
    if (!now.possible && e.producer->illegal == 0 && e.producer->displaced == 0 &&
        e.consumer->illegal == 0 && e.consumer->displaced == 0) {
        uint32_t weak = plan_suspect(l->plan, q->consumer) ? q->consumer : q->producer;

        tell(l, PROBE_INDEX_ILLEGAL, TOLD_BY_WORLD, weak, queue, now.head, now.tail, 1);
    }
}

static enum probe_told told_by(const struct lookout *l, uint32_t pd)
{
    return believed(l, pd) ? TOLD_BY_PD : TOLD_BY_WORLD;
}

/* Does the consumer of what lies in a queue ask for a signal? */
static enum left_flag left_flag(const struct lookout *l, uint32_t queue)
{
    const struct queue_shape *q = &l->plan->queues[queue];
    const uint8_t *flag = world_queue(l->s->world, queue) + q->flag_offset;

    if (q->flag_bytes != 4) {
        return LEFT_UNKNOWN;
    }
    return *(const volatile uint32_t *)flag == 0 ? LEFT_ASKED : LEFT_UNASKED;
}

static void look_at_frames(struct lookout *l, uint32_t queue)
{
    const struct queue_shape *q = &l->plan->queues[queue];
    const struct flow *f = &l->flows[queue];

    if (l->plan->pds[q->producer].endpoint) {
        tell(l, PROBE_FRAME_SENT, told_by(l, q->producer), q->producer, queue, 0, 0, f->put);
    }
    if (l->plan->pds[q->consumer].endpoint) {
        tell(l, PROBE_FRAME_DELIVERED, told_by(l, q->consumer), q->consumer, queue, 0, 0, f->taken);
    }
    tell(l, PROBE_FRAME_DROPPED, TOLD_BY_WORLD, q->consumer, queue, DROP_FORGED, 0, f->lost);
    tell(l, PROBE_FRAME_IN_FLIGHT, TOLD_BY_WORLD, q->consumer, queue, PLACE_QUEUE,
         left_flag(l, queue), f->there);
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

/*
 * What is between a device and its driver: what the one filled and the other passed on, and the
 * other way round. Who passes on more than there was, or sends more than was given, makes frames:
 * of a driver that is not believed, or for a device that a fault is about, that is taken as it is.
 * More that came back to the driver than the device is done with, it took back itself, and dropped.
 */
static void look_at_rings(struct lookout *l, uint32_t device, uint64_t tx_ended)
{
    const struct plan_device *d = &l->plan->devices[device];
    const struct page_device *c = &l->s->world->pages[d->pd]->device;
    const struct moves_counts *driver = counts_of(l, d->driver);
    uint64_t from = driver->from_device, to = driver->to_device, back = driver->back_from_device;
    bool odd = plan_suspect(l->plan, d->pd);

    if (!believed(l, d->driver)) {
        from = d->rx_queue_source == PLAN_NONE ? 0 : l->flows[d->rx_queue_source].put;
        to = d->tx_queue_sink == PLAN_NONE ? 0 : l->flows[d->tx_queue_sink].taken;
        back = 0;
        odd = true;
    }
    if (odd) {
        tell(l, PROBE_FRAME_COPIED, TOLD_BY_WORLD, d->driver, PLAN_NONE, 0, 0,
             beyond(from, c->rx_written) + beyond(tx_ended, to));
    }
    tell(l, PROBE_FRAME_DROPPED, TOLD_BY_PD, d->driver, PLAN_NONE, DROP_RESET, 0,
         beyond(back < to ? back : to, tx_ended));
    tell(l, PROBE_FRAME_IN_FLIGHT, TOLD_BY_PD, d->pd, device, PLACE_RING_RX, 0,
         beyond(c->rx_written, from));
    tell(l, PROBE_FRAME_IN_FLIGHT, TOLD_BY_PD, d->pd, device, PLACE_RING_TX, 0,
         beyond(to, back > tx_ended ? back : tx_ended));
}

static void look_at_device(struct lookout *l, uint32_t device)
{
    const struct plan_device *d = &l->plan->devices[device];
    const struct page_device *c = &l->s->world->pages[d->pd]->device;
    const struct crossing_counts *g = &c->gates;
    uint64_t tx_ended = beyond(c->wire.out_frames + c->holds + g->dropped[1] + g->kept[1],
                               g->copied[1]); /* of those, nobody else knows */

    tell(l, PROBE_FRAME_IN, TOLD_BY_WORLD, d->pd, device, c->wire.in_bytes, 0, c->wire.in_frames);
    tell(l, PROBE_FRAME_OUT, TOLD_BY_WORLD, d->pd, device, c->wire.out_bytes, 0,
         c->wire.out_frames);
    for (unsigned why = 1; why < DEVICE_DROPS; why++) {
        tell(l, PROBE_FRAME_DROPPED, TOLD_BY_WORLD, d->pd, device, device_reasons[why], 0,
             c->drops_rx[why] + c->drops_tx[why]);
        tx_ended += c->drops_tx[why];
    }
    tell(l, PROBE_FRAME_DROPPED, TOLD_BY_WORLD, d->pd, device, DROP_GATE, 0,
         g->dropped[0] + g->dropped[1]);
    tell(l, PROBE_FRAME_COPIED, TOLD_BY_WORLD, d->pd, PLAN_NONE, 0, 0, g->copied[0] + g->copied[1]);
    tell(l, PROBE_FRAME_IN_FLIGHT, TOLD_BY_WORLD, d->pd, device, PLACE_DEVICE, 0,
         (uint64_t)c->holds + c->entering + g->kept[0] + g->kept[1]);
    look_at_rings(l, device, tx_ended);
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
    case PROBE_FRAME_ASTRAY:
    case PROBE_FRAME_ALTERED:
    case PROBE_FRAME_LEAKED:
    case PROBE_BUFFER_TWICE:
    case PROBE_BUFFER_FOREIGN:
    case PROBE_INDEX_ILLEGAL:
    case PROBE_QUEUE_REFUSED:
    case PROBE_SIGNAL_MISSING:
    case PROBE_LOOK_MISSING:
    case PROBE_IRQ_HELD:
    case PROBE_DEFERRED_REPLACED:
    case PROBE_CHANNEL_UNKNOWN:
    case PROBE_FAULT_ACTED:
    case PROBE_STRAY_LANDED:
    case PROBE_PD_STOPPED:
        return true;
    default:
        return false;
    }
}

/* Domains date their events from when traffic was let in, and may lie: nothing is later than the
 * end. */
static uint64_t bounded_time(const struct lookout *l, uint64_t told_ns)
{
    return told_ns < l->s->length_ns ? told_ns : l->s->length_ns;
}

/* What came before the event of that number (from 0) of a domain, or its death, in words. */
static const char *before(const struct lookout *l, uint32_t pd, uint64_t number)
{
    const struct virtual_result *r = l->s->virtual_result;
    const struct virtual_before *found = NULL;
    char *text = NULL;
    size_t bytes = 0;

    for (unsigned i = 0; r != NULL && i < r->before_count && found == NULL; i++) {
        const struct virtual_before *b = &r->befores[i];

        if (b->pd == pd && (number == VIRTUAL_DIED ? b->told == number
                                                   : b->told > number && b->told != VIRTUAL_DIED)) {
            found = b;
        }
    }
    FILE *to = found == NULL ? NULL : open_memstream(&text, &bytes);

    if (to == NULL) {
        return NULL;
    }
    for (unsigned i = 0; i < found->count; i++) {
        events_text_short(l->plan, &found->events[i], l->s->ready_ns * 1000, to);
    }
    fclose(to);
    const char *copy = arena_text(l->s->world->arena, text);
    free(text);
    return copy;
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
            p.before = before(l, pd, at);
            if (device) {
                p.place = 0;
            }
            probe_emit(l->bus, &p);
        }
    }
}

static void look_at_acts(struct lookout *l, uint32_t pd)
{
    const struct pd_page *page = l->s->world->pages[pd];

    for (uint32_t i = 0; i < PAGE_FAULTS_MAX; i++) {
        struct probe p = {.time_ns = bounded_time(l, page->acted[i].first.time_ns),
                          .kind = PROBE_FAULT_ACTED,
                          .told = l->plan->pds[pd].kind == PD_DEVICE ? TOLD_BY_WORLD : TOLD_BY_PD,
                          .pd = pd,
                          .object = i,
                          .a = page->acted[i].first.a,
                          .b = page->acted[i].first.b,
                          .count = page->acted[i].count};

        if (p.count != 0) {
            probe_emit(l->bus, &p);
        }
    }
}

/* What the kernel did by itself for a fault. */
static void look_at_acts_of_kernel(struct lookout *l)
{
    for (size_t i = 0; l->s->acts != NULL && i < l->plan->scenario->fault_count; i++) {
        if (l->s->acts[i].count != 0) {
            probe_emit(l->bus, &l->s->acts[i]);
        }
    }
    for (uint32_t pd = 0; l->s->signals_lost != NULL && pd < l->plan->pd_count; pd++) {
        tell(l, PROBE_SIGNAL_LOST, TOLD_BY_WORLD, pd, PLAN_NONE, 0, 0, l->s->signals_lost[pd]);
    }
}

static void look_at_page(struct lookout *l, uint32_t pd)
{
    look_at_events(l, pd);
    look_at_acts(l, pd);
    if (l->s->pds[pd].died || l->s->pds[pd].revived) {
        const struct supervise_pd *p = &l->s->pds[pd];

        probe_emit(l->bus, &(struct probe){.time_ns = p->died_ns,
                                           .kind = PROBE_PD_DIED,
                                           .told = TOLD_BY_WORLD,
                                           .pd = pd,
                                           .object = PLAN_NONE,
                                           .a = (uint64_t)p->signal,
                                           .b = supervise_death_detail(p),
                                           .before = before(l, pd, VIRTUAL_DIED),
                                           .count = 1});
    }
}

/* Is this queue fed from, or drained into, a device that the domain drives? Its rings are looked at
 * elsewhere. */
static bool joins_device(const struct lookout *l, uint32_t pd, uint32_t queue)
{
    for (uint32_t i = 0; i < l->plan->device_count; i++) {
        const struct plan_device *d = &l->plan->devices[i];

        if (d->driver == pd && (d->rx_queue_source == queue || d->tx_queue_sink == queue)) {
            return true;
        }
    }
    return false;
}

/* How many frames came into and went out of a domain's hands, by its queues. */
static void through_hands(const struct lookout *l, uint32_t pd, uint64_t *in, uint64_t *out)
{
    *in = *out = 0;
    for (uint32_t i = 0; i < l->plan->queue_count; i++) {
        const struct queue_shape *q = &l->plan->queues[i];

        if (q->carries_frames && !joins_device(l, pd, i)) {
            *in += q->consumer == pd ? l->flows[i].taken : 0;
            *out += q->producer == pd ? l->flows[i].put : 0;
        }
    }
}

/* Is what a domain says of the frames in its hands what the queues around it say? */
static bool agreed(const struct lookout *l, uint32_t pd)
{
    const struct moves_counts *c = counts_of(l, pd);
    uint64_t in, out, ended = 0, most;

    through_hands(l, pd, &in, &out);
    if (c->copied > in * RECEIVERS_MAX || c->in_hand < 0) {
        return false;
    }
    most = in + c->copied;
    for (unsigned why = 1; why < DROP_COUNT; why++) {
        if (c->dropped[why] > most) {
            return false;
        }
        ended += c->dropped[why];
    }
    return (uint64_t)c->in_hand <= most && in + c->copied == out + ended + (uint64_t)c->in_hand;
}

/* What the queues around a domain say, whatever it says itself. */
static void look_past(struct lookout *l, uint32_t pd)
{
    uint64_t in, out;

    through_hands(l, pd, &in, &out);
    tell(l, PROBE_FRAME_COPIED, TOLD_BY_WORLD, pd, PLAN_NONE, 0, 0, beyond(out, in));
    tell(l, PROBE_FRAME_DROPPED, TOLD_BY_WORLD, pd, PLAN_NONE,
         gone(l, pd) ? DROP_DEAD : DROP_FORGED, 0, beyond(in, out));
}

/* What those who pass frames on say became of frames with them. */
static void look_at_hands(struct lookout *l, uint32_t pd)
{
    const struct moves_counts *c = counts_of(l, pd);
    int64_t in_hand = c->in_hand;
    uint64_t nameless = c->nameless;

    if (l->plan->pds[pd].kind == PD_DEVICE || l->plan->pds[pd].endpoint) {
        return;
    }
    if (!believed(l, pd) && !agreed(l, pd)) {
        look_past(l, pd);
        return;
    }
    tell(l, PROBE_FRAME_COPIED, TOLD_BY_PD, pd, PLAN_NONE, 0, 0, c->copied);
    for (unsigned why = 1; why < DROP_COUNT; why++) {
        tell(l, PROBE_FRAME_DROPPED, TOLD_BY_PD, pd, PLAN_NONE, why, 0, c->dropped[why]);
    }
    if (in_hand > 0 && nameless > 0) {
        /* It has nothing in hand for what named nothing it could have. */
        nameless = nameless < (uint64_t)in_hand ? nameless : (uint64_t)in_hand;
        tell(l, PROBE_FRAME_DROPPED, TOLD_BY_PD, pd, PLAN_NONE, DROP_INVALID, 0, nameless);
        in_hand -= (int64_t)nameless;
    }
    if (in_hand > 0 && gone(l, pd)) {
        tell(l, PROBE_FRAME_DROPPED, TOLD_BY_PD, pd, PLAN_NONE, DROP_DEAD, 0, (uint64_t)in_hand);
    } else if (in_hand > 0) {
        tell(l, PROBE_FRAME_IN_FLIGHT, TOLD_BY_PD, pd, PLAN_NONE, PLACE_PD, 0, (uint64_t)in_hand);
    }
}

/* -- what the kernel knows -- */

static uint64_t since_begin_ns(const struct lookout *l, uint64_t at_ps)
{
    uint64_t at_ns = at_ps / 1000;

    return at_ns > l->s->ready_ns ? bounded_time(l, at_ns - l->s->ready_ns) : 0;
}

static void tell_at(struct lookout *l, enum probe_kind kind, uint64_t at_ps, struct probe p)
{
    p.kind = (uint16_t)kind;
    p.time_ns = since_begin_ns(l, at_ps);
    p.told = TOLD_BY_WORLD;
    probe_emit(l->bus, &p);
}

static void look_at_kernel(struct lookout *l, uint32_t pd)
{
    const struct kernel_domain *d = &l->s->virtual_result->kernel->domains[pd];

    if (d->lies != 0) {
        tell_at(l, PROBE_CLOCK_LIED, d->lied_at_ps,
                (struct probe){.pd = pd,
                               .object = PLAN_NONE,
                               .a = d->lied_by_ps,
                               .b = d->lied_ahead,
                               .count = d->lies});
    }
    if (d->kept.longest_ps != 0) {
        tell_at(l, PROBE_PD_KEPT, d->kept.until_ps,
                (struct probe){.pd = pd,
                               .object = PLAN_NONE,
                               .a = d->kept.longest_ps / 1000,
                               .b = d->kept.by,
                               .count = 1});
    }
    if (d->audit != NULL && d->audit->exceeded != 0) {
        tell_at(l, PROBE_BUDGET_EXCEEDED, d->audit->first_ps,
                (struct probe){.pd = pd,
                               .object = PLAN_NONE,
                               .a = d->audit->worst_ps / 1000,
                               .b = d->audit->period_ps / 1000,
                               .count = d->audit->exceeded});
    }
}

static void look_at_standstill(struct lookout *l)
{
    const struct virtual_standstill *s = &l->s->virtual_result->standstill;

    if (s->wakes != 0) {
        tell_at(l, PROBE_STANDSTILL, s->at_ps,
                (struct probe){.pd = s->pd, .object = s->queue, .a = s->wakes, .count = 1});
    }
}

/* On the host's clock all there is to see is that it was not waiting when it was told to end. */
static void look_at_end(struct lookout *l, uint32_t pd)
{
    const struct supervise_pd *p = &l->s->pds[pd];
    const struct pd_page *page = l->s->world->pages[pd];
    uint32_t state = atomic_load(&page->state);

    if (l->s->virtual_result != NULL) {
        if (p->unfinished) {
            tell(l, PROBE_PD_UNFINISHED, TOLD_BY_WORLD, pd, PLAN_NONE, p->unfinished_why,
                 p->unfinished_by, 1);
        }
        return;
    }
    uint32_t called = atomic_load(&page->waits_for);
    bool calls = called != 0 && called <= l->plan->pd_count;

    if (!p->died && state != PD_ENDED && state != PD_STOPPED && (state == PD_RUNNING || calls)) {
        tell(l, PROBE_PD_UNFINISHED, TOLD_BY_WORLD, pd, PLAN_NONE,
             calls ? UNFINISHED_CALLING : UNFINISHED_RUNS, calls ? called - 1 : PLAN_NONE, 1);
    }
}

static void look_at_signals(struct lookout *l, uint32_t pd)
{
    tell(l, PROBE_SIGNALS_SENT, TOLD_BY_PD, pd, PLAN_NONE, counts_of(l, pd)->needless, 0,
         atomic_load(&l->s->world->pages[pd]->signals_sent));
}

/* An interrupt that is up and will not be delivered again, as nobody acknowledged the last one. */
static void look_at_irq(struct lookout *l, const struct plan_channel *c, uint32_t channel)
{
    uint32_t device = l->plan->pds[c->end[0].pd].device;
    bool stuck = false;

    if (l->s->virtual_result != NULL) {
        const struct kernel *k = l->s->virtual_result->kernel;

        for (uint32_t i = 0; i < k->line_count; i++) {
            const struct kernel_line *line = &k->lines[i];

            stuck |= line->device == device && line->number == c->irq_line && line->level &&
                     line->masked;
        }
    } else {
        const struct channel_page *page = world_channel(l->s->world, channel);

        stuck = atomic_load(&page->line) != 0 && atomic_load(&page->masked) != 0;
    }
    tell(l, PROBE_IRQ_LEFT, TOLD_BY_WORLD, c->end[1].pd, device, 0, 0, stuck);
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

/* What a device's ring may well hold for good: buffers to receive into. */
static bool for_receiving(const struct lookout *l, uint32_t pd, uint32_t pool)
{
    for (uint32_t i = 0; i < l->plan->device_count; i++) {
        const struct plan_device *d = &l->plan->devices[i];

        if (d->driver != pd || d->rx_queue_source == PLAN_NONE) {
            continue;
        }
        const struct queue_shape *q = &l->plan->queues[d->rx_queue_source];

        for (size_t k = 0; k < q->pool_count; k++) {
            if (q->pools[k] == pool) {
                return true;
            }
        }
    }
    return false;
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

/* Empty buffers in the hands of those who only pass frames on. */
static void look_at_kept(struct lookout *l, uint32_t pd)
{
    uint32_t list[MOVES_POOLS_MAX];
    size_t count = moves_pool_list(l->plan, pd, list);
    const struct moves_counts *c = counts_of(l, pd);
    int64_t full = c->in_hand > 0 ? c->in_hand : 0;

    if (l->plan->pds[pd].kind != PD_IMAGE || l->plan->pds[pd].endpoint) {
        return;
    }
    full += (int64_t)with_devices(l, pd);
    for (size_t i = 0; i < count; i++) {
        int64_t held = for_receiving(l, pd, list[i]) ? 0 : c->pools[i].held;
        int64_t kept = held > full ? held - full : 0;

        full -= held - kept > 0 ? held - kept : 0;
        if (kept > 0) {
            tell(l, PROBE_BUFFERS_KEPT, TOLD_BY_PD, pd, list[i], (uint64_t)kept, 0, 1);
        }
    }
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

    l.flows = arena_array(s->world->arena, l.plan->queue_count, sizeof *l.flows);
    for (uint32_t i = 0; i < l.plan->queue_count; i++) {
        if (l.plan->queues[i].carries_frames) {
            find_flow(&l, i);
        }
    }
    for (uint32_t i = 0; i < l.plan->pd_count; i++) {
        look_at_page(&l, i);
        look_at_hands(&l, i);
        look_at_kept(&l, i);
        look_at_end(&l, i);
        look_at_signals(&l, i);
        if (s->virtual_result != NULL && l.plan->pds[i].kind == PD_IMAGE) {
            look_at_kernel(&l, i);
        }
    }
    if (s->virtual_result != NULL) {
        look_at_standstill(&l);
    }
    if (s->virtual_result != NULL && s->virtual_result->caches != NULL) {
        caches_tell(s->virtual_result->caches, bus);
    }
    for (uint32_t i = 0; i < l.plan->channel_count; i++) {
        if (l.plan->channels[i].kind == CHANNEL_IRQ) {
            look_at_irq(&l, &l.plan->channels[i], i);
        }
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
    look_at_acts_of_kernel(&l);
    tell(&l, PROBE_RUN_ENDED, TOLD_BY_WORLD, PLAN_NONE, PLAN_NONE, s->end, 0, 1);
}
