/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which of the host's cores each domain is given, and who polls there: neighbours stay together as
 * far as there are cores, what has nothing to do with each other parts first, and nobody sleeps
 * where another core would have to wake it, unless the scenario says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sim/exec/place.h"
#include "tests/unit/planned.h"

#define ROOM 64

#define STACK(n)                                          \
    "{ \"name\": \"net" n "\", \"device\": \"eth" n "\"," \
    "  \"driver\": { \"priority\": 101 } }"
#define DEVICE(n) "{ \"name\": \"eth" n "\", \"model\": \"enet\" }"
#define CLIENT(n, more)                                                                           \
    "{ \"name\": \"client" n "\", \"image\": \"network/client_echo\", \"network\": \"net" n "\"," \
    "  \"copier\": {}" more " }"

static struct planned planned;
static struct world world;
static int cpus[ROOM];
static bool polls[ROOM], crowded[ROOM];

static void place(const char *text, unsigned first, unsigned count)
{
    cpu_set_t allowed;

    planned_must(&planned, text);
    assert_in_range(planned.plan->pd_count, 1, ROOM);
    memset(polls, 0, sizeof polls);
    memset(crowded, 0, sizeof crowded);
    world = (struct world){.plan = planned.plan, .cpus = cpus, .polls = polls, .crowded = crowded};
    CPU_ZERO(&allowed);
    for (unsigned i = 0; i < count; i++) {
        CPU_SET(first + 2 * i, &allowed);
    }
    place_domains(&world, &allowed);
}

/* keys: of the scenario, with a comma at the end. */
static void place_one(const char *keys, const char *of_client, unsigned first, unsigned count)
{
    char text[2048];

    snprintf(
        text, sizeof text,
        "{ \"version\": 1, %s \"stop\": { \"after\": \"1 ms\" },"
        "  \"devices\": [ " DEVICE("0") " ], \"networks\": [ " STACK(
            "0") " ],"
                 "  \"clients\": [ { \"name\": \"client0\", \"image\": \"network/client_echo\","
                 "                 \"network\": \"net0\", \"copier\": {} %s } ] }",
        keys, of_client);
    place(text, first, count);
}

static void place_two(const char *keys, unsigned first, unsigned count)
{
    char text[2048];

    snprintf(text, sizeof text,
             "{ \"version\": 1, %s \"stop\": { \"after\": \"1 ms\" },"
             "  \"devices\": [ " DEVICE("0") ", " DEVICE(
                 "1") " ],"
                      "  \"networks\": [ " STACK("0") ", " STACK(
                          "1") " ],"
                               "  \"clients\": [ " CLIENT("0", "") ", " CLIENT("1", "") " ] }",
             keys);
    place(text, first, count);
}

static uint32_t named(const char *name)
{
    uint32_t pd = plan_find_pd(planned.plan, name);

    assert_int_not_equal(pd, PLAN_NONE);
    return pd;
}

static int cpu_of(const char *name)
{
    return cpus[named(name)];
}

static unsigned polling(void)
{
    unsigned count = 0;

    for (uint32_t i = 0; i < planned.plan->pd_count; i++) {
        count += polls[i];
    }
    return count;
}

static int tear_down(void **state)
{
    (void)state;
    planned_finish(&planned);
    return 0;
}

static void test_one_core(void **state)
{
    (void)state;
    place_one("", "", 3, 2);
    assert_int_equal(world.home_cpu, 5);
    for (uint32_t i = 0; i < planned.plan->pd_count; i++) {
        assert_int_equal(cpus[i], 5);
        assert_true(crowded[i]);
    }
    assert_int_equal(polling(), 0);
    assert_false(world.spread);
}

/* Nothing is gained by a core for each if nobody is near whom it talks to. */
static void test_one_stack_is_cut(void **state)
{
    (void)state;
    place_one("\"placement\": \"spread\",", "", 3, 2);
    assert_int_equal(cpu_of("eth0"), 3);
    assert_int_equal(cpu_of("net0_driver"), 3);
    assert_int_equal(cpu_of("net0_virt_rx"), 5);
    assert_int_equal(cpu_of("client0_copier"), 5);
    assert_int_equal(cpu_of("client0"), 5);
    assert_int_equal(cpu_of("net0_virt_tx"), 5);
    assert_true(world.spread);
    assert_int_equal(polling(), planned.plan->pd_count);
}

static void test_a_core_for_each(void **state)
{
    (void)state;
    place_one("\"placement\": \"spread\",", "", 0, 32);
    for (uint32_t i = 0; i < planned.plan->pd_count; i++) {
        assert_false(crowded[i]);
        assert_true(polls[i]);
    }
}

static void test_stacks_part(void **state)
{
    (void)state;
    place_two("\"placement\": \"spread\",", 3, 2);
    for (uint32_t i = 0; i < planned.plan->pd_count; i++) {
        bool first = strchr(planned.plan->pds[i].name, '0') != NULL;

        assert_int_equal(cpus[i], first ? 3 : 5);
    }
    assert_int_equal(polling(), 0); /* no waking crosses from one to the other */
}

static void test_stacks_are_cut_where_cores_are_left(void **state)
{
    (void)state;
    place_two("\"placement\": \"spread\",", 3, 3);
    assert_int_not_equal(cpu_of("eth0"), cpu_of("client0"));
    assert_true(polls[named("eth0")]);
}

static void test_asked_core_goes_before(void **state)
{
    (void)state;
    place_one("", ", \"cpu\": 3", 3, 2);
    assert_int_equal(cpu_of("client0"), 3);
    assert_int_equal(cpu_of("client0_copier"), 5);
    assert_false(crowded[named("client0")]);
    /* Never a sleep across cores by accident; and those beside who polls do too. */
    assert_int_equal(polling(), planned.plan->pd_count);
}

static void test_asked_core_that_is_not_ours(void **state)
{
    (void)state;
    place_one("", ", \"cpu\": 4", 3, 2);
    assert_int_equal(cpu_of("client0"), 5);
    assert_int_equal(polling(), 0);
}

static void test_sleep_where_asked(void **state)
{
    (void)state;
    place_one("\"placement\": \"spread\", \"waiting\": \"sleep\",", "", 3, 2);
    assert_int_equal(polling(), 0);
}

static void test_poll_where_asked(void **state)
{
    (void)state;
    place_one("\"waiting\": \"poll\",", "", 3, 2);
    assert_int_equal(polling(), planned.plan->pd_count);
}

static void test_one_is_asked(void **state)
{
    (void)state;
    place_one("", ", \"waiting\": \"poll\"", 3, 2);
    assert_int_equal(polling(), 1);
    assert_true(polls[named("client0")]);
    planned_finish(&planned);
    place_one("\"waiting\": \"poll\",", ", \"waiting\": \"sleep\"", 3, 2);
    assert_int_equal(polling(), planned.plan->pd_count - 1);
    assert_false(polls[named("client0")]);
}

static void test_virtual_time_knows_no_cores(void **state)
{
    (void)state;
    place_one("\"clock\": \"virtual\", \"placement\": \"spread\", \"waiting\": \"poll\",",
              ", \"cpu\": 3", 3, 2);
    for (uint32_t i = 0; i < planned.plan->pd_count; i++) {
        assert_int_equal(cpus[i], 5);
    }
    assert_int_equal(polling(), 0);
}

static void test_no_core_known(void **state)
{
    (void)state;
    place_one("\"placement\": \"spread\",", "", 3, 0);
    assert_int_equal(world.home_cpu, -1);
    for (uint32_t i = 0; i < planned.plan->pd_count; i++) {
        assert_int_equal(cpus[i], -1);
    }
    assert_int_equal(polling(), 0);
}

#define CASE(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_one_core),
        CASE(test_one_stack_is_cut),
        CASE(test_a_core_for_each),
        CASE(test_stacks_part),
        CASE(test_stacks_are_cut_where_cores_are_left),
        CASE(test_asked_core_goes_before),
        CASE(test_asked_core_that_is_not_ours),
        CASE(test_sleep_where_asked),
        CASE(test_poll_where_asked),
        CASE(test_one_is_asked),
        CASE(test_virtual_time_knows_no_cores),
        CASE(test_no_core_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
