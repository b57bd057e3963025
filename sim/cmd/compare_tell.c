/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What comes of a comparison, in words: for each client that the faults are not in how its frames
 * and latency fared and which bounds hold, then what the checks found in either run, and whether
 * the faults acted at all. Who says that something does not hold makes the outcome HARMED.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd/compare_parts.h"
#include "sim/observe/expect.h"

static void say_time(uint64_t ns, char *out, size_t bytes)
{
    if (ns < 1000) {
        snprintf(out, bytes, "%" PRIu64 " ns", ns);
    } else if (ns < 1000000) {
        snprintf(out, bytes, "%" PRIu64 ".%03" PRIu64 " us", ns / 1000, ns % 1000);
    } else {
        snprintf(out, bytes, "%" PRIu64 ".%03" PRIu64 " ms", ns / 1000000, ns / 1000 % 1000);
    }
}

static void say_verdict(struct comparison *c, bool good, const char *yes, const char *no, FILE *to)
{
    fprintf(to, "%s%s%s", cmd_color(c->args, good ? CMD_COLOR_GREEN : CMD_COLOR_RED),
            good ? yes : no, cmd_color(c->args, CMD_COLOR_END));
    c->harmed |= !good;
}

static void say_flow(struct comparison *c, const struct suffering *s, int way, FILE *to)
{
    const struct flow_difference *d = &s->flows[way];
    char later[32], earlier[32], when[32];
    bool exact = d->same && !d->interleaved && d->with == d->without && d->later_ns == 0 &&
                 d->earlier_ns == 0;

    fprintf(to, "    %-9s %" PRIu64 " frames, %" PRIu64 " without: ",
            way == FLOW_RX ? "received" : "sent", d->with, d->without);
    if (!d->same) {
        say_time(d->with_ns, when, sizeof when);
        say_verdict(c, false, "", "NOT THE SAME", to);
        fprintf(to, ", from frame %" PRIu64 " at %s on\n", d->first, when);
        return;
    }
    if (exact) {
        say_verdict(c, true, "the same, in the same order, at the same times", "", to);
        fputc('\n', to);
        return;
    }
    if (d->with != d->without) {
        fprintf(to, "the same as far as they go");
    } else {
        say_verdict(c, true, "the same, in the same order", "", to);
    }
    if (d->interleaved) {
        fprintf(to, " %s each", way == FLOW_RX ? "from" : "to");
    }
    say_time(d->later_ns, later, sizeof later);
    say_time(d->earlier_ns, earlier, sizeof earlier);
    fprintf(to, "; at most %s later, %s earlier\n", later, earlier);
    if (d->cut != 0) {
        fprintf(to, "              %" PRIu64 " more would have come after the end\n", d->cut);
    }
    if (s->shared == NULL) {
        fprintf(to, "    %-9s ", "");
        say_verdict(c, false, "", "NOT AT THE SAME TIMES", to);
        fprintf(to, ", with nothing in common to be delayed by\n");
    }
}

static void say_latency(const struct comparison *c, const char *client, FILE *to)
{
    static const char *const quantiles[] = {"p50", "p99", "max"};
    char with[32], without[32];

    fprintf(to, "    latency   ");
    for (size_t i = 0; i < 3; i++) {
        int64_t with_ns, without_ns;
        bool both = compare_latency(c->with, client, quantiles[i], &with_ns);

        both &= compare_latency(c->without, client, quantiles[i], &without_ns);
        if (!both) {
            fprintf(to, "not measured: it took no frame that is known to have come when\n");
            return;
        }
        say_time((uint64_t)with_ns, with, sizeof with);
        say_time((uint64_t)without_ns, without, sizeof without);
        fprintf(to, "%s%s %s, %s without", i == 0 ? "" : "; ", quantiles[i], with, without);
    }
    fputc('\n', to);
}

/* A bound on what was not measured is no bound that holds. */
static void say_bound(struct comparison *c, const struct suffering *s, const char *what, int op,
                      int64_t wanted, const char *words, FILE *to)
{
    int64_t value = 0;
    bool measured = compare_measure(c, s, what, &value) == MEASURED;

    fprintf(to, "    bound     %s: it is ", words);
    if (measured) {
        fprintf(to, "%" PRId64 ", which ", value);
        say_verdict(c, expect_holds(op, value, wanted), "holds", "DOES NOT HOLD", to);
    } else {
        say_verdict(c, false, "", "NOT MEASURED", to);
    }
    fputc('\n', to);
}

/* Where the scenario says nothing; of what was not measured nothing is said either. */
static void say_usual(struct comparison *c, const struct suffering *s, const char *what, int op,
                      int64_t wanted, const char *words, FILE *to)
{
    int64_t value;

    if (compare_measure(c, s, what, &value) == MEASURED) {
        say_bound(c, s, what, op, wanted, words, to);
    }
}

/* The few latest frames may be later for waiting once more for somebody's budget. */
static void say_usual_latency(struct comparison *c, const struct suffering *s, FILE *to)
{
    int64_t share, later_ns = 0;
    bool slow = compare_measure(c, s, "p99_percent", &share) == MEASURED && share > 110 &&
                compare_measure(c, s, "p99_later_ns", &later_ns) == MEASURED;
    char waits[32];

    if (slow && later_ns <= (int64_t)s->waits_ns) {
        say_time(s->waits_ns, waits, sizeof waits);
        fprintf(to, "    bound     p99_percent <= 110: it is %" PRId64 ", ", share);
        say_verdict(c, true, "as may be", "", to);
        fprintf(to, ": those on its way may wait %s for more budget\n", waits);
    } else {
        say_usual(c, s, "p99_percent", EXPECT_LE, 110, "p99_percent <= 110", to);
    }
}

static bool is_about_throughput(const char *what)
{
    return strcmp(what, "throughput_percent") == 0 || strcmp(what, "rx_percent") == 0 ||
           strcmp(what, "tx_percent") == 0;
}

/* What the scenario states; and where it says nothing of loss, throughput or latency, what is
 * usual. */
static void say_bounds(struct comparison *c, const struct suffering *s, FILE *to)
{
    const struct scenario *scenario = c->system.scenario;
    const char *client = c->system.plan->pds[s->pd].name;
    bool loss = false, rate = false, delay = false;

    for (size_t i = 0; i < scenario->bound_count; i++) {
        const char *what = compare_about(&scenario->bounds[i], client);

        if (what != NULL) {
            say_bound(c, s, what, (int)scenario->bounds[i].op, scenario->bounds[i].value,
                      scenario->bounds[i].text, to);
            loss |= strcmp(what, "lost") == 0;
            rate |= is_about_throughput(what);
            delay |= strcmp(what, "lost") != 0 && !is_about_throughput(what);
        }
    }
    if (!loss) {
        say_usual(c, s, "lost", EXPECT_EQ, 0, "lost == 0", to);
    }
    if (!rate) {
        say_usual(c, s, "throughput_percent", EXPECT_GE, 90, "throughput_percent >= 90", to);
    }
    if (!delay && s->shared != NULL) {
        say_usual_latency(c, s, to);
    }
}

/* Whom the faults are in. */
static const char *aimed_names(struct comparison *c)
{
    const char *names = NULL;

    for (uint32_t pd = 0; pd < c->system.plan->pd_count; pd++) {
        if (c->aimed[pd]) {
            const char *name = c->system.plan->pds[pd].name;

            names = names == NULL ? name : arena_format(&c->arena, "%s, %s", names, name);
        }
    }
    return names == NULL ? "the faults" : names;
}

static void say_client(struct comparison *c, const struct suffering *s, FILE *to)
{
    const char *client = c->system.plan->pds[s->pd].name;

    if (s->shared == NULL) {
        fprintf(to, "\n  %s has nothing in common with %s: no domain, device, wire or core\n",
                client, aimed_names(c));
    } else {
        fprintf(to, "\n  %s has in common with %s: %s\n", client, aimed_names(c), s->shared);
    }
    for (int way = 0; way < FLOWS; way++) {
        say_flow(c, s, way, to);
    }
    if (s->flows[FLOW_RX].skipped + s->flows[FLOW_TX].skipped != 0) {
        fprintf(to, "    %" PRIu64 " frames from and %" PRIu64 " to them are not compared\n",
                s->flows[FLOW_RX].skipped, s->flows[FLOW_TX].skipped);
    }
    say_latency(c, client, to);
    say_bounds(c, s, to);
}

/* Everything that the checks of one run found, and did not excuse. */
static void say_findings(struct comparison *c, const json_t *report, const char *name, FILE *to)
{
    json_t *checks = json_object_get(report, "checks"), *check, *finding;
    size_t i, k, count = 0;

    json_array_foreach(checks, i, check)
    {
        count += json_array_size(json_object_get(check, "findings"));
    }
    fprintf(to, "\n  %s: ", name);
    say_verdict(c, count == 0, "no check found anything", "the checks found", to);
    fputc('\n', to);
    json_array_foreach(checks, i, check)
    {
        json_array_foreach(json_object_get(check, "findings"), k, finding)
        {
            fprintf(to, "    %s: %s\n", json_string_value(json_object_get(check, "name")),
                    json_string_value(json_object_get(finding, "text")));
        }
    }
}

/* A fault that never acted shows nothing. */
static void say_faults(struct comparison *c, FILE *to)
{
    const struct scenario *s = c->system.scenario;
    json_t *faults = json_object_get(c->with, "faults");

    for (size_t i = 0; i < s->fault_count; i++) {
        json_int_t acted = json_integer_value(json_object_get(json_array_get(faults, i), "acted"));

        if (c->out[i]) {
            fprintf(to, "  %s%s%s ", s->faults[i].type->name, s->faults[i].pd == NULL ? "" : " in ",
                    s->faults[i].pd == NULL ? "" : s->faults[i].pd);
            if (acted == 0) {
                say_verdict(c, false, "", "NEVER ACTED, so this shows nothing", to);
                fputc('\n', to);
            } else {
                fprintf(to, "acted %lld time%s\n", (long long)acted, acted == 1 ? "" : "s");
            }
        }
    }
}

int compare_judge(struct comparison *c)
{
    const struct plan *plan = c->system.plan;
    char *text = NULL;
    size_t bytes = 0;
    FILE *to = open_memstream(&text, &bytes);
    unsigned victims = 0;
    bool good = to != NULL;

    for (uint32_t pd = 0; good && pd < plan->pd_count; pd++) {
        struct suffering s = {.pd = pd};

        if (compare_is_victim(c, pd)) {
            victims++;
            good = compare_find_suffering(c, &s);
            if (good) {
                say_client(c, &s, to);
            }
        }
    }
    if (good) {
        say_findings(c, c->with, "With the faults", to);
        say_findings(c, c->without, "Without them", to);
        fputc('\n', to);
        say_faults(c, to);
    }
    if (to != NULL) {
        fclose(to);
    }
    if (good && !cmd_has(c->args, "quiet")) {
        bool harmed = c->harmed;

        printf("%s: ", c->system.scenario->name);
        say_verdict(c, !harmed, "UNHARMED", "HARMED", stdout);
        printf("\n  What the faults did to %u client%s they are not in, in virtual time\n%s",
               victims, victims == 1 ? "" : "s", text);
    }
    free(text);
    return !good ? CMD_EXIT_HOST : c->harmed ? CMD_EXIT_FAILED : CMD_EXIT_OK;
}
