/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_WIRE_PACER_H
#define SIM_WIRE_PACER_H
/*
 * When the next frame of a source is due, at a steady rate: so many frames or bits a second,
 * exactly (the fractions of a nanosecond are carried on, so that a million frames take a million
 * times as long as one), or as fast as the medium takes them. Bits are those of the frames
 * themselves, without preamble, FCS and gap.
 */
#include <assert.h>
#include <stdint.h>

#include <sddf/hw/param.h>

#define PACER_NS_PER_S 1000000000u

struct pacer {
    struct pace pace;
    uint64_t due_ns; /* of the next frame */
    uint64_t rest;   /* and this many per_second-ths of a nanosecond */
};

/* A pace that was recorded is known to the recording only. */
static inline struct pacer pacer_start(struct pace pace)
{
    assert(pace.kind != PACE_RECORDED);
    assert(pace.kind == PACE_LINE || pace.per_second != 0);
    return (struct pacer){.pace = pace};
}

/* When the next frame, of this length, is due. The one after it is due once this one's share of the
 * rate has passed. */
static inline uint64_t pacer_next(struct pacer *p, uint32_t length)
{
    uint64_t due_ns = p->due_ns;

    if (p->pace.kind != PACE_LINE) {
        uint64_t units = p->pace.kind == PACE_BITS ? (uint64_t)length * 8 : 1;
        uint64_t share = units * PACER_NS_PER_S;

        p->due_ns += share / p->pace.per_second;
        p->rest += share % p->pace.per_second;
        if (p->rest >= p->pace.per_second) {
            p->rest -= p->pace.per_second;
            p->due_ns++;
        }
    }
    return due_ns;
}
#endif
