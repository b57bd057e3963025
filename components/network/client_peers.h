/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_NETWORK_CLIENT_PEERS_H
#define COMPONENTS_NETWORK_CLIENT_PEERS_H
/*
 * The two peers of a client, as it knows them: who fills rx.active and takes the buffers back, and
 * who takes what is put into tx.active. Each is owed one signal for all that it was given in a
 * wake-up.
 *
 * An image is one source file, so this is included by one, once, which defines its configuration.
 */
#include <stdbool.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>
#include <sddf/util/util.h>

extern net_client_config_t config;

static struct {
    net_queue_handle_t rx;
    net_queue_handle_t tx;
    bool notify_rx; /* a buffer was put into rx.free */
    bool notify_tx; /* a frame was put into tx.active */
    uint32_t kept;  /* transmit buffers in hand when this PD was begun anew, and not used since */
} peers;

static inline void peers_init(void)
{
    assert(net_config_check_magic(&config));
    net_queue_init(&peers.rx, config.rx.free_queue.vaddr, config.rx.active_queue.vaddr,
                   config.rx.num_buffers);
    net_queue_init(&peers.tx, config.tx.free_queue.vaddr, config.tx.active_queue.vaddr,
                   config.tx.num_buffers);
}

/* Whether this PD has run before: only it puts anything there first, or takes anything. */
static inline bool peers_begun_anew(void)
{
    return (peers.tx.capacity != 0 && (peers.tx.free->tail != 0 || peers.tx.active->tail != 0)) ||
           (peers.rx.capacity != 0 && peers.rx.active->head != 0);
}

/*
 * How many buffers were in hand, of those that come by `from` and go by `to`: each that was taken
 * goes there once, and a queue full of them may have been there before. (In that case all of them
 * look like none.)
 */
static inline uint32_t peers_in_hand(const net_queue_t *from, const net_queue_t *to,
                                     uint32_t capacity)
{
    uint16_t head = __atomic_load_n(&from->head, __ATOMIC_RELAXED);
    uint16_t count = (uint16_t)(head - __atomic_load_n(&to->tail, __ATOMIC_RELAXED));

    return head == 0 ? 0 : count <= capacity ? count : count & (capacity - 1);
}

/* The last so many that were taken by a queue. Nothing was written over them, as each buffer in
 * hand leaves the queue one place to spare. */
static inline net_buff_desc_t peers_taken(const net_queue_t *from, uint32_t capacity, uint32_t back)
{
    return from->buffers[(from->head - back) & (capacity - 1)];
}

/*
 * One that is begun anew finds its queues as they were left. What is on its way comes back. What
 * was in its hands it does not know any more, but it passes things on in the order in which it
 * takes them, so the queues tell: receive buffers are returned, and the frames in them lost;
 * transmit buffers are the next to be used. Its neighbours may have been told to send no signal, so
 * it has to look at its queues itself; and it may have taken a neighbour's request for a signal
 * back and not have come to send it, so it sends one.
 */
static inline void peers_reclaim(void)
{
    if (peers.rx.capacity != 0) {
        uint32_t left = peers_in_hand(peers.rx.active, peers.rx.free, peers.rx.capacity);

        for (; left > 0; left--) {
            net_buff_desc_t frame = peers_taken(peers.rx.active, peers.rx.capacity, left);

            (void)net_enqueue_free(&peers.rx, frame);
        }
        sddf_notify(config.rx.id);
    }
    if (peers.tx.capacity != 0) {
        peers.kept = peers_in_hand(peers.tx.free, peers.tx.active, peers.tx.capacity);
        sddf_notify(config.tx.id);
    }
}

/*
 * All transmit buffers are free at first; the first of them is named `first`. The neighbour may be
 * running already and have the queue look full, so this is no net_buffers_init, which would stop
 * here: what cannot be put in is lost.
 */
static inline void peers_provide_buffers(uint64_t first)
{
    for (uint32_t i = 0; i < peers.tx.capacity; i++) {
        net_buff_desc_t buffer = {.io_or_offset = first + (uint64_t)NET_BUFFER_SIZE * i};

        (void)net_enqueue_free(&peers.tx, buffer);
    }
}

/* Have transmit buffers, if it is none that only receives. True if this PD is begun anew, and has
 * them already. */
static inline bool peers_fill(void)
{
    bool anew = peers_begun_anew();

    if (anew) {
        peers_reclaim();
    } else {
        peers_provide_buffers(0);
    }
    return anew;
}

/* Take a transmit buffer; false if there is none. Those that were kept come first, as where they
 * are written is safe only until more are taken. */
static inline bool peers_take_buffer(net_buff_desc_t *buffer)
{
    if (unlikely(peers.kept > 0)) {
        *buffer = peers_taken(peers.tx.free, peers.tx.capacity, peers.kept);
        peers.kept--;
        return true;
    }
    return net_dequeue_free(&peers.tx, buffer) == 0;
}

/* Buffers that come back are of no interest until there is a frame for them. */
static inline void peers_expect_no_buffers(void)
{
    if (peers.tx.capacity != 0) {
        net_cancel_signal_free(&peers.tx);
    }
}

/* There is one deferred signal: the first to come has it, if this PD is about to wait. */
static inline void signal_peer(sddf_channel ch, bool about_to_wait)
{
    sddf_channel deferred = sddf_deferred_notify_curr();

    if (about_to_wait && deferred == (sddf_channel)-1) {
        sddf_deferred_notify(ch);
    } else if (!about_to_wait || deferred != ch) {
        sddf_notify(ch);
    }
}

static inline void signal_peers(bool about_to_wait)
{
    if (peers.notify_rx && net_require_signal_free(&peers.rx)) {
        net_cancel_signal_free(&peers.rx);
        signal_peer(config.rx.id, about_to_wait);
    }
    peers.notify_rx = false;

    if (peers.notify_tx && net_require_signal_active(&peers.tx)) {
        net_cancel_signal_active(&peers.tx);
        signal_peer(config.tx.id, about_to_wait);
    }
    peers.notify_tx = false;
}
#endif
