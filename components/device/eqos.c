/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DesignWare Ethernet QoS MAC (eqos.h names the manual): what of it is not in all such MACs,
 * which is in dwmac.h. A tail pointer is taken as a doorbell: the DMA goes on to the first
 * descriptor that is not its own, wherever in the list the pointer is. So do parts in the field, to
 * which drivers name the last descriptor itself and not, as the manual has it, the one beyond.
 */
#include "components/device/eqos.h"

#include "components/device/eqos_model.h"

#define FORMAT                                                                                 \
    {                                                                                          \
        .words = 4, .owner_word = 3, .owner_mask = EQOS_DES3_OWN, .owner_value = EQOS_DES3_OWN \
    }

static struct dwmac_buffer buffer(struct dwmac *d, const uint32_t *words)
{
    uint32_t bytes = *dwmac_reg(d, EQOS_DMA_RX_CONTROL) >> EQOS_DMA_RBSZ_SHIFT & EQOS_DMA_RBSZ_MASK;

    return (struct dwmac_buffer){.io_addr = words[0] | (uint64_t)words[1] << 32,
                                 .bytes = words[3] & EQOS_RX_BUF1V ? bytes : 0,
                                 .interrupts = words[3] & EQOS_RX_IOC};
}

static void piece(struct dwmac *d, const uint32_t *words, struct nic_piece *out, bool *interrupts,
                  bool *first)
{
    bool context = words[3] & EQOS_DES3_CTXT;

    if (context) {
        nic_violation_in(&d->nic, DWMAC_RULE_FORM, d->tx.io_addr);
    }
    *out = (struct nic_piece){.io_addr = words[0] | (uint64_t)words[1] << 32,
                              .bytes = context ? 0 : words[2] & EQOS_TX_BUF_LEN,
                              .last = context || words[3] & EQOS_DES3_LD};
    *interrupts = words[2] & EQOS_TX_IOC;
    *first = words[3] & EQOS_DES3_FD;
}

static void received(const uint32_t *words, uint32_t bytes, enum nic_cast cast, uint32_t *done)
{
    (void)words;
    (void)cast;
    done[0] = done[1] = done[2] = 0;
    done[3] = EQOS_DES3_FD | EQOS_DES3_LD | (bytes & EQOS_RX_LEN);
}

static void sent(const uint32_t *words, uint32_t *done)
{
    done[0] = done[1] = done[2] = 0;
    done[3] = words[3] & (EQOS_DES3_FD | EQOS_DES3_LD);
}

/* Of a FIFO: as many bytes as HW_FEATURE1 says in five bits, and as a queue is given. */
static bool is_fit(struct dwmac *d, unsigned feature_shift, uint32_t size, bool whole_frames)
{
    uint32_t feature = *dwmac_reg(d, EQOS_MAC_HW_FEATURE1) >> feature_shift & 31;
    uint64_t bytes = (size + UINT64_C(1)) * EQOS_QUEUE_UNIT;

    return bytes <= UINT64_C(128) << feature && (!whole_frames || bytes > EQOS_FRAME_BYTES_MAX);
}

static bool holds_frames(struct dwmac *d)
{
    uint32_t tx = *dwmac_reg(d, EQOS_MTL_TXQ0_OPMODE), rx = *dwmac_reg(d, EQOS_MTL_RXQ0_OPMODE);

    return is_fit(d, 6, tx >> EQOS_TXQ0_SIZE_SHIFT & EQOS_TXQ0_SIZE_MASK, tx & EQOS_TXQ0_TSF) &&
           is_fit(d, 0, rx >> EQOS_RXQ0_SIZE_SHIFT & EQOS_RXQ0_SIZE_MASK, rx & EQOS_RXQ0_RSF);
}

/* A queue that is not enabled passes nothing; what is received goes on to the channel it is mapped
 * to, of which there is one. */
static bool lets_through(struct dwmac *d, enum nic_unit unit)
{
    if (unit == NIC_UNIT_TX) {
        return (*dwmac_reg(d, EQOS_MTL_TXQ0_OPMODE) & EQOS_TXQ0_EN_MASK) == EQOS_TXQ0_ON;
    }
    return (*dwmac_reg(d, EQOS_MAC_RXQ_CTRL0) & EQOS_RXQ0_EN_MASK) == EQOS_RXQ0_DCB &&
           (*dwmac_reg(d, EQOS_MTL_RXQ_DMA_MAP0) & EQOS_RXQ0_CHANNEL_MASK) == 0;
}

static const struct dwmac_preset presets[] = {
    {EQOS_MAC_VERSION, 0x1051}, /* 5.10 */
    {EQOS_MAC_PHYIF, EQOS_PHYIF_LINK},
    {EQOS_MAC_HW_FEATURE1, EQOS_FIFO_8K | EQOS_FIFO_8K << 6},
    {EQOS_MAC_ADDRESS0_HIGH, EQOS_ADDRESS_AE},
    {0, 0},
};

const struct dwmac_part eqos_part = {
    .mode = EQOS_DMA_MODE,
    .status = EQOS_DMA_STATUS,
    .enable = EQOS_DMA_INT_EN,
    .tx_done = EQOS_INT_TI,
    .tx_none = EQOS_INT_TBU,
    .rx_done = EQOS_INT_RI,
    .rx_none = EQOS_INT_RBU,
    .fatal = EQOS_INT_FBE,
    .normal = EQOS_INT_TI | EQOS_INT_TBU | EQOS_INT_RI,
    .abnormal = EQOS_INT_RBU | EQOS_INT_FBE,
    .normal_sum = EQOS_INT_NIS,
    .abnormal_sum = EQOS_INT_AIS,
    .filter = EQOS_MAC_PACKET_FILTER,
    .address_high = EQOS_MAC_ADDRESS0_HIGH,
    .address_low = EQOS_MAC_ADDRESS0_LOW,
    .receiver = EQOS_MAC_RE,
    .transmitter = EQOS_MAC_TE,
    .jumbo = EQOS_MAC_JE,
    .strip = EQOS_MAC_CST,
    .rx = {.start = EQOS_DMA_RX_CONTROL,
           .start_bit = EQOS_DMA_RX_SR,
           .list = EQOS_DMA_RX_LIST,
           .high = EQOS_DMA_RX_LIST_HIGH,
           .length = EQOS_DMA_RX_LENGTH,
           .format = FORMAT},
    .tx = {.start = EQOS_DMA_TX_CONTROL,
           .start_bit = EQOS_DMA_TX_ST,
           .list = EQOS_DMA_TX_LIST,
           .high = EQOS_DMA_TX_LIST_HIGH,
           .length = EQOS_DMA_TX_LENGTH,
           .format = FORMAT},
    .written_bytes = 16,
    .buffer = buffer,
    .piece = piece,
    .received = received,
    .sent = sent,
    .presets = presets,
    .speed_mask = EQOS_MAC_DM | EQOS_MAC_PS,
    .gigabit = EQOS_MAC_DM,
    .lets_through = lets_through,
    .holds_frames = holds_frames,
};

/* Within the list, or just behind it. */
static void check_tail(struct dwmac *d, const struct ring *r, uint32_t tail)
{
    uint64_t end = r->base + (uint64_t)r->entries * sizeof(struct eqos_descriptor);

    /* A list that was never started has no end; that is another mistake. */
    if (r->entries != 0 && (tail < (uint32_t)r->base || tail > (uint32_t)end)) {
        nic_violation(&d->nic, DWMAC_RULE_TAIL);
    }
}

/* "Initialization", of DMA, MTL and MAC: these before the MAC is enabled. */
const struct nic_setting eqos_settings[] = {
    {EQOS_MTL_TXQ0_OPMODE, NIC_UNIT_TX, NIC_UNIT_TX, 0, EQOS_TXQ0_RESERVED},
    {EQOS_MTL_RXQ0_OPMODE, NIC_UNIT_RX, NIC_UNIT_RX, 0, 0},
    {EQOS_MAC_RXQ_CTRL0, NIC_UNIT_RX, 0, 0, 0},
    {EQOS_MAC_PACKET_FILTER, 0, 0, 0, EQOS_FILTER_RESERVED},
    {EQOS_MAC_ADDRESS0_HIGH, NIC_UNIT_RX, NIC_UNIT_RX, 0, 0},
    {EQOS_MAC_ADDRESS0_LOW, NIC_UNIT_RX, NIC_UNIT_RX, 0, 0},
    {EQOS_DMA_RX_LIST, NIC_UNIT_RX, 0, 0, 0},
    {EQOS_DMA_TX_LIST, NIC_UNIT_TX, 0, 0, 0},
    {EQOS_DMA_RX_LENGTH, NIC_UNIT_RX, 0, 0, ~UINT32_C(0x3ff)},
    {EQOS_DMA_TX_LENGTH, NIC_UNIT_TX, 0, 0, ~UINT32_C(0x3ff)},
    {EQOS_DMA_INT_EN, NIC_UNIT_BOTH, 0, 0, EQOS_INT_RESERVED},
    {EQOS_DMA_RX_CONTROL, NIC_UNIT_RX, 0, 0, 0},
    {EQOS_DMA_TX_CONTROL, NIC_UNIT_TX, 0, 0, 0},
    {0},
};

void eqos_write(struct nic *n, uint32_t offset, uint32_t value)
{
    struct dwmac *d = (struct dwmac *)n;

    switch (offset) {
    case EQOS_DMA_TX_TAIL:
        *dwmac_reg(d, offset) = value;
        check_tail(d, &d->tx, value);
        dwmac_transmit_bell(d);
        break;
    case EQOS_DMA_RX_TAIL:
        *dwmac_reg(d, offset) = value;
        check_tail(d, &d->rx, value);
        dwmac_receive_bell(d);
        break;
    case EQOS_MTL_TXQ0_OPMODE:
        *dwmac_reg(d, offset) = value & ~EQOS_TXQ0_FTQ;
        break;
    case EQOS_MAC_VERSION:
    case EQOS_MAC_HW_FEATURE0:
    case EQOS_MAC_HW_FEATURE1:
    case EQOS_MAC_PHYIF:
        nic_violation(n, DWMAC_RULE_READ_ONLY);
        break;
    default:
        if (!dwmac_write(d, offset, value)) {
            *dwmac_reg(d, offset) = value;
        }
        break;
    }
}

bool eqos_acts_on_ones(uint32_t offset)
{
    return offset == EQOS_DMA_STATUS || offset == EQOS_DMA_MODE;
}

static const struct nic_verbs verbs =
    DWMAC_VERBS(eqos_settings, dwmac_read, eqos_write, eqos_acts_on_ones);

static void eqos_reset(void *state, struct bus *bus)
{
    dwmac_init(state, &eqos_part, &verbs, bus);
}

const struct device_type device_eqos = {
    .name = "eqos",
    .doc = "DesignWare Ethernet QoS MAC 5.10a (i.MX 8M Plus Reference Manual, chapter ENET_QOS)",
    .driver = "network/driver_eqos",
    .memory = NIC_RINGS(sizeof(struct eqos_descriptor), 0),
    DWMAC_TYPE(eqos_reset),
};
