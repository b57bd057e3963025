/* SPDX-License-Identifier: BSD-2-Clause */
/* A client that writes into a frame it has submitted already. */
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>

extern net_client_config_t config;

static inline int enqueue_and_change(net_queue_handle_t *queue, net_buff_desc_t buffer)
{
    int refused = net_enqueue_active(queue, buffer);

    ((char *)config.tx_data.vaddr)[buffer.io_or_offset + buffer.len - 1] ^= 1;
    return refused;
}

#define net_enqueue_active enqueue_and_change
#include "components/network/client_echo.c"
