/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_LOCAL_H
#define SIM_EXEC_LOCAL_H
/*
 * What executors share that run all domains in this one process: regions mapped at the plan's
 * addresses, images loaded, and what becomes of a domain that does what it may not. In virtual time
 * devices act when the kernel asks them, on whose stack does not matter, and how one domain gives
 * way to another is the executor's: stacks, or threads. On the host's clock each has a thread.
 *
 * Nothing keeps the domains apart in memory. One that crashes, spins, asks the host what time it
 * is, or makes a system call that is not for domains, is stopped where it stands and never runs
 * again, as its process would be, and with the same words; what it broke of others before stays
 * broken. The few calls that are for domains are carried out as if it had a process of its own.
 */
#include <setjmp.h>

#include "sim/exec/domain.h"
#include "sim/exec/exec.h"
#include "sim/exec/station.h"

#define LOCAL_MAX 1024u

struct local_run;

struct local {
    struct local_run *run; /* NULL: not begun */
    uint32_t pd;
    struct domain domain;
    struct domain_exec exec;
    void *memory; /* of its watch, or its device */
    struct station *station;
    struct wire wire;
    int log;
    uint64_t log_bytes;  /* written so far */
    uint64_t stood;      /* where, plus 1, when the watchdog last looked */
    pid_t thread;        /* of the host: where it runs, once it does */
    void *way;           /* the executor's: how it is gone to */
    sigjmp_buf *loading; /* while its image is loaded: where to go on if it strays */
    bool stillborn;      /* it did */
    struct stray why;    /* how */
    int status;          /* what it left with, if it left */
};

struct local_run {
    struct exec_virtual v; /* in virtual time */
    /* On the host's clock, else NULL: what domains need of the host, the context left to local.c;
     * the end of the domain that runs on the thread that calls this, which strayed; and of one that
     * was told to go, if it is that one. */
    const struct domain_exec *verbs;
    void (*strayed)(struct local *l, const struct stray *why, int status);
    void (*told)(struct local *l);
    struct world *world;
    /* Leave `from` (NULL: whoever began), go on with `to` (NULL: whoever began). Returns when
     * somebody goes back to `from`. */
    void (*go)(struct local_run *run, struct local *from, struct local *to);
    bool explores; /* there are domains with a memory order of their own (weak.h) */
    struct local *ran[PLATFORM_CORES_MAX]; /* then: by core, who ran last */
    struct local *inside; /* whose image runs; NULL: the kernel, a device, the program */
    bool watching, guarded;
    bool traps; /* each domain has a stack of its own for signals, and may give way on that (trap.h)
                 */
    uintptr_t heap_limit;
    struct local locals[LOCAL_MAX];
};

/* On the host's clock: whose thread this is. NULL: none's. */
extern __thread struct local *local_here;

/* Make domain `pd` ready to run; its body is local_body(). As exec_type.start. */
int local_start(struct local_run *run, struct world *w, const struct exec_virtual *v, uint32_t pd,
                const char *const *wrap, char *why, size_t why_bytes);
void local_body(struct local *l) __attribute__((noreturn));
/* The thread that calls this is to run domains, or no longer. */
void local_guard(struct local_run *run, bool on);
/* From now on signals are this run's, and its domains are watched; or no longer. In virtual time
 * local_stop() sees to the latter. */
void local_watch(struct local_run *run, bool on);
/* To its log. How much of it has been written; less than all when the log is long enough, as in a
 * process. */
size_t local_append(struct local *l, const char *text, size_t bytes);
/* Stop a domain for good, whose image has strayed or left with `status`. Before the run has begun
 * there is nobody to go on with but whoever loads it. */
void local_stray(struct local_run *run, struct local *l, const struct stray *why, int status)
    __attribute__((noreturn));
/* Undo it. Harmless if it never began. */
void local_stop(struct local_run *run, uint32_t pd);

/* exec_type's verbs, for a state that begins with a struct local_run. */
void local_resume(void *state, uint32_t pd);
uint64_t local_access(void *state, uint32_t pd, uint64_t now_ns, bool write, uint32_t offset,
                      unsigned bytes, uint64_t value);
void local_step(void *state, uint32_t pd, uint64_t now_ns);
uint64_t local_next_ns(void *state, uint32_t pd, uint32_t *idle_write);
#endif
