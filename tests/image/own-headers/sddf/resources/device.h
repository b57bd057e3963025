/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OWN_RESOURCES_DEVICE_H
#define OWN_RESOURCES_DEVICE_H
/* The same where a device reaches it as well. */
#include <stdbool.h>

#include <sddf/resources/common.h>

#define DEVICE_MAX_REGIONS 64
#define DEVICE_MAX_IRQS    64

typedef struct device_region_resource {
    region_resource_t region;
    uintptr_t io_addr;
} device_region_resource_t;

typedef struct device_irq_resource {
    uint8_t id;
} device_irq_resource_t;

typedef struct device_resources {
    char magic[5];
    uint8_t num_regions, num_irqs;
    device_region_resource_t regions[DEVICE_MAX_REGIONS];
    device_irq_resource_t irqs[DEVICE_MAX_IRQS];
} device_resources_t;

static inline bool device_resources_check_magic(device_resources_t *resources)
{
    return __builtin_memcmp(resources->magic, "sDDF\x01", sizeof resources->magic) == 0;
}
#endif
