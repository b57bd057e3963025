/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A transmit virtualiser that says of its driver that it wants no signal, and then sends none, as
 * it wants none.
 */
#include <sddf/network/queue.h>

#define net_require_signal_active(queue) (net_cancel_signal_active(queue), false)

#include "components/network/virt_tx.c"
