/* SPDX-License-Identifier: BSD-2-Clause */
/* A function of this very program is found by a place in it; a file that is broken anywhere tells
 * nothing, or something else, and hurts nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "sim/base/rng.h"
#include "sim/base/symbol.h"

#define SPOILT 400u

static const char *image(void)
{
    static char path[4096];
    const char *build = getenv("SDDFSIM_BUILD");

    snprintf(path, sizeof path, "%.4000s/images/network/copy.so", build != NULL ? build : "build");
    return path;
}

static uint8_t *read_all(const char *file, size_t *size)
{
    FILE *from = fopen(file, "r");
    uint8_t *bytes = malloc(1u << 22);

    assert_non_null(from);
    *size = fread(bytes, 1, 1u << 22, from);
    fclose(from);
    return bytes;
}

/* Wherever functions are: some place is in one of the image's own. */
static bool finds(const char *file, const char *name)
{
    char found[SYMBOL_BYTES];

    for (uint64_t offset = 1; offset < 0x8000; offset++) {
        if (symbol_before(file, offset, found) && strcmp(found, name) == 0) {
            return true;
        }
    }
    return false;
}

static void functions_have_names(void **state)
{
    char found[SYMBOL_BYTES];

    (void)state;
    assert_true(finds(image(), "notified"));
    assert_true(finds(image(), "init"));
    assert_false(symbol_before(image(), 0, found));
    assert_false(symbol_before(image(), UINT64_MAX, found));
    assert_false(symbol_before("/nowhere/at/all", 0x1000, found));
    assert_false(symbol_before("/", 0x1000, found));
}

static void a_spoilt_file_hurts_nobody(void **state)
{
    char path[] = "/tmp/sddfsim-symbol-XXXXXX", found[SYMBOL_BYTES];
    size_t size;
    uint8_t *good = read_all(image(), &size);
    int fd = mkstemp(path);
    struct rng r;

    (void)state;
    assert_true(fd >= 0);
    rng_init(&r, 1, "symbol");
    for (unsigned i = 0; i < SPOILT; i++) {
        uint8_t *bad = malloc(size);
        size_t cut = i % 4 == 0 ? rng_below(&r, size) : size;

        memcpy(bad, good, size);
        for (unsigned k = 0; k < 8; k++) {
            /* The head, the table of sections, or anywhere. */
            size_t where = k % 3 == 0   ? rng_below(&r, 64)
                           : k % 3 == 1 ? size - 1 - rng_below(&r, 3000)
                                        : rng_below(&r, size);

            bad[where] = (uint8_t)rng_u64(&r);
        }
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, bad, cut, 0), cut);
        for (uint64_t offset = 0x1000; offset < 0x2000; offset += 0x80) {
            (void)symbol_before(path, offset, found);
        }
        free(bad);
    }
    close(fd);
    unlink(path);
    free(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_have_names),
        cmocka_unit_test(a_spoilt_file_hurts_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
