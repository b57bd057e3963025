/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_NETWORK_IP_H
#define SDDF_NETWORK_IP_H
/*
 * The IPv4 header as it lies in a packet: numbers of more than one byte are in network order. What
 * it says of its own length is the sender's claim.
 */
#include <stdint.h>

#define IPV4_PROTO_ICMP 1
#define IPV4_PROTO_TCP  6
#define IPV4_PROTO_UDP  0x11

typedef struct __attribute__((__packed__)) ipv4_hdr {
    uint8_t ihl : 4; /* length of the header in units of 4 bytes */
    uint8_t version : 4;
    uint8_t ecn : 2;
    uint8_t dscp : 6;
    uint16_t tot_len; /* header and data, bytes */
    uint16_t id;
    uint8_t frag_offset1 : 5; /* high bits */
    uint8_t more_frag : 1;
    uint8_t no_frag : 1;
    uint8_t reserved : 1;
    uint8_t frag_offset2; /* low bits; the offset is in units of 8 bytes */
    uint8_t ttl;
    uint8_t protocol;
    uint16_t check;
    uint32_t src_ip;
    uint32_t dst_ip;
} ipv4_hdr_t;

/* Bytes of the header, options included: 0..60 as claimed, legal from 20 on. */
static inline uint8_t ipv4_header_length(ipv4_hdr_t *ip_hdr)
{
    return (uint8_t)(ip_hdr->ihl * 4);
}
#endif
