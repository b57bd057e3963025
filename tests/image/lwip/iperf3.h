/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IPERF3_H
#define IPERF3_H
/*
 * An iperf3 server for one test at a time. iperf3.c has the connections and what is said on the
 * first of them, iperf3_stream.c the streams by TCP and UDP, iperf3_text.c the JSON of both sides.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <lwip/tcp.h>
#include <lwip/udp.h>

#define IPERF3_PORT        5201
#define IPERF3_STREAMS_MAX 8
#define IPERF3_TEXT_BYTES  8192

/* What the client asks for. */
struct iperf3_test {
    bool udp, reverse, both, wide_counters;
    uint64_t parallel;
    uint64_t bytes; /* of a stream; 0: as many as there is time for */
};

struct iperf3_stream {
    struct tcp_pcb *pcb; /* NULL: it is UDP's, or gone */
    ip_addr_t from;      /* whose datagrams are this stream's */
    uint16_t port;
    bool sends;
    uint64_t bytes;    /* that came, or were given to TCP */
    uint64_t promised; /* that the client says it sent */
    uint64_t packets, lost;
    int64_t transit_us, jitter_16us; /* the latter in sixteenths */
};

struct iperf3_streams {
    struct iperf3_test test;
    struct iperf3_stream all[IPERF3_STREAMS_MAX];
    unsigned count, wanted;
    bool running;
    uint64_t begun_ns, ended_ns;
};

extern struct iperf3_streams iperf3_streams;

/* What the client wants, from its JSON. */
void iperf3_read_test(const char *text, struct iperf3_test *test);
/* What it says it sent. */
void iperf3_read_results(const char *text);
/* What the server says: its length. */
size_t iperf3_write_results(char *text, size_t bytes);

/* Begin with none, for a test that has been read. False if there is no such here. */
bool iperf3_streams_begin(void);
/* One more connection, or one more peer by UDP, is a stream. */
void iperf3_streams_add(struct tcp_pcb *pcb);
void iperf3_streams_add_peer(const ip_addr_t *from, uint16_t port);
struct iperf3_stream *iperf3_streams_find(const ip_addr_t *from, uint16_t port);
/* Bytes of a stream, which has them from here on. */
void iperf3_stream_take(struct iperf3_stream *stream, struct pbuf *p);
void iperf3_stream_take_datagram(struct iperf3_stream *stream, struct pbuf *p);
/* All are there: go; enough; is all here that was sent; no more of them. */
void iperf3_streams_run(void);
void iperf3_streams_stop(void);
bool iperf3_streams_whole(void);
void iperf3_streams_close(void);
#endif
