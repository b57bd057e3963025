/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Driver of the Cadence GEM. How buffers flow is in nic_driver.h. Of each ring's memory the last
 * descriptor is the list of queue 1, which ends with it.
 */
#include <stddef.h>

#include "components/device/gem.h"

#define NIC_NAME       "GEM"
#define NIC_DESCRIPTOR gem_descriptor
#include "components/network/nic_driver.h"

#define IRQ_MASK (GEM_INT_FRAMERX | GEM_INT_TXCOMPL | GEM_INT_HRESP)

/* The address the MAC had when this began. */
static uint32_t laddr_low, laddr_high;

/* The registers that are used here. */
struct gem_regs {
    uint32_t nwctrl;
    uint32_t nwcfg;
    uint32_t reserved_0008[2];
    uint32_t dmacr;
    uint32_t txsr;
    uint32_t rxqbase;
    uint32_t txqbase;
    uint32_t rxsr;
    uint32_t isr;
    uint32_t ier;
    uint32_t idr;
    uint32_t reserved_0030[20];
    uint32_t hashl;
    uint32_t hashh;
    uint32_t laddr1l;
    uint32_t laddr1h;
    uint32_t reserved_0090[236];
    uint32_t transmit_q1;
    uint32_t reserved_0444[15];
    uint32_t receive_q1;
    uint32_t reserved_0484[17];
    uint32_t upper_txq;
    uint32_t reserved_04cc[2];
    uint32_t upper_rxq;
};
_Static_assert(offsetof(struct gem_regs, upper_rxq) == GEM_UPPER_RXQ,
               "no register is where the part has it");

static volatile struct gem_regs *regs;

/* A receive descriptor is the MAC's as soon as its address does not say otherwise, a transmit
 * descriptor as soon as its status does not. */
static void slot_give(struct ring *ring, uint32_t slot, uint32_t io_addr, uint16_t len)
{
    volatile struct gem_descriptor *d = &ring->descriptors[slot];
    bool last = slot + 1 == ring->capacity;

    d->addr_hi = 0;
    if (ring == &state.rx) {
        d->stat = 0;
        THREAD_MEMORY_RELEASE();
        d->addr = io_addr | (last ? GEM_RX_ADDR_WRAP : 0);
    } else {
        d->addr = io_addr;
        THREAD_MEMORY_RELEASE();
        d->stat = len | GEM_TX_LAST | (last ? GEM_TX_WRAP : 0);
    }
}

static bool slot_given_back(struct ring *ring, uint32_t slot, uint16_t *len)
{
    volatile struct gem_descriptor *d = &ring->descriptors[slot];

    if (!(ring == &state.rx ? d->addr & GEM_RX_ADDR_OWN : d->stat & GEM_TX_USED)) {
        return false;
    }
    /* The length is read after the owner bit. */
    THREAD_MEMORY_ACQUIRE();
    *len = (uint16_t)(d->stat & GEM_RX_LEN_MASK);
    return true;
}

/* Nothing in it is the MAC's, nor in the list behind it. */
static void slots_clear(struct ring *ring)
{
    for (uint32_t slot = 0; slot <= ring->capacity; slot++) {
        bool last = slot + 1 >= ring->capacity;

        ring->descriptors[slot] = (struct gem_descriptor){
            .addr = GEM_RX_ADDR_OWN | (last ? GEM_RX_ADDR_WRAP : 0),
            .stat = GEM_TX_USED | (last ? GEM_TX_WRAP : 0),
        };
    }
}

static void ring_given(struct ring *ring)
{
    (void)ring;
}

/* The receiver looks by itself. */
static void ring_given_batch(struct ring *ring)
{
    if (ring == &state.tx) {
        THREAD_MEMORY_RELEASE();
        regs->nwctrl |= GEM_NWCTRL_STARTTX;
    }
}

static void nic_stop(void)
{
    regs->nwctrl = 0;
    regs->nwctrl = GEM_NWCTRL_CLEARSTAT;
    regs->idr = GEM_INT_ALL;
    regs->txsr = UINT32_MAX;
    regs->rxsr = UINT32_MAX;
    regs->isr = GEM_INT_ALL;
}

/* Behind each list lies that of queue 1. */
static void set_lists(void)
{
    uint64_t rx = device_resources.regions[REGION_RX_RING].io_addr;
    uint64_t tx = device_resources.regions[REGION_TX_RING].io_addr;
    uint32_t bytes = sizeof(struct gem_descriptor);

    regs->rxqbase = (uint32_t)rx;
    regs->receive_q1 = (uint32_t)rx + state.rx.capacity * bytes;
    regs->upper_rxq = (uint32_t)(rx >> 32);
    regs->txqbase = (uint32_t)tx;
    regs->transmit_q1 = (uint32_t)tx + state.tx.capacity * bytes;
    regs->upper_txq = (uint32_t)(tx >> 32);
}

/* Reception is enabled last, once all is set. The virtualiser sorts frames by destination, so the
 * MAC takes them all. */
static void nic_start(void)
{
    regs->hashl = 0;
    regs->hashh = 0;
    regs->laddr1l = laddr_low;
    regs->laddr1h = laddr_high;
    regs->nwcfg = GEM_NWCFG_GIGABIT | GEM_NWCFG_FULL_DUPLEX | GEM_NWCFG_COPY_ALL | GEM_NWCFG_1536 |
                  GEM_NWCFG_FCS_REMOVE | 4u << GEM_NWCFG_MDC_SHIFT;
    regs->dmacr = (uint32_t)NET_BUFFER_SIZE / GEM_DMACR_RX_BUF_UNIT << GEM_DMACR_RX_BUF_SHIFT |
                  GEM_DMACR_TX_FULL | GEM_DMACR_RX_FULL | GEM_DMACR_BURST_16 | GEM_DMACR_64BIT;
    set_lists();
    regs->nwctrl = GEM_NWCTRL_MDEN | GEM_NWCTRL_TXEN;
    regs->ier = IRQ_MASK;
    regs->nwctrl = GEM_NWCTRL_MDEN | GEM_NWCTRL_TXEN | GEM_NWCTRL_RXEN;
}

/* Causes are cleared before what they tell of is looked for, so what comes in between raises them
 * anew. An interrupt without any may be about a reset. */
static void handle_irq(void)
{
    uint32_t causes = regs->isr;

    regs->isr = causes;
    tx_return();
    tx_provide();
    (void)rx_return();
    rx_provide();
    if (causes & GEM_INT_HRESP || ((causes & IRQ_MASK) == 0 && !(regs->nwctrl & GEM_NWCTRL_RXEN))) {
        sddf_dprintf("GEM: the MAC has stopped, and is started again\n");
        nic_recover();
    }
}

/* But for the descriptor that is the list of queue 1. */
static void init_ring(struct ring *ring, enum resource_region region)
{
    const device_region_resource_t *memory = &device_resources.regions[region];
    uint64_t entries = memory->region.size / sizeof(struct gem_descriptor);

    assert(entries > GEM_RING_SPARE);
    ring_init(ring, memory);
    ring->capacity = (uint32_t)MIN(entries - GEM_RING_SPARE, RING_ENTRIES_MAX);
}

void init(void)
{
    assert(device_resources.num_regions == 3);
    nic_init();
    regs = state.regs;
    init_ring(&state.rx, REGION_RX_RING);
    init_ring(&state.tx, REGION_TX_RING);
    laddr_low = regs->laddr1l;
    laddr_high = regs->laddr1h;
    nic_stop();
    slots_clear(&state.rx);
    slots_clear(&state.tx);
    nic_run();
    nic_begin();
}
