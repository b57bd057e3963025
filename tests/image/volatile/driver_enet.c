/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Driver of the i.MX 8M ENET as most drivers are written: its registers a volatile struct, plain
 * assignments, no accessors. It makes the accesses of components/network/driver_imx.c in the same
 * order, and so a run with it, made by `sddfsim build --flavour mmio`, is one with that, event for
 * event. It needs no more than sDDF's headers.
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

struct enet_regs {
    uint32_t reserved_000;
    uint32_t eir;
    uint32_t eimr;
    uint32_t reserved_00c;
    uint32_t rdar;
    uint32_t tdar;
    uint32_t reserved_018[3];
    uint32_t ecr;
    uint32_t reserved_028[6];
    uint32_t mmfr;
    uint32_t mscr;
    uint32_t reserved_048[7];
    uint32_t mibc;
    uint32_t reserved_068[7];
    uint32_t rcr;
    uint32_t reserved_088[15];
    uint32_t tcr;
    uint32_t reserved_0c8[7];
    uint32_t palr;
    uint32_t paur;
    uint32_t opd;
    uint32_t txic[3];
    uint32_t reserved_0fc;
    uint32_t rxic[3];
    uint32_t reserved_10c[3];
    uint32_t iaur;
    uint32_t ialr;
    uint32_t gaur;
    uint32_t galr;
    uint32_t reserved_128[7];
    uint32_t tfwr;
    uint32_t reserved_148[14];
    uint32_t rdsr;
    uint32_t tdsr;
    uint32_t mrbr;
    uint32_t reserved_18c;
    uint32_t rsfl;
    uint32_t rsem;
    uint32_t raem;
    uint32_t rafl;
    uint32_t tsem;
    uint32_t taem;
    uint32_t tafl;
    uint32_t tipg;
    uint32_t ftrl;
    uint32_t reserved_1b4[3];
    uint32_t tacc;
    uint32_t racc;
};
_Static_assert(sizeof(struct enet_regs) == 0x1c8, "no register is where the part has it");

#define IRQ_TXF   BIT(27)
#define IRQ_RXF   BIT(25)
#define IRQ_EBERR BIT(22)
#define IRQ_MASK  (IRQ_TXF | IRQ_RXF | IRQ_EBERR)

#define ECR_RESET    BIT(0)
#define ECR_ETHEREN  BIT(1)
#define ECR_SPEED    BIT(5)
#define ECR_DBSWP    BIT(8)
#define MIBC_DIS     BIT(31)
#define MIBC_IDLE    BIT(30)
#define MIBC_CLEAR   BIT(29)
#define RCR_MII_MODE BIT(2)
#define RCR_PROM     BIT(3)
#define RCR_RGMII_EN BIT(6)
#define TCR_FDEN     BIT(2)
#define TXIC_EN      BIT(31)
#define DAR_ACTIVE   BIT(24)

#define STAT_OWNED BIT(15)
#define STAT_WRAP  BIT(13)
#define STAT_LAST  BIT(11)
#define STAT_CRC   BIT(10)

#define RX_BUFFER_BYTES 1536
#define RING_MAX        256
#define ROUNDS_MAX      256

struct descriptor {
    uint16_t len;
    uint16_t stat;
    uint32_t io_addr;
};

struct ring {
    volatile struct descriptor *descr;
    uint32_t io_addr[RING_MAX];
    uint32_t capacity, head, tail, count;
};

__attribute__((__section__(".device_resources"))) device_resources_t device_resources;
__attribute__((__section__(".net_driver_config"))) net_driver_config_t config;

static volatile struct enet_regs *eth;
static struct ring rx, tx;
static net_queue_handle_t rx_queue, tx_queue;

static bool ring_full(struct ring *ring)
{
    return ring->count == ring->capacity;
}

static void ring_put(struct ring *ring, uint64_t io_addr, uint16_t len, uint16_t stat)
{
    volatile struct descriptor *d = &ring->descr[ring->tail];

    ring->io_addr[ring->tail] = (uint32_t)io_addr;
    d->io_addr = (uint32_t)io_addr;
    d->len = len;
    THREAD_MEMORY_RELEASE();
    d->stat = stat | STAT_OWNED | (ring->tail + 1 == ring->capacity ? STAT_WRAP : 0);
    THREAD_MEMORY_RELEASE();
    ring->tail = (ring->tail + 1) % ring->capacity;
    ring->count++;
}

static bool ring_take(struct ring *ring, net_buff_desc_t *buffer)
{
    volatile struct descriptor *d = &ring->descr[ring->head];

    if (ring->count == 0 || d->stat & STAT_OWNED) {
        return false;
    }
    THREAD_MEMORY_ACQUIRE();
    buffer->io_or_offset = ring->io_addr[ring->head];
    buffer->len = d->len;
    ring->head = (ring->head + 1) % ring->capacity;
    ring->count--;
    return true;
}

static void rx_provide(void)
{
    net_buff_desc_t buffer;
    bool reprocess = true;

    while (reprocess) {
        while (!ring_full(&rx) && net_dequeue_free(&rx_queue, &buffer) == 0) {
            ring_put(&rx, buffer.io_or_offset, 0, 0);
            eth->rdar = DAR_ACTIVE;
        }
        if (ring_full(&rx)) {
            net_cancel_signal_free(&rx_queue);
            return;
        }
        net_request_signal_free(&rx_queue);
        reprocess = !net_queue_empty_free(&rx_queue);
        if (reprocess) {
            net_cancel_signal_free(&rx_queue);
        }
    }
}

static void rx_return(void)
{
    net_buff_desc_t buffer = {0};
    bool returned = false;

    while (ring_take(&rx, &buffer)) {
        net_enqueue_active(&rx_queue, buffer);
        returned = true;
    }
    if (returned && net_require_signal_active(&rx_queue)) {
        net_cancel_signal_active(&rx_queue);
        sddf_notify(config.virt_rx.id);
    }
}

static void tx_provide(void)
{
    net_buff_desc_t buffer;
    bool reprocess = true;

    while (reprocess) {
        while (!ring_full(&tx) && net_dequeue_active(&tx_queue, &buffer) == 0) {
            ring_put(&tx, buffer.io_or_offset, buffer.len, STAT_LAST | STAT_CRC);
            eth->tdar = DAR_ACTIVE;
        }
        net_request_signal_active(&tx_queue);
        reprocess = !ring_full(&tx) && !net_queue_empty_active(&tx_queue);
        if (reprocess) {
            net_cancel_signal_active(&tx_queue);
        }
    }
}

static void tx_return(void)
{
    net_buff_desc_t buffer = {0};
    bool returned = false;

    while (ring_take(&tx, &buffer)) {
        buffer.len = 0;
        net_enqueue_free(&tx_queue, buffer);
        returned = true;
    }
    if (returned && net_require_signal_free(&tx_queue)) {
        net_cancel_signal_free(&tx_queue);
        sddf_notify(config.virt_tx.id);
    }
}

static void handle_irq(void)
{
    for (int round = 0; round < ROUNDS_MAX; round++) {
        uint32_t e = eth->eir;

        eth->eir = e & IRQ_MASK;
        if ((e & IRQ_MASK) == 0 && round > 0) {
            return;
        }
        if (e & IRQ_TXF || (e & IRQ_MASK) == 0) {
            tx_return();
            tx_provide();
        }
        if (e & IRQ_RXF || (e & IRQ_MASK) == 0) {
            rx_return();
            rx_provide();
        }
        if (e & IRQ_EBERR || (e == 0 && !(eth->ecr & ECR_ETHEREN))) {
            sddf_dprintf("ENET: the MAC has stopped\n");
        }
    }
}

static void reset(uint32_t *palr, uint32_t *paur)
{
    *palr = eth->palr;
    *paur = eth->paur;
    eth->ecr = ECR_RESET;
    while (eth->ecr & ECR_RESET) {
    }
    eth->ecr |= ECR_DBSWP;
    eth->eimr = 0;
    eth->eir = 0xffffffff;
    eth->mscr = 24 << 1;
    eth->mibc = MIBC_DIS;
    while (!(eth->mibc & MIBC_IDLE)) {
    }
    eth->mibc = MIBC_DIS | MIBC_CLEAR;
    while (!(eth->mibc & MIBC_IDLE)) {
    }
    eth->mibc = MIBC_DIS;
    eth->mibc = 0;
}

static void eth_setup(void)
{
    uint32_t palr, paur, ecr;

    reset(&palr, &paur);
    eth->iaur = 0;
    eth->ialr = 0;
    eth->gaur = 0;
    eth->galr = 0;
    if (eth->palr == 0) {
        eth->palr = palr;
        eth->paur = paur;
    }
    eth->opd = 0x10000;
    eth->txic[0] = TXIC_EN | 128u << 20 | 0xff;
    eth->tipg = 8;
    eth->tfwr = BIT(8);
    eth->rsfl = 0;
    eth->racc = BIT(1) | BIT(2) | BIT(6);
    eth->tacc = BIT(3) | BIT(4);
    eth->rdsr = (uint32_t)device_resources.regions[1].io_addr;
    eth->tdsr = (uint32_t)device_resources.regions[2].io_addr;
    eth->mrbr = RX_BUFFER_BYTES;
    eth->rcr = 1518u << 16 | RCR_RGMII_EN | RCR_PROM | RCR_MII_MODE;
    eth->tcr = TCR_FDEN;
    ecr = eth->ecr | ECR_SPEED;
    eth->ecr = ecr;
    eth->ecr = ecr | ECR_ETHEREN;
    eth->rdar = DAR_ACTIVE;
    eth->eir = eth->eir; /* cppcheck-suppress selfAssignment ; what is written is cleared */
    eth->eimr = IRQ_MASK;
}

static void ring_init(struct ring *ring, device_region_resource_t *memory)
{
    uint64_t entries = memory->region.size / sizeof(struct descriptor);

    ring->descr = memory->region.vaddr;
    ring->capacity = entries < RING_MAX ? (uint32_t)entries : RING_MAX;
}

void init(void)
{
    assert(net_config_check_magic(&config));
    assert(device_resources_check_magic(&device_resources));

    eth = device_resources.regions[0].region.vaddr;
    ring_init(&rx, &device_resources.regions[1]);
    ring_init(&tx, &device_resources.regions[2]);
    eth_setup();

    net_queue_init(&rx_queue, config.virt_rx.free_queue.vaddr, config.virt_rx.active_queue.vaddr,
                   config.virt_rx.num_buffers);
    net_queue_init(&tx_queue, config.virt_tx.free_queue.vaddr, config.virt_tx.active_queue.vaddr,
                   config.virt_tx.num_buffers);
    rx_provide();
    tx_provide();
}

void notified(sddf_channel ch)
{
    if (ch == device_resources.irqs[0].id) {
        handle_irq();
        sddf_deferred_irq_ack(ch);
    } else if (ch == config.virt_rx.id) {
        rx_provide();
    } else if (ch == config.virt_tx.id) {
        tx_provide();
    }
}
