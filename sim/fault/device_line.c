/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device's interrupt line moves, or stays, without its device: it rises and falls for no cause,
 * or is stuck high, so that its driver hears of it whenever it has acknowledged, or low, so that it
 * hears of nothing.
 *
 * FAULT_ACTED, of what a device does unasked: a is the time.
 */
#include "sim/fault/fault.h"

enum how { HOW_SPURIOUS, HOW_STUCK_HIGH, HOW_STUCK_LOW };

static const char *const how_names[] = {"spurious", "stuck_high", "stuck_low", NULL};

struct device_line {
    uint64_t how, long_ns;
};

static const struct param params[] = {
    PARAM_ENUM(struct device_line, how, HOW_SPURIOUS, how_names,
               "spurious: an interrupt without a cause; stuck_high, stuck_low: the line stays"),
    PARAM_FOR(struct device_line, 100000, "how long it is stuck"),
    PARAM_END,
};

static enum verdict move_line(void *state, struct gate_device *d)
{
    const struct device_line *s = state;

    if (s->how == HOW_SPURIOUS) {
        d->pulse = true;
    } else {
        d->stuck_ns = s->long_ns;
        d->level = s->how == HOW_STUCK_HIGH;
    }
    return VERDICT_ALTER;
}

const struct fault_type fault_device_line = {
    .name = "device_line",
    .doc = "a device's interrupt line moves without cause, or does not move",
    .state_size = sizeof(struct device_line),
    .params = params,
    .needs_pd = true,
    .at_device = true,
    .tells = fault_always_tells,
    .device = move_line,
};
