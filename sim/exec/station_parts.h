/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_STATION_PARTS_H
#define SIM_EXEC_STATION_PARTS_H
/*
 * What the rooms of a device's domain share (station.h): its turns (station.c), what the model may
 * ask (station_bus.c), and getting ready (station_ready.c).
 */
#include "sim/base/digest.h"
#include "sim/exec/crossing.h"
#include "sim/exec/station.h"
#include "sim/exec/station_bytes.h"
#include "sim/hook/violation.h"

#define STATION_TIMERS  4u
#define STATION_WRITTEN 64u

struct station {
    struct domain *d;
    const struct plan_device *plan;
    const struct device_type *type;
    uint32_t offsets; /* of registers there are, in all windows */
    struct bus bus;
    struct iommu iommu;
    struct mmio_ring *mmio;
    struct wire *wire;
    uint64_t timers[STATION_TIMERS];
    uint64_t first_timer_ns; /* the earliest of them, DOMAIN_FOREVER: none is set */
    uint64_t now_ns;         /* read once a turn of the loop */
    struct violation access; /* the one under way, should it break the datasheet; rule is not set */
    /* Places in the driver: where a write had it look at memory last, 0 if none had; and where each
     * register was written last, of those that fall on one entry. */
    uint32_t looked_place;
    struct {
        uint32_t offset, place;
    } written[STATION_WRITTEN];
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

/* Since when frames may enter; 0: not yet. */
static inline uint64_t station_go_ns(const struct station *s)
{
    return atomic_load_explicit(&s->d->page->order_go_ns, memory_order_relaxed);
}

/* The wire's time begins when frames may enter, however long it took everybody to get ready. */
static inline uint64_t station_wire_ns(const struct station *s, uint64_t now_ns)
{
    uint64_t go = station_go_ns(s);

    return go != 0 && now_ns > go ? now_ns - go : 0;
}

/* How long a frame is on its way between device and memory. */
static inline uint64_t station_dma_ns(const struct station *s, size_t bytes)
{
    if (s->costs == NULL) {
        return 0;
    }
    return s->costs->dma_latency_ns +
           (s->costs->dma_bytes_per_us == 0 ? 0 : bytes * 1000 / s->costs->dma_bytes_per_us);
}

/* For the digest of the run, and to follow the bytes; 0 where nobody wants to know. */
static inline uint64_t station_digest(const struct station *s, const uint8_t *frame, size_t bytes)
{
    return s->d->turn != NULL || s->bytes != NULL ? digest_bytes(frame, bytes) : 0;
}

/* From here to the end the model serves this access, and what it finds wrong is due to it. */
static inline void station_access_begins(struct station *s, enum violation_by by, uint32_t offset,
                                         unsigned bytes, uint64_t value)
{
    s->access = (struct violation){.by = by, .bytes = bytes, .offset = offset, .value = value};
    if (by == BY_WRITE) {
        s->written[offset / 4 % STATION_WRITTEN].offset = offset;
        s->written[offset / 4 % STATION_WRITTEN].place = s->d->page->order.place;
    }
}

static inline void station_access_ends(struct station *s)
{
    s->access.by = BY_NOTHING;
}

static inline void station_fold(struct station *s, uint64_t way, uint64_t digest)
{
    struct turn *t = s->d->turn;

    if (t != NULL) {
        t->hash = turn_mix(t->hash, digest ^ way << 60);
    }
}

/* -- of the bus -- */

/* What the model may ask, and where what has met the gates goes on. */
void station_connect(struct station *s, bool gated);
/* The driver is told of an interrupt. */
void station_deliver(struct station *s, struct channel_page *page);
/* A timer fires then; 0: not at all. */
void station_set_timer(struct station *s, unsigned id, uint64_t at_ns);
/* The driver does what a rule forbids; as bus.violation. */
void station_violation(struct bus *bus, unsigned rule, uint64_t io_addr);

/* -- of the turns -- */

/* A frame comes to the model, having met whatever there was to meet. */
void station_enter(struct station *s, const uint8_t *bytes, size_t length);
#endif
