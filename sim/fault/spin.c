/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain that computes and comes to nothing: an attacker's loop, or one over a number a peer
 * made up. It takes what its priority and its budget let it take of its core, and no more; those
 * that are less urgent on the same core have what is left.
 *
 * FAULT_ACTED: a is for how long, in nanoseconds; 0 for ever.
 */
#include "sim/fault/fault.h"

struct spin {
    uint64_t busy;
};

static const struct param params[] = {
    PARAM_TIME(struct spin, busy, 0, 0, 0, "how much it computes each time; 0 ns: for ever"),
    PARAM_END,
};

static bool spin_check(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                       struct diag_place place)
{
    const struct spin *s = state;

    (void)pd;
    if (s->busy == 0 && plan->scenario->stop_after_ns == 0) {
        diag_error(diag, place,
                   "busy: nothing ends this; say for how long it spins, or when the run stops "
                   "(stop.after)");
        return false;
    }
    return true;
}

static enum inside_next spin_inside(void *state, struct inside *in)
{
    const struct spin *s = state;

    inside_did(in, s->busy, 0);
    if (in->burn != NULL) {
        in->burn(in->runtime, s->busy == 0 ? UINT64_MAX : s->busy);
    }
    return INSIDE_RUN;
}

const struct fault_type fault_spin = {
    .name = "spin",
    .doc = "a domain computes and comes to nothing, for ever or for a time",
    .state_size = sizeof(struct spin),
    .params = params,
    .needs_pd = true,
    .composes = true,
    .check = spin_check,
    .inside = spin_inside,
};
