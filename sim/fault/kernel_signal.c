/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What if the kernel lost a signal, or were late with it? None does; but it shows what a component
 * relies on that asks for signals, or that leaves one to be deferred: whether it finds what it was
 * not told of, and when.
 *
 * FAULT_ACTED: a is the sender's channel, b the domain it was for.
 */
#include "sim/base/suggest.h"
#include "sim/fault/fault.h"

enum how { HOW_LATE, HOW_LOST };

static const char *const how_names[] = {"late", "lost", NULL};

struct kernel_signal {
    const char *from, *to;
    uint64_t how, by;
    bool jitter;
    uint32_t from_pd, to_pd; /* once checked; PLAN_NONE: any */
};

static const struct param params[] = {
    PARAM_TEXT_OPTIONAL(struct kernel_signal, from, NULL, "who sends it; anybody if left out"),
    PARAM_TEXT_OPTIONAL(struct kernel_signal, to, NULL, "whom it is for; anybody if left out"),
    PARAM_ENUM(struct kernel_signal, how, HOW_LATE, how_names, "late, or never"),
    PARAM_TIME(struct kernel_signal, by, 10000, 1, 1000000000000, "late: how late"),
    PARAM_BOOL(struct kernel_signal, jitter, false, "late: by any time up to that"),
    PARAM_END,
};

/* The domain of that name; false after a complaint. */
static bool find(const struct plan *plan, const char *key, const char *name, uint32_t *pd,
                 struct diag *diag, struct diag_place place)
{
    const char **names = arena_array(plan->arena, plan->pd_count + 1, sizeof *names);

    *pd = name == NULL ? PLAN_NONE : plan_find_pd(plan, name);
    if (name == NULL || (*pd != PLAN_NONE && plan->pds[*pd].kind == PD_IMAGE)) {
        return true;
    }
    for (uint32_t i = 0; i < plan->pd_count; i++) {
        names[i] = plan->pds[i].kind == PD_IMAGE ? plan->pds[i].name : NULL;
    }
    diag_error(diag, place, "%s: no protection domain \"%s\"%s", key, name,
               suggest_text(plan->arena, name, names, plan->pd_count));
    return false;
}

static bool are_joined(const struct plan *plan, uint32_t from, uint32_t to)
{
    for (uint32_t i = 0; i < plan->channel_count; i++) {
        const struct plan_channel *c = &plan->channels[i];

        for (int side = 0; c->kind == CHANNEL_PEER && side < 2; side++) {
            if (c->end[side].may_notify && (from == PLAN_NONE || c->end[side].pd == from) &&
                (to == PLAN_NONE || c->end[1 - side].pd == to)) {
                return true;
            }
        }
    }
    return false;
}

static bool kernel_signal_check(void *state, const struct plan *plan, uint32_t pd,
                                struct diag *diag, struct diag_place place)
{
    struct kernel_signal *s = state;

    (void)pd;
    if (!find(plan, "from", s->from, &s->from_pd, diag, place) ||
        !find(plan, "to", s->to, &s->to_pd, diag, place)) {
        return false;
    }
    if (!are_joined(plan, s->from_pd, s->to_pd)) {
        diag_error(diag, place, "from, to: %s signals %s never",
                   s->from == NULL ? "anybody" : s->from, s->to == NULL ? "anybody" : s->to);
        return false;
    }
    return true;
}

static bool is_between(const void *state, const struct gate_notify *n)
{
    const struct kernel_signal *s = state;

    return (s->from_pd == PLAN_NONE || s->from_pd == n->from) &&
           (s->to_pd == PLAN_NONE || s->to_pd == n->to);
}

static enum verdict hold(void *state, struct gate_notify *n)
{
    const struct kernel_signal *s = state;

    if (s->how == HOW_LOST) {
        return VERDICT_DROP;
    }
    n->delay_ns = s->jitter ? rng_between(n->rng, 1, s->by) : s->by;
    return VERDICT_DELAY;
}

const struct fault_type fault_kernel_signal = {
    .name = "kernel_signal",
    .doc = "what if: signals come late, or are lost (virtual clock only)",
    .state_size = sizeof(struct kernel_signal),
    .params = params,
    .of_world = true,
    .virtual_only = true,
    .check = kernel_signal_check,
    .notify_is = is_between,
    .notify = hold,
};
