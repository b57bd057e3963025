/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_STRAY_H
#define SIM_EXEC_STRAY_H
/*
 * A domain that does what no protection domain can: it faults, runs on without ever coming to a
 * point, or asks the host for the time in a run whose time is virtual. The last two have no signal
 * of their own, and go by numbers above all signals.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/hook/where.h"

#define STRAY_SPINS       WHERE_DEATH_SPINS
#define STRAY_HOSTS_CLOCK WHERE_DEATH_HOSTS_CLOCK

struct stray {
    uint32_t signal;
    uint64_t vaddr, pc; /* vaddr all ones: none is known */
    uint64_t sp, fp;    /* beside pc: where its stack was */
};

/* What a fault signal was about, from what its handler was given. For SIGSYS, vaddr is the number
 * of the system call, all ones if that is not one of this machine's. */
struct stray stray_fault(int number, const siginfo_t *info, const void *context);
/*
 * Let the host's clock be read, or fault: the processor's time counter by this thread, and the page
 * in which the kernel keeps the time for all of them.
 */
void stray_forbid_clock(bool forbid);
/*
 * For domains that live in this process: from now on (or no longer) each system call of this thread
 * raises SIGSYS in it while stray_inside is set. Where the host cannot do that, nothing happens.
 * SIGSYS is handled already.
 */
void stray_guard_calls(bool on);
extern __thread volatile char stray_inside; /* this thread runs an image just now */
#endif
