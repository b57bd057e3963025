/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CMD_CMD_PARTS_H
#define SIM_CMD_CMD_PARTS_H
/* What the files of the verb core owe each other; verbs include sim/cmd/cmd.h and never this. */
#include <stdbool.h>

#include "sim/cmd/cmd.h"

/* The options every verb takes beside its own; ends like any table of options. */
extern const struct cmd_option cmd_common_options[];

/* Set both colour flags for --color=`when`. False if there is no such word. */
bool cmd_color_set(struct cmd_args *args, const char *when);

enum cmd_parsed {
    CMD_PARSED_RUN,  /* everything is in order: run the verb */
    CMD_PARSED_HELP, /* --help was among the options */
    CMD_PARSED_BAD,  /* a complaint has been printed */
};

/*
 * Read the words after the verb into `args`, by the table of args->type. `given` and `positional`
 * have room for `count` entries each and become part of `args`.
 */
enum cmd_parsed cmd_parse(struct cmd_args *args, char *const *words, size_t count,
                          struct cmd_given *given, const char **positional);
#endif
