/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a move means: which buffer it is, where that buffer now is, and what became of the frame in
 * it. The rules are of two kinds of domain. An endpoint takes frames and submits frames. Everyone
 * else passes frames on, in the same buffer (a virtualiser), in another (a copier), or from and to
 * a device (a driver); what it gives back empty without having passed it on, it dropped.
 */
#include <string.h>

#include "sim/observe/moves_parts.h"

/* Turned right by the size of a buffer, an offset is the number of that buffer; but what is within
 * one has its lower bits at the top now, and is more than any number there is. */
static inline __attribute__((always_inline)) bool
within(const struct held_pool *pool, uint64_t base, uint64_t name, uint32_t *buffer)
{
    uint64_t offset = name - base;
    uint64_t number = offset >> (pool->shift & 63) | offset << (-pool->shift & 63);

    *buffer = (uint32_t)number;
    return number < pool->count;
}

/* The pool of an IO address: most often the one before, else found by halves. */
static struct held_pool *find_io(struct watched *q, uint64_t name, uint32_t *buffer)
{
    size_t low = 0, high = q->pool_count;

    while (high - low > 1) {
        size_t middle = (low + high) / 2;

        if (q->pools[middle]->io_addr <= name) {
            low = middle;
        } else {
            high = middle;
        }
    }
    q->hint = q->pools[low];
    return within(q->hint, q->hint->io_addr, name, buffer) ? q->hint : NULL;
}

/* The pool and buffer a descriptor names, NULL if none of this queue's. */
static inline __attribute__((always_inline)) struct held_pool *
resolve(struct watched *q, struct slot slot, uint32_t *buffer)
{
    if (q->by_io_addr) {
        bool again = within(q->hint, q->hint->io_addr, slot.name, buffer);

        return again ? q->hint : find_io(q, slot.name, buffer);
    }
    if (slot.pool_id >= q->pool_count) {
        return NULL;
    }
    struct held_pool *pool = q->pools[slot.pool_id];
    return within(pool, 0, slot.name, buffer) ? pool : NULL;
}

void moves_tell(struct moves *m, enum probe_kind kind, uint32_t object, uint64_t a, uint64_t b)
{
    moves_tell_at(m, kind, object, a, b, 0);
}

void moves_tell_at(struct moves *m, enum probe_kind kind, uint32_t object, uint64_t a, uint64_t b,
                   uint64_t place)
{
    if (m->hooks.event != NULL) {
        struct probe p = {.kind = kind,
                          .told = TOLD_BY_PD,
                          .pd = m->pd,
                          .object = object,
                          .a = a,
                          .b = b,
                          .count = 1,
                          .place = place};
        m->hooks.event(m->hooks.context, &p);
    }
}

/* A buffer's state changes; what is held follows from it. */
static void set_hand(struct held_pool *pool, uint32_t buffer, enum hand to)
{
    struct whereabouts *at = &pool->buffers[buffer];

    *pool->held += (to != HAND_AWAY) - (at->hand != HAND_AWAY);
    at->hand = (uint8_t)to;
    if (__builtin_expect(at->refused, 0)) {
        at->refused = false;
        --*pool->refused;
    }
}

/*
 * A domain that tells nothing may have had a buffer, given it back and taken it again before the
 * next look, and if somebody wrote its name who is not to be relied on, also twice. Sure is only
 * what it does in one look.
 */
static bool is_guessed(const struct moves *m, const struct held_pool *pool)
{
    return !m->announced && m->line == NULL && pool->forgeable;
}

static void note_passed(const struct moves *m, struct whereabouts *at, bool passed)
{
    if (!m->announced && m->line == NULL) {
        at->turn = passed ? m->looks : 0;
    }
}

static void drop(struct moves *m, enum drop_reason why)
{
    m->counts->dropped[why]++;
}

/*
 * An entry was taken that named no buffer, or one that is elsewhere: a claim, which is remembered
 * until it goes back, with the buffer that it names.
 */
static void take_claim(struct moves *m, struct whereabouts *named)
{
    if (named != NULL && named->claims < UINT16_MAX) {
        named->claims++;
    } else {
        m->unnamed++;
    }
    m->counts->nameless++;
    m->counts->in_hand++;
}

static void leave_claim(struct moves *m)
{
    m->counts->nameless--;
    m->counts->in_hand--;
}

/* What was taken as a claim went on as a frame: an image may well read what no buffer begins with.
 * False if there is no claim that has not. */
static bool pass_claim(struct moves *m)
{
    if (m->counts->nameless == 0) {
        return false;
    }
    m->claims_passed++;
    leave_claim(m);
    return true;
}

/* A claim goes again, and the frame with it if that has not gone on. */
static void end_claim(struct moves *m, enum drop_reason why)
{
    if (m->claims_passed > 0) {
        m->claims_passed--;
        return;
    }
    leave_claim(m);
    if (why != DROP_NONE) {
        drop(m, why);
    }
}

/* A claim to a buffer goes again; false if there was none. */
static bool leave_named(struct moves *m, struct whereabouts *at, enum drop_reason why)
{
    if (at->claims == 0) {
        return false;
    }
    at->claims--;
    end_claim(m, why);
    return true;
}

/* A claim that named nothing goes again; false if there was none. */
static bool leave_unnamed(struct moves *m, enum drop_reason why)
{
    if (m->unnamed == 0) {
        return false;
    }
    m->unnamed--;
    end_claim(m, why);
    return true;
}

/* -- frames -- */

static uint64_t stamp_of(const struct held_pool *pool, uint32_t buffer)
{
    return pool->stamps == NULL ? 0 : __atomic_load_n(&pool->stamps[buffer], __ATOMIC_RELAXED);
}

/* An endpoint that is not to be relied on may say what it likes of when its frames began. */
static uint64_t began_at(const struct held_pool *pool, uint32_t buffer)
{
    return pool->stamps_forgeable ? 0 : stamp_of(pool, buffer);
}

static void endpoint_frame(struct moves *m, bool rx, const struct held_pool *pool, uint32_t buffer,
                           uint32_t len)
{
    const uint8_t *data = moves_frame_data(pool, buffer);
    uint64_t stamp_ns = rx ? stamp_of(pool, buffer) : 0;
    bool stamps = rx || pool->stamps_writable;

    if (m->hooks.endpoint == NULL || data == NULL || len > 1u << pool->shift) {
        return;
    }
    m->hooks.endpoint(m->hooks.context, rx, data, len, stamps ? &stamp_ns : NULL);
    if (!rx && stamps) {
        __atomic_store_n(&pool->stamps[buffer], stamp_ns, __ATOMIC_RELAXED);
    }
}

/* Is what stands in the line at `turn` still a frame that waits to be passed on? */
static bool in_line(const struct moves *m, uint32_t turn)
{
    const struct taken *taken = &m->line[turn & m->line_mask];
    const struct whereabouts *at = &taken->pool->buffers[taken->buffer];

    return at->hand == HAND_TAKEN && at->turn == turn;
}

/* The oldest frame taken and not yet passed on goes on in `buffer` of another pool. */
static bool relink(struct moves *m, const struct watched *q, struct held_pool *pool,
                   uint32_t buffer, uint32_t len)
{
    while (m->line_head != m->line_tail) {
        uint32_t turn = m->line_head++;

        if (in_line(m, turn)) {
            struct taken *taken = &m->line[turn & m->line_mask];

            if (q->endpoint != PLAN_NONE) {
                moves_check_receiver(m, q, taken->pool, taken->buffer);
            }
            set_hand(taken->pool, taken->buffer, HAND_PASSED);
            m->counts->in_hand--;
            if (m->bytes) {
                moves_bytes_copied(m, q, taken->pool, taken->buffer, pool, buffer, len);
            }
            if (pool->stamps_writable) {
                __atomic_store_n(&pool->stamps[buffer], began_at(taken->pool, taken->buffer),
                                 __ATOMIC_RELAXED);
            }
            return true;
        }
    }
    return false;
}

static void stand_in_line(struct moves *m, struct taken taken)
{
    taken.pool->buffers[taken.buffer].turn = m->line_tail;
    m->line[m->line_tail++ & m->line_mask] = taken;
}

/* The line has a place for each buffer, but those that were given back without being passed on
 * leave theirs empty. */
static void close_gaps(struct moves *m)
{
    uint32_t end = m->line_tail, turn = m->line_head;

    m->line_tail = turn;
    for (; turn != end; turn++) {
        if (in_line(m, turn)) {
            stand_in_line(m, m->line[turn & m->line_mask]);
        }
    }
}

static void join_line(struct moves *m, struct held_pool *pool, uint32_t buffer)
{
    if (m->line == NULL) {
        return;
    }
    if (m->line_tail - m->line_head > m->line_mask) {
        close_gaps(m);
    }
    stand_in_line(m, (struct taken){.pool = pool, .buffer = buffer});
}

/*
 * A device is given every frame whose length and address a descriptor can hold; if the IOMMU
 * refuses the address, the device says so itself. What names no buffer, or one that is here
 * already, is remembered until it comes back.
 */
static bool took_for_device(struct moves *m, struct watched *q, struct slot slot,
                            struct held_pool *pool, uint32_t buffer)
{
    if (slot.len == 0 || slot.len > FRAME_BYTES_MAX || slot.name > UINT32_MAX) {
        q->odd++;
        return false;
    }
    m->counts->to_device++;
    if (pool != NULL && pool->buffers[buffer].hand == HAND_AWAY) {
        set_hand(pool, buffer, HAND_EMPTY); /* the frame is the device's now */
    } else {
        m->strays += pool == NULL;
    }
    return true;
}

void moves_took_frame(struct moves *m, struct watched *q, struct slot slot)
{
    uint32_t buffer = 0;
    struct held_pool *pool = resolve(q, slot, &buffer);

    if (q->to_device && took_for_device(m, q, slot, pool, buffer)) {
        return;
    }
    if (pool == NULL) {
        if (!m->endpoint) {
            take_claim(m, NULL);
        }
        return;
    }
    if (m->endpoint) {
        set_hand(pool, buffer, HAND_EMPTY);
        if (m->bytes) {
            moves_bytes_received(m, q, pool, buffer, slot.len);
        }
        endpoint_frame(m, true, pool, buffer, slot.len);
        return;
    }
    if (pool->buffers[buffer].refused) {
        set_hand(pool, buffer, HAND_AWAY); /* its owner has it after all, or says so */
    }
    if (pool->buffers[buffer].hand != HAND_AWAY || pool->buffers[buffer].out != 0) {
        take_claim(m, &pool->buffers[buffer]);
        return;
    }
    pool->buffers[buffer].len = (uint16_t)slot.len;
    set_hand(pool, buffer, HAND_TAKEN);
    m->counts->in_hand++;
    join_line(m, pool, buffer);
    if (m->bytes && q->first) {
        moves_bytes_first(m, q, pool, buffer, slot.len);
    }
    if (m->edges) {
        moves_bytes_frame_waits(m, slot.len);
    }
}

/* A neighbour has one buffer more by this queue. */
static void hand_out(struct moves *m, struct watched *q)
{
    if (++q->outstanding > q->shape->capacity && !q->told_share) {
        q->told_share = true;
        moves_tell(m, PROBE_SHARE_EXCEEDED, q->index, q->outstanding, q->shape->capacity);
    }
}

/* A frame goes on in the buffer it came in. */
static void forward(struct moves *m, struct watched *q, struct held_pool *pool, uint32_t buffer)
{
    struct whereabouts *at = &pool->buffers[buffer];

    if (pool->source != NULL && (pool->source->onward & q->out_bit) == 0) {
        moves_tell(m, PROBE_FRAME_ASTRAY, q->index, pool->source->index, 0);
    }
    if (pool->source != NULL && pool->source->shape->onward != NULL) {
        moves_check_sender(m, q, pool, buffer);
    }

    if (at->hand == HAND_TAKEN) {
        set_hand(pool, buffer, HAND_AWAY);
        m->counts->in_hand--;
        at->out = q->out_bit;
        note_passed(m, at, true);
        hand_out(m, q);
    } else if (at->out != 0 && (at->out & q->out_bit) == 0 && at->claims == 0) {
        at->out |= q->out_bit;
        hand_out(m, q);
        (*pool->again)++;
        m->counts->copied++;
    } else {
        (void)leave_named(m, at, DROP_NONE); /* a second claim was believed */
        if (!is_guessed(m, pool) || at->turn == m->looks) {
            moves_tell(m, PROBE_BUFFER_TWICE, pool->index, buffer, q->index);
        }
    }
}

void moves_gave_frame(struct moves *m, struct watched *q, struct slot slot)
{
    uint32_t buffer;
    struct held_pool *pool = resolve(q, slot, &buffer);

    if (pool == NULL) {
        moves_tell(m, PROBE_BUFFER_FOREIGN, q->index, slot.name, slot.len);
        (void)leave_unnamed(m, DROP_NONE);
        return;
    }
    if (!m->endpoint && !q->from_device && !q->relinks) {
        if (q->endpoint != PLAN_NONE) {
            moves_check_receiver(m, q, pool, buffer);
        }
        if (m->bytes && pool->buffers[buffer].len != slot.len) {
            moves_bytes_passed(m, q, pool, buffer, slot.len);
        }
        forward(m, q, pool, buffer);
        return;
    }
    if (m->edges) {
        moves_bytes_buffer_gone(m, pool, buffer);
    }
    if (m->endpoint) {
        if (m->bytes) {
            moves_bytes_sent(m, pool, buffer, slot.len);
        }
        endpoint_frame(m, false, pool, buffer, slot.len);
    } else if (q->from_device) {
        m->counts->from_device++;
    }
    bool here = pool->buffers[buffer].hand == HAND_EMPTY;

    if (!here && m->covered != 0) {
        m->covered--; /* this is what it took where something else lies by now */
        here = true;
    }
    bool linked = !q->relinks || relink(m, q, pool, buffer, slot.len) || pass_claim(m);

    if (!here || !linked) {
        moves_tell(m, PROBE_BUFFER_TWICE, pool->index, buffer, q->index);
    }
    set_hand(pool, buffer, HAND_AWAY);
}

/* Of an empty buffer that can only be of one pool, an image need not look which it claims to be. */
static struct held_pool *resolve_empty(struct watched *q, struct slot slot, uint32_t *buffer)
{
    slot.pool_id = q->pool_count == 1 ? 0 : slot.pool_id;
    return resolve(q, slot, buffer);
}

void moves_took_empty(struct moves *m, struct watched *q, struct slot slot)
{
    uint32_t buffer;
    struct held_pool *pool = resolve_empty(q, slot, &buffer);

    if (pool == NULL) {
        q->odd += slot.name > UINT32_MAX;
        return;
    }
    uint64_t *out = &pool->buffers[buffer].out;
    if (m->endpoint || q->relinks || q->from_device) {
        set_hand(pool, buffer, HAND_EMPTY);
        if (m->edges && q->relinks) {
            moves_bytes_buffer_waits(m, pool, buffer);
        }
    } else if ((*out & q->out_bit) != 0) {
        *out &= ~q->out_bit;
        if (q->pair != NULL && q->pair->outstanding > 0) {
            q->pair->outstanding--;
        }
        if (*out == 0) {
            set_hand(pool, buffer, HAND_EMPTY);
            note_passed(m, &pool->buffers[buffer], false);
        } else {
            (*pool->again)--;
        }
    }
}

/* An entry goes back that named no buffer. False if no such was taken. */
static bool give_back_unnamed(struct moves *m)
{
    if (m->strays > 0) {
        m->strays--;
        m->counts->back_from_device++;
        return true;
    }
    return leave_unnamed(m, DROP_INVALID);
}

/*
 * May one who passes frames on give away what it was never seen to have? A virtualiser fills its
 * driver's queue before the first frame, with each buffer once.
 */
static bool is_first_fill(const struct watched *q, const struct held_pool *pool)
{
    return q->produces && q->feeds_device && q->counts->moved <= pool->count;
}

/* A buffer goes back. False if it was not here to give. */
static bool give_back(struct moves *m, const struct watched *q, struct held_pool *pool,
                      uint32_t buffer)
{
    struct whereabouts *at = &pool->buffers[buffer];
    bool here = at->hand != HAND_AWAY, claimed = leave_named(m, at, DROP_DUPLICATE);

    if (at->out != 0) {
        return claimed;
    }
    while (leave_named(m, at, DROP_DUPLICATE)) { /* when it goes itself, no claim to it is left */
    }
    if (at->hand == HAND_TAKEN) {
        m->counts->in_hand--;
        enum drop_reason why = moves_why_dropped(m, pool, buffer);
        bool odd = why == DROP_UNEXPLAINED || why == DROP_NO_BUFFER;

        drop(m, odd && is_guessed(m, pool) ? DROP_DUPLICATE : why);
    }
    /* Of a driver, nothing else is that. */
    m->counts->back_from_device += at->hand == HAND_EMPTY && !at->refused;
    set_hand(pool, buffer, HAND_AWAY);
    note_passed(m, at, false);
    /* Of one who tells of no moves it is not known in which order they were made. */
    return here || claimed || is_first_fill(q, pool) || (!m->endpoint && !m->announced);
}

void moves_gave_empty(struct moves *m, struct watched *q, struct slot slot)
{
    uint32_t buffer;
    struct held_pool *pool = resolve(q, slot, &buffer);

    if (pool == NULL) {
        if (!give_back_unnamed(m)) {
            moves_tell(m, PROBE_BUFFER_FOREIGN, q->index, slot.name, slot.len);
        }
    } else if (!give_back(m, q, pool, buffer)) {
        moves_tell(m, PROBE_BUFFER_TWICE, pool->index, buffer, q->index);
    }
}

/*
 * What has no way back now may be tried again later, or be lost: that is its owner's doing, who
 * left no room for it. Whatever frame was in it has ended. An endpoint may keep that as well.
 */
void moves_refused(struct moves *m, struct watched *q, struct slot slot)
{
    uint32_t buffer;
    struct held_pool *pool = resolve(q, slot, &buffer);

    if (!q->told_refused) {
        q->told_refused = true;
        moves_tell(m, PROBE_QUEUE_REFUSED, q->index, slot.name, slot.len);
    }
    if (q->frames || m->endpoint) {
        return;
    }
    if (pool == NULL) {
        (void)give_back_unnamed(m);
        return;
    }
    bool here = pool->buffers[buffer].hand != HAND_AWAY;

    (void)give_back(m, q, pool, buffer);
    if (here && pool->buffers[buffer].hand == HAND_AWAY) {
        set_hand(pool, buffer, HAND_EMPTY);
        pool->buffers[buffer].refused = true;
        ++*pool->refused;
    }
}

static bool could_take(const struct moves *m, const struct watched *q, struct whereabouts at)
{
    if (q->frames) {
        return m->endpoint || (at.hand == HAND_AWAY && at.out == 0);
    }
    if (m->endpoint || q->relinks || q->from_device) {
        return at.hand == HAND_AWAY;
    }
    return (at.out & q->out_bit) != 0;
}

static bool could_give(const struct moves *m, const struct watched *q, struct whereabouts at)
{
    if (!q->frames) {
        return at.claims != 0 || (at.out == 0 && at.hand != HAND_AWAY);
    }
    if (m->endpoint || q->relinks || q->from_device) {
        return at.hand == HAND_EMPTY && (!q->relinks || m->counts->in_hand > 0);
    }
    return at.hand == HAND_TAKEN || (at.out != 0 && (at.out & q->out_bit) == 0);
}

bool moves_plausible(const struct moves *m, struct watched *q, struct slot slot)
{
    uint32_t buffer;
    const struct held_pool *pool = resolve(q, slot, &buffer);

    if (pool == NULL) {
        return !q->produces || m->unnamed != 0 || m->strays != 0;
    }
    return q->produces ? could_give(m, q, pool->buffers[buffer])
                       : could_take(m, q, pool->buffers[buffer]);
}
