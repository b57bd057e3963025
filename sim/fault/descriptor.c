/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain that publishes descriptors no honest one would: of a place that is no buffer, or
 * somebody else's, or one it never had; of a length no frame has; of a pool that is none. Or it
 * changes one that it has published and that nobody has taken yet, perhaps after it was checked.
 *
 * What a descriptor names is looked up by its reader, who adds it to an address of its own. So
 * another's memory is named by the distance to it, in the space the reader uses: that of the
 * device where the pool is one a device sees, else the reader's own.
 *
 * FAULT_ACTED: a is the plan queue, b the name in the descriptor.
 */
#include "sim/fault/queues.h"

enum what {
    WHAT_MISALIGNED,
    WHAT_BEYOND,
    WHAT_ANOTHER,
    WHAT_UNHELD,
    WHAT_LENGTH,
    WHAT_POOL,
    WHAT_RANDOM
};
enum where { WHERE_NEW, WHERE_PUBLISHED };

static const char *const what_names[] = {"misaligned", "beyond", "another", "unheld",
                                         "length",     "pool",   "random",  NULL};
static const char *const where_names[] = {"new", "published", NULL};

struct forgery {
    struct queue_aim aim;
    uint64_t what, where, offset, length, pool, times;
    bool ring;
};

static const struct param params[] = {
    PARAM_QUEUE(struct forgery, "a queue it fills"),
    PARAM_ENUM(struct forgery, what, WHAT_BEYOND, what_names,
               "misaligned: `offset` bytes into a buffer; beyond: `offset` buffers after the last; "
               "another: memory that is somebody else's; unheld: any buffer of the pool, held or "
               "not; length: of `length` bytes; pool: of pool number `pool`; random: all of it"),
    PARAM_ENUM(struct forgery, where, WHERE_NEW, where_names,
               "a new entry, or those published and not yet taken"),
    PARAM_UINT(struct forgery, offset, 1, 1, 65535, "see misaligned and beyond"),
    PARAM_UINT(struct forgery, length, 0, 0, 65535, "the length it claims"),
    PARAM_UINT(struct forgery, pool, 63, 0, 63, "the pool it claims"),
    PARAM_UINT(struct forgery, times, 1, 1, 1024, "how many new entries, each time"),
    PARAM_BOOL(struct forgery, ring, true, "signal the other end afterwards"),
    PARAM_END,
};

static const struct queue_choice choice = {.side = SIDE_FILLS, .doing = "forges"};

static bool descriptor_check(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                             struct diag_place place)
{
    const struct forgery *s = state;

    return queues_check(&s->aim, &choice, plan, pd, diag, place);
}

/* -- another's memory -- */

/* From the first byte of `from` to that of `to`, in the space in which `reader` finds them. */
static bool distance(const struct plan *plan, uint32_t reader, const struct plan_pool *from,
                     const struct plan_pool *to, uint64_t *bytes)
{
    const struct plan_map *near = plan_find_map(plan, reader, from->region);
    const struct plan_map *far = plan_find_map(plan, reader, to->region);

    if (from->io_addr != 0 && to->io_addr != 0) {
        *bytes = to->io_addr - from->io_addr;
        return true;
    }
    if (near == NULL || far == NULL) {
        return false;
    }
    *bytes = far->vaddr - near->vaddr;
    return true;
}

/* One of the pools that are not this queue's and that its reader can be led to; false if none. */
static bool name_another(struct inside *in, const struct queue_view *q, struct descriptor *d)
{
    const struct plan *plan = in->plan;
    const struct queue_shape *s = q->shape;
    uint32_t first = (uint32_t)rng_below(in->rng, plan->pool_count);

    for (uint32_t i = 0; i < plan->pool_count && s->pool_count > 0; i++) {
        uint32_t to = (first + i) % plan->pool_count;
        const struct plan_pool *pool = &plan->pools[to];
        uint64_t within = rng_below(in->rng, pool->buffer_count) * pool->buffer_bytes, bytes;

        if (queue_names_pool(s, to) ||
            !distance(plan, s->producer == in->pd ? s->consumer : s->producer,
                      &plan->pools[s->pools[0]], pool, &bytes)) {
            continue;
        }
        d->name = queue_pool_base(in, q, s->pools[0]) + bytes + within;
        d->pool = 0;
        return true;
    }
    return false;
}

/* -- forging -- */

static bool name_unheld(struct inside *in, const struct queue_view *q, struct descriptor *d)
{
    if (q->shape->pool_count == 0) {
        return false;
    }
    d->pool = (uint32_t)rng_below(in->rng, q->shape->pool_count);
    uint32_t index = q->shape->pools[d->pool];
    const struct plan_pool *pool = &in->plan->pools[index];

    d->name =
        queue_pool_base(in, q, index) + rng_below(in->rng, pool->buffer_count) * pool->buffer_bytes;
    return true;
}

static bool name_beyond(const struct forgery *s, const struct inside *in,
                        const struct queue_view *q, struct descriptor *d)
{
    uint32_t index = queue_pool(in, q, *d);

    index = index == PLAN_NONE && q->shape->pool_count > 0 ? q->shape->pools[0] : index;
    if (index == PLAN_NONE) {
        return false;
    }
    const struct plan_pool *pool = &in->plan->pools[index];

    d->name =
        queue_pool_base(in, q, index) + (pool->buffer_count + s->offset - 1) * pool->buffer_bytes;
    return true;
}

/* False if this queue gives no way to. */
static bool forge(const struct forgery *s, struct inside *in, const struct queue_view *q,
                  struct descriptor *d)
{
    switch ((enum what)s->what) {
    case WHAT_MISALIGNED:
        d->name += s->offset;
        return true;
    case WHAT_BEYOND:
        return name_beyond(s, in, q, d);
    case WHAT_ANOTHER:
        return name_another(in, q, d);
    case WHAT_UNHELD:
        return name_unheld(in, q, d);
    case WHAT_LENGTH:
        d->len = (uint32_t)s->length;
        return true;
    case WHAT_POOL:
        d->pool = (uint32_t)s->pool;
        return true;
    default:
        d->name = rng_u64(in->rng);
        d->len = (uint32_t)rng_u64(in->rng);
        d->pool = (uint32_t)rng_u64(in->rng);
        return true;
    }
}

/*
 * What a new entry would say if it were honest: a buffer taken from the queue by which they come
 * back, else the last one published. Frames have a length.
 */
static struct descriptor template_of(const struct inside *in, const struct queue_view *q)
{
    struct descriptor d;
    struct queue_view partner;

    if (!queue_open(&partner, in, q->shape->partner) || partner.shape->consumer != in->pd ||
        !queue_take(&partner, &d)) {
        d = queue_slot(q, queue_tail(q) - 1);
    }
    d.len = q->shape->carries_frames && d.len == 0 ? 60 : d.len;
    return d;
}

static uint64_t forge_new(const struct forgery *s, struct inside *in, const struct queue_view *q,
                          uint64_t *name)
{
    uint64_t done = 0;

    while (done < s->times && queue_length(q) < q->shape->capacity) {
        struct descriptor d = template_of(in, q);

        if (!forge(s, in, q, &d) || !queue_put(q, d)) {
            break;
        }
        *name = d.name;
        done++;
    }
    return done;
}

/* If all was taken, one that is honest is published first. */
static uint64_t forge_published(const struct forgery *s, struct inside *in,
                                const struct queue_view *q, uint64_t *name)
{
    if (queue_length(q) == 0) {
        (void)queue_put(q, template_of(in, q));
    }
    uint32_t tail = queue_tail(q), length = queue_length(q);
    uint64_t done = 0;

    for (uint32_t age = 1; age <= length && length <= q->shape->capacity; age++) {
        struct descriptor d = queue_slot(q, tail - age);

        if (forge(s, in, q, &d)) {
            queue_set_slot(q, tail - age, d);
            *name = d.name;
            done++;
        }
    }
    return done;
}

static void forge_in(const void *state, struct inside *in, const struct queue_view *q)
{
    const struct forgery *s = state;
    uint64_t name = 0;

    if ((s->where == WHERE_NEW ? forge_new(s, in, q, &name) : forge_published(s, in, q, &name)) !=
        0) {
        queue_did(in, q, name, s->ring);
    }
}

static enum inside_next descriptor_inside(void *state, struct inside *in)
{
    struct forgery *s = state;

    return queues_each(&s->aim, &choice, in, forge_in, s);
}

const struct fault_type fault_descriptor = {
    .name = "descriptor",
    .doc = "a domain publishes descriptors of what it does not have, or of lengths no frame has",
    .state_size = sizeof(struct forgery),
    .params = params,
    .needs_pd = true,
    .composes = true,
    .check = descriptor_check,
    .inside = descriptor_inside,
};
