/* SPDX-License-Identifier: BSD-2-Clause */
/* Remembering events in bounded memory, and asking the scenario whom it distrusts. */
#include "sim/check/heard.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SENTENCE_BYTES 768

static bool is_same(const struct probe *x, const struct probe *y, enum heard_by by)
{
    return x->kind == y->kind && x->pd == y->pd && x->object == y->object &&
           (by != HEARD_BY_A || x->a == y->a) && (by != HEARD_BY_B || x->b == y->b);
}

void heard_note(struct heard_list *h, const struct probe *p, enum heard_by by)
{
    if (p->count == 0) {
        return;
    }
    for (unsigned i = 0; i < h->count; i++) {
        if (is_same(&h->list[i].first, p, by)) {
            h->list[i].count += p->count;
            return;
        }
    }
    if (h->count == HEARD_MAX) {
        h->lost += p->count;
        return;
    }
    h->list[h->count++] = (struct heard){.first = *p, .count = p->count};
}

void heard_judge(const struct heard_list *h, const struct plan *plan, struct findings *out,
                 void (*judge)(const struct plan *plan, const struct heard *h,
                               struct findings *out))
{
    for (unsigned i = 0; i < h->count; i++) {
        judge(plan, &h->list[i], out);
    }
    out->lost += h->lost;
}

struct finding heard_finding(const struct heard *h, uint32_t victim, const char *object)
{
    return (struct finding){.culprit = h->first.pd,
                            .victim = victim,
                            .object = object,
                            .time_ns = h->first.time_ns,
                            .count = h->count,
                            .before = h->first.before,
                            .place = h->first.place};
}

void heard_bytes_note(struct heard_bytes *h, const struct probe *p)
{
    struct bytes_news news;

    if (p->count == 0 || !bytes_news_read(p->a, p->b, &news)) {
        return;
    }
    for (unsigned i = 0; i < h->count; i++) {
        if (h->list[i].news.what == news.what && h->list[i].news.who == news.who &&
            h->list[i].first.pd == p->pd && h->list[i].first.object == p->object) {
            h->list[i].count += news.since;
            return;
        }
    }
    if (h->count == HEARD_MAX) {
        h->lost += news.since;
        return;
    }
    h->list[h->count].first = *p;
    h->list[h->count].news = news;
    h->list[h->count++].count = news.since;
}

uint32_t heard_bytes_stretcher(const struct heard_bytes *h, const struct plan *plan, uint32_t pd)
{
    uint32_t driver = PLAN_NONE;

    for (unsigned i = 0; i < h->count; i++) {
        const struct probe *p = &h->list[i].first;

        if (p->object >= plan->queue_count || p->kind != PROBE_FRAME_ALTERED) {
            continue;
        }
        if (h->list[i].news.what == NEWS_PASSED_LENGTH && p->pd != pd) {
            return p->pd;
        }
        if (h->list[i].news.what == NEWS_DRIVER_LENGTH) {
            driver = plan->queues[p->object].producer;
        }
    }
    return driver;
}

bool domain_compromised(const struct plan *plan, uint32_t pd)
{
    return pd < plan->pd_count && plan_compromised(plan, pd);
}

bool domain_suspect(const struct plan *plan, uint32_t pd)
{
    return pd < plan->pd_count && plan_suspect(plan, pd);
}

bool domain_misbehaves(const struct plan *plan, uint32_t pd)
{
    return pd < plan->pd_count && plan_misbehaves(plan, pd);
}

uint32_t domain_behind(const struct plan *plan, uint32_t pd)
{
    for (uint32_t i = 0; i < plan->device_count; i++) {
        uint32_t device = plan->devices[i].pd;

        if (plan->devices[i].driver == pd && device < plan->pd_count &&
            plan_misleads(plan, device)) {
            return device;
        }
    }
    return pd;
}

uint32_t domain_failed_by(const struct plan *plan, uint32_t pd)
{
    for (uint32_t i = 0; i < plan->device_count; i++) {
        if (plan->devices[i].driver == pd && domain_compromised(plan, plan->devices[i].pd)) {
            return plan->devices[i].pd;
        }
    }
    return pd;
}

uint32_t domain_misled_by(const struct plan *plan, uint32_t pd, uint32_t pool)
{
    for (uint32_t i = 0; i < plan->queue_count; i++) {
        const struct queue_shape *q = &plan->queues[i];

        if (q->consumer == pd && queue_names_pool(q, pool) && domain_suspect(plan, q->producer) &&
            (!plan->pds[q->producer].endpoint || domain_is(plan, pd, "driver"))) {
            return q->producer;
        }
    }
    return PLAN_NONE;
}

bool domain_watched_closely(const struct plan *plan, uint32_t pd)
{
    return !domain_suspect(plan, pd) && plan->scenario != NULL &&
           plan->scenario->clock == CLOCK_VIRTUAL;
}

const char *domain_standing(const struct plan *plan, uint32_t pd)
{
    if (domain_compromised(plan, pd)) {
        return "is compromised";
    }
    return domain_suspect(plan, pd) ? "is untrusted" : "is trusted";
}

bool domain_is(const struct plan *plan, uint32_t pd, const char *role)
{
    const char *own = pd < plan->pd_count ? plan->pds[pd].role : NULL;

    return own != NULL && strcmp(own, role) == 0;
}

bool *gone_start(const struct plan *plan)
{
    return arena_array(plan->arena, plan->pd_count + 1, sizeof(bool));
}

void gone_hear(bool *gone, const struct plan *plan, const struct probe *p)
{
    bool of_no_use =
        p->kind == PROBE_PD_DIED || p->kind == PROBE_PD_STOPPED || p->kind == PROBE_SIGNAL_LOST;

    if (of_no_use && p->pd < plan->pd_count) {
        gone[p->pd] = true;
    }
}

void over_hear(struct over *o, const struct probe *p)
{
    if (p->kind == PROBE_RUN_ENDED) {
        *o = (struct over){.told = true, .end = (enum run_end)p->a};
    }
}

bool over_cut_off(const struct over *o)
{
    return o->told && o->end != RUN_QUIET && o->end != RUN_LIMIT;
}

bool over_quiet(const struct over *o)
{
    return o->told && o->end == RUN_QUIET;
}

const char *pd_name(const struct plan *plan, uint32_t pd)
{
    return pd < plan->pd_count ? plan->pds[pd].name : "somebody";
}

const char *queue_name(const struct plan *plan, uint32_t queue)
{
    return queue < plan->queue_count ? plan->queues[queue].name : "?";
}

const char *pool_name(const struct plan *plan, uint32_t pool)
{
    return pool < plan->pool_count ? plan->pools[pool].name : "?";
}

const char *device_name(const struct plan *plan, uint32_t device)
{
    return device < plan->device_count ? plan->devices[device].name : "?";
}

uint32_t device_driver(const struct plan *plan, uint32_t device)
{
    return device < plan->device_count ? plan->devices[device].driver : PLAN_NONE;
}

uint32_t queue_peer(const struct plan *plan, uint32_t queue, uint32_t pd)
{
    if (queue >= plan->queue_count) {
        return PLAN_NONE;
    }
    const struct queue_shape *q = &plan->queues[queue];

    return q->producer == pd ? q->consumer : q->consumer == pd ? q->producer : PLAN_NONE;
}

void say_finding(struct findings *out, bool excused, struct finding one, const char *format, ...)
{
    char text[SENTENCE_BYTES];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    one.text = text;
    if (excused) {
        findings_excuse(out, &one);
    } else {
        findings_add(out, &one);
    }
}
