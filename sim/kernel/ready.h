/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_KERNEL_READY_H
#define SIM_KERNEL_READY_H
/*
 * Who may run on one core: a queue for each of 256 priorities, first in first out, and a bit for
 * each that is not empty. The links are the caller's, one a domain for all cores, since a domain is
 * in one queue at most.
 */
#include <stdbool.h>
#include <stdint.h>

#define READY_PRIORITIES 256u
#define READY_NONE       UINT32_MAX

struct ready_link {
    uint32_t next, before;
};

struct ready {
    struct ready_link *links; /* by domain; borrowed */
    uint64_t bits[READY_PRIORITIES / 64];
    uint32_t first[READY_PRIORITIES], last[READY_PRIORITIES];
};

void ready_init(struct ready *r, struct ready_link *links);
void ready_prepend(struct ready *r, uint32_t pd, uint8_t priority); /* it was interrupted */

static inline void ready_append(struct ready *r, uint32_t pd, uint8_t priority)
{
    uint32_t last = r->last[priority];

    r->links[pd] = (struct ready_link){.next = READY_NONE, .before = last};
    if (last == READY_NONE) {
        r->first[priority] = pd;
        r->bits[priority / 64] |= 1ull << (priority % 64);
    } else {
        r->links[last].next = pd;
    }
    r->last[priority] = pd;
}

static inline void ready_remove(struct ready *r, uint32_t pd, uint8_t priority)
{
    struct ready_link link = r->links[pd];

    if (link.before == READY_NONE) {
        r->first[priority] = link.next;
    } else {
        r->links[link.before].next = link.next;
    }
    if (link.next == READY_NONE) {
        r->last[priority] = link.before;
    } else {
        r->links[link.next].before = link.before;
    }
    if (r->first[priority] == READY_NONE) {
        r->bits[priority / 64] &= ~(1ull << (priority % 64));
    }
}

/* The highest priority anybody here has; -1: nobody is here. */
static inline int ready_priority(const struct ready *r)
{
    for (int word = READY_PRIORITIES / 64 - 1; word >= 0; word--) {
        if (r->bits[word] != 0) {
            return word * 64 + 63 - __builtin_clzll(r->bits[word]);
        }
    }
    return -1;
}
#endif
