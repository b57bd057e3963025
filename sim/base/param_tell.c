/* SPDX-License-Identifier: BSD-2-Clause */
/* What is told to people about tables of keys: in complaints, in `list`, and as a JSON schema. */
#include <assert.h>
#include <string.h>

#include "sim/base/param.h"
#include "sim/base/param_parts.h"
#include "sim/base/quantity.h"

enum quantity param_quantity(const struct param *p)
{
    switch (p->kind) {
    case PARAM_KIND_TIME:
        return QUANTITY_TIME;
    case PARAM_KIND_RATE:
        return QUANTITY_RATE;
    case PARAM_KIND_SHARE:
        return QUANTITY_SHARE;
    default:
        assert(p->kind == PARAM_KIND_BYTES);
        return QUANTITY_BYTES;
    }
}

const char *param_number(const struct param *p, uint64_t value, struct arena *arena)
{
    if (p->kind == PARAM_KIND_UINT) {
        return arena_format(arena, "%llu", (unsigned long long)value);
    }
    return quantity_text(param_quantity(p), value, arena);
}

const char *param_range(const struct param *p, struct arena *arena)
{
    return arena_format(arena, "%s..%s", param_number(p, p->min, arena),
                        param_number(p, p->max, arena));
}

static const char *one_of(const struct param *p, struct arena *arena)
{
    const char *text = "";

    for (const char *const *choice = p->choices; *choice != NULL; choice++) {
        const char *comma = choice == p->choices ? "" : choice[1] == NULL ? " or " : ", ";

        text = arena_format(arena, "%s%s\"%s\"", text, comma, *choice);
    }
    return text;
}

const char *param_expected(const struct param *p, struct arena *arena)
{
    enum quantity quantity;

    switch (p->kind) {
    case PARAM_KIND_UINT:
        return "a whole number";
    case PARAM_KIND_BOOL:
        return "true or false";
    case PARAM_KIND_TEXT:
        return "a string";
    case PARAM_KIND_PATH:
        return "a path (a string)";
    case PARAM_KIND_TIME:
    case PARAM_KIND_RATE:
    case PARAM_KIND_BYTES:
    case PARAM_KIND_SHARE:
        quantity = param_quantity(p);
        return arena_format(arena, "a quantity such as \"%s\", or a whole number of %s",
                            quantity_example(quantity), quantity_base(quantity));
    case PARAM_KIND_MAC:
        return "an address such as \"52:54:01:00:00:00\"";
    case PARAM_KIND_IPV4:
        return "an address such as \"10.0.0.1\"";
    case PARAM_KIND_ENUM:
        return one_of(p, arena);
    case PARAM_KIND_PACE:
        return "\"recorded\", \"line\", or a rate such as \"5000 frames/s\" or \"10 Mbit/s\"";
    }
    assert(!"a kind of parameter nobody knows");
    return "";
}

/* --- `list` -------------------------------------------------------------------------------------
 */

/* The kind in few words, for a column. */
static const char *column_kind(const struct param *p, struct arena *arena)
{
    static const char *const words[] = {
        [PARAM_KIND_UINT] = "number", [PARAM_KIND_BOOL] = "true|false", [PARAM_KIND_TEXT] = "text",
        [PARAM_KIND_PATH] = "path",   [PARAM_KIND_TIME] = "time",       [PARAM_KIND_RATE] = "rate",
        [PARAM_KIND_BYTES] = "bytes", [PARAM_KIND_MAC] = "mac",         [PARAM_KIND_IPV4] = "ipv4",
        [PARAM_KIND_PACE] = "pace",   [PARAM_KIND_SHARE] = "share",
    };
    const char *text = "";

    if (p->kind != PARAM_KIND_ENUM) {
        bool range = p->max != 0 && p->kind != PARAM_KIND_BOOL;

        return range ? arena_format(arena, "%s %s", words[p->kind], param_range(p, arena))
                     : words[p->kind];
    }
    for (const char *const *choice = p->choices; *choice != NULL; choice++) {
        text = arena_format(arena, "%s%s%s", text, text[0] == '\0' ? "" : "|", *choice);
    }
    return text;
}

static bool is_number(const struct param *p)
{
    return p->kind == PARAM_KIND_UINT || p->kind == PARAM_KIND_TIME || p->kind == PARAM_KIND_RATE ||
           p->kind == PARAM_KIND_BYTES || p->kind == PARAM_KIND_SHARE;
}

/* The default as a scenario would spell it; NULL if there is none. */
static const char *preset(const struct param *p, struct arena *arena)
{
    if (p->required) {
        return NULL;
    }
    if (p->kind == PARAM_KIND_BOOL) {
        return p->preset ? "true" : "false";
    }
    if (p->kind == PARAM_KIND_ENUM) {
        return p->choices[p->preset];
    }
    if (is_number(p)) {
        bool in_range = p->preset >= p->min && (p->max == 0 || p->preset <= p->max);

        return in_range ? param_number(p, p->preset, arena) : NULL;
    }
    return p->preset_text;
}

static int widest(int so_far, const char *text)
{
    int width = (int)strlen(text);

    return width > so_far && width <= 32 ? width : so_far;
}

/* A table's entry as it is told. */
static struct param_line line_of(const struct param *p, struct arena *arena)
{
    const char *standard = p->required ? "required" : preset(p, arena);

    return (struct param_line){.name = p->name,
                               .kind = column_kind(p, arena),
                               .preset = standard == NULL ? "-" : standard,
                               .doc = p->doc == NULL ? "" : p->doc};
}

static void print_lines(FILE *to, const struct param_line *lines, size_t count)
{
    int name = 0, kind = 0, value = 0;

    for (size_t i = 0; i < count; i++) {
        name = widest(name, lines[i].name);
        kind = widest(kind, lines[i].kind);
        value = widest(value, lines[i].preset);
    }
    for (size_t i = 0; i < count; i++) {
        fprintf(to, "    %-*s  %-*s  %-*s  %s\n", name, lines[i].name, kind, lines[i].kind, value,
                lines[i].preset, lines[i].doc);
    }
}

void param_document_with(FILE *to, const struct param *params, const struct param_line *more)
{
    struct arena arena = {0};
    size_t count = 0, room = 0;

    for (const struct param *p = params; p != NULL && p->name != NULL; p++) {
        room++;
    }
    for (const struct param_line *line = more; line != NULL && line->name != NULL; line++) {
        room++;
    }
    struct param_line *lines = arena_array(&arena, room, sizeof *lines);
    for (const struct param *p = params; p != NULL && p->name != NULL; p++) {
        lines[count++] = line_of(p, &arena);
    }
    for (const struct param_line *line = more; line != NULL && line->name != NULL; line++) {
        lines[count++] = *line;
    }
    print_lines(to, lines, count);
    arena_finish(&arena);
}

void param_document(FILE *to, const struct param *params)
{
    param_document_with(to, params, NULL);
}

/* --- `schema` -----------------------------------------------------------------------------------
 */

static json_t *schema_number(const struct param *p, json_t *of)
{
    json_object_set_new(of, "type", json_string("integer"));
    json_object_set_new(of, "minimum", json_integer((json_int_t)p->min));
    if (p->max != 0 && p->max <= INT64_MAX) {
        json_object_set_new(of, "maximum", json_integer((json_int_t)p->max));
    }
    return of;
}

static json_t *schema_text(const char *pattern)
{
    json_t *of = json_pack("{s:s}", "type", "string");

    if (pattern != NULL) {
        json_object_set_new(of, "pattern", json_string(pattern));
    }
    return of;
}

static json_t *schema_enum(const struct param *p)
{
    json_t *choices = json_array();

    for (const char *const *choice = p->choices; *choice != NULL; choice++) {
        json_array_append_new(choices, json_string(*choice));
    }
    return json_pack("{s:o}", "enum", choices);
}

static json_t *schema_of(const struct param *p, struct arena *arena)
{
    switch (p->kind) {
    case PARAM_KIND_UINT:
        return schema_number(p, json_object());
    case PARAM_KIND_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case PARAM_KIND_TIME:
    case PARAM_KIND_RATE:
    case PARAM_KIND_BYTES:
    case PARAM_KIND_SHARE:
        return json_pack("{s:[o,o]}", "anyOf", schema_number(p, json_object()),
                         schema_text(quantity_pattern(param_quantity(p), arena)));
    case PARAM_KIND_MAC:
        return schema_text("^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$");
    case PARAM_KIND_IPV4:
        return schema_text("^[0-9]{1,3}(\\.[0-9]{1,3}){3}$");
    case PARAM_KIND_ENUM:
        return schema_enum(p);
    case PARAM_KIND_PACE:
        return schema_text("^(recorded|line|[0-9]+(\\.[0-9]+)? *([kM]?frames/s|[kMGT]?bit/s))$");
    default:
        return schema_text(NULL);
    }
}

static json_t *schema_preset(const struct param *p, struct arena *arena)
{
    const char *text = preset(p, arena);

    if (text == NULL) {
        return NULL;
    }
    if (p->kind == PARAM_KIND_BOOL) {
        return json_boolean(p->preset);
    }
    if (p->kind == PARAM_KIND_UINT) {
        return p->preset <= INT64_MAX ? json_integer((json_int_t)p->preset) : NULL;
    }
    return json_string(text);
}

void param_schema(json_t *properties, json_t *required, const struct param *params)
{
    struct arena arena = {0};

    for (const struct param *p = params; p != NULL && p->name != NULL; p++) {
        json_t *of = schema_of(p, &arena);
        json_t *standard = schema_preset(p, &arena);

        if (p->doc != NULL) {
            json_object_set_new(of, "description", json_string(p->doc));
        }
        if (standard != NULL) {
            json_object_set_new(of, "default", standard);
        }
        json_object_set_new(properties, p->name, of);
        if (p->required && required != NULL) {
            json_array_append_new(required, json_string(p->name));
        }
    }
    arena_finish(&arena);
}
