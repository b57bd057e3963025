/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's clock and a thread for each domain: the same run as by processes, as told by its
 * report, and the same end whatever befalls it. What strays there is in test_escape.c. Tools that
 * know threads have nothing to say of ours, and are told to overlook nothing. And domains that
 * poll, on cores that they share or do not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>

#include "tests/unit/live_stray.h"

static const char endless[] = LIVE_ENDLESS("\"executor\": \"thread\",", LIVE_OUT_PCAP);

static const char few[] =
    "{ \"version\": 1, \"story\": \"Two hundred frames there and back.\","
    "  \"stop\": { \"wall\": \"60 s\" },"
    "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"count\": 200, \"window\": 8 } ],"
    "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\" } ],"
    "  \"networks\": [ { \"name\": \"net0\", \"device\": \"eth0\" } ],"
    "  \"clients\": ["
    "    { \"name\": \"client0\", \"image\": \"network/client_echo\", \"network\": \"net0\","
    "      \"copier\": {} },"
    "    { \"name\": \"client1\", \"image\": \"network/client_echo\", \"network\": \"net0\","
    "      \"copier\": {} } ],"
    "  \"captures\": [ { \"at\": \"lan.out\", \"file\": \"out.pcap\" } ],"
    "  \"expect\": [ \"client0.rx_frames == 100\", \"client1.rx_frames == 100\","
    "                \"dropped == 0\" ] }";

static void threads_of(const struct live *l, unsigned *count)
{
    char path[64];
    DIR *tasks;

    *count = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)l->pid);
    tasks = opendir(path);
    while (tasks != NULL && readdir(tasks) != NULL) {
        ++*count;
    }
    if (tasks != NULL) {
        closedir(tasks);
    }
}

static void start_endless(struct live *l, const char *set)
{
    const struct live_how how = {.args = {"-q", set == NULL ? NULL : "--set", set}};
    uint64_t until = live_now_ms() + LIVE_LIMIT_MS;
    unsigned count = 0;

    live_start(l, endless, &how);
    while (count < LIVE_ENDLESS_DOMAINS + 1 + 2 && live_now_ms() < until) { /* ".", ".." */
        threads_of(l, &count);
        sched_yield();
    }
    assert_int_equal(count, LIVE_ENDLESS_DOMAINS + 1 + 2);
}

static void test_interrupted(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    static struct live l;

    (void)state;
    for (unsigned i = 0; i < 12; i++) {
        start_endless(&l, NULL);
        nanosleep(&(struct timespec){.tv_nsec = (long)i * 3000000}, NULL); /* any moment will do */
        kill(l.pid, signals[i % 3]);
        live_assert_interrupted(&l, "threads");
        folder_remove(l.out);
    }
}

static void test_killed(void **state)
{
    static struct live l;

    (void)state;
    start_endless(&l, NULL);
    kill(l.pid, SIGKILL);
    assert_int_equal(live_wait(&l, LIVE_LIMIT_MS), -SIGKILL);
    assert_true(live_nobody_left(1000));
    assert_false(live_file_there(&l, "report.json"));
    folder_remove(l.out);
}

static void test_out_of_patience(void **state)
{
    static struct live l;

    (void)state;
    start_endless(&l, "/stop/wall=\"300 ms\"");
    assert_int_equal(live_wait(&l, LIVE_LIMIT_MS), 5);
    assert_true(live_nobody_left(1000));
    live_assert_whole(&l);
    folder_remove(l.out);
}

/* One that spins cannot be told to end, and is made to; what all others did is told. */
static void test_one_spins(void **state)
{
    static struct live l;
    static const struct live_how how = {
        .args = {"-q", "--executor", "thread", "--set", "/stop/after=\"200 ms\""}};
    char text[PATH_MAX + 2048];

    (void)state;
    if (live_sanitized()) {
        skip();
    }
    snprintf(text, sizeof text, LIVE_BESIDE("", LIVE_OUT_PCAP),
             live_stray_image(ESCAPE_SPIN, ESCAPE_WHEN_NOTIFIED));
    int status = live_run(&l, text, &how);
    json_t *report = live_report(&l);

    if (status != 1) {
        print_error("status %d, said: %s\n", status, l.said);
    }
    assert_non_null(report);
    assert_string_equal(json_string_value(live_get(report, "pds.rogue.state")),
                        "killed at the end: it did not wait");
    assert_string_equal(json_string_value(live_get(report, "pds.honest.state")), "ended when told");
    assert_int_equal(json_integer_value(live_get(report, "frames.delivered.honest")),
                     LIVE_BESIDE_FRAMES);
    assert_true(json_integer_value(live_get(report, "pds.rogue.cpu_ns")) > 100000000);
    json_decref(report);
    folder_remove(l.out);
}

/* What a report says, but for what differs from one run to the next. */
static json_t *report_of(const char *executor)
{
    static struct live l;
    const struct live_how how = {.args = {"-q", "--executor", executor}};
    int status = live_run(&l, few, &how);

    if (status != 0) {
        print_error("%s: status %d, said: %s\n", executor, status, l.said);
    }
    assert_int_equal(status, 0);
    assert_true(live_nobody_left(1000));
    json_t *report = live_report(&l);
    assert_non_null(report);
    folder_remove(l.out);
    return report;
}

static void test_same_report(void **state)
{
    static const char *const same[] = {"frames", "expect", "verdict", "end"};
    json_t *processes = report_of("process"), *threads = report_of("thread"), *pd;
    const char *name;

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        assert_true(
            json_equal(json_object_get(processes, same[i]), json_object_get(threads, same[i])));
    }
    json_object_foreach(json_object_get(threads, "pds"), name, pd)
    {
        char path[128];

        assert_string_equal(json_string_value(json_object_get(pd, "state")), "ended when told");
        assert_true(json_integer_value(json_object_get(pd, "cpu_ns")) > 0);
        assert_true(json_is_false(json_object_get(pd, "confined")));
        snprintf(path, sizeof path, "pds.%s.told_by", name);
        assert_true(json_equal(live_get(processes, path), live_get(threads, path)));
    }
    json_t *checks = json_object_get(processes, "checks"), *one;
    size_t i;
    json_array_foreach(checks, i, one)
    {
        const json_t *other = json_array_get(json_object_get(threads, "checks"), i);

        assert_true(json_equal(json_object_get(one, "name"), json_object_get(other, "name")));
        assert_int_equal(json_array_size(json_object_get(other, "findings")), 0);
    }
    json_decref(processes);
    json_decref(threads);
}

/* -- polling -- */

static const char *const polled[] = {"--set", "/waiting=\"poll\""};
static const char *const spread[] = {"--set", "/placement=\"spread\""};

/* On one core and on all, as threads that share one and as processes. */
static void test_polling(void **state)
{
    static const char *const executors[] = {"process", "thread"};
    static struct live l;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const char *const *how = i / 2 == 0 ? polled : spread;
        const struct live_how args = {
            .args = {"-q", "--executor", executors[i % 2], how[0], how[1]}};
        int status = live_run(&l, few, &args);

        if (status != 0) {
            print_error("%s %s: status %d, said: %s\n", executors[i % 2], how[1], status, l.said);
        }
        assert_int_equal(status, 0);
        assert_true(live_nobody_left(1000));
        json_t *report = live_report(&l), *pd, *notes = json_object_get(report, "notes");
        const char *name;

        name = json_string_value(json_array_get(notes, json_array_size(notes) - 1));
        assert_non_null(strstr(name, "placement: "));
        assert_true(how == spread || strstr(name, "8 of 8 domains polled") != NULL);
        json_object_foreach(json_object_get(report, "pds"), name, pd)
        {
            assert_string_equal(json_string_value(json_object_get(pd, "state")), "ended when told");
            assert_true(json_integer_value(json_object_get(pd, "cpu_ns")) > 0);
        }
        json_decref(report);
        folder_remove(l.out);
    }
}

/* One of those that share a thread ends, spins, or is given to silence: the others go on. */
static void test_polling_with_a_rogue(void **state)
{
    static const struct {
        uint32_t way;
        enum escape_when when;
        const char *death;
    } rows[] = {
        {ESCAPE_READ_NULL, ESCAPE_IN_INIT, "SIGSEGV"},
        {ESCAPE_READ_NULL, ESCAPE_AS_LOADED, "SIGSEGV"},
        {ESCAPE_TRAP, ESCAPE_WHEN_NOTIFIED, "SIGILL"},
        {ESCAPE_OVERFLOW_STACK, ESCAPE_WHEN_NOTIFIED, "SIGSEGV"},
        {ESCAPE_EXIT, ESCAPE_WHEN_NOTIFIED, "its own exit, with status 0"},
        {ESCAPE_OPEN_MEM, ESCAPE_WHEN_NOTIFIED, "openat"},
    };
    static struct live l;
    const struct live_how how = {.args = {"-q", "--executor", "thread", polled[0], polled[1]}};
    char text[PATH_MAX + 2048];

    (void)state;
    if (live_sanitized()) {
        skip();
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(text, sizeof text, LIVE_BESIDE("", LIVE_OUT_PCAP),
                 live_stray_image(rows[i].way, rows[i].when));
        int status = live_run(&l, text, &how);
        json_t *report = live_report(&l);
        const char *found = report == NULL ? NULL : live_finding(report, "domains", 0);

        if (status != 1 || found == NULL || strstr(found, rows[i].death) == NULL) {
            print_error("way %u: status %d, found: %s, said: %s\n", rows[i].way, status,
                        found == NULL ? "-" : found, l.said);
        }
        assert_int_equal(status, 1);
        assert_non_null(found);
        assert_non_null(strstr(found, rows[i].death));
        assert_null(live_finding(report, "domains", 1));
        assert_int_equal(json_integer_value(live_get(report, "frames.delivered.honest")),
                         LIVE_BESIDE_FRAMES);
        json_decref(report);
        folder_remove(l.out);
    }
}

/* It keeps the core that it shares; but not for ever. On a busy host a while may pass before it has
 * its first frame, and spins. */
static void test_polling_with_one_that_spins(void **state)
{
    static struct live l;
    const struct live_how how = {.args = {"-q", "--executor", "thread", polled[0], polled[1],
                                          "--set", "/stop/after=\"1 s\""}};
    char text[PATH_MAX + 2048];

    (void)state;
    if (live_sanitized()) {
        skip();
    }
    snprintf(text, sizeof text, LIVE_BESIDE("", LIVE_OUT_PCAP),
             live_stray_image(ESCAPE_SPIN, ESCAPE_WHEN_NOTIFIED));
    int status = live_run(&l, text, &how);
    json_t *report = live_report(&l);

    assert_in_range(status, 0, 1);
    assert_true(live_nobody_left(1000));
    assert_non_null(report);
    assert_string_equal(json_string_value(live_get(report, "pds.rogue.state")),
                        "killed at the end: it did not wait");
    assert_string_equal(json_string_value(live_get(report, "pds.honest.state")), "ended when told");
    json_decref(report);
    folder_remove(l.out);
}

static void test_polling_interrupted(void **state)
{
    static struct live l;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        const struct live_how how = {.args = {"-q", "--set", "/waiting=\"poll\"", "--executor",
                                              i % 2 ? "thread" : "process"}};
        uint64_t until = live_now_ms() + LIVE_LIMIT_MS;

        live_start(&l, endless, &how);
        while (!live_file_there(&l, "captures/out.pcap.part") && live_now_ms() < until) {
            sched_yield();
        }
        nanosleep(&(struct timespec){.tv_nsec = (long)i * 20000000}, NULL);
        kill(l.pid, SIGTERM);
        live_assert_interrupted(&l, "polling");
        folder_remove(l.out);
    }
}

static void under(const struct live_how *how, const char *text)
{
    static struct live l;
    int status = live_run(&l, text, how);

    if (status != 0) {
        print_error("%s %s: status %d, said: %s", how->tool[0], how->tool[1], status, l.said);
    }
    assert_int_equal(status, 0);
    assert_true(live_nobody_left(1000));
    folder_remove(l.out);
}

static void test_memcheck(void **state)
{
    (void)state;
    if (!live_have_valgrind()) {
        skip();
    }
    under(&(struct live_how){.tool = {"valgrind", "-q", "--leak-check=full",
                                      "--errors-for-leak-kinds=definite", "--error-exitcode=9"},
                             .args = {"-q", "--executor", "thread"}},
          few);
    under(&(struct live_how){.tool = {"valgrind", "-q", "--leak-check=full",
                                      "--errors-for-leak-kinds=definite", "--error-exitcode=9"},
                             .args = {"-q", "--executor", "thread", polled[0], polled[1]}},
          few);
}

/*
 * Not one suppression: where threads meet they do so by locked instructions, by what was made
 * before any began, or by memory that each of them sees at an address of its own. Of that memory,
 * which queues lie in, the tool therefore says nothing, on the host's clock. In virtual time every
 * switch is one it knows.
 */
static void test_helgrind(void **state)
{
    static const struct live_how clocks[] = {
        {.tool = {"valgrind", "-q", "--tool=helgrind", "--error-exitcode=9"},
         .args = {"-q", "--executor", "thread"}},
        {.tool = {"valgrind", "-q", "--tool=helgrind", "--error-exitcode=9"},
         .args = {"-q", "--executor", "thread", "--clock", "virtual"}},
    };

    (void)state;
    if (!live_have_valgrind()) {
        skip();
    }
    under(&clocks[0], few);
    under(&clocks[1], few);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_report),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_out_of_patience),
        cmocka_unit_test(test_one_spins),
        cmocka_unit_test(test_memcheck),
        cmocka_unit_test(test_helgrind),
        cmocka_unit_test(test_polling),
        cmocka_unit_test(test_polling_with_a_rogue),
        cmocka_unit_test(test_polling_with_one_that_spins),
        cmocka_unit_test(test_polling_interrupted),
    };

    return cmocka_run_group_tests(tests, live_begin, live_end);
}
