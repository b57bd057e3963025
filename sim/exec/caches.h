/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_CACHES_H
#define SIM_EXEC_CACHES_H
/*
 * The caches of a run, where regions are not coherent: in the trusted process, which alone sees
 * both what domains map and what devices map. Domains ask for operations by the kernel, devices
 * leave word of what they touched, and queues are looked at whenever their producer gives the
 * processor back, so nobody is believed about what it handed to whom. What comes of it is noted,
 * and told of when the run is judged.
 *
 * Times are those of the run, in nanoseconds since traffic was let in.
 */
#include "sim/exec/world.h"
#include "sim/hook/probe.h"
#include "sim/model/platform.h"

struct caches;

/*
 * After the last domain was started: what is private here is not for a fork of this process. In
 * *out NULL if all is coherent. 0, or -errno.
 */
int caches_open(const struct world *w, const struct platform *platform, struct caches **out);
/* Domain `pd` is about to have its request carried out: what has it handed on? */
void caches_turn(struct caches *c, uint32_t pd, uint64_t now_ns);
/* An operation of domain `pd` on so many bytes from `offset` in its window of addresses. */
void caches_operate(struct caches *c, uint32_t pd, uint64_t offset, uint64_t bytes, bool invalidate,
                    uint64_t now_ns);
/* A device has done something: see to what it touched. */
void caches_device(struct caches *c, uint32_t device, uint64_t now_ns);
void caches_tell(const struct caches *c, struct probe_bus *bus);
/* Memory is given back; what was noted stays. NULL is fine. */
void caches_close(struct caches *c);
#endif
