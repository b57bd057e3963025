/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where platforms come from: out of the scenario itself, out of a file it names by path, or by name
 * out of one of two folders: `platforms` beside the scenario, then the one that comes with the
 * program. And where one says it is like another, from where that comes.
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

#define LIKES_MAX 8u /* one like another, and so on; more are a circle */

struct search {
    const char *from, *dir; /* the file that names it, and the program's folder */
    struct diag_place place;
    unsigned likes;
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

/* The path of `file` in the folder of another. */
static const char *beside(const char *other, const char *file, struct arena *arena)
{
    const char *slash = strrchr(other, '/');

    return file[0] == '/' || slash == NULL
               ? arena_text(arena, file)
               : arena_format(arena, "%.*s/%s", (int)(slash - other), other, file);
}

/* --- by name ------------------------------------------------------------------------------------
 */

/*
 * Where a platform of some name may be. A scenario has a folder of platforms beside it; a platform
 * that is like another stands in such a folder.
 */
static void folders_of(const struct search *s, const char *folders[static 2])
{
    const char *slash = strrchr(s->from, '/');

    folders[0] = s->likes == 0   ? beside(s->from, BESIDE_DIR, s->arena)
                 : slash == NULL ? "."
                                 : arena_format(s->arena, "%.*s", (int)(slash - s->from), s->from);
    folders[1] = s->dir;
}

/* Its file in one of the folders, NULL if neither has it. */
static const char *find_named(const struct search *s, const char *name)
{
    const char *folders[2];

    folders_of(s, folders);
    for (size_t i = 0; i < 2; i++) {
        const char *path = arena_format(s->arena, "%s/%s" SUFFIX, folders[i], name);

        if (strchr(name, '/') == NULL && access(path, F_OK) == 0) {
            return path;
        }
    }
    return NULL;
}

static void complain_of_name(const struct search *s, const char *name)
{
    const char *folders[2], *near = NULL;
    size_t count = 0;

    folders_of(s, folders);
    for (size_t i = 0; i < 2 && near == NULL; i++) {
        const char *const *names = platform_names(folders[i], s->arena, &count);

        near = suggest(name, names, count);
    }
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

/* The file that a name or a path stands for. NULL after a complaint. */
static const char *find_file(const struct search *s, const char *name)
{
    const char *path;

    if (!has_suffix(name)) {
        path = find_named(s, name);
        if (path == NULL) {
            complain_of_name(s, name);
        }
        return path;
    }
    path = beside(s->from, name, s->arena);
    if (access(path, R_OK) != 0) {
        diag_error(s->diag, s->place, "no platform \"%s\": %s", path, strerror(errno));
        return NULL;
    }
    return path;
}

/* --- reading ------------------------------------------------------------------------------------
 */

static struct platform *read_file(const struct search *s, const char *path);

/* The platform that this one says it is like. NULL after a complaint. */
static const struct platform *read_base(const struct search *s, struct diag_place place,
                                        const char *name)
{
    struct search next = *s;
    const char *path;

    next.place = place;
    if (s->likes == LIKES_MAX) {
        diag_error(s->diag, place, "more than %u platforms, each like the next: a circle?",
                   LIKES_MAX);
        return NULL;
    }
    path = find_file(&next, name);
    next.likes++;
    return path == NULL ? NULL : read_file(&next, path);
}

/* The table at the top of a document; where that is not a file of its own, `place` stands for it.
 */
static struct platform *read_table(const struct search *s, struct json_value table,
                                   const char *name, const struct diag_place *place)
{
    struct param_reader reader = {.arena = s->arena, .diag = s->diag, .folder = ""};
    struct json_value like = json_member(table, "like");
    const struct platform *base = NULL;
    json_t *out = json_object();

    if (json_text(like) != NULL && json_text(like)[0] != '\0') {
        base = read_base(s, place != NULL ? *place : json_place(like), json_text(like));
    }
    struct platform *p = platform_read(table, name, base, place, out, &reader);
    json_decref(out);
    return p;
}

/* A document that has been read, complaints and all. Closes it. */
static struct platform *read_document(const struct search *s, struct json_document *document,
                                      const char *name, const struct diag_place *place,
                                      size_t errors_before)
{
    struct platform *p = NULL;

    if (document->root == NULL) {
        return NULL;
    }
    struct json_value table = json_top(document);
    if (json_is_object(table.json)) {
        p = read_table(s, table, name, place);
    } else {
        diag_error(s->diag, json_place(table), "expected an object, found %s", json_found(table));
    }
    json_document_close(document);
    return s->diag->errors == errors_before ? p : NULL;
}

static struct platform *read_file(const struct search *s, const char *path)
{
    struct search here = *s;
    size_t errors_before = s->diag->errors;
    struct json_document document;
    struct platform *p;

    here.from = path;
    json_document_load(&document, path, s->arena, s->diag);
    p = read_document(&here, &document, without_suffix(path, s->arena), NULL, errors_before);
    if (p != NULL) {
        p->file = arena_text(s->arena, path);
    }
    return p;
}

const struct platform *platform_read_file(const char *path, const char *dir, struct arena *arena,
                                          struct diag *diag)
{
    struct search s = {.dir = dir, .likes = 1, .arena = arena, .diag = diag};

    return read_file(&s, path);
}

const struct platform *platform_load(const char *name, const char *inline_json,
                                     const char *scenario_path, const char *dir,
                                     struct diag_place place, struct arena *arena,
                                     struct diag *diag)
{
    struct search s = {
        .from = scenario_path, .dir = dir, .place = place, .arena = arena, .diag = diag};
    size_t errors_before = diag->errors;
    struct json_document document;
    const char *path;

    if (inline_json != NULL) {
        json_document_parse(&document, scenario_path, inline_json, strlen(inline_json), arena,
                            diag);
        return read_document(&s, &document, name, &place, errors_before);
    }
    path = find_file(&s, name == NULL ? PLATFORM_STANDARD : name);
    s.likes = 1;
    return path == NULL ? NULL : read_file(&s, path);
}
