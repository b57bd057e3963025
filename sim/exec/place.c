/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One core for all unless the scenario says otherwise. Spread over several, domains stay beside
 * those they talk to: what has nothing to do with each other is dealt out whole, as long as there
 * is something for every core; a single stack is cut where a frame passes from the driver to those
 * behind it, or into as many even pieces, in packet order, as there are cores.
 *
 * In virtual time exactly one domain runs at a time, so one core is best for all, nobody sleeps but
 * by the kernel, and the cores of a scenario are simulated ones.
 */
#include "sim/exec/place.h"

#include <string.h>

#include "sim/base/arena.h"

#define CORES_MAX CPU_SETSIZE
/* What a domain has to do with a frame, compared with others, roughly as measured: a device makes
 * it, looks at what comes back, and moves it twice. */
#define WORK_DEVICE 5u
#define WORK_IMAGE  2u

struct placing {
    struct world *w;
    const struct plan *plan;
    int cores[CORES_MAX];
    uint32_t core_count;
    uint32_t *stack_of; /* by domain: the least of those it is joined with */
    uint32_t *order;    /* domains in the order they are cut in */
    uint32_t *far;      /* by domain: from a device */
    uint32_t round;
};

static uint32_t work_of(const struct plan *plan, uint32_t pd)
{
    return plan->pds[pd].kind == PD_DEVICE ? WORK_DEVICE : WORK_IMAGE;
}

static void find_cores(struct placing *p, const cpu_set_t *allowed)
{
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, allowed)) {
            p->cores[p->core_count++] = cpu;
        }
    }
    p->w->home_cpu = p->core_count == 0 ? -1 : p->cores[p->core_count - 1];
}

/* -- who talks to whom -- */

static void join(struct placing *p, uint32_t a, uint32_t b)
{
    if (a == PLAN_NONE || b == PLAN_NONE) {
        return;
    }
    uint32_t from = p->stack_of[a] > p->stack_of[b] ? p->stack_of[a] : p->stack_of[b];
    uint32_t to = p->stack_of[a] > p->stack_of[b] ? p->stack_of[b] : p->stack_of[a];

    for (uint32_t i = 0; from != to && i < p->plan->pd_count; i++) {
        p->stack_of[i] = p->stack_of[i] == from ? to : p->stack_of[i];
    }
}

/* Call for each two domains that may wake each other. */
static void each_pair(struct placing *p, void (*visit)(struct placing *, uint32_t, uint32_t))
{
    for (uint32_t i = 0; i < p->plan->channel_count; i++) {
        visit(p, p->plan->channels[i].end[0].pd, p->plan->channels[i].end[1].pd);
    }
    for (uint32_t i = 0; i < p->plan->device_count; i++) {
        visit(p, p->plan->devices[i].pd, p->plan->devices[i].driver);
    }
}

static uint32_t find_stacks(struct placing *p)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < p->plan->pd_count; i++) {
        p->stack_of[i] = i;
    }
    each_pair(p, join);
    for (uint32_t i = 0; i < p->plan->pd_count; i++) {
        count += p->stack_of[i] == i;
    }
    return count;
}

/* -- several stacks: each whole, on the core with the least to do -- */

static void deal_out(struct placing *p)
{
    uint32_t *load = arena_array(p->plan->arena, p->core_count, sizeof *load);

    for (uint32_t stack = 0; stack < p->plan->pd_count; stack++) {
        uint32_t least = 0;

        for (uint32_t c = 1; c < p->core_count; c++) {
            least = load[c] < load[least] ? c : least;
        }
        for (uint32_t i = 0; i < p->plan->pd_count; i++) {
            if (p->stack_of[i] == stack) {
                p->w->cpus[i] = p->cores[least];
                load[least] += work_of(p->plan, i);
            }
        }
    }
}

/* -- fewer: cut -- */

/* A domain next to one that has its place takes the next. */
static void follow(struct placing *p, uint32_t a, uint32_t b)
{
    if (a == PLAN_NONE || b == PLAN_NONE) {
        return;
    }
    if (p->far[a] == p->round && p->far[b] > p->round + 1) {
        p->far[b] = p->round + 1;
    } else if (p->far[b] == p->round && p->far[a] > p->round + 1) {
        p->far[a] = p->round + 1;
    }
}

/* By how many wakings they are from a device; who is near none comes last. */
static void find_order(struct placing *p)
{
    const struct plan *plan = p->plan;
    uint32_t count = 0;

    for (uint32_t i = 0; i < plan->pd_count; i++) {
        p->far[i] = plan->pds[i].kind == PD_DEVICE ? 0 : UINT32_MAX;
    }
    for (p->round = 0; p->round < plan->pd_count; p->round++) {
        each_pair(p, follow);
        for (uint32_t i = 0; i < plan->pd_count; i++) {
            if (p->far[i] == p->round) {
                p->order[count++] = i;
            }
        }
    }
    for (uint32_t i = 0; i < plan->pd_count; i++) {
        if (p->far[i] == UINT32_MAX) {
            p->order[count++] = i;
        }
    }
}

static void cut(struct placing *p)
{
    uint32_t all = 0, done = 0;

    find_order(p);
    for (uint32_t i = 0; i < p->plan->pd_count; i++) {
        all += work_of(p->plan, i);
    }
    for (uint32_t i = 0; i < p->plan->pd_count; i++) {
        uint32_t pd = p->order[i], middle = done + work_of(p->plan, pd) / 2;

        p->w->cpus[pd] = p->cores[middle * p->core_count / all];
        done += work_of(p->plan, pd);
    }
}

/* -- who polls -- */

/* If they slept, somebody would have to wake them from another core. */
static void note_apart(struct placing *p, uint32_t a, uint32_t b)
{
    if (a != PLAN_NONE && b != PLAN_NONE && p->w->cpus[a] != p->w->cpus[b]) {
        p->w->polls[a] = p->w->polls[b] = true;
    }
}

/* Has it a core for itself? */
static bool alone(const struct world *w, uint32_t pd)
{
    for (uint32_t i = 0; i < w->plan->pd_count; i++) {
        if (i != pd && w->cpus[i] == w->cpus[pd]) {
            return false;
        }
    }
    return true;
}

/* One that slept among those that poll would have to be woken by them all the time. */
static void follow_the_core(struct world *w)
{
    for (uint32_t i = 0; i < w->plan->pd_count; i++) {
        for (uint32_t k = 0; w->polls[i] && k < w->plan->pd_count; k++) {
            w->polls[k] = w->polls[k] || w->cpus[k] == w->cpus[i];
        }
    }
}

static enum scenario_waiting waiting_of(const struct world *w, uint32_t pd)
{
    enum scenario_waiting own = w->plan->pds[pd].waiting;

    return own != WAITING_AUTO ? own : w->plan->scenario->waiting;
}

static void find_polling(struct placing *p)
{
    struct world *w = p->w;

    each_pair(p, note_apart);
    follow_the_core(w);
    for (uint32_t i = 0; i < w->plan->pd_count; i++) {
        enum scenario_waiting asked = waiting_of(w, i);

        w->polls[i] = asked == WAITING_AUTO ? w->polls[i] : asked == WAITING_POLL;
        w->crowded[i] = !alone(w, i);
    }
}

/* -- the whole -- */

static bool may_use(int cpu, const cpu_set_t *allowed)
{
    return cpu >= 0 && cpu < CPU_SETSIZE && CPU_ISSET(cpu, allowed);
}

/* Where an image has no barriers, nothing but one core for all would be right. */
static bool needs_one_core(const struct plan *plan)
{
    bool any = false;

    for (uint32_t i = 0; i < plan->pd_count; i++) {
        any |= plan->pds[i].one_core;
    }
    return any;
}

static void spread(struct placing *p)
{
    if (find_stacks(p) >= p->core_count) {
        deal_out(p);
    } else {
        cut(p);
    }
}

void place_domains(struct world *w, const cpu_set_t *allowed)
{
    const struct plan *plan = w->plan;
    struct placing *p = arena_alloc(plan->arena, sizeof *p);
    bool simulated = plan->scenario->clock == CLOCK_VIRTUAL, together = needs_one_core(plan);

    *p = (struct placing){.w = w, .plan = plan};
    p->stack_of = arena_array(plan->arena, plan->pd_count + 1, sizeof *p->stack_of);
    p->order = arena_array(plan->arena, plan->pd_count + 1, sizeof *p->order);
    p->far = arena_array(plan->arena, plan->pd_count + 1, sizeof *p->far);
    find_cores(p, allowed);
    for (uint32_t i = 0; i < plan->pd_count; i++) {
        w->cpus[i] = w->home_cpu;
    }
    if (simulated || p->core_count == 0) {
        return;
    }
    if (plan->scenario->placement == PLACEMENT_SPREAD && !together) {
        spread(p);
    }
    for (uint32_t i = 0; i < plan->pd_count && !together; i++) {
        w->cpus[i] = may_use(plan->pds[i].cpu, allowed) ? plan->pds[i].cpu : w->cpus[i];
    }
    for (uint32_t i = 1; i < plan->pd_count; i++) {
        w->spread |= w->cpus[i] != w->cpus[0];
    }
    find_polling(p);
}
