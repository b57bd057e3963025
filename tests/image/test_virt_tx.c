/* SPDX-License-Identifier: BSD-2-Clause */
/* The transmit virtualiser. Region r of client i is at an IO address of its own. */
#include "tests/image/virt_harness.h"

static net_virt_tx_config_t *config;

/* Far apart, and the later the client the lower: order of address is not order of client. */
static uint64_t io_of(uint32_t client, uint32_t region)
{
    return 0xf0000000UL - client * 0x1000000UL + region * 0x100000UL;
}

static uint64_t io_of_buffer(uint32_t client, uint64_t buffer)
{
    return io_of(client, 0) + buffer * NET_BUFFER_SIZE;
}

static void configure(uint32_t driver_capacity, uint32_t num_clients, uint32_t num_regions,
                      uint32_t buffers)
{
    image = image_load("network/virt_tx");
    config = image_symbol(&image, "config");
    driver = pair_make(driver_capacity);
    memcpy(config->magic, SDDF_NET_MAGIC, SDDF_NET_MAGIC_LEN);
    config->driver = pair_connection(driver, DRIVER_CH);
    config->num_clients = (uint8_t)num_clients;
    for (uint32_t i = 0; i < num_clients; i++) {
        clients[i] = pair_make(buffers * num_regions);
        config->clients[i].conn = pair_connection(clients[i], (uint8_t)client_ch(i));
        config->clients[i].num_regions = (uint8_t)num_regions;
        for (uint32_t r = 0; r < num_regions; r++) {
            uint64_t bytes = (uint64_t)buffers * NET_BUFFER_SIZE;
            config->clients[i].regions[r] = (net_virt_tx_data_region_t){
                .data = {.region = {(void *)(uintptr_t)(io_of(i, r) << 8), bytes},
                         .io_addr = io_of(i, r)},
                .num_buffers = buffers};
        }
    }
}

static void start(uint32_t driver_capacity, uint32_t num_clients, uint32_t buffers)
{
    configure(driver_capacity, num_clients, 1, buffers);
    image_init(&image);
}

static void client_sends(uint32_t client, uint64_t buffer, uint16_t len)
{
    assert_int_equal(net_enqueue_active(&clients[client], desc(buffer * NET_BUFFER_SIZE, len)), 0);
}

static void client_gets_back(uint32_t client, uint64_t buffer)
{
    net_buff_desc_t empty = {0};

    assert_int_equal(net_dequeue_free(&clients[client], &empty), 0);
    assert_desc(empty, buffer * NET_BUFFER_SIZE, 0, 0);
}

static net_buff_desc_t driver_takes(void)
{
    net_buff_desc_t packet = {0};

    assert_int_equal(net_dequeue_active(&driver, &packet), 0);
    return packet;
}

static void driver_returns(uint64_t io_addr)
{
    assert_int_equal(net_enqueue_free(&driver, desc(io_addr, 99)), 0);
}

static void carries_packets_both_ways(void **unused)
{
    (void)unused;
    start(4096, CLIENTS, 64);
    for (uint32_t i = 0; i < CLIENTS; i++) {
        client_sends(i, i, (uint16_t)(60 + i));
        client_sends(i, 63, 2048);
    }
    image_wake(&image, 1);
    assert_int_equal(world.deferred[DRIVER_CH], 1);
    assert_int_equal(world.signals[DRIVER_CH], 1);
    assert_int_equal(world.cleaned_bytes, CLIENTS * (60 + 2048) + CLIENTS * (CLIENTS - 1) / 2);
    uint64_t sent[2 * CLIENTS];
    bool seen[CLIENTS] = {false};
    for (uint32_t i = 0; i < 2 * CLIENTS; i += 2) {
        net_buff_desc_t packet = driver_takes();
        uint32_t client = packet.len - 60U;
        assert_true(client < CLIENTS);
        assert_false(seen[client]);
        seen[client] = true;
        assert_desc(packet, io_of_buffer(client, client), 60 + client, 0);
        sent[i] = packet.io_or_offset;
        packet = driver_takes();
        assert_desc(packet, io_of_buffer(client, 63), 2048, 0);
        sent[i + 1] = packet.io_or_offset;
    }
    for (uint32_t i = 0; i < 2 * CLIENTS; i++) {
        driver_returns(sent[(i * 37) % (2 * CLIENTS)]);
    }
    image_wake(&image, DRIVER_CH);
    for (uint32_t i = 0; i < CLIENTS; i++) {
        net_buff_desc_t a = {0};
        net_buff_desc_t b = {0};
        assert_int_equal(world.signals[i + 1], 1);
        assert_int_equal(net_dequeue_free(&clients[i], &a), 0);
        assert_int_equal(net_dequeue_free(&clients[i], &b), 0);
        assert_int_equal(a.io_or_offset + b.io_or_offset, (i + 63) * NET_BUFFER_SIZE);
        assert_int_equal(a.len + b.len, 0);
        assert_true(net_queue_empty_free(&clients[i]));
    }
    assert_int_equal(image_count(&image, "driver_invalid"), 0);
    image_unload(&image);
}

static void looks_once_while_it_starts(void **unused)
{
    (void)unused;
    configure(16, 1, 1, 16);
    client_sends(0, 3, 60);
    image_init(&image);
    assert_int_equal(driver_takes().io_or_offset, io_of_buffer(0, 3));
    assert_int_equal(world.deferred[DRIVER_CH], 1);
    image_unload(&image);
}

/* A vswitch sends from the regions of all its ports. */
static void tells_regions_apart_by_oid(void **unused)
{
    (void)unused;
    configure(64, 2, 8, 8);
    config->clients[0].regions[3].num_buffers = 4;
    image_init(&image);
    for (uint8_t oid = 0; oid < 8; oid++) {
        net_buff_desc_t packet = {
            .io_or_offset = 2 * NET_BUFFER_SIZE, .len = 100, .oid = oid & 0x3f};
        assert_int_equal(net_enqueue_active(&clients[0], packet), 0);
    }
    image_wake(&image, 1);
    for (uint32_t oid = 0; oid < 8; oid++) {
        assert_desc(driver_takes(), io_of(0, oid) + 2 * NET_BUFFER_SIZE, 100, 0);
    }
    for (uint32_t oid = 8; oid > 0; oid--) {
        driver_returns(io_of(0, oid - 1) + 2 * NET_BUFFER_SIZE);
    }
    image_wake(&image, DRIVER_CH);
    for (uint32_t oid = 8; oid > 0; oid--) {
        net_buff_desc_t empty = {0};
        net_dequeue_free(&clients[0], &empty);
        assert_desc(empty, 2 * NET_BUFFER_SIZE, 0, oid - 1);
    }
    /* Each region has its own end. */
    net_buff_desc_t beyond = {.io_or_offset = 4 * NET_BUFFER_SIZE, .len = 100, .oid = 3};
    net_enqueue_active(&clients[0], beyond);
    image_wake(&image, 1);
    assert_int_equal(image_count(&image, "packets_invalid"), 1);
    image_unload(&image);
}

static void hands_back_what_is_no_packet(void **unused)
{
    const net_buff_desc_t forged[] = {
        {.io_or_offset = 0, .len = 0},
        {.io_or_offset = 0, .len = 2049},
        {.io_or_offset = 0, .len = 65535},
        {.io_or_offset = 0, .len = 60, .oid = 1},
        {.io_or_offset = 0, .len = 60, .oid = 63},
        {.io_or_offset = 1, .len = 60},
        {.io_or_offset = 1024, .len = 60},
        {.io_or_offset = 2047, .len = 60},
        {.io_or_offset = 8 * NET_BUFFER_SIZE, .len = 60},
        {.io_or_offset = 1UL << 32, .len = 60},
        {.io_or_offset = 1UL << 63, .len = 60},
        {.io_or_offset = UINT64_MAX - 2047, .len = 60},
        {.io_or_offset = 0xf0000000UL, .len = 60},
    };

    (void)unused;
    configure(16, 2, 1, 8);
    config->clients[0].regions[1].num_buffers = 8; /* there, but not among num_regions */
    image_init(&image);
    client_sends(1, 0, 60);
    for (size_t i = 0; i < ARRAY_SIZE(forged); i++) {
        net_buff_desc_t back = {0};
        assert_int_equal(net_enqueue_active(&clients[0], forged[i]), 0);
        net_request_signal_free(&clients[0]);
        image_wake(&image, 1);
        assert_int_equal(world.signals[1], 1);
        assert_int_equal(net_dequeue_free(&clients[0], &back), 0);
        assert_desc(back, forged[i].io_or_offset, forged[i].len, forged[i].oid);
        assert_int_equal(image_count(&image, "packets_invalid"), i + 1);
    }
    assert_int_equal(net_queue_length(driver.active), 1);
    assert_int_equal(driver_takes().io_or_offset, io_of_buffer(1, 0));
    image_unload(&image);
}

/* The same buffer five times over: the driver has it once, and each descriptor comes back once. */
static void sends_no_buffer_twice(void **unused)
{
    (void)unused;
    start(8, 2, 8);
    for (uint64_t round = 0; round < 3; round++) {
        net_buff_desc_t back = {0};
        for (int i = 0; i < 4; i++) {
            client_sends(0, 2, 60);
        }
        image_wake(&image, 1);
        client_sends(0, 2, 61);
        net_request_signal_free(&clients[0]);
        image_wake(&image, 1);
        assert_int_equal(world.signals[1], 1);
        assert_int_equal(net_queue_length(driver.active), 1);
        assert_int_equal(image_count(&image, "packets_duplicate"), 4 * (round + 1));
        for (int i = 0; i < 4; i++) {
            assert_int_equal(net_dequeue_free(&clients[0], &back), 0);
            assert_desc(back, 2 * NET_BUFFER_SIZE, i < 3 ? 60 : 61, 0);
        }
        assert_true(net_queue_empty_free(&clients[0]));
        driver_returns(driver_takes().io_or_offset);
        net_request_signal_free(&clients[0]);
        image_wake(&image, DRIVER_CH);
        assert_int_equal(world.signals[1], 1);
        client_gets_back(0, 2);
        assert_true(net_queue_empty_free(&clients[0]));
    }
    image_unload(&image);
}

static void believes_no_buffer_the_driver_does_not_have(void **unused)
{
    (void)unused;
    start(16, 3, 4);
    client_sends(1, 1, 60);
    image_wake(&image, 2);
    const uint64_t forged[] = {
        io_of_buffer(1, 1) + 1024,
        io_of_buffer(1, 0),
        io_of_buffer(1, 1) + 1,
        io_of_buffer(1, 4),
        io_of_buffer(1, 0) - 1,
        io_of_buffer(0, 1),
        io_of_buffer(2, 1),
        0,
        UINT64_MAX,
        io_of_buffer(1, 1) | 1UL << 32,
    };
    for (size_t i = 0; i < ARRAY_SIZE(forged); i++) {
        driver_returns(forged[i]);
        image_wake(&image, DRIVER_CH);
        assert_int_equal(image_count(&image, "driver_invalid"), i + 1);
    }
    driver_returns(io_of_buffer(1, 1));
    driver_returns(io_of_buffer(1, 1));
    image_wake(&image, DRIVER_CH);
    assert_int_equal(image_count(&image, "driver_invalid"), ARRAY_SIZE(forged) + 1);
    client_gets_back(1, 1);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(net_queue_empty_free(&clients[i]));
    }
    image_unload(&image);
}

static void without_clients_there_is_nothing_to_find(void **unused)
{
    (void)unused;
    start(4, 0, 4);
    driver_returns(0);
    driver_returns(io_of_buffer(0, 0));
    image_wake(&image, DRIVER_CH);
    assert_int_equal(image_count(&image, "driver_invalid"), 2);
    image_unload(&image);
}

static void takes_nothing_from_a_queue_that_is_too_long(void **unused)
{
    (void)unused;
    start(16, 2, 8);
    for (uint32_t lie = 9; lie < 65536; lie += 13) {
        clients[0].active->tail = (uint16_t)(clients[0].active->head + lie);
        image_wake(&image, 1);
        assert_int_equal(clients[0].active->tail, (uint16_t)(clients[0].active->head + lie));
        assert_int_equal(clients[0].active->consumer_signalled, 0);
        assert_true(world.points < 20);
    }
    client_sends(1, 5, 60);
    image_wake(&image, 2);
    assert_desc(driver_takes(), io_of_buffer(1, 5), 60, 0);
    queue_set(clients[0].active, clients[0].active->head);
    client_sends(0, 6, 60);
    image_wake(&image, 1);
    assert_desc(driver_takes(), io_of_buffer(0, 6), 60, 0);
    image_unload(&image);
}

static void a_client_that_looks_full_loses_its_own(void **unused)
{
    (void)unused;
    start(16, 2, 8);
    client_sends(0, 0, 60);
    client_sends(0, 1, 60);
    client_sends(1, 1, 60);
    image_wake(&image, 1);
    clients[0].free->head = (uint16_t)(clients[0].free->tail - 8);
    driver_returns(io_of_buffer(0, 0));
    driver_returns(io_of_buffer(0, 1));
    driver_returns(io_of_buffer(1, 1));
    image_wake(&image, DRIVER_CH);
    assert_int_equal(image_count(&image, "clients_full"), 2);
    client_gets_back(1, 1);
    assert_int_equal(world.signals[2], 1);
    image_unload(&image);
}

/*
 * More buffers than the driver has places: what does not fit stays with the clients, and everybody
 * has a turn.
 */
static void waits_for_room_and_shares_it(void **unused)
{
    uint32_t served[4] = {0};

    (void)unused;
    start(4, 4, 8);
    for (uint32_t i = 0; i < 4; i++) {
        for (uint64_t b = 0; b < 8; b++) {
            client_sends(i, b, (uint16_t)(60 + i));
        }
    }
    image_wake(&image, 1);
    for (int round = 0; round < 8; round++) {
        assert_int_equal(net_queue_length(driver.active), 4);
        for (int i = 0; i < 4; i++) {
            net_buff_desc_t packet = driver_takes();
            served[packet.len - 60]++;
            driver_returns(packet.io_or_offset);
        }
        image_wake(&image, DRIVER_CH);
        if (round == 3) {
            for (int i = 0; i < 4; i++) {
                assert_true(served[i] > 0);
            }
        }
    }
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(served[i], 8);
        assert_int_equal(net_queue_length(clients[i].free), 8);
    }
    assert_int_equal(image_count(&image, "packets_refused"), 0);
    image_unload(&image);
}

/*
 * A client that is given buffers back sends again, and wakes this PD when there is no room: that is
 * not its neighbour's turn.
 */
static void turns_are_of_those_served(void **unused)
{
    uint32_t served[2] = {0};

    (void)unused;
    start(4, 2, 8);
    for (uint32_t i = 0; i < 16; i++) {
        client_sends(i % 2, i / 2, (uint16_t)(60 + i % 2));
    }
    image_wake(&image, 1);
    for (int round = 0; round < 16; round++) {
        for (int i = 0; i < 4; i++) {
            net_buff_desc_t packet = driver_takes(), back = {0};
            uint32_t client = packet.len - 60u;

            served[client]++;
            driver_returns(packet.io_or_offset);
            image_wake(&image, DRIVER_CH);
            assert_int_equal(net_dequeue_free(&clients[client], &back), 0);
            client_sends(client, back.io_or_offset / NET_BUFFER_SIZE, packet.len);
            image_wake(&image, 1 + client);
        }
    }
    assert_true(served[0] >= 24 && served[1] >= 24);
    image_unload(&image);
}

/* A driver that claims to be full is left alone; nothing is lost when it comes to its senses. */
static void a_full_driver_costs_no_packet(void **unused)
{
    (void)unused;
    start(16, 1, 8);
    uint16_t tail = driver.active->tail;
    driver.active->head = (uint16_t)(tail - 16);
    client_sends(0, 0, 60);
    image_wake(&image, 1);
    assert_int_equal(driver.active->tail, tail);
    assert_true(net_queue_empty_free(&clients[0]));
    driver.active->head = tail;
    image_wake(&image, DRIVER_CH);
    assert_desc(driver_takes(), io_of_buffer(0, 0), 60, 0);
    image_unload(&image);
}

/* A signal is for those who asked for one. */
static void signals_only_who_asked(void **unused)
{
    (void)unused;
    start(8, 2, 8);
    for (uint64_t i = 0; i < 2; i++) {
        client_sends(1, i, 60);
        image_wake(&image, 2);
        assert_int_equal(world.signals[DRIVER_CH], i == 0);
        driver_returns(driver_takes().io_or_offset);
        image_wake(&image, DRIVER_CH);
        assert_int_equal(world.signals[2], i == 0);
        assert_int_equal(world.signals[1] + world.signals[DRIVER_CH], 0);
    }
    net_request_signal_active(&driver);
    net_request_signal_free(&clients[1]);
    image_wake(&image, DRIVER_CH);
    assert_int_equal(world.signals[2] + world.signals[DRIVER_CH], 0);
    image_unload(&image);
}

static void cleans_what_it_sends(void **unused)
{
    (void)unused;
    start(8, 2, 8);
    client_sends(1, 3, 77);
    image_wake(&image, 2);
    assert_int_equal(world.cleaned_bytes, 77);
    assert_int_equal(world.cache_start, (io_of(1, 0) << 8) + 3 * NET_BUFFER_SIZE);
    image_unload(&image);
}

/*
 * Buffers of one client's regions are numbered on from each other, which is no reason to mix them
 * up.
 */
static void keeps_neighbouring_regions_apart(void **unused)
{
    net_buff_desc_t packet = {.io_or_offset = 0, .len = 60};
    net_buff_desc_t empty = {0};

    (void)unused;
    configure(64, 2, 4, 8);
    config->clients[0].regions[1].num_buffers = 0;
    config->clients[0].regions[3].num_buffers = 0;
    config->clients[0].regions[3].data.io_addr = config->clients[0].regions[2].data.io_addr;
    image_init(&image);
    net_enqueue_active(&clients[0], packet);
    packet.oid = 2;
    net_enqueue_active(&clients[0], packet);
    image_wake(&image, 1);
    driver_returns(driver_takes().io_or_offset);
    driver_returns(io_of(0, 0) + 8 * NET_BUFFER_SIZE);
    driver_returns(io_of(0, 0) + 9 * NET_BUFFER_SIZE);
    image_wake(&image, DRIVER_CH);
    assert_int_equal(image_count(&image, "driver_invalid"), 2);
    driver_returns(driver_takes().io_or_offset);
    image_wake(&image, DRIVER_CH);
    assert_int_equal(net_dequeue_free(&clients[0], &empty), 0);
    assert_desc(empty, 0, 0, 0);
    assert_int_equal(net_dequeue_free(&clients[0], &empty), 0);
    assert_desc(empty, 0, 0, 2);
    for (uint8_t oid = 1; oid < 4; oid += 2) {
        packet.oid = oid & 0x3f;
        net_enqueue_active(&clients[0], packet);
        image_wake(&image, 1);
    }
    assert_int_equal(image_count(&image, "packets_invalid"), 2);
    image_unload(&image);
}

static void take_room_away(enum point_op op, const volatile void *where, uint64_t units)
{
    (void)units;
    if (op == POINT_ENQUEUE && where == driver.active) {
        driver.active->head = (uint16_t)(driver.active->tail - 16);
    }
}

/*
 * There was room when the packet was taken, and none when it was to be given: the client has it
 * back.
 */
static void a_packet_refused_goes_back(void **unused)
{
    net_buff_desc_t back = {0};

    (void)unused;
    start(16, 1, 8);
    client_sends(0, 5, 60);
    world.on_point = take_room_away;
    image_wake(&image, 1);
    world.on_point = NULL;
    assert_int_equal(image_count(&image, "packets_refused"), 1);
    assert_int_equal(world.signals[1], 1);
    assert_int_equal(net_dequeue_free(&clients[0], &back), 0);
    assert_desc(back, 5 * NET_BUFFER_SIZE, 60, 0);
    driver.active->head = driver.active->tail;
    client_sends(0, 5, 60);
    image_wake(&image, 1);
    assert_int_equal(driver_takes().io_or_offset, io_of_buffer(0, 5));
    image_unload(&image);
}

static void no_wake_up_is_endless(void **unused)
{
    (void)unused;
    start(16, 2, 16);
    assert_leaves_after_one_full(driver.free, desc(13, 60), 2 * 16 + 9);
    assert_leaves_after_one_full(clients[1].active, desc(13, 60), 2 * 16 + 9);
    image_unload(&image);
}

static void survives_the_wrap_of_indices(void **unused)
{
    (void)unused;
    configure(8, 2, 1, 4);
    pairs_near_wrap(driver, clients[0]);
    image_init(&image);
    for (uint32_t i = 0; i < 70000; i++) {
        client_sends(0, i % 4, 60);
        client_sends(1, (i + 1) % 4, 61);
        image_wake(&image, 1);
        net_buff_desc_t one = driver_takes();
        net_buff_desc_t other = driver_takes();
        assert_true(one.len + other.len == 121);
        assert_true(net_queue_empty_active(&driver));
        driver_returns(one.io_or_offset);
        driver_returns(other.io_or_offset);
        image_wake(&image, DRIVER_CH);
        client_gets_back(0, i % 4);
        client_gets_back(1, (i + 1) % 4);
    }
    image_unload(&image);
}

static void asks_again_only_where_it_must(void **unused)
{
    (void)unused;
    start(1024, CLIENTS, 8);
    image_wake(&image, DRIVER_CH);
    assert_true(world.points < 10);
    net_cancel_signal_active(&clients[30]);
    image_wake(&image, 31);
    assert_int_equal(clients[30].active->consumer_signalled, 0);
    image_unload(&image);
}

/* -- honest neighbours on other cores -- */

static struct neighbour *taker; /* the driver */

static net_buff_desc_t emptied(net_buff_desc_t packet)
{
    return desc(packet.io_or_offset, 99);
}

static net_buff_desc_t packet_in(net_buff_desc_t empty)
{
    return desc(empty.io_or_offset, 60);
}

/* Also with a driver that is too small: then packets may wait, but only for it to return some. */
static bool anything_left(void)
{
    bool driver_is_full = taker->count + net_queue_length(driver.active) == driver.capacity;
    bool left = !net_queue_empty_free(&driver);

    for (uint32_t i = 0; i < 3; i++) {
        left = left || !net_queue_empty_active(&clients[i]);
    }
    return left && !driver_is_full;
}

static void leaves_nobody_asleep(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        chance_seed(seed);
        start(seed % 2 == 0 ? 8 : 64, 3, 16);
        neighbours_forget();
        taker =
            neighbour_add((struct neighbour){.ch = DRIVER_CH, .pair = &driver, .give = emptied});
        for (uint32_t i = 0; i < 3; i++) {
            neighbour_owns(
                neighbour_add((struct neighbour){
                    .ch = client_ch(i), .pair = &clients[i], .sends = true, .give = packet_in}),
                16);
        }
        neighbours_play_on(&image, 2000, anything_left);
        assert_true(taker->taken > 1000);
        assert_int_equal(image_count(&image, "packets_invalid"), 0);
        assert_int_equal(image_count(&image, "packets_duplicate"), 0);
        assert_int_equal(image_count(&image, "packets_refused"), 0);
        assert_int_equal(image_count(&image, "driver_invalid"), 0);
        assert_int_equal(image_count(&image, "queues_incredible"), 0);
        image_unload(&image);
    }
}

/* -- a client that writes anything at any time -- */

/*
 * Now and then it puts its indices right, so as to be believed again, and sends what it may have
 * sent already.
 */
static void rogue_pretends(void)
{
    if (chance(4) == 0) {
        clients[0].free->head = clients[0].free->tail;
        clients[0].active->tail = clients[0].active->head;
        for (uint64_t i = chance(9); i > 0; i--) {
            client_sends(0, chance(9), (uint16_t)chance(2100));
        }
    }
}

/*
 * Whatever client 0 does, client 1's packets go out and come back, and the driver is never given
 * nonsense.
 */
static void a_rogue_hurts_only_itself(void **unused)
{
    enum { CAPACITY = 8 };
    bool rogue_out[CAPACITY] = {false};
    uint64_t rogue_packets = 0;
    uint64_t most_points = 0;

    (void)unused;
    chance_seed(42);
    start(16, 2, CAPACITY);
    for (uint64_t i = 0; i < 100000; i++) {
        uint64_t own = i % CAPACITY;
        bool own_came = false;
        world.meanwhile = NULL;
        client_sends(1, own, 77);
        rogue_pretends();
        pair_scribble(clients[0]);
        world.meanwhile = rogue_scribbles;
        image_wake(&image, 1);
        most_points = MAX(most_points, world.points);
        assert_true(net_queue_length(driver.active) <= 16);
        world.meanwhile = NULL;
        while (!net_queue_empty_active(&driver)) {
            net_buff_desc_t packet = driver_takes();
            assert_true(packet.len > 0 && packet.len <= NET_BUFFER_SIZE);
            if (packet.io_or_offset == io_of_buffer(1, own)) {
                assert_int_equal(packet.len, 77);
                own_came = true;
                driver_returns(packet.io_or_offset);
                continue;
            }
            uint64_t offset = packet.io_or_offset - io_of_buffer(0, 0);
            assert_true(offset < CAPACITY * NET_BUFFER_SIZE && offset % NET_BUFFER_SIZE == 0);
            assert_false(rogue_out[offset / NET_BUFFER_SIZE]);
            rogue_out[offset / NET_BUFFER_SIZE] = true;
            rogue_packets++;
        }
        assert_true(own_came);
        for (uint64_t b = 0; b < CAPACITY; b++) {
            if (rogue_out[b] && chance(4) == 0) {
                driver_returns(io_of_buffer(0, b));
                rogue_out[b] = false;
            }
        }
        world.meanwhile = rogue_scribbles;
        image_wake(&image, DRIVER_CH);
        most_points = MAX(most_points, world.points);
        /* What the rogue slipped in meanwhile goes out too; look at it in the next round. */
        world.meanwhile = NULL;
        client_gets_back(1, own);
        assert_true(net_queue_empty_free(&clients[1]));
    }
    assert_true(most_points < 4 * (16 + 2 * 2 * CAPACITY));
    assert_true(rogue_packets > 1000);
    assert_true(image_count(&image, "packets_invalid") > 1000);
    assert_true(image_count(&image, "packets_duplicate") > 1000);
    assert_true(image_count(&image, "queues_incredible") > 1000);
    assert_int_equal(image_count(&image, "driver_invalid"), 0);
    assert_int_equal(image_count(&image, "packets_refused"), 0);
    image_unload(&image);
}

static void a_wild_driver_forges_nothing(void **unused)
{
    (void)unused;
    chance_seed(7);
    start(16, 2, 8);
    for (int i = 0; i < 50000; i++) {
        pair_scribble(driver);
        if (chance(3) == 0) {
            net_enqueue_free(&driver, desc(io_of_buffer((uint32_t)chance(2), chance(8)), 0));
        }
        client_sends(1, chance(8), 60);
        image_wake(&image, DRIVER_CH);
        assert_true(world.points < 400);
        assert_true(net_queue_length(clients[1].free) <= 8);
        queue_set(clients[1].free, clients[1].free->tail);
        queue_set(clients[1].active, clients[1].active->tail);
    }
    image_unload(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_packets_both_ways),
        cmocka_unit_test(looks_once_while_it_starts),
        cmocka_unit_test(tells_regions_apart_by_oid),
        cmocka_unit_test(hands_back_what_is_no_packet),
        cmocka_unit_test(sends_no_buffer_twice),
        cmocka_unit_test(believes_no_buffer_the_driver_does_not_have),
        cmocka_unit_test(without_clients_there_is_nothing_to_find),
        cmocka_unit_test(takes_nothing_from_a_queue_that_is_too_long),
        cmocka_unit_test(a_client_that_looks_full_loses_its_own),
        cmocka_unit_test(waits_for_room_and_shares_it),
        cmocka_unit_test(turns_are_of_those_served),
        cmocka_unit_test(a_full_driver_costs_no_packet),
        cmocka_unit_test(signals_only_who_asked),
        cmocka_unit_test(cleans_what_it_sends),
        cmocka_unit_test(keeps_neighbouring_regions_apart),
        cmocka_unit_test(a_packet_refused_goes_back),
        cmocka_unit_test(no_wake_up_is_endless),
        cmocka_unit_test(survives_the_wrap_of_indices),
        cmocka_unit_test(asks_again_only_where_it_must),
        cmocka_unit_test(leaves_nobody_asleep),
        cmocka_unit_test(a_rogue_hurts_only_itself),
        cmocka_unit_test(a_wild_driver_forges_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
