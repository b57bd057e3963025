/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a domain finds the tags of a pool, and how frames come to lie over each other. */
#include "sim/observe/tags.h"

/*
 * What is no longer than the new frame is gone. With more layers than there is room for, the last
 * two become one; of two owners, nothing is said any more.
 */
void tag_cover(struct frame_tag *t, uint32_t end, uint32_t owner, uint64_t number)
{
    struct tag_layer older[TAG_LAYERS];
    unsigned count = 0;

    for (unsigned i = 0; i < TAG_LAYERS && t->layers[i].end != 0; i++) {
        if (t->layers[i].end > end) {
            older[count++] = t->layers[i];
        }
    }
    t->layers[0] = (struct tag_layer){
        .end = (uint16_t)end, .owner = (uint16_t)owner, .number = (uint32_t)number};
    if (count == TAG_LAYERS) {
        older[count - 2].end = older[count - 1].end;
        older[count - 2].owner =
            older[count - 2].owner == older[count - 1].owner ? older[count - 2].owner : BYTES_ALL;
        count--;
    }
    for (unsigned i = 1; i < TAG_LAYERS; i++) {
        t->layers[i] = i <= count ? older[i - 1] : (struct tag_layer){0};
    }
}

bool tags_wanted(const struct plan *plan)
{
    return plan_checks(plan, "integrity") || plan_checks(plan, "confidentiality");
}

struct frame_tag *tags_find(const struct plan *plan, uint32_t pd, uint32_t pool)
{
    const struct plan_pool *p = &plan->pools[pool];
    const struct plan_map *map =
        p->tags == PLAN_NONE || !tags_wanted(plan) ? NULL : plan_find_map(plan, pd, p->tags);

    return map == NULL ? NULL : (struct frame_tag *)(uintptr_t)(map->vaddr + p->tags_offset);
}

uint32_t tags_origin(const struct plan *plan, uint32_t pool)
{
    for (uint32_t i = 0; i < plan->queue_count; i++) {
        const struct queue_shape *q = &plan->queues[i];

        if (q->carries_frames && plan->pds[q->producer].endpoint && queue_names_pool(q, pool)) {
            return q->producer;
        }
    }
    return PLAN_NONE;
}
