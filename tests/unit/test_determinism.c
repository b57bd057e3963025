/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The same inputs give the same bytes: one digest and the same captures under every executor, on
 * one core of the host and on several, with addresses drawn anew each time and without. And other
 * inputs do not: whatever one changes of a scenario, a platform or a frame, so long as anything
 * happens otherwise for it, the digest is another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/base/hash.h"
#include "tests/unit/live_run.h"

/* Two clients, one of which answers; two sources that throw dice. */
static const char world[] =
    "{ \"version\": 1, \"story\": \"Some of everything.\", \"clock\": \"virtual\", \"seed\": 5,"
    "  \"stop\": { \"after\": \"6 ms\", \"wall\": \"60 s\" },"
    "  \"platform\": { \"like\": \"generic\", \"cores\": 2 },"
    "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"to\": \"client0,client1\", \"size\": "
    "300, \"count\": 120, \"sources\": 2, \"offered\": \"200 Mbit/s\", \"gaps\": \"exponential\" "
    "} ],"
    "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\", \"rx_ring\": "
    "64, \"tx_ring\": 64 } ],"
    "  \"networks\": [ { \"name\": \"net0\", \"rx_buffers\": 64, \"driver\": { \"priority\": 101 "
    "}, \"virt_tx\": { \"priority\": 100 }, \"virt_rx\": { \"priority\": 99 } } ],"
    "  \"clients\": ["
    "    { \"name\": \"client0\", \"image\": \"network/client_echo\", \"mac\": "
    "\"52:54:01:00:00:00\", \"priority\": 97, \"copier\": { \"priority\": 98 } },"
    "    { \"name\": \"client1\", \"image\": \"network/client_sink\", \"mac\": "
    "\"52:54:01:00:00:01\", \"priority\": 96, \"copier\": { \"priority\": 98 }, \"rx_buffers\": "
    "16, \"params\": { \"frames\": 1, \"interval\": \"90 us\" } } ],"
    "  \"captures\": [ { \"at\": \"lan.in\", \"file\": \"in.pcap\" }, { \"at\": \"lan.out\", "
    "\"file\": \"out.pcap\" }, { \"at\": \"client0.rx\", \"file\": \"rx.pcap\" }, { \"at\": "
    "\"client0.tx\", \"file\": \"tx.pcap\" } ] }";

static const char *const captures[] = {"in.pcap", "out.pcap", "rx.pcap", "tx.pcap"};
#define CAPTURES 4

static const char *const executors[] = {"fiber", "thread", "process"};

struct outcome {
    char digest[24];
    char captured[CAPTURES][SHA256_TEXT_BYTES];
    long long length_ns, in;
};

/* `sets`: for --set, up to a NULL. */
static struct outcome outcome(const char *text, const char *executor, const char *const *sets,
                              const char *const *tool)
{
    static struct live l;
    struct live_how how = {.args = {"-q", "--executor", executor}};
    struct outcome o = {0};
    char path[PATH_MAX + 64];
    size_t words = 3;

    for (size_t i = 0; sets != NULL && sets[i] != NULL && words < LIVE_ARGS - 3; i++) {
        how.args[words++] = "--set";
        how.args[words++] = sets[i];
    }
    for (size_t i = 0; tool != NULL && tool[i] != NULL; i++) {
        how.tool[i] = tool[i];
    }
    int status = live_run(&l, text, &how);
    json_t *report = live_report(&l);
    const char *digest = json_string_value(live_get(report, "digest"));

    if ((status != 0 && status != 1) || digest == NULL || strstr(l.said, "died") != NULL) {
        fail_msg("%s, %s: status %d, said: %s", executor, words > 3 ? how.args[4] : "-", status,
                 l.said);
    }
    snprintf(o.digest, sizeof o.digest, "%s", digest);
    o.length_ns = json_integer_value(live_get(report, "time_ns"));
    o.in = json_integer_value(live_get(report, "frames.in"));
    for (size_t i = 0; i < CAPTURES; i++) {
        snprintf(path, sizeof path, "%s/captures/%s", l.out, captures[i]);
        assert_int_equal(sha256_file(path, o.captured[i]), 0);
    }
    json_decref(report);
    folder_remove(l.out);
    return o;
}

static void assert_same(const struct outcome *a, const struct outcome *b, const char *what)
{
    if (strcmp(a->digest, b->digest) != 0) {
        fail_msg("%s: digest %s, then %s", what, a->digest, b->digest);
    }
    for (size_t i = 0; i < CAPTURES; i++) {
        if (strcmp(a->captured[i], b->captured[i]) != 0) {
            fail_msg("%s: another %s", what, captures[i]);
        }
    }
    assert_int_equal(a->length_ns, b->length_ns);
    assert_int_equal(a->in, b->in);
}

/* -- the same inputs -- */

#define SETS 8

struct row {
    const char *what, *sets[SETS];
};

static const struct row rows[] = {
    {"as it is", {NULL}},
    {"two simulated cores",
     {"/networks/0/driver/cpu=0", "/networks/0/virt_rx/cpu=1", "/networks/0/virt_tx/cpu=1",
      "/clients/0/cpu=0", "/clients/0/copier/cpu=1", "/clients/1/cpu=1",
      "/clients/1/copier/cpu=0"}},
    {"an SMP machine with barriers",
     {"/platform=\"imx8mm-smp\"", "/clients/0/cpu=3", "/networks/0/driver/cpu=1"}},
    {"the driver on a budget",
     {"/networks/0/driver/budget=\"50 us\"", "/networks/0/driver/period=\"400 us\""}},
    {"memory that is not coherent",
     {"/networks/0/coherent=false", "/networks/0/evictions=\"30 %\""}},
    {"a forged index", {"/faults=[{\"kind\":\"queue_index\",\"pd\":\"client1\",\"at\":\"1 ms\"}]"}},
    {"one that is stopped",
     {"/faults=[{\"kind\":\"stop\",\"pd\":\"client0\",\"after_entries\":5}]"}},
    {"a short ring, and line rate",
     {"/devices/0/rx_ring=16", "/wires/0/offered=\"950 Mbit/s\"", "/wires/0/count=2000"}},
};

static bool several_cores(void)
{
    return sysconf(_SC_NPROCESSORS_ONLN) > 1;
}

static void test_one_digest(void **state)
{
    static const char *const one_core[] = {"taskset", "-c", "0", NULL};
    static const char *const other_core[] = {"taskset", "-c", "1", NULL};
    char what[160];

    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct outcome first = outcome(world, "fiber", rows[r].sets, NULL);

        assert_true(first.in > 100);
        for (size_t e = 0; e < 3; e++) {
            struct outcome one = outcome(world, executors[e], rows[r].sets, one_core);

            snprintf(what, sizeof what, "%s, %s", rows[r].what, executors[e]);
            assert_same(&first, &one, what);
            if (e > 0) {
                struct outcome any = outcome(world, executors[e], rows[r].sets,
                                             several_cores() && r % 2 == 0 ? other_core : NULL);
                assert_same(&first, &any, what);
            }
        }
    }
}

/* Addresses are drawn anew for every process above, where the host does that; here they are not. */
static void test_addresses_do_not_matter(void **state)
{
    static const char *const not_drawn[] = {"setarch", "-R", NULL};

    (void)state;
    struct outcome drawn = outcome(world, "fiber", NULL, NULL);
    for (size_t e = 0; e < 3; e++) {
        struct outcome fixed = outcome(world, executors[e], NULL, not_drawn);

        assert_same(&drawn, &fixed, executors[e]);
    }
}

static void test_seeds(void **state)
{
    static const char *const six[] = {"/seed=6", NULL};
    static const char *const regular[] = {"/wires/0/gaps=\"constant\"", NULL};
    static const char *const regular_six[] = {"/wires/0/gaps=\"constant\"", "/seed=6", NULL};

    (void)state;
    struct outcome dice = outcome(world, "fiber", NULL, NULL);
    struct outcome other = outcome(world, "fiber", six, NULL);
    assert_string_not_equal(dice.digest, other.digest);
    assert_string_not_equal(dice.captured[0], other.captured[0]);
    struct outcome none = outcome(world, "fiber", regular, NULL);
    struct outcome none_six = outcome(world, "fiber", regular_six, NULL);
    assert_same(&none, &none_six, "no dice, another seed");
    assert_string_not_equal(dice.digest, none.digest);
}

/* -- other inputs -- */

/* No two of these, nor the world as it is, may have the same digest. */
static const char *const changes[] = {
    "/clients/0/mac=\"52:54:01:00:00:02\"",
    "/clients/1/mac=\"52:54:01:00:00:03\"",
    "/clients/0/priority=95",
    "/clients/0/rx_buffers=256",
    "/clients/1/rx_buffers=8",
    "/clients/1/params/interval=\"91 us\"",
    "/clients/0/tx_buffers=1",
    "/clients/0/cpu=1",
    "/networks/0/rx_buffers=8",
    "/networks/0/driver/budget=\"30 us\"",
    "/networks/0/virt_rx/priority=90",
    "/devices/0/rx_ring=16",
    "/platform/clock_hz=1000000001",
    "/platform/ops/enqueue=21",
    "/platform/ops/dequeue=21",
    "/platform/ops/request=6",
    "/platform/ops/mmio_write=31",
    "/platform/ops/copy_byte_milli=130",
    "/platform/ops/barriers=true",
    "/platform/kernel/notify=301",
    "/platform/kernel/wait=251",
    "/platform/kernel/switch=301",
    "/platform/kernel/irq=351",
    "/platform/dma/latency=\"501 ns\"",
    "/platform/dma/bytes_per_us=2000",
    "/platform/images/network~1copy/wake=201",
    "/platform/images/network~1client_echo/dequeue=51",
    "/wires/0/size=301",
    "/wires/0/count=119",
    "/wires/0/speed=\"999 Mbit/s\"",
    "/wires/0/offered=\"199 Mbit/s\"",
    "/wires/0/source_port=9001",
    "/wires/0/source_ip=\"10.0.0.2\"",
    "/stop/after=\"1 ms\"",
    "/faults=[{\"kind\":\"stop\",\"pd\":\"client1\",\"after_entries\":3}]",
    "/faults=[{\"kind\":\"stop\",\"pd\":\"client1\",\"after_entries\":4}]",
};
#define CHANGES (sizeof changes / sizeof changes[0])

static void assert_all_differ(const struct outcome *outcomes, const char *const *names,
                              size_t count)
{
    unsigned alike = 0;

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(outcomes[i].digest, outcomes[k].digest) == 0) {
                print_error("one digest, %s: %s; %s\n", outcomes[i].digest, names[k], names[i]);
                alike++;
            }
        }
    }
    assert_int_equal(alike, 0);
}

static void test_any_change_is_seen(void **state)
{
    static struct outcome outcomes[CHANGES + 1];
    const char *names[CHANGES + 1] = {"as it is"};

    (void)state;
    outcomes[0] = outcome(world, "fiber", NULL, NULL);
    for (size_t i = 0; i < CHANGES; i++) {
        const char *const sets[] = {changes[i], NULL};

        outcomes[i + 1] = outcome(world, "fiber", sets, NULL);
        names[i + 1] = changes[i];
    }
    assert_all_differ(outcomes, names, CHANGES + 1);
}

/* -- a recording -- */

#define RECORDS      3u
#define RECORD_BYTES (16u + 80u)
#define HEADER_BYTES 24u

/* Three UDP frames to client0 and one word of each changed at will. */
static void record(uint8_t out[static HEADER_BYTES + RECORDS * RECORD_BYTES])
{
    static const uint8_t header[HEADER_BYTES] = {0x4d, 0x3c, 0xb2, 0xa1,     2,
                                                 0,    4,    0,    [18] = 4, [20] = 1};
    static const uint8_t frame[] = {
        0x52, 0x54, 0x01, 0,  0, 0,  2, 0, 0,  0,  0,    1,    8,  0, /* Ethernet */
        0x45, 0,    0,    66, 0, 1,  0, 0, 64, 17, 0x66, 0xa8, 10, 0, 0, 1, 10, 0, 0, 2, /* IPv4 */
        0x03, 0xe8, 0,    7,  0, 46, 0, 0,                                               /* UDP */
        'd',  'i',  'c',  'e'};

    memset(out, 0, HEADER_BYTES + RECORDS * RECORD_BYTES);
    memcpy(out, header, sizeof header);
    for (uint32_t i = 0; i < RECORDS; i++) {
        uint8_t *at = out + HEADER_BYTES + i * RECORD_BYTES;
        uint32_t nanoseconds = i * 20000;

        memcpy(at + 4, &nanoseconds, 4);
        at[8] = at[12] = 80;
        memcpy(at + 16, frame, sizeof frame);
        at[RECORD_BYTES - 1] = (uint8_t)i;
    }
}

static void test_any_byte_is_seen(void **state)
{
    static const char *const sets[] = {
        "/wires/0={\"name\":\"lan\",\"kind\":\"pcap\",\"file\":\"recorded.pcap\"}", NULL};
    /* Where in a record, by how much: a time, an address, a port, payload, padding. */
    static const struct {
        uint32_t at;
        uint8_t by;
        const char *what;
    } flips[] = {{4, 1, "a nanosecond"},          {16 + 11, 2, "a source address"},
                 {16 + 35, 1, "a port"},          {16 + 42, 1, "a first byte"},
                 {16 + 60, 0x80, "a middle one"}, {RECORD_BYTES - 1, 1, "a last"}};
    uint8_t bytes[HEADER_BYTES + RECORDS * RECORD_BYTES];
    struct outcome outcomes[1 + RECORDS * sizeof flips / sizeof flips[0]];
    const char *names[1 + RECORDS * sizeof flips / sizeof flips[0]] = {"as recorded"};
    size_t count = 1;

    (void)state;
    record(bytes);
    live_write(live_path("recorded.pcap"), bytes, sizeof bytes);
    outcomes[0] = outcome(world, "fiber", sets, NULL);
    assert_int_equal(outcomes[0].in, RECORDS);
    for (uint32_t r = 0; r < RECORDS; r++) {
        for (size_t f = 0; f < sizeof flips / sizeof flips[0]; f++) {
            record(bytes);
            bytes[HEADER_BYTES + r * RECORD_BYTES + flips[f].at] ^= flips[f].by;
            live_write(live_path("recorded.pcap"), bytes, sizeof bytes);
            names[count] = flips[f].what;
            outcomes[count++] = outcome(world, "fiber", sets, NULL);
        }
    }
    assert_all_differ(outcomes, names, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_digest),
        cmocka_unit_test(test_addresses_do_not_matter),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_any_change_is_seen),
        cmocka_unit_test(test_any_byte_is_seen),
    };

    return cmocka_run_group_tests(tests, live_begin, live_end);
}
