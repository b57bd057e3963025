/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_WIRE_SOURCES_H
#define SIM_WIRE_SOURCES_H
/*
 * Machines that send whatever becomes of what they sent: an open loop. Each makes a frame when its
 * own schedule says so, at constant or at exponentially distributed gaps, and all of them share one
 * link, which takes the frames in the order they were made in (of two made at once, that of the
 * source with the lesser number).
 *
 * A link that is busy makes frames wait at their source. A source has room for so many that wait,
 * its backlog; when there is none, it makes its next frame once one has left, and goes on as fast
 * as that until it has caught up with its schedule. So the rate is exactly what was asked for
 * wherever the link carries that in the long run; where it cannot, the link is always busy, the
 * rate is what it carries, and a frame waits for at most its own source's backlog times the number
 * of sources.
 *
 * Schedules are whole nanoseconds with the fraction carried on. At constant gaps source i of n
 * begins i/n of a gap late, so that together they are evenly spaced; at exponential ones each has
 * dice of its own, named for it. What is due when follows from these and from the times frames left
 * at, and from nothing else.
 */
#include <stdbool.h>
#include <stdint.h>

#include "sim/wire/exponential.h"
#include "sim/wire/pacer.h"

struct sources_asked {
    const char *name; /* of the wire: it names the dice */
    uint64_t seed;
    uint32_t count;
    uint64_t bits_per_second; /* of all of them together, counting of each frame ... */
    uint32_t frame_bytes;     /* ... these */
    bool exponential;
    uint32_t backlog;
};

struct source {
    uint64_t due_ns; /* when its next frame was made, or will be */
    uint64_t left;   /* frames that have left it */
    struct pacer pacer;
    struct rng dice;
    uint64_t scheduled_ns, scheduled_rest; /* exponential: 2^-32 of a nanosecond */
    uint64_t *left_ns;                     /* when the last `backlog` frames left, 0 before that */
    uint32_t oldest;                       /* where in left_ns the earliest is */
};

struct sources {
    struct source *all;
    uint32_t count, backlog, share_bytes;
    bool is_exponential;
    uint64_t mean_ns, mean_rest; /* of one source's gaps; rest in 2^-32 of a nanosecond */
    struct exponential exponential;
};

/* The product of all that makes a gap has room in 64 bits up to these. */
#define SOURCES_MAX             64u
#define SOURCES_BACKLOG_MAX     4096u
#define SOURCES_BITS_PER_SECOND UINT64_C(1000000000000)
#define SOURCES_FRAME_BYTES     65535u

/* 0 or -ENOMEM. All counts and rates are at least 1. */
int sources_open(struct sources *s, const struct sources_asked *asked);
/* Whose frame is first in line for the link; it was made, or will be, at its due_ns. */
uint32_t sources_first(const struct sources *s);
/* The frame of that source leaves it now. */
void sources_left(struct sources *s, uint32_t which, uint64_t now_ns);
/* A zeroed one is fine. */
void sources_finish(struct sources *s);
#endif
