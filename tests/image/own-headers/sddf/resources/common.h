/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OWN_RESOURCES_COMMON_H
#define OWN_RESOURCES_COMMON_H
/* Memory that a component is given. */
#include <stdint.h>

typedef struct region_resource {
    void *vaddr;
    uint64_t size;
} region_resource_t;
#endif
