/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_PROCESS_H
#define SIM_EXEC_PROCESS_H
/*
 * The child's side of the process executor: what a fresh process does to become a domain. It runs
 * straight after fork, or, under a tool such as valgrind, in a new program that was handed the same
 * descriptors.
 */
#include "sim/exec/world.h"

struct platform;

/*
 * `w` needs plan, region_fds, doorbells, images, epoch_ns, scale and confine. `costs` are those of
 * a run in virtual time, NULL on the host's clock. Does not return.
 */
void process_become(struct world *w, uint32_t pd, const struct platform *costs)
    __attribute__((noreturn));
#endif
