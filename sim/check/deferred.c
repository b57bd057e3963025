/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * There is one deferred operation a wake-up. Who defers a second one, on another channel or of
 * another kind, before it has waited, has lost the first: a signal that is never sent, or an
 * interrupt that stays masked.
 */
#include <inttypes.h>

#include "sim/check/heard.h"

static void deferred_event(void *state, const struct plan *plan, const struct probe *p)
{
    (void)plan;
    if (p->kind == PROBE_DEFERRED_REPLACED) {
        heard_note(state, p, HEARD_BY_A);
    }
}

/* Who did not hear of it: the other end of the channel whose operation was lost. */
static uint32_t peer_at(const struct plan *plan, uint32_t pd, uint64_t channel)
{
    for (uint32_t i = 0; pd < plan->pd_count && i < plan->channel_count; i++) {
        const struct plan_channel *c = &plan->channels[i];

        for (unsigned side = 0; side < 2; side++) {
            if (c->end[side].pd == pd && c->end[side].id == channel) {
                return c->end[1 - side].pd;
            }
        }
    }
    return PLAN_NONE;
}

static void judge(const struct plan *plan, const struct heard *h, struct findings *out)
{
    const struct probe *p = &h->first;
    const char *who = pd_name(plan, p->pd);

    say_finding(out, domain_suspect(plan, p->pd), heard_finding(h, peer_at(plan, p->pd, p->a), who),
                "%s deferred an operation on channel %" PRIu64
                " before its deferred one on channel %" PRIu64 " was done, and so lost that",
                who, p->b, p->a);
}

static void deferred_finish(void *state, const struct plan *plan, struct findings *out)
{
    heard_judge(state, plan, out, judge);
}

const struct check_type check_deferred = {
    .name = "deferred",
    .doc = "no deferred signal or acknowledgement is replaced by another before it is made",
    .host_time = "every time",
    .state_size = sizeof(struct heard_list),
    .event = deferred_event,
    .finish = deferred_finish,
};
