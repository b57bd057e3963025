/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CMD_SWEEP_PARTS_H
#define SIM_CMD_SWEEP_PARTS_H
/*
 * What the rooms of `sddfsim sweep` share. An axis is one value of the scenario and what it is to
 * be in turn; the points are all combinations, the last axis changing fastest. Each point is a run
 * of its own, in a process of its own; what its report says becomes one line of the table, the
 * CSV and the JSON, and one mark in each panel of the plot.
 *
 * Numbers here come after the results: doubles draw pictures and never reach a digest.
 */
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/base/arena.h"
#include "sim/base/quantity.h"
#include "sim/cmd/cmd.h"
#include "sim/observe/rundir.h"

#define SWEEP_AXES_MAX     8u
#define SWEEP_POINTS_MAX   10000u
#define SWEEP_OVERLAYS_MAX 8u

/* ---- what is varied: sweep_vary.c ---- */

enum sweep_scale {
    SWEEP_NAMES,      /* words, or values that cannot be compared */
    SWEEP_NUMBERS,    /* plain numbers */
    SWEEP_QUANTITIES, /* all of one kind */
};

struct sweep_axis {
    const char *pointer; /* "/wires/0/offered" */
    const char *leaf;    /* its last step: "offered" */
    const char **values; /* as `run --set` takes them */
    double *numbers;     /* the values in the base unit, or 0, 1, 2 ... for names */
    size_t count;
    enum sweep_scale scale;
    enum quantity kind; /* of SWEEP_QUANTITIES */
};

/*
 * "/json/pointer=10 us,20 us,100..900:100 us": a list of values and ranges. A range has its end in
 * it if a step falls there. A value that begins like a JSON array, object or string is one value,
 * commas and all. NULL and the axis, or why not: a phrase that goes on after the argument.
 */
const char *sweep_axis_read(struct sweep_axis *axis, const char *argument, struct arena *arena);

/* All combinations; 0 if they are more than SWEEP_POINTS_MAX. */
size_t sweep_points_count(const struct sweep_axis *axes, size_t axis_count);

/* Which value of each axis a point has. */
void sweep_point_place(const struct sweep_axis *axes, size_t axis_count, size_t point,
                       uint32_t place[static SWEEP_AXES_MAX]);

/* A value as --set reads it: JSON if it can be, else a string. NULL if it is not UTF-8. To be given
 * back. */
json_t *sweep_value_json(const char *text);

/* ---- what comes out: sweep_result.c ---- */

/* The numbers of a point, in the order of the columns. */
#define SWEEP_COLUMNS(ROW)                              \
    ROW(TIME_NS, "time_ns")                             \
    ROW(FRAMES_IN, "frames_in")                         \
    ROW(FRAMES_OUT, "frames_out")                       \
    ROW(FRAMES_DROPPED, "frames_dropped")               \
    ROW(OFFERED_BPS, "offered_bps")                     \
    ROW(ACHIEVED_BPS, "achieved_bps")                   \
    ROW(CPU_UTILISATION_PPM, "cpu_utilisation_ppm")     \
    ROW(CPU_CYCLES_PER_PACKET, "cpu_cycles_per_packet") \
    ROW(RTT_MEAN_NS, "rtt_mean_ns")                     \
    ROW(RTT_P50_NS, "rtt_p50_ns")                       \
    ROW(RTT_P99_NS, "rtt_p99_ns")                       \
    ROW(RTT_MAX_NS, "rtt_max_ns")                       \
    ROW(SIGNALS, "signals")

enum sweep_column {
#define ROW(id, name) SWEEP_##id,
    SWEEP_COLUMNS(ROW)
#undef ROW
        SWEEP_COLUMN_COUNT
};

const char *sweep_column_name(enum sweep_column column);

/* A number of a report, whole or not; not known if the report has none. */
struct sweep_number {
    bool known, whole;
    int64_t integer; /* if whole */
    double value;    /* in any case */
};

struct sweep_result {
    const char *verdict, *digest; /* NULL: the report has none */
    struct sweep_number numbers[SWEEP_COLUMN_COUNT];
};

/* What report.json says; of one that lacks a key, or has another thing there, nothing is taken. */
void sweep_result_read(struct sweep_result *result, json_t *report, struct arena *arena);

struct sweep_point {
    bool done;        /* its run has ended by itself */
    int status;       /* what the run returned, 128 and its number for a signal */
    const char *said; /* the first line it complained with; NULL for none */
    struct sweep_result result;
};

/* ---- what is drawn over it: sweep_overlay.c ---- */

/* One published point, in the units of the columns; the offered load is always known. */
struct sweep_mark {
    struct sweep_number numbers[SWEEP_COLUMN_COUNT];
};

struct sweep_overlay {
    const char *name;
    struct sweep_mark *marks;
    size_t count;
};

/* "FILE:SYSTEM". NULL, or why not: a phrase that goes on after the argument. */
const char *sweep_overlay_read(struct sweep_overlay *overlay, const char *argument,
                               struct arena *arena);

/* ---- a sweep ---- */

struct sweep {
    struct arena arena;
    struct cmd_args *args;
    const char *scenario; /* the file */
    const char *name, *story;
    struct sweep_axis axes[SWEEP_AXES_MAX];
    size_t axis_count;
    struct sweep_point *points;
    size_t point_count, done_count;
    struct sweep_overlay overlays[SWEEP_OVERLAYS_MAX];
    size_t overlay_count;
    const char **shared; /* what every run is told besides its point: "--set", "/seed=3" */
    size_t shared_count;
    struct rundir dir;
    unsigned jobs;
    bool keep, progress;
    sigset_t watched, before; /* set by sweep_hold_signals */
};

/* "/pointer=value" of one axis of a point. */
const char *sweep_set_of(struct sweep *s, size_t point, size_t axis);

/* ---- running: sweep_pool.c ---- */

enum sweep_end {
    SWEEP_ENDED,       /* every point is done */
    SWEEP_INTERRUPTED, /* a signal told us to stop */
    SWEEP_FAILED,      /* the host failed us; told already */
};

/* How many cores we may use, at least 1. */
unsigned sweep_cores(void);

/* From here on, what would end us is left to sweep_run_points, or pending. */
void sweep_hold_signals(struct sweep *s);

/* Run all points, so many at a time. On return nothing of them is running any more. */
enum sweep_end sweep_run_points(struct sweep *s);

/* ---- telling: sweep_tell.c, sweep_plot.c ---- */

/* All of them tell of points that are done, and of no others. 0 or -errno. */
int sweep_csv(const struct sweep *s, FILE *to);
int sweep_svg(struct sweep *s, FILE *to);
int sweep_table(struct sweep *s, FILE *to);
int sweep_json(const struct sweep *s, FILE *to);
#endif
