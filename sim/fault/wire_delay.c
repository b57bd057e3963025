/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames come late: each by the same time, each by a time of its own, all that come within a while
 * together at its end (a burst), or each after so many that were behind it (out of order).
 */
#include "sim/fault/wire_end.h"

enum how { HOW_EACH, HOW_JITTER, HOW_BURST, HOW_REORDER };

static const char *const how_names[] = {"each", "jitter", "burst", "reorder", NULL};

struct wire_delay {
    struct wire_end end;
    uint64_t how, by, behind;
};

static const struct param params[] = {
    WIRE_END_PARAMS(struct wire_delay),
    PARAM_ENUM(struct wire_delay, how, HOW_EACH, how_names,
               "each: every frame by that time; jitter: each by a time up to it; burst: to the end "
               "of every so long, all together; reorder: until `behind` others have passed it"),
    PARAM_TIME(struct wire_delay, by, 100000, 1, 1000000000000,
               "how late; for reorder, at most: then it goes on though nobody has passed it"),
    PARAM_UINT(struct wire_delay, behind, 1, 1, 512, "reorder: how many others overtake it"),
    PARAM_END,
};

static enum verdict delay_frame(void *state, struct gate_frame *f)
{
    const struct wire_delay *s = state;

    switch ((enum how)s->how) {
    case HOW_EACH:
        f->delay_ns = s->by;
        break;
    case HOW_JITTER:
        f->delay_ns = rng_between(f->rng, 1, s->by);
        break;
    case HOW_BURST:
        f->delay_ns = s->by - f->time_ns % s->by;
        break;
    case HOW_REORDER:
        f->delay_ns = s->by;
        f->behind = (uint32_t)s->behind;
        break;
    }
    return VERDICT_DELAY;
}

const struct fault_type fault_wire_delay = {
    .name = "wire_delay",
    .doc = "frames come late, in bursts, or out of order; at most 1024 wait at a time, and what is "
           "more is lost",
    .state_size = sizeof(struct wire_delay),
    .params = params,
    .of_world = true,
    .check = wire_end_check,
    .about = wire_end_about,
    .frame_is = wire_end_is,
    .frame = delay_frame,
};
