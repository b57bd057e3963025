/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of the kernel itself: where it asks, and what is done then. Their clock begins when
 * traffic is let in. */
#include "sim/exec/virtual_parts.h"

static void on_acted(void *context, uint32_t fault, uint64_t a, uint64_t b)
{
    struct virtual *v = context;
    struct probe *act = &v->s->acts[fault];

    if (act->count++ == 0) {
        *act = (struct probe){.time_ns = (v->kernel.now_ps - v->begun_ps) / 1000,
                              .kind = PROBE_FAULT_ACTED,
                              .told = TOLD_BY_WORLD,
                              .pd = PLAN_NONE,
                              .object = fault,
                              .a = a,
                              .b = b,
                              .count = 1};
    }
}

/* On the clock of faults. Before traffic is let in, and after its end, there is no such time. */
static bool fault_time(const struct virtual *v, uint64_t *run_ns)
{
    *run_ns = (v->kernel.now_ps - v->begun_ps) / 1000;
    return v->begun_ps != 0 && !v->told_to_stop;
}

static bool on_signal_sent(void *context, uint32_t from, uint32_t to, uint32_t channel,
                           uint64_t *late_ps)
{
    struct virtual *v = context;
    struct gate_notify n = {.from = from, .to = to, .channel = channel};
    uint64_t run_ns;

    if (!fault_time(v, &run_ns)) {
        return true;
    }
    switch (faults_notify(&v->faults, run_ns, &n)) {
    case VERDICT_DROP:
        v->s->signals_lost[to]++;
        return false;
    case VERDICT_DELAY:
        *late_ps = v->kernel.now_ps + n.delay_ns * 1000;
        return false;
    default:
        return true;
    }
}

uint64_t virtual_faults_ps(const struct virtual *v)
{
    uint64_t at_ns = faults_kernel_ns(&v->faults);

    return at_ns > (EVENTS_NEVER - v->begun_ps) / 1000 - 1 ? EVENTS_NEVER
                                                           : v->begun_ps + at_ns * 1000;
}

static uint64_t on_unasked(void *context)
{
    struct virtual *v = context;
    struct gate_kernel g = {.pd = PLAN_NONE};

    if (!fault_time(v, &g.time_ns)) {
        return EVENTS_NEVER;
    }
    while (v->kernel.halt == KERNEL_GOES_ON && faults_ask_kernel(&v->faults, &g) != VERDICT_PASS) {
        if (g.take_ns != 0) {
            kernel_take(&v->kernel, g.pd, g.take_ns * 1000);
        }
        if (g.restart) {
            (void)kernel_restart(&v->kernel, g.pd);
        }
    }
    return virtual_faults_ps(v);
}

void virtual_begin_faults(struct virtual *v)
{
    const struct plan *plan = v->s->world->plan;

    faults_init(&v->faults, plan, PLAN_NONE);
    if (v->faults.count == 0) {
        return;
    }
    v->faults.acted = on_acted;
    v->faults.context = v;
    v->s->acts = arena_array(plan->arena, plan->scenario->fault_count, sizeof *v->s->acts);
    v->s->signals_lost = arena_array(plan->arena, plan->pd_count, sizeof *v->s->signals_lost);
    v->gates = (struct kernel_gates){.context = v, .signal = on_signal_sent, .unasked = on_unasked};
    kernel_set_gates(&v->kernel, &v->gates, v->s->world->arena);
}
