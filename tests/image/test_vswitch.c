/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual switch among clients, copiers and virtualisers that this test plays, honest ones and
 * others. Port i submits on channel 2i and is given frames on channel 2i + 1; the last port is the
 * virtualisers'.
 */
#include "tests/image/neighbours.h"

#include <sddf/network/vswitch.h>

#define BUFFERS   8 /* of each port */
#define EVERYBODY UINT64_MAX

static struct image image;
static seL4_MessageInfo_t (*protected_call)(sddf_channel ch, seL4_MessageInfo_t info);
static net_vswitch_config_t *config;
static net_queue_handle_t tx[SDDF_NET_MAX_CLIENTS], rx[SDDF_NET_MAX_CLIENTS];
static uint32_t ports, virt;

static const uint8_t broadcast[MAC802_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t multicast[MAC802_BYTES] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};
static const uint8_t stranger[MAC802_BYTES] = {0x52, 0x54, 0x00, 0x99, 0x99, 0x99};

static const uint8_t *mac_of(uint32_t port)
{
    return config->ports[port].mac_addr.addr;
}

/* `num_ports` with the virtualisers'; each may reach every other. */
static void configure(uint32_t num_ports, uint32_t rx_capacity)
{
    image = image_load("network/vswitch");
    protected_call = (seL4_MessageInfo_t(*)(sddf_channel, seL4_MessageInfo_t))(
        uintptr_t)image_symbol(&image, "protected");
    config = image_symbol(&image, "config");
    memcpy(config->magic, SDDF_NET_MAGIC, SDDF_NET_MAGIC_LEN);
    config->num_ports = (uint8_t)num_ports;
    ports = num_ports;
    virt = num_ports - 1;
    config->buffer_metadata = (region_resource_t){guarded(ports * BUFFERS), ports * BUFFERS};
    for (uint32_t i = 0; i < ports; i++) {
        net_vswitch_port_config_t *port = &config->ports[i];

        tx[i] = pair_make(BUFFERS);
        rx[i] = pair_make(rx_capacity);
        port->tx = pair_connection(tx[i], (uint8_t)(2 * i));
        port->rx = pair_connection(rx[i], (uint8_t)(2 * i + 1));
        port->tx_data =
            (region_resource_t){guarded(BUFFERS * NET_BUFFER_SIZE), BUFFERS * NET_BUFFER_SIZE};
        port->mac_addr = (mac_addr_t){{0x52, 0x54, 0x01, 0x00, 0x00, (uint8_t)i}};
        port->acl = EVERYBODY;
    }
    memset(config->ports[virt].mac_addr.addr, 0, MAC802_BYTES);
}

static void start(uint32_t num_ports)
{
    configure(num_ports, 64);
    image_init(&image);
}

static char *data_of(uint32_t port, uint64_t buffer)
{
    return (char *)config->ports[port].tx_data.vaddr + buffer * NET_BUFFER_SIZE;
}

static void sends(uint32_t port, uint64_t buffer, const uint8_t *to, uint16_t len)
{
    memcpy(data_of(port, buffer), to, MAC802_BYTES);
    assert_int_equal(net_enqueue_active(&tx[port], desc(buffer * NET_BUFFER_SIZE, len)), 0);
}

/* A port is given this frame next. */
static void gets(uint32_t port, uint32_t from, uint64_t buffer, uint16_t len)
{
    net_buff_desc_t frame = {0};

    assert_int_equal(net_dequeue_active(&rx[port], &frame), 0);
    assert_desc(frame, buffer * NET_BUFFER_SIZE, len, from);
}

static void gets_nothing(uint32_t port)
{
    assert_true(net_queue_empty_active(&rx[port]));
}

static void returns(uint32_t port, uint32_t from, uint64_t buffer)
{
    net_buff_desc_t empty = {
        .io_or_offset = buffer * NET_BUFFER_SIZE, .len = 99, .oid = from & 0x3f};

    assert_int_equal(net_enqueue_free(&rx[port], empty), 0);
}

/* A port has a buffer back, as an empty one. */
static void has_back(uint32_t port, uint64_t buffer)
{
    net_buff_desc_t empty = {0};

    assert_int_equal(net_dequeue_free(&tx[port], &empty), 0);
    assert_desc(empty, buffer * NET_BUFFER_SIZE, 0, 0);
}

static void has_nothing_back(uint32_t port)
{
    assert_true(net_queue_empty_free(&tx[port]));
}

static unsigned refs(uint32_t port, uint64_t buffer)
{
    return ((const uint8_t *)config->buffer_metadata.vaddr)[port * BUFFERS + buffer];
}

static void wake(uint32_t port)
{
    image_wake(&image, 2 * port);
}

/* -- frames -- */

static void carries_a_frame_and_its_buffer(void **unused)
{
    (void)unused;
    start(3);
    sends(0, 5, mac_of(1), 77);
    wake(0);
    assert_int_equal(world.signals[2 * 1 + 1], 1);
    assert_int_equal(refs(0, 5), 1);
    has_nothing_back(0);
    gets(1, 0, 5, 77);
    gets_nothing(virt);
    returns(1, 0, 5);
    image_wake(&image, 3);
    assert_int_equal(world.signals[0], 1);
    assert_int_equal(refs(0, 5), 0);
    has_back(0, 5);
    has_nothing_back(0);
    image_unload(&image);
}

static void keeps_a_broadcast_until_the_last_return(void **unused)
{
    (void)unused;
    start(4);
    sends(1, 2, broadcast, 60);
    wake(1);
    assert_int_equal(refs(1, 2), 3);
    gets_nothing(1);
    for (uint32_t port = 0; port < 4; port++) {
        if (port != 1) {
            has_nothing_back(1);
            gets(port, 1, 2, 60);
            gets_nothing(port);
            returns(port, 1, 2);
            image_wake(&image, 2 * port + 1);
        }
    }
    has_back(1, 2);
    assert_int_equal(refs(1, 2), 0);
    image_unload(&image);
}

static void knows_what_is_beyond_it(void **unused)
{
    (void)unused;
    start(3);
    sends(0, 0, stranger, 60);
    sends(0, 1, multicast, 61);
    wake(0);
    gets(virt, 0, 0, 60);
    gets(virt, 0, 1, 61);
    gets_nothing(1);
    sends(virt, 3, mac_of(1), 62);
    sends(virt, 4, stranger, 63);
    wake(virt);
    gets(1, virt, 3, 62);
    gets_nothing(0);
    gets_nothing(virt);
    has_back(virt, 4);
    assert_int_equal(image_count(&image, "packets_denied"), 1);
    image_unload(&image);
}

static void keeps_to_the_access_list(void **unused)
{
    (void)unused;
    configure(4, 64);
    config->ports[0].acl = BIT(1) | BIT(0); /* nobody reaches itself, whatever the list says */
    config->ports[virt].acl = BIT(2);
    image_init(&image);
    sends(0, 0, broadcast, 60);
    sends(0, 1, mac_of(2), 60);
    sends(0, 2, stranger, 60);
    sends(0, 3, mac_of(0), 60);
    sends(0, 4, mac_of(1), 60);
    wake(0);
    gets(1, 0, 0, 60);
    gets(1, 0, 4, 60);
    gets_nothing(0);
    gets_nothing(2);
    gets_nothing(virt);
    assert_int_equal(world.signals[0], 1); /* or it would wait for these for ever */
    has_back(0, 1);
    has_back(0, 2);
    has_back(0, 3);
    has_nothing_back(0);
    assert_int_equal(image_count(&image, "packets_denied"), 3);
    sends(virt, 0, broadcast, 60);
    wake(virt);
    gets(2, virt, 0, 60);
    gets_nothing(0);
    gets_nothing(1);
    image_unload(&image);
}

/* What comes from the wire may say anything; a client is only itself, or nobody here. */
static void lets_no_client_be_another(void **unused)
{
    (void)unused;
    start(3);
    memcpy(data_of(0, 0) + MAC802_BYTES, mac_of(1), MAC802_BYTES);
    memcpy(data_of(0, 1) + MAC802_BYTES, mac_of(0), MAC802_BYTES);
    memcpy(data_of(0, 2) + MAC802_BYTES, stranger, MAC802_BYTES);
    memcpy(data_of(virt, 0) + MAC802_BYTES, mac_of(1), MAC802_BYTES);
    for (uint64_t i = 0; i < 3; i++) {
        sends(0, i, broadcast, 60);
    }
    sends(virt, 0, mac_of(0), 60);
    wake(0);
    gets(1, 0, 1, 60);
    gets(1, 0, 2, 60);
    gets_nothing(1);
    gets(0, virt, 0, 60);
    has_back(0, 0);
    assert_int_equal(world.signals[0], 1);
    assert_int_equal(image_count(&image, "packets_spoofed"), 1);
    image_unload(&image);
}

/* -- what a client may say -- */

static void hands_back_what_is_no_frame(void **unused)
{
    static const net_buff_desc_t bad[] = {
        {.io_or_offset = 0, .len = 0},
        {.io_or_offset = 0, .len = 13},
        {.io_or_offset = 0, .len = 2049},
        {.io_or_offset = 0, .len = 65535},
        {.io_or_offset = 1, .len = 60},
        {.io_or_offset = 1024, .len = 60},
        {.io_or_offset = BUFFERS * NET_BUFFER_SIZE, .len = 60},
        {.io_or_offset = 1UL << 63, .len = 60},
        {.io_or_offset = UINT64_MAX - 2047, .len = 60},
        {.io_or_offset = 0, .len = 60, .oid = 1},
        {.io_or_offset = 0, .len = 60, .oid = 63},
    };

    (void)unused;
    start(3);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        net_buff_desc_t back = {0};

        net_request_signal_free(&tx[0]);
        assert_int_equal(net_enqueue_active(&tx[0], bad[i]), 0);
        wake(0);
        assert_int_equal(image_count(&image, "packets_invalid"), i + 1);
        assert_int_equal(world.signals[0], 1);
        assert_int_equal(net_dequeue_free(&tx[0], &back), 0);
        assert_desc(back, bad[i].io_or_offset, bad[i].len, bad[i].oid);
    }
    for (uint32_t i = 0; i < 3; i++) {
        gets_nothing(i);
    }
    sends(0, 7, mac_of(1), 2048); /* the last place of all, and filled */
    sends(0, 0, mac_of(1), 14);
    wake(0);
    gets(1, 0, 7, 2048);
    gets(1, 0, 0, 14);
    image_unload(&image);
}

static void forwards_a_buffer_once(void **unused)
{
    (void)unused;
    start(3);
    sends(0, 3, mac_of(1), 60);
    sends(0, 3, mac_of(1), 60);
    wake(0);
    sends(0, 3, broadcast, 60);
    wake(0);
    assert_int_equal(image_count(&image, "packets_duplicate"), 2);
    gets(1, 0, 3, 60);
    gets_nothing(1);
    gets_nothing(virt);
    for (int i = 0; i < 2; i++) {
        net_buff_desc_t back = {0};

        assert_int_equal(net_dequeue_free(&tx[0], &back), 0);
        assert_desc(back, 3 * NET_BUFFER_SIZE, 60, 0);
    }
    /* It is on its way home, and not there yet. */
    returns(1, 0, 3);
    sends(0, 3, mac_of(1), 60);
    wake(0);
    assert_int_equal(image_count(&image, "packets_duplicate"), 3);
    gets_nothing(1);
    has_back(0, 3);
    has_nothing_back(0);
    /* What is no frame is no other buffer either. */
    sends(0, 3, mac_of(1), 0);
    sends(0, 3, mac_of(1), 60);
    sends(0, 3, mac_of(1), 0);
    wake(0);
    assert_int_equal(image_count(&image, "packets_duplicate"), 5);
    gets_nothing(1);
    has_back(0, 3);
    has_nothing_back(0);
    image_unload(&image);
}

static void takes_back_only_what_a_port_holds(void **unused)
{
    static const net_buff_desc_t bad[] = {
        {.io_or_offset = 3 * NET_BUFFER_SIZE, .oid = 1}, /* its own */
        {.io_or_offset = 3 * NET_BUFFER_SIZE, .oid = 2}, /* another's */
        {.io_or_offset = 3 * NET_BUFFER_SIZE, .oid = 3}, /* no port */
        {.io_or_offset = 3 * NET_BUFFER_SIZE, .oid = 63},
        {.io_or_offset = 4 * NET_BUFFER_SIZE, .oid = 0}, /* not on its way */
        {.io_or_offset = 3 * NET_BUFFER_SIZE + 1, .oid = 0},
        {.io_or_offset = BUFFERS * NET_BUFFER_SIZE, .oid = 0},
        {.io_or_offset = 1UL << 63, .oid = 0},
    };

    (void)unused;
    start(3);
    sends(0, 3, mac_of(1), 60);
    sends(0, 5, stranger, 60);
    wake(0);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(net_enqueue_free(&rx[1], bad[i]), 0);
    }
    returns(1, 0, 5); /* which the virtualisers have */
    image_wake(&image, 3);
    assert_int_equal(image_count(&image, "buffers_invalid"), ARRAY_SIZE(bad) + 1);
    has_nothing_back(0);
    assert_int_equal(refs(0, 3) + refs(0, 5), 2);
    returns(1, 0, 3);
    returns(1, 0, 3);
    image_wake(&image, 3);
    assert_int_equal(image_count(&image, "buffers_invalid"), ARRAY_SIZE(bad) + 2);
    has_back(0, 3);
    has_nothing_back(0);
    assert_int_equal(refs(0, 3), 0);
    image_unload(&image);
}

/* It came back from one port, and in the same wake-up its own port says that it had it. */
static void a_port_returns_nothing_of_its_own(void **unused)
{
    (void)unused;
    start(4);
    sends(2, 3, mac_of(1), 60);
    sends(0, 0, mac_of(2), 60);
    wake(2);
    returns(1, 2, 3);
    returns(2, 2, 3);
    image_wake(&image, 3);
    assert_int_equal(image_count(&image, "buffers_invalid"), 1);
    has_back(2, 3);
    has_nothing_back(2);
    assert_int_equal(refs(2, 3), 0);
    assert_int_equal(refs(0, 0), 1);
    image_unload(&image);
}

/* One that returns nothing is given its share, and then no more; the others have theirs. */
static void a_hoarder_gets_no_more_than_its_share(void **unused)
{
    (void)unused;
    configure(4, 4);
    image_init(&image);
    for (uint64_t i = 0; i < BUFFERS; i++) {
        net_buff_desc_t taken;

        sends(0, i, broadcast, 60);
        wake(0);
        (void)net_dequeue_active(&rx[virt], &taken); /* and never returned */
        for (uint32_t port = 1; port < 3; port++) {
            gets(port, 0, i, 60);
            returns(port, 0, i);
        }
        wake(0);
        assert_int_equal(refs(0, i), i < 4);
        if (i >= 4) {
            has_back(0, i);
        }
        has_nothing_back(0);
    }
    assert_int_equal(image_count(&image, "packets_unwanted"), 4);
    image_unload(&image);
}

static void takes_nothing_from_a_queue_that_is_too_long(void **unused)
{
    (void)unused;
    start(3);
    sends(1, 0, mac_of(0), 60);
    tx[0].active->tail = BUFFERS + 1;
    rx[0].free->tail = 65;
    wake(0);
    assert_true(image_count(&image, "queues_incredible") >= 2);
    assert_int_equal(tx[0].active->head + rx[0].free->head, 0);
    gets(0, 1, 0, 60);
    image_unload(&image);
}

static net_queue_t *stuffed;

static void stuff(enum point_op op, const volatile void *where, uint64_t units)
{
    (void)op;
    (void)where;
    (void)units;
    stuffed->tail = (uint16_t)(stuffed->head + BUFFERS);
}

/* A queue that is full again whenever one looks is left after one queue full. */
static void no_wake_up_is_endless(void **unused)
{
    (void)unused;
    configure(3, BUFFERS);
    image_init(&image);
    net_queue_t *const queues[] = {tx[0].active, rx[1].free, tx[2].active};
    for (size_t i = 0; i < ARRAY_SIZE(queues); i++) {
        stuffed = queues[i];
        for (int j = 0; j < BUFFERS; j++) {
            stuffed->buffers[j] = desc(13, 60);
        }
        world.on_point = stuff;
        stuff(POINT_NOTIFY, NULL, 0);
        wake(1);
        assert_true(world.points >= BUFFERS && world.points < 2 * BUFFERS + 10);
        assert_int_equal(stuffed->consumer_signalled, 0);
        world.on_point = NULL;
        queue_set(stuffed, 0);
        queue_set(tx[0].free, 0);
        queue_set(tx[2].free, 0);
    }
    image_unload(&image);
}

static void one_without_room_loses_its_own(void **unused)
{
    (void)unused;
    start(3);
    sends(0, 0, mac_of(1), 60);
    sends(1, 0, mac_of(0), 60);
    wake(0);
    gets(1, 0, 0, 60);
    gets(0, 1, 0, 60);
    tx[0].free->head = (uint16_t)(tx[0].free->tail - BUFFERS);
    returns(1, 0, 0);
    returns(0, 1, 0);
    wake(0);
    has_back(1, 0);
    assert_int_equal(image_count(&image, "ports_full"), 1);
    /* And yet it can go on with it. */
    queue_set(tx[0].free, 0);
    sends(0, 0, mac_of(1), 60);
    wake(0);
    gets(1, 0, 0, 60);
    image_unload(&image);
}

static void survives_the_wrap_of_indices(void **unused)
{
    (void)unused;
    configure(3, 8);
    for (uint32_t i = 0; i < 3; i++) {
        queue_set(tx[i].active, 65530);
        queue_set(tx[i].free, 65531);
        queue_set(rx[i].active, 65532);
        queue_set(rx[i].free, 65533);
    }
    image_init(&image);
    for (uint64_t i = 0; i < 1000; i++) {
        sends(0, i % BUFFERS, mac_of(1), 60);
        wake(0);
        gets(1, 0, i % BUFFERS, 60);
        returns(1, 0, i % BUFFERS);
        image_wake(&image, 3);
        has_back(0, i % BUFFERS);
    }
    image_unload(&image);
}

/* Where there is room for one, the ports that want it are served in turn. */
static void ports_take_turns(void **unused)
{
    uint64_t served[3] = {0};

    (void)unused;
    configure(4, 1);
    image_init(&image);
    for (uint64_t i = 0; i < 30; i++) {
        net_buff_desc_t frame = {0};

        for (uint32_t port = 0; port < 3; port++) {
            sends(port, i % BUFFERS, stranger, 60);
        }
        wake(0);
        assert_int_equal(net_dequeue_active(&rx[virt], &frame), 0);
        served[frame.oid]++;
        assert_int_equal(net_enqueue_free(&rx[virt], frame), 0);
        wake(0);
        for (uint32_t port = 0; port < 3; port++) {
            has_back(port, i % BUFFERS);
        }
    }
    for (uint32_t port = 0; port < 3; port++) {
        assert_true(served[port] >= 5);
    }
    image_unload(&image);
}

/* The largest there can be, and every queue full: what has no room is lost, nothing is overrun. */
static void is_large_enough_for_the_worst(void **unused)
{
    enum { MOST = NET_QUEUE_MAX_CAPACITY };

    (void)unused;
    configure(2, MOST);
    config->buffer_metadata = (region_resource_t){guarded(2 * MOST), 2 * MOST};
    for (uint32_t i = 0; i < 2; i++) {
        uint64_t bytes = (uint64_t)MOST * NET_BUFFER_SIZE;

        tx[i] = pair_make(MOST);
        config->ports[i].tx = pair_connection(tx[i], (uint8_t)(2 * i));
        config->ports[i].tx_data = (region_resource_t){guarded(bytes), bytes}; /* of zeroes */
    }
    image_init(&image);
    for (uint64_t i = 0; i < MOST; i++) {
        assert_int_equal(net_enqueue_active(&tx[0], desc(i * NET_BUFFER_SIZE, 60)), 0);
    }
    wake(0);
    for (uint64_t i = 0; i < MOST; i++) {
        gets(virt, 0, i, 60);
        returns(virt, 0, i);
        assert_int_equal(net_enqueue_active(&tx[0], desc(13, 60)), 0);
        assert_int_equal(net_enqueue_active(&tx[1], desc(13, 60)), 0);
    }
    wake(0);
    assert_int_equal(image_count(&image, "ports_full"), MOST);
    assert_int_equal(net_queue_length(tx[0].free), MOST);
    assert_int_equal(net_queue_length(tx[1].free), MOST);
    image_unload(&image);
}

static void signals_only_who_asked(void **unused)
{
    (void)unused;
    start(3);
    for (uint64_t i = 0; i < 3; i++) {
        sends(0, i, mac_of(1), 60);
        wake(0);
        assert_int_equal(world.signals[3], i == 0);
        gets(1, 0, i, 60);
        returns(1, 0, i);
        image_wake(&image, 3);
        assert_int_equal(world.signals[0], i == 0);
        has_back(0, i);
        assert_int_equal(world.signals[1] + world.signals[2] + world.signals[4] + world.signals[5],
                         0);
    }
    image_unload(&image);
}

/* -- protected calls -- */

static uint64_t call(sddf_channel ch, uint64_t label, unsigned words, uint64_t argument)
{
    memset(world.mr, 0xee, sizeof(world.mr)); /* what an earlier caller left */
    world.mr[0] = argument;
    seL4_MessageInfo_t info = protected_call(ch, seL4_MessageInfo_new(label, 0, 0, words));
    bool words_right = world.mr[0] != VSWITCH_ERR_OKAY ? seL4_MessageInfo_get_length(info) == 1
                                                       : seL4_MessageInfo_get_length(info) ==
                                                             (label == VSWITCH_QUERY_STATE  ? 3
                                                              : label == VSWITCH_REQ_CLIENT ? 2
                                                                                            : 1);

    assert_true(words_right);
    assert_int_equal(seL4_MessageInfo_get_label(info), 0);
    return world.mr[0];
}

static void tells_who_is_there(void **unused)
{
    (void)unused;
    configure(5, 64);
    config->ports[0].acl = BIT(1) | BIT(2) | BIT(4) | BIT(63); /* there is no port 63 */
    image_init(&image);
    assert_int_equal(call(0, VSWITCH_QUERY_STATE, 0, 0), VSWITCH_ERR_OKAY);
    assert_int_equal(world.mr[1], 0);
    assert_int_equal(world.mr[2], BIT(1) | BIT(2) | BIT(4));
    assert_int_equal(call(6, VSWITCH_QUERY_STATE, 0, 0), VSWITCH_ERR_OKAY);
    assert_int_equal(world.mr[1], 3);
    assert_int_equal(world.mr[2], BIT(0) | BIT(1) | BIT(2) | BIT(4));

    assert_int_equal(call(0, VSWITCH_REQ_CLIENT, 1, 1), VSWITCH_ERR_NO_IP);
    assert_int_equal(call(2, VSWITCH_SET_IP_ADDR, 1, 0x0100000a), VSWITCH_ERR_OKAY);
    assert_int_equal(call(6, VSWITCH_SET_IP_ADDR, 1, 0x0300000a), VSWITCH_ERR_OKAY);
    assert_int_equal(call(0, VSWITCH_REQ_CLIENT, 1, 1), VSWITCH_ERR_OKAY);
    assert_int_equal(world.mr[1], 0x0100000a);
    assert_int_equal(call(0, VSWITCH_REQ_CLIENT, 1, 2), VSWITCH_ERR_NO_IP);
    assert_int_equal(call(0, VSWITCH_REQ_CLIENT, 1, 3), VSWITCH_ERR_OPERATION_DENIED);
    assert_int_equal(call(0, VSWITCH_REQ_CLIENT, 1, 4), VSWITCH_ERR_VIRT_PORT);
    image_unload(&image);
}

static void answers_no_nonsense(void **unused)
{
    static const uint64_t far[] = {5, 62, 63, 64, 65, 255, 256, 1UL << 32, UINT64_MAX};
    static const uint64_t no_ip[] = {0, 1UL << 32, UINT64_MAX};

    (void)unused;
    start(5);
    for (size_t i = 0; i < ARRAY_SIZE(far); i++) {
        assert_int_equal(call(0, VSWITCH_REQ_CLIENT, 1, far[i]), VSWITCH_ERR_OPERATION_DENIED);
    }
    for (size_t i = 0; i < ARRAY_SIZE(no_ip); i++) {
        assert_int_equal(call(0, VSWITCH_SET_IP_ADDR, 1, no_ip[i]), VSWITCH_ERR_INVALID_IP);
    }
    /* An argument that did not come is none, whatever stands where it would. */
    assert_int_equal(call(0, VSWITCH_SET_IP_ADDR, 0, 0x0100000a), VSWITCH_ERR_INVALID_IP);
    assert_int_equal(call(0, VSWITCH_REQ_CLIENT, 0, 1), VSWITCH_ERR_INVALID_OPERATION);
    assert_int_equal(call(2, VSWITCH_REQ_CLIENT, 1, 0), VSWITCH_ERR_NO_IP);
    assert_int_equal(call(0, 3, 1, 1), VSWITCH_ERR_INVALID_OPERATION);
    assert_int_equal(call(0, 1UL << 51, 1, 1), VSWITCH_ERR_INVALID_OPERATION);
    /* The virtualisers and copiers have nothing to ask, and nobody is on the other channels. */
    static const sddf_channel others[] = {8, 9, 1, 3, 10, 61};
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        assert_int_equal(call(others[i], VSWITCH_QUERY_STATE, 0, 0), VSWITCH_ERR_INVALID_OPERATION);
    }
    image_unload(&image);
}

/* -- honest neighbours on other cores -- */

/* A client sends to the wire, or to itself, which is refused at once. */
static net_buff_desc_t clients_frame(net_buff_desc_t empty)
{
    memcpy(data_of(0, empty.io_or_offset / NET_BUFFER_SIZE), chance(3) ? stranger : mac_of(0),
           MAC802_BYTES);
    return desc(empty.io_or_offset, 60);
}

static net_buff_desc_t wires_frame(net_buff_desc_t empty)
{
    memcpy(data_of(virt, empty.io_or_offset / NET_BUFFER_SIZE), mac_of(0), MAC802_BYTES);
    return desc(empty.io_or_offset, 60);
}

static net_buff_desc_t as_it_came(net_buff_desc_t frame)
{
    return frame;
}

static bool anything_left(void)
{
    bool left = false;

    for (uint32_t i = 0; i < ports; i++) {
        left |= !net_queue_empty_active(&tx[i]) || !net_queue_empty_free(&rx[i]);
    }
    return left;
}

static void leaves_nobody_asleep(void **unused)
{
    (void)unused;
    chance_seed(11);
    for (int i = 0; i < 20; i++) {
        configure(2, 2 * BUFFERS);
        image_init(&image);
        neighbours_forget();
        neighbour_owns(neighbour_add((struct neighbour){
                           .ch = 0, .pair = &tx[0], .sends = true, .give = clients_frame}),
                       BUFFERS);
        neighbour_owns(neighbour_add((struct neighbour){
                           .ch = 2, .pair = &tx[1], .sends = true, .give = wires_frame}),
                       BUFFERS);
        neighbour_add((struct neighbour){.ch = 1, .pair = &rx[0], .give = as_it_came});
        neighbour_add((struct neighbour){.ch = 3, .pair = &rx[1], .give = as_it_came});
        neighbours_play_on(&image, 2000, anything_left);
        for (int n = 0; n < 4; n++) {
            assert_true(neighbours[n].given > 100);
        }
        assert_true(image_count(&image, "packets_denied") > 100);
        assert_int_equal(image_count(&image, "packets_duplicate"), 0);
        assert_int_equal(image_count(&image, "packets_invalid"), 0);
        assert_int_equal(image_count(&image, "packets_unwanted"), 0);
        assert_int_equal(image_count(&image, "buffers_invalid"), 0);
        assert_int_equal(image_count(&image, "queues_incredible"), 0);
        image_unload(&image);
    }
}

/* -- one that writes anything at any time -- */

static bool rogue_copies; /* its rx pair too, which only a copier gone wild could */

static void rogue_scribbles(enum point_op op, const volatile void *where, uint64_t units)
{
    (void)op;
    (void)where;
    (void)units;
    if (chance(3) == 0) {
        queue_scribble(chance(2) ? tx[0].free : tx[0].active, BUFFERS);
    }
    if (rogue_copies && chance(3) == 0) {
        queue_scribble(chance(2) ? rx[0].free : rx[0].active, 64);
    }
    if (chance(8) == 0) {
        memcpy(data_of(0, chance(BUFFERS)), mac_of((uint32_t)chance(4)), MAC802_BYTES);
    }
}

/* Now and then it puts its indices right, to be believed again. */
static void rogue_pretends(void)
{
    if (chance(3) == 0) {
        tx[0].free->head = tx[0].free->tail;
        tx[0].active->tail = tx[0].active->head;
        for (uint64_t i = chance(BUFFERS + 1); i > 0; i--) {
            memcpy(data_of(0, i - 1), chance(4) == 0 ? broadcast : mac_of(1 + (uint32_t)chance(2)),
                   MAC802_BYTES);
            net_enqueue_active(&tx[0], desc(chance(BUFFERS) * NET_BUFFER_SIZE, 60));
        }
    }
    if (rogue_copies && chance(3) == 0) {
        rx[0].active->head = rx[0].active->tail;
        rx[0].free->tail = rx[0].free->head;
        for (uint64_t i = chance(9); i > 0; i--) {
            net_buff_desc_t any = {.io_or_offset = chance(BUFFERS) * NET_BUFFER_SIZE,
                                   .oid = chance(4) & 0x3f};
            net_enqueue_free(&rx[0], any);
        }
    }
}

/* Everything a copier has goes back; how many of these frames were from `from`. */
static unsigned copier_takes_all(uint32_t port, uint32_t from)
{
    net_buff_desc_t frame;
    unsigned count = 0;

    while (net_dequeue_active(&rx[port], &frame) == 0) {
        assert_true(frame.oid < ports && frame.oid != port);
        assert_true(frame.len >= 14 && frame.len <= NET_BUFFER_SIZE);
        assert_true(frame.io_or_offset % NET_BUFFER_SIZE == 0);
        assert_true(frame.io_or_offset < BUFFERS * NET_BUFFER_SIZE);
        count += frame.oid == from;
        assert_int_equal(net_enqueue_free(&rx[port], frame), 0);
    }
    return count;
}

/* What comes from the wire for the rogue, in buffers that are there. */
static void wire_sends(uint64_t buffer, bool there[static BUFFERS])
{
    net_buff_desc_t empty;

    while (net_dequeue_free(&tx[virt], &empty) == 0) {
        assert_false(there[empty.io_or_offset / NET_BUFFER_SIZE]);
        there[empty.io_or_offset / NET_BUFFER_SIZE] = true;
    }
    if (there[buffer]) {
        sends(virt, buffer, mac_of(0), 60);
        there[buffer] = false;
    }
}

/* Whatever port 0 does, 1 and 2 talk, have their buffers back, and no wake-up takes long. */
static void a_rogue_hurts_only_itself(void **unused)
{
    uint64_t most_points = 0;

    (void)unused;
    chance_seed(4);
    for (int wild = 0; wild < 2; wild++) {
        bool there[BUFFERS];

        memset(there, true, sizeof(there));
        rogue_copies = wild != 0;
        start(4);
        for (uint64_t i = 0; i < 30000; i++) {
            uint32_t from = 1 + (uint32_t)chance(2), to = 3 - from;

            world.on_point = NULL;
            sends(from, i % BUFFERS, mac_of(to), 60);
            wire_sends(i % BUFFERS, there);
            rogue_pretends();
            world.on_point = rogue_scribbles;
            wake(0);
            most_points = MAX(most_points, world.points);
            world.on_point = NULL;
            assert_int_equal(copier_takes_all(to, from), 1);
            (void)copier_takes_all(from, 0);
            (void)copier_takes_all(virt, 0);
            if (!rogue_copies) {
                (void)copier_takes_all(0, virt);
            }
            world.on_point = rogue_scribbles;
            wake(0);
            world.on_point = NULL;
            has_back(from, i % BUFFERS);
            has_nothing_back(from);
        }
        assert_true(image_count(&image, "packets_invalid") > 1000);
        assert_true(image_count(&image, "packets_duplicate") > 1000);
        assert_true(image_count(&image, "queues_incredible") > 1000);
        assert_int_equal(image_count(&image, "packets_unwanted") != 0, rogue_copies);
        image_unload(&image);
    }
    assert_true(most_points < 4 * (4 * BUFFERS + 2 * 64));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_a_frame_and_its_buffer),
        cmocka_unit_test(keeps_a_broadcast_until_the_last_return),
        cmocka_unit_test(knows_what_is_beyond_it),
        cmocka_unit_test(keeps_to_the_access_list),
        cmocka_unit_test(lets_no_client_be_another),
        cmocka_unit_test(hands_back_what_is_no_frame),
        cmocka_unit_test(forwards_a_buffer_once),
        cmocka_unit_test(takes_back_only_what_a_port_holds),
        cmocka_unit_test(a_port_returns_nothing_of_its_own),
        cmocka_unit_test(a_hoarder_gets_no_more_than_its_share),
        cmocka_unit_test(takes_nothing_from_a_queue_that_is_too_long),
        cmocka_unit_test(no_wake_up_is_endless),
        cmocka_unit_test(one_without_room_loses_its_own),
        cmocka_unit_test(survives_the_wrap_of_indices),
        cmocka_unit_test(ports_take_turns),
        cmocka_unit_test(is_large_enough_for_the_worst),
        cmocka_unit_test(signals_only_who_asked),
        cmocka_unit_test(tells_who_is_there),
        cmocka_unit_test(answers_no_nonsense),
        cmocka_unit_test(leaves_nobody_asleep),
        cmocka_unit_test(a_rogue_hurts_only_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
