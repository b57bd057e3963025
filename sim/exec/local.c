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
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "sim/exec/stray.h"

#define WATCH_S       1 /* of processor time between two looks of the watchdog */
#define HEAP_MORE_MAX (64u << 20)
#define LOG_BYTES_MAX (64u << 20)

/* Signals know no context. */
static struct local_run *the_run;

/* From here to leave(), whatever goes wrong is this domain's doing. */
static void enter(struct local *l)
{
    domain_current = &l->domain;
    l->run->inside = l;
    stray_inside = l->run->guarded;
}

static void leave(struct local_run *run)
{
    stray_inside = false;
    run->inside = NULL;
}

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

/* How much of it has been written; less than all when the log is long enough, as in a process. */
static size_t append(struct local *l, const char *text, size_t bytes)
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
    append(l, text, bytes);
    if (inside != NULL) {
        enter(inside);
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

static void stop_stray(struct local_run *run, struct local *l, const struct stray *why, int status)
    __attribute__((noreturn));

void local_body(struct local *l)
{
    l->thread = (pid_t)syscall(SYS_gettid);
    if (l->stillborn) {
        stop_stray(l->run, l, &l->why, l->status);
    }
    enter(l);
    domain_run(&l->domain);
}

/* -- those that stray -- */

/* Before the run has begun there is nobody to go on with but whoever loads it. */
static void stop_stray(struct local_run *run, struct local *l, const struct stray *why, int status)
{
    struct pd_page *page = l->domain.page;

    leave(run);
    if (run->loading != NULL) {
        l->stillborn = true;
        l->why = *why;
        l->status = status;
        siglongjmp(*run->loading, 1);
    }
    page->death.signal = why->signal;
    page->death.vaddr = why->vaddr;
    page->death.pc = why->pc;
    atomic_store(&page->state, PD_DYING);
    kernel_died(run->v.kernel, l->pd);
    run->v.died(run->v.context, l->pd, why, status);
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

    stop_stray(run, run->inside, &why, 0);
}

/* -- system calls of an image -- */

static void leave_by_itself(struct local_run *run, int status) __attribute__((noreturn));

/* Running, a domain has one way out: an end that tells of no failure. */
static void leave_by_itself(struct local_run *run, int status)
{
    struct stray why = {.vaddr = UINT64_MAX};

    if (status != 0 && run->loading == NULL) {
        why = (struct stray){.signal = SIGSYS, .vaddr = SYS_exit_group};
        status = 0;
    }
    stop_stray(run, run->inside, &why, status);
}

#if defined(__x86_64__)
struct call {
    long number, result;
    unsigned long a[6];
};

static bool do_it(struct call *call)
{
    const unsigned long *a = call->a;

    call->result = syscall(call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
    call->result = call->result == -1 ? -errno : call->result;
    return true;
}

/* The heap can only grow, up to a limit. */
static long grow_heap(const struct local_run *run, uintptr_t wanted)
{
    return syscall(SYS_brk, wanted > run->heap_limit ? 0ul : wanted);
}

/* What a process may do that has nothing but its memory and its log. False: it may not. */
static bool grant(struct local *l, struct call *call)
{
    switch (call->number) {
    case SYS_write:
        if (call->a[0] != STDOUT_FILENO && call->a[0] != STDERR_FILENO) {
            return false;
        }
        call->result = (long)append(l, (const char *)call->a[1], call->a[2]);
        call->result = call->result == 0 && call->a[2] != 0 ? -EFBIG : call->result;
        return true;
    case SYS_brk:
        call->result = grow_heap(l->run, call->a[0]);
        return true;
    case SYS_getpid:
    case SYS_gettid:
    case SYS_sched_yield:
        return do_it(call);
    case SYS_rt_sigprocmask: /* abort() opens what nobody closes, and the watchdog stays */
        call->result = 0;
        return true;
    case SYS_tgkill:
        return (pid_t)call->a[0] == getpid() && do_it(call);
    default:
        return false;
    }
}

/* What the loader does, and so constructors may: read files, and arrange memory. */
static bool grant_loading(struct call *call)
{
    switch (call->number) {
    case SYS_openat:
        return (call->a[2] & (O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))) ==
                   O_RDONLY &&
               do_it(call);
    case SYS_read:
    case SYS_pread64:
    case SYS_close:
    case SYS_fstat:
    case SYS_newfstatat:
    case SYS_lseek:
    case SYS_mmap:
    case SYS_munmap:
    case SYS_mprotect:
    case SYS_mremap:
    case SYS_madvise:
    case SYS_getcwd:
    case SYS_getrandom:
        return do_it(call);
    default:
        return false;
    }
}

static void on_call(int number, siginfo_t *info, void *context)
{
    struct local_run *run = the_run;
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

    if (run == NULL || run->inside == NULL || info->si_code <= 0) {
        on_fault(number, info, context);
        return;
    }
    struct local *l = run->inside;
    struct stray why = stray_fault(number, info, context);
    struct call call = {.number = why.vaddr == UINT64_MAX ? -1 : (long)why.vaddr,
                        .a = {(unsigned long)registers[REG_RDI], (unsigned long)registers[REG_RSI],
                              (unsigned long)registers[REG_RDX], (unsigned long)registers[REG_R10],
                              (unsigned long)registers[REG_R8], (unsigned long)registers[REG_R9]}};
    int before = errno;

    stray_inside = false;
    if (call.number == SYS_exit_group) {
        leave_by_itself(run, (int)call.a[0]);
    }
    if (why.signal != SIGSYS ||
        (!grant(l, &call) && (run->loading == NULL || !grant_loading(&call)))) {
        stop_stray(run, l, &why, 0);
    }
    registers[REG_RAX] = call.result;
    errno = before;
    stray_inside = true;
}
#else
static void on_call(int number, siginfo_t *info, void *context)
{
    on_fault(number, info, context);
}
#endif

/* exit() before it does anything that ends the program. */
static void on_program_exit(int status, void *context)
{
    (void)context;
    if (the_run != NULL && the_run->inside != NULL) {
        leave_by_itself(the_run, status);
    }
}

/* A domain whose clock has not moved since the last look, a whole second of work, spins. */
static void on_watch(int number)
{
    struct local_run *run = the_run;
    struct local *l = run == NULL ? NULL : run->inside;

    if (l == NULL) {
        return;
    }
    bool here = run->guarded ? stray_inside : syscall(SYS_gettid) == l->thread;

    if (!here) {
        /* Another's thread, or its own just before or after the image: then it does not spin. */
        if (syscall(SYS_gettid) != l->thread) {
            syscall(SYS_tgkill, getpid(), l->thread, number);
        }
        return;
    }
    uint64_t moved = l->domain.turn->now_ps ^ run->v.kernel->turns << 40;

    if (l->seen_ps == moved + 1) {
        stop_stray(run, l, &(struct stray){.signal = STRAY_SPINS, .vaddr = UINT64_MAX}, 0);
    }
    l->seen_ps = moved + 1;
}

void local_guard(struct local_run *run, bool on)
{
    if (run->guarded) {
        stray_guard_calls(on);
    }
}

static void listen_for_exit(void)
{
    static bool listens;

    if (!listens) {
        listens = on_exit(on_program_exit, NULL) == 0;
    }
}

static void watch(struct local_run *run, bool on)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT};
    static uint8_t stack[65536];
    const struct itimerval period = {.it_interval = {.tv_sec = on ? WATCH_S : 0},
                                     .it_value = {.tv_sec = on ? WATCH_S : 0}};
    struct sigaction fault = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER},
                     call = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER},
                     spin = {.sa_flags = SA_ONSTACK | SA_NODEFER | SA_RESTART};

    if (run->watching == on) {
        return;
    }
    run->watching = on;
    the_run = on ? run : NULL;
    if (on) {
        fault.sa_sigaction = on_fault;
        call.sa_sigaction = on_call;
        spin.sa_handler = on_watch;
        run->heap_limit = (uintptr_t)sbrk(0) + HEAP_MORE_MAX;
        listen_for_exit();
    } else {
        fault.sa_handler = call.sa_handler = spin.sa_handler = SIG_DFL;
        fault.sa_flags = call.sa_flags = 0;
    }
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        sigaction(signals[i], &fault, NULL);
    }
    sigaction(SIGSYS, &call, NULL);
    sigaction(SIGVTALRM, &spin, NULL);
    local_guard(run, on);
    setitimer(ITIMER_VIRTUAL, &period, NULL);
}

/* -- starting and stopping -- */

/* Constructors are the image's as well. False, with the reason, if the loader refuses it. */
static bool load_image(struct local *l, const char *file, char *reason, size_t reason_bytes)
{
    sigjmp_buf strayed;
    volatile bool loaded = true;

    if (sigsetjmp(strayed, 1) == 0) {
        l->run->loading = &strayed;
        l->thread = (pid_t)syscall(SYS_gettid);
        stray_forbid_clock(true);
        enter(l);
        loaded = image_load(file, &l->domain.entry, reason, reason_bytes);
    }
    leave(l->run);
    stray_forbid_clock(false);
    l->run->loading = NULL;
    return loaded;
}

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
    run->guarded = w->confine;
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
