/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device stands still for a while, then goes on where it was: no frame enters it, none that it
 * has begun to send is done, and so it moves on in no ring.
 */
#include "sim/fault/fault.h"

struct device_stall {
    uint64_t long_ns;
};

static const struct param params[] = {
    PARAM_FOR(struct device_stall, 1000000, "how long"),
    PARAM_END,
};

static enum verdict stall(void *state, struct gate_device *d)
{
    const struct device_stall *s = state;

    d->stall_ns = s->long_ns;
    return VERDICT_ALTER;
}

const struct fault_type fault_device_stall = {
    .name = "device_stall",
    .doc = "a device stands still: its rings do not move, and what comes to it is lost",
    .state_size = sizeof(struct device_stall),
    .params = params,
    .needs_pd = true,
    .at_device = true,
    .tells = fault_always_tells,
    .device = stall,
};
