/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A gate asks the faults, and does what they say. Frames that wait are in the order in which they
 * go on; of those with the same time, the one that came first goes first. Writes to memory that are
 * late wait likewise. A line has the level its device gave it, the level the world has been shown,
 * and perhaps one that it is stuck at.
 */
#include "sim/exec/crossing.h"

#include <assert.h>
#include <string.h>

#include <sddf/hw/device.h>

#define LINES_MAX  DEVICE_MEMORIES_MAX
#define FRAME_ROOM 65536u

struct kept {
    uint64_t due_ns;
    uint32_t length, behind; /* behind: how many have yet to pass it; 0: it waits for its time */
    uint16_t slot;
};

/* The frames of one way. */
struct way {
    struct kept line[2 * CROSSING_FRAMES_MAX]; /* first..last, by due_ns; moved down at the end */
    uint32_t first, last, waiting_behind, free_count;
    uint16_t free[CROSSING_FRAMES_MAX];
    uint64_t number;
    uint8_t (*bytes)[CROSSING_FRAME_BYTES];
};

struct late {
    uint64_t due_ns, io_addr;
    uint32_t length;
    uint8_t bytes[CROSSING_WRITE_BYTES];
};

struct irq_line {
    bool level, shown;
    uint64_t due_ns; /* when `shown` becomes `level`; CROSSING_NEVER: not by itself */
};

/* One window onto descriptors. */
struct ring_window {
    uint64_t io_addr, bytes;
    uint32_t entry_bytes;
};

struct crossing {
    uint32_t device;
    unsigned line_count, ring_count;
    struct fault_set *faults;
    const struct crossing_verbs *verbs;
    struct crossing_counts counts;
    bool complained;
    struct irq_line lines[LINES_MAX];
    bool stuck_level, calls;                 /* calls: its lines are up until it is looked at */
    uint64_t stuck_until_ns, stall_until_ns; /* 0: not */
    struct ring_window rings[DEVICE_MEMORIES_MAX];
    struct late writes[CROSSING_WRITES_MAX]; /* in the order they go on */
    uint32_t write_count;
    struct way ways[2];
    uint8_t altered[2][FRAME_ROOM]; /* by way */
};

/* -- getting ready -- */

/* Does a fault of the scenario act at this device's gates at all, and with frames? */
static bool is_asked(const struct plan *plan, uint32_t device, bool *frames)
{
    bool any = false;

    *frames = false;
    for (size_t i = 0; plan->scenario != NULL && i < plan->scenario->fault_count; i++) {
        const struct scenario_fault *asked = &plan->scenario->faults[i];
        const struct fault_type *type = asked->type->type;

        if (asked->pd != NULL && plan_find_pd(plan, asked->pd) != plan->devices[device].pd) {
            continue;
        }
        any |=
            type->frame != NULL || type->dma != NULL || type->irq != NULL || type->device != NULL;
        *frames |= type->frame != NULL;
    }
    return any;
}

static size_t round64(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

size_t crossing_bytes(const struct plan *plan, uint32_t device)
{
    bool frames;

    if (!is_asked(plan, device, &frames)) {
        return 0;
    }
    return round64(sizeof(struct crossing)) +
           (frames ? (size_t)2 * CROSSING_FRAMES_MAX * CROSSING_FRAME_BYTES : 0);
}

/* Its windows onto rings are in the order of its memories. */
static void find_rings(struct crossing *c, const struct plan *plan)
{
    const struct device_type *type = plan->devices[c->device].asked->type->type;

    for (uint32_t i = 0, at = 0; i < plan->window_count && at < DEVICE_MEMORIES_MAX; i++) {
        const struct plan_window *w = &plan->windows[i];

        if (w->device != c->device || plan->regions[w->region].kind != REGION_RING) {
            continue;
        }
        if (type->memory[at].entry_bytes != 0) {
            c->rings[c->ring_count++] =
                (struct ring_window){.io_addr = w->io_addr,
                                     .bytes = w->bytes,
                                     .entry_bytes = type->memory[at].entry_bytes};
        }
        at++;
    }
}

struct crossing *crossing_init(void *memory, const struct plan *plan, uint32_t device,
                               struct fault_set *faults, const struct crossing_verbs *verbs)
{
    struct crossing *c = memory;
    const struct device_type *type = plan->devices[device].asked->type->type;
    uint8_t *rest = (uint8_t *)memory + round64(sizeof *c);
    bool frames;

    (void)is_asked(plan, device, &frames);
    c->device = device;
    c->line_count = type->irq_lines < LINES_MAX ? type->irq_lines : LINES_MAX;
    c->faults = faults;
    c->verbs = verbs;
    find_rings(c, plan);
    for (unsigned line = 0; line < LINES_MAX; line++) {
        c->lines[line].due_ns = CROSSING_NEVER;
    }
    for (unsigned way = 0; way < 2 && frames; way++) {
        struct way *w = &c->ways[way];

        w->bytes = (uint8_t(*)[CROSSING_FRAME_BYTES])rest + way * CROSSING_FRAMES_MAX;
        for (uint32_t i = 0; i < CROSSING_FRAMES_MAX; i++) {
            w->free[w->free_count++] = (uint16_t)(CROSSING_FRAMES_MAX - 1 - i);
        }
    }
    return c;
}

/* -- frames -- */

/* Keep one until its time. False: there is no room. */
static bool keep(struct crossing *c, bool outbound, const uint8_t *bytes, size_t length,
                 uint64_t due_ns, uint32_t behind)
{
    struct way *w = &c->ways[outbound];

    if (w->free_count == 0) {
        if (!c->complained) {
            c->complained = true;
            c->verbs->say(c->verbs->context, "more frames wait at its gate than it has room for; "
                                             "the rest is lost\n");
        }
        return false;
    }
    if (w->last == 2 * CROSSING_FRAMES_MAX) {
        memmove(w->line, &w->line[w->first], (w->last - w->first) * sizeof w->line[0]);
        w->last -= w->first;
        w->first = 0;
    }
    struct kept one = {.due_ns = due_ns,
                       .length = (uint32_t)length,
                       .behind = behind,
                       .slot = w->free[--w->free_count]};
    uint32_t at = w->last++;

    for (; at > w->first && w->line[at - 1].due_ns > due_ns; at--) {
        w->line[at] = w->line[at - 1];
    }
    w->line[at] = one;
    w->waiting_behind += behind != 0;
    memcpy(w->bytes[one.slot], bytes, length);
    c->counts.kept[outbound]++;
    return true;
}

/* One that waited goes on. */
static void let_go(struct crossing *c, bool outbound, uint32_t at)
{
    struct way *w = &c->ways[outbound];
    struct kept one = w->line[at];

    memmove(&w->line[w->first + 1], &w->line[w->first], (at - w->first) * sizeof w->line[0]);
    w->first++;
    w->waiting_behind -= one.behind != 0;
    c->counts.kept[outbound]--;
    c->verbs->frame(c->verbs->context, outbound, w->bytes[one.slot], one.length);
    w->free[w->free_count++] = one.slot;
}

/* A frame has gone through at once: those that waited for so many to pass go on. */
static void has_passed(struct crossing *c, bool outbound)
{
    struct way *w = &c->ways[outbound];

    for (uint32_t at = w->first; w->waiting_behind != 0 && at < w->last; at++) {
        if (w->line[at].behind > 1) {
            w->line[at].behind--;
        } else if (w->line[at].behind == 1) {
            let_go(c, outbound, at);
        }
    }
}

static void pass(struct crossing *c, const struct gate_frame *f)
{
    c->verbs->frame(c->verbs->context, f->outbound, f->bytes, f->length);
    has_passed(c, f->outbound);
}

/* Further copies, at once or after a while. */
static void copy(struct crossing *c, const struct gate_frame *f, uint64_t now_ns)
{
    for (uint32_t i = 1; i <= f->copies; i++) {
        bool there = true;

        if (f->delay_ns == 0) {
            c->verbs->frame(c->verbs->context, f->outbound, f->bytes, f->length);
        } else {
            there = keep(c, f->outbound, f->bytes, f->length, now_ns + i * f->delay_ns, 0);
        }
        c->counts.copied[f->outbound] += there;
    }
}

/* It waits, and with it the copies that there already were to be of it. */
static void delay(struct crossing *c, const struct gate_frame *f, uint64_t now_ns)
{
    uint64_t due_ns = now_ns + f->delay_ns;

    c->counts.dropped[f->outbound] += !keep(c, f->outbound, f->bytes, f->length, due_ns, f->behind);
    for (uint32_t i = 0; i < f->copies; i++) {
        c->counts.copied[f->outbound] += keep(c, f->outbound, f->bytes, f->length, due_ns, 0);
    }
}

void crossing_frame(struct crossing *c, bool outbound, const uint8_t *bytes, size_t length,
                    uint64_t now_ns, uint64_t run_ns)
{
    if (c->stall_until_ns > now_ns && !outbound) {
        c->counts.dropped[0]++;
        return;
    }
    if (c->faults->askable[FAULT_FRAME] == 0 || length > FRAME_ROOM) {
        c->faults->frames++;
        c->verbs->frame(c->verbs->context, outbound, bytes, length);
        return;
    }
    struct gate_frame f = {.device = c->device,
                           .outbound = outbound,
                           .time_ns = run_ns,
                           .number = c->ways[outbound].number++,
                           .bytes = c->altered[outbound],
                           .length = length,
                           .room = FRAME_ROOM};
    memcpy(c->altered[outbound], bytes, length);
    enum verdict verdict = faults_frame(c->faults, &f);
    bool keepable = f.length <= CROSSING_FRAME_BYTES;

    if (f.spoilt && verdict != VERDICT_DROP && !outbound) {
        c->verbs->spoilt(c->verbs->context);
    } else if (verdict == VERDICT_DROP || f.spoilt) { /* the far end drops it as well */
        c->counts.dropped[outbound]++;
    } else if (verdict == VERDICT_DELAY && keepable) {
        delay(c, &f, now_ns);
    } else {
        pass(c, &f);
        if (keepable) {
            copy(c, &f, now_ns);
        }
    }
}

static void let_due_go(struct crossing *c, bool outbound, uint64_t now_ns)
{
    struct way *w = &c->ways[outbound];

    while (w->first < w->last && w->line[w->first].due_ns <= now_ns) {
        let_go(c, outbound, w->first);
    }
}

/* -- memory -- */

static struct gate_dma dma_of(const struct crossing *c, uint64_t io_addr, size_t length)
{
    struct gate_dma d = {.device = c->device, .io_addr = io_addr, .length = length};

    for (unsigned i = 0; i < c->ring_count; i++) {
        const struct ring_window *r = &c->rings[i];

        if (io_addr - r->io_addr < r->bytes) {
            d.descriptor = true;
            d.entry_bytes = r->entry_bytes;
            d.entry_offset = (uint32_t)((io_addr - r->io_addr) % r->entry_bytes);
        }
    }
    return d;
}

bool crossing_read(struct crossing *c, uint64_t io_addr, void *to, size_t length, uint64_t run_ns)
{
    struct gate_dma d = dma_of(c, io_addr, length);

    if (faults_dma(c->faults, run_ns, &d) == VERDICT_DROP) {
        return false;
    }
    if (d.length < length) { /* what did not come is not what was there before */
        memset((uint8_t *)to + d.length, 0, length - d.length);
    }
    return d.length == 0 || c->verbs->read(c->verbs->context, d.io_addr, to, d.length);
}

/* A part of a write that is late. True: it is remembered. */
static bool write_later(struct crossing *c, const struct gate_dma *d, uint64_t now_ns)
{
    struct late one = {.due_ns = now_ns + d->delay_ns,
                       .io_addr = d->io_addr + d->late_from,
                       .length = (uint32_t)d->late_bytes};
    uint32_t at = c->write_count;

    if (d->late_bytes > CROSSING_WRITE_BYTES || c->write_count == CROSSING_WRITES_MAX) {
        return false;
    }
    memcpy(one.bytes, d->bytes + d->late_from, d->late_bytes);
    for (; at > 0 && c->writes[at - 1].due_ns > one.due_ns; at--) {
        c->writes[at] = c->writes[at - 1];
    }
    c->writes[at] = one;
    c->write_count++;
    return true;
}

/* All of it but the late part. */
static bool write_rest(struct crossing *c, const struct gate_dma *d)
{
    size_t behind = d->late_from + d->late_bytes;
    bool good = true;

    if (d->late_from > 0) {
        good = c->verbs->write(c->verbs->context, d->io_addr, d->bytes, d->late_from);
    }
    if (good && behind < d->length) {
        good = c->verbs->write(c->verbs->context, d->io_addr + behind, d->bytes + behind,
                               d->length - behind);
    }
    return good;
}

bool crossing_write(struct crossing *c, uint64_t io_addr, const void *from, size_t length,
                    uint64_t now_ns, uint64_t run_ns)
{
    struct gate_dma d = dma_of(c, io_addr, length);
    uint8_t bytes[CROSSING_FRAME_BYTES + CROSSING_WRITE_BYTES];

    if (length > sizeof bytes) {
        return c->verbs->write(c->verbs->context, io_addr, from, length);
    }
    memcpy(bytes, from, length);
    d.bytes = bytes;
    d.write = true;
    switch (faults_dma(c->faults, run_ns, &d)) {
    case VERDICT_DROP:
        return false;
    case VERDICT_DELAY:
        assert(d.late_from <= d.length && d.late_bytes <= d.length - d.late_from);
        if (write_later(c, &d, now_ns)) {
            return write_rest(c, &d);
        }
        break;
    default:
        break;
    }
    return d.length == 0 || c->verbs->write(c->verbs->context, d.io_addr, d.bytes, d.length);
}

static void write_what_is_late(struct crossing *c, uint64_t now_ns)
{
    uint32_t done = 0;

    for (; done < c->write_count && c->writes[done].due_ns <= now_ns; done++) {
        const struct late *w = &c->writes[done];

        (void)c->verbs->write(c->verbs->context, w->io_addr, w->bytes, w->length);
    }
    c->write_count -= done;
    memmove(c->writes, c->writes + done, c->write_count * sizeof c->writes[0]);
}

/* -- interrupts -- */

static void show(struct crossing *c, unsigned line)
{
    bool own = c->calls || c->lines[line].shown;
    bool level = c->stuck_until_ns != 0 ? c->stuck_level : own;

    c->verbs->line(c->verbs->context, line, level);
}

void crossing_irq(struct crossing *c, unsigned line, bool level, uint64_t now_ns, uint64_t run_ns)
{
    struct gate_irq i = {.device = c->device, .line = line, .level = level};

    if (line >= c->line_count || c->lines[line].level == level) {
        return;
    }
    struct irq_line *l = &c->lines[line];

    l->level = level;
    l->due_ns = CROSSING_NEVER;
    switch (faults_irq(c->faults, run_ns, &i)) {
    case VERDICT_DROP:
        return;
    case VERDICT_DELAY:
        l->due_ns = now_ns + i.delay_ns;
        return;
    default:
        l->shown = level;
        show(c, line);
    }
}

static void show_what_is_late(struct crossing *c, uint64_t now_ns)
{
    bool freed = c->stuck_until_ns != 0 && c->stuck_until_ns <= now_ns;

    c->stuck_until_ns = freed ? 0 : c->stuck_until_ns;
    for (unsigned line = 0; line < c->line_count; line++) {
        struct irq_line *l = &c->lines[line];

        if (l->due_ns <= now_ns) {
            l->due_ns = CROSSING_NEVER;
            l->shown = l->level;
            show(c, line);
        } else if (freed) {
            show(c, line);
        }
    }
}

/* -- what a device does unasked -- */

static uint64_t until(uint64_t now_ns, uint64_t long_ns)
{
    return long_ns < CROSSING_NEVER - 1 - now_ns ? now_ns + long_ns : CROSSING_NEVER - 1;
}

static void pulse(struct crossing *c, unsigned line)
{
    if (c->stuck_until_ns == 0 && !c->calls && !c->lines[line].shown) {
        c->verbs->line(c->verbs->context, line, true);
        c->verbs->line(c->verbs->context, line, false);
    }
}

static void act(struct crossing *c, const struct gate_device *d, uint64_t now_ns)
{
    if (d->reset) {
        c->verbs->reset(c->verbs->context);
    }
    if (d->stall_ns != 0) {
        c->stall_until_ns = until(now_ns, d->stall_ns);
    }
    if (d->stuck_ns != 0) {
        c->stuck_until_ns = until(now_ns, d->stuck_ns);
        c->stuck_level = d->level;
    }
    c->calls |= d->call;
    for (unsigned line = 0; line < c->line_count; line++) {
        if (d->stuck_ns != 0 || d->call) {
            show(c, line);
        } else if (d->pulse) {
            pulse(c, line);
        }
    }
}

void crossing_looked_at(struct crossing *c)
{
    if (c->calls) {
        c->calls = false;
        for (unsigned line = 0; line < c->line_count; line++) {
            show(c, line);
        }
    }
}

static void ask_device(struct crossing *c, uint64_t now_ns, uint64_t run_ns)
{
    struct gate_device d = {.device = c->device, .time_ns = run_ns};

    while (faults_device(c->faults, &d) != VERDICT_PASS) {
        act(c, &d, now_ns);
    }
}

uint64_t crossing_stalled_until(const struct crossing *c)
{
    return c->stall_until_ns;
}

/* -- time -- */

void crossing_step(struct crossing *c, uint64_t now_ns, uint64_t go_ns, bool in)
{
    write_what_is_late(c, now_ns);
    show_what_is_late(c, now_ns);
    if (go_ns != 0 && now_ns >= go_ns) {
        ask_device(c, now_ns, now_ns - go_ns);
    }
    let_due_go(c, true, now_ns);
    if (in) {
        let_due_go(c, false, now_ns);
    }
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t crossing_next(const struct crossing *c, uint64_t go_ns, bool in)
{
    uint64_t next_ns = c->write_count > 0 ? c->writes[0].due_ns : CROSSING_NEVER;
    uint64_t device_ns = go_ns == 0 ? FAULTS_NEVER : faults_device_ns(c->faults);

    for (unsigned way = in ? 0 : 1; way < 2; way++) {
        const struct way *w = &c->ways[way];

        next_ns = w->first < w->last ? least(next_ns, w->line[w->first].due_ns) : next_ns;
    }
    for (unsigned line = 0; line < c->line_count; line++) {
        next_ns = least(next_ns, c->lines[line].due_ns);
    }
    if (c->stuck_until_ns != 0 && c->stuck_until_ns < CROSSING_NEVER - 1) {
        next_ns = least(next_ns, c->stuck_until_ns);
    }
    if (device_ns < CROSSING_NEVER - 1 - go_ns) {
        next_ns = least(next_ns, go_ns + device_ns);
    }
    return next_ns;
}

const struct crossing_counts *crossing_counts(const struct crossing *c)
{
    return &c->counts;
}
