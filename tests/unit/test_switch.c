/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stacks keep what is on them and in the registers a callee must keep, whoever runs in between;
 * each begins with its argument, aligned as the ABI wants it; and below each is a page that stops
 * it.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "sim/exec/switch.h"

#define STACKS 8u
#define ROUNDS 2000u

static struct stack self, stacks[STACKS];
static uint64_t sums[STACKS];
static double halves[STACKS];
static unsigned turns[STACKS];
static bool aligned = true;

static uint64_t mix(uint64_t x)
{
    x ^= x >> 31;
    return x * 0x9e3779b97f4a7c15u + 1;
}

/* Much alive across a switch, in as many registers as the compiler likes. */
static void body(void *argument)
{
    unsigned me = (unsigned)(uintptr_t)argument;
    uint64_t a = me, b = me + 1, c = me + 2, d = me + 3, e = me + 4, f = me + 5, g = me + 6;
    double half = me;
    _Alignas(16) volatile char vector[16];

    aligned &= ((uintptr_t)vector & 15) == 0;
    for (;;) {
        turns[me]++;
        a = mix(a);
        b = mix(b ^ a);
        c = mix(c ^ b);
        d = mix(d ^ c);
        e = mix(e ^ d);
        f = mix(f ^ e);
        g = mix(g ^ f);
        half += 0.5;
        sums[me] = a ^ b ^ c ^ d ^ e ^ f ^ g;
        halves[me] = half;
        stack_switch(&stacks[me], &self);
    }
}

static uint64_t expect(unsigned me, unsigned rounds)
{
    uint64_t r[7];

    for (unsigned i = 0; i < 7; i++) {
        r[i] = me + i;
    }
    for (unsigned k = 0; k < rounds; k++) {
        r[0] = mix(r[0]);
        for (unsigned i = 1; i < 7; i++) {
            r[i] = mix(r[i] ^ r[i - 1]);
        }
    }
    return r[0] ^ r[1] ^ r[2] ^ r[3] ^ r[4] ^ r[5] ^ r[6];
}

static void test_turns(void **state)
{
    (void)state;
    for (unsigned i = 0; i < STACKS; i++) {
        assert_int_equal(stack_create(&stacks[i], 65536, body, (void *)(uintptr_t)i), 0);
    }
    for (unsigned k = 0; k < ROUNDS; k++) {
        stack_switch(&self, &stacks[(k * 5 + k / 7) % STACKS]);
    }
    for (unsigned i = 0; i < STACKS; i++) {
        assert_true(turns[i] > 0);
        assert_true(sums[i] == expect(i, turns[i]));
        assert_true(halves[i] == i + turns[i] * 0.5);
        stack_destroy(&stacks[i]);
        assert_null(stacks[i].base);
        stack_destroy(&stacks[i]); /* twice is harmless */
    }
    assert_true(aligned);
}

/* From one to the next without coming back between. */
static unsigned hops;

static void hop(void *argument)
{
    unsigned me = (unsigned)(uintptr_t)argument;

    for (;;) {
        hops++;
        stack_switch(&stacks[me], me + 1 < STACKS ? &stacks[me + 1] : &self);
    }
}

static void test_chain(void **state)
{
    (void)state;
    for (unsigned i = 0; i < STACKS; i++) {
        assert_int_equal(stack_create(&stacks[i], 65536, hop, (void *)(uintptr_t)i), 0);
    }
    for (unsigned k = 1; k <= 100; k++) {
        stack_switch(&self, &stacks[0]);
        assert_int_equal(hops, k * STACKS);
    }
    for (unsigned i = 0; i < STACKS; i++) {
        stack_destroy(&stacks[i]);
    }
}

static int dig(int depth)
{
    volatile char room[512];

    room[0] = (char)depth;
    return depth == 0 ? room[0] : dig(depth - 1) + room[0];
}

static volatile int dug;

static void digger(void *argument)
{
    (void)argument;
    dug = dig(1000000);
    _exit(0);
}

static void test_guard(void **state)
{
    int status;

    (void)state;
    assert_int_equal(stack_create(&stacks[0], 65536, digger, NULL), 0);
    pid_t child = fork();
    if (child == 0) {
        static char other[65536];
        stack_t alternative = {.ss_sp = other, .ss_size = sizeof other};
        sigaltstack(&alternative, NULL);
        signal(SIGSEGV, SIG_DFL);
        stack_switch(&self, &stacks[0]);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    stack_destroy(&stacks[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_guard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
