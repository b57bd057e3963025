/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An access lies within one window and its rights, or it is refused: each edge of each window, with
 * each right, after whatever was looked up before; and against a plain search, many times at
 * random.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sim/base/rng.h"
#include "sim/hw/iommu.h"

#define WINDOWS 5u

/* Device 1 has all of these but the one of device 0, which lies between. */
static struct plan_window windows[WINDOWS + 1] = {
    {.device = 1,
     .region = 10,
     .io_addr = 0x80000000,
     .bytes = 0x1000,
     .rights = RIGHT_READ | RIGHT_WRITE},
    {.device = 1, .region = 11, .io_addr = 0x80002000, .bytes = 0x3000, .rights = RIGHT_READ},
    {.device = 0,
     .region = 12,
     .io_addr = 0x80006000,
     .bytes = 0x1000,
     .rights = RIGHT_READ | RIGHT_WRITE},
    {.device = 1, .region = 13, .io_addr = 0x80008000, .bytes = 0x1000, .rights = RIGHT_WRITE},
    {.device = 1,
     .region = 14,
     .io_addr = 0x80009000,
     .bytes = 0x1000,
     .rights = RIGHT_READ | RIGHT_WRITE},
    {.device = 1, .region = 15, .io_addr = 0xfffff000, .bytes = 0x1000, .rights = RIGHT_READ},
};
static struct plan plan = {.windows = windows, .window_count = WINDOWS + 1};
static struct iommu iommu;

static int begin(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= WINDOWS; i++) {
        windows[i].vaddr = 0x200000000000 + i * 0x100000;
    }
    assert_true(iommu_init(&iommu, &plan, 1));
    return 0;
}

static const struct plan_window *lookup(uint64_t io_addr, uint64_t bytes, enum plan_rights right)
{
    for (unsigned i = 0; i <= WINDOWS; i++) {
        const struct plan_window *w = &windows[i];

        if (w->device == 1 && io_addr >= w->io_addr && io_addr < w->io_addr + w->bytes &&
            bytes <= w->bytes && io_addr + bytes <= w->io_addr + w->bytes &&
            (w->rights & right) != 0) {
            return w;
        }
    }
    return NULL;
}

static void try(uint64_t io_addr, uint64_t bytes, enum plan_rights right)
{
    const struct plan_window *w = lookup(io_addr, bytes, right);
    uint32_t region = 99;
    uint8_t *at = iommu_translate(&iommu, io_addr, bytes, right, &region);

    if (w == NULL) {
        if (at != NULL) {
            fail_msg("%#llx + %llu was let through", (unsigned long long)io_addr,
                     (unsigned long long)bytes);
        }
        return;
    }
    assert_int_equal((uintptr_t)at, w->vaddr + (io_addr - w->io_addr));
    assert_int_equal(region, w->region);
    assert_ptr_equal(iommu_translate(&iommu, io_addr, bytes, right, NULL), at);
}

static void test_edges(void **state)
{
    static const uint64_t lengths[] = {1, 2, 8, 16, 17, 64, 0x1000, 0x3000, 0x3001, UINT64_MAX};

    (void)state;
    for (unsigned i = 0; i <= WINDOWS; i++) {
        for (unsigned k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
            for (int64_t off = -2; off <= 2; off++) {
                for (unsigned right = RIGHT_READ; right <= RIGHT_WRITE; right++) {
                    uint64_t from = windows[i].io_addr + (uint64_t)off;

                    try(from, lengths[k], (enum plan_rights)right);
                    try(from + windows[i].bytes, lengths[k], (enum plan_rights)right);
                    try(from + windows[i].bytes - lengths[k], lengths[k], (enum plan_rights)right);
                }
            }
        }
    }
    try(0, 1, RIGHT_READ);
    try(UINT64_MAX, 1, RIGHT_READ);
    try(UINT64_MAX - 8, 16, RIGHT_READ);
    try(0x180000000, 4, RIGHT_READ); /* right in its low half */
}

static void test_random(void **state)
{
    struct rng rng;

    (void)state;
    rng_init(&rng, 1, "iommu");
    for (unsigned i = 0; i < 500000; i++) {
        const struct plan_window *w = &windows[rng_below(&rng, WINDOWS + 1)];

        try(w->io_addr + rng_below(&rng, 2 * w->bytes) - w->bytes / 2,
            rng_chance(&rng, 1, 2) ? rng_below(&rng, 20) + 1 : rng_below(&rng, 0x2000) + 1,
            rng_chance(&rng, 1, 2) ? RIGHT_READ : RIGHT_WRITE);
    }
}

static void test_how_many(void **state)
{
    static struct plan_window many[IOMMU_WINDOWS_MAX + 1];
    struct plan big = {.windows = many, .window_count = IOMMU_WINDOWS_MAX};

    (void)state;
    for (unsigned i = 0; i <= IOMMU_WINDOWS_MAX; i++) {
        many[i] = (struct plan_window){.io_addr = 0x80000000 + i * 0x2000u,
                                       .bytes = 0x1000,
                                       .rights = RIGHT_READ,
                                       .vaddr = 0x1000 + i * 0x1000u,
                                       .region = i};
    }
    assert_true(iommu_init(&iommu, &big, 0));
    for (unsigned i = 0; i < IOMMU_WINDOWS_MAX; i++) {
        uint32_t region;
        assert_non_null(iommu_translate(&iommu, many[i].io_addr, 0x1000, RIGHT_READ, &region));
        assert_int_equal(region, i);
    }
    big.window_count++;
    assert_false(iommu_init(&iommu, &big, 0));
    assert_true(iommu_init(&iommu, &big, 1)); /* another's */
    assert_null(iommu_translate(&iommu, many[0].io_addr, 1, RIGHT_READ, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_edges, begin),
        cmocka_unit_test_setup(test_random, begin),
        cmocka_unit_test_setup(test_how_many, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
