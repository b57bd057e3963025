/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What platform imx8mm says of the published systems. Its constants were fitted once; whatever
 * changes in the kernel, the NIC, the images or the table changes what comes out, and then the
 * prediction is another one. The bands are 2 % wide to each side of what came out when they were
 * fitted, so that what does not matter to them may change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/live_run.h"

#include <cmocka.h>

struct outcome {
    double cycles, entries; /* a packet */
    double utilisation;
};

static double number(json_t *report, const char *path)
{
    json_t *value = live_get(report, path);

    if (value == NULL) {
        fail_msg("the report has no %s", path);
    }
    return json_number_value(value);
}

/* Entries into the kernel: all it is charged for but the switches they end in. */
static double entries_of(json_t *report)
{
    double count = 0;
    const char *pd_name, *name;
    json_t *pd, *work;

    json_object_foreach(json_object_get(report, "pds"), pd_name, pd)
    {
        json_object_foreach(live_get(pd, "cycles.work"), name, work)
        {
            if (strncmp(name, "kernel.", 7) == 0 && strcmp(name, "kernel.switch") != 0) {
                count += number(work, "count");
            }
        }
    }
    return count;
}

/* A published system for a second at this load, with one more key set if that is not NULL. */
static struct outcome run_published(const char *system, unsigned mbit_s, const char *set)
{
    char path[64], load[64];
    struct live l;

    snprintf(path, sizeof path, "scenarios/published-%s.json", system);
    snprintf(load, sizeof load, "/wires/0/offered=%u Mbit/s", mbit_s);
    char *scenario = live_read(path, NULL);
    const struct live_how how = {
        .args = {"-q", "--set", load, "--set", "/expect=[]", set == NULL ? NULL : "--set", set}};

    assert_non_null(scenario);
    if (live_run(&l, scenario, &how) != 0) {
        fail_msg("%s at %u Mbit/s: %s", system, mbit_s, l.said);
    }
    free(scenario);
    json_t *report = live_report(&l);

    assert_non_null(report);
    struct outcome outcome = {
        .cycles = number(report, "cpu.cycles_per_packet"),
        .utilisation = number(report, "cpu.utilisation_ppm") / 1e6,
        .entries = entries_of(report) / number(report, "cpu.packets"),
    };
    json_decref(report);
    return outcome;
}

static void assert_near(const char *what, const char *system, unsigned mbit_s, double is,
                        double fitted)
{
    if (is < fitted * 0.98 || is > fitted * 1.02) {
        fail_msg("%s of %s at %u Mbit/s: %.2f, not about %.2f", what, system, mbit_s, is, fitted);
    }
}

static void test_fitted_systems(void **unused)
{
    static const struct {
        const char *system;
        unsigned mbit_s;
        double cycles, utilisation;
    } fitted[] = {
        {"2pd", 50, 14686, 0.0622}, {"2pd", 300, 10476, 0.2648}, {"2pd", 957, 7576, 0.6094},
        {"4pd", 50, 23161, 0.0982}, {"4pd", 300, 14001, 0.3539}, {"4pd", 957, 8254, 0.6640},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof fitted / sizeof fitted[0]; i++) {
        struct outcome o = run_published(fitted[i].system, fitted[i].mbit_s, NULL);

        assert_near("cycles per packet", fitted[i].system, fitted[i].mbit_s, o.cycles,
                    fitted[i].cycles);
        assert_near("utilisation", fitted[i].system, fitted[i].mbit_s, o.utilisation,
                    fitted[i].utilisation);
    }
}

static void test_predicted_systems(void **unused)
{
    static const struct {
        const char *system, *platform;
        unsigned mbit_s;
        double cycles;
    } predicted[] = {
        {"5pd", NULL, 300, 15364},
        {"5pd", NULL, 957, 9047},
        {"dummy", NULL, 300, 15516},
        {"dummy", NULL, 957, 8711},
        {"4pd", "/platform={\"like\": \"imx8mm\", \"ops\": {\"barriers\": true}}", 957, 8564},
        {"4pd", "/platform=imx8mm-smp", 957, 8776},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof predicted / sizeof predicted[0]; i++) {
        struct outcome o =
            run_published(predicted[i].system, predicted[i].mbit_s, predicted[i].platform);

        assert_near("cycles per packet", predicted[i].system, predicted[i].mbit_s, o.cycles,
                    predicted[i].cycles);
    }
}

/* A round trip alone: every message is a signal, a wait and a switch. Under load they are shared.
 */
static void test_entries_are_shared(void **unused)
{
    (void)unused;
    assert_near("entries", "4pd", 10, run_published("4pd", 10, NULL).entries, 13.6);
    assert_true(run_published("4pd", 957, NULL).entries < 1.5);
}

/* Without a budget nothing piles up, and nothing is shared. */
static void test_budget_decides(void **unused)
{
    double with = run_published("4pd", 500, NULL).cycles;
    double without = run_published("4pd", 500, "/networks/0/driver/budget=400 us").cycles;

    (void)unused;
    assert_true(without > with * 1.2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fitted_systems),
        cmocka_unit_test(test_predicted_systems),
        cmocka_unit_test(test_entries_are_shared),
        cmocka_unit_test(test_budget_decides),
    };

    return cmocka_run_group_tests(tests, live_begin, live_end);
}
