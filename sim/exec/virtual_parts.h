/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_VIRTUAL_PARTS_H
#define SIM_EXEC_VIRTUAL_PARTS_H
/*
 * What the rooms of a run in virtual time share (virtual.h): its course (virtual.c), whether it
 * still gets anywhere (standstill.c), and faults of the kernel (virtual_faults.c).
 */
#include "sim/exec/virtual.h"
#include "sim/fault/fault_set.h"

struct standstill {
    bool asked;       /* somebody wants to know */
    uint64_t moved;   /* entries of all queues, when it was looked last */
    uint64_t *wakes;  /* by domain, then */
    uint32_t *queues; /* by domain, how many */
    struct asked_dead {
        uint64_t count;        /* how often it was, being dead */
        uint64_t moved, wakes; /* of all queues, and of its driver, when it was looked last */
    } * asked_dead;            /* by device */
};

struct virtual
{
    struct fault_set faults; /* of the kernel */
    struct kernel_gates gates;
    bool told_to_stop; /* everybody was: nothing more goes wrong */
    struct supervise *s;
    struct kernel kernel;
    struct caches *caches; /* NULL: all memory is coherent */
    uint64_t wall_until_ns;
    bool out_of_patience, failed;
    uint64_t begun_ps; /* when traffic was let in; 0: not yet */
    struct standstill still;
};

/* How long traffic has been let in. */
static inline uint64_t virtual_run_ns(const struct virtual *v)
{
    return v->begun_ps == 0 ? 0 : (v->kernel.now_ps - v->begun_ps) / 1000;
}

/* -- standstill.c -- */

/* Get ready. Memory from `arena`. */
void standstill_init(struct virtual *v, struct arena *arena);
/* Now and then: everybody is busy, and nothing moves? */
void standstill_look(struct virtual *v);
/* A register of a device that died was asked for. */
void standstill_dead(struct virtual *v, uint32_t device);

/* -- virtual_faults.c -- */

/* Let the faults of the kernel begin, if there are any. */
void virtual_begin_faults(struct virtual *v);
/* When they next do something of themselves; EVENTS_NEVER: not. */
uint64_t virtual_faults_ps(const struct virtual *v);
#endif
