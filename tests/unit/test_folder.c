/* SPDX-License-Identifier: BSD-2-Clause */
/* Removing a folder: all of it, nothing beside it, and a word about what stays. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "sim/base/folder.h"

#define DEEP   40 /* more than are kept open at a time */
#define NOBODY 65534

static char home[] = "/tmp/sddfsim-test-folder-XXXXXX";

static void touch(const char *path)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

static bool exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

static int begin(void **state)
{
    (void)state;
    return mkdtemp(home) == NULL || chmod(home, 0755) != 0 || chdir(home) != 0;
}

static int end(void **state)
{
    (void)state;
    return chdir("/") != 0 || rmdir(home) != 0; /* every test leaves it empty */
}

static void test_all_of_it_goes(void **state)
{
    char path[PATH_MAX] = "it";
    size_t length = 2;

    (void)state;
    for (int i = 0; i < DEEP; i++) {
        assert_int_equal(mkdir(path, 0755), 0);
        snprintf(path + length, sizeof path - length, "/.hidden");
        touch(path);
        snprintf(path + length, sizeof path - length, "/file");
        touch(path);
        assert_int_equal(chmod(path, 0), 0);
        length += (size_t)snprintf(path + length, sizeof path - length, "/%d", i);
    }
    assert_int_equal(folder_remove("it"), 0);
    assert_false(exists("it"));
}

static void test_links_are_not_followed(void **state)
{
    (void)state;
    assert_int_equal(mkdir("beside", 0755), 0);
    touch("beside/kept");
    assert_int_equal(mkdir("it", 0755), 0);
    assert_int_equal(symlink("../beside", "it/folder"), 0);
    assert_int_equal(symlink("../beside/kept", "it/file"), 0);
    assert_int_equal(symlink("nowhere", "it/dangling"), 0);
    assert_int_equal(folder_remove("it"), 0);
    assert_false(exists("it"));
    assert_true(exists("beside/kept"));
    assert_int_equal(symlink("beside", "it"), 0);
    assert_int_equal(folder_remove("it"), 0);
    assert_false(exists("it"));
    assert_true(exists("beside/kept"));
    assert_int_equal(folder_remove("beside"), 0);
}

static void test_a_file_and_nothing(void **state)
{
    (void)state;
    touch("it");
    assert_int_equal(folder_remove("it"), 0);
    assert_false(exists("it"));
    assert_int_equal(folder_remove("it"), 0);
}

/* What stays is told of, and hinders nothing else. */
static void test_what_cannot_go(void **state)
{
    bool root = geteuid() == 0; /* may remove anything, and so does it as another */

    (void)state;
    assert_int_equal(mkdir("it", 0755), 0);
    assert_int_equal(chmod("it", 0777), 0);
    assert_int_equal(mkdir("it/shut", 0755), 0);
    touch("it/shut/stays");
    touch("it/a");
    touch("it/z");
    assert_int_equal(chmod("it/shut", 0555), 0);
    assert_int_equal(root ? seteuid(NOBODY) : 0, 0);
    int error = folder_remove("it");
    assert_int_equal(root ? seteuid(0) : 0, 0);
    assert_int_equal(error, -EACCES);
    assert_true(exists("it/shut/stays"));
    assert_false(exists("it/a"));
    assert_false(exists("it/z"));
    assert_int_equal(chmod("it/shut", 0700), 0);
    assert_int_equal(folder_remove("it"), 0);
    assert_false(exists("it"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_of_it_goes),
        cmocka_unit_test(test_links_are_not_followed),
        cmocka_unit_test(test_a_file_and_nothing),
        cmocka_unit_test(test_what_cannot_go),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
