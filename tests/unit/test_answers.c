/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a switch must answer: each request of its contract, and each that is none, from a client
 * that reaches one other and the wire. Whatever else it answers is wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sddf/network/config.h>
#include <sddf/network/vswitch.h>

#include "tests/unit/planned.h"

static const char text[] =
    "{ \"version\": 1,"
    "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"count\": 1 } ],"
    "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\" } ],"
    "  \"networks\": [ { \"name\": \"net0\", \"rx_buffers\": 8, \"vswitch\": {} } ],"
    "  \"clients\": ["
    "    { \"name\": \"a\", \"image\": \"network/client_echo\", \"copier\": {},"
    "      \"reaches\": \"b, wire\" },"
    "    { \"name\": \"b\", \"image\": \"network/client_echo\", \"copier\": {} },"
    "    { \"name\": \"c\", \"image\": \"network/client_echo\", \"copier\": {} } ] }";

enum { A, B, C, WIRE };

static struct planned p;
static uint32_t vswitch;
static unsigned channels[3];
static uint64_t memory[CLASS_ANSWERS_BYTES / 8];

static int begin(void **state)
{
    (void)state;
    planned_must(&p, text);
    vswitch = planned_pd(&p, "net0_vswitch");
    memset(memory, 0, sizeof memory);
    for (unsigned i = 0; i < 3; i++) {
        char name[] = "a.tx.active";

        name[0] = (char)('a' + i);
        const struct queue_shape *q = &p.plan->queues[planned_queue(&p, name)];
        channels[i] = plan_channel_id(p.plan, q->channel, vswitch);
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    planned_finish(&p);
    return 0;
}

static enum call_wrong judge_by(unsigned channel, struct class_call asked, unsigned length,
                                uint64_t error, uint64_t one, uint64_t two)
{
    struct class_call answer = {.length = length, .words = {error, one, two}};

    return class_named("net")->answer(p.plan, vswitch, channel, &asked, &answer, memory);
}

static enum call_wrong judge(unsigned client, uint64_t label, unsigned words, uint64_t word,
                             unsigned length, uint64_t error, uint64_t one, uint64_t two)
{
    struct class_call asked = {.label = label, .length = words, .words = {word, 77}};

    return judge_by(channels[client], asked, length, error, one, two);
}

#define SET(ip, length, error)     judge(A, VSWITCH_SET_IP_ADDR, 1, ip, length, error, 5, 5)
#define REQ(port, length, err, ip) judge(A, VSWITCH_REQ_CLIENT, 1, port, length, err, ip, 5)

/* With what no answer has. */
static void nothing_goes_with_it(void **state)
{
    struct class_call asked = {.label = VSWITCH_QUERY_STATE};
    struct class_call right = {.length = 3, .words = {VSWITCH_ERR_OKAY, 0, 0}};

    (void)state;
    for (unsigned wrong = 0; wrong < 3; wrong++) {
        struct class_call answer = right;

        answer.label = wrong == 1;
        answer.caps = wrong == 2;
        assert_int_equal(class_named("net")->answer(p.plan, vswitch, channels[A], &asked, &answer,
                                                    memory) == CALL_SHAPE,
                         wrong != 0);
    }
}

static void an_address_is_taken(void **state)
{
    (void)state;
    assert_int_equal(SET(9, 1, VSWITCH_ERR_OKAY), CALL_RIGHT);
    assert_int_equal(SET(9, 2, VSWITCH_ERR_OKAY), CALL_SHAPE);
    assert_int_equal(SET(9, 1, VSWITCH_ERR_INVALID_IP), CALL_ERROR);
    assert_int_equal(SET(0, 1, VSWITCH_ERR_INVALID_IP), CALL_RIGHT);
    assert_int_equal(SET(0, 1, VSWITCH_ERR_OKAY), CALL_ERROR);
    assert_int_equal(SET(1ull << 32, 1, VSWITCH_ERR_INVALID_IP), CALL_RIGHT);
    assert_int_equal(SET(1ull << 32 | 9, 1, VSWITCH_ERR_OKAY), CALL_ERROR);
    /* What did not come with the request is not read from what an earlier caller left. */
    assert_int_equal(judge(A, VSWITCH_SET_IP_ADDR, 0, 9, 1, VSWITCH_ERR_OKAY, 0, 0), CALL_ERROR);
    assert_int_equal(judge(A, VSWITCH_SET_IP_ADDR, 0, 9, 1, VSWITCH_ERR_NO_IP, 0, 0), CALL_RIGHT);
}

static void who_one_is_and_whom_one_reaches(void **state)
{
    const uint64_t reach = 1 << B | 1 << WIRE;

    (void)state;
    assert_int_equal(judge(A, VSWITCH_QUERY_STATE, 0, 0, 3, 0, A, reach), CALL_RIGHT);
    assert_int_equal(judge(A, VSWITCH_QUERY_STATE, 4, 9, 3, 0, A, reach), CALL_RIGHT);
    assert_int_equal(judge(A, VSWITCH_QUERY_STATE, 0, 0, 3, 0, B, reach), CALL_WORD);
    assert_int_equal(judge(A, VSWITCH_QUERY_STATE, 0, 0, 3, 0, A, reach | 1), CALL_WORD);
    assert_int_equal(judge(A, VSWITCH_QUERY_STATE, 0, 0, 2, 0, A, reach), CALL_SHAPE);
    assert_int_equal(judge(A, VSWITCH_QUERY_STATE, 0, 0, 1, 5, 0, 0), CALL_ERROR);
    assert_int_equal(judge(C, VSWITCH_QUERY_STATE, 0, 0, 3, 0, C, 0xb), CALL_RIGHT);
}

static void anothers_address_is_for_whom_it_is_in_reach_of(void **state)
{
    (void)state;
    assert_int_equal(REQ(B, 1, VSWITCH_ERR_NO_IP, 0), CALL_RIGHT);
    assert_int_equal(REQ(B, 2, VSWITCH_ERR_OKAY, 0), CALL_ERROR);
    assert_int_equal(judge(B, VSWITCH_SET_IP_ADDR, 1, 42, 1, 0, 0, 0), CALL_RIGHT);
    assert_int_equal(judge(C, VSWITCH_SET_IP_ADDR, 1, 43, 1, 0, 0, 0), CALL_RIGHT);
    assert_int_equal(REQ(B, 2, VSWITCH_ERR_OKAY, 42), CALL_RIGHT);
    assert_int_equal(REQ(B, 2, VSWITCH_ERR_OKAY, 43), CALL_WORD);
    assert_int_equal(REQ(B, 1, VSWITCH_ERR_NO_IP, 0), CALL_ERROR);
    assert_int_equal(REQ(A, 1, VSWITCH_ERR_OPERATION_DENIED, 0), CALL_RIGHT);
    assert_int_equal(REQ(C, 2, VSWITCH_ERR_OKAY, 43), CALL_ERROR);
    assert_int_equal(REQ(C, 1, VSWITCH_ERR_OPERATION_DENIED, 0), CALL_RIGHT);
    assert_int_equal(REQ(WIRE, 1, VSWITCH_ERR_VIRT_PORT, 0), CALL_RIGHT);
    assert_int_equal(REQ(WIRE + 1, 1, VSWITCH_ERR_OPERATION_DENIED, 0), CALL_RIGHT);
    assert_int_equal(REQ(B + 64, 1, VSWITCH_ERR_OPERATION_DENIED, 0), CALL_RIGHT);
    assert_int_equal(REQ(B + 64, 2, VSWITCH_ERR_OKAY, 42), CALL_ERROR);
    assert_int_equal(REQ(UINT64_MAX, 1, VSWITCH_ERR_OPERATION_DENIED, 0), CALL_RIGHT);
    assert_int_equal(judge(A, VSWITCH_REQ_CLIENT, 0, B, 2, 0, 42, 0), CALL_ERROR);
}

static void what_nobody_knows_is_refused(void **state)
{
    struct class_call asked = {.label = VSWITCH_QUERY_STATE};

    (void)state;
    assert_int_equal(judge(A, 3, 1, 1, 1, VSWITCH_ERR_INVALID_OPERATION, 0, 0), CALL_RIGHT);
    assert_int_equal(judge(A, 1ull << 32, 1, 1, 1, VSWITCH_ERR_OKAY, 0, 0), CALL_ERROR);
    assert_int_equal(judge(A, 3, 1, 1, 0, VSWITCH_ERR_INVALID_OPERATION, 0, 0), CALL_SHAPE);
    assert_int_equal(judge_by(61, asked, 3, VSWITCH_ERR_OKAY, WIRE, 0), CALL_ERROR);
    assert_int_equal(judge_by(61, asked, 1, VSWITCH_ERR_INVALID_OPERATION, 0, 0), CALL_RIGHT);
    /* Who is no switch is asked nothing that anybody knows the answer to. */
    vswitch = planned_pd(&p, "net0_virt_rx");
    assert_int_equal(judge(A, 3, 1, 1, 0, 0, 0, 0), CALL_RIGHT);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_goes_with_it),
        TEST(an_address_is_taken),
        TEST(who_one_is_and_whom_one_reaches),
        TEST(anothers_address_is_for_whom_it_is_in_reach_of),
        TEST(what_nobody_knows_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
