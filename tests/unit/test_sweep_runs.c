/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `sddfsim sweep` as a shell runs it: the same files however many run at a time, points that fail
 * each in their own way, folders that are in the way, and ends that come from outside. The scenario
 * is one in virtual time whose length is a number: so many frames, or without end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/folder.h"
#include "sim/cmd/cmd.h"

#define WORDS_MAX  32
#define TEXT_BYTES 65536
#define LIMIT_MS   60000

static const char scenario[] =
    "{ \"version\": 1, \"name\": \"few\", \"story\": \"A few frames, there & back.\",\n"
    "  \"clock\": \"virtual\", \"stop\": { \"wall\": \"120 s\" },\n"
    "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"to\": \"client0\", \"count\": 5 } "
    "],\n"
    "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\" } ],\n"
    "  \"networks\": [ { \"name\": \"net0\", \"device\": \"eth0\" } ],\n"
    "  \"clients\": [ { \"name\": \"client0\", \"image\": \"network/client_echo\",\n"
    "                 \"network\": \"net0\", \"copier\": {} } ],\n"
    "  \"captures\": [ { \"at\": \"lan.out\" } ],\n"
    "  \"expect\": [ \"in <= 20\" ] }\n";

static char folder[PATH_MAX], program[PATH_MAX];
static char out[TEXT_BYTES], err[TEXT_BYTES];

/* ---- running it ---- */

static void empty_folder(void)
{
    assert_int_equal(chdir("/"), 0);
    folder_remove(folder);
}

/* Everybody who loses their parent below us becomes ours, so that nobody can hide. */
static int group_begin(void **state)
{
    const char *build = getenv("SDDFSIM_BUILD");
    char path[PATH_MAX];

    (void)state;
    snprintf(path, sizeof path, "%s/sddfsim", build != NULL ? build : "build");
    if (realpath(path, program) == NULL) {
        perror(path);
        return -1;
    }
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

static int begin(void **state)
{
    FILE *file;

    (void)state;
    strcpy(folder, "/tmp/sddfsim-sweep-XXXXXX");
    if (mkdtemp(folder) == NULL || chdir(folder) != 0) {
        return -1;
    }
    file = fopen("few.json", "w");
    return file == NULL || fputs(scenario, file) < 0 || fclose(file) != 0;
}

static int end(void **state)
{
    (void)state;
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
    empty_folder();
    return 0;
}

struct started {
    pid_t pid;
    int out_fd, err_fd;
};

/* Start the program with those words. `err_fd` -1: what it complains of is for `err`. */
static struct started start(const char *const *words, int err_fd)
{
    struct started p = {.out_fd = memfd_create("out", MFD_CLOEXEC),
                        .err_fd = err_fd < 0 ? memfd_create("err", MFD_CLOEXEC) : err_fd};
    const char *argv[WORDS_MAX + 2] = {program};

    for (int i = 0; words[i] != NULL; i++) {
        assert_true(i < WORDS_MAX);
        argv[i + 1] = words[i];
    }
    p.pid = fork();
    assert_true(p.pid >= 0);
    if (p.pid == 0) {
        /* Started behind a shell's &, some would be ignored, and the sweep respects that. */
        signal(SIGINT, SIG_DFL);
        signal(SIGHUP, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        dup2(p.out_fd, STDOUT_FILENO);
        dup2(p.err_fd, STDERR_FILENO);
        execv(program, (char *const *)argv);
        _exit(126);
    }
    return p;
}

static void take(int fd, char text[static TEXT_BYTES])
{
    ssize_t bytes = pread(fd, text, TEXT_BYTES - 1, 0);

    text[bytes < 0 ? 0 : bytes] = '\0';
    close(fd);
}

static int finished(struct started p)
{
    int status;

    assert_int_equal(waitpid(p.pid, &status, 0), p.pid);
    take(p.out_fd, out);
    take(p.err_fd, err);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#define SWEEP(...) \
    finished(start((const char *const[]){"sweep", "few.json", __VA_ARGS__, NULL}, -1))

static void assert_in(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' is not in: %s", part, text);
    }
}

static void assert_status(int got, int expected)
{
    if (got != expected) {
        fail_msg("status %d instead of %d: %s", got, expected, err);
    }
}

/* ---- what it left ---- */

static bool there(const char *path)
{
    return access(path, F_OK) == 0;
}

/* A file's text, until the next but one is asked for. */
static const char *content(const char *path)
{
    static char texts[2][TEXT_BYTES * 2];
    static int next;
    char *text = texts[next ^= 1];
    FILE *file = fopen(path, "r");

    if (file == NULL) {
        fail_msg("no %s", path);
    }
    text[fread(text, 1, sizeof texts[0] - 1, file)] = '\0';
    fclose(file);
    return text;
}

static unsigned entries(const char *path)
{
    unsigned count = 0;
    DIR *all = opendir(path);

    assert_non_null(all);
    for (struct dirent *e; (e = readdir(all)) != NULL;) {
        count += e->d_name[0] != '.';
    }
    closedir(all);
    return count;
}

/* The n-th line of a text, 0 being the heading of a CSV; and its n-th cell, without quotes. */
static const char *cell(const char *text, unsigned line, unsigned column)
{
    static char word[256];

    for (; line > 0; line--) {
        text = strchr(text, '\n');
        assert_non_null(text++);
    }
    for (; column > 0; column--) {
        text += strcspn(text, ",\n");
        assert_int_equal(*text++, ',');
    }
    snprintf(word, sizeof word, "%.*s", (int)strcspn(text, ",\n"), text);
    return word;
}

/* ---- the tests ---- */

static void test_points(void **state)
{
    (void)state;
    assert_status(SWEEP("--vary", "/wires/0/count=5..15:5", "--vary", "/wires/0/size=64,1000", "-o",
                        "it", "--seed", "9"),
                  0);
    assert_string_equal(err, "");
    const char *csv = content("it/sweep.csv");
    assert_int_equal(strncmp(csv, "point,/wires/0/count,/wires/0/size,verdict,exit,digest,", 55),
                     0);
    for (unsigned i = 0; i < 6; i++) {
        char number[16], path[64];

        snprintf(number, sizeof number, "%u", 5 + i / 2 * 5);
        assert_string_equal(cell(csv, i + 1, 1), number);
        assert_string_equal(cell(csv, i + 1, 7), number); /* frames_in: it was really set */
        assert_string_equal(cell(csv, i + 1, 2), i % 2 == 0 ? "64" : "1000");
        assert_string_equal(cell(csv, i + 1, 3), "pass");
        assert_string_equal(cell(csv, i + 1, 4), "0");
        snprintf(path, sizeof path, "it/points/00%u/report.json", i);
        json_t *report = json_load_file(path, 0, NULL);
        assert_int_equal(json_integer_value(json_object_get(report, "seed")), 9);
        assert_string_equal(json_string_value(json_object_get(report, "executor")), "fiber");
        json_decref(report);
        snprintf(path, sizeof path, "it/points/00%u", i);
        assert_int_equal(entries(path), 1);
    }
    assert_int_equal(entries("it/points"), 6);
    assert_int_equal(entries("it"), 3);
    assert_in(content("it/sweep.svg"), "A few frames, there &amp; back.");
    assert_in(out, "point  count  size  verdict");
    assert_in(out, "    5     15  1000  pass");
    assert_in(out, "/it\n");
}

static void test_jobs_do_not_tell(void **state)
{
    static char first[2][TEXT_BYTES * 2];

    (void)state;
    assert_status(SWEEP("--vary", "/wires/0/count=1..12:1", "-o", "one", "--jobs", "1"), 0);
    strcpy(first[0], content("one/sweep.csv"));
    strcpy(first[1], content("one/sweep.svg"));
    assert_status(SWEEP("--vary", "/wires/0/count=1..12:1", "-o", "many", "--jobs", "7"), 0);
    assert_string_equal(first[0], content("many/sweep.csv"));
    assert_string_equal(first[1], content("many/sweep.svg"));
    assert_string_equal(content("one/points/011/report.json"),
                        content("many/points/011/report.json"));
}

static void test_keep(void **state)
{
    (void)state;
    assert_status(SWEEP("--vary", "/wires/0/count=1,2", "-o", "kept", "--keep", "-q"), 0);
    assert_string_equal(out, "");
    assert_true(there("kept/points/001/captures/lan-out.pcap"));
    assert_true(there("kept/points/001/manifest.json"));
    assert_true(there("kept/points/001/scenario.json"));
}

static void test_json(void **state)
{
    (void)state;
    assert_status(SWEEP("--vary", "/wires/0/count=1,2", "--json"), 0);
    json_t *all = json_loads(out, JSON_REJECT_DUPLICATES, NULL);
    assert_int_equal(json_array_size(all), 2);
    json_t *in = json_object_get(json_array_get(all, 1), "frames_in");
    assert_int_equal(json_integer_value(in), 2);
    json_decref(all);
}

static void test_folders(void **state)
{
    char to[64] = "";

    (void)state;
    assert_status(SWEEP("--vary", "/wires/0/count=1", "-q"), 0);
    assert_status(SWEEP("--vary", "/wires/0/count=1", "-q"), 0);
    assert_true(there("out/few-sweep/sweep.csv"));
    assert_true(there("out/few-sweep-2/sweep.csv"));
    assert_true(readlink("out/latest", to, sizeof to - 1) > 0);
    assert_string_equal(to, "few-sweep-2");

    assert_status(SWEEP("--vary", "/wires/0/count=1", "-o", "out"), 2);
    assert_in(err, "out exists");
    assert_status(SWEEP("--vary", "/wires/0/count=1", "-o", "no/such/place"), 2);
    assert_in(err, "no/such/place");
    assert_status(SWEEP("--vary", "/wires/0/count=1", "-o", "few.json/x"), 2);
    assert_int_equal(mkdir("empty", 0755), 0);
    assert_status(SWEEP("--vary", "/wires/0/count=1", "-o", "empty", "-q"), 0);
    assert_true(there("empty/sweep.svg"));
}

/* One point for each way to fail; the others are not disturbed, and the worst is named. */
static void test_points_that_fail(void **state)
{
    (void)state;
    /* 30 is against the expectation, -1 is no count, 0 is without end, and wall time is short. */
    assert_status(
        SWEEP("--vary", "/wires/0/count=5,30,-1,0,6", "--set", "/stop/wall=300 ms", "-o", "it"), 2);
    const char *csv = content("it/sweep.csv");
    static const char *const statuses[] = {"0", "1", "2", "5", "0"};
    for (unsigned i = 0; i < 5; i++) {
        assert_string_equal(cell(csv, i + 1, 3), statuses[i]);
    }
    assert_string_equal(cell(csv, 1, 2), "pass");
    assert_string_equal(cell(csv, 2, 2), "fail");
    assert_string_equal(cell(csv, 3, 2), "");
    assert_string_equal(cell(csv, 5, 6), "6");
    assert_in(out, "exit 2");
    assert_in(out, "exit 5");
    assert_in(err, "3 of 5 points did not end well; point 2 (/wires/0/count=-1) with status 2: "
                   "--set /wires/0/count=-1: error: ");
    assert_in(err, "sddfsim: repeat with: sddfsim run few.json --set '/stop/wall=300 ms' --set "
                   "/wires/0/count=-1\n");
    assert_in(content("it/points/002/complaints.txt"), "wires[0].count");
    assert_false(there("it/points/002/report.json"));
    assert_true(there("it/points/003/report.json"));
    assert_false(there("it/points/000/complaints.txt"));
    assert_in(content("it/sweep.svg"), ">did not pass</text>");
}

static void test_which_is_worst(void **state)
{
    (void)state;
    assert_status(SWEEP("--vary", "/wires/0/count=5,30,31", "-q"), 1);
    assert_in(err, "2 of 3 points did not end well; point 1 (/wires/0/count=30) with status 1\n");
    assert_status(SWEEP("--vary", "/wires/0/count=30,0", "-q", "--set", "/stop/wall=200 ms"), 5);
    assert_in(err, "point 1 (/wires/0/count=0) with status 5");
}

/* The repeat command is one: pasted into a shell it gives the same status. */
static void test_repeat(void **state)
{
    char line[PATH_MAX + 1024];

    (void)state;
    assert_status(
        SWEEP("--vary", "/expect=[\"in == 5\"],[\"in == 6\"]", "--vary", "/story=it's $HOME", "-q"),
        1);
    char *command = strstr(err, "repeat with: sddfsim ");
    assert_non_null(command);
    command += strlen("repeat with: sddfsim ");
    command[strcspn(command, "\n")] = '\0';
    snprintf(line, sizeof line, "%s %.900s -q -o again 2>/dev/null", program, command);
    assert_int_equal(WEXITSTATUS(system(line)), 1);
    json_t *report = json_load_file("again/scenario.json", 0, NULL);
    assert_string_equal(json_string_value(json_object_get(report, "story")), "it's $HOME");
    json_decref(report);
}

static void test_bad_input(void **state)
{
    static const struct {
        const char *words[6], *said;
    } cases[] = {
        {{"few.json"}, "--vary is missing"},
        {{"few.json", "--vary", "/wires/0/count=1..5:0"}, "--vary /wires/0/count=1..5:0: the step"},
        {{"few.json", "--vary", "/wires/0/count="}, "--vary /wires/0/count=: no values"},
        {{"few.json", "--vary", "/wires/0/cuont=1,2"},
         "--vary /wires/0/cuont=1: error: wires[0].cuont: unknown key; did you mean \"count\"?"},
        {{"few.json", "--vary", "/wire/0/count=1,2"}, "did you mean \"wires\"?"},
        {{"few.json", "--vary", "/wires/3/count=1,2"},
         "--vary /wires/3/count=1: error: wires has no item \"3\""},
        {{"few.json", "--vary", "/seed=1..101:1", "--vary", "/wires/0/count=1..100:1"},
         "more than 10000 points"},
        {{"few.json", "--vary", "/seed=1,2", "--vary", "/seed=3"}, "/seed is varied already"},
        {{"few.json", "--vary", "/seed=1,2", "--seed", "3"}, "/seed is varied"},
        {{"few.json", "--vary", "/seed=1", "--set", "/seeed=3"}, "--set /seeed=3: error: "},
        {{"few.json", "--vary", "/seed=1", "--jobs", "0"}, "--jobs=0: outside 1..256"},
        {{"few.json", "--vary", "/seed=1", "--overlay", "x:y"}, "--overlay x:y: "},
        {{"none.json", "--vary", "/seed=1"}, "none.json: error: cannot be read"},
        {{"few.json", "--vary", "/seed=1", "--executor", "fibre"}, "no executor \"fibre\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *words[8] = {"sweep"};

        memcpy(&words[1], cases[i].words, sizeof cases[i].words);
        assert_status(finished(start(words, -1)), 2);
        assert_in(err, cases[i].said);
        assert_string_equal(strchr(err, '\n'), "\n"); /* one line */
        assert_string_equal(out, "");
        assert_false(there("out")); /* and nothing was started */
    }
}

/* The children of a process, at most so many. */
static unsigned children_of(pid_t parent, pid_t *children, unsigned most)
{
    char path[64], list[256] = "", *at = list;
    unsigned count = 0;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        list[fread(list, 1, sizeof list - 1, file)] = '\0';
        fclose(file);
    }
    for (char *next; count < most; at = next) {
        long pid = strtol(at, &next, 10);

        if (next == at) {
            break;
        }
        children[count++] = (pid_t)pid;
    }
    return count;
}

/* Each child has cores of its own, all of them together all there are. */
static void test_cores(void **state)
{
    cpu_set_t allowed;

    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    unsigned cores = (unsigned)CPU_COUNT(&allowed);
    char jobs[16];
    snprintf(jobs, sizeof jobs, "%u", cores);
    struct started p =
        start((const char *const[]){"sweep", "few.json", "--vary", "/wires/0/count=0,0,0,0,0,0,0,0",
                                    "-j", jobs, NULL},
              -1);
    cpu_set_t together;
    unsigned pinned = 0;

    CPU_ZERO(&together);
    for (int tries = 0; tries < LIMIT_MS && pinned < cores && pinned < 8; tries++) {
        pid_t children[8];
        unsigned count = children_of(p.pid, children, 8);

        pinned = 0;
        CPU_ZERO(&together);
        for (unsigned i = 0; i < count; i++) {
            cpu_set_t one;

            if (sched_getaffinity(children[i], sizeof one, &one) == 0 && CPU_COUNT(&one) == 1) {
                CPU_OR(&together, &together, &one);
                pinned++;
            }
        }
        poll(NULL, 0, 1);
    }
    kill(p.pid, SIGTERM);
    assert_status(finished(p), 3);
    if (cores <= 8) {
        assert_int_equal(pinned, cores);
        assert_true(CPU_EQUAL(&together, &allowed));
    }
    /* Nothing was finished, so nothing is left. */
    assert_false(there("out/few-sweep"));
    assert_false(there("out/latest"));
    assert_in(err, "interrupted after 0 of 8 points\n");
}

/* A terminal of which we have the other end. */
static int open_terminal(int *slave)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

    assert_true(master >= 0);
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    *slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(*slave >= 0);
    return master;
}

/* Read what is shown there until this is. */
static void wait_for(int master, const char *what)
{
    size_t used = 0;

    while (used < sizeof err - 1) {
        struct pollfd ready = {.fd = master, .events = POLLIN};

        assert_int_equal(poll(&ready, 1, LIMIT_MS), 1);
        ssize_t got = read(master, err + used, sizeof err - 1 - used);
        assert_true(got > 0);
        used += (size_t)got;
        err[used] = '\0';
        if (strstr(err, what) != NULL) {
            return;
        }
    }
    fail_msg("never showed '%s': %s", what, err);
}

/* How many processes the sweep left to us when it was gone. All have ended, or this does not. */
static unsigned left_behind(void)
{
    unsigned count = 0;

    while (waitpid(-1, NULL, 0) > 0) {
        count++;
    }
    return count;
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* One point ends, two do not, and one has not begun: then a signal comes. The runs are told, and do
 * not have to be killed after five seconds. */
static void test_told_to_end(void **state)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};

    (void)state;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        int slave, master = open_terminal(&slave), status;
        const char *const words[] = {"sweep",  "few.json", "--vary", "/wires/0/count=0,5,0,0",
                                     "-o",     "it",       "--jobs", "2",
                                     "--keep", NULL};
        struct started p = start(words, slave);

        wait_for(master, "1 of 4 points");
        uint64_t told_ms = now_ms();
        kill(p.pid, signals[i]);
        assert_int_equal(waitpid(p.pid, &status, 0), p.pid);
        assert_true(now_ms() - told_ms < 4500);
        take(p.out_fd, out);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 3);
        wait_for(master, "interrupted after 1 of 4 points; they are in ");
        if (strstr(err, "repeat with: ") == NULL) {
            wait_for(master, "repeat with: ");
        }
        assert_int_equal(left_behind(), 0);
        close(master);
        close(slave);

        assert_string_equal(cell(content("it/sweep.csv"), 1, 0), "1");
        assert_in(strchr(content("it/sweep.csv"), '\n') + 1, ",pass,0,");
        assert_non_null(strstr(content("it/sweep.svg"), "1 point of 4"));
        assert_int_equal(entries("it"), 3);
        assert_int_equal(entries("it/points"), 1);
        assert_true(there("it/points/001/report.json"));
        assert_in(out, "    1      5  pass");
        folder_remove("it");
    }
}

/* Killed, it takes its children with it, and what has a name is whole. */
static void test_killed(void **state)
{
    int slave, master = open_terminal(&slave), status;
    const char *const words[] = {"sweep",  "few.json", "--vary", "/wires/0/count=0,5,0", "-o", "it",
                                 "--jobs", "2",        NULL};
    struct started p = start(words, slave);

    (void)state;
    wait_for(master, "1 of 3 points");
    kill(p.pid, SIGKILL);
    assert_int_equal(waitpid(p.pid, &status, 0), p.pid);
    take(p.out_fd, out);
    close(master);
    close(slave);
    assert_int_equal(left_behind(), 2);
    assert_false(there("it/sweep.csv"));
    assert_true(there("it/points/001/report.json"));
    assert_false(there("it/points/000"));
    assert_false(there("it/points/002"));
}

/* A run that something else kills is one bad point. */
static void test_a_run_dies(void **state)
{
    int slave, master = open_terminal(&slave), status;
    const char *const words[] = {"sweep",  "few.json", "--vary", "/wires/0/count=5,0,6", "-o", "it",
                                 "--jobs", "1",        NULL};
    struct started p = start(words, slave);
    pid_t pid = 0;

    (void)state;
    wait_for(master, "1 of 3 points");
    for (int tries = 0; tries < LIMIT_MS && !there("it/points/001.part"); tries++) {
        poll(NULL, 0, 1);
    }
    assert_int_equal(children_of(p.pid, &pid, 1), 1);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(p.pid, &status, 0), p.pid);
    take(p.out_fd, out);
    close(master);
    close(slave);
    assert_int_equal(WEXITSTATUS(status), 3);
    assert_in(out, "exit 137");
    assert_string_equal(cell(content("it/sweep.csv"), 2, 3), "137");
    assert_string_equal(cell(content("it/sweep.csv"), 3, 3), "0");
    assert_false(there("it/points/001"));
    assert_false(there("it/points/001.part"));
}

/* No progress where nobody watches; and on a terminal, none is left standing. */
static void test_progress(void **state)
{
    int slave, master = open_terminal(&slave), status;
    const char *const words[] = {"sweep",         "few.json", "--vary", "/wires/0/count=30",
                                 "--color=never", NULL};
    struct started p = start(words, slave);

    (void)state;
    wait_for(master, "0 of 1 points");
    wait_for(master, "sddfsim: 1 of 1 points did not end well");
    assert_in(err, "\r\033[Ksddfsim: 1 of 1");
    assert_int_equal(waitpid(p.pid, &status, 0), p.pid);
    take(p.out_fd, out);
    close(master);
    close(slave);
}

/* What cannot be written is the host's failure, and said. */
static void test_no_room(void **state)
{
    (void)state;
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        /* Reports are larger than this; the CSV would not be. */
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){700, 700});
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDERR_FILENO);
        dup2(null, STDOUT_FILENO);
        execl(program, program, "sweep", "few.json", "--vary", "/wires/0/count=1", "-o", "it",
              NULL);
        _exit(126);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 3);
    assert_false(there("it/sweep.svg"));
    assert_false(there("it/sweep.svg.part"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_points),         TEST(test_jobs_do_not_tell), TEST(test_keep),
        TEST(test_json),           TEST(test_folders),          TEST(test_points_that_fail),
        TEST(test_which_is_worst), TEST(test_repeat),           TEST(test_bad_input),
        TEST(test_cores),          TEST(test_told_to_end),      TEST(test_killed),
        TEST(test_a_run_dies),     TEST(test_progress),         TEST(test_no_room),
    };

    return cmocka_run_group_tests(tests, group_begin, NULL);
}
