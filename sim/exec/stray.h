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
};

/* What a fault signal was about, from what its handler was given. */
struct stray stray_fault(int number, const siginfo_t *info, const void *context);
/* Let the processor's time counter, and so the host's clock, be read by this process, or fault. */
void stray_forbid_clock(bool forbid);
#endif
