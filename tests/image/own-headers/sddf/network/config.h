/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OWN_NETWORK_CONFIG_H
#define OWN_NETWORK_CONFIG_H
/* What network components find in their configuration sections. */
#include <stdbool.h>
#include <stdint.h>

#include <os/sddf.h>
#include <sddf/network/mac802.h>
#include <sddf/resources/common.h>
#include <sddf/resources/device.h>

#define SDDF_NET_MAX_CLIENTS 64
#define SDDF_NET_MAGIC_LEN   5

typedef struct {
    region_resource_t free_queue, active_queue;
    uint16_t num_buffers;
    uint8_t id;
} net_connection_resource_t;

typedef struct {
    char magic[SDDF_NET_MAGIC_LEN];
    net_connection_resource_t virt_rx, virt_tx;
} net_driver_config_t;

typedef struct {
    char magic[SDDF_NET_MAGIC_LEN];
    net_connection_resource_t rx;
    region_resource_t rx_data;
    net_connection_resource_t tx;
    region_resource_t tx_data;
    mac_addr_t mac_addr;
} net_client_config_t;

typedef struct {
    device_region_resource_t data;
    uint32_t num_buffers;
} net_virt_tx_data_region_t;

typedef struct {
    net_connection_resource_t conn;
    net_virt_tx_data_region_t regions[SDDF_NET_MAX_CLIENTS];
    uint8_t num_regions;
} net_virt_tx_client_config_t;

typedef struct {
    char magic[SDDF_NET_MAGIC_LEN];
    net_connection_resource_t driver;
    net_virt_tx_client_config_t clients[SDDF_NET_MAX_CLIENTS];
    uint8_t num_clients;
} net_virt_tx_config_t;

typedef struct {
    net_connection_resource_t conn;
    mac_addr_t mac_addrs[SDDF_NET_MAX_CLIENTS];
    uint8_t num_macs;
} net_virt_rx_client_config_t;

typedef struct {
    char magic[SDDF_NET_MAGIC_LEN];
    net_connection_resource_t driver;
    device_region_resource_t data;
    region_resource_t buffer_metadata;
    net_virt_rx_client_config_t clients[SDDF_NET_MAX_CLIENTS];
    uint8_t num_clients;
} net_virt_rx_config_t;

typedef struct {
    char magic[SDDF_NET_MAGIC_LEN];
    net_connection_resource_t rx;
    region_resource_t rx_data[SDDF_NET_MAX_CLIENTS];
    net_connection_resource_t client;
    region_resource_t client_data;
} net_copy_config_t;

typedef struct {
    net_connection_resource_t rx, tx;
    region_resource_t tx_data;
    mac_addr_t mac_addr;
    uint64_t acl;
} net_vswitch_port_config_t;

typedef struct {
    char magic[SDDF_NET_MAGIC_LEN];
    net_vswitch_port_config_t ports[SDDF_NET_MAX_CLIENTS];
    uint8_t num_ports;
    region_resource_t buffer_metadata;
} net_vswitch_config_t;

static inline bool net_config_check_magic(void *config)
{
    return __builtin_memcmp(config, "sDDF\x05", SDDF_NET_MAGIC_LEN) == 0;
}
#endif
