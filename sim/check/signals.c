/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many signals were of no use: sent when whoever they went to had not asked for one, on any
 * queue that the channel serves, since it was last signalled. Each costs two entries into the
 * kernel and perhaps a switch, and does no harm beyond that; so this is a figure, and no finding.
 */
#include <inttypes.h>

#include "sim/check/heard.h"

struct signals {
    uint64_t *sent, *needless; /* by domain */
};

static void signals_start(void *state, const struct plan *plan)
{
    struct signals *s = state;

    s->sent = arena_array(plan->arena, plan->pd_count + 1, sizeof *s->sent);
    s->needless = arena_array(plan->arena, plan->pd_count + 1, sizeof *s->needless);
}

static void signals_event(void *state, const struct plan *plan, const struct probe *p)
{
    struct signals *s = state;

    if (p->kind == PROBE_SIGNALS_SENT && p->pd < plan->pd_count) {
        s->sent[p->pd] += p->count;
        s->needless[p->pd] += p->a;
    }
}

static void signals_finish(void *state, const struct plan *plan, struct findings *out)
{
    const struct signals *s = state;
    uint64_t sent = 0, needless = 0;
    uint32_t most = PLAN_NONE;

    for (uint32_t pd = 0; pd < plan->pd_count; pd++) {
        sent += s->sent[pd];
        needless += s->needless[pd];
        if (s->needless[pd] != 0 && (most == PLAN_NONE || s->needless[pd] > s->needless[most])) {
            most = pd;
        }
    }
    if (plan->scenario != NULL && plan->scenario->clock == CLOCK_HOST) {
        out->figure = arena_format(plan->arena, "%" PRIu64 " sent", sent);
    } else if (most == PLAN_NONE) {
        out->figure = arena_format(plan->arena, "none of %" PRIu64 " was needless", sent);
    } else {
        out->figure =
            arena_format(plan->arena, "%" PRIu64 " of %" PRIu64 " needless, %" PRIu64 " by %s",
                         needless, sent, s->needless[most], plan->pds[most].name);
    }
}

const struct check_type check_signals = {
    .name = "signals",
    .doc = "how many signals were sent to somebody who had not asked for one; a figure",
    .host_time = "how many were sent, as told by the runtime of the domain that signalled",
    .state_size = sizeof(struct signals),
    .start = signals_start,
    .event = signals_event,
    .finish = signals_finish,
};
