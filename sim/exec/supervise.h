/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_SUPERVISE_H
#define SIM_EXEC_SUPERVISE_H
/*
 * A run on the host's clock, from the first fork to the last child reaped. The supervisor starts
 * every domain, lets traffic in once all are ready, drains captures, sees every death, and ends the
 * run when the input is consumed and everything is quiet, when a limit is reached, or when it is
 * told to. It never looks at packet data and never waits for a domain that may not answer.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>

#include "sim/exec/exec.h"
#include "sim/exec/world.h"
#include "sim/hook/probe.h"
#include "sim/observe/capture.h"

#define SUPERVISE_GRACE_WRAPPED_S 60 /* for tools around domains to say what they found */

struct virtual_result;

/* What became of one domain. */
struct supervise_pd {
    bool started, ended;
    bool died;    /* by a signal that was not ours, or by leaving of itself */
    bool revived; /* it had, and was begun anew */
    int signal;   /* it died of; 0: it left with `status` */
    int status;
    uint64_t vaddr, pc; /* where it faulted, as it says itself; all ones: not known */
    bool left_stack;    /* in its page, and it is of this death */
    int refused_call;   /* number of the system call the filter refused, -1 */
    const char *failed; /* why it could not start; NULL */
    uint64_t cpu_ns;
    uint64_t died_ns; /* since traffic was let in */
    /* It did not get to its next wait within the grace at the end: enum unfinished, and who was in
     * its way, PLAN_NONE if nobody. Virtual time only. */
    bool unfinished;
    uint8_t unfinished_why;
    uint32_t unfinished_by;
};

struct supervise {
    struct world *world;
    const struct exec_type *exec;
    void *exec_state;
    const char *const *
        *wraps; /* by domain: a command to run it under, or NULL; NULL: none at all */
    struct capture_sink *sinks;      /* by plan capture, open */
    uint64_t after_ns, wall_ns;      /* planned length, 0 for none; and the limit of patience */
    bool open_ended;                 /* patience has no limit while frames may come from the host */
    bool progress;                   /* say on stderr how it goes */
    FILE *events;                    /* virtual time: every event, in words; NULL: none */
    const struct platform *platform; /* what things cost in virtual time */

    /* Filled in by supervise_run. */
    struct supervise_pd *pds;
    enum run_end end;
    bool by_hand;       /* it ended with a signal, as nothing else would have ended it */
    bool input_left;    /* it ended with a wire that still had frames to give or to wait for */
    uint64_t ready_ns;  /* from the first fork until all were ready */
    uint64_t length_ns; /* from letting traffic in until the end */
    struct virtual_result *virtual_result; /* see virtual.h; NULL on the host's clock */
    struct probe *acts; /* what faults of the kernel did, by scenario fault; NULL: there are none */
    uint64_t *signals_lost;      /* to such faults, by domain; likewise */
    uint32_t stuck_pd, stuck_on; /* who asks whom for ever, where that is the end; PLAN_NONE */
    const char *failed_pd;       /* which domain could not start, or was not ready in time; NULL */
};

/* 0, or -errno with what was attempted in `why`: then nothing runs any more. Signals are held when
 * it returns. */
int supervise_run(struct supervise *s, char *why, size_t why_bytes);
/* Let what would end the program wait, so that no run is left half set up or half reported; or let
 * it through. */
void supervise_hold_signals(bool hold);
/* What a domain left in its page as the reason for not becoming one. */
const char *supervise_page_text(const struct world *w, const struct pd_page *page);
/* How much of the processor's time a child that has been waited for took. */
uint64_t supervise_cpu_ns(const struct rusage *usage);
/* What a domain left in its page of how it died, once it is known by which signal. */
void supervise_note_left(struct supervise_pd *pd, const struct pd_page *page);
/* What goes with the signal in PROBE_PD_DIED and where_death(). */
uint64_t supervise_death_detail(const struct supervise_pd *pd);
#endif
