/* SPDX-License-Identifier: BSD-2-Clause */
/* What a scenario may name, and building one: read it, plan it, and ask everybody who can object
 * beforehand. */
#include "sim/system.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sddf/hw/device.h>

#include "components/devices.h"
#include "sim/check/check.h"
#include "sim/class/class.h"
#include "sim/exec/exec.h"
#include "sim/exec/image.h"
#include "sim/exec/world.h"
#include "sim/fault/fault_set.h"
#include "sim/model/component.h"
#include "sim/observe/expect.h"
#include "sim/system_parts.h"
#include "sim/wire/wire.h"

#define ROW(id) extern const struct device_type device_##id;
DEVICE_TYPES(ROW)
#undef ROW

static const struct device_type *const devices[] = {
#define ROW(id) &device_##id,
    DEVICE_TYPES(ROW)
#undef ROW
};

#define DEVICES     (sizeof devices / sizeof devices[0])
#define WIRES_MAX   16
#define CLASSES_MAX 16

static struct type_view wire_views[WIRES_MAX], device_views[DEVICES];
static struct class_view class_views[CLASSES_MAX];

static void view_wires(struct scenario_types *types)
{
    const struct wire_type *const *all = wire_types(&types->wire_count);

    for (size_t i = 0; i < types->wire_count && i < WIRES_MAX; i++) {
        wire_views[i] = (struct type_view){.name = all[i]->name,
                                           .doc = all[i]->doc,
                                           .state_size = all[i]->state_size,
                                           .params = all[i]->params,
                                           .type = all[i]};
    }
    types->wires = wire_views;
}

static void view_devices(struct scenario_types *types)
{
    for (size_t i = 0; i < DEVICES; i++) {
        device_views[i] = (struct type_view){.name = devices[i]->name,
                                             .doc = devices[i]->doc,
                                             .state_size = devices[i]->state_size,
                                             .params = devices[i]->params,
                                             .type = devices[i],
                                             .driver = devices[i]->driver};
    }
    types->devices = device_views;
    types->device_count = DEVICES;
}

static void view_classes(struct scenario_types *types)
{
    const struct class_type *const *all = class_types(&types->class_count);

    for (size_t i = 0; i < types->class_count && i < CLASSES_MAX; i++) {
        class_views[i] = all[i]->view;
    }
    types->classes = class_views;
}

const struct scenario_types *system_types(void)
{
    static struct scenario_types types;

    if (types.wires == NULL) {
        view_wires(&types);
        view_devices(&types);
        view_classes(&types);
        types.faults = fault_views(&types.fault_count);
        types.images = component_views(&types.image_count);
    }
    return &types;
}

/* The first of `places` (NULL ends) that is a folder, seen from the program's own; the first of all
 * if none is. What the variable says goes before. */
static const char *find_dir(const char *variable, const char *const *places, struct arena *arena)
{
    const char *given = getenv(variable);
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);

    if (given != NULL && given[0] != '\0') {
        return arena_text(arena, given);
    }
    program[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(program, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
    for (size_t i = 0; places[i] != NULL; i++) {
        const char *dir = arena_format(arena, "%s/%s", program, places[i]);

        if (access(dir, R_OK | X_OK) == 0) {
            return dir;
        }
    }
    return arena_format(arena, "%s/%s", program, places[0]);
}

/* Installed: PREFIX/bin and PREFIX/lib/sddfsim or PREFIX/share/sddfsim; in a build folder: beside
 * the program; a test: one up. */
const char *system_image_dir(struct arena *arena)
{
    static const char *const places[] = {"images", "../lib/sddfsim/images", "../../images", NULL};

    return find_dir("SDDFSIM_IMAGES", places, arena);
}

const char *system_platform_dir(struct arena *arena)
{
    static const char *const places[] = {"platforms", "../share/sddfsim/platforms",
                                         "../../platforms", "../scenarios/platforms", NULL};

    return find_dir("SDDFSIM_PLATFORMS", places, arena);
}

const char *system_include_dir(struct arena *arena)
{
    static const char *const places[] = {"include/sddfsim", "../include/sddfsim",
                                         "../../include/sddfsim", NULL};

    return find_dir("SDDFSIM_INCLUDE", places, arena);
}

static void class_build(struct plan *p, uint32_t instance)
{
    const struct class_type *type = p->scenario->instances[instance].class_type->view.type;

    type->build(p, instance);
}

static void check_wires(const struct plan *plan, struct diag *diag)
{
    for (uint32_t i = 0; i < plan->device_count; i++) {
        const struct plan_device *d = &plan->devices[i];

        if (d->wire >= 0) {
            const struct scenario_wire *asked = &plan->scenario->wires[d->wire];
            struct wire_world world = world_clients(plan, d);

            wire_check(asked, &world, diag);
            /* Each device opens its wire for itself; what stayed open here would be inherited by
             * all. */
            wire_forget(asked);
        }
    }
}

const char *system_executor(const struct scenario *s)
{
    return s->executor != NULL ? s->executor : s->clock == CLOCK_HOST ? "process" : "fiber";
}

static void check_executor(const struct scenario *s, struct diag *diag)
{
    const char *name = system_executor(s);
    const struct exec_type *type = exec_find(name);

    if (type == NULL) {
        diag_error(diag, s->executor_place, "no executor \"%s\"; see `sddfsim list executors`",
                   name);
    } else if (s->clock == CLOCK_VIRTUAL ? !type->virtual_clock : !type->host_clock) {
        diag_error(diag, s->executor != NULL ? s->executor_place : s->clock_place,
                   "executor \"%s\" does not run on the %s clock", name,
                   s->clock == CLOCK_VIRTUAL ? "virtual" : "host");
    }
}

/* Is it asked for that somebody runs beside `pd` on another core? */
static bool asks_for_cores(const struct plan *plan, uint32_t pd)
{
    bool host = plan->scenario->clock == CLOCK_HOST;
    const struct plan_pd *one = &plan->pds[pd];

    for (uint32_t i = 0; i < plan->pd_count; i++) {
        const struct plan_pd *other = &plan->pds[i];
        bool apart = host ? other->cpu >= 0
                          : (other->cpu < 0 ? 0 : other->cpu) != (one->cpu < 0 ? 0 : one->cpu);

        if (apart && other->kind == PD_IMAGE) {
            return true;
        }
    }
    return host && plan->scenario->placement == PLACEMENT_SPREAD;
}

/* An image without barriers is right on one core only. By the host's clock all are kept there. */
static void check_cores(const struct plan *plan, struct diag *diag)
{
    for (uint32_t i = 0; i < plan->pd_count; i++) {
        if (!plan->pds[i].one_core || !asks_for_cores(plan, i)) {
            continue;
        }
        if (plan->scenario->clock == CLOCK_HOST) {
            diag_warn(diag, plan->pds[i].asked->place,
                      "%s has no barriers, so all domains share one core, whatever \"placement\" "
                      "and \"cpu\" say",
                      plan->pds[i].image_file);
        } else {
            diag_warn(diag, plan->pds[i].asked->place,
                      "%s has no barriers, and others run on another core",
                      plan->pds[i].image_file);
        }
        return;
    }
}

/* The order of memory is a matter of images that tell of each access, in one address space. */
static void check_memory(const struct plan *plan, struct diag *diag)
{
    const struct scenario *s = plan->scenario;
    uint32_t explored = 0;

    for (uint32_t i = 0; i < plan->pd_count; i++) {
        explored += plan->pds[i].explored;
    }
    if (s->memory == MEMORY_STRICT) {
        return;
    }
    if (s->clock == CLOCK_HOST) {
        diag_error(diag, s->memory_place,
                   "is for virtual time; on the host's clock memory is the host's own");
    } else if (s->executor != NULL && strcmp(s->executor, "process") == 0) {
        diag_error(diag, s->memory_place,
                   "needs executor \"fiber\" or \"thread\": in a process of its own nobody else "
                   "can see to what a domain has stored");
    } else if (explored == 0) {
        diag_warn(diag, s->memory_place,
                  "makes no difference: no image here was built with --flavour explore");
    }
}

bool system_build(struct system *s, const char *path, const char *const *sets, size_t set_count)
{
    s->diag.arena = &s->arena;
    s->image_dir = system_image_dir(&s->arena);
    s->scenario = scenario_load(path, sets, set_count, system_types(), &s->arena, &s->diag);
    if (s->scenario == NULL) {
        return false;
    }
    system_find_platform(s);
    s->plan = plan_make(s->scenario, class_build, s->image_dir, &s->arena, &s->diag);
    if (s->plan == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < s->plan->pd_count; i++) {
        if (s->plan->pds[i].kind == PD_IMAGE) {
            image_check(s->plan, i, &s->diag);
        }
    }
    check_cores(s->plan, &s->diag);
    check_memory(s->plan, &s->diag);
    check_wires(s->plan, &s->diag);
    faults_check(s->plan, &s->diag);
    s->checks = checks_start(s->plan, &s->diag);
    expect_check(s->plan, checks_names(&s->checks, &s->arena), s->checks.count, &s->diag);
    check_executor(s->scenario, &s->diag);
    return s->diag.errors == 0;
}

void system_finish(struct system *s)
{
    arena_finish(&s->arena);
    *s = (struct system){0};
}
