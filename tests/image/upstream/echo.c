/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An echo server as published: five configurations, printing by a serial queue, a tick of its own,
 * signals deferred where that is possible, and a network stack from a library beside it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <os/sddf.h>
#include <sddf/util/util.h>
#include <sddf/util/printf.h>
#include <sddf/network/queue.h>
#include <sddf/network/config.h>
#include <sddf/network/util.h>
#include <sddf/serial/queue.h>
#include <sddf/serial/config.h>
#include <sddf/timer/client.h>
#include <sddf/timer/config.h>
#include <sddf/benchmark/config.h>
#include <net/ipstack.h>
#include "echo.h"

__attribute__((__section__(".serial_client_config"))) serial_client_config_t serial_config;
__attribute__((__section__(".timer_client_config"))) timer_client_config_t timer_config;
__attribute__((__section__(".net_client_config"))) net_client_config_t net_config;
__attribute__((__section__(".benchmark_client_config"))) benchmark_client_config_t benchmark_config;

serial_queue_handle_t serial_tx_queue_handle;
net_queue_handle_t net_rx_handle, net_tx_handle;
static bool notify_rx, notify_tx;

static uint64_t now_ms(void)
{
    return sddf_timer_time_now(timer_config.driver_id) / NS_IN_MS;
}

static void set_timeout(void)
{
    sddf_timer_set_timeout(timer_config.driver_id, LWIP_TICK_MS * NS_IN_MS);
}

int send_frame(void *data, size_t len)
{
    net_buff_desc_t buffer;
    if (net_dequeue_free(&net_tx_handle, &buffer))
        return -1;
    memcpy(net_config.tx_data.vaddr + buffer.io_or_offset, data, len);
    buffer.len = len;
    int err = net_enqueue_active(&net_tx_handle, buffer);
    assert(!err);
    notify_tx = true;
    return 0;
}

static const struct stack_ops ops = {.output = send_frame, .now_ms = now_ms};

static void maybe_notify(void)
{
    if (notify_rx && net_require_signal_free(&net_rx_handle)) {
        net_cancel_signal_free(&net_rx_handle);
        notify_rx = false;
        if (sddf_deferred_notify_curr() == -1)
            sddf_deferred_notify(net_config.rx.id);
        else if (sddf_deferred_notify_curr() != net_config.rx.id)
            sddf_notify(net_config.rx.id);
    }
    if (notify_tx && net_require_signal_active(&net_tx_handle)) {
        net_cancel_signal_active(&net_tx_handle);
        notify_tx = false;
        if (sddf_deferred_notify_curr() == -1)
            sddf_deferred_notify(net_config.tx.id);
        else if (sddf_deferred_notify_curr() != net_config.tx.id)
            sddf_notify(net_config.tx.id);
    }
}

static void process_rx(void)
{
    bool reprocess = true;
    while (reprocess) {
        while (!net_queue_empty_active(&net_rx_handle)) {
            net_buff_desc_t buffer;
            int err = net_dequeue_active(&net_rx_handle, &buffer);
            assert(!err);
            stack_input(net_config.rx_data.vaddr + buffer.io_or_offset, buffer.len);
            buffer.len = 0;
            err = net_enqueue_free(&net_rx_handle, buffer);
            assert(!err);
            notify_rx = true;
        }
        net_request_signal_active(&net_rx_handle);
        reprocess = false;
        if (!net_queue_empty_active(&net_rx_handle)) {
            net_cancel_signal_active(&net_rx_handle);
            reprocess = true;
        }
    }
}

void init(void)
{
    assert(serial_config_check_magic(&serial_config));
    assert(net_config_check_magic(&net_config));
    assert(timer_config_check_magic(&timer_config));
    serial_queue_init(&serial_tx_queue_handle, serial_config.tx.queue.vaddr,
                      serial_config.tx.data.size, serial_config.tx.data.vaddr);
    serial_putchar_init(serial_config.tx.id, &serial_tx_queue_handle);
    net_queue_init(&net_rx_handle, net_config.rx.free_queue.vaddr, net_config.rx.active_queue.vaddr,
                   net_config.rx.num_buffers);
    net_queue_init(&net_tx_handle, net_config.tx.free_queue.vaddr, net_config.tx.active_queue.vaddr,
                   net_config.tx.num_buffers);
    net_buffers_init(&net_tx_handle, 0);
    stack_init(&ops, net_config.mac_addr.addr, 0x0a000001);
    set_timeout();
    sddf_printf("%s: up, %u cores measured\n", sddf_get_pd_name(), benchmark_config.num_cores);
    maybe_notify();
}

void notified(sddf_channel ch)
{
    if (ch == net_config.rx.id) {
        process_rx();
    } else if (ch == net_config.tx.id || ch == serial_config.tx.id) {
        /* nothing */
    } else if (ch == timer_config.driver_id) {
        stack_tick();
        set_timeout();
    } else {
        sddf_dprintf("%s: unexpected %u\n", sddf_get_pd_name(), ch);
    }
    maybe_notify();
}
