/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_NETWORK_NIC_DRIVER_H
#define COMPONENTS_NETWORK_NIC_DRIVER_H
/*
 * What drivers of network controllers have in common, whatever the part. They move descriptors,
 * never packets: buffers are named by IO address and their memory is not mapped here.
 *
 *   virt_rx.free  -> rx_provide -> receive ring  -> rx_return -> virt_rx.active
 *   virt_tx.active -> tx_provide -> transmit ring -> tx_return -> virt_tx.free
 *
 * A buffer is in one queue or in one ring. The ring's memory is shared with the device alone;
 * still, which buffer lies in which slot is remembered privately, so that a device can only lie
 * about lengths. What the virtualisers put into their queues is checked before the device sees it:
 * a descriptor that no ring could hold goes back (transmit) or is left out (receive, where the
 * virtualiser made the address up). Each queue is drained for at most one capacity of such
 * descriptors in one go; whoever fills it faster than that is not honest and waits.
 *
 * An image is one source file, so this is included by one, once, which first defines NIC_NAME, a
 * text, and NIC_DESCRIPTOR, the tag of a slot's structure; and then what is declared first below.
 */
#include <stdbool.h>
#include <stdint.h>

#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>
#include <sddf/resources/device.h>
#include <sddf/util/fence.h>
#include <sddf/util/printf.h>
#include <sddf/util/util.h>

__attribute__((__section__(".device_resources"))) device_resources_t device_resources;
__attribute__((__section__(".net_driver_config"))) net_driver_config_t config;

enum resource_region { REGION_REGS, REGION_RX_RING, REGION_TX_RING };

/* As many as any of these parts is given; one whose rings are longer is not used to the full. */
#define RING_ENTRIES_MAX 4096

/*
 * The device goes round the ring in the same order, so what it gives back next is always at head.
 */
struct ring {
    volatile struct NIC_DESCRIPTOR *descriptors;
    uint32_t capacity;
    uint32_t tail;  /* next slot to give to the device */
    uint32_t head;  /* next slot the device gives back */
    uint32_t count; /* slots between the two */
    uint32_t io_addr[RING_ENTRIES_MAX];
};

static struct {
    void *regs;
    sddf_channel irq;
    struct ring rx, tx;
    net_queue_handle_t rx_queue, tx_queue;
} state;

/* -- of the driver -- */

/* The descriptor of a slot, given to the device: what makes the rest valid is written last. */
static void slot_give(struct ring *ring, uint32_t slot, uint32_t io_addr, uint16_t len);
/* Has the device given that slot back? Then `*len` is what it received; meaningless if it sent. */
static bool slot_given_back(struct ring *ring, uint32_t slot, uint16_t *len);
/* Make the ring one of which the device, which is at rest, has been given nothing. */
static void slots_clear(struct ring *ring);
/* One slot more of this ring is the device's; and: a batch of them is complete. */
static void ring_given(struct ring *ring);
static void ring_given_batch(struct ring *ring);
/* The device, at rest: it has forgotten all and touches no memory. And made to run, with its rings
 * as they are. */
static void nic_stop(void);
static void nic_start(void);
/* Find out what has happened, and see to it. */
static void handle_irq(void);

/* -- of all -- */

static bool ring_full(const struct ring *ring)
{
    return ring->count == ring->capacity;
}

/* Give a buffer to the device. */
static void ring_put(struct ring *ring, uint32_t io_addr, uint16_t len)
{
    ring->io_addr[ring->tail] = io_addr;
    slot_give(ring, ring->tail, io_addr, len);
    ring->tail = ring->tail + 1 == ring->capacity ? 0 : ring->tail + 1;
    ring->count++;
}

/* Take back the oldest buffer if the device is done with it. */
static bool ring_take(struct ring *ring, uint32_t *io_addr, uint16_t *len)
{
    if (ring->count == 0 || !slot_given_back(ring, ring->head, len)) {
        return false;
    }
    *io_addr = ring->io_addr[ring->head];
    ring->head = ring->head + 1 == ring->capacity ? 0 : ring->head + 1;
    ring->count--;
    return true;
}

/* Whether a claimed IO address and length describe something a ring can hold. */
static bool rx_acceptable(const net_buff_desc_t *buffer)
{
    return buffer->io_or_offset <= UINT32_MAX;
}

static bool tx_acceptable(const net_buff_desc_t *buffer)
{
    return buffer->io_or_offset <= UINT32_MAX && buffer->len > 0 && buffer->len <= NET_BUFFER_SIZE;
}

static void rx_provide(void)
{
    net_buff_desc_t buffer;
    uint32_t refused = 0, given = 0;
    bool reprocess = true;

    while (reprocess) {
        while (!ring_full(&state.rx) && refused < state.rx_queue.capacity &&
               net_dequeue_free(&state.rx_queue, &buffer) == 0) {
            if (!rx_acceptable(&buffer)) {
                sddf_dprintf(NIC_NAME ": receive buffer at %lx is beyond 32 bits\n",
                             buffer.io_or_offset);
                refused++;
                continue;
            }
            ring_put(&state.rx, (uint32_t)buffer.io_or_offset, 0);
            ring_given(&state.rx);
            given++;
        }
        /* With the ring full a signal is of no use: rx_return makes room, and comes back here. */
        if (ring_full(&state.rx)) {
            net_cancel_signal_free(&state.rx_queue);
            break;
        }
        net_request_signal_free(&state.rx_queue);
        reprocess = refused < state.rx_queue.capacity && !net_queue_empty_free(&state.rx_queue);
        if (reprocess) {
            net_cancel_signal_free(&state.rx_queue);
        }
    }
    if (given > 0) {
        ring_given_batch(&state.rx);
    }
}

/* What was read of the device, or written to it, comes before what is now read of a ring: else an
 * entry that the device finishes in between could be missed, and its event be gone. */
static void device_then_memory(void)
{
    THREAD_MEMORY_FENCE();
}

/* The device finds its rings as they have been made. */
static void nic_run(void)
{
    THREAD_MEMORY_RELEASE();
    nic_start();
}

/* Whether there was anything. */
static bool rx_return(void)
{
    net_buff_desc_t buffer = {0};
    bool returned = false;
    uint32_t io_addr;

    device_then_memory();
    while (ring_take(&state.rx, &io_addr, &buffer.len)) {
        buffer.io_or_offset = io_addr;
        if (net_enqueue_active(&state.rx_queue, buffer) != 0) {
            sddf_dprintf(NIC_NAME ": receive queue beyond its capacity, buffer lost\n");
        }
        returned = true;
    }
    if (returned && net_require_signal_active(&state.rx_queue)) {
        net_cancel_signal_active(&state.rx_queue);
        sddf_notify(config.virt_rx.id);
    }
    return returned;
}

static void tx_give_back(uint64_t io_addr)
{
    net_buff_desc_t buffer = {.io_or_offset = io_addr};

    if (net_enqueue_free(&state.tx_queue, buffer) != 0) {
        sddf_dprintf(NIC_NAME ": transmit queue beyond its capacity, buffer lost\n");
    }
}

static void tx_signal(void)
{
    if (net_require_signal_free(&state.tx_queue)) {
        net_cancel_signal_free(&state.tx_queue);
        sddf_notify(config.virt_tx.id);
    }
}

static void tx_provide(void)
{
    net_buff_desc_t buffer;
    uint32_t refused = 0, given = 0;
    bool reprocess = true;

    while (reprocess) {
        while (!ring_full(&state.tx) && refused < state.tx_queue.capacity &&
               net_dequeue_active(&state.tx_queue, &buffer) == 0) {
            if (!tx_acceptable(&buffer)) {
                sddf_dprintf(NIC_NAME ": cannot send %u bytes at %lx\n", buffer.len,
                             buffer.io_or_offset);
                tx_give_back(buffer.io_or_offset);
                refused++;
                continue;
            }
            ring_put(&state.tx, (uint32_t)buffer.io_or_offset, buffer.len);
            ring_given(&state.tx);
            given++;
        }
        net_request_signal_active(&state.tx_queue);
        reprocess = !ring_full(&state.tx) && refused < state.tx_queue.capacity &&
                    !net_queue_empty_active(&state.tx_queue);
        if (reprocess) {
            net_cancel_signal_active(&state.tx_queue);
        }
    }
    if (given > 0) {
        ring_given_batch(&state.tx);
    }
    if (refused > 0) {
        tx_signal();
    }
}

static void tx_return(void)
{
    bool returned = false;
    uint32_t io_addr;
    uint16_t len;

    device_then_memory();
    while (ring_take(&state.tx, &io_addr, &len)) {
        tx_give_back(io_addr);
        returned = true;
    }
    if (returned) {
        tx_signal();
    }
}

/* For parts whose descriptors lie in memory, one ring after the other. */
static inline void ring_init(struct ring *ring, const device_region_resource_t *memory)
{
    uint64_t entries = memory->region.size / sizeof(struct NIC_DESCRIPTOR);

    assert(entries > 0);
    assert(memory->io_addr <= UINT32_MAX);
    ring->descriptors = memory->region.vaddr;
    ring->capacity = (uint32_t)MIN(entries, RING_ENTRIES_MAX);
}

/* Empty the ring, whatever its device thinks of it. What was in it, oldest first, is in `held`. */
static uint32_t ring_clear(struct ring *ring, uint32_t held[static RING_ENTRIES_MAX])
{
    uint32_t count = ring->count;

    for (uint32_t i = 0; i < count; i++) {
        held[i] = ring->io_addr[(ring->head + i) % ring->capacity];
    }
    slots_clear(ring);
    ring->head = ring->tail = ring->count = 0;
    return count;
}

/*
 * The device has stopped, of a bus error or a reset that nobody asked for. It is made to forget
 * all, and then, as it touches no memory any more, what it has done is taken from it. The other
 * buffers to receive into go into the ring anew. Frames that were to be sent go back: which of them
 * was on its way nobody knows, and one sent twice is worse than one lost.
 */
static void nic_recover(void)
{
    static uint32_t held[RING_ENTRIES_MAX]; /* more than a stack may hold */
    uint32_t count;

    nic_stop();
    (void)rx_return();
    tx_return();
    count = ring_clear(&state.tx, held);
    for (uint32_t i = 0; i < count; i++) {
        tx_give_back(held[i]);
    }
    if (count > 0) {
        tx_signal();
    }
    count = ring_clear(&state.rx, held);
    for (uint32_t i = 0; i < count; i++) {
        ring_put(&state.rx, held[i], 0);
    }
    nic_run();
    rx_provide();
    tx_provide();
}

static void queue_init(net_queue_handle_t *queue, const net_connection_resource_t *neighbour)
{
    net_queue_init(queue, neighbour->free_queue.vaddr, neighbour->active_queue.vaddr,
                   neighbour->num_buffers);
}

/* What the image was told, but for its rings. */
static void nic_init(void)
{
    assert(net_config_check_magic(&config));
    assert(device_resources_check_magic(&device_resources));
    assert(device_resources.num_irqs == 1);

    state.regs = device_resources.regions[REGION_REGS].region.vaddr;
    state.irq = device_resources.irqs[0].id;
    queue_init(&state.rx_queue, &config.virt_rx);
    queue_init(&state.tx_queue, &config.virt_tx);
}

/*
 * How many buffers were taken from one queue and not given away by the other, which may have held a
 * queue full of them before. One that is begun anew knows nothing of what lay in its rings, but
 * that is what did: each buffer it takes it gives away once, first what it took first. So they are
 * those that were taken last; and nothing was written over them in the queue, since each that is in
 * a ring leaves that one place to spare.
 */
static uint32_t count_left(const net_queue_t *taken, const net_queue_t *given, uint32_t capacity)
{
    uint16_t head = __atomic_load_n(&taken->head, __ATOMIC_RELAXED);
    uint16_t count = (uint16_t)(head - __atomic_load_n(&given->tail, __ATOMIC_RELAXED));

    if (head == 0) {
        return 0;
    }
    return count <= capacity ? count : count & (capacity - 1);
}

static uint64_t taken_before(const net_queue_t *taken, uint32_t capacity, uint32_t back)
{
    return taken->buffers[(taken->head - back) & (capacity - 1)].io_or_offset;
}

/*
 * The rest of init(): the device runs, with nothing in its rings. If this PD is begun anew, buffers
 * to receive into go there again, and what was in them is lost; frames that were to be sent go
 * back, as in nic_recover(). It may also have taken back a request for a signal, and not have come
 * to send it.
 */
static void nic_begin(void)
{
    const net_queue_handle_t *rx = &state.rx_queue, *tx = &state.tx_queue;
    uint32_t rx_left = count_left(rx->free, rx->active, rx->capacity);
    uint32_t tx_left = count_left(tx->active, tx->free, tx->capacity);
    bool begun_anew = rx->free->head != 0 || tx->active->head != 0;

    /* Not of the counts themselves: others can write what those are made of, and MIN looks twice.
     */
    rx_left = MIN(rx_left, state.rx.capacity);
    tx_left = MIN(tx_left, state.tx.capacity);
    for (uint32_t back = rx_left; back > 0; back--) {
        ring_put(&state.rx, (uint32_t)taken_before(rx->free, rx->capacity, back), 0);
        ring_given(&state.rx);
    }
    if (rx_left > 0) {
        ring_given_batch(&state.rx);
    }
    for (uint32_t back = tx_left; back > 0; back--) {
        tx_give_back(taken_before(tx->active, tx->capacity, back));
    }
    rx_provide();
    tx_provide();
    if (begun_anew) {
        sddf_notify(config.virt_rx.id);
        sddf_notify(config.virt_tx.id);
    }
}

void notified(sddf_channel ch)
{
    if (ch == state.irq) {
        handle_irq();
        /* This PD defers nothing else, so the one slot there is cannot be overwritten. */
        sddf_deferred_irq_ack(ch);
    } else if (ch == config.virt_rx.id) {
        rx_provide();
    } else if (ch == config.virt_tx.id) {
        tx_provide();
    } else {
        sddf_dprintf(NIC_NAME ": notification on unknown channel %u\n", ch);
    }
}
#endif
