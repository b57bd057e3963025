/* SPDX-License-Identifier: BSD-2-Clause */
/* Every term is its own sum, kept by client, place and reason; and expectations read exactly those.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#undef expect_check /* cmocka's, for mocks, of which there are none here */

#include "sim/observe/report.h"
#include "tests/unit/judged_plan.h"

static struct judged j;
static struct account account;
static struct findings two_findings, no_findings;
static struct report_pd pds[PDS];
static struct report_latency latency[PDS];
static struct report_queue queues[2 * LINKS];
static struct report_cycles cycles[PDS];
static const struct report_cpu cpu = {
    .utilisation_ppm = 123456, .packets = 7, .cycles_per_packet = 2345, .pds = cycles};
static const struct report_counter counters[] = {
    {"in_bytes", 1}, {"achieved_bps", 957}, {"rtt_mean_ns", 41}, {"offered_bps", 1000}};
static const struct report_device devices[] = {{counters, 4}};

static const struct report_check checks[2] = {
    {.name = "conservation", .findings = &two_findings},
    {.name = "dma", .findings = &no_findings},
};
static const char *const check_names[2] = {"conservation", "dma"};

static int start(void **state)
{
    (void)state;
    judged_init(&j);
    account_init(&account, &j.plan);
    two_findings = (struct findings){.count = 1, .lost = 1};
    memset(pds, 0, sizeof pds);
    memset(latency, 0, sizeof latency);
    memset(queues, 0, sizeof queues);
    memset(cycles, 0, sizeof cycles);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    judged_finish(&j);
    return 0;
}

static void tell(enum probe_kind kind, uint32_t pd, uint32_t object, uint64_t a, uint64_t count)
{
    const struct probe p = {.kind = kind, .pd = pd, .object = object, .a = a, .count = count};

    account_event(&account, &p);
}

static void tell_all(void)
{
    tell(PROBE_FRAME_IN, ETH0, 0, 60, 100);
    tell(PROBE_FRAME_SENT, PLAN_NONE, ACTIVE(LINK_TX0), 0, 20);
    tell(PROBE_FRAME_SENT, CLIENT1, PLAN_NONE, 0, 3);
    tell(PROBE_FRAME_COPIED, VIRT_RX, PLAN_NONE, 0, 4);
    tell(PROBE_FRAME_DELIVERED, PLAN_NONE, ACTIVE(LINK_RX0), 0, 70);
    tell(PROBE_FRAME_DELIVERED, PLAN_NONE, ACTIVE(LINK_RX1), 0, 16);
    tell(PROBE_FRAME_OUT, ETH0, 0, 0, 22);
    tell(PROBE_FRAME_DROPPED, VIRT_RX, PLAN_NONE, DROP_NO_MATCH, 5);
    tell(PROBE_FRAME_DROPPED, COPIER0, PLAN_NONE, DROP_NO_BUFFER, 6);
    tell(PROBE_FRAME_DROPPED, COPIER0, PLAN_NONE, DROP_INVALID, 1);
    tell(PROBE_FRAME_IN_FLIGHT, PLAN_NONE, ACTIVE(LINK_RX0), PLACE_QUEUE, 7);
}

static void every_term_is_its_own_sum(void **state)
{
    (void)state;
    tell_all();
    assert_int_equal(account.in, 100);
    assert_int_equal(account.sent, 23);
    assert_int_equal(account.copied, 4);
    assert_int_equal(account.delivered, 86);
    assert_int_equal(account.out, 22);
    assert_int_equal(account.dropped, 12);
    assert_int_equal(account.in_flight, 7);
    assert_int_equal(account.delivered_to[CLIENT0], 70);
    assert_int_equal(account.delivered_to[CLIENT1], 16);
    assert_int_equal(account.sent_by[CLIENT0], 20);
    assert_int_equal(account.sent_by[CLIENT1], 3);
    assert_int_equal(account.dropped_at[COPIER0][DROP_NO_BUFFER], 6);
    assert_int_equal(account.in_flight_at[PLACE_QUEUE], 7);
    assert_true(account_balanced(&account));
    tell(PROBE_FRAME_OUT, ETH0, 0, 0, 1);
    assert_false(account_balanced(&account));
}

static void each_term_tips_the_balance(void **state)
{
    (void)state;
    for (enum probe_kind kind = PROBE_FRAME_IN; kind <= PROBE_FRAME_IN_FLIGHT; kind++) {
        account_init(&account, &j.plan);
        tell(kind, CLIENT0, 0, 0, 1);
        assert_false(account_balanced(&account));
    }
}

static void what_names_nothing_is_summed_nowhere_else(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < PROBE_COUNT; kind++) {
        tell((enum probe_kind)kind, PLAN_NONE, PLAN_NONE, UINT64_MAX, 1);
    }
    tell(PROBE_FRAME_DROPPED, PDS, PLAN_NONE, DROP_COUNT, 1);
    tell(PROBE_FRAME_SENT, PDS, 2 * LINKS, 0, 1);
    tell(PROBE_FRAME_IN_FLIGHT, PDS, 2 * LINKS, ACCOUNT_PLACES, 1);
    tell(PROBE_FAULT_ACTED, PDS, 0, 0, 1); /* there is none */
    assert_int_equal(account.acted[0], 0);
    assert_int_equal(account.sent_by[PDS], 2);
    assert_int_equal(account.dropped_at[PDS][DROP_UNEXPLAINED], 2);
    assert_int_equal(account.delivered_to[PDS], 1);
    assert_true(account.ended);
}

/* -- expectations -- */

static const struct type_view stop_view = {.name = "stop"};

static void expect(const char *text, const char *name, int op, int64_t value)
{
    struct scenario_expect *e = &j.expects[j.scenario.expect_count++];

    *e = (struct scenario_expect){.text = text, .name = name, .value = value};
    e->op = op;
}

static struct report_input input(void)
{
    return (struct report_input){.plan = &j.plan,
                                 .account = &account,
                                 .checks = checks,
                                 .check_count = 2,
                                 .pds = pds,
                                 .devices = devices,
                                 .queues = queues,
                                 .latency = latency,
                                 .cpu = &cpu};
}

static void every_name_reads_its_own_number(void **state)
{
    static const struct {
        const char *name;
        int64_t value;
    } names[] = {
        {"in", 100},
        {"sent", 23},
        {"copied", 4},
        {"delivered", 86},
        {"delivered.client0", 70},
        {"client1.rx_frames", 16},
        {"client0.tx_frames", 20},
        {"out", 22},
        {"dropped", 12},
        {"dropped.client0_copier", 7},
        {"dropped.client0_copier.no_buffer", 6},
        {"dropped.eth0.runt", 0},
        {"in_flight", 7},
        {"findings", 2},
        {"findings.conservation", 2},
        {"findings.dma", 0},
        {"acted", 9},
        {"acted.0", 9},
        {"net0_driver.entries", 41},
        {"net0_driver.notified", 42},
        {"net0_driver.signals_sent", 43},
        {"net0_driver.faults", 44},
        {"latency.client1.p50_ns", 50},
        {"latency.client1.p99_ns", 99},
        {"latency.client1.p999_ns", 999},
        {"latency.client1.max_ns", 1000},
        {"eth0.offered_bps", 1000},
        {"eth0.achieved_bps", 957},
        {"eth0.rtt_mean_ns", 41},
        {"client1.rx.active.max_length", 8},
        {"net0.tx.free.max_length", 3},
        {"client1.cycles", 77},
        {"cpu.utilisation_ppm", 123456},
        {"cpu.cycles_per_packet", 2345},
    };

    (void)state;
    j.scenario.fault_count = 1;
    j.faults[0] = (struct scenario_fault){.type = &stop_view};
    account_init(&account, &j.plan);
    tell_all();
    tell(PROBE_FAULT_ACTED, CLIENT1, 0, 0, 9);
    pds[DRIVER] =
        (struct report_pd){.entries = 41, .notified = 42, .signals_sent = 43, .faults = 44};
    latency[CLIENT1] = (struct report_latency){9, 50, 99, 999, 1000};
    queues[ACTIVE(LINK_RX1)] = (struct report_queue){.max_length = 8, .known = true};
    queues[FREE(LINK_NET_TX)] = (struct report_queue){.max_length = 3, .known = true};
    cycles[CLIENT1].total = 77;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct report_input in = input();

        j.scenario.expect_count = 0;
        expect("", names[i].name, EXPECT_EQ, names[i].value);
        expect("", names[i].name, EXPECT_NE, names[i].value);
        assert_true(expect_check(&j.plan, check_names, 2, &j.diag));
        const struct expect_result *r = expect_judge(&in);
        assert_true(r[0].known);
        assert_int_equal(r[0].value, names[i].value);
        assert_true(r[0].holds);
        assert_false(r[1].holds);
    }
}

static void each_comparison_is_what_it_says(void **state)
{
    static const struct {
        int op;
        bool less, equal, more; /* does 100 OP that hold, where 100 is less, equal, more? */
    } ops[] = {{EXPECT_EQ, false, true, false}, {EXPECT_NE, true, false, true},
               {EXPECT_LT, true, false, false}, {EXPECT_LE, true, true, false},
               {EXPECT_GT, false, false, true}, {EXPECT_GE, false, true, true}};

    (void)state;
    tell(PROBE_FRAME_IN, ETH0, 0, 0, 100);
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        const struct report_input in = input();

        j.scenario.expect_count = 0;
        expect("", "in", ops[i].op, 101);
        expect("", "in", ops[i].op, 100);
        expect("", "in", ops[i].op, 99);
        const struct expect_result *r = expect_judge(&in);
        assert_int_equal(r[0].holds, ops[i].less);
        assert_int_equal(r[1].holds, ops[i].equal);
        assert_int_equal(r[2].holds, ops[i].more);
    }
}

static void what_was_not_measured_does_not_hold(void **state)
{
    static const char *const names[] = {
        "latency.client0.p50_ns", "client0.entries",     "client0.rx.active.max_length",
        "eth0.achieved_bps",      "cpu.utilisation_ppm", "client0.cycles",
    };
    struct report_input in = input();

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        expect("", names[i], EXPECT_GE, 0);
    }
    in.pds = NULL;
    in.devices = NULL;
    in.queues = NULL;
    in.cpu = NULL;
    const struct expect_result *r = expect_judge(&in);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_false(r[i].known || r[i].holds);
    }
}

static void what_was_measured_of_others_is_not_known_of_one(void **state)
{
    static const struct report_cpu idle = {.pds = cycles};
    struct report_input in = input();

    (void)state;
    expect("", "client0.rx.active.max_length", EXPECT_GE, 0); /* of which nobody tells */
    expect("", "eth0.rtt_max_ns", EXPECT_GE, 0);              /* not among its counters */
    expect("", "cpu.cycles_per_packet", EXPECT_GE, 0);        /* of no packets */
    expect("", "cpu.utilisation_ppm", EXPECT_EQ, 0);
    in.cpu = &idle;
    const struct expect_result *r = expect_judge(&in);
    assert_false(r[0].known || r[1].known || r[2].known);
    assert_true(r[3].known && r[3].holds);
}

static void an_unknown_name_is_told_before_the_run(void **state)
{
    char *text = NULL;
    size_t size = 0;

    (void)state;
    expect("", "droped", EXPECT_EQ, 0);
    expect("", "clint0.rx_frames", EXPECT_EQ, 0);
    expect("", "dropped.eth0.no_descripter", EXPECT_EQ, 0);
    expect("", "delivered.net0_driver", EXPECT_EQ, 0); /* no endpoint */
    expect("", "findings.drops", EXPECT_EQ, 0);        /* turned off */
    expect("", "acted.0", EXPECT_EQ, 0);               /* no such fault */
    assert_false(expect_check(&j.plan, check_names, 2, &j.diag));
    assert_int_equal(j.diag.errors, 6);
    FILE *to = open_memstream(&text, &size);
    diag_print(&j.diag, to);
    fclose(to);
    assert_non_null(strstr(text, "\"droped\" is no number of this run; did you mean \"dropped\"?"));
    assert_non_null(strstr(text, "did you mean \"client0.rx_frames\"?"));
    assert_non_null(strstr(text, "did you mean \"dropped.eth0.no_descriptor\"?"));
    free(text);
}

static void none_wanted_is_none_judged(void **state)
{
    const struct report_input in = input();

    (void)state;
    assert_true(expect_check(&j.plan, check_names, 2, &j.diag));
    assert_null(expect_judge(&in));
}

int main(void)
{
#define ACCOUNT(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        ACCOUNT(every_term_is_its_own_sum),
        ACCOUNT(each_term_tips_the_balance),
        ACCOUNT(what_names_nothing_is_summed_nowhere_else),
        ACCOUNT(every_name_reads_its_own_number),
        ACCOUNT(each_comparison_is_what_it_says),
        ACCOUNT(what_was_not_measured_does_not_hold),
        ACCOUNT(what_was_measured_of_others_is_not_known_of_one),
        ACCOUNT(an_unknown_name_is_told_before_the_run),
        ACCOUNT(none_wanted_is_none_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
