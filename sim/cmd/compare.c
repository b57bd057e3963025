/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `sddfsim compare`: what does a fault do to those it is not in? The scenario is run twice in
 * virtual time, with its faults and without some of them, both times with captures at every client
 * that the faults are not in. Its frames must be the same, in the same order, always. Who has
 * nothing in common with the domains the faults are in must not even notice by the time; for the
 * others the scenario's "compare" says what they may suffer.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/folder.h"
#include "sim/cmd/cmd.h"
#include "sim/cmd/compare_parts.h"
#include "sim/cmd/self.h"
#include "sim/cmd/shell.h"
#include "sim/system.h"

/* clang-format off */
static const struct cmd_option options[] = {
    {"without", 0, "FAULT",
     "leave this fault out of the second run: its number in the scenario, from 0,\n"
     "or its kind; may be repeated (default: all of them)"},
    {"executor", 0, "E", "run the domains by this executor"},
    {"clock", 0, "C", "virtual, where the scenario says otherwise"},
    {"seed", 0, "N", "use this seed instead of the scenario's"},
    {"set", 0, "/POINTER=VALUE",
     "change one value of the scenario, by JSON pointer; may be repeated"},
    {"output", 'o', "DIR", "keep both runs, in DIR/with and DIR/without"},
    {"quiet", 'q', NULL, "print nothing but complaints"},
    CMD_OPTION_END,
};
/* clang-format on */

struct comparison {
    struct cmd_args *args;
    struct arena arena;
    struct system system;
    bool *out;    /* by scenario fault: left out of the second run */
    bool *aimed;  /* by domain: a fault that is left out is in it */
    bool worldly; /* one that is left out is in no domain, but on a wire or in a device */
    const char *folder;
    bool kept;              /* the folder stays */
    json_t *with, *without; /* reports */
    bool harmed;
};

/* -- which faults, and who is not in them -- */

static bool leave_out(struct comparison *c, const char *name)
{
    const struct scenario *s = c->system.scenario;
    char *end;
    unsigned long number = strtoul(name, &end, 10);
    bool found = false;

    for (size_t i = 0; i < s->fault_count; i++) {
        bool numbered = *name != '\0' && *end == '\0' && number == i;

        if (numbered || strcmp(s->faults[i].type->name, name) == 0) {
            c->out[i] = found = true;
        }
    }
    if (!found) {
        cmd_complain(c->args, "--without %s: the scenario has no such fault; it has %zu%s", name,
                     s->fault_count, s->fault_count == 0 ? "" : ", numbered from 0");
    }
    return found;
}

static bool choose_faults(struct comparison *c)
{
    const struct scenario *s = c->system.scenario;
    const struct plan *plan = c->system.plan;
    bool all = !cmd_has(c->args, "without"), good = true;

    c->out = arena_array(&c->arena, s->fault_count + 1, sizeof *c->out);
    c->aimed = arena_array(&c->arena, plan->pd_count + 1, sizeof *c->aimed);
    for (size_t i = 0; i < c->args->given_count; i++) {
        if (strcmp(c->args->given[i].option->name, "without") == 0) {
            good &= leave_out(c, c->args->given[i].value);
        }
    }
    for (size_t i = 0; i < s->fault_count; i++) {
        uint32_t pd = s->faults[i].pd == NULL ? PLAN_NONE : plan_find_pd(plan, s->faults[i].pd);

        c->out[i] |= all;
        if (c->out[i] && pd != PLAN_NONE) {
            c->aimed[pd] = true;
        }
        c->worldly |= c->out[i] && pd == PLAN_NONE;
    }
    if (good && s->fault_count == 0) {
        cmd_complain(c->args, "%s has no faults, so there is nothing to be without", s->path);
        good = false;
    }
    return good;
}

static bool is_victim(const struct comparison *c, uint32_t pd)
{
    return c->system.plan->pds[pd].endpoint && !c->aimed[pd];
}

/* -- the two runs -- */

/* The scenario, with nothing but what the comparison wants to see: captures, and no expectations,
 * which are about the run with faults. */
static bool write_scenario(struct comparison *c, const char *file, bool with_faults)
{
    const struct plan *plan = c->system.plan;
    json_t *top = json_loads(c->system.scenario->expanded, 0, NULL);
    json_t *captures = json_array(), *faults = json_object_get(top, "faults");

    for (uint32_t pd = 0; pd < plan->pd_count; pd++) {
        for (int way = 0; is_victim(c, pd) && way < FLOWS; way++) {
            const char *at =
                arena_format(&c->arena, "%s.%s", plan->pds[pd].name, way == FLOW_RX ? "rx" : "tx");

            json_array_append_new(
                captures, json_pack("{s:s, s:o}", "at", at, "file", json_sprintf("%s.pcap", at)));
        }
    }
    for (size_t i = json_array_size(faults); !with_faults && i-- > 0;) {
        if (c->out[i]) {
            json_array_remove(faults, i);
        }
    }
    json_object_set_new(top, "captures", captures);
    json_object_set_new(top, "expect", json_array());
    int error = json_dump_file(top, file, JSON_INDENT(1));

    json_decref(top);
    if (error != 0) {
        cmd_complain(c->args, "cannot write %s: %s", file, strerror(errno));
    }
    return error == 0;
}

/* One run; its report, NULL after complaints, with the exit status in `*status`. */
static json_t *run_once(struct comparison *c, const char *program, const char *name, int *status)
{
    const char *file = arena_format(&c->arena, "%s/%s.json", c->folder, name);
    const char *run = arena_format(&c->arena, "%s/%s", c->folder, name);
    const char *argv[] = {"sddfsim", "run", "-q", "-o", run, "--", file, NULL};
    json_error_t why;

    *status = CMD_EXIT_HOST;
    if (self_told_to_end() || !write_scenario(c, file, strcmp(name, "with") == 0)) {
        return NULL;
    }
    *status = self_run(program, argv, c->kept ? NULL : c->folder);
    if (self_told_to_end()) {
        return NULL;
    }
    if (*status != CMD_EXIT_OK && *status != CMD_EXIT_FAILED) {
        cmd_complain(c->args, "the run %s the fault could not be made: exit status %d", name,
                     *status);
        return NULL;
    }
    json_t *report = json_load_file(arena_format(&c->arena, "%s/report.json", run), 0, &why);

    if (report == NULL) {
        cmd_complain(c->args, "%s: %s", run, why.text);
        *status = CMD_EXIT_HOST;
    }
    return report;
}

/* -- what one client suffered -- */

struct suffering {
    uint32_t pd;
    const char *shared; /* what it has in common with the faults' domains, NULL: nothing */
    struct flow_difference flows[FLOWS];
};

static int64_t latency(const json_t *report, const char *client, const char *quantile)
{
    return json_integer_value(
        json_object_get(json_object_get(json_object_get(report, "latency_ns"), client), quantile));
}

static int64_t percent(int64_t part, int64_t whole)
{
    return whole == 0 ? (part == 0 ? 100 : INT64_MAX) : (part * 100 + whole - 1) / whole;
}

static uint64_t lost(const struct flow_difference *d)
{
    return d->without > d->with ? d->without - d->with : 0;
}

/* What a bound is about; false: there is nothing of that name. */
static bool measure(const struct comparison *c, const struct suffering *s, const char *what,
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
            *value = percent(latency(c->with, client, quantiles[i].quantile),
                             latency(c->without, client, quantiles[i].quantile));
            return true;
        }
    }
    if (strcmp(what, "lost") == 0) {
        *value = (int64_t)(lost(&s->flows[FLOW_RX]) + lost(&s->flows[FLOW_TX]));
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

static bool holds(int op, int64_t left, int64_t right)
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

/* The part of a bound's name after "CLIENT.", NULL if it is about somebody else. */
static const char *about(const struct scenario_expect *bound, const char *client)
{
    size_t length = strlen(client);

    return strncmp(bound->name, client, length) == 0 && bound->name[length] == '.'
               ? bound->name + length + 1
               : NULL;
}

/* Before anything runs: is every bound about a client that there is, and something measured? */
static bool bounds_make_sense(struct comparison *c)
{
    const struct scenario *s = c->system.scenario;
    bool good = true;

    for (size_t i = 0; i < s->bound_count; i++) {
        bool known = false;

        for (uint32_t pd = 0; pd < c->system.plan->pd_count; pd++) {
            const struct suffering nobody = {.pd = pd};
            const char *what = about(&s->bounds[i], c->system.plan->pds[pd].name);
            int64_t unused;

            known |= what != NULL && c->system.plan->pds[pd].endpoint &&
                     measure(c, &nobody, what, &unused);
        }
        if (!known) {
            cmd_complain(c->args,
                         "compare[%zu]: nothing is called \"%s\"; write CLIENT.WHAT, where WHAT is "
                         "lost, rx_percent, tx_percent, p50_percent, p99_percent, p999_percent, "
                         "max_percent or later_ns",
                         i, s->bounds[i].name);
            good = false;
        }
    }
    return good;
}

/* -- saying it -- */

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
    bool exact = d->same && d->with == d->without && d->later_ns == 0 && d->earlier_ns == 0;

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
    say_time(d->later_ns, later, sizeof later);
    say_time(d->earlier_ns, earlier, sizeof earlier);
    fprintf(to, "; at most %s later, %s earlier\n", later, earlier);
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

    fprintf(to, "    latency  ");
    for (size_t i = 0; i < 3; i++) {
        say_time((uint64_t)latency(c->with, client, quantiles[i]), with, sizeof with);
        say_time((uint64_t)latency(c->without, client, quantiles[i]), without, sizeof without);
        fprintf(to, "%s %s %s, %s without", i == 0 ? "" : ";", quantiles[i], with, without);
    }
    fputc('\n', to);
}

static void say_bound(struct comparison *c, const struct suffering *s, const char *what, int op,
                      int64_t wanted, const char *words, FILE *to)
{
    int64_t value = 0;
    bool good = measure(c, s, what, &value) && holds(op, value, wanted);

    fprintf(to, "    bound     %s: it is %" PRId64 ", which ", words, value);
    say_verdict(c, good, "holds", "DOES NOT HOLD", to);
    fputc('\n', to);
}

/* What the scenario states; and where it says nothing of loss or latency, what is usual. */
static void say_bounds(struct comparison *c, const struct suffering *s, FILE *to)
{
    const struct scenario *scenario = c->system.scenario;
    const char *client = c->system.plan->pds[s->pd].name;
    bool loss = false, delay = false;

    for (size_t i = 0; i < scenario->bound_count; i++) {
        const char *what = about(&scenario->bounds[i], client);

        if (what != NULL) {
            say_bound(c, s, what, (int)scenario->bounds[i].op, scenario->bounds[i].value,
                      scenario->bounds[i].text, to);
            loss |= strcmp(what, "lost") == 0;
            delay |= strcmp(what, "lost") != 0;
        }
    }
    if (!loss) {
        say_bound(c, s, "lost", EXPECT_EQ, 0, "lost == 0", to);
    }
    if (!delay && s->shared != NULL) {
        say_bound(c, s, "p99_percent", EXPECT_LE, 110, "p99_percent <= 110", to);
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
    if (s->flows[FLOW_RX].skipped != 0) {
        fprintf(to, "    %" PRIu64 " frames that they sent it are not compared\n",
                s->flows[FLOW_RX].skipped);
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

/* -- the comparison -- */

static bool find_suffering(struct comparison *c, struct suffering *s)
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

        if (!compare_flows(arena_format(&c->arena, "%s/without/%s", c->folder, file),
                           arena_format(&c->arena, "%s/with/%s", c->folder, file), macs,
                           way == FLOW_RX ? count : 0, &s->flows[way], &why, &c->arena)) {
            cmd_complain(c->args, "%s", why);
            return false;
        }
    }
    return true;
}

/* Says all there is to say, to memory first: the outcome stands in the first line. */
static int judge(struct comparison *c)
{
    const struct plan *plan = c->system.plan;
    char *text = NULL;
    size_t bytes = 0;
    FILE *to = open_memstream(&text, &bytes);
    unsigned victims = 0;
    bool good = to != NULL;

    for (uint32_t pd = 0; good && pd < plan->pd_count; pd++) {
        struct suffering s = {.pd = pd};

        if (is_victim(c, pd)) {
            victims++;
            good = find_suffering(c, &s);
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

static int compare_both(struct comparison *c)
{
    const char *program = self_program(&c->arena);
    int status = CMD_EXIT_HOST;

    if (program == NULL) {
        cmd_complain(c->args, "cannot find the program itself: %s", strerror(errno));
        return status;
    }
    c->with = run_once(c, program, "with", &status);
    if (c->with != NULL) {
        c->without = run_once(c, program, "without", &status);
    }
    if (c->without != NULL) {
        status = judge(c);
    }
    json_decref(c->with);
    json_decref(c->without);
    return status;
}

/* In a folder that is kept, or in one that is not. */
static int in_a_folder(struct comparison *c)
{
    const char *keep = cmd_value(c->args, "output", NULL), *tmp = getenv("TMPDIR");
    char *place =
        arena_format(&c->arena, "%s/sddfsim-XXXXXX", tmp == NULL || tmp[0] == '\0' ? "/tmp" : tmp);
    int status;

    self_listen(true); /* before there is anything that must not stay */
    bool made = keep != NULL ? mkdir(keep, 0755) == 0 : mkdtemp(place) != NULL;

    c->folder = keep != NULL ? keep : place;
    c->kept = keep != NULL;
    if (!made) {
        cmd_complain(c->args, "cannot make a folder %s: %s", c->folder, strerror(errno));
        status = keep != NULL ? CMD_EXIT_USAGE : CMD_EXIT_HOST;
    } else {
        chmod(c->folder, 0755); /* domains give up root, and have to get there */
        status = compare_both(c);
        if (self_told_to_end()) {
            cmd_complain(c->args, "interrupted");
            status = CMD_EXIT_HOST;
        }
        if (keep == NULL) {
            folder_remove(place);
        }
    }
    self_listen(false);
    return status;
}

static const char *const *gather_sets(struct comparison *c, size_t *count)
{
    const char **sets = arena_array(&c->arena, c->args->given_count + 1, sizeof *sets);

    *count = 0;
    for (size_t i = 0; i < c->args->given_count; i++) {
        const struct cmd_given *g = &c->args->given[i];

        if (strcmp(g->option->name, "set") == 0) {
            sets[(*count)++] = g->value;
        } else if (strcmp(g->option->name, "seed") == 0) {
            sets[(*count)++] = arena_format(&c->arena, "/seed=%s", g->value);
        } else if (strcmp(g->option->name, "executor") == 0 ||
                   strcmp(g->option->name, "clock") == 0) {
            sets[(*count)++] = arena_format(&c->arena, "/%s=\"%s\"", g->option->name, g->value);
        }
    }
    return sets;
}

static int compare(struct cmd_args *args)
{
    struct comparison c = {.args = args};
    size_t set_count;
    const char *const *sets = gather_sets(&c, &set_count);
    int status = CMD_EXIT_USAGE;
    bool built = system_build(&c.system, args->positional[0], sets, set_count);

    diag_print(&c.system.diag, stderr);
    if (built && c.system.scenario->clock == CLOCK_HOST) {
        cmd_complain(args, "on the host's clock no two runs are alike, so there is nothing to "
                           "compare; try --clock virtual");
    } else if (built && choose_faults(&c) && bounds_make_sense(&c)) {
        status = in_a_folder(&c);
        if (status != CMD_EXIT_OK && status != CMD_EXIT_USAGE) {
            static const char *const but[] = {"output", NULL};

            fprintf(stderr, "sddfsim: repeat with: %s\n", shell_again(args, but, &c.arena));
        }
    }
    system_finish(&c.system);
    arena_finish(&c.arena);
    return status;
}

const struct cmd_type cmd_compare = {
    .name = "compare",
    .summary = "Run a scenario with and without a fault, and say what others suffered from it",
    .usage = "SCENARIO [--without FAULT]... [OPTION]...",
    .description =
        "Runs the scenario twice in virtual time, with all its faults and without some, and\n"
        "compares every client that those faults are not in: its frames have to be the same in\n"
        "the same order; where it has no domain, device, wire or core in common with the faults'\n"
        "domains, at the same times; else within what the scenario's \"compare\" states, a list\n"
        "like \"expect\" of \"CLIENT.WHAT OP INTEGER\", where WHAT is\n"
        "  lost                        frames it received or sent without the faults only\n"
        "  rx_percent, tx_percent      its frames, as a share of those without\n"
        "  p50_percent, p99_percent, p999_percent, max_percent\n"
        "                              its latency, as a share of that without\n"
        "  later_ns                    the most that any frame of its came later\n"
        "If it states nothing: \"lost == 0\" and \"p99_percent <= 110\". Exits with 1 if any of\n"
        "this does not hold, if a check of either run found something, or if a fault never acted.",
    .options = options,
    .positional_min = 1,
    .positional_max = 1,
    .run = compare,
};
