/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is told of bytes, judged: who is to blame, who is excused, what is not said twice; and how
 * frames of many lengths come to lie over each other.
 */
#include "sim/observe/tags.h"
#include "tests/unit/judged_check.h"

static void news(enum probe_kind kind, enum bytes_what what, uint32_t teller, uint32_t object,
                 uint32_t who, uint64_t number)
{
    const struct bytes_news one = {
        .what = what, .from = 60, .to = 100, .who = who, .number = number, .since = 1};

    tell(kind, teller, object, bytes_news_a(&one), bytes_news_b(&one), 1);
}

static int integrity(void **state)
{
    (void)state;
    start_check(&check_integrity);
    return 0;
}

static int confidentiality(void **state)
{
    (void)state;
    start_check(&check_confidentiality);
    return 0;
}

static void numbers_are_packed_and_unpacked(void **state)
{
    const struct bytes_news one = {.what = NEWS_LEAK_LEFT,
                                   .since = 0xfffe,
                                   .from = 0xfffd,
                                   .to = 0xfffc,
                                   .who = 0xfffb,
                                   .number = BYTES_NUMBER_MAX - 1};
    struct bytes_news read;

    (void)state;
    assert_true(bytes_news_read(bytes_news_a(&one), bytes_news_b(&one), &read));
    assert_int_equal(read.what, one.what);
    assert_int_equal(read.since, one.since);
    assert_int_equal(read.from, one.from);
    assert_int_equal(read.to, one.to);
    assert_int_equal(read.who, one.who);
    assert_int_equal(read.number, one.number);
    assert_false(bytes_news_read((uint64_t)NEWS_KINDS << 48, 0, &read));
    assert_false(bytes_news_read(UINT64_MAX, UINT64_MAX, &read));
}

/* Of very many, few are told, and all are counted. */
static void many_are_few(void **state)
{
    struct bytes_news one = {0};
    uint64_t told = 0, times = 0, sum = 0;

    (void)state;
    for (unsigned i = 0; i < 1024; i++) {
        if (bytes_news_due(&told, &one)) {
            times++;
            sum += one.since;
        }
    }
    assert_int_equal(sum, 1024);
    assert_in_range(times, 32, 40);
}

static void the_nearest_is_told_of(void **state)
{
    (void)state;
    news(PROBE_FRAME_ALTERED, NEWS_PASSED_LENGTH, VIRT_RX, ACTIVE(LINK_VIRT_RX0), ETH0, 5);
    news(PROBE_FRAME_ALTERED, NEWS_RECEIVED, CLIENT0, ACTIVE(LINK_RX0), ETH0, 5);
    finish_check();
    assert_found(1, 0);
    assert_int_equal(found.list[0].culprit, VIRT_RX);
    assert_says(found.list[0], "frame 5 of eth0, now 100 bytes, wrong from byte 60 on");
}

static void a_copy_is_the_copiers(void **state)
{
    (void)state;
    news(PROBE_FRAME_ALTERED, NEWS_COPY, COPIER0, ACTIVE(LINK_RX0), ETH0, 5);
    finish_check();
    assert_found(1, 0);
    assert_int_equal(found.list[0].culprit, COPIER0);
    assert_int_equal(found.list[0].victim, CLIENT0);
}

/* client1 is not to be relied on: what it says it took, and what it sends. */
static void the_untrusted_are_excused(void **state)
{
    (void)state;
    news(PROBE_FRAME_ALTERED, NEWS_RECEIVED, CLIENT1, ACTIVE(LINK_RX1), ETH0, 5);
    news(PROBE_FRAME_ALTERED, NEWS_OUT, ETH0, 0, CLIENT1, 6);
    news(PROBE_FRAME_ALTERED, NEWS_OUT_UNSENT, ETH0, 0, POOL_CLIENT1_TX, 3);
    finish_check();
    assert_found(0, 3);
}

/* ... but nobody may make its frames longer on their way. */
static void their_frames_are_frames(void **state)
{
    (void)state;
    news(PROBE_FRAME_ALTERED, NEWS_PASSED_LENGTH, VIRT_TX, ACTIVE(LINK_NET_TX), CLIENT1, 0);
    news(PROBE_FRAME_ALTERED, NEWS_OUT, ETH0, 0, CLIENT0, 6);
    finish_check();
    assert_found(2, 0);
    assert_int_equal(found.list[0].culprit, VIRT_TX);
    assert_int_equal(found.list[1].culprit, CLIENT0);
}

/* Who gave away what it did not have first, and not who passed that on. */
static void the_first_giver_sends(void **state)
{
    (void)state;
    tell(PROBE_BUFFER_TWICE, VIRT_TX, POOL_CLIENT0_TX, 3, ACTIVE(LINK_NET_TX), 1);
    tell(PROBE_BUFFER_TWICE, DRIVER, POOL_CLIENT0_TX, 3, ACTIVE(LINK_NET_TX), 1);
    news(PROBE_FRAME_ALTERED, NEWS_OUT_UNSENT, ETH0, 0, POOL_CLIENT0_TX, 3);
    finish_check();
    assert_found(1, 0);
    assert_int_equal(found.list[0].culprit, VIRT_TX);
    assert_int_equal(found.list[0].victim, CLIENT0);
    assert_says(found.list[0], "client0.tx[3], 100 bytes");
}

/* A device that a fault has made fail is nobody's fault; a wire's faults are behind all frames. */
static void a_broken_device(void **state)
{
    uint32_t breaks = *(const uint32_t *)*state;

    j.faults[0] = (struct scenario_fault){.pd = breaks ? "eth0" : NULL};
    j.scenario.fault_count = 1;
    tell(PROBE_FAULT_ACTED, ETH0, 0, 0, 0, 1);
    news(PROBE_FRAME_ALTERED, NEWS_RECEIVED, CLIENT0, ACTIVE(LINK_RX0), ETH0, 5);
    finish_check();
    assert_found(!breaks, breaks);
}

/* It has failed once a fault has acted in it, and its driver is not to blame for lengths then. */
static void a_device_breaks_when_its_fault_acts(void **state)
{
    uint32_t acts = *(const uint32_t *)*state;

    j.faults[0] = (struct scenario_fault){.pd = "eth0"};
    j.scenario.fault_count = 1;
    tell(PROBE_FAULT_ACTED, acts ? ETH0 : DRIVER, 0, 0, 0, 1);
    news(PROBE_FRAME_ALTERED, NEWS_DRIVER_LENGTH, VIRT_RX, ACTIVE(LINK_NET_RX), ETH0, 5);
    finish_check();
    assert_found(!acts, acts);
}

static void a_leak_names_three(void **state)
{
    (void)state;
    news(PROBE_FRAME_LEAKED, NEWS_LEAK_BEYOND, COPIER1, ACTIVE(LINK_RX1), CLIENT0, 7);
    news(PROBE_FRAME_LEAKED, NEWS_LEAK_BEYOND, COPIER1, ACTIVE(LINK_RX1), BYTES_NOBODY, 8);
    finish_check();
    assert_found(2, 0);
    assert_int_equal(found.list[0].culprit, COPIER1);
    assert_int_equal(found.list[0].victim, CLIENT0);
    assert_says(found.list[0], "let client1 see bytes 60 to 99 of frame 7 for client0");
    assert_says(found.list[1], "for an address nobody here has");
}

static void a_copy_beyond_its_buffer_is_the_copiers(void **state)
{
    (void)state;
    tell(PROBE_COPY_BEYOND, COPIER0, 0, 0x7ff, 64, 1);
    tell(PROBE_COPY_BEYOND, CLIENT1, 0, 0x7ff, 64, 1);
    finish_check();
    assert_int_equal(found.count, 1);
    assert_int_equal(found.list[0].culprit, COPIER0);
    assert_says(found.list[0], "client0_copier copied 64 bytes from ");
    assert_says(found.list[0], " + 0x7ff, beyond the end of the buffer there");
}

static void who_stretched_it_leaks(void **state)
{
    (void)state;
    news(PROBE_FRAME_ALTERED, NEWS_DRIVER_LENGTH, VIRT_RX, ACTIVE(LINK_NET_RX), ETH0, 5);
    news(PROBE_FRAME_LEAKED, NEWS_LEAK_GIVEN, COPIER1, ACTIVE(LINK_RX1), CLIENT0, 4);
    finish_check();
    assert_found(1, 0);
    assert_int_equal(found.list[0].culprit, DRIVER);
}

static void nonsense_is_survived(void **state)
{
    (void)state;
    tell_nonsense();
    for (unsigned what = 0; what < NEWS_KINDS; what++) {
        news(PROBE_FRAME_ALTERED, (enum bytes_what)what, PLAN_NONE, PLAN_NONE, 0xffff, 0);
        news(PROBE_FRAME_LEAKED, (enum bytes_what)what, PDS, 2 * LINKS, PDS, 0);
        news(PROBE_FRAME_ALTERED, (enum bytes_what)what, CLIENT0, 12345, POOLS, 0);
    }
    finish_check();
}

/* What a byte behind the end of the last frame is part of. */
static uint32_t owner_at(const struct frame_tag *tag, uint32_t at)
{
    for (unsigned i = 0; i < TAG_LAYERS && tag->layers[i].end != 0; i++) {
        if (tag->layers[i].end > at) {
            return tag->layers[i].owner;
        }
    }
    return PLAN_NONE;
}

static void frames_lie_over_each_other(void **state)
{
    struct frame_tag tag = {0};

    (void)state;
    tag_cover(&tag, 1500, 1, 1);
    tag_cover(&tag, 60, 2, 2);
    tag_cover(&tag, 200, 3, 3); /* the one of 60 is gone */
    tag_cover(&tag, 100, 4, 4);
    assert_int_equal(owner_at(&tag, 99), 4);
    assert_int_equal(owner_at(&tag, 100), 3);
    assert_int_equal(owner_at(&tag, 200), 1);
    assert_int_equal(owner_at(&tag, 1500), PLAN_NONE);
    tag_cover(&tag, 80, 5, 5);
    tag_cover(&tag, 70, 6, 6); /* one more than there is room for */
    assert_int_equal(owner_at(&tag, 69), 6);
    assert_int_equal(owner_at(&tag, 79), 5);
    assert_int_equal(owner_at(&tag, 99), 4);
    assert_int_equal(owner_at(&tag, 199), BYTES_ALL);
    assert_int_equal(owner_at(&tag, 1499), BYTES_ALL);
    tag_cover(&tag, 2000, 7, 7);
    assert_int_equal(owner_at(&tag, 1999), 7);
    assert_int_equal(tag.layers[1].end, 0);
}

/* Of a tag that is being written nothing is read. */
static void half_a_tag_is_none(void **state)
{
    struct frame_tag tag = {0};

    (void)state;
    assert_int_equal(tag_get(&tag).turn, 0);
    tag_put(&tag, 11, 60, 1, 2);
    tag_put(&tag, 12, 61, 2, 2);
    assert_int_equal(tag_get(&tag).turn, 2);
    assert_int_equal(tag_get(&tag).digest, 12);
    assert_int_equal(tag_get(&tag).len, 61);
    atomic_store(&tag.turn, UINT32_MAX);
    tag_put(&tag, 13, 62, 3, 2);
    assert_int_equal(tag_get(&tag).turn, 1);
}

int main(void)
{
    static uint32_t breaks[2] = {0, 1};
#define OF(check, test) cmocka_unit_test_setup_teardown(test, check, stop_check)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_packed_and_unpacked),
        cmocka_unit_test(many_are_few),
        OF(integrity, the_nearest_is_told_of),
        OF(integrity, a_copy_is_the_copiers),
        OF(integrity, the_untrusted_are_excused),
        OF(integrity, their_frames_are_frames),
        OF(integrity, the_first_giver_sends),
        cmocka_unit_test_prestate_setup_teardown(a_broken_device, integrity, stop_check,
                                                 &breaks[0]),
        cmocka_unit_test_prestate_setup_teardown(a_broken_device, integrity, stop_check,
                                                 &breaks[1]),
        cmocka_unit_test_prestate_setup_teardown(a_device_breaks_when_its_fault_acts, integrity,
                                                 stop_check, &breaks[0]),
        cmocka_unit_test_prestate_setup_teardown(a_device_breaks_when_its_fault_acts, integrity,
                                                 stop_check, &breaks[1]),
        OF(integrity, nonsense_is_survived),
        OF(confidentiality, a_leak_names_three),
        OF(confidentiality, a_copy_beyond_its_buffer_is_the_copiers),
        OF(confidentiality, who_stretched_it_leaks),
        OF(confidentiality, nonsense_is_survived),
        cmocka_unit_test(frames_lie_over_each_other),
        cmocka_unit_test(half_a_tag_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
