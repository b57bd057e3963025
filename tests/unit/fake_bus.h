/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_FAKE_BUS_H
#define TESTS_UNIT_FAKE_BUS_H
/*
 * The smallest machine a device model can sit in: one IO window onto an array, a clock that stands
 * still until it is moved, and a record of everything the model did. The window begins well away
 * from 0, so that a model that takes an offset for an IO address is refused.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <sddf/hw/device.h>

enum {
    FAKE_IO_BASE = 0x40000000,
    FAKE_MEMORY_BYTES = 1 << 21,
    FAKE_FRAMES = 1024,
    FAKE_FRAME_BYTES = 2304,
    FAKE_TIMERS = 4,
};

struct fake_frame {
    uint64_t at_ns;
    size_t bytes;
    uint8_t data[FAKE_FRAME_BYTES];
};

struct fake_bus {
    struct bus bus;
    uint8_t *memory;    /* FAKE_MEMORY_BYTES, the caller's */
    uint32_t refuse_io; /* DMA to this many bytes from here is refused; 0 bytes: none */
    uint32_t refuse_bytes;
    bool refuse_writes_only;
    unsigned faults;
    bool level; /* of the interrupt line */
    unsigned rises;
    uint64_t now_ns;
    uint64_t timer_ns[FAKE_TIMERS];
    uint64_t wire_ns_per_byte;
    struct fake_frame *frames; /* FAKE_FRAMES, the caller's; NULL: only count */
    unsigned frame_count;
    unsigned drops[DEVICE_DROPS];
    unsigned violations;
    unsigned rule;      /* of the last one */
    uint64_t rules;     /* a bit for each there was */
    uint64_t violation; /* its IO address, 0: a register access */
};

static inline bool fake_refused(struct fake_bus *b, uint64_t io_addr, size_t bytes, bool write)
{
    uint64_t offset = io_addr - FAKE_IO_BASE;
    bool outside = offset > FAKE_MEMORY_BYTES || bytes > FAKE_MEMORY_BYTES - offset;
    bool hole = io_addr < (uint64_t)b->refuse_io + b->refuse_bytes &&
                io_addr + bytes > b->refuse_io && (write || !b->refuse_writes_only);

    b->faults += outside || hole;
    return outside || hole;
}

static inline bool fake_dma_read(struct bus *bus, uint64_t io_addr, void *to, size_t bytes)
{
    struct fake_bus *b = bus->context;

    if (fake_refused(b, io_addr, bytes, false)) {
        return false;
    }
    memcpy(to, b->memory + (io_addr - FAKE_IO_BASE), bytes);
    return true;
}

static inline bool fake_dma_write(struct bus *bus, uint64_t io_addr, const void *from, size_t bytes)
{
    struct fake_bus *b = bus->context;

    if (fake_refused(b, io_addr, bytes, true)) {
        return false;
    }
    memcpy(b->memory + (io_addr - FAKE_IO_BASE), from, bytes);
    return true;
}

static inline void fake_irq(struct bus *bus, unsigned line, bool level)
{
    struct fake_bus *b = bus->context;

    (void)line;
    b->rises += level && !b->level;
    b->level = level;
}

static inline void fake_timer(struct bus *bus, unsigned id, uint64_t at_ns)
{
    ((struct fake_bus *)bus->context)->timer_ns[id] = at_ns;
}

static inline void fake_frame_out(struct bus *bus, const uint8_t *frame, size_t bytes)
{
    struct fake_bus *b = bus->context;

    if (b->frames != NULL && b->frame_count < FAKE_FRAMES) {
        struct fake_frame *f = &b->frames[b->frame_count];
        f->at_ns = b->now_ns;
        f->bytes = bytes;
        memcpy(f->data, frame, bytes < FAKE_FRAME_BYTES ? bytes : FAKE_FRAME_BYTES);
    }
    b->frame_count++;
}

static inline void fake_tx_drop(struct bus *bus, enum device_drop why)
{
    ((struct fake_bus *)bus->context)->drops[why]++;
}

static inline uint64_t fake_wire_ns(struct bus *bus, size_t bytes)
{
    return ((struct fake_bus *)bus->context)->wire_ns_per_byte * bytes;
}

static inline uint64_t fake_now(struct bus *bus)
{
    return ((struct fake_bus *)bus->context)->now_ns;
}

static inline void fake_violation(struct bus *bus, unsigned rule, uint64_t io_addr)
{
    struct fake_bus *b = bus->context;

    b->violations++;
    b->rule = rule;
    b->rules |= UINT64_C(1) << rule;
    b->violation = io_addr;
}

/* `memory` is FAKE_MEMORY_BYTES, `frames` FAKE_FRAMES entries or NULL. */
static inline void fake_bus_init(struct fake_bus *b, uint8_t *memory, struct fake_frame *frames)
{
    *b = (struct fake_bus){
        .memory = memory,
        .frames = frames,
        .now_ns = 1000,
        .bus = {.context = b,
                .dma_read = fake_dma_read,
                .dma_write = fake_dma_write,
                .irq = fake_irq,
                .timer = fake_timer,
                .frame_out = fake_frame_out,
                .tx_drop = fake_tx_drop,
                .wire_ns = fake_wire_ns,
                .now = fake_now,
                .violation = fake_violation},
    };
}

/* Move the clock to `until_ns`, firing what is due on the way, in order of time and then of id. */
static inline void fake_run(struct fake_bus *b, const struct device_type *type, void *state,
                            uint64_t until_ns)
{
    for (;;) {
        unsigned due = FAKE_TIMERS;
        for (unsigned i = 0; i < FAKE_TIMERS; i++) {
            if (b->timer_ns[i] != 0 && b->timer_ns[i] <= until_ns &&
                (due == FAKE_TIMERS || b->timer_ns[i] < b->timer_ns[due])) {
                due = i;
            }
        }
        if (due == FAKE_TIMERS) {
            break;
        }
        if (b->timer_ns[due] > b->now_ns) {
            b->now_ns = b->timer_ns[due];
        }
        b->timer_ns[due] = 0;
        type->timer(state, due);
    }
    b->now_ns = until_ns;
}

/* Give a zeroed state the presets of its numeric and boolean keys, as the core would. */
static inline void fake_presets(const struct device_type *type, void *state)
{
    for (const struct param *p = type->params; p != NULL && p->name != NULL; p++) {
        void *at = (char *)state + p->offset;
        if (p->kind == PARAM_KIND_UINT) {
            memcpy(at, &p->preset, sizeof(uint64_t));
        } else if (p->kind == PARAM_KIND_BOOL) {
            *(bool *)at = p->preset != 0;
        }
    }
}

/* The place of a scenario key in a state. */
static inline void *fake_key(const struct device_type *type, void *state, const char *name)
{
    for (const struct param *p = type->params; p != NULL && p->name != NULL; p++) {
        if (strcmp(p->name, name) == 0) {
            return (char *)state + p->offset;
        }
    }
    return NULL;
}
#endif
