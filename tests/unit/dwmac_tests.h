/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_DWMAC_TESTS_H
#define TESTS_UNIT_DWMAC_TESTS_H
/*
 * What every DesignWare MAC does, wherever its registers and bits are. Included by the test of one,
 * which says where in a `struct part`, and gives and looks at descriptors.
 */
#include "tests/unit/played_nic.h"

#include "components/device/dwmac.h"

enum { ENTRIES = 8 };

struct part {
    const struct device_type *type;
    uint32_t configuration_on, filter, promiscuous;
    uint32_t rx_control, rx_on, tx_control, tx_on; /* and what goes with it */
    uint32_t rx_list, tx_list, rx_length;          /* 0: there is none */
    uint32_t mode, status, enable, address_low, address_high;
    uint32_t tx_done, rx_done, rx_none, fatal, normal, abnormal;
    uint32_t duplex;
    void (*more)(void); /* what else it needs */
};
static const struct part part;

static void rx_give(unsigned i);
static void tx_give(unsigned i, uint32_t bytes, bool first, bool last);
static bool is_owned(uint32_t ring, unsigned i);
static uint32_t received_bytes(unsigned i);
static void bell(void);
static uint32_t *address_of(uint32_t ring, unsigned i);
/* Where the word is that tells the owner. */
static uint32_t owner_at(uint32_t ring, unsigned i);

static int setup(void **state)
{
    (void)state;
    power_on(part.type);
    return 0;
}

static void set_up(void)
{
    part.more();
    set(part.filter, part.promiscuous);
    set(part.rx_list, RX_RING);
    set(part.tx_list, TX_RING);
    if (part.rx_length != 0) {
        set(part.rx_length, ENTRIES - 1);
        set(part.rx_length - 4, ENTRIES - 1);
    }
    set(part.enable, part.tx_done | part.rx_done | part.fatal | part.normal | part.abnormal);
    set(part.tx_control, get(part.tx_control) | part.tx_on);
    set(part.rx_control, get(part.rx_control) | part.rx_on);
}

static void bring_up(void)
{
    set_up();
    set(0, part.configuration_on);
    set(part.status, UINT32_MAX); /* that there is nothing to send */
}

static void set_address(uint32_t high, uint32_t low)
{
    set(part.address_high, high);
    set(part.address_low, low);
}

/* Anew, all as the manual says, and not enabled yet. */
static void again(void)
{
    power_on(part.type);
    be_strict();
    set_up();
    set_address(0x0403, 0x02015452);
}

static void test_setting_up(void **state)
{
    uint32_t on = part.configuration_on | part.duplex;

    (void)state;
    again();
    ASSERT_FORGIVEN(set(0, on));
    assert_false(machine.level);
    ASSERT_BREAKS(NIC_RULE_RUNNING, set(part.address_low, 1));
    again();
    ASSERT_BREAKS(NIC_RULE_LINK, set(0, part.configuration_on));
    again();
    set_address(0, 0);
    ASSERT_BREAKS(NIC_RULE_STATION, set(0, on));
    again();
    set(part.address_high, 0x0403); /* the lower half, which loads it, came first */
    ASSERT_BREAKS(NIC_RULE_STATION, set(0, on));
    again();
    ASSERT_BREAKS(NIC_RULE_RESERVED, set(part.enable, UINT32_MAX));
    set(part.mode, 1);
    assert_true(get(part.mode) & 1);
    ASSERT_BREAKS(NIC_RULE_RESETTING, set(part.filter, 0));
    run(2000);
    assert_false(get(part.mode) & 1);
    set_up(); /* but for the address */
    *(bool *)fake_key(model, nic, "strict") = false;
    ASSERT_FORGIVEN(set(0, on));
    set(0, 0);
    be_strict();
    set_address(0x0403, 0x02015452);
    ASSERT_FORGIVEN(set(0, on));
    again();
    set(part.mode, 1);
    run(2000);
    set_address(0x0403, 0x02015452);
    part.more();
    ASSERT_BREAKS(NIC_RULE_UNSET, set(0, on)); /* no list, no interrupts */
}

static void test_receive(void **state)
{
    (void)state;
    assert_int_equal(frame_in(100), DEVICE_DROP_DISABLED);
    bring_up();
    assert_int_equal(frame_in(100), DEVICE_DROP_NO_DESCRIPTOR);
    assert_true(get(part.status) & part.rx_none);
    assert_false(machine.level); /* nobody asked to hear of that */
    for (unsigned i = 0; i < 3 * ENTRIES; i++) {
        rx_give(i % ENTRIES);
        assert_true(model->ready(nic));
        write_count = 0;
        assert_int_equal(frame_in(100 + i), DEVICE_DROP_NONE);
        assert_memory_equal(at(RX_BUFFERS + i % ENTRIES * BUFFER_BYTES), frame, 100 + i);
        assert_false(is_owned(RX_RING, i % ENTRIES));
        assert_int_equal(received_bytes(i % ENTRIES), 100 + i);
        assert_int_equal(writes[0].io_addr, RX_BUFFERS + i % ENTRIES * BUFFER_BYTES);
        assert_int_equal(writes[write_count - 1].io_addr, owner_at(RX_RING, i % ENTRIES));
    }
    assert_true(machine.level);
    assert_int_equal(get(part.status), part.rx_none | part.rx_done | part.normal);
    set(part.status, part.rx_done);
    assert_true(machine.level); /* it is the summary that counts */
    set(part.status, part.normal);
    assert_false(machine.level);
    assert_int_equal(machine.violations, 0);
}

static void test_transmit(void **state)
{
    (void)state;
    bring_up();
    machine.wire_ns_per_byte = 10;
    memcpy(at(TX_BUFFERS), frame, 100);
    tx_give(0, 100, true, true);
    tx_give(1, 30, true, true);
    bell();
    assert_true(is_owned(TX_RING, 0));
    run(1000);
    assert_int_equal(machine.frame_count, 1);
    assert_false(is_owned(TX_RING, 0));
    assert_true(is_owned(TX_RING, 1));
    run(600);
    assert_int_equal(machine.frame_count, 2);
    assert_memory_equal(frames[0].data, frame, 100);
    assert_int_equal(frames[1].bytes, 60);
    assert_true(get(part.status) & part.tx_done);
    assert_true(machine.level);
    tx_give(2, 60, true, true);
    run(10000);
    assert_int_equal(machine.frame_count, 2); /* it is suspended */
    bell();
    run(600);
    assert_int_equal(machine.frame_count, 3);
    assert_int_equal(machine.violations, 0);
}

static void test_gather(void **state)
{
    (void)state;
    bring_up();
    memcpy(at(TX_BUFFERS), frame, 50);
    memcpy(at(TX_BUFFERS + BUFFER_BYTES), frame + 50, 50);
    tx_give(0, 50, true, false);
    tx_give(1, 50, false, true);
    bell();
    assert_int_equal(machine.frame_count, 1);
    assert_int_equal(frames[0].bytes, 100);
    assert_memory_equal(frames[0].data, frame, 100);
    assert_false(is_owned(TX_RING, 0));
    assert_false(is_owned(TX_RING, 1));
    tx_give(2, 60, false, true);
    ASSERT_BREAKS(DWMAC_RULE_FIRST, bell());
    assert_int_equal(machine.violation, TX_RING + 2 * 16);
    tx_give(3, 60, true, false);
    tx_give(4, 60, true, true);
    ASSERT_BREAKS(DWMAC_RULE_FIRST, bell());
    tx_give(5, 60, true, false);
    ASSERT_BREAKS(NIC_RULE_GAP, bell());
}

static void test_addresses(void **state)
{
    (void)state;
    bring_up();
    set(part.filter, 0);
    for (unsigned i = 0; i < ENTRIES; i++) {
        rx_give(i);
    }
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE); /* as the boot loader left it */
    frame[5]++;
    assert_int_equal(frame_in(60), DEVICE_DROP_FILTERED);
    set(part.address_high, 0x0503);
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
    frame[0] |= 1;
    assert_int_equal(frame_in(60), DEVICE_DROP_FILTERED);
    set(part.filter, DWMAC_FILTER_PM);
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
    memset(frame, 0xff, 6);
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
    set(part.filter, DWMAC_FILTER_DBF);
    assert_int_equal(frame_in(60), DEVICE_DROP_FILTERED);
    set(part.filter, part.promiscuous);
    assert_int_equal(frame_in(13), DEVICE_DROP_RUNT);
    assert_int_equal(frame_in(1515), DEVICE_DROP_OVERSIZE);
    frame[12] = 0x81; /* a VLAN tag is beyond that */
    frame[13] = 0x00;
    assert_int_equal(frame_in(1518), DEVICE_DROP_NONE);
    assert_int_equal(frame_in(1519), DEVICE_DROP_OVERSIZE);
    frame[13] = 0x01;
    assert_int_equal(frame_in(1518), DEVICE_DROP_OVERSIZE);
}

static void test_rules(void **state)
{
    (void)state;
    if (part.rx_length != 0) {
        set(part.rx_length - 4, ENTRIES - 1);
    }
    ASSERT_BREAKS(DWMAC_RULE_LIST, set(part.tx_control, part.tx_on));
    set(part.mode, 1);
    assert_int_equal(get(part.mode), 0); /* clears itself */
    assert_int_equal(get(part.tx_control), 0);
    bring_up();
    ASSERT_BREAKS(DWMAC_RULE_MOVED, set(part.rx_list, RX_RING));
    set(part.rx_control, 0);
    ASSERT_BREAKS(DWMAC_RULE_LIST_ALIGN, set(part.rx_list, RX_RING + 4));
    ASSERT_BREAKS(NIC_RULE_WIDTH, model->read(nic, part.status, 8));
    set(part.mode, 1);
    bring_up();
    rx_give(0);
    *address_of(RX_RING, 0) = 0;
    unsigned before = machine.violations;
    assert_int_equal(frame_in(60), DEVICE_DROP_DMA_FAULT);
    assert_int_equal(machine.violations, before + 1);
    assert_int_equal(machine.rule, DWMAC_RULE_RX_BUFFER);
}

static void test_strict(void **state)
{
    (void)state;
    ASSERT_FORGIVEN(bell());
    be_strict();
    ASSERT_BREAKS(DWMAC_RULE_BELL_OFF, bell());
    bring_up();
    ASSERT_BREAKS(NIC_RULE_BELL, bell());
    machine.wire_ns_per_byte = 10;
    tx_give(0, 60, true, true);
    bell();
    *address_of(TX_RING, 0) += 64; /* while it is on its way */
    ASSERT_BREAKS(NIC_RULE_CHANGED, run(1000));
    assert_int_equal(machine.violation, TX_RING);
}

static void test_bus_error(void **state)
{
    (void)state;
    bring_up();
    rx_give(0);
    *address_of(RX_RING, 0) = 0x1000;
    assert_int_equal(frame_in(60), DEVICE_DROP_DMA_FAULT);
    assert_int_equal(get(part.status), part.fatal | part.abnormal);
    assert_true(machine.level);
    assert_int_equal(frame_in(60), DEVICE_DROP_DISABLED);
    set(part.mode, 1);
    assert_false(machine.level);
    bring_up();
    rx_give(0);
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
}

/* Stopped and started, it goes on where it was. */
static void test_stop(void **state)
{
    (void)state;
    bring_up();
    tx_give(0, 60, true, true);
    bell();
    set(part.tx_control, get(part.tx_control) & ~part.tx_on);
    tx_give(1, 60, true, true);
    bell();
    assert_int_equal(machine.frame_count, 1);
    set(part.tx_control, get(part.tx_control) | part.tx_on);
    assert_int_equal(machine.frame_count, 2);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)
#define DWMAC_TESTS                                                                   \
    TEST(test_receive), TEST(test_transmit), TEST(test_gather), TEST(test_addresses), \
        TEST(test_rules), TEST(test_strict), TEST(test_bus_error), TEST(test_stop),   \
        TEST(test_setting_up)
#endif
