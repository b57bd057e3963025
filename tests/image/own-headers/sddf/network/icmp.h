/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OWN_NETWORK_ICMP_H
#define OWN_NETWORK_ICMP_H
/* What all ICMP messages begin with. */
#include <stdint.h>

typedef struct {
    uint8_t type, code;
    uint16_t check;
} __attribute__((__packed__)) icmp_hdr_t;
#endif
