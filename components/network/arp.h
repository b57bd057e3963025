/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_NETWORK_ARP_H
#define COMPONENTS_NETWORK_ARP_H
/* Who has an IPv4 address on an Ethernet (RFC 826): a question for all, and its answer. */
#include <stdint.h>
#include <sddf/network/mac802.h>
#include <sddf/network/util.h>

#define ETH_TYPE_ARP 0x0806

/* A kind of hardware, and what is done. */
#define ARP_ETHERNET 1
#define ARP_REQUEST  1
#define ARP_REPLY    2

struct __attribute__((__packed__)) arp_packet {
    ether_hdr_t eth;
    uint16_t hardware, protocol;
    uint8_t hardware_bytes, protocol_bytes;
    uint16_t operation;
    mac_addr_t sender_mac;
    uint32_t sender_ip;
    mac_addr_t target_mac;
    uint32_t target_ip;
};
#endif
