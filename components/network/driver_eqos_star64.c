/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Driver of the DesignWare Ethernet QoS MAC (eqos_driver.h) in a JH7110. A boot loader may have
 * left it in its reset, which is told and ended by registers of the chip, at an address that this
 * was compiled with.
 */
#include "components/device/jh7110.h"
#include "components/network/eqos_driver.h"

static volatile struct jh7110_aon *const aon = (void *)JH7110_WINDOW_VADDR;

/* One after the other, its memory's side first. */
static void chip_begin(void)
{
    aon->resets &= ~JH7110_RESET_GMAC_AXI;
    aon->resets &= ~JH7110_RESET_GMAC_AHB;
    while ((aon->released & JH7110_RESET_GMAC) != JH7110_RESET_GMAC) {
    }
}
