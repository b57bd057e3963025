/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_NETWORK_CHECKSUM_H
#define COMPONENTS_NETWORK_CHECKSUM_H
/*
 * The Internet checksum (RFC 1071) of IPv4, ICMP and UDP, in two steps, so that a sum can be taken
 * of parts: all of an even number of bytes but the last.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * What `data` adds to a checksum. Four bytes are added at a time: that is the same, modulo 65535,
 * as adding both halves. Not folded: 64 KiB and more fit.
 */
static inline uint64_t sum_words(const void *data, size_t bytes)
{
    const uint8_t *next = data;
    uint64_t sum = 0;
    uint32_t word;

    for (; bytes >= sizeof(word); bytes -= sizeof(word), next += sizeof(word)) {
        memcpy(&word, next, sizeof(word));
        sum += word;
    }
    if (bytes > 0) {
        word = 0;
        memcpy(&word, next, bytes);
        sum += word;
    }
    return sum;
}

/* The checksum, to be stored as it is. Over data that contains its own right checksum it is 0. */
static inline uint16_t checksum_of(uint64_t sum)
{
    while (sum > UINT16_MAX) {
        sum = (sum & UINT16_MAX) + (sum >> 16);
    }
    return (uint16_t)~sum;
}
#endif
