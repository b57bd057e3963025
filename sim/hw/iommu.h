/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_HW_IOMMU_H
#define SIM_HW_IOMMU_H
/*
 * Every DMA of a device passes here: an access lies wholly within one of the device's windows and
 * its rights, or it is refused. What is returned is an address in the device's own domain, where
 * nothing else is mapped anyway; this is the check that says so before the MMU has to.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/model/plan.h"

#define IOMMU_WINDOWS_MAX 256u
#define IOMMU_HINTS       32u

struct iommu_window {
    uint64_t io_addr, bytes;
    uint8_t *vaddr;
    unsigned rights;
    uint32_t region;
};

struct iommu {
    struct iommu_window windows[IOMMU_WINDOWS_MAX]; /* ascending */
    uint32_t count;
    const struct iommu_window *hint[IOMMU_HINTS]; /* the window last hit by the like of an access */
};

/* Accesses are alike by direction, by whether it is a descriptor or data, and by the page: a device
 * goes to and fro between its rings, and their buffers. */
static inline unsigned iommu_kind(uint64_t io_addr, uint64_t bytes, enum plan_rights right)
{
    return (right == RIGHT_WRITE) * 16 + (bytes <= 16) * 8 + (unsigned)(io_addr >> 12) % 8;
}

/* False if the device has more windows than fit. */
bool iommu_init(struct iommu *m, const struct plan *plan, uint32_t device);
/* As iommu_translate, wherever it is. */
uint8_t *iommu_search(struct iommu *m, uint64_t io_addr, uint64_t bytes, enum plan_rights right,
                      uint32_t *region);

/* Where `bytes` at `io_addr` lie, NULL if the device may not do that. `region`: the plan region,
 * may be NULL. */
static inline uint8_t *iommu_translate(struct iommu *m, uint64_t io_addr, uint64_t bytes,
                                       enum plan_rights right, uint32_t *region)
{
    const struct iommu_window *w = m->hint[iommu_kind(io_addr, bytes, right)];
    uint64_t offset = io_addr - w->io_addr;

    if (offset >= w->bytes || bytes > w->bytes - offset || (w->rights & right) == 0) {
        return iommu_search(m, io_addr, bytes, right, region);
    }
    if (region != NULL) {
        *region = w->region;
    }
    return w->vaddr + offset;
}
#endif
