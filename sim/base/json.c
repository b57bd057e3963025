/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON documents: a text is read whole, looked over for what jansson would be vague about (not text
 * at all, too large), scanned for places, and parsed by jansson. Values are then found twice, in
 * jansson's tree and in the scanner's, by the same keys.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/hash.h"
#include "sim/base/json_parts.h"

/* --- places -------------------------------------------------------------------------------------
 */

static uint32_t slot_of(const struct json_document *d, uint32_t parent, const char *key,
                        uint32_t index)
{
    uint64_t hash = hash_u64(HASH_START, parent);

    hash = key != NULL ? hash_text(hash, key) : hash_u64(hash, index);
    return (uint32_t)hash_final(hash) & (d->table_room - 1);
}

static bool node_is(const struct json_node *n, uint32_t parent, const char *key, uint32_t index)
{
    if (n->parent != parent || (n->key == NULL) != (key == NULL)) {
        return false;
    }
    return key != NULL ? strcmp(n->key, key) == 0 : n->index == index;
}

/* The table's entry for that name: free, or the one that has it. The table is never full. */
static uint32_t *entry_of(const struct json_document *d, uint32_t parent, const char *key,
                          uint32_t index)
{
    uint32_t slot = slot_of(d, parent, key, index);

    while (d->table[slot] != JSON_NODE_NONE &&
           !node_is(&d->nodes[d->table[slot]], parent, key, index)) {
        slot = (slot + 1) & (d->table_room - 1);
    }
    return &d->table[slot];
}

uint32_t json_node_find(const struct json_document *d, uint32_t parent, const char *key,
                        uint32_t index)
{
    return *entry_of(d, parent, key, index);
}

static void grow(struct json_document *d)
{
    uint32_t room = d->node_room == 0 ? 64 : d->node_room * 2;
    struct json_node *nodes = arena_array(d->arena, room, sizeof *nodes);

    if (d->node_count > 0) {
        memcpy(nodes, d->nodes, d->node_count * sizeof *nodes);
    }
    d->nodes = nodes;
    d->node_room = room;
    d->table_room = room * 2;
    d->table = arena_array(d->arena, d->table_room, sizeof *d->table);
    memset(d->table, 0xff, d->table_room * sizeof *d->table);
    for (uint32_t i = 0; i < d->node_count; i++) {
        *entry_of(d, nodes[i].parent, nodes[i].key, nodes[i].index) = i;
    }
}

uint32_t json_node_add(struct json_document *d, uint32_t parent, const char *key, uint32_t index)
{
    if (d->node_count == d->node_room) {
        grow(d);
    }
    uint32_t *entry = entry_of(d, parent, key, index);
    d->nodes[d->node_count] = (struct json_node){.parent = parent, .key = key, .index = index};
    *entry = d->node_count;
    return d->node_count++;
}

/* Does a key read well behind a point? */
static bool plain_key(const char *key)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

    return key[0] != '\0' && key[strspn(key, plain)] == '\0';
}

const char *json_path_with(struct arena *arena, const char *path, const char *key)
{
    if (!plain_key(key)) {
        return arena_format(arena, "%s[\"%s\"]", path, key);
    }
    return arena_format(arena, "%s%s%s", path, path[0] == '\0' ? "" : ".", key);
}

const char *json_node_path(const struct json_document *d, uint32_t node)
{
    uint32_t way[JSON_DEPTH_MAX * 2];
    size_t depth = 0;
    const char *path = "";

    for (; node != 0 && node != JSON_NODE_NONE; node = d->nodes[node].parent) {
        assert(depth < sizeof way / sizeof way[0]);
        way[depth++] = node;
    }
    while (depth > 0) {
        const struct json_node *n = &d->nodes[way[--depth]];

        path = n->key != NULL ? json_path_with(d->arena, path, n->key)
                              : arena_format(d->arena, "%s[%u]", path, n->index);
    }
    return path;
}

/* --- reading a text -----------------------------------------------------------------------------
 */

/* Line and column of a byte. */
static struct diag_place place_of_byte(const char *file, const char *text, size_t offset)
{
    struct diag_place place = {.file = file, .path = "", .line = 1, .column = 1};

    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            place.line++;
            place.column = 1;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            place.column++;
        }
    }
    return place;
}

/* What can be said of a file better than its parser would. */
static bool is_text(const char *file, const char *text, size_t bytes, struct diag *diag)
{
    struct diag_place whole = {.file = file, .path = ""};
    const char *nul = bytes > 0 ? memchr(text, '\0', bytes) : NULL;
    size_t blank = 0;

    if (bytes > JSON_BYTES_MAX) {
        diag_error(diag, whole, "larger than %zu MiB", JSON_BYTES_MAX >> 20);
        return false;
    }
    while (blank < bytes && strchr(" \t\r\n", text[blank]) != NULL && text[blank] != '\0') {
        blank++;
    }
    if (blank == bytes) {
        diag_error(diag, whole, bytes == 0 ? "the file is empty" : "the file is blank");
        return false;
    }
    if (nul != NULL) {
        diag_error(diag, place_of_byte(file, text, (size_t)(nul - text)),
                   "a NUL byte: this is not a text file");
        return false;
    }
    if (bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        diag_error(diag, whole, "begins with a byte order mark; JSON has none");
        return false;
    }
    return true;
}

bool json_document_parse(struct json_document *d, const char *file, const char *text, size_t bytes,
                         struct arena *arena, struct diag *diag)
{
    json_error_t error;
    size_t errors_before = diag->errors;

    *d = (struct json_document){.arena = arena, .file = arena_text(arena, file)};
    if (!is_text(d->file, text, bytes, diag) || !json_scan(d, text, bytes, diag)) {
        return false;
    }
    d->root = json_loadb(text, bytes, JSON_DECODE_ANY, &error);
    if (d->root == NULL) {
        diag_error(diag,
                   (struct diag_place){.file = d->file,
                                       .path = "",
                                       .line = error.line > 0 ? (unsigned)error.line : 0,
                                       .column = error.column > 0 ? (unsigned)error.column : 0},
                   "not JSON: %s", error.text);
    }
    return diag->errors == errors_before;
}

/* All of a file, or *text NULL and -errno. One byte more than allowed is enough to know it is too
 * large. */
static int read_all(int fd, char **text, size_t *bytes)
{
    size_t room = JSON_BYTES_MAX + 1;
    struct stat status;
    int error = 0;

    *bytes = 0;
    *text = NULL;
    if (fstat(fd, &status) != 0) {
        return -errno;
    }
    if (S_ISREG(status.st_mode) && status.st_size >= 0 && (uint64_t)status.st_size < room) {
        room = (size_t)status.st_size + 1;
    }
    *text = malloc(room);
    if (*text == NULL) {
        return -ENOMEM;
    }
    while (*bytes < room) {
        ssize_t got = read(fd, *text + *bytes, room - *bytes);

        if (got < 0 && errno != EINTR) {
            error = -errno;
            break;
        }
        if (got == 0) {
            break;
        }
        *bytes += got > 0 ? (size_t)got : 0;
    }
    if (error != 0) {
        free(*text);
        *text = NULL;
    }
    return error;
}

bool json_document_load(struct json_document *d, const char *path, struct arena *arena,
                        struct diag *diag)
{
    char *text = NULL;
    size_t bytes = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int error = fd < 0 ? -errno : read_all(fd, &text, &bytes);
    bool good = false;

    *d = (struct json_document){.arena = arena, .file = arena_text(arena, path)};
    if (fd >= 0) {
        close(fd);
    }
    if (error != 0) {
        diag_error(diag, (struct diag_place){.file = d->file, .path = ""}, "cannot be read: %s",
                   strerror(-error));
    } else {
        good = json_document_parse(d, path, text, bytes, arena, diag);
    }
    free(text);
    return good;
}

void json_document_close(struct json_document *d)
{
    json_decref(d->root);
    d->root = NULL;
}

/* --- values -------------------------------------------------------------------------------------
 */

struct json_value json_top(struct json_document *d)
{
    assert(d->root != NULL);
    return (struct json_value){.document = d, .json = d->root};
}

/*
 * The node of a value inside `parent`. What came with a --set argument gets its node when first
 * looked at; the argument is all the place it has.
 */
static uint32_t node_inside(struct json_document *d, uint32_t parent, const char *key,
                            uint32_t index)
{
    uint32_t node = json_node_find(d, parent, key, index);

    if (node == JSON_NODE_NONE) {
        node = json_node_add(d, parent, arena_text(d->arena, key), index);
        d->nodes[node].argument = d->nodes[parent].argument;
        d->nodes[node].line = d->nodes[parent].line;
        d->nodes[node].column = d->nodes[parent].column;
    }
    return node;
}

struct json_value json_member(struct json_value object, const char *key)
{
    struct json_document *d = object.document;
    struct json_value out = {.document = d, .node = object.node};

    if (object.missing == NULL) {
        out.json = json_object_get(object.json, key);
    }
    if (out.json != NULL) {
        out.node = node_inside(d, object.node, key, 0);
    } else {
        out.missing = json_path_with(d->arena, object.missing == NULL ? "" : object.missing, key);
    }
    return out;
}

struct json_value json_item(struct json_value array, size_t index)
{
    assert(index < json_array_size(array.json));
    return (struct json_value){.document = array.document,
                               .json = json_array_get(array.json, index),
                               .node =
                                   node_inside(array.document, array.node, NULL, (uint32_t)index)};
}

static struct diag_place place_of(struct json_value value, bool of_key)
{
    struct json_document *d = value.document;
    const struct json_node *n = &d->nodes[value.node];
    struct diag_place place = {.file = d->file, .path = json_node_path(d, value.node)};

    if (value.missing != NULL) {
        bool point = place.path[0] != '\0' && value.missing[0] != '[';

        place.path = arena_format(d->arena, "%s%s%s", place.path, point ? "." : "", value.missing);
    }
    if (n->argument != NULL) {
        place.file = arena_format(d->arena, "--set %s", n->argument);
    } else {
        bool key = of_key && n->key_line != 0 && value.missing == NULL;

        place.line = key ? n->key_line : n->line;
        place.column = key ? n->key_column : n->column;
    }
    return place;
}

struct diag_place json_place(struct json_value value)
{
    return place_of(value, false);
}

struct diag_place json_key_place(struct json_value value)
{
    return place_of(value, true);
}

const char *json_text(struct json_value value)
{
    return json_string_value(value.json);
}

const char *json_found(struct json_value value)
{
    struct arena *arena = value.document->arena;

    if (value.json == NULL) {
        return "nothing";
    }
    switch (json_typeof(value.json)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING: {
        const char *text = json_string_value(value.json);
        size_t shown = strlen(text);

        if (shown <= 60) {
            return arena_format(arena, "the string \"%s\"", text);
        }
        shown = 50;
        while (((unsigned char)text[shown] & 0xc0) == 0x80) {
            shown--;
        }
        return arena_format(arena, "the string \"%.*s...\"", (int)shown, text);
    }
    case JSON_INTEGER:
        return arena_format(arena, "%lld", (long long)json_integer_value(value.json));
    case JSON_REAL:
        return arena_format(arena, "%.15g", json_real_value(value.json));
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    default:
        return "null";
    }
}
