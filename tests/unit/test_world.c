/* SPDX-License-Identifier: BSD-2-Clause */
/* Where on the host domains run: a scenario's cores are the host's on its clock only. How they are
 * spread is test_place.c's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>
#include <stdio.h>

#include "sim/exec/world.h"
#include "tests/unit/planned.h"

static struct planned planned;
static struct world world;
static int first, last; /* of the cores we may use */

/* A plan in which the driver has asked for a core. */
static bool without_barriers; /* the client's image has none */

static void begin(const char *clock, const char *placement, int cpu)
{
    char text[1024], why[256];

    snprintf(text, sizeof text,
             "{ \"version\": 1, \"clock\": \"%s\", \"placement\": \"%s\","
             "  \"stop\": { \"after\": \"1 ms\" },"
             "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\" } ],"
             "  \"networks\": [ { \"name\": \"net0\", \"device\": \"eth0\","
             "                    \"driver\": { \"cpu\": %d } } ],"
             "  \"clients\": [ { \"name\": \"c\", \"image\": \"network/client_sink\" } ] }",
             clock, placement, cpu);
    planned_must(&planned, text);
    planned.plan->pds[planned.plan->client_pds[0]].one_core = without_barriers;
    assert_int_equal(world_create(&world, planned.plan, "images", "logs", why, sizeof why), 0);
}

static int tear_down(void **state)
{
    (void)state;
    world_destroy(&world);
    planned_finish(&planned);
    return 0;
}

static int find_cores(void **state)
{
    cpu_set_t allowed;

    (void)state;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        return -1;
    }
    first = last = -1;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &allowed)) {
            first = first < 0 ? cpu : first;
            last = cpu;
        }
    }
    return first < 0 ? -1 : 0;
}

static uint32_t driver(void)
{
    uint32_t pd = planned.plan->devices[0].driver;

    assert_int_not_equal(pd, PLAN_NONE);
    return pd;
}

static void test_host_clock_keeps_asked_core(void **state)
{
    (void)state;
    begin("host", "one-core", first);
    assert_int_equal(world.home_cpu, last);
    for (uint32_t i = 0; i < planned.plan->pd_count; i++) {
        assert_int_equal(world.cpus[i], i == driver() ? first : last);
    }
}

/* One with an image that has no barriers is right on one core only. */
static void test_no_barriers_no_spread(void **state)
{
    (void)state;
    without_barriers = true;
    begin("host", "spread", first);
    without_barriers = false;
    for (uint32_t i = 0; i < planned.plan->pd_count; i++) {
        assert_int_equal(world.cpus[i], last);
    }
}

static void test_virtual_clock_stays_together(void **state)
{
    static const char *const placements[] = {"one-core", "spread"};

    for (int i = 0; i < 2; i++) {
        begin("virtual", placements[i], 0);
        assert_int_equal(planned.plan->pds[driver()].cpu, 0);
        assert_int_equal(world.home_cpu, last);
        for (uint32_t pd = 0; pd < planned.plan->pd_count; pd++) {
            assert_int_equal(world.cpus[pd], last);
        }
        tear_down(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_host_clock_keeps_asked_core, tear_down),
        cmocka_unit_test_teardown(test_no_barriers_no_spread, tear_down),
        cmocka_unit_test_teardown(test_virtual_clock_stays_together, tear_down),
    };

    return cmocka_run_group_tests(tests, find_cores, NULL);
}
