/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device resets itself in the middle of its work, as one does whose supply has dipped: it is as
 * it was at power-on, knows of no rings, and what it held is lost. Its line may tell that something
 * has happened; what, only a look at its registers does.
 */
#include "sim/fault/fault.h"

struct device_reset {
    bool interrupt;
};

static const struct param params[] = {
    PARAM_BOOL(struct device_reset, interrupt, true,
               "its line is up for it, until a register is read; else nothing tells of it"),
    PARAM_END,
};

static enum verdict reset(void *state, struct gate_device *d)
{
    const struct device_reset *s = state;

    d->reset = true;
    d->call = s->interrupt;
    return VERDICT_ALTER;
}

static bool is_told(const void *state)
{
    return ((const struct device_reset *)state)->interrupt;
}

const struct fault_type fault_device_reset = {
    .name = "device_reset",
    .doc = "a device is reset while it works",
    .state_size = sizeof(struct device_reset),
    .params = params,
    .needs_pd = true,
    .at_device = true,
    .tells = is_told,
    .device = reset,
};
