/* SPDX-License-Identifier: BSD-2-Clause */
/* Removing folders; see the header. */
#include "sim/base/folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>

#define DEPTH_OPEN 16 /* folders kept open at a time; deeper ones are opened again */

/* nftw() hands nothing on to whom it calls. */
static _Thread_local int first_error;

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    if (remove(path) != 0 && errno != ENOENT && first_error == 0) {
        first_error = -errno;
    }
    return 0;
}

int folder_remove(const char *path)
{
    first_error = 0;
    if (nftw(path, remove_one, DEPTH_OPEN, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) != 0 &&
        errno != ENOENT && first_error == 0) {
        first_error = -errno;
    }
    return first_error;
}
