/* SPDX-License-Identifier: BSD-2-Clause */
/* `sddfsim run`: a scenario from file to verdict. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/log.h"
#include "sim/cmd/cmd.h"
#include "sim/cmd/rerun.h"
#include "sim/cmd/sets.h"
#include "sim/cmd/shell.h"
#include "sim/exec/exec.h"
#include "sim/system.h"

/* clang-format off */
static const struct cmd_option options[] = {
    {"seed", 0, "N", "use this seed instead of the scenario's"},
    {"executor", 0, "E", "run the domains by this executor; see `sddfsim list executors`"},
    {"clock", 0, "C", "host or virtual"},
    {"set", 0, "/POINTER=VALUE",
     "change one value of the scenario, by JSON pointer; may be repeated"},
    {"output", 'o', "DIR",
     "leave results in DIR, which must not exist yet\n(default: out/<scenario>-s<seed>)"},
    {"wrap", 0, "PD=COMMAND",
     "run one domain under a tool: valgrind, perf record, gdb, strace ...;\nmay be repeated"},
    {"events", 0, NULL, "virtual time: leave every event, a line each, in events.txt"},
    {"verify", 0, NULL,
     "virtual time: run it once more in a fresh process; where the two differ,\nname the first "
     "event that does, and exit with 4"},
    {"json", 0, NULL, "print the report as JSON"},
    {"quiet", 'q', NULL, "print nothing but complaints"},
    {"verbose", 'v', NULL, "say what happens"},
    CMD_OPTION_END,
};
/* clang-format on */

static const char *const *gather(struct cmd_args *args, const char *name, struct arena *arena,
                                 size_t *count)
{
    const char **values = arena_array(arena, args->given_count + 1, sizeof *values);

    *count = 0;
    for (size_t i = 0; i < args->given_count; i++) {
        if (strcmp(args->given[i].option->name, name) == 0) {
            values[(*count)++] = args->given[i].value;
        }
    }
    return values;
}

/* The command that does the same again: all that was given, and the seed even where it was not. */
static const char *repeat_command(struct cmd_args *args, struct arena *arena, uint64_t seed)
{
    const char *text =
        arena_format(arena, "sddfsim run %s --seed %llu", shell_word(args->positional[0], arena),
                     (unsigned long long)seed);

    for (size_t i = 0; i < args->given_count; i++) {
        const struct cmd_given *g = &args->given[i];

        if (strcmp(g->option->name, "seed") == 0 || strcmp(g->option->name, "output") == 0) {
            continue;
        }
        text = g->value == NULL ? arena_format(arena, "%s --%s", text, g->option->name)
                                : arena_format(arena, "%s --%s %s", text, g->option->name,
                                               shell_word(g->value, arena));
    }
    return text;
}

/* The same once more, and whether it was the same. `status`: of the first run. */
static int verified(struct cmd_args *args, struct system *system, const char *folder, int status)
{
    static const char *const words[] = {"--events", NULL};
    struct arena *arena = &system->arena;

    if (status != CMD_EXIT_OK && status != CMD_EXIT_FAILED) {
        return status;
    }
    int again =
        rerun_compare(args, words, folder, cmd_has(args, "quiet") || cmd_has(args, "json"), arena);

    if (!cmd_has(args, "events")) {
        unlink(arena_format(arena, "%s/events.txt", folder));
    }
    if (again != CMD_EXIT_OK) {
        fprintf(stderr, "sddfsim: repeat with: %s\n",
                repeat_command(args, arena, system->scenario->seed));
    }
    return again != CMD_EXIT_OK ? again : status;
}

/* Is something asked for that there cannot be by this clock or executor? Complains if so. */
static bool asks_too_much(struct cmd_args *args, const struct scenario *s)
{
    const char *executor = system_executor(s);

    if (s->clock == CLOCK_HOST && cmd_has(args, "verify")) {
        cmd_complain(args, "--verify needs virtual time: on the host's clock no two runs are the "
                           "same; try --clock virtual");
    } else if (s->clock == CLOCK_HOST && cmd_has(args, "events")) {
        cmd_complain(args, "--events needs virtual time: on the host's clock nobody sees every "
                           "event; try --clock virtual");
    } else if (cmd_has(args, "wrap") && exec_find(executor)->process == NULL) {
        cmd_complain(args,
                     "--wrap needs --executor process: by executor %s no domain has a process of "
                     "its own for a tool to run",
                     executor);
    } else {
        return false;
    }
    return true;
}

static int run(struct cmd_args *args)
{
    struct system system = {0};
    size_t set_count;
    const char *const *sets = sets_given(args, &system.arena, &set_count);
    int status = CMD_EXIT_USAGE;
    bool verify = cmd_has(args, "verify");
    const char *folder = NULL;

    log_level_set(cmd_has(args, "quiet")     ? LOG_QUIET
                  : cmd_has(args, "verbose") ? LOG_MORE
                                             : LOG_USUAL);
    if (system_build(&system, args->positional[0], sets, set_count)) {
        struct system_run how = {.out_dir = cmd_value(args, "output", NULL),
                                 .json = cmd_has(args, "json"),
                                 .quiet = cmd_has(args, "quiet"),
                                 .color = args->color_stdout,
                                 .events = cmd_has(args, "events") || verify,
                                 .folder = &folder,
                                 .repeat =
                                     repeat_command(args, &system.arena, system.scenario->seed)};

        how.wraps = gather(args, "wrap", &system.arena, &how.wrap_count);
        diag_print(&system.diag, stderr);
        if (!asks_too_much(args, system.scenario)) {
            status = system_run(&system, &how);
            status = verify ? verified(args, &system, folder, status) : status;
        }
    } else {
        diag_print(&system.diag, stderr);
    }
    system_finish(&system);
    return status;
}

const struct cmd_type cmd_run = {
    .name = "run",
    .summary = "Run a scenario, and say what became of every frame",
    .usage = "SCENARIO [OPTION]...",
    .description = "Starts every domain of the scenario, lets the traffic in once all are ready, "
                   "and ends when\n"
                   "the input is consumed and everything is quiet, or at the scenario's limit. "
                   "Leaves captures,\n"
                   "logs and a report in a folder, and prints the report.",
    .options = options,
    .positional_min = 1,
    .positional_max = 1,
    .run = run,
};
