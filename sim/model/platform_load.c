/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where platforms come from: out of the scenario itself, out of a file it names by path, or by name
 * out of one of two folders: `platforms` beside the scenario, then the one that comes with the
 * program.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/suggest.h"
#include "sim/model/platform_parts.h"

#define SUFFIX     ".json"
#define NAMES_MAX  256u /* a folder with more is not for people */
#define BESIDE_DIR "platforms"

struct search {
    const char *beside, *dir; /* the two folders */
    struct diag_place place;
    struct arena *arena;
    struct diag *diag;
};

/* --- folders ------------------------------------------------------------------------------------
 */

/* Is it a file's name that ends so, and with something in front? */
static bool has_suffix(const char *name)
{
    size_t length = strlen(name), suffix = strlen(SUFFIX);

    return length > suffix && strcmp(name + length - suffix, SUFFIX) == 0;
}

static const char *without_suffix(const char *path, struct arena *arena)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;

    return arena_format(arena, "%.*s", (int)(strlen(name) - strlen(SUFFIX)), name);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *const *platform_names(const char *dir, struct arena *arena, size_t *count)
{
    const char **names = arena_array(arena, NAMES_MAX, sizeof *names);
    DIR *folder = opendir(dir);
    struct dirent *entry;

    *count = 0;
    while (folder != NULL && *count < NAMES_MAX && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.' && has_suffix(entry->d_name)) {
            names[(*count)++] = without_suffix(entry->d_name, arena);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    qsort(names, *count, sizeof *names, by_text);
    return names;
}

/* The path of `file` in the folder of a scenario. */
static const char *beside(const char *scenario_path, const char *file, struct arena *arena)
{
    const char *slash = strrchr(scenario_path, '/');

    return file[0] == '/' || slash == NULL
               ? arena_text(arena, file)
               : arena_format(arena, "%.*s/%s", (int)(slash - scenario_path), scenario_path, file);
}

/* --- by name ------------------------------------------------------------------------------------
 */

/* Its file in one of the folders, NULL if neither has it. */
static const char *find_named(const struct search *s, const char *name)
{
    const char *const folders[] = {s->beside, s->dir};

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        const char *path = arena_format(s->arena, "%s/%s" SUFFIX, folders[i], name);

        if (strchr(name, '/') == NULL && access(path, F_OK) == 0) {
            return path;
        }
    }
    return NULL;
}

static void complain_of_name(const struct search *s, const char *name)
{
    size_t beside_count, count;
    const char *const *beside_names = platform_names(s->beside, s->arena, &beside_count);
    const char *const *names = platform_names(s->dir, s->arena, &count);
    const char *near = suggest(name, beside_names, beside_count);

    near = near != NULL ? near : suggest(name, names, count);
    diag_error(s->diag, s->place, "no platform \"%s\"", name);
    if (near != NULL) {
        diag_note(s->diag, "did you mean \"%s\"?", near);
    } else if (count == 0) {
        diag_note(s->diag, "no platform at all is in %s; $SDDFSIM_PLATFORMS names another folder",
                  s->dir);
    } else {
        diag_note(s->diag, "see `sddfsim list platforms`");
    }
}

/* --- reading ------------------------------------------------------------------------------------
 */

/* Of a document that has been read, complaints and all. Closes it. */
static struct platform *read_document(const struct search *s, struct json_document *document,
                                      const char *name, size_t errors_before)
{
    struct param_reader reader = {.arena = s->arena, .diag = s->diag, .folder = ""};
    struct platform *p = NULL;
    json_t *out;

    if (document->root == NULL) {
        return NULL;
    }
    struct json_value table = json_top(document);
    if (json_is_object(table.json)) {
        out = json_object();
        p = platform_read(table, name, out, &reader);
        json_decref(out);
    } else {
        diag_error(s->diag, json_place(table), "expected an object, found %s", json_found(table));
    }
    json_document_close(document);
    return s->diag->errors == errors_before ? p : NULL;
}

const struct platform *platform_read_file(const char *path, struct arena *arena, struct diag *diag)
{
    struct search s = {.arena = arena, .diag = diag};
    size_t errors_before = diag->errors;
    struct json_document document;
    struct platform *p;

    json_document_load(&document, path, arena, diag);
    p = read_document(&s, &document, without_suffix(path, arena), errors_before);
    if (p != NULL) {
        p->file = arena_text(arena, path);
    }
    return p;
}

static const struct platform *read_inline(const struct search *s, const char *name,
                                          const char *json, const char *file)
{
    size_t errors_before = s->diag->errors;
    struct json_document document;

    json_document_parse(&document, file, json, strlen(json), s->arena, s->diag);
    return read_document(s, &document, name, errors_before);
}

const struct platform *platform_load(const char *name, const char *inline_json,
                                     const char *scenario_path, const char *dir,
                                     struct diag_place place, struct arena *arena,
                                     struct diag *diag)
{
    struct search s = {.beside = beside(scenario_path, BESIDE_DIR, arena),
                       .dir = dir,
                       .place = place,
                       .arena = arena,
                       .diag = diag};
    const char *path;

    name = name == NULL ? PLATFORM_STANDARD : name;
    if (inline_json != NULL) {
        return read_inline(&s, name, inline_json, scenario_path);
    }
    if (!has_suffix(name)) {
        path = find_named(&s, name);
        if (path == NULL) {
            complain_of_name(&s, name);
            return NULL;
        }
        return platform_read_file(path, arena, diag);
    }
    path = beside(scenario_path, name, arena);
    if (access(path, R_OK) != 0) {
        diag_error(diag, place, "no platform \"%s\": %s", path, strerror(errno));
        return NULL;
    }
    return platform_read_file(path, arena, diag);
}
