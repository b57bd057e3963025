/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor's loop, on libevent: a doorbell, the children, the terminal's signals, two timers.
 * All is quiet when every domain waits without a deadline, nothing is pending on any channel or
 * register queue, and nobody has run between two looks; then nothing can ever happen again, since
 * only those who run or wait for a time can make something happen.
 */
#include "sim/exec/supervise.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/log.h"
#include "sim/exec/confine.h"
#include "sim/exec/domain.h"
#include "sim/hw/mmio.h"

#define TICK_MS           20         /* how often to look where nobody rings */
#define SETTLE_NS         100000000u /* at most for domains to settle before the start */
#define GRACE_S           2          /* for domains to end by themselves once told */
#define DESCRIPTORS_SPARE 12

struct loop {
    struct supervise *s;
    struct event_base *base;
    struct event *doorbell, *children, *interrupt, *terminate, *hangup, *tick, *after, *wall,
        *grace;
    bool gone; /* traffic has been let in */
    bool ending;
    uint64_t ready_ns; /* when the last domain was ready; 0: some are not */
    uint64_t begun_ns, activity;
};

static const struct plan *plan_of(const struct loop *l)
{
    return l->s->world->plan;
}

static uint64_t run_ns(const struct loop *l)
{
    return clock_host_ns() - l->s->world->epoch_ns;
}

/* -- children -- */

/* What a domain left as its reason: one line, whatever it wrote. */
const char *supervise_page_text(const struct world *w, const struct pd_page *page)
{
    char text[sizeof page->text];

    memcpy(text, page->text, sizeof text);
    text[sizeof text - 1] = '\0';
    for (char *at = text; *at != '\0'; at++) {
        *at = (unsigned char)*at < ' ' || *at == 127 ? '?' : *at;
    }
    return arena_text(w->arena, text);
}

uint64_t supervise_cpu_ns(const struct rusage *usage)
{
    return (uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000000u +
           (uint64_t)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1000u;
}

void supervise_note_left(struct supervise_pd *pd, const struct pd_page *page)
{
    pd->left_stack = stack_place(&page->death.stack) != 0;
    if ((pd->signal == SIGILL || pd->signal == SIGTRAP) && page->death.assertion[0] != '\0') {
        pd->signal = WHERE_DEATH_ASSERTION;
    }
    if (pd->signal == SIGSEGV && stack_used_up(&page->death.stack, pd->vaddr)) {
        pd->signal = WHERE_DEATH_STACK;
    }
}

static void note_end(struct loop *l, uint32_t pd, const struct exec_end *end)
{
    struct supervise_pd *p = &l->s->pds[pd];
    struct pd_page *page = l->s->world->pages[pd];

    p->ended = true;
    p->cpu_ns = end->cpu_ns;
    p->signal = end->signal;
    p->status = end->status;
    p->refused_call = -1;
    p->vaddr = UINT64_MAX;
    if (l->ending && p->status == 0 && (p->signal == 0 || p->signal == SIGKILL)) {
        return;
    }
    p->died = true;
    p->died_ns = l->gone ? clock_host_ns() - l->begun_ns : 0;
    if (atomic_load(&page->state) == PD_FAILED) {
        p->failed = supervise_page_text(l->s->world, page);
    } else if (atomic_load(&page->state) == PD_DYING && page->death.signal == (uint32_t)p->signal) {
        p->vaddr = page->death.vaddr;
        p->pc = page->death.pc;
        supervise_note_left(p, page);
        p->refused_call = p->signal == SIGSYS ? (int)page->death.call - 1 : -1;
    }
}

static bool all_ended(const struct loop *l)
{
    for (uint32_t i = 0; i < plan_of(l)->pd_count; i++) {
        if (l->s->pds[i].started && !l->s->pds[i].ended) {
            return false;
        }
    }
    return true;
}

static void end_run(struct loop *l, enum run_end how);
static void look_around(struct loop *l);
static bool hears_the_host(const struct loop *l);

static void reap(struct loop *l)
{
    struct exec_end end;
    uint32_t pd;

    while ((pd = l->s->exec->reap(l->s->exec_state, l->s->world, false, &end)) != PLAN_NONE) {
        note_end(l, pd, &end);
        if (!l->gone && !l->ending && l->s->pds[pd].status != 0) {
            /* It could not become a domain, for a reason that makes the run pointless. An image
             * cannot leave like this: its filter knows no way out with a status. */
            l->s->failed_pd = plan_of(l)->pds[pd].name;
            end_run(l, RUN_FAILED);
        }
    }
    if (l->ending && all_ended(l)) {
        event_base_loopbreak(l->base);
    }
}

static void on_child(evutil_socket_t signal, short what, void *context)
{
    (void)signal;
    (void)what;
    reap(context);
    look_around(context);
}

/* -- ending -- */

static bool wrapped(const struct loop *l)
{
    for (uint32_t i = 0; l->s->wraps != NULL && i < plan_of(l)->pd_count; i++) {
        if (l->s->wraps[i] != NULL) {
            return true;
        }
    }
    return false;
}

static void end_run(struct loop *l, enum run_end how)
{
    const struct timeval grace = {.tv_sec = wrapped(l) ? SUPERVISE_GRACE_WRAPPED_S : GRACE_S};

    if (l->ending) {
        return;
    }
    l->ending = true;
    l->s->end = how;
    l->s->length_ns = l->gone ? clock_host_ns() - l->begun_ns : 0;
    for (uint32_t i = 0; i < plan_of(l)->pd_count; i++) {
        atomic_store(&l->s->world->pages[i]->order_stop, 1);
        world_ring(l->s->world, i);
    }
    event_add(l->grace, &grace);
    if (all_ended(l)) {
        event_base_loopbreak(l->base);
    }
}

static void kill_all(struct loop *l)
{
    for (uint32_t i = 0; i < plan_of(l)->pd_count; i++) {
        if (l->s->pds[i].started && !l->s->pds[i].ended) {
            l->s->exec->stop(l->s->exec_state, l->s->world, i);
        }
    }
}

static void on_grace(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    kill_all(context);
}

static void on_signal(evutil_socket_t signal, short what, void *context)
{
    struct loop *l = context;

    (void)what;
    (void)signal;
    /* With programs of the host at the far end, and no time given, that is how the run is to end.
     */
    if (!l->ending && l->gone && l->s->after_ns == 0 && hears_the_host(l)) {
        l->s->by_hand = true;
    }
    end_run(l, l->s->by_hand ? RUN_LIMIT : RUN_INTERRUPTED);
}

static void on_after(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    end_run(context, RUN_LIMIT);
}

static void on_wall(evutil_socket_t fd, short what, void *context)
{
    struct loop *l = context;

    (void)fd;
    (void)what;
    if (!l->gone) {
        for (uint32_t i = 0; i < plan_of(l)->pd_count && l->s->failed_pd == NULL; i++) {
            if (atomic_load(&l->s->world->pages[i]->ready) == 0 && !l->s->pds[i].ended) {
                l->s->failed_pd = plan_of(l)->pds[i].name;
            }
        }
    }
    if (l->gone && l->s->open_ended && hears_the_host(l)) {
        return;
    }
    end_run(l, RUN_WALL);
}

/* -- quiet -- */

static bool gone(const struct loop *l, uint32_t pd)
{
    return pd == PLAN_NONE || l->s->pds[pd].ended ||
           atomic_load(&l->s->world->pages[pd]->state) == PD_STOPPED;
}

/* Gone, or waiting for the answer of one who is: nothing will come of it. */
static bool out_of_play(const struct loop *l, uint32_t pd)
{
    if (gone(l, pd)) {
        return true;
    }
    uint32_t other = atomic_load(&l->s->world->pages[pd]->waits_for);
    return other != 0 && other <= plan_of(l)->pd_count && gone(l, other - 1);
}

/* May frames come from outside, whatever happens here? */
static bool hears_the_host(const struct loop *l)
{
    const struct plan *plan = plan_of(l);

    for (uint32_t i = 0; i < plan->device_count; i++) {
        const struct plan_device *d = &plan->devices[i];

        if (d->wire >= 0 && !out_of_play(l, d->pd) &&
            wire_is_live(plan->scenario->wires[d->wire].type->type) &&
            atomic_load(&l->s->world->pages[d->pd]->device.finished) == 0) {
            return true;
        }
    }
    return false;
}

/* What each domain has done so far, as one number that grows with anything any of them does. */
static uint64_t activity(const struct loop *l)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < plan_of(l)->pd_count; i++) {
        const struct pd_page *page = l->s->world->pages[i];

        sum += atomic_load(&page->entries) + atomic_load(&page->signals_sent) + l->s->pds[i].ended;
    }
    return sum;
}

/* Does everybody wait, and is nothing pending for anybody? `for_ever`: not for a time either. */
static bool idle(const struct loop *l, bool for_ever)
{
    for (uint32_t i = 0; i < plan_of(l)->pd_count; i++) {
        const struct pd_page *page = l->s->world->pages[i];

        if (!out_of_play(l, i) &&
            (atomic_load(&page->state) != PD_IDLE ||
             (for_ever && atomic_load(&page->deadline_ns) != DOMAIN_FOREVER))) {
            return false;
        }
    }
    for (uint32_t i = 0; i < plan_of(l)->channel_count; i++) {
        struct channel_page *page = world_channel(l->s->world, i);

        for (int side = 0; side < 2; side++) {
            bool pending = atomic_load(&page->word[side]) != 0 ||
                           atomic_load(&page->call[side].state) == CALL_ASKED;

            if (pending && !out_of_play(l, plan_of(l)->channels[i].end[side].pd)) {
                return false;
            }
        }
    }
    for (uint32_t i = 0; i < plan_of(l)->device_count; i++) {
        const struct plan_device *d = &plan_of(l)->devices[i];

        if (!out_of_play(l, d->pd) &&
            mmio_pending((const struct mmio_ring *)l->s->world->views[d->mmio])) {
            world_ring(l->s->world, d->pd); /* a write that changes nothing did not wake it */
            return false;
        }
    }
    return true;
}

static bool quiet(const struct loop *l, bool for_ever)
{
    uint64_t before = activity(l);

    bool once = idle(l, for_ever);

    return once && idle(l, for_ever) && activity(l) == before;
}

/* -- going -- */

static void drain_captures(struct loop *l)
{
    for (uint32_t i = 0; i < plan_of(l)->capture_count; i++) {
        capture_drain(&l->s->sinks[i]);
    }
}

/* Whoever waits next, or does so already, rings us. */
static void set_drain(struct loop *l, bool drain)
{
    for (uint32_t i = 0; i < plan_of(l)->pd_count; i++) {
        atomic_store(&l->s->world->pages[i]->order_drain, drain);
    }
}

/*
 * All have returned from init(), and what they told each other there has been dealt with: a driver
 * has its first buffers only then. Some never settle, such as those that send as fast as they can.
 */
static bool settled(struct loop *l)
{
    for (uint32_t i = 0; i < plan_of(l)->pd_count; i++) {
        if (atomic_load(&l->s->world->pages[i]->ready) == 0 && !out_of_play(l, i)) {
            return false;
        }
    }
    if (l->ready_ns == 0) {
        l->ready_ns = clock_host_ns();
        set_drain(l, true);
    }
    return quiet(l, false) || clock_host_ns() - l->ready_ns >= SETTLE_NS;
}

static void go(struct loop *l)
{
    const struct plan *plan = plan_of(l);

    set_drain(l, false);
    l->gone = true;
    l->begun_ns = clock_host_ns();
    l->s->ready_ns = run_ns(l);
    for (uint32_t i = 0; i < plan->pd_count; i++) {
        atomic_store(&l->s->world->pages[i]->order_go_ns, l->s->ready_ns);
        world_ring(l->s->world, i);
    }
    if (l->s->after_ns != 0) {
        const struct timeval after = {.tv_sec = (time_t)(l->s->after_ns / 1000000000u),
                                      .tv_usec = (suseconds_t)(l->s->after_ns / 1000 % 1000000u)};
        event_add(l->after, &after);
    }
}

static bool input_consumed(const struct loop *l)
{
    for (uint32_t i = 0; i < plan_of(l)->device_count; i++) {
        uint32_t pd = plan_of(l)->devices[i].pd;

        if (!out_of_play(l, pd) && atomic_load(&l->s->world->pages[pd]->device.finished) == 0) {
            return false;
        }
    }
    return true;
}

static void look_around(struct loop *l)
{
    drain_captures(l);
    if (l->ending) {
        return;
    }
    if (!l->gone) {
        if (settled(l)) {
            go(l);
        }
        return;
    }
    if (input_consumed(l)) {
        set_drain(l, true);
    }
    if (!hears_the_host(l) && quiet(l, true)) {
        l->s->input_left = !input_consumed(l);
        end_run(l, RUN_QUIET);
    }
}

static void on_doorbell(evutil_socket_t fd, short what, void *context)
{
    uint64_t rung;

    (void)what;
    if (read((int)fd, &rung, sizeof rung) == (ssize_t)sizeof rung) {
        struct loop *l = context;

        if (l->s->exec->process == NULL) { /* nobody else would tell of an end */
            reap(l);
        }
        look_around(l);
    }
}

/* Where nobody rings because a wire waits for an answer that never comes, stillness is the sign. */
static void on_tick(evutil_socket_t fd, short what, void *context)
{
    struct loop *l = context;
    uint64_t now = activity(l);

    (void)fd;
    (void)what;
    if (now == l->activity || !l->gone) {
        look_around(l);
    } else {
        drain_captures(l);
    }
    l->activity = now;
}

/* -- the loop -- */

/* libevent ends the program where it runs out of descriptors, so see beforehand that it will not.
 */
static int spare_descriptors(const struct loop *l)
{
    int fds[DESCRIPTORS_SPARE], count = 0, error = 0;

    while (count < DESCRIPTORS_SPARE && error == 0) {
        fds[count] = fcntl(l->s->world->doorbells[plan_of(l)->pd_count], F_DUPFD_CLOEXEC, 0);
        if (fds[count] < 0) {
            error = -errno;
        } else {
            count++;
        }
    }
    while (count > 0) {
        close(fds[--count]);
    }
    return error;
}

static bool listen_to_all(struct loop *l)
{
    struct world *w = l->s->world;
    const struct timeval tick = {.tv_usec = TICK_MS * 1000};
    const struct timeval wall = {.tv_sec = (time_t)(l->s->wall_ns / 1000000000u),
                                 .tv_usec = (suseconds_t)(l->s->wall_ns / 1000 % 1000000u)};

    l->base = event_base_new();
    if (l->base == NULL) {
        return false;
    }
    l->doorbell =
        event_new(l->base, w->doorbells[w->plan->pd_count], EV_READ | EV_PERSIST, on_doorbell, l);
    l->children = evsignal_new(l->base, SIGCHLD, on_child, l);
    l->interrupt = evsignal_new(l->base, SIGINT, on_signal, l);
    l->terminate = evsignal_new(l->base, SIGTERM, on_signal, l);
    l->hangup = evsignal_new(l->base, SIGHUP, on_signal, l);
    l->tick = event_new(l->base, -1, EV_PERSIST, on_tick, l);
    l->after = evtimer_new(l->base, on_after, l);
    l->wall = evtimer_new(l->base, on_wall, l);
    l->grace = evtimer_new(l->base, on_grace, l);
    if (l->doorbell == NULL || l->children == NULL || l->interrupt == NULL ||
        l->terminate == NULL || l->hangup == NULL || l->tick == NULL || l->after == NULL ||
        l->wall == NULL || l->grace == NULL) {
        return false;
    }
    return event_add(l->doorbell, NULL) == 0 && event_add(l->children, NULL) == 0 &&
           event_add(l->interrupt, NULL) == 0 && event_add(l->terminate, NULL) == 0 &&
           event_add(l->hangup, NULL) == 0 && event_add(l->tick, &tick) == 0 &&
           event_add(l->wall, &wall) == 0;
}

static void stop_listening(struct loop *l)
{
    struct event *events[] = {l->doorbell, l->children, l->interrupt, l->terminate, l->hangup,
                              l->tick,     l->after,    l->wall,      l->grace};

    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (events[i] != NULL) {
            event_free(events[i]);
        }
    }
    if (l->base != NULL) {
        event_base_free(l->base);
    }
}

/* Whatever happened: nobody is left. */
static void leave_nobody(struct loop *l)
{
    struct exec_end end;
    uint32_t pd;

    kill_all(l);
    while (!all_ended(l) &&
           (pd = l->s->exec->reap(l->s->exec_state, l->s->world, true, &end)) != PLAN_NONE) {
        note_end(l, pd, &end);
    }
}

static int start_all(struct loop *l, char *why, size_t why_bytes)
{
    struct supervise *s = l->s;

    for (uint32_t i = 0; i < plan_of(l)->pd_count; i++) {
        const char *const *wrap = s->wraps == NULL ? NULL : s->wraps[i];
        int error = s->exec->start(s->exec_state, s->world, NULL, i, wrap, why, why_bytes);

        if (error != 0) {
            return error;
        }
        s->pds[i].started = true;
    }
    return 0;
}

void supervise_hold_signals(bool hold)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        sigaddset(&set, signals[i]);
    }
    sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

uint64_t supervise_death_detail(const struct supervise_pd *pd)
{
    switch (pd->signal) {
    case 0:
        return (uint64_t)pd->status;
    case SIGSYS:
        return (uint64_t)(int64_t)pd->refused_call;
    default:
        return pd->vaddr;
    }
}

int supervise_run(struct supervise *s, char *why, size_t why_bytes)
{
    struct loop loop = {.s = s};
    int error;

    s->pds = arena_array(s->world->arena, s->world->plan->pd_count, sizeof *s->pds);
    s->end = RUN_FAILED;
    if (s->world->confine) {
        confine_looking(true);
    }
    error = start_all(&loop, why, why_bytes);
    if (error == 0) {
        snprintf(why, why_bytes, "set up the event loop");
        error = spare_descriptors(&loop);
    }
    if (error == 0 && !listen_to_all(&loop)) {
        error = -ENOMEM;
    }
    if (error == 0) {
        supervise_hold_signals(false);
        reap(&loop); /* those who died before anybody listened */
        look_around(&loop);
        if (!(loop.ending && all_ended(&loop))) {
            event_base_dispatch(loop.base);
        }
    }
    loop.ending = true;
    leave_nobody(&loop);
    drain_captures(&loop);
    supervise_hold_signals(true);
    stop_listening(&loop);
    if (s->world->confine) {
        confine_looking(false);
    }
    return error;
}
