/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_NETWORK_MAC802_H
#define SDDF_NETWORK_MAC802_H
/*
 * Ethernet addresses and the header that carries them. An address is six bytes in wire order.
 */
#include <stdint.h>
#include <sddf/util/printf.h>

#define MAC802_BYTES 6

/* The value of etype for IPv4, in host order. */
#define ETH_TYPE_IP 0x0800U

typedef struct mac_addr {
    uint8_t addr[MAC802_BYTES];
} mac_addr_t;

typedef struct __attribute__((__packed__)) ether_hdr {
    mac_addr_t dest;
    mac_addr_t src;
    uint8_t etype[2]; /* big-endian */
} ether_hdr_t;

/*
 * For printing: "..." PR_MAC802_ADDR "...", PR_MAC802_SRC_ADDR_ARGS(hdr), with `hdr` an ether_hdr_t
 * pointer.
 */
#define PR_MAC802_ADDR "%02x:%02x:%02x:%02x:%02x:%02x"
#define PR_MAC802_ADDR_ARGS(a, dir)                                                           \
    (a)->dir.addr[0], (a)->dir.addr[1], (a)->dir.addr[2], (a)->dir.addr[3], (a)->dir.addr[4], \
        (a)->dir.addr[5]
#define PR_MAC802_DEST_ADDR_ARGS(a) PR_MAC802_ADDR_ARGS(a, dest)
#define PR_MAC802_SRC_ADDR_ARGS(a)  PR_MAC802_ADDR_ARGS(a, src)

/* Whether the first `num` bytes of two addresses are the same. */
static inline bool mac802_addr_eq_num(const uint8_t *addr0, const uint8_t *addr1, unsigned int num)
{
    for (unsigned int i = 0; i < num; i++) {
        if (addr0[i] != addr1[i]) {
            return false;
        }
    }
    return true;
}

/* Whether two addresses of six bytes are the same. */
static inline bool mac802_addr_eq(const uint8_t *addr0, const uint8_t *addr1)
{
    return mac802_addr_eq_num(addr0, addr1, MAC802_BYTES);
}

/* Whether this is ff:ff:ff:ff:ff:ff. A multicast address is not. */
static inline bool mac802_addr_is_bcast(const uint8_t *mac)
{
    static const uint8_t broadcast[MAC802_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

    return mac802_addr_eq(mac, broadcast);
}
#endif
