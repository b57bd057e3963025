/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client that takes every frame, and writes to a page it has not written to before each time it
 * is woken: what it needs of its own memory grows as long as it runs.
 */
#include <stdint.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>

#define PAGE_BYTES 4096u
#define PAGES      16384u

__attribute__((__section__(".net_client_config"))) net_client_config_t config;

static net_queue_handle_t rx;
static volatile uint8_t hoard[PAGES][PAGE_BYTES];
static uint32_t written;

void init(void)
{
    net_queue_init(&rx, config.rx.free_queue.vaddr, config.rx.active_queue.vaddr,
                   config.rx.num_buffers);
}

void notified(sddf_channel ch)
{
    net_buff_desc_t frame;

    hoard[written++ % PAGES][0] = 1;
    do {
        while (net_dequeue_active(&rx, &frame) == 0) {
            (void)net_enqueue_free(&rx, frame);
        }
        net_request_signal_active(&rx);
    } while (!net_queue_empty_active(&rx));
    if (net_require_signal_free(&rx)) {
        net_cancel_signal_free(&rx);
        sddf_notify(ch);
    }
}
