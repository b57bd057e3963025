/* SPDX-License-Identifier: BSD-2-Clause */
/* A network stack as small as can be: it answers ARP and ping, and sends back all UDP. */
#include <net/ipstack.h>
#include <string.h>
#include <inttypes.h>
#include <ctype.h>
#include <stdlib.h>
#include <sddf/network/mac802.h>
#include <sddf/network/ip.h>
#include <sddf/network/udp.h>
#include <sddf/network/icmp.h>
#include <sddf/network/util.h>
#include <sddf/util/util.h>
#include <sddf/util/printf.h>

struct stack_stats stack_stats;
static const struct stack_ops *the_ops;
static uint8_t my_mac[6];
static uint32_t my_ip;

struct arp_packet {
    ether_hdr_t eth;
    uint16_t hw, proto;
    uint8_t hwlen, protolen;
    uint16_t op;
    uint8_t sha[6];
    uint32_t spa;
    uint8_t tha[6];
    uint32_t tpa;
    uint8_t padding[14];
} __attribute__((packed));
_Static_assert(sizeof(struct arp_packet) == 56, "as it is");

static uint16_t checksum(const void *p, size_t n)
{
    const uint8_t *b = p;
    uint32_t s = 0;
    for (; n > 1; n -= 2, b += 2)
        s += b[0] << 8 | b[1];
    if (n)
        s += b[0] << 8;
    while (s >> 16)
        s = (s & 0xffff) + (s >> 16);
    return ~s;
}

void stack_init(const struct stack_ops *ops, const uint8_t mac[6], uint32_t ip)
{
    the_ops = ops;
    memcpy(my_mac, mac, sizeof my_mac);
    my_ip = ip;
}

static uint8_t frame_out[2048];

stack_result_t stack_input(uint8_t *frame, uint16_t len)
{
    ether_hdr_t *eth = (ether_hdr_t *)frame;
    uint16_t type = eth->etype[0] << 8 | eth->etype[1];

    if (len < sizeof *eth)
        return STACK_IGNORED;
    switch (type) {
    case 0x0806: {
        struct arp_packet *arp = (struct arp_packet *)frame;
        if (arp->op != HTONS(1))
            break;
        struct arp_packet reply = {
            .hw = HTONS(1), .proto = HTONS(ETH_TYPE_IP), .hwlen = 6, .protolen = 4, .op = HTONS(2)};
        memcpy(reply.eth.dest.addr, arp->eth.src.addr, 6);
        memcpy(reply.eth.src.addr, my_mac, 6);
        reply.eth.etype[0] = 8;
        reply.eth.etype[1] = 6;
        memcpy(reply.sha, my_mac, 6);
        memcpy(reply.tha, arp->sha, 6);
        reply.spa = arp->tpa;
        reply.tpa = arp->spa;
        stack_stats.arp++;
        the_ops->output(&reply, sizeof reply);
        return STACK_ANSWERED;
    }
    case ETH_TYPE_IP: {
        ipv4_hdr_t *ip = (void *)(frame + sizeof *eth);
        mac_addr_t tmp = eth->src;
        uint32_t a = ip->src_ip;
        if (ip->version != 4)
            break;
        memcpy(frame_out, frame, len);
        eth = (ether_hdr_t *)frame_out;
        ip = (void *)(frame_out + sizeof *eth);
        memcpy(&eth->dest, &tmp, sizeof tmp);
        memcpy(eth->src.addr, my_mac, 6);
        ip->src_ip = ip->dst_ip;
        ip->dst_ip = a;
        if (ip->protocol == IPV4_PROTO_ICMP) {
            icmp_hdr_t *icmp = (void *)((char *)ip + ipv4_header_length(ip));
            icmp->type = 0;
            icmp->check = 0;
            uint16_t n = HTONS(ip->tot_len) - ipv4_header_length(ip);
            if (n > 1500)
                break;
            icmp->check = HTONS(checksum(icmp, n));
            stack_stats.icmp++;
        } else if (ip->protocol == IPV4_PROTO_UDP) {
            udp_hdr_t *udp = (void *)((char *)ip + ipv4_header_length(ip));
            uint16_t p = udp->src_port;
            udp->src_port = udp->dst_port;
            udp->dst_port = p;
            stack_stats.udp++;
        } else
            break;
        the_ops->output(frame_out, len);
        return STACK_ANSWERED;
    }
    default:
        break;
    }
    stack_stats.other++;
    return STACK_IGNORED;
}

void stack_tick(void)
{
    static char line[80];
    stack_stats.ticks++;
    if (isdigit('7') && toupper('x') == 'X' && atoi("12") == 12)
        sddf_snprintf(line, sizeof line, "tick %" PRIu32 " at %" PRIu64 " ms\n", stack_stats.ticks,
                      the_ops->now_ms());
    sddf_printf("%s", line);
}
