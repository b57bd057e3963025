/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nothing is made and nothing is lost. Frames: what began is what ended and what is still on its
 * way, each term summed from its own events. When all is quiet nothing is on its way any more,
 * except with a domain that can no longer move it. Buffers: each of a pool is in exactly one place.
 * And what would break that later is told at once: an index that jumps, a descriptor that names no
 * buffer, a buffer given away twice.
 *
 * A domain that is compromised or untrusted may ruin what is its own: the buffers it holds, the
 * queues it is an end of. That is told and excused. It may not ruin what it does not share.
 */
#include <inttypes.h>

#include "sim/check/heard.h"

struct pool_seen {
    bool told;
    uint64_t found, held;
};

struct conservation {
    uint64_t in, sent, copied, delivered, out, dropped, in_flight;
    struct pool_seen *pools;
    bool *gone;
    bool ended;
    enum run_end end;
    struct heard_list left;   /* frames on their way at the end, by place */
    struct heard_list broken; /* indices, descriptors, buffers given twice */
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
        heard_note(&c->left, p, true);
        break;
    case PROBE_BUFFERS_FOUND:
        if (p->object < plan->pool_count) {
            c->pools[p->object] = (struct pool_seen){.told = true, .found = p->a, .held = p->b};
        }
        break;
    case PROBE_BUFFER_TWICE:
    case PROBE_BUFFER_FOREIGN:
    case PROBE_INDEX_ILLEGAL:
    case PROBE_INDEX_DISPLACED:
        heard_note(&c->broken, p, false);
        break;
    case PROBE_RUN_ENDED:
        c->ended = true;
        c->end = (enum run_end)p->a;
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

/* Where frames were left lying, and who should have moved them on. */
struct left {
    const char *before, *place, *after;
    uint32_t mover, other;
};

static struct left left_where(const struct plan *plan, const struct probe *p)
{
    uint32_t driver = device_driver(plan, p->object);
    uint32_t device = p->object < plan->device_count ? plan->devices[p->object].pd : PLAN_NONE;
    uint32_t holder = p->object != PLAN_NONE ? p->object : p->pd;

    switch ((enum frame_place)p->a) {
    case PLACE_QUEUE:
        if (p->object < plan->queue_count) {
            const struct queue_shape *q = &plan->queues[p->object];

            return (struct left){"in ", q->name, "", q->consumer, q->producer};
        }
        break;
    case PLACE_RING_RX:
        return (struct left){"in ", device_name(plan, p->object), "'s receive ring", driver,
                             device};
    case PLACE_RING_TX:
        return (struct left){"in ", device_name(plan, p->object), "'s transmit ring", driver,
                             device};
    case PLACE_DEVICE:
        if (p->object < plan->device_count) {
            return (struct left){"inside ", plan->devices[p->object].name, "",
                                 plan->devices[p->object].pd, driver};
        }
        break;
    case PLACE_PD:
        if (holder < plan->pd_count) {
            return (struct left){"in the hands of ", plan->pds[holder].name, "", holder, holder};
        }
        break;
    }
    return (struct left){"", "somewhere unknown", "", PLAN_NONE, PLAN_NONE};
}

/*
 * Is everybody to whom a domain could pass frames on gone, or not to be relied on? Then it is not
 * to be blamed for those it still has. One such among others is no excuse: it must not be able to
 * hold up the rest.
 */
static bool blocked(const struct conservation *c, const struct plan *plan, uint32_t pd)
{
    bool any = false;

    for (uint32_t i = 0; i < plan->queue_count; i++) {
        const struct queue_shape *q = &plan->queues[i];

        if (q->carries_frames && q->producer == pd) {
            if (!domain_suspect(plan, q->consumer) && !gone_is(c->gone, plan, q->consumer)) {
                return false;
            }
            any = true;
        }
    }
    return any;
}

static bool cannot_move(const struct conservation *c, const struct plan *plan, uint32_t pd)
{
    return gone_is(c->gone, plan, pd) || domain_suspect(plan, pd);
}

static void judge_left(const struct conservation *c, const struct plan *plan, struct findings *out)
{
    for (unsigned i = 0; i < c->left.count; i++) {
        const struct heard *h = &c->left.list[i];
        struct left where = left_where(plan, &h->first);
        bool excused = cannot_move(c, plan, where.mover) || cannot_move(c, plan, where.other) ||
                       blocked(c, plan, where.mover);

        say_finding(out, excused,
                    (struct finding){.culprit = where.mover,
                                     .victim = PLAN_NONE,
                                     .object = where.place,
                                     .time_ns = h->first.time_ns,
                                     .count = h->count},
                    "%" PRIu64 " frame%s left %s%s%s when all was quiet", h->count,
                    h->count == 1 ? " was" : "s were", where.before, where.place, where.after);
    }
    out->lost += c->left.lost;
}

/* -- buffers -- */

/* Who among those that may hold buffers of a pool is not to be relied on; PLAN_NONE if nobody. */
static uint32_t weak_holder(const struct conservation *c, const struct plan *plan, uint32_t pool,
                            bool dead_too)
{
    for (uint32_t q = 0; q < plan->queue_count; q++) {
        const uint32_t ends[2] = {plan->queues[q].producer, plan->queues[q].consumer};
        bool holds = false;

        for (size_t i = 0; i < plan->queues[q].pool_count; i++) {
            holds |= plan->queues[q].pools[i] == pool;
        }
        for (int i = 0; holds && i < 2; i++) {
            if (domain_suspect(plan, ends[i]) || (dead_too && gone_is(c->gone, plan, ends[i]))) {
                return ends[i];
            }
        }
    }
    return PLAN_NONE;
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

        say_finding(out, weak != PLAN_NONE,
                    (struct finding){
                        .culprit = weak, .victim = PLAN_NONE, .object = p->name, .count = many},
                    "%s has %" PRIu32 " buffers: %" PRIu64
                    " were found in queues and rings, %" PRId64 " with domains, %" PRIu64 " %s",
                    p->name, p->buffer_count, seen->found, (int64_t)seen->held, many,
                    off < 0 ? "nowhere" : "more than there are");
    }
}

/* -- what breaks queues -- */

static void judge_broken(const struct plan *plan, const struct heard *h, struct findings *out)
{
    const struct probe *p = &h->first;
    const char *who = p->pd < plan->pd_count ? plan->pds[p->pd].name : "somebody";
    bool excused = domain_suspect(plan, p->pd);
    struct finding one = {.culprit = p->pd,
                          .victim = queue_peer(plan, p->object, p->pd),
                          .object = queue_name(plan, p->object),
                          .time_ns = p->time_ns,
                          .count = h->count};

    switch (p->kind) {
    case PROBE_INDEX_ILLEGAL:
        say_finding(out, excused, one,
                    "%s moved its index of %s from %" PRIu64 " to %" PRIu64
                    ", which no queue of %" PRIu32 " entries allows there",
                    who, one.object, p->a, p->b,
                    p->object < plan->queue_count ? plan->queues[p->object].capacity : 0);
        break;
    case PROBE_INDEX_DISPLACED:
        say_finding(out, excused, one, "%s moved %s's index of %s from %" PRIu64 " to %" PRIu64,
                    who, one.victim < plan->pd_count ? plan->pds[one.victim].name : "somebody",
                    one.object, p->a, p->b);
        break;
    case PROBE_BUFFER_FOREIGN:
        say_finding(out, excused, one,
                    "%s put 0x%" PRIx64 " (%" PRIu64 " bytes) into %s, which names no buffer there",
                    who, p->a, p->b, one.object);
        break;
    default:
        one.object = pool_name(plan, p->object);
        one.victim = queue_peer(plan, (uint32_t)p->b, p->pd);
        say_finding(out, excused, one,
                    "%s gave away %s[%" PRIu64 "], which it did not have to give", who, one.object,
                    p->a);
        break;
    }
}

static void conservation_finish(void *state, const struct plan *plan, struct findings *out)
{
    const struct conservation *c = state;

    for (unsigned i = 0; i < c->broken.count; i++) {
        judge_broken(plan, &c->broken.list[i], out);
    }
    out->lost += c->broken.lost;
    if (c->ended && c->end != RUN_QUIET && c->end != RUN_LIMIT) {
        return; /* cut off in the middle: the sums mean nothing */
    }
    judge_balance(c, out);
    if (c->ended && c->end == RUN_QUIET) {
        judge_left(c, plan, out);
    }
    for (uint32_t i = 0; i < plan->pool_count; i++) {
        judge_pool(c, plan, i, out);
    }
}

const struct check_type check_conservation = {
    .name = "conservation",
    .doc = "every frame and every buffer is in exactly one place, and none is left behind",
    .host_time = "sums at quiescence; a domain's moves in between are its own runtime's word",
    .state_size = sizeof(struct conservation),
    .start = conservation_start,
    .event = conservation_event,
    .finish = conservation_finish,
};
