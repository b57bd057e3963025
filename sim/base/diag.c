/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Complaints: kept in a list as they come, put in the reader's order when they are printed. What is
 * quoted in them was written by anybody, so control characters never reach the terminal, and a
 * complaint of any length and any number of complaints stay readable.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/diag.h"

#define ITEMS_MAX      1000u /* beyond these, complaints are only counted */
#define TEXT_BYTES_MAX 1000u

struct diag_item {
    struct diag_item *next;
    struct diag_place where;
    const char *text;
    size_t file_order, number;
    bool error;
};

bool diag_full(const struct diag *d)
{
    return d->errors + d->warnings >= ITEMS_MAX;
}

static void keep(struct diag *d, bool error, struct diag_place where, const char *text)
{
    struct diag_item *item;
    size_t number = d->errors + d->warnings;

    if (error) {
        d->errors++;
    } else {
        d->warnings++;
    }
    if (number >= ITEMS_MAX) {
        return;
    }
    item = arena_alloc(d->arena, sizeof *item);
    *item = (struct diag_item){
        .where = {.file = arena_text(d->arena, where.file == NULL ? "" : where.file),
                  .path = arena_text(d->arena, where.path == NULL ? "" : where.path),
                  .line = where.line,
                  .column = where.column},
        .text = text,
        .number = number,
        .error = error};
    if (d->last == NULL) {
        d->first = item;
    } else {
        d->last->next = item;
    }
    d->last = item;
}

void diag_error(struct diag *d, struct diag_place where, const char *format, ...)
{
    va_list arguments;

    assert(d->arena != NULL);
    va_start(arguments, format);
    keep(d, true, where, arena_vformat(d->arena, format, arguments));
    va_end(arguments);
}

void diag_warn(struct diag *d, struct diag_place where, const char *format, ...)
{
    va_list arguments;

    assert(d->arena != NULL);
    va_start(arguments, format);
    keep(d, false, where, arena_vformat(d->arena, format, arguments));
    va_end(arguments);
}

void diag_note(struct diag *d, const char *format, ...)
{
    va_list arguments;

    /* Nothing to add to, or the complaint it belongs to was only counted. */
    if (d->last == NULL || d->errors + d->warnings > ITEMS_MAX) {
        return;
    }
    va_start(arguments, format);
    d->last->text =
        arena_format(d->arena, "%s; %s", d->last->text, arena_vformat(d->arena, format, arguments));
    va_end(arguments);
}

/* The text, with what would move a cursor or change a colour written out. */
static void put_text(const char *text, FILE *to)
{
    size_t length = strlen(text), shown = length;

    if (length > TEXT_BYTES_MAX) {
        shown = TEXT_BYTES_MAX;
        while (shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80) {
            shown--;
        }
    }
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)text[i];
        bool c1 =
            c == 0xc2 && (unsigned char)text[i + 1] >= 0x80 && (unsigned char)text[i + 1] < 0xa0;

        if (c < 0x20 || c == 0x7f) {
            fprintf(to, "\\x%02x", c);
        } else if (c1) {
            fprintf(to, "\\u%04x", (unsigned char)text[++i]);
        } else {
            putc(c, to);
        }
    }
    if (shown < length) {
        fputs("...", to);
    }
}

static void put_item(const struct diag_item *item, FILE *to)
{
    if (item->where.file[0] != '\0') {
        put_text(item->where.file, to);
        if (item->where.line != 0) {
            fprintf(to, ":%u", item->where.line);
            if (item->where.column != 0) {
                fprintf(to, ":%u", item->where.column);
            }
        }
        fputs(": ", to);
    }
    fputs(item->error ? "error: " : "warning: ", to);
    if (item->where.path[0] != '\0') {
        put_text(item->where.path, to);
        fputs(": ", to);
    }
    put_text(item->text, to);
    putc('\n', to);
}

static int by_place(const void *a, const void *b)
{
    const struct diag_item *x = *(const struct diag_item *const *)a;
    const struct diag_item *y = *(const struct diag_item *const *)b;
    const size_t left[] = {x->file_order, x->where.line, x->where.column, x->number};
    const size_t right[] = {y->file_order, y->where.line, y->where.column, y->number};

    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
        if (left[i] != right[i]) {
            return left[i] < right[i] ? -1 : 1;
        }
    }
    return 0;
}

/* Files come in the order in which they were first complained of. */
static size_t order_of_file(struct diag_item *const *items, size_t count, const char *file)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(items[i]->where.file, file) == 0) {
            return items[i]->file_order;
        }
    }
    return count;
}

void diag_print(const struct diag *d, FILE *to)
{
    struct diag_item *items[ITEMS_MAX];
    size_t count = 0, total = d->errors + d->warnings;

    for (struct diag_item *item = d->first; item != NULL; item = item->next) {
        assert(count < ITEMS_MAX);
        item->file_order = order_of_file(items, count, item->where.file);
        items[count++] = item;
    }
    qsort(items, count, sizeof items[0], by_place);
    for (size_t i = 0; i < count; i++) {
        put_item(items[i], to);
    }
    if (total > count) {
        fprintf(to, "%s: %zu more complaints not shown\n", d->errors > 0 ? "error" : "warning",
                total - count);
    }
}
