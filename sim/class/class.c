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
    uint64_t bytes = memory->entry_bytes == 0
                         ? entries
                         : (entries + memory->spare_entries) * memory->entry_bytes;
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
static void check_registers(struct plan *p, uint32_t device)
{
    const struct plan_device *d = &p->devices[device];

    for (uint32_t i = 0; i < device * d->registers_count; i++) {
        const struct plan_device *other = &p->devices[i / d->registers_count];
        const struct plan_registers *mine = &d->registers[i % d->registers_count];

        for (uint32_t k = 0; k < other->registers_count; k++) {
            const struct plan_registers *theirs = &other->registers[k];

            if (mine->vaddr < theirs->vaddr + theirs->bytes &&
                theirs->vaddr < mine->vaddr + mine->bytes) {
                diag_error(p->diag, d->asked->place,
                           "the driver of %s expects it where %s is: at %#llx, without being told",
                           d->name, other->name, (unsigned long long)mine->vaddr);
                return;
            }
        }
    }
}

/* All windows of a device in the order of their offsets, each where its driver expects it, or not
 * placed yet. */
static void list_registers(struct plan *p, struct plan_device *d, const struct device_type *type)
{
    uint32_t count = 1;

    while (type->windows != NULL && type->windows[count - 1].name != NULL) {
        count++;
    }
    d->registers = arena_array(p->arena, count, sizeof *d->registers);
    d->registers[0] = (struct plan_registers){
        .vaddr = type->place == NULL ? 0 : type->place->regs_vaddr, .bytes = type->regs_bytes};
    for (d->registers_count = 1; d->registers_count < count; d->registers_count++) {
        const struct device_window *w = &type->windows[d->registers_count - 1];
        const struct plan_registers *before = &d->registers[d->registers_count - 1];

        d->registers[d->registers_count] =
            (struct plan_registers){.name = w->name,
                                    .vaddr = w->vaddr,
                                    .offset = before->offset + before->bytes,
                                    .bytes = w->bytes};
    }
}

static uint64_t beyond(const struct plan_registers *r)
{
    return r->vaddr + r->bytes + PLAN_PAGE_BYTES;
}

/*
 * Where the driver sees registers nothing is mapped. Those it is told of come behind those it
 * expects somewhere, if there are any: whether an access could be one of a register is asked at
 * each, and is one comparison as long as they lie together.
 */
static void place_registers(struct plan *p, uint32_t device, const struct device_type *type)
{
    struct plan_device *d = &p->devices[device];
    uint64_t expected = 0, *next = &p->pds[d->driver].vaddr_next;

    list_registers(p, d, type);
    for (uint32_t i = 0; i < d->registers_count; i++) {
        if (d->registers[i].vaddr != 0 && expected < beyond(&d->registers[i])) {
            expected = beyond(&d->registers[i]);
            next = &expected;
        }
    }
    for (uint32_t i = 0; i < d->registers_count; i++) {
        if (d->registers[i].vaddr == 0) {
            d->registers[i].vaddr = *next;
            *next = beyond(&d->registers[i]);
        }
    }
    if (expected != 0) {
        check_registers(p, device);
    }
}

static void tell_registers(device_resources_t *resources, const struct plan_registers *r)
{
    resources->regions[resources->num_regions++] = (device_region_resource_t){
        .region = {.vaddr = (void *)(uintptr_t)r->vaddr, .size = r->bytes}};
}

uint32_t class_attach_device(struct plan *p, uint32_t scenario_device, uint32_t driver_pd)
{
    const struct device_type *type = p->scenario->devices[scenario_device].type->type;
    uint32_t device = plan_add_device(p, scenario_device, driver_pd);
    const struct plan_device *d = &p->devices[device];
    device_resources_t resources = {.magic = {'s', 'D', 'D', 'F', 0x01}};

    place_registers(p, device, type);
    tell_registers(&resources, &d->registers[0]);
    for (size_t i = 0; i < DEVICE_MEMORIES_MAX && type->memory[i].name != NULL; i++) {
        attach_memory(p, device, &type->memory[i], i == 0 ? type->place : NULL, &resources);
    }
    for (uint32_t i = 1; i < d->registers_count; i++) {
        if (type->windows[i - 1].vaddr == 0) {
            tell_registers(&resources, &d->registers[i]);
        }
    }
    for (unsigned line = 0; line < type->irq_lines; line++) {
        uint8_t id = line == 0 && type->place != NULL ? type->place->irq_id : 0;
        uint32_t channel = plan_add_irq(p, device, line, id);

        resources.irqs[resources.num_irqs++].id = plan_channel_id(p, channel, driver_pd);
    }
    class_tell(p, driver_pd, &class_device_section, &resources, sizeof resources);
    return device;
}
