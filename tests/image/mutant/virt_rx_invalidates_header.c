/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A receive virtualiser that invalidates what it looks at itself, and nothing of what others will.
 */
#include <sddf/util/cache.h>

#define cache_clean_and_invalidate(start, end) \
    ((void)(end), cache_clean_and_invalidate(start, (start) + 14))

#include "components/network/virt_rx.c"
