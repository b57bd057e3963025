/* SPDX-License-Identifier: BSD-2-Clause */
/* Quoting for the shell, and the command line as it was. */
#include "sim/cmd/shell.h"

#include <stdbool.h>
#include <string.h>

const char *shell_word(const char *word, struct arena *arena)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./=:,+-";
    size_t bytes = strlen(word);

    if (bytes > 0 && strspn(word, plain) == bytes) {
        return word;
    }
    /* At worst each letter becomes four. */
    char *quoted = arena_alloc(arena, 4 * bytes + 3), *to = quoted;

    *to++ = '\'';
    for (; *word != '\0'; word++) {
        if (*word == '\'') {
            to = stpcpy(to, "'\\''");
        } else {
            *to++ = *word;
        }
    }
    *to = '\'';
    return quoted;
}

static bool is_among(const char *name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcmp(name, *names) == 0) {
            return true;
        }
    }
    return false;
}

const char *shell_again(const struct cmd_args *args, const char *const *but, struct arena *arena)
{
    const char *text = arena_format(arena, "sddfsim %s", args->type->name);

    for (size_t i = 0; i < args->positional_count; i++) {
        text = arena_format(arena, "%s %s", text, shell_word(args->positional[i], arena));
    }
    for (size_t i = 0; i < args->given_count; i++) {
        const struct cmd_given *g = &args->given[i];

        if (is_among(g->option->name, but)) {
            continue;
        }
        text = arena_format(arena, "%s --%s", text, g->option->name);
        if (g->value != NULL) {
            text = arena_format(arena, "%s %s", text, shell_word(g->value, arena));
        }
    }
    return text;
}
