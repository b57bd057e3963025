/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel knows when a run is over, and no page says: whose clock lied, who was kept from
 * the processor or had more of it than its budget, who was not waiting when told to end, which
 * interrupt is up and will not come again, and what the kernel did by itself for a fault. On the
 * host's clock Linux schedules, and of all this only what can be seen from outside is told.
 */
#include "sim/exec/look_parts.h"
#include "sim/exec/stack.h"
#include "sim/exec/virtual.h"

static uint64_t since_begin_ns(const struct lookout *l, uint64_t at_ps)
{
    uint64_t at_ns = at_ps / 1000;

    return at_ns > l->s->ready_ns ? look_bounded_ns(l, at_ns - l->s->ready_ns) : 0;
}

static void tell_at(struct lookout *l, enum probe_kind kind, uint64_t at_ps, struct probe p)
{
    p.kind = (uint16_t)kind;
    p.time_ns = since_begin_ns(l, at_ps);
    p.told = TOLD_BY_WORLD;
    probe_emit(l->bus, &p);
}

static void look_at_clock_and_budget(struct lookout *l, uint32_t pd)
{
    const struct kernel_domain *d = &l->s->virtual_result->kernel->domains[pd];

    if (d->lies != 0) {
        tell_at(l, PROBE_CLOCK_LIED, d->lied_at_ps,
                (struct probe){.pd = pd,
                               .object = PLAN_NONE,
                               .a = d->lied_by_ps,
                               .b = d->lied_ahead,
                               .count = d->lies});
    }
    if (d->kept.longest_ps != 0) {
        tell_at(l, PROBE_PD_KEPT, d->kept.until_ps,
                (struct probe){.pd = pd,
                               .object = PLAN_NONE,
                               .a = d->kept.longest_ps / 1000,
                               .b = d->kept.by,
                               .count = 1});
    }
    if (d->audit != NULL && d->audit->exceeded != 0) {
        tell_at(l, PROBE_BUDGET_EXCEEDED, d->audit->first_ps,
                (struct probe){.pd = pd,
                               .object = PLAN_NONE,
                               .a = d->audit->worst_ps / 1000,
                               .b = d->audit->period_ps / 1000,
                               .count = d->audit->exceeded});
    }
}

static void look_at_standstill(struct lookout *l)
{
    const struct virtual_standstill *s = &l->s->virtual_result->standstill;

    if (s->wakes != 0) {
        enum standstill_by what = s->queue != PLAN_NONE    ? STANDSTILL_QUEUE
                                  : s->device != PLAN_NONE ? STANDSTILL_RING
                                                           : STANDSTILL_LINE;
        const uint32_t objects[] = {s->queue, s->device, s->line};

        tell_at(l, PROBE_STANDSTILL, s->at_ps,
                (struct probe){
                    .pd = s->pd, .object = objects[what], .a = s->wakes, .b = what, .count = 1});
    }
}

/* Told to end, and it has: who calls it afterwards waits for nothing that anybody owes it. */
static bool has_left(const struct lookout *l, uint32_t pd)
{
    return pd < l->plan->pd_count && atomic_load(&l->s->world->pages[pd]->state) == PD_ENDED;
}

static void tell_unfinished(struct lookout *l, uint32_t pd, enum unfinished why, uint32_t by)
{
    if (why != UNFINISHED_CALLING || !has_left(l, by)) {
        const struct pd_page *page = l->s->world->pages[pd];
        bool loops = why == UNFINISHED_RUNS || why == UNFINISHED_INIT;
        struct probe p = {.time_ns = l->s->length_ns,
                          .kind = PROBE_PD_UNFINISHED,
                          .told = TOLD_BY_WORLD,
                          .pd = pd,
                          .object = PLAN_NONE,
                          .a = why,
                          .b = by,
                          .place = loops ? stack_place(&page->death.stack) : 0,
                          .count = 1};

        probe_emit(l->bus, &p);
    }
}

/* On the host's clock all there is to see is that it was not waiting when it was told to end. */
static void look_at_end(struct lookout *l, uint32_t pd)
{
    const struct supervise_pd *p = &l->s->pds[pd];
    const struct pd_page *page = l->s->world->pages[pd];
    uint32_t state = atomic_load(&page->state);

    if (l->s->virtual_result != NULL) {
        if (p->unfinished) {
            tell_unfinished(l, pd, (enum unfinished)p->unfinished_why, p->unfinished_by);
        }
        return;
    }
    uint32_t called = atomic_load(&page->waits_for);
    bool calls = called != 0 && called <= l->plan->pd_count;

    if (!p->died && state != PD_ENDED && state != PD_STOPPED && (state == PD_RUNNING || calls)) {
        tell_unfinished(l, pd, calls ? UNFINISHED_CALLING : UNFINISHED_RUNS,
                        calls ? called - 1 : PLAN_NONE);
    }
}

/* An interrupt that is up and will not be delivered again, as nobody acknowledged the last one. */
static void look_at_irq(struct lookout *l, const struct plan_channel *c, uint32_t channel)
{
    uint32_t device = l->plan->pds[c->end[0].pd].device;
    bool stuck = false;

    if (l->s->virtual_result != NULL) {
        const struct kernel *k = l->s->virtual_result->kernel;

        for (uint32_t i = 0; i < k->line_count; i++) {
            const struct kernel_line *line = &k->lines[i];

            stuck |= line->device == device && line->number == c->irq_line && line->level &&
                     line->masked;
        }
    } else {
        const struct channel_page *page = world_channel(l->s->world, channel);

        stuck = atomic_load(&page->line) != 0 && atomic_load(&page->masked) != 0;
    }
    look_tell(l, PROBE_IRQ_LEFT, TOLD_BY_WORLD, c->end[1].pd, device, 0, 0, stuck);
}

void look_at_schedule(struct lookout *l, uint32_t pd)
{
    look_at_end(l, pd);
    if (l->s->virtual_result != NULL && l->plan->pds[pd].kind == PD_IMAGE) {
        look_at_clock_and_budget(l, pd);
    }
}

void look_at_kernel(struct lookout *l)
{
    const struct virtual_result *r = l->s->virtual_result;

    if (r != NULL) {
        look_at_standstill(l);
    }
    if (r != NULL && r->caches != NULL) {
        caches_tell(r->caches, l->bus);
    }
    for (uint32_t i = 0; i < l->plan->channel_count; i++) {
        if (l->plan->channels[i].kind == CHANNEL_IRQ) {
            look_at_irq(l, &l->plan->channels[i], i);
        }
    }
}

void look_at_kernels_acts(struct lookout *l)
{
    for (size_t i = 0; l->s->acts != NULL && i < l->plan->scenario->fault_count; i++) {
        if (l->s->acts[i].count != 0) {
            probe_emit(l->bus, &l->s->acts[i]);
        }
    }
    for (uint32_t pd = 0; l->s->signals_lost != NULL && pd < l->plan->pd_count; pd++) {
        look_tell(l, PROBE_SIGNAL_LOST, TOLD_BY_WORLD, pd, PLAN_NONE, 0, 0, l->s->signals_lost[pd]);
    }
}
