/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel for a plan: who may signal and call whom, which interrupts go where, what everything
 * costs, and every domain with its scheduling context. Nobody runs yet.
 */
#include <assert.h>

#include "sim/kernel/kernel_parts.h"

uint64_t kernel_ps(const struct platform *p, uint64_t cycles)
{
    return (uint64_t)(((unsigned __int128)cycles * 1000000000000u + p->clock_hz / 2) / p->clock_hz);
}

/* An interrupt is masked until its driver is ready. */
static void add_line(struct kernel *k, const struct plan_channel *c, uint32_t device)
{
    const struct plan_end *driver = &c->end[1];

    k->domains[driver->pd].ends[driver->id] =
        (struct kernel_end){.kind = CHANNEL_IRQ, .line = k->line_count};
    k->lines[k->line_count++] = (struct kernel_line){.device = device,
                                                     .pd = driver->pd,
                                                     .channel = driver->id,
                                                     .number = c->irq_line,
                                                     .masked = true};
}

static void init_lines(struct kernel *k, struct arena *arena)
{
    const struct plan *plan = k->plan;

    k->lines = arena_array(arena, plan->channel_count + 1, sizeof *k->lines);
    k->device_lines = arena_array(arena, plan->device_count + 1, sizeof *k->device_lines);
    for (uint32_t device = 0; device < plan->device_count; device++) {
        k->device_lines[device] = k->line_count;
        for (uint32_t i = 0; i < plan->channel_count; i++) {
            const struct plan_channel *c = &plan->channels[i];

            if (c->kind == CHANNEL_IRQ && plan->pds[c->end[0].pd].device == device) {
                add_line(k, c, device);
            }
        }
    }
}

static void init_channels(struct kernel *k, struct arena *arena)
{
    const struct plan *plan = k->plan;

    for (uint32_t i = 0; i < plan->pd_count; i++) {
        k->domains[i].ends = arena_array(arena, PLAN_CHANNELS_MAX, sizeof *k->domains[i].ends);
    }
    for (uint32_t i = 0; i < plan->channel_count; i++) {
        const struct plan_channel *c = &plan->channels[i];

        for (int side = 0; c->kind == CHANNEL_PEER && side < 2; side++) {
            const struct plan_end *end = &c->end[side], *other = &c->end[1 - side];

            k->domains[end->pd].ends[end->id] = (struct kernel_end){.peer = &k->domains[other->pd],
                                                                    .kind = CHANNEL_PEER,
                                                                    .peer_channel = other->id,
                                                                    .may_notify = end->may_notify,
                                                                    .may_call = end->may_call};
        }
    }
}

/* What a domain can be charged for at once when its budget ends: as much as the kernel does without
 * looking at budgets. */
static uint64_t overrun_ps(const struct kernel *k)
{
    uint64_t sum_ps = k->platform->min_budget_ns * 1000;

    for (int i = 0; i < PLATFORM_ENTRIES; i++) {
        sum_ps += k->ps_per_entry[i];
    }
    return sum_ps;
}

static void init_domain(struct kernel *k, uint32_t pd, struct turn *turn, struct arena *arena)
{
    const struct plan_pd *asked = &k->plan->pds[pd];
    const struct platform *p = k->platform;
    struct kernel_domain *d = &k->domains[pd];
    assert(k->core_count > 0);
    uint64_t slice_ps = p->timeslice_ns * 1000;
    uint64_t budget_ps = asked->budget_ns == 0 ? slice_ps : asked->budget_ns * 1000;
    uint64_t period_ps = asked->period_ns == 0 ? budget_ps : asked->period_ns * 1000;
    uint32_t core = asked->cpu < 0 ? 0 : (uint32_t)asked->cpu % k->core_count;

    *d = (struct kernel_domain){.pd = pd,
                                .turn = turn,
                                .ends = d->ends,
                                .priority = asked->priority,
                                .passive = asked->asked != NULL && asked->asked->passive,
                                .core = &k->cores[core],
                                .device = KERNEL_NONE,
                                .state = KERNEL_ENDED};
    sc_init(&d->sc, budget_ps, period_ps, p->min_budget_ns * 1000, (unsigned)p->refills, 0);
    d->runs_on = &d->sc;
    if (!d->sc.slice && !d->passive && plan_checks(k->plan, "budget")) {
        d->audit = arena_alloc(arena, sizeof *d->audit);
        audit_init(d->audit, d->sc.budget_ps, d->sc.period_ps, overrun_ps(k));
    }
    for (uint32_t i = 0; i < k->plan->device_count; i++) {
        if (k->plan->devices[i].driver == pd) {
            d->device = i;
        }
    }
}

/* Beyond the last one that somebody is to run on, cores only cost the looking at. */
static uint32_t cores_used(const struct plan *plan, const struct platform *platform)
{
    uint32_t used = 1;

    for (uint32_t i = 0; i < plan->pd_count; i++) {
        int cpu = plan->pds[i].kind == PD_IMAGE ? plan->pds[i].cpu : -1;

        used = cpu >= (int)used ? (uint32_t)cpu + 1 : used;
    }
    return platform->cores != 0 && used > platform->cores ? (uint32_t)platform->cores : used;
}

/* What the kernel's own work costs, and what follows from the seed. */
static void init_chance(struct kernel *k)
{
    uint64_t seed = k->plan->scenario == NULL ? 0 : k->plan->scenario->seed;
    struct rng dice;

    rng_init(&dice, seed, "costs.kernel");
    rng_init(&k->delays, seed, "interrupts");
    for (int i = 0; i < PLATFORM_ENTRIES; i++) {
        uint64_t ps = kernel_ps(k->platform, k->platform->entry[i]);

        k->ps_per_entry[i] = platform_spread(k->platform, &dice, ps);
    }
}

/* They begin where a line of the cache does: one more than there are leaves room for that. */
static struct kernel_event *make_recent(struct arena *arena)
{
    uintptr_t room = (uintptr_t)arena_array(arena, KERNEL_RECENT + 1, sizeof(struct kernel_event));
    uintptr_t align = sizeof(struct kernel_event);

    return (struct kernel_event *)((room + align - 1) & ~(align - 1));
}

void kernel_setup(struct kernel *k, const struct plan *plan, const struct platform *platform,
                  struct turn **turns, const struct kernel_devices *devices, struct arena *arena)
{
    *k = (struct kernel){.plan = plan,
                         .platform = platform,
                         .devices = devices,
                         .core_count = cores_used(plan, platform),
                         .until_ps = EVENTS_NEVER};
    k->domains = arena_array(arena, plan->pd_count, sizeof *k->domains);
    k->links = arena_array(arena, plan->pd_count, sizeof *k->links);
    k->cores = arena_array(arena, k->core_count, sizeof *k->cores);
    k->recent = make_recent(arena);
    events_init(&k->events, alarm_unasked(k) + 1, arena);
    init_chance(k);
    for (uint32_t i = 0; i < k->core_count; i++) {
        ready_init(&k->cores[i].ready, k->links);
    }
    k->idle_writes = arena_array(arena, plan->device_count + 1, sizeof *k->idle_writes);
    init_channels(k, arena);
    init_lines(k, arena);
    for (uint32_t i = 0; i < plan->pd_count; i++) {
        init_domain(k, i, turns[i], arena);
    }
}
