/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verbs: the table is the rows of cmd_types.h, and nothing else here knows a verb's name. From
 * the table come the list of verbs, every --help, and the way from a command line to a verb's
 * run().
 */
#include "sim/cmd/cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/suggest.h"
#include "sim/cmd/cmd_parts.h"

static const struct cmd_type *const types[] = {
#define ROW(id) &cmd_##id,
    CMD_TYPES(ROW)
#undef ROW
};

#define TYPES (sizeof(types) / sizeof(types[0]))
/* Options longer than this stand on a line of their own in --help. */
#define OPTION_COLUMN 26

const struct cmd_status cmd_statuses[] = {
    {CMD_EXIT_OK, "all is well"},
    {CMD_EXIT_FAILED, "a check or expectation failed or captures differ"},
    {CMD_EXIT_USAGE, "bad usage, scenario or input"},
    {CMD_EXIT_HOST, "the host failed us"},
    {CMD_EXIT_NONDETERMINISTIC, "nondeterminism"},
    {CMD_EXIT_TIMEOUT, "out of wall-clock time"},
    {CMD_EXIT_SKIPPED, "not possible on this machine"},
    {0, NULL},
};

const struct cmd_type *cmd_at(size_t i)
{
    return i < TYPES ? types[i] : NULL;
}

const struct cmd_type *cmd_find(const char *name)
{
    for (size_t i = 0; i < TYPES; i++) {
        if (strcmp(types[i]->name, name) == 0) {
            return types[i];
        }
    }
    return NULL;
}

int cmd_unknown_verb(const char *name)
{
    const char *known[TYPES];

    for (size_t i = 0; i < TYPES; i++) {
        known[i] = types[i]->name;
    }
    const char *near = suggest(name, known, TYPES);

    if (near != NULL) {
        return cmd_complain(NULL, "unknown verb '%s': did you mean '%s'? (see 'sddfsim --help')",
                            name, near);
    }
    return cmd_complain(NULL, "unknown verb '%s'; see 'sddfsim --help'", name);
}

static void print_option(const struct cmd_option *option, FILE *to)
{
    char left[80];
    const char *doc = option->doc;
    char letter[5] = "    ";

    if (option->letter != 0) {
        snprintf(letter, sizeof(letter), "-%c, ", option->letter);
    }
    snprintf(left, sizeof(left), "  %s--%s%s%s", letter, option->name,
             option->argument == NULL ? "" : "=", option->argument == NULL ? "" : option->argument);
    fprintf(to, "%-*s", OPTION_COLUMN, left);
    if (strlen(left) >= OPTION_COLUMN) {
        fprintf(to, "\n%*s", OPTION_COLUMN, "");
    }
    while (*doc != '\0') {
        int line_bytes = (int)strcspn(doc, "\n");

        fprintf(to, "%.*s\n", line_bytes, doc);
        doc += line_bytes;
        if (*doc == '\n') {
            fprintf(to, "%*s", OPTION_COLUMN, "");
            doc++;
        }
    }
}

static void print_options(const struct cmd_option *options, FILE *to)
{
    for (; options != NULL && options->name != NULL; options++) {
        print_option(options, to);
    }
}

void cmd_print_help(const struct cmd_type *type, FILE *to)
{
    fprintf(to, "Usage: sddfsim %s %s\n\n%s.\n", type->name, type->usage, type->summary);
    if (type->description != NULL) {
        fprintf(to, "\n%s\n", type->description);
    }
    fputs("\nOptions:\n", to);
    print_options(type->options, to);
    print_options(cmd_common_options, to);
    if (type->more_help != NULL) {
        type->more_help(to);
    }
}

/* In lines of 80 columns. */
static void print_statuses(FILE *to)
{
    int column = (int)sizeof "Exit status:" - 1;

    for (const struct cmd_status *s = cmd_statuses; s->means != NULL; s++) {
        char item[80];
        int length = snprintf(item, sizeof item, "%d %s%s", s->status, s->means,
                              s[1].means == NULL ? "." : ",");
        bool fits = column + 1 + length <= 80;

        fprintf(to, "%c%s", fits ? ' ' : '\n', item);
        column = fits ? column + 1 + length : length;
    }
    fputc('\n', to);
}

void cmd_print_verbs(FILE *to)
{
    fputs("Usage: sddfsim VERB [ARGUMENT]...\n\n"
          "Run the seL4 device-sharing stack on this machine, and judge the run.\n\n"
          "Verbs:\n",
          to);
    for (size_t i = 0; i < TYPES; i++) {
        fprintf(to, "  %-10s  %s\n", types[i]->name, types[i]->summary);
    }
    fputs("\nOptions:\n"
          "  -h, --help     print this; 'sddfsim VERB --help' prints more\n"
          "      --version  print the version\n\n"
          "Exit status:",
          to);
    print_statuses(to);
}

int cmd_run_verb(const struct cmd_type *type, int argc, char **argv)
{
    size_t count = argc > 0 ? (size_t)argc - 1 : 0;
    struct cmd_args args = {.type = type};
    struct cmd_given *given = calloc(count + 1, sizeof(*given));
    const char **positional = calloc(count + 1, sizeof(*positional));
    int status = CMD_EXIT_USAGE;

    cmd_color_set(&args, "auto");
    if (given == NULL || positional == NULL) {
        cmd_complain(NULL, "no memory to read the command line");
        status = CMD_EXIT_HOST;
    } else {
        switch (cmd_parse(&args, argv + 1, count, given, positional)) {
        case CMD_PARSED_HELP:
            cmd_print_help(type, stdout);
            status = CMD_EXIT_OK;
            break;
        case CMD_PARSED_RUN:
            status = type->run(&args);
            break;
        case CMD_PARSED_BAD:
            break;
        }
    }
    free(given);
    free(positional);
    return status;
}

static int main_option(const char *word)
{
    static const char *const known[] = {"--help", "--version"};
    const char *near;

    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        cmd_print_verbs(stdout);
        return CMD_EXIT_OK;
    }
    if (strcmp(word, "--version") == 0) {
        printf("sddfsim %s\n", CMD_VERSION);
        return CMD_EXIT_OK;
    }
    near = suggest(word, known, 2);
    if (near != NULL) {
        return cmd_complain(NULL, "unknown option '%s': did you mean '%s'?", word, near);
    }
    return cmd_complain(NULL, "unknown option '%s' before the verb; see 'sddfsim --help'", word);
}

int cmd_main(int argc, char **argv)
{
    const struct cmd_type *type;
    int status;

    if (argc < 2) {
        cmd_print_verbs(stderr);
        return CMD_EXIT_USAGE;
    }
    if (argv[1][0] == '-') {
        status = main_option(argv[1]);
    } else {
        type = cmd_find(argv[1]);
        status = type == NULL ? cmd_unknown_verb(argv[1]) : cmd_run_verb(type, argc - 1, argv + 1);
    }
    /* A result that could not be written is no result, whatever it was. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        cmd_complain(NULL, "the output could not be written: %s", strerror(errno));
        return CMD_EXIT_HOST;
    }
    return status;
}
