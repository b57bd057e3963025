/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_NETWORK_ARP_H
#define SDDF_NETWORK_ARP_H
/*
 * Tells an ARP component, by protected call, that packets for an IPv4 address belong to the
 * caller's MAC address.
 */
#include <stdbool.h>
#include <stdint.h>
#include <microkit.h>

/*
 * `ip_addr` in network order, `mac` six bytes in wire order. The address travels most significant
 * byte first: two bytes in message register 1, four in 2. Always true: the component does not
 * answer.
 */
static inline bool arp_register_ipv4(microkit_channel arp_ch, uint32_t ip_addr, uint8_t mac[6])
{
    microkit_mr_set(0, ip_addr);
    microkit_mr_set(1, (seL4_Word)mac[0] << 8 | mac[1]);
    microkit_mr_set(2, (seL4_Word)mac[2] << 24 | (seL4_Word)mac[3] << 16 | (seL4_Word)mac[4] << 8 |
                           mac[5]);
    microkit_ppcall(arp_ch, microkit_msginfo_new(0, 3));
    return true;
}
#endif
