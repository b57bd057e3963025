/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_OBSERVE_RUNDIR_H
#define SIM_OBSERVE_RUNDIR_H
/*
 * The folder a run leaves behind. Files appear in it whole or not at all: each is written beside
 * its name and renamed. A run that never began takes its folder with it.
 */
#include <stdbool.h>
#include <stdio.h>

#include "sim/base/arena.h"

#define RUNDIR_WHY_BYTES 512

struct rundir {
    const char *path;                     /* absolute */
    const char *images, *logs, *captures; /* NULL in a bare one */
    int fd, captures_fd;                  /* -1 when closed; captures_fd too in a bare one */
    bool asked;                           /* named by the user, so no link leads to it */
};

/*
 * Make the folder and those within it. `asked`: exactly this one, which must not exist (or be
 * empty); NULL: out/<name>-s<seed>, or the first of -2, -3, ... that is free, with out/latest
 * pointing to it. 0, or -errno with one sentence in `why`.
 */
int rundir_create(struct rundir *r, struct arena *arena, const char *asked, const char *name,
                  unsigned long long seed, char why[static RUNDIR_WHY_BYTES]);
/*
 * The same for a folder that is to hold something else than one run: nothing is made within it, and
 * the default is out/<leaf>, out/<leaf>-2, ...
 */
int rundir_create_bare(struct rundir *r, struct arena *arena, const char *asked, const char *leaf,
                       char why[static RUNDIR_WHY_BYTES]);
/* Write one file through `fill`, which returns 0 or -errno. 0 or -errno, with the reason in `why`.
 */
int rundir_write(struct rundir *r, const char *name, int (*fill)(void *context, FILE *to),
                 void *context, char why[static RUNDIR_WHY_BYTES]);
void rundir_close(struct rundir *r);
/* The run never began: remove the folder and all in it, then close. */
void rundir_remove(struct rundir *r);
#endif
