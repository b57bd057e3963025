/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a scenario says about its parts, once they all have names: which client a recorded address
 * stands for, where to capture, which domain is compromised and how, what must hold at the end,
 * which checks are off.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/model/scenario_parts.h"

const struct param scenario_capture_params[] = {
    PARAM_TEXT(struct scenario_capture_keys, at, "WIRE.in, WIRE.out, CLIENT.rx or CLIENT.tx"),
    PARAM_TEXT_OPTIONAL(struct scenario_capture_keys, file, NULL,
                        "a plain file name; the point's with .pcap if left out"),
    PARAM_END,
};

const struct param scenario_fault_params[] = {
    PARAM_TEXT_OPTIONAL(struct scenario_fault_keys, pd, NULL, "the domain it compromises"),
    PARAM_TIME(struct scenario_fault_keys, at, 0, 0, 0, "acts from this time on"),
    PARAM_UINT(struct scenario_fault_keys, after_entries, 0, 0, 0,
               "acts once the domain has run so many times"),
    PARAM_UINT(struct scenario_fault_keys, after_frames, 0, 0, 0,
               "acts once so many frames have passed through the domain, or by the gate"),
    PARAM_UINT(struct scenario_fault_keys, every, 1, 1, UINT32_MAX,
               "acts only at each so-manieth of its occasions"),
    PARAM_SHARE(struct scenario_fault_keys, probability, 1000000,
                "acts at an occasion with this chance"),
    PARAM_TIME(struct scenario_fault_keys, period, 0, 0, 0,
               "a domain's occasions come so far apart, woken or not; 0 ns: each time it runs"),
    PARAM_UINT(struct scenario_fault_keys, count, 0, 0, 0, "acts so many times; 0: no limit"),
    PARAM_TIME(struct scenario_fault_keys, duration, 0, 0, 0, "acts for so long; 0 ns: to the end"),
    PARAM_END,
};

/* --- macs ---------------------------------------------------------------------------------------
 */

static const char **client_names(struct scenario_reader *r)
{
    const char **names = scenario_name_list(r, r->s->client_count);

    for (size_t i = 0; i < r->s->client_count; i++) {
        names[i] = r->s->clients[i].pd.name;
    }
    return names;
}

/* Its index among `count` names, `count` if it is none of them. NULL is nobody's name. */
static size_t find_name(const char *name, const char *const *names, size_t count)
{
    size_t i = 0;

    while (i < count && (names[i] == NULL || strcmp(name, names[i]) != 0)) {
        i++;
    }
    return i;
}

static bool behind_wire(const struct scenario *s, size_t wire, size_t client)
{
    for (size_t i = 0; i < s->clients[client].join_count; i++) {
        const struct scenario_instance *instance =
            &s->instances[s->clients[client].joins[i].instance];

        if (instance->device < s->device_count && s->devices[instance->device].wire == (int)wire) {
            return true;
        }
    }
    return false;
}

static bool taken(const struct scenario_wire *wire, const uint8_t mac[static 6])
{
    for (size_t i = 0; i < wire->mac_count; i++) {
        if (memcmp(wire->macs[i].recorded, mac, 6) == 0) {
            return true;
        }
    }
    return false;
}

/* One address and the client it stands for, in `list`. */
static void read_mac(struct scenario_reader *r, size_t index, struct json_value value,
                     const char *key, struct scenario_mac *list, json_t *out)
{
    struct scenario_wire *wire = &r->s->wires[index];
    const char **names = client_names(r), *name = json_text(value);
    struct scenario_mac *mac = &list[wire->mac_count];
    size_t client = name == NULL ? 0 : find_name(name, names, r->s->client_count);

    if (!param_read_mac(key, mac->recorded)) {
        diag_error(r->diag, json_key_place(value),
                   "no address; expected one such as "
                   "\"52:54:01:00:00:00\"");
        return;
    }
    if (taken(wire, mac->recorded)) {
        diag_error(r->diag, json_key_place(value), "this address is given twice");
    }
    if (name == NULL) {
        diag_error(r->diag, json_place(value), "expected the name of a client, found %s",
                   json_found(value));
        return;
    }
    if (client == r->s->client_count) {
        scenario_no_such(r, value, "client", name, names, client);
        return;
    }
    if (!behind_wire(r->s, index, client)) {
        diag_warn(r->diag, json_place(value), "client \"%s\" is not behind wire \"%s\"", name,
                  wire->name);
    }
    mac->client = (uint32_t)client;
    wire->mac_count++;
    json_object_set_new(out, key, json_string(name));
}

static void read_macs(struct scenario_reader *r, size_t index, struct json_value macs, json_t *out)
{
    struct scenario_wire *wire = &r->s->wires[index];
    const char *text = json_text(macs), *key;
    struct scenario_mac *list;
    json_t *ignored, *out_macs;

    if (text != NULL && strcmp(text, "spread") == 0) {
        wire->macs_spread = true;
        json_object_set_new(out, "macs", json_string(text));
        return;
    }
    if (!json_is_object(macs.json)) {
        diag_error(r->diag, json_place(macs),
                   "expected \"spread\", or an object of addresses, found %s", json_found(macs));
        return;
    }
    if (json_object_size(macs.json) > SCENARIO_ITEMS_MAX) {
        diag_error(r->diag, json_place(macs), "%zu addresses; at most %u are read",
                   json_object_size(macs.json), SCENARIO_ITEMS_MAX);
        return;
    }
    list = arena_array(r->arena, json_object_size(macs.json), sizeof *list);
    wire->macs = list;
    out_macs = json_object();
    json_object_set_new(out, "macs", out_macs);
    json_object_foreach(macs.json, key, ignored)
    {
        read_mac(r, index, json_member(macs, key), key, list, out_macs);
    }
}

void scenario_resolve_macs(struct scenario_reader *r)
{
    struct json_value section = json_member(r->top, "wires");
    json_t *out = json_object_get(r->out, "wires");

    for (size_t i = 0; i < r->s->wire_count; i++) {
        struct json_value macs = json_member(json_item(section, i), "macs");

        if (macs.json != NULL) {
            read_macs(r, i, macs, json_array_get(out, i));
        }
    }
}

/* --- captures -----------------------------------------------------------------------------------
 */

/* Every point there is: wires' in and out, then clients' rx and tx. */
static const char **capture_points(struct scenario_reader *r, size_t *count)
{
    const struct scenario *s = r->s;
    const char **points =
        arena_array(r->arena, 2 * (s->wire_count + s->client_count), sizeof *points);

    *count = 0;
    for (size_t i = 0; i < s->wire_count; i++) {
        points[(*count)++] =
            s->wires[i].name ? arena_format(r->arena, "%s.in", s->wires[i].name) : NULL;
        points[(*count)++] =
            s->wires[i].name ? arena_format(r->arena, "%s.out", s->wires[i].name) : NULL;
    }
    for (size_t i = 0; i < s->client_count; i++) {
        const char *name = s->clients[i].pd.name;

        points[(*count)++] = name != NULL ? arena_format(r->arena, "%s.rx", name) : NULL;
        points[(*count)++] = name != NULL ? arena_format(r->arena, "%s.tx", name) : NULL;
    }
    return points;
}

static bool plain_file_name(const char *file)
{
    size_t length = strlen(file);

    for (size_t i = 0; i < length; i++) {
        if (file[i] == '/' || (unsigned char)file[i] < 0x20 || file[i] == 0x7f) {
            return false;
        }
    }
    return length > 0 && length <= 200 && file[0] != '.';
}

static const char *default_file(struct arena *arena, const char *at)
{
    char *file = arena_format(arena, "%s.pcap", at);

    for (size_t i = 0; at[i] != '\0'; i++) {
        file[i] = file[i] == '.' ? '-' : file[i];
    }
    return file;
}

static void check_capture_file(struct scenario_reader *r, struct json_value item, size_t index)
{
    const char *file = r->s->captures[index].file;
    struct json_value value = json_member(item, "file");

    if (!plain_file_name(file)) {
        diag_error(r->diag, json_place(value), "\"%s\" is no plain file name", file);
        return;
    }
    for (size_t i = 0; i < index; i++) {
        if (r->s->captures[i].file != NULL && strcmp(r->s->captures[i].file, file) == 0) {
            diag_error(r->diag, json_place(value), "\"%s\" is what captures[%zu] writes already",
                       file, i);
            return;
        }
    }
}

static void read_capture(struct scenario_reader *r, struct json_value item, size_t index,
                         const char *const *points, size_t point_count, json_t *out)
{
    struct scenario_capture *capture = &r->s->captures[index];
    struct scenario_capture_keys keys = {0};
    struct param_keys known = {0};
    bool good = param_parse(scenario_capture_params, item, &keys, &known, out, &r->params);

    param_unknown(item, &known, &r->params);
    if (!good) {
        return;
    }
    size_t point = find_name(keys.at, points, point_count), wire_points = 2 * r->s->wire_count;
    if (point == point_count) {
        scenario_no_such(r, json_member(item, "at"), "place to capture at,", keys.at, points,
                         point_count);
        return;
    }
    capture->at = keys.at;
    capture->file = keys.file != NULL ? keys.file : default_file(r->arena, keys.at);
    capture->index = (uint32_t)((point < wire_points ? point : point - wire_points) / 2);
    if (point < wire_points) {
        capture->point = point % 2 == 0 ? CAPTURE_WIRE_IN : CAPTURE_WIRE_OUT;
    } else {
        capture->point = point % 2 == 0 ? CAPTURE_CLIENT_RX : CAPTURE_CLIENT_TX;
    }
    json_object_set_new(out, "file", json_string(capture->file));
    check_capture_file(r, item, index);
}

void scenario_read_captures(struct scenario_reader *r)
{
    struct json_value section, item;
    json_t *out, *out_item;
    size_t point_count;
    const char **points = capture_points(r, &point_count);

    r->s->capture_count = scenario_section(r, "captures", &section, &out);
    r->s->captures = arena_array(r->arena, r->s->capture_count, sizeof *r->s->captures);
    for (size_t i = 0; i < r->s->capture_count; i++) {
        if (scenario_object(r, section, i, out, &item, &out_item)) {
            read_capture(r, item, i, points, point_count, out_item);
        }
        r->s->captures[i].place = json_place(item);
    }
}

/* --- faults -------------------------------------------------------------------------------------
 */

/* A device has a domain as well, of its own name. */
static void check_pd(struct scenario_reader *r, struct json_value item, const char *pd)
{
    const char **names = scenario_name_list(r, r->name_count);
    size_t count = 0;

    for (size_t i = 0; i < r->name_count; i++) {
        if (r->names[i].kind == NAME_PD || r->names[i].kind == NAME_DEVICE) {
            names[count++] = r->names[i].name;
        }
    }
    if (find_name(pd, names, count) == count) {
        scenario_no_such(r, json_member(item, "pd"), "protection domain", pd, names, count);
    }
}

static void read_fault(struct scenario_reader *r, struct json_value item, size_t index, json_t *out)
{
    struct scenario_fault *fault = &r->s->faults[index];
    struct scenario_fault_keys keys = {0};
    struct param_keys known = {0};

    fault->type = scenario_type(r, item, "kind", "fault kind", r->types->faults,
                                r->types->fault_count, out, &known);
    param_parse(scenario_fault_params, item, &keys, &known, out, &r->params);
    fault->pd = keys.pd;
    fault->at_ns = keys.at;
    fault->after_entries = keys.after_entries;
    fault->after_frames = keys.after_frames;
    fault->every = keys.every;
    fault->pass_ppm = 1000000 - keys.probability;
    fault->period_ns = keys.period;
    fault->count = keys.count;
    fault->duration_ns = keys.duration;
    if (fault->type != NULL) {
        fault->state = scenario_state(r, fault->type, item, out, &known);
        param_unknown(item, &known, &r->params);
    }
    if (fault->pd != NULL) {
        check_pd(r, item, fault->pd);
    }
}

void scenario_read_faults(struct scenario_reader *r)
{
    struct json_value section, item;
    json_t *out, *out_item;

    r->s->fault_count = scenario_section(r, "faults", &section, &out);
    r->s->faults = arena_array(r->arena, r->s->fault_count, sizeof *r->s->faults);
    for (size_t i = 0; i < r->s->fault_count; i++) {
        if (scenario_object(r, section, i, out, &item, &out_item)) {
            read_fault(r, item, i, out_item);
        }
        r->s->faults[i].place = json_place(item);
    }
}

/* --- expectations -------------------------------------------------------------------------------
 */

static const struct {
    const char *text;
    int op;
} comparisons[] = {
    {"==", EXPECT_EQ}, {"!=", EXPECT_NE}, {"<=", EXPECT_LE},
    {">=", EXPECT_GE}, {"<", EXPECT_LT},  {">", EXPECT_GT},
};

/* The comparison at `text`, and how long it is. -1 if there is none. */
static int read_comparison(const char *text, size_t *length)
{
    size_t span = strspn(text, "=!<>");

    for (size_t i = 0; i < sizeof comparisons / sizeof comparisons[0]; i++) {
        *length = strlen(comparisons[i].text);
        if (*length == span && memcmp(text, comparisons[i].text, span) == 0) {
            return comparisons[i].op;
        }
    }
    return -1;
}

static bool read_integer(const char *text, int64_t *value)
{
    char *end;

    if (text[strspn(text, "+-")] < '0' || text[strspn(text, "+-")] > '9') {
        return false;
    }
    errno = 0;
    *value = strtoll(text, &end, 10);
    return errno == 0 && end[strspn(end, " ")] == '\0';
}

static void read_expect(struct scenario_reader *r, struct json_value item,
                        struct scenario_expect *expect)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-:";
    const char *text = json_text(item), *at;
    size_t length, op_length;
    int op;

    expect->place = json_place(item);
    if (text == NULL) {
        diag_error(r->diag, expect->place, "expected a string such as \"dropped == 0\", found %s",
                   json_found(item));
        return;
    }
    expect->text = arena_text(r->arena, text);
    at = text + strspn(text, " ");
    length = strspn(at, letters);
    if (length == 0) {
        diag_error(r->diag, expect->place,
                   "\"%s\" does not begin with a name; expected \"dropped == 0\" "
                   "or the like",
                   text);
        return;
    }
    expect->name = arena_format(r->arena, "%.*s", (int)length, at);
    at += length;
    at += strspn(at, " ");
    op = read_comparison(at, &op_length);
    if (op < 0) {
        diag_error(r->diag, expect->place, "\"%s\" has none of == != < <= > >= behind %s", text,
                   expect->name);
        return;
    }
    expect->op = op;
    at += op_length;
    at += strspn(at, " ");
    if (!read_integer(at, &expect->value)) {
        diag_error(r->diag, expect->place, "\"%s\" ends in no whole number", text);
    }
}

/* A list of "NAME OP INTEGER"; returns how many there are. */
static size_t read_list(struct scenario_reader *r, const char *key, struct scenario_expect **list)
{
    struct json_value section;
    json_t *out;
    size_t count = scenario_section(r, key, &section, &out);

    *list = arena_array(r->arena, count, sizeof **list);
    for (size_t i = 0; i < count; i++) {
        struct json_value item = json_item(section, i);

        read_expect(r, item, &(*list)[i]);
        json_array_append(out, item.json);
    }
    return count;
}

void scenario_read_expects(struct scenario_reader *r)
{
    r->s->expect_count = read_list(r, "expect", &r->s->expects);
}

void scenario_read_bounds(struct scenario_reader *r)
{
    r->s->bound_count = read_list(r, "compare", &r->s->bounds);
}

/* --- checks -------------------------------------------------------------------------------------
 */

void scenario_read_checks(struct scenario_reader *r)
{
    struct json_value checks = json_member(r->top, "checks");
    const char **off, *key;
    json_t *value;

    param_known(&r->known, "checks");
    if (checks.json == NULL) {
        return;
    }
    if (!json_is_object(checks.json)) {
        diag_error(r->diag, json_place(checks), "expected an object, found %s", json_found(checks));
        return;
    }
    off = arena_array(r->arena, json_object_size(checks.json), sizeof *off);
    r->s->checks_off = off;
    json_object_foreach(checks.json, key, value)
    {
        struct json_value check = json_member(checks, key);

        if (!json_is_boolean(value)) {
            diag_error(r->diag, json_place(check), "expected true or false, found %s",
                       json_found(check));
        } else if (json_is_false(value)) {
            off[r->s->checks_off_count++] = arena_text(r->arena, key);
        }
    }
    json_object_set(r->out, "checks", checks.json);
}
