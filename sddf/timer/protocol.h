/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_TIMER_PROTOCOL_H
#define SDDF_TIMER_PROTOCOL_H
/*
 * The protected calls that a timer driver answers. A timeout that has passed comes as a
 * notification on the same channel; each client has one timeout, and a new one replaces it.
 */
#include <stdint.h>
#include <sddf/util/si_units.h>

/* Labels. */
#define SDDF_TIMER_GET_TIME    0 /* no argument; reply: time in ns in message register 0 */
#define SDDF_TIMER_SET_TIMEOUT 1 /* message register 0: ns from now; the reply is empty */

typedef uint64_t sddf_timer_freq_hz_t;
#endif
