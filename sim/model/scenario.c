/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A scenario from its text: the arguments of --set are put into the JSON, the sections read one
 * after another, and what must hold among them checked. Nothing stops at the first complaint;
 * whatever is wrong is told, and only then the reading fails. What the program itself decides at
 * the top (seed, clock, stop) is read here; the parts are in scenario_read.c and scenario_client.c,
 * what points at them in scenario_refer.c.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/model/platform_parts.h"
#include "sim/model/scenario_parts.h"

#define SECOND_NS UINT64_C(1000000000)

static const char *const clocks[] = {[CLOCK_HOST] = "host", [CLOCK_VIRTUAL] = "virtual", NULL};
static const char *const memories[] = {
    [MEMORY_STRICT] = "strict", [MEMORY_TSO] = "tso", [MEMORY_WEAK] = "weak", NULL};
static const char *const placements[] = {
    [PLACEMENT_ONE_CORE] = "one-core", [PLACEMENT_SPREAD] = "spread", NULL};

const struct param scenario_top_params[] = {
    {.name = "$schema",
     .kind = PARAM_KIND_TEXT,
     .offset = offsetof(struct scenario_top_keys, schema),
     .doc = "for editors; not looked at"},
    PARAM_TEXT_OPTIONAL(struct scenario_top_keys, name, NULL,
                        "what the run is called; the file's name if left out"),
    PARAM_TEXT_OPTIONAL(struct scenario_top_keys, story, "",
                        "what this scenario shows, in a sentence"),
    PARAM_ENUM(struct scenario_top_keys, clock, CLOCK_HOST, clocks, "whose time passes"),
    PARAM_TEXT_OPTIONAL(struct scenario_top_keys, executor, NULL,
                        "what runs the domains; by the clock if left out"),
    PARAM_ENUM(struct scenario_top_keys, placement, PLACEMENT_ONE_CORE, placements,
               "which of the host's cores domains run on unless they say: one for all, or "
               "neighbours together on as many as there are; on the host's clock"),
    PARAM_ENUM(struct scenario_top_keys, waiting, WAITING_AUTO, scenario_waitings,
               "what a domain does without work, on the host's clock: sleep until it is woken, or "
               "poll; auto: poll on cores from which others are woken on another, else sleep"),
    PARAM_ENUM(struct scenario_top_keys, memory, MEMORY_STRICT, memories,
               "in virtual time, the order in which others see what an image stores that was built "
               "with --flavour explore: at once, late but in order (as on x86), or in any order "
               "that fences leave (as on Arm)"),
    PARAM_TIME(struct scenario_top_keys, memory_delay, 500, 0, SECOND_NS,
               "at most, until such a store is seen; and how long now and then one of its accesses "
               "takes"),
    PARAM_END,
};

const struct param scenario_stop_params[] = {
    PARAM_TIME(struct scenario_stop_keys, after, 0, 0, 0,
               "how long the run is; 0 ns: until the input is used up and all is quiet"),
    PARAM_TIME(struct scenario_stop_keys, wall, 120 * SECOND_NS, 1, 0,
               "when to give up, on the host's clock; unless it is given, never while programs of "
               "the host may send by a wire"),
    PARAM_END,
};

/* --- helpers of all sections --------------------------------------------------------------------
 */

size_t scenario_section(struct scenario_reader *r, const char *key, struct json_value *section,
                        json_t **out)
{
    size_t count;

    *section = json_member(r->top, key);
    *out = NULL;
    param_known(&r->known, key);
    if (section->json == NULL) {
        return 0;
    }
    if (!json_is_array(section->json)) {
        diag_error(r->diag, json_place(*section), "expected an array, found %s",
                   json_found(*section));
        return 0;
    }
    count = json_array_size(section->json);
    if (count > SCENARIO_ITEMS_MAX) {
        diag_error(r->diag, json_place(*section), "%zu items; at most %u are read", count,
                   SCENARIO_ITEMS_MAX);
        return 0;
    }
    *out = json_array();
    json_object_set_new(r->out, key, *out);
    return count;
}

bool scenario_object(struct scenario_reader *r, struct json_value section, size_t index,
                     json_t *out, struct json_value *item, json_t **out_item)
{
    *item = json_item(section, index);
    *out_item = json_object();
    json_array_append_new(out, *out_item);
    if (!json_is_object(item->json)) {
        diag_error(r->diag, json_place(*item), "expected an object, found %s", json_found(*item));
        return false;
    }
    return true;
}

const char **scenario_name_list(struct scenario_reader *r, size_t count)
{
    if (count > r->list_room) {
        r->list = arena_array(r->arena, count * 2, sizeof *r->list);
        r->list_room = count * 2;
    }
    return r->list;
}

void scenario_no_such(struct scenario_reader *r, struct json_value value, const char *what,
                      const char *name, const char *const *known, size_t count)
{
    diag_error(r->diag, json_place(value), "no %s \"%s\"", what, name);
    param_suggest(r->diag, name, known, count);
}

const struct type_view *scenario_type(struct scenario_reader *r, struct json_value object,
                                      const char *key, const char *what,
                                      const struct type_view *types, size_t count, json_t *out,
                                      struct param_keys *known)
{
    struct json_value value = json_member(object, key);
    const char *text = json_text(value);
    const char **names = scenario_name_list(r, count);
    const char *all = "";

    param_known(known, key);
    for (size_t i = 0; i < count; i++) {
        names[i] = types[i].name;
        all = arena_format(r->arena, "%s%s%s", all, i == 0 ? "" : ", ", types[i].name);
        if (text != NULL && strcmp(text, types[i].name) == 0) {
            json_object_set_new(out, key, json_string(text));
            return &types[i];
        }
    }
    if (value.json == NULL) {
        diag_error(r->diag, json_place(value), "missing; expected one of %s", all);
    } else if (text == NULL) {
        diag_error(r->diag, json_place(value), "expected one of %s, found %s", all,
                   json_found(value));
    } else {
        scenario_no_such(r, value, what, text, names, count);
    }
    return NULL;
}

void *scenario_state(struct scenario_reader *r, const struct type_view *type,
                     struct json_value object, json_t *out, struct param_keys *known)
{
    void *state = arena_alloc(r->arena, type->state_size);

    param_parse(type->params, object, state, known, out, &r->params);
    return state;
}

/* --- names --------------------------------------------------------------------------------------
 */

static bool well_formed(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

    return name[0] >= 'a' && name[0] <= 'z' && name[strspn(name, letters)] == '\0' &&
           strlen(name) <= SCENARIO_NAME_BYTES;
}

void scenario_take_name(struct scenario_reader *r, const char *name, enum scenario_name_kind kind,
                        struct json_value object)
{
    struct diag_place place = json_place(json_member(object, "name"));

    if (!well_formed(name)) {
        diag_error(
            r->diag, place,
            "\"%s\" is no name: small letters, digits and _, a letter first, at most %u in all",
            name, SCENARIO_NAME_BYTES);
        return;
    }
    if (r->name_count == r->name_room) {
        size_t room = r->name_room == 0 ? 64 : r->name_room * 2;
        struct scenario_name *names = arena_array(r->arena, room, sizeof *names);

        if (r->name_count > 0) {
            memcpy(names, r->names, r->name_count * sizeof *names);
        }
        r->names = names;
        r->name_room = room;
    }
    r->names[r->name_count] =
        (struct scenario_name){.name = name, .kind = kind, .place = place, .number = r->name_count};
    r->name_count++;
}

static int by_name(const void *a, const void *b)
{
    const struct scenario_name *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order != 0 ? order : x->number < y->number ? -1 : x->number > y->number;
}

void scenario_check_names(struct scenario_reader *r)
{
    size_t first = 0;

    if (r->name_count == 0) {
        return;
    }
    qsort(r->names, r->name_count, sizeof *r->names, by_name);
    for (size_t i = 1; i < r->name_count; i++) {
        if (strcmp(r->names[i].name, r->names[first].name) != 0) {
            first = i;
            continue;
        }
        diag_error(r->diag, r->names[i].place, "the name \"%s\" is taken by %s", r->names[i].name,
                   r->names[first].place.path);
        if (r->names[first].place.line != 0) {
            diag_note(r->diag, "see line %u", r->names[first].place.line);
        }
    }
}

/* --- the top ------------------------------------------------------------------------------------
 */

static void read_version(struct scenario_reader *r)
{
    struct json_value value = json_member(r->top, "version");

    param_known(&r->known, "version");
    if (value.json == NULL) {
        diag_error(r->diag, json_place(value), "missing; add \"version\": 1");
    } else if (!json_is_integer(value.json)) {
        diag_error(r->diag, json_place(value), "expected 1, found %s", json_found(value));
    } else if (json_integer_value(value.json) != 1) {
        diag_error(r->diag, json_place(value), "version %s is not known here; this program reads 1",
                   json_found(value));
    }
    json_object_set_new(r->out, "version", json_integer(1));
}

/* JSON's integers end at 2^63-1; a string may hold any seed. */
static void read_seed(struct scenario_reader *r)
{
    struct json_value value = json_member(r->top, "seed");
    const char *text = json_text(value);
    char *end = NULL;

    r->s->seed = 1;
    param_known(&r->known, "seed");
    if (text != NULL) {
        errno = 0;
        r->s->seed = strtoull(text, &end, 0);
        if (text[0] < '0' || text[0] > '9' || errno != 0 || *end != '\0') {
            diag_error(r->diag, json_place(value), "\"%s\" is no whole number 0..%llu", text,
                       (unsigned long long)UINT64_MAX);
        }
    } else if (value.json != NULL) {
        if (!json_is_integer(value.json)) {
            diag_error(r->diag, json_place(value), "expected a whole number, found %s",
                       json_found(value));
        } else if (json_integer_value(value.json) < 0) {
            diag_error(r->diag, json_place(value), "%s is negative", json_found(value));
        }
        r->s->seed = (uint64_t)json_integer_value(value.json);
    }
    json_object_set_new(r->out, "seed",
                        r->s->seed <= INT64_MAX
                            ? json_integer((json_int_t)r->s->seed)
                            : json_sprintf("%llu", (unsigned long long)r->s->seed));
}

static void refuse_empty(struct scenario_reader *r, const char *key, const char *text)
{
    if (text != NULL && text[0] == '\0') {
        diag_error(r->diag, json_place(json_member(r->top, key)), "is empty");
    }
}

/* It becomes part of the run directory's name. */
static void read_name(struct scenario_reader *r, const char *given)
{
    if (given == NULL) {
        return;
    }
    r->s->name = given;
    if (given[0] == '\0' || given[0] == '.' || strchr(given, '/') != NULL || strlen(given) > 200) {
        diag_error(r->diag, json_place(json_member(r->top, "name")), "\"%s\" cannot name a folder",
                   given);
    }
}

/* Its table, held by the scenario itself. */
static void read_platform_table(struct scenario_reader *r, struct json_value value)
{
    const char *like = json_text(json_member(value, "like"));
    const char *name = like == NULL ? "inline" : arena_format(r->arena, "like %s", like);
    json_t *out = json_object();
    const struct platform *p = platform_read(value, name, NULL, NULL, out, &r->params);

    json_object_set_new(r->out, "platform", out);
    if (p != NULL) {
        r->s->platform = p->name;
        r->s->platform_json = p->json;
        platform_check_images(p, r->types->images, r->types->image_count, r->diag);
    }
}

/* A name, or the table. Virtual time always has one, and the expanded text says which. */
static void read_platform(struct scenario_reader *r)
{
    struct json_value value = json_member(r->top, "platform");
    const char *text = json_text(value);

    param_known(&r->known, "platform");
    r->s->platform_place = json_place(value);
    r->s->platform = arena_text(r->arena, text);
    if (value.json == NULL) {
        if (r->s->clock == CLOCK_VIRTUAL) {
            json_object_set_new(r->out, "platform", json_string(PLATFORM_STANDARD));
        }
    } else if (text != NULL) {
        refuse_empty(r, "platform", text);
        json_object_set_new(r->out, "platform", json_string(text));
    } else if (json_is_object(value.json)) {
        read_platform_table(r, value);
    } else {
        diag_error(r->diag, json_place(value),
                   "expected the name of a platform, or an object, found %s", json_found(value));
    }
}

static void read_stop(struct scenario_reader *r)
{
    struct json_value stop = json_member(r->top, "stop");
    struct scenario_stop_keys keys = {0};
    struct param_keys known = {0};
    json_t *out = json_object();

    param_known(&r->known, "stop");
    json_object_set_new(r->out, "stop", out);
    if (stop.json != NULL && !json_is_object(stop.json)) {
        diag_error(r->diag, json_place(stop), "expected an object, found %s", json_found(stop));
        return;
    }
    param_parse(scenario_stop_params, stop, &keys, &known, out, &r->params);
    param_unknown(stop, &known, &r->params);
    r->s->stop_after_ns = keys.after;
    r->s->stop_wall_ns = keys.wall;
    r->s->stop_wall_preset = json_member(stop, "wall").json == NULL;
}

/* A scenario may be run by either clock; what it says for one only is not lost on the reader. */
static void warn_of_time(struct scenario_reader *r, const char *key, bool preset)
{
    if (!preset && r->s->clock == CLOCK_VIRTUAL) {
        diag_warn(r->diag, json_place(json_member(r->top, key)),
                  "is for the host's clock; in virtual time one domain runs at a time, all on one "
                  "core of the host");
    }
}

static void read_top(struct scenario_reader *r)
{
    struct scenario_top_keys keys = {0};

    read_version(r);
    json_object_set_new(r->out, "name", json_string(r->s->name));
    param_parse(scenario_top_params, r->top, &keys, &r->known, r->out, &r->params);
    json_object_del(r->out, "$schema");
    read_name(r, keys.name);
    read_seed(r);
    refuse_empty(r, "executor", keys.executor);
    r->s->story = keys.story;
    r->s->clock = (enum scenario_clock)keys.clock;
    r->s->clock_place = json_place(json_member(r->top, "clock"));
    r->s->executor = keys.executor;
    r->s->executor_place = json_place(json_member(r->top, "executor"));
    r->s->placement = (enum scenario_placement)keys.placement;
    r->s->waiting = (enum scenario_waiting)keys.waiting;
    r->s->memory = (enum scenario_memory)keys.memory;
    r->s->memory_place = json_place(json_member(r->top, "memory"));
    r->s->memory_delay_ns = keys.memory_delay;
    warn_of_time(r, "placement", r->s->placement == PLACEMENT_ONE_CORE);
    warn_of_time(r, "waiting", r->s->waiting == WAITING_AUTO);
    read_platform(r);
    read_stop(r);
}

/* --- the whole ----------------------------------------------------------------------------------
 */

static void read_all(struct scenario_reader *r)
{
    if (!json_is_object(r->top.json)) {
        diag_error(r->diag, json_place(r->top), "expected an object, found %s", json_found(r->top));
        return;
    }
    read_top(r);
    scenario_read_wires(r);
    scenario_read_devices(r);
    scenario_read_instances(r);
    scenario_read_clients(r);
    scenario_resolve_macs(r);
    scenario_check_names(r);
    scenario_read_captures(r);
    scenario_read_faults(r);
    scenario_read_expects(r);
    scenario_read_bounds(r);
    scenario_read_checks(r);
    param_unknown(r->top, &r->known, &r->params);
}

static const char *folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL
               ? ""
               : arena_format(arena, "%.*s", (int)(slash == path ? 1 : slash - path), path);
}

static const char *name_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = arena_text(arena, slash == NULL ? path : slash + 1);
    size_t length = strlen(name);

    if (length > 5 && strcmp(name + length - 5, ".json") == 0) {
        name[length - 5] = '\0';
    }
    return name[0] == '\0' || name[0] == '.' ? "scenario" : name;
}

/* The folder with links and dots resolved; if it is not there, simply from the root. */
static const char *from_the_root(struct arena *arena, const char *folder)
{
    char *here = realpath(".", NULL), *real = realpath(folder[0] == '\0' ? "." : folder, NULL);
    const char *kept = folder;

    if (real != NULL) {
        kept = arena_text(arena, real);
    } else if (here != NULL && folder[0] != '/') {
        kept = arena_format(arena, "%s/%s", here, folder);
    }
    free(here);
    free(real);
    return kept;
}

static const char *expanded_text(struct arena *arena, const json_t *out)
{
    char *text = json_dumps(out, JSON_INDENT(2));
    const char *kept = text == NULL ? "" : arena_format(arena, "%s\n", text);

    free(text);
    return kept;
}

void scenario_expand_platform(struct scenario *s, const char *json, struct arena *arena)
{
    json_t *out = json_loads(s->expanded, 0, NULL), *table = json_loads(json, 0, NULL);

    assert(out != NULL && table != NULL);
    json_object_set_new(out, "platform", table);
    s->expanded = expanded_text(arena, out);
    json_decref(out);
}

/* Of a document that has been read, complaints and all. Closes it. */
static struct scenario *resolve(struct json_document *document, const char *path,
                                size_t errors_before, const char *const *sets, size_t set_count,
                                const struct scenario_types *types, struct arena *arena,
                                struct diag *diag)
{
    struct scenario *s = arena_alloc(arena, sizeof *s);
    struct scenario_reader r = {.s = s, .types = types, .arena = arena, .diag = diag};

    if (document->root == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < set_count; i++) {
        json_document_set(document, sets[i], diag);
    }
    s->path = arena_text(arena, path);
    s->name = name_of(arena, path);
    r.params =
        (struct param_reader){.arena = arena, .diag = diag, .folder = folder_of(arena, path)};
    r.params.folder_absolute = from_the_root(arena, r.params.folder);
    r.top = json_top(document);
    r.out = json_object();
    read_all(&r);
    if (diag->errors == errors_before) {
        s->expanded = expanded_text(arena, r.out);
    }
    json_decref(r.out);
    json_document_close(document);
    return diag->errors == errors_before ? s : NULL;
}

struct scenario *scenario_parse_text(const char *file, const char *text, size_t bytes,
                                     const char *const *sets, size_t set_count,
                                     const struct scenario_types *types, struct arena *arena,
                                     struct diag *diag)
{
    size_t errors_before = diag->errors;
    struct json_document document;

    json_document_parse(&document, file, text, bytes, arena, diag);
    return resolve(&document, file, errors_before, sets, set_count, types, arena, diag);
}

struct scenario *scenario_load(const char *path, const char *const *sets, size_t set_count,
                               const struct scenario_types *types, struct arena *arena,
                               struct diag *diag)
{
    size_t errors_before = diag->errors;
    struct json_document document;

    json_document_load(&document, path, arena, diag);
    return resolve(&document, path, errors_before, sets, set_count, types, arena, diag);
}
