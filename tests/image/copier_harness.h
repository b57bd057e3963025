/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_IMAGE_COPIER_HARNESS_H
#define TESTS_IMAGE_COPIER_HARNESS_H
/*
 * What stands in a copier's place, between a virtualiser on channel 3 and a client on channel 5;
 * the test plays both.
 */
#include "tests/image/image_harness.h"
#include "tests/image/neighbours.h"

#define VIRT_CH   3
#define CLIENT_CH 5

static struct image image;
static net_copy_config_t *config;
static net_queue_handle_t virt;
static net_queue_handle_t client;

/* All but its regions. */
static inline void configure_copier(const char *name, uint32_t virt_buffers,
                                    uint32_t client_buffers)
{
    image = image_load(name);
    config = image_symbol(&image, "config");
    virt = pair_make(virt_buffers);
    client = pair_make(client_buffers);
    memcpy(config->magic, SDDF_NET_MAGIC, SDDF_NET_MAGIC_LEN);
    config->rx = pair_connection(virt, VIRT_CH);
    config->client = pair_connection(client, CLIENT_CH);
}

static inline void virt_gives(net_buff_desc_t packet)
{
    assert_int_equal(net_enqueue_active(&virt, packet), 0);
}

static inline net_buff_desc_t virt_gets_back(void)
{
    net_buff_desc_t empty = {0};

    assert_int_equal(net_dequeue_free(&virt, &empty), 0);
    return empty;
}

static inline net_buff_desc_t client_gets(void)
{
    net_buff_desc_t packet = {0};

    assert_int_equal(net_dequeue_active(&client, &packet), 0);
    assert_int_equal(packet.io_or_offset % NET_BUFFER_SIZE, 0);
    assert_true(packet.io_or_offset < (uint64_t)client.capacity * NET_BUFFER_SIZE);
    return packet;
}

static inline void client_returns(net_buff_desc_t buffer)
{
    assert_int_equal(net_enqueue_free(&client, buffer), 0);
}

/* -- honest neighbours -- */

static inline net_buff_desc_t packet_in(net_buff_desc_t empty)
{
    return desc(empty.io_or_offset, 60);
}

static inline void assert_packet(net_buff_desc_t packet)
{
    assert_int_equal(packet.len, 60);
}

static inline net_buff_desc_t emptied(net_buff_desc_t packet)
{
    return desc(packet.io_or_offset, 0);
}

/* The virtualiser has this many buffers to put packets into. */
static inline struct neighbour *virt_neighbour(uint32_t buffers)
{
    struct neighbour *n = neighbour_add(
        (struct neighbour){.ch = VIRT_CH, .pair = &virt, .sends = true, .give = packet_in});

    neighbour_owns(n, buffers);
    return n;
}

static inline struct neighbour *client_neighbour(void)
{
    return neighbour_add((struct neighbour){
        .ch = CLIENT_CH, .pair = &client, .take = assert_packet, .give = emptied});
}

/* -- a client that writes anything at any time -- */

static inline void rogue_scribbles(void)
{
    if (chance(3) == 0) {
        pair_scribble(client);
    }
}
#endif
