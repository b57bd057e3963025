/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CMD_SHOW_PARTS_H
#define SIM_CMD_SHOW_PARTS_H
/*
 * What the three faces of `sddfsim show` share: a plan, the order in which a packet meets its
 * domains, the words for what is in it, and the scenario it was made from with every default
 * written out.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "sim/base/arena.h"
#include "sim/model/plan.h"

struct show {
    const struct plan *plan;
    struct arena *arena;
    const uint32_t *order; /* every domain of the plan once, as a packet meets them */
    json_t *asked;         /* the scenario's expanded text */
};

const char *show_region_kind(enum plan_region_kind kind);
bool show_of_runtime(enum plan_region_kind kind); /* no part of what an image is told of */
const char *show_rights(unsigned rights);         /* "r", "w", "rw" */
const char *show_channel_kind(enum plan_channel_kind kind);
const char *show_mac(const uint8_t mac[static 6], struct arena *arena);

/* The class instance that a domain plays a role of, or a device is driven for. NULL: none. */
const struct scenario_instance *show_instance(const struct show *show, uint32_t pd);
/* The object of the scenario that asks for the domain, device or wire of that name. NULL: none. */
json_t *show_asked(const struct show *show, const char *name);

void show_text(const struct show *show, FILE *to);
void show_json(const struct show *show, FILE *to);
void show_dot(const struct show *show, FILE *to);
#endif
