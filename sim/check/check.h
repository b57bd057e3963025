/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CHECK_CHECK_H
#define SIM_CHECK_CHECK_H
/*
 * A check: it hears every event, and at the end says what it found. It sees the plan and the
 * events, nothing else. Findings are data; the report words them.
 *
 * What is nobody's fault but the attacker's is no finding: a domain that a scenario fault
 * compromises, or that the scenario calls untrusted, may misuse what is its own. That the others
 * withstand it is what is judged.
 */
#include <stdbool.h>

#include "sim/base/arena.h"
#include "sim/hook/finding.h"
#include "sim/hook/probe.h"
#include "sim/model/plan.h"

struct check_type {
    const char *name, *doc;
    const char *host_time; /* how exact it is in host time, for `list` */
    bool isolation;        /* says who could reach what: no verdict where a domain ran unconfined */
    size_t state_size;
    /* Take from plan->arena what depends on the plan. NULL: zeroed state will do. */
    void (*start)(void *state, const struct plan *plan);
    void (*event)(void *state, const struct plan *plan, const struct probe *p);
    void (*finish)(void *state, const struct plan *plan, struct findings *out);
};

#include "sim/check/check_types.h"
#define ROW(id) extern const struct check_type check_##id;
CHECK_TYPES(ROW)
#undef ROW
const struct check_type *const *check_types(size_t *count);

/* One check of one run. */
struct check_run {
    const struct check_type *type;
    const struct plan *plan;
    void *state;
    struct findings findings;
};
struct checks {
    struct check_run *runs; /* in row order, without those the scenario turns off */
    size_t count;
};

/* The checks the scenario does not turn off, started. Complains of a name there that is none. */
struct checks checks_start(const struct plan *plan, struct diag *diag);
void checks_listen(struct checks *c, struct probe_bus *bus);
void checks_finish(struct checks *c); /* findings are in runs[i].findings from here on */
/* The names of those that run, for expect_check. */
const char *const *checks_names(const struct checks *c, struct arena *arena);
#endif
