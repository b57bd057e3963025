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
#include "sim/exec/station.h"

#include <stdio.h>
#include <string.h>

#include "sim/base/digest.h"
#include "sim/exec/crossing.h"
#include "sim/exec/station_bytes.h"

#define STATION_TIMERS 4u
#define MMIO_BATCH     512u
#define FRAME_BATCH    64u
#define GO_LOOK_NS     1000000000u

struct station {
    struct domain *d;
    const struct plan_device *plan;
    const struct device_type *type;
    struct bus bus;
    struct iommu iommu;
    struct mmio_ring *mmio;
    struct wire *wire;
    uint64_t timers[STATION_TIMERS];
    uint64_t first_timer_ns; /* the earliest of them, DOMAIN_FOREVER: none is set */
    uint64_t now_ns;         /* read once a turn of the loop */
    struct page_device *counts;
    struct {
        struct channel_page *page;
        bool level;
    } lines[DEVICE_MEMORIES_MAX];
    uint64_t stamp_ns;           /* of the frame that is entering; 0: none is */
    uint32_t *pool_of;           /* plan region -> plan pool with stamps or tags, PLAN_NONE */
    uint64_t **stamps;           /* plan pool -> this domain's view of its stamps */
    struct station_bytes *bytes; /* NULL: nobody wants to know */
    /* In virtual time: what DMA costs, the frame that is on its way into memory, until when; and
     * when the last one left. */
    const struct platform *costs; /* NULL: host time */
    const struct wire_frame *entering;
    uint64_t entered_ns, left_ns;
    bool incoherent;           /* memory behind one of its windows */
    struct crossing *crossing; /* where faults are asked; NULL: there are none */
    struct crossing_verbs verbs;
    _Alignas(16) uint8_t state[];
};

static void tell(struct station *s, enum probe_kind kind, uint64_t a, uint64_t b)
{
    domain_event(s->d, &(struct probe){.kind = kind,
                                       .told = TOLD_BY_WORLD,
                                       .pd = s->d->pd,
                                       .object = (uint32_t)(s->plan - s->d->plan->devices),
                                       .a = a,
                                       .b = b,
                                       .count = 1});
}

/* Since when frames may enter; 0: not yet. */
static uint64_t go_ns(const struct station *s)
{
    return atomic_load_explicit(&s->d->page->order_go_ns, memory_order_relaxed);
}

/* The wire's time begins when frames may enter, however long it took everybody to get ready. */
static uint64_t wire_time(const struct station *s, uint64_t now_ns)
{
    uint64_t go = go_ns(s);

    return go != 0 && now_ns > go ? now_ns - go : 0;
}

/* -- the bus: what the model may ask -- */

static bool refuse(struct station *s, uint64_t io_addr, size_t bytes, bool write)
{
    s->counts->dma_faults++;
    tell(s, PROBE_DMA_FAULT, io_addr, (uint64_t)bytes << 1 | write);
    return false;
}

/* Most accesses are of one descriptor, for which a call of memcpy is the dearer part. */
static inline void move_bytes(void *to, const void *from, size_t bytes)
{
    if (bytes == 8) {
        memcpy(to, from, 8);
    } else {
        memcpy(to, from, bytes);
    }
}

/* Leave word of an access to memory that caches may know otherwise. */
static __attribute__((noinline)) void touch(struct station *s, uint64_t io_addr, size_t bytes,
                                            bool write, uint32_t region)
{
    const struct iommu_window *w =
        s->iommu.hint[iommu_kind(io_addr, bytes, write ? RIGHT_WRITE : RIGHT_READ)];
    struct device_order *o = &s->d->page->order;

    if (!s->d->plan->regions[region].incoherent) {
        return;
    }
    if (o->touch_count >= BATON_TOUCHES_MAX) {
        s->d->exec->drain(s->d->exec->context);
    }
    if (o->touch_count < BATON_TOUCHES_MAX) {
        o->touches[o->touch_count++] = (struct device_touch){.offset = io_addr - w->io_addr,
                                                             .region = region,
                                                             .bytes = (uint32_t)bytes,
                                                             .write = write};
    }
}

static bool read_memory(struct station *s, uint64_t io_addr, void *to, size_t bytes)
{
    uint32_t region;
    const uint8_t *from = iommu_translate(&s->iommu, io_addr, bytes, RIGHT_READ, &region);

    if (from == NULL) {
        return refuse(s, io_addr, bytes, false);
    }
    move_bytes(to, from, bytes);
    if (s->bytes != NULL && s->pool_of[region] != PLAN_NONE) {
        station_bytes_read(s->bytes, s->pool_of[region], io_addr, bytes);
    }
    if (__builtin_expect(s->incoherent, 0)) {
        touch(s, io_addr, bytes, false, region);
    }
    return true;
}

static bool write_memory(struct station *s, uint64_t io_addr, const void *from, size_t bytes)
{
    uint32_t region;
    uint8_t *to = iommu_translate(&s->iommu, io_addr, bytes, RIGHT_WRITE, &region);

    if (to == NULL) {
        return refuse(s, io_addr, bytes, true);
    }
    move_bytes(to, from, bytes);
    if (__builtin_expect(s->incoherent, 0)) {
        touch(s, io_addr, bytes, true, region);
    }
    uint32_t pool = s->pool_of[region];
    if (pool != PLAN_NONE && s->stamp_ns != 0 && s->stamps[pool] != NULL) {
        const struct plan_pool *p = &s->d->plan->pools[pool];
        uint64_t buffer = (io_addr - p->io_addr) >> __builtin_ctz(p->buffer_bytes);

        if (buffer < p->buffer_count) {
            __atomic_store_n(&s->stamps[pool][buffer], s->stamp_ns, __ATOMIC_RELAXED);
            if (s->bytes != NULL) {
                station_bytes_written(s->bytes, pool, io_addr, to, bytes);
            }
        }
    }
    return true;
}

static bool dma_read(struct bus *bus, uint64_t io_addr, void *to, size_t bytes)
{
    return read_memory(bus->context, io_addr, to, bytes);
}

static bool dma_write(struct bus *bus, uint64_t io_addr, const void *from, size_t bytes)
{
    return write_memory(bus->context, io_addr, from, bytes);
}

static void deliver(struct station *s, struct channel_page *page)
{
    atomic_store(&page->word[1], 1);
    s->d->exec->ring(s->d->exec->context, s->plan->driver);
}

static void set_line(struct station *s, unsigned line, bool level)
{
    struct channel_page *page = line < DEVICE_MEMORIES_MAX ? s->lines[line].page : NULL;

    if (page == NULL || s->lines[line].level == level) {
        return;
    }
    s->lines[line].level = level;
    if (s->costs != NULL) {
        s->d->exec->line(s->d->exec->context, line, level);
        return;
    }
    atomic_store(&page->line, level);
    if (level && channel_fires(page)) {
        deliver(s, page);
    }
}

static void bus_irq(struct bus *bus, unsigned line, bool level)
{
    set_line(bus->context, line, level);
}

static void set_timer(struct station *s, unsigned id, uint64_t at_ns)
{
    s->timers[id] = at_ns;
    s->first_timer_ns = DOMAIN_FOREVER;
    for (unsigned i = 0; i < STATION_TIMERS; i++) {
        if (s->timers[i] != 0 && s->timers[i] < s->first_timer_ns) {
            s->first_timer_ns = s->timers[i];
        }
    }
}

static void bus_timer(struct bus *bus, unsigned id, uint64_t at_ns)
{
    if (id < STATION_TIMERS) {
        set_timer(bus->context, id, at_ns);
    }
}

static uint64_t bus_wire_ns(struct bus *bus, size_t bytes)
{
    struct station *s = bus->context;

    return s->wire == NULL ? 0 : wire_ns(s->wire, bytes);
}

static uint64_t bus_now(struct bus *bus)
{
    struct station *s = bus->context;

    return s->now_ns;
}

/* How long a frame is on its way between device and memory. */
static uint64_t dma_ns(const struct station *s, size_t bytes)
{
    if (s->costs == NULL) {
        return 0;
    }
    return s->costs->dma_latency_ns +
           (s->costs->dma_bytes_per_us == 0 ? 0 : bytes * 1000 / s->costs->dma_bytes_per_us);
}

/* The frame has left memory that much later; frames do not overtake each other. */
static uint64_t out_ns(struct station *s, uint64_t now_ns, size_t bytes)
{
    uint64_t at_ns = now_ns + dma_ns(s, bytes);

    s->left_ns = at_ns > s->left_ns ? at_ns : s->left_ns;
    return s->left_ns;
}

/* For the digest of the run, and to follow the bytes; 0 where nobody wants to know. */
static uint64_t digest_frame(const struct station *s, const uint8_t *frame, size_t bytes)
{
    return s->d->turn != NULL || s->bytes != NULL ? digest_bytes(frame, bytes) : 0;
}

static void fold_frame(struct station *s, uint64_t way, uint64_t digest)
{
    struct turn *t = s->d->turn;

    if (t != NULL) {
        t->hash = turn_mix(t->hash, digest ^ way << 60);
    }
}

/* A frame leaves, having met whatever there was to meet. */
static void leave(struct station *s, const uint8_t *frame, size_t bytes, uint64_t digest)
{
    uint64_t now = out_ns(s, s->d->exec->stamp(s->d->exec->context), bytes);

    domain_capture(s->d, 1, now, frame, bytes);
    fold_frame(s, 1, digest);
    if (s->wire != NULL) {
        wire_send(s->wire, frame, bytes, wire_time(s, now));
    }
}

static void bus_frame_out(struct bus *bus, const uint8_t *frame, size_t bytes)
{
    struct station *s = bus->context;
    uint64_t digest = digest_frame(s, frame, bytes);

    if (s->bytes != NULL) {
        station_bytes_out(s->bytes, frame, bytes, digest);
    }
    if (s->crossing != NULL) {
        crossing_frame(s->crossing, true, frame, bytes, s->now_ns, domain_run_ns(s->d));
    } else {
        leave(s, frame, bytes, digest);
    }
}

static void bus_tx_drop(struct bus *bus, enum device_drop why)
{
    struct station *s = bus->context;

    s->counts->drops_tx[why]++;
    if (s->bytes != NULL) {
        station_bytes_forget(s->bytes);
    }
}

static void bus_violation(struct bus *bus, const char *what)
{
    struct station *s = bus->context;
    char text[160];
    int bytes = snprintf(text, sizeof text, "%s: its driver %s: %s\n", s->plan->name,
                         s->d->plan->pds[s->plan->driver].name, what);

    s->counts->violations++;
    domain_print(s->d, text, (size_t)bytes < sizeof text ? (size_t)bytes : sizeof text - 1);
    tell(s, PROBE_VIOLATION, 0, 0);
}

/* -- turns of the loop -- */

static bool well_formed(const struct station *s, const struct mmio_entry *e)
{
    bool width = e->bytes == 1 || e->bytes == 2 || e->bytes == 4 || e->bytes == 8;

    return width && e->offset % e->bytes == 0 && e->offset < s->type->regs_bytes;
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
                deliver(s, page);
            }
        }
    }
}

static void serve_write(struct station *s, const struct mmio_entry *e)
{
    uint32_t offset = 0;
    uint32_t up = s->type->lowering == NULL ? 0 : s->type->lowering(s->state, &offset);
    bool late = e->number != (uint16_t)atomic_load_explicit(&s->mmio->raised, memory_order_relaxed);

    s->type->write(s->state, e->offset, e->bytes, e->value);
    if (late && e->offset == offset && (e->value & up) != 0) {
        fire_again(s);
    }
}

static void serve_ack(struct station *s, uint32_t line)
{
    struct channel_page *page = line < DEVICE_MEMORIES_MAX ? s->lines[line].page : NULL;

    if (page == NULL) {
        bus_violation(&s->bus, "acknowledgement of an interrupt it does not have");
    } else if (channel_unmask(page)) {
        deliver(s, page);
    }
}

static void serve_read(struct station *s, const struct mmio_entry *e, bool good)
{
    s->mmio->answer = good ? s->type->read(s->state, e->offset, e->bytes) : 0;
    if (s->crossing != NULL) {
        crossing_looked_at(s->crossing);
    }
    atomic_store(&s->mmio->answered, e->number + 1u);
    if (atomic_exchange(&s->mmio->driver_waits, 0) != 0) {
        s->d->exec->ring(s->d->exec->context, s->plan->driver);
    }
}

static void serve_entry(struct station *s, const struct mmio_entry *e)
{
    bool good = e->kind == MMIO_ACK || well_formed(s, e);

    if (!good) {
        bus_violation(&s->bus, "register access outside the window, or misaligned");
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

/* May the next frame enter, as far as the device is concerned? */
static bool willing(struct station *s)
{
    return s->wire->speed_bps != 0 || s->type->ready == NULL || s->type->ready(s->state);
}

/* A frame comes to the model, having met whatever there was to meet. */
static void enter(struct station *s, const uint8_t *bytes, size_t length)
{
    s->stamp_ns = s->d->exec->stamp(s->d->exec->context);
    uint64_t digest = digest_frame(s, bytes, length);

    fold_frame(s, 2, digest);
    if (s->bytes != NULL) {
        station_bytes_in(s->bytes, bytes, length, digest);
    }
    enum device_drop why = s->type->frame_in(s->state, bytes, length);
    note_raised(s);
    s->counts->drops_rx[why]++;
    if (why == DEVICE_DROP_NONE) {
        s->counts->rx_written++;
    }
    s->stamp_ns = 0;
}

/* -- the gates: what goes on from there, now or later -- */

static void crossed_frame(void *context, bool outbound, const uint8_t *bytes, size_t length)
{
    if (outbound) {
        leave(context, bytes, length, digest_frame(context, bytes, length));
    } else {
        enter(context, bytes, length);
    }
}

static bool crossed_read(void *context, uint64_t io_addr, void *to, size_t bytes)
{
    return read_memory(context, io_addr, to, bytes);
}

static bool crossed_write(void *context, uint64_t io_addr, const void *from, size_t bytes)
{
    return write_memory(context, io_addr, from, bytes);
}

static void crossed_line(void *context, unsigned line, bool level)
{
    set_line(context, line, level);
}

static void crossed_reset(void *context)
{
    struct station *s = context;

    s->type->reset(s->state, &s->bus);
}

static void crossed_say(void *context, const char *text)
{
    struct station *s = context;

    domain_print(s->d, s->plan->name, strlen(s->plan->name));
    domain_print(s->d, ": ", 2);
    domain_print(s->d, text, strlen(text));
}

static bool gated_read(struct bus *bus, uint64_t io_addr, void *to, size_t bytes)
{
    struct station *s = bus->context;

    return crossing_read(s->crossing, io_addr, to, bytes, domain_run_ns(s->d));
}

static bool gated_write(struct bus *bus, uint64_t io_addr, const void *from, size_t bytes)
{
    struct station *s = bus->context;

    return crossing_write(s->crossing, io_addr, from, bytes, s->now_ns, domain_run_ns(s->d));
}

static void gated_irq(struct bus *bus, unsigned line, bool level)
{
    struct station *s = bus->context;

    crossing_irq(s->crossing, line, level, s->now_ns, domain_run_ns(s->d));
}

/* May a frame that waits at the gate enter? */
static bool gate_open(struct station *s)
{
    return s->wire != NULL && go_ns(s) != 0 &&
           atomic_load_explicit(&s->d->page->order_stop, memory_order_relaxed) == 0 && willing(s);
}

static bool serve_gates(struct station *s)
{
    if (s->crossing == NULL || crossing_next(s->crossing, go_ns(s), gate_open(s)) > s->now_ns) {
        return false;
    }
    crossing_step(s->crossing, s->now_ns, go_ns(s), gate_open(s));
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
            set_timer(s, id, 0);
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
        enter(s, frame->bytes, frame->length);
    }
}

static bool serve_wire(struct station *s)
{
    unsigned taken = 0;

    if (s->wire == NULL || go_ns(s) == 0) {
        return false;
    }
    uint64_t now_ns = wire_time(s, s->now_ns);
    while (taken < FRAME_BATCH && wire_due(s->wire) <= now_ns && willing(s)) {
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
    return s->wire != NULL && go_ns(s) != 0 &&
           atomic_load_explicit(&s->d->page->order_stop, memory_order_relaxed) == 0;
}

/* Frames arrive one by one, each in memory a while after it left the wire. True if any did. */
static bool step_wire(struct station *s)
{
    bool entered = false;

    while (wire_on(s)) {
        uint64_t now_ns = wire_time(s, s->now_ns);

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
            s->entered_ns = due_ns + dma_ns(s, s->entering->length);
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
    return go_ns(s) != 0 && s->entering == NULL &&
           (s->crossing == NULL || crossing_counts(s->crossing)->kept[0] == 0) &&
           (s->wire == NULL || wire_exhausted(s->wire));
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
    const struct mmio_entry e = {.offset = offset, .bytes = (uint8_t)bytes};

    s->now_ns = now_ns;
    if (bytes > 8 || !well_formed(s, &e)) {
        bus_violation(&s->bus, "register access outside the window, or misaligned");
        return 0;
    }
    if (!write) {
        value = s->type->read(s->state, offset, bytes);
        if (s->crossing != NULL) {
            crossing_looked_at(s->crossing);
        }
        return value;
    }
    s->type->write(s->state, offset, bytes, value);
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
        next = crossing_next(s->crossing, go_ns(s), gate_open(s));
        at = next < at ? next : at;
    }
    return at;
}

uint64_t station_next(struct station *s, uint32_t *idle)
{
    uint64_t at = earlier(s, DOMAIN_FOREVER);

    *idle = idle_write(s);
    if (wire_on(s) && (s->entering != NULL || willing(s))) {
        uint64_t due = s->entering != NULL ? s->entered_ns : wire_due(s->wire);

        due = due == WIRE_NEVER ? DOMAIN_FOREVER : due + go_ns(s);
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
    uint64_t at = earlier(s, go_ns(s) == 0 ? s->now_ns + GO_LOOK_NS : DOMAIN_FOREVER);

    if (s->wire != NULL && go_ns(s) != 0 && willing(s)) {
        uint64_t due = wire_due(s->wire);

        due = due == WIRE_NEVER ? DOMAIN_FOREVER : due + go_ns(s);
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
        } else {
            sleep_until_work(s);
        }
        if (atomic_load_explicit(&s->d->page->order_stop, memory_order_relaxed) != 0) {
            note_holds(s);
        }
        domain_end_if_told(s->d);
    }
}

/* -- getting ready -- */

static size_t round16(size_t bytes)
{
    return (bytes + 15) & ~(size_t)15;
}

size_t station_bytes(const struct plan *plan, uint32_t device)
{
    const struct device_type *type = plan->devices[device].asked->type->type;

    return round16(sizeof(struct station) + type->state_size) +
           round16(plan->region_count * sizeof(uint32_t)) +
           round16(plan->pool_count * sizeof(void *)) + station_bytes_room(plan) +
           crossing_bytes(plan, device);
}

static void find_lines(struct station *s, uint32_t device)
{
    const struct plan *plan = s->d->plan;

    for (uint32_t i = 0; i < plan->channel_count; i++) {
        const struct plan_channel *c = &plan->channels[i];

        if (c->kind == CHANNEL_IRQ && c->end[0].pd == plan->devices[device].pd &&
            c->irq_line < DEVICE_MEMORIES_MAX) {
            s->lines[c->irq_line].page = (struct channel_page *)(uintptr_t)c->end[0].vaddr;
        }
    }
}

static void find_stamps(struct station *s)
{
    const struct plan *plan = s->d->plan;

    for (uint32_t i = 0; i < plan->region_count; i++) {
        s->pool_of[i] = PLAN_NONE;
    }
    for (uint32_t i = 0; i < plan->pool_count; i++) {
        const struct plan_map *map = plan->pools[i].stamps == PLAN_NONE
                                         ? NULL
                                         : plan_find_map(plan, s->d->pd, plan->pools[i].stamps);

        if (map != NULL) {
            s->stamps[i] = (uint64_t *)(uintptr_t)map->vaddr;
        }
        if (map != NULL || tags_find(plan, s->d->pd, i) != NULL) {
            s->pool_of[plan->pools[i].region] = i;
        }
    }
}

static bool reaches_incoherent(const struct plan *plan, uint32_t device)
{
    for (uint32_t i = 0; i < plan->window_count; i++) {
        const struct plan_window *w = &plan->windows[i];

        if (w->device == device && plan->regions[w->region].incoherent) {
            return true;
        }
    }
    return false;
}

bool station_init(void *memory, struct domain *d, struct wire *wire, struct station **out)
{
    const struct plan *plan = d->plan;
    uint32_t device = plan->pds[d->pd].device;
    struct station *s = memory;
    uint8_t *rest;

    s->d = d;
    s->plan = &plan->devices[device];
    s->type = s->plan->asked->type->type;
    s->mmio = (struct mmio_ring *)(uintptr_t)s->plan->mmio_device_vaddr;
    s->wire = wire;
    s->first_timer_ns = DOMAIN_FOREVER;
    s->counts = &d->page->device;
    rest = (uint8_t *)memory + round16(sizeof *s + s->type->state_size);
    s->pool_of = (uint32_t *)rest;
    rest += round16(plan->region_count * sizeof(uint32_t));
    s->stamps = (uint64_t **)rest;
    rest += round16(plan->pool_count * sizeof(void *));
    s->bytes = station_bytes_init(rest, d, device);
    rest += station_bytes_room(plan);
    if (crossing_bytes(plan, device) != 0) {
        s->verbs = (struct crossing_verbs){.context = s,
                                           .frame = crossed_frame,
                                           .read = crossed_read,
                                           .write = crossed_write,
                                           .line = crossed_line,
                                           .reset = crossed_reset,
                                           .say = crossed_say};
        s->crossing = crossing_init(rest, plan, device, &d->faults, &s->verbs);
    }
    memcpy(s->state, s->plan->asked->state, s->type->state_size);
    s->bus = (struct bus){.context = s,
                          .dma_read = s->crossing != NULL ? gated_read : dma_read,
                          .dma_write = s->crossing != NULL ? gated_write : dma_write,
                          .irq = s->crossing != NULL ? gated_irq : bus_irq,
                          .timer = bus_timer,
                          .frame_out = bus_frame_out,
                          .tx_drop = bus_tx_drop,
                          .wire_ns = bus_wire_ns,
                          .now = bus_now,
                          .violation = bus_violation};
    s->incoherent = reaches_incoherent(plan, device);
    find_lines(s, device);
    find_stamps(s);
    *out = s;
    return iommu_init(&s->iommu, plan, device);
}
