/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client with a TCP stack of its own: lwIP, driven by the queues and by a timer. One image makes
 * many clients, who learn from their MAC who they are: 52:54:01:00:00:00 is 10.11.0.2, and answers;
 * one whose last byte but one is not zero, such as 52:54:01:00:01:01, 10.11.0.3, asks the first.
 */
#include <stdbool.h>
#include <stdint.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>
#include <sddf/network/lib_sddf_lwip.h>
#include <sddf/timer/client.h>
#include <sddf/timer/config.h>
#include <sddf/util/printf.h>
#include <sddf/util/util.h>
#include "client.h"

#define TICK_NS (100 * NS_IN_MS)

__attribute__((__section__(".net_client_config"))) net_client_config_t net_config;
__attribute__((__section__(".timer_client_config"))) timer_client_config_t timer_config;
__attribute__((__section__(".lib_sddf_lwip_config"))) lib_sddf_lwip_config_t lib_sddf_lwip_config;

uint64_t client_time_ns(void)
{
    return sddf_timer_time_now(timer_config.driver_id);
}

static bool asks(void)
{
    return net_config.mac_addr.addr[4] != 0;
}

static void tell_up(char *ip_addr)
{
    sddf_printf("%s: up at %s\n", sddf_get_pd_name(), ip_addr);
}

void init(void)
{
    net_queue_handle_t rx, tx;
    char ip[16];

    assert(net_config_check_magic(&net_config));
    assert(timer_config_check_magic(&timer_config));
    net_queue_init(&rx, net_config.rx.free_queue.vaddr, net_config.rx.active_queue.vaddr,
                   net_config.rx.num_buffers);
    net_queue_init(&tx, net_config.tx.free_queue.vaddr, net_config.tx.active_queue.vaddr,
                   net_config.tx.num_buffers);
    net_buffers_init(&tx, 0);

    sddf_snprintf(ip, sizeof ip, "10.11.0.%u", FIRST_HOST + net_config.mac_addr.addr[5]);
    sddf_lwip_init(&lib_sddf_lwip_config, &net_config, &timer_config, rx, tx, ip, NULL, tell_up,
                   NULL, NULL, NULL);
    if (!asks()) {
        echo_begin();
        iperf3_begin();
    }
    sddf_timer_set_timeout(timer_config.driver_id, TICK_NS);
    sddf_lwip_maybe_notify();
}

void notified(sddf_channel ch)
{
    if (ch == net_config.rx.id) {
        sddf_lwip_process_rx();
    } else if (ch == timer_config.driver_id) {
        sddf_lwip_process_timeout();
        if (asks()) {
            talk_tick();
        } else {
            iperf3_tick();
        }
        sddf_timer_set_timeout(timer_config.driver_id, TICK_NS);
    }
    sddf_lwip_maybe_notify();
}
