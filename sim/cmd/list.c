/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `sddfsim list`: everything a scenario or a command line may name, from the tables that define it:
 * the kinds of things, the things of one kind, and all about one thing. The kinds are rows of a
 * table here; a kind says how many things it has, how each is called, and what there is to tell of
 * it, to a person and to a program.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "components/components.h"
#include "sim/base/param.h"
#include "sim/base/suggest.h"
#include "sim/cmd/cmd.h"
#include "sim/exec/exec.h"
#include "sim/fault/fault.h"
#include "sim/hook/probe.h"
#include "sim/system.h"

#define NAMES_MAX   256u
#define NAME_COLUMN 24

struct entry {
    const char *name, *doc;
    const struct param *params; /* its scenario keys, NULL for none */
};

struct kind {
    const char *name, *one; /* "wires", "wire" */
    const char *doc;
    size_t (*count)(void);
    struct entry (*at)(size_t i);
    /* What there is beside name, doc and keys. NULL: nothing. */
    void (*tell)(size_t i, FILE *to);
    void (*pack)(size_t i, json_t *object);
};

static struct entry of_view(const struct type_view *view)
{
    return (struct entry){.name = view->name, .doc = view->doc, .params = view->params};
}

static void put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

static json_t *keys_json(const struct param *params)
{
    json_t *keys = json_object(), *properties = json_object(), *required = json_array();

    param_schema(properties, required, params);
    put(keys, "properties", properties);
    put(keys, "required", required);
    return keys;
}

/* ---- wires, devices ---- */

static size_t wire_count(void)
{
    return system_types()->wire_count;
}

static struct entry wire_at(size_t i)
{
    return of_view(&system_types()->wires[i]);
}

static size_t device_count(void)
{
    return system_types()->device_count;
}

static struct entry device_at(size_t i)
{
    return of_view(&system_types()->devices[i]);
}

/* ---- classes ---- */

static size_t class_count(void)
{
    return system_types()->class_count;
}

static struct entry class_at(size_t i)
{
    return of_view(&system_types()->classes[i].view);
}

static void tell_roles(const struct role_view *roles, FILE *to)
{
    for (; roles != NULL && roles->name != NULL; roles++) {
        fprintf(to, "    %-10s  %-20s  priority %3u  %s%s\n", roles->name, roles->image,
                roles->priority, roles->doc, roles->optional ? " (if the key is there)" : "");
    }
}

static void class_tell(size_t i, FILE *to)
{
    const struct class_view *class = &system_types()->classes[i];

    fprintf(to, "  domains of each of \"%s\"\n", class->instances_key);
    tell_roles(class->roles, to);
    fprintf(to, "  keys of a client that names one by \"%s\"\n", class->client_key);
    param_document(to, class->client_params);
    if (class->client_roles != NULL && class->client_roles[0].name != NULL) {
        fprintf(to, "  domains of such a client\n");
        tell_roles(class->client_roles, to);
    }
}

static json_t *roles_json(const struct role_view *roles)
{
    json_t *all = json_array();

    for (; roles != NULL && roles->name != NULL; roles++) {
        json_t *object = json_object();

        put(object, "name", json_string(roles->name));
        put(object, "doc", json_string(roles->doc));
        put(object, "image", json_string(roles->image));
        put(object, "priority", json_integer(roles->priority));
        put(object, "budget_ns", json_integer((json_int_t)roles->budget_ns));
        put(object, "period_ns", json_integer((json_int_t)roles->period_ns));
        put(object, "optional", json_boolean(roles->optional));
        json_array_append_new(all, object);
    }
    return all;
}

static void class_pack(size_t i, json_t *object)
{
    const struct class_view *class = &system_types()->classes[i];

    put(object, "instances_key", json_string(class->instances_key));
    put(object, "client_key", json_string(class->client_key));
    put(object, "roles", roles_json(class->roles));
    put(object, "client_keys", keys_json(class->client_params));
    put(object, "client_roles", roles_json(class->client_roles));
}

/* ---- images ---- */

struct image_config {
    const char *name;
    size_t bytes;
};

/* clang-format off */
#define PARAMS(section, type, variable, table) {section, sizeof(type)},
#define NO_PARAMS
#define OTHER(section, type, variable) {section, sizeof(type)},
#define NO_OTHERS
#define ROW(id, name, doc, section, type, variable, params, others)                                \
    static const struct image_config sections_##id[] = {{section, sizeof(type)}, params others {NULL, 0}};
COMPONENT_ROWS(ROW)
#undef ROW
#define ROW(id, name, doc, section, type, variable, params, others) sections_##id,
static const struct image_config *const sections[] = {COMPONENT_ROWS(ROW)};
#undef ROW
/* clang-format on */

static size_t image_count(void)
{
    return system_types()->image_count;
}

static struct entry image_at(size_t i)
{
    return of_view(&system_types()->images[i]);
}

static void image_tell(size_t i, FILE *to)
{
    fprintf(to, "  configuration sections\n");
    for (const struct image_config *s = sections[i]; s->name != NULL; s++) {
        fprintf(to, "    %-24s  %zu bytes\n", s->name, s->bytes);
    }
}

static void image_pack(size_t i, json_t *object)
{
    json_t *all = json_object();

    for (const struct image_config *s = sections[i]; s->name != NULL; s++) {
        put(all, s->name, json_integer((json_int_t)s->bytes));
    }
    put(object, "sections", all);
}

/* ---- executors ---- */

static size_t executor_count(void)
{
    size_t count;

    exec_types(&count);
    return count;
}

static const struct exec_type *executor(size_t i)
{
    size_t count;

    return exec_types(&count)[i];
}

static struct entry executor_at(size_t i)
{
    return (struct entry){.name = executor(i)->name, .doc = executor(i)->doc};
}

static void executor_tell(size_t i, FILE *to)
{
    const struct exec_type *type = executor(i);

    fprintf(to, "  clocks: %s%s%s\n", type->host_clock ? "host" : "",
            type->host_clock && type->virtual_clock ? ", " : "",
            type->virtual_clock ? "virtual" : "");
    fprintf(to, "  isolates domains by MMU: %s\n", type->isolates ? "yes" : "no");
}

static void executor_pack(size_t i, json_t *object)
{
    put(object, "host_clock", json_boolean(executor(i)->host_clock));
    put(object, "virtual_clock", json_boolean(executor(i)->virtual_clock));
    put(object, "isolates", json_boolean(executor(i)->isolates));
}

/* ---- faults ---- */

static size_t fault_count(void)
{
    return system_types()->fault_count;
}

static struct entry fault_at(size_t i)
{
    return of_view(&system_types()->faults[i]);
}

static const struct fault_type *fault(size_t i)
{
    size_t count;

    return fault_types(&count)[i];
}

static void fault_tell(size_t i, FILE *to)
{
    fprintf(to, "  must name the domain it compromises, as \"pd\": %s\n",
            fault(i)->needs_pd ? "yes" : "no");
    fprintf(to, "  when it acts: the keys every fault has, see `sddfsim list keys`\n");
}

static void fault_pack(size_t i, json_t *object)
{
    put(object, "needs_pd", json_boolean(fault(i)->needs_pd));
}

/* ---- checks ---- */

static size_t check_count(void)
{
    size_t count;

    check_types(&count);
    return count;
}

static const struct check_type *check(size_t i)
{
    size_t count;

    return check_types(&count)[i];
}

static struct entry check_at(size_t i)
{
    return (struct entry){.name = check(i)->name, .doc = check(i)->doc};
}

static void check_tell(size_t i, FILE *to)
{
    fprintf(to, "  on the host clock: %s\n",
            check(i)->host_time == NULL ? "exact" : check(i)->host_time);
    if (check(i)->isolation) {
        fprintf(to, "  judges isolation: says nothing where a domain ran unconfined\n");
    }
}

static void check_pack(size_t i, json_t *object)
{
    put(object, "host_time",
        json_string(check(i)->host_time == NULL ? "exact" : check(i)->host_time));
    put(object, "isolation", json_boolean(check(i)->isolation));
}

/* ---- verbs ---- */

static size_t verb_count(void)
{
    size_t count = 0;

    while (cmd_at(count) != NULL) {
        count++;
    }
    return count;
}

static struct entry verb_at(size_t i)
{
    return (struct entry){.name = cmd_at(i)->name, .doc = cmd_at(i)->summary};
}

static void verb_tell(size_t i, FILE *to)
{
    fputc('\n', to);
    cmd_print_help(cmd_at(i), to);
}

static void verb_pack(size_t i, json_t *object)
{
    json_t *options = json_object();

    for (const struct cmd_option *o = cmd_at(i)->options; o != NULL && o->name != NULL; o++) {
        put(options, o->name, json_string(o->doc));
    }
    put(object, "usage", json_string(cmd_at(i)->usage));
    put(object, "options", options);
}

/* ---- expectations ---- */

/* Patterns of what expect.h knows; a test holds each against it. */
static const struct entry expectations[] = {
    {.name = "in", .doc = "frames that entered from all wires"},
    {.name = "sent", .doc = "frames that clients submitted"},
    {.name = "copied", .doc = "copies made beyond the first, of frames for several clients"},
    {.name = "delivered", .doc = "frames that clients took"},
    {.name = "out", .doc = "frames that wires took"},
    {.name = "dropped", .doc = "frames dropped, anywhere and for any reason"},
    {.name = "in_flight", .doc = "frames found in queues, rings and hands at the end"},
    {.name = "findings", .doc = "what all checks found"},
    {.name = "acted", .doc = "how often all faults acted"},
    {.name = "delivered.CLIENT", .doc = "frames this client took"},
    {.name = "dropped.PD", .doc = "frames dropped in this domain"},
    {.name = "dropped.PD.REASON", .doc = "the same for one reason"},
    {.name = "findings.CHECK", .doc = "what this check found"},
    {.name = "acted.N", .doc = "how often faults[N] of the scenario acted"},
    {.name = "CLIENT.rx_frames", .doc = "frames this client took"},
    {.name = "CLIENT.tx_frames", .doc = "frames this client submitted"},
    {.name = "PD.entries", .doc = "how often this domain ran"},
    {.name = "PD.notified", .doc = "notifications it was given"},
    {.name = "PD.signals_sent", .doc = "notifications it sent"},
    {.name = "PD.faults", .doc = "faults it took: what it died of"},
    {.name = "latency.CLIENT.p50_ns", .doc = "median time from the wire to this client"},
    {.name = "latency.CLIENT.p99_ns", .doc = "the same, 99 of 100 were faster"},
    {.name = "latency.CLIENT.p999_ns", .doc = "the same, 999 of 1000 were faster"},
    {.name = "latency.CLIENT.max_ns", .doc = "the same, the slowest"},
};

static size_t expectation_count(void)
{
    return sizeof expectations / sizeof expectations[0];
}

static struct entry expectation_at(size_t i)
{
    return expectations[i];
}

static bool names_reason(size_t i)
{
    return strstr(expectations[i].name, "REASON") != NULL;
}

static void expectation_tell(size_t i, FILE *to)
{
    fprintf(to, "  in a scenario: \"expect\": [\"%s OP INTEGER\"], OP one of == != < <= > >=\n",
            expectations[i].name);
    for (unsigned reason = DROP_NONE + 1; names_reason(i) && reason < DROP_COUNT; reason++) {
        fprintf(to, "%s%s\n", reason == DROP_NONE + 1 ? "  reasons\n    " : "    ",
                drop_reason_name(reason));
    }
}

static void expectation_pack(size_t i, json_t *object)
{
    json_t *reasons = json_array();

    for (unsigned reason = DROP_NONE + 1; names_reason(i) && reason < DROP_COUNT; reason++) {
        json_array_append_new(reasons, json_string(drop_reason_name(reason)));
    }
    put(object, "reasons", reasons);
}

/* ---- the kinds ---- */

static const struct kind kinds[] = {
    {"wires", "wire", "where frames come from and go to", wire_count, wire_at, NULL, NULL},
    {"devices", "device", "models of devices", device_count, device_at, NULL, NULL},
    {"classes", "class", "how devices of a class are shared among clients", class_count, class_at,
     class_tell, class_pack},
    {"images", "image", "programs for domains that come with sddfsim", image_count, image_at,
     image_tell, image_pack},
    {"executors", "executor", "what runs the domains", executor_count, executor_at, executor_tell,
     executor_pack},
    {"faults", "fault", "what can be made to go wrong", fault_count, fault_at, fault_tell,
     fault_pack},
    {"checks", "check", "what every run is judged by", check_count, check_at, check_tell,
     check_pack},
    {"expectations", "expectation", "what a scenario may expect of its run", expectation_count,
     expectation_at, expectation_tell, expectation_pack},
    {"verbs", "verb", "what sddfsim can do", verb_count, verb_at, verb_tell, verb_pack},
};

#define KINDS (sizeof kinds / sizeof kinds[0])
/* The keys that belong to no type; not a kind, for they have no names but their sections'. */
#define KEYS_NAME "keys"
#define KEYS_DOC  "what a scenario consists of, beside its types' own keys"

/* Complain of a word that is none of those. Returns the exit status. */
static int no_such(const struct cmd_args *args, const char *what, const char *word,
                   const char *const *names, size_t count, const char *list)
{
    const char *near = suggest(word, names, count);

    if (near != NULL) {
        return cmd_complain(args, "no %s '%s': did you mean '%s'?", what, word, near);
    }
    return cmd_complain(args, "no %s '%s'; 'sddfsim list%s%s' prints them all", what, word,
                        list[0] == '\0' ? "" : " ", list);
}

static void print_json(json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2));
    fputc('\n', stdout);
    json_decref(value);
}

static json_t *named_json(const char *name, const char *doc)
{
    json_t *object = json_object();

    put(object, "name", json_string(name));
    put(object, "doc", json_string(doc == NULL ? "" : doc));
    return object;
}

static void print_line(const char *name, const char *doc, int width)
{
    printf("%-*s  %s\n", width, name, doc == NULL ? "" : doc);
}

static json_t *entry_json(const struct kind *kind, size_t i)
{
    struct entry entry = kind->at(i);
    json_t *object = named_json(entry.name, entry.doc);

    if (entry.params != NULL) {
        put(object, "keys", keys_json(entry.params));
    }
    if (kind->pack != NULL) {
        kind->pack(i, object);
    }
    return object;
}

static int list_kinds(const struct cmd_args *args)
{
    json_t *all = json_array();

    for (size_t i = 0; i < KINDS; i++) {
        json_array_append_new(all, named_json(kinds[i].name, kinds[i].doc));
        if (!cmd_has(args, "json")) {
            print_line(kinds[i].name, kinds[i].doc, NAME_COLUMN / 2);
        }
    }
    json_array_append_new(all, named_json(KEYS_NAME, KEYS_DOC));
    if (cmd_has(args, "json")) {
        print_json(all);
    } else {
        print_line(KEYS_NAME, KEYS_DOC, NAME_COLUMN / 2);
        json_decref(all);
    }
    return CMD_EXIT_OK;
}

static int list_entries(const struct cmd_args *args, const struct kind *kind)
{
    json_t *all = json_array();
    int width = 0;

    for (size_t i = 0; i < kind->count(); i++) {
        int length = (int)strlen(kind->at(i).name);

        width = length > width ? length : width;
    }
    for (size_t i = 0; i < kind->count(); i++) {
        if (cmd_has(args, "json")) {
            json_array_append_new(all, entry_json(kind, i));
        } else {
            print_line(kind->at(i).name, kind->at(i).doc, width);
        }
    }
    if (cmd_has(args, "json")) {
        print_json(all);
    } else {
        json_decref(all);
    }
    return CMD_EXIT_OK;
}

static void tell_entry(const struct kind *kind, size_t i)
{
    struct entry entry = kind->at(i);

    printf("%s: %s\n", entry.name, entry.doc == NULL ? "" : entry.doc);
    if (entry.params != NULL && entry.params->name != NULL) {
        printf("  keys of its own\n");
        param_document(stdout, entry.params);
    }
    if (kind->tell != NULL) {
        kind->tell(i, stdout);
    }
}

static int list_entry(const struct cmd_args *args, const struct kind *kind, const char *name)
{
    const char *names[NAMES_MAX];
    size_t count = kind->count();

    for (size_t i = 0; i < count; i++) {
        if (strcmp(kind->at(i).name, name) == 0) {
            if (cmd_has(args, "json")) {
                print_json(entry_json(kind, i));
            } else {
                tell_entry(kind, i);
            }
            return CMD_EXIT_OK;
        }
        if (i < NAMES_MAX) {
            names[i] = kind->at(i).name;
        }
    }
    return no_such(args, kind->one, name, names, count < NAMES_MAX ? count : NAMES_MAX, kind->name);
}

/* All sections as text; for a program, as the schema has them. */
static int list_keys(const struct cmd_args *args)
{
    char *text = NULL;
    size_t bytes;
    FILE *memory;

    if (!cmd_has(args, "json")) {
        scenario_document(stdout);
        return CMD_EXIT_OK;
    }
    memory = open_memstream(&text, &bytes);
    if (memory == NULL) {
        cmd_complain(args, "no memory for the schema");
        return CMD_EXIT_HOST;
    }
    scenario_schema(memory, system_types());
    fclose(memory);
    json_t *schema = json_loads(text, 0, NULL);
    free(text);
    print_json(json_incref(json_object_get(schema, "properties")));
    json_decref(schema);
    return CMD_EXIT_OK;
}

static int run(struct cmd_args *args)
{
    const char *names[KINDS + 1];
    const char *word = args->positional_count > 0 ? args->positional[0] : NULL;

    if (word == NULL) {
        return list_kinds(args);
    }
    if (strcmp(word, KEYS_NAME) == 0 && args->positional_count == 1) {
        return list_keys(args);
    }
    for (size_t i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i].name, word) == 0) {
            return args->positional_count == 1 ? list_entries(args, &kinds[i])
                                               : list_entry(args, &kinds[i], args->positional[1]);
        }
        names[i] = kinds[i].name;
    }
    names[KINDS] = KEYS_NAME;
    return no_such(args, "kind of things", word, names, KINDS + 1, "");
}

static void more_help(FILE *to)
{
    fputs("\nKinds:\n", to);
    for (size_t i = 0; i < KINDS; i++) {
        fprintf(to, "  %-*s%s\n", NAME_COLUMN, kinds[i].name, kinds[i].doc);
    }
    fprintf(to, "  %-*s%s\n", NAME_COLUMN, KEYS_NAME, KEYS_DOC);
}

static const struct cmd_option options[] = {
    {"json", 0, NULL, "print all there is to tell as JSON"},
    CMD_OPTION_END,
};

const struct cmd_type cmd_list = {
    .name = "list",
    .summary = "List what a scenario may name, with keys, defaults and ranges",
    .usage = "[KIND [NAME]] [OPTION]...",
    .description = "Without KIND, the kinds of things there are; with it, the things of that kind; "
                   "with NAME, all\n"
                   "about one of them.",
    .options = options,
    .positional_max = 2,
    .run = run,
    .more_help = more_help,
};
