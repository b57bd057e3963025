/* SPDX-License-Identifier: BSD-2-Clause */
/* One frame of each source is known at a time; the one made first is the next on the link. */
#include "sim/wire/sources.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DICE_NAME_BYTES 128u

static uint64_t next_exponential(struct sources *s, struct source *of)
{
    unsigned __int128 gap = exponential_draw(&s->exponential, &of->dice);
    unsigned __int128 rest =
        s->mean_ns * gap + (s->mean_rest * gap >> EXPONENTIAL_ONE_BITS) + of->scheduled_rest;

    of->scheduled_ns += (uint64_t)(rest >> EXPONENTIAL_ONE_BITS);
    of->scheduled_rest = (uint32_t)rest;
    return of->scheduled_ns;
}

/* The next frame is made when the schedule says so, or when there is room for it, if that is later.
 */
static void make_next(struct sources *s, struct source *of)
{
    uint64_t due_ns =
        s->is_exponential ? next_exponential(s, of) : pacer_next(&of->pacer, s->share_bytes);
    uint64_t room_ns = of->left_ns[of->oldest];

    of->due_ns = due_ns > room_ns ? due_ns : room_ns;
}

static void source_init(struct sources *s, const struct sources_asked *asked, uint32_t i)
{
    const struct pace pace = {.kind = PACE_BITS, .per_second = asked->bits_per_second};
    struct source *of = &s->all[i];
    char name[DICE_NAME_BYTES];

    snprintf(name, sizeof name, "wire.%s.source%u", asked->name, (unsigned)i);
    rng_init(&of->dice, asked->seed, name);
    of->pacer = pacer_start(pace);
    if (i > 0) {
        pacer_next(&of->pacer, i * asked->frame_bytes); /* late by the frames of those before it */
    }
    make_next(s, of);
}

int sources_open(struct sources *s, const struct sources_asked *asked)
{
    uint64_t share = (uint64_t)asked->frame_bytes * asked->count * 8 * PACER_NS_PER_S;

    assert(asked->count > 0 && asked->count <= SOURCES_MAX);
    assert(asked->backlog > 0 && asked->backlog <= SOURCES_BACKLOG_MAX);
    assert(asked->bits_per_second > 0 && asked->bits_per_second <= SOURCES_BITS_PER_SECOND);
    assert(asked->frame_bytes > 0 && asked->frame_bytes <= SOURCES_FRAME_BYTES);
    *s = (struct sources){
        .count = asked->count,
        .backlog = asked->backlog,
        .share_bytes = asked->frame_bytes * asked->count,
        .is_exponential = asked->exponential,
        .mean_ns = share / asked->bits_per_second,
        .mean_rest = (uint64_t)(((unsigned __int128)(share % asked->bits_per_second)
                                 << EXPONENTIAL_ONE_BITS) /
                                asked->bits_per_second),
    };
    exponential_init(&s->exponential);
    s->all = calloc(s->count, sizeof *s->all);
    if (s->all == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < s->count; i++) {
        s->all[i].left_ns = calloc(s->backlog, sizeof *s->all[i].left_ns);
        if (s->all[i].left_ns == NULL) {
            sources_finish(s);
            return -ENOMEM;
        }
        source_init(s, asked, i);
    }
    return 0;
}

uint32_t sources_first(const struct sources *s)
{
    uint32_t first = 0;

    for (uint32_t i = 1; i < s->count; i++) {
        if (s->all[i].due_ns < s->all[first].due_ns) {
            first = i;
        }
    }
    return first;
}

void sources_left(struct sources *s, uint32_t which, uint64_t now_ns)
{
    struct source *of = &s->all[which];

    of->left++;
    of->left_ns[of->oldest] = now_ns;
    of->oldest = of->oldest + 1 == s->backlog ? 0 : of->oldest + 1;
    make_next(s, of);
}

void sources_finish(struct sources *s)
{
    for (uint32_t i = 0; s->all != NULL && i < s->count; i++) {
        free(s->all[i].left_ns);
    }
    free(s->all);
    s->all = NULL;
}
