/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_NETWORK_OFFERED_H
#define COMPONENTS_NETWORK_OFFERED_H
/*
 * How much there is to take from a queue that a peer fills, as far as that peer can be believed:
 * its index may be anything at any time.
 *
 * An image is one source file, so this is included by one, once.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sddf/network/queue.h>
#include <sddf/util/util.h>

uint64_t queues_incredible; /* a queue claimed to hold more than it can */

/* How many descriptors a peer offers. One that claims more than the queue can hold offers none. */
static inline uint32_t offered(net_queue_t *queue, uint32_t capacity)
{
    uint32_t length = net_queue_length(queue);

    if (unlikely(length > capacity)) {
        queues_incredible++;
        return 0;
    }
    return length;
}

/* The same, and no more than there is budget for: what was looked at once may be more at the second
 * look, so this is no MIN of the two. */
static inline uint32_t offered_within(uint32_t budget, net_queue_t *queue, uint32_t capacity)
{
    uint32_t length = offered(queue, capacity);

    return MIN(budget, length);
}

/*
 * Whether a queue needs no look: it is empty, and the request for a signal still stands. This
 * spares most of 61 clients a full fence in most wake-ups. Should a signal be on its way, so is a
 * wake-up.
 */
static inline bool at_rest(net_queue_t *queue)
{
    return net_queue_length(queue) == 0 && load_relaxed_32(&queue->consumer_signalled) == 0;
}
#endif
