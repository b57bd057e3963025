/* SPDX-License-Identifier: BSD-2-Clause */
/* A copier that copies whole cache lines, to be quick: the end of the last is not the frame's. */
#include <string.h>
#include <os/sddf.h>
#include <sddf/network/queue.h>

#define memcpy(to, from, bytes) memcpy(to, from, ((size_t)(bytes) + 63) & ~(size_t)63)
#include "components/network/copy.c"
