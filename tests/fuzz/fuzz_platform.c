/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a table of what things cost, as a scenario may hold it. Reading ends with a platform
 * or a complaint, and a platform can be asked for the costs of any image.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/rng.h"
#include "sim/model/platform.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct diag diag = {.arena = &arena};
    struct diag_place place = {.file = "fuzz.json"};
    /* There are none in that folder to be like. */
    const struct platform *p =
        platform_load("fuzz", arena_format(&arena, "%.*s", (int)size, (const char *)data),
                      "fuzz.json", "/nonexistent", place, &arena, &diag);

    insist((p == NULL) == (diag.errors > 0), "refused without a complaint, or the other way round");
    if (p != NULL) {
        insist(platform_image(p, "network/copy") != NULL, "no row, not even of zeros");
        insist(platform_image(p, "/elsewhere/copy.so") != NULL, "no row, not even of zeros");
        insist(p->line_bytes > 0, "cache lines of no bytes");
    }
    arena_finish(&arena);
    return 0;
}
