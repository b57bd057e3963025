/* SPDX-License-Identifier: BSD-2-Clause */
/* What the simulated processor did, from picoseconds to cycles and from tables to names. */
#include "sim/exec/virtual.h"
#include "sim/system_parts.h"

static const char *const entry_names[PLATFORM_ENTRIES] = {
    [PLATFORM_NOTIFY] = "kernel.notify", [PLATFORM_WAIT] = "kernel.wait",
    [PLATFORM_SWITCH] = "kernel.switch", [PLATFORM_IRQ] = "kernel.irq",
    [PLATFORM_ACK] = "kernel.ack",       [PLATFORM_CALL] = "kernel.call",
    [PLATFORM_REPLY] = "kernel.reply",   [PLATFORM_CROSS_CORE] = "kernel.cross_core"};

/* The points that are kernel entries have no cost of their own, and are not named twice. */
static const char *const op_names[POINT_OPS] = {[POINT_ENQUEUE] = "enqueue",
                                                [POINT_DEQUEUE] = "dequeue",
                                                [POINT_REQUEST] = "request",
                                                [POINT_CANCEL] = "cancel",
                                                [POINT_REQUIRE] = "require",
                                                [POINT_MMIO_READ] = "mmio_read",
                                                [POINT_MMIO_WRITE] = "mmio_write",
                                                [POINT_COPY] = "copy",
                                                [POINT_CACHE_CLEAN] = "cache_clean",
                                                [POINT_CACHE_INVALIDATE] = "cache_invalidate",
                                                [POINT_ACCESS] = "access"};

static const char *const work_names[TURN_WORKS] = {
    [TURN_WORK_WAKE] = "image.wake", [TURN_WORK_BYTES] = "image.bytes"};

#define WORKS_MAX (PLATFORM_ENTRIES + POINT_OPS + TURN_WORKS)

static uint64_t cycles(const struct run *r, uint64_t ps)
{
    return (uint64_t)((unsigned __int128)ps * r->s.platform->clock_hz / 1000000000000u);
}

static uint64_t ppm(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : (uint64_t)((unsigned __int128)part * 1000000 / whole);
}

static void add_work(struct report_work *works, size_t *count, const char *name, uint64_t times,
                     uint64_t in_cycles)
{
    if (name != NULL && (times != 0 || in_cycles != 0)) {
        works[(*count)++] = (struct report_work){name, times, in_cycles};
    }
}

static struct report_cycles pd_cycles(struct run *r, const struct virtual_pd *p)
{
    struct report_work *works = arena_array(r->arena, WORKS_MAX, sizeof *works);
    size_t count = 0;
    uint64_t kernel_ps = 0;

    for (int i = 0; i < PLATFORM_ENTRIES; i++) {
        kernel_ps += p->account.entry_ps[i];
        add_work(works, &count, entry_names[i], p->account.entry_count[i],
                 cycles(r, p->account.entry_ps[i]));
    }
    for (int i = 0; i < POINT_OPS; i++) {
        add_work(works, &count, op_names[i], p->account.op_count[i],
                 cycles(r, p->account.op_ps[i]));
    }
    for (int i = 0; i < TURN_WORKS; i++) {
        add_work(works, &count, work_names[i], i == TURN_WORK_WAKE ? p->activations : 0,
                 cycles(r, p->account.work_ps[i]));
    }
    return (struct report_cycles){.total = cycles(r, p->spent_ps),
                                  .kernel = cycles(r, kernel_ps),
                                  .activations = p->activations,
                                  .switches = p->switches,
                                  .works = works,
                                  .work_count = count};
}

static struct report_core *add_cores(struct run *r, struct report_cpu *cpu)
{
    const struct virtual_result *v = r->s.virtual_result;
    struct report_core *cores = arena_array(r->arena, v->core_count, sizeof *cores);
    uint64_t busy_ps = 0;

    for (uint32_t i = 0; i < v->core_count; i++) {
        uint64_t used_ps = v->busy_ps[i] < v->length_ps ? v->busy_ps[i] : v->length_ps;

        busy_ps += used_ps;
        cores[i] = (struct report_core){.busy_cycles = cycles(r, used_ps),
                                        .idle_cycles = cycles(r, v->length_ps - used_ps),
                                        .utilisation_ppm = ppm(used_ps, v->length_ps)};
    }
    cpu->core_count = v->core_count;
    cpu->busy_cycles = cycles(r, busy_ps);
    cpu->idle_cycles = cycles(r, v->length_ps * v->core_count - busy_ps);
    cpu->utilisation_ppm = ppm(busy_ps, v->length_ps * v->core_count);
    return cores;
}

const struct report_cpu *system_cpu(struct run *r)
{
    const struct virtual_result *v = r->s.virtual_result;

    if (v == NULL) {
        return NULL;
    }
    struct report_cpu *cpu = arena_alloc(r->arena, sizeof *cpu);
    struct report_cycles *pds = arena_array(r->arena, r->plan->pd_count, sizeof *pds);

    cpu->clock_hz = r->s.platform->clock_hz;
    cpu->packets = r->account.in;
    cpu->cores = add_cores(r, cpu);
    cpu->cycles_per_packet =
        cpu->packets == 0 ? 0 : (cpu->busy_cycles + cpu->packets / 2) / cpu->packets;
    for (uint32_t i = 0; i < r->plan->pd_count; i++) {
        pds[i] = pd_cycles(r, &v->pds[i]);
    }
    cpu->pds = pds;
    return cpu;
}
