/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client that answers, behind virtualisers; what it answers, and how frames and buffers flow, is
 * in echo.h. Its neighbours name buffers by their offset.
 *
 * The same image runs behind a copier, where the receive region is its own, and without one, where
 * that is the region everybody's packets pass through, mapped read-only, and returned buffers go to
 * the virtualiser: frames are only ever changed after they have been copied.
 */
#include "components/network/echo.h"

__attribute__((__section__(".net_client_config"))) net_client_config_t config;
__attribute__((__section__(".client_echo_config"))) struct client_echo_config client_config;

uint64_t frames_answered;
uint64_t frames_ignored;

static const uint8_t *frame_find(net_buff_desc_t frame)
{
    uint64_t offset = frame.io_or_offset;

    if (frame.len > NET_BUFFER_SIZE || offset >= config.rx_data.size ||
        frame.len > config.rx_data.size - offset) {
        return NULL;
    }
    return (const uint8_t *)config.rx_data.vaddr + offset;
}

/* The virtualiser has seen to that. */
static bool frame_foreign(const uint8_t *frame, uint16_t len)
{
    (void)frame;
    (void)len;
    return false;
}

static void frame_return(net_buff_desc_t frame)
{
    (void)net_enqueue_free(&peers.rx, frame);
    peers.notify_rx = true;
}

static uint8_t *buffer_find(net_buff_desc_t buffer)
{
    if (buffer.io_or_offset > config.tx_data.size - NET_BUFFER_SIZE) {
        return NULL;
    }
    return (uint8_t *)config.tx_data.vaddr + buffer.io_or_offset;
}

static bool buffer_send(net_buff_desc_t buffer)
{
    return net_enqueue_active(&peers.tx, buffer) == 0;
}

void init(void)
{
    assert(config.tx_data.size >= (uint64_t)NET_BUFFER_SIZE * config.tx.num_buffers);
    assert(config.tx_data.size >= NET_BUFFER_SIZE);

    peers_init();
    bool anew = peers_fill();
    /* Buffers that come back are of interest only while frames wait for them. */
    peers_expect_no_buffers();
    if (anew) {
        echo_all();
    }
}

void notified(sddf_channel ch)
{
    (void)ch;
    echo_all();
}
