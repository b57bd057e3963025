/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_UTIL_BITARRAY_H
#define SDDF_UTIL_BITARRAY_H
/*
 * Bits by number, in 64-bit words of the caller. Bit i is bit i % 64 of word i / 64. Regions are
 * worked on a word at a time. An index or region that is not inside the array is the caller's
 * mistake and asserts.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sddf/util/util.h>

/* How many words hold `n` bits. */
#define BITS_2_WORDS64(n) (((n) + 63) / 64)

typedef struct bitarray {
    size_t num_bits;
    uint64_t *words;
} bitarray_t;

/* `words` holds BITS_2_WORDS64(num_bits) words, stays the caller's, and keeps what is in it. */
static inline void bitarray_init(bitarray_t *b, uint64_t *words, size_t num_bits)
{
    b->num_bits = num_bits;
    b->words = words;
}

/* 1 or 0. */
static inline char bitarray_get_bit(bitarray_t *b, size_t index)
{
    assert(index < b->num_bits);
    return (char)(b->words[index / 64] >> (index % 64) & 1);
}

/*
 * The bits of one word that a region starting at bit `start` with `len` bits to go covers; how many
 * in *covered.
 */
static inline uint64_t bitarray_word_mask(size_t start, size_t len, size_t *covered)
{
    size_t first = start % 64;

    *covered = MIN(len, 64 - first);
    return ~(uint64_t)0 >> (64 - *covered) << first;
}

/* Set `len` bits from `start` on to `value`. */
static inline void bitarray_set_region(bitarray_t *b, size_t start, size_t len, bool value)
{
    size_t covered;

    assert(start <= b->num_bits);
    assert(len <= b->num_bits - start);
    for (; len > 0; start += covered, len -= covered) {
        uint64_t mask = bitarray_word_mask(start, len, &covered);

        if (value) {
            b->words[start / 64] |= mask;
        } else {
            b->words[start / 64] &= ~mask;
        }
    }
}

/* Turn over `len` bits from `start` on. */
static inline void bitarray_toggle_region(bitarray_t *b, size_t start, size_t len)
{
    size_t covered;

    assert(start <= b->num_bits);
    assert(len <= b->num_bits - start);
    for (; len > 0; start += covered, len -= covered) {
        b->words[start / 64] ^= bitarray_word_mask(start, len, &covered);
    }
}

/* How many bits in a row, from `start` on, are `value`; 0 if the first is not. */
static inline size_t bitarray_count_bits(bitarray_t *b, size_t start, bool value)
{
    size_t at = start;

    assert(start < b->num_bits);
    while (at < b->num_bits) {
        uint64_t word = b->words[at / 64];
        /* Ones where the run would end, with the bits below `at` out of the way. */
        uint64_t other = (value ? ~word : word) >> (at % 64);

        if (other != 0) {
            at += (size_t)__builtin_ctzll(other);
            break;
        }
        at += 64 - at % 64;
    }
    return MIN(at, b->num_bits) - start;
}
#endif
