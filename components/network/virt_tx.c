/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The transmit virtualiser: it lets many clients send through one driver. A client names its
 * buffers by offset in its own region, the driver names all buffers by IO address; packets stay
 * where they are, and descriptors are translated one way and the other:
 *
 *   active queue of each client -> tx_provide -> driver.active
 *   free queue of each client   <- tx_return  <- driver.free
 *
 * A client may have several regions, told apart by a descriptor's oid: a vswitch sends on behalf of
 * its ports.
 *
 * What a client submits is worth nothing until it is checked. A descriptor that names no packet, or
 * a buffer which the driver has already, goes back to it as it came, with a signal, so that a
 * client that waits for buffers is not left waiting. So no client can have more in the driver's
 * queue than it has buffers, and if that queue is too small for everybody's, what does not fit
 * stays where it is until the driver returns something. Of each queue one wake-up takes at most one
 * queue full; an honest client cannot offer more, as nothing returns to it in between. Who is
 * served first is behind all others the next time, so that where room is short, everybody gets
 * some.
 *
 * The driver is believed no further: it can return only what it has.
 */
#include <stdbool.h>
#include <stdint.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>
#include <sddf/util/cache.h>
#include <sddf/util/util.h>

#include "components/network/offered.h"

__attribute__((__section__(".net_virt_tx_config"))) net_virt_tx_config_t config;

/* What came to nothing, and why; by these names a debugger or a test finds them. */
uint64_t packets_invalid;   /* no such region or buffer, or a length that no packet has */
uint64_t packets_duplicate; /* the driver has this buffer already */
uint64_t packets_refused;   /* the driver took its room away */
uint64_t driver_invalid;    /* the driver returned a buffer it does not have */
uint64_t clients_full;      /* a client left no room for its own buffer */

/*
 * The buffers of one client are numbered through its regions; bit i: buffer i is with the driver.
 */
struct client {
    net_queue_handle_t queue;
    uint32_t first_buffer[SDDF_NET_MAX_CLIENTS];
    uint64_t with_driver[NET_QUEUE_MAX_CAPACITY / 64];
};

static struct {
    net_queue_handle_t driver;
    struct client clients[SDDF_NET_MAX_CLIENTS];
    uint32_t num_with_driver;
    uint32_t first_client;   /* whose turn it is */
    uint64_t notify_clients; /* bit i: client i was given something */
    bool notify_driver;
} state;

/* Whose buffers an IO address belongs to: all regions of all clients, in order of address. */
struct range {
    uint64_t io_addr;
    uint64_t size;
    uint8_t client;
    uint8_t region;
};

static struct range ranges[SDDF_NET_MAX_CLIENTS * SDDF_NET_MAX_CLIENTS];
static uint32_t num_ranges;

static void range_add(struct range range)
{
    uint32_t i = num_ranges;

    if (range.size == 0) {
        return;
    }
    num_ranges++;
    while (i > 0 && ranges[i - 1].io_addr > range.io_addr) {
        ranges[i] = ranges[i - 1];
        i--;
    }
    ranges[i] = range;
}

/*
 * Buffers come back in runs of one client's, so the range that was right last time is tried first.
 */
static const struct range *range_find(uint64_t io_addr)
{
    static uint32_t latest;
    uint32_t above = num_ranges;

    if (likely(io_addr - ranges[latest].io_addr < ranges[latest].size)) {
        return &ranges[latest];
    }
    latest = 0;
    while (above - latest > 1) {
        uint32_t middle = latest + (above - latest) / 2;

        if (ranges[middle].io_addr <= io_addr) {
            latest = middle;
        } else {
            above = middle;
        }
    }
    return io_addr - ranges[latest].io_addr < ranges[latest].size ? &ranges[latest] : NULL;
}

/* If the client has made its queue look full, the loss is its own. */
static void give_to_client(uint32_t client, net_buff_desc_t buffer)
{
    if (unlikely(net_enqueue_free(&state.clients[client].queue, buffer) != 0)) {
        clients_full++;
    }
    state.notify_clients |= BIT(client);
}

/* A buffer comes back from the driver. It must be one that the driver has. */
static void take_back(net_buff_desc_t sent)
{
    const struct range *range = range_find(sent.io_or_offset);

    if (unlikely(range == NULL)) {
        driver_invalid++;
        return;
    }
    struct client *client = &state.clients[range->client];
    uint64_t offset = sent.io_or_offset - range->io_addr;
    uint64_t buffer = client->first_buffer[range->region] + offset / NET_BUFFER_SIZE;

    if (unlikely(offset % NET_BUFFER_SIZE != 0 ||
                 (client->with_driver[buffer / 64] & BIT(buffer % 64)) == 0)) {
        driver_invalid++;
        return;
    }
    client->with_driver[buffer / 64] &= ~BIT(buffer % 64);
    state.num_with_driver--;
    give_to_client(range->client,
                   (net_buff_desc_t){.io_or_offset = offset, .oid = range->region & 0x3f});
}

static void tx_return(void)
{
    uint32_t budget = state.driver.capacity;
    bool reprocess = true;

    while (reprocess) {
        uint32_t count = offered_within(budget, state.driver.free, state.driver.capacity);
        net_buff_desc_t sent;

        budget -= count;
        while (count > 0 && net_dequeue_free(&state.driver, &sent) == 0) {
            take_back(sent);
            count--;
        }

        net_request_signal_free(&state.driver);
        reprocess = false;
        if (budget > 0 && offered(state.driver.free, state.driver.capacity) > 0) {
            net_cancel_signal_free(&state.driver);
            reprocess = true;
        }
    }
}

/* Whether what a client submits is a packet in one of its buffers. */
static bool is_valid(const net_virt_tx_client_config_t *client_config, net_buff_desc_t packet)
{
    return packet.len > 0 && packet.len <= NET_BUFFER_SIZE &&
           packet.oid < client_config->num_regions && packet.io_or_offset % NET_BUFFER_SIZE == 0 &&
           packet.io_or_offset / NET_BUFFER_SIZE < client_config->regions[packet.oid].num_buffers;
}

/* A packet goes back to its client unsent. */
static void refuse(uint32_t client, net_buff_desc_t packet, uint64_t *reason)
{
    (*reason)++;
    give_to_client(client, packet);
}

/* One packet of a client, to the driver if it is one. */
static void submit(uint32_t number, net_buff_desc_t packet)
{
    struct client *client = &state.clients[number];

    if (unlikely(!is_valid(&config.clients[number], packet))) {
        refuse(number, packet, &packets_invalid);
        return;
    }
    const device_region_resource_t *data = &config.clients[number].regions[packet.oid].data;
    uint64_t buffer = client->first_buffer[packet.oid] + packet.io_or_offset / NET_BUFFER_SIZE;
    unsigned long vaddr = (unsigned long)data->region.vaddr + packet.io_or_offset;
    net_buff_desc_t outgoing = {.io_or_offset = data->io_addr + packet.io_or_offset,
                                .len = packet.len};

    if (unlikely((client->with_driver[buffer / 64] & BIT(buffer % 64)) != 0)) {
        refuse(number, packet, &packets_duplicate);
        return;
    }
    /* The client wrote through the cache; the NIC reads past it. */
    cache_clean(vaddr, vaddr + packet.len);
    if (unlikely(net_enqueue_active(&state.driver, outgoing) != 0)) {
        refuse(number, packet, &packets_refused);
        return;
    }
    client->with_driver[buffer / 64] |= BIT(buffer % 64);
    state.num_with_driver++;
    state.notify_driver = true;
}

/*
 * Whether the driver can take another packet: by this PD's own count, and by what the driver says.
 */
static bool driver_has_room(void)
{
    return state.num_with_driver < state.driver.capacity && !net_queue_full_active(&state.driver);
}

/*
 * Take what one client submits, for as long as the driver has room. What then remains is seen when
 * the driver returns a buffer. True if there was anything to take, and room for it.
 */
static bool drain_client(uint32_t number)
{
    net_queue_handle_t *queue = &state.clients[number].queue;
    uint32_t budget = queue->capacity;
    bool reprocess = true, any = false;

    while (reprocess) {
        uint32_t count = offered_within(budget, queue->active, queue->capacity);
        net_buff_desc_t packet;

        budget -= count;
        while (count > 0 && driver_has_room() && net_dequeue_active(queue, &packet) == 0) {
            submit(number, packet);
            any = true;
            count--;
        }

        net_request_signal_active(queue);
        reprocess = false;
        if (budget > 0 && driver_has_room() && offered(queue->active, queue->capacity) > 0) {
            net_cancel_signal_active(queue);
            reprocess = true;
        }
    }
    return any;
}

static uint32_t client_after(uint32_t client)
{
    return client + 1 < config.num_clients ? client + 1 : 0;
}

/*
 * Turns are of those that were served: did they go by wake-ups, it could be the same client's
 * whenever there is room.
 */
static void tx_provide(void)
{
    uint32_t client = state.first_client;
    bool any = false;

    for (uint32_t i = 0; i < config.num_clients; i++) {
        if (!at_rest(state.clients[client].queue.active) && drain_client(client) && !any) {
            any = true;
            state.first_client = client_after(client);
        }
        client = client_after(client);
    }
}

/* One signal for all that each peer was given. */
static void signal_peers(void)
{
    while (state.notify_clients != 0) {
        uint32_t client = (uint32_t)__builtin_ctzl(state.notify_clients);

        state.notify_clients &= state.notify_clients - 1;
        if (net_require_signal_free(&state.clients[client].queue)) {
            net_cancel_signal_free(&state.clients[client].queue);
            sddf_notify(config.clients[client].conn.id);
        }
    }
    if (state.notify_driver && net_require_signal_active(&state.driver)) {
        net_cancel_signal_active(&state.driver);
        sddf_deferred_notify(config.driver.id);
    }
    state.notify_driver = false;
}

static void init_client(uint8_t number)
{
    const net_virt_tx_client_config_t *client_config = &config.clients[number];
    struct client *client = &state.clients[number];
    uint32_t buffers = 0;

    net_queue_init(&client->queue, client_config->conn.free_queue.vaddr,
                   client_config->conn.active_queue.vaddr, client_config->conn.num_buffers);
    assert(client_config->num_regions <= SDDF_NET_MAX_CLIENTS);
    for (uint8_t i = 0; i < client_config->num_regions; i++) {
        const net_virt_tx_data_region_t *region = &client_config->regions[i];
        uint64_t size = (uint64_t)NET_BUFFER_SIZE * region->num_buffers;

        assert(region->num_buffers <= NET_QUEUE_MAX_CAPACITY - buffers);
        assert(region->data.region.size >= size);
        client->first_buffer[i] = buffers;
        buffers += region->num_buffers;
        range_add((struct range){region->data.io_addr, size, number, i});
    }
}

void init(void)
{
    assert(net_config_check_magic(&config));
    assert(config.num_clients <= SDDF_NET_MAX_CLIENTS);

    net_queue_init(&state.driver, config.driver.free_queue.vaddr, config.driver.active_queue.vaddr,
                   config.driver.num_buffers);
    for (uint8_t client = 0; client < config.num_clients; client++) {
        init_client(client);
    }
    for (uint32_t i = 1; i < num_ranges; i++) {
        assert(ranges[i].io_addr - ranges[i - 1].io_addr >= ranges[i - 1].size);
    }

    /*
     * Clients may have begun before this PD; their signals are remembered, but looking costs
     * nothing.
     */
    tx_provide();
    signal_peers();
}

/*
 * Whoever signalled: look at all there is, as a buffer's return may be what a waiting packet needs.
 */
void notified(sddf_channel ch)
{
    (void)ch;
    tx_return();
    tx_provide();
    signal_peers();
}
