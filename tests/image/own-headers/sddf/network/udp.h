/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OWN_NETWORK_UDP_H
#define OWN_NETWORK_UDP_H
/* Four halfwords in network order. */
#include <stdint.h>

typedef struct {
    uint16_t src_port, dst_port, len, check;
} __attribute__((__packed__)) udp_hdr_t;
#endif
