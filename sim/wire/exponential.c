/* SPDX-License-Identifier: BSD-2-Clause */
/* The table is made by squaring whole numbers; a draw is one word of dice, a look and a product. */
#include "sim/wire/exponential.h"

#define LN2       UINT64_C(0xb17217f7d1cf79ac) /* in 2^-64 */
#define LN2_32    UINT64_C(0xb17217f8)         /* in 2^-32, rounded */
#define LOG2_BITS 40u

/*
 * The binary logarithm of x / 2^63, which is from 1 up to 2, in 2^-40. Squaring x doubles its
 * logarithm; whether that has reached 1, and the square 2, is the logarithm's next bit.
 */
static uint64_t log2_of(uint64_t x)
{
    uint64_t log2 = 0;

    for (unsigned bit = 0; bit < LOG2_BITS; bit++) {
        unsigned __int128 square = (unsigned __int128)x * x >> 63;
        bool reached = square >> 64 != 0;

        log2 = log2 << 1 | reached;
        x = (uint64_t)(reached ? square >> 1 : square);
    }
    return log2;
}

void exponential_init(struct exponential *e)
{
    const unsigned down = 64 + LOG2_BITS - EXPONENTIAL_ONE_BITS;

    for (uint64_t i = 0; i < EXPONENTIAL_STEPS; i++) {
        uint64_t log2 = log2_of((EXPONENTIAL_STEPS + i) << (63 - EXPONENTIAL_STEP_BITS));
        unsigned __int128 product = (unsigned __int128)LN2 * ((UINT64_C(1) << LOG2_BITS) - log2);

        e->minus_ln[i] = (uint32_t)((product + ((unsigned __int128)1 << (down - 1))) >> down);
    }
    e->minus_ln[EXPONENTIAL_STEPS] = 0;
}

uint64_t exponential_draw(const struct exponential *e, struct rng *dice)
{
    uint64_t word = rng_u64(dice) | 1; /* never 0, whose logarithm has no end */
    unsigned zeros = (unsigned)__builtin_clzll(word);

    word <<= zeros;
    /* Below the leading one: which step, and how far into it. */
    unsigned step = (unsigned)(word >> (63 - EXPONENTIAL_STEP_BITS)) & (EXPONENTIAL_STEPS - 1);
    uint64_t into = (uint32_t)(word >> (31 - EXPONENTIAL_STEP_BITS));
    uint64_t from = e->minus_ln[step], to = e->minus_ln[step + 1];

    return zeros * LN2_32 + from - ((from - to) * into >> 32);
}
