/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_DEVICE_EQOS_H
#define COMPONENTS_DEVICE_EQOS_H
/*
 * Datasheet of the Synopsys DesignWare Ethernet QoS MAC 5.10a, as the model and its driver see it.
 * Names and bits are those of the i.MX 8M Plus Applications Processor Reference Manual, chapter
 * "Ethernet Quality-of-Service (ENET_QOS)". Registers are 32 bits wide and little-endian. One
 * channel and one queue in each direction.
 */
#include <stdint.h>

/* -- the MAC -- */
#define EQOS_MAC_CONFIGURATION 0x0000
#define EQOS_MAC_RE            (UINT32_C(1) << 0)
#define EQOS_MAC_TE            (UINT32_C(1) << 1)
#define EQOS_MAC_DM            (UINT32_C(1) << 13)
#define EQOS_MAC_FES           (UINT32_C(1) << 14)
#define EQOS_MAC_PS            (UINT32_C(1) << 15)
#define EQOS_MAC_JE            (UINT32_C(1) << 16)
#define EQOS_MAC_ACS           (UINT32_C(1) << 20) /* strip pad and FCS of short frames */
#define EQOS_MAC_CST           (UINT32_C(1) << 21) /* ... of the others */
#define EQOS_MAC_IPC           (UINT32_C(1) << 27)
#define EQOS_MAC_PACKET_FILTER 0x0008
#define EQOS_FILTER_PR         (UINT32_C(1) << 0)
#define EQOS_FILTER_RESERVED   UINT32_C(0x7fcef800)
#define EQOS_MAC_Q0_TX_FLOW    0x0070
#define EQOS_MAC_RXQ_CTRL0     0x00a0
#define EQOS_RXQ0_DCB          UINT32_C(2) /* queue 0 on, for all traffic */
#define EQOS_RXQ0_EN_MASK      UINT32_C(3)
#define EQOS_MAC_PHYIF         0x00f8
#define EQOS_PHYIF_LINK        (UINT32_C(1) << 19)
#define EQOS_MAC_VERSION       0x0110
#define EQOS_MAC_HW_FEATURE0   0x011c
#define EQOS_MAC_HW_FEATURE1   0x0120 /* FIFO sizes: 128 << bits 4:0 (receive), 10:6 (transmit) */
#define EQOS_FIFO_8K           UINT32_C(6)
#define EQOS_MAC_ADDRESS0_HIGH 0x0300 /* bytes 4, 5; AE */
#define EQOS_ADDRESS_AE        (UINT32_C(1) << 31)
#define EQOS_MAC_ADDRESS0_LOW  0x0304

/* -- its queues -- */
#define EQOS_MTL_RXQ_DMA_MAP0  0x0c30
#define EQOS_RXQ0_CHANNEL_MASK UINT32_C(7) /* of queue 0 */
#define EQOS_MTL_TXQ0_OPMODE   0x0d00
#define EQOS_TXQ0_RESERVED     UINT32_C(0xfe00ff80)
#define EQOS_TXQ0_FTQ          (UINT32_C(1) << 0) /* flushes the queue, and clears itself */
#define EQOS_TXQ0_TSF          (UINT32_C(1) << 1)
#define EQOS_TXQ0_ON           (UINT32_C(2) << 2)
#define EQOS_TXQ0_EN_MASK      (UINT32_C(3) << 2)
#define EQOS_TXQ0_SIZE_SHIFT   16 /* in units, less one */
#define EQOS_TXQ0_SIZE_MASK    UINT32_C(0x1ff)
#define EQOS_QUEUE_UNIT        256
#define EQOS_FRAME_BYTES_MAX   1522 /* with a tag and the FCS */
#define EQOS_MTL_RXQ0_OPMODE   0x0d30
#define EQOS_RXQ0_RSF          (UINT32_C(1) << 5)
#define EQOS_RXQ0_SIZE_SHIFT   20
#define EQOS_RXQ0_SIZE_MASK    UINT32_C(0x3ff)

/* -- its DMA -- */
#define EQOS_DMA_MODE         0x1000
#define EQOS_DMA_MODE_SWR     UINT32_C(1) /* resets all, and clears itself */
#define EQOS_DMA_SYSBUS_MODE  0x1004
#define EQOS_DMA_CONTROL      0x1100
#define EQOS_DMA_TX_CONTROL   0x1104
#define EQOS_DMA_TX_ST        (UINT32_C(1) << 0)
#define EQOS_DMA_TX_OSF       (UINT32_C(1) << 4)
#define EQOS_DMA_RX_CONTROL   0x1108
#define EQOS_DMA_RX_SR        (UINT32_C(1) << 0)
#define EQOS_DMA_RBSZ_SHIFT   1
#define EQOS_DMA_RBSZ_MASK    UINT32_C(0x3fff)
#define EQOS_DMA_TX_LIST_HIGH 0x1110
#define EQOS_DMA_TX_LIST      0x1114
#define EQOS_DMA_RX_LIST_HIGH 0x1118
#define EQOS_DMA_RX_LIST      0x111c
#define EQOS_DMA_TX_TAIL      0x1120 /* writing it is the doorbell */
#define EQOS_DMA_RX_TAIL      0x1128
#define EQOS_DMA_TX_LENGTH    0x112c /* of the ring, less one */
#define EQOS_DMA_RX_LENGTH    0x1130
#define EQOS_DMA_INT_EN       0x1134
#define EQOS_DMA_STATUS       0x1160

/* Events: bits of status and enable. */
#define EQOS_INT_TI       (UINT32_C(1) << 0)
#define EQOS_INT_TBU      (UINT32_C(1) << 2)
#define EQOS_INT_RI       (UINT32_C(1) << 6)
#define EQOS_INT_RBU      (UINT32_C(1) << 7)
#define EQOS_INT_FBE      (UINT32_C(1) << 12)
#define EQOS_INT_AIS      (UINT32_C(1) << 14)
#define EQOS_INT_NIS      (UINT32_C(1) << 15)
#define EQOS_INT_RESERVED UINT32_C(0xffff0038)

/*
 * Descriptor. Whose it is is told by the top bit of `des3`. The DMA writes all of it when it hands
 * it back, the address of the buffer included.
 */
struct eqos_descriptor {
    uint32_t addr_lo, addr_hi, des2, des3;
};
_Static_assert(sizeof(struct eqos_descriptor) == 16, "as the part has it");

#define EQOS_DES3_OWN   (UINT32_C(1) << 31)
#define EQOS_DES3_CTXT  (UINT32_C(1) << 30) /* of a frame, not a buffer */
#define EQOS_DES3_FD    (UINT32_C(1) << 29)
#define EQOS_DES3_LD    (UINT32_C(1) << 28)
#define EQOS_RX_IOC     (UINT32_C(1) << 30)
#define EQOS_RX_BUF1V   (UINT32_C(1) << 24)
#define EQOS_RX_ES      (UINT32_C(1) << 15) /* with an error */
#define EQOS_RX_LEN     UINT32_C(0x7fff)
#define EQOS_TX_IOC     (UINT32_C(1) << 31) /* in des2, as is the buffer's length */
#define EQOS_TX_BUF_LEN UINT32_C(0x3fff)
#endif
