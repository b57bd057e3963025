/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A receive virtualiser as one has it before anybody attacked it: it gives each frame to whom it is
 * for, counts who has it still, and asserts what its clients tell it. It needs no more than sDDF's
 * headers.
 */
#include <stdbool.h>
#include <stdint.h>

#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/mac802.h>
#include <sddf/network/queue.h>
#include <sddf/util/cache.h>
#include <sddf/util/util.h>

__attribute__((__section__(".net_virt_rx_config"))) net_virt_rx_config_t config;

static net_queue_handle_t driver, clients[SDDF_NET_MAX_CLIENTS];
static uint8_t *refs; /* of each buffer: who has it */
static bool owed[SDDF_NET_MAX_CLIENTS], notify_driver;

static void give(unsigned client, net_buff_desc_t buffer)
{
    int err = net_enqueue_active(&clients[client], buffer);

    assert(err == 0);
    refs[buffer.io_or_offset / NET_BUFFER_SIZE]++;
    owed[client] = true;
}

static int find_client(const uint8_t *mac)
{
    for (int i = 0; i < config.num_clients; i++) {
        for (int m = 0; m < config.clients[i].num_macs; m++) {
            if (mac802_addr_eq(mac, config.clients[i].mac_addrs[m].addr)) {
                return i;
            }
        }
    }
    return -1;
}

static void give_back(net_buff_desc_t buffer)
{
    buffer.io_or_offset += config.data.io_addr;
    buffer.len = 0;
    int err = net_enqueue_free(&driver, buffer);

    assert(err == 0);
    notify_driver = true;
}

static void sort_out(net_buff_desc_t buffer)
{
    uintptr_t frame;
    int client;

    buffer.io_or_offset -= config.data.io_addr;
    frame = (uintptr_t)config.data.region.vaddr + buffer.io_or_offset;
    cache_clean_and_invalidate(frame, frame + buffer.len);
    assert(refs[buffer.io_or_offset / NET_BUFFER_SIZE] == 0);
    client = find_client(((ether_hdr_t *)frame)->dest.addr);
    if (client >= 0) {
        give((unsigned)client, buffer);
    } else if (mac802_addr_is_bcast(((ether_hdr_t *)frame)->dest.addr) && config.num_clients > 0) {
        for (unsigned i = 0; i < config.num_clients; i++) {
            give(i, buffer);
        }
    } else {
        give_back(buffer);
    }
}

static void rx_return(void)
{
    net_buff_desc_t buffer;

    do {
        while (net_dequeue_active(&driver, &buffer) == 0) {
            sort_out(buffer);
        }
        net_request_signal_active(&driver);
    } while (!net_queue_empty_active(&driver));
    for (unsigned i = 0; i < config.num_clients; i++) {
        if (owed[i] && net_require_signal_active(&clients[i])) {
            net_cancel_signal_active(&clients[i]);
            sddf_notify(config.clients[i].conn.id);
        }
        owed[i] = false;
    }
}

static void take_back(net_buff_desc_t buffer)
{
    assert(buffer.io_or_offset % NET_BUFFER_SIZE == 0);
    assert(buffer.io_or_offset < (uint64_t)NET_BUFFER_SIZE * driver.capacity);
    uint8_t *count = &refs[buffer.io_or_offset / NET_BUFFER_SIZE];

    assert(*count != 0);
    if (--*count == 0) {
        give_back(buffer);
    }
}

static void rx_provide(void)
{
    net_buff_desc_t buffer;

    for (unsigned i = 0; i < config.num_clients; i++) {
        do {
            while (net_dequeue_free(&clients[i], &buffer) == 0) {
                take_back(buffer);
            }
            net_request_signal_free(&clients[i]);
        } while (!net_queue_empty_free(&clients[i]));
    }
    if (notify_driver && net_require_signal_free(&driver)) {
        net_cancel_signal_free(&driver);
        sddf_deferred_notify(config.driver.id);
        notify_driver = false;
    }
}

void init(void)
{
    assert(net_config_check_magic(&config));
    refs = config.buffer_metadata.vaddr;
    net_queue_init(&driver, config.driver.free_queue.vaddr, config.driver.active_queue.vaddr,
                   config.driver.num_buffers);
    for (unsigned i = 0; i < config.num_clients; i++) {
        net_connection_resource_t *conn = &config.clients[i].conn;

        net_queue_init(&clients[i], conn->free_queue.vaddr, conn->active_queue.vaddr,
                       conn->num_buffers);
    }
    net_buffers_init(&driver, config.data.io_addr);
    if (net_require_signal_free(&driver)) {
        net_cancel_signal_free(&driver);
        sddf_deferred_notify(config.driver.id);
    }
}

void notified(sddf_channel ch)
{
    (void)ch;
    rx_return();
    rx_provide();
}
