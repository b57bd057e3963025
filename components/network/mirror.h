/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_NETWORK_MIRROR_H
#define COMPONENTS_NETWORK_MIRROR_H
/*
 * A mirror with two addresses: what a station sends to one of them comes back to it as if from the
 * other. So two programs of one station talk with each other, each by the address that the mirror
 * has for it, and all they say goes through the stack twice:
 *
 *   A:40000 -> one:5201    becomes    other:40000 -> A:5201
 *   A:5201 -> other:40000  becomes    one:5201 -> A:40000
 *
 * Only these two addresses change, in the header and in what the payload's checksum is about, so
 * checksums are corrected (RFC 1624) and not computed: one that was wrong is wrong afterwards.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sddf/network/ip.h>
#include <sddf/network/tcp.h>
#include <sddf/network/udp.h>

#include "components/network/checksum.h"

/* A checksum that covers `is` where `was` was before. */
static inline uint16_t mirror_checksum(uint16_t old, uint32_t was, uint32_t is)
{
    return checksum_of((uint64_t)(uint16_t)~old + (uint32_t)~was + is);
}

/* Of UDP, 0 says that there is none, and stays so; the number 0 has another form. */
static inline void mirror_payload(uint8_t protocol, uint8_t *payload, size_t bytes, uint32_t was,
                                  uint32_t is)
{
    bool udp = protocol == IPV4_PROTO_UDP;
    size_t at = udp ? offsetof(udp_hdr_t, check) : offsetof(tcp_hdr_t, check);
    uint16_t check;

    if ((!udp && protocol != IPV4_PROTO_TCP) || bytes < at + sizeof(check)) {
        return;
    }
    memcpy(&check, payload + at, sizeof(check));
    if (udp && check == 0) {
        return;
    }
    check = mirror_checksum(check, was, is);
    check = udp && check == 0 ? UINT16_MAX : check;
    memcpy(payload + at, &check, sizeof(check));
}

/* Turn a packet for one of the two round; `payload` is that of a first fragment, or NULL. */
static inline void mirror_packet(ipv4_hdr_t *ip, uint32_t one, uint32_t other, uint8_t *payload,
                                 size_t bytes)
{
    uint32_t was = ip->dst_ip, is = was == one ? other : one;

    if (payload != NULL) {
        mirror_payload(ip->protocol, payload, bytes, was, is);
    }
    ip->check = mirror_checksum(ip->check, was, is);
    ip->dst_ip = ip->src_ip;
    ip->src_ip = is;
}
#endif
