/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network class: one NIC shared among clients. In packet order: the driver and virt_rx share a
 * queue pair of IO addresses; virt_rx and each copier share a pair of offsets into the receive
 * region, which the device writes and copiers only read; each copier and its client share a pair of
 * offsets into the client's own region; each client and virt_tx share a pair of offsets into the
 * client's transmit region, which the device only reads; and virt_tx and the driver share a pair of
 * IO addresses again. A client without a copier sits where its copier would, and sees the whole
 * receive region, as does one with a forwarder, which copies nothing.
 *
 * Behind a vswitch, if there is one, clients also reach each other; see net_vswitch.c.
 *
 * A network without virtualisers has one client, in their place: it shares both pairs of IO
 * addresses with the driver, and owns the receive region.
 *
 * A queue pair is one region: both neighbours map it with the same rights, so two would keep nobody
 * apart.
 */
#include <stdlib.h>
#include <string.h>

#include <sddf/network/queue.h>
#include <sddf/resources/device.h>

#include "sim/class/net_parts.h"

static const struct param instance_params[] = {
    PARAM_UINT(struct net_instance, rx_buffers, 512, 1, 32768,
               "receive buffers the device fills, a power of two"),
    PARAM_UINT(struct net_instance, tx_queue, 0, 0, 32768,
               "entries of the queue by which all clients' frames go to the driver, a power of "
               "two; 0: as many as they have buffers together, so that nobody waits for room"),
    PARAM_BOOL(
        struct net_instance, virtualisers, true,
        "false: there is no virt_rx and no virt_tx, and its only client talks to the driver"),
    PARAM_BOOL(struct net_instance, coherent, true,
               "false: caches hold what the device does not see, and the other way round, until an "
               "image cleans or invalidates them; in virtual time"),
    PARAM_BOOL(struct net_instance, cached, true,
               "false: buffers that the device reaches are not cached by anybody, and need no "
               "cleaning; a copy out of them costs what the platform says"),
    PARAM_SHARE(struct net_instance, evictions, 50000,
                "where it is not coherent, the chance that a cache line of a buffer is written "
                "back or fetched anew when the device touches the buffer, or it changes hands"),
    PARAM_TEXT_OPTIONAL(struct net_instance, wire_reaches, NULL,
                        "clients behind the vswitch that frames from the wire may go to, separated "
                        "by commas; all if left out"),
    PARAM_END,
};

static const struct role_view instance_roles[] = {
    [ROLE_DRIVER] = {.name = "driver",
                     .image = "network/driver_enet",
                     .drives = true,
                     .priority = 101,
                     .budget_ns = 100000,
                     .period_ns = 400000,
                     .doc = "drives the device"},
    [ROLE_VIRT_TX] = {.name = "virt_tx",
                      .image = "network/virt_tx",
                      .priority = 100,
                      .budget_ns = 20000000,
                      .period_ns = 20000000,
                      .doc = "checks what clients send and gives it to the driver"},
    [ROLE_VIRT_RX] = {.name = "virt_rx",
                      .image = "network/virt_rx",
                      .priority = 99,
                      .doc = "gives each received frame to the client it is for"},
    [ROLE_VSWITCH] = {.name = "vswitch",
                      .image = "network/vswitch",
                      .priority = 99,
                      .optional = true,
                      .doc = "passes frames among the clients behind it, as far as each may reach"},
    {.name = NULL},
};

bool net_power_of_two(struct net *n, struct diag_place place, const char *key, uint64_t value)
{
    if ((value & (value - 1)) == 0) {
        return true;
    }
    uint64_t next = 1;
    while (next < value) {
        next *= 2;
    }
    diag_error(n->p->diag, place, "%s: %llu is no power of two; the next is %llu", key,
               (unsigned long long)value, (unsigned long long)next);
    return false;
}

static struct queue_shape queue_shape(const char *name, uint32_t region, uint64_t offset,
                                      uint32_t capacity, enum plan_naming naming)
{
    return (struct queue_shape){
        .name = name,
        .region = region,
        .offset = offset,
        .capacity = capacity,
        .tail_offset = offsetof(net_queue_t, tail),
        .head_offset = offsetof(net_queue_t, head),
        .index_bytes = 2,
        .flag_offset = offsetof(net_queue_t, consumer_signalled),
        .flag_bytes = 4,
        .slots_offset = offsetof(net_queue_t, buffers),
        .slot_bytes = sizeof(net_buff_desc_t),
        .name_offset = offsetof(net_buff_desc_t, io_or_offset),
        .name_bytes = 8,
        .len_offset = offsetof(net_buff_desc_t, len),
        .len_bytes = 2,
        .pool_offset = 10, /* the oid bit-field's byte */
        .pool_bits = naming == NAMES_OFFSET ? 6 : 0,
        .naming = naming,
    };
}

static uint64_t queue_bytes(uint64_t capacity)
{
    return sizeof(net_queue_t) + capacity * sizeof(net_buff_desc_t);
}

/* What one end is told of a queue pair that is mapped at `vaddr`. */
static void set_end(net_connection_resource_t *end, uint64_t vaddr, uint64_t active_offset,
                    uint64_t capacity, uint8_t channel)
{
    end->free_queue.vaddr = (void *)(uintptr_t)vaddr;
    end->active_queue.vaddr = (void *)(uintptr_t)(vaddr + active_offset);
    end->free_queue.size = end->active_queue.size = queue_bytes(capacity);
    end->num_buffers = (uint16_t)capacity;
    end->id = channel;
}

uint32_t net_add_link(struct net *n, const struct net_link *link)
{
    struct plan *p = n->p;
    uint64_t bytes = queue_bytes(link->capacity);
    uint64_t active_offset = (bytes + PLAN_PAGE_BYTES - 1) & ~(uint64_t)(PLAN_PAGE_BYTES - 1);
    uint32_t region =
        plan_add_region(p, REGION_QUEUES, active_offset + bytes, "%s.queues", link->name);
    uint64_t from_vaddr = plan_add_map(p, link->from, region, RIGHT_READ | RIGHT_WRITE);
    uint64_t to_vaddr = plan_add_map(p, link->to, region, RIGHT_READ | RIGHT_WRITE);
    uint32_t channel = plan_add_channel(p, link->from, link->to, link->calls ? 1 : -1);
    uint32_t capacity = (uint32_t)link->capacity;
    struct queue_shape frees = queue_shape(arena_format(p->arena, "%s.free", link->name), region, 0,
                                           capacity, link->naming);
    struct queue_shape active = queue_shape(arena_format(p->arena, "%s.active", link->name), region,
                                            active_offset, capacity, link->naming);

    frees.producer = active.consumer = link->to;
    frees.consumer = active.producer = link->from;
    frees.producer_vaddr = to_vaddr;
    frees.consumer_vaddr = from_vaddr;
    active.producer_vaddr = from_vaddr + active_offset;
    active.consumer_vaddr = to_vaddr + active_offset;
    active.carries_frames = true;
    frees.pools = active.pools = link->pools;
    frees.pool_count = active.pool_count = link->pool_count;
    frees.channel = active.channel = channel;
    frees.partner = p->queue_count + 1;
    active.partner = p->queue_count;

    set_end(link->producer, from_vaddr, active_offset, link->capacity,
            plan_channel_id(p, channel, link->from));
    set_end(link->consumer, to_vaddr, active_offset, link->capacity,
            plan_channel_id(p, channel, link->to));
    plan_add_queue(p, &frees);
    return plan_add_queue(p, &active);
}

const uint32_t *net_pool_list(struct net *n, uint32_t pool)
{
    return arena_copy(n->p->arena, &pool, sizeof pool);
}

uint32_t net_add_pool(struct net *n, const char *name, uint32_t count, bool stamped,
                      uint32_t *region)
{
    struct plan *p = n->p;

    *region =
        plan_add_region(p, REGION_BUFFERS, (uint64_t)count * NET_BUFFER_SIZE, "%s.buffers", name);
    uint32_t pool = plan_add_pool(p, *region, NET_BUFFER_SIZE, count, name);
    uint64_t stamp_bytes = stamped ? ((uint64_t)count * sizeof(uint64_t) + 63) & ~63ull : 0;
    uint32_t notes =
        plan_add_region(p, REGION_STAMPS, stamp_bytes + (count + 1ull) * PLAN_TAG_BYTES, "%s.%s",
                        name, stamped ? "stamps" : "tags");

    p->pools[pool].stamps = stamped ? notes : PLAN_NONE;
    p->pools[pool].tags = notes;
    p->pools[pool].tags_offset = stamp_bytes;
    return pool;
}

region_resource_t net_map_pool(struct net *n, uint32_t pd, uint32_t pool, unsigned rights)
{
    const struct plan_pool *of = &n->p->pools[pool];
    uint64_t bytes = (uint64_t)of->buffer_count * of->buffer_bytes;
    uint64_t vaddr = plan_add_map(n->p, pd, of->region, rights);

    return (region_resource_t){.vaddr = (void *)(uintptr_t)vaddr, .size = bytes};
}

void net_open_window(struct net *n, uint32_t pool, unsigned rights)
{
    struct plan *p = n->p;
    uint32_t region = p->pools[pool].region;

    p->regions[region].uncached = !n->params->cached;
    if (!n->params->coherent) {
        plan_make_incoherent(p, region, n->params->evictions);
    }
    p->pools[pool].io_addr = plan_add_window(p, n->device, region, rights);
}

/* The receive region, as the device sees it. */
static void build_receive_region(struct net *n)
{
    struct plan *p = n->p;

    n->rx_pool = net_add_pool(n, arena_format(p->arena, "%s.rx", n->asked->name),
                              (uint32_t)n->params->rx_buffers, true, &n->rx_region);
    net_open_window(n, n->rx_pool, RIGHT_READ | RIGHT_WRITE);
    plan_add_map(p, p->devices[n->device].pd, p->pools[n->rx_pool].stamps,
                 RIGHT_READ | RIGHT_WRITE);
}

/* ... and as virt_rx does, and what it shares with the driver. */
static void build_receive(struct net *n)
{
    struct plan *p = n->p;
    const char *name = n->asked->name;
    uint64_t count = n->params->rx_buffers;

    n->rx_config->data.region = net_map_pool(n, n->virt_rx, n->rx_pool, RIGHT_READ | RIGHT_WRITE);
    n->rx_config->data.io_addr = p->pools[n->rx_pool].io_addr;
    uint32_t metadata = plan_add_region(p, REGION_METADATA, count, "%s.refcounts", name);
    uint64_t vaddr = plan_add_map(p, n->virt_rx, metadata, RIGHT_READ | RIGHT_WRITE);
    n->rx_config->buffer_metadata =
        (region_resource_t){.vaddr = (void *)(uintptr_t)vaddr, .size = count};
    plan_add_map(p, n->virt_rx, p->pools[n->rx_pool].tags, RIGHT_READ);

    p->devices[n->device].rx_queue_source =
        net_add_link(n, &(struct net_link){.name = arena_format(p->arena, "%s.rx", name),
                                           .from = n->driver,
                                           .to = n->virt_rx,
                                           .capacity = count,
                                           .naming = NAMES_IO_ADDR,
                                           .pools = net_pool_list(n, n->rx_pool),
                                           .pool_count = 1,
                                           .producer = &n->driver_config.virt_rx,
                                           .consumer = &n->rx_config->driver});
}

uint32_t net_add_virt_rx_client(struct net *n, const char *name, uint32_t taker, uint64_t buffers,
                                const uint8_t (*macs)[6], size_t mac_count,
                                net_connection_resource_t *at_taker)
{
    net_virt_rx_client_config_t *at_virt = &n->rx_config->clients[n->rx_config->num_clients++];

    memcpy(at_virt->mac_addrs, macs, mac_count * sizeof *macs);
    at_virt->num_macs = (uint8_t)mac_count;
    return net_add_link(n, &(struct net_link){.name = name,
                                              .from = n->virt_rx,
                                              .to = taker,
                                              .capacity = buffers,
                                              .naming = NAMES_OFFSET,
                                              .pools = net_pool_list(n, n->rx_pool),
                                              .pool_count = 1,
                                              .producer = &at_virt->conn,
                                              .consumer = at_taker});
}

bool net_capacity(struct net *n, uint64_t buffers, const char *what, uint64_t *capacity)
{
    *capacity = 1;
    while (*capacity < buffers) {
        *capacity *= 2;
    }
    if (*capacity > NET_QUEUE_MAX_CAPACITY) {
        diag_error(n->p->diag, n->asked->place, "its clients have %llu %s holds %u",
                   (unsigned long long)buffers, what, NET_QUEUE_MAX_CAPACITY);
        return false;
    }
    return true;
}

/* The shared transmit queue holds every client's buffers at once, so nobody can crowd another out,
 * unless the scenario wants it shorter. */
static void build_transmit(struct net *n)
{
    struct plan *p = n->p;
    uint64_t buffers = 0, capacity = n->params->tx_queue;

    if (n->tx_pool_count > PLAN_POOLS_PER_QUEUE) {
        diag_error(p->diag, n->asked->place,
                   "its clients have %u transmit regions together; one queue knows %u apart",
                   n->tx_pool_count, PLAN_POOLS_PER_QUEUE);
        return;
    }
    for (uint32_t i = 0; i < n->tx_pool_count; i++) {
        buffers += p->pools[n->tx_pools[i]].buffer_count;
    }
    if (capacity == 0 &&
        !net_capacity(n, buffers,
                      "transmit buffers together and no \"tx_queue\"; one queue to the driver",
                      &capacity)) {
        return;
    }
    p->devices[n->device].tx_queue_sink =
        net_add_link(n, &(struct net_link){.name = arena_format(p->arena, "%s.tx", n->asked->name),
                                           .from = n->virt_tx,
                                           .to = n->driver,
                                           .capacity = capacity,
                                           .naming = NAMES_IO_ADDR,
                                           .pools = n->tx_pools,
                                           .pool_count = n->tx_pool_count,
                                           .producer = &n->tx_config->driver,
                                           .consumer = &n->driver_config.virt_tx});
}

/* All clients of this instance, in the scenario's order. Returns how many there are. */
static uint32_t build_clients(struct net *n, uint32_t instance)
{
    const struct scenario *s = n->p->scenario;
    uint32_t count = 0;

    for (uint32_t i = 0; i < s->client_count; i++) {
        for (size_t j = 0; j < s->clients[i].join_count; j++) {
            if (s->clients[i].joins[j].instance == instance) {
                net_build_client(n, i, &s->clients[i].joins[j]);
                count++;
            }
        }
    }
    net_check_macs(n);
    return count;
}

static void build_virtualised(struct net *n, uint32_t instance)
{
    struct plan *p = n->p;

    n->rx_config = arena_alloc(p->arena, sizeof *n->rx_config);
    n->tx_config = arena_alloc(p->arena, sizeof *n->tx_config);
    n->tx_pools = arena_array(p->arena, PLAN_POOLS_PER_QUEUE, sizeof *n->tx_pools);
    memcpy(n->rx_config->magic, SDDF_NET_MAGIC, SDDF_NET_MAGIC_LEN);
    memcpy(n->tx_config->magic, SDDF_NET_MAGIC, SDDF_NET_MAGIC_LEN);
    n->virt_rx = plan_add_pd(p, &n->asked->roles[ROLE_VIRT_RX], "net", "virt_rx");
    n->virt_tx = plan_add_pd(p, &n->asked->roles[ROLE_VIRT_TX], "net", "virt_tx");
    n->device = class_attach_device(p, n->asked->device, n->driver);
    build_receive_region(n);
    build_receive(n);
    if (n->asked->roles[ROLE_VSWITCH].name != NULL) {
        net_vswitch_start(n, &n->asked->roles[ROLE_VSWITCH]);
    }
    (void)build_clients(n, instance);
    if (n->vswitch != NULL) {
        net_vswitch_finish(n);
    }
    build_transmit(n);
    class_tell(p, n->virt_rx, &net_virt_rx_section, n->rx_config, sizeof *n->rx_config);
    class_tell(p, n->virt_tx, &net_virt_tx_section, n->tx_config, sizeof *n->tx_config);
}

static void build_unvirtualised(struct net *n, uint32_t instance)
{
    n->device = class_attach_device(n->p, n->asked->device, n->driver);
    build_receive_region(n);
    if (build_clients(n, instance) == 0) {
        diag_error(n->p->diag, n->asked->place,
                   "%s has no virtualisers, so one client must join it, and none does",
                   n->asked->name);
    }
}

/* What an instance says of its vswitch, where there can be none or is none. */
static void check_vswitch(struct net *n)
{
    const struct scenario_pd *vswitch = &n->asked->roles[ROLE_VSWITCH];

    if (vswitch->name != NULL && !n->params->virtualisers) {
        diag_error(n->p->diag, vswitch->place,
                   "%s has no virtualisers, and a vswitch is a client of them", n->asked->name);
    }
    if (vswitch->name == NULL && n->params->wire_reaches != NULL) {
        diag_error(n->p->diag, n->asked->place,
                   "wire_reaches: %s has no vswitch, which alone would keep to it", n->asked->name);
    }
}

static void check_queue(struct net *n)
{
    if (n->params->tx_queue != 0 && !n->params->virtualisers) {
        diag_error(n->p->diag, n->asked->place,
                   "tx_queue: %s has no virtualisers, so its client's own queue goes to the driver",
                   n->asked->name);
    }
}

static void check_coherence(struct net *n)
{
    if (!n->params->coherent && n->p->scenario->clock == CLOCK_HOST) {
        diag_error(n->p->diag, n->asked->place,
                   "coherent: what caches hold and memory does not is known only in virtual time; "
                   "add \"clock\": \"virtual\"");
    }
    if (!n->params->coherent && !n->params->cached) {
        diag_error(n->p->diag, n->asked->place,
                   "coherent: what is not cached is the same for all who see it; leave out "
                   "\"coherent\" or \"cached\"");
    }
}

static void net_build(struct plan *p, uint32_t instance)
{
    const struct scenario *s = p->scenario;
    struct net n = {
        .p = p, .asked = &s->instances[instance], .params = s->instances[instance].state};

    if (!net_power_of_two(&n, n.asked->place, "rx_buffers", n.params->rx_buffers) ||
        (n.params->tx_queue != 0 &&
         !net_power_of_two(&n, n.asked->place, "tx_queue", n.params->tx_queue))) {
        return;
    }
    check_vswitch(&n);
    check_queue(&n);
    check_coherence(&n);
    memcpy(n.driver_config.magic, SDDF_NET_MAGIC, SDDF_NET_MAGIC_LEN);
    n.driver = plan_add_pd(p, &n.asked->roles[ROLE_DRIVER], "net", "driver");
    if (n.params->virtualisers) {
        build_virtualised(&n, instance);
    } else {
        build_unvirtualised(&n, instance);
    }
    class_tell(p, n.driver, &net_driver_section, &n.driver_config, sizeof n.driver_config);
    class_offer(p, n.driver, false, 0);
}

const struct class_type class_net = {
    .view =
        {
            .view = {.name = "net",
                     .doc = "a NIC shared by clients through virtualisers and copiers",
                     .state_size = sizeof(struct net_instance),
                     .params = instance_params,
                     .type = &class_net},
            .instances_key = "networks",
            .client_key = "network",
            .roles = instance_roles,
            .client_state_size = sizeof(struct net_client),
            .client_params = net_client_params,
            .client_roles = net_client_roles,
            .client_shares = net_client_shares,
        },
    .told = net_told,
    .build = net_build,
    .answer = net_answer,
};
