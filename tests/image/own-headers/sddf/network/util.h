/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OWN_NETWORK_UTIL_H
#define OWN_NETWORK_UTIL_H
/* Between a little-endian machine and the wire. */
#include <stdint.h>

#include <os/sddf.h>
#include <sddf/util/util.h>

#define HTONS(x) ((uint16_t)((uint16_t)(x) << 8 | (uint16_t)(x) >> 8))

static inline void net_set_mac_addr(uint8_t *mac, uint64_t value)
{
    for (unsigned i = 6; i-- > 0; value >>= 8) {
        mac[i] = (uint8_t)value;
    }
}
#endif
