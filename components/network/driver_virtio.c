/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Driver of a virtio network device whose registers are in memory. How buffers flow is in
 * nic_driver.h; a slot of a ring is a chain of two descriptors there, one for the header that goes
 * before each frame and one for the buffer, so a queue of the device holds half as many slots as it
 * has entries.
 *
 * The device is asked to use chains in the order they are made available in, so the next one that
 * comes back is always the oldest, whatever the device says it is.
 */
#include "components/device/virtio.h"
#include "components/network/regs.h"

#define NIC_NAME       "virtio"
#define NIC_DESCRIPTOR virtio_descriptor
#include "components/network/nic_driver.h"

#define REGION_RINGS 1
#define NUM_MAX      (2 * RING_ENTRIES_MAX)
#define HEADER_BYTES VIRTIO_NET_HEADER_BYTES
#define FEATURES                                                           \
    (UINT64_C(1) << VIRTIO_NET_F_MAC | UINT64_C(1) << VIRTIO_F_VERSION_1 | \
     UINT64_C(1) << VIRTIO_F_IN_ORDER)

/* What follows the table of descriptors, in memory shared with the device. */
struct virtqueue {
    uint32_t num;
    volatile struct virtio_ring_header *avail, *used;
    volatile uint16_t *heads;
    volatile struct virtio_used *entries;
    uint64_t table_io, avail_io, used_io, headers_io;
    uint16_t given, taken; /* both indices as they are here, whatever the device may write */
};

static struct virtqueue queues[2];

static volatile struct virtio_mmio *registers(void)
{
    return state.regs;
}

static struct virtqueue *queue_of(const struct ring *ring)
{
    return &queues[ring == &state.rx ? VIRTIO_NET_RX : VIRTIO_NET_TX];
}

/* A chain is valid once its head is in the ring and the index says so, in that order. */
static void slot_give(struct ring *ring, uint32_t slot, uint32_t io_addr, uint16_t len)
{
    struct virtqueue *q = queue_of(ring);
    uint16_t head = (uint16_t)(2 * slot), write = ring == &state.rx ? VIRTIO_DESC_WRITE : 0;

    ring->descriptors[head] =
        (struct virtio_descriptor){.io_addr = q->headers_io + slot * HEADER_BYTES,
                                   .len = HEADER_BYTES,
                                   .flags = write | VIRTIO_DESC_NEXT,
                                   .next = head + 1};
    ring->descriptors[head + 1] = (struct virtio_descriptor){
        .io_addr = io_addr, .len = write ? NET_BUFFER_SIZE : len, .flags = write};
    q->heads[q->given % q->num] = head;
    THREAD_MEMORY_RELEASE();
    q->avail->idx = ++q->given;
}

static bool slot_given_back(struct ring *ring, uint32_t slot, uint16_t *len)
{
    struct virtqueue *q = queue_of(ring);

    if (q->used->idx == q->taken) {
        return false;
    }
    /* The entry is read after the index that makes it valid. */
    THREAD_MEMORY_ACQUIRE();
    uint32_t written = q->entries[q->taken % q->num].len;

    (void)slot;
    q->taken++;
    written = written > HEADER_BYTES ? written - HEADER_BYTES : 0;
    *len = (uint16_t)MIN(written, NET_BUFFER_SIZE);
    return true;
}

static void slots_clear(struct ring *ring)
{
    struct virtqueue *q = queue_of(ring);

    q->avail->flags = q->avail->idx = 0;
    q->used->flags = q->used->idx = 0;
    q->given = q->taken = 0;
}

static void ring_given(struct ring *ring)
{
    (void)ring;
}

/* The device looks at the index after it is notified. */
static void ring_given_batch(struct ring *ring)
{
    THREAD_MEMORY_FENCE();
    reg_write(&registers()->QueueNotify, ring == &state.rx ? VIRTIO_NET_RX : VIRTIO_NET_TX);
}

static void nic_stop(void)
{
    reg_write(&registers()->Status, 0);
    while (reg_read(&registers()->Status) != 0) {
    }
}

/* Accept what is wanted, if it is offered. */
static bool agree_on_features(void)
{
    volatile struct virtio_mmio *regs = registers();
    uint8_t status = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;
    uint64_t offered;

    reg_write(&regs->Status, VIRTIO_STATUS_ACKNOWLEDGE);
    reg_write(&regs->Status, status);
    reg_write(&regs->DeviceFeaturesSel, 0);
    offered = reg_read(&regs->DeviceFeatures);
    reg_write(&regs->DeviceFeaturesSel, 1);
    offered |= (uint64_t)reg_read(&regs->DeviceFeatures) << 32;
    if ((offered & FEATURES) != FEATURES) {
        return false;
    }
    reg_write(&regs->DriverFeaturesSel, 0);
    reg_write(&regs->DriverFeatures, (uint32_t)FEATURES);
    reg_write(&regs->DriverFeaturesSel, 1);
    reg_write(&regs->DriverFeatures, (uint32_t)(FEATURES >> 32));
    reg_write(&regs->Status, status | VIRTIO_STATUS_FEATURES_OK);
    return reg_read(&regs->Status) & VIRTIO_STATUS_FEATURES_OK;
}

static void set_up_queue(unsigned int number)
{
    volatile struct virtio_mmio *regs = registers();
    const struct virtqueue *q = &queues[number];

    reg_write(&regs->QueueSel, number);
    reg_write(&regs->QueueNum, q->num);
    reg_write(&regs->QueueDescLow, (uint32_t)q->table_io);
    reg_write(&regs->QueueDescHigh, (uint32_t)(q->table_io >> 32));
    reg_write(&regs->QueueDriverLow, (uint32_t)q->avail_io);
    reg_write(&regs->QueueDriverHigh, (uint32_t)(q->avail_io >> 32));
    reg_write(&regs->QueueDeviceLow, (uint32_t)q->used_io);
    reg_write(&regs->QueueDeviceHigh, (uint32_t)(q->used_io >> 32));
    reg_write(&regs->QueueReady, 1);
}

static void nic_start(void)
{
    if (!agree_on_features()) {
        sddf_dprintf("virtio: the device does not offer what this driver needs\n");
        reg_write(&registers()->Status, VIRTIO_STATUS_FAILED);
        return;
    }
    set_up_queue(VIRTIO_NET_RX);
    set_up_queue(VIRTIO_NET_TX);
    reg_write(&registers()->Status, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER |
                                        VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_DRIVER_OK);
}

/* Has the device stopped, of a bus error or a reset? Asked only when there may be reason to. */
static bool has_stopped(uint32_t causes)
{
    if (causes == VIRTIO_ISR_QUEUE) {
        return false;
    }
    uint32_t status = reg_read(&registers()->Status);

    return status & VIRTIO_STATUS_NEEDS_RESET || !(status & VIRTIO_STATUS_DRIVER_OK);
}

/* Causes are acknowledged before what they tell of is looked for, so what comes in between raises
 * them anew. */
static void handle_irq(void)
{
    uint32_t causes = reg_read(&registers()->InterruptStatus);

    reg_write(&registers()->InterruptACK, causes);
    tx_return();
    tx_provide();
    (void)rx_return();
    rx_provide();
    if (has_stopped(causes)) {
        sddf_dprintf("virtio: the device has stopped, and is started again\n");
        nic_recover();
    }
}

/* A piece of the memory for rings. */
static uint64_t take_piece(uint64_t *used, uint64_t bytes, uint64_t align)
{
    uint64_t offset = ALIGN(*used, align);

    *used = offset + bytes;
    return offset;
}

static void lay_out(struct ring *ring, uint64_t *used)
{
    const device_region_resource_t *memory = &device_resources.regions[REGION_RINGS];
    char *vaddr = memory->region.vaddr;
    struct virtqueue *q = queue_of(ring);
    uint64_t header = sizeof(struct virtio_ring_header);
    uint64_t table = take_piece(used, q->num * sizeof(struct virtio_descriptor), VIRTIO_DESC_ALIGN);
    uint64_t avail = take_piece(used, header + q->num * sizeof(uint16_t), VIRTIO_AVAIL_ALIGN);
    /* So that its entries, not its header, lie on 8 bytes. */
    uint64_t entries = take_piece(used, header + q->num * sizeof(struct virtio_used), 8) + header;
    uint64_t headers;

    *used += header;
    headers = take_piece(used, q->num / 2 * (uint64_t)HEADER_BYTES, 8);
    ring->descriptors = (volatile void *)(vaddr + table);
    ring->capacity = q->num / 2;
    q->avail = (volatile void *)(vaddr + avail);
    q->heads = (volatile void *)(vaddr + avail + header);
    q->used = (volatile void *)(vaddr + entries);
    q->entries = (volatile void *)(vaddr + entries + header);
    q->table_io = memory->io_addr + table;
    q->avail_io = memory->io_addr + avail;
    q->used_io = memory->io_addr + entries;
    q->headers_io = memory->io_addr + headers;
}

void init(void)
{
    uint64_t used = 0;

    assert(device_resources.num_regions == 2);
    nic_init();
    assert(reg_read(&registers()->MagicValue) == VIRTIO_MMIO_MAGIC);
    assert(reg_read(&registers()->Version) == VIRTIO_MMIO_VERSION);
    assert(reg_read(&registers()->DeviceID) == VIRTIO_DEVICE_NET);
    nic_stop();
    for (unsigned int number = VIRTIO_NET_RX; number <= VIRTIO_NET_TX; number++) {
        reg_write(&registers()->QueueSel, number);
        queues[number].num = MIN(reg_read(&registers()->QueueNumMax), NUM_MAX);
        assert(queues[number].num >= 2);
    }
    lay_out(&state.rx, &used);
    lay_out(&state.tx, &used);
    assert(used <= device_resources.regions[REGION_RINGS].region.size);
    slots_clear(&state.rx);
    slots_clear(&state.tx);
    nic_start();
    nic_begin();
}
