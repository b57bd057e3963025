/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 64-bit digest: the rounds with which XXH64 (Yann Collet, BSD-2-Clause) treats the last words
 * of its input. Each round is a bijection of the state for a given word and of the word for a given
 * state, so one changed word always changes the digest.
 */
#include <string.h>

#include "sim/base/hash.h"

#define P1 UINT64_C(0x9e3779b185ebca87)
#define P2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define P3 UINT64_C(0x165667b19e3779f9)
#define P4 UINT64_C(0x85ebca77c2b2ae63)

static uint64_t rotate(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

uint64_t hash_u64(uint64_t so_far, uint64_t value)
{
    return rotate(so_far ^ (rotate(value * P2, 31) * P1), 27) * P1 + P4;
}

/* Little end first on every machine. */
static uint64_t word_at(const unsigned char *from, size_t count)
{
    uint64_t word = 0;

    for (size_t i = 0; i < count; i++) {
        word |= (uint64_t)from[i] << (8 * i);
    }
    return word;
}

uint64_t hash_bytes(uint64_t so_far, const void *bytes, size_t count)
{
    const unsigned char *from = bytes;
    size_t left = count;

    for (; left >= 8; left -= 8, from += 8) {
        so_far = hash_u64(so_far, word_at(from, 8));
    }
    if (left > 0) {
        so_far = hash_u64(so_far, word_at(from, left));
    }
    /* The length keeps "ab","c" apart from "a","bc", and trailing zeros from none. */
    return hash_u64(so_far, count);
}

uint64_t hash_text(uint64_t so_far, const char *text)
{
    return hash_bytes(so_far, text, strlen(text));
}

uint64_t hash_final(uint64_t so_far)
{
    so_far = (so_far ^ (so_far >> 33)) * P2;
    so_far = (so_far ^ (so_far >> 29)) * P3;
    return so_far ^ (so_far >> 32);
}
