/* SPDX-License-Identifier: BSD-2-Clause */
/* Where JSON values stand, what is said of text that is none, and values set from the command line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "sim/base/json.h"

/* A document under test with all that was said of it. */
struct bench {
    struct arena arena;
    struct diag diag;
    struct json_document document;
    char *said;
    bool good;
};

static char *printed(const struct diag *d)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *to = open_memstream(&text, &bytes);

    diag_print(d, to);
    fclose(to);
    return text;
}

static void open_bytes(struct bench *b, const char *text, size_t bytes)
{
    *b = (struct bench){.diag = {.arena = &b->arena}};
    b->good = json_document_parse(&b->document, "x.json", text, bytes, &b->arena, &b->diag);
    b->said = printed(&b->diag);
}

static void open_text(struct bench *b, const char *text)
{
    open_bytes(b, text, strlen(text));
}

static void close_bench(struct bench *b)
{
    free(b->said);
    json_document_close(&b->document);
    arena_finish(&b->arena);
}

static void assert_said(const char *text, const char *expected)
{
    struct bench b;

    open_text(&b, text);
    assert_string_equal(b.said, expected);
    assert_int_equal(b.good, expected[0] == '\0');
    close_bench(&b);
}

static void assert_at(struct json_value value, const char *path, unsigned line, unsigned column)
{
    struct diag_place place = json_place(value);

    assert_string_equal(place.file, "x.json");
    assert_string_equal(place.path, path);
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
}

static void every_value_knows_its_place(void **state)
{
    static const char text[] = "{ \"a\": 1,\n"
                               "  \"list\": [ true, {\"b\" : null},\n"
                               "\t\t\"\xc3\xa9\xe2\x82\xac\", -1.5e3, [] ],\n"
                               "  \"52:54\" :{\"c\\u0062\\n\": \"\\ud83d\\ude00\"}}\n";
    struct bench b;

    (void)state;
    open_text(&b, text);
    assert_true(b.good);
    struct json_value top = json_top(&b.document), list = json_member(top, "list");
    assert_at(top, "", 1, 1);
    assert_at(json_member(top, "a"), "a", 1, 8);
    assert_at(json_item(list, 0), "list[0]", 2, 13);
    assert_at(json_member(json_item(list, 1), "b"), "list[1].b", 2, 26);
    assert_at(json_item(list, 2), "list[2]", 3, 3);
    assert_at(json_item(list, 3), "list[3]", 3, 9);
    assert_at(json_item(list, 4), "list[4]", 3, 17);
    struct json_value odd = json_member(json_member(top, "52:54"), "cb\n");
    assert_non_null(odd.json);
    assert_at(odd, "[\"52:54\"][\"cb\n\"]", 4, 26);
    assert_int_equal(json_key_place(odd).column, 13);
    assert_string_equal(json_text(odd), "\xf0\x9f\x98\x80");
    close_bench(&b);
}

static void keys_are_found_however_they_are_written(void **state)
{
    struct bench b;

    (void)state;
    open_text(&b, "{\n\"\\ud83d\\ude00\": 1,\n\"\\u20ac\\u00E9\": 2,\n\"\\/\\t\\\"\": 3}");
    struct json_value top = json_top(&b.document);
    assert_int_equal(json_place(json_member(top, "\xf0\x9f\x98\x80")).line, 2);
    assert_int_equal(json_place(json_member(top, "\xe2\x82\xac\xc3\xa9")).line, 3);
    assert_int_equal(json_place(json_member(top, "/\t\"")).line, 4);
    close_bench(&b);
}

static void what_is_missing_has_the_place_of_what_lacks_it(void **state)
{
    struct bench b;

    (void)state;
    open_text(&b, "{\"list\":\n [ {}, 7 ]}");
    struct json_value list = json_member(json_top(&b.document), "list");
    struct json_value missing = json_member(json_item(list, 0), "driver");
    assert_null(missing.json);
    assert_at(missing, "list[0].driver", 2, 4);
    assert_at(json_member(missing, "image"), "list[0].driver.image", 2, 4);
    assert_at(json_member(json_item(list, 1), "no object"), "list[1][\"no object\"]", 2, 8);
    assert_at(json_member(json_top(&b.document), "seed"), "seed", 1, 1);
    close_bench(&b);
}

static void duplicate_keys_are_all_found(void **state)
{
    struct bench b;

    (void)state;
    open_text(&b,
              "{\"a\":1, \"b\":{\"x\":1,\n\"x\":2},\n\"a\":3,\n \"\\u0061\":4,\n\"b\":{\"x\":5}}");
    assert_string_equal(b.said, "x.json:2:1: error: b.x: duplicate key; it is also in line 1\n"
                                "x.json:3:1: error: a: duplicate key; it is also in line 1\n"
                                "x.json:4:2: error: a: duplicate key; it is also in line 3\n"
                                "x.json:5:1: error: b: duplicate key; it is also in line 1\n");
    assert_false(b.good);
    /* The last has won, in jansson's tree and in ours. */
    assert_non_null(b.document.root);
    assert_at(json_member(json_top(&b.document), "a"), "a", 4, 11);
    assert_at(json_member(json_member(json_top(&b.document), "b"), "x"), "b.x", 5, 10);
    close_bench(&b);
}

static void syntax_errors_have_a_place_and_a_reason(void **state)
{
    (void)state;
    assert_said("{\"a\": 1\n \"b\": 2}",
                "x.json:2:4: error: not JSON: '}' expected near '\"b\"'\n");
    assert_said("{\"a\": 1,}", "x.json:1:9: error: not JSON: string or '}' expected near '}'\n");
    assert_said("[1, 2", "x.json:1:5: error: not JSON: ']' expected near end of file\n");
    assert_said("{} {}", "x.json:1:4: error: not JSON: end of file expected near '{'\n");
    assert_said("[99999999999999999999]", "x.json:1:21: error: not JSON: too big integer near "
                                          "'99999999999999999999'\n");
    assert_said("['a']", "x.json:1:2: error: not JSON: invalid token near '''\n");
    assert_said("[\"\\u0000\"]", "x.json:1:9: error: not JSON: \\u0000 is not allowed without "
                                 "JSON_ALLOW_NUL near '\"\\u0000\"'\n");
}

static void what_is_no_text_is_told_in_one_line(void **state)
{
    struct bench b;

    (void)state;
    assert_said("", "x.json: error: the file is empty\n");
    assert_said(" \t\r\n", "x.json: error: the file is blank\n");
    assert_said("\xef\xbb\xbf{}", "x.json: error: begins with a byte order mark; JSON has none\n");
    assert_said("{\"a\":\n \"\xff\"}",
                "x.json:2:2: error: not JSON: unable to decode byte 0xff near '\"'\n");
    open_bytes(&b, "{\n \0 }", 6);
    assert_string_equal(b.said, "x.json:2:2: error: a NUL byte: this is not a text file\n");
    close_bench(&b);
    open_bytes(&b, NULL, 0);
    assert_string_equal(b.said, "x.json: error: the file is empty\n");
    close_bench(&b);
}

static char *repeat(const char *what, size_t times)
{
    size_t length = strlen(what);
    char *text = malloc(length * times + 1);

    assert_non_null(text);
    for (size_t i = 0; i < times; i++) {
        memcpy(text + i * length, what, length);
    }
    text[length * times] = '\0';
    return text;
}

static void hostile_sizes_are_refused(void **state)
{
    struct bench b;
    char *text;

    (void)state;
    text = repeat("[", 1000000);
    open_text(&b, text);
    assert_non_null(strstr(b.said, "error: [0][0]"));
    assert_non_null(strstr(b.said, "nested more than 64 deep\n"));
    close_bench(&b);
    free(text);

    text = repeat("[", JSON_DEPTH_MAX + 1);
    open_text(&b, text);
    assert_non_null(strstr(b.said, "nested more than 64 deep\n"));
    close_bench(&b);
    free(text);

    text = repeat("1,", JSON_VALUES_MAX + 1);
    text[0] = '[';
    text[1] = '1';
    open_text(&b, text);
    assert_non_null(strstr(b.said, "more than 262144 values in one file\n"));
    close_bench(&b);
    free(text);

    text = repeat(" ", JSON_BYTES_MAX + 1);
    open_text(&b, text);
    assert_string_equal(b.said, "x.json: error: larger than 16 MiB\n");
    close_bench(&b);
    free(text);
}

static void depth_up_to_the_limit_is_fine(void **state)
{
    struct bench b;
    char text[2 * JSON_DEPTH_MAX + 1];

    (void)state;
    memset(text, '[', JSON_DEPTH_MAX);
    memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    text[sizeof text - 1] = '\0';
    open_text(&b, text);
    assert_true(b.good);
    struct json_value value = json_top(&b.document);
    for (unsigned i = 1; i < JSON_DEPTH_MAX; i++) {
        value = json_item(value, 0);
    }
    assert_int_equal(json_place(value).column, JSON_DEPTH_MAX);
    close_bench(&b);
}

static void assert_load_said(const char *path, const char *expected)
{
    struct bench b = {.good = false};

    b.diag.arena = &b.arena;
    b.good = json_document_load(&b.document, path, &b.arena, &b.diag);
    b.said = printed(&b.diag);
    if (expected != NULL) {
        assert_string_equal(b.said, expected);
    } else {
        assert_true(b.good);
        assert_true(json_is_object(b.document.root));
    }
    close_bench(&b);
}

static void files_are_read_or_refused_in_one_line(void **state)
{
    char path[64];
    int fd = memfd_create("scenario", MFD_CLOEXEC);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "{\"a\":1}", 7), 7);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    assert_load_said(path, NULL);
    assert_int_equal(fchmod(fd, 0), 0);
    if (geteuid() != 0) {
        struct bench b = {.good = false};

        b.diag.arena = &b.arena;
        assert_false(json_document_load(&b.document, path, &b.arena, &b.diag));
        b.said = printed(&b.diag);
        assert_non_null(strstr(b.said, "cannot be read: Permission denied\n"));
        close_bench(&b);
    }
    close(fd);
    assert_load_said("no/such.json",
                     "no/such.json: error: cannot be read: No such file or directory\n");
    assert_load_said("/", "/: error: cannot be read: Is a directory\n");
    /* Endless, and found out without reading to the end. */
    assert_load_said("/dev/zero", "/dev/zero: error: larger than 16 MiB\n");
}

static void values_are_named_for_complaints(void **state)
{
    static const char *const expected[] = {
        "an object", "an array", "the string \"x\"", "7", "-1.5", "true", "false", "null"};
    struct bench b;
    char *long_one = repeat("\xc3\xa9", 100), text[300];

    (void)state;
    snprintf(text, sizeof text, "[{}, [], \"x\", 7, -1.5, true, false, null, \"%s\"]", long_one);
    free(long_one);
    open_text(&b, text);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_string_equal(json_found(json_item(json_top(&b.document), i)), expected[i]);
    }
    const char *shown = json_found(json_item(json_top(&b.document), 8));
    assert_int_equal(strlen(shown), strlen("the string \"...\"") + 50);
    close_bench(&b);
}

/* --- set ----------------------------------------------------------------------------------------
 */

static void set(struct bench *b, const char *argument, const char *expected)
{
    char *said;

    b->diag.first = b->diag.last = NULL;
    b->diag.errors = 0;
    bool good = json_document_set(&b->document, argument, &b->diag);
    said = printed(&b->diag);
    assert_string_equal(said, expected);
    assert_int_equal(good, expected[0] == '\0');
    free(said);
}

static void assert_json(struct bench *b, const char *expected)
{
    char *text = json_dumps(b->document.root, JSON_COMPACT | JSON_ENCODE_ANY);

    assert_string_equal(text, expected);
    free(text);
}

static void values_can_be_set(void **state)
{
    struct bench b;

    (void)state;
    open_text(&b, "{\"seed\":1,\"list\":[{\"x\":1},2],\"a/b~\":0}");
    set(&b, "/seed=7", "");
    set(&b, "/list/0/x=[1,{\"deep\":true}]", "");
    set(&b, "/list/0/y=a=b c", "");
    set(&b, "/list/-={\"z\":3}", "");
    set(&b, "/list/2/z=\"4\"", "");
    set(&b, "/a~1b~0=null", "");
    set(&b, "/stop/after=2 s", "");
    set(&b, "/new/-/k=1", "");
    assert_json(
        &b, "{\"seed\":7,\"list\":[{\"x\":[1,{\"deep\":true}],\"y\":\"a=b c\"},2,{\"z\":\"4\"}],"
            "\"a/b~\":null,\"stop\":{\"after\":\"2 s\"},\"new\":[{\"k\":1}]}");
    struct json_value list = json_member(json_top(&b.document), "list");
    struct diag_place place =
        json_place(json_member(json_item(json_member(json_item(list, 0), "x"), 1), "deep"));
    assert_string_equal(place.file, "--set /list/0/x=[1,{\"deep\":true}]");
    assert_string_equal(place.path, "list[0].x[1].deep");
    assert_int_equal(place.line, 0);
    place = json_place(json_member(json_item(list, 2), "z"));
    assert_string_equal(place.file, "--set /list/2/z=\"4\"");
    assert_string_equal(json_place(json_item(list, 1)).file, "x.json");
    close_bench(&b);
}

static void what_cannot_be_set_names_the_argument(void **state)
{
    struct bench b;

    (void)state;
    open_text(&b, "{\"seed\":1,\"list\":[1]}");
    set(&b, "seed=1", "--set seed=1: error: expected /json/pointer=value\n");
    set(&b, "/seed", "--set /seed: error: expected /json/pointer=value\n");
    set(&b, "=1", "--set =1: error: expected /json/pointer=value\n");
    set(&b, "/seed/x=1", "--set /seed/x=1: error: seed is neither an object nor an array\n");
    set(&b, "/list/2=1", "--set /list/2=1: error: list has no item \"2\"; it has 1\n");
    set(&b, "/list/01=1", "--set /list/01=1: error: list has no item \"01\"; it has 1\n");
    set(&b, "/list/x=1", "--set /list/x=1: error: list has no item \"x\"; it has 1\n");
    set(&b, "/list/99999999999999999999=1",
        "--set /list/99999999999999999999=1: error: list has no item \"99999999999999999999\"; it "
        "has 1\n");
    set(&b, "/a~2=1", "--set /a~2=1: error: ~ is followed by neither 0 nor 1\n");
    set(&b, "/seed=\xff", "--set /seed=\xff: error: the value is not UTF-8\n");
    set(&b, "/\xff=1", "--set /\xff=1: error: this key is not UTF-8\n");
    assert_json(&b, "{\"seed\":1,\"list\":[1]}");
    set(&b, "/seed={\"a\":1,\"a\":2}",
        "--set /seed={\"a\":1,\"a\":2}: error: duplicate object key near '\"a\"'\n");
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_knows_its_place),
        cmocka_unit_test(keys_are_found_however_they_are_written),
        cmocka_unit_test(what_is_missing_has_the_place_of_what_lacks_it),
        cmocka_unit_test(duplicate_keys_are_all_found),
        cmocka_unit_test(syntax_errors_have_a_place_and_a_reason),
        cmocka_unit_test(what_is_no_text_is_told_in_one_line),
        cmocka_unit_test(hostile_sizes_are_refused),
        cmocka_unit_test(depth_up_to_the_limit_is_fine),
        cmocka_unit_test(files_are_read_or_refused_in_one_line),
        cmocka_unit_test(values_are_named_for_complaints),
        cmocka_unit_test(values_can_be_set),
        cmocka_unit_test(what_cannot_be_set_names_the_argument),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
