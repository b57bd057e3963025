/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One loop: let posted register writes take effect, let timers fire, let due frames in; sleep when
 * there is nothing of all that. A frame on its way in meets the capture, then the gates, then the
 * model, which moves it by DMA into whatever buffer the driver last offered; on its way out the
 * same, backwards.
 *
 * On a wire of finite speed a frame that finds no descriptor is lost, as on any wire. An infinitely
 * fast one would lose nearly all, so it waits instead: it is the way to run a stack as fast as it
 * can go.
 */
#include <string.h>

#include "sim/exec/station_parts.h"

#define MMIO_BATCH  512u
#define FRAME_BATCH 64u
#define FRAME_BURST 32u /* where others are on other cores: so that they can begin meanwhile */
#define GO_LOOK_NS  1000000000u

static bool well_formed(const struct station *s, const struct mmio_entry *e)
{
    bool width = e->bytes == 1 || e->bytes == 2 || e->bytes == 4 || e->bytes == 8;

    return width && e->offset % e->bytes == 0 && e->offset < s->offsets;
}

/*
 * Something may have raised an event: counted after whatever was written to memory for it. One who
 * posts a write after this has seen that memory; a write posted before, and served later, may clear
 * what its driver has not seen.
 */
static void note_raised(struct station *s)
{
    atomic_fetch_add_explicit(&s->mmio->raised, 1, memory_order_release);
}

static void fire_again(struct station *s)
{
    for (unsigned line = 0; line < s->type->irq_lines && line < DEVICE_MEMORIES_MAX; line++) {
        struct channel_page *page = s->lines[line].page;

        if (page != NULL) {
            atomic_store(&page->again, 1);
            /* One that is masked hears of it when it acknowledges. */
            if (channel_fires(page)) {
                atomic_store(&page->again, 0);
                station_deliver(s, page);
            }
        }
    }
}

static void serve_write(struct station *s, const struct mmio_entry *e)
{
    uint32_t offset = 0;
    uint32_t up = s->type->lowering == NULL ? 0 : s->type->lowering(s->state, &offset);
    bool late = e->number != (uint16_t)atomic_load_explicit(&s->mmio->raised, memory_order_relaxed);

    station_access_begins(s, BY_WRITE, e->offset, e->bytes, e->value);
    s->type->write(s->state, e->offset, e->bytes, e->value);
    station_access_ends(s);
    if (late && e->offset == offset && (e->value & up) != 0) {
        fire_again(s);
    }
}

static void serve_ack(struct station *s, uint32_t line)
{
    struct channel_page *page = line < DEVICE_MEMORIES_MAX ? s->lines[line].page : NULL;

    if (page == NULL) {
        station_violation(&s->bus, VIOLATION_IRQ, 0);
    } else if (channel_unmask(page)) {
        station_deliver(s, page);
    }
}

static uint64_t model_read(struct station *s, uint32_t offset, unsigned bytes)
{
    station_access_begins(s, BY_READ, offset, bytes, 0);
    uint64_t value = s->type->read(s->state, offset, bytes);

    station_access_ends(s);
    if (s->crossing != NULL) {
        crossing_looked_at(s->crossing);
    }
    return value;
}

static void serve_read(struct station *s, const struct mmio_entry *e, bool good)
{
    s->mmio->answer = good ? model_read(s, e->offset, e->bytes) : 0;
    atomic_store(&s->mmio->answered, e->number + 1u);
    if (atomic_exchange(&s->mmio->driver_waits, 0) != 0) {
        s->d->exec->ring(s->d->exec->context, s->plan->driver);
    }
}

static void refuse_access(struct station *s, const struct mmio_entry *e, bool read)
{
    station_access_begins(s, read ? BY_READ : BY_WRITE, e->offset, e->bytes, read ? 0 : e->value);
    station_violation(&s->bus, VIOLATION_WINDOW, 0);
    station_access_ends(s);
}

static void serve_entry(struct station *s, const struct mmio_entry *e)
{
    bool good = e->kind == MMIO_ACK || well_formed(s, e);

    s->d->page->order.place = e->place;
    if (!good) {
        refuse_access(s, e, e->kind == MMIO_READ);
    }
    if (e->kind == MMIO_ACK) {
        serve_ack(s, e->offset);
    } else if (e->kind == MMIO_READ) {
        serve_read(s, e, good);
    } else if (good) {
        serve_write(s, e);
    }
}

/* Writes take effect in order; a read is answered in its place among them. */
static bool serve_registers(struct station *s)
{
    struct mmio_entry e;
    unsigned served = 0;

    while (served < MMIO_BATCH && mmio_next(s->mmio, &e)) {
        served++;
        serve_entry(s, &e);
    }
    /* A driver that waits for room goes on once there is some. */
    if (served > 0 && atomic_exchange(&s->mmio->driver_waits, 0) != 0) {
        s->d->exec->ring(s->d->exec->context, s->plan->driver);
    }
    return served > 0;
}

#define FRAME_BYTES_USUAL 1514u /* without what checks it */

/* May the next frame enter, as far as the device is concerned? */
static bool willing(struct station *s)
{
    return s->wire->speed_bps != 0 || s->type->ready == NULL || s->type->ready(s->state);
}

/* Is there somebody behind this device whose address the frame is for? */
static bool is_for_somebody(const struct station *s, const uint8_t *bytes, size_t length)
{
    const struct plan *plan = s->d->plan;

    for (uint32_t pd = 0; length >= 6 && pd < plan->pd_count; pd++) {
        for (size_t i = 0; i < plan->pds[pd].mac_count; i++) {
            if (memcmp(plan->pds[pd].macs[i], bytes, 6) == 0) {
                return plan_serves(plan, s->plan, pd);
            }
        }
    }
    return false;
}

void station_enter(struct station *s, const uint8_t *bytes, size_t length)
{
    s->stamp_ns = s->d->exec->stamp(s->d->exec->context);
    uint64_t digest = station_digest(s, bytes, length);

    station_fold(s, 2, digest);
    if (s->bytes != NULL) {
        station_bytes_in(s->bytes, bytes, length, digest);
    }
    enum device_drop why = s->type->frame_in(s->state, bytes, length);
    note_raised(s);
    /* Only a driver that says so makes a device take less than a frame can have. */
    if (why == DEVICE_DROP_OVERSIZE && length <= FRAME_BYTES_USUAL) {
        s->counts->misfits++;
    } else if (why == DEVICE_DROP_FILTERED && is_for_somebody(s, bytes, length)) {
        s->counts->unheard++; /* nor any but those it serves deaf to their frames */
    } else {
        s->counts->drops_rx[why]++;
    }
    if (why == DEVICE_DROP_NONE) {
        s->counts->rx_written++;
    }
    s->stamp_ns = 0;
}

static bool is_over(const struct station *s)
{
    return atomic_load_explicit(&s->d->page->order_stop, memory_order_relaxed) != 0;
}

/* May a frame that waits at the gate enter? */
static bool gate_open(struct station *s)
{
    return s->wire != NULL && station_go_ns(s) != 0 && !is_over(s) && willing(s);
}

static bool serve_gates(struct station *s)
{
    if (s->crossing == NULL ||
        crossing_next(s->crossing, station_go_ns(s), gate_open(s)) > s->now_ns) {
        return false;
    }
    crossing_step(s->crossing, s->now_ns, station_go_ns(s), gate_open(s));
    note_raised(s);
    return true;
}

/* Nothing moves in a device that stands still. */
static uint64_t stalled_until(const struct station *s)
{
    return s->crossing == NULL ? 0 : crossing_stalled_until(s->crossing);
}

static bool serve_timers(struct station *s)
{
    bool fired = false;

    if (stalled_until(s) > s->now_ns) {
        return false;
    }
    for (unsigned id = 0; id < STATION_TIMERS && s->first_timer_ns <= s->now_ns; id++) {
        if (s->timers[id] != 0 && s->timers[id] <= s->now_ns) {
            station_set_timer(s, id, 0);
            s->type->timer(s->state, id);
            note_raised(s);
            fired = true;
        }
    }
    return fired;
}

static void frame_in(struct station *s, const struct wire_frame *frame)
{
    if (s->d->captures[0].plan != NULL) {
        domain_capture(s->d, 0, s->d->exec->stamp(s->d->exec->context), frame->bytes,
                       frame->length);
    }
    if (s->crossing != NULL) {
        crossing_frame(s->crossing, false, frame->bytes, frame->length, s->now_ns,
                       domain_run_ns(s->d));
    } else {
        station_enter(s, frame->bytes, frame->length);
    }
}

static bool serve_wire(struct station *s)
{
    unsigned taken = 0;

    if (s->wire == NULL || station_go_ns(s) == 0) {
        return false;
    }
    uint64_t now_ns = station_wire_ns(s, s->now_ns);
    wire_listen(s->wire);
    while (taken < (s->d->bursts ? FRAME_BURST : FRAME_BATCH) && wire_due(s->wire) <= now_ns &&
           willing(s)) {
        const struct wire_frame *frame = wire_take(s->wire, now_ns);

        if (frame == NULL) {
            break;
        }
        frame_in(s, frame);
        taken++;
    }
    return taken > 0;
}

/* -- in virtual time: the kernel says what time it is, and asks when there is more to do -- */

static bool wire_on(const struct station *s)
{
    return s->wire != NULL && station_go_ns(s) != 0 && !is_over(s);
}

/* Frames arrive one by one, each in memory a while after it left the wire. True if any did. */
static bool step_wire(struct station *s)
{
    bool entered = false;

    while (wire_on(s)) {
        uint64_t now_ns = station_wire_ns(s, s->now_ns);

        if (s->entering == NULL) {
            if (wire_due(s->wire) > now_ns || !willing(s)) {
                break;
            }
            uint64_t due_ns = wire_due(s->wire);

            s->entering = wire_take(s->wire, now_ns);
            if (s->entering == NULL) {
                break;
            }
            due_ns = due_ns > s->entered_ns ? due_ns : s->entered_ns;
            /* One that waited for a descriptor leaves the wire only now. */
            due_ns = s->wire->speed_bps == 0 && due_ns < now_ns ? now_ns : due_ns;
            s->entered_ns = due_ns + station_dma_ns(s, s->entering->length);
        }
        if (s->entered_ns > now_ns) {
            break;
        }
        const struct wire_frame *frame = s->entering;

        s->entering = NULL;
        frame_in(s, frame);
        entered = true;
    }
    return entered;
}

static void note_holds(struct station *s);

/* Will no frame enter any more? */
static bool all_in(struct station *s)
{
    return station_go_ns(s) != 0 && s->entering == NULL &&
           (s->crossing == NULL || crossing_counts(s->crossing)->kept[0] == 0) &&
           (s->wire == NULL || wire_exhausted(s->wire));
}

/* The run is over: could the device take another frame? Memory is looked at past the gates. */
static void note_deaf(struct station *s)
{
    if (s->type->ready != NULL && s->counts->deaf == 0 && s->wire != NULL) {
        station_connect(s, false);
        s->counts->deaf = s->type->ready(s->state) ? 0 : 1;
    }
}

static void note_end(struct station *s)
{
    note_holds(s);
    if (s->counts->finished == 0 && all_in(s)) {
        atomic_store(&s->counts->finished, 1);
    }
}

void station_step(struct station *s, uint64_t now_ns)
{
    s->now_ns = now_ns;
    page_count(&s->d->page->entries);
    serve_gates(s);
    serve_timers(s);
    step_wire(s);
    note_end(s);
}

uint64_t station_access(struct station *s, uint64_t now_ns, bool write, uint32_t offset,
                        unsigned bytes, uint64_t value)
{
    const struct mmio_entry e = {.offset = offset, .bytes = (uint8_t)bytes, .value = value};

    s->now_ns = now_ns;
    if (bytes > 8 || !well_formed(s, &e)) {
        refuse_access(s, &e, !write);
        return 0;
    }
    if (!write) {
        return model_read(s, offset, bytes);
    }
    station_access_begins(s, BY_WRITE, offset, bytes, value);
    s->type->write(s->state, offset, bytes, value);
    station_access_ends(s);
    if (step_wire(s)) { /* one that waited for a descriptor has one now */
        note_end(s);
    } else {
        note_holds(s);
    }
    return 0;
}

static uint32_t idle_write(struct station *s)
{
    return s->type->idle_write == NULL ? UINT32_MAX : s->type->idle_write(s->state);
}

/* When timers and gates want it next, if that is before `at`. */
static uint64_t earlier(struct station *s, uint64_t at)
{
    uint64_t still = stalled_until(s);
    uint64_t next = s->first_timer_ns < still ? still : s->first_timer_ns;

    at = next < at ? next : at;
    if (s->crossing != NULL) {
        next = crossing_next(s->crossing, station_go_ns(s), gate_open(s));
        at = next < at ? next : at;
    }
    return at;
}

uint64_t station_next(struct station *s, uint32_t *idle)
{
    uint64_t at = earlier(s, DOMAIN_FOREVER);

    if (is_over(s)) {
        note_deaf(s);
    }
    *idle = idle_write(s);
    if (wire_on(s) && (s->entering != NULL || willing(s))) {
        uint64_t due = s->entering != NULL ? s->entered_ns : wire_due(s->wire);

        due = due == WIRE_NEVER ? DOMAIN_FOREVER : due + station_go_ns(s);
        at = due < at ? due : at;
    }
    return at;
}

void station_begin(struct station *s, const struct platform *costs)
{
    s->costs = costs;
    s->d->turn = &s->d->page->turn;
    s->d->calls = &calls_virtual;
    s->now_ns = s->d->exec->now(s->d->exec->context);
    atomic_store(&s->d->page->state, PD_IDLE);
    s->type->reset(s->state, &s->bus);
    atomic_store(&s->d->page->ready, 1);
}

/*
 * When there will be something to do although nobody rings. Before frames may enter there is always
 * a time: one who waits for ever counts as having nothing to do, and the supervisor that has just
 * said go could think all quiet before we have heard of it.
 */
static uint64_t next_deadline(struct station *s)
{
    uint64_t at = earlier(s, station_go_ns(s) == 0 ? s->now_ns + GO_LOOK_NS : DOMAIN_FOREVER);

    if (s->wire != NULL && station_go_ns(s) != 0 && willing(s)) {
        uint64_t due = wire_due(s->wire);

        due = due == WIRE_NEVER ? DOMAIN_FOREVER : due + station_go_ns(s);
        at = due < at ? due : at;
    }
    return at;
}

/* How many frames are inside the model: told whenever nothing is about to change that, and at the
 * end. */
static void note_holds(struct station *s)
{
    unsigned inside = s->type->holds == NULL ? 0 : s->type->holds(s->state);

    atomic_store_explicit(&s->counts->holds, inside, memory_order_relaxed);
    atomic_store_explicit(&s->counts->entering, s->entering != NULL, memory_order_relaxed);
    if (s->crossing != NULL) {
        s->counts->gates = *crossing_counts(s->crossing);
    }
}

static void publish_lowering(struct station *s)
{
    uint32_t offset = 0;
    uint32_t bits = s->type->lowering == NULL ? 0 : s->type->lowering(s->state, &offset);

    atomic_store_explicit(&s->mmio->lowering_offset, offset, memory_order_relaxed);
    atomic_store_explicit(&s->mmio->lowering_bits, bits, memory_order_relaxed);
}

static void sleep_until_work(struct station *s)
{
    uint64_t deadline = next_deadline(s);

    if (deadline <= s->d->exec->now(s->d->exec->context)) {
        return;
    }
    note_holds(s);
    if (s->counts->finished == 0 && all_in(s)) {
        atomic_store(&s->counts->finished, 1);
        s->d->exec->ring(s->d->exec->context, PLAN_NONE); /* time to see whether all is quiet */
    }
    /* Say that we sleep, then look once more: the driver publishes, then looks whether we sleep. */
    atomic_store_explicit(&s->mmio->idle_offset, idle_write(s), memory_order_relaxed);
    publish_lowering(s);
    atomic_store(&s->mmio->device_sleeps, 1);
    if (!mmio_pending(s->mmio)) {
        domain_wait(s->d, deadline);
    }
    atomic_store_explicit(&s->mmio->device_sleeps, 0, memory_order_relaxed);
}

void station_run(struct station *s)
{
    domain_current = s->d;
    atomic_store(&s->d->page->state, PD_RUNNING);
    s->now_ns = s->d->exec->now(s->d->exec->context);
    s->type->reset(s->state, &s->bus);
    atomic_store(&s->d->page->ready, 1);
    s->d->exec->ring(s->d->exec->context, PLAN_NONE);
    for (;;) {
        s->now_ns = s->d->exec->now(s->d->exec->context);
        bool worked = serve_registers(s);

        worked |= serve_gates(s);
        worked |= serve_timers(s);
        worked |= serve_wire(s);
        if (worked) {
            page_count(&s->d->page->entries);
            if (s->d->bursts) {
                s->d->exec->relax(s->d->exec->context);
            }
        } else {
            sleep_until_work(s);
        }
        if (is_over(s)) {
            note_holds(s);
            note_deaf(s);
        }
        domain_end_if_told(s->d);
    }
}
