/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_WIRE_RTT_H
#define SIM_WIRE_RTT_H
/*
 * How long things took: a histogram of nanoseconds whose boxes grow with what they hold, so that
 * every value from 0 to half a minute is kept to within 1/32 of itself in a fixed amount of plain
 * memory, and adding one costs a few instructions. Whole numbers only, so the same values give the
 * same quantiles on every machine.
 */
#include <stdint.h>

#define RTT_FINE_BITS 5u /* 32 boxes to each doubling */
#define RTT_FINE      (1u << RTT_FINE_BITS)
#define RTT_TOP_BIT   35u /* 2^35 ns is 34 s; all that is longer shares the last box */
#define RTT_BOXES     ((RTT_TOP_BIT - RTT_FINE_BITS + 1u) * RTT_FINE)

struct rtt {
    uint64_t count, sum_ns, min_ns, max_ns; /* min and max mean nothing while count is 0 */
    uint64_t boxes[RTT_BOXES];
};

/* Which box a value goes into. */
static inline unsigned rtt_box(uint64_t ns)
{
    if (ns < RTT_FINE) {
        return (unsigned)ns;
    }
    unsigned top = 63u - (unsigned)__builtin_clzll(ns);

    if (top >= RTT_TOP_BIT) {
        return RTT_BOXES - 1;
    }
    unsigned shift = top - RTT_FINE_BITS;

    return shift * RTT_FINE + (unsigned)(ns >> shift);
}

/* A zeroed struct rtt is empty and ready. */
static inline void rtt_add(struct rtt *r, uint64_t ns)
{
    r->min_ns = r->count == 0 || ns < r->min_ns ? ns : r->min_ns;
    r->max_ns = ns > r->max_ns ? ns : r->max_ns;
    r->count++;
    r->sum_ns += ns;
    r->boxes[rtt_box(ns)]++;
}

/*
 * The least value that at least `permille` / 1000 of all values do not exceed, rounded up to the
 * end of its box but never beyond the greatest value. 0 when there are none. Safe for any contents.
 */
uint64_t rtt_quantile(const struct rtt *r, unsigned permille);
uint64_t rtt_mean(const struct rtt *r); /* rounded down; 0 when there are none */
#endif
