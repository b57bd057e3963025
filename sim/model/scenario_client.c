/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clients: a domain each, with its part in every class it names: the class's keys for clients and
 * the roles that stand between the client and what all share.
 */
#include <string.h>

#include "sim/model/scenario_parts.h"

#define CLIENT_PRIORITY 97 /* below the domains that serve it */

const struct param scenario_client_params[] = {
    PARAM_BOOL(struct scenario_client_keys, allow_shared_receive, false,
               "an untrusted client may see what all receive"),
    PARAM_END,
};

/* The only instance there is; NULL if there are none or several. */
static const struct scenario_instance *only_instance(const struct scenario *s)
{
    return s->instance_count == 1 ? &s->instances[0] : NULL;
}

/* The instance of a class by name. False after a complaint. */
static bool find_instance(struct scenario_reader *r, struct json_value value,
                          const struct class_view *class, uint32_t *index)
{
    const char *name = json_text(value);
    const char **names = scenario_name_list(r, r->s->instance_count);
    size_t count = 0;

    if (name == NULL) {
        diag_error(r->diag, json_place(value), "expected the name of one of \"%s\", found %s",
                   class->instances_key, json_found(value));
        return false;
    }
    for (size_t i = 0; i < r->s->instance_count; i++) {
        const struct scenario_instance *instance = &r->s->instances[i];

        if (instance->class_type != class || instance->name == NULL) {
            continue;
        }
        if (strcmp(instance->name, name) == 0) {
            *index = (uint32_t)i;
            return true;
        }
        names[count++] = instance->name;
    }
    scenario_no_such(r, value, class->client_key, name, names, count);
    return false;
}

/* An untrusted client behind nothing would see what everybody receives. */
static void check_trust(struct scenario_reader *r, struct json_value item,
                        const struct scenario_client *client, const struct scenario_join *join)
{
    const struct scenario_instance *instance = &r->s->instances[join->instance];
    const struct role_view *guard = instance->class_type->client_roles;

    if (client->pd.trusted || client->allow_shared_receive || guard == NULL ||
        guard[0].name == NULL || !guard[0].optional || join->roles[0].name != NULL) {
        return;
    }
    if (instance->class_type->client_shares != NULL &&
        !instance->class_type->client_shares(join->state)) {
        return;
    }
    diag_error(r->diag, json_place(json_member(item, "trusted")),
               "untrusted and without a %s, %s would see all that %s receives", guard[0].name,
               client->pd.name, instance->name);
    diag_note(r->diag, "add \"%s\": {}, or \"allow_shared_receive\": true", guard[0].name);
}

static void read_join(struct scenario_reader *r, struct json_value item,
                      struct scenario_client *client, uint32_t instance, json_t *out,
                      struct param_keys *known)
{
    const struct class_view *class = r->s->instances[instance].class_type;
    struct scenario_join *join = &client->joins[client->join_count++];
    struct type_view view = {.state_size = class->client_state_size,
                             .params = class->client_params};

    join->place = json_place(item);
    join->instance = instance;
    json_object_set_new(out, class->client_key, json_string(r->s->instances[instance].name));
    join->state = scenario_state(r, &view, item, out, known);
    join->roles = scenario_read_roles(r, item, client->pd.name, class->client_roles, out, known);
    check_trust(r, item, client, join);
}

/* It names no class. That is plain where there is only one instance, and not where there are more.
 */
static bool join_by_default(struct scenario_reader *r, struct json_value item,
                            struct scenario_client *client, json_t *out, struct param_keys *known)
{
    const struct scenario_instance *only = only_instance(r->s);
    const char *keys = "";

    if (only != NULL && only->name != NULL) {
        read_join(r, item, client, 0, out, known);
        return true;
    }
    if (only == NULL) {
        for (size_t i = 0; i < r->types->class_count; i++) {
            keys = arena_format(r->arena, "%s%s\"%s\"", keys, i == 0 ? "" : " or ",
                                r->types->classes[i].client_key);
        }
        diag_error(r->diag, json_place(item), "joins nothing; add %s", keys);
    }
    return false;
}

/* False if not all that it names was found: what keys it may have is not known then. */
static bool read_joins(struct scenario_reader *r, struct json_value item,
                       struct scenario_client *client, json_t *out, struct param_keys *known)
{
    bool named = false, good = true;
    uint32_t instance;

    client->joins = arena_array(r->arena, r->types->class_count + 1, sizeof *client->joins);
    for (size_t i = 0; i < r->types->class_count; i++) {
        const struct class_view *class = &r->types->classes[i];
        struct json_value value = json_member(item, class->client_key);

        param_known(known, class->client_key);
        if (value.json == NULL) {
            continue;
        }
        named = true;
        if (find_instance(r, value, class, &instance)) {
            read_join(r, item, client, instance, out, known);
        } else {
            good = false;
        }
    }
    return named ? good : join_by_default(r, item, client, out, known);
}

/* A key of the image's own, written where keys of every client stand: say where it belongs. */
static void refuse_image_keys(struct scenario_reader *r, struct json_value item,
                              const struct scenario_pd *pd, struct param_keys *known)
{
    const struct param *own = pd->image_type == NULL ? NULL : pd->image_type->params;
    size_t count = known->count;

    for (; own != NULL && own->name != NULL; own++) {
        size_t i = 0;

        while (i < count && strcmp(own->name, known->names[i]) != 0) {
            i++;
        }
        if (i == count && json_object_get(item.json, own->name) != NULL) {
            diag_error(r->diag, json_key_place(json_member(item, own->name)),
                       "a key of the image %s: it belongs into \"params\"", pd->image);
            param_known(known, own->name);
        }
    }
}

static void read_client(struct scenario_reader *r, struct json_value item, size_t index,
                        json_t *out)
{
    struct scenario_client *client = &r->s->clients[index];
    struct scenario_pd_preset preset = {.name = arena_format(r->arena, "client%zu", index),
                                        .priority = CLIENT_PRIORITY};
    struct scenario_client_keys keys = {0};
    struct param_keys known = {0};

    scenario_read_pd(r, item, &preset, &client->pd, out, &known);
    param_parse(scenario_client_params, item, &keys, &known, out, &r->params);
    client->allow_shared_receive = keys.allow_shared_receive;
    if (read_joins(r, item, client, out, &known)) {
        refuse_image_keys(r, item, &client->pd, &known);
        param_unknown(item, &known, &r->params);
    }
}

void scenario_read_clients(struct scenario_reader *r)
{
    struct json_value section, item;
    json_t *out, *out_item;

    r->s->client_count = scenario_section(r, "clients", &section, &out);
    r->s->clients = arena_array(r->arena, r->s->client_count, sizeof *r->s->clients);
    for (size_t i = 0; i < r->s->client_count; i++) {
        if (scenario_object(r, section, i, out, &item, &out_item)) {
            read_client(r, item, i, out_item);
        }
        r->s->clients[i].pd.place = json_place(item);
    }
    if (section.json == NULL ||
        (json_is_array(section.json) && json_array_size(section.json) == 0)) {
        diag_warn(r->diag, json_place(section), "no clients: nobody receives or sends");
    }
}
