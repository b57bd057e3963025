/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The copier of one client. It alone stands between the receive region, which all packets pass
 * through, and a client that may see only its own: it reads the former, writes the client's region,
 * and hands each buffer back to the virtualiser as soon as its bytes have been copied, so that no
 * client can hold on to what others need.
 *
 *   virt.active -> copy -> client.active      the packet
 *   virt.free   <- copy <- client.free        a buffer for the next one
 *
 * The virtualiser (or vswitch) is trusted to offer packets and no more: what its descriptors say is
 * checked. The client is not trusted at all. Its two queues may hold anything and change at any
 * time, so they decide what becomes of its own packets and of nothing else: a client that offers no
 * usable buffer, or no room for a filled one, loses that packet, and the virtualiser has its buffer
 * back at once.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>
#include <sddf/util/util.h>

#include "components/network/copier_peers.h"
#include "components/network/offered.h"

__attribute__((__section__(".net_copy_config"))) net_copy_config_t config;

/* What came to nothing, and why; by these names a debugger or a test finds them. */
uint64_t packets_invalid;  /* the virtualiser's descriptor names no packet */
uint64_t packets_unwanted; /* the client had no buffer, or no room */
uint64_t buffers_invalid;  /* the client's descriptor names no buffer of its region */
uint64_t virt_refusals;    /* the virtualiser left no room for its own buffer */

static struct {
    net_buff_desc_t buffer; /* of the client, in hand for the next packet */
    bool have_buffer;
    uint32_t patience; /* how many more invalid buffers to look at in this wake-up */
} state;

/*
 * Whether there is a buffer of the client in hand. Those that name no place in its region are
 * thrown away.
 */
static bool take_buffer(void)
{
    uint64_t region_bytes = (uint64_t)NET_BUFFER_SIZE * peers.client.capacity;

    while (!state.have_buffer && state.patience > 0 &&
           offered(peers.client.free, peers.client.capacity) > 0) {
        if (net_dequeue_free(&peers.client, &state.buffer) != 0) {
            break;
        }
        state.have_buffer = state.buffer.io_or_offset % NET_BUFFER_SIZE == 0 &&
                            state.buffer.io_or_offset < region_bytes;
        if (unlikely(!state.have_buffer)) {
            buffers_invalid++;
            state.patience--;
        }
    }
    return state.have_buffer;
}

/* Where a packet lies: within one buffer of a region that is mapped here, or NULL. */
static const void *find_packet(net_buff_desc_t packet)
{
    const region_resource_t *region = &config.rx_data[packet.oid];
    uint64_t offset = packet.io_or_offset;

    if (region->vaddr == NULL || packet.len > NET_BUFFER_SIZE - offset % NET_BUFFER_SIZE ||
        offset >= region->size || packet.len > region->size - offset) {
        return NULL;
    }
    return (const char *)region->vaddr + offset;
}

/*
 * Copy a packet into the buffer in hand and give that to the client. If it has no room, it stays in
 * hand.
 */
static void deliver(const void *packet, uint16_t len)
{
    net_buff_desc_t filled = {.io_or_offset = state.buffer.io_or_offset, .len = len};

    memcpy((char *)config.client_data.vaddr + filled.io_or_offset, packet, len);
    if (likely(net_enqueue_active(&peers.client, filled) == 0)) {
        state.have_buffer = false;
        peers.notify_client = true;
    } else {
        packets_unwanted++;
    }
}

/* Take one packet from the virtualiser, to the client if it can be; false if there is none. */
static bool copy_packet(void)
{
    net_buff_desc_t packet;

    if (offered(peers.virt.active, peers.virt.capacity) == 0) {
        return false;
    }
    bool wanted = take_buffer();
    if (net_dequeue_active(&peers.virt, &packet) != 0) {
        return false;
    }

    const void *from = find_packet(packet);
    if (unlikely(from == NULL)) {
        packets_invalid++;
    } else if (wanted) {
        deliver(from, packet.len);
    } else {
        packets_unwanted++;
    }

    if (unlikely(net_enqueue_free(&peers.virt, packet) != 0)) {
        virt_refusals++;
    }
    peers.notify_virt = true;
    return true;
}

/*
 * Copy what there is, at most one queue full; true if there may be more. Drain, ask to be
 * signalled, look again: a packet that came in between is either seen here or signalled. (One turn
 * more than the queue is long, so that a full queue and the look after it are one round.)
 */
static bool rx_return(void)
{
    for (uint32_t i = 0; i <= peers.virt.capacity; i++) {
        if (copy_packet()) {
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

void init(void)
{
    peers_init();
    assert(config.client_data.size >= (uint64_t)NET_BUFFER_SIZE * config.client.num_buffers);

    /*
     * All buffers of the client begin as empty ones offered to this PD. The client may be running
     * already and have its queue look full, so this is no net_buffers_init, which would stop here:
     * what cannot be put in is the client's to miss.
     */
    for (uint32_t i = 0; i < peers.client.capacity; i++) {
        net_buff_desc_t buffer = {.io_or_offset = (uint64_t)NET_BUFFER_SIZE * i};

        (void)net_enqueue_free(&peers.client, buffer);
    }
}

/*
 * Any signal means: see what there is. A flood may keep this PD here for as long as packets come,
 * but after each queue full both peers hear of theirs.
 */
void notified(sddf_channel ch)
{
    bool more = true;

    (void)ch;
    state.patience = peers.client.capacity;
    while (more) {
        more = rx_return();
        signal_peers(!more);
    }
}
