/* SPDX-License-Identifier: BSD-2-Clause */
/* The point, and then the copy. */
#include "sim/exec/copy.h"

#include <string.h>

#include <sddf/os/point.h>

static inline void tell(const void *from, size_t bytes)
{
    if (bytes >= COPY_BULK_BYTES) {
        point(POINT_COPY, from, bytes);
    }
}

void *sddfsim_memcpy(void *to, const void *from, size_t bytes)
{
    tell(from, bytes);
    return memcpy(to, from, bytes);
}

void *sddfsim_memmove(void *to, const void *from, size_t bytes)
{
    tell(from, bytes);
    return memmove(to, from, bytes);
}
