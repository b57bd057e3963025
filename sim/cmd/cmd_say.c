/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What verbs say to a person: complaints and hints on stderr, one line each behind the program's
 * name, and colour where it is wanted. Results are printed by the verbs themselves, on stdout.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cmd/cmd.h"
#include "sim/cmd/cmd_parts.h"

static const char *const escapes[] = {
    [CMD_COLOR_END] = "\033[0m",     [CMD_COLOR_RED] = "\033[31m",  [CMD_COLOR_GREEN] = "\033[32m",
    [CMD_COLOR_YELLOW] = "\033[33m", [CMD_COLOR_CYAN] = "\033[36m", [CMD_COLOR_BOLD] = "\033[1m",
};

static void say(bool colored, enum cmd_color color, const char *format, va_list arguments)
{
    /* The result so far comes first where both streams go to one place. */
    fflush(stdout);
    fputs("sddfsim: ", stderr);
    if (colored) {
        fputs(escapes[color], stderr);
    }
    vfprintf(stderr, format, arguments);
    fputs(colored ? "\033[0m\n" : "\n", stderr);
}

int cmd_complain(const struct cmd_args *args, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(args != NULL && args->color_stderr, CMD_COLOR_RED, format, arguments);
    va_end(arguments);
    return CMD_EXIT_USAGE;
}

void cmd_hint(const struct cmd_args *args, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(args != NULL && args->color_stderr, CMD_COLOR_CYAN, format, arguments);
    va_end(arguments);
}

const char *cmd_color(const struct cmd_args *args, enum cmd_color color)
{
    assert((size_t)color < sizeof(escapes) / sizeof(escapes[0]));
    return args->color_stdout ? escapes[color] : "";
}

/* auto: a terminal that can, and a person who has not said no (https://no-color.org). */
static bool wanted_on(int fd)
{
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    if (no_color != NULL && no_color[0] != '\0') {
        return false;
    }
    return isatty(fd) && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

bool cmd_color_set(struct cmd_args *args, const char *when)
{
    if (strcmp(when, "always") == 0) {
        args->color_stdout = args->color_stderr = true;
    } else if (strcmp(when, "never") == 0) {
        args->color_stdout = args->color_stderr = false;
    } else if (strcmp(when, "auto") == 0) {
        args->color_stdout = wanted_on(STDOUT_FILENO);
        args->color_stderr = wanted_on(STDERR_FILENO);
    } else {
        return false;
    }
    return true;
}
