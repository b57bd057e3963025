/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Domains live and keep the kernel's rules: none dies of its own mistakes, none uses a
 * channel it does not have. One that is compromised or
 * untrusted may come to grief; that the others do not is what they are judged by.
 */
#include <inttypes.h>

#include "sim/check/heard.h"
#include "sim/hook/where.h"

static void domains_event(void *state, const struct plan *plan, const struct probe *p)
{
    (void)plan;
    switch (p->kind) {
    case PROBE_PD_DIED:
        heard_note(state, p, HEARD_BY_OBJECT);
        break;
    case PROBE_STRAY_LANDED:
    case PROBE_CHANNEL_UNKNOWN:
        heard_note(state, p, HEARD_BY_A);
        break;
    default:
        break;
    }
}

static void judge(const struct plan *plan, const struct heard *h, struct findings *out)
{
    const struct probe *p = &h->first;
    const char *who = pd_name(plan, p->pd);
    bool excused = domain_suspect(plan, p->pd);
    struct finding one = heard_finding(h, PLAN_NONE, who);
    char where[WHERE_TEXT_BYTES];

    switch (p->kind) {
    case PROBE_PD_DIED:
        say_finding(out, excused, one, "%s died of %s", who,
                    where_death(plan, p->pd, p->a, p->b, where));
        break;
    case PROBE_STRAY_LANDED: /* whoever it was, this is not its doing */
        say_finding(out, false, one, "nothing kept %s from %s %s", who,
                    p->b ? "writing to" : "reading", where_vaddr(plan, p->pd, p->a, where));
        break;
    default:
        say_finding(out, excused, one, "%s used channel %" PRIu64 ", which it does not have", who,
                    p->a);
        break;
    }
}

static void domains_finish(void *state, const struct plan *plan, struct findings *out)
{
    heard_judge(state, plan, out, judge);
}

const struct check_type check_domains = {
    .name = "domains",
    .doc = "no domain dies, uses a channel it does not have or reaches what the plan does not "
           "give it",
    .host_time = "every time",
    .state_size = sizeof(struct heard_list),
    .event = domains_event,
    .finish = domains_finish,
};
