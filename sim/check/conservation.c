/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nothing is made and nothing is lost. Frames: what began is what ended and what is still on its
 * way, each term summed from its own events. Buffers: each of a pool is in exactly one place, and
 * when all is quiet none is with somebody who only passes frames on. Whether what is on its way
 * gets anywhere is not asked here but by liveness, and who may give what by ownership.
 *
 * A domain that is compromised, untrusted or gone may ruin what is its own: the buffers it holds.
 * That is told and excused. It may not ruin what it does not share.
 */
#include <inttypes.h>

#include "sim/check/heard.h"

struct pool_seen {
    bool told;
    bool twice;   /* somebody gave away what it had not */
    bool refused; /* ... or found no room for what it wanted to give */
    uint64_t found, held;
};

struct conservation {
    uint64_t in, sent, copied, delivered, out, dropped, in_flight;
    struct pool_seen *pools;
    bool *gone;
    struct over over;
    struct heard_list held; /* frames in the hands of those who pass on, at the end */
    struct heard_list kept; /* and buffers with none in them */
    struct heard_list made; /* frames that a driver made, or had its device make */
};

static void conservation_start(void *state, const struct plan *plan)
{
    struct conservation *c = state;

    c->pools = arena_array(plan->arena, plan->pool_count + 1, sizeof *c->pools);
    c->gone = gone_start(plan);
}

static void conservation_event(void *state, const struct plan *plan, const struct probe *p)
{
    struct conservation *c = state;

    gone_hear(c->gone, plan, p);
    over_hear(&c->over, p);
    switch (p->kind) {
    case PROBE_FRAME_IN:
        c->in += p->count;
        break;
    case PROBE_FRAME_SENT:
        c->sent += p->count;
        break;
    case PROBE_FRAME_COPIED:
        c->copied += p->count;
        break;
    case PROBE_FRAME_DELIVERED:
        c->delivered += p->count;
        break;
    case PROBE_FRAME_OUT:
        c->out += p->count;
        break;
    case PROBE_FRAME_DROPPED:
        c->dropped += p->count;
        break;
    case PROBE_FRAME_IN_FLIGHT:
        c->in_flight += p->count;
        if (p->a == PLACE_PD) {
            heard_note(&c->held, p, HEARD_BY_A);
        }
        break;
    case PROBE_BUFFERS_FOUND:
        if (p->object < plan->pool_count) {
            struct pool_seen *seen = &c->pools[p->object];

            seen->told = true;
            seen->found = p->a;
            seen->held = p->b;
        }
        break;
    case PROBE_BUFFER_TWICE:
        if (p->object < plan->pool_count) {
            c->pools[p->object].twice = true;
        }
        break;
    case PROBE_QUEUE_REFUSED:
        for (uint32_t i = 0; p->object < plan->queue_count && i < plan->pool_count; i++) {
            c->pools[i].refused |= queue_names_pool(&plan->queues[p->object], i);
        }
        break;
    case PROBE_FRAMES_MADE:
        heard_note(&c->made, p, HEARD_BY_A);
        break;
    case PROBE_BUFFERS_KEPT:
        heard_note(&c->kept, p, HEARD_BY_OBJECT);
        break;
    default:
        break;
    }
}

/* -- frames -- */

static void judge_balance(const struct conservation *c, struct findings *out)
{
    uint64_t began = c->in + c->sent + c->copied;
    uint64_t ended = c->delivered + c->out + c->dropped + c->in_flight;

    if (began == ended) {
        return;
    }
    uint64_t off = began > ended ? began - ended : ended - began;
    say_finding(
        out, false, (struct finding){.culprit = PLAN_NONE, .victim = PLAN_NONE, .count = off},
        "%" PRIu64 " frame%s %s: %" PRIu64 " began (%" PRIu64 " in, %" PRIu64 " sent, %" PRIu64
        " copied), and %" PRIu64 " are accounted for (%" PRIu64 " delivered, %" PRIu64
        " out, %" PRIu64 " dropped, %" PRIu64 " in flight)",
        off, off == 1 ? "" : "s", began > ended ? "vanished" : "came from nowhere, or ended twice",
        began, c->in, c->sent, c->copied, ended, c->delivered, c->out, c->dropped, c->in_flight);
}

/* -- buffers -- */

/* Who among those that may hold buffers of a pool is not to be relied on; PLAN_NONE if nobody. */
static uint32_t weak_holder(const struct conservation *c, const struct plan *plan, uint32_t pool,
                            bool dead_too)
{
    for (uint32_t q = 0; q < plan->queue_count; q++) {
        const uint32_t ends[2] = {plan->queues[q].producer, plan->queues[q].consumer};
        bool holds = queue_names_pool(&plan->queues[q], pool);

        for (int i = 0; holds && i < 2; i++) {
            if (domain_suspect(plan, ends[i]) || (dead_too && gone_is(c->gone, plan, ends[i]))) {
                return ends[i];
            }
        }
    }
    return PLAN_NONE;
}

/*
 * Who has all buffers of a pool in the beginning, and is to bring them round: the endpoint that
 * sends from it; else who copies into it, and takes buffers of it from an endpoint only; else who
 * has a device fill them. What is nowhere at the end, nobody has been seen to take: it was never
 * given out.
 */
static uint32_t first_with(const struct plan *plan, uint32_t pool)
{
    uint32_t copier = PLAN_NONE, owner = PLAN_NONE;

    for (uint32_t i = 0; i < plan->queue_count; i++) {
        const struct queue_shape *q = &plan->queues[i];

        if (!queue_names_pool(q, pool)) {
            continue;
        }
        if (q->carries_frames && plan->pds[q->producer].endpoint) {
            return q->producer;
        }
        if (!q->carries_frames && plan_queue_from_device(plan, q->partner)) {
            owner = q->producer;
        } else if (!q->carries_frames && plan->pds[q->producer].endpoint) {
            copier = q->consumer;
        }
    }
    return owner != PLAN_NONE ? owner : copier;
}

static void judge_pool(const struct conservation *c, const struct plan *plan, uint32_t pool,
                       struct findings *out)
{
    const struct plan_pool *p = &plan->pools[pool];
    const struct pool_seen *seen = &c->pools[pool];
    /* Held may be less than nothing where somebody gave away what it never had. */
    int64_t off = (int64_t)(seen->found + seen->held - p->buffer_count);

    if (!seen->told) {
        say_finding(out, false,
                    (struct finding){
                        .culprit = PLAN_NONE, .victim = PLAN_NONE, .object = p->name, .count = 1},
                    "nobody looked where the buffers of %s are", p->name);
    } else if (off != 0) {
        uint64_t many = off < 0 ? 0 - (uint64_t)off : (uint64_t)off;
        uint32_t weak = weak_holder(c, plan, pool, off < 0);
        bool never = weak == PLAN_NONE && off < 0 && !seen->twice && !seen->refused;
        uint32_t culprit = never ? first_with(plan, pool) : weak;

        say_finding(out, weak != PLAN_NONE,
                    (struct finding){
                        .culprit = culprit, .victim = PLAN_NONE, .object = p->name, .count = many},
                    "%s has %" PRIu32 " buffers: %" PRIu64
                    " were found in queues and rings, %" PRId64 " with domains, %" PRIu64 " %s",
                    p->name, p->buffer_count, seen->found, (int64_t)seen->held, many,
                    off < 0 ? "nowhere" : "more than there are");
    }
}

/* -- in whose hands -- */

/* Frames that somebody took, and neither passed on nor gave back. */
static void judge_held(const struct conservation *c, const struct plan *plan, struct findings *out)
{
    for (unsigned i = 0; i < c->held.count; i++) {
        const struct heard *h = &c->held.list[i];
        uint32_t pd = h->first.object != PLAN_NONE ? h->first.object : h->first.pd;
        const char *who = pd_name(plan, pd);

        say_finding(out, gone_or_suspect(c->gone, plan, pd),
                    (struct finding){.culprit = pd,
                                     .victim = PLAN_NONE,
                                     .object = who,
                                     .time_ns = h->first.time_ns,
                                     .count = h->count},
                    "%" PRIu64 " frame%s left in the hands of %s when all was quiet", h->count,
                    h->count == 1 ? " was" : "s were", who);
    }
    out->lost += c->held.lost;
}

/* Who may keep a buffer with nothing in it, for the next frame; everyone else who passes frames on
 * gives back what it has no use for. */
static uint64_t may_keep(const struct plan *plan, uint32_t pd)
{
    return domain_is(plan, pd, "copier") ? 1 : 0;
}

/* Buffers that somebody holds for good: they were lost on some way through it. */
static void judge_kept(const struct conservation *c, const struct plan *plan, struct findings *out)
{
    for (unsigned i = 0; i < c->kept.count; i++) {
        const struct probe *p = &c->kept.list[i].first;

        if (p->a <= may_keep(plan, p->pd)) {
            continue;
        }
        uint32_t weak = weak_holder(c, plan, p->object, true);
        /* What its device has no room for, no device that fails makes a driver keep. */
        bool misled = p->b == 0 && domain_behind(plan, p->pd) != p->pd;
        bool led = weak != PLAN_NONE &&
                   (p->b != 0 || p->object >= plan->pool_count || c->pools[p->object].refused ||
                    !domain_watched_closely(plan, p->pd));
        /* A driver that is begun anew finds all again that it had. */
        bool anew = domain_is(plan, p->pd, "driver") && domain_suspect(plan, p->pd) &&
                    !domain_misbehaves(plan, p->pd);
        bool excused = misled || (!anew && (led || gone_or_suspect(c->gone, plan, p->pd)));

        say_finding(out, excused,
                    (struct finding){.culprit = domain_behind(plan, p->pd),
                                     .victim = PLAN_NONE,
                                     .object = pool_name(plan, p->object),
                                     .time_ns = p->time_ns,
                                     .count = p->a},
                    "%s kept %" PRIu64 " buffer%s of %s when all was quiet, and nothing is in them",
                    pd_name(plan, p->pd), p->a, p->a == 1 ? "" : "s", pool_name(plan, p->object));
    }
    out->lost += c->kept.lost;
}

/* Who hands over the same twice, or lets its device meet what it gave it long ago. */
static void judge_made(const struct conservation *c, const struct plan *plan, struct findings *out)
{
    for (unsigned i = 0; i < c->made.count; i++) {
        const struct heard *h = &c->made.list[i];
        const char *device = device_name(plan, h->first.object), *who = pd_name(plan, h->first.pd);
        struct finding one = heard_finding(h, PLAN_NONE, device);

        say_finding(out, gone_or_misled(c->gone, plan, h->first.pd), one,
                    h->first.a == 0 ? "%s passed on %" PRIu64 " more frame%s than %s received"
                                    : "%s had %" PRIu64 " more frame%s sent by %s than it gave it",
                    who, h->count, h->count == 1 ? "" : "s", device);
    }
    out->lost += c->made.lost;
}

static void conservation_finish(void *state, const struct plan *plan, struct findings *out)
{
    const struct conservation *c = state;

    if (over_cut_off(&c->over)) {
        return; /* cut off in the middle: the sums mean nothing */
    }
    judge_balance(c, out);
    judge_made(c, plan, out);
    if (over_quiet(&c->over)) {
        judge_held(c, plan, out);
        judge_kept(c, plan, out);
    }
    for (uint32_t i = 0; i < plan->pool_count; i++) {
        judge_pool(c, plan, i, out);
    }
}

const struct check_type check_conservation = {
    .name = "conservation",
    .doc = "every frame and every buffer is in exactly one place, and none is lost",
    .host_time = "sums at quiescence; a domain's moves in between are its own runtime's word",
    .state_size = sizeof(struct conservation),
    .start = conservation_start,
    .event = conservation_event,
    .finish = conservation_finish,
};
