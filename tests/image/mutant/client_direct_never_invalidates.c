/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client without virtualisers that reads what it received without invalidating.
 */
#include <sddf/util/cache.h>

#define cache_clean_and_invalidate(start, end) ((void)(start), (void)(end))

#include "components/network/client_direct.c"
