/* SPDX-License-Identifier: BSD-2-Clause */
/* The same run again, and what is different; see the header. */
#include "sim/cmd/rerun.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/folder.h"
#include "sim/base/hash.h"
#include "sim/cmd/self.h"

#define WORDS_MAX  16u
#define LINE_BYTES 512

/* The digest in a run's folder, NULL after a complaint. */
static const char *digest_of(struct cmd_args *args, const char *folder, struct arena *arena)
{
    const char *path = arena_format(arena, "%s/report.json", folder);
    json_error_t why;
    json_t *report = json_load_file(path, 0, &why);
    const char *digest = json_string_value(json_object_get(report, "digest"));
    const char *copy = digest == NULL ? NULL : arena_text(arena, digest);

    if (report == NULL) {
        cmd_complain(args, "%s: %s: is that the folder of a run?", path, why.text);
    } else if (digest == NULL) {
        cmd_complain(args,
                     "%s has no digest: it ran on the host's clock, and no such run repeats; try "
                     "--clock virtual",
                     folder);
    }
    json_decref(report);
    return copy;
}

/* Where two lists of events part. */
static void say_difference(struct cmd_args *args, const char *before, const char *after,
                           struct arena *arena)
{
    FILE *a = fopen(arena_format(arena, "%s/events.txt", before), "re");
    FILE *b = fopen(arena_format(arena, "%s/events.txt", after), "re");
    char mine[LINE_BYTES], other[LINE_BYTES];
    unsigned long long number = 0;
    bool more = a != NULL && b != NULL;

    if (a == NULL) {
        cmd_hint(args, "a run made with --events tells which event differs");
    }
    while (more) {
        bool got_mine = fgets(mine, sizeof mine, a) != NULL;
        bool got_other = fgets(other, sizeof other, b) != NULL;

        number++;
        more = got_mine && got_other && strcmp(mine, other) == 0;
        if (!more && (got_mine || got_other)) {
            cmd_complain(args, "event %llu differs:\n  first   %s  again   %s", number,
                         got_mine ? mine : "(none)\n", got_other ? other : "(none)\n");
        }
    }
    if (a != NULL) {
        fclose(a);
    }
    if (b != NULL) {
        fclose(b);
    }
}

/* The captures, of which both have the same, since both had the same scenario. */
static bool same_captures(struct cmd_args *args, const char *before, const char *after,
                          struct arena *arena)
{
    const char *place = arena_format(arena, "%s/captures", before);
    DIR *dir = opendir(place);
    struct dirent *entry;
    bool same = true;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char mine[SHA256_TEXT_BYTES] = "", other[SHA256_TEXT_BYTES] = "";
        const char *file = arena_format(arena, "%s/%s", place, entry->d_name);

        if (entry->d_name[0] == '.') {
            continue;
        }
        sha256_file(file, mine);
        sha256_file(arena_format(arena, "%s/captures/%s", after, entry->d_name), other);
        if (strcmp(mine, other) != 0) {
            cmd_complain(args, "not the same again: %s is another capture", file);
            same = false;
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return same;
}

static int compare(struct cmd_args *args, const char *folder, const char *again, bool quiet,
                   struct arena *arena)
{
    const char *before = digest_of(args, folder, arena);
    const char *after = before == NULL ? NULL : digest_of(args, again, arena);

    if (before == NULL || after == NULL) {
        return before == NULL ? CMD_EXIT_USAGE : CMD_EXIT_HOST;
    }
    if (strcmp(before, after) == 0) {
        if (!same_captures(args, folder, again, arena)) {
            return CMD_EXIT_NONDETERMINISTIC;
        }
        if (!quiet) {
            printf("The same again: digest %s\n", after);
        }
        return CMD_EXIT_OK;
    }
    cmd_complain(args, "not the same again: digest %s, then %s", before, after);
    say_difference(args, folder, again, arena);
    return CMD_EXIT_NONDETERMINISTIC;
}

int rerun_compare(struct cmd_args *args, const char *const *words, const char *folder, bool quiet,
                  struct arena *arena)
{
    const char *tmp = getenv("TMPDIR");
    char *place =
        arena_format(arena, "%s/sddfsim-XXXXXX", tmp == NULL || tmp[0] == '\0' ? "/tmp" : tmp);
    const char *program = self_program(arena);
    const char *argv[WORDS_MAX] = {"sddfsim", "run", "-q", "-o"};
    size_t count = 4;

    if (digest_of(args, folder, arena) == NULL) {
        return CMD_EXIT_USAGE;
    }
    if (program == NULL) {
        cmd_complain(args, "cannot find the program itself: %s", strerror(errno));
        return CMD_EXIT_HOST;
    }
    self_listen(true); /* before there is anything that must not stay */
    if (mkdtemp(place) == NULL) {
        self_listen(false);
        cmd_complain(args, "cannot make a folder %s: %s", place, strerror(errno));
        return CMD_EXIT_HOST;
    }
    /* Domains give up root, and have to get there. */
    chmod(place, 0755);
    const char *again = arena_format(arena, "%s/run", place);

    argv[count++] = again;
    for (; *words != NULL; words++) {
        assert(count < WORDS_MAX - 3);
        argv[count++] = *words;
    }
    argv[count++] = "--";
    argv[count++] = arena_format(arena, "%s/scenario.json", folder);
    argv[count] = NULL;
    int status = self_told_to_end() ? CMD_EXIT_HOST : self_run(program, argv, place);

    if (self_told_to_end()) {
        cmd_complain(args, "interrupted");
        status = CMD_EXIT_HOST;
    } else if (status == CMD_EXIT_OK || status == CMD_EXIT_FAILED) {
        status = compare(args, folder, again, quiet, arena);
    } else {
        cmd_complain(args, "the run could not be done again: exit status %d", status);
    }
    folder_remove(place);
    self_listen(false);
    return status;
}
