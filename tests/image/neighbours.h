/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_IMAGE_NEIGHBOURS_H
#define TESTS_IMAGE_NEIGHBOURS_H
/*
 * Honest neighbours on other cores: they may act at any point of the image. Each has the other end
 * of a pair of queues. When it plays it takes all there is in one, puts some of what it holds into
 * the other, by chance, and signals if it is asked to. Sometimes it asks to be signalled itself.
 *
 * A signal wakes the image some time later. So whenever none is on its way, nothing may be left for
 * the image to do: it would sleep over it.
 */
#include "tests/image/image_harness.h"

#define NEIGHBOURS      4
#define NEIGHBOUR_HOLDS 64

struct neighbour {
    sddf_channel ch; /* by which it wakes the image */
    net_queue_handle_t *pair;
    bool sends; /* takes from the free queue and gives to the active one; or the other way round */
    void (*take)(net_buff_desc_t taken);           /* judges what it takes; may be NULL */
    net_buff_desc_t (*give)(net_buff_desc_t held); /* what it gives for what it holds */
    net_buff_desc_t holds[NEIGHBOUR_HOLDS];
    uint32_t count;
    uint64_t taken, given; /* in all */
    bool signalled;        /* and the image has not been woken for it yet */
};

static struct neighbour neighbours[NEIGHBOURS];
static uint32_t num_neighbours;

static inline void neighbours_forget(void)
{
    num_neighbours = 0;
}

static inline struct neighbour *neighbour_add(struct neighbour neighbour)
{
    assert_true(num_neighbours < NEIGHBOURS);
    assert_true(neighbour.pair->capacity <= NEIGHBOUR_HOLDS);
    neighbours[num_neighbours] = neighbour;
    return &neighbours[num_neighbours++];
}

/* It begins with all buffers of a region in its hands. */
static inline void neighbour_owns(struct neighbour *n, uint32_t buffers)
{
    for (n->count = 0; n->count < buffers; n->count++) {
        n->holds[n->count] = desc(n->count * (uint64_t)NET_BUFFER_SIZE, 0);
    }
}

static inline void neighbour_takes(struct neighbour *n)
{
    net_buff_desc_t taken = {0};

    while ((n->sends ? net_dequeue_free(n->pair, &taken) : net_dequeue_active(n->pair, &taken)) ==
           0) {
        assert_true(n->count < n->pair->capacity);
        if (n->take != NULL) {
            n->take(taken);
        }
        n->holds[n->count++] = taken;
        n->taken++;
    }
}

static inline bool neighbour_gives(struct neighbour *n)
{
    bool gave = false;

    while (n->count > 0 && chance(3) > 0) {
        net_buff_desc_t given = n->give(n->holds[--n->count]);

        assert_int_equal(
            n->sends ? net_enqueue_active(n->pair, given) : net_enqueue_free(n->pair, given), 0);
        n->given++;
        gave = true;
    }
    return gave;
}

static inline void neighbour_signals(struct neighbour *n)
{
    if (n->sends && net_require_signal_active(n->pair)) {
        net_cancel_signal_active(n->pair);
        n->signalled = true;
    }
    if (!n->sends && net_require_signal_free(n->pair)) {
        net_cancel_signal_free(n->pair);
        n->signalled = true;
    }
}

static inline void neighbour_asks(struct neighbour *n)
{
    if (n->sends) {
        net_request_signal_free(n->pair);
    } else {
        net_request_signal_active(n->pair);
    }
}

static inline void neighbour_plays(struct neighbour *n)
{
    neighbour_takes(n);
    if (chance(2)) {
        neighbour_asks(n);
    }
    if (neighbour_gives(n)) {
        neighbour_signals(n);
    }
}

/* Now and then, one of them. */
static inline void neighbours_play(void)
{
    uint64_t who = chance(2 * (uint64_t)num_neighbours);

    if (who < num_neighbours) {
        neighbour_plays(&neighbours[who]);
    }
}

/* The image is woken for all that have signalled. True if one has done so again since. */
static inline bool neighbours_wake(struct image *image)
{
    uint32_t who = (uint32_t)chance(num_neighbours);
    bool again = false;

    for (uint32_t i = 0; i < num_neighbours; i++, who = (who + 1) % num_neighbours) {
        if (neighbours[who].signalled) {
            neighbours[who].signalled = false;
            image_wake(image, neighbours[who].ch);
        }
    }
    for (uint32_t i = 0; i < num_neighbours; i++) {
        again = again || neighbours[i].signalled;
    }
    return again;
}

/* All play, at every point and between the image's wake-ups. */
static inline void neighbours_play_on(struct image *image, unsigned rounds, bool (*is_left)(void))
{
    world.meanwhile = neighbours_play;
    for (unsigned i = 0; i < rounds; i++) {
        neighbours_play();
        assert_true(neighbours_wake(image) || !is_left());
    }
}
#endif
