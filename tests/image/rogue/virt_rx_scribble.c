/* SPDX-License-Identifier: BSD-2-Clause */
/* A receive virtualiser that writes into the frames it passes on. */
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>

extern net_virt_rx_config_t config;

static inline int scribble(net_queue_handle_t *queue, net_buff_desc_t buffer)
{
    ((char *)config.data.region.vaddr)[buffer.io_or_offset + 30] ^= 1;
    return net_enqueue_active(queue, buffer);
}

#define net_enqueue_active scribble
#include "components/network/virt_rx.c"
