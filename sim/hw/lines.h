/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_HW_LINES_H
#define SIM_HW_LINES_H
/*
 * The cache lines of one region that processors and a device see differently. There are two views,
 * what processors see and what lies in memory, and a private copy of what a line was when the two
 * last agreed about it: a line is dirty where the processors' view is no longer that. Between the
 * views nothing passes but by an operation on the caches, or by chance, when a cache needs the
 * place of a line for another.
 *
 * A processor is taken to hold every line, always: that is the worst its cache can do to it, and so
 * what a missing operation has to be judged by. Chance writes dirty lines back and fetches clean
 * ones anew; what it put right is remembered as luck, as another time it does not.
 *
 * A line is dirty by its content: bytes that are written as they were leave no trace.
 */
#include <stdbool.h>
#include <stdint.h>

#include "sim/base/rng.h"

enum line_harm {
    LINE_STALE,     /* the device read memory, and nobody had cleaned what a cache has newer */
    LINE_REWRITTEN, /* the same, and it was written again after it was cleaned */
    LINE_LUCKY,     /* it was not cleaned, but a cache had happened to write it back */
    LINE_LOST       /* a dirty line went over what the device had written there */
};

struct lines {
    uint8_t *cpu, *memory; /* the views */
    uint8_t *agreed;       /* the private copy */
    uint8_t *marks;        /* by line; all zeroed at the beginning, as are the three above */
    uint64_t bytes;
    uint64_t line_bytes; /* a power of two */
    void (*harm)(void *context, enum line_harm harm, uint64_t offset);
    void *context;
};

/* How many lines that many bytes are at most, for the marks. */
uint64_t lines_count(uint64_t bytes, uint64_t line_bytes);

/*
 * All of these take whole lines, those of the first and the last byte included, and of what lies
 * beyond the region nothing.
 */
/* Write back what is dirty. */
void lines_clean(struct lines *l, uint64_t offset, uint64_t bytes);
/* ... and see from here on what is in memory. */
void lines_clean_and_invalidate(struct lines *l, uint64_t offset, uint64_t bytes);
/* The device has read memory, or written to it. */
void lines_read_by_device(struct lines *l, uint64_t offset, uint64_t bytes);
void lines_written_by_device(struct lines *l, uint64_t offset, uint64_t bytes);
/* Chance: each line leaves its cache with so many chances in a million. */
void lines_evict(struct lines *l, uint64_t offset, uint64_t bytes, struct rng *rng, uint64_t ppm);
/* Has the device written to one of them, and nobody invalidated it since? That one's offset. */
bool lines_unseen(const struct lines *l, uint64_t offset, uint64_t bytes, uint64_t *where);
#endif
