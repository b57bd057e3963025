/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device's access to memory goes astray: to an address that nobody gave it, to another place
 * among those that it was given, only in part, or nowhere. Which is refused is the IOMMU's to say;
 * of the others the device itself learns nothing.
 *
 * FAULT_ACTED, of all that act on a device's memory: a is the IO address, b twice the length, and
 * one more for a write.
 */
#include "sim/fault/fault.h"

enum how { HOW_OUTSIDE, HOW_ELSEWHERE, HOW_SHORT, HOW_ERROR };
enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_BOTH };
enum what { WHAT_DATA, WHAT_DESCRIPTORS, WHAT_BOTH };

static const char *const how_names[] = {"outside", "elsewhere", "short", "error", NULL};
static const char *const access_names[] = {"read", "write", "both", NULL};
static const char *const what_names[] = {"data", "descriptors", "both", NULL};

struct device_dma {
    uint64_t how, access, what;
    const struct plan *plan;
    uint64_t beyond; /* the first IO address behind all windows */
};

static const struct param params[] = {
    PARAM_ENUM(struct device_dma, how, HOW_OUTSIDE, how_names,
               "outside: to an address of nobody's; elsewhere: anywhere in the device's own "
               "windows; short: only a part is moved; error: the bus refuses it"),
    PARAM_ENUM(struct device_dma, access, ACCESS_BOTH, access_names, "which accesses"),
    PARAM_ENUM(struct device_dma, what, WHAT_BOTH, what_names, "of which memory"),
    PARAM_END,
};

static bool device_dma_check(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                             struct diag_place place)
{
    struct device_dma *s = state;

    (void)pd;
    (void)diag;
    (void)place;
    s->plan = plan;
    for (uint32_t i = 0; i < plan->window_count; i++) {
        uint64_t end = plan->windows[i].io_addr + plan->windows[i].bytes;

        s->beyond = end > s->beyond ? end : s->beyond;
    }
    return true;
}

static bool device_dma_is(const void *state, const struct gate_dma *d)
{
    const struct device_dma *s = state;

    return (s->access == ACCESS_BOTH || (s->access == ACCESS_WRITE) == d->write) &&
           (s->what == WHAT_BOTH || (s->what == WHAT_DESCRIPTORS) == d->descriptor);
}

/* Somewhere in a window of the device that has room for it and allows it; as it was if none is. */
static uint64_t elsewhere(const struct plan *plan, const struct gate_dma *d)
{
    enum plan_rights right = d->write ? RIGHT_WRITE : RIGHT_READ;
    uint64_t turn = rng_below(d->rng, plan->window_count);

    for (uint32_t i = 0; i < plan->window_count; i++) {
        const struct plan_window *w = &plan->windows[(turn + i) % plan->window_count];

        if (w->device == d->device && (w->rights & right) != 0 && w->bytes >= d->length) {
            return w->io_addr + rng_below(d->rng, w->bytes - d->length + 1);
        }
    }
    return d->io_addr;
}

static enum verdict stray(void *state, struct gate_dma *d)
{
    const struct device_dma *s = state;

    switch ((enum how)s->how) {
    case HOW_OUTSIDE:
        d->io_addr = s->beyond + rng_below(d->rng, 65536);
        break;
    case HOW_ELSEWHERE:
        d->io_addr = elsewhere(s->plan, d);
        break;
    case HOW_SHORT:
        d->length = rng_below(d->rng, d->length);
        break;
    case HOW_ERROR:
        return VERDICT_DROP;
    }
    return VERDICT_ALTER;
}

/* What is refused stops it, and it says so; of the rest it learns nothing. */
static bool is_refused(const void *state)
{
    const struct device_dma *s = state;

    return s->how == HOW_ERROR || s->how == HOW_OUTSIDE;
}

const struct fault_type fault_device_dma = {
    .name = "device_dma",
    .doc = "a device reads or writes where it should not, or not all of it",
    .state_size = sizeof(struct device_dma),
    .params = params,
    .needs_pd = true,
    .at_device = true,
    .tells = is_refused,
    .check = device_dma_check,
    .dma_is = device_dma_is,
    .dma = stray,
};
