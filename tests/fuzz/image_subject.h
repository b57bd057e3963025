/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FUZZ_IMAGE_SUBJECT_H
#define TESTS_FUZZ_IMAGE_SUBJECT_H
/*
 * The domains that fuzz_image.c fuzzes: taken from the plan of a scenario, each with an image of
 * its own that has its configuration from there, and with memory mapped where the plan has it, with
 * the rights the plan gives. Those around it write to the same memory elsewhere, with all rights.
 */
#include <sys/stat.h>

#include <sddf/hw/device.h>

#include "tests/fuzz/image_loaded.h"
#include "tests/unit/planned.h"

#define SUBJECTS_MAX 64
#define EXTENTS_MAX  64
#define QUEUES_MAX   64

/* Memory of a subject that it may use, as it sees it and as we do. */
struct extent {
    uint64_t vaddr, bytes;
    uint8_t *ours;
    unsigned rights;
    bool shared; /* others may write here */
};

struct subject {
    const struct plan *plan;
    uint32_t pd;
    struct loaded loaded;
    struct extent extents[EXTENTS_MAX];
    uint32_t queues[QUEUES_MAX]; /* whose ends it is one of */
    sddf_channel channels[PLAN_CHANNELS_MAX];
    size_t extent_count, queue_count, channel_count;
    uint64_t callers;                 /* bit i: by channel i it may be called */
    uint64_t known;                   /* bit i: it has channel i */
    uint64_t timers;                  /* bit i: channel i is to the timer */
    const struct plan_device *device; /* whose driver it is; NULL: none's */
    const struct device_type *type;
    uint8_t **memory; /* by region: ours, NULL for what neither it nor its device has */
    void *state;      /* the device's */
};

static struct planned subject_world;
static struct subject subjects[SUBJECTS_MAX];
static size_t subject_count;

/* -- its memory -- */

static bool region_is_used(const struct plan *plan, uint32_t region)
{
    enum plan_region_kind kind = plan->regions[region].kind;

    return kind == REGION_QUEUES || kind == REGION_BUFFERS || kind == REGION_RING ||
           kind == REGION_METADATA;
}

/* May anybody write there but that domain? */
static bool region_is_shared(const struct plan *plan, uint32_t region, uint32_t pd)
{
    for (uint32_t i = 0; i < plan->map_count; i++) {
        const struct plan_map *map = &plan->maps[i];

        if (map->region == region && map->pd != pd && (map->rights & RIGHT_WRITE) != 0) {
            return true;
        }
    }
    return false;
}

static void add_extent(struct subject *s, uint64_t vaddr, uint64_t bytes, uint8_t *ours,
                       unsigned rights, bool shared)
{
    assert(s->extent_count < EXTENTS_MAX);
    s->extents[s->extent_count++] = (struct extent){vaddr, bytes, ours, rights, shared};
}

/* Of a region only what the plan has a use for: the rest of its last page is out of bounds. */
static void add_extents(struct subject *s, const struct plan_map *map)
{
    const struct plan *plan = s->plan;
    bool shared = region_is_shared(plan, map->region, s->pd);
    uint8_t *ours = s->memory[map->region];
    uint64_t bytes = plan->regions[map->region].bytes;

    if (plan->regions[map->region].kind == REGION_QUEUES) {
        for (uint32_t i = 0; i < plan->queue_count; i++) {
            const struct queue_shape *q = &plan->queues[i];

            if (q->region == map->region) {
                add_extent(s, map->vaddr + q->offset,
                           q->slots_offset + (uint64_t)q->capacity * q->slot_bytes,
                           ours + q->offset, map->rights, shared);
            }
        }
        return;
    }
    for (uint32_t i = 0; i < plan->pool_count; i++) {
        if (plan->pools[i].region == map->region) {
            bytes = (uint64_t)plan->pools[i].buffer_bytes * plan->pools[i].buffer_count;
        }
    }
    add_extent(s, map->vaddr, bytes, ours, map->rights, shared);
}

static uint8_t *map_ours(int fd, uint64_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (at == MAP_FAILED) {
        fuzz_fail("mmap", "our view");
    }
    return at;
}

static void map_region(struct subject *s, const struct plan_map *map)
{
    uint64_t bytes = s->plan->regions[map->region].bytes;
    int fd = memfd_create(s->plan->regions[map->region].name, MFD_CLOEXEC);
    int protection =
        (map->rights & RIGHT_READ ? PROT_READ : 0) | (map->rights & RIGHT_WRITE ? PROT_WRITE : 0);

    void *wanted = (void *)(uintptr_t)map->vaddr, *got = MAP_FAILED;

    if (fd >= 0 && ftruncate(fd, (off_t)bytes) == 0) {
        got = mmap(wanted, bytes, protection, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
    }
    if (got != wanted) {
        fuzz_fail("mmap", s->plan->regions[map->region].name);
    }
    s->memory[map->region] = map_ours(fd, bytes);
    close(fd);
    add_extents(s, map);
}

static void map_memory(struct subject *s)
{
    const struct plan *plan = s->plan;

    s->memory = calloc(plan->region_count, sizeof *s->memory);
    for (uint32_t i = 0; i < plan->map_count; i++) {
        if (plan->maps[i].pd == s->pd && region_is_used(plan, plan->maps[i].region)) {
            map_region(s, &plan->maps[i]);
        }
    }
    for (uint32_t i = 0; s->device != NULL && i < plan->window_count; i++) {
        const struct plan_window *w = &plan->windows[i];

        if (&plan->devices[w->device] == s->device && s->memory[w->region] == NULL) {
            s->memory[w->region] = calloc(1, plan->regions[w->region].bytes);
        }
    }
}

/* Registers that a driver uses by volatile pointers are memory of nobody else. */
static void map_registers(struct subject *s)
{
    for (uint32_t i = 0; i < s->device->registers_count; i++) {
        void *at = (void *)(uintptr_t)s->device->registers[i].vaddr;
        void *got = mmap(at, s->device->registers[i].bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

        if (got != at) {
            fuzz_fail("mmap", "registers");
        }
    }
}

/* -- as it was in the beginning -- */

static void subject_reset(struct subject *s)
{
    image_restore(&s->loaded);
    for (uint32_t i = 0; i < s->plan->region_count; i++) {
        if (s->memory[i] != NULL) {
            memset(s->memory[i], 0, s->plan->regions[i].bytes);
        }
    }
}

/* -- which -- */

static void note_channels(struct subject *s)
{
    for (uint32_t i = 0; i < s->plan->channel_count; i++) {
        const struct plan_channel *c = &s->plan->channels[i];

        for (int k = 0; k < 2; k++) {
            if (c->end[k].pd == s->pd) {
                uint64_t bit = UINT64_C(1) << c->end[k].id;

                s->channels[s->channel_count++] = c->end[k].id;
                s->known |= bit;
                s->timers |= c->kind == CHANNEL_TIMER ? bit : 0;
                s->callers |= c->end[1 - k].may_call ? bit : 0;
            }
        }
    }
}

static void subject_add(const struct plan *plan, uint32_t pd, const char *folder)
{
    struct subject *s = &subjects[subject_count++];

    assert(subject_count <= SUBJECTS_MAX);
    *s = (struct subject){.plan = plan, .pd = pd};
    for (uint32_t i = 0; i < plan->device_count; i++) {
        if (plan->devices[i].driver == pd) {
            s->device = &plan->devices[i];
            s->type = s->device->asked->type->type;
            s->state = calloc(1, s->type->state_size);
            map_registers(s);
        }
    }
    for (uint32_t i = 0; i < plan->queue_count; i++) {
        if (plan->queues[i].producer == pd || plan->queues[i].consumer == pd) {
            assert(s->queue_count < QUEUES_MAX);
            s->queues[s->queue_count++] = i;
        }
    }
    note_channels(s);
    map_memory(s);
    image_begin(&s->loaded, &plan->pds[pd], folder);
}

static uint32_t maps_of(const struct plan *plan, uint32_t pd)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < plan->map_count; i++) {
        count += plan->maps[i].pd == pd && region_is_used(plan, plan->maps[i].region);
    }
    return count;
}

/* The same image in a place of the same kind. */
static bool subject_like(const struct plan *plan, uint32_t pd)
{
    for (size_t i = 0; i < subject_count; i++) {
        if (strcmp(plan->pds[subjects[i].pd].image_file, plan->pds[pd].image_file) == 0 &&
            maps_of(plan, subjects[i].pd) == maps_of(plan, pd)) {
            return true;
        }
    }
    return false;
}

/* All that the scenario has, each kind once; or, with $FUZZ_IMAGE, those whose image's file has
 * that in its name. */
static void subjects_make(const char *text)
{
    const char *only = getenv("FUZZ_IMAGE");
    char folder[PATH_MAX];

    if (!planned_make(&subject_world, text)) {
        fputs(planned_complaints(&subject_world), stderr);
        exit(1);
    }
    const struct plan *plan = subject_world.plan;

    snprintf(folder, sizeof folder, "%s/subjects", plan->image_dir);
    if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
        fuzz_fail("mkdir", folder);
    }
    for (uint32_t i = 0; i < plan->pd_count; i++) {
        if (plan->pds[i].kind == PD_IMAGE && !subject_like(plan, i) &&
            (only == NULL || strstr(plan->pds[i].image_file, only) != NULL)) {
            subject_add(plan, i, folder);
        }
    }
    if (subject_count == 0) {
        fputs("no such image\n", stderr);
        exit(1);
    }
}
#endif
