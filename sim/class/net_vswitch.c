/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual switch of a network: to the virtualisers one client with many addresses, to the
 * clients behind it the virtualisers. A client submits frames to the switch, and may call it, over
 * the channel on which it would signal virt_tx. What is for it the switch offers to its copier, in
 * place: the regions of all who may send to the client are mapped there, read-only, and no others.
 * So who may not reach a client could not be read by its copier either, and a client that may not
 * reach the wire has no memory that the device can read.
 *
 * Each queue holds every buffer that can legally be in it, so that no client can crowd another out.
 */
#include <stdio.h>
#include <string.h>

#include "sim/base/param.h"
#include "sim/class/net_parts.h"

#define WIRE      "wire" /* how a scenario names the last port */
#define PORTS_MAX (SDDF_NET_MAX_CLIENTS - 1u)

struct port {
    uint32_t client, copier;
    const struct scenario_join *join;
    uint32_t pool;           /* what it sends from */
    uint32_t submitted;      /* the queue of what it sends */
    uint32_t given;          /* ... and of what it is given */
    net_copy_config_t *copy; /* its copier's */
};

struct net_vswitch {
    uint32_t pd;
    net_vswitch_config_t config;
    struct port ports[SDDF_NET_MAX_CLIENTS]; /* the last is the virtualisers' */
    uint32_t virt;                           /* that one: how many clients there are */
    uint32_t *pools;                         /* of all ports, as an oid says */
};

void net_vswitch_start(struct net *n, const struct scenario_pd *asked)
{
    n->vswitch = arena_alloc(n->p->arena, sizeof *n->vswitch);
    n->vswitch->pd = plan_add_pd(n->p, asked, "net", "vswitch");
    memcpy(n->vswitch->config.magic, SDDF_NET_MAGIC, SDDF_NET_MAGIC_LEN);
}

void net_vswitch_add_client(struct net *n, uint32_t client, const struct scenario_join *join,
                            const struct scenario_pd *copier, net_client_config_t *config)
{
    struct plan *p = n->p;
    struct net_vswitch *v = n->vswitch;
    const struct net_client *params = join->state;
    struct port *port = &v->ports[v->virt];
    net_vswitch_port_config_t *at_switch = &v->config.ports[v->virt];

    if (v->virt == PORTS_MAX) {
        diag_error(p->diag, join->place, "%s has %u clients already; sDDF allows no more",
                   p->pds[v->pd].name, PORTS_MAX);
        return;
    }
    if (params->more_macs != NULL) {
        diag_error(p->diag, join->place,
                   "more_macs: %s knows one address of each client, which is its mac",
                   p->pds[v->pd].name);
    }
    if (strcmp(p->pds[client].name, WIRE) == 0) {
        diag_error(p->diag, join->place,
                   "a client behind a vswitch cannot be called \"" WIRE
                   "\", which names what is beyond it");
    }
    const uint32_t *pools;

    v->virt++;
    *port = (struct port){.client = client,
                          .copier = plan_add_pd(p, copier, "net", "copier"),
                          .join = join,
                          .copy = arena_alloc(p->arena, sizeof *port->copy)};
    port->submitted = net_add_sender(n, client, config,
                                     &(struct net_taker){.pd = v->pd,
                                                         .called = true,
                                                         .at = &at_switch->tx,
                                                         .buffers = (uint32_t)params->tx_buffers,
                                                         .regions = 1,
                                                         .stamped = true},
                                     &pools);
    port->pool = pools[0];
    memcpy(at_switch->mac_addr.addr, p->pds[client].macs[0], MAC802_BYTES);
    config->tx_data = net_map_pool(n, client, port->pool, RIGHT_READ | RIGHT_WRITE);
    net_fill_copier(n, port->copier, client, (uint32_t)params->rx_buffers, config, port->copy);
}

/* -- who reaches whom -- */

static const char *port_name(const struct net *n, uint32_t number)
{
    const struct net_vswitch *v = n->vswitch;

    return number == v->virt ? WIRE : n->p->pds[v->ports[number].client].name;
}

static void complain_of_name(struct net *n, struct diag_place place, const char *key,
                             const char *name)
{
    const char *known[SDDF_NET_MAX_CLIENTS];

    for (uint32_t i = 0; i <= n->vswitch->virt; i++) {
        known[i] = port_name(n, i);
    }
    diag_error(n->p->diag, place, "%s: nobody behind %s is called \"%s\"", key,
               n->p->pds[n->vswitch->pd].name, name);
    param_suggest(n->p->diag, name, known, n->vswitch->virt + 1);
}

/* One name of a list: the port it stands for, as a bit. */
static uint64_t read_name(struct net *n, struct diag_place place, const char *key, uint32_t self,
                          const char *name)
{
    for (uint32_t i = 0; i <= n->vswitch->virt; i++) {
        if (strcmp(port_name(n, i), name) != 0) {
            continue;
        }
        if (i == self) {
            diag_error(n->p->diag, place, "%s: a vswitch sends nothing back to where it came from",
                       key);
        }
        return UINT64_C(1) << i;
    }
    complain_of_name(n, place, key, name);
    return 0;
}

/* The ports a port may send to. */
static uint64_t read_reach(struct net *n, struct diag_place place, const char *key, uint32_t self,
                           const char *text)
{
    static const char separators[] = ", ";
    uint64_t all = UINT64_MAX >> (63 - n->vswitch->virt), reach = 0;

    if (text == NULL) {
        return all & ~(UINT64_C(1) << self);
    }
    for (text += strspn(text, separators); *text != '\0'; text += strspn(text, separators)) {
        size_t length = strcspn(text, separators);

        reach |=
            read_name(n, place, key, self, arena_format(n->p->arena, "%.*s", (int)length, text));
        text += length;
    }
    return reach;
}

static void read_lists(struct net *n)
{
    struct net_vswitch *v = n->vswitch;

    for (uint32_t i = 0; i < v->virt; i++) {
        const struct net_client *params = v->ports[i].join->state;

        v->config.ports[i].acl =
            read_reach(n, v->ports[i].join->place, "reaches", i, params->reaches);
    }
    v->config.ports[v->virt].acl =
        read_reach(n, n->asked->place, "wire_reaches", v->virt, n->params->wire_reaches);
}

static bool reaches(const struct net_vswitch *v, uint32_t from, uint32_t to)
{
    return (v->config.ports[from].acl >> to & 1) != 0;
}

/* -- what each port is given -- */

static uint32_t buffers_of(const struct net *n, uint32_t number)
{
    return n->p->pools[n->vswitch->ports[number].pool].buffer_count;
}

/* The queue by which a port is given frames, with room for all who may send there. */
static void add_giver(struct net *n, uint32_t number, const char *name, uint32_t taker,
                      net_connection_resource_t *at_taker)
{
    struct net_vswitch *v = n->vswitch;
    uint64_t buffers = 0, capacity = 1;

    for (uint32_t i = 0; i <= v->virt; i++) {
        buffers += reaches(v, i, number) ? buffers_of(n, i) : 0;
    }
    (void)net_capacity(n, buffers, "buffers for one port of the vswitch; a queue", &capacity);
    v->ports[number].given =
        net_add_link(n, &(struct net_link){.name = name,
                                           .from = v->pd,
                                           .to = taker,
                                           .capacity = capacity,
                                           .naming = NAMES_OFFSET,
                                           .pools = v->pools,
                                           .pool_count = number == v->virt ? v->virt : v->virt + 1,
                                           .producer = &v->config.ports[number].rx,
                                           .consumer = at_taker});
}

/* A client is given copies of what those who may send to it have in their regions. */
static void build_client_side(struct net *n, uint32_t number)
{
    struct net_vswitch *v = n->vswitch;
    const struct port *port = &v->ports[number];
    const char *name = arena_format(n->p->arena, "%s.vswitch_rx", n->p->pds[port->client].name);

    add_giver(n, number, name, port->copier, &port->copy->rx);
    for (uint32_t i = 0; i < v->virt; i++) {
        if (reaches(v, i, number)) {
            port->copy->rx_data[i] = net_map_pool(n, port->copier, v->ports[i].pool, RIGHT_READ);
            plan_add_map(n->p, port->copier, n->p->pools[v->ports[i].pool].tags, RIGHT_READ);
        }
    }
    if (reaches(v, v->virt, number)) {
        port->copy->rx_data[v->virt] = net_share_receive_region(n, port->copier);
    }
    class_tell(n->p, port->copier, &net_copy_section, port->copy, sizeof *port->copy);
}

/* To virt_rx the switch is a client that has the addresses of those the wire may reach. */
static void build_from_wire(struct net *n)
{
    struct net_vswitch *v = n->vswitch;
    uint8_t macs[SDDF_NET_MAX_CLIENTS][6];
    size_t count = 0;

    for (uint32_t i = 0; i < v->virt; i++) {
        if (reaches(v, v->virt, i)) {
            memcpy(macs[count++], v->config.ports[i].mac_addr.addr, sizeof macs[0]);
        }
    }
    v->ports[v->virt].submitted = net_add_virt_rx_client(
        n, arena_format(n->p->arena, "%s.vswitch_rx", n->asked->name), v->pd, n->params->rx_buffers,
        (const uint8_t(*)[6])macs, count, &v->config.ports[v->virt].tx);
}

/* To virt_tx it is one with several regions, numbered as its ports are. */
static void build_to_wire(struct net *n)
{
    struct net_vswitch *v = n->vswitch;
    net_virt_tx_client_config_t *at_virt = &n->tx_config->clients[n->tx_config->num_clients++];
    const char *name = arena_format(n->p->arena, "%s.vswitch_tx", n->asked->name);

    add_giver(n, v->virt, name, n->virt_tx, &at_virt->conn);
    at_virt->num_regions = (uint8_t)v->virt;
    for (uint32_t i = 0; i < v->virt; i++) {
        if (reaches(v, i, v->virt)) {
            net_let_out(n, at_virt, (uint8_t)i, v->ports[i].pool);
        }
    }
}

/* What the switch itself sees and keeps. */
static void build_switch(struct net *n)
{
    struct plan *p = n->p;
    struct net_vswitch *v = n->vswitch;
    uint64_t buffers = 0, ignored;

    for (uint32_t i = 0; i <= v->virt; i++) {
        v->config.ports[i].tx_data = net_map_pool(n, v->pd, v->ports[i].pool, RIGHT_READ);
        buffers += buffers_of(n, i);
    }
    (void)net_capacity(n, buffers - buffers_of(n, v->virt), "transmit buffers together; a vswitch",
                       &ignored);
    v->config.num_ports = (uint8_t)(v->virt + 1);
    uint32_t metadata =
        plan_add_region(p, REGION_METADATA, buffers, "%s.refcounts", p->pds[v->pd].name);
    v->config.buffer_metadata = (region_resource_t){
        .vaddr = (void *)(uintptr_t)plan_add_map(p, v->pd, metadata, RIGHT_READ | RIGHT_WRITE),
        .size = buffers};
    class_tell(p, v->pd, &net_vswitch_section, &v->config, sizeof v->config);
}

/* For those who look on: where what a port submits may go. */
static void tell_onward(struct net *n, uint32_t number)
{
    struct net_vswitch *v = n->vswitch;
    uint32_t *onward = arena_array(n->p->arena, SDDF_NET_MAX_CLIENTS, sizeof *onward);
    size_t count = 0;

    for (uint32_t i = 0; i <= v->virt; i++) {
        if (reaches(v, number, i)) {
            onward[count++] = v->ports[i].given;
        }
    }
    n->p->queues[v->ports[number].submitted].onward = onward;
    n->p->queues[v->ports[number].submitted].onward_count = count;
}

void net_vswitch_finish(struct net *n)
{
    struct net_vswitch *v = n->vswitch;

    read_lists(n);
    v->ports[v->virt].pool = n->rx_pool;
    v->pools = arena_array(n->p->arena, SDDF_NET_MAX_CLIENTS, sizeof *v->pools);
    for (uint32_t i = 0; i <= v->virt; i++) {
        v->pools[i] = v->ports[i].pool;
    }
    for (uint32_t i = 0; i < v->virt; i++) {
        build_client_side(n, i);
    }
    build_from_wire(n);
    build_to_wire(n);
    build_switch(n);
    for (uint32_t i = 0; i <= v->virt; i++) {
        tell_onward(n, i);
    }
}
