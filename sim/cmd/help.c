/* SPDX-License-Identifier: BSD-2-Clause */
/* `sddfsim help [VERB]`: the same text as --help, for those who ask the other way round. */
#include "sim/cmd/cmd.h"

static int run(struct cmd_args *args)
{
    const struct cmd_type *type;

    if (args->positional_count == 0) {
        cmd_print_verbs(stdout);
        return CMD_EXIT_OK;
    }
    type = cmd_find(args->positional[0]);
    if (type == NULL) {
        return cmd_unknown_verb(args->positional[0]);
    }
    cmd_print_help(type, stdout);
    return CMD_EXIT_OK;
}

const struct cmd_type cmd_help = {
    .name = "help",
    .summary = "Explain a verb, or list them all",
    .usage = "[VERB]",
    .positional_max = 1,
    .run = run,
};
