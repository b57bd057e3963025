/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_DEVICE_GENET_H
#define COMPONENTS_DEVICE_GENET_H
/*
 * Datasheet of the Broadcom GENET v5 gigabit MAC, as it is in the BCM2711, as the model and its
 * driver see it. There is no public manual; offsets and bits are those that published drivers have
 * in common. Registers are 32 bits wide and little-endian. Descriptors are registers, too: memory
 * inside the part.
 */
#include <stdint.h>

#define GENET_REGS_BYTES 0x10000
#define GENET_SLOTS      256

/* Memory that drivers are given with it (videocore.h): regions 1 and 2, which it does not use, and
 * 3, for messages to the firmware. */
#define GENET_RING_BYTES    0x8000
#define GENET_MESSAGE_BYTES 0x1000

/* SYS and EXT. */
#define GENET_REV              0x0000
#define GENET_REV_5            UINT32_C(0x06000000) /* as the part counts, major 6 */
#define GENET_PORT_CTRL        0x0004
#define GENET_PORT_EXT_GPHY    UINT32_C(3)
#define GENET_RBUF_FLUSH       0x0008
#define GENET_RBUF_FLUSH_RESET (UINT32_C(1) << 1)
#define GENET_RGMII_OOB        0x008c
#define GENET_OOB_LINK         (UINT32_C(1) << 4)
#define GENET_OOB_MODE_EN      (UINT32_C(1) << 6)

/* Interrupts: pending, a 1 clears, the mask, a 1 sets it, a 1 opens it. */
#define GENET_INT_STAT       0x0200
#define GENET_INT_CLEAR      0x0208
#define GENET_INT_MASK       0x020c
#define GENET_INT_MASK_SET   0x0210
#define GENET_INT_MASK_CLEAR 0x0214
#define GENET_INT_RX         (UINT32_C(1) << 13)
#define GENET_INT_TX         (UINT32_C(1) << 16)

#define GENET_RBUF_CTRL  0x0300
#define GENET_RBUF_ALIGN (UINT32_C(1) << 1) /* frames begin two bytes into their buffer */
#define GENET_TBUF_SIZE  0x03b4

/* UMAC, the MAC proper. */
#define GENET_CMD            0x0808
#define GENET_CMD_TX_EN      (UINT32_C(1) << 0)
#define GENET_CMD_RX_EN      (UINT32_C(1) << 1)
#define GENET_CMD_1000       (UINT32_C(2) << 2)
#define GENET_CMD_SPEED_MASK (UINT32_C(3) << 2)
#define GENET_CMD_PROMISC    (UINT32_C(1) << 4)
#define GENET_CMD_CRC_FWD    (UINT32_C(1) << 6)
#define GENET_CMD_SW_RESET   (UINT32_C(1) << 13)
#define GENET_MAC0           0x080c /* bytes 0..3, first byte on top */
#define GENET_MAC1           0x0810 /* bytes 4, 5 */
#define GENET_MAX_FRAME      0x0814
#define GENET_TX_FLUSH       0x0b34
#define GENET_MIB_CTRL       0x0d80
#define GENET_MDIO           0x0e14
#define GENET_MDIO_BUSY      (UINT32_C(1) << 29)
#define GENET_MDIO_READ      (UINT32_C(2) << 26)
#define GENET_MDIO_OP_MASK   (UINT32_C(3) << 26)
#define GENET_MDIO_PA        21
#define GENET_MDIO_RA        16
#define GENET_MDF_CTRL       0x0e50

/* One descriptor. */
struct genet_descriptor {
    uint32_t status, addr_lo, addr_hi;
};
_Static_assert(sizeof(struct genet_descriptor) == 12, "as the part has it");

#define GENET_LEN_SHIFT 16
#define GENET_LEN_MASK  UINT32_C(0xfff)
#define GENET_EOP       UINT32_C(0x4000)
#define GENET_SOP       UINT32_C(0x2000)
#define GENET_TX_QTAG   (UINT32_C(0x3f) << 7)
#define GENET_TX_CRC    UINT32_C(0x0040) /* append the FCS */
#define GENET_RX_BCAST  UINT32_C(0x0040)
#define GENET_RX_MCAST  UINT32_C(0x0020)

/*
 * A ring. `device_index` and `driver_index` count descriptors modulo 2^16. To receive, the device
 * produces and the driver consumes; as many as the ring has, less those produced and not yet
 * consumed, are the device's. To send, the driver produces, and what the device has not consumed
 * yet is the device's.
 */
struct genet_ring {
    uint32_t device_pointer, device_pointer_hi, device_index, driver_index, buf_size;
    uint32_t start, start_hi, end, end_hi, mbuf_done, flow, driver_pointer, driver_pointer_hi;
    uint32_t reserved[3];
};
_Static_assert(sizeof(struct genet_ring) == 64, "as the part has it");
#define GENET_INDEX_MASK         UINT32_C(0xffff)
#define GENET_BUF_SIZE(n, bytes) ((uint32_t)(n) << 16 | (bytes))
#define GENET_LAST_WORD          (GENET_SLOTS * 3 - 1) /* for `end` */

/* One direction: descriptors, 17 rings, of which the last is the one that is used, and control. */
struct genet_dma {
    struct genet_descriptor descriptors[GENET_SLOTS];
    struct genet_ring rings[17];
    uint32_t ring_cfg, ctrl, status, burst;
};
#define GENET_RX             0x2000
#define GENET_TX             0x4000
#define GENET_RING           16
#define GENET_RING_CFG       (UINT32_C(1) << GENET_RING)
#define GENET_CTRL_EN        UINT32_C(1)
#define GENET_CTRL_RING      (UINT32_C(1) << (GENET_RING + 1))
#define GENET_STATUS_STOPPED UINT32_C(1)
#define GENET_BURST          8
#endif
