/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CMD_CMD_H
#define SIM_CMD_CMD_H
/*
 * Verbs: what follows `sddfsim` on the command line. A verb is a table of its options and a
 * function; the core finds the verb, reads the command line by the table, prints --help from it,
 * and hands the function what was asked for, checked in form. So all verbs read their command lines
 * alike and no verb parses one.
 *
 * Every verb also takes --help and --color=WHEN; they are no part of its table. Options may be
 * shortened as GNU ones may (--exec for --executor), may stand among the positional arguments, and
 * end at `--`.
 *
 * Results go to stdout. What is said about them goes to stderr through cmd_complain() and
 * cmd_hint().
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What the program returns to the shell. */
enum cmd_exit {
    CMD_EXIT_OK = 0,               /* all checks and expectations hold; captures are the same */
    CMD_EXIT_FAILED = 1,           /* a check or expectation failed; captures differ */
    CMD_EXIT_USAGE = 2,            /* bad usage, scenario or input */
    CMD_EXIT_HOST = 3,             /* the host failed us */
    CMD_EXIT_NONDETERMINISTIC = 4, /* the same inputs gave different bytes */
    CMD_EXIT_TIMEOUT = 5,          /* the limit of wall-clock time was reached */
    CMD_EXIT_SKIPPED = 77,         /* not possible on this machine, and that is no failure */
};

/* What each of them means, in the order of their numbers; the last means NULL. */
struct cmd_status {
    int status;
    const char *means;
};
extern const struct cmd_status cmd_statuses[];

#define CMD_VERSION "0.1.0"

/* One option of a verb. A table of these ends with CMD_OPTION_END. */
struct cmd_option {
    const char *name;     /* without the dashes: "executor" */
    char letter;          /* its short form, 0 for none */
    const char *argument; /* how --help names its value ("N"); NULL: the option takes none */
    const char
        *doc; /* what it does, without a full stop; may have several lines, separated by \n */
};

/* clang-format off */
#define CMD_OPTION_END {NULL, 0, NULL, NULL}
/* clang-format on */

/* One option as it was given. */
struct cmd_given {
    const struct cmd_option *option;
    const char *value; /* NULL for an option without argument */
};

/* What was asked for. Lives as long as the verb runs; all text is the caller's argv. */
struct cmd_args {
    const struct cmd_type *type;
    const struct cmd_given *given; /* options in the order given, repeated ones included */
    size_t given_count;
    const char *const *positional;
    size_t positional_count;         /* within positional_min..positional_max of the type */
    bool color_stdout, color_stderr; /* may stdout, stderr be coloured */
};

struct cmd_type {
    const char *name;
    const char *summary;              /* one line, for the list of verbs */
    const char *usage;                /* what follows the name: "A.pcap B.pcap [OPTION]..." */
    const char *description;          /* paragraphs under the usage in --help; NULL for none */
    const struct cmd_option *options; /* NULL for none */
    size_t positional_min;
    size_t positional_max; /* CMD_POSITIONAL_ANY: as many as wanted */

    /* Does the verb and returns an enum cmd_exit. The form of `args` has been checked, never the
     * meaning. */
    int (*run)(struct cmd_args *args);

    /* Prints more of --help, from whatever tables the verb has. NULL: nothing more. */
    void (*more_help)(FILE *to);
};

#define CMD_POSITIONAL_ANY ((size_t)-1)

#include "sim/cmd/cmd_types.h"
#define ROW(id) extern const struct cmd_type cmd_##id;
CMD_TYPES(ROW)
#undef ROW

/* ---- for verbs: what was given ---- */

/* Was the option given at all? `name` must be in the verb's table. */
bool cmd_has(const struct cmd_args *args, const char *name);

/* The value given last, or `preset` if the option was not given. */
const char *cmd_value(const struct cmd_args *args, const char *name, const char *preset);

/*
 * The value given last as a whole number (decimal, or hexadecimal after 0x) within min..max, or
 * `preset` if the option was not given. False, after a complaint, if it is not one.
 */
bool cmd_number(const struct cmd_args *args, const char *name, unsigned long long preset,
                unsigned long long min, unsigned long long max, unsigned long long *out);

/*
 * Which of the NULL-terminated `words` the option's last value is, or `preset` if the option was
 * not given. False, after a complaint with a suggestion, if it is none.
 */
bool cmd_choice(const struct cmd_args *args, const char *name, const char *const *words,
                size_t preset, size_t *out);

/* ---- for verbs: what to say ---- */

/* "sddfsim: VERB: ..." on stderr, one line, red where stderr has colour. Returns CMD_EXIT_USAGE. */
int cmd_complain(const struct cmd_args *args, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same without alarm, for what a person should know but nothing is wrong with. */
void cmd_hint(const struct cmd_args *args, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Escape sequences to begin and end a colour on stdout: empty where it may not be coloured. */
enum cmd_color {
    CMD_COLOR_END,
    CMD_COLOR_RED,
    CMD_COLOR_GREEN,
    CMD_COLOR_YELLOW,
    CMD_COLOR_CYAN,
    CMD_COLOR_BOLD
};
const char *cmd_color(const struct cmd_args *args, enum cmd_color color);

/* ---- for main() and `help` ---- */

/* NULL if there is no such verb. */
const struct cmd_type *cmd_find(const char *name);

/* The i-th verb in table order, NULL after the last. */
const struct cmd_type *cmd_at(size_t i);

/* What `sddfsim VERB --help` prints. */
void cmd_print_help(const struct cmd_type *type, FILE *to);

/* What `sddfsim --help` prints. */
void cmd_print_verbs(FILE *to);

/* Complain of an unknown verb, with a suggestion. Returns CMD_EXIT_USAGE. */
int cmd_unknown_verb(const char *name);

/* Read argv (argv[0] is the verb itself) by the verb's table and run it. Returns an enum cmd_exit.
 */
int cmd_run_verb(const struct cmd_type *type, int argc, char **argv);

/* The whole program: find the verb, or answer --help or --version. Returns an enum cmd_exit. */
int cmd_main(int argc, char **argv);
#endif
