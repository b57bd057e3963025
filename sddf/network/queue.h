/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_NETWORK_QUEUE_H
#define SDDF_NETWORK_QUEUE_H
/*
 * How two neighbours hand packet buffers to each other: a pair of single-producer, single-consumer
 * queues in memory that both can write. The *active* queue carries filled buffers one way, the
 * *free* queue carries empty ones back. A descriptor names a buffer; whoever holds the descriptor
 * owns the buffer.
 *
 * Indices run freely over 16 bits and the slot of index i is i % capacity, so capacity is a power
 * of two, at most 32768. A queue is large enough for every buffer that may legally be in it, so an
 * honest system never meets a full one; a component still checks, because its peer need not be
 * honest.
 *
 * Signals. Each queue has one flag, owned by its consumer; 0 means "signal me when there is
 * something", so zeroed memory asks for a signal. The producer: enqueue all there is; if
 * net_require_signal then net_cancel_signal and notify. The consumer: dequeue all there is;
 * net_request_signal; look once more; if something slipped in, net_cancel_signal and begin again.
 * The two full fences make it impossible that the consumer misses the descriptor while the producer
 * misses the request.
 *
 * A peer can write anything anywhere in a queue at any time. Each shared word is read once per
 * call; a descriptor is copied out once, and what is in it is the peer's claim, to be checked by
 * the caller. Lengths lie too: a loop that drains a queue must have a bound of its own, such as the
 * capacity.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sddf/network/constants.h>
#include <sddf/os/point.h>
#include <sddf/util/fence.h>
#include <sddf/util/util.h>

/* The largest capacity: full and empty must differ in 16-bit indices. */
#define NET_QUEUE_MAX_CAPACITY 32768

typedef struct net_buff_desc {
    uint64_t io_or_offset; /* offset in the data region; IO address at a driver */
    uint16_t len;          /* bytes of packet */
    uint8_t oid : 6;       /* which region, where one queue mixes several; 0 otherwise */
} net_buff_desc_t;

typedef struct net_queue {
    uint16_t tail;               /* next index to write; the producer's */
    uint16_t head;               /* next index to read; the consumer's */
    uint32_t consumer_signalled; /* 0: the consumer wants a signal */
    net_buff_desc_t buffers[];
} net_queue_t;

/* One PD's private view of a pair of queues. */
typedef struct net_queue_handle {
    net_queue_t *free;
    net_queue_t *active;
    uint32_t capacity; /* of each of the two */
} net_queue_handle_t;

/* The second half of a descriptor as one word, so that it travels in one access. */
typedef uint64_t __attribute__((__may_alias__)) net_buff_desc_word_t;

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "descriptors are packed little-endian");

/* The second word of a descriptor. */
static inline uint64_t net_desc_rest(net_buff_desc_t buffer)
{
    return (uint64_t)buffer.len | (uint64_t)buffer.oid << 16;
}

/*
 * Write or read a slot in two accesses that cannot be repeated or torn. Unused bits go out as zero,
 * so that no stray byte of the producer's stack leaves it.
 */
static inline void net_slot_write(net_buff_desc_t *slot, net_buff_desc_t buffer)
{
    uint64_t rest = net_desc_rest(buffer);

    __atomic_store_n(&slot->io_or_offset, buffer.io_or_offset, __ATOMIC_RELAXED);
    __atomic_store_n((net_buff_desc_word_t *)((char *)slot + 8), rest, __ATOMIC_RELAXED);
}

static inline void net_slot_read(net_buff_desc_t *slot, net_buff_desc_t *buffer)
{
    uint64_t place = __atomic_load_n(&slot->io_or_offset, __ATOMIC_RELAXED);
    uint64_t rest = __atomic_load_n((net_buff_desc_word_t *)((char *)slot + 8), __ATOMIC_RELAXED);

    *buffer =
        (net_buff_desc_t){.io_or_offset = place, .len = (uint16_t)rest, .oid = rest >> 16 & 0x3f};
}

/*
 * How many descriptors are in the queue, 0..65535: more than the capacity if a peer lies. What the
 * consumer counts has been written; what the producer does not count has been read.
 */
static inline uint16_t net_queue_length(net_queue_t *queue)
{
    uint16_t tail = load_acquire_16(&queue->tail);
    uint16_t head = load_acquire_16(&queue->head);

    return (uint16_t)(tail - head);
}

/*
 * Whether a length leaves no room. The subtraction was made in 16 bits; promoted to int it would
 * fail at the wrap.
 */
static inline bool net_length_is_full(uint16_t length, uint32_t capacity)
{
    return length >= capacity;
}

/* For the consumer: whether the free queue holds no descriptor. */
static inline bool net_queue_empty_free(net_queue_handle_t *queue)
{
    return net_queue_length(queue->free) == 0;
}

/* For the consumer: whether the active queue holds no descriptor. */
static inline bool net_queue_empty_active(net_queue_handle_t *queue)
{
    return net_queue_length(queue->active) == 0;
}

/* For the producer: whether the free queue has no room. */
static inline bool net_queue_full_free(net_queue_handle_t *queue)
{
    return net_length_is_full(net_queue_length(queue->free), queue->capacity);
}

/* For the producer: whether the active queue has no room. */
static inline bool net_queue_full_active(net_queue_handle_t *queue)
{
    return net_length_is_full(net_queue_length(queue->active), queue->capacity);
}

/* Give one descriptor to the consumer of `queue`. 0, or -1 if there is no room. */
static inline int net_queue_put(net_queue_t *queue, uint32_t capacity, net_buff_desc_t buffer)
{
    point(POINT_ENQUEUE, queue, 1);
    uint16_t tail = load_relaxed_16(&queue->tail);
    /* Acquire: the consumer has copied the slot out before we may write it again. */
    uint16_t head = load_acquire_16(&queue->head);

    if (net_length_is_full((uint16_t)(tail - head), capacity)) {
        point_moved(MOVE_REFUSED, queue, buffer.io_or_offset, net_desc_rest(buffer));
        return -1;
    }
    net_slot_write(&queue->buffers[tail & (capacity - 1)], buffer);
    /*
     * Release: the descriptor, and the packet it names, are written before the index that covers
     * them.
     */
    store_release_16(&queue->tail, (uint16_t)(tail + 1));
    point_moved(MOVE_PUT, queue, buffer.io_or_offset, net_desc_rest(buffer));
    return 0;
}

/*
 * Take the oldest descriptor of `queue` into *buffer. 0, or -1 if there is none; *buffer is then
 * untouched.
 */
static inline int net_queue_take(net_queue_t *queue, uint32_t capacity, net_buff_desc_t *buffer)
{
    point(POINT_DEQUEUE, queue, 1);
    uint16_t head = load_relaxed_16(&queue->head);
    /* Acquire: the descriptor is read after the index that covers it. */
    uint16_t tail = load_acquire_16(&queue->tail);

    /* A handle without capacity has no slots, whatever the indices claim. */
    if (tail == head || unlikely(capacity == 0)) {
        return -1;
    }
    net_slot_read(&queue->buffers[head & (capacity - 1)], buffer);
    /* Release: the slot has been copied out before the producer may write it again. */
    store_release_16(&queue->head, (uint16_t)(head + 1));
    point_moved(MOVE_TAKEN, queue, buffer->io_or_offset, net_desc_rest(*buffer));
    return 0;
}

/*
 * Give a buffer back: it belongs to the consumer of the free queue from here on. 0, or -1 if there
 * is no room.
 */
static inline int net_enqueue_free(net_queue_handle_t *queue, net_buff_desc_t buffer)
{
    return net_queue_put(queue->free, queue->capacity, buffer);
}

/*
 * Pass a filled buffer on: it belongs to the consumer of the active queue from here on. 0, or -1 if
 * no room.
 */
static inline int net_enqueue_active(net_queue_handle_t *queue, net_buff_desc_t buffer)
{
    return net_queue_put(queue->active, queue->capacity, buffer);
}

/* Take an empty buffer: it is the caller's from here on. 0, or -1 if there is none. */
static inline int net_dequeue_free(net_queue_handle_t *queue, net_buff_desc_t *buffer)
{
    return net_queue_take(queue->free, queue->capacity, buffer);
}

/* Take a filled buffer: it is the caller's from here on. 0, or -1 if there is none. */
static inline int net_dequeue_active(net_queue_handle_t *queue, net_buff_desc_t *buffer)
{
    return net_queue_take(queue->active, queue->capacity, buffer);
}

/*
 * Fill a handle; touches no shared memory. `capacity` is a power of two up to
 * NET_QUEUE_MAX_CAPACITY, or 0 for a direction that is not used.
 */
static inline void net_queue_init(net_queue_handle_t *queue, net_queue_t *free, net_queue_t *active,
                                  uint32_t capacity)
{
    assert(capacity <= NET_QUEUE_MAX_CAPACITY);
    assert((capacity & (capacity - 1)) == 0);
    queue->free = free;
    queue->active = active;
    queue->capacity = capacity;
}

/*
 * Put one descriptor for each of `capacity` buffers into the free queue, which must be empty:
 * buffer i is at base_addr + i * NET_BUFFER_SIZE. For the owner of the buffers, once, before the
 * peer may use the queue.
 */
static inline void net_buffers_init(net_queue_handle_t *queue, uintptr_t base_addr)
{
    for (uint32_t i = 0; i < queue->capacity; i++) {
        net_buff_desc_t buffer = {.io_or_offset = (uint64_t)NET_BUFFER_SIZE * i + base_addr};
        int err = net_enqueue_free(queue, buffer);

        assert(err == 0);
        (void)err;
    }
}

/* For the consumer of `queue`: ask for a signal. Look at the queue once more after this. */
static inline void net_flag_request(net_queue_t *queue)
{
    point(POINT_REQUEST, queue, 1);
    store_relaxed_32(&queue->consumer_signalled, 0);
    /*
     * Store before load: the request is visible before the consumer looks once more. Pairs with
     * net_flag_require.
     */
    fence_seq_cst();
}

static inline void net_flag_cancel(net_queue_t *queue)
{
    point(POINT_CANCEL, queue, 1);
    store_relaxed_32(&queue->consumer_signalled, 1);
}

static inline bool net_flag_require(net_queue_t *queue)
{
    point(POINT_REQUIRE, queue, 1);
    /*
     * Store before load: the new tail is visible before the flag is read. Pairs with
     * net_flag_request.
     */
    fence_seq_cst();
    return load_relaxed_32(&queue->consumer_signalled) == 0;
}

/*
 * For the consumer of the free queue: ask for a signal when a buffer comes back, then look once
 * more.
 */
static inline void net_request_signal_free(net_queue_handle_t *queue)
{
    net_flag_request(queue->free);
}

/*
 * For the consumer of the active queue: ask for a signal when a packet comes, then look once more.
 */
static inline void net_request_signal_active(net_queue_handle_t *queue)
{
    net_flag_request(queue->active);
}

/*
 * No signal is wanted on the free queue: by its consumer, or by its producer just before it
 * signals.
 */
static inline void net_cancel_signal_free(net_queue_handle_t *queue)
{
    net_flag_cancel(queue->free);
}

/*
 * No signal is wanted on the active queue: by its consumer, or by its producer just before it
 * signals.
 */
static inline void net_cancel_signal_active(net_queue_handle_t *queue)
{
    net_flag_cancel(queue->active);
}

/* For the producer of the free queue, after it enqueued: whether the consumer wants a signal. */
static inline bool net_require_signal_free(net_queue_handle_t *queue)
{
    return net_flag_require(queue->free);
}

/* For the producer of the active queue, after it enqueued: whether the consumer wants a signal. */
static inline bool net_require_signal_active(net_queue_handle_t *queue)
{
    return net_flag_require(queue->active);
}
#endif
