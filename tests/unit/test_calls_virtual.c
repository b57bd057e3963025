/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a domain pays in virtual time, and how it asks: every operation costs what the platform says
 * it does, the clock never passes the horizon without leave, and a system call arrives at whoever
 * carries it out with all that belongs to it. That one is played here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sim/base/rng.h"
#include "sim/exec/domain.h"

#define NS 1000ull /* in picoseconds: a cycle of this platform */

static const struct platform_image images[] = {{.image = "network/busy",
                                                .wake = 700,
                                                .notified = 30,
                                                .dequeue = 11,
                                                .enqueue = 13,
                                                .byte_milli = 250}};

static struct platform platform;
static struct domain domain;
static struct plan_pd pds[2] = {{.kind = PD_IMAGE}, {.kind = PD_DEVICE}};
static struct plan plan = {.pds = pds, .pd_count = 2};
static struct pd_page *page;
static struct turn *turn;

/* What was asked, in order, as it was asked. */
enum { ASKED = 256 };
static struct turn asked[ASKED];
static unsigned asked_count, ticks, drains;
static uint64_t slack_ps;     /* how far the next horizon is */
static uint64_t preempted_ps; /* how long somebody else runs at each tick */
static void (*answer)(struct turn *t);

static void request(void *context)
{
    assert_ptr_equal(context, &domain);
    assert_true(turn->now_ps <= turn->horizon_ps);
    if (turn->request == TURN_TICK) {
        assert_int_equal(turn->now_ps, turn->horizon_ps);
        ticks++;
        turn->now_ps += turn->rest_ps + preempted_ps;
        turn->rest_ps = 0;
    } else {
        assert_true(turn->now_ps < turn->horizon_ps);
        assert_true(asked_count < ASKED);
        asked[asked_count++] = *turn;
        if (answer != NULL) {
            answer(turn);
        }
    }
    turn->horizon_ps = turn->now_ps + slack_ps;
}

static uint64_t now(void *context)
{
    (void)context;
    return turn->now_ps / 1000;
}

static void end_it(void *context) __attribute__((noreturn));

static void end_it(void *context)
{
    (void)context;
    fail_msg("nobody has told it to end");
    abort();
}

static void drain(void *context)
{
    assert_ptr_equal(context, &domain);
    drains++;
}

static const struct domain_exec exec = {.context = &domain,
                                        .request = request,
                                        .now = now,
                                        .stamp = now,
                                        .drain = drain,
                                        .end = end_it};

static void begin_as(const char *image)
{
    platform.clock_hz = 1000000000;
    platform.line_bytes = 64;
    platform.images = images;
    platform.image_count = 1;
    memset(&domain, 0, sizeof domain);
    page = calloc(1, sizeof *page);
    domain.page = page;
    domain.plan = &plan;
    domain.exec = &exec;
    domain.timeout_ns = DOMAIN_FOREVER;
    domain_current = &domain;
    calls_virtual_init(&domain, &platform, image);
    calls_virtual_hook(&domain);
    turn = domain.turn;
    turn->horizon_ps = slack_ps = 1000000 * NS;
    asked_count = ticks = drains = 0;
    preempted_ps = 0;
    answer = NULL;
}

static int end(void **state)
{
    (void)state;
    free(page);
    page = NULL;
    sddfsim_point_hook = NULL;
    domain_current = NULL;
    memset(&platform, 0, sizeof platform);
    return 0;
}

/* How far its clock moves at a point. */
static uint64_t cost_ps(enum point_op op, uint64_t where, uint64_t units)
{
    uint64_t before_ps = turn->now_ps;

    point(op, (const volatile void *)(uintptr_t)where, units);
    return turn->now_ps - before_ps;
}

static uint64_t window(void)
{
    return PLAN_WINDOW_BASE + domain.pd * PLAN_WINDOW_BYTES;
}

/* -- points -- */

static void each_operation_has_its_cost(void **state)
{
    (void)state;
    for (unsigned op = 0; op < POINT_OPS; op++) {
        platform.op[op] = 100 + op;
    }
    begin_as("network/idle");
    for (unsigned op = 0; op < POINT_OPS; op++) {
        assert_int_equal(cost_ps(op, window(), 0), (100 + op) * NS);
        assert_int_equal(turn->account.op_count[op], 1);
        assert_int_equal(turn->account.op_ps[op], (100 + op) * NS);
    }
    assert_int_equal(asked_count, 0);
}

/* More for some, where images are built with them. */
static void barriers(void **state)
{
    static const bool dearer[POINT_OPS] = {[POINT_ENQUEUE] = true,
                                           [POINT_DEQUEUE] = true,
                                           [POINT_REQUEST] = true,
                                           [POINT_REQUIRE] = true};

    (void)state;
    platform.barrier = 30;
    platform.barriers = false;
    begin_as("network/idle");
    assert_int_equal(cost_ps(POINT_ENQUEUE, window(), 1), 0);
    free(page);
    platform.barriers = true;
    begin_as("network/idle");
    for (unsigned op = 0; op < POINT_OPS; op++) {
        assert_int_equal(cost_ps(op, window(), 0), dearer[op] ? 30 * NS : 0);
    }
}

static void work_of_an_image(void **state)
{
    (void)state;
    begin_as("network/busy");
    assert_int_equal(cost_ps(POINT_ENQUEUE, window(), 1), 13 * NS);
    assert_int_equal(cost_ps(POINT_DEQUEUE, window(), 1), 11 * NS);
    assert_int_equal(cost_ps(POINT_REQUIRE, window(), 1), 0);
    calls_virtual_pay_frame(&domain, 1472);
    assert_int_equal(turn->now_ps, (13 + 11 + 368) * NS);
    assert_int_equal(turn->account.work_ps[TURN_WORK_BYTES], 368 * NS);
    free(page);
    begin_as("network/idle");
    calls_virtual_pay_frame(&domain, 1472);
    assert_int_equal(turn->now_ps, 0);
}

static void bytes_and_lines(void **state)
{
    (void)state;
    platform.copy_byte_milli = 125;
    platform.clean_line_milli = 20000;
    platform.invalidate_line_milli = 30000;
    begin_as("network/idle");
    assert_int_equal(cost_ps(POINT_COPY, window(), 0), 0);
    assert_int_equal(cost_ps(POINT_COPY, window(), 8), NS);
    assert_int_equal(cost_ps(POINT_COPY, window() + 60, 1600), 200 * NS);
    assert_int_equal(cost_ps(POINT_CACHE_CLEAN, window(), 0), 0);
    assert_int_equal(cost_ps(POINT_CACHE_CLEAN, window(), 1), 20 * NS);
    assert_int_equal(cost_ps(POINT_CACHE_CLEAN, window(), 64), 20 * NS);
    assert_int_equal(cost_ps(POINT_CACHE_CLEAN, window(), 65), 40 * NS);
    assert_int_equal(cost_ps(POINT_CACHE_CLEAN, window() + 63, 2), 40 * NS);
    assert_int_equal(cost_ps(POINT_CACHE_CLEAN, window() + 63, 66), 60 * NS);
    assert_int_equal(cost_ps(POINT_CACHE_INVALIDATE, window() + 64, 64), 30 * NS);
    assert_int_equal(cost_ps(POINT_CACHE_INVALIDATE, window() + 65, 64), 60 * NS);
    /* What does not go by the byte has no part in that. */
    assert_int_equal(cost_ps(POINT_MMIO_WRITE, window(), 8), 0);
}

/* Of a copy it is where the bytes come from that counts. */
static void copies_out_of_uncached_memory(void **state)
{
    struct plan_region regions[] = {{.name = "cached", .bytes = 4096},
                                    {.name = "uncached", .bytes = 4096, .uncached = true}};
    struct plan_map maps[] = {
        {.pd = 0, .region = 0}, {.pd = 0, .region = 1}, {.pd = 1, .region = 1}};
    struct plan before = plan;

    (void)state;
    platform.copy_byte_milli = 125;
    platform.copy_uncached_byte_milli = 4000;
    plan.regions = regions;
    plan.maps = maps;
    plan.region_count = 2;
    plan.map_count = 3;
    begin_as("network/idle");
    maps[0].vaddr = window() + 0x1000;
    maps[1].vaddr = window() + 0x3000;
    maps[2].vaddr = window() + 0x5000; /* another's */
    assert_int_equal(cost_ps(POINT_COPY, window() + 0x1000, 800), 100 * NS);
    assert_int_equal(cost_ps(POINT_COPY, window() + 0x3000, 800), 3200 * NS);
    assert_int_equal(cost_ps(POINT_COPY, window() + 0x3fff, 8), 32 * NS);
    assert_int_equal(cost_ps(POINT_COPY, window() + 0x4000, 8), NS);
    assert_int_equal(cost_ps(POINT_COPY, window() + 0x5000, 8), NS);
    plan = before;
}

/* The digest of what it did: which operation, where, on how much. An address that is not the
 * plan's is another in every run, and no part of it. */
static void points_in_the_digest(void **state)
{
    uint64_t hashes[6];

    (void)state;
    begin_as("network/idle");
    static const struct {
        enum point_op op;
        uint64_t offset, units;
    } points[6] = {{POINT_ENQUEUE, 0, 1}, {POINT_DEQUEUE, 0, 1},  {POINT_ENQUEUE, 64, 1},
                   {POINT_ENQUEUE, 0, 2}, {POINT_COPY, 4096, 64}, {POINT_COPY, 4097, 64}};

    for (unsigned i = 0; i < 6; i++) {
        turn->hash = 1;
        point(points[i].op, (const volatile void *)(uintptr_t)(window() + points[i].offset),
              points[i].units);
        hashes[i] = turn->hash;
        for (unsigned k = 0; k < i; k++) {
            assert_int_not_equal(hashes[i], hashes[k]);
        }
    }
    int one, other[100];
    turn->hash = 1;
    point(POINT_COPY, &one, 4);
    uint64_t hash = turn->hash;
    turn->hash = 1;
    point(POINT_COPY, &other[50], 4);
    assert_int_equal(turn->hash, hash);
}

/* -- the horizon -- */

static void horizon_is_kept(void **state)
{
    (void)state;
    platform.op[POINT_ENQUEUE] = 100;
    begin_as("network/idle");
    turn->horizon_ps = 100 * NS + 1;
    assert_int_equal(cost_ps(POINT_ENQUEUE, window(), 1), 100 * NS);
    assert_int_equal(ticks, 0); /* just before it */
    turn->horizon_ps = 200 * NS;
    assert_int_equal(cost_ps(POINT_ENQUEUE, window(), 1), 100 * NS);
    assert_int_equal(ticks, 1); /* on it: whatever happens then happens first */
    turn->horizon_ps = 210 * NS;
    preempted_ps = 5 * NS;
    ticks = 0;
    uint64_t paid_ps = cost_ps(POINT_ENQUEUE, window(), 1);
    assert_true(ticks >= 1);
    assert_int_equal(paid_ps, 100 * NS + ticks * preempted_ps);
}

/* Whatever the horizons: all is paid, and nothing twice. */
static void all_is_paid(void **state)
{
    uint64_t paid_ps = 0;
    struct rng dice;

    (void)state;
    rng_init(&dice, 1, "test.calls");
    platform.copy_byte_milli = 1000;
    begin_as("network/idle");
    turn->horizon_ps = 1;
    for (unsigned i = 0; i < 5000; i++) {
        uint64_t bytes = rng_below(&dice, 300), before_ps = turn->now_ps;
        unsigned ticked = ticks;

        slack_ps = rng_between(&dice, 1, 90 * NS);
        preempted_ps = rng_below(&dice, 2) * NS;
        point(POINT_COPY, NULL, bytes);
        assert_true(turn->now_ps < turn->horizon_ps);
        assert_int_equal(turn->now_ps - before_ps, bytes * NS + (ticks - ticked) * preempted_ps);
        paid_ps += bytes * NS;
    }
    assert_int_equal(turn->account.op_ps[POINT_COPY], paid_ps);
    assert_true(ticks > 1000);
}

/* -- system calls -- */

static void entries_are_paid_before_they_act(void **state)
{
    (void)state;
    platform.entry[PLATFORM_NOTIFY] = 300;
    platform.entry[PLATFORM_ACK] = 200;
    platform.entry[PLATFORM_CALL] = 400;
    begin_as("network/idle");
    calls_virtual.notify(&domain, &domain.channels[7]);
    assert_int_equal(asked[0].request, TURN_NOTIFY);
    assert_int_equal(asked[0].channel, 7);
    assert_int_equal(asked[0].now_ps, 300 * NS);
    calls_virtual.ack(&domain, &domain.channels[61]);
    assert_int_equal(asked[1].request, TURN_ACK);
    assert_int_equal(asked[1].channel, 61);
    assert_int_equal(asked[1].now_ps, 500 * NS);
    calls_virtual.call(&domain, &domain.channels[0], 0);
    assert_int_equal(asked[2].now_ps, 900 * NS);
    assert_int_equal(turn->account.entry_count[PLATFORM_NOTIFY], 1);
    assert_int_equal(turn->account.entry_ps[PLATFORM_ACK], 200 * NS);
    assert_int_equal(turn->account.entry_ps[PLATFORM_CALL], 400 * NS);
}

/* What the kernel refuses is paid for as well, and asks nobody for anything. */
static void a_refusal_has_its_cost(void **state)
{
    (void)state;
    platform.entry[PLATFORM_NOTIFY] = 300;
    begin_as("network/idle");
    calls_virtual.refuse(&domain);
    assert_int_equal(turn->now_ps, 300 * NS);
    assert_int_equal(asked_count, 0);
}

/* Computing costs what it is told to, a part at a time, and the end may come between two. */
static void burning_costs_time(void **state)
{
    (void)state;
    begin_as("network/idle");
    calls_virtual.burn(&domain, 2500123);
    assert_int_equal(turn->now_ps, 2500123 * NS);
    assert_int_equal(asked_count, 0);
    slack_ps = 1000 * NS;
    turn->horizon_ps = turn->now_ps + slack_ps;
    calls_virtual.burn(&domain, 10000000);
    assert_int_equal(turn->now_ps, 12500123 * NS);
    assert_in_range(ticks, 2, 100); /* what is beyond a horizon passes in one */
}

static void answer_call(struct turn *t)
{
    for (unsigned i = 0; i < TURN_MRS; i++) {
        t->mrs[i] += 1000;
    }
    t->a = 4711;
}

static void messages(void **state)
{
    (void)state;
    platform.entry[PLATFORM_CALL] = 400;
    begin_as("network/idle");
    answer = answer_call;
    turn->horizon_ps = 100 * NS; /* a tick on the way must not harm it */
    for (unsigned i = 0; i < TURN_MRS; i++) {
        domain.mrs[i] = i;
    }
    assert_int_equal(calls_virtual.call(&domain, &domain.channels[3], 64), 4711);
    assert_int_equal(asked[0].request, TURN_CALL);
    assert_int_equal(asked[0].channel, 3);
    assert_int_equal(asked[0].a, 64);
    for (unsigned i = 0; i < TURN_MRS; i++) {
        assert_int_equal(asked[0].mrs[i], i);
        assert_int_equal(domain.mrs[i], 1000 + i);
    }
}

static void registers(void **state)
{
    (void)state;
    begin_as("network/idle");
    calls_virtual.mmio_write(&domain, 0x44, 4, 99);
    assert_int_equal(asked[0].request, TURN_MMIO_WRITE);
    assert_int_equal(asked[0].a, 0x44);
    assert_int_equal(asked[0].b, 4);
    assert_int_equal(asked[0].c, 99);
    answer = answer_call;
    assert_int_equal(calls_virtual.mmio_read(&domain, 0x48, 2), 4711);
    assert_int_equal(asked[1].request, TURN_MMIO_READ);
    assert_int_equal(asked[1].a, 0x48);
    assert_int_equal(asked[1].b, 2);
    assert_int_equal(asked[1].c, 0);
}

static void other_requests(void **state)
{
    (void)state;
    begin_as("network/idle");
    calls_virtual.ready(&domain);
    assert_int_equal(asked[0].request, TURN_READY);
    assert_int_equal(atomic_load(&page->ready), 1);
    calls_virtual.drain(&domain);
    assert_int_equal(asked[1].request, TURN_DRAIN);
    calls_virtual.stop(&domain);
    assert_int_equal(asked[2].request, TURN_STOP);
    assert_int_equal(drains, 0);
    domain.pd = 1; /* a device has no turn to ask in */
    calls_virtual.drain(&domain);
    assert_int_equal(drains, 1);
    assert_int_equal(asked_count, 3);
}

/* -- waiting -- */

static uint64_t next_badge;

static void answer_badge(struct turn *t)
{
    assert_int_equal(atomic_load(&page->state), PD_IDLE);
    t->badge = next_badge;
    t->is_call = 0;
    t->now_ps += 1000 * NS; /* it waited so long */
}

static void answer_with_call(struct turn *t)
{
    t->badge = 0;
    t->is_call = 1;
    t->call = 5;
    t->a = 2;
    t->mrs[0] = 31;
}

static void wait_and_wake(void **state)
{
    (void)state;
    platform.entry[PLATFORM_WAIT] = 250;
    begin_as("network/busy");
    answer = answer_badge;
    next_badge = 1ull << 61 | 3;
    struct domain_wake wake = calls_virtual.next(&domain);
    assert_int_equal(wake.badge, next_badge);
    assert_int_equal(wake.call, PLAN_CHANNELS_MAX);
    assert_int_equal(asked[0].request, TURN_WAIT);
    assert_int_equal(asked[0].now_ps, 250 * NS);
    assert_int_equal(asked[0].deferred, TURN_DEFERRED_NONE);
    assert_true(asked[0].deadline_ps == UINT64_MAX);
    /* 700 for the wake-up, 30 for each of three. */
    assert_int_equal(turn->now_ps, (250 + 1000 + 700 + 90) * NS);
    assert_int_equal(turn->account.work_ps[TURN_WORK_WAKE], 790 * NS);
    assert_int_equal(atomic_load(&page->state), PD_RUNNING);
}

static void deferred_goes_along_once(void **state)
{
    (void)state;
    begin_as("network/idle");
    answer = answer_badge;
    next_badge = 1;
    domain.deferred.kind = DEFERRED_NOTIFY;
    domain.deferred.channel = 9;
    calls_virtual.next(&domain);
    assert_int_equal(asked[0].deferred, TURN_DEFERRED_NOTIFY);
    assert_int_equal(asked[0].deferred_channel, 9);
    assert_int_equal(atomic_load(&page->signals_sent), 1);
    domain.deferred.kind = DEFERRED_ACK;
    domain.deferred.channel = 4;
    calls_virtual.next(&domain);
    assert_int_equal(asked[1].deferred, TURN_DEFERRED_ACK);
    assert_int_equal(asked[1].deferred_channel, 4);
    assert_int_equal(atomic_load(&page->signals_sent), 1);
    calls_virtual.next(&domain);
    assert_int_equal(asked[2].deferred, TURN_DEFERRED_NONE);
}

/* The answer to a call goes out with the next wait, whatever is paid in between. */
static void answer_goes_with_the_wait(void **state)
{
    (void)state;
    platform.entry[PLATFORM_REPLY] = 500;
    platform.entry[PLATFORM_WAIT] = 250;
    begin_as("network/busy");
    answer = answer_with_call;
    struct domain_wake wake = calls_virtual.next(&domain);
    assert_int_equal(wake.badge, 0);
    assert_int_equal(wake.call, 5);
    assert_int_equal(calls_virtual.receive(&domain, &domain.channels[5]), 2);
    assert_int_equal(domain.mrs[0], 31);
    domain.mrs[0] = 32;
    uint64_t now_ps = turn->now_ps;
    calls_virtual.reply(&domain, &domain.channels[5], 1);
    assert_int_equal(asked_count, 1);
    turn->horizon_ps = now_ps + 100 * NS;
    calls_virtual.next(&domain);
    assert_int_equal(asked[1].request, TURN_REPLY);
    assert_int_equal(asked[1].a, 1);
    assert_int_equal(asked[1].mrs[0], 32);
    assert_int_equal(asked[1].now_ps, now_ps + 500 * NS);
    calls_virtual.next(&domain);
    assert_int_equal(asked[2].request, TURN_WAIT); /* once */
    assert_int_equal(turn->account.entry_count[PLATFORM_REPLY], 1);
    assert_int_equal(turn->account.entry_count[PLATFORM_WAIT], 2);
}

static unsigned empty_wakes;

static void answer_empty_at_first(struct turn *t)
{
    t->badge = empty_wakes-- > 0 ? 0 : 1;
    t->is_call = 0;
    t->now_ps += NS;
}

/* Woken to look around, and there is nothing: it waits again, and pays for that. */
static void woken_for_nothing(void **state)
{
    (void)state;
    platform.entry[PLATFORM_WAIT] = 250;
    begin_as("network/busy");
    answer = answer_empty_at_first;
    empty_wakes = 3;
    assert_int_equal(calls_virtual.next(&domain).badge, 1);
    assert_int_equal(asked_count, 4);
    assert_int_equal(turn->account.entry_count[PLATFORM_WAIT], 4);
    assert_int_equal(turn->account.work_ps[TURN_WORK_WAKE], 730 * NS);
}

static void answer_at_the_deadline(struct turn *t)
{
    t->badge = 0;
    t->is_call = 0;
    t->now_ps = t->deadline_ps;
}

static void its_timer(void **state)
{
    (void)state;
    begin_as("network/idle");
    answer = answer_at_the_deadline;
    domain.timeout_ns = 12345;
    domain.timer_channel = 6;
    assert_int_equal(calls_virtual.next(&domain).badge, 1 << 6);
    assert_int_equal(asked[0].deadline_ps, 12345 * NS);
    assert_true(domain.timeout_ns == DOMAIN_FOREVER);
    /* Times that picoseconds cannot say are never. */
    domain.timeout_ns = UINT64_MAX / 1000;
    answer = answer_badge;
    next_badge = 1;
    calls_virtual.next(&domain);
    assert_true(asked[1].deadline_ps == UINT64_MAX);
}

int main(void)
{
#define T(test) cmocka_unit_test_teardown(test, end)
    const struct CMUnitTest tests[] = {
        T(each_operation_has_its_cost),
        T(barriers),
        T(work_of_an_image),
        T(bytes_and_lines),
        T(copies_out_of_uncached_memory),
        T(points_in_the_digest),
        T(horizon_is_kept),
        T(all_is_paid),
        T(entries_are_paid_before_they_act),
        T(a_refusal_has_its_cost),
        T(burning_costs_time),
        T(messages),
        T(registers),
        T(other_requests),
        T(wait_and_wake),
        T(deferred_goes_along_once),
        T(answer_goes_with_the_wait),
        T(woken_for_nothing),
        T(its_timer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
