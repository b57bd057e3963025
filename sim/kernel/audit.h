/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_KERNEL_AUDIT_H
#define SIM_KERNEL_AUDIT_H
/*
 * How much of a processor a domain with a budget used, added up over the last period at every
 * moment, and apart from the list of refills that is to keep it within that. Use is kept as
 * stretches of time; where there are too many the oldest is forgotten, so that the sum may be too
 * small and never too large.
 */
#include <stdint.h>

#define AUDIT_STRETCHES 128u

struct audit {
    uint64_t period_ps, allowed_ps; /* allowed: the budget, and what the kernel does in one go */
    struct audit_stretch {
        uint64_t from_ps, to_ps;
    } stretches[AUDIT_STRETCHES]; /* a ring, oldest first */
    uint32_t head, count;
    uint64_t sum_ps;                       /* of all in the ring */
    uint64_t exceeded, first_ps, worst_ps; /* how often, when first, and most within a period */
};

void audit_init(struct audit *a, uint64_t budget_ps, uint64_t period_ps, uint64_t slack_ps);
/* Its owner ran from `from_ps` until `to_ps`; later than all it was told before. */
void audit_used(struct audit *a, uint64_t from_ps, uint64_t to_ps);
#endif
