/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Driver of a virtio network device in the manner published drivers have: transport functions
 * linked in, static globals, work inside assertions, feature numbers written as values, buffers
 * published before the queues are set up. Nothing in it knows of the product.
 */
#include <stdbool.h>
#include <stdint.h>
#include <os/sddf.h>
#include <sddf/util/fence.h>
#include <sddf/util/util.h>
#include <sddf/util/printf.h>
#include <sddf/util/ialloc.h>
#include <sddf/network/queue.h>
#include <sddf/network/config.h>
#include <sddf/resources/device.h>
#include <sddf/virtio/queue.h>
#include <sddf/virtio/feature.h>
#include <sddf/virtio/transport/common.h>
#include <sddf/virtio/transport/pci.h>
#include <sddf/pci/conf_space.h>
#include "ethernet.h"

__attribute__((__section__(".device_resources"))) device_resources_t device_resources;
__attribute__((__section__(".net_driver_config"))) net_driver_config_t config;

#define HW_RING_SIZE 65536
#define RX_COUNT     512
#define TX_COUNT     512
#define MAX_COUNT    MAX(RX_COUNT, TX_COUNT)

static virtio_device_handle_t dev;
uintptr_t hw_ring_buffer_vaddr, hw_ring_buffer_paddr;
sddf_channel irq_ch;
uintptr_t virtio_net_tx_headers_vaddr, virtio_net_tx_headers_paddr;
uintptr_t virtio_net_rx_headers_vaddr, virtio_net_rx_headers_paddr;

net_queue_handle_t rx_queue;
net_queue_handle_t tx_queue;
static struct virtq rx_virtq, tx_virtq;
static int rx_count, tx_count;
static uint16_t rx_last_desc_idx, tx_last_desc_idx;
ialloc_t rx_ialloc_desc, tx_ialloc_desc;
uint32_t rx_descriptors[RX_COUNT], tx_descriptors[TX_COUNT];

static inline bool virtio_avail_full_rx(struct virtq *virtq)
{
    return rx_last_desc_idx >= rx_virtq.num;
    (void)virtq;
}
static inline bool virtio_avail_full_tx(struct virtq *virtq)
{
    return tx_last_desc_idx >= tx_virtq.num;
    (void)virtq;
}

static void rx_provide(void)
{
    bool transferred = false, reprocess = true;
    while (reprocess) {
        while (!virtio_avail_full_rx(&rx_virtq) && !net_queue_empty_free(&rx_queue)) {
            net_buff_desc_t buffer;
            int err = net_dequeue_free(&rx_queue, &buffer);
            assert(!err);
            uint32_t hdr_desc_idx = -1, pkt_desc_idx = -1;
            err = ialloc_alloc(&rx_ialloc_desc, &hdr_desc_idx);
            assert(!err && hdr_desc_idx != -1);
            err = ialloc_alloc(&rx_ialloc_desc, &pkt_desc_idx);
            assert(!err && pkt_desc_idx != -1);
            rx_virtq.desc[hdr_desc_idx].addr =
                virtio_net_rx_headers_paddr + (hdr_desc_idx * sizeof(virtio_net_hdr_t));
            rx_virtq.desc[hdr_desc_idx].len = sizeof(virtio_net_hdr_t);
            rx_virtq.desc[hdr_desc_idx].next = pkt_desc_idx;
            rx_virtq.desc[hdr_desc_idx].flags = VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE;
            rx_virtq.desc[pkt_desc_idx].addr = buffer.io_or_offset;
            rx_virtq.desc[pkt_desc_idx].len = NET_BUFFER_SIZE;
            rx_virtq.desc[pkt_desc_idx].flags = VIRTQ_DESC_F_WRITE;
            rx_virtq.avail->ring[rx_virtq.avail->idx % rx_virtq.num] = hdr_desc_idx;
            rx_virtq.avail->idx++;
            rx_last_desc_idx += 2;
            transferred = true;
        }
        net_request_signal_free(&rx_queue);
        reprocess = false;
        if (!net_queue_empty_free(&rx_queue) && !virtio_avail_full_rx(&rx_virtq)) {
            net_cancel_signal_free(&rx_queue);
            reprocess = true;
        }
    }
    if (transferred) {
        THREAD_MEMORY_RELEASE();
        virtio_transport_queue_notify(&dev, VIRTIO_NET_RX_QUEUE);
    }
}

static void rx_return(void)
{
    bool packets_transferred = false;
    uint16_t i = rx_virtq.used_head;
    uint16_t curr_idx = *(volatile uint16_t *)&rx_virtq.used->idx;
    THREAD_MEMORY_ACQUIRE();
    while (i != curr_idx) {
        struct virtq_used_elem hdr_used = rx_virtq.used->ring[i % rx_virtq.num];
        assert(rx_virtq.desc[hdr_used.id].flags & VIRTQ_DESC_F_NEXT);
        struct virtq_desc pkt = rx_virtq.desc[rx_virtq.desc[hdr_used.id].next % rx_virtq.num];
        uint64_t addr = pkt.addr;
        uint32_t len = hdr_used.len;
        assert(!(pkt.flags & VIRTQ_DESC_F_NEXT));
        assert(len > sizeof(virtio_net_hdr_t));
        net_buff_desc_t buffer = {addr, len - sizeof(virtio_net_hdr_t), 0};
        int err = net_enqueue_active(&rx_queue, buffer);
        assert(!err);
        err = ialloc_free(&rx_ialloc_desc, hdr_used.id);
        assert(!err);
        err = ialloc_free(&rx_ialloc_desc, rx_virtq.desc[hdr_used.id].next);
        assert(!err);
        rx_last_desc_idx -= 2;
        packets_transferred = true;
        i++;
    }
    rx_virtq.used_head = curr_idx;
    if (packets_transferred && net_require_signal_active(&rx_queue)) {
        net_cancel_signal_active(&rx_queue);
        sddf_notify(config.virt_rx.id);
    }
}

static void tx_provide(void)
{
    bool packets_transferred = false, reprocess = true;
    while (reprocess) {
        while (!virtio_avail_full_tx(&tx_virtq) && !net_queue_empty_active(&tx_queue)) {
            net_buff_desc_t buffer;
            int err = net_dequeue_active(&tx_queue, &buffer);
            assert(!err);
            uint32_t hdr_desc_idx = -1, pkt_desc_idx = -1;
            err = ialloc_alloc(&tx_ialloc_desc, &hdr_desc_idx);
            assert(!err);
            err = ialloc_alloc(&tx_ialloc_desc, &pkt_desc_idx);
            assert(!err);
            virtio_net_hdr_t *hdr = (virtio_net_hdr_t *)(virtio_net_tx_headers_vaddr +
                                                         hdr_desc_idx * sizeof(virtio_net_hdr_t));
            hdr->flags = 0;
            hdr->gso_type = VIRTIO_NET_HDR_GSO_NONE;
            hdr->hdr_len = hdr->gso_size = 0;
            hdr->csum_start = hdr->csum_offset = 0;
            tx_virtq.desc[hdr_desc_idx].addr =
                virtio_net_tx_headers_paddr + hdr_desc_idx * sizeof(virtio_net_hdr_t);
            tx_virtq.desc[hdr_desc_idx].len = sizeof(virtio_net_hdr_t);
            tx_virtq.desc[hdr_desc_idx].next = pkt_desc_idx;
            tx_virtq.desc[hdr_desc_idx].flags = VIRTQ_DESC_F_NEXT;
            tx_virtq.desc[pkt_desc_idx].addr = buffer.io_or_offset;
            tx_virtq.desc[pkt_desc_idx].len = buffer.len;
            tx_virtq.desc[pkt_desc_idx].flags = 0;
            tx_virtq.avail->ring[tx_virtq.avail->idx % tx_virtq.num] = hdr_desc_idx;
            THREAD_MEMORY_RELEASE();
            tx_virtq.avail->idx++;
            tx_last_desc_idx += 2;
            packets_transferred = true;
        }
        net_request_signal_active(&tx_queue);
        reprocess = false;
        if (!virtio_avail_full_tx(&tx_virtq) && !net_queue_empty_active(&tx_queue)) {
            net_cancel_signal_active(&tx_queue);
            reprocess = true;
        }
    }
    if (packets_transferred) {
        virtio_transport_queue_notify(&dev, VIRTIO_NET_TX_QUEUE);
    }
}

static void tx_return(void)
{
    bool enqueued = false;
    uint16_t i = tx_virtq.used_head;
    uint16_t curr_idx = *(volatile uint16_t *)&tx_virtq.used->idx;
    THREAD_MEMORY_ACQUIRE();
    while (i != curr_idx) {
        struct virtq_used_elem hdr_used = tx_virtq.used->ring[i % tx_virtq.num];
        uint64_t addr = tx_virtq.desc[tx_virtq.desc[hdr_used.id].next].addr;
        net_buff_desc_t buffer = {addr, 0, 0};
        int err = net_enqueue_free(&tx_queue, buffer);
        assert(!err);
        err = ialloc_free(&tx_ialloc_desc, tx_virtq.desc[hdr_used.id].next);
        assert(!err);
        err = ialloc_free(&tx_ialloc_desc, hdr_used.id);
        assert(!err);
        tx_last_desc_idx -= 2;
        enqueued = true;
        i++;
    }
    tx_virtq.used_head = curr_idx;
    if (enqueued && net_require_signal_free(&tx_queue)) {
        net_cancel_signal_free(&tx_queue);
        sddf_notify(config.virt_tx.id);
    }
}

static void handle_irq(void)
{
    uint32_t irq_status = virtio_transport_read_isr(&dev);
    if (irq_status & VIRTIO_IRQ_VQUEUE) {
        virtio_transport_write_isr(&dev, VIRTIO_IRQ_VQUEUE);
        tx_return();
        tx_provide();
        rx_return();
    }
    if (irq_status & VIRTIO_IRQ_CONFIG) {
        LOG_DRIVER_ERR("ETH|ERROR: unexpected change in configuration\n");
    }
}

static void eth_setup(void)
{
#ifdef CONFIG_ARCH_X86_64
    hw_ring_buffer_vaddr = 0x70000000;
    hw_ring_buffer_paddr = 0x7A000000;
    irq_ch = 16;
    dev.pci_bus = 0;
    dev.pci_dev = 2;
    dev.pci_func = 0;
#else
    hw_ring_buffer_vaddr = (uintptr_t)device_resources.regions[1].region.vaddr;
    hw_ring_buffer_paddr = device_resources.regions[1].io_addr;
    irq_ch = device_resources.irqs[0].id;
#endif
    dev.pci_vendor_id = VIRTIO_PCI_VEN_ID;
    dev.pci_device_id = VIRTIO_NET_PCI_DEV_ID;
    dev.pci_class_code = PCI_CLASS_NETWORK_CONTROLLER;
    dev.pci_subclass = PCI_CLASS_NETWORK_SUBCLASS_ETHERNET;
    assert(virtio_transport_probe(&device_resources, &dev, VIRTIO_DEVICE_ID_NET));

    volatile virtio_net_config_t *net_config =
        (volatile virtio_net_config_t *)virtio_transport_get_device_config(&dev);
    virtio_transport_set_status(&dev, 0);
    virtio_transport_set_status(&dev, VIRTIO_DEVICE_STATUS_ACKNOWLEDGE);
    virtio_transport_set_status(&dev, VIRTIO_DEVICE_STATUS_DRIVER);
    uint32_t feature_low = virtio_transport_get_device_features(&dev, 0);
    uint32_t feature_high = virtio_transport_get_device_features(&dev, 1);
    virtio_print_reserved_feature_bits(feature_low | (uint64_t)feature_high << 32);
    virtio_transport_set_driver_features(&dev, 0, VIRTIO_NET_F_MAC);
    virtio_transport_set_driver_features(&dev, 1, VIRTIO_F_VERSION_1);
    virtio_transport_set_status(&dev, VIRTIO_DEVICE_STATUS_FEATURES_OK);
    if (!(virtio_transport_get_status(&dev) & VIRTIO_DEVICE_STATUS_FEATURES_OK)) {
        LOG_DRIVER_ERR("device status features is not OK!\n");
        return;
    }

    rx_count = MIN(RX_COUNT, virtio_transport_queue_get_capacity(&dev, VIRTIO_NET_RX_QUEUE));
    tx_count = MIN(TX_COUNT, virtio_transport_queue_get_capacity(&dev, VIRTIO_NET_TX_QUEUE));
    ialloc_init(&rx_ialloc_desc, rx_descriptors, rx_count);
    ialloc_init(&tx_ialloc_desc, tx_descriptors, tx_count);

    size_t rx_desc_off = 0;
    size_t rx_avail_off = ALIGN(rx_desc_off + (16 * rx_count), 2);
    size_t rx_used_off = ALIGN(rx_avail_off + (6 + 2 * rx_count), 4);
    size_t tx_desc_off = ALIGN(rx_used_off + (6 + 8 * rx_count), 16);
    size_t tx_avail_off = ALIGN(tx_desc_off + (16 * tx_count), 2);
    size_t tx_used_off = ALIGN(tx_avail_off + (6 + 2 * tx_count), 4);
    size_t size = tx_used_off + (6 + 8 * tx_count);

    rx_virtq.num = rx_count;
    rx_virtq.desc = (struct virtq_desc *)(hw_ring_buffer_vaddr + rx_desc_off);
    rx_virtq.avail = (struct virtq_avail *)(hw_ring_buffer_vaddr + rx_avail_off);
    rx_virtq.used = (struct virtq_used *)(hw_ring_buffer_vaddr + rx_used_off);
    tx_virtq.num = tx_count;
    tx_virtq.desc = (struct virtq_desc *)(hw_ring_buffer_vaddr + tx_desc_off);
    tx_virtq.avail = (struct virtq_avail *)(hw_ring_buffer_vaddr + tx_avail_off);
    tx_virtq.used = (struct virtq_used *)(hw_ring_buffer_vaddr + tx_used_off);
    virtio_net_tx_headers_vaddr = hw_ring_buffer_vaddr + size;
    virtio_net_tx_headers_paddr = hw_ring_buffer_paddr + size;
    size += (tx_count / 2) * sizeof(virtio_net_hdr_t);
    virtio_net_rx_headers_vaddr = hw_ring_buffer_vaddr + size;
    virtio_net_rx_headers_paddr = hw_ring_buffer_paddr + size;
    size += (rx_count / 2) * sizeof(virtio_net_hdr_t);
    assert(size <= HW_RING_SIZE);

    rx_provide();
    tx_provide();

    assert(virtio_transport_queue_setup(
        &dev, VIRTIO_NET_RX_QUEUE, rx_count, hw_ring_buffer_paddr + rx_desc_off,
        hw_ring_buffer_paddr + rx_avail_off, hw_ring_buffer_paddr + rx_used_off));
    assert(virtio_transport_queue_setup(
        &dev, VIRTIO_NET_TX_QUEUE, tx_count, hw_ring_buffer_paddr + tx_desc_off,
        hw_ring_buffer_paddr + tx_avail_off, hw_ring_buffer_paddr + tx_used_off));
    net_config->mac[0] = 0x52;
    net_config->mac[1] = 0x54;
    net_config->mac[2] = 0x01;
    net_config->mac[3] = 0;
    net_config->mac[4] = 0;
    net_config->mac[5] = 7;
    virtio_transport_set_status(&dev, VIRTIO_DEVICE_STATUS_DRIVER_OK);
    virtio_transport_write_isr(&dev, VIRTIO_IRQ_VQUEUE);
}

void init(void)
{
    assert(net_config_check_magic((void *)&config));
    assert(device_resources_check_magic(&device_resources));
    net_queue_init(&rx_queue, config.virt_rx.free_queue.vaddr, config.virt_rx.active_queue.vaddr,
                   config.virt_rx.num_buffers);
    net_queue_init(&tx_queue, config.virt_tx.free_queue.vaddr, config.virt_tx.active_queue.vaddr,
                   config.virt_tx.num_buffers);
    eth_setup();
    sddf_irq_ack(irq_ch);
}

void notified(sddf_channel ch)
{
    if (ch == irq_ch) {
        handle_irq();
        sddf_deferred_irq_ack(ch);
    } else if (ch == config.virt_rx.id) {
        rx_provide();
    } else if (ch == config.virt_tx.id) {
        tx_provide();
    } else {
        LOG_DRIVER_ERR("received notification on unexpected channel %u\n", ch);
    }
}
