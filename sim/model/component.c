/* SPDX-License-Identifier: BSD-2-Clause */
/* The images' row list, as a table. */
#include "sim/model/component.h"

#include <string.h>

#include "components/components.h"

#define PARAMS(section, type, variable, table) section, sizeof(type), table
#define NO_PARAMS                              NULL, 0, NULL
#define OTHER(section, type, variable)         section,
#define NO_OTHERS
#define ROW(id, name, doc, section, type, variable, params, others) \
    {name, doc, section, sizeof(type), params, {others NULL}},

static const struct component components[] = {COMPONENT_ROWS(ROW)};

#undef ROW

#define COMPONENTS (sizeof components / sizeof components[0])

const struct component *component_list(size_t *count)
{
    *count = COMPONENTS;
    return components;
}

const struct component *component_find(const char *name)
{
    for (size_t i = 0; i < COMPONENTS; i++) {
        if (strcmp(components[i].name, name) == 0) {
            return &components[i];
        }
    }
    return NULL;
}

const struct type_view *component_views(size_t *count)
{
    static struct type_view views[COMPONENTS];

    for (size_t i = 0; i < COMPONENTS; i++) {
        views[i] = (struct type_view){.name = components[i].name,
                                      .doc = components[i].doc,
                                      .state_size = components[i].param_size,
                                      .params = components[i].params,
                                      .type = &components[i]};
    }
    *count = COMPONENTS;
    return views;
}
