/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `sddfsim schema`: the scenario format for editors and other tools, from the tables that read it.
 */
#include <stdio.h>

#include "sim/cmd/cmd.h"
#include "sim/system.h"

static int run(struct cmd_args *args)
{
    (void)args;
    scenario_schema(stdout, system_types());
    return CMD_EXIT_OK;
}

const struct cmd_type cmd_schema = {
    .name = "schema",
    .summary = "Print the JSON schema of a scenario",
    .usage = "",
    .description = "Draft 2020-12. An editor that is given it completes and explains the keys of a "
                   "scenario; a\n"
                   "scenario may name it under \"$schema\". `sddfsim check` knows more: a schema "
                   "cannot say which\n"
                   "names must exist, nor what fits together.",
    .positional_max = 0,
    .run = run,
};
