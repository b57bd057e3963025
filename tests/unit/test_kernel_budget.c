/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For how long one may run in the simulated kernel: budgets, and whose budget a call runs on. First
 * by hand, then at random on one core and more, where nobody may get more than its budget, and what
 * must hold for any play is looked at after each step.
 */
#include "sim/base/rng.h"
#include "tests/unit/played_kernel.h"

/* -- budgets -- */

/* A with the driver's budget over B with none. */
static void begin_budget(void)
{
    played_begin(1);
    add_pd(200, -1);
    add_pd(100, -1);
    add_link(A, 1, B, 1, false);
    give_budget(A, 100, 400);
}

static void budget_used_up_and_refilled(void **state)
{
    (void)state;
    begin_budget();
    boot();
    for (uint64_t i = 0; i < 3; i++) {
        assert_runs(A);
        assert_int_equal(now_of(A), i * 380 * US);
        assert_int_equal(horizon_of(A), (i * 380 + 80) * US); /* but for the minimum */
        assert_false(work_to_horizon(A));
        assert_runs(B);
        assert_int_equal(p.k.domains[A].state, KERNEL_SPENT);
        assert_int_equal(now_of(B), (i * 380 + 80) * US);
        assert_int_equal(horizon_of(B), (i + 1) * 380 * US);
        assert_false(work_to_horizon(B));
    }
    assert_int_equal(told(KERNEL_EVENT_SPENT, A), 3);
    assert_runs(A);
    assert_int_equal(told(KERNEL_EVENT_REFILL, A), 3);
}

/* It waits for its budget and is signalled meanwhile: that is for its next wait. */
static void signals_while_spent(void **state)
{
    (void)state;
    begin_budget();
    boot();
    assert_runs(A);
    assert_false(work_to_horizon(A));
    assert_runs(B);
    assert_true(notify(B, 1));
    assert_int_equal(p.k.domains[A].state, KERNEL_SPENT);
    assert_false(work_to_horizon(B));
    assert_wakes(A, 0); /* it was not waiting */
    assert_true(wait_for_any(A));
    assert_woken(A, BIT(1));
}

/* Woken without a budget: it goes on with what woke it once the budget is there. */
static void woken_while_spent(void **state)
{
    (void)state;
    begin_budget();
    boot();
    assert_runs(A);
    work(A, 80 * US);
    assert_false(wait_for_any(A)); /* at the last moment */
    assert_runs(B);
    assert_true(notify(B, 1));
    assert_int_equal(p.k.domains[A].state, KERNEL_SPENT);
    assert_int_equal(horizon_of(B), 380 * US);
    assert_false(work_to_horizon(B));
    assert_wakes(A, BIT(1));
    assert_int_equal(now_of(A), 380 * US);
}

/* The published driver's trouble: a load of a fifth, and off for 300 us at a time. */
static void often_and_briefly(void **state)
{
    uint64_t woken_ps = 0, ran_ps = 0, offs = 0;

    (void)state;
    begin_budget();
    settle();
    nudge(A);
    while (now_of(A) < 20000 * US) {
        work(A, 2 * US < horizon_of(A) - now_of(A) ? 2 * US : horizon_of(A) - now_of(A));
        ran_ps += now_of(A) - woken_ps;
        woken_ps += 10 * US;
        uint64_t left_ps = now_of(A);
        wait_until(A, woken_ps);
        if (who_runs() == KERNEL_NONE) {
            fail_msg("nobody runs");
        }
        if (now_of(A) - left_ps > 20 * US) {
            assert_in_range(now_of(A) - left_ps, 290 * US, 310 * US);
            assert_in_range(ran_ps, 78 * US, 100 * US);
            offs++;
            ran_ps = 0;
        }
        woken_ps = now_of(A);
    }
    assert_in_range(offs, 25, 35);
}

/* What kernel work takes beyond the budget is missing the next time. */
static void budget_overrun(void **state)
{
    (void)state;
    begin_budget();
    p.platform.entry[PLATFORM_SWITCH] = 90000; /* 90 us */
    boot();
    assert_runs(B); /* A has used up its budget on getting there */
    assert_int_equal(p.k.domains[A].state, KERNEL_SPENT);
    assert_int_equal(p.k.domains[A].spent_ps, 90 * US);
    assert_int_equal(events_time(&p.k.events, 3 * A), 390 * US);
}

static void rest_beyond_the_budget(void **state)
{
    (void)state;
    begin_budget();
    boot();
    assert_runs(A);
    assert_false(work_beyond(A, 100 * US)); /* 80 now, 80 later, and 20 */
    assert_runs(B);
    assert_int_equal(now_of(B), 80 * US);
    assert_false(wait_for_any(B));
    assert_runs(A);
    assert_int_equal(now_of(A), 780 * US);
    assert_int_equal(horizon_of(A), 840 * US);
}

/* -- calls run on somebody's budget -- */

/* A, with a budget, calls B above it; C is below. */
static void begin_server(bool passive)
{
    played_begin(1);
    add_pd(100, -1);
    add_pd(200, -1);
    add_pd(50, -1);
    add_link(A, 1, B, 1, true);
    add_link(C, 2, B, 2, true);
    give_budget(A, 100, 400);
    settle();
    p.k.domains[B].passive = passive;
    nudge(A);
}

static void passive_callee_on_its_callers_budget(void **state)
{
    (void)state;
    begin_server(true);
    work(A, 10 * US);
    assert_false(call(A, 1, 1, 1));
    assert_runs(B);
    assert_called(B, 1, 1, 1);
    assert_int_equal(horizon_of(B), 80 * US); /* what A has left */
    work(B, 30 * US);
    assert_false(reply(B, 1, 2));
    assert_runs(A);
    assert_int_equal(now_of(A), 40 * US);
    assert_int_equal(horizon_of(A), 80 * US);
    assert_int_equal(p.k.domains[B].spent_ps, 30 * US);
    assert_int_equal(p.k.domains[A].spent_ps, 10 * US);
    assert_int_equal(p.k.domains[B].sc.refills[p.k.domains[B].sc.head].amount_ps, PLAYED_SLICE_PS);
}

static void active_callee_on_its_own(void **state)
{
    (void)state;
    begin_server(false);
    work(A, 10 * US);
    assert_false(call(A, 1, 1, 1));
    assert_runs(B);
    assert_int_equal(horizon_of(B), 10 * US + PLAYED_SLICE_PS);
    work(B, 200 * US);
    assert_false(reply(B, 1, 2));
    assert_runs(A);
    assert_int_equal(horizon_of(A) - now_of(A), 70 * US);
}

/* In the middle of the call the caller's budget ends, so the callee waits for it. */
static void passive_callee_out_of_budget(void **state)
{
    (void)state;
    begin_server(true);
    work(A, 10 * US);
    assert_false(call(A, 1, 1, 1));
    assert_runs(B);
    assert_false(work_to_horizon(B));
    kernel_nudge(&p.k, C);
    assert_runs(C);
    assert_int_equal(now_of(C), 80 * US);
    assert_int_equal(p.k.domains[B].state, KERNEL_SPENT);
    assert_int_equal(p.k.domains[A].state, KERNEL_CALLING);
    assert_int_equal(horizon_of(C), 380 * US);
    assert_false(work_to_horizon(C));
    assert_runs(B);
    assert_int_equal(now_of(B), 380 * US);
    assert_false(reply(B, 1, 2));
    assert_runs(A);
}

/* For notifications it has a budget of its own. */
static void passive_notified(void **state)
{
    (void)state;
    begin_server(true);
    assert_false(notify(A, 1));
    assert_wakes(B, BIT(1));
    assert_ptr_equal(p.k.domains[B].runs_on, &p.k.domains[B].sc);
    assert_int_equal(horizon_of(B), PLAYED_SLICE_PS);
    work(B, 30 * US);
    assert_false(wait_for_any(B));
    assert_runs(A);
    assert_int_equal(horizon_of(A) - now_of(A), 80 * US);
}

/* Two callers one after the other, each pays for its own. */
static void passive_callee_of_two(void **state)
{
    (void)state;
    begin_server(true);
    assert_false(call(A, 1, 1, 1));
    assert_runs(B);
    work(B, 20 * US);
    kernel_nudge(&p.k, C);
    assert_true(ask(B, TURN_TICK, 0));
    assert_false(reply(B, 0, 0));
    assert_runs(A);
    assert_false(wait_for_any(A));
    assert_runs(C);
    assert_false(call(C, 2, 1, 1));
    assert_runs(B);
    work(B, 50 * US);
    assert_false(reply(B, 0, 0));
    assert_runs(C);
    assert_int_equal(horizon_of(C) - now_of(C), PLAYED_SLICE_PS - 50 * US);
}

/* B works for A, whose budget is used up until 380; C, with a budget as well, has its turn. */
static void begin_with_its_caller_spent(void)
{
    begin_server(true);
    give_budget(C, 100, 400);
    sc_init(&p.k.domains[C].sc, 100 * US, 400 * US, 20 * US, 2, 0);
    assert_false(call(A, 1, 1, 1));
    assert_runs(B);
    assert_false(work_to_horizon(B));
    nudge(C);
}

/* It takes the next call without having waited: on the next caller's budget, from now on. */
static void passive_callee_goes_on_with_the_next(void **state)
{
    (void)state;
    begin_with_its_caller_spent();
    work(C, 10 * US);
    assert_false(call(C, 2, 1, 1)); /* at 90 */
    assert_runs(B);
    assert_int_equal(now_of(B), 380 * US);
    assert_true(reply(B, 0, 0));
    assert_called(B, 2, 1, 1);
    assert_int_equal(horizon_of(B), 450 * US);
    work(B, 60 * US);
    assert_false(reply(B, 0, 0)); /* to C, and A goes first, being more urgent */
    assert_runs(A);
    assert_false(wait_for_any(A));
    assert_runs(C);
    assert_int_equal(now_of(C), 440 * US);
    assert_int_equal(horizon_of(C), 450 * US);
    /* The 60 used from 380 on are there again at 780, the 10 before that put off until then. */
    const struct sched_context *sc = &p.k.domains[C].sc;
    assert_int_equal(sc->refills[(sc->head + 1) % REFILLS_MAX].at_ps, 770 * US);
    assert_int_equal(sc->refills[(sc->head + 1) % REFILLS_MAX].amount_ps, 70 * US);
}

/* One that has got nothing left waits for it, with the call in hand. */
static void passive_callee_without_the_next_budget(void **state)
{
    (void)state;
    begin_with_its_caller_spent();
    work(C, 60 * US);
    assert_false(call(C, 2, 1, 7));
    sc_charge(&p.k.domains[C].sc, 50 * US); /* kernel work, say */
    assert_runs(B);
    assert_int_equal(now_of(B), 380 * US);
    assert_false(reply(B, 0, 0));
    assert_int_equal(p.k.domains[B].state, KERNEL_SPENT);
    unsigned wakes = told(KERNEL_EVENT_WAKE, B);
    assert_runs(A);
    assert_false(wait_for_any(A));
    assert_runs(B);
    assert_called(B, 2, 1, 7);
    assert_int_equal(told(KERNEL_EVENT_WAKE, B), wakes + 1); /* then, and not before */
    assert_true(now_of(B) > 480 * US);
    assert_false(reply(B, 0, 0));
    assert_runs(C);
}

/* From a call to a notification it goes on its own again, and from there to a call on a third. */
static void passive_between_budgets(void **state)
{
    (void)state;
    begin_server(true);
    assert_false(call(A, 1, 1, 1));
    assert_runs(B);
    work(B, 10 * US);
    p.k.domains[B].badge = BIT(2); /* signalled by C, from wherever it is */
    assert_true(reply(B, 0, 0));
    assert_woken(B, BIT(2));
    assert_int_equal(horizon_of(B) - now_of(B), PLAYED_SLICE_PS);
    work(B, 15 * US);
    p.k.domains[C].state = KERNEL_CALLING; /* and now that one calls */
    p.k.domains[B].calls = BIT(2);
    assert_true(wait_for_any(B));
    assert_int_equal(p.turns[B]->call, 2);
    assert_int_equal(horizon_of(B) - now_of(B), PLAYED_SLICE_PS);
    work(B, 20 * US);
    assert_false(reply(B, 0, 0));
    const struct kernel_domain *d = p.k.domains;
    assert_int_equal(sc_left_ps(&d[A].sc), 70 * US);
    assert_int_equal(sc_left_ps(&d[B].sc), PLAYED_SLICE_PS - 15 * US);
    assert_int_equal(sc_left_ps(&d[C].sc), PLAYED_SLICE_PS - 20 * US);
}

/* -- at random -- */

/* What the players know of each domain: what it has been sent. */
static struct {
    uint64_t next_badge; /* what it goes on with, once it does */
    uint64_t badge;      /* what it finds at its next wait */
    bool woken;
} known[PLAYED_PDS];

static void random_signal(uint32_t pd, uint32_t channel)
{
    const struct kernel_end *e = &p.k.domains[pd].ends[channel];

    if (e->peer == NULL || !e->may_notify) {
        notify(pd, channel);
        return;
    }
    bool waits = e->peer->state == KERNEL_WAITING;

    if (waits) {
        known[e->peer->pd].woken = true;
        known[e->peer->pd].next_badge = BIT(e->peer_channel);
    } else {
        known[e->peer->pd].badge |= BIT(e->peer_channel);
    }
    notify(pd, channel);
}

static void random_wait(struct rng *dice, uint32_t pd)
{
    wait_until(pd, now_of(pd) + rng_between(dice, 1, 200) * US);
    if (p.k.core_count > 1) {
        return;
    }
    if (known[pd].badge != 0) {
        assert_woken(pd, known[pd].badge);
        assert_int_equal(p.k.domains[pd].state, KERNEL_READY);
        known[pd].badge = 0;
    } else {
        assert_int_equal(p.k.domains[pd].state, KERNEL_WAITING);
    }
}

/* Every domain is where its state says, and nobody more urgent waits for a core that has another.
 */
static void all_in_place(void)
{
    for (uint32_t i = 0; i < p.plan.pd_count; i++) {
        const struct kernel_domain *d = &p.k.domains[i];
        const struct kernel_core *c = d->core;
        unsigned queued = 0;

        for (uint32_t at = c->ready.first[d->priority]; at != READY_NONE;
             at = c->ready.links[at].next) {
            queued += at == i;
        }
        bool current = c->current == d;
        assert_int_equal(queued, d->state == KERNEL_READY && !current);
        assert_true(!current || d->state == KERNEL_READY);
        assert_int_equal(events_time(&p.k.events, 3 * i) != EVENTS_NEVER, d->state == KERNEL_SPENT);
        if (queued > 0) {
            assert_true(c->current != NULL);
            assert_true(c->current->priority >= d->priority);
        }
    }
}

/* What each with a budget ran, from when to when. */
enum { RUNS = 4096 };
static struct {
    uint64_t from_ps, until_ps;
} runs[PLAYED_PDS][RUNS];
static unsigned run_count[PLAYED_PDS];
static uint64_t worked_ps[PLAYED_PDS]; /* all that it has done before it runs again */

static void note_run(uint32_t pd, uint64_t from_ps)
{
    worked_ps[pd] += now_of(pd) - from_ps;
    if (now_of(pd) > from_ps && run_count[pd] < RUNS) {
        runs[pd][run_count[pd]].from_ps = from_ps;
        runs[pd][run_count[pd]++].until_ps = now_of(pd);
    }
}

static void never_more_than_its_budget(uint32_t pd)
{
    const struct sched_context *sc = &p.k.domains[pd].sc;

    for (unsigned i = 0; i < run_count[pd] && !sc->slice; i++) {
        uint64_t until_ps = runs[pd][i].from_ps + sc->period_ps, ran_ps = 0;

        for (unsigned n = i; n < run_count[pd] && runs[pd][n].from_ps < until_ps; n++) {
            ran_ps += (runs[pd][n].until_ps < until_ps ? runs[pd][n].until_ps : until_ps) -
                      runs[pd][n].from_ps;
        }
        if (ran_ps > sc->budget_ps) {
            fail_msg("domain %u ran %llu of %llu within the period that began at %llu", pd,
                     (unsigned long long)ran_ps, (unsigned long long)sc->budget_ps,
                     (unsigned long long)runs[pd][i].from_ps);
        }
    }
}

static void random_plan(struct rng *dice, uint64_t cores)
{
    played_begin(cores);
    unsigned pds = (unsigned)rng_between(dice, 2, 8);

    for (unsigned i = 0; i < pds; i++) {
        add_pd((uint8_t)(100 + rng_below(dice, 4)), (int)rng_below(dice, cores));
        if (rng_chance(dice, 1, 2)) {
            uint64_t period_us = rng_between(dice, 60, 400);

            give_budget(i, rng_between(dice, 25, period_us - 1), period_us);
        }
    }
    /* Channel n of each leads to domain n. */
    for (uint32_t i = 0; i < pds; i++) {
        for (uint32_t k = i + 1; k < pds; k++) {
            add_link(i, (uint8_t)k, k, (uint8_t)i, false);
        }
    }
    p.platform.timeslice_ns = rng_between(dice, 20, 200) * 1000;
    p.platform.refills = rng_between(dice, 2, 8);
    p.platform.cross_core_ns = rng_below(dice, 3) * 1000;
}

static void random_step(struct rng *dice, uint32_t pd, bool rests)
{
    uint64_t room_ps = horizon_of(pd) - now_of(pd), from_ps = now_of(pd);

    if (rng_chance(dice, 1, 3)) {
        uint64_t rest_ps = rests ? rng_below(dice, 40 * US) : 0;

        work(pd, room_ps);
        note_run(pd, from_ps);
        worked_ps[pd] += rest_ps;
        work_beyond(pd, rest_ps);
        return;
    }
    work(pd, rng_below(dice, room_ps < 30 * US ? room_ps : 30 * US));
    note_run(pd, from_ps);
    if (rng_chance(dice, 1, 2)) {
        random_signal(pd, (uint32_t)rng_below(dice, p.plan.pd_count + 1));
    } else {
        random_wait(dice, pd);
    }
}

/* What must be so whenever somebody is about to run. */
static void about_to_run(uint32_t pd)
{
    const struct kernel_core *c = p.k.domains[pd].core;

    all_in_place();
    assert_true(horizon_of(pd) <= events_first_ps(&p.k.events));
    for (const struct kernel_core *o = p.k.cores; o < p.k.cores + p.k.core_count; o++) {
        if (o != c && o->current != NULL) {
            uint64_t acts_ps = o->now_ps + o->current->rest_ps;

            assert_true(c < o ? c->now_ps <= acts_ps : c->now_ps < acts_ps);
            assert_true(horizon_of(pd) <= acts_ps + (c < o));
        }
    }
    /* It has done what it had to, when there was nothing more urgent, and nothing else. */
    kernel_charge(&p.k);
    assert_int_equal(p.k.domains[pd].spent_ps, worked_ps[pd]);
    if (p.k.core_count == 1 && known[pd].woken) {
        assert_woken(pd, known[pd].next_badge);
        known[pd].woken = false;
    }
}

static void play(uint64_t seed, uint64_t cores)
{
    bool rests = seed % 2 == 0;
    struct rng dice;

    print_message("seed %llu\n", (unsigned long long)seed);
    rng_init(&dice, seed, "test.kernel");
    memset(known, 0, sizeof known);
    memset(run_count, 0, sizeof run_count);
    memset(worked_ps, 0, sizeof worked_ps);
    random_plan(&dice, cores);
    boot();
    for (unsigned step = 0; step < 2500; step++) {
        uint32_t pd = who_runs();

        assert_int_not_equal(pd, KERNEL_NONE);
        about_to_run(pd);
        random_step(&dice, pd, rests);
    }
    uint64_t spent_ps = 0, busy_ps = 0;

    for (uint32_t i = 0; i < p.plan.pd_count; i++) {
        spent_ps += p.k.domains[i].spent_ps;
        if (!rests) { /* when it worked off a rest is not known here */
            never_more_than_its_budget(i);
        }
    }
    for (uint32_t c = 0; c < p.k.core_count; c++) {
        busy_ps += p.k.cores[c].busy_ps;
        assert_true(p.k.cores[c].busy_ps <= p.k.cores[c].now_ps);
    }
    assert_int_equal(spent_ps, busy_ps);
}

static void random_on_one_core(void **state)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        play(seed, 1);
        played_end(state);
    }
}

static void random_on_more_cores(void **state)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        play(seed, 2 + seed % 3);
        played_end(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(rest_beyond_the_budget),
        T(budget_used_up_and_refilled),
        T(signals_while_spent),
        T(woken_while_spent),
        T(often_and_briefly),
        T(budget_overrun),
        T(passive_callee_on_its_callers_budget),
        T(active_callee_on_its_own),
        T(passive_callee_out_of_budget),
        T(passive_notified),
        T(passive_callee_of_two),
        T(passive_between_budgets),
        T(passive_callee_goes_on_with_the_next),
        T(passive_callee_without_the_next_budget),
        T(random_on_one_core),
        T(random_on_more_cores),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
