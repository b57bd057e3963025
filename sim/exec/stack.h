/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_STACK_H
#define SIM_EXEC_STACK_H
/*
 * What a domain leaves of its stack as it dies, for others to tell from it who had called whom: its
 * registers where it was in its image last, and the memory above its stack pointer. It is taken by
 * whoever handles the fault, in the domain's own memory, which need not be there or in order.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/arena.h"

#define STACK_LEFT_BYTES 4096u

struct stack_left {
    uint64_t base, image_bytes; /* of the image; 0 bytes: nothing was left */
    uint64_t pc, sp, fp, start; /* start: of the memory; where `sp` can be read, that */
    uint32_t bytes;
    uint8_t memory[STACK_LEFT_BYTES];
};

struct domain;
struct stray;

/* Signal-safe; leaves nothing where the domain was never in its image. */
void stack_leave(struct stack_left *stack, const struct domain *d, const struct stray *why);
/* Where in its image it died, as a probe names a place; 0: not known. Read as hostile, as below. */
uint64_t stack_place(const struct stack_left *stack);
/* Did an access to `vaddr` go beyond what there is of its stack? */
bool stack_used_up(const struct stack_left *stack, uint64_t vaddr);
/* Each place it was at, a line each, the innermost first: "notified, virt_tx.c:142". `file` is the
 * domain's image, `name` what that is called. NULL if nothing was left. */
const char *stack_lines(const struct stack_left *stack, const char *file, const char *name,
                        struct arena *arena);
#endif
