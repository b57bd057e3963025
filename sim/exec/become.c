/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process becomes a domain: it maps what the plan gives it, loads its image or opens its wire,
 * gives up everything else, and runs. Whatever goes wrong on the way is left as text in its page,
 * so that no domain fails in silence.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sim/exec/bell.h"
#include "sim/exec/confine.h"
#include "sim/exec/domain.h"
#include "sim/exec/process.h"
#include "sim/exec/registers.h"
#include "sim/exec/stack.h"
#include "sim/exec/station.h"
#include "sim/exec/stray.h"
#include "sim/exec/trap.h"

#define EXIT_FAILED   CONFINE_EXIT_FAILED
#define HEAP_MORE_MAX (64u << 20) /* what an image may take beside its regions */
#define LOG_BYTES_MAX (64u << 20)
#define STATM_DATA    6u /* which column of /proc/PID/statm counts private memory, in pages */

static struct world *world;
static struct domain domain;
static const struct platform *platform; /* NULL: the host's clock */
static pid_t self;
static struct bell bell;
static struct wire wire; /* of a device that has one */

/* -- what the runtime needs of the host -- */

static void ring(void *context, uint32_t target)
{
    if (!world_polls(context, target)) {
        world_ring(context, target);
    }
}

static void relax(void *context)
{
    world_relax(context, domain.pd);
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
    (void)context;
    bell_listen(&bell, deadline_ns);
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

/* -- in virtual time: whoever has the baton runs -- */

static void ring_nobody(void *context, uint32_t target)
{
    (void)context;
    (void)target;
}

static void request(void *context)
{
    (void)context;
    baton_give_kernel(&domain.page->baton);
    baton_await_domain(&domain.page->baton);
}

static uint64_t now_virtual(void *context)
{
    (void)context;
    return domain.turn->now_ps / 1000;
}

static void end_virtual(void *context) __attribute__((noreturn));

static void end_virtual(void *context)
{
    (void)context;
    domain.turn->request = TURN_END;
    baton_give_kernel(&domain.page->baton);
    _exit(0);
}

static uint64_t now_of_order(void *context)
{
    (void)context;
    return domain.page->order.now_ns;
}

static void drain_in_order(void *context)
{
    (void)context;
    domain.page->order.drain = 1;
    baton_give_kernel(&domain.page->baton);
    baton_await_domain(&domain.page->baton);
}

static void line_in_order(void *context, unsigned number, bool level)
{
    struct device_order *o = &domain.page->order;

    (void)context;
    if (o->line_count < BATON_LINES_MAX) {
        o->lines[o->line_count].number = (uint8_t)number;
        o->lines[o->line_count++].level = level;
    }
}

static void serve_orders(struct station *s) __attribute__((noreturn));

static void serve_orders(struct station *s)
{
    struct device_order *o = &domain.page->order;

    for (;;) {
        baton_await_domain(&domain.page->baton);
        o->line_count = 0;
        o->drain = 0;
        switch (o->kind) {
        case ORDER_STEP:
            station_step(s, o->now_ns);
            break;
        case ORDER_READ:
        case ORDER_WRITE:
            o->answer =
                station_access(s, o->now_ns, o->kind == ORDER_WRITE, o->offset, o->bytes, o->value);
            break;
        default:
            break;
        }
        o->next_ns = station_next(s, &o->idle_write);
        o->drain = 0;
        baton_give_kernel(&domain.page->baton);
    }
}

/* For real, so that it is the MMU that answers; a write that nothing stops changes nothing. */
static __attribute__((no_sanitize("address", "undefined"))) void stray(void *context,
                                                                       uint64_t vaddr, bool write)
{
    uint8_t *place = (uint8_t *)(uintptr_t)vaddr;

    (void)context;
    if (write) {
        __atomic_fetch_or(place, 0, __ATOMIC_SEQ_CST);
    } else {
        (void)*(volatile uint8_t *)place;
    }
}

static struct domain_exec runtime = {.ring = ring,
                                     .block = block,
                                     .relax = relax,
                                     .now = now,
                                     .stamp = stamp,
                                     .write = write_log,
                                     .stray = stray,
                                     .end = end};

/* -- dying -- */

static void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

static void fail(const char *format, ...)
{
    char text[sizeof domain.page->text];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (domain.page != NULL) {
        memcpy(domain.page->text, text, sizeof text);
        atomic_store(&domain.page->state, PD_FAILED);
    } else {
        fprintf(stderr, "%s\n", text); /* the end of its log is looked at as well */
    }
    _exit(EXIT_FAILED);
}

static bool traps; /* SIGSEGV may be an access of a register */

/* Leave word of what happened where, then die of it: the handler is gone when this returns. */
static void on_death(int signal, siginfo_t *info, void *context)
{
    struct pd_page *page = domain.page;
    const struct stray why = stray_fault(signal, info, context);

    if (signal == SIGSEGV && trap_access(&domain, info, context)) {
        return;
    }
    page->death.signal = why.signal;
    page->death.vaddr = why.vaddr;
    page->death.pc = why.pc;
    stack_leave(&page->death.stack, &domain, &why);
    if (info->si_code > 0 && signal == SIGSYS) {
        page->death.vaddr = UINT64_MAX;
        page->death.call = (uint32_t)info->si_syscall + 1;
    }
    atomic_store(&page->state, PD_DYING);
    if (signal == SIGSEGV && traps) {
        trap_die(info, context);
    } else if (info->si_code <= 0 || signal == SIGSYS || signal == SIGTRAP) {
        /* Nothing would raise it again, so we do. */
        syscall(SYS_tgkill, self, self, signal);
    }
}

/* Its register accesses are faults, after which it goes on; so one that it dies of has to be told
 * apart (trap.h). A handler cannot be changed any more once it is confined. */
static void watch_registers(void)
{
    struct sigaction action = {.sa_sigaction = on_death, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    traps = trap_wanted(&domain);
    if (traps) {
        sigaction(SIGSEGV, &action, NULL);
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

/* The doorbells a domain has business with: its own, its neighbours', its device's or driver's, the
 * supervisor's. */
static struct confine find_doorbells(uint32_t pd)
{
    const struct plan *plan = world->plan;
    int *fds = calloc(plan->pd_count + 2u, sizeof *fds);
    bool *near = calloc(plan->pd_count, sizeof *near);
    struct confine c = {
        .bells = bell.both, .timer = bell.timer, .ring = fds, .ring_word = &world_one_ring};

    if (platform != NULL) {
        c.baton = &domain.page->baton.holder;
    }
    if (wire_descriptor(&wire) >= 0) {
        c.wire = wire_descriptor(&wire);
    }

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
    fds[c.ring_count++] = world->doorbells[plan->pd_count];
    for (uint32_t i = 0; i < plan->pd_count; i++) {
        if (near[i] && i != pd) {
            fds[c.ring_count++] = world->doorbells[i];
        }
    }
    free(near);
    return c;
}

static void shut_in(uint32_t pd)
{
    struct confine c = find_doorbells(pd);
    size_t count = c.ring_count + 3 + (c.wire != 0);
    int *keep = calloc(count, sizeof *keep);
    int error = keep == NULL ? -ENOMEM : 0;

    if (error == 0) {
        memcpy(keep, c.ring, c.ring_count * sizeof *keep);
        keep[c.ring_count] = c.bells;
        keep[c.ring_count + 1] = c.timer;
        keep[c.ring_count + 2] = world->doorbells[pd];
        if (c.wire != 0) {
            keep[c.ring_count + 3] = c.wire;
        }
        qsort(keep, count, sizeof *keep, ascending);
        c.keep = keep;
        c.keep_count = count;
        error = confine_descriptors(&c);
    }
    free(keep);
    free((void *)(uintptr_t)c.ring);
    if (error != 0) {
        fail("cannot close descriptors: %s", strerror(-error));
    }
}

static void lock(uint32_t pd, int (*filter)(const struct confine *))
{
    struct confine c = find_doorbells(pd);
    int error = world->confine ? filter(&c) : 0;

    free((void *)(uintptr_t)c.ring);
    if (error != 0) {
        fail("cannot load the system-call filter: %s", strerror(-error));
    }
    domain.page->confined = world->confine;
}

/* Lower a limit; never raise what the user allowed. */
static void set_limit(int what, rlim_t limit)
{
    struct rlimit now;

    if (getrlimit(what, &now) == 0 && limit < now.rlim_cur) {
        setrlimit(what, &(struct rlimit){limit, limit});
    }
}

/* A domain that takes memory or fills its log without end would take both from all others. */
static void limit_growth(void)
{
    char text[128] = "", *at = text;
    unsigned long data_pages = 0;
    FILE *statm = fopen("/proc/self/statm", "re");

    if (statm != NULL && fgets(text, sizeof text, statm) != NULL) {
        for (unsigned column = 0; column < STATM_DATA; column++) {
            data_pages = strtoul(at, &at, 10);
        }
        set_limit(RLIMIT_DATA, (rlim_t)data_pages * PLAN_PAGE_BYTES + HEAP_MORE_MAX);
    }
    if (statm != NULL) {
        fclose(statm);
    }
    set_limit(RLIMIT_FSIZE, LOG_BYTES_MAX);
}

static void give_up_root(void)
{
    int error = 0;

    if (world->confine) {
        limit_growth();
        error = confine_identity(world->supervisor);
    }
    if (error != 0) {
        fail("cannot give up privileges: %s", strerror(-error));
    }
}

static void load_image(uint32_t pd)
{
    char why[160], file[4096];

    /* Giving up root may take away the way to the image, so it is loaded from the folder it lies
     * in. */
    snprintf(file, sizeof file, "%s/%s.so", world->images, world->plan->pds[pd].name);
    if (access(file, R_OK) != 0) {
        snprintf(file, sizeof file, "./%s.so", world->plan->pds[pd].name);
    }
    lock(pd, confine_loading);
    if (!image_load(file, &domain.entry, why, sizeof why)) {
        fail("cannot load its image: %s", why);
    }
    if (chdir("/") != 0) {
        fail("cannot leave %s: %s", world->images, strerror(errno));
    }
    shut_in(pd); /* what the image has opened as it was loaded */
}

static void forbid_clock(void)
{
    if (platform != NULL) {
        stray_forbid_clock(true);
    }
}

static void run_image(uint32_t pd) __attribute__((noreturn));

static void run_image(uint32_t pd)
{
    void *memory = calloc(1, domain_bytes(world->plan, pd));

    if (memory == NULL) {
        fail("out of memory");
    }
    domain_init(&domain, world->plan, pd, &runtime, memory);
    if (platform != NULL) {
        calls_virtual_init(&domain, platform, world->plan->pds[pd].asked->image);
    }
    domain.polls = platform == NULL && world_polls(world, pd);
    domain.bursts = domain.polls && world->spread;
    domain_current = &domain; /* constructors of the image may want to say something */
    int error = registers_back(&domain);
    if (error != 0) {
        fail("cannot map memory for registers: %s", strerror(-error));
    }
    watch_registers();
    if (chdir(world->images) != 0) {
        fail("cannot enter %s: %s", world->images, strerror(errno));
    }
    shut_in(pd);
    give_up_root();
    forbid_clock();
    load_image(pd);
    lock(pd, confine_calls);
    if (platform != NULL) {
        baton_await_domain(&domain.page->baton);
    }
    domain_run(&domain);
}

static void connect_wire(const struct plan_device *device)
{
    const struct plan *plan = world->plan;
    struct wire_world clients = world_clients(plan, device);
    char why[WIRE_WHY_BYTES];
    int error = wire_open(&wire, &plan->scenario->wires[device->wire], &clients,
                          &domain.page->device.wire, why);

    if (error != 0) {
        fail("%s", why);
    }
    error = wire_descriptor(&wire) < 0 ? 0 : bell_hear(&bell, wire_descriptor(&wire));
    if (error != 0) {
        fail("cannot wait for its wire: %s", strerror(-error));
    }
}

static void run_device(uint32_t pd) __attribute__((noreturn));

static void run_device(uint32_t pd)
{
    const struct plan *plan = world->plan;
    const struct plan_device *device = &plan->devices[plan->pds[pd].device];
    void *memory = calloc(1, station_bytes(plan, plan->pds[pd].device));
    struct station *station;

    if (memory == NULL) {
        fail("out of memory");
    }
    domain_init(&domain, plan, pd, &runtime, NULL);
    domain.polls = platform == NULL && world_polls(world, pd);
    domain.bursts = domain.polls && world->spread;
    if (device->wire >= 0) {
        connect_wire(device);
    }
    if (!station_init(memory, &domain, device->wire >= 0 ? &wire : NULL, &station)) {
        fail("more than %u DMA windows", IOMMU_WINDOWS_MAX);
    }
    shut_in(pd);
    give_up_root();
    forbid_clock();
    lock(pd, confine_calls);
    if (platform != NULL) {
        station_begin(station, platform);
        serve_orders(station);
    }
    station_run(station);
}

/* In virtual time nobody rings and nobody sleeps; the host's clock is no clock. */
static void become_virtual(bool device)
{
    runtime.ring = ring_nobody;
    runtime.now = runtime.stamp = device ? now_of_order : now_virtual;
    runtime.request = request;
    runtime.line = line_in_order;
    runtime.drain = drain_in_order;
    runtime.end = end_virtual;
}

void process_become(struct world *w, uint32_t pd, const struct platform *costs)
{
    world = w;
    platform = costs;
    self = getpid();
    runtime.context = w;
    domain.pd = pd;
    map_regions(pd);
    if (platform != NULL) {
        become_virtual(w->plan->pds[pd].kind == PD_DEVICE);
    }
    watch_death();
    int error = bell_hang(&bell, w->doorbells[pd], w->epoch_ns);
    if (error != 0) {
        fail("cannot wait for its doorbell: %s", strerror(-error));
    }
    if (w->plan->pds[pd].kind == PD_DEVICE) {
        run_device(pd);
    }
    run_image(pd);
}
