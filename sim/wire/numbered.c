/* SPDX-License-Identifier: BSD-2-Clause */
/* The headers, and the share of the checksums that stays the same. */
#include "sim/wire/numbered.h"

#define TIME_TO_LIVE 64u

static void put16(uint8_t *to, uint64_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

void numbered_make(struct numbered *n, const struct numbered_kind *kind,
                   const struct numbered_ends *ends)
{
    uint8_t *f = n->bytes;
    uint16_t sum;

    memcpy(f, ends->target_mac, NUMBERED_MAC_BYTES);
    memcpy(f + NUMBERED_SOURCE_MAC, ends->source_mac, NUMBERED_MAC_BYTES);
    put16(f + NUMBERED_ETHERTYPE, NUMBERED_IPV4);
    f[NUMBERED_IP] = 0x45;
    put16(f + NUMBERED_IP_LENGTH, kind->size - NUMBERED_IP);
    f[NUMBERED_IP + 8] = TIME_TO_LIVE;
    f[NUMBERED_IP_PROTOCOL] = NUMBERED_PROTOCOL;
    memcpy(f + NUMBERED_IP_SOURCE, &ends->source_ip, sizeof(ends->source_ip));
    memcpy(f + NUMBERED_IP_TARGET, &ends->target_ip, sizeof(ends->target_ip));
    sum = (uint16_t)~numbered_fold(numbered_sum(f + NUMBERED_IP, NUMBERED_IP_BYTES));
    memcpy(f + NUMBERED_IP_CHECKSUM, &sum, sizeof(sum));
    put16(f + NUMBERED_UDP, ends->source_port);
    put16(f + NUMBERED_UDP + 2, ends->target_port);
    put16(f + NUMBERED_UDP_LENGTH, kind->size - NUMBERED_UDP);
    memcpy(f + NUMBERED_PAYLOAD, &kind->tag, sizeof(kind->tag));
    n->sum = numbered_sum(f + NUMBERED_IP_SOURCE, 8) + htobe16(NUMBERED_PROTOCOL) +
             numbered_sum(f + NUMBERED_UDP_LENGTH, 2) +
             numbered_sum(f + NUMBERED_UDP, NUMBERED_NUMBER - NUMBERED_UDP);
}
