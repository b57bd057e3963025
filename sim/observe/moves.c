/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The watch on one domain. A move is seen in two halves: at the point before an operation its index
 * and the slot are noted, and at the next point, or when the entry ends, the index tells whether it
 * happened. An index that moved between points (an image with queue code of its own, or a forger)
 * is found when the entry ends.
 */
#include "sim/observe/moves.h"

#include <assert.h>
#include <string.h>

#define HASH_SLOTS      1024u
#define NO_BUFFER       UINT32_MAX
#define FRAME_BYTES_MAX 2048u
#define MAC_BYTES       6u

/* Where a buffer is, as far as this domain is concerned. */
enum hand {
    HAND_AWAY,   /* not here; `out` says to which neighbours it was passed on, if any */
    HAND_EMPTY,  /* here, with no frame in it */
    HAND_TAKEN,  /* here, with a frame */
    HAND_PASSED, /* here, and its frame went on in another buffer */
};

struct slot {
    uint64_t name;
    uint32_t len;
    unsigned pool_id;
};

struct watched {
    const struct queue_shape *shape;
    const volatile uint8_t *base;
    uint32_t index, local; /* plan queue; place in counts */
    uint32_t shadow;       /* own index after the last move seen */
    bool produces;
    bool relinks; /* frames put in here lie in buffers of another pool than those taken */
    bool from_device, to_device;
    uint32_t endpoint; /* consumer of a produced frame queue, if it is one */
    uint64_t out_bit;  /* of this neighbour in `out`; a frame queue and its partner share it */
};

struct moves {
    const struct plan *plan;
    uint32_t pd;
    bool endpoint;
    struct moves_counts *counts;
    struct moves_hooks hooks;

    struct watched queues[MOVES_QUEUES_MAX];
    uint32_t queue_count;
    uint16_t hash[HASH_SLOTS]; /* queue + 1 */

    struct watched *pending; /* the operation announced at the last point */
    uint32_t before;         /* its index then */
    struct slot peeked;      /* what it was about to take */

    uint32_t *pool_local; /* plan pool -> place in counts, NO_BUFFER */
    uint8_t **hand;       /* plan pool -> enum hand per buffer */
    uint64_t **out;       /* plan pool -> neighbours that have each buffer */
    uint16_t **lens;      /* plan pool -> length of the frame taken in each buffer */
    uint32_t reach[64];   /* endpoints that frames from here can get to */
    size_t reach_count;
    const uint8_t **data; /* plan pool -> this domain's view of the buffers, NULL if not mapped */
    uint64_t **stamps;    /* plan pool -> arrival times, NULL */
    bool *stamps_writable;
    uint32_t pool_hint;

    struct {
        uint32_t pool, buffer, len;
    } * line; /* frames taken, oldest first, for those that relink */
    uint32_t line_room, line_head, line_tail;
    uint32_t last_pool, last_buffer; /* the frame taken last */
    uint64_t nameless; /* entries taken that named no buffer and have not been given back */
};

/* -- reading shared memory, once -- */

static uint32_t load(const volatile uint8_t *base, uint32_t offset, uint32_t bytes)
{
    if (bytes == 2) {
        return __atomic_load_n((const volatile uint16_t *)(base + offset), __ATOMIC_ACQUIRE);
    }
    return __atomic_load_n((const volatile uint32_t *)(base + offset), __ATOMIC_ACQUIRE);
}

static uint32_t index_mask(const struct queue_shape *s)
{
    return s->index_bytes == 2 ? 0xffffu : 0xffffffffu;
}

static uint32_t own_index(const struct watched *q)
{
    const struct queue_shape *s = q->shape;

    return load(q->base, q->produces ? s->tail_offset : s->head_offset, s->index_bytes);
}

static uint32_t peer_index(const struct watched *q)
{
    const struct queue_shape *s = q->shape;

    return load(q->base, q->produces ? s->head_offset : s->tail_offset, s->index_bytes);
}

static struct slot read_slot(const struct watched *q, uint32_t index)
{
    const struct queue_shape *s = q->shape;
    const volatile uint8_t *at =
        q->base + s->slots_offset + (uint64_t)(index & (s->capacity - 1)) * s->slot_bytes;
    struct slot slot = {.name = *(const volatile uint64_t *)(at + s->name_offset),
                        .len = *(const volatile uint16_t *)(at + s->len_offset)};

    if (s->pool_bits != 0) {
        slot.pool_id = at[s->pool_offset] & ((1u << s->pool_bits) - 1);
    }
    return slot;
}

/* -- naming -- */

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

/* The same, trying the pool that was right last time first: a driver's queue may name any client's
 * pool. */
static bool resolve(struct moves *m, const struct watched *q, const struct slot *slot,
                    uint32_t *pool, uint32_t *buffer)
{
    if (q->shape->naming == NAMES_IO_ADDR && m->pool_hint != NO_BUFFER) {
        const struct plan_pool *hint = &m->plan->pools[m->pool_hint];

        if (m->hand[m->pool_hint] != NULL && in_pool(hint, hint->io_addr, slot->name, buffer)) {
            for (size_t i = 0; i < q->shape->pool_count; i++) {
                if (q->shape->pools[i] == m->pool_hint) {
                    *pool = m->pool_hint;
                    return true;
                }
            }
        }
    }
    if (!moves_resolve(m->plan, q->shape, slot->name, slot->pool_id, pool, buffer)) {
        return false;
    }
    m->pool_hint = *pool;
    return true;
}

static void tell(struct moves *m, enum probe_kind kind, uint32_t object, uint64_t a, uint64_t b)
{
    if (m->hooks.event != NULL) {
        struct probe p = {.kind = kind,
                          .told = TOLD_BY_PD,
                          .pd = m->pd,
                          .object = object,
                          .a = a,
                          .b = b,
                          .count = 1};
        m->hooks.event(m->hooks.context, &p);
    }
}

/* A buffer's state changes; what is held follows from it. */
static void set_hand(struct moves *m, uint32_t pool, uint32_t buffer, enum hand to)
{
    uint8_t *hand = &m->hand[pool][buffer];

    m->counts->pools[m->pool_local[pool]].held += (to != HAND_AWAY) - (*hand != HAND_AWAY);
    *hand = (uint8_t)to;
}

/* An entry that named no buffer, or one that is elsewhere, has been taken in. */
static void take_nameless(struct moves *m)
{
    m->nameless++;
    m->counts->in_hand++;
}

/* One such has left again; false if there was none. */
static bool leave_nameless(struct moves *m)
{
    if (m->nameless == 0) {
        return false;
    }
    m->nameless--;
    m->counts->in_hand--;
    return true;
}

static void drop(struct moves *m, enum drop_reason why)
{
    m->counts->dropped[why]++;
}

/* -- frames -- */

static uint64_t stamp_of(const struct moves *m, uint32_t pool, uint32_t buffer)
{
    return m->stamps[pool] != NULL ? __atomic_load_n(&m->stamps[pool][buffer], __ATOMIC_RELAXED)
                                   : 0;
}

static const uint8_t *frame_data(const struct moves *m, uint32_t pool, uint32_t buffer)
{
    return m->data[pool] == NULL
               ? NULL
               : m->data[pool] + (uint64_t)buffer * m->plan->pools[pool].buffer_bytes;
}

static void endpoint_frame(struct moves *m, bool rx, uint32_t pool, uint32_t buffer, uint32_t len)
{
    const uint8_t *data = frame_data(m, pool, buffer);

    if (m->hooks.endpoint != NULL && data != NULL && len <= m->plan->pools[pool].buffer_bytes) {
        m->hooks.endpoint(m->hooks.context, rx, data, len, rx ? stamp_of(m, pool, buffer) : 0);
    }
}

static bool has_mac(const struct plan_pd *pd, const uint8_t *mac)
{
    for (size_t i = 0; i < pd->mac_count; i++) {
        if (memcmp(pd->macs[i], mac, MAC_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

/* Is the frame last taken one that endpoint `pd` may see: its own address, or a group's? */
static void check_receiver(struct moves *m, const struct watched *q)
{
    const uint8_t *data =
        m->last_buffer == NO_BUFFER ? NULL : frame_data(m, m->last_pool, m->last_buffer);
    const struct plan_pd *to = &m->plan->pds[q->endpoint];
    uint8_t mac[8] = {0};

    if (data == NULL || to->mac_count == 0) {
        return;
    }
    memcpy(mac, data, MAC_BYTES);
    if (mac[0] & 1) {
        return;
    }
    if (has_mac(to, mac)) {
        return;
    }
    uint64_t value = 0;
    for (unsigned i = 0; i < MAC_BYTES; i++) {
        value = value << 8 | mac[i];
    }
    tell(m, PROBE_FRAME_FOREIGN, q->index, value, q->endpoint);
}

/* The oldest frame taken and not yet passed on goes on in `buffer` of another pool. */
static bool relink(struct moves *m, uint32_t pool, uint32_t buffer)
{
    while (m->line_head != m->line_tail) {
        uint32_t at = m->line_head++ % m->line_room;
        uint32_t from = m->line[at].pool, taken = m->line[at].buffer;

        if (m->hand[from][taken] == HAND_TAKEN) {
            set_hand(m, from, taken, HAND_PASSED);
            m->counts->in_hand--;
            if (m->stamps[pool] != NULL && m->stamps_writable[pool]) {
                __atomic_store_n(&m->stamps[pool][buffer], stamp_of(m, from, taken),
                                 __ATOMIC_RELAXED);
            }
            return true;
        }
    }
    return false;
}

static void join_line(struct moves *m, uint32_t pool, uint32_t buffer)
{
    if (m->line == NULL) {
        return;
    }
    m->line[m->line_tail % m->line_room].pool = pool;
    m->line[m->line_tail % m->line_room].buffer = buffer;
    m->line_tail++;
    if (m->line_tail - m->line_head > m->line_room) {
        m->line_head = m->line_tail - m->line_room;
    }
}

static void took_frame(struct moves *m, struct watched *q, const struct slot *slot)
{
    uint32_t pool, buffer;

    if (!resolve(m, q, slot, &pool, &buffer)) {
        if (!m->endpoint) {
            take_nameless(m);
        }
        return;
    }
    if (m->endpoint) {
        set_hand(m, pool, buffer, HAND_EMPTY);
        endpoint_frame(m, true, pool, buffer, slot->len);
        return;
    }
    if (m->hand[pool][buffer] != HAND_AWAY || m->out[pool][buffer] != 0) {
        take_nameless(m); /* a second claim to a buffer that is here or was passed on */
        return;
    }
    m->last_pool = pool;
    m->last_buffer = buffer;
    m->lens[pool][buffer] = (uint16_t)slot->len;
    if (q->to_device && slot->len != 0 && slot->len <= FRAME_BYTES_MAX) {
        set_hand(m, pool, buffer, HAND_EMPTY); /* the frame is the device's now */
        m->counts->to_device++;
        return;
    }
    set_hand(m, pool, buffer, HAND_TAKEN);
    m->counts->in_hand++;
    join_line(m, pool, buffer);
}

/* A frame goes on in the buffer it came in. */
static void forward(struct moves *m, struct watched *q, uint32_t pool, uint32_t buffer)
{
    uint64_t *out = &m->out[pool][buffer];

    if (m->hand[pool][buffer] == HAND_TAKEN) {
        set_hand(m, pool, buffer, HAND_AWAY);
        m->counts->in_hand--;
        *out = q->out_bit;
    } else if (*out != 0 && (*out & q->out_bit) == 0 && m->nameless == 0) {
        *out |= q->out_bit;
        m->counts->copied++;
    } else {
        (void)leave_nameless(m); /* a second claim was believed */
        tell(m, PROBE_BUFFER_TWICE, pool, buffer, q->index);
    }
}

static void gave_frame(struct moves *m, struct watched *q, const struct slot *slot)
{
    uint32_t pool, buffer;

    if (!resolve(m, q, slot, &pool, &buffer)) {
        tell(m, PROBE_BUFFER_FOREIGN, q->index, slot->name, slot->len);
        (void)leave_nameless(m);
        return;
    }
    if (q->endpoint != PLAN_NONE) {
        check_receiver(m, q);
    }
    if (!m->endpoint && !q->from_device && !q->relinks) {
        forward(m, q, pool, buffer);
        return;
    }
    if (m->endpoint) {
        endpoint_frame(m, false, pool, buffer, slot->len);
    } else if (q->from_device) {
        m->counts->from_device++;
    }
    if (m->hand[pool][buffer] != HAND_EMPTY || (q->relinks && !relink(m, pool, buffer))) {
        tell(m, PROBE_BUFFER_TWICE, pool, buffer, q->index);
    }
    set_hand(m, pool, buffer, HAND_AWAY);
}

static void took_empty(struct moves *m, struct watched *q, const struct slot *slot)
{
    uint32_t pool, buffer;

    if (!resolve(m, q, slot, &pool, &buffer)) {
        return;
    }
    uint64_t *out = &m->out[pool][buffer];
    if (m->endpoint || q->relinks || q->from_device) {
        set_hand(m, pool, buffer, HAND_EMPTY);
    } else if ((*out & q->out_bit) != 0) {
        *out &= ~q->out_bit;
        if (*out == 0) {
            set_hand(m, pool, buffer, HAND_EMPTY);
        }
    }
}

/* Why a frame that was taken comes back unpassed. */
static enum drop_reason why_dropped(struct moves *m, uint32_t pool, uint32_t buffer, uint32_t len)
{
    const uint8_t *data = frame_data(m, pool, buffer);
    uint8_t mac[MAC_BYTES];

    if (len < 14 || len > FRAME_BYTES_MAX) {
        return DROP_INVALID;
    }
    if (m->line != NULL) {
        return DROP_NO_BUFFER;
    }
    if (data == NULL || m->plan->pools[pool].stamps == PLAN_NONE) {
        return DROP_UNEXPLAINED;
    }
    memcpy(mac, data, sizeof mac);
    for (size_t i = 0; i < m->reach_count; i++) {
        if (has_mac(&m->plan->pds[m->reach[i]], mac)) {
            return DROP_NO_BUFFER; /* it has a receiver, whose queue would not take it */
        }
    }
    return DROP_NO_MATCH;
}

static void gave_empty(struct moves *m, struct watched *q, const struct slot *slot)
{
    uint32_t pool, buffer;
    bool named = resolve(m, q, slot, &pool, &buffer);

    if (!named || m->out[pool][buffer] != 0) {
        if (leave_nameless(m)) {
            drop(m, named ? DROP_DUPLICATE : DROP_INVALID);
        } else {
            tell(m, named ? PROBE_BUFFER_TWICE : PROBE_BUFFER_FOREIGN, named ? pool : q->index,
                 named ? buffer : slot->name, named ? q->index : slot->len);
        }
        return;
    }
    if (m->hand[pool][buffer] == HAND_TAKEN) {
        m->counts->in_hand--;
        drop(m, why_dropped(m, pool, buffer, m->lens[pool][buffer]));
    } else if (m->hand[pool][buffer] == HAND_AWAY && m->endpoint) {
        tell(m, PROBE_BUFFER_TWICE, pool, buffer, q->index);
    }
    /* Away and no endpoint: a virtualiser fills its driver's queue before the first frame. */
    set_hand(m, pool, buffer, HAND_AWAY);
}

static void moved(struct moves *m, struct watched *q, const struct slot *slot)
{
    m->counts->queues[q->local].moved++;
    if (q->shape->carries_frames) {
        if (q->produces) {
            gave_frame(m, q, slot);
        } else {
            took_frame(m, q, slot);
        }
    } else if (q->produces) {
        gave_empty(m, q, slot);
    } else {
        took_empty(m, q, slot);
    }
}

/* -- noticing moves -- */

static void note_length(struct moves *m, const struct watched *q, uint32_t own)
{
    uint32_t length = (own - peer_index(q)) & index_mask(q->shape);
    uint32_t *max = &m->counts->queues[q->local].max_length;

    if (length > *max && length <= q->shape->capacity) {
        *max = length;
    }
}

static void illegal(struct moves *m, struct watched *q, uint32_t from, uint32_t to)
{
    if (!m->counts->queues[q->local].illegal) {
        m->counts->queues[q->local].illegal = 1;
        tell(m, PROBE_INDEX_ILLEGAL, q->index, from, to);
    }
}

/* The index stands at `now` and the last move seen left it at q->shadow: account for what lies
 * between. */
static void catch_up(struct moves *m, struct watched *q, uint32_t now)
{
    uint32_t mask = index_mask(q->shape);
    uint32_t step = (now - q->shadow) & mask;
    uint32_t peer = peer_index(q);
    uint32_t legal =
        q->produces ? q->shape->capacity - ((q->shadow - peer) & mask) : (peer - q->shadow) & mask;

    if (legal > q->shape->capacity) {
        legal = q->shape->capacity; /* the peer's index lies; that is not this domain's doing */
    }
    if (step > legal) {
        illegal(m, q, q->shadow, now);
        return;
    }
    for (uint32_t i = 0; i < step; i++) {
        struct slot slot = read_slot(q, q->shadow + i);
        moved(m, q, &slot);
    }
    q->shadow = now;
    m->counts->queues[q->local].index = now;
    if (q->produces) {
        note_length(m, q, now);
    }
}

/* The index is not where this domain was seen to leave it. */
static void resync(struct moves *m, struct watched *q, uint32_t now)
{
    if (q->produces && !q->shape->carries_frames && m->counts->queues[q->local].moved == 0) {
        q->shadow = now; /* a free queue is first filled by its consumer */
    } else {
        catch_up(m, q, now);
    }
}

static void finish_pending(struct moves *m)
{
    struct watched *q = m->pending;

    if (q == NULL) {
        return;
    }
    m->pending = NULL;
    uint32_t now = own_index(q);
    if (now == m->before) {
        return;
    }
    if (((now - m->before) & index_mask(q->shape)) != 1) {
        catch_up(m, q, now);
        return;
    }
    struct slot slot = q->produces ? read_slot(q, m->before) : m->peeked;
    q->shadow = now;
    m->counts->queues[q->local].index = now;
    moved(m, q, &slot);
    if (q->produces) {
        note_length(m, q, now);
    }
}

static struct watched *lookup(struct moves *m, const volatile void *where)
{
    uint32_t at = (uint32_t)(((uintptr_t)where >> 12) * 0x9e3779b1u >> 7);

    for (;; at++) {
        uint16_t entry = m->hash[at % HASH_SLOTS];

        if (entry == 0) {
            return NULL;
        }
        if (m->queues[entry - 1].base == where) {
            return &m->queues[entry - 1];
        }
    }
}

void moves_point(struct moves *m, enum point_op op, const volatile void *where)
{
    finish_pending(m);
    if (op != POINT_ENQUEUE && op != POINT_DEQUEUE) {
        return;
    }
    struct watched *q = lookup(m, where);
    /* A consumer that fills its own free queue before the start is not making moves of its own. */
    if (q == NULL || q->produces != (op == POINT_ENQUEUE) || m->counts->queues[q->local].illegal) {
        return;
    }
    m->pending = q;
    m->before = own_index(q);
    if (q->shadow != m->before) {
        resync(m, q, m->before);
    }
    if (op == POINT_DEQUEUE) {
        m->peeked = read_slot(q, m->before);
    }
}

void moves_settle(struct moves *m)
{
    finish_pending(m);
    for (uint32_t i = 0; i < m->queue_count; i++) {
        struct watched *q = &m->queues[i];
        uint32_t now = own_index(q);

        if (now == q->shadow || m->counts->queues[q->local].illegal) {
            continue;
        }
        resync(m, q, now);
    }
}

/* -- setting up -- */

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
    return sizeof(struct moves) +
           plan->pool_count * (sizeof(uint32_t) + 5 * sizeof(void *) + sizeof(bool)) +
           buffers * (1 + sizeof(uint64_t) + sizeof(uint16_t) + sizeof(((struct moves *)0)->line[0])) +
           (3 * count + 16) * 16;
}

static void *carve(uint8_t **at, size_t bytes)
{
    uint8_t *start = (uint8_t *)(((uintptr_t)*at + 15) & ~(uintptr_t)15);

    *at = start + bytes;
    return start;
}

static void watch_queue(struct moves *m, uint32_t queue)
{
    const struct plan *plan = m->plan;
    struct watched *q = &m->queues[m->queue_count];
    const struct queue_shape *s = &plan->queues[queue];

    *q = (struct watched){.shape = s,
                          .index = queue,
                          .local = m->queue_count,
                          .produces = s->producer == m->pd,
                          .endpoint = PLAN_NONE};
    uint64_t vaddr = q->produces ? s->producer_vaddr : s->consumer_vaddr;
    q->base = (const volatile uint8_t *)(uintptr_t)vaddr;
    if (q->produces && s->carries_frames && plan->pds[s->consumer].endpoint) {
        q->endpoint = s->consumer;
    }
    for (uint32_t d = 0; d < plan->device_count; d++) {
        uint32_t source = plan->devices[d].rx_queue_source, sink = plan->devices[d].tx_queue_sink;

        q->from_device |= q->produces && source == queue;
        q->from_device |=
            !q->produces && source != PLAN_NONE && plan->queues[source].partner == queue;
        q->to_device |= !q->produces && sink == queue;
    }
    uint32_t at = (uint32_t)(((uintptr_t)q->base >> 12) * 0x9e3779b1u >> 7);
    while (m->hash[at % HASH_SLOTS] != 0) {
        at++;
    }
    m->hash[at % HASH_SLOTS] = (uint16_t)(m->queue_count + 1);
    m->queue_count++;
}

static bool takes_from_pool(const struct moves *m, uint32_t pool)
{
    for (uint32_t i = 0; i < m->queue_count; i++) {
        const struct queue_shape *s = m->queues[i].shape;

        for (size_t k = 0; !m->queues[i].produces && s->carries_frames && k < s->pool_count; k++) {
            if (s->pools[k] == pool) {
                return true;
            }
        }
    }
    return false;
}

/* Does this domain pass frames on in buffers of another pool than it takes them in, as a copier
 * does? */
static bool find_relinks(struct moves *m)
{
    bool any = false;

    for (uint32_t i = 0; i < m->queue_count && !m->endpoint; i++) {
        struct watched *q = &m->queues[i];
        bool forward = q->produces && q->shape->carries_frames;
        bool back = !q->produces && !q->shape->carries_frames;

        if ((forward || back) && q->shape->pool_count == 1 && !q->from_device &&
            !takes_from_pool(m, q->shape->pools[0])) {
            q->relinks = true;
            any = true;
        }
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
            }
        }
    }
}

static void add_reach(struct moves *m, uint32_t pd)
{
    if (m->plan->pds[pd].endpoint && m->reach_count < sizeof m->reach / sizeof m->reach[0]) {
        m->reach[m->reach_count++] = pd;
    }
}

/* The endpoints one or two queues away: clients, and clients behind a copier. */
static void find_reach(struct moves *m)
{
    const struct plan *p = m->plan;

    for (uint32_t i = 0; i < p->queue_count; i++) {
        const struct queue_shape *first = &p->queues[i];

        if (first->producer != m->pd || !first->carries_frames) {
            continue;
        }
        add_reach(m, first->consumer);
        for (uint32_t k = 0; k < p->queue_count && !p->pds[first->consumer].endpoint; k++) {
            if (p->queues[k].producer == first->consumer && p->queues[k].carries_frames) {
                add_reach(m, p->queues[k].consumer);
            }
        }
    }
}

struct moves *moves_init(void *memory, const struct plan *plan, uint32_t pd,
                         struct moves_counts *counts, const struct moves_hooks *hooks)
{
    uint8_t *at = memory;
    struct moves *m = carve(&at, sizeof *m);
    uint32_t pools[MOVES_POOLS_MAX], queues[MOVES_QUEUES_MAX];
    size_t pool_count = moves_pool_list(plan, pd, pools);
    size_t queue_count = moves_queue_list(plan, pd, queues);
    size_t buffers = 0;

    m->plan = plan;
    m->pd = pd;
    m->endpoint = plan->pds[pd].endpoint;
    m->counts = counts;
    m->hooks = *hooks;
    m->pool_hint = m->last_buffer = NO_BUFFER;
    m->pool_local = carve(&at, plan->pool_count * sizeof *m->pool_local);
    m->hand = carve(&at, plan->pool_count * sizeof *m->hand);
    m->out = carve(&at, plan->pool_count * sizeof *m->out);
    m->lens = carve(&at, plan->pool_count * sizeof *m->lens);
    m->data = carve(&at, plan->pool_count * sizeof *m->data);
    m->stamps = carve(&at, plan->pool_count * sizeof *m->stamps);
    m->stamps_writable = carve(&at, plan->pool_count * sizeof *m->stamps_writable);
    for (size_t i = 0; i < pool_count; i++) {
        const struct plan_pool *pool = &plan->pools[pools[i]];
        const struct plan_map *map = plan_find_map(plan, pd, pool->region);
        const struct plan_map *stamps =
            pool->stamps == PLAN_NONE ? NULL : plan_find_map(plan, pd, pool->stamps);

        m->pool_local[pools[i]] = (uint32_t)i;
        m->hand[pools[i]] = carve(&at, pool->buffer_count);
        m->out[pools[i]] = carve(&at, pool->buffer_count * sizeof(uint64_t));
        m->lens[pools[i]] = carve(&at, pool->buffer_count * sizeof(uint16_t));
        m->data[pools[i]] = map == NULL ? NULL : (const uint8_t *)(uintptr_t)map->vaddr;
        m->stamps[pools[i]] = stamps == NULL ? NULL : (uint64_t *)(uintptr_t)stamps->vaddr;
        m->stamps_writable[pools[i]] = stamps != NULL && (stamps->rights & RIGHT_WRITE) != 0;
        buffers += pool->buffer_count;
    }
    for (size_t i = 0; i < queue_count; i++) {
        watch_queue(m, queues[i]);
    }
    share_out_bits(m);
    find_reach(m);
    if (find_relinks(m)) {
        m->line = carve(&at, buffers * sizeof *m->line);
        m->line_room = (uint32_t)buffers;
    }
    assert(at <= (uint8_t *)memory + moves_bytes(plan, pd));
    return m;
}
