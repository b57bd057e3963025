/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OWN_TIMER_CLIENT_H
#define OWN_TIMER_CLIENT_H
/* A timer is asked by protected calls: label 0 for the time in ns, label 1 for a signal later on.
 */
#include <stdint.h>

#include <os/sddf.h>

#define NS_IN_US 1000ULL
#define NS_IN_MS 1000000ULL
#define NS_IN_S  1000000000ULL

static inline uint64_t sddf_timer_time_now(sddf_channel timer)
{
    (void)sddf_ppcall(timer, seL4_MessageInfo_new(0, 0, 0, 0));
    return sddf_get_mr(0);
}

static inline void sddf_timer_set_timeout(sddf_channel timer, uint64_t from_now_ns)
{
    sddf_set_mr(0, from_now_ns);
    (void)sddf_ppcall(timer, seL4_MessageInfo_new(1, 0, 0, 1));
}
#endif
