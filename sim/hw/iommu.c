/* SPDX-License-Identifier: BSD-2-Clause */
/* The windows of one device, searched by halves; most accesses hit the window of the one before. */
#include "sim/hw/iommu.h"

bool iommu_init(struct iommu *m, const struct plan *plan, uint32_t device)
{
    *m = (struct iommu){0};
    for (unsigned i = 0; i < IOMMU_HINTS; i++) {
        m->hint[i] = m->windows;
    }
    for (uint32_t i = 0; i < plan->window_count; i++) {
        const struct plan_window *w = &plan->windows[i];

        if (w->device != device) {
            continue;
        }
        if (m->count == IOMMU_WINDOWS_MAX) {
            return false;
        }
        /* The plan hands out IO addresses in ascending order. */
        m->windows[m->count].io_addr = w->io_addr;
        m->windows[m->count].bytes = w->bytes;
        m->windows[m->count].vaddr = (uint8_t *)(uintptr_t)w->vaddr;
        m->windows[m->count].rights = w->rights;
        m->windows[m->count].region = w->region;
        m->count++;
    }
    return true;
}

uint8_t *iommu_search(struct iommu *m, uint64_t io_addr, uint64_t bytes, enum plan_rights right,
                      uint32_t *region)
{
    uint32_t low = 0, high = m->count;

    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;

        if (m->windows[middle].io_addr <= io_addr) {
            low = middle;
        } else {
            high = middle;
        }
    }
    const struct iommu_window *w = &m->windows[low];
    uint64_t offset = io_addr - w->io_addr;

    /* Without any window, the first has no bytes. */
    if (offset >= w->bytes || bytes > w->bytes - offset || (w->rights & right) == 0) {
        return NULL;
    }
    m->hint[iommu_kind(io_addr, bytes, right)] = w;
    if (region != NULL) {
        *region = w->region;
    }
    return w->vaddr + offset;
}
