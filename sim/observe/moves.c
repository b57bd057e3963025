/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The watch on one domain. An image whose queue code tells of its moves is believed about them, as
 * it knows best what it put and took; an index that moved untold (an image with queue code of its
 * own, or a forger) is found when the entry ends, and what lies between is read from the slots.
 *
 * Both ends map a queue with the same rights, so the index may also have been moved by the other
 * end. That is put down to it where it is compromised or untrusted and this image tells of its own
 * moves; what this domain then does is told from where its index was put.
 */
#include "sim/observe/moves_parts.h"

/* -- reading shared memory, once -- */

static inline uint32_t peer_index(const struct watched *q)
{
    return queue_load_index(q->peer, q->index_bytes);
}

/* -- noticing moves -- */

static inline void note_length(const struct watched *q, uint32_t own)
{
    uint32_t length = (own - peer_index(q)) & q->index_mask;

    if (length > q->counts->max_length && length <= q->slot_mask + 1) {
        q->counts->max_length = length;
    }
}

static void illegal(struct moves *m, struct watched *q, uint32_t from, uint32_t to)
{
    if (!q->counts->illegal) {
        q->counts->illegal = 1;
        q->usual = MOVE_NONE;
        moves_tell(m, PROBE_INDEX_ILLEGAL, q->index, from, to);
    }
}

/* The other end put the index at `now`. */
static void displaced(struct watched *q, uint32_t now)
{
    if (!q->counts->displaced) {
        q->counts->displaced = 1;
        q->counts->displaced_from = q->shadow;
        q->counts->displaced_to = now;
    }
    q->shadow = now;
    q->counts->index = now;
}

/*
 * May this domain have brought its index to `now` by legal moves? The queue must hold no more than
 * it can, and the step must not be one back. Where the queue was impossible before the step, the
 * other end's index lies; that is not this domain's doing.
 */
static bool legal(const struct watched *q, uint32_t now)
{
    uint32_t mask = q->index_mask, capacity = q->shape->capacity;
    uint32_t step = (now - q->shadow) & mask, peer = peer_index(q);
    uint32_t before = (q->produces ? q->shadow - peer : peer - q->shadow) & mask;
    uint32_t length = (q->produces ? now - peer : peer - now) & mask;

    if (step > mask / 2 + 1) {
        return false;
    }
    return length <= capacity || (before > capacity && step <= capacity);
}

/*
 * A queue of which more than all entries moved, because the other end moved on meanwhile: what was
 * in the older ones can no longer be read. They count, and no buffer changes its place, since each
 * must have come back to be there again.
 */
static void skip_unreadable(struct watched *q, uint32_t now)
{
    uint32_t step = (now - q->shadow) & q->index_mask, capacity = q->shape->capacity;

    if (step > capacity) {
        q->counts->moved += step - capacity;
        q->shadow = (now - capacity) & q->index_mask;
    }
}

/*
 * An endpoint took a buffer, and before that was seen the other end put another one in its place:
 * all that is known is that it has one more of its own than it seems.
 */
static bool is_covered(const struct moves *m, const struct watched *q)
{
    return m->endpoint && !q->produces && !q->frames &&
           ((peer_index(q) - q->shadow) & q->index_mask) > q->shape->capacity;
}

/* The next move of a queue that is behind. */
static void account_next(struct moves *m, struct watched *q)
{
    if (is_covered(m, q)) {
        m->covered++;
        q->shadow = (q->shadow + 1) & q->index_mask;
        q->counts->moved++;
        return;
    }
    struct slot slot = read_slot(q, q->shadow);

    q->shadow = (q->shadow + 1) & q->index_mask;
    q->counts->moved++;
    q->means(m, q, slot);
}

/* This domain moved its index to `now` and announced nothing: account for what lies between. */
static void catch_up(struct moves *m, struct watched *q, uint32_t now)
{
    if (!legal(q, now)) {
        illegal(m, q, q->shadow, now);
        return;
    }
    skip_unreadable(q, now);
    while (q->shadow != now) {
        account_next(m, q);
    }
    q->counts->index = now;
    if (q->produces) {
        note_length(q, now);
    }
}

/* A free queue is first filled by its consumer. */
static bool first_filled(const struct watched *q)
{
    return q->produces && !q->frames && q->counts->moved == 0;
}

/* The index is not where this domain was seen to leave it. */
static void resync(struct moves *m, struct watched *q, uint32_t now)
{
    q->looked = now; /* not by its own moves */
    if (first_filled(q)) {
        q->shadow = now;
    } else if (q->exposed && m->announced) {
        displaced(q, now);
    } else {
        catch_up(m, q, now);
    }
}

static struct watched *look_up(struct moves *m, const volatile void *where)
{
    uint32_t at = moves_hash((uintptr_t)where);

    for (;; at++) {
        uint16_t entry = m->hash[at % HASH_SLOTS];

        if (entry == 0) {
            return NULL;
        }
        struct watched *q = &m->queues[entry - 1];
        if (q->base == where) {
            m->near[((uintptr_t)where >> 12) % NEAR_SLOTS] = q;
            return q;
        }
    }
}

struct watched *moves_find(struct moves *m, const volatile void *queue)
{
    struct watched *q = moves_near(m, queue);

    return q->base == queue ? q : look_up(m, queue);
}

static inline void arrive(struct watched *q, uint32_t index)
{
    q->shadow = index;
    q->counts->index = index;
    q->counts->moved++;
    if (q->produces) {
        note_length(q, index);
    }
}

/* Where an announced move leaves the index, whatever that says now; it is looked at when the entry
 * ends. */
static inline uint32_t after_move(const struct watched *q)
{
    return (q->shadow + 1) & q->index_mask;
}

/* One that the other end may write too is looked at each time. */
static uint32_t after_odd_move(struct watched *q)
{
    uint32_t now = own_index(q);

    if (q->counts->moved == 0 && first_filled(q)) {
        return now;
    }
    q->shadow = after_move(q);
    if (q->exposed && now != q->shadow) {
        displaced(q, now);
    }
    return q->shadow;
}

static inline struct slot slot_of(const struct watched *q, uint64_t name, uint64_t rest)
{
    return (struct slot){.name = name,
                         .len = (uint16_t)(rest >> q->len_shift),
                         .pool_id = (uint32_t)(rest >> q->pool_shift) & q->pool_mask};
}

/* The first move of a queue, one of a queue that the other end may disturb, one that was refused,
 * or one that is nobody's business. */
static __attribute__((noinline)) void moved_oddly(struct moves *m, enum move_kind kind,
                                                  const volatile void *queue, uint64_t name,
                                                  uint64_t rest)
{
    struct watched *q = moves_find(m, queue);
    enum move_kind own = q != NULL && q->produces ? MOVE_PUT : MOVE_TAKEN;

    m->announced = true;
    /* A consumer that fills its own free queue before the start is not making moves of its own. */
    if (q == NULL || q->counts->illegal || (own == MOVE_TAKEN) != (kind == MOVE_TAKEN)) {
        return;
    }
    if (kind == MOVE_REFUSED) {
        moves_refused(m, q, slot_of(q, name, rest));
        return;
    }
    arrive(q, after_odd_move(q));
    q->usual = q->exposed ? MOVE_NONE : (uint8_t)own;
    q->means(m, q, slot_of(q, name, rest));
}

void moves_moved(struct moves *m, enum move_kind kind, const volatile void *queue, uint64_t name,
                 uint64_t rest)
{
    struct watched *q = moves_near(m, queue);

    if (__builtin_expect(q->base != queue || q->usual != kind, 0)) {
        moved_oddly(m, kind, queue, name, rest);
        return;
    }
    arrive(q, after_move(q));
    q->means(m, q, slot_of(q, name, rest));
}

uint32_t moves_frame_bytes(const struct moves *m, const volatile void *queue, uint64_t rest)
{
    const struct watched *q = moves_near(m, queue);

    return q->base != queue || !q->frames ? 0 : (uint16_t)(rest >> q->len_shift);
}

/* -- images that tell nothing: in what order did it all happen? -- */

enum turn { TURN_TAKE, TURN_PASS, TURN_GIVE_BACK, TURNS };

static enum turn turn_of(const struct watched *q)
{
    return !q->produces ? TURN_TAKE : q->frames ? TURN_PASS : TURN_GIVE_BACK;
}

/* Account for the moves of one kind that could have been made by now. True if there was any. */
static bool replay_turn(struct moves *m, enum turn turn)
{
    bool any = false;

    for (uint32_t i = 0; i < m->queue_count; i++) {
        struct watched *q = &m->queues[i];

        while (turn_of(q) == turn && q->shadow != q->until &&
               (is_covered(m, q) || moves_plausible(m, q, read_slot(q, q->shadow)))) {
            account_next(m, q);
            any = true;
        }
    }
    return any;
}

/* Account for a move that could not have been made. False if none is left. */
static bool replay_odd(struct moves *m, enum turn turn)
{
    for (uint32_t i = 0; i < m->queue_count; i++) {
        struct watched *q = &m->queues[i];

        if (turn_of(q) == turn && q->shadow != q->until) {
            if (m->endpoint && first_filled(q)) {
                q->shadow = (q->shadow + 1) & q->index_mask;
            } else {
                account_next(m, q);
            }
            return true;
        }
    }
    return false;
}

/*
 * Several queues moved and nobody saw in which order: any order in which no buffer is passed on
 * before it is taken tells the same. What fits no order was wrong, and is accounted for as it
 * stands.
 */
static void replay(struct moves *m)
{
    bool any = true;

    while (any) {
        any = false;
        for (unsigned turn = 0; turn < TURNS; turn++) {
            any |= replay_turn(m, (enum turn)turn);
        }
        for (unsigned turn = 0; turn < TURNS && !any; turn++) {
            any = replay_odd(m, (enum turn)turn);
        }
    }
}

/* A domain that tells nothing is about to run: what has moved since it was looked at last, it did
 * not move. */
static void begin_untold(struct moves *m)
{
    for (uint32_t i = 0; i < m->queue_count; i++) {
        struct watched *q = &m->queues[i];
        uint32_t now = own_index(q);

        if (now == q->shadow || q->counts->illegal) {
            continue;
        }
        if (first_filled(q)) {
            q->shadow = now;
        } else if (m->hooks.exact && q->exposed) {
            displaced(q, now);
        }
    }
}

void moves_begin(struct moves *m, uint64_t badge)
{
    if (m->bounded) {
        work_begin(m, badge);
    }
    if (m->spare != NULL) {
        uint32_t offered = (peer_index(m->spare) - own_index(m->spare)) & m->spare->index_mask;

        m->spare_offered = offered <= m->spare->shape->capacity ? offered : 0;
        m->spare_moved = m->spare->counts->moved;
    }
    if (__builtin_expect(m->any_left, 0)) {
        flags_begin(m, badge);
    }
    if (!m->announced) {
        begin_untold(m);
    }
}

/*
 * An index was moved, and this image has told of none of its moves. True if there is something to
 * replay. Where that is no move a queue allows, whoever else can write there and is not to be
 * relied on has made it.
 */
static bool fell_behind(struct moves *m, struct watched *q, uint32_t now)
{
    if (!legal(q, now)) {
        if (q->exposed) {
            displaced(q, now);
        } else {
            illegal(m, q, q->shadow, now);
        }
        return false;
    }
    skip_unreadable(q, now);
    q->until = now;
    q->counts->index = now;
    if (q->produces) {
        note_length(q, now);
    }
    return true;
}

/* Has this domain ever taken anything from anybody? Before that it has nothing to give back. */
static bool took_something(const struct moves *m)
{
    for (uint32_t i = 0; i < m->queue_count; i++) {
        const struct watched *q = &m->queues[i];

        if (!q->produces && (q->counts->moved != 0 || own_index(q) != q->shadow)) {
            return true;
        }
    }
    return false;
}

/* An image that tells of its moves has nearly always told of all. */
static void settle_told(struct moves *m)
{
    for (uint32_t i = 0; i < m->queue_count; i++) {
        struct watched *q = &m->queues[i];
        uint32_t now = own_index(q);

        if (__builtin_expect(now != q->shadow, 0) && !q->counts->illegal) {
            resync(m, q, now);
        }
    }
}

/* One that does not, or has not yet. */
static void settle_untold(struct moves *m)
{
    bool behind = false;
    /* Of a domain that others give to: at the end of init(), or woken before anybody had anything
     * for it. */
    bool empty_handed = !m->endpoint && !took_something(m);

    for (uint32_t i = 0; i < m->queue_count; i++) {
        struct watched *q = &m->queues[i];
        uint32_t now = own_index(q);

        if (empty_handed && first_filled(q) && !(m->settled && q->feeds_device)) {
            q->shadow = now; /* its consumer is filling it, and may be in the middle of that */
        }
        if (now != q->shadow && !q->counts->illegal) {
            behind |= fell_behind(m, q, now);
        }
        if (q->counts->illegal || now == q->shadow) {
            q->until = q->shadow;
        }
    }
    if (behind) {
        m->looks++;
        replay(m);
    }
}

void moves_look(struct moves *m)
{
    if (!m->announced) {
        settle_untold(m);
    }
}

void moves_settle(struct moves *m)
{
    if (m->announced) {
        settle_told(m);
        if (m->bounded) {
            work_settle(m);
        }
        if (m->follows) {
            flags_settle(m);
        }
        if (m->bytes && !m->tags_announced) {
            m->tags_announced = true;
            moves_bytes_announce(m);
        }
    } else {
        settle_untold(m);
    }
    fair_settle(m);
    m->settled = true;
}

bool moves_announced(const struct moves *m)
{
    return m->announced;
}
