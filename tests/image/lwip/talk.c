/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One who asks: it sends the first client's echo service bytes that differ from their neighbours,
 * looks at what comes back, and says how that was.
 */
#include <sddf/util/printf.h>
#include <sddf/util/si_units.h>
#include <sddf/util/util.h>
#include "client.h"

#define TALK_BYTES  300000
#define BLOCK_BYTES 1000

static struct tcp_pcb *pcb;
static uint64_t begun_ns;
static uint32_t said, heard, wrong;

static uint8_t byte_at(uint32_t index)
{
    return (uint8_t)(index * 7 + (index >> 8));
}

static void say(void)
{
    uint8_t bytes[BLOCK_BYTES];

    while (said < TALK_BYTES && tcp_sndbuf(pcb) >= BLOCK_BYTES) {
        for (uint32_t i = 0; i < BLOCK_BYTES; i++) {
            bytes[i] = byte_at(said + i);
        }
        if (tcp_write(pcb, bytes, BLOCK_BYTES, TCP_WRITE_FLAG_COPY) != ERR_OK) {
            break;
        }
        said += BLOCK_BYTES;
    }
    tcp_output(pcb);
}

static void end(const char *how)
{
    sddf_printf("%s: %u bytes said, %u heard, %u of them wrong, in %lu us\n", how, said, heard,
                wrong, (unsigned long)((client_time_ns() - begun_ns) / NS_IN_US));
}

static err_t listen(void *unused, struct tcp_pcb *from, struct pbuf *p, err_t err)
{
    (void)unused, (void)err;
    if (p == NULL) {
        end("ended by the other");
        tcp_close(from);
        return ERR_OK;
    }
    for (uint16_t i = 0; i < p->tot_len; i++) {
        wrong += pbuf_get_at(p, i) != byte_at(heard + i);
    }
    heard += p->tot_len;
    tcp_recved(from, p->tot_len);
    pbuf_free(p);
    if (heard == TALK_BYTES) {
        end("done");
        tcp_recv(from, NULL);
        tcp_close(from);
    }
    return ERR_OK;
}

static err_t sent(void *unused, struct tcp_pcb *to, uint16_t bytes)
{
    (void)unused, (void)to, (void)bytes;
    say();
    return ERR_OK;
}

static err_t poll(void *unused, struct tcp_pcb *to)
{
    return sent(unused, to, 0);
}

static err_t connected(void *unused, struct tcp_pcb *to, err_t err)
{
    (void)unused, (void)to, (void)err;
    say();
    return ERR_OK;
}

static void failed(void *unused, err_t err)
{
    (void)unused;
    sddf_printf("lwIP says %d\n", err);
    end("failed");
}

/* With the first tick, when all others are up. */
void talk_tick(void)
{
    ip_addr_t whom;

    if (pcb == NULL) {
        IP_ADDR4(&whom, 10, 11, 0, FIRST_HOST);
        begun_ns = client_time_ns();
        pcb = tcp_new();
        tcp_recv(pcb, listen);
        tcp_sent(pcb, sent);
        tcp_poll(pcb, poll, 1);
        tcp_err(pcb, failed);
        tcp_connect(pcb, &whom, ECHO_PORT, connected);
    }
}
