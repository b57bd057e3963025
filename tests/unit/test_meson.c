/* SPDX-License-Identifier: BSD-2-Clause */
/* The MAC of Amlogic Meson chips; what it has in common with others is in dwmac_tests.h. */
#include "tests/unit/dwmac_tests.h"

#include "components/device/meson.h"

extern const struct device_type device_meson;

#define MAC(field) offsetof(struct meson_mac, field)
#define DMA(field) (MESON_DMA + offsetof(struct meson_dma, field))

/* Nobody asks what the MAC itself has to tell. */
static void more(void)
{
    set(MAC(intmask), MESON_INTMASK);
}

static const struct part part = {
    .type = &device_meson,
    .configuration_on = MESON_CONF_RE | MESON_CONF_TE,
    .filter = MAC(framefilt),
    .promiscuous = MESON_FILTER_PR,
    .rx_control = DMA(opmode),
    .rx_on = MESON_OPMODE_SR,
    .tx_control = DMA(opmode),
    .tx_on = MESON_OPMODE_ST,
    .rx_list = DMA(rxdesclistaddr),
    .tx_list = DMA(txdesclistaddr),
    .mode = DMA(busmode),
    .status = DMA(status),
    .enable = DMA(intenable),
    .address_low = MAC(macaddr0lo),
    .address_high = MAC(macaddr0hi),
    .tx_done = MESON_INT_TI,
    .rx_done = MESON_INT_RI,
    .rx_none = MESON_INT_RU,
    .fatal = MESON_INT_FBI,
    .normal = MESON_INT_NIS,
    .abnormal = MESON_INT_AIS,
    .duplex = MESON_CONF_DM,
    .more = more,
};

static struct meson_descriptor *descriptor(uint32_t ring, unsigned i)
{
    return (struct meson_descriptor *)at(ring) + i;
}

static uint32_t end_of(unsigned i)
{
    return i + 1 == ENTRIES ? MESON_CNTL_END : 0;
}

static void rx_give(unsigned i)
{
    *descriptor(RX_RING, i) =
        (struct meson_descriptor){MESON_OWN, 0x600 | end_of(i), RX_BUFFERS + i * BUFFER_BYTES, 0};
}

static void tx_give(unsigned i, uint32_t bytes, bool first, bool last)
{
    *descriptor(TX_RING, i) = (struct meson_descriptor){
        MESON_OWN,
        bytes | end_of(i) | MESON_TX_IC | (first ? MESON_TX_FIRST : 0) | (last ? MESON_TX_LAST : 0),
        TX_BUFFERS + i * BUFFER_BYTES, 0};
}

static bool is_owned(uint32_t ring, unsigned i)
{
    return descriptor(ring, i)->status & MESON_OWN;
}

static uint32_t received_bytes(unsigned i)
{
    return descriptor(RX_RING, i)->status >> 16 & 0x3fff;
}

static void bell(void)
{
    set(DMA(txpolldemand), MESON_POLL);
}

static uint32_t *address_of(uint32_t ring, unsigned i)
{
    return &descriptor(ring, i)->addr;
}

static uint32_t owner_at(uint32_t ring, unsigned i)
{
    return ring + i * 16;
}

static void test_chains_are_not_modelled(void **state)
{
    (void)state;
    bring_up();
    rx_give(0);
    descriptor(RX_RING, 0)->cntl |= MESON_CNTL_CHAINED;
    ASSERT_BREAKS(DWMAC_RULE_FORM, assert_int_equal(frame_in(60), DEVICE_DROP_NONE));
}

/* As published: the status is read, and written back with what is left of it. */
static void test_read_modify_write_of_events(void **state)
{
    (void)state;
    bring_up();
    rx_give(0);
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
    uint32_t events = get(DMA(status));
    set(DMA(status), get(DMA(status)) & events);
    assert_int_equal(get(DMA(status)), 0);
    set(DMA(opmode), get(DMA(opmode)) | MESON_OPMODE_FTF);
    assert_int_equal(get(DMA(opmode)) & MESON_OPMODE_FTF, 0);
}

static void test_interrupts_of_the_mac(void **state)
{
    (void)state;
    bring_up();
    assert_false(machine.level);
    set(MAC(intmask), 0);
    assert_true(machine.level); /* the link came up when it was enabled */
    set(DMA(status), UINT32_MAX);
    assert_true(machine.level);
    set(MAC(intmask), 1);
    assert_false(machine.level);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DWMAC_TESTS,
        TEST(test_chains_are_not_modelled),
        TEST(test_interrupts_of_the_mac),
        TEST(test_read_modify_write_of_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
