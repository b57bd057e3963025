/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames and buffers balance or are missed; who ruins its own is told apart from who ruins
 * another's. */
#include "tests/unit/judged_check.h"

static int start(void **state)
{
    (void)state;
    start_check(&check_conservation);
    return 0;
}

/* All buffers of all pools are where they should be, except that one pool may be off. */
static void tell_pools(uint32_t odd, uint64_t odd_found, uint64_t odd_held)
{
    for (uint32_t i = 0; i < POOLS; i++) {
        tell(PROBE_BUFFERS_FOUND, PLAN_NONE, i, i == odd ? odd_found : JUDGED_BUFFERS - 2,
             i == odd ? odd_held : 2, 1);
    }
}

static void tell_end(enum run_end end)
{
    tell(PROBE_RUN_ENDED, PLAN_NONE, PLAN_NONE, end, 0, 1);
}

static void tell_balanced_frames(void)
{
    tell(PROBE_FRAME_IN, ETH0, 0, 60, 0, 10);
    tell(PROBE_FRAME_SENT, CLIENT0, ACTIVE(LINK_TX0), 0, 0, 4);
    tell(PROBE_FRAME_COPIED, VIRT_RX, ACTIVE(LINK_VIRT_RX0), 0, 0, 3);
    tell(PROBE_FRAME_DELIVERED, CLIENT0, ACTIVE(LINK_RX0), 0, 0, 11);
    tell(PROBE_FRAME_OUT, ETH0, 0, 0, 0, 4);
    tell(PROBE_FRAME_DROPPED, VIRT_RX, PLAN_NONE, DROP_NO_MATCH, 0, 2);
}

static void what_balances_is_no_news(void **state)
{
    (void)state;
    tell_balanced_frames();
    tell_pools(PLAN_NONE, 0, 0);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(0, 0);
}

static void a_frame_too_few_or_too_many_is_found(void **state)
{
    (void)state;
    tell_balanced_frames();
    tell(PROBE_FRAME_IN, ETH0, 0, 60, 0, 1);
    tell_pools(PLAN_NONE, 0, 0);
    tell_end(RUN_LIMIT);
    finish_check();
    assert_found(1, 0);
    assert_says(found.list[0], "1 frame vanished: 18 began (11 in, 4 sent, 3 copied), and 17 are");
    tell(PROBE_FRAME_OUT, ETH0, 0, 0, 0, 3);
    found.count = 0;
    finish_check();
    assert_found(1, 0);
    assert_says(found.list[0], "2 frames came from nowhere");
}

/* Each kind of event is a term of its own: leaving any out is noticed. */
static void every_term_counts(void **state)
{
    static const enum probe_kind terms[] = {
        PROBE_FRAME_IN,  PROBE_FRAME_SENT,    PROBE_FRAME_COPIED,   PROBE_FRAME_DELIVERED,
        PROBE_FRAME_OUT, PROBE_FRAME_DROPPED, PROBE_FRAME_IN_FLIGHT};

    (void)state;
    for (unsigned i = 0; i < sizeof terms / sizeof terms[0]; i++) {
        start_again(&check_conservation);
        tell(terms[i], CLIENT0, 0, 0, 0, 5);
        tell_pools(PLAN_NONE, 0, 0);
        tell_end(RUN_LIMIT);
        finish_check();
        assert_found(1, 0);
        assert_int_equal(found.list[0].count, 5);
        assert_says(found.list[0], i < 3 ? "5 frames vanished" : "5 frames came from nowhere");
    }
}

static void a_run_cut_short_has_no_sums(void **state)
{
    (void)state;
    tell(PROBE_FRAME_IN, ETH0, 0, 60, 0, 5);
    tell_end(RUN_WALL);
    finish_check();
    assert_found(0, 0);
}

static void in_hand(uint32_t pd)
{
    start_again(&check_conservation);
    tell(PROBE_FRAME_IN, ETH0, 0, 60, 0, 3);
    tell(PROBE_FRAME_IN_FLIGHT, pd, PLAN_NONE, PLACE_PD, 0, 3);
    tell_pools(PLAN_NONE, 0, 0);
}

static void nothing_stays_in_the_hands_of_those_who_pass_on(void **state)
{
    (void)state;
    in_hand(VIRT_RX);
    tell_end(RUN_LIMIT);
    finish_check();
    assert_found(0, 0);

    in_hand(VIRT_RX);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(1, 0);
    assert_says(found.list[0],
                "3 frames were left in the hands of net0_virt_rx when all was quiet");
    assert_int_equal(found.list[0].culprit, VIRT_RX);

    in_hand(COPIER0);
    tell(PROBE_PD_DIED, COPIER0, PLAN_NONE, 11, 0, 1);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(0, 1);

    /* What lies in a queue is on its way, and liveness asks about it. */
    start_again(&check_conservation);
    tell(PROBE_FRAME_IN, ETH0, 0, 60, 0, 3);
    tell(PROBE_FRAME_IN_FLIGHT, PLAN_NONE, ACTIVE(LINK_RX0), PLACE_QUEUE, 0, 3);
    tell_pools(PLAN_NONE, 0, 0);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(0, 0);
}

static void kept(uint32_t pd, uint32_t pool, uint64_t count)
{
    start_again(&check_conservation);
    tell_pools(PLAN_NONE, 0, 0);
    tell(PROBE_BUFFERS_KEPT, pd, pool, count, 0, 1);
}

/* An empty buffer in the hands of one who only passes frames on is lost; a copier may have one. */
static void nor_do_empty_buffers(void **state)
{
    (void)state;
    kept(VIRT_TX, POOL_CLIENT0_TX, 1);
    tell_end(RUN_LIMIT);
    finish_check();
    assert_found(0, 0);

    kept(VIRT_TX, POOL_CLIENT0_TX, 1);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(1, 0);
    assert_says(found.list[0], "net0_virt_tx kept 1 buffer of client0.tx when all was quiet");

    kept(COPIER0, POOL_CLIENT0_RX, 1);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(0, 0);

    kept(COPIER0, POOL_CLIENT0_RX, 2);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(1, 0);

    /* What a suspect makes its copier keep is its own. */
    kept(COPIER1, POOL_CLIENT1_RX, 2);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(0, 1);
}

static void a_lost_buffer_is_found_and_so_is_an_unlooked_at_pool(void **state)
{
    (void)state;
    tell_pools(POOL_RX, 5, 2);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(1, 0);
    assert_string_equal(found.list[0].object, "net0.rx");
    assert_says(found.list[0], "1 nowhere");

    start_again(&check_conservation);
    tell_pools(POOL_RX, 7, 2);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(1, 0);
    assert_says(found.list[0], "1 more than there are");

    /* Held may be less than none. */
    start_again(&check_conservation);
    tell_pools(POOL_RX, JUDGED_BUFFERS + 1, (uint64_t)-1);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(0, 0);

    start_again(&check_conservation);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(POOLS, 0);
    assert_says(found.list[0], "nobody looked");
}

static void only_a_pool_an_attacker_shares_is_his_to_lose(void **state)
{
    (void)state;
    tell_pools(POOL_CLIENT1_TX, 3, 2);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(0, 1);

    /* client1 is behind a copier: the shared receive pool is none of its business. */
    start_again(&check_conservation);
    tell_pools(POOL_RX, 3, 2);
    tell_end(RUN_QUIET);
    finish_check();
    assert_found(1, 0);

    /* A dead domain takes buffers with it, but makes none. */
    for (unsigned more = 0; more < 2; more++) {
        start_again(&check_conservation);
        tell(PROBE_PD_DIED, COPIER0, PLAN_NONE, 11, 0, 1);
        tell_pools(POOL_RX, more ? 9 : 5, 2);
        tell_end(RUN_QUIET);
        finish_check();
        assert_found(more, 1 - more);
    }
}

static void events_that_name_nothing_hurt_nobody(void **state)
{
    (void)state;
    tell_nonsense();
    tell_end(RUN_QUIET);
    finish_check();
    assert_true(found.count > POOLS);
    assert_int_equal(found.lost, 0);
}

static void a_flood_is_bounded(void **state)
{
    (void)state;
    tell_pools(PLAN_NONE, 0, 0);
    tell(PROBE_FRAME_IN, ETH0, 0, 60, 0, FINDINGS_MAX + 5);
    for (unsigned i = 0; i < FINDINGS_MAX + 5; i++) {
        tell(PROBE_FRAME_IN_FLIGHT, 100 + i, PLAN_NONE, PLACE_PD, 0, 1);
    }
    tell_end(RUN_QUIET);
    assert_flooded(5);
}

static void what_a_driver_makes_it_answers_for(void **state)
{
    (void)state;
    tell(PROBE_FRAMES_MADE, DRIVER, 0, 0, 0, 2);
    tell(PROBE_FRAMES_MADE, DRIVER, 0, 1, 0, 1);
    finish_check();
    assert_says(found.list[0], "net0_driver passed on 2 more frames than eth0 received");
    assert_says(found.list[1], "net0_driver had 1 more frame sent by eth0 than it gave it");
    assert_int_equal(found.list[1].culprit, DRIVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        JUDGED(what_a_driver_makes_it_answers_for),
        JUDGED(what_balances_is_no_news),
        JUDGED(a_frame_too_few_or_too_many_is_found),
        JUDGED(every_term_counts),
        JUDGED(a_run_cut_short_has_no_sums),
        JUDGED(nothing_stays_in_the_hands_of_those_who_pass_on),
        JUDGED(nor_do_empty_buffers),
        JUDGED(a_lost_buffer_is_found_and_so_is_an_unlooked_at_pool),
        JUDGED(only_a_pool_an_attacker_shares_is_his_to_lose),
        JUDGED(events_that_name_nothing_hurt_nobody),
        JUDGED(a_flood_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
