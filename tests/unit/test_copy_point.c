/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An image's bulk copies: told beforehand, once, with what is copied and how much; nothing is told
 * of a short one; and the bytes arrive, whoever listens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <sddf/os/point.h>

#include "sim/exec/copy.h"

#define BYTES COPY_BULK_BYTES

static uint8_t source[64], target[64];
static unsigned told;
static uint8_t seen; /* the first byte of the target when the copy was told of */

static void hear(enum point_op op, const volatile void *where, uint64_t units)
{
    assert_int_equal(op, POINT_COPY);
    assert_ptr_equal((const void *)(uintptr_t)where, source + 8);
    assert_int_equal(units, BYTES);
    seen = target[0];
    told++;
}

static int fresh(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof source; i++) {
        source[i] = (uint8_t)(i + 1);
    }
    memset(target, 0xee, sizeof target);
    told = 0;
    sddfsim_point_hook = hear;
    return 0;
}

static void arrives(void)
{
    assert_memory_equal(target, source + 8, BYTES);
    assert_int_equal(target[BYTES], 0xee);
}

static void test_told_before(void **state)
{
    (void)state;
    assert_ptr_equal(sddfsim_memcpy(target, source + 8, BYTES), target);
    arrives();
    assert_int_equal(told, 1);
    assert_int_equal(seen, 0xee);
    (void)fresh(NULL);
    assert_ptr_equal(sddfsim_memmove(target, source + 8, BYTES), target);
    arrives();
    assert_int_equal(told, 1);
    assert_int_equal(seen, 0xee);
}

/* A part of an array may be moved onto itself. */
static void test_overlap(void **state)
{
    (void)state;
    sddfsim_memmove(source + 10, source + 8, BYTES);
    assert_int_equal(told, 1);
    for (unsigned i = 0; i < BYTES; i++) {
        assert_int_equal(source[10 + i], 9 + i);
    }
}

/* What may as well be copied in place is not told of, but copied. */
static void test_short(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < BYTES; bytes++) {
        memset(target, 0xee, sizeof target);
        (bytes % 2 == 0 ? sddfsim_memcpy : sddfsim_memmove)(target, source + 8, bytes);
        assert_memory_equal(target, source + 8, bytes);
        assert_int_equal(target[bytes], 0xee);
    }
    assert_int_equal(told, 0);
}

static void test_nobody_listens(void **state)
{
    (void)state;
    sddfsim_point_hook = NULL;
    sddfsim_memcpy(target, source + 8, BYTES);
    arrives();
    (void)fresh(NULL);
    sddfsim_point_hook = NULL;
    sddfsim_memmove(target, source + 8, BYTES);
    arrives();
    assert_int_equal(told, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_told_before, fresh),
        cmocka_unit_test_setup(test_overlap, fresh),
        cmocka_unit_test_setup(test_short, fresh),
        cmocka_unit_test_setup(test_nobody_listens, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
