/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain that dies in its own code. What it holds is gone with it, its queues stay as they were,
 * and nobody tells its neighbours.
 *
 * FAULT_ACTED: a is how, as listed below.
 */
#include <stdlib.h>

#include "sim/fault/fault.h"

enum how { HOW_ILLEGAL, HOW_NULL, HOW_ABORT };

static const char *const how_names[] = {"illegal", "null", "abort", NULL};

struct crash {
    uint64_t how;
};

static const struct param params[] = {
    PARAM_ENUM(struct crash, how, HOW_ILLEGAL, how_names,
               "of an illegal instruction, a null pointer, or an assertion of its own"),
    PARAM_END,
};

static enum inside_next crash_inside(void *state, struct inside *in)
{
    const struct crash *s = state;

    inside_did(in, s->how, 0);
    switch ((enum how)s->how) {
    case HOW_NULL:
        if (in->stray != NULL) {
            in->stray(in->runtime, 0, true);
        }
        return INSIDE_STOP;
    case HOW_ABORT:
        abort();
    default:
        __builtin_trap();
    }
}

const struct fault_type fault_crash = {
    .name = "crash",
    .doc = "a domain dies in its own code",
    .state_size = sizeof(struct crash),
    .params = params,
    .needs_pd = true,
    .inside = crash_inside,
};
