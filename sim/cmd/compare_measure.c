/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one client suffered from the faults, in numbers: its frames of both runs side by side, its
 * latency, and of these whatever the scenario's "compare" may state a bound for.
 */
#include <string.h>

#include "sim/cmd/compare_parts.h"

int64_t compare_latency(const json_t *report, const char *client, const char *quantile)
{
    return json_integer_value(
        json_object_get(json_object_get(json_object_get(report, "latency_ns"), client), quantile));
}

static int64_t percent(int64_t part, int64_t whole)
{
    return whole == 0 ? (part == 0 ? 100 : INT64_MAX) : (part * 100 + whole - 1) / whole;
}

bool compare_measure(const struct comparison *c, const struct suffering *s, const char *what,
                     int64_t *value)
{
    static const struct {
        const char *what, *quantile;
    } quantiles[] = {{"p50_percent", "p50"},
                     {"p99_percent", "p99"},
                     {"p999_percent", "p999"},
                     {"max_percent", "max"}};
    const char *client = c->system.plan->pds[s->pd].name;
    uint64_t later = s->flows[FLOW_RX].later_ns > s->flows[FLOW_TX].later_ns
                         ? s->flows[FLOW_RX].later_ns
                         : s->flows[FLOW_TX].later_ns;

    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        if (strcmp(what, quantiles[i].what) == 0) {
            *value = percent(compare_latency(c->with, client, quantiles[i].quantile),
                             compare_latency(c->without, client, quantiles[i].quantile));
            return true;
        }
    }
    if (strcmp(what, "lost") == 0) {
        *value = (int64_t)(s->flows[FLOW_RX].lost + s->flows[FLOW_TX].lost);
    } else if (strcmp(what, "rx_percent") == 0) {
        *value = percent((int64_t)s->flows[FLOW_RX].with, (int64_t)s->flows[FLOW_RX].without);
    } else if (strcmp(what, "tx_percent") == 0) {
        *value = percent((int64_t)s->flows[FLOW_TX].with, (int64_t)s->flows[FLOW_TX].without);
    } else if (strcmp(what, "later_ns") == 0) {
        *value = (int64_t)later;
    } else {
        return false;
    }
    return true;
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
                compare_measure(c, &nobody, what, &unused)) {
                known = true;
                aimed = c->aimed[pd];
            }
        }
        if (!known) {
            cmd_complain(c->args,
                         "compare[%zu]: nothing is called \"%s\"; write CLIENT.WHAT, where WHAT is "
                         "lost, rx_percent, tx_percent, p50_percent, p99_percent, p999_percent, "
                         "max_percent or later_ns",
                         i, s->bounds[i].name);
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
    if (c->worldly) {
        s->shared = s->shared == NULL ? "a wire or device" : s->shared;
    }
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
