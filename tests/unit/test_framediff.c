/* SPDX-License-Identifier: BSD-2-Clause */
/* What is lost, added, moved, changed or late is found as such, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sim/base/framediff.h"
#include "tests/unit/frames.h"

#define FRAMES_MAX 4096

struct list {
    struct frame frames[FRAMES_MAX];
    uint32_t count;
};

static struct list list_a, list_b;
static char folder[] = P_tmpdir "/test_framediff.XXXXXX";

static void add(struct list *l, struct frame f)
{
    assert_true(l->count < FRAMES_MAX);
    f.time_ns = 1000000000 + l->count * 1000000;
    l->frames[l->count++] = f;
}

static void drop(struct list *l, uint32_t at)
{
    memmove(&l->frames[at], &l->frames[at + 1], (--l->count - at) * sizeof(l->frames[0]));
}

static void insert(struct list *l, uint32_t at, struct frame f)
{
    memmove(&l->frames[at + 1], &l->frames[at], (l->count++ - at) * sizeof(l->frames[0]));
    l->frames[at] = f;
}

/* Both lists become these many frames of UDP, in four flows, all different. */
static void begin(uint32_t count)
{
    list_a.count = list_b.count = 0;
    for (uint32_t i = 0; i < count; i++) {
        add(&list_a, frame_udp(50 + i % 4, i, 100));
    }
    list_b = list_a;
}

static struct pcapfile *open_list(const struct list *l)
{
    char why[PCAPFILE_WHY_BYTES], path[256];
    struct pcapwriter *w;
    struct pcapfile *p = NULL;

    snprintf(path, sizeof(path), "%s/x.pcap", folder);
    assert_int_equal(pcapwriter_open(&w, AT_FDCWD, path, why), 0);
    for (uint32_t i = 0; i < l->count; i++) {
        assert_int_equal(
            pcapwriter_add(w, l->frames[i].bytes, l->frames[i].count, l->frames[i].time_ns), 0);
    }
    assert_int_equal(pcapwriter_finish(w), 0);
    assert_int_equal(pcapfile_open(&p, path, why), 0);
    unlink(path); /* it is mapped */
    return p;
}

/* The differences as text, one letter and the numbers each: "a17 b3 m5>7 c2=2 l4" and so on. */
static char told[16384];
static struct framediff_counts counts;
static struct framediff_entry last;

static void tell(const struct framediff_entry *e)
{
    size_t used = strlen(told);
    char *to = told + used;
    size_t room = sizeof(told) - used;
    const char *space = used == 0 ? "" : " ";

    switch (e->kind) {
    case FRAMEDIFF_ONLY_A:
        snprintf(to, room, "%sa%u", space, e->a_number);
        assert_null(e->b);
        break;
    case FRAMEDIFF_ONLY_B:
        snprintf(to, room, "%sb%u", space, e->b_number);
        assert_null(e->a);
        break;
    case FRAMEDIFF_MOVED:
        snprintf(to, room, "%sm%u>%u", space, e->a_number, e->b_number);
        break;
    case FRAMEDIFF_CHANGED:
        snprintf(to, room, "%sc%u=%u", space, e->a_number, e->b_number);
        break;
    case FRAMEDIFF_LATE:
        snprintf(to, room, "%sl%u=%u", space, e->a_number, e->b_number);
        break;
    case FRAMEDIFF_KINDS:
        fail();
    }
}

static void compare(const struct framediff_options *options)
{
    struct pcapfile *a = open_list(&list_a), *b = open_list(&list_b);
    uint64_t kinds[FRAMEDIFF_KINDS] = {0};
    struct framediff *d;
    struct framediff_entry e;

    told[0] = '\0';
    assert_int_equal(framediff_create(&d, a, b, options), 0);
    for (int round = 0; round < 2; round++) {
        told[0] = '\0';
        memset(kinds, 0, sizeof(kinds));
        while (framediff_next(d, &e)) {
            tell(&e);
            kinds[e.kind]++;
            last = e;
        }
        framediff_rewind(d);
    }
    framediff_count(d, &counts);
    /* What is told is what is counted, and every frame is counted once. */
    assert_memory_equal(kinds, counts.kinds, sizeof(kinds));
    assert_int_equal(counts.same + kinds[FRAMEDIFF_CHANGED] + kinds[FRAMEDIFF_MOVED] +
                         kinds[FRAMEDIFF_ONLY_A],
                     list_a.count);
    assert_int_equal(counts.same + kinds[FRAMEDIFF_CHANGED] + kinds[FRAMEDIFF_MOVED] +
                         kinds[FRAMEDIFF_ONLY_B],
                     list_b.count);
    assert_int_equal(framediff_same(d), told[0] == '\0');
    framediff_destroy(d);
    framediff_destroy(NULL);
    pcapfile_close(a);
    pcapfile_close(b);
}

static void expect_for(enum framediff_order order, frame_field_set ignored, const char *text)
{
    const struct framediff_options options = {.order = order, .ignored = ignored};

    compare(&options);
    assert_string_equal(told, text);
}

static void expect(const char *strict, const char *flow, const char *any)
{
    expect_for(FRAMEDIFF_ORDER_STRICT, 0, strict);
    expect_for(FRAMEDIFF_ORDER_FLOW, 0, flow);
    expect_for(FRAMEDIFF_ORDER_ANY, 0, any);
}

static void the_same_is_the_same(void **state)
{
    (void)state;
    begin(0);
    expect("", "", "");
    begin(1000);
    expect("", "", "");
    assert_int_equal(counts.same, 1000);
}

static void a_lost_frame_is_one_difference(void **state)
{
    (void)state;
    for (uint32_t lost = 0; lost < 40; lost += 13) {
        char text[16];

        begin(40);
        drop(&list_b, lost);
        snprintf(text, sizeof(text), "a%u", lost + 1);
        expect(text, text, text);
        begin(40);
        drop(&list_a, lost);
        snprintf(text, sizeof(text), "b%u", lost + 1);
        expect(text, text, text);
    }
    begin(40);
    list_b.count = 0;
    expect_for(FRAMEDIFF_ORDER_STRICT, 0,
               "a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 a12 a13 a14 a15 a16 a17 a18 a19 a20 a21 a22 a23 "
               "a24 a25 "
               "a26 a27 a28 a29 a30 a31 a32 a33 a34 a35 a36 a37 a38 a39 a40");
}

static void several_losses_and_additions_are_told_in_order(void **state)
{
    (void)state;
    begin(100);
    insert(&list_b, 90, frame_eth(0x4444));
    drop(&list_b, 60);
    drop(&list_b, 50);
    insert(&list_b, 20, frame_eth(0x5555));
    drop(&list_b, 5);
    expect("a6 b20 a51 a61 b89", "a6 b20 a51 a61 b89", "a6 b20 a51 a61 b89");
}

static void one_of_many_equal_frames_may_be_lost(void **state)
{
    (void)state;
    begin(0);
    for (uint32_t i = 0; i < 500; i++) {
        add(&list_a, frame_udp(50, i % 3, 10));
    }
    list_b = list_a;
    drop(&list_b, 250);
    drop(&list_b, 100);
    expect_for(FRAMEDIFF_ORDER_STRICT, 0, "a101 a251");
    assert_int_equal(counts.same, 498);
    compare(&(struct framediff_options){.order = FRAMEDIFF_ORDER_ANY});
    assert_int_equal(counts.same, 498);
    assert_int_equal(counts.kinds[FRAMEDIFF_ONLY_A], 2);
}

static void order_matters_as_asked(void **state)
{
    (void)state;
    /* Neighbours are of different flows. */
    begin(40);
    struct frame moved = list_b.frames[10];

    drop(&list_b, 10);
    insert(&list_b, 12, moved);
    expect("m11>13", "", "");
    /* Further, past one of its own flow. */
    begin(40);
    drop(&list_b, 10);
    insert(&list_b, 20, moved);
    expect("m11>21", "m11>21", "");
}

static void a_changed_frame_is_paired_with_what_it_was(void **state)
{
    (void)state;
    begin(40);
    list_b.frames[20].bytes[60] ^= 1;
    expect("c21=21", "c21=21", "c21=21");
    assert_int_equal(last.a_offset, 60);
    assert_int_equal(last.b_offset, 60);
    assert_int_equal(last.field, FRAME_FIELD_payload);
    assert_int_equal(last.fields, FRAME_FIELD_BIT(FRAME_FIELD_payload));
    /* Of two in the same place the one that is alike. */
    insert(&list_b, 20, frame_udp(50, 999, 20));
    list_b.frames[20].bytes[0] = 7;
    expect("c21=22 b21", "c21=22 b21", "c21=22 b21");
    /* Of several of its flow in the same place the one that is most alike. */
    begin(40);
    list_b.frames[20].bytes[60] ^= 1;
    insert(&list_b, 20, frame_udp(50, 999, 100));
    expect_for(FRAMEDIFF_ORDER_STRICT, 0, "c21=22 b21");
    expect_for(FRAMEDIFF_ORDER_FLOW, 0, "c21=22 b21");
    /* What is not alike is not the same frame, changed. */
    begin(40);
    list_b.frames[20] = frame_eth(0x5555);
    FRAME_PUT(&list_b.frames[20],
              "nothing of the kind, and long enough to be looked at in earnest");
    expect("a21 b21", "a21 b21", "a21 b21");
}

static void a_frame_that_ends_early_has_changed_at_its_end(void **state)
{
    (void)state;
    begin(10);
    list_b.frames[4].count -= 3;
    expect("c5=5", "c5=5", "c5=5");
    assert_int_equal(last.a_offset, list_a.frames[4].count - 3);
    assert_int_equal(last.field, FRAME_FIELD_payload);
    list_b.frames[4] = list_a.frames[4];
    FRAME_PUT(&list_b.frames[4], "\0\0");
    expect("c5=5", "c5=5", "c5=5");
    assert_int_equal(last.b_offset, list_a.frames[4].count);
    assert_int_equal(last.field, FRAME_FIELD_padding);
}

static void ignored_fields_do_not_count(void **state)
{
    const frame_field_set id = FRAME_FIELD_BIT(FRAME_FIELD_ip_id);

    (void)state;
    begin(200);
    for (uint32_t i = 0; i < 200; i += 3) {
        list_b.frames[i].bytes[19]++;
    }
    drop(&list_b, 100);
    expect_for(FRAMEDIFF_ORDER_STRICT, id, "a101");
    expect_for(FRAMEDIFF_ORDER_FLOW, id, "a101");
    expect_for(FRAMEDIFF_ORDER_ANY, id, "a101");
    list_b.frames[150].bytes[40]++;
    expect_for(FRAMEDIFF_ORDER_STRICT, id, "a101 c152=151");
    /* The first differing byte is the first that is not ignored. */
    assert_int_equal(last.a_offset, 40);
    assert_int_equal(last.fields, FRAME_FIELD_BIT(FRAME_FIELD_udp_checksum));
    /* Padding goes with its length. */
    begin(10);
    FRAME_PUT(&list_b.frames[3], "fcs!");
    expect_for(FRAMEDIFF_ORDER_ANY, FRAME_FIELD_BIT(FRAME_FIELD_padding), "");
    expect_for(FRAMEDIFF_ORDER_STRICT, FRAME_FIELD_BIT(FRAME_FIELD_padding), "");
}

/* All that is in a header may be ignored, but not whether there is one. */
static void a_header_is_a_difference_where_its_fields_are_none(void **state)
{
    const frame_field_set all =
        FRAME_FIELD_BIT(FRAME_FIELD_eth_dst) | FRAME_FIELD_BIT(FRAME_FIELD_eth_src) |
        FRAME_FIELD_BIT(FRAME_FIELD_eth_type) | FRAME_FIELD_BIT(FRAME_FIELD_payload);

    (void)state;
    begin(10);
    list_b.frames[4] = frame_eth(0x1234);
    list_a.frames[4] = list_b.frames[4];
    list_a.frames[4].count = 1;
    expect_for(FRAMEDIFF_ORDER_STRICT, all, "c5=5");
    assert_int_equal(last.field, FRAME_FIELD_eth_dst);
    assert_int_equal(last.fields, FRAME_FIELD_BIT(FRAME_FIELD_eth_dst));
}

/* With a tag cut out, the place of a difference is still told in the frames as they are. */
static void offsets_are_those_of_the_frames(void **state)
{
    (void)state;
    begin(10);
    struct frame plain = list_b.frames[5], tagged = {.count = 0};

    frame_put(&tagged, plain.bytes, 12);
    FRAME_PUT(&tagged, "\x81\x00\x00\x07");
    frame_put(&tagged, &plain.bytes[12], plain.count - 12);
    list_b.frames[5] = tagged;
    expect_for(FRAMEDIFF_ORDER_STRICT, FRAME_FIELD_BIT(FRAME_FIELD_vlan), "");
    list_b.frames[5].bytes[50]++;
    expect_for(FRAMEDIFF_ORDER_STRICT, FRAME_FIELD_BIT(FRAME_FIELD_vlan), "c6=6");
    assert_int_equal(last.a_offset, 46);
    assert_int_equal(last.b_offset, 50);
    assert_int_equal(last.field, FRAME_FIELD_payload);
}

static void times_are_compared_within_the_tolerance(void **state)
{
    struct framediff_options options = {.compare_times = true, .tolerance_ns = 1000};

    (void)state;
    begin(10);
    for (uint32_t i = 0; i < 10; i++) {
        list_b.frames[i].time_ns +=
            77000000000; /* another day: only what follows the first counts */
    }
    list_b.frames[3].time_ns += 1000;
    list_b.frames[4].time_ns -= 1000;
    compare(&options);
    assert_string_equal(told, "");
    list_b.frames[3].time_ns += 1;
    compare(&options);
    assert_string_equal(told, "l4=4");
    assert_int_equal(last.late_ns, 1001);
    list_b.frames[3].time_ns -= 1001;
    list_b.frames[4].time_ns -= 1;
    compare(&options);
    assert_string_equal(told, "l5=5");
    assert_true(last.late_ns == -1001);
    assert_int_equal(counts.same, 10);
    options.compare_times = false;
    compare(&options);
    assert_string_equal(told, "");
}

/* Random damage: every frame is counted once (compare() sees to it), and the orders grow no
 * stricter. */
static void any_damage_is_accounted_for(void **state)
{
    uint64_t dice = 7;

    (void)state;
    for (int round = 0; round < 60; round++) {
        begin(0);
        for (uint32_t i = 0; i < 300; i++) {
            dice = dice * 6364136223846793005u + 1442695040888963407u;
            add(&list_a, frame_udp(50 + (dice >> 40) % 4,
                                   (uint32_t)(dice >> 50) % (round % 2 ? 9 : 9999), 30));
        }
        list_b = list_a;
        for (int i = 0; i < 30; i++) {
            dice = dice * 6364136223846793005u + 1442695040888963407u;
            uint32_t at = (uint32_t)((dice >> 33) % list_b.count);
            struct frame f = list_b.frames[at];

            switch (dice >> 62) {
            case 0:
                drop(&list_b, at);
                break;
            case 1:
                f.bytes[(dice >> 20) % f.count] ^= 0x40;
                list_b.frames[at] = f;
                break;
            case 2:
                drop(&list_b, at);
                insert(&list_b, (uint32_t)((dice >> 8) % list_b.count), f);
                break;
            default:
                insert(&list_b, at, f);
            }
        }
        uint64_t same[3];

        for (int order = 0; order < 3; order++) {
            compare(&(struct framediff_options){.order = (enum framediff_order)order});
            same[order] = counts.same;
        }
        assert_true(same[FRAMEDIFF_ORDER_STRICT] >= 300 - 90);
        assert_true(same[FRAMEDIFF_ORDER_STRICT] <= same[FRAMEDIFF_ORDER_FLOW]);
        assert_true(same[FRAMEDIFF_ORDER_FLOW] <= same[FRAMEDIFF_ORDER_ANY]);
    }
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_is_the_same),
        cmocka_unit_test(a_lost_frame_is_one_difference),
        cmocka_unit_test(several_losses_and_additions_are_told_in_order),
        cmocka_unit_test(one_of_many_equal_frames_may_be_lost),
        cmocka_unit_test(order_matters_as_asked),
        cmocka_unit_test(a_changed_frame_is_paired_with_what_it_was),
        cmocka_unit_test(a_frame_that_ends_early_has_changed_at_its_end),
        cmocka_unit_test(ignored_fields_do_not_count),
        cmocka_unit_test(a_header_is_a_difference_where_its_fields_are_none),
        cmocka_unit_test(offsets_are_those_of_the_frames),
        cmocka_unit_test(times_are_compared_within_the_tolerance),
        cmocka_unit_test(any_damage_is_accounted_for),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
