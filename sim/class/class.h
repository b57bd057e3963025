/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CLASS_CLASS_H
#define SIM_CLASS_CLASS_H
/*
 * A device class: how its instances and clients are spelled in a scenario, and how one instance is
 * wired: which domains, regions, rights, channels, queues and configuration. A class knows its own
 * queue and configuration headers; nobody else does.
 */
#include "sim/model/plan.h"
#include "sim/model/scenario.h"

struct class_type {
    struct class_view view; /* view.view.type points back here */
    /* Wire up one instance and all clients that join it. Complaints to p->diag. */
    void (*build)(struct plan *p, uint32_t instance);
};

#include "sim/class/class_types.h"
#define ROW(id) extern const struct class_type class_##id;
CLASS_TYPES(ROW)
#undef ROW

const struct class_type *const *class_types(size_t *count);

/*
 * For every class: give a device its driver. Adds the device's domain, registers, ring memory with
 * its DMA windows, MMIO path and interrupt channels, and writes the driver's device_resources.
 * Returns the plan device.
 */
uint32_t class_attach_device(struct plan *p, uint32_t scenario_device, uint32_t driver_pd);
#endif
