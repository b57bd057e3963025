/* SPDX-License-Identifier: BSD-2-Clause */
/* The copier. */
#include "tests/image/copier_harness.h"

static uint8_t *sources[SDDF_NET_MAX_CLIENTS];
static uint8_t *target;

static void configure(uint32_t virt_buffers, uint32_t client_buffers)
{
    uint64_t bytes = (uint64_t)virt_buffers * NET_BUFFER_SIZE;

    configure_copier("network/copy", virt_buffers, client_buffers);
    target = guarded((size_t)client_buffers * NET_BUFFER_SIZE);
    config->client_data =
        (region_resource_t){.vaddr = target, .size = (uint64_t)client_buffers * NET_BUFFER_SIZE};
    for (int oid = 0; oid < 2; oid++) {
        sources[oid] = guarded(bytes);
        config->rx_data[oid] = (region_resource_t){.vaddr = sources[oid], .size = bytes};
        for (size_t i = 0; i < bytes; i++) {
            sources[oid][i] = (uint8_t)(i * 31 + i / NET_BUFFER_SIZE + (size_t)oid);
        }
    }
}

static void start(uint32_t virt_buffers, uint32_t client_buffers)
{
    configure(virt_buffers, client_buffers);
    image_init(&image);
}

/* The client takes a packet, which must be these bytes of that source. */
static void client_gets_copy_of(unsigned oid, uint64_t offset, uint16_t len)
{
    net_buff_desc_t packet = client_gets();

    assert_int_equal(packet.len, len);
    assert_int_equal(packet.oid, 0);
    assert_memory_equal(target + packet.io_or_offset, sources[oid] + offset, len);
    client_returns(desc(packet.io_or_offset, 0));
}

static void fills_the_clients_free_queue(void **unused)
{
    (void)unused;
    start(4, 8);
    assert_int_equal(net_queue_length(client.free), 8);
    for (uint64_t i = 0; i < 8; i++) {
        net_buff_desc_t empty = {0};
        net_dequeue_free(&client, &empty);
        assert_desc(empty, i * NET_BUFFER_SIZE, 0, 0);
    }
    assert_int_equal(world.signals[CLIENT_CH] + world.signals[VIRT_CH], 0);
    image_unload(&image);
}

static void copies_and_returns(void **unused)
{
    (void)unused;
    start(8, 8);
    virt_gives(desc(7 * NET_BUFFER_SIZE, 2048));
    virt_gives(desc(2 * NET_BUFFER_SIZE, 1));
    virt_gives((net_buff_desc_t){.io_or_offset = NET_BUFFER_SIZE, .len = 60, .oid = 1});
    image_wake(&image, VIRT_CH);
    assert_int_equal(world.signals[CLIENT_CH], 1);
    assert_int_equal(world.deferred[CLIENT_CH], 0);
    assert_int_equal(world.signals[VIRT_CH], 1);
    assert_int_equal(world.deferred[VIRT_CH], 1);
    assert_desc(virt_gets_back(), 7 * NET_BUFFER_SIZE, 2048, 0);
    assert_desc(virt_gets_back(), 2 * NET_BUFFER_SIZE, 1, 0);
    assert_desc(virt_gets_back(), NET_BUFFER_SIZE, 60, 1);
    client_gets_copy_of(0, 7 * NET_BUFFER_SIZE, 2048);
    client_gets_copy_of(0, 2 * NET_BUFFER_SIZE, 1);
    client_gets_copy_of(1, NET_BUFFER_SIZE, 60);

    /* Neither asked again: neither is signalled. */
    virt_gives(desc(0, 60));
    image_wake(&image, VIRT_CH);
    assert_int_equal(world.signals[CLIENT_CH] + world.signals[VIRT_CH], 0);
    assert_int_equal(virt.active->consumer_signalled, 0);
    image_unload(&image);
}

/* What a copy costs is told by its source and its length, once for each packet. */
static void copies_once(void **unused)
{
    (void)unused;
    start(8, 8);
    virt_gives(desc(5 * NET_BUFFER_SIZE, 1514));
    image_wake(&image, VIRT_CH);
    assert_int_equal(world.copies, 1);
    assert_ptr_equal(world.copy_source, sources[0] + 5 * NET_BUFFER_SIZE);
    assert_int_equal(world.copy_bytes, 1514);
    image_unload(&image);
}

static void drops_when_the_client_has_no_buffer(void **unused)
{
    (void)unused;
    start(8, 2);
    for (uint64_t i = 0; i < 5; i++) {
        virt_gives(desc(i * NET_BUFFER_SIZE, 60));
    }
    image_wake(&image, VIRT_CH);
    for (uint64_t i = 0; i < 5; i++) {
        assert_desc(virt_gets_back(), i * NET_BUFFER_SIZE, 60, 0);
    }
    assert_int_equal(image_count(&image, "packets_unwanted"), 3);
    client_gets_copy_of(0, 0, 60);
    client_gets_copy_of(0, NET_BUFFER_SIZE, 60);
    assert_true(net_queue_empty_active(&client));

    /*
     * The client's signal alone is no reason to copy anything; its buffers are used for the next
     * packet.
     */
    image_wake(&image, CLIENT_CH);
    virt_gives(desc(6 * NET_BUFFER_SIZE, 90));
    image_wake(&image, VIRT_CH);
    client_gets_copy_of(0, 6 * NET_BUFFER_SIZE, 90);
    image_unload(&image);
}

/* Nothing is read outside a packet's own buffer, and no buffer of the client is lost for it. */
static void drops_what_is_no_packet(void **unused)
{
    const net_buff_desc_t forged[] = {
        {.io_or_offset = 0, .len = 2049},
        {.io_or_offset = 0, .len = 65535},
        {.io_or_offset = 1, .len = 2048},
        {.io_or_offset = 2047, .len = 2},
        {.io_or_offset = 8 * NET_BUFFER_SIZE, .len = 1},
        {.io_or_offset = 8 * NET_BUFFER_SIZE - 1, .len = 2},
        {.io_or_offset = UINT64_MAX, .len = 1},
        {.io_or_offset = UINT64_MAX - 2047, .len = 2048},
        {.io_or_offset = 1UL << 63, .len = 60},
        {.io_or_offset = 7 * NET_BUFFER_SIZE + 1900,
         .len = 100,
         .oid = 1}, /* beyond a short region */
        {.io_or_offset = 0, .len = 60, .oid = 2},
        {.io_or_offset = 0, .len = 60, .oid = 63},
    };

    (void)unused;
    configure(8, 1);
    config->rx_data[1].size -= 100;
    image_init(&image);
    for (size_t i = 0; i < ARRAY_SIZE(forged); i++) {
        virt_gives(forged[i]);
        net_request_signal_free(&virt);
        image_wake(&image, VIRT_CH);
        assert_int_equal(world.signals[VIRT_CH], 1);
        assert_int_equal(world.signals[CLIENT_CH], 0);
        assert_desc(virt_gets_back(), forged[i].io_or_offset, forged[i].len, forged[i].oid);
        assert_int_equal(image_count(&image, "packets_invalid"), i + 1);
    }
    virt_gives(desc(3 * NET_BUFFER_SIZE, 70));
    image_wake(&image, VIRT_CH);
    client_gets_copy_of(0, 3 * NET_BUFFER_SIZE, 70);
    image_unload(&image);
}

static void writes_nowhere_but_into_a_buffer(void **unused)
{
    const uint64_t forged[] = {
        1,
        1024,
        2047,
        2049,
        4 * NET_BUFFER_SIZE,
        1UL << 32,
        1UL << 63,
        UINT64_MAX,
        UINT64_MAX - 2047,
    };

    (void)unused;
    start(8, 4);
    queue_set(client.free, client.free->tail);
    for (size_t i = 0; i < ARRAY_SIZE(forged); i++) {
        assert_int_equal(net_enqueue_free(&client, desc(forged[i], 0)), 0);
        assert_int_equal(net_enqueue_free(&client, desc(3 * NET_BUFFER_SIZE, 0)), 0);
        uint64_t offset = i % 8 * NET_BUFFER_SIZE;
        virt_gives(desc(offset, 2048));
        image_wake(&image, VIRT_CH);
        assert_int_equal(image_count(&image, "buffers_invalid"), i + 1);
        net_buff_desc_t packet = client_gets();
        assert_desc(packet, 3 * NET_BUFFER_SIZE, 2048, 0);
        assert_memory_equal(target + 3 * NET_BUFFER_SIZE, sources[0] + offset, 2048);
        virt_gets_back();
    }
    image_unload(&image);
}

/* A queue full of rubbish costs one look at each, and the packet. */
static void loses_patience_with_rubbish(void **unused)
{
    (void)unused;
    start(8, 1024);
    queue_set(client.free, client.free->tail);
    for (int i = 0; i < 1024; i++) {
        net_enqueue_free(&client, desc(13, 0));
    }
    virt_gives(desc(0, 60));
    virt_gives(desc(NET_BUFFER_SIZE, 60));
    image_wake(&image, VIRT_CH);
    assert_true(world.points < 1024 + 30);
    assert_int_equal(image_count(&image, "buffers_invalid"), 1024);
    assert_int_equal(image_count(&image, "packets_unwanted"), 2);
    assert_int_equal(net_queue_length(virt.free), 2);
    image_unload(&image);
}

/* Nor does it look at more of it in one wake-up if there is more at each look. */
static void loses_patience_for_good(void **unused)
{
    (void)unused;
    start(8, 16);
    queue_stays_full(client.free, 16, desc(13, 0));
    for (uint64_t i = 0; i < 8; i++) {
        virt_gives(desc(i * NET_BUFFER_SIZE, 60));
    }
    image_wake(&image, VIRT_CH);
    assert_int_equal(image_count(&image, "buffers_invalid"), 16);
    assert_int_equal(net_queue_length(virt.free), 8);
    image_unload(&image);
}

static void owes_a_signal_once(void **unused)
{
    (void)unused;
    start(8, 8);
    virt_gives(desc(0, 60));
    net_cancel_signal_free(&virt);
    net_cancel_signal_active(&client);
    image_wake(&image, VIRT_CH);
    net_request_signal_free(&virt);
    net_request_signal_active(&client);
    image_wake(&image, VIRT_CH);
    assert_int_equal(world.signals[VIRT_CH] + world.signals[CLIENT_CH], 0);
    image_unload(&image);
}

static void a_virtualiser_without_room_is_noted(void **unused)
{
    (void)unused;
    start(4, 8);
    virt.free->head = (uint16_t)(virt.free->tail - 4);
    virt_gives(desc(0, 60));
    image_wake(&image, VIRT_CH);
    assert_int_equal(image_count(&image, "virt_refusals"), 1);
    client_gets_copy_of(0, 0, 60);
    image_unload(&image);
}

static void takes_nothing_from_a_queue_that_is_too_long(void **unused)
{
    (void)unused;
    start(4, 4);
    queue_set(client.free, client.free->head);
    for (uint32_t lie = 5; lie < 65536; lie += 13) {
        client.free->tail = (uint16_t)(client.free->head + lie);
        virt_gives(desc(0, 60));
        image_wake(&image, VIRT_CH);
        virt_gets_back();
        assert_int_equal(client.free->tail, (uint16_t)(client.free->head + lie));
        assert_true(net_queue_empty_active(&client));
        assert_true(world.points < 20);
    }
    queue_set(client.free, 0);
    for (uint32_t lie = 5; lie < 65536; lie += 13) {
        virt.active->tail = (uint16_t)(virt.active->head + lie);
        image_wake(&image, VIRT_CH);
        assert_true(net_queue_empty_free(&virt));
        assert_true(world.points < 20);
    }
    image_unload(&image);
}

/* A client without room loses its packets; the buffer meant for them waits for the next one. */
static void a_full_client_loses_its_packets(void **unused)
{
    (void)unused;
    start(4, 4);
    client.active->head = (uint16_t)(client.active->tail - 4);
    for (int i = 0; i < 3; i++) {
        virt_gives(desc(0, 60));
    }
    image_wake(&image, VIRT_CH);
    assert_int_equal(net_queue_length(virt.free), 3);
    assert_int_equal(world.signals[CLIENT_CH], 0);
    assert_int_equal(image_count(&image, "packets_unwanted"), 3);
    client.active->head = client.active->tail;
    for (int i = 0; i < 4; i++) {
        virt_gets_back();
        virt_gives(desc((uint64_t)i * NET_BUFFER_SIZE, 61));
        if (net_queue_length(virt.free) == 0) {
            image_wake(&image, VIRT_CH);
        }
    }
    image_wake(&image, VIRT_CH);
    assert_int_equal(net_queue_length(client.active), 4);
    image_unload(&image);
}

static void starts_though_its_client_lies(void **unused)
{
    (void)unused;
    configure(4, 4);
    client.free->head = 1;
    client.free->tail = 60000;
    image_init(&image);
    virt_gives(desc(0, 60));
    image_wake(&image, VIRT_CH);
    assert_int_equal(net_queue_length(virt.free), 1);
    image_unload(&image);
}

static void survives_the_wrap_of_indices(void **unused)
{
    (void)unused;
    configure(4, 4);
    pairs_near_wrap(virt, client);
    image_init(&image);
    for (uint32_t i = 0; i < 70000; i++) {
        uint64_t offset = (uint64_t)(i % 4) * NET_BUFFER_SIZE;
        uint16_t len = (uint16_t)(i % 128);
        virt_gives(desc(offset, len));
        image_wake(&image, VIRT_CH);
        assert_desc(virt_gets_back(), offset, len, 0);
        client_gets_copy_of(0, offset, len);
    }
    image_unload(&image);
}

/* -- honest neighbours on other cores -- */

static bool packets_are_left(void)
{
    return !net_queue_empty_active(&virt);
}

static void leaves_nobody_asleep(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        chance_seed(seed);
        start(8, 8);
        neighbours_forget();
        struct neighbour *giver = virt_neighbour(8);
        struct neighbour *taker = client_neighbour();
        neighbours_play_on(&image, 2000, packets_are_left);
        neighbour_plays(taker);
        assert_true(giver->given > 500);
        assert_int_equal(taker->taken + image_count(&image, "packets_unwanted") +
                             net_queue_length(virt.active),
                         giver->given);
        assert_int_equal(image_count(&image, "packets_invalid"), 0);
        assert_int_equal(image_count(&image, "buffers_invalid"), 0);
        assert_int_equal(image_count(&image, "queues_incredible"), 0);
        assert_int_equal(image_count(&image, "virt_refusals"), 0);
        image_unload(&image);
    }
}

/*
 * A flood without end: each queue full of it is signalled, so the client runs, and one deferred
 * signal is last.
 */
static uint32_t flood_left;

static void flood(enum point_op op, const volatile void *where, uint64_t units)
{
    net_buff_desc_t empty = {0};

    (void)units;
    while (flood_left > 0 && op == POINT_ENQUEUE && where == virt.free &&
           net_queue_length(virt.active) < 4) {
        net_dequeue_free(&virt, &empty);
        net_enqueue_active(&virt, desc(0, 60));
        flood_left--;
    }
}

static void a_flood_keeps_nobody_waiting(void **unused)
{
    (void)unused;
    start(8, 64);
    flood_left = 1000;
    virt_gives(desc(0, 60));
    world.on_point = flood;
    client.active->consumer_signalled = 0;
    image_wake(&image, VIRT_CH);
    assert_int_equal(flood_left, 0);
    assert_true(net_queue_empty_active(&virt));
    assert_int_equal(world.signals[CLIENT_CH], 1);

    /* Again, with neighbours that ask for every signal they can get. */
    flood_left = 1000;
    virt_gives(desc(0, 60));
    client.free->tail = client.free->head;
    world.on_point = flood;
    net_request_signal_free(&virt);
    image_wake(&image, VIRT_CH);
    assert_int_equal(world.signals[VIRT_CH], 1);
    assert_int_equal(world.deferred[VIRT_CH], 0);
    image_unload(&image);
}

/* -- a client that writes anything at any time -- */

/* Now and then it puts its indices right and offers something usable. */
static void rogue_pretends(void)
{
    if (chance(4) == 0) {
        client.active->head = client.active->tail;
        client.free->tail = client.free->head;
        for (uint64_t i = chance(9); i > 0; i--) {
            net_enqueue_free(&client, desc(chance(10) * NET_BUFFER_SIZE, 0));
        }
    }
}

/*
 * Whatever the client does, the virtualiser has all buffers back after each wake-up, and none takes
 * long.
 */
static void a_rogue_hurts_only_itself(void **unused)
{
    enum { VIRT = 16, CLIENT = 8 };
    uint64_t most_points = 0;
    uint64_t copied = 0;

    (void)unused;
    chance_seed(42);
    start(VIRT, CLIENT);
    uint8_t *before = malloc((size_t)VIRT * NET_BUFFER_SIZE);
    memcpy(before, sources[0], (size_t)VIRT * NET_BUFFER_SIZE);
    for (int i = 0; i < 100000; i++) {
        world.meanwhile = NULL;
        uint64_t packets = chance(VIRT + 1);
        for (uint64_t p = 0; p < packets; p++) {
            virt_gives(desc(p * NET_BUFFER_SIZE, (uint16_t)chance(64)));
        }
        rogue_pretends();
        pair_scribble(client);
        uint16_t tail = client.active->tail;
        world.meanwhile = rogue_scribbles;
        image_wake(&image, chance(2) ? VIRT_CH : CLIENT_CH);
        copied += client.active->tail != tail;
        most_points = MAX(most_points, world.points);
        assert_true(net_queue_empty_active(&virt));
        for (uint64_t p = 0; p < packets; p++) {
            assert_int_equal(virt_gets_back().io_or_offset, p * NET_BUFFER_SIZE);
        }
        assert_true(net_queue_empty_free(&virt));
    }
    assert_true(most_points < 6 * (VIRT + CLIENT));
    assert_true(copied > 1000);
    assert_true(image_count(&image, "buffers_invalid") > 1000);
    assert_true(image_count(&image, "packets_unwanted") > 1000);
    assert_true(image_count(&image, "queues_incredible") > 1000);
    assert_int_equal(image_count(&image, "virt_refusals"), 0);
    assert_memory_equal(before, sources[0], (size_t)VIRT * NET_BUFFER_SIZE);
    free(before);
    image_unload(&image);
}

/* The virtualiser's queue in the same hands: still no access outside the regions, still an end. */
static void a_wild_virtualiser_is_survived(void **unused)
{
    (void)unused;
    chance_seed(7);
    start(16, 8);
    for (int i = 0; i < 50000; i++) {
        pair_scribble(virt);
        if (chance(3) == 0) {
            net_enqueue_active(&virt, desc(chance(20) * 2000, (uint16_t)chance(2100)));
        }
        if (chance(8) == 0) {
            queue_set(client.active, client.active->tail);
            net_enqueue_free(&client, desc(chance(8) * NET_BUFFER_SIZE, 0));
        }
        image_wake(&image, VIRT_CH);
        assert_true(world.points < 200);
    }
    image_unload(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_the_clients_free_queue),
        cmocka_unit_test(copies_and_returns),
        cmocka_unit_test(copies_once),
        cmocka_unit_test(drops_when_the_client_has_no_buffer),
        cmocka_unit_test(drops_what_is_no_packet),
        cmocka_unit_test(writes_nowhere_but_into_a_buffer),
        cmocka_unit_test(loses_patience_with_rubbish),
        cmocka_unit_test(loses_patience_for_good),
        cmocka_unit_test(owes_a_signal_once),
        cmocka_unit_test(a_virtualiser_without_room_is_noted),
        cmocka_unit_test(takes_nothing_from_a_queue_that_is_too_long),
        cmocka_unit_test(a_full_client_loses_its_packets),
        cmocka_unit_test(starts_though_its_client_lies),
        cmocka_unit_test(survives_the_wrap_of_indices),
        cmocka_unit_test(leaves_nobody_asleep),
        cmocka_unit_test(a_flood_keeps_nobody_waiting),
        cmocka_unit_test(a_rogue_hurts_only_itself),
        cmocka_unit_test(a_wild_virtualiser_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
