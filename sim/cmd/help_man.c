/* SPDX-License-Identifier: BSD-2-Clause */
/* The manual page, in man(7)'s words: every verb with its options, as --help has them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd/cmd.h"
#include "sim/cmd/cmd_parts.h"
#include "sim/cmd/help_parts.h"

/* Text as it stands: what troff would take for its own is escaped, and a dash can be searched for.
 */
static void text(FILE *to, const char *from, size_t bytes)
{
    bool begins = true;

    for (size_t i = 0; i < bytes; i++) {
        if (begins && (from[i] == '.' || from[i] == '\'')) {
            fputs("\\&", to);
        }
        if (from[i] == '\\') {
            fputs("\\e", to);
        } else if (from[i] == '-') {
            fputs("\\-", to);
        } else {
            fputc(from[i], to);
        }
        begins = from[i] == '\n';
    }
}

static void line(FILE *to, const char *from)
{
    text(to, from, strlen(from));
    fputc('\n', to);
}

/* Lines that are to stay as they are. */
static void block(FILE *to, const char *from, size_t bytes)
{
    fputs(".PP\n.nf\n", to);
    text(to, from, bytes);
    fputs("\n.fi\n", to);
}

static void print_options(const struct cmd_option *o, FILE *to)
{
    for (; o != NULL && o->name != NULL; o++) {
        fputs(".TP\n.B ", to);
        if (o->letter != 0) {
            fprintf(to, "\\-%c, ", o->letter);
        }
        text(to, "--", 2);
        text(to, o->name, strlen(o->name));
        if (o->argument != NULL) {
            fputs("\\fR=\\fI", to);
            text(to, o->argument, strlen(o->argument));
            fputs("\\fR", to);
        }
        fputc('\n', to);
        line(to, o->doc);
    }
}

/* What a verb adds to its --help from tables of its own. 0 or -ENOMEM. */
static int print_more(const struct cmd_type *type, FILE *to)
{
    char *more = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&more, &bytes);

    if (memory == NULL) {
        return -ENOMEM;
    }
    type->more_help(memory);
    int error = fclose(memory) == 0 ? 0 : -ENOMEM;

    if (error == 0) {
        block(to, more, bytes);
    }
    free(more);
    return error;
}

static int print_verb(const struct cmd_type *type, FILE *to)
{
    fputs(".SS \"sddfsim ", to);
    text(to, type->name, strlen(type->name));
    fputc(' ', to);
    text(to, type->usage, strlen(type->usage));
    fputs("\"\n", to);
    text(to, type->summary, strlen(type->summary));
    fputs(".\n", to);
    if (type->description != NULL && strstr(type->description, "\n  ") != NULL) {
        block(to, type->description, strlen(type->description));
    } else if (type->description != NULL) {
        fputs(".PP\n", to);
        line(to, type->description);
    }
    print_options(type->options, to);
    return type->more_help == NULL ? 0 : print_more(type, to);
}

int help_man(FILE *to)
{
    int error = 0;

    fputs(".TH SDDFSIM 1 \"\" \"sddfsim " CMD_VERSION "\" \"User Commands\"\n.SH NAME\n"
          "sddfsim \\- run the seL4 device\\-sharing stack on this machine, and judge the run\n"
          ".SH SYNOPSIS\n.B sddfsim\n\\fIVERB\\fR [\\fIARGUMENT\\fR]...\n.SH VERBS\n",
          to);
    for (size_t i = 0; cmd_at(i) != NULL && error == 0; i++) {
        error = print_verb(cmd_at(i), to);
    }
    fputs(".SH OPTIONS OF EVERY VERB\n", to);
    print_options(cmd_common_options, to);
    fputs(".SH EXIT STATUS\n", to);
    for (const struct cmd_status *s = cmd_statuses; s->means != NULL; s++) {
        fprintf(to, ".TP\n.B %d\n", s->status);
        line(to, s->means);
    }
    return error;
}
