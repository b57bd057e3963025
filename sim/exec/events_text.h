/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_EVENTS_TEXT_H
#define SIM_EXEC_EVENTS_TEXT_H
/*
 * What happened in a run in virtual time, a line each, in plan terms: when (picoseconds), who,
 * what, and the hash of all that the domain or device did since its line before. Two runs with one
 * digest have the same lines; the first that differs says where two others parted.
 */
#include <stdio.h>

#include "sim/kernel/kernel.h"

/* The same without the hash, and in nanoseconds since `from_ps`, for a reader. */
void events_text_short(const struct plan *plan, const struct kernel_event *e, uint64_t from_ps,
                       FILE *to);
void events_text(const struct plan *plan, const struct kernel_event *e, FILE *to);
#endif
