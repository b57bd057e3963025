/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_OS_SDDF_H
#define SDDF_OS_SDDF_H
/*
 * What a component may ask of the system it runs on, and what it must offer to it. A component is a
 * protection domain (PD): memory that the system mapped for it before it began, channels to its
 * neighbours, and the entry points below. Entry points never nest, and never run at the same time
 * as another of the same PD.
 *
 * The runtime implements every function declared here. None allocates, none fails loudly: an
 * operation on a channel that the PD does not have prints a complaint and returns (a protected call
 * then returns an empty tag).
 */
#include <sel4/sel4.h>
#include <stdint.h>

/*
 * One of a PD's own names for its channels and interrupts, 0..61. The peer may call the same
 * channel otherwise.
 */
typedef unsigned int sddf_channel;

/* Room for the name of a PD, its final NUL included. */
#define SDDF_NAME_LENGTH 64

/*
 * Without barriers a component is right on one core only. It says so, and is kept to one with its
 * neighbours.
 */
#ifndef CONFIG_ENABLE_SMP_SUPPORT
__attribute__((__section__(".sddfsim_one_core"), __used__)) static const char sddfsim_one_core = 1;
#endif

/* It was compiled to tell of each of its accesses, and means to be observed at each. */
#ifdef SDDFSIM_EXPLORE
__attribute__((__section__(".sddfsim_explore"), __used__)) static const char sddfsim_explore = 1;
#endif

/* What a component offers. */

/* Called once, before any event is delivered. Other PDs may or may not have had theirs. */
void init(void);

/*
 * Called once for each channel that was signalled since the PD last waited, in ascending order.
 * Signals do not count: any number of them before the PD runs is one call, so it must look for all
 * there is to do.
 */
void notified(sddf_channel ch);

/*
 * Optional. A neighbour of lower priority calls and waits for the tag returned here. Message
 * registers hold what the caller wrote, and hand back what this leaves in them. `msginfo` is the
 * caller's word: check it.
 */
seL4_MessageInfo_t protected(sddf_channel ch, seL4_MessageInfo_t msginfo);

/* What a component may ask. */

/*
 * The name of the calling PD, at most SDDF_NAME_LENGTH bytes with its NUL. The runtime owns it; it
 * never changes.
 */
char *sddf_get_pd_name(void);

/*
 * Signal the peer now. Never blocks; sticky until the peer has seen it. A full memory barrier: what
 * the caller wrote before is visible to a peer that this wakes. A more urgent peer on the same core
 * runs before it returns.
 */
void sddf_notify(sddf_channel ch);

/*
 * Remember ONE signal, to be sent as the PD next waits. There is one slot for deferred operations,
 * shared with sddf_deferred_irq_ack(): a later one silently replaces an earlier one of the same
 * wake-up.
 */
void sddf_deferred_notify(sddf_channel ch);

/*
 * The channel of the deferred signal, (sddf_channel)-1 if no operation is deferred, or a value that
 * matches no channel if the slot holds an acknowledgement.
 */
sddf_channel sddf_deferred_notify_curr(void);

/*
 * Acknowledge the interrupt now: it may come again. A level source that is still raised does so at
 * once.
 */
void sddf_irq_ack(sddf_channel ch);

/* Acknowledge as the PD next waits. Shares the one slot of sddf_deferred_notify(). */
void sddf_deferred_irq_ack(sddf_channel ch);

/*
 * Call the peer's protected() and wait for its answer. The peer must have the higher priority.
 * Arguments and results travel in the message registers; the length of `msginfo` says how many of
 * them count.
 */
seL4_MessageInfo_t sddf_ppcall(sddf_channel ch, seL4_MessageInfo_t msginfo);

/* Message register `n` of the calling PD; one beyond the last reads as 0 and ignores writes. */
uint64_t sddf_get_mr(unsigned int n);
void sddf_set_mr(unsigned int n, uint64_t value);
#endif
