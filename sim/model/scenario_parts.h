/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_MODEL_SCENARIO_PARTS_H
#define SIM_MODEL_SCENARIO_PARTS_H
/*
 * What the files that read a scenario share. Sections are read in the order in which they refer to
 * each other (wires, devices, instances, clients, then what points at any of them), each value
 * once, checked, stored, and written to `out`, which becomes the expanded text.
 */
#include <jansson.h>

#include "sim/base/json.h"
#include "sim/base/param.h"
#include "sim/model/scenario.h"

#define SCENARIO_ITEMS_MAX  1024u /* in one section */
#define SCENARIO_NAME_BYTES 63u

enum scenario_name_kind { NAME_WIRE, NAME_DEVICE, NAME_INSTANCE, NAME_PD };

/* A name that is taken. */
struct scenario_name {
    const char *name;
    enum scenario_name_kind kind;
    struct diag_place place;
    size_t number; /* in the order of reading */
};

struct scenario_reader {
    struct scenario *s;
    const struct scenario_types *types;
    struct arena *arena;
    struct diag *diag;
    struct param_reader params;
    struct json_value top;
    json_t *out;
    struct param_keys known; /* at the top */
    struct scenario_name *names;
    size_t name_count, name_room;
    const char **list; /* see scenario_name_list */
    size_t list_room;
};

extern const char *const scenario_waitings[]; /* enum scenario_waiting */

/* Keys that are the format's own, with the struct each table fills. */
struct scenario_top_keys {
    const char *schema, *name, *story, *executor;
    uint64_t clock, placement, waiting, memory, memory_delay;
};
struct scenario_stop_keys {
    uint64_t after, wall;
};
struct scenario_wire_keys {
    const char *name;
    uint64_t speed;
};
struct scenario_named_keys {
    const char *name;
};
struct scenario_pd_keys {
    const char *name, *image;
    uint64_t priority, budget, period, cpu, waiting;
    bool trusted, passive;
};
struct scenario_device_keys {
    const char *name;
    uint64_t cpu, waiting;
};
struct scenario_client_keys {
    bool allow_shared_receive;
};
struct scenario_capture_keys {
    const char *at, *file;
};
struct scenario_fault_keys {
    const char *pd;
    uint64_t at, after_entries, after_frames, every, probability, period, count, duration;
};

extern const struct param scenario_top_params[], scenario_stop_params[], scenario_wire_params[],
    scenario_device_params[], scenario_instance_params[], scenario_pd_params[],
    scenario_client_params[], scenario_capture_params[], scenario_fault_params[];
#define SCENARIO_PD_PARAMS 10 /* entries of scenario_pd_params, its end included */

/* What a domain is unless the scenario says otherwise. */
struct scenario_pd_preset {
    const char *name, *image; /* image NULL: it must be given */
    uint8_t priority;
    uint64_t budget_ns, period_ns;
};

/*
 * The items of a section at the top: their number (0 after a complaint, or if there is none),
 * *section the array and *out a new array for the expanded text.
 */
size_t scenario_section(struct scenario_reader *r, const char *key, struct json_value *section,
                        json_t **out);
/* One item, if it is the object it should be. Its expanded form is a new object at the end of
 * `out`. */
bool scenario_object(struct scenario_reader *r, struct json_value section, size_t index,
                     json_t *out, struct json_value *item, json_t **out_item);

/* Is the name well-formed? It is taken from now on in any case. */
void scenario_take_name(struct scenario_reader *r, const char *name, enum scenario_name_kind kind,
                        struct json_value object);

/* Room for so many names to look one up in, until the next call. Items are many, so one list serves
 * all. */
const char **scenario_name_list(struct scenario_reader *r, size_t count);

/* "no wire "lam"; did you mean "lan"?" */
void scenario_no_such(struct scenario_reader *r, struct json_value value, const char *what,
                      const char *name, const char *const *known, size_t count);

/* The type that `key` of `object` names. NULL after a complaint. */
const struct type_view *scenario_type(struct scenario_reader *r, struct json_value object,
                                      const char *key, const char *what,
                                      const struct type_view *types, size_t count, json_t *out,
                                      struct param_keys *known);
/* Its state, its own keys read into it. */
void *scenario_state(struct scenario_reader *r, const struct type_view *type,
                     struct json_value object, json_t *out, struct param_keys *known);

/* A domain's keys. The caller looks for unknown ones. */
void scenario_read_pd(struct scenario_reader *r, struct json_value object,
                      const struct scenario_pd_preset *preset, struct scenario_pd *pd, json_t *out,
                      struct param_keys *known);
/* All roles of an owner, as its view lists them. */
struct scenario_pd *scenario_read_roles(struct scenario_reader *r, struct json_value owner,
                                        const char *owner_name, const struct role_view *roles,
                                        json_t *out, struct param_keys *known);

void scenario_read_wires(struct scenario_reader *r);
void scenario_read_devices(struct scenario_reader *r);
void scenario_read_instances(struct scenario_reader *r);
void scenario_read_clients(struct scenario_reader *r);
void scenario_resolve_macs(struct scenario_reader *r);
void scenario_read_captures(struct scenario_reader *r);
void scenario_read_faults(struct scenario_reader *r);
void scenario_read_expects(struct scenario_reader *r);
void scenario_read_bounds(struct scenario_reader *r);
void scenario_read_checks(struct scenario_reader *r);
void scenario_check_names(struct scenario_reader *r);
#endif
