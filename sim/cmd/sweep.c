/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `sddfsim sweep`: one scenario, many times, with something different each time. All that can be
 * said beforehand is said once, of the first point; then every point is a run of its own, and what
 * they say becomes a table, sweep.csv and sweep.svg.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cmd/sets.h"
#include "sim/cmd/shell.h"
#include "sim/cmd/sweep_parts.h"
#include "sim/system.h"

#define JOBS_MAX 256u

/* ---- what was asked for ---- */

static bool read_axis(struct sweep *s, const char *argument)
{
    struct sweep_axis *axis = &s->axes[s->axis_count];

    if (s->axis_count == SWEEP_AXES_MAX) {
        cmd_complain(s->args, "--vary %s: more than %u are varied", argument, SWEEP_AXES_MAX);
        return false;
    }
    const char *why = sweep_axis_read(axis, argument, &s->arena);
    if (why != NULL) {
        cmd_complain(s->args, "--vary %s: %s", argument, why);
        return false;
    }
    for (size_t i = 0; i < s->axis_count; i++) {
        if (strcmp(s->axes[i].pointer, axis->pointer) == 0) {
            cmd_complain(s->args, "--vary %s: %s is varied already", argument, axis->pointer);
            return false;
        }
    }
    s->axis_count++;
    return true;
}

static bool read_overlay(struct sweep *s, const char *argument)
{
    if (s->overlay_count == SWEEP_OVERLAYS_MAX) {
        cmd_complain(s->args, "--overlay %s: more than %u overlays", argument, SWEEP_OVERLAYS_MAX);
        return false;
    }
    const char *why = sweep_overlay_read(&s->overlays[s->overlay_count++], argument, &s->arena);
    if (why != NULL) {
        cmd_complain(s->args, "--overlay %s: %s", argument, why);
    }
    return why == NULL;
}

static bool read_given(struct sweep *s)
{
    const struct cmd_args *args = s->args;
    bool good = true;

    s->shared = arena_array(&s->arena, 2 * args->given_count + 1, sizeof *s->shared);
    for (size_t i = 0; i < args->given_count && good; i++) {
        const char *name = args->given[i].option->name, *value = args->given[i].value;

        if (strcmp(name, "vary") == 0) {
            good = read_axis(s, value);
        } else if (strcmp(name, "overlay") == 0) {
            good = read_overlay(s, value);
        } else {
            const char *set = set_of(&args->given[i], &s->arena);

            if (set != NULL) { /* what `run` is told in any case */
                s->shared[s->shared_count++] = "--set";
                s->shared[s->shared_count++] = set;
            }
        }
    }
    return good;
}

/* What is varied cannot be set besides. */
static bool sets_no_axis(struct sweep *s)
{
    for (size_t i = 1; i < s->shared_count; i += 2) {
        const char *equals = strchr(s->shared[i], '=');
        size_t bytes = equals == NULL ? 0 : (size_t)(equals - s->shared[i]);

        for (size_t k = 0; k < s->axis_count; k++) {
            if (strlen(s->axes[k].pointer) == bytes &&
                memcmp(s->axes[k].pointer, s->shared[i], bytes) == 0) {
                cmd_complain(s->args, "--set %s: %s is varied", s->shared[i], s->axes[k].pointer);
                return false;
            }
        }
    }
    return true;
}

static bool read_options(struct sweep *s)
{
    unsigned long long jobs;

    if (!read_given(s) || !sets_no_axis(s) ||
        !cmd_number(s->args, "jobs", sweep_cores(), 1, JOBS_MAX, &jobs)) {
        return false;
    }
    if (s->axis_count == 0) {
        cmd_complain(s->args, "--vary is missing: say what is to change, as in --vary "
                              "/wires/0/size=64..1514:50");
        return false;
    }
    if (s->overlay_count > 0 &&
        !(s->axes[0].scale == SWEEP_QUANTITIES && s->axes[0].kind == QUANTITY_RATE)) {
        cmd_complain(s->args,
                     "--overlay %s: published points stand at an offered load, and %s, which is "
                     "varied first, is no rate",
                     cmd_value(s->args, "overlay", ""), s->axes[0].pointer);
        return false;
    }
    s->point_count = sweep_points_count(s->axes, s->axis_count);
    if (s->point_count == 0) {
        cmd_complain(s->args, "--vary: all combinations are more than %u points", SWEEP_POINTS_MAX);
        return false;
    }
    s->points = arena_array(&s->arena, s->point_count, sizeof *s->points);
    s->jobs = (unsigned)(jobs < s->point_count ? jobs : s->point_count);
    s->keep = cmd_has(s->args, "keep");
    s->progress = !cmd_has(s->args, "quiet") && isatty(STDERR_FILENO);
    return true;
}

/* ---- is it any good? ---- */

/* Is this line about what an axis sets? Then it was not --set that the user wrote. */
static bool is_of_axis(struct sweep *s, const char *line)
{
    for (size_t i = 0; i < s->axis_count; i++) {
        const char *start =
            arena_format(&s->arena, "--set %s=%s: ", s->axes[i].pointer, s->axes[i].values[0]);

        if (strncmp(line, start, strlen(start)) == 0) {
            return true;
        }
    }
    return false;
}

static void print_complaints(struct sweep *s, const struct diag *diag)
{
    char *text = NULL;
    size_t bytes;
    FILE *to = open_memstream(&text, &bytes);

    if (to == NULL) {
        diag_print(diag, stderr);
        return;
    }
    diag_print(diag, to);
    fclose(to);
    for (char *line = text; line != NULL && *line != '\0';) {
        size_t length = strcspn(line, "\n");
        bool of_axis = is_of_axis(s, line);

        fprintf(stderr, "%s%.*s\n", of_axis ? "--vary" : "", (int)(length - (of_axis ? 5 : 0)),
                line + (of_axis ? 5 : 0));
        line += length + (line[length] == '\n');
    }
    free(text);
}

/* Build the first point and start nothing: whatever is wrong with the scenario is told once. */
static bool check_first(struct sweep *s)
{
    struct system system = {0};
    const char **sets = arena_array(&s->arena, s->shared_count / 2 + s->axis_count, sizeof *sets);
    size_t count = 0;

    for (size_t i = 1; i < s->shared_count; i += 2) {
        sets[count++] = s->shared[i];
    }
    for (size_t i = 0; i < s->axis_count; i++) {
        sets[count++] = sweep_set_of(s, 0, i);
    }
    bool good = system_build(&system, s->scenario, sets, count);
    print_complaints(s, &system.diag);
    if (good) {
        s->name = arena_text(&s->arena, system.scenario->name);
        s->story = arena_text(&s->arena, system.scenario->story);
    }
    system_finish(&system);
    return good;
}

/* ---- what is left, and said ---- */

static int fill_csv(void *context, FILE *to)
{
    return sweep_csv(context, to);
}

static int fill_svg(void *context, FILE *to)
{
    return sweep_svg(context, to);
}

static bool write_files(struct sweep *s)
{
    char why[RUNDIR_WHY_BYTES];

    if (rundir_write(&s->dir, "sweep.csv", fill_csv, s, why) == 0 &&
        rundir_write(&s->dir, "sweep.svg", fill_svg, s, why) == 0) {
        return true;
    }
    cmd_complain(s->args, "%s", why);
    return false;
}

static bool print_results(struct sweep *s)
{
    int error = 0;

    if (cmd_has(s->args, "json")) {
        error = sweep_json(s, stdout);
    } else if (!cmd_has(s->args, "quiet")) {
        error = sweep_table(s, stdout);
        printf("\n%s\n", s->dir.path);
    }
    if (error != 0 || fflush(stdout) != 0) {
        cmd_complain(s->args, "cannot print the results: %s",
                     strerror(error != 0 ? -error : errno));
        clearerr(stdout);
        return false;
    }
    return true;
}

/* How bad a status is: 0 is fine, more is worse. */
static int badness(int status)
{
    static const int order[] = {CMD_EXIT_OK,      CMD_EXIT_SKIPPED, CMD_EXIT_FAILED,
                                CMD_EXIT_TIMEOUT, CMD_EXIT_USAGE,   CMD_EXIT_NONDETERMINISTIC};
    int count = sizeof order / sizeof order[0];

    for (int i = 0; i < count; i++) {
        if (order[i] == status) {
            return i;
        }
    }
    return count; /* the host failed us, or the run died of something */
}

static const char *point_words(struct sweep *s, size_t point)
{
    const char *words = "";

    for (size_t i = 0; i < s->axis_count; i++) {
        words =
            arena_format(&s->arena, "%s%s%s", words, i == 0 ? "" : ", ", sweep_set_of(s, point, i));
    }
    return words;
}

static const char *repeat_point(struct sweep *s, size_t point)
{
    const char *text =
        arena_format(&s->arena, "sddfsim run %s", shell_word(s->scenario, &s->arena));

    for (size_t i = 0; i < s->shared_count; i++) {
        text = arena_format(&s->arena, "%s %s", text, shell_word(s->shared[i], &s->arena));
    }
    for (size_t i = 0; i < s->axis_count; i++) {
        text = arena_format(&s->arena, "%s --set %s", text,
                            shell_word(sweep_set_of(s, point, i), &s->arena));
    }
    return text;
}

/* Name the first of the worst points, if any is not good, and say how to see it again. Returns the
 * status of all. */
static int judge(struct sweep *s)
{
    size_t worst = 0, bad = 0;

    for (size_t i = 0; i < s->point_count; i++) {
        bad += s->points[i].status != CMD_EXIT_OK;
        worst = badness(s->points[i].status) > badness(s->points[worst].status) ? i : worst;
    }
    const struct sweep_point *point = &s->points[worst];
    if (bad == 0) {
        return CMD_EXIT_OK;
    }
    cmd_complain(s->args, "%zu of %zu points did not end well; point %zu (%s) with status %d%s%s",
                 bad, s->point_count, worst, point_words(s, worst), point->status,
                 point->said == NULL ? "" : ": ", point->said == NULL ? "" : point->said);
    fprintf(stderr, "sddfsim: repeat with: %s\n", repeat_point(s, worst));
    return badness(point->status) > badness(CMD_EXIT_NONDETERMINISTIC) ? CMD_EXIT_HOST
                                                                       : point->status;
}

/* It did not come to its end: whatever was finished by then stays. */
static int say_unfinished(struct sweep *s, enum sweep_end end)
{
    static const char *const but[] = {"output", NULL};

    if (end == SWEEP_INTERRUPTED) {
        cmd_complain(s->args, "interrupted after %zu of %zu points%s%s", s->done_count,
                     s->point_count, s->done_count == 0 ? "" : "; they are in ",
                     s->done_count == 0 ? "" : s->dir.path);
    }
    fprintf(stderr, "sddfsim: repeat with: %s\n", shell_again(s->args, but, &s->arena));
    return CMD_EXIT_HOST;
}

/* ---- the verb ---- */

/* Is it the name given with -o that is wrong, and not the host? */
static bool is_bad_name(int error)
{
    static const int host[] = {EIO, ENOSPC, EDQUOT, ENOMEM, ENFILE, EMFILE};

    for (size_t i = 0; i < sizeof host / sizeof host[0]; i++) {
        if (error == -host[i]) {
            return false;
        }
    }
    return true;
}

static int sweep_in_folder(struct sweep *s)
{
    enum sweep_end end = sweep_run_points(s);

    if (s->done_count == 0) {
        rundir_remove(&s->dir);
        return say_unfinished(s, end);
    }
    bool good = write_files(s) && print_results(s);
    if (end != SWEEP_ENDED || !good) {
        return say_unfinished(s, end);
    }
    return judge(s);
}

static int sweep(struct sweep *s)
{
    const char *asked = cmd_value(s->args, "output", NULL);
    char why[RUNDIR_WHY_BYTES];

    if (!read_options(s) || !check_first(s)) {
        return CMD_EXIT_USAGE;
    }
    sweep_hold_signals(s);
    int error = rundir_create_bare(&s->dir, &s->arena, asked,
                                   arena_format(&s->arena, "%s-sweep", s->name), why);
    if (error != 0) {
        cmd_complain(s->args, "%s", why);
        return asked != NULL && is_bad_name(error) ? CMD_EXIT_USAGE : CMD_EXIT_HOST;
    }
    int status = sweep_in_folder(s);
    rundir_close(&s->dir);
    return status;
}

static int run(struct cmd_args *args)
{
    struct sweep s = {.args = args, .scenario = args->positional[0]};
    int status = sweep(&s);

    arena_finish(&s.arena);
    return status;
}

static void more_help(FILE *to)
{
    fputs("\nValues:\n"
          "  A list (10 us,20 us,50 us), a range (64..1514:50), or both (8,16,100..900:100). A "
          "range counts\n"
          "  from its start in steps, and has its end if a step falls there. A unit stands once, "
          "behind the\n"
          "  step: 100..900:100 Mbit/s. A value with a comma or .. in it is written as JSON: "
          "\"a..b\".\n"
          "\nColumns of sweep.csv:\n"
          "  point, each pointer varied, verdict, exit, digest",
          to);
    for (int i = 0; i < SWEEP_COLUMN_COUNT; i++) {
        fprintf(to, ",%s%s", i % 5 == 0 ? "\n  " : " ", sweep_column_name((enum sweep_column)i));
    }
    fputs("\n  A cell is empty where the report has no such number.\n"
          "\nExit status: 0 if that of every point is; else the worst of them, 3 before 2, 5 and "
          "1.\n",
          to);
}

static const struct cmd_option options[] = {
    {"vary", 0, "/POINTER=VALUES",
     "change this value of the scenario from point to point; may be repeated,\n"
     "which gives all combinations, the last changing fastest"},
    {"set", 0, "/POINTER=VALUE", "change one value for all points; may be repeated"},
    {"seed", 0, "N", "use this seed instead of the scenario's"},
    {"executor", 0, "E", "run the domains by this executor; see `sddfsim list executors`"},
    {"clock", 0, "C", "host or virtual"},
    {"jobs", 'j', "N", "run so many points at a time (default: as many as there are cores)"},
    {"output", 'o', "DIR",
     "leave results in DIR, which must not exist yet\n(default: out/<scenario>-sweep)"},
    {"keep", 0, NULL, "keep all that each run leaves, not only its report"},
    {"overlay", 0, "FILE:SYSTEM",
     "draw published points over the simulated ones; FILE is JSON with\n"
     "systems.SYSTEM.points[]: offered_mbit_s, achieved_mbit_s, cpu_utilisation,\n"
     "cycles_per_packet, rtt_mean_us; may be repeated"},
    {"json", 0, NULL, "print the results as JSON"},
    {"quiet", 'q', NULL, "print nothing but complaints"},
    CMD_OPTION_END,
};

const struct cmd_type cmd_sweep = {
    .name = "sweep",
    .summary = "Run a scenario at many points, and plot what comes out",
    .usage = "SCENARIO --vary /POINTER=VALUES [OPTION]...",
    .description = "Runs the scenario once for every combination of the values, each in a process "
                   "of its own, on\n"
                   "all cores. Leaves sweep.csv, sweep.svg and every point's report in a folder, "
                   "and prints a\n"
                   "table. Plotted against the first --vary are load, CPU, cycles per packet and "
                   "round trip, with\n"
                   "one line for each value of the others.",
    .options = options,
    .positional_min = 1,
    .positional_max = 1,
    .run = run,
    .more_help = more_help,
};
