/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client whose frames are as long as the loader's dice say: with each that comes, it sends one
 * whose length is taken from the address one of its variables happens to have. No two processes are
 * alike.
 */
#include <stdint.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>

#include "components/network/client_peers.h"

#define PAGE_BITS 12 /* below that, an address is the same each time */
#define DIE_BITS  7  /* of the address for each frame */
#define FRAMES    4

__attribute__((__section__(".net_client_config"))) net_client_config_t config;

static unsigned taken;

static void send_one(void)
{
    uintptr_t chance = (uintptr_t)&taken >> PAGE_BITS >> taken % FRAMES * DIE_BITS;
    net_buff_desc_t packet;

    if (net_dequeue_free(&peers.tx, &packet) == 0) {
        packet.len = (uint16_t)(60 + (chance & ((1u << DIE_BITS) - 1)));
        (void)net_enqueue_active(&peers.tx, packet);
    }
}

void init(void)
{
    peers_init();
    net_buffers_init(&peers.tx, 0);
    net_cancel_signal_free(&peers.tx);
}

void notified(sddf_channel ch)
{
    net_buff_desc_t frame;

    while (net_dequeue_active(&peers.rx, &frame) == 0) {
        (void)net_enqueue_free(&peers.rx, frame);
        send_one();
        taken++;
    }
    net_request_signal_active(&peers.rx);
    sddf_notify(config.tx.id);
    (void)ch;
}
