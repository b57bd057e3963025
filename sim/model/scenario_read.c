/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts a scenario is made of: wires, the devices on them, the class instances that drive the
 * devices, and the domains of these. What is left out is taken to be the only one there is.
 */
#include <string.h>

#include "sim/model/scenario_parts.h"

#define GIGABIT_BPS UINT64_C(1000000000)
#define CPUS_MAX    64u

/* A default outside the range: not given. */
#define NO_CPU UINT64_MAX

const struct param scenario_wire_params[] = {
    PARAM_TEXT_OPTIONAL(struct scenario_wire_keys, name, NULL, "wire0, wire1, ... if left out"),
    PARAM_RATE(struct scenario_wire_keys, speed, GIGABIT_BPS,
               "what the medium carries in each direction"),
    PARAM_END,
};

const struct param scenario_device_params[] = {
    PARAM_TEXT_OPTIONAL(struct scenario_device_keys, name, NULL,
                        "device0, device1, ... if left out"),
    PARAM_UINT(struct scenario_device_keys, cpu, NO_CPU, 0, CPUS_MAX - 1,
               "the core it runs beside; as the placement says if left out"),
    PARAM_ENUM(struct scenario_device_keys, waiting, WAITING_AUTO, scenario_waitings,
               "what it does without work, on the host's clock; auto: as the scenario says"),
    PARAM_END,
};

const struct param scenario_instance_params[] = {
    PARAM_TEXT_OPTIONAL(struct scenario_named_keys, name, NULL,
                        "the class's name and a number if left out"),
    PARAM_END,
};

const struct param scenario_pd_params[SCENARIO_PD_PARAMS] = {
    PARAM_TEXT_OPTIONAL(struct scenario_pd_keys, name, NULL, "unique among all names"),
    PARAM_TEXT_OPTIONAL(struct scenario_pd_keys, image, NULL,
                        "the program: its name, or a path to a .so"),
    PARAM_UINT(struct scenario_pd_keys, priority, 0, 0, 254, "higher is more urgent"),
    PARAM_TIME(struct scenario_pd_keys, budget, 0, 0, 0,
               "time it may run in each period; 0 ns: no limit"),
    PARAM_TIME(struct scenario_pd_keys, period, 0, 0, 0, "how often the budget is refilled"),
    PARAM_UINT(struct scenario_pd_keys, cpu, NO_CPU, 0, CPUS_MAX - 1,
               "the core it runs on; as the placement says if left out"),
    PARAM_ENUM(struct scenario_pd_keys, waiting, WAITING_AUTO, scenario_waitings,
               "what it does without work, on the host's clock; auto: as the scenario says"),
    PARAM_BOOL(struct scenario_pd_keys, trusted, true,
               "false: no shared memory may be given to it"),
    PARAM_BOOL(struct scenario_pd_keys, passive, false,
               "true: in virtual time it runs on its callers' budget, and on its own for "
               "notifications only"),
    PARAM_END,
};

const char *const scenario_waitings[] = {
    [WAITING_AUTO] = "auto", [WAITING_SLEEP] = "sleep", [WAITING_POLL] = "poll", NULL};

static int cpu_of(uint64_t key)
{
    return key == NO_CPU ? -1 : (int)key;
}

/* The name if none is given, written out first: it leads what is expanded, given or not. */
static const char *default_name(struct scenario_reader *r, const char *kind, size_t index,
                                json_t *out)
{
    const char *name = arena_format(r->arena, "%s%zu", kind, index);

    json_object_set_new(out, "name", json_string(name));
    return name;
}

/* --- domains ------------------------------------------------------------------------------------
 */

static void find_image(struct scenario_reader *r, struct json_value object, struct scenario_pd *pd,
                       json_t *out)
{
    struct json_value value = json_member(object, "image");
    const struct type_view *images = r->types->images;
    size_t count = r->types->image_count;
    const char **names;

    if (strstr(pd->image, ".so") != NULL) {
        json_object_set_new(out, "image", json_string(param_path_absolute(&r->params, pd->image)));
        pd->image = param_path(&r->params, pd->image);
        pd->image_is_path = true;
        return;
    }
    names = scenario_name_list(r, count);
    for (size_t i = 0; i < count; i++) {
        names[i] = images[i].name;
        if (strcmp(pd->image, images[i].name) == 0) {
            pd->image_type = &images[i];
            return;
        }
    }
    scenario_no_such(r, value, "image", pd->image, names, count);
}

/* "params": the image's own keys. */
static void read_image_params(struct scenario_reader *r, struct json_value object,
                              struct scenario_pd *pd, json_t *out)
{
    struct json_value value = json_member(object, "params");
    struct param_keys known = {0};

    if (value.json != NULL && !json_is_object(value.json)) {
        diag_error(r->diag, json_place(value), "expected an object, found %s", json_found(value));
        return;
    }
    if (pd->image_type == NULL || pd->image_type->params == NULL) {
        if (value.json != NULL && (pd->image_is_path || pd->image_type != NULL)) {
            diag_error(r->diag, json_key_place(value), "%s has no keys of its own", pd->image);
        }
        return;
    }
    json_t *out_params = json_object();
    json_object_set_new(out, "params", out_params);
    pd->image_state = scenario_state(r, pd->image_type, value, out_params, &known);
    param_unknown(value, &known, &r->params);
}

/* A budget alone is the whole of its period; a period alone means nothing. */
static void settle_budget(struct scenario_reader *r, struct json_value object,
                          struct scenario_pd *pd, json_t *out)
{
    struct json_value budget = json_member(object, "budget"),
                      period = json_member(object, "period");
    bool whole = pd->budget_ns != 0 && pd->period_ns == 0;

    if (pd->budget_ns == 0 && pd->period_ns != 0 && period.json != NULL) {
        diag_error(r->diag, json_place(period), "a period needs a budget");
    }
    if (whole || pd->budget_ns == 0) {
        pd->period_ns = pd->budget_ns;
        json_object_set(out, "period", json_object_get(out, "budget"));
    }
    if (pd->budget_ns > pd->period_ns) {
        diag_error(r->diag, json_place(budget.json != NULL ? budget : period),
                   "the budget, %s, is longer than the period, %s",
                   json_string_value(json_object_get(out, "budget")),
                   json_string_value(json_object_get(out, "period")));
    }
}

void scenario_read_pd(struct scenario_reader *r, struct json_value object,
                      const struct scenario_pd_preset *preset, struct scenario_pd *pd, json_t *out,
                      struct param_keys *known)
{
    struct param params[SCENARIO_PD_PARAMS];
    struct scenario_pd_keys keys = {0};

    memcpy(params, scenario_pd_params, sizeof params);
    params[0].preset_text = preset->name;
    params[1].preset_text = preset->image;
    params[1].required = preset->image == NULL;
    params[2].preset = preset->priority;
    params[3].preset = preset->budget_ns;
    params[4].preset = preset->period_ns;
    param_known(known, "params");
    bool good = param_parse(params, object, &keys, known, out, &r->params);
    *pd = (struct scenario_pd){.name = keys.name != NULL ? keys.name : preset->name,
                               .image = keys.image,
                               .place = json_place(object),
                               .priority = (uint8_t)keys.priority,
                               .budget_ns = keys.budget,
                               .period_ns = keys.period,
                               .cpu = cpu_of(keys.cpu),
                               .waiting = (enum scenario_waiting)keys.waiting,
                               .trusted = keys.trusted,
                               .passive = keys.passive};
    scenario_take_name(r, pd->name, NAME_PD, object);
    if (keys.image != NULL) {
        find_image(r, object, pd, out);
        read_image_params(r, object, pd, out);
    }
    if (good) {
        settle_budget(r, object, pd, out);
    }
}

static void read_role(struct scenario_reader *r, struct json_value object, const char *owner_name,
                      const struct role_view *role, struct scenario_pd *pd, json_t *out)
{
    struct scenario_pd_preset preset = {.name =
                                            arena_format(r->arena, "%s_%s", owner_name, role->name),
                                        .image = role->image,
                                        .priority = role->priority,
                                        .budget_ns = role->budget_ns,
                                        .period_ns = role->period_ns};
    struct param_keys known = {0};
    json_t *out_role = json_object();

    json_object_set_new(out, role->name, out_role);
    scenario_read_pd(r, object, &preset, pd, out_role, &known);
    param_unknown(object, &known, &r->params);
}

struct scenario_pd *scenario_read_roles(struct scenario_reader *r, struct json_value owner,
                                        const char *owner_name, const struct role_view *roles,
                                        json_t *out, struct param_keys *known)
{
    struct scenario_pd *pds;
    size_t count = 0;

    while (roles != NULL && roles[count].name != NULL) {
        count++;
    }
    pds = arena_array(r->arena, count, sizeof *pds);
    for (size_t i = 0; i < count; i++) {
        struct json_value object = json_member(owner, roles[i].name);

        param_known(known, roles[i].name);
        if (object.json != NULL && !json_is_object(object.json)) {
            diag_error(r->diag, json_place(object), "expected an object, found %s",
                       json_found(object));
        } else if (object.json != NULL || !roles[i].optional) {
            read_role(r, object, owner_name, &roles[i], &pds[i], out);
        }
    }
    return pds;
}

/* --- wires and devices --------------------------------------------------------------------------
 */

static void read_wire(struct scenario_reader *r, struct json_value item, size_t index, json_t *out)
{
    struct scenario_wire *wire = &r->s->wires[index];
    struct scenario_wire_keys keys = {0};
    struct param_keys known = {0};

    wire->name = default_name(r, "wire", index, out);
    param_parse(scenario_wire_params, item, &keys, &known, out, &r->params);
    param_known(&known, "macs"); /* clients are not known yet; see scenario_resolve_macs */
    wire->name = keys.name != NULL ? keys.name : wire->name;
    wire->speed_bps = keys.speed;
    scenario_take_name(r, wire->name, NAME_WIRE, item);
    wire->type = scenario_type(r, item, "kind", "wire kind", r->types->wires, r->types->wire_count,
                               out, &known);
    if (wire->type != NULL) {
        wire->state = scenario_state(r, wire->type, item, out, &known);
        param_unknown(item, &known, &r->params);
    }
}

void scenario_read_wires(struct scenario_reader *r)
{
    struct json_value section, item;
    json_t *out, *out_item;

    r->s->wire_count = scenario_section(r, "wires", &section, &out);
    r->s->wires = arena_array(r->arena, r->s->wire_count, sizeof *r->s->wires);
    for (size_t i = 0; i < r->s->wire_count; i++) {
        if (scenario_object(r, section, i, out, &item, &out_item)) {
            read_wire(r, item, i, out_item);
        }
        r->s->wires[i].place = json_place(item);
    }
}

static int find_wire(struct scenario_reader *r, struct json_value value, const char *name)
{
    const char **names = scenario_name_list(r, r->s->wire_count);

    for (size_t i = 0; i < r->s->wire_count; i++) {
        names[i] = r->s->wires[i].name;
        if (names[i] != NULL && strcmp(names[i], name) == 0) {
            return (int)i;
        }
    }
    scenario_no_such(r, value, "wire", name, names, r->s->wire_count);
    return -1;
}

/* "wire": a name, null for none. The only wire belongs to the only device even if that does not say
 * so. */
static void read_device_wire(struct scenario_reader *r, struct json_value item, size_t index,
                             json_t *out)
{
    struct scenario_device *device = &r->s->devices[index];
    struct json_value value = json_member(item, "wire");
    const char *name = json_text(value);

    device->wire = -1;
    if (value.json == NULL && r->s->wire_count == 1 && r->s->device_count == 1) {
        device->wire = 0;
    } else if (name != NULL) {
        device->wire = find_wire(r, value, name);
    } else if (value.json != NULL && !json_is_null(value.json)) {
        diag_error(r->diag, json_place(value), "expected the name of a wire, or null, found %s",
                   json_found(value));
    }
    for (size_t i = 0; i < index && device->wire >= 0; i++) {
        if (r->s->devices[i].wire == device->wire) {
            diag_error(r->diag, json_place(value), "wire \"%s\" has a device already, %s",
                       r->s->wires[device->wire].name, r->s->devices[i].name);
            break;
        }
    }
    json_object_set_new(out, "wire",
                        device->wire >= 0 && r->s->wires[device->wire].name != NULL
                            ? json_string(r->s->wires[device->wire].name)
                            : json_null());
}

static void read_device(struct scenario_reader *r, struct json_value item, size_t index,
                        json_t *out)
{
    struct scenario_device *device = &r->s->devices[index];
    struct scenario_device_keys keys = {0};
    struct param_keys known = {0};

    device->name = default_name(r, "device", index, out);
    param_parse(scenario_device_params, item, &keys, &known, out, &r->params);
    param_known(&known, "wire");
    device->name = keys.name != NULL ? keys.name : device->name;
    device->cpu = cpu_of(keys.cpu);
    device->waiting = (enum scenario_waiting)keys.waiting;
    scenario_take_name(r, device->name, NAME_DEVICE, item);
    device->type = scenario_type(r, item, "model", "device model", r->types->devices,
                                 r->types->device_count, out, &known);
    read_device_wire(r, item, index, out);
    if (device->type != NULL) {
        device->state = scenario_state(r, device->type, item, out, &known);
        param_unknown(item, &known, &r->params);
    }
}

static void warn_of_idle_wires(struct scenario_reader *r)
{
    for (size_t i = 0; i < r->s->wire_count; i++) {
        bool used = r->s->wires[i].name == NULL;

        for (size_t j = 0; j < r->s->device_count; j++) {
            used = used || r->s->devices[j].wire == (int)i;
        }
        if (!used) {
            diag_warn(r->diag, r->s->wires[i].place, "no device is on wire \"%s\"",
                      r->s->wires[i].name);
        }
    }
}

void scenario_read_devices(struct scenario_reader *r)
{
    struct json_value section, item;
    json_t *out, *out_item;

    r->s->device_count = scenario_section(r, "devices", &section, &out);
    r->s->devices = arena_array(r->arena, r->s->device_count, sizeof *r->s->devices);
    for (size_t i = 0; i < r->s->device_count; i++) {
        r->s->devices[i].wire = -1;
        if (scenario_object(r, section, i, out, &item, &out_item)) {
            read_device(r, item, i, out_item);
        }
        r->s->devices[i].place = json_place(item);
    }
    warn_of_idle_wires(r);
}

/* --- instances of classes -----------------------------------------------------------------------
 */

static bool find_device(struct scenario_reader *r, struct json_value value, uint32_t *device)
{
    const char *name = json_text(value);
    size_t count = r->s->device_count;
    const char **names = scenario_name_list(r, count);

    if (value.json == NULL && count == 1) {
        *device = 0;
        return true;
    }
    if (value.json == NULL) {
        diag_error(r->diag, json_place(value),
                   count == 0 ? "missing, and \"devices\" has none"
                              : "missing; which of the devices?");
        return false;
    }
    if (name == NULL) {
        diag_error(r->diag, json_place(value), "expected the name of a device, found %s",
                   json_found(value));
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        names[i] = r->s->devices[i].name;
        if (names[i] != NULL && strcmp(names[i], name) == 0) {
            *device = (uint32_t)i;
            return true;
        }
    }
    scenario_no_such(r, value, "device", name, names, count);
    return false;
}

/* `owners`: for each device the instance it has, or NULL. */
static void read_instance_device(struct scenario_reader *r, struct json_value item,
                                 struct scenario_instance *instance, const char **owners,
                                 json_t *out)
{
    struct json_value value = json_member(item, "device");

    if (!find_device(r, value, &instance->device)) {
        return;
    }
    if (owners[instance->device] != NULL) {
        diag_error(r->diag, json_place(value), "device \"%s\" is driven by \"%s\" already",
                   r->s->devices[instance->device].name, owners[instance->device]);
    }
    owners[instance->device] = instance->name;
    if (r->s->devices[instance->device].name != NULL) {
        json_object_set_new(out, "device", json_string(r->s->devices[instance->device].name));
    }
}

/* The roles of an instance, where the one that drives its device has that device's driver. */
static const struct role_view *roles_at(struct scenario_reader *r, const struct role_view *roles,
                                        uint32_t device)
{
    const struct type_view *type = device < r->s->device_count ? r->s->devices[device].type : NULL;
    size_t count = 0;

    if (roles == NULL || type == NULL || type->driver == NULL) {
        return roles;
    }
    while (roles[count].name != NULL) {
        count++;
    }
    struct role_view *own = arena_copy(r->arena, roles, (count + 1) * sizeof *roles);

    for (size_t i = 0; i < count; i++) {
        own[i].image = own[i].drives ? type->driver : own[i].image;
    }
    return own;
}

static void read_instance(struct scenario_reader *r, struct json_value item, size_t index,
                          struct scenario_instance *instance, const char **owners, json_t *out)
{
    const struct class_view *class = instance->class_type;
    struct scenario_named_keys keys = {0};
    struct param_keys known = {0};

    instance->name = default_name(r, class->view.name, index, out);
    param_parse(scenario_instance_params, item, &keys, &known, out, &r->params);
    param_known(&known, "device");
    instance->name = keys.name != NULL ? keys.name : instance->name;
    scenario_take_name(r, instance->name, NAME_INSTANCE, item);
    read_instance_device(r, item, instance, owners, out);
    instance->state = scenario_state(r, &class->view, item, out, &known);
    instance->roles = scenario_read_roles(r, item, instance->name,
                                          roles_at(r, class->roles, instance->device), out, &known);
    param_unknown(item, &known, &r->params);
}

static void add_instances(struct scenario_reader *r, const struct class_view *class,
                          const char **owners)
{
    struct json_value section, item;
    json_t *out, *out_item;
    size_t count = scenario_section(r, class->instances_key, &section, &out),
           before = r->s->instance_count;
    struct scenario_instance *larger = arena_array(r->arena, before + count, sizeof *larger);

    if (before > 0) {
        memcpy(larger, r->s->instances, before * sizeof *larger);
    }
    r->s->instances = larger;
    for (size_t i = 0; i < count; i++) {
        struct scenario_instance *instance = &larger[before + i];

        instance->class_type = class;
        if (scenario_object(r, section, i, out, &item, &out_item)) {
            read_instance(r, item, i, instance, owners, out_item);
        }
        instance->place = json_place(item);
    }
    r->s->instance_count += count;
}

void scenario_read_instances(struct scenario_reader *r)
{
    const char **owners = arena_array(r->arena, r->s->device_count, sizeof *owners);

    for (size_t i = 0; i < r->types->class_count; i++) {
        add_instances(r, &r->types->classes[i], owners);
    }
    for (size_t i = 0; i < r->s->device_count; i++) {
        if (owners[i] == NULL && r->s->devices[i].name != NULL) {
            diag_warn(r->diag, r->s->devices[i].place, "nothing drives device \"%s\"",
                      r->s->devices[i].name);
        }
    }
}
