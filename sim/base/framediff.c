/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comparing two captures. What is equal at the beginning and at the end is paired off at once, by
 * looking at the bytes; ordinary captures are done with that. In the middle every frame is given a
 * number for its content and, where flows matter, one for its flow. Then the middle is a set of
 * lanes (one, or one for each flow), each a sequence of numbers on either side, and each lane is
 * aligned. What is left over on both sides is looked through for frames that only moved, and for
 * pairs that stand in the same place and are alike: those are changed.
 */
#include "sim/base/framediff.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/align.h"

#define NONE UINT32_MAX
/* How many frames of B a leftover frame of A is compared with to find the one that it became. */
#define CHANGED_WINDOW 8
/* How many bytes of two frames are compared to see whether they are alike. */
#define ALIKE_BYTES 256
/* How many frames are numbered at a time. */
#define BATCH 32

/* What has become of a frame so far. */
enum fate { FATE_LEFT, FATE_SAME, FATE_MOVED, FATE_CHANGED };

struct side {
    struct frame_record *frames;
    uint32_t count;
    uint32_t *partners; /* the index on the other side, where the fate joins two */
    uint8_t *fates;
    /* Of the middle, by index less the common beginning: */
    uint32_t *contents; /* equal if and only if the frames are */
    uint32_t *flows;
    uint32_t *order;       /* indices lane by lane */
    uint32_t *lane_starts; /* in order; one more than there are lanes */
};

struct framediff {
    struct framediff_options options;
    struct side a, b;
    uint32_t common_start, common_end; /* frames paired off at the beginning, at the end */
    struct framediff_counts counts;
    uint32_t a_next, b_next; /* of the differences being read */
    uint8_t form_a[PCAPFILE_FRAME_BYTES_MAX], form_b[PCAPFILE_FRAME_BYTES_MAX];
};

/* ---- numbering ---- */

/*
 * Gives equal things the same number, counting from 0. A thing is known by its hash and by one
 * frame that has it; whether two frames really have the same is for `equal` to say, so a hash that
 * is not unique costs time only.
 */
struct numbering {
    struct slot {
        uint32_t hash, number;
    } * slots;
    size_t mask;
    struct frame_record *examples; /* by number */
    uint32_t count;
    bool (*equal)(struct framediff *d, const struct frame_record *x, const struct frame_record *y);
};

static int numbering_init(struct numbering *n, size_t things_max,
                          bool (*equal)(struct framediff *d, const struct frame_record *x,
                                        const struct frame_record *y))
{
    size_t slots = 64;

    while (slots < things_max + things_max / 2) {
        slots *= 2;
    }
    n->mask = slots - 1;
    n->count = 0;
    n->equal = equal;
    n->slots = malloc(slots * sizeof(*n->slots));
    n->examples = malloc((things_max + 1) * sizeof(*n->examples));
    if (n->slots == NULL || n->examples == NULL) {
        free(n->slots);
        free(n->examples);
        n->slots = NULL;
        n->examples = NULL;
        return -ENOMEM;
    }
    memset(n->slots, 0xff, slots * sizeof(*n->slots)); /* every number NONE: free */
    return 0;
}

static void numbering_finish(struct numbering *n)
{
    free(n->slots);
    free(n->examples);
}

static uint32_t number_of(struct framediff *d, struct numbering *n, uint64_t hash,
                          const struct frame_record *frame)
{
    uint32_t short_hash = (uint32_t)(hash >> 32);
    size_t at = hash & n->mask;

    for (; n->slots[at].number != NONE; at = (at + 1) & n->mask) {
        if (n->slots[at].hash == short_hash &&
            n->equal(d, &n->examples[n->slots[at].number], frame)) {
            return n->slots[at].number;
        }
    }
    n->slots[at] = (struct slot){short_hash, n->count};
    n->examples[n->count] = *frame;
    return n->count++;
}

static uint64_t fold(uint64_t x, uint64_t y)
{
    __uint128_t product = (__uint128_t)x * y;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Sixteen bytes for a multiplication, several times as fast as the digests of sim/base/hash.h,
 * which must be the same on every machine. This one only has to spread: equality is always looked
 * at in the bytes. */
static uint64_t hash_fast(const uint8_t *bytes, size_t count)
{
    uint64_t hash = 0x9e3779b97f4a7c15u ^ count;
    uint64_t words[2];

    while (count >= sizeof(words)) {
        memcpy(words, bytes, sizeof(words));
        hash = fold(words[0] ^ 0xe7037ed1a0b428dbu, words[1] ^ hash);
        bytes += sizeof(words);
        count -= sizeof(words);
    }
    words[0] = words[1] = 0;
    memcpy(words, bytes, count);
    hash = fold(words[0] ^ 0x8ebc6af09c88c6e3u, words[1] ^ hash);
    return fold(hash ^ 0x589965cc75374cc3u, 0x1d8e4e27c47d124fu);
}

/* ---- what is equal ---- */

static bool equal_contents(struct framediff *d, const struct frame_record *x,
                           const struct frame_record *y)
{
    /* Every frame read has bytes, and at least one. */
    assert(x->bytes != NULL);
    assert(y->bytes != NULL);
    if (x->bytes_count == y->bytes_count && memcmp(x->bytes, y->bytes, x->bytes_count) == 0) {
        return true;
    }
    if (d->options.ignored == 0) {
        return false;
    }
    uint32_t x_bytes = frame_without(x->bytes, x->bytes_count, d->options.ignored, d->form_a);
    uint32_t y_bytes = frame_without(y->bytes, y->bytes_count, d->options.ignored, d->form_b);

    return x_bytes == y_bytes && memcmp(d->form_a, d->form_b, x_bytes) == 0;
}

static uint64_t hash_contents(struct framediff *d, const struct frame_record *frame)
{
    if (d->options.ignored == 0) {
        return hash_fast(frame->bytes, frame->bytes_count);
    }
    uint32_t bytes = frame_without(frame->bytes, frame->bytes_count, d->options.ignored, d->form_a);

    return hash_fast(d->form_a, bytes);
}

static bool equal_flows(struct framediff *d, const struct frame_record *x,
                        const struct frame_record *y)
{
    struct frame_flow of_x, of_y;

    frame_flow(&of_x, x->bytes, x->bytes_count, d->options.ignored);
    frame_flow(&of_y, y->bytes, y->bytes_count, d->options.ignored);
    return memcmp(&of_x, &of_y, sizeof(of_x)) == 0;
}

static uint64_t hash_flow(struct framediff *d, const struct frame_record *frame)
{
    struct frame_flow flow;

    frame_flow(&flow, frame->bytes, frame->bytes_count, d->options.ignored);
    return hash_fast((const uint8_t *)&flow, sizeof(flow));
}

/* ---- reading ---- */

static void *array(size_t count, size_t size)
{
    return calloc(count + 1, size);
}

static int side_read(struct side *s, struct pcapfile *from)
{
    uint64_t count = pcapfile_count(from);

    if (count > ALIGN_LENGTH_MAX) {
        return -EFBIG;
    }
    s->frames = array(count, sizeof(*s->frames));
    s->partners = array(count, sizeof(*s->partners));
    s->fates = calloc(count + 1, sizeof(*s->fates));
    if (s->frames == NULL || s->partners == NULL || s->fates == NULL) {
        return -ENOMEM;
    }
    pcapfile_rewind(from);
    while (s->count < count && pcapfile_next(from, &s->frames[s->count])) {
        s->count++;
    }
    return 0;
}

static void side_finish(struct side *s)
{
    free(s->frames);
    free(s->partners);
    free(s->fates);
    free(s->contents);
    free(s->flows);
    free(s->order);
    free(s->lane_starts);
}

static void join(struct framediff *d, uint32_t a, uint32_t b, enum fate fate)
{
    assert(d->a.fates[a] == FATE_LEFT && d->b.fates[b] == FATE_LEFT);
    d->a.fates[a] = d->b.fates[b] = (uint8_t)fate;
    d->a.partners[a] = b;
    d->b.partners[b] = a;
}

static void pair_off_ends(struct framediff *d)
{
    uint32_t least = d->a.count < d->b.count ? d->a.count : d->b.count;
    uint32_t start = 0, end = 0;

    while (start < least && equal_contents(d, &d->a.frames[start], &d->b.frames[start])) {
        join(d, start, start, FATE_SAME);
        start++;
    }
    while (end < least - start && equal_contents(d, &d->a.frames[d->a.count - 1 - end],
                                                 &d->b.frames[d->b.count - 1 - end])) {
        join(d, d->a.count - 1 - end, d->b.count - 1 - end, FATE_SAME);
        end++;
    }
    d->common_start = start;
    d->common_end = end;
}

/* ---- the middle ---- */

static uint32_t middle_count(const struct framediff *d, const struct side *s)
{
    return s->count - d->common_start - d->common_end;
}

/*
 * Nearly every look into a table this large waits for memory. So frames are numbered in batches:
 * hash all of a batch and ask for where each will look first, then, when that has come, ask for the
 * frame it will be compared with.
 */
static void look_ahead(const struct numbering *n, const uint64_t *hashes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        __builtin_prefetch(&n->slots[hashes[i] & n->mask]);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = n->slots[hashes[i] & n->mask].number;

        if (number != NONE) {
            __builtin_prefetch(&n->examples[number]);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = n->slots[hashes[i] & n->mask].number;

        if (number != NONE) {
            __builtin_prefetch(n->examples[number].bytes);
        }
    }
}

/*
 * Number the contents of one side, and the flows unless `flows` is NULL. Frames of one content are
 * of one flow, so a flow is looked up once for each content, and kept in `flow_of`.
 */
static void number_side(struct framediff *d, struct side *s, struct numbering *contents,
                        struct numbering *flows, uint32_t *flow_of)
{
    uint32_t count = middle_count(d, s);
    uint64_t hashes[BATCH];

    for (uint32_t start = 0; start < count; start += BATCH) {
        const struct frame_record *frames = &s->frames[d->common_start + start];
        uint32_t batch = count - start < BATCH ? count - start : BATCH;

        for (uint32_t i = 0; i < batch; i++) {
            hashes[i] = hash_contents(d, &frames[i]);
        }
        look_ahead(contents, hashes, batch);
        for (uint32_t i = 0; i < batch; i++) {
            uint32_t known = contents->count;
            uint32_t content = number_of(d, contents, hashes[i], &frames[i]);

            if (content == known) {
                flow_of[content] =
                    flows == NULL ? 0 : number_of(d, flows, hash_flow(d, &frames[i]), &frames[i]);
            }
            s->contents[start + i] = content;
            s->flows[start + i] = flow_of[content];
        }
    }
}

/* Put the indices of the middle in order lane by lane, keeping their order within each. */
static int sort_into_lanes(const struct framediff *d, struct side *s, uint32_t lanes)
{
    uint32_t count = middle_count(d, s);

    s->order = array(count, sizeof(*s->order));
    s->lane_starts = calloc((size_t)lanes + 2, sizeof(*s->lane_starts));
    if (s->order == NULL || s->lane_starts == NULL) {
        return -ENOMEM;
    }
    /* Counted one place up and placed through it, each start ends where the next lane begins. */
    for (uint32_t i = 0; i < count; i++) {
        s->lane_starts[s->flows[i] + 2]++;
    }
    for (uint32_t lane = 2; lane < lanes + 2; lane++) {
        s->lane_starts[lane] += s->lane_starts[lane - 1];
    }
    for (uint32_t i = 0; i < count; i++) {
        s->order[s->lane_starts[s->flows[i] + 1]++] = i;
    }
    return 0;
}

/* Number contents and flows of the middle. Without flows all is one flow. */
static int number_middle(struct framediff *d, uint32_t *kinds, uint32_t *lanes)
{
    size_t frames = (size_t)middle_count(d, &d->a) + middle_count(d, &d->b);
    bool by_flow = d->options.order != FRAMEDIFF_ORDER_STRICT;
    struct numbering contents = {.slots = NULL}, flows = {.slots = NULL};
    uint32_t *flow_of = array(frames, sizeof(*flow_of));
    int error = flow_of == NULL ? -ENOMEM : numbering_init(&contents, frames, equal_contents);

    if (error == 0 && by_flow) {
        error = numbering_init(&flows, frames, equal_flows);
    }
    if (error == 0) {
        number_side(d, &d->a, &contents, by_flow ? &flows : NULL, flow_of);
        number_side(d, &d->b, &contents, by_flow ? &flows : NULL, flow_of);
        *kinds = contents.count;
        *lanes = by_flow ? flows.count : 1;
    }
    numbering_finish(&contents);
    numbering_finish(&flows);
    free(flow_of);
    return error;
}

/* Number the middle and sort it into lanes. */
static int build_middle(struct framediff *d, uint32_t *kinds, uint32_t *lanes)
{
    struct side *sides[2] = {&d->a, &d->b};
    int error;

    for (int i = 0; i < 2; i++) {
        sides[i]->contents = array(middle_count(d, sides[i]), sizeof(uint32_t));
        sides[i]->flows = array(middle_count(d, sides[i]), sizeof(uint32_t));
        if (sides[i]->contents == NULL || sides[i]->flows == NULL) {
            return -ENOMEM;
        }
    }
    error = number_middle(d, kinds, lanes);
    for (int i = 0; error == 0 && i < 2; i++) {
        error = sort_into_lanes(d, sides[i], *lanes);
    }
    return error;
}

/* Room for one lane at a time. */
struct lane_room {
    uint32_t *a, *b, *match;
};

static void align_lane(struct framediff *d, struct align *align, uint32_t lane,
                       struct lane_room *room)
{
    const uint32_t *a_order = &d->a.order[d->a.lane_starts[lane]];
    const uint32_t *b_order = &d->b.order[d->b.lane_starts[lane]];
    uint32_t a_count = d->a.lane_starts[lane + 1] - d->a.lane_starts[lane];
    uint32_t b_count = d->b.lane_starts[lane + 1] - d->b.lane_starts[lane];

    for (uint32_t i = 0; i < a_count; i++) {
        room->a[i] = d->a.contents[a_order[i]];
    }
    for (uint32_t i = 0; i < b_count; i++) {
        room->b[i] = d->b.contents[b_order[i]];
    }
    align_run(align, room->a, a_count, room->b, b_count, room->match);
    for (uint32_t i = 0; i < a_count; i++) {
        if (room->match[i] != ALIGN_NONE) {
            join(d, d->common_start + a_order[i], d->common_start + b_order[room->match[i]],
                 FATE_SAME);
        }
    }
}

static int align_lanes(struct framediff *d, uint32_t kinds, uint32_t lanes, struct lane_room *room)
{
    struct align *align;
    int error =
        align_create(&align, middle_count(d, &d->a), middle_count(d, &d->b), kinds, ALIGN_COST_MAX);

    if (error != 0) {
        return error;
    }
    for (uint32_t lane = 0; lane < lanes; lane++) {
        align_lane(d, align, lane, room);
    }
    align_destroy(align);
    return 0;
}

/* Join frames of equal content that are left on both sides, the first with the first and so on. */
static int join_equal(struct framediff *d, uint32_t kinds, enum fate fate)
{
    uint32_t a_count = middle_count(d, &d->a), b_count = middle_count(d, &d->b);
    uint32_t *first = array(kinds, sizeof(*first)), *next = array(a_count, sizeof(*next));
    int error = first == NULL || next == NULL ? -ENOMEM : 0;

    if (error == 0) {
        memset(first, 0xff, (size_t)kinds * sizeof(*first));
        for (uint32_t i = a_count; i > 0; i--) {
            uint32_t kind = d->a.contents[i - 1];

            if (d->a.fates[d->common_start + i - 1] == FATE_LEFT) {
                next[i - 1] = first[kind];
                first[kind] = i - 1;
            }
        }
        for (uint32_t i = 0; i < b_count; i++) {
            uint32_t *a = &first[d->b.contents[i]];

            if (d->b.fates[d->common_start + i] == FATE_LEFT && *a != NONE) {
                join(d, d->common_start + *a, d->common_start + i, fate);
                *a = next[*a];
            }
        }
    }
    free(first);
    free(next);
    return error;
}

/* ---- what has changed ---- */

/*
 * How much alike two frames of different content are; 0: not at all. A flow in common says most,
 * then equal bytes; between flows it takes three of four bytes, which is what a frame has after
 * damage on its way.
 */
static uint32_t likeness(struct framediff *d, const struct frame_record *x,
                         const struct frame_record *y)
{
    uint32_t longer = x->bytes_count > y->bytes_count ? x->bytes_count : y->bytes_count;
    uint32_t shorter = x->bytes_count < y->bytes_count ? x->bytes_count : y->bytes_count;
    uint32_t compared = shorter < ALIKE_BYTES ? shorter : ALIKE_BYTES;
    uint32_t whole = longer < ALIKE_BYTES ? longer : ALIKE_BYTES;
    uint32_t equal = 0;

    for (uint32_t i = 0; i < compared; i++) {
        equal += x->bytes[i] == y->bytes[i];
    }
    assert(whole > 0); /* no capture holds frames of no bytes */
    uint32_t percent = equal * 100 / whole;

    /* Unless the order is strict, a lane is a flow. */
    if (d->options.order != FRAMEDIFF_ORDER_STRICT || equal_flows(d, x, y)) {
        return 101 + percent;
    }
    return percent >= 75 ? percent : 0;
}

/* Look among the next few left of B for what became of a left frame of A; NONE or the index in `b`.
 */
static uint32_t find_changed(struct framediff *d, uint32_t a, const uint32_t *b, uint32_t b_start,
                             uint32_t b_end)
{
    uint32_t best = NONE, best_likeness = 0;

    for (uint32_t j = b_start; j < b_end && j < b_start + CHANGED_WINDOW; j++) {
        uint32_t alike = likeness(d, &d->a.frames[a], &d->b.frames[b[j]]);

        if (alike > best_likeness) {
            best = j;
            best_likeness = alike;
        }
        if (alike >= 101 + 90) {
            break; /* it will hardly get better */
        }
    }
    return best;
}

/* Pair the alike among frames left in the same place of both captures, in order. */
static void pair_changed(struct framediff *d, const uint32_t *a, uint32_t a_count,
                         const uint32_t *b, uint32_t b_count)
{
    uint32_t next = 0;

    for (uint32_t i = 0; i < a_count && next < b_count; i++) {
        uint32_t found = find_changed(d, a[i], b, next, b_count);

        if (found != NONE) {
            join(d, a[i], b[found], FATE_CHANGED);
            next = found + 1;
        }
    }
}

/*
 * Move the left frames of a lane, from `*at` up to the next that is the same on both sides (or, if
 * `whole`, of the rest of the lane), to `out`. Returns how many; `*at` is then past the one that
 * was the same.
 */
static uint32_t gather_left(const struct framediff *d, const struct side *s, uint32_t *at,
                            uint32_t end, bool whole, uint32_t *out)
{
    uint32_t count = 0;

    while (*at < end) {
        uint32_t index = d->common_start + s->order[(*at)++];

        if (s->fates[index] == FATE_LEFT) {
            out[count++] = index;
        } else if (s->fates[index] == FATE_SAME && !whole) {
            break;
        }
    }
    return count;
}

static void find_changed_of_lane(struct framediff *d, uint32_t lane, struct lane_room *room)
{
    bool whole = d->options.order == FRAMEDIFF_ORDER_ANY;
    uint32_t a_at = d->a.lane_starts[lane], a_end = d->a.lane_starts[lane + 1];
    uint32_t b_at = d->b.lane_starts[lane], b_end = d->b.lane_starts[lane + 1];

    /* The same frames stand in the same order on both sides of a lane, so the places between them
     * agree. */
    while (a_at < a_end && b_at < b_end) {
        uint32_t a_count = gather_left(d, &d->a, &a_at, a_end, whole, room->a);
        uint32_t b_count = gather_left(d, &d->b, &b_at, b_end, whole, room->b);

        pair_changed(d, room->a, a_count, room->b, b_count);
    }
}

static int compare_middle(struct framediff *d)
{
    uint32_t a_count = middle_count(d, &d->a), b_count = middle_count(d, &d->b);
    struct lane_room room = {array(a_count, sizeof(uint32_t)), array(b_count, sizeof(uint32_t)),
                             array(a_count, sizeof(uint32_t))};
    uint32_t kinds = 0, lanes = 0;
    int error = room.a == NULL || room.b == NULL || room.match == NULL ? -ENOMEM : 0;

    if (error == 0) {
        error = build_middle(d, &kinds, &lanes);
    }
    if (error == 0 && d->options.order == FRAMEDIFF_ORDER_ANY) {
        error = join_equal(d, kinds, FATE_SAME);
    } else if (error == 0) {
        error = align_lanes(d, kinds, lanes, &room);
        if (error == 0) {
            error = join_equal(d, kinds, FATE_MOVED);
        }
    }
    for (uint32_t lane = 0; error == 0 && lane < lanes; lane++) {
        find_changed_of_lane(d, lane, &room);
    }
    free(room.a);
    free(room.b);
    free(room.match);
    return error;
}

/* ---- the result ---- */

/* How much later the frame came in B than in A, each counted from the first frame of its capture.
 */
static int64_t later_in_b(const struct framediff *d, uint32_t a, uint32_t b)
{
    uint64_t in_a = d->a.frames[a].time_ns - d->a.frames[0].time_ns;
    uint64_t in_b = d->b.frames[b].time_ns - d->b.frames[0].time_ns;

    return (int64_t)(in_b - in_a);
}

static bool is_late(const struct framediff *d, uint32_t a, uint32_t b)
{
    if (!d->options.compare_times) {
        return false; /* and spare looking at the frames */
    }
    int64_t late_ns = later_in_b(d, a, b);
    uint64_t off_ns = late_ns < 0 ? 0 - (uint64_t)late_ns : (uint64_t)late_ns;

    return off_ns > d->options.tolerance_ns;
}

static void count_all(struct framediff *d)
{
    struct framediff_counts *counts = &d->counts;

    counts->a_frames = d->a.count;
    counts->b_frames = d->b.count;
    for (uint32_t i = 0; i < d->a.count; i++) {
        switch ((enum fate)d->a.fates[i]) {
        case FATE_LEFT:
            counts->kinds[FRAMEDIFF_ONLY_A]++;
            break;
        case FATE_SAME:
            counts->same++;
            counts->kinds[FRAMEDIFF_LATE] += is_late(d, i, d->a.partners[i]);
            break;
        case FATE_MOVED:
            counts->kinds[FRAMEDIFF_MOVED]++;
            break;
        case FATE_CHANGED:
            counts->kinds[FRAMEDIFF_CHANGED]++;
            break;
        }
    }
    for (uint32_t i = 0; i < d->b.count; i++) {
        counts->kinds[FRAMEDIFF_ONLY_B] += d->b.fates[i] == FATE_LEFT;
    }
}

int framediff_create(struct framediff **out, struct pcapfile *a, struct pcapfile *b,
                     const struct framediff_options *options)
{
    struct framediff *d = calloc(1, sizeof(*d));
    int error = d == NULL ? -ENOMEM : 0;

    if (error == 0) {
        d->options = *options;
        error = side_read(&d->a, a);
    }
    if (error == 0) {
        error = side_read(&d->b, b);
    }
    if (error == 0) {
        pair_off_ends(d);
        if (middle_count(d, &d->a) > 0 || middle_count(d, &d->b) > 0) {
            error = compare_middle(d);
        }
    }
    if (error != 0) {
        framediff_destroy(d);
        return error;
    }
    count_all(d);
    *out = d;
    return 0;
}

void framediff_count(const struct framediff *d, struct framediff_counts *out)
{
    *out = d->counts;
}

bool framediff_same(const struct framediff *d)
{
    for (int kind = 0; kind < FRAMEDIFF_KINDS; kind++) {
        if (d->counts.kinds[kind] != 0) {
            return false;
        }
    }
    return true;
}

/* Where a changed pair first differs, in the bytes that are not ignored. */
static void locate_change(struct framediff *d, struct framediff_entry *out)
{
    frame_field_set ignored = d->options.ignored;
    uint32_t a_bytes = frame_without(out->a->bytes, out->a->bytes_count, ignored, d->form_a);
    uint32_t b_bytes = frame_without(out->b->bytes, out->b->bytes_count, ignored, d->form_b);
    uint32_t least = a_bytes < b_bytes ? a_bytes : b_bytes;
    uint32_t at = 0;
    struct frame_shape shape;

    out->fields = ~ignored & frame_fields_differing(out->a->bytes, out->a->bytes_count,
                                                    out->b->bytes, out->b->bytes_count);
    while (at < least && d->form_a[at] == d->form_b[at]) {
        at++;
    }
    assert(at < a_bytes || at < b_bytes); /* or they would be the same */
    frame_shape(&shape, out->b->bytes, out->b->bytes_count);
    out->b_offset = frame_without_origin(&shape, ignored, at);
    if (at < b_bytes) {
        out->field = frame_field_at(&shape, out->b_offset);
    }
    frame_shape(&shape, out->a->bytes, out->a->bytes_count);
    out->a_offset = frame_without_origin(&shape, ignored, at);
    if (at < a_bytes) {
        out->field = frame_field_at(&shape, out->a_offset);
    }
    /* Only one of them may have a header of which everything is ignored, but that it is there. */
    out->fields |= FRAME_FIELD_BIT(out->field);
}

static void describe(struct framediff *d, enum framediff_kind kind, uint32_t a, uint32_t b,
                     struct framediff_entry *out)
{
    memset(out, 0, sizeof(*out));
    out->kind = kind;
    if (a != NONE) {
        out->a_number = a + 1;
        out->a = &d->a.frames[a];
    }
    if (b != NONE) {
        out->b_number = b + 1;
        out->b = &d->b.frames[b];
    }
    if (kind == FRAMEDIFF_CHANGED) {
        locate_change(d, out);
    } else if (kind == FRAMEDIFF_LATE) {
        out->late_ns = later_in_b(d, a, b);
    }
}

/* Is the next frame of A a difference? Describes it if so. */
static bool difference_in_a(struct framediff *d, uint32_t a, struct framediff_entry *out)
{
    uint32_t b = d->a.partners[a];

    switch ((enum fate)d->a.fates[a]) {
    case FATE_LEFT:
        describe(d, FRAMEDIFF_ONLY_A, a, NONE, out);
        return true;
    case FATE_MOVED:
        describe(d, FRAMEDIFF_MOVED, a, b, out);
        return true;
    case FATE_CHANGED:
        describe(d, FRAMEDIFF_CHANGED, a, b, out);
        return true;
    case FATE_SAME:
        if (is_late(d, a, b)) {
            describe(d, FRAMEDIFF_LATE, a, b, out);
            return true;
        }
        break;
    }
    return false;
}

/*
 * Both captures are read side by side and wait for each other at frames that are the same, so that
 * differences come in the order in which a person going through both would meet them.
 */
bool framediff_next(struct framediff *d, struct framediff_entry *out)
{
    while (d->a_next < d->a.count || d->b_next < d->b.count) {
        bool b_waits = d->b_next >= d->b.count || d->b.fates[d->b_next] == FATE_SAME;

        if (d->a_next < d->a.count && d->a.fates[d->a_next] != FATE_SAME) {
            if (difference_in_a(d, d->a_next++, out)) {
                return true;
            }
        } else if (!b_waits) {
            uint32_t b = d->b_next++;

            if (d->b.fates[b] == FATE_LEFT) {
                describe(d, FRAMEDIFF_ONLY_B, NONE, b, out);
                return true;
            }
        } else {
            d->b_next += d->b_next < d->b.count;
            if (d->a_next < d->a.count && difference_in_a(d, d->a_next++, out)) {
                return true;
            }
        }
    }
    return false;
}

void framediff_rewind(struct framediff *d)
{
    d->a_next = d->b_next = 0;
}

void framediff_destroy(struct framediff *d)
{
    if (d == NULL) {
        return;
    }
    side_finish(&d->a);
    side_finish(&d->b);
    free(d);
}
