/* SPDX-License-Identifier: BSD-2-Clause */
/* Switching stacks on x86-64 and 64-bit Arm; see the header. */
#include "sim/exec/switch.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#include "sim/base/sanitized.h"
#include "sim/base/valgrind.h"

#if SANITIZED
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

struct start {
    void (*entry)(void *argument);
    void *argument;
};

/* Save what a called function must keep, swap stacks, restore. */
void sddfsim_stack_swap(void **from, void *to);

#if defined(__x86_64__)
__asm__(".text\n"
        ".globl sddfsim_stack_swap\n"
        ".hidden sddfsim_stack_swap\n"
        ".type sddfsim_stack_swap, @function\n"
        "sddfsim_stack_swap:\n"
        "    push %rbp\n"
        "    push %rbx\n"
        "    push %r12\n"
        "    push %r13\n"
        "    push %r14\n"
        "    push %r15\n"
        "    mov %rsp, (%rdi)\n"
        "    mov %rsi, %rsp\n"
        "    pop %r15\n"
        "    pop %r14\n"
        "    pop %r13\n"
        "    pop %r12\n"
        "    pop %rbx\n"
        "    pop %rbp\n"
        "    ret\n"
        ".size sddfsim_stack_swap, . - sddfsim_stack_swap\n"
        /* The first switch returns here with what to call in r12 and r13. */
        ".globl sddfsim_stack_first\n"
        ".hidden sddfsim_stack_first\n"
        "sddfsim_stack_first:\n"
        "    mov %r12, %rdi\n"
        "    call *%r13\n"
        "    ud2\n");
#define SAVED_WORDS   9 /* r15 r14 r13 r12 rbx rbp, where to return, and two that align the call */
#define WORD_ENTRY    2 /* r13 */
#define WORD_ARGUMENT 3 /* r12 */
#define WORD_RETURN   6
#elif defined(__aarch64__)
__asm__(".text\n"
        ".globl sddfsim_stack_swap\n"
        ".hidden sddfsim_stack_swap\n"
        "sddfsim_stack_swap:\n"
        "    sub sp, sp, #160\n"
        "    stp x19, x20, [sp, #0]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    mov x2, sp\n"
        "    str x2, [x0]\n"
        "    mov sp, x1\n"
        "    ldp x19, x20, [sp, #0]\n"
        "    ldp x21, x22, [sp, #16]\n"
        "    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n"
        "    ldp x27, x28, [sp, #64]\n"
        "    ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #160\n"
        "    ret\n"
        ".globl sddfsim_stack_first\n"
        ".hidden sddfsim_stack_first\n"
        "sddfsim_stack_first:\n"
        "    mov x0, x19\n"
        "    blr x20\n"
        "    brk #1\n");
#define SAVED_WORDS   20
#define WORD_ENTRY    1  /* x20 */
#define WORD_ARGUMENT 0  /* x19 */
#define WORD_RETURN   11 /* x30 */
#endif

extern char sddfsim_stack_first[];

#if SANITIZED
/* Who was left last. A sanitizer tells the bounds of a stack only when it has been left. */
static struct stack *left;

static void arrive(void *fake)
{
    __sanitizer_finish_switch_fiber(fake, &left->bottom, &left->extent);
}
#endif

/* On the new stack, once: nobody has told the sanitizer yet that the switch is done. */
static void first(void *argument)
{
    struct start *start = argument;

#if SANITIZED
    arrive(NULL);
#endif
    start->entry(start->argument);
}

int stack_create(struct stack *s, size_t bytes, void (*entry)(void *argument), void *argument)
{
    uint8_t *memory = mmap(NULL, bytes + STACK_GUARD_BYTES, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

    if (memory == MAP_FAILED) {
        return -errno;
    }
    if (mprotect(memory, STACK_GUARD_BYTES, PROT_NONE) != 0) {
        int error = -errno;

        munmap(memory, bytes + STACK_GUARD_BYTES);
        return error;
    }
#if SANITIZED
    /* An earlier stack may have been here, left in the middle of things. */
    __asan_unpoison_memory_region(memory + STACK_GUARD_BYTES, bytes);
#endif
    s->base = memory + STACK_GUARD_BYTES;
    s->bytes = bytes;
    s->bottom = s->base;
    s->extent = bytes;
    /* What to start lies at the top of the stack, the first frame below it. */
    struct start *start = (struct start *)(memory + STACK_GUARD_BYTES + bytes) - 1;
    *start = (struct start){.entry = entry, .argument = argument};
    uintptr_t *words = (uintptr_t *)((uintptr_t)start & ~(uintptr_t)63) - SAVED_WORDS;
    words[WORD_ENTRY] = (uintptr_t)first;
    words[WORD_ARGUMENT] = (uintptr_t)start;
    words[WORD_RETURN] = (uintptr_t)sddfsim_stack_first;
    s->pointer = words;
    s->valgrind_id = VALGRIND_STACK_REGISTER(s->base, memory + STACK_GUARD_BYTES + bytes);
    return 0;
}

void stack_destroy(struct stack *s)
{
    if (s->base != NULL) {
        VALGRIND_STACK_DEREGISTER(s->valgrind_id);
#if SANITIZED
        /* What is mapped here next is nobody's stack. */
        __asan_unpoison_memory_region(s->base, s->bytes);
#endif
        munmap((uint8_t *)s->base - STACK_GUARD_BYTES, s->bytes + STACK_GUARD_BYTES);
    }
    *s = (struct stack){0};
}

void stack_switch(struct stack *from, struct stack *to)
{
#if SANITIZED
    void *fake;

    left = from;
    __sanitizer_start_switch_fiber(&fake, to->bottom, to->extent);
    sddfsim_stack_swap(&from->pointer, to->pointer);
    arrive(fake);
#else
    sddfsim_stack_swap(&from->pointer, to->pointer);
#endif
}
