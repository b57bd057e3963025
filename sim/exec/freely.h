/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_FREELY_H
#define SIM_EXEC_FREELY_H
/*
 * A run in which nothing costs time: a domain runs until it waits, the most urgent of those that
 * have been rung goes next, and when nobody has, time jumps to the next deadline. So a run is a
 * function of its inputs, and quick; it predicts nothing. For any executor that runs one domain at
 * a time.
 */
#include "sim/exec/supervise.h"

/* As supervise_run: 0, or -errno with what was attempted in `why`. */
int freely_run(struct supervise *s, char *why, size_t why_bytes);
#endif
