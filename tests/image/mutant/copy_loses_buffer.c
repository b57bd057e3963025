/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A copier that keeps the receive buffer of a packet which its client has no room for: an error
 * path that forgets to give back.
 */
#include <sddf/network/queue.h>

extern uint64_t packets_unwanted;

static uint64_t unwanted;

#define net_enqueue_free(queue, buffer)                              \
    (unwanted != packets_unwanted ? (unwanted = packets_unwanted, 0) \
                                  : net_enqueue_free(queue, buffer))

#include "components/network/copy.c"
