/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_LOOK_PARTS_H
#define SIM_EXEC_LOOK_PARTS_H
/*
 * What the rooms of the look around share (look.h): what is looked at, how a thing that was seen is
 * told, and what each of them looks at.
 */
#include "sim/exec/look.h"

struct flow;

struct lookout {
    const struct supervise *s;
    const struct plan *plan;
    struct probe_bus *bus;
    struct flow *flows; /* by plan queue; of those that carry frames */
    struct pool_list {
        uint32_t count, *pools;
    } * lists; /* by domain: the pools it may hold buffers of, as in its counts */
};

/* One domain's account of its queues and pools, in its page. */
static inline const struct moves_counts *look_counts(const struct lookout *l, uint32_t pd)
{
    return &l->s->world->pages[pd]->counts;
}

/* Domains date their events from when traffic was let in, and may lie: nothing is later than the
 * end. */
static inline uint64_t look_bounded_ns(const struct lookout *l, uint64_t told_ns)
{
    return told_ns < l->s->length_ns ? told_ns : l->s->length_ns;
}

/* An event of the end of the run; none if `count` is 0. */
void look_tell(struct lookout *l, enum probe_kind kind, enum probe_told told, uint32_t pd,
               uint32_t object, uint64_t a, uint64_t b, uint64_t count);

/* The indices of a queue, each read once. */
struct queue_now {
    uint32_t tail, head, length;
    bool possible; /* the indices are no further apart than the queue is long */
};
/* How many entries of a queue its producer has not put in: its consumer did, before the start. Of
 * a producer that is not to be believed, all that is there and more. */
uint32_t look_offered(const struct lookout *l, uint32_t queue);
struct queue_now look_queue(const struct lookout *l, uint32_t queue);

/* -- what the kernel knows (look_kernel.c) -- */

/* How a domain was scheduled, and whether it got as far as its next wait. */
void look_at_schedule(struct lookout *l, uint32_t pd);
/* What is about no domain by itself: a standstill, caches, interrupts. */
void look_at_kernel(struct lookout *l);
/* What the kernel did by itself for a fault. */
void look_at_kernels_acts(struct lookout *l);

/* -- where the buffers are (look_buffers.c) -- */

/* Does the consumer of what lies in a queue ask for a signal? */
enum left_flag look_flag(const struct lookout *l, uint32_t queue);

/* How many entries a domain says it moved through a queue. */
uint64_t look_moved(const struct lookout *l, uint32_t pd, uint32_t queue);
/* How many buffers of a pool a domain says it has. */
int64_t look_held(const struct lookout *l, uint32_t pd, uint32_t pool);
/* Empty buffers in a queue whose consumer passes on what comes there. */
void look_at_left(struct lookout *l, uint32_t queue);
/* A device that could take no frame, though there are empty buffers for it. */
void look_at_receiver(struct lookout *l, uint32_t device);
/* Empty buffers in the hands of those who only pass frames on. */
void look_at_kept(struct lookout *l, uint32_t pd);
void look_at_pool(struct lookout *l, uint32_t pool);
#endif
