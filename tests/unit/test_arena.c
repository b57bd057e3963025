/* SPDX-License-Identifier: BSD-2-Clause */
/* The arena's promises, complaints in the reader's order, and whole log lines. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "sim/base/arena.h"
#include "sim/base/diag.h"
#include "sim/base/log.h"

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 1000, 16384, 65536, 65537, 1 << 20, 3};
    unsigned char *got[300];
    struct arena a = {0};

    (void)state;
    for (size_t i = 0; i < 300; i++) {
        size_t bytes = sizes[i % (sizeof sizes / sizeof sizes[0])];

        got[i] = arena_alloc(&a, bytes);
        assert_int_equal((uintptr_t)got[i] % 16, 0);
        for (size_t j = 0; j < bytes; j += 7) {
            assert_int_equal(got[i][j], 0);
        }
        memset(got[i], (int)(i % 255) + 1, bytes);
    }
    for (size_t i = 0; i < 300; i++) {
        size_t bytes = sizes[i % (sizeof sizes / sizeof sizes[0])];

        for (size_t j = 0; j < bytes; j++) {
            if (got[i][j] != i % 255 + 1) {
                fail_msg("allocation %zu was overwritten at %zu", i, j);
            }
        }
        assert_true(i == 0 || got[i] != got[i - 1]);
    }
    /* Up to the last byte of a block and no further. */
    for (size_t i = 0; i < 10000; i++) {
        memset(arena_alloc(&a, 16), 0xff, 16);
    }
    arena_finish(&a);
    assert_null(a.first);
    arena_finish(&a);
}

static void texts_are_copies(void **state)
{
    char word[] = "driver";
    struct arena a = {0};

    (void)state;
    char *copy = arena_text(&a, word);
    word[0] = 'D';
    assert_string_equal(copy, "driver");
    assert_null(arena_text(&a, NULL));
    assert_string_equal(arena_format(&a, "%s.%d", copy, 7), "driver.7");
    assert_memory_equal(arena_copy(&a, "\0x", 3), "\0x", 3);
    arena_finish(&a);
}

/* Ends with one message and the host's exit status, whatever was asked for. */
static void too_much_ends_with_one_message(void **state)
{
    int status, ends[2];
    char said[256];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct arena a = {0};

        dup2(ends[1], STDERR_FILENO);
        arena_array(&a, SIZE_MAX / 2, 3);
        _exit(0);
    }
    close(ends[1]);
    ssize_t length = read(ends[0], said, sizeof said - 1);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    assert_true(length > 0);
    said[length] = '\0';
    assert_non_null(strstr(said, "out of memory"));
}

static char *printed(const struct diag *d)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *to = open_memstream(&text, &bytes);

    diag_print(d, to);
    fclose(to);
    return text;
}

static void complaints_come_in_the_readers_order(void **state)
{
    struct arena a = {0};
    struct diag d = {.arena = &a};

    (void)state;
    diag_error(&d, (struct diag_place){"x.json", "wires[0]", 9, 3}, "later");
    diag_note(&d, "did you mean \"%s\"?", "sooner");
    diag_warn(&d, (struct diag_place){"y.json", "", 1, 1}, "elsewhere");
    diag_error(&d, (struct diag_place){"x.json", "seed", 2, 11}, "second");
    diag_error(&d, (struct diag_place){"x.json", "seed", 2, 4}, "first %d", 1);
    diag_error(&d, (struct diag_place){"x.json", NULL, 0, 0}, "all of it");
    diag_error(&d, (struct diag_place){NULL, NULL, 0, 0}, "no file");
    char *text = printed(&d);
    assert_string_equal(text, "x.json: error: all of it\n"
                              "x.json:2:4: error: seed: first 1\n"
                              "x.json:2:11: error: seed: second\n"
                              "x.json:9:3: error: wires[0]: later; did you mean \"sooner\"?\n"
                              "y.json:1:1: warning: elsewhere\n"
                              "error: no file\n");
    assert_int_equal(d.errors, 5);
    assert_int_equal(d.warnings, 1);
    free(text);
    arena_finish(&a);
}

static void hostile_text_stays_text(void **state)
{
    char long_text[5000];
    struct arena a = {0};
    struct diag d = {.arena = &a};

    (void)state;
    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    diag_error(&d, (struct diag_place){"x", "a\033[31m", 1, 1}, "\n\xc2\x9b%s", "\xc3\xa9");
    diag_error(&d, (struct diag_place){"x", "", 2, 1}, "%s", long_text);
    char *text = printed(&d);
    assert_non_null(strstr(text, "x:1:1: error: a\\x1b[31m: \\x0a\\u009b\xc3\xa9\n"));
    assert_true(strlen(text) < 1200);
    assert_non_null(strstr(text, "xxx...\n"));
    free(text);
    arena_finish(&a);
}

static void a_flood_of_complaints_is_counted(void **state)
{
    struct arena a = {0};
    struct diag d = {.arena = &a};

    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        diag_error(&d, (struct diag_place){"x", "", i + 1, 1}, "bad");
        diag_note(&d, "note");
    }
    char *text = printed(&d);
    assert_int_equal(d.errors, 5000);
    assert_non_null(strstr(text, "x:1000:1: error: bad; note\n"));
    assert_null(strstr(text, "x:1001:1:"));
    assert_null(strstr(text, "note; note"));
    assert_non_null(strstr(text, "error: 4000 more complaints not shown\n"));
    free(text);
    arena_finish(&a);
}

static uint64_t a_time(void *context)
{
    return *(uint64_t *)context;
}

static void speak(void)
{
    static uint64_t now_ns = 1000000042;
    char long_text[3000];

    memset(long_text, 'y', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    errno = ENOENT;
    log_warn("cannot open %s", "a\033b");
    errno = errno == ENOENT ? 0 : EINVAL; /* a lost errno shows in the next line */
    log_info("heard");
    log_debug("not heard");
    log_level_set(LOG_MORE);
    log_speaker_set("client0", a_time, &now_ns);
    log_debug("why");
    log_speaker_set("driver", NULL, NULL);
    log_level_set(LOG_QUIET);
    log_info("not heard");
    log_warnx("%s", long_text);
}

static void a_lost_stderr_is_no_trouble(void **state)
{
    int kept = dup(STDERR_FILENO);

    (void)state;
    close(STDERR_FILENO);
    errno = ENOENT;
    log_warn("nobody hears this");
    log_warnx("nor this");
    int after = errno;
    dup2(kept, STDERR_FILENO);
    close(kept);
    assert_int_equal(after, ENOENT);
}

static void log_lines_are_whole(void **state)
{
    char said[4096];
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    int kept = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    speak();
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(ends[1]);
    ssize_t length = read(ends[0], said, sizeof said - 1);
    close(ends[0]);
    assert_true(length > 0);
    said[length] = '\0';
    static const char expected[] = "sddfsim: cannot open a?b: No such file or directory\n"
                                   "sddfsim: heard\n"
                                   "client0: 1.000000042 s: why\n"
                                   "driver: yyy";
    assert_memory_equal(said, expected, sizeof expected - 1);
    assert_int_equal(said[length - 1], '\n');
    assert_memory_equal(said + length - 5, "y...", 4);
    assert_true(length < 1200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(texts_are_copies),
        cmocka_unit_test(too_much_ends_with_one_message),
        cmocka_unit_test(complaints_come_in_the_readers_order),
        cmocka_unit_test(hostile_text_stays_text),
        cmocka_unit_test(a_flood_of_complaints_is_counted),
        cmocka_unit_test(a_lost_stderr_is_no_trouble),
        cmocka_unit_test(log_lines_are_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
