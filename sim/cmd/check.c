/* SPDX-License-Identifier: BSD-2-Clause */
/* `sddfsim check`: every complaint about scenarios at once, and nothing started. */
#include <stdio.h>

#include "sim/cmd/cmd.h"
#include "sim/system.h"

static int check(struct cmd_args *args)
{
    int status = CMD_EXIT_OK;

    for (size_t i = 0; i < args->positional_count; i++) {
        struct system system = {0};

        if (!system_build(&system, args->positional[i], NULL, 0)) {
            status = CMD_EXIT_USAGE;
        }
        fflush(stdout);
        diag_print(&system.diag, stderr);
        if (system.diag.errors == 0) {
            printf("%s: good\n", args->positional[i]);
        }
        system_finish(&system);
    }
    return status;
}

const struct cmd_type cmd_check = {
    .name = "check",
    .summary = "Say all that is wrong with scenarios, and start nothing",
    .usage = "SCENARIO...",
    .description =
        "Reads each scenario, plans it, and looks at its images and captures, just as `run` would\n"
        "before it starts anything.",
    .positional_min = 1,
    .positional_max = CMD_POSITIONAL_ANY,
    .run = check,
};
