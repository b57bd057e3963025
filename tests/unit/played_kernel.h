/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_PLAYED_KERNEL_H
#define TESTS_UNIT_PLAYED_KERNEL_H
/*
 * A simulated kernel whose domains and devices are played by hand: a plan of just domains and
 * channels, a platform on which nothing costs anything until a test says so, and for each thing a
 * domain may ask one call that says what it expects. Whoever is told to run is asked for a second
 * time, and nothing must have changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sim/kernel/kernel.h"

#define BIT(channel)    (1ull << (channel))
#define US              1000000ull /* in picoseconds */
#define PLAYED_PDS      16u
#define PLAYED_CHANNELS 64u
#define PLAYED_DEVICES  2u
#define PLAYED_EVENTS   4096u
#define PLAYED_SLICE_PS (1000 * US)

/* Domains, for plays that have no better names for them. */
enum { A, B, C, D };

/* One test of a program that plays. */
#define T(test) cmocka_unit_test_teardown(test, played_end)

struct played {
    struct arena arena;
    struct plan plan;
    struct plan_pd pds[PLAYED_PDS];
    struct plan_channel channels[PLAYED_CHANNELS];
    struct plan_device devices[PLAYED_DEVICES];
    struct platform platform;
    struct turn *turns[PLAYED_PDS]; /* heap blocks, for sanitizers to see the end of */
    struct kernel k;
    struct played_device {
        uint64_t next_ps, hash, answer;
        void (*on_access)(uint32_t device);
        void (*on_step)(uint32_t device);
        unsigned accesses, steps;
        uint64_t at_ps, value; /* of the last access or step */
        uint32_t offset, idle_write;
        unsigned bytes;
        bool write;
    } device[PLAYED_DEVICES];
    unsigned drains, looks;
    bool enough;                               /* go_on() says no */
    struct kernel_event events[PLAYED_EVENTS]; /* the last ones */
    unsigned event_count;
    uint64_t sequence; /* of the last event */
    uint64_t told_ps;  /* the time of the last event: it never goes back */
};

static struct played p;

/* -- the devices -- */

static inline uint64_t played_access(void *context, uint32_t device, uint64_t now_ps, bool write,
                                     uint32_t offset, unsigned bytes, uint64_t value)
{
    struct played_device *d = &p.device[device];

    assert_ptr_equal(context, &p);
    assert_true(device < p.plan.device_count);
    d->accesses++;
    d->at_ps = now_ps;
    d->write = write;
    d->offset = offset;
    d->bytes = bytes;
    d->value = value;
    if (d->on_access != NULL) {
        d->on_access(device);
    }
    return d->answer;
}

static inline void played_step(void *context, uint32_t device, uint64_t now_ps)
{
    struct played_device *d = &p.device[device];

    assert_ptr_equal(context, &p);
    d->steps++;
    d->at_ps = now_ps;
    if (d->next_ps <= now_ps) {
        d->next_ps = EVENTS_NEVER;
    }
    if (d->on_step != NULL) {
        d->on_step(device);
    }
}

static inline void played_look(void *context, uint32_t device, struct kernel_device_state *out)
{
    struct played_device *d = &p.device[device];

    assert_ptr_equal(context, &p);
    *out = (struct kernel_device_state){
        .next_ps = d->next_ps, .hash = d->hash, .idle_write = d->idle_write};
    d->hash = 0;
}

static inline void played_drain(void *context)
{
    assert_ptr_equal(context, &p);
    p.drains++;
}

static inline bool played_go_on(void *context)
{
    assert_ptr_equal(context, &p);
    p.looks++;
    return !p.enough;
}

static const struct kernel_devices played_devices = {.context = &p,
                                                     .access = played_access,
                                                     .step = played_step,
                                                     .look = played_look,
                                                     .drain = played_drain,
                                                     .go_on = played_go_on};

static inline void played_listen(void *context, const struct kernel_event *e)
{
    assert_ptr_equal(context, &p);
    assert_true(e->kind < KERNEL_EVENT_KINDS);
    /* What only follows from what was told of before has the number of that. */
    assert_true(e->sequence == p.sequence + 1 ||
                (e->sequence == p.sequence && e->kind != KERNEL_EVENT_TURN));
    p.sequence = e->sequence;
    /* A core of a lower number may find that its turn is over just after the other's clock. */
    assert_true(e->at_ps + 1 >= p.told_ps);
    p.told_ps = e->at_ps > p.told_ps ? e->at_ps : p.told_ps;
    p.events[p.event_count++ % PLAYED_EVENTS] = *e;
}

/* How often something was told of a domain. */
static inline unsigned told(enum kernel_event_kind kind, uint32_t pd)
{
    unsigned count = 0;

    assert_true(p.event_count <= PLAYED_EVENTS);
    for (unsigned i = 0; i < p.event_count; i++) {
        count += p.events[i].kind == kind && p.events[i].pd == pd;
    }
    return count;
}

/* -- the plan -- */

static inline void played_begin(uint64_t cores)
{
    memset(&p, 0, sizeof p);
    p.plan = (struct plan){.pds = p.pds, .channels = p.channels, .devices = p.devices};
    p.platform = (struct platform){.clock_hz = 1000000000,
                                   .cores = cores,
                                   .refills = 2,
                                   .min_budget_ns = 20000,
                                   .timeslice_ns = PLAYED_SLICE_PS / 1000};
    for (unsigned i = 0; i < PLAYED_DEVICES; i++) {
        p.device[i].next_ps = EVENTS_NEVER;
        p.device[i].idle_write = UINT32_MAX;
    }
}

static inline int played_end(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < p.plan.pd_count; i++) {
        free(p.turns[i]);
    }
    arena_finish(&p.arena);
    memset(&p, 0, sizeof p);
    return 0;
}

static inline uint32_t add_pd(uint8_t priority, int cpu)
{
    uint32_t pd = p.plan.pd_count++;

    assert_true(pd < PLAYED_PDS);
    p.pds[pd] = (struct plan_pd){
        .name = "played", .kind = PD_IMAGE, .device = PLAN_NONE, .priority = priority, .cpu = cpu};
    return pd;
}

static inline void give_budget(uint32_t pd, uint64_t budget_us, uint64_t period_us)
{
    p.pds[pd].budget_ns = budget_us * 1000;
    p.pds[pd].period_ns = period_us * 1000;
}

/* Both may notify; `b_may_be_called` by a, too. */
static inline void add_link(uint32_t a, uint8_t a_id, uint32_t b, uint8_t b_id,
                            bool b_may_be_called)
{
    struct plan_channel *c = &p.channels[p.plan.channel_count++];

    assert_true(p.plan.channel_count <= PLAYED_CHANNELS);
    *c = (struct plan_channel){
        .kind = CHANNEL_PEER,
        .end = {{.pd = a, .id = a_id, .may_notify = true, .may_call = b_may_be_called},
                {.pd = b, .id = b_id, .may_notify = true}}};
}

static inline uint32_t add_device(uint32_t driver)
{
    uint32_t device = p.plan.device_count++, pd = add_pd(0, -1);

    assert_true(device < PLAYED_DEVICES);
    p.pds[pd].kind = PD_DEVICE;
    p.pds[pd].device = device;
    p.devices[device] = (struct plan_device){.name = "device", .pd = pd, .driver = driver};
    return device;
}

static inline void add_irq(uint32_t device, unsigned line, uint8_t id)
{
    p.channels[p.plan.channel_count++] = (struct plan_channel){
        .kind = CHANNEL_IRQ,
        .end = {{.pd = p.devices[device].pd}, {.pd = p.devices[device].driver, .id = id}},
        .irq_line = line};
}

static inline void add_timer(uint32_t pd, uint8_t id)
{
    p.channels[p.plan.channel_count++] = (struct plan_channel){
        .kind = CHANNEL_TIMER, .end = {{.pd = PLAN_NONE}, {.pd = pd, .id = id, .may_call = true}}};
}

/* From the plan: everybody is about to run init(). */
static inline void boot(void)
{
    for (uint32_t i = 0; i < p.plan.pd_count; i++) {
        p.turns[i] = calloc(1, sizeof *p.turns[i]);
        p.turns[i]->deadline_ps = EVENTS_NEVER;
    }
    kernel_init(&p.k, &p.plan, &p.platform, p.turns, &played_devices, &p.arena);
    p.k.listen = played_listen;
    p.k.listener = &p;
    p.sequence = p.k.sequence;
    kernel_run_until(&p.k, EVENTS_NEVER - 1, false);
}

/* -- playing domains -- */

/* The domain to run, asked for twice. */
static inline uint32_t who_runs(void)
{
    struct turn before;
    uint32_t pd = kernel_next(&p.k);
    uint64_t digest = p.k.digest, sequence = p.k.sequence;

    if (pd != KERNEL_NONE) {
        assert_true(pd < p.plan.pd_count);
        assert_int_equal(p.pds[pd].kind, PD_IMAGE);
        assert_int_equal(p.k.domains[pd].state, KERNEL_READY);
        assert_true(p.turns[pd]->now_ps < p.turns[pd]->horizon_ps);
        before = *p.turns[pd];
    }
    assert_int_equal(kernel_next(&p.k), pd);
    assert_int_equal(p.k.digest, digest);
    assert_int_equal(p.k.sequence, sequence);
    if (pd != KERNEL_NONE) {
        assert_memory_equal(&before, p.turns[pd], sizeof before);
    }
    return pd;
}

#define assert_runs(pd) assert_int_equal(who_runs(), pd)
/* Next is this one, and what has come to it meanwhile. */
#define assert_wakes(pd, channels)  \
    do {                            \
        assert_runs(pd);            \
        assert_woken(pd, channels); \
    } while (0)
#define assert_halts(why)                          \
    do {                                           \
        assert_int_equal(who_runs(), KERNEL_NONE); \
        assert_int_equal(p.k.halt, why);           \
    } while (0)

static inline uint64_t now_of(uint32_t pd)
{
    return p.turns[pd]->now_ps;
}

static inline uint64_t horizon_of(uint32_t pd)
{
    return p.turns[pd]->horizon_ps;
}

/* The one that runs is at work for so long. What it asks for must be before its horizon. */
static inline void work(uint32_t pd, uint64_t ps)
{
    p.turns[pd]->now_ps += ps;
    assert_true(now_of(pd) <= horizon_of(pd));
}

static inline bool ask(uint32_t pd, enum turn_request request, uint32_t channel)
{
    p.turns[pd]->request = request;
    p.turns[pd]->channel = channel;
    return kernel_request(&p.k, pd);
}

/* To the horizon, and so much more before it does anything. */
static inline bool work_beyond(uint32_t pd, uint64_t rest_ps)
{
    p.turns[pd]->now_ps = horizon_of(pd);
    p.turns[pd]->rest_ps = rest_ps;
    bool goes_on = ask(pd, TURN_TICK, 0);
    p.turns[pd]->rest_ps = 0;
    return goes_on;
}

static inline bool work_to_horizon(uint32_t pd)
{
    return work_beyond(pd, 0);
}

static inline bool notify(uint32_t pd, uint32_t channel)
{
    return ask(pd, TURN_NOTIFY, channel);
}

/* True: it goes on at once. */
static inline bool wait_until(uint32_t pd, uint64_t deadline_ps)
{
    bool goes_on;

    p.turns[pd]->deadline_ps = deadline_ps;
    goes_on = ask(pd, TURN_WAIT, 0);
    p.turns[pd]->deferred = TURN_DEFERRED_NONE;
    return goes_on;
}

static inline bool wait_with(uint32_t pd, enum turn_deferred deferred, uint32_t channel)
{
    p.turns[pd]->deferred = deferred;
    p.turns[pd]->deferred_channel = channel;
    return wait_until(pd, EVENTS_NEVER);
}

static inline bool wait_for_any(uint32_t pd)
{
    return wait_with(pd, TURN_DEFERRED_NONE, 0);
}

static inline bool call(uint32_t pd, uint32_t channel, uint64_t info, uint64_t first_word)
{
    p.turns[pd]->a = info;
    p.turns[pd]->mrs[0] = first_word;
    return ask(pd, TURN_CALL, channel);
}

static inline bool reply(uint32_t pd, uint64_t info, uint64_t first_word)
{
    p.turns[pd]->a = info;
    p.turns[pd]->mrs[0] = first_word;
    p.turns[pd]->deadline_ps = EVENTS_NEVER;
    bool goes_on = ask(pd, TURN_REPLY, 0);
    p.turns[pd]->deferred = TURN_DEFERRED_NONE;
    return goes_on;
}

static inline void assert_woken(uint32_t pd, uint64_t badge)
{
    assert_int_equal(p.turns[pd]->badge, badge);
    assert_int_equal(p.turns[pd]->is_call, 0);
}

static inline void assert_called(uint32_t pd, uint32_t channel, uint64_t info, uint64_t first_word)
{
    assert_int_equal(p.turns[pd]->badge, 0);
    assert_int_equal(p.turns[pd]->is_call, 1);
    assert_int_equal(p.turns[pd]->call, channel);
    assert_int_equal(p.turns[pd]->a, info);
    assert_int_equal(p.turns[pd]->mrs[0], first_word);
}

/* Everybody returns from init() and waits. */
static inline void settle(void)
{
    boot();
    for (uint32_t pd = who_runs(); pd != KERNEL_NONE; pd = who_runs()) {
        if (!p.k.domains[pd].ready) {
            ask(pd, TURN_READY, 0);
        } else {
            wait_for_any(pd);
        }
    }
    assert_int_equal(p.k.halt, KERNEL_QUIET);
    kernel_run_until(&p.k, EVENTS_NEVER - 1, false);
}

/* A domain that waits goes on with nothing. */
static inline void nudge(uint32_t pd)
{
    kernel_nudge(&p.k, pd);
    assert_wakes(pd, 0);
}
#endif
