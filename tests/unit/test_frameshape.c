/* SPDX-License-Identifier: BSD-2-Clause */
/* Where things are in frames: known frames by hand, and random bytes, which must never lead outside
 * the frame. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "sim/base/frameshape.h"
#include "tests/unit/frames.h"

static void assert_span(const struct frame *f, enum frame_field_id id, uint32_t start, uint32_t end)
{
    struct frame_shape shape;

    frame_shape(&shape, f->bytes, f->count);
    struct frame_span span = frame_field_span(&shape, id);

    assert_int_equal(span.start, start);
    assert_int_equal(span.end, end);
}

static void assert_absent(const struct frame *f, enum frame_field_id id)
{
    struct frame_shape shape;

    frame_shape(&shape, f->bytes, f->count);
    struct frame_span span = frame_field_span(&shape, id);

    assert_int_equal(span.start, span.end);
}

static void udp_is_found(void **state)
{
    struct frame f = frame_udp(53, 1, 10);

    (void)state;
    assert_int_equal(f.count, 60);
    assert_span(&f, FRAME_FIELD_eth_dst, 0, 6);
    assert_span(&f, FRAME_FIELD_eth_src, 6, 12);
    assert_span(&f, FRAME_FIELD_eth_type, 12, 14);
    assert_span(&f, FRAME_FIELD_ip_id, 18, 20);
    assert_span(&f, FRAME_FIELD_ip_ttl, 22, 23);
    assert_span(&f, FRAME_FIELD_ip_checksum, 24, 26);
    assert_span(&f, FRAME_FIELD_ip_dst, 30, 34);
    assert_span(&f, FRAME_FIELD_udp_dst, 36, 38);
    assert_span(&f, FRAME_FIELD_udp_checksum, 40, 42);
    assert_span(&f, FRAME_FIELD_payload, 42, 52);
    assert_span(&f, FRAME_FIELD_padding, 52, 60);
    assert_absent(&f, FRAME_FIELD_vlan);
    assert_absent(&f, FRAME_FIELD_tcp_seq);
    assert_absent(&f, FRAME_FIELD_ip_options);
}

static void tags_are_passed_over(void **state)
{
    struct frame plain = frame_udp(53, 1, 40), f = {.count = 0};

    (void)state;
    frame_put(&f, plain.bytes, 12);
    FRAME_PUT(&f, "\x88\xa8\x00\x05\x81\x00\x00\x07");
    frame_put(&f, &plain.bytes[12], plain.count - 12);
    assert_span(&f, FRAME_FIELD_vlan, 12, 20);
    assert_span(&f, FRAME_FIELD_eth_type, 20, 22);
    assert_span(&f, FRAME_FIELD_udp_src, 42, 44);
    assert_span(&f, FRAME_FIELD_payload, 50, 90);
}

static void tcp_options_and_timestamps_are_found(void **state)
{
    struct frame f = frame_tcp("\x01\x01\x08\x0a\x11\x11\x11\x11\x22\x22\x22\x22", 12);

    (void)state;
    assert_span(&f, FRAME_FIELD_tcp_seq, 38, 42);
    assert_span(&f, FRAME_FIELD_tcp_ack, 42, 46);
    assert_span(&f, FRAME_FIELD_tcp_checksum, 50, 52);
    assert_span(&f, FRAME_FIELD_tcp_options, 54, 66);
    assert_span(&f, FRAME_FIELD_tcp_timestamps, 58, 66);
    assert_span(&f, FRAME_FIELD_payload, 66, 70);
    /* An option that says it has no length, or one that is not there, ends the search. */
    f = frame_tcp("\x02\x00\x08\x0a\x11\x11\x11\x11\x22\x22\x22\x22", 12);
    assert_absent(&f, FRAME_FIELD_tcp_timestamps);
    f = frame_tcp("\x08\x0a\x00\x00", 4);
    assert_absent(&f, FRAME_FIELD_tcp_timestamps);
}

static void other_protocols_are_found(void **state)
{
    struct frame f = frame_eth(0x0806);

    (void)state;
    for (uint8_t i = 0; i < 46; i++) {
        frame_put(&f, &i, 1);
    }
    assert_span(&f, FRAME_FIELD_arp_op, 20, 22);
    assert_span(&f, FRAME_FIELD_arp_dst_ip, 38, 42);
    assert_span(&f, FRAME_FIELD_padding, 42, 60);

    f = frame_eth(0x86dd);
    FRAME_PUT(&f, "\x60\x00\x00\x00\x00\x12\x00\x40"
                  "AAAAaaaaAAAAaaaaBBBBbbbbBBBBbbbb"
                  "\x11\x00\x01\x04\x00\x00\x00\x00" /* hop by hop, then UDP */
                  "\x00\x35\x10\x00\x00\x0a\x99\x99!!"
                  "padding");
    assert_span(&f, FRAME_FIELD_ip6_hops, 21, 22);
    assert_span(&f, FRAME_FIELD_ip6_options, 54, 62);
    assert_span(&f, FRAME_FIELD_udp_src, 62, 64);
    assert_span(&f, FRAME_FIELD_payload, 70, 72);
    assert_span(&f, FRAME_FIELD_padding, 72, 79);

    f = frame_eth(5); /* 802.3: a length */
    FRAME_PUT(&f, "abcdefghij");
    assert_span(&f, FRAME_FIELD_payload, 14, 19);
    assert_span(&f, FRAME_FIELD_padding, 19, 24);

    f = frame_eth(0x0800);
    frame_put_ip(&f, 1, 0, 10);
    FRAME_PUT(&f, "\x08\x00\x12\x34\x00\x01\x00\x02hi");
    assert_span(&f, FRAME_FIELD_icmp_checksum, 36, 38);
    assert_span(&f, FRAME_FIELD_payload, 42, 44);
}

static void headers_that_lie_are_payload(void **state)
{
    struct frame f = frame_udp(53, 1, 40);

    (void)state;
    f.bytes[14] = 0x4f; /* 60 bytes of header, which are there */
    assert_span(&f, FRAME_FIELD_ip_options, 34, 74);
    f = frame_udp(53, 1, 2);
    f.bytes[14] = 0x4f; /* and here are not */
    assert_absent(&f, FRAME_FIELD_ip_src);
    assert_span(&f, FRAME_FIELD_payload, 14, 60);
    f = frame_udp(53, 1, 30);
    f.bytes[16] = 0xff; /* longer than the frame: what is there counts */
    assert_span(&f, FRAME_FIELD_payload, 42, 72);
    f = frame_tcp("", 0);
    f.bytes[46] = 0x40; /* a header shorter than it can be */
    assert_absent(&f, FRAME_FIELD_tcp_seq);
    f.count = 13;
    assert_span(&f, FRAME_FIELD_payload, 0, 13);
}

/* A frame may end right behind a header. */
static void headers_may_be_all_there_is(void **state)
{
    struct frame f = frame_eth(0x4444);

    (void)state;
    assert_span(&f, FRAME_FIELD_eth_type, 12, 14);
    f = frame_eth(0x8100);
    FRAME_PUT(&f, "\x00\x07\x44\x44");
    assert_span(&f, FRAME_FIELD_vlan, 12, 16);
    f.count--;
    assert_absent(&f, FRAME_FIELD_vlan);
    f = frame_eth(0x0800);
    frame_put_ip(&f, 200, 0, 0);
    assert_span(&f, FRAME_FIELD_ip_dst, 30, 34);
    f = frame_eth(0x0800);
    frame_put_ip(&f, 1, 0, 8);
    FRAME_PUT(&f, "\x08\x00\x12\x34\x00\x01\x00\x02");
    assert_span(&f, FRAME_FIELD_icmp_rest, 38, 42);
    f = frame_eth(0x86dd);
    FRAME_PUT(&f, "\x60\x00\x00\x00\x00\x08\x00\x40"
                  "AAAAaaaaAAAAaaaaBBBBbbbbBBBBbbbb"
                  "\x3b\x00\x01\x04\x00\x00\x00\x00");
    assert_span(&f, FRAME_FIELD_ip6_options, 54, 62);
    f = frame_eth(1500);
    while (f.count < 14 + 1504) {
        FRAME_PUT(&f, "data");
    }
    assert_span(&f, FRAME_FIELD_payload, 14, 1514);
    assert_span(&f, FRAME_FIELD_padding, 1514, 1518);
}

/* Whatever the bytes are: all of them are in a field, no span leads outside, and forms have a place
 * to come from. */
static void no_bytes_lead_astray(void **state)
{
    static uint8_t form[2048];
    uint64_t dice = 42;

    (void)state;
    for (int round = 0; round < 60000; round++) {
        struct frame f = round % 3 == 0 ? frame_udp(53, (uint32_t)round, 30)
                         : round % 3 == 1
                             ? frame_tcp("\x01\x01\x08\x0a\x11\x11\x11\x11\x22\x22\x22\x22", 12)
                             : frame_eth(0x86dd);
        struct frame_shape shape;

        if (round % 3 == 2) {
            f.count = 120;
            f.bytes[14] = 0x60;
        }
        for (int i = 0; i < 8; i++) {
            dice = dice * 6364136223846793005u + 1442695040888963407u;
            f.bytes[12 + (dice >> 33) % (f.count - 12)] = (uint8_t)(dice >> 56);
        }
        dice = dice * 6364136223846793005u + 1442695040888963407u;
        f.count = round % 2 == 0 ? f.count : 1 + (uint32_t)((dice >> 33) % f.count);
        /* A copy of just that length, so that a sanitizer sees any step outside. */
        uint8_t *bytes = malloc(f.count);

        memcpy(bytes, f.bytes, f.count);
        frame_shape(&shape, bytes, f.count);
        for (int id = 0; id < FRAME_FIELDS_COUNT; id++) {
            struct frame_span span = frame_field_span(&shape, (enum frame_field_id)id);

            assert_true(span.start <= span.end && span.end <= f.count);
        }
        for (uint32_t at = 0; at < f.count; at++) {
            assert_true(frame_field_at(&shape, at) < FRAME_FIELDS_COUNT);
        }
        frame_field_set ignored = dice >> (64 - FRAME_FIELDS_COUNT);
        uint32_t count = frame_without(bytes, f.count, ignored, form);

        for (uint32_t at = 0; at < count; at++) {
            uint32_t origin = frame_without_origin(&shape, ignored, at);

            assert_true(origin < f.count);
            assert_true(form[at] == 0 || form[at] == bytes[origin]);
        }
        struct frame_flow flow;

        frame_flow(&flow, bytes, f.count, 0);
        assert_int_equal(frame_fields_differing(bytes, f.count, bytes, f.count), 0);
        free(bytes);
    }
}

static void the_fields_that_differ_are_named(void **state)
{
    struct frame a = frame_tcp("\x01\x01\x08\x0a\x11\x11\x11\x11\x22\x22\x22\x22", 12), b = a;

    (void)state;
    b.bytes[18]++;
    b.bytes[60]++;
    assert_int_equal(frame_fields_differing(a.bytes, a.count, b.bytes, b.count),
                     FRAME_FIELD_BIT(FRAME_FIELD_ip_id) |
                         FRAME_FIELD_BIT(FRAME_FIELD_tcp_timestamps));
    b = a;
    b.bytes[54] = 0;
    assert_int_equal(frame_fields_differing(a.bytes, a.count, b.bytes, b.count),
                     FRAME_FIELD_BIT(FRAME_FIELD_tcp_options) |
                         FRAME_FIELD_BIT(FRAME_FIELD_tcp_timestamps));
    b = a;
    FRAME_PUT(&b, "xx");
    assert_int_equal(frame_fields_differing(a.bytes, a.count, b.bytes, b.count),
                     FRAME_FIELD_BIT(FRAME_FIELD_padding));
}

static void ignored_fields_vanish_and_no_others(void **state)
{
    uint8_t form_a[2048], form_b[2048];
    struct frame a = frame_tcp("\x01\x01\x08\x0a\x11\x11\x11\x11\x22\x22\x22\x22", 12);

    (void)state;
    /* Change every byte in turn: exactly the fields it is in must be ignored for the frames to be
     * the same. */
    for (uint32_t at = 0; at < a.count; at++) {
        struct frame b = a;

        if (at == 12 || at == 13 || at == 14 || (at >= 16 && at < 18) || at == 20 || at == 21 ||
            at == 23 || at == 46 || (at >= 54 && at < 58)) {
            continue; /* would change the shape as well */
        }
        b.bytes[at] ^= 0xff;
        frame_field_set differing = frame_fields_differing(a.bytes, a.count, b.bytes, b.count);

        assert_true(differing != 0);
        uint32_t count_a = frame_without(a.bytes, a.count, differing, form_a);
        uint32_t count_b = frame_without(b.bytes, b.count, differing, form_b);

        assert_int_equal(count_a, count_b);
        assert_memory_equal(form_a, form_b, count_a);
        count_a = frame_without(a.bytes, a.count,
                                ~differing & (FRAME_FIELD_BIT(FRAME_FIELDS_COUNT) - 1) &
                                    ~FRAME_FIELD_BIT(FRAME_FIELD_tcp_options),
                                form_a);
        count_b = frame_without(b.bytes, b.count,
                                ~differing & (FRAME_FIELD_BIT(FRAME_FIELDS_COUNT) - 1) &
                                    ~FRAME_FIELD_BIT(FRAME_FIELD_tcp_options),
                                form_b);
        assert_int_equal(count_a, count_b);
        assert_memory_not_equal(form_a, form_b, count_a);
    }
    /* What is of any length vanishes with its length. */
    struct frame padded = a;

    FRAME_PUT(&padded, "padding");
    assert_int_equal(
        frame_without(padded.bytes, padded.count, FRAME_FIELD_BIT(FRAME_FIELD_padding), form_a),
        a.count);
    assert_memory_equal(form_a, a.bytes, a.count);
}

static bool same_flow(const struct frame *a, const struct frame *b, frame_field_set ignored)
{
    struct frame_flow of_a, of_b;

    frame_flow(&of_a, a->bytes, a->count, ignored);
    frame_flow(&of_b, b->bytes, b->count, ignored);
    return memcmp(&of_a, &of_b, sizeof(of_a)) == 0;
}

static void flows_are_addresses_protocol_and_ports(void **state)
{
    struct frame a = frame_udp(53, 1, 40), b = frame_udp(53, 2, 20), other = frame_udp(54, 1, 40);
    struct frame tagged = {.count = 0}, fragment, later;

    (void)state;
    assert_true(same_flow(&a, &b, 0));
    assert_false(same_flow(&a, &other, 0));
    assert_true(same_flow(&a, &other, FRAME_FIELD_BIT(FRAME_FIELD_udp_dst)));
    for (uint32_t at = 0; at < 38; at++) {
        bool counts = at < 12 || at == 23 || (at >= 26 && at < 38);

        b = a;
        b.bytes[at] ^= 1;
        if (at != 12 && at != 13 && at != 14 && at != 20 && at != 21) {
            assert_int_equal(same_flow(&a, &b, 0), !counts);
        }
    }
    frame_put(&tagged, a.bytes, 12);
    FRAME_PUT(&tagged, "\x81\x00\x00\x07");
    frame_put(&tagged, &a.bytes[12], a.count - 12);
    assert_true(same_flow(&a, &tagged, 0));
    /* The first fragment has ports and the others have not: all are of one flow without. */
    fragment = later = a;
    fragment.bytes[20] = 0x20;
    later.bytes[20] = 0x00;
    later.bytes[21] = 0x05;
    assert_true(same_flow(&fragment, &later, 0));
    assert_false(same_flow(&fragment, &a, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(udp_is_found),
        cmocka_unit_test(tags_are_passed_over),
        cmocka_unit_test(tcp_options_and_timestamps_are_found),
        cmocka_unit_test(other_protocols_are_found),
        cmocka_unit_test(headers_that_lie_are_payload),
        cmocka_unit_test(headers_may_be_all_there_is),
        cmocka_unit_test(no_bytes_lead_astray),
        cmocka_unit_test(the_fields_that_differ_are_named),
        cmocka_unit_test(ignored_fields_vanish_and_no_others),
        cmocka_unit_test(flows_are_addresses_protocol_and_ports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
