/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What if a domain had less time than it was given? A part of its budget is gone at once, and the
 * time with it, as if another had run on it: with nothing left it waits for the rest of its period,
 * whoever waits for it.
 *
 * FAULT_ACTED, of what the kernel does unasked: a is the time.
 */
#include "sim/base/suggest.h"
#include "sim/fault/fault.h"

struct kernel_budget {
    const char *of;
    uint64_t take;
    uint32_t pd;
};

static const struct param params[] = {
    PARAM_TEXT(struct kernel_budget, of, "whose budget"),
    PARAM_TIME(struct kernel_budget, take, 0, 0, 1000000000000,
               "how much of it; 0, or more than it is: all"),
    PARAM_END,
};

/* A fault is not aimed at whom it harms: that one is judged as any other. */
static bool kernel_budget_check(void *state, const struct plan *plan, uint32_t pd,
                                struct diag *diag, struct diag_place place)
{
    struct kernel_budget *s = state;
    const char **names = arena_array(plan->arena, plan->pd_count + 1, sizeof *names);

    (void)pd;
    s->pd = plan_find_pd(plan, s->of);
    if (s->pd != PLAN_NONE && plan->pds[s->pd].budget_ns != 0) {
        return true;
    }
    if (s->pd != PLAN_NONE) {
        diag_error(diag, place, "of: %s has no budget that could be taken", s->of);
        return false;
    }
    for (uint32_t i = 0; i < plan->pd_count; i++) {
        names[i] = plan->pds[i].budget_ns != 0 ? plan->pds[i].name : NULL;
    }
    diag_error(diag, place, "of: no protection domain \"%s\"%s", s->of,
               suggest_text(plan->arena, s->of, names, plan->pd_count));
    return false;
}

static enum verdict take(void *state, struct gate_kernel *k)
{
    const struct kernel_budget *s = state;

    k->pd = s->pd;
    k->take_ns = s->take == 0 ? 1000000000000 : s->take;
    return VERDICT_ALTER;
}

const struct fault_type fault_kernel_budget = {
    .name = "kernel_budget",
    .doc = "what if: a part of a domain's budget is gone (virtual clock only)",
    .state_size = sizeof(struct kernel_budget),
    .params = params,
    .of_world = true,
    .virtual_only = true,
    .check = kernel_budget_check,
    .kernel = take,
};
