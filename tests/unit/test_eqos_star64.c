/* SPDX-License-Identifier: BSD-2-Clause */
/* The EQOS of a JH7110: what holds it in its reset, by registers in a second window. What the MAC
 * does by itself, test_eqos.c tests. */
#include "tests/unit/played_nic.h"

#include "components/device/dwmac.h"
#include "components/device/eqos.h"
#include "components/device/jh7110.h"

extern const struct device_type device_eqos_star64;

enum {
    RESETS = DWMAC_REGS_BYTES + JH7110_RESETS,
    RELEASED = DWMAC_REGS_BYTES + JH7110_RELEASED,
    RESET_NS = 1000,
};

static int setup(void **state)
{
    (void)state;
    power_on(&device_eqos_star64);
    return 0;
}

/* As at power-on where the boot loader has left it so. */
static void hold(void)
{
    memset(nic, 0, model->state_size);
    fake_presets(model, nic);
    memcpy(fake_key(model, nic, "mac"), "\x52\x54\x01\x02\x03\x04", 6);
    *(bool *)fake_key(model, nic, "in_reset") = true;
    model->reset(nic, &machine.bus);
}

static void bring_up(void)
{
    struct eqos_descriptor *d = at(RX_RING);

    *d = (struct eqos_descriptor){RX_BUFFERS, 0, 0, EQOS_DES3_OWN | EQOS_RX_IOC | EQOS_RX_BUF1V};
    set(EQOS_MTL_RXQ0_OPMODE, 31u << EQOS_RXQ0_SIZE_SHIFT);
    set(EQOS_MTL_TXQ0_OPMODE, EQOS_TXQ0_ON);
    set(EQOS_MAC_RXQ_CTRL0, EQOS_RXQ0_DCB);
    set(EQOS_MAC_PACKET_FILTER, EQOS_FILTER_PR);
    set(EQOS_DMA_RX_LIST, RX_RING);
    set(EQOS_DMA_RX_LENGTH, 7);
    set(EQOS_DMA_INT_EN, EQOS_INT_RI | EQOS_INT_NIS);
    set(EQOS_DMA_RX_CONTROL, BUFFER_BYTES << EQOS_DMA_RBSZ_SHIFT | EQOS_DMA_RX_SR);
    set(EQOS_MAC_CONFIGURATION, EQOS_MAC_DM | EQOS_MAC_RE);
}

static void test_released(void **state)
{
    (void)state;
    assert_int_equal(get(RESETS), 0);
    assert_int_equal(get(RELEASED), UINT32_MAX);
    assert_int_equal(get(EQOS_MAC_ADDRESS0_LOW), 0x02015452);
    bring_up();
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
    assert_int_equal(machine.violations, 0);
}

static void test_held(void **state)
{
    (void)state;
    hold();
    assert_int_equal(get(RESETS), 3);
    assert_int_equal(get(RELEASED), ~UINT32_C(3));
    ASSERT_BREAKS(DWMAC_RULE_HELD, assert_int_equal(get(EQOS_MAC_VERSION), 0));
    ASSERT_BREAKS(DWMAC_RULE_HELD, set(EQOS_MAC_CONFIGURATION, EQOS_MAC_RE));
    assert_int_equal(frame_in(60), DEVICE_DROP_DISABLED);
    set(RESETS, get(RESETS) & ~JH7110_RESET_GMAC_AXI);
    ASSERT_BREAKS(DWMAC_RULE_HELD, get(EQOS_MAC_VERSION));
    set(RESETS, get(RESETS) & ~JH7110_RESET_GMAC_AHB);
    assert_int_equal(get(RELEASED), UINT32_MAX);
    ASSERT_FORGIVEN(assert_int_equal(get(EQOS_MAC_VERSION), 0x1051));
    assert_int_equal(get(EQOS_MAC_CONFIGURATION), 0);
    assert_int_equal(get(EQOS_MAC_ADDRESS0_LOW), 0x02015452);
    bring_up();
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
}

/* One who looks at once finds that it is not over. */
static void test_takes_a_while(void **state)
{
    (void)state;
    hold();
    be_strict();
    set(RESETS, 0);
    assert_int_equal(get(RELEASED), ~UINT32_C(3));
    ASSERT_BREAKS(NIC_RULE_RESETTING, set(EQOS_MAC_RXQ_CTRL0, EQOS_RXQ0_DCB));
    ASSERT_FORGIVEN(set(RESETS, 0));
    run(RESET_NS);
    assert_int_equal(get(RELEASED), UINT32_MAX);
    ASSERT_FORGIVEN(set(EQOS_MAC_RXQ_CTRL0, EQOS_RXQ0_DCB));
}

/* Held while it works, it forgets what it was told. */
static void test_held_again(void **state)
{
    (void)state;
    bring_up();
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
    assert_true(machine.level);
    set(RESETS, JH7110_RESET_GMAC_AXI);
    assert_false(machine.level);
    set(RESETS, 0);
    assert_int_equal(get(EQOS_MAC_CONFIGURATION), 0);
    assert_int_equal(get(EQOS_DMA_RX_LIST), 0);
    assert_int_equal(frame_in(60), DEVICE_DROP_DISABLED);
    bring_up();
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
    /* A reset of the MAC alone leaves the rest of the chip as it was. */
    set(DWMAC_REGS_BYTES, 0x80000000);
    set(RESETS, 1u << 5);
    hold();
    set(RESETS, 1u << 5);
    model->reset(nic, &machine.bus);
    assert_int_equal(get(RESETS), 1u << 5);
    assert_int_equal(get(EQOS_MAC_VERSION), 0x1051);
}

static void test_others(void **state)
{
    (void)state;
    set(DWMAC_REGS_BYTES + 0x08, 0x80000001);
    set(DWMAC_REGS_BYTES + 0xfffc, 7);
    assert_int_equal(get(DWMAC_REGS_BYTES + 0x08), 0x80000001);
    assert_int_equal(get(DWMAC_REGS_BYTES + 0xfffc), 7);
    set(RESETS, ~JH7110_RESET_GMAC);
    assert_int_equal(get(RELEASED), JH7110_RESET_GMAC);
    ASSERT_FORGIVEN(get(EQOS_MAC_VERSION); set(RELEASED, 0));
    assert_int_equal(get(RELEASED), JH7110_RESET_GMAC);
    be_strict();
    ASSERT_BREAKS(DWMAC_RULE_READ_ONLY, set(RELEASED, 0));
    assert_int_equal(model->windows[0].vaddr, 0x3000000);
    assert_int_equal(device_registers_bytes(model), 0x12000);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_released),   TEST(test_held),   TEST(test_takes_a_while),
        TEST(test_held_again), TEST(test_others),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    free(nic);
    return failed;
}
