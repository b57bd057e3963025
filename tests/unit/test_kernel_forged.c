/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The simulated kernel believes no domain: whatever one writes into its turn, its clock stays
 * within bounds, others are served, and nothing beyond what the plan gives it is touched. And who
 * has died stays dead, whatever it was doing and whoever waits for it.
 */
#include "sim/base/rng.h"
#include "tests/unit/played_kernel.h"

#define CHANNEL_IRQ_ID 9u

enum { LOW, HIGH, MIDDLE };

/* LOW calls and signals both others, MIDDLE calls HIGH; HIGH drives a device. */
static void begin_three(uint64_t cores)
{
    played_begin(cores);
    add_pd(100, 0);
    add_pd(200, 0);
    add_pd(150, 1);
    add_link(LOW, 1, HIGH, 1, true);
    add_link(LOW, 2, MIDDLE, 2, true);
    add_link(MIDDLE, 3, HIGH, 3, true);
    add_timer(LOW, 5);
    add_irq(add_device(HIGH), 0, CHANNEL_IRQ_ID);
}

/* -- clocks that lie -- */

static void clock_beyond_the_horizon(void **state)
{
    (void)state;
    begin_three(1);
    settle();
    kernel_run_until(&p.k, 10 * US, false);
    nudge(LOW);
    p.turns[LOW]->now_ps = 10 * US;
    assert_false(ask(LOW, TURN_TICK, 0));
    assert_int_equal(p.k.domains[LOW].lies, 0);
    kernel_run_until(&p.k, 20 * US, false);
    assert_runs(LOW);
    p.turns[LOW]->now_ps = 20 * US + 1;
    assert_false(ask(LOW, TURN_TICK, 0));
    assert_int_equal(p.k.domains[LOW].lies, 1);
    assert_true(p.k.domains[LOW].lied_ahead);
    assert_int_equal(p.k.domains[LOW].lied_by_ps, 1);
    assert_int_equal(p.k.domains[HIGH].lies, 0);
    assert_halts(KERNEL_LIMIT);
    assert_int_equal(p.k.now_ps, 20 * US);
    assert_int_equal(p.k.cores[0].now_ps, 20 * US);
    kernel_charge(&p.k);
    assert_int_equal(p.k.domains[LOW].spent_ps, 20 * US);
}

static void clock_backwards(void **state)
{
    (void)state;
    begin_three(1);
    settle();
    nudge(HIGH);
    work(HIGH, 10 * US);
    assert_true(ask(HIGH, TURN_TICK, 0));
    p.turns[HIGH]->now_ps = 10 * US - 1;
    assert_true(ask(HIGH, TURN_TICK, 0));
    assert_int_equal(p.k.domains[HIGH].lies, 1);
    assert_false(p.k.domains[HIGH].lied_ahead);
    assert_int_equal(p.k.domains[HIGH].lied_by_ps, 1);
    assert_int_equal(p.k.domains[HIGH].lied_at_ps, 10 * US);
    assert_int_equal(now_of(HIGH), 10 * US); /* it is told what time it is */
    assert_int_equal(p.k.cores[0].now_ps, 10 * US);
}

/* The horizon in its page is its own to write, and means nothing. Each who lied is named. */
static void horizon_forged(void **state)
{
    (void)state;
    begin_three(1);
    settle();
    kernel_run_until(&p.k, 10 * US, false);
    nudge(LOW);
    p.turns[LOW]->horizon_ps = 1000 * US;
    p.turns[LOW]->now_ps = 11 * US;
    assert_false(ask(LOW, TURN_TICK, 0));
    assert_int_equal(p.k.domains[LOW].lies, 1);
    assert_int_equal(p.k.now_ps, 10 * US);
    kernel_run_until(&p.k, 20 * US, false);
    kernel_nudge(&p.k, HIGH);
    assert_runs(HIGH);
    p.turns[HIGH]->now_ps = UINT64_MAX;
    assert_false(ask(HIGH, TURN_TICK, 0));
    assert_int_equal(p.k.domains[HIGH].lies, 1);
    assert_int_equal(p.k.cores[0].now_ps, 20 * US);
}

/* It goes straight on, with a new horizon, and lies about that one. */
static void horizon_of_a_second_turn(void **state)
{
    (void)state;
    begin_three(1);
    settle();
    nudge(HIGH);
    assert_false(wait_until(HIGH, 50 * US));
    nudge(LOW);
    p.device[0].next_ps = 30 * US;
    kernel_ask_device(&p.k, 0);
    assert_true(ask(LOW, TURN_TICK, 0));
    assert_int_equal(horizon_of(LOW), 30 * US);
    p.turns[LOW]->now_ps = 50 * US; /* which was its horizon before */
    assert_false(ask(LOW, TURN_TICK, 0));
    assert_int_equal(p.k.domains[LOW].lies, 1);
    assert_int_equal(p.k.cores[0].now_ps, 30 * US);
}

/* Work without end is its own affair: others have their turns and their cores. */
static void rest_without_end(void **state)
{
    (void)state;
    begin_three(2);
    settle();
    nudge(LOW);
    kernel_nudge(&p.k, MIDDLE);
    kernel_run_until(&p.k, 5000 * US, false);
    p.turns[LOW]->rest_ps = UINT64_MAX;
    assert_false(ask(LOW, TURN_TICK, 0));
    assert_runs(MIDDLE);
    assert_false(wait_until(MIDDLE, 70 * US));
    kernel_nudge(&p.k, HIGH);
    assert_runs(HIGH);
    assert_int_equal(now_of(HIGH), 0);
    assert_false(wait_until(HIGH, 30 * US));
    assert_runs(HIGH);
    assert_int_equal(now_of(HIGH), 30 * US);
    assert_false(wait_for_any(HIGH));
    assert_runs(MIDDLE);
    assert_int_equal(now_of(MIDDLE), 70 * US);
    assert_false(wait_for_any(MIDDLE));
    assert_halts(KERNEL_LIMIT);
    assert_int_equal(p.k.cores[0].now_ps, 5000 * US);
    assert_int_equal(p.k.cores[0].busy_ps <= 5000 * US, true);
}

static void rest_without_end_nor_limit(void **state)
{
    (void)state;
    begin_three(1);
    settle();
    nudge(LOW);
    p.enough = true;
    p.turns[LOW]->rest_ps = UINT64_MAX;
    assert_false(ask(LOW, TURN_TICK, 0));
    assert_halts(KERNEL_HOST);
}

/* -- the dead -- */

static void is_dead(uint32_t pd)
{
    assert_int_equal(p.k.domains[pd].state, KERNEL_ENDED);
    kernel_nudge(&p.k, pd);
    kernel_irq(&p.k, 0, 0, true);
    for (unsigned i = 0; i < 50; i++) {
        uint32_t next = who_runs();

        if (next == KERNEL_NONE) {
            break;
        }
        assert_int_not_equal(next, pd);
        for (uint32_t channel = 1; channel <= 3; channel++) {
            ask(next, TURN_NOTIFY, channel);
            if (who_runs() != next) {
                break;
            }
        }
        if (who_runs() == next) {
            wait_until(next, now_of(next) + 100 * US);
        }
    }
    assert_int_equal(p.k.domains[pd].state, KERNEL_ENDED);
}

static void died_running(void **state)
{
    (void)state;
    begin_three(1);
    settle();
    nudge(LOW);
    work(LOW, US);
    kernel_died(&p.k, LOW);
    kernel_died(&p.k, LOW); /* twice is no more than once */
    is_dead(LOW);
    assert_int_equal(p.k.domains[LOW].spent_ps, 0); /* at its last point */
}

static void died_ready(void **state)
{
    (void)state;
    begin_three(1);
    settle();
    nudge(LOW);
    assert_false(notify(LOW, 1));
    assert_runs(HIGH);
    kernel_died(&p.k, LOW);
    assert_true(ask(HIGH, TURN_TICK, 0));
    kernel_nudge(&p.k, MIDDLE);
    kernel_died(&p.k, MIDDLE); /* woken, but has not run yet */
    is_dead(LOW);
    is_dead(MIDDLE);
}

static void died_waiting(void **state)
{
    (void)state;
    begin_three(1);
    settle();
    nudge(LOW);
    assert_false(wait_until(LOW, 30 * US));
    kernel_died(&p.k, LOW);
    assert_halts(KERNEL_QUIET);
    assert_int_equal(p.k.now_ps, 0); /* its deadline is nothing to wait for */
    kernel_run_until(&p.k, EVENTS_NEVER - 1, false);
    kernel_nudge(&p.k, HIGH);
    is_dead(LOW);
}

/* One of its priority who is ready has nothing to do with it. */
static void died_waiting_beside_an_equal(void **state)
{
    (void)state;
    begin_three(1);
    uint32_t equal = add_pd(100, 0);

    settle();
    kernel_nudge(&p.k, LOW);
    kernel_died(&p.k, equal);
    assert_runs(LOW);
    is_dead(equal);
}

static void died_spent(void **state)
{
    (void)state;
    begin_three(1);
    give_budget(HIGH, 100, 400);
    settle();
    nudge(HIGH);
    assert_false(work_to_horizon(HIGH));
    kernel_nudge(&p.k, LOW);
    assert_runs(LOW);
    assert_int_equal(p.k.domains[HIGH].state, KERNEL_SPENT);
    kernel_died(&p.k, HIGH);
    assert_true(ask(LOW, TURN_TICK, 0));
    assert_true(horizon_of(LOW) > 400 * US); /* nobody's budget comes back */
    is_dead(HIGH);
}

/* Its caller waits for ever, and holds nobody up. */
static void callee_died(void **state)
{
    (void)state;
    begin_three(1);
    settle();
    nudge(LOW);
    assert_false(call(LOW, 1, 1, 1));
    assert_runs(HIGH);
    kernel_died(&p.k, HIGH);
    assert_halts(KERNEL_QUIET);
    assert_int_equal(p.k.domains[LOW].state, KERNEL_CALLING);
    kernel_run_until(&p.k, EVENTS_NEVER - 1, false);
    nudge(MIDDLE);
    assert_false(call(MIDDLE, 3, 1, 1)); /* of one who is dead already */
    assert_halts(KERNEL_QUIET);
}

/* The answer finds nobody. */
static void caller_died_while_served(void **state)
{
    (void)state;
    begin_three(1);
    settle();
    nudge(LOW);
    assert_false(call(LOW, 1, 1, 1));
    assert_runs(HIGH);
    kernel_died(&p.k, LOW);
    assert_false(reply(HIGH, 1, 1));
    is_dead(LOW);
}

static void caller_of_a_passive_one_died(void **state)
{
    (void)state;
    begin_three(1);
    give_budget(LOW, 100, 400);
    settle();
    p.k.domains[HIGH].passive = true;
    nudge(LOW);
    assert_false(call(LOW, 1, 1, 1));
    assert_runs(HIGH);
    kernel_died(&p.k, LOW);
    assert_true(ask(HIGH, TURN_TICK, 0));
    assert_false(work_to_horizon(HIGH)); /* what it has of the other's budget ends, and returns */
    assert_runs(HIGH);
    assert_int_equal(now_of(HIGH), 380 * US);
    assert_false(reply(HIGH, 1, 1));
    is_dead(LOW);
}

/* Its call was not taken yet, and never will be. */
static void caller_died_in_the_queue(void **state)
{
    (void)state;
    begin_three(1);
    give_budget(HIGH, 100, 400);
    settle();
    nudge(HIGH);
    assert_false(work_to_horizon(HIGH)); /* away until its budget comes back */
    kernel_nudge(&p.k, LOW);
    assert_runs(LOW);
    assert_false(call(LOW, 1, 1, 1));
    kernel_nudge(&p.k, MIDDLE);
    assert_runs(MIDDLE);
    assert_false(call(MIDDLE, 3, 1, 1));
    kernel_died(&p.k, LOW);
    assert_runs(HIGH);
    assert_true(wait_for_any(HIGH));
    assert_called(HIGH, 3, 1, 1); /* the first would be 1 */
    assert_false(reply(HIGH, 1, 1));
    assert_runs(MIDDLE);
    assert_false(wait_for_any(MIDDLE));
    assert_halts(KERNEL_QUIET);
    assert_null(p.k.domains[HIGH].caller);
    kernel_run_until(&p.k, EVENTS_NEVER - 1, false);
    is_dead(LOW);
}

/* A signal under way to one who died arrives nowhere. */
static void died_with_a_signal_under_way(void **state)
{
    (void)state;
    begin_three(2);
    p.platform.cross_core_ns = 1000;
    settle();
    nudge(LOW);
    assert_true(notify(LOW, 2));
    kernel_died(&p.k, MIDDLE);
    assert_false(wait_for_any(LOW));
    assert_halts(KERNEL_QUIET);
    kernel_run_until(&p.k, EVENTS_NEVER - 1, false);
    is_dead(MIDDLE);
}

/* -- settings that would stop the clock -- */

/* A budget of no more than the least that is worth running for: it is all there is. */
static void budget_below_the_minimum(void **state)
{
    (void)state;
    for (uint64_t budget_us = 1; budget_us <= 20; budget_us += 19) {
        begin_three(1);
        give_budget(HIGH, budget_us, 400);
        boot();
        assert_runs(HIGH);
        assert_false(work_to_horizon(HIGH));
        assert_in_range(p.k.domains[HIGH].spent_ps, 1, budget_us * US);
        assert_runs(MIDDLE);
        played_end(state);
    }
}

/* Devices alone can keep it busy; the host's limits hold for them, too. */
static void step_again(uint32_t device)
{
    p.device[device].next_ps = p.device[device].at_ps + 1000;
    p.enough = p.device[device].steps > 100;
    assert_true(p.device[device].steps < 1000000);
}

static void devices_without_end(void **state)
{
    (void)state;
    begin_three(1);
    settle();
    p.device[0].on_step = step_again;
    p.device[0].next_ps = 1000;
    kernel_ask_device(&p.k, 0);
    assert_halts(KERNEL_HOST);
}

/* -- anything at all -- */

static uint64_t any_word(struct rng *dice)
{
    switch (rng_below(dice, 6)) {
    case 0:
        return rng_u64(dice);
    case 1:
        return UINT64_MAX - rng_below(dice, 3);
    case 2:
        return 1ull << rng_below(dice, 64);
    default:
        return rng_below(dice, 70);
    }
}

/* Every word of the turn, now and then; else a request that means something. */
static void forge(struct rng *dice, uint32_t pd)
{
    struct turn *t = p.turns[pd];
    uint64_t now_ps = t->now_ps;

    if (rng_chance(dice, 1, 10)) {
        rng_bytes(dice, t, sizeof *t);
    }
    t->request = (uint32_t)rng_below(dice, TURN_REQUESTS + 2);
    t->request = rng_chance(dice, 1, 50) ? (uint32_t)any_word(dice) : t->request;
    if ((t->request == TURN_STOP || t->request == TURN_END) && rng_chance(dice, 99, 100)) {
        t->request = TURN_WAIT;
    }
    if (rng_chance(dice, 1, 10)) {
        return;
    }
    t->now_ps = now_ps;
    t->channel = (uint32_t)any_word(dice);
    t->a = any_word(dice);
    t->b = any_word(dice);
    t->c = any_word(dice);
    t->deferred = (uint32_t)rng_below(dice, 4);
    t->deferred_channel = (uint32_t)any_word(dice);
    t->replies = (uint32_t)rng_below(dice, 2);
    t->rest_ps = rng_chance(dice, 1, 20) ? any_word(dice) : rng_below(dice, 5 * US);
    switch (rng_below(dice, 4)) {
    case 0:
        t->now_ps = any_word(dice);
        break;
    case 1:
        t->now_ps = t->horizon_ps;
        break;
    default:
        t->now_ps += rng_below(dice, 3 * US);
    }
    t->deadline_ps = rng_chance(dice, 1, 3) ? any_word(dice) : t->now_ps + rng_below(dice, 50 * US);
}

/* Interrupts, deaths and nudges at any time. */
static void disturb(struct rng *dice)
{
    uint32_t pd = (uint32_t)rng_below(dice, p.plan.pd_count);

    switch (rng_below(dice, 60)) {
    case 0:
        kernel_irq(&p.k, 0, 0, rng_chance(dice, 1, 2));
        break;
    case 1:
        if (p.pds[pd].kind == PD_IMAGE) {
            kernel_nudge(&p.k, pd);
        }
        break;
    case 2:
        p.device[0].next_ps = p.k.now_ps + rng_below(dice, 20 * US);
        kernel_ask_device(&p.k, 0);
        break;
    case 3:
        if (p.pds[pd].kind == PD_IMAGE && rng_chance(dice, 1, 60)) {
            kernel_died(&p.k, pd);
        }
        break;
    default:
        break;
    }
}

static void in_order(void)
{
    for (uint32_t i = 0; i < p.plan.pd_count; i++) {
        const struct kernel_domain *d = &p.k.domains[i];
        uint64_t sum = 0;

        assert_true(d->state <= KERNEL_ENDED);
        assert_true(d->caller == NULL || d->caller->pd < p.plan.pd_count);
        for (uint32_t n = 0; n < d->sc.count; n++) {
            sum += d->sc.refills[(d->sc.head + n) % REFILLS_MAX].amount_ps;
        }
        assert_true(d->sc.slice || sum == d->sc.budget_ps);
    }
}

static void play(uint64_t seed, unsigned *total)
{
    bool dead[PLAYED_PDS] = {false};
    uint64_t last_ps = 0;
    struct rng dice;

    print_message("seed %llu\n", (unsigned long long)seed);
    rng_init(&dice, seed, "test.kernel.forged");
    begin_three(rng_between(&dice, 1, 3));
    give_budget(HIGH, 50, 200);
    p.platform.cross_core_ns = rng_below(&dice, 3) * 1000;
    for (unsigned i = 0; i < PLATFORM_ENTRIES; i++) {
        p.platform.entry[i] = rng_below(&dice, 1000);
    }
    boot();
    if (rng_chance(&dice, 1, 2)) {
        p.k.domains[HIGH].passive = true;
    }
    p.k.listen = NULL; /* the clock of a core may be ahead of what it is charged */
    for (unsigned step = 0; step < 3000; step++) {
        kernel_run_until(&p.k, p.k.now_ps + 400 * US, false);
        uint32_t pd = kernel_next(&p.k);

        for (uint32_t i = 0; i < p.plan.pd_count; i++) {
            assert_true(!dead[i] || p.k.domains[i].state == KERNEL_ENDED);
            dead[i] = p.k.domains[i].state == KERNEL_ENDED;
        }
        if (pd == KERNEL_NONE) {
            kernel_nudge(&p.k, (uint32_t)rng_below(&dice, 3));
            continue;
        }
        assert_false(dead[pd]);
        uint64_t horizon_ps = horizon_of(pd);
        assert_true(now_of(pd) < horizon_ps);
        (*total)++;
        forge(&dice, pd);
        kernel_request(&p.k, pd);
        assert_true(p.k.domains[pd].core->now_ps <= horizon_ps);
        assert_true(p.k.now_ps + 400 * US >= last_ps);
        last_ps = p.k.now_ps;
        in_order();
        disturb(&dice);
    }
}

static void anything_at_all(void **state)
{
    unsigned turns = 0;

    for (uint64_t seed = 1; seed <= 100; seed++) {
        play(seed, &turns);
        played_end(state);
    }
    print_message("%u turns\n", turns);
    assert_true(turns > 50000); /* they did not all die at once */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(clock_beyond_the_horizon),
        T(clock_backwards),
        T(horizon_forged),
        T(horizon_of_a_second_turn),
        T(rest_without_end),
        T(rest_without_end_nor_limit),
        T(died_running),
        T(died_ready),
        T(died_waiting),
        T(died_waiting_beside_an_equal),
        T(died_spent),
        T(callee_died),
        T(caller_died_while_served),
        T(caller_of_a_passive_one_died),
        T(caller_died_in_the_queue),
        T(died_with_a_signal_under_way),
        T(budget_below_the_minimum),
        T(devices_without_end),
        T(anything_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
