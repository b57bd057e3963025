/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The generator: its frames are what a UDP stack accepts, its window holds, and whatever a bad
 * stack may do to a frame is told apart. Checksums are computed here by the book, a byte at a time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/wire/wire.h"

#define GBIT 1000000000u

struct rig {
    struct arena arena;
    struct diag diag;
    struct type_view view;
    struct scenario_wire asked;
    struct wire_client clients[3];
    struct wire_world world;
    struct wire_stats stats;
    struct wire_echo *echo;
    struct wire wire;
    uint8_t reply[2048];
};

static void set(struct rig *r, const char *key, const void *value, size_t bytes)
{
    for (const struct param *p = r->view.params; p->name != NULL; p++) {
        if (strcmp(p->name, key) == 0) {
            memcpy((char *)r->asked.state + p->offset, value, bytes);
            return;
        }
    }
    fail_msg("no key %s", key);
}

static void set_number(struct rig *r, const char *key, uint64_t value)
{
    set(r, key, &value, sizeof(value));
}

static void set_pace(struct rig *r, int kind, uint64_t per_second)
{
    struct pace pace = {.kind = kind, .per_second = per_second};

    set(r, "pace", &pace, sizeof(pace));
}

static void set_verify(struct rig *r, bool verify)
{
    set(r, "verify", &verify, sizeof(verify));
}

static const uint8_t far_mac[6] = {0x52, 0x54, 0, 0, 0, 1};
static const uint8_t far_ip[4] = {10, 0, 0, 1}, near_ip[4] = {10, 0, 1, 1};

static struct rig *rig_new(void)
{
    struct rig *r = calloc(1, sizeof(*r));

    r->view = (struct type_view){.name = wire_gen.name,
                                 .state_size = wire_gen.state_size,
                                 .params = wire_gen.params,
                                 .type = &wire_gen};
    r->diag.arena = &r->arena;
    r->asked = (struct scenario_wire){.name = "lan",
                                      .type = &r->view,
                                      .state = calloc(1, wire_gen.state_size),
                                      .speed_bps = GBIT,
                                      .place = {.file = "x.json", .path = "wires[0]"}};
    for (unsigned i = 0; i < 3; i++) {
        static const char *const names[] = {"client0", "client1", "client2"};

        r->clients[i] = (struct wire_client){
            .name = names[i], .here = true, .mac = {0x52, 0x54, 1, 0, 0, (uint8_t)i}};
    }
    r->world = (struct wire_world){.wire_name = "lan", .clients = r->clients, .client_count = 3};
    r->echo = &r->stats.echo;
    for (const struct param *p = r->view.params; p->name != NULL; p++) {
        if (p->kind == PARAM_KIND_UINT) {
            set_number(r, p->name, p->preset);
        }
    }
    set_pace(r, PACE_LINE, 0);
    set_verify(r, true);
    set(r, "source_mac", far_mac, 6);
    set(r, "source_ip", far_ip, 4);
    set(r, "target_ip", near_ip, 4);
    return r;
}

static void rig_free(struct rig *r)
{
    wire_close(&r->wire);
    arena_finish(&r->arena);
    free(r->asked.state);
    free(r);
}

static void rig_open(struct rig *r)
{
    char why[WIRE_WHY_BYTES] = "";
    int error = wire_open(&r->wire, &r->asked, &r->world, &r->stats, why);

    if (error != 0) {
        fail_msg("%d: %s", error, why);
    }
}

static const char *said(struct rig *r)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *to = open_memstream(&text, &bytes);
    const char *kept;

    diag_print(&r->diag, to);
    fclose(to);
    kept = arena_text(&r->arena, text);
    free(text);
    return kept;
}

static void swap(uint8_t *a, uint8_t *b, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        uint8_t kept = a[i];

        a[i] = b[i];
        b[i] = kept;
    }
}

/* What an echo makes of a frame: the same with its ends swapped. In r->reply. */
static void make_reply(struct rig *r, const struct wire_frame *f)
{
    assert_true(f->length <= sizeof(r->reply));
    memcpy(r->reply, f->bytes, f->length);
    swap(r->reply, r->reply + 6, 6);
    swap(r->reply + 26, r->reply + 30, 4);
    swap(r->reply + 34, r->reply + 36, 2);
}

/* Take the next frame, which must be due; leave its echo in r->reply. Its length. */
static uint32_t take(struct rig *r, uint64_t now_ns)
{
    const struct wire_frame *f = wire_take(&r->wire, now_ns);

    assert_non_null(f);
    make_reply(r, f);
    return f->length;
}

static unsigned word_at(const uint8_t *bytes)
{
    return (unsigned)(bytes[0] << 8 | bytes[1]);
}

/* RFC 1071, in network order. */
static unsigned sum_of(const uint8_t *bytes, size_t count, unsigned sum)
{
    for (size_t i = 0; i < count; i++) {
        sum += i % 2 == 0 ? (unsigned)bytes[i] << 8 : bytes[i];
    }
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static void assert_is_good_udp(const uint8_t *f, uint32_t length)
{
    assert_int_equal(word_at(f + 12), 0x0800);
    assert_int_equal(f[14], 0x45);
    assert_int_equal(word_at(f + 16), length - 14);
    assert_true(f[22] > 0);
    assert_int_equal(f[23], 17);
    assert_int_equal(sum_of(f + 14, 20, 0), 0xffff);
    assert_int_equal(word_at(f + 38), length - 34);
    assert_int_not_equal(word_at(f + 40), 0);
    assert_int_equal(sum_of(f + 34, length - 34, sum_of(f + 26, 8, 17 + length - 34)), 0xffff);
}

static void frames_are_good_udp_of_every_size(void **state)
{
    (void)state;
    for (unsigned size = 60; size <= 1514; size++) {
        struct rig *r = rig_new();

        set_verify(r, size % 5 != 0);
        set_number(r, "size", size);
        set_number(r, "count", 5);
        rig_open(r);
        for (unsigned i = 0; i < 5; i++) {
            const struct wire_frame *f = wire_take(&r->wire, wire_due(&r->wire));

            assert_int_equal(f->length, size);
            assert_is_good_udp(f->bytes, size);
            assert_memory_equal(f->bytes, r->clients[i % 3].mac, 6);
            assert_memory_equal(f->bytes + 6, far_mac, 6);
            assert_memory_equal(f->bytes + 26, far_ip, 4);
            assert_int_equal(f->bytes[33], 1 + i % 3);
            assert_int_equal(word_at(f->bytes + 34), 9000);
            assert_int_equal(word_at(f->bytes + 36), 7);
            make_reply(r, f);
            assert_is_good_udp(r->reply, size);
            wire_send(&r->wire, r->reply, size, 1000000);
        }
        assert_true(wire_exhausted(&r->wire));
        assert_int_equal(r->echo->sent, 5);
        assert_int_equal(r->echo->returned, 5);
        assert_int_equal(r->echo->measured, 5);
        assert_int_equal(wire_missing(r->echo), 0);
        assert_int_equal(r->echo->corrupt + r->echo->duplicate + r->echo->misrouted +
                             r->echo->stale + r->echo->other,
                         0);
        rig_free(r);
    }
}

/* Over a hundred thousand numbers every sum is met, the one that must not be written as 0 too. */
static void checksums_hold_for_many_numbers(void **state)
{
    struct rig *r = rig_new();
    bool all_ones = false;

    (void)state;
    set_number(r, "count", 0);
    r->asked.speed_bps = 0;
    rig_open(r);
    for (unsigned i = 0; i < 200000; i++) {
        const struct wire_frame *f = wire_take(&r->wire, 0);

        assert_is_good_udp(f->bytes, f->length);
        all_ones = all_ones || word_at(f->bytes + 40) == 0xffff;
    }
    assert_true(all_ones);
    rig_free(r);
}

static void the_window_holds(void **state)
{
    struct rig *r = rig_new();
    uint64_t now_ns = 0;

    (void)state;
    set_number(r, "window", 4);
    set_number(r, "count", 20);
    r->asked.speed_bps = 0;
    rig_open(r);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(wire_due(&r->wire), 0);
        take(r, 0);
    }
    assert_int_equal(wire_due(&r->wire), WIRE_NEVER);
    assert_true(wire_waits(&r->wire));
    assert_false(wire_exhausted(&r->wire));
    assert_null(wire_take(&r->wire, 1));
    for (unsigned i = 4; i < 20; i++) {
        now_ns += 100;
        wire_send(&r->wire, r->reply, 64, now_ns); /* the last one taken came back */
        assert_int_equal(wire_due(&r->wire), now_ns);
        wire_send(&r->wire, r->reply, 64, now_ns); /* doubled: makes no room */
        take(r, now_ns + 50);
        assert_int_equal(wire_due(&r->wire), WIRE_NEVER);
        assert_int_equal(wire_waits(&r->wire), i < 19);
    }
    assert_true(wire_exhausted(&r->wire));
    assert_int_equal(r->echo->sent, 20);
    assert_int_equal(r->echo->returned, 16);
    assert_int_equal(r->echo->duplicate, 16);
    assert_int_equal(wire_missing(r->echo), 4);
    rig_free(r);
}

static void pace_and_medium_limit_a_window(void **state)
{
    struct rig *r = rig_new();

    (void)state;
    set_number(r, "window", 2);
    set_pace(r, PACE_FRAMES, 100000);
    rig_open(r);
    assert_int_equal(wire_due(&r->wire), 0);
    take(r, 0);
    wire_send(&r->wire, r->reply, 64, 100);
    assert_int_equal(wire_due(&r->wire), 10000);
    take(r, 10000);
    wire_close(&r->wire);
    set_pace(r, PACE_LINE, 0);
    rig_open(r);
    take(r, 0);
    wire_send(&r->wire, r->reply, 64, 100);
    assert_int_equal(wire_due(&r->wire), (8 + 64 + 4 + 12) * 8);
    rig_free(r);
}

static void a_rate_of_bits_counts_the_frames_own(void **state)
{
    struct rig *r = rig_new();

    (void)state;
    set_number(r, "size", 1250);
    set_pace(r, PACE_BITS, 10000000);
    rig_open(r);
    for (uint64_t i = 0; i < 10; i++) {
        assert_int_equal(wire_due(&r->wire), i * 1000000);
        take(r, i * 1000000);
    }
    rig_free(r);
}

static void time_is_measured_after_the_warm_up(void **state)
{
    struct rig *r = rig_new();

    (void)state;
    set_number(r, "window", 1);
    set_number(r, "warmup", 10);
    set_number(r, "count", 100);
    r->asked.speed_bps = 0;
    rig_open(r);
    for (uint64_t i = 0; i < 110; i++) {
        uint64_t now_ns = i * 10000;

        take(r, now_ns);
        wire_send(&r->wire, r->reply, 64, now_ns + (i < 10 ? 9999 : i == 50 ? 5000 : 1000 + i));
    }
    assert_true(wire_exhausted(&r->wire));
    assert_int_equal(r->echo->sent, 110);
    assert_int_equal(r->echo->returned, 110);
    assert_int_equal(r->echo->measured, 100);
    assert_int_equal(r->echo->measured_bytes, 6400);
    assert_int_equal(r->echo->first_ns, 100000);
    assert_int_equal(r->echo->last_ns, 1090000 + 1109);
    assert_int_equal(r->echo->rtt.count, 100);
    assert_int_equal(r->echo->rtt.min_ns, 1010);
    assert_int_equal(r->echo->rtt.max_ns, 5000);
    assert_int_equal(rtt_mean(&r->echo->rtt), (100 * 1000 + (10 + 109) * 50 - 50 + 4000) / 100);
    assert_in_range(rtt_quantile(&r->echo->rtt, 500), 1059, 1059 + 1059 / 32);
    assert_int_equal(rtt_quantile(&r->echo->rtt, 1000), 5000);
    rig_free(r);
}

/* One frame of many sizes, changed at each byte in turn: nothing that matters may slip through. */
static void every_altered_byte_is_noticed(void **state)
{
    static const unsigned sizes[] = {60, 61, 64, 67, 128, 1514};

    (void)state;
    for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        for (unsigned at = 0; at < sizes[s]; at++) {
            struct rig *r = rig_new();

            set_number(r, "size", sizes[s]);
            set_number(r, "count", 1);
            rig_open(r);
            take(r, 0);
            r->reply[at] ^= 0x20;
            wire_send(&r->wire, r->reply, sizes[s], 1000);
            bool noticed =
                r->echo->corrupt + r->echo->misrouted + r->echo->other + wire_missing(r->echo) > 0;

            /* Where it goes to is for the far end's station to look at, not for its user. */
            assert_int_equal(noticed, at >= 6);
            assert_int_equal(r->echo->measured, r->echo->corrupt + r->echo->other == 0);
            rig_free(r);
        }
    }
}

static void without_verifying_only_the_number_counts(void **state)
{
    struct rig *r = rig_new();

    (void)state;
    set_verify(r, false);
    set_number(r, "size", 100);
    rig_open(r);
    take(r, 0);
    r->reply[80] ^= 1;
    wire_send(&r->wire, r->reply, 100, 10);
    assert_int_equal(r->echo->corrupt, 0);
    assert_int_equal(r->echo->measured, 1);
    take(r, 100000);
    wire_send(&r->wire, r->reply, 99, 100010);
    assert_int_equal(r->echo->corrupt, 1);
    rig_free(r);
}

static void mixed_up_frames_are_told_apart(void **state)
{
    struct rig *r = rig_new();
    uint8_t first[64];

    (void)state;
    r->asked.speed_bps = 0;
    rig_open(r);
    take(r, 0);
    memcpy(first, r->reply, 64);
    take(r, 0);
    wire_send(&r->wire, r->reply, 64, 10);
    wire_send(&r->wire, r->reply, 64, 11);
    assert_int_equal(r->echo->returned, 1);
    assert_int_equal(r->echo->duplicate, 1);
    /* The tail of another frame, as when a buffer is used twice. */
    memcpy(first + 54, r->reply + 54, 10);
    wire_send(&r->wire, first, 64, 12);
    assert_int_equal(r->echo->corrupt, 1);
    assert_int_equal(r->echo->measured, 1);
    /* Answered by another station. */
    take(r, 20);
    memcpy(r->reply + 6, r->clients[0].mac, 6);
    wire_send(&r->wire, r->reply, 64, 21);
    assert_int_equal(r->echo->misrouted, 1);
    /* A number that was not sent yet. */
    take(r, 30);
    r->reply[46 + 7] += 1;
    wire_send(&r->wire, r->reply, 64, 31);
    assert_int_equal(r->echo->corrupt, 2);
    r->reply[46] = 0xff;
    wire_send(&r->wire, r->reply, 64, 31);
    assert_int_equal(r->echo->corrupt, 3);
    /* Cut short, and other people's frames. */
    for (size_t length = 0; length < 54; length++) {
        wire_send(&r->wire, r->reply, length, 32);
    }
    assert_int_equal(r->echo->other, 54);
    assert_int_equal(r->echo->sent, 4);
    assert_int_equal(r->echo->returned, 3);
    assert_int_equal(wire_missing(r->echo), 1);
    rig_free(r);
}

static void an_answer_may_have_no_checksum_but_not_a_wrong_one(void **state)
{
    struct rig *r = rig_new();

    (void)state;
    r->asked.speed_bps = 0;
    rig_open(r);
    take(r, 0);
    r->reply[40] = r->reply[41] = 0;
    wire_send(&r->wire, r->reply, 64, 10);
    assert_int_equal(r->echo->corrupt, 0);
    take(r, 20);
    r->reply[41]++;
    wire_send(&r->wire, r->reply, 64, 30);
    assert_int_equal(r->echo->corrupt, 1);
    rig_free(r);
}

static void what_returns_after_ages_is_counted_apart(void **state)
{
    struct rig *r = rig_new();
    uint8_t oldest[64];

    (void)state;
    set_number(r, "count", 0);
    set_pace(r, PACE_LINE, 0);
    r->asked.speed_bps = 0;
    rig_open(r);
    take(r, 0);
    memcpy(oldest, r->reply, 64);
    for (unsigned i = 1; i < 65536; i++) {
        take(r, i);
    }
    wire_send(&r->wire, oldest, 64, 65536); /* just remembered */
    wire_send(&r->wire, oldest, 64, 65536);
    assert_int_equal(r->echo->returned, 1);
    assert_int_equal(r->echo->duplicate, 1);
    take(r, 65537);
    wire_send(&r->wire, oldest, 64, 65538); /* no longer */
    assert_int_equal(r->echo->returned, 1);
    assert_int_equal(r->echo->stale, 1);
    rig_free(r);
}

static void two_generators_know_their_own_frames(void **state)
{
    struct rig *r = rig_new(), *other = rig_new();

    (void)state;
    other->world.wire_name = "wan";
    rig_open(r);
    rig_open(other);
    take(r, 0);
    take(other, 0);
    wire_send(&other->wire, r->reply, 64, 100);
    assert_int_equal(other->echo->other, 1);
    assert_int_equal(other->echo->returned, 0);
    rig_free(r);
    rig_free(other);
}

static void clients_are_named_in_any_order(void **state)
{
    static const unsigned order[] = {2, 0, 2};
    const char *to = "client2, client0,client2";
    struct rig *r = rig_new();

    (void)state;
    set(r, "to", &to, sizeof(to));
    assert_true(wire_check(&r->asked, &r->world, &r->diag));
    rig_open(r);
    for (unsigned i = 0; i < 9; i++) {
        const struct wire_frame *f = wire_take(&r->wire, wire_due(&r->wire));

        assert_memory_equal(f->bytes, r->clients[order[i % 3]].mac, 6);
    }
    rig_free(r);
}

static void an_address_may_be_given_instead(void **state)
{
    static const uint8_t nobody[6] = {2, 0, 0, 0, 0, 9};
    struct rig *r = rig_new();

    (void)state;
    r->world.client_count = 0;
    set(r, "target_mac", nobody, 6);
    assert_true(wire_check(&r->asked, &r->world, &r->diag));
    rig_open(r);
    assert_memory_equal(wire_take(&r->wire, 0)->bytes, nobody, 6);
    assert_memory_equal(wire_take(&r->wire, 1000)->bytes, nobody, 6);
    rig_free(r);
}

static void what_is_wrong_is_said_all_at_once(void **state)
{
    const char *to = "client0,clinet1,client2,nobody";
    struct rig *r = rig_new();
    char why[WIRE_WHY_BYTES];

    (void)state;
    set(r, "to", &to, sizeof(to));
    set_pace(r, PACE_RECORDED, 0);
    r->clients[2].here = false;
    r->asked.macs_spread = true;
    assert_false(wire_check(&r->asked, &r->world, &r->diag));
    assert_int_equal(r->diag.errors, 5);
    assert_non_null(strstr(said(r), "wires[0].pace: nothing was recorded here"));
    assert_non_null(strstr(said(r), "wires[0].to: no client \"clinet1\" receives from this wire; "
                                    "did you mean \"client1\"?"));
    assert_non_null(strstr(said(r), "no client \"client2\""));
    assert_non_null(strstr(said(r), "no client \"nobody\""));
    assert_non_null(strstr(said(r), "wires[0].macs: "));
    set_pace(r, PACE_LINE, 0);
    to = "nobody";
    set(r, "to", &to, sizeof(to));
    assert_int_equal(wire_open(&r->wire, &r->asked, &r->world, &r->stats, why), -EINVAL);
    rig_free(r);
}

static void each_complaint_stands_alone(void **state)
{
    static const uint8_t nobody[6] = {2, 0, 0, 0, 0, 9};
    const char *to = "client1";
    struct rig *r = rig_new();

    (void)state;
    set_pace(r, PACE_FRAMES, 1);
    assert_true(wire_check(&r->asked, &r->world, &r->diag));
    set_pace(r, PACE_BITS, 0);
    assert_false(wire_check(&r->asked, &r->world, &r->diag));
    assert_non_null(strstr(said(r), "wires[0].pace: no frame would ever be sent"));
    set_pace(r, PACE_LINE, 0);
    r->asked.macs_spread = true;
    assert_false(wire_check(&r->asked, &r->world, &r->diag));
    r->asked.macs_spread = false;
    set(r, "to", &to, sizeof(to));
    set(r, "target_mac", nobody, 6);
    assert_false(wire_check(&r->asked, &r->world, &r->diag));
    assert_non_null(strstr(said(r), "leave one out"));
    set(r, "target_mac", (uint8_t[6]){0}, 6);
    to = " , ";
    set(r, "to", &to, sizeof(to));
    assert_false(wire_check(&r->asked, &r->world, &r->diag));
    assert_non_null(strstr(said(r), "names no client"));
    to = NULL;
    set(r, "to", &to, sizeof(to));
    for (unsigned i = 0; i < 3; i++) {
        assert_true(wire_check(&r->asked, &r->world, &r->diag));
        r->clients[i].here = false;
    }
    assert_false(wire_check(&r->asked, &r->world, &r->diag));
    assert_non_null(strstr(said(r), "give a \"target_mac\""));
    assert_int_equal(r->diag.errors, 5);
    rig_free(r);
}

static void quantiles_are_within_a_thirty_second(void **state)
{
    struct rtt *r = calloc(1, sizeof(*r));
    uint64_t last = 0;

    (void)state;
    assert_int_equal(rtt_quantile(r, 500), 0);
    assert_int_equal(rtt_mean(r), 0);
    /* Boxes follow each other without a gap, and no value shares one with its 33/32. */
    for (uint64_t ns = 0; ns < 5000000; ns += 1 + ns / 1000) {
        assert_true(rtt_box(ns) == last || rtt_box(ns) == last + 1);
        last = rtt_box(ns);
        assert_true(ns < 32 || rtt_box(ns + ns / 32 + 1) > last);
    }
    assert_true(rtt_box(UINT64_MAX) < RTT_BOXES);
    assert_int_equal(rtt_box((1ull << 35) - 1), RTT_BOXES - 1);
    assert_int_equal(rtt_box(1ull << 35), RTT_BOXES - 1);
    for (uint64_t ns = 1; ns <= 1000; ns++) {
        rtt_add(r, ns * 1000);
    }
    for (unsigned permille = 1; permille <= 1000; permille++) {
        uint64_t q = rtt_quantile(r, permille);

        assert_in_range(q, permille * 1000, permille * 1000 + permille * 1000 / 32);
    }
    assert_int_equal(rtt_quantile(r, 0), rtt_quantile(r, 1));
    memset(r, 0, sizeof(*r));
    rtt_add(r, 64);
    rtt_add(r, 1000);
    assert_int_equal(rtt_quantile(r, 500), 65); /* the end of its box */
    assert_int_equal(rtt_quantile(r, 501), 1000);
    rtt_add(r, 1ull << 50);
    assert_int_equal(rtt_quantile(r, 1000), 1ull << 50);
    memset(r, 0xff, sizeof(*r)); /* whatever is in there */
    rtt_quantile(r, 999);
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_good_udp_of_every_size),
        cmocka_unit_test(checksums_hold_for_many_numbers),
        cmocka_unit_test(the_window_holds),
        cmocka_unit_test(pace_and_medium_limit_a_window),
        cmocka_unit_test(a_rate_of_bits_counts_the_frames_own),
        cmocka_unit_test(time_is_measured_after_the_warm_up),
        cmocka_unit_test(every_altered_byte_is_noticed),
        cmocka_unit_test(without_verifying_only_the_number_counts),
        cmocka_unit_test(mixed_up_frames_are_told_apart),
        cmocka_unit_test(an_answer_may_have_no_checksum_but_not_a_wrong_one),
        cmocka_unit_test(what_returns_after_ages_is_counted_apart),
        cmocka_unit_test(two_generators_know_their_own_frames),
        cmocka_unit_test(clients_are_named_in_any_order),
        cmocka_unit_test(an_address_may_be_given_instead),
        cmocka_unit_test(what_is_wrong_is_said_all_at_once),
        cmocka_unit_test(each_complaint_stands_alone),
        cmocka_unit_test(quantiles_are_within_a_thirty_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
