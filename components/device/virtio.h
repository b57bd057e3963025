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

/* ---- On the PCI bus, section 4.1: capabilities tell where in a BAR each of these lies ---- */

struct virtio_pci_common {
    uint32_t device_feature_select, device_feature, driver_feature_select, driver_feature;
    uint16_t config_msix_vector, num_queues;
    uint8_t device_status, config_generation;
    uint16_t queue_select, queue_size, queue_msix_vector, queue_enable, queue_notify_off;
    uint64_t queue_desc, queue_driver, queue_device;
};
_Static_assert(sizeof(struct virtio_pci_common) == 56, "as the standard has it");

struct virtio_pci_capability {
    uint8_t id, next, bytes, type, bar, padding[3];
    uint32_t offset, length;
};
#define VIRTIO_PCI_CAP_VENDOR 9 /* its id */
#define VIRTIO_PCI_CAP_COMMON 1 /* types */
#define VIRTIO_PCI_CAP_NOTIFY 2 /* with 4 bytes more, by which queue_notify_off is multiplied */
#define VIRTIO_PCI_CAP_ISR    3 /* a read clears */
#define VIRTIO_PCI_CAP_DEVICE 4

#define VIRTIO_PCI_VENDOR_ID     0x1af4
#define VIRTIO_PCI_NET_DEVICE_ID 0x1000 /* transitional */

/*
 * As the x86 system has it that drivers are written for, and they know without being told: bus 0,
 * device 2, function 0; the BAR in the driver's memory with one page for each structure; rings; the
 * interrupt; and the two ports of configuration space, each a range of its own.
 */
#define VIRTIO_PCI_DEVICE          2
#define VIRTIO_PCI_BAR             4
#define VIRTIO_PCI_BAR_BYTES       0x4000
#define VIRTIO_PCI_BAR_VADDR       0x60000000
#define VIRTIO_PCI_ISR             0x1000
#define VIRTIO_PCI_CONFIG          0x2000
#define VIRTIO_PCI_NOTIFY          0x3000
#define VIRTIO_PCI_MULTIPLIER      4
#define VIRTIO_PCI_RINGS_VADDR     0x70000000
#define VIRTIO_PCI_RINGS_IO        0x7a000000
#define VIRTIO_PCI_IRQ             16
#define VIRTIO_PCI_ADDRESS_PORT    0xcf8
#define VIRTIO_PCI_ADDRESS_PORT_ID 1
#define VIRTIO_PCI_DATA_PORT       0xcfc
#define VIRTIO_PCI_DATA_PORT_ID    2

/* Written to the address port: which function's configuration space, and where in it. */
#define VIRTIO_PCI_ADDRESS(bus, device, function, offset)                   \
    (UINT32_C(1) << 31 | (uint32_t)(bus) << 16 | (uint32_t)(device) << 11 | \
     (uint32_t)(function) << 8 | ((uint32_t)(offset)&0xfc))

/* Configuration space. */
#define PCI_VENDOR_ID           0x00
#define PCI_DEVICE_ID           0x02
#define PCI_COMMAND             0x04
#define PCI_COMMAND_MEMORY      0x0002u
#define PCI_COMMAND_MASTER      0x0004u
#define PCI_STATUS              0x06
#define PCI_STATUS_CAPABILITIES 0x0010u
#define PCI_REVISION            0x08
#define PCI_SUBCLASS            0x0a
#define PCI_CLASS               0x0b
#define PCI_BAR0                0x10
#define PCI_BAR_MEMORY_64       0xcu /* in its lowest bits: 64 bits wide, prefetchable */
#define PCI_SUBSYSTEM_VENDOR    0x2c
#define PCI_SUBSYSTEM           0x2e
#define PCI_CAPABILITIES        0x34
#define PCI_INTERRUPT_LINE      0x3c
#define PCI_INTERRUPT_PIN       0x3d
#endif
