/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain that reaches for what it was not given: memory of another domain, its own read-only
 * memory to write to it, a region's first byte beyond the end. The plan says what is not its own.
 * In a process of its own the access is made, and the MMU answers; where domains share an address
 * space it is not made, as it might succeed. Either way the domain dies of it, and the finding is
 * the same.
 *
 * FAULT_ACTED: a is the virtual address, b 1 if it is a write.
 */
#include <string.h>

#include "sim/fault/fault.h"

enum access { ACCESS_READ, ACCESS_WRITE };

static const char *const access_names[] = {"read", "write", NULL};

struct reach {
    const char *region;
    uint64_t access, offset;
};

static const struct param params[] = {
    PARAM_TEXT_OPTIONAL(struct reach, region, NULL,
                        "a region that it may not access so; any if left out"),
    PARAM_ENUM(struct reach, access, ACCESS_READ, access_names, "to read from it, or to write"),
    PARAM_BYTES(struct reach, offset, 0, 0, 0,
                "from the start of the region; its size is the first byte beyond its end"),
    PARAM_END,
};

/* May this domain do that at this address? */
static bool allowed(const struct plan *plan, uint32_t pd, uint64_t vaddr, bool write)
{
    for (uint32_t i = 0; i < plan->map_count; i++) {
        const struct plan_map *map = &plan->maps[i];

        if (map->pd == pd && vaddr >= map->vaddr &&
            vaddr - map->vaddr < plan->regions[map->region].bytes) {
            return (map->rights & (write ? RIGHT_WRITE : RIGHT_READ)) != 0;
        }
    }
    return false;
}

/* The address it reaches for by this map, its own or another's; false if it may do that. */
static bool forbidden(const struct reach *s, const struct plan *plan, uint32_t pd,
                      const struct plan_map *map, uint64_t *vaddr)
{
    const struct plan_region *region = &plan->regions[map->region];

    *vaddr = map->vaddr + s->offset;
    return (s->region == NULL || strcmp(s->region, region->name) == 0) &&
           s->offset <= region->bytes && !allowed(plan, pd, *vaddr, s->access == ACCESS_WRITE);
}

/* Its own view of a region comes first: that is where its code would look. */
static bool find(const struct reach *s, const struct plan *plan, uint32_t pd, struct rng *rng,
                 uint64_t *vaddr)
{
    uint32_t first =
        rng == NULL || s->region != NULL ? 0 : (uint32_t)rng_below(rng, plan->map_count + 1);

    for (int own = s->region != NULL; own >= 0; own--) {
        for (uint32_t i = 0; i < plan->map_count; i++) {
            const struct plan_map *map = &plan->maps[(first + i) % plan->map_count];

            if ((!own || map->pd == pd) && forbidden(s, plan, pd, map, vaddr)) {
                return true;
            }
        }
    }
    return false;
}

static bool stray_check(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                        struct diag_place place)
{
    const struct reach *s = state;
    uint64_t vaddr;

    if (find(s, plan, pd, NULL, &vaddr)) {
        return true;
    }
    if (s->region == NULL) {
        diag_error(diag, place, "offset: no region is as large as that");
    } else {
        diag_error(diag, place, "region: there is no \"%s\" that %s may not %s there", s->region,
                   plan->pds[pd].name, access_names[s->access]);
    }
    return false;
}

static enum inside_next stray_inside(void *state, struct inside *in)
{
    const struct reach *s = state;
    uint64_t vaddr;

    if (in->stray == NULL || !find(s, in->plan, in->pd, in->rng, &vaddr)) {
        return INSIDE_RUN;
    }
    inside_did(in, vaddr, s->access == ACCESS_WRITE);
    in->stray(in->runtime, vaddr, s->access == ACCESS_WRITE);
    return INSIDE_RUN;
}

const struct fault_type fault_stray = {
    .name = "stray",
    .doc = "a domain reads or writes where it may not",
    .state_size = sizeof(struct reach),
    .params = params,
    .needs_pd = true,
    .check = stray_check,
    .inside = stray_inside,
};
