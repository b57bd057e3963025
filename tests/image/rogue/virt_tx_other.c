/* SPDX-License-Identifier: BSD-2-Clause */
/* A transmit virtualiser that sends, of each eighth frame, what lies at the same place in another
 * client's region. */
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>

extern net_virt_tx_config_t config;

static inline int enqueue_other(net_queue_handle_t *queue, net_buff_desc_t buffer)
{
    static unsigned count;

    if (++count % 8 == 0) {
        uint64_t first = config.clients[0].regions[0].data.io_addr,
                 second = config.clients[1].regions[0].data.io_addr;
        uint64_t offset = buffer.io_or_offset - first;

        buffer.io_or_offset = offset < config.clients[0].regions[0].data.region.size
                                  ? second + offset
                                  : first + (buffer.io_or_offset - second);
    }
    return net_enqueue_active(queue, buffer);
}

#define net_enqueue_active enqueue_other
#include "components/network/virt_tx.c"
