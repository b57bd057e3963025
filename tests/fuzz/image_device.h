/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FUZZ_IMAGE_DEVICE_H
#define TESTS_FUZZ_IMAGE_DEVICE_H
/*
 * The state of what is around the image under test, and the device it drives, if it does: the
 * model of that, on a bus that knows the plan's windows. Registers are answered by the model, but
 * for what `lies` say.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <os/sddf.h>

#include "tests/fuzz/image_subject.h"

#define ACCESSES_MAX  (UINT64_C(1) << 22) /* of one entry */
#define ACCESSES_ALL  (UINT64_C(1) << 21) /* after so many nothing new is begun */
#define LIES_MAX      16
#define TIMERS_MAX    4
#define TIMERS_FIRED  64 /* of a device in one go */
#define MRS           128
#define NO_CHANNEL    ((sddf_channel)-1)
#define ANSWERS_WORDS 4
/* What runs at every access is not itself looked after. */
#define UNWATCHED __attribute__((no_sanitize("address", "undefined")))

static struct {
    struct subject *s;
    bool inside;                        /* the image runs */
    uint64_t accesses, accesses_before; /* of this entry, and of all before */
    sddf_channel slot;                  /* the deferred operation that waits, or NO_CHANNEL */
    uint64_t now_ns;
    uint64_t mr[MRS];
    uint64_t answers[ANSWERS_WORDS]; /* of whoever is called and is not the timer */
    uint32_t lies[LIES_MAX];         /* that registers tell, one each time, first the first */
    unsigned lie, lie_count;
    struct {
        uint64_t vaddr;
        unsigned bytes; /* 0: none */
    } unsettled;        /* a write to a register that has not come to the device yet */
    uint64_t timers[TIMERS_MAX];
    unsigned rises; /* of the device's interrupt line */
    void (*meanwhile)(void);
    uintptr_t stack_low, stack_high;
} world;

static __attribute__((noreturn)) void finding(const char *format, ...)
{
    const struct plan_pd *pd = &world.s->plan->pds[world.s->pd];
    va_list args;

    fprintf(stderr, "FINDING: %s (%s): ", pd->name, pd->image_file);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}

static uint8_t *dma(uint64_t io_addr, size_t bytes, unsigned right)
{
    const struct plan *plan = world.s->plan;

    for (uint32_t i = 0; i < plan->window_count; i++) {
        const struct plan_window *w = &plan->windows[i];
        uint64_t offset = io_addr - w->io_addr;

        if (&plan->devices[w->device] == world.s->device && offset < w->bytes &&
            bytes <= w->bytes - offset && (w->rights & right) != 0) {
            return world.s->memory[w->region] + offset;
        }
    }
    return NULL;
}

static bool bus_read(struct bus *bus, uint64_t io_addr, void *to, size_t bytes)
{
    const uint8_t *from = dma(io_addr, bytes, RIGHT_READ);

    (void)bus;
    if (from != NULL) {
        memcpy(to, from, bytes);
    }
    return from != NULL;
}

static bool bus_write(struct bus *bus, uint64_t io_addr, const void *from, size_t bytes)
{
    uint8_t *to = dma(io_addr, bytes, RIGHT_WRITE);

    (void)bus;
    if (to != NULL) {
        memcpy(to, from, bytes);
    }
    return to != NULL;
}

static void bus_irq(struct bus *bus, unsigned line, bool level)
{
    (void)bus;
    (void)line;
    world.rises += level;
}

static void bus_timer(struct bus *bus, unsigned id, uint64_t at_ns)
{
    (void)bus;
    if (id >= TIMERS_MAX) {
        finding("the device sets timer %u", id);
    }
    world.timers[id] = at_ns;
}

static void bus_frame_out(struct bus *bus, const uint8_t *frame, size_t bytes)
{
    uint8_t sum = 0;

    (void)bus;
    for (size_t i = 0; i < bytes; i++) {
        sum ^= frame[i];
    }
    world.rises += sum == 0 && bytes == 0;
}

static void bus_tx_drop(struct bus *bus, enum device_drop why)
{
    (void)bus;
    (void)why;
}

static uint64_t bus_wire_ns(struct bus *bus, size_t bytes)
{
    (void)bus;
    return 8 * bytes;
}

static uint64_t bus_now(struct bus *bus)
{
    (void)bus;
    return world.now_ns;
}

static void bus_violation(struct bus *bus, unsigned rule, uint64_t io_addr)
{
    (void)bus;
    (void)rule;
    (void)io_addr;
}

static struct bus device_bus = {.dma_read = bus_read,
                                .dma_write = bus_write,
                                .irq = bus_irq,
                                .timer = bus_timer,
                                .frame_out = bus_frame_out,
                                .tx_drop = bus_tx_drop,
                                .wire_ns = bus_wire_ns,
                                .now = bus_now,
                                .violation = bus_violation};

static void device_reset(struct subject *s)
{
    memset(world.timers, 0, sizeof world.timers);
    if (s->device != NULL) {
        memcpy(s->state, s->device->asked->state, s->type->state_size);
        s->type->reset(s->state, &device_bus);
    }
}

/* Let the device do what it is due to do. */
static void device_run(void)
{
    for (unsigned fired = 0; fired < TIMERS_FIRED; fired++) {
        unsigned due = TIMERS_MAX;

        for (unsigned i = 0; i < TIMERS_MAX; i++) {
            if (world.timers[i] != 0 && world.timers[i] <= world.now_ns) {
                due = i;
            }
        }
        if (due == TIMERS_MAX) {
            return;
        }
        world.timers[due] = 0;
        world.s->type->timer(world.s->state, due);
    }
}

static inline UNWATCHED const struct plan_registers *registers_at(uint64_t vaddr)
{
    const struct plan_device *d = world.s->device;

    return plan_registers_at(d->registers, d->registers_count, vaddr);
}

/* By what the device knows that register. */
static inline uint32_t register_offset(uint64_t vaddr)
{
    const struct plan_registers *r = registers_at(vaddr);

    return r->offset + (uint32_t)(vaddr - r->vaddr);
}

static inline UNWATCHED bool is_register(uint64_t vaddr, unsigned bytes)
{
    const struct subject *s = world.s;

    return s->device != NULL && registers_at(vaddr) != NULL && vaddr % bytes == 0;
}

static uint64_t register_read(uint64_t vaddr, unsigned bytes)
{
    uint64_t value = world.s->type->read(world.s->state, register_offset(vaddr), bytes);

    return world.lie < world.lie_count ? value ^ world.lies[world.lie++] : value;
}

/* What was written to where a register would be, to the device. */
static UNWATCHED void registers_settle_here(void)
{
    uint64_t value = 0;

    if (__builtin_expect(world.unsettled.bytes != 0, 0)) {
        const void *at = (void *)(uintptr_t)world.unsettled.vaddr;

        memcpy(&value, at, world.unsettled.bytes);
        world.s->type->write(world.s->state, register_offset(world.unsettled.vaddr),
                             world.unsettled.bytes, value);
        world.unsettled.bytes = 0;
    }
}
#endif
