/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device's domain, with a device and a wire that do as they are told: what is due happens when it
 * is due, every frame is counted where it ends, DMA goes no further than the windows, and whatever
 * a driver writes into the register ring, the device sees only what a bus could carry.
 */
#include <sddf/network/queue.h>

#include "sim/exec/switch.h"
#include "tests/unit/played_station.h"

#define STACK_BYTES (128u * 1024u)
#define REGS_BYTES  0x1000u
#define START_NS    1000u

/* Where the device has its events. */
#define LATCH 0x40u

static struct stack self, theirs;
static uint64_t stamp_ns, deadline_ns;
static unsigned rings, supervisor_rings, waits;
static bool rung, ended;
static uint32_t latch; /* the device's events: what is up is lowered by writing ones */

static uint32_t lowering(void *state, uint32_t *offset)
{
    (void)state;
    *offset = LATCH;
    return latch;
}

static const struct device_type type = {PLAYED_DEVICE, .regs_bytes = REGS_BYTES,
                                        .lowering = lowering};

/* -- the executor -- */

static void ring(void *context, uint32_t target)
{
    (void)context;
    if (target == PLAN_NONE) {
        supervisor_rings++;
    } else {
        assert_int_equal(target, planned_pd(&p, "net0_driver"));
        rings++;
    }
}

static void block(void *context, uint64_t until_ns)
{
    (void)context;
    waits++;
    deadline_ns = until_ns;
    if (!rung) {
        stack_switch(&theirs, &self);
    }
    rung = false;
}

static uint64_t stamp(void *context)
{
    (void)context;
    return stamp_ns;
}

static void end_it(void *context) __attribute__((noreturn));

static void end_it(void *context)
{
    (void)context;
    ended = true;
    stack_switch(&theirs, &self);
    abort();
}

static const struct domain_exec exec = {.ring = ring,
                                        .block = block,
                                        .now = played_now,
                                        .stamp = stamp,
                                        .write = played_log,
                                        .end = end_it};

static void body(void *argument)
{
    station_run(argument);
}

static void run(void)
{
    assert_false(ended);
    stack_switch(&self, &theirs);
}

static void run_at(uint64_t at_ns)
{
    now_ns = at_ns;
    run();
}

static struct mmio_ring *registers(void)
{
    return (struct mmio_ring *)(uintptr_t)p.plan->devices[0].mmio_driver_vaddr;
}

static void go(void)
{
    atomic_store(&domain.page->order_go_ns, now_ns);
}

/* A wire of `count` frames, `gap_ns` apart; no speed: unlimited. */
static void begin_with(bool has_wire, unsigned count, uint64_t gap_ns, uint64_t speed_bps)
{
    now_ns = stamp_ns = START_NS;
    rings = supervisor_rings = waits = 0;
    rung = ended = false;
    latch = 0;
    played_begin(&type, &exec, has_wire, count, gap_ns, speed_bps);
    self = (struct stack){0};
    assert_int_equal(stack_create(&theirs, STACK_BYTES, body, station), 0);
}

static int end(void **state)
{
    (void)state;
    stack_destroy(&theirs);
    played_end();
    return 0;
}

static void post(uint32_t offset, unsigned bytes, bool read, uint64_t value)
{
    struct mmio_entry e = {.offset = offset,
                           .bytes = (uint8_t)bytes,
                           .kind = read ? MMIO_READ : MMIO_WRITE,
                           .value = value};
    bool wake;

    assert_true(mmio_post(registers(), &e, &wake));
}

static const struct probe *last_event(void)
{
    uint64_t count = atomic_load(&domain.page->event_count);

    assert_true(count > 0);
    return &domain.page->events[(count - 1) % PAGE_EVENTS_MAX];
}

/* -- registers -- */

static void test_registers(void **state)
{
    (void)state;
    begin_with(false, 0, 0, 0);
    run();
    assert_true(device.was_reset);
    assert_int_equal(device.state->key, 4711);
    assert_int_equal(atomic_load(&domain.page->ready), 1);
    assert_int_equal(supervisor_rings, 1);
    assert_int_equal(atomic_load(&registers()->device_sleeps), 1);
    post(8, 4, false, 1);
    post(8, 4, false, 2);
    struct mmio_entry e = {.offset = 12, .bytes = 2, .kind = MMIO_READ, .number = 65535};
    bool wake;
    assert_true(mmio_post(registers(), &e, &wake));
    assert_true(wake);
    post(0xffc, 4, false, 3);
    atomic_store(&registers()->driver_waits, 1);
    run();
    assert_int_equal(device.count, 4);
    note_is(0, 'w', 8, 4, 1);
    note_is(1, 'w', 8, 4, 2);
    note_is(2, 'r', 12, 2, 0);
    note_is(3, 'w', 0xffc, 4, 3);
    assert_int_equal(registers()->answer, 0xdead000c);
    assert_int_equal(atomic_load(&registers()->answered), 65536);
    assert_int_equal(rings, 1); /* who waited is rung, once */
    assert_int_equal(atomic_load(&registers()->driver_waits), 0);
    assert_int_equal(counts()->violations, 0);
    assert_int_equal(atomic_load(&domain.page->entries), 1);
}

/* Neither can the device be reached outside its window, nor with a width no bus has. */
static void test_registers_malformed(void **state)
{
    static const struct {
        uint32_t offset;
        unsigned bytes;
    } bad[] = {{0, 0},         {0, 3},      {0, 5},          {0, 16},
               {0, 255},       {1, 2},      {2, 4},          {4, 8},
               {0x1000, 1},    {0x1000, 4}, {UINT32_MAX, 1}, {UINT32_MAX - 3, 4},
               {0x80000000, 8}};
    unsigned count = sizeof bad / sizeof bad[0];

    (void)state;
    begin_with(false, 0, 0, 0);
    run();
    for (unsigned i = 0; i < count; i++) {
        post(bad[i].offset, bad[i].bytes, false, 1);
        registers()->answer = 1;
        post(bad[i].offset, bad[i].bytes, true, 0);
        run();
        assert_int_equal(device.count, 0);
        assert_int_equal(registers()->answer, 0);
        assert_int_equal(counts()->violations, 2 * (i + 1));
        assert_int_equal(last_event()->kind, PROBE_VIOLATION);
        assert_int_equal(last_event()->told, TOLD_BY_WORLD);
    }
    assert_non_null(strstr(text, "eth0: its driver net0_driver: register access outside"));
    static const unsigned widths[] = {1, 2, 4, 8};
    for (unsigned i = 0; i < 4; i++) {
        post(0x1000 - widths[i], widths[i], false, 0);
    }
    run();
    assert_int_equal(device.count, 4);
}

/* The driver's own index lies: more than the ring holds is nothing at all. */
static void test_registers_lying(void **state)
{
    static const uint32_t lies[] = {MMIO_ENTRIES + 1, 1u << 31, UINT32_MAX};

    (void)state;
    begin_with(false, 0, 0, 0);
    run();
    for (unsigned i = 0; i < 3; i++) {
        atomic_store(&registers()->tail, lies[i]);
        run();
        assert_int_equal(device.count, 0);
    }
    atomic_store(&registers()->head,
                 0x12345678); /* which is the device's, but the driver can write it */
    run();
    assert_int_equal(device.count, 0);
    atomic_store(&registers()->tail, atomic_load(&registers()->head) + MMIO_ENTRIES);
    run(); /* all of it at once, and nothing but what the ring has room for */
    assert_int_equal(counts()->violations, MMIO_ENTRIES);
}

/* However many registers are written, frames and timers have their turn. */
static void note_turn(uint32_t offset, uint64_t value)
{
    if (offset == 0 && value == 0) {
        device.bus->timer(device.bus, 1, now_ns);
    }
}

static void test_turns(void **state)
{
    (void)state;
    begin_with(true, 200, 0, 0);
    run();
    go();
    device.on_write = note_turn;
    for (unsigned i = 0; i < MMIO_ENTRIES; i++) {
        post(0, 4, false, i);
    }
    run();
    unsigned writes = 0, frames = 0;
    for (unsigned i = 0; i < device.count; i++) {
        switch (device.notes[i].what) {
        case 'w':
            writes++;
            assert_true(writes <= 512 * (1 + frames / 64));
            break;
        case 't':
            assert_int_equal(writes, 512);
            break;
        default:
            frames++;
            assert_int_equal(writes, 512 * ((frames - 1) / 64 + 1));
        }
    }
    assert_int_equal(writes, MMIO_ENTRIES);
    assert_int_equal(frames, 200);
}

/* -- timers -- */

static void arm_again(unsigned id)
{
    if (id == 0 && device.count < 3) {
        device.bus->timer(device.bus, 0, now_ns + 50);
    }
}

static void arm(uint32_t offset, uint64_t value)
{
    device.bus->timer(device.bus, offset / 4, value);
}

static void test_timers(void **state)
{
    (void)state;
    begin_with(false, 0, 0, 0);
    run();
    go();
    device.on_write = arm;
    device.on_timer = arm_again;
    post(0, 4, false, 2000);
    post(4, 4, false, 1500);
    post(8, 4, false, 1700);
    post(8, 4, false, 0); /* disarmed */
    post(12, 4, false, 9000);
    post(12, 4, false, 1800); /* instead */
    post(16, 4, false, 1100); /* there is no fifth */
    run();
    device.count = 0;
    assert_int_equal(deadline_ns, 1500);
    run_at(1499);
    assert_int_equal(device.count, 0);
    run_at(1500);
    assert_int_equal(device.count, 1);
    note_is(0, 't', 1, 0, 1500);
    assert_int_equal(deadline_ns, 1800);
    run_at(2000); /* both at once */
    assert_int_equal(device.count, 3);
    note_is(1, 't', 0, 0, 2000);
    note_is(2, 't', 3, 0, 2000);
    assert_int_equal(deadline_ns, 2050);
    run_at(3000);
    assert_int_equal(device.count, 4);
    assert_int_equal(deadline_ns, DOMAIN_FOREVER);
}

/* -- frames in -- */

static void test_go(void **state)
{
    (void)state;
    begin_with(true, 3, 1000, 1000000000);
    run();
    run_at(50000); /* nobody said go */
    assert_int_equal(device.count, 0);
    assert_true(deadline_ns > 50000 &&
                deadline_ns < 50000 + 2000000000u); /* but it never waits for ever */
    assert_int_equal(atomic_load(&counts()->finished), 0);
    go();
    run();
    assert_int_equal(device.count, 1); /* the wire's time begins now */
    assert_int_equal(deadline_ns, 51000);
    run_at(50999);
    assert_int_equal(device.count, 1);
    run_at(51000);
    assert_int_equal(device.count, 2);
    unsigned before = supervisor_rings;
    run_at(60000);
    assert_int_equal(device.count, 3);
    note_is(2, 'f', 0, 60, 2);
    assert_int_equal(stats.in_frames, 3);
    assert_int_equal(atomic_load(&counts()->finished), 1);
    assert_int_equal(supervisor_rings, before + 1); /* said once */
    run_at(70000);
    assert_int_equal(supervisor_rings, before + 1);
    assert_int_equal(deadline_ns, DOMAIN_FOREVER);
    atomic_store(&domain.page->order_stop, 1);
    run();
    assert_true(ended);
}

static void test_counted(void **state)
{
    (void)state;
    begin_with(true, 2 * DEVICE_DROPS, 1000, 1000000000);
    run();
    go();
    for (unsigned i = 0; i < 2 * DEVICE_DROPS; i++) {
        device.says = (enum device_drop)(i % DEVICE_DROPS);
        run_at(START_NS + i * 1000);
        assert_int_equal(device.count, i + 1);
    }
    for (unsigned why = 1; why < DEVICE_DROPS; why++) {
        /* These frames are no longer than any may be. */
        assert_int_equal(counts()->drops_rx[why], why == DEVICE_DROP_OVERSIZE ? 0 : 2);
    }
    assert_int_equal(counts()->misfits, 2);
    assert_int_equal(counts()->rx_written, 2);
}

static enum wire_next live_next(void *state, struct wire_frame *out)
{
    enum wire_next next = far_next(state, out);

    return next == WIRE_END ? WIRE_WAIT : next;
}

static int live_descriptor(const void *state)
{
    (void)state;
    return 0;
}

/* A live wire has no end, and no time at which it is looked at but when the domain is awake. */
static void test_live(void **state)
{
    static const struct wire_type live = {
        .name = "live", .next = live_next, .descriptor = live_descriptor, .send = far_send};

    (void)state;
    begin_with(true, 0, 0, 1000000000);
    wire.type = &live;
    run();
    go();
    run();
    assert_int_equal(deadline_ns, DOMAIN_FOREVER);
    assert_int_equal(atomic_load(&counts()->finished), 0);
    far_end.count = 2; /* they come while it sleeps */
    run_at(START_NS + 5000);
    assert_int_equal(device.count, 2);
    assert_int_equal(stats.in_frames, 2);
    assert_int_equal(deadline_ns, DOMAIN_FOREVER);
    run();
    assert_int_equal(device.count, 2);
    assert_int_equal(atomic_load(&counts()->finished), 0);
}

/* An infinitely fast wire waits until the device could take a frame; one of finite speed does not.
 */
static void test_ready(void **state)
{
    (void)state;
    for (unsigned unlimited = 0; unlimited < 2; unlimited++) {
        begin_with(true, 5, 0, unlimited ? 0 : 1000000000);
        run();
        device.ready = false;
        go();
        run_at(START_NS + 1000000);
        assert_int_equal(device.count > 0, !unlimited);
        if (unlimited) {
            assert_int_equal(deadline_ns, DOMAIN_FOREVER); /* until a register is written */
            assert_int_equal(atomic_load(&counts()->finished), 0);
            device.ready = true;
            run();
            assert_int_equal(device.count, 5);
        }
        end(NULL);
    }
    begin_with(false, 0, 0, 0);
}

static void become_busy(const uint8_t *frame, size_t bytes)
{
    (void)frame;
    (void)bytes;
    device.ready = device.count % 3 != 0;
}

/* ... asked before each frame. */
static void test_ready_each(void **state)
{
    (void)state;
    begin_with(true, 100, 0, 0);
    run();
    go();
    device.on_frame = become_busy;
    for (unsigned i = 1; i <= 33; i++) {
        run();
        assert_int_equal(device.count, 3 * i);
        device.ready = true;
    }
}

static void submit_write(const uint8_t *frame, size_t bytes)
{
    (void)bytes;
    if (frame[0] == 0) {
        post(4, 4, false, 77);
    }
}

/* A driver's write waits for no more than a batch of frames. */
static void test_batch(void **state)
{
    (void)state;
    begin_with(true, 250, 0, 0);
    run();
    go();
    device.on_frame = submit_write;
    run();
    assert_int_equal(device.count, 251);
    unsigned at = 0;
    while (device.notes[at].what != 'w') {
        at++;
    }
    assert_in_range(at, 1, 64);
}

/* -- DMA -- */

static uint64_t rx_io;
static bool could;
static uint8_t data[2048];

static void test_dma(void **state)
{
    (void)state;
    begin_with(false, 0, 0, 0);
    run();
    const struct plan_pool *rx = &p.plan->pools[planned_pool(&p, "net0.rx")];
    const struct plan_pool *tx = &p.plan->pools[planned_pool(&p, "client0.tx")];
    uint8_t *rx_bytes = p.memory[rx->region], *tx_bytes = p.memory[tx->region];
    struct bus *bus = device.bus;

    memset(data, 0x5a, sizeof data);
    assert_true(bus->dma_write(bus, rx->io_addr + 100, data, 50));
    assert_int_equal(rx_bytes[99] | rx_bytes[150], 0);
    assert_int_equal(rx_bytes[100] & rx_bytes[149], 0x5a);
    memcpy(tx_bytes, "frame", 5);
    assert_true(bus->dma_read(bus, tx->io_addr, data, 5));
    assert_memory_equal(data, "frame", 5);
    assert_int_equal(counts()->dma_faults, 0);

    assert_false(bus->dma_write(bus, tx->io_addr, data, 1)); /* it may only read there */
    assert_int_equal(last_event()->kind, PROBE_DMA_FAULT);
    assert_int_equal(last_event()->a, tx->io_addr);
    assert_int_equal(last_event()->b, 1 << 1 | 1);
    assert_int_equal(last_event()->object, 0);
    assert_memory_equal(tx_bytes, "frame", 5);
    assert_false(bus->dma_read(bus, 0x1000, data, 16));
    assert_int_equal(last_event()->b, 16 << 1);
    assert_false(bus->dma_read(bus, rx->io_addr + 8 * 2048 - 1, data, 2)); /* over the end */
    assert_int_equal(counts()->dma_faults, 3);
    assert_int_equal(atomic_load(&domain.page->event_count), 3);
}

static void into_buffer(const uint8_t *frame, size_t bytes)
{
    could = device.bus->dma_write(device.bus, rx_io, frame, bytes);
}

/* When a frame came is noted beside the buffer it came into, and nowhere else. */
static void test_stamps(void **state)
{
    (void)state;
    begin_with(true, 3, 1000, 1000000000);
    run();
    const struct plan_pool *pool = &p.plan->pools[planned_pool(&p, "net0.rx")];
    const uint64_t *stamps = (const uint64_t *)(const void *)p.memory[pool->stamps];
    go();
    device.on_frame = into_buffer;
    rx_io = pool->io_addr + 5 * 2048 + 128;
    stamp_ns = 777;
    run();
    assert_true(could);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(stamps[i], i == 5 ? 777 : 0);
    }
    assert_true(
        device.bus->dma_write(device.bus, pool->io_addr, data, 4)); /* no frame is coming in */
    assert_int_equal(stamps[0], 0);
    rx_io = p.plan->windows[0].io_addr; /* into a ring: no stamp is anywhere to be put */
    run_at(START_NS + 1000);
    assert_true(could);
    rx_io = pool->io_addr + 7 * 2048;
    stamp_ns = 999;
    run_at(START_NS + 2000);
    assert_int_equal(stamps[7], 999);
    assert_int_equal(stamps[5], 777);
}

/* -- frames out, interrupts -- */

static void test_out(void **state)
{
    (void)state;
    begin_with(true, 0, 0, 1000000000);
    run();
    go();
    now_ns = stamp_ns = START_NS + 500;
    struct bus *bus = device.bus;
    bus->frame_out(bus, data, 100);
    bus->frame_out(bus, data, 60);
    assert_int_equal(far_end.sent, 2);
    assert_int_equal(far_end.out[0].bytes + far_end.out[1].bytes, 160);
    assert_int_equal(far_end.out[1].at_ns, 500);
    assert_int_equal(stats.out_frames, 2);
    far_end.refuses = true;
    bus->frame_out(bus, data, 60);
    assert_int_equal(stats.out_frames, 2);
    assert_int_equal(stats.refused, 1);
    for (unsigned why = 0; why < DEVICE_DROPS; why++) {
        bus->tx_drop(bus, (enum device_drop)why);
        assert_int_equal(counts()->drops_tx[why], 1);
    }
    assert_int_equal(bus->wire_ns(bus, 60), (60 + 24) * 8);
    device.holds = 1;
    run();
    assert_int_equal(atomic_load(&counts()->holds), 1);
    assert_int_equal(stats.out_bytes, 160);
}

static void test_without_wire(void **state)
{
    (void)state;
    begin_with(false, 0, 0, 0);
    run();
    assert_int_equal(atomic_load(&counts()->finished), 0);
    go();
    run();
    assert_int_equal(atomic_load(&counts()->finished), 1);
    device.bus->frame_out(device.bus, data, 100); /* into the void */
    assert_int_equal(device.bus->wire_ns(device.bus, 60), 0);
}

static void test_irq(void **state)
{
    struct bus *bus;

    (void)state;
    begin_with(false, 0, 0, 0);
    run();
    bus = device.bus;
    struct channel_page *page = NULL;
    for (uint32_t i = 0; i < p.plan->channel_count; i++) {
        if (p.plan->channels[i].kind == CHANNEL_IRQ) {
            page = (struct channel_page *)(uintptr_t)p.plan->channels[i].end[1].vaddr;
        }
    }
    bus->irq(bus, 0, false);
    assert_int_equal(rings, 0);
    bus->irq(bus, 0, true);
    assert_int_equal(atomic_load(&page->line), 1);
    assert_int_equal(atomic_load(&page->word[1]), 1);
    assert_int_equal(atomic_load(&page->masked), 1);
    assert_int_equal(rings, 1);
    bus->irq(bus, 0, true);
    assert_int_equal(rings, 1);
    atomic_store(&page->word[1], 0);
    bus->irq(bus, 0, false);
    assert_int_equal(atomic_load(&page->line), 0);
    bus->irq(bus, 0, true); /* not acknowledged yet */
    assert_int_equal(atomic_load(&page->word[1]), 0);
    assert_int_equal(rings, 1);
    bus->irq(bus, 0, false);
    atomic_store(&page->masked, 0);
    bus->irq(bus, 0, true);
    assert_int_equal(rings, 2);
    bus->irq(bus, 1, true); /* it has one line */
    bus->irq(bus, 1000, true);
    assert_int_equal(rings, 2);
}

static struct channel_page *irq_page(void)
{
    for (uint32_t i = 0; i < p.plan->channel_count; i++) {
        if (p.plan->channels[i].kind == CHANNEL_IRQ) {
            return (struct channel_page *)(uintptr_t)p.plan->channels[i].end[1].vaddr;
        }
    }
    fail_msg("the plan has no interrupt");
    return NULL;
}

static void lower(uint32_t offset, uint64_t value)
{
    if (offset == LATCH) {
        latch &= ~(uint32_t)value;
        device.bus->irq(device.bus, 0, latch != 0);
    }
}

static void raise_latch(uint32_t bits)
{
    latch |= bits;
    device.bus->irq(device.bus, 0, true);
}

static void post_entry(enum mmio_kind kind, uint32_t offset, uint64_t value, bool wakes)
{
    struct mmio_entry e = {.kind = (uint8_t)kind,
                           .offset = offset,
                           .bytes = 4,
                           .number = (uint16_t)atomic_load(&registers()->raised),
                           .value = value};
    bool wake;

    assert_true(mmio_post(registers(), &e, &wake));
    assert_int_equal(wake, wakes);
}

/* The acknowledgement stays behind the write that lowers the line, and neither wakes the device. */
static void test_posted_acknowledgement(void **state)
{
    (void)state;
    begin_with(false, 0, 0, 0);
    device.on_write = lower;
    run();
    struct channel_page *page = irq_page();

    raise_latch(1);
    assert_int_equal(atomic_exchange(&page->word[1], 0), 1);
    run(); /* it sleeps, and has said what would lower the line */
    post_entry(MMIO_WRITE, LATCH, 3, false);
    post_entry(MMIO_ACK, 0, 0, false);
    assert_int_equal(atomic_load(&page->masked), 1);
    run();
    assert_int_equal(atomic_load(&page->line), 0);
    assert_int_equal(atomic_load(&page->masked), 0);
    assert_int_equal(atomic_load(&page->word[1]), 0);
    assert_int_equal(rings, 1);
    /* With another cause up the write is urgent, and the interrupt fires again. */
    raise_latch(6);
    assert_int_equal(atomic_exchange(&page->word[1], 0), 1);
    run();
    post_entry(MMIO_WRITE, LATCH, 2, true);
    post_entry(MMIO_ACK, 0, 0, false);
    run();
    assert_int_equal(atomic_load(&page->word[1]), 1);
    assert_int_equal(atomic_load(&page->masked), 1);
    assert_int_equal(rings, 3);
    post_entry(MMIO_ACK, 7, 0, false); /* it has one line */
    run();
    assert_int_equal(counts()->violations, 1);
}

/* What came after the clearing was posted and before it took effect is told of once more. */
static void test_late_clearing(void **state)
{
    (void)state;
    begin_with(true, 2, 1000, 1000000000);
    device.on_write = lower;
    run();
    struct channel_page *page = irq_page();

    raise_latch(1);
    assert_int_equal(atomic_exchange(&page->word[1], 0), 1);
    run();
    post_entry(MMIO_WRITE, 8, 1, true); /* any other write may be late */
    post_entry(MMIO_WRITE, LATCH, 1, false);
    post_entry(MMIO_ACK, 0, 0, false);
    atomic_fetch_add(&registers()->raised, 1); /* as if a frame had just been written */
    run();
    assert_int_equal(atomic_load(&page->line), 0);
    assert_int_equal(atomic_load(&page->word[1]), 1);
    assert_int_equal(atomic_load(&page->masked), 1);
    assert_int_equal(rings, 2);
    /* A frame counts; so the same in time is not told of again. */
    uint32_t before = atomic_load(&registers()->raised);
    go();
    run();
    assert_int_equal(atomic_load(&registers()->raised), before + 1);
    atomic_store(&page->word[1], 0);
    raise_latch(1);
    run();
    post_entry(MMIO_WRITE, LATCH, 1, false);
    post_entry(MMIO_ACK, 0, 0, false);
    run();
    assert_int_equal(atomic_load(&page->word[1]), 0);
    assert_int_equal(atomic_load(&page->masked), 0);
}

/* A driver that posts while the device goes to sleep is not missed. */
static void test_sleep(void **state)
{
    (void)state;
    begin_with(false, 0, 0, 0);
    run();
    unsigned before = waits;
    assert_int_equal(atomic_load(&registers()->device_sleeps), 1);
    post(0, 4, false, 1);
    run();
    assert_int_equal(device.count, 1);
    assert_int_equal(waits, before + 1);
    assert_int_equal(atomic_load(&registers()->device_sleeps), 1);
    run(); /* rung, and nothing to do: it looks, and waits again */
    assert_int_equal(device.count, 1);
    assert_int_equal(waits, before + 2);
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_registers),
        TEST(test_registers_malformed),
        TEST(test_registers_lying),
        TEST(test_turns),
        TEST(test_timers),
        TEST(test_go),
        TEST(test_counted),
        TEST(test_live),
        TEST(test_ready),
        TEST(test_ready_each),
        TEST(test_batch),
        TEST(test_dma),
        TEST(test_stamps),
        TEST(test_out),
        TEST(test_without_wire),
        TEST(test_irq),
        TEST(test_posted_acknowledgement),
        TEST(test_late_clearing),
        TEST(test_sleep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
