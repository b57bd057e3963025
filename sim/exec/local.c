/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Domains of this process: setting up, taking turns, and taking down. Between enter() and leave()
 * an image runs; what its system calls and its strays come to is local_guard.c's.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sim/exec/local_parts.h"
#include "sim/exec/registers.h"
#include "sim/exec/weak.h"

#define LOG_BYTES_MAX (64u << 20)

__thread struct local *local_here;

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

/* What domains have stored becomes visible as time passes, whoever runs. */
static void let_time_pass(struct local_run *run, uint64_t now_ps)
{
    for (uint32_t i = 0; run->explores && i < run->world->plan->pd_count; i++) {
        if (run->locals[i].domain.weak != NULL) {
            weak_passed(&run->locals[i].domain, now_ps);
        }
    }
}

/* Who is given a core sees all that was stored on it before, as it would by itself. */
static void let_see(struct local_run *run, uint32_t next)
{
    int cpu = run->world->plan->pds[next].cpu;
    struct local **ran = &run->ran[cpu < 0 ? 0 : cpu];
    struct local *to = &run->locals[next];

    if (*ran != to && *ran != NULL && (*ran)->domain.weak != NULL) {
        weak_passed(&(*ran)->domain, UINT64_MAX);
    }
    *ran = to;
    let_time_pass(run, run->world->pages[next]->turn.now_ps);
}

static void go_on(struct local_run *run, struct local *from, uint32_t next)
{
    struct local *to = next == KERNEL_NONE ? NULL : &run->locals[next];

    if (__builtin_expect(run->explores, 0)) {
        if (to != NULL) {
            let_see(run, next);
        } else {
            let_time_pass(run, UINT64_MAX); /* and the supervisor sees everything */
        }
    }
    if (to != from) {
        run->go(run, from, to);
    }
}

static void request(void *context)
{
    struct local *l = context;
    struct local_run *run = l->run;

    leave(run);
    if (!kernel_request(run->v.kernel, l->pd)) {
        go_on(run, l, kernel_next(run->v.kernel));
    }
    enter(l);
}

static void line(void *context, unsigned number, bool level)
{
    struct local *l = context;

    kernel_irq(l->run->v.kernel, l->run->world->plan->pds[l->pd].device, number, level);
}

static void drain(void *context)
{
    const struct kernel *k = ((struct local *)context)->run->v.kernel;

    k->devices->drain(k->devices->context);
}

/* A domain's clock is its turn's; a device's is the kernel's. */
static uint64_t now(void *context)
{
    const struct local *l = context;

    return (l->station != NULL ? l->run->v.kernel->now_ps : l->domain.turn->now_ps) / 1000;
}

size_t local_append(struct local *l, const char *text, size_t bytes)
{
    size_t done = 0;

    while (done < bytes && l->log_bytes < LOG_BYTES_MAX) {
        size_t room = LOG_BYTES_MAX - l->log_bytes, left = bytes - done;
        ssize_t wrote = write(l->log, text + done, left < room ? left : room);

        if (wrote <= 0) {
            break;
        }
        done += (size_t)wrote;
        l->log_bytes += (size_t)wrote;
    }
    return done;
}

static void write_log(void *context, const char *text, size_t bytes)
{
    struct local *l = context;
    struct local *inside = l->run->inside;

    leave(l->run);
    local_append(l, text, bytes);
    if (inside != NULL) {
        enter(inside);
    }
}

/* The place may well be mapped, for somebody else: what an MMU would say is said for it. */
static void stray(void *context, uint64_t vaddr, bool write)
{
    struct local *l = context;

    (void)write;
    local_stray(l->run, l, &(struct stray){.signal = SIGSEGV, .vaddr = vaddr}, 0);
}

static void end(void *context) __attribute__((noreturn));

static void end(void *context)
{
    struct local *l = context;

    l->domain.turn->request = TURN_END;
    request(l);
    abort(); /* nobody goes on with one that has ended */
}

void local_body(struct local *l)
{
    l->thread = (pid_t)syscall(SYS_gettid);
    if (l->stillborn) {
        local_stray(l->run, l, &l->why, l->status);
    }
    enter(l);
    domain_run(&l->domain);
}

/* -- starting and stopping -- */

/* Constructors are the image's as well. False, with the reason, if the loader refuses it. */
static bool load_image(struct local *l, const char *file, char *reason, size_t reason_bytes)
{
    sigjmp_buf strayed;
    volatile bool loaded = true;

    if (sigsetjmp(strayed, 1) == 0) {
        l->loading = &strayed;
        l->thread = (pid_t)syscall(SYS_gettid);
        stray_forbid_clock(l->run->verbs == NULL);
        local_here = l;
        enter(l);
        loaded = image_load(file, &l->domain.entry, reason, reason_bytes);
    }
    leave(l->run);
    stray_forbid_clock(false);
    l->loading = NULL;
    local_here = NULL;
    return loaded;
}

static int load(struct local *l, const struct world *w, char *why, size_t why_bytes)
{
    const struct plan *plan = w->plan;
    char file[4096], reason[256];

    l->memory = calloc(1, domain_bytes(plan, l->pd));
    if (l->memory == NULL) {
        return -ENOMEM;
    }
    domain_init(&l->domain, plan, l->pd, &l->exec, l->memory);
    if (l->run->verbs == NULL) {
        calls_virtual_init(&l->domain, l->run->v.platform, plan->pds[l->pd].asked->image);
    }
    domain_hook(&l->domain);
    snprintf(file, sizeof file, "%s/%s.so", w->images, plan->pds[l->pd].name);
    int error = registers_back(&l->domain);

    if (error != 0) {
        snprintf(why, why_bytes, "map memory for the registers of %s", plan->pds[l->pd].name);
        return error;
    }
    if (!load_image(l, file, reason, sizeof reason)) {
        snprintf(why, why_bytes, "load the image of %s (%s)", plan->pds[l->pd].name, reason);
        return -ENOEXEC;
    }
    return 0;
}

static int open_device(struct local *l, const struct world *w, char *why, size_t why_bytes)
{
    const struct plan *plan = w->plan;
    const struct plan_device *device = &plan->devices[plan->pds[l->pd].device];
    struct wire_world clients = world_clients(plan, device);
    char reason[WIRE_WHY_BYTES];

    l->memory =
        aligned_alloc(64, (station_bytes(plan, plan->pds[l->pd].device) + 63) & ~(size_t)63);
    if (l->memory == NULL) {
        return -ENOMEM;
    }
    memset(l->memory, 0, station_bytes(plan, plan->pds[l->pd].device));
    domain_init(&l->domain, plan, l->pd, &l->exec, NULL);
    if (device->wire >= 0) {
        int error = wire_open(&l->wire, &plan->scenario->wires[device->wire], &clients,
                              &l->domain.page->device.wire, reason);
        if (error != 0) {
            snprintf(why, why_bytes, "open the wire of %s (%s)", device->name, reason);
            return error;
        }
        /* Live ones are for the host's clock, where each domain has a bell. */
        error = wire_descriptor(&l->wire) < 0
                    ? 0
                    : bell_hear(world_bell(w, l->pd), wire_descriptor(&l->wire));
        if (error != 0) {
            snprintf(why, why_bytes, "wait for the wire of %s", device->name);
            return error;
        }
    }
    if (!station_init(l->memory, &l->domain, device->wire >= 0 ? &l->wire : NULL, &l->station)) {
        snprintf(why, why_bytes, "give %s more than %u DMA windows", device->name,
                 IOMMU_WINDOWS_MAX);
        return -E2BIG;
    }
    if (l->run->verbs == NULL) {
        station_begin(l->station, l->run->v.platform);
    }
    return 0;
}

static const struct domain_exec verbs = {.ring = ring,
                                         .block = block,
                                         .now = now,
                                         .stamp = now,
                                         .request = request,
                                         .line = line,
                                         .drain = drain,
                                         .write = write_log,
                                         .stray = stray,
                                         .end = end};

int local_start(struct local_run *run, struct world *w, const struct exec_virtual *v, uint32_t pd,
                const char *const *wrap, char *why, size_t why_bytes)
{
    char path[4096];

    assert(wrap == NULL); /* there is no domain here that a tool could be put around */
    assert((v == NULL) == (run->verbs != NULL));
    if (pd >= LOCAL_MAX) {
        snprintf(why, why_bytes, "run more than %u domains", LOCAL_MAX);
        return -E2BIG;
    }
    struct local *l = &run->locals[pd];
    if (v != NULL) {
        run->v = *v;
    }
    if (run->world == NULL) { /* others may run already, and look */
        run->world = w;
        run->guarded = w->confine;
    }
    local_watch(run, true);
    *l = (struct local){.run = run, .pd = pd};
    run->explores |= w->plan->pds[pd].explored;
    l->exec = run->verbs != NULL ? *run->verbs : verbs;
    l->exec.context = l;
    snprintf(path, sizeof path, "%s/%s.log", w->logs, w->plan->pds[pd].name);
    l->log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (l->log < 0) {
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
    return w->plan->pds[pd].kind == PD_DEVICE ? open_device(l, w, why, why_bytes)
                                              : load(l, w, why, why_bytes);
}

void local_stop(struct local_run *run, uint32_t pd)
{
    struct local *l = &run->locals[pd];

    if (run->verbs == NULL) {
        local_watch(run, false);
    }
    if (l->run == NULL) {
        return;
    }
    wire_close(&l->wire);
    image_unload(&l->domain.entry);
    registers_unback(&l->domain);
    free(l->memory);
    if (l->log >= 0) {
        close(l->log);
    }
    for (uint32_t i = 0; i < run->world->plan->map_count; i++) {
        const struct plan_map *map = &run->world->plan->maps[i];

        if (map->pd == pd) {
            munmap((void *)(uintptr_t)map->vaddr, run->world->plan->regions[map->region].bytes);
        }
    }
    *l = (struct local){0};
}

/* -- verbs -- */

void local_resume(void *state, uint32_t pd)
{
    struct local_run *run = state;

    go_on(run, NULL, pd);
}

uint64_t local_access(void *state, uint32_t pd, uint64_t now_ns, bool write, uint32_t offset,
                      unsigned bytes, uint64_t value)
{
    let_time_pass(state, now_ns * 1000);
    return station_access(((struct local_run *)state)->locals[pd].station, now_ns, write, offset,
                          bytes, value);
}

void local_step(void *state, uint32_t pd, uint64_t now_ns)
{
    let_time_pass(state, now_ns * 1000);
    station_step(((struct local_run *)state)->locals[pd].station, now_ns);
}

uint64_t local_next_ns(void *state, uint32_t pd, uint32_t *idle_write)
{
    return station_next(((struct local_run *)state)->locals[pd].station, idle_write);
}
