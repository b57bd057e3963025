/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cost-free loop with an executor that only notes who is resumed: who goes next, when time
 * jumps and how far, and when it is over. That whole runs repeat to the byte is the scenarios' to
 * show.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "sim/exec/domain.h"
#include "sim/exec/freely.h"
#include "tests/unit/planned.h"

static const char system_text[] =
    "{ \"version\": 1, \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\" } ],"
    "  \"networks\": [ { \"name\": \"net0\" } ],"
    "  \"clients\": [ { \"name\": \"a\", \"image\": \"network/client_echo\", \"priority\": 10 },"
    "    { \"name\": \"b\", \"image\": \"network/client_echo\", \"priority\": 20 },"
    "    { \"name\": \"c\", \"image\": \"network/client_echo\", \"priority\": 10 } ] }";

static struct planned p;
static struct world world;
static struct supervise s;
static char why[256];

static struct {
    struct exec_turns *turns; /* while it runs */
    struct exec_turn *domains;
    unsigned started, stopped;
    uint32_t fail_at;
    char trace[4096];
    void (*on_turn)(uint32_t pd);
    bool quiet; /* trace nothing but what on_turn adds */
} run;

static void trace(const char *text)
{
    assert_true(strlen(run.trace) + strlen(text) + 2 < sizeof run.trace);
    strcat(run.trace, text);
    strcat(run.trace, " ");
}

static int fake_start(void *state, struct world *w, struct exec_turns *turns, uint32_t pd,
                      const char *const *wrap, char *said, size_t said_bytes)
{
    assert_ptr_equal(state, &run);
    assert_ptr_equal(w, &world);
    assert_null(wrap);
    run.turns = turns;
    run.domains = turns->domains;
    run.started++;
    turns->domains[pd] = (struct exec_turn){.rung = true, .deadline_ns = DOMAIN_FOREVER};
    if (pd == run.fail_at) {
        snprintf(said, said_bytes, "start it");
        return -ENOMEM;
    }
    return 0;
}

static void fake_resume(void *state, uint32_t pd)
{
    struct exec_turn *t = &run.domains[pd];

    assert_ptr_equal(state, &run);
    assert_false(t->ended);
    t->rung = false;
    t->deadline_ns = DOMAIN_FOREVER;
    if (atomic_load(&world.pages[pd]->order_stop) != 0) {
        t->ended = true;
        return;
    }
    if (!run.quiet) {
        trace(p.plan->pds[pd].name);
    }
    if (run.on_turn != NULL) {
        run.on_turn(pd);
    }
}

static void fake_stop(void *state, struct world *w, uint32_t pd)
{
    (void)state;
    (void)w;
    (void)pd;
    run.stopped++;
}

static const struct exec_type fake = {.name = "fake",
                                      .virtual_clock = true,
                                      .start = fake_start,
                                      .resume = fake_resume,
                                      .stop = fake_stop};

static int begin(void **state)
{
    (void)state;
    memset(&run, 0, sizeof run);
    run.fail_at = PLAN_NONE;
    if (!planned_make(&p, system_text)) {
        fail_msg("%s", planned_complaints(&p));
    }
    planned_map(&p);
    world = (struct world){.plan = p.plan, .arena = &p.arena, .views = p.memory};
    world.pages = arena_array(&p.arena, p.plan->pd_count, sizeof *world.pages);
    for (uint32_t i = 0; i < p.plan->pd_count; i++) {
        world.pages[i] = (struct pd_page *)(uintptr_t)p.plan->pds[i].page_vaddr;
    }
    s = (struct supervise){
        .world = &world, .exec = &fake, .exec_state = &run, .wall_ns = 60000000000u};
    return 0;
}

static int end(void **state)
{
    (void)state;
    planned_finish(&p);
    return 0;
}

static uint32_t pd(const char *name)
{
    return planned_pd(&p, name);
}

/* Devices first, then by priority, then by number; everybody once before traffic and once after go.
 */
static void test_order(void **state)
{
    (void)state;
    assert_int_equal(freely_run(&s, why, sizeof why), 0);
    assert_string_equal(run.trace, "eth0 net0_driver net0_virt_tx net0_virt_rx b a c "
                                   "eth0 net0_driver net0_virt_tx net0_virt_rx b a c ");
    assert_int_equal(run.started, 7);
    assert_int_equal(run.stopped, 7);
    assert_int_equal(s.end, RUN_QUIET);
    assert_true(s.input_left); /* no device said that it has finished */
    assert_int_equal(s.length_ns, 0);
    for (uint32_t i = 0; i < p.plan->pd_count; i++) {
        assert_true(s.pds[i].started && s.pds[i].ended);
        assert_true(run.domains[i].ended);
        assert_int_equal(atomic_load(&world.pages[i]->order_go_ns), 1); /* 0 would be "not yet" */
    }
}

static bool begun(void)
{
    return atomic_load(&world.pages[0]->order_go_ns) != 0;
}

static unsigned passes;

static void ring_others(uint32_t who)
{
    if (begun() && who == pd("a") && passes++ == 0) {
        run.domains[pd("c")].rung = true;
        run.domains[pd("b")].rung = true;
        run.domains[pd("eth0")].rung = true;
        run.domains[pd("a")].rung = true;
    }
}

/* The most urgent of all that have been rung goes next, however long another has been waiting. */
static void test_urgency(void **state)
{
    (void)state;
    passes = 0;
    run.on_turn = ring_others;
    assert_int_equal(freely_run(&s, why, sizeof why), 0);
    assert_string_equal(strstr(run.trace + 10, "eth0"),
                        "eth0 net0_driver net0_virt_tx net0_virt_rx b a eth0 b a c ");
}

static void sleep_a_while(uint32_t who)
{
    char at[64];

    snprintf(at, sizeof at, "%s@%llu", p.plan->pds[who].name,
             (unsigned long long)run.turns->now_ns);
    if (begun()) {
        trace(at);
    }
    if (who == pd("a")) {
        run.domains[who].deadline_ns = run.turns->now_ns + 70;
    } else if (who == pd("c")) {
        run.domains[who].deadline_ns = run.turns->now_ns + 100;
    } else if (who == pd("eth0")) {
        run.domains[who].deadline_ns = run.turns->now_ns < 171 ? 171 : 10000;
        atomic_store(&world.pages[who]->device.finished, 1);
    }
}

/* Time jumps to the next deadline and stands still between; a limit is kept to the nanosecond. */
static void test_time(void **state)
{
    (void)state;
    run.quiet = true;
    run.on_turn = sleep_a_while;
    s.after_ns = 170;
    assert_int_equal(freely_run(&s, why, sizeof why), 0);
    /* A deadline of its own is no time for one who is rung at once: all begin at 1. */
    assert_string_equal(run.trace, "eth0@1 net0_driver@1 net0_virt_tx@1 net0_virt_rx@1 b@1 a@1 c@1 "
                                   "a@71 c@101 a@141 eth0@171 ");
    assert_int_equal(s.end, RUN_LIMIT);
    assert_int_equal(s.length_ns, 170);
    assert_false(s.input_left);
}

static void never_rest(uint32_t who)
{
    if (begun()) {
        run.domains[who].rung = true;
    }
}

/* One who never waits is ended by the limit of patience. */
static void test_patience(void **state)
{
    (void)state;
    run.quiet = true;
    run.on_turn = never_rest;
    s.wall_ns = 50000000;
    assert_int_equal(freely_run(&s, why, sizeof why), 0);
    assert_int_equal(s.end, RUN_WALL);
}

static void test_start_fails(void **state)
{
    (void)state;
    run.fail_at = 3;
    assert_int_equal(freely_run(&s, why, sizeof why), -ENOMEM);
    assert_string_equal(why, "start it");
    assert_string_equal(run.trace, "");
    assert_int_equal(run.started, 4);
    assert_int_equal(run.stopped, 7); /* harmless for those that never began */
    assert_false(s.pds[3].started);
    assert_true(s.pds[2].started);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_order),    TEST(test_urgency),     TEST(test_time),
        TEST(test_patience), TEST(test_start_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
