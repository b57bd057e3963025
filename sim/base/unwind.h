/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_UNWIND_H
#define SIM_BASE_UNWIND_H
/*
 * Who called whom in a shared object that runs no more, from what was kept of its stack and the
 * object's own call frame information (read by libdw of elfutils, as in srcline.h; where there is
 * none, by frame pointers). Neither has to be what it should be: what makes no sense ends the walk.
 */
#include <stddef.h>
#include <stdint.h>

#define UNWIND_FRAMES_MAX 16u

struct unwind_from {
    uint64_t base, object_bytes; /* where the object was, and how much of it */
    uint64_t pc, sp, fp;         /* of the innermost frame; `pc` lies within the object */
    const void *memory;          /* what was at `start`, which is `sp` or beyond */
    uint64_t start;
    size_t bytes;
};

/*
 * The places it was at, the innermost first: each the offset in the object of what comes after the
 * instruction, as everywhere. The walk ends where the object was called from elsewhere. Returns how
 * many there are.
 */
size_t unwind_object(const char *file, const struct unwind_from *from,
                     uint64_t places[static UNWIND_FRAMES_MAX]);
#endif
