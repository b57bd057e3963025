/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver of a virtio network device that takes the liberties that drivers in the field take:
 * status bits written alone, features by number instead of by bit, so none that is wanted, the
 * short header that goes with that, and buffers made available before there is a queue.
 */
#include <os/sddf.h>

#include "components/device/virtio.h"

#undef VIRTIO_NET_HEADER_BYTES
#define VIRTIO_NET_HEADER_BYTES VIRTIO_NET_LEGACY_HEADER_BYTES
#define init                    orderly_init
void orderly_init(void);
#include "components/network/driver_virtio.c"
#undef init

void init(void)
{
    volatile struct virtio_mmio *regs;
    uint64_t used = 0;

    nic_init();
    regs = registers();
    nic_stop();
    reg_write(&regs->Status, VIRTIO_STATUS_ACKNOWLEDGE);
    reg_write(&regs->Status, VIRTIO_STATUS_DRIVER);
    reg_write(&regs->DriverFeaturesSel, 0);
    reg_write(&regs->DriverFeatures, VIRTIO_NET_F_MAC);
    reg_write(&regs->DriverFeaturesSel, 1);
    reg_write(&regs->DriverFeatures, VIRTIO_F_VERSION_1);
    reg_write(&regs->Status, VIRTIO_STATUS_FEATURES_OK);
    assert(reg_read(&regs->Status) & VIRTIO_STATUS_FEATURES_OK);
    queues[VIRTIO_NET_RX].num = queues[VIRTIO_NET_TX].num = NUM_MAX;
    lay_out(&state.rx, &used);
    lay_out(&state.tx, &used);
    slots_clear(&state.rx);
    slots_clear(&state.tx);
    rx_provide();
    tx_provide();
    set_up_queue(VIRTIO_NET_RX);
    set_up_queue(VIRTIO_NET_TX);
    reg_write(&regs->Status, VIRTIO_STATUS_DRIVER_OK);
}
