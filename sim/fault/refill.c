/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain that fills a queue as fast as it is emptied: it stands over it for a while, and whatever
 * room there is it fills at once. On the other end's own core it will not get to it often; on
 * another it does for as long as it likes, and whoever drains that queue until it is empty never
 * comes to do anything else.
 *
 * FAULT_ACTED: a is the plan queue, b how many entries were put in.
 */
#include "sim/fault/queues.h"

enum naming { NAMING_NOTHING, NAMING_AGAIN };

static const char *const naming_names[] = {"nothing", "again", NULL};

#define NO_BUFFER (1ull << 40) /* beyond every region, and what a device can reach */

struct refill {
    struct queue_aim aim;
    uint64_t naming, pause, long_ns;
    bool ring;
};

static const struct param params[] = {
    PARAM_QUEUE(struct refill, "a queue it fills"),
    PARAM_ENUM(struct refill, naming, NAMING_NOTHING, naming_names,
               "what is put in: nothing: a buffer that is nowhere; again: what was put in last"),
    PARAM_FOR(struct refill, 50000, "for how long, each time"),
    PARAM_TIME(struct refill, pause, 100, 10, 1000000, "how long from look to look"),
    PARAM_BOOL(struct refill, ring, true, "signal the other end, once it is full first"),
    PARAM_END,
};

static const struct queue_choice choice = {.side = SIDE_FILLS, .doing = "refills"};

static bool refill_check(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                         struct diag_place place)
{
    const struct refill *s = state;

    return queues_check(&s->aim, &choice, plan, pd, diag, place);
}

static uint64_t fill(const struct queue_view *q, struct descriptor d)
{
    uint64_t done = 0;

    while (done < q->shape->capacity && queue_put(q, d)) {
        done++;
    }
    return done;
}

static void stand_over(const void *state, struct inside *in, const struct queue_view *q)
{
    const struct refill *s = state;
    struct descriptor d = queue_slot(q, queue_tail(q) - 1);

    if (s->naming == NAMING_NOTHING) {
        d = (struct descriptor){.name = NO_BUFFER, .len = 60};
    }
    uint64_t done = fill(q, d);

    if (s->ring && done != 0) {
        inside_ring(in, q->index);
    }
    for (uint64_t ns = 0; ns < s->long_ns && in->burn != NULL; ns += s->pause) {
        in->burn(in->runtime, s->pause);
        done += fill(q, d);
    }
    if (done != 0) {
        queue_did(in, q, done, s->ring);
    }
}

static enum inside_next refill_inside(void *state, struct inside *in)
{
    struct refill *s = state;

    return queues_each(&s->aim, &choice, in, stand_over, s);
}

const struct fault_type fault_refill = {
    .name = "refill",
    .doc = "a domain fills queues as fast as they are emptied",
    .state_size = sizeof(struct refill),
    .params = params,
    .needs_pd = true,
    .check = refill_check,
    .inside = refill_inside,
};
