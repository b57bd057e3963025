/* SPDX-License-Identifier: BSD-2-Clause */
/* The Broadcom GENET: what drivers rely on, and what the model says of one that gives a descriptor
 * away wrongly. */
#include "tests/unit/played_nic.h"

#include "components/device/genet.h"
#include "components/device/nic.h"

extern const struct device_type device_genet;

enum { ENTRIES = 8 };
enum rule { SETTING = NIC_RULES, SIZE, BEYOND, OWNER, ADDRESS, FIRST, RING, OFF };

#define DMA(base, field) ((base) + (uint32_t)offsetof(struct genet_dma, field))
#define RING(base, field) \
    (DMA(base, rings[GENET_RING]) + (uint32_t)offsetof(struct genet_ring, field))

static int setup(void **state)
{
    (void)state;
    power_on(&device_genet);
    return 0;
}

static uint32_t slot(uint32_t base, unsigned i)
{
    return base + i * (uint32_t)sizeof(struct genet_descriptor);
}

/* None of the receive descriptors are the device's yet. */
static void bring_up(void)
{
    static const uint32_t bases[] = {GENET_RX, GENET_TX};

    for (unsigned i = 0; i < 2; i++) {
        set(RING(bases[i], device_index), 0);
        set(RING(bases[i], buf_size), GENET_BUF_SIZE(ENTRIES, BUFFER_BYTES));
        set(DMA(bases[i], ring_cfg), GENET_RING_CFG);
    }
    set(RING(GENET_RX, driver_index), (uint32_t)-ENTRIES & 0xffff);
    set(RING(GENET_TX, driver_index), 0);
    set(DMA(GENET_RX, ctrl), GENET_CTRL_EN | GENET_CTRL_RING);
    set(DMA(GENET_TX, ctrl), GENET_CTRL_EN | GENET_CTRL_RING);
    set(GENET_INT_MASK_CLEAR, GENET_INT_RX | GENET_INT_TX);
    set(GENET_CMD, GENET_CMD_TX_EN | GENET_CMD_RX_EN | GENET_CMD_PROMISC);
}

static void rx_give(unsigned count)
{
    unsigned given = get(RING(GENET_RX, driver_index)) + ENTRIES;

    for (unsigned i = 0; i < count; i++, given++) {
        set(slot(GENET_RX, given % ENTRIES) + 4, RX_BUFFERS + given % ENTRIES * BUFFER_BYTES);
    }
    set(RING(GENET_RX, driver_index), (given - ENTRIES) & 0xffff);
}

static void tx_put(unsigned i, uint32_t bytes, uint32_t flags)
{
    set(slot(GENET_TX, i % ENTRIES) + 4, TX_BUFFERS + i % ENTRIES * BUFFER_BYTES);
    set(slot(GENET_TX, i % ENTRIES), bytes << GENET_LEN_SHIFT | flags);
}

static void test_receive(void **state)
{
    (void)state;
    assert_int_equal(frame_in(100), DEVICE_DROP_DISABLED);
    bring_up();
    assert_int_equal(frame_in(100), DEVICE_DROP_NO_DESCRIPTOR);
    assert_false(model->ready(nic));
    rx_give(ENTRIES);
    for (unsigned i = 0; i < 3 * ENTRIES; i++) {
        assert_int_equal(frame_in(100 + i), DEVICE_DROP_NONE);
        assert_memory_equal(at(RX_BUFFERS + i % ENTRIES * BUFFER_BYTES), frame, 100 + i);
        assert_int_equal(get(slot(GENET_RX, i % ENTRIES)) >> 16, 100 + i);
        assert_int_equal(get(RING(GENET_RX, device_index)), i + 1);
        if (i % 2 == 1) {
            rx_give(2);
        }
    }
    assert_true(machine.level);
    assert_int_equal(get(GENET_INT_STAT), GENET_INT_RX);
    set(GENET_INT_CLEAR, GENET_INT_RX);
    assert_false(machine.level);
    assert_int_equal(machine.violations, 0);
}

static void test_transmit(void **state)
{
    uint32_t whole = GENET_SOP | GENET_EOP;

    (void)state;
    bring_up();
    machine.wire_ns_per_byte = 10;
    memcpy(at(TX_BUFFERS), frame, 100);
    tx_put(0, 100, whole);
    tx_put(1, 30, whole);
    run(1000);
    assert_int_equal(machine.frame_count, 0);
    set(RING(GENET_TX, driver_index), 2);
    assert_int_equal(get(RING(GENET_TX, device_index)), 0);
    run(1000);
    assert_int_equal(get(RING(GENET_TX, device_index)), 1);
    run(600);
    assert_int_equal(machine.frame_count, 2);
    assert_memory_equal(frames[0].data, frame, 100);
    assert_int_equal(frames[1].bytes, 60);
    assert_int_equal(get(GENET_INT_STAT), GENET_INT_TX);
    memcpy(at(TX_BUFFERS + 2 * BUFFER_BYTES), frame, 50);
    memcpy(at(TX_BUFFERS + 3 * BUFFER_BYTES), frame + 50, 50);
    tx_put(2, 50, GENET_SOP);
    tx_put(3, 50, GENET_EOP);
    set(RING(GENET_TX, driver_index), 4);
    run(1000);
    assert_int_equal(machine.frame_count, 3);
    assert_memory_equal(frames[2].data, frame, 100);
    assert_int_equal(machine.violations, 0);
}

/* The interrupt comes with the third frame, and then with the third after that. */
static void test_together(void **state)
{
    (void)state;
    bring_up();
    set(DMA(GENET_RX, ctrl), 0);
    set(DMA(GENET_TX, ctrl), 0);
    set(RING(GENET_RX, mbuf_done), 3);
    set(RING(GENET_TX, mbuf_done), 2);
    set(DMA(GENET_RX, ctrl), GENET_CTRL_EN | GENET_CTRL_RING);
    set(DMA(GENET_TX, ctrl), GENET_CTRL_EN | GENET_CTRL_RING);
    rx_give(ENTRIES);
    for (unsigned i = 1; i <= 6; i++) {
        assert_int_equal(frame_in(100), DEVICE_DROP_NONE);
        assert_int_equal(get(GENET_INT_STAT), i % 3 == 0 ? GENET_INT_RX : 0);
        set(GENET_INT_CLEAR, GENET_INT_RX);
    }
    for (unsigned i = 0; i < 3; i++) {
        tx_put(i, 60, GENET_SOP | GENET_EOP);
        set(RING(GENET_TX, driver_index), i + 1);
        run(100000);
        assert_int_equal(get(GENET_INT_STAT), i == 0 ? 0 : GENET_INT_TX);
    }
    assert_int_equal(machine.violations, 0);
}

static void test_rules(void **state)
{
    uint32_t whole = GENET_SOP | GENET_EOP;

    (void)state;
    ASSERT_BREAKS(SIZE, set(DMA(GENET_RX, ctrl), GENET_CTRL_EN | GENET_CTRL_RING));
    set(DMA(GENET_RX, ctrl), 0);
    bring_up();
    machine.wire_ns_per_byte = 10;
    ASSERT_BREAKS(SETTING, set(RING(GENET_RX, buf_size), 1));
    set(RING(GENET_RX, buf_size), GENET_BUF_SIZE(ENTRIES, BUFFER_BYTES));
    ASSERT_BREAKS(BEYOND, set(RING(GENET_RX, driver_index), 1));
    assert_int_equal(frame_in(60), DEVICE_DROP_NO_DESCRIPTOR);
    set(RING(GENET_RX, driver_index), (uint32_t)-ENTRIES & 0xffff);
    rx_give(2);
    ASSERT_BREAKS(OWNER, set(slot(GENET_RX, 1) + 4, RX_BUFFERS));
    ASSERT_FORGIVEN(set(slot(GENET_RX, 2) + 4, RX_BUFFERS));
    tx_put(0, 60, whole);
    set(RING(GENET_TX, driver_index), 1);
    ASSERT_BREAKS(OWNER, tx_put(0, 60, whole); machine.violations--); /* of two words */
    run(1000);
    ASSERT_FORGIVEN(tx_put(0, 60, whole));
    tx_put(1, 60, GENET_EOP);
    ASSERT_BREAKS(FIRST, set(RING(GENET_TX, driver_index), 2));
    run(1000);
    ASSERT_BREAKS(RING, set(DMA(GENET_TX, ctrl), GENET_CTRL_EN | GENET_CTRL_RING | 2));
    tx_put(2, 60, GENET_SOP);
    ASSERT_BREAKS(NIC_RULE_GAP, set(RING(GENET_TX, driver_index), 3));
    set(slot(GENET_RX, 0), 0);
    ASSERT_BREAKS(NIC_RULE_WIDTH, model->read(nic, GENET_MAC0, 1));
    set(DMA(GENET_TX, ctrl), 0);
    ASSERT_FORGIVEN(set(RING(GENET_TX, driver_index), 5));
    be_strict();
    ASSERT_BREAKS(OFF, set(RING(GENET_TX, driver_index), 5));
}

static void test_bus_error(void **state)
{
    (void)state;
    bring_up();
    set(slot(GENET_RX, 0) + 4, 0x1000);
    set(RING(GENET_RX, driver_index), (uint32_t)(1 - ENTRIES) & 0xffff);
    assert_int_equal(frame_in(60), DEVICE_DROP_DMA_FAULT);
    assert_int_equal(get(DMA(GENET_RX, ctrl)) & GENET_CTRL_EN, 0);
    assert_int_equal(get(DMA(GENET_TX, status)), GENET_STATUS_STOPPED);
    assert_true(machine.level);
    assert_int_equal(frame_in(60), DEVICE_DROP_DISABLED);
    bring_up();
    rx_give(1);
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
}

static void test_mac(void **state)
{
    (void)state;
    assert_int_equal(get(GENET_REV) >> 24, 6);
    assert_int_equal(get(GENET_MAC0), 0);
    assert_int_equal(get(GENET_MAC1), 0);
    set(GENET_MAC0, 0x52540102);
    set(GENET_MAC1, 0x0304);
    bring_up();
    rx_give(ENTRIES);
    set(GENET_CMD, GENET_CMD_TX_EN | GENET_CMD_RX_EN);
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
    frame[5]++;
    assert_int_equal(frame_in(60), DEVICE_DROP_FILTERED);
    set(GENET_MAC1, 0x0305);
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
    assert_int_equal(frame_in(13), DEVICE_DROP_RUNT);
    assert_int_equal(frame_in(1515), DEVICE_DROP_OVERSIZE);
    set(GENET_MAX_FRAME, 1536);
    set(GENET_RBUF_CTRL, GENET_RBUF_ALIGN);
    assert_int_equal(frame_in(1515), DEVICE_DROP_NONE);
    assert_memory_equal((char *)at(RX_BUFFERS + 2 * BUFFER_BYTES) + 2, frame, 1515);
    assert_int_equal(get(slot(GENET_RX, 2)) >> 16, 1517);
    /* Negotiation is complete, says the PHY. */
    set(GENET_MDIO, GENET_MDIO_BUSY | GENET_MDIO_READ | 1 << GENET_MDIO_RA);
    assert_int_equal(get(GENET_MDIO) & GENET_MDIO_BUSY, 0);
    assert_true(get(GENET_MDIO) & 1 << 5);
    set(GENET_MDIO, GENET_MDIO_BUSY | GENET_MDIO_READ | 2 << GENET_MDIO_RA);
    assert_int_not_equal(get(GENET_MDIO) & 0xffff, 0);
    assert_int_equal(machine.violations, 0);
}

/* What published drivers do, all of it, strict. */
static void set_up(void)
{
    static const uint32_t bases[] = {GENET_RX, GENET_TX};

    power_on(&device_genet);
    be_strict();
    set(GENET_INT_MASK_SET, UINT32_MAX);
    set(GENET_INT_CLEAR, UINT32_MAX);
    set(GENET_RBUF_FLUSH, GENET_RBUF_FLUSH_RESET);
    set(GENET_RBUF_FLUSH, 0);
    set(GENET_CMD, GENET_CMD_SW_RESET);
    set(GENET_CMD, 0);
    set(GENET_TX_FLUSH, 1);
    set(GENET_TX_FLUSH, 0);
    set(GENET_PORT_CTRL, GENET_PORT_EXT_GPHY);
    set(GENET_RGMII_OOB, GENET_OOB_LINK | GENET_OOB_MODE_EN);
    set(GENET_RBUF_CTRL, 0);
    set(GENET_MDF_CTRL, 0);
    set(GENET_TBUF_SIZE, 1);
    set(GENET_MAX_FRAME, 1536);
    set(GENET_MAC0, 0x52540102);
    set(GENET_MAC1, 0x0304);
    for (unsigned i = 0; i < 2; i++) {
        set(DMA(bases[i], burst), GENET_BURST);
        set(RING(bases[i], buf_size), GENET_BUF_SIZE(ENTRIES, BUFFER_BYTES));
        set(RING(bases[i], mbuf_done), 1);
        set(DMA(bases[i], ring_cfg), GENET_RING_CFG);
    }
}

static void test_setting_up(void **state)
{
    const uint32_t ring = GENET_CTRL_EN | GENET_CTRL_RING;
    const uint32_t on = GENET_CMD_1000 | GENET_CMD_RX_EN | GENET_CMD_TX_EN;

    (void)state;
    set_up();
    ASSERT_FORGIVEN(set(DMA(GENET_RX, ctrl), ring));
    ASSERT_FORGIVEN(set(GENET_CMD, on));
    ASSERT_BREAKS(NIC_RULE_RUNNING, set(GENET_MAC0, 0));
    set_up();
    ASSERT_BREAKS(NIC_RULE_LINK, set(GENET_CMD, GENET_CMD_RX_EN));
    set_up();
    set(GENET_MAC0, 0);
    set(GENET_MAC1, 0);
    ASSERT_BREAKS(NIC_RULE_STATION, set(GENET_CMD, on));
    set_up();
    ASSERT_BREAKS(NIC_RULE_RESERVED, set(GENET_RBUF_FLUSH, 1));
    set_up();
    set(RING(GENET_RX, device_pointer), 3);
    ASSERT_BREAKS(NIC_RULES + 8, set(DMA(GENET_RX, ctrl), ring));
    power_on(&device_genet);
    be_strict();
    set(GENET_PORT_CTRL, GENET_PORT_EXT_GPHY);
    set(GENET_RGMII_OOB, GENET_OOB_MODE_EN);
    set(GENET_MAC0, 0x52540102);
    ASSERT_BREAKS(NIC_RULE_UNSET, set(GENET_CMD, on));
}

/* Neither takes nor gives a frame while it is flushed; pointers go where the indices do. */
static void test_flush(void **state)
{
    (void)state;
    bring_up();
    rx_give(ENTRIES);
    set(GENET_RBUF_FLUSH, GENET_RBUF_FLUSH_RESET);
    assert_int_equal(frame_in(60), DEVICE_DROP_DISABLED);
    set(GENET_RBUF_FLUSH, 0);
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
    assert_int_equal(get(RING(GENET_RX, device_pointer)), 3);
    for (unsigned i = 1; i < ENTRIES; i++) {
        assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
    }
    assert_int_equal(get(RING(GENET_RX, device_pointer)), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_receive),  TEST(test_transmit), TEST(test_rules),      TEST(test_bus_error),
        TEST(test_together), TEST(test_mac),      TEST(test_setting_up), TEST(test_flush),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
