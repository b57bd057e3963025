/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CMD_SETS_H
#define SIM_CMD_SETS_H
/* The options that change a value of the scenario: --set, and those that are short for one. */
#include "sim/base/arena.h"
#include "sim/cmd/cmd.h"

/* What an option asks to be changed, as --set spells it; NULL: nothing. */
const char *set_of(const struct cmd_given *given, struct arena *arena);
/* All of them, as system_build() takes them. */
const char *const *sets_given(const struct cmd_args *args, struct arena *arena, size_t *count);
#endif
