/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one client suffered from the faults, in numbers: its frames of both runs side by side, its
 * latency, and of these whatever the scenario's "compare" may state a bound for.
 */
#include <string.h>

#include "sim/cmd/compare_parts.h"

bool compare_latency(const json_t *report, const char *client, const char *quantile, int64_t *ns)
{
    const json_t *all = json_object_get(json_object_get(report, "latency_ns"), client);

    *ns = json_integer_value(json_object_get(all, quantile));
    return all != NULL;
}

static int64_t percent(int64_t part, int64_t whole)
{
    return whole == 0 ? (part == 0 ? 100 : INT64_MAX) : (part * 100 + whole - 1) / whole;
}

/* -- what may be asked -- */

typedef enum compare_measured measure(const struct comparison *c, const struct suffering *s,
                                      const char *quantile, int64_t *value);

static enum compare_measured lost(const struct comparison *c, const struct suffering *s,
                                  const char *unused, int64_t *value)
{
    (void)c;
    (void)unused;
    *value = (int64_t)(s->flows[FLOW_RX].lost + s->flows[FLOW_TX].lost);
    return MEASURED;
}

static enum compare_measured share(const struct flow_difference *d, int64_t *value)
{
    *value = percent((int64_t)d->with, (int64_t)d->without);
    return MEASURED;
}

static enum compare_measured received(const struct comparison *c, const struct suffering *s,
                                      const char *unused, int64_t *value)
{
    (void)c;
    (void)unused;
    return share(&s->flows[FLOW_RX], value);
}

static enum compare_measured sent(const struct comparison *c, const struct suffering *s,
                                  const char *unused, int64_t *value)
{
    (void)c;
    (void)unused;
    return share(&s->flows[FLOW_TX], value);
}

/* Frames in a millionth of the time between two, so that slow ones can be told apart as well. */
static bool rate_of(const struct flow_span *span, uint64_t *rate)
{
    uint64_t ns = span->last_ns - span->first_ns;

    if (span->frames < 2 || ns == 0) {
        return false;
    }
    *rate = (uint64_t)((unsigned __int128)(span->frames - 1) * 1000000000000000u / ns);
    return true;
}

/* Who got nothing any more has no rate, and that is no share of what it had. */
static enum compare_measured throughput(const struct comparison *c, const struct suffering *s,
                                        const char *unused, int64_t *value)
{
    enum compare_measured any = MEASURED_NOT;

    (void)c;
    (void)unused;
    *value = INT64_MAX;
    for (int way = 0; way < FLOWS; way++) {
        const struct flow_span *spans = s->flows[way].spans;
        uint64_t without, with;

        if (rate_of(&spans[0], &without)) {
            int64_t of = rate_of(&spans[1], &with) ? percent((int64_t)with, (int64_t)without) : 0;

            *value = of < *value ? of : *value;
            any = MEASURED;
        }
    }
    return any;
}

static enum compare_measured latencies(const struct comparison *c, const struct suffering *s,
                                       const char *quantile, int64_t *with, int64_t *without)
{
    const char *client = c->system.plan->pds[s->pd].name;
    bool both = compare_latency(c->with, client, quantile, with);

    both &= compare_latency(c->without, client, quantile, without);
    return both ? MEASURED : MEASURED_NOT;
}

static enum compare_measured latency(const struct comparison *c, const struct suffering *s,
                                     const char *quantile, int64_t *value)
{
    int64_t with, without;
    enum compare_measured is = latencies(c, s, quantile, &with, &without);

    *value = percent(with, without);
    return is;
}

static enum compare_measured latency_later(const struct comparison *c, const struct suffering *s,
                                           const char *quantile, int64_t *value)
{
    int64_t with, without;
    enum compare_measured is = latencies(c, s, quantile, &with, &without);

    *value = with > without ? with - without : 0;
    return is;
}

static enum compare_measured later(const struct comparison *c, const struct suffering *s,
                                   const char *unused, int64_t *value)
{
    uint64_t rx = s->flows[FLOW_RX].later_ns, tx = s->flows[FLOW_TX].later_ns;

    (void)c;
    (void)unused;
    *value = (int64_t)(rx > tx ? rx : tx);
    return MEASURED;
}

static const struct {
    const char *what, *quantile;
    measure *measure;
} measures[] = {
    {"lost", NULL, lost},
    {"rx_percent", NULL, received},
    {"tx_percent", NULL, sent},
    {"throughput_percent", NULL, throughput},
    {"p50_percent", "p50", latency},
    {"p99_percent", "p99", latency},
    {"p999_percent", "p999", latency},
    {"max_percent", "max", latency},
    {"p99_later_ns", "p99", latency_later},
    {"later_ns", NULL, later},
};

#define MEASURES (sizeof measures / sizeof measures[0])

enum compare_measured compare_measure(const struct comparison *c, const struct suffering *s,
                                      const char *what, int64_t *value)
{
    for (size_t i = 0; i < MEASURES; i++) {
        if (strcmp(what, measures[i].what) == 0) {
            return measures[i].measure(c, s, measures[i].quantile, value);
        }
    }
    return MEASURED_NOTHING;
}

const char *compare_measures(struct arena *arena)
{
    const char *list = measures[0].what;

    for (size_t i = 1; i < MEASURES; i++) {
        list =
            arena_format(arena, "%s%s%s", list, i + 1 < MEASURES ? ", " : " or ", measures[i].what);
    }
    return list;
}

const char *compare_about(const struct scenario_expect *bound, const char *client)
{
    size_t length = strlen(client);

    return strncmp(bound->name, client, length) == 0 && bound->name[length] == '.'
               ? bound->name + length + 1
               : NULL;
}

bool compare_bounds_make_sense(struct comparison *c)
{
    const struct scenario *s = c->system.scenario;
    bool good = true;

    for (size_t i = 0; i < s->bound_count; i++) {
        bool known = false, aimed = false;

        for (uint32_t pd = 0; pd < c->system.plan->pd_count; pd++) {
            const struct suffering nobody = {.pd = pd};
            const char *what = compare_about(&s->bounds[i], c->system.plan->pds[pd].name);
            int64_t unused;

            if (what != NULL && c->system.plan->pds[pd].endpoint &&
                compare_measure(c, &nobody, what, &unused) != MEASURED_NOTHING) {
                known = true;
                aimed = c->aimed[pd];
            }
        }
        if (!known) {
            cmd_complain(c->args,
                         "compare[%zu]: nothing is called \"%s\"; write CLIENT.WHAT, where WHAT is "
                         "%s",
                         i, s->bounds[i].name, compare_measures(&c->arena));
            good = false;
        } else if (aimed) {
            cmd_complain(c->args,
                         "compare[%zu]: \"%s\" is about a client that a fault is in, of which "
                         "nothing is measured; name another",
                         i, s->bounds[i].name);
            good = false;
        }
    }
    return good;
}

/* When both were ended with frames perhaps on their way; 0: they came to an end by themselves. */
static uint64_t end_of_both(const struct comparison *c)
{
    const json_t *both[] = {c->with, c->without};

    for (size_t i = 0; i < 2; i++) {
        const char *end = json_string_value(json_object_get(both[i], "end"));

        if (end == NULL || strcmp(end, run_end_name(RUN_LIMIT)) != 0) {
            return 0;
        }
    }
    return (uint64_t)json_integer_value(json_object_get(c->with, "time_ns"));
}

bool compare_find_suffering(struct comparison *c, struct suffering *s)
{
    const struct plan *plan = c->system.plan;
    const char *client = plan->pds[s->pd].name, *why = NULL;
    static const char *const ways[FLOWS] = {[FLOW_RX] = "rx", [FLOW_TX] = "tx"};
    size_t count = 0, room = 0;

    for (uint32_t pd = 0; pd < plan->pd_count; pd++) {
        room += c->aimed[pd] ? plan->pds[pd].mac_count : 0;
    }
    uint8_t(*macs)[6] = arena_array(&c->arena, room + 1, sizeof *macs);

    for (uint32_t pd = 0; pd < plan->pd_count; pd++) {
        for (size_t i = 0; c->aimed[pd] && i < plan->pds[pd].mac_count; i++) {
            memcpy(macs[count++], plan->pds[pd].macs[i], 6);
        }
    }
    s->shared = compare_shared(plan, c->system.platform, s->pd, c->aimed, &c->arena);
    s->waits_ns = compare_waits(plan, s->pd, &c->arena);
    for (int way = 0; way < FLOWS; way++) {
        const char *file = arena_format(&c->arena, "captures/%s.%s.pcap", client, ways[way]);

        const struct flow_of of = {
            .peer_at = way == FLOW_RX ? 6 : 0,
            .but = (const uint8_t(*)[6])macs,
            .but_count = count,
            .end_ns = end_of_both(c),
        };

        if (!compare_flows(arena_format(&c->arena, "%s/without/%s", c->folder, file),
                           arena_format(&c->arena, "%s/with/%s", c->folder, file), &of,
                           &s->flows[way], &why, &c->arena)) {
            cmd_complain(c->args, "%s", why);
            return false;
        }
    }
    return true;
}
