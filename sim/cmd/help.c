/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `sddfsim help [VERB]`: the same text as --help, for those who ask the other way round; and the
 * same tables as a manual page, and as completions of a shell.
 */
#include "sim/cmd/cmd.h"
#include "sim/cmd/help_parts.h"

static int print_completions(struct cmd_args *args)
{
    size_t shell = 0;

    if (!cmd_choice(args, "completions", help_shells, 0, &shell)) {
        return CMD_EXIT_USAGE;
    }
    return help_completions(help_shells[shell], stdout) ? CMD_EXIT_OK : CMD_EXIT_USAGE;
}

static int print_man(struct cmd_args *args)
{
    if (help_man(stdout) != 0) {
        cmd_complain(args, "no memory to write the manual page");
        return CMD_EXIT_HOST;
    }
    return CMD_EXIT_OK;
}

static int run(struct cmd_args *args)
{
    bool man = cmd_has(args, "man"), completions = cmd_has(args, "completions");
    const struct cmd_type *type;

    if (man + completions + (args->positional_count != 0) > 1) {
        return cmd_complain(args, "one at a time: a VERB, --man or --completions");
    }
    if (man) {
        return print_man(args);
    }
    if (completions) {
        return print_completions(args);
    }
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

static const struct cmd_option options[] = {
    {"man", 0, NULL, "print all of it as a manual page: sddfsim help --man | man -l -"},
    {"completions", 0, "SHELL", "print what makes bash, zsh or fish complete command lines"},
    CMD_OPTION_END,
};

const struct cmd_type cmd_help = {
    .name = "help",
    .summary = "Explain a verb, or list them all",
    .usage = "[VERB | --man | --completions=SHELL]",
    .options = options,
    .positional_max = 1,
    .run = run,
};
