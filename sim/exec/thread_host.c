/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread's way from its first instruction to its last. It is begun with all signals held, settles
 * on its core, and runs its domain until that ends, strays, or is told to go: each of these comes
 * back to the one place where the thread was begun, leaves word of how it ended, and rings the
 * supervisor, which takes the thread and all that was its domain's away.
 *
 * While an image runs, system calls are its own, and most are not for domains (local_guard.c); so
 * whatever the runtime asks the host for it asks as itself.
 */
#include "sim/exec/thread_host.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sim/exec/bell.h"
#include "sim/exec/local.h"
#include "sim/exec/stack.h"

#define STACK_BYTES        (512u * 1024u)
#define SIGNAL_STACK_BYTES (64u * 1024u)
#define STOP_SIGNAL        SIGVTALRM /* as local_guard.c has it */

enum life { LIFE_NONE, LIFE_RUNS, LIFE_ENDED };

struct host_thread {
    struct local *l;
    pthread_t thread;
    _Atomic uint32_t life;
    struct exec_end end; /* once it has ended */
    sigjmp_buf out;      /* from wherever it stands */
    stack_t before;      /* a sanitizer's own signal stack, which it takes away at the end */
    _Alignas(16) uint8_t signal_stack[SIGNAL_STACK_BYTES];
};

struct thread_host {
    struct local_run run;
    uint32_t count;                         /* of those that were begun and not taken away */
    struct host_thread *threads[LOCAL_MAX]; /* by domain; NULL: never begun */
    struct bell *bells;                     /* by domain, hung before anybody is begun */
    uint32_t bell_count;
};

/* -- what a domain needs of the host -- */

/* Between these two, system calls are the runtime's. */
static char step_out(void)
{
    char inside = stray_inside;

    stray_inside = false;
    return inside;
}

static void step_in(char inside)
{
    stray_inside = inside;
}

static struct host_thread *thread_of(const struct local *l)
{
    return l->way;
}

static void ring(void *context, uint32_t target)
{
    const struct local *l = context;
    char inside = step_out();

    world_ring(l->run->world, target);
    step_in(inside);
}

static void block(void *context, uint64_t deadline_ns)
{
    const struct local *l = context;
    char inside = step_out();

    bell_wait(world_bell(l->run->world, l->pd), deadline_ns);
    step_in(inside);
}

static uint64_t now(void *context)
{
    char inside = step_out(); /* where the kernel has no clock that programs can read */
    uint64_t now_ns = clock_host_ns() - ((const struct local *)context)->run->world->epoch_ns;

    step_in(inside);
    return now_ns;
}

static uint64_t stamp(void *context)
{
    const struct world *w = ((const struct local *)context)->run->world;

    return clock_host_fast_ns(&w->scale) - w->epoch_ns;
}

static void write_log(void *context, const char *text, size_t bytes)
{
    char inside = step_out();

    local_append(context, text, bytes);
    step_in(inside);
}

/* The place may well be mapped, for somebody else: what an MMU would say is said for it. */
static void stray(void *context, uint64_t vaddr, bool write)
{
    struct local *l = context;

    (void)write;
    local_stray(l->run, l, &(struct stray){.signal = SIGSEGV, .vaddr = vaddr}, 0);
}

static void leave(struct host_thread *t, int signal, int status) __attribute__((noreturn));

static void leave(struct host_thread *t, int signal, int status)
{
    stray_inside = false;
    t->end.signal = signal;
    t->end.status = status;
    siglongjmp(t->out, 1);
}

static void end(void *context) __attribute__((noreturn));

static void end(void *context)
{
    leave(thread_of(context), 0, 0);
}

static const struct domain_exec verbs = {.ring = ring,
                                         .block = block,
                                         .now = now,
                                         .stamp = stamp,
                                         .write = write_log,
                                         .stray = stray,
                                         .end = end};

/* Leave the word that a process would, unless it is the end for all. */
static void strayed(struct local *l, const struct stray *why, int status)
{
    struct pd_page *page = l->domain.page;

    if (why->signal != 0 && why->signal != SIGKILL) {
        page->death.signal = why->signal;
        page->death.vaddr = why->signal == SIGSYS ? UINT64_MAX : why->vaddr;
        page->death.pc = why->pc;
        page->death.call = why->signal == SIGSYS ? (uint32_t)why->vaddr + 1 : 0;
        stack_leave(&page->death.stack, &l->domain, why);
        atomic_store(&page->state, PD_DYING);
    }
    leave(thread_of(l), (int)why->signal, status);
}

/* -- a thread -- */

static void settle_in(const struct host_thread *t)
{
    const struct world *w = t->l->run->world;
    cpu_set_t cpus;

    prctl(PR_SET_NAME, w->plan->pds[t->l->pd].name, 0, 0, 0);
    if (w->cpus[t->l->pd] >= 0) {
        CPU_ZERO(&cpus);
        CPU_SET((unsigned)w->cpus[t->l->pd], &cpus);
        sched_setaffinity(0, sizeof cpus, &cpus);
    }
    /* A batch domain is not pre-empted by whom it wakes, so each does all its work before the next
     * begins. */
    sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0});
}

/* Faults, and being told to go. */
static void open_signals(bool open)
{
    static const int signals[] = {SIGSEGV, SIGBUS,  SIGILL, SIGFPE,
                                  SIGTRAP, SIGABRT, SIGSYS, STOP_SIGNAL};
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        sigaddset(&set, signals[i]);
    }
    pthread_sigmask(open ? SIG_UNBLOCK : SIG_BLOCK, &set, NULL);
}

static void run_domain(struct local *l)
{
    domain_current = &l->domain;
    if (l->stillborn) {
        local_stray(l->run, l, &l->why, l->status);
    }
    if (l->station != NULL) {
        station_run(l->station);
    }
    local_guard(l->run, true);
    stray_inside = l->run->guarded;
    domain_run(&l->domain);
}

static void *body(void *argument)
{
    struct host_thread *t = argument;
    const stack_t own = {.ss_sp = t->signal_stack, .ss_size = SIGNAL_STACK_BYTES};
    struct timespec used = {0};

    sigaltstack(&own, &t->before);
    settle_in(t);
    if (sigsetjmp(t->out, 0) == 0) {
        local_here = t->l;
        open_signals(true);
        run_domain(t->l);
    }
    open_signals(false);
    local_here = NULL;
    local_guard(t->l->run, false);
    sigaltstack(&t->before, NULL);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    t->end.cpu_ns = (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
    atomic_store(&t->life, LIFE_ENDED);
    world_ring(t->l->run->world, PLAN_NONE);
    return NULL;
}

static int begin(struct host_thread *t)
{
    pthread_attr_t how;
    sigset_t all, before;

    pthread_attr_init(&how);
    pthread_attr_setstacksize(&how, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    atomic_store(&t->life, LIFE_RUNS);
    int error = pthread_create(&t->thread, &how, body, t);

    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&how);
    return -error;
}

/* -- verbs -- */

static int hang_bells(struct thread_host *h, struct world *w)
{
    int error = 0;

    h->bells = aligned_alloc(64, (w->plan->pd_count + 1) * sizeof *h->bells);
    if (h->bells == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < w->plan->pd_count && error == 0; i++) {
        error = bell_hang(&h->bells[i], w->doorbells[i], w->epoch_ns);
        h->bell_count += error == 0;
    }
    w->bells = h->bells;
    return error;
}

int thread_host_create(struct world *w, struct thread_host **out)
{
    struct thread_host *h = calloc(1, sizeof *h);

    if (h == NULL) {
        return -ENOMEM;
    }
    h->run.verbs = &verbs;
    h->run.strayed = strayed;
    h->run.traps = true;
    *out = h;
    return hang_bells(h, w);
}

void thread_host_destroy(struct thread_host *h, struct world *w)
{
    w->bells = NULL;
    for (uint32_t i = 0; i < h->bell_count; i++) {
        bell_take_down(&h->bells[i]);
    }
    for (uint32_t i = 0; i < LOCAL_MAX; i++) {
        free(h->threads[i]);
    }
    free(h->bells);
    free(h);
}

bool thread_host_empty(const struct thread_host *h)
{
    return h->count == 0;
}

int thread_host_start(struct thread_host *h, struct world *w, uint32_t pd, char *why,
                      size_t why_bytes)
{
    int error = local_start(&h->run, w, NULL, pd, NULL, why, why_bytes);

    if (error != 0) {
        local_stop(&h->run, pd);
        return error;
    }
    struct host_thread *t = aligned_alloc(64, (sizeof *t + 63) & ~(size_t)63);

    snprintf(why, why_bytes, "start a thread for %s", w->plan->pds[pd].name);
    error = t == NULL ? -ENOMEM : 0;
    if (error == 0) {
        memset(t, 0, sizeof *t);
        t->l = &h->run.locals[pd];
        t->l->way = t;
        error = begin(t);
    }
    if (error != 0) {
        free(t);
        local_stop(&h->run, pd);
        return error;
    }
    h->threads[pd] = t;
    h->count++;
    return 0;
}

void thread_host_stop(struct thread_host *h, uint32_t pd)
{
    struct host_thread *t = h->threads[pd];

    if (t != NULL && atomic_load(&t->life) == LIFE_RUNS) {
        pthread_kill(t->thread, STOP_SIGNAL);
    }
}

/* All that was its own goes. */
static void take_away(struct thread_host *h, uint32_t pd)
{
    struct host_thread *t = h->threads[pd];

    pthread_join(t->thread, NULL);
    atomic_store(&t->life, LIFE_NONE);
    local_stop(&h->run, pd);
    if (--h->count == 0) {
        local_watch(&h->run, false);
    }
}

uint32_t thread_host_reap(struct thread_host *h, struct world *w, bool wait, struct exec_end *end)
{
    for (uint32_t pd = 0; pd < w->plan->pd_count; pd++) {
        struct host_thread *t = h->threads[pd];
        uint32_t life = t == NULL ? LIFE_NONE : atomic_load(&t->life);

        if (life == LIFE_ENDED || (life == LIFE_RUNS && wait)) {
            take_away(h, pd);
            *end = t->end;
            return pd;
        }
    }
    return PLAN_NONE;
}
