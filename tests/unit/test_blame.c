/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is behind what a domain is seen to do, or not to do. */
#include "sim/check/blame.h"
#include "tests/unit/judged_check.h"

static int start(void **state)
{
    (void)state;
    start_check(&check_ownership);
    j.pds[CLIENT1].trusted = true;
    return 0;
}

static void nobody_else_is_to_blame_among_the_honest(void **state)
{
    (void)state;
    for (uint32_t pd = 0; pd < PDS; pd++) {
        assert_int_equal(blame_for(&j.plan, pd, PLAN_NONE), pd);
        assert_int_equal(blame_for(&j.plan, pd, POOL_RX), pd);
        assert_int_equal(blame_for_halt(&j.plan, NULL, pd), PLAN_NONE);
        assert_int_equal(blame_for_waking(&j.plan, pd), pd);
    }
}

static void who_passes_on_is_led_by_who_gives(void **state)
{
    (void)state;
    compromise("net0_virt_rx");
    assert_int_equal(blame_for(&j.plan, VIRT_RX, PLAN_NONE), VIRT_RX);
    assert_int_equal(blame_for(&j.plan, DRIVER, POOL_RX), VIRT_RX); /* names what is filled */
    assert_int_equal(blame_for(&j.plan, COPIER0, POOL_RX), VIRT_RX);
    assert_int_equal(blame_for(&j.plan, CLIENT0, PLAN_NONE), VIRT_RX); /* by its copier */
    /* But not of what does not pass through its hands. */
    assert_int_equal(blame_for(&j.plan, DRIVER, POOL_CLIENT0_TX), DRIVER);
    assert_int_equal(blame_for_queue(&j.plan, DRIVER, ACTIVE(LINK_NET_TX)), DRIVER);
    assert_int_equal(blame_for_queue(&j.plan, DRIVER, ACTIVE(LINK_NET_RX)), VIRT_RX);
    assert_int_equal(blame_for(&j.plan, COPIER0, POOL_CLIENT0_RX), COPIER0);
}

/* Of clients, and of those that serve one alone, everybody has to beware. */
static void nobody_is_led_from_outside(void **state)
{
    (void)state;
    j.pds[CLIENT1].trusted = false;
    compromise("client1_copier");
    for (uint32_t pd = 0; pd < PDS; pd++) {
        assert_int_equal(blame_for(&j.plan, pd, PLAN_NONE), pd);
    }
    j.pds[CLIENT1].trusted = true;
    assert_int_equal(blame_for(&j.plan, CLIENT1, PLAN_NONE), COPIER1);
}

static void a_device_is_behind_its_driver_alone(void **state)
{
    (void)state;
    compromise("eth0");
    assert_int_equal(blame_for(&j.plan, DRIVER, PLAN_NONE), ETH0);
    assert_int_equal(blame_for(&j.plan, VIRT_RX, PLAN_NONE), VIRT_RX);
}

/* All there is beyond has to be bad. */
static void who_can_give_to_nobody_is_halted(void **state)
{
    bool gone[PDS] = {false};

    (void)state;
    gone[DRIVER] = true;
    assert_int_equal(blame_for_halt(&j.plan, gone, VIRT_TX), DRIVER);
    assert_int_equal(blame_for_halt(&j.plan, gone, CLIENT0), DRIVER);
    assert_int_equal(blame_for_halt(&j.plan, gone, VIRT_RX), PLAN_NONE);
    gone[DRIVER] = false;
    gone[COPIER0] = true;
    assert_int_equal(blame_for_halt(&j.plan, gone, VIRT_RX), PLAN_NONE);
    gone[COPIER1] = true;
    assert_int_not_equal(blame_for_halt(&j.plan, gone, VIRT_RX), PLAN_NONE);
    gone[COPIER0] = gone[COPIER1] = false;
    /* A copier may have nobody to give to; who gives to copiers may not be held up by that. */
    gone[CLIENT0] = gone[CLIENT1] = true;
    assert_int_equal(blame_for_halt(&j.plan, gone, COPIER0), CLIENT0);
    assert_int_equal(blame_for_halt(&j.plan, gone, VIRT_RX), PLAN_NONE);
}

static void who_is_woken_for_nothing_is_woken_by_somebody(void **state)
{
    (void)state;
    compromise("net0_virt_rx");
    assert_int_equal(blame_for_waking(&j.plan, DRIVER), VIRT_RX);
    assert_int_equal(blame_for_waking(&j.plan, VIRT_TX), VIRT_TX);
    assert_int_equal(blame_for_waking(&j.plan, VIRT_RX), VIRT_RX);
}

static void what_is_not_in_the_plan_has_nobody_behind_it(void **state)
{
    (void)state;
    compromise("net0_driver");
    assert_int_equal(blame_for(&j.plan, PLAN_NONE, PLAN_NONE), PLAN_NONE);
    assert_int_equal(blame_for(&j.plan, PDS, POOLS), PDS);
    assert_int_equal(blame_for_queue(&j.plan, VIRT_RX, PLAN_NONE), VIRT_RX);
    assert_int_equal(blame_for_halt(&j.plan, NULL, PLAN_NONE), PLAN_NONE);
    assert_int_equal(blame_for_waking(&j.plan, PLAN_NONE), PLAN_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        JUDGED(nobody_else_is_to_blame_among_the_honest),
        JUDGED(who_passes_on_is_led_by_who_gives),
        JUDGED(nobody_is_led_from_outside),
        JUDGED(a_device_is_behind_its_driver_alone),
        JUDGED(who_can_give_to_nobody_is_halted),
        JUDGED(who_is_woken_for_nothing_is_woken_by_somebody),
        JUDGED(what_is_not_in_the_plan_has_nobody_behind_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
