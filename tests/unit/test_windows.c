/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices with more than one window of registers: where a plan has each for the driver, what that
 * is told of them, and which offset the model sees of an access. Made of a model that has one, by
 * giving it more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sddf/hw/device.h>
#include <sddf/resources/device.h>

#include "sim/exec/registers.h"
#include "tests/unit/planned.h"

#define FIXED     0x3000000ull
#define FIRST     0x60000000ull
#define WIRE(w)   "{ \"name\": \"" w "\", \"kind\": \"gen\", \"count\": 1 }"
#define DEVICE(d) "{ \"name\": \"" d "\", \"model\": \"enet\", \"wire\": \"lan\" }"

static const char one_device[] = "{ \"version\": 1, \"wires\": [" WIRE(
    "lan") "], \"devices\": [" DEVICE("eth0") "],"
                                              "  \"networks\": [ { \"name\": \"net0\" } ],"
                                              "  \"clients\": [ { \"name\": \"a\", \"image\": "
                                              "\"network/client_echo\", \"copier\": {} } ] }";

static const char two_devices[] = "{ \"version\": 1, \"wires\": [" WIRE("lan") ", " WIRE(
    "wan") "],"
           "  \"devices\": [" DEVICE(
               "eth0") ", { \"name\": \"eth1\", \"model\": \"enet\","
                       "    \"wire\": \"wan\" } ],"
                       "  \"networks\": [ { \"name\": \"net0\", \"device\": \"eth0\" },"
                       "    { \"name\": \"net1\", \"device\": \"eth1\" } ],"
                       "  \"clients\": [ { \"name\": \"a\", \"image\": \"network/client_echo\", "
                       "\"copier\": {},"
                       "      \"network\": \"net0\" }, { \"name\": \"b\", \"image\": "
                       "\"network/client_echo\","
                       "      \"copier\": {}, \"network\": \"net1\" } ] }";

static struct planned p;
static struct device_type types[2];
static struct type_view views[2];

/* All its devices get the windows of `types`. */
static void build(struct plan *plan, uint32_t instance)
{
    for (size_t i = 0; i < plan->scenario->device_count; i++) {
        struct scenario_device *d = &plan->scenario->devices[i];

        if (d->type != &views[i]) {
            const struct device_type asked = types[i];

            types[i] = *(const struct device_type *)d->type->type;
            types[i].windows = asked.windows;
            types[i].place = asked.place;
            views[i] = *d->type;
            views[i].type = &types[i];
            d->type = &views[i];
        }
    }
    planned_class_build(plan, instance);
}

static bool plan_with(const char *text, const struct device_window *windows,
                      const struct device_window *others, const struct device_place *place)
{
    types[0] = (struct device_type){.windows = windows, .place = place};
    types[1] = (struct device_type){.windows = others};
    memset(views, 0, sizeof views);
    return planned_make_by(&p, text, build);
}

static int end(void **state)
{
    (void)state;
    planned_finish(&p);
    return 0;
}

static const device_resources_t *resources(void)
{
    const struct plan_blob *blob =
        plan_told(&p.plan->pds[p.plan->devices[0].driver], ".device_resources");

    assert_non_null(blob);
    return blob->bytes;
}

static void region_is(unsigned index, const struct plan_registers *r)
{
    const device_region_resource_t *region = &resources()->regions[index];

    assert_int_equal((uintptr_t)region->region.vaddr, r->vaddr);
    assert_int_equal(region->region.size, r->bytes);
    assert_int_equal(region->io_addr, 0);
}

/* Nothing is mapped in any of them, and none is in another. */
static void are_apart(void)
{
    for (uint32_t i = 0; i < p.plan->device_count * 3; i++) {
        const struct plan_device *d = &p.plan->devices[i / 3];
        const struct plan_registers *r = &d->registers[i % 3];

        if (i % 3 >= d->registers_count) {
            continue;
        }
        for (uint32_t m = 0; m < p.plan->map_count; m++) {
            const struct plan_map *map = &p.plan->maps[m];

            assert_true(map->vaddr >= r->vaddr + r->bytes ||
                        map->vaddr + p.plan->regions[map->region].bytes <= r->vaddr);
        }
        for (uint32_t k = 0; k < i % 3; k++) {
            const struct plan_registers *other = &d->registers[k];

            assert_true(other->vaddr > r->vaddr + r->bytes ||
                        other->vaddr + other->bytes < r->vaddr);
        }
    }
}

/* -- the plan -- */

static void test_one(void **state)
{
    (void)state;
    assert_true(plan_with(one_device, NULL, NULL, NULL));
    const struct plan_device *d = &p.plan->devices[0];

    assert_int_equal(d->registers_count, 1);
    assert_null(d->registers[0].name);
    assert_int_equal(d->registers[0].offset, 0);
    assert_int_equal(d->registers[0].bytes, 0x10000);
    assert_int_equal(resources()->num_regions, 3);
    region_is(0, &d->registers[0]);
    are_apart();
}

/* Regions that follow the memories, in the driver's own part of the address space. */
static void test_told(void **state)
{
    static const struct device_window windows[] = {
        {.name = "phy", .bytes = 0x1000}, {.name = "clocks", .bytes = 0x3000}, {.name = NULL}};

    (void)state;
    assert_true(plan_with(one_device, windows, NULL, NULL));
    const struct plan_device *d = &p.plan->devices[0];

    assert_int_equal(d->registers_count, 3);
    assert_string_equal(d->registers[1].name, "phy");
    assert_int_equal(d->registers[1].offset, 0x10000);
    assert_int_equal(d->registers[2].offset, 0x11000);
    assert_int_equal(d->registers[2].bytes, 0x3000);
    assert_int_equal(device_registers_bytes(&types[0]), 0x14000);
    assert_int_equal(resources()->num_regions, 5);
    for (unsigned i = 0; i < 3; i++) {
        region_is(i == 0 ? 0 : i + 2, &d->registers[i]);
        assert_int_equal((d->registers[i].vaddr - PLAN_WINDOW_BASE) / PLAN_WINDOW_BYTES, d->driver);
    }
    are_apart();
    assert_ptr_equal(plan_registers_by_offset(d, 0x10fff), &d->registers[1]);
    assert_ptr_equal(plan_registers_by_offset(d, 0x11000), &d->registers[2]);
    assert_null(plan_registers_by_offset(d, 0x14000));
}

/* What is expected somewhere is there, the driver is not told of it, and the rest is close by. */
static void test_expected(void **state)
{
    static const struct device_window windows[] = {
        {.name = "mailbox", .bytes = 0x1000, .vaddr = FIXED}, {.name = NULL}};

    (void)state;
    assert_true(plan_with(one_device, windows, NULL, NULL));
    const struct plan_device *d = &p.plan->devices[0];

    assert_int_equal(d->registers_count, 2);
    assert_int_equal(d->registers[1].vaddr, FIXED);
    assert_int_equal(resources()->num_regions, 3);
    region_is(0, &d->registers[0]);
    assert_in_range(d->registers[0].vaddr, FIXED + 0x2000, FIXED + 0x10000);
    are_apart();
}

static void test_expected_first(void **state)
{
    static const struct device_place place = {
        .regs_vaddr = FIRST, .memory_vaddr = 0x70000000, .memory_io_addr = 0x7a000000};
    static const struct device_window windows[] = {{.name = "phy", .bytes = 0x1000},
                                                   {.name = NULL}};

    (void)state;
    assert_true(plan_with(one_device, windows, NULL, &place));
    const struct plan_device *d = &p.plan->devices[0];

    assert_int_equal(d->registers[0].vaddr, FIRST);
    assert_in_range(d->registers[1].vaddr, FIRST + 0x10000, FIRST + 0x20000);
    region_is(3, &d->registers[1]);
    are_apart();
}

static void test_two_at_one_place(void **state)
{
    static const struct device_window mailbox[] = {
        {.name = "mailbox", .bytes = 0x1000, .vaddr = FIXED}, {.name = NULL}};
    static const struct device_window resets[] = {
        {.name = "resets", .bytes = 0x2000, .vaddr = FIXED - 0x1000}, {.name = NULL}};
    static const struct device_window elsewhere[] = {
        {.name = "resets", .bytes = 0x1000, .vaddr = FIXED + 0x100000}, {.name = NULL}};

    (void)state;
    assert_false(plan_with(two_devices, mailbox, resets, NULL));
    assert_non_null(strstr(planned_complaints(&p), "the driver of eth1 expects it where eth0 is"));
    planned_finish(&p);
    assert_true(plan_with(two_devices, mailbox, elsewhere, NULL));
    are_apart();
}

/* -- a driver's accesses -- */

static uint32_t seen[4];
static unsigned seen_count;

static uint64_t on_read(struct domain *d, uint32_t offset, unsigned bytes)
{
    (void)d;
    (void)bytes;
    seen[seen_count++] = offset;
    return offset;
}

static void on_write(struct domain *d, uint32_t offset, unsigned bytes, uint64_t value)
{
    (void)value;
    (void)on_read(d, offset, bytes);
}

static void test_accesses(void **state)
{
    static const struct device_window windows[] = {
        {.name = "mailbox", .bytes = 0x1000, .vaddr = FIXED}, {.name = NULL}};
    static const struct domain_calls calls = {.mmio_read = on_read, .mmio_write = on_write};
    static const struct domain_exec exec = {0};
    static struct domain domain;

    (void)state;
    assert_true(plan_with(one_device, windows, NULL, NULL));
    planned_map(&p);
    const struct plan_device *d = &p.plan->devices[0];
    uint64_t own = d->registers[0].vaddr;

    domain_init(&domain, p.plan, d->driver, &exec, NULL);
    domain.calls = &calls;
    assert_int_equal(domain_mmio_read(&domain, own + 0x24, 4), 0x24);
    assert_int_equal(domain_mmio_read(&domain, FIXED + 0x898, 4), 0x10898);
    domain_mmio_write(&domain, FIXED + 0x8a0, 4, 1);
    domain_mmio_write(&domain, own + 0xfffc, 4, 1);
    assert_int_equal(seen_count, 4);
    assert_int_equal(seen[2], 0x108a0);
    assert_int_equal(seen[3], 0xfffc);
    assert_true(registers_near(&domain, FIXED, 1));
    assert_true(registers_near(&domain, FIXED - 1, 2));
    assert_true(registers_near(&domain, FIXED + 0xfff, 4));
    assert_true(registers_near(&domain, own + 0xffff, 1));
    assert_false(registers_near(&domain, FIXED - 1, 1));
    assert_false(registers_near(&domain, FIXED + 0x1000, 4));
    assert_false(registers_near(&domain, own - 4, 4));
    assert_false(registers_near(&domain, own + 0x10000, 1));
    assert_false(registers_near(&domain, (uint64_t)(uintptr_t)&domain, 4));
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one),
        TEST(test_told),
        TEST(test_expected),
        TEST(test_expected_first),
        TEST(test_two_at_one_place),
        TEST(test_accesses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
