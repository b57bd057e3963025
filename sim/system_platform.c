/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which machine's costs virtual time has. A platform that a scenario names is read even where the
 * host's clock has no use for it, so that its mistakes are told when they are made; and whatever is
 * read becomes part of what the run leaves, which can then be run again anywhere.
 */
#include "sim/system_parts.h"

/* A core there is, and a budget the kernel would run it for. */
static void check_pd(const struct system *s, const struct scenario_pd *pd, struct diag *diag)
{
    const struct platform *p = s->platform;

    if (pd->name != NULL && pd->budget_ns < pd->period_ns && pd->budget_ns <= p->min_budget_ns) {
        diag_error(diag, pd->place,
                   "a budget of %llu ns is too small: platform \"%s\" runs nobody for so little; "
                   "it takes more than %llu ns",
                   (unsigned long long)pd->budget_ns, p->name,
                   (unsigned long long)p->min_budget_ns);
    }
    if (pd->name != NULL && pd->cpu >= 0 && (uint64_t)pd->cpu >= p->cores) {
        diag_error(diag, pd->place, "runs on core %d, but platform \"%s\" has cores 0..%llu only",
                   pd->cpu, p->name, (unsigned long long)(p->cores - 1));
    }
}

static void check_cores(const struct system *s, struct diag *diag)
{
    const struct scenario *asked = s->scenario;

    for (size_t i = 0; i < asked->instance_count; i++) {
        const struct role_view *role = asked->instances[i].class_type->roles;

        for (size_t j = 0; role != NULL && role[j].name != NULL; j++) {
            check_pd(s, &asked->instances[i].roles[j], diag);
        }
    }
    for (size_t i = 0; i < asked->client_count; i++) {
        const struct scenario_client *client = &asked->clients[i];

        check_pd(s, &client->pd, diag);
        for (size_t j = 0; j < client->join_count; j++) {
            const struct scenario_join *join = &client->joins[j];
            const struct role_view *role =
                asked->instances[join->instance].class_type->client_roles;

            for (size_t k = 0; role != NULL && role[k].name != NULL; k++) {
                check_pd(s, &join->roles[k], diag);
            }
        }
    }
}

void system_find_platform(struct system *s)
{
    struct scenario *asked = s->scenario;

    if (asked->clock == CLOCK_HOST && asked->platform == NULL) {
        return;
    }
    s->platform =
        platform_load(asked->platform, asked->platform_json, asked->path,
                      system_platform_dir(&s->arena), asked->platform_place, &s->arena, &s->diag);
    if (s->platform == NULL) {
        return;
    }
    if (asked->platform_json == NULL) {
        const struct scenario_types *types = system_types();

        platform_check_images(s->platform, types->images, types->image_count, &s->diag);
    }
    asked->platform = s->platform->name;
    scenario_expand_platform(asked, s->platform->json, &s->arena);
    if (asked->clock == CLOCK_VIRTUAL) {
        check_cores(s, &s->diag);
    }
}
