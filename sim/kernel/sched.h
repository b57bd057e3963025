/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_KERNEL_SCHED_H
#define SIM_KERNEL_SCHED_H
/*
 * Who runs: fixed priorities, first come first served among equals and in turn when a time slice is
 * over, budgets, and cores that each have a clock. Whoever is interrupted stays at the head of its
 * queue. A domain is charged when it leaves its core or is asked how much it has left.
 *
 * This room is for kernel.c alone and is compiled into it: for every frame the processor changes
 * hands a dozen times, and calls between two rooms would be a third of what that costs.
 */
#include <assert.h>

#include "sim/kernel/kernel_parts.h"

static inline bool may_run(const struct sched_context *sc, uint64_t now_ps)
{
    return sc_from_ps(sc) <= now_ps && sc_left_ps(sc) > 0;
}

/* Who runs on this core is to be looked at anew. */
static inline void make_stale(struct kernel *k, struct kernel_core *c)
{
    c->stale = true;
    k->stale = true;
}

/* Until its budget comes back. */
static void put_off(struct kernel *k, struct kernel_domain *d)
{
    d->state = KERNEL_SPENT;
    events_set(&k->events, alarm_refill(d->pd), sc_from_ps(d->runs_on));
    kernel_tell(k, KERNEL_EVENT_SPENT, d->pd, sc_from_ps(d->runs_on), 0, 0, 0);
}

/* Account for what the domain that runs on its core has used since last time. */
static inline void sched_charge(struct kernel_domain *d)
{
    struct kernel_core *c = d->core;
    uint64_t used_ps = c->now_ps - d->from_ps;

    if (__builtin_expect(d->audit != NULL, 0) && d->runs_on == &d->sc && used_ps > 0) {
        audit_used(d->audit, d->from_ps, c->now_ps);
    }
    d->from_ps = c->now_ps;
    d->spent_ps += used_ps;
    c->busy_ps += used_ps;
    if (d->runs_on != NULL && used_ps > 0 && sc_charge(d->runs_on, used_ps)) {
        d->slice_over = true;
    }
}

/* Who runs on a core has worked until now, if it has so much to do. */
static inline void pass(struct kernel_core *c, uint64_t now_ps)
{
    struct kernel_domain *d = c->current;

    if (d != NULL && d->rest_ps != 0 && c->now_ps < now_ps) {
        uint64_t part_ps = now_ps - c->now_ps;

        part_ps = part_ps < d->rest_ps ? part_ps : d->rest_ps;
        c->now_ps += part_ps;
        d->rest_ps -= part_ps;
    }
}

/* It is `now_ps` for all who only work. */
static inline void sched_pass(struct kernel *k, uint64_t now_ps)
{
    for (struct kernel_core *c = k->cores; c < k->cores + k->core_count; c++) {
        pass(c, now_ps);
    }
}

/* It could have run until now, and another did. */
static inline void note_kept(struct kernel_domain *d)
{
    const struct kernel_core *c = d->core;
    uint64_t kept_ps = c->now_ps - d->ready_ps;

    if (c->now_ps > d->ready_ps && kept_ps > d->kept.longest_ps) {
        d->kept.longest_ps = kept_ps;
        d->kept.until_ps = c->now_ps;
        d->kept.by = c->last == NULL ? KERNEL_NONE : c->last->pd;
    }
}

/* It has something to do from now on. */
static inline void sched_wake(struct kernel *k, struct kernel_domain *d, uint64_t now_ps)
{
    struct kernel_core *c = d->core;

    d->state = KERNEL_READY;
    sc_unblock(d->runs_on, now_ps);
    if (__builtin_expect(!may_run(d->runs_on, now_ps), 0)) {
        put_off(k, d);
        return;
    }
    ready_append(&c->ready, d->pd, d->priority);
    d->ready_ps = now_ps;
    pass(c, now_ps);
    if (c->current == NULL) {
        c->now_ps = c->now_ps < now_ps ? now_ps : c->now_ps;
        make_stale(k, c);
    } else if (c->current->priority < d->priority) {
        make_stale(k, c);
    }
}

/* Its budget has come back. */
static void sched_refilled(struct kernel *k, struct kernel_domain *d, uint64_t now_ps)
{
    kernel_tell(k, KERNEL_EVENT_REFILL, d->pd, 0, 0, 0, 0);
    sched_wake(k, d, now_ps);
}

/* It runs, and does not go on: its state has been changed already. */
static inline void sched_leave(struct kernel *k, struct kernel_domain *d)
{
    assert(d->core->current == d);
    sched_charge(d);
    d->slice_over = false;
    d->core->current = NULL;
    make_stale(k, d->core);
}

/* It runs, and goes on with another's budget. False: there is nothing of that, and it has left. */
static bool sched_begins(struct kernel *k, struct kernel_domain *d)
{
    uint64_t now_ps = d->core->now_ps;

    sc_unblock(d->runs_on, now_ps);
    if (may_run(d->runs_on, now_ps)) {
        return true;
    }
    sched_leave(k, d);
    put_off(k, d);
    return false;
}

/* It could go on, but another is to run, or its budget is used up. */
static void interrupt(struct kernel *k, struct kernel_core *c)
{
    struct kernel_domain *d = c->current;
    bool slice_over;

    sched_charge(d);
    slice_over = d->slice_over;
    d->slice_over = false;
    c->current = NULL;
    d->ready_ps = c->now_ps;
    if (!may_run(d->runs_on, c->now_ps)) {
        put_off(k, d);
    } else if (slice_over) {
        ready_append(&c->ready, d->pd, d->priority);
    } else {
        ready_prepend(&c->ready, d->pd, d->priority);
    }
}

static inline void dispatch(struct kernel *k, struct kernel_core *c, int priority)
{
    struct kernel_domain *d = &k->domains[c->ready.first[priority]];

    ready_remove(&c->ready, d->pd, d->priority);
    note_kept(d);
    c->current = d;
    d->from_ps = c->now_ps;
    /* What it did not use while others ran it cannot use up afterwards: or it would come back less
     * than a period after its use. */
    sc_unblock(d->runs_on, c->now_ps);
    if (c->last != d) {
        c->last = d;
        d->switches++;
        kernel_owe(k, d, PLATFORM_SWITCH);
        if (d->woke) { /* it is told with what it was woken with */
            d->switched = true;
        } else {
            kernel_tell(k, KERNEL_EVENT_SWITCH, d->pd, (uint64_t)(c - k->cores), 0, 0, 0);
        }
    }
}

static inline void reschedule(struct kernel *k, struct kernel_core *c)
{
    int priority = ready_priority(&c->ready);

    c->stale = false;
    if (c->current != NULL) {
        if (priority <= (int)c->current->priority) {
            return;
        }
        interrupt(k, c);
        priority = ready_priority(&c->ready);
    }
    if (priority >= 0) {
        dispatch(k, c, priority);
    }
}

/* So much of its budget is gone, wherever it is. */
static void sched_take(struct kernel *k, struct kernel_domain *d, uint64_t taken_ps)
{
    struct kernel_core *c = d->core;
    bool runs = c->current == d;

    if (runs) {
        sched_charge(d);
    }
    sc_unblock(&d->sc, k->now_ps);
    (void)sc_charge(&d->sc, taken_ps);
    if (d->runs_on != &d->sc || may_run(&d->sc, k->now_ps)) {
        return;
    }
    if (runs) {
        interrupt(k, c);
        make_stale(k, c);
    } else if (d->state == KERNEL_READY) {
        ready_remove(&c->ready, d->pd, d->priority);
        put_off(k, d);
    }
}

/* The end of the budget of who runs on this core, on the core's clock. */
static inline uint64_t budget_end_ps(const struct kernel_domain *d)
{
    return d->from_ps + sc_left_ps(d->runs_on);
}

/* When who runs on a core does something, unless an event comes first: its work has passed, or its
 * budget ends. */
static inline uint64_t sched_acts_ps(const struct kernel_core *c)
{
    uint64_t rest_ps = c->current->rest_ps;

    if (rest_ps == 0) {
        return c->now_ps;
    }
    uint64_t end_ps = budget_end_ps(c->current);
    uint64_t left_ps = end_ps > c->now_ps ? end_ps - c->now_ps : 0;

    return c->now_ps + (rest_ps < left_ps ? rest_ps : left_ps);
}

static struct kernel_core *choose_of_many(struct kernel *k)
{
    uint64_t least_ps = EVENTS_NEVER;
    struct kernel_core *least = NULL;

    for (struct kernel_core *c = k->cores; c < k->cores + k->core_count; c++) {
        if (c->stale) {
            reschedule(k, c);
        }
        if (c->current != NULL) {
            uint64_t acts_ps = sched_acts_ps(c);

            if (least == NULL || acts_ps < least_ps) {
                least = c;
                least_ps = acts_ps;
            }
        }
    }
    k->stale = false;
    return least;
}

/* The core that does something first, with somebody to run on it; NULL: all are idle. */
static inline struct kernel_core *sched_choose(struct kernel *k)
{
    if (k->core_count > 1) {
        return choose_of_many(k);
    }
    if (k->stale) {
        k->stale = false;
        reschedule(k, k->cores);
    }
    return k->cores->current == NULL ? NULL : k->cores;
}

/* How far this core may go before another one has to be asked first. */
static uint64_t others_ps(const struct kernel *k, const struct kernel_core *c)
{
    uint64_t least = EVENTS_NEVER;

    for (const struct kernel_core *o = k->cores; o < k->cores + k->core_count; o++) {
        if (o != c && o->current != NULL) {
            uint64_t until = sched_acts_ps(o) + (c < o ? 1 : 0);

            least = until < least ? until : least;
        }
    }
    return least;
}

static void stop_at_budget_end(struct kernel *k, struct kernel_core *c)
{
    interrupt(k, c);
    make_stale(k, c);
}

/* Give the domain of this core a horizon. False: it is there already, and if that is the end of its
 * budget, it has left. */
static inline bool sched_horizon(struct kernel *k, struct kernel_core *c)
{
    struct kernel_domain *d = c->current;
    uint64_t horizon = budget_end_ps(d), event = events_first_ps(&k->events);

    if (__builtin_expect(c->now_ps >= horizon, 0)) {
        stop_at_budget_end(k, c);
        return false;
    }
    horizon = event < horizon ? event : horizon;
    horizon = k->until_ps < horizon ? k->until_ps : horizon;
    if (k->core_count > 1) {
        uint64_t others = others_ps(k, c);

        horizon = others < horizon ? others : horizon;
    }
    d->turn->now_ps = c->now_ps;
    d->turn->horizon_ps = d->horizon_ps = horizon;
    return c->now_ps < horizon;
}

/* May the domain that just ran go straight on? Its horizon is set if so. */
static inline bool sched_goes_on(struct kernel *k, struct kernel_domain *d)
{
    return d->core->current == d && !k->stale && k->halt == KERNEL_GOES_ON &&
           (d->owed_ps | d->rest_ps) == 0 && sched_horizon(k, d->core);
}
#endif
