/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A transmit virtualiser that lets the driver have few packets at a time, so that none waits there
 * for long, and takes the next ones from the first client that has any.
 */
#include "components/network/offered.h"

#define WINDOW 8u

static bool is_behind(const net_queue_t *queue);

#define at_rest(queue) (at_rest(queue) || is_behind(queue))
#define net_queue_full_active(queue) \
    (state.num_with_driver >= WINDOW || net_queue_full_active(queue))

#include "components/network/virt_tx.c"

static bool is_behind(const net_queue_t *queue)
{
    for (uint32_t i = 0; state.clients[i].queue.active != queue; i++) {
        if (net_queue_length(state.clients[i].queue.active) != 0) {
            return true;
        }
    }
    return false;
}
