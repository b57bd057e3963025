/* SPDX-License-Identifier: BSD-2-Clause */
/* This program's own places are told by line, those from headers by the line that brought them; and
 * files that are no objects, or only half of one, are nothing worse than unknown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/srcline.h"
#include "tests/unit/srcline_inlined.h"

#define SELF "/proc/self/exe"

/* Two calls of it are two places, which a compiler could not know. */
__attribute__((noinline)) const void *here(void)
{
    __asm__ volatile("");
    return __builtin_return_address(0);
}

static uint64_t offset_of(const void *place)
{
    Dl_info info;

    assert_int_not_equal(dladdr(place, &info), 0);
    return (uint64_t)((uintptr_t)place - (uintptr_t)info.dli_fbase);
}

static void assert_line(const void *place, int line)
{
    char found[SRCLINE_BYTES], wanted[SRCLINE_BYTES];

    snprintf(wanted, sizeof wanted, "test_srcline.c:%d", line);
    assert_true(srcline_before(SELF, offset_of(place), found));
    assert_string_equal(found, wanted);
}

static void own_lines(void **state)
{
    (void)state;
    const void *one = here();
    int line = __LINE__ - 1;
    const void *other = here();

    assert_line(one, line);
    assert_line(other, line + 2);
}

static void lines_that_call_into_headers(void **state)
{
    (void)state;
    const void *once = inlined();
    int line = __LINE__ - 1;
    const void *twice = inlined_twice();

    assert_line(once, line);
    assert_line(twice, line + 2);
}

/* All functions there, each with the line that it was at. */
static void functions_within(void **state)
{
    struct srcline_frame frames[4];
    char line[SRCLINE_BYTES];

    (void)state;
    const void *twice = inlined_twice();
    snprintf(line, sizeof line, "test_srcline.c:%d", __LINE__ - 1);
    assert_int_equal(srcline_frames(SELF, offset_of(twice), frames, 4), 3);
    assert_string_equal(frames[0].function, "inlined");
    assert_string_equal(frames[0].line, "srcline_inlined.h:9");
    assert_string_equal(frames[1].function, "inlined_twice");
    assert_string_equal(frames[1].line, "srcline_inlined.h:14");
    assert_string_equal(frames[2].function, "functions_within");
    assert_string_equal(frames[2].line, line);
    assert_int_equal(srcline_frames(SELF, offset_of(twice), frames, 2), 2);
    assert_int_equal(srcline_frames(SELF, offset_of(twice), frames, 0), 0);
}

static void nowhere(void **state)
{
    char found[SRCLINE_BYTES];
    struct srcline_frame frames[1];

    (void)state;
    assert_false(srcline_before(SELF, 0, found));
    assert_false(srcline_before(SELF, UINT64_MAX, found));
    assert_false(srcline_before(SELF, 1ull << 40, found));
    assert_false(srcline_before("/nowhere", 100, found));
    assert_false(srcline_before("/", 100, found));
    assert_false(srcline_before("/etc/passwd", 100, found));
    assert_int_equal(srcline_frames(SELF, 0, frames, 1), 0);
    assert_int_equal(srcline_frames(SELF, 1ull << 40, frames, 1), 0);
    assert_int_equal(srcline_frames("/nowhere", 100, frames, 1), 0);
}

static void put(const char *path, const uint8_t *bytes, size_t count)
{
    FILE *to = fopen(path, "w");

    assert_non_null(to);
    assert_int_equal(fwrite(bytes, 1, count, to), count);
    assert_int_equal(fclose(to), 0);
}

/* Cut off anywhere, or with a byte changed anywhere in its head and its tables. */
static void damaged(void **state)
{
    char path[] = "/tmp/test-srcline-XXXXXX", found[SRCLINE_BYTES];
    struct srcline_frame frames[4];
    uint64_t offset = offset_of(here());
    FILE *from = fopen(SELF, "r");

    (void)state;
    assert_non_null(from);
    assert_int_equal(fseek(from, 0, SEEK_END), 0);
    size_t size = (size_t)ftell(from);
    uint8_t *bytes = malloc(size);
    assert_non_null(bytes);
    rewind(from);
    assert_int_equal(fread(bytes, 1, size, from), size);
    assert_int_equal(fclose(from), 0);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    for (unsigned part = 1; part < 16; part++) {
        put(path, bytes, size * part / 16);
        (void)srcline_before(path, offset, found);
    }
    for (size_t at = 0; at < 64; at++) {
        bytes[at] ^= 0xff;
        put(path, bytes, size);
        (void)srcline_before(path, offset, found);
        (void)srcline_frames(path, offset, frames, 4);
        bytes[at] ^= 0xff;
    }
    put(path, bytes, size);
    assert_true(srcline_before(path, offset, found));
    free(bytes);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_lines),        cmocka_unit_test(lines_that_call_into_headers),
        cmocka_unit_test(functions_within), cmocka_unit_test(nowhere),
        cmocka_unit_test(damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
