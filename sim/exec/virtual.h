/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_VIRTUAL_H
#define SIM_EXEC_VIRTUAL_H
/*
 * A run in virtual time: domains of whichever executor, devices, and the simulated kernel that says
 * who goes next. Everything in it is a function of plan, platform and seed; the host's clock is
 * looked at only for the limit of patience.
 */
#include "sim/exec/caches.h"
#include "sim/exec/supervise.h"
#include "sim/kernel/kernel.h"

/* What a domain or a core did from letting traffic in until the end. */
struct virtual_pd {
    uint64_t spent_ps, activations, switches;
    struct turn_account account;
};

#define VIRTUAL_BEFORE  5u
#define VIRTUAL_BEFORES 64u
#define VIRTUAL_DIED    UINT64_MAX

struct virtual_result {
    uint64_t digest;
    uint64_t length_ps;
    uint32_t core_count;
    uint64_t *busy_ps;           /* by core */
    struct virtual_pd *pds;      /* by plan domain */
    uint64_t events;             /* that went into the digest */
    const struct kernel *kernel; /* as it stood at the end */
    struct virtual_standstill {
        uint64_t at_ps, wakes;  /* 0: there was none */
        uint32_t pd;            /* who woke most */
        uint32_t queue, device; /* what waits meanwhile, in one of these; PLAN_NONE: not there */
        uint32_t line;          /* or the device whose interrupt is up */
    } standstill;
    /* What happened just before a domain told of something, or died. */
    struct virtual_before {
        uint32_t pd;
        uint64_t told; /* how often it had told of something by then; VIRTUAL_DIED */
        unsigned count;
        struct kernel_event events[VIRTUAL_BEFORE]; /* oldest first */
    } * befores;
    unsigned before_count;
    const struct caches *caches;       /* NULL: all memory was coherent */
    const struct kernel_event *recent; /* the last KERNEL_RECENT of them, by sequence modulo that */
};

/* As supervise_run: 0, or -errno with what was attempted in `why`. s->platform says what things
 * cost, s->virtual_result is filled in. */
int virtual_run(struct supervise *s, char *why, size_t why_bytes);
#endif
