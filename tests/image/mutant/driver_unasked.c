/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver that passes frames on and never looks whether a signal is wanted, but for the first.
 */
#include <sddf/network/queue.h>

static bool signalled;

static inline bool require_once(net_queue_handle_t *queue)
{
    bool first = !signalled;

    signalled = true;
    return first && net_require_signal_active(queue);
}

#define net_require_signal_active require_once

#include "components/network/driver_enet.c"
