/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Platforms: where each key's value goes, what is said of each mistake, which file a name stands
 * for; and that a run keeps its table, so that it can be repeated where there is no such file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/folder.h"
#include "sim/model/platform_parts.h"
#include "sim/system.h"

/* A folder with a scenario's place in it ("here"), and the folder of the program ("there"). */
static char root[] = "/tmp/test-platform-XXXXXX";

struct bench {
    struct arena arena;
    struct diag diag;
    const struct platform *p;
    char *said; /* what was complained, without the folder's name */
};

/* --- helpers ------------------------------------------------------------------------------------
 */

static void put_file(const char *name, const char *text)
{
    char path[256];
    FILE *to;

    snprintf(path, sizeof path, "%s/%s", root, name);
    to = fopen(path, "w");
    assert_non_null(to);
    fputs(text, to);
    assert_int_equal(fclose(to), 0);
}

static void remove_file(const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", root, name);
    assert_int_equal(remove(path), 0);
}

static char *without_root(char *text)
{
    size_t length = strlen(root) + 1;

    for (char *at = strstr(text, root); at != NULL; at = strstr(at, root)) {
        memmove(at, at + length, strlen(at + length) + 1);
    }
    return text;
}

static void take_said(struct bench *b)
{
    size_t bytes;
    FILE *to = open_memstream(&b->said, &bytes);

    diag_print(&b->diag, to);
    fclose(to);
    without_root(b->said);
}

static void load(struct bench *b, const char *name, const char *inline_json)
{
    char scenario[256], dir[256];
    struct diag_place place = {.file = "x.json", .path = "platform", .line = 3, .column = 7};

    *b = (struct bench){.diag = {.arena = &b->arena}};
    snprintf(scenario, sizeof scenario, "%s/here/x.json", root);
    snprintf(dir, sizeof dir, "%s/there", root);
    b->p = platform_load(name, inline_json, scenario, dir, place, &b->arena, &b->diag);
    take_said(b);
    assert_int_equal(b->p == NULL, b->diag.errors > 0);
}

/* As a file in the folder of the program. */
static void read_table(struct bench *b, const char *text)
{
    put_file("there/machine.json", text);
    load(b, "machine", NULL);
}

static void close_bench(struct bench *b)
{
    free(b->said);
    arena_finish(&b->arena);
}

/* That table, and exactly that is said of it (each line without the file's name in front). */
static void said_of(const char *text, const char *expected)
{
    static const char prefix[] = "there/machine.json:";
    char said[4000] = "";
    struct bench b;

    read_table(&b, text);
    for (char *at = b.said; *at != '\0'; at = strchr(at, '\n') + 1) {
        assert_memory_equal(at, prefix, sizeof prefix - 1);
        at += sizeof prefix - 1;
        strncat(said, at, (size_t)(strchr(at, '\n') + 1 - at));
    }
    assert_string_equal(said, expected);
    close_bench(&b);
}

/* --- values -------------------------------------------------------------------------------------
 */

static void nothing_given_is_a_plain_machine(void **state)
{
    struct bench b;

    (void)state;
    read_table(&b, "{}");
    assert_string_equal(b.said, "");
    assert_string_equal(b.p->name, "machine");
    assert_string_equal(b.p->story, "");
    assert_non_null(strstr(b.p->file, "/there/machine.json"));
    assert_int_equal(b.p->clock_hz, 1000000000);
    for (size_t i = 0; i < PLATFORM_ENTRIES; i++) {
        assert_in_range(b.p->entry[i], 100, 999);
    }
    assert_int_equal(b.p->op[POINT_ENQUEUE], 20);
    assert_int_equal(b.p->line_bytes, 64);
    assert_false(b.p->barriers);
    assert_int_equal(b.p->refills, 2);
    assert_int_equal(b.p->min_budget_ns, 20000);
    assert_int_equal(b.p->timeslice_ns, 1000000);
    assert_int_equal(b.p->image_count, 1);
    assert_string_equal(b.p->images[0].image, "*");
    close_bench(&b);
}

static const char whole[] =
    "{ \"name\": \"odd\", \"story\": \"An odd one.\", \"clock_hz\": 1800000000, \"cores\": 3,\n"
    "\"kernel\": {\"notify\": 1, \"wait\": 2, \"switch\": 3, \"irq\": 4, \"ack\": 5, \"call\": 6,\n"
    "  \"reply\": 7, \"cross_core\": 8, \"cross_core_delay\": \"9 us\"},\n"
    "\"ops\": {\"enqueue\": 10, \"dequeue\": 11, \"request\": 12, \"cancel\": 13, \"require\": "
    "14,\n"
    "  \"mmio_read\": 15, \"mmio_write\": 16, \"copy\": 17, \"clean\": 18, \"invalidate\": 19, "
    "\"access\": 34,\n"
    "  \"copy_byte_milli\": 20, \"copy_uncached_byte_milli\": 21, \"clean_line_milli\": 22,\n"
    "  \"invalidate_line_milli\": 23, \"line_bytes\": 32, \"barrier\": 24, \"barriers\": true},\n"
    "\"scheduling\": {\"refills\": 5, \"min_budget\": \"25 us\", \"timeslice\": \"26 us\"},\n"
    "\"dma\": {\"latency\": 27, \"bytes_per_us\": 28},\n"
    "\"images\": {\"network/copy\": {\"wake\": 29, \"notified\": 30, \"dequeue\": 31,\n"
    "    \"enqueue\": 32, \"byte_milli\": 33}} }\n";

static void check_points(const struct platform *p)
{
    static const uint64_t costs[POINT_OPS] = {
        [POINT_ENQUEUE] = 10,          [POINT_DEQUEUE] = 11, [POINT_REQUEST] = 12,
        [POINT_CANCEL] = 13,           [POINT_REQUIRE] = 14, [POINT_MMIO_READ] = 15,
        [POINT_MMIO_WRITE] = 16,       [POINT_COPY] = 17,    [POINT_CACHE_CLEAN] = 18,
        [POINT_CACHE_INVALIDATE] = 19, [POINT_ACCESS] = 34,
    };

    for (size_t i = 0; i < POINT_OPS; i++) {
        assert_int_equal(p->op[i], costs[i]);
    }
    assert_int_equal(p->copy_byte_milli, 20);
    assert_int_equal(p->copy_uncached_byte_milli, 21);
    assert_int_equal(p->clean_line_milli, 22);
    assert_int_equal(p->invalidate_line_milli, 23);
    assert_int_equal(p->line_bytes, 32);
    assert_int_equal(p->barrier, 24);
    assert_true(p->barriers);
}

static void check_whole(const struct platform *p)
{
    static const enum platform_entry entries[] = {
        PLATFORM_NOTIFY, PLATFORM_WAIT, PLATFORM_SWITCH, PLATFORM_IRQ,
        PLATFORM_ACK,    PLATFORM_CALL, PLATFORM_REPLY,  PLATFORM_CROSS_CORE};
    const struct platform_image *image = platform_image(p, "network/copy");

    assert_string_equal(p->name, "odd");
    assert_string_equal(p->story, "An odd one.");
    assert_int_equal(p->clock_hz, 1800000000);
    assert_int_equal(p->cores, 3);
    assert_int_equal(sizeof entries / sizeof entries[0], PLATFORM_ENTRIES);
    for (size_t i = 0; i < PLATFORM_ENTRIES; i++) {
        assert_int_equal(p->entry[entries[i]], i + 1);
    }
    assert_int_equal(p->cross_core_ns, 9000);
    check_points(p);
    assert_int_equal(p->refills, 5);
    assert_int_equal(p->min_budget_ns, 25000);
    assert_int_equal(p->timeslice_ns, 26000);
    assert_int_equal(p->dma_latency_ns, 27);
    assert_int_equal(p->dma_bytes_per_us, 28);
    assert_string_equal(image->image, "network/copy");
    assert_int_equal(image->wake, 29);
    assert_int_equal(image->notified, 30);
    assert_int_equal(image->dequeue, 31);
    assert_int_equal(image->enqueue, 32);
    assert_int_equal(image->byte_milli, 33);
}

static void each_value_goes_where_it_belongs(void **state)
{
    struct bench b;

    (void)state;
    read_table(&b, whole);
    assert_string_equal(b.said, "");
    check_whole(b.p);
    close_bench(&b);
}

static void a_table_survives_being_written_out(void **state)
{
    struct bench b, again;

    (void)state;
    read_table(&b, whole);
    load(&again, "ignored", b.p->json);
    assert_string_equal(again.said, "");
    check_whole(again.p);
    assert_null(again.p->file);
    assert_string_equal(again.p->json, b.p->json);
    close_bench(&b);
    close_bench(&again);

    read_table(&b, "{}");
    load(&again, "ignored", b.p->json);
    assert_string_equal(again.p->json, b.p->json);
    assert_string_equal(again.p->name, "machine");
    close_bench(&b);
    close_bench(&again);
}

/* The same keys in both, but for "like": what the schema lets an editor write is what is read. */
static void assert_same_keys(json_t *schema, json_t *table, const char *at)
{
    const char *key;
    json_t *value, *properties = json_object_get(schema, "properties");

    json_object_foreach(table, key, value)
    {
        json_t *of = json_object_get(properties, key);

        if (of == NULL) {
            of = json_object_get(schema, "additionalProperties");
        }
        if (!json_is_object(of)) {
            fail_msg("%s.%s is in no schema", at, key);
        }
        if (json_is_object(value)) {
            assert_same_keys(of, value, key);
        }
    }
    if (properties != NULL) {
        json_object_del(properties, "like");
        assert_int_equal(json_object_size(properties), json_object_size(table));
    }
}

static void the_schema_is_what_is_read(void **state)
{
    struct bench b;
    char *text = NULL;
    size_t bytes;
    FILE *to = open_memstream(&text, &bytes);

    (void)state;
    read_table(&b, whole);
    json_t *schema = platform_schema(), *table = json_loads(b.p->json, 0, NULL);
    const char *key;
    json_t *section;
    platform_document(to);
    fclose(to);
    assert_same_keys(schema, table, "");
    json_object_foreach(table, key, section)
    {
        assert_non_null(strstr(text, key));
    }
    assert_non_null(strstr(text, "cross_core_delay"));
    assert_non_null(strstr(text, "byte_milli"));
    json_decref(schema);
    json_decref(table);
    free(text);
    close_bench(&b);
}

/* --- images -------------------------------------------------------------------------------------
 */

static void an_image_is_like_the_others_but_for_what_it_says(void **state)
{
    struct bench b;

    (void)state;
    read_table(&b, "{\"images\": {\"a\": {\"wake\": 1}, \"*\": {\"dequeue\": 2, \"wake\": 3},\n"
                   "\"echo.so\": {\"enqueue\": 4}, \"b\": {}}}");
    assert_string_equal(b.said, "");
    assert_int_equal(b.p->image_count, 4);
    assert_int_equal(platform_image(b.p, "a")->wake, 1);
    assert_int_equal(platform_image(b.p, "a")->dequeue, 2);
    assert_int_equal(platform_image(b.p, "a")->enqueue, 50);
    assert_int_equal(platform_image(b.p, "b")->wake, 3);
    assert_string_equal(platform_image(b.p, "b")->image, "b");
    assert_string_equal(platform_image(b.p, "c")->image, "*");
    assert_int_equal(platform_image(b.p, "c")->wake, 3);
    assert_int_equal(platform_image(b.p, "some/where/echo.so")->enqueue, 4);
    assert_int_equal(platform_image(b.p, "echo.so")->enqueue, 4);
    assert_int_equal(platform_image(b.p, "some/echo")->enqueue, 50);
    close_bench(&b);
}

static void without_rows_images_cost_nothing(void **state)
{
    static const struct platform_image row = {.image = "a", .wake = 5};
    const struct platform none = {.name = "none"},
                          one = {.name = "one", .images = &row, .image_count = 1};

    (void)state;
    assert_int_equal(platform_image(&none, "a")->wake, 0);
    assert_int_equal(platform_image(&one, "a")->wake, 5);
    assert_int_equal(platform_image(&one, "b")->wake, 0);
}

static void a_row_for_no_image_is_told(void **state)
{
    static const struct type_view images[] = {{.name = "network/copy"}, {.name = "network/echo"}};
    struct bench b;

    (void)state;
    read_table(&b, "{\"images\": {\"*\": {}, \"x.so\": {}, \"network/copy\": {},\n"
                   "  \"network/ehco\": {}}}");
    platform_check_images(b.p, images, 2, &b.diag);
    free(b.said);
    take_said(&b);
    assert_string_equal(b.said,
                        "there/machine.json:2:3: warning: images[\"network/ehco\"]: no image "
                        "\"network/ehco\"; did you mean \"network/echo\"?\n");
    close_bench(&b);
}

/* --- mistakes -----------------------------------------------------------------------------------
 */

static void mistakes_are_told_all_at_once(void **state)
{
    (void)state;
    said_of("{\"clock_hz\": 1.5, \"cores\": 0, \"story\": 7,\n"
            "\"kernel\": {\"notify\": -1, \"wiat\": 3, \"irq\": \"x\", \"cross_core_delay\": \"1 "
            "m\"},\n"
            "\"ops\": {\"line_bytes\": 48, \"barriers\": 1, \"copy_byte\": 2},\n"
            "\"scheduling\": [], \"dma\": null,\n"
            "\"images\": {\"*\": {\"wake\": 1000000001}, \"a\": 3, \"b\": {\"bytes_milli\": 1}},\n"
            "\"imges\": {}}",
            "1:14: error: clock_hz: expected a whole number, found 1.5\n"
            "1:28: error: cores: 0 is outside 1..64\n"
            "1:40: error: story: expected a string, found 7\n"
            "2:22: error: kernel.notify: -1 is outside 0..1000000000\n"
            "2:26: error: kernel.wiat: unknown key; did you mean \"wait\"?\n"
            "2:44: error: kernel.irq: expected a whole number, found the string \"x\"\n"
            "2:69: error: kernel.cross_core_delay: \"1 m\" has no unit of time: ns, us, ms, s, min "
            "or h\n"
            "3:23: error: ops.line_bytes: 48 is not a power of two\n"
            "3:39: error: ops.barriers: expected true or false, found 1\n"
            "3:42: error: ops.copy_byte: unknown key; did you mean \"copy_byte_milli\"?\n"
            "4:15: error: scheduling: expected an object, found an array\n"
            "4:26: error: dma: expected an object, found null\n"
            "5:26: error: images[\"*\"].wake: 1000000001 is outside 0..1000000000\n"
            "5:44: error: images.a: expected an object, found 3\n"
            "5:53: error: images.b.bytes_milli: unknown key; did you mean \"byte_milli\"?\n"
            "6:1: error: imges: unknown key; did you mean \"images\"?\n");
}

static void values_have_limits(void **state)
{
    (void)state;
    said_of("{\"clock_hz\": 1000000, \"cores\": 64, \"ops\": {\"line_bytes\": 4096}}", "");
    said_of("{\"clock_hz\": 999999, \"cores\": 65}",
            "1:14: error: clock_hz: 999999 is outside 1000000..100000000000\n"
            "1:31: error: cores: 65 is outside 1..64\n");
    said_of("{\"scheduling\": {\"refills\": 8}}", "");
    said_of("{\"scheduling\": {\"refills\": 9}}",
            "1:28: error: scheduling.refills: 9 is outside 2..8\n");
    said_of("{\"scheduling\": {\"refills\": 1}}",
            "1:28: error: scheduling.refills: 1 is outside 2..8\n");
    said_of("{\"scheduling\": {\"timeslice\": \"20 us\"}}", "");
    said_of("{\"scheduling\": {\"timeslice\": \"19 us\"}}",
            "1:30: error: scheduling.timeslice: a time slice of 19 us is shorter than the least "
            "budget, 20 us\n");
    said_of("{\"dma\": {\"bytes_per_us\": 0}}",
            "1:26: error: dma.bytes_per_us: 0 is outside 1..1000000000\n");
    said_of("{\"ops\": {\"line_bytes\": 4}}",
            "1:24: error: ops.line_bytes: 4 is outside 8..4096\n");
    said_of("{\"name\": \"\"}", "1:10: error: name: is empty\n");
}

static void what_is_no_table_is_told(void **state)
{
    (void)state;
    said_of("[]", "1:1: error: expected an object, found an array\n");
    said_of("{\"cores\": 2, \"cores\": 3}",
            "1:14: error: cores: duplicate key; it is also in line 1\n");
}

/* --- finding ------------------------------------------------------------------------------------
 */

static void assert_loads(const char *name, const char *file, unsigned cores)
{
    struct bench b;

    load(&b, name, NULL);
    assert_string_equal(b.said, "");
    assert_non_null(strstr(b.p->file, file));
    assert_int_equal(b.p->cores, cores);
    close_bench(&b);
}

static void assert_not_found(const char *name, const char *expected)
{
    struct bench b;

    load(&b, name, NULL);
    assert_string_equal(b.said, expected);
    close_bench(&b);
}

static void a_name_is_looked_for_beside_the_scenario_first(void **state)
{
    (void)state;
    put_file("there/both.json", "{\"cores\": 2}");
    put_file("there/generic.json", "{\"cores\": 4}");
    assert_loads("both", "/there/both.json", 2);
    put_file("here/platforms/both.json", "{\"cores\": 3}");
    assert_loads("both", "/here/platforms/both.json", 3);
    assert_loads(NULL, "/there/generic.json", 4);
    put_file("here/platforms/generic.json", "{\"cores\": 5}");
    assert_loads(NULL, "/here/platforms/generic.json", 5);
    remove_file("here/platforms/generic.json");
}

static void a_path_is_from_the_scenario(void **state)
{
    char absolute[256];
    struct bench b;

    (void)state;
    put_file("own.json", "{\"cores\": 6}");
    assert_loads("../own.json", "/here/../own.json", 6);
    snprintf(absolute, sizeof absolute, "%s/own.json", root);
    assert_loads(absolute, absolute, 6);
    load(&b, "../own.json", NULL);
    assert_string_equal(b.p->name, "own");
    close_bench(&b);
    assert_not_found("own.json", "x.json:3:7: error: platform: no platform \"here/own.json\": No "
                                 "such file or directory\n");
    /* Not by a name that leads elsewhere. */
    assert_not_found("../own", "x.json:3:7: error: platform: no platform \"../own\"; see `sddfsim "
                               "list platforms`\n");
}

static void the_nearest_name_is_offered_from_both_folders(void **state)
{
    (void)state;
    put_file("there/imx8mm.json", "{}");
    put_file("here/platforms/zynq.json", "{}");
    assert_not_found("imx8nm", "x.json:3:7: error: platform: no platform \"imx8nm\"; did you mean "
                               "\"imx8mm\"?\n");
    assert_not_found("zinq", "x.json:3:7: error: platform: no platform \"zinq\"; did you mean "
                             "\"zynq\"?\n");
    assert_not_found("another", "x.json:3:7: error: platform: no platform \"another\"; see "
                                "`sddfsim list platforms`\n");
}

static void without_any_the_folder_is_named(void **state)
{
    struct bench b = {.diag = {.arena = &b.arena}};
    struct diag_place place = {.file = "x.json", .path = "platform"};

    (void)state;
    b.p = platform_load(NULL, NULL, "x.json", "/no/such/folder", place, &b.arena, &b.diag);
    assert_null(b.p);
    take_said(&b);
    assert_string_equal(b.said, "x.json: error: platform: no platform \"generic\"; no platform at "
                                "all is in /no/such/folder; $SDDFSIM_PLATFORMS names another "
                                "folder\n");
    close_bench(&b);
}

static void names_are_sorted_and_only_of_tables(void **state)
{
    struct arena arena = {0};
    char dir[256];
    size_t count;

    (void)state;
    snprintf(dir, sizeof dir, "%s/many", root);
    assert_int_equal(mkdir(dir, 0700), 0);
    for (char name = 'h'; name >= 'a'; name--) {
        put_file(arena_format(&arena, "many/%c.json", name), "");
    }
    put_file("many/i.txt", "");
    put_file("many/.json", "");
    put_file("many/.j.json", "");
    const char *const *names = platform_names(dir, &arena, &count);
    assert_int_equal(count, 8);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(names[i][0], 'a' + i);
        assert_int_equal(names[i][1], '\0');
    }
    platform_names("/no/such/folder", &arena, &count);
    assert_int_equal(count, 0);
    arena_finish(&arena);
}

/* --- one like another ---------------------------------------------------------------------------
 */

static void what_is_left_out_is_as_on_the_other(void **state)
{
    struct bench b, again;

    (void)state;
    put_file("there/base.json", whole);
    read_table(&b, "{\"like\": \"base\", \"clock_hz\": 1000001, \"kernel\": {\"irq\": 70},\n"
                   "\"ops\": {\"barriers\": false}, \"scheduling\": {\"timeslice\": \"71 us\"},\n"
                   "\"images\": {\"*\": {\"wake\": 72}, \"a\": {\"enqueue\": 73},\n"
                   "\"network/copy\": {\"enqueue\": 74}}}");
    assert_string_equal(b.said, "");
    assert_string_equal(b.p->name, "machine");
    assert_string_equal(b.p->story, "");
    assert_non_null(strstr(b.p->base->file, "there/base.json"));
    assert_int_equal(b.p->clock_hz, 1000001);
    assert_int_equal(b.p->cores, 3);
    assert_int_equal(b.p->entry[PLATFORM_IRQ], 70);
    assert_int_equal(b.p->entry[PLATFORM_ACK], 5);
    assert_int_equal(b.p->cross_core_ns, 9000);
    assert_false(b.p->barriers);
    assert_int_equal(b.p->barrier, 24);
    assert_int_equal(b.p->timeslice_ns, 71000);
    assert_int_equal(b.p->min_budget_ns, 25000);
    assert_int_equal(b.p->image_count, 3);
    assert_int_equal(platform_image(b.p, "other")->wake, 72);
    assert_int_equal(platform_image(b.p, "a")->wake, 72);
    assert_int_equal(platform_image(b.p, "a")->enqueue, 73);
    assert_int_equal(platform_image(b.p, "network/copy")->wake, 29);
    assert_int_equal(platform_image(b.p, "network/copy")->enqueue, 74);
    /* What is written out needs no other. */
    assert_null(strstr(b.p->json, "like"));
    remove_file("there/base.json");
    load(&again, "machine", b.p->json);
    assert_string_equal(again.said, "");
    assert_string_equal(again.p->json, b.p->json);
    close_bench(&b);
    close_bench(&again);
}

static void images_of_the_other_are_kept(void **state)
{
    struct bench b;

    (void)state;
    put_file("there/base.json", whole);
    read_table(&b, "{\"like\": \"base\"}");
    assert_int_equal(b.p->image_count, 2);
    assert_int_equal(platform_image(b.p, "network/copy")->byte_milli, 33);
    assert_true(b.p->barriers);
    assert_int_equal(b.p->clock_hz, 1800000000);
    check_points(b.p);
    close_bench(&b);
}

static void the_other_is_found_beside_the_first(void **state)
{
    struct bench b;

    (void)state;
    put_file("here/platforms/one.json", "{\"like\": \"two\"}");
    put_file("here/platforms/two.json", "{\"like\": \"../three.json\", \"cores\": 7}");
    put_file("here/three.json", "{\"like\": \"four\", \"cores\": 8, \"clock_hz\": 1000003}");
    put_file("there/four.json", "{\"clock_hz\": 1000004, \"ops\": {\"copy\": 4}}");
    load(&b, "one", NULL);
    assert_string_equal(b.said, "");
    assert_int_equal(b.p->cores, 7);
    assert_int_equal(b.p->clock_hz, 1000003);
    assert_int_equal(b.p->op[POINT_COPY], 4);
    close_bench(&b);
}

static void mistakes_about_the_other_are_told(void **state)
{
    struct bench b;

    (void)state;
    put_file("there/imx8mm.json", "{}");
    said_of("{\"like\": \"imx8nm\", \"cores\": 0}",
            "1:10: error: like: no platform \"imx8nm\"; did you mean \"imx8mm\"?\n"
            "1:29: error: cores: 0 is outside 1..64\n");
    said_of("{\"like\": 7}", "1:10: error: like: expected a string, found 7\n");
    said_of("{\"like\": \"\"}", "1:10: error: like: is empty\n");
    said_of("{\"like\": \"machine\"}", "1:10: error: like: more than 8 platforms, each like the "
                                       "next: a circle?\n");
    put_file("there/slow.json", "{\"scheduling\": {\"min_budget\": \"50 us\"}}");
    said_of("{\"like\": \"slow\", \"scheduling\": {\"timeslice\": \"40 us\"}}",
            "1:46: error: scheduling.timeslice: a time slice of 40 us is shorter than the least "
            "budget, 50 us\n");
    put_file("there/bad.json", "{\"cores\": 0}");
    read_table(&b, "{\"like\": \"bad\"}");
    assert_string_equal(b.said, "there/bad.json:1:11: error: cores: 0 is outside 1..64\n");
    close_bench(&b);
}

/* --- what comes with the program ----------------------------------------------------------------
 */

static void assert_standard(const char *dir, const char *name)
{
    struct bench b = {.diag = {.arena = &b.arena}};
    const struct scenario_types *types = system_types();

    b.p =
        platform_read_file(arena_format(&b.arena, "%s/%s.json", dir, name), dir, &b.arena, &b.diag);
    take_said(&b);
    assert_string_equal(b.said, "");
    assert_true(strlen(b.p->story) > 20);
    platform_check_images(b.p, types->images, types->image_count, &b.diag);
    assert_int_equal(b.diag.warnings, 0);
    close_bench(&b);
}

static void all_that_come_with_it_are_good(void **state)
{
    struct arena arena = {0};
    const char *dir = system_platform_dir(&arena);
    size_t count;
    const char *const *names = platform_names(dir, &arena, &count);

    (void)state;
    assert_true(count >= 3);
    for (size_t i = 0; i < count; i++) {
        assert_standard(dir, names[i]);
    }
    arena_finish(&arena);
}

/* The file spells out the defaults; neither may change without the other. */
static void generic_is_what_is_left_out(void **state)
{
    struct arena arena = {0};
    struct diag diag = {.arena = &arena};
    const char *path = arena_format(&arena, "%s/generic.json", system_platform_dir(&arena));
    const struct platform *generic = platform_read_file(path, "", &arena, &diag);
    struct bench b;

    (void)state;
    assert_non_null(generic);
    load(&b, "generic", arena_format(&arena, "{\"story\": \"%s\"}", generic->story));
    assert_string_equal(b.p->json, generic->json);
    close_bench(&b);
    /* And leaves nothing out. */
    json_t *written = json_load_file(path, 0, NULL), *full = json_loads(generic->json, 0, NULL);
    json_object_del(full, "name");
    assert_true(json_equal(written, full));
    json_decref(written);
    json_decref(full);
    arena_finish(&arena);
}

/* --- a scenario's -------------------------------------------------------------------------------
 */

#define SCENARIO(platform)                                                  \
    "{ \"version\": 1, \"clock\": \"virtual\", " platform "\n"              \
    "\"wires\": [{\"name\": \"lan\", \"kind\": \"gen\", \"count\": 10}],\n" \
    "\"devices\": [{\"name\": \"eth0\", \"model\": \"enet\"}],\n"           \
    "\"networks\": [{\"driver\": {}}],\n"                                   \
    "\"clients\": [{\"image\": \"network/client_echo\", \"copier\": {}}] }\n"

struct built {
    struct system system;
    char *said;
    bool good;
};

static void build(struct built *b, const char *file, const char *text, const char *const *sets,
                  size_t set_count)
{
    char path[256];
    size_t bytes;
    FILE *to = open_memstream(&b->said, &bytes);

    put_file(file, text);
    snprintf(path, sizeof path, "%s/%s", root, file);
    b->system = (struct system){0};
    b->good = system_build(&b->system, path, sets, set_count);
    diag_print(&b->system.diag, to);
    fclose(to);
    without_root(b->said);
}

static void finish(struct built *b)
{
    free(b->said);
    system_finish(&b->system);
}

/* The expanded text again, elsewhere, where no platform is to be found: the same table. */
static void assert_repeatable(const struct built *b)
{
    struct built again;

    setenv("SDDFSIM_PLATFORMS", "/no/such/folder", 1);
    build(&again, "again.json", b->system.scenario->expanded, NULL, 0);
    unsetenv("SDDFSIM_PLATFORMS");
    assert_string_equal(again.said, "");
    assert_string_equal(again.system.scenario->expanded, b->system.scenario->expanded);
    assert_string_equal(again.system.platform->json, b->system.platform->json);
    assert_string_equal(again.system.scenario->platform, b->system.platform->name);
    finish(&again);
}

static void virtual_time_always_has_one(void **state)
{
    struct built b;

    (void)state;
    build(&b, "v.json", SCENARIO(""), NULL, 0);
    assert_string_equal(b.said, "");
    assert_string_equal(b.system.platform->name, "generic");
    assert_string_equal(b.system.scenario->platform, "generic");
    assert_repeatable(&b);
    finish(&b);
}

static void a_named_one_is_kept_with_the_run(void **state)
{
    struct built b;

    (void)state;
    put_file("slow.json", "{\"clock_hz\": 5000000, \"images\": {\"network/copy\": {}}}");
    build(&b, "v.json", SCENARIO("\"platform\": \"slow.json\","), NULL, 0);
    assert_string_equal(b.said, "");
    assert_int_equal(b.system.platform->clock_hz, 5000000);
    assert_string_equal(b.system.scenario->platform, "slow");
    assert_non_null(strstr(b.system.scenario->expanded, "\"clock_hz\": 5000000"));
    assert_repeatable(&b);
    finish(&b);
}

static void a_scenario_may_hold_the_table(void **state)
{
    struct built b;

    (void)state;
    build(&b, "v.json",
          SCENARIO("\"platform\": {\"cores\": 2, \"kernel\": {\"notify\": 77},\n"
                   "\"images\": {\"network/cpoy\": {}}},"),
          NULL, 0);
    assert_string_equal(b.said, "v.json:2:12: warning: platform.images[\"network/cpoy\"]: no image "
                                "\"network/cpoy\"; did you mean \"network/copy\"?\n");
    assert_true(b.good);
    assert_int_equal(b.system.platform->entry[PLATFORM_NOTIFY], 77);
    assert_int_equal(b.system.platform->entry[PLATFORM_WAIT], 250);
    assert_string_equal(b.system.platform->name, "inline");
    finish(&b);

    static const char *const sets[] = {"/platform/kernel/notify=78", "/platform/name=mine"};
    build(&b, "v.json", SCENARIO("\"platform\": {\"kernel\": {\"notify\": 77}},"), sets, 2);
    assert_string_equal(b.said, "");
    assert_int_equal(b.system.platform->entry[PLATFORM_NOTIFY], 78);
    assert_string_equal(b.system.scenario->platform, "mine");
    assert_repeatable(&b);
    finish(&b);
}

static void its_table_may_be_like_a_platform(void **state)
{
    static const char *const sets[] = {"/platform={\"like\": \"imx8mm\"}",
                                       "/platform/kernel/notify=78"};
    struct built b;

    (void)state;
    build(&b, "v.json", SCENARIO("\"platform\": \"imx8mm\","), sets, 2);
    assert_string_equal(b.said, "");
    assert_string_equal(b.system.scenario->platform, "like imx8mm");
    assert_int_equal(b.system.platform->entry[PLATFORM_NOTIFY], 78);
    assert_int_equal(b.system.platform->cores, 1);
    assert_repeatable(&b);
    finish(&b);
    build(&b, "v.json",
          SCENARIO("\"platform\": {\"name\": \"short\", \"like\": \"imx8mm\",\n"
                   "\"scheduling\": {\"timeslice\": \"10 us\"}},"),
          NULL, 0);
    assert_string_equal(b.said, "v.json:1:49: error: platform: a time slice of 10 us is shorter "
                                "than the least budget, 20 us\n");
    finish(&b);
    build(&b, "v.json", SCENARIO("\"platform\": {\"like\": \"imx8nm\"},"), NULL, 0);
    assert_string_equal(b.said, "v.json:1:49: error: platform: no platform \"imx8nm\"; did you "
                                "mean \"imx8mm\"?\n");
    finish(&b);
    build(&b, "v.json", SCENARIO("\"platform\": {\"like\": \"imx8mm\", \"coers\": 1},"), NULL, 0);
    assert_string_equal(b.said, "v.json:1:68: error: platform.coers: unknown key; did you mean "
                                "\"cores\"?\n");
    finish(&b);
}

static void its_mistakes_stand_among_the_scenario_s(void **state)
{
    struct built b;

    (void)state;
    build(&b, "v.json",
          SCENARIO("\"platform\": {\"cores\": 0,\n\"kernal\": {}}, \"sed\": 1, \"stop\": 3,"), NULL,
          0);
    assert_string_equal(
        b.said, "v.json:1:59: error: platform.cores: 0 is outside 1..64\n"
                "v.json:2:1: error: platform.kernal: unknown key; did you mean \"kernel\"?\n"
                "v.json:2:16: error: sed: unknown key; did you mean \"seed\"?\n"
                "v.json:2:34: error: stop: expected an object, found 3\n");
    finish(&b);
    build(&b, "v.json", SCENARIO("\"platform\": [],"), NULL, 0);
    assert_string_equal(b.said, "v.json:1:49: error: platform: expected the name of a platform, or "
                                "an object, found an array\n");
    finish(&b);
    build(&b, "v.json", SCENARIO("\"platform\": \"\","), NULL, 0);
    assert_string_equal(b.said, "v.json:1:49: error: platform: is empty\n");
    finish(&b);
    build(&b, "v.json", SCENARIO("\"platform\": \"imx8nm\","), NULL, 0);
    assert_string_equal(b.said, "v.json:1:49: error: platform: no platform \"imx8nm\"; did you "
                                "mean \"imx8mm\"?\n");
    assert_non_null(b.system.plan); /* what else is wrong is told as well */
    finish(&b);
}

/* What a run was made of is in its manifest: every file that had a say in the table. */
static void the_manifest_names_all_files(void **state)
{
    const char *program_dir = getenv("SDDFSIM_BUILD");
    char command[600], out[128], file[256];

    (void)state;
    if (program_dir == NULL) {
        skip();
    }
    put_file("near.json", "{\"like\": \"far.json\"}");
    put_file("far.json", "{\"cores\": 1}");
    put_file("v.json", SCENARIO("\"platform\": \"near.json\","));
    snprintf(out, sizeof out, "%s/out", root);
    snprintf(command, sizeof command, "%s/sddfsim run %s/v.json -q -o %s >/dev/null 2>&1",
             program_dir, root, out);
    assert_int_equal(system(command), 0);
    snprintf(file, sizeof file, "%s/manifest.json", out);
    json_t *manifest = json_load_file(file, 0, NULL);
    json_t *inputs = json_object_get(manifest, "inputs");
    snprintf(file, sizeof file, "%s/near.json", root);
    assert_non_null(json_object_get(inputs, file));
    snprintf(file, sizeof file, "%s/far.json", root);
    assert_non_null(json_object_get(inputs, file));
    json_decref(manifest);
}

static void the_host_s_clock_needs_none(void **state)
{
    static const char *const host[] = {"/clock=host"};
    struct built b;

    (void)state;
    setenv("SDDFSIM_PLATFORMS", "/no/such/folder", 1);
    build(&b, "v.json", SCENARIO(""), host, 1);
    assert_string_equal(b.said, "");
    assert_null(b.system.platform);
    assert_null(b.system.scenario->platform);
    assert_null(strstr(b.system.scenario->expanded, "platform"));
    finish(&b);
    unsetenv("SDDFSIM_PLATFORMS");
    build(&b, "v.json", SCENARIO("\"platform\": \"imx8nm\","), host, 1);
    assert_false(b.good);
    finish(&b);
    build(&b, "v.json", SCENARIO("\"platform\": \"imx8mm\","), host, 1);
    assert_string_equal(b.said, "");
    assert_repeatable(&b);
    finish(&b);
}

static void a_domain_s_core_must_be_there(void **state)
{
    static const char *const sets[] = {"/networks/0/driver/cpu=2", "/clients/0/cpu=3",
                                       "/clients/0/copier/cpu=2", "/platform/cores=2",
                                       "/clock=host"};
    static const char *const last[] = {"/networks/0/driver/cpu=1", "/platform/cores=2"};
    struct built b;

    (void)state;
    build(&b, "v.json", SCENARIO("\"platform\": {\"name\": \"two\"},"), sets, 4);
    assert_string_equal(b.said,
                        "v.json:4:25: error: networks[0].driver: runs on core 2, but platform "
                        "\"two\" has cores 0..1 only\n"
                        "v.json:5:13: error: clients[0]: runs on core 3, but platform \"two\" has "
                        "cores 0..1 only\n"
                        "v.json:5:56: error: clients[0].copier: runs on core 2, but platform "
                        "\"two\" has cores 0..1 only\n");
    finish(&b);
    build(&b, "v.json", SCENARIO("\"platform\": {\"name\": \"two\"},"), last, 2);
    assert_string_equal(b.said, "");
    finish(&b);
    build(&b, "v.json", SCENARIO("\"platform\": {\"name\": \"two\"},"), sets, 5);
    assert_string_equal(b.said, "");
    finish(&b);
}

/* --- the folder ---------------------------------------------------------------------------------
 */

static int set_up(void **state)
{
    static const char *const folders[] = {"here", "here/platforms", "there"};
    char path[256];

    (void)state;
    if (mkdtemp(root) == NULL) {
        return -1;
    }
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", root, folders[i]);
        if (mkdir(path, 0700) != 0) {
            return -1;
        }
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return folder_remove(root);
}

/* As much dearer or cheaper as it may be, and no more; of its own without any spread. */
static void costs_are_spread_by_the_dice(void **state)
{
    struct platform p = {.cost_spread_ppm = 100000};
    uint64_t least = UINT64_MAX, greatest = 0;
    struct rng dice;

    (void)state;
    rng_init(&dice, 1, "test.spread");
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t cost = platform_spread(&p, &dice, 1000000);

        assert_in_range(cost, 900000, 1100000);
        least = cost < least ? cost : least;
        greatest = cost > greatest ? cost : greatest;
    }
    assert_in_range(least, 900000, 900200);
    assert_in_range(greatest, 1099800, 1100000);
    p.cost_spread_ppm = 0;
    assert_int_equal(platform_spread(&p, &dice, 12345), 12345);
    assert_int_equal(platform_spread(&p, &dice, UINT64_MAX), UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_given_is_a_plain_machine),
        cmocka_unit_test(each_value_goes_where_it_belongs),
        cmocka_unit_test(a_table_survives_being_written_out),
        cmocka_unit_test(the_schema_is_what_is_read),
        cmocka_unit_test(an_image_is_like_the_others_but_for_what_it_says),
        cmocka_unit_test(without_rows_images_cost_nothing),
        cmocka_unit_test(a_row_for_no_image_is_told),
        cmocka_unit_test(mistakes_are_told_all_at_once),
        cmocka_unit_test(values_have_limits),
        cmocka_unit_test(what_is_no_table_is_told),
        cmocka_unit_test(a_name_is_looked_for_beside_the_scenario_first),
        cmocka_unit_test(a_path_is_from_the_scenario),
        cmocka_unit_test(the_nearest_name_is_offered_from_both_folders),
        cmocka_unit_test(without_any_the_folder_is_named),
        cmocka_unit_test(names_are_sorted_and_only_of_tables),
        cmocka_unit_test(what_is_left_out_is_as_on_the_other),
        cmocka_unit_test(images_of_the_other_are_kept),
        cmocka_unit_test(the_other_is_found_beside_the_first),
        cmocka_unit_test(mistakes_about_the_other_are_told),
        cmocka_unit_test(all_that_come_with_it_are_good),
        cmocka_unit_test(generic_is_what_is_left_out),
        cmocka_unit_test(virtual_time_always_has_one),
        cmocka_unit_test(a_named_one_is_kept_with_the_run),
        cmocka_unit_test(a_scenario_may_hold_the_table),
        cmocka_unit_test(its_table_may_be_like_a_platform),
        cmocka_unit_test(its_mistakes_stand_among_the_scenario_s),
        cmocka_unit_test(the_manifest_names_all_files),
        cmocka_unit_test(the_host_s_clock_needs_none),
        cmocka_unit_test(a_domain_s_core_must_be_there),
        cmocka_unit_test(costs_are_spread_by_the_dice),
    };

    unsetenv("SDDFSIM_PLATFORMS");
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
