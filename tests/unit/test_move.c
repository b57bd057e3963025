/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a device does to its driver's memory, counted access by access: the memory is out of reach,
 * each access of it faults, is let through alone, and is followed by a trap. A word written twice
 * would be a descriptor given back once more when the driver has it no longer.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ucontext.h>
#include <unistd.h>
#include <cmocka.h>

#include "sim/hw/move.h"

#define BYTES 4096

/* Not known to the compiler, which could make one access of memcpy() itself. */
static const volatile size_t words[] = {2, 4, 8}, others[] = {0, 1, 3, 6, 12, 16, 64, 1514};

static uint8_t *memory, pattern[BYTES];
static volatile unsigned accesses;

static void fill(void)
{
    for (size_t i = 0; i < BYTES; i++) {
        pattern[i] = (uint8_t)(i * 7 + 1);
    }
}

static int set_up(void **state)
{
    (void)state;
    memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    fill();
    return memory == MAP_FAILED ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    return munmap(memory, BYTES);
}

/* At each alignment, whatever the length: the bytes asked for, and no others. */
static void move_all(const volatile size_t *lengths, size_t count)
{
    uint8_t wanted[128], got[BYTES];

    for (size_t i = 0; i < count; i++) {
        for (size_t offset = 0; offset < 16; offset++) {
            size_t bytes = lengths[i];

            memset(memory, 0xee, BYTES);
            move_out(memory + 32 + offset, pattern + offset, bytes);
            assert_memory_equal(memory + 32 + offset, pattern + offset, bytes);
            memset(wanted, 0xee, sizeof wanted);
            assert_memory_equal(memory, wanted, 32 + offset);
            assert_memory_equal(memory + 32 + offset + bytes, wanted, sizeof wanted);

            memset(got, 0xdd, sizeof got);
            move_in(got + 16, memory + 32 + offset, bytes);
            assert_memory_equal(got + 16, pattern + offset, bytes);
            memset(wanted, 0xdd, sizeof wanted);
            assert_memory_equal(got, wanted, 16);
            assert_memory_equal(got + 16 + bytes, wanted, sizeof wanted);
        }
    }
}

static void test_bytes(void **state)
{
    (void)state;
    move_all(words, sizeof words / sizeof words[0]);
    move_all(others, sizeof others / sizeof others[0]);
}

#ifdef __x86_64__
#define TRAP_FLAG 0x100

static void reached(int signal, siginfo_t *info, void *context)
{
    ucontext_t *at = context;

    (void)signal, (void)info;
    accesses++;
    mprotect(memory, BYTES, PROT_READ | PROT_WRITE);
    at->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

static void passed(int signal, siginfo_t *info, void *context)
{
    ucontext_t *at = context;

    (void)signal, (void)info;
    mprotect(memory, BYTES, PROT_NONE);
    at->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
}

static void test_accesses(void **state)
{
    struct sigaction reach = {.sa_sigaction = reached, .sa_flags = SA_SIGINFO};
    struct sigaction pass = {.sa_sigaction = passed, .sa_flags = SA_SIGINFO};
    struct sigaction old_reach, old_pass;
    uint64_t word = 0;

    (void)state;
    assert_int_equal(sigaction(SIGSEGV, &reach, &old_reach), 0);
    assert_int_equal(sigaction(SIGTRAP, &pass, &old_pass), 0);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        unsigned written, read;

        mprotect(memory, BYTES, PROT_NONE);
        accesses = 0;
        move_out(memory + 64, pattern, words[i]);
        written = accesses;
        accesses = 0;
        move_in(&word, memory + 64, words[i]);
        read = accesses;
        mprotect(memory, BYTES, PROT_READ | PROT_WRITE);
        assert_int_equal(written, 1);
        assert_int_equal(read, 1);
        assert_memory_equal(&word, pattern, words[i]);
    }
    sigaction(SIGSEGV, &old_reach, NULL);
    sigaction(SIGTRAP, &old_pass, NULL);
}
#else
static void test_accesses(void **state)
{
    (void)state;
    skip();
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_accesses),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
