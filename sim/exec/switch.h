/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_SWITCH_H
#define SIM_EXEC_SWITCH_H
/*
 * Stacks, and going from one to another: the callee-saved registers are pushed, the stack pointer
 * is swapped, they are popped. Sanitizers and valgrind are told which stack is in use.
 */
#include <stdbool.h>
#include <stddef.h>

/* Below a stack, of no use to anybody: more than most frames, as what is below that is somebody
 * else's. */
#define STACK_GUARD_BYTES 0x10000u

struct stack {
    void *pointer; /* where it was left; NULL: this is the program's own stack */
    void *base;    /* lowest usable byte */
    size_t bytes;
    const void *bottom; /* as a sanitizer is told: of the program's own stack, once it was left */
    size_t extent;
    unsigned valgrind_id;
};

/* A stack of its own with a guard below it, on which `entry(argument)` runs at the first
 * switch; `entry` must not return. 0 or -errno. */
int stack_create(struct stack *s, size_t bytes, void (*entry)(void *argument), void *argument);
void stack_destroy(struct stack *s); /* a zeroed one is fine; never the one in use */
/* Leave `from`, go on where `to` was left. Returns when somebody switches back to `from`. */
void stack_switch(struct stack *from, struct stack *to);
#endif
