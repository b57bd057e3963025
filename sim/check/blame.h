/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CHECK_BLAME_H
#define SIM_CHECK_BLAME_H
/*
 * Whose fault it is. Whoever passes things on relies on those beside it that are no endpoints: what
 * a driver has a device write to is what a virtualiser named, a virtualiser says whose a frame is
 * by what the driver gave it, and nobody gets rid of anything when there is nobody to take it. So
 * where one of these is not to be relied on, the others answer neither for what it led them to do
 * nor for what it kept them from doing. Of an endpoint everybody has to beware.
 */
#include "sim/check/heard.h"

/*
 * Who led `pd` to what it did with something of this pool, or with PLAN_NONE of any: itself, if it
 * is not to be relied on; its device, if that is compromised; else the nearest of those by whose
 * hands such things come to it that is not to be relied on; else itself.
 */
uint32_t blame_for(const struct plan *plan, uint32_t pd, uint32_t pool);
/* The same of what it put into a queue, or took out of it. */
uint32_t blame_for_queue(const struct plan *plan, uint32_t pd, uint32_t queue);
/*
 * Who keeps `pd` from passing on what it has: everybody it could pass anything on to is gone, not
 * to be relied on, or kept from it in turn. One such among others is no excuse: it must not be able
 * to hold up the rest. PLAN_NONE: nobody does. `gone` may be NULL.
 */
uint32_t blame_for_halt(const struct plan *plan, const bool *gone, uint32_t pd);
/* One that may ring `pd` and is not to be relied on, else itself. */
uint32_t blame_for_waking(const struct plan *plan, uint32_t pd);
#endif
