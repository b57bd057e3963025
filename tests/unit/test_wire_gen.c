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

#include "sim/wire/sources.h"
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

static uint64_t sizes_of(uint64_t seed, bool *least, bool *greatest)
{
    struct rig *r = rig_new();
    uint64_t sum = 0;

    r->world.seed = seed;
    set_number(r, "size", 61);
    set_number(r, "size_max", 700);
    rig_open(r);
    for (unsigned i = 0; i < 1000; i++) {
        const struct wire_frame *f = wire_take(&r->wire, wire_due(&r->wire));

        assert_in_range(f->length, 61, 700);
        *least |= f->length == 61;
        *greatest |= f->length == 700;
        sum = sum * 31 + f->length;
        assert_is_good_udp(f->bytes, f->length);
        make_reply(r, f);
        wire_send(&r->wire, r->reply, f->length, 1000000);
    }
    assert_int_equal(r->echo->returned, 1000);
    assert_int_equal(r->echo->corrupt + r->echo->misrouted + r->echo->other, 0);
    rig_free(r);
    return sum;
}

/* The same from the same seed, and the extremes are always among them. */
static void sizes_by_chance(void **state)
{
    bool least = false, greatest = false;

    (void)state;
    uint64_t sum = sizes_of(7, &least, &greatest);

    assert_true(least && greatest);
    assert_int_equal(sizes_of(7, &least, &greatest), sum);
    assert_int_not_equal(sizes_of(8, &least, &greatest), sum);
}

/* A frame of another kind's length is no good, whatever it says. */
static void sizes_are_not_exchanged(void **state)
{
    struct rig *r = rig_new();

    (void)state;
    set_number(r, "size_max", 1514);
    rig_open(r);
    const struct wire_frame *f = wire_take(&r->wire, wire_due(&r->wire));

    make_reply(r, f);
    r->reply[17] ^= 4; /* the length its header tells */
    wire_send(&r->wire, r->reply, f->length, 1000);
    assert_int_equal(r->echo->corrupt, 1);
    rig_free(r);
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

/* ---- offered loads ---- */

#define BACK_MAX 1024u

/* Echoes on their way back, each after the same time. */
struct back {
    uint8_t frames[BACK_MAX][64];
    uint64_t at_ns[BACK_MAX];
    uint64_t first, count, delay_ns;
};

static void set_load(struct rig *r, uint64_t offered_bps, uint64_t sources, uint64_t size)
{
    set_number(r, "offered", offered_bps);
    set_number(r, "sources", sources);
    set_number(r, "size", size);
}

static void back_put(struct back *b, const uint8_t *reply, uint64_t now_ns)
{
    uint64_t at = b->count++ % BACK_MAX;

    assert_true(b->count - b->first <= BACK_MAX);
    memcpy(b->frames[at], reply, 64);
    b->at_ns[at] = now_ns + b->delay_ns;
}

static void back_until(struct rig *r, struct back *b, uint64_t now_ns)
{
    while (b->first < b->count && b->at_ns[b->first % BACK_MAX] <= now_ns) {
        wire_send(&r->wire, b->frames[b->first % BACK_MAX], 64, b->at_ns[b->first % BACK_MAX]);
        b->first++;
    }
}

/* Let so many frames enter when they are due, each echoed after `delay_ns` but for each nth of
 * them, 0: none; when the last one entered. Sizes of 64. */
static uint64_t echo_all(struct rig *r, uint64_t frames, uint64_t delay_ns, uint64_t lost_nth)
{
    struct back *b = calloc(1, sizeof(*b));
    uint64_t due_ns = 0, now_ns = 0;

    b->delay_ns = delay_ns;
    for (uint64_t i = 0; i < frames && (due_ns = wire_due(&r->wire)) != WIRE_NEVER; i++) {
        now_ns = due_ns;
        back_until(r, b, now_ns);
        assert_int_equal(take(r, now_ns), 64);
        if (lost_nth == 0 || i % lost_nth != 0) {
            back_put(b, r->reply, now_ns);
        }
    }
    back_until(r, b, UINT64_MAX);
    free(b);
    return now_ns;
}

static void an_offered_load_is_exact_over_a_million_frames(void **state)
{
    static const struct {
        uint64_t offered_bps, sources, size;
    } loads[] = {{956999989, 4, 1514}, {10000019, 7, 61}, {100000000, 1, 999}, {333333333, 3, 60}};

    (void)state;
    for (unsigned l = 0; l < sizeof(loads) / sizeof(loads[0]); l++) {
        struct rig *r = rig_new();
        uint64_t bits = (loads[l].size - 42) * 8;

        set_load(r, loads[l].offered_bps, loads[l].sources, loads[l].size);
        set_number(r, "count", 1000001);
        set_verify(r, false);
        r->asked.speed_bps = 0;
        rig_open(r);
        for (uint64_t i = 0; i <= 1000000; i++) {
            uint64_t due_ns = (uint64_t)((unsigned __int128)i * bits * GBIT / loads[l].offered_bps);

            assert_int_equal(wire_due(&r->wire), due_ns);
            assert_non_null(wire_take(&r->wire, due_ns));
        }
        assert_true(wire_exhausted(&r->wire));
        assert_int_equal(r->echo->window_in_bits, 1000000 * bits);
        assert_in_range(wire_offered_bps(r->echo), loads[l].offered_bps,
                        loads[l].offered_bps + 1); /* the last nanosecond began */
        assert_int_equal(wire_achieved_bps(r->echo), 0);
        rig_free(r);
    }
}

static uint64_t take_all(struct rig *r, uint64_t frames)
{
    uint64_t history = 0, due_ns;

    rig_open(r);
    for (uint64_t i = 0; i < frames; i++) {
        due_ns = wire_due(&r->wire);
        const struct wire_frame *f = wire_take(&r->wire, due_ns);

        for (unsigned at = 0; at < f->length; at++) {
            history = history * 31 + f->bytes[at];
        }
        history = history * 31 + due_ns;
    }
    wire_close(&r->wire);
    return history;
}

static void an_exponential_load_follows_from_the_seed(void **state)
{
    struct rig *r = rig_new();
    uint64_t exponential = 1;

    (void)state;
    set_load(r, 300000000, 4, 64);
    set_number(r, "count", 0);
    uint64_t constant = take_all(r, 10000);
    r->world.seed = 1;
    assert_true(take_all(r, 10000) == constant); /* nothing here takes dice */
    set(r, "gaps", &exponential, sizeof(exponential));
    uint64_t one = take_all(r, 10000);
    assert_true(one != constant);
    assert_true(take_all(r, 10000) == one);
    r->world.seed = 2;
    assert_true(take_all(r, 10000) != one);
    r->world.seed = 1;
    r->world.wire_name = "wan";
    assert_true(take_all(r, 10000) != one);
    r->asked.speed_bps = 0;
    rig_open(r);
    uint64_t last_ns = 0;
    for (unsigned i = 0; i < 1000000; i++) {
        last_ns = wire_due(&r->wire);
        wire_take(&r->wire, last_ns);
    }
    assert_in_range(last_ns, 997 * 22 * 8 * 10000 / 3, 1003ull * 22 * 8 * 10000 / 3);
    assert_in_range(wire_offered_bps(r->echo), 299000000, 301000000);
    rig_free(r);
}

/* Four machines, exponential, at nine tenths of what the wire carries: one wire all the same. */
static void frames_of_several_sources_share_one_wire(void **state)
{
    struct rig *r = rig_new();
    uint64_t exponential = 1, free_ns = 0, waited = 0, seen[4][3] = {{0}};
    struct sources_asked asked = {.name = "lan",
                                  .count = 4,
                                  .bits_per_second = 200000000,
                                  .frame_bytes = 22,
                                  .exponential = true,
                                  .backlog = 64};
    struct sources expected;

    (void)state;
    set_load(r, 200000000, 4, 64);
    set(r, "gaps", &exponential, sizeof(exponential));
    set_number(r, "count", 20000);
    rig_open(r);
    assert_int_equal(sources_open(&expected, &asked), 0);
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t source = sources_first(&expected);
        uint64_t made_ns = expected.all[source].due_ns;
        uint64_t begin_ns = wire_due(&r->wire);
        const struct wire_frame *f = wire_take(&r->wire, begin_ns);
        unsigned client = f->bytes[5];

        /* In the order they were made in, as soon as the wire is free, and never two at once. */
        assert_int_equal(begin_ns, made_ns > free_ns ? made_ns : free_ns);
        waited += begin_ns > made_ns;
        free_ns = begin_ns + wire_ns(&r->wire, 64);
        assert_is_good_udp(f->bytes, 64);
        assert_memory_equal(f->bytes, r->clients[client].mac, 6);
        assert_memory_equal(f->bytes + 6, far_mac, 5);
        assert_int_equal(f->bytes[11], far_mac[5] + source);
        assert_memory_equal(f->bytes + 26, far_ip, 3);
        assert_int_equal(f->bytes[29], far_ip[3] + source);
        assert_int_equal(f->bytes[33], near_ip[3] + client);
        assert_int_equal(client, (source + expected.all[source].left) % 3);
        seen[source][client]++;
        sources_left(&expected, source, begin_ns);
    }
    assert_in_range(waited, 10000, 19999);
    for (unsigned i = 0; i < 12; i++) {
        assert_in_range(seen[i / 3][i % 3], 20000 / 12 - 100, 20000 / 12 + 100);
    }
    assert_true(wire_exhausted(&r->wire));
    sources_finish(&expected);
    rig_free(r);
}

static void addresses_of_sources_carry_over(void **state)
{
    static const uint8_t mac[6] = {0x52, 0x54, 0, 0xff, 0xff, 0xff}, ip[4] = {10, 0, 0, 255};
    static const uint8_t next_mac[6] = {0x52, 0x54, 1, 0, 0, 0}, next_ip[4] = {10, 0, 1, 0};
    struct rig *r = rig_new();

    (void)state;
    set_load(r, 100000000, 2, 64);
    set(r, "source_mac", mac, 6);
    set(r, "source_ip", ip, 4);
    rig_open(r);
    take(r, wire_due(&r->wire));
    assert_memory_equal(r->reply, mac, 6);
    assert_memory_equal(r->reply + 30, ip, 4);
    take(r, wire_due(&r->wire));
    assert_memory_equal(r->reply, next_mac, 6);
    assert_memory_equal(r->reply + 30, next_ip, 4);
    rig_free(r);
}

static void a_round_trip_begins_at_the_source(void **state)
{
    struct rig *r = rig_new();
    uint64_t wire_busy_ns, measured;

    /* No frame waits: the echo's own time is all. */
    (void)state;
    set_load(r, 100000000, 4, 64);
    set_number(r, "count", 1000);
    rig_open(r);
    echo_all(r, 1000, 5000, 0);
    assert_int_equal(r->echo->measured, 1000);
    assert_int_equal(r->echo->rtt.min_ns, 5000);
    assert_int_equal(r->echo->rtt.max_ns, 5000);
    wire_close(&r->wire);
    /* Late, as in host time: that counts as well. */
    rig_open(r);
    take(r, 7000);
    wire_send(&r->wire, r->reply, 64, 7100);
    assert_int_equal(r->echo->rtt.max_ns, 7100);
    wire_close(&r->wire);
    /* Two frames made for each that the wire carries: in the end each waits for all others that
     * may, at its own source and at those beside it. */
    set_load(r, 500000000, 2, 64);
    set_number(r, "backlog", 5);
    set_number(r, "count", 1000);
    rig_open(r);
    wire_busy_ns = wire_ns(&r->wire, 64);
    assert_int_equal(wire_busy_ns, 704);
    assert_int_equal(echo_all(r, 1000, 5000, 0), 999 * wire_busy_ns);
    measured = r->echo->rtt.count;
    assert_int_equal(measured, 1000);
    assert_int_equal(r->echo->rtt.min_ns, 5000);
    assert_int_equal(r->echo->rtt.max_ns, 10 * wire_busy_ns + 5000);
    assert_true(rtt_mean(&r->echo->rtt) > 10 * wire_busy_ns + 4900);
    /* What the wire carries of 22 bytes in 88; and all of it comes back in time but seven. */
    assert_int_equal(wire_offered_bps(r->echo), 250000000);
    assert_int_equal(wire_achieved_bps(r->echo), 250000000 - 250000000ull * 7 / 999 - 1);
    rig_free(r);
}

static void the_warm_up_may_be_a_time(void **state)
{
    struct rig *r = rig_new();

    (void)state;
    /* A frame each 10 us, whose echo takes 25. */
    set_load(r, 22 * 8 * 100000, 2, 64);
    set_number(r, "warmup_time", 1000001);
    set_number(r, "count", 50);
    rig_open(r);
    assert_int_equal(echo_all(r, 1000, 25000, 0), 1500000);
    assert_true(wire_exhausted(&r->wire));
    assert_int_equal(r->echo->sent, 151);
    assert_int_equal(r->echo->returned, 151);
    assert_int_equal(r->echo->measured, 50);
    assert_int_equal(r->echo->rtt.count, 50);
    assert_int_equal(r->echo->first_ns, 1010000);
    assert_int_equal(r->echo->window_end_ns, 1500000);
    assert_int_equal(r->echo->last_ns, 1525000);
    assert_int_equal(wire_offered_bps(r->echo), 17600000);
    assert_int_equal(wire_achieved_bps(r->echo), 17600000); /* what was under way came in too */
    wire_close(&r->wire);
    /* The later of the two counts, whichever that is. */
    set_number(r, "warmup", 105);
    rig_open(r);
    echo_all(r, 1000, 0, 0);
    assert_int_equal(r->echo->first_ns, 1050000);
    assert_int_equal(r->echo->sent, 155);
    wire_close(&r->wire);
    set_number(r, "warmup", 95);
    rig_open(r);
    echo_all(r, 1000, 0, 0);
    assert_int_equal(r->echo->first_ns, 1010000);
    assert_int_equal(r->echo->sent, 151);
    wire_close(&r->wire);
    /* The moment it ends at is measured. */
    set_number(r, "warmup_time", 1000000);
    rig_open(r);
    echo_all(r, 1000, 0, 0);
    assert_int_equal(r->echo->first_ns, 1000000);
    rig_free(r);
}

static void a_duration_ends_what_count_does_not(void **state)
{
    struct rig *r = rig_new();

    (void)state;
    set_load(r, 22 * 8 * 100000, 1, 64);
    set_number(r, "warmup_time", 1000000);
    set_number(r, "duration", 20000000); /* and no count is given: there is none */
    rig_open(r);
    assert_int_equal(echo_all(r, 10000, 5000, 0), 20990000);
    assert_true(wire_exhausted(&r->wire));
    assert_int_equal(r->echo->measured, 2000);
    wire_close(&r->wire);
    set_number(r, "count", 7); /* whichever is first */
    rig_open(r);
    echo_all(r, 10000, 5000, 0);
    assert_int_equal(r->echo->measured, 7);
    wire_close(&r->wire);
    set_number(r, "count", 0);
    set_number(r, "warmup_time", 0);
    set_number(r, "warmup", 1000);
    rig_open(r);
    echo_all(r, 10000, 5000, 0);
    assert_int_equal(r->echo->sent, 3000);
    rig_free(r);
}

/* The same keys without an offered load. */
static void a_window_or_a_pace_may_have_a_duration_too(void **state)
{
    struct rig *r = rig_new();
    uint64_t now_ns = 0;

    (void)state;
    set_number(r, "duration", 100000);
    set_number(r, "warmup_time", 5000);
    rig_open(r); /* line rate: a frame each 704 ns; the last waits for the wire when time is up */
    assert_int_equal(echo_all(r, 10000, 50, 0), 151 * 704);
    assert_int_equal(r->echo->first_ns, 8 * 704);
    assert_true(wire_exhausted(&r->wire));
    assert_int_equal(r->echo->rtt.max_ns, 50);
    assert_int_equal(wire_offered_bps(r->echo), 250000000);
    wire_close(&r->wire);
    set_number(r, "window", 1);
    rig_open(r);
    while (wire_due(&r->wire) != WIRE_NEVER) {
        now_ns = wire_due(&r->wire);
        take(r, now_ns);
        wire_send(&r->wire, r->reply, 64, now_ns + 1000);
    }
    assert_true(wire_exhausted(&r->wire));
    assert_int_equal(r->echo->first_ns, 5000);
    assert_int_equal(now_ns, 104000);
    assert_int_equal(wire_offered_bps(r->echo), 176000000);
    assert_int_equal(wire_achieved_bps(r->echo), 176000000);
    rig_free(r);
}

static void what_does_not_come_back_was_not_achieved(void **state)
{
    struct rig *r = rig_new();
    struct wire_echo any;

    (void)state;
    set_load(r, 22 * 8 * 100000, 3, 64);
    set_number(r, "warmup", 100);
    set_number(r, "count", 10001);
    rig_open(r);
    echo_all(r, 20000, 12345, 4);
    assert_int_equal(r->echo->measured, 10001 * 3 / 4);
    assert_int_equal(wire_missing(r->echo), 10101 / 4 + 1);
    assert_int_equal(wire_offered_bps(r->echo), 17600000);
    assert_int_equal(wire_achieved_bps(r->echo), 13200000);
    /* Whoever keeps the numbers may write what it likes. */
    memset(&any, 0xff, sizeof(any));
    assert_int_equal(wire_offered_bps(&any), 0);
    any.first_ns = 0;
    assert_int_equal(wire_achieved_bps(&any), GBIT);
    any.window_end_ns = 1;
    assert_int_equal(wire_achieved_bps(&any), UINT64_MAX);
    memset(&any, 0, sizeof(any));
    assert_int_equal(wire_offered_bps(&any), 0);
    rig_free(r);
}

static void bad_echoes_of_an_offered_load_are_told_apart(void **state)
{
    struct rig *r = rig_new();
    uint8_t first[64];

    (void)state;
    set_load(r, 100000000, 3, 64);
    rig_open(r);
    for (unsigned i = 0; i < 5; i++) {
        take(r, wire_due(&r->wire));
        wire_send(&r->wire, r->reply, 64, wire_due(&r->wire));
    }
    assert_int_equal(r->echo->misrouted, 0);
    memcpy(first, r->reply, 64);
    wire_send(&r->wire, first, 64, 100000);
    assert_int_equal(r->echo->duplicate, 1);
    take(r, wire_due(&r->wire));
    r->reply[60] ^= 1;
    wire_send(&r->wire, r->reply, 64, 100000);
    assert_int_equal(r->echo->corrupt, 1);
    take(r, wire_due(&r->wire));
    r->reply[53]++; /* one that was not sent yet */
    wire_send(&r->wire, r->reply, 64, 100000);
    assert_int_equal(r->echo->corrupt, 2);
    /* Answered by another client; and to another machine than asked. */
    take(r, wire_due(&r->wire));
    r->reply[11] ^= 1;
    wire_send(&r->wire, r->reply, 64, 100000);
    assert_int_equal(r->echo->misrouted, 1);
    take(r, wire_due(&r->wire));
    r->reply[5] ^= 1;
    wire_send(&r->wire, r->reply, 64, 100000);
    assert_int_equal(r->echo->misrouted, 2);
    assert_int_equal(r->echo->sent, 9);
    assert_int_equal(r->echo->returned, 8);
    assert_int_equal(r->echo->corrupt, 2);
    rig_free(r);
}

static void a_load_is_offered_one_way_only(void **state)
{
    struct rig *r = rig_new();
    uint64_t exponential = 1;

    (void)state;
    set_load(r, 957000000, 4, 1514);
    set(r, "gaps", &exponential, sizeof(exponential));
    assert_true(wire_check(&r->asked, &r->world, &r->diag));
    assert_string_equal(said(r), "");
    set_number(r, "offered", 958000000);
    assert_true(wire_check(&r->asked, &r->world, &r->diag));
    assert_non_null(strstr(said(r), "warning: wires[0].offered: of payload in frames of this size "
                                    "the wire carries 957087126 bit/s; its sources will wait"));
    r->asked.speed_bps = 0;
    assert_true(wire_check(&r->asked, &r->world, &r->diag));
    assert_int_equal(r->diag.warnings, 1);
    set_number(r, "window", 8);
    set_pace(r, PACE_FRAMES, 5);
    assert_false(wire_check(&r->asked, &r->world, &r->diag));
    assert_int_equal(r->diag.errors, 2);
    assert_non_null(strstr(said(r), "wires[0].window: waits for what comes back"));
    assert_non_null(strstr(said(r), "wires[0].pace: \"offered\" already says how fast"));
    set_number(r, "window", 0);
    set_pace(r, PACE_LINE, 0);
    set_number(r, "offered", 0);
    assert_false(wire_check(&r->asked, &r->world, &r->diag));
    assert_int_equal(r->diag.errors, 4);
    assert_non_null(strstr(said(r), "wires[0].sources: is of an \"offered\" load"));
    assert_non_null(strstr(said(r), "wires[0].gaps: is of an \"offered\" load"));
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
        cmocka_unit_test(sizes_by_chance),
        cmocka_unit_test(sizes_are_not_exchanged),
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
        cmocka_unit_test(an_offered_load_is_exact_over_a_million_frames),
        cmocka_unit_test(an_exponential_load_follows_from_the_seed),
        cmocka_unit_test(frames_of_several_sources_share_one_wire),
        cmocka_unit_test(addresses_of_sources_carry_over),
        cmocka_unit_test(a_round_trip_begins_at_the_source),
        cmocka_unit_test(the_warm_up_may_be_a_time),
        cmocka_unit_test(a_duration_ends_what_count_does_not),
        cmocka_unit_test(a_window_or_a_pace_may_have_a_duration_too),
        cmocka_unit_test(what_does_not_come_back_was_not_achieved),
        cmocka_unit_test(bad_echoes_of_an_offered_load_are_told_apart),
        cmocka_unit_test(a_load_is_offered_one_way_only),
        cmocka_unit_test(quantiles_are_within_a_thirty_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
