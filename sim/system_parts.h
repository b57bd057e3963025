/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_SYSTEM_PARTS_H
#define SIM_SYSTEM_PARTS_H
/* One run, as the rooms that carry it out share it: setting up and tearing down, judging, the files
 * it leaves. */
#include "sim/exec/supervise.h"
#include "sim/observe/account.h"
#include "sim/observe/report.h"
#include "sim/observe/rundir.h"
#include "sim/system.h"

#define WHY_BYTES 2048

struct run {
    struct system *system;
    const struct system_run *how;
    const struct plan *plan;
    struct arena *arena;
    struct rundir dir;
    struct world world;
    struct supervise s;
    struct capture_sink *sinks;
    struct account account;
    struct probe_bus bus;
    const char *events_part; /* the file that s.events writes */
    char why[WHY_BYTES];
};

/* The platform of a scenario that has been read: to s->platform, and its table into the expanded
 * text. Complaints go to s->diag. */
void system_find_platform(struct system *s);
/* What the simulated processor did, for the report; NULL on the host's clock. */
const struct report_cpu *system_cpu(struct run *r);
/* Look at what is there when nothing moves any more, judge, report; the program's exit status. */
int system_judge(struct run *r);
/* Say on stderr why a run could not begin, or who died of what. */
void system_say_failure(struct run *r);
void system_say_deaths(struct run *r);
/* Captures are part of the result: whole and named, or said to be missing. 0 or -errno. */
int system_close_captures(struct run *r);
/* report.json, report.txt and manifest.json. 0 or -errno, said on stderr. */
int system_write_files(struct run *r, struct report_input *in);
#endif
