/* SPDX-License-Identifier: BSD-2-Clause */
/* A copier that rounds lengths up: it copies more than the frame, and says so. */
#include <string.h>
#include <os/sddf.h>
#include <sddf/network/queue.h>

static inline int enqueue_long(net_queue_handle_t *queue, net_buff_desc_t buffer)
{
    buffer.len = (uint16_t)((buffer.len + 127u) & ~127u);
    return net_enqueue_active(queue, buffer);
}

#define net_enqueue_active      enqueue_long
#define memcpy(to, from, bytes) memcpy(to, from, ((size_t)(bytes) + 127) & ~(size_t)127)
#include "components/network/copy.c"
