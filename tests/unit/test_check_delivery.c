/* SPDX-License-Identifier: BSD-2-Clause */
/* A frame for another is always a finding, whoever gave it and whoever got it. */
#include "tests/unit/judged_check.h"

#define MAC0 0x525401000000ull

static int start(void **state)
{
    (void)state;
    start_check(&check_delivery);
    return 0;
}

static void silence_is_no_news(void **state)
{
    (void)state;
    tell(PROBE_FRAME_DELIVERED, CLIENT0, ACTIVE(LINK_RX0), 0, 0, 100);
    finish_check();
    assert_found(0, 0);
}

static void giver_receiver_and_owner_are_named(void **state)
{
    (void)state;
    tell(PROBE_FRAME_FOREIGN, COPIER1, ACTIVE(LINK_RX1), MAC0, CLIENT1, 1);
    tell(PROBE_FRAME_FOREIGN, COPIER1, ACTIVE(LINK_RX1), MAC0, CLIENT1, 2);
    tell(PROBE_FRAME_FOREIGN, COPIER1, ACTIVE(LINK_RX1), 0x00aabbccddeeull, CLIENT1, 1);
    finish_check();
    assert_found(2, 0);
    assert_string_equal(found.list[0].text, "net0_virt_rx gave client1, in client1.rx.active, a "
                                            "frame for client0 (52:54:01:00:00:00)");
    assert_int_equal(found.list[0].culprit, VIRT_RX);
    assert_int_equal(found.list[0].victim, CLIENT0);
    assert_int_equal(found.list[0].count, 3);
    assert_says(found.list[1], "a frame for an address nobody here has (00:aa:bb:cc:dd:ee)");
    assert_int_equal(found.list[1].victim, PLAN_NONE);
}

static void a_forged_sender_is_put_down_to_who_let_it_pass(void **state)
{
    (void)state;
    tell(PROBE_FRAME_FORGED, VIRT_RX, ACTIVE(LINK_VIRT_RX1), MAC0, CLIENT1, 2);
    tell(PROBE_FRAME_FORGED, CLIENT1, ACTIVE(LINK_TX1), MAC0, CLIENT1, 1);
    finish_check();
    assert_found(1, 1);
    assert_says(found.list[0], "net0_virt_rx put a frame of client1 into client1.virt_rx.active, "
                               "which says that client0 sent it");
    assert_int_equal(found.list[0].culprit, VIRT_RX);
    assert_int_equal(found.list[0].victim, CLIENT0);
}

static void there_is_no_excuse(void **state)
{
    (void)state;
    compromise("client1_copier");
    /* client1 without a copier: it sees the whole receive region, and still may not be given this.
     */
    j.shapes[ACTIVE(LINK_VIRT_RX1)].consumer = CLIENT1;
    tell(PROBE_FRAME_FOREIGN, COPIER1, ACTIVE(LINK_RX1), MAC0, CLIENT1, 1);
    tell(PROBE_FRAME_FOREIGN, VIRT_RX, ACTIVE(LINK_VIRT_RX1), MAC0, CLIENT1, 1);
    finish_check();
    assert_found(2, 0);
    assert_says(found.list[1], "net0_virt_rx gave client1, in client1.virt_rx.active,");
}

static void a_liar_makes_no_findings(void **state)
{
    (void)state;
    /* client1 fills none of client0's queues, and what it does fill no client empties. */
    tell(PROBE_FRAME_FOREIGN, CLIENT1, ACTIVE(LINK_RX0), MAC0, CLIENT0, 1);
    tell(PROBE_FRAME_FOREIGN, CLIENT1, ACTIVE(LINK_TX1), MAC0, CLIENT0, 1);
    tell(PROBE_FRAME_FOREIGN, CLIENT1, 12345, MAC0, CLIENT0, 1);
    finish_check();
    assert_found(0, 3);
}

static void nothing_goes_astray(void **state)
{
    static const uint32_t onward[] = {ACTIVE(LINK_VIRT_RX0)};

    (void)state;
    j.shapes[ACTIVE(LINK_NET_RX)].onward = onward;
    j.shapes[ACTIVE(LINK_NET_RX)].onward_count = 1;
    compromise("net0_virt_rx"); /* which is no excuse */
    tell(PROBE_FRAME_ASTRAY, VIRT_RX, ACTIVE(LINK_VIRT_RX1), ACTIVE(LINK_NET_RX), 0, 3);
    /* One that is, and says what the plan does not bear out, tells lies. */
    tell(PROBE_FRAME_ASTRAY, VIRT_RX, ACTIVE(LINK_VIRT_RX0), ACTIVE(LINK_NET_RX), 0, 1);
    tell(PROBE_FRAME_ASTRAY, CLIENT1, ACTIVE(LINK_VIRT_RX1), ACTIVE(LINK_NET_RX), 0, 1);
    finish_check();
    assert_found(1, 2);
    assert_string_equal(found.list[0].text,
                        "net0_virt_rx put a frame of net0_driver, from net0.rx.active, into "
                        "client1.virt_rx.active, where net0_driver may not reach");
    assert_int_equal(found.list[0].culprit, VIRT_RX);
    assert_int_equal(found.list[0].victim, COPIER1);
    assert_int_equal(found.list[0].count, 3);
}

static void a_flood_is_bounded(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FINDINGS_MAX + 5; i++) {
        tell(PROBE_FRAME_FOREIGN, COPIER1, ACTIVE(LINK_RX1), MAC0 + 0x10000 * i, CLIENT1, 1);
    }
    assert_flooded(5);
    assert_true(check_delivery.isolation);
}

static void nonsense_is_survived(void **state)
{
    (void)state;
    tell(PROBE_FRAME_FOREIGN, PLAN_NONE, PLAN_NONE, UINT64_MAX, 0, 1);
    tell(PROBE_FRAME_FOREIGN, CLIENT0, ACTIVE(LINK_RX1), MAC0, 0, 0); /* happened no times */
    finish_check();
    assert_found(1, 0);
    tell_nonsense();
    finish_check();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        JUDGED(silence_is_no_news),
        JUDGED(giver_receiver_and_owner_are_named),
        JUDGED(a_forged_sender_is_put_down_to_who_let_it_pass),
        JUDGED(there_is_no_excuse),
        JUDGED(a_liar_makes_no_findings),
        JUDGED(nothing_goes_astray),
        JUDGED(a_flood_is_bounded),
        JUDGED(nonsense_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
