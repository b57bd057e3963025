/* SPDX-License-Identifier: BSD-2-Clause */
/* One that trusts too much in its second wake-up, and so dies of its own assertion. */
#include <os/sddf.h>

#define notified notified_rightly

void notified_rightly(sddf_channel ch);

#include "components/network/virt_rx.c"
#undef notified

void notified(sddf_channel ch)
{
    static bool again;

    assert(!again);
    again = true;
    notified_rightly(ch);
}
