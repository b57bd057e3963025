/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain that stops for good, as one does that loops in its own code or that its monitor
 * suspends: what it holds stays with it, its memory stays mapped, and whoever waits for it waits.
 * The others have to do without.
 */
#include "sim/fault/fault.h"

static enum inside_next stop_inside(void *state, struct inside *in)
{
    (void)state;
    inside_did(in, in->entries, 0);
    return INSIDE_STOP;
}

const struct fault_type fault_stop = {
    .name = "stop",
    .doc = "a domain never runs again, holding on to what it has",
    .needs_pd = true,
    .inside = stop_inside,
};
