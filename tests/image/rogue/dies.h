/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client that comes to grief at the third frame, deep in a call; the image that includes this
 * says how. The way there has a leaf, a function that keeps no frame, and one in the C library.
 */
#include <stdint.h>
#include <string.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>
#include <sddf/util/util.h>

__attribute__((__section__(".net_client_config"))) net_client_config_t config;

#if defined(__clang__)
#define FRAMELESS __attribute__((noinline))
#else
#define FRAMELESS __attribute__((noinline, optimize("omit-frame-pointer")))
#endif

static net_queue_handle_t rx;
static volatile uint64_t frames;

static void come_to_grief(uint64_t number);

static __attribute__((noinline)) void count_frame(uint64_t number)
{
    if (number == 3) {
        come_to_grief(frames + 1);
    }
    frames = number;
}

FRAMELESS static void take_frame(net_buff_desc_t frame)
{
    count_frame(frames + 1);
    (void)net_enqueue_free(&rx, frame);
}

void init(void)
{
    net_queue_init(&rx, config.rx.free_queue.vaddr, config.rx.active_queue.vaddr,
                   config.rx.num_buffers);
}

void notified(sddf_channel ch)
{
    net_buff_desc_t frame;

    do {
        while (net_dequeue_active(&rx, &frame) == 0) {
            take_frame(frame);
        }
        net_request_signal_active(&rx);
    } while (!net_queue_empty_active(&rx));
    if (net_require_signal_free(&rx)) {
        net_cancel_signal_free(&rx);
        sddf_notify(ch);
    }
}
