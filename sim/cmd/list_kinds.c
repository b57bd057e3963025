/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What there is to list, from the tables that define it: a row of `kinds` for each kind of thing,
 * and above it the few functions that look into that kind's table.
 */
#include <string.h>

#include <sddf/hw/device.h>

#include "components/components.h"
#include "sim/base/param.h"
#include "sim/check/check.h"
#include "sim/cmd/cmd.h"
#include "sim/cmd/list_parts.h"
#include "sim/exec/exec.h"
#include "sim/fault/fault.h"
#include "sim/hook/probe.h"
#include "sim/system.h"

static struct list_entry of_view(const struct type_view *view)
{
    return (struct list_entry){.name = view->name, .doc = view->doc, .params = view->params};
}

static void put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

json_t *list_keys_json(const struct param *params)
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

static struct list_entry wire_at(size_t i)
{
    return of_view(&system_types()->wires[i]);
}

static size_t device_count(void)
{
    return system_types()->device_count;
}

static struct list_entry device_at(size_t i)
{
    return of_view(&system_types()->devices[i]);
}

static const struct device_type *model(size_t i)
{
    return system_types()->devices[i].type;
}

static void tell_windows(const struct device_window *w, FILE *to)
{
    for (; w != NULL && w->name != NULL; w++) {
        fprintf(to, "  registers of its %s", w->name);
        if (w->vaddr == 0) {
            fprintf(to, " in a region that its driver is told of\n");
        } else {
            fprintf(to, " at 0x%llx, where drivers expect them\n", (unsigned long long)w->vaddr);
        }
    }
}

static void device_tell(size_t i, FILE *to)
{
    const struct device_rule *rule = model(i)->rules;

    if (model(i)->driver != NULL) {
        fprintf(to, "  driven by %s unless the scenario names another\n", model(i)->driver);
    }
    tell_windows(model(i)->windows, to);
    if (rule != NULL) {
        fprintf(to, "  reports, with the access; (s): if \"strict\", as real parts forgive it\n");
    }
    for (; rule != NULL && rule->text != NULL; rule++) {
        fprintf(to, "    %s  %s\n", rule->forgiven ? "(s)" : "   ", rule->text);
    }
}

static void device_pack(size_t i, json_t *object)
{
    const struct device_rule *rule = model(i)->rules;
    json_t *rules = json_array();

    for (; rule != NULL && rule->text != NULL; rule++) {
        json_t *one = json_object();

        put(one, "text", json_string(rule->text));
        put(one, "forgiven", json_boolean(rule->forgiven));
        json_array_append_new(rules, one);
    }
    put(object, "driver", model(i)->driver == NULL ? json_null() : json_string(model(i)->driver));
    put(object, "rules", rules);
}

/* ---- classes ---- */

static size_t class_count(void)
{
    return system_types()->class_count;
}

static struct list_entry class_at(size_t i)
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
    put(object, "client_keys", list_keys_json(class->client_params));
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
    static const struct image_config sections_##id[] = {{section, sizeof(type)},                   \
                                                        params others {NULL, 0}};
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

static struct list_entry image_at(size_t i)
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

static struct list_entry executor_at(size_t i)
{
    return (struct list_entry){.name = executor(i)->name, .doc = executor(i)->doc};
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

/* ---- platforms ---- */

struct listed_platform {
    const char *name, *doc;
    const struct platform *platform; /* NULL: it cannot be read, as `diag` says */
    struct diag diag;
};

struct listed_platforms {
    struct arena arena;
    const char *dir;
    struct listed_platform *all;
    size_t count;
};

static void read_platform(struct listed_platform *p, const char *dir, struct arena *arena)
{
    p->diag.arena = arena;
    p->platform =
        platform_read_file(arena_format(arena, "%s/%s.json", dir, p->name), dir, arena, &p->diag);
    p->doc = p->platform != NULL
                 ? p->platform->story
                 : arena_format(arena, "cannot be used; see `sddfsim list platforms %s`", p->name);
}

/* Those that come with the program: read when first asked for, and kept. */
static const struct listed_platforms *platforms(void)
{
    static struct listed_platforms kept;
    const char *dir = system_platform_dir(&kept.arena);

    if (kept.dir == NULL || strcmp(kept.dir, dir) != 0) {
        const char *const *names = platform_names(dir, &kept.arena, &kept.count);

        kept.dir = dir;
        kept.all = arena_array(&kept.arena, kept.count, sizeof *kept.all);
        for (size_t i = 0; i < kept.count; i++) {
            kept.all[i].name = names[i];
            read_platform(&kept.all[i], dir, &kept.arena);
        }
    }
    return &kept;
}

static size_t platform_count(void)
{
    return platforms()->count;
}

static struct list_entry platform_at(size_t i)
{
    return (struct list_entry){.name = platforms()->all[i].name, .doc = platforms()->all[i].doc};
}

static void platform_tell(size_t i, FILE *to)
{
    const struct listed_platform *p = &platforms()->all[i];

    if (p->platform == NULL) {
        diag_print(&p->diag, to);
        return;
    }
    fprintf(to, "  %s, in full; `sddfsim list keys` says what is what\n%s\n", p->platform->file,
            p->platform->json);
}

static void platform_pack(size_t i, json_t *object)
{
    const struct listed_platform *p = &platforms()->all[i];

    put(object, "table",
        p->platform == NULL ? json_null() : json_loads(p->platform->json, 0, NULL));
}

/* ---- faults ---- */

static size_t fault_count(void)
{
    return system_types()->fault_count;
}

static struct list_entry fault_at(size_t i)
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

static struct list_entry check_at(size_t i)
{
    return (struct list_entry){.name = check(i)->name, .doc = check(i)->doc};
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

static struct list_entry verb_at(size_t i)
{
    return (struct list_entry){.name = cmd_at(i)->name, .doc = cmd_at(i)->summary};
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
static const struct list_entry expectations[] = {
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
    {.name = "PD.cycles", .doc = "what this domain cost the processor, in virtual time"},
    {.name = "cpu.utilisation_ppm", .doc = "how busy the processor was, in millionths"},
    {.name = "cpu.cycles_per_packet", .doc = "processor cycles for a frame from a wire"},
    {.name = "QUEUE.max_length", .doc = "the most entries this queue ever held"},
    {.name = "DEVICE.offered_bps", .doc = "UDP payload its wire offered, in bits a second"},
    {.name = "DEVICE.achieved_bps", .doc = "UDP payload that came back, in bits a second"},
    {.name = "DEVICE.echo_sent", .doc = "measured frames its wire sent and expects back"},
    {.name = "DEVICE.echo_returned", .doc = "those that came back"},
    {.name = "DEVICE.echo_corrupt", .doc = "those that came back altered"},
    {.name = "DEVICE.echo_duplicate", .doc = "those that came back once more"},
    {.name = "DEVICE.rtt_min_ns", .doc = "round trips as its wire saw them: the fastest"},
    {.name = "DEVICE.rtt_mean_ns", .doc = "the same, on average"},
    {.name = "DEVICE.rtt_p50_ns", .doc = "the same, half were faster"},
    {.name = "DEVICE.rtt_p99_ns", .doc = "the same, 99 of 100 were faster"},
    {.name = "DEVICE.rtt_p999_ns", .doc = "the same, 999 of 1000 were faster"},
    {.name = "DEVICE.rtt_max_ns", .doc = "the same, the slowest"},
    {.name = "latency.CLIENT.p50_ns", .doc = "median time from the wire to this client"},
    {.name = "latency.CLIENT.p99_ns", .doc = "the same, 99 of 100 were faster"},
    {.name = "latency.CLIENT.p999_ns", .doc = "the same, 999 of 1000 were faster"},
    {.name = "latency.CLIENT.max_ns", .doc = "the same, the slowest"},
};

static size_t expectation_count(void)
{
    return sizeof expectations / sizeof expectations[0];
}

static struct list_entry expectation_at(size_t i)
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

static const struct list_kind kinds[] = {
    {"wires", "wire", "where frames come from and go to", wire_count, wire_at, NULL, NULL},
    {"devices", "device", "models of devices", device_count, device_at, device_tell, device_pack},
    {"classes", "class", "how devices of a class are shared among clients", class_count, class_at,
     class_tell, class_pack},
    {"images", "image", "programs for domains that come with sddfsim", image_count, image_at,
     image_tell, image_pack},
    {"executors", "executor", "what runs the domains", executor_count, executor_at, executor_tell,
     executor_pack},
    {"platforms", "platform", "machines whose costs virtual time has", platform_count, platform_at,
     platform_tell, platform_pack},
    {"faults", "fault", "what can be made to go wrong", fault_count, fault_at, fault_tell,
     fault_pack},
    {"checks", "check", "what every run is judged by", check_count, check_at, check_tell,
     check_pack},
    {"expectations", "expectation", "what a scenario may expect of its run", expectation_count,
     expectation_at, expectation_tell, expectation_pack},
    {"verbs", "verb", "what sddfsim can do", verb_count, verb_at, verb_tell, verb_pack},
};

const struct list_kind *list_kind_at(size_t i)
{
    return i < sizeof kinds / sizeof kinds[0] ? &kinds[i] : NULL;
}
