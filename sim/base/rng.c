/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xoshiro256** by Blackman and Vigna (public domain), its state filled by splitmix64 from the seed
 * and the stream's name: sequences of distinct names are as far apart as those of distinct seeds.
 */
#include <assert.h>

#include "sim/base/hash.h"
#include "sim/base/rng.h"

static uint64_t rotate(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = *x += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void rng_init(struct rng *r, uint64_t seed, const char *name)
{
    uint64_t x = hash_final(hash_text(hash_u64(HASH_START, seed), name));

    /* splitmix never gives four zeros in a row, the one state xoshiro cannot leave. */
    for (int i = 0; i < 4; i++) {
        r->state[i] = splitmix(&x);
    }
}

uint64_t rng_u64(struct rng *r)
{
    uint64_t *s = r->state;
    uint64_t out = rotate(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 45);
    return out;
}

/* Lemire's method: the high half of a product, drawn again in the few cases that would favour some
 * results. */
uint64_t rng_below(struct rng *r, uint64_t bound)
{
    assert(bound > 0);
    unsigned __int128 product = (unsigned __int128)rng_u64(r) * bound;
    if ((uint64_t)product < bound) {
        uint64_t unfair = (0 - bound) % bound;

        while ((uint64_t)product < unfair) {
            product = (unsigned __int128)rng_u64(r) * bound;
        }
    }
    return (uint64_t)(product >> 64);
}

uint64_t rng_between(struct rng *r, uint64_t least, uint64_t most)
{
    assert(least <= most);
    return most - least == UINT64_MAX ? rng_u64(r) : least + rng_below(r, most - least + 1);
}

bool rng_chance(struct rng *r, uint64_t of, uint64_t in)
{
    return rng_below(r, in) < of;
}

void rng_bytes(struct rng *r, void *out, size_t bytes)
{
    unsigned char *to = out;

    while (bytes > 0) {
        uint64_t word = rng_u64(r);

        for (int i = 0; i < 8 && bytes > 0; i++, bytes--) {
            *to++ = (unsigned char)(word >> (8 * i));
        }
    }
}
