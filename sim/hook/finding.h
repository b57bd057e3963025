/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_HOOK_FINDING_H
#define SIM_HOOK_FINDING_H
/*
 * "This should not have happened": what a check found, as data. Checks make findings, reports word
 * them. Beside them stand excused ones: the same kind of thing, but a domain's own misdeed that the
 * scenario foresees (it is compromised, untrusted or dead), which is told and fails nothing.
 */
#include <stddef.h>
#include <stdint.h>

#include "sim/base/arena.h"

struct finding {
    const char *text;   /* one sentence without a full stop: what happened to what, in plan names */
    uint32_t culprit;   /* domain, PLAN_NONE if not known */
    uint32_t victim;    /* domain, PLAN_NONE if none or not known */
    const char *object; /* "client0.tx.active", "net0.rx[17]"; NULL */
    uint64_t time_ns;   /* of the first */
    uint64_t count;     /* how often */
    const char *before; /* what happened just before the first, a line each; NULL: not known */
    uint64_t place;     /* of the first, in the culprit's image as in struct probe; 0: not known */
};

/* Beyond FINDINGS_MAX of either sort they are only counted, in `lost` and `excused_lost`. */
#define FINDINGS_MAX 64

/* Set `arena`; the rest zeroed is empty. */
struct findings {
    struct arena *arena;
    struct finding *list;
    size_t count, room, lost;
    struct finding *excused;
    size_t excused_count, excused_room, excused_lost;
    const char *figure; /* what it measured, in half a sentence; NULL: nothing */
};

void findings_add(struct findings *f, const struct finding *one); /* texts are copied */
void findings_excuse(struct findings *f, const struct finding *one);
#endif
