/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Of a copy of this program's own stack it is told who had called whom, whether the functions keep
 * frames or not; of a stack that is torn, made up or not there, no more than the first place; and
 * nothing of what is not within the object.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <string.h>

#include "sim/base/rng.h"
#include "sim/base/sanitized.h"
#include "sim/base/symbol.h"
#include "sim/base/unwind.h"

#define SELF       "/proc/self/exe"
#define STACK_KEPT 4096u

static uint8_t memory[STACK_KEPT];
static struct unwind_from from;

/* Where the caller is, with what is above its stack pointer. */
static __attribute__((noinline)) void keep_stack(void)
{
    uint8_t *fp = __builtin_frame_address(0);
    Dl_info info;

    assert_int_not_equal(dladdr((void *)(uintptr_t)unwind_object, &info), 0);
    memcpy(memory, fp + 16, sizeof memory);
    from = (struct unwind_from){.base = (uint64_t)(uintptr_t)info.dli_fbase,
                                .object_bytes = 1 << 30,
                                .pc = (uint64_t)(uintptr_t)__builtin_return_address(0) - 1,
                                .sp = (uint64_t)(uintptr_t)(fp + 16),
                                .start = (uint64_t)(uintptr_t)(fp + 16),
                                .fp = *(const uint64_t *)(const void *)fp,
                                .memory = memory,
                                .bytes = sizeof memory};
}

static volatile int calls;

__attribute__((noinline)) void inner(void);
__attribute__((noinline)) void middle(uint64_t room);

__attribute__((noinline)) void inner(void)
{
    keep_stack();
    calls++;
}

__attribute__((noinline)) void middle(uint64_t room)
{
    volatile uint64_t taken[32];

    taken[room % 32] = room;
    inner();
    calls += (int)taken[room % 32];
}

static void assert_in(uint64_t place, const char *function)
{
    char found[SYMBOL_BYTES];

    assert_true(symbol_before(SELF, place, found));
    assert_string_equal(found, function);
}

static void own_stack(void **state)
{
    uint64_t places[UNWIND_FRAMES_MAX];

    (void)state;
    if (SANITIZED) {
        skip(); /* its frames lie where more registers say than are kept */
    }
    middle(3);
    assert_true(unwind_object(SELF, &from, places) >= 3);
    assert_in(places[0], "inner");
    assert_in(places[1], "middle");
    assert_in(places[2], "own_stack");
}

static void elsewhere(void **state)
{
    uint64_t places[UNWIND_FRAMES_MAX];

    (void)state;
    middle(4);
    from.object_bytes = from.pc - from.base;
    assert_int_equal(unwind_object(SELF, &from, places), 0);
    from.object_bytes = from.pc - from.base + 1; /* the caller's caller may be before, not behind */
    assert_int_not_equal(unwind_object(SELF, &from, places), 0);
    assert_in(places[0], "inner");
}

static void nothing_to_read(void **state)
{
    static const char *const files[] = {"/", "/dev/null", "/no/such/file", "/etc/passwd"};
    uint64_t places[UNWIND_FRAMES_MAX];

    (void)state;
    middle(5);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        assert_int_equal(unwind_object(files[i], &from, places), 1);
        assert_int_equal(places[0], from.pc - from.base + 1);
    }
    from.bytes = 0;
    assert_int_equal(unwind_object(SELF, &from, places), 1);
    from.bytes = 7;
    assert_int_equal(unwind_object(SELF, &from, places), 1);
}

static void made_up(void **state)
{
    struct rng rng;
    uint64_t places[UNWIND_FRAMES_MAX];

    (void)state;
    rng_init(&rng, 7, "made up");
    for (unsigned round = 0; round < 300; round++) {
        middle(6);
        for (unsigned i = 0; i < 1 + round % 64; i++) {
            memory[rng_below(&rng, sizeof memory)] = (uint8_t)rng_below(&rng, 256);
        }
        from.fp = rng_below(&rng, 2) ? from.fp : rng_u64(&rng);
        from.bytes = rng_below(&rng, sizeof memory + 1);
        from.pc = rng_below(&rng, 2) ? from.pc : from.base + rng_below(&rng, 1 << 20);
        size_t count = unwind_object(SELF, &from, places);

        assert_true(count >= 1 && count <= UNWIND_FRAMES_MAX);
        assert_int_equal(places[0], from.pc - from.base + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_stack),
        cmocka_unit_test(elsewhere),
        cmocka_unit_test(nothing_to_read),
        cmocka_unit_test(made_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
