/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_DEVICE_VIRTIO_H
#define COMPONENTS_DEVICE_VIRTIO_H
/*
 * Datasheet of a virtio network device as the models and their drivers see it: Virtual I/O Device
 * (VIRTIO) Version 1.1, OASIS. The section named is where a thing is described. Everything is
 * little-endian.
 */
#include <stdint.h>

/* Device status, section 2.1. Bits are only ever added, until 0 resets the device. */
#define VIRTIO_STATUS_ACKNOWLEDGE 1u
#define VIRTIO_STATUS_DRIVER      2u
#define VIRTIO_STATUS_DRIVER_OK   4u
#define VIRTIO_STATUS_FEATURES_OK 8u
#define VIRTIO_STATUS_NEEDS_RESET 0x40u /* set by the device: it has stopped */
#define VIRTIO_STATUS_FAILED      0x80u

/* Why it interrupts: the same bits in both transports. */
#define VIRTIO_ISR_QUEUE  1u /* a used buffer */
#define VIRTIO_ISR_CONFIG 2u /* the configuration, or NEEDS_RESET, has changed */

/* Features, section 5.1.3 and 6: bit numbers. Chosen 32 at a time. */
#define VIRTIO_NET_F_MAC    5 /* the configuration holds the station address */
#define VIRTIO_NET_F_STATUS 16
#define VIRTIO_F_VERSION_1  32 /* not the legacy interface */
#define VIRTIO_F_IN_ORDER   35 /* chains are used in the order they were made available in */

/* Split virtqueue, section 2.6. The table of descriptors, ... */
struct virtio_descriptor {
    uint64_t io_addr;
    uint32_t len;
    uint16_t flags;
    uint16_t next;
};
_Static_assert(sizeof(struct virtio_descriptor) == 16, "as the standard has it");

#define VIRTIO_DESC_NEXT     1u /* the chain goes on at `next` */
#define VIRTIO_DESC_WRITE    2u /* for the device to write to */
#define VIRTIO_DESC_INDIRECT 4u
#define VIRTIO_DESC_ALIGN    16

/* ... what the driver makes available: heads of chains, behind a header, ... */
struct virtio_ring_header {
    uint16_t flags;
    uint16_t idx; /* where the next entry goes, modulo the queue's size; free-running */
};
#define VIRTIO_AVAIL_NO_INTERRUPT 1u
#define VIRTIO_AVAIL_ALIGN        2

/* ... and what the device has used, behind the same header. */
struct virtio_used {
    uint32_t id;
    uint32_t len; /* written */
};
#define VIRTIO_USED_NO_NOTIFY 1u
#define VIRTIO_USED_ALIGN     4

#define VIRTIO_QUEUE_MAX 32768 /* entries, a power of two */

/* Network device, section 5.1: queue 0 receives, queue 1 transmits. */
#define VIRTIO_DEVICE_NET 1
#define VIRTIO_NET_RX     0
#define VIRTIO_NET_TX     1

/* Before each frame, section 5.1.6; `num_buffers` only where VERSION_1 was agreed on. */
struct virtio_net_header {
    uint8_t flags, gso_type;
    uint16_t hdr_len, gso_size, csum_start, csum_offset;
    uint16_t num_buffers;
};
#define VIRTIO_NET_HEADER_BYTES        12
#define VIRTIO_NET_LEGACY_HEADER_BYTES 10

/* Its configuration, section 5.1.4. */
#define VIRTIO_NET_CONFIG_MAC    0
#define VIRTIO_NET_CONFIG_STATUS 6 /* 16 bits; bit 0: link up */
#define VIRTIO_NET_CONFIG_BYTES  8

/* ---- Registers in memory, section 4.2.2: 32 bits each, but for the configuration ---- */

struct virtio_mmio {
    uint32_t MagicValue, Version, DeviceID, VendorID;
    uint32_t DeviceFeatures, DeviceFeaturesSel, reserved_018[2];
    uint32_t DriverFeatures, DriverFeaturesSel, reserved_028[2];
    uint32_t QueueSel, QueueNumMax, QueueNum, reserved_03c[2], QueueReady, reserved_048[2];
    uint32_t QueueNotify, reserved_054[3];
    uint32_t InterruptStatus, InterruptACK, reserved_068[2];
    uint32_t Status, reserved_074[3];
    uint32_t QueueDescLow, QueueDescHigh, reserved_088[2];
    uint32_t QueueDriverLow, QueueDriverHigh, reserved_098[2];
    uint32_t QueueDeviceLow, QueueDeviceHigh, reserved_0a8[21];
    uint32_t ConfigGeneration;
    uint8_t Config[];
};
_Static_assert(sizeof(struct virtio_mmio) == 0x100, "as the standard has it");

#define VIRTIO_MMIO_BYTES   4096
#define VIRTIO_MMIO_MAGIC   0x74726976u /* "virt" */
#define VIRTIO_MMIO_VERSION 2
#define VIRTIO_VENDOR       0x554d4551u /* as QEMU's */
#endif
