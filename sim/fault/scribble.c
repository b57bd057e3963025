/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain that writes anything anywhere it may: random words at random places of the regions that
 * the plan lets it write, which are queues, buffers, rings and bookkeeping. Those that only the
 * runtime has, which no real system does, are left alone. Half of the words that go to a region
 * with queues go to their indices and flags, as a queue is mostly slots.
 *
 * FAULT_ACTED: a is the plan region written last, b how many words.
 */
#include <string.h>

#include "sim/fault/queues.h"

struct scribble {
    const char *region;
    uint64_t words;
};

static const struct param params[] = {
    PARAM_TEXT_OPTIONAL(struct scribble, region, NULL,
                        "a region it may write, by its name; all of them if left out"),
    PARAM_UINT(struct scribble, words, 64, 1, 1024, "how many words, each time"),
    PARAM_END,
};

static bool is_of_system(enum plan_region_kind kind)
{
    return kind == REGION_QUEUES || kind == REGION_BUFFERS || kind == REGION_RING ||
           kind == REGION_METADATA;
}

static bool may_scribble(const struct scribble *s, const struct plan *plan, uint32_t pd,
                         const struct plan_map *map)
{
    const struct plan_region *region = &plan->regions[map->region];

    return map->pd == pd && (map->rights & RIGHT_WRITE) != 0 && is_of_system(region->kind) &&
           (s->region == NULL || strcmp(s->region, region->name) == 0);
}

/* The nth map it may write to, NULL if there are no more. */
static const struct plan_map *nth_map(const struct scribble *s, const struct plan *plan,
                                      uint32_t pd, uint64_t n)
{
    for (uint32_t i = 0; i < plan->map_count; i++) {
        if (may_scribble(s, plan, pd, &plan->maps[i]) && n-- == 0) {
            return &plan->maps[i];
        }
    }
    return NULL;
}

static uint64_t count_maps(const struct scribble *s, const struct plan *plan, uint32_t pd)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < plan->map_count; i++) {
        count += may_scribble(s, plan, pd, &plan->maps[i]);
    }
    return count;
}

static bool scribble_check(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                           struct diag_place place)
{
    const struct scribble *s = state;

    if (count_maps(s, plan, pd) != 0) {
        return true;
    }
    if (s->region != NULL) {
        diag_error(diag, place, "region: %s has no region \"%s\" that it may write",
                   plan->pds[pd].name, s->region);
    } else {
        diag_error(diag, place, "pd: %s may write to nothing", plan->pds[pd].name);
    }
    return false;
}

/* A place in the head of a queue that lies in this region; false if there is none. */
static bool in_queue_head(struct inside *in, uint32_t region, uint64_t *offset)
{
    uint32_t first = (uint32_t)rng_below(in->rng, in->plan->queue_count + 1);

    for (uint32_t i = 0; i < in->plan->queue_count; i++) {
        const struct queue_shape *q = &in->plan->queues[(first + i) % in->plan->queue_count];

        if (q->region == region && q->slots_offset != 0) {
            *offset = q->offset + rng_below(in->rng, q->slots_offset);
            return true;
        }
    }
    return false;
}

static void write_word(struct inside *in, const struct plan_map *map)
{
    uint64_t bytes = 1u << rng_below(in->rng, 4), value = rng_u64(in->rng);
    uint64_t offset = rng_below(in->rng, in->plan->regions[map->region].bytes);

    if (in->plan->regions[map->region].kind == REGION_QUEUES && rng_chance(in->rng, 1, 2)) {
        (void)in_queue_head(in, map->region, &offset);
    }
    uint8_t *at = (uint8_t *)(uintptr_t)(map->vaddr + (offset & ~(bytes - 1)));

    word_write(at, (uint32_t)bytes, value);
}

static enum inside_next scribble_inside(void *state, struct inside *in)
{
    const struct scribble *s = state;
    uint64_t maps = count_maps(s, in->plan, in->pd);
    const struct plan_map *map = NULL;

    for (uint64_t i = 0; i < s->words && maps > 0; i++) {
        map = nth_map(s, in->plan, in->pd, rng_below(in->rng, maps));
        write_word(in, map);
    }
    if (map != NULL) {
        inside_did(in, map->region, s->words);
    }
    return INSIDE_RUN;
}

const struct fault_type fault_scribble = {
    .name = "scribble",
    .doc = "a domain writes random words all over what it may write",
    .state_size = sizeof(struct scribble),
    .params = params,
    .needs_pd = true,
    .composes = true,
    .check = scribble_check,
    .inside = scribble_inside,
};
