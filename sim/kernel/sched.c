/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs: fixed priorities, first come first served among equals and in turn when a time slice is
 * over, budgets, and cores that each have a clock. Whoever is interrupted stays at the head of its
 * queue. A domain is charged when it leaves its core or is asked how much it has left.
 */
#include <assert.h>

#include "sim/kernel/kernel_parts.h"

static struct kernel_core *core_of(struct kernel *k, uint32_t pd)
{
    return &k->cores[k->domains[pd].core];
}

static bool may_run(const struct sched_context *sc, uint64_t now_ps)
{
    return sc_from_ps(sc) <= now_ps && sc_left_ps(sc) > 0;
}

/* Until its budget comes back. */
static void put_off(struct kernel *k, uint32_t pd)
{
    struct kernel_domain *d = &k->domains[pd];

    d->state = KERNEL_SPENT;
    events_set(&k->events, alarm_refill(pd), sc_from_ps(d->runs_on));
    kernel_tell(k, KERNEL_EVENT_SPENT, pd, sc_from_ps(d->runs_on), 0, 0, 0);
}

void sched_charge(struct kernel *k, uint32_t pd)
{
    struct kernel_domain *d = &k->domains[pd];
    struct kernel_core *c = core_of(k, pd);
    uint64_t used_ps = c->now_ps - d->from_ps;

    d->from_ps = c->now_ps;
    d->spent_ps += used_ps;
    c->busy_ps += used_ps;
    if (d->runs_on != NULL && used_ps > 0 && sc_charge(d->runs_on, used_ps)) {
        d->slice_over = true;
    }
}

/* Who runs on a core has worked until now, if it has so much to do. */
static void pass(struct kernel *k, struct kernel_core *c, uint64_t now_ps)
{
    if (c->current != KERNEL_NONE && c->now_ps < now_ps) {
        struct kernel_domain *d = &k->domains[c->current];
        uint64_t part_ps = now_ps - c->now_ps;

        part_ps = part_ps < d->rest_ps ? part_ps : d->rest_ps;
        c->now_ps += part_ps;
        d->rest_ps -= part_ps;
    }
}

void sched_pass(struct kernel *k, uint64_t now_ps)
{
    for (struct kernel_core *c = k->cores; c < k->cores + k->core_count; c++) {
        pass(k, c, now_ps);
    }
}

void sched_wake(struct kernel *k, uint32_t pd, uint64_t now_ps)
{
    struct kernel_domain *d = &k->domains[pd];
    struct kernel_core *c = core_of(k, pd);

    d->state = KERNEL_READY;
    sc_unblock(d->runs_on, now_ps);
    if (!may_run(d->runs_on, now_ps)) {
        put_off(k, pd);
        return;
    }
    ready_append(&c->ready, pd, d->priority);
    pass(k, c, now_ps);
    if (c->current == KERNEL_NONE) {
        c->now_ps = c->now_ps < now_ps ? now_ps : c->now_ps;
    }
    if (c->current == KERNEL_NONE || k->domains[c->current].priority < d->priority) {
        c->stale = true;
        k->stale = true;
    }
}

void sched_refilled(struct kernel *k, uint32_t pd, uint64_t now_ps)
{
    kernel_tell(k, KERNEL_EVENT_REFILL, pd, 0, 0, 0, 0);
    sched_wake(k, pd, now_ps);
}

void sched_leave(struct kernel *k, uint32_t pd)
{
    struct kernel_core *c = core_of(k, pd);

    assert(c->current == pd);
    sched_charge(k, pd);
    k->domains[pd].slice_over = false;
    c->current = KERNEL_NONE;
    c->stale = true;
    k->stale = true;
}

bool sched_begins(struct kernel *k, uint32_t pd)
{
    struct sched_context *sc = k->domains[pd].runs_on;
    uint64_t now_ps = core_of(k, pd)->now_ps;

    sc_unblock(sc, now_ps);
    if (may_run(sc, now_ps)) {
        return true;
    }
    sched_leave(k, pd);
    put_off(k, pd);
    return false;
}

/* It could go on, but another is to run, or its budget is used up. */
static void interrupt(struct kernel *k, struct kernel_core *c)
{
    uint32_t pd = c->current;
    struct kernel_domain *d = &k->domains[pd];
    bool slice_over;

    sched_charge(k, pd);
    slice_over = d->slice_over;
    d->slice_over = false;
    c->current = KERNEL_NONE;
    if (!may_run(d->runs_on, c->now_ps)) {
        put_off(k, pd);
    } else if (slice_over) {
        ready_append(&c->ready, pd, d->priority);
    } else {
        ready_prepend(&c->ready, pd, d->priority);
    }
}

static void dispatch(struct kernel *k, struct kernel_core *c, int priority)
{
    uint32_t pd = c->ready.first[priority];
    struct kernel_domain *d = &k->domains[pd];

    ready_remove(&c->ready, pd, d->priority);
    c->current = pd;
    d->from_ps = c->now_ps;
    /* What it did not use while others ran it cannot use up afterwards: or it would come back less
     * than a period after its use. */
    sc_unblock(d->runs_on, c->now_ps);
    if (c->last != pd) {
        c->last = pd;
        d->switches++;
        kernel_owe(k, d, PLATFORM_SWITCH);
        if (d->woke) { /* it is told with what it was woken with */
            d->switched = true;
        } else {
            kernel_tell(k, KERNEL_EVENT_SWITCH, pd, d->core, 0, 0, 0);
        }
    }
}

static void reschedule(struct kernel *k, struct kernel_core *c)
{
    int priority = ready_priority(&c->ready);

    c->stale = false;
    if (c->current != KERNEL_NONE) {
        if (priority <= (int)k->domains[c->current].priority) {
            return;
        }
        interrupt(k, c);
        priority = ready_priority(&c->ready);
    }
    if (priority >= 0) {
        dispatch(k, c, priority);
    }
}

/* The end of the budget of who runs on this core, on the core's clock. */
static uint64_t budget_end_ps(const struct kernel *k, const struct kernel_core *c)
{
    const struct kernel_domain *d = &k->domains[c->current];

    return d->from_ps + sc_left_ps(d->runs_on);
}

uint64_t sched_acts_ps(const struct kernel *k, const struct kernel_core *c)
{
    uint64_t rest_ps = k->domains[c->current].rest_ps;

    if (rest_ps == 0) {
        return c->now_ps;
    }
    uint64_t end_ps = budget_end_ps(k, c);
    uint64_t left_ps = end_ps > c->now_ps ? end_ps - c->now_ps : 0;

    return c->now_ps + (rest_ps < left_ps ? rest_ps : left_ps);
}

struct kernel_core *sched_choose(struct kernel *k)
{
    uint64_t least_ps = EVENTS_NEVER;
    struct kernel_core *least = NULL;

    if (k->core_count == 1) { /* nearly always, and there is nothing to choose from */
        if (k->stale) {
            k->stale = false;
            reschedule(k, k->cores);
        }
        return k->cores[0].current == KERNEL_NONE ? NULL : k->cores;
    }
    for (uint32_t i = 0; i < k->core_count; i++) {
        struct kernel_core *c = &k->cores[i];

        if (c->stale) {
            reschedule(k, c);
        }
        if (c->current != KERNEL_NONE) {
            uint64_t acts_ps = sched_acts_ps(k, c);

            if (least == NULL || acts_ps < least_ps) {
                least = c;
                least_ps = acts_ps;
            }
        }
    }
    k->stale = false;
    return least;
}

/* How far this core may go before another one has to be asked first. */
static uint64_t others_ps(const struct kernel *k, const struct kernel_core *c)
{
    uint64_t least = EVENTS_NEVER;

    for (uint32_t i = 0; i < k->core_count; i++) {
        const struct kernel_core *o = &k->cores[i];

        if (o != c && o->current != KERNEL_NONE) {
            uint64_t until = sched_acts_ps(k, o) + (c < o ? 1 : 0);

            least = until < least ? until : least;
        }
    }
    return least;
}

bool sched_horizon(struct kernel *k, struct kernel_core *c)
{
    struct turn *turn = k->domains[c->current].turn;
    uint64_t horizon = budget_end_ps(k, c), event = events_first_ps(&k->events);

    if (c->now_ps >= horizon) {
        interrupt(k, c);
        c->stale = true;
        k->stale = true;
        return false;
    }
    horizon = event < horizon ? event : horizon;
    horizon = k->until_ps < horizon ? k->until_ps : horizon;
    if (k->core_count > 1) {
        uint64_t others = others_ps(k, c);

        horizon = others < horizon ? others : horizon;
    }
    turn->now_ps = c->now_ps;
    turn->horizon_ps = horizon;
    return c->now_ps < horizon;
}

bool sched_goes_on(struct kernel *k, uint32_t pd)
{
    struct kernel_core *c = core_of(k, pd);

    return c->current == pd && !k->stale && k->halt == KERNEL_GOES_ON &&
           k->domains[pd].owed_ps == 0 && k->domains[pd].rest_ps == 0 && sched_horizon(k, c);
}
