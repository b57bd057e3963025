/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP over IPv4 or IPv6, behind any number of VLAN tags. */
#include "sim/wire/segment.h"

#include <string.h>

#include "sim/wire/numbered.h"

#define ETHERTYPE_AT  12u
#define TAG_BYTES     4u
#define TYPE_VLAN     0x8100u
#define TYPE_SERVICE  0x88a8u
#define TYPE_IPV4     0x0800u
#define TYPE_IPV6     0x86ddu
#define IPV6_BYTES    40u
#define PROTOCOL_TCP  6u
#define TCP_BYTES     20u
#define TCP_SEQUENCE  4u
#define TCP_OFFSET    12u
#define TCP_FLAGS     13u
#define TCP_CHECKSUM  16u
#define FLAGS_OF_LAST 0x09u /* FIN, PSH */
#define FLAG_OF_FIRST 0x80u /* CWR */

static void put16(uint8_t *to, size_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static uint32_t get32(const uint8_t *from)
{
    return (uint32_t)numbered_get16(from) << 16 | numbered_get16(from + 2);
}

/* Where the network header begins, if it is one of the two and ends where TCP begins; or 0. */
static size_t find_network(const uint8_t *frame, size_t transport)
{
    size_t at = ETHERTYPE_AT;

    while (at + TAG_BYTES + 2 <= transport && (numbered_get16(frame + at) == TYPE_VLAN ||
                                               numbered_get16(frame + at) == TYPE_SERVICE)) {
        at += TAG_BYTES;
    }
    uint16_t type = at + 2 <= transport ? numbered_get16(frame + at) : 0;

    at += 2;
    if (type == TYPE_IPV4 && transport >= at + NUMBERED_IP_BYTES && frame[at] >> 4 == 4 &&
        (frame[at] & 15u) * 4u == transport - at) {
        return at;
    }
    return type == TYPE_IPV6 && transport >= at + IPV6_BYTES && frame[at] >> 4 == 6 ? at : 0;
}

bool segments_begin(struct segments *s, const uint8_t *frame, size_t length, size_t transport,
                    size_t data_bytes)
{
    *s = (struct segments){.frame = frame, .length = length, .transport = transport};
    if (data_bytes == 0 || transport + TCP_BYTES > length) {
        return false;
    }
    s->network = find_network(frame, transport);
    s->head = transport + (frame[transport + TCP_OFFSET] >> 4) * 4u;
    if (s->network == 0 || s->head < transport + TCP_BYTES || s->head >= length) {
        return false;
    }
    s->data_bytes = data_bytes;
    return true;
}

static void fit_network(const struct segments *s, uint8_t *network, size_t bytes, size_t number)
{
    size_t header = s->transport - s->network;

    if (network[0] >> 4 == 6) {
        put16(network + 4, header - IPV6_BYTES + bytes);
        return;
    }
    put16(network + 2, header + bytes);
    put16(network + 4, numbered_get16(network + 4) + number);
    put16(network + 10, 0);
    uint16_t sum = (uint16_t)~numbered_fold(numbered_sum(network, header));

    memcpy(network + 10, &sum, sizeof sum);
}

/* Both addresses, the protocol, the length, and all from the header on. */
static void sum_transport(const uint8_t *network, uint8_t *tcp, size_t bytes)
{
    bool six = network[0] >> 4 == 6;
    uint8_t protocol_and_length[4] = {0, PROTOCOL_TCP};
    uint16_t sum;

    put16(protocol_and_length + 2, bytes);
    put16(tcp + TCP_CHECKSUM, 0);
    sum = (uint16_t)~numbered_fold(numbered_fold(numbered_sum(tcp, bytes)) +
                                   numbered_sum(protocol_and_length, 4) +
                                   numbered_sum(network + (six ? 8 : 12), six ? 32 : 8));
    memcpy(tcp + TCP_CHECKSUM, &sum, sizeof sum);
}

size_t segments_next(struct segments *s, uint8_t *out)
{
    if (s->data_bytes == 0 || s->head + s->done >= s->length) {
        return 0;
    }
    size_t left = s->length - s->head - s->done;
    size_t data = left < s->data_bytes ? left : s->data_bytes,
           bytes = s->head - s->transport + data;
    uint8_t *network = out + s->network, *tcp = out + s->transport;
    uint32_t sequence = get32(s->frame + s->transport + TCP_SEQUENCE) + (uint32_t)s->done;

    memcpy(out, s->frame, s->head);
    memcpy(out + s->head, s->frame + s->head + s->done, data);
    put16(tcp + TCP_SEQUENCE, sequence >> 16);
    put16(tcp + TCP_SEQUENCE + 2, sequence & 0xffff);
    tcp[TCP_FLAGS] &=
        (uint8_t) ~((data < left ? FLAGS_OF_LAST : 0) | (s->done > 0 ? FLAG_OF_FIRST : 0));
    fit_network(s, network, bytes, s->done / s->data_bytes);
    sum_transport(network, tcp, bytes);
    s->done += data;
    return s->head + data;
}
