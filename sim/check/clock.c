/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In virtual time each domain keeps its own clock, in memory that it can write. The kernel believes
 * it as far as it goes forward, and not beyond the horizon that was set for it; one that says
 * anything else lies, be it to seem idle, to steal time, or by a stray write into its own page.
 */
#include <inttypes.h>

#include "sim/check/heard.h"

struct clock {
    struct heard_list heard;
};

static void clock_event(void *state, const struct plan *plan, const struct probe *p)
{
    struct clock *c = state;

    (void)plan;
    if (p->kind == PROBE_CLOCK_LIED) {
        heard_note(&c->heard, p, false);
    }
}

static void clock_finish(void *state, const struct plan *plan, struct findings *out)
{
    const struct clock *c = state;

    for (unsigned i = 0; i < c->heard.count; i++) {
        const struct heard *h = &c->heard.list[i];
        const struct probe *p = &h->first;
        const char *who = p->pd < plan->pd_count ? plan->pds[p->pd].name : "somebody";

        say_finding(out, domain_suspect(plan, p->pd),
                    (struct finding){.culprit = p->pd,
                                     .victim = PLAN_NONE,
                                     .object = who,
                                     .time_ns = p->time_ns,
                                     .count = h->count},
                    "%s says its clock went %s, by %" PRIu64 " ps; it was not believed", who,
                    p->b != 0 ? "beyond its horizon" : "backwards", p->a);
    }
    out->lost += c->heard.lost;
}

const struct check_type check_clock = {
    .name = "clock",
    .doc = "what a domain says of its own clock goes forward, and not beyond what it was given",
    .host_time = "not at all: there the clock is the host's",
    .state_size = sizeof(struct clock),
    .event = clock_event,
    .finish = clock_finish,
};
