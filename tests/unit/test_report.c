/* SPDX-License-Identifier: BSD-2-Clause */
/* The two reports of made-up runs: verdicts, keys, and what a person reads first. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#undef expect_check /* cmocka's, for mocks, of which there are none here */
#include <jansson.h>

#include "sim/observe/report.h"
#include "tests/unit/judged_plan.h"

static struct judged j;
static struct account account;
static struct findings delivery, drops;
static struct report_check checks[2];
static struct report_pd pds[PDS];
static struct report_queue queues[2 * LINKS];
static struct report_latency latency[PDS];
static const struct report_counter counters[] = {{"irqs", 12}, {"dma_reads", 34}};
static const struct report_device devices[] = {{counters, 2}};
static const char *const notes[] = {"Priorities, budgets and costs were not modelled.", NULL};
static const struct type_view index_view = {.name = "queue_index"};

static struct report_input in;

static void tell(enum probe_kind kind, uint32_t pd, uint32_t object, uint64_t a, uint64_t count)
{
    const struct probe p = {.kind = kind, .pd = pd, .object = object, .a = a, .count = count};

    account_event(&account, &p);
}

static int start(void **state)
{
    (void)state;
    judged_init(&j);
    j.scenario.fault_count = 1;
    j.faults[0] = (struct scenario_fault){.type = &index_view, .pd = "client1"};
    account_init(&account, &j.plan);
    delivery = (struct findings){.arena = &j.arena};
    drops = (struct findings){.arena = &j.arena};
    checks[0] = (struct report_check){"delivery", true, &delivery};
    checks[1] = (struct report_check){"drops", false, &drops};
    for (unsigned i = 0; i < PDS; i++) {
        pds[i] = (struct report_pd){.entries = 10 + i,
                                    .state = "idle",
                                    .confined = i != ETH0,
                                    .points = i == ETH0 ? NULL : "all",
                                    .told_by = "pd"};
    }
    memset(queues, 0, sizeof queues);
    queues[0] = (struct report_queue){.max_length = 3, .known = true};
    memset(latency, 0, sizeof latency);
    latency[CLIENT0] = (struct report_latency){70, 12345, 812, 1500000, 2000000000};
    tell(PROBE_FRAME_IN, ETH0, 0, 60, 100);
    tell(PROBE_FRAME_DELIVERED, PLAN_NONE, ACTIVE(LINK_RX0), 0, 70);
    tell(PROBE_FRAME_DELIVERED, PLAN_NONE, ACTIVE(LINK_RX1), 0, 25);
    tell(PROBE_FRAME_DROPPED, VIRT_RX, PLAN_NONE, DROP_NO_MATCH, 5);
    tell(PROBE_RUN_ENDED, PLAN_NONE, PLAN_NONE, RUN_QUIET, 1);
    in = (struct report_input){.plan = &j.plan,
                               .account = &account,
                               .clock = "host",
                               .executor = "process",
                               .platform = "generic",
                               .time_ns = 12345678,
                               .checks = checks,
                               .check_count = 2,
                               .pds = pds,
                               .devices = devices,
                               .queues = queues,
                               .latency = latency,
                               .notes = notes};
    return 0;
}

static int stop(void **state)
{
    (void)state;
    judged_finish(&j);
    return 0;
}

static void find_one(void)
{
    findings_add(&delivery, &(struct finding){.text = "net0_virt_rx gave client1, in "
                                                      "client1.rx.active, a frame for client0",
                                              .culprit = VIRT_RX,
                                              .victim = CLIENT0,
                                              .object = "client1.rx.active",
                                              .time_ns = 1500,
                                              .count = 3});
}

static void expect_one(bool known, bool holds, int64_t value)
{
    in.expects = arena_alloc(&j.arena, sizeof *in.expects);
    *in.expects = (struct expect_result){known, holds, value};
    j.expects[0] = (struct scenario_expect){.text = "dropped == 0"};
    j.scenario.expect_count = 1;
}

/* -- verdicts -- */

static void a_run_passes_by_what_was_judged(void **state)
{
    (void)state;
    assert_int_equal(report_run_verdict(&in), REPORT_PASS);
    in.check_count = 0;
    assert_int_equal(report_run_verdict(&in), REPORT_NONE);
    expect_one(true, true, 0);
    assert_int_equal(report_run_verdict(&in), REPORT_PASS);
    in.expects[0].holds = false;
    assert_int_equal(report_run_verdict(&in), REPORT_FAIL);
}

static void findings_fail_it_and_excuses_do_not(void **state)
{
    (void)state;
    findings_excuse(&drops, &(struct finding){.text = "x", .culprit = CLIENT1});
    assert_int_equal(report_run_verdict(&in), REPORT_PASS);
    drops.lost = 1;
    assert_int_equal(report_check_verdict(&in, &checks[1]), REPORT_FAIL);
    assert_int_equal(report_check_verdict(&in, &checks[0]), REPORT_PASS);
    assert_int_equal(report_run_verdict(&in), REPORT_FAIL);
}

static void unconfined_isolation_is_not_judged(void **state)
{
    (void)state;
    assert_int_equal(report_unconfined(&in), PLAN_NONE); /* a device needs no filter of its own */
    pds[CLIENT0].confined = false;
    assert_int_equal(report_unconfined(&in), CLIENT0);
    assert_int_equal(report_check_verdict(&in, &checks[0]), REPORT_NONE);
    assert_int_equal(report_check_verdict(&in, &checks[1]), REPORT_PASS);
    assert_int_equal(report_run_verdict(&in), REPORT_PASS);
    find_one();
    assert_int_equal(report_check_verdict(&in, &checks[0]), REPORT_FAIL);
}

static void a_run_cut_short_has_no_verdict_but_a_bad_one(void **state)
{
    (void)state;
    account.end = RUN_WALL;
    expect_one(true, false, 2);
    assert_int_equal(report_run_verdict(&in), REPORT_NONE);
    find_one();
    assert_int_equal(report_run_verdict(&in), REPORT_FAIL);
}

/* -- report.json -- */

static json_t *json_report(char **kept)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);

    assert_int_equal(report_json(&in, to), 0);
    fclose(to);
    assert_int_equal(text[size - 1], '\n');
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    if (kept != NULL) {
        *kept = text;
    } else {
        free(text);
    }
    return root;
}

static json_t *at(json_t *root, const char *path)
{
    char copy[256], *rest = copy;

    snprintf(copy, sizeof copy, "%s", path);
    for (char *key = strsep(&rest, "/"); key != NULL; key = strsep(&rest, "/")) {
        root = json_is_array(root) ? json_array_get(root, strtoul(key, NULL, 10))
                                   : json_object_get(root, key);
        if (root == NULL) {
            fail_msg("nothing at %s of %s", key, path);
        }
    }
    return root;
}

static void the_keys_are_there_in_their_order(void **state)
{
    static const char *const keys[] = {
        "scenario", "seed",    "clock",      "executor",   "platform", "verdict", "digest",
        "events",   "time_ns", "end",        "end_detail", "frames",   "cpu",     "pds",
        "devices",  "queues",  "latency_ns", "checks",     "expect",   "faults",  "notes"};
    json_t *root = json_report(NULL);
    size_t i = 0;
    const char *key;
    json_t *value;

    (void)state;
    json_object_foreach(root, key, value)
    {
        assert_string_equal(key, keys[i++]);
    }
    assert_int_equal(i, sizeof keys / sizeof keys[0]);
    json_decref(root);
}

static void the_numbers_are_under_their_names(void **state)
{
    (void)state;
    find_one();
    expect_one(true, false, 5);
    tell(PROBE_FAULT_ACTED, CLIENT1, 0, 0, 2);
    pds[CLIENT1].died = true;
    pds[CLIENT1].death_signal = SIGILL;
    json_t *root = json_report(NULL);
    assert_string_equal(json_string_value(at(root, "verdict")), "fail");
    assert_true(json_is_null(at(root, "digest")));
    assert_string_equal(json_string_value(at(root, "end")), "quiet");
    assert_int_equal(json_integer_value(at(root, "frames/in")), 100);
    assert_int_equal(json_integer_value(at(root, "frames/delivered/client1")), 25);
    assert_int_equal(json_integer_value(at(root, "frames/dropped/net0_virt_rx/no_match")), 5);
    assert_int_equal(json_object_size(at(root, "frames/dropped")), 1);
    assert_true(json_is_true(at(root, "frames/balanced")));
    assert_int_equal(json_integer_value(at(root, "pds/client1/entries")), 11);
    assert_string_equal(json_string_value(at(root, "pds/client1/death")), "SIGILL");
    assert_true(json_is_null(at(root, "pds/eth0/points")));
    assert_int_equal(json_integer_value(at(root, "devices/eth0/dma_reads")), 34);
    assert_int_equal(json_integer_value(at(root, "queues/net0.rx.free/max_length")), 3);
    assert_true(json_is_null(at(root, "queues/net0.rx.active/max_length")));
    assert_int_equal(json_integer_value(at(root, "latency_ns/client0/p999")), 1500000);
    assert_int_equal(json_object_size(at(root, "latency_ns")), 1);
    assert_string_equal(json_string_value(at(root, "checks/0/verdict")), "fail");
    assert_string_equal(json_string_value(at(root, "checks/0/findings/0/culprit")), "net0_virt_rx");
    assert_int_equal(json_integer_value(at(root, "checks/0/findings/0/count")), 3);
    assert_string_equal(json_string_value(at(root, "checks/1/verdict")), "pass");
    assert_true(json_is_false(at(root, "expect/0/holds")));
    assert_int_equal(json_integer_value(at(root, "expect/0/value")), 5);
    assert_int_equal(json_integer_value(at(root, "faults/0/acted")), 2);
    assert_string_equal(json_string_value(at(root, "notes/0")), notes[0]);
    json_decref(root);
}

static void equal_runs_give_equal_bytes(void **state)
{
    char *first, *second;

    (void)state;
    json_decref(json_report(&first));
    json_decref(json_report(&second));
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void a_name_that_is_no_utf8_does_not_cost_the_report(void **state)
{
    (void)state;
    j.scenario.name = "two\xff";
    json_t *root = json_report(NULL);
    assert_string_equal(json_string_value(at(root, "scenario")), "two?");
    json_decref(root);
}

static void a_full_disk_is_told(void **state)
{
    FILE *to = fopen("/dev/full", "w");

    (void)state;
    if (to == NULL) {
        skip();
    }
    assert_true(report_json(&in, to) < 0);
    fclose(to);
    to = fopen("/dev/full", "w");
    assert_true(report_text(&in, to, false) < 0);
    fclose(to);
}

/* -- report.txt -- */

static char *text_report(bool color)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);

    assert_int_equal(report_text(&in, to, color), 0);
    fclose(to);
    return text;
}

static void assert_has(const char *text, const char *words)
{
    if (strstr(text, words) == NULL) {
        fail_msg("no \"%s\" in:\n%s", words, text);
    }
}

static void the_outcome_comes_first(void **state)
{
    char *text = text_report(false);

    (void)state;
    assert_int_equal(strncmp(text, "two_clients: PASS\n", 18), 0);
    assert_has(text, "After 12.345 ms of host time all input was consumed and all was quiet.");
    assert_has(text, "net0_virt_rx: no_match");
    assert_has(text, "12.345 us");
    assert_has(text, "812 ns");
    assert_has(text, "2.000 s");
    assert_has(text, "But fault queue_index in client1 never acted");
    assert_has(text, "queue_index in client1: never acted");
    assert_null(strchr(text, '\033'));
    free(text);
}

static void what_is_wrong_comes_before_the_numbers(void **state)
{
    (void)state;
    find_one();
    expect_one(true, false, 5);
    account.in++;
    tell(PROBE_FAULT_ACTED, CLIENT1, 0, 0, 1);
    char *text = text_report(false);
    assert_null(strstr(text, "never acted"));
    assert_has(text, "queue_index in client1: acted 1 time\n");
    assert_int_equal(strncmp(text, "two_clients: FAIL\n", 18), 0);
    assert_has(text, "culprit net0_virt_rx, victim client0, 3 times, first at 1.500 us");
    assert_has(text, "Expected dropped == 0, but it is 5");
    assert_has(text, "does not balance");
    assert_true(strstr(text, "Check delivery found") < strstr(text, "\nFrames"));
    assert_true(strstr(text, "Expected") < strstr(text, "\nFrames"));
    free(text);
    text = text_report(true);
    assert_has(text, "\033[31mFAIL\033[0m");
    free(text);
}

static void what_is_not_judged_is_said(void **state)
{
    (void)state;
    pds[CLIENT0].confined = false;
    char *text = text_report(false);
    assert_has(text, "NO VERDICT: client0 ran unconfined");
    free(text);
    account.end = RUN_WALL;
    expect_one(false, false, 0);
    text = text_report(false);
    assert_int_equal(strncmp(text, "two_clients: NO VERDICT\n", 24), 0);
    assert_has(text, "the run was cut short");
    assert_has(text, "Expected dropped == 0, but that was not measured");
    free(text);
}

static void much_of_the_same_is_cut(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FINDINGS_MAX + 10; i++) {
        find_one();
    }
    char *text = text_report(false);
    assert_has(text, "and 66 more\n");
    unsigned lines = 0;
    for (const char *at = text; *at != '\0'; at++) {
        lines += *at == '\n';
    }
    assert_true(lines < 60);
    free(text);
}

static void no_line_is_too_long(void **state)
{
    (void)state;
    findings_add(&delivery, &(struct finding){
                                .text = "a sentence that goes on and on, as sentences of checks do "
                                        "when names are long, about net0_virt_rx and what it did "
                                        "to client0_copier in client0.virt_rx.active, until it "
                                        "is over",
                                .culprit = VIRT_RX,
                                .victim = PLAN_NONE,
                                .count = 1});
    char *text = text_report(false);
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        assert_true(strlen(line) <= 100);
    }
    free(text);
}

/* A run with some of everything, as a person gets it. */
static const char everything[] =
    "two_clients: FAIL\n"
    "  Two clients, one of them not to be trusted.\n"
    "  After 12.345 ms of host time all input was consumed and all was quiet: at the last frame.\n"
    "  But fault queue_index in client1 never acted: its trigger did not come, so this run says "
    "nothing\n"
    "  about it.\n"
    "  Executor process, platform generic, seed 7, digest 0123abcd\n"
    "\n"
    "  Check delivery found\n"
    "      net0_virt_rx gave client1, in client1.rx.active, a frame for client0\n"
    "        culprit net0_virt_rx, victim client0, 3 times, first at 1.500 us\n"
    "\n"
    "  Check drops found\n"
    "      eth0 dropped 1 frame in a reset\n"
    "        victim client0, at 1.000 us\n"
    "\n"
    "  Expected dropped == 0, but it is 5\n"
    "  Expected latency.client1.p50_ns < 10, but that was not measured in this run\n"
    "\n"
    "Frames\n"
    "         150 began: 100 in, 30 sent, 20 copied\n"
    "         150 accounted for: 108 delivered, 30 out, 9 dropped, 3 in flight\n"
    "           5 dropped by net0_virt_rx: no_match\n"
    "           4 dropped by somebody unknown: unexplained\n"
    "\n"
    "Clients     received       sent  latency p50          p99        p99.9          max\n"
    "  client0         70         30    12.345 us       812 ns     1.500 ms      2.000 s\n"
    "  client1         38          0            -            -            -            -\n"
    "\n"
    "Checks\n"
    "  delivery        FAIL, 1 finding\n"
    "  drops           FAIL, 1 finding\n"
    "  expectations    1 of 3 hold\n"
    "\n"
    "Excused: domains that are compromised, untrusted or gone did this to what is their own\n"
    "  Check drops\n"
    "      client1 dropped 9 frames\n"
    "        culprit client1, at 1.000 ms\n"
    "      client1 dropped 9 frames\n"
    "        culprit client1, at 1.000 ms\n"
    "      client1 dropped 9 frames\n"
    "        culprit client1, at 1.000 ms\n"
    "      client1 dropped 9 frames\n"
    "        culprit client1, at 1.000 ms\n"
    "      and 2 more\n"
    "\n"
    "Injected faults\n"
    "  queue_index in client1: never acted\n"
    "\n"
    "Domains that died\n"
    "  client1: SIGABRT\n"
    "    hurt: nobody else\n"
    "  client1_copier: SIGSEGV at 0x0, a null pointer or close to one\n"
    "    hurt: client1, by then without a way in\n"
    "\n"
    "Notes\n"
    "  Priorities, budgets and costs were not modelled.\n";

static void everything_has_its_place(void **state)
{
    (void)state;
    find_one();
    findings_add(&drops, &(struct finding){.text = "eth0 dropped 1 frame in a reset",
                                           .culprit = PLAN_NONE,
                                           .victim = CLIENT0,
                                           .time_ns = 1000,
                                           .count = 1});
    for (unsigned i = 0; i < 6; i++) {
        findings_excuse(&drops, &(struct finding){.text = "client1 dropped 9 frames",
                                                  .culprit = CLIENT1,
                                                  .victim = PLAN_NONE,
                                                  .time_ns = 1000000,
                                                  .count = 9});
    }
    in.expects = arena_array(&j.arena, 3, sizeof *in.expects);
    in.expects[0] = (struct expect_result){true, false, 5};
    in.expects[1] = (struct expect_result){true, true, 100};
    in.expects[2] = (struct expect_result){false, false, 0};
    j.expects[0] = (struct scenario_expect){.text = "dropped == 0"};
    j.expects[1] = (struct scenario_expect){.text = "in == 100"};
    j.expects[2] = (struct scenario_expect){.text = "latency.client1.p50_ns < 10"};
    j.scenario.expect_count = 3;
    tell(PROBE_FRAME_SENT, PLAN_NONE, ACTIVE(LINK_TX0), 0, 30);
    tell(PROBE_FRAME_COPIED, VIRT_RX, PLAN_NONE, 0, 20);
    tell(PROBE_FRAME_DELIVERED, PLAN_NONE, ACTIVE(LINK_RX1), 0, 13);
    tell(PROBE_FRAME_OUT, ETH0, 0, 0, 30);
    tell(PROBE_FRAME_DROPPED, PLAN_NONE, PLAN_NONE, DROP_UNEXPLAINED, 4);
    tell(PROBE_FRAME_IN_FLIGHT, PLAN_NONE, 0, PLACE_RING_RX, 3);
    pds[CLIENT1].died = pds[COPIER1].died = true;
    pds[CLIENT1].death_signal = SIGABRT;
    pds[COPIER1].death_signal = SIGSEGV;
    in.digest = "0123abcd";
    in.end_detail = "at the last frame";
    char *text = text_report(false);
    assert_string_equal(text, everything);
    free(text);
}

static void times_are_told_in_the_unit_that_fits(void **state)
{
    static const struct {
        uint64_t ns;
        const char *text;
    } times[] = {{0, "After 0 ns of"},
                 {999, "After 999 ns of"},
                 {1000, "After 1.000 us of"},
                 {999999, "After 999.999 us of"},
                 {1000000, "After 1.000 ms of"},
                 {999999999, "After 999.999 ms of"},
                 {1000000000, "After 1.000 s of"},
                 {61234567890, "After 61.234 s of"}};

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        in.time_ns = times[i].ns;
        char *text = text_report(false);
        assert_has(text, times[i].text);
        free(text);
    }
}

static void the_least_there_can_be_is_reported(void **state)
{
    (void)state;
    in.check_count = 0;
    in.pds = NULL;
    in.devices = NULL;
    in.queues = NULL;
    in.latency = NULL;
    in.notes = NULL;
    j.scenario.story = NULL;
    j.scenario.fault_count = 0;
    account.ended = false;
    char *text = text_report(false);
    assert_has(text, "it did not end");
    assert_null(strstr(text, "Notes"));
    assert_null(strstr(text, "faults"));
    assert_null(strstr(text, "expectations"));
    free(text);
    json_decref(json_report(NULL));
}

int main(void)
{
#define REPORT(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        REPORT(a_run_passes_by_what_was_judged),
        REPORT(findings_fail_it_and_excuses_do_not),
        REPORT(unconfined_isolation_is_not_judged),
        REPORT(a_run_cut_short_has_no_verdict_but_a_bad_one),
        REPORT(the_keys_are_there_in_their_order),
        REPORT(the_numbers_are_under_their_names),
        REPORT(equal_runs_give_equal_bytes),
        REPORT(a_name_that_is_no_utf8_does_not_cost_the_report),
        REPORT(a_full_disk_is_told),
        REPORT(the_outcome_comes_first),
        REPORT(what_is_wrong_comes_before_the_numbers),
        REPORT(what_is_not_judged_is_said),
        REPORT(much_of_the_same_is_cut),
        REPORT(no_line_is_too_long),
        REPORT(everything_has_its_place),
        REPORT(times_are_told_in_the_unit_that_fits),
        REPORT(the_least_there_can_be_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
