/* SPDX-License-Identifier: BSD-2-Clause */
/* Network headers: queues as the protocol uses them, headers of packets, the switch's calls. */
#include <sddf/network/queue.h>
#include <sddf/network/arp.h>
#include <sddf/network/constants.h>
#include <sddf/network/icmp.h>
#include <sddf/network/ip.h>
#include <sddf/network/mac802.h>
#include <sddf/network/tcp.h>
#include <sddf/network/udp.h>
#include <sddf/network/util.h>
#include <sddf/network/vswitch.h>
#include "facts.h"

IS(NET_BUFFER_SIZE, 2048);
#if NET_BUFFER_SIZE != 2048
#error no use in a condition of the preprocessor
#endif
SIZE(net_buff_desc_t, 16);
FIELD(net_buff_desc_t, io_or_offset, uint64_t);
AT(net_buff_desc_t, len, 8);
SIZE(net_queue_t, 8);
AT(net_queue_t, head, 2);
AT(net_queue_t, consumer_signalled, 4);
AT(net_queue_t, buffers, 8);
SIZE(net_queue_handle_t, 24);
AT(net_queue_handle_t, active, 8);
FIELD(net_queue_handle_t, capacity, uint32_t);
TYPE(uintptr_t, uint64_t); /* &descriptor.io_or_offset is passed as either */

CALL(net_queue_length, uint16_t, net_queue_t *);
CALL(net_queue_empty_free, bool, net_queue_handle_t *);
CALL(net_queue_empty_active, bool, net_queue_handle_t *);
CALL(net_queue_full_free, bool, net_queue_handle_t *);
CALL(net_queue_full_active, bool, net_queue_handle_t *);
CALL(net_enqueue_free, int, net_queue_handle_t *, net_buff_desc_t);
CALL(net_enqueue_active, int, net_queue_handle_t *, net_buff_desc_t);
CALL(net_dequeue_free, int, net_queue_handle_t *, net_buff_desc_t *);
CALL(net_dequeue_active, int, net_queue_handle_t *, net_buff_desc_t *);
CALL(net_queue_init, void, net_queue_handle_t *, net_queue_t *, net_queue_t *, uint32_t);
CALL(net_buffers_init, void, net_queue_handle_t *, uintptr_t);
CALL(net_request_signal_free, void, net_queue_handle_t *);
CALL(net_request_signal_active, void, net_queue_handle_t *);
CALL(net_cancel_signal_free, void, net_queue_handle_t *);
CALL(net_cancel_signal_active, void, net_queue_handle_t *);
CALL(net_require_signal_free, bool, net_queue_handle_t *);
CALL(net_require_signal_active, bool, net_queue_handle_t *);

IS(MAC802_BYTES, 6);
IS(ETH_TYPE_IP, 0x0800U);
SIZE(mac_addr_t, 6);
SIZE(ether_hdr_t, 14);
AT(ether_hdr_t, src, 6);
AT(ether_hdr_t, etype, 12);
CALL(mac802_addr_eq_num, bool, const uint8_t *, const uint8_t *, unsigned int);
CALL(mac802_addr_eq, bool, const uint8_t *, const uint8_t *);
CALL(mac802_addr_is_bcast, bool, const uint8_t *);
CALL(net_set_mac_addr, void, uint8_t *, uint64_t);
IS(HTONS(0x0800), 0x0008);
SIZE(ipv4_hdr_t, 20);
AT(ipv4_hdr_t, ttl, 8);
AT(ipv4_hdr_t, src_ip, 12);
CALL(ipv4_header_length, uint8_t, ipv4_hdr_t *);
IS(IPV4_PROTO_ICMP, 1);
IS(IPV4_PROTO_TCP, 6);
IS(IPV4_PROTO_UDP, 0x11);
SIZE(udp_hdr_t, 8);
SIZE(icmp_hdr_t, 4);
SIZE(tcp_hdr_t, 20);
AT(tcp_hdr_t, window, 14);
CALL(arp_register_ipv4, bool, microkit_channel, uint32_t, uint8_t *);

IS(VSWITCH_SET_IP_ADDR, 0);
IS(VSWITCH_QUERY_STATE, 1);
IS(VSWITCH_REQ_CLIENT, 2);
IS(VSWITCH_SET_IP_ADDR_ARG, 0);
IS(VSWITCH_SET_NUM_ARGS, 1);
IS(VSWITCH_SET_RET_ERR, 0);
IS(VSWITCH_SET_RET_NUM_ARGS, 1);
IS(VSWITCH_QUERY_NUM_ARGS, 0);
IS(VSWITCH_QUERY_RET_ERR, 0);
IS(VSWITCH_QUERY_RET_CLIENT_ID, 1);
IS(VSWITCH_QUERY_RET_REACHABLE_BITMAP, 2);
IS(VSWITCH_QUERY_RET_NUM_ARGS, 3);
IS(VSWITCH_REQ_CLIENT_ID, 0);
IS(VSWITCH_REQ_NUM_ARGS, 1);
IS(VSWITCH_REQ_RET_ERR, 0);
IS(VSWITCH_REQ_RET_IP_ADDR, 1);
IS(VSWITCH_REQ_RET_NUM_ARGS, 2);
vswitch_set_args_t set_arg = VSWITCH_SET_IP_ADDR_ARG;
vswitch_set_ret_args_t set_ret = VSWITCH_SET_RET_ERR;
vswitch_query_args_t query_arg = VSWITCH_QUERY_NUM_ARGS;
vswitch_query_ret_args_t query_ret = VSWITCH_QUERY_RET_CLIENT_ID;
vswitch_req_args_t req_arg = VSWITCH_REQ_CLIENT_ID;
vswitch_req_ret_args_t req_ret = VSWITCH_REQ_RET_IP_ADDR;

static const char *const said[] = {[VSWITCH_ERR_OKAY] = "okay",
                                   [VSWITCH_ERR_INVALID_IP] = "no address",
                                   [VSWITCH_ERR_OPERATION_DENIED] = "denied",
                                   [VSWITCH_ERR_NO_IP] = "none yet",
                                   [VSWITCH_ERR_VIRT_PORT] = "not a client",
                                   [VSWITCH_ERR_INVALID_OPERATION] = "what?"};
static uint8_t broadcast[MAC802_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static net_queue_handle_t rx_queue = {0}, tx_queue;
static struct net_buff_desc kept[NET_BUFFER_SIZE / sizeof(net_buff_desc_t)];

const char *answer(vswitch_err_t err);
const char *answer(vswitch_err_t err)
{
    switch (err) {
    case VSWITCH_ERR_OKAY:
    case VSWITCH_ERR_INVALID_IP:
    case VSWITCH_ERR_OPERATION_DENIED:
    case VSWITCH_ERR_NO_IP:
    case VSWITCH_ERR_VIRT_PORT:
    case VSWITCH_ERR_INVALID_OPERATION:
        return said[err];
    }
    return NULL;
}

int use(char *base);
int use(char *base)
{
    net_buff_desc_t buffer = {0};
    bool reprocess = true;
    int err = 0;

    net_queue_init(&rx_queue, (net_queue_t *)base, (net_queue_t *)(base + 4096), 256);
    tx_queue = rx_queue;
    net_buffers_init(&tx_queue, (uintptr_t)0);
    while (reprocess) {
        while (!net_queue_empty_active(&rx_queue) && !net_queue_full_free(&tx_queue)) {
            err = net_dequeue_active(&rx_queue, &buffer);
            assert(!err);
            uintptr_t *where = &buffer.io_or_offset;
            ether_hdr_t *eth = (ether_hdr_t *)(base + *where);
            ipv4_hdr_t *ip = (ipv4_hdr_t *)(eth + 1);
            const uint8_t *dest = eth->dest.addr;
            if (eth->etype[0] == (ETH_TYPE_IP >> 8) && ip->protocol == IPV4_PROTO_UDP) {
                udp_hdr_t *udp = (void *)((uint8_t *)ip + ipv4_header_length(ip));
                udp->check = 0;
                ip->tot_len = HTONS(buffer.len);
            }
            if (mac802_addr_is_bcast(dest) || mac802_addr_eq(dest, broadcast)) {
                sddf_dprintf("to all at %lx\n", buffer.io_or_offset);
            }
            memcpy(eth->dest.addr, eth->src.addr, sizeof(mac_addr_t));
            memset(&ip->src_ip, 0, sizeof ip->src_ip);
            sddf_printf(PR_MAC802_ADDR "\n", PR_MAC802_DEST_ADDR_ARGS(eth));
            sddf_printf(PR_MAC802_ADDR "\n", PR_MAC802_SRC_ADDR_ARGS(eth));
            kept[buffer.io_or_offset / NET_BUFFER_SIZE % ARRAY_SIZE(kept)] = buffer;
            buffer.oid = 3;
            net_enqueue_free(&tx_queue, buffer);
            net_enqueue_free(&tx_queue, (net_buff_desc_t){base - base, 0, 0});
        }
        net_request_signal_active(&rx_queue);
        reprocess = false;
        if (!net_queue_empty_active(&rx_queue)) {
            net_cancel_signal_active(&rx_queue);
            reprocess = true;
        }
    }
    return net_queue_length(tx_queue.free) + err;
}
