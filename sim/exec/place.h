/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_PLACE_H
#define SIM_EXEC_PLACE_H
/*
 * Where on the host each domain runs, and whether it sleeps there while it has nothing to do or
 * polls. Waking one that sleeps costs a context switch on the same core, and an inter-processor
 * interrupt, many times dearer, on another; one that polls is never woken, and takes its core
 * whole.
 */
#include <sched.h>

#include "sim/exec/world.h"

/*
 * Fill in w->home_cpu, cpus, polls, crowded and spread, for these cores of the host. What the
 * scenario says of a domain goes before what it says of all; on a core that we may not use nobody
 * runs.
 */
void place_domains(struct world *w, const cpu_set_t *allowed);
#endif
