/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a device model may ask of the machine around it: memory by DMA, which goes through the
 * IOMMU and leaves word where caches or stamps want it; its interrupt lines; its timers; the wire
 * that its frames leave by. Where faults are asked, the bus leads to the gates first, and what
 * comes back from them goes on here, now or later.
 */
#include <stdio.h>
#include <string.h>

#include "sim/exec/station_parts.h"
#include "sim/hw/move.h"

static void tell_at(struct station *s, enum probe_kind kind, uint64_t a, uint64_t b, uint64_t place)
{
    domain_event(s->d, &(struct probe){.kind = kind,
                                       .told = TOLD_BY_WORLD,
                                       .pd = s->d->pd,
                                       .object = (uint32_t)(s->plan - s->d->plan->devices),
                                       .a = a,
                                       .b = b,
                                       .count = 1,
                                       .place = place});
}

static void tell(struct station *s, enum probe_kind kind, uint64_t a, uint64_t b)
{
    tell_at(s, kind, a, b, 0);
}

static bool refuse(struct station *s, uint64_t io_addr, size_t bytes, bool write)
{
    s->counts->dma_faults++;
    tell(s, PROBE_DMA_FAULT, io_addr, (uint64_t)bytes << 1 | write);
    return false;
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

    if (s->access.by == BY_WRITE) {
        s->looked_place = s->d->page->order.place;
    }
    if (from == NULL) {
        return refuse(s, io_addr, bytes, false);
    }
    move_in(to, from, bytes);
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
    move_out(to, from, bytes);
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

void station_deliver(struct station *s, struct channel_page *page)
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
        station_deliver(s, page);
    }
}

static void bus_irq(struct bus *bus, unsigned line, bool level)
{
    set_line(bus->context, line, level);
}

void station_set_timer(struct station *s, unsigned id, uint64_t at_ns)
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
        station_set_timer(bus->context, id, at_ns);
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

/* The frame has left memory that much later; frames do not overtake each other. */
static uint64_t out_ns(struct station *s, uint64_t now_ns, size_t bytes)
{
    uint64_t at_ns = now_ns + station_dma_ns(s, bytes);

    s->left_ns = at_ns > s->left_ns ? at_ns : s->left_ns;
    return s->left_ns;
}

/* A frame leaves, having met whatever there was to meet. */
static void leave(struct station *s, const uint8_t *frame, size_t bytes, uint64_t digest)
{
    uint64_t now = out_ns(s, s->d->exec->stamp(s->d->exec->context), bytes);

    if (s->wire != NULL && !wire_send(s->wire, frame, bytes, station_wire_ns(s, now))) {
        return;
    }
    domain_capture(s->d, 1, now, frame, bytes);
    station_fold(s, 1, digest);
}

static void bus_frame_out(struct bus *bus, const uint8_t *frame, size_t bytes)
{
    struct station *s = bus->context;
    uint64_t digest = station_digest(s, frame, bytes);

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

/* Where its driver makes the access under way. */
static uint32_t access_at(const struct station *s)
{
    return s->access.by == BY_NOTHING ? 0 : s->d->page->order.place;
}

/*
 * Where its driver told the device that there is a descriptor: by the access that has it look, by
 * the doorbell that still lets it, or by what had it look last.
 */
static uint32_t announced_at(struct station *s)
{
    uint32_t bell = s->type->idle_write == NULL ? UINT32_MAX : s->type->idle_write(s->state);
    uint32_t entry = bell / 4 % STATION_WRITTEN;

    if (s->access.by != BY_NOTHING) {
        return access_at(s);
    }
    return bell != UINT32_MAX && s->written[entry].offset == bell ? s->written[entry].place
                                                                  : s->looked_place;
}

void station_violation(struct bus *bus, unsigned rule, uint64_t io_addr)
{
    struct station *s = bus->context;
    struct violation v = s->access;
    char how[VIOLATION_TEXT_BYTES], text[VIOLATION_TEXT_BYTES + 160];
    uint64_t a, b;

    if (io_addr != 0) {
        v = (struct violation){.by = BY_DESCRIPTOR, .value = io_addr};
    }
    v.rule = rule;
    int bytes =
        snprintf(text, sizeof text, "%s: its driver %s: %s\n", s->plan->name,
                 s->d->plan->pds[s->plan->driver].name,
                 violation_text(s->d->plan, (uint32_t)(s->plan - s->d->plan->devices), &v, how));

    s->counts->violations++;
    domain_print(s->d, text, (size_t)bytes < sizeof text ? (size_t)bytes : sizeof text - 1);
    violation_pack(&v, &a, &b);
    tell_at(s, PROBE_VIOLATION, a, b, v.by == BY_DESCRIPTOR ? announced_at(s) : access_at(s));
}

/* -- the gates: what goes on from there, now or later -- */

static void crossed_frame(void *context, bool outbound, const uint8_t *bytes, size_t length)
{
    if (outbound) {
        leave(context, bytes, length, station_digest(context, bytes, length));
    } else {
        station_enter(context, bytes, length);
    }
}

static void crossed_spoilt(void *context)
{
    struct station *s = context;

    s->counts->drops_rx[DEVICE_DROP_FCS]++;
    if (s->type->frame_spoilt != NULL) {
        s->type->frame_spoilt(s->state);
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

void station_connect(struct station *s, bool gated)
{
    s->verbs = (struct crossing_verbs){.context = s,
                                       .frame = crossed_frame,
                                       .spoilt = crossed_spoilt,
                                       .read = crossed_read,
                                       .write = crossed_write,
                                       .line = crossed_line,
                                       .reset = crossed_reset,
                                       .say = crossed_say};
    s->bus = (struct bus){.context = s,
                          .dma_read = gated ? gated_read : dma_read,
                          .dma_write = gated ? gated_write : dma_write,
                          .irq = gated ? gated_irq : bus_irq,
                          .timer = bus_timer,
                          .frame_out = bus_frame_out,
                          .tx_drop = bus_tx_drop,
                          .wire_ns = bus_wire_ns,
                          .now = bus_now,
                          .violation = station_violation};
}
