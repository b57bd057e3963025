/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The three clients behind virtualisers, and the rows that list the images. The frames are recorded
 * ones (traces/), so what is expected of them was not computed by the code under test.
 */
#include <sddf/timer/config.h>

#include "components/components.h"
#include "tests/image/client_harness.h"

#define TIMER_CH 9

static void *params;

static void configure(const char *name, uint32_t rx_buffers, uint32_t tx_buffers)
{
    configure_client(name, rx_buffers, tx_buffers);
    params = image_symbol(&image, "client_config");
}

static void configure_timer(void)
{
    timer_client_config_t *timer = image_symbol(&image, "timer_config");

    memcpy(timer->magic, SDDF_TIMER_MAGIC, SDDF_TIMER_MAGIC_LEN);
    timer->driver_id = TIMER_CH;
}

static void gets_back(uint64_t buffer)
{
    assert_int_equal(provides().io_or_offset, buffer * NET_BUFFER_SIZE);
}

/* RFC 1071, byte by byte: the sum over data that holds its own right checksum is 0xffff. */
static uint32_t sum_bytes(uint32_t sum, const uint8_t *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static uint32_t get16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

/* Make the checksum at `at` right for the data around it. */
static void put_checksum(uint8_t *at, const uint8_t *data, size_t bytes)
{
    put16(at, 0);
    put16(at, ~sum_bytes(0, data, bytes) & 0xffff);
}

/* clang-format off */
/* The first echo request of arp-ping.pcap; Linux answered with ICMP checksum 47fc. */
static const uint8_t ping[98] = {
    TO_US, TO_PEER, 0x08, 0x00, 0x45, 0x00, 0x00, 0x54, 0x61, 0x47, 0x40, 0x00, 0x40, 0x01,
    0x55, 0x5e, IP_PEER, IP_US, 0x08, 0x00, 0x3f, 0xfc, 0x66, 0x10, 0x00, 0x01, 0x2d, 0x86,
    0x01, 0x6b, 0x00, 0x00, 0x00, 0x00, 0x63, 0x2e, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10,
    0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f,
    0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e,
    0x2f, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37,
};

/* The first query of dns.pcap. */
static const uint8_t query[96] = {
    TO_US, TO_PEER, 0x08, 0x00, 0x45, 0x00, 0x00, 0x52, 0x32, 0xe8, 0x00, 0x00, 0x40, 0x11,
    0xc3, 0xaf, IP_PEER, IP_US, 0xc1, 0x66, 0x00, 0x35, 0x00, 0x3e, 0x5c, 0x92, 0x22, 0xe9,
    0x01, 0x20, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x05, 0x68, 0x6f, 0x73, 0x74,
    0x31, 0x07, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00,
    0x00, 0x29, 0x04, 0xd0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0c, 0x00, 0x0a, 0x00, 0x08, 0x67,
    0xf7, 0xbe, 0x21, 0x88, 0xff, 0x40, 0x5c,
};

/* The SYN of http.pcap. */
static const uint8_t syn[74] = {
    TO_US, TO_PEER, 0x08, 0x00, 0x45, 0x00, 0x00, 0x3c, 0xd5, 0x42, 0x40, 0x00, 0x40, 0x06,
    0xe1, 0x75, IP_PEER, IP_US, 0x90, 0xcc, 0x00, 0x50, 0x6f, 0x62, 0xe7, 0x58, 0x00, 0x00,
    0x00, 0x00, 0xa0, 0x02, 0xfa, 0xf0, 0xdb, 0x77, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4, 0x04,
    0x02, 0x08, 0x0a, 0x94, 0xb4, 0x71, 0x04, 0x00, 0x00, 0x00, 0x00, 0x01, 0x03, 0x03, 0x0a,
};
/* clang-format on */

/* `frame` as it should come back: MACs and IPv4 addresses exchanged, ports too if it has them. */
static void turn_round(uint8_t *frame, bool ports)
{
    static const uint8_t macs[12] = {TO_PEER, TO_US};
    static const uint8_t ips[8] = {IP_US, IP_PEER};
    uint8_t port[2];

    memcpy(frame, macs, sizeof(macs));
    memcpy(frame + 26, ips, sizeof(ips));
    if (ports) {
        memcpy(port, frame + 34, 2);
        memmove(frame + 34, frame + 36, 2);
        memcpy(frame + 36, port, 2);
    }
}

/* -- client_echo -- */

static struct client_echo_config *echo_params(void)
{
    return params;
}

static void start_echo(uint32_t rx_buffers, uint32_t tx_buffers)
{
    configure("network/client_echo", rx_buffers, tx_buffers);
    echo_params()->reflect = true;
    image_init(&image);
    assert_int_equal(world.signals[RX_CH] + world.signals[TX_CH], 0);
}

/* Whoever gives transmit buffers back may be there first, and write anything. */
static void echo_begins_whatever_its_neighbour_did(void **unused)
{
    (void)unused;
    configure("network/client_echo", 8, 4);
    tx.free->head = (uint16_t)-4; /* its queue looks full */
    image_init(&image);
    assert_int_equal(tx.free->tail, 0);
}

static void echo_answers(const uint8_t *frame, size_t len, const uint8_t *expected, size_t bytes)
{
    gives(3, frame, len);
    image_wake(&image, RX_CH);
    gets_back(3);
    sends_exactly(expected, bytes);
    assert_true(net_queue_empty_active(&tx));
}

static void echo_ignores(const uint8_t *frame, size_t len)
{
    uint64_t before = image_count(&image, "frames_ignored");

    gives(3, frame, len);
    image_wake(&image, RX_CH);
    gets_back(3);
    assert_true(net_queue_empty_active(&tx));
    assert_int_equal(image_count(&image, "frames_ignored"), before + 1);
}

static void echo_answers_arp(void **unused)
{
    uint8_t frame[60] = {0};

    (void)unused;
    start_echo(8, 8);
    echo_answers(arp_request, sizeof(arp_request), arp_reply, sizeof(arp_reply));
    /* Padded to what a wire carries, and asked of us alone. */
    memcpy(frame, arp_request, sizeof(arp_request));
    memcpy(frame, own_mac, 6);
    echo_answers(frame, sizeof(frame), arp_reply, sizeof(arp_reply));

    for (size_t len = 0; len < sizeof(arp_request); len++) {
        echo_ignores(arp_request, len);
    }
    /* Each of these bytes made wrong makes it something else. */
    for (size_t at = 14; at < 22; at++) {
        memcpy(frame, arp_request, sizeof(arp_request));
        frame[at] ^= 0x40;
        echo_ignores(frame, sizeof(arp_request));
    }
    echo_ignores(arp_reply, sizeof(arp_reply));
    memcpy(frame, arp_request, sizeof(arp_request));
    frame[6] |= 1;
    echo_ignores(frame, 42);
    memcpy(frame, arp_request, sizeof(arp_request));
    frame[22] |= 1;
    echo_ignores(frame, 42);
    memcpy(frame, arp_request, sizeof(arp_request));
    frame[0] = 1;
    echo_ignores(frame, 42);
    image_unload(&image);
}

static void echo_leaves_others_addresses_alone(void **unused)
{
    uint8_t frame[42];

    (void)unused;
    start_echo(8, 8);
    memcpy(frame, arp_request, sizeof(frame));
    memcpy(frame + 28, frame + 38, 4); /* an announcement */
    echo_ignores(frame, sizeof(frame));
    memset(frame + 28, 0, 4); /* a probe */
    echo_ignores(frame, sizeof(frame));
    memset(frame + 38, 0, 4);
    echo_ignores(frame, sizeof(frame));

    memcpy(&echo_params()->ip, (const uint8_t[]){IP_PEER}, 4);
    echo_ignores(arp_request, sizeof(arp_request));
    echo_ignores(ping, sizeof(ping));
    echo_ignores(query, sizeof(query));
    memcpy(&echo_params()->ip, (const uint8_t[]){IP_US}, 4);
    echo_answers(arp_request, sizeof(arp_request), arp_reply, sizeof(arp_reply));

    /* With an address of its own it defends that against a probe. */
    uint8_t reply[42];
    memcpy(frame, arp_request, sizeof(frame));
    memset(frame + 28, 0, 4);
    memcpy(reply, arp_reply, sizeof(reply));
    memset(reply + 38, 0, 4);
    echo_answers(frame, sizeof(frame), reply, sizeof(reply));
    image_unload(&image);
}

static void echo_answers_ping(void **unused)
{
    uint8_t expected[98];
    uint8_t frame[99];

    (void)unused;
    start_echo(8, 8);
    memcpy(expected, ping, sizeof(ping));
    turn_round(expected, false);
    expected[34] = 0;
    put16(expected + 36, 0x47fc);
    echo_answers(ping, sizeof(ping), expected, sizeof(expected));

    /* All lengths of payload, odd ones and none, and the sums that are nothing but zero. */
    for (size_t payload = 0; payload <= 56; payload++) {
        for (int zero = 0; zero < 2; zero++) {
            size_t icmp = 8 + payload;
            memcpy(frame, ping, sizeof(ping));
            if (zero) {
                memset(frame + 36, 0, 62);
            }
            put16(frame + 16, (uint32_t)(20 + icmp));
            put_checksum(frame + 24, frame + 14, 20);
            put_checksum(frame + 36, frame + 34, icmp);
            memcpy(expected, frame, sizeof(expected));
            turn_round(expected, false);
            expected[34] = 0;
            put_checksum(expected + 36, expected + 34, icmp);
            /* What follows the packet is padding, and comes back with it. */
            echo_answers(frame, sizeof(ping), expected, sizeof(expected));
        }
    }
    for (size_t at = 36; at < sizeof(ping); at++) {
        memcpy(frame, ping, sizeof(ping));
        frame[at] ^= 4;
        echo_ignores(frame, sizeof(ping));
    }
    image_unload(&image);
}

static void echo_turns_udp_round(void **unused)
{
    uint8_t expected[sizeof(query)];
    uint8_t frame[sizeof(query)];

    (void)unused;
    start_echo(8, 8);
    echo_params()->reflect = false;
    memcpy(expected, query, sizeof(query));
    turn_round(expected, true);
    echo_answers(query, sizeof(query), expected, sizeof(expected));
    assert_int_equal(image_count(&image, "frames_answered"), 1);

    /* A later fragment has no ports, and a first one has. */
    memcpy(frame, query, sizeof(query));
    put16(frame + 20, 0x2000);
    put_checksum(frame + 24, frame + 14, 20);
    memcpy(expected, frame, sizeof(expected));
    turn_round(expected, true);
    echo_answers(frame, sizeof(frame), expected, sizeof(expected));
    put16(frame + 20, 0x0001);
    put_checksum(frame + 24, frame + 14, 20);
    memcpy(expected, frame, sizeof(expected));
    turn_round(expected, false);
    echo_answers(frame, sizeof(frame), expected, sizeof(expected));

    /* Options move the ports. */
    memcpy(frame, query, sizeof(query));
    frame[14] = 0x46;
    put_checksum(frame + 24, frame + 14, 24);
    memcpy(expected, frame, sizeof(expected));
    turn_round(expected, false);
    memcpy(expected + 38, frame + 40, 2);
    memcpy(expected + 40, frame + 38, 2);
    echo_answers(frame, sizeof(frame), expected, sizeof(expected));
    image_unload(&image);
}

/* The sum over pseudo-header and payload of a packet without options. */
static uint32_t transport_sum(const uint8_t *frame, size_t bytes)
{
    uint8_t pseudo[12] = {0};

    memcpy(pseudo, frame + 26, 8);
    pseudo[9] = frame[23];
    put16(pseudo + 10, (uint32_t)bytes);
    return sum_bytes(sum_bytes(0, pseudo, sizeof(pseudo)), frame + 34, bytes);
}

/* What the mirror makes of a frame for `to`: it comes from `from`, and its checksums are right. */
static void mirrors(const uint8_t *frame, size_t len, const uint8_t *from, size_t check_at)
{
    uint8_t expected[sizeof(query)];
    size_t bytes = len - 34;

    memcpy(expected, frame, len);
    memcpy(expected, frame + 6, 6);
    memcpy(expected + 6, own_mac, 6);
    memcpy(expected + 26, from, 4);
    memcpy(expected + 30, frame + 26, 4);
    put_checksum(expected + 24, expected + 14, 20);
    if (check_at != 0) {
        put16(expected + check_at, 0);
        uint32_t check = ~transport_sum(expected, bytes) & 0xffff;

        put16(expected + check_at, check == 0 && frame[23] == 17 ? 0xffff : check);
    }
    echo_answers(frame, len, expected, len);
}

static void echo_is_a_mirror(void **unused)
{
    static const uint8_t us[] = {IP_US}, other[] = {10, 255, 0, 99};
    uint8_t frame[sizeof(query)], arp[42], reply[42];

    (void)unused;
    start_echo(8, 8);
    echo_params()->reflect = false;
    memcpy(&echo_params()->ip, us, 4);
    memcpy(&echo_params()->mirror_ip, other, 4);
    /* It is there by either address. */
    echo_answers(arp_request, sizeof(arp_request), arp_reply, sizeof(arp_reply));
    memcpy(arp, arp_request, sizeof(arp));
    memcpy(reply, arp_reply, sizeof(reply));
    memcpy(arp + 38, other, 4);
    memcpy(reply + 28, other, 4);
    echo_answers(arp, sizeof(arp), reply, sizeof(reply));
    arp[41]++;
    echo_ignores(arp, sizeof(arp));

    /* To the one, and from the other; ports stay. Every sum there is, for one word of data. */
    for (uint32_t word = 0; word < 0x10000; word += word < 0x100 || word >= 0xff00 ? 1 : 0x55) {
        for (int back = 0; back < 2; back++) {
            memcpy(frame, query, sizeof(query));
            memcpy(frame + 30, back ? other : us, 4);
            put_checksum(frame + 24, frame + 14, 20);
            put16(frame + 50, word);
            put16(frame + 40, 0);
            uint32_t check = ~transport_sum(frame, sizeof(query) - 34) & 0xffff;
            put16(frame + 40, check == 0 ? 0xffff : check);
            mirrors(frame, sizeof(query), back ? us : other, 40);
        }
    }
    /* TCP's checksum lies elsewhere. */
    memcpy(frame, query, sizeof(query));
    frame[23] = 6;
    put_checksum(frame + 24, frame + 14, 20);
    put16(frame + 50, 0);
    put16(frame + 50, ~transport_sum(frame, sizeof(query) - 34) & 0xffff);
    mirrors(frame, sizeof(query), other, 50);
    /* What has no checksum has none afterwards; what was wrong stays so; nor has a later fragment
     * one, nor a packet that ends before it. */
    memcpy(frame, query, sizeof(query));
    put16(frame + 40, 0);
    mirrors(frame, sizeof(query), other, 0);
    memcpy(frame, query, sizeof(query));
    put16(frame + 20, 0x0001);
    put_checksum(frame + 24, frame + 14, 20);
    mirrors(frame, sizeof(query), other, 0);
    memcpy(frame, query, sizeof(query));
    put16(frame + 16, 27);
    put_checksum(frame + 24, frame + 14, 20);
    mirrors(frame, 42, other, 0);
    frame[23] = 47; /* and of this we know nothing */
    put_checksum(frame + 24, frame + 14, 20);
    mirrors(frame, 42, other, 0);
    /* For nobody here. */
    memcpy(frame, query, sizeof(query));
    frame[33]++;
    put_checksum(frame + 24, frame + 14, 20);
    echo_ignores(frame, sizeof(query));
    image_unload(&image);
}

static void echo_reflects_if_asked(void **unused)
{
    uint8_t expected[74];
    uint8_t frame[74];
    uint8_t six[74] = {TO_US, TO_PEER, 0x86, 0xdd, 0x60};

    (void)unused;
    start_echo(8, 8);
    memcpy(expected, syn, sizeof(syn));
    turn_round(expected, true);
    echo_answers(syn, sizeof(syn), expected, sizeof(expected));

    /* An ICMP message that asks nothing, and one whose header is not all there. */
    memcpy(frame, syn, sizeof(syn));
    frame[23] = 1;
    put_checksum(frame + 24, frame + 14, 20);
    memcpy(expected, frame, sizeof(expected));
    turn_round(expected, false);
    echo_answers(frame, sizeof(frame), expected, sizeof(expected));

    six[20] = 17;
    for (size_t i = 22; i < sizeof(six); i++) {
        six[i] = (uint8_t)i;
    }
    memcpy(expected, six, sizeof(expected));
    memcpy(expected, arp_reply, 12);
    memcpy(expected + 22, six + 38, 16);
    memcpy(expected + 38, six + 22, 16);
    memcpy(expected + 54, six + 56, 2);
    memcpy(expected + 56, six + 54, 2);
    echo_answers(six, sizeof(six), expected, sizeof(expected));

    memcpy(frame, syn, sizeof(syn));
    put16(frame + 12, 0x88b5);
    memcpy(expected, frame, sizeof(expected));
    memcpy(expected, arp_reply, 12);
    echo_answers(frame, sizeof(frame), expected, sizeof(expected));

    echo_params()->reflect = false;
    echo_ignores(syn, sizeof(syn));
    echo_ignores(six, sizeof(six));
    echo_ignores(frame, sizeof(frame));
    image_unload(&image);
}

static void echo_ignores_what_is_broken(void **unused)
{
    uint8_t frame[sizeof(query)];

    (void)unused;
    start_echo(8, 8);
    for (size_t at = 14; at < 34; at++) {
        memcpy(frame, query, sizeof(query));
        frame[at] ^= 0x10;
        echo_ignores(frame, sizeof(frame));
    }
    for (size_t len = 0; len < 14; len++) {
        echo_ignores(query, len);
    }
    for (size_t len = 14; len < sizeof(query); len++) {
        echo_ignores(query, len); /* shorter than the packet says */
    }
    const uint8_t first_bytes[] = {0x44, 0x40, 0x65, 0x05, 0x55};
    for (size_t i = 0; i < ARRAY_SIZE(first_bytes); i++) {
        memcpy(frame, query, sizeof(query));
        frame[14] = first_bytes[i];
        put_checksum(frame + 24, frame + 14, (first_bytes[i] & 15U) * 4);
        echo_ignores(frame, sizeof(frame));
    }
    const uint32_t lengths[] = {0, 19, 83, 65535};
    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        memcpy(frame, query, sizeof(query));
        put16(frame + 16, lengths[i]);
        put_checksum(frame + 24, frame + 14, 20);
        echo_ignores(frame, sizeof(frame));
    }
    memcpy(frame, query, sizeof(query));
    memset(frame, 0xff, 6);
    echo_ignores(frame, sizeof(frame));
    memcpy(frame, query, sizeof(query));
    frame[6] |= 1;
    echo_ignores(frame, sizeof(frame));
    image_unload(&image);
}

static void echo_survives_descriptors_of_nothing(void **unused)
{
    const net_buff_desc_t forged[] = {
        {.io_or_offset = 8 * NET_BUFFER_SIZE, .len = 60},
        {.io_or_offset = 0, .len = 2049},
        {.io_or_offset = 8 * NET_BUFFER_SIZE - 59, .len = 60},
        {.io_or_offset = UINT64_MAX, .len = 1},
        {.io_or_offset = 1UL << 63, .len = 60},
        {.io_or_offset = 0, .len = 65535},
    };

    (void)unused;
    start_echo(8, 8);
    for (size_t i = 0; i < ARRAY_SIZE(forged); i++) {
        net_buff_desc_t back = {0};
        assert_int_equal(net_enqueue_active(&rx, forged[i]), 0);
        image_wake(&image, RX_CH);
        assert_int_equal(net_dequeue_free(&rx, &back), 0);
        assert_desc(back, forged[i].io_or_offset, forged[i].len, 0);
        assert_int_equal(image_count(&image, "frames_ignored"), i + 1);
    }
    image_unload(&image);
}

/* Without a copier the region is everybody's and cannot be written. */
static void echo_only_reads_what_it_receives(void **unused)
{
    (void)unused;
    start_echo(8, 8);
    gives(5, ping, sizeof(ping));
    assert_int_equal(mprotect(rx_data, 8 * NET_BUFFER_SIZE, PROT_READ), 0);
    image_wake(&image, RX_CH);
    gets_back(5);
    assert_int_equal(sends().len, sizeof(ping));
    image_unload(&image);
}

static void echo_waits_for_transmit_buffers(void **unused)
{
    (void)unused;
    start_echo(8, 2);
    answers_as_buffers_come_back(query, sizeof(query));
    image_unload(&image);
}

static void echo_signals_each_peer_once(void **unused)
{
    (void)unused;
    start_echo(8, 8);
    for (uint64_t i = 0; i < 5; i++) {
        gives(i, query, sizeof(query));
    }
    image_wake(&image, RX_CH);
    assert_int_equal(world.signals[RX_CH], 1);
    assert_int_equal(world.signals[TX_CH], 1);
    assert_int_equal(world.deferred[RX_CH] + world.deferred[TX_CH], 1);
    /* Buffers that come back are no news while nothing waits for one. */
    assert_int_equal(tx.free->consumer_signalled, 1);
    image_unload(&image);
}

/* A signal is for those who asked for one, and owed once. */
static void echo_signals_only_who_asked(void **unused)
{
    (void)unused;
    start_echo(8, 8);
    net_cancel_signal_free(&rx);
    net_cancel_signal_active(&tx);
    gives(0, query, sizeof(query));
    image_wake(&image, RX_CH);
    assert_int_equal(world.signals[RX_CH] + world.signals[TX_CH], 0);
    net_request_signal_free(&rx);
    net_request_signal_active(&tx);
    image_wake(&image, RX_CH);
    assert_int_equal(world.signals[RX_CH] + world.signals[TX_CH], 0);
    gives(1, query, sizeof(query));
    image_wake(&image, RX_CH);
    assert_int_equal(rx.free->consumer_signalled, 1);
    assert_int_equal(tx.active->consumer_signalled, 1);
    gives(2, arp_reply, sizeof(arp_reply)); /* no answer, nothing to send */
    net_request_signal_active(&tx);
    image_wake(&image, RX_CH);
    assert_int_equal(world.signals[TX_CH], 0);
    image_unload(&image);
}

/*
 * As little and as much as fits: no payload, a few bytes of it, and a buffer full at the region's
 * end.
 */
static void echo_answers_at_the_limits(void **unused)
{
    uint8_t frame[2048];
    uint8_t expected[2048];

    (void)unused;
    start_echo(8, 8);
    for (size_t payload = 0; payload < 8; payload++) {
        memcpy(frame, query, sizeof(query));
        put16(frame + 16, (uint32_t)(20 + payload));
        put_checksum(frame + 24, frame + 14, 20);
        memcpy(expected, frame, sizeof(query));
        turn_round(expected, payload >= 4);
        echo_answers(frame, 34 + payload, expected, 34 + payload);
    }
    /* A port that begins like an echo request does. */
    memcpy(frame, query, sizeof(query));
    frame[34] = 8;
    memcpy(expected, frame, sizeof(query));
    turn_round(expected, true);
    echo_answers(frame, sizeof(query), expected, sizeof(query));
    /* A fragment of a ping cannot be judged: it goes back as it is. */
    memcpy(frame, ping, sizeof(ping));
    put16(frame + 20, 0x2000);
    put_checksum(frame + 24, frame + 14, 20);
    memcpy(expected, frame, sizeof(ping));
    turn_round(expected, false);
    echo_answers(frame, sizeof(ping), expected, sizeof(ping));
    /* 54 bytes of IPv6 have no ports, 58 have. */
    uint8_t six[58] = {TO_US, TO_PEER, 0x86, 0xdd, 0x60};
    six[20] = 6;
    six[54] = 1;
    memcpy(expected, six, sizeof(six));
    memcpy(expected, arp_reply, 12);
    echo_answers(six, 54, expected, 54);
    expected[54] = 0;
    expected[56] = 1;
    echo_answers(six, 58, expected, 58);

    memset(frame, 0x5a, sizeof(frame));
    memcpy(frame, query, sizeof(query));
    memcpy(expected, frame, sizeof(frame));
    turn_round(expected, true);
    gives(7, frame, sizeof(frame));
    image_wake(&image, RX_CH);
    gets_back(7);
    sends_exactly(expected, sizeof(expected));
    image_unload(&image);
}

static void echo_uses_no_buffer_outside_its_region(void **unused)
{
    (void)unused;
    start_echo(8, 2);
    queue_set(tx.free, tx.free->tail);
    net_enqueue_free(&tx, desc(2 * NET_BUFFER_SIZE, 0));
    net_enqueue_free(&tx, desc(NET_BUFFER_SIZE, 0));
    gives(0, ping, sizeof(ping));
    image_wake(&image, RX_CH);
    assert_int_equal(sends().io_or_offset, NET_BUFFER_SIZE);
    image_unload(&image);
}

/* A fresh image with the queues as the last one left them, and nobody to signal it. */
static void begin_anew(const char *name)
{
    net_client_config_t kept = *config;

    image_unload(&image);
    image = image_load(name);
    config = image_symbol(&image, "config");
    params = image_symbol(&image, "client_config");
    *config = kept;
}

static void echo_begun_anew_goes_on(void **unused)
{
    (void)unused;
    start_echo(8, 2);
    gives(1, query, sizeof(query));
    image_wake(&image, RX_CH);
    gets_back(1);
    net_buff_desc_t first = sends(); /* and is on its way */
    gives(2, query, sizeof(query));
    gives(3, query, sizeof(query));
    net_cancel_signal_active(&rx);
    begin_anew("network/client_echo");
    echo_params()->reflect = true;
    image_init(&image);
    gets_back(2);
    assert_int_equal(net_queue_length(tx.active), 1); /* it has no buffer for the other one */
    sent(first);
    image_wake(&image, TX_CH);
    gets_back(3);
    assert_int_equal(net_queue_length(tx.active), 2);
    assert_true(sends().io_or_offset != sends().io_or_offset);
    assert_true(net_require_signal_active(&rx));
}

/* As often as it likes: what it had taken when it ended is written in the queues. */
static void echo_begun_anew_has_its_buffers_back(void **unused)
{
    net_buff_desc_t frame = {0}, buffers[2] = {{0}};

    (void)unused;
    start_echo(4, 4);
    for (uint64_t i = 0; i < 50; i++) {
        gives(i % 4, query, sizeof(query));
        gives((i + 1) % 4, query, sizeof(query));
        /* It takes all this, and ends before it does anything with it. */
        assert_int_equal(net_dequeue_active(&rx, &frame), 0);
        assert_int_equal(net_dequeue_active(&rx, &frame), 0);
        for (int k = 0; k < 2; k++) {
            assert_int_equal(net_dequeue_free(&tx, &buffers[k]), 0);
        }
        begin_anew("network/client_echo");
        echo_params()->reflect = true;
        image_init(&image);
        gets_back(i % 4);
        gets_back((i + 1) % 4);
        assert_true(net_queue_empty_free(&rx));
        for (int k = 0; k < 2; k++) {
            gives(2, query, sizeof(query));
            image_wake(&image, RX_CH);
            gets_back(2);
            net_buff_desc_t answer = sends();
            assert_int_equal(answer.io_or_offset, buffers[k].io_or_offset);
            sent(answer);
        }
    }
}

/* Its last words may not have been heard. */
static void echo_begun_anew_signals_what_it_gave(void **unused)
{
    (void)unused;
    start_echo(4, 2);
    gives(0, query, sizeof(query));
    image_wake(&image, RX_CH);
    begin_anew("network/client_echo");
    net_cancel_signal_free(&rx);
    net_cancel_signal_active(&tx);
    world.signals[RX_CH] = world.signals[TX_CH] = 0;
    image_init(&image);
    assert_int_equal(world.signals[RX_CH], 1);
    assert_int_equal(world.signals[TX_CH], 1);
}

static void sink_begun_anew_goes_on(void **unused)
{
    (void)unused;
    configure("network/client_sink", 8, 4);
    image_init(&image);
    gives(1, query, sizeof(query));
    net_cancel_signal_active(&rx);
    begin_anew("network/client_sink");
    image_init(&image);
    gets_back(1);
    assert_int_equal(net_queue_length(tx.free), 4);
    assert_true(net_require_signal_active(&rx));
}

static void echo_leaves_nobody_asleep(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        chance_seed(seed);
        start_echo(8, 1U << seed % 4);
        neighbours_exchange(8, query, sizeof(query), answerable_are_left);
        assert_true(image_count(&image, "frames_answered") > 200);
        assert_true(image_count(&image, "frames_ignored") > 100);
        image_unload(&image);
    }
}

/* Frames of chance, most of them near something known: guards stand behind every region. */
static void echo_survives_any_frame(void **unused)
{
    const uint8_t *const seeds[] = {arp_request, ping, query, syn};
    const size_t sizes[] = {sizeof(arp_request), sizeof(ping), sizeof(query), sizeof(syn)};

    (void)unused;
    chance_seed(11);
    start_echo(8, 8);
    for (int i = 0; i < 100000; i++) {
        uint8_t frame[128];
        size_t which = chance(4);
        size_t len = sizes[which];
        memcpy(frame, seeds[which], len);
        for (uint64_t changes = chance(4); changes > 0; changes--) {
            frame[chance(len)] = (uint8_t)chance(256);
        }
        len = chance(3) == 0 ? chance(len + 1) : len;
        if (chance(2) && len >= 34) {
            put_checksum(frame + 24, frame + 14, 20);
        }
        gives(7, frame, len);
        image_wake(&image, RX_CH);
        gets_back(7);
        if (!net_queue_empty_active(&tx)) {
            net_buff_desc_t packet = sends();
            assert_true(packet.len <= MAX(len, 42));
            assert_memory_equal(frame_of(packet) + 6, own_mac, 6);
            sent(packet);
        }
        assert_true(net_queue_empty_active(&tx));
    }
    assert_true(image_count(&image, "frames_answered") > 10000);
    assert_true(image_count(&image, "frames_ignored") > 10000);
    image_unload(&image);
}

/* -- client_sink -- */

static void sink_takes_everything(void **unused)
{
    (void)unused;
    configure("network/client_sink", 8, 4);
    image_init(&image);
    assert_int_equal(net_queue_length(tx.free), 4);
    for (uint64_t i = 0; i < 8; i++) {
        gives(i, ping, sizeof(ping));
    }
    image_wake(&image, RX_CH);
    for (uint64_t i = 0; i < 8; i++) {
        gets_back(i);
    }
    assert_int_equal(world.deferred[RX_CH], 1);
    assert_int_equal(rx.active->consumer_signalled, 0);
    assert_int_equal(image_count(&image, "frames_taken"), 8);
    assert_int_equal(image_count(&image, "bytes_taken"), 8 * sizeof(ping));
    assert_int_equal(world.timer_calls, 0);
    image_unload(&image);
}

/*
 * Ten frames a millisecond, however many come: and it never sleeps with frames before it and no
 * timer running.
 */
static void sink_can_be_slow(void **unused)
{
    uint64_t next_frame = 0;
    bool rx_signalled = false;

    (void)unused;
    configure("network/client_sink", 64, 4);
    configure_timer();
    *(struct client_sink_config *)params =
        (struct client_sink_config){.frames = 10, .interval = 1000000};
    image_init(&image);
    world.now_ns = 5000000;
    for (int step = 0; step < 10000; step++) {
        bool pause = step / 500 % 4 == 3; /* now and then nothing comes for 5 ms */
        net_buff_desc_t empty = {0};
        while (net_dequeue_free(&rx, &empty) == 0) {
        }
        if (!pause && net_queue_length(rx.active) < 60) {
            for (int i = 0; i < 4; i++) {
                gives(next_frame++ % 64, ping, sizeof(ping));
            }
            if (net_require_signal_active(&rx)) {
                net_cancel_signal_active(&rx);
                rx_signalled = true;
            }
        }
        bool timer_due = world.timeout_ns != 0 && world.timeout_ns <= world.now_ns;
        if (timer_due) {
            world.timeout_ns = 0;
        }
        if (rx_signalled || timer_due) {
            rx_signalled = false;
            image_wake(&image, timer_due ? TIMER_CH : RX_CH);
        }
        assert_true(net_queue_empty_active(&rx) || world.timeout_ns > world.now_ns);
        world.now_ns += 10000;
    }
    /* 100 ms, a quarter of them quiet but for what had piled up. */
    uint64_t taken = image_count(&image, "frames_taken");
    assert_true(taken >= 750 && taken <= 1010);
    image_unload(&image);
}

static void sink_may_take_one_at_a_time(void **unused)
{
    (void)unused;
    configure("network/client_sink", 8, 4);
    configure_timer();
    *(struct client_sink_config *)params =
        (struct client_sink_config){.frames = 1, .interval = 1000};
    image_init(&image);
    for (uint64_t i = 0; i < 5; i++) {
        gives(i, ping, sizeof(ping));
    }
    for (uint64_t i = 1; i <= 5; i++) {
        /* Signals in between change nothing, and it wants none. */
        image_wake(&image, i == 1 ? RX_CH : TIMER_CH);
        image_wake(&image, RX_CH);
        assert_int_equal(image_count(&image, "frames_taken"), i);
        assert_int_equal(rx.active->consumer_signalled, 1);
        assert_int_equal(world.timeout_ns, i * 1000);
        world.now_ns = i * 1000 - 1;
        image_wake(&image, TIMER_CH);
        assert_int_equal(image_count(&image, "frames_taken"), i);
        world.now_ns = i * 1000;
    }
    image_wake(&image, TIMER_CH);
    assert_int_equal(rx.active->consumer_signalled, 0);
    image_unload(&image);
}

static uint32_t flood_left;

/* Each frame that is returned comes back at once as a new one. */
static void flood(enum point_op op, const volatile void *where, uint64_t units)
{
    net_buff_desc_t empty = {0};

    (void)units;
    if (op == POINT_DEQUEUE && where == rx.active && flood_left > 0 &&
        net_dequeue_free(&rx, &empty) == 0) {
        net_enqueue_active(&rx, desc(empty.io_or_offset, sizeof(ping)));
        flood_left--;
    }
}

/* What comes while the image is at work is taken too, and signals are for those who asked, once. */
static void takes_a_flood(const char *count)
{
    flood_left = 1000;
    net_cancel_signal_active(&rx);
    for (uint64_t i = 0; i < 8; i++) {
        gives(i, ping, sizeof(ping));
    }
    world.on_point = flood;
    image_wake(&image, RX_CH);
    world.on_point = NULL;
    assert_int_equal(image_count(&image, count), 1008);
    assert_true(net_queue_empty_active(&rx));
    assert_int_equal(rx.active->consumer_signalled, 0);
    assert_int_equal(world.signals[RX_CH], 1);
    assert_int_equal(world.deferred[RX_CH], 0);
    assert_int_equal(rx.free->consumer_signalled, 1);
    net_request_signal_free(&rx);
    image_wake(&image, RX_CH);
    assert_int_equal(world.signals[RX_CH], 0);
}

static void sink_takes_a_flood(void **unused)
{
    (void)unused;
    configure("network/client_sink", 8, 4);
    image_init(&image);
    takes_a_flood("frames_taken");
    image_unload(&image);
}

static bool frames_are_left(void)
{
    return !net_queue_empty_active(&rx);
}

static void sink_leaves_nobody_asleep(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        chance_seed(seed);
        configure("network/client_sink", 8, 4);
        image_init(&image);
        neighbours_exchange(8, ping, sizeof(ping), frames_are_left);
        assert_true(image_count(&image, "frames_taken") > 200);
        image_unload(&image);
    }
}

/* -- client_source -- */

static struct client_source_config *start_source(uint64_t rate, uint64_t size, uint64_t count,
                                                 uint32_t tx_buffers)
{
    configure("network/client_source", 8, tx_buffers);
    configure_timer();
    struct client_source_config *source = params;
    *source = (struct client_source_config){.rate = rate,
                                            .size = size,
                                            .count = count,
                                            .to_mac = {TO_PEER},
                                            .to_port = 0x1234,
                                            .from_port = 0xfedc};
    memcpy(&source->to_ip, (const uint8_t[]){IP_PEER}, 4);
    memcpy(&source->from_ip, (const uint8_t[]){IP_US}, 4);
    return source;
}

/* A whole UDP frame with everything right, and this number. */
static void assert_frame(const uint8_t *frame, size_t len, uint64_t number)
{
    static const uint8_t eth[14] = {TO_PEER, TO_US, 8, 0};
    static const uint8_t ips[8] = {IP_US, IP_PEER};

    assert_memory_equal(frame, eth, sizeof(eth));
    assert_int_equal(frame[14], 0x45);
    assert_int_equal(get16(frame + 16), len - 14);
    assert_int_equal(frame[20] & 0xbf, 0);
    assert_true(frame[22] >= 32);
    assert_int_equal(frame[23], 17);
    assert_int_equal(sum_bytes(0, frame + 14, 20), 0xffff);
    assert_memory_equal(frame + 26, ips, sizeof(ips));
    assert_int_equal(get16(frame + 34), 0xfedc);
    assert_int_equal(get16(frame + 36), 0x1234);
    assert_int_equal(get16(frame + 38), len - 34);
    assert_true(get16(frame + 40) != 0);
    uint32_t pseudo = sum_bytes(17 + (uint32_t)(len - 34), ips, sizeof(ips));
    assert_int_equal(sum_bytes(pseudo, frame + 34, len - 34), 0xffff);
    uint64_t carried = 0;
    for (int i = 0; i < 8; i++) {
        carried = carried << 8 | frame[42 + i];
    }
    assert_int_equal(carried, number);
}

static void source_sends_right_frames(void **unused)
{
    const size_t sizes[] = {60, 61, 62, 63, 64, 65, 100, 1513, 1514};

    (void)unused;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        start_source(0, sizes[i], 200, 512);
        image_init(&image);
        assert_int_equal(net_queue_length(tx.active), 200);
        assert_int_equal(world.signals[TX_CH], 1);
        const uint8_t *before = NULL;
        for (uint64_t n = 0; n < 200; n++) {
            net_buff_desc_t packet = sends();
            const uint8_t *frame = frame_of(packet);
            assert_int_equal(packet.len, sizes[i]);
            assert_frame(frame, sizes[i], n);
            if (before != NULL) {
                assert_memory_not_equal(before + 50, frame + 50, sizes[i] - 50);
            }
            before = frame;
        }
        image_wake(&image, TX_CH);
        assert_int_equal(image_count(&image, "frames_sent"), 200);
        assert_int_equal(world.timer_calls, 0);
        image_unload(&image);
    }
}

/* The checksum of one frame in 65536 is 0, and goes out as ffff. */
static void source_never_leaves_the_checksum_out(void **unused)
{
    uint32_t all_ones = 0;

    (void)unused;
    start_source(0, 60, 0, 64);
    image_init(&image);
    for (uint32_t n = 0; n < 300000; n++) {
        net_buff_desc_t packet = sends();
        const uint8_t *frame = frame_of(packet);
        assert_true(get16(frame + 40) != 0);
        if (get16(frame + 40) == 0xffff) {
            assert_frame(frame, 60, n);
            all_ones++;
        }
        sent(packet);
        if (n % 64 == 63) {
            image_wake(&image, TX_CH);
        }
    }
    assert_true(all_ones > 0);
    image_unload(&image);
}

static void source_follows_the_buffers(void **unused)
{
    (void)unused;
    start_source(0, 64, 0, 4);
    image_init(&image);
    for (uint64_t n = 0; n < 1000; n++) {
        assert_int_equal(net_queue_length(tx.active), 4);
        assert_int_equal(tx.free->consumer_signalled, 0);
        for (int i = 0; i < 4; i++) {
            sent(sends());
        }
        net_request_signal_active(&tx);
        image_wake(&image, TX_CH);
        assert_int_equal(world.deferred[TX_CH], 1);
    }
    image_unload(&image);
}

/* Run for a while with a timer that is `late_ns` late; the frames sent by the end. */
static uint64_t run_source(uint64_t until_ns, uint64_t late_ns, unsigned *biggest)
{
    while (world.timeout_ns != 0 && world.timeout_ns + late_ns <= until_ns) {
        world.now_ns = MAX(world.now_ns, world.timeout_ns) + late_ns;
        world.timeout_ns = 0;
        image_wake(&image, TIMER_CH);
        unsigned burst = 0;
        while (!net_queue_empty_active(&tx)) {
            sent(sends());
            burst++;
        }
        *biggest = MAX(*biggest, burst);
    }
    return image_count(&image, "frames_sent");
}

static void source_keeps_its_rate(void **unused)
{
    unsigned biggest = 0;

    (void)unused;
    start_source(3, 64, 0, 128);
    world.now_ns = 77;
    image_init(&image);
    assert_int_equal(image_count(&image, "frames_sent"), 1);
    /* Frame n is due n/3 s after the start, in whole nanoseconds, not before and not after. */
    assert_int_equal(world.timeout_ns, 77 + 333333334);
    sent(sends());
    assert_int_equal(run_source(77 + 333333334, 0, &biggest), 2);
    assert_int_equal(world.timeout_ns, 77 + 666666667);
    assert_int_equal(run_source(77 + 10 * 1000000000UL, 0, &biggest), 31);
    assert_int_equal(biggest, 1);
    image_unload(&image);
}

static void source_makes_up_for_lateness(void **unused)
{
    unsigned biggest = 0;

    (void)unused;
    start_source(1000000, 64, 0, 256);
    image_init(&image);
    sent(sends());
    /* 50 us late each time: bursts of about fifty, and none is lost. */
    uint64_t by_then = run_source(10000000, 50000, &biggest);
    assert_true(by_then > 9900 && by_then <= 10001);
    assert_true(biggest >= 50 && biggest <= 64);

    /* A long pause: it makes up for all of it, in bursts of 64. */
    biggest = 0;
    world.now_ns += 5000000;
    by_then = run_source(world.now_ns + 200, 0, &biggest);
    assert_int_equal(biggest, 64);
    assert_true(by_then >= world.now_ns / 1000);
    image_unload(&image);
}

static void source_stops_at_its_count(void **unused)
{
    unsigned biggest = 0;

    (void)unused;
    start_source(1000, 64, 25, 8);
    image_init(&image);
    sent(sends());
    assert_int_equal(run_source(UINT64_MAX / 4, 0, &biggest), 25);
    assert_int_equal(world.timeout_ns, 0);
    assert_true(net_queue_empty_active(&tx));
    image_unload(&image);
}

/* Out of buffers it waits for them, not for the time, and then goes on to what is due. */
static void source_with_a_rate_waits_for_buffers(void **unused)
{
    (void)unused;
    start_source(1000, 64, 0, 4);
    image_init(&image);
    for (int i = 0; i < 20; i++) {
        world.now_ns += 1000000;
        image_wake(&image, TIMER_CH);
    }
    assert_int_equal(net_queue_length(tx.active), 4);
    assert_int_equal(tx.free->consumer_signalled, 0);
    for (int i = 0; i < 4; i++) {
        sent(sends());
    }
    image_wake(&image, TX_CH);
    assert_int_equal(net_queue_length(tx.active), 4);
    assert_int_equal(image_count(&image, "frames_sent"), 8);
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 4; j++) {
            sent(sends());
        }
        image_wake(&image, TX_CH);
    }
    assert_int_equal(image_count(&image, "frames_sent"), 20);
    sent(sends());
    image_wake(&image, TX_CH);
    assert_int_equal(image_count(&image, "frames_sent"), 21);
    image_unload(&image);
}

static void source_takes_what_comes(void **unused)
{
    (void)unused;
    start_source(1000, 64, 0, 4);
    image_init(&image);
    for (uint64_t i = 0; i < 8; i++) {
        gives(i, ping, sizeof(ping));
    }
    image_wake(&image, RX_CH);
    for (uint64_t i = 0; i < 8; i++) {
        gets_back(i);
    }
    assert_int_equal(world.signals[RX_CH], 1);
    assert_int_equal(rx.active->consumer_signalled, 0);
    assert_int_equal(image_count(&image, "frames_taken"), 8);
    assert_int_equal(image_count(&image, "frames_sent"), 1);
    image_unload(&image);
}

static void source_takes_a_flood(void **unused)
{
    (void)unused;
    start_source(1, 64, 1, 4);
    image_init(&image);
    assert_int_equal(world.signals[TX_CH], 1);
    takes_a_flood("frames_taken");
    assert_int_equal(world.signals[TX_CH], 0);
    image_unload(&image);
}

/* Without a rate and without end, it can use every buffer. */
static bool frames_or_buffers_are_left(void)
{
    return frames_are_left() || !net_queue_empty_free(&tx);
}

static void source_leaves_nobody_asleep(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        chance_seed(seed);
        start_source(0, 64, 0, 1U << seed % 4);
        image_init(&image);
        neighbours_exchange(8, ping, sizeof(ping), frames_or_buffers_are_left);
        assert_true(image_count(&image, "frames_taken") > 200);
        assert_true(image_count(&image, "frames_sent") > 200);
        image_unload(&image);
    }
}

/* One deferred slot for two peers: neither loses its signal. */
static void source_signals_both_peers(void **unused)
{
    (void)unused;
    start_source(1000, 64, 0, 4);
    image_init(&image);
    gives(0, ping, sizeof(ping));
    sent(sends());
    net_request_signal_active(&tx);
    world.now_ns = 1000000;
    image_wake(&image, TIMER_CH);
    assert_int_equal(world.signals[RX_CH], 1);
    assert_int_equal(world.signals[TX_CH], 1);
    assert_int_equal(world.deferred[RX_CH] + world.deferred[TX_CH], 1);
    gives(1, ping, sizeof(ping));
    sent(sends());
    world.now_ns = 2000000;
    image_wake(&image, TIMER_CH);
    assert_int_equal(world.signals[RX_CH] + world.signals[TX_CH], 0);
    image_unload(&image);
}

/* -- the rows -- */

struct row_section {
    const char *image, *section, *variable;
    size_t bytes;
};

/* The size of a section of an ELF file, found by its name as the loader does. */
static size_t section_bytes(const char *elf, const char *name)
{
    uint64_t headers;
    uint16_t header_bytes;
    uint16_t count;
    uint16_t names;
    uint64_t names_offset;

    memcpy(&headers, elf + 0x28, sizeof(headers));
    memcpy(&header_bytes, elf + 0x3a, sizeof(header_bytes));
    memcpy(&count, elf + 0x3c, sizeof(count));
    memcpy(&names, elf + 0x3e, sizeof(names));
    memcpy(&names_offset, elf + headers + (size_t)names * header_bytes + 0x18, 8);
    for (uint16_t i = 0; i < count; i++) {
        const char *header = elf + headers + (size_t)i * header_bytes;
        uint32_t name_offset;
        uint64_t bytes;
        memcpy(&name_offset, header, sizeof(name_offset));
        memcpy(&bytes, header + 0x20, sizeof(bytes));
        if (strcmp(elf + names_offset + name_offset, name) == 0) {
            return bytes;
        }
    }
    return 0;
}

static char *read_image(const char *name)
{
    char path[] = "/tmp/sddfsim-image-XXXXXX";
    int file = mkstemp(path);

    assert_true(file >= 0);
    unlink(path);
    image_copy(name, file);
    size_t bytes = (size_t)lseek(file, 0, SEEK_END);
    char *elf = malloc(bytes);
    assert_non_null(elf);
    assert_int_equal(pread(file, elf, bytes, 0), (ssize_t)bytes);
    close(file);
    return elf;
}

static void rows_say_what_images_are(void **unused)
{
    static const struct row_section sections[] = {
#define PARAMS(section, type, variable, table) {NULL, section, #variable, sizeof(type)},
#define NO_PARAMS
#define OTHER(section, type, variable) {NULL, section, #variable, sizeof(type)},
#define NO_OTHERS
#define ROW(id, name, doc, section, type, variable, params, others) \
    {name, section, #variable, sizeof(type)}, params others
        COMPONENT_ROWS(ROW)
#undef ROW
#undef NO_OTHERS
#undef OTHER
#undef NO_PARAMS
#undef PARAMS
    };
    char *elf = NULL;
    unsigned images = 0;

    (void)unused;
    for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
        if (sections[i].image != NULL) {
            free(elf);
            elf = read_image(sections[i].image);
            images++;
        }
        if (section_bytes(elf, sections[i].section) != sections[i].bytes) {
            fail_msg("row %zu: section %s has %zu bytes, not %zu", i, sections[i].section,
                     section_bytes(elf, sections[i].section), sections[i].bytes);
        }
    }
    free(elf);
    assert_true(images >= 7);
}

/* Every parameter lies within its structure. */
static void params_fit_their_structures(void **unused)
{
    static const struct {
        const struct param *table;
        size_t bytes;
    } tables[] = {
#define PARAMS(section, type, variable, table) {table, sizeof(type)},
#define NO_PARAMS
#define ROW(id, name, doc, section, type, variable, params, others) params
        COMPONENT_ROWS(ROW)
#undef ROW
#undef NO_PARAMS
#undef PARAMS
    };

    (void)unused;
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        for (const struct param *p = tables[i].table; p->name != NULL; p++) {
            assert_true(p->offset < tables[i].bytes);
            assert_non_null(p->doc);
            assert_true(p->max == 0 || (p->preset >= p->min && p->preset <= p->max));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(echo_begins_whatever_its_neighbour_did),
        cmocka_unit_test(echo_answers_arp),
        cmocka_unit_test(echo_leaves_others_addresses_alone),
        cmocka_unit_test(echo_answers_ping),
        cmocka_unit_test(echo_turns_udp_round),
        cmocka_unit_test(echo_is_a_mirror),
        cmocka_unit_test(echo_reflects_if_asked),
        cmocka_unit_test(echo_ignores_what_is_broken),
        cmocka_unit_test(echo_survives_descriptors_of_nothing),
        cmocka_unit_test(echo_only_reads_what_it_receives),
        cmocka_unit_test(echo_waits_for_transmit_buffers),
        cmocka_unit_test(echo_signals_each_peer_once),
        cmocka_unit_test(echo_signals_only_who_asked),
        cmocka_unit_test(echo_answers_at_the_limits),
        cmocka_unit_test(echo_uses_no_buffer_outside_its_region),
        cmocka_unit_test(echo_begun_anew_goes_on),
        cmocka_unit_test(echo_begun_anew_has_its_buffers_back),
        cmocka_unit_test(echo_begun_anew_signals_what_it_gave),
        cmocka_unit_test(sink_begun_anew_goes_on),
        cmocka_unit_test(echo_leaves_nobody_asleep),
        cmocka_unit_test(echo_survives_any_frame),
        cmocka_unit_test(sink_takes_everything),
        cmocka_unit_test(sink_can_be_slow),
        cmocka_unit_test(sink_may_take_one_at_a_time),
        cmocka_unit_test(sink_takes_a_flood),
        cmocka_unit_test(sink_leaves_nobody_asleep),
        cmocka_unit_test(source_sends_right_frames),
        cmocka_unit_test(source_never_leaves_the_checksum_out),
        cmocka_unit_test(source_follows_the_buffers),
        cmocka_unit_test(source_keeps_its_rate),
        cmocka_unit_test(source_makes_up_for_lateness),
        cmocka_unit_test(source_stops_at_its_count),
        cmocka_unit_test(source_with_a_rate_waits_for_buffers),
        cmocka_unit_test(source_takes_what_comes),
        cmocka_unit_test(source_takes_a_flood),
        cmocka_unit_test(source_leaves_nobody_asleep),
        cmocka_unit_test(source_signals_both_peers),
        cmocka_unit_test(rows_say_what_images_are),
        cmocka_unit_test(params_fit_their_structures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
