/* SPDX-License-Identifier: BSD-2-Clause */
/* The Cadence GEM: what its manual promises, and what the model says of a driver that does not keep
 * to it. */
#include "tests/unit/played_nic.h"

#include "components/device/gem.h"
#include "components/device/ring.h"

extern const struct device_type device_gem;

enum { ENTRIES = 8, CONTROL = GEM_NWCTRL_MDEN | GEM_NWCTRL_TXEN | GEM_NWCTRL_RXEN };

static int setup(void **state)
{
    (void)state;
    power_on(&device_gem);
    return 0;
}

static struct gem_descriptor *descriptor(uint32_t ring, unsigned i)
{
    return (struct gem_descriptor *)at(ring) + i;
}

/* Rings in which nothing is the MAC's, and behind each the list of queue 1. */
static void prepare(void)
{
    for (unsigned i = 0; i <= ENTRIES; i++) {
        uint32_t wrap = i + 1 >= ENTRIES;

        *descriptor(RX_RING, i) = (struct gem_descriptor){.addr = 1 | wrap << 1};
        *descriptor(TX_RING, i) = (struct gem_descriptor){.stat = GEM_TX_USED | wrap << 30};
    }
    set(GEM_RXQBASE, RX_RING);
    set(GEM_TXQBASE, TX_RING);
    set(GEM_RECEIVE_Q1, RX_RING + ENTRIES * 16);
    set(GEM_TRANSMIT_Q1, TX_RING + ENTRIES * 16);
    set(GEM_DMACR, GEM_DMACR_64BIT | 24u << GEM_DMACR_RX_BUF_SHIFT);
    set(GEM_NWCFG, GEM_NWCFG_COPY_ALL | GEM_NWCFG_FCS_REMOVE);
}

static void bring_up(void)
{
    prepare();
    set(GEM_NWCTRL, CONTROL & ~GEM_NWCTRL_RXEN);
    set(GEM_IER, GEM_INT_FRAMERX | GEM_INT_TXCOMPL | GEM_INT_HRESP);
    set(GEM_NWCTRL, CONTROL);
}

static void rx_give(unsigned i)
{
    descriptor(RX_RING, i)->stat = 0;
    descriptor(RX_RING, i)->addr =
        (RX_BUFFERS + i * BUFFER_BYTES) | (i + 1 == ENTRIES ? GEM_RX_ADDR_WRAP : 0);
}

static void tx_give(unsigned i, uint32_t bytes, uint32_t last)
{
    descriptor(TX_RING, i)->addr = TX_BUFFERS + i * BUFFER_BYTES;
    descriptor(TX_RING, i)->stat = bytes | last | (i + 1 == ENTRIES ? GEM_TX_WRAP : 0);
}

static void start_tx(void)
{
    set(GEM_NWCTRL, get(GEM_NWCTRL) | GEM_NWCTRL_STARTTX);
}

static void test_receive(void **state)
{
    (void)state;
    assert_int_equal(frame_in(100), DEVICE_DROP_DISABLED);
    bring_up();
    assert_int_equal(frame_in(100), DEVICE_DROP_NO_DESCRIPTOR);
    assert_int_equal(get(GEM_RXSR), GEM_RXSR_BUFFNA);
    for (unsigned i = 0; i < 3 * ENTRIES; i++) {
        rx_give(i % ENTRIES); /* without a word to the MAC */
        assert_true(model->ready(nic));
        write_count = 0;
        assert_int_equal(frame_in(100 + i), DEVICE_DROP_NONE);
        assert_memory_equal(at(RX_BUFFERS + i % ENTRIES * BUFFER_BYTES), frame, 100 + i);
        assert_int_equal(descriptor(RX_RING, i % ENTRIES)->stat & GEM_RX_LEN_MASK, 100 + i);
        assert_int_equal(descriptor(RX_RING, i % ENTRIES)->addr & 3,
                         i % ENTRIES == ENTRIES - 1 ? 3 : 1);
        assert_int_equal(write_count, 3); /* whose it is, last */
        assert_int_equal(writes[1].io_addr, RX_RING + i % ENTRIES * 16 + 4);
        assert_int_equal(writes[2].io_addr, RX_RING + i % ENTRIES * 16);
    }
    assert_true(machine.level);
    assert_int_equal(get(GEM_ISR), GEM_INT_FRAMERX | GEM_INT_RXUSED);
    set(GEM_ISR, GEM_INT_FRAMERX);
    assert_false(machine.level);
    assert_int_equal(get(GEM_RXCNT), 3 * ENTRIES);
    assert_int_equal(get(GEM_RXCNT), 0); /* a read clears */
    assert_int_equal(machine.violations, 0);
}

static void test_lengths(void **state)
{
    (void)state;
    bring_up();
    rx_give(0);
    assert_int_equal(frame_in(13), DEVICE_DROP_RUNT);
    assert_int_equal(frame_in(1515), DEVICE_DROP_OVERSIZE);
    set(GEM_NWCFG, get(GEM_NWCFG) | GEM_NWCFG_1536);
    assert_int_equal(frame_in(1515), DEVICE_DROP_NONE);
    rx_give(1);
    set(GEM_NWCFG, get(GEM_NWCFG) | GEM_NWCFG_JUMBO);
    assert_int_equal(frame_in(1537), DEVICE_DROP_OVERSIZE); /* more than a buffer */
    *(bool *)fake_key(model, nic, "fcs") = true;
    set(GEM_NWCFG, GEM_NWCFG_COPY_ALL);
    assert_int_equal(frame_in(100), DEVICE_DROP_NONE);
    assert_int_equal(descriptor(RX_RING, 1)->stat & GEM_RX_LEN_MASK, 104);
}

static void test_addresses(void **state)
{
    (void)state;
    bring_up();
    set(GEM_NWCFG, 0);
    for (unsigned i = 0; i < ENTRIES; i++) {
        rx_give(i);
    }
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE); /* as the boot loader left it */
    frame[5]++;
    assert_int_equal(frame_in(60), DEVICE_DROP_FILTERED);
    set(GEM_LADDR1L + 8, 0x02015452);
    assert_int_equal(frame_in(60), DEVICE_DROP_FILTERED); /* half an address is none */
    set(GEM_LADDR1H + 8, 0x0503);
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
    memset(frame, 0xff, 6);
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
    assert_true(descriptor(RX_RING, 2)->stat & GEM_RX_BCAST);
    set(GEM_NWCFG, GEM_NWCFG_NO_BCAST);
    assert_int_equal(frame_in(60), DEVICE_DROP_FILTERED);
    memcpy(frame, "\x01\x00\x00\x00\x00\x00", 6);
    set(GEM_NWCFG, GEM_NWCFG_MCAST_HASH);
    assert_int_equal(frame_in(60), DEVICE_DROP_FILTERED);
    set(GEM_HASHL, 1u << 1); /* bit 0 of the address is the only one: index 1 */
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
}

static void test_transmit(void **state)
{
    (void)state;
    bring_up();
    machine.wire_ns_per_byte = 10;
    memcpy(at(TX_BUFFERS), frame, 100);
    tx_give(0, 100, GEM_TX_LAST);
    tx_give(1, 30, GEM_TX_LAST);
    assert_int_equal(model->holds(nic), 0);
    start_tx();
    assert_int_equal(get(GEM_NWCTRL), CONTROL); /* reads as 0 */
    assert_int_equal(get(GEM_TXSR), GEM_TXSR_GO);
    assert_int_equal(descriptor(TX_RING, 0)->stat & GEM_TX_USED, 0);
    run(1000);
    assert_int_equal(machine.frame_count, 1);
    assert_true(descriptor(TX_RING, 0)->stat & GEM_TX_USED);
    run(600);
    assert_int_equal(machine.frame_count, 2);
    assert_memory_equal(frames[0].data, frame, 100);
    assert_int_equal(frames[1].bytes, 60);
    assert_int_equal(get(GEM_TXSR), GEM_TXSR_COMPL | GEM_TXSR_USED); /* it has halted */
    tx_give(2, 60, GEM_TX_LAST);
    run(10000);
    assert_int_equal(machine.frame_count, 2);
    start_tx();
    run(600);
    assert_int_equal(machine.frame_count, 3);
    assert_int_equal(get(GEM_ISR), GEM_INT_TXCOMPL | GEM_INT_TXUSED);
    assert_int_equal(machine.violations, 0);
}

/* Of a frame of several buffers the first descriptor comes back. */
static void test_gather(void **state)
{
    (void)state;
    bring_up();
    memcpy(at(TX_BUFFERS + 6 * BUFFER_BYTES), frame, 50);
    memcpy(at(TX_BUFFERS + 7 * BUFFER_BYTES), frame + 50, 30);
    memcpy(at(TX_BUFFERS), frame + 80, 20);
    for (unsigned i = 0; i < 6; i++) {
        tx_give(i, 60, GEM_TX_LAST);
    }
    start_tx();
    tx_give(6, 50, 0);
    tx_give(7, 30, 0);
    tx_give(0, 20, GEM_TX_LAST);
    start_tx();
    assert_int_equal(machine.frame_count, 7);
    assert_int_equal(frames[6].bytes, 100);
    assert_memory_equal(frames[6].data, frame, 100);
    assert_true(descriptor(TX_RING, 6)->stat & GEM_TX_USED);
    assert_int_equal(descriptor(TX_RING, 7)->stat & GEM_TX_USED, 0);
    assert_int_equal(descriptor(TX_RING, 0)->stat & GEM_TX_USED, 0);
    tx_give(1, 50, 0);
    ASSERT_BREAKS(NIC_RULE_GAP, start_tx());
}

static void test_rules(void **state)
{
    (void)state;
    set(GEM_DMACR, GEM_DMACR_64BIT | 1u << GEM_DMACR_RX_BUF_SHIFT);
    set(GEM_RECEIVE_Q1, RX_RING);
    descriptor(RX_RING, 0)->addr = 1;
    ASSERT_BREAKS(NIC_RULES, set(GEM_NWCTRL, GEM_NWCTRL_RXEN));
    set(GEM_NWCTRL, 0);
    set(GEM_RXQBASE, RX_RING + 2);
    ASSERT_BREAKS(NIC_RULES + 1, set(GEM_NWCTRL, GEM_NWCTRL_RXEN));
    ASSERT_BREAKS(NIC_RULES + 2, set(GEM_RXQBASE, RX_RING));
    set(GEM_NWCTRL, 0);
    descriptor(RX_RING, 0)->addr = 0; /* zeros are the MAC's */
    ASSERT_BREAKS(NIC_RULES + 3, set(GEM_NWCTRL, GEM_NWCTRL_RXEN));
    descriptor(RX_RING, 0)->addr = 1;
    set(GEM_NWCTRL, 0);
    set(GEM_DMACR, GEM_DMACR_64BIT);
    ASSERT_BREAKS(NIC_RULES + 4, set(GEM_NWCTRL, GEM_NWCTRL_RXEN));
    ASSERT_BREAKS(NIC_RULES + 7, set(GEM_PHYMNTNC, 0));
    ASSERT_BREAKS(NIC_RULE_WIDTH, model->write(nic, GEM_NWCFG, 1, 0));
    bring_up();
    descriptor(RX_RING, 0)->addr = 0;
    unsigned before = machine.violations;
    assert_int_equal(frame_in(60), DEVICE_DROP_DMA_FAULT);
    assert_int_equal(machine.violations, before + 1);
    assert_int_equal(machine.violation, RX_RING);
}

static void test_strict(void **state)
{
    (void)state;
    ASSERT_FORGIVEN(set(GEM_NWCTRL, GEM_NWCTRL_STARTTX));
    ASSERT_FORGIVEN(set(GEM_TXCNT, 0));
    bring_up();
    ASSERT_FORGIVEN(start_tx());
    be_strict();
    ASSERT_BREAKS(NIC_RULE_BELL, start_tx());
    ASSERT_BREAKS(NIC_RULES + 8, set(GEM_TXCNT, 0));
    /* Two are given and one doorbell is answered before the other: no fault. */
    tx_give(0, 60, GEM_TX_LAST);
    tx_give(1, 60, GEM_TX_LAST);
    ASSERT_FORGIVEN(start_tx());
    ASSERT_FORGIVEN(start_tx());
    machine.wire_ns_per_byte = 10;
    tx_give(2, 60, GEM_TX_LAST);
    start_tx();
    descriptor(TX_RING, 2)->addr += 64; /* while it is on its way */
    ASSERT_BREAKS(NIC_RULE_CHANGED, run(1000));
    assert_int_equal(machine.violation, TX_RING + 2 * 16);
    set(GEM_NWCTRL, 0);
    ASSERT_BREAKS(NIC_RULES + 6, set(GEM_NWCTRL, GEM_NWCTRL_STARTTX));
}

/* As the manual has it, and strict, but for what is written over afterwards. */
static void set_up(void)
{
    power_on(&device_gem);
    be_strict();
    set(GEM_NWCTRL, GEM_NWCTRL_CLEARSTAT);
    set(GEM_IDR, GEM_INT_ALL);
    set(GEM_TXSR, UINT32_MAX);
    set(GEM_RXSR, UINT32_MAX);
    set(GEM_ISR, GEM_INT_ALL);
    prepare();
    set(GEM_NWCFG, GEM_NWCFG_GIGABIT | GEM_NWCFG_FULL_DUPLEX | 4u << GEM_NWCFG_MDC_SHIFT);
    set(GEM_DMACR, GEM_DMACR_64BIT | GEM_DMACR_RX_FULL | 24u << GEM_DMACR_RX_BUF_SHIFT);
    set(GEM_LADDR1L, 0x01005452);
    set(GEM_LADDR1H, 0x0302);
}

static void test_setting_up(void **state)
{
    const uint32_t rx = GEM_NWCTRL_RXEN, mode = GEM_NWCFG_GIGABIT | GEM_NWCFG_FULL_DUPLEX;

    (void)state;
    set_up();
    ASSERT_FORGIVEN(set(GEM_NWCTRL, CONTROL));
    ASSERT_BREAKS(NIC_RULE_RUNNING, set(GEM_NWCFG, mode));
    set_up();
    set(GEM_NWCFG, GEM_NWCFG_GIGABIT);
    ASSERT_BREAKS(NIC_RULE_LINK, set(GEM_NWCTRL, rx));
    set_up();
    set(GEM_NWCFG, mode);
    ASSERT_BREAKS(NIC_RULES + 9, set(GEM_NWCTRL, rx | GEM_NWCTRL_MDEN)); /* MDC */
    set_up();
    set(GEM_DMACR, GEM_DMACR_64BIT | 24u << GEM_DMACR_RX_BUF_SHIFT);
    ASSERT_BREAKS(NIC_RULES + 10, set(GEM_NWCTRL, rx)); /* packet memory */
    set_up();
    ASSERT_BREAKS(NIC_RULE_RESERVED, set(GEM_DMACR, UINT32_C(1) << 31));
    set_up();
    set(GEM_LADDR1L, 0x01005452); /* which turns the address off */
    ASSERT_BREAKS(NIC_RULE_STATION, set(GEM_NWCTRL, rx));
    set_up();
    set(GEM_LADDR1L, 0);
    set(GEM_LADDR1H, 0);
    ASSERT_BREAKS(NIC_RULE_STATION, set(GEM_NWCTRL, rx));
    power_on(&device_gem);
    prepare();
    ASSERT_FORGIVEN(set(GEM_NWCTRL, rx));
}

static void test_bus_error(void **state)
{
    (void)state;
    bring_up();
    rx_give(0);
    descriptor(RX_RING, 0)->addr = 0x1000;
    assert_int_equal(frame_in(60), DEVICE_DROP_DMA_FAULT);
    assert_int_equal(get(GEM_NWCTRL), GEM_NWCTRL_MDEN);
    assert_int_equal(get(GEM_ISR), GEM_INT_HRESP);
    assert_true(machine.level);
    assert_int_equal(frame_in(60), DEVICE_DROP_DISABLED);
    set(GEM_ISR, GEM_INT_HRESP);
    bring_up();
    rx_give(0);
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
}

static void test_phy(void **state)
{
    uint32_t op = GEM_PHYMNTNC_22 | GEM_PHYMNTNC_READ | GEM_PHYMNTNC_10;

    (void)state;
    set(GEM_NWCTRL, GEM_NWCTRL_MDEN);
    set(GEM_PHYMNTNC, op | 1u << GEM_PHYMNTNC_RA_SHIFT);
    assert_int_equal(get(GEM_PHYMNTNC) & 0xffff, 0x796d);
    assert_true(get(GEM_NWSR) & GEM_NWSR_MGMT_IDLE);
    set(GEM_PHYMNTNC, op | 3u << GEM_PHYMNTNC_PA_SHIFT);
    assert_int_equal(get(GEM_PHYMNTNC) & 0xffff, 0xffff);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_receive), TEST(test_lengths),    TEST(test_addresses), TEST(test_transmit),
        TEST(test_gather),  TEST(test_rules),      TEST(test_strict),    TEST(test_bus_error),
        TEST(test_phy),     TEST(test_setting_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
