/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client that talks to its neighbours at a vswitch. It tells the switch its address, asks which
 * port it is at and which it can reach, and for each of these asks for the address, resolves it by
 * ARP, and puts questions to it: UDP datagrams to the echo port, one each interval, which the other
 * must send back unchanged. It answers ARP for its own address, and the questions of others.
 *
 *   tx.free -> talk -> tx.active       rx.active -> talk -> rx.free
 *
 * A neighbour may not have said its address yet, and a frame may be lost, so what has not been
 * answered is asked again in the next interval, ATTEMPTS times. A frame is taken only when there is
 * a transmit buffer for its answer. When all is said, it writes down how each conversation went.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/ip.h>
#include <sddf/network/mac802.h>
#include <sddf/network/queue.h>
#include <sddf/network/udp.h>
#include <sddf/network/util.h>
#include <sddf/network/vswitch.h>
#include <sddf/timer/client.h>
#include <sddf/timer/config.h>
#include <sddf/util/printf.h>
#include <sddf/util/util.h>

#include "components/network/arp.h"
#include "components/network/checksum.h"
#include "components/network/client_params.h"
#include "components/network/client_peers.h"

__attribute__((__section__(".net_client_config"))) net_client_config_t config;
__attribute__((__section__(".timer_client_config"))) timer_client_config_t timer_config;
__attribute__((__section__(".client_talk_config"))) struct client_talk_config client_config;

uint64_t questions_answered; /* to others */
uint64_t answers_taken;      /* from others, each right and for the first time */
uint64_t frames_ignored;

#define ATTEMPTS     100
#define TIME_TO_LIVE 64
#define PORT_ECHO    7
#define PORT_OURS    9001

struct __attribute__((__packed__)) question {
    ether_hdr_t eth;
    ipv4_hdr_t ip;
    udp_hdr_t udp;
    uint64_t number;
    uint8_t fill[];
};

struct neighbour {
    uint32_t ip; /* network order, as the switch says; 0 until then */
    mac_addr_t mac;
    bool resolved;
    uint32_t attempts; /* to learn its address */
    uint64_t asked, answered;
    uint64_t next; /* no answer before this one is new */
};

static struct {
    net_buff_desc_t buffer; /* for the next frame, if `out` is not NULL */
    uint8_t *out;           /* where that buffer lies */
    uint32_t port;          /* ours */
    uint64_t reachable;     /* bit i: port i */
    struct neighbour neighbours[SDDF_NET_MAX_CLIENTS];
    uint64_t next_turn_ns; /* 0: no more */
} state;

/* -- what the switch is asked -- */

/* One call with at most one argument. Returns the error; what else it says is in the registers. */
static vswitch_err_t ask_switch(uint64_t label, unsigned int count, uint64_t argument)
{
    sddf_set_mr(0, argument);
    (void)sddf_ppcall(config.tx.id, seL4_MessageInfo_new(label, 0, 0, count));
    return (vswitch_err_t)sddf_get_mr(0);
}

static void introduce_ourselves(void)
{
    vswitch_err_t error = ask_switch(VSWITCH_SET_IP_ADDR, VSWITCH_SET_NUM_ARGS, client_config.ip);

    if (error != VSWITCH_ERR_OKAY) {
        sddf_printf("the switch takes no address from us: error %d\n", (int)error);
    }
    error = ask_switch(VSWITCH_QUERY_STATE, VSWITCH_QUERY_NUM_ARGS, 0);
    if (error != VSWITCH_ERR_OKAY) {
        sddf_printf("the switch does not know us: error %d\n", (int)error);
        return;
    }
    state.port = (uint32_t)sddf_get_mr(VSWITCH_QUERY_RET_CLIENT_ID);
    state.reachable = sddf_get_mr(VSWITCH_QUERY_RET_REACHABLE_BITMAP);
}

/* The address of the client at a port, 0 if there is none yet. One that has none for us is left. */
static uint32_t ask_for_address(uint32_t port)
{
    switch (ask_switch(VSWITCH_REQ_CLIENT, VSWITCH_REQ_NUM_ARGS, port)) {
    case VSWITCH_ERR_OKAY:
        return (uint32_t)sddf_get_mr(VSWITCH_REQ_RET_IP_ADDR);
    case VSWITCH_ERR_NO_IP:
        return 0;
    default:
        state.reachable &= ~BIT(port);
        return 0;
    }
}

/* -- sending -- */

/* Whether there is a transmit buffer in hand. Those that are not within the region are left. */
static bool take_buffer(void)
{
    while (state.out == NULL && peers_take_buffer(&state.buffer)) {
        if (state.buffer.io_or_offset <= config.tx_data.size - NET_BUFFER_SIZE) {
            state.out = (uint8_t *)config.tx_data.vaddr + state.buffer.io_or_offset;
        }
    }
    return state.out != NULL;
}

/* What was put into the buffer in hand goes out. */
static void send(uint16_t len)
{
    state.buffer.len = len;
    state.buffer.oid = 0;
    if (net_enqueue_active(&peers.tx, state.buffer) == 0) {
        state.out = NULL;
        peers.notify_tx = true;
    }
}

static void set_type(ether_hdr_t *eth, unsigned type)
{
    eth->etype[0] = (uint8_t)(type >> 8);
    eth->etype[1] = (uint8_t)type;
}

static unsigned type_of(const ether_hdr_t *eth)
{
    return (unsigned)eth->etype[0] << 8 | eth->etype[1];
}

static void send_arp(uint16_t operation, mac_addr_t to_mac, mac_addr_t target_mac, uint32_t ip)
{
    struct arp_packet *arp = (struct arp_packet *)state.out;

    *arp = (struct arp_packet){.eth = {.dest = to_mac, .src = config.mac_addr},
                               .hardware = HTONS(ARP_ETHERNET),
                               .protocol = HTONS(ETH_TYPE_IP),
                               .hardware_bytes = MAC802_BYTES,
                               .protocol_bytes = sizeof(uint32_t),
                               .operation = HTONS(operation),
                               .sender_mac = config.mac_addr,
                               .sender_ip = client_config.ip,
                               .target_mac = target_mac,
                               .target_ip = ip};
    set_type(&arp->eth, ETH_TYPE_ARP);
    memset(state.out + sizeof(*arp), 0, 60 - sizeof(*arp));
    send(60);
}

/* What a question is filled with follows from its number and who asks. */
static uint8_t fill_byte(uint64_t number, size_t at)
{
    return (uint8_t)(number * 31 + at * 7 + state.port);
}

static size_t fill_bytes(void)
{
    return client_config.size - sizeof(struct question);
}

static void send_question(struct neighbour *to)
{
    struct question *q = (struct question *)state.out;
    uint16_t ip_bytes = (uint16_t)(client_config.size - sizeof(q->eth));

    q->eth = (ether_hdr_t){.dest = to->mac, .src = config.mac_addr};
    set_type(&q->eth, ETH_TYPE_IP);
    q->ip = (ipv4_hdr_t){.version = 4,
                         .ihl = sizeof(ipv4_hdr_t) / 4,
                         .tot_len = HTONS(ip_bytes),
                         .no_frag = 1,
                         .ttl = TIME_TO_LIVE,
                         .protocol = IPV4_PROTO_UDP,
                         .src_ip = client_config.ip,
                         .dst_ip = to->ip};
    q->ip.check = checksum_of(sum_words(&q->ip, sizeof(q->ip)));
    q->udp = (udp_hdr_t){.src_port = HTONS(PORT_OURS),
                         .dst_port = HTONS(PORT_ECHO),
                         .len = HTONS((uint16_t)(ip_bytes - sizeof(q->ip)))};
    q->number = to->asked++;
    for (size_t i = 0; i < fill_bytes(); i++) {
        q->fill[i] = fill_byte(q->number, i);
    }
    send((uint16_t)client_config.size);
}

/* -- what comes -- */

static struct neighbour *neighbour_at(uint32_t ip)
{
    for (uint64_t left = state.reachable; left != 0; left &= left - 1) {
        struct neighbour *n = &state.neighbours[__builtin_ctzl(left)];

        if (n->ip == ip && ip != 0) {
            return n;
        }
    }
    return NULL;
}

static void take_arp(const struct arp_packet *arp)
{
    struct neighbour *from = neighbour_at(arp->sender_ip);

    if (arp->target_ip != client_config.ip) {
        frames_ignored++;
    } else if (arp->operation == HTONS(ARP_REQUEST)) {
        send_arp(ARP_REPLY, arp->sender_mac, arp->sender_mac, arp->sender_ip);
    } else if (arp->operation == HTONS(ARP_REPLY) && from != NULL) {
        from->mac = arp->sender_mac;
        from->resolved = true;
    }
}

/* Back to its sender as it is, with the two ends exchanged: all checksums stay right. */
static void answer(const struct question *q, uint16_t len)
{
    struct question *a = (struct question *)state.out;

    memcpy(a, q, len);
    a->eth.dest = q->eth.src;
    a->eth.src = config.mac_addr;
    a->ip.src_ip = q->ip.dst_ip;
    a->ip.dst_ip = q->ip.src_ip;
    a->udp.src_port = q->udp.dst_port;
    a->udp.dst_port = q->udp.src_port;
    questions_answered++;
    send(len);
}

/* Is it what was asked, and for the first time? */
static void take_answer(const struct question *q, uint16_t len)
{
    struct neighbour *from = neighbour_at(q->ip.src_ip);
    bool right = from != NULL && len == client_config.size && q->number >= from->next &&
                 q->number < from->asked;

    for (size_t i = 0; right && i < fill_bytes(); i++) {
        right = q->fill[i] == fill_byte(q->number, i);
    }
    if (right) {
        from->next = q->number + 1;
        from->answered++;
        answers_taken++;
    } else {
        frames_ignored++;
    }
}

static void take_packet(const uint8_t *packet, uint16_t len)
{
    const struct arp_packet *arp = (const struct arp_packet *)packet;
    const struct question *q = (const struct question *)packet;

    if (len >= sizeof(*arp) && type_of(&arp->eth) == ETH_TYPE_ARP) {
        take_arp(arp);
        return;
    }
    bool is_udp = len >= sizeof(*q) && type_of(&q->eth) == ETH_TYPE_IP &&
                  q->ip.protocol == IPV4_PROTO_UDP && q->ip.ihl == sizeof(q->ip) / 4 &&
                  q->ip.dst_ip == client_config.ip;

    if (is_udp && q->udp.dst_port == HTONS(PORT_ECHO)) {
        answer(q, len);
    } else if (is_udp && q->udp.src_port == HTONS(PORT_ECHO)) {
        take_answer(q, len);
    } else {
        frames_ignored++;
    }
}

static void take_frame(net_buff_desc_t frame)
{
    if (frame.len <= NET_BUFFER_SIZE && frame.io_or_offset < config.rx_data.size &&
        frame.len <= config.rx_data.size - frame.io_or_offset) {
        take_packet((const uint8_t *)config.rx_data.vaddr + frame.io_or_offset, frame.len);
    } else {
        frames_ignored++;
    }
    (void)net_enqueue_free(&peers.rx, frame);
    peers.notify_rx = true;
}

/*
 * Take what came, at most one queue full; true if there may be more. Where it stops short, what is
 * missing signals.
 */
static bool rx_return(void)
{
    net_buff_desc_t frame;

    for (uint32_t i = 0; i <= peers.rx.capacity; i++) {
        if (net_queue_empty_active(&peers.rx)) {
            net_request_signal_active(&peers.rx);
            if (net_queue_empty_active(&peers.rx)) {
                return false;
            }
            net_cancel_signal_active(&peers.rx);
        }
        if (!take_buffer()) {
            net_request_signal_free(&peers.tx);
            if (net_queue_empty_free(&peers.tx)) {
                return false;
            }
            net_cancel_signal_free(&peers.tx);
            continue;
        }
        if (net_dequeue_active(&peers.rx, &frame) == 0) {
            take_frame(frame);
        }
    }
    return true;
}

/* -- turns -- */

/* The next thing to say to a neighbour, if there is a buffer. True if there will be more to say. */
static bool talk_to(uint32_t port)
{
    static const mac_addr_t everybody = {.addr = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    struct neighbour *n = &state.neighbours[port];

    if (n->resolved) {
        if (n->asked < client_config.count && take_buffer()) {
            send_question(n);
        }
        return n->asked < client_config.count;
    }
    if (n->attempts == ATTEMPTS) {
        return false;
    }
    n->attempts++;
    if (n->ip == 0) {
        n->ip = ask_for_address(port);
    }
    if (n->ip != 0 && take_buffer()) {
        send_arp(ARP_REQUEST, everybody, (mac_addr_t){{0}}, n->ip);
    }
    return (state.reachable & BIT(port)) != 0;
}

static void tell_how_it_went(void)
{
    for (uint64_t left = state.reachable; left != 0; left &= left - 1) {
        uint32_t port = (uint32_t)__builtin_ctzl(left);
        const struct neighbour *n = &state.neighbours[port];

        sddf_printf("port %u: %lu of %lu questions answered by port %u\n", state.port, n->answered,
                    n->asked, port);
    }
}

/* One turn with everybody; one more after the last, when all answers have come. */
static void take_turn(uint64_t now_ns)
{
    static bool done;
    bool more = false;

    if (done) {
        state.next_turn_ns = 0;
        tell_how_it_went();
        return;
    }
    for (uint64_t left = state.reachable; left != 0; left &= left - 1) {
        more |= talk_to((uint32_t)__builtin_ctzl(left));
    }
    done = !more;
    state.next_turn_ns = now_ns + client_config.interval;
    sddf_timer_set_timeout(timer_config.driver_id, client_config.interval);
}

/* Take what there is; whoever was given something hears of it. */
static void take_all(void)
{
    bool more = true;

    while (more) {
        more = rx_return();
        signal_peers(!more);
    }
}

void init(void)
{
    assert(timer_config_check_magic(&timer_config));
    assert(client_config.size >= sizeof(struct question));
    assert(client_config.size <= NET_BUFFER_SIZE);
    assert(config.tx_data.size >= (uint64_t)NET_BUFFER_SIZE * config.tx.num_buffers);
    assert(config.tx_data.size >= NET_BUFFER_SIZE);

    peers_init();
    (void)peers_fill();
    /* Buffers that come back are of interest only while a frame waits for one. */
    net_cancel_signal_free(&peers.tx);

    introduce_ourselves();
    if (client_config.count > 0) {
        take_turn(sddf_timer_time_now(timer_config.driver_id));
    }
    take_all();
}

/* A frame came, a buffer came back, or it is our turn. */
void notified(sddf_channel ch)
{
    if (ch == timer_config.driver_id && state.next_turn_ns != 0) {
        uint64_t now_ns = sddf_timer_time_now(timer_config.driver_id);

        if (now_ns >= state.next_turn_ns) {
            take_turn(now_ns);
        }
    }
    take_all();
}
