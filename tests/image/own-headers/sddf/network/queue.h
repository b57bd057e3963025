/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OWN_NETWORK_QUEUE_H
#define OWN_NETWORK_QUEUE_H
/*
 * Queues of packet buffers. Both indices run on for ever and are taken modulo the capacity when a
 * slot is looked up; how many entries there are is their difference in 16 bits.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sddf/network/constants.h>
#include <sddf/util/fence.h>
#include <sddf/util/util.h>

#define NET_QUEUE_MAX_CAPACITY 32768

typedef struct {
    uint64_t io_or_offset;
    uint16_t len;
    uint8_t oid : 6;
} net_buff_desc_t;

typedef struct {
    uint16_t tail, head;
    uint32_t consumer_signalled;
    net_buff_desc_t buffers[];
} net_queue_t;

typedef struct {
    net_queue_t *free, *active;
    uint32_t capacity;
} net_queue_handle_t;

static inline uint16_t net_queue_length(net_queue_t *queue)
{
    return (uint16_t)(load_acquire_16(&queue->tail) - load_acquire_16(&queue->head));
}

static inline int own_put(net_queue_t *queue, uint32_t capacity, net_buff_desc_t buffer)
{
    uint16_t tail = queue->tail;

    if (net_queue_length(queue) >= capacity) {
        return -1;
    }
    queue->buffers[tail % capacity] = buffer;
    store_release_16(&queue->tail, (uint16_t)(tail + 1));
    return 0;
}

static inline int own_take(net_queue_t *queue, uint32_t capacity, net_buff_desc_t *buffer)
{
    uint16_t head = queue->head;

    if (net_queue_length(queue) == 0) {
        return -1;
    }
    *buffer = queue->buffers[head % capacity];
    store_release_16(&queue->head, (uint16_t)(head + 1));
    return 0;
}

static inline void own_ask(net_queue_t *queue)
{
    store_relaxed_32(&queue->consumer_signalled, 0);
    fence_seq_cst();
}

static inline bool own_is_asked(net_queue_t *queue)
{
    fence_seq_cst();
    return load_relaxed_32(&queue->consumer_signalled) == 0;
}

/* The framework has each of them twice, for the free and for the active queue of a pair. */
#define OWN_QUEUE(which)                                                                  \
    static inline bool net_queue_empty_##which(net_queue_handle_t *pair)                  \
    {                                                                                     \
        return net_queue_length(pair->which) == 0;                                        \
    }                                                                                     \
    static inline bool net_queue_full_##which(net_queue_handle_t *pair)                   \
    {                                                                                     \
        return net_queue_length(pair->which) == pair->capacity;                           \
    }                                                                                     \
    static inline int net_enqueue_##which(net_queue_handle_t *pair, net_buff_desc_t desc) \
    {                                                                                     \
        return own_put(pair->which, pair->capacity, desc);                                \
    }                                                                                     \
    static inline int net_dequeue_##which(net_queue_handle_t *pair, net_buff_desc_t *out) \
    {                                                                                     \
        return own_take(pair->which, pair->capacity, out);                                \
    }                                                                                     \
    static inline void net_request_signal_##which(net_queue_handle_t *pair)               \
    {                                                                                     \
        own_ask(pair->which);                                                             \
    }                                                                                     \
    static inline void net_cancel_signal_##which(net_queue_handle_t *pair)                \
    {                                                                                     \
        store_relaxed_32(&pair->which->consumer_signalled, 1);                            \
    }                                                                                     \
    static inline bool net_require_signal_##which(net_queue_handle_t *pair)               \
    {                                                                                     \
        return own_is_asked(pair->which);                                                 \
    }

OWN_QUEUE(free)
OWN_QUEUE(active)

static inline void net_queue_init(net_queue_handle_t *pair, net_queue_t *free, net_queue_t *active,
                                  uint32_t capacity)
{
    *pair = (net_queue_handle_t){.free = free, .active = active, .capacity = capacity};
}

static inline void net_buffers_init(net_queue_handle_t *pair, uintptr_t base)
{
    for (uint32_t i = 0; i < pair->capacity; i++) {
        net_buff_desc_t empty = {.io_or_offset = base + (uint64_t)i * NET_BUFFER_SIZE};

        assert(net_enqueue_free(pair, empty) == 0);
    }
}
#endif
