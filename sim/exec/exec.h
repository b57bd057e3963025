/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_EXEC_H
#define SIM_EXEC_EXEC_H
/*
 * An executor turns the domains of a plan into running code. It knows three verbs (start, resume
 * until it yields, stop) and no cost, no queue and no device: what a domain does is domain.h's and
 * station.h's, when it may is the clock's.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sim/exec/stray.h"
#include "sim/exec/world.h"
#include "sim/kernel/kernel.h"

/*
 * A run in virtual time, as an executor needs to know it: whose kernel to ask who goes next, and
 * what things cost.
 */
struct exec_virtual {
    struct kernel *kernel;
    const struct platform *platform;
    /* A domain has died, at its last point; the kernel has been told. `status`: what its process
     * left with, if it left by itself. */
    void (*died)(void *context, uint32_t pd, const struct stray *why, int status);
    void *context;
};

/*
 * Where a domain stands in virtual time: another number once its clock has moved or another turn
 * has begun. One that stands where it stood after a second of the processor's time spins.
 */
static inline uint64_t exec_stands(const struct exec_virtual *v, const struct turn *turn)
{
    return turn->now_ps ^ v->kernel->turns << 40;
}

/* How a domain came to its end on the host's clock. */
struct exec_end {
    int signal; /* that ended it; 0: it left, with `status` */
    int status;
    uint64_t cpu_ns;
};

struct exec_type {
    const char *name, *doc;
    bool isolates; /* by MMU: a domain cannot reach what the plan does not give it */
    bool host_clock, virtual_clock;
    size_t state_size; /* for a whole run, zeroed by the core */

    /* Begin domain `pd`; `wrap` is a NULL-terminated command to run it under, or NULL, as it is
     * always where there is no `process`. `v` is NULL on the host's clock. 0 or -errno with what
     * was attempted in `why`. */
    int (*start)(void *state, struct world *w, const struct exec_virtual *v, uint32_t pd,
                 const char *const *wrap, char *why, size_t why_bytes);
    /* In virtual time: run domain `pd`, and whoever follows it, until the kernel has nobody to run.
     * NULL: the host's clock only. */
    void (*resume)(void *state, uint32_t pd);
    /* In virtual time, a device; see station.h. */
    uint64_t (*access)(void *state, uint32_t pd, uint64_t now_ns, bool write, uint32_t offset,
                       unsigned bytes, uint64_t value);
    void (*step)(void *state, uint32_t pd, uint64_t now_ns);
    uint64_t (*next_ns)(void *state, uint32_t pd, uint32_t *idle_write);
    /* End domain `pd` now, whatever it does; harmless if it has ended or never began. */
    void (*stop)(void *state, struct world *w, uint32_t pd);
    /*
     * On the host's clock: a domain that has ended since somebody asked last, PLAN_NONE if there is
     * none; `wait`: until one does. Of those that do not end by themselves, stop() makes one end.
     */
    uint32_t (*reap)(void *state, struct world *w, bool wait, struct exec_end *end);
    /* The domain's process, 0 if it has none of its own or has ended. NULL: there are none. */
    pid_t (*process)(const void *state, uint32_t pd);
};

#include "sim/exec/exec_types.h"
#define ROW(id) extern const struct exec_type exec_##id;
EXEC_TYPES(ROW)
#undef ROW

const struct exec_type *const *exec_types(size_t *count);
const struct exec_type *exec_find(const char *name); /* NULL: no such executor */
#endif
