/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Driver of the DesignWare Ethernet QoS MAC. How buffers flow is in nic_driver.h. The MAC writes
 * over a descriptor when it hands it back, so which buffer was in it is not asked of it.
 */
#include "components/device/eqos.h"
#include "components/network/regs.h"

#define NIC_NAME       "EQOS"
#define NIC_DESCRIPTOR eqos_descriptor
#include "components/network/nic_driver.h"

#define RX_BUFFER_BYTES 0x600
#define EVENTS          (EQOS_INT_TI | EQOS_INT_RI | EQOS_INT_FBE)
#define IRQ_MASK        (EVENTS | EQOS_INT_AIS | EQOS_INT_NIS)

/* The address the MAC had, which it forgets in a reset. */
static uint32_t address_low, address_high;

static volatile uint32_t *reg(uint32_t offset)
{
    return (volatile uint32_t *)((volatile char *)state.regs + offset);
}

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

    THREAD_MEMORY_RELEASE();
    reg_write(reg(rx ? EQOS_DMA_RX_TAIL : EQOS_DMA_TX_TAIL),
              (uint32_t)(base + ring->tail * sizeof(struct eqos_descriptor)));
}

static void nic_stop(void)
{
    reg_write(reg(EQOS_DMA_MODE), EQOS_DMA_MODE_SWR);
    while (reg_read(reg(EQOS_DMA_MODE)) & EQOS_DMA_MODE_SWR) {
    }
}

/* A queue gets all there is of its FIFO. */
static void start_queues(void)
{
    uint32_t features = reg_read(reg(EQOS_MAC_HW_FEATURE1));
    uint32_t rx_bytes = 128u << (features & 31), tx_bytes = 128u << (features >> 6 & 31);

    reg_write(reg(EQOS_MTL_TXQ0_OPMODE),
              EQOS_TXQ0_TSF | EQOS_TXQ0_ON | (tx_bytes / 256 - 1) << EQOS_TXQ0_SIZE_SHIFT);
    reg_write(reg(EQOS_MTL_RXQ0_OPMODE), EQOS_RXQ0_RSF | (rx_bytes / 256 - 1)
                                                             << EQOS_RXQ0_SIZE_SHIFT);
    reg_write(reg(EQOS_MTL_RXQ_DMA_MAP0), 0);
    reg_write(reg(EQOS_MAC_RXQ_CTRL0), EQOS_RXQ0_DCB);
}

static void start_dma(void)
{
    uint64_t rx = device_resources.regions[REGION_RX_RING].io_addr;
    uint64_t tx = device_resources.regions[REGION_TX_RING].io_addr;

    reg_write(reg(EQOS_DMA_RX_LENGTH), state.rx.capacity - 1);
    reg_write(reg(EQOS_DMA_RX_LIST_HIGH), (uint32_t)(rx >> 32));
    reg_write(reg(EQOS_DMA_RX_LIST), (uint32_t)rx);
    reg_write(reg(EQOS_DMA_TX_LENGTH), state.tx.capacity - 1);
    reg_write(reg(EQOS_DMA_TX_LIST_HIGH), (uint32_t)(tx >> 32));
    reg_write(reg(EQOS_DMA_TX_LIST), (uint32_t)tx);
    reg_write(reg(EQOS_DMA_INT_EN), IRQ_MASK);
    reg_write(reg(EQOS_DMA_TX_CONTROL), EQOS_DMA_TX_OSF | EQOS_DMA_TX_ST);
    reg_write(reg(EQOS_DMA_RX_CONTROL), RX_BUFFER_BYTES << EQOS_DMA_RBSZ_SHIFT | EQOS_DMA_RX_SR);
}

/* The virtualiser sorts frames by destination, so the MAC takes them all. The DMA runs before the
 * MAC does, so that no frame comes too early for it. */
static void nic_start(void)
{
    start_queues();
    reg_write(reg(EQOS_MAC_PACKET_FILTER), EQOS_FILTER_PR);
    reg_write(reg(EQOS_MAC_Q0_TX_FLOW), 0);
    reg_write(reg(EQOS_MAC_ADDRESS0_HIGH), address_high);
    reg_write(reg(EQOS_MAC_ADDRESS0_LOW), address_low);
    start_dma();
    reg_write(reg(EQOS_MAC_CONFIGURATION),
              EQOS_MAC_DM | EQOS_MAC_ACS | EQOS_MAC_CST | EQOS_MAC_TE | EQOS_MAC_RE);
}

/* Events are cleared before what they tell of is looked for, so what comes in between raises them
 * anew. An interrupt without any may be about a reset. */
static void handle_irq(void)
{
    uint32_t events = reg_read(reg(EQOS_DMA_STATUS)) & IRQ_MASK;

    reg_write(reg(EQOS_DMA_STATUS), events);
    tx_return();
    tx_provide();
    (void)rx_return();
    rx_provide();
    if (events & EQOS_INT_FBE ||
        ((events & EVENTS) == 0 && !(reg_read(reg(EQOS_DMA_RX_CONTROL)) & EQOS_DMA_RX_SR))) {
        sddf_dprintf("EQOS: the DMA has stopped, and is started again\n");
        nic_recover();
    }
}

void init(void)
{
    assert(device_resources.num_regions == 3);
    nic_init();
    ring_init(&state.rx, &device_resources.regions[REGION_RX_RING]);
    ring_init(&state.tx, &device_resources.regions[REGION_TX_RING]);
    while (!(reg_read(reg(EQOS_MAC_PHYIF)) & EQOS_PHYIF_LINK)) {
    }
    address_low = reg_read(reg(EQOS_MAC_ADDRESS0_LOW));
    address_high = reg_read(reg(EQOS_MAC_ADDRESS0_HIGH));
    nic_stop();
    slots_clear(&state.rx);
    slots_clear(&state.tx);
    nic_start();
    nic_begin();
}
