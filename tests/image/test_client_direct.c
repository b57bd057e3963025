/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client that talks to the driver itself: everything goes by IO address. What it answers to
 * what is tested with client_echo, which answers the same (test_clients.c).
 */
#include <sddf/resources/device.h>

#include "tests/image/client_harness.h"

#define RX_IO 0x80001000UL
#define TX_IO 0x90003000UL

static device_resources_t *resources;

/* clang-format off */
/* A datagram of four bytes from port 9000 to port 7, without checksum, and its echo. */
static const uint8_t datagram[60] = {
    TO_US, TO_PEER, 8, 0, 0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0xf6, 0xc9, IP_PEER, IP_US,
    0x23, 0x28, 0, 7, 0, 12, 0, 0, 'e', 'c', 'h', 'o',
};
static const uint8_t echoed[60] = {
    TO_PEER, TO_US, 8, 0, 0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0xf6, 0xc9, IP_US, IP_PEER,
    0, 7, 0x23, 0x28, 0, 12, 0, 0, 'e', 'c', 'h', 'o',
};
/* clang-format on */

static void configure(uint32_t rx_buffers, uint32_t tx_buffers)
{
    configure_client("network/client_direct", rx_buffers, tx_buffers);
    rx_base = RX_IO;
    tx_base = TX_IO;
    resources = image_symbol(&image, "device_resources");
    memcpy(resources->magic, DEVICE_MAGIC, DEVICE_MAGIC_LEN);
    resources->num_regions = 2;
    resources->regions[0] = (device_region_resource_t){config->rx_data, RX_IO};
    resources->regions[1] = (device_region_resource_t){config->tx_data, TX_IO};
}

static void driver_takes_all(void)
{
    for (uint32_t i = 0; i < rx.capacity; i++) {
        assert_desc(provides(), RX_IO + (uint64_t)i * NET_BUFFER_SIZE, 0, 0);
    }
    assert_true(net_queue_empty_free(&rx));
}

/* Started, and the driver has all receive buffers, and asks for more. */
static void start(uint32_t rx_buffers, uint32_t tx_buffers)
{
    configure(rx_buffers, tx_buffers);
    image_init(&image);
    driver_takes_all();
    net_request_signal_free(&rx);
}

static void gets_back(uint64_t buffer)
{
    assert_desc(provides(), RX_IO + buffer * NET_BUFFER_SIZE, 0, 0);
}

/* -- the beginning -- */

/* All receive buffers go to the driver, with one signal as the client first waits. */
static void gives_its_buffers_to_the_driver(void **unused)
{
    (void)unused;
    configure(8, 4);
    image_init(&image);
    driver_takes_all();
    assert_int_equal(world.signals[RX_CH], 1);
    assert_int_equal(world.deferred[RX_CH], 1);
    assert_int_equal(world.signals[TX_CH], 0);
    assert_int_equal(rx.free->consumer_signalled, 1);
    assert_int_equal(net_queue_length(tx.free), 4);
    for (uint64_t i = 0; i < 4; i++) {
        net_buff_desc_t buffer = {0};
        (void)net_dequeue_free(&tx, &buffer);
        assert_desc(buffer, TX_IO + i * NET_BUFFER_SIZE, 0, 0);
    }
    assert_int_equal(tx.free->consumer_signalled, 1);
    assert_int_equal(rx.active->consumer_signalled, 0);
    image_unload(&image);

    configure(8, 4);
    net_cancel_signal_free(&rx); /* a driver that asks for no signal has none */
    image_init(&image);
    assert_int_equal(world.signals[RX_CH], 0);
    image_unload(&image);
}

/* What a driver did to its queues beforehand is no reason to stop. */
static void starts_though_the_driver_lies(void **unused)
{
    (void)unused;
    configure(8, 4);
    rx.free->head = 9;
    tx.free->head = 77;
    image_init(&image);
    assert_int_equal(image_count(&image, "driver_refusals"), 8);
    image_wake(&image, RX_CH);
    image_unload(&image);
}

static void spoil_magic(void)
{
    resources->magic[4] = 5;
}

static void spoil_count(void)
{
    resources->num_regions = 1;
}

static void spoil_order(void)
{
    resources->regions[0].region.vaddr = tx_data;
}

static void spoil_rx_size(void)
{
    resources->regions[0].region.size--;
}

static void spoil_tx_size(void)
{
    resources->regions[1].region.size--;
}

static void spoil_net_magic(void)
{
    config->magic[0] = 'x';
}

/* Of its own configuration it believes nothing that does not fit together. */
static void refuses_what_does_not_fit(void **unused)
{
    (void)unused;
    configure(8, 4);
    assert_init_stops(&image, spoil_magic);
    assert_init_stops(&image, spoil_count);
    assert_init_stops(&image, spoil_order);
    assert_init_stops(&image, spoil_rx_size);
    assert_init_stops(&image, spoil_tx_size);
    assert_init_stops(&image, spoil_net_magic);
    image_unload(&image);
}

/* -- frames -- */

static void answers_by_io_address(void **unused)
{
    (void)unused;
    start(8, 4);
    gives(5, datagram, sizeof(datagram));
    image_wake(&image, RX_CH);
    gets_back(5);
    sends_exactly(echoed, sizeof(echoed));
    assert_true(net_queue_empty_active(&tx));
    assert_int_equal(world.signals[RX_CH], 1);
    assert_int_equal(world.signals[TX_CH], 1);
    assert_int_equal(world.deferred[RX_CH] + world.deferred[TX_CH], 1);

    gives(0, arp_request, sizeof(arp_request));
    image_wake(&image, RX_CH);
    gets_back(0);
    sends_exactly(arp_reply, sizeof(arp_reply));
    assert_int_equal(image_count(&image, "frames_answered"), 2);
    image_unload(&image);
}

/* What happened to which cache, in the order it happened. */
static struct {
    enum { INVALIDATED, COPIED, CLEANED, PUBLISHED } what;
    const volatile void *where;
    uint64_t bytes;
} steps[8];
static unsigned step_count;

static void record(enum point_op op, const volatile void *where, uint64_t units)
{
    if (op == POINT_COPY) {
        steps[step_count].what = COPIED;
    } else if (op == POINT_CACHE_INVALIDATE) {
        steps[step_count].what = INVALIDATED;
    } else if (op == POINT_CACHE_CLEAN) {
        steps[step_count].what = CLEANED;
    } else if (op == POINT_ENQUEUE && where == tx.active) {
        steps[step_count].what = PUBLISHED;
    } else {
        return;
    }
    steps[step_count].where = where;
    steps[step_count].bytes = units;
    assert_true(++step_count < 8);
}

static void step_is(unsigned i, unsigned what, const void *where, uint64_t bytes)
{
    assert_int_equal(steps[i].what, what);
    assert_ptr_equal((const void *)(uintptr_t)steps[i].where, where);
    assert_int_equal(steps[i].bytes, bytes);
}

/*
 * A frame is read only after what the cache held of its buffer is forgotten, and given to the
 * driver only after what was written has left the cache; both of as many bytes as count.
 */
static void maintains_the_caches(void **unused)
{
    (void)unused;
    start(8, 4);
    gives(3, datagram, sizeof(datagram));
    world.on_point = record;
    step_count = 0;
    image_wake(&image, RX_CH);
    assert_int_equal(step_count, 4);
    step_is(0, INVALIDATED, rx_data + 3 * NET_BUFFER_SIZE, sizeof(datagram));
    step_is(1, COPIED, rx_data + 3 * NET_BUFFER_SIZE, sizeof(datagram));
    step_is(2, CLEANED, tx_data, sizeof(echoed));
    step_is(3, PUBLISHED, tx.active, 1);

    /* The answer to an ARP request is as long as that is, and padding is none of it. */
    uint8_t padded[60] = {0};
    memcpy(padded, arp_request, sizeof(arp_request));
    gives(4, padded, sizeof(padded));
    step_count = 0;
    image_wake(&image, RX_CH);
    assert_int_equal(step_count, 4);
    step_is(0, INVALIDATED, rx_data + 4 * NET_BUFFER_SIZE, sizeof(padded));
    step_is(2, CLEANED, tx_data + NET_BUFFER_SIZE, sizeof(arp_reply));
    image_unload(&image);
}

/* The NIC takes every frame, and nobody before this client has sorted them. */
static void leaves_others_frames_alone(void **unused)
{
    uint8_t frame[60];

    (void)unused;
    start(8, 4);
    for (unsigned at = 0; at < 6; at++) {
        memcpy(frame, datagram, sizeof(frame));
        frame[at] ^= 0x20;
        gives(2, frame, sizeof(frame));
        image_wake(&image, RX_CH);
        gets_back(2);
        assert_int_equal(image_count(&image, "frames_ignored"), at + 1);
    }
    memset(frame, 0xff, 6); /* an answer to everybody would be none */
    gives(2, frame, sizeof(frame));
    image_wake(&image, RX_CH);
    gets_back(2);
    assert_true(net_queue_empty_active(&tx));
    assert_int_equal(image_count(&image, "frames_ignored"), 7);
    image_unload(&image);
}

/* The device may write at any time: what is answered is a copy, and its buffer is not written. */
static void only_reads_what_it_receives(void **unused)
{
    (void)unused;
    configure(2, 2);
    image_init(&image);
    driver_takes_all();
    gives(1, datagram, sizeof(datagram));
    /* The guard's own page boundary: the region ends with it, and begins on it. */
    assert_int_equal(mprotect(rx_data, 2 * NET_BUFFER_SIZE, PROT_READ), 0);
    image_wake(&image, RX_CH);
    gets_back(1);
    sends_exactly(echoed, sizeof(echoed));
    image_unload(&image);
}

static void waits_for_transmit_buffers(void **unused)
{
    (void)unused;
    start(8, 2);
    answers_as_buffers_come_back(datagram, sizeof(datagram));
    image_unload(&image);
}

/* A driver without room for an answer: it is kept back, and its buffer is used for the next. */
static void keeps_a_buffer_nobody_takes(void **unused)
{
    (void)unused;
    start(8, 2);
    tx.active->head = (uint16_t)(tx.active->tail - 2);
    gives(0, datagram, sizeof(datagram));
    image_wake(&image, RX_CH);
    gets_back(0);
    assert_int_equal(image_count(&image, "frames_answered"), 0);
    queue_set(tx.active, tx.active->tail);
    gives(0, datagram, sizeof(datagram));
    gives(1, datagram, sizeof(datagram));
    image_wake(&image, RX_CH);
    assert_int_equal(sends().io_or_offset, TX_IO);
    assert_int_equal(sends().io_or_offset, TX_IO + NET_BUFFER_SIZE);
    image_unload(&image);
}

static void survives_the_wrap_of_indices(void **unused)
{
    (void)unused;
    start(4, 2);
    for (uint32_t i = 0; i < 70000; i++) {
        gives(i % 4, datagram, sizeof(datagram));
        image_wake(&image, RX_CH);
        gets_back(i % 4);
        sent(sends());
    }
    assert_int_equal(image_count(&image, "frames_answered"), 70000);
    image_unload(&image);
}

/* -- a driver that is not what it should be -- */

/* What names none of its buffers is not read, not written, and not given back as if it did. */
static void takes_only_its_own_buffers(void **unused)
{
    const uint64_t forged[] = {
        0,
        NET_BUFFER_SIZE,
        RX_IO - NET_BUFFER_SIZE,
        RX_IO + 1,
        RX_IO + NET_BUFFER_SIZE - 60,
        RX_IO + 8 * NET_BUFFER_SIZE,
        TX_IO,
        RX_IO | 1UL << 32,
        RX_IO | 1UL << 63,
        UINT64_MAX,
        (uintptr_t)&image,
    };

    (void)unused;
    start(8, 4);
    for (size_t i = 0; i < ARRAY_SIZE(forged); i++) {
        assert_int_equal(net_enqueue_active(&rx, desc(forged[i], 60)), 0);
        image_wake(&image, RX_CH);
        assert_int_equal(image_count(&image, "buffers_invalid"), i + 1);
        assert_true(net_queue_empty_free(&rx));
        assert_int_equal(world.invalidated_bytes, 0);
        assert_int_equal(world.signals[RX_CH], 0);
    }
    image_unload(&image);

    start(8, 4);
    queue_set(tx.free, tx.free->tail);
    for (size_t i = 0; i < ARRAY_SIZE(forged); i++) {
        bool own = forged[i] == TX_IO;
        assert_int_equal(net_enqueue_free(&tx, desc(own ? RX_IO : forged[i], 60)), 0);
        assert_int_equal(net_enqueue_free(&tx, desc(TX_IO + 3 * NET_BUFFER_SIZE, 60)), 0);
        gives(1, datagram, sizeof(datagram));
        image_wake(&image, RX_CH);
        assert_int_equal(image_count(&image, "buffers_invalid"), i + 1);
        assert_int_equal(sends().io_or_offset, TX_IO + 3 * NET_BUFFER_SIZE);
        gets_back(1);
    }
    image_unload(&image);
}

static void takes_only_lengths_that_fit(void **unused)
{
    const uint16_t forged[] = {0, 1, 13, 2049, 4096, 65535};

    (void)unused;
    start(8, 4);
    for (size_t i = 0; i < ARRAY_SIZE(forged); i++) {
        assert_int_equal(net_enqueue_active(&rx, desc(RX_IO + 7 * NET_BUFFER_SIZE, forged[i])), 0);
        image_wake(&image, RX_CH);
        gets_back(7);
        assert_int_equal(image_count(&image, "lengths_invalid"), i + 1);
        assert_int_equal(world.invalidated_bytes, 0);
    }
    assert_int_equal(image_count(&image, "buffers_invalid"), 0);
    /* The least and the most that do, at the region's end. */
    for (uint16_t len = 14; len <= 2048; len = (uint16_t)(len + 2034)) {
        memcpy(rx_data + 7 * NET_BUFFER_SIZE, datagram, sizeof(datagram));
        assert_int_equal(net_enqueue_active(&rx, desc(RX_IO + 7 * NET_BUFFER_SIZE, len)), 0);
        image_wake(&image, RX_CH);
        gets_back(7);
        assert_int_equal(world.invalidated_bytes, len);
    }
    assert_int_equal(image_count(&image, "lengths_invalid"), ARRAY_SIZE(forged));
    assert_int_equal(sends().len, 2048);
    image_unload(&image);
}

static void takes_nothing_from_a_queue_that_is_too_long(void **unused)
{
    (void)unused;
    start(4, 4);
    for (uint32_t lie = 5; lie < 65536; lie += 13) {
        rx.active->tail = (uint16_t)(rx.active->head + lie);
        image_wake(&image, RX_CH);
        assert_true(world.points < 20);
        assert_true(net_queue_empty_free(&rx));
    }
    rx.active->tail = rx.active->head;
    for (uint32_t lie = 5; lie < 65536; lie += 13) {
        tx.free->tail = (uint16_t)(tx.free->head + lie);
        queue_set(rx.active, rx.active->head);
        gives(0, datagram, sizeof(datagram));
        image_wake(&image, RX_CH);
        assert_true(world.points < 20);
        assert_true(net_queue_empty_active(&tx));
    }
    assert_true(image_count(&image, "queues_incredible") > 10000);
    image_unload(&image);
}

/* A driver that writes anything at any time. */
static void rogue_scribbles(void)
{
    net_queue_t *const queues[] = {rx.active, rx.free, tx.active, tx.free};

    if (chance(3) == 0) {
        queue_scribble(queues[chance(4)], 8);
    }
    if (chance(8) == 0) {
        queue_set(queues[chance(4)], (uint16_t)chance(65536));
    }
    if (chance(8) == 0) {
        (void)net_enqueue_active(&rx, desc(RX_IO + chance(10) * NET_BUFFER_SIZE, 60));
        (void)net_enqueue_free(&tx, desc(TX_IO + chance(10) * NET_BUFFER_SIZE, 60));
    }
}

/* Nothing outside its regions is touched, and each wake-up ends. */
static void survives_any_driver(void **unused)
{
    (void)unused;
    chance_seed(5);
    start(8, 8);
    for (uint64_t i = 0; i < 8; i++) {
        memcpy(rx_data + i * NET_BUFFER_SIZE, datagram, sizeof(datagram));
    }
    for (int i = 0; i < 50000; i++) {
        world.meanwhile = NULL;
        rogue_scribbles();
        world.meanwhile = rogue_scribbles;
        image_wake(&image, chance(2) ? RX_CH : TX_CH);
        assert_true(world.points < 100000);
    }
    assert_true(image_count(&image, "frames_answered") > 1000);
    assert_true(image_count(&image, "buffers_invalid") > 1000);
    assert_true(image_count(&image, "queues_incredible") > 1000);
    image_unload(&image);
}

/* -- an honest driver on another core -- */

static void leaves_nobody_asleep(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        chance_seed(seed);
        configure(8, 1U << seed % 4);
        image_init(&image);
        neighbours_exchange(0, datagram, sizeof(datagram), answerable_are_left);
        assert_true(image_count(&image, "frames_answered") > 200);
        assert_int_equal(image_count(&image, "buffers_invalid"), 0);
        assert_int_equal(image_count(&image, "driver_refusals"), 0);
        image_unload(&image);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_its_buffers_to_the_driver),
        cmocka_unit_test(starts_though_the_driver_lies),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(answers_by_io_address),
        cmocka_unit_test(maintains_the_caches),
        cmocka_unit_test(leaves_others_frames_alone),
        cmocka_unit_test(only_reads_what_it_receives),
        cmocka_unit_test(waits_for_transmit_buffers),
        cmocka_unit_test(keeps_a_buffer_nobody_takes),
        cmocka_unit_test(survives_the_wrap_of_indices),
        cmocka_unit_test(takes_only_its_own_buffers),
        cmocka_unit_test(takes_only_lengths_that_fit),
        cmocka_unit_test(takes_nothing_from_a_queue_that_is_too_long),
        cmocka_unit_test(survives_any_driver),
        cmocka_unit_test(leaves_nobody_asleep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
