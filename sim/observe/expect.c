/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every name an expectation may use is made in one place, each_name, together with what it stands
 * for. Finding a name, suggesting one and reading its value all go through that list, so they
 * cannot disagree about it.
 */
#include "sim/observe/expect.h"

#include <stdio.h>
#include <string.h>

#include "sim/base/suggest.h"
#include "sim/observe/report.h"

#define NAME_BYTES 256u

enum term {
    TERM_IN,
    TERM_SENT,
    TERM_COPIED,
    TERM_DELIVERED,
    TERM_OUT,
    TERM_DROPPED,
    TERM_IN_FLIGHT,
    TERM_FINDINGS,
    TERM_ACTED,
    TERM_FINDINGS_OF,  /* a: check */
    TERM_ACTED_BY,     /* a: scenario fault */
    TERM_DROPPED_AT,   /* a: domain */
    TERM_DROPPED_WHY,  /* a: domain, b: reason */
    TERM_DELIVERED_TO, /* a: domain, as all that follow */
    TERM_SENT_BY,
    TERM_ENTRIES,
    TERM_NOTIFIED,
    TERM_SIGNALS,
    TERM_FAULTS,
    TERM_P50,
    TERM_P99,
    TERM_P999,
    TERM_MAX,
    TERM_CYCLES,
    TERM_MAX_LENGTH, /* a: queue */
    TERM_COUNTER,    /* a: plan device, b: counter */
    TERM_UTILISATION,
    TERM_CYCLES_PER_PACKET,
};

/* What a name stands for. */
struct meaning {
    enum term term;
    uint32_t a, b;
};

struct suffix {
    const char *name;
    enum term term;
};

static const struct suffix totals[] = {
    {"in", TERM_IN},
    {"sent", TERM_SENT},
    {"copied", TERM_COPIED},
    {"out", TERM_OUT},
    {"dropped", TERM_DROPPED},
    {"delivered", TERM_DELIVERED},
    {"in_flight", TERM_IN_FLIGHT},
    {"findings", TERM_FINDINGS},
    {"acted", TERM_ACTED},
};
static const struct suffix of_pd[] = {
    {"entries", TERM_ENTRIES}, {"notified", TERM_NOTIFIED}, {"signals_sent", TERM_SIGNALS},
    {"faults", TERM_FAULTS},   {"cycles", TERM_CYCLES},
};
static const struct suffix of_client[] = {
    {"rx_frames", TERM_DELIVERED_TO},
    {"tx_frames", TERM_SENT_BY},
};
static const struct suffix of_latency[] = {
    {"p50_ns", TERM_P50},
    {"p99_ns", TERM_P99},
    {"p999_ns", TERM_P999},
    {"max_ns", TERM_MAX},
};
static const struct suffix of_cpu[] = {
    {"utilisation_ppm", TERM_UTILISATION},
    {"cycles_per_packet", TERM_CYCLES_PER_PACKET},
};
/* Of what a device counts, what its wire has measured. */
static const char *const counters[] = {
    "offered_bps", "achieved_bps", "echo_sent",  "echo_returned", "echo_corrupt", "echo_duplicate",
    "rtt_mean_ns", "rtt_p50_ns",   "rtt_p99_ns", "rtt_p999_ns",   "rtt_min_ns",   "rtt_max_ns",
};

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

struct names {
    const struct plan *plan;
    const char *const *checks;
    size_t check_count;
    /* Told every name; false ends it. */
    bool (*visit)(void *context, const char *name, struct meaning meaning);
    void *context;
};

/* "before.middle.after" of what is not NULL. */
static bool tell(const struct names *n, const char *before, const char *middle, const char *after,
                 struct meaning meaning)
{
    char name[NAME_BYTES];

    snprintf(name, sizeof name, "%s%s%s%s%s", before, middle == NULL ? "" : ".",
             middle == NULL ? "" : middle, after == NULL ? "" : ".", after == NULL ? "" : after);
    return n->visit(n->context, name, meaning);
}

static bool each_of(const struct names *n, const char *before, const char *middle,
                    const struct suffix *suffixes, size_t count, uint32_t pd)
{
    for (size_t i = 0; i < count; i++) {
        if (!tell(n, before, middle, suffixes[i].name,
                  (struct meaning){.term = suffixes[i].term, .a = pd})) {
            return false;
        }
    }
    return true;
}

static bool each_of_client(const struct names *n, uint32_t pd)
{
    const char *name = n->plan->pds[pd].name;

    return tell(n, "delivered", name, NULL, (struct meaning){.term = TERM_DELIVERED_TO, .a = pd}) &&
           each_of(n, name, NULL, of_client, COUNT_OF(of_client), pd) &&
           each_of(n, "latency", name, of_latency, COUNT_OF(of_latency), pd);
}

static bool each_of_pd(const struct names *n, uint32_t pd)
{
    const char *name = n->plan->pds[pd].name;

    if (!each_of(n, name, NULL, of_pd, COUNT_OF(of_pd), pd) ||
        !tell(n, "dropped", name, NULL, (struct meaning){.term = TERM_DROPPED_AT, .a = pd})) {
        return false;
    }
    for (unsigned reason = DROP_NONE + 1; reason < DROP_COUNT; reason++) {
        if (!tell(n, "dropped", name, drop_reason_name(reason),
                  (struct meaning){.term = TERM_DROPPED_WHY, .a = pd, .b = reason})) {
            return false;
        }
    }
    return !n->plan->pds[pd].endpoint || each_of_client(n, pd);
}

static bool each_of_devices(const struct names *n)
{
    for (uint32_t device = 0; device < n->plan->device_count; device++) {
        for (uint32_t i = 0; i < COUNT_OF(counters); i++) {
            if (!tell(n, n->plan->devices[device].name, NULL, counters[i],
                      (struct meaning){.term = TERM_COUNTER, .a = device, .b = i})) {
                return false;
            }
        }
    }
    return true;
}

static bool each_of_queues(const struct names *n)
{
    for (uint32_t queue = 0; queue < n->plan->queue_count; queue++) {
        if (!tell(n, n->plan->queues[queue].name, NULL, "max_length",
                  (struct meaning){.term = TERM_MAX_LENGTH, .a = queue})) {
            return false;
        }
    }
    return true;
}

static void each_name(const struct names *n)
{
    char number[24];

    for (size_t i = 0; i < COUNT_OF(totals); i++) {
        if (!tell(n, totals[i].name, NULL, NULL, (struct meaning){.term = totals[i].term})) {
            return;
        }
    }
    for (size_t i = 0; i < n->check_count; i++) {
        if (!tell(n, "findings", n->checks[i], NULL,
                  (struct meaning){.term = TERM_FINDINGS_OF, .a = (uint32_t)i})) {
            return;
        }
    }
    for (size_t i = 0; i < n->plan->scenario->fault_count; i++) {
        snprintf(number, sizeof number, "%zu", i);
        if (!tell(n, "acted", number, NULL,
                  (struct meaning){.term = TERM_ACTED_BY, .a = (uint32_t)i})) {
            return;
        }
    }
    for (uint32_t pd = 0; pd < n->plan->pd_count; pd++) {
        if (!each_of_pd(n, pd)) {
            return;
        }
    }
    if (each_of_devices(n) && each_of_queues(n)) {
        each_of(n, "cpu", NULL, of_cpu, COUNT_OF(of_cpu), 0);
    }
}

/* -- finding a name -- */

struct search {
    const char *wanted;
    bool found;
    struct meaning meaning;
};

static bool is_wanted(void *context, const char *name, struct meaning meaning)
{
    struct search *s = context;

    s->found = strcmp(name, s->wanted) == 0;
    s->meaning = meaning;
    return !s->found;
}

static bool find(const struct plan *plan, const char *const *checks, size_t check_count,
                 const char *wanted, struct meaning *meaning)
{
    struct search s = {.wanted = wanted};
    struct names n = {plan, checks, check_count, is_wanted, &s};

    each_name(&n);
    *meaning = s.meaning;
    return s.found;
}

/* -- suggesting one -- */

struct all {
    struct arena *arena;
    const char **names; /* NULL: only counting */
    size_t count;
};

static bool add_name(void *context, const char *name, struct meaning meaning)
{
    struct all *all = context;

    (void)meaning;
    if (all->names != NULL) {
        all->names[all->count] = arena_text(all->arena, name);
    }
    all->count++;
    return true;
}

static struct all all_names(const struct plan *plan, const char *const *checks, size_t check_count)
{
    struct all all = {.arena = plan->arena};
    struct names n = {plan, checks, check_count, add_name, &all};

    each_name(&n);
    all.names = arena_array(plan->arena, all.count, sizeof *all.names);
    all.count = 0;
    each_name(&n);
    return all;
}

bool expect_check(const struct plan *plan, const char *const *checks, size_t check_count,
                  struct diag *diag)
{
    const struct scenario *s = plan->scenario;
    struct all all = {0};
    bool good = true;

    for (size_t i = 0; i < s->expect_count; i++) {
        struct meaning ignored;

        if (find(plan, checks, check_count, s->expects[i].name, &ignored)) {
            continue;
        }
        if (all.names == NULL) {
            all = all_names(plan, checks, check_count);
        }
        diag_error(diag, s->expects[i].place, "\"%s\" is no number of this run%s",
                   s->expects[i].name,
                   suggest_text(diag->arena, s->expects[i].name, all.names, all.count));
        good = false;
    }
    return good;
}

/* -- reading its value -- */

static bool give(uint64_t from, uint64_t *value)
{
    *value = from;
    return true;
}

static uint64_t findings_of(const struct report_check *c)
{
    return c->findings->count + c->findings->lost;
}

static bool read_total(const struct report_input *in, enum term term, uint64_t *value)
{
    const struct account *a = in->account;
    uint64_t sum = 0;

    switch (term) {
    case TERM_IN:
        return give(a->in, value);
    case TERM_SENT:
        return give(a->sent, value);
    case TERM_COPIED:
        return give(a->copied, value);
    case TERM_DELIVERED:
        return give(a->delivered, value);
    case TERM_OUT:
        return give(a->out, value);
    case TERM_DROPPED:
        return give(a->dropped, value);
    case TERM_IN_FLIGHT:
        return give(a->in_flight, value);
    case TERM_FINDINGS:
        for (size_t i = 0; i < in->check_count; i++) {
            sum += findings_of(&in->checks[i]);
        }
        return give(sum, value);
    default:
        for (size_t i = 0; i < in->plan->scenario->fault_count; i++) {
            sum += a->acted[i];
        }
        return give(sum, value);
    }
}

static bool read_pd(const struct report_input *in, struct meaning m, uint64_t *value)
{
    if (in->pds == NULL) {
        return false;
    }
    const struct report_pd *pd = &in->pds[m.a];

    switch (m.term) {
    case TERM_ENTRIES:
        return give(pd->entries, value);
    case TERM_NOTIFIED:
        return give(pd->notified, value);
    case TERM_SIGNALS:
        return give(pd->signals_sent, value);
    default:
        return give(pd->faults, value);
    }
}

static bool read_latency(const struct report_input *in, struct meaning m, uint64_t *value)
{
    if (in->latency == NULL || in->latency[m.a].count == 0) {
        return false;
    }
    const struct report_latency *l = &in->latency[m.a];

    switch (m.term) {
    case TERM_P50:
        return give(l->p50_ns, value);
    case TERM_P99:
        return give(l->p99_ns, value);
    case TERM_P999:
        return give(l->p999_ns, value);
    default:
        return give(l->max_ns, value);
    }
}

/* What the simulated processor did, in whole or for one domain. */
static bool read_cpu(const struct report_input *in, struct meaning m, uint64_t *value)
{
    const struct report_cpu *cpu = in->cpu;

    if (cpu == NULL) {
        return false;
    }
    switch (m.term) {
    case TERM_UTILISATION:
        return give(cpu->utilisation_ppm, value);
    case TERM_CYCLES_PER_PACKET:
        return cpu->packets != 0 && give(cpu->cycles_per_packet, value);
    default:
        return give(cpu->pds[m.a].total, value);
    }
}

/* A device whose wire sends nothing to be returned does not count all that others do. */
static bool read_counter(const struct report_input *in, struct meaning m, uint64_t *value)
{
    for (size_t i = 0; in->devices != NULL && i < in->devices[m.a].counter_count; i++) {
        const struct report_counter *c = &in->devices[m.a].counters[i];

        if (strcmp(c->name, counters[m.b]) == 0) {
            return give(c->value, value);
        }
    }
    return false;
}

static bool read_max_length(const struct report_input *in, struct meaning m, uint64_t *value)
{
    return in->queues != NULL && in->queues[m.a].known && give(in->queues[m.a].max_length, value);
}

static bool read_value(const struct report_input *in, struct meaning m, uint64_t *value)
{
    const struct account *a = in->account;
    uint64_t sum = 0;

    switch (m.term) {
    case TERM_FINDINGS_OF:
        return give(findings_of(&in->checks[m.a]), value);
    case TERM_ACTED_BY:
        return give(a->acted[m.a], value);
    case TERM_DROPPED_AT:
        for (unsigned reason = 0; reason < DROP_COUNT; reason++) {
            sum += a->dropped_at[m.a][reason];
        }
        return give(sum, value);
    case TERM_DROPPED_WHY:
        return give(a->dropped_at[m.a][m.b], value);
    case TERM_DELIVERED_TO:
        return give(a->delivered_to[m.a], value);
    case TERM_SENT_BY:
        return give(a->sent_by[m.a], value);
    case TERM_ENTRIES:
    case TERM_NOTIFIED:
    case TERM_SIGNALS:
    case TERM_FAULTS:
        return read_pd(in, m, value);
    case TERM_P50:
    case TERM_P99:
    case TERM_P999:
    case TERM_MAX:
        return read_latency(in, m, value);
    case TERM_CYCLES:
    case TERM_UTILISATION:
    case TERM_CYCLES_PER_PACKET:
        return read_cpu(in, m, value);
    case TERM_MAX_LENGTH:
        return read_max_length(in, m, value);
    case TERM_COUNTER:
        return read_counter(in, m, value);
    default:
        return read_total(in, m.term, value);
    }
}

bool expect_holds(int op, int64_t left, int64_t right)
{
    switch (op) {
    case EXPECT_EQ:
        return left == right;
    case EXPECT_NE:
        return left != right;
    case EXPECT_LT:
        return left < right;
    case EXPECT_LE:
        return left <= right;
    case EXPECT_GT:
        return left > right;
    default:
        return left >= right;
    }
}

struct expect_result *expect_judge(const struct report_input *in)
{
    const struct scenario *s = in->plan->scenario;

    if (s->expect_count == 0) {
        return NULL;
    }
    const char **checks = arena_array(in->plan->arena, in->check_count + 1, sizeof *checks);
    struct expect_result *results = arena_array(in->plan->arena, s->expect_count, sizeof *results);

    for (size_t i = 0; i < in->check_count; i++) {
        checks[i] = in->checks[i].name;
    }
    for (size_t i = 0; i < s->expect_count; i++) {
        struct expect_result *r = &results[i];
        struct meaning meaning;
        uint64_t value = 0;

        r->known = find(in->plan, checks, in->check_count, s->expects[i].name, &meaning) &&
                   read_value(in, meaning, &value);
        r->value = value > INT64_MAX ? INT64_MAX : (int64_t)value;
        r->holds = r->known && expect_holds((int)s->expects[i].op, r->value, s->expects[i].value);
    }
    return results;
}
