/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One client of a network: whom it takes frames from, whom it gives them to, and what it is told of
 * both. Who stands between is the scenario's to say: a copier, which fills buffers of the client's
 * own; a forwarder, which passes on those that all receive into; nobody; a vswitch; or, where there
 * are no virtualisers, the driver itself.
 */
#include <string.h>

#include <sddf/network/constants.h>
#include <sddf/resources/device.h>

#include "sim/class/net_parts.h"

const struct param net_client_params[] = {
    PARAM_MAC(struct net_client, mac, NULL, "its address; 52:54:01:00:00:NN if left out"),
    PARAM_TEXT_OPTIONAL(struct net_client, more_macs, NULL,
                        "further addresses it receives for, separated by commas"),
    PARAM_UINT(struct net_client, rx_buffers, 512, 1, 32768,
               "receive buffers of its own behind a copier, a power of two"),
    PARAM_UINT(struct net_client, tx_buffers, 512, 1, 32768, "transmit buffers, a power of two"),
    PARAM_UINT(struct net_client, tx_regions, 1, 1, SDDF_NET_MAX_CLIENTS,
               "regions its transmit buffers lie in, each with as many of them, a power of two; a "
               "descriptor's oid names one, and its offset is from that one's start"),
    PARAM_BOOL(struct net_client, rx, true, "false: it receives nothing, and has no such queues"),
    PARAM_BOOL(struct net_client, tx, true, "false: it sends nothing, and has no such queues"),
    PARAM_BOOL(struct net_client, vswitch, true,
               "false: it is beside the network's vswitch, if that has one, and not behind it"),
    PARAM_TEXT_OPTIONAL(struct net_client, reaches, NULL,
                        "whom it may send to through the vswitch: clients, and \"wire\", separated "
                        "by commas; all if left out, \"\" for nobody"),
    PARAM_END,
};

const struct role_view net_client_roles[] = {
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

bool net_client_shares(const void *state)
{
    return ((const struct net_client *)state)->rx;
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

/* A client's transmit pools, equal parts of all its buffers, each in a region of its own. */
static uint32_t *add_tx_pools(struct net *n, uint32_t client, const struct net_taker *taker)
{
    struct plan *p = n->p;
    const char *name = p->pds[client].name;
    uint32_t count = taker->regions, region;
    uint32_t *pools = arena_array(p->arena, count, sizeof *pools);

    for (uint32_t i = 0; i < count; i++) {
        const char *pool = count == 1 ? arena_format(p->arena, "%s.tx", name)
                                      : arena_format(p->arena, "%s.tx%u", name, i);

        pools[i] = net_add_pool(n, pool, taker->buffers / count, taker->stamped, &region);
        plan_add_map(p, client, p->pools[pools[i]].tags, RIGHT_READ | RIGHT_WRITE);
    }
    return pools;
}

uint32_t net_add_sender(struct net *n, uint32_t client, net_client_config_t *config,
                        const struct net_taker *taker, const uint32_t **pools)
{
    struct plan *p = n->p;

    *pools = add_tx_pools(n, client, taker);
    return net_add_link(
        n, &(struct net_link){.name = arena_format(p->arena, "%s.tx", p->pds[client].name),
                              .from = client,
                              .to = taker->pd,
                              .calls = taker->called,
                              .capacity = taker->buffers,
                              .naming = NAMES_OFFSET,
                              .pools = *pools,
                              .pool_count = taker->regions,
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
    if (n->tx_pool_count < PLAN_POOLS_PER_QUEUE) {
        n->tx_pools[n->tx_pool_count] = pool;
    }
    n->tx_pool_count++;
}

/* Where its regions are: the first as any client is told, all of them in a list. */
static void tell_regions(struct net *n, uint32_t client, const uint32_t *pools, uint32_t count,
                         net_client_config_t *config)
{
    device_resources_t list = {.num_regions = (uint8_t)count};

    for (uint32_t i = 0; i < count; i++) {
        list.regions[i].region = net_map_pool(n, client, pools[i], RIGHT_READ | RIGHT_WRITE);
    }
    config->tx_data = list.regions[0].region;
    if (count > 1) {
        memcpy(list.magic, DEVICE_MAGIC, DEVICE_MAGIC_LEN);
        class_tell(n->p, client, &net_regions_section, &list, sizeof list);
    }
}

static void build_client_tx(struct net *n, uint32_t client, const struct net_client *params,
                            net_client_config_t *config)
{
    net_virt_tx_client_config_t *at_virt = &n->tx_config->clients[n->tx_config->num_clients++];
    uint32_t count = (uint32_t)params->tx_regions;
    const uint32_t *pools;

    (void)net_add_sender(n, client, config,
                         &(struct net_taker){.pd = n->virt_tx,
                                             .at = &at_virt->conn,
                                             .buffers = (uint32_t)params->tx_buffers,
                                             .regions = count},
                         &pools);
    at_virt->num_regions = (uint8_t)count;
    for (uint32_t i = 0; i < count; i++) {
        net_let_out(n, at_virt, (uint8_t)i, pools[i]);
    }
    tell_regions(n, client, pools, count, config);
}

/* What only one that virtualisers serve may be. */
static void check_plain(struct net *n, const struct scenario_join *join,
                        const struct net_client *params, const char *what)
{
    const char *name = n->p->pds[n->p->client_pds[n->number]].name;

    if (!params->rx || !params->tx) {
        diag_error(n->p->diag, join->place, "%s: %s %s, so it has both ways",
                   params->rx ? "tx" : "rx", name, what);
    }
    if (params->tx_regions != 1) {
        diag_error(n->p->diag, join->place, "tx_regions: %s %s, so it has one region", name, what);
    }
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
    for (unsigned i = 0; net_client_roles[i].name != NULL; i++) {
        if (join->roles[i].name != NULL) {
            diag_error(diag, join->roles[i].place,
                       "%s has no virtualisers, so there is nothing a %s could take frames from",
                       n->asked->name, net_client_roles[i].name);
        }
    }
    if (params->more_macs != NULL) {
        diag_error(diag, join->place,
                   "more_macs: %s has no virtualisers to be told of further addresses",
                   n->asked->name);
    }
    check_plain(n, join, params, "has the driver to itself");
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
        check_plain(n, join, join->state, "is behind a vswitch");
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

/* One that virtualisers serve, both ways or one. */
static void build_served(struct net *n, uint32_t client, const struct scenario_join *join,
                         const struct net_client *params, net_client_config_t *config)
{
    const char *name = n->p->pds[client].name;

    if (!params->rx && !params->tx) {
        diag_error(n->p->diag, join->place, "%s neither receives nor sends", name);
    }
    for (unsigned i = 0; !params->rx && net_client_roles[i].name != NULL; i++) {
        if (join->roles[i].name != NULL) {
            diag_error(n->p->diag, join->roles[i].place,
                       "%s receives nothing, so there is nothing a %s could take for it", name,
                       net_client_roles[i].name);
        }
    }
    if (params->rx) {
        build_client_rx(n, client, join, params, config);
    }
    if (params->tx) {
        build_client_tx(n, client, params, config);
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
        build_served(n, client, join, params, config);
    } else {
        build_direct(n, client, join, params, config);
    }
}

/* Each region has equal buffers, and at least a page of them. */
static bool check_regions(struct net *n, struct diag_place place, const struct net_client *params)
{
    uint64_t least = params->tx_regions * (PLAN_PAGE_BYTES / NET_BUFFER_SIZE);

    if (!net_power_of_two(n, place, "tx_regions", params->tx_regions)) {
        return false;
    }
    if (params->tx_regions > 1 && params->tx_buffers < least) {
        diag_error(n->p->diag, place, "tx_regions: %llu regions need %llu buffers, a page in each",
                   (unsigned long long)params->tx_regions, (unsigned long long)least);
        return false;
    }
    return true;
}

void net_build_client(struct net *n, uint32_t number, const struct scenario_join *join)
{
    struct plan *p = n->p;
    uint32_t client = p->client_pds[number];
    const struct net_client *params = join->state;
    net_client_config_t *config = arena_alloc(p->arena, sizeof *config);

    bool rx_good = net_power_of_two(n, join->place, "rx_buffers", params->rx_buffers);
    bool tx_good = net_power_of_two(n, join->place, "tx_buffers", params->tx_buffers);
    if (!rx_good || !tx_good || !check_regions(n, join->place, params)) {
        return;
    }
    if (n->client_count == SDDF_NET_MAX_CLIENTS) {
        diag_error(p->diag, join->place, "%s has %u clients already; sDDF allows no more",
                   n->asked->name, SDDF_NET_MAX_CLIENTS);
        return;
    }
    p->pds[client].class_name = "net";
    n->number = number;
    net_read_macs(n, client, number, join);
    wire_client(n, client, join, config);
    n->clients[n->client_count++] = client;
    memcpy(config->magic, SDDF_NET_MAGIC, SDDF_NET_MAGIC_LEN);
    memcpy(config->mac_addr.addr, p->pds[client].macs[0], 6);
    class_tell(p, client, &net_client_section, config, sizeof *config);
    /* Each receive buffer may be in a pbuf, and what lwIP holds back beside. */
    class_offer(p, client, true, 2 * config->rx.num_buffers + 1u);
}
