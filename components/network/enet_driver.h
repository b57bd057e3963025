/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_NETWORK_ENET_DRIVER_H
#define COMPONENTS_NETWORK_ENET_DRIVER_H
/*
 * What drivers of the i.MX 8M ENET have in common, however they spend their register accesses. How
 * descriptors flow is in nic_driver.h.
 *
 * Included by one source file, once, which defines the doorbells and handle_irq().
 */
#include <sddf/hw/mmio.h>

#include "components/device/enet.h"

#define NIC_NAME       "ENET"
#define NIC_DESCRIPTOR enet_descriptor
#include "components/network/nic_driver.h"

#define RX_BUFFER_BYTES 1536
#define IRQ_MASK        (ENET_EIR_TXF | ENET_EIR_RXF | ENET_EIR_EBERR)

/* The address the MAC had, which it forgets in a reset. */
static uint32_t palr, paur;

/* The owner bit is written last, and is what makes the rest valid. */
static void slot_give(struct ring *ring, uint32_t slot, uint32_t io_addr, uint16_t len)
{
    volatile struct enet_descriptor *d = &ring->descriptors[slot];
    unsigned int stat = ENET_DESC_OWNED;

    if (slot + 1 == ring->capacity) {
        stat |= ENET_DESC_WRAP;
    }
    if (ring == &state.tx) {
        stat |= ENET_DESC_LAST | ENET_TX_TC;
    }
    d->io_addr = io_addr;
    d->len = len;
    THREAD_MEMORY_RELEASE();
    d->stat = (uint16_t)stat;
}

static bool slot_given_back(struct ring *ring, uint32_t slot, uint16_t *len)
{
    if (ring->descriptors[slot].stat & ENET_DESC_OWNED) {
        return false;
    }
    /* The length is read after the owner bit. */
    THREAD_MEMORY_ACQUIRE();
    *len = ring->descriptors[slot].len;
    return true;
}

static void slots_clear(struct ring *ring)
{
    for (uint32_t slot = 0; slot < ring->capacity; slot++) {
        ring->descriptors[slot].stat = 0;
    }
}

/* The device reads on until it meets a descriptor that is not its own. */
static void ring_bell(const struct ring *ring)
{
    THREAD_MEMORY_RELEASE();
    mmio_write32(state.regs, ring == &state.rx ? ENET_RDAR : ENET_TDAR, ENET_DAR_ACTIVE);
}

/* Reset the MAC; it forgets its station address, so that is kept. */
static void eth_reset(void *regs)
{
    palr = mmio_read32(regs, ENET_PALR);
    paur = mmio_read32(regs, ENET_PAUR);
    mmio_write32(regs, ENET_ECR, ENET_ECR_RESET);
    while (mmio_read32(regs, ENET_ECR) & ENET_ECR_RESET) {
    }
    mmio_write32(regs, ENET_ECR, mmio_read32(regs, ENET_ECR) | ENET_ECR_DBSWP);
    mmio_write32(regs, ENET_EIMR, 0);
    mmio_write32(regs, ENET_EIR, UINT32_MAX);
    mmio_write32(regs, ENET_MSCR, 24 << 1);
}

/* Empty the statistics, and let them count. */
static void eth_clear_mib(void *regs)
{
    mmio_write32(regs, ENET_MIBC, ENET_MIBC_DIS);
    while (!(mmio_read32(regs, ENET_MIBC) & ENET_MIBC_IDLE)) {
    }
    mmio_write32(regs, ENET_MIBC, ENET_MIBC_DIS | ENET_MIBC_CLEAR);
    while (!(mmio_read32(regs, ENET_MIBC) & ENET_MIBC_IDLE)) {
    }
    mmio_write32(regs, ENET_MIBC, ENET_MIBC_DIS);
    mmio_write32(regs, ENET_MIBC, 0);
}

static void eth_filter(void *regs)
{
    mmio_write32(regs, ENET_IAUR, 0);
    mmio_write32(regs, ENET_IALR, 0);
    mmio_write32(regs, ENET_GAUR, 0);
    mmio_write32(regs, ENET_GALR, 0);
    if (mmio_read32(regs, ENET_PALR) == 0) {
        mmio_write32(regs, ENET_PALR, palr);
        mmio_write32(regs, ENET_PAUR, paur);
    }
    mmio_write32(regs, ENET_OPD, ENET_OPD_CODE);
}

/*
 * Everything between the filters and ETHEREN. Sent frames are reported by the 128, or 0.13 ms after
 * the first.
 */
static void eth_configure(void *regs)
{
    mmio_write32(regs, ENET_TXIC0, ENET_IC_EN | 128u << ENET_IC_FT_SHIFT | 0xff);
    mmio_write32(regs, ENET_TIPG, 8);
    mmio_write32(regs, ENET_TFWR, ENET_TFWR_STRFWD);
    mmio_write32(regs, ENET_RSFL, 0);
    mmio_write32(regs, ENET_RACC, ENET_RACC_IPDIS | ENET_RACC_PRODIS | ENET_RACC_LINEDIS);
    mmio_write32(regs, ENET_TACC, ENET_TACC_IPCHK | ENET_TACC_PROCHK);
    mmio_write32(regs, ENET_RDSR, (uint32_t)device_resources.regions[REGION_RX_RING].io_addr);
    mmio_write32(regs, ENET_TDSR, (uint32_t)device_resources.regions[REGION_TX_RING].io_addr);
    mmio_write32(regs, ENET_MRBR, RX_BUFFER_BYTES);
    /* The virtualiser sorts frames by destination, so the MAC takes them all. */
    mmio_write32(regs, ENET_RCR,
                 1518u << ENET_RCR_MAX_FL_SHIFT | ENET_RCR_RGMII_EN | ENET_RCR_PROM |
                     ENET_RCR_MII_MODE);
    mmio_write32(regs, ENET_TCR, ENET_TCR_FDEN);
}

static void eth_start(void *regs)
{
    uint32_t ecr = mmio_read32(regs, ENET_ECR) | ENET_ECR_SPEED;

    mmio_write32(regs, ENET_ECR, ecr);
    mmio_write32(regs, ENET_ECR, ecr | ENET_ECR_ETHEREN);
    mmio_write32(regs, ENET_RDAR, ENET_DAR_ACTIVE);
    mmio_write32(regs, ENET_EIR, mmio_read32(regs, ENET_EIR));
    mmio_write32(regs, ENET_EIMR, IRQ_MASK);
}

static void nic_stop(void)
{
    eth_reset(state.regs);
}

static void nic_start(void)
{
    eth_filter(state.regs);
    eth_configure(state.regs);
    eth_start(state.regs);
}

/*
 * After an interrupt that brought nothing: does the MAC still run? One that does and has sent a
 * frame has TXB among its events, as nobody clears that; so the further read is seldom made.
 */
static void eth_look_after(uint32_t events)
{
    bool failed = events & ENET_EIR_EBERR;
    bool reset = events == 0 && !(mmio_read32(state.regs, ENET_ECR) & ENET_ECR_ETHEREN);

    if (failed || reset) {
        sddf_dprintf("ENET: the MAC has stopped, of a %s, and is started again\n",
                     failed ? "bus error" : "reset");
        nic_recover();
    }
}

void init(void)
{
    assert(device_resources.num_regions == 3);
    nic_init();
    ring_init(&state.rx, &device_resources.regions[REGION_RX_RING]);
    ring_init(&state.tx, &device_resources.regions[REGION_TX_RING]);
    nic_stop();
    eth_clear_mib(state.regs);
    slots_clear(&state.rx);
    slots_clear(&state.tx);
    nic_run();
    nic_begin();
}
#endif
