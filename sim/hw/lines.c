/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of a line, one by one; see the header. */
#include "sim/hw/lines.h"

#include <assert.h>
#include <string.h>

enum mark {
    MARK_CLEANED = 1, /* by an operation, since the device last read it */
    MARK_LUCKY = 2,   /* written back by chance, and not cleaned since */
    MARK_WRITTEN = 4  /* by the device, and not invalidated since */
};

/* Some lines, as numbers: first..end - 1. */
struct span {
    uint64_t first, end;
};

uint64_t lines_count(uint64_t bytes, uint64_t line_bytes)
{
    return (bytes + line_bytes - 1) / line_bytes;
}

static struct span span_of(const struct lines *l, uint64_t offset, uint64_t bytes)
{
    assert((l->line_bytes & (l->line_bytes - 1)) == 0);
    if (offset >= l->bytes || bytes == 0) {
        return (struct span){0};
    }
    bytes = bytes < l->bytes - offset ? bytes : l->bytes - offset;
    return (struct span){.first = offset / l->line_bytes,
                         .end = lines_count(offset + bytes, l->line_bytes)};
}

/* A large line may be the last of a region that holds no multiple of it. */
static uint64_t size_of(const struct lines *l, uint64_t line)
{
    uint64_t left = l->bytes - line * l->line_bytes;

    return left < l->line_bytes ? left : l->line_bytes;
}

static bool is_dirty(const struct lines *l, uint64_t line)
{
    uint64_t at = line * l->line_bytes;

    return memcmp(l->cpu + at, l->agreed + at, size_of(l, line)) != 0;
}

static void tell(const struct lines *l, enum line_harm harm, uint64_t line)
{
    l->harm(l->context, harm, line * l->line_bytes);
}

static void write_back(struct lines *l, uint64_t line)
{
    uint64_t at = line * l->line_bytes, bytes = size_of(l, line);

    if ((l->marks[line] & MARK_WRITTEN) != 0 && memcmp(l->memory + at, l->cpu + at, bytes) != 0) {
        tell(l, LINE_LOST, line);
    }
    memcpy(l->memory + at, l->cpu + at, bytes);
    memcpy(l->agreed + at, l->cpu + at, bytes);
}

static void fetch(struct lines *l, uint64_t line)
{
    uint64_t at = line * l->line_bytes, bytes = size_of(l, line);

    memcpy(l->cpu + at, l->memory + at, bytes);
    memcpy(l->agreed + at, l->memory + at, bytes);
}

static void clean(struct lines *l, uint64_t line)
{
    if (is_dirty(l, line)) {
        write_back(l, line);
    }
    l->marks[line] = (uint8_t)((l->marks[line] & ~MARK_LUCKY) | MARK_CLEANED);
}

void lines_clean(struct lines *l, uint64_t offset, uint64_t bytes)
{
    struct span s = span_of(l, offset, bytes);

    for (uint64_t line = s.first; line < s.end; line++) {
        clean(l, line);
    }
}

void lines_clean_and_invalidate(struct lines *l, uint64_t offset, uint64_t bytes)
{
    struct span s = span_of(l, offset, bytes);

    for (uint64_t line = s.first; line < s.end; line++) {
        clean(l, line);
        fetch(l, line);
        l->marks[line] &= (uint8_t)~MARK_WRITTEN;
    }
}

/* What is wrong with the device reading this line; false: nothing. */
static bool is_stale(const struct lines *l, uint64_t line, enum line_harm *harm)
{
    uint8_t marks = l->marks[line];
    bool dirty = is_dirty(l, line);

    *harm = (marks & MARK_CLEANED) != 0 ? LINE_REWRITTEN : dirty ? LINE_STALE : LINE_LUCKY;
    return dirty || (marks & MARK_LUCKY) != 0;
}

void lines_read_by_device(struct lines *l, uint64_t offset, uint64_t bytes)
{
    struct span s = span_of(l, offset, bytes);

    for (uint64_t line = s.first; line < s.end; line++) {
        enum line_harm harm;

        if (is_stale(l, line, &harm)) {
            tell(l, harm, line);
        }
        l->marks[line] &= (uint8_t) ~(MARK_CLEANED | MARK_LUCKY);
    }
}

void lines_written_by_device(struct lines *l, uint64_t offset, uint64_t bytes)
{
    struct span s = span_of(l, offset, bytes);

    for (uint64_t line = s.first; line < s.end; line++) {
        l->marks[line] = MARK_WRITTEN;
    }
}

void lines_evict(struct lines *l, uint64_t offset, uint64_t bytes, struct rng *rng, uint64_t ppm)
{
    struct span s = span_of(l, offset, bytes);

    for (uint64_t line = s.first; line < s.end; line++) {
        if (!rng_chance(rng, ppm, 1000000)) {
            continue;
        }
        if (is_dirty(l, line)) {
            write_back(l, line);
            l->marks[line] |= MARK_LUCKY;
        } else {
            fetch(l, line);
        }
    }
}

bool lines_unseen(const struct lines *l, uint64_t offset, uint64_t bytes, uint64_t *where)
{
    struct span s = span_of(l, offset, bytes);

    for (uint64_t line = s.first; line < s.end; line++) {
        if ((l->marks[line] & MARK_WRITTEN) != 0) {
            *where = line * l->line_bytes;
            return true;
        }
    }
    return false;
}
