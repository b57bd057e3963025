/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_NETWORK_COPIER_PEERS_H
#define COMPONENTS_NETWORK_COPIER_PEERS_H
/*
 * The two peers of what stands in a copier's place: the virtualiser it has packets from and owes
 * their buffers, and the client it is there for. Each is owed one signal for all that it was given
 * in a wake-up.
 *
 * An image is one source file, so this is included by one, once, which defines its configuration.
 */
#include <stdbool.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>
#include <sddf/util/util.h>

extern net_copy_config_t config;

static struct {
    net_queue_handle_t virt;
    net_queue_handle_t client;
    bool notify_virt;   /* a buffer was put into virt.free */
    bool notify_client; /* a packet was put into client.active */
} peers;

static inline void peers_init(void)
{
    assert(net_config_check_magic(&config));
    net_queue_init(&peers.virt, config.rx.free_queue.vaddr, config.rx.active_queue.vaddr,
                   config.rx.num_buffers);
    net_queue_init(&peers.client, config.client.free_queue.vaddr, config.client.active_queue.vaddr,
                   config.client.num_buffers);
}

/* The virtualiser's signal may wait until this PD does, if it is about to. */
static inline void signal_peers(bool about_to_wait)
{
    if (peers.notify_client && net_require_signal_active(&peers.client)) {
        net_cancel_signal_active(&peers.client);
        sddf_notify(config.client.id);
    }
    peers.notify_client = false;

    if (peers.notify_virt && net_require_signal_free(&peers.virt)) {
        net_cancel_signal_free(&peers.virt);
        if (about_to_wait) {
            sddf_deferred_notify(config.rx.id);
        } else {
            sddf_notify(config.rx.id);
        }
    }
    peers.notify_virt = false;
}
#endif
