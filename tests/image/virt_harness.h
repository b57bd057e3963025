/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_IMAGE_VIRT_HARNESS_H
#define TESTS_IMAGE_VIRT_HARNESS_H
/*
 * A virtualiser between a driver on channel 0 and clients, client i on channel i + 1; the test
 * plays all of them. In tests with a rogue, that is client 0.
 */
#include "tests/image/image_harness.h"
#include "tests/image/neighbours.h"

#define DRIVER_CH 0
#define CLIENTS   61

static struct image image;
static net_queue_handle_t driver;
static net_queue_handle_t clients[SDDF_NET_MAX_CLIENTS];

static inline sddf_channel client_ch(uint32_t client)
{
    return client + 1;
}

/*
 * A queue of 16 that is full again whenever one looks is left after one queue full, and asked for a
 * signal.
 */
static inline void assert_leaves_after_one_full(net_queue_t *queue, net_buff_desc_t rubbish,
                                                uint64_t points_max)
{
    queue_stays_full(queue, 16, rubbish);
    image_wake(&image, DRIVER_CH);
    assert_in_range(world.points, 16, points_max);
    assert_int_equal(queue->consumer_signalled, 0);
    world.meanwhile = NULL;
    queue_set(queue, 0);
}

/* -- a client that writes anything at any time -- */

static inline void rogue_scribbles(void)
{
    if (chance(4) == 0) {
        pair_scribble(clients[0]);
    }
}
#endif
