/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CMD_RERUN_H
#define SIM_CMD_RERUN_H
/*
 * Doing a run once more, in a fresh process of this very program, to see whether it comes out the
 * same. What the second one leaves is looked at and removed.
 */
#include "sim/base/arena.h"
#include "sim/cmd/cmd.h"

/*
 * Run the scenario that the run in `folder` left there, with a few further `words` (options, NULL
 * at the end), and compare what comes out with that run: digest and captures, and if the digests
 * differ and both have an events.txt, the first line that does. CMD_EXIT_OK if the same, which is
 * said on stdout unless `quiet`; CMD_EXIT_NONDETERMINISTIC if not, CMD_EXIT_HOST or CMD_EXIT_USAGE
 * after complaints.
 */
int rerun_compare(struct cmd_args *args, const char *const *words, const char *folder, bool quiet,
                  struct arena *arena);
#endif
