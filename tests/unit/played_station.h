/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_PLAYED_STATION_H
#define TESTS_UNIT_PLAYED_STATION_H
/*
 * A device's domain whose device and wire are played by hand: the device does as it is told and
 * notes what happens to it, and when; the wire gives so many frames, each when it is due, and notes
 * what it takes. Time is a number that a test sets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sim/exec/station.h"
#include "tests/unit/planned.h"

#define PLAYED_SYSTEM                                                                    \
    "{ \"version\": 1,"                                                                  \
    "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"to\": \"client0\" } ],"    \
    "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\" } ]," \
    "  \"networks\": [ { \"name\": \"net0\", \"rx_buffers\": 8 } ],"                     \
    "  \"clients\": [ { \"name\": \"client0\", \"image\": \"network/client_echo\","      \
    "                   \"copier\": {} } ] }"

enum { PLAYED_FRAMES = 4096, PLAYED_NOTES = 4096 };

static struct planned p;
static uint64_t now_ns;
static struct domain domain;
static struct station *station;
static void *memory;
static struct wire wire;
static struct wire_stats stats;
static char text[4096]; /* of the domain's log, the last it said */

/* -- the device -- */

struct played_state {
    uint64_t key; /* as the scenario set it */
};

static struct {
    struct played_state *state;
    struct bus *bus;
    struct {
        char what; /* r, w, f, t */
        uint64_t at_ns, value;
        uint32_t offset;
        unsigned bytes;
    } notes[PLAYED_NOTES];
    unsigned count;
    enum device_drop says;
    bool ready, was_reset;
    unsigned holds;
    void (*on_frame)(const uint8_t *frame, size_t bytes);
    void (*on_write)(uint32_t offset, uint64_t value);
    void (*on_timer)(unsigned id);
} device;

static inline void note(char what, uint32_t offset, unsigned bytes, uint64_t value)
{
    assert_true(device.count < PLAYED_NOTES);
    device.notes[device.count].what = what;
    device.notes[device.count].at_ns = device.bus->now(device.bus);
    device.notes[device.count].offset = offset;
    device.notes[device.count].bytes = bytes;
    device.notes[device.count++].value = value;
}

static inline void played_reset(void *state, struct bus *bus)
{
    device.state = state;
    device.was_reset = true;
    device.bus = bus;
}

static inline uint64_t played_read(void *state, uint32_t offset, unsigned bytes)
{
    assert_ptr_equal(state, device.state);
    note('r', offset, bytes, 0);
    return 0xdead0000 + offset;
}

static inline void played_write(void *state, uint32_t offset, unsigned bytes, uint64_t value)
{
    assert_ptr_equal(state, device.state);
    note('w', offset, bytes, value);
    if (device.on_write != NULL) {
        device.on_write(offset, value);
    }
}

static inline enum device_drop played_frame_in(void *state, const uint8_t *frame, size_t bytes)
{
    assert_ptr_equal(state, device.state);
    note('f', 0, (unsigned)bytes, frame[0]);
    if (device.on_frame != NULL) {
        device.on_frame(frame, bytes);
    }
    return device.says;
}

static inline bool played_ready(void *state)
{
    assert_ptr_equal(state, device.state);
    return device.ready;
}

static inline void played_timer(void *state, unsigned id)
{
    assert_ptr_equal(state, device.state);
    note('t', id, 0, device.bus->now(device.bus));
    if (device.on_timer != NULL) {
        device.on_timer(id);
    }
}

static inline unsigned played_holds(void *state)
{
    assert_ptr_equal(state, device.state);
    return device.holds;
}

/* What every such device has; what else a test's has, it adds. */
#define PLAYED_DEVICE                                                            \
    .name = "played", .state_size = sizeof(struct played_state), .irq_lines = 1, \
    .reset = played_reset, .read = played_read, .write = played_write,           \
    .frame_in = played_frame_in, .ready = played_ready, .timer = played_timer,   \
    .holds = played_holds

static inline void note_is(unsigned at, char what, uint32_t offset, unsigned bytes, uint64_t value)
{
    assert_true(at < device.count);
    assert_int_equal(device.notes[at].what, what);
    assert_int_equal(device.notes[at].offset, offset);
    assert_int_equal(device.notes[at].bytes, bytes);
    assert_int_equal(device.notes[at].value, value);
}

/* -- the wire -- */

static struct {
    uint64_t due_ns[PLAYED_FRAMES];
    unsigned count, next, sent;
    bool refuses;
    struct {
        uint64_t at_ns;
        size_t bytes;
    } out[PLAYED_FRAMES];
    uint8_t bytes[1514];
} far_end;

static inline enum wire_next far_next(void *state, struct wire_frame *out)
{
    (void)state;
    if (far_end.next == far_end.count) {
        return WIRE_END;
    }
    far_end.bytes[0] = (uint8_t)far_end.next;
    *out = (struct wire_frame){
        .bytes = far_end.bytes, .length = 60, .due_ns = far_end.due_ns[far_end.next++]};
    return WIRE_FRAME;
}

static inline bool far_send(void *state, const uint8_t *bytes, size_t length, uint64_t at_ns)
{
    (void)state;
    (void)bytes;
    if (far_end.refuses) {
        return false;
    }
    assert_true(far_end.sent < PLAYED_FRAMES);
    far_end.out[far_end.sent].at_ns = at_ns;
    far_end.out[far_end.sent++].bytes = length;
    return true;
}

static const struct wire_type far_type = {.name = "far", .next = far_next, .send = far_send};

/* -- the executor -- */

static inline uint64_t played_now(void *context)
{
    (void)context;
    return now_ns;
}

static inline void played_log(void *context, const char *said, size_t bytes)
{
    (void)context;
    snprintf(text, sizeof text, "%.*s", (int)bytes, said);
}

static inline struct page_device *counts(void)
{
    return &domain.page->device;
}

/* `count` frames, `gap_ns` apart, on a wire of a speed; 0: unlimited. */
static inline void played_begin(const struct device_type *type, const struct domain_exec *exec,
                                bool has_wire, unsigned count, uint64_t gap_ns, uint64_t speed_bps)
{
    static struct type_view device_view, wire_view = {.name = "far", .type = &far_type};
    static struct played_state asked_state = {.key = 4711};
    static struct scenario_device asked;
    static struct scenario_wire asked_wire;
    struct wire_world world = {.wire_name = "lan"};
    char why[WIRE_WHY_BYTES];

    memset(&device, 0, sizeof device);
    memset(&far_end, 0, sizeof far_end);
    memset(&stats, 0, sizeof stats);
    device.ready = true;
    far_end.count = count;
    for (unsigned i = 0; i < count; i++) {
        far_end.due_ns[i] = i * gap_ns;
    }
    planned_must(&p, PLAYED_SYSTEM);
    planned_map(&p);
    device_view = (struct type_view){.name = "played", .type = type};
    asked = *p.plan->devices[0].asked;
    asked.type = &device_view;
    asked.state = &asked_state;
    p.plan->devices[0].asked = &asked;
    asked_wire = p.scenario->wires[0];
    asked_wire.type = &wire_view;
    asked_wire.speed_bps = speed_bps;
    if (has_wire) {
        assert_int_equal(wire_open(&wire, &asked_wire, &world, &stats, why), 0);
    }
    domain_init(&domain, p.plan, planned_pd(&p, "eth0"), exec, NULL);
    size_t bytes = (station_bytes(p.plan, 0) + 63) & ~(size_t)63;
    memory = aligned_alloc(64, bytes);
    memset(memory, 0, bytes);
    assert_true(station_init(memory, &domain, has_wire ? &wire : NULL, &station));
}

static inline void played_end(void)
{
    wire_close(&wire);
    free(memory);
    memory = NULL;
    planned_finish(&p);
}
#endif
