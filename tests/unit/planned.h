/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_PLANNED_H
#define TESTS_UNIT_PLANNED_H
/*
 * A plan as the product makes it from a scenario text, for rooms that carry plans out. Mapped,
 * every region is a heap block of exactly its size that all its domains share, so that a sanitizer
 * sees a step beyond its end; the addresses in the plan are changed to those blocks, those in
 * configuration blobs are not.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/diag.h"
#include "sim/class/class.h"
#include "sim/model/plan.h"
#include "sim/system.h"

struct planned {
    struct arena arena;
    struct diag diag;
    struct scenario *scenario; /* NULL if it could not be read */
    struct plan *plan;         /* NULL if it could not be planned */
    uint8_t **memory;          /* by region, once mapped */
};

static inline void planned_class_build(struct plan *p, uint32_t instance)
{
    const struct class_type *type = p->scenario->instances[instance].class_type->view.type;

    type->build(p, instance);
}

/* True if there is a plan; complaints are in p->diag in any case. `build`: who wires a class. */
static inline bool planned_make_by(struct planned *p, const char *text,
                                   void (*build)(struct plan *, uint32_t instance))
{
    *p = (struct planned){0};
    p->diag.arena = &p->arena;
    p->scenario = scenario_parse_text("test.json", text, strlen(text), NULL, 0, system_types(),
                                      &p->arena, &p->diag);
    if (p->scenario != NULL) {
        p->plan = plan_make(p->scenario, build, system_image_dir(&p->arena), &p->arena, &p->diag);
    }
    return p->plan != NULL;
}

static inline bool planned_make(struct planned *p, const char *text)
{
    return planned_make_by(p, text, planned_class_build);
}

/* For tests, which fail with the complaints if there are any: after cmocka.h. */
#define planned_must(p, text)                      \
    do {                                           \
        if (!planned_make(p, text)) {              \
            fail_msg("%s", planned_complaints(p)); \
        }                                          \
    } while (0)

static inline uint64_t planned_moved(const struct planned *p, uint32_t pd, uint64_t vaddr)
{
    for (uint32_t i = 0; i < p->plan->map_count; i++) {
        const struct plan_map *map = &p->plan->maps[i];

        if (map->pd == pd && vaddr - map->vaddr < p->plan->regions[map->region].bytes) {
            return (uint64_t)(uintptr_t)(p->memory[map->region] + (vaddr - map->vaddr));
        }
    }
    return vaddr;
}

/* How much of a region is used: the rest of its last page is not given. */
static inline uint64_t planned_bytes(const struct plan *plan, uint32_t region)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < plan->queue_count; i++) {
        const struct queue_shape *q = &plan->queues[i];
        uint64_t end = q->offset + q->slots_offset + (uint64_t)q->capacity * q->slot_bytes;

        bytes = q->region == region && end > bytes ? end : bytes;
    }
    for (uint32_t i = 0; i < plan->pool_count; i++) {
        if (plan->pools[i].tags == region) {
            bytes =
                plan->pools[i].tags_offset + (plan->pools[i].buffer_count + 1ull) * PLAN_TAG_BYTES;
        }
    }
    return bytes != 0 ? bytes : plan->regions[region].bytes;
}

static inline void planned_map(struct planned *p)
{
    struct plan *plan = p->plan;

    p->memory = arena_array(&p->arena, plan->region_count, sizeof *p->memory);
    for (uint32_t i = 0; i < plan->region_count; i++) {
        uint64_t bytes = planned_bytes(plan, i);

        p->memory[i] = aligned_alloc(64, (bytes + 63) & ~63ull);
        memset(p->memory[i], 0, bytes);
    }
    for (uint32_t i = 0; i < plan->queue_count; i++) {
        struct queue_shape *q = &plan->queues[i];

        q->producer_vaddr = planned_moved(p, q->producer, q->producer_vaddr);
        q->consumer_vaddr = planned_moved(p, q->consumer, q->consumer_vaddr);
    }
    for (uint32_t i = 0; i < plan->pd_count; i++) {
        plan->pds[i].page_vaddr = planned_moved(p, i, plan->pds[i].page_vaddr);
    }
    for (uint32_t i = 0; i < plan->channel_count; i++) {
        for (int k = 0; k < 2; k++) {
            struct plan_end *end = &plan->channels[i].end[k];

            end->vaddr = end->pd == PLAN_NONE ? 0 : planned_moved(p, end->pd, end->vaddr);
        }
    }
    for (uint32_t i = 0; i < plan->device_count; i++) {
        struct plan_device *d = &plan->devices[i];

        d->mmio_driver_vaddr = planned_moved(p, d->driver, d->mmio_driver_vaddr);
        d->mmio_device_vaddr = planned_moved(p, d->pd, d->mmio_device_vaddr);
    }
    for (uint32_t i = 0; i < plan->window_count; i++) {
        struct plan_window *w = &plan->windows[i];

        w->vaddr = planned_moved(p, plan->devices[w->device].pd, w->vaddr);
    }
    for (uint32_t i = 0; i < plan->capture_count; i++) {
        plan->captures[i].vaddr = planned_moved(p, plan->captures[i].pd, plan->captures[i].vaddr);
    }
    for (uint32_t i = 0; i < plan->map_count; i++) { /* last: the others are found by it */
        plan->maps[i].vaddr = (uint64_t)(uintptr_t)p->memory[plan->maps[i].region];
    }
}

static inline void planned_finish(struct planned *p)
{
    for (uint32_t i = 0; p->memory != NULL && i < p->plan->region_count; i++) {
        free(p->memory[i]);
    }
    arena_finish(&p->arena);
    *p = (struct planned){0};
}

static inline uint32_t planned_pd(const struct planned *p, const char *name)
{
    return plan_find_pd(p->plan, name);
}

static inline uint32_t planned_queue(const struct planned *p, const char *name)
{
    for (uint32_t i = 0; i < p->plan->queue_count; i++) {
        if (strcmp(p->plan->queues[i].name, name) == 0) {
            return i;
        }
    }
    return PLAN_NONE;
}

static inline uint32_t planned_pool(const struct planned *p, const char *name)
{
    for (uint32_t i = 0; i < p->plan->pool_count; i++) {
        if (strcmp(p->plan->pools[i].name, name) == 0) {
            return i;
        }
    }
    return PLAN_NONE;
}

static inline uint32_t planned_region(const struct planned *p, const char *name)
{
    for (uint32_t i = 0; i < p->plan->region_count; i++) {
        if (strcmp(p->plan->regions[i].name, name) == 0) {
            return i;
        }
    }
    return PLAN_NONE;
}

/* The text of the complaints, one a line, in a static buffer. */
static inline const char *planned_complaints(const struct planned *p)
{
    static char text[16384];
    FILE *to = fmemopen(text, sizeof text, "w");

    diag_print(&p->diag, to);
    fclose(to);
    return text;
}
#endif
