/* SPDX-License-Identifier: BSD-2-Clause */
/* Queues by priority; see the header. */
#include "sim/kernel/ready.h"

#include <string.h>

void ready_init(struct ready *r, struct ready_link *links)
{
    *r = (struct ready){.links = links};
    memset(r->first, 0xff, sizeof r->first);
    memset(r->last, 0xff, sizeof r->last);
}

void ready_append(struct ready *r, uint32_t pd, uint8_t priority)
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

void ready_prepend(struct ready *r, uint32_t pd, uint8_t priority)
{
    uint32_t first = r->first[priority];

    if (first == READY_NONE) {
        ready_append(r, pd, priority);
        return;
    }
    r->links[pd] = (struct ready_link){.next = first, .before = READY_NONE};
    r->links[first].before = pd;
    r->first[priority] = pd;
}

void ready_remove(struct ready *r, uint32_t pd, uint8_t priority)
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
