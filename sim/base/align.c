/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Aligning two sequences in three steps: drop what the other side does not have at all; fix the
 * elements that are unique on both sides and in order; search between them. Only the last step can
 * be expensive, and its effort is bounded. All room is taken in align_create(), so that many short
 * alignments in a row cost only their length.
 */
#include "sim/base/align.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

/* How often an element occurs on either side, and where it was last seen in b. Zero between runs.
 */
struct kind {
    uint32_t a_count, b_count;
    uint32_t b_index;
};

/* One sequence without what the other side does not have: the elements, and where they were. */
struct kept {
    uint32_t *elements, *indices;
    uint32_t count;
};

struct anchor {
    uint32_t a_index, b_index; /* in the kept elements */
    uint32_t before; /* the anchor before it in the longest ascending run that ends with it */
};

struct align {
    uint32_t a_max, b_max, cost_max;
    struct kind *kinds;
    struct kept a, b;
    struct anchor *anchors;
    uint32_t *run_ends; /* run_ends[n]: the anchor that ends the best ascending run of n + 1 */
    /* The furthest x reached on each diagonal x - y, from the front and from the back; see
     * middle(). */
    int32_t *front, *back;
    uint32_t *match; /* the caller's */
};

/* A part of both kept sequences: elements x_start..x_end-1 of a against y_start..y_end-1 of b. */
struct box {
    int32_t x_start, x_end, y_start, y_end;
};

struct place {
    int32_t x, y;
};

int align_create(struct align **out, uint32_t a_max, uint32_t b_max, uint32_t kinds,
                 uint32_t cost_max)
{
    struct align *s = calloc(1, sizeof(*s));
    uint32_t anchors_max = a_max < b_max ? a_max : b_max;
    size_t diagonals = (size_t)a_max + b_max + 3;

    assert(a_max <= ALIGN_LENGTH_MAX && b_max <= ALIGN_LENGTH_MAX);
    assert(cost_max > 0);
    if (s == NULL) {
        return -ENOMEM;
    }
    s->a_max = a_max;
    s->b_max = b_max;
    s->cost_max = cost_max;
    s->kinds = calloc((size_t)kinds + 1, sizeof(*s->kinds));
    s->a.elements = calloc((size_t)a_max + 1, sizeof(uint32_t));
    s->a.indices = calloc((size_t)a_max + 1, sizeof(uint32_t));
    s->b.elements = calloc((size_t)b_max + 1, sizeof(uint32_t));
    s->b.indices = calloc((size_t)b_max + 1, sizeof(uint32_t));
    s->anchors = calloc((size_t)anchors_max + 1, sizeof(*s->anchors));
    s->run_ends = calloc((size_t)anchors_max + 1, sizeof(*s->run_ends));
    s->front = calloc(diagonals, sizeof(*s->front));
    s->back = calloc(diagonals, sizeof(*s->back));
    if (s->kinds == NULL || s->a.elements == NULL || s->a.indices == NULL ||
        s->b.elements == NULL || s->b.indices == NULL || s->anchors == NULL ||
        s->run_ends == NULL || s->front == NULL || s->back == NULL) {
        align_destroy(s);
        return -ENOMEM;
    }
    *out = s;
    return 0;
}

void align_destroy(struct align *s)
{
    if (s == NULL) {
        return;
    }
    free(s->kinds);
    free(s->a.elements);
    free(s->a.indices);
    free(s->b.elements);
    free(s->b.indices);
    free(s->anchors);
    free(s->run_ends);
    free(s->front);
    free(s->back);
    free(s);
}

static bool equal_at(const struct align *s, int32_t x, int32_t y)
{
    return s->a.elements[x] == s->b.elements[y];
}

static void fix(struct align *s, int32_t x, int32_t y)
{
    assert(equal_at(s, x, y));
    s->match[s->a.indices[x]] = s->b.indices[y];
}

static int32_t sum(struct place at)
{
    return at.x + at.y;
}

/* The furthest of what the search from the front has reached on every other diagonal from low to
 * high. */
static struct place furthest_front(const int32_t *front, const struct box *box, int32_t low,
                                   int32_t high)
{
    struct place best = {box->x_start, box->y_start};

    for (int32_t diagonal = low; diagonal <= high; diagonal += 2) {
        int32_t x = front[diagonal] < box->x_end ? front[diagonal] : box->x_end;
        struct place at = {x, x - diagonal};

        if (at.y > box->y_end) {
            at = (struct place){box->y_end + diagonal, box->y_end};
        }
        if (at.x >= box->x_start && at.y >= box->y_start && sum(at) > sum(best)) {
            best = at;
        }
    }
    return best;
}

static struct place furthest_back(const int32_t *back, const struct box *box, int32_t low,
                                  int32_t high)
{
    struct place best = {box->x_end, box->y_end};

    for (int32_t diagonal = low; diagonal <= high; diagonal += 2) {
        int32_t x = back[diagonal] > box->x_start ? back[diagonal] : box->x_start;
        struct place at = {x, x - diagonal};

        if (at.y < box->y_start) {
            at = (struct place){box->y_start + diagonal, box->y_start};
        }
        if (at.x <= box->x_end && at.y <= box->y_end && sum(at) < sum(best)) {
            best = at;
        }
    }
    return best;
}

/* Of the two searches that have not met, the one that came further tells where to divide. */
static struct place settle(struct place from_front, struct place from_back, const struct box *box)
{
    int32_t front_gain = sum(from_front) - (box->x_start + box->y_start);
    int32_t back_gain = box->x_end + box->y_end - sum(from_back);

    return front_gain >= back_gain ? from_front : from_back;
}

/*
 * One round of a search may reach one diagonal more on each side, as long as that still crosses the
 * box; past the box's corner it shrinks instead. The diagonals just outside get a value that never
 * wins.
 */
static void widen(int32_t *reached, int32_t *low, int32_t *high, int32_t lowest, int32_t highest,
                  int32_t never)
{
    if (*low > lowest) {
        (*low)--;
        reached[*low - 1] = never;
    } else {
        (*low)++;
    }
    if (*high < highest) {
        (*high)++;
        reached[*high + 1] = never;
    } else {
        (*high)--;
    }
}

/*
 * A place that a shortest way through the box passes (or, past the bound, one that a good way
 * passes). Both searches go one difference further in each round; where they meet is the middle of
 * a shortest way.
 */
static struct place middle(const struct align *s, const struct box *box, bool *met)
{
    int32_t *front = s->front + s->b_max + 1, *back = s->back + s->b_max + 1;
    const int32_t lowest = box->x_start - box->y_end, highest = box->x_end - box->y_start;
    const int32_t front_first = box->x_start - box->y_start, back_first = box->x_end - box->y_end;
    const bool odd = ((front_first - back_first) & 1) != 0;
    int32_t front_low = front_first, front_high = front_first;
    int32_t back_low = back_first, back_high = back_first;

    *met = true;
    front[front_first] = box->x_start;
    back[back_first] = box->x_end;
    for (uint32_t cost = 1;; cost++) {
        widen(front, &front_low, &front_high, lowest, highest, -1);
        for (int32_t d = front_high; d >= front_low; d -= 2) {
            int32_t x = front[d - 1] >= front[d + 1] ? front[d - 1] + 1 : front[d + 1];

            while (x < box->x_end && x - d < box->y_end && equal_at(s, x, x - d)) {
                x++;
            }
            front[d] = x;
            if (odd && d >= back_low && d <= back_high && back[d] <= x) {
                return (struct place){x, x - d};
            }
        }
        widen(back, &back_low, &back_high, lowest, highest, INT32_MAX);
        for (int32_t d = back_high; d >= back_low; d -= 2) {
            int32_t x = back[d - 1] < back[d + 1] ? back[d - 1] : back[d + 1] - 1;

            while (x > box->x_start && x - d > box->y_start && equal_at(s, x - 1, x - d - 1)) {
                x--;
            }
            back[d] = x;
            if (!odd && d >= front_low && d <= front_high && x <= front[d]) {
                return (struct place){x, x - d};
            }
        }
        if (cost >= s->cost_max) {
            *met = false;
            return settle(furthest_front(front, box, front_low, front_high),
                          furthest_back(back, box, back_low, back_high), box);
        }
    }
}

/* Leave out what is equal at both ends of a box, fixing it if `fixing`. False if nothing to align
 * is left. */
static bool trim(struct align *s, struct box *box, bool fixing)
{
    while (box->x_start < box->x_end && box->y_start < box->y_end &&
           equal_at(s, box->x_start, box->y_start)) {
        if (fixing) {
            fix(s, box->x_start, box->y_start);
        }
        box->x_start++;
        box->y_start++;
    }
    while (box->x_start < box->x_end && box->y_start < box->y_end &&
           equal_at(s, box->x_end - 1, box->y_end - 1)) {
        box->x_end--;
        box->y_end--;
        if (fixing) {
            fix(s, box->x_end, box->y_end);
        }
    }
    return box->x_start < box->x_end && box->y_start < box->y_end;
}

/* Align a box: fix what is equal at both ends, divide the rest where a good way passes, and go on
 * in both parts. */
static void align_box(struct align *s, struct box box)
{
    while (trim(s, &box, true)) {
        bool met;
        struct place at = middle(s, &box, &met);
        struct box before = {box.x_start, at.x, box.y_start, at.y};
        struct box after = {at.x, box.x_end, at.y, box.y_end};

        assert(at.x >= box.x_start && at.x <= box.x_end);
        assert(at.y >= box.y_start && at.y <= box.y_end);
        /* Both parts are smaller than the whole, or this would never end. */
        assert(sum(at) > box.x_start + box.y_start);
        assert(sum(at) < box.x_end + box.y_end);
        /* The smaller part by recursion, the larger by going round: the stack grows with the
         * logarithm only. */
        if (sum(at) - box.x_start - box.y_start < box.x_end + box.y_end - sum(at)) {
            align_box(s, before);
            box = after;
        } else {
            align_box(s, after);
            box = before;
        }
    }
}

/* Can a box be aligned in the best way without going past the bound? */
static bool within_bound(struct align *s, struct box box)
{
    bool met = true;

    if (trim(s, &box, false)) {
        middle(s, &box, &met);
    }
    return met;
}

/* Keep what both sides have. Elements of one side alone can never be matched, and would only slow
 * the search. */
static void keep(struct align *s, const uint32_t *a, uint32_t a_start, uint32_t a_end,
                 const uint32_t *b, uint32_t b_start, uint32_t b_end)
{
    s->a.count = s->b.count = 0;
    for (uint32_t i = a_start; i < a_end; i++) {
        s->kinds[a[i]].a_count++;
    }
    for (uint32_t i = b_start; i < b_end; i++) {
        s->kinds[b[i]].b_count++;
    }
    for (uint32_t i = a_start; i < a_end; i++) {
        if (s->kinds[a[i]].b_count > 0) {
            s->a.elements[s->a.count] = a[i];
            s->a.indices[s->a.count++] = i;
        }
    }
    for (uint32_t i = b_start; i < b_end; i++) {
        if (s->kinds[b[i]].a_count > 0) {
            s->kinds[b[i]].b_index = s->b.count;
            s->b.elements[s->b.count] = b[i];
            s->b.indices[s->b.count++] = i;
        }
    }
}

static void forget(struct align *s, const uint32_t *sequence, uint32_t start, uint32_t end)
{
    for (uint32_t i = start; i < end; i++) {
        s->kinds[sequence[i]] = (struct kind){0, 0, 0};
    }
}

/* Where in run_ends an anchor at this place in b belongs: behind all runs that end before it. */
static uint32_t run_before(const struct align *s, uint32_t runs, uint32_t b_index)
{
    uint32_t low = 0, high = runs;

    if (runs > 0 && s->anchors[s->run_ends[runs - 1]].b_index < b_index) {
        return runs;
    }
    while (low < high) {
        uint32_t half = low + (high - low) / 2;

        if (s->anchors[s->run_ends[half]].b_index < b_index) {
            low = half + 1;
        } else {
            high = half;
        }
    }
    return low;
}

/*
 * The anchors: elements that occur once on each side, and of those the longest run in order on
 * both. Returns how many; run_ends[0..n) then are the anchors of the run in order.
 */
static uint32_t find_anchors(struct align *s)
{
    uint32_t count = 0, runs = 0;

    for (uint32_t x = 0; x < s->a.count; x++) {
        const struct kind *kind = &s->kinds[s->a.elements[x]];

        if (kind->a_count == 1 && kind->b_count == 1) {
            uint32_t run = run_before(s, runs, kind->b_index);

            s->anchors[count] =
                (struct anchor){x, kind->b_index, run == 0 ? ALIGN_NONE : s->run_ends[run - 1]};
            s->run_ends[run] = count++;
            runs = run == runs ? runs + 1 : runs;
        }
    }
    for (uint32_t i = runs; i > 1; i--) {
        s->run_ends[i - 2] = s->anchors[s->run_ends[i - 1]].before;
    }
    return runs;
}

/* Align what was kept: as a whole if that is within the bound, else piece by piece between the
 * anchors. */
static void align_kept(struct align *s)
{
    struct box box = {0, (int32_t)s->a.count, 0, (int32_t)s->b.count};
    uint32_t anchors = within_bound(s, box) ? 0 : find_anchors(s);

    for (uint32_t i = 0; i < anchors; i++) {
        const struct anchor *anchor = &s->anchors[s->run_ends[i]];
        struct box gap = {box.x_start, (int32_t)anchor->a_index, box.y_start,
                          (int32_t)anchor->b_index};

        align_box(s, gap);
        fix(s, gap.x_end, gap.y_end);
        box.x_start = gap.x_end + 1;
        box.y_start = gap.y_end + 1;
    }
    align_box(s, box);
}

void align_run(struct align *s, const uint32_t *a, uint32_t a_count, const uint32_t *b,
               uint32_t b_count, uint32_t *match)
{
    uint32_t start = 0, a_end = a_count, b_end = b_count;

    assert(a_count <= s->a_max && b_count <= s->b_max);
    s->match = match;
    for (uint32_t i = 0; i < a_count; i++) {
        match[i] = ALIGN_NONE;
    }
    while (start < a_end && start < b_end && a[start] == b[start]) {
        match[start] = start;
        start++;
    }
    while (a_end > start && b_end > start && a[a_end - 1] == b[b_end - 1]) {
        match[--a_end] = --b_end;
    }
    if (start < a_end && start < b_end) {
        keep(s, a, start, a_end, b, start, b_end);
        align_kept(s);
        forget(s, a, start, a_end);
        forget(s, b, start, b_end);
    }
    s->match = NULL;
}
