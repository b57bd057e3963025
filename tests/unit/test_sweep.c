/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rooms of `sddfsim sweep`, without running anything: what --vary means, which combination a
 * point is, what is taken from a report and what is not, and that CSV, table, JSON and SVG say it,
 * exactly and in form.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cmd/shell.h"
#include "sim/cmd/sweep_chart.h"
#include "sim/cmd/sweep_parts.h"

static struct sweep s;
static struct cmd_args args;

static int begin(void **state)
{
    (void)state;
    s = (struct sweep){.args = &args, .name = "made", .story = "A story.", .scenario = "made.json"};
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_finish(&s.arena);
    return 0;
}

/* ---- what is varied ---- */

static struct sweep_axis axis;

static void read_axis(const char *argument)
{
    const char *why = sweep_axis_read(&axis, argument, &s.arena);

    if (why != NULL) {
        fail_msg("%s: %s", argument, why);
    }
}

/* The values joined with |, to be compared at once. */
static void assert_values(const char *argument, const char *expected)
{
    char text[4096] = "";

    read_axis(argument);
    for (size_t i = 0; i < axis.count; i++) {
        size_t used = strlen(text);

        snprintf(text + used, sizeof text - used, "%s%s", i == 0 ? "" : "|", axis.values[i]);
    }
    assert_string_equal(text, expected);
}

static void assert_no_axis(const char *argument, const char *why)
{
    const char *got = sweep_axis_read(&axis, argument, &s.arena);

    if (got == NULL || strstr(got, why) == NULL) {
        fail_msg("%s: '%s' instead of '%s'", argument, got == NULL ? "good" : got, why);
    }
}

static void test_lists(void **state)
{
    (void)state;
    assert_values("/a=1", "1");
    assert_string_equal(axis.pointer, "/a");
    assert_string_equal(axis.leaf, "a");
    assert_values("/wires/0/offered=10 Mbit/s, 20 Mbit/s ,50 Mbit/s",
                  "10 Mbit/s|20 Mbit/s|50 Mbit/s");
    assert_string_equal(axis.pointer, "/wires/0/offered");
    assert_string_equal(axis.leaf, "offered");
    /* What is JSON keeps its commas and dots, brackets and quotes within quotes included. */
    assert_values("/a=[1,2],{\"b\":[3,\"],\\\"\"]},\"x,y\",\"1..2\"",
                  "[1,2]|{\"b\":[3,\"],\\\"\"]}|\"x,y\"|\"1..2\"");
    assert_values("/a=../x.pcap,b..c,x=y", "../x.pcap|b..c|x=y");
    assert_values("/a=null,true,\"\"", "null|true|\"\"");
}

static void test_ranges(void **state)
{
    (void)state;
    assert_values("/a=64..264:50", "64|114|164|214|264");
    assert_values("/a=64..263:50", "64|114|164|214");
    assert_values("/a=5..5:1", "5");
    assert_values("/a=3..1:-1", "3|2|1");
    assert_values("/a=-2..2:2", "-2|0|2");
    assert_values("/a=0.1..0.3:0.1", "0.1|0.2|0.3");
    assert_values("/a=1..2:0.25", "1|1.25|1.5|1.75|2");
    assert_values("/a=-0.5..0.5:0.5", "-0.5|0|0.5");
    assert_values("/a=100..300:100 Mbit/s", "100 Mbit/s|200 Mbit/s|300 Mbit/s");
    assert_values("/a=1.5..2:0.5ms", "1.5 ms|2 ms");
    assert_values("/a=10,20,100..300:100,957", "10|20|100|200|300|957");
    assert_values("/a=999999999999998..999999999999999:1", "999999999999998|999999999999999");
    read_axis("/a=1..10000:1");
    assert_int_equal(axis.count, SWEEP_POINTS_MAX);
    assert_string_equal(axis.values[9999], "10000");
}

static void test_bad_axes(void **state)
{
    (void)state;
    assert_no_axis("", "expected /json/pointer=");
    assert_no_axis("a=1", "expected /json/pointer=");
    assert_no_axis("/a", "expected /json/pointer=");
    assert_no_axis("/a=", "no values are given");
    assert_no_axis("/a=  ", "no values are given");
    assert_no_axis("/a=,", "value 1 is empty");
    assert_no_axis("/a=1, ,3", "value 2 is empty");
    assert_no_axis("/a=1..3:1,", "value 2 is empty");
    assert_no_axis("/a=1..5:0", "the step of \"1..5:0\" is zero");
    assert_no_axis("/a=1..5:0.0", "is zero");
    assert_no_axis("/a=1..5:-1", "leads away from its end");
    assert_no_axis("/a=5..1:1", "leads away from its end");
    assert_no_axis("/a=1..5", "has no step");
    assert_no_axis("/a=1..5:", "has no step");
    assert_no_axis("/a=1..5 Mbit/s", "has no step");
    assert_no_axis("/a=1..", "cannot be read");
    assert_no_axis("/a=1...5:1", "cannot be read");
    assert_no_axis("/a=1..5:1..2", "cannot be read");
    assert_no_axis("/a=1..5:1:2", "cannot be read");
    assert_no_axis("/a=1 ms..5 ms:1 ms", "cannot be read");
    assert_no_axis("/a=1..10001:1", "more than 10000 values");
    assert_no_axis("/a=1..10000:1,1", "more than 10000 values");
    assert_no_axis("/a=0..999999999999999:1", "more than 10000 values");
    assert_no_axis("/a=1..9999999999999999:1", "cannot be read"); /* more digits than are exact */
    assert_no_axis("/a=100000000000000..900000000000000:0.00000000000001", "too large");
    assert_no_axis("/a=\xff", "not UTF-8");
    assert_no_axis("/a=10,20,50 Mbit/s", "\"10\" has no unit, and \"50 Mbit/s\" has one");
    assert_no_axis("/a=1 ms,2..3:1", "\"2\" has no unit, and \"1 ms\" has one");
}

static void assert_numbers(const char *argument, enum sweep_scale scale, const double *numbers)
{
    read_axis(argument);
    assert_int_equal(axis.scale, scale);
    for (size_t i = 0; i < axis.count; i++) {
        assert_true(axis.numbers[i] == numbers[i]);
    }
}

static void test_scales(void **state)
{
    (void)state;
    assert_numbers("/a=1,2.5,-3", SWEEP_NUMBERS, (double[]){1, 2.5, -3});
    assert_numbers("/a=10 Mbit/s,1 Gbit/s", SWEEP_QUANTITIES, (double[]){1e7, 1e9});
    assert_int_equal(axis.kind, QUANTITY_RATE);
    assert_numbers("/a=1 ms,\"2 us\"", SWEEP_QUANTITIES, (double[]){1e6, 2e3});
    assert_int_equal(axis.kind, QUANTITY_TIME);
    assert_numbers("/a=1 KiB,2 KiB", SWEEP_QUANTITIES, (double[]){1024, 2048});
    assert_int_equal(axis.kind, QUANTITY_BYTES);
    assert_numbers("/a=5..6:1 frames/s", SWEEP_QUANTITIES, (double[]){5, 6});
    assert_int_equal(axis.kind, QUANTITY_FRAMES);
    assert_numbers("/a=generic,imx8mm", SWEEP_NAMES, (double[]){0, 1});
    assert_numbers("/a=1 ms,1 KiB", SWEEP_NAMES, (double[]){0, 1});
    assert_numbers("/a=1 Gbit/s,unlimited", SWEEP_NAMES, (double[]){0, 1});
    assert_numbers("/a=true,false", SWEEP_NAMES, (double[]){0, 1});
}

static void vary(const char *argument)
{
    const char *why = sweep_axis_read(&s.axes[s.axis_count++], argument, &s.arena);

    assert_null(why);
    s.point_count = sweep_points_count(s.axes, s.axis_count);
}

static void test_product(void **state)
{
    uint32_t place[SWEEP_AXES_MAX];
    bool seen[2][3][2] = {0};

    (void)state;
    vary("/a=1,2");
    vary("/b=x,y,z");
    vary("/c=0..1:1");
    assert_int_equal(s.point_count, 12);
    for (size_t i = 0; i < 12; i++) {
        sweep_point_place(s.axes, 3, i, place);
        assert_false(seen[place[0]][place[1]][place[2]]);
        seen[place[0]][place[1]][place[2]] = true;
    }
    assert_string_equal(sweep_set_of(&s, 1, 2), "/c=1"); /* the last changes fastest */
    assert_string_equal(sweep_set_of(&s, 1, 1), "/b=x");
    assert_string_equal(sweep_set_of(&s, 11, 0), "/a=2");
    assert_string_equal(sweep_set_of(&s, 8, 1), "/b=y");
}

static void test_too_many_points(void **state)
{
    (void)state;
    vary("/a=1..100:1");
    vary("/b=1..100:1");
    assert_int_equal(s.point_count, 10000);
    vary("/c=1,2");
    assert_int_equal(s.point_count, 0);
    for (int i = 0; i < 4; i++) {
        vary("/d=1..10000:1"); /* 10^20 would not fit */
    }
    assert_int_equal(s.point_count, 0);
}

/* ---- what comes out ---- */

static const char report[] =
    "{ \"verdict\": \"pass\", \"digest\": \"00ab\", \"time_ns\": 9007199254740993,\n"
    "  \"frames\": { \"in\": 10, \"out\": 7, \"dropped\": { \"a\": { \"full\": 1, \"runt\": 2 },\n"
    "                \"b\": { \"full\": 4 } } },\n"
    "  \"pds\": { \"x\": { \"signals_sent\": 5 }, \"y\": { \"signals_sent\": 6 }, \"z\": {} },\n"
    "  \"devices\": {\n"
    "    \"plain\": { \"rx_written\": 3 },\n"
    "    \"eth0\": { \"counters\": { \"offered_bps\": 100, \"achieved_bps\": 90,\n"
    "      \"rtt_mean_ns\": 11, \"rtt_p50_ns\": 12, \"rtt_p99_ns\": 13, \"rtt_max_ns\": 14 } },\n"
    "    \"eth1\": { \"offered_bps\": 200, \"achieved_bps\": 150, \"rtt_mean_ns\": 99,\n"
    "      \"rtt_p50_ns\": 99, \"rtt_p99_ns\": 99, \"rtt_max_ns\": 99 } },\n"
    "  \"cpu\": { \"utilisation_ppm\": 250000, \"cycles_per_packet\": 1234.5 } }";

static const int64_t expected[SWEEP_COLUMN_COUNT] = {
    [SWEEP_TIME_NS] = 9007199254740993,
    [SWEEP_FRAMES_IN] = 10,
    [SWEEP_FRAMES_OUT] = 7,
    [SWEEP_FRAMES_DROPPED] = 7,
    [SWEEP_OFFERED_BPS] = 300,
    [SWEEP_ACHIEVED_BPS] = 240,
    [SWEEP_CPU_UTILISATION_PPM] = 250000,
    [SWEEP_RTT_MEAN_NS] = 11,
    [SWEEP_RTT_P50_NS] = 12,
    [SWEEP_RTT_P99_NS] = 13,
    [SWEEP_RTT_MAX_NS] = 14,
    [SWEEP_SIGNALS] = 11,
};

static void read_report(struct sweep_result *result, const char *text)
{
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);

    assert_non_null(json);
    sweep_result_read(result, json, &s.arena);
    json_decref(json);
}

static void test_report(void **state)
{
    struct sweep_result r;

    (void)state;
    read_report(&r, report);
    assert_string_equal(r.verdict, "pass");
    assert_string_equal(r.digest, "00ab");
    for (int i = 0; i < SWEEP_COLUMN_COUNT; i++) {
        assert_true(r.numbers[i].known);
        if (i != SWEEP_CPU_CYCLES_PER_PACKET) {
            assert_true(r.numbers[i].whole);
            assert_int_equal(r.numbers[i].integer, expected[i]);
            assert_true(r.numbers[i].value == (double)expected[i]);
        }
    }
    assert_false(r.numbers[SWEEP_CPU_CYCLES_PER_PACKET].whole);
    assert_true(r.numbers[SWEEP_CPU_CYCLES_PER_PACKET].value == 1234.5);
}

static void test_report_without(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "7",
        "{ \"verdict\": 7, \"digest\": null, \"time_ns\": \"1\", \"frames\": [], \"pds\": 3,\n"
        "  \"devices\": { \"a\": 1, \"b\": { \"counters\": 2, \"rtt_mean_ns\": null } },\n"
        "  \"cpu\": { \"utilisation_ppm\": null, \"cycles_per_packet\": {} } }",
    };
    struct sweep_result r;

    (void)state;
    for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
        read_report(&r, texts[t]);
        assert_null(r.verdict);
        assert_null(r.digest);
        for (int i = 0; i < SWEEP_COLUMN_COUNT; i++) {
            assert_false(r.numbers[i].known);
        }
    }
    sweep_result_read(&r, NULL, &s.arena); /* there was no report at all */
    assert_false(r.numbers[SWEEP_SIGNALS].known);
    read_report(&r, "{ \"frames\": { \"dropped\": {} } }"); /* none is a number */
    assert_true(r.numbers[SWEEP_FRAMES_DROPPED].known);
    assert_int_equal(r.numbers[SWEEP_FRAMES_DROPPED].integer, 0);
}

/* Points 0..n-1 with these numbers; every one done and good. */
static void make_points(void)
{
    s.points = arena_array(&s.arena, s.point_count, sizeof *s.points);
    s.done_count = s.point_count;
    for (size_t i = 0; i < s.point_count; i++) {
        read_report(&s.points[i].result, report);
        s.points[i].done = true;
    }
}

static char *told(int (*tell)(struct sweep *sweep, FILE *to))
{
    char *text = NULL;
    size_t bytes;
    FILE *to = open_memstream(&text, &bytes);

    assert_non_null(to);
    assert_int_equal(tell(&s, to), 0);
    fclose(to);
    char *kept = arena_text(&s.arena, text);
    free(text);
    return kept;
}

static int tell_csv(struct sweep *sweep, FILE *to)
{
    return sweep_csv(sweep, to);
}

static int tell_json(struct sweep *sweep, FILE *to)
{
    return sweep_json(sweep, to);
}

static void test_csv(void **state)
{
    (void)state;
    vary("/a=1,{\"b\":\"x,y\"}");
    vary("/odd,\"name=10 us,20 us");
    make_points();
    s.points[1].done = false;
    s.points[2] = (struct sweep_point){.done = true, .status = 2};
    assert_string_equal(
        told(tell_csv),
        "point,/a,\"/odd,\"\"name\",verdict,exit,digest,time_ns,frames_in,frames_out,"
        "frames_dropped,offered_bps,achieved_bps,cpu_utilisation_ppm,cpu_cycles_per_packet,"
        "rtt_mean_ns,rtt_p50_ns,rtt_p99_ns,rtt_max_ns,signals\n"
        "0,1,10 us,pass,0,00ab,9007199254740993,10,7,7,300,240,250000,1234.5,11,12,13,14,11\n"
        "2,\"{\"\"b\"\":\"\"x,y\"\"}\",10 us,,2,,,,,,,,,,,,,,\n"
        "3,\"{\"\"b\"\":\"\"x,y\"\"}\",20 us,pass,0,00ab,9007199254740993,10,7,7,300,240,250000,"
        "1234.5,11,12,13,14,11\n");
}

static void test_json(void **state)
{
    (void)state;
    vary("/a=1,{\"b\":2}");
    make_points();
    s.points[1] = (struct sweep_point){.done = true, .status = 3};
    json_t *all = json_loads(told(tell_json), JSON_REJECT_DUPLICATES, NULL), *one;

    assert_int_equal(json_array_size(all), 2);
    one = json_array_get(all, 0);
    assert_int_equal(json_integer_value(json_object_get(one, "time_ns")), 9007199254740993);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(one, "set"), "/a")), 1);
    assert_true(json_real_value(json_object_get(one, "cpu_cycles_per_packet")) == 1234.5);
    one = json_array_get(all, 1);
    assert_true(json_is_object(json_object_get(json_object_get(one, "set"), "/a")));
    assert_true(json_is_null(json_object_get(one, "verdict")));
    assert_true(json_is_null(json_object_get(one, "rtt_mean_ns")));
    assert_int_equal(json_integer_value(json_object_get(one, "exit")), 3);
    json_decref(all);
}

static void test_table(void **state)
{
    (void)state;
    vary("/a=7,\xc2\xb5");
    make_points();
    s.points[1].status = 1;
    s.points[1].result.verdict = "fail";
    for (int i = 0; i < 2; i++) {
        s.points[i].result.numbers[SWEEP_SIGNALS].known = false; /* nobody has it: no column */
    }
    s.points[1].result.numbers[SWEEP_RTT_MAX_NS].known = false;
    assert_string_equal(told(sweep_table),
                        "point  a  verdict  in  out  dropped  offered Mbit/s  achieved Mbit/s  "
                        "CPU %  cycles/packet  RTT us  p50  p99  max              ms\n"
                        "    0  7  pass     10    7        7            0.00             0.00   "
                        "25.0           1234     0.0  0.0  0.0  0.0  9007199254.741\n"
                        "    1  \xc2\xb5  fail     10    7        7            0.00             "
                        "0.00   25.0           1234     0.0  0.0  0.0    -  9007199254.741\n");
}

/* ---- the plot ---- */

/* Is it well-formed: tags that close in order, attributes in quotes, & only in escapes? As much of
 * XML as we write. */
static bool well_formed(const char *xml)
{
    const char *open[32];
    size_t bytes[32], depth = 0, roots = 0;

    for (const char *at = xml; *at != '\0'; at++) {
        if (*at == '&') {
            static const char *const good[] = {"&lt;", "&gt;", "&amp;", "&quot;", "&#39;"};
            bool known = false;

            for (size_t i = 0; i < 5; i++) {
                known = known || strncmp(at, good[i], strlen(good[i])) == 0;
            }
            if (!known) {
                return false;
            }
        }
        if ((unsigned char)*at < 0x20 && *at != '\n') {
            return false;
        }
        if (*at != '<') {
            continue;
        }
        const char *name = at + 1 + (at[1] == '/'), *close = strchr(at, '>');
        size_t length = strcspn(name, " />\n");
        if (close == NULL || length == 0 || memchr(at + 1, '<', (size_t)(close - at - 1)) != NULL) {
            return false;
        }
        unsigned quotes = 0;
        for (const char *c = at; c < close; c++) {
            quotes += *c == '"';
        }
        if (quotes % 2 != 0) {
            return false;
        }
        if (at[1] == '/') {
            if (depth == 0 || bytes[depth - 1] != length ||
                memcmp(open[depth - 1], name, length) != 0) {
                return false;
            }
            depth--;
        } else if (close[-1] != '/') {
            if (depth == 32 || (depth == 0 && roots++ > 0)) {
                return false;
            }
            open[depth] = name;
            bytes[depth++] = length;
        }
        at = close;
    }
    return depth == 0 && roots == 1;
}

static size_t count_in(const char *text, const char *what)
{
    size_t count = 0;

    for (; (text = strstr(text, what)) != NULL; text += strlen(what)) {
        count++;
    }
    return count;
}

static const char *plotted(void)
{
    const char *svg = told(sweep_svg);

    if (!well_formed(svg)) {
        fail_msg("not well-formed:\n%s", svg);
    }
    assert_null(strstr(svg, "nan"));
    assert_null(strstr(svg, "inf"));
    if (system("command -v xmllint >/dev/null") == 0) {
        FILE *lint = popen("xmllint --noout -", "w");

        fputs(svg, lint);
        assert_int_equal(pclose(lint), 0);
    }
    return svg;
}

static void put(size_t point, enum sweep_column column, double value)
{
    s.points[point].result.numbers[column] = (struct sweep_number){.known = true, .value = value};
}

/* Where the dots of one colour are, in the order drawn. */
static size_t dots(const char *svg, const char *color, double (*at)[2], size_t room)
{
    static const char x_is[] = "<circle cx=\"", y_is[] = "\" cy=\"";
    const char *rest = arena_format(&s.arena, "\" r=\"2.5\" fill=\"%s\"/>", color);
    size_t count = 0;

    for (const char *c = svg; (c = strstr(c, x_is)) != NULL && count < room;) {
        char *after;
        double x = strtod(c + sizeof x_is - 1, &after);

        c++;
        if (strncmp(after, y_is, sizeof y_is - 1) == 0) {
            double y = strtod(after + sizeof y_is - 1, &after);

            if (strncmp(after, rest, strlen(rest)) == 0) {
                at[count][0] = x;
                at[count++][1] = y;
            }
        }
    }
    return count;
}

static void test_plot(void **state)
{
    double at[64][2];

    (void)state;
    vary("/wires/0/offered=100..400:100 Mbit/s");
    vary("/wires/0/size=64,1472");
    make_points();
    for (size_t i = 0; i < 8; i++) {
        size_t load = i / 2 + 1;

        put(i, SWEEP_ACHIEVED_BPS, 1e8 * (double)load);
        put(i, SWEEP_RTT_MEAN_NS, i % 2 == 0 ? 1000 * (double)(i + 1) : 5000);
    }
    const char *svg = plotted();
    assert_non_null(strstr(svg, "viewBox=\"0 0 "));
    assert_non_null(strstr(svg, ">A story.</text>"));
    assert_non_null(strstr(svg, ">Achieved load (Mbit/s)</text>"));
    assert_non_null(strstr(svg, ">CPU utilisation (%)</text>"));
    assert_non_null(strstr(svg, ">Cycles per packet (cycles)</text>"));
    assert_non_null(strstr(svg, ">Mean round trip (ns)</text>"));
    assert_non_null(strstr(svg, ">/wires/0/offered (Mbit/s)</text>"));
    assert_non_null(strstr(svg, ">size=64</text>"));
    assert_non_null(strstr(svg, ">size=1472</text>"));
    assert_null(strstr(svg, "did not pass"));
    assert_int_equal(count_in(svg, "<path class=\"line\""), 8); /* two lines in four panels */
    /* Four panels of four, and one in the legend. */
    assert_int_equal(dots(svg, "#3b7dc4", at, 64), 17);
    assert_int_equal(dots(svg, "#d0652b", at, 64), 17);
    /* The load of the first line rises evenly from left to right. */
    for (int i = 1; i < 4; i++) {
        assert_true(at[i][0] > at[i - 1][0]);
        assert_true(at[i][1] < at[i - 1][1]);
        assert_true(fabs((at[i][0] - at[i - 1][0]) - (at[1][0] - at[0][0])) < 0.15);
        assert_true(fabs((at[i][1] - at[i - 1][1]) - (at[1][1] - at[0][1])) < 0.15);
    }
}

static void test_plot_gaps(void **state)
{
    (void)state;
    vary("/a=3,1,4,2");
    make_points();
    s.points[3].done = false; /* a = 2: between 1 and 3 */
    s.done_count = 3;
    s.points[0].status = 1;
    const char *svg = plotted();
    const char *line = strstr(svg, "<path class=\"line\"");
    assert_int_equal(count_in(svg, "<path class=\"line\""), 4);
    char *path = arena_format(&s.arena, "%.*s", (int)strcspn(line, ">"), line);
    path = strstr(path, " d=\"");
    assert_int_equal(count_in(path, "M"), 2); /* 1, then 3 to 4 */
    assert_int_equal(count_in(path, "L"), 1);
    assert_true(strchr(path, 'L') > strrchr(path, 'M'));
    assert_non_null(strstr(svg, ">did not pass</text>"));
    assert_int_equal(count_in(svg, "l8 8m0 -8l-8 8"), 5); /* its crosses, and the legend's */
    assert_non_null(strstr(svg, "3 points of 4"));
    assert_non_null(strstr(svg, ">simulated</text>"));
}

static void test_plot_of_nothing(void **state)
{
    (void)state;
    vary("/platform=generic,<&\"x'\x01>,a name that is much too long to stand below an axis");
    s.points = arena_array(&s.arena, s.point_count, sizeof *s.points);
    s.points[0].done = true;
    s.done_count = 1;
    s.name = "\xff\xfe & co"; /* a file name may be anything */
    s.story = NULL;
    const char *svg = plotted();
    assert_int_equal(count_in(svg, ">not in the reports</text>"), 4);
    assert_non_null(strstr(svg, ">?? &amp; co</text>"));
    assert_non_null(strstr(svg, "&lt;&amp;&quot;x&#39;?&gt;"));
    assert_non_null(strstr(svg, ">a name that i\xe2\x80\xa6</text>"));
}

static void test_plot_story(void **state)
{
    char story[600] = "";

    (void)state;
    for (int i = 0; i < 60; i++) {
        strcat(story, i % 2 == 0 ? "sphinx " : "jud\xc3\xb5 ");
    }
    vary("/a=1");
    make_points();
    s.story = story;
    const char *svg = plotted();
    assert_int_equal(count_in(svg, "class=\"title\""), 3);
    memset(story, 'x', sizeof story - 1); /* nowhere to break it */
    svg = plotted();
    assert_int_equal(count_in(svg, "class=\"title\""), 1);
}

static void test_log_where_it_spans_a_decade(void **state)
{
    (void)state;
    vary("/a=1,2");
    make_points();
    put(0, SWEEP_RTT_MEAN_NS, 1000);
    put(1, SWEEP_RTT_MEAN_NS, 10000);
    put(0, SWEEP_ACHIEVED_BPS, 1);
    put(1, SWEEP_ACHIEVED_BPS, 1e9);
    assert_null(strstr(plotted(), "log scale"));
    put(1, SWEEP_RTT_MEAN_NS, 10001);
    assert_non_null(strstr(plotted(), ">Mean round trip (us, log scale)</text>"));
    assert_int_equal(count_in(plotted(), "log scale"), 1);
    put(0, SWEEP_RTT_MEAN_NS, 0); /* has no logarithm */
    assert_null(strstr(plotted(), "log scale"));
}

static void assert_ticks(struct chart_scale scale, const char *expected_ticks)
{
    struct chart_tick ticks[CHART_TICKS_MAX];
    size_t count = chart_ticks(&scale, ticks);
    char text[1024] = "";

    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(text);

        snprintf(text + used, sizeof text - used, "%s%s", i == 0 ? "" : " ", ticks[i].text);
        assert_true(fabs(ticks[i].value - strtod(ticks[i].text, NULL)) <=
                    1e-9 * fabs(ticks[i].value));
    }
    assert_string_equal(text, expected_ticks);
    assert_true(fabs(chart_place(&scale, scale.low)) < 1e-9);
    assert_true(fabs(chart_place(&scale, scale.high) - 1) < 1e-9);
}

static void test_ticks(void **state)
{
    (void)state;
    assert_ticks(chart_linear(0, 957, 5), "0 200 400 600 800 1000");
    assert_ticks(chart_linear(0, 1000, 5), "0 200 400 600 800 1000");
    assert_ticks(chart_linear(0, 1, 5), "0.0 0.2 0.4 0.6 0.8 1.0");
    assert_ticks(chart_linear(0.1, 0.3, 5), "0.10 0.15 0.20 0.25 0.30");
    assert_ticks(chart_linear(0, 0, 5), "0.0 0.2 0.4 0.6 0.8 1.0");
    assert_ticks(chart_linear(40, 40, 4), "20 30 40 50 60");
    assert_ticks(chart_linear(-3, 3, 5), "-4 -2 0 2 4");
    assert_ticks(chart_linear(1e9, 1.4e9, 4), "1000000000 1100000000 1200000000 1300000000 "
                                              "1400000000");
    assert_ticks(chart_log(300, 4300), "200 500 1000 2000 5000");
    assert_ticks(chart_log(1, 1e6), "1 10 100 1000 10000 100000 1000000");
    assert_ticks(chart_log(0.02, 0.3), "0.02 0.05 0.1 0.2 0.5");
    assert_ticks(chart_log(10, 10), "10 20 50 100");
    struct chart_scale decades = chart_log(10, 1000), linear = chart_linear(10, 50, 4);
    assert_true(fabs(chart_place(&decades, 100) - 0.5) < 1e-9);
    assert_true(fabs(chart_place(&linear, 20) - 0.25) < 1e-9);
}

static void test_units(void **state)
{
    (void)state;
    assert_string_equal(chart_unit_for(QUANTITY_RATE, 957e6).name, "Mbit/s");
    assert_string_equal(chart_unit_for(QUANTITY_RATE, 10e9).name, "Gbit/s");
    assert_string_equal(chart_unit_for(QUANTITY_RATE, 0).name, "bit/s");
    assert_string_equal(chart_unit_for(QUANTITY_TIME, 9999).name, "ns");
    assert_string_equal(chart_unit_for(QUANTITY_TIME, 10000).name, "us");
    assert_string_equal(chart_unit_for(QUANTITY_BYTES, 20480).name, "KiB");
    assert_true(chart_unit_for(QUANTITY_TIME, 2e7).scale == 1e6);
}

/* ---- published points ---- */

static const char *overlay_file(const char *text)
{
    static char path[] = "/tmp/sddfsim-overlay-XXXXXX";
    int fd;

    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

static const char *read_overlay(const char *text, const char *system_name)
{
    const char *path = overlay_file(text);
    const char *why = sweep_overlay_read(
        &s.overlays[0], arena_format(&s.arena, "%s:%s", path, system_name), &s.arena);

    unlink(path);
    return why;
}

static const char published[] =
    "{ \"systems\": { \"2pd\": { \"points\": [\n"
    "  { \"offered_mbit_s\": 100.5, \"achieved_mbit_s\": 99, \"cpu_utilisation\": 0.25,\n"
    "    \"cycles_per_packet\": 1000.5, \"rtt_mean_us\": 381 },\n"
    "  { \"offered_mbit_s\": 200, \"achieved_mbit_s\": null, \"rtt_mean_us\": 400 },\n"
    "  { \"offered_mbit_s\": null, \"achieved_mbit_s\": null } ] },\n"
    "  \"4pd\": { \"points\": [ { \"offered_mbit_s\": \"100\" } ] }, \"none\": {} } }";

static void test_overlay(void **state)
{
    const struct sweep_mark *mark;

    (void)state;
    assert_null(read_overlay(published, "2pd"));
    assert_string_equal(s.overlays[0].name, "2pd");
    assert_int_equal(s.overlays[0].count, 2); /* one was at no load at all */
    mark = &s.overlays[0].marks[0];
    assert_true(fabs(mark->numbers[SWEEP_OFFERED_BPS].value - 100.5e6) < 1);
    assert_true(fabs(mark->numbers[SWEEP_ACHIEVED_BPS].value - 99e6) < 1);
    assert_true(fabs(mark->numbers[SWEEP_CPU_UTILISATION_PPM].value - 250000) < 1);
    assert_true(fabs(mark->numbers[SWEEP_CPU_CYCLES_PER_PACKET].value - 1000.5) < 1e-6);
    assert_true(fabs(mark->numbers[SWEEP_RTT_MEAN_NS].value - 381000) < 1e-6);
    assert_false(mark[1].numbers[SWEEP_ACHIEVED_BPS].known);

    s.overlay_count = 1;
    vary("/wires/0/offered=100 Mbit/s,150 Mbit/s");
    make_points();
    const char *svg = plotted();
    assert_non_null(strstr(svg, ">2pd, published</text>"));
    /* 1 load, 1 utilisation, 1 of cycles, 2 round trips; and one in the legend. */
    assert_int_equal(count_in(svg, "class=\"published\""), 6);
}

static void test_bad_overlays(void **state)
{
    struct sweep_overlay o;

    (void)state;
    assert_non_null(strstr(read_overlay(published, "3pd"), "did you mean \"2pd\"?"));
    assert_non_null(strstr(read_overlay(published, "linux"), "there are 2pd, 4pd, none"));
    assert_non_null(strstr(read_overlay(published, "4pd"), "systems.4pd.points[0] is no point"));
    assert_non_null(strstr(read_overlay(published, "none"), "is no list"));
    assert_non_null(strstr(read_overlay("[]", "2pd"), "no \"systems\""));
    /* More than a number can be, in the units of a sweep. */
    assert_non_null(
        strstr(read_overlay("{\"systems\": {\"2pd\": {\"points\": [{\"offered_mbit_s\": 1e306}]}}}",
                            "2pd"),
               "is no point"));
    assert_non_null(strstr(read_overlay("{", "2pd"), ":1:1: "));
    assert_non_null(
        strstr(read_overlay("{\"systems\":{\"a\":{\"points\":[7]}}}", "a"), "[0] is no point"));
    assert_non_null(strstr(sweep_overlay_read(&o, "file", &s.arena), "expected FILE:SYSTEM"));
    assert_non_null(strstr(sweep_overlay_read(&o, ":x", &s.arena), "expected FILE:SYSTEM"));
    assert_non_null(strstr(sweep_overlay_read(&o, "file:", &s.arena), "expected FILE:SYSTEM"));
    assert_non_null(strstr(sweep_overlay_read(&o, "/nowhere/x:a", &s.arena), "/nowhere/x"));
}

/* ---- words for a shell ---- */

static void test_shell_words(void **state)
{
    (void)state;
    assert_string_equal(shell_word("a/b=1,2", &s.arena), "a/b=1,2");
    assert_string_equal(shell_word("", &s.arena), "''");
    assert_string_equal(shell_word("10 Mbit/s", &s.arena), "'10 Mbit/s'");
    assert_string_equal(shell_word("it's $HOME", &s.arena), "'it'\\''s $HOME'");
    assert_string_equal(shell_word("''", &s.arena), "''\\'''\\'''");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lists),       TEST(test_ranges),
        TEST(test_bad_axes),    TEST(test_scales),
        TEST(test_product),     TEST(test_too_many_points),
        TEST(test_report),      TEST(test_report_without),
        TEST(test_csv),         TEST(test_json),
        TEST(test_table),       TEST(test_plot),
        TEST(test_plot_gaps),   TEST(test_plot_of_nothing),
        TEST(test_plot_story),  TEST(test_log_where_it_spans_a_decade),
        TEST(test_ticks),       TEST(test_units),
        TEST(test_overlay),     TEST(test_bad_overlays),
        TEST(test_shell_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
