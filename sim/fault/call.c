/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain that calls those it may call, with whatever it likes: labels nobody knows, fewer words
 * than are asked for or more, numbers of ports far beyond any there is, which one who counts in
 * fewer bits takes for others. The answers are of no use to it.
 *
 * FAULT_ACTED: a is how many calls, b on how many channels.
 */
#include "sim/fault/fault.h"

#define WORDS_MAX 4u

struct calling {
    uint64_t times, labels, words;
};

static const struct param params[] = {
    PARAM_UINT(struct calling, times, 8, 1, 1024, "how many calls by each channel, each time"),
    PARAM_UINT(struct calling, labels, 4, 1, UINT32_MAX, "labels are below this, but for one in 8"),
    PARAM_UINT(struct calling, words, 2, 0, WORDS_MAX, "as many words go with it at most"),
    PARAM_END,
};

/* Small, small again but for its upper bits, or any. */
static uint64_t word(struct rng *rng)
{
    uint64_t low = rng_below(rng, 72);

    switch (rng_below(rng, 4)) {
    case 0:
    case 1:
        return low;
    case 2:
        return low + (rng_u64(rng) << 6);
    default:
        return rng_u64(rng);
    }
}

static void call_by(const struct calling *s, const struct inside *in, unsigned channel)
{
    uint64_t words[WORDS_MAX];

    for (uint64_t i = 0; i < s->times; i++) {
        uint64_t label =
            rng_below(in->rng, 8) == 0 ? rng_u64(in->rng) >> 16 : rng_below(in->rng, s->labels);

        for (unsigned k = 0; k < WORDS_MAX; k++) {
            words[k] = word(in->rng);
        }
        in->call(in->runtime, channel, label, words, (unsigned)rng_below(in->rng, s->words + 1));
    }
}

static enum inside_next call_inside(void *state, struct inside *in)
{
    const struct calling *s = state;
    uint64_t channels = 0;

    for (uint32_t i = 0; i < in->plan->channel_count && in->call != NULL; i++) {
        const struct plan_channel *c = &in->plan->channels[i];

        for (int side = 0; c->kind == CHANNEL_PEER && side < 2; side++) {
            if (c->end[side].pd == in->pd && c->end[side].may_call) {
                channels++;
                call_by(s, in, c->end[side].id);
            }
        }
    }
    if (channels != 0) {
        inside_did(in, channels * s->times, channels);
    }
    return INSIDE_RUN;
}

static bool call_check(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                       struct diag_place place)
{
    (void)state;
    for (uint32_t i = 0; i < plan->channel_count; i++) {
        const struct plan_channel *c = &plan->channels[i];

        if (c->kind == CHANNEL_PEER && ((c->end[0].pd == pd && c->end[0].may_call) ||
                                        (c->end[1].pd == pd && c->end[1].may_call))) {
            return true;
        }
    }
    diag_error(diag, place, "pd: %s may call nobody", plan->pds[pd].name);
    return false;
}

const struct fault_type fault_call = {
    .name = "call",
    .doc = "a domain makes protected calls with any labels and words",
    .state_size = sizeof(struct calling),
    .params = params,
    .needs_pd = true,
    .check = call_check,
    .inside = call_inside,
};
