/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys by the table: each kind, its default, its limits, and what is said when it is wrong. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sim/base/param.h"
#include "sim/base/quantity.h"

struct thing {
    uint64_t count, any, delay, speed, room, mode, absent;
    bool loud;
    const char *label, *note, *file;
    uint8_t mac[6];
    uint32_t host;
    struct pace pace;
};

static const char *const modes[] = {"polite", "greedy", "rogue", NULL};
static const struct param params[] = {
    PARAM_UINT(struct thing, count, 10, 1, UINT32_MAX, "one in this many"),
    PARAM_UINT(struct thing, any, 0, 0, 0, "any number"),
    PARAM_UINT(struct thing, absent, UINT64_MAX, 0, 63, "not given unless given"),
    PARAM_TIME(struct thing, delay, 1500000, 1000, 2000000000, "how late"),
    PARAM_RATE(struct thing, speed, 1000000000, "how fast"),
    PARAM_BYTES(struct thing, room, 2048, 1, 0, "how large"),
    PARAM_ENUM(struct thing, mode, 1, modes, "how it behaves"),
    PARAM_BOOL(struct thing, loud, true, "whether it says so"),
    PARAM_TEXT_OPTIONAL(struct thing, label, "none", "what to call it"),
    PARAM_TEXT_OPTIONAL(struct thing, note, NULL, "a remark"),
    PARAM_MAC(struct thing, mac, "52:54:01:00:00:ff", "its address"),
    PARAM_IPV4(struct thing, host, "10.0.0.1", "its host"),
    PARAM_PACE(struct thing, pace, "line", "how fast it offers frames"),
    PARAM_END,
};
static const struct param path_params[] = {
    PARAM_PATH(struct thing, file, "the capture"),
    PARAM_TEXT(struct thing, label, "what to call it"),
    PARAM_END,
};

struct bench {
    struct arena arena;
    struct diag diag;
    struct json_document document;
    struct thing thing;
    json_t *out;
    char *said;
    bool good;
};

static void read_with(struct bench *b, const struct param *table, const char *text)
{
    struct param_keys known = {0};
    struct param_reader r = {
        .arena = &b->arena, .diag = &b->diag, .folder = "sub", .folder_absolute = "/no/such/sub"};
    size_t bytes;

    *b = (struct bench){.diag = {.arena = &b->arena}, .out = json_object()};
    assert_true(json_document_parse(&b->document, "x", text, strlen(text), &b->arena, &b->diag));
    struct json_value top = json_top(&b->document);
    b->good = param_parse(table, top, &b->thing, &known, b->out, &r);
    b->good = param_unknown(top, &known, &r) && b->good;
    FILE *to = open_memstream(&b->said, &bytes);
    diag_print(&b->diag, to);
    fclose(to);
}

static void close_bench(struct bench *b)
{
    json_decref(b->out);
    free(b->said);
    json_document_close(&b->document);
    arena_finish(&b->arena);
}

/* One key with that value is refused with that text. */
static void refused(const char *key_and_value, const char *expected)
{
    char text[300], said[400];
    struct bench b;

    snprintf(text, sizeof text, "{%s}", key_and_value);
    snprintf(said, sizeof said, ": error: %s\n", expected);
    read_with(&b, params, text);
    assert_false(b.good);
    assert_non_null(strstr(b.said, ": error: "));
    assert_string_equal(strstr(b.said, ": error: "), said);
    close_bench(&b);
}

/* One key with that value is accepted and spelled so. */
static void spelled(const char *key, const char *value, const char *expected)
{
    char text[300], *got;
    struct bench b;

    snprintf(text, sizeof text, "{\"%s\": %s}", key, value);
    read_with(&b, params, text);
    assert_string_equal(b.said, "");
    assert_true(b.good);
    got = json_dumps(json_object_get(b.out, key), JSON_ENCODE_ANY);
    assert_string_equal(got, expected);
    free(got);
    close_bench(&b);
}

static void defaults_are_stored_and_spelled(void **state)
{
    struct bench b;

    (void)state;
    read_with(&b, params, "{}");
    assert_true(b.good);
    assert_int_equal(b.thing.count, 10);
    assert_true(b.thing.absent == UINT64_MAX);
    assert_int_equal(b.thing.delay, 1500000);
    assert_int_equal(b.thing.speed, 1000000000);
    assert_int_equal(b.thing.room, 2048);
    assert_int_equal(b.thing.mode, 1);
    assert_true(b.thing.loud);
    assert_string_equal(b.thing.label, "none");
    assert_null(b.thing.note);
    assert_memory_equal(b.thing.mac, "\x52\x54\x01\x00\x00\xff", 6);
    assert_int_equal(ntohl(b.thing.host), 0x0a000001);
    assert_int_equal(b.thing.pace.kind, PACE_LINE);
    char *text = json_dumps(b.out, JSON_COMPACT);
    assert_string_equal(
        text,
        "{\"count\":10,\"any\":0,\"delay\":\"1500 us\",\"speed\":\"1 Gbit/s\",\"room\":\"2 KiB\","
        "\"mode\":\"greedy\",\"loud\":true,\"label\":\"none\",\"mac\":\"52:54:01:00:00:ff\","
        "\"host\":\"10.0.0.1\",\"pace\":\"line\"}");
    free(text);
    close_bench(&b);
}

static void values_are_read(void **state)
{
    struct bench b;

    (void)state;
    read_with(&b, params,
              "{\"count\": 4294967295, \"any\": 9223372036854775807, \"absent\": 63,"
              "\"delay\": \"1.5 ms\", \"speed\": \"unlimited\", \"room\": 1, \"mode\": \"rogue\","
              "\"loud\": false, \"label\": \"\", \"note\": \"x\", \"mac\": \"aB:Cd:eF:01:23:45\","
              "\"host\": \"255.1.2.3\", \"pace\": \"5000 frames/s\"}");
    assert_string_equal(b.said, "");
    assert_true(b.good);
    assert_int_equal(b.thing.count, 4294967295);
    assert_true(b.thing.any == INT64_MAX);
    assert_int_equal(b.thing.absent, 63);
    assert_int_equal(b.thing.delay, 1500000);
    assert_int_equal(b.thing.speed, 0);
    assert_int_equal(b.thing.room, 1);
    assert_int_equal(b.thing.mode, 2);
    assert_false(b.thing.loud);
    assert_string_equal(b.thing.label, "");
    assert_string_equal(b.thing.note, "x");
    assert_memory_equal(b.thing.mac, "\xab\xcd\xef\x01\x23\x45", 6);
    assert_int_equal(ntohl(b.thing.host), 0xff010203);
    assert_int_equal(b.thing.pace.kind, PACE_FRAMES);
    assert_int_equal(b.thing.pace.per_second, 5000);
    close_bench(&b);
}

static void values_are_spelled_as_they_are_read(void **state)
{
    (void)state;
    spelled("delay", "\"2 s\"", "\"2 s\"");
    spelled("delay", "1000", "\"1 us\"");
    spelled("delay", "\"0.001001 s\"", "\"1001 us\"");
    spelled("speed", "0", "\"unlimited\"");
    spelled("speed", "\"957 Mbit/s\"", "\"957 Mbit/s\"");
    spelled("speed", "\"9.57 Gbit/s\"", "\"9570 Mbit/s\"");
    spelled("room", "1537", "\"1537 B\"");
    spelled("mac", "\"52:54:01:0A:00:00\"", "\"52:54:01:0a:00:00\"");
    spelled("pace", "\"recorded\"", "\"recorded\"");
    spelled("pace", "\"10 Mbit/s\"", "\"10 Mbit/s\"");
    spelled("pace", "\"5 kframes/s\"", "\"5000 frames/s\"");
}

static void numbers_have_limits(void **state)
{
    (void)state;
    refused("\"count\": 0", "count: 0 is outside 1..4294967295");
    refused("\"count\": 4294967296", "count: 4294967296 is outside 1..4294967295");
    refused("\"count\": -1", "count: -1 is outside 1..4294967295");
    refused("\"any\": -7", "any: -7 is negative");
    refused("\"absent\": 64", "absent: 64 is outside 0..63");
    refused("\"delay\": \"10 ns\"", "delay: 10 ns is outside 1 us..2 s");
    refused("\"delay\": \"2001 ms\"", "delay: 2001 ms is outside 1 us..2 s");
    refused("\"delay\": -5", "delay: -5 is outside 1 us..2 s");
    refused("\"room\": 0", "room: 0 B is less than 1 B");
    refused("\"room\": -1", "room: -1 is less than 1 B");
    refused("\"speed\": -1", "speed: -1 is negative");
}

static void quantities_that_are_none_say_why(void **state)
{
    (void)state;
    refused("\"delay\": \"10\"", "delay: \"10\" has no unit (ns, us, ms, s, min or h)");
    refused("\"delay\": \"10 lightyears\"",
            "delay: \"10 lightyears\" has no unit of time: ns, us, ms, s, min or h");
    refused("\"delay\": \"-1 s\"", "delay: \"-1 s\" is negative");
    refused("\"delay\": \"1.5 ns\"", "delay: \"1.5 ns\" is no whole number of nanoseconds");
    refused("\"delay\": \"\"", "delay: \"\" is no quantity");
    refused("\"delay\": \"soon\"", "delay: \"soon\" is no quantity");
    refused("\"delay\": \"18446744073709551616 ns\"",
            "delay: \"18446744073709551616 ns\" is too large");
    refused("\"delay\": \"99999999999999999999999999999999999999999999 h\"",
            "delay: \"99999999999999999999999999999999999999999999 h\" is too large");
    /* 2^128 + 1000 */
    refused("\"delay\": \"340282366920938463463374607431768212456 ns\"",
            "delay: \"340282366920938463463374607431768212456 ns\" is too large");
    refused("\"delay\": \"0.1234567890123456789 s\"",
            "delay: \"0.1234567890123456789 s\" has too many decimal places");
    refused("\"speed\": \"1 Gb\"",
            "speed: \"1 Gb\" has no unit of rate: bit/s, kbit/s, Mbit/s, Gbit/s or Tbit/s");
    refused("\"room\": \"2 kib\"",
            "room: \"2 kib\" has no unit of size: B, KiB, MiB, GiB, TiB, kB, MB or GB");
    refused("\"delay\": \"1 s \"", "delay: \"1 s \" has no unit of time: ns, us, ms, s, min or h");
}

static void other_types_say_what_was_expected(void **state)
{
    (void)state;
    refused("\"count\": \"10\"", "count: expected a whole number, found the string \"10\"");
    refused("\"count\": 1.5", "count: expected a whole number, found 1.5");
    refused("\"count\": null", "count: expected a whole number, found null");
    refused("\"delay\": []", "delay: expected a quantity such as \"10 us\", or a whole number of "
                             "nanoseconds, found an array");
    refused("\"speed\": 1.5e9",
            "speed: expected a quantity such as \"1 Gbit/s\", or a whole number of "
            "bits a second, found 1500000000");
    refused("\"loud\": 1", "loud: expected true or false, found 1");
    refused("\"label\": {}", "label: expected a string, found an object");
    refused("\"mode\": \"gredy\"",
            "mode: expected \"polite\", \"greedy\" or \"rogue\", found the string "
            "\"gredy\"; did you mean \"greedy\"?");
    refused("\"mode\": 1", "mode: expected \"polite\", \"greedy\" or \"rogue\", found 1");
    refused("\"pace\": 5000",
            "pace: expected \"recorded\", \"line\", or a rate such as \"5000 frames/s\" "
            "or \"10 Mbit/s\", found 5000");
    refused("\"pace\": \"fast\"", "pace: expected \"recorded\", \"line\", or a rate such as \"5000 "
                                  "frames/s\" or \"10 Mbit/s\", found the string \"fast\"");
    refused("\"pace\": \"0 frames/s\"",
            "pace: \"0 frames/s\" is no pace at all; \"line\" is as fast as the wire allows");
}

static void addresses_are_exact(void **state)
{
    static const char *const macs[] = {"52:54:01:00:00",    "52:54:01:00:00:00:00",
                                       "52:54:01:00:00:0",  "52-54-01-00-00-00",
                                       "52:54:01:00:00:0g", "",
                                       "52:54:01:00:00:00 "};
    static const char *const hosts[] = {"10.0.0", "10.0.0.256", "10.0.0.1/8", "localhost", ""};
    char text[200], expected[200];

    (void)state;
    for (size_t i = 0; i < sizeof macs / sizeof macs[0]; i++) {
        snprintf(text, sizeof text, "\"mac\": \"%s\"", macs[i]);
        snprintf(expected, sizeof expected,
                 "mac: expected an address such as \"52:54:01:00:00:00\", found the string \"%s\"",
                 macs[i]);
        refused(text, expected);
    }
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        snprintf(text, sizeof text, "\"host\": \"%s\"", hosts[i]);
        snprintf(expected, sizeof expected,
                 "host: expected an address such as \"10.0.0.1\", found the string \"%s\"",
                 hosts[i]);
        refused(text, expected);
    }
}

static void unknown_and_missing_keys_are_told(void **state)
{
    struct bench b;

    (void)state;
    refused("\"cuont\": 1", "cuont: unknown key; did you mean \"count\"?");
    refused("\"zzz\": 1", "zzz: unknown key");
    read_with(&b, path_params, "{\n \"fiel\": \"a\"}");
    assert_string_equal(b.said, "x:1:1: error: file: missing; expected a path (a string)\n"
                                "x:1:1: error: label: missing; expected a string\n"
                                "x:2:2: error: fiel: unknown key; did you mean \"file\"?\n");
    close_bench(&b);
}

static void paths_begin_at_the_folder(void **state)
{
    struct bench b;

    (void)state;
    read_with(&b, path_params, "{\"file\": \"../a.pcap\", \"label\": \"\"}");
    assert_string_equal(b.thing.file, "sub/../a.pcap");
    assert_string_equal(json_string_value(json_object_get(b.out, "file")),
                        "/no/such/sub/../a.pcap");
    close_bench(&b);
    read_with(&b, path_params, "{\"file\": \"/dev/../dev/null\", \"label\": \"\"}");
    assert_string_equal(b.thing.file, "/dev/../dev/null");
    assert_string_equal(json_string_value(json_object_get(b.out, "file")), "/dev/null");
    close_bench(&b);
    read_with(&b, path_params, "{\"file\": \"\", \"label\": \"\"}");
    assert_string_equal(b.said, "x:1:10: error: file: an empty path\n");
    close_bench(&b);
}

static void the_largest_quantities_are_exact(void **state)
{
    struct arena arena = {0};
    uint64_t value;

    (void)state;
    assert_null(quantity_read(QUANTITY_TIME, "18446744073709551615 ns", &value));
    assert_true(value == UINT64_MAX);
    assert_string_equal(quantity_text(QUANTITY_TIME, value, &arena), "18446744073709551615 ns");
    assert_null(quantity_read(QUANTITY_TIME, "18446744073.709551615 s", &value));
    assert_true(value == UINT64_MAX);
    assert_null(quantity_read(QUANTITY_TIME, "1.50000000000000000000000000000 s", &value));
    assert_int_equal(value, 1500000000);
    assert_null(quantity_read(QUANTITY_TIME, "3\xc2\xb5s", &value));
    assert_int_equal(value, 3000);
    assert_null(quantity_read(QUANTITY_BYTES, "1.5KiB", &value));
    assert_int_equal(value, 1536);
    assert_null(quantity_read(QUANTITY_SHARE, "0.0025 %", &value));
    assert_int_equal(value, 25);
    assert_null(quantity_read(QUANTITY_SHARE, "7 ppm", &value));
    assert_int_equal(value, 7);
    assert_non_null(quantity_read(QUANTITY_SHARE, "0.00001 %", &value));
    assert_string_equal(quantity_text(QUANTITY_SHARE, 30000, &arena), "3 %");
    assert_string_equal(quantity_text(QUANTITY_SHARE, 30001, &arena), "30001 ppm");
    assert_non_null(quantity_read(QUANTITY_TIME, "1. s", &value));
    assert_non_null(quantity_read(QUANTITY_TIME, ".5 s", &value));
    assert_non_null(quantity_read(QUANTITY_TIME, "0x10 s", &value));
    assert_non_null(quantity_read(QUANTITY_TIME, "+1 s", &value));
    assert_string_equal(quantity_text(QUANTITY_TIME, 0, &arena), "0 ns");
    arena_finish(&arena);
}

static void tables_document_themselves(void **state)
{
    char *text = NULL;
    size_t bytes;
    FILE *to = open_memstream(&text, &bytes);

    (void)state;
    param_document(to, params);
    param_document(to, NULL);
    fclose(to);
    assert_non_null(
        strstr(text, "    count   number 1..4294967295  10                 one in this many\n"));
    assert_non_null(
        strstr(text, "    delay   time 1 us..2 s        1500 us            how late\n"));
    assert_non_null(
        strstr(text, "    mode    polite|greedy|rogue   greedy             how it behaves\n"));
    assert_non_null(
        strstr(text, "    note    text                  -                  a remark\n"));
    free(text);
}

static void tables_make_a_schema(void **state)
{
    json_t *properties = json_object(), *required = json_array();

    (void)state;
    param_schema(properties, required, params);
    param_schema(properties, required, path_params);
    char *count = json_dumps(json_object_get(properties, "count"), JSON_COMPACT);
    assert_string_equal(count, "{\"type\":\"integer\",\"minimum\":1,\"maximum\":4294967295,"
                               "\"description\":\"one in this many\",\"default\":10}");
    free(count);
    char *delay = json_dumps(json_object_get(properties, "delay"), JSON_COMPACT);
    assert_non_null(strstr(delay, "\"anyOf\":[{\"type\":\"integer\""));
    assert_non_null(strstr(delay, "(ns|us|"));
    free(delay);
    char *needed = json_dumps(required, JSON_COMPACT);
    assert_string_equal(needed, "[\"file\",\"label\"]");
    free(needed);
    json_decref(properties);
    json_decref(required);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_stored_and_spelled),
        cmocka_unit_test(values_are_read),
        cmocka_unit_test(values_are_spelled_as_they_are_read),
        cmocka_unit_test(numbers_have_limits),
        cmocka_unit_test(quantities_that_are_none_say_why),
        cmocka_unit_test(other_types_say_what_was_expected),
        cmocka_unit_test(addresses_are_exact),
        cmocka_unit_test(unknown_and_missing_keys_are_told),
        cmocka_unit_test(paths_begin_at_the_folder),
        cmocka_unit_test(the_largest_quantities_are_exact),
        cmocka_unit_test(tables_document_themselves),
        cmocka_unit_test(tables_make_a_schema),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
