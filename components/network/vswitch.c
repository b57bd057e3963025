/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual switch: clients behind it reach each other without the NIC, and the wire through it.
 * Each client is at a port; the last port is the virtualisers'. On its `tx` pair a port submits
 * frames, on its `rx` pair it is given them: so the last port's tx is virt_rx, and its rx is
 * virt_tx. Frames stay where they are; a descriptor that is passed on says by its oid whose region
 * that is:
 *
 *   tx.active of a port -> switch_frames -> rx.active of each port it is for (copiers, virt_tx)
 *   tx.free of its port <- give_back     <- take_back <- rx.free, once all of these have returned
 * it
 *
 * A frame goes to the port that has its destination address, a broadcast to every port, and what is
 * for nobody here, as is any other group, to the virtualisers; but in each case only where the
 * access control list lets its sender reach. No port reaches itself, and none sends in the name of
 * another client here. What goes nowhere returns to its sender.
 *
 * What a port says is worth nothing until it is checked against this PD's own record: for each
 * buffer the ports that hold it, for each port how many it holds. A descriptor that names no frame,
 * or a buffer that is on its way already, goes back to its sender as it came; what a port returns
 * must be what it holds. No port is given more buffers at a time than its queues have places. So a
 * client can lose its own buffers and frames, and nobody else's.
 *
 * Work is bounded as well. One wake-up takes of each queue at most one queue full, and gives
 * buffers back only at its end: no honest peer has more to offer until then, so nothing is left
 * behind unsignalled. Ports take turns at being first.
 *
 * By protected call over its tx channel a client says what its IPv4 address is, and asks for those
 * of the ports it can reach; see sddf/network/vswitch.h.
 */
#include <stdbool.h>
#include <stdint.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/mac802.h>
#include <sddf/network/queue.h>
#include <sddf/network/vswitch.h>
#include <sddf/util/util.h>

#include "components/network/offered.h"

__attribute__((__section__(".net_vswitch_config"))) net_vswitch_config_t config;

/* What came to nothing, and why; by these names a debugger or a test finds them. */
uint64_t packets_invalid;   /* no such buffer, or a length that no packet has */
uint64_t packets_duplicate; /* this buffer is on its way already */
uint64_t packets_denied;    /* its sender may not send to whom it is for */
uint64_t packets_spoofed;   /* it bears the address of another client as its sender's */
uint64_t packets_unwanted;  /* a port held its share, or left no room; one for each such port */
uint64_t buffers_invalid;   /* a port returned a buffer it does not hold */
uint64_t ports_full;        /* a port left no room for its own buffer */
uint64_t calls_refused;     /* protected calls that were answered with an error */

/* Two regions' worth: what all clients send from, and what the NIC receives into. */
#define BUFFERS_MAX (2 * NET_QUEUE_MAX_CAPACITY)

struct port {
    net_queue_handle_t rx;
    net_queue_handle_t tx;
    uint64_t mac;          /* as dest_key() makes it; the virtualisers have none */
    uint64_t reaches;      /* bit i: it may send to port i */
    uint32_t first_buffer; /* its buffers are numbered from here */
    uint32_t held;         /* buffers it was given and has not returned yet */
    uint32_t in_hand;      /* descriptors that are to go back to it */
    uint32_t ip;           /* as it said, 0 until then */
};

static struct {
    struct port ports[SDDF_NET_MAX_CLIENTS];
    uint32_t virt;       /* the last port */
    uint32_t first_port; /* whose turn it is */
    uint64_t notify_rx;  /* bit i: port i was given a frame */
    uint64_t notify_tx;  /* bit i: port i was given a buffer back */
} state;

/*
 * Where each buffer is. With the ports whose bits are set, as many as its byte of the metadata
 * region says; its own port's bit means that it is in hand, to go back there; with no bit set it is
 * its port's.
 */
static uint64_t holders[BUFFERS_MAX];
static uint8_t *holder_count;

/* What goes back at the end of this wake-up, and to which port. */
static struct returned {
    net_buff_desc_t buffer;
    uint8_t port;
    bool own; /* it is a buffer that was in use, not a descriptor that was refused */
} in_hand[BUFFERS_MAX];
static uint32_t num_in_hand;

#define MAC_BROADCAST BIT_MASK(0, 47)

typedef uint32_t __attribute__((__may_alias__)) mac_low_t;
typedef uint16_t __attribute__((__may_alias__)) mac_high_t;

/* Addresses as numbers. Their sender may write them at any time: each is read once. */
static uint64_t dest_key(const void *frame)
{
    const mac_low_t *low = frame;
    const mac_high_t *high = (const mac_high_t *)(low + 1);

    return __atomic_load_n(low, __ATOMIC_RELAXED) |
           (uint64_t)__atomic_load_n(high, __ATOMIC_RELAXED) << 32;
}

static uint64_t source_key(const void *frame)
{
    const mac_high_t *low = (const mac_high_t *)((const char *)frame + MAC802_BYTES);
    const mac_low_t *high = (const mac_low_t *)(low + 1);

    return __atomic_load_n(low, __ATOMIC_RELAXED) |
           (uint64_t)__atomic_load_n(high, __ATOMIC_RELAXED) << 16;
}

/* -- buffers on their way back -- */

/*
 * A port has no more than a queue full of buffers, so what is more than that is an invention of its
 * own, and its loss.
 */
static bool take_in_hand(uint32_t number, net_buff_desc_t buffer, bool own)
{
    struct port *port = &state.ports[number];

    if (unlikely(port->in_hand == port->tx.capacity)) {
        ports_full++;
        return false;
    }
    port->in_hand++;
    in_hand[num_in_hand++] =
        (struct returned){.buffer = buffer, .port = (uint8_t)number, .own = own};
    return true;
}

/* A buffer that nobody else holds goes back to its port, by this descriptor. */
static void take_home(uint32_t number, net_buff_desc_t buffer)
{
    uint64_t index = buffer.io_or_offset / NET_BUFFER_SIZE;

    if (take_in_hand(number, buffer, true)) {
        holders[state.ports[number].first_buffer + index] |= BIT(number);
    }
}

static void give_back(void)
{
    for (uint32_t i = 0; i < num_in_hand; i++) {
        const struct returned *returned = &in_hand[i];
        struct port *port = &state.ports[returned->port];
        uint64_t index = returned->buffer.io_or_offset / NET_BUFFER_SIZE;

        if (returned->own) {
            holders[port->first_buffer + index] &= ~BIT(returned->port);
        }
        if (unlikely(net_enqueue_free(&port->tx, returned->buffer) != 0)) {
            ports_full++;
        }
        port->in_hand = 0;
        state.notify_tx |= BIT(returned->port);
    }
    num_in_hand = 0;
}

/* A port returns a buffer, its own or another's. It must be one that it holds. */
static void take_back(uint32_t number, net_buff_desc_t empty)
{
    uint32_t owner = empty.oid;
    uint64_t index = empty.io_or_offset / NET_BUFFER_SIZE;

    if (unlikely(owner >= config.num_ports || owner == number ||
                 empty.io_or_offset % NET_BUFFER_SIZE != 0 ||
                 index >= state.ports[owner].tx.capacity)) {
        buffers_invalid++;
        return;
    }
    uint64_t buffer = state.ports[owner].first_buffer + index;

    if (unlikely((holders[buffer] & BIT(number)) == 0)) {
        buffers_invalid++;
        return;
    }
    state.ports[number].held--;
    holders[buffer] &= ~BIT(number);
    if (--holder_count[buffer] == 0) {
        take_home(owner, (net_buff_desc_t){.io_or_offset = empty.io_or_offset});
    }
}

/* Take what one port returns. */
static void drain_returned(uint32_t number)
{
    net_queue_handle_t *queue = &state.ports[number].rx;
    uint32_t budget = queue->capacity;
    bool reprocess = true;

    while (reprocess) {
        uint32_t count = offered_within(budget, queue->free, queue->capacity);
        net_buff_desc_t empty;

        budget -= count;
        while (count > 0 && net_dequeue_free(queue, &empty) == 0) {
            take_back(number, empty);
            count--;
        }

        net_request_signal_free(queue);
        reprocess = false;
        if (budget > 0 && offered(queue->free, queue->capacity) > 0) {
            net_cancel_signal_free(queue);
            reprocess = true;
        }
    }
}

/* -- frames -- */

/* One frame to one port, which holds its buffer from here on. */
static void give(uint32_t number, uint64_t buffer, net_buff_desc_t frame)
{
    struct port *port = &state.ports[number];

    if (unlikely(port->held == port->rx.capacity) ||
        unlikely(net_enqueue_active(&port->rx, frame) != 0)) {
        packets_unwanted++;
        return;
    }
    port->held++;
    holders[buffer] |= BIT(number);
    holder_count[buffer]++;
    state.notify_rx |= BIT(number);
}

/* The ports a frame is for, whoever may send to them. */
static uint64_t receivers(uint64_t mac)
{
    if (mac == MAC_BROADCAST) {
        return UINT64_MAX;
    }
    for (uint32_t number = 0; number < state.virt; number++) {
        if (state.ports[number].mac == mac) {
            return BIT(number);
        }
    }
    return BIT(state.virt);
}

/* Whether a client says that it is another. What comes from the wire may say anything. */
static bool is_spoofed(uint32_t sender, uint64_t source)
{
    for (uint32_t number = 0; number < state.virt && sender != state.virt; number++) {
        if (state.ports[number].mac == source && number != sender) {
            return true;
        }
    }
    return false;
}

static bool names_buffer(const struct port *port, net_buff_desc_t frame)
{
    return frame.oid == 0 && frame.io_or_offset % NET_BUFFER_SIZE == 0 &&
           frame.io_or_offset / NET_BUFFER_SIZE < port->tx.capacity;
}

/*
 * Whether what a port submits is a frame, in a buffer that is the port's to send. If not, it goes
 * back as it came; a buffer that does so already goes once.
 */
static bool is_sendable(uint32_t number, net_buff_desc_t frame)
{
    const struct port *port = &state.ports[number];

    if (unlikely(!names_buffer(port, frame))) {
        packets_invalid++;
        (void)take_in_hand(number, frame, false);
        return false;
    }
    uint64_t holding = holders[port->first_buffer + frame.io_or_offset / NET_BUFFER_SIZE];

    if (unlikely(holding != 0)) {
        packets_duplicate++;
        if ((holding & BIT(number)) == 0) {
            (void)take_in_hand(number, frame, false);
        }
        return false;
    }
    if (unlikely(frame.len < sizeof(ether_hdr_t) || frame.len > NET_BUFFER_SIZE)) {
        packets_invalid++;
        take_home(number, frame);
        return false;
    }
    return true;
}

/* One frame of a port, to all it is for. */
static void switch_frame(uint32_t number, net_buff_desc_t frame)
{
    const struct port *port = &state.ports[number];
    uint64_t buffer = port->first_buffer + frame.io_or_offset / NET_BUFFER_SIZE;

    if (unlikely(!is_sendable(number, frame))) {
        return;
    }
    const char *data = (const char *)config.ports[number].tx_data.vaddr + frame.io_or_offset;
    uint64_t left = receivers(dest_key(data)) & port->reaches;

    if (unlikely(left == 0)) {
        packets_denied++;
    } else if (unlikely(is_spoofed(number, source_key(data)))) {
        packets_spoofed++;
        left = 0;
    }
    frame.oid = number & 0x3f;
    for (; left != 0; left &= left - 1) {
        give((uint32_t)__builtin_ctzl(left), buffer, frame);
    }
    if (holders[buffer] == 0) {
        take_home(number, (net_buff_desc_t){.io_or_offset = frame.io_or_offset});
    }
}

/* Take what one port submits; true if there was anything. */
static bool drain_submitted(uint32_t number)
{
    net_queue_handle_t *queue = &state.ports[number].tx;
    uint32_t budget = queue->capacity;
    bool reprocess = true;

    while (reprocess) {
        uint32_t count = offered_within(budget, queue->active, queue->capacity);
        net_buff_desc_t frame;

        budget -= count;
        while (count > 0 && net_dequeue_active(queue, &frame) == 0) {
            switch_frame(number, frame);
            count--;
        }

        net_request_signal_active(queue);
        reprocess = false;
        if (budget > 0 && offered(queue->active, queue->capacity) > 0) {
            net_cancel_signal_active(queue);
            reprocess = true;
        }
    }
    return budget < queue->capacity;
}

static uint32_t port_after(uint32_t number)
{
    return number + 1 < config.num_ports ? number + 1 : 0;
}

/* The first that has anything to submit is behind all others the next time. */
static void switch_frames(void)
{
    uint32_t number = state.first_port;
    bool any = false;

    for (uint32_t i = 0; i < config.num_ports; i++) {
        if (!at_rest(state.ports[number].tx.active) && drain_submitted(number) && !any) {
            any = true;
            state.first_port = port_after(number);
        }
        number = port_after(number);
    }
}

static void take_returned(void)
{
    for (uint32_t number = 0; number < config.num_ports; number++) {
        if (!at_rest(state.ports[number].rx.free)) {
            drain_returned(number);
        }
    }
}

/* One signal for all that each peer was given. */
static void signal_peers(void)
{
    for (uint64_t left = state.notify_rx; left != 0; left &= left - 1) {
        uint32_t number = (uint32_t)__builtin_ctzl(left);

        if (net_require_signal_active(&state.ports[number].rx)) {
            net_cancel_signal_active(&state.ports[number].rx);
            sddf_notify(config.ports[number].rx.id);
        }
    }
    for (uint64_t left = state.notify_tx; left != 0; left &= left - 1) {
        uint32_t number = (uint32_t)__builtin_ctzl(left);

        if (net_require_signal_free(&state.ports[number].tx)) {
            net_cancel_signal_free(&state.ports[number].tx);
            sddf_notify(config.ports[number].tx.id);
        }
    }
    state.notify_rx = 0;
    state.notify_tx = 0;
}

/* -- protected calls -- */

/* Words of a request that did not come with it read as 0, not as what an earlier caller left. */
static uint64_t argument(seL4_MessageInfo_t msginfo, unsigned int n)
{
    return n < seL4_MessageInfo_get_length(msginfo) ? sddf_get_mr(n) : 0;
}

static seL4_MessageInfo_t refuse(vswitch_err_t error)
{
    calls_refused++;
    sddf_set_mr(0, error);
    return seL4_MessageInfo_new(0, 0, 0, 1);
}

static seL4_MessageInfo_t set_ip_addr(uint32_t caller, seL4_MessageInfo_t msginfo)
{
    uint64_t ip = argument(msginfo, VSWITCH_SET_IP_ADDR_ARG);

    if (ip == 0 || ip > UINT32_MAX) {
        return refuse(VSWITCH_ERR_INVALID_IP);
    }
    state.ports[caller].ip = (uint32_t)ip;
    sddf_set_mr(VSWITCH_SET_RET_ERR, VSWITCH_ERR_OKAY);
    return seL4_MessageInfo_new(0, 0, 0, VSWITCH_SET_RET_NUM_ARGS);
}

static seL4_MessageInfo_t query_state(uint32_t caller)
{
    sddf_set_mr(VSWITCH_QUERY_RET_ERR, VSWITCH_ERR_OKAY);
    sddf_set_mr(VSWITCH_QUERY_RET_CLIENT_ID, caller);
    sddf_set_mr(VSWITCH_QUERY_RET_REACHABLE_BITMAP, state.ports[caller].reaches);
    return seL4_MessageInfo_new(0, 0, 0, VSWITCH_QUERY_RET_NUM_ARGS);
}

/* A port that does not exist is as far away as one that may not be reached. */
static seL4_MessageInfo_t req_client(uint32_t caller, seL4_MessageInfo_t msginfo)
{
    uint64_t port = argument(msginfo, VSWITCH_REQ_CLIENT_ID);

    if (seL4_MessageInfo_get_length(msginfo) < VSWITCH_REQ_NUM_ARGS) {
        return refuse(VSWITCH_ERR_INVALID_OPERATION);
    }
    if (port == state.virt) {
        return refuse(VSWITCH_ERR_VIRT_PORT);
    }
    if (port >= config.num_ports || (state.ports[caller].reaches & BIT(port)) == 0) {
        return refuse(VSWITCH_ERR_OPERATION_DENIED);
    }
    if (state.ports[port].ip == 0) {
        return refuse(VSWITCH_ERR_NO_IP);
    }
    sddf_set_mr(VSWITCH_REQ_RET_ERR, VSWITCH_ERR_OKAY);
    sddf_set_mr(VSWITCH_REQ_RET_IP_ADDR, state.ports[port].ip);
    return seL4_MessageInfo_new(0, 0, 0, VSWITCH_REQ_RET_NUM_ARGS);
}

/* A client calls over its tx channel; nobody else has anything to ask. */
seL4_MessageInfo_t protected(sddf_channel ch, seL4_MessageInfo_t msginfo)
{
    uint32_t caller = 0;

    while (caller < state.virt && config.ports[caller].tx.id != ch) {
        caller++;
    }
    if (caller == state.virt) {
        return refuse(VSWITCH_ERR_INVALID_OPERATION);
    }
    switch (seL4_MessageInfo_get_label(msginfo)) {
    case VSWITCH_SET_IP_ADDR:
        return set_ip_addr(caller, msginfo);
    case VSWITCH_QUERY_STATE:
        return query_state(caller);
    case VSWITCH_REQ_CLIENT:
        return req_client(caller, msginfo);
    default:
        return refuse(VSWITCH_ERR_INVALID_OPERATION);
    }
}

/* -- the beginning -- */

/* Returns the number behind the last of its buffers. */
static uint32_t init_port(uint32_t number, uint32_t first_buffer)
{
    const net_vswitch_port_config_t *port_config = &config.ports[number];
    struct port *port = &state.ports[number];
    uint64_t all = BIT_MASK(0, config.num_ports - 1);

    net_queue_init(&port->rx, port_config->rx.free_queue.vaddr, port_config->rx.active_queue.vaddr,
                   port_config->rx.num_buffers);
    net_queue_init(&port->tx, port_config->tx.free_queue.vaddr, port_config->tx.active_queue.vaddr,
                   port_config->tx.num_buffers);
    assert(port->tx.capacity <= BUFFERS_MAX - first_buffer);
    assert(port_config->tx_data.size >= (uint64_t)NET_BUFFER_SIZE * port->tx.capacity);
    port->mac = dest_key(port_config->mac_addr.addr);
    port->reaches = port_config->acl & all & ~BIT(number);
    port->first_buffer = first_buffer;
    return first_buffer + port->tx.capacity;
}

void init(void)
{
    uint32_t buffers = 0;

    assert(net_config_check_magic(&config));
    assert(config.num_ports > 0);
    assert(config.num_ports <= SDDF_NET_MAX_CLIENTS);

    state.virt = config.num_ports - 1;
    for (uint32_t number = 0; number < config.num_ports; number++) {
        buffers = init_port(number, buffers);
    }
    assert(config.buffer_metadata.size >= buffers);
    holder_count = config.buffer_metadata.vaddr;
}

/*
 * Whoever signalled: look at all there is. What comes back is seen to first, as ports that have
 * returned buffers can be given more.
 */
void notified(sddf_channel ch)
{
    (void)ch;
    take_returned();
    switch_frames();
    give_back();
    signal_peers();
}
