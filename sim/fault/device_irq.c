/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An interrupt is lost, or comes late: the device has raised its line, and who should see that does
 * not, until it has fallen and risen again, or for a while. That it falls is seen in time.
 *
 * FAULT_ACTED: a is the line.
 */
#include "sim/fault/fault.h"

enum how { HOW_LOST, HOW_LATE };

static const char *const how_names[] = {"lost", "late", NULL};

struct device_irq {
    uint64_t how, by;
};

static const struct param params[] = {
    PARAM_ENUM(struct device_irq, how, HOW_LOST, how_names,
               "lost: unseen until the line rises again; late: seen after a while"),
    PARAM_TIME(struct device_irq, by, 100000, 1, 1000000000000, "late: how late"),
    PARAM_END,
};

static bool is_rise(const void *state, const struct gate_irq *i)
{
    (void)state;
    return i->level;
}

static enum verdict miss(void *state, struct gate_irq *i)
{
    const struct device_irq *s = state;

    i->delay_ns = s->by;
    return s->how == HOW_LOST ? VERDICT_DROP : VERDICT_DELAY;
}

static bool is_seen(const void *state)
{
    return ((const struct device_irq *)state)->how == HOW_LATE;
}

const struct fault_type fault_device_irq = {
    .name = "device_irq",
    .doc = "interrupts of a device are lost or late",
    .state_size = sizeof(struct device_irq),
    .params = params,
    .needs_pd = true,
    .at_device = true,
    .tells = is_seen,
    .irq_is = is_rise,
    .irq = miss,
};
