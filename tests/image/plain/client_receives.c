/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client that only receives, as one may be written that has transmit queues and no use for them:
 * it never offers a buffer of its own. With OFFERS it offers that many, and keeps the rest.
 */
#include <stdint.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>

#ifndef OFFERS
#define OFFERS 0
#endif

__attribute__((__section__(".net_client_config"))) net_client_config_t config;

static net_queue_handle_t rx, tx;

void init(void)
{
    net_queue_init(&rx, config.rx.free_queue.vaddr, config.rx.active_queue.vaddr,
                   config.rx.num_buffers);
    net_queue_init(&tx, config.tx.free_queue.vaddr, config.tx.active_queue.vaddr,
                   config.tx.num_buffers);
    for (int64_t i = 0; i < OFFERS; i++) {
        (void)net_enqueue_free(&tx,
                               (net_buff_desc_t){.io_or_offset = (uint64_t)i * NET_BUFFER_SIZE});
    }
}

void notified(sddf_channel ch)
{
    net_buff_desc_t frame;

    if (ch != config.rx.id) {
        return;
    }
    do {
        while (net_dequeue_active(&rx, &frame) == 0) {
            (void)net_enqueue_free(&rx, frame);
        }
        net_request_signal_active(&rx);
    } while (!net_queue_empty_active(&rx));
    if (net_require_signal_free(&rx)) {
        net_cancel_signal_free(&rx);
        sddf_notify(ch);
    }
}
