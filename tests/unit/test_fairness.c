/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Of two that keep something waiting, each gets about as much, or it is told who got less and whose
 * fault that is. A virtualiser is played by hand: its clients put frames into its queues, and it
 * takes so many from each before it waits.
 */
#include <stdlib.h>

#include "sim/observe/moves.h"
#include "tests/unit/judged_check.h"

static struct {
    struct moves *moves;
    void *memory;
    struct moves_counts counts;
} watch;

static void on_event(void *context, const struct probe *p)
{
    (void)context;
    tell((enum probe_kind)p->kind, p->pd, p->object, p->a, p->b, p->count);
}

/* Begins to watch; anything about standing must be said before. */
static void watch_pd(uint32_t pd, bool exact)
{
    const struct moves_hooks hooks = {.event = on_event, .exact = exact};

    watch.memory = calloc(1, moves_bytes(&j.plan, pd));
    assert_non_null(watch.memory);
    memset(&watch.counts, 0, sizeof watch.counts);
    watch.moves = moves_init(watch.memory, &j.plan, pd, &watch.counts, &hooks);
}

static int start(void **state)
{
    (void)state;
    start_check(&check_fairness);
    j.pds[CLIENT1].trusted = true;
    watch.memory = NULL;
    return 0;
}

static int stop(void **state)
{
    free(watch.memory);
    return stop_check(state);
}

static void puts_in(uint32_t queue, unsigned count)
{
    j.queues[queue].tail = (uint16_t)(j.queues[queue].tail + count);
}

static void takes(uint32_t queue, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        j.queues[queue].head++;
        moves_moved(watch.moves, MOVE_TAKEN, &j.queues[queue], (uint64_t)i * 2048, 60);
    }
}

/* One wake-up: both clients fill up what was taken, and the watched one takes so many of each. */
static void turn(uint32_t first, unsigned of_first, uint32_t second, unsigned of_second)
{
    moves_begin(watch.moves, 0);
    takes(first, of_first);
    takes(second, of_second);
    moves_settle(watch.moves);
    puts_in(first, of_first);
    puts_in(second, of_second);
}

#define TX0 ACTIVE(LINK_TX0)
#define TX1 ACTIVE(LINK_TX1)

static void both_have_much_to_send(void)
{
    puts_in(TX0, JUDGED_CAPACITY);
    puts_in(TX1, JUDGED_CAPACITY);
}

static void who_is_passed_over_is_told_of(void **state)
{
    (void)state;
    watch_pd(VIRT_TX, true);
    both_have_much_to_send();
    for (unsigned i = 0; i < 50; i++) {
        turn(TX0, 4, TX1, 0);
    }
    finish_check();
    assert_found(1, 0);
    assert_int_equal(found.list[0].culprit, VIRT_TX);
    assert_int_equal(found.list[0].victim, CLIENT1);
    assert_string_equal(found.list[0].object, "client1.tx.active");
    /* At once, when it is more than two queues full. */
    assert_says(found.list[0], "client1 had entries waiting in client1.tx.active whenever "
                               "net0_virt_tx was done, and had 0 taken while client0, in "
                               "client0.tx.active, had 20");
}

static void a_third_of_what_another_gets_is_not_fair(void **state)
{
    (void)state;
    watch_pd(VIRT_TX, true);
    both_have_much_to_send();
    for (unsigned i = 0; i < 50; i++) {
        turn(TX0, 2, TX1, 6);
    }
    finish_check();
    assert_found(1, 0);
    assert_int_equal(found.list[0].victim, CLIENT0);
}

/* It took turns for long; that is no reason not to any more. */
static void what_was_right_for_long_excuses_nothing(void **state)
{
    (void)state;
    watch_pd(VIRT_TX, true);
    both_have_much_to_send();
    for (unsigned i = 0; i < 10000; i++) {
        turn(TX0, 4, TX1, 4);
    }
    for (unsigned i = 0; i < 100; i++) {
        turn(TX0, 4, TX1, 0);
    }
    finish_check();
    assert_found(1, 0);
}

/* Turns of whole queues, by the room there happens to be, in any order. */
static void taking_turns_is_fair(void **state)
{
    (void)state;
    watch_pd(VIRT_TX, true);
    both_have_much_to_send();
    for (unsigned i = 0; i < 1000; i++) {
        turn(TX0, i % 2 == 0 ? 7 : 0, TX1, i % 2 == 0 ? 0 : 4);
    }
    finish_check();
    assert_found(0, 0);
}

/* Who has everything taken that it offers wants no more, however little that is. */
static void who_offers_little_is_not_passed_over(void **state)
{
    (void)state;
    watch_pd(VIRT_TX, true);
    puts_in(TX0, JUDGED_CAPACITY);
    for (unsigned i = 0; i < 1000; i++) {
        puts_in(TX1, i % 50 == 0);
        turn(TX0, JUDGED_CAPACITY, TX1, 0);
        moves_begin(watch.moves, 0);
        takes(TX1, i % 50 == 0);
        moves_settle(watch.moves);
    }
    finish_check();
    assert_found(0, 0);
}

/* Nor may a queue that is always empty in the end be the reason why another never is. */
static void who_is_served_at_once_may_not_starve_another(void **state)
{
    (void)state;
    watch_pd(VIRT_TX, true);
    puts_in(TX1, 2);
    for (unsigned i = 0; i < 50; i++) {
        moves_begin(watch.moves, 0);
        puts_in(TX0, 1);
        takes(TX0, 1);
        moves_settle(watch.moves);
    }
    finish_check();
    assert_found(1, 0);
    assert_int_equal(found.list[0].victim, CLIENT1);
}

static void empty_buffers_are_taken_back_alike(void **state)
{
    const uint32_t free0 = FREE(LINK_VIRT_RX0), free1 = FREE(LINK_VIRT_RX1);

    (void)state;
    watch_pd(VIRT_RX, true);
    puts_in(free0, JUDGED_CAPACITY);
    puts_in(free1, JUDGED_CAPACITY);
    for (unsigned i = 0; i < 50; i++) {
        turn(free1, 4, free0, 0);
    }
    finish_check();
    assert_true(found.count > 0); /* there are other checks for what else is odd about this */
    assert_int_equal(found.list[0].culprit, VIRT_RX);
    assert_int_equal(found.list[0].victim, COPIER0);
}

/* Who may forge its index cannot be said to wait; who is compromised may be as unfair as it likes.
 */
static void who_is_suspect_is_not_judged(void **state)
{
    (void)state;
    j.pds[CLIENT1].trusted = false;
    watch_pd(VIRT_TX, true);
    both_have_much_to_send();
    for (unsigned i = 0; i < 50; i++) {
        turn(TX0, 4, TX1, 0);
    }
    free(watch.memory);
    j.pds[CLIENT1].trusted = true;
    compromise("net0_virt_tx");
    watch_pd(VIRT_TX, true);
    for (unsigned i = 0; i < 50; i++) {
        turn(TX0, 4, TX1, 0);
    }
    finish_check();
    assert_found(0, 1);
}

static void by_the_hosts_clock_nobody_can_tell(void **state)
{
    (void)state;
    watch_pd(VIRT_TX, false);
    both_have_much_to_send();
    for (unsigned i = 0; i < 50; i++) {
        turn(TX0, 4, TX1, 0);
    }
    finish_check();
    assert_found(0, 0);
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
        tell(PROBE_LINE_PASSED_OVER, VIRT_TX, 100 + i, 0, 0, 1);
    }
    assert_flooded(5);
}

#define PLAYED(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAYED(who_is_passed_over_is_told_of),
        PLAYED(a_third_of_what_another_gets_is_not_fair),
        PLAYED(what_was_right_for_long_excuses_nothing),
        PLAYED(taking_turns_is_fair),
        PLAYED(who_offers_little_is_not_passed_over),
        PLAYED(who_is_served_at_once_may_not_starve_another),
        PLAYED(empty_buffers_are_taken_back_alike),
        PLAYED(who_is_suspect_is_not_judged),
        PLAYED(by_the_hosts_clock_nobody_can_tell),
        PLAYED(events_that_name_nothing_hurt_nobody),
        PLAYED(a_flood_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
