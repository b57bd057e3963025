/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A storm: whatever a hostile domain could make the runtime tell, all judges at once hear it, and
 * both reports are written of it. Nothing breaks, findings stay bounded, and the same storm reads
 * the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#undef expect_check /* cmocka's, for mocks, of which there are none here */

#include "sim/base/rng.h"
#include "sim/check/check.h"
#include "sim/observe/report.h"
#include "tests/unit/judged_plan.h"

#define EVENTS 20000u
#define STORMS 20u

/* Mostly what could be, often what is just beyond it, sometimes anything. */
static uint64_t some_number(struct rng *r)
{
    switch (rng_below(r, 4)) {
    case 0:
        return rng_below(r, 4);
    case 1:
        return rng_below(r, 2 * LINKS + 2);
    case 2:
        return RX_IO + rng_below(r, 0x40000);
    default:
        return rng_u64(r) >> rng_below(r, 64);
    }
}

static struct probe some_event(struct rng *r)
{
    return (struct probe){.time_ns = some_number(r),
                          .kind = (uint16_t)rng_below(r, PROBE_COUNT + 1),
                          .told = (uint8_t)rng_below(r, 3),
                          .pd = (uint32_t)some_number(r),
                          .object = (uint32_t)some_number(r),
                          .a = some_number(r),
                          .b = some_number(r),
                          .count = rng_below(r, 3)};
}

static char *report_of(struct judged *j, const struct checks *c, const struct account *account)
{
    struct report_check *checks = arena_array(&j->arena, c->count, sizeof *checks);
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);

    for (size_t i = 0; i < c->count; i++) {
        assert_true(c->runs[i].findings.count <= FINDINGS_MAX);
        assert_true(c->runs[i].findings.excused_count <= FINDINGS_MAX);
        checks[i] = (struct report_check){c->runs[i].type->name, c->runs[i].type->isolation,
                                          &c->runs[i].findings};
    }
    const struct report_input in = {.plan = &j->plan,
                                    .account = account,
                                    .clock = "virtual",
                                    .executor = "fiber",
                                    .platform = "generic",
                                    .checks = checks,
                                    .check_count = c->count};
    assert_int_equal(report_json(&in, to), 0);
    assert_int_equal(report_text(&in, to, true), 0);
    fclose(to);
    return text;
}

static char *storm(uint64_t seed)
{
    static const struct type_view stop = {.name = "stop"};
    struct judged *j = calloc(1, sizeof *j);
    struct probe_bus bus = {0};
    struct account account;
    struct rng r;

    judged_init(j);
    j->scenario.fault_count = 1;
    j->faults[0] = (struct scenario_fault){.type = &stop, .pd = "net0_virt_tx"};
    struct checks checks = checks_start(&j->plan, &j->diag);
    account_init(&account, &j->plan);
    checks_listen(&checks, &bus);
    probe_listen(&bus, account_event, &account);
    rng_init(&r, seed, "storm");
    for (unsigned i = 0; i < EVENTS; i++) {
        const struct probe p = some_event(&r);

        probe_emit(&bus, &p);
    }
    checks_finish(&checks);
    char *text = report_of(j, &checks, &account);
    judged_finish(j);
    free(j);
    return text;
}

static void any_storm_is_weathered_and_reads_the_same(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= STORMS; seed++) {
        char *once = storm(seed);
        char *again = storm(seed);

        assert_string_equal(once, again);
        free(once);
        free(again);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_storm_is_weathered_and_reads_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
