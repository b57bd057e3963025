/* SPDX-License-Identifier: BSD-2-Clause */
/* A copier one of whose bits comes out wrong. */
#include <string.h>
#include <os/sddf.h>
#include <sddf/network/queue.h>

static inline void copy_and_flip(void *to, const void *from, size_t bytes)
{
    memcpy(to, from, bytes);
    ((char *)to)[bytes / 2] ^= 4;
}

#define memcpy copy_and_flip
#include "components/network/copy.c"
