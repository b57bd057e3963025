/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Driver of a virtio network device on the PCI bus of a PC; the rest is in virtio_driver.h. Where
 * things are is agreed on between it and the system it is part of, and not told (virtio.h).
 */
#include <stddef.h>

#include <microkit.h>

#include "components/network/virtio_driver.h"

static volatile struct virtio_pci_common *common;
static volatile uint8_t *isr;

static char *bar(uint32_t offset)
{
    return (char *)(uintptr_t)VIRTIO_PCI_BAR_VADDR + offset;
}

static uint32_t space_read(unsigned int offset)
{
    microkit_x86_ioport_write_32(VIRTIO_PCI_ADDRESS_PORT_ID, VIRTIO_PCI_ADDRESS_PORT,
                                 VIRTIO_PCI_ADDRESS(0, VIRTIO_PCI_DEVICE, 0, offset));
    return microkit_x86_ioport_read_32(VIRTIO_PCI_DATA_PORT_ID, VIRTIO_PCI_DATA_PORT);
}

static void space_write(unsigned int offset, uint32_t value)
{
    microkit_x86_ioport_write_32(VIRTIO_PCI_ADDRESS_PORT_ID, VIRTIO_PCI_ADDRESS_PORT,
                                 VIRTIO_PCI_ADDRESS(0, VIRTIO_PCI_DEVICE, 0, offset));
    microkit_x86_ioport_write_32(VIRTIO_PCI_DATA_PORT_ID, VIRTIO_PCI_DATA_PORT, value);
}

/* Is the structure of that type where this driver has it? */
static bool has_structure(uint8_t type, uint32_t offset)
{
    uint8_t at = (uint8_t)space_read(PCI_CAPABILITIES);

    for (unsigned int seen = 0; at != 0 && seen < 48; seen++) {
        uint32_t head = space_read(at);

        if ((head & 0xff) == VIRTIO_PCI_CAP_VENDOR && head >> 24 == type) {
            return (space_read(at + 4u) & 0xff) == VIRTIO_PCI_BAR && space_read(at + 8u) == offset;
        }
        at = (uint8_t)(head >> 8);
    }
    return false;
}

/* Is all where this driver has it? */
static bool is_placed(void)
{
    const device_region_resource_t *rings = &device_resources.regions[REGION_RINGS];

    return (uintptr_t)state.regs == VIRTIO_PCI_BAR_VADDR && state.irq == VIRTIO_PCI_IRQ &&
           (uintptr_t)rings->region.vaddr == VIRTIO_PCI_RINGS_VADDR &&
           rings->io_addr == VIRTIO_PCI_RINGS_IO;
}

static bool transport_probe(void)
{
    uint32_t id = VIRTIO_PCI_NET_DEVICE_ID << 16 | VIRTIO_PCI_VENDOR_ID;

    common = (volatile void *)bar(0);
    isr = (volatile void *)bar(VIRTIO_PCI_ISR);
    if (!is_placed() || space_read(PCI_VENDOR_ID) != id ||
        !has_structure(VIRTIO_PCI_CAP_COMMON, 0) ||
        !has_structure(VIRTIO_PCI_CAP_ISR, VIRTIO_PCI_ISR) ||
        !has_structure(VIRTIO_PCI_CAP_NOTIFY, VIRTIO_PCI_NOTIFY)) {
        return false;
    }
    space_write(PCI_BAR0 + 4 * VIRTIO_PCI_BAR, VIRTIO_PCI_BAR_VADDR);
    return true;
}

/* A reset takes what the bus was told away, so it is told each time. */
static void set_status(uint8_t status)
{
    if (status == VIRTIO_STATUS_ACKNOWLEDGE || status == 0) {
        space_write(PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    }
    common->device_status = status;
}

static uint8_t get_status(void)
{
    return common->device_status;
}

static uint32_t get_features(uint32_t half)
{
    common->device_feature_select = half;
    return common->device_feature;
}

static void accept_features(uint32_t half, uint32_t bits)
{
    common->driver_feature_select = half;
    common->driver_feature = bits;
}

static uint32_t queue_most(uint16_t number)
{
    common->queue_select = number;
    return common->queue_size;
}

static void set_up_queue(uint16_t number)
{
    const struct virtqueue *q = &queues[number];

    common->queue_select = number;
    common->queue_size = (uint16_t)q->num;
    common->queue_desc = q->table_io;
    common->queue_driver = q->avail_io;
    common->queue_device = q->used_io;
    common->queue_enable = 1;
}

/* Queue i is notified at i times the multiplier. */
static void notify_queue(uint16_t number)
{
    volatile uint16_t *at =
        (volatile void *)bar(VIRTIO_PCI_NOTIFY + number * (uint32_t)VIRTIO_PCI_MULTIPLIER);

    *at = number;
}

static uint32_t take_causes(void)
{
    return *isr;
}
