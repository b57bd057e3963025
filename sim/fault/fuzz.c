/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain that does whatever comes to mind: at each occasion a few of the other kinds, in any
 * order and with any values their keys may have, as the seed has it. It need not know them; their
 * tables say what there is to choose.
 *
 * FAULT_ACTED: as the first kind that acts tells it.
 */
#include <assert.h>
#include <string.h>

#include "sim/fault/fault.h"

#define STATE_BYTES_MAX 2048u
#define KINDS_MAX       64u
#define BUSY_NS_MAX     100000u /* of what has no limit of its own */

struct fuzz {
    uint64_t moves;
    bool deaf;
    _Alignas(16) unsigned char state[STATE_BYTES_MAX];
};

static const struct param params[] = {
    PARAM_UINT(struct fuzz, moves, 4, 1, 64, "how many things it does, each time"),
    PARAM_BOOL(struct fuzz, deaf, true, "now and then let the image miss what it was woken for"),
    PARAM_END,
};

static size_t list_kinds(const struct fault_type *kinds[static KINDS_MAX])
{
    size_t count, found = 0;
    const struct fault_type *const *all = fault_types(&count);

    for (size_t i = 0; i < count && found < KINDS_MAX; i++) {
        if (all[i]->composes) {
            assert(all[i]->inside != NULL);
            assert(all[i]->state_size <= STATE_BYTES_MAX);
            kinds[found++] = all[i];
        }
    }
    return found;
}

/* Small numbers are as likely as large ones, and so are both ends. */
static uint64_t any_number(struct rng *rng, uint64_t least, uint64_t most)
{
    uint64_t span = most - least;

    switch (rng_below(rng, 8)) {
    case 0:
        return least;
    case 1:
        return most;
    default:
        span >>= rng_below(rng, 64 - (span == 0 ? 63 : (unsigned)__builtin_clzll(span)));
        return least + rng_between(rng, 0, span);
    }
}

static uint64_t count_choices(const struct param *p)
{
    uint64_t count = 0;

    while (p->choices[count] != NULL) {
        count++;
    }
    return count;
}

/* Texts and paths name things, and nothing is named: every kind then means all there are. */
static void fill(const struct param *p, unsigned char *to, struct rng *rng)
{
    uint64_t number;

    switch (p->kind) {
    case PARAM_KIND_BOOL:
        *(bool *)to = rng_chance(rng, 1, 2);
        return;
    case PARAM_KIND_MAC:
        rng_bytes(rng, to, 6);
        return;
    case PARAM_KIND_ENUM:
        number = rng_below(rng, count_choices(p));
        break;
    case PARAM_KIND_UINT:
    case PARAM_KIND_TIME:
    case PARAM_KIND_BYTES:
    case PARAM_KIND_SHARE:
        number = p->max == 0 ? any_number(rng, p->min == 0 ? 1 : p->min, BUSY_NS_MAX)
                             : any_number(rng, p->min, p->max);
        break;
    default:
        return;
    }
    memcpy(to, &number, sizeof number);
}

static enum inside_next one(struct fuzz *s, struct inside *in, const struct fault_type *kind)
{
    memset(s->state, 0, kind->state_size);
    for (const struct param *p = kind->params; p != NULL && p->name != NULL; p++) {
        fill(p, s->state + p->offset, in->rng);
    }
    return kind->inside(s->state, in);
}

static enum inside_next fuzz_inside(void *state, struct inside *in)
{
    struct fuzz *s = state;
    const struct fault_type *kinds[KINDS_MAX];
    size_t count = list_kinds(kinds);
    enum inside_next most = INSIDE_RUN;

    for (uint64_t i = 0; i < s->moves && count > 0; i++) {
        enum inside_next next = one(s, in, kinds[rng_below(in->rng, count)]);

        most = next > most ? next : most;
    }
    if (s->deaf && rng_chance(in->rng, 1, 16) && most == INSIDE_RUN) {
        most = INSIDE_SKIP;
    }
    return most;
}

const struct fault_type fault_fuzz = {
    .name = "fuzz",
    .doc = "a domain does any of the others, as chance has it",
    .state_size = sizeof(struct fuzz),
    .params = params,
    .needs_pd = true,
    .inside = fuzz_inside,
};
