/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the first init() to the last wait in virtual time. First everybody gets ready, with no
 * traffic; then frames enter until the input is used up and all is quiet, or the planned length is
 * over; then no more enter, and everybody may finish what it has begun and end.
 */
#include "sim/exec/virtual_parts.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/exec/domain.h"
#include "sim/exec/events_text.h"

#define SETTLE_PS 100000000000u  /* at most for domains to settle before the start: 0.1 s */
#define FINISH_PS 1000000000000u /* at most for domains to finish what they have begun: 1 s */
#define LOOK_PS   100000000000u  /* for those who do not to come to a horizon: 0.1 s */

#define SETTLE_IN_VAIN   5u          /* times that, in which nothing was due */
#define LAST_PATIENCE_NS 2000000000u /* of the host's time, to find out who does not end */

/* What would end the program ends the run. */
static volatile sig_atomic_t told_to_end;

static void on_signal(int signal)
{
    (void)signal;
    told_to_end = 1;
}

static void listen_to_signals(bool on)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on ? on_signal : SIG_DFL};

    told_to_end = 0;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        sigaction(signals[i], &action, NULL);
    }
}

/* -- what the kernel asks -- */

static uint32_t device_pd(const struct virtual *v, uint32_t device)
{
    return v->s->world->plan->devices[device].pd;
}

static inline void see_to_caches(struct virtual *v, uint32_t device)
{
    if (__builtin_expect(v->caches != NULL, 0)) {
        caches_device(v->caches, device, virtual_run_ns(v));
    }
}

static uint64_t on_access(void *context, uint32_t device, uint64_t now_ps, bool write,
                          uint32_t offset, unsigned bytes, uint64_t value)
{
    struct virtual *v = context;
    struct world *w = v->s->world;
    uint64_t *place = &w->pages[device_pd(v, device)]->order.place;

    *place = w->pages[w->plan->devices[device].driver]->turn.place;
    uint64_t answer = v->s->exec->access(v->s->exec_state, device_pd(v, device), now_ps / 1000,
                                         write, offset, bytes, value);

    *place = 0;
    if (__builtin_expect(v->s->pds[device_pd(v, device)].died, 0)) {
        standstill_dead(v, device);
    }
    see_to_caches(v, device);
    return answer;
}

static void on_step(void *context, uint32_t device, uint64_t now_ps)
{
    struct virtual *v = context;

    v->s->exec->step(v->s->exec_state, device_pd(v, device), now_ps / 1000);
    see_to_caches(v, device);
}

static void on_look(void *context, uint32_t device, struct kernel_device_state *out)
{
    struct virtual *v = context;
    uint32_t pd = device_pd(v, device);
    struct turn *turn = &v->s->world->pages[pd]->turn;
    uint64_t at_ns = v->s->exec->next_ns(v->s->exec_state, pd, &out->idle_write);

    out->next_ps = at_ns > UINT64_MAX / 1000 - 1 ? EVENTS_NEVER : at_ns * 1000;
    out->hash = turn->hash;
    turn->hash = 0;
}

static void on_drain(void *context)
{
    struct virtual *v = context;

    for (uint32_t i = 0; i < v->s->world->plan->capture_count; i++) {
        capture_drain(&v->s->sinks[i]);
    }
    /* It may be a device that has touched more than it can leave word of. */
    for (uint32_t i = 0; i < v->s->world->plan->device_count; i++) {
        see_to_caches(v, i);
    }
}

static void on_cache(void *context, uint32_t pd, uint64_t offset, uint64_t bytes, bool invalidate)
{
    struct virtual *v = context;

    if (v->caches != NULL) {
        caches_operate(v->caches, pd, offset, bytes, invalidate, virtual_run_ns(v));
    }
}

/* -- what came before -- */

static void remember(struct virtual *v, uint32_t pd, uint64_t told)
{
    struct virtual_result *r = v->s->virtual_result;
    uint64_t last = v->kernel.sequence, first = last > VIRTUAL_BEFORE ? last - VIRTUAL_BEFORE : 0;

    if (r->before_count == VIRTUAL_BEFORES || r->befores == NULL) {
        return;
    }
    struct virtual_before *b = &r->befores[r->before_count++];

    *b = (struct virtual_before){.pd = pd, .told = told};
    for (uint64_t i = first + 1; i <= last; i++) {
        b->events[b->count++] = v->kernel.recent[i % KERNEL_RECENT];
    }
}

static void on_told(void *context, uint32_t pd)
{
    struct virtual *v = context;

    remember(v, pd, atomic_load(&v->s->world->pages[pd]->event_count));
}

/* Nobody drives its lines any more: one that is up would be served and come again without end. */
static void let_lines_fall(struct virtual *v, uint32_t device)
{
    for (uint32_t i = 0; i < v->kernel.line_count; i++) {
        if (v->kernel.lines[i].device == device) {
            kernel_irq(&v->kernel, device, v->kernel.lines[i].number, false);
        }
    }
}

/* A domain died: what became of it, and whether the run makes sense without it. */
static void on_died(void *context, uint32_t pd, const struct stray *why, int status)
{
    struct virtual *v = context;
    struct supervise_pd *p = &v->s->pds[pd];
    const struct pd_page *page = v->s->world->pages[pd];

    p->died = true;
    remember(v, pd, VIRTUAL_DIED);
    if (v->s->world->plan->pds[pd].kind == PD_DEVICE) {
        let_lines_fall(v, v->s->world->plan->pds[pd].device);
    }
    p->signal = (int)why->signal;
    p->status = status;
    p->vaddr = why->vaddr;
    p->pc = why->pc;
    p->left_stack = false;
    if (atomic_load(&page->state) == PD_DYING) {
        supervise_note_left(p, page);
    }
    p->refused_call = why->signal == SIGSYS ? (int)why->vaddr : -1;
    p->died_ns = v->begun_ps == 0 ? 0 : (v->kernel.now_ps - v->begun_ps) / 1000;
    if (why->signal == 0 && status != 0 && v->begun_ps == 0) {
        if (atomic_load(&page->state) == PD_FAILED) {
            p->failed = supervise_page_text(v->s->world, page);
        }
        v->s->failed_pd = v->s->world->plan->pds[pd].name;
        v->failed = true;
        v->kernel.halt = KERNEL_HOST;
    }
}

static bool on_go_on(void *context)
{
    struct virtual *v = context;

    standstill_look(v);
    stray_forbid_clock(false);
    v->out_of_patience = clock_host_ns() > v->wall_until_ns;
    stray_forbid_clock(true);
    return !v->failed && !v->out_of_patience && told_to_end == 0;
}

static void on_event(void *context, const struct kernel_event *e)
{
    struct virtual *v = context;

    if (v->caches != NULL && e->kind == KERNEL_EVENT_TURN) {
        caches_turn(v->caches, e->pd, virtual_run_ns(v));
    }
    if (v->s->events != NULL) {
        events_text(v->s->world->plan, e, v->s->events);
    }
}

/* -- the run -- */

static uint32_t domains(const struct virtual *v)
{
    return v->s->world->plan->pd_count;
}

/* Away with it, and the same again: new memory of its own, what it shares as it is. */
static void begin_anew(struct virtual *v, uint32_t pd)
{
    struct supervise *s = v->s;
    const struct exec_virtual how = {
        .kernel = &v->kernel, .platform = s->platform, .died = on_died, .context = v};
    pid_t pid = s->exec->process == NULL ? 0 : s->exec->process(s->exec_state, pd);
    struct pd_page *page = s->world->pages[pd];
    char why[256];
    int error;

    stray_forbid_clock(false);
    s->exec->stop(s->exec_state, s->world, pd);
    if (pid > 0) {
        waitpid(pid, NULL, 0);
    }
    s->pds[pd].revived |= s->pds[pd].died;
    s->pds[pd].died = false;
    page->restarts++;
    atomic_store(&page->baton.holder, BATON_KERNEL); /* who died may have had it */
    atomic_store(&page->state, PD_STARTING);
    atomic_store(&page->ready, 0);
    error = s->exec->start(s->exec_state, s->world, &how, pd, NULL, why, sizeof why);
    stray_forbid_clock(true);
    if (error != 0) {
        v->failed = true;
        s->failed_pd = s->world->plan->pds[pd].name;
        v->kernel.halt = KERNEL_HOST;
        return;
    }
    kernel_begun_anew(&v->kernel, pd);
}

/* Everybody's turns, as far as `until_ps`. */
static void run_until(struct virtual *v, uint64_t until_ps, bool settle)
{
    kernel_run_until(&v->kernel, until_ps, settle);
    stray_forbid_clock(true);
    for (;;) {
        uint32_t pd = v->failed ? KERNEL_NONE : kernel_next(&v->kernel);

        if (pd == KERNEL_NONE && v->kernel.halt == KERNEL_RESTART) {
            begin_anew(v, v->kernel.restart);
            continue;
        }
        if (pd == KERNEL_NONE) {
            break;
        }
        v->s->exec->resume(v->s->exec_state, pd);
    }
    stray_forbid_clock(false);
}

/* Let traffic in, or tell everybody to end. */
static void order(struct virtual *v, bool stop)
{
    uint64_t now_ns = v->kernel.now_ps / 1000;

    v->told_to_stop = stop;
    if (!stop && v->kernel.gates != NULL && virtual_faults_ps(v) != EVENTS_NEVER) {
        kernel_ask_gates(&v->kernel, virtual_faults_ps(v));
    }
    for (uint32_t i = 0; i < domains(v); i++) {
        struct pd_page *page = v->s->world->pages[i];

        if (stop) {
            atomic_store(&page->order_stop, 1);
        } else {
            atomic_store(&page->order_go_ns, now_ns == 0 ? 1 : now_ns);
        }
        if (v->s->world->plan->pds[i].kind == PD_DEVICE) {
            kernel_ask_device(&v->kernel, v->s->world->plan->pds[i].device);
        } else {
            kernel_nudge(&v->kernel, i);
        }
    }
}

static void account_since(struct turn_account *p, const struct turn_account *now, bool begin)
{
    uint64_t *words = (uint64_t *)p;
    const uint64_t *now_words = (const uint64_t *)now;

    for (size_t i = 0; i < sizeof *p / sizeof *words; i++) {
        words[i] = now_words[i] - (begin ? 0 : words[i]);
    }
}

/* What was done so far at the beginning; at the end, what was done since. */
static void measure(struct virtual *v, struct virtual_result *r, bool begin)
{
    kernel_charge(&v->kernel);
    for (uint32_t c = 0; c < v->kernel.core_count; c++) {
        r->busy_ps[c] = v->kernel.cores[c].busy_ps - (begin ? 0 : r->busy_ps[c]);
    }
    for (uint32_t i = 0; i < domains(v); i++) {
        const struct kernel_domain *d = &v->kernel.domains[i];
        const struct turn *t = &v->s->world->pages[i]->turn;
        struct virtual_pd *p = &r->pds[i];

        p->spent_ps = d->spent_ps - (begin ? 0 : p->spent_ps);
        p->activations = d->activations - (begin ? 0 : p->activations);
        p->switches = d->switches - (begin ? 0 : p->switches);
        account_since(&p->account, &t->account, begin);
    }
}

static bool input_left(const struct virtual *v)
{
    const struct plan *plan = v->s->world->plan;

    for (uint32_t i = 0; i < plan->device_count; i++) {
        if (atomic_load(&v->s->world->pages[plan->devices[i].pd]->device.finished) == 0) {
            return true;
        }
    }
    return false;
}

static int start_all(struct virtual *v, char *why, size_t why_bytes)
{
    struct supervise *s = v->s;
    const struct exec_virtual how = {
        .kernel = &v->kernel, .platform = s->platform, .died = on_died, .context = v};
    int error = 0;

    for (uint32_t i = 0; i < domains(v) && error == 0; i++) {
        const char *const *wrap = s->wraps == NULL ? NULL : s->wraps[i];

        error = s->exec->start(s->exec_state, s->world, &how, i, wrap, why, why_bytes);
        s->pds[i].started = error == 0;
    }
    return error;
}

static struct turn **find_turns(struct virtual *v)
{
    struct turn **turns = arena_array(v->s->world->arena, domains(v), sizeof *turns);

    for (uint32_t i = 0; i < domains(v); i++) {
        turns[i] = &v->s->world->pages[i]->turn;
    }
    return turns;
}

static enum run_end end_of(const struct virtual *v)
{
    if (v->failed) {
        return RUN_FAILED;
    }
    if (v->s->stuck_pd != PLAN_NONE) {
        return RUN_STUCK;
    }
    switch (v->kernel.halt) {
    case KERNEL_QUIET:
        return RUN_QUIET;
    case KERNEL_HOST:
        return v->out_of_patience ? RUN_WALL : RUN_INTERRUPTED;
    default:
        return RUN_LIMIT;
    }
}

static bool everybody_initialised(const struct virtual *v)
{
    for (uint32_t i = 0; i < domains(v); i++) {
        const struct kernel_domain *d = &v->kernel.domains[i];

        if (v->s->world->plan->pds[i].kind == PD_IMAGE && !d->ready && d->state != KERNEL_ENDED) {
            return false;
        }
    }
    return true;
}

/* Then its driver may wait for it in init(), and for ever. */
static bool device_died(const struct virtual *v)
{
    for (uint32_t i = 0; i < domains(v); i++) {
        if (v->s->world->plan->pds[i].kind == PD_DEVICE && v->s->pds[i].died) {
            return true;
        }
    }
    return false;
}

/* Until everybody has returned from init(), however long that takes on this platform; and then
 * until all is quiet, which it never is where somebody sends by itself. False: somebody goes on and
 * on, and nothing is due that it could wait for. */
static bool settle(struct virtual *v)
{
    unsigned in_vain = 0;
    bool late;

    do {
        late = !everybody_initialised(v) && !device_died(v);
        run_until(v, v->kernel.now_ps + SETTLE_PS, true);
        in_vain = kernel_expects(&v->kernel) ? 0 : in_vain + 1;
    } while (v->kernel.halt == KERNEL_LIMIT && late && in_vain < SETTLE_IN_VAIN);
    return v->kernel.halt != KERNEL_LIMIT || in_vain < SETTLE_IN_VAIN;
}

/* Who ran while this one did not get the processor: whoever has it, or ran last on that core. */
static uint32_t who_else(const struct kernel_domain *d)
{
    const struct kernel_domain *other = d->core->current != NULL ? d->core->current : d->core->last;

    return other == NULL || other == d ? PLAN_NONE : other->pd;
}

/* Whom a domain that is in a call has called: the one who has it in hand, or is to take it. */
static uint32_t who_is_called(const struct kernel *k, uint32_t pd)
{
    for (uint32_t i = 0; i < k->plan->pd_count; i++) {
        if (k->domains[i].caller == &k->domains[pd] && k->plan->pds[i].kind == PD_IMAGE) {
            return i;
        }
        for (unsigned c = 0; c < PLAN_CHANNELS_MAX; c++) {
            if ((k->domains[i].calls >> c & 1) != 0 &&
                k->domains[i].ends[c].peer == &k->domains[pd]) {
                return i;
            }
        }
    }
    return PLAN_NONE;
}

/* In which loops are they? Each that runs says so at its next horizon. */
static void find_places(struct virtual *v)
{
    for (uint32_t i = 0; i < domains(v); i++) {
        const struct supervise_pd *p = &v->s->pds[i];
        bool runs = p->unfinished_why == UNFINISHED_RUNS || p->unfinished_why == UNFINISHED_INIT;

        atomic_store(&v->s->world->pages[i]->order_where, p->unfinished && runs);
    }
    run_until(v, v->kernel.now_ps + LOOK_PS, false);
}

/* Everybody has been told to end, and has had time for it, or to get ready: who has not? */
static void find_unfinished(struct virtual *v)
{
    const struct kernel *k = &v->kernel;
    bool any = false;

    for (uint32_t i = 0; i < domains(v); i++) {
        const struct kernel_domain *d = &k->domains[i];
        struct supervise_pd *p = &v->s->pds[i];

        bool waits = d->state == KERNEL_ENDED || d->state == KERNEL_WAITING;

        if (k->plan->pds[i].kind != PD_IMAGE || p->died || waits) {
            continue;
        }
        any = p->unfinished = true;
        p->unfinished_by = PLAN_NONE;
        if (d->state == KERNEL_CALLING) {
            p->unfinished_why = UNFINISHED_CALLING;
            p->unfinished_by = who_is_called(k, i);
        } else if (d->core->current != d && d->state == KERNEL_READY) {
            p->unfinished_why = UNFINISHED_STARVED;
            p->unfinished_by = who_else(d);
        } else {
            p->unfinished_why = d->ready ? UNFINISHED_RUNS : UNFINISHED_INIT;
            v->s->stuck_pd = v->begun_ps == 0 ? i : v->s->stuck_pd;
        }
    }
    if (any) {
        find_places(v);
    }
}

static void run_all(struct virtual *v)
{
    struct supervise *s = v->s;
    struct virtual_result *r = s->virtual_result;
    uint64_t begun_ps;

    bool ready = settle(v);

    if (!ready) {
        find_unfinished(v);
    }
    begun_ps = v->begun_ps = v->kernel.now_ps;
    s->ready_ns = begun_ps / 1000;
    measure(v, r, true);
    if (v->kernel.halt != KERNEL_HOST && s->stuck_pd == PLAN_NONE) {
        order(v, false);
        run_until(v, s->after_ns == 0 ? EVENTS_NEVER - 1 : begun_ps + s->after_ns * 1000, false);
    }
    s->end = end_of(v);
    r->length_ps = v->kernel.now_ps - begun_ps;
    s->length_ns = r->length_ps / 1000;
    s->input_left = s->end == RUN_QUIET && input_left(v);
    measure(v, r, false);
    if (s->end == RUN_WALL) { /* it may be that somebody never waits */
        v->wall_until_ns = clock_host_ns() + LAST_PATIENCE_NS;
    }
    if (s->end != RUN_STUCK) {
        order(v, true);
        run_until(v, v->kernel.now_ps + FINISH_PS, false);
        if (v->kernel.halt != KERNEL_HOST) {
            find_unfinished(v);
        }
    }
    on_drain(v);
    r->digest = v->kernel.digest;
    r->kernel = &v->kernel;
    r->events = v->kernel.sequence;
    r->recent = v->kernel.recent;
}

/* Where all domains are. `allowed`: where we were. */
static void stay_on_one_core(const struct world *w, cpu_set_t *allowed)
{
    cpu_set_t one;

    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof *allowed, allowed) != 0) {
        CPU_ZERO(allowed);
    }
    if (w->home_cpu >= 0) {
        CPU_SET(w->home_cpu, &one);
        sched_setaffinity(0, sizeof one, &one);
    }
}

/* A tool around a domain that has ended by itself has yet to say what it found. */
static void let_tool_finish(const struct virtual *v, uint32_t pd, pid_t pid)
{
    const struct supervise *s = v->s;
    bool wrapped = s->wraps != NULL && s->wraps[pd] != NULL;

    if (!wrapped || told_to_end || s->pds[pd].died ||
        atomic_load(&s->world->pages[pd]->state) != PD_ENDED) {
        return;
    }
    struct pollfd ended = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};

    if (ended.fd >= 0) {
        (void)poll(&ended, 1, SUPERVISE_GRACE_WRAPPED_S * 1000);
        close(ended.fd);
    }
}

static void stop_one(struct virtual *v, uint32_t pd)
{
    struct supervise *s = v->s;
    pid_t pid = s->exec->process == NULL ? 0 : s->exec->process(s->exec_state, pd);
    struct rusage usage;
    int status;

    if (pid > 0) {
        let_tool_finish(v, pd, pid);
    }
    s->exec->stop(s->exec_state, s->world, pd);
    if (pid > 0 && wait4(pid, &status, 0, &usage) == pid) {
        s->pds[pd].cpu_ns = supervise_cpu_ns(&usage);
    }
    s->pds[pd].ended = true;
    if (s->world->plan->pds[pd].kind == PD_DEVICE && !s->pds[pd].died) {
        atomic_store(&s->world->pages[pd]->state, PD_ENDED);
    }
}

int virtual_run(struct supervise *s, char *why, size_t why_bytes)
{
    cpu_set_t allowed;
    struct arena *arena = s->world->arena;
    struct virtual *v = arena_alloc(arena, sizeof *v);
    const struct kernel_devices devices = {.context = v,
                                           .access = on_access,
                                           .step = on_step,
                                           .look = on_look,
                                           .drain = on_drain,
                                           .told = on_told,
                                           .cache = on_cache,
                                           .go_on = on_go_on};

    v->s = s;
    s->stuck_pd = s->stuck_on = PLAN_NONE;
    v->wall_until_ns = clock_host_ns() + s->wall_ns;
    standstill_init(v, arena);
    s->pds = arena_array(arena, domains(v), sizeof *s->pds);
    s->virtual_result = arena_alloc(arena, sizeof *s->virtual_result);
    s->virtual_result->befores =
        arena_array(arena, VIRTUAL_BEFORES, sizeof *s->virtual_result->befores);
    s->virtual_result->pds = arena_array(arena, domains(v), sizeof *s->virtual_result->pds);
    for (uint32_t i = 0; i < domains(v); i++) {
        s->pds[i] = (struct supervise_pd){.vaddr = UINT64_MAX, .refused_call = -1};
    }
    listen_to_signals(true);
    stay_on_one_core(s->world, &allowed);
    int error = start_all(v, why, why_bytes);

    if (error == 0 && (error = caches_open(s->world, s->platform, &v->caches)) != 0) {
        snprintf(why, why_bytes, "make caches");
    }
    if (error == 0) {
        kernel_init(&v->kernel, s->world->plan, s->platform, find_turns(v), &devices, arena);
        v->kernel.listen = s->events == NULL && v->caches == NULL ? NULL : on_event;
        v->kernel.listener = v;
        virtual_begin_faults(v);
        s->virtual_result->core_count = v->kernel.core_count;
        s->virtual_result->busy_ps = arena_array(arena, v->kernel.core_count, sizeof(uint64_t));
        run_all(v);
        s->virtual_result->caches = v->caches;
        caches_close(v->caches);
    }
    for (uint32_t i = 0; i < domains(v); i++) {
        stop_one(v, i);
    }
    if (error != 0) { /* nothing has run: there is nothing to tell of */
        s->pds = NULL;
    }
    sched_setaffinity(0, sizeof allowed, &allowed);
    listen_to_signals(false);
    return error;
}
