/* SPDX-License-Identifier: BSD-2-Clause */
/* Which options change a value of the scenario, and which value that is; see the header. */
#include "sim/cmd/sets.h"

#include <string.h>

const char *set_of(const struct cmd_given *given, struct arena *arena)
{
    const char *name = given->option->name;

    if (strcmp(name, "set") == 0) {
        return given->value;
    }
    if (strcmp(name, "seed") == 0) {
        return arena_format(arena, "/seed=%s", given->value);
    }
    if (strcmp(name, "executor") == 0 || strcmp(name, "clock") == 0) {
        return arena_format(arena, "/%s=\"%s\"", name, given->value);
    }
    return NULL;
}

const char *const *sets_given(const struct cmd_args *args, struct arena *arena, size_t *count)
{
    const char **sets = arena_array(arena, args->given_count + 1, sizeof *sets);

    *count = 0;
    for (size_t i = 0; i < args->given_count; i++) {
        const char *set = set_of(&args->given[i], arena);

        if (set != NULL) {
            sets[(*count)++] = set;
        }
    }
    return sets;
}
