/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The format put into words, for editors (a JSON schema) and for people (`list`), from the tables
 * by which it is read. Where an item's keys depend on its kind, the schema has one alternative for
 * each kind.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/model/platform_parts.h"
#include "sim/model/scenario_parts.h"

#define SEED_DOC         "what all chance of the run comes from; a string where JSON's numbers end"
#define PLATFORM_DOC     "whose costs virtual time has: a name, a path, or the table itself"
#define IMAGE_PARAMS_DOC "the image's own keys; see `sddfsim list images NAME`"

/* An object with those keys and no others. Takes both over. */
static json_t *closed_object(json_t *properties, json_t *required)
{
    json_t *of = json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties,
                           "additionalProperties", 0);

    if (json_array_size(required) > 0) {
        json_object_set(of, "required", required);
    }
    json_decref(required);
    return of;
}

static json_t *array_of(json_t *items, const char *doc)
{
    return json_pack("{s:s, s:s, s:i, s:o}", "description", doc, "type", "array", "maxItems",
                     (int)SCENARIO_ITEMS_MAX, "items", items);
}

static json_t *text_of(const char *doc)
{
    return json_pack("{s:s, s:s}", "type", "string", "description", doc);
}

static json_t *pd_properties(json_t *required, bool image_required)
{
    json_t *properties = json_object();

    param_schema(properties, NULL, scenario_pd_params);
    json_object_set_new(properties, "params",
                        json_pack("{s:s, s:s}", "type", "object", "description", IMAGE_PARAMS_DOC));
    if (image_required) {
        json_array_append_new(required, json_string("image"));
    }
    return properties;
}

static void add_roles(json_t *properties, const struct role_view *roles)
{
    for (const struct role_view *role = roles; role != NULL && role->name != NULL; role++) {
        json_t *of = closed_object(pd_properties(NULL, false), json_array());
        json_t *pd = json_object_get(of, "properties");

        /* What is only a default of this role. */
        json_object_set_new(json_object_get(pd, "image"), "default", json_string(role->image));
        json_object_set_new(json_object_get(pd, "priority"), "default",
                            json_integer(role->priority));
        json_object_del(json_object_get(pd, "budget"), "default");
        json_object_del(json_object_get(pd, "period"), "default");
        json_object_set_new(of, "description", json_string(role->doc == NULL ? "" : role->doc));
        json_object_set_new(properties, role->name, of);
    }
}

/* One alternative a type, told apart by `key`. `extra`: a further property all of them have, or
 * NULL. */
static json_t *alternatives(const struct type_view *types, size_t count, const char *key,
                            const struct param *own, const char *extra, json_t *extra_schema)
{
    json_t *all = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *properties = json_object(), *required = json_array();

        json_object_set_new(properties, key,
                            json_pack("{s:s, s:s}", "const", types[i].name, "description",
                                      types[i].doc == NULL ? "" : types[i].doc));
        json_array_append_new(required, json_string(key));
        param_schema(properties, required, own);
        if (extra != NULL) {
            json_object_set(properties, extra, extra_schema);
        }
        param_schema(properties, required, types[i].params);
        json_array_append_new(all, closed_object(properties, required));
    }
    json_decref(extra_schema);
    return count == 0 ? (json_decref(all), json_object()) : json_pack("{s:o}", "oneOf", all);
}

static json_t *instance_schema(const struct class_view *class)
{
    json_t *properties = json_object(), *required = json_array();

    param_schema(properties, required, scenario_instance_params);
    json_object_set_new(properties, "device",
                        text_of("the device it drives; the only one if left out"));
    param_schema(properties, required, class->view.params);
    add_roles(properties, class->roles);
    return closed_object(properties, required);
}

static json_t *client_schema(const struct scenario_types *types)
{
    json_t *required = json_array(), *properties = pd_properties(required, true);

    param_schema(properties, required, scenario_client_params);
    for (size_t i = 0; i < types->class_count; i++) {
        const struct class_view *class = &types->classes[i];

        json_object_set_new(properties, class->client_key,
                            text_of("the instance it joins; the only one if left out"));
        /* Required only of those that join the class, which a schema cannot say. */
        param_schema(properties, NULL, class->client_params);
        add_roles(properties, class->client_roles);
    }
    return closed_object(properties, required);
}

static json_t *macs_schema(void)
{
    return json_pack("{s:s, s:[{s:s}, {s:s, s:{s:s}}]}", "description",
                     "which client each recorded address stands for", "anyOf", "const", "spread",
                     "type", "object", "additionalProperties", "type", "string");
}

static json_t *top_properties(const struct scenario_types *types, json_t *required)
{
    json_t *p = json_object(), *stop = json_object(), *captures = json_object(), *at = json_array();

    json_object_set_new(p, "version", json_pack("{s:i}", "const", 1));
    json_array_append_new(required, json_string("version"));
    param_schema(p, required, scenario_top_params);
    json_object_set_new(p, "seed",
                        json_pack("{s:s, s:[s,s], s:i, s:i}", "description", SEED_DOC, "type",
                                  "integer", "string", "minimum", 0, "default", 1));
    json_object_set_new(p, "platform",
                        json_pack("{s:s, s:[o,o]}", "description", PLATFORM_DOC, "anyOf",
                                  text_of("its name, or a path that ends in .json"),
                                  platform_schema()));
    param_schema(stop, NULL, scenario_stop_params);
    json_object_set_new(p, "stop", closed_object(stop, json_array()));
    json_object_set_new(p, "wires",
                        array_of(alternatives(types->wires, types->wire_count, "kind",
                                              scenario_wire_params, "macs", macs_schema()),
                                 "where frames come from and go to"));
    json_object_set_new(
        p, "devices",
        array_of(alternatives(types->devices, types->device_count, "model", scenario_device_params,
                              "wire", json_pack("{s:[s,s]}", "type", "string", "null")),
                 "emulated devices"));
    for (size_t i = 0; i < types->class_count; i++) {
        const struct class_view *class = &types->classes[i];

        json_object_set_new(
            p, class->instances_key,
            array_of(instance_schema(class), class->view.doc == NULL ? "" : class->view.doc));
    }
    json_object_set_new(p, "clients", array_of(client_schema(types), "who uses the devices"));
    param_schema(captures, at, scenario_capture_params);
    json_object_set_new(p, "captures",
                        array_of(closed_object(captures, at), "where frames are recorded"));
    json_object_set_new(p, "faults",
                        array_of(alternatives(types->faults, types->fault_count, "kind",
                                              scenario_fault_params, NULL, NULL),
                                 "what goes wrong"));
    json_object_set_new(p, "expect",
                        array_of(text_of("NAME OP INTEGER"), "what must hold at the end"));
    json_object_set_new(p, "compare",
                        array_of(text_of("NAME OP INTEGER"),
                                 "what others may suffer from the faults, see sddfsim compare"));
    json_object_set_new(
        p, "checks",
        json_pack("{s:s, s:{s:s}}", "type", "object", "additionalProperties", "type", "boolean"));
    return p;
}

void scenario_schema(FILE *to, const struct scenario_types *types)
{
    json_t *required = json_array(), *properties = top_properties(types, required);
    json_t *schema = closed_object(properties, required);
    char *text;

    json_object_set_new(schema, "$schema",
                        json_string("https://json-schema.org/draft/2020-12/schema"));
    json_object_set_new(schema, "title", json_string("sddfsim scenario, version 1"));
    text = json_dumps(schema, JSON_INDENT(2));
    fprintf(to, "%s\n", text == NULL ? "" : text);
    free(text);
    json_decref(schema);
}

/* Keys that are read by hand, not by a table. */
static const struct param_line top_lines[] = {
    {"version", "number 1..1", "required", "of this format"},
    {"seed", "number|text", "1", SEED_DOC},
    {"platform", "text|object", PLATFORM_STANDARD, PLATFORM_DOC},
    {"checks", "object", "-", "\"NAME\": false leaves a check out; see `sddfsim list checks`"},
    {"expect", "array", "-", "\"NAME OP INTEGER\" each; see `sddfsim list expectations`"},
    {"compare", "array", "-", "\"CLIENT.WHAT OP INTEGER\" each; see `sddfsim compare --help`"},
    {NULL, NULL, NULL, NULL},
};
static const struct param_line wire_lines[] = {
    {"kind", "text", "required", "see `sddfsim list wires`"},
    {"macs", "\"spread\"|object", "-", "which client each recorded address stands for"},
    {NULL, NULL, NULL, NULL},
};
static const struct param_line device_lines[] = {
    {"model", "text", "required", "see `sddfsim list devices`"},
    {"wire", "text|null", "-", "the wire it is on; the only one if left out"},
    {NULL, NULL, NULL, NULL},
};
static const struct param_line instance_lines[] = {
    {"device", "text", "-", "the device it drives; the only one if left out"},
    {NULL, NULL, NULL, NULL},
};
static const struct param_line pd_lines[] = {
    {"params", "object", "-", IMAGE_PARAMS_DOC},
    {NULL, NULL, NULL, NULL},
};
static const struct param_line fault_lines[] = {
    {"kind", "text", "required", "see `sddfsim list faults`"},
    {NULL, NULL, NULL, NULL},
};

void scenario_document(FILE *to)
{
    static const struct {
        const char *title;
        const struct param *params;
        const struct param_line *lines;
    } sections[] = {
        {"a scenario", scenario_top_params, top_lines},
        {"stop", scenario_stop_params, NULL},
        {"each of wires, beside its kind's keys", scenario_wire_params, wire_lines},
        {"each of devices, beside its model's keys", scenario_device_params, device_lines},
        {"each instance of a class, beside the class's keys", scenario_instance_params,
         instance_lines},
        {"each protection domain: clients and roles", scenario_pd_params, pd_lines},
        {"each of clients, beside the classes' keys", scenario_client_params, NULL},
        {"each of captures", scenario_capture_params, NULL},
        {"each of faults, beside its kind's keys", scenario_fault_params, fault_lines},
    };

    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        fprintf(to, "%s%s:\n", i == 0 ? "" : "\n", sections[i].title);
        param_document_with(to, sections[i].params, sections[i].lines);
    }
    platform_document(to);
}
