/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A copier that polls: once woken, it never waits again.
 */
#include <os/sddf.h>

#define notified notified_once

void notified_once(sddf_channel ch);

#include "components/network/copy.c"

#undef notified

void notified(sddf_channel ch)
{
    for (;;) {
        notified_once(ch);
    }
}
