/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines between processors and a device: what passes by an operation, what by chance and what not
 * at all, and which omission is told of. The region is small and its last line is a short one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sim/hw/lines.h"

#define LINE   64u
#define BYTES  (8 * LINE + 8)
#define LINES  9u
#define ALWAYS 1000000u

/* Longer than the region is: what lies behind it is nobody's. */
static uint8_t cpu[LINES * LINE], memory[LINES * LINE], agreed[LINES * LINE], marks[LINES];
static struct rng dice;
static unsigned harms[LINE_LOST + 1];
static uint64_t harmed_at;

static void on_harm(void *context, enum line_harm harm, uint64_t offset)
{
    assert_ptr_equal(context, &dice);
    harms[harm]++;
    harmed_at = offset;
}

static struct lines lines = {.cpu = cpu,
                             .memory = memory,
                             .agreed = agreed,
                             .marks = marks,
                             .bytes = BYTES,
                             .line_bytes = LINE,
                             .harm = on_harm,
                             .context = &dice};

static int begin(void **state)
{
    (void)state;
    memset(cpu, 0, sizeof cpu);
    memset(memory, 0, sizeof memory);
    memset(agreed, 0, sizeof agreed);
    memset(marks, 0, sizeof marks);
    memset(harms, 0, sizeof harms);
    harmed_at = UINT64_MAX;
    rng_init(&dice, 1, "lines");
    return 0;
}

static unsigned all_harms(void)
{
    unsigned sum = 0;

    for (unsigned i = 0; i <= LINE_LOST; i++) {
        sum += harms[i];
    }
    return sum;
}

static void device_writes(uint64_t offset, uint8_t value, uint64_t bytes)
{
    memset(memory + offset, value, bytes);
    lines_written_by_device(&lines, offset, bytes);
}

static void nothing_passes_by_itself(void **state)
{
    (void)state;
    cpu[5] = 1;
    device_writes(LINE, 2, 10);
    assert_int_equal(memory[5], 0);
    assert_int_equal(cpu[LINE], 0);
    lines_evict(&lines, 0, BYTES, &dice, 0);
    assert_int_equal(memory[5], 0);
    assert_int_equal(cpu[LINE], 0);
    assert_int_equal(all_harms(), 0);
}

/* Operations take whole lines, and no more of them than they are asked. */
static void a_clean_writes_back_whole_lines(void **state)
{
    (void)state;
    cpu[LINE - 1] = 1;
    cpu[LINE] = 2;
    cpu[2 * LINE] = 3;
    lines_clean(&lines, LINE - 1, 2);
    assert_int_equal(memory[LINE - 1], 1);
    assert_int_equal(memory[LINE], 2);
    assert_int_equal(memory[2 * LINE], 0);
    lines_clean(&lines, 2 * LINE + 63, 1);
    assert_int_equal(memory[2 * LINE], 3);
    lines_read_by_device(&lines, 0, BYTES);
    assert_int_equal(all_harms(), 0);
}

static void the_last_line_may_be_short(void **state)
{
    (void)state;
    cpu[BYTES - 1] = 7;
    cpu[BYTES] = 8;
    lines_clean(&lines, BYTES - 1, UINT64_MAX);
    assert_int_equal(memory[BYTES - 1], 7);
    assert_int_equal(memory[BYTES], 0);
    device_writes(BYTES - 1, 9, 1);
    lines_clean_and_invalidate(&lines, 8 * LINE, 8);
    assert_int_equal(cpu[BYTES - 1], 9);
    lines_clean(&lines, BYTES, 1); /* beyond it is nothing */
    lines_clean(&lines, 0, 0);
    lines_read_by_device(&lines, UINT64_MAX, UINT64_MAX);
    assert_int_equal(all_harms(), 0);
}

static void reading_what_is_dirty_is_told_of(void **state)
{
    (void)state;
    cpu[3 * LINE + 1] = 1;
    lines_read_by_device(&lines, 0, BYTES);
    assert_int_equal(harms[LINE_STALE], 1);
    assert_int_equal(harmed_at, 3 * LINE);
    assert_int_equal(all_harms(), 1);
}

/* Cleaned for one read: what is written after it needs another. */
static void a_clean_is_good_for_one_frame(void **state)
{
    (void)state;
    cpu[0] = 1;
    lines_clean(&lines, 0, 1);
    lines_read_by_device(&lines, 0, 1);
    cpu[0] = 2;
    lines_read_by_device(&lines, 0, 1);
    assert_int_equal(harms[LINE_STALE], 1);
    assert_int_equal(all_harms(), 1);
}

static void what_is_rewritten_after_a_clean_is_told_apart(void **state)
{
    (void)state;
    cpu[0] = 1;
    lines_clean(&lines, 0, 1);
    cpu[0] = 2;
    lines_read_by_device(&lines, 0, 1);
    assert_int_equal(harms[LINE_REWRITTEN], 1);
    assert_int_equal(all_harms(), 1);
}

static void luck_is_no_clean(void **state)
{
    (void)state;
    cpu[0] = 1;
    lines_evict(&lines, 0, 1, &dice, ALWAYS);
    assert_int_equal(memory[0], 1);
    lines_read_by_device(&lines, 0, 1);
    assert_int_equal(harms[LINE_LUCKY], 1);
    lines_read_by_device(&lines, 0, 1); /* the same frame again is the same mistake */
    assert_int_equal(all_harms(), 1);
}

static void a_clean_after_luck_is_one(void **state)
{
    (void)state;
    cpu[0] = 1;
    lines_evict(&lines, 0, 1, &dice, ALWAYS);
    lines_clean(&lines, 0, 1);
    lines_read_by_device(&lines, 0, 1);
    assert_int_equal(all_harms(), 0);
}

static void what_a_device_wrote_is_unseen_until_invalidated(void **state)
{
    uint64_t where = 0;

    (void)state;
    device_writes(2 * LINE, 5, LINE + 1);
    assert_false(lines_unseen(&lines, 0, 2 * LINE, &where));
    assert_true(lines_unseen(&lines, 0, BYTES, &where));
    assert_int_equal(where, 2 * LINE);
    lines_evict(&lines, 0, BYTES, &dice, ALWAYS); /* fetched anew: seen, and still by luck only */
    assert_int_equal(cpu[2 * LINE], 5);
    assert_true(lines_unseen(&lines, 2 * LINE, 1, &where));
    lines_clean(&lines, 2 * LINE, LINE); /* a clean makes nothing seen */
    assert_true(lines_unseen(&lines, 2 * LINE, 1, &where));
    lines_clean_and_invalidate(&lines, 2 * LINE, LINE);
    assert_true(lines_unseen(&lines, 0, BYTES, &where));
    assert_int_equal(where, 3 * LINE);
    lines_clean_and_invalidate(&lines, 3 * LINE, 1);
    assert_false(lines_unseen(&lines, 0, BYTES, &where));
    assert_memory_equal(cpu, memory, BYTES);
    assert_int_equal(all_harms(), 0);
}

/* A line that was dirty when the device wrote goes over that, by whatever writes it back. */
static void a_dirty_line_goes_over_what_was_received(void **state)
{
    (void)state;
    cpu[1] = 1;
    cpu[LINE + 1] = 1;
    device_writes(0, 9, 2 * LINE);
    assert_int_equal(all_harms(), 0);
    lines_evict(&lines, 0, LINE, &dice, ALWAYS);
    assert_int_equal(harms[LINE_LOST], 1);
    assert_int_equal(memory[0], 0);
    lines_clean_and_invalidate(&lines, LINE, LINE);
    assert_int_equal(harms[LINE_LOST], 2);
    assert_int_equal(harmed_at, LINE);
    assert_int_equal(cpu[LINE], 0);
}

static void clean_lines_are_no_danger_to_what_is_received(void **state)
{
    (void)state;
    cpu[1] = 1;
    lines_clean(&lines, 0, LINE);
    device_writes(0, 9, LINE);
    lines_evict(&lines, 0, LINE, &dice, ALWAYS);
    lines_clean_and_invalidate(&lines, 0, LINE);
    assert_int_equal(cpu[1], 9);
    assert_int_equal(all_harms(), 0);
}

static void chance_is_as_often_as_asked(void **state)
{
    unsigned left = 0;

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        begin(NULL);
        rng_init(&dice, i, "lines");
        cpu[0] = 1;
        lines_evict(&lines, 0, 1, &dice, 250000);
        left += memory[0];
    }
    assert_in_range(left, 200, 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_passes_by_itself, begin),
        cmocka_unit_test_setup(a_clean_writes_back_whole_lines, begin),
        cmocka_unit_test_setup(the_last_line_may_be_short, begin),
        cmocka_unit_test_setup(reading_what_is_dirty_is_told_of, begin),
        cmocka_unit_test_setup(a_clean_is_good_for_one_frame, begin),
        cmocka_unit_test_setup(what_is_rewritten_after_a_clean_is_told_apart, begin),
        cmocka_unit_test_setup(luck_is_no_clean, begin),
        cmocka_unit_test_setup(a_clean_after_luck_is_one, begin),
        cmocka_unit_test_setup(what_a_device_wrote_is_unseen_until_invalidated, begin),
        cmocka_unit_test_setup(a_dirty_line_goes_over_what_was_received, begin),
        cmocka_unit_test_setup(clean_lines_are_no_danger_to_what_is_received, begin),
        cmocka_unit_test_setup(chance_is_as_often_as_asked, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
