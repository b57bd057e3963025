/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_JSON_PARTS_H
#define SIM_BASE_JSON_PARTS_H
/* What the files of the JSON room share, and nobody else needs: where each value stands in the
 * text. */
#include "sim/base/json.h"

#define JSON_NODE_NONE UINT32_MAX

/* The place of one value. Node 0 is the whole text. */
struct json_node {
    uint32_t parent;
    uint32_t index;  /* in an array */
    const char *key; /* in an object; NULL in an array */
    unsigned line, column, key_line, key_column;
    const char *argument; /* of --set, if the value came from there rather than from the text */
};

/* The node for `key` (or item `index` if key is NULL) of `parent`; JSON_NODE_NONE if there is none.
 */
uint32_t json_node_find(const struct json_document *d, uint32_t parent, const char *key,
                        uint32_t index);

/* A new node with that parent and key; an earlier one of the same name is found no more. */
uint32_t json_node_add(struct json_document *d, uint32_t parent, const char *key, uint32_t index);

/* "clients[0].mac" */
const char *json_node_path(const struct json_document *d, uint32_t node);
/* That path with one more key behind it. */
const char *json_path_with(struct arena *arena, const char *path, const char *key);

/* Note all places in a text. Stops at the first thing jansson will not like. False after a
 * complaint. */
bool json_scan(struct json_document *d, const char *text, size_t bytes, struct diag *diag);
#endif
