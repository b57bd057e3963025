/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sweep.svg: four panels, each a quantity against the first axis, with a line for every combination
 * of the others. Nothing but text written in order: a frame, its grid, lines, marks, and under all
 * panels one legend. Colours are such that they can be told from white and from black; the rest
 * follows the reader's scheme.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd/sweep_chart.h"
#include "sim/cmd/sweep_parts.h"

#define WIDTH        (2 * PANEL_WIDTH)
#define MARGIN       24
#define PANEL_WIDTH  480
#define PANEL_HEIGHT 280
#define FRAME_LEFT   70 /* of the frame within its panel */
#define FRAME_TOP    34
#define FRAME_WIDTH  (PANEL_WIDTH - FRAME_LEFT - MARGIN)
#define FRAME_HEIGHT (PANEL_HEIGHT - FRAME_TOP - 56)
#define LINE_HEIGHT  20
#define LETTER_WIDTH 6.6 /* of 12 px sans-serif, on average and a bit more */
#define STORY_LINES  3
#define STORY_WIDTH  104u /* characters in a line */
#define LABEL_WIDTH  48u
#define NAME_WIDTH   14u /* of a tick that is a word */
#define STEPS        5u
#define LEGEND_MAX   16u

static const struct panel {
    const char *title;
    enum sweep_column column;
    double scale;     /* what one shown is of the column's unit; 0: by the quantity */
    const char *unit; /* NULL: by the quantity */
    enum quantity kind;
    bool may_log; /* where the numbers span more than a decade */
} panels[] = {
    {"Achieved load", SWEEP_ACHIEVED_BPS, 0, NULL, QUANTITY_RATE, false},
    {"CPU utilisation", SWEEP_CPU_UTILISATION_PPM, 1e4, "%", QUANTITY_RATE, false},
    {"Cycles per packet", SWEEP_CPU_CYCLES_PER_PACKET, 1, "cycles", QUANTITY_RATE, false},
    {"Mean round trip", SWEEP_RTT_MEAN_NS, 0, NULL, QUANTITY_TIME, true},
};

static const char *const colors[] = {"#3b7dc4", "#d0652b", "#2f9550", "#b0468f",
                                     "#a68a12", "#2798ad", "#7d70d6", "#8a8a8a"};

#define COLORS (sizeof colors / sizeof colors[0])

struct plot {
    struct sweep *s;
    FILE *to;
    const struct sweep_axis *x;
    size_t *order;       /* the values of x from left to right */
    size_t series_count; /* lines a panel */
    struct chart_scale x_scale, y_scale;
    struct chart_unit x_unit, y_unit;
    const struct panel *panel;
    int left, top; /* of the frame being drawn */
};

/* ---- what is where ---- */

static const struct sweep_point *point_at(const struct plot *p, size_t value, size_t series)
{
    return &p->s->points[value * p->series_count + series];
}

static double x_of(const struct plot *p, double value)
{
    return p->left + chart_place(&p->x_scale, value / p->x_unit.scale) * FRAME_WIDTH;
}

static double y_of(const struct plot *p, double value)
{
    return p->top + (1 - chart_place(&p->y_scale, value / p->y_unit.scale)) * FRAME_HEIGHT;
}

/* Known, and to be found on the scale. */
static bool drawable(const struct plot *p, const struct sweep_number *n)
{
    return n->known && (!p->y_scale.log || n->value > 0);
}

static const char *color_of(size_t series)
{
    return colors[series % COLORS];
}

static void span(double value, bool *any, double *low, double *high)
{
    *low = !*any || value < *low ? value : *low;
    *high = !*any || value > *high ? value : *high;
    *any = true;
}

static const double *numbers_to_sort;

static int by_number(const void *a, const void *b)
{
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    double x = numbers_to_sort[left], y = numbers_to_sort[right];

    return x != y ? (x > y) - (x < y) : (left > right) - (left < right);
}

static void plan_x(struct plot *p)
{
    const struct sweep_axis *axis = p->x;
    double low = 0, high = 0;
    bool any = false;

    p->order = arena_array(&p->s->arena, axis->count, sizeof *p->order);
    for (size_t i = 0; i < axis->count; i++) {
        p->order[i] = i;
        span(axis->numbers[i], &any, &low, &high);
    }
    numbers_to_sort = axis->numbers;
    qsort(p->order, axis->count, sizeof *p->order, by_number);
    p->x_unit = (struct chart_unit){"", 1};
    if (axis->scale == SWEEP_NAMES) {
        p->x_scale = (struct chart_scale){-0.5, (double)axis->count - 0.5, 1, false};
        return;
    }
    for (size_t i = 0; i < p->s->overlay_count; i++) {
        for (size_t k = 0; k < p->s->overlays[i].count; k++) {
            span(p->s->overlays[i].marks[k].numbers[SWEEP_OFFERED_BPS].value, &any, &low, &high);
        }
    }
    if (axis->scale == SWEEP_QUANTITIES) {
        p->x_unit = chart_unit_for(axis->kind, high);
    }
    low = low > 0 && low < 0.3 * high ? 0 : low;
    p->x_scale = chart_linear(low / p->x_unit.scale, high / p->x_unit.scale, STEPS + 1);
}

/* The scale of a panel. False: there is nothing to show in it. */
static bool plan_y(struct plot *p)
{
    enum sweep_column column = p->panel->column;
    double low = 0, high = 0;
    bool any = false;

    for (size_t i = 0; i < p->s->point_count; i++) {
        const struct sweep_point *point = &p->s->points[i];

        if (point->done && point->result.numbers[column].known) {
            span(point->result.numbers[column].value, &any, &low, &high);
        }
    }
    for (size_t i = 0; i < p->s->overlay_count; i++) {
        for (size_t k = 0; k < p->s->overlays[i].count; k++) {
            const struct sweep_number *n = &p->s->overlays[i].marks[k].numbers[column];

            if (n->known) {
                span(n->value, &any, &low, &high);
            }
        }
    }
    if (!any) {
        return false;
    }
    p->y_unit = p->panel->unit != NULL ? (struct chart_unit){p->panel->unit, p->panel->scale}
                                       : chart_unit_for(p->panel->kind, high);
    low /= p->y_unit.scale;
    high /= p->y_unit.scale;
    p->y_scale = p->panel->may_log && low > 0 && high > 10 * low
                     ? chart_log(low, high)
                     : chart_linear(low < 0 ? low : 0, high > 0 ? high : 0, STEPS);
    return true;
}

/* ---- a panel ---- */

static void put_words(const struct plot *p, double x, double y, const char *class,
                      const char *anchor, const char *words, size_t most)
{
    fprintf(p->to, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\" text-anchor=\"%s\">", x, y, class,
            anchor);
    chart_text(words, most, p->to);
    fputs("</text>\n", p->to);
}

static void put_line(const struct plot *p, double x1, double y1, double x2, double y2)
{
    fprintf(p->to, "<path d=\"M%.1f %.1fL%.1f %.1f\"/>\n", x1, y1, x2, y2);
}

static void draw_x_axis(const struct plot *p)
{
    struct chart_tick ticks[CHART_TICKS_MAX];
    double bottom = p->top + FRAME_HEIGHT;

    if (p->x->scale == SWEEP_NAMES) {
        size_t room = FRAME_WIDTH / (unsigned)(NAME_WIDTH * LETTER_WIDTH);

        for (size_t i = 0; i < p->x->count; i += (p->x->count + room - 1) / room) {
            put_words(p, x_of(p, (double)i), bottom + 16, "tick", "middle", p->x->values[i],
                      NAME_WIDTH);
        }
        return;
    }
    size_t count = chart_ticks(&p->x_scale, ticks);
    for (size_t i = 0; i < count; i++) {
        double x = x_of(p, ticks[i].value * p->x_unit.scale);

        fputs("<g class=\"grid\" stroke=\"#bbb\">", p->to);
        put_line(p, x, p->top, x, bottom);
        fputs("</g>", p->to);
        put_words(p, x, bottom + 16, "tick", "middle", ticks[i].text, 0);
    }
}

static void draw_y_axis(const struct plot *p)
{
    struct chart_tick ticks[CHART_TICKS_MAX];
    size_t count = chart_ticks(&p->y_scale, ticks);

    for (size_t i = 0; i < count; i++) {
        double y = y_of(p, ticks[i].value * p->y_unit.scale);

        fputs("<g class=\"grid\" stroke=\"#bbb\">", p->to);
        put_line(p, p->left, y, p->left + FRAME_WIDTH, y);
        fputs("</g>", p->to);
        put_words(p, p->left - 6, y + 4, "tick", "end", ticks[i].text, 0);
    }
}

/* Through all points there are; where one is missing the line is, too. */
static void draw_line(const struct plot *p, size_t series)
{
    bool pen_down = false;

    fprintf(p->to, "<path class=\"line\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" d=\"",
            color_of(series));
    for (size_t i = 0; i < p->x->count; i++) {
        const struct sweep_point *point = point_at(p, p->order[i], series);
        const struct sweep_number *n = &point->result.numbers[p->panel->column];

        if (!point->done || !drawable(p, n)) {
            pen_down = false;
            continue;
        }
        fprintf(p->to, "%c%.1f %.1f", pen_down ? 'L' : 'M', x_of(p, p->x->numbers[p->order[i]]),
                y_of(p, n->value));
        pen_down = true;
    }
    fputs("\"/>\n", p->to);
}

static void put_dot(const struct plot *p, double x, double y, bool good, const char *color)
{
    if (good) {
        fprintf(p->to, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"%s\"/>", x, y, color);
    } else {
        fprintf(p->to,
                "<path d=\"M%.1f %.1fl8 8m0 -8l-8 8\" stroke=\"%s\" stroke-width=\"2\" "
                "fill=\"none\"/>",
                x - 4, y - 4, color);
    }
}

static void draw_dots(const struct plot *p, size_t series)
{
    for (size_t i = 0; i < p->x->count; i++) {
        const struct sweep_point *point = point_at(p, i, series);
        const struct sweep_number *n = &point->result.numbers[p->panel->column];

        if (point->done && drawable(p, n)) {
            put_dot(p, x_of(p, p->x->numbers[i]), y_of(p, n->value), point->status == CMD_EXIT_OK,
                    color_of(series));
            fputs("\n", p->to);
        }
    }
}

static void put_ring(const struct plot *p, double x, double y, const char *color)
{
    fprintf(p->to,
            "<circle class=\"published\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"none\" "
            "stroke=\"%s\" stroke-width=\"1.5\"/>\n",
            x, y, color);
}

static void draw_overlay(const struct plot *p, size_t index)
{
    const struct sweep_overlay *overlay = &p->s->overlays[index];

    for (size_t i = 0; i < overlay->count; i++) {
        const struct sweep_number *n = &overlay->marks[i].numbers[p->panel->column];

        if (drawable(p, n)) {
            put_ring(p, x_of(p, overlay->marks[i].numbers[SWEEP_OFFERED_BPS].value),
                     y_of(p, n->value), color_of(p->series_count + index));
        }
    }
}

static void draw_frame(const struct plot *p, const char *title)
{
    const char *unit = p->x_unit.name;
    const char *label = unit[0] == '\0'
                            ? p->x->pointer
                            : arena_format(&p->s->arena, "%s (%s)", p->x->pointer, unit);

    put_words(p, p->left, p->top - 12, "head", "start", title, 0);
    put_words(p, p->left + FRAME_WIDTH / 2.0, p->top + FRAME_HEIGHT + 36, "tick", "middle", label,
              LABEL_WIDTH);
    fprintf(p->to,
            "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"frame\" fill=\"none\" "
            "stroke=\"#777\"/>\n",
            p->left, p->top, FRAME_WIDTH, FRAME_HEIGHT);
}

static void draw_panel(struct plot *p, const struct panel *panel, int left, int top)
{
    p->panel = panel;
    p->left = left + FRAME_LEFT;
    p->top = top + FRAME_TOP;
    if (!plan_y(p)) {
        draw_x_axis(p);
        draw_frame(p, panel->title);
        put_words(p, p->left + FRAME_WIDTH / 2.0, p->top + FRAME_HEIGHT / 2.0, "tick", "middle",
                  "not in the reports", 0);
        return;
    }
    draw_x_axis(p);
    draw_y_axis(p);
    draw_frame(p, arena_format(&p->s->arena, "%s (%s%s)", panel->title, p->y_unit.name,
                               p->y_scale.log ? ", log scale" : ""));
    for (size_t i = 0; i < p->series_count; i++) {
        draw_line(p, i);
        draw_dots(p, i);
    }
    for (size_t i = 0; i < p->s->overlay_count; i++) {
        draw_overlay(p, i);
    }
}

/* ---- the legend ---- */

enum sign { SIGN_LINE, SIGN_RING, SIGN_CROSS, SIGN_NONE };

struct item {
    enum sign sign;
    const char *color, *words;
};

/* "size=64, rx_ring=256": what the points of a line have in common. */
static const char *series_words(const struct plot *p, size_t series)
{
    struct sweep *s = p->s;
    uint32_t place[SWEEP_AXES_MAX];
    const char *words = "";

    sweep_point_place(s->axes, s->axis_count, series, place);
    for (size_t i = 1; i < s->axis_count; i++) {
        words = arena_format(&s->arena, "%s%s%s=%s", words, i == 1 ? "" : ", ", s->axes[i].leaf,
                             s->axes[i].values[place[i]]);
    }
    return words[0] == '\0' ? "simulated" : words;
}

static bool anything_failed(const struct sweep *s)
{
    for (size_t i = 0; i < s->point_count; i++) {
        if (s->points[i].done && s->points[i].status != CMD_EXIT_OK) {
            return true;
        }
    }
    return false;
}

static size_t legend_items(const struct plot *p, struct item items[static LEGEND_MAX + 16])
{
    struct sweep *s = p->s;
    size_t count = 0;

    for (size_t i = 0; i < p->series_count && i < LEGEND_MAX; i++) {
        items[count++] = (struct item){SIGN_LINE, color_of(i), series_words(p, i)};
    }
    if (p->series_count > LEGEND_MAX) {
        const char *words = arena_format(&s->arena, "and %zu more", p->series_count - LEGEND_MAX);

        items[count++] = (struct item){SIGN_NONE, "", words};
    }
    for (size_t i = 0; i < s->overlay_count; i++) {
        const char *words = arena_format(&s->arena, "%s, published", s->overlays[i].name);

        items[count++] = (struct item){SIGN_RING, color_of(p->series_count + i), words};
    }
    if (anything_failed(s)) {
        items[count++] = (struct item){SIGN_CROSS, "#777", "did not pass"};
    }
    return count;
}

static void draw_item(const struct plot *p, const struct item *item, double x, double y)
{
    if (item->sign == SIGN_LINE) {
        fprintf(p->to, "<path d=\"M%.1f %.1fh24\" stroke=\"%s\" stroke-width=\"1.5\"/>", x, y,
                item->color);
        put_dot(p, x + 12, y, true, item->color);
    } else if (item->sign == SIGN_RING) {
        put_ring(p, x + 12, y, item->color);
    } else if (item->sign == SIGN_CROSS) {
        put_dot(p, x + 12, y, false, item->color);
    }
    put_words(p, x + 30, y + 4, "tick", "start", item->words, LABEL_WIDTH);
}

/* Item by item, in as many lines as it takes; how high that is. Measured only, if `draw` is not
 * set. */
static int legend(const struct plot *p, int top, bool draw)
{
    struct item items[LEGEND_MAX + 16];
    size_t count = legend_items(p, items);
    double x = MARGIN;
    int lines = 1;

    for (size_t i = 0; i < count; i++) {
        size_t length = chart_text_length(items[i].words);
        double width = 30 + LETTER_WIDTH * (double)(length < LABEL_WIDTH ? length : LABEL_WIDTH);

        if (x > MARGIN && x + width > WIDTH - MARGIN) {
            x = MARGIN;
            lines++;
        }
        if (draw) {
            draw_item(p, &items[i], x, top + (lines - 0.5) * LINE_HEIGHT);
        }
        x += width + MARGIN;
    }
    return lines * LINE_HEIGHT;
}

/* ---- the picture ---- */

/* A story in lines, broken between words. How many lines. */
static int break_story(struct sweep *s, const char *lines[static STORY_LINES])
{
    const char *at = s->story == NULL || s->story[0] == '\0' ? s->name : s->story;
    int count = 0;

    while (*at != '\0' && count < STORY_LINES - 1) {
        size_t bytes = 0, last = 0;

        for (size_t i = 0; at[bytes] != '\0' && i <= STORY_WIDTH; bytes++) {
            i += ((unsigned char)at[bytes] & 0xc0) != 0x80;
            last = at[bytes] == ' ' ? bytes : last;
        }
        if (at[bytes] == '\0' || last == 0) {
            break;
        }
        lines[count++] = arena_format(&s->arena, "%.*s", (int)last, at);
        at += last + 1;
    }
    if (*at != '\0') {
        lines[count++] = at;
    }
    return count;
}

static void open_picture(const struct plot *p, int height, const char *title)
{
    fprintf(p->to,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
            "height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n<title>",
            WIDTH, height, WIDTH, height);
    chart_text(title, 0, p->to);
    fputs("</title>\n<style>\n"
          "text { fill: #333; } .title { font-size: 14px; font-weight: bold; }\n"
          ".head { font-size: 13px; font-weight: bold; } .tick { fill: #555; }\n"
          ".grid { stroke: #ddd; } .frame { stroke: #888; } .paper { fill: #fff; }\n"
          "@media (prefers-color-scheme: dark) {\n"
          "  text { fill: #ddd; } .tick { fill: #aaa; }\n"
          "  .grid { stroke: #3a3a3a; } .frame { stroke: #777; } .paper { fill: #181818; }\n"
          "}\n</style>\n",
          p->to);
    fprintf(p->to, "<rect class=\"paper\" width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", WIDTH,
            height);
}

/* What was swept, under the title. */
static const char *subtitle(struct sweep *s)
{
    const char *words = arena_format(&s->arena, "%s, %zu %s", s->name, s->done_count,
                                     s->done_count == 1 ? "point" : "points");

    return s->done_count == s->point_count
               ? words
               : arena_format(&s->arena, "%s of %zu", words, s->point_count);
}

int sweep_svg(struct sweep *s, FILE *to)
{
    struct plot p = {
        .s = s, .to = to, .x = &s->axes[0], .series_count = s->point_count / s->axes[0].count};
    const char *story[STORY_LINES];
    int lines = break_story(s, story), top = MARGIN + (lines + 1) * LINE_HEIGHT;
    int bottom = top + 2 * PANEL_HEIGHT;

    plan_x(&p);
    open_picture(&p, bottom + legend(&p, 0, false) + MARGIN, s->name);
    for (int i = 0; i < lines; i++) {
        put_words(&p, MARGIN, MARGIN + i * LINE_HEIGHT + 8, "title", "start", story[i],
                  STORY_WIDTH);
    }
    put_words(&p, MARGIN, MARGIN + lines * LINE_HEIGHT + 6, "tick", "start", subtitle(s), 0);
    for (size_t i = 0; i < sizeof panels / sizeof panels[0]; i++) {
        draw_panel(&p, &panels[i], (int)(i % 2) * PANEL_WIDTH, top + (int)(i / 2) * PANEL_HEIGHT);
    }
    legend(&p, bottom, true);
    fputs("</svg>\n", to);
    return ferror(to) ? -EIO : 0;
}
