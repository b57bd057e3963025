/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The plan for programs: all of it, with keys that stay. Addresses are strings ("0x..."), since a
 * reader of JSON may hold numbers as doubles; sizes and counts are numbers. Everything refers to
 * everything else by name.
 */
#include <inttypes.h>

#include "sim/cmd/show_parts.h"
#include "sim/system.h"

/* A text that is not UTF-8, as a path may be, becomes null: JSON cannot say it. */
static json_t *text(const char *value)
{
    json_t *string = value == NULL ? NULL : json_string(value);

    return string == NULL ? json_null() : string;
}

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *address(const struct show *show, uint64_t value)
{
    return json_string(arena_format(show->arena, "0x%" PRIx64, value));
}

static void put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

static void add(json_t *array, json_t *value)
{
    json_array_append_new(array, value);
}

static json_t *pd_name(const struct show *show, uint32_t pd)
{
    return pd == PLAN_NONE ? json_null() : text(show->plan->pds[pd].name);
}

/* A borrowed part of the scenario as it is, null if it is not there. */
static json_t *part(json_t *value)
{
    return value == NULL ? json_null() : json_incref(value);
}

/* ---- domains ---- */

static json_t *maps_json(const struct show *show, uint32_t pd)
{
    const struct plan *plan = show->plan;
    json_t *maps = json_array();

    for (uint32_t i = 0; i < plan->map_count; i++) {
        const struct plan_map *map = &plan->maps[i];
        const struct plan_region *region = &plan->regions[map->region];

        if (map->pd == pd) {
            json_t *object = json_object();

            put(object, "region", text(region->name));
            put(object, "kind", text(show_region_kind(region->kind)));
            put(object, "vaddr", address(show, map->vaddr));
            put(object, "bytes", number(region->bytes));
            put(object, "rights", text(show_rights(map->rights)));
            put(object, "runtime", json_boolean(show_of_runtime(region->kind)));
            add(maps, object);
        }
    }
    return maps;
}

static json_t *channel_json(const struct show *show, const struct plan_channel *c, int end)
{
    const struct plan_end *own = &c->end[end], *peer = &c->end[1 - end];
    bool device = show->plan->pds[own->pd].kind == PD_DEVICE;
    bool peer_has_id = peer->pd != PLAN_NONE && show->plan->pds[peer->pd].kind != PD_DEVICE;
    json_t *object = json_object();

    put(object, "id", device ? json_null() : number(own->id));
    put(object, "kind", text(show_channel_kind(c->kind)));
    put(object, "region", text(show->plan->regions[c->region].name));
    put(object, "peer", pd_name(show, peer->pd));
    put(object, "peer_id", peer_has_id ? number(peer->id) : json_null());
    put(object, "may_notify", json_boolean(own->may_notify));
    put(object, "may_call", json_boolean(own->may_call));
    if (c->kind == CHANNEL_IRQ) {
        put(object, "irq", number(c->irq_line));
    }
    return object;
}

static json_t *channels_json(const struct show *show, uint32_t pd)
{
    json_t *channels = json_array();

    for (uint32_t i = 0; i < show->plan->channel_count; i++) {
        for (int end = 0; end < 2; end++) {
            if (show->plan->channels[i].end[end].pd == pd) {
                add(channels, channel_json(show, &show->plan->channels[i], end));
            }
        }
    }
    return channels;
}

/* Names of the queues a domain fills, or of those it empties. */
static json_t *queue_names_json(const struct show *show, uint32_t pd, bool fills)
{
    json_t *names = json_array();

    for (uint32_t i = 0; i < show->plan->queue_count; i++) {
        const struct queue_shape *q = &show->plan->queues[i];

        if ((fills ? q->producer : q->consumer) == pd) {
            add(names, text(q->name));
        }
    }
    return names;
}

static json_t *sections_json(const struct plan_pd *domain)
{
    json_t *sections = json_array();

    for (size_t i = 0; i < domain->blob_count; i++) {
        json_t *object = json_object();

        put(object, "section", text(domain->blobs[i].section));
        put(object, "bytes", number(domain->blobs[i].size));
        put(object, "optional", json_boolean(domain->blobs[i].optional));
        add(sections, object);
    }
    return sections;
}

static json_t *macs_json(const struct show *show, const struct plan_pd *domain)
{
    json_t *macs = json_array();

    for (size_t i = 0; i < domain->mac_count; i++) {
        add(macs, text(show_mac(domain->macs[i], show->arena)));
    }
    return macs;
}

static void put_image(const struct show *show, json_t *object, const struct plan_pd *domain)
{
    bool image = domain->kind == PD_IMAGE;

    put(object, "image", image ? text(domain->asked->image) : json_null());
    put(object, "image_file", image ? text(domain->image_file) : json_null());
    put(object, "priority", image ? number(domain->priority) : json_null());
    put(object, "budget_ns", image ? number(domain->budget_ns) : json_null());
    put(object, "period_ns", image ? number(domain->period_ns) : json_null());
    put(object, "params",
        image ? part(json_object_get(show_asked(show, domain->name), "params")) : json_null());
    put(object, "sections", sections_json(domain));
    put(object, "macs", macs_json(show, domain));
}

static json_t *domain_json(const struct show *show, uint32_t pd)
{
    const struct plan_pd *domain = &show->plan->pds[pd];
    const struct scenario_instance *instance = show_instance(show, pd);
    json_t *object = json_object();

    put(object, "name", text(domain->name));
    put(object, "kind", text(domain->kind == PD_IMAGE ? "image" : "device"));
    put(object, "role", text(domain->role));
    put(object, "class", text(domain->class_name));
    put(object, "instance", instance == NULL ? json_null() : text(instance->name));
    put(object, "trusted", json_boolean(domain->trusted));
    put(object, "endpoint", json_boolean(domain->endpoint));
    put(object, "cpu", domain->cpu < 0 ? json_null() : json_integer(domain->cpu));
    put_image(show, object, domain);
    put(object, "maps", maps_json(show, pd));
    put(object, "channels", channels_json(show, pd));
    put(object, "fills", queue_names_json(show, pd, true));
    put(object, "empties", queue_names_json(show, pd, false));
    return object;
}

/* ---- what lies between domains ---- */

static json_t *windows_json(const struct show *show, uint32_t device)
{
    json_t *windows = json_array();

    for (uint32_t i = 0; i < show->plan->window_count; i++) {
        const struct plan_window *w = &show->plan->windows[i];

        if (w->device == device) {
            json_t *object = json_object();

            put(object, "region", text(show->plan->regions[w->region].name));
            put(object, "io_addr", address(show, w->io_addr));
            put(object, "bytes", number(w->bytes));
            put(object, "rights", text(show_rights(w->rights)));
            put(object, "vaddr", address(show, w->vaddr));
            add(windows, object);
        }
    }
    return windows;
}

/* One after the other, as the model knows them by offset. */
static json_t *registers_json(const struct show *show, const struct plan_device *device)
{
    json_t *windows = json_array();

    for (uint32_t i = 0; i < device->registers_count; i++) {
        const struct plan_registers *r = &device->registers[i];
        json_t *object = json_object();

        put(object, "of", text(r->name == NULL ? device->name : r->name));
        put(object, "vaddr", address(show, r->vaddr));
        put(object, "bytes", number(r->bytes));
        add(windows, object);
    }
    return windows;
}

static json_t *device_json(const struct show *show, uint32_t index)
{
    const struct plan_device *device = &show->plan->devices[index];
    const struct scenario *s = show->plan->scenario;
    json_t *object = json_object();

    put(object, "name", text(device->name));
    put(object, "domain", pd_name(show, device->pd));
    put(object, "driver", pd_name(show, device->driver));
    put(object, "registers_vaddr", address(show, device->registers[0].vaddr));
    put(object, "registers", registers_json(show, device));
    put(object, "asked", part(show_asked(show, device->name)));
    put(object, "wire",
        device->wire < 0 ? json_null() : part(show_asked(show, s->wires[device->wire].name)));
    put(object, "windows", windows_json(show, index));
    return object;
}

static json_t *pools_json(const struct show *show, const struct queue_shape *q)
{
    json_t *pools = json_array();

    for (size_t i = 0; i < q->pool_count; i++) {
        add(pools, text(show->plan->pools[q->pools[i]].name));
    }
    return pools;
}

static json_t *queue_json(const struct show *show, const struct queue_shape *q)
{
    json_t *object = json_object();

    put(object, "name", text(q->name));
    put(object, "region", text(show->plan->regions[q->region].name));
    put(object, "offset", number(q->offset));
    put(object, "capacity", number(q->capacity));
    put(object, "producer", pd_name(show, q->producer));
    put(object, "consumer", pd_name(show, q->consumer));
    put(object, "producer_vaddr", address(show, q->producer_vaddr));
    put(object, "consumer_vaddr", address(show, q->consumer_vaddr));
    put(object, "producer_channel", number(plan_channel_id(show->plan, q->channel, q->producer)));
    put(object, "consumer_channel", number(plan_channel_id(show->plan, q->channel, q->consumer)));
    put(object, "partner", text(show->plan->queues[q->partner].name));
    put(object, "carries_frames", json_boolean(q->carries_frames));
    put(object, "naming", text(q->naming == NAMES_OFFSET ? "offset" : "io_addr"));
    put(object, "pools", pools_json(show, q));
    return object;
}

static json_t *pool_json(const struct show *show, const struct plan_pool *pool)
{
    const struct plan *plan = show->plan;
    json_t *object = json_object();

    put(object, "name", text(pool->name));
    put(object, "region", text(plan->regions[pool->region].name));
    put(object, "buffers", number(pool->buffer_count));
    put(object, "buffer_bytes", number(pool->buffer_bytes));
    put(object, "io_addr", pool->io_addr == 0 ? json_null() : address(show, pool->io_addr));
    put(object, "stamps",
        pool->stamps == PLAN_NONE ? json_null() : text(plan->regions[pool->stamps].name));
    return object;
}

static json_t *region_json(const struct plan_region *region)
{
    json_t *object = json_object();

    put(object, "name", text(region->name));
    put(object, "kind", text(show_region_kind(region->kind)));
    put(object, "bytes", number(region->bytes));
    put(object, "runtime", json_boolean(show_of_runtime(region->kind)));
    return object;
}

static json_t *capture_json(const struct show *show, const struct plan_capture *c)
{
    json_t *object = json_object();

    put(object, "at", text(c->asked->at));
    put(object, "file", text(c->asked->file));
    put(object, "domain", pd_name(show, c->pd));
    put(object, "region", text(show->plan->regions[c->region].name));
    put(object, "vaddr", address(show, c->vaddr));
    return object;
}

/* ---- all of it ---- */

static void put_scenario(const struct show *show, json_t *root)
{
    const struct scenario *s = show->plan->scenario;
    json_t *off = json_array(), *expect = json_array();

    for (size_t i = 0; i < s->checks_off_count; i++) {
        add(off, text(s->checks_off[i]));
    }
    for (size_t i = 0; i < s->expect_count; i++) {
        add(expect, text(s->expects[i].text));
    }
    put(root, "scenario", text(s->name));
    put(root, "file", text(s->path));
    put(root, "story", text(s->story));
    put(root, "seed", part(json_object_get(show->asked, "seed")));
    put(root, "clock", text(s->clock == CLOCK_HOST ? "host" : "virtual"));
    put(root, "executor", text(system_executor(s)));
    put(root, "platform", text(s->platform == NULL ? "generic" : s->platform));
    put(root, "placement", part(json_object_get(show->asked, "placement")));
    put(root, "stop_after_ns", number(s->stop_after_ns));
    put(root, "stop_wall_ns", number(s->stop_wall_ns));
    put(root, "expect", expect);
    put(root, "checks_off", off);
}

/* One array a table of the plan: `item` makes a value of each index in turn. */
#define PUT_ALL(root, key, count, item)          \
    do {                                         \
        json_t *all_ = json_array();             \
        for (uint32_t i = 0; i < (count); i++) { \
            add(all_, (item));                   \
        }                                        \
        put((root), (key), all_);                \
    } while (0)

void show_json(const struct show *show, FILE *to)
{
    const struct plan *plan = show->plan;
    json_t *root = json_object(), *faults = json_object_get(show->asked, "faults");

    put_scenario(show, root);
    put(root, "faults", faults == NULL ? json_array() : part(faults));
    PUT_ALL(root, "domains", plan->pd_count, domain_json(show, show->order[i]));
    PUT_ALL(root, "devices", plan->device_count, device_json(show, i));
    PUT_ALL(root, "queues", plan->queue_count, queue_json(show, &plan->queues[i]));
    PUT_ALL(root, "pools", plan->pool_count, pool_json(show, &plan->pools[i]));
    PUT_ALL(root, "regions", plan->region_count, region_json(&plan->regions[i]));
    PUT_ALL(root, "captures", plan->capture_count, capture_json(show, &plan->captures[i]));
    json_dumpf(root, to, JSON_INDENT(2));
    fputc('\n', to);
    json_decref(root);
}
