/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Setting up a watch from the plan: which queues and pools concern a domain, who its neighbours
 * are, and naming buffers for those who look from outside. All memory is the caller's, laid out
 * here once.
 */
#include <assert.h>
#include <string.h>

#include "sim/observe/moves_parts.h"

static bool in_pool(const struct plan_pool *pool, uint64_t base, uint64_t name, uint32_t *buffer)
{
    uint64_t offset = name - base;

    if (offset >= (uint64_t)pool->buffer_bytes * pool->buffer_count ||
        offset % pool->buffer_bytes != 0) {
        return false;
    }
    *buffer = (uint32_t)(offset / pool->buffer_bytes);
    return true;
}

bool moves_resolve(const struct plan *plan, const struct queue_shape *shape, uint64_t name,
                   unsigned pool_id, uint32_t *pool, uint32_t *buffer)
{
    if (shape->naming == NAMES_OFFSET) {
        if (pool_id >= shape->pool_count) {
            return false;
        }
        *pool = shape->pools[pool_id];
        return in_pool(&plan->pools[*pool], 0, name, buffer);
    }
    for (size_t i = 0; i < shape->pool_count; i++) {
        *pool = shape->pools[i];
        if (in_pool(&plan->pools[*pool], plan->pools[*pool].io_addr, name, buffer)) {
            return true;
        }
    }
    return false;
}

size_t moves_queue_list(const struct plan *plan, uint32_t pd,
                        uint32_t queues[static MOVES_QUEUES_MAX])
{
    size_t count = 0;

    for (uint32_t i = 0; i < plan->queue_count && count < MOVES_QUEUES_MAX; i++) {
        if (plan->queues[i].producer == pd || plan->queues[i].consumer == pd) {
            queues[count++] = i;
        }
    }
    return count;
}

size_t moves_pool_list(const struct plan *plan, uint32_t pd, uint32_t pools[static MOVES_POOLS_MAX])
{
    size_t count = 0;

    for (uint32_t q = 0; q < plan->queue_count; q++) {
        const struct queue_shape *s = &plan->queues[q];

        if (s->producer != pd && s->consumer != pd) {
            continue;
        }
        for (size_t i = 0; i < s->pool_count; i++) {
            size_t at = 0;

            while (at < count && pools[at] != s->pools[i]) {
                at++;
            }
            if (at == count && count < MOVES_POOLS_MAX) {
                pools[count++] = s->pools[i];
            }
        }
    }
    return count;
}

/* Bytes for the arrays that depend on the plan, in the order moves_init lays them out. */
size_t moves_bytes(const struct plan *plan, uint32_t pd)
{
    uint32_t pools[MOVES_POOLS_MAX];
    size_t count = moves_pool_list(plan, pd, pools);
    size_t buffers = 0;

    for (size_t i = 0; i < count; i++) {
        buffers += plan->pools[pools[i]].buffer_count;
    }
    /* A line is as long as the next power of two; each array may lose some bytes to alignment. */
    return sizeof(struct moves) +
           buffers * (sizeof(struct whereabouts) + 2 * sizeof(struct taken) + sizeof(uint32_t) +
                      sizeof(struct edge)) +
           plan->queue_count * (plan->pool_count * sizeof(void *) + MOVES_ALIGN) +
           (3 * count + 16) * MOVES_ALIGN + fair_bytes(plan, pd);
}

void *moves_carve(uint8_t **at, size_t bytes)
{
    uint8_t *start =
        (uint8_t *)(((uintptr_t)*at + MOVES_ALIGN - 1) & ~(uintptr_t)(MOVES_ALIGN - 1));

    *at = start + bytes;
    return start;
}

static struct held_pool *held_pool(struct moves *m, uint32_t pool)
{
    for (uint32_t i = 0; i < m->pool_count; i++) {
        if (m->pools[i].index == pool) {
            return &m->pools[i];
        }
    }
    return NULL;
}

static void watch_queue(struct moves *m, uint32_t queue, uint8_t **at)
{
    const struct plan *plan = m->plan;
    struct watched *q = &m->queues[m->queue_count];
    const struct queue_shape *s = &plan->queues[queue];

    *q = (struct watched){.shape = s,
                          .index = queue,
                          .counts = &m->counts->queues[m->queue_count],
                          .index_mask = queue_index_mask(s),
                          .slot_mask = s->capacity - 1,
                          .slot_bytes = s->slot_bytes,
                          .index_bytes = (uint8_t)s->index_bytes,
                          .name_offset = (uint8_t)s->name_offset,
                          .len_offset = (uint8_t)s->len_offset,
                          .pool_offset = (uint8_t)s->pool_offset,
                          .pool_mask = (uint8_t)((1u << s->pool_bits) - 1),
                          .frames = s->carries_frames,
                          .by_io_addr = s->naming == NAMES_IO_ADDR && s->pool_count > 0,
                          .pool_count = (uint32_t)s->pool_count,
                          .usual = MOVE_NONE,
                          .produces = s->producer == m->pd,
                          .endpoint = PLAN_NONE};
    uint64_t vaddr = q->produces ? s->producer_vaddr : s->consumer_vaddr;
    q->base = (const volatile uint8_t *)(uintptr_t)vaddr;
    q->means = !s->carries_frames ? q->produces ? moves_gave_empty : moves_took_empty
               : q->produces      ? moves_gave_frame
                                  : moves_took_frame;
    q->len_shift = (uint8_t)((s->len_offset & 7) * 8);
    q->pool_shift = (uint8_t)((s->pool_offset & 7) * 8);
    q->slots = q->base + s->slots_offset;
    q->own = q->base + (q->produces ? s->tail_offset : s->head_offset);
    q->peer = q->base + (q->produces ? s->head_offset : s->tail_offset);
    bool in = plan_queue_from_device(plan, queue),
         in_back = plan_queue_from_device(plan, s->partner);
    q->first = !q->produces && in;
    q->from_device = q->produces ? in : in_back;
    q->to_device = !q->produces && plan_queue_to_device(plan, queue);
    q->feeds_device = !s->carries_frames && in_back;
    q->flag = s->flag_bytes == 4 ? q->base + s->flag_offset : NULL;
    q->channel_bit = s->channel < plan->channel_count
                         ? 1ull << plan_channel_id(plan, s->channel, m->pd) % 64
                         : 0;
    q->pools = moves_carve(at, s->pool_count * sizeof *q->pools);
    for (size_t i = 0; i < s->pool_count; i++) {
        q->pools[i] = held_pool(m, s->pools[i]);
    }
    q->hint = s->pool_count > 0 ? q->pools[0] : NULL;
    q->exposed =
        !plan_suspect(plan, m->pd) && plan_suspect(plan, q->produces ? s->consumer : s->producer);
    if (q->produces && s->carries_frames && plan->pds[s->consumer].endpoint) {
        q->endpoint = s->consumer;
    }
    uint32_t slot = moves_hash(vaddr);
    while (m->hash[slot % HASH_SLOTS] != 0) {
        slot++;
    }
    m->hash[slot % HASH_SLOTS] = (uint16_t)(m->queue_count + 1);
    m->queue_count++;
}

/*
 * An endpoint that gives a driver the buffers its device is to fill, as only one with no
 * virtualiser between does, has them all from the start. (A virtualiser may give away what was
 * never seen to come; an endpoint may not.)
 */
static void take_stock(struct moves *m)
{
    for (uint32_t i = 0; i < m->queue_count && m->endpoint; i++) {
        struct watched *q = &m->queues[i];

        if (!q->produces || !q->feeds_device) {
            continue;
        }
        for (uint32_t k = 0; k < q->pool_count; k++) {
            for (uint32_t b = 0; b < q->pools[k]->count; b++) {
                q->pools[k]->buffers[b].hand = HAND_EMPTY;
            }
            *q->pools[k]->held = (int32_t)q->pools[k]->count;
        }
    }
}

static bool takes_from_pool(const struct moves *m, uint32_t pool)
{
    for (uint32_t i = 0; i < m->queue_count; i++) {
        const struct queue_shape *s = m->queues[i].shape;

        if (!m->queues[i].produces && s->carries_frames && queue_names_pool(s, pool)) {
            return true;
        }
    }
    return false;
}

/* Does this domain pass frames on in buffers of another pool than it takes them in, as a copier
 * does? */
static bool find_relinks(struct moves *m)
{
    bool any = false, several = false;

    for (uint32_t i = 0; i < m->queue_count && !m->endpoint; i++) {
        struct watched *q = &m->queues[i];
        bool forward = q->produces && q->shape->carries_frames;
        bool back = !q->produces && !q->shape->carries_frames;

        if ((forward || back) && q->shape->pool_count == 1 && !q->from_device &&
            !takes_from_pool(m, q->shape->pools[0])) {
            q->relinks = true;
            any = true;
            several |= back && m->spare != NULL;
            m->spare = back ? q : m->spare;
        }
    }
    if (several || (m->spare != NULL && m->spare->exposed)) {
        m->spare = NULL;
    }
    return any;
}

/* A bit for each neighbour that frames are passed on to in the buffer they came in. */
static void share_out_bits(struct moves *m)
{
    unsigned next = 0;

    for (uint32_t i = 0; i < m->queue_count; i++) {
        struct watched *q = &m->queues[i];

        if (!q->produces || !q->shape->carries_frames) {
            continue;
        }
        q->out_bit = 1ull << (next++ % 64);
        for (uint32_t k = 0; k < m->queue_count; k++) {
            if (m->queues[k].index == q->shape->partner) {
                m->queues[k].out_bit = q->out_bit;
                m->queues[k].pair = q;
            }
        }
    }
}

/* Where frames that are taken from a queue may go, of what this domain fills. */
static void find_onward(struct moves *m)
{
    for (uint32_t i = 0; i < m->queue_count; i++) {
        struct watched *q = &m->queues[i];
        const struct queue_shape *s = q->shape;

        q->onward = s->onward == NULL ? UINT64_MAX : 0;
        for (uint32_t k = 0; k < m->queue_count && s->onward != NULL; k++) {
            for (size_t to = 0; to < s->onward_count; to++) {
                q->onward |= m->queues[k].index == s->onward[to] ? m->queues[k].out_bit : 0;
            }
        }
    }
}

/* The one queue by which frames in a pool's buffers come here; none where there are several. */
static void find_sources(struct moves *m)
{
    for (uint32_t p = 0; p < m->pool_count; p++) {
        bool several = false;

        for (uint32_t i = 0; i < m->queue_count; i++) {
            struct watched *q = &m->queues[i];

            for (uint32_t k = 0; !q->produces && q->frames && k < q->pool_count; k++) {
                if (q->pools[k] == &m->pools[p]) {
                    several |= m->pools[p].source != NULL;
                    m->pools[p].source = q;
                }
            }
        }
        if (several) {
            m->pools[p].source = NULL;
        }
    }
}

static void add_reach(struct moves *m, uint32_t pd, uint64_t by)
{
    for (size_t i = 0; i < m->reach_count; i++) {
        if (m->reach[i].pd == pd) {
            m->reach[i].by |= by;
            return;
        }
    }
    if (m->reach_count < sizeof m->reach / sizeof m->reach[0]) {
        m->reach[m->reach_count++] = (struct reach){.pd = pd, .by = by};
    }
}

static bool goes_on(const struct plan *p, const struct queue_shape *from, uint32_t to)
{
    if (p->queues[to].producer != from->consumer || !p->queues[to].carries_frames) {
        return false;
    }
    for (size_t i = 0; from->onward != NULL && i < from->onward_count; i++) {
        if (from->onward[i] == to) {
            return true;
        }
    }
    return from->onward == NULL;
}

/* From a driver by virt_rx, a vswitch and a copier to a client. */
#define REACH_QUEUES 4

/* What frames in a queue can get to from there. */
static void follow(struct moves *m, uint32_t queue, uint64_t by, unsigned left)
{
    const struct plan *p = m->plan;
    const struct queue_shape *q = &p->queues[queue];

    if (plan_queue_to_device(p, queue)) {
        m->device_by |= by;
    } else if (p->pds[q->consumer].endpoint) {
        add_reach(m, q->consumer, by);
    } else {
        for (uint32_t to = 0; left > 1 && to < p->queue_count; to++) {
            if (goes_on(p, q, to)) {
                follow(m, to, by, left - 1);
            }
        }
    }
}

static void find_reach(struct moves *m)
{
    for (uint32_t i = 0; i < m->queue_count && !m->endpoint; i++) {
        if (m->queues[i].produces && m->queues[i].frames) {
            follow(m, m->queues[i].index, m->queues[i].out_bit, REACH_QUEUES);
        }
    }
}

/* May somebody who is not to be relied on write there? */
static bool is_forgeable(const struct plan *plan, uint32_t region)
{
    for (uint32_t i = 0; i < plan->map_count; i++) {
        const struct plan_map *map = &plan->maps[i];

        if (map->region == region && (map->rights & RIGHT_WRITE) != 0 &&
            plan->pds[map->pd].kind == PD_IMAGE && plan_suspect(plan, map->pd)) {
            return true;
        }
    }
    return false;
}

static void watch_pool(struct moves *m, uint32_t index, uint8_t **at)
{
    const struct plan_pool *pool = &m->plan->pools[index];
    const struct plan_map *map = plan_find_map(m->plan, m->pd, pool->region);
    const struct plan_map *stamps =
        pool->stamps == PLAN_NONE ? NULL : plan_find_map(m->plan, m->pd, pool->stamps);
    struct held_pool *h = &m->pools[m->pool_count];

    *h = (struct held_pool){
        .index = index,
        .count = pool->buffer_count,
        .shift = (unsigned)__builtin_ctz(pool->buffer_bytes),
        .io_addr = pool->io_addr,
        .buffers = moves_carve(at, pool->buffer_count * sizeof(struct whereabouts)),
        .data = map == NULL ? NULL : (const uint8_t *)(uintptr_t)map->vaddr,
        .stamps = stamps == NULL ? NULL : (uint64_t *)(uintptr_t)stamps->vaddr,
        .forgeable = is_forgeable(m->plan, pool->region),
        .stamps_forgeable = stamps != NULL && is_forgeable(m->plan, pool->stamps),
        .stamps_writable = stamps != NULL && (stamps->rights & RIGHT_WRITE) != 0,
        .held = &m->counts->pools[m->pool_count].held,
        .again = &m->counts->pools[m->pool_count].again,
        .refused = &m->counts->pools[m->pool_count].refused,
    };
    moves_bytes_pool(m, h);
    if (h->tags != NULL) {
        h->turns = moves_carve(at, pool->buffer_count * sizeof *h->turns);
    }
    m->pool_count++;
}

/* Where others' frames lie behind the end of one's own, a copy may be too long. */
static void watch_edges(struct moves *m, uint8_t **at)
{
    m->edges = m->bytes && plan_checks(m->plan, "confidentiality");
    for (uint32_t i = 0; m->edges && i < m->pool_count; i++) {
        struct held_pool *pool = &m->pools[i];

        if (pool->tags != NULL && !takes_from_pool(m, pool->index)) {
            pool->edges = moves_carve(at, pool->count * sizeof *pool->edges);
        }
    }
}

struct moves *moves_init(void *memory, const struct plan *plan, uint32_t pd,
                         struct moves_counts *counts, const struct moves_hooks *hooks)
{
    uint8_t *at = memory;
    struct moves *m = moves_carve(&at, sizeof *m);
    uint32_t pools[MOVES_POOLS_MAX], queues[MOVES_QUEUES_MAX];
    size_t pool_count = moves_pool_list(plan, pd, pools);
    size_t queue_count = moves_queue_list(plan, pd, queues);
    uint32_t buffers = 0;

    m->plan = plan;
    m->pd = pd;
    m->endpoint = plan->pds[pd].endpoint;
    m->counts = counts;
    m->hooks = *hooks;
    m->exact = hooks->exact;
    m->bytes = tags_wanted(plan);
    m->nowhere = (struct watched){.base = (const volatile uint8_t *)m, .usual = MOVE_NONE};
    for (unsigned i = 0; i < NEAR_SLOTS; i++) {
        m->near[i] = &m->nowhere;
    }
    for (size_t i = 0; i < pool_count; i++) {
        watch_pool(m, pools[i], &at);
        buffers += plan->pools[pools[i]].buffer_count;
    }
    for (size_t i = 0; i < queue_count; i++) {
        watch_queue(m, queues[i], &at);
    }
    for (uint32_t i = 0; i < m->queue_count; i++) {
        m->bounded |= m->queues[i].exposed && !m->queues[i].produces && !m->endpoint;
    }
    m->bounded = m->bounded && plan_checks(plan, "liveness");
    share_out_bits(m);
    find_onward(m);
    find_sources(m);
    find_reach(m);
    take_stock(m);
    fair_init(m, &at);
    if (find_relinks(m)) {
        uint32_t room = 1;

        while (room < buffers) {
            room *= 2;
        }
        m->line = moves_carve(&at, room * sizeof *m->line);
        m->line_mask = room - 1;
        watch_edges(m, &at);
    }
    assert(at <= (uint8_t *)memory + moves_bytes(plan, pd));
    return m;
}
