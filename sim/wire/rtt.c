/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the histogram: walk the boxes until enough of the values have been passed. */
#include "sim/wire/rtt.h"

/* The greatest value that goes into a box; the last one has no end. */
static uint64_t box_end_ns(unsigned box)
{
    if (box < RTT_FINE) {
        return box;
    }
    unsigned shift = box / RTT_FINE - 1;

    return box == RTT_BOXES - 1 ? UINT64_MAX
                                : ((uint64_t)(box % RTT_FINE + RTT_FINE + 1) << shift) - 1;
}

uint64_t rtt_quantile(const struct rtt *r, unsigned permille)
{
    uint64_t count = r->count, seen = 0;
    uint64_t wanted = (uint64_t)(((unsigned __int128)count * permille + 999) / 1000);

    if (count == 0) {
        return 0;
    }
    wanted = wanted == 0 ? 1 : wanted;
    for (unsigned box = 0; box < RTT_BOXES; box++) {
        seen += r->boxes[box];
        if (seen >= wanted) {
            return box_end_ns(box) < r->max_ns ? box_end_ns(box) : r->max_ns;
        }
    }
    return r->max_ns;
}

uint64_t rtt_mean(const struct rtt *r)
{
    return r->count == 0 ? 0 : r->sum_ns / r->count;
}
