/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every device class shares: the list of classes, and giving a device its driver. A device has
 * a domain of its own, which maps the memory its IOMMU lets it reach and the posted-write queue,
 * and nothing else; the driver sees rings, an interrupt channel and an address for registers at
 * which nothing is mapped.
 */
#include "sim/class/class.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <sddf/hw/device.h>
#include <sddf/resources/device.h>

const struct class_section class_device_section = {".device_resources", sizeof(device_resources_t),
                                                   false};

static const struct class_type *const types[] = {
#define ROW(id) &class_##id,
    CLASS_TYPES(ROW)
#undef ROW
};

const struct class_type *const *class_types(size_t *count)
{
    *count = sizeof types / sizeof types[0];
    return types;
}

const struct class_type *class_named(const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i]->view.view.name, name) == 0) {
            return types[i];
        }
    }
    return NULL;
}

void class_tell(struct plan *p, uint32_t pd, const struct class_section *section,
                const void *config, size_t bytes)
{
    assert(bytes == section->size);
    plan_add_blob(p, pd, section->name, config, bytes, section->optional);
}

/* One ring memory: a region both reach, under a vaddr for the driver and an IO address for the
 * device. */
static void attach_memory(struct plan *p, uint32_t device, const struct device_memory *memory,
                          const struct device_place *place, device_resources_t *resources)
{
    const struct plan_device *d = &p->devices[device];
    uint64_t entries = memory->entries;

    if (entries == 0) {
        memcpy(&entries, (const char *)d->asked->state + memory->count_offset, sizeof entries);
    }
    p->devices[device].receives_into += memory->receives ? (uint32_t)entries : 0;
    uint64_t bytes = (entries + memory->spare_entries) * memory->entry_bytes;
    uint32_t region = plan_add_region(p, REGION_RING, bytes, "%s.%s", d->name, memory->name);
    unsigned both = RIGHT_READ | RIGHT_WRITE;
    uint64_t vaddr = place == NULL
                         ? plan_add_map(p, d->driver, region, both)
                         : plan_add_map_at(p, d->driver, region, both, place->memory_vaddr);

    resources->regions[resources->num_regions++] = (device_region_resource_t){
        .region = {.vaddr = (void *)(uintptr_t)vaddr, .size = bytes},
        .io_addr = place == NULL
                       ? plan_add_window(p, device, region, both)
                       : plan_add_window_at(p, device, region, both, place->memory_io_addr)};
}

/* Two devices whose drivers expect the same addresses cannot be in one system. */
static void check_place(struct plan *p, uint32_t device, const struct device_place *place)
{
    for (uint32_t i = 0; i < device; i++) {
        const struct device_type *other = p->devices[i].asked->type->type;

        if (other->place != NULL && other->place->regs_vaddr == place->regs_vaddr) {
            diag_error(p->diag, p->devices[device].asked->place,
                       "the driver of %s expects it where %s is: at %#llx, without being told",
                       p->devices[device].name, p->devices[i].name,
                       (unsigned long long)place->regs_vaddr);
        }
    }
}

/* Where the driver sees the registers, at which nothing is mapped. */
static uint64_t place_registers(struct plan *p, uint32_t driver_pd, const struct device_type *type)
{
    uint64_t vaddr = p->pds[driver_pd].vaddr_next;

    if (type->place != NULL) {
        return type->place->regs_vaddr;
    }
    p->pds[driver_pd].vaddr_next += type->regs_bytes + PLAN_PAGE_BYTES;
    return vaddr;
}

uint32_t class_attach_device(struct plan *p, uint32_t scenario_device, uint32_t driver_pd)
{
    const struct device_type *type = p->scenario->devices[scenario_device].type->type;
    uint32_t device = plan_add_device(p, scenario_device, driver_pd);
    struct plan_device *d = &p->devices[device];
    device_resources_t resources = {.magic = {'s', 'D', 'D', 'F', 0x01}, .num_regions = 1};

    if (type->place != NULL) {
        check_place(p, device, type->place);
    }
    d->regs_vaddr = place_registers(p, driver_pd, type);
    resources.regions[0] = (device_region_resource_t){
        .region = {.vaddr = (void *)(uintptr_t)d->regs_vaddr, .size = type->regs_bytes}};
    for (size_t i = 0; i < DEVICE_MEMORIES_MAX && type->memory[i].name != NULL; i++) {
        attach_memory(p, device, &type->memory[i], i == 0 ? type->place : NULL, &resources);
    }
    for (unsigned line = 0; line < type->irq_lines; line++) {
        uint8_t id = line == 0 && type->place != NULL ? type->place->irq_id : 0;
        uint32_t channel = plan_add_irq(p, device, line, id);

        resources.irqs[resources.num_irqs++].id = plan_channel_id(p, channel, driver_pd);
    }
    class_tell(p, driver_pd, &class_device_section, &resources, sizeof resources);
    return device;
}
