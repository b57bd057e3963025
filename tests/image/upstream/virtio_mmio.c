/* SPDX-License-Identifier: BSD-2-Clause */
/* The transport for virtio devices whose registers are in memory: a volatile struct. */
#include <os/sddf.h>
#include <sddf/util/util.h>
#include <sddf/util/printf.h>
#include <sddf/virtio/transport/common.h>
#include <sddf/virtio/transport/mmio.h>

static inline volatile virtio_mmio_regs_t *regs_of(virtio_device_handle_t *h)
{
    return (volatile virtio_mmio_regs_t *)h->device_resources->regions[0].region.vaddr;
}

bool virtio_transport_probe(device_resources_t *device_resources, virtio_device_handle_t *dev,
                            uint32_t id)
{
    assert(dev);
    dev->device_resources = device_resources;
    volatile virtio_mmio_regs_t *regs = regs_of(dev);
    if (regs->MagicValue != VIRTIO_MMIO_MAGIC_VALUE) {
        LOG_VIRTIO_ERR("invalid magic %x\n", regs->MagicValue);
        return false;
    }
    if (regs->Version != VIRTIO_VERSION) {
        LOG_VIRTIO_ERR("version %u\n", regs->Version);
        return false;
    }
    if (regs->DeviceID != id) {
        LOG_VIRTIO_ERR("device id %u\n", regs->DeviceID);
        return false;
    }
    LOG_VIRTIO_TRANSPORT("found\n");
    return true;
}
void *virtio_transport_get_device_config(virtio_device_handle_t *h)
{
    return (void *)regs_of(h)->Config;
}
void virtio_transport_set_status(virtio_device_handle_t *h, uint8_t s)
{
    regs_of(h)->Status = s;
}
uint8_t virtio_transport_get_status(virtio_device_handle_t *h)
{
    return regs_of(h)->Status;
}
uint32_t virtio_transport_get_device_features(virtio_device_handle_t *h, uint32_t sel)
{
    regs_of(h)->DeviceFeaturesSel = sel;
    return regs_of(h)->DeviceFeatures;
}
uint32_t virtio_transport_get_driver_features(virtio_device_handle_t *h, uint32_t sel)
{
    regs_of(h)->DriverFeaturesSel = sel;
    return regs_of(h)->DriverFeatures;
}
void virtio_transport_set_driver_features(virtio_device_handle_t *h, uint32_t sel, uint32_t v)
{
    regs_of(h)->DriverFeaturesSel = sel;
    regs_of(h)->DriverFeatures = v;
}
uint16_t virtio_transport_queue_get_capacity(virtio_device_handle_t *h, uint32_t q)
{
    regs_of(h)->QueueSel = q;
    return regs_of(h)->QueueNumMax;
}
bool virtio_transport_queue_setup(virtio_device_handle_t *h, uint32_t q, uint16_t size,
                                  uint64_t desc, uint64_t driver, uint64_t device)
{
    volatile virtio_mmio_regs_t *regs = regs_of(h);
    regs->QueueSel = q;
    if (size > regs->QueueNumMax)
        return false;
    regs->QueueSel = q;
    regs->QueueNum = size;
    regs->QueueDescLow = (uint32_t)desc;
    regs->QueueDescHigh = desc >> 32;
    regs->QueueDriverLow = driver & 0xFFFFFFFF;
    regs->QueueDriverHigh = driver >> 32;
    regs->QueueDeviceLow = device;
    regs->QueueDeviceHigh = device >> 32;
    regs->QueueReady = 1;
    return true;
}
void virtio_transport_queue_notify(virtio_device_handle_t *h, uint32_t q)
{
    regs_of(h)->QueueNotify = q;
}
uint32_t virtio_transport_read_isr(virtio_device_handle_t *h)
{
    return regs_of(h)->InterruptStatus;
}
void virtio_transport_write_isr(virtio_device_handle_t *h, uint32_t v)
{
    regs_of(h)->InterruptACK = v;
}
