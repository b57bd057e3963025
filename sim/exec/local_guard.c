/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What comes of it when an image that lives in this process does more than compute: a fault, a
 * clock that stands still, a way out, and anything else a domain may not do, stop it where it
 * stands; the few system calls that are for domains are carried out for it. All of it arrives as
 * signals, which is why this room knows of no more than one run; on the host's clock it is the
 * thread a signal comes to that says whose image it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "sim/exec/local_parts.h"
#include "sim/exec/stack.h"
#include "sim/exec/trap.h"

#define WATCH_S       1 /* of processor time between two looks of the watchdog */
#define HEAP_MORE_MAX (64u << 20)

/* Signals know no context. */
static struct local_run *the_run;

/* Whose image runs on this thread; NULL: none's. */
static struct local *inside(const struct local_run *run)
{
    return run == NULL ? NULL : run->verbs == NULL ? run->inside : local_here;
}

void local_stray(struct local_run *run, struct local *l, const struct stray *why, int status)
{
    struct pd_page *page = l->domain.page;

    if (run->verbs != NULL && l->loading == NULL) {
        stray_inside = false;
        run->strayed(l, why, status);
        abort();
    }
    leave(run);
    if (l->loading != NULL) {
        l->stillborn = true;
        l->why = *why;
        l->status = status;
        siglongjmp(*l->loading, 1);
    }
    page->death.signal = why->signal;
    page->death.vaddr = why->vaddr;
    page->death.pc = why->pc;
    stack_leave(&page->death.stack, &l->domain, why);
    atomic_store(&page->state, PD_DYING);
    kernel_died(run->v.kernel, l->pd);
    run->v.died(run->v.context, l->pd, why, status);
    run->go(run, l, NULL);
    abort();
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    struct local *l = inside(the_run);

    if (l == NULL) {
        signal(number, SIG_DFL); /* it is our own, and happens again */
        return;
    }
    const struct stray why = stray_fault(number, info, context);

    if (number == SIGSEGV && l->run->traps) {
        if (trap_access(&l->domain, info, context)) {
            return;
        }
    } else if (number == SIGSEGV) {
        trap_refuse(&l->domain, info, context);
    }
    local_stray(l->run, l, &why, 0);
}

/* -- system calls of an image -- */

static void leave_by_itself(struct local *l, int status) __attribute__((noreturn));

/* Running, a domain has one way out: an end that tells of no failure. */
static void leave_by_itself(struct local *l, int status)
{
    struct stray why = {.vaddr = UINT64_MAX};

    if (status != 0 && l->loading == NULL) {
        why = (struct stray){.signal = SIGSYS, .vaddr = SYS_exit_group};
        status = 0;
    }
    local_stray(l->run, l, &why, status);
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
        call->result = (long)local_append(l, (const char *)call->a[1], call->a[2]);
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
        return (pid_t)call->a[0] == getpid() && (pid_t)call->a[1] == gettid() && do_it(call);
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
    struct local *l = inside(the_run);
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

    if (l == NULL || info->si_code <= 0) {
        on_fault(number, info, context);
        return;
    }
    struct stray why = stray_fault(number, info, context);
    struct call call = {.number = why.vaddr == UINT64_MAX ? -1 : (long)why.vaddr,
                        .a = {(unsigned long)registers[REG_RDI], (unsigned long)registers[REG_RSI],
                              (unsigned long)registers[REG_RDX], (unsigned long)registers[REG_R10],
                              (unsigned long)registers[REG_R8], (unsigned long)registers[REG_R9]}};
    int before = errno;

    stray_inside = false;
    if (call.number == SYS_exit_group) {
        leave_by_itself(l, (int)call.a[0]);
    }
    if (why.signal != SIGSYS ||
        (!grant(l, &call) && (l->loading == NULL || !grant_loading(&call)))) {
        local_stray(l->run, l, &why, 0);
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
    if (inside(the_run) != NULL) {
        leave_by_itself(inside(the_run), status);
    }
}

/* On the host's clock: a domain that does not end by itself is to end now. */
static void on_stop(int number)
{
    struct local *l = inside(the_run);

    (void)number;
    if (l != NULL) {
        the_run->told(l);
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
    uint64_t stands = exec_stands(&run->v, l->domain.turn);

    if (l->stood == stands + 1) {
        local_stray(run, l, &(struct stray){.signal = STRAY_SPINS, .vaddr = UINT64_MAX}, 0);
    }
    l->stood = stands + 1;
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

void local_watch(struct local_run *run, bool on)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT};
    static uint8_t stack[65536];
    const time_t every_s = on && run->verbs == NULL ? WATCH_S : 0;
    const struct itimerval period = {.it_interval = {.tv_sec = every_s},
                                     .it_value = {.tv_sec = every_s}};
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
        spin.sa_handler = run->verbs == NULL ? on_watch : on_stop;
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
