/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client that submits what is not its own: the buffers just before its region, where another's
 * end, and just behind it; a place between two buffers; a packet longer than any buffer, and one of
 * no bytes. A virtualiser that checks hands all of them back.
 */
#include <stdint.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>

#include "components/network/client_peers.h"

#define REACH 4 /* buffers on either side */

__attribute__((__section__(".net_client_config"))) net_client_config_t config;

/* A descriptor of its own makes room for one that it has made up. */
static void submit(uint64_t offset, uint16_t len)
{
    net_buff_desc_t spent;

    (void)net_dequeue_free(&peers.tx, &spent);
    (void)net_enqueue_active(&peers.tx, (net_buff_desc_t){.io_or_offset = offset, .len = len});
}

static void reach_out(void)
{
    for (uint64_t i = REACH; i > 0; i--) {
        submit(0 - i * NET_BUFFER_SIZE, 60);
    }
    for (uint64_t i = 0; i < REACH; i++) {
        submit(config.tx_data.size + i * NET_BUFFER_SIZE, 60);
    }
    submit(NET_BUFFER_SIZE / 2, 60);
    submit(0, UINT16_MAX);
    submit(0, 0);
    sddf_notify(config.tx.id);
}

void init(void)
{
    peers_init();
    net_buffers_init(&peers.tx, 0);
    net_cancel_signal_free(&peers.tx);
}

/* Looks harmless until the first frame comes. */
void notified(sddf_channel ch)
{
    static unsigned taken;
    net_buff_desc_t frame;

    while (net_dequeue_active(&peers.rx, &frame) == 0) {
        (void)net_enqueue_free(&peers.rx, frame);
        if (taken++ == 0) {
            reach_out();
        }
    }
    net_request_signal_active(&peers.rx);
    (void)ch;
}
