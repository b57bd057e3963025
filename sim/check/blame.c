/* SPDX-License-Identifier: BSD-2-Clause */
/* Along the queues of the plan, from the one that was seen to whoever is behind it. */
#include "sim/check/blame.h"

#define WAY_MAX 4u /* queues, from an endpoint to a device */

/* Is it an endpoint, or one that serves an endpoint alone, and that nobody else relies on? */
static bool is_outer(const struct plan *plan, uint32_t pd, uint32_t asks)
{
    bool serves_one = domain_is(plan, pd, "copier") || domain_is(plan, pd, "forwarder");

    return plan->pds[pd].endpoint || (serves_one && !plan->pds[asks].endpoint);
}

/* Does this queue bring `pd` something of the pool, from one that it has to rely on? */
static bool brings(const struct plan *plan, uint32_t queue, uint32_t pd, uint32_t pool)
{
    const struct queue_shape *q = &plan->queues[queue];

    return q->consumer == pd && q->producer < plan->pd_count && !is_outer(plan, q->producer, pd) &&
           (pool == PLAN_NONE || queue_names_pool(q, pool));
}

/* The nearest, at most so many queues away. */
static uint32_t find_leader(const struct plan *plan, uint32_t pd, uint32_t pool, unsigned way)
{
    uint32_t found = PLAN_NONE;

    for (uint32_t i = 0; way > 0 && i < plan->queue_count; i++) {
        if (brings(plan, i, pd, pool) && domain_suspect(plan, plan->queues[i].producer)) {
            return plan->queues[i].producer;
        }
    }
    for (uint32_t i = 0; way > 1 && i < plan->queue_count && found == PLAN_NONE; i++) {
        if (brings(plan, i, pd, pool)) {
            found = find_leader(plan, plan->queues[i].producer, pool, way - 1);
        }
    }
    return found;
}

uint32_t blame_for(const struct plan *plan, uint32_t pd, uint32_t pool)
{
    uint32_t behind = domain_behind(plan, pd);

    if (pd >= plan->pd_count || domain_suspect(plan, pd) || behind != pd) {
        return behind;
    }
    uint32_t leader = find_leader(plan, pd, pool, WAY_MAX);

    return leader != PLAN_NONE ? leader : pd;
}

uint32_t blame_for_queue(const struct plan *plan, uint32_t pd, uint32_t queue)
{
    const struct queue_shape *q = queue < plan->queue_count ? &plan->queues[queue] : NULL;
    uint32_t culprit = pd;

    for (size_t i = 0; q != NULL && i < q->pool_count && culprit == pd; i++) {
        culprit = blame_for(plan, pd, q->pools[i]);
    }
    return culprit;
}

static uint32_t find_halt(const struct plan *plan, const bool *gone, uint32_t pd, unsigned way)
{
    uint32_t found = PLAN_NONE;

    for (uint32_t i = 0; i < plan->queue_count; i++) {
        const struct queue_shape *q = &plan->queues[i];

        if (!q->carries_frames || q->producer != pd || q->consumer >= plan->pd_count) {
            continue;
        }
        uint32_t by = domain_behind(plan, q->consumer);
        bool endpoint = plan->pds[by].endpoint;
        bool bad = domain_suspect(plan, by) || gone_is(gone, plan, by);

        /* Who gives to an endpoint has to do without it before long, and those behind at once. */
        if (endpoint ? !bad || way != WAY_MAX : !bad) {
            by = endpoint || way <= 1 ? PLAN_NONE : find_halt(plan, gone, by, way - 1);
        }
        if (by == PLAN_NONE) {
            return PLAN_NONE;
        }
        found = by;
    }
    return found;
}

uint32_t blame_for_halt(const struct plan *plan, const bool *gone, uint32_t pd)
{
    return find_halt(plan, gone, pd, WAY_MAX);
}

uint32_t blame_for_waking(const struct plan *plan, uint32_t pd)
{
    for (uint32_t i = 0; i < plan->channel_count && !domain_suspect(plan, pd); i++) {
        const struct plan_end *end = plan->channels[i].end;

        for (int k = 0; k < 2; k++) {
            if (end[k].pd == pd && domain_suspect(plan, end[1 - k].pd)) {
                return end[1 - k].pd;
            }
        }
    }
    return pd;
}
