/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whom the death of a domain cut off: the endpoints that frames could no longer reach, and those
 * whose frames could no longer leave. Both are told by the plan alone: a frame goes from queue to
 * queue, and one who is dead passes none on.
 */
#include "sim/observe/report.h"

/* Mark all whom frames reach that `pd` puts into a queue; at a device, and at an endpoint, they are
 * where they were to go. */
static void follow(const struct plan *plan, uint32_t pd, bool *reached)
{
    for (uint32_t i = 0; i < plan->queue_count; i++) {
        const struct queue_shape *q = &plan->queues[i];

        if (!q->carries_frames || q->producer != pd || reached[q->consumer]) {
            continue;
        }
        reached[q->consumer] = true;
        if (!plan_queue_to_device(plan, i) && !plan->pds[q->consumer].endpoint) {
            follow(plan, q->consumer, reached);
        }
    }
}

static bool *reach_of(const struct plan *plan, uint32_t pd)
{
    bool *reached = arena_array(plan->arena, plan->pd_count + 1, sizeof *reached);

    follow(plan, pd, reached);
    return reached;
}

struct report_hurt *report_hurt(const struct plan *plan, uint32_t dead, size_t *count)
{
    struct report_hurt *list = arena_array(plan->arena, plan->pd_count + 1, sizeof *list);
    uint32_t pd =
        plan->pds[dead].kind == PD_DEVICE ? plan->devices[plan->pds[dead].device].driver : dead;
    const bool *reached = reach_of(plan, pd);

    *count = 0;
    for (uint32_t e = 0; e < plan->pd_count; e++) {
        if (!plan->pds[e].endpoint || e == dead) {
            continue;
        }
        struct report_hurt one = {.pd = e,
                                  .receiving = reached[e] && !plan->pds[pd].endpoint,
                                  .sending = reach_of(plan, e)[pd] && !plan->pds[pd].endpoint};

        if (one.receiving || one.sending) {
            list[(*count)++] = one;
        }
    }
    return list;
}
