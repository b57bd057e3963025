/* SPDX-License-Identifier: BSD-2-Clause */
/* The transport for virtio devices on the PCI bus of a PC, with fixed windows: packed volatile
 * structs, and ports. */
#include <microkit.h>
#include <sddf/util/util.h>
#include <sddf/util/printf.h>
#include <sddf/pci/conf_space.h>
#include <sddf/virtio/transport/common.h>
#include <sddf/virtio/transport/pci.h>

#define BAR_VADDR   0x60000000
#define ISR_OFF     0x1000
#define DEV_OFF     0x2000
#define NOTIFY_OFF  0x3000
#define NOTIFY_MULT 4
#define PCI_ADDR    0xCF8
#define PCI_DATA    0xCFC

static virtio_pci_common_cfg_t *common = (virtio_pci_common_cfg_t *)BAR_VADDR;

static uint32_t rd32(uint8_t bus, uint8_t dev, uint8_t func, uint8_t off)
{
    microkit_x86_ioport_write_32(1, PCI_ADDR,
                                 1u << 31 | bus << 16 | dev << 11 | func << 8 | (off & 0xfc));
    return microkit_x86_ioport_read_32(2, PCI_DATA);
}
static uint16_t rd16(uint8_t bus, uint8_t dev, uint8_t func, uint8_t off)
{
    return (uint16_t)(rd32(bus, dev, func, off) >> ((off & 2) * 8));
}
static uint8_t rd8(uint8_t bus, uint8_t dev, uint8_t func, uint8_t off)
{
    return (uint8_t)(rd32(bus, dev, func, off) >> ((off & 3) * 8));
}
static void wr16(uint8_t bus, uint8_t dev, uint8_t func, uint8_t off, uint16_t v)
{
    microkit_x86_ioport_write_32(1, PCI_ADDR,
                                 1u << 31 | bus << 16 | dev << 11 | func << 8 | (off & 0xfc));
    microkit_x86_ioport_write_16(2, PCI_DATA + (off & 2), v);
}

bool virtio_transport_probe(device_resources_t *device_resources, virtio_device_handle_t *dev,
                            uint32_t id)
{
    (void)id;
    dev->device_resources = device_resources;
    uint16_t vendor =
        rd16(dev->pci_bus, dev->pci_dev, dev->pci_func, offsetof(pci_common_hdr_t, vendor_id));
    if (vendor == PCI_INVAID_READ || vendor != dev->pci_vendor_id) {
        LOG_VIRTIO_ERR("vendor %x\n", vendor);
        return false;
    }
    if (rd16(dev->pci_bus, dev->pci_dev, dev->pci_func, offsetof(pci_common_hdr_t, device_id)) !=
        dev->pci_device_id) {
        LOG_VIRTIO_ERR("device id\n");
        return false;
    }
    if (rd8(dev->pci_bus, dev->pci_dev, dev->pci_func, offsetof(pci_common_hdr_t, class_code)) !=
        dev->pci_class_code) {
        LOG_VIRTIO_ERR("class\n");
        return false;
    }
    /* bus master, memory */
    uint16_t cmd =
        rd16(dev->pci_bus, dev->pci_dev, dev->pci_func, offsetof(pci_common_hdr_t, command));
    wr16(dev->pci_bus, dev->pci_dev, dev->pci_func, offsetof(pci_common_hdr_t, command), cmd | 6);
    uint8_t cap =
        rd8(dev->pci_bus, dev->pci_dev, dev->pci_func, offsetof(pci_gen_dev_hdr_t, cap_ptr));
    while (cap) {
        if (rd8(dev->pci_bus, dev->pci_dev, dev->pci_func, cap) == PCI_CAP_ID_VNDR) {
            uint8_t type = rd8(dev->pci_bus, dev->pci_dev, dev->pci_func,
                               cap + offsetof(virtio_pci_cap_t, cfg_type));
            uint32_t off = rd32(dev->pci_bus, dev->pci_dev, dev->pci_func,
                                cap + offsetof(virtio_pci_cap_t, offset));
            LOG_VIRTIO_TRANSPORT("cap %u at 0x%x\n", type, off);
            if (type == VIRTIO_PCI_CAP_COMMON_CFG)
                assert(off == 0);
        }
        cap = rd8(dev->pci_bus, dev->pci_dev, dev->pci_func, cap + 1);
    }
    return true;
}
void *virtio_transport_get_device_config(virtio_device_handle_t *h)
{
    (void)h;
    return (void *)(uintptr_t)(BAR_VADDR + DEV_OFF);
}
void virtio_transport_set_status(virtio_device_handle_t *h, uint8_t s)
{
    (void)h;
    common->device_status = s;
}
uint8_t virtio_transport_get_status(virtio_device_handle_t *h)
{
    (void)h;
    return common->device_status;
}
uint32_t virtio_transport_get_device_features(virtio_device_handle_t *h, uint32_t sel)
{
    (void)h;
    common->device_feature_select = sel;
    return common->device_feature;
}
uint32_t virtio_transport_get_driver_features(virtio_device_handle_t *h, uint32_t sel)
{
    (void)h;
    common->driver_feature_select = sel;
    return common->driver_feature;
}
void virtio_transport_set_driver_features(virtio_device_handle_t *h, uint32_t sel, uint32_t v)
{
    (void)h;
    common->driver_feature_select = sel;
    common->driver_feature = v;
}
uint16_t virtio_transport_queue_get_capacity(virtio_device_handle_t *h, uint32_t q)
{
    (void)h;
    common->queue_select = q;
    return common->queue_size;
}
bool virtio_transport_queue_setup(virtio_device_handle_t *h, uint32_t q, uint16_t size,
                                  uint64_t desc, uint64_t driver, uint64_t device)
{
    (void)h;
    common->queue_select = q;
    common->queue_size = size;
    common->queue_desc = desc;
    common->queue_driver = driver;
    common->queue_device = device;
    common->queue_enable = 1;
    return true;
}
void virtio_transport_queue_notify(virtio_device_handle_t *h, uint32_t q)
{
    (void)h;
    common->queue_select = q;
    uint16_t off = common->queue_notify_off;
    *(volatile uint16_t *)(uintptr_t)(BAR_VADDR + NOTIFY_OFF + off * NOTIFY_MULT) = q;
}
uint32_t virtio_transport_read_isr(virtio_device_handle_t *h)
{
    (void)h;
    return *(volatile uint8_t *)(uintptr_t)(BAR_VADDR + ISR_OFF);
}
void virtio_transport_write_isr(virtio_device_handle_t *h, uint32_t v)
{
    (void)h;
    (void)v;
}
