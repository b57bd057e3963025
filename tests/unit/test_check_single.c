/* SPDX-License-Identifier: BSD-2-Clause */
/* The checks that ask one question of one kind of event: what each says, of whom, and whom it
 * excuses. */
#include "tests/unit/judged_check.h"

static int start(void **state)
{
    (void)state;
    judged_init(&j);
    return 0;
}

static void ownership(void **state)
{
    (void)state;
    start_again(&check_ownership);
    tell(PROBE_BUFFER_FOREIGN, VIRT_TX, ACTIVE(LINK_NET_TX), 0xdead, 60, 1);
    tell(PROBE_BUFFER_FOREIGN, CLIENT1, ACTIVE(LINK_TX1), 0xdead, 60, 1);
    tell(PROBE_BUFFER_TWICE, VIRT_TX, POOL_CLIENT1_TX, 5, ACTIVE(LINK_NET_TX), 1);
    tell(PROBE_BUFFER_TWICE, VIRT_TX, POOL_CLIENT1_TX, 6, ACTIVE(LINK_NET_TX), 1);
    tell(PROBE_BUFFER_TWICE, CLIENT1, POOL_CLIENT1_TX, 5, ACTIVE(LINK_TX1), 1);
    finish_check();
    assert_found(2, 2);
    assert_says(found.list[0], "net0_virt_tx put 0xdead (60 bytes) into net0.tx.active");
    assert_int_equal(found.list[0].victim, DRIVER);
    assert_says(found.list[1], "gave away client1.tx[5], which it did not have to give");
    assert_int_equal(found.list[1].count, 2);
    assert_int_equal(found.excused[0].culprit, CLIENT1);

    /* Whoever relies on one that is compromised passes on what that gave it. */
    start_again(&check_ownership);
    compromise("net0_virt_tx");
    tell(PROBE_BUFFER_TWICE, DRIVER, POOL_CLIENT0_TX, 5, FREE(LINK_NET_TX), 1);
    tell(PROBE_BUFFER_TWICE, DRIVER, POOL_RX, 5, ACTIVE(LINK_NET_RX), 1);
    finish_check();
    assert_found(1, 1);
    assert_int_equal(found.excused[0].culprit, VIRT_TX);
    assert_says(found.list[0], "net0_driver gave away net0.rx[5]");
}

static void flow(void **state)
{
    (void)state;
    start_again(&check_flow);
    tell(PROBE_QUEUE_REFUSED, DRIVER, ACTIVE(LINK_NET_RX), 1, 0, 1);
    tell(PROBE_QUEUE_REFUSED, COPIER1, ACTIVE(LINK_RX1), 1, 0, 1);
    finish_check();
    assert_found(1, 1);
    assert_says(found.list[0], "net0_driver had more to put into net0.rx.active than its 8 entr");
    assert_int_equal(found.list[0].victim, VIRT_RX);
    assert_says(found.excused[0], "client1 left client1_copier no room in client1.rx.active");
    assert_int_equal(found.excused[0].culprit, CLIENT1);
}

static void share(void **state)
{
    (void)state;
    start_again(&check_flow);
    tell(PROBE_SHARE_EXCEEDED, VIRT_RX, ACTIVE(LINK_VIRT_RX1), 9, 8, 1);
    tell(PROBE_SHARE_EXCEEDED, CLIENT1, ACTIVE(LINK_TX1), 9, 8, 1);
    finish_check();
    assert_found(1, 1);
    assert_says(found.list[0], "net0_virt_rx let client1_copier have 9 buffers at a time");
    assert_int_equal(found.list[0].culprit, VIRT_RX);
}

static void calls(void **state)
{
    (void)state;
    start_again(&check_calls);
    tell(PROBE_CALL_WRONG, VIRT_TX, LINK_TX1, 2, CALL_ERROR, 1);
    tell(PROBE_CALL_WRONG, VIRT_TX, LINK_TX0, 0, CALL_WORD, 1);
    tell(PROBE_CALL_WRONG, CLIENT1, LINK_TX1, 0, CALL_SHAPE, 1);
    tell(PROBE_CALL_WRONG, VIRT_TX, LINK_TX0, 1, CALL_WRONGS, 1);
    finish_check();
    assert_found(3, 1);
    assert_says(found.list[0],
                "net0_virt_tx answered a call of client1, label 2, with the wrong e");
    assert_says(found.list[1], "a call of client0, label 0, with a word that is not so");
    assert_int_equal(found.list[0].culprit, VIRT_TX);
    assert_int_equal(found.list[0].victim, CLIENT1);
}

static void deferred(void **state)
{
    (void)state;
    start_again(&check_deferred);
    tell(PROBE_DEFERRED_REPLACED, VIRT_RX, PLAN_NONE, 10 + LINK_VIRT_RX0, 10 + LINK_VIRT_RX1, 1);
    tell(PROBE_DEFERRED_REPLACED, CLIENT1, PLAN_NONE, 1, 2, 1);
    finish_check();
    assert_found(1, 1);
    assert_says(found.list[0], "net0_virt_rx deferred an operation on channel 12 before its "
                               "deferred one on channel 11 was done");
    assert_int_equal(found.list[0].victim, COPIER0); /* who was not told */
}

static void budget(void **state)
{
    (void)state;
    start_again(&check_budget);
    j.pds[DRIVER].budget_ns = 100000;
    j.pds[CLIENT1].budget_ns = 100000;
    tell(PROBE_BUDGET_EXCEEDED, DRIVER, PLAN_NONE, 120000, 400000, 3);
    tell(PROBE_BUDGET_EXCEEDED, CLIENT1, PLAN_NONE, 120000, 400000, 1);
    finish_check();
    assert_found(2, 0); /* the kernel lets them, so there is no excuse */
    assert_says(found.list[0], "net0_driver ran for 120000 ns within one period of 400000 ns; its "
                               "budget is 100000 ns");
}

static void clock_(void **state)
{
    (void)state;
    start_again(&check_clock);
    tell(PROBE_CLOCK_LIED, COPIER0, PLAN_NONE, 7, 1, 2);
    tell(PROBE_CLOCK_LIED, CLIENT1, PLAN_NONE, 7, 0, 1);
    finish_check();
    assert_found(1, 1);
    assert_says(found.list[0], "client0_copier says its clock went beyond its horizon, by 7 ps");
    assert_says(found.excused[0], "client1 says its clock went backwards, by 7 ps");
}

static void signals(void **state)
{
    (void)state;
    start_again(&check_signals);
    j.scenario.clock = CLOCK_VIRTUAL;
    tell(PROBE_SIGNALS_SENT, DRIVER, PLAN_NONE, 0, 0, 10);
    finish_check();
    assert_string_equal(found.figure, "none of 10 was needless");
    tell(PROBE_SIGNALS_SENT, VIRT_RX, PLAN_NONE, 3, 0, 5);
    tell(PROBE_SIGNALS_SENT, VIRT_TX, PLAN_NONE, 1, 0, 5);
    finish_check();
    assert_string_equal(found.figure, "4 of 20 needless, 3 by net0_virt_rx");
    j.scenario.clock = CLOCK_HOST;
    finish_check();
    assert_string_equal(found.figure, "20 sent");
    assert_found(0, 0);
}

static void events_that_name_nothing_hurt_nobody(void **state)
{
    static const struct check_type *const all[] = {&check_ownership, &check_flow,  &check_deferred,
                                                   &check_budget,    &check_clock, &check_signals,
                                                   &check_calls};

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        start_again(all[i]);
        tell_nonsense();
        finish_check();
        assert_int_equal(found.lost, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        JUDGED(ownership), JUDGED(flow),     JUDGED(share),
        JUDGED(calls),     JUDGED(deferred), JUDGED(budget),
        JUDGED(clock_),    JUDGED(signals),  JUDGED(events_that_name_nothing_hurt_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
