/* SPDX-License-Identifier: BSD-2-Clause */
/* Digests against published vectors; streams that repeat, differ by name, and are fair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "sim/base/hash.h"
#include "sim/base/rng.h"

static void assert_sha256(const void *bytes, size_t count, size_t step, const char *expected)
{
    struct sha256 s;
    uint8_t digest[SHA256_BYTES];
    char text[SHA256_TEXT_BYTES];

    sha256_init(&s);
    for (size_t at = 0; at < count; at += step) {
        sha256_add(&s, (const char *)bytes + at, count - at < step ? count - at : step);
    }
    sha256_final(&s, digest);
    sha256_text(digest, text);
    assert_string_equal(text, expected);
}

/* FIPS 180-4's own examples, and the lengths around the edge of a block. */
static void sha256_gives_the_published_digests(void **state)
{
    static const char long_one[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    static char million[1000000];

    (void)state;
    assert_sha256("", 0, 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_sha256("abc", 3, 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_sha256(long_one, 56, 7,
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    memset(million, 'a', sizeof million);
    assert_sha256(million, sizeof million, 977,
                  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    assert_sha256(million, 55, 55,
                  "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
    assert_sha256(million, 64, 64,
                  "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}

static void a_file_has_the_digest_of_its_bytes(void **state)
{
    char path[64], text[SHA256_TEXT_BYTES];
    int fd = memfd_create("abc", MFD_CLOEXEC);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "abc", 3), 3);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    assert_int_equal(sha256_file(path, text), 0);
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    close(fd);
    assert_true(sha256_file(path, text) < 0);
    assert_true(sha256_file("/", text) < 0);
}

/* Pinned: a digest in a report must mean the same tomorrow. */
static void the_digest_is_what_it_always_was(void **state)
{
    (void)state;
    assert_true(hash_final(HASH_START) == UINT64_C(0xef46db3751d8e999));
    assert_true(hash_final(hash_u64(HASH_START, 1)) == UINT64_C(0x9dcdad2e8e050331));
    assert_true(hash_final(hash_text(HASH_START, "client0.rx")) == UINT64_C(0x68e6f92afc48c0d5));
}

static void the_digest_tells_items_apart(void **state)
{
    uint64_t ab_c = hash_text(hash_text(HASH_START, "ab"), "c");
    uint64_t a_bc = hash_text(hash_text(HASH_START, "a"), "bc");

    (void)state;
    assert_true(ab_c != a_bc);
    assert_true(hash_bytes(HASH_START, "\0\0", 2) != hash_bytes(HASH_START, "\0\0\0", 3));
    assert_true(hash_bytes(HASH_START, "", 0) != HASH_START);
    for (int bit = 0; bit < 64; bit++) {
        assert_true(hash_u64(HASH_START, 0) != hash_u64(HASH_START, UINT64_C(1) << bit));
    }
}

static void a_stream_repeats_and_is_its_own(void **state)
{
    struct rng a, again, other_name, other_seed;
    int same_name = 0, same_seed = 0;

    (void)state;
    rng_init(&a, 1, "wire.lan");
    rng_init(&again, 1, "wire.lan");
    rng_init(&other_name, 1, "fault.0");
    rng_init(&other_seed, 2, "wire.lan");
    for (int i = 0; i < 1000; i++) {
        uint64_t x = rng_u64(&a);

        assert_true(x == rng_u64(&again));
        same_name += x == rng_u64(&other_name);
        same_seed += x == rng_u64(&other_seed);
    }
    assert_int_equal(same_name, 0);
    assert_int_equal(same_seed, 0);
}

/* The generator's first numbers from the state 1, 2, 3, 4, as its authors' code gives them. */
static void the_generator_is_xoshiro(void **state)
{
    static const uint64_t expected[] = {11520, 0, 1509978240, 1215971899390074240};
    struct rng r = {{1, 2, 3, 4}};

    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_true(rng_u64(&r) == expected[i]);
    }
}

static void numbers_below_a_bound_are_fair(void **state)
{
    /* With a bound of 3/4 of the range, one number in three would come twice as often as the others
     * unless some draws were thrown away. */
    const uint64_t bound = UINT64_C(3) << 62;
    unsigned thirds[3] = {0}, small[6] = {0}, heads = 0;
    struct rng r;

    (void)state;
    rng_init(&r, 7, "fair");
    for (int i = 0; i < 30000; i++) {
        uint64_t x = rng_below(&r, bound);

        assert_true(x < bound);
        thirds[x % 3]++;
        small[rng_below(&r, 6)]++;
        heads += rng_chance(&r, 1, 3);
        x = rng_between(&r, 5, 7);
        assert_true(x >= 5 && x <= 7);
    }
    for (int i = 0; i < 3; i++) {
        assert_in_range(thirds[i], 9500, 10500);
    }
    for (int i = 0; i < 6; i++) {
        assert_in_range(small[i], 4700, 5300);
    }
    assert_in_range(heads, 9500, 10500);
    assert_true(rng_below(&r, 1) == 0);
    assert_true(rng_between(&r, 9, 9) == 9);
    (void)rng_between(&r, 0, UINT64_MAX);
}

static void bytes_fill_exactly_what_they_should(void **state)
{
    unsigned char out[16];
    struct rng r, words;

    (void)state;
    memset(out, 0xee, sizeof out);
    rng_init(&r, 1, "bytes");
    rng_init(&words, 1, "bytes");
    rng_bytes(&r, out, 11);
    uint64_t first = rng_u64(&words);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(out[i], (first >> (8 * i)) & 0xff);
    }
    for (int i = 11; i < 16; i++) {
        assert_int_equal(out[i], 0xee);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_published_digests),
        cmocka_unit_test(a_file_has_the_digest_of_its_bytes),
        cmocka_unit_test(the_digest_is_what_it_always_was),
        cmocka_unit_test(the_digest_tells_items_apart),
        cmocka_unit_test(a_stream_repeats_and_is_its_own),
        cmocka_unit_test(the_generator_is_xoshiro),
        cmocka_unit_test(numbers_below_a_bound_are_fair),
        cmocka_unit_test(bytes_fill_exactly_what_they_should),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
