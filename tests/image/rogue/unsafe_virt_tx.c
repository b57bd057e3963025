/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A transmit virtualiser that believes its clients: whatever offset and length a descriptor has
 * goes to the driver, as an IO address, unchecked, and as often as the queue's index says there is
 * one. With honest clients nobody notices. With any other it lets one client send another's memory,
 * and the checks have to name it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>

__attribute__((__section__(".net_virt_tx_config"))) net_virt_tx_config_t config;

static net_queue_handle_t driver;
static net_queue_handle_t clients[SDDF_NET_MAX_CLIENTS];

static void send_all(void)
{
    for (unsigned i = 0; i < config.num_clients; i++) {
        net_buff_desc_t packet;

        while (!net_queue_full_active(&driver) && net_dequeue_active(&clients[i], &packet) == 0) {
            packet.io_or_offset += config.clients[i].regions[0].data.io_addr;
            (void)net_enqueue_active(&driver, packet);
        }
        net_request_signal_active(&clients[i]);
    }
}

/* Back to the client whose region it is in; one that is in nobody's is forgotten. */
static void return_all(void)
{
    net_buff_desc_t sent;

    while (net_dequeue_free(&driver, &sent) == 0) {
        for (unsigned i = 0; i < config.num_clients; i++) {
            const net_virt_tx_data_region_t *region = &config.clients[i].regions[0];
            uint64_t offset = sent.io_or_offset - region->data.io_addr;

            if (offset < region->data.region.size) {
                (void)net_enqueue_free(&clients[i], (net_buff_desc_t){.io_or_offset = offset});
                sddf_notify(config.clients[i].conn.id);
            }
        }
    }
    net_request_signal_free(&driver);
}

void init(void)
{
    net_queue_init(&driver, config.driver.free_queue.vaddr, config.driver.active_queue.vaddr,
                   config.driver.num_buffers);
    for (unsigned i = 0; i < config.num_clients; i++) {
        const net_connection_resource_t *conn = &config.clients[i].conn;

        net_queue_init(&clients[i], conn->free_queue.vaddr, conn->active_queue.vaddr,
                       conn->num_buffers);
    }
}

void notified(sddf_channel ch)
{
    (void)ch;
    return_all();
    send_all();
    sddf_notify(config.driver.id);
}
