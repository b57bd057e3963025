/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The judges of bytes see. Components with one mistake each stand where the right ones belong,
 * while both ends of a recorded conversation, with frames of many lengths, live behind one NIC:
 * each mistake is found, by the check it is for, and nobody else is blamed, whatever runs the
 * domains. With all components right, or the checks turned off, nothing is found, and the run is
 * the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/live_run.h"

#define IMAGE_BYTES (PATH_MAX + 128)

enum place { NOWHERE, DRIVER, VIRT_RX, VIRT_TX, COPIER, CLIENT, PLACES };

static const struct mutant {
    const char *image;
    enum place place;
    const char *culprit;
    struct {
        const char *check, *says;
    } wanted[2];
} mutants[] = {
    {"copy_slot",
     COPIER,
     "client1_copier",
     {{"confidentiality", "let client1 see bytes 66 to 73 of frame 4 for client0, in "
                          "client1.rx.active, by copying beyond the end of its frame"}}},
    {"copy_lines",
     COPIER,
     "client1_copier",
     {{"confidentiality", "by copying beyond the end of its frame"}}},
    {"copy_long",
     COPIER,
     "client1_copier",
     {{"confidentiality", "by giving it more than its frame"},
      {"integrity", "passed on a frame with another length than it was given (frame 1 of eth0, now "
                    "128 bytes, wrong from byte 42 on)"}}},
    {"copy_twice",
     COPIER,
     "client1_copier",
     {{"confidentiality", "by copying what no frame came with"}}},
    {"copy_flip",
     COPIER,
     "client1_copier",
     {{"integrity", "copied a frame wrongly (frame 1 of eth0, now 42 bytes, wrong from byte 21 "
                    "on)"}}},
    {"copy_stale_length",
     COPIER,
     "client1_copier",
     {{"integrity", "passed on a frame with another length than it was given"}}},
    {"virt_rx_mac",
     VIRT_RX,
     "net0_virt_rx",
     {{"delivery", "gave client0, in client0.rx.active, a frame for client1"}}},
    {"virt_rx_scribble",
     VIRT_RX,
     "net0_virt_rx",
     {{"integrity", "changed a frame that waited to be copied (frame 2 of eth0, now 42 bytes)"}}},
    {"virt_rx_length",
     VIRT_RX,
     "net0_virt_rx",
     {{"integrity", "passed on a frame with another length than it was given"},
      {"confidentiality", "by making its frame longer than it was"}}},
    {"virt_rx_again", VIRT_RX, "net0_virt_rx", {{"integrity", "gave a frame a second time"}}},
    {"driver_length",
     DRIVER,
     "net0_driver",
     {{"integrity", "gave away a frame with another length than it came in with (frame 1 of eth0, "
                    "now 106 bytes, wrong from byte 42 on)"},
      {"confidentiality", "by making its frame longer than it was"}}},
    {"virt_tx_other",
     VIRT_TX,
     "net0_virt_tx",
     {{"integrity", "had a buffer sent that its owner had not submitted (client1.tx["}}},
    {"virt_tx_length",
     VIRT_TX,
     "net0_virt_tx",
     {{"integrity",
       "passed on a frame with another length than it was given (a frame of client1"}}},
    {"client_changes_mind",
     CLIENT,
     "client1",
     {{"integrity", "changed a frame that it had submitted already (frame 1 of client1, now 42 "
                    "bytes)"}}},
};

#define MUTANTS (sizeof mutants / sizeof mutants[0])

/* The scenario with an image in one place. */
static const char *scenario(const char *image, enum place place)
{
    static char text[PLACES * IMAGE_BYTES + 2048];
    static char at[PLACES][IMAGE_BYTES];
    char here[PATH_MAX], build[PATH_MAX];

    assert_non_null(realpath(".", here));
    assert_non_null(realpath(live_build(), build));
    for (unsigned i = 0; i < PLACES; i++) {
        at[i][0] = '\0';
    }
    if (place != NOWHERE) {
        snprintf(at[place], IMAGE_BYTES, "\"image\": \"%.4000s/images/test/rogue/%s.so\"", build,
                 image);
    }
    snprintf(text, sizeof text,
             "{ \"version\": 1, \"wires\": [ { \"name\": \"lan\", \"kind\": \"pcap\","
             "  \"file\": \"%s/traces/http.pcap\", \"macs\": \"spread\", \"loop\": 2,"
             "  \"pace\": \"line\", \"speed\": \"100 Mbit/s\" } ],"
             "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\" } ],"
             "  \"networks\": [ { \"name\": \"net0\", \"device\": \"eth0\", \"rx_buffers\": 64,"
             "    \"driver\": { %s }, \"virt_rx\": { %s }, \"virt_tx\": { %s } } ],"
             "  \"clients\": ["
             "  { \"name\": \"client0\", \"image\": \"network/client_echo\", \"network\": \"net0\","
             "    \"copier\": {} },"
             "  { \"name\": \"client1\", %s, \"network\": \"net0\","
             "    \"copier\": { %s } } ] }",
             here, at[DRIVER], at[VIRT_RX], at[VIRT_TX],
             place == CLIENT ? at[CLIENT] : "\"image\": \"network/client_echo\"", at[COPIER]);
    return text;
}

/* -- findings -- */

static json_t *check_named(json_t *report, const char *name)
{
    json_t *one;
    size_t i;

    json_array_foreach(json_object_get(report, "checks"), i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0) {
            return one;
        }
    }
    return NULL;
}

static bool says(json_t *findings, const char *what)
{
    json_t *one;
    size_t i;

    json_array_foreach(findings, i, one)
    {
        if (strstr(json_string_value(json_object_get(one, "text")), what) != NULL) {
            return true;
        }
    }
    return false;
}

static void print_findings(json_t *report)
{
    char *text = json_dumps(json_object_get(report, "checks"), JSON_INDENT(1));

    print_error("%s\n", text);
    free(text);
}

static const char *const checks[] = {"integrity", "confidentiality", "delivery"};

/* Nobody but the culprit is blamed by the checks of bytes. */
static void assert_nobody_else(json_t *report, const char *culprit)
{
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        json_t *one, *check = check_named(report, checks[i]);
        size_t k;

        json_array_foreach(json_object_get(check, "findings"), k, one)
        {
            if (culprit == NULL ||
                strcmp(json_string_value(json_object_get(one, "culprit")), culprit) != 0) {
                print_findings(report);
                fail();
            }
        }
    }
}

static json_t *run(struct live *l, const char *text, const char *clock, const char *executor,
                   const char *set)
{
    struct live_how how = {.args = {"-q", "--clock", clock, "--executor", executor}};

    if (set != NULL) {
        how.args[5] = "--set";
        how.args[6] = set;
    }
    (void)live_run(l, text, &how);
    json_t *report = live_report(l);

    if (report == NULL) {
        fail_msg("no report: %s", l->said);
    }
    return report;
}

static void judge(const struct mutant *m, const char *clock, const char *executor, bool exact)
{
    static struct live l;
    json_t *report = run(&l, scenario(m->image, m->place), clock, executor, NULL);

    assert_int_equal(l.status, 1);
    for (unsigned i = 0; i < 2 && m->wanted[i].check != NULL; i++) {
        json_t *found = json_object_get(check_named(report, m->wanted[i].check), "findings");

        if (exact ? !says(found, m->wanted[i].says) : json_array_size(found) == 0) {
            print_error("%s by %s, %s: not found: %s\n", m->image, executor, clock,
                        m->wanted[i].says);
            print_findings(report);
            fail();
        }
    }
    assert_nobody_else(report, m->culprit);
    json_decref(report);
}

/* -- tests -- */

static void test_exact(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MUTANTS; i++) {
        judge(&mutants[i], "virtual", "fiber", true);
    }
}

/* The others see what a fiber sees. */
static void test_executors(void **state)
{
    static const char *const executors[] = {"thread", "process"};

    (void)state;
    for (unsigned i = 0; i < MUTANTS; i++) {
        judge(&mutants[i], "virtual", executors[i % 2], true);
    }
}

/*
 * On the host's clock a tag that is not there yet looks like a frame that was never submitted, or
 * was given before; that it was, who counts buffers can tell. And what lies about in the end may be
 * of a frame that nobody has any more, as it may be of an older one on any clock.
 */
static void test_host(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MUTANTS; i++) {
        if (strcmp(mutants[i].image, "copy_twice") != 0 &&
            strcmp(mutants[i].image, "virt_rx_again") != 0 &&
            strcmp(mutants[i].image, "virt_tx_other") != 0) {
            judge(&mutants[i], "host", "process", false);
        }
    }
}

/* What an untrusted client does to its own frames is told, and is nobody's loss; what is done to
 * those for it is found. */
static void test_untrusted(void **state)
{
    static struct live l;
    static const char *const done[] = {"copy_slot", "copy_flip", "virt_rx_scribble"};

    (void)state;
    json_t *report = run(&l, scenario("client_changes_mind", CLIENT), "virtual", "fiber",
                         "/clients/1/trusted=false");

    assert_int_equal(l.status, 0);
    assert_true(says(json_object_get(check_named(report, "integrity"), "excused"),
                     "client1 changed a frame that it had submitted already"));
    json_decref(report);
    for (unsigned i = 0; i < sizeof done / sizeof done[0]; i++) {
        report = run(&l, scenario(done[i], i == 2 ? VIRT_RX : COPIER), "virtual", "fiber",
                     "/clients/1/trusted=false");
        assert_int_equal(l.status, 1);
        assert_true(
            says(json_object_get(check_named(report, i == 0 ? "confidentiality" : "integrity"),
                                 "findings"),
                 i == 0   ? "client1_copier let client1 see"
                 : i == 1 ? "client1_copier copied a frame wrongly"
                          : "net0_virt_rx changed a frame"));
        json_decref(report);
    }
}

/* One who reads the shared receive region by leave of the scenario: it is said that nothing is
 * said. */
static void test_shared(void **state)
{
    static struct live l;
    json_t *report;

    (void)state;
    report = run(&l, scenario(NULL, NOWHERE), "virtual", "fiber",
                 "/clients/1={\"name\":\"client1\",\"image\":\"network/client_echo\","
                 "\"network\":\"net0\",\"trusted\":false,\"allow_shared_receive\":true}");
    assert_int_equal(l.status, 0);
    assert_true(says(json_object_get(check_named(report, "confidentiality"), "excused"),
                     "client1 may read all of net0.rx, as the scenario allows"));
    json_decref(report);
}

/* The digest of a run is the same with the checks and without. */
static void test_off(void **state)
{
    static struct live l;
    char digest[32];

    (void)state;
    json_t *report = run(&l, scenario(NULL, NOWHERE), "virtual", "fiber", NULL);
    assert_int_equal(l.status, 0);
    assert_nobody_else(report, NULL);
    snprintf(digest, sizeof digest, "%s", json_string_value(json_object_get(report, "digest")));
    json_decref(report);
    report = run(&l, scenario(NULL, NOWHERE), "virtual", "fiber",
                 "/checks={\"integrity\":false,\"confidentiality\":false}");
    assert_int_equal(l.status, 0);
    assert_null(check_named(report, "integrity"));
    assert_string_equal(json_string_value(json_object_get(report, "digest")), digest);
    json_decref(report);
    report = run(&l, scenario("copy_slot", COPIER), "virtual", "fiber",
                 "/checks={\"confidentiality\":false}");
    assert_int_equal(l.status, 0);
    json_decref(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),  cmocka_unit_test(test_executors),
        cmocka_unit_test(test_host),   cmocka_unit_test(test_untrusted),
        cmocka_unit_test(test_shared), cmocka_unit_test(test_off),
    };
    return cmocka_run_group_tests(tests, live_begin, live_end);
}
