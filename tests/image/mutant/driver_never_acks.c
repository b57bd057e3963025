/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver that does not acknowledge its interrupt after the first few.
 */
#include <os/sddf.h>

static unsigned acknowledged;

static inline void acknowledge_at_first(sddf_channel ch)
{
    if (acknowledged++ < 3) {
        sddf_deferred_irq_ack(ch);
    }
}

#define sddf_deferred_irq_ack acknowledge_at_first

#include "components/network/driver_enet.c"
