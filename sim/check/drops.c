/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames are dropped only where dropping is a part's job, and for a reason that is its job: a
 * device out of descriptors, a virtualiser with nobody to give a frame to, a copier whose client is
 * slow. Anywhere else a drop is somebody's mistake. Drops by a domain that is compromised,
 * untrusted or dead, and what others refuse to take from one, are told and excused.
 */
#include <inttypes.h>

#include "sim/check/blame.h"

struct drops {
    uint64_t (*count)[DROP_COUNT]; /* by domain; the last row is for nobody */
    uint64_t (*first_ns)[DROP_COUNT];
    bool *gone;
};

/* Whose job it is to drop for which reason. */
static const struct job {
    const char *role;
    enum drop_reason reason;
} jobs[] = {
    {"device", DROP_REFUSED}, /* by the host, which may do as it likes */
    {"device", DROP_NO_DESCRIPTOR}, {"device", DROP_FILTERED},  {"device", DROP_RUNT},
    {"device", DROP_OVERSIZE},      {"device", DROP_FCS},       {"virt_rx", DROP_NO_MATCH},
    {"vswitch", DROP_DENIED},       {"copier", DROP_NO_BUFFER},
};

/* For the reader of a finding: what the reason means, in a half sentence. */
static const char *const meanings[DROP_COUNT] = {
    [DROP_NONE] = "for no reason",
    [DROP_DISABLED] = "while it was off",
    [DROP_NO_DESCRIPTOR] = "for want of a descriptor",
    [DROP_FILTERED] = "as not for this station",
    [DROP_UNHEARD] = "as not for this station, but they were for somebody behind it",
    [DROP_RUNT] = "as too short",
    [DROP_OVERSIZE] = "as too long",
    [DROP_DMA_FAULT] = "because the IOMMU refused its memory",
    [DROP_RESET] = "in a reset",
    [DROP_BAD_DESCRIPTOR] = "because of a bad descriptor",
    [DROP_REFUSED] = "as the host would not take them",
    [DROP_NO_MATCH] = "as for nobody",
    [DROP_DENIED] = "as what their sender may not send",
    [DROP_NO_BUFFER] = "for want of a free buffer",
    [DROP_INVALID] = "as no valid buffer or length",
    [DROP_DUPLICATE] = "as a buffer that was on its way already",
    [DROP_UNEXPLAINED] = "for no reason that can be seen",
    [DROP_FORGED] = "by forging an index",
    [DROP_DEAD] = "by going away while holding them",
    [DROP_GATE] = "by an injected fault",
    [DROP_FCS] = "as altered on the way",
};

static void drops_start(void *state, const struct plan *plan)
{
    struct drops *d = state;

    d->count = arena_array(plan->arena, plan->pd_count + 1, sizeof *d->count);
    d->first_ns = arena_array(plan->arena, plan->pd_count + 1, sizeof *d->first_ns);
    d->gone = gone_start(plan);
}

static void drops_event(void *state, const struct plan *plan, const struct probe *p)
{
    struct drops *d = state;
    uint32_t pd = p->pd < plan->pd_count ? p->pd : plan->pd_count;
    uint64_t reason = p->a < DROP_COUNT ? p->a : DROP_UNEXPLAINED;

    gone_hear(d->gone, plan, p);
    if (p->kind != PROBE_FRAME_DROPPED || p->count == 0) {
        return;
    }
    if (d->count[pd][reason] == 0) {
        d->first_ns[pd][reason] = p->time_ns;
    }
    d->count[pd][reason] += p->count;
}

static bool is_job(const struct plan *plan, uint32_t pd, enum drop_reason reason)
{
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        if (jobs[i].reason == reason && domain_is(plan, pd, jobs[i].role)) {
            return true;
        }
    }
    return false;
}

/*
 * Those that give frames to `pd` to pass on: a suspect one if there is one; else the only one there
 * is; else PLAN_NONE.
 */
static uint32_t giver_to(const struct plan *plan, uint32_t pd)
{
    uint32_t only = PLAN_NONE;
    bool several = false;

    for (uint32_t i = 0; i < plan->queue_count; i++) {
        const struct queue_shape *q = &plan->queues[i];

        if (!q->carries_frames || q->consumer != pd) {
            continue;
        }
        if (domain_suspect(plan, q->producer)) {
            return q->producer;
        }
        several |= only != PLAN_NONE && only != q->producer;
        only = q->producer;
    }
    return several ? PLAN_NONE : only;
}

/* One that `pd` gives frames to and that is not to be relied on to take them; else PLAN_NONE. */
static uint32_t taker_from(const struct plan *plan, uint32_t pd)
{
    for (uint32_t i = 0; i < plan->queue_count; i++) {
        const struct queue_shape *q = &plan->queues[i];

        if (q->carries_frames && q->producer == pd && domain_suspect(plan, q->consumer)) {
            return q->consumer;
        }
    }
    return PLAN_NONE;
}

/* One that `pd` has to rely on for its frames and that may make them up, so that there is no room
 * for others; else `pd` itself. */
static uint32_t maker_for(const struct plan *plan, uint32_t pd)
{
    uint32_t giver = giver_to(plan, pd);

    return domain_suspect(plan, giver) && !plan->pds[giver].endpoint ? giver : pd;
}

/* Who is to blame for these drops. */
static uint32_t culprit_of(const struct plan *plan, uint32_t pd, enum drop_reason reason)
{
    if (pd >= plan->pd_count) {
        return PLAN_NONE;
    }
    switch (reason) {
    case DROP_INVALID:
    case DROP_DUPLICATE:
        return giver_to(plan, pd);
    case DROP_NO_BUFFER: /* who keeps what it has leaves no room for more */
        return taker_from(plan, pd) != PLAN_NONE ? taker_from(plan, pd) : maker_for(plan, pd);
    case DROP_DISABLED: /* nothing enters before all are ready, so it was on then */
    case DROP_UNHEARD:
    case DROP_UNEXPLAINED:
    case DROP_DMA_FAULT:
    case DROP_BAD_DESCRIPTOR:
    case DROP_RESET:
        return plan->pds[pd].kind == PD_DEVICE ? device_driver(plan, plan->pds[pd].device) : pd;
    default:
        return pd;
    }
}

static void judge(const struct drops *d, const struct plan *plan, uint32_t pd,
                  enum drop_reason reason, struct findings *out)
{
    uint32_t who = culprit_of(plan, pd, reason);
    /* What was on its way in a device that failed its driver may give up. */
    uint32_t by = reason == DROP_RESET ? domain_failed_by(plan, who) : domain_behind(plan, who);
    uint32_t culprit = domain_suspect(plan, pd) ? pd : blame_for(plan, by, PLAN_NONE);
    bool injected =
        reason == DROP_GATE && plan->scenario != NULL && plan->scenario->fault_count != 0;
    bool excused = injected || domain_suspect(plan, by) || domain_suspect(plan, pd) ||
                   (reason == DROP_DEAD && gone_is(d->gone, plan, pd));
    uint64_t count = d->count[pd][reason];
    bool named = culprit != pd && culprit < plan->pd_count;

    say_finding(out, excused,
                (struct finding){.culprit = culprit,
                                 .victim = PLAN_NONE,
                                 .object = pd < plan->pd_count ? plan->pds[pd].name : NULL,
                                 .time_ns = d->first_ns[pd][reason],
                                 .count = count},
                "%s dropped %" PRIu64 " frame%s %s%s%s%s%s", pd_name(plan, pd), count,
                count == 1 ? "" : "s", meanings[reason], named ? "; " : "",
                named ? plan->pds[culprit].name : "", named ? " " : "",
                named ? domain_standing(plan, culprit) : "");
}

static void drops_finish(void *state, const struct plan *plan, struct findings *out)
{
    const struct drops *d = state;

    for (uint32_t pd = 0; pd <= plan->pd_count; pd++) {
        for (unsigned reason = 0; reason < DROP_COUNT; reason++) {
            if (d->count[pd][reason] != 0 && !is_job(plan, pd, (enum drop_reason)reason)) {
                judge(d, plan, pd, (enum drop_reason)reason, out);
            }
        }
    }
}

const struct check_type check_drops = {
    .name = "drops",
    .doc = "frames are dropped only where and why dropping is a part's job",
    .host_time = "counts at quiescence; reasons deduced when the frame was given back",
    .state_size = sizeof(struct drops),
    .start = drops_start,
    .event = drops_event,
    .finish = drops_finish,
};
