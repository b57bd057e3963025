/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_STATION_H
#define SIM_EXEC_STATION_H
/*
 * A device's domain: the model, the machine around it (registers posted by the driver, DMA through
 * the IOMMU, interrupt lines, timers), and the wire it hangs on. Frames enter when they are due,
 * leave when the model puts them out; everything that becomes of one here is counted here.
 */
#include "sim/exec/domain.h"
#include "sim/model/platform.h"

struct station;

/* How much memory it needs. */
size_t station_bytes(const struct plan *plan, uint32_t device);
/*
 * Get the device of domain `d` ready in `memory` (zeroed): its wire must be open in `wire`, which
 * is used from here on; NULL for a device without one. False if the device has more windows than an
 * IOMMU here holds.
 */
bool station_init(void *memory, struct domain *d, struct wire *wire, struct station **out);
/* On the host's clock: serve until told to end. Does not return. */
void station_run(struct station *s) __attribute__((noreturn));

/*
 * In virtual time a device has no loop: the kernel says what happens to it, and when. Times are
 * those of domain_exec's now(). `costs` must stay valid.
 */
void station_begin(struct station *s, const struct platform *costs);
/* A register access by its driver; the value read. */
uint64_t station_access(struct station *s, uint64_t now_ns, bool write, uint32_t offset,
                        unsigned bytes, uint64_t value);
/* Time has come to `now_ns`: timers fire, frames arrive. */
void station_step(struct station *s, uint64_t now_ns);
/*
 * When it wants to be stepped next; DOMAIN_FOREVER: not by itself. And a register a write of which
 * would change nothing as it is; all ones: there is none.
 */
uint64_t station_next(struct station *s, uint32_t *idle_write);
#endif
