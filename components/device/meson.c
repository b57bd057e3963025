/* SPDX-License-Identifier: BSD-2-Clause */
/* The gigabit MAC of Amlogic Meson chips, a DesignWare GMAC 3.x (meson.h names the manuals): what
 * of it is not in all such MACs, which is in dwmac.h. */
#include "components/device/meson.h"

#include <string.h>

#include "components/device/dwmac.h"

#define MAC(field) offsetof(struct meson_mac, field)
#define DMA(field) (MESON_DMA + offsetof(struct meson_dma, field))

#define FORMAT                                                                          \
    {                                                                                   \
        .words = 4, .owner_word = 0, .owner_mask = MESON_OWN, .owner_value = MESON_OWN, \
        .wrap_word = 1, .wrap_mask = MESON_CNTL_END                                     \
    }

static void check_form(struct dwmac *d, const struct ring *r, const uint32_t *words)
{
    if (words[1] & MESON_CNTL_CHAINED) {
        nic_violation_in(&d->nic, DWMAC_RULE_FORM, r->io_addr);
    }
}

static struct dwmac_buffer buffer(struct dwmac *d, const uint32_t *words)
{
    check_form(d, &d->rx, words);
    return (struct dwmac_buffer){.io_addr = words[2],
                                 .bytes = words[1] & MESON_CNTL_SIZE,
                                 .interrupts = !(words[1] & MESON_RX_NO_INT)};
}

static void piece(struct dwmac *d, const uint32_t *words, struct nic_piece *out, bool *interrupts,
                  bool *first)
{
    check_form(d, &d->tx, words);
    *out = (struct nic_piece){
        .io_addr = words[2], .bytes = words[1] & MESON_CNTL_SIZE, .last = words[1] & MESON_TX_LAST};
    *interrupts = words[1] & MESON_TX_IC;
    *first = words[1] & MESON_TX_FIRST;
}

/* Only the status is written. */
static void received(const uint32_t *words, uint32_t bytes, enum nic_cast cast, uint32_t *done)
{
    (void)cast;
    memcpy(done, words, 16);
    done[0] = bytes << MESON_RX_LEN_SHIFT | MESON_RX_FIRST | MESON_RX_LAST;
}

static void sent(const uint32_t *words, uint32_t *done)
{
    memcpy(done, words, 16);
    done[0] = 0;
}

static const struct dwmac_part part = {
    .mode = DMA(busmode),
    .status = DMA(status),
    .enable = DMA(intenable),
    .tx_done = MESON_INT_TI,
    .tx_none = MESON_INT_TU,
    .rx_done = MESON_INT_RI,
    .rx_none = MESON_INT_RU,
    .fatal = MESON_INT_FBI,
    .normal = MESON_INT_TI | MESON_INT_TU | MESON_INT_RI,
    .abnormal = MESON_INT_RU | MESON_INT_FBI,
    .normal_sum = MESON_INT_NIS,
    .abnormal_sum = MESON_INT_AIS,
    .filter = MAC(framefilt),
    .address_high = MAC(macaddr0hi),
    .address_low = MAC(macaddr0lo),
    .mac_events = MAC(intreg),
    .mac_mask = MAC(intmask),
    .receiver = MESON_CONF_RE,
    .transmitter = MESON_CONF_TE,
    .jumbo = MESON_CONF_JE,
    .strip = MESON_CONF_ACS,
    .speed_mask = MESON_CONF_DM | MESON_CONF_PS,
    .gigabit = MESON_CONF_DM,
    .rx = {.start = DMA(opmode),
           .start_bit = MESON_OPMODE_SR,
           .list = DMA(rxdesclistaddr),
           .format = FORMAT},
    .tx = {.start = DMA(opmode),
           .start_bit = MESON_OPMODE_ST,
           .list = DMA(txdesclistaddr),
           .format = FORMAT},
    .written_bytes = 4,
    .buffer = buffer,
    .piece = piece,
    .received = received,
    .sent = sent,
};

/* "Initialization", of DMA and MAC: these before the MAC is enabled. */
static const struct nic_setting settings[] = {
    {MAC(framefilt), 0, 0, 0, MESON_FILTER_RESERVED},
    {MAC(macaddr0hi), NIC_UNIT_RX, NIC_UNIT_RX, 0, 0},
    {MAC(macaddr0lo), NIC_UNIT_RX, NIC_UNIT_RX, 0, 0},
    {DMA(rxdesclistaddr), NIC_UNIT_RX, 0, 0, 0},
    {DMA(txdesclistaddr), NIC_UNIT_TX, 0, 0, 0},
    {DMA(opmode), NIC_UNIT_BOTH, 0, 0, MESON_OPMODE_RESERVED},
    {DMA(intenable), NIC_UNIT_BOTH, 0, 0, MESON_INT_RESERVED},
    {0},
};

static void write_register(struct nic *n, uint32_t offset, uint32_t value)
{
    struct dwmac *d = (struct dwmac *)n;

    switch (offset) {
    case DMA(txpolldemand):
        dwmac_transmit_bell(d);
        break;
    case DMA(rxpolldemand):
        dwmac_receive_bell(d);
        break;
    case MAC(version):
        nic_violation(n, DWMAC_RULE_READ_ONLY);
        break;
    case DMA(opmode):
        (void)dwmac_write(d, offset, value & ~MESON_OPMODE_FTF);
        break;
    default:
        if (!dwmac_write(d, offset, value)) {
            *dwmac_reg(d, offset) = value;
        }
        break;
    }
}

static bool acts_on_ones(uint32_t offset)
{
    return offset == DMA(status) || offset == DMA(busmode);
}

static const struct nic_verbs verbs =
    DWMAC_VERBS(settings, dwmac_read, write_register, acts_on_ones);

static void meson_reset(void *state, struct bus *bus)
{
    dwmac_init(state, &part, &verbs, bus);
}

const struct device_type device_meson = {
    .name = "meson",
    .doc = "gigabit MAC of Amlogic Meson chips, a DesignWare GMAC 3.x (S905X3 datasheet)",
    .driver = "network/driver_meson",
    .memory = NIC_RINGS(sizeof(struct meson_descriptor), 0),
    DWMAC_TYPE(meson_reset),
};
