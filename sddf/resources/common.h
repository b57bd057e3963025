/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_RESOURCES_COMMON_H
#define SDDF_RESOURCES_COMMON_H
/*
 * Memory as a configuration describes it to the PD that has it mapped. Whoever builds the system
 * writes these structures into an image before it runs; a component may trust them.
 */
#include <stdint.h>

typedef struct region_resource {
    void *vaddr;   /* where the PD sees it; NULL if the region is not for this PD */
    uint64_t size; /* bytes */
} region_resource_t;
#endif
