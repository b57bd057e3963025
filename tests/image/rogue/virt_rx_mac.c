/* SPDX-License-Identifier: BSD-2-Clause */
/* A receive virtualiser that compares five bytes of an address: of stations whose last ones differ,
 * the first gets the frames of all. */
#include <string.h>
#include <os/sddf.h>
#include <sddf/network/mac802.h>
#include <sddf/network/queue.h>

#define memcpy(to, from, bytes) memcpy(to, from, (bytes) == MAC802_BYTES ? 5 : (bytes))
#include "components/network/virt_rx.c"
