/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The thread executor: every domain a thread of this process. On the host's clock all run at once,
 * as processes do (thread_host.h). In virtual time one runs at a time: whoever gives way hands a
 * baton to the next and waits for it to come back, so that tools which know threads see one for
 * each domain. All are then kept on one core: a baton between two would be many times dearer. It
 * isolates nobody.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/exec/local.h"
#include "sim/exec/switch.h"
#include "sim/exec/thread_host.h"

#define STACK_BYTES        (512u * 1024u)
#define SIGNAL_STACK_BYTES (64u * 1024u)

struct way {
    sem_t baton;
    pthread_t thread;
    bool leaving;
    sigjmp_buf out; /* from wherever the image stands: its stack may be past unwinding */
    stack_t before; /* a sanitizer's own signal stack, which it takes away at the end */
    _Alignas(16) uint8_t signal_stack[SIGNAL_STACK_BYTES];
};

struct thread_run {
    struct local_run local; /* first: local's verbs take it for the state */
    struct way began;       /* whoever began, without a thread of its own */
    bool ready;
    struct thread_host *host; /* on the host's clock; NULL: nobody runs */
};

static struct way *way_of(struct local_run *run, struct local *l)
{
    return l == NULL ? &((struct thread_run *)run)->began : l->way;
}

static void await(struct way *way)
{
    while (sem_wait(&way->baton) != 0) {
    }
    if (way->leaving) {
        siglongjmp(way->out, 1);
    }
}

static void go(struct local_run *run, struct local *from, struct local *to)
{
    struct way *mine = way_of(run, from);

    sem_post(&way_of(run, to)->baton);
    await(mine);
}

static void *body(void *argument)
{
    struct local *l = argument;
    struct way *way = l->way;
    const stack_t own = {.ss_sp = way->signal_stack, .ss_size = SIGNAL_STACK_BYTES};

    sigaltstack(&own, &way->before);
    if (sigsetjmp(way->out, 0) == 0) {
        await(way);
        local_guard(l->run, true);
        stray_forbid_clock(true);
        local_body(l);
    }
    local_guard(l->run, false);
    sigaltstack(&way->before, NULL);
    return NULL;
}

static int begin_thread(struct local *l)
{
    struct way *way = aligned_alloc(64, (sizeof *way + 63) & ~(size_t)63);
    pthread_attr_t how;

    if (way != NULL) {
        memset(way, 0, sizeof *way);
    }
    if (way == NULL || sem_init(&way->baton, 0, 0) != 0) {
        free(way);
        return -ENOMEM;
    }
    pthread_attr_init(&how);
    pthread_attr_setstacksize(&how, STACK_BYTES);
    pthread_attr_setguardsize(&how, STACK_GUARD_BYTES);
    l->way = way;
    int error = pthread_create(&way->thread, &how, body, l);

    pthread_attr_destroy(&how);
    if (error != 0) {
        l->way = NULL;
        free(way);
    }
    return -error;
}

static int start_on_host(struct thread_run *run, struct world *w, uint32_t pd, char *why,
                         size_t why_bytes)
{
    int error = run->host == NULL ? thread_host_create(w, &run->host) : 0;

    if (error != 0) {
        snprintf(why, why_bytes, "make doorbells for threads");
        return error;
    }
    return thread_host_start(run->host, w, pd, why, why_bytes);
}

static void tidy_up(struct thread_run *run, struct world *w)
{
    if (run->host != NULL && thread_host_empty(run->host)) {
        thread_host_destroy(run->host, w);
        run->host = NULL;
    }
}

static uint32_t thread_reap(void *state, struct world *w, bool wait, struct exec_end *end)
{
    struct thread_run *run = state;
    uint32_t pd = run->host == NULL ? PLAN_NONE : thread_host_reap(run->host, w, wait, end);

    tidy_up(run, w);
    return pd;
}

static int thread_start(void *state, struct world *w, const struct exec_virtual *v, uint32_t pd,
                        const char *const *wrap, char *why, size_t why_bytes)
{
    struct thread_run *run = state;

    if (!run->ready) {
        /* One heap for all: another would grow by mapping memory, which no image may. */
        mallopt(M_ARENA_MAX, 1);
        sem_init(&run->began.baton, 0, 0);
        run->ready = true;
    }
    if (v == NULL) {
        int failed = start_on_host(run, w, pd, why, why_bytes);

        tidy_up(run, w);
        return failed;
    }
    run->local.go = go;
    run->local.traps = true;
    int error = local_start(&run->local, w, v, pd, wrap, why, why_bytes);

    if (error == 0 && w->plan->pds[pd].kind == PD_IMAGE) {
        snprintf(why, why_bytes, "start a thread for %s", w->plan->pds[pd].name);
        error = begin_thread(&run->local.locals[pd]);
    }
    return error;
}

static void thread_stop(void *state, struct world *w, uint32_t pd)
{
    struct thread_run *run = state;
    struct way *way = run->local.locals[pd].way;

    (void)w;
    if (run->host != NULL) {
        thread_host_stop(run->host, pd);
        return;
    }
    if (way != NULL) {
        way->leaving = true;
        sem_post(&way->baton);
        pthread_join(way->thread, NULL);
        sem_destroy(&way->baton);
        free(way);
    }
    local_stop(&run->local, pd);
}

const struct exec_type exec_thread = {
    .name = "thread",
    .doc = "all domains in one process, a thread each, which in virtual time runs in its turn: "
           "faster than processes, and for tools that know threads; isolates nobody",
    .host_clock = true,
    .virtual_clock = true,
    .state_size = sizeof(struct thread_run),
    .start = thread_start,
    .resume = local_resume,
    .access = local_access,
    .step = local_step,
    .next_ns = local_next_ns,
    .stop = thread_stop,
    .reap = thread_reap,
};
