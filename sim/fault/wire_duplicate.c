/* SPDX-License-Identifier: BSD-2-Clause */
/* A wire delivers a frame more than once, as a loop in a network does, or a hub that stutters. */
#include "sim/fault/wire_end.h"

struct wire_duplicate {
    struct wire_end end;
    uint64_t copies, apart;
};

static const struct param params[] = {
    WIRE_END_PARAMS(struct wire_duplicate),
    PARAM_UINT(struct wire_duplicate, copies, 1, 1, 64, "how many more of each frame there are"),
    PARAM_TIME(struct wire_duplicate, apart, 0, 0, 1000000000000,
               "how long after the one before each of them comes"),
    PARAM_END,
};

static enum verdict duplicate_frame(void *state, struct gate_frame *f)
{
    const struct wire_duplicate *s = state;

    f->copies = (uint32_t)s->copies;
    f->delay_ns = s->apart;
    return VERDICT_ALTER;
}

const struct fault_type fault_wire_duplicate = {
    .name = "wire_duplicate",
    .doc = "frames come more than once",
    .state_size = sizeof(struct wire_duplicate),
    .params = params,
    .of_world = true,
    .check = wire_end_check,
    .about = wire_end_about,
    .frame_is = wire_end_is,
    .frame = duplicate_frame,
};
