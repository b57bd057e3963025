/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_NETWORK_UTIL_H
#define SDDF_NETWORK_UTIL_H
/*
 * Byte order, and addresses given as numbers.
 */
#include <stdint.h>
#include <os/sddf.h>
#include <sddf/util/util.h>

/* A 16-bit number from host to network order, or back. Usable in constant expressions. */
#ifndef HTONS
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define HTONS(x) ((uint16_t)(x))
#else
#define HTONS(x) ((uint16_t)((((x)&0x00ff) << 8) | (((x)&0xff00) >> 8)))
#endif
#endif

/* Write the low 48 bits of `val` to mac[0..5], most significant byte first. */
static inline void net_set_mac_addr(uint8_t *mac, uint64_t val)
{
    for (int i = 0; i < 6; i++) {
        mac[i] = (uint8_t)(val >> (40 - 8 * i));
    }
}
#endif
