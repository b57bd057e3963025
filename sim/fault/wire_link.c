/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A link goes down and comes up again: while it is down nothing crosses, either way. For good, for
 * the trigger's duration, or again and again.
 */
#include "sim/fault/wire_end.h"

struct wire_link {
    struct wire_end end;
    uint64_t down, up;
};

static const struct param params[] = {
    WIRE_END_PARAMS(struct wire_link),
    PARAM_TIME(struct wire_link, down, 0, 0, 1000000000000,
               "how long it is down at a time; 0: as long as the fault acts"),
    PARAM_TIME(struct wire_link, up, 1000000, 1, 1000000000000,
               "how long it is up before it goes down again"),
    PARAM_END,
};

static enum verdict link_frame(void *state, struct gate_frame *f)
{
    const struct wire_link *s = state;

    bool up = s->down != 0 && (f->time_ns - f->since_ns) % (s->down + s->up) >= s->down;

    return up ? VERDICT_PASS : VERDICT_DROP;
}

const struct fault_type fault_wire_link = {
    .name = "wire_link",
    .doc = "a link is down: nothing crosses",
    .state_size = sizeof(struct wire_link),
    .params = params,
    .of_world = true,
    .check = wire_end_check,
    .about = wire_end_about,
    .frame_is = wire_end_is,
    .frame = link_frame,
};
