/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_NETWORK_ENET_DRIVER_H
#define COMPONENTS_NETWORK_ENET_DRIVER_H
/*
 * What drivers of the i.MX 8M ENET have in common, however they spend their register accesses. They
 * move descriptors, never packets: buffers are named by IO address and their memory is not mapped
 * here.
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
 * An image is one source file, so this is included by one, once, which defines what is declared
 * first below.
 */
#include <stdbool.h>
#include <stdint.h>

#include <os/sddf.h>
#include <sddf/hw/mmio.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>
#include <sddf/resources/device.h>
#include <sddf/util/fence.h>
#include <sddf/util/printf.h>
#include <sddf/util/util.h>

#include "components/device/enet.h"

__attribute__((__section__(".device_resources"))) device_resources_t device_resources;
__attribute__((__section__(".net_driver_config"))) net_driver_config_t config;

enum resource_region { REGION_REGS, REGION_RX_RING, REGION_TX_RING };

#define RING_ENTRIES_MAX 256
#define RX_BUFFER_BYTES  1536
#define IRQ_MASK         (ENET_EIR_TXF | ENET_EIR_RXF | ENET_EIR_EBERR)

/*
 * The device goes round the ring in the same order, so what it gives back next is always at head.
 */
struct ring {
    volatile struct enet_descriptor *descriptors;
    uint32_t capacity; /* any number: the last slot carries WRAP */
    uint32_t tail;     /* next slot to give to the device */
    uint32_t head;     /* next slot the device gives back */
    uint32_t count;    /* slots between the two */
    uint32_t io_addr[RING_ENTRIES_MAX];
};

/* -- of the driver -- */

/* One descriptor more lies in the ring of this doorbell; and: a batch of them is complete. */
static void ring_given(uint32_t doorbell);
static void ring_given_batch(uint32_t doorbell);
/* Find out what has happened, and see to it. */
static void handle_irq(void);

/* -- of all -- */

static void eth_look_after(uint32_t events);

static struct {
    void *regs;
    sddf_channel irq;
    struct ring rx, tx;
    net_queue_handle_t rx_queue, tx_queue;
} state;

static bool ring_full(const struct ring *ring)
{
    return ring->count == ring->capacity;
}

/* Give a buffer to the device. The owner bit is written last, and is what makes the rest valid. */
static void ring_put(struct ring *ring, uint32_t io_addr, uint16_t len, uint16_t stat)
{
    volatile struct enet_descriptor *d = &ring->descriptors[ring->tail];
    bool last_slot = ring->tail + 1 == ring->capacity;

    ring->io_addr[ring->tail] = io_addr;
    d->io_addr = io_addr;
    d->len = len;
    THREAD_MEMORY_RELEASE();
    d->stat = (uint16_t)(stat | ENET_DESC_OWNED | (last_slot ? ENET_DESC_WRAP : 0));
    ring->tail = last_slot ? 0 : ring->tail + 1;
    ring->count++;
}

/* Take back the oldest buffer if the device is done with it. */
static bool ring_take(struct ring *ring, uint32_t *io_addr, uint16_t *len)
{
    if (ring->count == 0 || ring->descriptors[ring->head].stat & ENET_DESC_OWNED) {
        return false;
    }
    /* The length is read after the owner bit. */
    THREAD_MEMORY_ACQUIRE();
    *len = ring->descriptors[ring->head].len;
    *io_addr = ring->io_addr[ring->head];
    ring->head = ring->head + 1 == ring->capacity ? 0 : ring->head + 1;
    ring->count--;
    return true;
}

/* The device reads on until it meets a descriptor that is not its own. */
static void ring_bell(uint32_t doorbell)
{
    THREAD_MEMORY_RELEASE();
    mmio_write32(state.regs, doorbell, ENET_DAR_ACTIVE);
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
                sddf_dprintf("ENET: receive buffer at %lx is beyond 32 bits\n",
                             buffer.io_or_offset);
                refused++;
                continue;
            }
            ring_put(&state.rx, (uint32_t)buffer.io_or_offset, 0, 0);
            ring_given(ENET_RDAR);
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
        ring_given_batch(ENET_RDAR);
    }
}

/* Whether there was anything. */
static bool rx_return(void)
{
    net_buff_desc_t buffer = {0};
    bool returned = false;
    uint32_t io_addr;

    while (ring_take(&state.rx, &io_addr, &buffer.len)) {
        buffer.io_or_offset = io_addr;
        if (net_enqueue_active(&state.rx_queue, buffer) != 0) {
            sddf_dprintf("ENET: receive queue beyond its capacity, buffer lost\n");
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
        sddf_dprintf("ENET: transmit queue beyond its capacity, buffer lost\n");
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
                sddf_dprintf("ENET: cannot send %u bytes at %lx\n", buffer.len,
                             buffer.io_or_offset);
                tx_give_back(buffer.io_or_offset);
                refused++;
                continue;
            }
            ring_put(&state.tx, (uint32_t)buffer.io_or_offset, buffer.len,
                     ENET_DESC_LAST | ENET_TX_TC);
            ring_given(ENET_TDAR);
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
        ring_given_batch(ENET_TDAR);
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

    while (ring_take(&state.tx, &io_addr, &len)) {
        tx_give_back(io_addr);
        returned = true;
    }
    if (returned) {
        tx_signal();
    }
}

/* Reset the MAC; it forgets its station address, so that is given back. */
static void eth_reset(void *regs, uint32_t *palr, uint32_t *paur)
{
    *palr = mmio_read32(regs, ENET_PALR);
    *paur = mmio_read32(regs, ENET_PAUR);
    mmio_write32(regs, ENET_ECR, ENET_ECR_RESET);
    while (mmio_read32(regs, ENET_ECR) & ENET_ECR_RESET) {
    }
    mmio_write32(regs, ENET_ECR, mmio_read32(regs, ENET_ECR) | ENET_ECR_DBSWP);
    mmio_write32(regs, ENET_EIMR, 0);
    mmio_write32(regs, ENET_EIR, UINT32_MAX);
    mmio_write32(regs, ENET_MSCR, 24 << 1);
}

/* Empty the statistics, and let them count. */
static void eth_clear_mib(void *regs)
{
    mmio_write32(regs, ENET_MIBC, ENET_MIBC_DIS);
    while (!(mmio_read32(regs, ENET_MIBC) & ENET_MIBC_IDLE)) {
    }
    mmio_write32(regs, ENET_MIBC, ENET_MIBC_DIS | ENET_MIBC_CLEAR);
    while (!(mmio_read32(regs, ENET_MIBC) & ENET_MIBC_IDLE)) {
    }
    mmio_write32(regs, ENET_MIBC, ENET_MIBC_DIS);
    mmio_write32(regs, ENET_MIBC, 0);
}

static void eth_filter(void *regs, uint32_t palr, uint32_t paur)
{
    mmio_write32(regs, ENET_IAUR, 0);
    mmio_write32(regs, ENET_IALR, 0);
    mmio_write32(regs, ENET_GAUR, 0);
    mmio_write32(regs, ENET_GALR, 0);
    if (mmio_read32(regs, ENET_PALR) == 0) {
        mmio_write32(regs, ENET_PALR, palr);
        mmio_write32(regs, ENET_PAUR, paur);
    }
    mmio_write32(regs, ENET_OPD, ENET_OPD_CODE);
}

/*
 * Everything between the filters and ETHEREN. Sent frames are reported by the 128, or 0.13 ms after
 * the first.
 */
static void eth_configure(void *regs)
{
    mmio_write32(regs, ENET_TXIC0, ENET_IC_EN | 128u << ENET_IC_FT_SHIFT | 0xff);
    mmio_write32(regs, ENET_TIPG, 8);
    mmio_write32(regs, ENET_TFWR, ENET_TFWR_STRFWD);
    mmio_write32(regs, ENET_RSFL, 0);
    mmio_write32(regs, ENET_RACC, ENET_RACC_IPDIS | ENET_RACC_PRODIS | ENET_RACC_LINEDIS);
    mmio_write32(regs, ENET_TACC, ENET_TACC_IPCHK | ENET_TACC_PROCHK);
    mmio_write32(regs, ENET_RDSR, (uint32_t)device_resources.regions[REGION_RX_RING].io_addr);
    mmio_write32(regs, ENET_TDSR, (uint32_t)device_resources.regions[REGION_TX_RING].io_addr);
    mmio_write32(regs, ENET_MRBR, RX_BUFFER_BYTES);
    /* The virtualiser sorts frames by destination, so the MAC takes them all. */
    mmio_write32(regs, ENET_RCR,
                 1518u << ENET_RCR_MAX_FL_SHIFT | ENET_RCR_RGMII_EN | ENET_RCR_PROM |
                     ENET_RCR_MII_MODE);
    mmio_write32(regs, ENET_TCR, ENET_TCR_FDEN);
}

static void eth_start(void *regs)
{
    uint32_t ecr = mmio_read32(regs, ENET_ECR) | ENET_ECR_SPEED;

    mmio_write32(regs, ENET_ECR, ecr);
    mmio_write32(regs, ENET_ECR, ecr | ENET_ECR_ETHEREN);
    mmio_write32(regs, ENET_RDAR, ENET_DAR_ACTIVE);
    mmio_write32(regs, ENET_EIR, mmio_read32(regs, ENET_EIR));
    mmio_write32(regs, ENET_EIMR, IRQ_MASK);
}

static void eth_setup(void)
{
    uint32_t palr, paur;

    eth_reset(state.regs, &palr, &paur);
    eth_clear_mib(state.regs);
    eth_filter(state.regs, palr, paur);
    eth_configure(state.regs);
    eth_start(state.regs);
}

static void ring_init(struct ring *ring, const device_region_resource_t *memory)
{
    uint64_t entries = memory->region.size / sizeof(struct enet_descriptor);

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
    for (uint32_t slot = 0; slot < ring->capacity; slot++) {
        ring->descriptors[slot].stat = 0;
    }
    ring->head = ring->tail = ring->count = 0;
    return count;
}

/*
 * The MAC has stopped, of a bus error or a reset that nobody asked for. It is made to forget all,
 * and then, as it touches no memory any more, what it has done is taken from it. The other buffers
 * to receive into go into the ring anew. Frames that were to be sent go back: which of them was on
 * its way nobody knows, and one sent twice is worse than one lost.
 */
static void eth_recover(void)
{
    uint32_t held[RING_ENTRIES_MAX], palr, paur, count;

    eth_reset(state.regs, &palr, &paur);
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
        ring_put(&state.rx, held[i], 0, 0);
    }
    eth_filter(state.regs, palr, paur);
    eth_configure(state.regs);
    eth_start(state.regs);
    rx_provide();
    tx_provide();
}

/*
 * After an interrupt that brought nothing: does the MAC still run? One that does and has sent a
 * frame has TXB among its events, as nobody clears that; so the further read is seldom made.
 */
static void eth_look_after(uint32_t events)
{
    bool failed = events & ENET_EIR_EBERR;
    bool reset = events == 0 && !(mmio_read32(state.regs, ENET_ECR) & ENET_ECR_ETHEREN);

    if (failed || reset) {
        sddf_dprintf("ENET: the MAC has stopped, of a %s, and is started again\n",
                     failed ? "bus error" : "reset");
        eth_recover();
    }
}

static void queue_init(net_queue_handle_t *queue, const net_connection_resource_t *neighbour)
{
    net_queue_init(queue, neighbour->free_queue.vaddr, neighbour->active_queue.vaddr,
                   neighbour->num_buffers);
}

void init(void)
{
    assert(net_config_check_magic(&config));
    assert(device_resources_check_magic(&device_resources));
    assert(device_resources.num_regions == 3);
    assert(device_resources.num_irqs == 1);

    state.regs = device_resources.regions[REGION_REGS].region.vaddr;
    state.irq = device_resources.irqs[0].id;
    ring_init(&state.rx, &device_resources.regions[REGION_RX_RING]);
    ring_init(&state.tx, &device_resources.regions[REGION_TX_RING]);
    eth_setup();

    queue_init(&state.rx_queue, &config.virt_rx);
    queue_init(&state.tx_queue, &config.virt_tx);
    rx_provide();
    tx_provide();
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
        sddf_dprintf("ENET: notification on unknown channel %u\n", ch);
    }
}
#endif
