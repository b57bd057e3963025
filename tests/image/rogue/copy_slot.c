/* SPDX-License-Identifier: BSD-2-Clause */
/* A copier that copies the whole buffer, however short the frame in it: what lies behind that,
 * others were sent before. */
#include <string.h>
#include <os/sddf.h>
#include <sddf/network/queue.h>

#define memcpy(to, from, bytes) \
    memcpy(to, from, (bytes) < NET_BUFFER_SIZE ? NET_BUFFER_SIZE : (bytes))
#include "components/network/copy.c"
