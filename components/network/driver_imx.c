/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Driver of the i.MX 8M ENET that spends register accesses as the one does whose figures were
 * published: a doorbell for every descriptor, and for every interrupt the events read and cleared
 * until there are none, each cause seen to in both directions. It is what predictions of that
 * system are made with; driver_enet moves the same frames with fewer accesses. The rest is in
 * enet_driver.h.
 */
#include "components/network/enet_driver.h"

/* More rounds than this a device only asks for that never lets go. */
#define ROUNDS_MAX 256

static void ring_given(struct ring *ring)
{
    ring_bell(ring);
}

static void ring_given_batch(struct ring *ring)
{
    (void)ring;
}

static uint32_t take_events(void)
{
    uint32_t events = mmio_read32(state.regs, ENET_EIR);

    mmio_write32(state.regs, ENET_EIR, events & IRQ_MASK);
    return events;
}

/*
 * Events are cleared before what they tell of is looked for, so what comes in between raises them
 * anew: in this interrupt or, as the line is a level, in the next. An interrupt without any is
 * about what came after a clearing was asked for and was cleared with it.
 */
static void handle_irq(void)
{
    for (unsigned int round = 0; round < ROUNDS_MAX; round++) {
        uint32_t all = take_events(), events = all & IRQ_MASK;

        if (events == 0 && round > 0) {
            return;
        }
        if (events & ENET_EIR_TXF || events == 0) {
            tx_return();
            tx_provide();
        }
        if (events & ENET_EIR_RXF || events == 0) {
            (void)rx_return();
            rx_provide();
        }
        eth_look_after(all);
    }
}
