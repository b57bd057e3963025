/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_OS_POINT_H
#define SDDF_OS_POINT_H
/*
 * A point is where a protection domain's clock moves, where it may be preempted, and where an
 * observer may look: just before a queue operation, a flag operation, a notification, an
 * acknowledgement, a protected call, a register access, a bulk copy or a cache operation.
 * Components never name points; the headers they include and the OS layer do.
 *
 * The hook is told BEFORE the operation acts. Where nobody listens (host time with observation off)
 * it is NULL and a point costs one load and one untaken branch. With SDDFSIM_POINTS_OS an image's
 * queues tell nothing, as those of other headers do: it has only the points of the OS layer.
 */
#include <stdint.h>

enum point_op {
    POINT_ENQUEUE,   /* where: the queue; units: 1 */
    POINT_DEQUEUE,   /* where: the queue; units: 1 */
    POINT_REQUEST,   /* where: the queue whose consumer asks to be signalled */
    POINT_CANCEL,    /* where: the queue whose flag is set */
    POINT_REQUIRE,   /* where: the queue whose flag a producer reads */
    POINT_NOTIFY,    /* units: channel */
    POINT_IRQ_ACK,   /* units: channel */
    POINT_PPCALL,    /* units: channel */
    POINT_MMIO_READ, /* where: the register; units: bytes */
    POINT_MMIO_WRITE,
    POINT_COPY,             /* where: the source; units: bytes */
    POINT_CACHE_CLEAN,      /* where: first byte; units: bytes */
    POINT_CACHE_INVALIDATE, /* where: first byte; units: bytes */
    POINT_ACCESS,           /* of an image that tells of each; where: first byte; units: bytes */
    POINT_OPS
};

/* Set by the runtime before init(), constant while the image runs. */
extern void (*sddfsim_point_hook)(enum point_op op, const volatile void *where, uint64_t units);

/*
 * And what became of a queue operation, told AFTER it acted: which queue, and the descriptor as two
 * words (the name of the buffer; length and the rest). An observer in the same domain needs no more
 * to know who holds what, and need not guess it from indices that others may write.
 */
enum move_kind {
    MOVE_PUT,    /* an entry was put in */
    MOVE_TAKEN,  /* an entry was taken out */
    MOVE_REFUSED /* there was no room for one */
};

/* Set by the runtime before init(), constant while the image runs; NULL: nobody listens. */
extern void (*sddfsim_move_hook)(enum move_kind kind, const volatile void *queue, uint64_t name,
                                 uint64_t rest);

static inline void point_moved(enum move_kind kind, const volatile void *queue, uint64_t name,
                               uint64_t rest)
{
#ifndef SDDFSIM_POINTS_OS
    if (__builtin_expect(sddfsim_move_hook != (void *)0, 0)) {
        sddfsim_move_hook(kind, queue, name, rest);
    }
#else
    (void)kind, (void)queue, (void)name, (void)rest;
#endif
}

static inline void point(enum point_op op, const volatile void *where, uint64_t units)
{
#ifndef SDDFSIM_POINTS_OS
    if (__builtin_expect(sddfsim_point_hook != (void *)0, 0)) {
        sddfsim_point_hook(op, where, units);
    }
#else
    (void)op, (void)where, (void)units;
#endif
}
#endif
