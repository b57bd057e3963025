/* SPDX-License-Identifier: BSD-2-Clause */
/* Driver of the gigabit MAC of Amlogic Meson chips. How buffers flow is in nic_driver.h. */
#include "components/device/meson.h"

#define NIC_NAME       "Meson MAC"
#define NIC_DESCRIPTOR meson_descriptor
#include "components/network/nic_driver.h"

#define RX_BUFFER_BYTES 0x600
#define EVENTS          (MESON_INT_TI | MESON_INT_RI | MESON_INT_FBI)
#define IRQ_MASK        (EVENTS | MESON_INT_AIS | MESON_INT_NIS)

static volatile struct meson_mac *mac;
static volatile struct meson_dma *dma;
/* The address the MAC had, which it forgets in a reset. */
static uint32_t address_low, address_high;

/* The owner bit is written last, and is what makes the rest valid. */
static void slot_give(struct ring *ring, uint32_t slot, uint32_t io_addr, uint16_t len)
{
    volatile struct meson_descriptor *d = &ring->descriptors[slot];
    uint32_t cntl =
        ring == &state.rx ? RX_BUFFER_BYTES : len | MESON_TX_IC | MESON_TX_LAST | MESON_TX_FIRST;

    d->cntl = cntl | (slot + 1 == ring->capacity ? MESON_CNTL_END : 0);
    d->addr = io_addr;
    THREAD_MEMORY_RELEASE();
    d->status = MESON_OWN;
}

static bool slot_given_back(struct ring *ring, uint32_t slot, uint16_t *len)
{
    uint32_t status = ring->descriptors[slot].status;

    *len = (uint16_t)(status >> MESON_RX_LEN_SHIFT & MESON_RX_LEN_MASK);
    return !(status & MESON_OWN);
}

static void slots_clear(struct ring *ring)
{
    for (uint32_t slot = 0; slot < ring->capacity; slot++) {
        ring->descriptors[slot].status = 0;
    }
}

static void ring_given(struct ring *ring)
{
    (void)ring;
}

static void ring_given_batch(struct ring *ring)
{
    THREAD_MEMORY_RELEASE();
    if (ring == &state.rx) {
        dma->rxpolldemand = MESON_POLL;
    } else {
        dma->txpolldemand = MESON_POLL;
    }
}

static void nic_stop(void)
{
    dma->busmode = MESON_BUSMODE_SWR;
    while (dma->busmode & MESON_BUSMODE_SWR) {
    }
}

/* The virtualiser sorts frames by destination, so the MAC takes them all. The DMA runs before the
 * MAC does, so that no frame comes too early for it. */
static void nic_start(void)
{
    mac->intmask = mac->intmask | MESON_INTMASK;
    mac->macaddr0hi = address_high;
    mac->macaddr0lo = address_low;
    mac->framefilt = MESON_FILTER_PR;
    dma->rxdesclistaddr = (uint32_t)device_resources.regions[REGION_RX_RING].io_addr;
    dma->txdesclistaddr = (uint32_t)device_resources.regions[REGION_TX_RING].io_addr;
    dma->opmode = MESON_OPMODE_FTF | MESON_OPMODE_TSF | MESON_OPMODE_RSF;
    while (dma->opmode & MESON_OPMODE_FTF) {
    }
    dma->opmode =
        MESON_OPMODE_TSF | MESON_OPMODE_RSF | MESON_OPMODE_OSF | MESON_OPMODE_SR | MESON_OPMODE_ST;
    dma->intenable = IRQ_MASK;
    mac->conf = MESON_CONF_DM | MESON_CONF_ACS | MESON_CONF_TE | MESON_CONF_RE;
}

/* Events are cleared before what they tell of is looked for, so what comes in between raises them
 * anew. An interrupt without any may be about a reset. */
static void handle_irq(void)
{
    uint32_t events = dma->status & IRQ_MASK;

    dma->status = events;
    tx_return();
    tx_provide();
    (void)rx_return();
    rx_provide();
    if (events & MESON_INT_FBI || ((events & EVENTS) == 0 && !(dma->opmode & MESON_OPMODE_SR))) {
        sddf_dprintf("Meson MAC: the DMA has stopped, and is started again\n");
        nic_recover();
    }
}

void init(void)
{
    assert(device_resources.num_regions == 3);
    nic_init();
    ring_init(&state.rx, &device_resources.regions[REGION_RX_RING]);
    ring_init(&state.tx, &device_resources.regions[REGION_TX_RING]);
    mac = state.regs;
    dma = (volatile void *)((volatile char *)state.regs + MESON_DMA);
    address_low = mac->macaddr0lo;
    address_high = mac->macaddr0hi;
    nic_stop();
    slots_clear(&state.rx);
    slots_clear(&state.tx);
    nic_run();
    nic_begin();
}
