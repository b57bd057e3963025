/* SPDX-License-Identifier: BSD-2-Clause */
/* A copier that gives each frame the length of the one before it. */
#include <os/sddf.h>
#include <sddf/network/queue.h>

static inline int enqueue_late(net_queue_handle_t *queue, net_buff_desc_t buffer)
{
    static uint16_t latest = 60;
    uint16_t len = buffer.len;

    buffer.len = latest;
    latest = len;
    return net_enqueue_active(queue, buffer);
}

#define net_enqueue_active enqueue_late
#include "components/network/copy.c"
