/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device in virtual time: it does nothing by itself, says when it wants to be stepped, and takes
 * the time that DMA takes for each frame, in and out. The device and the wire do as they are told.
 */
#include "tests/unit/played_station.h"

#define REGS_BYTES 0x100u
#define GO_NS      5000u
#define DMA_NS     515u /* 60 bytes: 500 and 15 */

static const struct platform platform = {.dma_latency_ns = 500, .dma_bytes_per_us = 4000};
static unsigned line_calls;
static bool line_level;
static uint32_t idle; /* the write after which the device has nothing to do */

static uint32_t idle_write(void *state)
{
    (void)state;
    return idle;
}

static void written(uint32_t offset, uint64_t value)
{
    (void)offset;
    device.ready = value != 0;
}

static void frame_came(const uint8_t *frame, size_t bytes)
{
    (void)frame;
    (void)bytes;
    device.says = device.ready ? DEVICE_DROP_NONE : DEVICE_DROP_NO_DESCRIPTOR;
}

/* Registers in three places, known by offsets that follow one another. */
static const struct device_window windows[] = {
    {.name = "phy", .bytes = 0x40}, {.name = "mailbox", .bytes = 0x80}, {.name = NULL}};
#define OFFSETS (REGS_BYTES + 0x40u + 0x80u)

static const struct device_type type = {PLAYED_DEVICE, .regs_bytes = REGS_BYTES, .windows = windows,
                                        .idle_write = idle_write};

static void noted(unsigned at, char what, uint64_t at_ns, uint64_t value)
{
    assert_true(at < device.count);
    assert_int_equal(device.notes[at].what, what);
    assert_int_equal(device.notes[at].at_ns, at_ns);
    assert_int_equal(device.notes[at].value, value);
}

/* -- the executor -- */

static void ring(void *context, uint32_t target)
{
    (void)context;
    (void)target;
    fail_msg("nobody is rung in virtual time");
}

static void on_line(void *context, unsigned line, bool level)
{
    (void)context;
    assert_int_equal(line, 0);
    line_calls++;
    line_level = level;
}

static const struct domain_exec exec = {
    .ring = ring, .now = played_now, .stamp = played_now, .write = played_log, .line = on_line};

/* `count` frames, `gap_ns` apart, on a wire of a speed; 0: unlimited. */
static void begin_on_wire(bool has_wire, unsigned count, uint64_t gap_ns, uint64_t speed_bps)
{
    now_ns = 1000;
    line_calls = 0;
    idle = UINT32_MAX;
    played_begin(&type, &exec, has_wire, count, gap_ns, speed_bps);
    device.on_write = written;
    device.on_frame = frame_came;
    station_begin(station, &platform);
}

static int end(void **state)
{
    (void)state;
    played_end();
    return 0;
}

static uint64_t next_ns(void)
{
    uint32_t no_effect;

    return station_next(station, &no_effect);
}

static uint32_t quiet_register(void)
{
    uint32_t no_effect;

    station_next(station, &no_effect);
    return no_effect;
}

static void step(uint64_t at_ns)
{
    now_ns = at_ns;
    station_step(station, at_ns);
}

static uint64_t access_at(uint64_t at_ns, bool write, uint32_t offset, unsigned bytes,
                          uint64_t value)
{
    now_ns = at_ns;
    return station_access(station, at_ns, write, offset, bytes, value);
}

static void go(void)
{
    atomic_store(&domain.page->order_go_ns, GO_NS);
}

/* Step as it wishes until it has no more wishes; time never goes back. */
static void step_all(void)
{
    for (unsigned i = 0; next_ns() != DOMAIN_FOREVER; i++) {
        assert_true(i < 1000);
        step(next_ns() > now_ns ? next_ns() : now_ns + 1);
    }
}

/* -- tests -- */

static void begins_at_rest(void **state)
{
    (void)state;
    begin_on_wire(false, 0, 0, 0);
    assert_true(device.was_reset);
    assert_int_equal(device.bus->now(device.bus), 1000);
    assert_int_equal(atomic_load(&domain.page->ready), 1);
    assert_int_equal(atomic_load(&domain.page->state), PD_IDLE);
    assert_true(next_ns() == DOMAIN_FOREVER);
    assert_ptr_equal(domain.turn, &domain.page->turn);
    assert_true(quiet_register() == UINT32_MAX);
    idle = 0x10;
    assert_int_equal(quiet_register(), 0x10);
}

static void registers(void **state)
{
    static const unsigned widths[] = {1, 2, 4, 8};

    (void)state;
    begin_on_wire(false, 0, 0, 0);
    for (unsigned i = 0; i < 4; i++) {
        uint32_t offset = OFFSETS - widths[i];

        assert_int_equal(access_at(2000 + i, false, offset, widths[i], 0), 0xdead0000 + offset);
        noted(2 * i, 'r', 2000 + i, 0);
        assert_int_equal(device.notes[2 * i].offset, offset);
        assert_int_equal(device.notes[2 * i].bytes, widths[i]);
        assert_int_equal(access_at(2000 + i, true, offset, widths[i], 7 + i), 0);
        noted(2 * i + 1, 'w', 2000 + i, 7 + i);
    }
    assert_int_equal(counts()->violations, 0);
}

static void registers_malformed(void **state)
{
    static const struct {
        uint32_t offset;
        unsigned bytes;
    } bad[] = {{0, 0},   {0, 3},   {0, 5},       {0, 16},      {0, 255},        {1, 2},
               {2, 4},   {4, 8},   {OFFSETS, 1}, {OFFSETS, 4}, {UINT32_MAX, 1}, {UINT32_MAX - 7, 8},
               {0, 256}, {0, 260}, {4, 257}};

    (void)state;
    begin_on_wire(false, 0, 0, 0);
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(access_at(2000, false, bad[i].offset, bad[i].bytes, 0), 0);
        assert_int_equal(access_at(2000, true, bad[i].offset, bad[i].bytes, 1), 0);
        assert_int_equal(counts()->violations, 2 * (i + 1));
    }
    assert_int_equal(device.count, 0);
    assert_non_null(strstr(text, "register access outside"));
}

static void again_later(unsigned id)
{
    if (id == 1 && device.count < 4) {
        device.bus->timer(device.bus, 1, device.bus->now(device.bus) + 50);
    }
}

static void timers(void **state)
{
    (void)state;
    begin_on_wire(false, 0, 0, 0);
    device.on_timer = again_later;
    device.bus->timer(device.bus, 0, 3000);
    device.bus->timer(device.bus, 1, 2950);
    device.bus->timer(device.bus, 2, 9000);
    device.bus->timer(device.bus, 3, 2900);
    device.bus->timer(device.bus, 4, 1); /* there is none */
    device.bus->timer(device.bus, 3, 0); /* never mind */
    assert_int_equal(next_ns(), 2950);
    step(2949);
    assert_int_equal(device.count, 0);
    step(2950);
    assert_int_equal(next_ns(), 3000);
    step(3000); /* two at once */
    assert_int_equal(device.count, 3);
    step_all();
    noted(0, 't', 2950, 2950);
    noted(1, 't', 3000, 3000);
    noted(2, 't', 3000, 3000);
    noted(3, 't', 3050, 3050);
    noted(4, 't', 9000, 9000);
    assert_int_equal(device.count, 5);
    assert_int_equal(atomic_load(&domain.page->entries), 5);
}

/* Each arrives in memory when DMA is done with it; no frame before it may. */
static void frames_arrive(void **state)
{
    (void)state;
    begin_on_wire(true, 3, 10000, 1000000000);
    step(4000);
    assert_true(next_ns() == DOMAIN_FOREVER);
    assert_int_equal(device.count, 0);
    go();
    assert_int_equal(next_ns(), GO_NS);
    step(GO_NS);
    assert_int_equal(device.count, 0);
    assert_int_equal(next_ns(), GO_NS + DMA_NS);
    assert_int_equal(counts()->finished, 0);
    step(GO_NS + DMA_NS - 1);
    assert_int_equal(device.count, 0);
    step_all();
    assert_int_equal(device.count, 3);
    for (unsigned i = 0; i < 3; i++) {
        noted(i, 'f', GO_NS + i * 10000 + DMA_NS, i);
        assert_int_equal(device.notes[i].bytes, 60);
    }
    assert_int_equal(counts()->rx_written, 3);
    assert_int_equal(counts()->finished, 1);
}

/* Faster than DMA: one after the other, each when the one before is done. */
static void frames_queue_for_dma(void **state)
{
    (void)state;
    begin_on_wire(true, 4, 100, 100000000000);
    go();
    now_ns = GO_NS;
    step_all();
    assert_int_equal(device.count, 4);
    for (unsigned i = 0; i < 4; i++) {
        noted(i, 'f', GO_NS + (i + 1) * DMA_NS, i);
    }
}

/* On a wire of some speed one that finds no descriptor is lost. */
static void no_descriptor(void **state)
{
    (void)state;
    begin_on_wire(true, 2, 10000, 1000000000);
    device.ready = false;
    go();
    step_all();
    assert_int_equal(device.count, 2);
    assert_int_equal(counts()->drops_rx[DEVICE_DROP_NO_DESCRIPTOR], 2);
    assert_int_equal(counts()->rx_written, 0);
}

/* One of no limit waits for the device, and goes on with the write that makes it willing. */
static void unlimited_wire_waits(void **state)
{
    (void)state;
    begin_on_wire(true, 2, 0, 0);
    device.ready = false;
    go();
    assert_true(next_ns() == DOMAIN_FOREVER);
    step(GO_NS + 1);
    assert_int_equal(device.count, 0);
    access_at(GO_NS + 2000, true, 0, 4, 0); /* not that one */
    assert_true(next_ns() == DOMAIN_FOREVER);
    access_at(GO_NS + 3000, true, 0, 4, 1);
    step_all();
    assert_int_equal(counts()->rx_written, 2);
    assert_int_equal(counts()->finished, 1);
}

/* Told to stop, it lets nothing more in, not even what was under way. */
static void no_more_after_stop(void **state)
{
    (void)state;
    begin_on_wire(true, 3, 10000, 1000000000);
    go();
    step(GO_NS);
    step(GO_NS + DMA_NS);
    assert_int_equal(device.count, 1);
    step(GO_NS + 10000);
    atomic_store(&domain.page->order_stop, 1);
    assert_true(next_ns() == DOMAIN_FOREVER);
    step(GO_NS + 50000);
    assert_int_equal(device.count, 1);
    device.bus->timer(device.bus, 0, GO_NS + 60000); /* but it may finish what it has begun */
    assert_int_equal(next_ns(), GO_NS + 60000);
}

static void frames_leave(void **state)
{
    uint8_t frame[1500] = {0};

    (void)state;
    begin_on_wire(true, 0, 0, 1000000000);
    go();
    step(GO_NS + 1000);
    device.bus->frame_out(device.bus, frame, 1500); /* 875 ns */
    step(GO_NS + 1100);
    device.bus->frame_out(device.bus, frame, 60); /* 515, but behind the other */
    step(GO_NS + 3000);
    device.bus->frame_out(device.bus, frame, 60);
    assert_int_equal(far_end.sent, 3);
    assert_int_equal(far_end.out[0].at_ns, 1875);
    assert_int_equal(far_end.out[1].at_ns, 1875);
    assert_int_equal(far_end.out[2].at_ns, 3515);
}

static void levels(void **state)
{
    (void)state;
    begin_on_wire(false, 0, 0, 0);
    device.bus->irq(device.bus, 0, false); /* it is down */
    assert_int_equal(line_calls, 0);
    device.bus->irq(device.bus, 0, true);
    device.bus->irq(device.bus, 0, true);
    assert_int_equal(line_calls, 1);
    assert_true(line_level);
    device.bus->irq(device.bus, 0, false);
    assert_int_equal(line_calls, 2);
    assert_false(line_level);
    device.bus->irq(device.bus, 1, true); /* a line it does not have */
    device.bus->irq(device.bus, 4000, true);
    assert_int_equal(line_calls, 2);
}

/* What passes is in the digest, and which way it went. */
static void frames_in_the_digest(void **state)
{
    uint8_t frame[60] = {0};
    uint64_t hashes[4];

    (void)state;
    begin_on_wire(true, 1, 0, 1000000000);
    hashes[0] = domain.turn->hash;
    device.bus->frame_out(device.bus, frame, sizeof frame);
    hashes[1] = domain.turn->hash;
    domain.turn->hash = hashes[0];
    frame[59] = 1;
    device.bus->frame_out(device.bus, frame, sizeof frame);
    hashes[2] = domain.turn->hash;
    domain.turn->hash = hashes[0];
    go();
    step_all(); /* the same bytes as the first, inwards */
    hashes[3] = domain.turn->hash;
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned k = 0; k < i; k++) {
            assert_int_not_equal(hashes[i], hashes[k]);
        }
    }
}

static void holds_are_told(void **state)
{
    (void)state;
    begin_on_wire(false, 0, 0, 0);
    device.holds = 3;
    step(2000);
    assert_int_equal(atomic_load(&domain.page->device.holds), 3);
    device.holds = 1;
    access_at(2000, true, 0, 4, 0);
    assert_int_equal(atomic_load(&domain.page->device.holds), 1);
}

int main(void)
{
#define T(test) cmocka_unit_test_teardown(test, end)
    const struct CMUnitTest tests[] = {
        T(begins_at_rest),
        T(registers),
        T(registers_malformed),
        T(timers),
        T(frames_arrive),
        T(frames_queue_for_dma),
        T(no_descriptor),
        T(unlimited_wire_waits),
        T(no_more_after_stop),
        T(frames_leave),
        T(levels),
        T(frames_in_the_digest),
        T(holds_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
