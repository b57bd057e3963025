/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The points of a sweep in lines: CSV for other programs' tables, with every number exact and in
 * the base unit; JSON; and a table for a person, with numbers rounded, in units one reads, and
 * without the columns that no report had anything for.
 */
#include <errno.h>
#include <string.h>

#include "sim/cmd/sweep_parts.h"

static int trouble_of(FILE *to)
{
    return ferror(to) ? -EIO : 0;
}

/* ---- CSV, as RFC 4180 has it but for the line ends ---- */

static void put_cell(const char *text, FILE *to)
{
    if (text[strcspn(text, "\",\r\n")] == '\0') {
        fputs(text, to);
        return;
    }
    putc('"', to);
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            putc('"', to);
        }
        putc(*text, to);
    }
    putc('"', to);
}

static void put_number(const struct sweep_number *n, FILE *to)
{
    if (n->known && n->whole) {
        fprintf(to, "%lld", (long long)n->integer);
    } else if (n->known) {
        fprintf(to, "%.15g", n->value);
    }
}

static void csv_head(const struct sweep *s, FILE *to)
{
    fputs("point", to);
    for (size_t i = 0; i < s->axis_count; i++) {
        putc(',', to);
        put_cell(s->axes[i].pointer, to);
    }
    fputs(",verdict,exit,digest", to);
    for (int i = 0; i < SWEEP_COLUMN_COUNT; i++) {
        fprintf(to, ",%s", sweep_column_name((enum sweep_column)i));
    }
    putc('\n', to);
}

int sweep_csv(const struct sweep *s, FILE *to)
{
    uint32_t place[SWEEP_AXES_MAX];

    csv_head(s, to);
    for (size_t i = 0; i < s->point_count; i++) {
        const struct sweep_point *p = &s->points[i];

        if (!p->done) {
            continue;
        }
        sweep_point_place(s->axes, s->axis_count, i, place);
        fprintf(to, "%zu", i);
        for (size_t k = 0; k < s->axis_count; k++) {
            putc(',', to);
            put_cell(s->axes[k].values[place[k]], to);
        }
        putc(',', to);
        put_cell(p->result.verdict == NULL ? "" : p->result.verdict, to);
        fprintf(to, ",%d,", p->status);
        put_cell(p->result.digest == NULL ? "" : p->result.digest, to);
        for (int k = 0; k < SWEEP_COLUMN_COUNT; k++) {
            putc(',', to);
            put_number(&p->result.numbers[k], to);
        }
        putc('\n', to);
    }
    return trouble_of(to);
}

/* ---- JSON ---- */

static json_t *json_text_or_null(const char *text)
{
    return text == NULL ? json_null() : json_string(text);
}

static json_t *json_of(const struct sweep_number *n)
{
    return !n->known ? json_null() : n->whole ? json_integer(n->integer) : json_real(n->value);
}

static json_t *point_json(const struct sweep *s, size_t point)
{
    const struct sweep_point *p = &s->points[point];
    uint32_t place[SWEEP_AXES_MAX];
    json_t *object = json_object(), *set = json_object();
    int bad = 0;

    sweep_point_place(s->axes, s->axis_count, point, place);
    for (size_t i = 0; i < s->axis_count; i++) {
        bad |= json_object_set_new(set, s->axes[i].pointer,
                                   sweep_value_json(s->axes[i].values[place[i]]));
    }
    bad |= json_object_set_new(object, "point", json_integer((json_int_t)point));
    bad |= json_object_set_new(object, "set", set);
    bad |= json_object_set_new(object, "verdict", json_text_or_null(p->result.verdict));
    bad |= json_object_set_new(object, "exit", json_integer(p->status));
    bad |= json_object_set_new(object, "digest", json_text_or_null(p->result.digest));
    for (int i = 0; i < SWEEP_COLUMN_COUNT; i++) {
        bad |= json_object_set_new(object, sweep_column_name((enum sweep_column)i),
                                   json_of(&p->result.numbers[i]));
    }
    if (bad != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

int sweep_json(const struct sweep *s, FILE *to)
{
    const char *before = "\n";

    putc('[', to);
    for (size_t i = 0; i < s->point_count; i++) {
        if (!s->points[i].done) {
            continue;
        }
        json_t *point = point_json(s, i);
        if (point == NULL) {
            return -ENOMEM;
        }
        fputs(before, to);
        before = ",\n";
        int failed = json_dumpf(point, to, 0);
        json_decref(point);
        if (failed != 0) {
            return -EIO;
        }
    }
    fputs("\n]\n", to);
    return trouble_of(to);
}

/* ---- a table ---- */

/* The columns a person is shown, and how. */
static const struct shown {
    const char *heading;
    enum sweep_column column;
    double scale; /* what one unit of the heading is of the column's */
    int places;
} shown[] = {
    {"in", SWEEP_FRAMES_IN, 1, 0},
    {"out", SWEEP_FRAMES_OUT, 1, 0},
    {"dropped", SWEEP_FRAMES_DROPPED, 1, 0},
    {"offered Mbit/s", SWEEP_OFFERED_BPS, 1e6, 2},
    {"achieved Mbit/s", SWEEP_ACHIEVED_BPS, 1e6, 2},
    {"CPU %", SWEEP_CPU_UTILISATION_PPM, 1e4, 1},
    {"cycles/packet", SWEEP_CPU_CYCLES_PER_PACKET, 1, 0},
    {"RTT us", SWEEP_RTT_MEAN_NS, 1e3, 1},
    {"p50", SWEEP_RTT_P50_NS, 1e3, 1},
    {"p99", SWEEP_RTT_P99_NS, 1e3, 1},
    {"max", SWEEP_RTT_MAX_NS, 1e3, 1},
    {"signals", SWEEP_SIGNALS, 1, 0},
    {"ms", SWEEP_TIME_NS, 1e6, 3},
};

#define SHOWN_COUNT (sizeof shown / sizeof shown[0])
#define CELLS_MAX   (2 + SWEEP_AXES_MAX + SHOWN_COUNT)

struct table {
    struct sweep *s;
    FILE *to;
    const struct shown *columns[SHOWN_COUNT];
    size_t column_count;
    int widths[CELLS_MAX];
};

static bool anybody_has(const struct sweep *s, enum sweep_column column)
{
    for (size_t i = 0; i < s->point_count; i++) {
        if (s->points[i].done && s->points[i].result.numbers[column].known) {
            return true;
        }
    }
    return false;
}

static const char *verdict_of(const struct sweep_point *p, struct arena *arena)
{
    if (p->status > CMD_EXIT_FAILED || p->result.verdict == NULL) {
        return arena_format(arena, "exit %d", p->status);
    }
    return p->result.verdict;
}

static void put_row(struct table *t, size_t point, const char *cells[static CELLS_MAX])
{
    struct sweep *s = t->s;
    const struct sweep_point *p = &s->points[point];
    uint32_t place[SWEEP_AXES_MAX];
    size_t count = 0;

    sweep_point_place(s->axes, s->axis_count, point, place);
    cells[count++] = arena_format(&s->arena, "%zu", point);
    for (size_t i = 0; i < s->axis_count; i++) {
        cells[count++] = s->axes[i].values[place[i]];
    }
    cells[count++] = verdict_of(p, &s->arena);
    for (size_t i = 0; i < t->column_count; i++) {
        const struct shown *c = t->columns[i];
        const struct sweep_number *n = &p->result.numbers[c->column];

        cells[count++] =
            n->known ? arena_format(&s->arena, "%.*f", c->places, n->value / c->scale) : "-";
    }
}

static void put_heading(struct table *t, const char *cells[static CELLS_MAX])
{
    size_t count = 0;

    cells[count++] = "point";
    for (size_t i = 0; i < t->s->axis_count; i++) {
        cells[count++] = t->s->axes[i].leaf;
    }
    cells[count++] = "verdict";
    for (size_t i = 0; i < t->column_count; i++) {
        cells[count++] = t->columns[i]->heading;
    }
}

/* How many columns of a terminal; all text is UTF-8. */
static int width_of(const char *text)
{
    int width = 0;

    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

static void print_cells(const struct table *t, const char *const *cells, enum cmd_color color)
{
    size_t verdict = 1 + t->s->axis_count, count = verdict + 1 + t->column_count;

    for (size_t i = 0; i < count; i++) {
        int blanks = t->widths[i] - width_of(cells[i]);
        bool colored = i == verdict && color != CMD_COLOR_END;

        /* Words begin in line, numbers end in line. */
        bool left = i == verdict;
        fprintf(t->to, "%s%*s%s%s%s%*s", i == 0 ? "" : "  ", left ? 0 : blanks, "",
                colored ? cmd_color(t->s->args, color) : "", cells[i],
                colored ? cmd_color(t->s->args, CMD_COLOR_END) : "",
                left && i + 1 < count ? blanks : 0, "");
    }
    putc('\n', t->to);
}

static void measure(struct table *t, const char *const *cells)
{
    for (size_t i = 0; i < 2 + t->s->axis_count + t->column_count; i++) {
        int width = width_of(cells[i]);

        t->widths[i] = width > t->widths[i] ? width : t->widths[i];
    }
}

int sweep_table(struct sweep *s, FILE *to)
{
    struct table t = {.s = s, .to = to};
    const char **cells = arena_array(&s->arena, s->point_count + 1, CELLS_MAX * sizeof *cells);

    for (size_t i = 0; i < SHOWN_COUNT; i++) {
        if (anybody_has(s, shown[i].column)) {
            t.columns[t.column_count++] = &shown[i];
        }
    }
    put_heading(&t, cells);
    measure(&t, cells);
    for (size_t i = 0; i < s->point_count; i++) {
        if (s->points[i].done) {
            put_row(&t, i, &cells[(i + 1) * CELLS_MAX]);
            measure(&t, &cells[(i + 1) * CELLS_MAX]);
        }
    }
    print_cells(&t, cells, CMD_COLOR_END);
    for (size_t i = 0; i < s->point_count; i++) {
        if (s->points[i].done) {
            print_cells(&t, &cells[(i + 1) * CELLS_MAX],
                        s->points[i].status == CMD_EXIT_OK ? CMD_COLOR_GREEN : CMD_COLOR_RED);
        }
    }
    return trouble_of(to);
}
