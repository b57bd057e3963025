/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Building a plan: the small verbs a class calls to wire itself, and the one that calls the
 * classes. Addresses are given out here and nowhere else: each domain has a 4 GiB window of virtual
 * addresses that depends only on its index, and each device memory a place in one 32-bit IO space
 * that starts where no offset reaches and no window begins, so the three kinds of address can never
 * be taken for each other.
 */
#include "sim/model/plan.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/model/component.h"

#define IO_BASE            0x80000000ull
#define IO_LIMIT           0x100000000ull
#define CAPTURE_RING_BYTES (1u << 20)

static uint64_t page_round(uint64_t bytes)
{
    return (bytes + PLAN_PAGE_BYTES - 1) & ~(uint64_t)(PLAN_PAGE_BYTES - 1);
}

/* Room for one more in an arena array that doubles. The count is a power of two exactly when it is
 * full. */
static void *grow(struct arena *a, void *array, uint32_t count, size_t item_bytes)
{
    if (count != 0 && (count & (count - 1)) != 0) {
        return array;
    }
    void *larger = arena_array(a, count == 0 ? 1 : (size_t)count * 2, item_bytes);
    if (count != 0) {
        memcpy(larger, array, (size_t)count * item_bytes);
    }
    return larger;
}

#define GROW(p, array, count) \
    ((p)->array = grow((p)->arena, (p)->array, (p)->count, sizeof *(p)->array))

uint32_t plan_add_region(struct plan *p, enum plan_region_kind kind, uint64_t bytes,
                         const char *name_format, ...)
{
    char name[160];
    va_list arguments;

    va_start(arguments, name_format);
    vsnprintf(name, sizeof name, name_format, arguments);
    va_end(arguments);
    GROW(p, regions, region_count);
    p->regions[p->region_count] = (struct plan_region){
        .name = arena_text(p->arena, name), .kind = kind, .bytes = page_round(bytes)};
    return p->region_count++;
}

uint64_t plan_add_map(struct plan *p, uint32_t pd, uint32_t region, unsigned rights)
{
    struct plan_pd *owner = &p->pds[pd];
    uint64_t vaddr = owner->vaddr_next;

    /* An unmapped page after each region: what runs over an end is caught. */
    owner->vaddr_next += p->regions[region].bytes + PLAN_PAGE_BYTES;
    return plan_add_map_at(p, pd, region, rights, vaddr);
}

uint64_t plan_add_map_at(struct plan *p, uint32_t pd, uint32_t region, unsigned rights,
                         uint64_t vaddr)
{
    GROW(p, maps, map_count);
    p->maps[p->map_count++] =
        (struct plan_map){.pd = pd, .region = region, .vaddr = vaddr, .rights = rights};
    return vaddr;
}

static uint32_t add_domain(struct plan *p, struct plan_pd domain)
{
    uint32_t pd = p->pd_count;

    GROW(p, pds, pd_count);
    domain.vaddr_next = PLAN_WINDOW_BASE + pd * PLAN_WINDOW_BYTES;
    p->pds[pd] = domain;
    p->pd_count++;
    p->pds[pd].page = plan_add_region(p, REGION_PAGE, 0x10000, "%s.page", domain.name);
    p->pds[pd].page_vaddr = plan_add_map(p, pd, p->pds[pd].page, RIGHT_READ | RIGHT_WRITE);
    return pd;
}

/* The file an image name stands for, or NULL after a complaint. */
static const char *image_file(struct plan *p, const struct scenario_pd *asked)
{
    const char *file = asked->image_is_path
                           ? asked->image
                           : arena_format(p->arena, "%s/%s.so", p->image_dir, asked->image);

    if (access(file, R_OK) != 0) {
        diag_error(p->diag, asked->place, "no image file %s (%m); build it, or name another", file);
        return NULL;
    }
    return file;
}

uint32_t plan_add_pd(struct plan *p, const struct scenario_pd *asked, const char *class_name,
                     const char *role)
{
    uint32_t pd = add_domain(p, (struct plan_pd){
                                    .name = asked->name,
                                    .kind = PD_IMAGE,
                                    .asked = asked,
                                    .device = PLAN_NONE,
                                    .image_file = image_file(p, asked),
                                    .class_name = class_name,
                                    .role = role,
                                    .trusted = asked->trusted,
                                    .priority = asked->priority,
                                    .budget_ns = asked->budget_ns,
                                    .period_ns = asked->period_ns,
                                    .cpu = asked->cpu,
                                    .waiting = asked->waiting,
                                });
    const struct component *component = component_find(asked->image);

    if (component != NULL && component->param_section != NULL && asked->image_state != NULL) {
        plan_add_blob(p, pd, component->param_section, asked->image_state, component->param_size,
                      false);
    }
    return pd;
}

uint32_t plan_add_device(struct plan *p, uint32_t scenario_device, uint32_t driver)
{
    const struct scenario_device *asked = &p->scenario->devices[scenario_device];
    uint32_t device = p->device_count;

    GROW(p, devices, device_count);
    p->device_count++;
    uint32_t pd = add_domain(p, (struct plan_pd){.name = asked->name,
                                                 .kind = PD_DEVICE,
                                                 .device = device,
                                                 .role = "device",
                                                 .trusted = true,
                                                 .cpu = asked->cpu,
                                                 .waiting = asked->waiting});
    uint32_t mmio = plan_add_region(p, REGION_MMIO, 0x10000, "%s.mmio", asked->name);
    p->devices[device] = (struct plan_device){
        .name = asked->name,
        .asked = asked,
        .pd = pd,
        .driver = driver,
        .mmio = mmio,
        .mmio_driver_vaddr = plan_add_map(p, driver, mmio, RIGHT_READ | RIGHT_WRITE),
        .mmio_device_vaddr = plan_add_map(p, pd, mmio, RIGHT_READ | RIGHT_WRITE),
        .wire = asked->wire,
        .rx_queue_source = PLAN_NONE,
        .tx_queue_sink = PLAN_NONE,
    };
    return device;
}

/* The next channel id of a domain; complains, once, when Microkit has no more. */
static uint8_t take_channel_id(struct plan *p, uint32_t pd)
{
    struct plan_pd *owner = &p->pds[pd];

    if (owner->kind == PD_DEVICE) {
        return 0;
    }
    if (owner->channel_kept != 0 && owner->channel_next == owner->channel_kept) {
        owner->channel_next++;
    }
    if (owner->channel_next == PLAN_CHANNELS_MAX) {
        diag_error(p->diag, owner->asked->place,
                   "%s needs more than %u channels, which is all Microkit gives a domain",
                   owner->name, PLAN_CHANNELS_MAX);
    }
    if (owner->channel_next >= PLAN_CHANNELS_MAX) {
        owner->channel_next = PLAN_CHANNELS_MAX + 1;
        return 0;
    }
    return owner->channel_next++;
}

static uint32_t add_channel(struct plan *p, enum plan_channel_kind kind, uint32_t pd_a,
                            uint32_t pd_b, const char *name)
{
    uint32_t region = plan_add_region(p, REGION_CHANNEL, PLAN_PAGE_BYTES, "%s", name);
    struct plan_channel channel = {.kind = kind, .region = region};
    const uint32_t pds[2] = {pd_a, pd_b};

    for (int i = 0; i < 2; i++) {
        channel.end[i].pd = pds[i];
        if (pds[i] != PLAN_NONE) {
            channel.end[i].id = take_channel_id(p, pds[i]);
            channel.end[i].vaddr = plan_add_map(p, pds[i], region, RIGHT_READ | RIGHT_WRITE);
        }
    }
    GROW(p, channels, channel_count);
    p->channels[p->channel_count] = channel;
    return p->channel_count++;
}

uint32_t plan_add_channel(struct plan *p, uint32_t pd_a, uint32_t pd_b, int callee)
{
    uint32_t index =
        add_channel(p, CHANNEL_PEER, pd_a, pd_b,
                    arena_format(p->arena, "%s-%s.channel", p->pds[pd_a].name, p->pds[pd_b].name));
    struct plan_channel *channel = &p->channels[index];

    channel->end[0].may_notify = true;
    channel->end[1].may_notify = true;
    if (callee >= 0) {
        const struct plan_pd *to = &p->pds[channel->end[callee].pd];
        const struct plan_pd *from = &p->pds[channel->end[1 - callee].pd];

        channel->end[1 - callee].may_call = true;
        if (to->priority <= from->priority) {
            diag_error(p->diag, to->asked->place,
                       "%s takes protected calls from %s, so its priority must be above %u",
                       to->name, from->name, from->priority);
        }
    }
    return index;
}

uint32_t plan_add_irq(struct plan *p, uint32_t device, unsigned line, uint8_t id)
{
    const struct plan_device *d = &p->devices[device];
    uint8_t next = p->pds[d->driver].channel_next;

    if (id != 0) {
        assert(next <= id);
        p->pds[d->driver].channel_next = id;
    }
    uint32_t index = add_channel(p, CHANNEL_IRQ, d->pd, d->driver,
                                 arena_format(p->arena, "%s.irq%u", d->name, line));

    if (id != 0) {
        p->pds[d->driver].channel_next = next;
        p->pds[d->driver].channel_kept = id;
    }
    p->channels[index].irq_line = line;
    return index;
}

uint32_t plan_add_timer(struct plan *p, uint32_t pd)
{
    uint32_t index = add_channel(p, CHANNEL_TIMER, PLAN_NONE, pd,
                                 arena_format(p->arena, "%s.timer", p->pds[pd].name));

    p->channels[index].end[1].may_call = true;
    return index;
}

uint32_t plan_add_console(struct plan *p, uint32_t pd)
{
    const char *name = p->pds[pd].name;
    uint32_t index =
        add_channel(p, CHANNEL_CONSOLE, PLAN_NONE, pd, arena_format(p->arena, "%s.console", name));
    uint32_t region = plan_add_region(p, REGION_METADATA, 4 * PLAN_PAGE_BYTES, "%s.serial", name);

    p->channels[index].end[1].may_notify = true;
    p->channels[index].console_vaddr = plan_add_map(p, pd, region, RIGHT_READ | RIGHT_WRITE);
    return index;
}

void plan_add_blob(struct plan *p, uint32_t pd, const char *section, const void *bytes, size_t size,
                   bool optional)
{
    struct plan_pd *owner = &p->pds[pd];

    if (owner->blob_count == owner->blob_room) {
        size_t room = owner->blob_room == 0 ? 4 : owner->blob_room * 2;
        struct plan_blob *larger = arena_array(p->arena, room, sizeof *larger);

        if (owner->blob_count != 0) {
            memcpy(larger, owner->blobs, owner->blob_count * sizeof *larger);
        }
        owner->blobs = larger;
        owner->blob_room = room;
    }
    owner->blobs[owner->blob_count++] =
        (struct plan_blob){.section = section,
                           .bytes = arena_copy(p->arena, bytes, size),
                           .size = size,
                           .optional = optional};
}

uint32_t plan_add_pool(struct plan *p, uint32_t region, uint32_t buffer_bytes, uint32_t count,
                       const char *name)
{
    assert(buffer_bytes != 0);
    assert((buffer_bytes & (buffer_bytes - 1)) == 0);
    assert((uint64_t)buffer_bytes * count <= p->regions[region].bytes);
    GROW(p, pools, pool_count);
    p->pools[p->pool_count] = (struct plan_pool){.name = arena_text(p->arena, name),
                                                 .region = region,
                                                 .buffer_bytes = buffer_bytes,
                                                 .buffer_count = count,
                                                 .stamps = PLAN_NONE,
                                                 .tags = PLAN_NONE};
    return p->pool_count++;
}

uint32_t plan_add_queue(struct plan *p, const struct queue_shape *shape)
{
    assert(shape->capacity != 0);
    assert((shape->capacity & (shape->capacity - 1)) == 0);
    assert(shape->offset + shape->slots_offset + (uint64_t)shape->capacity * shape->slot_bytes <=
           p->regions[shape->region].bytes);
    GROW(p, queues, queue_count);
    p->queues[p->queue_count] = *shape;
    return p->queue_count++;
}

void plan_make_incoherent(struct plan *p, uint32_t region, uint64_t eviction_ppm)
{
    uint32_t memory = plan_add_region(p, REGION_MEMORY, p->regions[region].bytes, "%s.memory",
                                      p->regions[region].name);

    assert(!p->regions[region].incoherent);
    p->regions[region].incoherent = true;
    p->regions[region].memory = memory;
    p->regions[region].eviction_ppm = eviction_ppm;
}

uint64_t plan_add_window_at(struct plan *p, uint32_t device, uint32_t region, unsigned rights,
                            uint64_t io_addr)
{
    uint32_t seen = p->regions[region].incoherent ? p->regions[region].memory : region;

    GROW(p, windows, window_count);
    p->windows[p->window_count++] =
        (struct plan_window){.device = device,
                             .region = region,
                             .io_addr = io_addr,
                             .bytes = p->regions[region].bytes,
                             .rights = rights,
                             .vaddr = plan_add_map(p, p->devices[device].pd, seen, rights)};
    return io_addr;
}

uint64_t plan_add_window(struct plan *p, uint32_t device, uint32_t region, unsigned rights)
{
    const struct plan_device *d = &p->devices[device];
    uint64_t bytes = p->regions[region].bytes;
    uint64_t io_addr = p->io_next;

    if (io_addr + bytes > IO_LIMIT) {
        diag_error(
            p->diag, d->asked->place,
            "the memory %s must reach does not fit in its 32-bit IO space; use fewer or smaller "
            "buffers",
            d->name);
        io_addr = IO_BASE;
    }
    p->io_next = io_addr + bytes + PLAN_PAGE_BYTES;
    return plan_add_window_at(p, device, region, rights, io_addr);
}

uint8_t plan_channel_id(const struct plan *p, uint32_t channel, uint32_t pd)
{
    const struct plan_channel *c = &p->channels[channel];

    return c->end[0].pd == pd ? c->end[0].id : c->end[1].id;
}

static int compare_maps(const void *a, const void *b)
{
    const struct plan_map *m = *(const struct plan_map *const *)a;
    const struct plan_map *n = *(const struct plan_map *const *)b;

    return m->pd != n->pd ? (m->pd > n->pd) - (m->pd < n->pd)
                          : (m->region > n->region) - (m->region < n->region);
}

/* A large plan has tens of thousands of maps, and is asked for one again and again. */
static void sort_maps(struct plan *p)
{
    p->sorted_maps = arena_array(p->arena, p->map_count, sizeof(struct plan_map *));
    for (uint32_t i = 0; i < p->map_count; i++) {
        p->sorted_maps[i] = &p->maps[i];
    }
    qsort(p->sorted_maps, p->map_count, sizeof *p->sorted_maps, compare_maps);
}

const struct plan_map *plan_find_map(const struct plan *p, uint32_t pd, uint32_t region)
{
    if (p->sorted_maps != NULL) {
        const struct plan_map *wanted = &(struct plan_map){.pd = pd, .region = region};
        const struct plan_map **found =
            bsearch(&wanted, p->sorted_maps, p->map_count, sizeof *p->sorted_maps, compare_maps);

        return found == NULL ? NULL : *found;
    }
    for (uint32_t i = 0; i < p->map_count; i++) {
        if (p->maps[i].pd == pd && p->maps[i].region == region) {
            return &p->maps[i];
        }
    }
    return NULL;
}

const struct plan_registers *plan_registers_at(const struct plan_registers *all, uint32_t count,
                                               uint64_t vaddr)
{
    for (uint32_t i = 0; i < count; i++) {
        if (vaddr - all[i].vaddr < all[i].bytes) {
            return &all[i];
        }
    }
    return NULL;
}

const struct plan_registers *plan_registers_by_offset(const struct plan_device *d, uint32_t offset)
{
    for (uint32_t i = 0; i < d->registers_count; i++) {
        if (offset - d->registers[i].offset < d->registers[i].bytes) {
            return &d->registers[i];
        }
    }
    return NULL;
}

/* Is there a queue by which it takes frames? */
static bool receives(const struct plan *p, uint32_t pd)
{
    for (uint32_t i = 0; i < p->queue_count; i++) {
        if (p->queues[i].carries_frames && p->queues[i].consumer == pd) {
            return true;
        }
    }
    return false;
}

bool plan_serves(const struct plan *p, const struct plan_device *device, uint32_t client_pd)
{
    const struct scenario *s = p->scenario;

    for (size_t i = 0; i < s->client_count; i++) {
        for (size_t j = 0; p->client_pds[i] == client_pd && j < s->clients[i].join_count; j++) {
            const struct scenario_instance *instance =
                &s->instances[s->clients[i].joins[j].instance];

            if (&s->devices[instance->device] == device->asked) {
                return receives(p, client_pd);
            }
        }
    }
    return false;
}

bool plan_queue_from_device(const struct plan *p, uint32_t queue)
{
    for (uint32_t i = 0; queue != PLAN_NONE && i < p->device_count; i++) {
        if (p->devices[i].rx_queue_source == queue) {
            return true;
        }
    }
    return false;
}

bool plan_queue_to_device(const struct plan *p, uint32_t queue)
{
    for (uint32_t i = 0; queue != PLAN_NONE && i < p->device_count; i++) {
        if (p->devices[i].tx_queue_sink == queue) {
            return true;
        }
    }
    return false;
}

bool plan_checks(const struct plan *p, const char *check)
{
    for (size_t i = 0; p->scenario != NULL && i < p->scenario->checks_off_count; i++) {
        if (strcmp(p->scenario->checks_off[i], check) == 0) {
            return false;
        }
    }
    return true;
}

/* Is a fault aimed at a domain, and none of these? NULL: any. */
static bool is_aimed_at(const struct plan *p, uint32_t pd,
                        bool (*other)(const struct scenario_fault *f))
{
    for (size_t i = 0; p->scenario != NULL && i < p->scenario->fault_count; i++) {
        const struct scenario_fault *f = &p->scenario->faults[i];

        if (f->pd != NULL && strcmp(f->pd, p->pds[pd].name) == 0 &&
            (other == NULL || f->type == NULL || !other(f))) {
            return true;
        }
    }
    return false;
}

static bool tells(const struct scenario_fault *f)
{
    return f->type->tells != NULL && f->type->tells(f->state);
}

static bool begins_anew(const struct scenario_fault *f)
{
    return f->type->begins_anew;
}

bool plan_compromised(const struct plan *p, uint32_t pd)
{
    return is_aimed_at(p, pd, NULL);
}

bool plan_misleads(const struct plan *p, uint32_t pd)
{
    return is_aimed_at(p, pd, tells);
}

bool plan_misbehaves(const struct plan *p, uint32_t pd)
{
    return !p->pds[pd].trusted || is_aimed_at(p, pd, begins_anew);
}

bool plan_suspect(const struct plan *p, uint32_t pd)
{
    return !p->pds[pd].trusted || plan_compromised(p, pd);
}

uint32_t plan_find_pd(const struct plan *p, const char *name)
{
    for (uint32_t i = 0; i < p->pd_count; i++) {
        if (strcmp(p->pds[i].name, name) == 0) {
            return i;
        }
    }
    return PLAN_NONE;
}

/* The device that carries a wire, PLAN_NONE if it hangs in the air. */
static uint32_t wire_device(const struct plan *p, uint32_t wire)
{
    for (uint32_t i = 0; i < p->device_count; i++) {
        if (p->devices[i].wire == (int)wire) {
            return i;
        }
    }
    return PLAN_NONE;
}

static void add_capture(struct plan *p, const struct scenario_capture *asked)
{
    uint32_t pd;

    if (asked->point == CAPTURE_WIRE_IN || asked->point == CAPTURE_WIRE_OUT) {
        uint32_t device = wire_device(p, asked->index);

        if (device == PLAN_NONE) {
            diag_error(p->diag, asked->place,
                       "nothing to capture at %s: no network drives that wire", asked->at);
            return;
        }
        pd = p->devices[device].pd;
    } else {
        pd = p->client_pds[asked->index];
    }
    uint32_t region =
        plan_add_region(p, REGION_CAPTURE, CAPTURE_RING_BYTES, "%s.capture", asked->at);
    GROW(p, captures, capture_count);
    p->captures[p->capture_count++] =
        (struct plan_capture){.asked = asked,
                              .pd = pd,
                              .region = region,
                              .vaddr = plan_add_map(p, pd, region, RIGHT_READ | RIGHT_WRITE)};
}

static void add_clients(struct plan *p)
{
    const struct scenario *s = p->scenario;

    p->client_pds = arena_array(p->arena, s->client_count, sizeof *p->client_pds);
    for (size_t i = 0; i < s->client_count; i++) {
        uint32_t pd = plan_add_pd(p, &s->clients[i].pd, NULL, "client");

        p->pds[pd].endpoint = true;
        p->client_pds[i] = pd;
    }
}

const struct plan_blob *plan_told(const struct plan_pd *pd, const char *section)
{
    for (size_t i = 0; i < pd->blob_count; i++) {
        if (strcmp(pd->blobs[i].section, section) == 0) {
            return &pd->blobs[i];
        }
    }
    return NULL;
}

/* An image that must be told more than its place has to tell would only stop when it starts. */
static void check_told(struct plan *p, const struct plan_pd *pd)
{
    const struct component *image = pd->kind == PD_IMAGE ? component_find(pd->asked->image) : NULL;

    for (size_t i = 0; image != NULL && image->others[i] != NULL; i++) {
        if (plan_told(pd, image->others[i]) == NULL) {
            diag_error(p->diag, pd->asked->place,
                       "%s cannot be %s: nothing here fills its section %s", image->name, pd->name,
                       image->others[i]);
        }
    }
}

struct plan *plan_make(const struct scenario *s,
                       void (*class_build)(struct plan *, uint32_t instance), const char *image_dir,
                       struct arena *arena, struct diag *diag)
{
    struct plan *p = arena_alloc(arena, sizeof *p);
    size_t errors_before = diag->errors;

    p->scenario = s;
    p->arena = arena;
    p->diag = diag;
    p->image_dir = image_dir;
    p->io_next = IO_BASE;
    add_clients(p);
    for (uint32_t i = 0; i < s->instance_count; i++) {
        class_build(p, i);
    }
    for (size_t i = 0; i < s->capture_count; i++) {
        add_capture(p, &s->captures[i]);
    }
    sort_maps(p);
    bool wired = diag->errors == errors_before;
    for (uint32_t i = 0; wired && i < p->pd_count; i++) {
        check_told(p, &p->pds[i]);
    }
    uint32_t images = p->pd_count - p->device_count;
    if (images > PLAN_MICROKIT_PDS_MAX) {
        diag_warn(diag, (struct diag_place){.file = s->path, .path = ""},
                  "%u protection domains: this runs here, but Microkit allows %u", images,
                  PLAN_MICROKIT_PDS_MAX);
    }
    return diag->errors == errors_before ? p : NULL;
}
