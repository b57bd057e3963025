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

struct budget {
    struct heard_list heard;
};

static void budget_event(void *state, const struct plan *plan, const struct probe *p)
{
    struct budget *b = state;

    (void)plan;
    if (p->kind == PROBE_BUDGET_EXCEEDED) {
        heard_note(&b->heard, p, false);
    }
}

static void budget_finish(void *state, const struct plan *plan, struct findings *out)
{
    const struct budget *b = state;

    for (unsigned i = 0; i < b->heard.count; i++) {
        const struct heard *h = &b->heard.list[i];
        const struct probe *p = &h->first;
        const char *who = p->pd < plan->pd_count ? plan->pds[p->pd].name : "somebody";

        say_finding(out, false,
                    (struct finding){.culprit = p->pd,
                                     .victim = PLAN_NONE,
                                     .object = who,
                                     .time_ns = p->time_ns,
                                     .count = h->count},
                    "%s ran for %" PRIu64 " ns within one period of %" PRIu64
                    " ns; its budget is %" PRIu64 " ns",
                    who, p->a, p->b,
                    p->pd < plan->pd_count ? plan->pds[p->pd].budget_ns : (uint64_t)0);
    }
    out->lost += b->heard.lost;
}

const struct check_type check_budget = {
    .name = "budget",
    .doc = "nobody runs beyond its budget within any stretch as long as its period",
    .host_time = "not at all: there Linux schedules",
    .state_size = sizeof(struct budget),
    .event = budget_event,
    .finish = budget_finish,
};
