/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A recording enters whole, in order, at the right times and for the right clients. What the medium
 * must do is computed here anew, from the bytes Ethernet puts around a frame.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/pcapfile.h"
#include "sim/wire/wire.h"

#define GBIT  1000000000u
#define FIRST 1700000000000000000u /* a time as captures have them */

static char folder[64];

/* A wire over a capture made for the test. Keys are set by name, as the scenario core would. */
struct rig {
    char path[160];
    struct arena arena;
    struct diag diag;
    struct type_view view;
    struct scenario_wire asked;
    struct scenario_mac macs[4];
    struct wire_client clients[3];
    struct wire_world world;
    struct wire_stats stats;
    struct wire wire;
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

static void set_pace(struct rig *r, int kind, uint64_t per_second)
{
    struct pace pace = {.kind = kind, .per_second = per_second};

    set(r, "pace", &pace, sizeof(pace));
}

static void set_loop(struct rig *r, uint64_t loop)
{
    set(r, "loop", &loop, sizeof(loop));
}

static struct rig *rig_new(const char *name)
{
    struct rig *r = calloc(1, sizeof(*r));
    const char *path = r->path;

    snprintf(r->path, sizeof(r->path), "%s/%s.pcap", folder, name);
    r->view = (struct type_view){.name = wire_pcap.name,
                                 .state_size = wire_pcap.state_size,
                                 .params = wire_pcap.params,
                                 .type = &wire_pcap};
    r->diag.arena = &r->arena;
    r->asked = (struct scenario_wire){.name = "lan",
                                      .type = &r->view,
                                      .state = calloc(1, wire_pcap.state_size),
                                      .speed_bps = GBIT,
                                      .macs = r->macs,
                                      .place = {.file = "x.json", .path = "wires[0]"}};
    for (unsigned i = 0; i < 3; i++) {
        static const char *const names[] = {"client0", "client1", "client2"};

        r->clients[i] = (struct wire_client){
            .name = names[i], .here = true, .mac = {0x52, 0x54, 1, 0, 0, (uint8_t)i}};
    }
    r->world = (struct wire_world){.wire_name = "lan", .clients = r->clients, .client_count = 3};
    set(r, "file", &path, sizeof(path));
    set_pace(r, PACE_RECORDED, 0);
    set_loop(r, 1);
    return r;
}

static void rig_free(struct rig *r)
{
    wire_close(&r->wire);
    unlink(r->path);
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

/* What the diagnostics say, in one text that lives as long as the rig. */
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

struct shot {
    uint64_t time_ns;
    uint32_t length;
    uint8_t mac[6];
};

/* Record frames; byte 20 and on of the nth are n. */
static void record(struct rig *r, const struct shot *shots, size_t count)
{
    char why[PCAPFILE_WHY_BYTES] = "";
    uint8_t frame[WIRE_FRAME_BYTES];
    struct pcapwriter *w;

    assert_int_equal(pcapwriter_open(&w, AT_FDCWD, r->path, why), 0);
    for (size_t i = 0; i < count; i++) {
        memset(frame, (int)i, sizeof(frame));
        memcpy(frame, shots[i].mac, 6);
        assert_int_equal(pcapwriter_add(w, frame, shots[i].length, FIRST + shots[i].time_ns), 0);
    }
    assert_int_equal(pcapwriter_finish(w), 0);
}

static uint64_t on_medium_ns(size_t length, uint64_t ns_per_byte)
{
    return (8 + (length < 60 ? 60 : length) + 4 + 12) * ns_per_byte;
}

/* Take the next frame exactly when it is due, which must be then. */
static const struct wire_frame *take_at(struct rig *r, uint64_t due_ns)
{
    const struct wire_frame *f;

    assert_int_equal(wire_due(&r->wire), due_ns);
    if (due_ns > 0) {
        assert_null(wire_take(&r->wire, due_ns - 1));
    }
    f = wire_take(&r->wire, due_ns);
    assert_non_null(f);
    assert_int_equal(f->due_ns, due_ns);
    return f;
}

static void assert_ended(struct rig *r)
{
    assert_int_equal(wire_due(&r->wire), WIRE_NEVER);
    assert_true(wire_exhausted(&r->wire));
    assert_false(wire_waits(&r->wire));
    assert_null(wire_take(&r->wire, UINT64_MAX - 1));
    assert_int_equal(r->stats.ended, 1);
}

static const uint8_t station[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};

static void frames_enter_when_recorded(void **state)
{
    static const struct shot shots[] = {
        {0, 60, {0x52}}, {5000, 1514, {0x52}}, {50000, 42, {0x52}}, {2000050000, 61, {0x52}}};
    struct rig *r = rig_new("recorded");

    (void)state;
    record(r, shots, 4);
    rig_open(r);
    for (size_t i = 0; i < 4; i++) {
        const struct wire_frame *f = take_at(r, shots[i].time_ns);

        assert_int_equal(f->length, shots[i].length);
        assert_int_equal(f->bytes[0], 0x52);
        assert_int_equal(f->bytes[20], i);
        assert_int_equal(f->bytes[f->length - 1], i);
        assert_int_equal(r->stats.ended, 0);
    }
    assert_ended(r);
    assert_int_equal(r->stats.in_frames, 4);
    assert_int_equal(r->stats.in_bytes, 60 + 1514 + 42 + 61);
    assert_int_equal(r->stats.first_in_ns, 0);
    assert_int_equal(r->stats.last_in_ns, 2000050000);
    assert_int_equal(r->stats.mapped, 0);
    rig_free(r);
}

static void the_medium_is_never_outrun(void **state)
{
    /* All at once, long and short; then one just before, one just when and one after it is free. */
    static const struct shot shots[] = {{0, 60, {2}},    {0, 1514, {2}},   {0, 14, {2}},
                                        {0, 100, {2}},   {19999, 60, {2}}, {19999 + 672, 60, {2}},
                                        {30000, 60, {2}}};
    struct rig *r = rig_new("medium");
    uint64_t due_ns = 0;

    (void)state;
    record(r, shots, 7);
    rig_open(r);
    for (size_t i = 0; i < 7; i++) {
        due_ns = due_ns > shots[i].time_ns ? due_ns : shots[i].time_ns;
        take_at(r, due_ns);
        due_ns += on_medium_ns(shots[i].length, 8);
        assert_int_equal(wire_ns(&r->wire, shots[i].length), on_medium_ns(shots[i].length, 8));
    }
    assert_ended(r);
    rig_free(r);
}

static void fractions_of_nanoseconds_add_up(void **state)
{
    /* At 10 Gbit/s a short frame takes 67.2 ns. */
    struct shot shots[100];
    struct rig *r = rig_new("fractions");

    (void)state;
    for (size_t i = 0; i < 100; i++) {
        shots[i] = (struct shot){0, 60, {2}};
    }
    record(r, shots, 100);
    r->asked.speed_bps = 10ull * GBIT;
    rig_open(r);
    for (uint64_t i = 0; i < 100; i++) {
        take_at(r, i * 672 / 10);
    }
    assert_int_equal(wire_ns(&r->wire, 60), 68);
    rig_free(r);
}

static void an_unlimited_medium_takes_no_time(void **state)
{
    static const struct shot shots[] = {{0, 1514, {2}}, {0, 1514, {2}}, {1, 60, {2}}};
    struct rig *r = rig_new("unlimited");

    (void)state;
    record(r, shots, 3);
    r->asked.speed_bps = 0;
    rig_open(r);
    assert_int_equal(wire_ns(&r->wire, 1514), 0);
    take_at(r, 0);
    take_at(r, 0);
    take_at(r, 1);
    assert_ended(r);
    rig_free(r);
}

static void a_late_caller_gets_no_flood(void **state)
{
    struct shot shots[100];
    struct rig *r = rig_new("late");
    uint64_t now_ns = 1000000, at_once = 0, last_ns = 0;

    (void)state;
    for (size_t i = 0; i < 100; i++) {
        shots[i] = (struct shot){0, 60, {2}};
    }
    record(r, shots, 100);
    rig_open(r);
    while (wire_take(&r->wire, now_ns) != NULL) {
        at_once++;
    }
    assert_int_equal(at_once, WIRE_LATE_NS / 672 + 1);
    for (uint64_t due_ns; (due_ns = wire_due(&r->wire)) != WIRE_NEVER; last_ns = due_ns) {
        assert_true(due_ns > now_ns);
        assert_true(last_ns == 0 || due_ns == last_ns + 672);
        assert_non_null(wire_take(&r->wire, due_ns));
    }
    assert_int_equal(r->stats.in_frames, 100);
    rig_free(r);
}

static void times_that_go_back_keep_the_order(void **state)
{
    /* A frame recorded early disturbs nothing; a clock set back by an hour is counted anew. */
    static const uint64_t hour_ns = 3600000000000;
    const struct shot shots[] = {{hour_ns, 60, {2}},        {hour_ns + 10000, 60, {2}},
                                 {hour_ns + 5000, 60, {2}}, {hour_ns + 30000, 60, {2}},
                                 {1000, 60, {2}},           {8000, 60, {2}},
                                 {6000, 60, {2}},           {90000, 60, {2}}};
    struct rig *r = rig_new("back");

    (void)state;
    record(r, shots, 8);
    r->asked.speed_bps = 0;
    rig_open(r);
    take_at(r, 0);
    take_at(r, 10000);
    take_at(r, 10000);
    take_at(r, 30000);
    take_at(r, 30000);
    take_at(r, 37000);
    take_at(r, 37000);
    take_at(r, 30000 + 89000);
    assert_ended(r);
    rig_free(r);
}

static void loops_keep_the_rate(void **state)
{
    static const struct shot shots[] = {{0, 60, {2}}, {1000, 60, {2}}, {4000, 60, {2}}};
    struct rig *r = rig_new("loops");

    (void)state;
    record(r, shots, 3);
    set_loop(r, 3);
    rig_open(r);
    for (uint64_t i = 0; i < 9; i++) {
        const struct wire_frame *f = take_at(r, i / 3 * 6000 + shots[i % 3].time_ns);

        assert_int_equal(f->bytes[20], i % 3);
    }
    assert_ended(r);
    rig_free(r);
}

static void a_loop_without_end_goes_on(void **state)
{
    static const struct shot shots[] = {{0, 60, {2}}, {1000, 61, {2}}};
    struct rig *r = rig_new("forever");

    (void)state;
    record(r, shots, 2);
    set_loop(r, 0);
    rig_open(r);
    for (uint64_t i = 0; i < 10000; i++) {
        assert_int_equal(take_at(r, i * 1000)->length, 60 + i % 2);
    }
    assert_false(wire_exhausted(&r->wire));
    rig_free(r);
}

static void an_empty_capture_ends_at_once(void **state)
{
    struct rig *r = rig_new("empty");

    (void)state;
    record(r, NULL, 0);
    set_loop(r, 0);
    rig_open(r);
    assert_ended(r);
    assert_int_equal(r->stats.in_frames, 0);
    rig_free(r);
}

static void other_paces_ignore_the_recorded_times(void **state)
{
    static const struct shot shots[] = {
        {77, 60, {2}}, {9000000, 125, {2}}, {5, 250, {2}}, {6, 125, {2}}};
    struct rig *r = rig_new("paces");

    (void)state;
    record(r, shots, 4);
    set_pace(r, PACE_FRAMES, 300000);
    rig_open(r);
    take_at(r, 0);
    take_at(r, 3333);
    take_at(r, 6666);
    take_at(r, 10000); /* thirds of a nanosecond are not lost */
    assert_ended(r);
    wire_close(&r->wire);
    set_pace(r, PACE_BITS, 10000000);
    rig_open(r);
    take_at(r, 0);
    take_at(r, 48000);
    take_at(r, 148000);
    take_at(r, 348000);
    wire_close(&r->wire);
    set_pace(r, PACE_LINE, 0);
    rig_open(r);
    take_at(r, 0);
    take_at(r, 672);
    take_at(r, 672 + on_medium_ns(125, 8));
    rig_free(r);
}

static void macs_map_what_was_recorded_for_one_station(void **state)
{
    static const struct shot shots[] = {{0, 60, {0x52, 0x54, 0, 0x12, 0x34, 0x56}},
                                        {1000, 60, {0x52, 0x54, 0, 0x12, 0x34, 0x57}},
                                        {2000, 60, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
                                        {3000, 60, {0x01, 0, 0x5e, 0, 0, 1}},
                                        {4000, 5, {0x52, 0x54, 0, 0x12, 0x34, 0x56}},
                                        {5000, 6, {0x52, 0x54, 0, 0x12, 0x34, 0x56}}};
    struct rig *r = rig_new("macs");

    (void)state;
    record(r, shots, 6);
    memcpy(r->macs[0].recorded, station, 6);
    r->macs[0].client = 2;
    r->asked.mac_count = 1;
    assert_true(wire_check(&r->asked, &r->world, &r->diag));
    assert_int_equal(r->diag.errors + r->diag.warnings, 0);
    rig_open(r);
    for (size_t i = 0; i < 6; i++) {
        const struct wire_frame *f = take_at(r, shots[i].time_ns);
        const uint8_t *expected = i == 0 || i == 5 ? r->clients[2].mac : shots[i].mac;

        assert_int_equal(f->length, shots[i].length);
        assert_memory_equal(f->bytes, expected, f->length < 6 ? f->length : 6);
        for (size_t at = 6; at < f->length; at++) {
            assert_int_equal(f->bytes[at], i);
        }
    }
    assert_int_equal(r->stats.mapped, 2);
    rig_free(r);
}

/* An ARP frame as Ethernet and IPv4 have it, to and about `target`. */
static void arp(uint8_t frame[static 42], const uint8_t *destination, const uint8_t *target)
{
    static const uint8_t head[] = {0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 2};

    memset(frame, 0xee, 42);
    memcpy(frame, destination, 6);
    memcpy(frame + 12, head, sizeof(head));
    memcpy(frame + 32, target, 6);
}

static void arp_speaks_of_the_same_station(void **state)
{
    static const uint8_t other[6] = {2, 2, 2, 2, 2, 2};
    static const uint8_t everyone[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct rig *r = rig_new("arp");
    char why[PCAPFILE_WHY_BYTES];
    uint8_t frame[42], tagged[46];
    struct pcapwriter *w;

    (void)state;
    assert_int_equal(pcapwriter_open(&w, AT_FDCWD, r->path, why), 0);
    arp(frame, station, station);
    pcapwriter_add(w, frame, 42, 0);
    arp(frame, station, other);
    pcapwriter_add(w, frame, 42, 0);
    arp(frame, everyone, station);
    pcapwriter_add(w, frame, 42, 0);
    arp(frame, station, station);
    frame[12] = 0x88; /* not ARP: what looks like its target is left alone */
    pcapwriter_add(w, frame, 42, 0);
    arp(tagged + 4, station, station); /* a tag goes before the type, and the rest moves */
    memmove(tagged, tagged + 4, 12);
    memcpy(tagged + 12, (const uint8_t[]){0x81, 0x00, 0x00, 0x0a}, 4);
    pcapwriter_add(w, tagged, 46, 0);
    pcapwriter_add(w, tagged, 45, 0); /* too short for one */
    assert_int_equal(pcapwriter_finish(w), 0);
    r->asked.macs_spread = true;
    rig_open(r);
    const uint8_t *mac = r->clients[0].mac;
    const struct wire_frame *f = wire_take(&r->wire, 0);

    assert_memory_equal(f->bytes, mac, 6);
    assert_memory_equal(f->bytes + 32, mac, 6);
    assert_int_equal(f->bytes[38], 0xee);
    f = wire_take(&r->wire, 100000);
    assert_memory_equal(f->bytes, mac, 6);
    assert_memory_equal(f->bytes + 32, other, 6);
    f = wire_take(&r->wire, 200000);
    assert_memory_equal(f->bytes, everyone, 6);
    assert_memory_equal(f->bytes + 32, station, 6);
    f = wire_take(&r->wire, 300000);
    assert_memory_equal(f->bytes, mac, 6);
    assert_memory_equal(f->bytes + 32, station, 6);
    f = wire_take(&r->wire, 400000);
    assert_memory_equal(f->bytes, mac, 6);
    assert_memory_equal(f->bytes + 12, tagged + 12, 24);
    assert_memory_equal(f->bytes + 36, mac, 6);
    f = wire_take(&r->wire, 500000);
    assert_memory_equal(f->bytes + 36, station, 6);
    rig_free(r);
}

static void spreading_gives_each_station_to_the_next_client(void **state)
{
    enum { STATIONS = 500 };
    static struct shot shots[STATIONS * 2];
    struct rig *r = rig_new("spread");

    (void)state;
    for (unsigned i = 0; i < STATIONS * 2; i++) {
        shots[i] = (struct shot){
            i * 1000, 60, {2, 0, 0, 0, (uint8_t)(i % STATIONS >> 8), (uint8_t)(i % STATIONS)}};
    }
    record(r, shots, STATIONS * 2);
    r->asked.macs_spread = true;
    r->clients[1].here = false; /* on another network: not its turn */
    assert_true(wire_check(&r->asked, &r->world, &r->diag));
    rig_open(r);
    for (unsigned i = 0; i < STATIONS * 2; i++) {
        const struct wire_frame *f = take_at(r, i * 1000);

        assert_memory_equal(f->bytes, r->clients[i % STATIONS % 2 * 2].mac, 6);
    }
    assert_int_equal(r->stats.mapped, STATIONS * 2);
    rig_free(r);
}

static void what_cannot_be_mapped_is_said(void **state)
{
    static const struct shot shots[] = {{0, 60, {0x52, 0x54, 0, 0x12, 0x34, 0x56}}};
    struct rig *r = rig_new("unmappable");

    (void)state;
    record(r, shots, 1);
    r->macs[0] = (struct scenario_mac){{0x01, 0x23, 0x45, 0x67, 0x89, 0xab}, 0};
    r->macs[1] = (struct scenario_mac){{0x52, 0x54, 0, 0x12, 0x34, 0x56}, 1};
    r->asked.mac_count = 2;
    r->clients[1].here = false;
    assert_false(wire_check(&r->asked, &r->world, &r->diag));
    assert_int_equal(r->diag.errors, 2);
    assert_non_null(strstr(said(r), "wires[0].macs: 01:23:45:67:89:ab is not"));
    assert_non_null(strstr(said(r), "client \"client1\" does not receive"));
    r->asked.mac_count = 0;
    r->asked.macs_spread = true;
    assert_true(wire_check(&r->asked, &r->world, &r->diag));
    r->clients[0].here = r->clients[2].here = false;
    assert_false(wire_check(&r->asked, &r->world, &r->diag));
    assert_non_null(strstr(said(r), "no client receives from this wire"));
    wire_forget(&r->asked);
    rig_free(r);
}

static void an_address_that_never_occurs_is_warned_of(void **state)
{
    static const struct shot shots[] = {{0, 60, {0x52, 0x54, 0, 0x12, 0x34, 0x56}}};
    struct rig *r = rig_new("unseen");

    (void)state;
    record(r, shots, 1);
    r->macs[0] = (struct scenario_mac){{0x52, 0x54, 0, 0x12, 0x34, 0x56}, 1};
    r->macs[1] = (struct scenario_mac){{0x52, 0x54, 0, 0x12, 0x34, 0x65}, 1};
    r->asked.mac_count = 2;
    assert_true(wire_check(&r->asked, &r->world, &r->diag));
    assert_int_equal(r->diag.warnings, 1);
    assert_non_null(strstr(said(r), "recorded for 52:54:00:12:34:65"));
    wire_forget(&r->asked);
    rig_free(r);
}

static void a_bad_capture_is_refused_before_anything_starts(void **state)
{
    static const struct shot shots[] = {{0, 60, {2}}, {1, 60, {2}}};
    struct rig *r = rig_new("bad");
    char why[WIRE_WHY_BYTES] = "";

    (void)state;
    record(r, shots, 2);
    assert_int_equal(truncate(r->path, 24 + 16 + 60 + 16 + 59), 0);
    assert_false(wire_check(&r->asked, &r->world, &r->diag));
    assert_int_equal(r->diag.errors, 1);
    assert_non_null(strstr(said(r), "wires[0].file: "));
    assert_non_null(strstr(said(r), "bad.pcap: record 2 at byte 100 is cut off"));
    assert_int_equal(wire_open(&r->wire, &r->asked, &r->world, &r->stats, why), -EBADMSG);
    assert_non_null(strstr(why, "record 2"));
    assert_true(wire_exhausted(&r->wire));
    unlink(r->path);
    assert_int_equal(wire_open(&r->wire, &r->asked, &r->world, &r->stats, why), -ENOENT);
    set_pace(r, PACE_FRAMES, 0);
    assert_false(wire_check(&r->asked, &r->world, &r->diag));
    assert_non_null(strstr(said(r), "wires[0].pace: "));
    rig_free(r);
}

static void a_pipe_is_refused_without_waiting_for_it(void **state)
{
    struct rig *r = rig_new("pipe");

    (void)state;
    assert_int_equal(mkfifo(r->path, 0600), 0);
    assert_false(wire_check(&r->asked, &r->world, &r->diag));
    assert_non_null(strstr(said(r), "pipe.pcap: is no regular file"));
    unlink(r->path);
    assert_int_equal(mkdir(r->path, 0700), 0);
    assert_false(wire_check(&r->asked, &r->world, &r->diag));
    assert_non_null(strstr(said(r), "pipe.pcap: is a folder"));
    rmdir(r->path);
    rig_free(r);
}

/* Once open, a wire needs no file: what replaces the name, and every descriptor, is of no matter.
 */
static void an_open_wire_needs_only_memory(void **state)
{
    static const struct shot shots[] = {{0, 60, {2}}, {1000, 60, {2}}};
    struct rig *r = rig_new("memory");
    int before = dup(0), after;

    (void)state;
    close(before);
    record(r, shots, 2);
    set_loop(r, 2);
    assert_true(wire_check(&r->asked, &r->world, &r->diag));
    rig_open(r);
    after = dup(0);
    close(after);
    assert_int_equal(after, before);
    unlink(r->path);
    for (uint64_t i = 0; i < 4; i++) {
        take_at(r, i * 1000);
    }
    assert_ended(r);
    wire_send(&r->wire, station, 6, 5000);
    wire_send(&r->wire, station, 6, 7000);
    assert_int_equal(r->stats.out_frames, 2);
    assert_int_equal(r->stats.out_bytes, 12);
    assert_int_equal(r->stats.first_out_ns, 5000);
    assert_int_equal(r->stats.last_out_ns, 7000);
    rig_free(r);
}

static void every_kind_is_in_the_table(void **state)
{
    size_t count;
    const struct wire_type *const *all = wire_types(&count);

    (void)state;
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(all[i]->name);
        assert_non_null(all[i]->doc);
        assert_non_null(all[i]->next);
    }
    assert_string_equal(all[0]->name, "pcap");
    assert_string_equal(all[1]->name, "gen");
    assert_string_equal(all[2]->name, "tap");
    assert_string_equal(all[3]->name, "packet");
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "%s/test_wire_pcap.XXXXXX", P_tmpdir);
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
        cmocka_unit_test(frames_enter_when_recorded),
        cmocka_unit_test(the_medium_is_never_outrun),
        cmocka_unit_test(fractions_of_nanoseconds_add_up),
        cmocka_unit_test(an_unlimited_medium_takes_no_time),
        cmocka_unit_test(a_late_caller_gets_no_flood),
        cmocka_unit_test(times_that_go_back_keep_the_order),
        cmocka_unit_test(loops_keep_the_rate),
        cmocka_unit_test(a_loop_without_end_goes_on),
        cmocka_unit_test(an_empty_capture_ends_at_once),
        cmocka_unit_test(other_paces_ignore_the_recorded_times),
        cmocka_unit_test(macs_map_what_was_recorded_for_one_station),
        cmocka_unit_test(arp_speaks_of_the_same_station),
        cmocka_unit_test(spreading_gives_each_station_to_the_next_client),
        cmocka_unit_test(what_cannot_be_mapped_is_said),
        cmocka_unit_test(an_address_that_never_occurs_is_warned_of),
        cmocka_unit_test(a_bad_capture_is_refused_before_anything_starts),
        cmocka_unit_test(a_pipe_is_refused_without_waiting_for_it),
        cmocka_unit_test(an_open_wire_needs_only_memory),
        cmocka_unit_test(every_kind_is_in_the_table),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
