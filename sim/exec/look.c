/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First, for each queue, how many frames went in and came out. Each end counts; the word of one
 * that is to be trusted goes for both, and where both are, what they say is told side by side, so
 * that a difference shows. Then each domain's page, devices as the world's own word, what passed
 * through the hands of those between, the queues, the buffers. So whatever a hostile or dead domain
 * says, forges or leaves half done, the sums hold, and what cannot be told from its queues any more
 * was lost with it.
 */
#include "sim/exec/look_parts.h"

#include <stdlib.h>

#include <sddf/hw/device.h>

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

void look_tell(struct lookout *l, enum probe_kind kind, enum probe_told told, uint32_t pd,
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

struct queue_now look_queue(const struct lookout *l, uint32_t queue)
{
    const struct queue_shape *q = &l->plan->queues[queue];
    const uint8_t *base = world_queue(l->s->world, queue);
    struct queue_now now;

    now.tail = queue_load_index(base + q->tail_offset, q->index_bytes);
    now.head = queue_load_index(base + q->head_offset, q->index_bytes);
    now.length = (now.tail - now.head) & queue_index_mask(q);
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

uint64_t look_moved(const struct lookout *l, uint32_t pd, uint32_t queue)
{
    return look_counts(l, pd)->queues[local_queue(l, pd, queue)].moved;
}

static struct queue_ends ends_of(const struct lookout *l, uint32_t queue)
{
    const struct queue_shape *q = &l->plan->queues[queue];

    return (struct queue_ends){
        .producer = &look_counts(l, q->producer)->queues[local_queue(l, q->producer, queue)],
        .consumer = &look_counts(l, q->consumer)->queues[local_queue(l, q->consumer, queue)]};
}

uint32_t look_offered(const struct lookout *l, uint32_t queue)
{
    const struct queue_shape *q = &l->plan->queues[queue];
    const struct moves_queue_counts *producer = ends_of(l, queue).producer;
    uint32_t tail = look_queue(l, queue).tail - (uint32_t)producer->moved;

    if (!believed(l, q->producer) || producer->illegal != 0 || producer->displaced != 0) {
        return UINT32_MAX;
    }
    return q->index_bytes == 2 ? (uint16_t)tail : tail;
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
    struct queue_now now = look_queue(l, queue);
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
        look_tell(l, PROBE_INDEX_DISPLACED, TOLD_BY_PD, other, queue, c->displaced_from,
                  c->displaced_to, 1);
    }
}

/* Who moved what; and indices further apart than the queue is long, which nobody was seen to make
 * so. */
static void look_at_indices(struct lookout *l, uint32_t queue)
{
    const struct queue_shape *q = &l->plan->queues[queue];
    struct queue_now now = look_queue(l, queue);
    struct queue_ends e = ends_of(l, queue);

    look_at_displaced(l, queue, q->producer, q->consumer, e.producer);
    look_at_displaced(l, queue, q->consumer, q->producer, e.consumer);
    if (!now.possible && e.producer->illegal == 0 && e.producer->displaced == 0 &&
        e.consumer->illegal == 0 && e.consumer->displaced == 0) {
        uint32_t weak = plan_suspect(l->plan, q->consumer) ? q->consumer : q->producer;

        look_tell(l, PROBE_INDEX_ILLEGAL, TOLD_BY_WORLD, weak, queue, now.head, now.tail, 1);
    }
}

static enum probe_told told_by(const struct lookout *l, uint32_t pd)
{
    return believed(l, pd) ? TOLD_BY_PD : TOLD_BY_WORLD;
}

static bool asks(const struct lookout *l, uint32_t queue)
{
    const struct queue_shape *q = &l->plan->queues[queue];
    const uint8_t *flag = world_queue(l->s->world, queue) + q->flag_offset;

    return *(const volatile uint32_t *)flag == 0;
}

/* Has an endpoint none of the buffers it sends from, nor any that it was told of? */
static bool stranded(const struct lookout *l, uint32_t pd)
{
    bool any = false;

    for (uint32_t i = 0; l->plan->pds[pd].endpoint && i < l->plan->queue_count; i++) {
        const struct queue_shape *q = &l->plan->queues[i];

        if (!q->carries_frames || q->producer != pd) {
            continue;
        }
        any = true;
        if (look_queue(l, q->partner).length != 0 && !asks(l, q->partner)) {
            return false;
        }
        for (size_t k = 0; k < q->pool_count; k++) {
            if (look_held(l, pd, q->pools[k]) > 0) {
                return false;
            }
        }
    }
    return any;
}

enum left_flag look_flag(const struct lookout *l, uint32_t queue)
{
    const struct queue_shape *q = &l->plan->queues[queue];

    if (q->flag_bytes != 4) {
        return LEFT_UNKNOWN;
    }
    if (asks(l, queue)) {
        return LEFT_ASKED;
    }
    return stranded(l, q->consumer) ? LEFT_STRANDED : LEFT_UNASKED;
}

static void look_at_frames(struct lookout *l, uint32_t queue)
{
    const struct queue_shape *q = &l->plan->queues[queue];
    const struct flow *f = &l->flows[queue];

    if (l->plan->pds[q->producer].endpoint) {
        look_tell(l, PROBE_FRAME_SENT, told_by(l, q->producer), q->producer, queue, 0, 0, f->put);
    }
    if (l->plan->pds[q->consumer].endpoint) {
        look_tell(l, PROBE_FRAME_DELIVERED, told_by(l, q->consumer), q->consumer, queue, 0, 0,
                  f->taken);
    }
    look_tell(l, PROBE_FRAME_DROPPED, TOLD_BY_WORLD, q->consumer, queue, DROP_FORGED, 0, f->lost);
    look_tell(l, PROBE_FRAME_IN_FLIGHT, TOLD_BY_WORLD, q->consumer, queue, PLACE_QUEUE,
              look_flag(l, queue), f->there);
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
    [DEVICE_DROP_FCS] = DROP_FCS,
};

/*
 * What is between a device and its driver: what the one filled and the other passed on, and the
 * other way round. Who passes on more than there was, or sends more than was given, makes frames:
 * of a driver that is not believed, or for a device that lies, that is taken as it is.
 * More that came back to the driver than the device is done with, it took back itself, and dropped.
 */
static void look_at_rings(struct lookout *l, uint32_t device, uint64_t tx_ended)
{
    const struct plan_device *d = &l->plan->devices[device];
    const struct page_device *c = &l->s->world->pages[d->pd]->device;
    const struct moves_counts *driver = look_counts(l, d->driver);
    uint64_t from = driver->from_device, to = driver->to_device, back = driver->back_from_device;
    bool odd = !l->plan->pds[d->pd].trusted || plan_misleads(l->plan, d->pd);
    /* One that holds its descriptors itself has forgotten, in a reset, what it had done. */
    bool forgets = plan_compromised(l->plan, d->pd) && d->asked != NULL &&
                   ((const struct device_type *)d->asked->type->type)->memory[0].entry_bytes == 0;

    if (!believed(l, d->driver)) {
        from = d->rx_queue_source == PLAN_NONE ? 0 : l->flows[d->rx_queue_source].put;
        to = d->tx_queue_sink == PLAN_NONE ? 0 : l->flows[d->tx_queue_sink].taken;
        back = 0;
        odd = true;
    }
    if (!odd) {
        look_tell(l, PROBE_FRAMES_MADE, TOLD_BY_WORLD, d->driver, device, 0, 0,
                  beyond(from, c->rx_written));
        look_tell(l, PROBE_FRAMES_MADE, TOLD_BY_WORLD, d->driver, device, 1, 0,
                  beyond(tx_ended, to));
    }
    look_tell(l, PROBE_FRAME_COPIED, TOLD_BY_WORLD, d->driver, PLAN_NONE, 0, 0,
              beyond(from, c->rx_written) + beyond(tx_ended, to));
    look_tell(l, PROBE_FRAME_DROPPED, TOLD_BY_PD, d->driver, PLAN_NONE, DROP_RESET, 0,
              beyond(back < to ? back : to, tx_ended));
    look_tell(l, forgets ? PROBE_FRAME_DROPPED : PROBE_FRAME_IN_FLIGHT, TOLD_BY_PD, d->pd, device,
              forgets ? (uint64_t)DROP_RESET : (uint64_t)PLACE_RING_RX, 0,
              beyond(c->rx_written, from));
    look_tell(l, PROBE_FRAME_IN_FLIGHT, TOLD_BY_PD, d->pd, device, PLACE_RING_TX, 0,
              beyond(to, back > tx_ended ? back : tx_ended));
}

static void look_at_device(struct lookout *l, uint32_t device)
{
    const struct plan_device *d = &l->plan->devices[device];
    const struct page_device *c = &l->s->world->pages[d->pd]->device;
    const struct crossing_counts *g = &c->gates;
    uint64_t tx_ended =
        beyond(c->wire.out_frames + c->wire.refused + c->holds + g->dropped[1] + g->kept[1],
               g->copied[1]); /* of those, nobody else knows */

    look_tell(l, PROBE_FRAME_IN, TOLD_BY_WORLD, d->pd, device, c->wire.in_bytes, 0,
              c->wire.in_frames);
    look_tell(l, PROBE_FRAME_OUT, TOLD_BY_WORLD, d->pd, device, c->wire.out_bytes, 0,
              c->wire.out_frames);
    for (unsigned why = 1; why < DEVICE_DROPS; why++) {
        look_tell(l, PROBE_FRAME_DROPPED, TOLD_BY_WORLD, d->pd, device, device_reasons[why], 0,
                  c->drops_rx[why] + c->drops_tx[why]);
        tx_ended += c->drops_tx[why];
    }
    look_tell(l, PROBE_FRAME_DROPPED, TOLD_BY_WORLD, d->pd, device, DROP_GATE, 0,
              g->dropped[0] + g->dropped[1]);
    look_tell(l, PROBE_FRAME_DROPPED, TOLD_BY_WORLD, d->pd, device, DROP_REFUSED, 0,
              c->wire.refused);
    look_tell(l, PROBE_FRAME_DROPPED, TOLD_BY_WORLD, d->pd, device, DROP_UNEXPLAINED, 0,
              c->misfits);
    look_tell(l, PROBE_FRAME_DROPPED, TOLD_BY_WORLD, d->pd, device, DROP_UNHEARD, 0, c->unheard);
    look_tell(l, PROBE_FRAME_COPIED, TOLD_BY_WORLD, d->pd, PLAN_NONE, 0, 0,
              g->copied[0] + g->copied[1]);
    look_tell(l, PROBE_FRAME_IN_FLIGHT, TOLD_BY_WORLD, d->pd, device, PLACE_DEVICE, 0,
              (uint64_t)c->holds + c->entering + g->kept[0] + g->kept[1]);
    look_at_rings(l, device, tx_ended);
    look_at_receiver(l, device);
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
    case PROBE_FRAME_FORGED:
    case PROBE_FRAME_ALTERED:
    case PROBE_FRAME_LEAKED:
    case PROBE_COPY_BEYOND:
    case PROBE_BUFFER_TWICE:
    case PROBE_BUFFER_FOREIGN:
    case PROBE_INDEX_ILLEGAL:
    case PROBE_QUEUE_REFUSED:
    case PROBE_SIGNAL_MISSING:
    case PROBE_LOOK_MISSING:
    case PROBE_LINE_PASSED_OVER:
    case PROBE_REQUEST_MISSING:
    case PROBE_WORK_UNBOUNDED:
    case PROBE_SHARE_EXCEEDED:
    case PROBE_IRQ_HELD:
    case PROBE_DEFERRED_REPLACED:
    case PROBE_CHANNEL_UNKNOWN:
    case PROBE_CALL_WRONG:
    case PROBE_FAULT_ACTED:
    case PROBE_STRAY_LANDED:
    case PROBE_PD_STOPPED:
        return true;
    default:
        return false;
    }
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
            p.time_ns = look_bounded_ns(l, p.time_ns);
            p.told = device ? TOLD_BY_WORLD : TOLD_BY_PD;
            p.count = 1;
            p.before = before(l, pd, at);
            if (device && p.kind != PROBE_VIOLATION) {
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
        struct probe p = {.time_ns = look_bounded_ns(l, page->acted[i].first.time_ns),
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

static void look_at_page(struct lookout *l, uint32_t pd)
{
    look_at_events(l, pd);
    look_at_acts(l, pd);
    if (l->s->pds[pd].died || l->s->pds[pd].revived) {
        const struct supervise_pd *p = &l->s->pds[pd];
        const struct stack_left *left = &l->s->world->pages[pd]->death.stack;

        probe_emit(l->bus, &(struct probe){.time_ns = p->died_ns,
                                           .kind = PROBE_PD_DIED,
                                           .told = TOLD_BY_WORLD,
                                           .pd = pd,
                                           .object = PLAN_NONE,
                                           .a = (uint64_t)p->signal,
                                           .b = supervise_death_detail(p),
                                           .before = before(l, pd, VIRTUAL_DIED),
                                           .place = p->left_stack ? stack_place(left) : 0,
                                           .count = 1});
    }
}

/* How many frames came into and went out of a domain's hands, by its queues. What a driver joins to
 * its device, by rings, is looked at elsewhere. */
static void through_hands(const struct lookout *l, uint32_t pd, uint64_t *in, uint64_t *out)
{
    *in = *out = 0;
    for (uint32_t i = 0; i < l->plan->queue_count; i++) {
        const struct queue_shape *q = &l->plan->queues[i];

        if (q->carries_frames && q->consumer == pd && !plan_queue_to_device(l->plan, i)) {
            *in += l->flows[i].taken;
        }
        if (q->carries_frames && q->producer == pd && !plan_queue_from_device(l->plan, i)) {
            *out += l->flows[i].put;
        }
    }
}

/* Is what a domain says of the frames in its hands what the queues around it say? */
static bool agreed(const struct lookout *l, uint32_t pd)
{
    const struct moves_counts *c = look_counts(l, pd);
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
    look_tell(l, PROBE_FRAME_COPIED, TOLD_BY_WORLD, pd, PLAN_NONE, 0, 0, beyond(out, in));
    look_tell(l, PROBE_FRAME_DROPPED, TOLD_BY_WORLD, pd, PLAN_NONE,
              gone(l, pd) ? DROP_DEAD : DROP_FORGED, 0, beyond(in, out));
}

/* What those who pass frames on say became of frames with them. */
static void look_at_hands(struct lookout *l, uint32_t pd)
{
    const struct moves_counts *c = look_counts(l, pd);
    int64_t in_hand = c->in_hand;
    uint64_t nameless = c->nameless;

    if (l->plan->pds[pd].kind == PD_DEVICE || l->plan->pds[pd].endpoint) {
        return;
    }
    if (!believed(l, pd) && !agreed(l, pd)) {
        look_past(l, pd);
        return;
    }
    look_tell(l, PROBE_FRAME_COPIED, TOLD_BY_PD, pd, PLAN_NONE, 0, 0, c->copied);
    for (unsigned why = 1; why < DROP_COUNT; why++) {
        look_tell(l, PROBE_FRAME_DROPPED, TOLD_BY_PD, pd, PLAN_NONE, why, 0, c->dropped[why]);
    }
    if (in_hand > 0 && nameless > 0) {
        /* It has nothing in hand for what named nothing it could have. */
        nameless = nameless < (uint64_t)in_hand ? nameless : (uint64_t)in_hand;
        look_tell(l, PROBE_FRAME_DROPPED, TOLD_BY_PD, pd, PLAN_NONE, DROP_INVALID, 0, nameless);
        in_hand -= (int64_t)nameless;
    }
    if (in_hand > 0 && gone(l, pd)) {
        look_tell(l, PROBE_FRAME_DROPPED, TOLD_BY_PD, pd, PLAN_NONE, DROP_DEAD, 0,
                  (uint64_t)in_hand);
    } else if (in_hand > 0) {
        look_tell(l, PROBE_FRAME_IN_FLIGHT, TOLD_BY_PD, pd, PLAN_NONE, PLACE_PD, 0,
                  (uint64_t)in_hand);
    }
}

static void look_at_signals(struct lookout *l, uint32_t pd)
{
    look_tell(l, PROBE_SIGNALS_SENT, TOLD_BY_PD, pd, PLAN_NONE, look_counts(l, pd)->needless, 0,
              atomic_load(&l->s->world->pages[pd]->signals_sent));
}

static void list_pools(struct lookout *l)
{
    struct arena *arena = l->s->world->arena;
    uint32_t pools[MOVES_POOLS_MAX];

    l->lists = arena_array(arena, l->plan->pd_count, sizeof *l->lists);
    for (uint32_t pd = 0; pd < l->plan->pd_count; pd++) {
        size_t count = moves_pool_list(l->plan, pd, pools);

        l->lists[pd] = (struct pool_list){.count = (uint32_t)count,
                                          .pools = arena_copy(arena, pools, count * sizeof *pools)};
    }
}

void look(const struct supervise *s, struct probe_bus *bus)
{
    struct lookout l = {.s = s, .plan = s->world->plan, .bus = bus};

    l.flows = arena_array(s->world->arena, l.plan->queue_count, sizeof *l.flows);
    list_pools(&l);
    for (uint32_t i = 0; i < l.plan->queue_count; i++) {
        if (l.plan->queues[i].carries_frames) {
            find_flow(&l, i);
        }
    }
    for (uint32_t i = 0; i < l.plan->pd_count; i++) {
        look_at_page(&l, i);
        look_at_hands(&l, i);
        look_at_kept(&l, i);
        look_at_signals(&l, i);
        look_at_schedule(&l, i);
    }
    look_at_kernel(&l);
    for (uint32_t i = 0; i < l.plan->device_count; i++) {
        look_at_device(&l, i);
    }
    for (uint32_t i = 0; i < l.plan->queue_count; i++) {
        look_at_indices(&l, i);
        if (l.plan->queues[i].carries_frames) {
            look_at_frames(&l, i);
        } else {
            look_at_left(&l, i);
        }
    }
    for (uint32_t i = 0; i < l.plan->pool_count; i++) {
        look_at_pool(&l, i);
    }
    look_at_kernels_acts(&l);
    look_tell(&l, PROBE_RUN_ENDED, TOLD_BY_WORLD, PLAN_NONE, PLAN_NONE, s->end, 0, 1);
}
