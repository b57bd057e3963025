/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_WIRE_EXPONENTIAL_H
#define SIM_WIRE_EXPONENTIAL_H
/*
 * Exponentially distributed numbers, as the gaps between events have them that know nothing of each
 * other (a Poisson process), in whole numbers only: the same stream of dice gives the same gaps on
 * every machine, whatever its maths library thinks of logarithms.
 *
 * A fair number u between 0 and 1 makes an exponential one of mean 1: -ln u. Leading zeros of u are
 * worth ln 2 each; for what is left, between 1/2 and 1, there is a table, and between its entries
 * a straight line, whose greatest error is 2 millionths of the mean.
 */
#include <stdint.h>

#include "sim/base/rng.h"

#define EXPONENTIAL_STEP_BITS 8u
#define EXPONENTIAL_STEPS     (1u << EXPONENTIAL_STEP_BITS)
#define EXPONENTIAL_ONE_BITS  32u /* results are in 2^-32 of the mean */

struct exponential {
    uint32_t minus_ln[EXPONENTIAL_STEPS + 1]; /* of 1/2 + i / 512, in 2^-32 */
};

void exponential_init(struct exponential *e);
/* The next one: of mean 2^32, at most 44.4 times that. */
uint64_t exponential_draw(const struct exponential *e, struct rng *dice);
#endif
