/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A transmit virtualiser that does not ask for signals of what clients submit.
 */
#include <sddf/network/queue.h>

#define net_request_signal_active(queue) ((void)(queue))

#include "components/network/virt_tx.c"
