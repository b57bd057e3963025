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
