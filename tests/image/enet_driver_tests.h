/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_IMAGE_ENET_DRIVER_TESTS_H
#define TESTS_IMAGE_ENET_DRIVER_TESTS_H
/*
 * An ENET driver's image against the ENET model, in one process: the test is the virtualisers on
 * one side of the driver's queues, the wire on the other side of the device, and the runtime in
 * between. Register writes can be held back, as a posted write is, and something can be made to
 * happen at any point of the driver. What every such driver must do is here; included by the test
 * of one, which defines DRIVER_IMAGE and has the tests of how it does it.
 */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <os/sddf.h>
#include <sddf/hw/mmio.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>
#include <sddf/os/point.h>
#include <sddf/resources/device.h>

#include "components/device/enet.h"
#include "tests/unit/fake_bus.h"

extern const struct device_type device_enet;

enum {
    IRQ = 1,
    VIRT_RX = 2,
    VIRT_TX = 3,
    CAPACITY = 512,
    RX_RING = FAKE_IO_BASE,
    TX_RING = FAKE_IO_BASE + 0x8000,
    RX_BUFFERS = FAKE_IO_BASE + 0x10000,
    TX_BUFFERS = FAKE_IO_BASE + 0x110000,
    ACCESSES = 256,
    POSTED = 64,
};

struct access {
    bool write;
    uint32_t offset, value;
};

static uint8_t memory[FAKE_MEMORY_BYTES] __attribute__((__aligned__(4096)));
static uint8_t window[ENET_REGS_BYTES] __attribute__((__aligned__(4096)));
static struct fake_frame frames[FAKE_FRAMES];
static struct fake_bus machine;
static void *enet;

static struct {
    void *handle;
    void (*init)(void);
    void (*notified)(sddf_channel ch);
} image;

/* The driver's neighbours. */
static union {
    net_queue_t queue;
    uint8_t bytes[sizeof(net_queue_t) + CAPACITY * sizeof(net_buff_desc_t)];
} queues[4];
static net_queue_handle_t rx, tx;

static struct access log_of[ACCESSES];
static unsigned accesses, reads, notifies[64], acks;
static bool posting;
static struct access posted[POSTED];
static unsigned posted_at[POSTED]; /* how many frames had arrived */
static unsigned posted_count;
static unsigned arrived; /* frames, so far */
static bool fires_again;
static void (*at_access)(bool write, uint32_t offset);
static unsigned asserted;

/* ---- The runtime ---- */

void (*sddfsim_point_hook)(enum point_op op, const volatile void *where, uint64_t units);
void (*sddfsim_move_hook)(enum move_kind kind, const volatile void *queue, uint64_t name,
                          uint64_t rest);

/* What was posted takes effect; the clearing of what came after the posting is made good. */
static void flush(void)
{
    for (unsigned i = 0; i < posted_count; i++) {
        uint32_t offset = 0;
        uint32_t up = device_enet.lowering(enet, &offset);

        device_enet.write(enet, posted[i].offset, 4, posted[i].value);
        if (posted_at[i] != arrived && posted[i].offset == offset && (posted[i].value & up) != 0) {
            fires_again = true;
        }
    }
    posted_count = 0;
}

static uint32_t offset_of(const volatile void *vaddr)
{
    uintptr_t offset = (uintptr_t)vaddr - (uintptr_t)window;

    assert_true(offset < sizeof(window));
    return (uint32_t)offset;
}

static void record(bool write, uint32_t offset, uint32_t value)
{
    if (accesses < ACCESSES) {
        log_of[accesses] = (struct access){write, offset, value};
    }
    accesses++;
    reads += !write;
    if (at_access != NULL) {
        at_access(write, offset);
    }
}

uint64_t sddfsim_mmio_read(const volatile void *vaddr, unsigned bytes)
{
    uint32_t offset = offset_of(vaddr);

    record(false, offset, 0);
    flush();
    return device_enet.read(enet, offset, bytes);
}

void sddfsim_mmio_write(volatile void *vaddr, unsigned bytes, uint64_t value)
{
    uint32_t offset = offset_of(vaddr);

    assert_int_equal(bytes, 4);
    record(true, offset, (uint32_t)value);
    assert_true(posted_count < POSTED);
    posted_at[posted_count] = arrived;
    posted[posted_count++] = (struct access){true, offset, (uint32_t)value};
    if (!posting) {
        flush();
    }
}

void sddf_notify(sddf_channel ch)
{
    assert_true(ch < 64);
    notifies[ch]++;
}

void sddf_deferred_notify(sddf_channel ch)
{
    sddf_notify(ch);
}

sddf_channel sddf_deferred_notify_curr(void)
{
    return (sddf_channel)-1;
}

void sddf_irq_ack(sddf_channel ch)
{
    assert_int_equal(ch, IRQ);
    acks++;
}

void sddf_deferred_irq_ack(sddf_channel ch)
{
    sddf_irq_ack(ch);
}

int sddf_printf_(const char *format, ...)
{
    (void)format;
    return 0;
}

void _assert_fail(const char *assertion, const char *file, unsigned int line, const char *function)
{
    (void)function;
    asserted++;
    fprintf(stderr, "%s:%u: %s\n", file, line, assertion);
    abort();
}

/* ---- The system around the driver ---- */

static void *symbol(const char *name)
{
    void *at = dlsym(image.handle, name);

    if (at == NULL) {
        fail_msg("the image has no symbol %s", name);
    }
    return at;
}

static void load_image(void)
{
    char path[4096];
    const char *build = getenv("SDDFSIM_BUILD");

    snprintf(path, sizeof(path), "%s/images/network/" DRIVER_IMAGE ".so",
             build != NULL ? build : "build");
    image.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (image.handle == NULL) {
        fail_msg("%s", dlerror());
    }
    *(void **)&image.init = symbol("init");
    *(void **)&image.notified = symbol("notified");
}

static device_region_resource_t ring_resource(uint32_t io_addr, unsigned entries)
{
    return (device_region_resource_t){
        .region = {memory + (io_addr - FAKE_IO_BASE), entries * sizeof(struct enet_descriptor)},
        .io_addr = io_addr};
}

static void configure(unsigned rx_entries, unsigned tx_entries)
{
    net_driver_config_t *config = symbol("config");
    device_resources_t *resources = symbol("device_resources");
    uint64_t size = sizeof(queues[0]);

    *config = (net_driver_config_t){
        .virt_rx = {{&queues[0], size}, {&queues[1], size}, CAPACITY, VIRT_RX},
        .virt_tx = {{&queues[2], size}, {&queues[3], size}, CAPACITY, VIRT_TX},
    };
    memcpy(config->magic, SDDF_NET_MAGIC, sizeof(config->magic));
    *resources = (device_resources_t){.num_regions = 3, .num_irqs = 1, .irqs = {{IRQ}}};
    memcpy(resources->magic, DEVICE_MAGIC, sizeof(resources->magic));
    resources->regions[0].region = (region_resource_t){window, sizeof(window)};
    resources->regions[1] = ring_resource(RX_RING, rx_entries);
    resources->regions[2] = ring_resource(TX_RING, tx_entries);
}

static void stop_system(void)
{
    if (image.handle != NULL) {
        dlclose(image.handle);
        image.handle = NULL;
    }
}

/*
 * Everything from the beginning: a device just powered on, a driver not yet initialised, empty
 * queues.
 */
static void prepare(unsigned rx_entries, unsigned tx_entries)
{
    stop_system();
    load_image();
    memset(memory, 0, sizeof(memory));
    memset(queues, 0, sizeof(queues));
    memset(notifies, 0, sizeof(notifies));
    accesses = reads = acks = posted_count = asserted = arrived = 0;
    posting = fires_again = false;
    at_access = NULL;
    sddfsim_point_hook = NULL;
    fake_bus_init(&machine, memory, frames);
    memset(enet, 0, device_enet.state_size);
    fake_presets(&device_enet, enet);
    memcpy(fake_key(&device_enet, enet, "mac"), "\x52\x54\x01\x02\x03\x04", 6);
    device_enet.reset(enet, &machine.bus);
    net_queue_init(&rx, &queues[0].queue, &queues[1].queue, CAPACITY);
    net_queue_init(&tx, &queues[2].queue, &queues[3].queue, CAPACITY);
    configure(rx_entries, tx_entries);
}

static void start(unsigned rx_entries, unsigned tx_entries)
{
    prepare(rx_entries, tx_entries);
    image.init();
}

static int setup(void **unused)
{
    (void)unused;
    enet = calloc(1, device_enet.state_size);
    return enet == NULL ? -1 : 0;
}

static int teardown(void **unused)
{
    (void)unused;
    stop_system();
    free(enet);
    return 0;
}

static uint32_t device_reg(uint32_t offset)
{
    return (uint32_t)device_enet.read(enet, offset, 4);
}

static struct enet_descriptor *descriptor(uint32_t ring, unsigned i)
{
    return (struct enet_descriptor *)(void *)(memory + (ring - FAKE_IO_BASE)) + i;
}

/* Interrupts, for as long as the line is up. */
static unsigned settle(void)
{
    unsigned rounds = 0;

    flush();
    while (machine.level || fires_again) {
        unsigned before = acks;

        fires_again = false;
        image.notified(IRQ);
        assert_int_equal(acks, before + 1);
        flush();
        assert_true(++rounds < 1000);
    }
    return rounds;
}

static void rx_give(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        net_buff_desc_t buffer = {.io_or_offset = RX_BUFFERS + i % CAPACITY * NET_BUFFER_SIZE};
        assert_int_equal(net_enqueue_free(&rx, buffer), 0);
    }
}

static void tx_give(uint64_t io_addr, uint16_t len)
{
    assert_int_equal(net_enqueue_active(&tx, (net_buff_desc_t){io_addr, len, 0}), 0);
}

static uint8_t *tx_buffer(unsigned i)
{
    return memory + (TX_BUFFERS - FAKE_IO_BASE) + i * NET_BUFFER_SIZE;
}

static enum device_drop arrive(uint8_t mark, size_t bytes)
{
    static uint8_t frame[1514];

    memset(frame, mark, sizeof(frame));
    frame[0] = 0x02;
    enum device_drop why = device_enet.frame_in(enet, frame, bytes);

    arrived++;
    return why;
}

/* ---- Tests ---- */

/* The order the part wants, register by register; a poll counts once. */
static void test_initialises_in_order(void **unused)
{
    (void)unused;
    static const struct access wanted[] = {
        {false, ENET_PALR, 0},
        {false, ENET_PAUR, 0},
        {true, ENET_ECR, ENET_ECR_RESET},
        {false, ENET_ECR, 0},
        {false, ENET_ECR, 0},
        {true, ENET_ECR, ENET_ECR_PRESET | ENET_ECR_DBSWP},
        {true, ENET_EIMR, 0},
        {true, ENET_EIR, UINT32_MAX},
        {true, ENET_MSCR, 48},
        {true, ENET_MIBC, ENET_MIBC_DIS},
        {false, ENET_MIBC, 0},
        {true, ENET_MIBC, ENET_MIBC_DIS | ENET_MIBC_CLEAR},
        {false, ENET_MIBC, 0},
        {true, ENET_MIBC, ENET_MIBC_DIS},
        {true, ENET_MIBC, 0},
        {true, ENET_IAUR, 0},
        {true, ENET_IALR, 0},
        {true, ENET_GAUR, 0},
        {true, ENET_GALR, 0},
        {false, ENET_PALR, 0},
        {true, ENET_PALR, 0x52540102},
        {true, ENET_PAUR, 0x03048808},
        {true, ENET_OPD, 0x10000},
        {true, ENET_TXIC0, 0x880000ff},
        {true, ENET_TIPG, 8},
        {true, ENET_TFWR, 0x100},
        {true, ENET_RSFL, 0},
        {true, ENET_RACC, 0x46},
        {true, ENET_TACC, 0x18},
        {true, ENET_RDSR, RX_RING},
        {true, ENET_TDSR, TX_RING},
        {true, ENET_MRBR, 1536},
        {true, ENET_RCR, 0x05ee004c},
        {true, ENET_TCR, 4},
        {false, ENET_ECR, 0},
        {true, ENET_ECR, ENET_ECR_PRESET | 0x120},
        {true, ENET_ECR, ENET_ECR_PRESET | 0x122},
        {true, ENET_RDAR, 1 << 24},
        {false, ENET_EIR, 0},
        {true, ENET_EIR, 0},
        {true, ENET_EIMR, 0x0a400000},
    };

    start(256, 256);
    for (unsigned i = 0; i < ARRAY_SIZE(wanted) && i < accesses; i++) {
        if (log_of[i].write != wanted[i].write || log_of[i].offset != wanted[i].offset ||
            log_of[i].value != wanted[i].value) {
            fail_msg("access %u: %s %03x %08x", i, log_of[i].write ? "write" : "read",
                     log_of[i].offset, log_of[i].value);
        }
    }
    assert_int_equal(accesses, ARRAY_SIZE(wanted));
    assert_int_equal(machine.violations, 0);
}

/* Buffers and packets queued before the driver came are not forgotten. */
static void test_init_takes_what_waits(void **unused)
{
    (void)unused;
    prepare(256, 256);
    rx_give(4);
    tx_give(TX_BUFFERS, 60);
    image.init();
    assert_int_equal(net_queue_length(rx.free), 0);
    assert_int_equal(machine.frame_count, 1);
    assert_int_equal(arrive(1, 100), DEVICE_DROP_NONE);
}

static void test_receives(void **unused)
{
    (void)unused;
    start(256, 256);
    rx_give(CAPACITY);
    image.notified(VIRT_RX);
    for (unsigned n = 0; n < 5000; n++) {
        net_buff_desc_t buffer;
        assert_int_equal(arrive((uint8_t)n, 60 + n % 1400), DEVICE_DROP_NONE);
        settle();
        assert_int_equal(net_dequeue_active(&rx, &buffer), 0);
        assert_int_equal(buffer.io_or_offset, RX_BUFFERS + n % CAPACITY * NET_BUFFER_SIZE);
        assert_int_equal(buffer.len, 60 + n % 1400);
        assert_int_equal(memory[buffer.io_or_offset - FAKE_IO_BASE + 59], (uint8_t)n);
        buffer.len = 0;
        assert_int_equal(net_enqueue_free(&rx, buffer), 0);
        if (net_require_signal_free(&rx)) {
            net_cancel_signal_free(&rx);
            image.notified(VIRT_RX);
        }
    }
    assert_int_equal(machine.violations, 0);
}

static void test_transmits(void **unused)
{
    (void)unused;
    start(256, 256);
    for (unsigned n = 0; n < FAKE_FRAMES; n++) {
        net_buff_desc_t buffer;
        unsigned slot = n % 256;
        memset(tx_buffer(slot), (int)n, NET_BUFFER_SIZE);
        tx_give(TX_BUFFERS + slot * NET_BUFFER_SIZE, (uint16_t)(60 + n));
        image.notified(VIRT_TX);
        assert_int_equal(frames[n].bytes, 60 + n);
        assert_int_equal(frames[n].data[59 + n], (uint8_t)n);
        fake_run(&machine, &device_enet, enet, machine.now_ns + 200000); /* the coalescing timer */
        assert_int_equal(settle(), 1);
        assert_int_equal(net_dequeue_free(&tx, &buffer), 0);
        assert_int_equal(buffer.io_or_offset, TX_BUFFERS + slot * NET_BUFFER_SIZE);
        assert_int_equal(buffer.len, 0);
    }
    assert_int_equal(machine.violations, 0);
}

/* Rings of every size, one slot included, filled to the brim, or with all buffers there are, and
 * drained, many times over. */
static void test_ring_sizes(void **unused)
{
    (void)unused;
    static const unsigned sizes[] = {1, 2, 3, 7, 100, 255, 256, 300, 512, 4096};

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        unsigned entries = sizes[i] < CAPACITY ? sizes[i] : CAPACITY;
        uint16_t wrap = entries == sizes[i] ? ENET_DESC_WRAP : 0;

        start(sizes[i], sizes[i]);
        rx_give(CAPACITY);
        image.notified(VIRT_RX);
        assert_int_equal(net_queue_length(rx.free), CAPACITY - entries);
        assert_int_equal(descriptor(RX_RING, entries - 1)->stat, ENET_DESC_OWNED | wrap);
        for (unsigned lap = 0; lap < 10; lap++) {
            net_buff_desc_t buffer;
            for (unsigned n = 0; n < entries; n++) {
                assert_int_equal(arrive(1, 60), DEVICE_DROP_NONE);
            }
            assert_int_equal(arrive(1, 60), DEVICE_DROP_NO_DESCRIPTOR);
            settle();
            assert_int_equal(net_queue_length(rx.active), entries);
            while (net_dequeue_active(&rx, &buffer) == 0) {
                assert_int_equal(net_enqueue_free(&rx, buffer), 0);
            }
            image.notified(VIRT_RX);
        }
        for (unsigned n = 0; n < CAPACITY; n++) {
            tx_give(TX_BUFFERS + n % 256 * NET_BUFFER_SIZE, 60);
        }
        image.notified(VIRT_TX);
        for (unsigned n = 0; n < 2 * CAPACITY; n++) {
            fake_run(&machine, &device_enet, enet, machine.now_ns + 200000);
            settle();
        }
        assert_int_equal(machine.frame_count, CAPACITY);
        assert_int_equal(net_queue_length(tx.free), CAPACITY);
        assert_int_equal(net_queue_length(tx.active), 0);
        assert_int_equal(machine.violations, 0);
    }
}

/* Who is signalled when: only when asked for, once, and the flag is taken down. */
static void test_signals_when_asked(void **unused)
{
    (void)unused;
    net_buff_desc_t buffer;

    start(4, 4);
    rx_give(8);
    image.notified(VIRT_RX);
    assert_int_equal(arrive(1, 60), DEVICE_DROP_NONE);
    settle();
    assert_int_equal(notifies[VIRT_RX], 1);
    assert_false(net_require_signal_active(&rx));
    assert_int_equal(arrive(1, 60), DEVICE_DROP_NONE);
    settle();
    assert_int_equal(notifies[VIRT_RX], 1);
    while (net_dequeue_active(&rx, &buffer) == 0) {
    }
    net_request_signal_active(&rx);
    assert_int_equal(arrive(1, 60), DEVICE_DROP_NONE);
    settle();
    assert_int_equal(notifies[VIRT_RX], 2);
    assert_int_equal(notifies[VIRT_TX], 0);
    tx_give(TX_BUFFERS, 60);
    image.notified(VIRT_TX);
    fake_run(&machine, &device_enet, enet, machine.now_ns + 200000);
    settle();
    assert_int_equal(notifies[VIRT_TX], 1);
    assert_false(net_require_signal_free(&tx));
}

/* A full receive ring has no use for a signal; one with room asks for it. Transmit always asks. */
static void test_asks_for_signals(void **unused)
{
    (void)unused;
    start(4, 4);
    assert_true(net_require_signal_free(&rx));
    rx_give(6);
    image.notified(VIRT_RX);
    assert_false(net_require_signal_free(&rx));
    for (unsigned n = 0; n < 3; n++) {
        assert_int_equal(arrive(1, 60), DEVICE_DROP_NONE);
    }
    settle();
    assert_int_equal(net_queue_length(rx.free), 0);
    assert_true(net_require_signal_free(&rx));
    machine.wire_ns_per_byte = 1;
    for (unsigned n = 0; n < 6; n++) {
        tx_give(TX_BUFFERS, 60);
    }
    net_cancel_signal_active(&tx);
    image.notified(VIRT_TX);
    assert_int_equal(net_queue_length(tx.active), 2);
    assert_true(net_require_signal_active(&tx));
}

static bool slipped;

/* A neighbour that enqueues at the last moment, seeing no signal wanted, and so sends none. */
static void slip_in(enum point_op op, const volatile void *where, uint64_t units)
{
    (void)units;
    if (op != POINT_REQUEST || slipped) {
        return;
    }
    sddfsim_point_hook = NULL; /* the neighbour's own operations are no points of the driver */
    slipped = true;
    if (where == rx.free) {
        rx_give(1);
    } else {
        tx_give(TX_BUFFERS, 60);
    }
}

static void test_looks_again(void **unused)
{
    (void)unused;
    start(256, 256);
    slipped = false;
    sddfsim_point_hook = slip_in;
    image.notified(VIRT_RX);
    assert_true(slipped);
    assert_int_equal(net_queue_length(rx.free), 0);
    assert_int_equal(arrive(1, 60), DEVICE_DROP_NONE);
    slipped = false;
    sddfsim_point_hook = slip_in;
    image.notified(VIRT_TX);
    assert_true(slipped);
    assert_int_equal(machine.frame_count, 1);
}

/*
 * A frame comes after the driver asked for the clearing of EIR and before the device did it: before
 * its next read, or else after the interrupt. Its event is cleared with the others, and the
 * interrupt fires again.
 */
static bool intrude_armed;

static void intrude(bool write, uint32_t offset)
{
    static bool clearing;

    if (write && offset == ENET_EIR) {
        clearing = true;
    } else if (!write && clearing && intrude_armed) {
        clearing = intrude_armed = false;
        assert_int_equal(arrive(2, 60), DEVICE_DROP_NONE);
    }
}

static void test_posted_clearing_loses_nothing(void **unused)
{
    (void)unused;
    start(256, 256);
    rx_give(8);
    image.notified(VIRT_RX);
    posting = true;
    at_access = intrude;
    intrude_armed = true;
    assert_int_equal(arrive(1, 60), DEVICE_DROP_NONE);
    image.notified(IRQ);
    if (intrude_armed) {
        assert_int_equal(arrive(2, 60), DEVICE_DROP_NONE);
    }
    at_access = NULL;
    settle();
    assert_int_equal(net_queue_length(rx.active), 2);
}

static void test_refuses_what_no_ring_holds(void **unused)
{
    (void)unused;
    static const struct {
        uint64_t io_addr;
        uint16_t len;
    } bad[] = {
        {UINT64_C(0x100000000), 60}, {UINT64_MAX, 60},    {TX_BUFFERS, 0},
        {TX_BUFFERS, 2049},          {TX_BUFFERS, 65535},
    };

    start(256, 256);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        tx_give(bad[i].io_addr, bad[i].len);
    }
    tx_give(TX_BUFFERS, 2048);
    image.notified(VIRT_TX);
    assert_int_equal(machine.frame_count, 1);
    assert_int_equal(net_queue_length(tx.free), ARRAY_SIZE(bad));
    assert_int_equal(notifies[VIRT_TX], 1);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        net_buff_desc_t buffer;
        assert_int_equal(net_dequeue_free(&tx, &buffer), 0);
        assert_true(buffer.io_or_offset == bad[i].io_addr);
        assert_int_equal(buffer.len, 0);
    }
    assert_int_equal(net_enqueue_free(&rx, (net_buff_desc_t){UINT64_C(0x100000000), 0, 0}), 0);
    rx_give(1);
    image.notified(VIRT_RX);
    assert_int_equal(descriptor(RX_RING, 0)->io_addr, RX_BUFFERS);
    assert_int_equal(descriptor(RX_RING, 1)->stat, 0);
}

/* Every index of every queue says anything at all: the driver comes back, its rings stay whole. */
static void test_lying_queues(void **unused)
{
    (void)unused;
    static const uint16_t lies[] = {1, CAPACITY, CAPACITY + 1, 40000, 65535};

    for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
        start(256, 256);
        for (unsigned n = 0; n < CAPACITY; n++) {
            /* Half of the stale slots are refused. */
            rx.free->buffers[n].io_or_offset = n % 2 ? RX_BUFFERS : UINT64_MAX;
            tx.active->buffers[n].io_or_offset = TX_BUFFERS;
            tx.active->buffers[n].len = n % 2 ? 60 : 0;
        }
        rx.free->tail = lies[i];
        tx.active->tail = lies[i];
        for (unsigned round = 0; round < 20; round++) {
            image.notified(VIRT_RX);
            image.notified(VIRT_TX);
            (void)arrive(1, 60);
            fake_run(&machine, &device_enet, enet, machine.now_ns + 200000);
            settle();
            rx.active->head = (uint16_t)(lies[i] * round);
            tx.free->head = (uint16_t)(lies[i] * 3 * round);
            rx.free->head = (uint16_t)(lies[i] * 5 * round);
        }
        assert_int_equal(device_reg(ENET_ECR) & ENET_ECR_ETHEREN, ENET_ECR_ETHEREN);
        assert_int_equal(machine.violations, 0);
    }
}

/* Nothing but refusals, for ever: one call looks at no more than one capacity of them. */
static unsigned taken;

static void refill(enum point_op op, const volatile void *where, uint64_t units)
{
    (void)units;
    if (op == POINT_DEQUEUE && where == tx.active) {
        taken++;
        tx.active->tail = (uint16_t)(tx.active->head + 2);
    } else if (op == POINT_ENQUEUE && where == tx.free) {
        tx.free->head = tx.free->tail;
    }
}

static void test_endless_refusals(void **unused)
{
    (void)unused;
    start(256, 256);
    taken = 0;
    tx.active->tail = 1;
    sddfsim_point_hook = refill;
    image.notified(VIRT_TX);
    sddfsim_point_hook = NULL;
    assert_in_range(taken, 1, CAPACITY + 1);
    /* It will be woken again: the flag asks for it. */
    assert_true(net_require_signal_active(&tx));
}

/* Everything the MAC is told to send from here on is sent, and what comes is received. */
static void goes_on(unsigned received)
{
    unsigned sent = machine.frame_count, had = (unsigned)net_queue_length(rx.active);

    assert_int_equal(device_reg(ENET_ECR) & ENET_ECR_ETHEREN, ENET_ECR_ETHEREN);
    for (unsigned i = 0; i < received; i++) {
        assert_int_equal(arrive((uint8_t)i, 60), DEVICE_DROP_NONE);
    }
    settle();
    assert_int_equal(net_queue_length(rx.active), had + received);
    tx_give(TX_BUFFERS, 60);
    image.notified(VIRT_TX);
    assert_int_equal(machine.frame_count, sent + 1);
}

/* The descriptor that nobody could read is not met again; what was behind it goes back as well. */
static void test_bus_error_is_survived(void **unused)
{
    (void)unused;
    start(256, 256);
    rx_give(20);
    image.notified(VIRT_RX);
    assert_int_equal(arrive(1, 60), DEVICE_DROP_NONE);
    settle();
    tx_give(FAKE_IO_BASE - 4096, 60);
    tx_give(TX_BUFFERS, 60);
    image.notified(VIRT_TX);
    assert_int_equal(machine.faults, 1);
    assert_int_equal(machine.drops[DEVICE_DROP_DMA_FAULT], 1);
    notifies[VIRT_TX] = 0;
    (void)net_require_signal_free(&tx);
    assert_int_equal(settle(), 1);
    assert_int_equal(net_queue_length(tx.free), 2);
    goes_on(19);
    assert_int_equal(arrive(1, 60), DEVICE_DROP_NO_DESCRIPTOR);
    assert_int_equal(machine.faults, 1);
}

/* Received frames that were already in memory are not lost with the rest, and no buffer is. */
static void test_reset_is_noticed(void **unused)
{
    (void)unused;
    start(8, 8);
    rx_give(8);
    image.notified(VIRT_RX);
    for (unsigned round = 0; round < 3; round++) {
        net_buff_desc_t buffer;

        assert_int_equal(arrive(1, 60), DEVICE_DROP_NONE);
        assert_int_equal(arrive(2, 60), DEVICE_DROP_NONE);
        device_enet.reset(enet, &machine.bus);
        assert_int_equal(arrive(3, 60), DEVICE_DROP_DISABLED);
        image.notified(IRQ); /* the frames */
        assert_int_equal(net_queue_length(rx.active), 2);
        image.notified(IRQ); /* nothing any more: why, then? */
        goes_on(6);
        assert_int_equal(arrive(3, 60), DEVICE_DROP_NO_DESCRIPTOR);
        for (unsigned i = 0; i < 8; i++) {
            assert_int_equal(net_dequeue_active(&rx, &buffer), 0);
            assert_int_equal(net_enqueue_free(&rx, buffer), 0);
        }
        image.notified(VIRT_RX);
    }
    assert_int_equal(machine.violations, 0);
}

static void test_unknown_channel(void **unused)
{
    (void)unused;
    start(256, 256);
    accesses = 0;
    image.notified(17);
    assert_int_equal(accesses, 0);
    assert_int_equal(acks, 0);
}

static unsigned writes_to(uint32_t offset)
{
    unsigned count = 0;

    for (unsigned i = 0; i < accesses && i < ACCESSES; i++) {
        count += log_of[i].write && log_of[i].offset == offset;
    }
    return count;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TESTS_OF_ALL                                                                            \
    TEST(test_initialises_in_order), TEST(test_init_takes_what_waits), TEST(test_receives),     \
        TEST(test_transmits), TEST(test_ring_sizes), TEST(test_signals_when_asked),             \
        TEST(test_asks_for_signals), TEST(test_looks_again),                                    \
        TEST(test_posted_clearing_loses_nothing), TEST(test_refuses_what_no_ring_holds),        \
        TEST(test_lying_queues), TEST(test_endless_refusals), TEST(test_bus_error_is_survived), \
        TEST(test_reset_is_noticed), TEST(test_unknown_channel)
#endif
