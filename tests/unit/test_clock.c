/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's clock goes forward, and the fast way to read it tells the same time in every process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/time/clock.h"

#define AFTER_NS 50000000u
#define NEAR_NS  100u

/* How far the fast clock is from the plain one, at best of many readings; each is taken between two
 * plain ones, so that being descheduled in between does not count as an error. */
static uint64_t distance_ns(const struct clock_scale *scale)
{
    uint64_t least_ns = UINT64_MAX;

    for (unsigned i = 0; i < 1000; i++) {
        uint64_t before_ns = clock_host_ns();
        uint64_t fast_ns = clock_host_fast_ns(scale);
        uint64_t after_ns = clock_host_ns();
        uint64_t off_ns = fast_ns < before_ns  ? before_ns - fast_ns
                          : fast_ns > after_ns ? fast_ns - after_ns
                                               : 0;

        least_ns = off_ns < least_ns ? off_ns : least_ns;
    }
    return least_ns;
}

static uint64_t allowed_ns(const struct clock_scale *scale, uint64_t since_ns)
{
    /* The documented error, with 500 ppm for a clock that is being slewed while we look. */
    return NEAR_NS + since_ns / 1000000 * (scale->error_ppb + 500000) / 1000;
}

static void the_plain_clock_is_monotonic(void **state)
{
    struct timespec now;
    uint64_t last_ns = clock_host_ns();

    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t ns = clock_host_ns();

        assert_true(ns >= last_ns);
        last_ns = ns;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    assert_true((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec - last_ns < 1000000000u);
}

static void the_fast_clock_is_near_the_plain_one(void **state)
{
    struct clock_scale scale;
    uint64_t start_ns = clock_host_ns();

    (void)state;
    clock_calibrate(&scale);
    assert_true(clock_host_ns() - start_ns < 1000000000u);
    assert_true(distance_ns(&scale) <= allowed_ns(&scale, AFTER_NS));
    while (clock_host_ns() - start_ns < AFTER_NS) {
    }
    assert_true(distance_ns(&scale) <= allowed_ns(&scale, AFTER_NS));
    if (scale.mult != 0) {
        assert_true(scale.error_ppb > 0);
        assert_true(scale.error_ppb < 100000);
    }
}

static void a_scale_of_nothing_is_the_plain_clock(void **state)
{
    const struct clock_scale none = {.mult = 0};
    uint64_t before_ns = clock_host_ns();
    uint64_t fast_ns = clock_host_fast_ns(&none);

    (void)state;
    assert_true(fast_ns >= before_ns);
    assert_true(fast_ns <= clock_host_ns());
}

static void a_scale_holds_in_another_process(void **state)
{
    struct clock_scale *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = -1;

    (void)state;
    assert_ptr_not_equal(shared, MAP_FAILED);
    clock_calibrate(shared);
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        struct clock_scale mine;

        memcpy(&mine, shared, sizeof(mine));
        _exit(distance_ns(&mine) <= allowed_ns(&mine, AFTER_NS) ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    munmap(shared, sizeof(*shared));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_plain_clock_is_monotonic),
        cmocka_unit_test(the_fast_clock_is_near_the_plain_one),
        cmocka_unit_test(a_scale_of_nothing_is_the_plain_clock),
        cmocka_unit_test(a_scale_holds_in_another_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
