/* SPDX-License-Identifier: BSD-2-Clause */
/* Domains of this process: setting up, taking turns, and stopping those that stray. */
#include "sim/exec/local.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "sim/exec/stray.h"

#define WATCH_S 1 /* of processor time between two looks of the watchdog */

/* Signals know no context. */
static struct local_run *the_run;

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

static void go_on(struct local_run *run, struct local *from, uint32_t next)
{
    struct local *to = next == KERNEL_NONE ? NULL : &run->locals[next];

    if (to == from) {
        return;
    }
    if (to != NULL) {
        domain_current = &to->domain;
        run->inside = to;
    }
    run->go(run, from, to);
}

static void request(void *context)
{
    struct local *l = context;
    struct local_run *run = l->run;

    run->inside = NULL;
    if (!kernel_request(run->v.kernel, l->pd)) {
        go_on(run, l, kernel_next(run->v.kernel));
    }
    domain_current = &l->domain;
    run->inside = l;
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

static void write_log(void *context, const char *text, size_t bytes)
{
    while (bytes > 0) {
        ssize_t wrote = write(((struct local *)context)->log, text, bytes);

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
    struct local *l = context;

    l->domain.turn->request = TURN_END;
    request(l);
    abort(); /* nobody goes on with one that has ended */
}

void local_body(struct local *l)
{
    domain_run(&l->domain);
}

/* -- those that stray -- */

static void stop_stray(struct local_run *run, struct local *l, const struct stray *why)
{
    struct pd_page *page = l->domain.page;

    run->inside = NULL;
    page->death.signal = why->signal;
    page->death.vaddr = why->vaddr;
    page->death.pc = why->pc;
    atomic_store(&page->state, PD_DYING);
    kernel_died(run->v.kernel, l->pd);
    run->v.died(run->v.context, l->pd, why, 0);
    run->go(run, l, NULL);
    abort();
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    struct local_run *run = the_run;

    if (run == NULL || run->inside == NULL) {
        signal(number, SIG_DFL); /* it is our own, and happens again */
        return;
    }
    const struct stray why = stray_fault(number, info, context);

    stop_stray(run, run->inside, &why);
}

/* A domain whose clock has not moved since the last look, a whole second of work, spins. */
static void on_watch(int number)
{
    struct local_run *run = the_run;

    (void)number;
    if (run == NULL || run->inside == NULL) {
        return;
    }
    struct local *l = run->inside;
    uint64_t moved = l->domain.turn->now_ps ^ run->v.kernel->turns << 40;

    if (l->seen_ps == moved + 1) {
        stop_stray(run, l, &(struct stray){.signal = STRAY_SPINS, .vaddr = UINT64_MAX});
    }
    l->seen_ps = moved + 1;
}

static void watch(struct local_run *run, bool on)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
    static uint8_t stack[65536];
    const struct itimerval period = {.it_interval = {.tv_sec = on ? WATCH_S : 0},
                                     .it_value = {.tv_sec = on ? WATCH_S : 0}};
    struct sigaction fault = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER},
                     spin = {.sa_flags = SA_ONSTACK | SA_NODEFER | SA_RESTART};

    if (run->watching == on) {
        return;
    }
    run->watching = on;
    the_run = on ? run : NULL;
    if (on) {
        fault.sa_sigaction = on_fault;
        spin.sa_handler = on_watch;
    } else {
        fault.sa_handler = spin.sa_handler = SIG_DFL;
        fault.sa_flags = 0;
    }
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        sigaction(signals[i], &fault, NULL);
    }
    sigaction(SIGVTALRM, &spin, NULL);
    setitimer(ITIMER_VIRTUAL, &period, NULL);
}

/* -- starting and stopping -- */

static int load(struct local *l, const struct world *w, char *why, size_t why_bytes)
{
    const struct plan *plan = w->plan;
    char file[4096], reason[256];

    l->memory = calloc(1, moves_bytes(plan, l->pd));
    if (l->memory == NULL) {
        return -ENOMEM;
    }
    domain_init(&l->domain, plan, l->pd, &l->exec, l->memory);
    calls_virtual_init(&l->domain, l->run->v.platform, plan->pds[l->pd].asked->image);
    snprintf(file, sizeof file, "%s/%s.so", w->images, plan->pds[l->pd].name);
    if (!image_load(file, &l->domain.entry, reason, sizeof reason)) {
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
    }
    if (!station_init(l->memory, &l->domain, device->wire >= 0 ? &l->wire : NULL, &l->station)) {
        snprintf(why, why_bytes, "give %s more than %u DMA windows", device->name,
                 IOMMU_WINDOWS_MAX);
        return -E2BIG;
    }
    station_begin(l->station, l->run->v.platform);
    return 0;
}

int local_start(struct local_run *run, struct world *w, const struct exec_virtual *v, uint32_t pd,
                char *why, size_t why_bytes)
{
    char path[4096];

    if (pd >= LOCAL_MAX || v == NULL) {
        snprintf(why, why_bytes, "run more than %u domains", LOCAL_MAX);
        return -E2BIG;
    }
    struct local *l = &run->locals[pd];
    run->v = *v;
    run->world = w;
    watch(run, true);
    *l = (struct local){.run = run, .pd = pd};
    l->exec = (struct domain_exec){.context = l,
                                   .ring = ring,
                                   .block = block,
                                   .now = now,
                                   .stamp = now,
                                   .request = request,
                                   .line = line,
                                   .drain = drain,
                                   .write = write_log,
                                   .end = end};
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

    watch(run, false);
    if (l->run == NULL) {
        return;
    }
    wire_close(&l->wire);
    image_unload(&l->domain.entry);
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
    run->inside = NULL;
}

uint64_t local_access(void *state, uint32_t pd, uint64_t now_ns, bool write, uint32_t offset,
                      unsigned bytes, uint64_t value)
{
    return station_access(((struct local_run *)state)->locals[pd].station, now_ns, write, offset,
                          bytes, value);
}

void local_step(void *state, uint32_t pd, uint64_t now_ns)
{
    station_step(((struct local_run *)state)->locals[pd].station, now_ns);
}

uint64_t local_next_ns(void *state, uint32_t pd)
{
    return station_next(((struct local_run *)state)->locals[pd].station);
}

uint32_t local_idle_write(void *state, uint32_t pd)
{
    return station_idle_write(((struct local_run *)state)->locals[pd].station);
}
