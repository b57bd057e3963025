/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_SERIAL_QUEUE_H
#define SDDF_SERIAL_QUEUE_H
/*
 * A byte stream between two neighbours: one produces, one consumes. The indices live in a small
 * queue region that both can write, the bytes in a data region of a power of two bytes. Indices run
 * freely over 32 bits; the byte of index i is at i % capacity.
 *
 * The consumer is always notified. The one flag is for the other direction: a producer that ran out
 * of room asks the consumer for a signal. 0 means "please signal", so zeroed memory asks for one.
 *
 * A peer can write anything into the queue region at any time. Each shared word is therefore read
 * once per call, and a length that cannot be true is cut to the capacity, so that nothing outside
 * the data region is touched.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sddf/os/point.h>
#include <sddf/util/util.h>
#include <sddf/util/fence.h>

typedef struct serial_queue {
    uint32_t tail;               /* next index to write; the producer's */
    uint32_t head;               /* next index to read; the consumer's */
    uint32_t producer_signalled; /* 0: the producer waits for room and wants a signal */
} serial_queue_t;

/* One PD's private view of a queue. */
typedef struct serial_queue_handle {
    serial_queue_t *queue;
    uint32_t capacity; /* bytes of the data region, a power of two */
    char *data_region;
} serial_queue_handle_t;

/* The place of index `index` in the data region. */
static inline uint32_t serial_queue_slot(const serial_queue_handle_t *h, uint32_t index)
{
    return index & (h->capacity - 1);
}

/*
 * Bytes waiting, as the consumer may act on them: what is counted has been written. At most
 * capacity.
 */
static inline uint32_t serial_queue_length_consumer(serial_queue_handle_t *h)
{
    uint32_t length = load_acquire_32(&h->queue->tail) - load_relaxed_32(&h->queue->head);

    return MIN(length, h->capacity);
}

/*
 * Bytes waiting, as the producer may act on them: what is not counted has been read. At most
 * capacity.
 */
static inline uint32_t serial_queue_length_producer(serial_queue_handle_t *h)
{
    uint32_t length = load_relaxed_32(&h->queue->tail) - load_acquire_32(&h->queue->head);

    return MIN(length, h->capacity);
}

/* For the consumer: whether there is nothing at or after its own `local_head`. */
static inline int serial_queue_empty(serial_queue_handle_t *h, uint32_t local_head)
{
    return load_acquire_32(&h->queue->tail) == local_head;
}

/* For the producer: whether there is no room at its own `local_tail`. */
static inline int serial_queue_full(serial_queue_handle_t *h, uint32_t local_tail)
{
    return local_tail - load_acquire_32(&h->queue->head) >= h->capacity;
}

/* Publish what has been written up to `local_tail`, an index of the producer's own. */
static inline void serial_update_shared_tail(serial_queue_handle_t *h, uint32_t local_tail)
{
    point(POINT_ENQUEUE, h->queue, 1);
    /* The bytes must be in memory before the index that covers them. */
    store_release_32(&h->queue->tail, local_tail);
}

/* Give back the room of what has been read up to `local_head`, an index of the consumer's own. */
static inline void serial_update_shared_head(serial_queue_handle_t *h, uint32_t local_head)
{
    point(POINT_DEQUEUE, h->queue, 1);
    /* The bytes must have been read before the producer may overwrite them. */
    store_release_32(&h->queue->head, local_head);
}

/* Write one byte and publish it. 0, or -1 if there is no room. */
static inline int serial_enqueue(serial_queue_handle_t *h, char character)
{
    point(POINT_ENQUEUE, h->queue, 1);
    uint32_t tail = load_relaxed_32(&h->queue->tail);

    if (serial_queue_full(h, tail)) {
        return -1;
    }
    h->data_region[serial_queue_slot(h, tail)] = character;
    store_release_32(&h->queue->tail, tail + 1);
    return 0;
}

/* Write one byte at *local_tail and step it, without publishing. 0, or -1 if there is no room. */
static inline int serial_enqueue_local(serial_queue_handle_t *h, uint32_t *local_tail,
                                       char character)
{
    if (serial_queue_full(h, *local_tail)) {
        return -1;
    }
    h->data_region[serial_queue_slot(h, *local_tail)] = character;
    (*local_tail)++;
    return 0;
}

/* Read one byte and give its room back. 0, or -1 if there is none. */
static inline int serial_dequeue(serial_queue_handle_t *h, char *character)
{
    point(POINT_DEQUEUE, h->queue, 1);
    uint32_t head = load_relaxed_32(&h->queue->head);

    if (serial_queue_empty(h, head)) {
        return -1;
    }
    *character = h->data_region[serial_queue_slot(h, head)];
    store_release_32(&h->queue->head, head + 1);
    return 0;
}

/*
 * Read the byte at *local_head and step it, without giving its room back. 0, or -1 if there is
 * none.
 */
static inline int serial_dequeue_local(serial_queue_handle_t *h, uint32_t *local_head,
                                       char *character)
{
    if (serial_queue_empty(h, *local_head)) {
        return -1;
    }
    *character = h->data_region[serial_queue_slot(h, *local_head)];
    (*local_head)++;
    return 0;
}

/* For the consumer: how many of the waiting bytes lie in one piece from the head on. */
static inline uint32_t serial_queue_contiguous_length(serial_queue_handle_t *h)
{
    uint32_t head = load_relaxed_32(&h->queue->head);
    uint32_t length = load_acquire_32(&h->queue->tail) - head;

    return MIN(length, h->capacity - serial_queue_slot(h, head));
}

/* For the producer: how many bytes can be written. */
static inline uint32_t serial_queue_free(serial_queue_handle_t *h)
{
    return h->capacity - serial_queue_length_producer(h);
}

/* For the producer: how many bytes can be written in one piece from the tail on. */
static inline uint32_t serial_queue_contiguous_free(serial_queue_handle_t *h)
{
    uint32_t tail = load_relaxed_32(&h->queue->tail);
    uint32_t length = tail - load_acquire_32(&h->queue->head);
    uint32_t room = h->capacity - MIN(length, h->capacity);

    return MIN(room, h->capacity - serial_queue_slot(h, tail));
}

/*
 * Copy `num` bytes in at index `tail`, wrapping once if need be. The caller has made sure of the
 * room.
 */
static inline void serial_queue_write(serial_queue_handle_t *h, uint32_t tail, const char *src,
                                      uint32_t num)
{
    uint32_t slot = serial_queue_slot(h, tail);
    uint32_t first = MIN(num, h->capacity - slot);

    memcpy(h->data_region + slot, src, first);
    memcpy(h->data_region, src + first, num - first);
}

/*
 * Write as many of the `num` bytes at `src` as there is room for, publish them, and say how many.
 */
static inline uint32_t serial_enqueue_batch(serial_queue_handle_t *h, uint32_t num, const char *src)
{
    point(POINT_ENQUEUE, h->queue, num);
    uint32_t tail = load_relaxed_32(&h->queue->tail);
    uint32_t length = tail - load_acquire_32(&h->queue->head);
    uint32_t room = h->capacity - MIN(length, h->capacity);

    num = MIN(num, room);
    serial_queue_write(h, tail, src, num);
    store_release_32(&h->queue->tail, tail + num);
    return num;
}

/*
 * Move `num` bytes from the head of `active` to index *tail of `free`, without publishing; *tail
 * steps on. The caller has made sure that they are there and that there is room.
 */
static inline void serial_queue_move(serial_queue_handle_t *free_h, uint32_t *tail,
                                     serial_queue_handle_t *active_h, uint32_t head, uint32_t num)
{
    uint32_t slot = serial_queue_slot(active_h, head);
    uint32_t first = MIN(num, active_h->capacity - slot);

    serial_queue_write(free_h, *tail, active_h->data_region + slot, first);
    serial_queue_write(free_h, *tail + first, active_h->data_region, num - first);
    *tail += num;
}

/*
 * Move what waits in `active_h` into `free_h`, put `start` before and `end` after it, and publish
 * everything at once. Exactly what waits at entry is moved: bytes that arrive meanwhile were not
 * part of the caller's check for room and stay. What does not fit after all, because a peer lies,
 * is left where it is.
 */
static inline void serial_transfer_all_colour(serial_queue_handle_t *free_h,
                                              serial_queue_handle_t *active_h, const char *start,
                                              uint16_t start_len, const char *end, uint16_t end_len)
{
    point(POINT_DEQUEUE, active_h->queue, 1);
    uint32_t head = load_relaxed_32(&active_h->queue->head);
    uint32_t num = load_acquire_32(&active_h->queue->tail) - head;
    uint32_t tail = load_relaxed_32(&free_h->queue->tail);
    uint32_t used = tail - load_acquire_32(&free_h->queue->head);
    uint32_t room = free_h->capacity - MIN(used, free_h->capacity);
    uint32_t extra = (uint32_t)start_len + end_len;

    num = MIN(num, active_h->capacity);
    if (room < extra) {
        return;
    }
    num = MIN(num, room - extra);
    serial_queue_write(free_h, tail, start, start_len);
    tail += start_len;
    serial_queue_move(free_h, &tail, active_h, head, num);
    serial_queue_write(free_h, tail, end, end_len);
    tail += end_len;
    store_release_32(&active_h->queue->head, head + num);
    serial_update_shared_tail(free_h, tail);
}

/*
 * Move what waits in `active_h` at entry into `free_h` and publish it. As above, without the
 * decoration.
 */
static inline void serial_transfer_all(serial_queue_handle_t *free_h,
                                       serial_queue_handle_t *active_h)
{
    serial_transfer_all_colour(free_h, active_h, "", 0, "", 0);
}

/*
 * Fill a handle. `capacity` is the size of `data_region`, a power of two. Touches no shared memory.
 */
static inline void serial_queue_init(serial_queue_handle_t *h, serial_queue_t *queue,
                                     uint32_t capacity, char *data_region)
{
    assert((capacity & (capacity - 1)) == 0);
    h->queue = queue;
    h->capacity = capacity;
    h->data_region = data_region;
}

/* For the producer: ask to be signalled when there is room. Look again at the room after this. */
static inline void serial_request_consumer_signal(serial_queue_handle_t *h)
{
    point(POINT_REQUEST, h->queue, 1);
    store_relaxed_32(&h->queue->producer_signalled, 0);
    /* The request must be visible before the producer looks again, or both sides may sleep. */
    fence_seq_cst();
}

/* For the producer: no signal is wanted. Also for the consumer, just before it sends one. */
static inline void serial_cancel_consumer_signal(serial_queue_handle_t *h)
{
    point(POINT_CANCEL, h->queue, 1);
    store_relaxed_32(&h->queue->producer_signalled, 1);
}

/* For the consumer, after it made room: whether the producer wants a signal. */
static inline bool serial_require_consumer_signal(serial_queue_handle_t *h)
{
    point(POINT_REQUIRE, h->queue, 1);
    /* The room must be visible before the flag is read: the other half of the request. */
    fence_seq_cst();
    return load_relaxed_32(&h->queue->producer_signalled) == 0;
}
#endif
