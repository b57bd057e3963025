/* SPDX-License-Identifier: BSD-2-Clause */
/* Aligned columns: rows lie in one array in the arena, which doubles. */
#include "sim/cmd/rows.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

void rows_add(struct rows *r, const char *const cells[], size_t count)
{
    assert(count <= ROWS_COLUMNS_MAX);
    if (r->count == r->room) {
        size_t room = r->room == 0 ? 8 : r->room * 2;
        const char **larger = arena_array(r->arena, room * ROWS_COLUMNS_MAX, sizeof *larger);

        if (r->count != 0) {
            memcpy(larger, r->cells, r->count * ROWS_COLUMNS_MAX * sizeof *larger);
        }
        r->cells = larger;
        r->room = room;
    }
    memcpy(&r->cells[r->count++ * ROWS_COLUMNS_MAX], cells, count * sizeof *cells);
}

static int column_width(const struct rows *r, size_t column)
{
    size_t width = 0;

    for (size_t row = 0; row < r->count; row++) {
        const char *cell = r->cells[row * ROWS_COLUMNS_MAX + column];
        size_t length = cell == NULL ? 0 : strlen(cell);

        width = length > width && length <= ROWS_WIDE ? length : width;
    }
    return (int)width;
}

static void print_row(const char *const *cells, const int *widths, int right, FILE *to)
{
    for (size_t column = 0; column < ROWS_COLUMNS_MAX && cells[column] != NULL; column++) {
        bool last = column + 1 == ROWS_COLUMNS_MAX || cells[column + 1] == NULL;

        if ((int)column == right) {
            fprintf(to, "%*s", widths[column], cells[column]);
        } else {
            fprintf(to, "%-*s", last ? 0 : widths[column], cells[column]);
        }
        fputs(last ? "\n" : "  ", to);
    }
}

void rows_print(struct rows *r, int right, int indent, FILE *to)
{
    int widths[ROWS_COLUMNS_MAX];

    for (size_t column = 0; column < ROWS_COLUMNS_MAX; column++) {
        widths[column] = column_width(r, column);
    }
    for (size_t row = 0; row < r->count; row++) {
        fprintf(to, "%*s", indent, "");
        print_row(&r->cells[row * ROWS_COLUMNS_MAX], widths, right, to);
    }
    *r = (struct rows){.arena = r->arena};
}
