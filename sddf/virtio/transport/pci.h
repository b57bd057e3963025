/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_VIRTIO_TRANSPORT_PCI_H
#define SDDF_VIRTIO_TRANSPORT_PCI_H
/*
 * A virtio device on the PCI bus, VIRTIO 1.2 section 4.1: which devices there are, the capabilities
 * by which a device tells where its structures lie, and the common one of these. Drivers include it
 * whatever their transport, for the numbers.
 */
#include <stdint.h>

#define VIRTIO_PCI_VEN_ID     0x1af4
#define VIRTIO_NET_PCI_DEV_ID 0x1000
#define VIRTIO_BLK_PCI_DEV_ID 0x1001

/* cap_vndr of all of them. */
#define PCI_CAP_ID_VNDR 9

/* cfg_type. */
#define VIRTIO_PCI_CAP_COMMON_CFG        1
#define VIRTIO_PCI_CAP_NOTIFY_CFG        2
#define VIRTIO_PCI_CAP_ISR_CFG           3
#define VIRTIO_PCI_CAP_DEVICE_CFG        4
#define VIRTIO_PCI_CAP_PCI_CFG           5
#define VIRTIO_PCI_CAP_SHARED_MEMORY_CFG 8
#define VIRTIO_PCI_CAP_VENDOR_CFG        9

/* In configuration space: which BAR holds a structure, and where in it. */
typedef volatile struct __attribute__((__packed__, __aligned__(4))) virtio_pci_cap {
    uint8_t cap_vndr;
    uint8_t cap_next;
    uint8_t cap_len; /* bytes */
    uint8_t cfg_type;
    uint8_t bar;
    uint8_t id;
    uint8_t padding[2];
    uint32_t offset;
    uint32_t length;
} virtio_pci_cap_t;

typedef volatile struct __attribute__((__packed__, __aligned__(4))) virtio_pci_cap64 {
    virtio_pci_cap_t cap;
    uint32_t offset_hi;
    uint32_t length_hi;
} virtio_pci_cap64_t;

typedef volatile struct __attribute__((__packed__, __aligned__(8))) virtio_pci_common_cfg {
    uint32_t device_feature_select;
    uint32_t device_feature;
    uint32_t driver_feature_select;
    uint32_t driver_feature;
    uint16_t config_msix_vector;
    uint16_t num_queues;
    uint8_t device_status;
    uint8_t config_generation;
    /* Of the queue that is selected. */
    uint16_t queue_select;
    uint16_t queue_size;
    uint16_t queue_msix_vector;
    uint16_t queue_enable;
    uint16_t queue_notify_off;
    uint64_t queue_desc;
    uint64_t queue_driver;
    uint64_t queue_device;
} virtio_pci_common_cfg_t;
#endif
