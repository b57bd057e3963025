/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_DEVICE_JH7110_H
#define COMPONENTS_DEVICE_JH7110_H
/*
 * Datasheet of what a JH7110 (of a Star64 board) has around its first Ethernet MAC, as the model
 * and its driver see it: the clock and reset generator of the domain that is always on. Names are
 * those of the JH7110 Technical Reference Manual, chapter "AON CRG"; registers are 32 bits wide and
 * little-endian.
 */
#include <stdint.h>

/* Where drivers expect it without being told. */
#define JH7110_WINDOW_VADDR 0x3000000
#define JH7110_WINDOW_BYTES 0x10000

struct jh7110_aon {
    uint32_t clocks[14];
    uint32_t resets;   /* a 1 holds a part in its reset */
    uint32_t released; /* of which parts that is over */
};
#define JH7110_RESETS         0x38
#define JH7110_RELEASED       0x3c
#define JH7110_RESET_GMAC_AXI (UINT32_C(1) << 0)
#define JH7110_RESET_GMAC_AHB (UINT32_C(1) << 1)
#define JH7110_RESET_GMAC     (JH7110_RESET_GMAC_AXI | JH7110_RESET_GMAC_AHB)
#endif
