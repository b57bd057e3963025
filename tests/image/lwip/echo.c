/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The echo service, port 7. A datagram goes back in the pbuf it came in. Of a connection, what has
 * come and could not be sent yet waits in its pbufs, and as the window is opened only by what has
 * been passed on, that is one window at most.
 */
#include <lwip/udp.h>
#include "client.h"

#define ECHO_CONNECTIONS 8

struct echo {
    struct tcp_pcb *pcb; /* NULL: not in use */
    struct pbuf *waiting;
    bool ended; /* the peer will send no more */
};

static struct echo echoes[ECHO_CONNECTIONS];

static void answer(void *unused, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
                   uint16_t port)
{
    (void)unused;
    udp_sendto(pcb, p, from, port);
    pbuf_free(p);
}

static void drop_waiting(struct echo *e)
{
    if (e->waiting != NULL) {
        pbuf_free(e->waiting);
        e->waiting = NULL;
    }
}

/* One pbuf's worth of what waits. False if there is no room for it. */
static bool pass_one(struct echo *e)
{
    struct pbuf *first = e->waiting;
    uint16_t room = tcp_sndbuf(e->pcb), bytes = MIN(first->len, room);

    if (bytes == 0 || tcp_write(e->pcb, first->payload, bytes, TCP_WRITE_FLAG_COPY) != ERR_OK) {
        return false;
    }
    tcp_recved(e->pcb, bytes);
    e->waiting = pbuf_free_header(first, bytes);
    return true;
}

/* Send what there is room for; once nothing more can come, end. */
static err_t pass_on(struct echo *e)
{
    while (e->waiting != NULL && pass_one(e)) {
    }
    tcp_output(e->pcb);
    if (e->ended && e->waiting == NULL && tcp_close(e->pcb) == ERR_OK) {
        tcp_arg(e->pcb, NULL);
        e->pcb = NULL;
    }
    return ERR_OK;
}

static err_t sent(void *arg, struct tcp_pcb *pcb, uint16_t bytes)
{
    (void)pcb, (void)bytes;
    return arg == NULL ? ERR_OK : pass_on(arg);
}

static err_t poll(void *arg, struct tcp_pcb *pcb)
{
    (void)pcb;
    return arg == NULL ? ERR_OK : pass_on(arg);
}

static err_t received(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    struct echo *e = arg;

    (void)err;
    if (e == NULL) {
        if (p != NULL) {
            tcp_recved(pcb, p->tot_len);
            pbuf_free(p);
        }
        return ERR_OK;
    }
    if (p == NULL) {
        e->ended = true;
    } else if (e->waiting == NULL) {
        e->waiting = p;
    } else {
        pbuf_cat(e->waiting, p);
    }
    return pass_on(e);
}

/* The connection is gone already. */
static void lost(void *arg, err_t err)
{
    struct echo *e = arg;

    (void)err;
    if (e != NULL) {
        drop_waiting(e);
        e->pcb = NULL;
    }
}

static err_t accepted(void *unused, struct tcp_pcb *pcb, err_t err)
{
    (void)unused;
    for (unsigned i = 0; err == ERR_OK && i < ECHO_CONNECTIONS; i++) {
        if (echoes[i].pcb == NULL) {
            echoes[i] = (struct echo){.pcb = pcb};
            tcp_arg(pcb, &echoes[i]);
            tcp_recv(pcb, received);
            tcp_sent(pcb, sent);
            tcp_poll(pcb, poll, 1);
            tcp_err(pcb, lost);
            tcp_nagle_disable(pcb);
            return ERR_OK;
        }
    }
    return ERR_MEM;
}

void echo_begin(void)
{
    struct udp_pcb *udp = udp_new_ip_type(IPADDR_TYPE_ANY);
    struct tcp_pcb *tcp = tcp_new_ip_type(IPADDR_TYPE_ANY);

    udp_bind(udp, IP_ANY_TYPE, ECHO_PORT);
    udp_recv(udp, answer, NULL);
    tcp_bind(tcp, IP_ANY_TYPE, ECHO_PORT);
    tcp_accept(tcp_listen(tcp), accepted);
}
