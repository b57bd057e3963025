/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_MODEL_COMPONENT_H
#define SIM_MODEL_COMPONENT_H
/*
 * The images that come with the product, as components/components.h lists them: what a scenario
 * calls them, and which configuration each carries. An image given by path has no entry here; it is
 * judged by its own sections alone.
 */
#include <stddef.h>

#include <sddf/hw/param.h>

#include "sim/model/scenario.h"

#define COMPONENT_OTHERS_MAX 3

struct component {
    const char *name, *doc;
    const char *config_section; /* the class's own configuration, e.g. ".net_copy_config" */
    size_t config_size;
    const char *param_section; /* where "params" of a scenario go; NULL for none */
    size_t param_size;
    const struct param *params;
    const char *others[COMPONENT_OTHERS_MAX + 1]; /* further sections to be filled; NULL ends */
};

const struct component *component_list(size_t *count);
const struct component *component_find(const char *name); /* NULL: not one of ours */
/* The same list as a scenario wants it; one static array. */
const struct type_view *component_views(size_t *count);
#endif
