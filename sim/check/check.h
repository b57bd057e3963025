/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CHECK_CHECK_H
#define SIM_CHECK_CHECK_H
/*
 * A check: it hears every event, and at the end says what it found. It sees the plan and the events, nothing
 * else. Findings are data; the report words them.
 */
#include "sim/base/arena.h"
#include "sim/hook/probe.h"
#include "sim/model/plan.h"

#define FINDING_EVENTS_MAX 8

struct finding {
    const char *text;   /* one sentence: what happened to what, in plan names */
    uint32_t culprit;   /* domain, PLAN_NONE if not known */
    uint32_t victim;    /* domain, PLAN_NONE if none or not known */
    const char *object; /* "client0.tx.active", "net0.rx[17]"; NULL */
    uint64_t time_ns, count; /* count: how often */
};

struct findings {
    struct arena *arena;
    struct finding *list;
    size_t count, room, lost; /* beyond the limit, only counted */
};
#define FINDINGS_MAX 64
void findings_add(struct findings *f, const struct finding *one); /* texts are copied */

struct check_type {
    const char *name, *doc;
    const char *host_time; /* how exact it is in host time: "at quiescence", ... for `list` */
    size_t state_size;
    void (*start)(void *state, const struct plan *plan); /* NULL: zeroed state will do */
    void (*event)(void *state, const struct plan *plan, const struct probe *p);
    void (*finish)(void *state, const struct plan *plan, struct findings *out);
};

#include "sim/check/check_types.h"
#define ROW(id) extern const struct check_type check_##id;
CHECK_TYPES(ROW)
#undef ROW
const struct check_type *const *check_types(size_t *count);
#endif
