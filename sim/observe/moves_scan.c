/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A last look, when all is over, at buffers that frames were copied into: behind the longest frame
 * that each was given nothing has any business to lie. What does, its reader may have written
 * itself; but if it is found among the frames that others were sent, and not among its own, whoever
 * copies has put it there. So a leak is found that no frame came with.
 *
 * Bytes that are nearly all the same say nothing, and fewer than a window may be alike by chance.
 * What nobody has any more by then is not found.
 */
#include <string.h>

#include "sim/observe/moves_parts.h"

#define WINDOW_BYTES 32u
#define CHANGES_LEAST \
    8u /* from a byte to the next: a few lone bytes among zeros may be anybody's */
#define STEP_BYTES   16u
#define WINDOWS_MAX  128u /* looked up in all, and of each buffer: each costs a search of all */
#define WINDOWS_EACH 4u

static const uint8_t *buffer_bytes(const struct held_pool *pool, uint32_t buffer)
{
    return pool->data + ((uint64_t)buffer << pool->shift);
}

static bool is_plain(const uint8_t *window)
{
    unsigned changes = 0;

    if (memcmp(window, window + 1, WINDOW_BYTES - 1) == 0) {
        return true; /* as most are: one byte again and again */
    }
    for (unsigned i = 1; i < WINDOW_BYTES; i++) {
        changes += window[i] != window[i - 1];
    }
    return changes < CHANGES_LEAST;
}

static uint64_t first_word(const uint8_t *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

/* Does it lie within what the reader was given as frames? */
static bool is_own(const struct held_pool *pool, const uint8_t *window)
{
    uint64_t first = first_word(window);

    for (uint32_t b = 0; b < pool->count; b++) {
        const uint8_t *bytes = buffer_bytes(pool, b);

        for (uint32_t at = 0; at + WINDOW_BYTES <= pool->edges[b].covered; at++) {
            if (first_word(bytes + at) == first && memcmp(bytes + at, window, WINDOW_BYTES) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Whose is the window at `at` of a buffer that frames are copied from? BYTES_ALL: one may not say,
 * or it is not one frame's. */
static uint32_t owner_at(const struct held_pool *pool, uint32_t buffer, uint32_t at,
                         uint64_t *number)
{
    const struct frame_tag *tag = &pool->tags[buffer];

    if (pool->origin != PLAN_NONE) {
        *number = tag_get(tag).number;
        return pool->origin;
    }
    for (unsigned i = 0; i < TAG_LAYERS && tag->layers[i].end != 0; i++) {
        if (tag->layers[i].end > at) {
            *number = tag->layers[i].number;
            return tag->layers[i].end >= at + WINDOW_BYTES ? tag->layers[i].owner : BYTES_ALL;
        }
    }
    return BYTES_ALL;
}

/* Somebody else's frame with this in it. */
static bool find_other(const struct moves *m, const struct held_pool *pool, uint32_t reader,
                       const uint8_t *window, struct bytes_news *news)
{
    uint64_t first = first_word(window);

    for (uint32_t p = 0; p < m->pool_count; p++) {
        const struct held_pool *from = &m->pools[p];
        uint32_t end = 1u << from->shift;

        if (from == pool || from->tags == NULL || from->data == NULL || from->edges != NULL) {
            continue;
        }
        for (uint64_t at = 0; at < (uint64_t)from->count * end; at += STEP_BYTES) {
            uint32_t buffer = (uint32_t)(at / end), within = (uint32_t)(at % end);

            if (within + WINDOW_BYTES > end || first_word(from->data + at) != first ||
                memcmp(from->data + at, window, WINDOW_BYTES) != 0) {
                continue;
            }
            news->who = owner_at(from, buffer, within, &news->number);
            if (news->who != reader && news->who != BYTES_ALL) {
                news->from = within;
                news->to = within + WINDOW_BYTES;
                return true;
            }
        }
    }
    return false;
}

static void scan_buffer(struct moves *m, const struct watched *q, const struct held_pool *pool,
                        uint32_t buffer, unsigned *left)
{
    const uint8_t *bytes = buffer_bytes(pool, buffer);
    unsigned each = WINDOWS_EACH;
    uint32_t at = (pool->edges[buffer].covered + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES;

    for (; at + WINDOW_BYTES <= 1u << pool->shift && *left > 0 && each > 0; at += STEP_BYTES) {
        struct bytes_news news = {.what = NEWS_LEAK_LEFT};

        if (is_plain(bytes + at)) {
            continue;
        }
        --*left;
        each--;
        if (find_other(m, pool, q->shape->consumer, bytes + at, &news) &&
            !is_own(pool, bytes + at)) {
            moves_bytes_tell(m, PROBE_FRAME_LEAKED, q->index, &news);
            return;
        }
    }
}

void moves_scan(struct moves *m)
{
    unsigned left = WINDOWS_MAX;

    for (uint32_t i = 0; m->edges && i < m->queue_count; i++) {
        const struct watched *q = &m->queues[i];

        if (!q->produces || !q->frames || !q->relinks || q->pool_count != 1) {
            continue;
        }
        const struct held_pool *pool = q->pools[0];

        if (pool->edges == NULL || pool->data == NULL) {
            continue;
        }
        for (uint32_t b = 0; b < pool->count; b++) {
            scan_buffer(m, q, pool, b, &left);
        }
    }
}
