/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain that signals without cause: its neighbours, over and over, who wake up and find
 * nothing; or channels it was never given, which the kernel is to refuse.
 *
 * FAULT_ACTED: a is how many signals, b on how many channels.
 */
#include "sim/fault/fault.h"

#define IDS 64u /* all there are, and a few there can never be */

enum on { ON_OWN, ON_UNCONFIGURED, ON_ALL };

static const char *const on_names[] = {"own", "unconfigured", "all", NULL};

struct needless {
    uint64_t on, times;
};

static const struct param params[] = {
    PARAM_ENUM(struct needless, on, ON_OWN, on_names,
               "which channels: those it has, those it does not have, or both"),
    PARAM_UINT(struct needless, times, 100, 1, 1024, "how often each, each time"),
    PARAM_END,
};

/* May this domain signal by the channel that it knows by this number? */
static bool is_own(const struct inside *in, unsigned id)
{
    for (uint32_t i = 0; i < in->plan->channel_count; i++) {
        for (int side = 0; side < 2; side++) {
            const struct plan_end *end = &in->plan->channels[i].end[side];

            if (end->pd == in->pd && end->id == id && end->may_notify) {
                return true;
            }
        }
    }
    return false;
}

static enum inside_next signal_inside(void *state, struct inside *in)
{
    const struct needless *s = state;
    uint64_t channels = 0;

    for (unsigned id = 0; id < IDS && in->notify != NULL; id++) {
        if (s->on != ON_ALL && is_own(in, id) != (s->on == ON_OWN)) {
            continue;
        }
        channels++;
        for (uint64_t i = 0; i < s->times; i++) {
            in->notify(in->runtime, id);
        }
    }
    if (channels != 0) {
        inside_did(in, channels * s->times, channels);
    }
    return INSIDE_RUN;
}

const struct fault_type fault_signal = {
    .name = "signal",
    .doc = "a domain signals without cause, or by channels it does not have",
    .state_size = sizeof(struct needless),
    .params = params,
    .needs_pd = true,
    .composes = true,
    .inside = signal_inside,
};
