/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a device does not see what caches hold, somebody has to see to it: whoever gives a frame to
 * the driver cleans it first, and whoever takes one from the driver invalidates it before it looks.
 * Whether that was done is judged by the line and by what was done, not by whether it mattered this
 * time: what a cache has put right by chance it will not put right another time.
 *
 * A device that is compromised touches what it likes, and so does one whose driver is; what comes
 * of that is theirs.
 */
#include <inttypes.h>

#include "sim/check/heard.h"

static void coherence_event(void *state, const struct plan *plan, const struct probe *p)
{
    (void)plan;
    switch (p->kind) {
    case PROBE_STALE_READ:
    case PROBE_STALE_FRAME:
    case PROBE_LINE_LOST:
        heard_note(state, p, HEARD_BY_B); /* each way of doing it is told of */
        break;
    default:
        break;
    }
}

/* The device that reaches a pool, PLAN_NONE if none does. */
static uint32_t device_of(const struct plan *plan, uint32_t pool)
{
    for (uint32_t i = 0; i < plan->window_count; i++) {
        if (plan->windows[i].region == plan->pools[pool].region) {
            return plan->windows[i].device;
        }
    }
    return PLAN_NONE;
}

/* The other end of the queue by which a device's driver is given frames, or gives them. */
static uint32_t neighbour(const struct plan *plan, uint32_t device, uint32_t pool, bool sends)
{
    if (device >= plan->device_count) {
        return PLAN_NONE;
    }
    uint32_t queue =
        sends ? plan->devices[device].tx_queue_sink : plan->devices[device].rx_queue_source;

    if (queue >= plan->queue_count || !queue_names_pool(&plan->queues[queue], pool)) {
        return PLAN_NONE;
    }
    return sends ? plan->queues[queue].producer : plan->queues[queue].consumer;
}

/* Who can write to a pool; a suspect one first. */
static uint32_t writer_of(const struct plan *plan, uint32_t pool)
{
    uint32_t writer = PLAN_NONE;

    for (uint32_t i = 0; i < plan->map_count; i++) {
        const struct plan_map *m = &plan->maps[i];

        if (m->region == plan->pools[pool].region && (m->rights & RIGHT_WRITE) != 0 &&
            plan->pds[m->pd].kind == PD_IMAGE &&
            (writer == PLAN_NONE || domain_suspect(plan, m->pd))) {
            writer = m->pd;
        }
    }
    return writer;
}

/* A suspect device, or its driver, touches anything at any time. */
static uint32_t suspect_at(const struct plan *plan, uint32_t device)
{
    uint32_t pd = device < plan->device_count ? plan->devices[device].pd : PLAN_NONE;
    uint32_t driver = device_driver(plan, device);

    if (domain_suspect(plan, pd)) {
        return pd;
    }
    return domain_suspect(plan, driver) ? driver : PLAN_NONE;
}

static uint32_t culprit_of(const struct plan *plan, const struct probe *p, uint32_t device)
{
    uint32_t suspect = suspect_at(plan, device);

    if (suspect != PLAN_NONE) {
        return suspect;
    }
    switch (p->kind) {
    case PROBE_STALE_READ:
        return p->b == STALE_REWRITTEN ? writer_of(plan, p->object)
                                       : neighbour(plan, device, p->object, true);
    case PROBE_STALE_FRAME:
        return p->pd;
    default:
        suspect = writer_of(plan, p->object);
        return domain_suspect(plan, suspect) ? suspect : neighbour(plan, device, p->object, false);
    }
}

static void judge_read(const struct plan *plan, const struct probe *p, const struct finding *one,
                       bool excused, struct findings *out)
{
    const char *device = pd_name(plan, p->pd), *who = pd_name(plan, one->culprit);

    switch (p->b) {
    case STALE_REWRITTEN:
        say_finding(out, excused, *one,
                    "%s read %s in memory, and caches have newer: %s wrote there after it was "
                    "cleaned, and the frame was no longer its to write",
                    device, one->object, who);
        break;
    case STALE_LUCKY:
        say_finding(out, excused, *one,
                    "%s read %s, and what was written there last was in memory by chance only: %s "
                    "handed the frame on without cleaning it",
                    device, one->object, who);
        break;
    default:
        say_finding(out, excused, *one,
                    "%s read %s in memory, and caches have newer: %s handed the frame on without "
                    "cleaning it",
                    device, one->object, who);
        break;
    }
}

static void judge_frame(const struct plan *plan, const struct probe *p, const struct finding *one,
                        bool excused, struct findings *out)
{
    const char *device = pd_name(plan, one->victim), *who = pd_name(plan, p->pd);

    if (p->b == 0) {
        say_finding(out, excused, *one,
                    "%s handed on a frame without invalidating it: at %s caches may still hold "
                    "what was there before %s wrote",
                    who, one->object, device);
    } else {
        say_finding(out, excused, *one,
                    "%s gave a buffer back without invalidating the frame in it: at %s it saw what "
                    "was there before %s wrote, if it looked at all",
                    who, one->object, device);
    }
}

static void judge_lost(const struct plan *plan, const struct probe *p, const struct finding *one,
                       bool excused, struct findings *out)
{
    bool chance = p->pd >= plan->pd_count;

    say_finding(out, excused, *one,
                "%s%s wrote a dirty line back at %s, over what %s had received there: %s gave the "
                "buffer to be received into without invalidating it",
                chance ? "a cache" : "a cache operation of ", chance ? "" : plan->pds[p->pd].name,
                one->object, pd_name(plan, one->victim), pd_name(plan, one->culprit));
}

/* "net0.rx[17] + 0x40" */
static const char *place_of(const struct plan *plan, const struct probe *p)
{
    const struct plan_pool *pool = &plan->pools[p->object];
    uint64_t buffer = p->a / pool->buffer_bytes, offset = p->a % pool->buffer_bytes;

    return offset == 0 ? arena_format(plan->arena, "%s[%" PRIu64 "]", pool->name, buffer)
                       : arena_format(plan->arena, "%s[%" PRIu64 "] + 0x%" PRIx64, pool->name,
                                      buffer, offset);
}

static void judge(const struct plan *plan, const struct heard *h, struct findings *out)
{
    const struct probe *p = &h->first;

    if (p->object >= plan->pool_count) {
        return;
    }
    uint32_t device = device_of(plan, p->object);
    bool known = device < plan->device_count;
    struct finding one = {.culprit = culprit_of(plan, p, device),
                          .victim = known ? plan->devices[device].pd : PLAN_NONE,
                          .object = place_of(plan, p),
                          .time_ns = p->time_ns,
                          .count = h->count};
    bool excused = domain_suspect(plan, one.culprit);

    switch (p->kind) {
    case PROBE_STALE_READ:
        judge_read(plan, p, &one, excused, out);
        break;
    case PROBE_STALE_FRAME:
        judge_frame(plan, p, &one, excused, out);
        break;
    default:
        judge_lost(plan, p, &one, excused, out);
        break;
    }
}

static void coherence_finish(void *state, const struct plan *plan, struct findings *out)
{
    heard_judge(state, plan, out, judge);
}

const struct check_type check_coherence = {
    .name = "coherence",
    .doc = "where memory is not coherent, frames are cleaned before a device reads them, and "
           "invalidated after it wrote them",
    .host_time = "nothing: there memory is always coherent",
    .state_size = sizeof(struct heard_list),
    .event = coherence_event,
    .finish = coherence_finish,
};
