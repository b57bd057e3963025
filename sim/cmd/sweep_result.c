/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From report.json to the columns of a sweep. A report is another program's word: what is not
 * there, or is not a number, is left empty rather than guessed.
 */
#include "sim/cmd/sweep_parts.h"

const char *sweep_column_name(enum sweep_column column)
{
    static const char *const names[] = {
#define ROW(id, name) name,
        SWEEP_COLUMNS(ROW)
#undef ROW
    };

    return names[column];
}

static void take(struct sweep_number *number, const json_t *value)
{
    if (json_is_integer(value)) {
        *number = (struct sweep_number){true, true, json_integer_value(value),
                                        (double)json_integer_value(value)};
    } else if (json_is_real(value)) {
        *number = (struct sweep_number){.known = true, .value = json_real_value(value)};
    }
}

/* One more of several that count together. */
static void add(struct sweep_number *sum, const json_t *value)
{
    struct sweep_number more = {0};

    take(&more, value);
    if (!sum->known || !more.known) {
        *sum = more.known ? more : *sum;
        return;
    }
    sum->whole = sum->whole && more.whole &&
                 !__builtin_add_overflow(sum->integer, more.integer, &sum->integer);
    sum->value += more.value;
}

/* Counters of a device stand in "counters", or beside its other numbers. */
static const json_t *counter(const json_t *device, const char *name)
{
    const json_t *counters = json_object_get(device, "counters");

    return json_object_get(json_is_object(counters) ? counters : device, name);
}

/* The load of all devices that generate one; round trips as the first of them measured. */
static void read_devices(struct sweep_result *r, json_t *devices)
{
    static const enum sweep_column rtt[] = {SWEEP_RTT_MEAN_NS, SWEEP_RTT_P50_NS, SWEEP_RTT_P99_NS,
                                            SWEEP_RTT_MAX_NS};
    bool measured = false;
    const char *name;
    json_t *device;

    json_object_foreach(devices, name, device)
    {
        add(&r->numbers[SWEEP_OFFERED_BPS], counter(device, "offered_bps"));
        add(&r->numbers[SWEEP_ACHIEVED_BPS], counter(device, "achieved_bps"));
        if (measured || !json_is_number(counter(device, "rtt_mean_ns"))) {
            continue;
        }
        measured = true;
        for (size_t i = 0; i < sizeof rtt / sizeof rtt[0]; i++) {
            take(&r->numbers[rtt[i]], counter(device, sweep_column_name(rtt[i])));
        }
    }
}

static void read_frames(struct sweep_result *r, json_t *frames)
{
    json_t *places = json_object_get(frames, "dropped"), *place;
    struct sweep_number *dropped = &r->numbers[SWEEP_FRAMES_DROPPED];
    const char *name;

    take(&r->numbers[SWEEP_FRAMES_IN], json_object_get(frames, "in"));
    take(&r->numbers[SWEEP_FRAMES_OUT], json_object_get(frames, "out"));
    if (json_is_object(places)) {
        *dropped = (struct sweep_number){.known = true, .whole = true};
    }
    json_object_foreach(places, name, place)
    {
        const char *reason;
        json_t *count;

        json_object_foreach(place, reason, count)
        {
            add(dropped, count);
        }
    }
}

void sweep_result_read(struct sweep_result *result, json_t *report, struct arena *arena)
{
    const json_t *cpu = json_object_get(report, "cpu");
    json_t *pds = json_object_get(report, "pds"), *pd;
    const char *name;

    *result = (struct sweep_result){
        .verdict = arena_text(arena, json_string_value(json_object_get(report, "verdict"))),
        .digest = arena_text(arena, json_string_value(json_object_get(report, "digest"))),
    };
    take(&result->numbers[SWEEP_TIME_NS], json_object_get(report, "time_ns"));
    read_frames(result, json_object_get(report, "frames"));
    read_devices(result, json_object_get(report, "devices"));
    take(&result->numbers[SWEEP_CPU_UTILISATION_PPM], json_object_get(cpu, "utilisation_ppm"));
    take(&result->numbers[SWEEP_CPU_CYCLES_PER_PACKET], json_object_get(cpu, "cycles_per_packet"));
    json_object_foreach(pds, name, pd)
    {
        add(&result->numbers[SWEEP_SIGNALS], json_object_get(pd, "signals_sent"));
    }
}
