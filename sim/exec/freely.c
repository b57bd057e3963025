/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cost-free loop. It picks by priority, devices before all, then by number. What the supervisor
 * does with processes happens here between two turns: captures are drained, limits are looked at.
 */
#include "sim/exec/freely.h"

#include "sim/exec/domain.h"

#define WALL_TURNS     4096u /* how many turns between two looks at the host's clock */
#define DEVICE_URGENCY 256u  /* hardware does not wait for software */

struct freely {
    struct supervise *s;
    struct exec_turns turns;
};

static uint32_t domains(const struct freely *f)
{
    return f->s->world->plan->pd_count;
}

static unsigned urgency(const struct freely *f, uint32_t pd)
{
    const struct plan_pd *p = &f->s->world->plan->pds[pd];

    return p->kind == PD_DEVICE ? DEVICE_URGENCY : p->priority;
}

/* Who has been rung or is due; the most urgent, then the first. PLAN_NONE: nobody. */
static uint32_t next(const struct freely *f)
{
    uint32_t best = PLAN_NONE;

    for (uint32_t i = 0; i < domains(f); i++) {
        const struct exec_turn *t = &f->turns.domains[i];

        if (!t->ended && (t->rung || t->deadline_ns <= f->turns.now_ns) &&
            (best == PLAN_NONE || urgency(f, i) > urgency(f, best))) {
            best = i;
        }
    }
    return best;
}

static uint64_t next_deadline(const struct freely *f)
{
    uint64_t at = DOMAIN_FOREVER;

    for (uint32_t i = 0; i < domains(f); i++) {
        const struct exec_turn *t = &f->turns.domains[i];

        if (!t->ended && t->deadline_ns < at) {
            at = t->deadline_ns;
        }
    }
    return at;
}

static void drain(struct freely *f)
{
    const struct plan *plan = f->s->world->plan;

    f->turns.supervisor_rung = false;
    for (uint32_t i = 0; i < plan->capture_count; i++) {
        if (capture_drain(&f->s->sinks[i]) > 0) {
            f->turns.domains[plan->captures[i].pd].rung = true;
        }
    }
}

/* Let traffic in, or tell everybody to end. */
static void order(struct freely *f, bool stop)
{
    for (uint32_t i = 0; i < domains(f); i++) {
        struct pd_page *page = f->s->world->pages[i];

        if (stop) {
            atomic_store(&page->order_stop, 1);
        } else {
            atomic_store(&page->order_go_ns, f->turns.now_ns);
        }
        f->turns.domains[i].rung = true;
    }
}

/* Turns until nobody can run at any time, or a limit. */
static enum run_end take_turns(struct freely *f, uint64_t until_ns, uint64_t wall_until_ns)
{
    for (uint64_t turns = 1;; turns++) {
        uint32_t pd = next(f);

        if (pd == PLAN_NONE) {
            uint64_t at = next_deadline(f);

            drain(f);
            if (next(f) != PLAN_NONE) {
                continue;
            }
            if (at == DOMAIN_FOREVER) {
                return RUN_QUIET;
            }
            if (at > until_ns) {
                return RUN_LIMIT;
            }
            f->turns.now_ns = at;
            continue;
        }
        f->s->exec->resume(f->s->exec_state, pd);
        if (f->turns.supervisor_rung) {
            drain(f);
        }
        if (turns % WALL_TURNS == 0 && clock_host_ns() > wall_until_ns) {
            return RUN_WALL;
        }
    }
}

static bool input_left(const struct freely *f)
{
    const struct plan *plan = f->s->world->plan;

    for (uint32_t i = 0; i < plan->device_count; i++) {
        if (atomic_load(&f->s->world->pages[plan->devices[i].pd]->device.finished) == 0) {
            return true;
        }
    }
    return false;
}

static int start_all(struct freely *f, char *why, size_t why_bytes)
{
    struct supervise *s = f->s;
    int error = 0;

    for (uint32_t i = 0; i < domains(f) && error == 0; i++) {
        const char *const *wrap = s->wraps == NULL ? NULL : s->wraps[i];

        error = s->exec->start(s->exec_state, s->world, &f->turns, i, wrap, why, why_bytes);
        s->pds[i].started = error == 0;
    }
    return error;
}

int freely_run(struct supervise *s, char *why, size_t why_bytes)
{
    /* Time 0 would mean "not yet" to those who ask when traffic was let in. */
    struct freely f = {.s = s, .turns = {.now_ns = 1}};
    uint64_t wall_until_ns = clock_host_ns() + s->wall_ns;
    uint64_t until_ns = DOMAIN_FOREVER - 1;
    int error;

    f.turns.domains = arena_array(s->world->arena, domains(&f), sizeof *f.turns.domains);
    s->pds = arena_array(s->world->arena, domains(&f), sizeof *s->pds);
    error = start_all(&f, why, why_bytes);
    if (error == 0) {
        take_turns(&f, f.turns.now_ns, wall_until_ns); /* everybody's init() */
        s->ready_ns = f.turns.now_ns;
        if (s->after_ns != 0) {
            until_ns = f.turns.now_ns + s->after_ns;
        }
        order(&f, false);
        s->end = take_turns(&f, until_ns, wall_until_ns);
        s->length_ns = f.turns.now_ns - s->ready_ns;
        s->input_left = s->end == RUN_QUIET && input_left(&f);
        drain(&f);
        order(&f, true);
        take_turns(&f, f.turns.now_ns, wall_until_ns);
    }
    for (uint32_t i = 0; i < domains(&f); i++) {
        s->exec->stop(s->exec_state, s->world, i);
        s->pds[i].ended = true;
    }
    return error;
}
