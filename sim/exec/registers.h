/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_REGISTERS_H
#define SIM_EXEC_REGISTERS_H
/*
 * Registers of a driver that uses volatile pointers and knows no accessor. Its image was compiled
 * with a call before each of its accesses (`sddfsim build --flavour mmio`; hooks.c has what is
 * called), and so has a place to read from and to write to: memory of its own where the registers
 * would be, which no device ever sees. Before a read the device is asked, and its answer is put
 * there for the image to find. Before a write nobody can know yet what will be written, so it is
 * only remembered, and what the image left there is taken to the device as soon as the image does
 * anything else: its next access, a call, its return. That is settling, and it is a write's point.
 *
 * So an access costs, does and comes in the same order as with accessors, to the last digest.
 */
#include "sim/exec/domain.h"

#define REGISTERS_BYTES_TOLD 255u /* of an access that is larger: it is refused anyway */

/* Does this image or object call before its accesses? `table`: of its symbols. */
bool registers_hooked(const char *file, const char *table);
/* Give the domain memory where its device's registers are, if its image does. 0 or -errno. */
int registers_back(struct domain *d);
void registers_unback(struct domain *d);

/* For who is about to read, or to write; `place`: in the image. */
void registers_read(struct domain *d, uint64_t vaddr, size_t bytes, const void *place);
void registers_write(struct domain *d, uint64_t vaddr, size_t bytes, const void *place);

/* Of a domain that has several windows of registers: is any byte of it in one? */
bool registers_in_windows(const struct domain *d, uint64_t vaddr, size_t bytes);

/* Is any byte of it where registers are, or between two windows of them? */
static inline bool registers_among(const struct domain *d, uint64_t vaddr, size_t bytes)
{
    return vaddr + bytes - 1 - d->regs_vaddr < d->regs_bytes + bytes - 1;
}

/* Is any byte of it a register? */
static inline bool registers_near(const struct domain *d, uint64_t vaddr, size_t bytes)
{
    return registers_among(d, vaddr, bytes) &&
           (d->windows == NULL || registers_in_windows(d, vaddr, bytes));
}
#endif
