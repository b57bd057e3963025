/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver that answers each signal of virt_tx with one of its own, and takes nothing. With a
 * virtualiser that does the same, both are busy for ever.
 */
#include <os/sddf.h>

#define notified notified_before

void notified_before(sddf_channel ch);

#include "components/network/driver_enet.c"

#undef notified

void notified(sddf_channel ch)
{
    if (ch == config.virt_tx.id) {
        sddf_notify(ch);
    } else {
        notified_before(ch);
    }
}
