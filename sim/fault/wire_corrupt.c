/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bits of a frame are not those that were sent: anywhere, in the addresses and the type, or behind
 * them. Either the link's check sequence does not fit any more, and whoever receives the frame
 * drops it; or it has noticed nothing.
 */
#include "sim/fault/wire_end.h"

#define HEADER_BYTES 14u

enum where { WHERE_ANYWHERE, WHERE_HEADER, WHERE_PAYLOAD };

static const char *const where_names[] = {"anywhere", "header", "payload", NULL};

struct wire_corrupt {
    struct wire_end end;
    uint64_t where, bits;
    bool noticed;
};

static const struct param params[] = {
    WIRE_END_PARAMS(struct wire_corrupt),
    PARAM_ENUM(struct wire_corrupt, where, WHERE_ANYWHERE, where_names,
               "header: addresses and type; payload: all behind them"),
    PARAM_UINT(struct wire_corrupt, bits, 1, 1, 4096, "how many bits are flipped"),
    PARAM_BOOL(struct wire_corrupt, noticed, false,
               "their check sequence does not fit any more, so the NIC drops them, or the far end"),
    PARAM_END,
};

static enum verdict corrupt_frame(void *state, struct gate_frame *f)
{
    const struct wire_corrupt *s = state;
    size_t from = s->where == WHERE_PAYLOAD ? HEADER_BYTES : 0;
    size_t to = s->where == WHERE_HEADER && f->length > HEADER_BYTES ? HEADER_BYTES : f->length;

    if (from >= to) {
        return VERDICT_PASS;
    }
    for (uint64_t i = 0; i < s->bits; i++) {
        uint64_t bit = rng_below(f->rng, (to - from) * 8);

        f->bytes[from + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    f->spoilt |= s->noticed;
    return VERDICT_ALTER;
}

const struct fault_type fault_wire_corrupt = {
    .name = "wire_corrupt",
    .doc = "bits of frames flip, and no checksum notices, or the link's does",
    .state_size = sizeof(struct wire_corrupt),
    .params = params,
    .of_world = true,
    .check = wire_end_check,
    .about = wire_end_about,
    .frame_is = wire_end_is,
    .frame = corrupt_frame,
};
