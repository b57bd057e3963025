/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_WEAK_H
#define SIM_EXEC_WEAK_H
/*
 * When others see what a domain stores, and how old what it loads may be, for images that were
 * built with a call before each access (`sddfsim build --flavour explore`), in virtual time. Each
 * access of memory that others can reach is then a point, at which the domain can be preempted, and
 * now and then held up. With `"memory"` in the scenario other than strict, also:
 *
 * tso: a store waits in the domain's store buffer until a time drawn for it, in the order of the
 * program; the domain itself sees it at once. So a later load comes before an earlier store, as
 * x86 allows.
 *
 * weak: stores to different places are seen in any order, and a load may give what was there
 * before an earlier load was made: lines of memory that the domain used lately are then taken as
 * they were at that moment. Release and acquire, as operation or fence, order what C11 says they
 * order; so does a signal or an answer to another domain, and giving another the core. To the
 * device a register write is in no order with stores but by a fence. What an address was computed
 * from is no order here, though it is one on Arm.
 *
 * No load sees a store that has not been made yet. Blocks copied in one go, and atomic operations
 * that read and write, are seen at once. Bytes of a structure are buffered as words of eight.
 * Chance is the stream "memory.<domain>".
 */
#include "sim/exec/domain.h"

/* As C11 numbers them, and compilers tell. */
enum weak_order {
    ORDER_RELAXED,
    ORDER_CONSUME,
    ORDER_ACQUIRE,
    ORDER_RELEASE,
    ORDER_BOTH,
    ORDER_SC
};

/* What it takes for this domain; 0: its image tells of no access, or time is the host's. */
size_t weak_bytes(const struct plan *plan, uint32_t pd);
/* `memory` is the caller's, zeroed. NULL if weak_bytes() is 0. */
struct weak *weak_init(void *memory, const struct plan *plan, uint32_t pd);

/* -- before an access that the image makes itself; its last one is settled -- */
void weak_load(struct domain *d, const volatile void *where, size_t bytes, int order);
void weak_store(struct domain *d, const volatile void *where, size_t bytes);
/* -- in its place -- */
void weak_store_value(struct domain *d, const volatile void *where, size_t bytes, const void *value,
                      int order);
/* Before an operation in one go, or one of a block: all is seen, and nothing is old. */
void weak_update(struct domain *d, const volatile void *where, size_t bytes);
void weak_fence(struct domain *d, int order);
/* Its next access of this queue's flag is the one that this operation is about. */
void weak_flag(struct domain *d, enum point_op op, const volatile void *queue, uint64_t place);

/* The image has made the access it announced. */
void weak_settle(struct domain *d);
/* For who watches the domain from within: memory is as the domain itself has made it; and as
 * everybody sees it again. Nothing else is done in between. Both do nothing where d->weak is NULL.
 */
void weak_show_stores(struct domain *d);
void weak_hide_stores(struct domain *d);
static inline void weak_show(struct domain *d)
{
    if (__builtin_expect(d->weak != NULL, 0)) {
        weak_show_stores(d);
    }
}
static inline void weak_hide(struct domain *d)
{
    if (__builtin_expect(d->weak != NULL, 0)) {
        weak_hide_stores(d);
    }
}
enum weak_seen {
    WEAK_DUE,    /* others are about to run: what they see by now */
    WEAK_FENCED, /* that, and what a fence puts before what the domain does now */
    WEAK_ENTRY, /* what is due; it enters the kernel, so what it loads next it has not loaded yet */
    WEAK_ALL,   /* everything; and the same */
};

void weak_yield(struct domain *d, enum weak_seen seen);
/* It does not run; the time has come to `now_ps`. */
void weak_passed(struct domain *d, uint64_t now_ps);
#endif
