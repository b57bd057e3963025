/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other end of the serial queue a domain prints by: its log. The queue is mapped by that domain
 * alone, and so is emptied where it stands, as it signals: nobody else is part of it, and no time
 * passes. Who asked to be told of room is, as by a virtualiser, when it waits next.
 *
 * What the indices say is the domain's, and believed no further than the queue is long.
 */
#include "sim/exec/console.h"

#include <sddf/serial/queue.h>

/* A log needs no carriage returned. */
static void print_without_returns(struct domain *d, const char *text, uint32_t bytes)
{
    uint32_t from = 0;

    for (uint32_t at = 0; at <= bytes; at++) {
        if (at == bytes || text[at] == '\r') {
            if (at > from) {
                domain_print(d, text + from, at - from);
            }
            from = at + 1;
        }
    }
}

void console_notify(struct domain *d, const struct domain_channel *c)
{
    serial_queue_t *queue = (serial_queue_t *)(uintptr_t)c->plan->console_vaddr;
    const char *data = (const char *)queue + PLAN_PAGE_BYTES;
    uint32_t tail = load_acquire_32(&queue->tail), head = load_relaxed_32(&queue->head);
    uint32_t bytes = MIN(tail - head, PLAN_PAGE_BYTES), slot = head % PLAN_PAGE_BYTES;
    uint32_t first = MIN(bytes, PLAN_PAGE_BYTES - slot);

    print_without_returns(d, data + slot, first);
    print_without_returns(d, data, bytes - first);
    store_release_32(&queue->head, tail);
    fence_seq_cst();
    if (load_relaxed_32(&queue->producer_signalled) == 0) {
        store_relaxed_32(&queue->producer_signalled, 1);
        d->console_badge |= 1ull << c->plan->end[c->side].id;
    }
}
