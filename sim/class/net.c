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
#include <sddf/timer/config.h>

#include "sim/class/net_parts.h"

static const struct param instance_params[] = {
    PARAM_UINT(struct net_instance, rx_buffers, 512, 1, 32768,
               "receive buffers the device fills, a power of two"),
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

static const struct param client_params[] = {
    PARAM_MAC(struct net_client, mac, NULL, "its address; 52:54:01:00:00:NN if left out"),
    PARAM_TEXT_OPTIONAL(struct net_client, more_macs, NULL,
                        "further addresses it receives for, separated by commas"),
    PARAM_UINT(struct net_client, rx_buffers, 512, 1, 32768,
               "receive buffers of its own behind a copier, a power of two"),
    PARAM_UINT(struct net_client, tx_buffers, 512, 1, 32768, "transmit buffers, a power of two"),
    PARAM_BOOL(struct net_client, vswitch, true,
               "false: it is beside the network's vswitch, if that has one, and not behind it"),
    PARAM_TEXT_OPTIONAL(struct net_client, reaches, NULL,
                        "whom it may send to through the vswitch: clients, and \"wire\", separated "
                        "by commas; all if left out, \"\" for nobody"),
    PARAM_END,
};

enum { ROLE_DRIVER, ROLE_VIRT_TX, ROLE_VIRT_RX, ROLE_VSWITCH };
enum { ROLE_COPIER, ROLE_FORWARDER };

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

static const struct role_view client_roles[] = {
    [ROLE_COPIER] = {.name = "copier",
                     .image = "network/copy",
                     .priority = 98,
                     .budget_ns = 20000000,
                     .period_ns = 20000000,
                     .optional = true,
                     .doc = "copies the client's frames out of the shared receive region"},
    [ROLE_FORWARDER] = {.name = "forwarder",
                        .image = "network/copy_forward",
                        .priority = 98,
                        .budget_ns = 20000000,
                        .period_ns = 20000000,
                        .optional = true,
                        .doc = "stands where a copier would and copies nothing"},
    {.name = NULL},
};

static bool power_of_two(struct net *n, struct diag_place place, const char *key, uint64_t value)
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

/*
 * How many of the shared buffers a client may hold that has them in its own hands. virt_rx gives it
 * no more at a time than its queue has places. One that is not to be trusted may keep what it has
 * for ever, so it is given what would be left for it if all had the same.
 */
static uint64_t share_of(const struct net *n, uint32_t client)
{
    const struct scenario *s = n->p->scenario;
    uint64_t clients = 0, share = n->params->rx_buffers;

    for (size_t i = 0; i < s->client_count; i++) {
        for (size_t k = 0; k < s->clients[i].join_count; k++) {
            clients += &s->instances[s->clients[i].joins[k].instance] == n->asked;
        }
    }
    while (!n->p->pds[client].trusted && share > 1 && share * clients > n->params->rx_buffers) {
        share /= 2;
    }
    return share;
}

/* The same, for what stands at the place of one client. */
static void add_virt_link(struct net *n, uint32_t client, const char *suffix, uint32_t taker,
                          uint64_t buffers, net_connection_resource_t *at_taker)
{
    const struct plan_pd *pd = &n->p->pds[client];
    const char *name = arena_format(n->p->arena, "%s.%s", pd->name, suffix);

    (void)net_add_virt_rx_client(n, name, taker, buffers, pd->macs, pd->mac_count, at_taker);
}

region_resource_t net_share_receive_region(struct net *n, uint32_t pd)
{
    region_resource_t region = net_map_pool(n, pd, n->rx_pool, RIGHT_READ);

    plan_add_map(n->p, pd, n->p->pools[n->rx_pool].stamps, RIGHT_READ);
    return region;
}

/* A client that takes its frames from virt_rx itself. */
static void build_shared_rx(struct net *n, uint32_t client, net_client_config_t *config)
{
    config->rx_data = net_share_receive_region(n, client);
    add_virt_link(n, client, "rx", client, share_of(n, client), &config->rx);
}

/* One behind a forwarder: both see the receive region, though only the client looks. */
static void build_forwarded_rx(struct net *n, uint32_t client, const struct scenario_pd *asked,
                               net_client_config_t *config)
{
    struct plan *p = n->p;
    uint32_t forwarder = plan_add_pd(p, asked, "net", "forwarder");
    net_copy_config_t *copy = arena_alloc(p->arena, sizeof *copy);

    memcpy(copy->magic, SDDF_NET_MAGIC, SDDF_NET_MAGIC_LEN);
    copy->client_data = copy->rx_data[0] = net_map_pool(n, forwarder, n->rx_pool, RIGHT_READ);
    add_virt_link(n, client, "virt_rx", forwarder, share_of(n, client), &copy->rx);
    (void)net_add_link(
        n, &(struct net_link){.name = arena_format(p->arena, "%s.rx", p->pds[client].name),
                              .from = forwarder,
                              .to = client,
                              .capacity = share_of(n, client),
                              .naming = NAMES_OFFSET,
                              .pools = net_pool_list(n, n->rx_pool),
                              .pool_count = 1,
                              .producer = &copy->client,
                              .consumer = &config->rx});
    class_tell(p, forwarder, &net_copy_section, copy, sizeof *copy);
    config->rx_data = net_share_receive_region(n, client);
}

void net_fill_copier(struct net *n, uint32_t copier, uint32_t client, uint32_t count,
                     net_client_config_t *config, net_copy_config_t *copy)
{
    struct plan *p = n->p;
    const char *name = arena_format(p->arena, "%s.rx", p->pds[client].name);
    uint32_t region, pool = net_add_pool(n, name, count, true, &region);

    memcpy(copy->magic, SDDF_NET_MAGIC, SDDF_NET_MAGIC_LEN);
    (void)net_add_link(n, &(struct net_link){.name = name,
                                             .from = copier,
                                             .to = client,
                                             .capacity = count,
                                             .naming = NAMES_OFFSET,
                                             .pools = net_pool_list(n, pool),
                                             .pool_count = 1,
                                             .producer = &copy->client,
                                             .consumer = &config->rx});
    copy->client_data = net_map_pool(n, copier, pool, RIGHT_READ | RIGHT_WRITE);
    plan_add_map(p, copier, p->pools[pool].stamps, RIGHT_READ | RIGHT_WRITE);
    config->rx_data = net_map_pool(n, client, pool, RIGHT_READ | RIGHT_WRITE);
    plan_add_map(p, client, p->pools[pool].stamps, RIGHT_READ);
}

/* One behind a copier, which alone sees the receive region, and fills the client's own. */
static void build_copied_rx(struct net *n, uint32_t client, const struct scenario_pd *asked,
                            uint32_t count, net_client_config_t *config)
{
    struct plan *p = n->p;
    uint32_t copier = plan_add_pd(p, asked, "net", "copier");
    net_copy_config_t *copy = arena_alloc(p->arena, sizeof *copy);

    copy->rx_data[0] = net_share_receive_region(n, copier);
    add_virt_link(n, client, "virt_rx", copier, n->params->rx_buffers, &copy->rx);
    net_fill_copier(n, copier, client, count, config, copy);
    class_tell(p, copier, &net_copy_section, copy, sizeof *copy);
}

/* The client's receiving half, by who stands between it and virt_rx. */
static void build_client_rx(struct net *n, uint32_t client, const struct scenario_join *join,
                            const struct net_client *params, net_client_config_t *config)
{
    const struct scenario_pd *copier = &join->roles[ROLE_COPIER];
    const struct scenario_pd *forwarder = &join->roles[ROLE_FORWARDER];

    if (copier->name != NULL && forwarder->name != NULL) {
        diag_error(n->p->diag, forwarder->place,
                   "%s has a copier already; a forwarder would stand in its place",
                   n->p->pds[client].name);
    } else if (copier->name != NULL) {
        build_copied_rx(n, client, copier, (uint32_t)params->rx_buffers, config);
    } else if (forwarder->name != NULL) {
        build_forwarded_rx(n, client, forwarder, config);
    } else {
        build_shared_rx(n, client, config);
    }
}

uint32_t net_add_sender(struct net *n, uint32_t client, net_client_config_t *config,
                        const struct net_taker *taker, uint32_t *pool)
{
    struct plan *p = n->p;
    const char *name = arena_format(p->arena, "%s.tx", p->pds[client].name);
    uint32_t region;

    *pool = net_add_pool(n, name, taker->buffers, false, &region);
    plan_add_map(p, client, p->pools[*pool].tags, RIGHT_READ | RIGHT_WRITE);
    return net_add_link(n, &(struct net_link){.name = name,
                                              .from = client,
                                              .to = taker->pd,
                                              .calls = taker->called,
                                              .capacity = taker->buffers,
                                              .naming = NAMES_OFFSET,
                                              .pools = net_pool_list(n, *pool),
                                              .pool_count = 1,
                                              .producer = &config->tx,
                                              .consumer = taker->at});
}

void net_let_out(struct net *n, net_virt_tx_client_config_t *at_virt, uint8_t number, uint32_t pool)
{
    struct plan *p = n->p;
    net_virt_tx_data_region_t *region = &at_virt->regions[number];

    net_open_window(n, pool, RIGHT_READ);
    plan_add_map(p, p->devices[n->device].pd, p->pools[pool].tags, RIGHT_READ);
    region->data.region = net_map_pool(n, n->virt_tx, pool, RIGHT_READ);
    region->data.io_addr = p->pools[pool].io_addr;
    region->num_buffers = p->pools[pool].buffer_count;
    n->tx_pools[n->tx_pool_count++] = pool;
}

static void build_client_tx(struct net *n, uint32_t client, const struct net_client *params,
                            net_client_config_t *config)
{
    net_virt_tx_client_config_t *at_virt = &n->tx_config->clients[n->tx_config->num_clients++];
    uint32_t pool;

    (void)net_add_sender(n, client, config,
                         &(struct net_taker){.pd = n->virt_tx,
                                             .at = &at_virt->conn,
                                             .buffers = (uint32_t)params->tx_buffers},
                         &pool);
    at_virt->num_regions = 1;
    net_let_out(n, at_virt, 0, pool);
    config->tx_data = net_map_pool(n, client, pool, RIGHT_READ | RIGHT_WRITE);
}

/* What cannot be without virtualisers. False after a complaint. */
static bool check_direct(struct net *n, const struct scenario_join *join,
                         const struct net_client *params)
{
    struct diag *diag = n->p->diag;
    size_t errors = diag->errors;

    if (n->client_count != 0) {
        diag_error(diag, join->place, "%s has no virtualisers, so only one client can join it",
                   n->asked->name);
    }
    for (unsigned i = 0; client_roles[i].name != NULL; i++) {
        if (join->roles[i].name != NULL) {
            diag_error(diag, join->roles[i].place,
                       "%s has no virtualisers, so there is nothing a %s could take frames from",
                       n->asked->name, client_roles[i].name);
        }
    }
    if (params->more_macs != NULL) {
        diag_error(diag, join->place,
                   "more_macs: %s has no virtualisers to be told of further addresses",
                   n->asked->name);
    }
    return diag->errors == errors;
}

/* One that takes frames from the driver itself has yet to make its caches forget what was there. */
static void check_capture(struct net *n, uint32_t client)
{
    const struct scenario *s = n->p->scenario;

    for (size_t i = 0; i < s->capture_count && !n->params->coherent; i++) {
        const struct scenario_capture *c = &s->captures[i];

        if (c->point == CAPTURE_CLIENT_RX && n->p->client_pds[c->index] == client) {
            diag_error(n->p->diag, c->place,
                       "%s: its frames come straight from the driver, and what is in them it sees "
                       "only once it has invalidated its caches",
                       c->at);
        }
    }
}

/*
 * A client that has the driver to itself: it owns the buffers, and is told where they lie for the
 * device, since it is the one who names them to the driver.
 */
static void build_direct(struct net *n, uint32_t client, const struct scenario_join *join,
                         const struct net_client *params, net_client_config_t *config)
{
    struct plan *p = n->p;
    const char *name = p->pds[client].name;
    uint32_t tx_region;
    device_resources_t resources = {.num_regions = 2};

    if (!check_direct(n, join, params)) {
        return;
    }
    check_capture(n, client);
    p->devices[n->device].rx_queue_source =
        net_add_link(n, &(struct net_link){.name = arena_format(p->arena, "%s.rx", name),
                                           .from = n->driver,
                                           .to = client,
                                           .capacity = n->params->rx_buffers,
                                           .naming = NAMES_IO_ADDR,
                                           .pools = net_pool_list(n, n->rx_pool),
                                           .pool_count = 1,
                                           .producer = &n->driver_config.virt_rx,
                                           .consumer = &config->rx});
    config->rx_data = net_map_pool(n, client, n->rx_pool, RIGHT_READ | RIGHT_WRITE);
    plan_add_map(p, client, p->pools[n->rx_pool].stamps, RIGHT_READ);

    uint32_t tx_pool = net_add_pool(n, arena_format(p->arena, "%s.tx", name),
                                    (uint32_t)params->tx_buffers, false, &tx_region);
    net_open_window(n, tx_pool, RIGHT_READ);
    p->devices[n->device].tx_queue_sink =
        net_add_link(n, &(struct net_link){.name = arena_format(p->arena, "%s.tx", name),
                                           .from = client,
                                           .to = n->driver,
                                           .capacity = params->tx_buffers,
                                           .naming = NAMES_IO_ADDR,
                                           .pools = net_pool_list(n, tx_pool),
                                           .pool_count = 1,
                                           .producer = &config->tx,
                                           .consumer = &n->driver_config.virt_tx});
    config->tx_data = net_map_pool(n, client, tx_pool, RIGHT_READ | RIGHT_WRITE);
    plan_add_map(p, client, p->pools[tx_pool].tags, RIGHT_READ | RIGHT_WRITE);
    plan_add_map(p, p->devices[n->device].pd, p->pools[tx_pool].tags, RIGHT_READ);

    memcpy(resources.magic, DEVICE_MAGIC, DEVICE_MAGIC_LEN);
    resources.regions[0] = (device_region_resource_t){.region = config->rx_data,
                                                      .io_addr = p->pools[n->rx_pool].io_addr};
    resources.regions[1] =
        (device_region_resource_t){.region = config->tx_data, .io_addr = p->pools[tx_pool].io_addr};
    class_tell(p, client, &class_device_section, &resources, sizeof resources);
}

/* One behind the vswitch, which takes the place of the virtualisers for it. */
static void build_switched(struct net *n, uint32_t client, const struct scenario_join *join,
                           net_client_config_t *config)
{
    const struct scenario_pd *copier = &join->roles[ROLE_COPIER];
    const struct scenario_pd *forwarder = &join->roles[ROLE_FORWARDER];
    const char *name = n->p->pds[client].name;

    if (forwarder->name != NULL) {
        diag_error(n->p->diag, forwarder->place,
                   "%s is behind %s, where its frames are in several regions: a forwarder cannot "
                   "give it those, a copier can",
                   name, n->asked->roles[ROLE_VSWITCH].name);
    } else if (copier->name == NULL) {
        diag_error(n->p->diag, join->place,
                   "%s is behind %s, where its frames are in several regions: only a copier can "
                   "give it those",
                   name, n->asked->roles[ROLE_VSWITCH].name);
        diag_note(n->p->diag, "add \"copier\": {}, or \"vswitch\": false");
    } else {
        net_vswitch_add_client(n, client, join, copier, config);
    }
}

/* What says something only of a client behind a vswitch. */
static void check_unswitched(struct net *n, uint32_t client, const struct scenario_join *join,
                             const struct net_client *params)
{
    if (params->reaches != NULL) {
        diag_error(n->p->diag, join->place,
                   "reaches: %s is not behind a vswitch, which alone would keep to it",
                   n->p->pds[client].name);
    }
}

/* How a client gets its frames and rid of them, by what it is behind. */
static void wire_client(struct net *n, uint32_t client, const struct scenario_join *join,
                        net_client_config_t *config)
{
    const struct net_client *params = join->state;

    if (n->vswitch != NULL && params->vswitch) {
        build_switched(n, client, join, config);
        return;
    }
    check_unswitched(n, client, join, params);
    if (n->params->virtualisers) {
        build_client_rx(n, client, join, params, config);
        build_client_tx(n, client, params, config);
    } else {
        build_direct(n, client, join, params, config);
    }
}

static void build_client(struct net *n, uint32_t number, const struct scenario_join *join)
{
    struct plan *p = n->p;
    uint32_t client = p->client_pds[number];
    const struct net_client *params = join->state;
    net_client_config_t *config = arena_alloc(p->arena, sizeof *config);

    bool rx_good = power_of_two(n, join->place, "rx_buffers", params->rx_buffers);
    bool tx_good = power_of_two(n, join->place, "tx_buffers", params->tx_buffers);
    if (!rx_good || !tx_good) {
        return;
    }
    if (n->client_count == SDDF_NET_MAX_CLIENTS) {
        diag_error(p->diag, join->place, "%s has %u clients already; sDDF allows no more",
                   n->asked->name, SDDF_NET_MAX_CLIENTS);
        return;
    }
    p->pds[client].class_name = "net";
    net_read_macs(n, client, number, join);
    wire_client(n, client, join, config);
    n->clients[n->client_count++] = client;
    memcpy(config->magic, SDDF_NET_MAGIC, SDDF_NET_MAGIC_LEN);
    memcpy(config->mac_addr.addr, p->pds[client].macs[0], 6);
    class_tell(p, client, &net_client_section, config, sizeof *config);

    timer_client_config_t timer = {.driver_id =
                                       plan_channel_id(p, plan_add_timer(p, client), client)};
    memcpy(timer.magic, SDDF_TIMER_MAGIC, SDDF_TIMER_MAGIC_LEN);
    class_tell(p, client, &class_timer_section, &timer, sizeof timer);
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

/* The shared transmit queue holds every client's buffers at once, so nobody can crowd another out.
 */
static void build_transmit(struct net *n)
{
    struct plan *p = n->p;
    uint64_t buffers = 0, capacity;

    for (uint32_t i = 0; i < n->tx_pool_count; i++) {
        buffers += p->pools[n->tx_pools[i]].buffer_count;
    }
    if (!net_capacity(n, buffers, "transmit buffers together; one queue to the driver",
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
                build_client(n, i, &s->clients[i].joins[j]);
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
    n->tx_pools = arena_array(p->arena, SDDF_NET_MAX_CLIENTS, sizeof *n->tx_pools);
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

    if (!power_of_two(&n, n.asked->place, "rx_buffers", n.params->rx_buffers)) {
        return;
    }
    check_vswitch(&n);
    check_coherence(&n);
    memcpy(n.driver_config.magic, SDDF_NET_MAGIC, SDDF_NET_MAGIC_LEN);
    n.driver = plan_add_pd(p, &n.asked->roles[ROLE_DRIVER], "net", "driver");
    if (n.params->virtualisers) {
        build_virtualised(&n, instance);
    } else {
        build_unvirtualised(&n, instance);
    }
    class_tell(p, n.driver, &net_driver_section, &n.driver_config, sizeof n.driver_config);
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
            .client_params = client_params,
            .client_roles = client_roles,
        },
    .told = net_told,
    .build = net_build,
};
