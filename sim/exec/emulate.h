/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_EMULATE_H
#define SIM_EXEC_EMULATE_H
/*
 * One instruction that reads or writes memory, carried out by hand: its memory operand goes to
 * somebody else, and everything else, flags included, comes out as on the processor. What compilers
 * make of a volatile access is known: moves, arithmetic and logic with a word of memory on either
 * side, shifts, bit tests, comparisons. What else there is has no business with registers.
 */
#include <stdbool.h>
#include <stdint.h>

#define EMULATE_TEXT_BYTES 96u

/* As a signal handler finds them; numbered as the processor does (rax, rcx, rdx, rbx, rsp, ...). */
struct emulate_cpu {
    uint64_t gpr[16];
    uint64_t pc, flags;
    uint64_t (*xmm)[2]; /* 16 of them; NULL: none, and no instruction that uses one is known */
};

/* Where the memory operand is: of 1, 2, 4 or 8 bytes, aligned as the image has it. */
struct emulate_bus {
    void *context;
    uint64_t (*read)(void *context, uint64_t vaddr, unsigned bytes);
    void (*write)(void *context, uint64_t vaddr, unsigned bytes, uint64_t value);
};

/* Carry out the instruction at cpu->pc. False: it is none of those, and nothing has happened. */
bool emulate(struct emulate_cpu *cpu, const struct emulate_bus *bus);

/* The instruction there, in an assembler's words. Returns `out`. */
const char *emulate_text(uint64_t pc, char out[static EMULATE_TEXT_BYTES]);
#endif
