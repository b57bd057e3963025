/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process becomes a domain: it maps what the plan gives it, loads its image or opens its wire, gives up
 * everything else, and runs. Whatever goes wrong on the way is left as text in its page, so that no domain
 * fails in silence.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "sim/exec/confine.h"
#include "sim/exec/domain.h"
#include "sim/exec/process.h"
#include "sim/exec/station.h"

#define EXIT_FAILED 3

static struct world *world;
static struct domain domain;

/* -- what the runtime needs of the host -- */

static void ring(void *context, uint32_t target)
{
    world_ring(context, target);
}

static uint64_t now(void *context)
{
    return clock_host_ns() - ((struct world *)context)->epoch_ns;
}

static uint64_t stamp(void *context)
{
    const struct world *w = context;

    return clock_host_fast_ns(&w->scale) - w->epoch_ns;
}

static void block(void *context, uint64_t deadline_ns)
{
    const struct world *w = context;
    int fd = w->doorbells[domain.pd];
    struct timespec left, *timeout = NULL;
    uint64_t rung;

    if (deadline_ns != DOMAIN_FOREVER) {
        uint64_t at = now(context);
        uint64_t wait_ns = deadline_ns > at ? deadline_ns - at : 0;

        left = (struct timespec){.tv_sec = (time_t)(wait_ns / 1000000000u),
                                 .tv_nsec = (long)(wait_ns % 1000000000u)};
        timeout = &left;
    }
    /* The doorbell does not block, so that one who rings never waits: ppoll does the waiting. */
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    if (read(fd, &rung, sizeof rung) > 0) {
        return;
    }
    if (ppoll(&wait, 1, timeout, NULL) > 0 && read(fd, &rung, sizeof rung) < 0) {
        return; /* somebody else's reading it is impossible; an early return is allowed */
    }
}

static void write_log(void *context, const char *text, size_t bytes)
{
    (void)context;
    while (bytes > 0) {
        ssize_t wrote = write(STDERR_FILENO, text, bytes);

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
    (void)context;
    _exit(0);
}

static struct domain_exec runtime = {
    .ring = ring, .block = block, .now = now, .stamp = stamp, .write = write_log, .end = end};

/* -- dying -- */

static void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

static void fail(const char *format, ...)
{
    struct pd_page *page = (struct pd_page *)(uintptr_t)world->plan->pds[domain.pd].page_vaddr;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(page->text, sizeof page->text, format, arguments);
    va_end(arguments);
    atomic_store(&page->state, PD_FAILED);
    _exit(EXIT_FAILED);
}

/* Leave word of what happened where, then die of it: the handler is gone when this returns. */
static void on_death(int signal, siginfo_t *info, void *context)
{
    struct pd_page *page = domain.page;
    const ucontext_t *user = context;

    page->death.signal = (uint32_t)signal;
    page->death.vaddr = signal == SIGSYS ? 0 : (uint64_t)(uintptr_t)info->si_addr;
#if defined(__x86_64__)
    page->death.pc = (uint64_t)user->uc_mcontext.gregs[REG_RIP];
#else
    page->death.pc = user->uc_mcontext.pc;
#endif
    page->death.call = signal == SIGSYS ? (uint32_t)info->si_syscall + 1 : 0;
    atomic_store(&page->state, PD_DYING);
    if (signal == SIGSYS) {
        syscall(SYS_getppid); /* refused as well, and nobody handles it now */
    }
}

static void watch_death(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
    static uint8_t stack[32768];
    struct sigaction action = {.sa_sigaction = on_death,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND};

    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        sigaction(signals[i], &action, NULL);
    }
}

/* -- becoming -- */

static void map_regions(uint32_t pd)
{
    const struct plan *plan = world->plan;

    /* Its page is its first map, so that whatever fails after it can say so. */
    for (uint32_t i = 0; i < plan->map_count; i++) {
        const struct plan_map *map = &plan->maps[i];
        int error = map->pd == pd ? world_map(world, map) : 0;

        if (error != 0 && map->region == plan->pds[pd].page) {
            _exit(EXIT_FAILED);
        }
        if (error != 0) {
            fail("cannot map %s at %#llx: %s", plan->regions[map->region].name,
                 (unsigned long long)map->vaddr, strerror(-error));
        }
    }
}

static int ascending(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* The doorbells a domain has business with: its own, its neighbours', its device's or driver's, the supervisor's. */
static struct confine find_doorbells(uint32_t pd)
{
    const struct plan *plan = world->plan;
    int *fds = calloc(plan->pd_count + 2u, sizeof *fds);
    bool *near = calloc(plan->pd_count, sizeof *near);
    struct confine c = {.wait = world->doorbells[pd], .write = fds};

    if (fds == NULL || near == NULL) {
        fail("out of memory");
    }
    for (uint32_t i = 0; i < plan->channel_count; i++) {
        const struct plan_end *ends = plan->channels[i].end;

        for (int side = 0; side < 2; side++) {
            if (ends[side].pd == pd && ends[1 - side].pd != PLAN_NONE) {
                near[ends[1 - side].pd] = true;
            }
        }
    }
    for (uint32_t i = 0; i < plan->device_count; i++) {
        near[plan->devices[i].pd] |= plan->devices[i].driver == pd;
        near[plan->devices[i].driver] |= plan->devices[i].pd == pd;
    }
    fds[c.write_count++] = world->doorbells[plan->pd_count];
    for (uint32_t i = 0; i < plan->pd_count; i++) {
        if (near[i] && i != pd) {
            fds[c.write_count++] = world->doorbells[i];
        }
    }
    free(near);
    return c;
}

static void shut_in(uint32_t pd)
{
    struct confine c = find_doorbells(pd);
    int *keep = calloc(c.write_count + 1, sizeof *keep);
    int error = keep == NULL ? -ENOMEM : 0;

    if (error == 0) {
        memcpy(keep, c.write, c.write_count * sizeof *keep);
        keep[c.write_count] = c.wait;
        qsort(keep, c.write_count + 1, sizeof *keep, ascending);
        c.keep = keep;
        c.keep_count = c.write_count + 1;
        error = confine_descriptors(&c);
    }
    if (error != 0) {
        fail("cannot close descriptors: %s", strerror(-error));
    }
}

static void lock(uint32_t pd)
{
    struct confine c = find_doorbells(pd);
    int error = world->confine ? confine_calls(&c) : 0;

    if (error != 0) {
        fail("cannot load the system-call filter: %s", strerror(-error));
    }
    domain.page->confined = world->confine;
}

static void give_up_root(void)
{
    int error = world->confine ? confine_identity() : 0;

    if (error != 0) {
        fail("cannot give up privileges: %s", strerror(-error));
    }
}

static void run_image(uint32_t pd) __attribute__((noreturn));

static void run_image(uint32_t pd)
{
    const struct plan_pd *p = &world->plan->pds[pd];
    void *memory = calloc(1, moves_bytes(world->plan, pd));
    char why[160], file[4096];

    if (memory == NULL) {
        fail("out of memory");
    }
    domain_init(&domain, world->plan, pd, &runtime, memory);
    /* Giving up root may take away the way to the image, so it is loaded from the folder it lies in. */
    if (chdir(world->images) != 0) {
        fail("cannot enter %s: %s", world->images, strerror(errno));
    }
    shut_in(pd);
    give_up_root();
    snprintf(file, sizeof file, "%s/%s.so", world->images, p->name);
    if (access(file, R_OK) != 0) {
        snprintf(file, sizeof file, "./%s.so", p->name);
    }
    if (!image_load(file, &domain.entry, why, sizeof why) || chdir("/") != 0) {
        fail("cannot load its image: %s", why);
    }
    lock(pd);
    domain_run(&domain);
}

static void run_device(uint32_t pd) __attribute__((noreturn));

static void run_device(uint32_t pd)
{
    const struct plan *plan = world->plan;
    const struct plan_device *device = &plan->devices[plan->pds[pd].device];
    void *memory = calloc(1, station_bytes(plan, plan->pds[pd].device));
    struct wire_world clients = world_clients(plan, device);
    static struct wire wire;
    struct station *station;
    char why[WIRE_WHY_BYTES];

    if (memory == NULL) {
        fail("out of memory");
    }
    domain_init(&domain, plan, pd, &runtime, NULL);
    if (device->wire >= 0 && wire_open(&wire, &plan->scenario->wires[device->wire], &clients,
                                       &domain.page->device.wire, why) != 0) {
        fail("%s", why);
    }
    if (!station_init(memory, &domain, device->wire >= 0 ? &wire : NULL, &station)) {
        fail("more than %u DMA windows", IOMMU_WINDOWS_MAX);
    }
    shut_in(pd);
    give_up_root();
    lock(pd);
    station_run(station);
}

void process_become(struct world *w, uint32_t pd)
{
    world = w;
    runtime.context = w;
    domain.pd = pd;
    map_regions(pd);
    domain.page = (struct pd_page *)(uintptr_t)w->plan->pds[pd].page_vaddr;
    watch_death();
    if (w->plan->pds[pd].kind == PD_DEVICE) {
        run_device(pd);
    }
    run_image(pd);
}
