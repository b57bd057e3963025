/* SPDX-License-Identifier: BSD-2-Clause */
/* Who breaks the rules of a queue or of an interrupt is told of, and who may. */
#include "tests/unit/judged_check.h"

static int start(void **state)
{
    (void)state;
    start_check(&check_protocol);
    return 0;
}

static void a_broken_index_is_put_down_to_who_broke_it(void **state)
{
    (void)state;
    tell(PROBE_INDEX_ILLEGAL, VIRT_TX, ACTIVE(LINK_TX0), 3, 40, 1);
    tell(PROBE_INDEX_ILLEGAL, VIRT_TX, ACTIVE(LINK_TX0), 40, 50, 1);
    tell(PROBE_INDEX_ILLEGAL, CLIENT1, ACTIVE(LINK_TX1), 3, 40, 1);
    tell(PROBE_INDEX_DISPLACED, CLIENT1, FREE(LINK_TX1), 3, 40, 1);
    finish_check();
    assert_found(1, 2);
    assert_says(found.list[0], "net0_virt_tx moved its index of client0.tx.active from 3 to 40");
    assert_int_equal(found.list[0].count, 2);
    assert_int_equal(found.list[0].culprit, VIRT_TX);
    assert_int_equal(found.list[0].victim, CLIENT0);
    assert_says(found.excused[1], "client1 moved net0_virt_tx's index of client1.tx.free");
}

static void a_signal_that_is_missing_names_who_sleeps(void **state)
{
    (void)state;
    tell(PROBE_SIGNAL_MISSING, VIRT_RX, ACTIVE(LINK_VIRT_RX0), SIGNAL_UNASKED, 0, 1);
    tell(PROBE_SIGNAL_MISSING, VIRT_RX, ACTIVE(LINK_VIRT_RX0), SIGNAL_EARLY, 0, 1);
    tell(PROBE_SIGNAL_MISSING, VIRT_RX, ACTIVE(LINK_VIRT_RX0), SIGNAL_UNSENT, 0, 1);
    finish_check();
    assert_found(3, 0);
    assert_says(found.list[0], "did not look whether client0_copier wants a signal");
    assert_says(found.list[1], "signalled client0_copier first and put entries into "
                               "client0.virt_rx.active afterwards");
    assert_says(found.list[2], "saw that client0_copier wants a signal, and sent none");
    assert_int_equal(found.list[2].culprit, VIRT_RX);
    assert_int_equal(found.list[2].victim, COPIER0);
}

static void a_look_that_is_missing_names_who_sleeps(void **state)
{
    (void)state;
    tell(PROBE_LOOK_MISSING, COPIER0, ACTIVE(LINK_VIRT_RX0), 2, 0, 1);
    tell(PROBE_LOOK_MISSING, DRIVER, ACTIVE(LINK_NET_TX), 1, 0, 1);
    finish_check();
    assert_found(2, 0);
    assert_says(found.list[0], "when client0.virt_rx.active held 2 entries already");
    assert_says(found.list[1], "held 1 entry already");
    assert_int_equal(found.list[0].culprit, COPIER0);
}

static void who_waits_deaf_or_has_made_another_deaf(void **state)
{
    (void)state;
    tell(PROBE_REQUEST_MISSING, VIRT_TX, FREE(LINK_NET_TX), 0, 0, 1);
    tell(PROBE_SIGNAL_MISSING, VIRT_RX, ACTIVE(LINK_VIRT_RX0), SIGNAL_ROBBED, 0, 1);
    finish_check();
    assert_found(2, 0);
    assert_says(found.list[0], "net0_virt_tx waits, and has not asked anew to be signalled of what "
                               "comes by net0.tx.free, which holds 0 entries");
    assert_int_equal(found.list[0].culprit, VIRT_TX);
    assert_says(found.list[1], "took back the wish of client0_copier to be signalled");
    assert_int_equal(found.list[1].victim, COPIER0);
}

/* In virtual time each signal is seen with what it was for, whatever a neighbour forges. */
static void a_signal_is_owed_to_a_suspect_as_well(void **state)
{
    (void)state;
    j.scenario.clock = CLOCK_VIRTUAL;
    tell(PROBE_SIGNAL_MISSING, VIRT_TX, FREE(LINK_TX1), SIGNAL_UNSENT, 0, 1);
    tell(PROBE_REQUEST_MISSING, VIRT_TX, ACTIVE(LINK_TX1), 1, 0, 1);
    tell(PROBE_SIGNAL_MISSING, CLIENT1, ACTIVE(LINK_TX1), SIGNAL_UNSENT, 0, 1);
    finish_check();
    assert_found(1, 2);
    assert_int_equal(found.list[0].culprit, VIRT_TX);
}

static void an_interrupt_that_is_held(void **state)
{
    (void)state;
    tell(PROBE_IRQ_HELD, DRIVER, 0, 3, 0, 1);
    finish_check();
    assert_found(1, 0);
    assert_says(found.list[0], "net0_driver took the interrupt of eth0 and waited");
}

/* An index that is forged is its forger's; a flag that may be forged excuses both ends. */
static void what_a_suspect_shares_may_be_its_doing(void **state)
{
    (void)state;
    tell(PROBE_INDEX_ILLEGAL, VIRT_TX, ACTIVE(LINK_TX1), 3, 40, 1);
    tell(PROBE_SIGNAL_MISSING, VIRT_TX, FREE(LINK_TX1), SIGNAL_UNSENT, 0, 1);
    tell(PROBE_LOOK_MISSING, VIRT_TX, ACTIVE(LINK_TX1), 2, 0, 1);
    tell(PROBE_SIGNAL_MISSING, CLIENT1, ACTIVE(LINK_TX1), SIGNAL_UNSENT, 0, 1);
    finish_check();
    assert_found(1, 3);
}

static void events_that_name_nothing_hurt_nobody(void **state)
{
    (void)state;
    tell_nonsense();
    finish_check();
    assert_true(found.count > 0);
}

static void a_flood_is_bounded(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FINDINGS_MAX + 5; i++) {
        tell(PROBE_INDEX_ILLEGAL, VIRT_TX, 100 + i, 0, 0, 1);
    }
    assert_flooded(5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        JUDGED(a_broken_index_is_put_down_to_who_broke_it),
        JUDGED(a_signal_that_is_missing_names_who_sleeps),
        JUDGED(a_look_that_is_missing_names_who_sleeps),
        JUDGED(who_waits_deaf_or_has_made_another_deaf),
        JUDGED(a_signal_is_owed_to_a_suspect_as_well),
        JUDGED(an_interrupt_that_is_held),
        JUDGED(what_a_suspect_shares_may_be_its_doing),
        JUDGED(events_that_name_nothing_hurt_nobody),
        JUDGED(a_flood_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
