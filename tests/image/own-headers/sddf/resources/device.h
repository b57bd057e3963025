/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OWN_RESOURCES_DEVICE_H
#define OWN_RESOURCES_DEVICE_H
/* The same where a device reaches it as well. */
#include <sddf/resources/common.h>

typedef struct device_region_resource {
    region_resource_t region;
    uintptr_t io_addr;
} device_region_resource_t;
#endif
