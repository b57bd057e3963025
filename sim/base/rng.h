/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_RNG_H
#define SIM_BASE_RNG_H
/*
 * Chance: streams of random numbers, all from the run's one seed and each named for its user, so
 * that a new user does not disturb another's dice. The same seed and name give the same numbers on
 * any machine.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t state[4];
};

/* Start the stream `name` of `seed`. Names are the user's own, as "fault.0" or "wire.lan". */
void rng_init(struct rng *r, uint64_t seed, const char *name);
uint64_t rng_u64(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t bound); /* 0..bound-1, each alike; bound > 0 */
uint64_t rng_between(struct rng *r, uint64_t least, uint64_t most); /* both included */
bool rng_chance(struct rng *r, uint64_t of, uint64_t in); /* true `of` times in `in` on average */
void rng_bytes(struct rng *r, void *out, size_t bytes);
#endif
