/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control connection of iperf3, port 5201. A client says a cookie, and what it wants as JSON;
 * it is told to make its streams, which are more connections with the same cookie, or datagrams; it
 * is told to begin, and says when it has done. Both say what they counted, the server when all is
 * here that the client says it sent, for TCP loses nothing, it only takes its time.
 */
#include <string.h>
#include <sddf/util/si_units.h>
#include <sddf/util/util.h>
#include "client.h"
#include "iperf3.h"

#define COOKIE_BYTES 37
#define CALLERS_MAX  4 /* that have not said their cookie yet */
#define PATIENCE_NS  (2 * NS_IN_S)

/* What is said in one byte, by either side. */
enum state {
    TEST_START = 1,
    TEST_RUNNING = 2,
    TEST_END = 4,
    PARAM_EXCHANGE = 9,
    CREATE_STREAMS = 10,
    CLIENT_TERMINATE = 12,
    EXCHANGE_RESULTS = 13,
    DISPLAY_RESULTS = 14,
    IPERF_DONE = 16,
    SERVER_ERROR = 0xfe,
    ACCESS_DENIED = 0xff,
};
#define NOT_IMPLEMENTED 13 /* an error of iperf3's */

struct caller {
    struct tcp_pcb *pcb;
    uint8_t cookie[COOKIE_BYTES];
    uint16_t bytes;
};

static struct caller callers[CALLERS_MAX];

static struct {
    struct tcp_pcb *pcb; /* NULL: no test */
    uint8_t cookie[COOKIE_BYTES];
    enum state state;
    /* Of what is being said: its length, and the text so far. */
    uint32_t length, length_bytes, text_bytes;
    char text[IPERF3_TEXT_BYTES];
    uint64_t patient_until_ns; /* 0: the client has not said yet what it sent */
} control;

static void say(const void *bytes, size_t count)
{
    if (control.pcb != NULL) {
        tcp_write(control.pcb, bytes, (uint16_t)count, TCP_WRITE_FLAG_COPY);
        tcp_output(control.pcb);
    }
}

static void enter(enum state state)
{
    uint8_t byte = (uint8_t)state;

    control.state = state;
    control.length_bytes = control.length = control.text_bytes = 0;
    say(&byte, 1);
}

static void refuse(uint32_t error)
{
    uint32_t errors[2] = {lwip_htonl(error), 0};

    enter(SERVER_ERROR);
    say(errors, sizeof errors);
}

static void forget(struct tcp_pcb *pcb)
{
    tcp_arg(pcb, NULL);
    tcp_err(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_close(pcb);
}

static void end(void)
{
    iperf3_streams_close();
    if (control.pcb != NULL) {
        forget(control.pcb);
        control.pcb = NULL;
    }
}

static void begin_if_all_there(void)
{
    if (control.state == CREATE_STREAMS && iperf3_streams.count == iperf3_streams.wanted) {
        enter(TEST_START);
        enter(TEST_RUNNING);
        iperf3_streams_run();
    }
}

static void tell_results(void)
{
    size_t bytes = iperf3_write_results(control.text, sizeof control.text);
    uint32_t length = lwip_htonl((uint32_t)bytes);

    control.patient_until_ns = 0;
    say(&length, sizeof length);
    say(control.text, bytes);
    enter(DISPLAY_RESULTS);
}

static void tell_results_if_whole(void)
{
    if (control.patient_until_ns != 0 &&
        (iperf3_streams_whole() || client_time_ns() >= control.patient_until_ns)) {
        tell_results();
    }
}

static void hear_text(void)
{
    control.text[control.text_bytes] = '\0';
    if (control.state == EXCHANGE_RESULTS) {
        iperf3_read_results(control.text);
        control.patient_until_ns = client_time_ns() + PATIENCE_NS;
        tell_results_if_whole();
        return;
    }
    iperf3_read_test(control.text, &iperf3_streams.test);
    if (iperf3_streams_begin()) {
        enter(CREATE_STREAMS);
    } else {
        refuse(NOT_IMPLEMENTED);
    }
}

/* A text has its length before it, four bytes. */
static void hear_of_text(uint8_t byte)
{
    if (control.length_bytes < sizeof control.length) {
        control.length = control.length << 8 | byte;
        if (++control.length_bytes == sizeof control.length &&
            control.length >= sizeof control.text) {
            refuse(NOT_IMPLEMENTED);
        }
        return;
    }
    control.text[control.text_bytes++] = (char)byte;
    if (control.text_bytes == control.length) {
        hear_text();
    }
}

static void hear(uint8_t byte)
{
    switch (control.state) {
    case PARAM_EXCHANGE:
        hear_of_text(byte);
        break;
    case EXCHANGE_RESULTS:
        if (control.patient_until_ns == 0) {
            hear_of_text(byte);
        }
        break;
    case TEST_RUNNING:
        if (byte == TEST_END) {
            iperf3_streams_stop();
            enter(EXCHANGE_RESULTS);
            break;
        }
        /* fall through */
    default:
        if (byte == CLIENT_TERMINATE || byte == IPERF_DONE) {
            end();
        }
        break;
    }
}

static err_t heard(void *unused, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    (void)unused, (void)err;
    if (p == NULL) {
        end();
        return ERR_OK;
    }
    tcp_recved(pcb, p->tot_len);
    for (uint16_t i = 0; i < p->tot_len && control.pcb == pcb; i++) {
        hear(pbuf_get_at(p, i));
    }
    pbuf_free(p);
    return ERR_OK;
}

static void hung_up(void *unused, err_t err)
{
    (void)unused, (void)err;
    control.pcb = NULL;
    end();
}

static void deny(struct tcp_pcb *pcb)
{
    uint8_t denied = ACCESS_DENIED;

    tcp_write(pcb, &denied, 1, TCP_WRITE_FLAG_COPY);
    forget(pcb);
}

/* The cookie is whole: who is it? */
static void place(struct caller *caller)
{
    struct tcp_pcb *pcb = caller->pcb;

    caller->pcb = NULL;
    if (control.pcb == NULL) {
        control.pcb = pcb;
        control.patient_until_ns = 0;
        memcpy(control.cookie, caller->cookie, sizeof control.cookie);
        tcp_arg(pcb, NULL);
        tcp_recv(pcb, heard);
        tcp_err(pcb, hung_up);
        tcp_nagle_disable(pcb);
        enter(PARAM_EXCHANGE);
    } else if (control.state == CREATE_STREAMS && !iperf3_streams.test.udp &&
               memcmp(control.cookie, caller->cookie, sizeof control.cookie) == 0) {
        iperf3_streams_add(pcb);
        begin_if_all_there();
    } else {
        deny(pcb);
    }
}

static err_t introduced(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    struct caller *caller = arg;
    uint16_t bytes;

    if (p == NULL) {
        caller->pcb = NULL;
        forget(pcb);
        return ERR_OK;
    }
    bytes = pbuf_copy_partial(p, caller->cookie + caller->bytes,
                              (uint16_t)(COOKIE_BYTES - caller->bytes), 0);
    caller->bytes = (uint16_t)(caller->bytes + bytes);
    tcp_recved(pcb, bytes);
    p = pbuf_free_header(p, bytes);
    if (caller->bytes == COOKIE_BYTES) {
        place(caller);
    }
    /* What came with it is for whom it has become. */
    return p == NULL || pcb->recv == NULL ? ERR_OK : pcb->recv(pcb->callback_arg, pcb, p, err);
}

static void left(void *arg, err_t err)
{
    struct caller *caller = arg;

    (void)err;
    caller->pcb = NULL;
}

static err_t called(void *unused, struct tcp_pcb *pcb, err_t err)
{
    (void)unused;
    for (unsigned i = 0; err == ERR_OK && i < CALLERS_MAX; i++) {
        if (callers[i].pcb == NULL) {
            callers[i] = (struct caller){.pcb = pcb};
            tcp_arg(pcb, &callers[i]);
            tcp_recv(pcb, introduced);
            tcp_err(pcb, left);
            return ERR_OK;
        }
    }
    return ERR_MEM;
}

/* A stream's first datagram is a greeting, "9876", or a number in iperf3s before 3.10. */
static void greet(struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from, uint16_t port)
{
    const char *reply = pbuf_memcmp(p, 0, "9876", 4) == 0 ? "6789" : "\xb1\x68\xde\x3a";
    struct pbuf *answer = pbuf_alloc(PBUF_TRANSPORT, 4, PBUF_RAM);

    if (answer != NULL) {
        pbuf_take(answer, reply, 4);
        udp_sendto(pcb, answer, from, port);
        pbuf_free(answer);
        iperf3_streams_add_peer(from, port);
        begin_if_all_there();
    }
    pbuf_free(p);
}

static void datagram(void *unused, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
                     uint16_t port)
{
    struct iperf3_stream *stream = iperf3_streams_find(from, port);

    (void)unused;
    if (stream != NULL && control.state == TEST_RUNNING) {
        iperf3_stream_take_datagram(stream, p);
    } else if (stream == NULL && control.pcb != NULL && control.state == CREATE_STREAMS &&
               iperf3_streams.test.udp && p->tot_len == 4) {
        greet(pcb, p, from, port);
    } else {
        pbuf_free(p);
    }
}

void iperf3_begin(void)
{
    struct udp_pcb *udp = udp_new_ip_type(IPADDR_TYPE_ANY);
    struct tcp_pcb *tcp = tcp_new_ip_type(IPADDR_TYPE_ANY);

    udp_bind(udp, IP_ANY_TYPE, IPERF3_PORT);
    udp_recv(udp, datagram, NULL);
    tcp_bind(tcp, IP_ANY_TYPE, IPERF3_PORT);
    tcp_accept(tcp_listen(tcp), called);
}

void iperf3_tick(void)
{
    tell_results_if_whole();
}
