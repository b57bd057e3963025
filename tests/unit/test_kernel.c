/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What domains ask of the simulated kernel and what comes to them is Microkit's upon seL4: signals,
 * interrupts, deferred operations, protected calls, deadlines. Who runs when is
 * test_kernel_sched.c's, for how long test_kernel_budget.c's, those who lie and die
 * test_kernel_forged.c's.
 */
#include "tests/unit/played_kernel.h"

enum { LOW, HIGH, MIDDLE };

/* Three domains: the higher two may be called by the lowest, HIGH by both others. */
static void begin_three(void)
{
    played_begin(1);
    add_pd(100, -1);
    add_pd(200, -1);
    add_pd(150, -1);
    add_link(LOW, 1, HIGH, 11, true);
    add_link(LOW, 2, HIGH, 12, false);
    add_link(MIDDLE, 1, HIGH, 5, true);
    add_link(LOW, 61, MIDDLE, 0, true);
}

/* -- signals -- */

static void signal_wakes_with_its_badge(void **state)
{
    (void)state;
    begin_three();
    settle();
    nudge(LOW);
    assert_false(notify(LOW, 1)); /* one more urgent goes first */
    assert_wakes(HIGH, BIT(11));
    assert_false(wait_for_any(HIGH));
    assert_runs(LOW);
    assert_false(notify(LOW, 61)); /* the first and the last channel there are */
    assert_wakes(MIDDLE, BIT(0));
    assert_true(notify(MIDDLE, 0)); /* none when it is less urgent, and does not wait */
    assert_false(wait_for_any(MIDDLE));
    assert_runs(LOW);
    uint64_t activations = p.k.domains[LOW].activations;
    unsigned wakes = told(KERNEL_EVENT_WAKE, LOW);
    assert_true(wait_for_any(LOW)); /* it has come meanwhile */
    assert_woken(LOW, BIT(61));
    assert_int_equal(p.k.domains[LOW].activations, activations + 1);
    assert_int_equal(told(KERNEL_EVENT_WAKE, LOW), wakes + 1);
    assert_int_equal(p.k.domains[HIGH].activations, 1);
    assert_int_equal(told(KERNEL_EVENT_WAKE, HIGH), 1);
    assert_true(wait_until(LOW, 0)); /* and does not come again */
    assert_woken(LOW, 0);
    assert_false(wait_for_any(LOW));
    assert_halts(KERNEL_QUIET);
}

/* It goes on with the signal that woke it; those that follow wait for its next wait. */
static void later_signals_wait(void **state)
{
    (void)state;
    begin_three();
    settle();
    nudge(HIGH);
    assert_true(notify(HIGH, 12));
    assert_true(notify(HIGH, 11));
    assert_true(notify(HIGH, 11));
    assert_true(notify(HIGH, 5));
    assert_false(wait_for_any(HIGH));
    assert_wakes(MIDDLE, BIT(1));
    assert_false(wait_for_any(MIDDLE));
    assert_wakes(LOW, BIT(2));
    assert_true(wait_for_any(LOW));
    assert_woken(LOW, BIT(1)); /* twice, but once */
    assert_false(wait_for_any(LOW));
    assert_halts(KERNEL_QUIET);
}

/* What comes before init() has returned comes with the first wait. */
static void signals_before_the_first_wait(void **state)
{
    (void)state;
    begin_three();
    boot();
    assert_runs(HIGH);
    assert_true(notify(HIGH, 11));
    assert_true(notify(HIGH, 12));
    assert_true(ask(HIGH, TURN_READY, 0));
    assert_false(wait_for_any(HIGH));
    assert_runs(MIDDLE);
    assert_true(ask(MIDDLE, TURN_READY, 0));
    assert_false(wait_for_any(MIDDLE));
    assert_wakes(LOW, 0);
    assert_true(ask(LOW, TURN_READY, 0));
    assert_true(wait_for_any(LOW));
    assert_woken(LOW, BIT(1) | BIT(2));
}

static void channels_it_does_not_have(void **state)
{
    static const uint32_t channels[] = {0, 3, 4, 60, 62, 63, 64, 1000, UINT32_MAX};

    (void)state;
    begin_three();
    add_timer(LOW, 4);
    settle();
    nudge(LOW);
    for (unsigned i = 0; i < sizeof channels / sizeof channels[0]; i++) {
        assert_true(notify(LOW, channels[i]));
        assert_true(ask(LOW, TURN_ACK, channels[i]));
        assert_true(call(LOW, channels[i], 4711, 0));
        assert_int_equal(p.turns[LOW]->a, 0);
    }
    assert_true(ask(LOW, TURN_ACK, 1)); /* no interrupt */
    assert_true(call(LOW, 2, 4711, 0)); /* may notify, may not call */
    assert_int_equal(p.turns[LOW]->a, 0);
    assert_false(wait_for_any(LOW));
    assert_halts(KERNEL_QUIET);
    /* What lies behind the last of one is the first of the next. */
    kernel_run_until(&p.k, EVENTS_NEVER - 1, false);
    nudge(HIGH);
    assert_true(notify(HIGH, 62));
    assert_true(call(HIGH, 62, 0, 0));
    assert_false(wait_for_any(HIGH));
    assert_halts(KERNEL_QUIET);
}

/* -- what is deferred -- */

static void deferred_goes_with_the_wait(void **state)
{
    (void)state;
    begin_three();
    settle();
    nudge(LOW);
    assert_false(wait_with(LOW, TURN_DEFERRED_NOTIFY, 1));
    assert_wakes(HIGH, BIT(11));
    /* To itself come back: the answer is there before it has waited. */
    assert_true(notify(HIGH, 11));
    assert_false(wait_for_any(HIGH));
    assert_wakes(LOW, BIT(1));
    /* On a channel it does not have: nothing. */
    assert_false(wait_with(LOW, TURN_DEFERRED_NOTIFY, 62));
    assert_halts(KERNEL_QUIET);
}

/* With work left, it goes on and the other one too. */
static void deferred_though_it_goes_on(void **state)
{
    (void)state;
    begin_three();
    settle();
    nudge(HIGH);
    p.k.domains[HIGH].badge = BIT(12);
    assert_true(wait_with(HIGH, TURN_DEFERRED_NOTIFY, 5));
    assert_woken(HIGH, BIT(12));
    assert_false(wait_for_any(HIGH));
    assert_wakes(MIDDLE, BIT(1));
}

static void deferred_goes_before_the_reply(void **state)
{
    (void)state;
    begin_three();
    settle();
    nudge(LOW);
    assert_false(call(LOW, 61, 1, 0));
    assert_runs(MIDDLE);
    p.turns[MIDDLE]->deferred = TURN_DEFERRED_NOTIFY;
    p.turns[MIDDLE]->deferred_channel = 1;
    unsigned wakes = told(KERNEL_EVENT_WAKE, LOW);
    assert_false(reply(MIDDLE, 0, 0));
    assert_wakes(HIGH, BIT(5)); /* once */
    assert_false(wait_for_any(HIGH));
    assert_runs(LOW);
    assert_int_equal(told(KERNEL_EVENT_WAKE, LOW), wakes); /* an answer is none */
}

/* -- interrupts -- */

enum { DRIVER, OTHER };
#define LINE    1u
#define CHANNEL 9u

static void begin_driver(void)
{
    played_begin(1);
    add_pd(200, -1);
    add_pd(100, -1);
    add_link(OTHER, 1, DRIVER, 1, false);
    uint32_t device = add_device(DRIVER);
    add_irq(device, LINE, CHANNEL);
    p.platform.entry[PLATFORM_IRQ] = 100;
}

static void line(bool level)
{
    kernel_irq(&p.k, 0, LINE, level);
}

static void masked_until_acknowledged(void **state)
{
    (void)state;
    begin_driver();
    settle();
    nudge(OTHER);
    line(true);
    assert_false(ask(OTHER, TURN_TICK, 0));
    assert_wakes(DRIVER, BIT(CHANNEL));
    assert_int_equal(told(KERNEL_EVENT_IRQ, DRIVER), 1);
    line(false);
    line(true); /* again, but masked */
    line(false);
    assert_false(wait_for_any(DRIVER));
    assert_runs(OTHER);
    line(true);
    assert_true(ask(OTHER, TURN_TICK, 0));
    assert_int_equal(told(KERNEL_EVENT_IRQ, DRIVER), 1);
    /* Low when it is acknowledged: it has been missed. */
    line(false);
    kernel_nudge(&p.k, DRIVER);
    assert_runs(DRIVER);
    assert_true(ask(DRIVER, TURN_ACK, CHANNEL));
    assert_false(wait_for_any(DRIVER));
    line(true);
    assert_wakes(DRIVER, BIT(CHANNEL));
    assert_int_equal(told(KERNEL_EVENT_IRQ, DRIVER), 2);
}

static void level_fires_again(void **state)
{
    (void)state;
    begin_driver();
    settle();
    line(true);
    assert_runs(DRIVER);
    for (unsigned i = 0; i < 3; i++) {
        /* The cost of the interrupt comes before whatever follows, so it cannot go straight on. */
        assert_false(ask(DRIVER, TURN_ACK, CHANNEL));
        assert_runs(DRIVER);
        assert_int_equal(told(KERNEL_EVENT_IRQ, DRIVER), i + 2);
        wait_for_any(DRIVER);
        assert_wakes(DRIVER, BIT(CHANNEL));
    }
    line(false);
    assert_true(ask(DRIVER, TURN_ACK, CHANNEL));
    assert_false(wait_for_any(DRIVER));
    assert_halts(KERNEL_QUIET);
}

static void acknowledgement_deferred(void **state)
{
    (void)state;
    begin_driver();
    p.platform.entry[PLATFORM_IRQ] = 0;
    settle();
    line(true);
    assert_wakes(DRIVER, BIT(CHANNEL));
    assert_true(wait_with(DRIVER, TURN_DEFERRED_ACK, CHANNEL));
    assert_woken(DRIVER, BIT(CHANNEL)); /* still up: at once */
    line(false);
    assert_false(wait_with(DRIVER, TURN_DEFERRED_ACK, CHANNEL));
    line(true);
    assert_wakes(DRIVER, BIT(CHANNEL));
}

/* What fired before init() returned is not lost, and nothing is delivered before. */
static void pending_before_ready(void **state)
{
    (void)state;
    begin_driver();
    boot();
    assert_runs(DRIVER);
    line(true);
    assert_int_equal(told(KERNEL_EVENT_IRQ, DRIVER), 0);
    assert_int_equal(p.k.domains[DRIVER].badge, 0);
    assert_false(ask(DRIVER, TURN_READY, 0));
    assert_int_equal(told(KERNEL_EVENT_IRQ, DRIVER), 1);
    assert_runs(DRIVER);
    assert_true(wait_for_any(DRIVER));
    assert_woken(DRIVER, BIT(CHANNEL));
}

static void interrupt_is_charged_to_the_driver(void **state)
{
    (void)state;
    begin_driver();
    settle();
    nudge(OTHER);
    work(OTHER, 3 * US);
    assert_true(ask(OTHER, TURN_TICK, 0));
    uint64_t spent_ps = p.k.domains[DRIVER].spent_ps;
    line(true);
    assert_runs(DRIVER);
    assert_int_equal(now_of(DRIVER), 3 * US + 100 * 1000);
    assert_false(wait_for_any(DRIVER));
    assert_int_equal(p.k.domains[DRIVER].spent_ps - spent_ps, 100 * 1000);
    assert_int_equal(p.turns[DRIVER]->account.entry_count[PLATFORM_IRQ], 1);
    assert_int_equal(p.turns[DRIVER]->account.entry_ps[PLATFORM_IRQ], 100 * 1000);
}

/* One that is late comes once, unless the line is down by then, and by the same dice always. */
static void interrupts_may_be_late(void **state)
{
    uint64_t came_ps[2] = {0};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        begin_driver();
        p.platform.interrupt_delay_max_ns = 2000;
        p.platform.entry[PLATFORM_IRQ] = 0;
        settle();
        uint64_t up_ps = p.k.now_ps;
        line(true);
        assert_int_equal(told(KERNEL_EVENT_IRQ, DRIVER), 0);
        line(true);
        assert_wakes(DRIVER, BIT(CHANNEL));
        assert_int_equal(told(KERNEL_EVENT_IRQ, DRIVER), 1);
        came_ps[i] = now_of(DRIVER) - up_ps;
        assert_in_range(came_ps[i], 1, 2 * US);
        line(false);
        assert_false(wait_with(DRIVER, TURN_DEFERRED_ACK, CHANNEL));
        line(true);
        line(false);
        assert_halts(KERNEL_QUIET);
        assert_int_equal(told(KERNEL_EVENT_IRQ, DRIVER), 1);
        kernel_run_until(&p.k, EVENTS_NEVER - 1, false);
        line(true); /* not kept from coming by the one that did not */
        assert_wakes(DRIVER, BIT(CHANNEL));
        played_end(NULL);
    }
    assert_int_equal(came_ps[0], came_ps[1]);
}

/* Each line has its driver, its channel and its mask. */
static void lines_of_two_devices(void **state)
{
    (void)state;
    begin_driver();
    add_irq(0, LINE + 1, CHANNEL + 1);
    uint32_t device = add_device(OTHER);
    add_irq(device, LINE, CHANNEL + 2);
    add_irq(device, LINE + 1, CHANNEL + 3);
    p.platform.entry[PLATFORM_IRQ] = 0;
    settle();
    kernel_irq(&p.k, device, LINE, true);
    assert_wakes(OTHER, BIT(CHANNEL + 2));
    kernel_irq(&p.k, device, LINE + 1, true);
    kernel_irq(&p.k, 0, LINE + 1, true);
    assert_false(ask(OTHER, TURN_TICK, 0));
    assert_wakes(DRIVER, BIT(CHANNEL + 1));
    kernel_irq(&p.k, 0, LINE, true);
    assert_true(wait_with(DRIVER, TURN_DEFERRED_ACK, CHANNEL + 1)); /* still up */
    assert_woken(DRIVER, BIT(CHANNEL) | BIT(CHANNEL + 1));
    assert_false(wait_for_any(DRIVER));
    assert_runs(OTHER);
    assert_true(wait_for_any(OTHER));
    assert_woken(OTHER, BIT(CHANNEL + 3));
    kernel_irq(&p.k, device, LINE, false);
    assert_true(wait_with(OTHER, TURN_DEFERRED_ACK, CHANNEL + 3));
    assert_woken(OTHER, BIT(CHANNEL + 3));
    assert_false(wait_with(OTHER, TURN_DEFERRED_ACK, CHANNEL + 2)); /* that one is down */
    assert_halts(KERNEL_QUIET);
}

/* Lines and devices it does not have are nobody's. */
static void unknown_lines(void **state)
{
    (void)state;
    begin_driver();
    settle();
    kernel_irq(&p.k, 0, LINE + 1, true);
    kernel_irq(&p.k, 0, 0, true);
    kernel_irq(&p.k, 1, LINE, true);
    kernel_irq(&p.k, UINT32_MAX, UINT32_MAX, true);
    assert_halts(KERNEL_QUIET);
    assert_int_equal(told(KERNEL_EVENT_IRQ, DRIVER), 0);
}

/* -- registers and devices -- */

static void raise_line(uint32_t device)
{
    kernel_irq(&p.k, device, LINE, true);
}

static void register_access(void **state)
{
    (void)state;
    begin_driver();
    p.platform.entry[PLATFORM_IRQ] = 0;
    settle();
    nudge(DRIVER);
    work(DRIVER, 5 * US);
    p.device[0].answer = 0x1234;
    p.turns[DRIVER]->a = 0x44;
    p.turns[DRIVER]->b = 4;
    p.turns[DRIVER]->c = 99;
    p.device[0].hash = 0;
    assert_true(ask(DRIVER, TURN_MMIO_READ, 0));
    assert_int_equal(p.turns[DRIVER]->a, 0x1234);
    assert_int_equal(p.device[0].offset, 0x44);
    assert_int_equal(p.device[0].bytes, 4);
    assert_false(p.device[0].write);
    assert_int_equal(p.device[0].at_ps, 5 * US);
    /* A write that makes it want time, and raises its line at once. */
    p.device[0].next_ps = 8 * US;
    p.device[0].on_access = raise_line;
    p.turns[DRIVER]->a = 0x48;
    p.turns[DRIVER]->b = 2;
    assert_true(ask(DRIVER, TURN_MMIO_WRITE, 0));
    assert_true(p.device[0].write);
    assert_int_equal(p.device[0].value, 99);
    assert_int_equal(horizon_of(DRIVER), 8 * US);
    assert_true(wait_for_any(DRIVER));
    assert_woken(DRIVER, BIT(CHANNEL));
    assert_false(work_to_horizon(DRIVER));
    assert_runs(DRIVER);
    assert_int_equal(p.device[0].steps, 1);
    assert_int_equal(p.device[0].at_ps, 8 * US);     /* before the domain acts at that time */
    assert_int_equal(told(KERNEL_EVENT_STEP, 2), 1); /* accesses came to nothing but themselves */
    /* Who has no device reads nothing. */
    assert_false(wait_for_any(DRIVER));
    nudge(OTHER);
    p.turns[OTHER]->a = 4;
    assert_true(ask(OTHER, TURN_MMIO_READ, 0));
    assert_int_equal(p.turns[OTHER]->a, 0);
    assert_int_equal(p.device[0].accesses, 2);
}

/* It is asked from the beginning when it wants time, and then after each step. */
static void step_twice(uint32_t device)
{
    p.device[device].next_ps = p.device[device].steps == 1 ? 9 * US : EVENTS_NEVER;
}

static void device_with_wishes(void **state)
{
    (void)state;
    begin_driver();
    p.device[0].on_step = step_twice;
    p.device[0].next_ps = 5 * US;
    settle();
    assert_int_equal(p.device[0].steps, 2);
    assert_int_equal(p.device[0].at_ps, 9 * US);
}

/* A write of which the device says that it changes nothing does not reach it. */
static void idle_write(void **state)
{
    (void)state;
    begin_driver();
    p.device[0].idle_write = 0x10;
    settle();
    nudge(DRIVER);
    p.turns[DRIVER]->a = 0x10;
    p.turns[DRIVER]->b = 4;
    assert_true(ask(DRIVER, TURN_MMIO_WRITE, 0));
    assert_int_equal(p.device[0].accesses, 0);
    assert_true(ask(DRIVER, TURN_MMIO_READ, 0)); /* a read does */
    assert_int_equal(p.device[0].accesses, 1);
    p.turns[DRIVER]->a = 0x10;
    p.turns[DRIVER]->b = 2; /* and half of it */
    assert_true(ask(DRIVER, TURN_MMIO_WRITE, 0));
    assert_int_equal(p.device[0].accesses, 2);
    p.turns[DRIVER]->a = 0x14;
    p.turns[DRIVER]->b = 4; /* and another, */
    p.device[0].idle_write = 0x14;
    assert_true(ask(DRIVER, TURN_MMIO_WRITE, 0));
    assert_int_equal(p.device[0].accesses, 3);
    p.turns[DRIVER]->a = 0x14; /* after which it is that one */
    assert_true(ask(DRIVER, TURN_MMIO_WRITE, 0));
    assert_int_equal(p.device[0].accesses, 3);
    p.device[0].idle_write = UINT32_MAX; /* until time passes for the device */
    kernel_ask_device(&p.k, 0);
    p.turns[DRIVER]->a = 0x14;
    assert_true(ask(DRIVER, TURN_MMIO_WRITE, 0));
    assert_int_equal(p.device[0].accesses, 4);
}

/* A device that always wants to have been stepped by now does not stop the clock. */
static void step_insists(uint32_t device)
{
    unsigned steps = p.device[device].steps;

    p.device[device].next_ps = steps < 5 ? 0 : steps < 10 ? p.k.now_ps : EVENTS_NEVER;
}

static void device_in_a_hurry(void **state)
{
    (void)state;
    begin_driver();
    p.device[0].on_step = step_insists;
    settle();
    p.device[0].next_ps = 7 * US;
    kernel_ask_device(&p.k, 0);
    assert_halts(KERNEL_QUIET);
    assert_int_equal(p.device[0].steps, 10);
    assert_int_equal(p.device[0].at_ps, 7 * US + 9 * 1000);
}

static void drain(void **state)
{
    (void)state;
    begin_three();
    settle();
    nudge(LOW);
    assert_true(ask(LOW, TURN_DRAIN, 0));
    assert_int_equal(p.drains, 1);
}

/* -- protected calls -- */

static void call_and_answer(void **state)
{
    (void)state;
    begin_three();
    settle();
    nudge(LOW);
    for (unsigned i = 1; i < 5; i++) {
        p.turns[LOW]->mrs[i] = 10 + i;
        p.turns[HIGH]->mrs[i] = 0;
    }
    assert_false(call(LOW, 1, 4, 10)); /* four words of five */
    assert_int_equal(p.k.domains[LOW].state, KERNEL_CALLING);
    assert_runs(HIGH);
    assert_called(HIGH, 11, 4, 10);
    assert_int_equal(p.turns[HIGH]->mrs[3], 13);
    assert_int_equal(p.turns[HIGH]->mrs[4], 0);
    assert_false(reply(HIGH, 1, 77));
    assert_runs(LOW);
    assert_int_equal(p.turns[LOW]->a, 1);
    assert_int_equal(p.turns[LOW]->mrs[0], 77);
    assert_int_equal(p.turns[LOW]->mrs[1], 11);
    assert_false(wait_for_any(LOW));
    assert_halts(KERNEL_QUIET);
}

/* Signals that come to a caller wait until it waits, not for its answer. */
static void signals_to_a_caller(void **state)
{
    (void)state;
    begin_three();
    settle();
    nudge(LOW);
    assert_false(call(LOW, 1, 0, 0));
    assert_runs(HIGH);
    assert_true(notify(HIGH, 12));
    assert_int_equal(p.k.domains[LOW].state, KERNEL_CALLING);
    assert_false(reply(HIGH, 1, 5));
    assert_runs(LOW);
    assert_int_equal(p.turns[LOW]->mrs[0], 5);
    assert_true(wait_for_any(LOW));
    assert_woken(LOW, BIT(2));
}

/* Both call HIGH, which is away, whatever for. */
static void both_call_high(void)
{
    begin_three();
    settle();
    p.k.domains[HIGH].state = KERNEL_CALLING;
    nudge(LOW);
    assert_false(call(LOW, 1, 1, 100));
    nudge(MIDDLE);
    assert_false(call(MIDDLE, 1, 1, 200));
}

/* It is back, and hears of a signal before it is called. */
static void high_is_signalled(void)
{
    p.k.domains[HIGH].badge = BIT(12);
    kernel_nudge(&p.k, HIGH);
    assert_runs(HIGH);
    assert_true(wait_for_any(HIGH));
    assert_woken(HIGH, BIT(12));
    assert_true(wait_for_any(HIGH));
}

/* Both wait for it; it takes one at a time, signals before calls, the most urgent caller first. */
static void busy_callee(void **state)
{
    (void)state;
    both_call_high();
    assert_halts(KERNEL_QUIET);
    kernel_run_until(&p.k, EVENTS_NEVER - 1, false);
    p.k.domains[HIGH].state = KERNEL_WAITING;
    high_is_signalled();
    assert_called(HIGH, 5, 1, 200);
    assert_true(reply(HIGH, 1, 201)); /* and the next, as one system call */
    assert_called(HIGH, 11, 1, 100);
    assert_int_equal(p.k.domains[MIDDLE].state, KERNEL_READY);
    assert_int_equal(p.k.domains[LOW].state, KERNEL_CALLING);
    assert_false(reply(HIGH, 1, 101));
    assert_runs(MIDDLE);
    assert_int_equal(p.turns[MIDDLE]->mrs[0], 201);
    assert_false(wait_for_any(MIDDLE));
    assert_runs(LOW);
    assert_int_equal(p.turns[LOW]->mrs[0], 101);
    assert_int_equal(p.k.domains[HIGH].calls, 0);
}

/* Of callers as urgent as each other the one comes next that was not served last. */
static void callers_take_turns(void **state)
{
    (void)state;
    for (unsigned equal = 0; equal < 2; equal++) {
        both_call_high();
        p.k.domains[HIGH].state = KERNEL_WAITING;
        p.k.domains[HIGH].call_channel = 5; /* MIDDLE's */
        if (equal) {
            p.k.domains[LOW].priority = p.k.domains[MIDDLE].priority;
        }
        high_is_signalled();
        assert_called(HIGH, equal ? 11 : 5, 1, equal ? 100 : 200);
        if (!equal) {
            played_end(NULL);
        }
    }
}

/* A call in a call, and the answers in the right order. */
static void nested_calls(void **state)
{
    (void)state;
    begin_three();
    settle();
    nudge(LOW);
    assert_false(call(LOW, 61, 1, 1));
    assert_runs(MIDDLE);
    assert_called(MIDDLE, 0, 1, 1);
    assert_false(call(MIDDLE, 1, 1, 2));
    assert_runs(HIGH);
    assert_called(HIGH, 5, 1, 2);
    assert_false(reply(HIGH, 1, 3));
    assert_runs(MIDDLE);
    assert_int_equal(p.turns[MIDDLE]->mrs[0], 3);
    assert_false(reply(MIDDLE, 1, 4));
    assert_runs(LOW);
    assert_int_equal(p.turns[LOW]->mrs[0], 4);
}

static void message_lengths(void **state)
{
    static const struct {
        uint64_t info;
        unsigned words;
    } lengths[] = {{0, 0},   {1, 1},           {63, 63},
                   {64, 64}, {65, 64},         {127, 64},
                   {128, 0}, {UINT64_MAX, 64}, {UINT64_MAX - 127, 0}};

    (void)state;
    begin_three();
    settle();
    nudge(LOW);
    for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (unsigned k = 0; k < TURN_MRS; k++) {
            p.turns[LOW]->mrs[k] = 1000 + k;
            p.turns[HIGH]->mrs[k] = 2000 + k;
        }
        assert_false(call(LOW, 1, lengths[i].info, 1000));
        assert_runs(HIGH);
        assert_int_equal(p.turns[HIGH]->a, lengths[i].info);
        for (unsigned k = 0; k < TURN_MRS; k++) {
            assert_int_equal(p.turns[HIGH]->mrs[k], (k < lengths[i].words ? 1000 : 2000) + k);
        }
        assert_false(reply(HIGH, 0, 0));
        assert_runs(LOW);
    }
}

static void reply_to_nobody(void **state)
{
    (void)state;
    begin_three();
    settle();
    nudge(HIGH);
    assert_false(reply(HIGH, 1, 1)); /* is only a wait */
    assert_halts(KERNEL_QUIET);
}

/* -- deadlines -- */

static void deadlines(void **state)
{
    (void)state;
    begin_three();
    settle();
    nudge(LOW);
    work(LOW, US);
    assert_false(wait_until(LOW, 5 * US));
    assert_wakes(LOW, 0);
    assert_int_equal(now_of(LOW), 5 * US);
    /* Over already: at once. */
    assert_true(wait_until(LOW, 5 * US));
    assert_woken(LOW, 0);
    assert_true(wait_until(LOW, 0));
    /* What came first counts. */
    assert_false(wait_until(LOW, 9 * US));
    kernel_run_until(&p.k, 7 * US, false);
    assert_halts(KERNEL_LIMIT);
    assert_int_equal(p.k.now_ps, 7 * US);
    kernel_run_until(&p.k, EVENTS_NEVER - 1, false);
    nudge(HIGH);
    assert_int_equal(now_of(HIGH), 7 * US);
    assert_true(notify(HIGH, 11));
    assert_false(wait_for_any(HIGH));
    assert_wakes(LOW, BIT(1));
    assert_int_equal(horizon_of(LOW) > 100 * US, true); /* its old deadline is no more */
    assert_false(wait_for_any(LOW));
    assert_halts(KERNEL_QUIET);
}

/* A deadline is something to wait for; a budget that comes back is not. */
static void what_is_due(void **state)
{
    (void)state;
    begin_three();
    give_budget(HIGH, 100, 400);
    settle();
    assert_false(kernel_expects(&p.k));
    nudge(HIGH);
    assert_false(work_to_horizon(HIGH));
    kernel_run_until(&p.k, 200 * US, false);
    assert_halts(KERNEL_LIMIT);
    assert_int_equal(p.k.domains[HIGH].state, KERNEL_SPENT);
    assert_false(kernel_expects(&p.k));
    kernel_run_until(&p.k, 300 * US, false);
    nudge(LOW);
    assert_false(wait_until(LOW, 900 * US));
    assert_true(kernel_expects(&p.k));
}

/* A signal that is there already keeps it from waiting, and sets no deadline. */
static void deadline_not_needed(void **state)
{
    (void)state;
    begin_three();
    settle();
    nudge(HIGH);
    p.k.domains[HIGH].badge = BIT(12);
    assert_true(wait_until(HIGH, 9 * US));
    assert_woken(HIGH, BIT(12));
    assert_false(wait_for_any(HIGH));
    assert_halts(KERNEL_QUIET);
    assert_true(p.k.now_ps < 9 * US);
}

/* -- beginnings and ends -- */

static void settled_when_all_are_ready(void **state)
{
    (void)state;
    begin_three();
    boot();
    kernel_run_until(&p.k, 1000 * US, true);
    assert_runs(HIGH);
    assert_true(ask(HIGH, TURN_READY, 0));
    assert_false(wait_for_any(HIGH));
    assert_runs(MIDDLE);
    assert_true(ask(MIDDLE, TURN_READY, 0));
    assert_false(call(MIDDLE, 1, 0, 0)); /* as long as somebody works it is not over */
    assert_runs(HIGH);
    assert_false(reply(HIGH, 0, 0));
    assert_runs(MIDDLE);
    assert_false(wait_for_any(MIDDLE));
    assert_runs(LOW);
    work(LOW, 3 * US);
    assert_false(wait_until(LOW, 10 * US)); /* before it is ready */
    assert_runs(LOW);
    assert_true(ask(LOW, TURN_READY, 0));
    assert_false(wait_until(LOW, 20 * US));
    assert_halts(KERNEL_SETTLED);
    assert_int_equal(p.k.now_ps, 10 * US);
    kernel_run_until(&p.k, EVENTS_NEVER - 1, false);
    assert_runs(LOW);
    assert_int_equal(now_of(LOW), 20 * US);
}

/* Who has died in init() holds nobody up. */
static void settled_without_the_dead(void **state)
{
    (void)state;
    begin_three();
    boot();
    kernel_run_until(&p.k, 1000 * US, true);
    assert_runs(HIGH);
    kernel_died(&p.k, HIGH);
    assert_runs(MIDDLE);
    assert_false(ask(MIDDLE, TURN_STOP, 0));
    assert_runs(LOW);
    assert_true(ask(LOW, TURN_READY, 0));
    assert_false(wait_for_any(LOW));
    assert_halts(KERNEL_SETTLED);
}

/* Who waits for its budget has more to do. */
static void not_settled_while_spent(void **state)
{
    (void)state;
    begin_three();
    give_budget(HIGH, 100, 400);
    boot();
    kernel_run_until(&p.k, 10000 * US, true);
    assert_runs(HIGH);
    assert_true(ask(HIGH, TURN_READY, 0));
    assert_false(work_to_horizon(HIGH));
    assert_runs(MIDDLE);
    assert_true(ask(MIDDLE, TURN_READY, 0));
    assert_false(wait_for_any(MIDDLE));
    assert_runs(LOW);
    assert_true(ask(LOW, TURN_READY, 0));
    assert_false(wait_for_any(LOW));
    assert_runs(HIGH);
    assert_int_equal(now_of(HIGH), 380 * US);
    assert_false(wait_for_any(HIGH));
    assert_halts(KERNEL_SETTLED);
}

/* Nor while a signal is under way to another core. */
static void not_settled_while_signals_travel(void **state)
{
    (void)state;
    played_begin(2);
    p.platform.cross_core_ns = 1000;
    add_pd(100, 0);
    add_pd(100, 1);
    add_link(0, 1, 1, 1, false);
    boot();
    kernel_run_until(&p.k, 10000 * US, true);
    for (uint32_t pd = who_runs(); pd != KERNEL_NONE; pd = who_runs()) {
        if (!p.k.domains[pd].ready) {
            ask(pd, TURN_READY, 0);
        } else if (pd == 0) {
            wait_with(pd, TURN_DEFERRED_NOTIFY, 1);
        } else {
            wait_for_any(pd);
        }
    }
    assert_int_equal(p.k.halt, KERNEL_SETTLED);
    assert_int_equal(p.k.now_ps, US);
    assert_woken(1, BIT(1));
}

static void limit(void **state)
{
    (void)state;
    begin_three();
    settle();
    nudge(LOW);
    kernel_run_until(&p.k, 10 * US, false);
    assert_runs(LOW);
    assert_int_equal(horizon_of(LOW), 10 * US);
    assert_false(work_to_horizon(LOW));
    assert_halts(KERNEL_LIMIT);
    assert_int_equal(p.k.now_ps, 10 * US);
    kernel_run_until(&p.k, 20 * US, false);
    assert_runs(LOW);
    assert_int_equal(now_of(LOW), 10 * US);
    assert_int_equal(horizon_of(LOW), 20 * US);
    assert_false(wait_until(LOW, 20 * US + 1));
    assert_halts(KERNEL_LIMIT);
    assert_int_equal(p.k.now_ps, 20 * US);
    /* What is due at the limit itself happens, but nobody acts on it. */
    unsigned wakes = told(KERNEL_EVENT_WAKE, LOW);
    kernel_run_until(&p.k, 20 * US + 1, false);
    assert_halts(KERNEL_LIMIT);
    assert_int_equal(p.k.domains[LOW].state, KERNEL_READY);
    assert_int_equal(told(KERNEL_EVENT_WAKE, LOW), wakes);
    kernel_run_until(&p.k, 30 * US, false);
    assert_runs(LOW);
    assert_int_equal(now_of(LOW), 20 * US + 1);
}

static void host_has_had_enough(void **state)
{
    (void)state;
    begin_three();
    settle();
    nudge(LOW);
    p.enough = true;
    unsigned turns = 0;
    while (ask(LOW, TURN_TICK, 0)) {
        turns++;
        assert_true(turns < 100000);
    }
    assert_halts(KERNEL_HOST);
    assert_int_equal(p.looks, 1);
}

static void end_is_for_good(void **state)
{
    (void)state;
    begin_three();
    settle();
    nudge(LOW);
    assert_false(ask(LOW, TURN_END, 0));
    assert_halts(KERNEL_QUIET);
    kernel_run_until(&p.k, EVENTS_NEVER - 1, false);
    nudge(HIGH);
    assert_true(notify(HIGH, 11));
    assert_false(wait_for_any(HIGH));
    kernel_nudge(&p.k, LOW);
    assert_halts(KERNEL_QUIET);
}

static void cycles(void **state)
{
    struct platform platform = {.clock_hz = 1000000000};

    (void)state;
    assert_int_equal(kernel_ps(&platform, 0), 0);
    assert_int_equal(kernel_ps(&platform, 517), 517000);
    platform.clock_hz = 3000000000;
    assert_int_equal(kernel_ps(&platform, 1), 333);
    assert_int_equal(kernel_ps(&platform, 2), 667);                          /* to the nearest */
    assert_int_equal(kernel_ps(&platform, 3000000000000), 1000000000000000); /* a long time */
    platform.clock_hz = 1;
    assert_int_equal(kernel_ps(&platform, 3), 3000000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(signal_wakes_with_its_badge),
        T(later_signals_wait),
        T(signals_before_the_first_wait),
        T(channels_it_does_not_have),
        T(deferred_goes_with_the_wait),
        T(deferred_though_it_goes_on),
        T(deferred_goes_before_the_reply),
        T(masked_until_acknowledged),
        T(level_fires_again),
        T(acknowledgement_deferred),
        T(pending_before_ready),
        T(interrupt_is_charged_to_the_driver),
        T(interrupts_may_be_late),
        T(lines_of_two_devices),
        T(unknown_lines),
        T(register_access),
        T(device_with_wishes),
        T(idle_write),
        T(device_in_a_hurry),
        T(drain),
        T(call_and_answer),
        T(signals_to_a_caller),
        T(busy_callee),
        T(callers_take_turns),
        T(nested_calls),
        T(message_lengths),
        T(reply_to_nobody),
        T(deadlines),
        T(what_is_due),
        T(deadline_not_needed),
        T(settled_when_all_are_ready),
        T(settled_without_the_dead),
        T(not_settled_while_spent),
        T(not_settled_while_signals_travel),
        T(limit),
        T(host_has_had_enough),
        T(end_is_for_good),
        T(cycles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
