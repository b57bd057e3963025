/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_TRAP_H
#define SIM_EXEC_TRAP_H
/*
 * Registers of a driver that knows no accessor and was not made with hooks either: nothing is where
 * they would be, so each access faults, and is carried out from the signal handler as if it had
 * not. The instruction is emulated (emulate.h); what it reads or writes is the device's, as with
 * any other access, with the same point at the same time. It is as exact as hooks, and much slower.
 */
#include <signal.h>
#include <stdbool.h>

#include "sim/exec/domain.h"

/* Can it come to that? */
static inline bool trap_wanted(const struct domain *d)
{
    return d->regs_bytes != 0 && d->backed == BACKED_NOT;
}

/*
 * From the handler of SIGSEGV, which nothing may have interrupted but the image: true if that was
 * an access of a register and has been made, and `context` is after it. If it was one that cannot
 * be made, the domain's log says so.
 */
bool trap_access(struct domain *d, const siginfo_t *info, void *context);

/*
 * For the handler that stays: die of this signal once it returns, although the handler is still
 * there. A fault is raised again, and kills whoever does not want to hear of it.
 */
void trap_die(const siginfo_t *info, void *context);

/* For those who cannot carry out an access amid a signal: if it was one, only say so. */
void trap_refuse(struct domain *d, const siginfo_t *info, const void *context);
#endif
