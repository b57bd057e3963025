/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_DEVICE_GEM_H
#define COMPONENTS_DEVICE_GEM_H
/*
 * Datasheet of the Cadence GEM gigabit MAC as the model and its driver see it. Names and bits are
 * those of the Zynq UltraScale+ Device Register Reference (UG1087), module GEM, and of its
 * Technical Reference Manual (UG1085), chapter "GEM Ethernet". Registers are 32 bits wide and
 * little-endian. Of the part's two queues queue 0 is used; queue 1 must be given a list that ends
 * at once.
 */
#include <stdint.h>

#define GEM_REGS_BYTES 0x1000

/* Network control. STARTTX acts when it is written, and reads as 0. */
#define GEM_NWCTRL           0x000
#define GEM_NWCTRL_RXEN      (UINT32_C(1) << 2)
#define GEM_NWCTRL_TXEN      (UINT32_C(1) << 3)
#define GEM_NWCTRL_MDEN      (UINT32_C(1) << 4)
#define GEM_NWCTRL_CLEARSTAT (UINT32_C(1) << 5)
#define GEM_NWCTRL_STARTTX   (UINT32_C(1) << 9)
#define GEM_NWCTRL_HALTTX    (UINT32_C(1) << 10) /* after the present frame */

/* Network configuration. */
#define GEM_NWCFG             0x004
#define GEM_NWCFG_FULL_DUPLEX (UINT32_C(1) << 1)
#define GEM_NWCFG_JUMBO       (UINT32_C(1) << 3)
#define GEM_NWCFG_COPY_ALL    (UINT32_C(1) << 4)
#define GEM_NWCFG_NO_BCAST    (UINT32_C(1) << 5)
#define GEM_NWCFG_MCAST_HASH  (UINT32_C(1) << 6)
#define GEM_NWCFG_UCAST_HASH  (UINT32_C(1) << 7)
#define GEM_NWCFG_1536        (UINT32_C(1) << 8) /* frames up to 1536 bytes, FCS included */
#define GEM_NWCFG_GIGABIT     (UINT32_C(1) << 10)
#define GEM_NWCFG_FCS_REMOVE  (UINT32_C(1) << 17)
#define GEM_NWCFG_MDC_SHIFT   18
#define GEM_NWCFG_PRESET      UINT32_C(0x00080000)

#define GEM_NWSR           0x008
#define GEM_NWSR_MGMT_IDLE (UINT32_C(1) << 2)

/* DMA configuration: receive buffers' size in 64 bytes, and descriptors of four words. */
#define GEM_DMACR              0x010
#define GEM_DMACR_RX_BUF_SHIFT 16
#define GEM_DMACR_RX_BUF_MASK  UINT32_C(0xff)
#define GEM_DMACR_RX_BUF_UNIT  64
#define GEM_DMACR_TX_FULL      (UINT32_C(1) << 10)
#define GEM_DMACR_RX_FULL      (UINT32_C(3) << 8)
#define GEM_DMACR_BURST_16     UINT32_C(16)
#define GEM_DMACR_64BIT        (UINT32_C(1) << 30)
#define GEM_DMACR_PRESET       UINT32_C(0x00020784)
#define GEM_DMACR_RESERVED     UINT32_C(0x8800c000)

/* Status of either direction: a 1 written clears. */
#define GEM_TXSR         0x014
#define GEM_TXSR_USED    (UINT32_C(1) << 0) /* met a descriptor that is not its own */
#define GEM_TXSR_GO      (UINT32_C(1) << 3)
#define GEM_TXSR_COMPL   (UINT32_C(1) << 5)
#define GEM_TXSR_HRESP   (UINT32_C(1) << 8) /* bus error */
#define GEM_RXSR         0x020
#define GEM_RXSR_BUFFNA  (UINT32_C(1) << 0)
#define GEM_RXSR_FRAMERX (UINT32_C(1) << 1)
#define GEM_RXSR_HRESP   (UINT32_C(1) << 3)

/* Where the lists of descriptors begin; those of queue 1; and the upper halves, of all. */
#define GEM_RXQBASE     0x018
#define GEM_TXQBASE     0x01c
#define GEM_TRANSMIT_Q1 0x440
#define GEM_RECEIVE_Q1  0x480
#define GEM_UPPER_TXQ   0x4c8
#define GEM_UPPER_RXQ   0x4d4

/* Interrupts: status (a 1 written clears), enable, disable, and the mask those two change. */
#define GEM_ISR         0x024
#define GEM_IER         0x028
#define GEM_IDR         0x02c
#define GEM_IMR         0x030
#define GEM_INT_MGMT    (UINT32_C(1) << 0)
#define GEM_INT_FRAMERX (UINT32_C(1) << 1)
#define GEM_INT_RXUSED  (UINT32_C(1) << 2)
#define GEM_INT_TXUSED  (UINT32_C(1) << 3)
#define GEM_INT_TXCOMPL (UINT32_C(1) << 7)
#define GEM_INT_HRESP   (UINT32_C(1) << 11)
#define GEM_INT_ALL     UINT32_C(0x07ffffff)

/* PHY maintenance: as the frame on the management bus. */
#define GEM_PHYMNTNC          0x034
#define GEM_PHYMNTNC_22       (UINT32_C(1) << 30)
#define GEM_PHYMNTNC_READ     (UINT32_C(2) << 28)
#define GEM_PHYMNTNC_OP_MASK  (UINT32_C(3) << 28)
#define GEM_PHYMNTNC_PA_SHIFT 23
#define GEM_PHYMNTNC_RA_SHIFT 18
#define GEM_PHYMNTNC_10       (UINT32_C(2) << 16)

/* Hash filter, and four station addresses: bottom (bytes 0..3, first byte lowest), then top. */
#define GEM_HASHL       0x080
#define GEM_HASHH       0x084
#define GEM_LADDR1L     0x088
#define GEM_LADDR1H     0x08c
#define GEM_LADDR_COUNT 4

/* Statistics: 44 registers, of which a few are counted here; a read clears. */
#define GEM_STATS_BEGIN 0x100
#define GEM_STATS_END   0x1b0
#define GEM_OCTTXL      0x100
#define GEM_TXCNT       0x108
#define GEM_TXBCCNT     0x10c
#define GEM_TXMCCNT     0x110
#define GEM_OCTRXL      0x150
#define GEM_RXCNT       0x158
#define GEM_RXBCCNT     0x15c
#define GEM_RXMCCNT     0x160
#define GEM_RXUNDRCNT   0x184
#define GEM_RXOVRCNT    0x188
#define GEM_RXRESERRCNT 0x1a0

/*
 * Buffer descriptor with 64-bit addresses. In a receive descriptor OWN says that it is the
 * software's, as USED does in a transmit descriptor; so a descriptor of zeros is the MAC's.
 */
struct gem_descriptor {
    uint32_t addr;
    uint32_t stat;
    uint32_t addr_hi;
    uint32_t unused;
};
_Static_assert(sizeof(struct gem_descriptor) == 16, "as the part has it");

#define GEM_RX_ADDR_OWN  (UINT32_C(1) << 0)
#define GEM_RX_ADDR_WRAP (UINT32_C(1) << 1)
#define GEM_RX_ADDR_MASK (~UINT32_C(3))
#define GEM_RX_LEN_MASK  UINT32_C(0x1fff)
#define GEM_RX_SOF       (UINT32_C(1) << 14)
#define GEM_RX_EOF       (UINT32_C(1) << 15)
#define GEM_RX_BCAST     (UINT32_C(1) << 31)
#define GEM_RX_MCAST     (UINT32_C(1) << 30)
#define GEM_TX_USED      (UINT32_C(1) << 31)
#define GEM_TX_WRAP      (UINT32_C(1) << 30)
#define GEM_TX_LAST      (UINT32_C(1) << 15)
#define GEM_TX_LEN_MASK  UINT32_C(0x3fff)

#define GEM_RING_SPARE 1 /* for the list of queue 1, one descriptor at the end of a ring */
#endif
