/* SPDX-License-Identifier: BSD-2-Clause */
/* Making and unmaking the world; see the header. */
#include "sim/exec/world.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sim/exec/place.h"

/* What the supervisor looks at: pages, channels, queues, posted writes, captures. Never packet
 * data, but where it is what stands between caches and memory. */
static bool viewed(const struct plan_region *r)
{
    return r->kind == REGION_PAGE || r->kind == REGION_CHANNEL || r->kind == REGION_QUEUES ||
           r->kind == REGION_MMIO || r->kind == REGION_CAPTURE || r->kind == REGION_MEMORY ||
           r->incoherent;
}

/* A large plan needs more descriptors than the usual limit; the hard one is ours to use. */
static void allow_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int create_region(struct world *w, uint32_t region)
{
    const struct plan_region *r = &w->plan->regions[region];
    int fd = memfd_create(r->name, MFD_CLOEXEC);

    if (fd < 0) {
        return -errno;
    }
    w->region_fds[region] = fd;
    if (ftruncate(fd, (off_t)r->bytes) != 0) {
        return -errno;
    }
    if (!viewed(r)) {
        return 0;
    }
    void *view = mmap(NULL, r->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (view == MAP_FAILED) {
        return -errno;
    }
    w->views[region] = view;
    /* A domain is a fork of the supervisor: it must not find the supervisor's views in its memory.
     */
    return madvise(view, r->bytes, MADV_DONTFORK) == 0 ? 0 : -errno;
}

int world_create(struct world *w, const struct plan *plan, const char *images, const char *logs,
                 char *why, size_t why_bytes)
{
    struct arena *arena = plan->arena;
    cpu_set_t allowed;
    int error = 0;

    *w = (struct world){.plan = plan,
                        .arena = arena,
                        .images = images,
                        .logs = logs,
                        .supervisor = getpid(),
                        .confine = true,
                        .region_fds = arena_array(arena, plan->region_count, sizeof(int)),
                        .doorbells = arena_array(arena, plan->pd_count + 1, sizeof(int)),
                        .views = arena_array(arena, plan->region_count, sizeof(uint8_t *)),
                        .pages = arena_array(arena, plan->pd_count, sizeof(struct pd_page *)),
                        .cpus = arena_array(arena, plan->pd_count, sizeof(int)),
                        .polls = arena_array(arena, plan->pd_count, sizeof(bool)),
                        .crowded = arena_array(arena, plan->pd_count, sizeof(bool))};
    memset(w->region_fds, 0xff, plan->region_count * sizeof(int));
    memset(w->doorbells, 0xff, (plan->pd_count + 1) * sizeof(int));
    allow_descriptors();
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        CPU_ZERO(&allowed);
    }
    place_domains(w, &allowed);
    for (uint32_t i = 0; i < plan->region_count; i++) {
        error = create_region(w, i);
        if (error != 0) {
            snprintf(why, why_bytes, "create shared memory %s of %llu bytes", plan->regions[i].name,
                     (unsigned long long)plan->regions[i].bytes);
            goto fail;
        }
    }
    for (uint32_t i = 0; i <= plan->pd_count; i++) {
        w->doorbells[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (w->doorbells[i] < 0) {
            error = -errno;
            snprintf(why, why_bytes, "create a doorbell for %s",
                     i < plan->pd_count ? plan->pds[i].name : "the supervisor");
            goto fail;
        }
    }
    for (uint32_t i = 0; i < plan->pd_count; i++) {
        w->pages[i] = (struct pd_page *)w->views[plan->pds[i].page];
    }
    clock_calibrate(&w->scale);
    w->epoch_ns = clock_host_ns();
    return 0;
fail:
    world_destroy(w);
    return error;
}

int world_map(const struct world *w, const struct plan_map *map)
{
    const struct plan_region *region = &w->plan->regions[map->region];
    bool writes = (map->rights & RIGHT_WRITE) != 0;
    void *want = (void *)(uintptr_t)map->vaddr;
    int fd = w->region_fds[map->region], error = 0;
    char path[64];

    if (!writes) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            return -errno;
        }
    }
    void *got = mmap(want, region->bytes, PROT_READ | (writes ? PROT_WRITE : 0),
                     MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_POPULATE, fd, 0);
    if (got != want) {
        error = got == MAP_FAILED ? -errno : -EEXIST;
    }
    if (!writes) {
        close(fd);
    }
    /* The map stays, at the plan's address. */
    /* cppcheck-suppress memleak */
    return error;
}

struct wire_world world_clients(const struct plan *plan, const struct plan_device *device)
{
    size_t count = plan->scenario->client_count;
    struct wire_client *clients = arena_array(plan->arena, count + 1, sizeof *clients);

    for (size_t i = 0; i < count; i++) {
        const struct plan_pd *pd = &plan->pds[plan->client_pds[i]];

        clients[i].name = pd->name;
        clients[i].here = plan_serves(plan, device, plan->client_pds[i]);
        if (pd->mac_count > 0) {
            memcpy(clients[i].mac, pd->macs[0], 6);
        }
    }
    return (struct wire_world){.seed = plan->scenario->seed,
                               .virtual_time = plan->scenario->clock == CLOCK_VIRTUAL,
                               .wire_name =
                                   device->wire < 0 ? "" : plan->scenario->wires[device->wire].name,
                               .clients = clients,
                               .client_count = count};
}

const uint64_t world_one_ring = 1;

void world_ring(const struct world *w, uint32_t target)
{
    if (target != PLAN_NONE && w->bells != NULL) {
        bell_ring(world_bell(w, target));
        return;
    }
    int fd = w->doorbells[target == PLAN_NONE ? w->plan->pd_count : target];

    /* A full counter fails with EAGAIN, which means that it has been rung already. */
    if (write(fd, &world_one_ring, sizeof world_one_ring) < 0) {
        return;
    }
}

void world_relax(const struct world *w, uint32_t pd)
{
    if (w->crowded[pd]) {
        sched_yield();
        return;
    }
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

void world_destroy(struct world *w)
{
    if (w->plan == NULL) {
        return;
    }
    for (uint32_t i = 0; i < w->plan->region_count; i++) {
        if (w->views[i] != NULL) {
            munmap(w->views[i], w->plan->regions[i].bytes);
        }
        if (w->region_fds[i] >= 0) {
            close(w->region_fds[i]);
        }
    }
    for (uint32_t i = 0; i <= w->plan->pd_count; i++) {
        if (w->doorbells[i] >= 0) {
            close(w->doorbells[i]);
        }
    }
    *w = (struct world){0};
}
