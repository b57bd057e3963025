/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * There is one deferred operation a wake-up. Who defers a second one, on another channel or of
 * another kind, before it has waited, has lost the first: a signal that is never sent, or an
 * interrupt that stays masked.
 */
#include <inttypes.h>

#include "sim/check/heard.h"

struct deferred {
    struct heard_list heard;
};

static void deferred_event(void *state, const struct plan *plan, const struct probe *p)
{
    struct deferred *d = state;

    (void)plan;
    if (p->kind == PROBE_DEFERRED_REPLACED) {
        heard_note(&d->heard, p, true);
    }
}

/* Who did not hear of it: the other end of the channel whose operation was lost. */
static uint32_t peer_at(const struct plan *plan, uint32_t pd, uint64_t channel)
{
    for (uint32_t i = 0; i < plan->channel_count; i++) {
        const struct plan_channel *c = &plan->channels[i];

        for (unsigned side = 0; side < 2; side++) {
            if (c->end[side].pd == pd && c->end[side].id == channel) {
                return c->end[1 - side].pd;
            }
        }
    }
    return PLAN_NONE;
}

static void deferred_finish(void *state, const struct plan *plan, struct findings *out)
{
    const struct deferred *d = state;

    for (unsigned i = 0; i < d->heard.count; i++) {
        const struct heard *h = &d->heard.list[i];
        const struct probe *p = &h->first;
        bool known = p->pd < plan->pd_count;
        uint32_t victim = known ? peer_at(plan, p->pd, p->a) : PLAN_NONE;
        const char *who = known ? plan->pds[p->pd].name : "somebody";

        say_finding(out, domain_suspect(plan, p->pd),
                    (struct finding){.culprit = p->pd,
                                     .victim = victim,
                                     .object = who,
                                     .time_ns = p->time_ns,
                                     .count = h->count,
                                     .before = h->first.before,
                                     .place = h->first.place},
                    "%s deferred an operation on channel %" PRIu64
                    " before its deferred one on channel %" PRIu64 " was done, and so lost that",
                    who, p->b, p->a);
    }
    out->lost += d->heard.lost;
}

const struct check_type check_deferred = {
    .name = "deferred",
    .doc = "no deferred signal or acknowledgement is replaced by another before it is made",
    .host_time = "every time",
    .state_size = sizeof(struct deferred),
    .event = deferred_event,
    .finish = deferred_finish,
};
