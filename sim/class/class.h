/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CLASS_CLASS_H
#define SIM_CLASS_CLASS_H
/*
 * A device class: how its instances and clients are spelled in a scenario, and how one instance is
 * wired: which domains, regions, rights, channels, queues and configuration. A class knows its own
 * queue and configuration headers; nobody else does.
 */
#include "sim/hook/probe.h"
#include "sim/model/plan.h"
#include "sim/model/scenario.h"

/* A section of an image that a class writes configuration to. */
struct class_section {
    const char *name;
    size_t size;
    bool optional; /* an image without it is not refused */
};

#define CLASS_SECTIONS_MAX 6u /* of one role */

/* What an image must be able to be told to be one of these. A role may stand there more than once,
 * where what it is told depends on how it is wired. */
struct class_role {
    const char *name, *doc;
    const struct class_section *sections[CLASS_SECTIONS_MAX + 1]; /* NULL ends */
};

/* What any class may tell: a device's driver of its device, anybody of what the machine offers. */
extern const struct class_section class_device_section, class_timer_section, class_serial_section,
    class_lwip_section;

/* A request or its answer, as far as anybody's contract goes. */
#define CLASS_CALL_WORDS 4u
struct class_call {
    uint64_t label;
    unsigned caps;   /* that go with it; there are none here */
    unsigned length; /* words that came with it; those beyond are not here */
    uint64_t words[CLASS_CALL_WORDS];
};

#define CLASS_ANSWERS_BYTES 512u /* what a class may remember of the calls to one domain */

struct class_type {
    struct class_view view;        /* view.view.type points back here */
    const struct class_role *told; /* .name NULL ends */
    /* Wire up one instance and all clients that join it. Complaints to p->diag. */
    void (*build)(struct plan *p, uint32_t instance);
    /* What is wrong with the answer that a domain gave to a call by this channel of its own?
     * `memory` is that domain's, zeroed in the beginning. NULL: nobody knows what would be right.
     */
    enum call_wrong (*answer)(const struct plan *p, uint32_t pd, unsigned channel,
                              const struct class_call *asked, const struct class_call *answer,
                              void *memory);
};

#include "sim/class/class_types.h"
#define ROW(id) extern const struct class_type class_##id;
CLASS_TYPES(ROW)
#undef ROW

const struct class_type *const *class_types(size_t *count);

/* The class of that name; NULL: none, or no name. */
const struct class_type *class_named(const char *name);

/* The configuration of a domain, `bytes` of it as the section has them. A copy is made. */
void class_tell(struct plan *p, uint32_t pd, const struct class_section *section,
                const void *config, size_t bytes);

/*
 * What the machine offers by itself, to a domain whose image has a section for it: a timer (to all,
 * if `timer`), a console, and memory for so many pbufs.
 */
void class_offer(struct plan *p, uint32_t pd, bool timer, uint64_t pbufs);

/*
 * For every class: give a device its driver. Adds the device's domain, registers, ring memory with
 * its DMA windows, MMIO path and interrupt channels, and writes the driver's device_resources.
 * Returns the plan device.
 */
uint32_t class_attach_device(struct plan *p, uint32_t scenario_device, uint32_t driver_pd);
#endif
