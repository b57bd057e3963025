/* SPDX-License-Identifier: BSD-2-Clause */
/* The point, and then the copy. A copy of nothing is none. */
#include "sim/exec/copy.h"

#include <string.h>

#include <sddf/os/point.h>

void *sddfsim_memcpy(void *to, const void *from, size_t bytes)
{
    if (bytes != 0) {
        point(POINT_COPY, from, bytes);
    }
    return memcpy(to, from, bytes);
}

void *sddfsim_memmove(void *to, const void *from, size_t bytes)
{
    if (bytes != 0) {
        point(POINT_COPY, from, bytes);
    }
    return memmove(to, from, bytes);
}
