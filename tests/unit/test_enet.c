/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ENET model, driven register by register as a driver would, in a machine that is only an array
 * and a clock. Each test says what the manual promises and what a hostile driver or wire may not
 * do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "components/device/enet.h"
#include "components/device/ring.h"
#include "components/devices.h"
#include "tests/unit/fake_bus.h"

#define ROW(id) extern const struct device_type device_##id;
DEVICE_TYPES(ROW)
#undef ROW

enum {
    RX_RING = FAKE_IO_BASE,
    TX_RING = FAKE_IO_BASE + 0x10000,
    RX_BUFFERS = FAKE_IO_BASE + 0x100000,
    TX_BUFFERS = FAKE_IO_BASE + 0x180000,
    BUFFER_BYTES = 2048,
    ENTRIES = 8,
};

static const struct device_type *const type = &device_enet;
static uint8_t memory[FAKE_MEMORY_BYTES];
static struct fake_frame frames[FAKE_FRAMES];
static struct fake_bus machine;
static void *enet;
static uint8_t frame[BUFFER_BYTES];

static uint32_t get(uint32_t offset)
{
    return (uint32_t)type->read(enet, offset, 4);
}

static void set(uint32_t offset, uint32_t value)
{
    type->write(enet, offset, 4, value);
}

static struct enet_descriptor *descriptor(uint32_t ring, unsigned i)
{
    return (struct enet_descriptor *)(void *)(memory + (ring - FAKE_IO_BASE)) + i;
}

static uint8_t *at(uint32_t io_addr)
{
    return memory + (io_addr - FAKE_IO_BASE);
}

static void run(uint64_t ns)
{
    fake_run(&machine, type, enet, machine.now_ns + ns);
}

static void power_on(void)
{
    type->reset(enet, &machine.bus);
}

static int setup(void **unused)
{
    (void)unused;
    memset(memory, 0, sizeof(memory));
    fake_bus_init(&machine, memory, frames);
    enet = calloc(1, type->state_size);
    assert_non_null(enet);
    fake_presets(type, enet);
    power_on();
    for (unsigned i = 0; i < sizeof(frame); i++) {
        frame[i] = (uint8_t)(i * 7 + 1);
    }
    memcpy(frame, "\x02\x00\x00\x00\x00\x42\x02\x00\x00\x00\x00\x01\x08\x00", 14);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    free(enet);
    return 0;
}

/* As a driver leaves it, with empty rings, all addresses taken, all interrupts open. */
static void bring_up(void)
{
    set(ENET_RDSR, RX_RING);
    set(ENET_TDSR, TX_RING);
    set(ENET_MRBR, 1536);
    set(ENET_MSCR, 48);
    set(ENET_MIBC, 0);
    set(ENET_RCR, 1518u << ENET_RCR_MAX_FL_SHIFT | ENET_RCR_MII_MODE | ENET_RCR_PROM);
    set(ENET_ECR, ENET_ECR_DBSWP | ENET_ECR_SPEED);
    set(ENET_ECR, ENET_ECR_DBSWP | ENET_ECR_SPEED | ENET_ECR_ETHEREN);
    set(ENET_EIMR, ENET_EIR_TXF | ENET_EIR_RXF | ENET_EIR_EBERR);
}

static void rx_give(unsigned i, unsigned entries)
{
    *descriptor(RX_RING, i) = (struct enet_descriptor){
        .len = 0xdead,
        .stat = (uint16_t)(ENET_DESC_OWNED | (i + 1 == entries ? ENET_DESC_WRAP : 0)),
        .io_addr = RX_BUFFERS + i * BUFFER_BYTES};
}

static void rx_give_all(unsigned entries)
{
    for (unsigned i = 0; i < entries; i++) {
        rx_give(i, entries);
    }
    set(ENET_RDAR, ENET_DAR_ACTIVE);
}

/* Queue `bytes` of recognisable payload in slot i; no doorbell. */
static void tx_give(unsigned i, unsigned entries, uint16_t bytes, uint16_t stat)
{
    memset(at(TX_BUFFERS + i * BUFFER_BYTES), (int)(0x10 + i),
           bytes < BUFFER_BYTES ? bytes : BUFFER_BYTES);
    *descriptor(TX_RING, i) = (struct enet_descriptor){
        .len = bytes,
        .stat = (uint16_t)(stat | ENET_DESC_OWNED | (i + 1 == entries ? ENET_DESC_WRAP : 0)),
        .io_addr = TX_BUFFERS + i * BUFFER_BYTES};
}

static enum device_drop arrive(size_t bytes)
{
    return type->frame_in(enet, frame, bytes);
}

static void test_type(void **unused)
{
    (void)unused;
    assert_string_equal(type->name, "enet");
    assert_int_equal(type->regs_bytes, ENET_REGS_BYTES);
    assert_int_equal(type->irq_lines, 1);
    assert_string_equal(type->memory[0].name, "rx_ring");
    assert_string_equal(type->memory[1].name, "tx_ring");
    assert_ptr_equal((char *)enet + type->memory[0].count_offset, fake_key(type, enet, "rx_ring"));
    assert_ptr_equal((char *)enet + type->memory[1].count_offset, fake_key(type, enet, "tx_ring"));
    assert_int_equal(*(uint64_t *)fake_key(type, enet, "rx_ring"), 256);
}

static void test_reset_values(void **unused)
{
    (void)unused;
    assert_int_equal(get(ENET_ECR), 0xf0000000);
    assert_int_equal(get(ENET_RCR), 0x05ee0001);
    assert_int_equal(get(ENET_MIBC), 0xc0000000);
    assert_int_equal(get(ENET_OPD), 0x00010000);
    assert_int_equal(get(ENET_PAUR) & 0xffff, 0x8808);
    assert_int_equal(get(ENET_FTRL), 0x7ff);
    assert_int_equal(get(ENET_TIPG), 12);
    assert_int_equal(get(ENET_EIR), 0);
    assert_false(machine.level);
}

/* The boot loader's station address is there at power-on and gone after ECR[RESET]. */
static void test_station_address_survives_no_reset(void **unused)
{
    (void)unused;
    memcpy(fake_key(type, enet, "mac"), "\x52\x54\x01\x02\x03\x04", 6);
    power_on();
    assert_int_equal(get(ENET_PALR), 0x52540102);
    assert_int_equal(get(ENET_PAUR), 0x03048808);
    set(ENET_ECR, ENET_ECR_RESET);
    assert_int_equal(get(ENET_PALR), 0);
    assert_int_equal(get(ENET_PAUR), 0x8808);
}

static void test_reset_clears_itself_and_the_rest(void **unused)
{
    (void)unused;
    bring_up();
    rx_give_all(ENTRIES);
    assert_int_equal(arrive(64), DEVICE_DROP_NONE);
    assert_true(machine.level);
    set(ENET_GAUR, 0x1234);
    set(ENET_ECR, ENET_ECR_RESET | ENET_ECR_ETHEREN);
    assert_int_equal(get(ENET_ECR), 0xf0000000);
    assert_int_equal(get(ENET_EIR), 0);
    assert_int_equal(get(ENET_EIMR), 0);
    assert_int_equal(get(ENET_GAUR), 0);
    assert_int_equal(get(ENET_RDSR), 0);
    assert_int_equal(get(ENET_RDAR), 0);
    assert_int_equal(get(ENET_RMON_R_PACKETS), 1);
    assert_false(machine.level);
    assert_int_equal(arrive(64), DEVICE_DROP_DISABLED);
}

static void test_events_are_cleared_by_ones(void **unused)
{
    (void)unused;
    bring_up();
    rx_give_all(ENTRIES);
    tx_give(0, ENTRIES, 100, ENET_DESC_LAST);
    set(ENET_TDAR, 0);
    assert_int_equal(arrive(64), DEVICE_DROP_NONE);
    assert_int_equal(get(ENET_EIR), ENET_EIR_RXF | ENET_EIR_TXF | ENET_EIR_TXB);
    set(ENET_EIR, 0);
    assert_int_equal(get(ENET_EIR), ENET_EIR_RXF | ENET_EIR_TXF | ENET_EIR_TXB);
    set(ENET_EIR, ENET_EIR_TXF | ENET_EIR_EBERR);
    assert_int_equal(get(ENET_EIR), ENET_EIR_RXF | ENET_EIR_TXB);
    assert_true(machine.level);
    set(ENET_EIR, ENET_EIR_RXF);
    assert_false(machine.level);
}

/* The line is EIR & EIMR at every moment, whichever of the two moved. */
static void test_line_follows_mask(void **unused)
{
    (void)unused;
    bring_up();
    set(ENET_EIMR, 0);
    rx_give_all(ENTRIES);
    assert_int_equal(arrive(64), DEVICE_DROP_NONE);
    assert_false(machine.level);
    set(ENET_EIMR, ENET_EIR_RXF);
    assert_true(machine.level);
    set(ENET_EIMR, ENET_EIR_TXF);
    assert_false(machine.level);
}

static void test_receive_writes_back(void **unused)
{
    (void)unused;
    bring_up();
    rx_give_all(ENTRIES);
    descriptor(RX_RING, 0)->stat |= ENET_RX_SOFTWARE;
    memset(at(RX_BUFFERS), 0xee, BUFFER_BYTES);
    assert_int_equal(arrive(100), DEVICE_DROP_NONE);
    struct enet_descriptor *d = descriptor(RX_RING, 0);
    assert_int_equal(d->len, 100);
    assert_int_equal(d->stat, ENET_RX_SOFTWARE | ENET_DESC_LAST | ENET_RX_MISS);
    assert_int_equal(d->io_addr, RX_BUFFERS);
    assert_memory_equal(at(RX_BUFFERS), frame, 100);
    assert_int_equal(*at(RX_BUFFERS + 100), 0xee);
    assert_int_equal(descriptor(RX_RING, 1)->stat, ENET_DESC_OWNED);
    assert_int_equal(machine.violations, 0);
}

/* More frames than the ring has entries, for rings of any size, given back one by one. */
static void test_receive_ring_wraps(void **unused)
{
    (void)unused;
    for (unsigned entries = 1; entries <= 19; entries += 3) {
        power_on();
        bring_up();
        rx_give_all(entries);
        for (unsigned n = 0; n < 5 * entries; n++) {
            unsigned slot = n % entries;
            frame[20] = (uint8_t)n;
            assert_int_equal(arrive(64 + n), DEVICE_DROP_NONE);
            assert_int_equal(descriptor(RX_RING, slot)->len, 64 + n);
            assert_int_equal(descriptor(RX_RING, slot)->stat & ENET_DESC_WRAP,
                             slot + 1 == entries ? ENET_DESC_WRAP : 0);
            assert_int_equal(*at(RX_BUFFERS + slot * BUFFER_BYTES + 20), (uint8_t)n);
            rx_give(slot, entries);
            set(ENET_RDAR, ENET_DAR_ACTIVE);
        }
    }
}

static void test_receive_without_descriptor(void **unused)
{
    (void)unused;
    bring_up();
    assert_false(type->ready(enet));
    assert_int_equal(arrive(64), DEVICE_DROP_NO_DESCRIPTOR);
    rx_give_all(2);
    assert_true(type->ready(enet));
    assert_int_equal(get(ENET_RDAR), ENET_DAR_ACTIVE);
    assert_int_equal(arrive(64), DEVICE_DROP_NONE);
    assert_int_equal(arrive(64), DEVICE_DROP_NONE);
    assert_false(type->ready(enet));
    assert_int_equal(arrive(64), DEVICE_DROP_NO_DESCRIPTOR);
    assert_int_equal(get(ENET_RDAR), 0);
    assert_int_equal(get(ENET_IEEE_R_MACERR), 2);
    /* A descriptor without its doorbell stays unseen. */
    rx_give(0, 2);
    assert_int_equal(arrive(64), DEVICE_DROP_NO_DESCRIPTOR);
    set(ENET_RDAR, 0);
    assert_int_equal(arrive(64), DEVICE_DROP_NONE);
    assert_int_equal(descriptor(RX_RING, 0)->len, 64);
}

/*
 * Descriptors handed over while the MAC has read ahead, but before it met its end, need no look
 * back.
 */
static void test_receive_sees_late_descriptors(void **unused)
{
    (void)unused;
    bring_up();
    rx_give_all(ENTRIES);
    for (unsigned i = 0; i < ENTRIES; i++) {
        assert_int_equal(arrive(64), DEVICE_DROP_NONE);
    }
    for (unsigned i = 0; i < 3; i++) {
        rx_give(i, ENTRIES);
    }
    set(ENET_RDAR, 0);
    assert_int_equal(arrive(64), DEVICE_DROP_NONE);
    rx_give(3, ENTRIES);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(arrive(64), DEVICE_DROP_NONE);
    }
    assert_int_equal(arrive(64), DEVICE_DROP_NO_DESCRIPTOR);
}

static void filter(uint32_t rcr)
{
    set(ENET_RCR, 1518u << ENET_RCR_MAX_FL_SHIFT | ENET_RCR_MII_MODE | rcr);
    rx_give_all(ENTRIES);
}

static enum device_drop arrive_for(const char *dest)
{
    memcpy(frame, dest, 6);
    return arrive(64);
}

static void test_filter_station(void **unused)
{
    (void)unused;
    bring_up();
    set(ENET_PALR, 0x02000000);
    set(ENET_PAUR, 0x00428808);
    filter(0);
    assert_int_equal(arrive_for("\x02\x00\x00\x00\x00\x42"), DEVICE_DROP_NONE);
    assert_int_equal(descriptor(RX_RING, 0)->stat & ENET_RX_MISS, 0);
    assert_int_equal(arrive_for("\x02\x00\x00\x00\x00\x43"), DEVICE_DROP_FILTERED);
    assert_int_equal(arrive_for("\x02\x00\x00\x01\x00\x42"), DEVICE_DROP_FILTERED);
    assert_int_equal(arrive_for("\x01\x00\x5e\x00\x00\x01"), DEVICE_DROP_FILTERED);
    filter(ENET_RCR_PROM);
    assert_int_equal(arrive_for("\x02\x00\x00\x00\x00\x43"), DEVICE_DROP_NONE);
    assert_int_equal(descriptor(RX_RING, 1)->stat & ENET_RX_MISS, ENET_RX_MISS);
}

static void test_filter_broadcast(void **unused)
{
    (void)unused;
    bring_up();
    filter(0);
    assert_int_equal(arrive_for("\xff\xff\xff\xff\xff\xff"), DEVICE_DROP_NONE);
    assert_int_equal(descriptor(RX_RING, 0)->stat, ENET_DESC_LAST | ENET_RX_BC);
    assert_int_equal(arrive_for("\xff\xff\xff\xff\xff\xfe"), DEVICE_DROP_FILTERED);
    filter(ENET_RCR_BC_REJ);
    assert_int_equal(arrive_for("\xff\xff\xff\xff\xff\xff"), DEVICE_DROP_FILTERED);
    filter(ENET_RCR_BC_REJ | ENET_RCR_PROM);
    assert_int_equal(arrive_for("\xff\xff\xff\xff\xff\xff"), DEVICE_DROP_NONE);
    assert_int_equal(descriptor(RX_RING, 1)->stat, ENET_DESC_LAST | ENET_RX_BC | ENET_RX_MISS);
}

/* The CRC bit by bit, as the manual draws it, apart from the model's table. */
static unsigned hash_of(const char *dest)
{
    uint32_t crc = UINT32_MAX;

    for (int i = 0; i < 6; i++) {
        for (int bit = 0; bit < 8; bit++) {
            bool feed = (crc ^ (uint8_t)dest[i] >> bit) & 1;
            crc = crc >> 1 ^ (feed ? 0xedb88320 : 0);
        }
    }
    return crc >> 26;
}

static void check_hash(uint32_t upper, uint32_t lower, const char *in, const char *out)
{
    unsigned hash = hash_of(in);

    assert_int_not_equal(hash, hash_of(out));
    set(upper, hash >= 32 ? 1u << (hash - 32) : 0);
    set(lower, hash < 32 ? 1u << hash : 0);
    rx_give_all(ENTRIES);
    assert_int_equal(arrive_for(in), DEVICE_DROP_NONE);
    assert_int_equal(arrive_for(out), DEVICE_DROP_FILTERED);
    set(upper, 0);
    set(lower, 0);
    assert_int_equal(arrive_for(in), DEVICE_DROP_FILTERED);
}

static void test_filter_hash(void **unused)
{
    (void)unused;
    bring_up();
    filter(0);
    assert_int_equal(hash_of("\x01\x00\x5e\x00\x00\x01"), 54);
    assert_int_equal(hash_of("\x33\x33\x00\x00\x00\x01"), 23);
    check_hash(ENET_GAUR, ENET_GALR, "\x01\x00\x5e\x00\x00\x01", "\x01\x00\x5e\x00\x00\xfb");
    check_hash(ENET_GAUR, ENET_GALR, "\x33\x33\x00\x00\x00\x01", "\x01\x00\x5e\x00\x00\xfb");
    check_hash(ENET_IAUR, ENET_IALR, "\x52\x54\x00\x12\x34\x56", "\x52\x54\x00\x12\x34\x57");
    /* A group address does not pass by the individual table. */
    set(ENET_IAUR, UINT32_MAX);
    set(ENET_IALR, UINT32_MAX);
    assert_int_equal(arrive_for("\x01\x00\x5e\x00\x00\x01"), DEVICE_DROP_FILTERED);
    assert_int_equal(arrive_for("\x52\x54\x00\x12\x34\x57"), DEVICE_DROP_NONE);
}

static void test_runts(void **unused)
{
    (void)unused;
    bring_up();
    rx_give_all(ENTRIES);
    assert_int_equal(arrive(0), DEVICE_DROP_RUNT);
    assert_int_equal(arrive(13), DEVICE_DROP_RUNT);
    assert_int_equal(arrive(14), DEVICE_DROP_NONE);
    assert_int_equal(descriptor(RX_RING, 0)->len, 14);
    *(bool *)fake_key(type, enet, "strict_runt") = true;
    assert_int_equal(arrive(59), DEVICE_DROP_RUNT);
    assert_int_equal(arrive(60), DEVICE_DROP_NONE);
    assert_int_equal(get(ENET_RMON_R_UNDERSIZE), 3);
}

static void test_spoilt_frames_are_counted(void **unused)
{
    (void)unused;
    device_enet.frame_spoilt(enet); /* off: it hears nothing */
    assert_int_equal(get(ENET_IEEE_R_CRC), 0);
    bring_up();
    device_enet.frame_spoilt(enet);
    device_enet.frame_spoilt(enet);
    assert_int_equal(get(ENET_IEEE_R_CRC), 2);
    assert_int_equal(get(ENET_RMON_R_CRC_ALIGN), 2);
}

static void test_oversize(void **unused)
{
    (void)unused;
    bring_up();
    rx_give_all(ENTRIES);
    assert_int_equal(arrive(1514), DEVICE_DROP_NONE);
    assert_int_equal(get(ENET_EIR) & ENET_EIR_BABR, 0);
    assert_int_equal(arrive(1515), DEVICE_DROP_OVERSIZE);
    assert_int_equal(get(ENET_EIR) & ENET_EIR_BABR, ENET_EIR_BABR);
    assert_int_equal(descriptor(RX_RING, 1)->stat, ENET_DESC_OWNED);
    /* The buffer binds when it is the smaller. */
    set(ENET_MRBR, 0x27f); /* the low four bits are not there: 0x270 */
    assert_int_equal(get(ENET_MRBR), 0x270);
    assert_int_equal(arrive(0x271), DEVICE_DROP_OVERSIZE);
    assert_int_equal(arrive(0x270), DEVICE_DROP_NONE);
    assert_int_equal(get(ENET_RMON_R_OVERSIZE), 2);
}

/*
 * 60 zero bytes have the CRC-32 04128908; a frame carries it low byte first, and counts it in its
 * length.
 */
static void test_fcs(void **unused)
{
    (void)unused;
    *(bool *)fake_key(type, enet, "fcs") = true;
    bring_up();
    rx_give_all(ENTRIES);
    memset(frame, 0, 60);
    assert_int_equal(arrive(60), DEVICE_DROP_NONE);
    assert_int_equal(descriptor(RX_RING, 0)->len, 64);
    assert_memory_equal(at(RX_BUFFERS + 60), "\x08\x89\x12\x04", 4);
    set(ENET_RCR, get(ENET_RCR) | ENET_RCR_CRCFWD);
    assert_int_equal(arrive(60), DEVICE_DROP_NONE);
    assert_int_equal(descriptor(RX_RING, 1)->len, 60);
}

static void test_receive_buffer_alignment(void **unused)
{
    (void)unused;
    bring_up();
    rx_give_all(ENTRIES);
    descriptor(RX_RING, 0)->io_addr += 32;
    assert_int_equal(arrive(64), DEVICE_DROP_NONE);
    assert_int_equal(machine.violations, 1);
    assert_memory_equal(at(RX_BUFFERS), frame, 64);
}

/* Every way a DMA of the receiver can fail halts the MAC, says so, and loses just that frame. */
static void test_receive_bus_error(void **unused)
{
    (void)unused;
    const struct {
        uint32_t io_addr, bytes;
        bool writes_only;
    } holes[] = {{RX_RING, 64, false}, {RX_RING, 64, true}, {RX_BUFFERS, 2048, false}};

    for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
        machine.refuse_bytes = 0;
        power_on();
        bring_up();
        rx_give_all(ENTRIES);
        machine.refuse_io = holes[i].io_addr;
        machine.refuse_bytes = holes[i].bytes;
        machine.refuse_writes_only = holes[i].writes_only;
        assert_int_equal(arrive(64), DEVICE_DROP_DMA_FAULT);
        assert_int_equal(get(ENET_EIR), ENET_EIR_EBERR);
        assert_int_equal(get(ENET_ECR) & ENET_ECR_ETHEREN, 0);
        assert_true(machine.level);
        assert_int_equal(machine.faults, i + 1);
        assert_int_equal(arrive(64), DEVICE_DROP_DISABLED);
        assert_false(type->ready(enet));
        set(ENET_RDAR, 0);
        assert_int_equal(get(ENET_RDAR), 0);
        assert_int_equal(machine.faults, i + 1);
        /* Software may start it again, from the beginning of the ring. */
        machine.refuse_bytes = 0;
        set(ENET_ECR, ENET_ECR_DBSWP | ENET_ECR_ETHEREN);
        rx_give_all(ENTRIES);
        assert_int_equal(arrive(64), DEVICE_DROP_NONE);
        assert_int_equal(descriptor(RX_RING, 0)->len, 64);
    }
}

static void test_transmit(void **unused)
{
    (void)unused;
    bring_up();
    tx_give(0, ENTRIES, 100, ENET_DESC_LAST | ENET_TX_TC);
    tx_give(1, ENTRIES, 1514, ENET_DESC_LAST);
    assert_int_equal(machine.frame_count, 0);
    set(ENET_TDAR, ENET_DAR_ACTIVE);
    assert_int_equal(machine.frame_count, 2);
    assert_int_equal(frames[0].bytes, 100);
    assert_memory_equal(frames[0].data, at(TX_BUFFERS), 100);
    assert_int_equal(frames[1].bytes, 1514);
    assert_int_equal(descriptor(TX_RING, 0)->stat, ENET_DESC_LAST | ENET_TX_TC);
    assert_int_equal(descriptor(TX_RING, 0)->len, 100);
    assert_int_equal(descriptor(TX_RING, 0)->io_addr, TX_BUFFERS);
    assert_int_equal(get(ENET_TDAR), 0);
    assert_int_equal(get(ENET_EIR) & ENET_EIR_BABT, 0);
    assert_true(machine.level);
    assert_int_equal(type->holds(enet), 0);
    assert_int_equal(machine.violations, 0);
}

static void test_transmit_pads(void **unused)
{
    (void)unused;
    bring_up();
    tx_give(0, ENTRIES, 80, ENET_DESC_LAST);
    tx_give(1, ENTRIES, 14, ENET_DESC_LAST);
    set(ENET_TDAR, 0);
    assert_int_equal(frames[1].bytes, 60);
    assert_int_equal(frames[1].data[13], 0x11);
    for (unsigned i = 14; i < 60; i++) {
        assert_int_equal(frames[1].data[i], 0);
    }
}

static void test_transmit_ring_wraps(void **unused)
{
    (void)unused;
    for (unsigned entries = 1; entries <= 21; entries += 4) {
        power_on();
        bring_up();
        machine.frame_count = 0;
        for (unsigned n = 0; n < 4 * entries; n++) {
            tx_give(n % entries, entries, (uint16_t)(60 + n), ENET_DESC_LAST);
            set(ENET_TDAR, 0);
            assert_int_equal(machine.frame_count, n + 1);
            assert_int_equal(frames[n].bytes, 60 + n);
            assert_int_equal(frames[n].data[5], 0x10 + n % entries);
        }
        /* And whole rings at a time. */
        for (unsigned i = 0; i < entries; i++) {
            tx_give(i, entries, 70, ENET_DESC_LAST);
        }
        set(ENET_TDAR, 0);
        assert_int_equal(machine.frame_count, 5 * entries);
    }
}

static void test_transmit_gathers(void **unused)
{
    (void)unused;
    bring_up();
    tx_give(0, ENTRIES, 14, 0);
    tx_give(1, ENTRIES, 50, 0);
    tx_give(2, ENTRIES, 36, ENET_DESC_LAST);
    set(ENET_TDAR, 0);
    assert_int_equal(machine.frame_count, 1);
    assert_int_equal(frames[0].bytes, 100);
    assert_int_equal(frames[0].data[13], 0x10);
    assert_int_equal(frames[0].data[14], 0x11);
    assert_int_equal(frames[0].data[63], 0x11);
    assert_int_equal(frames[0].data[64], 0x12);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(descriptor(TX_RING, i)->stat & ENET_DESC_OWNED, 0);
    }
    assert_int_equal(machine.violations, 0);
}

/* A frame whose end is not there yet waits for it, and is on record as the driver's mistake. */
static void test_transmit_gather_waits(void **unused)
{
    (void)unused;
    bring_up();
    tx_give(0, ENTRIES, 14, 0);
    set(ENET_TDAR, 0);
    assert_int_equal(machine.frame_count, 0);
    assert_int_equal(machine.violations, 1);
    assert_int_equal(type->holds(enet), 1);
    tx_give(1, ENTRIES, 86, ENET_DESC_LAST);
    set(ENET_TDAR, 0);
    assert_int_equal(machine.frame_count, 1);
    assert_int_equal(frames[0].bytes, 100);
    assert_int_equal(type->holds(enet), 0);
    /* Stopped in the middle, it is lost, once. */
    tx_give(2, ENTRIES, 14, 0);
    set(ENET_TDAR, 0);
    set(ENET_ECR, ENET_ECR_DBSWP);
    assert_int_equal(machine.drops[DEVICE_DROP_RESET], 1);
    assert_int_equal(type->holds(enet), 0);
    tx_give(0, ENTRIES, 70, ENET_DESC_LAST);
    set(ENET_ECR, ENET_ECR_DBSWP | ENET_ECR_ETHEREN);
    set(ENET_TDAR, 0);
    assert_int_equal(frames[1].bytes, 70);
}

static void test_transmit_bad_descriptors(void **unused)
{
    (void)unused;
    bring_up();
    tx_give(0, ENTRIES, 0, ENET_DESC_LAST);
    tx_give(1, ENTRIES, 2049, ENET_DESC_LAST);
    tx_give(2, ENTRIES, 65535, ENET_DESC_LAST);
    tx_give(3, ENTRIES, 2000, 0);
    tx_give(4, ENTRIES, 49, 0);
    tx_give(5, ENTRIES, 20, ENET_DESC_LAST);
    tx_give(6, ENTRIES, 61, ENET_DESC_LAST);
    tx_give(7, ENTRIES, 2048, ENET_DESC_LAST);
    set(ENET_TDAR, 0);
    assert_int_equal(machine.drops[DEVICE_DROP_BAD_DESCRIPTOR], 4);
    assert_int_equal(machine.frame_count, 2);
    assert_int_equal(frames[0].bytes, 61);
    assert_int_equal(frames[1].bytes, 2048);
    for (unsigned i = 0; i < ENTRIES; i++) {
        assert_int_equal(descriptor(TX_RING, i)->stat & ENET_DESC_OWNED, 0);
    }
    assert_int_equal(get(ENET_EIR) & ENET_EIR_TXF, ENET_EIR_TXF);
    assert_int_equal(get(ENET_RMON_T_DROP), 4);
}

/* Longer than MAX_FL is told, and sent whole. */
static void test_transmit_babble(void **unused)
{
    (void)unused;
    bring_up();
    tx_give(0, ENTRIES, 1515, ENET_DESC_LAST);
    set(ENET_TDAR, 0);
    assert_int_equal(frames[0].bytes, 1515);
    assert_int_equal(get(ENET_EIR) & ENET_EIR_BABT, ENET_EIR_BABT);
}

static void test_transmit_bus_error(void **unused)
{
    (void)unused;
    const struct {
        uint32_t io_addr, bytes;
        bool writes_only;
        unsigned sent, dropped;
    } holes[] = {
        {TX_RING, 64, false, 0, 0}, {TX_RING, 64, true, 1, 0}, {TX_BUFFERS, 2048, false, 0, 1}};

    for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
        machine.refuse_bytes = 0;
        machine.frame_count = 0;
        memset(machine.drops, 0, sizeof(machine.drops));
        power_on();
        bring_up();
        tx_give(0, ENTRIES, 100, ENET_DESC_LAST);
        tx_give(1, ENTRIES, 100, ENET_DESC_LAST);
        machine.refuse_io = holes[i].io_addr;
        machine.refuse_bytes = holes[i].bytes;
        machine.refuse_writes_only = holes[i].writes_only;
        set(ENET_TDAR, 0);
        assert_int_equal(get(ENET_EIR) & ENET_EIR_EBERR, ENET_EIR_EBERR);
        assert_int_equal(get(ENET_ECR) & ENET_ECR_ETHEREN, 0);
        assert_int_equal(machine.frame_count, holes[i].sent);
        assert_int_equal(machine.drops[DEVICE_DROP_DMA_FAULT], holes[i].dropped);
        assert_int_equal(descriptor(TX_RING, 0)->stat & ENET_DESC_OWNED, ENET_DESC_OWNED);
        assert_int_equal(type->holds(enet), 0);
        set(ENET_TDAR, 0);
        assert_int_equal(machine.frame_count, holes[i].sent);
    }
}

/*
 * One nanosecond a byte: frames leave one after the other, exactly, and the ring fills meanwhile.
 */
static void test_pacing(void **unused)
{
    (void)unused;
    bring_up();
    machine.wire_ns_per_byte = 1;
    for (unsigned i = 0; i < 4; i++) {
        tx_give(i, ENTRIES, 100, ENET_DESC_LAST);
    }
    uint64_t start_ns = machine.now_ns;
    set(ENET_TDAR, 0);
    assert_int_equal(machine.frame_count, 0);
    assert_int_equal(type->holds(enet), 1);
    assert_int_equal(descriptor(TX_RING, 0)->stat & ENET_DESC_OWNED, ENET_DESC_OWNED);
    assert_int_equal(get(ENET_TDAR), ENET_DAR_ACTIVE);
    run(99);
    assert_int_equal(machine.frame_count, 0);
    run(1);
    assert_int_equal(machine.frame_count, 1);
    assert_int_equal(descriptor(TX_RING, 0)->stat & ENET_DESC_OWNED, 0);
    assert_int_equal(descriptor(TX_RING, 1)->stat & ENET_DESC_OWNED, ENET_DESC_OWNED);
    /* A doorbell meanwhile neither hurries nor delays. */
    set(ENET_TDAR, 0);
    run(1000);
    assert_int_equal(machine.frame_count, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(frames[i].at_ns, start_ns + 100 * (i + 1));
    }
    /* After a pause the medium is taken from now on, not from then. */
    start_ns = machine.now_ns;
    tx_give(4, ENTRIES, 100, ENET_DESC_LAST);
    set(ENET_TDAR, 0);
    run(100);
    assert_int_equal(machine.frame_count, 5);
    assert_int_equal(frames[4].at_ns, start_ns + 100);
}

/* A timer that comes late must not cost throughput: frames the medium had time for go at once. */
static void test_pacing_catches_up(void **unused)
{
    (void)unused;
    bring_up();
    machine.wire_ns_per_byte = 1;
    for (unsigned i = 0; i < ENTRIES; i++) {
        tx_give(i, ENTRIES, 100, ENET_DESC_LAST);
    }
    set(ENET_TDAR, 0);
    machine.now_ns += 350;
    machine.timer_ns[0] = 0;
    type->timer(enet, 0);
    assert_int_equal(machine.frame_count, 3);
    run(50);
    assert_int_equal(machine.frame_count, 4);
}

static void test_pacing_stopped(void **unused)
{
    (void)unused;
    bring_up();
    machine.wire_ns_per_byte = 1;
    tx_give(0, ENTRIES, 100, ENET_DESC_LAST);
    set(ENET_TDAR, 0);
    set(ENET_ECR, ENET_ECR_RESET);
    assert_int_equal(machine.drops[DEVICE_DROP_RESET], 1);
    assert_int_equal(type->holds(enet), 0);
    assert_int_equal(machine.timer_ns[0], 0);
    assert_int_equal(machine.frame_count, 0);
    assert_int_equal(descriptor(TX_RING, 0)->stat & ENET_DESC_OWNED, ENET_DESC_OWNED);
    /* The medium is free at once. */
    bring_up();
    set(ENET_TDAR, 0);
    run(100);
    assert_int_equal(machine.frame_count, 1);
    assert_int_equal(frames[0].bytes, 100);
}

static void test_graceful_stop(void **unused)
{
    (void)unused;
    bring_up();
    machine.wire_ns_per_byte = 1;
    tx_give(0, ENTRIES, 100, ENET_DESC_LAST);
    tx_give(1, ENTRIES, 100, ENET_DESC_LAST);
    set(ENET_TDAR, 0);
    set(ENET_TCR, ENET_TCR_GTS);
    assert_int_equal(get(ENET_EIR) & ENET_EIR_GRA, 0);
    run(1000);
    assert_int_equal(machine.frame_count, 1);
    assert_int_equal(get(ENET_EIR) & ENET_EIR_GRA, ENET_EIR_GRA);
    set(ENET_TCR, 0);
    run(1000);
    assert_int_equal(machine.frame_count, 2);
    /* Idle, it has stopped already. */
    set(ENET_EIR, ENET_EIR_GRA);
    set(ENET_TCR, ENET_TCR_GTS);
    assert_int_equal(get(ENET_EIR) & ENET_EIR_GRA, ENET_EIR_GRA);
}

/*
 * However full the ring, one call does a bounded piece of work and goes on by a timer that is due
 * now.
 */
static void test_transmit_is_bounded(void **unused)
{
    (void)unused;
    bring_up();
    for (unsigned i = 0; i < 200; i++) {
        tx_give(i, 200, 60, ENET_DESC_LAST);
    }
    set(ENET_TDAR, 0);
    assert_in_range(machine.frame_count, 1, 100);
    assert_int_equal(machine.timer_ns[0], machine.now_ns);
    run(0);
    assert_int_equal(machine.frame_count, 200);
    assert_int_equal(machine.timer_ns[0], 0);
}

/*
 * The same boundary on a paced medium: wherever it falls, it must not shorten the frame that is on
 * the wire.
 */
static void test_burst_end_keeps_pace(void **unused)
{
    (void)unused;
    for (unsigned late = 55; late < 75; late++) {
        power_on();
        bring_up();
        machine.frame_count = 0;
        for (unsigned i = 0; i < 200; i++) {
            tx_give(i, 200, 60, ENET_DESC_LAST);
        }
        machine.wire_ns_per_byte = 1;
        uint64_t start_ns = machine.now_ns;
        set(ENET_TDAR, 0);
        machine.now_ns = start_ns + late * 60;
        machine.timer_ns[0] = 0;
        type->timer(enet, 0);
        run(200 * 60);
        assert_int_equal(machine.frame_count, 200);
        for (unsigned i = late; i < 200; i++) {
            assert_int_equal(frames[i].at_ns, start_ns + (i + 1) * 60);
        }
    }
}

/* A ring that says everywhere that it goes on: the walk ends at a bound, and is on record. */
static void test_ring_without_wrap(void **unused)
{
    (void)unused;
    bring_up();
    for (unsigned i = 0; i < RING_ENTRIES_LIMIT + 8; i++) {
        *descriptor(TX_RING, i) = (struct enet_descriptor){
            .len = 60, .stat = ENET_DESC_OWNED | ENET_DESC_LAST, .io_addr = TX_BUFFERS};
    }
    set(ENET_TDAR, 0);
    run(0);
    assert_int_equal(machine.violations, 1);
    assert_int_equal(machine.frame_count, RING_ENTRIES_LIMIT);
    assert_int_equal(get(ENET_TDAR), 0);
    assert_int_equal(descriptor(TX_RING, RING_ENTRIES_LIMIT)->stat & ENET_DESC_OWNED,
                     ENET_DESC_OWNED);
}

/* Frames without end: nothing is LAST. Bounded by the ring, nothing leaves, nothing overflows. */
static void test_ring_without_last(void **unused)
{
    (void)unused;
    bring_up();
    for (unsigned i = 0; i < ENTRIES; i++) {
        tx_give(i, ENTRIES, 2000, 0);
    }
    set(ENET_TDAR, 0);
    run(0);
    assert_int_equal(machine.frame_count, 0);
    for (unsigned i = 0; i < ENTRIES; i++) {
        assert_int_equal(descriptor(TX_RING, i)->stat & ENET_DESC_OWNED, 0);
    }
    tx_give(0, ENTRIES, 60, ENET_DESC_LAST);
    set(ENET_TDAR, 0);
    assert_int_equal(machine.drops[DEVICE_DROP_BAD_DESCRIPTOR], 1);
    tx_give(1, ENTRIES, 60, ENET_DESC_LAST);
    set(ENET_TDAR, 0);
    assert_int_equal(machine.frame_count, 1);
}

/*
 * A ring shrunk or grown behind the MAC's back, and one that ends at the edge of what DMA reaches.
 */
static void test_ring_changes_shape(void **unused)
{
    (void)unused;
    bring_up();
    rx_give_all(ENTRIES);
    for (unsigned i = 0; i < ENTRIES; i++) {
        assert_int_equal(arrive(64), DEVICE_DROP_NONE);
    }
    rx_give_all(ENTRIES);
    descriptor(RX_RING, 2)->stat |= ENET_DESC_WRAP; /* the rest lies beyond the end now */
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(arrive(64), DEVICE_DROP_NONE);
    }
    assert_int_equal(arrive(64), DEVICE_DROP_NO_DESCRIPTOR);
    rx_give_all(6);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(arrive(64), DEVICE_DROP_NONE);
    }
    assert_int_equal(descriptor(RX_RING, 5)->stat & ENET_DESC_OWNED, 0);

    power_on();
    bring_up();
    set(ENET_ECR, ENET_ECR_DBSWP);
    uint32_t edge = RX_RING + 0x1000;
    machine.refuse_io = edge + 3 * sizeof(struct enet_descriptor);
    machine.refuse_bytes = 1;
    set(ENET_RDSR, edge);
    set(ENET_ECR, ENET_ECR_DBSWP | ENET_ECR_ETHEREN);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 3; i++) {
            *descriptor(edge, i) = (struct enet_descriptor){
                .stat = (uint16_t)(ENET_DESC_OWNED | (i == 2 ? ENET_DESC_WRAP : 0)),
                .io_addr = RX_BUFFERS};
        }
        set(ENET_RDAR, 0);
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(arrive(64), DEVICE_DROP_NONE);
        }
    }
    assert_int_equal(machine.faults, 0);
}

static void test_coalescing_by_count(void **unused)
{
    (void)unused;
    bring_up();
    set(ENET_RXIC0, ENET_IC_EN | 3u << ENET_IC_FT_SHIFT | 1000);
    rx_give_all(ENTRIES);
    for (unsigned round = 0; round < 2; round++) {
        assert_int_equal(arrive(64), DEVICE_DROP_NONE);
        assert_int_equal(arrive(64), DEVICE_DROP_NONE);
        assert_int_equal(get(ENET_EIR) & ENET_EIR_RXF, 0);
        assert_int_equal(arrive(64), DEVICE_DROP_NONE);
        assert_int_equal(get(ENET_EIR) & ENET_EIR_RXF, ENET_EIR_RXF);
        set(ENET_EIR, ENET_EIR_RXF);
    }
    /* The timer stopped with the count. */
    assert_int_equal(machine.timer_ns[2], 0);
    run(100000000);
    assert_int_equal(get(ENET_EIR) & ENET_EIR_RXF, 0);
}

static void test_coalescing_by_time(void **unused)
{
    (void)unused;
    const struct {
        uint32_t ic, ecr;
        uint64_t ns;
    } clocks[] = {
        {0, ENET_ECR_SPEED, 255 * 64 * 8},
        {0, 0, 255 * 64 * 40},
        {ENET_IC_CS, ENET_ECR_SPEED, UINT64_C(255) * 64 * 1000 / 266},
    };

    for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
        power_on();
        bring_up();
        set(ENET_ECR, ENET_ECR_DBSWP | ENET_ECR_ETHEREN | clocks[i].ecr);
        set(ENET_TXIC0, ENET_IC_EN | clocks[i].ic | 128u << ENET_IC_FT_SHIFT | 255);
        tx_give(0, ENTRIES, 60, ENET_DESC_LAST);
        set(ENET_TDAR, 0);
        run(10);
        tx_give(1, ENTRIES, 60, ENET_DESC_LAST);
        set(ENET_TDAR, 0);
        run(clocks[i].ns - 11);
        assert_int_equal(get(ENET_EIR) & ENET_EIR_TXF, 0);
        assert_int_equal(descriptor(TX_RING, 0)->stat & ENET_DESC_OWNED, 0);
        run(1);
        assert_int_equal(get(ENET_EIR) & ENET_EIR_TXF, ENET_EIR_TXF);
        set(ENET_EIR, ENET_EIR_TXF);
        run(100000000);
        assert_int_equal(get(ENET_EIR) & ENET_EIR_TXF, 0);
    }
}

/* Switched off with frames unreported, the unit reports them; a threshold of 0 is a mistake. */
static void test_coalescing_switched(void **unused)
{
    (void)unused;
    bring_up();
    set(ENET_RXIC0, ENET_IC_EN | 3u << ENET_IC_FT_SHIFT | 1000);
    rx_give_all(ENTRIES);
    assert_int_equal(arrive(64), DEVICE_DROP_NONE);
    set(ENET_RXIC0, 0);
    assert_int_equal(get(ENET_EIR) & ENET_EIR_RXF, ENET_EIR_RXF);
    assert_int_equal(machine.violations, 0);
    set(ENET_TXIC0, ENET_IC_EN | 1000);
    assert_int_equal(machine.violations, 1);
    tx_give(0, ENTRIES, 60, ENET_DESC_LAST);
    set(ENET_TDAR, 0);
    assert_int_equal(get(ENET_EIR) & ENET_EIR_TXF, ENET_EIR_TXF);
}

static void test_statistics(void **unused)
{
    (void)unused;
    bring_up();
    rx_give_all(ENTRIES);
    assert_int_equal(arrive(60), DEVICE_DROP_NONE);
    assert_int_equal(arrive(61), DEVICE_DROP_NONE);
    assert_int_equal(arrive(124), DEVICE_DROP_NONE);
    assert_int_equal(arrive(1514), DEVICE_DROP_NONE);
    assert_int_equal(arrive_for("\xff\xff\xff\xff\xff\xff"), DEVICE_DROP_NONE);
    assert_int_equal(arrive_for("\x01\x00\x5e\x00\x00\x01"), DEVICE_DROP_NONE);
    assert_int_equal(arrive_for("\x01\x00\x5e\x00\x00\x02"), DEVICE_DROP_NONE);
    assert_int_equal(get(ENET_RMON_R_PACKETS), 7);
    assert_int_equal(get(ENET_RMON_R_BC_PKT), 1);
    assert_int_equal(get(ENET_RMON_R_MC_PKT), 2);
    assert_int_equal(get(ENET_RMON_R_P64), 1);
    assert_int_equal(get(ENET_RMON_R_P64 + 4), 4);
    assert_int_equal(get(ENET_RMON_R_P64 + 8), 1);
    assert_int_equal(get(ENET_RMON_R_P64 + 20), 1);
    assert_int_equal(get(ENET_RMON_R_OCTETS), 64 + 65 + 128 + 1518 + 68 + 68 + 68);
    assert_int_equal(get(ENET_IEEE_R_FRAME_OK), 7);
    tx_give(0, ENTRIES, 60, ENET_DESC_LAST);
    set(ENET_TDAR, 0);
    assert_int_equal(get(ENET_RMON_T_PACKETS), 1);
    assert_int_equal(get(ENET_IEEE_T_OCTETS_OK), 64);
    /* Stopped, they stand still; cleared, they are 0; and the block is never found busy. */
    set(ENET_MIBC, ENET_MIBC_DIS);
    assert_int_equal(get(ENET_MIBC), ENET_MIBC_DIS | ENET_MIBC_IDLE);
    assert_int_equal(arrive(60), DEVICE_DROP_NONE);
    assert_int_equal(get(ENET_RMON_R_PACKETS), 7);
    set(ENET_MIBC, ENET_MIBC_DIS | ENET_MIBC_CLEAR);
    for (uint32_t offset = ENET_MIB_BEGIN; offset < ENET_MIB_END; offset += 4) {
        assert_int_equal(get(offset), 0);
    }
    set(ENET_MIBC, 0);
    assert_int_equal(arrive(60), DEVICE_DROP_NO_DESCRIPTOR);
    assert_int_equal(get(ENET_IEEE_R_MACERR), 1);
    power_on();
    assert_int_equal(get(ENET_IEEE_R_MACERR), 0);
}

static uint32_t mdio_read(uint32_t phy, uint32_t number)
{
    set(ENET_EIR, ENET_EIR_MII);
    set(ENET_MMFR, ENET_MMFR_ST | ENET_MMFR_OP_READ | phy << ENET_MMFR_PA_SHIFT |
                       number << ENET_MMFR_RA_SHIFT | ENET_MMFR_TA);
    return get(ENET_MMFR) & 0xffff;
}

static void test_mdio(void **unused)
{
    (void)unused;
    mdio_read(0, 2);
    assert_int_equal(get(ENET_EIR) & ENET_EIR_MII, 0); /* no clock */
    set(ENET_MSCR, 48);
    assert_int_equal(mdio_read(0, 2), 0x004d);
    assert_int_equal(get(ENET_EIR) & ENET_EIR_MII, ENET_EIR_MII);
    assert_int_equal(mdio_read(0, 3), 0xd074);
    assert_int_equal(mdio_read(0, 1) & 0x24, 0x24); /* link up, negotiation complete */
    assert_int_equal(mdio_read(7, 2), 0xffff);
}

static void test_access_widths(void **unused)
{
    (void)unused;
    bring_up();
    set(ENET_GALR, 0x11223344);
    set(ENET_GAUR, 0x55667788);
    assert_int_equal(machine.violations, 0);
    assert_int_equal(type->read(enet, ENET_GALR, 1), 0x44);
    assert_int_equal(type->read(enet, ENET_GALR + 3, 1), 0x11);
    assert_int_equal(type->read(enet, ENET_GALR + 2, 2), 0x1122);
    assert_int_equal(type->read(enet, ENET_GAUR, 8), UINT64_C(0x1122334455667788));
    type->write(enet, ENET_GALR + 2, 2, 0xffffabcd);
    assert_int_equal(get(ENET_GALR), 0xabcd3344);
    type->write(enet, ENET_GALR + 1, 1, 0x99);
    assert_int_equal(get(ENET_GALR), 0xabcd9944);
    type->write(enet, ENET_GAUR, 8, UINT64_C(0xaaaaaaaabbbbbbbb));
    assert_int_equal(get(ENET_GAUR), 0xbbbbbbbb);
    assert_int_equal(get(ENET_GALR), 0xaaaaaaaa);
    assert_int_equal(machine.violations, 7);
    /* A narrow write to EIR clears only what it names. */
    rx_give_all(ENTRIES);
    tx_give(0, ENTRIES, 1600, ENET_DESC_LAST);
    set(ENET_TDAR, 0);
    set(ENET_MMFR, ENET_MMFR_ST | ENET_MMFR_OP_READ);
    assert_int_equal(get(ENET_EIR), ENET_EIR_TXF | ENET_EIR_TXB | ENET_EIR_BABT | ENET_EIR_MII);
    type->write(enet, ENET_EIR + 3, 1, ENET_EIR_TXF >> 24);
    assert_int_equal(get(ENET_EIR), ENET_EIR_TXB | ENET_EIR_BABT | ENET_EIR_MII);
}

static void test_plain_and_reserved_registers(void **unused)
{
    (void)unused;
    set(ENET_TIPG, 8);
    assert_int_equal(get(ENET_TIPG), 8);
    set(0x404, 0x12345678);
    assert_int_equal(get(0x404), 0x12345678);
    set(ENET_REGS_END, 0x12345678);
    assert_int_equal(get(ENET_REGS_END), 0);
    set(ENET_REGS_BYTES - 4, 1);
    assert_int_equal(get(ENET_REGS_BYTES - 4), 0);
    assert_int_equal(type->read(enet, ENET_REGS_BYTES - 8, 8), 0);
    set(ENET_RDSR, 0x40000007);
    assert_int_equal(get(ENET_RDSR), 0x40000000);
    set(ENET_OPD, 0xffff1234);
    assert_int_equal(get(ENET_OPD), 0x00011234);
}

static void test_misconfiguration_is_on_record(void **unused)
{
    (void)unused;
    set(ENET_RCR, ENET_RCR_MII_MODE);
    set(ENET_ECR, ENET_ECR_ETHEREN);
    assert_int_equal(machine.violations, 1);
    set(ENET_ECR, 0);
    set(ENET_ECR, ENET_ECR_ETHEREN | ENET_ECR_DBSWP | ENET_ECR_EN1588);
    assert_int_equal(machine.violations, 2);
    set(ENET_RDSR, RX_RING);
    assert_int_equal(machine.violations, 3);
    set(ENET_ECR, 0);
    set(ENET_RCR, 0);
    set(ENET_ECR, ENET_ECR_ETHEREN | ENET_ECR_DBSWP);
    assert_int_equal(machine.violations, 4);
}

static const struct {
    uint32_t offset, value;
    bool optional;
} first_of_all[] = {
    {ENET_IAUR, 0, false},
    {ENET_IALR, 0, false},
    {ENET_GAUR, 0, false},
    {ENET_GALR, 0, false},
    {ENET_RDSR, RX_RING, false},
    {ENET_TDSR, TX_RING, false},
    {ENET_MRBR, 1536, false},
    {ENET_TFWR, ENET_TFWR_STRFWD, true},
    {ENET_TACC, ENET_TACC_IPCHK, true},
    {ENET_RACC, ENET_RACC_IPDIS, true},
    {ENET_RCR, 1518u << ENET_RCR_MAX_FL_SHIFT | ENET_RCR_MII_MODE | ENET_RCR_RGMII_EN, false},
    {ENET_TCR, ENET_TCR_FDEN, false},
};
enum { FIRST_OF_ALL = sizeof(first_of_all) / sizeof(first_of_all[0]) };

/* Section "User initialization", strict, without one line of it; not enabled yet. */
static void set_up_but(unsigned left_out)
{
    set(ENET_ECR, 0);
    set(ENET_ECR, ENET_ECR_RESET);
    run(2000);
    set(ENET_MIBC, ENET_MIBC_DIS | ENET_MIBC_CLEAR);
    run(2000);
    for (unsigned i = 0; i < FIRST_OF_ALL; i++) {
        if (i != left_out) {
            set(first_of_all[i].offset, first_of_all[i].value);
        }
    }
    assert_int_equal(machine.violations, 0);
}

static void set_up(void)
{
    set_up_but(FIRST_OF_ALL);
}

/* What this does breaks that rule, and nothing does before it. */
static void breaks(unsigned rule, uint32_t offset, uint32_t value)
{
    assert_int_equal(machine.violations, 0);
    set(offset, value);
    assert_int_equal(machine.violations, 1);
    assert_int_equal(machine.rule, rule);
    machine.violations = 0;
    set_up();
}

static void test_setting_up(void **unused)
{
    const uint32_t mode = ENET_ECR_DBSWP | ENET_ECR_SPEED, on = mode | ENET_ECR_ETHEREN;
    enum { RULE_MIB = NIC_RULES + 6, RULE_CHECKSUM };

    (void)unused;
    *(bool *)fake_key(type, enet, "strict") = true;
    set_up();
    set(ENET_ECR, on);
    breaks(NIC_RULE_RUNNING, ENET_TCR, ENET_TCR_FDEN);
    breaks(NIC_RULE_LINK, ENET_ECR, on & ~ENET_ECR_SPEED);
    set(ENET_TCR, 0);
    breaks(NIC_RULE_LINK, ENET_ECR, on);
    set(ENET_TFWR, 0);
    breaks(RULE_CHECKSUM, ENET_ECR, on);
    set(ENET_RSFL, 1);
    breaks(RULE_CHECKSUM, ENET_ECR, on);
    breaks(NIC_RULE_RESERVED, ENET_MIBC, ENET_MIBC_DIS | 1);
    set(ENET_MIBC, 0);
    breaks(RULE_MIB, ENET_MIBC, ENET_MIBC_CLEAR);
    set(ENET_MIBC, 0);
    set(ENET_MIBC, ENET_MIBC_DIS);
    assert_false(get(ENET_MIBC) & ENET_MIBC_IDLE);
    breaks(RULE_MIB, ENET_MIBC, ENET_MIBC_DIS | ENET_MIBC_CLEAR);
    set(ENET_ECR, ENET_ECR_RESET);
    assert_true(get(ENET_ECR) & ENET_ECR_RESET);
    machine.violations = 0;
    set(ENET_EIMR, 0);
    assert_int_equal(machine.rule, NIC_RULE_RESETTING);
    run(2000);
    assert_false(get(ENET_ECR) & ENET_ECR_RESET);
    machine.violations = 0;
    set(ENET_RCR, 1518u << ENET_RCR_MAX_FL_SHIFT | ENET_RCR_MII_MODE | ENET_RCR_RGMII_EN);
    set(ENET_TCR, ENET_TCR_FDEN);
    set(ENET_ECR, on);
    assert_int_equal(machine.violations, 1);
    assert_int_equal(machine.rule, NIC_RULE_UNSET);
}

static void test_left_out(void **unused)
{
    (void)unused;
    *(bool *)fake_key(type, enet, "strict") = true;
    for (unsigned i = 0; i < FIRST_OF_ALL; i++) {
        set_up_but(i);
        machine.rules = 0;
        set(ENET_ECR, ENET_ECR_DBSWP | ENET_ECR_SPEED | ENET_ECR_ETHEREN);
        assert_int_equal(machine.rules >> NIC_RULE_UNSET & 1, !first_of_all[i].optional);
        machine.violations = 0;
    }
}

/*
 * Any register write, any ring contents, any frame: the model stays within its own memory and comes
 * back.
 */
static void test_anything_goes(void **unused)
{
    (void)unused;
    uint64_t dice = 88172645463325252u;

    bring_up();
    for (unsigned n = 0; n < 200000; n++) {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        uint32_t value = (uint32_t)(dice >> 32);
        switch (dice % 8) {
        case 0:
            type->write(enet, value % 0x240 & ~3u, 4, value);
            break;
        case 1:
            type->write(enet, value % (ENET_REGS_BYTES - 8) & ~7u, 1u << (value >> 30), dice);
            break;
        case 2:
            memcpy(memory + (value & 0x1fff0), &dice, sizeof(dice));
            break;
        case 3:
            set(value & 1 ? ENET_RDAR : ENET_TDAR, 0);
            break;
        case 4:
            (void)arrive(value % 2000);
            break;
        case 5:
            run(value % 1000);
            break;
        case 6:
            machine.wire_ns_per_byte = value & 1;
            (void)type->ready(enet);
            (void)type->read(enet, value % (ENET_REGS_BYTES - 8) & ~7u, 1u << (value >> 30));
            break;
        default:
            set(ENET_ECR, 0);
            rx_give_all(ENTRIES);
            tx_give(value % ENTRIES, ENTRIES, (uint16_t)value, (uint16_t)(value >> 16));
            bring_up();
            break;
        }
        assert_int_equal(machine.level, (get(ENET_EIR) & get(ENET_EIMR)) != 0);
        assert_true(type->holds(enet) <= 1);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_type),
        TEST(test_reset_values),
        TEST(test_station_address_survives_no_reset),
        TEST(test_reset_clears_itself_and_the_rest),
        TEST(test_events_are_cleared_by_ones),
        TEST(test_line_follows_mask),
        TEST(test_receive_writes_back),
        TEST(test_receive_ring_wraps),
        TEST(test_receive_without_descriptor),
        TEST(test_receive_sees_late_descriptors),
        TEST(test_filter_station),
        TEST(test_filter_broadcast),
        TEST(test_filter_hash),
        TEST(test_runts),
        TEST(test_spoilt_frames_are_counted),
        TEST(test_oversize),
        TEST(test_fcs),
        TEST(test_receive_buffer_alignment),
        TEST(test_receive_bus_error),
        TEST(test_transmit),
        TEST(test_transmit_pads),
        TEST(test_transmit_ring_wraps),
        TEST(test_transmit_gathers),
        TEST(test_transmit_gather_waits),
        TEST(test_transmit_bad_descriptors),
        TEST(test_transmit_babble),
        TEST(test_transmit_bus_error),
        TEST(test_pacing),
        TEST(test_pacing_catches_up),
        TEST(test_pacing_stopped),
        TEST(test_graceful_stop),
        TEST(test_transmit_is_bounded),
        TEST(test_burst_end_keeps_pace),
        TEST(test_ring_without_wrap),
        TEST(test_ring_without_last),
        TEST(test_ring_changes_shape),
        TEST(test_coalescing_by_count),
        TEST(test_coalescing_by_time),
        TEST(test_coalescing_switched),
        TEST(test_statistics),
        TEST(test_mdio),
        TEST(test_access_widths),
        TEST(test_plain_and_reserved_registers),
        TEST(test_misconfiguration_is_on_record),
        TEST(test_setting_up),
        TEST(test_left_out),
        TEST(test_anything_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
