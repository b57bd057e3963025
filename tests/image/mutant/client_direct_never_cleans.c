/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client without virtualisers that sends without cleaning.
 */
#include <sddf/util/cache.h>

#define cache_clean(start, end) ((void)(start), (void)(end))

#include "components/network/client_direct.c"
