/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A frame of several segments is cut into frames that say of themselves what is so, and that
 * together are what it was. Checksums are computed here anew, byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "sim/wire/segment.h"

#define WHOLE_MAX 66000u

static const uint8_t macs[12] = {0x52, 0x54, 1, 0, 0, 0, 0x52, 0x54, 1, 0, 0, 9};

struct whole {
    uint8_t bytes[WHOLE_MAX];
    size_t length, network, transport, head;
    bool six;
};

static void put16(uint8_t *to, size_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static uint32_t get(const uint8_t *from, size_t bytes)
{
    uint32_t value = 0;

    for (size_t i = 0; i < bytes; i++) {
        value = value << 8 | from[i];
    }
    return value;
}

static uint32_t sum_of(const uint8_t *bytes, size_t count, uint32_t sum)
{
    for (size_t i = 0; i < count; i++) {
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

/* `tags` VLAN tags, a network header (with `options` bytes of them in IPv4), TCP with 12 bytes of
 * options, and so much data. */
static struct whole *whole_new(unsigned tags, bool six, size_t options, size_t data)
{
    struct whole *w = calloc(1, sizeof *w);
    uint8_t *at = w->bytes;

    memcpy(at, macs, sizeof macs);
    at += sizeof macs;
    for (unsigned i = 0; i < tags; i++, at += 4) {
        put16(at, i == 0 && tags > 1 ? 0x88a8 : 0x8100);
        put16(at + 2, 5 + i);
    }
    put16(at, six ? 0x86dd : 0x0800);
    at += 2;
    w->six = six;
    w->network = (size_t)(at - w->bytes);
    w->transport = w->network + (six ? 40 : 20 + options);
    w->head = w->transport + 32;
    w->length = w->head + data;
    memset(at, 0x33, w->transport - w->network);
    at[0] = (uint8_t)(six ? 0x60 : 0x45 + options / 4);
    if (!six) {
        put16(at + 4, 0xfffe); /* its identification goes round */
        at[9] = 6;
    } else {
        at[6] = 6;
    }
    at = w->bytes + w->transport;
    memset(at, 0x44, 32);
    memcpy(at + 4, "\xff\xff\xff\x00", 4); /* so does its sequence */
    at[12] = 0x80;
    at[13] = 0xdb; /* CWR, ECE, ACK, PSH, SYN?, FIN: whatever there is */
    for (size_t i = 0; i < data; i++) {
        w->bytes[w->head + i] = (uint8_t)(i * 7 + (i >> 8));
    }
    return w;
}

static void segment_is_right(const struct whole *w, const uint8_t *s, size_t length, size_t from,
                             unsigned number)
{
    const uint8_t *network = s + w->network, *tcp = s + w->transport;
    size_t bytes = length - w->transport;
    bool first = from == 0, last = from + length - w->head == w->length - w->head;

    assert_memory_equal(s, w->bytes, w->network);
    assert_memory_equal(s + w->head, w->bytes + w->head + from, length - w->head);
    if (w->six) {
        assert_int_equal(get(network + 4, 2), bytes);
        assert_memory_equal(network + 6, w->bytes + w->network + 6, 34);
    } else {
        assert_int_equal(get(network + 2, 2), length - w->network);
        assert_int_equal(get(network + 4, 2), (0xfffe + number) & 0xffff);
        assert_int_equal(sum_of(network, w->transport - w->network, 0), 0xffff);
        assert_memory_equal(network + 12, w->bytes + w->network + 12,
                            w->transport - w->network - 12);
    }
    assert_int_equal(get(tcp + 4, 4), 0xffffff00u + (uint32_t)from);
    assert_int_equal(tcp[13], 0xdb & ~(last ? 0 : 0x09) & ~(first ? 0 : 0x80));
    assert_memory_equal(tcp, w->bytes + w->transport, 4);
    assert_memory_equal(tcp + 18, w->bytes + w->transport + 18, 14);
    uint32_t sum =
        sum_of(w->six ? network + 8 : network + 12, w->six ? 32 : 8, 6 + (uint32_t)bytes);
    assert_int_equal(sum_of(tcp, bytes, sum), 0xffff);
}

static void cut(const struct whole *w, size_t data_bytes)
{
    uint8_t *out = malloc(w->head + data_bytes); /* and not a byte more */
    struct segments s;
    size_t length, from = 0;
    unsigned number = 0;

    assert_true(segments_begin(&s, w->bytes, w->length, w->transport, data_bytes));
    while ((length = segments_next(&s, out)) != 0) {
        assert_true(length > w->head && length <= w->head + data_bytes);
        segment_is_right(w, out, length, from, number++);
        from += length - w->head;
    }
    assert_int_equal(from, w->length - w->head);
    assert_int_equal(number, (from + data_bytes - 1) / data_bytes);
    assert_int_equal(segments_next(&s, out), 0);
    free(out);
}

static void all_of_it_arrives(void **state)
{
    static const size_t sizes[] = {1, 1447, 1448, 1449, 2896, 10000, 65000};

    (void)state;
    for (unsigned kind = 0; kind < 12; kind++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            struct whole *w =
                whole_new(kind % 3, kind / 3 % 2 != 0, kind / 6 != 0 ? 8 : 0, sizes[i]);

            cut(w, 1448);
            cut(w, 501);
            free(w);
        }
    }
}

static bool refused(struct whole *w, size_t transport, size_t data_bytes)
{
    uint8_t out[WHOLE_MAX];
    struct segments s;
    bool good = segments_begin(&s, w->bytes, w->length, transport, data_bytes);

    assert_int_equal(good, segments_next(&s, out) != 0);
    return !good;
}

/* What is cut comes from the host, but nothing of it is believed that could lead astray. */
static void nothing_else_is_cut(void **state)
{
    struct whole *w = whole_new(0, false, 0, 3000);

    (void)state;
    assert_false(refused(w, w->transport, 1448));
    assert_true(refused(w, w->transport, 0));
    assert_true(refused(w, w->transport - 1, 1448));
    assert_true(refused(w, w->transport + 4, 1448));
    assert_true(refused(w, 0, 1448));
    assert_true(refused(w, 65535, 1448));
    w->bytes[w->network] = 0x46;
    assert_true(refused(w, w->transport, 1448));
    w->bytes[w->network] = 0x55;
    assert_true(refused(w, w->transport, 1448));
    w->bytes[w->network] = 0x45;
    w->bytes[w->transport + 12] = 0x40; /* less than there must be */
    assert_true(refused(w, w->transport, 1448));
    w->bytes[w->transport + 12] = 0x80;
    w->bytes[13] = 6;
    assert_true(refused(w, w->transport, 1448));
    w->bytes[13] = 0;
    w->length = w->head; /* no data at all */
    assert_true(refused(w, w->transport, 1448));
    w->length = w->transport + 19;
    assert_true(refused(w, w->transport, 1448));
    free(w);
    /* Tags all the way to the end. */
    w = whole_new(0, false, 0, 3000);
    for (size_t at = 12; at < 400; at += 4) {
        put16(w->bytes + at, 0x8100);
    }
    assert_true(refused(w, 34, 1448));
    assert_true(refused(w, 400, 1448));
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it_arrives),
        cmocka_unit_test(nothing_else_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
