/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What becomes of the bytes. The watch on a domain knows where a frame comes from and where it
 * goes; here its tag (tags.h) goes with it, and what lies there is compared with what the tag says:
 * by whoever takes frames from a driver, its length; by whoever passes them on in another buffer,
 * the copy; by an endpoint, what it takes.
 *
 * A copy must not reach beyond its frame: what lies behind it in the buffer copied from is what
 * others were sent before. So what lies behind the place where a frame is to end is noted as soon
 * as it is known which frame goes into which buffer, and looked at again when that is given away.
 * If it has become what lies behind the frame it was copied from, it was copied too.
 *
 * On the host's clock the next domain may be at work on a frame before this one's runtime gets to
 * look at it, so there only the ends compare bytes. A tag that is not there yet gives no verdict.
 */
#include <string.h>

#include "sim/base/digest.h"
#include "sim/observe/moves_parts.h"

#define EDGE_CHANGED_MIN 4u /* fewer bytes may be alike by chance */

void moves_bytes_tell(struct moves *m, enum probe_kind kind, uint32_t object,
                      const struct bytes_news *news)
{
    uint64_t *told = kind == PROBE_FRAME_LEAKED ? &m->leaked_told : &m->altered_told;
    struct bytes_news one = *news;

    if (bytes_news_due(told, &one)) {
        moves_tell(m, kind, object, bytes_news_a(&one), bytes_news_b(&one));
    }
}

static const uint8_t *bytes_of(const struct held_pool *pool, uint32_t buffer)
{
    return pool->data + ((uint64_t)buffer << pool->shift);
}

static inline bool judged(const struct moves *m, const struct held_pool *pool)
{
    return m->bytes && pool->tags != NULL && pool->data != NULL;
}

static inline bool fits(const struct held_pool *pool, uint32_t len)
{
    return len <= 1u << pool->shift;
}

/* -- the ends -- */

void moves_bytes_sent(struct moves *m, struct held_pool *pool, uint32_t buffer, uint32_t len)
{
    m->frames_sent++;
    if (!judged(m, pool) || !pool->tags_writable || !m->announced || !fits(pool, len)) {
        return;
    }
    tag_put(&pool->tags[buffer], digest_bytes(bytes_of(pool, buffer), len), len, m->frames_sent,
            m->pd);
}

/* Is this the first time that the frame in the buffer, whose tag is `tag`, comes here? */
static bool first_time(struct held_pool *pool, uint32_t buffer, const struct tag_word *tag)
{
    bool first = pool->turns[buffer] != tag->turn;

    pool->turns[buffer] = tag->turn;
    return first;
}

/* Of what comes straight from a driver, caches may have yet to be told: what lies there is no frame
 * before it is invalidated. */
static bool is_unseen(const struct moves *m, const struct watched *q, const struct held_pool *pool)
{
    return q->by_io_addr && m->plan->regions[m->plan->pools[pool->index].region].incoherent;
}

void moves_bytes_received(struct moves *m, const struct watched *q, struct held_pool *pool,
                          uint32_t buffer, uint32_t len)
{
    if (!judged(m, pool) || pool->turns == NULL || !fits(pool, len) || is_unseen(m, q, pool)) {
        return;
    }
    struct tag_word tag = tag_get(&pool->tags[buffer]);
    struct bytes_news news = {.what = NEWS_RECEIVED,
                              .from = BYTES_UNKNOWN,
                              .to = len,
                              .who = tag.origin,
                              .number = tag.number};

    if (!first_time(pool, buffer, &tag)) {
        if (m->exact && tag.turn != 0 && tag.len != 0) {
            news.what = NEWS_REPEATED;
            moves_bytes_tell(m, PROBE_FRAME_ALTERED, q->index, &news);
        }
    } else if (tag.turn != 0 && tag.len != 0 &&
               (tag.len != len || tag.digest != digest_bytes(bytes_of(pool, buffer), len))) {
        news.what = q->first && tag.len != len         ? NEWS_DRIVER_LENGTH
                    : pool->tags[buffer].faithful != 0 ? NEWS_SOURCE
                                                       : NEWS_RECEIVED;
        moves_bytes_tell(m, PROBE_FRAME_ALTERED, q->index, &news);
    }
}

/* -- on the way -- */

void moves_bytes_stretched(struct moves *m, const struct watched *q, const struct held_pool *pool,
                           uint32_t buffer, uint32_t len)
{
    struct tag_word tag = tag_get(&pool->tags[buffer]);

    if (tag.turn != 0 && tag.len != 0 && tag.len != len) {
        moves_bytes_tell(m, PROBE_FRAME_ALTERED, q->index,
                         &(struct bytes_news){.what = NEWS_DRIVER_LENGTH,
                                              .from = tag.len < len ? tag.len : len,
                                              .to = len,
                                              .who = tag.origin,
                                              .number = tag.number});
    }
}

void moves_bytes_passed(struct moves *m, const struct watched *q, const struct held_pool *pool,
                        uint32_t buffer, uint32_t len)
{
    const struct whereabouts *at = &pool->buffers[buffer];
    uint32_t taken = at->len;
    struct tag_word tag = {.origin = pool->origin};

    /* What is passed on without being here is another's to tell. */
    if ((at->hand != HAND_TAKEN && (at->out == 0 || (at->out & q->out_bit) != 0))) {
        return;
    }
    if (pool->tags != NULL) {
        tag = tag_get(&pool->tags[buffer]);
    }
    moves_bytes_tell(m, PROBE_FRAME_ALTERED, q->index,
                     &(struct bytes_news){.what = NEWS_PASSED_LENGTH,
                                          .from = taken < len ? taken : len,
                                          .to = len,
                                          .who = tag.origin,
                                          .number = tag.number});
}

/* -- copies -- */

struct copy {
    struct held_pool *from, *to;
    uint32_t from_buffer, to_buffer;
    uint32_t taken, len; /* as it came, as it goes on */
    struct tag_word tag;
    const uint8_t *source, *bytes;
};

static uint32_t first_difference(const struct copy *c, uint32_t count)
{
    uint32_t at = 0;

    while (at < count && c->source[at] == c->bytes[at]) {
        at++;
    }
    return at;
}

/*
 * A copier need not keep the order in which frames came: is it the copy of another frame that waits
 * here? The tag is that one's then.
 */
static bool copy_of_another(const struct moves *m, struct copy *c, uint64_t digest)
{
    for (uint32_t turn = m->line_head; turn != m->line_tail; turn++) {
        const struct taken *t = &m->line[turn & m->line_mask];
        const struct whereabouts *at = &t->pool->buffers[t->buffer];

        if (t->pool->tags == NULL || at->hand != HAND_TAKEN || at->turn != turn) {
            continue;
        }
        struct tag_word tag = tag_get(&t->pool->tags[t->buffer]);
        if (tag.turn != 0 && tag.len == c->len && tag.digest == digest) {
            c->tag = tag;
            return true;
        }
    }
    return false;
}

/*
 * The copy is not what it was copied from. Or, on the host's clock, what it was copied from is not
 * what came in: the copy itself its receiver may have changed by now.
 */
static bool tell_copy(struct moves *m, const struct watched *q, struct copy *c)
{
    uint32_t differs = m->exact ? first_difference(c, c->len) : c->len;

    if (m->exact && copy_of_another(m, c, digest_bytes(c->bytes, c->len))) {
        return true;
    }
    moves_bytes_tell(m, PROBE_FRAME_ALTERED, q->index,
                     &(struct bytes_news){.what = differs < c->len ? NEWS_COPY : NEWS_SOURCE,
                                          .from = differs < c->len ? differs : BYTES_UNKNOWN,
                                          .to = c->len,
                                          .who = c->tag.origin,
                                          .number = c->tag.number});
    return false;
}

/* Is the copy what came in? What is not, is told, and said to be unknown from here on. */
static bool compare_copy(struct moves *m, const struct watched *q, struct copy *c)
{
    struct bytes_news news = {
        .from = BYTES_UNKNOWN, .to = c->len, .who = c->tag.origin, .number = c->tag.number};

    if (c->len != c->taken) {
        news.what = NEWS_PASSED_LENGTH;
        news.from = c->len < c->taken ? c->len : c->taken;
        moves_bytes_tell(m, PROBE_FRAME_ALTERED, q->index, &news);
        return false;
    }
    if (c->tag.turn == 0 || c->tag.len == 0 || c->tag.len != c->len) {
        return false;
    }
    if (!first_time(c->from, c->from_buffer, &c->tag) && m->exact) {
        news.what = NEWS_REPEATED;
        moves_bytes_tell(m, PROBE_FRAME_ALTERED, q->index, &news);
        return false;
    }
    bool same = !m->exact || memcmp(c->bytes, c->source, c->len) == 0;

    /* Of what one who is not to be relied on will take, its own word would be worth nothing. */
    if (same && (!m->exact || q->exposed)) {
        same = digest_bytes(c->source, c->len) == c->tag.digest;
    }
    return same || tell_copy(m, q, c);
}

/* How many bytes from `at` on are in both buffers. */
static uint32_t alike_from(const struct copy *c, uint32_t at)
{
    uint32_t end = 1u << (c->from->shift < c->to->shift ? c->from->shift : c->to->shift);
    uint32_t here = at;

    while (here < end && c->source[here] == c->bytes[here]) {
        here++;
    }
    return here - at;
}

/*
 * Bytes [from, to) of a buffer were copied though no part of the frame is there: whose are they?
 * False: they are the receiver's own, or everybody's, or no frame ever lay there.
 */
static bool find_owner(const struct copy *c, uint32_t receiver, uint32_t from, uint32_t to,
                       struct bytes_news *news)
{
    if (c->from->origin != PLAN_NONE) { /* an endpoint's own memory */
        *news = (struct bytes_news){.what = news->what,
                                    .from = from,
                                    .to = to,
                                    .who = c->from->origin,
                                    .number = c->tag.number};
        return c->from->origin != receiver;
    }
    const struct frame_tag *tag = &c->from->tags[c->from_buffer];
    for (unsigned i = 0; i < TAG_LAYERS && from < to; i++) {
        struct tag_layer layer = tag->layers[i];
        uint32_t end = layer.end < to ? layer.end : to;

        if (layer.end == 0) {
            break;
        }
        if (end > from) {
            if (layer.owner != receiver && layer.owner != BYTES_ALL) {
                *news = (struct bytes_news){.what = news->what,
                                            .from = from,
                                            .to = end,
                                            .who = layer.owner,
                                            .number = layer.number};
                return true;
            }
            from = end;
        }
    }
    return false;
}

static void tell_leak(struct moves *m, const struct watched *q, const struct copy *c,
                      enum bytes_what what, uint32_t from, uint32_t to)
{
    struct bytes_news news = {.what = what};

    if (find_owner(c, q->shape->consumer, from, to, &news)) {
        moves_bytes_tell(m, PROBE_FRAME_LEAKED, q->index, &news);
    }
}

/* The copy is longer than what came in: what lies behind the frame goes to the receiver with it. */
static void look_within(struct moves *m, const struct watched *q, const struct copy *c)
{
    if (c->tag.turn != 0 && c->tag.len != 0 && c->len > c->tag.len) {
        uint32_t alike = alike_from(c, c->tag.len);
        uint32_t end = c->tag.len + alike < c->len ? c->tag.len + alike : c->len;

        tell_leak(m, q, c, c->len > c->taken ? NEWS_LEAK_LENGTH : NEWS_LEAK_GIVEN, c->tag.len, end);
    }
}

/* What was noted of the buffer before the copy: did that change, to what lies in the source? */
static void look_beyond(struct moves *m, const struct watched *q, const struct copy *c)
{
    const struct edge *edge = &c->to->edges[c->to_buffer];
    uint32_t changed = 0, last = 0;

    if (edge->at != c->len || edge->bytes == 0 ||
        memcmp(edge->was, c->bytes + c->len, edge->bytes) == 0) {
        return;
    }
    for (uint32_t i = 0; i < edge->bytes; i++) {
        if (edge->was[i] != c->bytes[c->len + i]) {
            changed++;
            last = i;
        }
    }
    uint32_t alike = alike_from(c, c->len);
    if (alike > last && changed >= EDGE_CHANGED_MIN) {
        tell_leak(m, q, c, NEWS_LEAK_BEYOND, c->len,
                  c->len + (alike > edge->bytes ? alike : last + 1));
    }
}

void moves_bytes_copied(struct moves *m, const struct watched *q, struct held_pool *from,
                        uint32_t from_buffer, struct held_pool *to, uint32_t to_buffer,
                        uint32_t len)
{
    if (!judged(m, from) || !judged(m, to)) {
        return;
    }
    struct copy c = {.from = from,
                     .to = to,
                     .from_buffer = from_buffer,
                     .to_buffer = to_buffer,
                     .taken = from->buffers[from_buffer].len,
                     .len = len,
                     .tag = tag_get(&from->tags[from_buffer]),
                     .source = bytes_of(from, from_buffer),
                     .bytes = bytes_of(to, to_buffer)};

    if (!fits(to, len) || !fits(from, c.taken)) {
        return;
    }
    bool same = compare_copy(m, q, &c);

    if (m->edges) {
        look_within(m, q, &c);
        look_beyond(m, q, &c);
        if (to->edges[to_buffer].covered < len) {
            to->edges[to_buffer].covered = (uint16_t)len;
        }
    }
    if (to->tags_writable) {
        to->tags[to_buffer].faithful = m->exact;
        tag_put(&to->tags[to_buffer], c.tag.digest, same ? len : 0, c.tag.number, c.tag.origin);
    }
}

/* -- the edge of a frame that is about to be copied -- */

static void note_edge(struct held_pool *pool, uint32_t buffer, uint32_t len)
{
    struct edge *edge = &pool->edges[buffer];
    uint32_t room = (1u << pool->shift) - (fits(pool, len) ? len : 1u << pool->shift);

    edge->at = (uint16_t)len;
    edge->bytes = (uint16_t)(room < EDGE_BYTES ? room : EDGE_BYTES);
    if (edge->bytes == EDGE_BYTES) {
        memcpy(edge->was, bytes_of(pool, buffer) + len, EDGE_BYTES);
    } else {
        memcpy(edge->was, bytes_of(pool, buffer) + len, edge->bytes);
    }
}

/* The n-th frame that waits here; NULL if there are fewer. */
static const struct whereabouts *waiting(const struct moves *m, uint32_t n)
{
    for (uint32_t turn = m->line_head; turn != m->line_tail; turn++) {
        const struct taken *t = &m->line[turn & m->line_mask];
        const struct whereabouts *at = &t->pool->buffers[t->buffer];

        if (at->hand == HAND_TAKEN && at->turn == turn && n-- == 0) {
            return at;
        }
    }
    return NULL;
}

/*
 * A copier has taken a frame (the last of those in hand): it goes into the buffer that has waited
 * as long as it, if there is one.
 */
void moves_bytes_frame_waits(struct moves *m, uint32_t len)
{
    uint32_t before = m->counts->in_hand > 0 ? (uint32_t)m->counts->in_hand - 1 : 0;

    if (m->edges && before < m->empty_count) {
        note_edge(m->empties[before].pool, m->empties[before].buffer, len);
    }
}

void moves_bytes_buffer_waits(struct moves *m, struct held_pool *pool, uint32_t buffer)
{
    if (!m->edges || !judged(m, pool) || pool->edges == NULL || m->empty_count == EMPTIES_MAX) {
        return;
    }
    const struct whereabouts *frame = m->counts->in_hand == 0 ? NULL : waiting(m, m->empty_count);

    m->empties[m->empty_count++] = (struct taken){.pool = pool, .buffer = buffer};
    pool->edges[buffer].bytes = 0;
    if (frame != NULL) {
        note_edge(pool, buffer, frame->len);
    }
}

void moves_bytes_buffer_gone(struct moves *m, const struct held_pool *pool, uint32_t buffer)
{
    for (uint32_t i = 0; i < m->empty_count; i++) {
        if (m->empties[i].pool == pool && m->empties[i].buffer == buffer) {
            if (--m->empty_count == i) {
                return;
            }
            memmove(&m->empties[i], &m->empties[i + 1],
                    (m->empty_count - i) * sizeof m->empties[0]);
            return;
        }
    }
}

/* -- getting ready -- */

void moves_bytes_pool(struct moves *m, struct held_pool *pool)
{
    const struct plan_pool *p = &m->plan->pools[pool->index];
    const struct plan_map *map =
        p->tags == PLAN_NONE ? NULL : plan_find_map(m->plan, m->pd, p->tags);

    pool->tags = tags_find(m->plan, m->pd, pool->index);
    pool->tags_writable = map != NULL && (map->rights & RIGHT_WRITE) != 0;
    pool->origin = tags_origin(m->plan, pool->index);
}

void moves_bytes_announce(struct moves *m)
{
    for (uint32_t i = 0; i < m->pool_count; i++) {
        if (m->pools[i].tags != NULL && m->pools[i].tags_writable) {
            tags_announce(m->pools[i].tags, m->pools[i].count);
        }
    }
}

static bool lies_in(const struct held_pool *pool, uint64_t offset)
{
    return pool->data != NULL && offset < (uint64_t)pool->count << pool->shift;
}

/* One who copies frames for others has no business beyond the buffer that a frame lies in. */
void moves_copies(struct moves *m, const volatile void *from, uint64_t bytes)
{
    for (uint32_t i = 0; m->line != NULL && i < m->pool_count; i++) {
        uint32_t at = (m->copied_last + i) % m->pool_count;
        const struct held_pool *pool = &m->pools[at];
        uint64_t offset = (uint64_t)(uintptr_t)from - (uint64_t)(uintptr_t)pool->data;
        uint64_t room = (1ull << pool->shift) - (offset & ((1ull << pool->shift) - 1));

        if (!lies_in(pool, offset)) {
            continue;
        }
        m->copied_last = at;
        if (bytes > room && !m->told_copy) {
            m->told_copy = true;
            moves_tell(m, PROBE_COPY_BEYOND, pool->index, offset, bytes);
        }
        return;
    }
}
