/* SPDX-License-Identifier: BSD-2-Clause */
/* Driver of a virtio network device whose registers are in memory; the rest is in virtio_driver.h.
 */
#include "components/network/virtio_driver.h"

static volatile struct virtio_mmio *regs;

static bool transport_probe(void)
{
    regs = state.regs;
    return regs->MagicValue == VIRTIO_MMIO_MAGIC && regs->Version == VIRTIO_MMIO_VERSION &&
           regs->DeviceID == VIRTIO_DEVICE_NET;
}

static void set_status(uint8_t status)
{
    regs->Status = status;
}

static uint8_t get_status(void)
{
    return (uint8_t)regs->Status;
}

static uint32_t get_features(uint32_t half)
{
    regs->DeviceFeaturesSel = half;
    return regs->DeviceFeatures;
}

static void accept_features(uint32_t half, uint32_t bits)
{
    regs->DriverFeaturesSel = half;
    regs->DriverFeatures = bits;
}

static uint32_t queue_most(uint16_t number)
{
    regs->QueueSel = number;
    return regs->QueueNumMax;
}

static void set_up_queue(uint16_t number)
{
    const struct virtqueue *q = &queues[number];

    regs->QueueSel = number;
    regs->QueueNum = q->num;
    regs->QueueDescLow = (uint32_t)q->table_io;
    regs->QueueDescHigh = (uint32_t)(q->table_io >> 32);
    regs->QueueDriverLow = (uint32_t)q->avail_io;
    regs->QueueDriverHigh = (uint32_t)(q->avail_io >> 32);
    regs->QueueDeviceLow = (uint32_t)q->used_io;
    regs->QueueDeviceHigh = (uint32_t)(q->used_io >> 32);
    regs->QueueReady = 1;
}

static void notify_queue(uint16_t number)
{
    regs->QueueNotify = number;
}

static uint32_t take_causes(void)
{
    uint32_t causes = regs->InterruptStatus;

    regs->InterruptACK = causes;
    return causes;
}
