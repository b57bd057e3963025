/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands where a copier would and copies nothing: it passes each descriptor on as it is, and
 * the client works on the receive region itself. It is there to be measured: what a copier costs
 * beyond this is the copying, and what this costs is one more domain on the way.
 *
 *   virt.active -> forward -> client.active    the packet, where it lies
 *   virt.free   <- forward <- client.free      its buffer
 *
 * Nothing is isolated by it, but neither side can harm it by what it puts into a queue: a packet
 * for which the client leaves no room goes back to the virtualiser at once, and whether what the
 * client returns is a buffer that it holds, the virtualiser checks.
 */
#include <stdbool.h>
#include <stdint.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>
#include <sddf/util/util.h>

#include "components/network/copier_peers.h"
#include "components/network/offered.h"

__attribute__((__section__(".net_copy_config"))) net_copy_config_t config;

/* What came to nothing, and why; by these names a debugger or a test finds them. */
uint64_t packets_unwanted; /* the client left no room */
uint64_t virt_refusals;    /* the virtualiser left no room for its own buffer */

static void give_back(net_buff_desc_t buffer)
{
    if (unlikely(net_enqueue_free(&peers.virt, buffer) != 0)) {
        virt_refusals++;
        return;
    }
    peers.notify_virt = true;
}

/* Pass one packet on; false if there is none. */
static bool pass_packet(void)
{
    net_buff_desc_t packet;

    if (offered(peers.virt.active, peers.virt.capacity) == 0 ||
        net_dequeue_active(&peers.virt, &packet) != 0) {
        return false;
    }
    if (likely(net_enqueue_active(&peers.client, packet) == 0)) {
        peers.notify_client = true;
    } else {
        packets_unwanted++;
        give_back(packet);
    }
    return true;
}

/* Pass one buffer back; false if there is none. What it is worth, the virtualiser knows. */
static bool pass_buffer(void)
{
    net_buff_desc_t buffer;

    if (offered(peers.client.free, peers.client.capacity) == 0 ||
        net_dequeue_free(&peers.client, &buffer) != 0) {
        return false;
    }
    give_back(buffer);
    return true;
}

/*
 * Pass on what there is, at most one queue full; true if there may be more. Drain, ask to be
 * signalled, look again: what came in between is either seen here or signalled. (One turn more than
 * the queue is long, so that a full queue and the look after it are one round.)
 */
static bool rx_return(void)
{
    for (uint32_t i = 0; i <= peers.virt.capacity; i++) {
        if (pass_packet()) {
            continue;
        }
        net_request_signal_active(&peers.virt);
        if (offered(peers.virt.active, peers.virt.capacity) == 0) {
            return false;
        }
        net_cancel_signal_active(&peers.virt);
    }
    return true;
}

/*
 * The same for what the client returns, once: it holds no more buffers than its queue has places,
 * so an honest client has no more than one queue full to offer, and after that there is nothing
 * left unsignalled. (Each may come just after a look that found none, which makes two turns of it,
 * and one more is for the last look.) If the virtualiser's queue is full, the client has put in
 * what is no buffer, and waits for the next wake-up.
 */
static void rx_provide(void)
{
    for (uint32_t i = 0; i <= 2 * peers.client.capacity; i++) {
        if (unlikely(net_queue_full_free(&peers.virt))) {
            return;
        }
        if (pass_buffer()) {
            continue;
        }
        net_request_signal_free(&peers.client);
        if (offered(peers.client.free, peers.client.capacity) == 0) {
            return;
        }
        net_cancel_signal_free(&peers.client);
    }
}

void init(void)
{
    peers_init();
    /* An offset means the same on both sides, which it does not where a copier belongs. */
    assert(config.client_data.vaddr == config.rx_data[0].vaddr);
    assert(config.client.num_buffers >= config.rx.num_buffers);
}

/* Any signal means: see what there is, on both sides. */
void notified(sddf_channel ch)
{
    bool more = true;

    (void)ch;
    while (more) {
        more = rx_return();
        rx_provide();
        signal_peers(!more);
    }
}
