/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A buffer is in one place, and only who has it may give it away: nobody returns what it does not
 * have, passes on what it has passed on already, or names memory that is no buffer. What a domain
 * has is told by the watch on its queues, entry by entry.
 *
 * A domain that is compromised or untrusted may name what it likes; whoever passes that on is
 * judged for it, but where the other is one that it has to rely on.
 */
#include <inttypes.h>

#include "sim/check/blame.h"

static void ownership_event(void *state, const struct plan *plan, const struct probe *p)
{
    (void)plan;
    if (p->kind == PROBE_BUFFER_TWICE || p->kind == PROBE_BUFFER_FOREIGN) {
        heard_note(state, p, HEARD_BY_OBJECT);
    }
}

static void judge(const struct plan *plan, const struct heard *h, struct findings *out)
{
    const struct probe *p = &h->first;
    const char *who = pd_name(plan, p->pd);
    bool twice = p->kind == PROBE_BUFFER_TWICE;
    uint32_t queue = twice ? (uint32_t)p->b : p->object;
    struct finding one =
        heard_finding(h, queue_peer(plan, queue, p->pd),
                      twice ? pool_name(plan, p->object) : queue_name(plan, queue));

    bool closely = domain_watched_closely(plan, p->pd) && !domain_is(plan, p->pd, "driver");

    if (!twice) {
        one.culprit = blame_for_queue(plan, p->pd, p->object);
    } else if (!closely) {
        uint32_t misled = domain_misled_by(plan, p->pd, p->object);

        one.culprit = blame_for(plan, p->pd, p->object);
        one.culprit = one.culprit == p->pd && misled != PLAN_NONE ? misled : one.culprit;
    }
    /* What names no buffer somebody let through who may have known better, and it is told. */
    bool excused = domain_misbehaves(plan, twice ? one.culprit : p->pd);

    if (twice) {
        say_finding(out, excused, one,
                    "%s gave away %s[%" PRIu64 "], which it did not have to give", who, one.object,
                    p->a);
    } else {
        say_finding(out, excused, one,
                    "%s put 0x%" PRIx64 " (%" PRIu64 " bytes) into %s, which names no buffer there",
                    who, p->a, p->b, one.object);
    }
}

static void ownership_finish(void *state, const struct plan *plan, struct findings *out)
{
    heard_judge(state, plan, out, judge);
}

const struct check_type check_ownership = {
    .name = "ownership",
    .doc = "nobody gives away a buffer that it does not have",
    .host_time = "every time, as told by the runtime of the domain that did it",
    .state_size = sizeof(struct heard_list),
    .event = ownership_event,
    .finish = ownership_finish,
};
