/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_SYSTEM_H
#define SIM_SYSTEM_H
/*
 * A scenario from file to verdict: build (read, plan, check everything that can be checked without
 * starting anything), run, drain, judge, report. The verbs are thin upon this.
 */
#include <stdbool.h>
#include <stdio.h>

#include "sim/base/arena.h"
#include "sim/base/diag.h"
#include "sim/check/check.h"
#include "sim/model/plan.h"
#include "sim/model/platform.h"
#include "sim/model/scenario.h"

#define SYSTEM_VERSION "0.1.0"

/* Everything a scenario may name, from every row list. Lives as long as the program. */
const struct scenario_types *system_types(void);

/* The executor a scenario asks for, or its clock's usual one: by process on the host's, as fibers
 * on the virtual one. */
const char *system_executor(const struct scenario *s);

struct system {
    struct arena arena;
    struct diag diag;
    const char *image_dir;
    struct scenario *scenario; /* NULL if it could not be read */
    /* NULL if it could not be read, or on the host's clock where the scenario names none. */
    const struct platform *platform;
    struct plan *plan;    /* NULL if it could not be planned */
    struct checks checks; /* started, once it is planned */
};

/* The folder with the product's images: $SDDFSIM_IMAGES, or beside the program, or installed. */
const char *system_image_dir(struct arena *arena);
/* The same for platforms, and $SDDFSIM_PLATFORMS. */
const char *system_platform_dir(struct arena *arena);
/* And for headers that images are compiled with, and $SDDFSIM_INCLUDE: in it are sddf/, and in
 * os-layer/ the little that does not depend on a version of sDDF. */
const char *system_include_dir(struct arena *arena);

/*
 * Read and plan `path`, with `sets` as scenario_load takes them. All complaints, warnings too, are
 * in s->diag; true if there is no error. `s` is zeroed by the caller and finished by system_finish
 * in any case.
 */
bool system_build(struct system *s, const char *path, const char *const *sets, size_t set_count);
void system_finish(struct system *s);

struct system_run {
    const char *out_dir;      /* NULL: out/<scenario>-s<seed>, with -2, -3, ... if it is taken */
    const char *const *wraps; /* "PD=COMMAND", each to run one domain under a tool; none where the
                               * executor gives domains no process */
    size_t wrap_count;
    bool json, quiet, color;
    bool events;         /* every event into events.txt; in virtual time only */
    const char **folder; /* where the results are, once that is known; in the system's arena */
    const char *repeat;  /* the command that repeats the run, for the last line on failure */
};

/* Run what was built. Prints the report; complaints go to stderr. Returns the program's exit
 * status. */
int system_run(struct system *s, const struct system_run *how);

/* In a process that a tool started for `--wrap`: become one domain. Returns only if it cannot. */
int system_become(const char *images, const char *numbers, const char *descriptors);
#endif
