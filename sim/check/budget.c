/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Within any stretch of time as long as its period, nobody uses more of a processor than its
 * budget. The kernel keeps a list of refills for that; here the use itself is added up, apart from
 * that list, so that a mistake in one does not hide in the other. What the kernel does in one go
 * when a budget ends is allowed on top, as on seL4.
 *
 * That is a promise of the kernel's and not of a domain's, so there is no excuse for breaking it.
 */
#include <inttypes.h>

#include "sim/check/heard.h"

static void budget_event(void *state, const struct plan *plan, const struct probe *p)
{
    (void)plan;
    if (p->kind == PROBE_BUDGET_EXCEEDED) {
        heard_note(state, p, HEARD_BY_OBJECT);
    }
}

static void judge(const struct plan *plan, const struct heard *h, struct findings *out)
{
    const struct probe *p = &h->first;
    const char *who = pd_name(plan, p->pd);

    say_finding(out, false, heard_finding(h, PLAN_NONE, who),
                "%s ran for %" PRIu64 " ns within one period of %" PRIu64
                " ns; its budget is %" PRIu64 " ns",
                who, p->a, p->b, p->pd < plan->pd_count ? plan->pds[p->pd].budget_ns : (uint64_t)0);
}

static void budget_finish(void *state, const struct plan *plan, struct findings *out)
{
    heard_judge(state, plan, out, judge);
}

const struct check_type check_budget = {
    .name = "budget",
    .doc = "nobody runs beyond its budget within any stretch as long as its period",
    .host_time = "not at all: there Linux schedules",
    .state_size = sizeof(struct heard_list),
    .event = budget_event,
    .finish = budget_finish,
};
