/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A buffer is in one place, and only who has it may give it away: nobody returns what it does not
 * have, passes on what it has passed on already, or names memory that is no buffer. What a domain
 * has is told by the watch on its queues, entry by entry.
 *
 * A domain that is compromised or untrusted may name what it likes; whoever passes that on is
 * judged for it.
 */
#include <inttypes.h>

#include "sim/check/heard.h"

struct ownership {
    struct heard_list heard;
};

static void ownership_event(void *state, const struct plan *plan, const struct probe *p)
{
    struct ownership *o = state;

    (void)plan;
    if (p->kind == PROBE_BUFFER_TWICE || p->kind == PROBE_BUFFER_FOREIGN) {
        heard_note(&o->heard, p, false);
    }
}

static void judge(const struct plan *plan, const struct heard *h, struct findings *out)
{
    const struct probe *p = &h->first;
    const char *who = p->pd < plan->pd_count ? plan->pds[p->pd].name : "somebody";
    bool excused = domain_suspect(plan, p->pd), twice = p->kind == PROBE_BUFFER_TWICE;
    uint32_t queue = twice ? (uint32_t)p->b : p->object;
    struct finding one = {.culprit = p->pd,
                          .victim = queue_peer(plan, queue, p->pd),
                          .object = twice ? pool_name(plan, p->object) : queue_name(plan, queue),
                          .time_ns = p->time_ns,
                          .count = h->count,
                          .before = h->first.before,
                          .place = h->first.place};

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
    const struct ownership *o = state;

    for (unsigned i = 0; i < o->heard.count; i++) {
        judge(plan, &o->heard.list[i], out);
    }
    out->lost += o->heard.lost;
}

const struct check_type check_ownership = {
    .name = "ownership",
    .doc = "nobody gives away a buffer that it does not have",
    .host_time = "every time, as told by the runtime of the domain that did it",
    .state_size = sizeof(struct ownership),
    .event = ownership_event,
    .finish = ownership_finish,
};
