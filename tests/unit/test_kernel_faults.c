/* SPDX-License-Identifier: BSD-2-Clause */
/* What faults make of the kernel: signals that are late or lost, budgets that are gone, and domains
 * that are begun anew. */
#include "tests/unit/played_kernel.h"

enum { LOW, HIGH };

/* -- the faults -- */

static struct {
    bool keeps;
    uint64_t late_ps;
    uint32_t from, to, channel;
    unsigned asked, unasked;
    void (*act)(void);
    uint64_t next_ps;
} faults;

static bool on_signal(void *context, uint32_t from, uint32_t to, uint32_t channel,
                      uint64_t *late_ps)
{
    assert_ptr_equal(context, &faults);
    faults.asked++;
    faults.from = from;
    faults.to = to;
    faults.channel = channel;
    if (faults.keeps && faults.late_ps != 0) {
        *late_ps = p.k.now_ps + faults.late_ps;
    }
    return !faults.keeps;
}

static uint64_t on_unasked(void *context)
{
    assert_ptr_equal(context, &faults);
    faults.unasked++;
    if (faults.act != NULL) {
        faults.act();
    }
    return faults.next_ps;
}

static const struct kernel_gates gates = {
    .context = &faults, .signal = on_signal, .unasked = on_unasked};

static void begin_two(uint64_t budget_us)
{
    memset(&faults, 0, sizeof faults);
    faults.next_ps = EVENTS_NEVER;
    played_begin(1);
    add_pd(100, -1);
    add_pd(200, -1);
    add_link(LOW, 1, HIGH, 11, true);
    add_link(LOW, 2, HIGH, 12, false);
    if (budget_us != 0) {
        give_budget(HIGH, budget_us, 1000);
    }
    settle();
    kernel_set_gates(&p.k, &gates, &p.arena);
}

/* -- signals -- */

static void a_signal_is_lost(void **state)
{
    (void)state;
    begin_two(0);
    faults.keeps = true;
    nudge(LOW);
    assert_true(notify(LOW, 1));
    assert_int_equal(faults.from, LOW);
    assert_int_equal(faults.to, HIGH);
    assert_int_equal(faults.channel, 1);
    faults.keeps = false;
    assert_false(notify(LOW, 2));
    assert_wakes(HIGH, BIT(12));
    assert_false(wait_for_any(HIGH));
    assert_runs(LOW);
    assert_false(wait_for_any(LOW));
    assert_halts(KERNEL_QUIET);
}

/* Nobody asks for a signal on a channel that is not there. */
static void only_what_is_a_signal_is_asked_for(void **state)
{
    (void)state;
    begin_two(0);
    nudge(LOW);
    assert_true(notify(LOW, 40));
    assert_int_equal(faults.asked, 0);
    assert_false(wait_with(LOW, TURN_DEFERRED_NOTIFY, 1));
    assert_int_equal(faults.asked, 1);
    assert_wakes(HIGH, BIT(11));
}

/* Of two on one channel the sooner counts; each channel has a time of its own. */
static void signals_are_late(void **state)
{
    (void)state;
    begin_two(0);
    faults.keeps = true;
    nudge(LOW);
    uint64_t begun_ps = now_of(LOW);
    faults.late_ps = 50 * US;
    assert_true(notify(LOW, 1));
    faults.late_ps = 30 * US;
    assert_true(notify(LOW, 1));
    faults.late_ps = 70 * US;
    assert_true(notify(LOW, 1));
    assert_true(notify(LOW, 2));
    assert_false(wait_for_any(LOW));
    assert_wakes(HIGH, BIT(11));
    assert_int_equal(now_of(HIGH), begun_ps + 30 * US);
    assert_false(wait_for_any(HIGH));
    assert_wakes(HIGH, BIT(12));
    assert_int_equal(now_of(HIGH), begun_ps + 70 * US);
    assert_false(wait_for_any(HIGH));
    assert_halts(KERNEL_QUIET);
}

/* -- budgets -- */

static void take_all(void)
{
    kernel_take(&p.k, HIGH, EVENTS_NEVER / 4);
}

static void take_some(void)
{
    kernel_take(&p.k, HIGH, 60 * US);
}

static void budget_of_one_who_runs(void **state)
{
    (void)state;
    begin_two(200);
    nudge(HIGH);
    uint64_t begun_ps = now_of(HIGH);
    faults.act = take_some;
    kernel_ask_gates(&p.k, begun_ps + 100 * US);
    assert_false(wait_until(HIGH, begun_ps + 20 * US)); /* to have the alarm before it */
    assert_runs(HIGH);
    assert_int_equal(horizon_of(HIGH), begun_ps + 100 * US);
    (void)work_to_horizon(HIGH);
    assert_runs(HIGH);
    assert_int_equal(faults.unasked, 1);
    /* 200 from 20 on, 80 used, 60 gone with the time they are, and 20 too few to run for. */
    assert_int_equal(now_of(HIGH), begun_ps + 160 * US);
    assert_int_equal(horizon_of(HIGH), begun_ps + 200 * US);
    faults.act = take_all;
    kernel_ask_gates(&p.k, begun_ps + 170 * US);
    (void)ask(HIGH, TURN_TICK, 0);
    assert_runs(HIGH);
    (void)work_to_horizon(HIGH);
    assert_runs(HIGH);
    assert_int_equal(p.k.domains[HIGH].state, KERNEL_READY);
    assert_true(now_of(HIGH) >= begun_ps + 1000 * US); /* not before the next period */
}

static void budget_of_one_who_waits(void **state)
{
    (void)state;
    begin_two(200);
    nudge(LOW);
    uint64_t begun_ps = now_of(LOW);
    take_all();
    assert_true(notify(LOW, 1)); /* more urgent, but without time */
    assert_int_equal(p.k.domains[HIGH].state, KERNEL_SPENT);
    assert_false(wait_for_any(LOW));
    assert_wakes(HIGH, BIT(11));
    assert_true(now_of(HIGH) >= begun_ps + 1000 * US);
    assert_false(wait_for_any(HIGH));
    kernel_died(&p.k, HIGH);
    take_all();
    assert_halts(KERNEL_QUIET);
}

/* -- beginning anew -- */

static void restart_high(void)
{
    assert_true(kernel_restart(&p.k, HIGH));
    assert_false(kernel_restart(&p.k, LOW)); /* one at a time */
}

static void begun_anew(void)
{
    assert_halts(KERNEL_RESTART);
    assert_int_equal(p.k.restart, HIGH);
    kernel_begun_anew(&p.k, HIGH);
    assert_int_equal(p.k.halt, KERNEL_GOES_ON);
    assert_runs(HIGH);
    assert_false(p.k.domains[HIGH].ready);
    assert_true(ask(HIGH, TURN_READY, 0));
}

/* It waits, it runs, it has just been woken, it is out of budget: always it begins with init(). */
static void from_wherever_it_is(void **state)
{
    (void)state;
    faults.act = NULL;
    for (unsigned where = 0; where < 4; where++) {
        if (where > 0) {
            played_end(NULL);
        }
        begin_two(where == 3 ? 200 : 0);
        faults.act = restart_high;
        nudge(where == 1 ? HIGH : LOW);
        uint64_t begun_ps = p.k.now_ps;
        kernel_ask_gates(&p.k, begun_ps + 10 * US);
        if (where == 2) {
            assert_false(notify(LOW, 1));
            work(HIGH, 0);
            assert_wakes(HIGH, BIT(11));
            (void)ask(HIGH, TURN_TICK, 0);
            (void)who_runs();
            (void)work_to_horizon(HIGH);
        } else if (where == 1) {
            (void)ask(HIGH, TURN_TICK, 0);
            (void)who_runs();
            (void)work_to_horizon(HIGH);
        } else if (where == 3) {
            take_all();
            (void)notify(LOW, 1);
            assert_false(wait_for_any(LOW));
        } else {
            assert_false(wait_for_any(LOW));
        }
        begun_anew();
        if (where == 3) {
            assert_true(now_of(HIGH) >= begun_ps + 1000 * US);
            assert_true(wait_for_any(HIGH)); /* the signal it was out of budget for */
            assert_woken(HIGH, BIT(11));
        }
        assert_false(wait_for_any(HIGH));
    }
}

/* A signal nobody has taken is still there; an answer will never come. */
static void what_is_left_behind(void **state)
{
    (void)state;
    begin_two(0);
    faults.act = restart_high;
    nudge(LOW);
    assert_false(call(LOW, 1, 4711, 0));
    assert_runs(HIGH);
    p.k.domains[HIGH].badge = BIT(12);
    kernel_ask_gates(&p.k, p.k.now_ps + US);
    (void)ask(HIGH, TURN_TICK, 0);
    (void)who_runs();
    (void)work_to_horizon(HIGH);
    begun_anew();
    assert_true(wait_for_any(HIGH));
    assert_woken(HIGH, BIT(12));
    assert_false(wait_for_any(HIGH));
    assert_int_equal(p.k.domains[LOW].state, KERNEL_CALLING);
    assert_halts(KERNEL_QUIET);
    kernel_run_until(&p.k, EVENTS_NEVER - 1, false);
    kernel_died(&p.k, HIGH);
    kernel_ask_gates(&p.k, p.k.now_ps + US); /* the dead as well */
    begun_anew();
    assert_false(wait_for_any(HIGH));
    assert_halts(KERNEL_QUIET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_signal_is_lost),        T(only_what_is_a_signal_is_asked_for),
        T(signals_are_late),        T(budget_of_one_who_runs),
        T(budget_of_one_who_waits), T(from_wherever_it_is),
        T(what_is_left_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
