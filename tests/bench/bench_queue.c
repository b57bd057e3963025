/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a queue operation costs, and what the places where observers may listen add to it: nobody
 * listening, a listener that does nothing, and the same arithmetic with no such places at all.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <sddf/network/queue.h>

#include "sim/time/clock.h"

#define CAPACITY 512u
#define ROUNDS   20000u

static uint64_t heard;

static void hear_point(enum point_op op, const volatile void *where, uint64_t units)
{
    (void)where;
    heard += (uint64_t)op + units;
}

static void hear_move(enum move_kind kind, const volatile void *queue, uint64_t name, uint64_t rest)
{
    (void)queue;
    heard += (uint64_t)kind + name + rest;
}

/* A queue full in and out, as between two domains; nanoseconds for one entry put and taken. */
static double pair_ns(net_queue_handle_t *queue)
{
    net_buff_desc_t buffer = {.len = 64};
    uint64_t begun = clock_host_ns();

    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < CAPACITY; i++) {
            buffer.io_or_offset = 2048ul * i;
            net_enqueue_active(queue, buffer);
        }
        for (uint32_t i = 0; i < CAPACITY; i++) {
            net_dequeue_active(queue, &buffer);
        }
    }
    return (double)(clock_host_ns() - begun) / ((double)ROUNDS * CAPACITY);
}

/* The same work by the header's own pieces, without the places. */
static double bare_ns(net_queue_t *queue)
{
    net_buff_desc_t buffer = {.len = 64};
    uint64_t begun = clock_host_ns();

    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < CAPACITY; i++) {
            uint16_t tail = load_relaxed_16(&queue->tail);

            buffer.io_or_offset = 2048ul * i;
            if (!net_length_is_full((uint16_t)(tail - load_acquire_16(&queue->head)), CAPACITY)) {
                net_slot_write(&queue->buffers[tail % CAPACITY], buffer);
                store_release_16(&queue->tail, (uint16_t)(tail + 1));
            }
        }
        for (uint32_t i = 0; i < CAPACITY; i++) {
            uint16_t head = load_relaxed_16(&queue->head);

            if (load_acquire_16(&queue->tail) != head) {
                net_slot_read(&queue->buffers[head % CAPACITY], &buffer);
                store_release_16(&queue->head, (uint16_t)(head + 1));
            }
        }
    }
    return (double)(clock_host_ns() - begun) / ((double)ROUNDS * CAPACITY);
}

int main(void)
{
    net_queue_t *shared = calloc(1, sizeof *shared + CAPACITY * sizeof(net_buff_desc_t));
    net_queue_handle_t queue;

    if (shared == NULL) {
        return 3;
    }
    net_queue_init(&queue, shared, shared, CAPACITY);
    bare_ns(shared);
    printf("queue_pair_ns_bare %.2f\n", bare_ns(shared));
    printf("queue_pair_ns_nobody_listens %.2f\n", pair_ns(&queue));
    sddfsim_point_hook = hear_point;
    sddfsim_move_hook = hear_move;
    printf("queue_pair_ns_listener_that_does_nothing %.2f\n", pair_ns(&queue));
    free(shared);
    return 0;
}
