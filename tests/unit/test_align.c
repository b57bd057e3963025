/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Alignments are checked against the textbook: the longest common subsequence by dynamic
 * programming. With all the effort it wants the search must find one that long wherever no anchor
 * ties its hands; with little effort it must still find a valid one, and soon.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/base/align.h"

#define LENGTH_MAX 64
#define KINDS      200

static uint64_t dice = 88172645463325252u;

static uint32_t roll(uint32_t sides)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (uint32_t)(dice % sides);
}

static uint32_t longest_common(const uint32_t *a, uint32_t a_count, const uint32_t *b,
                               uint32_t b_count)
{
    static uint32_t best[LENGTH_MAX + 1][LENGTH_MAX + 1];

    for (uint32_t i = 1; i <= a_count; i++) {
        for (uint32_t j = 1; j <= b_count; j++) {
            uint32_t skip = best[i - 1][j] > best[i][j - 1] ? best[i - 1][j] : best[i][j - 1];

            best[i][j] = a[i - 1] == b[j - 1] ? best[i - 1][j - 1] + 1 : skip;
        }
    }
    return best[a_count][b_count];
}

/* Equal elements, in order on both sides, none twice. Returns how many. */
static uint32_t assert_valid(const uint32_t *a, uint32_t a_count, const uint32_t *b,
                             uint32_t b_count, const uint32_t *match)
{
    uint32_t next = 0, matched = 0;

    for (uint32_t i = 0; i < a_count; i++) {
        if (match[i] != ALIGN_NONE) {
            assert_true(match[i] >= next && match[i] < b_count);
            assert_int_equal(a[i], b[match[i]]);
            next = match[i] + 1;
            matched++;
        }
    }
    return matched;
}

/* b is a with losses, additions and swaps. Returns its length. */
static uint32_t disturb(const uint32_t *a, uint32_t a_count, uint32_t *b, uint32_t kinds,
                        uint32_t one_in)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < a_count && count < LENGTH_MAX; i++) {
        switch (roll(one_in)) {
        case 0:
            break;
        case 1:
            b[count++] = roll(kinds);
            break;
        case 2:
            b[count++] = a[i];
            if (count >= 2) {
                b[count - 1] = b[count - 2];
                b[count - 2] = a[i];
            }
            break;
        default:
            b[count++] = a[i];
        }
    }
    return count;
}

static void near_sequences_are_aligned_as_well_as_can_be(void **state)
{
    uint32_t a[LENGTH_MAX], b[LENGTH_MAX], match[LENGTH_MAX];
    struct align *s;

    (void)state;
    assert_int_equal(align_create(&s, LENGTH_MAX, LENGTH_MAX, KINDS, ALIGN_COST_MAX), 0);
    for (int round = 0; round < 30000; round++) {
        uint32_t kinds = 1 + roll(round % 2 == 0 ? 6 : 60), a_count = roll(LENGTH_MAX + 1);

        for (uint32_t i = 0; i < a_count; i++) {
            a[i] = roll(kinds);
        }
        uint32_t b_count = disturb(a, a_count, b, kinds, 3 + roll(10));

        align_run(s, a, a_count, b, b_count, match);
        assert_int_equal(assert_valid(a, a_count, b, b_count, match),
                         longest_common(a, a_count, b, b_count));
    }
    align_destroy(s);
}

static void far_sequences_of_unique_elements_are_aligned_as_well_as_can_be(void **state)
{
    struct align *s;
    uint32_t a[LENGTH_MAX], b[LENGTH_MAX], match[LENGTH_MAX];

    (void)state;
    assert_int_equal(align_create(&s, LENGTH_MAX, LENGTH_MAX, KINDS, 1), 0);
    for (int round = 0; round < 20000; round++) {
        uint32_t a_count = roll(LENGTH_MAX), b_count = 0;

        for (uint32_t i = 0; i < a_count; i++) {
            a[i] = i;
        }
        for (uint32_t i = 0; i < a_count; i++) {
            if (roll(5) != 0) {
                b[b_count++] = roll(6) == 0 ? LENGTH_MAX + i : a[i];
            }
        }
        for (uint32_t swaps = roll(8); swaps > 0 && b_count > 0; swaps--) {
            uint32_t x = roll(b_count), y = roll(b_count), kept = b[x];

            b[x] = b[y];
            b[y] = kept;
        }
        align_run(s, a, a_count, b, b_count, match);
        assert_int_equal(assert_valid(a, a_count, b, b_count, match),
                         longest_common(a, a_count, b, b_count));
    }
    align_destroy(s);
}

static void little_effort_still_gives_an_alignment(void **state)
{
    uint32_t a[LENGTH_MAX], b[LENGTH_MAX], match[LENGTH_MAX];

    (void)state;
    for (uint32_t cost = 1; cost < 6; cost++) {
        struct align *s;

        assert_int_equal(align_create(&s, LENGTH_MAX, LENGTH_MAX, KINDS, cost), 0);
        for (int round = 0; round < 20000; round++) {
            uint32_t kinds = 1 + roll(12), a_count = roll(LENGTH_MAX), b_count = roll(LENGTH_MAX);

            for (uint32_t i = 0; i < a_count; i++) {
                a[i] = roll(kinds);
            }
            for (uint32_t i = 0; i < b_count; i++) {
                b[i] = roll(kinds);
            }
            align_run(s, a, a_count, b, b_count, match);
            assert_valid(a, a_count, b, b_count, match);
        }
        align_destroy(s);
    }
}

/* What one loss costs in a long sequence of few kinds, where nothing is unique: one element. */
static void one_loss_is_one_difference(void **state)
{
    enum { LONG = 20000 };
    static uint32_t a[LONG], b[LONG], match[LONG];
    struct align *s;

    (void)state;
    for (uint32_t i = 0; i < LONG; i++) {
        a[i] = roll(3);
    }
    assert_int_equal(align_create(&s, LONG, LONG, 3, ALIGN_COST_MAX), 0);
    for (uint32_t lost = 0; lost < LONG; lost += 997) {
        memcpy(b, a, lost * sizeof(*a));
        memcpy(&b[lost], &a[lost + 1], (LONG - 1 - lost) * sizeof(*a));
        align_run(s, a, LONG, b, LONG - 1, match);
        assert_int_equal(assert_valid(a, LONG, b, LONG - 1, match), LONG - 1);
    }
    align_destroy(s);
}

/* Two sequences that have nothing but their kinds in common must not take for ever. */
static void the_effort_is_bounded(void **state)
{
    enum { LONG = 200000 };
    uint32_t *a = malloc(LONG * sizeof(*a)), *b = malloc(LONG * sizeof(*b));
    uint32_t *match = malloc(LONG * sizeof(*match));
    struct align *s;
    clock_t start;

    (void)state;
    for (uint32_t i = 0; i < LONG; i++) {
        a[i] = roll(1000);
        b[i] = roll(1000);
    }
    assert_int_equal(align_create(&s, LONG, LONG, 1000, ALIGN_COST_MAX), 0);
    start = clock();
    align_run(s, a, LONG, b, LONG, match);
    /* Unbounded it is minutes; the margin is for slow machines and sanitizers. */
    assert_true(clock() - start < 20 * CLOCKS_PER_SEC);
    assert_true(assert_valid(a, LONG, b, LONG, match) > LONG / 100);
    align_destroy(s);
    free(a);
    free(b);
    free(match);
}

static void a_workspace_forgets_what_it_aligned(void **state)
{
    const uint32_t a[] = {0, 1, 2, 3}, b[] = {9, 1, 9, 3, 0};
    uint32_t first[4], later[4];
    struct align *s;

    (void)state;
    assert_int_equal(align_create(&s, 4, 5, 10, ALIGN_COST_MAX), 0);
    align_run(s, a, 4, b, 5, first);
    assert_int_equal(first[0], ALIGN_NONE);
    assert_int_equal(first[1], 1);
    assert_int_equal(first[2], ALIGN_NONE);
    assert_int_equal(first[3], 3);
    for (int i = 0; i < 3; i++) {
        align_run(s, a, 4, b, 5, later);
        assert_memory_equal(first, later, sizeof(first));
    }
    align_run(s, a, 0, b, 5, later);
    align_run(s, a, 4, b, 0, later);
    assert_int_equal(later[0], ALIGN_NONE);
    align_destroy(s);
    align_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_sequences_are_aligned_as_well_as_can_be),
        cmocka_unit_test(far_sequences_of_unique_elements_are_aligned_as_well_as_can_be),
        cmocka_unit_test(little_effort_still_gives_an_alignment),
        cmocka_unit_test(one_loss_is_one_difference),
        cmocka_unit_test(the_effort_is_bounded),
        cmocka_unit_test(a_workspace_forgets_what_it_aligned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
