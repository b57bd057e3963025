/* SPDX-License-Identifier: BSD-2-Clause */
/* Summing events. What an event does not say is left out, never guessed. */
#include "sim/observe/account.h"

void account_init(struct account *a, const struct plan *plan)
{
    size_t faults = plan->scenario == NULL ? 0 : plan->scenario->fault_count;

    *a = (struct account){.plan = plan};
    a->delivered_to = arena_array(plan->arena, plan->pd_count + 1, sizeof *a->delivered_to);
    a->sent_by = arena_array(plan->arena, plan->pd_count + 1, sizeof *a->sent_by);
    a->dropped_at = arena_array(plan->arena, plan->pd_count + 1, sizeof *a->dropped_at);
    a->acted = arena_array(plan->arena, faults + 1, sizeof *a->acted);
}

/* The endpoint at one end of the queue an event names; the domain it names itself, if it names no
 * queue. */
static uint32_t endpoint_of(const struct account *a, const struct probe *p, bool consumes)
{
    uint32_t pd = p->pd;

    if (p->object < a->plan->queue_count) {
        const struct queue_shape *q = &a->plan->queues[p->object];

        pd = consumes ? q->consumer : q->producer;
    }
    return pd < a->plan->pd_count ? pd : a->plan->pd_count;
}

void account_event(void *account, const struct probe *p)
{
    struct account *a = account;
    const struct plan *plan = a->plan;

    switch (p->kind) {
    case PROBE_FRAME_IN:
        a->in += p->count;
        break;
    case PROBE_FRAME_SENT:
        a->sent += p->count;
        a->sent_by[endpoint_of(a, p, false)] += p->count;
        break;
    case PROBE_FRAME_COPIED:
        a->copied += p->count;
        break;
    case PROBE_FRAME_DELIVERED:
        a->delivered += p->count;
        a->delivered_to[endpoint_of(a, p, true)] += p->count;
        break;
    case PROBE_FRAME_OUT:
        a->out += p->count;
        break;
    case PROBE_FRAME_DROPPED:
        a->dropped += p->count;
        a->dropped_at[p->pd < plan->pd_count ? p->pd : plan->pd_count]
                     [p->a < DROP_COUNT ? p->a : DROP_UNEXPLAINED] += p->count;
        break;
    case PROBE_FRAME_IN_FLIGHT:
        a->in_flight += p->count;
        if (p->a < ACCOUNT_PLACES) {
            a->in_flight_at[p->a] += p->count;
        }
        break;
    case PROBE_FAULT_ACTED:
        if (plan->scenario != NULL && p->object < plan->scenario->fault_count) {
            a->acted[p->object] += p->count;
        }
        break;
    case PROBE_RUN_ENDED:
        a->ended = true;
        a->end = (enum run_end)p->a;
        break;
    default:
        break;
    }
}

bool account_balanced(const struct account *a)
{
    return a->in + a->sent + a->copied == a->delivered + a->out + a->dropped + a->in_flight;
}
