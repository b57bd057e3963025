/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A rogue client tries every way out, one a run, beside an honest one. It must end as the table
 * says, by its own death or not at all, the report must say why, and the honest client must lose
 * nothing by it. Started as root, all is done again as an ordinary user.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <seccomp.h>

#include "tests/unit/live_stray.h"

static const char scenario[] = LIVE_BESIDE("", "");

static const char *executor = "process";

static bool threads(void)
{
    return strcmp(executor, "thread") == 0;
}

static void judge_honest(json_t *report)
{
    json_t *pds = json_object_get(report, "pds"), *pd;
    const char *name;

    assert_int_equal(json_integer_value(live_get(report, "frames.delivered.honest")),
                     LIVE_BESIDE_FRAMES);
    assert_int_equal(json_integer_value(live_get(report, "frames.sent_by.honest")),
                     LIVE_BESIDE_FRAMES);
    json_object_foreach(pds, name, pd)
    {
        if (strcmp(name, "rogue") != 0) {
            assert_string_not_equal(json_string_value(json_object_get(pd, "state")), "died");
        }
        assert_int_equal(json_is_true(json_object_get(pd, "confined")), !threads());
    }
}

/* Run one attempt. `death`: what it must die of, part of the sentence; NULL: it must live. */
static void attempt(uint32_t way, enum escape_when when, const char *death, bool as_nobody)
{
    static struct live l;
    struct live_how how = {.as_nobody = as_nobody, .args = {"-q", "--executor", executor}};
    char text[PATH_MAX + 2048];
    bool ends_late = way == ESCAPE_SPIN;

    if (ends_late) {
        how.args[3] = "--set";
        how.args[4] = "/stop/after=\"20 ms\"";
    }
    snprintf(text, sizeof text, scenario, live_stray_image(way, when));
    int status = live_run(&l, text, &how);
    json_t *report = live_report(&l);
    char *log = live_file(&l, "pds/rogue.log");
    const char *found = report == NULL ? NULL : live_finding(report, "domains", 0);
    bool right =
        report != NULL && log != NULL && (status == 0 || status == 1) && live_nobody_left(1000) &&
        (death == NULL ? found == NULL
                       : found != NULL && strstr(found, "rogue died of ") == found &&
                             strstr(found, death) != NULL && strstr(l.said, death) != NULL) &&
        strstr(log, "escaped") == NULL;

    if (!right) {
        print_error("%s, way %u, when %u, as %s: status %d, found: %s; wanted: %s\nsaid: %s\n"
                    "log: %.2000s\n",
                    executor, way, (unsigned)when, as_nobody ? "nobody" : "ourselves", status,
                    found == NULL ? "-" : found, death == NULL ? "-" : death, l.said,
                    log == NULL ? "-" : log);
    }
    assert_true(right);
    assert_null(live_finding(report, "domains", death == NULL ? 0 : 1));
    if (!ends_late) {
        judge_honest(report);
    }
    json_decref(report);
    free(log);
    folder_remove(l.out);
}

struct row {
    uint32_t way;
    enum escape_when when;
    const char *death;
};

#define REFUSED(call) "SIGSYS: the system call " call " is not for domains"

static const struct row rows[] = {
    {ESCAPE_NOT, ESCAPE_IN_INIT, NULL},
    {ESCAPE_WIDEN, ESCAPE_IN_INIT, REFUSED("mprotect")},
    {ESCAPE_WIDEN, ESCAPE_WHEN_NOTIFIED, REFUSED("mprotect")},
    {ESCAPE_STORE_READ_ONLY, ESCAPE_IN_INIT,
     "SIGSEGV at net0.rx[0] + 0x40, which rogue may only read"},
    {ESCAPE_STORE_READ_ONLY, ESCAPE_WHEN_NOTIFIED,
     "SIGSEGV at net0.rx[0] + 0x40, which rogue may only read"},
    {ESCAPE_READ_BEYOND, ESCAPE_IN_INIT, "SIGSEGV at just beyond the end of net0.rx.buffers"},
    {ESCAPE_READ_OTHER, ESCAPE_IN_INIT, "SIGSEGV at "},
    {ESCAPE_READ_NULL, ESCAPE_IN_INIT, "SIGSEGV at 0x0, a null pointer or close to one"},
    {ESCAPE_READ_NON_CANONICAL, ESCAPE_IN_INIT, "SIGSEGV"},
    {ESCAPE_JUMP_NULL, ESCAPE_WHEN_NOTIFIED, "SIGSEGV at 0x0, a null pointer or close to one"},
    {ESCAPE_JUMP_DATA, ESCAPE_IN_INIT,
     "SIGSEGV at rogue.tx[0] + 0x0, which rogue may read and write"},
    {ESCAPE_OVERFLOW_STACK, ESCAPE_IN_INIT, "SIGSEGV beyond the end of its stack"},
    {ESCAPE_DIVIDE, ESCAPE_IN_INIT, "SIGFPE"},
    {ESCAPE_TRAP, ESCAPE_IN_INIT, "SIGILL"},
    {ESCAPE_BREAKPOINT, ESCAPE_IN_INIT, "SIGTRAP"},
    {ESCAPE_ABORT, ESCAPE_WHEN_NOTIFIED, "SIGABRT"},
    {ESCAPE_EXIT, ESCAPE_IN_INIT, "its own exit, with status 0"},
    {ESCAPE_EXIT, ESCAPE_WHEN_NOTIFIED, "its own exit, with status 0"},
    {ESCAPE_EXIT, ESCAPE_AS_LOADED, "its own exit, with status 0"},
    {ESCAPE_EXIT_FAILED, ESCAPE_IN_INIT, REFUSED("exit_group")},
    {ESCAPE_EXIT_FAILED, ESCAPE_WHEN_NOTIFIED, REFUSED("exit_group")},
    {ESCAPE_32_BIT, ESCAPE_IN_INIT, "SIGSYS"},
    {ESCAPE_TAKE_MEMORY, ESCAPE_IN_INIT, NULL},
    {ESCAPE_FILL_LOG, ESCAPE_IN_INIT, NULL},
    {ESCAPE_OPEN_FD, ESCAPE_IN_INIT, REFUSED("openat")},
    {ESCAPE_OPEN_MAP, ESCAPE_IN_INIT, REFUSED("openat")},
    {ESCAPE_OPEN_MEM, ESCAPE_WHEN_NOTIFIED, REFUSED("openat")},
    {ESCAPE_CREATE, ESCAPE_IN_INIT, REFUSED("openat")},
    {ESCAPE_LOOK_INTO_OTHERS, ESCAPE_IN_INIT, REFUSED("openat")},
    {ESCAPE_READ_FOREIGN, ESCAPE_IN_INIT, REFUSED("read")},
    {ESCAPE_WRITE_FOREIGN, ESCAPE_IN_INIT, REFUSED("write")},
    {ESCAPE_MMAP_FD, ESCAPE_IN_INIT, REFUSED("mmap")},
    {ESCAPE_DEAFEN, ESCAPE_IN_INIT, REFUSED("write")},
    {ESCAPE_DEAFEN, ESCAPE_WHEN_NOTIFIED, REFUSED("write")},
    {ESCAPE_DEAFEN, ESCAPE_AS_LOADED, REFUSED("write")},
    /* While it is loaded it may arrange its own memory and read files, and nothing else. */
    {ESCAPE_WIDEN, ESCAPE_AS_LOADED, NULL},
    {ESCAPE_STORE_READ_ONLY, ESCAPE_AS_LOADED,
     "SIGSEGV at net0.rx[0] + 0x40, which rogue may only read"},
    {ESCAPE_LOOK_INTO_OTHERS, ESCAPE_AS_LOADED, NULL},
    {ESCAPE_OPEN_FD, ESCAPE_AS_LOADED, REFUSED("openat")},
    {ESCAPE_OPEN_MEM, ESCAPE_AS_LOADED, REFUSED("openat")},
    {ESCAPE_CREATE, ESCAPE_AS_LOADED, REFUSED("openat")},
    {ESCAPE_MMAP_FD, ESCAPE_AS_LOADED, NULL},
    {ESCAPE_SPIN, ESCAPE_WHEN_NOTIFIED, NULL},
};

static void try_rows(bool as_nobody)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool same_space =
            rows[i].way == ESCAPE_READ_OTHER || rows[i].way == ESCAPE_LOOK_INTO_OTHERS;

        if (threads() && same_space) {
            continue; /* there are no others */
        }
        attempt(rows[i].way, rows[i].when, rows[i].death, as_nobody);
    }
}

/* Those the loader needs while it works, so that an image's constructors have them as well. */
static bool loader_may(uint32_t call)
{
    static const uint32_t calls[] = {SYS_mmap,   SYS_munmap,    SYS_mremap,         SYS_seccomp,
                                     SYS_openat, SYS_getrandom, SYS_timerfd_settime};

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (call == calls[i]) {
            return true;
        }
    }
    return false;
}

static void try_calls(enum escape_when when, bool as_nobody)
{
    static const uint32_t calls[] = ESCAPE_CALLS;

    for (uint32_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)calls[i]);
        char death[128];

        snprintf(death, sizeof death, REFUSED("%s"), name == NULL ? "it made" : name);
        free(name);
        if (when != ESCAPE_AS_LOADED || !loader_may(calls[i])) {
            attempt(ESCAPE_FIRST_CALL + i, when, death, as_nobody);
        }
    }
}

static void test_ways_out(void **state)
{
    (void)state;
    try_rows(false);
}

static void test_system_calls(void **state)
{
    (void)state;
    try_calls(ESCAPE_IN_INIT, false);
}

static void test_system_calls_of_constructors(void **state)
{
    (void)state;
    try_calls(ESCAPE_AS_LOADED, false);
}

/* What it writes over memory that others read is its own loss; it may or may not survive that
 * itself. */
static void test_lies(void **state)
{
    static struct live l;
    const struct live_how how = {
        .args = {"-q", "--executor", executor, "--set", "/stop/after=\"60 ms\""}};
    char text[PATH_MAX + 2048];

    (void)state;
    for (uint32_t way = ESCAPE_SCRIBBLE_ONES; way < ESCAPE_FIRST_CALL; way++) {
        snprintf(text, sizeof text, scenario, live_stray_image(way, ESCAPE_WHEN_NOTIFIED));
        int status = live_run(&l, text, &how);
        json_t *report = live_report(&l);

        if (status < 0 || status > 1 || report == NULL) {
            print_error("way %u: status %d, said: %s\n", way, status, l.said);
        }
        assert_in_range(status, 0, 1);
        assert_non_null(report);
        assert_true(live_nobody_left(1000));
        judge_honest(report);
        json_decref(report);
        folder_remove(l.out);
    }
}

static void test_ways_out_of_a_user(void **state)
{
    (void)state;
    if (!live_nobody_can()) {
        skip();
    }
    try_rows(true);
}

static void test_system_calls_of_a_user(void **state)
{
    (void)state;
    if (!live_nobody_can()) {
        skip();
    }
    try_calls(ESCAPE_AS_LOADED, true);
}

static int be_threads(void **state)
{
    (void)state;
    executor = "thread";
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ways_out),
        cmocka_unit_test(test_system_calls),
        cmocka_unit_test(test_system_calls_of_constructors),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_ways_out_of_a_user),
        cmocka_unit_test(test_system_calls_of_a_user),
        cmocka_unit_test_setup(test_ways_out, be_threads),
        cmocka_unit_test(test_system_calls),
        cmocka_unit_test(test_lies),
    };

    if (live_sanitized()) {
        return 77; /* nothing is confined there */
    }
    return cmocka_run_group_tests(tests, live_begin, live_end);
}
