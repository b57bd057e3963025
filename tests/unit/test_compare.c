/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `sddfsim compare`: who shares nothing with the attacker notices nothing, not even by the time;
 * who shares a core keeps its frames, and its bounds are held against it; and what is no comparison
 * is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/base/pcapfile.h"
#include "sim/cmd/compare_parts.h"
#include "tests/unit/live_run.h"

/* Two networks on two wires; the rogue one's domains are on core %d. */
static const char two_networks[] =
    "{ \"version\": 1, \"name\": \"two\", \"clock\": \"virtual\", \"platform\": \"imx8mm-smp\","
    "  \"wires\": ["
    "    { \"name\": \"a\", \"kind\": \"gen\", \"speed\": \"1 Gbit/s\", \"to\": \"victim\","
    "      \"count\": 200, \"pace\": \"20000 frames/s\" },"
    "    { \"name\": \"b\", \"kind\": \"gen\", \"speed\": \"1 Gbit/s\", \"to\": \"rogue\","
    "      \"count\": 200, \"pace\": \"20000 frames/s\" } ],"
    "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"a\" },"
    "                 { \"name\": \"eth1\", \"model\": \"enet\", \"wire\": \"b\" } ],"
    "  \"networks\": ["
    "    { \"name\": \"net0\", \"device\": \"eth0\" },"
    "    { \"name\": \"net1\", \"device\": \"eth1\", \"driver\": { \"cpu\": %d },"
    "      \"virt_rx\": { \"cpu\": %d }, \"virt_tx\": { \"cpu\": %d } } ],"
    "  \"clients\": ["
    "    { \"name\": \"victim\", \"image\": \"network/client_echo\", \"network\": \"net0\","
    "      \"copier\": {} },"
    "    { \"name\": \"rogue\", \"image\": \"network/client_echo\", \"network\": \"net1\","
    "      \"cpu\": %d, \"trusted\": false, \"copier\": { \"cpu\": %d } } ],"
    "  \"faults\": [ { \"kind\": \"queue_index\", \"pd\": \"rogue\", \"how\": \"beyond\","
    "                 \"after_entries\": %u } ] }";

static char said[65536];

/* Compare the two networks; what is said, on both streams, is in `said`. */
static int compare(int core, unsigned after, const char *options)
{
    char scenario[4096], command[8192];
    const char *file = live_path("two.json");

    snprintf(scenario, sizeof scenario, two_networks, core, core, core, core, core, after);
    live_write(file, scenario, strlen(scenario));
    snprintf(command, sizeof command, "%s compare %s %s 2>&1", live_program(), file, options);
    FILE *out = popen(command, "r");

    assert_non_null(out);
    said[fread(said, 1, sizeof said - 1, out)] = '\0';
    int status = pclose(out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define assert_said(words)                                         \
    do {                                                           \
        if (strstr(said, (words)) == NULL) {                       \
            fail_msg("does not say \"%s\" but:\n%s", words, said); \
        }                                                          \
    } while (0)

static void apart_not_even_the_time_differs(void **state)
{
    (void)state;
    assert_int_equal(compare(1, 5, ""), 0);
    assert_said("two: UNHARMED");
    assert_said("victim has nothing in common with rogue");
    assert_said(
        "received  200 frames, 200 without: the same, in the same order, at the same times");
    assert_said(
        "sent      200 frames, 200 without: the same, in the same order, at the same times");
    assert_said("queue_index in rogue acted");
}

static void who_shares_a_core_keeps_its_frames(void **state)
{
    (void)state;
    assert_int_equal(compare(0, 5, ""), 0);
    assert_said("victim has in common with rogue: core 0");
    assert_said("received  200 frames, 200 without: the same, in the same order; at most");
    assert_said("bound     p99_percent <= 110: it is ");
}

static void what_the_scenario_states_is_held_against_it(void **state)
{
    (void)state;
    assert_int_equal(compare(0, 5, "--set '/compare=[\"victim.later_ns <= 0\"]'"), 1);
    assert_said("two: HARMED");
    assert_said("bound     victim.later_ns <= 0: it is ");
    assert_said("which DOES NOT HOLD");
    assert_said("bound     lost == 0: it is 0, which holds");
    assert_said("repeat with: sddfsim compare ");
    assert_int_equal(compare(0, 5, "--set '/compare=[\"victim.rx_percent >= 100\"]'"), 0);
}

/* What the scenario says nothing about is held to what is usual. */
static void loss_throughput_and_latency_are_judged(void **state)
{
    (void)state;
    assert_int_equal(compare(0, 5, ""), 0);
    assert_said("bound     lost == 0: it is 0, which holds");
    assert_said("bound     throughput_percent >= 90: it is ");
    assert_said("bound     p99_percent <= 110: it is ");
    assert_int_equal(compare(0, 5,
                             "--set '/compare=[\"victim.p99_later_ns <= 1000000\","
                             "\"victim.tx_percent >= 101\"]'"),
                     1);
    assert_said("bound     victim.p99_later_ns <= 1000000: it is ");
    assert_said("bound     victim.tx_percent >= 101: it is 100, which DOES NOT HOLD");
    assert_null(strstr(said, "bound     throughput_percent"));
    assert_null(strstr(said, "bound     p99_percent"));
}

/* A client that takes nothing has no latency: nothing is made up, and no bound on it holds. */
static void what_was_not_measured_is_said(void **state)
{
    static const char mute[] = "--set '/wires/0={\"name\":\"a\",\"kind\":\"gen\","
                               "\"target_mac\":\"02:00:00:00:00:09\",\"count\":9}' --set "
                               "/clients/0/image=network/client_source --set "
                               "'/clients/0/params={\"rate\":20000,\"count\":100}' ";
    char bound[1024];

    (void)state;
    assert_int_equal(compare(1, 5, mute), 0);
    assert_said("latency   not measured");
    assert_said("bound     throughput_percent >= 90: it is 100, which holds");
    assert_null(strstr(said, "p99_percent"));
    snprintf(bound, sizeof bound, "%s --set '/compare=[\"victim.p99_percent <= 500\"]'", mute);
    assert_int_equal(compare(1, 5, bound), 1);
    assert_said("bound     victim.p99_percent <= 500: it is NOT MEASURED");
}

static struct suffering with_spans(struct flow_span rx_without, struct flow_span rx_with,
                                   struct flow_span tx_without, struct flow_span tx_with)
{
    return (struct suffering){
        .flows = {[FLOW_RX] = {.spans = {rx_without, rx_with}, .with = rx_with.frames},
                  [FLOW_TX] = {.spans = {tx_without, tx_with}, .with = tx_with.frames}}};
}

/* The same frames in the same order, over twice the time; in whichever direction that is. */
static void throughput_is_frames_a_second(void **state)
{
    const struct flow_span fast = {101, 1000, 2000}, slow = {101, 5000, 7000}, none = {0, 0, 0},
                           one = {1, 1000, 1000};
    const struct suffering same = with_spans(fast, fast, slow, slow),
                           rx = with_spans(fast, slow, slow, slow),
                           tx = with_spans(fast, fast, fast, slow),
                           silent = with_spans(fast, fast, fast, one),
                           unknown = with_spans(none, none, one, one);
    int64_t value;

    (void)state;
    assert_int_equal(compare_measure(NULL, &same, "throughput_percent", &value), MEASURED);
    assert_int_equal(value, 100);
    assert_int_equal(compare_measure(NULL, &rx, "throughput_percent", &value), MEASURED);
    assert_int_equal(value, 50);
    assert_int_equal(compare_measure(NULL, &tx, "throughput_percent", &value), MEASURED);
    assert_int_equal(value, 50);
    assert_int_equal(compare_measure(NULL, &silent, "throughput_percent", &value), MEASURED);
    assert_int_equal(value, 0);
    assert_int_equal(compare_measure(NULL, &unknown, "throughput_percent", &value), MEASURED_NOT);
    assert_int_equal(compare_measure(NULL, &unknown, "through", &value), MEASURED_NOTHING);
}

/* A bad wire concerns those behind it, and one that is bad to one client that client. */
static void a_wire_is_shared_by_those_behind_it(void **state)
{
    (void)state;
    assert_int_equal(
        compare(1, 5, "--set '/faults/0={\"kind\":\"wire_drop\",\"wire\":\"b\",\"every\":10}'"), 1);
    assert_said("victim has nothing in common with eth1");
    assert_said("rogue has in common with eth1: eth1");
    assert_int_equal(compare(1, 5,
                             "--set '/faults/0={\"kind\":\"wire_drop\",\"client\":\"rogue\","
                             "\"every\":10}'"),
                     0);
    assert_said("What the faults did to 1 client they are not in");
    assert_said("victim has nothing in common with rogue");
    assert_int_equal(compare(1, 5,
                             "--set '/faults/0={\"kind\":\"wire_drop\",\"client\":\"victim\","
                             "\"way\":\"out\",\"every\":10}'"),
                     0);
    assert_said("wire_drop acted 20 times");
    assert_int_equal(
        compare(1, 5, "--set '/faults/0={\"kind\":\"wire_drop\",\"client\":\"victom\"}'"), 2);
    assert_said("client: no client \"victom\"; did you mean \"victim\"?");
}

static unsigned said_often(const char *words)
{
    unsigned count = 0;

    for (const char *at = said; (at = strstr(at, words)) != NULL; at++) {
        count++;
    }
    return count;
}

/* What the two runs say of their own is not for whoever compares them: it names files that are gone
 * by then. */
static void nothing_is_said_of_what_is_gone(void **state)
{
    static const char crash[] = "--set '/faults/0={\"kind\":\"crash\",\"pd\":\"net0_driver\","
                                "\"after_entries\":3}'";
    char keep[4096];

    (void)state;
    assert_int_equal(compare(0, 5, crash), 1);
    assert_said("crash in net0_driver acted 1 time");
    assert_int_equal(said_often("repeat with: "), 1);
    assert_said("repeat with: sddfsim compare ");
    assert_int_equal(said_often("/sddfsim-"), said_often("/sddfsim-live-"));
    assert_int_equal(said_often("net0_driver died of"), 0);
    /* Where a run stays, so do its logs. */
    snprintf(keep, sizeof keep, "%s -o %s", crash, live_path("kept"));
    assert_int_equal(compare(0, 5, keep), 1);
    assert_said("/kept/with/pds/net0_driver.log");
    assert_int_equal(said_often("repeat with: "), 1);
}

/* Who is behind the device, or on the way, has that very part in common with the fault. */
static void the_part_that_fails_is_what_they_share(void **state)
{
    (void)state;
    assert_int_equal(compare(1, 5,
                             "--set '/faults/0={\"kind\":\"device_reset\",\"pd\":\"eth0\","
                             "\"after_frames\":5,\"count\":1}'"),
                     0);
    assert_said("victim has in common with eth0: eth0");
    assert_said("rogue has nothing in common with eth0");
    assert_int_equal(compare(1, 5,
                             "--set '/faults/0={\"kind\":\"spin\",\"pd\":\"net0_virt_rx\","
                             "\"busy\":\"1 us\"}'"),
                     0);
    assert_said("victim has in common with net0_virt_rx: net0_driver, net0_virt_rx");
}

/* What it answers the rogue one is as much the rogue one's as what it was asked. */
static void answers_to_the_rogue_one_are_left_out(void **state)
{
    static const char talks[] =
        "{ \"version\": 1, \"name\": \"talks\", \"clock\": \"virtual\", \"stop\": { \"after\": \"5 "
        "ms\" },"
        "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"to\": \"victim\", \"count\": 60,"
        "                 \"pace\": \"20000 frames/s\" } ],"
        "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\" } ],"
        "  \"networks\": [ { \"name\": \"net0\", \"vswitch\": {} } ],"
        "  \"clients\": ["
        "    { \"name\": \"victim\", \"image\": \"network/client_echo\", \"copier\": {} },"
        "    { \"name\": \"rogue\", \"image\": \"network/client_source\", \"copier\": {},"
        "      \"trusted\": false,"
        "      \"params\": { \"rate\": 5000, \"to_mac\": \"52:54:01:00:00:00\", \"to_port\": 7 } } "
        "],"
        "  \"faults\": [ { \"kind\": \"stop\", \"pd\": \"rogue\", \"at\": \"2 ms\", \"period\": "
        "\"1 ms\" } ],"
        "  \"compare\": [ \"victim.later_ns <= 1000000\" ] }";
    char command[8192];
    const char *file = live_path("talks.json");

    (void)state;
    live_write(file, talks, sizeof talks - 1);
    snprintf(command, sizeof command, "%s compare %s 2>&1", live_program(), file);
    FILE *out = popen(command, "r");

    assert_non_null(out);
    said[fread(said, 1, sizeof said - 1, out)] = '\0';
    int status = pclose(out);
    assert_said("talks: UNHARMED");
    assert_said("sent      60 frames, 60 without: the same, in the same order");
    assert_said(" to them are not compared");
    assert_int_equal(status, 0);
}

static void a_fault_that_never_acted_shows_nothing(void **state)
{
    (void)state;
    assert_int_equal(compare(1, 100000, ""), 1);
    assert_said("NEVER ACTED");
}

static void what_is_no_comparison_is_refused(void **state)
{
    (void)state;
    assert_int_equal(compare(1, 5, "--clock host"), 2);
    assert_said("try --clock virtual");
    assert_int_equal(compare(1, 5, "--without stop"), 2);
    assert_said("--without stop: the scenario has no such fault");
    assert_int_equal(compare(1, 5, "--without 1"), 2);
    assert_int_equal(compare(1, 5, "--without 0 --without queue_index -q"), 0);
    assert_int_equal(compare(1, 5, "--set '/faults=[]'"), 2);
    assert_said("has no faults");
    assert_int_equal(compare(1, 5, "--set '/compare=[\"victim.late <= 0\"]'"), 2);
    assert_said("compare[0]: nothing is called \"victim.late\"");
    assert_int_equal(compare(1, 5, "--set '/compare=[\"rogue.lost == 0\"]'"), 2);
    assert_said("compare[0]: \"rogue.lost\" is about a client that a fault is in");
}

/* -- captures, made by hand -- */

struct one {
    uint8_t from, what;
    uint64_t time_ns;
};

static const char *capture(const char *name, const struct one *frames, size_t count)
{
    const char *path = live_path(name);
    struct pcapwriter *w;
    char why[PCAPFILE_WHY_BYTES];

    assert_int_equal(pcapwriter_open(&w, AT_FDCWD, path, why), 0);
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[60] = {[11] = frames[i].from, [20] = frames[i].what};

        assert_int_equal(pcapwriter_add(w, bytes, sizeof bytes, frames[i].time_ns), 0);
    }
    assert_int_equal(pcapwriter_finish(w), 0);
    return path;
}

static void frames_are_compared_in_order(void **state)
{
    static const uint8_t rogue[1][6] = {{0, 0, 0, 0, 0, 9}};
    static const struct one without[] = {{1, 1, 100}, {1, 2, 200}, {1, 3, 300}};
    static const struct one later[] = {{1, 1, 100}, {9, 7, 110}, {1, 2, 250}, {1, 3, 290}};
    static const struct one other[] = {{1, 1, 100}, {1, 3, 200}, {1, 2, 300}};
    static const struct one fewer[] = {{1, 1, 100}, {1, 2, 200}};
    const struct flow_of but = {.peer_at = 6, .but = rogue, .but_count = 1}, all = {.peer_at = 6};
    struct arena arena = {0};
    struct flow_difference d;
    const char *why = NULL;

    (void)state;
    const char *a = capture("without.pcap", without, 3);
    assert_true(compare_flows(a, capture("later.pcap", later, 4), &but, &d, &why, &arena));
    assert_true(d.same);
    assert_int_equal(d.with, 3);
    assert_int_equal(d.skipped, 1);
    assert_int_equal(d.later_ns, 50);
    assert_int_equal(d.earlier_ns, 10);

    a = capture("without.pcap", without, 3);
    assert_true(compare_flows(a, capture("later.pcap", later, 4), &all, &d, &why, &arena));
    assert_false(d.same); /* what the rogue sent is in between */
    assert_int_equal(d.first, 2);

    a = capture("without.pcap", without, 3);
    assert_true(compare_flows(a, capture("other.pcap", other, 3), &but, &d, &why, &arena));
    assert_false(d.same);
    assert_int_equal(d.first, 2);
    assert_int_equal(d.with_ns, 200);

    a = capture("without.pcap", without, 3);
    assert_true(compare_flows(a, capture("fewer.pcap", fewer, 2), &but, &d, &why, &arena));
    assert_true(d.same);
    assert_int_equal(d.without, 3);
    assert_int_equal(d.with, 2);
    assert_int_equal(d.lost, 1);

    assert_false(compare_flows(a, live_path("none.pcap"), &but, &d, &why, &arena));
    assert_non_null(why);
    arena_finish(&arena);
}

/* Who of two is first is nobody's fault; what one of them sends keeps its order, and its number. */
static void each_peers_frames_are_compared(void **state)
{
    static const struct one without[] = {{1, 1, 100}, {2, 1, 110}, {1, 2, 200}, {2, 2, 210}};
    static const struct one swapped[] = {{2, 1, 90}, {1, 1, 120}, {1, 2, 200}, {2, 2, 210}};
    static const struct one one_gone[] = {{2, 1, 90}, {1, 1, 120}, {1, 2, 200}};
    static const struct one wrong[] = {{2, 1, 90}, {1, 2, 120}, {1, 1, 200}, {2, 2, 210}};
    static const struct one fewer[] = {{2, 1, 90}, {1, 1, 120}, {1, 2, 200}, {1, 3, 210}};
    static const struct one one_more[] = {{3, 1, 90}, {2, 1, 110}, {1, 1, 120}, {1, 2, 200}};
    const struct flow_of all = {.peer_at = 6};
    struct arena arena = {0};
    struct flow_difference d;
    const char *why = NULL;

    (void)state;
    const char *a = capture("without.pcap", without, 4);
    assert_true(compare_flows(a, capture("swapped.pcap", swapped, 4), &all, &d, &why, &arena));
    assert_true(d.same && d.interleaved);
    assert_int_equal(d.lost, 0);
    assert_int_equal(d.later_ns, 20);
    assert_int_equal(d.earlier_ns, 20);

    a = capture("without.pcap", without, 4);
    assert_true(compare_flows(a, capture("gone.pcap", one_gone, 3), &all, &d, &why, &arena));
    assert_true(d.same && d.interleaved);
    assert_int_equal(d.lost, 1);

    /* What one has more of makes up for nothing that another lacks. */
    a = capture("without.pcap", without, 4);
    assert_true(compare_flows(a, capture("fewer.pcap", fewer, 4), &all, &d, &why, &arena));
    assert_true(d.same);
    assert_int_equal(d.lost, 1);

    a = capture("without.pcap", without, 4);
    assert_true(compare_flows(a, capture("wrong.pcap", wrong, 4), &all, &d, &why, &arena));
    assert_false(d.same || d.interleaved);
    assert_int_equal(d.first, 1);

    /* Somebody who was not there before is no matter of order. */
    a = capture("without.pcap", without, 4);
    assert_true(compare_flows(a, capture("more.pcap", one_more, 4), &all, &d, &why, &arena));
    assert_false(d.same);
    arena_finish(&arena);
}

/* A run that was ended says nothing of what would have come later. */
static void what_may_come_after_the_end_is_not_lost(void **state)
{
    static const struct one without[] = {{1, 1, 100}, {1, 2, 200}, {1, 3, 300}, {1, 4, 390}};
    static const struct one with[] = {{1, 1, 100}, {1, 2, 220}};
    struct flow_of all = {.peer_at = 6, .end_ns = 400};
    struct arena arena = {0};
    struct flow_difference d;
    const char *why = NULL;

    (void)state;
    const char *a = capture("without.pcap", without, 4);
    const char *b = capture("with.pcap", with, 2);
    assert_true(compare_flows(a, b, &all, &d, &why, &arena));
    assert_true(d.same);
    assert_int_equal(d.lost, 1);
    assert_int_equal(d.cut, 1);
    all.end_ns = 411;
    assert_true(compare_flows(a, b, &all, &d, &why, &arena));
    assert_int_equal(d.lost, 2);
    all.end_ns = 0;
    assert_true(compare_flows(a, b, &all, &d, &why, &arena));
    assert_int_equal(d.lost, 2);
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(apart_not_even_the_time_differs),
        cmocka_unit_test(who_shares_a_core_keeps_its_frames),
        cmocka_unit_test(what_the_scenario_states_is_held_against_it),
        cmocka_unit_test(loss_throughput_and_latency_are_judged),
        cmocka_unit_test(what_was_not_measured_is_said),
        cmocka_unit_test(throughput_is_frames_a_second),
        cmocka_unit_test(a_wire_is_shared_by_those_behind_it),
        cmocka_unit_test(nothing_is_said_of_what_is_gone),
        cmocka_unit_test(the_part_that_fails_is_what_they_share),
        cmocka_unit_test(answers_to_the_rogue_one_are_left_out),
        cmocka_unit_test(a_fault_that_never_acted_shows_nothing),
        cmocka_unit_test(what_is_no_comparison_is_refused),
        cmocka_unit_test(frames_are_compared_in_order),
        cmocka_unit_test(each_peers_frames_are_compared),
        cmocka_unit_test(what_may_come_after_the_end_is_not_lost),
    };

    return cmocka_run_group_tests(tests, live_begin, live_end);
}
