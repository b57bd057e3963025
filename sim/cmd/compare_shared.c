/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What two domains have in common. The frames of a domain pass through those it shares queues with,
 * those these share queues with, and so on, and the devices they drive; all these run on some
 * cores, and the devices are on some wires. Two of whom all this is apart cannot tell of each
 * other, not even by the time.
 */
#include "sim/cmd/compare_parts.h"

#define FAR UINT32_MAX

/* How many queues away everybody is from a device's driver. */
static uint32_t *find_distances(const struct plan *plan, struct arena *arena)
{
    uint32_t *far = arena_array(arena, plan->pd_count + 1, sizeof *far);
    bool more = true;

    for (uint32_t i = 0; i < plan->pd_count; i++) {
        far[i] = FAR;
    }
    for (uint32_t i = 0; i < plan->device_count; i++) {
        far[plan->devices[i].driver] = 0;
    }
    for (uint32_t round = 0; more; round++) {
        more = false;
        for (uint32_t i = 0; i < plan->queue_count; i++) {
            const uint32_t ends[2] = {plan->queues[i].producer, plan->queues[i].consumer};

            for (int k = 0; k < 2; k++) {
                if (far[ends[k]] == round && far[ends[1 - k]] == FAR) {
                    far[ends[1 - k]] = round + 1;
                    more = true;
                }
            }
        }
    }
    return far;
}

/* Everybody on the way of this domain's frames, itself included: never away from the devices, and
 * through nobody where frames end. */
static bool *find_way(const struct plan *plan, uint32_t pd, struct arena *arena)
{
    const uint32_t *far = find_distances(plan, arena);
    bool *way = arena_array(arena, plan->pd_count + 1, sizeof *way), more = true;

    way[pd] = true;
    while (more) {
        more = false;
        for (uint32_t i = 0; i < 2 * plan->queue_count; i++) {
            const struct queue_shape *q = &plan->queues[i / 2];
            uint32_t from = i % 2 == 0 ? q->producer : q->consumer;
            uint32_t to = i % 2 == 0 ? q->consumer : q->producer;

            if (way[from] && !way[to] && !plan->pds[to].endpoint && far[to] <= far[from]) {
                way[to] = more = true;
            }
        }
    }
    for (uint32_t i = 0; i < plan->device_count; i++) {
        way[plan->devices[i].pd] |= way[plan->devices[i].driver];
    }
    return way;
}

static uint32_t core_of(const struct plan *plan, const struct platform *platform, uint32_t pd)
{
    uint32_t cpu = plan->pds[pd].cpu < 0 ? 0 : (uint32_t)plan->pds[pd].cpu;

    return platform->cores == 0 ? cpu : cpu % (uint32_t)platform->cores;
}

static const char *also(const char *list, const char *one, struct arena *arena)
{
    return list == NULL ? one : arena_format(arena, "%s, %s", list, one);
}

static const char *shared_cores(const struct plan *plan, const struct platform *platform,
                                const bool *mine, const bool *theirs, const char *list,
                                struct arena *arena)
{
    uint64_t my_cores = 0, their_cores = 0;

    for (uint32_t i = 0; i < plan->pd_count; i++) {
        if (plan->pds[i].kind == PD_IMAGE) {
            uint64_t bit = 1ull << core_of(plan, platform, i) % 64;

            my_cores |= mine[i] ? bit : 0;
            their_cores |= theirs[i] ? bit : 0;
        }
    }
    for (uint32_t core = 0; core < 64; core++) {
        if ((my_cores & their_cores) >> core & 1) {
            list = also(list, arena_format(arena, "core %u", core), arena);
        }
    }
    return list;
}

static const char *shared_wires(const struct plan *plan, const bool *mine, const bool *theirs,
                                const char *list, struct arena *arena)
{
    for (uint32_t i = 0; i < plan->device_count; i++) {
        for (uint32_t k = 0; k < plan->device_count; k++) {
            const struct plan_device *a = &plan->devices[i], *b = &plan->devices[k];

            if (i != k && a->wire >= 0 && a->wire == b->wire && mine[a->pd] && theirs[b->pd]) {
                list = also(list, plan->scenario->wires[a->wire].name, arena);
            }
        }
    }
    return list;
}

const char *compare_shared(const struct plan *plan, const struct platform *platform, uint32_t one,
                           const bool *others, struct arena *arena)
{
    const bool *mine = find_way(plan, one, arena);
    bool *theirs = arena_array(arena, plan->pd_count + 1, sizeof *theirs);
    const char *list = NULL;

    for (uint32_t i = 0; i < plan->pd_count; i++) {
        const bool *way = others[i] ? find_way(plan, i, arena) : NULL;

        for (uint32_t k = 0; way != NULL && k < plan->pd_count; k++) {
            theirs[k] |= way[k];
        }
    }
    for (uint32_t i = 0; i < plan->pd_count; i++) {
        if (mine[i] && theirs[i] && i != one) {
            list = also(list, plan->pds[i].name, arena);
        }
    }
    list = shared_wires(plan, mine, theirs, list, arena);
    return shared_cores(plan, platform, mine, theirs, list, arena);
}

uint64_t compare_waits(const struct plan *plan, uint32_t one, struct arena *arena)
{
    const bool *way = find_way(plan, one, arena);
    uint64_t sum_ns = 0;

    for (uint32_t i = 0; i < plan->pd_count; i++) {
        sum_ns += way[i] ? plan->pds[i].period_ns - plan->pds[i].budget_ns : 0;
    }
    return sum_ns;
}
