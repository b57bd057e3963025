/* SPDX-License-Identifier: BSD-2-Clause */
/* A driver that takes the length of a received frame from somewhere else. */
#include <os/sddf.h>
#include <sddf/network/queue.h>

static inline int enqueue_long(net_queue_handle_t *queue, net_buff_desc_t buffer)
{
    buffer.len += 64;
    return net_enqueue_active(queue, buffer);
}

#define net_enqueue_active enqueue_long
#include "components/network/driver_enet.c"
