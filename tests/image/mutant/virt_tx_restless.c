/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A transmit virtualiser that answers each signal of its driver with one of its own, and takes
 * nothing.
 */
#include <os/sddf.h>

#define notified notified_before

void notified_before(sddf_channel ch);

#include "components/network/virt_tx.c"

#undef notified

void notified(sddf_channel ch)
{
    if (ch == config.driver.id) {
        sddf_notify(ch);
    } else {
        notified_before(ch);
    }
}
