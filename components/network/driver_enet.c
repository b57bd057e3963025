/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Driver of the i.MX 8M ENET that is sparing with registers: one doorbell for a batch, and no read
 * for an interrupt that brings frames. The rest is in enet_driver.h.
 */
#include "components/network/enet_driver.h"

static void ring_given(struct ring *ring)
{
    (void)ring;
}

static void ring_given_batch(struct ring *ring)
{
    ring_bell(ring);
}

/*
 * Clear the event, then harvest what it was about; a frame that comes in between raises it anew. A
 * read is a round trip to the device, the dearest thing a driver can do, and nearly every interrupt
 * is about reception, so that is taken for granted: another cause keeps the line up, and brings us
 * back here at once, with nothing received. Under overload something is always received; so sent
 * frames are also looked for, in memory, once they may fill half the ring.
 */
static void handle_irq(void)
{
    mmio_write32(state.regs, ENET_EIR, ENET_EIR_RXF);
    bool received = rx_return();

    rx_provide();
    if (state.tx.count > state.tx.capacity / 2) {
        tx_return();
        tx_provide();
    }
    if (received) {
        return;
    }
    uint32_t left = mmio_read32(state.regs, ENET_EIR);

    mmio_write32(state.regs, ENET_EIR, left & (ENET_EIR_TXF | ENET_EIR_EBERR));
    if (left & ENET_EIR_TXF) {
        tx_return();
        tx_provide();
    }
    eth_look_after(left);
}
