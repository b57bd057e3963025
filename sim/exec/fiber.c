/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fiber executor: every domain and device a stack of this process, one running at a time, all
 * regions mapped at the plan's addresses. A domain gives up the processor only where it waits, so
 * there are no races and no host time. It isolates nobody: what one domain breaks, breaks the
 * program.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/exec/domain.h"
#include "sim/exec/exec.h"
#include "sim/exec/station.h"
#include "sim/exec/switch.h"

#define STACK_BYTES (256u * 1024u)
#define FIBERS_MAX  512u

struct fiber_run;

struct fiber {
    struct fiber_run *run; /* NULL: not begun */
    uint32_t pd;
    struct stack stack; /* a device has none: it acts when it is asked, on whose stack does not
                           matter */
    struct domain domain;
    struct domain_exec exec;
    void *memory; /* of its watch, or its device */
    struct station *station;
    struct wire wire;
    int log;
};

struct fiber_run {
    struct exec_virtual v;
    struct world *world;
    struct stack chooser; /* the program's own */
    struct fiber fibers[FIBERS_MAX];
};

/* -- what a domain needs -- */

/* Nobody sleeps but by the kernel, and the supervisor looks when it is time. */
static void ring(void *context, uint32_t target)
{
    (void)context;
    (void)target;
}

static void block(void *context, uint64_t deadline_ns)
{
    (void)context;
    (void)deadline_ns;
    abort(); /* nothing in virtual time waits so */
}

/* To whoever is to run now, or back to who began. */
static void go_to(struct fiber_run *run, struct stack *from, uint32_t next)
{
    struct stack *to = next == KERNEL_NONE ? &run->chooser : &run->fibers[next].stack;

    if (next != KERNEL_NONE) {
        domain_current = &run->fibers[next].domain;
    }
    stack_switch(from, to);
}

static void request(void *context)
{
    struct fiber *f = context;
    struct kernel *k = f->run->v.kernel;

    if (kernel_request(k, f->pd)) {
        return;
    }
    uint32_t next = kernel_next(k);

    if (next != f->pd) {
        go_to(f->run, &f->stack, next);
    }
    domain_current = &f->domain;
}

static void line(void *context, unsigned number, bool level)
{
    struct fiber *f = context;

    kernel_irq(f->run->v.kernel, f->run->world->plan->pds[f->pd].device, number, level);
}

/* A domain's clock is its turn's; a device's is the kernel's. */
static uint64_t now(void *context)
{
    const struct fiber *f = context;

    return (f->station != NULL ? f->run->v.kernel->now_ps : f->domain.turn->now_ps) / 1000;
}

static void write_log(void *context, const char *text, size_t bytes)
{
    while (bytes > 0) {
        ssize_t wrote = write(((struct fiber *)context)->log, text, bytes);

        if (wrote <= 0) {
            return;
        }
        text += wrote;
        bytes -= (size_t)wrote;
    }
}

static void end(void *context) __attribute__((noreturn));

static void end(void *context)
{
    struct fiber *f = context;

    f->domain.turn->request = TURN_END;
    request(f);
    abort(); /* nobody goes on with a fiber that has ended */
}

static void body(void *argument)
{
    domain_run(&((struct fiber *)argument)->domain);
}

/* -- starting -- */

static int load(struct fiber *f, const struct world *w, char *why, size_t why_bytes)
{
    const struct plan *plan = w->plan;
    char file[4096], reason[256];

    f->memory = calloc(1, moves_bytes(plan, f->pd));
    if (f->memory == NULL) {
        return -ENOMEM;
    }
    domain_init(&f->domain, plan, f->pd, &f->exec, f->memory);
    calls_virtual_init(&f->domain, f->run->v.platform, plan->pds[f->pd].asked->image);
    snprintf(file, sizeof file, "%s/%s.so", w->images, plan->pds[f->pd].name);
    if (!image_load(file, &f->domain.entry, reason, sizeof reason)) {
        snprintf(why, why_bytes, "load the image of %s (%s)", plan->pds[f->pd].name, reason);
        return -ENOEXEC;
    }
    return 0;
}

static int open_device(struct fiber *f, const struct world *w, char *why, size_t why_bytes)
{
    const struct plan *plan = w->plan;
    const struct plan_device *device = &plan->devices[plan->pds[f->pd].device];
    struct wire_world clients = world_clients(plan, device);
    char reason[WIRE_WHY_BYTES];

    f->memory =
        aligned_alloc(64, (station_bytes(plan, plan->pds[f->pd].device) + 63) & ~(size_t)63);
    if (f->memory == NULL) {
        return -ENOMEM;
    }
    memset(f->memory, 0, station_bytes(plan, plan->pds[f->pd].device));
    domain_init(&f->domain, plan, f->pd, &f->exec, NULL);
    if (device->wire >= 0) {
        int error = wire_open(&f->wire, &plan->scenario->wires[device->wire], &clients,
                              &f->domain.page->device.wire, reason);
        if (error != 0) {
            snprintf(why, why_bytes, "open the wire of %s (%s)", device->name, reason);
            return error;
        }
    }
    if (!station_init(f->memory, &f->domain, device->wire >= 0 ? &f->wire : NULL, &f->station)) {
        snprintf(why, why_bytes, "give %s more than %u DMA windows", device->name,
                 IOMMU_WINDOWS_MAX);
        return -E2BIG;
    }
    station_begin(f->station, f->run->v.platform);
    return 0;
}

static int fiber_start(void *state, struct world *w, const struct exec_virtual *v, uint32_t pd,
                       const char *const *wrap, char *why, size_t why_bytes)
{
    struct fiber_run *run = state;
    char path[4096];

    if (pd >= FIBERS_MAX || wrap != NULL || v == NULL) {
        snprintf(why, why_bytes, "run %s as a fiber%s", w->plan->pds[pd].name,
                 wrap != NULL ? " under a tool; --wrap needs --executor process" : "");
        return -EINVAL;
    }
    struct fiber *f = &run->fibers[pd];
    run->v = *v;
    run->world = w;
    *f = (struct fiber){.run = run, .pd = pd};
    f->exec = (struct domain_exec){.context = f,
                                   .ring = ring,
                                   .block = block,
                                   .now = now,
                                   .stamp = now,
                                   .request = request,
                                   .line = line,
                                   .write = write_log,
                                   .end = end};
    snprintf(path, sizeof path, "%s/%s.log", w->logs, w->plan->pds[pd].name);
    f->log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (f->log < 0) {
        snprintf(why, why_bytes, "open the log %s", path);
        return -errno;
    }
    for (uint32_t i = 0; i < w->plan->map_count; i++) {
        int error = w->plan->maps[i].pd == pd ? world_map(w, &w->plan->maps[i]) : 0;

        if (error != 0) {
            snprintf(why, why_bytes, "map %s", w->plan->regions[w->plan->maps[i].region].name);
            return error;
        }
    }
    if (w->plan->pds[pd].kind == PD_DEVICE) {
        return open_device(f, w, why, why_bytes);
    }
    int error = load(f, w, why, why_bytes);

    return error != 0 ? error : stack_create(&f->stack, STACK_BYTES, body, f);
}

static void fiber_resume(void *state, uint32_t pd)
{
    struct fiber_run *run = state;

    go_to(run, &run->chooser, pd);
}

static uint64_t fiber_access(void *state, uint32_t pd, uint64_t now_ns, bool write, uint32_t offset,
                             unsigned bytes, uint64_t value)
{
    return station_access(((struct fiber_run *)state)->fibers[pd].station, now_ns, write, offset,
                          bytes, value);
}

static void fiber_step(void *state, uint32_t pd, uint64_t now_ns)
{
    station_step(((struct fiber_run *)state)->fibers[pd].station, now_ns);
}

static uint64_t fiber_next(void *state, uint32_t pd)
{
    return station_next(((struct fiber_run *)state)->fibers[pd].station);
}

static void fiber_stop(void *state, struct world *w, uint32_t pd)
{
    struct fiber *f = &((struct fiber_run *)state)->fibers[pd];

    if (f->run == NULL) {
        return;
    }
    stack_destroy(&f->stack);
    wire_close(&f->wire);
    image_unload(&f->domain.entry);
    free(f->memory);
    if (f->log >= 0) {
        close(f->log);
    }
    for (uint32_t i = 0; i < w->plan->map_count; i++) {
        const struct plan_map *map = &w->plan->maps[i];

        if (map->pd == pd) {
            munmap((void *)(uintptr_t)map->vaddr, w->plan->regions[map->region].bytes);
        }
    }
    *f = (struct fiber){0};
}

const struct exec_type exec_fiber = {
    .name = "fiber",
    .doc = "all domains in one process, one at a time: quick, repeatable, good for sanitizers; "
           "isolates nobody",
    .virtual_clock = true,
    .state_size = sizeof(struct fiber_run),
    .start = fiber_start,
    .resume = fiber_resume,
    .access = fiber_access,
    .step = fiber_step,
    .next_ns = fiber_next,
    .stop = fiber_stop,
};
