/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CMD_ROWS_H
#define SIM_CMD_ROWS_H
/*
 * Text in aligned columns, for verbs that print tables: rows are gathered, then printed with each
 * column as wide as it must be.
 */
#include <stddef.h>
#include <stdio.h>

#include "sim/base/arena.h"

#define ROWS_COLUMNS_MAX 8u
/* A cell wider than this stands out of its column instead of pushing all others to the right. */
#define ROWS_WIDE 56u

/* Zeroed but for the arena: no rows. */
struct rows {
    struct arena *arena;
    const char **cells; /* ROWS_COLUMNS_MAX a row; NULL ends a row early */
    size_t count, room;
};

/* One row. The cells are borrowed until it is printed. */
void rows_add(struct rows *r, const char *const cells[], size_t count);
#define ROWS_ADD(rows, ...)                            \
    rows_add(rows, (const char *const[]){__VA_ARGS__}, \
             sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* Print all rows and forget them. `right`: the column whose cells stand to the right, -1: none. */
void rows_print(struct rows *r, int right, int indent, FILE *to);
#endif
