/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The receive virtualiser: it says whose each received packet is. The NIC fills buffers of one
 * region, which the driver names by IO address; the clients (copiers, or clients without one) see
 * the same region, and name buffers by offset. Packets stay where they are, and only descriptors
 * move:
 *
 *   driver.active -> rx_return  -> active queue of each client the packet is for
 *   driver.free   <- rx_provide <- free queues of all clients, once every holder has returned the
 * buffer
 *
 * A unicast packet goes to the client that has its destination address, a broadcast to every
 * client, anything else straight back to the driver.
 *
 * What a client says is worth nothing until it is checked against this PD's own record: for each
 * buffer the clients that hold it, for each client how many it holds. A descriptor it may not
 * return, a queue that claims to be longer than it is, a full queue that should have room: each
 * costs that client its packet or its descriptor, is counted, and concerns nobody else. No client
 * is given more buffers at a time than its queues have places, so it can neither be made to
 * overflow nor hoard beyond the share it was configured with. Work is bounded as well: of each
 * queue, one wake-up takes at most one queue full. No honest peer can have more to offer, as what
 * is taken here goes back to the peer it came from only at the end; so nothing is left behind
 * unsignalled.
 *
 * The driver is believed no further: it can return only buffers that it has, and lengths that fit.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/mac802.h>
#include <sddf/network/queue.h>
#include <sddf/util/cache.h>
#include <sddf/util/util.h>

#include "components/network/offered.h"

__attribute__((__section__(".net_virt_rx_config"))) net_virt_rx_config_t config;

/* What came to nothing, and why; by these names a debugger or a test finds them. */
uint64_t packets_unmatched; /* nobody has the destination address */
uint64_t packets_invalid;   /* of a length that no packet has */
uint64_t
    packets_unwanted;     /* the client held its share, or left no room; one for each such client */
uint64_t driver_invalid;  /* the driver returned a buffer it does not have */
uint64_t buffers_invalid; /* a client returned a buffer it does not hold */

static struct {
    net_queue_handle_t driver;
    net_queue_handle_t clients[SDDF_NET_MAX_CLIENTS];
    uint32_t held[SDDF_NET_MAX_CLIENTS]; /* buffers given to each and not returned yet */
    uint64_t notify_clients;             /* bit i: client i was given something */
    bool notify_driver;
} state;

/*
 * Where each buffer is. With the driver; or with the clients whose bits are set in holders, as many
 * as its byte of the metadata region says; or in hand, on the list of those to be given to the
 * driver.
 */
static bool with_driver[NET_QUEUE_MAX_CAPACITY];
static uint64_t holders[NET_QUEUE_MAX_CAPACITY];
static uint8_t *holder_count;
static uint16_t in_hand[NET_QUEUE_MAX_CAPACITY];
static uint32_t num_in_hand;

/*
 * Addresses and their owners, hashed: a slot holds the six bytes of the address, and above them the
 * client's number plus one; 0 is an empty slot. There are twice as many slots as addresses can be
 * configured, so that a search ends soon.
 */
#define MAC_SLOT_BITS 13
#define MAC_SLOTS     BIT(MAC_SLOT_BITS)
#define MAC_KEY_MASK  BIT_MASK(0, 47)
#define MAC_BROADCAST MAC_KEY_MASK
#define NO_CLIENT     SDDF_NET_MAX_CLIENTS

static uint64_t mac_slots[MAC_SLOTS];

static uint64_t mac_key(const void *mac)
{
    uint64_t key = 0;

    memcpy(&key, mac, MAC802_BYTES);
    return key;
}

/* The slot of an address, or the empty slot where it would go. */
static uint64_t *mac_find(uint64_t key)
{
    uint64_t slot = (key * 0x9e3779b97f4a7c15UL) >> (64 - MAC_SLOT_BITS);

    while (mac_slots[slot] != 0 && (mac_slots[slot] & MAC_KEY_MASK) != key) {
        slot = (slot + 1) % MAC_SLOTS;
    }
    return &mac_slots[slot];
}

/* Where two clients have the same address, the first has it. */
static void mac_add(uint64_t key, uint32_t client)
{
    uint64_t *slot = mac_find(key);

    if (*slot == 0) {
        *slot = key | (uint64_t)(client + 1) << 48;
    }
}

static uint32_t mac_owner(uint64_t key)
{
    uint64_t slot = *mac_find(key);

    return slot == 0 ? NO_CLIENT : (uint32_t)(slot >> 48) - 1;
}

static void take_in_hand(uint64_t buffer)
{
    in_hand[num_in_hand++] = (uint16_t)buffer;
}

/* Give the driver what is in hand. If it leaves no room, the rest waits for the next wake-up. */
static void give_to_driver(void)
{
    uint32_t given = 0;

    while (given < num_in_hand) {
        uint64_t buffer = in_hand[given];
        net_buff_desc_t empty = {.io_or_offset = config.data.io_addr + buffer * NET_BUFFER_SIZE};

        if (net_enqueue_free(&state.driver, empty) != 0) {
            break;
        }
        with_driver[buffer] = true;
        state.notify_driver = true;
        given++;
    }
    num_in_hand -= given;
    memmove(in_hand, in_hand + given, num_in_hand * sizeof(in_hand[0]));
}

static void give_to_client(uint32_t client, uint64_t buffer, uint16_t len)
{
    net_queue_handle_t *queue = &state.clients[client];
    net_buff_desc_t filled = {.io_or_offset = buffer * NET_BUFFER_SIZE, .len = len};

    if (unlikely(state.held[client] == queue->capacity) ||
        unlikely(net_enqueue_active(queue, filled) != 0)) {
        packets_unwanted++;
        return;
    }
    state.held[client]++;
    holders[buffer] |= BIT(client);
    holder_count[buffer]++;
    state.notify_clients |= BIT(client);
}

/* Give a packet to whom it is for. */
static void dispatch(uint64_t buffer, const void *packet, uint16_t len)
{
    uint64_t key = mac_key(packet);
    uint32_t owner = mac_owner(key);

    if (likely(owner != NO_CLIENT)) {
        give_to_client(owner, buffer, len);
    } else if (key == MAC_BROADCAST) {
        for (uint32_t client = 0; client < config.num_clients; client++) {
            give_to_client(client, buffer, len);
        }
    } else {
        packets_unmatched++;
    }
}

/* A buffer comes from the driver, which says that the NIC has put a packet there. */
static void receive(net_buff_desc_t filled)
{
    uint64_t offset = filled.io_or_offset - config.data.io_addr;
    uint64_t buffer = offset / NET_BUFFER_SIZE;

    if (unlikely(offset % NET_BUFFER_SIZE != 0 || buffer >= state.driver.capacity ||
                 !with_driver[buffer])) {
        driver_invalid++;
        return;
    }
    with_driver[buffer] = false;

    if (unlikely(filled.len < sizeof(ether_hdr_t) || filled.len > NET_BUFFER_SIZE)) {
        packets_invalid++;
    } else {
        /*
         * The NIC wrote behind the cache's back, and a line may have been fetched, by speculation,
         * between the last use of this buffer and now: only from here on is what we read what was
         * received. Nobody writes here but the NIC, so nothing is dirty and cleaning first does no
         * harm; user level may not invalidate alone.
         */
        char *packet = (char *)config.data.region.vaddr + offset;

        cache_clean_and_invalidate((unsigned long)packet, (unsigned long)packet + filled.len);
        dispatch(buffer, packet, filled.len);
    }
    if (holders[buffer] == 0) {
        take_in_hand(buffer);
    }
}

static void notify_clients(void)
{
    while (state.notify_clients != 0) {
        uint32_t client = (uint32_t)__builtin_ctzl(state.notify_clients);

        state.notify_clients &= state.notify_clients - 1;
        if (net_require_signal_active(&state.clients[client])) {
            net_cancel_signal_active(&state.clients[client]);
            sddf_notify(config.clients[client].conn.id);
        }
    }
}

static void rx_return(void)
{
    uint32_t budget = state.driver.capacity;
    bool reprocess = true;

    while (reprocess) {
        uint32_t count = offered_within(budget, state.driver.active, state.driver.capacity);
        net_buff_desc_t filled;

        budget -= count;
        while (count > 0 && net_dequeue_active(&state.driver, &filled) == 0) {
            receive(filled);
            count--;
        }

        net_request_signal_active(&state.driver);
        reprocess = false;
        if (budget > 0 && offered(state.driver.active, state.driver.capacity) > 0) {
            net_cancel_signal_active(&state.driver);
            reprocess = true;
        }
    }
    notify_clients();
}

/* A client returns a buffer. It must be one that it holds. */
static void take_back(uint32_t client, net_buff_desc_t empty)
{
    uint64_t buffer = empty.io_or_offset / NET_BUFFER_SIZE;

    if (unlikely(empty.io_or_offset % NET_BUFFER_SIZE != 0 || buffer >= state.driver.capacity ||
                 (holders[buffer] & BIT(client)) == 0)) {
        buffers_invalid++;
        return;
    }
    state.held[client]--;
    holders[buffer] &= ~BIT(client);
    if (--holder_count[buffer] == 0) {
        take_in_hand(buffer);
    }
}

/* Take what one client returns. */
static void drain_client(uint32_t client)
{
    net_queue_handle_t *queue = &state.clients[client];
    uint32_t budget = queue->capacity;
    bool reprocess = true;

    while (reprocess) {
        uint32_t count = offered_within(budget, queue->free, queue->capacity);
        net_buff_desc_t empty;

        budget -= count;
        while (count > 0 && net_dequeue_free(queue, &empty) == 0) {
            take_back(client, empty);
            count--;
        }

        net_request_signal_free(queue);
        reprocess = false;
        if (budget > 0 && offered(queue->free, queue->capacity) > 0) {
            net_cancel_signal_free(queue);
            reprocess = true;
        }
    }
}

static void rx_provide(void)
{
    for (uint32_t client = 0; client < config.num_clients; client++) {
        if (!at_rest(state.clients[client].free)) {
            drain_client(client);
        }
    }
    give_to_driver();

    /* A driver that wants no signal now may want one at the next wake-up: the intention is kept. */
    if (state.notify_driver && net_require_signal_free(&state.driver)) {
        net_cancel_signal_free(&state.driver);
        sddf_deferred_notify(config.driver.id);
        state.notify_driver = false;
    }
}

static void init_client(uint32_t client)
{
    const net_virt_rx_client_config_t *client_config = &config.clients[client];

    net_queue_init(&state.clients[client], client_config->conn.free_queue.vaddr,
                   client_config->conn.active_queue.vaddr, client_config->conn.num_buffers);
    assert(client_config->num_macs <= ARRAY_SIZE(client_config->mac_addrs));
    for (uint32_t i = 0; i < client_config->num_macs; i++) {
        mac_add(mac_key(client_config->mac_addrs[i].addr), client);
    }
}

void init(void)
{
    assert(net_config_check_magic(&config));
    assert(config.num_clients <= SDDF_NET_MAX_CLIENTS);
    assert(config.data.region.size >= (uint64_t)NET_BUFFER_SIZE * config.driver.num_buffers);
    assert(config.buffer_metadata.size >= config.driver.num_buffers);

    holder_count = config.buffer_metadata.vaddr;
    net_queue_init(&state.driver, config.driver.free_queue.vaddr, config.driver.active_queue.vaddr,
                   config.driver.num_buffers);
    for (uint32_t client = 0; client < config.num_clients; client++) {
        init_client(client);
    }
    for (uint32_t buffer = 0; buffer < state.driver.capacity; buffer++) {
        take_in_hand(buffer);
    }
    rx_provide();
}

/*
 * Whoever signalled: look at all there is, as one buffer's return may be what another packet waits
 * for.
 */
void notified(sddf_channel ch)
{
    (void)ch;
    rx_return();
    rx_provide();
}
