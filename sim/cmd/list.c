/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `sddfsim list`: everything a scenario or a command line may name: the kinds of things, the things
 * of one kind, and all about one thing. What there is comes from list_kinds.c; here it is found and
 * printed.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/param.h"
#include "sim/base/suggest.h"
#include "sim/cmd/cmd.h"
#include "sim/cmd/list_parts.h"
#include "sim/cmd/rows.h"
#include "sim/system.h"

#define NAMES_MAX 256u /* beyond these, names are not offered as suggestions */

/* The keys that belong to no type; no kind, for they have no names but those of their sections. */
#define KEYS_NAME "keys"
#define KEYS_DOC  "what a scenario consists of, beside its types' own keys"

/* ---- for programs ---- */

static json_t *named_json(const char *name, const char *doc)
{
    json_t *object = json_object();

    json_object_set_new(object, "name", json_string(name));
    json_object_set_new(object, "doc", json_string(doc == NULL ? "" : doc));
    return object;
}

static json_t *kinds_json(void)
{
    json_t *all = json_array();

    for (size_t i = 0; list_kind_at(i) != NULL; i++) {
        json_array_append_new(all, named_json(list_kind_at(i)->name, list_kind_at(i)->doc));
    }
    json_array_append_new(all, named_json(KEYS_NAME, KEYS_DOC));
    return all;
}

static json_t *entry_json(const struct list_kind *kind, size_t i)
{
    struct list_entry entry = kind->at(i);
    json_t *object = named_json(entry.name, entry.doc);

    if (entry.params != NULL) {
        json_object_set_new(object, "keys", list_keys_json(entry.params));
    }
    if (kind->pack != NULL) {
        kind->pack(i, object);
    }
    return object;
}

static json_t *entries_json(const struct list_kind *kind)
{
    json_t *all = json_array();

    for (size_t i = 0; i < kind->count(); i++) {
        json_array_append_new(all, entry_json(kind, i));
    }
    return all;
}

/* The sections as the schema has them. NULL if there is no memory for that. */
static json_t *sections_json(void)
{
    char *text = NULL;
    size_t bytes;
    FILE *memory = open_memstream(&text, &bytes);

    if (memory == NULL) {
        return NULL;
    }
    scenario_schema(memory, system_types());
    fclose(memory);
    json_t *schema = json_loads(text, 0, NULL);
    json_t *sections = json_incref(json_object_get(schema, "properties"));
    json_decref(schema);
    free(text);
    return sections;
}

static int print_json(const struct cmd_args *args, json_t *value)
{
    if (value == NULL) {
        cmd_complain(args, "no memory for the list");
        return CMD_EXIT_HOST;
    }
    json_dumpf(value, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(value);
    return CMD_EXIT_OK;
}

/* ---- for people ---- */

static void add_named(struct rows *rows, const char *name, const char *doc)
{
    ROWS_ADD(rows, name, doc == NULL ? "" : doc);
}

static void print_kinds(int indent, FILE *to)
{
    struct arena arena = {0};
    struct rows rows = {.arena = &arena};

    for (size_t i = 0; list_kind_at(i) != NULL; i++) {
        add_named(&rows, list_kind_at(i)->name, list_kind_at(i)->doc);
    }
    add_named(&rows, KEYS_NAME, KEYS_DOC);
    rows_print(&rows, -1, indent, to);
    arena_finish(&arena);
}

static void print_entries(const struct list_kind *kind)
{
    struct arena arena = {0};
    struct rows rows = {.arena = &arena};

    for (size_t i = 0; i < kind->count(); i++) {
        add_named(&rows, kind->at(i).name, kind->at(i).doc);
    }
    rows_print(&rows, -1, 0, stdout);
    arena_finish(&arena);
}

static void print_entry(const struct list_kind *kind, size_t i)
{
    struct list_entry entry = kind->at(i);

    printf("%s: %s\n", entry.name, entry.doc == NULL ? "" : entry.doc);
    if (entry.params != NULL && entry.params->name != NULL) {
        printf("  keys of its own\n");
        param_document(stdout, entry.params);
    }
    if (kind->tell != NULL) {
        kind->tell(i, stdout);
    }
}

/* ---- the verb ---- */

/* Complain of a word that is no `what`. Returns the exit status. */
static int no_such(const struct cmd_args *args, const char *what, const char *word,
                   const char *const *names, size_t count, const char *list)
{
    const char *near = suggest(word, names, count);

    if (near != NULL) {
        return cmd_complain(args, "no %s '%s': did you mean '%s'?", what, word, near);
    }
    return cmd_complain(args, "no %s '%s'; '%s' prints them all", what, word, list);
}

static int list_entry(const struct cmd_args *args, const struct list_kind *kind, const char *name)
{
    const char *names[NAMES_MAX];
    size_t count = kind->count();
    char list[64];

    for (size_t i = 0; i < count; i++) {
        const char *known = kind->at(i).name;

        if (strcmp(known, name) == 0) {
            if (cmd_has(args, "json")) {
                return print_json(args, entry_json(kind, i));
            }
            print_entry(kind, i);
            return CMD_EXIT_OK;
        }
        if (i < NAMES_MAX) {
            names[i] = known;
        }
    }
    snprintf(list, sizeof list, "sddfsim list %s", kind->name);
    return no_such(args, kind->one, name, names, count < NAMES_MAX ? count : NAMES_MAX, list);
}

static int list_entries(const struct cmd_args *args, const struct list_kind *kind)
{
    if (cmd_has(args, "json")) {
        return print_json(args, entries_json(kind));
    }
    print_entries(kind);
    return CMD_EXIT_OK;
}

static int list_kinds(const struct cmd_args *args)
{
    if (cmd_has(args, "json")) {
        return print_json(args, kinds_json());
    }
    print_kinds(0, stdout);
    return CMD_EXIT_OK;
}

static int list_keys(const struct cmd_args *args)
{
    if (args->positional_count > 1) {
        return cmd_complain(args, "'%s' has no parts; 'sddfsim list %s' prints them all", KEYS_NAME,
                            KEYS_NAME);
    }
    if (cmd_has(args, "json")) {
        return print_json(args, sections_json());
    }
    scenario_document(stdout);
    return CMD_EXIT_OK;
}

static int run(struct cmd_args *args)
{
    const char *word = args->positional_count > 0 ? args->positional[0] : NULL;
    const char *names[NAMES_MAX] = {KEYS_NAME};
    size_t i = 0;

    if (word == NULL) {
        return list_kinds(args);
    }
    if (strcmp(word, KEYS_NAME) == 0) {
        return list_keys(args);
    }
    for (; list_kind_at(i) != NULL && i + 1 < NAMES_MAX; i++) {
        const struct list_kind *kind = list_kind_at(i);

        if (strcmp(kind->name, word) == 0) {
            return args->positional_count == 1 ? list_entries(args, kind)
                                               : list_entry(args, kind, args->positional[1]);
        }
        names[i + 1] = kind->name;
    }
    return no_such(args, "kind of things", word, names, i + 1, "sddfsim list");
}

static void more_help(FILE *to)
{
    fputs("\nKinds:\n", to);
    print_kinds(2, to);
}

static const struct cmd_option options[] = {
    {"json", 0, NULL, "print all there is to tell as JSON"},
    CMD_OPTION_END,
};

const struct cmd_type cmd_list = {
    .name = "list",
    .summary = "List what a scenario may name, with keys, defaults and ranges",
    .usage = "[KIND [NAME]] [OPTION]...",
    .description = "Without KIND, the kinds of things there are; with it, the things of that kind; "
                   "with NAME, all\n"
                   "about one of them.",
    .options = options,
    .positional_max = 2,
    .run = run,
    .more_help = more_help,
};
