/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checks of one run: which there are, which the scenario wants, and taking each from its first
 * event to its findings. What a check thinks of an event is its own business.
 */
#include "sim/check/check.h"

#include <string.h>

#include "sim/base/suggest.h"

static const struct check_type *const types[] = {
#define ROW(id) &check_##id,
    CHECK_TYPES(ROW)
#undef ROW
};

#define TYPE_COUNT (sizeof types / sizeof types[0])

const struct check_type *const *check_types(size_t *count)
{
    *count = TYPE_COUNT;
    return types;
}

/* A misspelt check would otherwise stay on in silence. */
static void complain_unknown(const struct scenario *s, struct diag *diag)
{
    const char *names[TYPE_COUNT];

    for (size_t i = 0; i < TYPE_COUNT; i++) {
        names[i] = types[i]->name;
    }
    for (size_t i = 0; s != NULL && i < s->checks_off_count; i++) {
        bool known = false;

        for (size_t k = 0; k < TYPE_COUNT; k++) {
            known |= strcmp(s->checks_off[i], names[k]) == 0;
        }
        if (!known) {
            diag_error(diag, (struct diag_place){.file = s->path, .path = "checks"},
                       "no check \"%s\"%s", s->checks_off[i],
                       suggest_text(diag->arena, s->checks_off[i], names, TYPE_COUNT));
        }
    }
}

struct checks checks_start(const struct plan *plan, struct diag *diag)
{
    struct checks c = {.runs = arena_array(plan->arena, TYPE_COUNT, sizeof *c.runs)};

    complain_unknown(plan->scenario, diag);
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (!plan_checks(plan, types[i]->name)) {
            continue;
        }
        struct check_run *run = &c.runs[c.count++];

        *run = (struct check_run){.type = types[i],
                                  .plan = plan,
                                  .state = arena_alloc(plan->arena, types[i]->state_size),
                                  .findings = {.arena = plan->arena}};
        if (types[i]->start != NULL) {
            types[i]->start(run->state, plan);
        }
    }
    return c;
}

static void hear(void *context, const struct probe *p)
{
    struct check_run *run = context;

    run->type->event(run->state, run->plan, p);
}

void checks_listen(struct checks *c, struct probe_bus *bus)
{
    for (size_t i = 0; i < c->count; i++) {
        probe_listen(bus, hear, &c->runs[i]);
    }
}

void checks_finish(struct checks *c)
{
    for (size_t i = 0; i < c->count; i++) {
        c->runs[i].type->finish(c->runs[i].state, c->runs[i].plan, &c->runs[i].findings);
    }
}

const char *const *checks_names(const struct checks *c, struct arena *arena)
{
    const char **names = arena_array(arena, c->count + 1, sizeof *names);

    for (size_t i = 0; i < c->count; i++) {
        names[i] = c->runs[i].type->name;
    }
    return names;
}
