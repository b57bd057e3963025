/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual time, and a domain that does what no protection domain can, or to whom somebody does: it
 * faults, leaves, spins, sleeps, reads the host's clock in every way there is, or is killed. Under
 * every executor the run ends, names it and why in the same words and the same digest, stops it at
 * the time of its last point, and leaves its neighbour every frame. Then the run itself is
 * interrupted, killed, or out of time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>

#include "tests/unit/live_stray.h"

static const char beside[] = LIVE_BESIDE("\"clock\": \"virtual\",", LIVE_OUT_PCAP);
static const char endless[] = LIVE_ENDLESS("\"clock\": \"virtual\",", LIVE_OUT_PCAP);

static const char *const executors[] = {"fiber", "thread", "process"};
#define EXECUTORS 3

/* -- a domain strays -- */

struct outcome {
    char digest[24], found[256];
    long long died_ns;
};

static const char *finding_time(json_t *report, long long *time_ns)
{
    json_t *checks = json_object_get(report, "checks"), *one;
    size_t i;

    json_array_foreach(checks, i, one)
    {
        json_t *first = json_array_get(json_object_get(one, "findings"), 0);

        if (strcmp(json_string_value(json_object_get(one, "name")), "domains") == 0 &&
            first != NULL) {
            *time_ns = json_integer_value(json_object_get(first, "time_ns"));
            return json_string_value(json_object_get(first, "text"));
        }
    }
    return "";
}

/* `death`: what it must have died of; NULL: it lives. */
static struct outcome stray(uint32_t way, enum escape_when when, const char *death,
                            const char *executor)
{
    static struct live l;
    struct live_how how = {.args = {"-q", "--executor", executor}};
    struct outcome o = {.died_ns = -1};
    char text[PATH_MAX + 2048];

    snprintf(text, sizeof text, beside, live_stray_image(way, when));
    int status = live_run(&l, text, &how);
    json_t *report = live_report(&l);
    char *log = live_file(&l, "pds/rogue.log");
    const char *state = json_string_value(live_get(report, "pds.rogue.state"));
    const char *digest = json_string_value(live_get(report, "digest"));

    snprintf(o.found, sizeof o.found, "%s", finding_time(report, &o.died_ns));
    snprintf(o.digest, sizeof o.digest, "%s", digest == NULL ? "none" : digest);
    bool right =
        status == 1 && live_nobody_left(1000) && state != NULL && log != NULL &&
        strstr(log, "escaped") == NULL &&
        (death == NULL
             ? o.found[0] == '\0' && strcmp(state, "died") != 0
             : strncmp(o.found, "rogue died of ", 14) == 0 && strstr(o.found, death) != NULL &&
                   strcmp(state, "died") == 0 && strstr(l.said, death) != NULL) &&
        json_integer_value(live_get(report, "frames.delivered.honest")) == LIVE_BESIDE_FRAMES &&
        json_integer_value(live_get(report, "frames.sent_by.honest")) == LIVE_BESIDE_FRAMES;
    if (!right) {
        print_error("way %u, when %u, %s: status %d, found: %s; wanted: %s\nsaid: %.2000s\n"
                    "log: %.500s\n",
                    way, (unsigned)when, executor, status, o.found, death == NULL ? "-" : death,
                    l.said, log == NULL ? "-" : log);
    }
    assert_true(right);
    live_assert_whole(&l);
    json_decref(report);
    free(log);
    folder_remove(l.out);
    return o;
}

struct row {
    uint32_t way;
    const char *death;
    bool by_mmu_only; /* in one address space nothing stops it */
};

#define REFUSED(call) "SIGSYS: the system call " call " is not for domains"
#define CLOCK         "reading the host's clock"

static const struct row rows[] = {
    {ESCAPE_NOT, NULL, false},
    {ESCAPE_MALLOC, NULL, false},
    {ESCAPE_STORE_READ_ONLY, "SIGSEGV at net0.rx[0] + 0x40, which rogue may only read", false},
    {ESCAPE_READ_BEYOND, "SIGSEGV at just beyond the end of net0.rx.buffers", false},
    {ESCAPE_READ_OTHER, "SIGSEGV at honest.", true},
    {ESCAPE_READ_NULL, "SIGSEGV at 0x0, a null pointer or close to one", false},
    {ESCAPE_JUMP_NULL, "SIGSEGV at 0x0, a null pointer or close to one", false},
    {ESCAPE_JUMP_DATA, "SIGSEGV at rogue.tx[0] + 0x0, which rogue may read and write", false},
    {ESCAPE_OVERFLOW_STACK, "SIGSEGV beyond the end of its stack", false},
    {ESCAPE_DIVIDE, "SIGFPE", false},
    {ESCAPE_TRAP, "SIGILL", false},
    {ESCAPE_BREAKPOINT, "SIGTRAP", false},
    {ESCAPE_ABORT, "SIGABRT", false},
    {ESCAPE_EXIT, "its own exit, with status 0", false},
    {ESCAPE_EXIT_HANDLERS, "its own exit, with status 0", false},
    {ESCAPE_EXIT_FAILED, REFUSED("exit_group"), false},
    {ESCAPE_CLOCK_GETTIME, CLOCK, false},
    {ESCAPE_CLOCK_COARSE, CLOCK, false},
    {ESCAPE_CLOCK_CALL, CLOCK, false},
    {ESCAPE_GETTIMEOFDAY, CLOCK, false},
    {ESCAPE_TIME, CLOCK, false},
#if defined(__x86_64__)
    {ESCAPE_RDTSC, CLOCK, false},
    {ESCAPE_RDTSCP, CLOCK, false},
#endif
    {ESCAPE_SLEEP, REFUSED("nanosleep"), false},
    {ESCAPE_WAIT_FOREVER, REFUSED("futex"), false},
    {ESCAPE_WIDEN, REFUSED("mprotect"), false},
    {ESCAPE_OPEN_MEM, REFUSED("openat"), false},
    {ESCAPE_WRITE_FOREIGN, REFUSED("write"), false},
    {ESCAPE_SPIN, "running on and on without coming to a point", false},
};

/* The same words, digest and time under all three. */
static void try_row(const struct row *row, enum escape_when when, struct outcome *dead)
{
    struct outcome first = stray(row->way, when, row->death, "process");

    for (size_t e = 0; e < 2; e++) {
        const char *death = row->by_mmu_only ? NULL : row->death;
        struct outcome o = stray(row->way, when, death, executors[e]);

        if (row->by_mmu_only) {
            continue;
        }
        assert_string_equal(o.found, first.found);
        assert_string_equal(o.digest, first.digest);
        assert_int_equal(o.died_ns, first.died_ns);
    }
    if (row->death == NULL) {
        return;
    }
    /* Whatever it does after its last point, it is that point that counts. */
    if (dead->digest[0] == '\0') {
        *dead = first;
    }
    assert_string_equal(first.digest, dead->digest);
    assert_int_equal(first.died_ns, dead->died_ns);
}

static void test_strays(void **state)
{
    struct outcome dead = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        try_row(&rows[i], ESCAPE_WHEN_NOTIFIED, &dead);
    }
    assert_true(dead.died_ns > 0);
}

/* Before its first point, and before its first instruction. */
static void test_strays_early(void **state)
{
    static const struct row early[] = {
        {ESCAPE_STORE_READ_ONLY, "SIGSEGV at net0.rx[0] + 0x40, which rogue may only read", false},
        {ESCAPE_OVERFLOW_STACK, "SIGSEGV", false},
        {ESCAPE_ABORT, "SIGABRT", false},
        {ESCAPE_EXIT, "its own exit, with status 0", false},
        {ESCAPE_CLOCK_GETTIME, CLOCK, false},
        {ESCAPE_WAIT_FOREVER, REFUSED("futex"), false},
        {ESCAPE_DEAFEN, REFUSED("write"), false},
    };
    struct outcome dead = {0};

    (void)state;
    for (size_t i = 0; i < sizeof early / sizeof early[0]; i++) {
        try_row(&early[i], ESCAPE_IN_INIT, &dead);
        try_row(&early[i], ESCAPE_AS_LOADED, &dead);
    }
    assert_int_equal(dead.died_ns, 0);
}

/* -- somebody does something to the run -- */

static void start_endless(struct live *l, const char *executor, const char *set)
{
    const struct live_how how = {
        .args = {"-q", "--executor", executor, set == NULL ? NULL : "--set", set}};
    uint64_t until = live_now_ms() + LIVE_LIMIT_MS;
    struct live_kid kids[LIVE_KIDS];

    live_start(l, endless, &how);
    /* It runs: every process there is, or the capture begun. */
    while (live_now_ms() < until) {
        if (strcmp(executor, "process") == 0 ? live_kids(l, kids) == LIVE_ENDLESS_DOMAINS
                                             : live_file_there(l, "captures/out.pcap.part")) {
            break;
        }
        sched_yield();
    }
}

static void test_interrupted(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    static struct live l;

    (void)state;
    for (size_t e = 0; e < EXECUTORS; e++) {
        for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
            start_endless(&l, executors[e], NULL);
            nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL); /* any moment will do */
            kill(l.pid, signals[i]);
            live_assert_interrupted(&l, executors[e]);
            folder_remove(l.out);
        }
    }
}

static void test_killed(void **state)
{
    static struct live l;

    (void)state;
    for (size_t e = 0; e < EXECUTORS; e++) {
        start_endless(&l, executors[e], NULL);
        kill(l.pid, SIGKILL);
        assert_int_equal(live_wait(&l, LIVE_LIMIT_MS), -SIGKILL);
        assert_true(live_nobody_left(1000));
        assert_false(live_file_there(&l, "captures/out.pcap")); /* half of one is not a capture */
        assert_false(live_file_there(&l, "report.json"));
        folder_remove(l.out);
    }
}

static void test_out_of_patience(void **state)
{
    static struct live l;

    (void)state;
    for (size_t e = 0; e < EXECUTORS; e++) {
        start_endless(&l, executors[e], "/stop/wall=\"300 ms\"");
        uint64_t begun_ms = live_now_ms();
        assert_int_equal(live_wait(&l, LIVE_LIMIT_MS), 5);
        assert_in_range(live_now_ms() - begun_ms, 0, 3000);
        assert_true(live_nobody_left(1000));
        assert_non_null(strstr(l.said, "repeat with:"));
        live_assert_whole(&l);
        folder_remove(l.out);
    }
}

/* One that was stopped in the middle of its turn gives nothing back; that is not its doing. */
static void test_baton_kept(void **state)
{
    static struct live l;
    struct live_kid kids[LIVE_KIDS];

    (void)state;
    start_endless(&l, "process", "/stop/wall=\"500 ms\"");
    size_t count = live_kids(&l, kids);
    for (size_t i = 0; i < count; i++) {
        kill(kids[i].pid, SIGSTOP);
    }
    int status = live_wait(&l, 5000);
    assert_true(live_nobody_left(1000));
    json_t *report = live_report(&l);
    if (status != 5) {
        print_error("status %d, said %s", status, l.said);
    }
    assert_int_equal(status, 5);
    assert_non_null(report);
    assert_null(live_finding(report, "domains", 0));
    live_assert_whole(&l);
    json_decref(report);
    folder_remove(l.out);
}

/* Not even then can it be kept from being interrupted. */
static void test_baton_kept_and_interrupted(void **state)
{
    static struct live l;
    struct live_kid kids[LIVE_KIDS];

    (void)state;
    start_endless(&l, "process", NULL);
    size_t count = live_kids(&l, kids);
    for (size_t i = 0; i < count; i++) {
        kill(kids[i].pid, SIGSTOP);
    }
    kill(l.pid, SIGTERM);
    int status = live_wait(&l, 5000);
    assert_true(live_nobody_left(1000));
    assert_int_equal(status, 3);
    json_t *report = live_report(&l);
    assert_null(live_finding(report, "domains", 0));
    json_decref(report);
    folder_remove(l.out);
}

static bool frames_flow(const struct live *l)
{
    char path[PATH_MAX + 64];
    struct stat st;

    snprintf(path, sizeof path, "%s/captures/out.pcap.part", l->out);
    return stat(path, &st) == 0 && st.st_size > 0;
}

static void kill_one(const char *name, int signal)
{
    static struct live l;
    struct live_kid kids[LIVE_KIDS];

    start_endless(&l, "process", "/stop/after=\"10 s\"");
    uint64_t until = live_now_ms() + LIVE_LIMIT_MS;
    bool killed = false;

    /* Once frames flow: a driver whose device has died before asks it, and asks it, in init(). */
    while (!frames_flow(&l) && live_now_ms() < until) {
        sched_yield();
    }
    while (!killed && live_now_ms() < until) {
        size_t count = live_kids(&l, kids);

        for (size_t i = 0; i < count; i++) {
            killed |= strcmp(kids[i].name, name) == 0 && kill(kids[i].pid, signal) == 0;
        }
        sched_yield();
    }
    live_assert_killed(&l, name, signal);
    folder_remove(l.out);
}

static void test_domain_killed(void **state)
{
    (void)state;
    if (live_sanitized()) {
        skip(); /* they wait for each other's first signs of life by other means */
    }
    kill_one("client0", SIGKILL);
    kill_one("net0_driver", SIGKILL);
    for (unsigned i = 0; i < 4; i++) { /* once in a while its interrupt line is up by then */
        kill_one("eth0", SIGKILL);
    }
    kill_one("client1", SIGSEGV);
}

/* -- under a tool -- */

static const char few[] =
    "{ \"version\": 1, \"story\": \"Twenty frames there and back.\", \"clock\": \"virtual\","
    "  \"stop\": { \"wall\": \"60 s\" },"
    "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"count\": 20, \"window\": 4 } ],"
    "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\" } ],"
    "  \"networks\": [ { \"name\": \"net0\", \"device\": \"eth0\" } ],"
    "  \"clients\": [ { \"name\": \"client0\", \"image\": \"network/client_echo\", \"network\": "
    "\"net0\", \"copier\": {} } ],"
    "  \"expect\": [ \"client0.rx_frames == 20\" ] }";

/* Its driver waits in init() for the device to be reset, in a time that costs nothing: without end,
 * were it not seen that nothing else can ever happen. */
static void test_device_dies_early(void **state)
{
    static const char dying[] = "#!/bin/sh\nkill -9 $$\n";
    static struct live l;
    const char *tool = live_path("dying");
    char wrap[PATH_MAX + 16];
    const struct live_how how = {.args = {"-q", "--executor", "process", "--wrap", wrap, "--set",
                                          "/stop={\"wall\":\"20 s\"}"}};

    (void)state;
    if (live_sanitized()) {
        skip(); /* they do not confine, and a wrapped one is no other */
    }
    live_write(tool, dying, sizeof dying - 1);
    assert_int_equal(chmod(tool, 0755), 0);
    snprintf(wrap, sizeof wrap, "eth0=%s", tool);
    int status = live_run(&l, few, &how);
    json_t *report = live_report(&l);

    if (status != 1) {
        print_error("status %d, said: %s", status, l.said);
    }
    assert_int_equal(status, 1);
    assert_string_equal(json_string_value(json_object_get(report, "end")), "stuck");
    assert_string_equal(json_string_value(json_object_get(report, "end_detail")),
                        "net0_driver asks eth0, which is dead, again and again");
    assert_string_equal(live_finding(report, "domains", 0), "eth0 died of SIGKILL");
    assert_true(live_nobody_left(1000));
    json_decref(report);
    folder_remove(l.out);
}

static void digest_of(const struct live_how *how, char out[static 24])
{
    static struct live l;
    int status = live_run(&l, few, how);
    json_t *report = live_report(&l);
    const char *digest = json_string_value(live_get(report, "digest"));

    if (status != 0) {
        print_error("%s: status %d, said: %s", how->args[2], status, l.said);
    }
    assert_int_equal(status, 0);
    assert_true(live_nobody_left(1000));
    assert_non_null(digest);
    snprintf(out, 24, "%s", digest);
    json_decref(report);
    folder_remove(l.out);
}

/* A tool around one domain, or around all of them: time is the same. */
static void test_tools(void **state)
{
    static const struct live_how wrapped[] = {
        {.args = {"-q", "--executor", "process", "--wrap",
                  "client0=valgrind -q --error-exitcode=9"}},
        {.args = {"-q", "--executor", "process", "--wrap", "eth0=valgrind -q --error-exitcode=9"}},
        {.args = {"-q", "--executor", "fiber"},
         .tool = {"valgrind", "-q", "--leak-check=full", "--errors-for-leak-kinds=definite",
                  "--error-exitcode=9"}},
        {.args = {"-q", "--executor", "thread"},
         .tool = {"valgrind", "-q", "--leak-check=full", "--errors-for-leak-kinds=definite",
                  "--error-exitcode=9"}},
    };
    static const struct live_how env = {
        .args = {"-q", "--executor", "process", "--wrap", "client0=env NAME=value"}};
    char plain[24], other[24];

    (void)state;
    digest_of(&(struct live_how){.args = {"-q", "--executor", "fiber"}}, plain);
    digest_of(&env, other);
    assert_string_equal(plain, other);
    for (size_t i = 0; live_have_valgrind() && i < sizeof wrapped / sizeof wrapped[0]; i++) {
        digest_of(&wrapped[i], other);
        assert_string_equal(plain, other);
    }
}

/* In one address space there is no domain that a tool could be put around. */
static void test_tool_needs_a_process(void **state)
{
    static struct live l;

    (void)state;
    for (size_t e = 0; e < 2; e++) {
        const struct live_how how = {
            .args = {"-q", "--executor", executors[e], "--wrap", "client0=true"}};

        assert_int_equal(live_run(&l, few, &how), 2);
        assert_true(live_nobody_left(1000));
        assert_int_equal(live_complaints(&l), 1);
        assert_non_null(strstr(l.said, "--wrap needs --executor process"));
        assert_false(live_file_there(&l, "."));
    }
}

int main(void)
{
    const struct CMUnitTest strays[] = {
        cmocka_unit_test(test_strays),
        cmocka_unit_test(test_strays_early),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_out_of_patience),
        cmocka_unit_test(test_baton_kept),
        cmocka_unit_test(test_baton_kept_and_interrupted),
        cmocka_unit_test(test_domain_killed),
        cmocka_unit_test(test_device_dies_early),
        cmocka_unit_test(test_tools),
        cmocka_unit_test(test_tool_needs_a_process),
    };
    int failed = 0;

    if (!live_sanitized()) { /* there nothing is refused */
        failed = cmocka_run_group_tests_name("strays", strays, live_begin, live_end);
    }
    return failed + cmocka_run_group_tests_name("whatever befalls it", tests, live_begin, live_end);
}
