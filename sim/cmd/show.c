/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `sddfsim show`: the plan that a scenario stands for, and nothing started. It is the same plan
 * that a run carries out: what is printed here is what gets mapped, at these addresses, and what is
 * not printed is not mapped. The faces (text, json, dot) are in files of their own; here is what
 * they have in common.
 */
#include <string.h>

#include "sim/cmd/cmd.h"
#include "sim/cmd/sets.h"
#include "sim/cmd/show_parts.h"
#include "sim/system.h"

/* ---- words ---- */

static const struct {
    const char *name;
    bool of_runtime;
} region_kinds[REGION_KINDS] = {
    [REGION_QUEUES] = {"queues", false},  [REGION_BUFFERS] = {"buffers", false},
    [REGION_RING] = {"ring", false},      [REGION_METADATA] = {"metadata", false},
    [REGION_CHANNEL] = {"channel", true}, [REGION_MMIO] = {"mmio", true},
    [REGION_STAMPS] = {"stamps", true},   [REGION_PAGE] = {"page", true},
    [REGION_CAPTURE] = {"capture", true}, [REGION_MEMORY] = {"memory", false},
};

/* One that is added needs its word above. */
_Static_assert(REGION_KINDS == REGION_MEMORY + 1, "a kind of region without a word");

const char *show_region_kind(enum plan_region_kind kind)
{
    return region_kinds[kind].name;
}

bool show_of_runtime(enum plan_region_kind kind)
{
    return region_kinds[kind].of_runtime;
}

const char *show_rights(unsigned rights)
{
    static const char *const words[] = {"-", "r", "w", "rw"};

    return words[rights & (RIGHT_READ | RIGHT_WRITE)];
}

const char *show_channel_kind(enum plan_channel_kind kind)
{
    static const char *const words[] = {
        [CHANNEL_PEER] = "peer",
        [CHANNEL_IRQ] = "irq",
        [CHANNEL_TIMER] = "timer",
        [CHANNEL_CONSOLE] = "console",
    };

    return words[kind];
}

const char *show_mac(const uint8_t mac[static 6], struct arena *arena)
{
    return arena_format(arena, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
                        mac[4], mac[5]);
}

/* ---- whose is what ---- */

static bool plays(const struct scenario_pd *roles, const struct role_view *views,
                  const struct scenario_pd *asked)
{
    for (size_t i = 0; views != NULL && views[i].name != NULL; i++) {
        if (&roles[i] == asked) {
            return true;
        }
    }
    return false;
}

static bool plays_in(const struct scenario *s, uint32_t instance, const struct scenario_pd *asked)
{
    const struct class_view *type = s->instances[instance].class_type;

    if (plays(s->instances[instance].roles, type->roles, asked)) {
        return true;
    }
    for (size_t i = 0; i < s->client_count; i++) {
        for (size_t j = 0; j < s->clients[i].join_count; j++) {
            const struct scenario_join *join = &s->clients[i].joins[j];

            if (join->instance == instance && plays(join->roles, type->client_roles, asked)) {
                return true;
            }
        }
    }
    return false;
}

const struct scenario_instance *show_instance(const struct show *show, uint32_t pd)
{
    const struct scenario *s = show->plan->scenario;
    const struct plan_pd *domain = &show->plan->pds[pd];

    for (uint32_t i = 0; i < s->instance_count; i++) {
        bool of_this = domain->kind == PD_DEVICE ? &s->devices[s->instances[i].device] ==
                                                       show->plan->devices[domain->device].asked
                                                 : plays_in(s, i, domain->asked);

        if (of_this) {
            return &s->instances[i];
        }
    }
    return NULL;
}

/* The object named so, at any depth: names of domains, devices and wires are unique among them. */
static json_t *find_named(json_t *in, const char *name)
{
    json_t *found = NULL, *value;
    const char *key;
    size_t i;

    if (json_is_object(in)) {
        const char *own = json_string_value(json_object_get(in, "name"));

        if (own != NULL && strcmp(own, name) == 0) {
            return in;
        }
        json_object_foreach(in, key, value)
        {
            found = found == NULL ? find_named(value, name) : found;
        }
    }
    json_array_foreach(in, i, value)
    {
        found = found == NULL ? find_named(value, name) : found;
    }
    return found;
}

json_t *show_asked(const struct show *show, const char *name)
{
    json_t *found = NULL, *section;
    const char *key;

    /* One down, for the scenario itself has a name as well. */
    json_object_foreach(show->asked, key, section)
    {
        found = found == NULL ? find_named(section, name) : found;
    }
    return found;
}

/* ---- packet order ---- */

struct walk {
    const struct plan *plan;
    uint32_t *order;
    uint32_t count;
    bool *placed;
};

/* Does a domain that comes later hand frames to this one? A driver's own circle begins with it. */
static bool waits(const struct walk *w, uint32_t pd)
{
    for (uint32_t q = 0; q < w->plan->queue_count; q++) {
        const struct queue_shape *queue = &w->plan->queues[q];

        if (queue->carries_frames && queue->consumer == pd && !w->placed[queue->producer]) {
            return true;
        }
    }
    return false;
}

/* This domain, and after it all whose frames now come from domains before them. */
static void place(struct walk *w, uint32_t pd)
{
    if (w->placed[pd]) {
        return;
    }
    w->placed[pd] = true;
    w->order[w->count++] = pd;
    for (uint32_t q = 0; q < w->plan->queue_count; q++) {
        const struct queue_shape *queue = &w->plan->queues[q];

        if (queue->carries_frames && queue->producer == pd && !waits(w, queue->consumer)) {
            place(w, queue->consumer);
        }
    }
}

static const uint32_t *packet_order(const struct plan *plan, struct arena *arena)
{
    struct walk w = {.plan = plan,
                     .order = arena_array(arena, plan->pd_count, sizeof(uint32_t)),
                     .placed = arena_array(arena, plan->pd_count, sizeof(bool))};

    for (uint32_t i = 0; i < plan->device_count; i++) {
        place(&w, plan->devices[i].pd);
        place(&w, plan->devices[i].driver);
    }
    for (uint32_t i = 0; i < plan->pd_count; i++) {
        place(&w, i);
    }
    return w.order;
}

/* ---- the verb ---- */

static void (*const faces[])(const struct show *show, FILE *to) = {show_text, show_json, show_dot};
static const char *const face_names[] = {"text", "json", "dot", NULL};

static int show_plan(struct cmd_args *args, struct system *system, size_t face)
{
    struct show show = {.plan = system->plan, .arena = &system->arena};
    json_error_t error;

    show.asked = json_loads(system->scenario->expanded, 0, &error);
    if (show.asked == NULL) {
        cmd_complain(args, "no memory to show the plan: %s", error.text);
        return CMD_EXIT_HOST;
    }
    show.order = packet_order(show.plan, show.arena);
    faces[face](&show, stdout);
    json_decref(show.asked);
    return CMD_EXIT_OK;
}

static int run(struct cmd_args *args)
{
    struct system system = {0};
    size_t face, set_count;
    int status = CMD_EXIT_USAGE;

    if (!cmd_choice(args, "format", face_names, 0, &face)) {
        return CMD_EXIT_USAGE;
    }
    const char *const *sets = sets_given(args, &system.arena, &set_count);
    bool good = system_build(&system, args->positional[0], sets, set_count);

    diag_print(&system.diag, stderr);
    if (good) {
        status = show_plan(args, &system, face);
    }
    system_finish(&system);
    return status;
}

static const struct cmd_option options[] = {
    {"format", 'f', "FORMAT", "text (the default), json, or dot for graphviz"},
    {"set", 0, "/POINTER=VALUE",
     "change one value of the scenario, by JSON pointer;\nmay be repeated"},
    CMD_OPTION_END,
};

const struct cmd_type cmd_show = {
    .name = "show",
    .summary = "Show the plan of a scenario: domains, memory, channels, queues",
    .usage = "SCENARIO [OPTION]...",
    .description = "What you see is what a run maps: every domain with its memory and rights, its "
                   "channels and\n"
                   "queues, what each device may reach and at which IO address. Nothing is "
                   "started. For a picture:\n"
                   "sddfsim show --format dot SCENARIO | dot -Tsvg > plan.svg",
    .options = options,
    .positional_min = 1,
    .positional_max = 1,
    .run = run,
};
