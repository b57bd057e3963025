/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_JSON_H
#define SIM_BASE_JSON_H
/*
 * JSON text that a person wrote, as values that know where they were written. jansson is the
 * authority on what the text means; a small scanner beside it notes line, column and JSON path of
 * every value and key, and finds keys that are written twice. Hostile text is bounded before
 * jansson sees it.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/arena.h"
#include "sim/base/diag.h"

#define JSON_BYTES_MAX  ((size_t)16 << 20)
#define JSON_DEPTH_MAX  64u
#define JSON_VALUES_MAX 262144u

struct json_node;

/* One text. All that is said of its values lives in the arena. */
struct json_document {
    struct arena *arena;
    const char *file;
    json_t *root; /* owned; NULL when closed */
    struct json_node *nodes;
    uint32_t node_count, node_room;
    uint32_t *table; /* from parent and key to a node */
    uint32_t table_room;
};

/* A value and its place. `json` is borrowed from the document, NULL for a key that is not there. */
struct json_value {
    struct json_document *document;
    json_t *json;
    uint32_t node;       /* its own; of the nearest value around it if it has none */
    const char *missing; /* the path from there to the key that is not there */
};

/*
 * Read a file, or a text already read. False after complaints (all duplicate keys, or the first
 * syntax error, or why the file cannot be read). Duplicate keys alone still leave a document to
 * look into, the last of each having won: root is not NULL then.
 */
bool json_document_load(struct json_document *d, const char *path, struct arena *arena,
                        struct diag *diag);
bool json_document_parse(struct json_document *d, const char *file, const char *text, size_t bytes,
                         struct arena *arena, struct diag *diag);
void json_document_close(struct json_document *d); /* a zeroed one is fine */

struct json_value json_top(struct json_document *d);
/* json NULL if `object` is none or lacks the key; its place is then the object's, its path the
 * key's. */
struct json_value json_member(struct json_value object, const char *key);
struct json_value json_item(struct json_value array, size_t index);

struct diag_place json_place(struct json_value value);
struct diag_place json_key_place(struct json_value value); /* of its key rather than itself */

/* What a value is, for "expected a string, found %s": `the string "x"`, "7", "an object",
 * "nothing". */
const char *json_found(struct json_value value);

/* A string's text if it is one, else NULL. */
const char *json_text(struct json_value value);

/*
 * "/json/pointer=value" applied to the document before anybody looks into it: replaces a value,
 * adds a key, appends to an array ("-"). The value is JSON, or else taken as a string. Complaints
 * name the argument, and those about the value later do so as well.
 */
bool json_document_set(struct json_document *d, const char *argument, struct diag *diag);
#endif
