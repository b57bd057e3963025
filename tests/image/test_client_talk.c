/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client that talks, with a vswitch and neighbours that this test plays: it is at port 2, and
 * can reach ports 0 and 3, of which 0 is a client that has an address sooner or later, and 3 is the
 * virtualisers'.
 */
#include <sddf/network/vswitch.h>
#include <sddf/timer/config.h>

#include "components/network/client_params.h"
#include "tests/image/client_harness.h"

#define TIMER_CH    9
#define INTERVAL_NS 1000000
#define OUR_PORT    2
#define ATTEMPTS    100

/* clang-format off */
static const uint8_t peers_reply[42] = {
    TO_US, TO_PEER, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2, TO_PEER, IP_PEER, TO_US, IP_US,
};
static const uint8_t our_request[60] = {
    BROADCAST, TO_US, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, TO_US, IP_US, 0, 0, 0, 0, 0, 0, IP_PEER,
};
/* clang-format on */

static uint32_t said_ip, peers_ip; /* as one says them to the switch */
static unsigned queries, requests;

static seL4_MessageInfo_t answer(unsigned words, uint64_t error, uint64_t one, uint64_t two)
{
    world.mr[0] = error;
    world.mr[1] = one;
    world.mr[2] = two;
    return seL4_MessageInfo_new(0, 0, 0, words);
}

static seL4_MessageInfo_t vswitch(seL4_MessageInfo_t info)
{
    uint64_t words = seL4_MessageInfo_get_length(info);

    switch (seL4_MessageInfo_get_label(info)) {
    case VSWITCH_SET_IP_ADDR:
        assert_int_equal(words, 1);
        said_ip = (uint32_t)world.mr[0];
        return answer(1, VSWITCH_ERR_OKAY, 0, 0);
    case VSWITCH_QUERY_STATE:
        queries++;
        return answer(3, VSWITCH_ERR_OKAY, OUR_PORT, BIT(0) | BIT(3));
    default:
        assert_int_equal(seL4_MessageInfo_get_label(info), VSWITCH_REQ_CLIENT);
        assert_int_equal(words, 1);
        requests++;
        if (world.mr[0] == 3) {
            return answer(1, VSWITCH_ERR_VIRT_PORT, 0, 0);
        }
        assert_int_equal(world.mr[0], 0);
        return peers_ip == 0 ? answer(1, VSWITCH_ERR_NO_IP, 0, 0)
                             : answer(2, VSWITCH_ERR_OKAY, peers_ip, 0);
    }
}

static void start(uint64_t count, uint32_t tx_buffers)
{
    static const uint8_t us[4] = {IP_US}, peer[4] = {IP_PEER};

    configure_client("network/client_talk", 8, tx_buffers);
    struct client_talk_config *params = image_symbol(&image, "client_config");
    timer_client_config_t *timer = image_symbol(&image, "timer_config");
    memcpy(&params->ip, us, 4);
    memcpy(&peers_ip, peer, 4);
    params->count = count;
    params->interval = INTERVAL_NS;
    params->size = 64;
    memcpy(timer->magic, SDDF_TIMER_MAGIC, SDDF_TIMER_MAGIC_LEN);
    timer->driver_id = TIMER_CH;
    said_ip = queries = requests = 0;
    world.callee_ch = TX_CH;
    world.callee = vswitch;
}

static int end(void **unused)
{
    (void)unused;
    world.callee = NULL;
    image_unload(&image);
    return 0;
}

static void next_turn(void)
{
    assert_true(world.timeout_ns > world.now_ns);
    world.now_ns = world.timeout_ns;
    image_wake(&image, TIMER_CH);
}

static void silent(void)
{
    assert_true(net_queue_empty_active(&tx));
}

/* It has asked who is at `peers_ip`, and is told. */
static void resolve(void)
{
    sends_exactly(our_request, sizeof(our_request));
    gives(0, peers_reply, sizeof(peers_reply));
    image_wake(&image, RX_CH);
    assert_int_equal(provides().io_or_offset, 0);
    silent();
}

/* The next thing it sends is a question, which comes back as the answer. */
static void takes_question(uint8_t frame[static 64])
{
    static const uint8_t ends[12] = {TO_PEER, TO_US};
    net_buff_desc_t packet = sends();

    assert_int_equal(packet.len, 64);
    memcpy(frame, frame_of(packet), 64);
    assert_memory_equal(frame, ends, sizeof(ends));
    assert_int_equal(frame[36] << 8 | frame[37], 7);
    sent(packet);
}

static void turn_round(uint8_t frame[static 64])
{
    static const uint8_t macs[12] = {TO_US, TO_PEER};
    static const uint8_t ips[8] = {IP_PEER, IP_US};
    uint8_t port[2];

    memcpy(frame, macs, sizeof(macs));
    memcpy(frame + 26, ips, sizeof(ips));
    memcpy(port, frame + 34, 2);
    memmove(frame + 34, frame + 36, 2);
    memcpy(frame + 36, port, 2);
}

static void gives_and_wakes(const uint8_t *frame, size_t len)
{
    gives(1, frame, len);
    image_wake(&image, RX_CH);
    assert_int_equal(provides().io_or_offset, NET_BUFFER_SIZE);
}

static void asks_and_is_answered(void **unused)
{
    static const uint8_t us[4] = {IP_US};
    uint8_t frame[64];

    (void)unused;
    start(3, 4);
    image_init(&image);
    assert_memory_equal(&said_ip, us, 4);
    assert_int_equal(queries, 1);
    assert_int_equal(requests, 2);
    resolve();
    for (uint64_t i = 0; i < 3; i++) {
        next_turn();
        takes_question(frame);
        silent();
        turn_round(frame);
        gives_and_wakes(frame, 64);
        assert_int_equal(image_count(&image, "answers_taken"), i + 1);
        gives_and_wakes(frame, 64); /* again */
        frame[63] ^= 1;
        gives_and_wakes(frame, 64);
        assert_int_equal(image_count(&image, "answers_taken"), i + 1);
    }
    next_turn();
    silent();
    world.timeout_ns = 0;
    image_wake(&image, TIMER_CH);
    assert_int_equal(world.timeout_ns, 0);
    assert_int_equal(requests, 2);
    assert_int_equal(image_count(&image, "frames_ignored"), 6);
}

static void answers_others(void **unused)
{
    uint8_t frame[64];

    (void)unused;
    start(1, 4);
    image_init(&image);
    resolve();
    next_turn();
    takes_question(frame);
    turn_round(frame);
    frame[34] = frame[36] = 0x12; /* a question of theirs, from port 0x1234 */
    frame[35] = 0x34;
    frame[36] = 0;
    frame[37] = 7;
    gives_and_wakes(frame, 64);
    net_buff_desc_t back = sends();
    assert_int_equal(back.len, 64);
    assert_int_equal(frame_of(back)[36] << 8 | frame_of(back)[37], 0x1234);
    assert_memory_equal(frame_of(back) + 42, frame + 42, 22);
    assert_int_equal(image_count(&image, "questions_answered"), 1);
    sent(back);
    gives_and_wakes(arp_request, sizeof(arp_request));
    back = sends();
    assert_int_equal(back.len, 60);
    assert_memory_equal(frame_of(back), arp_reply, sizeof(arp_reply));
}

static void waits_for_an_address_and_not_for_ever(void **unused)
{
    (void)unused;
    start(3, 4);
    peers_ip = 0;
    image_init(&image);
    for (unsigned i = 1; i < ATTEMPTS; i++) {
        silent();
        next_turn();
        assert_int_equal(requests, i + 2);
    }
    next_turn();
    world.timeout_ns = world.now_ns;
    image_wake(&image, TIMER_CH);
    assert_int_equal(requests, ATTEMPTS + 1);
    silent();
}

static void only_answers_if_told_to(void **unused)
{
    (void)unused;
    start(0, 4);
    image_init(&image);
    assert_int_equal(requests, 0);
    assert_int_equal(world.timeout_ns, 0);
    silent();
    gives_and_wakes(arp_request, sizeof(arp_request));
    assert_int_equal(sends().len, 60);
}

static void takes_a_frame_when_it_can_answer(void **unused)
{
    (void)unused;
    start(0, 2);
    image_init(&image);
    answers_as_buffers_come_back(arp_request, sizeof(arp_request));
}

/* Whatever is in a frame, and however short it is, nothing else is read or written. */
static void survives_any_frame(void **unused)
{
    uint8_t frame[64], odd[64];

    (void)unused;
    start(2, 4);
    image_init(&image);
    resolve();
    next_turn();
    takes_question(frame);
    turn_round(frame);
    chance_seed(5);
    for (int i = 0; i < 50000; i++) {
        size_t len = chance(2) ? 64 : chance(65);
        uint64_t buffer = chance(8);

        memcpy(odd, chance(4) ? frame : arp_request, 42);
        memcpy(odd + 42, frame + 42, 22);
        for (uint64_t n = chance(4); n > 0; n--) {
            odd[chance(64)] = (uint8_t)chance(256);
        }
        /* At the very end of the region, so that a byte too far is noticed. */
        gives(buffer, odd, len);
        rx.active->buffers[(rx.active->tail - 1) & 7].io_or_offset =
            chance(8) == 0 ? chance(UINT64_MAX) << chance(64) : 8 * NET_BUFFER_SIZE - len;
        memcpy(rx_data + 8 * NET_BUFFER_SIZE - len, odd, len);
        image_wake(&image, RX_CH);
        (void)provides();
        while (!net_queue_empty_active(&tx)) {
            sent(sends());
        }
    }
    assert_true(image_count(&image, "frames_ignored") > 10000);
    assert_true(image_count(&image, "answers_taken") <= 1);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_teardown(test, end)
    const struct CMUnitTest tests[] = {
        TEST(asks_and_is_answered),
        TEST(answers_others),
        TEST(waits_for_an_address_and_not_for_ever),
        TEST(only_answers_if_told_to),
        TEST(takes_a_frame_when_it_can_answer),
        TEST(survives_any_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
