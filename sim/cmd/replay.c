/* SPDX-License-Identifier: BSD-2-Clause */
/* `sddfsim replay`: does a run come out the same again? */
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/hash.h"
#include "sim/cmd/cmd.h"
#include "sim/cmd/rerun.h"

static const struct cmd_option options[] = {
    {"executor", 0, "E", "by this executor instead of the one it ran by; the digest is the same"},
    {"quiet", 'q', NULL, "print nothing but complaints"},
    CMD_OPTION_END,
};

/* Is every file the run read what it was? The scenario file is not needed: the run kept its own. */
static bool inputs_are_the_same(struct cmd_args *args, json_t *manifest)
{
    const char *scenario = json_string_value(json_object_get(manifest, "scenario"));
    json_t *inputs = json_object_get(manifest, "inputs"), *value;
    const char *file;
    bool same = true;

    json_object_foreach(inputs, file, value)
    {
        char digest[SHA256_TEXT_BYTES];
        const char *was = json_string_value(value);

        if (was == NULL || (scenario != NULL && strcmp(file, scenario) == 0)) {
            continue;
        }
        if (sha256_file(file, digest) != 0) {
            cmd_complain(args, "%s: it was read by the run, and cannot be read now", file);
            same = false;
        } else if (strcmp(digest, was) != 0) {
            cmd_complain(args, "%s: not the file it was; its SHA-256 was %s", file, was);
            same = false;
        }
    }
    return same;
}

static int replay(struct cmd_args *args)
{
    struct arena arena = {0};
    const char *folder = args->positional[0];
    const char *path = arena_format(&arena, "%s/manifest.json", folder);
    const char *executor = cmd_value(args, "executor", NULL);
    const char *words[4] = {NULL};
    struct stat st;
    json_error_t why;
    json_t *manifest = json_load_file(path, 0, &why);
    int status = CMD_EXIT_USAGE;

    if (manifest == NULL) {
        cmd_complain(args, "%s: %s: give the folder of a run", path, why.text);
    } else if (inputs_are_the_same(args, manifest)) {
        size_t count = 0;

        if (stat(arena_format(&arena, "%s/events.txt", folder), &st) == 0) {
            words[count++] = "--events";
        }
        if (executor != NULL) {
            words[count++] = arena_format(&arena, "--executor=%s", executor);
        }
        status = rerun_compare(args, words, folder, cmd_has(args, "quiet"), &arena);
    }
    if (status == CMD_EXIT_NONDETERMINISTIC || status == CMD_EXIT_HOST) {
        fprintf(stderr, "sddfsim: repeat with: sddfsim replay %s\n", folder);
    }
    json_decref(manifest);
    arena_finish(&arena);
    return status;
}

const struct cmd_type cmd_replay = {
    .name = "replay",
    .summary = "Run a finished run again, and say whether it came out the same",
    .usage = "RUNDIR [OPTION]...",
    .description = "Takes the scenario a run in virtual time left in its folder, runs it in a "
                   "fresh process, and\n"
                   "compares the digests. If they differ, exits with 4, and names the first event "
                   "that differs if\n"
                   "the run was made with --events.",
    .options = options,
    .positional_min = 1,
    .positional_max = 1,
    .run = replay,
};
