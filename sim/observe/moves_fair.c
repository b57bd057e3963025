/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who serves several serves them alike. The queues by which many give one domain the same kind of
 * thing, frames or empty buffers, are its lines: a virtualiser has one of each for every client.
 * Whoever still has something in its line each time that the domain goes to wait is served less
 * than it wants; then nobody may be served much more, be it little that the other wants or much:
 * no more than SHARE times as many, and on top of that what a turn each at the wrong time explains,
 * which is SHARE times all that the other's queue holds.
 *
 * A line is watched from when it is first left waiting to when it is not, and begun anew after so
 * many turns, since what was right for long must not hide what is wrong from now on.
 */
#include "sim/observe/moves_parts.h"

#define SHARE      2u
#define TURNS_KEPT 8u /* queue fulls of its own that a line is watched for in one go */

/* One queue of several of a kind. */
struct fair_line {
    struct watched *q;
    uint64_t *since; /* what each line of this kind had moved when this one began to wait */
    bool waits, told;
};

static bool is_line(const struct watched *q, bool frames)
{
    return !q->produces && q->frames == frames && !q->first && !q->to_device;
}

static size_t lines_of(const struct plan *plan, uint32_t pd)
{
    size_t count = 0;

    for (uint32_t i = 0; i < plan->queue_count; i++) {
        count += plan->queues[i].consumer == pd;
    }
    return count;
}

size_t fair_bytes(const struct plan *plan, uint32_t pd)
{
    size_t lines = lines_of(plan, pd);

    return FAIR_KINDS * (lines * (sizeof(struct fair_line) + lines * sizeof(uint64_t)) +
                         (lines + 1) * MOVES_ALIGN);
}

void fair_init(struct moves *m, uint8_t **at)
{
    bool asked = m->exact && !m->endpoint && plan_checks(m->plan, "fairness");

    for (unsigned kind = 0; kind < FAIR_KINDS && asked; kind++) {
        struct fair *f = &m->fair[kind];
        uint32_t count = 0;

        for (uint32_t i = 0; i < m->queue_count; i++) {
            count += is_line(&m->queues[i], kind != 0);
        }
        if (count < 2) {
            continue;
        }
        f->lines = moves_carve(at, count * sizeof *f->lines);
        for (uint32_t i = 0; i < m->queue_count; i++) {
            if (is_line(&m->queues[i], kind != 0)) {
                f->lines[f->count] = (struct fair_line){.q = &m->queues[i]};
                f->lines[f->count++].since = moves_carve(at, count * sizeof(uint64_t));
            }
        }
    }
}

/* Has its giver put something there that was not taken? One that may forge is not believed. */
static bool is_waiting(const struct watched *q)
{
    uint32_t length = (queue_load_index(q->peer, q->index_bytes) - q->shadow) & q->index_mask;

    return length != 0 && length <= q->slot_mask + 1 && !q->exposed && q->counts->illegal == 0;
}

static void begin_window(const struct fair *f, struct fair_line *line)
{
    line->waits = true;
    for (uint32_t i = 0; i < f->count; i++) {
        line->since[i] = f->lines[i].q->counts->moved;
    }
}

/* It was left waiting once more, since when `line->since` was noted: who was served instead? */
static void compare(struct moves *m, const struct fair *f, struct fair_line *line)
{
    uint32_t own = (uint32_t)(line - f->lines), most = own;
    uint64_t mine = line->q->counts->moved - line->since[own], excess = 0;

    for (uint32_t i = 0; i < f->count; i++) {
        const struct watched *q = f->lines[i].q;
        uint64_t theirs = q->counts->moved - line->since[i];
        uint64_t allowed = SHARE * (mine + q->slot_mask + 1);

        if (theirs > allowed && theirs - allowed > excess) {
            excess = theirs - allowed;
            most = i;
        }
    }
    if (most != own && !line->told) {
        line->told = true;
        moves_tell(m, PROBE_LINE_PASSED_OVER, line->q->index,
                   line->q->counts->moved - line->since[own],
                   (uint64_t)f->lines[most].q->index << 32 |
                       (uint32_t)(f->lines[most].q->counts->moved - line->since[most]));
    }
    if (mine >= (uint64_t)TURNS_KEPT * (line->q->slot_mask + 1)) {
        begin_window(f, line);
    }
}

void fair_settle(struct moves *m)
{
    for (unsigned kind = 0; kind < FAIR_KINDS; kind++) {
        struct fair *f = &m->fair[kind];

        for (uint32_t i = 0; i < f->count; i++) {
            struct fair_line *line = &f->lines[i];

            if (__builtin_expect(!is_waiting(line->q), 1)) {
                line->waits = false;
            } else if (!line->waits) {
                begin_window(f, line);
            } else {
                compare(m, f, line);
            }
        }
    }
}
