/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver that acknowledges its interrupt when it next runs for another reason.
 */
#include <stdbool.h>
#include <os/sddf.h>

static bool owed;

static inline void acknowledge_later(sddf_channel ch)
{
    (void)ch;
    owed = true;
}

#define sddf_deferred_irq_ack acknowledge_later
#define notified              notified_before

void notified_before(sddf_channel ch);

#include "components/network/driver_enet.c"

#undef notified
#undef sddf_deferred_irq_ack

void notified(sddf_channel ch)
{
    bool late = owed;

    owed = false;
    notified_before(ch);
    if (late) {
        sddf_irq_ack(state.irq);
    }
}
