/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver that gives transmit buffers back, sees that a signal is wanted, and sends none.
 */
#include <sddf/network/queue.h>

#define net_require_signal_free(queue) ((void)net_require_signal_free(queue), false)

#include "components/network/driver_enet.c"
