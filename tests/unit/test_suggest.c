/* SPDX-License-Identifier: BSD-2-Clause */
/* The slips people make find the name they meant, and nonsense finds nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sim/base/suggest.h"

static const char *const verbs[] = {"run", "check", "show", "diff", NULL, "list", "schema", "help"};
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const char *const longer[] = {"rx_ring", "tx_ring", "rx_buffers", "tx_buffers", "priority"};
#define LONGER (sizeof(longer) / sizeof(longer[0]))

static void each_kind_of_slip_is_forgiven(void **state)
{
    (void)state;
    assert_string_equal(suggest("dif", verbs, VERBS), "diff");
    assert_string_equal(suggest("diffs", verbs, VERBS), "diff");
    assert_string_equal(suggest("hulp", verbs, VERBS), "help");
    assert_string_equal(suggest("rnu", verbs, VERBS), "run");
    assert_string_equal(suggest("CHECK", verbs, VERBS), "check");
    assert_string_equal(suggest("sch", verbs, VERBS), "schema");
    assert_string_equal(suggest("pirority", longer, LONGER), "priority");
    assert_string_equal(suggest("rx_bufers", longer, LONGER), "rx_buffers");
}

static void nonsense_finds_nothing(void **state)
{
    char long_word[SUGGEST_WORD_BYTES + 2];

    (void)state;
    for (size_t i = 0; i <= SUGGEST_WORD_BYTES; i++) {
        long_word[i] = 'r';
    }
    long_word[SUGGEST_WORD_BYTES + 1] = '\0';
    assert_null(suggest("", verbs, VERBS));
    assert_null(suggest("frobnicate", verbs, VERBS));
    assert_null(suggest("x", verbs, VERBS));
    assert_null(suggest("dump", verbs, VERBS));
    assert_null(suggest(long_word, verbs, VERBS));
    assert_null(suggest("run", verbs, 0));
}

static void the_nearest_wins_and_then_the_first(void **state)
{
    static const char *const known[] = {"bat", "cat", "cart"};

    (void)state;
    assert_string_equal(suggest("cat", known, 3), "cat");
    assert_string_equal(suggest("hat", known, 3), "bat");
    assert_string_equal(suggest("carts", known, 3), "cart");
}

static void a_word_of_the_greatest_length_is_measured(void **state)
{
    char word[SUGGEST_WORD_BYTES + 1], other[SUGGEST_WORD_BYTES + 1];
    const char *known[] = {other};

    (void)state;
    for (size_t i = 0; i < SUGGEST_WORD_BYTES; i++) {
        word[i] = other[i] = (char)('a' + i % 26);
    }
    word[SUGGEST_WORD_BYTES] = other[SUGGEST_WORD_BYTES] = '\0';
    other[0] = 'Z';
    assert_ptr_equal(suggest(word, known, 1), other);
}

/* Of what is longer than any name, nothing is near, though it begins as one does. */
static void a_longer_word_is_not_measured(void **state)
{
    char word[SUGGEST_WORD_BYTES + 2], other[SUGGEST_WORD_BYTES + 1];
    const char *known[] = {other};

    (void)state;
    memset(word, 'a', sizeof word);
    memset(other, 'a', sizeof other);
    word[SUGGEST_WORD_BYTES + 1] = other[SUGGEST_WORD_BYTES] = '\0';
    assert_null(suggest(word, known, 1));
    assert_ptr_equal(suggest(other, known, 1), other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_slip_is_forgiven),
        cmocka_unit_test(nonsense_finds_nothing),
        cmocka_unit_test(the_nearest_wins_and_then_the_first),
        cmocka_unit_test(a_word_of_the_greatest_length_is_measured),
        cmocka_unit_test(a_longer_word_is_not_measured),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
