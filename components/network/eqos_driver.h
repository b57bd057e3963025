/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_NETWORK_EQOS_DRIVER_H
#define COMPONENTS_NETWORK_EQOS_DRIVER_H
/*
 * Driver of the DesignWare Ethernet QoS MAC. How buffers flow is in nic_driver.h. The MAC writes
 * over a descriptor when it hands it back, so which buffer was in it is not asked of it.
 *
 * Included by one source file, once, which knows the chip that the MAC is in.
 */
#include <stddef.h>

#include "components/device/eqos.h"

#define NIC_NAME       "EQOS"
#define NIC_DESCRIPTOR eqos_descriptor
#include "components/network/nic_driver.h"

#define RX_BUFFER_BYTES 0x600
#define EVENTS          (EQOS_INT_TI | EQOS_INT_RI | EQOS_INT_FBE)
#define IRQ_MASK        (EVENTS | EQOS_INT_AIS | EQOS_INT_NIS)

/* The address the MAC had, which it forgets in a reset. */
static uint32_t address_low, address_high;

/* The registers that are used here. */
struct eqos_regs {
    uint32_t mac_configuration;
    uint32_t reserved_0004;
    uint32_t mac_packet_filter;
    uint32_t reserved_000c[25];
    uint32_t mac_q0_tx_flow;
    uint32_t reserved_0074[11];
    uint32_t mac_rxq_ctrl0;
    uint32_t reserved_00a4[21];
    uint32_t mac_phyif;
    uint32_t reserved_00fc[9];
    uint32_t mac_hw_feature1;
    uint32_t reserved_0124[119];
    uint32_t mac_address0_high;
    uint32_t mac_address0_low;
    uint32_t reserved_0308[586];
    uint32_t mtl_rxq_dma_map0;
    uint32_t reserved_0c34[51];
    uint32_t mtl_txq0_opmode;
    uint32_t reserved_0d04[11];
    uint32_t mtl_rxq0_opmode;
    uint32_t reserved_0d34[179];
    uint32_t dma_mode;
    uint32_t reserved_1004[64];
    uint32_t dma_tx_control;
    uint32_t dma_rx_control;
    uint32_t reserved_110c;
    uint32_t dma_tx_list_high;
    uint32_t dma_tx_list;
    uint32_t dma_rx_list_high;
    uint32_t dma_rx_list;
    uint32_t dma_tx_tail;
    uint32_t reserved_1124;
    uint32_t dma_rx_tail;
    uint32_t dma_tx_length;
    uint32_t dma_rx_length;
    uint32_t dma_int_en;
    uint32_t reserved_1138[10];
    uint32_t dma_status;
};
_Static_assert(offsetof(struct eqos_regs, dma_status) == EQOS_DMA_STATUS,
               "no register is where the part has it");

static volatile struct eqos_regs *regs;

/* What the chip wants before the MAC can be used at all. */
static void chip_begin(void);

/* The owner bit is written last, and is what makes the rest valid. */
static void slot_give(struct ring *ring, uint32_t slot, uint32_t io_addr, uint16_t len)
{
    volatile struct eqos_descriptor *d = &ring->descriptors[slot];
    bool rx = ring == &state.rx;

    d->addr_lo = io_addr;
    d->addr_hi = 0;
    d->des2 = rx ? 0 : EQOS_TX_IOC | len;
    THREAD_MEMORY_RELEASE();
    d->des3 = EQOS_DES3_OWN |
              (rx ? EQOS_RX_IOC | EQOS_RX_BUF1V : EQOS_DES3_FD | EQOS_DES3_LD | (uint32_t)len);
}

static bool slot_given_back(struct ring *ring, uint32_t slot, uint16_t *len)
{
    uint32_t des3 = ring->descriptors[slot].des3;

    *len = (uint16_t)(des3 & EQOS_RX_LEN);
    return !(des3 & EQOS_DES3_OWN);
}

static void slots_clear(struct ring *ring)
{
    for (uint32_t slot = 0; slot < ring->capacity; slot++) {
        ring->descriptors[slot].des3 = 0;
    }
}

static void ring_given(struct ring *ring)
{
    (void)ring;
}

/* The tail pointer is beyond what was given. */
static void ring_given_batch(struct ring *ring)
{
    bool rx = ring == &state.rx;
    uint64_t base = device_resources.regions[rx ? REGION_RX_RING : REGION_TX_RING].io_addr;

    uint32_t tail = (uint32_t)(base + ring->tail * sizeof(struct eqos_descriptor));

    THREAD_MEMORY_RELEASE();
    if (rx) {
        regs->dma_rx_tail = tail;
    } else {
        regs->dma_tx_tail = tail;
    }
}

static void nic_stop(void)
{
    regs->dma_mode = EQOS_DMA_MODE_SWR;
    while (regs->dma_mode & EQOS_DMA_MODE_SWR) {
    }
}

/* A queue gets all there is of its FIFO. */
static void start_queues(void)
{
    uint32_t features = regs->mac_hw_feature1;
    uint32_t rx_bytes = 128u << (features & 31), tx_bytes = 128u << (features >> 6 & 31);

    regs->mtl_txq0_opmode =
        EQOS_TXQ0_TSF | EQOS_TXQ0_ON | (tx_bytes / 256 - 1) << EQOS_TXQ0_SIZE_SHIFT;
    regs->mtl_rxq0_opmode = EQOS_RXQ0_RSF | (rx_bytes / 256 - 1) << EQOS_RXQ0_SIZE_SHIFT;
    regs->mtl_rxq_dma_map0 = 0;
    regs->mac_rxq_ctrl0 = EQOS_RXQ0_DCB;
}

static void start_dma(void)
{
    uint64_t rx = device_resources.regions[REGION_RX_RING].io_addr;
    uint64_t tx = device_resources.regions[REGION_TX_RING].io_addr;

    regs->dma_rx_length = state.rx.capacity - 1;
    regs->dma_rx_list_high = (uint32_t)(rx >> 32);
    regs->dma_rx_list = (uint32_t)rx;
    regs->dma_tx_length = state.tx.capacity - 1;
    regs->dma_tx_list_high = (uint32_t)(tx >> 32);
    regs->dma_tx_list = (uint32_t)tx;
    regs->dma_int_en = IRQ_MASK;
    regs->dma_tx_control = EQOS_DMA_TX_OSF | EQOS_DMA_TX_ST;
    regs->dma_rx_control = RX_BUFFER_BYTES << EQOS_DMA_RBSZ_SHIFT | EQOS_DMA_RX_SR;
}

/* The virtualiser sorts frames by destination, so the MAC takes them all. The DMA runs before the
 * MAC does, so that no frame comes too early for it. */
static void nic_start(void)
{
    start_queues();
    regs->mac_packet_filter = EQOS_FILTER_PR;
    regs->mac_q0_tx_flow = 0;
    regs->mac_address0_high = address_high;
    regs->mac_address0_low = address_low;
    start_dma();
    regs->mac_configuration = EQOS_MAC_DM | EQOS_MAC_ACS | EQOS_MAC_CST | EQOS_MAC_TE | EQOS_MAC_RE;
}

/* Events are cleared before what they tell of is looked for, so what comes in between raises them
 * anew. An interrupt without any may be about a reset. */
static void handle_irq(void)
{
    uint32_t events = regs->dma_status & IRQ_MASK;

    regs->dma_status = events;
    tx_return();
    tx_provide();
    (void)rx_return();
    rx_provide();
    if (events & EQOS_INT_FBE ||
        ((events & EVENTS) == 0 && !(regs->dma_rx_control & EQOS_DMA_RX_SR))) {
        sddf_dprintf("EQOS: the DMA has stopped, and is started again\n");
        nic_recover();
    }
}

void init(void)
{
    assert(device_resources.num_regions == 3);
    nic_init();
    regs = state.regs;
    chip_begin();
    ring_init(&state.rx, &device_resources.regions[REGION_RX_RING]);
    ring_init(&state.tx, &device_resources.regions[REGION_TX_RING]);
    while (!(regs->mac_phyif & EQOS_PHYIF_LINK)) {
    }
    address_low = regs->mac_address0_low;
    address_high = regs->mac_address0_high;
    nic_stop();
    slots_clear(&state.rx);
    slots_clear(&state.tx);
    nic_run();
    nic_begin();
}
#endif
