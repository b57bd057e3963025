/* SPDX-License-Identifier: BSD-2-Clause */
/* A client that writes where it has no memory, when the first frame comes. */
#include <stdint.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>

__attribute__((__section__(".net_client_config"))) net_client_config_t config;

static net_queue_handle_t rx;

void init(void)
{
    net_queue_init(&rx, config.rx.free_queue.vaddr, config.rx.active_queue.vaddr,
                   config.rx.num_buffers);
}

/* Just beyond its receive region. */
void notified(sddf_channel ch)
{
    (void)ch;
    if (!net_queue_empty_active(&rx)) {
        *((volatile uint8_t *)config.rx_data.vaddr + config.rx_data.size) = 1;
    }
}
