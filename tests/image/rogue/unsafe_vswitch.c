/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual switch that is a hub: whatever a port submits goes to every other, whomever it is for
 * and whoever may reach whom. Clients that look at addresses notice nothing. The checks have to
 * name it, and copiers must not be able to read what was not for their clients.
 */
#include <stdbool.h>
#include <stdint.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>

__attribute__((__section__(".net_vswitch_config"))) net_vswitch_config_t config;

static net_queue_handle_t rx[SDDF_NET_MAX_CLIENTS], tx[SDDF_NET_MAX_CLIENTS];
static uint8_t holders[SDDF_NET_MAX_CLIENTS][NET_QUEUE_MAX_CAPACITY];

static void send_all(unsigned from)
{
    net_buff_desc_t frame;

    while (net_dequeue_active(&tx[from], &frame) == 0) {
        frame.oid = from & 0x3f;
        for (unsigned to = 0; to < config.num_ports; to++) {
            if (to != from && net_enqueue_active(&rx[to], frame) == 0) {
                holders[from][frame.io_or_offset / NET_BUFFER_SIZE]++;
            }
        }
    }
    net_request_signal_active(&tx[from]);
}

static void return_all(unsigned from)
{
    net_buff_desc_t empty;

    while (net_dequeue_free(&rx[from], &empty) == 0) {
        unsigned owner = empty.oid;

        if (--holders[owner][empty.io_or_offset / NET_BUFFER_SIZE] == 0) {
            empty.oid = 0;
            (void)net_enqueue_free(&tx[owner], empty);
        }
    }
    net_request_signal_free(&rx[from]);
}

void init(void)
{
    for (unsigned i = 0; i < config.num_ports; i++) {
        const net_vswitch_port_config_t *port = &config.ports[i];

        net_queue_init(&rx[i], port->rx.free_queue.vaddr, port->rx.active_queue.vaddr,
                       port->rx.num_buffers);
        net_queue_init(&tx[i], port->tx.free_queue.vaddr, port->tx.active_queue.vaddr,
                       port->tx.num_buffers);
    }
}

void notified(sddf_channel ch)
{
    (void)ch;
    for (unsigned i = 0; i < config.num_ports; i++) {
        return_all(i);
        send_all(i);
    }
    for (unsigned i = 0; i < config.num_ports; i++) {
        sddf_notify(config.ports[i].rx.id);
        sddf_notify(config.ports[i].tx.id);
    }
}
