/* SPDX-License-Identifier: BSD-2-Clause */
/* The receive virtualiser. */
#include "tests/image/virt_harness.h"

#define IO_BASE 0x40000000UL

static net_virt_rx_config_t *config;
static uint8_t *data;

/* Client i has the addresses 02:00:00:0n:00:i for n = 0..num_macs-1. */
static mac_addr_t mac_of(uint32_t client, uint8_t n)
{
    return (mac_addr_t){.addr = {2, 0, 0, n, 0, (uint8_t)client}};
}

static const mac_addr_t broadcast = {.addr = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
static const mac_addr_t stranger = {.addr = {2, 9, 9, 9, 9, 9}};

static void configure(uint32_t buffers, uint32_t num_clients, uint32_t client_capacity)
{
    image = image_load("network/virt_rx");
    config = image_symbol(&image, "config");
    data = guarded((size_t)buffers * NET_BUFFER_SIZE);
    driver = pair_make(buffers);

    memcpy(config->magic, SDDF_NET_MAGIC, SDDF_NET_MAGIC_LEN);
    config->driver = pair_connection(driver, DRIVER_CH);
    config->data.region =
        (region_resource_t){.vaddr = data, .size = (uint64_t)buffers * NET_BUFFER_SIZE};
    config->data.io_addr = IO_BASE;
    config->buffer_metadata = (region_resource_t){.vaddr = guarded(buffers), .size = buffers};
    config->num_clients = (uint8_t)num_clients;
    for (uint32_t i = 0; i < num_clients; i++) {
        clients[i] = pair_make(client_capacity);
        config->clients[i].conn = pair_connection(clients[i], (uint8_t)client_ch(i));
        config->clients[i].mac_addrs[0] = mac_of(i, 0);
        config->clients[i].num_macs = 1;
    }
}

static void start(uint32_t buffers, uint32_t num_clients, uint32_t client_capacity)
{
    configure(buffers, num_clients, client_capacity);
    image_init(&image);
}

/*
 * The driver fills `buffer` with a packet for `dest`, and signals if it is asked to. True: it is.
 */
static bool driver_gives(uint64_t buffer, mac_addr_t dest, uint16_t len)
{
    memcpy(data + buffer * NET_BUFFER_SIZE, &dest, sizeof(dest));
    assert_int_equal(net_enqueue_active(&driver, desc(IO_BASE + buffer * NET_BUFFER_SIZE, len)), 0);
    if (!net_require_signal_active(&driver)) {
        return false;
    }
    net_cancel_signal_active(&driver);
    return true;
}

/* The driver takes an empty buffer; its number. */
static uint64_t driver_takes(void)
{
    net_buff_desc_t empty = {0};

    assert_int_equal(net_dequeue_free(&driver, &empty), 0);
    assert_int_equal(empty.len, 0);
    assert_int_equal((empty.io_or_offset - IO_BASE) % NET_BUFFER_SIZE, 0);
    return (empty.io_or_offset - IO_BASE) / NET_BUFFER_SIZE;
}

/* Started, and the driver has all buffers, and asks for more. */
static void start_filling(uint32_t buffers, uint32_t num_clients, uint32_t client_capacity)
{
    start(buffers, num_clients, client_capacity);
    for (uint32_t i = 0; i < buffers; i++) {
        driver_takes();
    }
    net_request_signal_free(&driver);
}

static void client_gets(uint32_t client, uint64_t buffer, uint16_t len)
{
    net_buff_desc_t filled = {0};

    assert_int_equal(net_dequeue_active(&clients[client], &filled), 0);
    assert_desc(filled, buffer * NET_BUFFER_SIZE, len, 0);
}

static void client_returns(uint32_t client, uint64_t buffer)
{
    assert_int_equal(net_enqueue_free(&clients[client], desc(buffer * NET_BUFFER_SIZE, 7)), 0);
}

static uint8_t refs(uint64_t buffer)
{
    return ((uint8_t *)config->buffer_metadata.vaddr)[buffer];
}

static void gives_the_driver_all_buffers_first(void **unused)
{
    (void)unused;
    start(8, 2, 8);
    assert_int_equal(net_queue_length(driver.free), 8);
    assert_int_equal(world.deferred[DRIVER_CH], 1);
    for (uint64_t i = 0; i < 8; i++) {
        assert_int_equal(driver_takes(), i);
    }
    image_unload(&image);
}

static void gives_each_client_its_own(void **unused)
{
    (void)unused;
    configure(256, CLIENTS, 256);
    for (uint32_t i = 0; i < CLIENTS; i++) {
        for (uint8_t n = 0; n < 4; n++) {
            config->clients[i].mac_addrs[n] = mac_of(i, n);
        }
        config->clients[i].num_macs = 4;
    }
    image_init(&image);
    for (uint32_t i = 0; i < CLIENTS * 4; i++) {
        driver_gives(driver_takes(), mac_of(i / 4, i % 4), (uint16_t)(14 + i));
    }
    image_wake(&image, DRIVER_CH);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < CLIENTS * 4; i++) {
        client_gets(i / 4, i, (uint16_t)(14 + i));
        assert_int_equal(refs(i), 1);
        bytes += 14 + i;
    }
    assert_int_equal(world.invalidated_bytes, bytes);
    for (uint32_t i = 0; i < CLIENTS; i++) {
        assert_int_equal(world.signals[i + 1], 1);
        assert_int_equal(world.deferred[i + 1], 0);
    }
    assert_int_equal(world.signals[DRIVER_CH], 0);
    image_unload(&image);
}

static void first_of_two_owners_has_the_address(void **unused)
{
    (void)unused;
    configure(8, 3, 8);
    config->clients[2].mac_addrs[0] = mac_of(1, 0);
    image_init(&image);
    driver_gives(driver_takes(), mac_of(1, 0), 60);
    image_wake(&image, DRIVER_CH);
    client_gets(1, 0, 60);
    assert_true(net_queue_empty_active(&clients[2]));
    image_unload(&image);
}

static void fills_the_address_table_to_its_last(void **unused)
{
    (void)unused;
    configure(16, 64, 16);
    chance_seed(3);
    for (uint32_t i = 0; i < 64; i++) {
        for (uint8_t n = 0; n < 64; n++) {
            config->clients[i].mac_addrs[n] =
                (mac_addr_t){{(uint8_t)(chance(128) * 2), n, (uint8_t)i, (uint8_t)chance(256),
                              (uint8_t)chance(256), (uint8_t)chance(256)}};
        }
        config->clients[i].num_macs = 64;
        config->clients[i].conn.id = (uint8_t)(i % 61 + 1);
    }
    image_init(&image);
    for (uint32_t i = 0; i < 64; i++) {
        for (uint8_t n = 0; n < 64; n++) {
            uint64_t buffer = driver_takes();
            driver_gives(buffer, config->clients[i].mac_addrs[n], 60);
            image_wake(&image, DRIVER_CH);
            client_gets(i, buffer, 60);
            client_returns(i, buffer);
            image_wake(&image, 1);
        }
    }
    driver_gives(driver_takes(), stranger, 60);
    image_wake(&image, DRIVER_CH);
    assert_int_equal(image_count(&image, "packets_unmatched"), 1);
    image_unload(&image);
}

static void keeps_a_broadcast_until_the_last_return(void **unused)
{
    (void)unused;
    start_filling(4, CLIENTS, 4);
    driver_gives(2, broadcast, 60);
    image_wake(&image, DRIVER_CH);
    assert_int_equal(refs(2), CLIENTS);
    for (uint32_t i = 0; i < CLIENTS; i++) {
        assert_int_equal(world.signals[i + 1], 1);
        client_gets(i, 2, 60);
    }
    for (uint32_t i = 0; i < CLIENTS; i++) {
        assert_true(net_queue_empty_free(&driver));
        client_returns((i * 7) % CLIENTS, 2);
        net_request_signal_free(&driver);
        image_wake(&image, (sddf_channel)(i + 1));
        assert_int_equal(refs(2), CLIENTS - 1 - i);
    }
    assert_int_equal(driver_takes(), 2);
    assert_int_equal(world.deferred[DRIVER_CH], 1);
    image_unload(&image);
}

static void returns_what_nobody_wants_at_once(void **unused)
{
    const mac_addr_t multicast = {.addr = {1, 0, 0x5e, 0, 0, 1}};

    (void)unused;
    for (uint32_t num_clients = 0; num_clients < 3; num_clients += 2) {
        start_filling(4, num_clients, 4);
        driver_gives(1, stranger, 60);
        driver_gives(3, num_clients == 0 ? broadcast : multicast, 60);
        image_wake(&image, DRIVER_CH);
        assert_int_equal(driver_takes(), 1);
        assert_int_equal(driver_takes(), 3);
        assert_int_equal(world.deferred[DRIVER_CH], 1);
        assert_int_equal(refs(1) + refs(3), 0);
        image_unload(&image);
    }
}

/*
 * The driver wanted no signal when buffers came back; when it does, the next wake-up makes up for
 * it.
 */
static void remembers_that_the_driver_is_owed_a_signal(void **unused)
{
    (void)unused;
    start(4, 1, 4);
    driver_gives(driver_takes(), stranger, 60);
    net_cancel_signal_free(&driver);
    image_wake(&image, DRIVER_CH);
    assert_int_equal(world.signals[DRIVER_CH], 0);
    net_request_signal_free(&driver);
    image_wake(&image, 1);
    assert_int_equal(world.deferred[DRIVER_CH], 1);
    image_unload(&image);
}

static void believes_no_buffer_the_driver_does_not_have(void **unused)
{
    (void)unused;
    start(8, 1, 8);
    for (int i = 0; i < 4; i++) {
        driver_takes();
    }
    driver_gives(0, mac_of(0, 0), 60);
    image_wake(&image, DRIVER_CH);
    const uint64_t forged[] = {
        IO_BASE + 1,
        IO_BASE + 3 * 1024,
        IO_BASE + 8 * NET_BUFFER_SIZE,
        IO_BASE - NET_BUFFER_SIZE,
        0,
        UINT64_MAX,
        IO_BASE + 0,
        IO_BASE | 1UL << 32,
        IO_BASE | 1UL << 63,
    };
    for (size_t i = 0; i < ARRAY_SIZE(forged); i++) {
        net_enqueue_active(&driver, desc(forged[i], 60));
        image_wake(&image, DRIVER_CH);
        assert_int_equal(image_count(&image, "driver_invalid"), i + 1);
    }
    assert_int_equal(net_queue_length(clients[0].active), 1);
    assert_int_equal(net_queue_length(driver.free), 4);

    /* The same buffer twice in one go: once is right. */
    driver_gives(1, mac_of(0, 0), 60);
    driver_gives(1, mac_of(0, 0), 60);
    image_wake(&image, DRIVER_CH);
    assert_int_equal(net_queue_length(clients[0].active), 2);
    assert_int_equal(image_count(&image, "driver_invalid"), ARRAY_SIZE(forged) + 1);
    image_unload(&image);
}

static void reads_no_packet_of_impossible_length(void **unused)
{
    const uint16_t lengths[] = {0, 1, 13, 2049, 32768, 65535};

    (void)unused;
    start_filling(8, 1, 8);
    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        driver_gives(7, mac_of(0, 0), lengths[i]);
        image_wake(&image, DRIVER_CH);
        assert_int_equal(world.invalidated_bytes, 0);
        assert_int_equal(driver_takes(), 7);
        assert_int_equal(image_count(&image, "packets_invalid"), i + 1);
    }
    /* The shortest and the longest there are; the longest ends at the region's end. */
    driver_gives(6, mac_of(0, 0), 14);
    driver_gives(7, mac_of(0, 0), 2048);
    image_wake(&image, DRIVER_CH);
    client_gets(0, 6, 14);
    client_gets(0, 7, 2048);
    assert_int_equal(world.invalidated_bytes, 14 + 2048);
    image_unload(&image);
}

static void takes_back_only_what_a_client_holds(void **unused)
{
    const uint64_t forged[] = {
        1,
        1024,
        2047,
        2 * 2048 + 1,
        8 * 2048UL,
        UINT64_MAX,
        1UL << 63,
        0x8000,
        1 * 2048 /* held by another */,
        2 * 2048 /* with the driver */,
        UINT64_MAX - 2047,
    };

    (void)unused;
    start_filling(8, 2, 8);
    driver_gives(0, mac_of(0, 0), 60);
    driver_gives(1, mac_of(1, 0), 60);
    image_wake(&image, DRIVER_CH);
    for (size_t i = 0; i < ARRAY_SIZE(forged); i++) {
        assert_int_equal(net_enqueue_free(&clients[0], desc(forged[i], 60)), 0);
        image_wake(&image, 1);
        assert_int_equal(image_count(&image, "buffers_invalid"), i + 1);
        assert_true(net_queue_empty_free(&driver));
    }
    client_returns(0, 0);
    client_returns(0, 0);
    image_wake(&image, 1);
    assert_int_equal(image_count(&image, "buffers_invalid"), ARRAY_SIZE(forged) + 1);
    assert_int_equal(driver_takes(), 0);
    assert_true(net_queue_empty_free(&driver));
    assert_int_equal(refs(1), 1);
    image_unload(&image);
}

/* A signal is for those who asked for one, and owed once. */
static void signals_only_who_asked(void **unused)
{
    (void)unused;
    start(8, 2, 8);
    for (int i = 0; i < 2; i++) {
        driver_gives(driver_takes(), mac_of(1, 0), 60);
        driver_gives(driver_takes(), stranger, 60);
        net_request_signal_free(&driver);
        image_wake(&image, DRIVER_CH);
        assert_int_equal(world.signals[2], i == 0);
        assert_int_equal(world.signals[DRIVER_CH], 1);
        assert_int_equal(driver.free->consumer_signalled, 1);
    }
    net_request_signal_free(&driver);
    image_wake(&image, DRIVER_CH);
    assert_int_equal(world.signals[DRIVER_CH], 0);
    image_unload(&image);
}

/* What the driver has no room for now it gets later, each buffer once. */
static void keeps_what_the_driver_has_no_room_for(void **unused)
{
    (void)unused;
    start_filling(8, 1, 8);
    for (uint64_t i = 0; i < 5; i++) {
        driver_gives(i, stranger, 60);
    }
    uint16_t head = driver.free->head;
    driver.free->head = (uint16_t)(driver.free->tail - 6);
    image_wake(&image, DRIVER_CH);
    driver.free->head = head;
    assert_int_equal(driver_takes(), 0);
    assert_int_equal(driver_takes(), 1);
    assert_true(net_queue_empty_free(&driver));
    image_wake(&image, DRIVER_CH);
    for (uint64_t i = 2; i < 5; i++) {
        assert_int_equal(driver_takes(), i);
    }
    assert_true(net_queue_empty_free(&driver));
    image_unload(&image);
}

/* One client returns a broadcast for all the others. It is heard once. */
static void counts_each_holder_once(void **unused)
{
    (void)unused;
    start(4, 3, 4);
    driver_gives(driver_takes(), broadcast, 60);
    image_wake(&image, DRIVER_CH);
    for (int i = 0; i < 3; i++) {
        client_returns(0, 0);
    }
    image_wake(&image, 1);
    assert_int_equal(refs(0), 2);
    assert_int_equal(net_queue_length(driver.free), 3);
    client_returns(1, 0);
    client_returns(2, 0);
    image_wake(&image, 2);
    assert_int_equal(net_queue_length(driver.free), 4);
    image_unload(&image);
}

static void takes_nothing_from_a_queue_that_is_too_long(void **unused)
{
    (void)unused;
    start_filling(8, 2, 8);
    driver_gives(0, mac_of(0, 0), 60);
    driver_gives(1, mac_of(1, 0), 60);
    image_wake(&image, DRIVER_CH);
    for (uint32_t lie = 9; lie < 65536; lie += 13) {
        clients[0].free->tail = (uint16_t)(clients[0].free->head + lie);
        image_wake(&image, 1);
        assert_int_equal(clients[0].free->tail, (uint16_t)(clients[0].free->head + lie));
        assert_int_equal(clients[0].free->consumer_signalled, 0);
        assert_true(world.points < 20);
    }
    assert_true(image_count(&image, "queues_incredible") > 0);

    /* Others go on as before, and so does the liar once it is honest again. */
    client_returns(1, 1);
    image_wake(&image, 2);
    assert_int_equal(driver_takes(), 1);
    queue_set(clients[0].free, clients[0].free->head);
    client_returns(0, 0);
    image_wake(&image, 1);
    assert_int_equal(driver_takes(), 0);
    image_unload(&image);
}

static void a_full_client_loses_its_packets_alone(void **unused)
{
    (void)unused;
    start_filling(8, 3, 8);
    clients[1].active->head = (uint16_t)(clients[1].active->tail - 8);
    driver_gives(0, mac_of(1, 0), 60);
    driver_gives(1, broadcast, 60);
    driver_gives(2, mac_of(2, 0), 60);
    image_wake(&image, DRIVER_CH);
    assert_int_equal(driver_takes(), 0);
    assert_true(net_queue_empty_free(&driver));
    assert_int_equal(world.deferred[DRIVER_CH], 1);
    assert_int_equal(world.signals[2], 0);
    assert_int_equal(image_count(&image, "packets_unwanted"), 2);
    client_gets(0, 1, 60);
    client_gets(2, 1, 60);
    client_gets(2, 2, 60);
    assert_int_equal(refs(1), 2);
    image_unload(&image);
}

/*
 * It returns nothing, and its head says that it has taken everything: it gets its share and no
 * more.
 */
static void a_hoarder_gets_no_more_than_its_share(void **unused)
{
    (void)unused;
    start(32, 2, 8);
    for (uint32_t i = 0; i < 200; i++) {
        driver_gives(driver_takes(), mac_of(0, 0), 60);
        image_wake(&image, DRIVER_CH);
        clients[0].active->head = clients[0].active->tail;
    }
    assert_int_equal(net_queue_length(driver.free), 32 - 8);
    assert_int_equal(image_count(&image, "packets_unwanted"), 200 - 8);
    uint64_t buffer = driver_takes();
    driver_gives(buffer, mac_of(1, 0), 60);
    image_wake(&image, DRIVER_CH);
    client_gets(1, buffer, 60);
    image_unload(&image);
}

/* Everything in its order through many turns of the 16-bit indices. */
static void survives_the_wrap_of_indices(void **unused)
{
    (void)unused;
    configure(8, 2, 8);
    pairs_near_wrap(driver, clients[0]);
    image_init(&image);
    for (uint32_t i = 0; i < 70000; i++) {
        uint64_t first = driver_takes();
        uint64_t second = driver_takes();
        driver_gives(first, mac_of(0, 0), (uint16_t)(14 + i % 2000));
        driver_gives(second, mac_of(1, 0), 60);
        image_wake(&image, DRIVER_CH);
        client_gets(0, first, (uint16_t)(14 + i % 2000));
        client_gets(1, second, 60);
        client_returns(1, second);
        client_returns(0, first);
    }
    image_unload(&image);
}

/*
 * Many quiet clients cost no flag operation each; but one whose request was used up and never heard
 * of (a signal is on its way) is asked again.
 */
static void asks_again_only_where_it_must(void **unused)
{
    (void)unused;
    start(8, CLIENTS, 8);
    image_wake(&image, DRIVER_CH);
    assert_true(world.points < 10);
    net_cancel_signal_free(&clients[30]);
    image_wake(&image, 31);
    assert_int_equal(clients[30].free->consumer_signalled, 0);
    image_unload(&image);
}

/* -- honest neighbours on other cores -- */

static net_buff_desc_t packet_in(net_buff_desc_t empty)
{
    uint64_t dest = chance(8);
    mac_addr_t mac = dest < 3 ? mac_of((uint32_t)dest, 0) : dest < 4 ? broadcast : stranger;

    memcpy(data + (empty.io_or_offset - IO_BASE), &mac, sizeof(mac));
    return desc(empty.io_or_offset, 60);
}

static net_buff_desc_t emptied(net_buff_desc_t packet)
{
    return desc(packet.io_or_offset, 7);
}

static bool anything_left(void)
{
    bool left = !net_queue_empty_active(&driver);

    for (uint32_t i = 0; i < 3; i++) {
        left = left || !net_queue_empty_free(&clients[i]);
    }
    return left;
}

static void leaves_nobody_asleep(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        chance_seed(seed);
        start(16, 3, 16);
        neighbours_forget();
        struct neighbour *giver = neighbour_add(
            (struct neighbour){.ch = DRIVER_CH, .pair = &driver, .sends = true, .give = packet_in});
        for (uint32_t i = 0; i < 3; i++) {
            neighbour_add(
                (struct neighbour){.ch = client_ch(i), .pair = &clients[i], .give = emptied});
        }
        neighbours_play_on(&image, 2000, anything_left);
        assert_true(giver->given > 1000);
        assert_int_equal(image_count(&image, "packets_unwanted"), 0);
        assert_int_equal(image_count(&image, "buffers_invalid"), 0);
        assert_int_equal(image_count(&image, "driver_invalid"), 0);
        assert_int_equal(image_count(&image, "queues_incredible"), 0);
        image_unload(&image);
    }
}

/* -- a client that writes anything at any time -- */

/*
 * Now and then it puts its indices right and returns buffers, its own or not, to be believed again.
 */
static void rogue_pretends(void)
{
    if (chance(4) == 0) {
        clients[0].active->head = clients[0].active->tail;
        clients[0].free->tail = clients[0].free->head;
        for (uint64_t i = chance(9); i > 0; i--) {
            client_returns(0, chance(32));
        }
    }
}

/*
 * Whatever client 0 does, client 1 gets its packets, the driver its buffers, and no wake-up takes
 * long.
 */
static void a_rogue_hurts_only_itself(void **unused)
{
    enum { BUFFERS = 32, CAPACITY = 8 };
    bool with_driver[BUFFERS] = {false};
    uint64_t most_points = 0;

    (void)unused;
    chance_seed(42);
    start(BUFFERS, 2, CAPACITY);
    for (int i = 0; i < 100000; i++) {
        world.meanwhile = NULL;
        while (!net_queue_empty_free(&driver)) {
            uint64_t buffer = driver_takes();
            assert_false(with_driver[buffer]);
            with_driver[buffer] = true;
        }
        uint64_t buffer = chance(BUFFERS);
        uint64_t dest = chance(4);
        bool honest_gets = with_driver[buffer] && (dest == 1 || dest == 2);
        if (with_driver[buffer]) {
            driver_gives(buffer,
                         dest == 2   ? broadcast
                         : dest == 3 ? stranger
                                     : mac_of(dest & 1, 0),
                         60);
            with_driver[buffer] = false;
        }
        rogue_pretends();
        pair_scribble(clients[0]);
        world.meanwhile = rogue_scribbles;
        image_wake(&image, 1);
        most_points = MAX(most_points, world.points);
        assert_true(world.signals[2] <= 1);
        if (honest_gets) {
            client_gets(1, buffer, 60);
            client_returns(1, buffer);
        }
        assert_true(net_queue_empty_active(&clients[1]));
    }
    assert_true(most_points < 4 * (BUFFERS + 2 * CAPACITY));
    assert_true(image_count(&image, "buffers_invalid") > 1000);
    assert_true(image_count(&image, "queues_incredible") > 1000);
    assert_int_equal(image_count(&image, "driver_invalid"), 0);

    /* In the end at most a share is missing, and that the rogue holds. */
    world.meanwhile = NULL;
    image_wake(&image, 1);
    uint32_t missing = 0;
    while (!net_queue_empty_free(&driver)) {
        with_driver[driver_takes()] = true;
    }
    for (int i = 0; i < BUFFERS; i++) {
        missing += !with_driver[i];
    }
    assert_true(missing <= CAPACITY);
    image_unload(&image);
}

static void no_wake_up_is_endless(void **unused)
{
    (void)unused;
    start(16, 2, 16);
    assert_leaves_after_one_full(driver.active, desc(IO_BASE + 13, 60), 16 + 9);
    assert_leaves_after_one_full(clients[1].free, desc(IO_BASE + 13, 60), 16 + 9);
    image_unload(&image);
}

/* A driver gone wild takes no client's buffer from it and does not crash anything. */
static void a_wild_driver_forges_nothing(void **unused)
{
    (void)unused;
    chance_seed(7);
    start(16, 2, 16);
    for (int i = 0; i < 50000; i++) {
        pair_scribble(driver);
        if (chance(3) == 0) {
            net_enqueue_active(&driver, desc(IO_BASE + chance(16) * NET_BUFFER_SIZE, 60));
        }
        image_wake(&image, DRIVER_CH);
        assert_true(world.points < 400);
        uint32_t held = 0;
        for (uint64_t b = 0; b < 16; b++) {
            held += refs(b);
        }
        assert_true(held <= 32);
    }
    image_unload(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_driver_all_buffers_first),
        cmocka_unit_test(gives_each_client_its_own),
        cmocka_unit_test(first_of_two_owners_has_the_address),
        cmocka_unit_test(fills_the_address_table_to_its_last),
        cmocka_unit_test(keeps_a_broadcast_until_the_last_return),
        cmocka_unit_test(returns_what_nobody_wants_at_once),
        cmocka_unit_test(remembers_that_the_driver_is_owed_a_signal),
        cmocka_unit_test(believes_no_buffer_the_driver_does_not_have),
        cmocka_unit_test(reads_no_packet_of_impossible_length),
        cmocka_unit_test(takes_back_only_what_a_client_holds),
        cmocka_unit_test(counts_each_holder_once),
        cmocka_unit_test(signals_only_who_asked),
        cmocka_unit_test(keeps_what_the_driver_has_no_room_for),
        cmocka_unit_test(no_wake_up_is_endless),
        cmocka_unit_test(takes_nothing_from_a_queue_that_is_too_long),
        cmocka_unit_test(a_full_client_loses_its_packets_alone),
        cmocka_unit_test(a_hoarder_gets_no_more_than_its_share),
        cmocka_unit_test(survives_the_wrap_of_indices),
        cmocka_unit_test(asks_again_only_where_it_must),
        cmocka_unit_test(leaves_nobody_asleep),
        cmocka_unit_test(a_rogue_hurts_only_itself),
        cmocka_unit_test(a_wild_driver_forges_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
