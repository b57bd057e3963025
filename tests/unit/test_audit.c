/* SPDX-License-Identifier: BSD-2-Clause */
/* A sliding sum of use, against one that is made anew for every moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/base/rng.h"
#include "sim/kernel/audit.h"

static void what_keeps_within_its_budget_is_no_news(void **state)
{
    struct audit a;

    (void)state;
    audit_init(&a, 100, 400, 0);
    for (uint64_t at = 1000; at < 100000; at += 400) {
        audit_used(&a, at, at + 50);
        audit_used(&a, at + 50, at + 100); /* goes on */
    }
    assert_int_equal(a.exceeded, 0);
    assert_int_equal(a.worst_ps, 100);
}

/* Twice a budget across the border of two periods, each of which has but one. */
static void the_period_slides(void **state)
{
    struct audit a;

    (void)state;
    audit_init(&a, 100, 400, 10);
    audit_used(&a, 300, 400);
    audit_used(&a, 400, 410);
    assert_int_equal(a.exceeded, 0);
    audit_used(&a, 600, 601);
    assert_int_equal(a.exceeded, 1);
    assert_int_equal(a.first_ps, 601);
    assert_int_equal(a.worst_ps, 111);
    audit_used(&a, 750, 751); /* what was used before 351 is long ago */
    assert_int_equal(a.exceeded, 1);
}

#define STEPS 3000u

static void any_use_is_summed_as_it_should_be(void **state)
{
    static struct audit_stretch all[STEPS];
    struct audit a;
    struct rng r;
    uint64_t at = 1, worst = 0;

    (void)state;
    rng_init(&r, 1, "audit");
    audit_init(&a, 0, 1000, 0);
    for (unsigned i = 0; i < STEPS; i++) {
        uint64_t sum = 0;

        at += rng_below(&r, 3) * rng_below(&r, 60);
        all[i].from_ps = at;
        at += 9 + rng_below(&r, 30);
        all[i].to_ps = at;
        for (unsigned k = 0; k <= i; k++) {
            uint64_t begin = at > 1000 ? at - 1000 : 0;
            uint64_t from = all[k].from_ps > begin ? all[k].from_ps : begin;

            sum += all[k].to_ps > from ? all[k].to_ps - from : 0;
        }
        worst = sum > worst ? sum : worst;
        audit_used(&a, all[i].from_ps, all[i].to_ps);
        assert_int_equal(a.worst_ps, worst);
    }
}

/* Where there are more stretches than are kept, the sum is too small and never too large. */
static void too_many_stretches_make_no_false_alarm(void **state)
{
    struct audit a;

    (void)state;
    audit_init(&a, 2 * AUDIT_STRETCHES, 100000, 0);
    for (uint64_t at = 10; at < 200000; at += 100) {
        audit_used(&a, at, at + 1);
    }
    assert_int_equal(a.exceeded, 0);
    assert_int_equal(a.worst_ps, AUDIT_STRETCHES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_keeps_within_its_budget_is_no_news),
        cmocka_unit_test(the_period_slides),
        cmocka_unit_test(any_use_is_summed_as_it_should_be),
        cmocka_unit_test(too_many_stretches_make_no_false_alarm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
