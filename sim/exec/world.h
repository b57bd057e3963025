/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_WORLD_H
#define SIM_EXEC_WORLD_H
/*
 * A plan made real: a memfd for each region, a doorbell (an eventfd) for each domain and one for
 * the supervisor, a private image for each domain, and the supervisor's own view of what it must
 * look at. Nothing here has a name in the file system except the images, so whatever ends the
 * program leaves no memory behind.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sim/exec/bell.h"
#include "sim/exec/page.h"
#include "sim/model/plan.h"
#include "sim/time/clock.h"
#include "sim/wire/wire.h"

struct world {
    const struct plan *plan;
    struct arena *arena;
    const char *images; /* directory of private images: <images>/<domain>.so */
    const char *logs;   /* directory: <logs>/<domain>.log */
    int *region_fds;    /* by region; -1 when closed */
    int *doorbells;     /* by domain; [pd_count] is the supervisor's */
    struct bell *bells; /* by domain, where they live in this process; NULL: they do not */
    uint8_t *
        *views; /* by region: the supervisor's own mapping, not inherited by domains; NULL: none */
    struct pd_page **pages;
    uint64_t epoch_ns; /* run time 0 on the host's clock */
    struct clock_scale scale;
    int home_cpu; /* the host's core for whoever has no reason to be elsewhere; -1: any */
    int *cpus;    /* by domain: where on the host it runs, -1 anywhere */
    /* By domain, or NULL: it looks for work again and again, so that no other domain need ring it;
     * and whether another is to run on its core meanwhile. */
    bool *polls, *crowded;
    bool spread;      /* some domain is on another core than the others */
    pid_t supervisor; /* whose end is the end of every domain */
    bool confine;
};

/* 0, or -errno with what was attempted in `why`. On failure nothing is left open. */
int world_create(struct world *w, const struct plan *plan, const char *images, const char *logs,
                 char *why, size_t why_bytes);
/*
 * Map one region as the plan says, at the plan's address, in this process. A read-only map comes
 * from a descriptor that can only be read, so that mprotect cannot widen it. 0 or -errno.
 */
int world_map(const struct world *w, const struct plan_map *map);
/*
 * What a ring writes: 1, in memory that cannot be written. A domain's filter lets it write nothing
 * else to a doorbell, so that no domain can fill another's counter and make it deaf.
 */
extern const uint64_t world_one_ring;
static inline struct bell *world_bell(const struct world *w, uint32_t pd)
{
    return &w->bells[pd];
}
static inline bool world_polls(const struct world *w, uint32_t pd)
{
    return w->polls != NULL && pd != PLAN_NONE && w->polls[pd];
}
/* One that polls has looked: let others on its core run. */
void world_relax(const struct world *w, uint32_t pd);
/* Ring a domain, or the supervisor with PLAN_NONE. */
void world_ring(const struct world *w, uint32_t target);
/* The clients, as the wire of one device needs to know them. In plan->arena. */
struct wire_world world_clients(const struct plan *plan, const struct plan_device *device);
/* The supervisor's view of a queue; never a domain's. */
static inline uint8_t *world_queue(const struct world *w, uint32_t queue)
{
    const struct queue_shape *q = &w->plan->queues[queue];

    return w->views[q->region] + q->offset;
}
static inline struct channel_page *world_channel(const struct world *w, uint32_t channel)
{
    return (struct channel_page *)w->views[w->plan->channels[channel].region];
}
void world_destroy(struct world *w); /* a zeroed one is fine */
#endif
