/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_DIAG_H
#define SIM_BASE_DIAG_H
/*
 * Complaints about what the user wrote, collected so that all are told at once:
 * `scenarios/x.json:12:18: devices[0].model: no device model "enit"; did you mean "enet"?`
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "sim/base/arena.h"

/* Where in which file. line and column count from 1; 0: not known. path is the JSON path, "" for
 * the whole. */
struct diag_place {
    const char *file, *path;
    unsigned line, column;
};

struct diag {
    struct arena *arena; /* owns the texts; set by the caller */
    struct diag_item *first, *last;
    size_t errors, warnings;
};

void diag_error(struct diag *d, struct diag_place where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void diag_warn(struct diag *d, struct diag_place where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A further sentence to the last complaint. */
void diag_note(struct diag *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Are further complaints only counted, so that no work need go into their wording? */
bool diag_full(const struct diag *d);
/* In order of line and column within a file. One line an item, "error: "/"warning: " before the
 * text. */
void diag_print(const struct diag *d, FILE *to);
#endif
