/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of executors. */
#include "sim/exec/exec.h"

#include <string.h>

static const struct exec_type *const types[] = {
#define ROW(id) &exec_##id,
    EXEC_TYPES(ROW)
#undef ROW
};

const struct exec_type *const *exec_types(size_t *count)
{
    *count = sizeof types / sizeof types[0];
    return types;
}

const struct exec_type *exec_find(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i]->name, name) == 0) {
            return types[i];
        }
    }
    return NULL;
}
