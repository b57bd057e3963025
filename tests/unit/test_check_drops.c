/* SPDX-License-Identifier: BSD-2-Clause */
/* Which drops are somebody's job, which are excused, and which are somebody's mistake. */
#include "tests/unit/judged_check.h"

static int start(void **state)
{
    (void)state;
    start_check(&check_drops);
    return 0;
}

static void drop(uint32_t pd, enum drop_reason reason)
{
    tell(PROBE_FRAME_DROPPED, pd, PLAN_NONE, reason, 0, 2);
}

/* The whole table, so that a change to it is a change here. */
static void only_these_drops_are_a_job(void **state)
{
    static const struct {
        uint32_t pd;
        enum drop_reason reason;
    } jobs[] = {{ETH0, DROP_NO_DESCRIPTOR},
                {ETH0, DROP_FILTERED},
                {ETH0, DROP_RUNT},
                {ETH0, DROP_OVERSIZE},
                {VIRT_RX, DROP_NO_MATCH},
                {COPIER0, DROP_NO_BUFFER},
                {ETH0, DROP_FCS}};
    static const uint32_t places[] = {ETH0, VIRT_RX, COPIER0, DRIVER, CLIENT0};

    (void)state;
    for (unsigned place = 0; place < 5; place++) {
        for (unsigned reason = DROP_NONE; reason < DROP_COUNT; reason++) {
            bool job = places[place] == ETH0 && reason == DROP_REFUSED; /* the host's, really */

            for (unsigned i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
                job |= jobs[i].pd == places[place] && jobs[i].reason == reason;
            }
            start_again(&check_drops);
            drop(places[place], (enum drop_reason)reason);
            finish_check();
            assert_found(job ? 0 : 1, 0);
        }
    }
}

static void a_finding_says_who_what_and_why(void **state)
{
    (void)state;
    drop(COPIER0, DROP_UNEXPLAINED);
    drop(ETH0, DROP_DMA_FAULT);
    drop(PLAN_NONE, DROP_NO_MATCH);
    finish_check();
    assert_found(3, 0);
    assert_string_equal(found.list[0].text, "eth0 dropped 2 frames because the IOMMU refused its "
                                            "memory; net0_driver is trusted");
    assert_int_equal(found.list[0].culprit, DRIVER);
    assert_string_equal(found.list[1].text,
                        "client0_copier dropped 2 frames for no reason that can be seen");
    assert_int_equal(found.list[1].culprit, COPIER0);
    assert_int_equal(found.list[1].count, 2);
    assert_int_equal(found.list[1].time_ns, 1000);
    assert_says(found.list[2], "somebody dropped 2 frames as for nobody");
}

/* What a device does not take for want of being on, or of a length that it is told to mind. */
static void a_device_does_as_its_driver_says(void **state)
{
    (void)state;
    drop(ETH0, DROP_DISABLED);
    drop(ETH0, DROP_UNEXPLAINED);
    finish_check();
    assert_found(2, 0);
    assert_int_equal(found.list[0].culprit, DRIVER);
    assert_int_equal(found.list[1].culprit, DRIVER);
    start_again(&check_drops);
    compromise("eth0");
    drop(ETH0, DROP_DISABLED);
    finish_check();
    assert_found(0, 1);
    assert_int_equal(found.excused[0].culprit, ETH0);
}

static void what_a_suspect_sends_may_be_refused(void **state)
{
    (void)state;
    /* virt_tx takes from client0, who is trusted, and client1, who is not. */
    drop(VIRT_TX, DROP_INVALID);
    drop(VIRT_TX, DROP_DUPLICATE);
    finish_check();
    assert_found(0, 2);
    assert_int_equal(found.excused[0].culprit, CLIENT1);
    assert_says(found.excused[0], "client1 is untrusted");

    start_again(&check_drops);
    j.pds[CLIENT1].trusted = true;
    drop(VIRT_TX, DROP_INVALID);
    finish_check();
    assert_found(1, 0);
    assert_int_equal(found.list[0].culprit, PLAN_NONE);

    start_again(&check_drops);
    j.pds[CLIENT1].trusted = true;
    compromise("client0");
    drop(VIRT_TX, DROP_INVALID);
    finish_check();
    assert_found(0, 1);
    assert_says(found.excused[0], "client0 is compromised");

    /* What a compromised device makes its driver pass on. */
    start_again(&check_drops);
    compromise("eth0");
    drop(VIRT_RX, DROP_INVALID);
    drop(DRIVER, DROP_RESET);
    drop(VIRT_TX, DROP_NO_BUFFER);
    finish_check();
    assert_found(1, 2);
    assert_int_equal(found.list[0].culprit, VIRT_TX);
    assert_int_equal(found.excused[0].culprit, ETH0);
    assert_int_equal(found.excused[1].culprit, ETH0);

    /* Whom a compromised copier leaves no room, virt_rx can give nothing. */
    start_again(&check_drops);
    drop(VIRT_RX, DROP_NO_BUFFER);
    finish_check();
    assert_found(1, 0);
    start_again(&check_drops);
    compromise("client1_copier");
    drop(VIRT_RX, DROP_NO_BUFFER);
    finish_check();
    assert_found(0, 1);
    assert_int_equal(found.excused[0].culprit, COPIER1);

    /* copier0 takes from virt_rx only, whom an untrusted client does not make suspect. */
    start_again(&check_drops);
    drop(COPIER0, DROP_INVALID);
    finish_check();
    assert_found(1, 0);
    assert_int_equal(found.list[0].culprit, VIRT_RX);
}

static void the_dead_and_the_compromised_lose_their_own(void **state)
{
    (void)state;
    drop(CLIENT0, DROP_DEAD);
    finish_check();
    assert_found(1, 0);

    start_again(&check_drops);
    drop(CLIENT0, DROP_DEAD);
    tell(PROBE_PD_DIED, CLIENT0, PLAN_NONE, 11, 0, 1);
    finish_check();
    assert_found(0, 1);

    start_again(&check_drops);
    drop(CLIENT1, DROP_FORGED);
    drop(CLIENT0, DROP_FORGED);
    finish_check();
    assert_found(1, 1);
    assert_int_equal(found.list[0].culprit, CLIENT0);

    start_again(&check_drops);
    compromise("net0_driver");
    drop(ETH0, DROP_BAD_DESCRIPTOR);
    drop(ETH0, DROP_RESET);
    finish_check();
    assert_found(0, 2);
}

static bool says_so(const void *state)
{
    return state == NULL;
}

/* What is for somebody behind it a device is to hear: its driver has set it up not to. And what was
 * on its way when it failed its driver may give up, and nothing else. */
static void a_device_that_does_not_hear_or_fails(void **state)
{
    static const struct type_view fails = {.name = "fails", .tells = says_so};

    (void)state;
    drop(ETH0, DROP_UNHEARD);
    finish_check();
    assert_found(1, 0);
    assert_int_equal(found.list[0].culprit, DRIVER);
    assert_says(found.list[0], "but they were for somebody behind it");
    start_again(&check_drops);
    compromise("eth0");
    j.faults[0].type = &fails;
    drop(DRIVER, DROP_RESET);
    finish_check();
    assert_found(0, 1);
    start_again(&check_drops);
    compromise("eth0");
    j.faults[0].type = &fails;
    drop(DRIVER, DROP_UNEXPLAINED);
    finish_check();
    assert_found(1, 0);
}

static void a_gate_drops_only_with_a_fault(void **state)
{
    (void)state;
    drop(ETH0, DROP_GATE);
    finish_check();
    assert_found(1, 0);
    start_again(&check_drops);
    compromise("client1");
    drop(ETH0, DROP_GATE);
    finish_check();
    assert_found(0, 1);
}

static void nonsense_is_somebodys(void **state)
{
    (void)state;
    tell_nonsense();
    finish_check();
    assert_true(found.count > 0);
    assert_says(found.list[0], "somebody dropped");
}

/* -- domains: the same plan, the other small check -- */

static int start_domains(void **state)
{
    (void)state;
    start_check(&check_domains);
    return 0;
}

static void a_death_is_a_finding_unless_foreseen(void **state)
{
    (void)state;
    tell(PROBE_PD_DIED, COPIER0, PLAN_NONE, 11, 0x200000000000ull, 1);
    tell(PROBE_PD_DIED, CLIENT1, PLAN_NONE, 11, 0, 1);
    tell(PROBE_PD_STOPPED, CLIENT0, PLAN_NONE, 0, 0, 1);
    finish_check();
    assert_found(1, 1);
    assert_string_equal(found.list[0].text, "client0_copier died of SIGSEGV at net0.rx[0] + 0x0, "
                                            "which client0_copier may only read");
    assert_int_equal(found.list[0].culprit, COPIER0);
    assert_int_equal(found.excused[0].culprit, CLIENT1);
}

static void the_kernels_rules_are_kept(void **state)
{
    (void)state;
    tell(PROBE_CHANNEL_UNKNOWN, VIRT_RX, PLAN_NONE, 61, 0, 1);
    tell(PROBE_CHANNEL_UNKNOWN, VIRT_RX, PLAN_NONE, 60, 0, 1);
    tell(PROBE_CHANNEL_UNKNOWN, CLIENT1, PLAN_NONE, 60, 0, 1);
    finish_check();
    assert_found(2, 1);
    assert_says(found.list[0], "net0_virt_rx used channel 61");
}

static void every_death_is_one_and_floods_are_bounded(void **state)
{
    (void)state;
    tell(PROBE_PD_DIED, DRIVER, PLAN_NONE, 11, 0, 1);
    tell(PROBE_PD_DIED, DRIVER, PLAN_NONE, 11, 0, 1);
    finish_check();
    assert_found(1, 0);
    found.count = 0;
    for (unsigned i = 0; i < FINDINGS_MAX + 4; i++) {
        tell(PROBE_CHANNEL_UNKNOWN, VIRT_RX, PLAN_NONE, i, 0, 1);
    }
    assert_flooded(5);
    tell_nonsense();
    finish_check();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        JUDGED(only_these_drops_are_a_job),
        JUDGED(a_finding_says_who_what_and_why),
        JUDGED(a_device_does_as_its_driver_says),
        JUDGED(what_a_suspect_sends_may_be_refused),
        JUDGED(the_dead_and_the_compromised_lose_their_own),
        JUDGED(a_device_that_does_not_hear_or_fails),
        JUDGED(a_gate_drops_only_with_a_fault),
        cmocka_unit_test_setup_teardown(a_death_is_a_finding_unless_foreseen, start_domains,
                                        stop_check),
        JUDGED(nonsense_is_somebodys),
        cmocka_unit_test_setup_teardown(every_death_is_one_and_floods_are_bounded, start_domains,
                                        stop_check),
        cmocka_unit_test_setup_teardown(the_kernels_rules_are_kept, start_domains, stop_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
