/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CLASS_NET_PARTS_H
#define SIM_CLASS_NET_PARTS_H
/*
 * What the rooms of the network class share: what is known of an instance while its clients are
 * wired, and the pieces all wiring is made of.
 */
#include <sddf/network/config.h>

#include "sim/class/class.h"

/* What its domains are told. */
extern const struct class_section net_driver_section, net_virt_rx_section, net_virt_tx_section,
    net_vswitch_section, net_copy_section, net_client_section, net_regions_section;
extern const struct class_role net_told[];

extern const struct param net_client_params[];
extern const struct role_view net_client_roles[];

/* In the order of their tables. */
enum { ROLE_DRIVER, ROLE_VIRT_TX, ROLE_VIRT_RX, ROLE_VSWITCH };
enum { ROLE_COPIER, ROLE_FORWARDER };

struct net_instance {
    uint64_t rx_buffers, tx_queue;
    bool virtualisers, coherent, cached;
    uint64_t evictions; /* in a million */
    const char *wire_reaches;
};

struct net_client {
    uint8_t mac[6];
    const char *more_macs;
    uint64_t rx_buffers, tx_buffers, tx_regions;
    bool rx, tx;
    bool vswitch;
    const char *reaches;
};

struct net_vswitch;

/* What is known of one instance while its clients are wired. */
struct net {
    struct plan *p;
    const struct scenario_instance *asked;
    const struct net_instance *params;
    uint32_t device, driver;
    uint32_t rx_pool, rx_region;
    net_driver_config_t driver_config;
    uint32_t clients[SDDF_NET_MAX_CLIENTS]; /* PDs */
    uint32_t client_count;
    uint32_t number; /* of the client that is being wired, in the scenario */

    /* Where there are virtualisers: */
    uint32_t virt_rx, virt_tx;
    net_virt_rx_config_t *rx_config; /* these two are too large for a stack */
    net_virt_tx_config_t *tx_config;
    uint32_t *tx_pools;          /* those the device sends from */
    uint32_t tx_pool_count;      /* may be more than fit; then nothing runs */
    struct net_vswitch *vswitch; /* NULL: there is none */
};

/* A queue pair, and the two ends of it. */
struct net_link {
    const char *name;
    uint32_t from, to; /* frames go this way */
    bool calls;        /* `from` may call `to` by the channel they signal with */
    uint64_t capacity; /* a power of two */
    enum plan_naming naming;
    const uint32_t *pools; /* not copied */
    size_t pool_count;
    /* What the two ends are told of it, of frames' producer and consumer: written here. */
    net_connection_resource_t *producer, *consumer;
};

/*
 * A free and an active queue, with the channel by which their ends signal. Returns the active one.
 */
uint32_t net_add_link(struct net *n, const struct net_link *link);
/* A pool list that outlives this call. */
const uint32_t *net_pool_list(struct net *n, uint32_t pool);
/* A pool of buffers; `stamped`, with the runtime's note of when each frame began. */
uint32_t net_add_pool(struct net *n, const char *name, uint32_t count, bool stamped,
                      uint32_t *region);
/* All of a pool's buffers, mapped into a domain. */
region_resource_t net_map_pool(struct net *n, uint32_t pd, uint32_t pool, unsigned rights);
/* The receive region, for one who looks into it or copies out of it, with its arrival times. */
region_resource_t net_share_receive_region(struct net *n, uint32_t pd);
/*
 * The least capacity for so many buffers. False after a complaint that no queue holds as many: "its
 * clients have 40000 WHAT holds 32768".
 */
bool net_capacity(struct net *n, uint64_t buffers, const char *what, uint64_t *capacity);

/* False after a complaint of a key whose value is none. */
bool net_power_of_two(struct net *n, struct diag_place place, const char *key, uint64_t value);

/* Does it see what all receive, unless somebody stands between? */
bool net_client_shares(const void *state);
/* All of one client of the instance; `number` is its own in the scenario. */
void net_build_client(struct net *n, uint32_t number, const struct scenario_join *join);

/* Let the device reach a pool's buffers. */
void net_open_window(struct net *n, uint32_t pool, unsigned rights);

/* What virt_rx and whoever takes frames for these addresses from it share, as net_add_link(), and
 * how many buffers that one may hold at a time, a power of two. */
uint32_t net_add_virt_rx_client(struct net *n, const char *name, uint32_t taker, uint64_t buffers,
                                const uint8_t (*macs)[6], size_t mac_count,
                                net_connection_resource_t *at_taker);
/* Let frames in a pool out to the wire: virt_tx has that as region `number` of one of its clients.
 */
void net_let_out(struct net *n, net_virt_tx_client_config_t *at_virt, uint8_t number,
                 uint32_t pool);
/* Who takes the frames that a client sends. */
struct net_taker {
    uint32_t pd;
    bool called; /* by the client, on the channel of the queues */
    net_connection_resource_t *at;
    uint32_t buffers, regions;
    bool stamped; /* the frames may end with another client */
};
/* A client's transmit pools, not mapped yet, and what it shares with its taker, as net_add_link().
 */
uint32_t net_add_sender(struct net *n, uint32_t client, net_client_config_t *config,
                        const struct net_taker *taker, const uint32_t **pools);
/* A copier's client side: a pool of the client's own, and what the two share. */
void net_fill_copier(struct net *n, uint32_t copier, uint32_t client, uint32_t count,
                     net_client_config_t *config, net_copy_config_t *copy);

/* All addresses of a client, its own first. */
void net_read_macs(struct net *n, uint32_t client, uint32_t number,
                   const struct scenario_join *join);
/* Complain of each that two clients have. */
void net_check_macs(struct net *n);

/* -- the virtual switch, if the instance has one -- */
void net_vswitch_start(struct net *n, const struct scenario_pd *asked);
/* A client at its next port: its transmitting half, and its copier. */
void net_vswitch_add_client(struct net *n, uint32_t client, const struct scenario_join *join,
                            const struct scenario_pd *copier, net_client_config_t *config);
/* All clients are there: who reaches whom, what each is given, and the way to the virtualisers. */
void net_vswitch_finish(struct net *n);

/* -- what its domains answer when called (net_answers.c): as class_type.answer -- */
enum call_wrong net_answer(const struct plan *plan, uint32_t pd, unsigned channel,
                           const struct class_call *asked, const struct class_call *answer,
                           void *memory);
#endif
