/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_RESOURCES_DEVICE_H
#define SDDF_RESOURCES_DEVICE_H
/*
 * What a driver has of its device: register blocks and DMA memory in the order its description
 * lists them, and interrupts. Section .device_resources.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sddf/resources/common.h>

#define DEVICE_MAX_REGIONS 64
#define DEVICE_MAX_IRQS    64

#define DEVICE_MAGIC_LEN 5
static const char DEVICE_MAGIC[DEVICE_MAGIC_LEN] = {'s', 'D', 'D', 'F', 0x01};

typedef struct device_region_resource {
    region_resource_t region; /* as the PD sees it; vaddr may be NULL where only the device looks */
    uintptr_t io_addr;        /* as the device sees it: another address space */
} device_region_resource_t;

typedef struct device_irq_resource {
    uint8_t id; /* channel */
} device_irq_resource_t;

typedef struct device_resources {
    char magic[DEVICE_MAGIC_LEN];
    uint8_t num_regions;
    uint8_t num_irqs;
    device_region_resource_t regions[DEVICE_MAX_REGIONS];
    device_irq_resource_t irqs[DEVICE_MAX_IRQS];
} device_resources_t;

/* Whether the structure was filled in at all, by a builder that meant this kind. */
static inline bool device_resources_check_magic(device_resources_t *resources)
{
    for (int i = 0; i < DEVICE_MAGIC_LEN; i++) {
        if (resources->magic[i] != DEVICE_MAGIC[i]) {
            return false;
        }
    }
    return true;
}
#endif
