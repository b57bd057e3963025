/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_NETWORK_CONFIG_H
#define SDDF_NETWORK_CONFIG_H
/*
 * What each network component is told about its place, one structure per role. The builder of the
 * system writes it over the image's section before the image runs (.net_driver_config,
 * .net_virt_rx_config, .net_virt_tx_config, .net_copy_config, .net_client_config,
 * .net_vswitch_config); a component may trust it once its magic is right.
 *
 * A `rx` connection always carries packets towards the client, a `tx` connection towards the wire,
 * whichever end the structure belongs to. vaddr fields are addresses in the PD that owns the
 * structure.
 */
#include <stdbool.h>
#include <stdint.h>
#include <os/sddf.h>
#include <sddf/resources/common.h>
#include <sddf/resources/device.h>
#include <sddf/network/mac802.h>

#define SDDF_NET_MAX_CLIENTS 64

#define SDDF_NET_MAGIC_LEN 5
static const char SDDF_NET_MAGIC[SDDF_NET_MAGIC_LEN] = {'s', 'D', 'D', 'F', 0x05};

/* One neighbour: a free and an active queue of equal capacity, and the channel to signal it. */
typedef struct net_connection_resource {
    region_resource_t free_queue;   /* empty buffers */
    region_resource_t active_queue; /* filled buffers */
    uint16_t num_buffers;           /* capacity of each queue, a power of two */
    uint8_t id;                     /* channel */
} net_connection_resource_t;

typedef struct net_driver_config {
    char magic[SDDF_NET_MAGIC_LEN];
    net_connection_resource_t virt_rx;
    net_connection_resource_t virt_tx;
} net_driver_config_t;

/* A region of packets that a client may send from, as the transmit virtualiser sees it. */
typedef struct net_virt_tx_data_region {
    device_region_resource_t data;
    uint32_t num_buffers;
} net_virt_tx_data_region_t;

typedef struct net_virt_tx_client_config {
    net_connection_resource_t conn;
    net_virt_tx_data_region_t regions[SDDF_NET_MAX_CLIENTS]; /* a descriptor's oid selects one */
    uint8_t num_regions;
} net_virt_tx_client_config_t;

typedef struct net_virt_tx_config {
    char magic[SDDF_NET_MAGIC_LEN];
    net_connection_resource_t driver;
    net_virt_tx_client_config_t clients[SDDF_NET_MAX_CLIENTS];
    uint8_t num_clients;
} net_virt_tx_config_t;

typedef struct net_virt_rx_client_config {
    net_connection_resource_t conn;
    mac_addr_t mac_addrs[SDDF_NET_MAX_CLIENTS]; /* packets to any of these are the client's */
    uint8_t num_macs;
} net_virt_rx_client_config_t;

typedef struct net_virt_rx_config {
    char magic[SDDF_NET_MAGIC_LEN];
    net_connection_resource_t driver;
    device_region_resource_t data;     /* the buffers the NIC receives into */
    region_resource_t buffer_metadata; /* zeroed, at least one byte per receive buffer */
    net_virt_rx_client_config_t clients[SDDF_NET_MAX_CLIENTS];
    uint8_t num_clients;
} net_virt_rx_config_t;

typedef struct net_copy_config {
    char magic[SDDF_NET_MAGIC_LEN];
    net_connection_resource_t rx;                    /* the virtualiser or vswitch */
    region_resource_t rx_data[SDDF_NET_MAX_CLIENTS]; /* sources; an oid selects one */
    net_connection_resource_t client;
    region_resource_t client_data; /* destination */
} net_copy_config_t;

typedef struct net_client_config {
    char magic[SDDF_NET_MAGIC_LEN];
    net_connection_resource_t rx;
    region_resource_t rx_data;
    net_connection_resource_t tx;
    region_resource_t tx_data;
    mac_addr_t mac_addr;
} net_client_config_t;

typedef struct net_vswitch_port_config {
    net_connection_resource_t rx;
    net_connection_resource_t tx;
    region_resource_t tx_data;
    mac_addr_t mac_addr;
    uint64_t acl; /* bit i: this port may send to port i */
} net_vswitch_port_config_t;

typedef struct net_vswitch_config {
    char magic[SDDF_NET_MAGIC_LEN];
    net_vswitch_port_config_t ports[SDDF_NET_MAX_CLIENTS];
    uint8_t num_ports;
    region_resource_t buffer_metadata; /* zeroed, a byte per tx buffer, by port */
} net_vswitch_config_t;

/*
 * Whether any of the structures above was filled in, by a builder that meant a network component.
 */
static inline bool net_config_check_magic(void *config)
{
    const char *magic = config;

    for (int i = 0; i < SDDF_NET_MAGIC_LEN; i++) {
        if (magic[i] != SDDF_NET_MAGIC[i]) {
            return false;
        }
    }
    return true;
}
#endif
