/* SPDX-License-Identifier: BSD-2-Clause */
/* `sddfsim diff` as the shell sees it: status, what is on stdout and what on stderr. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/pcapfile.h"
#include "tests/unit/frames.h"

extern char **environ;

static char program[PATH_MAX + 16];
static char folder[] = P_tmpdir "/test_diff.XXXXXX";
static char said[2][1 << 16]; /* stdout, stderr */

enum { FRAMES = 40 };

/* How B differs from A. */
struct change {
    int lost, changed, appended; /* frame numbers from 0; -1: none */
};

static void write_capture(const char *path, struct change change)
{
    char why[PCAPFILE_WHY_BYTES];
    struct pcapwriter *w;

    assert_int_equal(pcapwriter_open(&w, AT_FDCWD, path, why), 0);
    for (int i = 0; i < FRAMES; i++) {
        struct frame f = frame_udp(53, (uint32_t)i, 30);

        if (i == change.changed) {
            f.bytes[22] = 63; /* one hop further */
        }
        if (i != change.lost) {
            assert_int_equal(pcapwriter_add(w, f.bytes, f.count, (uint64_t)i * 1000), 0);
        }
    }
    if (change.appended >= 0) {
        struct frame f = frame_eth(0x88b5);

        FRAME_PUT(&f, "for experiments\033[31m");
        assert_int_equal(pcapwriter_add(w, f.bytes, f.count, 0), 0);
    }
    assert_int_equal(pcapwriter_finish(w), 0);
}

static int run_with(const char *const line[], char **environment)
{
    posix_spawn_file_actions_t actions;
    char *argv[32] = {program, (char *)"diff"};
    int status, memory[2];
    pid_t pid;

    for (int i = 0; line[i] != NULL; i++) {
        argv[i + 2] = (char *)line[i];
    }
    posix_spawn_file_actions_init(&actions);
    for (int i = 0; i < 2; i++) {
        memory[i] = memfd_create("said", MFD_CLOEXEC);
        posix_spawn_file_actions_adddup2(&actions, memory[i], i + 1);
    }
    posix_spawn_file_actions_addchdir_np(&actions, folder);
    assert_int_equal(posix_spawn(&pid, program, &actions, NULL, argv, environment), 0);
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    for (int i = 0; i < 2; i++) {
        ssize_t bytes = pread(memory[i], said[i], sizeof(said[i]) - 1, 0);

        said[i][bytes < 0 ? 0 : bytes] = '\0';
        close(memory[i]);
    }
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

#define DIFF(...) run_with((const char *const[]){__VA_ARGS__, NULL}, environ)

static void assert_said(int stream, const char *part)
{
    if (strstr(said[stream], part) == NULL) {
        fail_msg("'%s' is not in: %s", part, said[stream]);
    }
}

static void the_same_gives_0(void **state)
{
    (void)state;
    assert_int_equal(DIFF("a.pcap", "a.pcap"), 0);
    assert_string_equal(said[0], "same: 40 same, 0 changed, 0 moved, 0 only in A, 0 only in B\n");
    assert_string_equal(said[1], "");
    assert_int_equal(DIFF("-q", "a.pcap", "a.pcap"), 0);
    assert_string_equal(said[0], "");
}

static void a_lost_frame_is_shown_through_tcpdump(void **state)
{
    (void)state;
    assert_int_equal(DIFF("a.pcap", "lost.pcap"), 1);
    assert_said(0, "A: a.pcap (40 frames)\nB: lost.pcap (39 frames)\nonly in A: frame 18\n  < ");
    assert_said(0, "different: 39 same, 0 changed, 0 moved, 1 only in A, 0 only in B\n");
    if (strstr(said[1], "tcpdump is not installed") == NULL) {
        assert_said(0, "52:54:00:00:00:02 > 52:54:00:00:00:01, ethertype IPv4");
        assert_said(0, "10.0.0.1.1000 > 10.0.0.2.53");
        assert_string_equal(said[1], "");
    }
    assert_int_equal(DIFF("lost.pcap", "a.pcap", "--quiet"), 1);
    assert_string_equal(said[0], "");
}

static void without_tcpdump_it_is_hexadecimal(void **state)
{
    char *poor[] = {(char *)"PATH=/nonexistent", NULL};

    (void)state;
    assert_int_equal(run_with((const char *const[]){"a.pcap", "lost.pcap", NULL}, poor), 1);
    assert_said(0, "only in A: frame 18\n  < 72 bytes\n  < 0x0000:  5254 0000 0001 5254 0000 0002 "
                   "0800 4500\n");
    assert_said(1, "sddfsim: tcpdump is not installed");
}

static void a_change_is_placed_and_named(void **state)
{
    (void)state;
    assert_int_equal(DIFF("a.pcap", "changed.pcap"), 1);
    assert_said(0, "changed: frame 6 of A, frame 6 of B: byte 22 (ip.ttl) is 40 in A, 3f in B\n");
    assert_said(0, "  < ");
    assert_said(0, "  > ");
    assert_said(1, "--ignore=ip.ttl");
    assert_int_equal(DIFF("a.pcap", "changed.pcap", "--ignore", "eth.dst,ip.ttl"), 0);
    assert_int_equal(DIFF("a.pcap", "changed.pcap", "-i", "ip.ttl", "-i", "ip.id"), 0);
    assert_int_equal(DIFF("a.pcap", "changed.pcap", "--ignore", "ip.tll"), 2);
    assert_said(1, "did you mean 'ip.ttl'?");
}

static void no_frame_steers_the_terminal(void **state)
{
    (void)state;
    DIFF("a.pcap", "more.pcap");
    assert_said(0, "only in B: frame 41\n");
    assert_null(strchr(said[0], '\033'));
    DIFF("a.pcap", "more.pcap", "--color=always");
    assert_said(0, "\033[32monly in B: frame 41\033[0m\n");
    assert_null(strstr(said[0], "experiments\033"));
}

static void the_rest_is_counted(void **state)
{
    (void)state;
    assert_int_equal(DIFF("a.pcap", "none.pcap", "--first=3"), 1);
    assert_said(0, "only in A: frame 3\n");
    assert_null(strstr(said[0], "only in A: frame 4\n"));
    assert_said(0, "... and 37 more (--first=0 shows all)\n");
    DIFF("a.pcap", "none.pcap", "-n0");
    assert_said(0, "only in A: frame 40\n");
}

static void json_has_all_in_stable_keys(void **state)
{
    json_error_t error;
    json_t *all, *first;

    (void)state;
    assert_int_equal(
        DIFF("--json", "a.pcap", "changed.pcap", "--ignore=ip.id", "--times=10 us", "-n1"), 1);
    all = json_loads(said[0], JSON_REJECT_DUPLICATES, &error);
    assert_non_null(all);
    assert_string_equal(json_string_value(json_object_get(all, "verdict")), "different");
    assert_string_equal(json_string_value(json_object_get(json_object_get(all, "a"), "file")),
                        "a.pcap");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(all, "b"), "frames")), 40);
    assert_string_equal(json_string_value(json_object_get(all, "order")), "strict");
    assert_string_equal(json_string_value(json_array_get(json_object_get(all, "ignore"), 0)),
                        "ip.id");
    assert_int_equal(json_integer_value(json_object_get(all, "tolerance_ns")), 10000);
    assert_int_equal(json_integer_value(json_object_get(all, "same")), 39);
    assert_int_equal(json_integer_value(json_object_get(all, "changed")), 1);
    assert_int_equal(json_array_size(json_object_get(all, "differences")), 1);
    first = json_array_get(json_object_get(all, "differences"), 0);
    assert_string_equal(json_string_value(json_object_get(first, "kind")), "changed");
    assert_int_equal(json_integer_value(json_object_get(first, "a")), 6);
    assert_int_equal(json_integer_value(json_object_get(first, "b")), 6);
    assert_int_equal(json_integer_value(json_object_get(first, "a_offset")), 22);
    assert_string_equal(json_string_value(json_object_get(first, "field")), "ip.ttl");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(all, "fields"), "ip.ttl")),
                     1);
    json_decref(all);
    assert_int_equal(DIFF("--json", "a.pcap", "none.pcap"), 1);
    all = json_loads(said[0], JSON_REJECT_DUPLICATES, &error);
    assert_int_equal(json_array_size(json_object_get(all, "differences")), 40);
    assert_true(json_is_null(json_object_get(all, "tolerance_ns")));
    json_decref(all);
    assert_int_equal(DIFF("--json", "a.pcap", "a.pcap"), 0);
    all = json_loads(said[0], JSON_REJECT_DUPLICATES, &error);
    assert_int_equal(json_array_size(json_object_get(all, "differences")), 0);
    json_decref(all);
}

static void trouble_gives_2(void **state)
{
    static const char *const times[] = {"--times=",       "--times=x",
                                        "--times=-1",     "--times=1",
                                        "--times=1.5 ns", "--times=18446744073709551615 s"};

    (void)state;
    assert_int_equal(DIFF("a.pcap"), 2);
    assert_int_equal(DIFF("a.pcap", "absent.pcap"), 2);
    assert_said(1, "sddfsim: absent.pcap: cannot be opened: No such file");
    assert_string_equal(said[0], "");
    assert_int_equal(DIFF("/dev/null", "a.pcap"), 2);
    assert_int_equal(DIFF("a.pcap", "a.pcap", "--order=flows"), 2);
    assert_said(1, "did you mean 'flow'?");
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        assert_int_equal(DIFF("a.pcap", "a.pcap", times[i]), 2);
        assert_said(1, "'10 us'");
    }
    assert_int_equal(DIFF("a.pcap", "a.pcap", "--times=ignore"), 0);
    assert_int_equal(DIFF("a.pcap", "a.pcap", "--times=1.5 us"), 0);
}

static int set_up(void **state)
{
    const char *build = getenv("SDDFSIM_BUILD");
    char absolute[PATH_MAX];

    (void)state;
    if (build == NULL || realpath(build, absolute) == NULL || mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(program, sizeof(program), "%s/sddfsim", absolute);
    if (chdir(folder) != 0) {
        return -1;
    }
    write_capture("a.pcap", (struct change){-1, -1, -1});
    write_capture("lost.pcap", (struct change){17, -1, -1});
    write_capture("changed.pcap", (struct change){-1, 5, -1});
    write_capture("more.pcap", (struct change){-1, -1, 1});

    char why[PCAPFILE_WHY_BYTES];
    struct pcapwriter *none;

    return pcapwriter_open(&none, AT_FDCWD, "none.pcap", why) == 0 && pcapwriter_finish(none) == 0
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"a.pcap", "lost.pcap", "changed.pcap", "more.pcap",
                                        "none.pcap"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        unlink(names[i]);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_gives_0),
        cmocka_unit_test(a_lost_frame_is_shown_through_tcpdump),
        cmocka_unit_test(without_tcpdump_it_is_hexadecimal),
        cmocka_unit_test(a_change_is_placed_and_named),
        cmocka_unit_test(no_frame_steers_the_terminal),
        cmocka_unit_test(the_rest_is_counted),
        cmocka_unit_test(json_has_all_in_stable_keys),
        cmocka_unit_test(trouble_gives_2),
    };

    if (getenv("SDDFSIM_BUILD") == NULL) {
        return 77; /* which program to try is for the Makefile to say */
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
