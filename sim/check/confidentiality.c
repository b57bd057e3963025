/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No byte of a frame reaches a client that it was not for. Whole frames that go astray are another
 * check's (delivery.c); here it is what lies around them: the bytes of older frames behind a
 * shorter one, in a buffer that is used again. Whoever copies frames for a client is watched for
 * copying no more than the frame (sim/observe/moves_bytes.c), and what it leaves is looked at in
 * the end (moves_scan.c); nor may it read beyond the buffer a frame lies in. Here it is said who
 * did it, who can read what now, and whose it was.
 *
 * A client without a copier reads the receive region itself. Where it is trusted, or the scenario
 * allows it to, that is no breach; of one that is not trusted it is said that there is no verdict.
 */
#include <inttypes.h>

#include "sim/check/blame.h"

struct confidentiality {
    struct heard_bytes leaks, altered;
    struct heard_list beyond;
};

static void confidentiality_event(void *state, const struct plan *plan, const struct probe *p)
{
    struct confidentiality *c = state;

    (void)plan;
    if (p->kind == PROBE_FRAME_LEAKED) {
        heard_bytes_note(&c->leaks, p);
    } else if (p->kind == PROBE_FRAME_ALTERED) {
        heard_bytes_note(&c->altered, p); /* who made frames longer than they were */
    } else if (p->kind == PROBE_COPY_BEYOND) {
        heard_note(&c->beyond, p, HEARD_BY_OBJECT);
    }
}

static const char *victim_name(const struct plan *plan, uint32_t pd)
{
    return pd < plan->pd_count ? plan->pds[pd].name : "an address nobody here has";
}

/* Who is seen to have done it; PLAN_NONE: whoever made the frame longer. */
static uint32_t doer_of(const struct confidentiality *c, const struct plan *plan,
                        const struct probe *p, const struct bytes_news *news)
{
    return news->what == NEWS_LEAK_GIVEN ? heard_bytes_stretcher(&c->altered, plan, p->pd) : p->pd;
}

/* It, or whoever led it to that. */
static uint32_t culprit_of(const struct plan *plan, const struct probe *p, uint32_t doer)
{
    uint32_t leader = blame_for(plan, doer != PLAN_NONE ? doer : p->pd, PLAN_NONE);

    return domain_suspect(plan, leader) ? leader : doer;
}

static void judge(const struct confidentiality *c, const struct plan *plan, unsigned i,
                  struct findings *out)
{
    static const char *const how[] = {
        [NEWS_LEAK_LENGTH] = "by giving it more than its frame",
        [NEWS_LEAK_GIVEN] = "by making its frame longer than it was",
        [NEWS_LEAK_BEYOND] = "by copying beyond the end of its frame",
        [NEWS_LEAK_LEFT] = "by copying what no frame came with",
    };
    const struct probe *p = &c->leaks.list[i].first;
    const struct bytes_news *news = &c->leaks.list[i].news;
    uint32_t doer = doer_of(c, plan, p, news), culprit = culprit_of(plan, p, doer);
    uint32_t reader = p->object < plan->queue_count ? plan->queues[p->object].consumer : PLAN_NONE;

    say_finding(
        out, domain_suspect(plan, p->pd) || domain_suspect(plan, doer),
        (struct finding){.culprit = culprit,
                         .victim = news->who < plan->pd_count ? news->who : PLAN_NONE,
                         .object = queue_name(plan, p->object),
                         .time_ns = p->time_ns,
                         .count = c->leaks.list[i].count},
        "%s let %s see bytes %" PRIu32 " to %" PRIu32 " of frame %" PRIu64 " for %s, in %s, %s",
        pd_name(plan, culprit), pd_name(plan, reader), news->from, news->to - 1, news->number,
        victim_name(plan, news->who), queue_name(plan, p->object), how[news->what]);
}

/* Whatever it was told lies there. */
static void judge_beyond(const struct plan *plan, const struct heard *h, struct findings *out)
{
    const struct probe *p = &h->first;

    say_finding(
        out, domain_suspect(plan, p->pd), heard_finding(h, PLAN_NONE, pool_name(plan, p->object)),
        "%s copied %" PRIu64 " bytes from %s + 0x%" PRIx64 ", beyond the end of the buffer there",
        pd_name(plan, p->pd), p->b, pool_name(plan, p->object), p->a);
}

/* The pools that others' frames come in by: may this domain read one? Then by which. */
static const char *shared_pool(const struct plan *plan, uint32_t pd)
{
    for (uint32_t i = 0; i < plan->device_count; i++) {
        uint32_t source = plan->devices[i].rx_queue_source;

        if (source == PLAN_NONE || plan->queues[source].consumer == pd) {
            continue; /* it has the device to itself */
        }
        const struct plan_pool *pool = &plan->pools[plan->queues[source].pools[0]];
        if (plan_find_map(plan, pd, pool->region) != NULL) {
            return pool->name;
        }
    }
    return NULL;
}

static void say_shared(const struct plan *plan, struct findings *out)
{
    for (uint32_t pd = 0; pd < plan->pd_count; pd++) {
        const struct plan_pd *p = &plan->pds[pd];
        const char *pool = p->endpoint && !p->trusted ? shared_pool(plan, pd) : NULL;

        if (pool != NULL) {
            say_finding(
                out, true,
                (struct finding){.culprit = pd, .victim = PLAN_NONE, .object = pool, .count = 1},
                "%s may read all of %s, as the scenario allows: of what it sees there, no "
                "verdict",
                p->name, pool);
        }
    }
}

static void confidentiality_finish(void *state, const struct plan *plan, struct findings *out)
{
    const struct confidentiality *c = state;

    for (unsigned i = 0; i < c->leaks.count; i++) {
        enum bytes_what what = c->leaks.list[i].news.what;

        if (what >= NEWS_LEAK_LENGTH && what <= NEWS_LEAK_LEFT) {
            judge(c, plan, i, out);
        }
    }
    out->lost += c->leaks.lost;
    heard_judge(&c->beyond, plan, out, judge_beyond);
    say_shared(plan, out);
}

const struct check_type check_confidentiality = {
    .name = "confidentiality",
    .doc = "no byte of a frame reaches a client that it was not for, stale ones included",
    .host_time = "every copy, and what lies about in the end, as told by the runtime of the domain "
                 "that copies",
    .isolation = true,
    .state_size = sizeof(struct confidentiality),
    .event = confidentiality_event,
    .finish = confidentiality_finish,
};
