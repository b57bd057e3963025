/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For each region that is not coherent its lines, and a stream of chance. Chance has its moments:
 * each line of a buffer may leave its cache when the device has touched the buffer, and when a
 * domain is seen to have put the buffer into a queue; never in between, so that a seed says it all.
 *
 * Frames that a device has received are followed from the queue its driver fills, as far as whoever
 * takes them from there: it must have invalidated a frame before it hands it on, or gives it back
 * as if it had been looked at.
 */
#include "sim/exec/caches.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "sim/hw/lines.h"
#include "sim/observe/moves.h"

#define NOTES_MAX        64u
#define HEADER_BYTES_MIN 14u /* a frame shorter than its header may go back unlooked at */

/* A region, and the pool of buffers in it. */
struct cached {
    struct caches *all;
    struct lines lines;
    struct rng rng;
    uint32_t region, pool;
    uint64_t buffer_bytes;
    void *private;
    size_t private_bytes;
    uint16_t *frames; /* by buffer: how long the frame is that came from the device, and nobody has
                         handed on yet; 0: there is none */
};

/* What a queue is to those who follow frames. */
enum stage {
    STAGE_OTHER,
    STAGE_RECEIVED,  /* the driver puts in what the device has received */
    STAGE_HANDED_ON, /* whoever takes it from there gives it to others */
    STAGE_GIVEN_BACK /* ... and gives the buffer back */
};

struct followed {
    uint32_t queue;
    uint32_t tail; /* as it was seen last */
    enum stage stage;
};

struct caches {
    const struct world *world;
    struct cached **of_region;    /* by plan region; NULL: coherent */
    struct cached **of_pool;      /* by plan pool */
    const struct plan_map **maps; /* of what is not coherent */
    uint32_t map_count;
    struct followed *followed; /* by producer, in the plan's order */
    uint32_t *first;           /* by domain: the first of its queues; one more at the end */
    struct probe notes[NOTES_MAX];
    uint32_t note_count;
    uint64_t lost; /* notes beyond that */
    uint64_t now_ns;
    uint32_t actor; /* whose doing it is: a device's domain, or who operates; PLAN_NONE: chance */
};

/* -- noting -- */

static bool is_same(const struct probe *a, const struct probe *b)
{
    return a->kind == b->kind && a->pd == b->pd && a->object == b->object && a->b == b->b;
}

static void note(struct caches *c, const struct probe *p)
{
    for (uint32_t i = 0; i < c->note_count; i++) {
        if (is_same(&c->notes[i], p)) {
            c->notes[i].count++;
            return;
        }
    }
    if (c->note_count == NOTES_MAX) {
        c->lost++;
        return;
    }
    c->notes[c->note_count] = *p;
    c->notes[c->note_count].time_ns = c->now_ns;
    c->notes[c->note_count].told = TOLD_BY_WORLD;
    c->notes[c->note_count++].count = 1;
}

static void on_harm(void *context, enum line_harm harm, uint64_t offset)
{
    static const enum stale_read stale[] = {[LINE_STALE] = STALE_UNCLEANED,
                                            [LINE_REWRITTEN] = STALE_REWRITTEN,
                                            [LINE_LUCKY] = STALE_LUCKY};
    const struct cached *r = context;
    bool lost = harm == LINE_LOST;

    note(r->all, &(struct probe){.kind = lost ? PROBE_LINE_LOST : PROBE_STALE_READ,
                                 .pd = r->all->actor,
                                 .object = r->pool,
                                 .a = offset,
                                 .b = lost ? 0 : stale[harm]});
}

/* -- chance -- */

static void chance(struct cached *r, uint64_t offset, uint64_t bytes)
{
    uint64_t ppm = r->all->world->plan->regions[r->region].eviction_ppm;
    uint64_t first = offset & ~(r->buffer_bytes - 1);
    uint64_t end = (offset + bytes + r->buffer_bytes - 1) & ~(r->buffer_bytes - 1);

    r->all->actor = PLAN_NONE;
    lines_evict(&r->lines, first, end - first, &r->rng, ppm);
}

/* -- devices -- */

static void see_to(struct caches *c, uint32_t pd, const struct device_touch *t)
{
    struct cached *r = t->region < c->world->plan->region_count ? c->of_region[t->region] : NULL;

    if (r == NULL || t->offset >= r->lines.bytes || t->bytes > r->lines.bytes - t->offset) {
        return;
    }
    c->actor = pd;
    if (t->write != 0) {
        lines_written_by_device(&r->lines, t->offset, t->bytes);
    } else {
        lines_read_by_device(&r->lines, t->offset, t->bytes);
    }
    chance(r, t->offset, t->bytes);
}

void caches_device(struct caches *c, uint32_t device, uint64_t now_ns)
{
    uint32_t pd = c->world->plan->devices[device].pd;
    struct device_order *o = &c->world->pages[pd]->order;
    uint32_t count = o->touch_count < BATON_TOUCHES_MAX ? o->touch_count : BATON_TOUCHES_MAX;

    c->now_ns = now_ns;
    for (uint32_t i = 0; i < count; i++) {
        const struct device_touch t = o->touches[i];

        see_to(c, pd, &t);
    }
    o->touch_count = 0;
}

/* -- operations -- */

/* The region a domain has at an address of its, and where in it; NULL: none of ours. */
static struct cached *find(const struct caches *c, uint32_t pd, uint64_t vaddr, uint64_t *offset)
{
    for (uint32_t i = 0; i < c->map_count; i++) {
        const struct plan_map *map = c->maps[i];

        if (map->pd == pd && vaddr - map->vaddr < c->world->plan->regions[map->region].bytes) {
            *offset = vaddr - map->vaddr;
            return c->of_region[map->region];
        }
    }
    return NULL;
}

void caches_operate(struct caches *c, uint32_t pd, uint64_t offset, uint64_t bytes, bool invalidate,
                    uint64_t now_ns)
{
    uint64_t at = 0;
    struct cached *r = find(c, pd, PLAN_WINDOW_BASE + pd * PLAN_WINDOW_BYTES + offset, &at);

    if (r == NULL) {
        return;
    }
    c->now_ns = now_ns;
    c->actor = pd;
    if (invalidate) {
        lines_clean_and_invalidate(&r->lines, at, bytes);
    } else {
        lines_clean(&r->lines, at, bytes);
    }
}

/* -- handing on -- */

static void note_unseen(struct cached *r, const struct queue_shape *q, uint64_t offset,
                        uint64_t bytes, enum stage stage)
{
    uint64_t where;

    if (lines_unseen(&r->lines, offset, bytes, &where)) {
        note(r->all, &(struct probe){.kind = PROBE_STALE_FRAME,
                                     .pd = q->producer,
                                     .object = r->pool,
                                     .a = where,
                                     .b = stage == STAGE_GIVEN_BACK});
    }
}

static void follow(struct cached *r, const struct queue_shape *q, enum stage stage, uint32_t buffer,
                   uint16_t length)
{
    uint64_t offset = buffer * r->buffer_bytes;
    uint64_t bytes = length < r->buffer_bytes ? length : r->buffer_bytes;

    switch (stage) {
    case STAGE_RECEIVED:
        r->frames[buffer] = length <= r->buffer_bytes ? length : 0;
        break;
    case STAGE_HANDED_ON:
        note_unseen(r, q, offset, bytes, stage);
        r->frames[buffer] = 0;
        break;
    case STAGE_GIVEN_BACK:
        if (r->frames[buffer] >= HEADER_BYTES_MIN) {
            note_unseen(r, q, offset, HEADER_BYTES_MIN, stage);
        }
        r->frames[buffer] = 0;
        break;
    default:
        break;
    }
    chance(r, offset, r->buffer_bytes);
}

static void look_at_slot(struct caches *c, const struct followed *f, uint32_t index)
{
    const struct plan *plan = c->world->plan;
    const struct queue_shape *q = &plan->queues[f->queue];
    const volatile uint8_t *slot = world_queue(c->world, f->queue) + q->slots_offset +
                                   (uint64_t)(index & (q->capacity - 1)) * q->slot_bytes;
    uint64_t name = *(const volatile uint64_t *)(slot + q->name_offset);
    uint16_t length = *(const volatile uint16_t *)(slot + q->len_offset);
    unsigned id = q->pool_bits == 0 ? 0 : slot[q->pool_offset] & ((1u << q->pool_bits) - 1);
    uint32_t pool, buffer;

    if (moves_resolve(plan, q, name, id, &pool, &buffer) && c->of_pool[pool] != NULL) {
        follow(c->of_pool[pool], q, f->stage, buffer, length);
    }
}

/* What was put in since. Of an index that went further than the queue is long, as only a forger's
 * does, what is there now is looked at. */
static void look_at_queue(struct caches *c, struct followed *f)
{
    const struct queue_shape *q = &c->world->plan->queues[f->queue];
    const uint8_t *base = world_queue(c->world, f->queue);
    uint32_t tail = queue_load_index(base + q->tail_offset, q->index_bytes);
    uint32_t step = (tail - f->tail) & queue_index_mask(q);

    step = step < q->capacity ? step : q->capacity;
    for (uint32_t i = step; i > 0; i--) {
        look_at_slot(c, f, tail - i);
    }
    f->tail = tail;
}

void caches_turn(struct caches *c, uint32_t pd, uint64_t now_ns)
{
    c->now_ns = now_ns;
    for (uint32_t i = c->first[pd]; i < c->first[pd + 1]; i++) {
        look_at_queue(c, &c->followed[i]);
    }
}

/* -- telling -- */

void caches_tell(const struct caches *c, struct probe_bus *bus)
{
    for (uint32_t i = 0; i < c->note_count; i++) {
        probe_emit(bus, &c->notes[i]);
    }
}

/* -- getting ready -- */

/* Is it this domain that takes from a driver what was received into this pool? */
static bool takes_received(const struct plan *plan, uint32_t pd, uint32_t pool)
{
    for (uint32_t i = 0; i < plan->device_count; i++) {
        uint32_t source = plan->devices[i].rx_queue_source;

        if (source != PLAN_NONE && plan->queues[source].consumer == pd &&
            plan->queues[source].pools[0] == pool) {
            return true;
        }
    }
    return false;
}

static enum stage stage_of(const struct plan *plan, uint32_t queue)
{
    const struct queue_shape *q = &plan->queues[queue];

    if (plan_queue_from_device(plan, queue)) {
        return STAGE_RECEIVED;
    }
    if (plan_queue_from_device(plan, q->partner)) {
        return STAGE_GIVEN_BACK;
    }
    return q->carries_frames && takes_received(plan, q->producer, q->pools[0]) ? STAGE_HANDED_ON
                                                                               : STAGE_OTHER;
}

static bool names_cached(const struct caches *c, const struct queue_shape *q)
{
    for (size_t i = 0; i < q->pool_count; i++) {
        if (c->of_pool[q->pools[i]] != NULL) {
            return true;
        }
    }
    return false;
}

static void find_queues(struct caches *c)
{
    const struct plan *plan = c->world->plan;
    uint32_t count = 0;

    c->followed = arena_array(plan->arena, plan->queue_count + 1, sizeof *c->followed);
    c->first = arena_array(plan->arena, plan->pd_count + 1, sizeof *c->first);
    for (uint32_t pd = 0; pd < plan->pd_count; pd++) {
        c->first[pd] = count;
        for (uint32_t i = 0; i < plan->queue_count; i++) {
            if (plan->queues[i].producer == pd && names_cached(c, &plan->queues[i])) {
                c->followed[count++] = (struct followed){.queue = i, .stage = stage_of(plan, i)};
            }
        }
    }
    c->first[plan->pd_count] = count;
}

static void find_maps(struct caches *c)
{
    const struct plan *plan = c->world->plan;

    c->maps = arena_array(plan->arena, plan->map_count, sizeof(void *));
    for (uint32_t i = 0; i < plan->map_count; i++) {
        if (c->of_region[plan->maps[i].region] != NULL) {
            c->maps[c->map_count++] = &plan->maps[i];
        }
    }
}

static uint32_t pool_in(const struct plan *plan, uint32_t region)
{
    for (uint32_t i = 0; i < plan->pool_count; i++) {
        if (plan->pools[i].region == region) {
            return i;
        }
    }
    return PLAN_NONE;
}

/* What lies between the views of a region, where no domain that is started from here finds it. */
static int open_private(struct cached *r, uint64_t bytes, uint64_t line_bytes)
{
    uint64_t marks = lines_count(bytes, line_bytes);
    void *memory =
        mmap(NULL, bytes + marks, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) {
        return -errno;
    }
    r->private = memory;
    r->private_bytes = bytes + marks;
    r->lines.agreed = memory;
    r->lines.marks = (uint8_t *)memory + bytes;
    return madvise(memory, r->private_bytes, MADV_DONTFORK) == 0 ? 0 : -errno;
}

static int open_region(struct caches *c, uint32_t region, uint64_t line_bytes)
{
    const struct plan *plan = c->world->plan;
    const struct plan_region *of = &plan->regions[region];
    uint32_t pool = pool_in(plan, region);
    struct cached *r = arena_alloc(plan->arena, sizeof *r);

    if (pool == PLAN_NONE) {
        return -EINVAL; /* a class makes only buffers incoherent */
    }
    r->all = c;
    r->region = region;
    r->pool = pool;
    r->buffer_bytes = plan->pools[pool].buffer_bytes;
    r->frames = arena_array(plan->arena, plan->pools[pool].buffer_count, sizeof *r->frames);
    r->lines = (struct lines){.cpu = c->world->views[region],
                              .memory = c->world->views[of->memory],
                              .bytes = of->bytes,
                              .line_bytes = line_bytes,
                              .harm = on_harm,
                              .context = r};
    /* Of two buffers in one line nobody could clean one and not the other. */
    if (line_bytes > r->buffer_bytes) {
        r->lines.line_bytes = line_bytes = r->buffer_bytes;
    }
    rng_init(&r->rng, plan->scenario->seed, arena_format(plan->arena, "caches.%s", of->name));
    c->of_region[region] = r;
    c->of_pool[pool] = r;
    return open_private(r, of->bytes, line_bytes);
}

int caches_open(const struct world *w, const struct platform *platform, struct caches **out)
{
    const struct plan *plan = w->plan;
    struct caches *c = NULL;
    int error = 0;

    for (uint32_t i = 0; i < plan->region_count && error == 0; i++) {
        if (!plan->regions[i].incoherent) {
            continue;
        }
        if (c == NULL) {
            c = arena_alloc(plan->arena, sizeof *c);
            c->world = w;
            c->of_region = arena_array(plan->arena, plan->region_count, sizeof(void *));
            c->of_pool = arena_array(plan->arena, plan->pool_count + 1, sizeof(void *));
        }
        error = open_region(c, i, platform->line_bytes);
    }
    if (c != NULL && error == 0) {
        find_maps(c);
        find_queues(c);
    }
    if (error != 0) {
        caches_close(c);
        c = NULL;
    }
    *out = c;
    return error;
}

void caches_close(struct caches *c)
{
    for (uint32_t i = 0; c != NULL && i < c->world->plan->region_count; i++) {
        struct cached *r = c->of_region[i];

        if (r != NULL && r->private != NULL) {
            munmap(r->private, r->private_bytes);
            r->private = NULL;
        }
    }
}
