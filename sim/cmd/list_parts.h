/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CMD_LIST_PARTS_H
#define SIM_CMD_LIST_PARTS_H
/*
 * The kinds of things `sddfsim list` knows. A kind says how many things it has, how each is called,
 * and what there is to tell of it, to a person and to a program.
 */
#include <jansson.h>
#include <stdio.h>

#include <sddf/hw/param.h>

struct list_entry {
    const char *name, *doc;
    const struct param *params; /* its scenario keys, NULL for none */
};

struct list_kind {
    const char *name, *one; /* "wires", "wire" */
    const char *doc;
    size_t (*count)(void);
    struct list_entry (*at)(size_t i);
    /* What there is beside name, doc and keys. NULL: nothing. */
    void (*tell)(size_t i, FILE *to);
    void (*pack)(size_t i, json_t *object);
};

/* The i-th kind, NULL after the last. */
const struct list_kind *list_kind_at(size_t i);

/* Keys as a schema has them: {"properties": {...}, "required": [...]}. */
json_t *list_keys_json(const struct param *params);
#endif
