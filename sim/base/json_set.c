/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One value changed from the command line: "/json/pointer=value" (RFC 6901) is walked down the
 * document, making objects and arrays on the way where there are none, and the value put at its
 * end. The new value's place is the argument, so that whoever complains of it names the argument.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/base/json_parts.h"

/* How far we are. */
struct walk {
    struct json_document *document;
    struct diag *diag;
    const char *argument, *shown; /* shown: as the user wrote it, for the place */
    json_t *json;
    uint32_t node;
    unsigned depth;
};

static bool refuse(struct walk *w, const char *why)
{
    diag_error(w->diag, (struct diag_place){.file = w->shown, .path = ""}, "%s", why);
    return false;
}

/* One step of a pointer with its escapes undone. NULL if an escape is none. */
static char *unescape(struct arena *arena, const char *from, size_t bytes)
{
    char *text = arena_alloc(arena, bytes + 1), *to = text;

    for (size_t i = 0; i < bytes; i++) {
        if (from[i] != '~') {
            *to++ = from[i];
            continue;
        }
        i++;
        if (i == bytes || (from[i] != '0' && from[i] != '1')) {
            return NULL;
        }
        *to++ = from[i] == '0' ? '~' : '/';
    }
    *to = '\0';
    return text;
}

/* The place of a step; `fresh`: the value there is new. */
static uint32_t node_of(struct walk *w, const char *key, uint32_t index, bool fresh)
{
    uint32_t node = json_node_find(w->document, w->node, key, index);

    if (node == JSON_NODE_NONE || fresh) {
        node = json_node_add(w->document, w->node, arena_text(w->document->arena, key), index);
        w->document->nodes[node].argument = w->argument;
    }
    return node;
}

/* Go to, or put `value` at, a key of the object we are at. */
static bool enter_object(struct walk *w, const char *key, json_t *value)
{
    uint32_t node;

    if (value != NULL && json_object_set(w->json, key, value) != 0) {
        return refuse(w, "this key is not UTF-8");
    }
    node = node_of(w, key, 0, value != NULL);
    w->json = json_object_get(w->json, key);
    w->node = node;
    return true;
}

/* The same for an item of an array, "-" being the one behind the last. */
static bool enter_array(struct walk *w, const char *step, json_t *value)
{
    size_t size = json_array_size(w->json), index = size;
    bool digits = step[0] != '\0' && step[strspn(step, "0123456789")] == '\0';

    if (strcmp(step, "-") != 0) {
        index = digits && strlen(step) < 9 && (step[0] != '0' || step[1] == '\0')
                    ? strtoul(step, NULL, 10)
                    : SIZE_MAX;
    }
    if (index > size || (index == size && value == NULL)) {
        diag_error(w->diag, (struct diag_place){.file = w->shown, .path = ""},
                   "%s has no item \"%s\"; it has %zu", json_node_path(w->document, w->node), step,
                   size);
        return false;
    }
    if (value != NULL) {
        int failed = index == size ? json_array_append(w->json, value)
                                   : json_array_set(w->json, index, value);

        if (failed != 0) {
            return refuse(w, "cannot be set");
        }
    }
    w->node = node_of(w, NULL, (uint32_t)index, value != NULL);
    w->json = json_array_get(w->json, index);
    return true;
}

/* Is there something at that step already? */
static bool is_there(const struct walk *w, const char *step)
{
    if (json_is_object(w->json)) {
        return json_object_get(w->json, step) != NULL;
    }
    return strcmp(step, "-") != 0;
}

static bool enter(struct walk *w, const char *step, json_t *value)
{
    if (++w->depth > JSON_DEPTH_MAX) {
        return refuse(w, "too many steps");
    }
    if (json_is_object(w->json)) {
        return enter_object(w, step, value);
    }
    if (json_is_array(w->json)) {
        return enter_array(w, step, value);
    }
    diag_error(w->diag, (struct diag_place){.file = w->shown, .path = ""},
               "%s is neither an object nor an array", json_node_path(w->document, w->node));
    return false;
}

/* Walk to the last step of `pointer` and put `value` there. */
static bool walk_to(struct walk *w, const char *pointer, size_t bytes, json_t *value)
{
    const char *end = pointer + bytes;

    for (const char *at = pointer; at < end;) {
        const char *begin = at + 1;
        const char *slash = memchr(begin, '/', (size_t)(end - begin));

        at = slash == NULL ? end : slash;
        char *step = unescape(w->document->arena, begin, (size_t)(at - begin));
        if (step == NULL) {
            return refuse(w, "~ is followed by neither 0 nor 1");
        }
        if (at == end) {
            return enter(w, step, value);
        }
        json_t *made = NULL;
        if (!is_there(w, step)) {
            bool array = at[1] == '-' && (at + 2 == end || at[2] == '/');

            made = array ? json_array() : json_object();
        }
        bool good = enter(w, step, made);
        json_decref(made);
        if (!good) {
            return false;
        }
    }
    return refuse(w, "expected /json/pointer=value");
}

/* JSON if it can be, else the text itself. NULL after a complaint. */
static json_t *read_value(struct walk *w, const char *text)
{
    json_error_t error;
    json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);

    if (value == NULL && json_error_code(&error) == json_error_duplicate_key) {
        refuse(w, error.text);
        return NULL;
    }
    if (value == NULL) {
        value = json_string(text);
    }
    if (value == NULL) {
        refuse(w, "the value is not UTF-8");
    }
    return value;
}

bool json_document_set(struct json_document *d, const char *argument, struct diag *diag)
{
    const char *equals = strchr(argument, '=');
    struct walk w = {.document = d,
                     .diag = diag,
                     .argument = arena_text(d->arena, argument),
                     .shown = arena_format(d->arena, "--set %s", argument),
                     .json = d->root};
    json_t *value;
    bool good;

    if (argument[0] != '/' || equals == NULL) {
        return refuse(&w, "expected /json/pointer=value");
    }
    value = read_value(&w, equals + 1);
    if (value == NULL) {
        return false;
    }
    good = walk_to(&w, argument, (size_t)(equals - argument), value);
    json_decref(value);
    return good;
}
