/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Published measurements to hold a sweep against: a JSON file with systems.NAME.points[], each with
 * the load that was offered and what was measured under it, null where nothing was.
 */
#include <math.h>
#include <string.h>

#include "sim/base/suggest.h"
#include "sim/cmd/sweep_parts.h"

#define SYSTEMS_MAX 64
#define MARKS_MAX   10000u

/* What the file calls a column, and how many of the column's unit one of the file's is. */
static const struct {
    const char *key;
    enum sweep_column column;
    double scale;
} keys[] = {
    {"offered_mbit_s", SWEEP_OFFERED_BPS, 1e6},
    {"achieved_mbit_s", SWEEP_ACHIEVED_BPS, 1e6},
    {"cpu_utilisation", SWEEP_CPU_UTILISATION_PPM, 1e6},
    {"cycles_per_packet", SWEEP_CPU_CYCLES_PER_PACKET, 1},
    {"rtt_mean_us", SWEEP_RTT_MEAN_NS, 1e3},
};

/* False: something is there that is neither a number that can be drawn nor null. */
static bool read_mark(struct sweep_mark *mark, const json_t *point)
{
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const json_t *value = json_object_get(point, keys[i].key);

        double number = json_number_value(value) * keys[i].scale;

        if (json_is_number(value) && isfinite(number)) {
            mark->numbers[keys[i].column] = (struct sweep_number){.known = true, .value = number};
        } else if (value != NULL && !json_is_null(value)) {
            return false;
        }
    }
    return json_is_object(point);
}

static const char *read_points(struct sweep_overlay *overlay, json_t *points, struct arena *arena)
{
    json_t *point;
    size_t i;

    if (!json_is_array(points) || json_array_size(points) > MARKS_MAX) {
        return arena_format(arena, "systems.%s.points is no list of at most %u points",
                            overlay->name, MARKS_MAX);
    }
    overlay->marks = arena_array(arena, json_array_size(points) + 1, sizeof *overlay->marks);
    json_array_foreach(points, i, point)
    {
        struct sweep_mark *mark = &overlay->marks[overlay->count];

        if (!read_mark(mark, point)) {
            return arena_format(arena, "systems.%s.points[%zu] is no point: numbers or null",
                                overlay->name, i);
        }
        overlay->count += mark->numbers[SWEEP_OFFERED_BPS].known;
    }
    return NULL;
}

static const char *unknown_system(json_t *systems, const char *name, struct arena *arena)
{
    const char *known[SYSTEMS_MAX], *key, *all = "";
    size_t count = 0;
    json_t *value;

    json_object_foreach(systems, key, value)
    {
        if (count < SYSTEMS_MAX) {
            all = arena_format(arena, "%s%s%s", all, count == 0 ? "" : ", ", key);
            known[count++] = arena_text(arena, key);
        }
    }
    if (count == 0) {
        return "the file has no \"systems\"";
    }
    const char *near = suggest(name, known, count);
    return near != NULL ? arena_format(arena, "no such system; did you mean \"%s\"?", near)
                        : arena_format(arena, "no such system; there are %s", all);
}

const char *sweep_overlay_read(struct sweep_overlay *overlay, const char *argument,
                               struct arena *arena)
{
    const char *colon = strrchr(argument, ':');
    json_error_t error;

    *overlay = (struct sweep_overlay){0};
    if (colon == NULL || colon == argument || colon[1] == '\0') {
        return "expected FILE:SYSTEM";
    }
    const char *file = arena_format(arena, "%.*s", (int)(colon - argument), argument);
    overlay->name = arena_text(arena, colon + 1);
    json_t *root = json_load_file(file, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        return error.line < 1 ? arena_text(arena, error.text)
                              : arena_format(arena, "%s:%d:%d: %s", file, error.line, error.column,
                                             error.text);
    }
    json_t *systems = json_object_get(root, "systems");
    json_t *system = json_object_get(systems, overlay->name);
    const char *why = system == NULL
                          ? unknown_system(systems, overlay->name, arena)
                          : read_points(overlay, json_object_get(system, "points"), arena);
    json_decref(root);
    return why;
}
