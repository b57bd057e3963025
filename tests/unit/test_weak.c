/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of memory, played: the image's stores and loads are made by hand, each announced as its
 * compiler would, and what everybody else sees is what the memory holds. Chance decides, so each
 * game is played with many seeds: what must not be is seen with none, what may be with some.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "sim/exec/weak.h"

#define SEEDS    400u
#define DELAY_NS 100u

static struct domain domain;
static struct plan_pd pds[1] = {{.kind = PD_IMAGE, .name = "one", .explored = true}};
static struct scenario scenario = {.clock = CLOCK_VIRTUAL, .memory_delay_ns = DELAY_NS};
#define REGION_BYTES    (1u << 16)
#define READ_ONLY_VADDR (PLAN_WINDOW_BASE + 2 * REGION_BYTES)

static struct plan_region regions[2] = {{.bytes = REGION_BYTES}, {.bytes = REGION_BYTES}};
static struct plan_map maps[2] = {
    {.vaddr = PLAN_WINDOW_BASE, .region = 0, .rights = RIGHT_READ | RIGHT_WRITE},
    {.vaddr = READ_ONLY_VADDR, .region = 1, .rights = RIGHT_READ}};
static struct plan plan = {.pds = pds,
                           .pd_count = 1,
                           .scenario = &scenario,
                           .regions = regions,
                           .region_count = 2,
                           .maps = maps,
                           .map_count = 2};
static struct turn turn;
static struct platform platform = {.clock_hz = 1000000000, .line_bytes = 64};
static struct pd_page page;
static volatile uint32_t *data, *flag, *other; /* shared; each in a line of its own */
static volatile uint32_t own;                  /* nobody else's */
static void (*others)(void);                   /* run whenever time passes */

static void request(void *context)
{
    (void)context;
    domain.turn->now_ps += domain.turn->rest_ps;
    domain.turn->rest_ps = 0;
    domain.turn->horizon_ps = domain.turn->now_ps + 1;
    if (others != NULL) {
        others();
    }
}

static const struct domain_exec exec = {.request = request};

static void begin(enum scenario_memory memory, uint64_t seed)
{
    static _Alignas(64) uint8_t room[1 << 16];

    scenario.memory = memory;
    scenario.seed = seed;
    memset(&domain, 0, sizeof domain);
    memset(&turn, 0, sizeof turn);
    memset(room, 0, sizeof room);
    assert_true(weak_bytes(&plan, 0) <= sizeof room);
    domain.plan = &plan;
    domain.page = &page;
    domain.exec = &exec;
    platform.op[POINT_ACCESS] = 1;
    calls_virtual_init(&domain, &platform, "any");
    domain.turn = &turn;
    domain.weak = weak_init(room, &plan, 0);
    domain_current = &domain;
    calls_virtual_hook(&domain);
    *data = *flag = *other = own = 0;
    others = NULL;
}

static void store(volatile uint32_t *where, uint32_t value)
{
    registers_settle(&domain);
    weak_store(&domain, where, sizeof *where);
    *where = value;
}

static void store_release(volatile uint32_t *where, uint32_t value)
{
    registers_settle(&domain);
    weak_store_value(&domain, where, sizeof *where, &value, ORDER_RELEASE);
}

static uint32_t load_as(volatile uint32_t *where, int order)
{
    registers_settle(&domain);
    weak_load(&domain, where, sizeof *where, order);
    uint32_t value = *where;

    registers_settle(&domain);
    return value;
}

static uint32_t load(volatile uint32_t *where)
{
    return load_as(where, ORDER_RELAXED);
}

static void fence(int order)
{
    registers_settle(&domain);
    weak_fence(&domain, order);
}

/* What the others saw since the game began: the flag, and not the data. */
static bool flag_first;

static void look_at_order(void)
{
    flag_first |= *flag == 1 && *data == 0;
}

static unsigned games_with_flag_first(enum scenario_memory memory, int between, bool release)
{
    unsigned games = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        begin(memory, seed);
        others = look_at_order;
        flag_first = false;
        store(data, 1);
        if (between != ORDER_RELAXED) {
            fence(between);
        }
        if (release) {
            store_release(flag, 1);
        } else {
            store(flag, 1);
        }
        for (int i = 0; i < 100; i++) {
            (void)load(other);
        }
        registers_settle(&domain);
        assert_int_equal(load(data), 1);
        weak_yield(&domain, WEAK_ALL);
        assert_int_equal(*data, 1);
        assert_int_equal(*flag, 1);
        games += flag_first;
    }
    return games;
}

static void stores_pass_each_other_only_where_nothing_orders_them(void **state)
{
    (void)state;
    assert_int_equal(games_with_flag_first(MEMORY_STRICT, ORDER_RELAXED, false), 0);
    assert_int_equal(games_with_flag_first(MEMORY_TSO, ORDER_RELAXED, false), 0);
    assert_in_range(games_with_flag_first(MEMORY_WEAK, ORDER_RELAXED, false), SEEDS / 20, SEEDS);
    assert_in_range(games_with_flag_first(MEMORY_WEAK, ORDER_ACQUIRE, false), SEEDS / 20, SEEDS);
    assert_int_equal(games_with_flag_first(MEMORY_WEAK, ORDER_RELEASE, false), 0);
    assert_int_equal(games_with_flag_first(MEMORY_WEAK, ORDER_BOTH, false), 0);
    assert_int_equal(games_with_flag_first(MEMORY_WEAK, ORDER_SC, false), 0);
    assert_int_equal(games_with_flag_first(MEMORY_WEAK, ORDER_RELAXED, true), 0);
}

/* Is a store still unseen by others when a later load is made? */
static unsigned games_with_store_after_load(enum scenario_memory memory, int between)
{
    unsigned games = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        begin(memory, seed);
        store(data, 1);
        fence(between);
        (void)load(flag);
        games += *data == 0;
    }
    return games;
}

static void a_load_passes_a_store_unless_a_full_fence_is_between(void **state)
{
    (void)state;
    assert_int_equal(games_with_store_after_load(MEMORY_STRICT, ORDER_RELAXED), 0);
    for (int memory = MEMORY_TSO; memory <= MEMORY_WEAK; memory++) {
        assert_in_range(games_with_store_after_load(memory, ORDER_RELAXED), SEEDS / 10, SEEDS);
        assert_in_range(games_with_store_after_load(memory, ORDER_BOTH), SEEDS / 10, SEEDS);
        assert_int_equal(games_with_store_after_load(memory, ORDER_SC), 0);
    }
}

static void its_own_stores_it_sees_at_once(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        begin(MEMORY_WEAK, seed);
        for (uint32_t i = 1; i < 40; i++) {
            store(data, i);
            assert_int_equal(load(data), i);
            store((volatile uint32_t *)data + 1, i);
        }
        uint64_t both = 0;

        registers_settle(&domain);
        weak_load(&domain, data, sizeof both, ORDER_RELAXED);
        memcpy(&both, (const void *)(uintptr_t)data, sizeof both);
        registers_settle(&domain);
        assert_int_equal(both, 39ull << 32 | 39);
    }
}

/* What the others see of one place only ever gets newer. */
static uint32_t newest;

static void look_at_age(void)
{
    assert_true(*data >= newest);
    newest = *data;
}

static void one_place_is_written_in_order(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        begin(MEMORY_WEAK, seed);
        newest = 0;
        others = look_at_age;
        for (uint32_t i = 1; i < 100; i++) {
            store(data, i);
        }
        registers_settle(&domain);
        weak_yield(&domain, WEAK_ALL);
        assert_int_equal(*data, 99);
    }
}

/* The others fill in the data, and then set the flag; who finds the flag set looks at the data. */
static uint64_t fill_at_ps;

static void fill(void)
{
    if (domain.turn->now_ps >= fill_at_ps) {
        *data = 1;
        *flag = 1;
    }
}

static unsigned games_with_old_data(enum scenario_memory memory, int order, int between)
{
    unsigned games = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        begin(memory, seed);
        (void)load(data); /* so that it is used lately */
        others = fill;
        fill_at_ps = domain.turn->now_ps + DELAY_NS * 3000;
        while (load_as(flag, order) == 0) {
        }
        if (between != ORDER_RELAXED) {
            fence(between);
        }
        uint32_t first = load(data);

        assert_true(load(data) >= first);
        games += first == 0;
    }
    return games;
}

static void a_load_is_early_only_where_nothing_orders_it(void **state)
{
    (void)state;
    assert_int_equal(games_with_old_data(MEMORY_STRICT, ORDER_RELAXED, ORDER_RELAXED), 0);
    assert_int_equal(games_with_old_data(MEMORY_TSO, ORDER_RELAXED, ORDER_RELAXED), 0);
    assert_in_range(games_with_old_data(MEMORY_WEAK, ORDER_RELAXED, ORDER_RELAXED), SEEDS / 50,
                    SEEDS);
    assert_in_range(games_with_old_data(MEMORY_WEAK, ORDER_RELAXED, ORDER_RELEASE), SEEDS / 50,
                    SEEDS);
    assert_int_equal(games_with_old_data(MEMORY_WEAK, ORDER_RELAXED, ORDER_ACQUIRE), 0);
    assert_int_equal(games_with_old_data(MEMORY_WEAK, ORDER_RELAXED, ORDER_SC), 0);
    assert_int_equal(games_with_old_data(MEMORY_WEAK, ORDER_ACQUIRE, ORDER_RELAXED), 0);
}

/* More at once than there is room for. */
static void what_does_not_fit_is_seen(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        begin(MEMORY_WEAK, seed);
        for (uint32_t i = 0; i < 500; i++) {
            store(data + i, i + 1);
        }
        for (uint32_t i = 0; i < 500; i++) {
            assert_int_equal(load(data + i), i + 1);
        }
        weak_yield(&domain, WEAK_ALL);
        for (uint32_t i = 0; i < 500; i++) {
            assert_int_equal(data[i], i + 1);
        }
        memset((void *)(uintptr_t)data, 0, 500 * sizeof *data);
    }
}

/* Who watches from within sees what the domain sees, and leaves no trace. */
static void a_watcher_sees_its_view(void **state)
{
    unsigned differed = 0;

    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        begin(MEMORY_WEAK, seed);
        store(data, 1);
        store(data, 2);
        registers_settle(&domain);
        uint32_t seen = *data;

        weak_show(&domain);
        assert_int_equal(*data, 2);
        weak_hide(&domain);
        assert_int_equal(*data, seen);
        differed += seen != 2;
    }
    assert_true(differed > 0);
}

static void what_is_its_own_is_no_point(void **state)
{
    (void)state;
    begin(MEMORY_WEAK, 1);
    store(&own, 7);
    assert_int_equal(load(&own), 7);
    assert_int_equal(own, 7);
    assert_int_equal(turn.account.op_count[POINT_ACCESS], 0);
    store(data, 7);
    assert_int_equal(load(data), 7);
    assert_int_equal(turn.account.op_count[POINT_ACCESS], 2);
}

static void a_register_write_waits_for_no_store_but_what_is_fenced(void **state)
{
    unsigned late = 0;

    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        begin(MEMORY_WEAK, seed);
        store(data, 1);
        fence(ORDER_RELEASE);
        store(flag, 1);
        registers_settle(&domain);
        weak_yield(&domain, WEAK_FENCED);
        assert_int_equal(*data, 1);
        late += *flag == 0;
    }
    assert_in_range(late, SEEDS / 20, SEEDS);
}

/* The image's own access faults, where it is made, and not one that is made for it. */
static void what_it_may_not_touch_is_not_touched(void **state)
{
    volatile uint32_t *read_only = (volatile uint32_t *)(uintptr_t)READ_ONLY_VADDR;
    volatile uint32_t *nowhere = (volatile uint32_t *)(uintptr_t)(PLAN_WINDOW_BASE + REGION_BYTES);
    volatile uint32_t *over_the_end = nowhere - 1;

    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        begin(MEMORY_WEAK, seed);
        assert_int_equal(load(read_only), 0);
        weak_store(&domain, read_only, sizeof *read_only);
        registers_settle(&domain);
        weak_load(&domain, nowhere, sizeof *nowhere, ORDER_RELAXED);
        weak_store(&domain, nowhere, sizeof *nowhere);
        weak_load(&domain, over_the_end, sizeof(uint64_t), ORDER_RELAXED);
        weak_update(&domain, nowhere, 1);
        registers_settle(&domain);
        assert_int_equal(turn.account.op_count[POINT_ACCESS], 1);
    }
}

static bool map_at(uint64_t vaddr, int rights)
{
    void *wanted = (void *)(uintptr_t)vaddr;

    return mmap(wanted, REGION_BYTES, rights, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
                0) == wanted;
}

static int map_memory(void **state)
{
    (void)state;
    if (!map_at(PLAN_WINDOW_BASE, PROT_READ | PROT_WRITE) || !map_at(READ_ONLY_VADDR, PROT_READ)) {
        return -1;
    }
    data = (volatile uint32_t *)(uintptr_t)PLAN_WINDOW_BASE;
    flag = data + 4096;
    other = data + 8192;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stores_pass_each_other_only_where_nothing_orders_them),
        cmocka_unit_test(a_load_passes_a_store_unless_a_full_fence_is_between),
        cmocka_unit_test(its_own_stores_it_sees_at_once),
        cmocka_unit_test(one_place_is_written_in_order),
        cmocka_unit_test(a_load_is_early_only_where_nothing_orders_it),
        cmocka_unit_test(what_does_not_fit_is_seen),
        cmocka_unit_test(a_watcher_sees_its_view),
        cmocka_unit_test(what_is_its_own_is_no_point),
        cmocka_unit_test(what_it_may_not_touch_is_not_touched),
        cmocka_unit_test(a_register_write_waits_for_no_store_but_what_is_fenced),
    };

    return cmocka_run_group_tests(tests, map_memory, NULL);
}
