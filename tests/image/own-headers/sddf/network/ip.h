/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OWN_NETWORK_IP_H
#define OWN_NETWORK_IP_H
/* The header of an IPv4 packet, byte by byte; a little-endian machine's bit-fields go up. */
#include <stdint.h>

enum { IPV4_PROTO_ICMP = 1, IPV4_PROTO_TCP = 6, IPV4_PROTO_UDP = 17 };

typedef struct {
    uint8_t ihl : 4, version : 4;
    uint8_t ecn : 2, dscp : 6;
    uint16_t tot_len, id;
    uint8_t frag_offset1 : 5, more_frag : 1, no_frag : 1, reserved : 1;
    uint8_t frag_offset2, ttl, protocol;
    uint16_t check;
    uint32_t src_ip, dst_ip;
} __attribute__((__packed__)) ipv4_hdr_t;

static inline uint8_t ipv4_header_length(ipv4_hdr_t *header)
{
    return (uint8_t)(header->ihl << 2);
}
#endif
