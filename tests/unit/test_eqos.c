/* SPDX-License-Identifier: BSD-2-Clause */
/* The DesignWare Ethernet QoS MAC; what it has in common with others is in dwmac_tests.h. */
#include "tests/unit/dwmac_tests.h"

#include "components/device/eqos.h"

extern const struct device_type device_eqos;

/* Queues of 8 KiB each, and on. */
static void more(void)
{
    set(EQOS_MTL_TXQ0_OPMODE, EQOS_TXQ0_TSF | EQOS_TXQ0_ON | 31 << EQOS_TXQ0_SIZE_SHIFT);
    set(EQOS_MTL_RXQ0_OPMODE, EQOS_RXQ0_RSF | 31 << EQOS_RXQ0_SIZE_SHIFT);
    set(EQOS_MAC_RXQ_CTRL0, EQOS_RXQ0_DCB);
}

static const struct part part = {
    .type = &device_eqos,
    .configuration_on = EQOS_MAC_RE | EQOS_MAC_TE,
    .filter = EQOS_MAC_PACKET_FILTER,
    .promiscuous = EQOS_FILTER_PR,
    .rx_control = EQOS_DMA_RX_CONTROL,
    .rx_on = EQOS_DMA_RX_SR | 0x600 << EQOS_DMA_RBSZ_SHIFT,
    .tx_control = EQOS_DMA_TX_CONTROL,
    .tx_on = EQOS_DMA_TX_ST,
    .rx_list = EQOS_DMA_RX_LIST,
    .tx_list = EQOS_DMA_TX_LIST,
    .rx_length = EQOS_DMA_RX_LENGTH,
    .mode = EQOS_DMA_MODE,
    .status = EQOS_DMA_STATUS,
    .enable = EQOS_DMA_INT_EN,
    .address_low = EQOS_MAC_ADDRESS0_LOW,
    .address_high = EQOS_MAC_ADDRESS0_HIGH,
    .tx_done = EQOS_INT_TI,
    .rx_done = EQOS_INT_RI,
    .rx_none = EQOS_INT_RBU,
    .fatal = EQOS_INT_FBE,
    .normal = EQOS_INT_NIS,
    .abnormal = EQOS_INT_AIS,
    .duplex = EQOS_MAC_DM,
    .more = more,
};

static unsigned tail;

static struct eqos_descriptor *descriptor(uint32_t ring, unsigned i)
{
    return (struct eqos_descriptor *)at(ring) + i;
}

static void rx_give(unsigned i)
{
    *descriptor(RX_RING, i) = (struct eqos_descriptor){RX_BUFFERS + i * BUFFER_BYTES, 0, 0,
                                                       EQOS_DES3_OWN | EQOS_RX_IOC | EQOS_RX_BUF1V};
}

static void tx_give(unsigned i, uint32_t bytes, bool first, bool last)
{
    *descriptor(TX_RING, i) = (struct eqos_descriptor){
        TX_BUFFERS + i * BUFFER_BYTES, 0, EQOS_TX_IOC | bytes,
        EQOS_DES3_OWN | bytes | (first ? EQOS_DES3_FD : 0) | (last ? EQOS_DES3_LD : 0)};
    tail = i;
}

static bool is_owned(uint32_t ring, unsigned i)
{
    return descriptor(ring, i)->des3 & EQOS_DES3_OWN;
}

static uint32_t received_bytes(unsigned i)
{
    return descriptor(RX_RING, i)->des3 & EQOS_RX_LEN;
}

/* The descriptor itself, as drivers in the field have it. */
static void bell(void)
{
    set(EQOS_DMA_TX_TAIL, TX_RING + tail * 16);
}

static uint32_t *address_of(uint32_t ring, unsigned i)
{
    return &descriptor(ring, i)->addr_lo;
}

static uint32_t owner_at(uint32_t ring, unsigned i)
{
    return ring + i * 16 + 12;
}

static void test_tail_and_length(void **state)
{
    (void)state;
    bring_up();
    tx_give(0, 60, true, true);
    ASSERT_BREAKS(DWMAC_RULE_TAIL, set(EQOS_DMA_TX_TAIL, TX_RING + ENTRIES * 16 + 4));
    ASSERT_BREAKS(DWMAC_RULE_TAIL, set(EQOS_DMA_RX_TAIL, TX_RING));
    ASSERT_FORGIVEN(set(EQOS_DMA_RX_TAIL, RX_RING + ENTRIES * 16));
    set(EQOS_DMA_MODE, 1);
    set(EQOS_DMA_RX_LIST, RX_RING);
    ASSERT_BREAKS(DWMAC_RULE_LENGTH, set(EQOS_DMA_RX_CONTROL, EQOS_DMA_RX_SR));
}

static void test_descriptor_is_written_over(void **state)
{
    (void)state;
    bring_up();
    rx_give(0);
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
    assert_int_equal(descriptor(RX_RING, 0)->addr_lo, 0);
    tx_give(0, 60, true, true);
    descriptor(TX_RING, 0)->des3 |= EQOS_DES3_CTXT;
    ASSERT_BREAKS(DWMAC_RULE_FORM, bell());
    assert_int_equal(machine.drops[DEVICE_DROP_BAD_DESCRIPTOR], 1);
}

static void test_features(void **state)
{
    (void)state;
    assert_int_equal(get(EQOS_MAC_VERSION) & 0xff, 0x51);
    assert_int_equal(get(EQOS_MAC_HW_FEATURE1), 6 | 6 << 6);
    assert_true(get(EQOS_MAC_PHYIF) & EQOS_PHYIF_LINK);
    ASSERT_FORGIVEN(set(EQOS_MAC_HW_FEATURE1, 0));
    be_strict();
    ASSERT_BREAKS(DWMAC_RULE_READ_ONLY, set(EQOS_MAC_HW_FEATURE1, 0));
    set(EQOS_DMA_MODE, 1);
    assert_int_equal(get(EQOS_MAC_HW_FEATURE1), 6 | 6 << 6);
}

/* What a queue that is off, or mapped elsewhere, is given goes nowhere; and its size matters. */
static void test_queues(void **state)
{
    const uint32_t on = EQOS_MAC_RE | EQOS_MAC_TE | EQOS_MAC_DM;
    static const uint32_t sizes[] = {0, 4, 32};

    (void)state;
    bring_up();
    rx_give(0);
    set(EQOS_MAC_RXQ_CTRL0, 0);
    assert_int_equal(frame_in(60), DEVICE_DROP_DISABLED);
    set(EQOS_MAC_RXQ_CTRL0, EQOS_RXQ0_DCB);
    set(EQOS_MTL_RXQ_DMA_MAP0, 1);
    assert_int_equal(frame_in(60), DEVICE_DROP_DISABLED);
    set(EQOS_MTL_RXQ_DMA_MAP0, 0);
    set(EQOS_MTL_TXQ0_OPMODE, 31 << EQOS_TXQ0_SIZE_SHIFT);
    tx_give(0, 60, true, true);
    bell();
    assert_int_equal(machine.frame_count, 0);
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
    for (unsigned i = 0; i < 3; i++) {
        again();
        set(EQOS_MTL_TXQ0_OPMODE, EQOS_TXQ0_TSF | EQOS_TXQ0_ON | sizes[i] << EQOS_TXQ0_SIZE_SHIFT);
        ASSERT_BREAKS(DWMAC_RULE_FIFO, set(0, on));
        again();
        set(EQOS_MTL_RXQ0_OPMODE, EQOS_RXQ0_RSF | sizes[i] << EQOS_RXQ0_SIZE_SHIFT);
        ASSERT_BREAKS(DWMAC_RULE_FIFO, set(0, on));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DWMAC_TESTS,         TEST(test_tail_and_length), TEST(test_descriptor_is_written_over),
        TEST(test_features), TEST(test_queues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
