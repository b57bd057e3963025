/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_PARAM_H
#define SIM_BASE_PARAM_H
/*
 * Keys by the table: reads, defaults, range-checks, writes out and documents what struct param
 * tables describe, so that every key of every type behaves alike and no type parses text.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <sddf/hw/param.h>

#include "sim/base/arena.h"
#include "sim/base/diag.h"
#include "sim/base/json.h"

/* What every reading needs. */
struct param_reader {
    struct arena *arena; /* owns the texts */
    struct diag *diag;
    const char *folder;          /* paths are relative to it; "" for the working directory */
    const char *folder_absolute; /* the same, for what is written out */
};

/* The keys an object may have, gathered from all tables that read it. Zeroed: none. */
#define PARAM_KEYS_MAX 128
struct param_keys {
    const char *names[PARAM_KEYS_MAX];
    size_t count;
};

void param_known(struct param_keys *known, const char *name);

/*
 * Read all keys of `params` from `object` into `state`, defaults for those that are not there. Each
 * key is added to `known`, and its value, default or not, to `out` as a scenario would spell it
 * with absolute paths (NULL: not wanted). False after complaints. A json of NULL in `object` stands
 * for an empty one.
 */
bool param_parse(const struct param *params, struct json_value object, void *state,
                 struct param_keys *known, json_t *out, const struct param_reader *r);

/* Complain of each key of `object` that is not known. False if there was one. */
bool param_unknown(struct json_value object, const struct param_keys *known,
                   const struct param_reader *r);

/* "; did you mean "x"?" to the last complaint, if `word` is near one of the names. */
void param_suggest(struct diag *diag, const char *word, const char *const *names, size_t count);

/* "52:54:01:00:00:00", nothing else. */
bool param_read_mac(const char *text, uint8_t mac[static 6]);
/* folder/path, or path if that is absolute. */
const char *param_path(const struct param_reader *r, const char *path);
/* The same from the root, links and dots resolved where the file exists. */
const char *param_path_absolute(const struct param_reader *r, const char *path);

/* For `list`: one line a key: name, what it may hold, default, what it is for. */
void param_document(FILE *to, const struct param *params);
/* The same of keys that no table reads, told as they are; the rows of both stand in one column. */
struct param_line {
    const char *name, *kind, *preset, *doc; /* name NULL ends; preset "-": none */
};
void param_document_with(FILE *to, const struct param *params, const struct param_line *more);
/* For `schema`: a JSON schema property for each key; the names of required ones to `required` (or
 * NULL). */
void param_schema(json_t *properties, json_t *required, const struct param *params);
#endif
