/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CMD_SWEEP_CHART_H
#define SIM_CMD_SWEEP_CHART_H
/*
 * What a plot is made of, whatever it shows: units in which the numbers are short, scales with
 * ticks at round numbers, and text that stays text within XML.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "sim/base/quantity.h"

#define CHART_TICKS_MAX  24u
#define CHART_TICK_BYTES 32u

struct chart_unit {
    const char *name;
    double scale; /* of the base unit */
};

/* The largest unit in which the largest number still has two digits before the point. */
struct chart_unit chart_unit_for(enum quantity kind, double largest);

/* From `low` on the left to `high` on the right. On a logarithmic one both are positive. */
struct chart_scale {
    double low, high;
    double step; /* between ticks; on a logarithmic scale ticks stand at 1, 2 and 5 */
    bool log;
};

/* Around these numbers, ends at ticks, about so many steps. */
struct chart_scale chart_linear(double low, double high, unsigned steps);
struct chart_scale chart_log(double low, double high);

/* 0 at `low`, 1 at `high`. */
double chart_place(const struct chart_scale *scale, double value);

struct chart_tick {
    double value;
    char text[CHART_TICK_BYTES];
};

/* All ticks, from low to high; how many. */
size_t chart_ticks(const struct chart_scale *scale, struct chart_tick ticks[CHART_TICKS_MAX]);

/* At most `most` characters of it, escaped; what XML cannot hold is replaced. 0: all of it. */
void chart_text(const char *text, size_t most, FILE *to);
/* How many characters it has. */
size_t chart_text_length(const char *text);
#endif
