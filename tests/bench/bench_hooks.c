/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What hooks cost an image that was built with `--flavour mmio`: an access of memory, one of a
 * register read, written, and both; with a device that answers at once, so that what the kernel and
 * the model take is left out (scripts/bench-registers has it all).
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "sim/exec/registers.h"

#define ROUNDS     20000000u
#define REPEATS    5
#define REGS_BYTES 4096u

#define NAMED(name) __asm__("__tsan_" #name)
void hook_read4(volatile void *where) NAMED(read4);
void hook_volatile_read4(volatile void *where) NAMED(volatile_read4);
void hook_volatile_write4(volatile void *where) NAMED(volatile_write4);

static _Alignas(4096) uint8_t registers[REGS_BYTES];
static volatile uint32_t memory, *const reg = (volatile uint32_t *)(registers + 0x24);
static struct domain domain;
static struct mmio_ring ring;
static uint32_t device;

static uint64_t device_read(struct domain *d, uint32_t offset, unsigned bytes)
{
    (void)d;
    (void)offset;
    (void)bytes;
    return device;
}

static void device_write(struct domain *d, uint32_t offset, unsigned bytes, uint64_t value)
{
    (void)d;
    (void)offset;
    (void)bytes;
    device = (uint32_t)value;
}

/* As the compiler makes it of an access. */
static void touch_memory(void)
{
    hook_read4(&memory);
    (void)memory;
}

static void read_register(void)
{
    hook_volatile_read4(reg);
    (void)*reg;
}

static void write_register(void)
{
    hook_volatile_write4(reg);
    *reg = 1;
}

static void change_register(void)
{
    hook_volatile_read4(reg);
    uint32_t value = *reg;

    hook_volatile_write4(reg);
    *reg = value | 4;
}

static void nothing(void)
{
    __asm__ volatile("" : : : "memory");
}

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Nanoseconds of processor time, the best of several. */
static double cost(void (*volatile act)(void))
{
    double best = 1e9;

    for (int repeat = 0; repeat < REPEATS; repeat++) {
        double begun = now_ns();

        for (unsigned i = 0; i < ROUNDS; i++) {
            act();
        }
        double each = (now_ns() - begun) / ROUNDS;

        best = each < best ? each : best;
    }
    return best;
}

int main(void)
{
    static const struct domain_calls calls = {.mmio_read = device_read, .mmio_write = device_write};
    double none;

    domain.calls = &calls;
    domain.mmio = &ring;
    domain.regs_vaddr = (uintptr_t)registers;
    domain.regs_bytes = REGS_BYTES;
    domain.backed = BACKED_ONE_WINDOW;
    domain_current = &domain;
    none = cost(nothing);
    printf("hooks: memory %.1f ns an access, register read %.1f, written %.1f, changed %.1f\n",
           cost(touch_memory) - none, cost(read_register) - none, cost(write_register) - none,
           cost(change_register) - none);
    return 0;
}
