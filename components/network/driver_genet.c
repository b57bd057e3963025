/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Driver of the Broadcom GENET. How buffers flow is in nic_driver.h. Descriptors are registers, and
 * whose they are is told by two indices; the device's is read only when all it was known to be done
 * with has been taken.
 *
 * To receive, the device has all descriptors that the driver has not kept for itself, so this one
 * keeps all of them at first: its index is a whole ring behind.
 *
 * The station's address is the board's, and is asked of its firmware, by a mailbox at an address
 * that this was compiled with, and a message in memory that both share.
 */
#include <stddef.h>

#include "components/device/genet.h"
#include "components/device/videocore.h"

#define NIC_NAME       "GENET"
#define NIC_DESCRIPTOR genet_descriptor
#include "components/network/nic_driver.h"

#define IRQ_MASK (GENET_INT_RX | GENET_INT_TX)

/* The registers that are used here. */
struct genet_regs {
    uint32_t rev, port_ctrl, rbuf_flush, reserved_000c[32], rgmii_oob, reserved_0090[92];
    uint32_t int_stat, reserved_0204, int_clear, int_mask, int_mask_set, int_mask_clear;
    uint32_t reserved_0218[58], rbuf_ctrl, reserved_0304[44], tbuf_size, reserved_03b8[276];
    uint32_t cmd, mac0, mac1, max_frame, reserved_0818[199], tx_flush, reserved_0b38[146];
    uint32_t mib_ctrl, reserved_0d84[36], mdio, reserved_0e18[14], mdf_ctrl, reserved_0e54[1131];
    struct genet_dma rx;
    char reserved_3050[GENET_TX - GENET_RX - sizeof(struct genet_dma)];
    struct genet_dma tx;
};
_Static_assert(offsetof(struct genet_regs, int_mask_clear) == GENET_INT_MASK_CLEAR, "as it is");
_Static_assert(offsetof(struct genet_regs, tbuf_size) == GENET_TBUF_SIZE, "as it is");
_Static_assert(offsetof(struct genet_regs, max_frame) == GENET_MAX_FRAME, "as it is");
_Static_assert(offsetof(struct genet_regs, tx_flush) == GENET_TX_FLUSH, "as it is");
_Static_assert(offsetof(struct genet_regs, mdf_ctrl) == GENET_MDF_CTRL, "as it is");
_Static_assert(offsetof(struct genet_regs, rx) == GENET_RX, "as it is");
_Static_assert(offsetof(struct genet_regs, tx) == GENET_TX, "as it is");

static volatile struct genet_regs *regs;

/* How many slots of a ring were given, and taken back, and how many are known to be done with;
 * modulo 2^16, as the device counts. */
static struct counts {
    uint16_t given, taken, known;
} rx_counts, tx_counts;

/* The station's address, which the MAC may forget. */
static uint32_t mac0, mac1;

#define REGION_MBOX_MESSAGE 3
#define MAILBOX_LOOKS       1000000 /* firmware that has not answered by then is not there */

static volatile struct vc_mailbox *const mailbox = (void *)(VC_WINDOW_VADDR + VC_MAILBOX);

static struct counts *counts_of(const struct ring *ring)
{
    return ring == &state.rx ? &rx_counts : &tx_counts;
}

static void slot_give(struct ring *ring, uint32_t slot, uint32_t io_addr, uint16_t len)
{
    volatile struct genet_descriptor *d = &ring->descriptors[slot];

    d->addr_lo = io_addr;
    d->addr_hi = 0;
    d->status = ring == &state.rx ? 0
                                  : (uint32_t)len << GENET_LEN_SHIFT | GENET_TX_QTAG |
                                        GENET_TX_CRC | GENET_SOP | GENET_EOP;
    counts_of(ring)->given++;
}

static uint16_t device_index(const struct ring *ring)
{
    return (uint16_t)(ring == &state.rx ? regs->rx.rings[GENET_RING].device_index
                                        : regs->tx.rings[GENET_RING].device_index);
}

static bool slot_given_back(struct ring *ring, uint32_t slot, uint16_t *len)
{
    struct counts *c = counts_of(ring);

    if (c->taken == c->known) {
        uint16_t index = device_index(ring);

        /* One that has been reset tells of nothing. */
        if ((uint16_t)(index - c->taken) > ring->count) {
            return false;
        }
        c->known = index;
    }
    if (c->taken == c->known) {
        return false;
    }
    if (ring == &state.rx) {
        *len = ring->descriptors[slot].status >> GENET_LEN_SHIFT & GENET_LEN_MASK;
        if (*len == 0) { /* it has been reset since, and what it had done is forgotten */
            c->known = c->taken;
            return false;
        }
    }
    c->taken++;
    return true;
}

/* Tell the device what is its. */
static void ring_given_batch(struct ring *ring)
{
    THREAD_MEMORY_RELEASE();
    if (ring == &state.rx) {
        regs->rx.rings[GENET_RING].driver_index = (uint16_t)(rx_counts.given - GENET_SLOTS);
    } else {
        regs->tx.rings[GENET_RING].driver_index = tx_counts.given;
    }
}

static void ring_given(struct ring *ring)
{
    (void)ring;
}

static void slots_clear(struct ring *ring)
{
    *counts_of(ring) = (struct counts){0};
}

static void nic_stop(void)
{
    regs->int_mask_set = UINT32_MAX;
    regs->int_clear = UINT32_MAX;
    regs->cmd = 0;
    regs->tx.ctrl = 0;
    regs->rx.ctrl = 0;
    regs->rbuf_flush = GENET_RBUF_FLUSH_RESET;
    regs->rbuf_flush = 0;
    regs->cmd = GENET_CMD_SW_RESET;
    regs->cmd = 0;
    regs->tx_flush = 1;
    regs->tx_flush = 0;
}

static void start_ring(volatile struct genet_dma *dma)
{
    volatile struct genet_ring *ring = &dma->rings[GENET_RING];

    dma->burst = GENET_BURST;
    ring->device_pointer = 0;
    ring->driver_pointer = 0;
    ring->device_index = 0;
    ring->start = 0;
    ring->end = GENET_LAST_WORD;
    ring->buf_size = GENET_BUF_SIZE(GENET_SLOTS, NET_BUFFER_SIZE);
    ring->mbuf_done = 1;
    dma->ring_cfg = GENET_RING_CFG;
}

/* The virtualiser sorts frames by destination, so the MAC takes them all. */
static void nic_start(void)
{
    regs->port_ctrl = GENET_PORT_EXT_GPHY;
    regs->rgmii_oob |= GENET_OOB_LINK | GENET_OOB_MODE_EN;
    regs->rbuf_ctrl = 0;
    regs->tbuf_size = 1;
    regs->max_frame = 1536;
    regs->mac0 = mac0;
    regs->mac1 = mac1;
    regs->mdf_ctrl = 0;
    start_ring(&regs->rx);
    start_ring(&regs->tx);
    regs->tx.rings[GENET_RING].driver_index = 0;
    ring_given_batch(&state.rx);
    regs->rx.ctrl = GENET_CTRL_RING | GENET_CTRL_EN;
    regs->tx.ctrl = GENET_CTRL_RING | GENET_CTRL_EN;
    regs->int_mask_clear = IRQ_MASK;
    regs->cmd = GENET_CMD_1000 | GENET_CMD_PROMISC | GENET_CMD_TX_EN | GENET_CMD_RX_EN;
}

/*
 * Events are cleared before what they tell of is looked for, so what comes in between raises them
 * anew. One that brings no frame, or both at once, may be about a DMA that has stopped. What that
 * had done and was not taken yet is forgotten if the part was reset, for it is the part that knew.
 */
static void handle_irq(void)
{
    uint32_t events = regs->int_stat & IRQ_MASK;

    regs->int_clear = events;
    tx_return();
    tx_provide();
    bool received = rx_return();

    rx_provide();
    if ((!received || events == IRQ_MASK) && !(regs->rx.ctrl & GENET_CTRL_EN)) {
        sddf_dprintf("GENET: the DMA has stopped, and is started again\n");
        nic_recover();
    }
}

/* Words from the firmware that nobody has asked for, or not lately. */
static void mailbox_drain(void)
{
    for (unsigned i = 0; i < VC_FIFO_WORDS && !(mailbox->status & VC_STATUS_EMPTY); i++) {
        (void)mailbox->read;
    }
}

/* A word to the firmware, and the same back. */
static bool mailbox_call(uint32_t word)
{
    while (mailbox->status & VC_STATUS_FULL) {
    }
    mailbox->write = word;
    for (uint32_t looks = 0; looks < MAILBOX_LOOKS; looks++) {
        if (!(mailbox->status & VC_STATUS_EMPTY) && mailbox->read == word) {
            return true;
        }
    }
    return false;
}

/* One tag with a value of so many words, in whose place the answer will be; NULL: there is none. */
static volatile uint32_t *firmware_ask(uint32_t tag, const uint32_t *value, uint32_t words)
{
    const device_region_resource_t *region = &device_resources.regions[REGION_MBOX_MESSAGE];
    volatile uint32_t *message = region->region.vaddr, *asked = &message[VC_WORD_TAGS];

    message[VC_WORD_BYTES] = 4 * (VC_WORD_TAGS + VC_TAG_VALUE + words + 1);
    message[VC_WORD_CODE] = VC_REQUEST;
    asked[VC_TAG_ID] = tag;
    asked[VC_TAG_ROOM] = 4 * words;
    asked[VC_TAG_CODE] = 0;
    for (uint32_t i = 0; i < words; i++) {
        asked[VC_TAG_VALUE + i] = value[i];
    }
    asked[VC_TAG_VALUE + words] = VC_TAG_END;
    THREAD_MEMORY_RELEASE();
    if (!mailbox_call((uint32_t)region->io_addr | VC_CHANNEL_PROPERTY)) {
        return NULL;
    }
    device_then_memory();
    if (message[VC_WORD_CODE] != VC_DONE || !(asked[VC_TAG_CODE] & VC_TAG_ANSWERED)) {
        return NULL;
    }
    return &asked[VC_TAG_VALUE];
}

/* The cores begin slowly, and drivers have them run faster. Then the address; if the firmware knows
 * none, whoever booted the board by its network has left one in the MAC. */
static void ask_firmware(void)
{
    static const uint32_t clock[] = {VC_CLOCK_ARM, VC_ARM_MOST_HZ, 0}, address[] = {0, 0};

    assert(device_resources.num_regions > REGION_MBOX_MESSAGE);
    mailbox_drain();
    if (firmware_ask(VC_TAG_SET_RATE, clock, ARRAY_SIZE(clock)) == NULL) {
        sddf_dprintf("GENET: the firmware has set no clock\n");
    }
    const volatile uint32_t *found = firmware_ask(VC_TAG_BOARD_MAC, address, ARRAY_SIZE(address));

    if (found != NULL) { /* as bytes are sent, the first lowest */
        mac0 = __builtin_bswap32(found[0]);
        mac1 = __builtin_bswap32(found[1]) >> 16;
    } else {
        sddf_dprintf("GENET: the firmware knows no address of this board\n");
        mac0 = regs->mac0;
        mac1 = regs->mac1;
    }
}

void init(void)
{
    nic_init();
    regs = state.regs;
    assert(regs->rev >> 24 == GENET_REV_5 >> 24);
    state.rx.descriptors = regs->rx.descriptors;
    state.tx.descriptors = regs->tx.descriptors;
    state.rx.capacity = state.tx.capacity = GENET_SLOTS;
    ask_firmware();
    nic_stop();
    slots_clear(&state.rx);
    slots_clear(&state.tx);
    nic_run();
    nic_begin();
}
