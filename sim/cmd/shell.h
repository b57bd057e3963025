/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CMD_SHELL_H
#define SIM_CMD_SHELL_H
/* Commands for a person to paste: words as a shell takes them. */
#include "sim/base/arena.h"
#include "sim/cmd/cmd.h"

/* The word itself, or quoted if a shell would make something else of it. */
const char *shell_word(const char *word, struct arena *arena);

/* "sddfsim VERB ARGUMENT... OPTION...", as it was given, but without the options named in `but`,
 * which ends with NULL. */
const char *shell_again(const struct cmd_args *args, const char *const *but, struct arena *arena);
#endif
