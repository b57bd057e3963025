/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_NETWORK_UDP_H
#define SDDF_NETWORK_UDP_H
/*
 * The UDP header as it lies in a packet, in network order.
 */
#include <stdint.h>

typedef struct __attribute__((__packed__)) udp_hdr {
    uint16_t src_port;
    uint16_t dst_port;
    uint16_t len; /* header and data, bytes */
    uint16_t check;
} udp_hdr_t;
#endif
