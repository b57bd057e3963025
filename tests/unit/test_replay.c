/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `sddfsim replay` and `run --verify`: the same again, and everything that keeps it from being so
 * has a name and a status of its own. However it ends, no second run is left behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>
#include <sys/mount.h>

#include "tests/unit/live_run.h"

#define SAID_BYTES 8192

static const char story[] =
    "{ \"version\": 1, \"story\": \"A capture there and back.\", \"clock\": \"virtual\","
    "  \"platform\": \"machine.json\","
    "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"pcap\", \"file\": \"lan.pcap\", \"macs\": "
    "\"spread\" } ],"
    "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\" } ], \"networks\": [ {} ],"
    "  \"clients\": [ { \"name\": \"client0\", \"image\": \"network/client_echo\", \"copier\": {} "
    "} ], \"captures\": [ { \"at\": \"lan.out\" } ] }";

static char said[SAID_BYTES], home[PATH_MAX + 64];

/* In the folder of the test; what goes to either output is in `said`. */
static int tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int tell(const char *format, ...)
{
    static char words[4 * PATH_MAX], command[8 * PATH_MAX];
    char program[PATH_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    assert_non_null(realpath(live_program(), program));
    snprintf(command, sizeof command, "cd %s && TMPDIR=${OTHER_TMPDIR-%s/tmp} %s %s 2>&1",
             live_folder, live_folder, program, words);
    FILE *pipe = popen(command, "re");
    size_t got = fread(said, 1, sizeof said - 1, pipe);

    said[got] = '\0';
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void assert_said(int status, int wanted, const char *words)
{
    if (status != wanted || strstr(said, words) == NULL) {
        print_error("status %d, not %d, or no \"%s\" in:\n%s", status, wanted, words, said);
    }
    assert_int_equal(status, wanted);
    assert_non_null(strstr(said, words));
}

static bool is_empty(const char *path)
{
    DIR *dir = opendir(path);
    unsigned count = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        count++;
    }
    closedir(dir);
    return count == 2;
}

/* A recorded question, as in a capture with nanoseconds. */
static void write_capture(uint8_t last_byte)
{
    static const uint8_t header[24] = {0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0, [18] = 4, [20] = 1};
    uint8_t bytes[24 + 16 + 64] = {0};

    memcpy(bytes, header, sizeof header);
    bytes[24 + 8] = bytes[24 + 12] = 64;
    static const uint8_t frame[64] = {0x52, 0x54, 0, 0x12, 0x34, 0x56, 2, 0, 0, 0, 0, 1, 8, 0};
    memcpy(bytes + 40, frame, sizeof frame);
    bytes[sizeof bytes - 1] = last_byte;
    live_write(live_path("lan.pcap"), bytes, sizeof bytes);
}

static int begin(void **state)
{
    int error = live_begin(state);

    if (error == 0) {
        mkdir(live_path("tmp"), 0777);
        chmod(live_path("tmp"), 01777);
        live_write(live_path("story.json"), story, strlen(story));
        snprintf(home, sizeof home, "%s", live_path("run"));
    }
    return error;
}

/* A run to replay, everything as it was at first. */
static void run_once(const char *options)
{
    static const char machine[] = "{ \"clock_hz\": 700000000 }";

    folder_remove(home);
    write_capture(0);
    live_write(live_path("machine.json"), machine, strlen(machine));
    assert_said(tell("run story.json -q -o run %s", options), 0, "");
}

static void test_same_again(void **state)
{
    static const char *const executors[] = {"fiber", "thread", "process"};

    (void)state;
    run_once("");
    assert_said(tell("replay run"), 0, "The same again: digest ");
    assert_int_equal(tell("replay -q run"), 0);
    assert_string_equal(said, "");
    for (size_t i = 0; i < 3; i++) {
        assert_said(tell("replay run --executor %s", executors[i]), 0, "The same again");
    }
    /* From elsewhere, and without the scenario it came from. */
    rename(live_path("story.json"), live_path("gone.json"));
    char program[PATH_MAX], command[3 * PATH_MAX];
    assert_non_null(realpath(live_program(), program));
    snprintf(command, sizeof command, "cd / && %s replay -q %s", program, home);
    assert_int_equal(system(command), 0);
    rename(live_path("gone.json"), live_path("story.json"));
    assert_true(is_empty(live_path("tmp")));
}

static void test_verified(void **state)
{
    (void)state;
    run_once("--verify");
    assert_false(access(live_path("run/events.txt"), F_OK) == 0);
    folder_remove(home);
    assert_said(tell("run story.json -o run --verify --events --seed 9 --set /wires/0/loop=3"), 0,
                "The same again: digest ");
    assert_true(access(live_path("run/events.txt"), F_OK) == 0);
    assert_true(is_empty(live_path("tmp")));
}

static void test_changed_inputs(void **state)
{
    (void)state;
    run_once("");
    write_capture(1);
    assert_said(tell("replay run"), 2, "lan.pcap: not the file it was");
    unlink(live_path("lan.pcap"));
    assert_said(tell("replay run"), 2, "lan.pcap: it was read by the run, and cannot be read now");
    run_once("");
    live_write(live_path("machine.json"), "{}", 2);
    assert_said(tell("replay run"), 2, "machine.json: not the file it was");
    run_once("");
    assert_said(tell("replay run"), 0, "The same again");
}

static void test_no_run(void **state)
{
    (void)state;
    assert_said(tell("replay nowhere"), 2, "give the folder of a run");
    mkdir(live_path("empty"), 0755);
    assert_said(tell("replay empty"), 2, "give the folder of a run");
    assert_said(tell("replay story.json"), 2, "give the folder of a run");
    assert_int_equal(tell("replay"), 2);
    run_once("");
    unlink(live_path("run/report.json"));
    assert_said(tell("replay run"), 2, "report.json");
    run_once("");
    live_write(live_path("run/report.json"), "{", 1);
    assert_said(tell("replay run"), 2, "report.json");
    run_once("");
    live_write(live_path("run/manifest.json"), "[]", 2);
    assert_said(tell("replay run"), 0, "The same again");
    unlink(live_path("run/scenario.json"));
    assert_said(tell("replay run"), 2, "could not be done again");
    assert_true(is_empty(live_path("tmp")));
}

static void test_hosts_clock(void **state)
{
    (void)state;
    run_once("--clock host");
    assert_said(tell("replay run"), 2, "ran on the host's clock, and no such run repeats");
    folder_remove(home);
    assert_said(tell("run story.json -q -o run --clock host --verify"), 2, "needs virtual time");
    assert_said(tell("run story.json -q -o host --clock host --events"), 2, "needs virtual time");
    assert_true(access(live_path("host"), F_OK) != 0);
    assert_int_not_equal(access(home, F_OK), 0);
}

/* Whatever the digest is of, a capture that is not the same is not the same. */
static void test_changed_outcome(void **state)
{
    size_t size = 0;

    (void)state;
    run_once("--events");
    char *report = live_read(live_path("run/report.json"), &size);
    char *digest = strstr(report, "\"digest\"");
    assert_non_null(digest);
    digest[13] = digest[13] == '0' ? '1' : '0';
    live_write(live_path("run/report.json"), report, size);
    free(report);
    char *events = live_read(live_path("run/events.txt"), &size);
    char *third = strchr(strchr(events, '\n') + 1, '\n') + 1;
    third[0] = third[0] == '9' ? '8' : '9';
    live_write(live_path("run/events.txt"), events, size);
    free(events);
    assert_said(tell("replay run"), 4, "event 3 differs:");
    assert_non_null(strstr(said, "repeat with: sddfsim replay run\n"));
    unlink(live_path("run/events.txt"));
    assert_said(tell("replay run"), 4, "--events tells which event differs");

    run_once("");
    char *capture = live_read(live_path("run/captures/lan-out.pcap"), &size);
    capture[size - 1] ^= 1;
    live_write(live_path("run/captures/lan-out.pcap"), capture, size);
    free(capture);
    assert_said(tell("replay run"), 4, "lan-out.pcap is another capture");
    assert_true(is_empty(live_path("tmp")));
}

/* An image that is not the same twice: that is found, and where it began. */
static void test_fickle_image(void **state)
{
    static const char *const executors[] = {"fiber", "thread", "process"};
    static const char text[] =
        "{ \"version\": 1, \"clock\": \"virtual\","
        "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"count\": 8 } ],"
        "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\" } ], \"networks\": [ {} ],"
        "  \"clients\": [ { \"name\": \"client0\", \"image\": \"%s\", \"copier\": {} } ] }";
    char build[PATH_MAX], image[PATH_MAX + 64], scenario[PATH_MAX + 1024];

    (void)state;
    assert_non_null(realpath(live_build(), build));
    snprintf(image, sizeof image, "%s/images/test/rogue/fickle.so", build);
    snprintf(scenario, sizeof scenario, text, image);
    live_write(live_path("fickle.json"), scenario, strlen(scenario));
    for (size_t i = 0; i < 3; i++) {
        folder_remove(home);
        assert_said(tell("run fickle.json -q -o run --verify --executor %s", executors[i]), 4,
                    " differs:\n");
        assert_non_null(strstr(said, " client0 notifies, channel "));
        assert_non_null(strstr(said, "repeat with: sddfsim run fickle.json --seed 1 "));
        assert_said(tell("replay run"), 4, "not the same again: digest ");
    }
    assert_true(is_empty(live_path("tmp")));
}

static void test_no_place(void **state)
{
    (void)state;
    run_once("");
    setenv("OTHER_TMPDIR", live_path("nowhere"), 1);
    assert_said(tell("replay run"), 3, "cannot make a folder");
    assert_non_null(strstr(said, "repeat with: sddfsim replay run"));
    if (geteuid() == 0 && mkdir(live_path("small"), 0777) == 0 &&
        mount("none", live_path("small"), "tmpfs", 0, "size=64k") == 0) {
        setenv("OTHER_TMPDIR", live_path("small"), 1);
        int status = tell("replay run");
        bool empty = is_empty(live_path("small"));

        umount(live_path("small"));
        assert_said(status, 3, "No space left on device");
        assert_true(empty);
    }
    unsetenv("OTHER_TMPDIR");
}

/* Told to end while the second run runs: neither it nor its folder stays. */
static void test_interrupted(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    char program[PATH_MAX];

    (void)state;
    run_once("--set /wires/0/loop=20000");
    assert_non_null(realpath(live_program(), program));
    for (size_t i = 0; i < 3; i++) {
        int status = 0;
        pid_t pid = fork();

        if (pid == 0) {
            setenv("TMPDIR", live_path("tmp"), 1);
            if (freopen("/dev/null", "w", stderr) == NULL) {
                _exit(126);
            }
            execl(program, program, "replay", "-q", home, (char *)NULL);
            _exit(127);
        }
        live_running = pid;
        while (is_empty(live_path("tmp")) && !live_reap(pid, &status, 0)) {
            sched_yield();
        }
        kill(pid, signals[i]);
        assert_true(live_reap(pid, &status, 10000));
        live_running = 0;
        assert_int_equal(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 3);
        assert_true(live_nobody_left(1000));
        assert_true(is_empty(live_path("tmp")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_again),     cmocka_unit_test(test_verified),
        cmocka_unit_test(test_changed_inputs), cmocka_unit_test(test_no_run),
        cmocka_unit_test(test_hosts_clock),    cmocka_unit_test(test_changed_outcome),
        cmocka_unit_test(test_fickle_image),   cmocka_unit_test(test_no_place),
        cmocka_unit_test(test_interrupted),
    };

    return cmocka_run_group_tests(tests, begin, live_end);
}
