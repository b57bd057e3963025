/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames end early: at a length, or somewhere. What is shorter already stays as it is. */
#include "sim/fault/wire_end.h"

struct wire_truncate {
    struct wire_end end;
    uint64_t to;
    bool random;
};

static const struct param params[] = {
    WIRE_END_PARAMS(struct wire_truncate),
    PARAM_UINT(struct wire_truncate, to, 14, 1, 65535, "how many bytes are left"),
    PARAM_BOOL(struct wire_truncate, random, false, "any number from that to all but one"),
    PARAM_END,
};

static enum verdict truncate_frame(void *state, struct gate_frame *f)
{
    const struct wire_truncate *s = state;

    if (f->length <= s->to) {
        return VERDICT_PASS;
    }
    f->length = s->random ? (size_t)rng_between(f->rng, s->to, f->length - 1) : (size_t)s->to;
    return VERDICT_ALTER;
}

const struct fault_type fault_wire_truncate = {
    .name = "wire_truncate",
    .doc = "frames end early",
    .state_size = sizeof(struct wire_truncate),
    .params = params,
    .of_world = true,
    .check = wire_end_check,
    .about = wire_end_about,
    .frame_is = wire_end_is,
    .frame = truncate_frame,
};
