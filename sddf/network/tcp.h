/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_NETWORK_TCP_H
#define SDDF_NETWORK_TCP_H
/*
 * The TCP header as it lies in a packet, without options, in network order.
 */
#include <stdint.h>

typedef struct __attribute__((__packed__)) tcp_hdr {
    uint16_t src_port;
    uint16_t dst_port;
    uint32_t seq;
    uint32_t ack_seq;
    uint16_t reserved : 4;
    uint16_t doff : 4; /* length of the header in units of 4 bytes */
    uint16_t fin : 1;
    uint16_t syn : 1;
    uint16_t rst : 1;
    uint16_t psh : 1;
    uint16_t ack : 1;
    uint16_t urg : 1;
    uint16_t ece : 1;
    uint16_t cwr : 1;
    uint16_t window;
    uint16_t check;
    uint16_t urg_ptr;
} tcp_hdr_t;
#endif
