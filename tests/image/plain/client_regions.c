/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client whose transmit buffers lie in several regions: a descriptor's oid says in which, its
 * offset where in that one. It answers each frame from the region after the last answer's.
 */
#include <stdint.h>
#include <string.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/mac802.h>
#include <sddf/network/queue.h>
#include <sddf/resources/device.h>
#include <sddf/util/util.h>

__attribute__((__section__(".net_client_config"))) net_client_config_t config;
__attribute__((__section__(".device_resources"))) device_resources_t regions;

static net_queue_handle_t rx, tx;

void init(void)
{
    uint64_t each = config.tx.num_buffers / regions.num_regions;

    assert(device_resources_check_magic(&regions));
    assert(regions.regions[0].region.vaddr == config.tx_data.vaddr);
    net_queue_init(&rx, config.rx.free_queue.vaddr, config.rx.active_queue.vaddr,
                   config.rx.num_buffers);
    net_queue_init(&tx, config.tx.free_queue.vaddr, config.tx.active_queue.vaddr,
                   config.tx.num_buffers);
    for (uint64_t i = 0; i < config.tx.num_buffers; i++) {
        net_buff_desc_t buffer = {.io_or_offset = i / regions.num_regions * NET_BUFFER_SIZE,
                                  .oid = (uint8_t)(i % regions.num_regions)};

        assert(buffer.io_or_offset < each * NET_BUFFER_SIZE);
        (void)net_enqueue_free(&tx, buffer);
    }
    net_cancel_signal_free(&tx);
}

/* To whoever sent it. */
static void answer(net_buff_desc_t frame, net_buff_desc_t *buffer)
{
    const uint8_t *in = (const uint8_t *)config.rx_data.vaddr + frame.io_or_offset;
    uint8_t *out = (uint8_t *)regions.regions[buffer->oid].region.vaddr + buffer->io_or_offset;

    memcpy(out, in, frame.len);
    memcpy(out, in + MAC802_BYTES, MAC802_BYTES);
    memcpy(out + MAC802_BYTES, config.mac_addr.addr, MAC802_BYTES);
    buffer->len = frame.len;
}

void notified(sddf_channel ch)
{
    net_buff_desc_t frame, buffer;

    (void)ch;
    do {
        while (net_dequeue_active(&rx, &frame) == 0) {
            if (net_dequeue_free(&tx, &buffer) == 0) {
                answer(frame, &buffer);
                (void)net_enqueue_active(&tx, buffer);
            }
            (void)net_enqueue_free(&rx, frame);
        }
        net_request_signal_active(&rx);
    } while (!net_queue_empty_active(&rx));
    if (net_require_signal_free(&rx)) {
        net_cancel_signal_free(&rx);
        sddf_notify(config.rx.id);
    }
    if (net_require_signal_active(&tx)) {
        net_cancel_signal_active(&tx);
        sddf_notify(config.tx.id);
    }
}
