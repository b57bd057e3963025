/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An address finds its words by looking for the mapping or window it lies in, else for the nearest
 * one. Of equally near ones the first in the plan is taken.
 */
#include "sim/hook/where.h"

#include <inttypes.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IO_LIMIT    0x100000000ull
#define NEAR_BYTES  0x100000ull /* further from everything than this, nearness explains nothing */
#define NULL_AREA   0x10000ull
#define PLACE_BYTES 112u

/* How far an address is from a stretch of memory: 0 inside it. */
struct distance {
    uint64_t bytes;
    bool beyond; /* behind its end, not before its start */
};

static struct distance distance_to(uint64_t at, uint64_t start, uint64_t bytes)
{
    if (at < start) {
        return (struct distance){.bytes = start - at};
    }
    if (at - start < bytes) {
        return (struct distance){0};
    }
    return (struct distance){.bytes = at - start - bytes + 1, .beyond = true};
}

const char *where_pd(const struct plan *p, uint32_t pd)
{
    return pd < p->pd_count ? p->pds[pd].name : "nobody";
}

/* "net0.rx[17] + 0x10" where the region holds a pool of buffers, else "net0.rx.queues + 0x10". */
static void name_offset(const struct plan *p, uint32_t region, uint64_t offset,
                        char out[static PLACE_BYTES])
{
    for (uint32_t i = 0; i < p->pool_count; i++) {
        const struct plan_pool *pool = &p->pools[i];

        if (pool->region == region && offset / pool->buffer_bytes < pool->buffer_count) {
            snprintf(out, PLACE_BYTES, "%s[%" PRIu64 "] + 0x%" PRIx64, pool->name,
                     offset / pool->buffer_bytes, offset % pool->buffer_bytes);
            return;
        }
    }
    snprintf(out, PLACE_BYTES, "%s + 0x%" PRIx64, p->regions[region].name, offset);
}

static const char *rights_words(unsigned rights)
{
    switch (rights & (RIGHT_READ | RIGHT_WRITE)) {
    case RIGHT_READ:
        return "may only read";
    case RIGHT_WRITE:
        return "may only write";
    case RIGHT_READ | RIGHT_WRITE:
        return "may read and write";
    default:
        return "may not touch";
    }
}

static void say_near(struct distance d, const char *region, char out[static WHERE_TEXT_BYTES])
{
    uint64_t bytes = d.beyond ? d.bytes - 1 : d.bytes;

    if (d.beyond && bytes == 0) {
        snprintf(out, WHERE_TEXT_BYTES, "just beyond the end of %s", region);
    } else {
        snprintf(out, WHERE_TEXT_BYTES, "%" PRIu64 " byte%s %s of %s", bytes, bytes == 1 ? "" : "s",
                 d.beyond ? "beyond the end" : "before the start", region);
    }
}

const char *where_register(const struct plan_device *d, const struct plan_registers *r,
                           uint64_t within, char out[static WHERE_TEXT_BYTES])
{
    snprintf(out, WHERE_TEXT_BYTES, "register 0x%" PRIx64 " of %s%s%s", within, d->name,
             r->name == NULL ? "" : "'s ", r->name == NULL ? "" : r->name);
    return out;
}

/* Registers are no region; nothing is mapped behind them either. */
static bool say_register(const struct plan_device *d, uint64_t vaddr,
                         char out[static WHERE_TEXT_BYTES])
{
    for (uint32_t i = 0; i < d->registers_count; i++) {
        const struct plan_registers *r = &d->registers[i];
        uint64_t within = vaddr - r->vaddr;

        if (within < r->bytes) {
            where_register(d, r, within, out);
            return true;
        }
        if (within < r->bytes + PLAN_PAGE_BYTES) {
            snprintf(out, WHERE_TEXT_BYTES, "0x%" PRIx64 ", beyond the registers of %s%s%s", within,
                     d->name, r->name == NULL ? "" : "'s ", r->name == NULL ? "" : r->name);
            return true;
        }
    }
    return false;
}

const char *where_vaddr(const struct plan *p, uint32_t pd, uint64_t vaddr,
                        char out[static WHERE_TEXT_BYTES])
{
    char place[PLACE_BYTES];
    struct distance nearest = {.bytes = UINT64_MAX};
    const struct plan_map *near = NULL;

    if (vaddr < NULL_AREA) {
        snprintf(out, WHERE_TEXT_BYTES, "0x%" PRIx64 ", a null pointer or close to one", vaddr);
        return out;
    }
    for (uint32_t i = 0; i < p->map_count; i++) {
        const struct plan_map *m = &p->maps[i];
        struct distance d = distance_to(vaddr, m->vaddr, p->regions[m->region].bytes);

        if (d.bytes == 0) {
            name_offset(p, m->region, vaddr - m->vaddr, place);
            snprintf(out, WHERE_TEXT_BYTES, "%s, which %s %s", place, where_pd(p, m->pd),
                     m->pd == pd ? rights_words(m->rights) : "has mapped there and nobody else");
            return out;
        }
        if (m->pd == pd && d.bytes < nearest.bytes) {
            nearest = d;
            near = m;
        }
    }
    for (uint32_t i = 0; i < p->device_count; i++) {
        if (p->devices[i].driver == pd && say_register(&p->devices[i], vaddr, out)) {
            return out;
        }
    }
    if (near != NULL && nearest.bytes <= NEAR_BYTES) {
        say_near(nearest, p->regions[near->region].name, out);
    } else {
        snprintf(out, WHERE_TEXT_BYTES, "nowhere in the plan");
    }
    return out;
}

/* The filter's own words would be the number alone. */
static void say_call(uint64_t number, char out[static WHERE_TEXT_BYTES])
{
    char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)number);

    snprintf(out, WHERE_TEXT_BYTES, "SIGSYS: the system call %s is not for domains",
             name == NULL ? "it made" : name);
    free(name);
}

const char *where_death(const struct plan *p, uint32_t pd, uint64_t signal, uint64_t vaddr,
                        char out[static WHERE_TEXT_BYTES])
{
    const char *name = signal < (uint64_t)NSIG ? sigabbrev_np((int)signal) : NULL;
    char where[WHERE_TEXT_BYTES];

    if (signal == 0) {
        snprintf(out, WHERE_TEXT_BYTES, "its own exit, with status %" PRIu64, vaddr);
    } else if (signal == WHERE_DEATH_SPINS) {
        snprintf(out, WHERE_TEXT_BYTES, "running on and on without coming to a point");
    } else if (signal == WHERE_DEATH_HOSTS_CLOCK) {
        snprintf(out, WHERE_TEXT_BYTES,
                 "reading the host's clock: this run's time is virtual, ask a timer");
    } else if (signal == WHERE_DEATH_ASSERTION) {
        snprintf(out, WHERE_TEXT_BYTES, "an assertion that did not hold");
    } else if (signal == WHERE_DEATH_STACK) {
        snprintf(out, WHERE_TEXT_BYTES, "SIGSEGV beyond the end of its stack");
    } else if (name == NULL) {
        snprintf(out, WHERE_TEXT_BYTES, "signal %" PRIu64, signal);
    } else if (signal == SIGSYS) {
        say_call(vaddr, out);
    } else if ((signal == SIGSEGV || signal == SIGBUS) && vaddr != UINT64_MAX) {
        snprintf(out, WHERE_TEXT_BYTES, "SIG%s at %.200s", name, where_vaddr(p, pd, vaddr, where));
    } else {
        snprintf(out, WHERE_TEXT_BYTES, "SIG%s", name);
    }
    return out;
}

const char *where_io(const struct plan *p, uint32_t device, uint64_t io_addr,
                     char out[static WHERE_TEXT_BYTES])
{
    char place[PLACE_BYTES];
    struct distance nearest = {.bytes = UINT64_MAX};
    const struct plan_window *near = NULL;

    for (uint32_t i = 0; i < p->window_count; i++) {
        const struct plan_window *w = &p->windows[i];
        struct distance d = distance_to(io_addr, w->io_addr, w->bytes);

        if (w->device == device && d.bytes < nearest.bytes) {
            nearest = d;
            near = w;
        }
    }
    if (near != NULL && nearest.bytes == 0) {
        name_offset(p, near->region, io_addr - near->io_addr, place);
        snprintf(out, WHERE_TEXT_BYTES, "%s, which %s %s", place,
                 device < p->device_count ? p->devices[device].name : "nobody",
                 rights_words(near->rights));
    } else if (near != NULL && nearest.bytes <= NEAR_BYTES) {
        say_near(nearest, p->regions[near->region].name, out);
    } else if (io_addr >= IO_LIMIT) {
        snprintf(out, WHERE_TEXT_BYTES,
                 "no IO address at all, they have 32 bits: a virtual address?");
    } else if (near != NULL && io_addr < near->io_addr) {
        snprintf(out, WHERE_TEXT_BYTES, "below every window: an offset instead of an IO address?");
    } else {
        snprintf(out, WHERE_TEXT_BYTES, "in no window");
    }
    return out;
}
