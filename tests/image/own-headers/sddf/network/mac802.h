/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OWN_NETWORK_MAC802_H
#define OWN_NETWORK_MAC802_H
/* Addresses and the header of a frame. */
#include <stdbool.h>
#include <stdint.h>

#define MAC802_BYTES 6
#define ETH_TYPE_IP  0x0800U

typedef struct mac_addr {
    uint8_t addr[MAC802_BYTES];
} mac_addr_t;

typedef struct __attribute__((__packed__)) ether_hdr {
    mac_addr_t dest;
    mac_addr_t src;
    uint8_t etype[2];
} ether_hdr_t;

static inline bool mac802_addr_is_bcast(const uint8_t *mac)
{
    return __builtin_memcmp(mac, "\xff\xff\xff\xff\xff\xff", MAC802_BYTES) == 0;
}

static inline bool mac802_addr_eq(const uint8_t *one, const uint8_t *other)
{
    return __builtin_memcmp(one, other, MAC802_BYTES) == 0;
}
#endif
