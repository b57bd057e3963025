/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_EMULATE_PARTS_H
#define SIM_EXEC_EMULATE_PARTS_H
/*
 * What the two rooms behind emulate.h have in common: emulate.c, which finds out what the
 * instruction is and what it works on, and emulate_do.c, which does it.
 */
#include "sim/exec/emulate.h"

#if defined(__x86_64__)
#include <Zydis/Zydis.h>

/* An instruction being done. */
struct work {
    struct emulate_cpu *cpu;
    const struct emulate_bus *bus;
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    uint64_t vaddr; /* of the one in memory */
};

static inline uint64_t mask_of(unsigned bits)
{
    return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

/* An operand's value; and what comes out of it. One in memory is read or written by this. */
uint64_t emulate_get(struct work *w, unsigned number);
void emulate_set(struct work *w, unsigned number, uint64_t value);

/* What does it? NULL: nothing here. */
void (*emulate_find(const ZydisDecodedInstruction *i))(struct work *w);
#endif
#endif
