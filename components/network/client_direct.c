/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client that answers and shares its NIC with nobody, so that nothing stands between it and the
 * driver; what it answers, and how frames and buffers flow, is in echo.h. It owns all buffers, and
 * does for itself what virtualisers do for others:
 *
 *   rx.active -> invalidate -> echo -> clean -> tx.active     from the driver, and to it again,
 *   rx.free   <-               echo          <- tx.free       all by IO address
 *
 * It tells the driver where its buffers are, sees to it that the device and the CPU see the same
 * bytes there, and leaves alone what is for other stations, since the NIC takes every frame. Where
 * its two regions lie for the device is in its device resources, receive buffers first.
 *
 * Of the driver it believes no more than the virtualisers do: what it returns must be one of the
 * buffers it may have, and a length must fit.
 */
#include <sddf/resources/device.h>
#include <sddf/util/cache.h>

#include "components/network/echo.h"

__attribute__((__section__(".net_client_config"))) net_client_config_t config;
__attribute__((__section__(".client_echo_config"))) struct client_echo_config client_config;
__attribute__((__section__(".device_resources"))) device_resources_t device_resources;

#define REGION_RX 0
#define REGION_TX 1

uint64_t frames_answered;
uint64_t frames_ignored;

/* What came to nothing, and why; by these names a debugger or a test finds them. */
uint64_t buffers_invalid; /* the driver returned a buffer that it cannot have */
uint64_t lengths_invalid; /* ... or a frame of a length that no frame has */
uint64_t driver_refusals; /* it left no room for a buffer it is to fill */

/* Where a buffer lies that the driver names, or NULL if it names none of this region. */
static uint8_t *find(unsigned int region, uint32_t num_buffers, net_buff_desc_t buffer)
{
    const device_region_resource_t *where = &device_resources.regions[region];
    uint64_t offset = buffer.io_or_offset - where->io_addr;

    if (offset % NET_BUFFER_SIZE != 0 || offset / NET_BUFFER_SIZE >= num_buffers) {
        return NULL;
    }
    return (uint8_t *)where->region.vaddr + offset;
}

static void provide(uint64_t io_addr)
{
    if (net_enqueue_free(&peers.rx, (net_buff_desc_t){.io_or_offset = io_addr}) != 0) {
        driver_refusals++;
        return;
    }
    peers.notify_rx = true;
}

/*
 * The NIC wrote behind the cache's back, and a line may have been fetched, by speculation, since
 * the last use of this buffer: only from here on is what we read what was received.
 */
static const uint8_t *frame_find(net_buff_desc_t frame)
{
    const uint8_t *bytes = find(REGION_RX, peers.rx.capacity, frame);

    if (bytes == NULL) {
        buffers_invalid++;
        return NULL;
    }
    if (frame.len < sizeof(ether_hdr_t) || frame.len > NET_BUFFER_SIZE) {
        lengths_invalid++;
        return NULL;
    }
    cache_clean_and_invalidate((unsigned long)bytes, (unsigned long)bytes + frame.len);
    return bytes;
}

/* Nobody has sorted the frames: of what is for one station only, another's is none of ours. */
static bool frame_foreign(const uint8_t *frame, uint16_t len)
{
    const ether_hdr_t *eth = (const ether_hdr_t *)frame;

    (void)len; /* a header at least */
    return (eth->dest.addr[0] & 1) == 0 && !mac802_addr_eq(eth->dest.addr, config.mac_addr.addr);
}

/* What was none of our buffers does not become one by being given to the driver again. */
static void frame_return(net_buff_desc_t frame)
{
    if (find(REGION_RX, peers.rx.capacity, frame) != NULL) {
        provide(frame.io_or_offset);
    }
}

static uint8_t *buffer_find(net_buff_desc_t buffer)
{
    uint8_t *bytes = find(REGION_TX, peers.tx.capacity, buffer);

    buffers_invalid += bytes == NULL;
    return bytes;
}

/* The device reads memory, so what was written must be there before the driver hears of it. */
static bool buffer_send(net_buff_desc_t buffer)
{
    cache_clean((unsigned long)echo.out, (unsigned long)echo.out + buffer.len);
    return net_enqueue_active(&peers.tx, buffer) == 0;
}

/*
 * All buffers begin here: empty ones for frames go to the driver, those for answers wait where the
 * driver will return them. It may be running already and have its queues look full; what cannot be
 * put in is lost to it.
 */
static void fill_queues(void)
{
    for (uint32_t i = 0; i < peers.rx.capacity; i++) {
        provide(device_resources.regions[REGION_RX].io_addr + (uint64_t)NET_BUFFER_SIZE * i);
    }
    peers_provide_buffers(device_resources.regions[REGION_TX].io_addr);
}

static bool region_fits(unsigned int region, region_resource_t data, uint32_t num_buffers)
{
    const device_region_resource_t *where = &device_resources.regions[region];

    return where->region.vaddr == data.vaddr &&
           where->region.size >= (uint64_t)NET_BUFFER_SIZE * num_buffers;
}

void init(void)
{
    assert(device_resources_check_magic(&device_resources));
    assert(device_resources.num_regions == 2);
    assert(region_fits(REGION_RX, config.rx_data, config.rx.num_buffers));
    assert(region_fits(REGION_TX, config.tx_data, config.tx.num_buffers));

    peers_init();
    bool anew = peers_begun_anew();

    if (anew) {
        peers_reclaim();
    } else {
        fill_queues();
    }
    /* Buffers that come back are of interest only while frames wait for them. */
    net_cancel_signal_free(&peers.tx);
    if (anew) {
        echo_all();
    }
    signal_peers(true);
}

void notified(sddf_channel ch)
{
    (void)ch;
    echo_all();
}
