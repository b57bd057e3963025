/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdint.h>
#include <sddf/util/printf.h>

#define LOG_DRIVER(...)                    \
    do {                                   \
        sddf_dprintf("ETH DRIVER|INFO: "); \
        sddf_dprintf(__VA_ARGS__);         \
    } while (0)
#define LOG_DRIVER_ERR(...)                \
    do {                                   \
        sddf_printf("ETH DRIVER|ERROR: "); \
        sddf_printf(__VA_ARGS__);          \
    } while (0)

#define VIRTIO_NET_F_MAC        5
#define VIRTIO_NET_RX_QUEUE     0
#define VIRTIO_NET_TX_QUEUE     1
#define VIRTIO_NET_HDR_GSO_NONE 0

typedef struct virtio_net_config {
    uint8_t mac[6];
    uint16_t status;
    uint16_t max_virtqueue_pairs;
    uint16_t mtu;
} __attribute__((packed)) virtio_net_config_t;

typedef struct virtio_net_hdr {
    uint8_t flags;
    uint8_t gso_type;
    uint16_t hdr_len;
    uint16_t gso_size;
    uint16_t csum_start;
    uint16_t csum_offset;
} virtio_net_hdr_t;
