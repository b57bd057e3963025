/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_HOOK_VIOLATION_H
#define SIM_HOOK_VIOLATION_H
/*
 * A driver broke a rule of its device's datasheet: which rule, and by what. It travels as the two
 * numbers of a PROBE_VIOLATION, of which the first is the same for the same rule broken at the same
 * place.
 */
#include <stddef.h>
#include <stdint.h>

#include "sim/model/plan.h"

#define VIOLATION_TEXT_BYTES 400u

/* Rules that every device has, beyond those of its model. */
enum violation_rule { VIOLATION_WINDOW = 254, VIOLATION_IRQ };

enum violation_by {
    BY_NOTHING, /* that can be named */
    BY_READ,
    BY_WRITE,
    BY_DESCRIPTOR
};

struct violation {
    unsigned rule; /* of the model's, or enum violation_rule */
    enum violation_by by;
    unsigned bytes;  /* of the register access */
    uint32_t offset; /* ... and the register */
    uint64_t value;  /* written there; BY_DESCRIPTOR: its IO address */
};

void violation_pack(const struct violation *v, uint64_t *a, uint64_t *b);
/* What a and b may be is anybody's guess. */
struct violation violation_unpack(uint64_t a, uint64_t b);

/* "ETHEREN set without DBSWP, by the write of 0x2 to register 0x24". Returns `out`. */
const char *violation_text(const struct plan *plan, uint32_t device, const struct violation *v,
                           char out[static VIOLATION_TEXT_BYTES]);
#endif
