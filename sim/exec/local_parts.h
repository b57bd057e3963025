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
#endif
