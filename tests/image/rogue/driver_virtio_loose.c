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
    uint64_t used = 0;

    nic_init();
    assert(transport_probe());
    nic_stop();
    running = true; /* it notifies whether it is or not */
    set_status(VIRTIO_STATUS_ACKNOWLEDGE);
    set_status(VIRTIO_STATUS_DRIVER);
    accept_features(0, VIRTIO_NET_F_MAC);
    accept_features(1, VIRTIO_F_VERSION_1);
    set_status(VIRTIO_STATUS_FEATURES_OK);
    assert(get_status() & VIRTIO_STATUS_FEATURES_OK);
    queues[VIRTIO_NET_RX].num = queues[VIRTIO_NET_TX].num = NUM_MAX;
    lay_out(&state.rx, &used);
    lay_out(&state.tx, &used);
    slots_clear(&state.rx);
    slots_clear(&state.tx);
    rx_provide();
    tx_provide();
    set_up_queue(VIRTIO_NET_RX);
    set_up_queue(VIRTIO_NET_TX);
    set_status(VIRTIO_STATUS_DRIVER_OK);
}
