/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A store buffer and loads made early; see the header. Memory always holds what everybody sees. Of
 * a store the image is let write there, and at its next step of any kind what it wrote is taken
 * away again and put into the buffer; of a load that is to give anything else than what everybody
 * sees, that is put there for just as long. Nobody looks in between.
 *
 * What is due is made visible when somebody else is about to look, and not before: until then it
 * makes no difference.
 */
#include "sim/exec/weak.h"

#include <stdio.h>
#include <string.h>

#include "sim/base/rng.h"

#define PENDING_MAX 64u
#define LINES_MAX   8u
#define LINE_BYTES  64u
#define HELD_MAX    64u /* more at a time is a block */
#define WORD_BYTES  8u

/* One in so many accesses is held up; one in so many loads is later than those that follow it. */
#define HELD_UP_IN 32u
#define LATE_IN    8u

struct pending {
    uint64_t due_ps, vaddr;
    uint32_t bytes;
    uint8_t value[WORD_BYTES];
};

struct line {
    uint64_t vaddr;
    uint8_t bytes[LINE_BYTES];
};

/* Memory of the plan that the domain maps. */
struct extent {
    uint64_t vaddr, bytes;
    bool writable;
};

struct weak {
    enum scenario_memory model;
    uint64_t delay_ps, window_base;
    const struct extent *extents, *found; /* found: where the last access was */
    uint32_t extent_count;
    struct rng dice;
    struct pending pending[PENDING_MAX];     /* as they become visible */
    uint8_t hidden[PENDING_MAX][WORD_BYTES]; /* what they cover, while they are shown */
    uint32_t pending_count;
    uint64_t floor_ps; /* a release fence: what is stored from now on is seen then, or later */
    struct line early[LINES_MAX]; /* as they were before the last load that was late */
    uint32_t early_count;
    uint64_t recent[LINES_MAX]; /* lines it used lately; 0: none */
    uint32_t recent_next;
    struct {
        const volatile void *word; /* NULL: there is none */
        const volatile void *queue;
        enum point_op op;
        uint64_t place;
    } flag; /* an operation that has been begun */
    struct {
        bool stored;
        uint8_t seen[HELD_MAX]; /* what everybody sees there */
    } held;                     /* where: the domain's `unsettled` */
};

static uint32_t maps_of(const struct plan *plan, uint32_t pd)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < plan->map_count; i++) {
        count += plan->maps[i].pd == pd;
    }
    return count;
}

size_t weak_bytes(const struct plan *plan, uint32_t pd)
{
    if (!plan->pds[pd].explored || plan->scenario->clock != CLOCK_VIRTUAL) {
        return 0;
    }
    return sizeof(struct weak) + maps_of(plan, pd) * sizeof(struct extent);
}

static void find_extents(struct weak *w, const struct plan *plan, uint32_t pd)
{
    struct extent *extents = (struct extent *)(w + 1);

    for (uint32_t i = 0; i < plan->map_count; i++) {
        const struct plan_map *map = &plan->maps[i];

        if (map->pd == pd) {
            extents[w->extent_count++] = (struct extent){
                map->vaddr, plan->regions[map->region].bytes, (map->rights & RIGHT_WRITE) != 0};
        }
    }
    w->extents = w->found = extents;
}

struct weak *weak_init(void *memory, const struct plan *plan, uint32_t pd)
{
    struct weak *w = memory;
    char stream[SDDF_NAME_LENGTH + 8];

    if (weak_bytes(plan, pd) == 0) {
        return NULL;
    }
    snprintf(stream, sizeof stream, "memory.%s", plan->pds[pd].name);
    rng_init(&w->dice, plan->scenario->seed, stream);
    w->model = plan->scenario->memory;
    w->delay_ps = plan->scenario->memory_delay_ns * 1000;
    w->window_base = PLAN_WINDOW_BASE + pd * PLAN_WINDOW_BYTES;
    find_extents(w, plan, pd);
    return w;
}

static bool is_within(const struct extent *e, uint64_t vaddr, size_t bytes)
{
    return vaddr - e->vaddr < e->bytes && bytes <= e->bytes - (vaddr - e->vaddr);
}

/* What is not in the plan's memory is the domain's own, or nobody's; and what it may not write to
 * it will not have written to. */
static bool is_shared(struct weak *w, uint64_t vaddr, size_t bytes, bool write)
{
    const struct extent *end = w->extents + w->extent_count, *e = w->found;

    if (vaddr - w->window_base >= PLAN_WINDOW_BYTES || w->extent_count == 0) {
        return false;
    }
    if (!is_within(e, vaddr, bytes)) {
        for (e = w->extents; e < end && !is_within(e, vaddr, bytes); e++) {
        }
    }
    if (e == end) {
        return false;
    }
    w->found = e;
    return e->writable || !write;
}

static bool overlap(uint64_t a, size_t a_bytes, uint64_t b, size_t b_bytes)
{
    return a < b + b_bytes && b < a + a_bytes;
}

/* -- what waits to be seen -- */

static void make_visible(const struct pending *p)
{
    memcpy((void *)(uintptr_t)p->vaddr, p->value, p->bytes);
}

static void apply(struct weak *w, uint64_t until_ps)
{
    uint32_t done = 0;

    while (done < w->pending_count && w->pending[done].due_ps <= until_ps) {
        make_visible(&w->pending[done++]);
    }
    w->pending_count -= done;
    memmove(w->pending, w->pending + done, w->pending_count * sizeof w->pending[0]);
    if (w->pending_count == 0) {
        w->floor_ps = 0;
    }
}

static uint64_t last_due(const struct weak *w)
{
    return w->pending_count == 0 ? 0 : w->pending[w->pending_count - 1].due_ps;
}

/* Not before what a fence puts before it, nor before an older one of the same place. */
static uint64_t draw_due(struct weak *w, uint64_t now_ps, uint64_t vaddr, size_t bytes,
                         bool in_order)
{
    uint64_t late_ps = rng_chance(&w->dice, 1, 2) ? 0 : rng_below(&w->dice, w->delay_ps + 1);
    uint64_t due_ps = now_ps + late_ps;

    if (due_ps < w->floor_ps) {
        due_ps = w->floor_ps;
    }
    if (in_order && due_ps < last_due(w)) {
        due_ps = last_due(w);
    }
    for (uint32_t i = 0; i < w->pending_count; i++) {
        const struct pending *p = &w->pending[i];

        if (overlap(p->vaddr, p->bytes, vaddr, bytes) && due_ps < p->due_ps) {
            due_ps = p->due_ps;
        }
    }
    return due_ps;
}

static void put_word(struct domain *d, uint64_t vaddr, const uint8_t *value, uint32_t bytes,
                     bool in_order)
{
    struct weak *w = d->weak;
    struct pending p = {.vaddr = vaddr, .bytes = bytes};
    uint32_t at;

    if (w->pending_count == PENDING_MAX) {
        apply(w, last_due(w));
    }
    p.due_ps = draw_due(w, d->turn->now_ps, vaddr, bytes, in_order);
    memcpy(p.value, value, bytes);
    for (at = w->pending_count; at > 0 && w->pending[at - 1].due_ps > p.due_ps; at--) {
        w->pending[at] = w->pending[at - 1];
    }
    w->pending[at] = p;
    w->pending_count++;
}

static void put(struct domain *d, uint64_t vaddr, const uint8_t *value, size_t bytes, int order)
{
    bool in_order = d->weak->model == MEMORY_TSO || order >= ORDER_RELEASE;

    for (size_t i = 0; i < bytes; i += WORD_BYTES) {
        size_t part = bytes - i < WORD_BYTES ? bytes - i : WORD_BYTES;

        put_word(d, vaddr + i, value + i, (uint32_t)part, in_order);
    }
}

void weak_show_stores(struct domain *d)
{
    struct weak *w = d->weak;

    for (uint32_t i = 0; i < w->pending_count; i++) {
        const struct pending *p = &w->pending[i];

        memcpy(w->hidden[i], (const void *)(uintptr_t)p->vaddr, p->bytes);
        make_visible(p);
    }
}

void weak_hide_stores(struct domain *d)
{
    struct weak *w = d->weak;

    for (uint32_t i = w->pending_count; i > 0; i--) {
        const struct pending *p = &w->pending[i - 1];

        memcpy((void *)(uintptr_t)p->vaddr, w->hidden[i - 1], p->bytes);
    }
}

/* What the domain itself has stored there. */
static void overlay(const struct weak *w, uint64_t vaddr, size_t bytes, uint8_t *value)
{
    for (uint32_t i = 0; i < w->pending_count; i++) {
        const struct pending *p = &w->pending[i];

        for (uint32_t b = 0; b < p->bytes; b++) {
            if (p->vaddr + b - vaddr < bytes) {
                value[p->vaddr + b - vaddr] = p->value[b];
            }
        }
    }
}

/* -- what is loaded early -- */

/* Where in a line taken early this is; NULL: in none. */
static uint8_t *find_early(struct weak *w, uint64_t vaddr, size_t bytes)
{
    for (uint32_t i = 0; i < w->early_count; i++) {
        uint64_t at = vaddr - w->early[i].vaddr;

        if (at < LINE_BYTES && at + bytes <= LINE_BYTES) {
            return w->early[i].bytes + at;
        }
    }
    return NULL;
}

/* It is known by now, and never again older. */
static void now_known(struct weak *w, uint64_t vaddr, size_t bytes, const uint8_t *value)
{
    for (size_t b = 0; b < bytes; b++) {
        uint8_t *early = find_early(w, vaddr + b, 1);

        if (early != NULL) {
            *early = value[b];
        }
    }
}

static void take_early(struct weak *w)
{
    w->early_count = 0;
    for (uint32_t i = 0; i < LINES_MAX; i++) {
        struct line *line = &w->early[w->early_count];

        if (w->recent[i] != 0) {
            line->vaddr = w->recent[i];
            memcpy(line->bytes, (const void *)(uintptr_t)line->vaddr, LINE_BYTES);
            overlay(w, line->vaddr, LINE_BYTES, line->bytes);
            w->early_count++;
        }
    }
}

static void note_recent(struct weak *w, uint64_t vaddr)
{
    uint64_t line = vaddr & ~(uint64_t)(LINE_BYTES - 1);

    for (uint32_t i = 0; i < LINES_MAX; i++) {
        if (w->recent[i] == line) {
            return;
        }
    }
    w->recent[w->recent_next++ % LINES_MAX] = line;
}

/* -- accesses -- */

static void pay_access(struct domain *d, const volatile void *where, size_t bytes, bool late)
{
    struct weak *w = d->weak;
    uint64_t stall_ps = 0;

    if (late || rng_chance(&w->dice, 1, HELD_UP_IN)) {
        stall_ps = rng_below(&w->dice, w->delay_ps + 1);
    }
    calls_virtual_access(d, where, bytes, stall_ps);
}

/* For the image to find, or to overwrite; until its next step. */
static void hold(struct domain *d, uint64_t vaddr, size_t bytes, const uint8_t *value, bool stored)
{
    struct weak *w = d->weak;
    void *there = (void *)(uintptr_t)vaddr;

    w->held.stored = stored;
    memcpy(w->held.seen, there, bytes);
    memcpy(there, value, bytes);
    d->unsettled.vaddr = vaddr;
    d->unsettled.bytes = bytes;
    d->unsettled.held = true;
    calls_virtual_find_odd(d);
}

void weak_settle(struct domain *d)
{
    struct weak *w = d->weak;
    uint64_t vaddr = d->unsettled.vaddr;
    size_t bytes = d->unsettled.bytes;
    void *there = (void *)(uintptr_t)vaddr;
    uint8_t value[HELD_MAX];

    d->unsettled.bytes = 0;
    d->unsettled.held = false;
    calls_virtual_find_odd(d);
    memcpy(value, there, bytes);
    memcpy(there, w->held.seen, bytes);
    if (w->held.stored) {
        now_known(w, vaddr, bytes, value);
        put(d, vaddr, value, bytes, ORDER_RELAXED);
    }
}

void weak_flag(struct domain *d, enum point_op op, const volatile void *queue, uint64_t place)
{
    struct weak *w = d->weak;

    w->flag.word = moves_flag_word(d->moves, queue);
    w->flag.queue = queue;
    w->flag.op = op;
    w->flag.place = place;
}

/* It finds there what is there now. */
static void see_flag(struct domain *d, const volatile void *where)
{
    struct weak *w = d->weak;

    if (w->flag.word == where && where != NULL) {
        w->flag.word = NULL;
        weak_show(d);
        moves_flag(d->moves, w->flag.op, w->flag.queue, w->flag.place);
        weak_hide(d);
    }
}

static bool takes_early(struct weak *w, int order)
{
    return w->model == MEMORY_WEAK && order == ORDER_RELAXED && w->early_count == 0 &&
           rng_chance(&w->dice, 1, LATE_IN);
}

/* What this load gives: as it is, as it was, or what the domain has put there itself. */
static void choose(struct weak *w, uint64_t vaddr, size_t bytes, bool late, uint8_t *value)
{
    const uint8_t *early = late ? NULL : find_early(w, vaddr, bytes);

    memcpy(value, (const void *)(uintptr_t)vaddr, bytes);
    if (early != NULL && rng_chance(&w->dice, 1, 2)) {
        memcpy(value, early, bytes);
        return;
    }
    overlay(w, vaddr, bytes, value);
    now_known(w, vaddr, bytes, value);
}

/* Is it one to be seen to here? Not if it is of nobody else's, nor a block, which is seen at once.
 */
static bool is_watched(struct domain *d, const volatile void *where, size_t bytes, bool write)
{
    bool shared = is_shared(d->weak, (uint64_t)(uintptr_t)where, bytes, write);

    if (shared && bytes > HELD_MAX) {
        weak_update(d, where, bytes);
    }
    return shared && bytes <= HELD_MAX;
}

void weak_load(struct domain *d, const volatile void *where, size_t bytes, int order)
{
    struct weak *w = d->weak;
    uint64_t vaddr = (uint64_t)(uintptr_t)where;
    uint8_t value[HELD_MAX];

    if (!is_watched(d, where, bytes, false)) {
        return;
    }
    bool late = takes_early(w, order);

    if (late) {
        take_early(w);
    }
    pay_access(d, where, bytes, late);
    if (order != ORDER_RELAXED) {
        w->early_count = 0;
    }
    if (w->model != MEMORY_STRICT) {
        choose(w, vaddr, bytes, late, value);
        note_recent(w, vaddr);
        if (memcmp(value, (const void *)(uintptr_t)vaddr, bytes) != 0) {
            hold(d, vaddr, bytes, value, false);
        }
    }
    see_flag(d, where);
}

void weak_store(struct domain *d, const volatile void *where, size_t bytes)
{
    struct weak *w = d->weak;
    uint64_t vaddr = (uint64_t)(uintptr_t)where;
    uint8_t value[HELD_MAX];

    if (!is_watched(d, where, bytes, true)) {
        return;
    }
    pay_access(d, where, bytes, false);
    see_flag(d, where);
    if (w->model == MEMORY_STRICT) {
        return;
    }
    /* It may be one that reads there first. */
    memcpy(value, (const void *)(uintptr_t)vaddr, bytes);
    overlay(w, vaddr, bytes, value);
    hold(d, vaddr, bytes, value, true);
}

void weak_store_value(struct domain *d, const volatile void *where, size_t bytes, const void *value,
                      int order)
{
    struct weak *w = d->weak;
    uint64_t vaddr = (uint64_t)(uintptr_t)where;

    bool shared = is_shared(w, vaddr, bytes, true);

    if (shared) {
        pay_access(d, where, bytes, false);
        see_flag(d, where);
    }
    if (!shared || w->model == MEMORY_STRICT) {
        memcpy((void *)(uintptr_t)vaddr, value, bytes);
        return;
    }
    now_known(w, vaddr, bytes, value);
    put(d, vaddr, value, bytes, order);
    if (order == ORDER_SC) {
        weak_yield(d, WEAK_ALL);
    }
}

void weak_update(struct domain *d, const volatile void *where, size_t bytes)
{
    if (is_shared(d->weak, (uint64_t)(uintptr_t)where, bytes, false)) {
        pay_access(d, where, bytes, false);
        weak_yield(d, WEAK_ALL);
    }
}

void weak_fence(struct domain *d, int order)
{
    struct weak *w = d->weak;

    if (order == ORDER_SC) {
        weak_yield(d, WEAK_ALL);
        return;
    }
    if ((order == ORDER_RELEASE || order == ORDER_BOTH) && w->floor_ps < last_due(w)) {
        w->floor_ps = last_due(w);
    }
    if (order != ORDER_RELEASE) {
        w->early_count = 0;
    }
}

void weak_yield(struct domain *d, enum weak_seen seen)
{
    struct weak *w = d->weak;
    uint64_t until_ps = d->turn->now_ps;

    if (seen == WEAK_FENCED && until_ps < w->floor_ps) {
        until_ps = w->floor_ps;
    }
    if (seen == WEAK_ALL) {
        until_ps = UINT64_MAX;
    }
    if (seen >= WEAK_ENTRY) {
        w->early_count = 0;
    }
    apply(w, until_ps);
}

void weak_passed(struct domain *d, uint64_t now_ps)
{
    apply(d->weak, now_ps);
}
