/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CMD_HELP_PARTS_H
#define SIM_CMD_HELP_PARTS_H
/* Other forms of what --help says, from the same tables: for man(1), and for shells. */
#include <stdbool.h>
#include <stdio.h>

/* The manual page of the whole program. 0, or -ENOMEM. */
int help_man(FILE *to);
/* What makes a shell complete verbs, options and files. False: no such shell is known. */
bool help_completions(const char *shell, FILE *to);
/* The shells known; the last is NULL. */
extern const char *const help_shells[];
#endif
