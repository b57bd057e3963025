/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_IMAGE_CLIENT_HARNESS_H
#define TESTS_IMAGE_CLIENT_HARNESS_H
/*
 * A client, which has its frames from channel 1 and sends what it has to say to channel 2; the test
 * plays both, be they virtualisers or the driver itself. The client is 192.0.2.1, and whoever
 * speaks to it 192.0.2.2.
 */
#include "tests/image/image_harness.h"
#include "tests/image/neighbours.h"

#define RX_CH 1
#define TX_CH 2

static struct image image;
static net_client_config_t *config;
static net_queue_handle_t rx;
static net_queue_handle_t tx;
static uint8_t *rx_data;
static uint8_t *tx_data;
/* What descriptors call the first byte of each region: 0 where they name buffers by offset. */
static uint64_t rx_base;
static uint64_t tx_base;

/* clang-format off */
#define TO_US     0x52, 0x54, 0x00, 0x12, 0x34, 0x56
#define TO_PEER   0x52, 0x54, 0x00, 0x65, 0x43, 0x21
#define IP_US     192, 0, 2, 1
#define IP_PEER   192, 0, 2, 2
#define BROADCAST 0xff, 0xff, 0xff, 0xff, 0xff, 0xff

static const uint8_t own_mac[6] = {TO_US};
static const uint8_t arp_request[42] = {
    BROADCAST, TO_PEER, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, TO_PEER, IP_PEER, 0, 0, 0, 0, 0, 0, IP_US,
};
static const uint8_t arp_reply[42] = {
    TO_PEER, TO_US, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2, TO_US, IP_US, TO_PEER, IP_PEER,
};
/* clang-format on */

static inline void configure_client(const char *name, uint32_t rx_buffers, uint32_t tx_buffers)
{
    size_t rx_bytes = (size_t)rx_buffers * NET_BUFFER_SIZE;
    size_t tx_bytes = (size_t)tx_buffers * NET_BUFFER_SIZE;

    image = image_load(name);
    config = image_symbol(&image, "config");
    rx = pair_make(rx_buffers);
    tx = pair_make(tx_buffers);
    rx_data = guarded(rx_bytes);
    tx_data = guarded(tx_bytes);
    memcpy(config->magic, SDDF_NET_MAGIC, SDDF_NET_MAGIC_LEN);
    memcpy(config->mac_addr.addr, own_mac, sizeof(own_mac));
    config->rx = pair_connection(rx, RX_CH);
    config->rx_data = (region_resource_t){rx_data, rx_bytes};
    config->tx = pair_connection(tx, TX_CH);
    config->tx_data = (region_resource_t){tx_data, tx_bytes};
}

/* A frame comes in, in that buffer. */
static inline void gives(uint64_t buffer, const uint8_t *frame, size_t len)
{
    uint64_t offset = buffer * NET_BUFFER_SIZE;

    memcpy(rx_data + offset, frame, len);
    assert_int_equal(net_enqueue_active(&rx, desc(rx_base + offset, (uint16_t)len)), 0);
}

/* The next buffer that comes back, or is there for the first time. */
static inline net_buff_desc_t provides(void)
{
    net_buff_desc_t empty = {0};

    assert_int_equal(net_dequeue_free(&rx, &empty), 0);
    return empty;
}

static inline void assert_sent(net_buff_desc_t packet)
{
    uint64_t offset = packet.io_or_offset - tx_base;

    assert_int_equal(offset % NET_BUFFER_SIZE, 0);
    assert_true(offset < (uint64_t)tx.capacity * NET_BUFFER_SIZE);
    assert_true(packet.len > 0 && packet.len <= NET_BUFFER_SIZE);
    assert_int_equal(packet.oid, 0);
}

/* What the client sends next. */
static inline net_buff_desc_t sends(void)
{
    net_buff_desc_t packet = {0};

    assert_int_equal(net_dequeue_active(&tx, &packet), 0);
    assert_sent(packet);
    return packet;
}

/* The bytes of what it sends. */
static inline const uint8_t *frame_of(net_buff_desc_t packet)
{
    return tx_data + (packet.io_or_offset - tx_base);
}

static inline void sent(net_buff_desc_t packet)
{
    assert_int_equal(net_enqueue_free(&tx, desc(packet.io_or_offset, 0)), 0);
}

static inline void sends_exactly(const uint8_t *frame, size_t len)
{
    net_buff_desc_t packet = sends();

    assert_int_equal(packet.len, len);
    assert_memory_equal(frame_of(packet), frame, len);
    sent(packet);
}

/* -- what all that answer do, with a frame that has an answer -- */

/* There are two transmit buffers for five answers: frames wait for those to come back. */
static inline void answers_as_buffers_come_back(const uint8_t *frame, size_t len)
{
    for (uint64_t i = 0; i < 5; i++) {
        gives(i, frame, len);
    }
    net_cancel_signal_active(&rx);
    image_wake(&image, RX_CH);
    assert_int_equal(net_queue_length(tx.active), 2);
    assert_int_equal(net_queue_length(rx.active), 3);
    assert_int_equal(net_queue_length(rx.free), 2);
    assert_int_equal(tx.free->consumer_signalled, 0);
    sent(sends());
    image_wake(&image, TX_CH);
    assert_int_equal(net_queue_length(rx.active), 2);
    sent(sends());
    sent(sends());
    image_wake(&image, TX_CH);
    assert_int_equal(net_queue_length(rx.active), 0);
    assert_int_equal(rx.active->consumer_signalled, 0);
}

/* -- honest neighbours: of what one gives, some frames have an answer -- */

static struct neighbour *sender;
static const uint8_t *answerable;
static size_t answerable_bytes;

static inline net_buff_desc_t frame_in(net_buff_desc_t empty)
{
    bool answered = chance(3) > 0;
    size_t len = answered ? answerable_bytes : sizeof(arp_reply);

    memcpy(rx_data + (empty.io_or_offset - rx_base), answered ? answerable : arp_reply, len);
    return desc(empty.io_or_offset, (uint16_t)len);
}

static inline net_buff_desc_t emptied(net_buff_desc_t packet)
{
    return desc(packet.io_or_offset, 0);
}

/* For those that answer: unless all buffers for answers are out, which will come back. */
static inline bool answerable_are_left(void)
{
    bool blocked = sender->count + net_queue_length(tx.active) == tx.capacity;

    return !blocked && !net_queue_empty_active(&rx);
}

/* `rx_buffers`: how many the one that gives frames has to begin with. */
static inline void neighbours_exchange(uint32_t rx_buffers, const uint8_t *frame, size_t len,
                                       bool (*is_left)(void))
{
    answerable = frame;
    answerable_bytes = len;
    neighbours_forget();
    neighbour_owns(neighbour_add((struct neighbour){
                       .ch = RX_CH, .pair = &rx, .sends = true, .give = frame_in}),
                   rx_buffers);
    sender = neighbour_add(
        (struct neighbour){.ch = TX_CH, .pair = &tx, .take = assert_sent, .give = emptied});
    neighbours_play_on(&image, 4000, is_left);
}
#endif
