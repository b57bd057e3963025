/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose fault it is when caches and memory differ: of whoever was to clean or invalidate, unless
 * there is one at the device, or at the memory, that nobody relies on.
 */
#include "tests/unit/judged_check.h"

#define HEARD_TOO_MANY (FINDINGS_MAX + 10u)

static int start(void **state)
{
    (void)state;
    start_check(&check_coherence);
    return 0;
}

static void nothing_is_nothing(void **state)
{
    (void)state;
    tell(PROBE_STALE_READ, ETH0, POOL_CLIENT0_TX, 0, STALE_UNCLEANED, 0);
    tell(PROBE_DMA_FAULT, ETH0, 0, 0, 0, 1);
    finish_check();
    assert_found(0, 0);
}

static void nonsense_is_survived(void **state)
{
    (void)state;
    tell_nonsense();
    finish_check();
}

static void who_sends_is_to_clean(void **state)
{
    (void)state;
    tell(PROBE_STALE_READ, ETH0, POOL_CLIENT0_TX, 2 * 2048 + 0x40, STALE_UNCLEANED, 1);
    tell(PROBE_STALE_READ, ETH0, POOL_CLIENT0_TX, 3 * 2048, STALE_UNCLEANED, 2);
    tell(PROBE_STALE_READ, ETH0, POOL_CLIENT0_TX, 4 * 2048, STALE_LUCKY, 1);
    tell(PROBE_STALE_READ, ETH0, POOL_CLIENT1_TX, 2048, STALE_UNCLEANED, 1);
    finish_check();
    assert_found(3, 0);
    assert_int_equal(found.list[0].culprit, VIRT_TX);
    assert_int_equal(found.list[0].victim, ETH0);
    assert_int_equal(found.list[0].count, 3);
    assert_int_equal(found.list[0].time_ns, 1000);
    assert_string_equal(found.list[0].object, "client0.tx[2] + 0x40");
    assert_says(found.list[0], "net0_virt_tx handed the frame on without cleaning");
    assert_int_equal(found.list[1].culprit, VIRT_TX);
    assert_says(found.list[1], "by chance only");
    assert_string_equal(found.list[2].object, "client1.tx[1]");
}

static void who_writes_later_is_to_blame(void **state)
{
    (void)state;
    tell(PROBE_STALE_READ, ETH0, POOL_CLIENT0_TX, 0, STALE_REWRITTEN, 1);
    finish_check();
    assert_found(1, 0);
    assert_int_equal(found.list[0].culprit, CLIENT0);
    assert_says(found.list[0], "client0 wrote there after it was cleaned");
}

static void a_compromised_writer_is_excused(void **state)
{
    (void)state;
    compromise("client0");
    tell(PROBE_STALE_READ, ETH0, POOL_CLIENT0_TX, 0, STALE_REWRITTEN, 1);
    tell(PROBE_STALE_READ, ETH0, POOL_CLIENT0_TX, 0, STALE_UNCLEANED, 1);
    finish_check();
    assert_found(1, 1);
    assert_int_equal(found.excused[0].culprit, CLIENT0);
    assert_int_equal(found.list[0].culprit, VIRT_TX); /* cleaning is its job, whoever wrote */
}

static void who_hands_on_is_to_invalidate(void **state)
{
    (void)state;
    tell(PROBE_STALE_FRAME, VIRT_RX, POOL_RX, 5 * 2048, 0, 4);
    tell(PROBE_STALE_FRAME, VIRT_RX, POOL_RX, 6 * 2048, 1, 1);
    finish_check();
    assert_found(2, 0);
    assert_int_equal(found.list[0].culprit, VIRT_RX);
    assert_string_equal(found.list[0].object, "net0.rx[5]");
    assert_says(found.list[0], "handed on a frame without invalidating");
    assert_says(found.list[1], "gave a buffer back");
}

static void who_receives_is_to_make_way(void **state)
{
    (void)state;
    tell(PROBE_LINE_LOST, PLAN_NONE, POOL_RX, 0x80, 0, 1);
    tell(PROBE_LINE_LOST, VIRT_RX, POOL_RX, 0x80, 0, 1);
    finish_check();
    assert_found(2, 0);
    assert_int_equal(found.list[0].culprit, VIRT_RX);
    assert_string_equal(found.list[0].object, "net0.rx[0] + 0x80");
    assert_says(found.list[0], "a cache wrote a dirty line back");
    assert_says(found.list[1], "a cache operation of net0_virt_rx wrote");
}

/* It makes the device do anything, at any time. */
static void a_compromised_driver_or_device_answers_for_all(void **state)
{
    static const char *const who[] = {"net0_driver", "eth0"};
    static const uint32_t pds[] = {DRIVER, ETH0};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        stop_check(NULL);
        start_check(&check_coherence);
        compromise(who[i]);
        tell(PROBE_STALE_READ, ETH0, POOL_CLIENT0_TX, 0, STALE_UNCLEANED, 1);
        tell(PROBE_STALE_FRAME, VIRT_RX, POOL_RX, 0, 0, 1);
        tell(PROBE_LINE_LOST, PLAN_NONE, POOL_RX, 0, 0, 1);
        finish_check();
        assert_found(0, 3);
        for (unsigned k = 0; k < 3; k++) {
            assert_int_equal(found.excused[k].culprit, pds[i]);
        }
    }
}

static void what_is_too_much_is_counted(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HEARD_TOO_MANY; i++) {
        tell(PROBE_STALE_FRAME, VIRT_RX, POOL_RX, 0, i, 1);
    }
    finish_check();
    assert_int_equal(found.count + found.lost, HEARD_TOO_MANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_nothing, start, stop_check),
        cmocka_unit_test_setup_teardown(nonsense_is_survived, start, stop_check),
        cmocka_unit_test_setup_teardown(who_sends_is_to_clean, start, stop_check),
        cmocka_unit_test_setup_teardown(who_writes_later_is_to_blame, start, stop_check),
        cmocka_unit_test_setup_teardown(a_compromised_writer_is_excused, start, stop_check),
        cmocka_unit_test_setup_teardown(who_hands_on_is_to_invalidate, start, stop_check),
        cmocka_unit_test_setup_teardown(who_receives_is_to_make_way, start, stop_check),
        cmocka_unit_test_setup_teardown(a_compromised_driver_or_device_answers_for_all, start,
                                        stop_check),
        cmocka_unit_test_setup_teardown(what_is_too_much_is_counted, start, stop_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
