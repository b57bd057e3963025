/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Driver of the Cadence GEM. How buffers flow is in nic_driver.h. Of each ring's memory the last
 * descriptor is the list of queue 1, which ends with it.
 */
#include <stddef.h>

#include "components/device/gem.h"
#include "components/network/regs.h"

#define NIC_NAME       "GEM"
#define NIC_DESCRIPTOR gem_descriptor
#include "components/network/nic_driver.h"

#define IRQ_MASK (GEM_INT_FRAMERX | GEM_INT_TXCOMPL | GEM_INT_HRESP)

/* The address the MAC had when this began. */
static uint32_t laddr_low, laddr_high;

static volatile uint32_t *reg(uint32_t offset)
{
    return (volatile uint32_t *)((volatile char *)state.regs + offset);
}

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
        reg_write(reg(GEM_NWCTRL), reg_read(reg(GEM_NWCTRL)) | GEM_NWCTRL_STARTTX);
    }
}

static void nic_stop(void)
{
    reg_write(reg(GEM_NWCTRL), 0);
    reg_write(reg(GEM_NWCTRL), GEM_NWCTRL_CLEARSTAT);
    reg_write(reg(GEM_IDR), GEM_INT_ALL);
    reg_write(reg(GEM_TXSR), UINT32_MAX);
    reg_write(reg(GEM_RXSR), UINT32_MAX);
    reg_write(reg(GEM_ISR), GEM_INT_ALL);
}

static void set_ring(const struct ring *ring, enum resource_region region, uint32_t base,
                     uint32_t queue1, uint32_t upper)
{
    uint64_t io_addr = device_resources.regions[region].io_addr;

    reg_write(reg(base), (uint32_t)io_addr);
    reg_write(reg(queue1), (uint32_t)(io_addr + ring->capacity * sizeof(struct gem_descriptor)));
    reg_write(reg(upper), (uint32_t)(io_addr >> 32));
}

/* Reception is enabled last, once all is set. The virtualiser sorts frames by destination, so the
 * MAC takes them all. */
static void nic_start(void)
{
    reg_write(reg(GEM_HASHL), 0);
    reg_write(reg(GEM_HASHH), 0);
    reg_write(reg(GEM_LADDR1L), laddr_low);
    reg_write(reg(GEM_LADDR1H), laddr_high);
    reg_write(reg(GEM_NWCFG), GEM_NWCFG_GIGABIT | GEM_NWCFG_FULL_DUPLEX | GEM_NWCFG_COPY_ALL |
                                  GEM_NWCFG_1536 | GEM_NWCFG_FCS_REMOVE |
                                  4u << GEM_NWCFG_MDC_SHIFT);
    reg_write(reg(GEM_DMACR),
              (uint32_t)NET_BUFFER_SIZE / GEM_DMACR_RX_BUF_UNIT << GEM_DMACR_RX_BUF_SHIFT |
                  GEM_DMACR_TX_FULL | GEM_DMACR_RX_FULL | GEM_DMACR_BURST_16 | GEM_DMACR_64BIT);
    set_ring(&state.rx, REGION_RX_RING, GEM_RXQBASE, GEM_RECEIVE_Q1, GEM_UPPER_RXQ);
    set_ring(&state.tx, REGION_TX_RING, GEM_TXQBASE, GEM_TRANSMIT_Q1, GEM_UPPER_TXQ);
    reg_write(reg(GEM_NWCTRL), GEM_NWCTRL_MDEN | GEM_NWCTRL_TXEN);
    reg_write(reg(GEM_IER), IRQ_MASK);
    reg_write(reg(GEM_NWCTRL), GEM_NWCTRL_MDEN | GEM_NWCTRL_TXEN | GEM_NWCTRL_RXEN);
}

/* Causes are cleared before what they tell of is looked for, so what comes in between raises them
 * anew. An interrupt without any may be about a reset. */
static void handle_irq(void)
{
    uint32_t causes = reg_read(reg(GEM_ISR));

    reg_write(reg(GEM_ISR), causes);
    tx_return();
    tx_provide();
    (void)rx_return();
    rx_provide();
    if (causes & GEM_INT_HRESP ||
        ((causes & IRQ_MASK) == 0 && !(reg_read(reg(GEM_NWCTRL)) & GEM_NWCTRL_RXEN))) {
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
    init_ring(&state.rx, REGION_RX_RING);
    init_ring(&state.tx, REGION_TX_RING);
    laddr_low = reg_read(reg(GEM_LADDR1L));
    laddr_high = reg_read(reg(GEM_LADDR1H));
    nic_stop();
    slots_clear(&state.rx);
    slots_clear(&state.tx);
    nic_start();
    nic_begin();
}
