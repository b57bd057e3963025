/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_HW_IOMMU_H
#define SIM_HW_IOMMU_H
/*
 * Every DMA of a device passes here: an access lies wholly within one of the device's windows and
 * its rights, or it is refused. What is returned is an address in the device's own domain, where
 * nothing else is mapped anyway; this is the check that says so before the MMU has to.
 */
#include <stdbool.h>
#include <stdint.h>

#include "sim/model/plan.h"

#define IOMMU_WINDOWS_MAX 256u

struct iommu {
    struct {
        uint64_t io_addr, bytes;
        uint8_t *vaddr;
        unsigned rights;
        uint32_t region;
    } windows[IOMMU_WINDOWS_MAX]; /* ascending */
    uint32_t count;
    uint32_t
        hint[4]; /* the window last hit, by direction and by whether it was a descriptor or data */
};

/* False if the device has more windows than fit. */
bool iommu_init(struct iommu *m, const struct plan *plan, uint32_t device);
/* Where `bytes` at `io_addr` lie, NULL if the device may not do that. `region`: the plan region,
 * may be NULL. */
uint8_t *iommu_translate(struct iommu *m, uint64_t io_addr, uint64_t bytes, enum plan_rights right,
                         uint32_t *region);
#endif
