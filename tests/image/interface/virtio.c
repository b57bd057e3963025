/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtio: rings, features, and both transports. */
#include <sddf/virtio/queue.h>
#include <sddf/virtio/feature.h>
#include <sddf/virtio/transport/common.h>
#include <sddf/virtio/transport/mmio.h>
#include <sddf/virtio/transport/pci.h>
#include <sddf/pci/conf_space.h>
#include "facts.h"

IS(VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE | VIRTQ_DESC_F_INDIRECT, 7);
IS(VIRTQ_USED_F_NO_NOTIFY, 1);
IS(VIRTQ_AVAIL_F_NO_INTERRUPT, 1);
IS(VIRTIO_F_ANY_LAYOUT, 27);
IS(VIRTIO_F_INDIRECT_DESC, 28);
IS(VIRTIO_F_EVENT_IDX, 29);
IS(VIRTIO_F_VERSION_1, 32);
IS(VIRTIO_F_ACCESS_PLATFORM, 33);
IS(VIRTIO_F_RING_PACKED, 34);
IS(VIRTIO_F_IN_ORDER, 35);
IS(VIRTIO_F_ORDER_PLATFORM, 36);
IS(VIRTIO_F_SR_IOV, 37);
IS(VIRTIO_F_NOTIFICATION_DATA, 38);
IS(VIRTIO_F_NOTIF_CONFIG_DATA, 39);
IS(VIRTIO_F_RING_RESET, 40);
CALL(virtio_print_reserved_feature_bits, void, uint64_t);
SIZE(struct virtq_desc, 16);
AT(struct virtq_desc, flags, 12);
AT(struct virtq_desc, next, 14);
SIZE(struct virtq_avail, 4);
AT(struct virtq_avail, ring, 4);
SIZE(struct virtq_used_elem, 8);
AT(struct virtq_used, ring, 4);
FIELD(struct virtq, num, uint32_t);
FIELD(struct virtq, desc, struct virtq_desc *);
FIELD(struct virtq, avail, struct virtq_avail *);
FIELD(struct virtq, used, struct virtq_used *);
FIELD(struct virtq, used_head, uint16_t);

IS(VIRTIO_VERSION, 2);
IS(VIRTIO_IRQ_VQUEUE, 1);
IS(VIRTIO_IRQ_CONFIG, 2);
IS(VIRTIO_DEVICE_STATUS_ACKNOWLEDGE, 1);
IS(VIRTIO_DEVICE_STATUS_DRIVER, 2);
IS(VIRTIO_DEVICE_STATUS_DRIVER_OK, 4);
IS(VIRTIO_DEVICE_STATUS_FEATURES_OK, 8);
IS(VIRTIO_DEVICE_STATUS_DRIVER_RESET, 0x40);
IS(VIRTIO_DEVICE_STATUS_FAILED, 0x80);
IS(VIRTIO_DEVICE_ID_GPU, 0x10);
FIELD(virtio_device_handle_t, pci_bus, uint8_t);
FIELD(virtio_device_handle_t, pci_dev, uint8_t);
FIELD(virtio_device_handle_t, pci_func, uint8_t);
FIELD(virtio_device_handle_t, pci_vendor_id, uint16_t);
FIELD(virtio_device_handle_t, pci_device_id, uint16_t);
#define HANDLE virtio_device_handle_t *
CALL(virtio_transport_probe, bool, device_resources_t *, HANDLE, uint32_t);
CALL(virtio_transport_get_device_config, void *, HANDLE);
CALL(virtio_transport_set_status, void, HANDLE, uint8_t);
CALL(virtio_transport_get_status, uint8_t, HANDLE);
CALL(virtio_transport_get_device_features, uint32_t, HANDLE, uint32_t);
CALL(virtio_transport_get_driver_features, uint32_t, HANDLE, uint32_t);
CALL(virtio_transport_set_driver_features, void, HANDLE, uint32_t, uint32_t);
CALL(virtio_transport_queue_get_capacity, uint16_t, HANDLE, uint32_t);
CALL(virtio_transport_queue_setup, bool, HANDLE, uint32_t, uint16_t, uint64_t, uint64_t, uint64_t);
CALL(virtio_transport_queue_notify, void, HANDLE, uint32_t);
CALL(virtio_transport_read_isr, uint32_t, HANDLE);
CALL(virtio_transport_write_isr, void, HANDLE, uint32_t);

IS(VIRTIO_MMIO_MAGIC_VALUE, 0x74726976);
#define REGISTER(name, offset) AT(virtio_mmio_regs_t, name, offset)
REGISTER(Magic, 0x000);
REGISTER(Version, 0x004);
REGISTER(DeviceID, 0x008);
REGISTER(VendorID, 0x00c);
REGISTER(DeviceFeatures, 0x010);
REGISTER(DeviceFeaturesSel, 0x014);
REGISTER(DriverFeatures, 0x020);
REGISTER(DriverFeaturesSel, 0x024);
REGISTER(QueueSel, 0x030);
REGISTER(QueueNumMax, 0x034);
REGISTER(QueueNum, 0x038);
REGISTER(QueueReady, 0x044);
REGISTER(QueueNotify, 0x050);
REGISTER(InterruptStatus, 0x060);
REGISTER(InterruptACK, 0x064);
REGISTER(Status, 0x070);
REGISTER(QueueDescLow, 0x080);
REGISTER(QueueDescHigh, 0x084);
REGISTER(QueueDriverLow, 0x090);
REGISTER(QueueDriverHigh, 0x094);
REGISTER(QueueDeviceLow, 0x0a0);
REGISTER(QueueDeviceHigh, 0x0a4);
REGISTER(ConfigGeneration, 0x0fc);
REGISTER(Config, 0x100);
SIZE(virtio_mmio_regs_t, 0x100);

IS(VIRTIO_PCI_VEN_ID, 0x1af4);
IS(VIRTIO_NET_PCI_DEV_ID, 0x1000);
IS(VIRTIO_BLK_PCI_DEV_ID, 0x1001);
IS(PCI_CAP_ID_VNDR, 9);
SIZE(virtio_pci_cap_t, 16);
AT(virtio_pci_cap_t, offset, 8);
SIZE(virtio_pci_cap64_t, 24);
SIZE(virtio_pci_common_cfg_t, 56);
AT(virtio_pci_common_cfg_t, device_status, 20);
AT(virtio_pci_common_cfg_t, queue_notify_off, 30);
AT(virtio_pci_common_cfg_t, queue_desc, 32);
AT(virtio_pci_common_cfg_t, queue_device, 48);
IS(PCI_CLASS_MASS_STORAGE_CONTROLLER, 1);
IS(PCI_CLASS_NETWORK_CONTROLLER, 2);
IS(PCI_CLASS_DISPLAY_CONTROLLER, 3);
IS(PCI_CLASS_NETWORK_SUBCLASS_ETHERNET, 0);
IS(PCI_CLASS_BLOCK_SUBCLASS_SCSI, 0);
IS(PCI_INVAID_READ, 0xffff);
SIZE(pci_common_hdr_t, 16);
SIZE(pci_gen_dev_hdr_t, 64);
AT(pci_gen_dev_hdr_t, base_address_registers, 0x10);
AT(pci_gen_dev_hdr_t, base_address_registers[PCI_GEN_DEV_NUM_BARS - 1], 0x24);
AT(pci_gen_dev_hdr_t, cap_ptr, 0x34);
AT(pci_gen_dev_hdr_t, irq_line, 0x3c);

static virtio_device_handle_t dev = {.pci_dev = 2,
                                     .pci_device_id = VIRTIO_NET_PCI_DEV_ID,
                                     .pci_vendor_id = VIRTIO_PCI_VEN_ID,
                                     .pci_class_code = PCI_CLASS_NETWORK_CONTROLLER,
                                     .pci_subclass = PCI_CLASS_NETWORK_SUBCLASS_ETHERNET};

bool use(device_resources_t *resources, struct virtq *vq);
bool use(device_resources_t *resources, struct virtq *vq)
{
    volatile virtio_mmio_regs_t *regs = resources->regions[0].region.vaddr;
    virtio_pci_common_cfg_t *common = resources->regions[1].region.vaddr;

    switch (regs->Config[0] & VIRTIO_IRQ_CONFIG) {
    case VIRTIO_PCI_CAP_COMMON_CFG:
    case VIRTIO_PCI_CAP_NOTIFY_CFG:
    case VIRTIO_PCI_CAP_ISR_CFG:
    case VIRTIO_PCI_CAP_DEVICE_CFG:
    case VIRTIO_PCI_CAP_PCI_CFG:
    case VIRTIO_PCI_CAP_SHARED_MEMORY_CFG:
    case VIRTIO_PCI_CAP_VENDOR_CFG:
        common->queue_enable = 1;
    }
    if (!virtio_transport_probe(resources, &dev, VIRTIO_DEVICE_ID_NET))
        LOG_VIRTIO_ERR("none of %u\n", (unsigned)VIRTIO_DEVICE_ID_BLK + VIRTIO_DEVICE_ID_CONSOLE);
    else
        LOG_VIRTIO_TRANSPORT("one of version %d\n", VIRTIO_VERSION);
    virtio_print_reserved_feature_bits(1ul << VIRTIO_F_VERSION_1);
    vq->avail->ring[vq->avail->idx % vq->num] = 0;
    *virtq_used_event(vq) = vq->used_head;
    return virtq_need_event(*virtq_avail_event(vq), vq->avail->idx + 1, vq->avail->idx);
}
