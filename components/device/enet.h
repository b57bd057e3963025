/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_DEVICE_ENET_H
#define COMPONENTS_DEVICE_ENET_H
/*
 * Datasheet of the ENET gigabit MAC (FEC) as the model and its driver see it. Names, offsets and
 * bits are those of the i.MX 8M Mini Applications Processor Reference Manual, chapter "Ethernet MAC
 * (ENET)": the section named after a register is where it is described. Registers are 32 bits wide
 * and little-endian; wider or narrower accesses are not supported by the part. Only the legacy
 * buffer descriptors are used here (ECR[EN1588] clear).
 */
#include <stdint.h>

#define ENET_REGS_BYTES 0x10000 /* the window a device tree gives it */
#define ENET_REGS_END   0x800   /* nothing is implemented from here on */

/* Interrupt event and mask, ENET_EIR and ENET_EIMR: a 1 written to EIR clears that bit. */
#define ENET_EIR       0x004
#define ENET_EIMR      0x008
#define ENET_EIR_BABR  (UINT32_C(1) << 30) /* received frame longer than RCR[MAX_FL] */
#define ENET_EIR_BABT  (UINT32_C(1) << 29) /* transmitted frame longer than RCR[MAX_FL] */
#define ENET_EIR_GRA   (UINT32_C(1) << 28) /* graceful stop complete */
#define ENET_EIR_TXF   (UINT32_C(1) << 27) /* frame sent, its last descriptor updated */
#define ENET_EIR_TXB   (UINT32_C(1) << 26) /* a transmit descriptor updated */
#define ENET_EIR_RXF   (UINT32_C(1) << 25) /* frame received, its last descriptor updated */
#define ENET_EIR_RXB   (UINT32_C(1) << 24) /* a receive descriptor, not its frame's last, updated */
#define ENET_EIR_MII   (UINT32_C(1) << 23) /* MDIO transfer complete */
#define ENET_EIR_EBERR (UINT32_C(1) << 22) /* bus error during DMA; ECR[ETHEREN] is now clear */

/*
 * Descriptor active, ENET_RDAR and ENET_TDAR: written, whatever the value, when descriptors were
 * handed over. Reads as set until the MAC meets a descriptor that it does not own.
 */
#define ENET_RDAR       0x010
#define ENET_TDAR       0x014
#define ENET_DAR_ACTIVE (UINT32_C(1) << 24)

/* Control, ENET_ECR. */
#define ENET_ECR          0x024
#define ENET_ECR_RESET    (UINT32_C(1) << 0) /* clears itself */
#define ENET_ECR_ETHEREN  (UINT32_C(1) << 1)
#define ENET_ECR_EN1588   (UINT32_C(1) << 4) /* enhanced, 32-byte descriptors */
#define ENET_ECR_SPEED    (UINT32_C(1) << 5) /* 1000 Mbit/s rather than 10 or 100 */
#define ENET_ECR_DBSWP    (UINT32_C(1) << 8) /* descriptors are little-endian */
#define ENET_ECR_PRESET   UINT32_C(0xf0000000)
#define ENET_ECR_RESERVED UINT32_C(0x0ffff080)

/*
 * MII management: frame register ENET_MMFR and clock ENET_MSCR, which must not be 0 for a transfer
 * to happen.
 */
#define ENET_MMFR          0x040
#define ENET_MSCR          0x044
#define ENET_MSCR_SPEED    UINT32_C(0x7e)
#define ENET_MMFR_ST       (UINT32_C(1) << 30)
#define ENET_MMFR_ST_MASK  (UINT32_C(3) << 30)
#define ENET_MMFR_OP_READ  (UINT32_C(2) << 28)
#define ENET_MMFR_OP_WRITE (UINT32_C(1) << 28)
#define ENET_MMFR_OP_MASK  (UINT32_C(3) << 28)
#define ENET_MMFR_PA_SHIFT 23
#define ENET_MMFR_RA_SHIFT 18
#define ENET_MMFR_TA       (UINT32_C(2) << 16)

/*
 * Statistics control, ENET_MIBC. IDLE is read-only; CLEAR empties the counters for as long as it is
 * set.
 */
#define ENET_MIBC          0x064
#define ENET_MIBC_DIS      (UINT32_C(1) << 31)
#define ENET_MIBC_IDLE     (UINT32_C(1) << 30)
#define ENET_MIBC_CLEAR    (UINT32_C(1) << 29)
#define ENET_MIBC_RESERVED UINT32_C(0x1fffffff)

/*
 * Receive control, ENET_RCR. MAX_FL counts from the destination address to the FCS, both included.
 */
#define ENET_RCR              0x084
#define ENET_RCR_MII_MODE     (UINT32_C(1) << 2) /* must be set */
#define ENET_RCR_PROM         (UINT32_C(1) << 3)
#define ENET_RCR_BC_REJ       (UINT32_C(1) << 4)
#define ENET_RCR_RGMII_EN     (UINT32_C(1) << 6)
#define ENET_RCR_PADEN        (UINT32_C(1) << 12)
#define ENET_RCR_CRCFWD       (UINT32_C(1) << 14) /* strip the FCS from received frames */
#define ENET_RCR_MAX_FL_SHIFT 16
#define ENET_RCR_MAX_FL_MASK  UINT32_C(0x3fff)
#define ENET_RCR_PRESET       UINT32_C(0x05ee0001)
#define ENET_RCR_RESERVED     UINT32_C(0x00000c80)

/* Transmit control, ENET_TCR. */
#define ENET_TCR          0x0c4
#define ENET_TCR_GTS      (UINT32_C(1) << 0) /* stop after the present frame */
#define ENET_TCR_FDEN     (UINT32_C(1) << 2) /* full duplex */
#define ENET_TCR_RESERVED UINT32_C(0xfffffc02)

/*
 * Station address, ENET_PALR (bytes 0..3, first byte on top) and ENET_PAUR (bytes 4, 5 in the upper
 * half).
 */
#define ENET_PALR      0x0e4
#define ENET_PAUR      0x0e8
#define ENET_PAUR_TYPE UINT32_C(0x8808) /* lower half, read-only: type of pause frames */
#define ENET_OPD       0x0ec
#define ENET_OPD_CODE  UINT32_C(0x00010000) /* upper half, read-only: opcode of pause frames */

/* Interrupt coalescing, ENET_TXICn and ENET_RXICn, n in 0..2; ring 0 is the only one here. */
#define ENET_TXIC0           0x0f0
#define ENET_RXIC0           0x100
#define ENET_IC_EN           (UINT32_C(1) << 31)
#define ENET_IC_CS           (UINT32_C(1) << 30) /* count the system clock instead */
#define ENET_IC_FT_SHIFT     20                  /* frames, not 0 */
#define ENET_IC_FT_MASK      UINT32_C(0xff)
#define ENET_IC_TT_MASK      UINT32_C(0xffff) /* time, not 0, in units of ... */
#define ENET_IC_TT_CLOCKS    64               /* ... clocks */
#define ENET_SYSTEM_CLOCK_HZ UINT64_C(266000000)
#define ENET_GIGABIT_TX_HZ   UINT64_C(125000000)
#define ENET_100M_TX_HZ      UINT64_C(25000000)

/*
 * Hash filters: individual (IAUR, IALR) and group (GAUR, GALR). The upper 6 bits of the CRC-32 of
 * the destination address select the bit: 32 and above in the register with the U.
 */
#define ENET_IAUR 0x118
#define ENET_IALR 0x11c
#define ENET_GAUR 0x120
#define ENET_GALR 0x124

#define ENET_TFWR          0x144
#define ENET_TFWR_STRFWD   (UINT32_C(1) << 8) /* store and forward */
#define ENET_TFWR_RESERVED UINT32_C(0xfffffec0)

/* Descriptor rings of ring 0 and the size of every receive buffer. */
#define ENET_RDSR      0x180
#define ENET_TDSR      0x184
#define ENET_DSR_MASK  (~UINT32_C(7))
#define ENET_MRBR      0x188
#define ENET_MRBR_MASK UINT32_C(0x3ff0)

/* FIFO thresholds and the like: stored, without effect on the model. */
#define ENET_RSFL 0x190
#define ENET_RSEM 0x194
#define ENET_RAEM 0x198
#define ENET_RAFL 0x19c
#define ENET_TSEM 0x1a0
#define ENET_TAEM 0x1a4
#define ENET_TAFL 0x1a8
#define ENET_TIPG 0x1ac
#define ENET_FTRL 0x1b0

/* Checksum acceleration. */
#define ENET_TACC         0x1c0
#define ENET_TACC_IPCHK   (UINT32_C(1) << 3) /* insert the IPv4 header checksum */
#define ENET_TACC_PROCHK  (UINT32_C(1) << 4) /* insert the TCP, UDP or ICMP checksum */
#define ENET_RACC         0x1c4
#define ENET_RACC_IPDIS   (UINT32_C(1) << 1) /* discard frames with a wrong IPv4 header checksum */
#define ENET_RACC_PRODIS  (UINT32_C(1) << 2) /* ... with a wrong protocol checksum */
#define ENET_RACC_LINEDIS (UINT32_C(1) << 6) /* ... with a line error */

/* Statistics (MIB block). */
#define ENET_MIB_BEGIN        0x200
#define ENET_MIB_END          0x300
#define ENET_RMON_T_DROP      0x200
#define ENET_RMON_T_PACKETS   0x204
#define ENET_RMON_T_BC_PKT    0x208
#define ENET_RMON_T_MC_PKT    0x20c
#define ENET_RMON_T_OVERSIZE  0x218
#define ENET_RMON_T_P64       0x228 /* first of seven classes: to 64, 127, 255, ... 2047, more */
#define ENET_RMON_T_OCTETS    0x244
#define ENET_IEEE_T_FRAME_OK  0x24c
#define ENET_IEEE_T_MACERR    0x264
#define ENET_IEEE_T_OCTETS_OK 0x274
#define ENET_RMON_R_PACKETS   0x284
#define ENET_RMON_R_BC_PKT    0x288
#define ENET_RMON_R_MC_PKT    0x28c
#define ENET_RMON_R_CRC_ALIGN 0x290
#define ENET_RMON_R_UNDERSIZE 0x294
#define ENET_RMON_R_OVERSIZE  0x298
#define ENET_RMON_R_P64       0x2a8
#define ENET_RMON_R_OCTETS    0x2c4
#define ENET_IEEE_R_DROP      0x2c8
#define ENET_IEEE_R_FRAME_OK  0x2cc
#define ENET_IEEE_R_CRC       0x2d0
#define ENET_IEEE_R_MACERR    0x2d8 /* receive FIFO overflow: here, no descriptor */
#define ENET_IEEE_R_OCTETS_OK 0x2e0

/*
 * Legacy buffer descriptor, sections "Legacy receive/transmit buffer descriptor". The owner of a
 * descriptor is told by the top bit of `stat`, so `stat` is written last when it changes hands.
 */
struct enet_descriptor {
    uint16_t len;
    uint16_t stat;
    uint32_t io_addr;
};
_Static_assert(sizeof(struct enet_descriptor) == 8, "as the part has it");

#define ENET_DESC_OWNED  0x8000 /* E (receive) or R (transmit): the MAC's */
#define ENET_DESC_WRAP   0x2000 /* the ring ends here */
#define ENET_DESC_LAST   0x0800 /* L: the frame ends here */
#define ENET_RX_MISS     0x0100 /* M: taken only because of promiscuous mode */
#define ENET_RX_BC       0x0080
#define ENET_RX_MC       0x0040
#define ENET_RX_SOFTWARE 0x5000 /* RO1, RO2: kept for software */
#define ENET_TX_TC       0x0400 /* append the FCS */

#define ENET_RX_ALIGN 64 /* of a receive buffer */
#endif
