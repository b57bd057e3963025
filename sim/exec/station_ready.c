/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Getting a device's domain ready: how much memory it needs, and what in the plan its parts are. It
 * is laid out in one piece, the model's state behind its own, then what depends on the plan.
 */
#include <string.h>

#include "sim/exec/station_parts.h"

static size_t round16(size_t bytes)
{
    return (bytes + 15) & ~(size_t)15;
}

size_t station_bytes(const struct plan *plan, uint32_t device)
{
    const struct device_type *type = plan->devices[device].asked->type->type;

    return round16(sizeof(struct station) + type->state_size) +
           round16(plan->region_count * sizeof(uint32_t)) +
           round16(plan->pool_count * sizeof(void *)) + station_bytes_room(plan) +
           crossing_bytes(plan, device);
}

static void find_lines(struct station *s, uint32_t device)
{
    const struct plan *plan = s->d->plan;

    for (uint32_t i = 0; i < plan->channel_count; i++) {
        const struct plan_channel *c = &plan->channels[i];

        if (c->kind == CHANNEL_IRQ && c->end[0].pd == plan->devices[device].pd &&
            c->irq_line < DEVICE_MEMORIES_MAX) {
            s->lines[c->irq_line].page = (struct channel_page *)(uintptr_t)c->end[0].vaddr;
        }
    }
}

static void find_stamps(struct station *s)
{
    const struct plan *plan = s->d->plan;

    for (uint32_t i = 0; i < plan->region_count; i++) {
        s->pool_of[i] = PLAN_NONE;
    }
    for (uint32_t i = 0; i < plan->pool_count; i++) {
        const struct plan_map *map = plan->pools[i].stamps == PLAN_NONE
                                         ? NULL
                                         : plan_find_map(plan, s->d->pd, plan->pools[i].stamps);

        if (map != NULL && (map->rights & RIGHT_WRITE) != 0) {
            s->stamps[i] = (uint64_t *)(uintptr_t)map->vaddr;
        }
        if (map != NULL || tags_find(plan, s->d->pd, i) != NULL) {
            s->pool_of[plan->pools[i].region] = i;
        }
    }
}

static bool reaches_incoherent(const struct plan *plan, uint32_t device)
{
    for (uint32_t i = 0; i < plan->window_count; i++) {
        const struct plan_window *w = &plan->windows[i];

        if (w->device == device && plan->regions[w->region].incoherent) {
            return true;
        }
    }
    return false;
}

bool station_init(void *memory, struct domain *d, struct wire *wire, struct station **out)
{
    const struct plan *plan = d->plan;
    uint32_t device = plan->pds[d->pd].device;
    struct station *s = memory;
    uint8_t *rest;

    s->d = d;
    s->plan = &plan->devices[device];
    s->type = s->plan->asked->type->type;
    s->offsets = device_registers_bytes(s->type);
    s->mmio = (struct mmio_ring *)(uintptr_t)s->plan->mmio_device_vaddr;
    d->served = s->mmio;
    s->wire = wire;
    s->first_timer_ns = DOMAIN_FOREVER;
    s->counts = &d->page->device;
    rest = (uint8_t *)memory + round16(sizeof *s + s->type->state_size);
    s->pool_of = (uint32_t *)rest;
    rest += round16(plan->region_count * sizeof(uint32_t));
    s->stamps = (uint64_t **)rest;
    rest += round16(plan->pool_count * sizeof(void *));
    s->bytes = station_bytes_init(rest, d, device);
    rest += station_bytes_room(plan);
    bool gated = crossing_bytes(plan, device) != 0;

    station_connect(s, gated);
    s->crossing = gated ? crossing_init(rest, plan, device, &d->faults, &s->verbs) : NULL;
    memcpy(s->state, s->plan->asked->state, s->type->state_size);
    s->incoherent = reaches_incoherent(plan, device);
    find_lines(s, device);
    find_stamps(s);
    *out = s;
    return iommu_init(&s->iommu, plan, device);
}
