/* SPDX-License-Identifier: BSD-2-Clause */
/* A run's folder: never over another's, files whole or not at all, and gone if the run never began.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "sim/observe/rundir.h"

static char folder[PATH_MAX];
static struct arena arena;
static struct rundir dir;
static char why[RUNDIR_WHY_BYTES];

static int begin(void **state)
{
    static const char template[] = "/tmp/sddfsim-test-rundir-XXXXXX";

    (void)state;
    memcpy(folder, template, sizeof template);
    why[0] = '\0';
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int end(void **state)
{
    char command[PATH_MAX + 32];

    (void)state;
    rundir_close(&dir);
    arena_finish(&arena);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return chdir("/") != 0 || system(command) != 0;
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    DIR *all = opendir("/proc/self/fd");

    while (readdir(all) != NULL) {
        count++;
    }
    closedir(all);
    return count;
}

static void latest_is(const char *leaf)
{
    char link[PATH_MAX] = {0};

    assert_true(readlink("out/latest", link, sizeof link - 1) > 0);
    assert_string_equal(link, leaf);
}

static void test_default(void **state)
{
    static const char *const leaves[] = {"story-s7", "story-s7-2", "story-s7-3"};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(rundir_create(&dir, &arena, NULL, "story", 7, why), 0);
        char want[PATH_MAX + 64];
        snprintf(want, sizeof want, "%s/out/%s", folder, leaves[i]);
        assert_string_equal(dir.path, want);
        latest_is(leaves[i]);
        assert_true(exists(dir.images) && exists(dir.logs) && exists(dir.captures));
        assert_non_null(strstr(dir.images, "/images"));
        assert_non_null(strstr(dir.logs, "/pds"));
        assert_non_null(strstr(dir.captures, "/captures"));
        assert_true(fcntl(dir.fd, F_GETFD) & FD_CLOEXEC);
        assert_true(fcntl(dir.captures_fd, F_GETFD) & FD_CLOEXEC);
        rundir_close(&dir);
        assert_int_equal(dir.fd, -1);
        rundir_close(&dir); /* twice is harmless */
    }
    assert_int_equal(rundir_create(&dir, &arena, NULL, "story", 8, why), 0);
    latest_is("story-s8");
}

static void test_asked(void **state)
{
    (void)state;
    assert_int_equal(rundir_create(&dir, &arena, "here", "story", 7, why), 0);
    assert_true(exists("here/images"));
    assert_false(exists("out"));
    rundir_close(&dir);
    unsigned before = open_descriptors();
    assert_int_equal(rundir_create(&dir, &arena, "here", "story", 7, why), -EEXIST);
    assert_non_null(strstr(why, "here exists; name another folder with -o, or remove it"));
    assert_int_equal(dir.fd, -1);
    assert_true(exists("here/images")); /* not over another's, and not away with it either */
    rundir_remove(&dir);
    assert_true(exists("here/images"));

    assert_int_equal(mkdir("empty", 0755), 0);
    assert_int_equal(rundir_create(&dir, &arena, "empty", "story", 7, why), 0);
    rundir_close(&dir);
    assert_int_equal(rundir_create(&dir, &arena, "no/such", "story", 7, why), -ENOENT);
    assert_non_null(strstr(why, "cannot make the folder no/such: No such file or directory"));
    FILE *file = fopen("file", "w");
    fclose(file);
    assert_int_equal(rundir_create(&dir, &arena, "file", "story", 7, why), -EEXIST);
    assert_int_equal(rundir_create(&dir, &arena, "file/x", "story", 7, why), -ENOTDIR);
    assert_int_equal(open_descriptors(), before);
}

static void test_out_is_a_file(void **state)
{
    (void)state;
    FILE *file = fopen("out", "w");
    fclose(file);
    assert_int_not_equal(rundir_create(&dir, &arena, NULL, "story", 7, why), 0);
    assert_non_null(strstr(why, "give another with -o"));
    assert_int_equal(dir.fd, -1);
}

/* -- files -- */

static int fill_well(void *context, FILE *to)
{
    /* Nobody sees it before it is whole. */
    assert_false(exists("here/report.txt"));
    return fputs(context, to) < 0 ? -EIO : 0;
}

static int fill_badly(void *context, FILE *to)
{
    (void)context;
    fputs("half of it", to);
    return -EIO;
}

static void test_write(void **state)
{
    char text[32] = {0};

    (void)state;
    assert_int_equal(rundir_create(&dir, &arena, "here", "story", 7, why), 0);
    unsigned before = open_descriptors();
    assert_int_equal(rundir_write(&dir, "report.txt", fill_well, (char[]){"all of it"}, why), 0);
    FILE *file = fopen("here/report.txt", "r");
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    assert_string_equal(text, "all of it");
    assert_false(exists("here/report.txt.part"));

    assert_int_equal(rundir_write(&dir, "other.txt", fill_badly, NULL, why), -EIO);
    assert_non_null(strstr(why, "other.txt: Input/output error"));
    assert_false(exists("here/other.txt") || exists("here/other.txt.part"));
    assert_int_equal(rundir_write(&dir, "report.txt", fill_badly, NULL, why), -EIO);
    assert_true(exists("here/report.txt")); /* what was whole stays */
    assert_int_equal(rundir_write(&dir, "images", fill_badly, NULL, why), -EIO);
    assert_int_equal(rundir_write(&dir, "no/such", fill_well, (char[]){""}, why), -ENOENT);
    assert_int_equal(open_descriptors(), before);
}

static void test_remove(void **state)
{
    (void)state;
    assert_int_equal(rundir_create(&dir, &arena, "here", "story", 7, why), 0);
    assert_int_equal(rundir_write(&dir, "scenario.json", fill_well, (char[]){"{}"}, why), 0);
    FILE *file = fopen("here/images/x.so", "w");
    fclose(file);
    assert_int_equal(mkdir("outside", 0755), 0);
    file = fopen("outside/precious", "w");
    fclose(file);
    assert_int_equal(symlink("../../outside", "here/pds/link"), 0);
    rundir_remove(&dir);
    assert_false(exists("here"));
    assert_true(exists("outside/precious")); /* links are removed, not followed */
    assert_int_equal(dir.fd, -1);
    rundir_remove(&(struct rundir){.fd = -1, .captures_fd = -1}); /* one that was never made */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_default), TEST(test_asked),  TEST(test_out_is_a_file),
        TEST(test_write),   TEST(test_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
