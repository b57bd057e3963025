/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The streams of a test. What comes is counted and thrown away; one that sends is filled from a
 * block that never changes, whenever TCP has room, so nothing is copied until there is a frame. A
 * datagram begins with when it was sent, and its number: from these are loss and jitter (RFC 3550,
 * 6.4.1).
 */
#include <string.h>
#include <sddf/util/si_units.h>
#include <sddf/util/util.h>
#include "client.h"
#include "iperf3.h"

#define BLOCK_BYTES 8192

struct iperf3_streams iperf3_streams;

/* Sent by reference, so it stays as it is. */
static const char block[BLOCK_BYTES];

static void fill(struct iperf3_stream *stream)
{
    while (iperf3_streams.running && stream->pcb != NULL) {
        uint64_t limit = iperf3_streams.test.bytes;
        uint64_t bytes = limit == 0 ? BLOCK_BYTES : MIN(BLOCK_BYTES, limit - stream->bytes);
        uint64_t room = tcp_sndbuf(stream->pcb);

        bytes = MIN(bytes, room);
        if (bytes == 0 || tcp_write(stream->pcb, block, (uint16_t)bytes, 0) != ERR_OK) {
            break;
        }
        stream->bytes += bytes;
    }
    if (stream->pcb != NULL) {
        tcp_output(stream->pcb);
    }
}

static err_t sent(void *arg, struct tcp_pcb *pcb, uint16_t bytes)
{
    (void)pcb, (void)bytes;
    fill(arg);
    return ERR_OK;
}

static err_t poll(void *arg, struct tcp_pcb *pcb)
{
    (void)pcb;
    fill(arg);
    return ERR_OK;
}

void iperf3_stream_take(struct iperf3_stream *stream, struct pbuf *p)
{
    stream->bytes += p->tot_len;
    tcp_recved(stream->pcb, p->tot_len);
    pbuf_free(p);
}

static err_t received(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    struct iperf3_stream *stream = arg;

    (void)err;
    if (p != NULL) {
        iperf3_stream_take(stream, p);
    } else {
        /* No more comes. What has been is told when the test's end is. */
        tcp_arg(pcb, NULL);
        tcp_err(pcb, NULL);
        tcp_sent(pcb, NULL);
        tcp_poll(pcb, NULL, 0);
        stream->pcb = NULL;
        tcp_close(pcb);
    }
    return ERR_OK;
}

static void lost(void *arg, err_t err)
{
    struct iperf3_stream *stream = arg;

    (void)err;
    stream->pcb = NULL;
}

bool iperf3_streams_begin(void)
{
    struct iperf3_streams *s = &iperf3_streams;

    s->count = 0;
    s->running = false;
    if (s->test.parallel == 0 || s->test.parallel > IPERF3_STREAMS_MAX / (s->test.both ? 2 : 1)) {
        return false;
    }
    s->wanted = (unsigned)s->test.parallel * (s->test.both ? 2 : 1);
    /* Datagrams would have to be sent by the clock. */
    return !s->test.udp || (!s->test.reverse && !s->test.both);
}

/* Where both directions are asked for, those come first by which the client sends. */
void iperf3_streams_add(struct tcp_pcb *pcb)
{
    struct iperf3_streams *s = &iperf3_streams;
    struct iperf3_stream *stream = &s->all[s->count++];

    *stream = (struct iperf3_stream){
        .pcb = pcb,
        .sends = s->test.both ? s->count > s->test.parallel : s->test.reverse,
    };
    tcp_arg(pcb, stream);
    tcp_recv(pcb, received);
    tcp_err(pcb, lost);
    tcp_sent(pcb, stream->sends ? sent : NULL);
    tcp_poll(pcb, stream->sends ? poll : NULL, 1);
}

void iperf3_streams_add_peer(const ip_addr_t *from, uint16_t port)
{
    struct iperf3_stream *stream = &iperf3_streams.all[iperf3_streams.count++];

    *stream = (struct iperf3_stream){.from = *from, .port = port};
}

struct iperf3_stream *iperf3_streams_find(const ip_addr_t *from, uint16_t port)
{
    for (unsigned i = 0; i < iperf3_streams.count; i++) {
        struct iperf3_stream *stream = &iperf3_streams.all[i];

        if (stream->port == port && ip_addr_cmp(&stream->from, from)) {
            return stream;
        }
    }
    return NULL;
}

static uint64_t big_endian(const uint8_t *at, unsigned bytes)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < bytes; i++) {
        number = number << 8 | at[i];
    }
    return number;
}

static void count_datagram(struct iperf3_stream *stream, uint64_t number)
{
    if (number > stream->packets) {
        stream->lost += number - stream->packets - 1;
        stream->packets = number;
    } else if (stream->lost > 0) {
        stream->lost--; /* late, not lost */
    }
}

void iperf3_stream_take_datagram(struct iperf3_stream *stream, struct pbuf *p)
{
    unsigned number_bytes = iperf3_streams.test.wide_counters ? 8 : 4;
    uint8_t header[16];

    if (pbuf_copy_partial(p, header, 8 + number_bytes, 0) == 8 + number_bytes) {
        int64_t sent_us = (int64_t)(big_endian(header, 4) * US_IN_S + big_endian(header + 4, 4));
        int64_t transit_us = (int64_t)(client_time_ns() / NS_IN_US) - sent_us;
        int64_t change_us = stream->packets == 0 ? 0 : transit_us - stream->transit_us;

        stream->transit_us = transit_us;
        stream->jitter_16us += ABS(change_us) - stream->jitter_16us / 16;
        stream->bytes += p->tot_len;
        count_datagram(stream, big_endian(header + 8, number_bytes));
    }
    pbuf_free(p);
}

void iperf3_streams_run(void)
{
    iperf3_streams.running = true;
    iperf3_streams.begun_ns = client_time_ns();
    for (unsigned i = 0; i < iperf3_streams.count; i++) {
        if (iperf3_streams.all[i].sends) {
            fill(&iperf3_streams.all[i]);
        }
    }
}

void iperf3_streams_stop(void)
{
    iperf3_streams.running = false;
    iperf3_streams.ended_ns = client_time_ns();
}

bool iperf3_streams_whole(void)
{
    for (unsigned i = 0; i < iperf3_streams.count; i++) {
        const struct iperf3_stream *stream = &iperf3_streams.all[i];

        if (stream->pcb != NULL && !stream->sends && stream->bytes < stream->promised) {
            return false;
        }
    }
    return true;
}

void iperf3_streams_close(void)
{
    for (unsigned i = 0; i < iperf3_streams.count; i++) {
        struct tcp_pcb *pcb = iperf3_streams.all[i].pcb;

        iperf3_streams.all[i].pcb = NULL;
        if (pcb != NULL) {
            tcp_err(pcb, NULL);
            tcp_abort(pcb);
        }
    }
    iperf3_streams.count = 0;
    iperf3_streams.running = false;
}
