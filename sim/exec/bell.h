/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_BELL_H
#define SIM_EXEC_BELL_H
/*
 * How a domain waits on the host's clock: for its doorbell, and for a time. A ring before the wait
 * ends the wait at once, so none is ever lost.
 *
 * Between processes only the doorbell itself, an eventfd, can be rung; in one address space a word
 * in front of it knows whether anybody sleeps, and who does not sleep is rung without the kernel.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define BELL_FOREVER UINT64_MAX

enum bell_state {
    BELL_QUIET,    /* its domain is awake */
    BELL_RUNG,     /* ... and has been rung since it slept */
    BELL_ASLEEP,   /* on the word */
    BELL_LISTENING /* on its descriptors, since it waits for a time as well */
};

struct bell {
    _Alignas(64) _Atomic uint32_t word; /* enum bell_state; of bells in one address space */
    int doorbell, timer, both;          /* both: an epoll on the other two, and what is heard */
    bool hears;                         /* more than those two */
    uint64_t epoch_ns;                  /* run time 0 on the host's clock */
    uint64_t armed_ns;                  /* when the timer will ring, in run time; 0: it will not */
};

/* From here on bell_listen() can wait for this doorbell, which stays the caller's. 0 or -errno. */
int bell_hang(struct bell *b, int doorbell, uint64_t epoch_ns);
/* Whenever there is something new to be read there, a wait ends as well. The descriptor stays the
 * caller's, and is forgotten when it is closed. 0 or -errno. */
int bell_hear(struct bell *b, int descriptor);
void bell_take_down(struct bell *b); /* one that was never hung is fine */
/* Wait for the doorbell or until then, in run time. May return early, without cause. */
void bell_listen(struct bell *b, uint64_t deadline_ns);

/* -- in one address space -- */

/* The same, for those who are rung by bell_ring(). */
void bell_wait(struct bell *b, uint64_t deadline_ns);
/* Never waits. A full barrier. */
void bell_ring(struct bell *b);
#endif
