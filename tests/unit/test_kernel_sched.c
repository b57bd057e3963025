/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs when in the simulated kernel: priorities, preemption, time slices, work beyond the
 * horizon, and cores whose clocks go side by side. For how long one may run is
 * test_kernel_budget.c's.
 */
#include "tests/unit/played_kernel.h"

/* -- priorities -- */

static void most_urgent_first(void **state)
{
    static const uint32_t order[] = {C, A, D, B};

    (void)state;
    played_begin(1);
    add_pd(100, -1);
    add_pd(0, -1);
    add_pd(254, -1);
    add_pd(99, -1);
    boot();
    for (unsigned i = 0; i < 4; i++) {
        assert_runs(order[i]);
        assert_false(wait_for_any(order[i]));
    }
    assert_halts(KERNEL_QUIET);
}

/* A and B alike, C above them, D wakes it with time. */
static void begin_equals(void)
{
    played_begin(1);
    add_pd(100, -1);
    add_pd(100, -1);
    add_pd(200, -1);
    add_link(A, 1, B, 1, false);
    add_link(A, 2, C, 2, false);
}

static void equals_do_not_preempt(void **state)
{
    (void)state;
    begin_equals();
    settle();
    nudge(A);
    assert_true(notify(A, 1));
    work(A, 5 * US);
    assert_true(ask(A, TURN_TICK, 0));
    assert_false(wait_for_any(A));
    assert_runs(B);
    assert_int_equal(now_of(B), 5 * US);
}

static void preempted_at_once(void **state)
{
    (void)state;
    begin_equals();
    settle();
    nudge(A);
    work(A, 5 * US);
    assert_false(notify(A, 2));
    assert_runs(C);
    assert_int_equal(now_of(C), 5 * US);
    work(C, 2 * US);
    assert_false(wait_for_any(C));
    assert_runs(A);
    assert_int_equal(now_of(A), 7 * US);
    assert_int_equal(p.k.domains[A].spent_ps, 5 * US);
    assert_int_equal(p.k.domains[C].spent_ps, 2 * US);
    assert_int_equal(p.k.cores[0].busy_ps, 7 * US);
}

/* Also by an event, at its time: the horizon ends there. */
static void preempted_by_an_event(void **state)
{
    (void)state;
    begin_equals();
    settle();
    nudge(C);
    assert_false(wait_until(C, 30 * US));
    nudge(A);
    assert_true(notify(A, 1)); /* B is ready, behind A */
    assert_int_equal(horizon_of(A), 30 * US);
    assert_false(work_to_horizon(A));
    assert_runs(C);
    assert_int_equal(now_of(C), 30 * US);
    work(C, US);
    assert_false(wait_for_any(C));
    assert_runs(A); /* the interrupted one goes on before its equals */
    assert_false(wait_for_any(A));
    assert_runs(B);
}

static void switches_cost_only_when_another_goes_on(void **state)
{
    (void)state;
    begin_equals();
    p.platform.entry[PLATFORM_SWITCH] = 400;
    settle();
    uint64_t begun_ps = p.k.cores[0].now_ps, spent_ps = p.k.domains[A].spent_ps;
    uint64_t switches = p.k.domains[A].switches;
    assert_int_equal(begun_ps, 3 * 400 * 1000);
    nudge(A); /* B was last */
    assert_int_equal(now_of(A), begun_ps + 400 * 1000);
    assert_int_equal(p.events[p.event_count - 1].kind, KERNEL_EVENT_WAKE);
    assert_int_equal(p.events[p.event_count - 1].at_ps, now_of(A)); /* not before */
    assert_int_equal(p.events[p.event_count - 1].c, 1);
    assert_false(wait_until(A, begun_ps + 10 * US));
    assert_runs(A); /* idle since */
    assert_int_equal(now_of(A), begun_ps + 10 * US);
    assert_int_equal(p.k.domains[A].switches, switches + 1);
    assert_int_equal(told(KERNEL_EVENT_SWITCH, A), switches); /* the rest is told with its waking */
    assert_int_equal(told(KERNEL_EVENT_WAKE, A), 2);
    assert_int_equal(p.events[p.event_count - 1].c, 0);
    assert_false(wait_for_any(A));
    assert_int_equal(p.k.domains[A].spent_ps, spent_ps + 400 * 1000);
    assert_int_equal(p.turns[A]->account.entry_count[PLATFORM_SWITCH], 2);
    assert_int_equal(p.turns[A]->account.entry_ps[PLATFORM_SWITCH], 2 * 400 * 1000);
}

/* The longest that each could have run and did not, and because of whom. */
static void who_is_kept_from_the_core(void **state)
{
    (void)state;
    begin_equals();
    settle();
    nudge(C); /* the most urgent */
    uint64_t begun_ps = p.k.cores[0].now_ps;
    assert_true(notify(C, 2));
    work(C, 30 * US);
    assert_int_equal(p.k.domains[A].kept.longest_ps, 0);
    assert_false(wait_for_any(C));
    assert_runs(A);
    assert_int_equal(p.k.domains[A].kept.longest_ps, 30 * US);
    assert_int_equal(p.k.domains[A].kept.until_ps, begun_ps + 30 * US);
    assert_int_equal(p.k.domains[A].kept.by, C);
    /* Interrupted, and once more for less: the longest is kept. */
    kernel_nudge(&p.k, C);
    assert_false(ask(A, TURN_TICK, 0));
    assert_runs(C);
    work(C, 10 * US);
    assert_false(wait_for_any(C));
    assert_runs(A);
    assert_int_equal(p.k.domains[A].kept.longest_ps, 30 * US);
    /* And still, when somebody looks. */
    kernel_nudge(&p.k, C);
    assert_false(ask(A, TURN_TICK, 0));
    assert_runs(C);
    work(C, 40 * US);
    assert_true(notify(C, 2));
    kernel_charge(&p.k);
    assert_int_equal(p.k.domains[A].kept.longest_ps, 40 * US);
}

/* -- work beyond the horizon -- */

static void rest_passes_with_whatever_comes_first(void **state)
{
    (void)state;
    begin_equals();
    settle();
    nudge(C);
    assert_false(wait_until(C, 30 * US));
    nudge(A);
    work(A, 10 * US);
    assert_true(ask(A, TURN_TICK, 0));
    assert_false(work_beyond(A, 50 * US));
    assert_runs(C); /* at its time, in the middle of that */
    assert_int_equal(now_of(C), 30 * US);
    work(C, 7 * US);
    assert_false(wait_until(C, 60 * US));
    assert_runs(C);
    assert_int_equal(now_of(C), 60 * US);
    assert_false(wait_for_any(C));
    assert_runs(A);
    assert_int_equal(now_of(A), 87 * US);
    kernel_charge(&p.k);
    assert_int_equal(p.k.domains[A].spent_ps, 80 * US);
}

static void rest_beyond_the_slice(void **state)
{
    (void)state;
    begin_equals();
    settle();
    nudge(A);
    assert_true(notify(A, 1));
    assert_false(work_beyond(A, 5 * US));
    assert_runs(B); /* its slice is over, with 5 us to go */
    assert_int_equal(now_of(B), PLAYED_SLICE_PS);
    work(B, US);
    assert_false(wait_for_any(B));
    assert_runs(A);
    assert_int_equal(now_of(A), PLAYED_SLICE_PS + 6 * US);
}

static void rest_beyond_the_limit(void **state)
{
    (void)state;
    begin_equals();
    settle();
    kernel_run_until(&p.k, 10 * US, false);
    nudge(A);
    assert_false(work_beyond(A, 15 * US));
    assert_halts(KERNEL_LIMIT);
    kernel_run_until(&p.k, 20 * US, false);
    assert_halts(KERNEL_LIMIT);
    assert_int_equal(p.k.now_ps, 20 * US);
    kernel_charge(&p.k);
    assert_int_equal(p.k.domains[A].spent_ps, 20 * US); /* as far as that */
    kernel_run_until(&p.k, 30 * US, false);
    assert_runs(A);
    assert_int_equal(now_of(A), 25 * US);
}

/* -- time slices -- */

static void equals_in_turn(void **state)
{
    (void)state;
    played_begin(1);
    for (unsigned i = 0; i < 3; i++) {
        add_pd(100, -1);
    }
    boot();
    for (unsigned i = 0; i < 12; i++) {
        assert_runs(i % 3);
        assert_int_equal(now_of(i % 3), i * PLAYED_SLICE_PS);
        assert_int_equal(horizon_of(i % 3), (i + 1) * PLAYED_SLICE_PS);
        assert_false(work_to_horizon(i % 3));
    }
    assert_int_equal(told(KERNEL_EVENT_SPENT, A), 0);
}

/* Who is alone has slice after slice. */
static void slice_alone(void **state)
{
    (void)state;
    played_begin(1);
    add_pd(100, -1);
    boot();
    for (unsigned i = 1; i < 5; i++) {
        assert_runs(A);
        assert_int_equal(horizon_of(A), i * PLAYED_SLICE_PS);
        assert_false(work_to_horizon(A));
    }
}

/* An interruption does not give it a new one, nor does it lose its place. */
static void slice_interrupted(void **state)
{
    (void)state;
    begin_equals();
    settle();
    nudge(C);
    assert_false(wait_until(C, 300 * US));
    nudge(A);
    assert_true(notify(A, 1));
    assert_false(work_to_horizon(A));
    assert_runs(C);
    work(C, 50 * US);
    assert_false(wait_for_any(C));
    assert_runs(A);
    assert_int_equal(horizon_of(A), 350 * US + PLAYED_SLICE_PS - 300 * US);
    assert_false(work_to_horizon(A));
    assert_runs(B);
    assert_int_equal(horizon_of(B) - now_of(B), PLAYED_SLICE_PS);
    assert_false(work_to_horizon(B));
    assert_runs(A);
    assert_int_equal(horizon_of(A) - now_of(A), PLAYED_SLICE_PS);
    /* That a slice of it was over once does not cost it its place now. */
    kernel_nudge(&p.k, C);
    assert_false(ask(A, TURN_TICK, 0));
    assert_runs(C);
    assert_false(wait_for_any(C));
    assert_runs(A);
}

/* -- cores -- */

/* A and B on core 0, C and D on core 1. */
static void begin_cores(void)
{
    played_begin(2);
    add_pd(100, 0);
    add_pd(200, 0);
    add_pd(100, 1);
    add_pd(200, 1);
    add_link(A, 1, C, 1, true);
    add_link(A, 2, D, 2, true);
    add_link(C, 3, B, 3, false);
    add_link(A, 4, B, 4, false);
    p.platform.cross_core_ns = 1000;
    settle();
}

static void least_clock_first_then_number(void **state)
{
    (void)state;
    begin_cores();
    kernel_nudge(&p.k, A);
    kernel_nudge(&p.k, C);
    assert_runs(A);
    assert_int_equal(horizon_of(A), 1); /* a core of a lower number, until it is past the other */
    assert_false(work_to_horizon(A));
    assert_runs(C);
    assert_int_equal(now_of(C), 0);
    assert_int_equal(horizon_of(C), 1); /* until they are even */
    assert_false(work_to_horizon(C));
    assert_runs(A);
    assert_false(wait_until(A, 50 * US));
    assert_runs(C);
    assert_int_equal(horizon_of(C), 50 * US); /* alone until then */
    work(C, 20 * US);
    assert_true(ask(C, TURN_TICK, 0));
    assert_false(wait_until(C, 50 * US + 7));
    assert_runs(A);
    assert_int_equal(now_of(A), 50 * US);
    assert_int_equal(horizon_of(A), 50 * US + 7);
}

static void cross_core_signal(void **state)
{
    (void)state;
    begin_cores();
    p.k.ps_per_entry[PLATFORM_CROSS_CORE] = 300 * 1000;
    nudge(A);
    work(A, 10 * US);
    assert_false(notify(A, 1)); /* its cost comes before it goes on */
    assert_runs(A);
    assert_int_equal(now_of(A), 10 * US + 300 * 1000);
    assert_int_equal(horizon_of(A), 11 * US); /* when it arrives */
    assert_int_equal(p.k.domains[C].state, KERNEL_WAITING);
    assert_false(work_to_horizon(A));
    assert_int_equal(p.turns[A]->account.entry_count[PLATFORM_CROSS_CORE], 1);
    assert_int_equal(p.turns[A]->account.entry_ps[PLATFORM_CROSS_CORE], 300 * 1000);
    assert_runs(A);
    assert_false(work_to_horizon(A));
    assert_wakes(C, BIT(1));
    assert_int_equal(now_of(C), 11 * US);
}

/* On the same core there is neither delay nor more cost. */
static void same_core_signal(void **state)
{
    (void)state;
    begin_cores();
    p.k.ps_per_entry[PLATFORM_CROSS_CORE] = 300 * 1000;
    nudge(A);
    work(A, 10 * US);
    assert_false(notify(A, 4));
    assert_runs(B);
    assert_int_equal(now_of(B), 10 * US);
    assert_int_equal(p.turns[A]->account.entry_count[PLATFORM_CROSS_CORE], 0);
}

/* Two that are under way at once arrive as one. */
static void cross_core_signals_join(void **state)
{
    (void)state;
    begin_cores();
    add_link(A, 7, C, 9, false);
    nudge(A);
    assert_true(notify(A, 1));
    assert_true(notify(A, 1));
    p.k.domains[A].ends[7] =
        (struct kernel_end){.peer = &p.k.domains[C], .peer_channel = 9, .may_notify = true};
    assert_true(notify(A, 7));
    assert_false(wait_for_any(A));
    assert_wakes(C, BIT(1) | BIT(9));
    assert_false(wait_for_any(C));
    assert_halts(KERNEL_QUIET);
}

/* What has arrived does not arrive again. */
static void cross_core_signals_one_after_the_other(void **state)
{
    (void)state;
    begin_cores();
    p.k.domains[A].ends[7] =
        (struct kernel_end){.peer = &p.k.domains[C], .peer_channel = 9, .may_notify = true};
    nudge(A);
    assert_true(notify(A, 1));
    assert_false(wait_until(A, 5 * US));
    assert_wakes(C, BIT(1));
    assert_false(wait_for_any(C));
    assert_runs(A);
    assert_true(notify(A, 7));
    assert_false(wait_for_any(A));
    assert_wakes(C, BIT(9));
    assert_int_equal(now_of(C), 6 * US);
}

/* One under way to a domain that is about to wait is not lost. */
static void cross_core_signal_to_a_running_one(void **state)
{
    (void)state;
    begin_cores();
    nudge(A);
    kernel_nudge(&p.k, C);
    assert_false(notify(A, 1));
    assert_false(wait_for_any(A));
    assert_wakes(C, 0);
    assert_false(wait_for_any(C)); /* it has not come yet */
    assert_wakes(C, BIT(1));
    assert_int_equal(now_of(C), US);
}

/* More urgent work that arrives on a core preempts there and nowhere else. */
static void preempted_from_another_core(void **state)
{
    (void)state;
    begin_cores();
    kernel_nudge(&p.k, C);
    nudge(A);
    assert_true(notify(A, 2));
    assert_false(wait_until(A, US));
    assert_runs(C);
    assert_int_equal(horizon_of(C), US);
    assert_false(work_to_horizon(C));
    assert_runs(A); /* its deadline was set after the signal was sent, but its core goes first */
    assert_int_equal(now_of(A), US);
    assert_false(wait_for_any(A));
    assert_runs(D);
    assert_int_equal(now_of(D), US);
    assert_woken(D, BIT(2));
    assert_int_equal(p.k.domains[C].state, KERNEL_READY);
    assert_false(wait_for_any(D));
    assert_runs(C);
}

static void call_to_another_core(void **state)
{
    (void)state;
    begin_cores();
    nudge(A);
    work(A, 10 * US);
    assert_false(call(A, 2, 1, 42));
    assert_runs(D);
    assert_called(D, 2, 1, 42);
    assert_int_equal(now_of(D), 10 * US);
    work(D, 5 * US);
    assert_false(reply(D, 1, 43));
    assert_runs(A);
    assert_int_equal(now_of(A), 15 * US);
    assert_int_equal(p.turns[A]->mrs[0], 43);
    assert_int_equal(p.k.cores[0].busy_ps, 10 * US);
    assert_int_equal(p.k.cores[1].busy_ps, 5 * US);
}

/* Two that work side by side take no turns but when one does something. */
static void cores_work_side_by_side(void **state)
{
    unsigned turns = 0;

    (void)state;
    begin_cores();
    kernel_nudge(&p.k, A);
    kernel_nudge(&p.k, C);
    for (uint32_t pd = who_runs(); p.k.now_ps < 100 * US; pd = who_runs()) {
        uint64_t wanted_ps = pd == A ? 300 * 1000 : 1234 * 1000;

        turns++;
        if (now_of(pd) + wanted_ps < horizon_of(pd)) {
            work(pd, wanted_ps);
            ask(pd, TURN_DRAIN, 0);
        } else {
            work_beyond(pd, wanted_ps - (horizon_of(pd) - now_of(pd)));
        }
    }
    assert_in_range(p.drains + turns, 400, 1000);
}

/* What one core works at is interrupted by what another does, when it does it. */
static void rest_and_another_core(void **state)
{
    (void)state;
    begin_cores();
    kernel_nudge(&p.k, C);
    nudge(A);
    assert_false(work_beyond(A, 20 * US - 1)); /* the horizon is 1: 20 us in all */
    assert_runs(C);
    assert_int_equal(now_of(C), 0);
    assert_int_equal(horizon_of(C), 20 * US);
    work(C, 5 * US);
    assert_true(notify(C, 3)); /* to B, above A: there at 6 us */
    assert_int_equal(horizon_of(C), 6 * US);
    assert_false(wait_for_any(C));
    assert_runs(B);
    assert_int_equal(now_of(B), 6 * US);
    work(B, US);
    assert_false(wait_for_any(B));
    assert_runs(A);
    assert_int_equal(now_of(A), 21 * US);
}

/* A call arrives at once: not before it was made. */
static void rest_and_a_call_from_another_core(void **state)
{
    (void)state;
    begin_cores();
    kernel_nudge(&p.k, C);
    nudge(A);
    assert_false(wait_until(A, 5 * US));
    assert_runs(C);
    assert_false(work_beyond(C, 20 * US)); /* until 25 */
    assert_runs(A);
    assert_int_equal(now_of(A), 5 * US);
    work(A, 3 * US);
    assert_false(call(A, 2, 1, 1)); /* of D, above C */
    assert_runs(D);
    assert_int_equal(now_of(D), 8 * US);
    assert_false(reply(D, 1, 1));
    assert_runs(A);
    assert_int_equal(now_of(A), 8 * US);
    assert_false(wait_for_any(A));
    assert_runs(C);
    assert_int_equal(now_of(C), 25 * US);
}

/* More cores asked for than there are. */
static void cores_wrap(void **state)
{
    (void)state;
    played_begin(2);
    add_pd(1, 5);
    add_pd(1, 4);
    add_pd(1, -1);
    boot();
    assert_int_equal(p.k.domains[A].core - p.k.cores, 1);
    assert_int_equal(p.k.domains[B].core - p.k.cores, 0);
    assert_int_equal(p.k.domains[C].core - p.k.cores, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(most_urgent_first),
        T(equals_do_not_preempt),
        T(who_is_kept_from_the_core),
        T(preempted_at_once),
        T(preempted_by_an_event),
        T(switches_cost_only_when_another_goes_on),
        T(rest_passes_with_whatever_comes_first),
        T(rest_beyond_the_slice),
        T(rest_beyond_the_limit),
        T(cores_work_side_by_side),
        T(rest_and_another_core),
        T(rest_and_a_call_from_another_core),
        T(equals_in_turn),
        T(slice_alone),
        T(slice_interrupted),
        T(least_clock_first_then_number),
        T(cross_core_signal),
        T(same_core_signal),
        T(cross_core_signals_join),
        T(cross_core_signals_one_after_the_other),
        T(cross_core_signal_to_a_running_one),
        T(preempted_from_another_core),
        T(call_to_another_core),
        T(cores_wrap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
