/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole runs on memory that is not coherent: with all cache operations in their places nothing is
 * found, whatever the seed; with any one of them left out the check of that name finds it, and
 * names who left it out. The digest is the same under every executor either way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/live_run.h"

#define SEEDS 5

/* %s: what the network has beside its name; the images of virt_rx and virt_tx. */
static const char virtualised[] =
    "{ \"version\": 1, \"story\": \"A frame for each of two, and one of each back.\","
    "  \"clock\": \"virtual\", \"stop\": { \"wall\": \"60 s\" },"
    "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"to\": \"client0,client1\","
    "               \"size\": 700, \"window\": 16, \"count\": 150 } ],"
    "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\","
    "                 \"rx_ring\": 64, \"tx_ring\": 64 } ],"
    "  \"networks\": [ { \"name\": \"net0\", \"rx_buffers\": 64, %s,"
    "                  \"virt_rx\": { \"image\": \"%s\" }, \"virt_tx\": { \"image\": \"%s\" } } ],"
    "  \"clients\": ["
    "    { \"name\": \"client0\", \"image\": \"network/client_echo\", \"network\": \"net0\","
    "      \"rx_buffers\": 32, \"tx_buffers\": 32, \"copier\": {} },"
    "    { \"name\": \"client1\", \"image\": \"network/client_echo\", \"network\": \"net0\","
    "      \"tx_buffers\": 32 } ] }";

/* %s: the client's image. */
static const char direct[] =
    "{ \"version\": 1, \"story\": \"A client that does for itself what virtualisers would.\","
    "  \"clock\": \"virtual\", \"stop\": { \"wall\": \"60 s\" },"
    "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"to\": \"client0\", \"size\": 700,"
    "               \"window\": 16, \"count\": 150 } ],"
    "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\","
    "                 \"rx_ring\": 64, \"tx_ring\": 64 } ],"
    "  \"networks\": [ { \"name\": \"net0\", \"rx_buffers\": 64, \"virtualisers\": false,"
    "                  \"coherent\": false } ],"
    "  \"clients\": [ { \"name\": \"client0\", \"image\": \"%s\", \"network\": \"net0\","
    "                 \"tx_buffers\": 32 } ] }";

#define INCOHERENT "\"coherent\": false"

static const char *mutant(const char *name)
{
    static char path[2 * PATH_MAX];
    char whole[PATH_MAX];

    assert_non_null(realpath(live_build(), whole));
    snprintf(path, sizeof path, "%s/images/test/mutant/%s.so", whole, name);
    return path;
}

static const char *scenario_of(const char *network, const char *virt_rx, const char *virt_tx)
{
    static char text[sizeof virtualised + 5 * PATH_MAX];

    snprintf(text, sizeof text, virtualised, network, virt_rx, virt_tx);
    return text;
}

static const char *direct_of(const char *client)
{
    static char text[sizeof direct + 2 * PATH_MAX];

    snprintf(text, sizeof text, direct, client);
    return text;
}

/* The report of one run, whose status is `status`. */
static json_t *run(const char *text, const char *executor, unsigned seed, int status)
{
    static struct live l;
    char number[16];
    struct live_how how = {.args = {"-q", "--executor", executor, "--seed", number}};

    snprintf(number, sizeof number, "%u", seed);
    int got = live_run(&l, text, &how);
    json_t *report = live_report(&l);

    if (got != status || report == NULL) {
        fail_msg("%s, seed %u: status %d, said: %s", executor, seed, got, l.said);
    }
    folder_remove(l.out);
    return report;
}

static const char *digest_of(json_t *report)
{
    return json_string_value(live_get(report, "digest"));
}

/* Findings of all checks, in all. */
static size_t findings_of(json_t *report)
{
    json_t *checks = json_object_get(report, "checks"), *one;
    size_t i, sum = 0;

    json_array_foreach(checks, i, one)
    {
        sum += json_array_size(json_object_get(one, "findings"));
    }
    return sum;
}

static void correct_images_are_found_correct(void **state)
{
    static const char *const networks[] = {INCOHERENT, INCOHERENT ", \"evictions\": 0",
                                           INCOHERENT ", \"evictions\": \"100 %\""};

    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        for (size_t i = 0; i < 3; i++) {
            json_t *report = run(scenario_of(networks[i], "network/virt_rx", "network/virt_tx"),
                                 "fiber", seed, 0);

            assert_int_equal(findings_of(report), 0);
            assert_int_equal(json_integer_value(live_get(report, "frames.out")), 150);
            json_decref(report);
        }
        json_t *report = run(direct_of("network/client_direct"), "fiber", seed, 0);

        assert_int_equal(findings_of(report), 0);
        assert_int_equal(json_integer_value(live_get(report, "frames.out")), 150);
        json_decref(report);
    }
}

/* Each operation that there is, left out; and one that is too short, and one that comes too early.
 */
static const struct {
    enum { AS_VIRT_TX, AS_VIRT_RX, AS_CLIENT } as;
    const char *image, *culprit, *says;
} mistakes[] = {
    {AS_VIRT_TX, "virt_tx_never_cleans", "net0_virt_tx", "without cleaning it"},
    {AS_VIRT_RX, "virt_rx_never_invalidates", "net0_virt_rx", "without invalidating the frame"},
    {AS_VIRT_RX, "virt_rx_invalidates_header", "net0_virt_rx",
     "handed on a frame without invalidating it"},
    {AS_CLIENT, "client_direct_never_cleans", "client0", "without cleaning it"},
    {AS_CLIENT, "client_direct_never_invalidates", "client0", "without invalidating the frame"},
    {AS_CLIENT, "client_direct_marks_received", "client0", "wrote a dirty line back"},
};

static const char *with_mistake(size_t i)
{
    const char *image = mutant(mistakes[i].image);

    switch (mistakes[i].as) {
    case AS_VIRT_TX:
        return scenario_of(INCOHERENT, "network/virt_rx", image);
    case AS_VIRT_RX:
        return scenario_of(INCOHERENT, image, "network/virt_tx");
    default:
        return direct_of(image);
    }
}

/* Does a finding of the check name this culprit, with such words and all else that is known? */
static bool is_named(json_t *report, const char *culprit, const char *says)
{
    json_t *checks = json_object_get(report, "checks"), *check, *one;
    size_t i, k;

    json_array_foreach(checks, i, check)
    {
        if (strcmp(json_string_value(json_object_get(check, "name")), "coherence") != 0) {
            continue;
        }
        json_array_foreach(json_object_get(check, "findings"), k, one)
        {
            const char *by = json_string_value(json_object_get(one, "culprit"));
            const char *text = json_string_value(json_object_get(one, "text"));
            const char *object = json_string_value(json_object_get(one, "object"));

            if (by != NULL && strcmp(by, culprit) == 0 && strstr(text, says) != NULL &&
                object != NULL && strchr(object, '[') != NULL) {
                return true;
            }
        }
    }
    return false;
}

static void each_operation_left_out_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        for (unsigned seed = 1; seed <= SEEDS; seed++) {
            json_t *report = run(with_mistake(i), "fiber", seed, 1);

            if (!is_named(report, mistakes[i].culprit, mistakes[i].says)) {
                fail_msg("%s, seed %u: not found: %s", mistakes[i].image, seed,
                         live_finding(report, "coherence", 0));
            }
            json_decref(report);
        }
    }
}

/*
 * Where each line leaves its cache whenever it may, chance does all the work: nobody suffers, and
 * what was left out is found all the same. Where none ever does, everybody suffers.
 */
static void chance_hides_the_harm_and_not_the_mistake(void **state)
{
    static const struct {
        const char *network;
        bool lucky;
    } rows[] = {{INCOHERENT ", \"evictions\": \"100 %\"", true},
                {INCOHERENT ", \"evictions\": 0", false}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        json_t *report =
            run(scenario_of(rows[i].network, "network/virt_rx", mutant("virt_tx_never_cleans")),
                "fiber", 1, 1);

        assert_int_equal(is_named(report, "net0_virt_tx", "by chance only"), rows[i].lucky);
        assert_int_equal(is_named(report, "net0_virt_tx", "caches have newer"), !rows[i].lucky);
        json_decref(report);
        report = run(
            scenario_of(rows[i].network, mutant("virt_rx_never_invalidates"), "network/virt_tx"),
            "fiber", 1, 1);
        assert_int_equal(is_named(report, "net0_virt_rx", "handed on a frame"), rows[i].lucky);
        assert_int_equal(json_integer_value(live_get(report, "frames.out")) == 150, rows[i].lucky);
        json_decref(report);
    }
}

/* ... and is none where memory is coherent. */
static void coherent_memory_needs_no_operation(void **state)
{
    char rx[2 * PATH_MAX];

    (void)state;
    snprintf(rx, sizeof rx, "%s", mutant("virt_rx_never_invalidates"));
    json_t *report =
        run(scenario_of("\"coherent\": true", rx, mutant("virt_tx_never_cleans")), "fiber", 1, 0);

    assert_int_equal(findings_of(report), 0);
    json_decref(report);
}

static void executors_agree(const char *text, int status)
{
    static const char *const executors[] = {"fiber", "thread", "process"};
    char *digests[3], *findings[3];

    for (size_t i = 0; i < 3; i++) {
        json_t *report = run(text, executors[i], 2, status);
        const char *first = live_finding(report, "coherence", 0);

        digests[i] = strdup(digest_of(report));
        findings[i] = strdup(first == NULL ? "" : first);
        json_decref(report);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(digests[i], digests[0]);
        assert_string_equal(findings[i], findings[0]);
    }
    for (size_t i = 0; i < 3; i++) {
        free(digests[i]);
        free(findings[i]);
    }
}

static void every_executor_has_the_same_caches(void **state)
{
    (void)state;
    executors_agree(scenario_of(INCOHERENT, "network/virt_rx", "network/virt_tx"), 0);
    executors_agree(with_mistake(0), 1);
    executors_agree(with_mistake(1), 1);
    executors_agree(with_mistake(5), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(correct_images_are_found_correct),
        cmocka_unit_test(each_operation_left_out_is_found),
        cmocka_unit_test(chance_hides_the_harm_and_not_the_mistake),
        cmocka_unit_test(coherent_memory_needs_no_operation),
        cmocka_unit_test(every_executor_has_the_same_caches),
    };
    return cmocka_run_group_tests(tests, live_begin, live_end);
}
