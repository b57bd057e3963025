/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands where a copier would. There is no packet memory at all: whoever looked into it would
 * be found out.
 */
#include "tests/image/copier_harness.h"

static void configure(uint32_t buffers)
{
    region_resource_t nowhere = {.vaddr = (void *)0x1000,
                                 .size = (uint64_t)buffers * NET_BUFFER_SIZE};

    configure_copier("network/copy_forward", buffers, buffers);
    config->rx_data[0] = config->client_data = nowhere;
}

static void start(uint32_t buffers)
{
    configure(buffers);
    image_init(&image);
    assert_int_equal(world.signals[VIRT_CH] + world.signals[CLIENT_CH], 0);
    assert_int_equal(net_queue_length(client.free), 0);
}

/* Descriptors come through as they are, both ways, in order; nothing is copied. */
static void passes_both_ways(void **unused)
{
    const net_buff_desc_t packets[] = {
        {.io_or_offset = 3 * NET_BUFFER_SIZE, .len = 2048},
        {.io_or_offset = 0, .len = 1},
        {.io_or_offset = 7 * NET_BUFFER_SIZE, .len = 60, .oid = 5},
    };

    (void)unused;
    start(8);
    for (size_t i = 0; i < ARRAY_SIZE(packets); i++) {
        virt_gives(packets[i]);
    }
    image_wake(&image, VIRT_CH);
    assert_int_equal(world.signals[CLIENT_CH], 1);
    assert_int_equal(world.deferred[CLIENT_CH], 0);
    assert_int_equal(world.signals[VIRT_CH], 0);
    assert_true(net_queue_empty_free(&virt));
    for (size_t i = 0; i < ARRAY_SIZE(packets); i++) {
        assert_desc(client_gets(), packets[i].io_or_offset, packets[i].len, packets[i].oid);
    }
    assert_true(net_queue_empty_active(&client));

    for (size_t i = 0; i < ARRAY_SIZE(packets); i++) {
        client_returns(packets[i]);
    }
    image_wake(&image, CLIENT_CH);
    assert_int_equal(world.signals[VIRT_CH], 1);
    assert_int_equal(world.deferred[VIRT_CH], 1);
    assert_int_equal(world.signals[CLIENT_CH], 0);
    for (size_t i = 0; i < ARRAY_SIZE(packets); i++) {
        assert_desc(virt_gets_back(), packets[i].io_or_offset, packets[i].len, packets[i].oid);
    }
    assert_int_equal(world.copies, 0);
    /* Before it waits it has asked both for a signal. */
    assert_int_equal(virt.active->consumer_signalled, 0);
    assert_int_equal(client.free->consumer_signalled, 0);
    image_unload(&image);
}

/* One wake-up, by whomever, sees to both. */
static void looks_at_both_sides(void **unused)
{
    (void)unused;
    for (sddf_channel ch = VIRT_CH; ch <= CLIENT_CH; ch += CLIENT_CH - VIRT_CH) {
        start(8);
        virt_gives(desc(0, 60));
        client_returns(desc(NET_BUFFER_SIZE, 0));
        image_wake(&image, ch);
        assert_desc(client_gets(), 0, 60, 0);
        assert_desc(virt_gets_back(), NET_BUFFER_SIZE, 0, 0);
        image_unload(&image);
    }
}

static void signals_only_who_asked(void **unused)
{
    (void)unused;
    start(8);
    net_cancel_signal_active(&client);
    net_cancel_signal_free(&virt);
    virt_gives(desc(0, 60));
    client_returns(desc(NET_BUFFER_SIZE, 0));
    image_wake(&image, VIRT_CH);
    assert_int_equal(world.signals[VIRT_CH] + world.signals[CLIENT_CH], 0);
    net_request_signal_active(&client);
    net_request_signal_free(&virt);
    image_wake(&image, VIRT_CH); /* and owes nobody for what was then */
    assert_int_equal(world.signals[VIRT_CH] + world.signals[CLIENT_CH], 0);
    virt_gives(desc(0, 60));
    client_returns(desc(NET_BUFFER_SIZE, 0));
    image_wake(&image, VIRT_CH);
    assert_int_equal(world.signals[VIRT_CH], 1);
    assert_int_equal(world.signals[CLIENT_CH], 1);
    assert_int_equal(client.active->consumer_signalled, 1);
    assert_int_equal(virt.free->consumer_signalled, 1);
    image_unload(&image);
}

/* A packet for which the client leaves no room is the virtualiser's again. */
static void a_full_client_loses_its_packets(void **unused)
{
    (void)unused;
    start(4);
    client.active->head = (uint16_t)(client.active->tail - 4);
    virt_gives(desc(0, 60));
    virt_gives(desc(3 * NET_BUFFER_SIZE, 61));
    image_wake(&image, VIRT_CH);
    assert_int_equal(image_count(&image, "packets_unwanted"), 2);
    assert_desc(virt_gets_back(), 0, 60, 0);
    assert_desc(virt_gets_back(), 3 * NET_BUFFER_SIZE, 61, 0);
    assert_int_equal(world.signals[CLIENT_CH], 0);
    assert_int_equal(world.deferred[VIRT_CH], 1);
    image_unload(&image);
}

/* What does not fit into the virtualiser's queue stays in the client's. */
static void a_full_virtualiser_takes_no_more(void **unused)
{
    (void)unused;
    start(4);
    for (uint64_t i = 0; i < 4; i++) {
        net_enqueue_free(&virt, desc(13, 0));
    }
    client_returns(desc(NET_BUFFER_SIZE, 0));
    image_wake(&image, CLIENT_CH);
    assert_int_equal(net_queue_length(client.free), 1);
    assert_int_equal(image_count(&image, "virt_refusals"), 0);
    virt_gets_back();
    image_wake(&image, VIRT_CH);
    assert_int_equal(net_queue_length(client.free), 0);
    assert_int_equal(net_queue_length(virt.free), 4);
    /* A packet nobody takes has nowhere to go back to. */
    client.active->head = (uint16_t)(client.active->tail - 4);
    virt_gives(desc(0, 60));
    image_wake(&image, VIRT_CH);
    assert_int_equal(image_count(&image, "virt_refusals"), 1);
    image_unload(&image);
}

static void takes_nothing_from_a_queue_that_is_too_long(void **unused)
{
    (void)unused;
    start(4);
    for (uint32_t lie = 5; lie < 65536; lie += 13) {
        client.free->tail = (uint16_t)(client.free->head + lie);
        virt_gives(desc(0, 60));
        image_wake(&image, VIRT_CH);
        assert_desc(client_gets(), 0, 60, 0);
        assert_true(net_queue_empty_free(&virt));
        assert_true(world.points < 20);
    }
    queue_set(client.free, 0);
    for (uint32_t lie = 5; lie < 65536; lie += 13) {
        virt.active->tail = (uint16_t)(virt.active->head + lie);
        image_wake(&image, CLIENT_CH);
        assert_true(net_queue_empty_active(&client));
        assert_true(world.points < 20);
    }
    assert_true(image_count(&image, "queues_incredible") > 10000);
    image_unload(&image);
}

static void spoil_region(void)
{
    config->client_data.vaddr = (void *)0x2000;
}

static void spoil_buffers(void)
{
    config->client.num_buffers = 4;
}

/* With a copier's regions an offset would mean one thing here and another there. */
static void refuses_a_copiers_place(void **unused)
{
    (void)unused;
    configure(8);
    assert_init_stops(&image, spoil_region);
    assert_init_stops(&image, spoil_buffers);
    image_unload(&image);
}

static void survives_the_wrap_of_indices(void **unused)
{
    (void)unused;
    configure(4);
    pairs_near_wrap(virt, client);
    image_init(&image);
    for (uint32_t i = 0; i < 70000; i++) {
        uint64_t offset = (uint64_t)(i % 4) * NET_BUFFER_SIZE;
        uint16_t len = (uint16_t)(i % 2048);

        virt_gives(desc(offset, len));
        image_wake(&image, VIRT_CH);
        assert_desc(client_gets(), offset, len, 0);
        client_returns(desc(offset, 0));
        image_wake(&image, CLIENT_CH);
        assert_desc(virt_gets_back(), offset, 0, 0);
    }
    image_unload(&image);
}

/* -- honest neighbours on other cores -- */

static bool anything_left(void)
{
    return !net_queue_empty_active(&virt) || !net_queue_empty_free(&client);
}

static void leaves_nobody_asleep(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        chance_seed(seed);
        start(8);
        neighbours_forget();
        struct neighbour *giver = virt_neighbour(8);
        struct neighbour *taker = client_neighbour();
        neighbours_play_on(&image, 2000, anything_left);
        assert_true(taker->taken > 500);
        /* Each buffer is in one place. */
        assert_int_equal(giver->count + taker->count + net_queue_length(virt.active) +
                             net_queue_length(virt.free) + net_queue_length(client.active) +
                             net_queue_length(client.free),
                         8);
        assert_int_equal(image_count(&image, "packets_unwanted"), 0);
        assert_int_equal(image_count(&image, "virt_refusals"), 0);
        image_unload(&image);
    }
}

/* -- a client that writes anything at any time -- */

/* As much again in its queue as was taken out: it costs one queue full a wake-up, and no more. */
static void stuff(void)
{
    client.free->tail = (uint16_t)(client.free->head + 16);
    virt.free->head = virt.free->tail;
}

static void a_flood_of_returns_ends(void **unused)
{
    (void)unused;
    start(16);
    world.meanwhile = stuff;
    image_wake(&image, CLIENT_CH);
    assert_true(world.points < 100);
    image_unload(&image);
}

/*
 * The virtualiser's packets are all taken at each wake-up, each once, whatever the client does; and
 * none takes long.
 */
static void a_rogue_hurts_only_itself(void **unused)
{
    uint64_t most_points = 0, unwanted = 0;

    (void)unused;
    chance_seed(42);
    start(16);
    for (int i = 0; i < 100000; i++) {
        world.meanwhile = NULL;
        uint64_t packets = chance(17);
        for (uint64_t k = 0; k < packets; k++) {
            virt_gives(desc(k * NET_BUFFER_SIZE, (uint16_t)(1000 + k)));
        }
        if (chance(4) == 0) {
            client.active->head = client.active->tail;
            client.free->tail = client.free->head;
        }
        pair_scribble(client);
        world.meanwhile = rogue_scribbles;
        image_wake(&image, chance(2) ? VIRT_CH : CLIENT_CH);
        most_points = MAX(most_points, world.points);
        assert_true(net_queue_empty_active(&virt));
        world.meanwhile = NULL;
        assert_true(net_queue_length(virt.free) <= 16);
        queue_set(virt.free, virt.free->tail);
        uint64_t now = image_count(&image, "packets_unwanted");
        assert_true(now - unwanted <= packets);
        unwanted = now;
    }
    assert_true(most_points < 6 * 32);
    assert_true(unwanted > 1000);
    assert_true(image_count(&image, "queues_incredible") > 1000);
    image_unload(&image);
}

/* A flood of packets: each queue full of it is signalled, and one deferred signal is last. */
static uint32_t flood_left;

static void flood(enum point_op op, const volatile void *where, uint64_t units)
{
    net_buff_desc_t packet = {0};

    (void)units;
    while (flood_left > 0 && op == POINT_DEQUEUE && where == virt.active &&
           net_queue_length(virt.active) < 4) {
        (void)net_dequeue_active(&client, &packet);
        (void)net_enqueue_active(&virt, desc(0, 60));
        flood_left--;
    }
}

static void a_flood_keeps_nobody_waiting(void **unused)
{
    (void)unused;
    start(8);
    flood_left = 1000;
    virt_gives(desc(0, 60));
    client_returns(desc(NET_BUFFER_SIZE, 0));
    world.on_point = flood;
    net_request_signal_free(&virt);
    image_wake(&image, VIRT_CH);
    assert_int_equal(flood_left, 0);
    assert_true(net_queue_empty_active(&virt));
    assert_true(world.signals[CLIENT_CH] > 0);
    assert_int_equal(world.signals[VIRT_CH], 1);
    assert_int_equal(world.deferred[VIRT_CH], 0);
    image_unload(&image);
}

/* A client that returns one buffer at a time, each just after a look that found none. */
static uint32_t trickle_left;

static void trickle(enum point_op op, const volatile void *where, uint64_t units)
{
    (void)units;
    if (trickle_left > 0 && op == POINT_REQUEST && where == client.free) {
        client_returns(desc(--trickle_left * (uint64_t)NET_BUFFER_SIZE, 0));
    }
}

/* Nothing is left behind, and the next one will be signalled. */
static void a_trickle_is_not_slept_over(void **unused)
{
    (void)unused;
    start(8);
    trickle_left = 7;
    world.on_point = trickle;
    image_wake(&image, CLIENT_CH);
    assert_int_equal(trickle_left, 0);
    assert_true(net_queue_empty_free(&client));
    assert_int_equal(client.free->consumer_signalled, 0);
    assert_int_equal(net_queue_length(virt.free), 7);
    image_unload(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_both_ways),
        cmocka_unit_test(looks_at_both_sides),
        cmocka_unit_test(signals_only_who_asked),
        cmocka_unit_test(a_full_client_loses_its_packets),
        cmocka_unit_test(a_full_virtualiser_takes_no_more),
        cmocka_unit_test(takes_nothing_from_a_queue_that_is_too_long),
        cmocka_unit_test(refuses_a_copiers_place),
        cmocka_unit_test(survives_the_wrap_of_indices),
        cmocka_unit_test(leaves_nobody_asleep),
        cmocka_unit_test(a_flood_of_returns_ends),
        cmocka_unit_test(a_rogue_hurts_only_itself),
        cmocka_unit_test(a_flood_keeps_nobody_waiting),
        cmocka_unit_test(a_trickle_is_not_slept_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
