/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_LOCAL_PARTS_H
#define SIM_EXEC_LOCAL_PARTS_H
/*
 * What the two rooms behind local.h have in common: local.c, where domains take turns, and
 * local_guard.c, where a turn comes to an end nobody asked for.
 */
#include "sim/exec/local.h"
#include "sim/exec/stray.h"

/* From here to leave(), whatever goes wrong is this domain's doing. */
static inline void enter(struct local *l)
{
    domain_current = &l->domain;
    l->run->inside = l;
    stray_inside = l->run->guarded;
}

static inline void leave(struct local_run *run)
{
    stray_inside = false;
    run->inside = NULL;
}

/* To its log. How much of it has been written; less than all when the log is long enough, as in a
 * process. */
size_t local_append(struct local *l, const char *text, size_t bytes);
/* Stop a domain for good, whose image has strayed or left with `status`. Before the run has begun
 * there is nobody to go on with but whoever loads it. */
void local_stray(struct local_run *run, struct local *l, const struct stray *why, int status)
    __attribute__((noreturn));
/* From now on signals are this run's, and its domains are watched; or no longer. */
void local_watch(struct local_run *run, bool on);
#endif
