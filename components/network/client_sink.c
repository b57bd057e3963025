/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client that takes every frame, looks at none and sends nothing: rx.active -> sink -> rx.free.
 *
 * It can be slow: then it takes a number of frames in each interval of time and leaves the rest in
 * its queue until the next. So it shows what becomes of everybody when one client does not keep up.
 * It waits for the time, not for frames, so it is never left waiting for a signal that nobody owes
 * it.
 *
 * The same image runs behind a copier and without one; without, its slowness holds buffers that all
 * clients share.
 */
#include <stdbool.h>
#include <stdint.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>
#include <sddf/timer/client.h>
#include <sddf/timer/config.h>
#include <sddf/util/util.h>

#include "components/network/client_params.h"
#include "components/network/client_peers.h"

__attribute__((__section__(".net_client_config"))) net_client_config_t config;
__attribute__((__section__(".timer_client_config"))) timer_client_config_t timer_config;
__attribute__((__section__(".client_sink_config"))) struct client_sink_config client_config;

uint64_t frames_taken;
uint64_t bytes_taken;

static struct {
    uint64_t interval_end_ns; /* of a slow client's present interval */
    uint64_t allowance;       /* frames it may still take until then */
} state;

static bool is_slow(void)
{
    return client_config.frames > 0;
}

/*
 * Intervals follow each other without gaps while there are frames; after a pause one begins with
 * the first.
 */
static void renew_allowance(void)
{
    uint64_t now_ns = sddf_timer_time_now(timer_config.driver_id);

    if (now_ns < state.interval_end_ns) {
        return;
    }
    state.allowance = client_config.frames;
    if (now_ns - state.interval_end_ns >= client_config.interval) {
        state.interval_end_ns = now_ns;
    }
    state.interval_end_ns += client_config.interval;
}

/* The interval's frames are taken: wake up for the next, and not before. */
static void sleep_until_renewal(void)
{
    uint64_t now_ns = sddf_timer_time_now(timer_config.driver_id);

    net_cancel_signal_active(&peers.rx);
    sddf_timer_set_timeout(timer_config.driver_id,
                           now_ns < state.interval_end_ns ? state.interval_end_ns - now_ns : 1);
}

/* Take one frame, of which there is one. */
static void take_frame(void)
{
    net_buff_desc_t frame;

    if (net_dequeue_active(&peers.rx, &frame) != 0) {
        return;
    }
    frames_taken++;
    bytes_taken += frame.len;
    (void)net_enqueue_free(&peers.rx, frame);
    peers.notify_rx = true;
}

/*
 * Take what there is and may be taken, at most one queue full; true if there may be more to take
 * now.
 */
static bool take_frames(void)
{
    for (uint32_t i = 0; i <= peers.rx.capacity; i++) {
        if (is_slow() && state.allowance == 0) {
            sleep_until_renewal();
            return false;
        }
        if (net_queue_empty_active(&peers.rx)) {
            net_request_signal_active(&peers.rx);
            if (net_queue_empty_active(&peers.rx)) {
                return false;
            }
            net_cancel_signal_active(&peers.rx);
        }
        take_frame();
        if (is_slow()) {
            state.allowance--;
        }
    }
    return true;
}

static void take_all(void)
{
    bool more = true;

    if (is_slow()) {
        renew_allowance();
    }
    while (more) {
        more = take_frames();
        signal_peers(!more);
    }
}

void init(void)
{
    peers_init();
    assert(!is_slow() || (timer_config_check_magic(&timer_config) && client_config.interval > 0));

    assert(peers.rx.capacity != 0);

    /* It sends nothing, but transmit buffers, if it has any, are where those of a client belong. */
    bool anew = peers_fill();
    peers_expect_no_buffers();
    if (anew) {
        take_all();
    }
}

/* A frame came, or the time for more has. */
void notified(sddf_channel ch)
{
    (void)ch;
    take_all();
}
