/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run as the host sees it: which processes there are, what each has mapped and open and who it
 * is, and what is left when any of them, or the supervisor, is killed, interrupted, or given too
 * little of anything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <sched.h>
#include <sys/mount.h>

#include <pcap/pcap.h>

#include "tests/unit/live_stray.h"

static const char endless[] =
    LIVE_ENDLESS("", LIVE_OUT_PCAP ", { \"at\": \"client0.rx\", \"file\": \"rx.pcap\" }");

/* A hundred frames, as fast as the medium goes: over in a moment. */
static const char brief[] =
    "{ \"version\": 1, \"story\": \"A hundred frames there and back.\","
    "  \"stop\": { \"wall\": \"60 s\" },"
    "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"count\": 100, \"window\": 8 } ],"
    "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\" } ],"
    "  \"networks\": [ { \"name\": \"net0\", \"device\": \"eth0\" } ],"
    "  \"clients\": ["
    "    { \"name\": \"client0\", \"image\": \"network/client_echo\", \"network\": \"net0\", "
    "\"copier\": {} } ],"
    "  \"captures\": [ { \"at\": \"lan.out\", \"file\": \"out.pcap\" } ],"
    "  \"expect\": [ \"client0.rx_frames == 100\" ] }";

static const struct live_how plain = {.args = {"-q"}};

/* A number from /proc/PID/status, -1 if it cannot be read. */
static long status_number(pid_t pid, const char *key)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    char *text = live_read(path, NULL);
    char *at = text == NULL ? NULL : strstr(text, key);
    long number = at == NULL ? -1 : strtol(at + strlen(key), NULL, 16);

    free(text);
    return number;
}

/* Where a domain is confined, both of an image's filters are in place, or a device's one. */
static bool settled(const struct live_kid *kid)
{
    return status_number(kid->pid, "Seccomp_filters:\t") ==
           (strcmp(kid->name, "eth0") == 0 ? 1 : 2);
}

/* Frames flow: the supervisor has begun to write captures or all domains have settled in. */
static size_t await_running(struct live *l, struct live_kid kids[static LIVE_KIDS])
{
    uint64_t until = live_now_ms() + LIVE_LIMIT_MS;
    size_t count = 0, ready = 0;

    while (live_now_ms() < until) {
        count = live_kids(l, kids);
        ready = 0;
        for (size_t i = 0; i < count; i++) {
            ready += live_sanitized() || settled(&kids[i]);
        }
        if (count == LIVE_ENDLESS_DOMAINS && ready == LIVE_ENDLESS_DOMAINS) {
            return live_kids(l, kids); /* one may have had its parent's name yet */
        }
        sched_yield();
    }
    print_error("%zu processes, %zu of them ready\n", count, ready);
    fail();
    return 0;
}

/* -- the captures and files of a run -- */

static unsigned frames_in(const struct live *l, const char *name)
{
    char path[PATH_MAX + 64], why[PCAP_ERRBUF_SIZE];
    struct pcap_pkthdr *header;
    const u_char *bytes;
    unsigned frames = 0;
    int got;

    snprintf(path, sizeof path, "%s/captures/%s", l->out, name);
    pcap_t *p = pcap_open_offline(path, why);
    if (p == NULL) {
        fail_msg("%s: %s", path, why);
    }
    while ((got = pcap_next_ex(p, &header, &bytes)) == 1) {
        assert_int_equal(header->caplen, header->len);
        frames++;
    }
    assert_int_equal(got, PCAP_ERROR_BREAK); /* the end, and not in the middle of a frame */
    pcap_close(p);
    return frames;
}

static void assert_whole(const struct live *l)
{
    live_assert_whole(l);
    frames_in(l, "out.pcap");
    frames_in(l, "rx.pcap");
}

/* -- what there is while it runs -- */

/* Everything shared in a process must be in this list, and all of the list in the process. */
static void assert_maps(const struct live_kid *kid, json_t *maps)
{
    char path[64], *line, *rest;
    size_t seen = 0;

    snprintf(path, sizeof path, "/proc/%d/maps", (int)kid->pid);
    char *text = rest = live_read(path, NULL);
    assert_non_null(text);
    while ((line = strtok_r(rest, "\n", &rest)) != NULL) {
        char *at, *name = strstr(line, "/memfd:");
        uint64_t from = strtoull(line, &at, 16);
        uint64_t to = strtoull(at + 1, &at, 16);
        const char *rights = at + 1; /* "rw-s" */
        json_t *map;
        size_t i;
        bool found = false;

        if (rights[3] != 's') {
            assert_null(name);
            continue;
        }
        assert_non_null(name);
        name += strlen("/memfd:");
        name[strcspn(name, " ")] = '\0';
        json_array_foreach(maps, i, map)
        {
            const char *word = json_string_value(json_object_get(map, "rights"));
            uint64_t vaddr = strtoull(json_string_value(json_object_get(map, "vaddr")), NULL, 16);
            bool writes = strchr(word, 'w') != NULL;

            found |= vaddr == from &&
                     to - from == (uint64_t)json_integer_value(json_object_get(map, "bytes")) &&
                     strcmp(name, json_string_value(json_object_get(map, "region"))) == 0 &&
                     rights[0] == 'r' && (rights[1] == 'w') == writes && rights[2] == '-';
        }
        if (!found) {
            print_error("%s: not in the plan: %s %" PRIx64 "-%" PRIx64 " %.4s\n", kid->name, name,
                        from, to, rights);
        }
        assert_true(found);
        seen++;
    }
    assert_int_equal(seen, json_array_size(maps));
    free(text);
}

static void assert_descriptors(const struct live *l, const struct live_kid *kid, bool can_look)
{
    char path[64], log[PATH_MAX + 64], to[PATH_MAX];
    unsigned doorbells = 0, timers = 0, waits = 0;
    struct dirent *entry;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)kid->pid);
    snprintf(log, sizeof log, "%s/pds/%s.log", l->out, kid->name);
    DIR *dir = opendir(path);
    if (dir == NULL && !can_look) {
        return;
    }
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        long fd = strtol(entry->d_name, NULL, 10);

        if (entry->d_name[0] == '.') {
            continue;
        }
        ssize_t length = readlinkat(dirfd(dir), entry->d_name, to, sizeof to - 1);
        assert_true(length > 0);
        to[length] = '\0';
        if (fd <= 2) {
            assert_string_equal(to, fd == 0 ? "/dev/null" : log);
        } else if (strcmp(to, "anon_inode:[timerfd]") == 0) {
            timers++;
        } else if (strcmp(to, "anon_inode:[eventpoll]") == 0) {
            waits++;
        } else {
            assert_string_equal(to, "anon_inode:[eventfd]");
            doorbells++;
        }
    }
    closedir(dir);
    assert_int_equal(timers, 1);
    assert_int_equal(waits, 1);
    /* Its own, the supervisor's, and at most all others': a virtualiser knows nearly everybody. */
    assert_in_range(doorbells, 3, LIVE_ENDLESS_DOMAINS + 1);
    if (strcmp(kid->name, "client0") == 0) {
        assert_int_equal(doorbells,
                         4); /* its own, the supervisor's, its copier's, net0_virt_tx's */
    }
}

static json_t *shown(void)
{
    char command[3 * PATH_MAX];
    json_error_t why;

    live_write(live_path("shown.json"), endless, strlen(endless));
    snprintf(command, sizeof command, "%s show --format json %s", live_program(),
             live_path("shown.json"));
    FILE *show = popen(command, "re");
    json_t *root = json_loadf(show, 0, &why);

    if (root == NULL) {
        fail_msg("%s: %s", command, why.text);
    }
    assert_int_equal(pclose(show), 0);
    return json_object_get(root, "domains");
}

/* Other users can see what their processes are, but not what they have mapped or open. */
static void look_at_running(bool as_nobody, bool can_look)
{
    static struct live l;
    struct live_kid kids[LIVE_KIDS];
    struct live_how how = {.as_nobody = as_nobody, .args = {"-q"}};
    json_t *domains = shown(), *domain;
    size_t i;

    live_start(&l, endless, &how);
    size_t count = await_running(&l, kids);
    assert_int_equal(json_array_size(domains), count);
    json_array_foreach(domains, i, domain)
    {
        const char *name = json_string_value(json_object_get(domain, "name"));
        const struct live_kid *kid = NULL;

        for (size_t k = 0; k < count; k++) {
            kid = strncmp(kids[k].name, name, 15) == 0 ? &kids[k] : kid;
        }
        assert_non_null(kid);
        assert_int_equal(status_number(kid->pid, "Seccomp:\t"), 2);
        assert_int_equal(status_number(kid->pid, "NoNewPrivs:\t"), 1);
        assert_int_equal(status_number(kid->pid, "CapEff:\t"), 0);
        assert_int_not_equal(status_number(kid->pid, "Uid:\t"), 0);
        assert_int_equal(status_number(kid->pid, "Threads:\t"), 1);
        if (can_look) {
            assert_maps(kid, json_object_get(domain, "maps"));
        }
        assert_descriptors(&l, kid, can_look);
    }
    kill(l.pid, SIGTERM);
    assert_int_equal(live_wait(&l, LIVE_LIMIT_MS), 3);
    assert_true(live_nobody_left(10000));
    assert_whole(&l);
    folder_remove(l.out);
}

static void test_domains_are_what_is_shown(void **state)
{
    (void)state;
    look_at_running(false, geteuid() == 0);
}

static void test_domains_of_a_user(void **state)
{
    (void)state;
    if (!live_nobody_can()) {
        skip();
    }
    look_at_running(true, true);
}

/* -- being killed -- */

static void kill_one(unsigned which, int signal)
{
    static struct live l;
    struct live_kid kids[LIVE_KIDS];
    static const struct live_how limited = {.args = {"-q", "--set", "/stop/after=\"120 ms\""}};

    live_start(&l, endless, &limited);
    await_running(&l, kids);
    assert_int_equal(kill(kids[which].pid, signal), 0);
    live_assert_killed(&l, kids[which].name, signal);
    assert_whole(&l);
    folder_remove(l.out);
}

static void test_each_domain_killed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LIVE_ENDLESS_DOMAINS; i++) {
        kill_one(i, SIGKILL);
        kill_one(i, SIGSEGV);
    }
}

static void test_supervisor_killed(void **state)
{
    static struct live l;
    struct live_kid kids[LIVE_KIDS];

    (void)state;
    live_start(&l, endless, &plain);
    await_running(&l, kids);
    kill(l.pid, SIGKILL);
    assert_int_equal(live_wait(&l, LIVE_LIMIT_MS), -SIGKILL);
    assert_true(live_nobody_left(10000));
    folder_remove(l.out);
}

/* However far it has got: nobody outlives it. */
static void test_supervisor_killed_while_starting(void **state)
{
    static struct live l;
    struct live_kid kids[LIVE_KIDS];

    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        live_start(&l, endless, &plain);
        uint64_t until = live_now_ms() + LIVE_LIMIT_MS;
        while (live_kids(&l, kids) < i % (LIVE_ENDLESS_DOMAINS + 1) && live_now_ms() < until) {
            sched_yield();
        }
        kill(l.pid, SIGKILL);
        live_wait(&l, LIVE_LIMIT_MS);
        assert_true(live_nobody_left(10000));
        folder_remove(l.out);
    }
}

static void test_interrupted(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    static struct live l;
    struct live_kid kids[LIVE_KIDS];

    (void)state;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        live_start(&l, endless, &plain);
        await_running(&l, kids);
        kill(l.pid, signals[i]);
        live_assert_interrupted(&l, strsignal(signals[i]));
        assert_whole(&l);
        folder_remove(l.out);
    }
}

/* Whenever it comes, there is a whole report or nothing at all. */
static void test_interrupted_while_starting(void **state)
{
    static struct live l;

    (void)state;
    for (unsigned i = 0; i < 24; i++) {
        live_start(&l, endless, &plain);
        nanosleep(&(struct timespec){.tv_nsec = 500000 * (long)i}, NULL); /* any moment will do */
        kill(l.pid, SIGTERM);
        int status = live_wait(&l, LIVE_LIMIT_MS);
        assert_true(live_nobody_left(10000));
        if (status == 3) {
            assert_whole(&l);
        } else {
            assert_int_equal(status, -SIGTERM);
            assert_false(live_file_there(&l, "."));
        }
        folder_remove(l.out);
    }
}

/* One that never gets ready: the limit of patience ends it, and says whom it waited for. */
static void test_never_ready(void **state)
{
    static const char text[] =
        "{ \"version\": 1, \"story\": \"It never returns from init().\","
        "  \"stop\": { \"wall\": \"200 ms\" },"
        "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"count\": 1 } ],"
        "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\" } ],"
        "  \"networks\": [ { \"name\": \"net0\", \"device\": \"eth0\" } ],"
        "  \"clients\": [ { \"name\": \"client0\", \"image\": \"%s\", \"network\": \"net0\" } ] }";
    static struct live l;
    char scenario[PATH_MAX + 1024];

    (void)state;
    snprintf(scenario, sizeof scenario, text, live_stray_image(ESCAPE_SPIN, ESCAPE_IN_INIT));
    assert_int_equal(live_run(&l, scenario, &plain), 5);
    assert_true(live_nobody_left(10000));
    assert_non_null(strstr(l.said, "client0 was not ready in time"));
    folder_remove(l.out);
}

/* -- too little of something -- */

/* One sentence, status 3, and nothing left, or no trouble at all. Or not even the program could be
 * started. */
static void starve(int what, rlim_t limit, bool as_nobody, const char *words, bool must_fail)
{
    static struct live l;
    struct live_how how = {.as_nobody = as_nobody, .limits = {{what, limit}}, .args = {"-q"}};
    int status = live_run(&l, brief, &how);
    bool quiet_end = live_nobody_left(10000);
    bool loader = status == 127 && (l.said[0] == '\0' || strstr(l.said, "shared librar") != NULL);
    bool failed = status == 3 && live_complaints(&l) == 1 && strstr(l.said, words) != NULL &&
                  !live_file_there(&l, ".");
    bool right = quiet_end && (failed || loader || (!must_fail && status == 0));

    if (!right) {
        print_error("limit %d at %llu: status %d, somebody left: %d, said:\n%s", what,
                    (unsigned long long)limit, status, !quiet_end, l.said);
    }
    assert_true(right);
    folder_remove(l.out);
}

static void test_few_descriptors(void **state)
{
    (void)state;
    for (rlim_t limit = 5; limit < 72; limit += 3) {
        starve(RLIMIT_NOFILE, limit, false, "", limit < 24);
    }
}

static void test_little_memory(void **state)
{
    (void)state;
    if (live_sanitized()) {
        skip(); /* a sanitizer takes terabytes of addresses */
    }
    for (rlim_t limit = 4; limit < 96; limit += 4) {
        starve(RLIMIT_AS, limit << 20, false, "", limit < 12);
    }
}

static void test_few_processes(void **state)
{
    (void)state;
    if (!live_nobody_can() || live_sanitized()) {
        skip(); /* a sanitizer wants a thread at the end */
    }
    for (rlim_t limit = 1; limit < 10; limit += 2) {
        starve(RLIMIT_NPROC, limit, true, "start a process", limit < 6);
    }
}

static void test_small_files(void **state)
{
    (void)state;
    for (rlim_t limit = 4096; limit < (1u << 20); limit *= 2) {
        starve(RLIMIT_FSIZE, limit, false, "File too large", limit < (1u << 17));
    }
}

/* A capture that outgrows what a file may be: that is said, and half a capture is not taken for a
 * whole. */
static void test_capture_does_not_fit(void **state)
{
    static struct live l;
    static const struct live_how how = {
        .limits = {{RLIMIT_FSIZE, 3u << 20}},
        .args = {"-q", "--set", "/wires/0/count=4000", "--set", "/captures/0/at=\"lan.in\"",
                 "--set", "/wires/0/pace=\"line\"", "--set", "/captures/1/at=\"client1.rx\""}};

    (void)state;
    assert_int_equal(live_run(&l, endless, &how), 3);
    assert_true(live_nobody_left(10000));
    assert_int_equal(live_complaints(&l), 1);
    assert_non_null(strstr(l.said, "out.pcap: File too large"));
    assert_non_null(strstr(l.said, "frames are missing from it"));
    assert_false(live_file_there(&l, "captures/out.pcap"));
    assert_true(live_file_there(&l, "report.json"));
    assert_true(
        live_file_there(&l, "captures/out.pcap.part")); /* to look into, and plainly not whole */
    folder_remove(l.out);
}

static void test_disk_full(void **state)
{
    static const struct live_how how = {.args = {"-q", "--set", "/wires/0/count=4000", "--set",
                                                 "/captures/0/at=\"lan.in\"", "--set",
                                                 "/wires/0/pace=\"line\""}};
    static struct live l;
    char place[PATH_MAX + 64];

    (void)state;
    /* The run's folder will be on a disk of two megabytes. */
    snprintf(place, sizeof place, "%.4000s/run-%u", live_folder, live_runs + 1);
    if (geteuid() != 0 || mkdir(place, 0755) != 0 ||
        mount("none", place, "tmpfs", 0, "size=2m") != 0) {
        skip();
    }
    int status = live_run(&l, endless, &how);
    bool quiet_end = live_nobody_left(10000);
    bool capture = live_file_there(&l, "captures/out.pcap");
    umount(place);
    rmdir(place);
    if (status != 3 || strstr(l.said, "No space left on device") == NULL) {
        print_error("status %d, said: %s", status, l.said);
    }
    assert_int_equal(status, 3);
    assert_true(quiet_end);
    assert_non_null(strstr(l.said, "out.pcap: No space left on device"));
    assert_false(capture);
}

static void test_no_place_for_results(void **state)
{
    static struct live l;
    static struct live_how how = {.args = {"-q", "-o"}, .no_output_folder = true};
    char place[PATH_MAX + 64];

    (void)state;
    snprintf(place, sizeof place, "%s", live_path("there/is/none"));
    how.args[2] = place;
    int status = live_run(&l, brief, &how);
    assert_true(status == 2 || status == 3);
    assert_int_equal(live_complaints(&l), 1);
    assert_non_null(strstr(l.said, place));
    if (live_nobody_can()) {
        how.as_nobody = true;
        mkdir(live_path("locked"), 0700);
        snprintf(place, sizeof place, "%s", live_path("locked/run"));
        status = live_run(&l, brief, &how);
        assert_true(status == 2 || status == 3);
        assert_int_equal(live_complaints(&l), 1);
        assert_non_null(strstr(l.said, "Permission denied"));
    }
}

/* -- under a tool -- */

static void wrap(const char *pd, const char *tool)
{
    static struct live l;
    char words[PATH_MAX + 256], path[64];
    const struct live_how how = {.args = {"-q", "--wrap", words}};

    snprintf(words, sizeof words, "%s=%s", pd, tool);
    int status = live_run(&l, brief, &how);
    json_t *report = live_report(&l);
    char *text = live_file(&l, "report.txt");

    if (status != 0) {
        print_error("--wrap %s: status %d, said: %s", words, status, l.said);
    }
    assert_int_equal(status, 0);
    assert_true(live_nobody_left(10000));
    snprintf(path, sizeof path, "pds.%s.confined", pd);
    assert_true(json_is_false(live_get(report, path)));
    assert_true(live_sanitized() || json_is_true(live_get(report, "pds.net0_virt_tx.confined")));
    if (strcmp(pd, "eth0") != 0) {
        assert_non_null(strstr(text, "NO VERDICT"));
        assert_non_null(strstr(text, " ran unconfined"));
    }
    free(text);
    json_decref(report);
    folder_remove(l.out);
}

static void test_tools(void **state)
{
    char trace[PATH_MAX + 64];

    (void)state;
    wrap("client0", "env NAME='of something'");
    if (live_have_valgrind()) {
        wrap("client0", "valgrind -q --error-exitcode=9");
        wrap("net0_virt_rx", "valgrind -q --error-exitcode=9");
        wrap("eth0", "valgrind -q --error-exitcode=9");
    }
    if (live_installed("strace") && !live_sanitized()) {
        snprintf(trace, sizeof trace, "strace -f -o %s", live_path("trace"));
        wrap("net0_driver", trace);
        assert_int_equal(access(live_path("trace"), R_OK), 0);
    }
}

/* What a tool says at the end counts. */
static void test_tool_complains(void **state)
{
    static struct live l;
    static const struct live_how how = {
        .args = {"-q", "--wrap", "client0=sh -c '\"$@\"; exit 9' sh"}};

    (void)state;
    assert_int_equal(live_run(&l, brief, &how), 1);
    assert_true(live_nobody_left(10000));
    assert_non_null(strstr(l.said, "client0 died of its own exit, with status 9"));
    folder_remove(l.out);
}

static void test_no_such_tool(void **state)
{
    static struct live l;
    static const struct live_how absent = {.args = {"-q", "--wrap", "client0=no-such-tool -x"}};
    static const struct live_how nobody = {.args = {"-q", "--wrap", "client7=true"}};

    (void)state;
    assert_int_equal(live_run(&l, brief, &absent), 3);
    assert_true(live_nobody_left(10000));
    assert_int_equal(live_complaints(&l), 1);
    assert_non_null(
        strstr(l.said, "client0 could not start: cannot run no-such-tool: No such file"));
    assert_false(live_file_there(&l, "."));
    assert_int_equal(live_run(&l, brief, &nobody), 2);
    assert_int_equal(live_complaints(&l), 1);
    assert_non_null(strstr(l.said, "client7"));
    assert_false(live_file_there(&l, "."));
}

/* A program that is not what the program expects to become a domain in. */
static void test_tool_that_does_nothing(void **state)
{
    static struct live l;
    static const struct live_how how = {.args = {"-q", "--wrap", "client0=false"}};

    (void)state;
    assert_int_equal(live_run(&l, brief, &how), 3);
    assert_true(live_nobody_left(10000));
    assert_int_equal(live_complaints(&l), 1);
    assert_non_null(strstr(l.said, "client0 could not start: it left with status 1"));
}

static void test_whole_under_valgrind(void **state)
{
    static struct live l;
    static const struct live_how how = {.tool = {"valgrind", "-q", "--leak-check=full",
                                                 "--errors-for-leak-kinds=definite",
                                                 "--error-exitcode=9"},
                                        .args = {"-q"}};

    (void)state;
    if (!live_have_valgrind()) {
        skip();
    }
    int status = live_run(&l, brief, &how);
    if (status != 0) {
        print_error("status %d, said: %s", status, l.said);
    }
    assert_int_equal(status, 0);
    assert_true(live_nobody_left(10000));
    folder_remove(l.out);
}

int main(void)
{
    const struct CMUnitTest confined[] = {
        cmocka_unit_test(test_domains_are_what_is_shown),
        cmocka_unit_test(test_domains_of_a_user),
        cmocka_unit_test(test_each_domain_killed),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_supervisor_killed),
        cmocka_unit_test(test_supervisor_killed_while_starting),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_interrupted_while_starting),
        cmocka_unit_test(test_never_ready),
        cmocka_unit_test(test_few_descriptors),
        cmocka_unit_test(test_little_memory),
        cmocka_unit_test(test_few_processes),
        cmocka_unit_test(test_small_files),
        cmocka_unit_test(test_capture_does_not_fit),
        cmocka_unit_test(test_disk_full),
        cmocka_unit_test(test_no_place_for_results),
        cmocka_unit_test(test_tools),
        cmocka_unit_test(test_tool_complains),
        cmocka_unit_test(test_no_such_tool),
        cmocka_unit_test(test_tool_that_does_nothing),
        cmocka_unit_test(test_whole_under_valgrind),
    };
    int failed = 0;

    if (!live_sanitized()) {
        failed = cmocka_run_group_tests_name("confined", confined, live_begin, live_end);
    }
    return failed + cmocka_run_group_tests_name("whatever befalls it", tests, live_begin, live_end);
}
