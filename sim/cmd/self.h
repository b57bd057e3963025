/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CMD_SELF_H
#define SIM_CMD_SELF_H
/* Verbs that run this very program again, in a process of its own that does not outlive them. */
#include <stdbool.h>
#include <sys/types.h>

#include "sim/base/arena.h"

/* The program under its real name, which tools can start as well. NULL, with errno, if that cannot
 * be found out. */
const char *self_program(struct arena *arena);

/*
 * In a child of `parent`: become `program` with these words (NULL at the end). It reads nothing and
 * says nothing on stdout, what it complains of goes to `complaints`, a descriptor; and if the
 * parent dies, so does it. Signals are the caller's to arrange before. If it cannot, the child ends
 * as the program would when the host lets it down.
 */
void self_become(const char *program, const char *const *argv, pid_t parent, int complaints)
    __attribute__((noreturn));

/*
 * Run `program` with these words and wait for its end: what it left with, CMD_EXIT_HOST if it left
 * with nothing. Then what it complained of is passed on, but for how to repeat it, which nobody
 * would, and for what a run that went as it should says of files in `gone` (NULL: it stays), which
 * will not be there. Between self_listen(true) and self_listen(false) whatever would end this
 * process is passed on to the one that runs, and remembered, so that what was made for it can be
 * removed.
 */
int self_run(const char *program, const char *const *argv, const char *gone);
/* The same with a program of others, which speaks for itself as it runs, in its own colours. */
int self_run_tool(const char *program, const char *const *argv);
void self_listen(bool on);
bool self_told_to_end(void);
#endif
