/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What arrives is what was sent. Those who take and give frames compare bytes and lengths with what
 * was said of each frame where it began, and tell of what differs (sim/hook/bytes.h). Here it is
 * said who did it, to whom.
 *
 * Whoever stands nearest is told of, and those behind it see the same frames and tell of them
 * again: that is not said twice. A sender may do to its own frames what it likes, as long as it is
 * not to be relied on anyway: that others are given what was sent is all that is promised of them.
 */
#include <inttypes.h>
#include <stdio.h>

#include "sim/check/blame.h"

#define DETAIL_BYTES 160

struct integrity {
    struct heard_bytes heard;
    struct {
        uint32_t pd; /* + 1; 0: nobody */
        uint64_t at_ns;
    } * twice;    /* by pool: who first gave away what it did not have */
    bool *broken; /* by domain: a device that a fault has made fail */
};

static void integrity_start(void *state, const struct plan *plan)
{
    struct integrity *g = state;

    g->twice = arena_array(plan->arena, plan->pool_count + 1, sizeof *g->twice);
    g->broken = arena_array(plan->arena, plan->pd_count + 1, sizeof *g->broken);
}

/* What a wire does to frames they have behind them when they come in; what a device does, not. Both
 * act at a device, but a wire's faults are aimed at nobody. */
static bool breaks_device(const struct plan *plan, const struct probe *p)
{
    const struct scenario *s = plan->scenario;

    return p->kind == PROBE_FAULT_ACTED && p->pd < plan->pd_count &&
           plan->pds[p->pd].kind == PD_DEVICE && s != NULL && p->object < s->fault_count &&
           s->faults[p->object].pd != NULL;
}

static void integrity_event(void *state, const struct plan *plan, const struct probe *p)
{
    struct integrity *g = state;

    if (p->kind == PROBE_FRAME_ALTERED) {
        heard_bytes_note(&g->heard, p);
    } else if (p->kind == PROBE_BUFFER_TWICE && p->object < plan->pool_count &&
               p->pd < plan->pd_count &&
               (g->twice[p->object].pd == 0 || p->time_ns < g->twice[p->object].at_ns)) {
        g->twice[p->object].pd = p->pd + 1;
        g->twice[p->object].at_ns = p->time_ns;
    } else if (breaks_device(plan, p)) {
        g->broken[p->pd] = true;
    }
}

/* -- who -- */

/* The endpoint that sends from this pool. */
static uint32_t sender_of(const struct plan *plan, uint32_t pool)
{
    for (uint32_t i = 0; i < plan->queue_count; i++) {
        const struct queue_shape *q = &plan->queues[i];

        if (q->carries_frames && q->producer < plan->pd_count && q->pool_count == 1 &&
            q->pools[0] == pool && plan->pds[q->producer].endpoint) {
            return q->producer;
        }
    }
    return PLAN_NONE;
}

/* The only image but `reader` and `other` that may write where the frames of a queue lie; PLAN_NONE
 * if there are none, or several. */
static uint32_t writer_of(const struct plan *plan, const struct queue_shape *q, uint32_t reader,
                          uint32_t other)
{
    uint32_t only = PLAN_NONE;

    for (uint32_t i = 0; i < plan->map_count; i++) {
        const struct plan_map *m = &plan->maps[i];
        bool here = false;

        for (size_t k = 0; k < q->pool_count; k++) {
            here |= plan->pools[q->pools[k]].region == m->region;
        }
        if (!here || (m->rights & RIGHT_WRITE) == 0 || plan->pds[m->pd].kind != PD_IMAGE ||
            m->pd == reader || m->pd == other) {
            continue;
        }
        if (only != PLAN_NONE && only != m->pd) {
            return PLAN_NONE;
        }
        only = m->pd;
    }
    return only;
}

/* Who wrote into what `pd` takes frames from: not itself. */
static uint32_t upstream_of(const struct plan *plan, uint32_t pd)
{
    for (uint32_t i = 0; i < plan->queue_count; i++) {
        const struct queue_shape *q = &plan->queues[i];

        if (q->carries_frames && q->consumer == pd) {
            uint32_t writer = writer_of(plan, q, pd, PLAN_NONE);

            if (writer != PLAN_NONE) {
                return writer;
            }
        }
    }
    return PLAN_NONE;
}

/*
 * Of what a device sent: who gave away buffers that it did not have; or who made frames longer on
 * their way to the driver; or the driver itself. Other bytes of the same length are the sender's.
 */
static uint32_t sent_by(const struct integrity *g, const struct plan *plan, const struct probe *p,
                        const struct bytes_news *news)
{
    uint32_t driver = device_driver(plan, p->object);

    for (uint32_t pool = 0; pool < plan->pool_count; pool++) {
        bool there =
            news->what == NEWS_OUT_UNSENT ? pool == news->who : sender_of(plan, pool) == news->who;

        if (there && g->twice[pool].pd != 0) {
            return g->twice[pool].pd - 1;
        }
    }
    if (news->what == NEWS_OUT) {
        return news->who;
    }
    for (unsigned i = 0; i < g->heard.count; i++) {
        const struct probe *other = &g->heard.list[i].first;

        if (g->heard.list[i].news.what == NEWS_PASSED_LENGTH && other->object < plan->queue_count &&
            plan->queues[other->object].consumer == driver) {
            return other->pd;
        }
    }
    return driver;
}

static uint32_t origin_of(const struct plan *plan, const struct bytes_news *news)
{
    return news->what == NEWS_OUT_UNSENT ? sender_of(plan, news->who) : news->who;
}

/* The pool in which it was seen. */
static uint32_t pool_of(const struct plan *plan, const struct probe *p,
                        const struct bytes_news *news)
{
    if (news->what == NEWS_OUT_UNSENT) {
        return news->who;
    }
    if (p->object >= plan->queue_count || plan->queues[p->object].pool_count != 1) {
        return PLAN_NONE;
    }
    return plan->queues[p->object].pools[0];
}

/* The driver of the device that a frame came in by; PLAN_NONE if it came from elsewhere. */
static uint32_t driver_of(const struct plan *plan, uint32_t origin)
{
    return origin < plan->pd_count && plan->pds[origin].kind == PD_DEVICE
               ? device_driver(plan, plan->pds[origin].device)
               : PLAN_NONE;
}

static bool is_broken(const struct integrity *g, const struct plan *plan, uint32_t pd)
{
    return pd < plan->pd_count && g->broken[pd];
}

/* Who is seen to have done it; PLAN_NONE: it may have been one of several. */
static uint32_t doer_of(const struct integrity *g, const struct plan *plan, const struct probe *p,
                        const struct bytes_news *news)
{
    bool known = p->object < plan->queue_count;
    uint32_t producer = known ? plan->queues[p->object].producer : PLAN_NONE;
    bool taking = known && plan->queues[p->object].consumer == p->pd;
    uint32_t stretcher;

    switch (news->what) {
    case NEWS_DRIVER_LENGTH:
        return producer;
    case NEWS_PASSED_LENGTH:
    case NEWS_COPY:
        return p->pd;
    case NEWS_SOURCE:
        if (is_broken(g, plan, origin_of(plan, news))) {
            return origin_of(plan, news);
        }
        return upstream_of(plan, taking ? producer : p->pd);
    case NEWS_REPEATED: /* nobody but a driver knows what its device has filled */
        if (domain_suspect(plan, driver_of(plan, news->who))) {
            return driver_of(plan, news->who);
        }
        return taking ? producer : upstream_of(plan, p->pd);
    case NEWS_RECEIVED:
        stretcher = heard_bytes_stretcher(&g->heard, plan, p->pd);
        if (stretcher != PLAN_NONE || !known) {
            return stretcher;
        }
        return writer_of(plan, &plan->queues[p->object], p->pd, PLAN_NONE);
    case NEWS_OUT:
    case NEWS_OUT_LENGTH:
    case NEWS_OUT_UNSENT:
        return sent_by(g, plan, p, news);
    default:
        return PLAN_NONE;
    }
}

/* Does a sender do to its own frames what it likes? Not what those do who pass them on. */
static bool is_own(const struct bytes_news *news)
{
    return news->what != NEWS_PASSED_LENGTH && news->what != NEWS_DRIVER_LENGTH;
}

/*
 * Whose fault it is: whoever is not to be relied on among the one who did it, the one who tells of
 * it, the sender, and those who led them to it.
 */
static uint32_t culprit_of(const struct integrity *g, const struct plan *plan,
                           const struct probe *p, const struct bytes_news *news)
{
    uint32_t doer = doer_of(g, plan, p, news), origin = origin_of(plan, news);
    const uint32_t others[] = {p->pd, is_own(news) ? origin : PLAN_NONE,
                               blame_for(plan, doer, pool_of(plan, p, news)),
                               blame_for(plan, p->pd, PLAN_NONE)};

    if (domain_suspect(plan, doer)) {
        return doer;
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (domain_suspect(plan, others[i])) {
            return others[i];
        }
    }
    return doer;
}

/* -- whose fault it is not -- */

/* May the receiver, which is not to be relied on, have written into its own memory between the copy
 * and the look at it? Not if the copier comes before it on its core, and is never told to wait. */
static bool may_interfere(const struct plan *plan, uint32_t receiver, uint32_t copier)
{
    if (!domain_suspect(plan, receiver)) {
        return false;
    }
    const struct plan_pd *r = &plan->pds[receiver], *c = &plan->pds[copier];

    return r->cpu != c->cpu || r->priority >= c->priority || c->budget_ns < c->period_ns;
}

static bool is_excused(const struct integrity *g, const struct plan *plan, const struct probe *p,
                       const struct bytes_news *news)
{
    if (is_broken(g, plan, p->pd) || is_broken(g, plan, origin_of(plan, news))) {
        return true;
    }
    if (domain_suspect(plan, p->pd) || domain_suspect(plan, doer_of(g, plan, p, news)) ||
        (is_own(news) && domain_suspect(plan, origin_of(plan, news)))) {
        return true;
    }
    return news->what == NEWS_COPY && p->object < plan->queue_count && p->pd < plan->pd_count &&
           may_interfere(plan, plan->queues[p->object].consumer, p->pd);
}

/* -- words -- */

static const char *const deeds[NEWS_KINDS] = {
    [NEWS_DRIVER_LENGTH] = "gave away a frame with another length than it came in with",
    [NEWS_PASSED_LENGTH] = "passed on a frame with another length than it was given",
    [NEWS_COPY] = "copied a frame wrongly",
    [NEWS_SOURCE] = "changed a frame that waited to be copied",
    [NEWS_RECEIVED] = "let a frame arrive that is not what was sent",
    [NEWS_REPEATED] = "gave a frame a second time",
    [NEWS_OUT] = "changed a frame that it had submitted already",
    [NEWS_OUT_LENGTH] = "had a frame sent with another length than was submitted",
    [NEWS_OUT_UNSENT] = "had a buffer sent that its owner had not submitted",
};

static void detail(const struct plan *plan, const struct bytes_news *news, char out[DETAIL_BYTES])
{
    int used;

    if (news->what == NEWS_OUT_UNSENT) {
        snprintf(out, DETAIL_BYTES, "%s[%" PRIu64 "], %" PRIu32 " bytes",
                 pool_name(plan, news->who), news->number, news->to);
        return;
    }
    used = news->number == 0
               ? snprintf(out, DETAIL_BYTES, "a frame of %s, now %" PRIu32 " bytes",
                          pd_name(plan, news->who), news->to)
               : snprintf(out, DETAIL_BYTES, "frame %" PRIu64 " of %s, now %" PRIu32 " bytes",
                          news->number, pd_name(plan, news->who), news->to);
    if (news->from != BYTES_UNKNOWN && used > 0 && used < DETAIL_BYTES) {
        snprintf(out + used, DETAIL_BYTES - (size_t)used, ", wrong from byte %" PRIu32 " on",
                 news->from);
    }
}

static uint32_t victim_of(const struct plan *plan, const struct probe *p,
                          const struct bytes_news *news)
{
    if (p->object < plan->queue_count && news->what < NEWS_OUT) {
        uint32_t taker = plan->queues[p->object].consumer;

        if (taker < plan->pd_count && plan->pds[taker].endpoint) {
            return taker;
        }
    }
    uint32_t origin = origin_of(plan, news);

    return origin < plan->pd_count && plan->pds[origin].endpoint ? origin : PLAN_NONE;
}

/* Was the same done to the same frames by the same domain, as somebody nearer has told? */
static bool told_nearer(const struct integrity *g, const struct plan *plan, unsigned i,
                        uint32_t culprit)
{
    enum bytes_what what = g->heard.list[i].news.what;

    for (unsigned k = 0; (what == NEWS_RECEIVED || what == NEWS_OUT_LENGTH) && k < g->heard.count;
         k++) {
        enum bytes_what other = g->heard.list[k].news.what;

        if ((other == NEWS_PASSED_LENGTH || other == NEWS_DRIVER_LENGTH) &&
            culprit_of(g, plan, &g->heard.list[k].first, &g->heard.list[k].news) == culprit) {
            return true;
        }
    }
    return false;
}

static void integrity_finish(void *state, const struct plan *plan, struct findings *out)
{
    const struct integrity *g = state;

    for (unsigned i = 0; i < g->heard.count; i++) {
        const struct probe *p = &g->heard.list[i].first;
        const struct bytes_news *news = &g->heard.list[i].news;
        bool sent = news->what >= NEWS_OUT && news->what <= NEWS_OUT_UNSENT;
        uint32_t culprit = culprit_of(g, plan, p, news);
        char what[DETAIL_BYTES];

        if (news->what > NEWS_OUT_UNSENT || told_nearer(g, plan, i, culprit)) {
            continue;
        }
        detail(plan, news, what);
        say_finding(out, is_excused(g, plan, p, news),
                    (struct finding){.culprit = culprit,
                                     .victim = victim_of(plan, p, news),
                                     .object = sent ? device_name(plan, p->object)
                                                    : queue_name(plan, p->object),
                                     .time_ns = p->time_ns,
                                     .count = g->heard.list[i].count},
                    "%s %s (%s), as seen in %s by %s", pd_name(plan, culprit), deeds[news->what],
                    what, sent ? device_name(plan, p->object) : queue_name(plan, p->object),
                    pd_name(plan, p->pd));
    }
    out->lost += g->heard.lost;
}

const struct check_type check_integrity = {
    .name = "integrity",
    .doc = "the bytes of a frame that arrives are those that were sent",
    .host_time = "every frame where it arrives, as told by the runtimes of its two ends, unless it "
                 "arrived before its sender's had said what it is; who altered it is deduced",
    .state_size = sizeof(struct integrity),
    .start = integrity_start,
    .event = integrity_event,
    .finish = integrity_finish,
};
