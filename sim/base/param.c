/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading by the table. Each kind of key has one reader, which takes either the JSON value or the
 * table's default in the same spelling, stores it in the state and says how it is spelled in full.
 * What is told to people about the tables is in param_tell.c.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/param.h"
#include "sim/base/param_parts.h"
#include "sim/base/quantity.h"
#include "sim/base/suggest.h"

/* One key on its way from the JSON value to the state. */
struct reading {
    const struct param *param;
    struct json_value value; /* .json NULL: the default is read */
    void *to;
    json_t *spelled; /* how a scenario would write it; NULL: absent, with no default */
    const struct param_reader *r;
};

void param_known(struct param_keys *known, const char *name)
{
    assert(known->count < PARAM_KEYS_MAX);
    known->names[known->count++] = name;
}

void param_suggest(struct diag *diag, const char *word, const char *const *names, size_t count)
{
    const char *near = diag_full(diag) ? NULL : suggest(word, names, count);

    if (near != NULL) {
        diag_note(diag, "did you mean \"%s\"?", near);
    }
}

const char *param_path(const struct param_reader *r, const char *path)
{
    if (path[0] == '/' || r->folder[0] == '\0') {
        return arena_text(r->arena, path);
    }
    return arena_format(r->arena, "%s/%s", r->folder, path);
}

const char *param_path_absolute(const struct param_reader *r, const char *path)
{
    const char *joined = path[0] == '/' || r->folder_absolute == NULL
                             ? arena_text(r->arena, path)
                             : arena_format(r->arena, "%s/%s", r->folder_absolute, path);
    char *real = realpath(joined, NULL);

    if (real != NULL) {
        joined = arena_text(r->arena, real);
        free(real);
    }
    return joined;
}

/* --- complaints ---------------------------------------------------------------------------------
 */

static bool wrong_type(const struct reading *k)
{
    diag_error(k->r->diag, json_place(k->value), "expected %s, found %s",
               param_expected(k->param, k->r->arena), json_found(k->value));
    return false;
}

static bool in_range(const struct param *p, uint64_t value)
{
    return value >= p->min && (p->max == 0 || value <= p->max);
}

static bool out_of_range(const struct reading *k, const char *shown)
{
    const struct param *p = k->param;

    if (p->max != 0) {
        diag_error(k->r->diag, json_place(k->value), "%s is outside %s", shown,
                   param_range(p, k->r->arena));
    } else if (p->min != 0) {
        diag_error(k->r->diag, json_place(k->value), "%s is less than %s", shown,
                   param_number(p, p->min, k->r->arena));
    } else {
        diag_error(k->r->diag, json_place(k->value), "%s is negative", shown);
    }
    return false;
}

/* --- one reader a kind --------------------------------------------------------------------------
 */

static bool store_number(struct reading *k, uint64_t value)
{
    const char *shown = param_number(k->param, value, k->r->arena);

    if (!in_range(k->param, value)) {
        return out_of_range(k, shown);
    }
    *(uint64_t *)k->to = value;
    k->spelled =
        k->param->kind == PARAM_KIND_UINT ? json_integer((json_int_t)value) : json_string(shown);
    return true;
}

static bool read_number(struct reading *k)
{
    const struct param *p = k->param;
    const char *text = json_text(k->value);
    uint64_t value = p->preset;

    if (k->value.json == NULL) {
        /* A default outside the range stands for "not given" and cannot be spelled. */
        *(uint64_t *)k->to = value;
        if (in_range(p, value) && (p->kind != PARAM_KIND_UINT || value <= INT64_MAX)) {
            return store_number(k, value);
        }
        return true;
    }
    if (json_is_integer(k->value.json)) {
        if (json_integer_value(k->value.json) < 0) {
            return out_of_range(k, json_found(k->value));
        }
        return store_number(k, (uint64_t)json_integer_value(k->value.json));
    }
    if (text == NULL || p->kind == PARAM_KIND_UINT) {
        return wrong_type(k);
    }
    const char *why = quantity_read(param_quantity(p), text, &value);
    if (why != NULL) {
        diag_error(k->r->diag, json_place(k->value), "\"%s\" %s", text, why);
        return false;
    }
    return store_number(k, value);
}

static bool read_bool(struct reading *k)
{
    bool value = k->param->preset != 0;

    if (k->value.json != NULL) {
        if (!json_is_boolean(k->value.json)) {
            return wrong_type(k);
        }
        value = json_is_true(k->value.json);
    }
    *(bool *)k->to = value;
    k->spelled = json_boolean(value);
    return true;
}

static bool read_enum(struct reading *k)
{
    const char *const *choices = k->param->choices;
    uint64_t value = k->param->preset;
    size_t count = 0;

    while (choices[count] != NULL) {
        count++;
    }
    if (k->value.json != NULL) {
        const char *text = json_text(k->value);

        for (value = 0; text != NULL && value < count && strcmp(text, choices[value]) != 0;
             value++) {
        }
        if (text == NULL || value == count) {
            wrong_type(k);
            if (text != NULL) {
                param_suggest(k->r->diag, text, choices, count);
            }
            return false;
        }
    }
    assert(value < count);
    *(uint64_t *)k->to = value;
    k->spelled = json_string(choices[value]);
    return true;
}

static bool read_text(struct reading *k, const char *text)
{
    bool path = k->param->kind == PARAM_KIND_PATH;

    if (path && text[0] == '\0') {
        diag_error(k->r->diag, json_place(k->value), "an empty path");
        return false;
    }
    *(const char **)k->to = path ? param_path(k->r, text) : arena_text(k->r->arena, text);
    k->spelled = json_string(path ? param_path_absolute(k->r, text) : text);
    return true;
}

bool param_read_mac(const char *text, uint8_t mac[static 6])
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";

    for (int i = 0; i < 6; i++, text += 3) {
        const char *high = text[0] != '\0' ? strchr(digits, text[0]) : NULL;
        const char *low = high != NULL && text[1] != '\0' ? strchr(digits, text[1]) : NULL;

        if (low == NULL || text[2] != (i < 5 ? ':' : '\0')) {
            return false;
        }
        mac[i] = (uint8_t)((high - digits) % 16 << 4 | (low - digits) % 16);
    }
    return true;
}

static bool read_mac(struct reading *k, const char *text)
{
    const uint8_t *mac = k->to;

    if (!param_read_mac(text, k->to)) {
        return wrong_type(k);
    }
    k->spelled = json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
                              mac[4], mac[5]);
    return true;
}

static bool read_ipv4(struct reading *k, const char *text)
{
    struct in_addr host;

    if (inet_pton(AF_INET, text, &host) != 1) {
        return wrong_type(k);
    }
    *(uint32_t *)k->to = host.s_addr;
    k->spelled = json_string(text);
    return true;
}

/* A rate in frames or bits a second. */
static bool read_pace_rate(struct reading *k, const char *text, struct pace *pace)
{
    bool frames = strstr(text, "frames") != NULL;
    enum quantity kind = frames ? QUANTITY_FRAMES : QUANTITY_RATE;
    const char *why = quantity_read(kind, text, &pace->per_second);

    if (why != NULL) {
        return wrong_type(k);
    }
    if (pace->per_second == 0) {
        diag_error(k->r->diag, json_place(k->value), "\"%s\" is no pace at all", text);
        diag_note(k->r->diag, "\"line\" is as fast as the wire allows");
        return false;
    }
    pace->kind = frames ? PACE_FRAMES : PACE_BITS;
    k->spelled = json_string(quantity_text(kind, pace->per_second, k->r->arena));
    return true;
}

static bool read_pace(struct reading *k, const char *text)
{
    struct pace *pace = k->to;

    if (strcmp(text, "recorded") != 0 && strcmp(text, "line") != 0) {
        return read_pace_rate(k, text, pace);
    }
    *pace = (struct pace){.kind = text[0] == 'r' ? PACE_RECORDED : PACE_LINE};
    k->spelled = json_string(text);
    return true;
}

/* The kinds that are spelled as strings, defaults as well. */
static bool read_spelled(struct reading *k)
{
    const char *text = k->param->preset_text;

    if (k->value.json != NULL) {
        text = json_text(k->value);
        if (text == NULL) {
            return wrong_type(k);
        }
    }
    if (text == NULL) {
        return true;
    }
    switch (k->param->kind) {
    case PARAM_KIND_MAC:
        return read_mac(k, text);
    case PARAM_KIND_IPV4:
        return read_ipv4(k, text);
    case PARAM_KIND_PACE:
        return read_pace(k, text);
    default:
        return read_text(k, text);
    }
}

static bool read_key(struct reading *k)
{
    if (k->value.json == NULL && k->param->required) {
        diag_error(k->r->diag, json_place(k->value), "missing; expected %s",
                   param_expected(k->param, k->r->arena));
        return false;
    }
    switch (k->param->kind) {
    case PARAM_KIND_UINT:
    case PARAM_KIND_TIME:
    case PARAM_KIND_RATE:
    case PARAM_KIND_BYTES:
    case PARAM_KIND_SHARE:
        return read_number(k);
    case PARAM_KIND_BOOL:
        return read_bool(k);
    case PARAM_KIND_ENUM:
        return read_enum(k);
    default:
        return read_spelled(k);
    }
}

bool param_parse(const struct param *params, struct json_value object, void *state,
                 struct param_keys *known, json_t *out, const struct param_reader *r)
{
    bool good = true;

    for (const struct param *p = params; p != NULL && p->name != NULL; p++) {
        struct reading k = {.param = p,
                            .value = json_member(object, p->name),
                            .to = (char *)state + p->offset,
                            .r = r};

        param_known(known, p->name);
        good = read_key(&k) && good;
        if (out != NULL && k.spelled != NULL) {
            json_object_set(out, p->name, k.spelled);
        }
        json_decref(k.spelled);
    }
    return good;
}

bool param_unknown(struct json_value object, const struct param_keys *known,
                   const struct param_reader *r)
{
    const char *key;
    json_t *ignored;
    bool good = true;

    json_object_foreach(object.json, key, ignored)
    {
        size_t i = 0;

        while (i < known->count && strcmp(key, known->names[i]) != 0) {
            i++;
        }
        if (i == known->count) {
            good = false;
            diag_error(r->diag, json_key_place(json_member(object, key)), "unknown key");
            param_suggest(r->diag, key, known->names, known->count);
        }
    }
    return good;
}
