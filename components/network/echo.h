/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_NETWORK_ECHO_H
#define COMPONENTS_NETWORK_ECHO_H
/*
 * What clients that answer have in common, whoever gives them their frames. Each frame is copied to
 * a transmit buffer and turned into its own answer there:
 *
 *   rx.active -> echo -> tx.active     the frame, with its ends exchanged
 *   rx.free   <- echo <- tx.free       the buffers, each to the queue it belongs to
 *
 * It answers ARP requests and ICMP echo requests, sends UDP back to its sender and, if asked to
 * reflect, every other unicast frame as well. IPv4 headers with a wrong checksum or an impossible
 * length are not answered, nor is anything sent to a group. Checksums that cover both ends stay
 * right when the ends are exchanged, so only ICMP's is computed anew. With a second address it is a
 * mirror (mirror.h) to TCP and UDP.
 *
 * Flow control: a frame is taken only when there is a transmit buffer for its answer. Until one
 * comes back, frames wait in rx.active and, when that has used up all receive buffers, are dropped
 * by whoever fills it.
 *
 * An image is one source file, so this is included by one, once, which defines what is declared
 * first below: its configuration, and what the descriptors of its neighbours name.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/icmp.h>
#include <sddf/network/ip.h>
#include <sddf/network/mac802.h>
#include <sddf/network/queue.h>
#include <sddf/network/util.h>
#include <sddf/util/util.h>

#include "components/network/arp.h"
#include "components/network/checksum.h"
#include "components/network/client_params.h"
#include "components/network/client_peers.h"
#include "components/network/mirror.h"
#include "components/network/offered.h"

/* -- of the client -- */

extern struct client_echo_config client_config;

extern uint64_t frames_answered;
extern uint64_t frames_ignored;

/* Where a frame lies that was taken from rx.active, ready to be read; NULL if nowhere. */
static const uint8_t *frame_find(net_buff_desc_t frame);
/* Is a frame for others, whatever it says? */
static bool frame_foreign(const uint8_t *frame, uint16_t len);
/* The buffer of a frame goes back to where it came from. */
static void frame_return(net_buff_desc_t frame);
/* Where a buffer lies that was taken from tx.free; NULL if it is none. */
static uint8_t *buffer_find(net_buff_desc_t buffer);
/* An answer goes out. False if there is no room for it. */
static bool buffer_send(net_buff_desc_t buffer);

/* -- of all -- */

static struct {
    net_buff_desc_t buffer; /* for the next answer, if `out` is not NULL */
    uint8_t *out;           /* where that buffer lies */
} echo;

#define ETH_TYPE_IPV6 0x86dd

#define ICMP_ECHO_REQUEST 8
#define ICMP_ECHO_REPLY   0

#define IPV6_HEADER_BYTES 40

static void exchange(void *one, void *other, size_t bytes)
{
    uint8_t spare[16];

    memcpy(spare, one, bytes);
    memcpy(one, other, bytes);
    memcpy(other, spare, bytes);
}

static bool is_group(mac_addr_t mac)
{
    return (mac.addr[0] & 1) != 0;
}

static bool is_mirror(void)
{
    return client_config.ip != 0 && client_config.mirror_ip != 0;
}

static bool is_own(uint32_t ip)
{
    return client_config.ip == 0 || ip == client_config.ip ||
           (is_mirror() && ip == client_config.mirror_ip);
}

/*
 * Without an address of its own it answers for all, but leaves out those who ask about themselves:
 * a probe (from no address) would learn that its address is taken, as would one who announces it.
 */
static bool is_asked_for(const struct arp_packet *arp)
{
    if (arp->target_ip == 0 || arp->target_ip == arp->sender_ip) {
        return false;
    }
    return client_config.ip == 0 ? arp->sender_ip != 0 : is_own(arp->target_ip);
}

static uint16_t answer_arp(uint8_t *frame, uint16_t len)
{
    struct arp_packet *arp = (struct arp_packet *)frame;

    if (len < sizeof(*arp) || arp->hardware != HTONS(ARP_ETHERNET) ||
        arp->protocol != HTONS(ETH_TYPE_IP) || arp->hardware_bytes != MAC802_BYTES ||
        arp->protocol_bytes != 4 || arp->operation != HTONS(ARP_REQUEST) ||
        is_group(arp->sender_mac) || !is_asked_for(arp)) {
        return 0;
    }
    uint32_t own_ip = arp->target_ip;

    arp->eth.dest = arp->sender_mac;
    arp->eth.src = config.mac_addr;
    arp->operation = HTONS(ARP_REPLY);
    arp->target_mac = arp->sender_mac;
    arp->target_ip = arp->sender_ip;
    arp->sender_mac = config.mac_addr;
    arp->sender_ip = own_ip;
    return sizeof(*arp);
}

/* Both begin with the source port and the destination port. */
static void exchange_ports(uint8_t protocol, uint8_t *payload, size_t bytes)
{
    if ((protocol == IPV4_PROTO_UDP || protocol == IPV4_PROTO_TCP) && bytes >= 4) {
        exchange(payload, payload + 2, 2);
    }
}

/* Turn an echo request into its reply; false if its checksum says that it is not what was sent. */
static bool answer_ping(uint8_t *payload, size_t bytes)
{
    icmp_hdr_t *icmp = (icmp_hdr_t *)payload;

    if (checksum_of(sum_words(payload, bytes)) != 0) {
        return false;
    }
    icmp->type = ICMP_ECHO_REPLY;
    icmp->check = 0;
    icmp->check = checksum_of(sum_words(payload, bytes));
    return true;
}

static bool answer_ipv4(uint8_t *packet, size_t room)
{
    ipv4_hdr_t *ip = (ipv4_hdr_t *)packet;

    if (room < sizeof(*ip) || ip->version != 4) {
        return false;
    }
    size_t header_bytes = ipv4_header_length(ip);
    size_t packet_bytes = HTONS(ip->tot_len);

    if (header_bytes < sizeof(*ip) || packet_bytes < header_bytes || packet_bytes > room ||
        checksum_of(sum_words(packet, header_bytes)) != 0 || !is_own(ip->dst_ip)) {
        return false;
    }
    uint8_t *payload = packet + header_bytes;
    size_t payload_bytes = packet_bytes - header_bytes;
    bool is_first = ip->frag_offset1 == 0 && ip->frag_offset2 == 0;
    bool is_whole = is_first && !ip->more_frag;

    if (is_whole && ip->protocol == IPV4_PROTO_ICMP && payload_bytes >= sizeof(icmp_hdr_t) &&
        payload[0] == ICMP_ECHO_REQUEST) {
        if (!answer_ping(payload, payload_bytes)) {
            return false;
        }
    } else if (is_mirror()) {
        mirror_packet(ip, client_config.ip, client_config.mirror_ip, is_first ? payload : NULL,
                      payload_bytes);
        return true;
    } else if (ip->protocol != IPV4_PROTO_UDP && !client_config.reflect) {
        return false;
    } else if (is_first) {
        exchange_ports(ip->protocol, payload, payload_bytes);
    }
    exchange(&ip->src_ip, &ip->dst_ip, sizeof(ip->src_ip));
    return true;
}

/* IPv6 is reflected like anything else, with the ends it names exchanged as well. */
static bool reflect_ipv6(uint8_t *packet, size_t room)
{
    if (room >= IPV6_HEADER_BYTES && packet[0] >> 4 == 6) {
        exchange(packet + 8, packet + 24, 16);
        exchange_ports(packet[6], packet + IPV6_HEADER_BYTES, room - IPV6_HEADER_BYTES);
    }
    return client_config.reflect;
}

/* Turn a frame into its answer, in place. The bytes of the answer, or 0 if there is none. */
static uint16_t answer(uint8_t *frame, uint16_t len)
{
    ether_hdr_t *eth = (ether_hdr_t *)frame;
    uint8_t *packet = frame + sizeof(*eth);
    bool answered;

    if (len < sizeof(*eth) || is_group(eth->src)) {
        return 0;
    }
    size_t room = len - sizeof(*eth);
    unsigned int type = (unsigned int)eth->etype[0] << 8 | eth->etype[1];

    if (type == ETH_TYPE_ARP && (!is_group(eth->dest) || mac802_addr_is_bcast(eth->dest.addr))) {
        return answer_arp(frame, len);
    }
    if (is_group(eth->dest)) {
        return 0;
    }
    if (type == ETH_TYPE_IP) {
        answered = answer_ipv4(packet, room);
    } else if (type == ETH_TYPE_IPV6) {
        answered = reflect_ipv6(packet, room);
    } else {
        answered = client_config.reflect;
    }
    eth->dest = eth->src;
    eth->src = config.mac_addr;
    return answered ? len : 0;
}

/* Take one frame, of which there is one, and send its answer from the buffer in hand. */
static void echo_frame(void)
{
    net_buff_desc_t frame;
    uint16_t len = 0;

    if (net_dequeue_active(&peers.rx, &frame) != 0) {
        return;
    }
    const uint8_t *in = frame_find(frame);

    if (in != NULL) {
        memcpy(echo.out, in, frame.len);
        len = frame_foreign(echo.out, frame.len) ? 0 : answer(echo.out, frame.len);
    }
    if (len == 0) {
        frames_ignored++;
    } else {
        echo.buffer.len = len;
        if (buffer_send(echo.buffer)) {
            frames_answered++;
            echo.out = NULL;
            peers.notify_tx = true;
        }
    }
    frame_return(frame);
}

/* Whether there is a transmit buffer in hand. */
static bool take_buffer(void)
{
    bool any = peers.kept > 0 || offered(peers.tx.free, peers.tx.capacity) > 0;

    if (echo.out == NULL && any && peers_take_buffer(&echo.buffer)) {
        echo.buffer.oid = 0;
        echo.out = buffer_find(echo.buffer);
    }
    return echo.out != NULL;
}

/*
 * Answer what has come, at most one queue full; true if there may be more. Whichever of the two is
 * missing, a frame or a buffer for its answer, is asked for.
 */
static bool echo_frames(void)
{
    for (uint32_t i = 0; i <= peers.rx.capacity; i++) {
        if (offered(peers.rx.active, peers.rx.capacity) == 0) {
            net_request_signal_active(&peers.rx);
            if (offered(peers.rx.active, peers.rx.capacity) == 0) {
                return false;
            }
            net_cancel_signal_active(&peers.rx);
        }
        if (!take_buffer()) {
            net_request_signal_free(&peers.tx);
            if (offered(peers.tx.free, peers.tx.capacity) == 0) {
                return false;
            }
            net_cancel_signal_free(&peers.tx);
            continue;
        }
        echo_frame();
    }
    return true;
}

/* A frame came, or a buffer came back: either way, whatever was waiting for it goes on. */
static void echo_all(void)
{
    bool more = true;

    while (more) {
        more = echo_frames();
        signal_peers(!more);
    }
}
#endif
