/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames are lost on a wire, before the device sees them or after it has let them go. Which ones is
 * the trigger's to say.
 *
 * FAULT_ACTED, of every wire fault: a is the frame's number, b whether it was on its way out.
 */
#include "sim/fault/wire_end.h"

struct wire_drop {
    struct wire_end end;
};

static const struct param params[] = {
    WIRE_END_PARAMS(struct wire_drop),
    PARAM_END,
};

static enum verdict drop_frame(void *state, struct gate_frame *f)
{
    (void)state;
    (void)f;
    return VERDICT_DROP;
}

const struct fault_type fault_wire_drop = {
    .name = "wire_drop",
    .doc = "frames are lost between a wire and its device",
    .state_size = sizeof(struct wire_drop),
    .params = params,
    .of_world = true,
    .check = wire_end_check,
    .about = wire_end_about,
    .frame_is = wire_end_is,
    .frame = drop_frame,
};
