/* SPDX-License-Identifier: BSD-2-Clause */
/* What should go on goes on, or it is said who sleeps, waits or runs for ever, and whose fault that
 * is. */
#include "tests/unit/judged_check.h"

static int start(void **state)
{
    (void)state;
    start_check(&check_liveness);
    return 0;
}

static void tell_end(enum run_end end)
{
    tell(PROBE_RUN_ENDED, PLAN_NONE, PLAN_NONE, end, 0, 1);
}

/* As many began as are in flight there. */
static void left(enum frame_place place, uint32_t object)
{
    start_again(&check_liveness);
    tell(PROBE_FRAME_IN, ETH0, 0, 60, 0, 3);
    tell(PROBE_FRAME_IN_FLIGHT, PLAN_NONE, object, place, 0, 3);
}

static void nothing_is_left_when_all_is_quiet(void **state)
{
    (void)state;
    left(PLACE_QUEUE, ACTIVE(LINK_RX0));
    tell_end(RUN_LIMIT);
    finish_check();
    assert_found(0, 0);

    left(PLACE_QUEUE, ACTIVE(LINK_RX0));
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(1, 0);
    assert_says(found.list[0], "3 frames were left in client0.rx.active when all was quiet");
    assert_int_equal(found.list[0].culprit, CLIENT0);

    left(PLACE_RING_RX, 0);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(1, 0);
    assert_says(found.list[0], "in eth0's receive ring");
    assert_int_equal(found.list[0].culprit, DRIVER);

    /* Both rings of one device are two places. */
    tell(PROBE_FRAME_IN, ETH0, 0, 60, 0, 1);
    tell(PROBE_FRAME_IN_FLIGHT, PLAN_NONE, 0, PLACE_RING_TX, 0, 1);
    found.count = 0;
    finish_check();
    assert_found(2, 0);
    assert_says(found.list[1], "1 frame was left in eth0's transmit ring");

    left(PLACE_DEVICE, 0);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(1, 0);
    assert_int_equal(found.list[0].culprit, ETH0);
}

static void the_dead_and_the_suspect_may_keep_theirs(void **state)
{
    (void)state;
    left(PLACE_QUEUE, ACTIVE(LINK_RX0));
    tell(PROBE_PD_STOPPED, CLIENT0, PLAN_NONE, 0, 0, 1);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(0, 1);

    left(PLACE_QUEUE, ACTIVE(LINK_RX1)); /* client1 is untrusted */
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(0, 1);

    left(PLACE_QUEUE, ACTIVE(LINK_TX0));
    compromise("client0");
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(0, 1);

    left(PLACE_RING_RX, 0);
    compromise("eth0");
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(0, 1);

    left(PLACE_RING_TX, 0);
    compromise("eth0");
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(0, 1);

    /* A device that takes nothing holds up all who send; what comes from it, it does not. */
    static const uint32_t out[] = {ACTIVE(LINK_NET_TX), ACTIVE(LINK_TX0), ACTIVE(LINK_RX0)};
    for (unsigned i = 0; i < 3; i++) {
        left(PLACE_QUEUE, out[i]);
        compromise("eth0");
        tell_end(RUN_QUIET);
        finish_check();
        assert_found(0, 1);
    }
    left(PLACE_QUEUE, ACTIVE(LINK_NET_RX));
    compromise("eth0");
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(1, 0);
    assert_int_equal(found.list[0].culprit, VIRT_RX);

    /* But not another's. */
    left(PLACE_QUEUE, ACTIVE(LINK_NET_RX));
    tell(PROBE_PD_DIED, CLIENT0, PLAN_NONE, 11, 0, 1);
    compromise("client0");
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(1, 0);
}

static void a_flag_tells_why(void **state)
{
    (void)state;
    tell(PROBE_FRAME_IN_FLIGHT, PLAN_NONE, ACTIVE(LINK_RX0), PLACE_QUEUE, LEFT_ASKED, 3);
    tell(PROBE_FRAME_IN_FLIGHT, PLAN_NONE, ACTIVE(LINK_NET_TX), PLACE_QUEUE, LEFT_UNASKED, 1);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(2, 0);
    assert_says(found.list[0], "when all was quiet, for client0, who waits for a signal that did");
    assert_says(found.list[1], "for net0_driver, who waits and has not asked for a signal");
}

/* Nobody in the plan is at fault where the kernel is made to lose signals. */
static void who_was_kept_from_hearing_did_nothing_wrong(void **state)
{
    (void)state;
    tell(PROBE_SIGNAL_LOST, DRIVER, PLAN_NONE, 0, 0, 1);
    tell(PROBE_FRAME_IN_FLIGHT, PLAN_NONE, ACTIVE(LINK_NET_TX), PLACE_QUEUE, LEFT_UNASKED, 3);
    tell(PROBE_FRAME_IN_FLIGHT, PLAN_NONE, ACTIVE(LINK_RX0), PLACE_QUEUE, LEFT_UNASKED, 1);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(0, 2);
    assert_says(found.excused[0], "for net0_driver, whom a fault kept from hearing a signal");
    assert_int_equal(found.excused[0].culprit, PLAN_NONE);
    /* client0 has no buffers to answer with, as the driver returns none. */
    assert_int_equal(found.excused[1].culprit, PLAN_NONE);
}

static void empty_buffers_are_passed_on_as_well(void **state)
{
    (void)state;
    tell(PROBE_BUFFERS_LEFT, VIRT_TX, FREE(LINK_NET_TX), 5, LEFT_UNASKED, 1);
    tell(PROBE_BUFFERS_LEFT, VIRT_RX, FREE(LINK_VIRT_RX1), 1, LEFT_ASKED, 1);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(2, 0);
    assert_says(found.list[0], "5 buffers were left in net0.tx.free when all was quiet, for "
                               "net0_virt_tx, who waits and has not asked for a signal");
    assert_int_equal(found.list[0].culprit, VIRT_TX);
    assert_int_equal(found.list[0].count, 5);
    assert_says(found.list[1], "1 buffer was left in client1.virt_rx.free");
}

/* Who sleeps on what it was not told of is not to blame, nor who has nothing to go on with. */
static void the_victim_is_not_the_culprit(void **state)
{
    (void)state;
    tell(PROBE_SIGNAL_MISSING, VIRT_TX, FREE(LINK_TX0), SIGNAL_UNSENT, 0, 1);
    tell(PROBE_SIGNAL_MISSING, VIRT_RX, ACTIVE(LINK_VIRT_RX0), SIGNAL_UNSENT, 0, 1);
    tell(PROBE_FRAME_IN_FLIGHT, PLAN_NONE, ACTIVE(LINK_VIRT_RX0), PLACE_QUEUE, LEFT_ASKED, 3);
    tell(PROBE_FRAME_IN_FLIGHT, PLAN_NONE, ACTIVE(LINK_RX0), PLACE_QUEUE, LEFT_STRANDED, 2);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(2, 0);
    assert_int_equal(found.list[0].culprit, VIRT_RX);
    assert_int_equal(found.list[0].victim, COPIER0);
    assert_says(found.list[1], "for client0, who has none of its own buffers to go on with");
    assert_int_equal(found.list[1].culprit, PLAN_NONE);
    assert_int_equal(found.list[1].victim, CLIENT0);
}

static void work_has_an_end(void **state)
{
    (void)state;
    tell(PROBE_WORK_UNBOUNDED, VIRT_TX, ACTIVE(LINK_TX1), 900, 8, 1);
    tell_end(RUN_LIMIT);
    finish_check();
    assert_found(1, 0);
    assert_says(found.list[0], "net0_virt_tx took 900 entries of client1.tx.active in one wake-up, "
                               "filled by client1, which is not to be relied on: after 8 it");
    assert_int_equal(found.list[0].culprit, VIRT_TX);
    assert_int_equal(found.list[0].victim, CLIENT1);
}

static void an_interrupt_that_nobody_acknowledged(void **state)
{
    (void)state;
    tell(PROBE_IRQ_LEFT, DRIVER, 0, 0, 0, 1);
    tell_end(RUN_LIMIT);
    finish_check();
    assert_found(0, 0);

    start_again(&check_liveness);
    tell(PROBE_IRQ_LEFT, DRIVER, 0, 0, 0, 1);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(1, 0);
    assert_says(found.list[0], "the interrupt of eth0 is up, and net0_driver waits");
    assert_int_equal(found.list[0].culprit, DRIVER);
}

/* Who has buffers for its device, and has not given them to it, or has left it off. */
static void a_receiver_that_is_left_deaf(void **state)
{
    (void)state;
    tell(PROBE_RECEIVER_DEAF, DRIVER, 0, 16, 0, 1);
    tell_end(RUN_LIMIT);
    finish_check();
    assert_found(0, 1);

    start_again(&check_liveness);
    tell(PROBE_RECEIVER_DEAF, DRIVER, 0, 16, 0, 1);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(1, 0);
    assert_says(found.list[0], "eth0 could take no frame when all was quiet, though net0_driver "
                               "has 16 empty buffers for it");
    assert_int_equal(found.list[0].culprit, DRIVER);
}

static bool says_so(const void *state)
{
    return state == NULL;
}

/* A device that fails and tells excuses its driver of nothing; one that lies, of all of this. */
static void a_device_that_fails_and_one_that_lies(void **state)
{
    static const struct type_view fails = {.name = "fails", .tells = says_so};

    (void)state;
    for (unsigned lies = 0; lies < 2; lies++) {
        left(PLACE_RING_RX, 0);
        compromise("eth0");
        if (!lies) {
            j.faults[0].type = &fails;
        }
        tell(PROBE_RECEIVER_DEAF, DRIVER, 0, 16, 0, 1);
        tell_end(RUN_QUIET);
        finish_check();
        assert_found(lies ? 0 : 2, lies ? 2 : 0);
    }
}

static void an_interrupt_that_is_not_seen_to(void **state)
{
    (void)state;
    tell(PROBE_STANDSTILL, DRIVER, 0, 4096, STANDSTILL_LINE, 1);
    finish_check();
    assert_found(1, 0);
    assert_says(found.list[0], "net0_driver woke 4096 times and moved nothing: the interrupt of "
                               "eth0 is up");
    assert_int_equal(found.list[0].culprit, DRIVER);
}

static void who_does_not_come_to_wait(void **state)
{
    (void)state;
    tell(PROBE_PD_UNFINISHED, VIRT_RX, PLAN_NONE, UNFINISHED_RUNS, PLAN_NONE, 1);
    tell(PROBE_PD_UNFINISHED, CLIENT0, PLAN_NONE, UNFINISHED_STARVED, CLIENT1, 1);
    tell(PROBE_PD_UNFINISHED, COPIER0, PLAN_NONE, UNFINISHED_CALLING, VIRT_TX, 1);
    /* One that is untrusted may run for ever, but not keep others from running. */
    tell(PROBE_PD_UNFINISHED, CLIENT1, PLAN_NONE, UNFINISHED_RUNS, PLAN_NONE, 1);
    tell_end(RUN_LIMIT);
    finish_check();
    assert_found(3, 1);
    assert_says(found.list[0], "net0_virt_rx was still running");
    assert_says(found.list[1], "client0 wanted to run, and did not get the processor from client1");
    assert_int_equal(found.list[1].culprit, CLIENT1);
    assert_int_equal(found.list[1].victim, CLIENT0);
    assert_says(found.list[2], "waits for net0_virt_tx to answer its call");
}

static void everybody_busy_and_nothing_moves(void **state)
{
    (void)state;
    tell(PROBE_STANDSTILL, VIRT_RX, ACTIVE(LINK_NET_RX), 5000, 0, 1);
    tell_end(RUN_LIMIT);
    finish_check();
    assert_found(1, 0);
    assert_says(found.list[0], "net0_virt_rx and others woke 5000 times and moved nothing, with "
                               "net0.rx.active waiting");
}

/* But on its own clock everybody has time to finish what can be finished. */
static void a_run_cut_short_says_little(void **state)
{
    (void)state;
    for (int clock = CLOCK_HOST; clock <= CLOCK_VIRTUAL; clock++) {
        start_again(&check_liveness);
        j.scenario.clock = (enum scenario_clock)clock;
        tell(PROBE_PD_UNFINISHED, VIRT_RX, PLAN_NONE, UNFINISHED_RUNS, PLAN_NONE, 1);
        tell(PROBE_STANDSTILL, VIRT_RX, ACTIVE(LINK_NET_RX), 5000, 0, 1);
        tell(PROBE_FRAME_IN_FLIGHT, PLAN_NONE, ACTIVE(LINK_NET_RX), PLACE_QUEUE, 0, 1);
        tell_end(RUN_WALL);
        finish_check();
        assert_found(clock == CLOCK_VIRTUAL, 0);
    }
    assert_says(found.list[0], "net0_virt_rx was still running");
}

static void who_is_never_ready(void **state)
{
    (void)state;
    j.scenario.clock = CLOCK_VIRTUAL;
    tell_probe(&(struct probe){.kind = PROBE_PD_UNFINISHED,
                               .told = TOLD_BY_WORLD,
                               .pd = DRIVER,
                               .object = PLAN_NONE,
                               .a = UNFINISHED_INIT,
                               .b = PLAN_NONE,
                               .place = 0x1234,
                               .count = 1});
    tell(PROBE_PD_UNFINISHED, CLIENT0, PLAN_NONE, UNFINISHED_STARVED, DRIVER, 1);
    tell_end(RUN_STUCK);
    finish_check();
    assert_found(2, 0);
    assert_says(found.list[0], "net0_driver does not return from init()");
    assert_int_equal(found.list[0].culprit, DRIVER);
    assert_int_equal(found.list[0].place, 0x1234);
    assert_int_equal(found.list[1].place, 0);
}

static void events_that_name_nothing_hurt_nobody(void **state)
{
    (void)state;
    tell_nonsense();
    tell_end(RUN_QUIET);
    finish_check();
    assert_true(found.count > 0);
    assert_int_equal(found.lost, 0);
}

static void a_flood_is_bounded(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FINDINGS_MAX + 5; i++) {
        tell(PROBE_FRAME_IN_FLIGHT, PLAN_NONE, 100 + i, PLACE_QUEUE, 0, 1);
    }
    tell_end(RUN_QUIET);
    assert_flooded(5);
}

/* By one who is more urgent, that is how it is meant; by one who is not to be relied on, it is not,
 * whatever its priority says. */
static void who_is_kept_from_the_processor(void **state)
{
    (void)state;
    tell(PROBE_PD_KEPT, CLIENT0, PLAN_NONE, 10000000, DRIVER, 1);
    tell_end(RUN_LIMIT);
    finish_check();
    assert_found(0, 0);

    compromise("net0_driver");
    tell(PROBE_PD_KEPT, CLIENT0, PLAN_NONE, 10000000, DRIVER, 1);
    finish_check();
    assert_found(1, 0);
    assert_says(found.list[0], "client0 could have run for 10000 us, and was kept");
    assert_int_equal(found.list[0].culprit, DRIVER);
    assert_int_equal(found.list[0].victim, CLIENT0);

    start_again(&check_liveness);
    compromise("net0_driver");
    tell(PROBE_PD_KEPT, CLIENT0, PLAN_NONE, 9999999, DRIVER, 1); /* not long */
    tell(PROBE_PD_KEPT, DRIVER, PLAN_NONE, 20000000, DRIVER, 1); /* nobody's loss */
    tell(PROBE_PD_KEPT, COPIER0, PLAN_NONE, 20000000, PLAN_NONE, 1);
    for (unsigned i = 0; i < 1000; i++) { /* however many were, and may be */
        tell(PROBE_PD_KEPT, CLIENT0, PLAN_NONE, 20000000 + i, COPIER0, 1);
    }
    tell_end(RUN_LIMIT);
    finish_check();
    assert_found(0, 0);
    assert_int_equal(found.lost, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        JUDGED(nothing_is_left_when_all_is_quiet),
        JUDGED(the_dead_and_the_suspect_may_keep_theirs),
        JUDGED(a_flag_tells_why),
        JUDGED(who_was_kept_from_hearing_did_nothing_wrong),
        JUDGED(empty_buffers_are_passed_on_as_well),
        JUDGED(the_victim_is_not_the_culprit),
        JUDGED(work_has_an_end),
        JUDGED(an_interrupt_that_nobody_acknowledged),
        JUDGED(a_receiver_that_is_left_deaf),
        JUDGED(a_device_that_fails_and_one_that_lies),
        JUDGED(an_interrupt_that_is_not_seen_to),
        JUDGED(who_does_not_come_to_wait),
        JUDGED(everybody_busy_and_nothing_moves),
        JUDGED(who_is_kept_from_the_processor),
        JUDGED(a_run_cut_short_says_little),
        JUDGED(who_is_never_ready),
        JUDGED(events_that_name_nothing_hurt_nobody),
        JUDGED(a_flood_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
