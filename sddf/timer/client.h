/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_TIMER_CLIENT_H
#define SDDF_TIMER_CLIENT_H
/*
 * Time for a component: now, and a notification later. Both calls go to the timer driver, which has
 * a higher priority than all its clients, over the channel that the client's timer_client_config_t
 * names.
 */
#include <stdint.h>
#include <os/sddf.h>
#include <sddf/timer/protocol.h>
#include <sddf/timer/timer_common.h>
#include <sddf/util/util.h>
#include <sddf/util/arch_timestamp_counter.h>

/*
 * Be notified on `channel` in `timeout` ns from now, once. There is one timeout: a new one replaces
 * one that has not passed. Overwrites message register 0.
 */
static inline void sddf_timer_set_timeout(sddf_channel channel, uint64_t timeout)
{
    sddf_set_mr(0, timeout);
    sddf_ppcall(channel, seL4_MessageInfo_new(SDDF_TIMER_SET_TIMEOUT, 0, 0, 1));
}

/*
 * The time in ns since some moment before this PD began; never goes back. Overwrites message
 * register 0.
 */
static inline uint64_t sddf_timer_time_now(sddf_channel channel)
{
#ifdef CONFIG_ARCH_X86
    uint64_t freq_hz = sddf_read_freq();

    if (freq_hz != 0) {
        return ticks_to_ns(sddf_read_counter(), freq_hz);
    }
#endif
    sddf_ppcall(channel, seL4_MessageInfo_new(SDDF_TIMER_GET_TIME, 0, 0, 0));
    return sddf_get_mr(0);
}
#endif
