/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client without virtualisers that writes into the frames it was given, and gives the buffers
 * back to be received into as they are, dirty.
 */
#include <sddf/util/cache.h>

#define cache_clean_and_invalidate(start, end) \
    (cache_clean_and_invalidate(start, end), (void)(((char *)(end))[-1] ^= 1))

#include "components/network/client_direct.c"
