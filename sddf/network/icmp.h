/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_NETWORK_ICMP_H
#define SDDF_NETWORK_ICMP_H
/*
 * What all ICMP messages begin with, in network order.
 */
#include <stdint.h>

typedef struct __attribute__((__packed__)) icmp_hdr {
    uint8_t type;
    uint8_t code;
    uint16_t check;
} icmp_hdr_t;
#endif
