/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_NETWORK_VIRTIO_DRIVER_H
#define COMPONENTS_NETWORK_VIRTIO_DRIVER_H
/*
 * What drivers of a virtio network device have in common, whatever its registers are reached by.
 * How buffers flow is in nic_driver.h; a slot of a ring is a chain of two descriptors there, one
 * for the header that goes before each frame and one for the buffer, so a queue of the device holds
 * half as many slots as it has entries.
 *
 * The device is asked to use chains in the order they are made available in, so the next one that
 * comes back is always the oldest, whatever the device says it is.
 *
 * Included by one source file, once, which defines the transport.
 */
#include "components/device/virtio.h"

#define NIC_NAME       "virtio"
#define NIC_DESCRIPTOR virtio_descriptor
#include "components/network/nic_driver.h"

#define REGION_RINGS 1
#define NUM_MAX      512 /* for so many descriptors in each queue there is memory */
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
static bool running; /* else the device is at rest, or none that can be used */

/* -- of the transport -- */

/* Find the device; false: it is not one. */
static bool transport_probe(void);
static void set_status(uint8_t status);
static uint8_t get_status(void);
static uint32_t get_features(uint32_t half);
static void accept_features(uint32_t half, uint32_t bits);
static uint32_t queue_most(uint16_t number);
static void set_up_queue(uint16_t number);
static void notify_queue(uint16_t number);
/* What the interrupt is about, which is then forgotten. */
static uint32_t take_causes(void);

/* -- of both -- */

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
    if (!running) {
        return;
    }
    THREAD_MEMORY_FENCE();
    notify_queue(ring == &state.rx ? VIRTIO_NET_RX : VIRTIO_NET_TX);
}

static void nic_stop(void)
{
    running = false;
    set_status(0);
    while (get_status() != 0) {
    }
}

/* Accept what is wanted, if it is offered. */
static bool agree_on_features(void)
{
    uint8_t status = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;

    set_status(VIRTIO_STATUS_ACKNOWLEDGE);
    set_status(status);
    uint64_t offered = get_features(0) | (uint64_t)get_features(1) << 32;
    if ((offered & FEATURES) != FEATURES) {
        return false;
    }
    accept_features(0, (uint32_t)FEATURES);
    accept_features(1, (uint32_t)(FEATURES >> 32));
    set_status(status | VIRTIO_STATUS_FEATURES_OK);
    return get_status() & VIRTIO_STATUS_FEATURES_OK;
}

static void nic_start(void)
{
    if (!agree_on_features()) {
        sddf_dprintf("virtio: the device does not offer what this driver needs\n");
        set_status(get_status() | VIRTIO_STATUS_FAILED);
        return;
    }
    set_up_queue(VIRTIO_NET_RX);
    set_up_queue(VIRTIO_NET_TX);
    set_status(VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_FEATURES_OK |
               VIRTIO_STATUS_DRIVER_OK);
    running = true;
}

/* Has the device stopped, of a bus error or a reset? Asked only when there may be reason to. */
static bool has_stopped(uint32_t causes)
{
    if (causes == VIRTIO_ISR_QUEUE) {
        return false;
    }
    uint8_t status = get_status();

    return status & VIRTIO_STATUS_NEEDS_RESET || !(status & VIRTIO_STATUS_DRIVER_OK);
}

/* Causes are acknowledged before what they tell of is looked for, so what comes in between raises
 * them anew. */
static void handle_irq(void)
{
    uint32_t causes = take_causes();

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
    if (!transport_probe()) {
        sddf_dprintf("virtio: there is no network device that this driver knows\n");
        return; /* with rings of no length, so all that is asked of it waits */
    }
    nic_stop();
    for (uint16_t number = VIRTIO_NET_RX; number <= VIRTIO_NET_TX; number++) {
        uint32_t most = queue_most(number);

        queues[number].num = MIN(most, NUM_MAX);
        assert(queues[number].num >= 2);
    }
    lay_out(&state.rx, &used);
    lay_out(&state.tx, &used);
    assert(used <= device_resources.regions[REGION_RINGS].region.size);
    slots_clear(&state.rx);
    slots_clear(&state.tx);
    nic_run();
    nic_begin();
}
#endif
