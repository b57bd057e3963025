/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `sddfsim compare`: what does a fault do to those it is not in? The scenario is run twice in
 * virtual time, with its faults and without some of them, both times with captures at every client
 * that the faults are not in. Its frames must be the same, in the same order for each of its peers,
 * always, but for those from and to whom the faults are in. Who has nothing in common with the
 * domains the faults are in must not even notice by the time; for the others the scenario's
 * "compare" says what they may suffer.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/folder.h"
#include "sim/cmd/compare_parts.h"
#include "sim/cmd/self.h"
#include "sim/cmd/sets.h"
#include "sim/cmd/shell.h"
#include "sim/fault/fault.h"

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

/* Whom is it in; or else, whose frames is it about? */
static void take_aim(struct comparison *c, const struct scenario_fault *fault)
{
    const struct plan *plan = c->system.plan;
    const struct fault_type *type = fault->type->type;
    uint32_t pd = fault->pd == NULL ? PLAN_NONE : plan_find_pd(plan, fault->pd);

    if (pd != PLAN_NONE) {
        c->aimed[pd] = true;
    } else if (type->about != NULL) {
        type->about(fault->state, plan, c->aimed);
    } else {
        for (uint32_t i = 0; i < plan->device_count; i++) {
            c->aimed[plan->devices[i].pd] = true;
        }
    }
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
        c->out[i] |= all;
        if (c->out[i]) {
            take_aim(c, &s->faults[i]);
        }
    }
    if (good && s->fault_count == 0) {
        cmd_complain(c->args, "%s has no faults, so there is nothing to be without", s->path);
        good = false;
    }
    return good;
}

/* -- the two runs -- */

static int compare_both(struct comparison *c)
{
    const char *program = self_program(&c->arena);
    int status = CMD_EXIT_HOST;

    if (program == NULL) {
        cmd_complain(c->args, "cannot find the program itself: %s", strerror(errno));
        return status;
    }
    c->with = compare_run(c, program, "with", &status);
    if (c->with != NULL) {
        c->without = compare_run(c, program, "without", &status);
    }
    if (c->without != NULL) {
        status = compare_judge(c);
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

static int compare(struct cmd_args *args)
{
    struct comparison c = {.args = args};
    size_t set_count;
    const char *const *sets = sets_given(args, &c.arena, &set_count);
    int status = CMD_EXIT_USAGE;
    bool built = system_build(&c.system, args->positional[0], sets, set_count);

    diag_print(&c.system.diag, stderr);
    if (built && c.system.scenario->clock == CLOCK_HOST) {
        cmd_complain(args, "on the host's clock no two runs are alike, so there is nothing to "
                           "compare; try --clock virtual");
    } else if (built && choose_faults(&c) && compare_bounds_make_sense(&c)) {
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
        "compares every client that those faults are not in. Its frames from and to each of its\n"
        "peers, but for those the faults are in, have to be the same in the same order; where it\n"
        "has no domain, device, wire or core in common with the faults' domains, all of them in\n"
        "the same order and at the same times; else within what the scenario's \"compare\" "
        "states,\n"
        "a list like \"expect\" of \"CLIENT.WHAT OP INTEGER\", where WHAT is\n"
        "  lost                        frames it received or sent without the faults only, and\n"
        "                              not because the run ended before they came\n"
        "  rx_percent, tx_percent      its frames, as a share of those without\n"
        "  throughput_percent          its frames a second, from the first to the last, as a\n"
        "                              share of that without; of received and sent, the less\n"
        "  p50_percent, p99_percent, p999_percent, max_percent\n"
        "                              its latency, as a share of that without\n"
        "  p99_later_ns                by how much the 99th percentile is more than without\n"
        "  later_ns                    the most that any frame of its came later\n"
        "What it states nothing about, loss, throughput or latency, is held to \"lost == 0\",\n"
        "\"throughput_percent >= 90\" and \"p99_percent <= 110\"; a latency that is more than "
        "that\n"
        "may still be as much later as those on its way wait for more budget. Exits with 1 if any\n"
        "of this does not hold, if a check of either run found something, or if a fault never\n"
        "acted.",
    .options = options,
    .positional_min = 1,
    .positional_max = 1,
    .run = compare,
};
