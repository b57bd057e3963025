/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_NETWORK_CLIENT_PEERS_H
#define COMPONENTS_NETWORK_CLIENT_PEERS_H
/*
 * The two peers of a client, as it knows them: who fills rx.active and takes the buffers back, and
 * who takes what is put into tx.active. Each is owed one signal for all that it was given in a
 * wake-up.
 *
 * An image is one source file, so this is included by one, once, which defines its configuration.
 */
#include <stdbool.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>
#include <sddf/util/util.h>

extern net_client_config_t config;

static struct {
    net_queue_handle_t rx;
    net_queue_handle_t tx;
    bool notify_rx; /* a buffer was put into rx.free */
    bool notify_tx; /* a frame was put into tx.active */
} peers;

static inline void peers_init(void)
{
    assert(net_config_check_magic(&config));
    net_queue_init(&peers.rx, config.rx.free_queue.vaddr, config.rx.active_queue.vaddr,
                   config.rx.num_buffers);
    net_queue_init(&peers.tx, config.tx.free_queue.vaddr, config.tx.active_queue.vaddr,
                   config.tx.num_buffers);
}

/*
 * All transmit buffers are free at first. One that is begun anew finds its queues as they were
 * left: what is on its way comes back, and what was in its hands is lost to it. Its neighbours may
 * have been told then to send no signal, so it has to look at its queues itself. True if that is
 * so.
 */
static inline bool peers_fill(void)
{
    if (peers.tx.capacity == 0) {
        return false; /* it is one that only receives */
    }
    if (peers.tx.free->tail != 0 || peers.tx.active->tail != 0) {
        return true;
    }
    net_buffers_init(&peers.tx, 0);
    return false;
}

/* Buffers that come back are of no interest until there is a frame for them. */
static inline void peers_expect_no_buffers(void)
{
    if (peers.tx.capacity != 0) {
        net_cancel_signal_free(&peers.tx);
    }
}

/* There is one deferred signal: the first to come has it, if this PD is about to wait. */
static inline void signal_peer(sddf_channel ch, bool about_to_wait)
{
    sddf_channel deferred = sddf_deferred_notify_curr();

    if (about_to_wait && deferred == (sddf_channel)-1) {
        sddf_deferred_notify(ch);
    } else if (!about_to_wait || deferred != ch) {
        sddf_notify(ch);
    }
}

static inline void signal_peers(bool about_to_wait)
{
    if (peers.notify_rx && net_require_signal_free(&peers.rx)) {
        net_cancel_signal_free(&peers.rx);
        signal_peer(config.rx.id, about_to_wait);
    }
    peers.notify_rx = false;

    if (peers.notify_tx && net_require_signal_active(&peers.tx)) {
        net_cancel_signal_active(&peers.tx);
        signal_peer(config.tx.id, about_to_wait);
    }
    peers.notify_tx = false;
}
#endif
