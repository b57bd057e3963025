/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_HOOK_WHERE_H
#define SIM_HOOK_WHERE_H
/*
 * Words for an address, as a reader of the plan would say them: "client0.tx[17] + 0x10, which eth0
 * may only read". Only plan terms come out, never an address of the host, so the same run says the
 * same everywhere.
 */
#include <stdint.h>

#include "sim/model/plan.h"

#define WHERE_TEXT_BYTES 224u

/* Ends that have no signal of their own, above all that do. */
#define WHERE_DEATH_SPINS       1001u
#define WHERE_DEATH_HOSTS_CLOCK 1002u
#define WHERE_DEATH_ASSERTION   1003u
#define WHERE_DEATH_STACK       1004u

/* The name of a domain, "nobody" for PLAN_NONE or one that is none. */
const char *where_pd(const struct plan *p, uint32_t pd);
/*
 * What a domain died of: "SIGSEGV at net0.rx[3] + 0x0, which client0 may only read", "SIGABRT". The
 * address is told only where the signal has one, and where it is known, which all ones says it is
 * not; for SIGSYS, `vaddr` is the number of the system call, and without a signal what it left
 * with.
 */
const char *where_death(const struct plan *p, uint32_t pd, uint64_t signal, uint64_t vaddr,
                        char out[static WHERE_TEXT_BYTES]);
/* A virtual address as domain `pd` used it. Returns `out`. */
const char *where_vaddr(const struct plan *p, uint32_t pd, uint64_t vaddr,
                        char out[static WHERE_TEXT_BYTES]);
/* A register, `within` bytes into these of a device: "register 0x24 of eth0", "register 0x98 of
 * eth0's mailbox". Returns `out`. */
const char *where_register(const struct plan_device *d, const struct plan_registers *r,
                           uint64_t within, char out[static WHERE_TEXT_BYTES]);
/* An IO address as plan device `device` used it. Returns `out`. */
const char *where_io(const struct plan *p, uint32_t device, uint64_t io_addr,
                     char out[static WHERE_TEXT_BYTES]);
#endif
