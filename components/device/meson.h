/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_DEVICE_MESON_H
#define COMPONENTS_DEVICE_MESON_H
/*
 * Datasheet of the gigabit MAC of Amlogic Meson chips, a Synopsys DesignWare GMAC 3.x, as the model
 * and its driver see it. Names and bits are those of the S905X3 datasheet, chapter "Ethernet MAC",
 * and of the register description of that GMAC ("Register 0 (MAC Configuration Register)", ...).
 * Registers are 32 bits wide and little-endian.
 */
#include <stdint.h>

/* -- the MAC -- */
struct meson_mac {
    uint32_t conf, framefilt, hashtablehigh, hashtablelow, miiaddr, miidata, flowcontrol, vlantag;
    uint32_t version, reserved_024[5], intreg, intmask;
    uint32_t macaddr0hi, macaddr0lo;
};
#define MESON_CONF_RE         (UINT32_C(1) << 2)
#define MESON_CONF_TE         (UINT32_C(1) << 3)
#define MESON_CONF_ACS        (UINT32_C(1) << 7) /* strip pad and FCS */
#define MESON_CONF_IPC        (UINT32_C(1) << 10)
#define MESON_CONF_DM         (UINT32_C(1) << 11) /* full duplex */
#define MESON_CONF_PS         (UINT32_C(1) << 15) /* 10 or 100 Mbit/s */
#define MESON_CONF_JE         (UINT32_C(1) << 20)
#define MESON_FILTER_PR       (UINT32_C(1) << 0)
#define MESON_FILTER_RESERVED UINT32_C(0x7fcef800)
#define MESON_INTMASK         UINT32_C(0xf)

/* -- its DMA -- */
#define MESON_DMA 0x1000
struct meson_dma {
    uint32_t busmode, txpolldemand, rxpolldemand, rxdesclistaddr, txdesclistaddr, status, opmode;
    uint32_t intenable;
};
#define MESON_BUSMODE_SWR     UINT32_C(1) /* resets all, and clears itself */
#define MESON_POLL            UINT32_MAX
#define MESON_OPMODE_SR       (UINT32_C(1) << 1)
#define MESON_OPMODE_OSF      (UINT32_C(1) << 2)
#define MESON_OPMODE_ST       (UINT32_C(1) << 13)
#define MESON_OPMODE_FTF      (UINT32_C(1) << 20) /* flushes the FIFO, and clears itself */
#define MESON_OPMODE_TSF      (UINT32_C(1) << 21)
#define MESON_OPMODE_RSF      (UINT32_C(1) << 25)
#define MESON_OPMODE_RESERVED UINT32_C(0xf80e0001)

/* Events: bits of status and intenable. */
#define MESON_INT_TI       (UINT32_C(1) << 0)
#define MESON_INT_TU       (UINT32_C(1) << 2)
#define MESON_INT_RI       (UINT32_C(1) << 6)
#define MESON_INT_RU       (UINT32_C(1) << 7)
#define MESON_INT_FBI      (UINT32_C(1) << 13)
#define MESON_INT_AIS      (UINT32_C(1) << 15)
#define MESON_INT_NIS      (UINT32_C(1) << 16)
#define MESON_INT_RESERVED UINT32_C(0xfffe1800)

/* Descriptor: whose it is is told by the top bit of `status`. */
struct meson_descriptor {
    uint32_t status, cntl, addr, next;
};
_Static_assert(sizeof(struct meson_descriptor) == 16, "as the part has it");

#define MESON_OWN          (UINT32_C(1) << 31)
#define MESON_CNTL_END     (UINT32_C(1) << 25) /* the ring ends here */
#define MESON_CNTL_CHAINED (UINT32_C(1) << 24) /* `next` is an address */
#define MESON_CNTL_SIZE    UINT32_C(0x7ff)
#define MESON_RX_NO_INT    (UINT32_C(1) << 31) /* in cntl */
#define MESON_RX_LEN_SHIFT 16
#define MESON_RX_LEN_MASK  UINT32_C(0x3fff)
#define MESON_RX_ES        (UINT32_C(1) << 15) /* with an error */
#define MESON_RX_FIRST     (UINT32_C(1) << 9)
#define MESON_RX_LAST      (UINT32_C(1) << 8)
#define MESON_TX_IC        (UINT32_C(1) << 31) /* in cntl: TI when it is out */
#define MESON_TX_LAST      (UINT32_C(1) << 30)
#define MESON_TX_FIRST     (UINT32_C(1) << 29)
#endif
