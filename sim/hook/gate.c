/* SPDX-License-Identifier: BSD-2-Clause */
/* What a fault inside a domain can find there: its own end of a queue, and nothing of anyone
 * else's. */
#include "sim/hook/gate.h"

void *inside_queue(const struct inside *in, uint32_t queue)
{
    if (queue >= in->plan->queue_count) {
        return NULL;
    }
    const struct queue_shape *q = &in->plan->queues[queue];

    if (q->producer == in->pd) {
        return (void *)(uintptr_t)q->producer_vaddr;
    }
    if (q->consumer == in->pd) {
        return (void *)(uintptr_t)q->consumer_vaddr;
    }
    return NULL;
}

void inside_ring(const struct inside *in, uint32_t queue)
{
    if (inside_queue(in, queue) == NULL || in->notify == NULL) {
        return;
    }
    uint32_t channel = in->plan->queues[queue].channel;

    if (channel >= in->plan->channel_count) {
        return;
    }
    for (int i = 0; i < 2; i++) {
        const struct plan_end *end = &in->plan->channels[channel].end[i];

        if (end->pd == in->pd && end->may_notify) {
            in->notify(in->runtime, end->id);
        }
    }
}

void inside_did(struct inside *in, uint64_t a, uint64_t b)
{
    in->acted = true;
    if (in->did != NULL) {
        in->did(in->runtime, in->fault, a, b);
    }
}
