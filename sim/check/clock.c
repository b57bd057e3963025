/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In virtual time each domain keeps its own clock, in memory that it can write. The kernel believes
 * it as far as it goes forward, and not beyond the horizon that was set for it; one that says
 * anything else lies, be it to seem idle, to steal time, or by a stray write into its own page.
 */
#include <inttypes.h>

#include "sim/check/heard.h"

static void clock_event(void *state, const struct plan *plan, const struct probe *p)
{
    (void)plan;
    if (p->kind == PROBE_CLOCK_LIED) {
        heard_note(state, p, HEARD_BY_OBJECT);
    }
}

static void judge(const struct plan *plan, const struct heard *h, struct findings *out)
{
    const struct probe *p = &h->first;
    const char *who = pd_name(plan, p->pd);

    say_finding(out, domain_suspect(plan, p->pd), heard_finding(h, PLAN_NONE, who),
                "%s says its clock went %s, by %" PRIu64 " ps; it was not believed", who,
                p->b != 0 ? "beyond its horizon" : "backwards", p->a);
}

static void clock_finish(void *state, const struct plan *plan, struct findings *out)
{
    heard_judge(state, plan, out, judge);
}

const struct check_type check_clock = {
    .name = "clock",
    .doc = "what a domain says of its own clock goes forward, and not beyond what it was given",
    .host_time = "not at all: there the clock is the host's",
    .state_size = sizeof(struct heard_list),
    .event = clock_event,
    .finish = clock_finish,
};
