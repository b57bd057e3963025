/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a scenario, and after a NUL as an argument of --set. Whatever they are, reading ends
 * with a scenario or a complaint; and a scenario's expanded text is a scenario that expands to
 * itself.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake_types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void insist(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void print_all(const struct diag *diag)
{
    char *text = NULL;
    size_t bytes;
    FILE *to = open_memstream(&text, &bytes);

    diag_print(diag, to);
    fclose(to);
    for (size_t i = 0; i < bytes; i++) {
        insist(text[i] == '\n' || (unsigned char)text[i] >= 0x20,
               "a control character in a complaint");
    }
    free(text);
}

static void read_again(const struct scenario *s, struct arena *arena)
{
    struct diag diag = {.arena = arena};
    const struct scenario *again = scenario_parse_text(
        "elsewhere.json", s->expanded, strlen(s->expanded), NULL, 0, &fake_types, arena, &diag);

    if (again == NULL) {
        diag_print(&diag, stderr);
        abort();
    }
    insist(strcmp(s->expanded, again->expanded) == 0, "the expanded text expands to another");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct arena arena = {0};
    struct diag diag = {.arena = &arena};
    const uint8_t *nul = bytes > 0 ? memchr(data, 0, bytes) : NULL;
    size_t text_bytes = nul == NULL ? bytes : (size_t)(nul - data);
    const char *set = arena_format(&arena, "%.*s", nul == NULL ? 0 : (int)(bytes - text_bytes - 1),
                                   nul == NULL ? "" : (const char *)nul + 1);
    const struct scenario *s = scenario_parse_text("fuzz.json", (const char *)data, text_bytes,
                                                   &set, nul != NULL, &fake_types, &arena, &diag);

    insist((s == NULL) == (diag.errors > 0), "refused without a complaint, or the other way round");
    print_all(&diag);
    if (s != NULL) {
        read_again(s, &arena);
    }
    arena_finish(&arena);
    return 0;
}
