/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread's way from its first instruction to its last. It is begun with all signals held, settles
 * on its core, and runs its domain until that ends, strays, or is told to go: each of these comes
 * back to the one place where the domain was begun, leaves word of how it ended, and rings the
 * supervisor, which takes all that was the domain's away.
 *
 * Those that poll on one core share a thread, a stack each: who has looked and found nothing lets
 * the next one look, at the price of a few registers. Linux would have to be asked to, and gives
 * the core to whom it likes. A domain that runs on and on there keeps the core from its neighbours.
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
#include "sim/exec/switch.h"

#define STACK_BYTES        (512u * 1024u)
#define SIGNAL_STACK_BYTES (64u * 1024u)
#define STOP_SIGNAL        SIGVTALRM /* as local_guard.c has it */

enum life { LIFE_NONE, LIFE_BEGUN, LIFE_ENDED };

struct crew;

struct host_thread {
    struct local *l;
    struct crew *crew;
    struct host_thread *before, *after; /* in its crew, of those that have not ended; a ring */
    struct stack stack;                 /* unless it has the thread for itself */
    _Atomic uint32_t life;
    _Atomic bool told;   /* to go, come what may */
    struct exec_end end; /* once it has ended */
    sigjmp_buf out;      /* from wherever it stands */
};

/* Domains that share a thread; most often it is one. */
struct crew {
    pthread_t thread;
    struct host_thread *next;    /* whose turn is next; NULL: all have ended */
    uint32_t size, begun, taken; /* how many there are to be, are, and are taken away */
    bool runs;                   /* there is a thread */
    uint64_t since_ns;           /* when the turn began that is being taken */
    struct stack home;           /* the thread's own */
    stack_t before;              /* a sanitizer's own signal stack, which it takes away */
    _Alignas(16) uint8_t signal_stack[SIGNAL_STACK_BYTES];
};

struct thread_host {
    struct local_run run;
    uint32_t count;                         /* of those that were begun and not taken away */
    struct host_thread *threads[LOCAL_MAX]; /* by domain; NULL: never begun */
    struct crew *crews[LOCAL_MAX];          /* by domain */
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

    if (!world_polls(l->run->world, target)) {
        char inside = step_out();

        world_ring(l->run->world, target);
        step_in(inside);
    }
}

/* Its turn begins, or goes on. */
static void resume(struct host_thread *t)
{
    domain_current = &t->l->domain;
    local_here = t->l;
}

/* Its turn ends, and the next one's begins. */
static void pass_turn(struct host_thread *t)
{
    uint64_t now_ns = clock_host_fast_ns(&t->l->run->world->scale);

    t->end.cpu_ns += now_ns - t->crew->since_ns;
    t->crew->since_ns = now_ns;
}

static void relax(void *context)
{
    struct host_thread *t = thread_of(context);
    char inside = step_out();

    if (t->after == t) {
        world_relax(t->l->run->world, t->l->pd);
    } else {
        pass_turn(t);
        stack_switch(&t->stack, &t->after->stack);
        resume(t);
    }
    step_in(inside);
}

static void block(void *context, uint64_t deadline_ns)
{
    const struct local *l = context;

    if (thread_of(l)->crew->size > 1) {
        relax(context); /* not to keep the others from their turns */
    } else {
        char inside = step_out();

        bell_wait(world_bell(l->run->world, l->pd), deadline_ns);
        step_in(inside);
    }
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
    local_here = NULL;
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
                                         .relax = relax,
                                         .now = now,
                                         .stamp = stamp,
                                         .write = write_log,
                                         .stray = stray,
                                         .end = end};

static void told(struct local *l)
{
    if (atomic_load(&thread_of(l)->told)) {
        leave(thread_of(l), SIGKILL, 0);
    }
}

/* Leave the word that a process would. */
static void strayed(struct local *l, const struct stray *why, int status)
{
    struct pd_page *page = l->domain.page;

    if (why->signal != 0) {
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

static void settle_in(const struct crew *c)
{
    const struct local *l = c->next->l;
    const struct world *w = l->run->world;
    char name[16];
    cpu_set_t cpus;

    snprintf(name, sizeof name, "%s%s", c->size > 1 ? "with " : "", w->plan->pds[l->pd].name);
    prctl(PR_SET_NAME, name, 0, 0, 0);
    if (w->cpus[l->pd] >= 0) {
        CPU_ZERO(&cpus);
        CPU_SET((unsigned)w->cpus[l->pd], &cpus);
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
    l->domain.polls = world_polls(l->run->world, l->pd);
    l->domain.bursts = l->domain.polls && l->run->world->spread;
    if (l->stillborn) {
        local_stray(l->run, l, &l->why, l->status);
    }
    if (l->station != NULL) {
        station_run(l->station);
    }
    stray_inside = l->run->guarded;
    domain_run(&l->domain);
}

/* From its beginning to its end, after which its stack is of no use any more. */
static void live(struct host_thread *t)
{
    if (sigsetjmp(t->out, 0) == 0) {
        resume(t);
        told(t->l); /* before there was anybody to hear it */
        run_domain(t->l);
    }
    local_here = NULL;
    pass_turn(t);
    t->before->after = t->after;
    t->after->before = t->before;
    t->crew->next = t->after == t ? NULL : t->after;
}

/* Nothing of the domain's is touched after this. */
static void tell_end(struct host_thread *t)
{
    const struct world *w = t->l->run->world;

    atomic_store(&t->life, LIFE_ENDED);
    world_ring(w, PLAN_NONE);
}

static void stack_body(void *argument)
{
    struct host_thread *t = argument;
    struct crew *c = t->crew;

    live(t);
    struct stack *to = c->next == NULL ? &c->home : &c->next->stack;
    tell_end(t);
    stack_switch(&t->stack, to);
    abort(); /* nobody goes on with one that has ended */
}

static void run_alone(struct crew *c)
{
    struct host_thread *t = c->next;
    struct timespec used = {0};

    live(t);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    t->end.cpu_ns = (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

static void *body(void *argument)
{
    struct crew *c = argument;
    struct host_thread *first = c->next;
    struct local_run *run = first->l->run;
    const stack_t own = {.ss_sp = c->signal_stack, .ss_size = SIGNAL_STACK_BYTES};

    sigaltstack(&own, &c->before);
    settle_in(c);
    local_guard(run, true);
    c->since_ns = clock_host_fast_ns(&run->world->scale);
    open_signals(true);
    if (c->size == 1) {
        run_alone(c);
    } else {
        stack_switch(&c->home, &first->stack);
    }
    open_signals(false);
    local_guard(run, false);
    sigaltstack(&c->before, NULL);
    if (c->size == 1) {
        tell_end(first);
    }
    return NULL;
}

static int begin(struct crew *c)
{
    pthread_attr_t how;
    sigset_t all, before;

    pthread_attr_init(&how);
    pthread_attr_setstacksize(&how, STACK_BYTES);
    pthread_attr_setguardsize(&how, STACK_GUARD_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&c->thread, &how, body, c);

    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&how);
    c->runs = error == 0;
    return -error;
}

/* -- verbs -- */

/* Do these two share a thread? */
static bool together(const struct world *w, uint32_t a, uint32_t b)
{
    return world_polls(w, a) && world_polls(w, b) && w->cpus[a] == w->cpus[b];
}

static int make_crews(struct thread_host *h, const struct world *w)
{
    for (uint32_t i = 0; i < w->plan->pd_count && i < LOCAL_MAX; i++) {
        uint32_t k = 0;

        while (k < i && !together(w, k, i)) {
            k++;
        }
        if (k < i) {
            h->crews[i] = h->crews[k];
        } else {
            h->crews[i] = aligned_alloc(64, (sizeof **h->crews + 63) & ~(size_t)63);
            if (h->crews[i] == NULL) {
                return -ENOMEM;
            }
            memset(h->crews[i], 0, sizeof **h->crews);
        }
        h->crews[i]->size++;
    }
    return 0;
}

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
    h->run.told = told;
    *out = h;
    int error = make_crews(h, w);

    return error != 0 ? error : hang_bells(h, w);
}

void thread_host_destroy(struct thread_host *h, struct world *w)
{
    w->bells = NULL;
    for (uint32_t i = 0; i < h->bell_count; i++) {
        bell_take_down(&h->bells[i]);
    }
    for (uint32_t i = 0; i < LOCAL_MAX; i++) {
        if (h->threads[i] != NULL) {
            stack_destroy(&h->threads[i]->stack);
        }
        free(h->threads[i]);
    }
    for (uint32_t i = LOCAL_MAX; i-- > 0;) {
        bool first = true;

        for (uint32_t k = 0; k < i && first; k++) {
            first = h->crews[k] != h->crews[i];
        }
        if (first) {
            free(h->crews[i]);
        }
    }
    free(h->bells);
    free(h);
}

bool thread_host_empty(const struct thread_host *h)
{
    return h->count == 0;
}

/* A domain joins its crew, at the end of the ring. */
static int join_crew(struct thread_host *h, struct crew *c, struct host_thread *t)
{
    int error = c->size > 1 ? stack_create(&t->stack, STACK_BYTES, stack_body, t) : 0;

    if (error != 0) {
        return error;
    }
    t->crew = c;
    t->before = c->next == NULL ? t : c->next->before;
    t->after = c->next == NULL ? t : c->next;
    t->before->after = t->after->before = t;
    c->next = c->next == NULL ? t : c->next;
    atomic_store(&t->life, LIFE_BEGUN);
    h->threads[t->l->pd] = t;
    h->count++;
    return ++c->begun == c->size ? begin(c) : 0;
}

int thread_host_start(struct thread_host *h, struct world *w, uint32_t pd, char *why,
                      size_t why_bytes)
{
    int error = local_start(&h->run, w, NULL, pd, NULL, why, why_bytes);
    struct host_thread *t = error != 0 ? NULL : calloc(1, sizeof *t);

    if (error == 0) {
        snprintf(why, why_bytes, "start a thread for %s", w->plan->pds[pd].name);
        error = t == NULL ? -ENOMEM : 0;
    }
    if (error == 0) {
        t->l = &h->run.locals[pd];
        t->l->way = t;
        error = join_crew(h, h->crews[pd], t);
    }
    if (error != 0 && h->threads[pd] == NULL) {
        free(t);
        local_stop(&h->run, pd);
    }
    return error;
}

void thread_host_stop(struct thread_host *h, uint32_t pd)
{
    struct host_thread *t = h->threads[pd];

    if (t != NULL && t->crew->runs && atomic_load(&t->life) == LIFE_BEGUN) {
        atomic_store(&t->told, true);
        pthread_kill(t->crew->thread, STOP_SIGNAL);
    }
}

/* All that was its own goes; the thread with the last that shared it. */
static void take_away(struct thread_host *h, uint32_t pd)
{
    struct host_thread *t = h->threads[pd];
    struct crew *c = t->crew;

    if (++c->taken == c->begun && c->runs) {
        pthread_join(c->thread, NULL);
    }
    atomic_store(&t->life, LIFE_NONE);
    local_stop(&h->run, pd);
    if (--h->count == 0) {
        local_watch(&h->run, false);
    }
}

/* Of several that share a thread it may be any that ends first. */
static bool ended(const struct host_thread *t, bool wait)
{
    while (wait && t->crew->runs && atomic_load(&t->life) == LIFE_BEGUN) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return atomic_load(&t->life) == LIFE_ENDED ||
           (atomic_load(&t->life) == LIFE_BEGUN && wait && !t->crew->runs);
}

uint32_t thread_host_reap(struct thread_host *h, struct world *w, bool wait, struct exec_end *end)
{
    for (uint32_t pd = 0; pd < w->plan->pd_count; pd++) {
        struct host_thread *t = h->threads[pd];

        if (t != NULL && ended(t, wait)) {
            take_away(h, pd);
            *end = t->end;
            return pd;
        }
    }
    return PLAN_NONE;
}
