/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does a run in virtual time still get anywhere? Time that passes is no answer: domains may wake
 * each other for ever while nothing moves, and a driver may ask a dead device for ever.
 */
#include "sim/exec/domain.h"
#include "sim/exec/virtual_parts.h"

#define STANDSTILL_WAKES 4096u /* in which nothing moved although something waits */

/* By domain: how many queues it has. A device has none that moves. */
static uint32_t *count_queues(const struct plan *plan, struct arena *arena)
{
    uint32_t *counts = arena_array(arena, plan->pd_count, sizeof *counts);
    uint32_t queues[MOVES_QUEUES_MAX];

    for (uint32_t pd = 0; pd < plan->pd_count; pd++) {
        counts[pd] = (uint32_t)moves_queue_list(plan, pd, queues);
    }
    return counts;
}

static uint64_t moved_in_all(const struct virtual *v)
{
    const struct plan *plan = v->s->world->plan;
    uint64_t sum = 0;

    for (uint32_t pd = 0; pd < plan->pd_count; pd++) {
        const struct moves_counts *c = &v->s->world->pages[pd]->counts;

        for (uint32_t i = 0; i < v->still.queues[pd]; i++) {
            sum += c->queues[i].moved;
        }
    }
    return sum;
}

/* A frame queue with something in it, whose consumer lives. Of its two ends both are to be relied
 * on: what the others leave there, or claim to have left, is their own loss. */
static uint32_t waiting_queue(const struct virtual *v)
{
    const struct plan *plan = v->s->world->plan;

    for (uint32_t i = 0; i < plan->queue_count; i++) {
        const struct queue_shape *q = &plan->queues[i];
        const uint8_t *base = world_queue(v->s->world, i);

        if (q->carries_frames && !plan_suspect(plan, q->producer) &&
            !plan_suspect(plan, q->consumer) && !v->s->pds[q->consumer].died &&
            queue_load_index(base + q->tail_offset, q->index_bytes) !=
                queue_load_index(base + q->head_offset, q->index_bytes)) {
            return i;
        }
    }
    return PLAN_NONE;
}

/* A device that has filled more than its driver, which is to be relied on, has taken. */
static uint32_t waiting_device(const struct virtual *v)
{
    const struct plan *plan = v->s->world->plan;

    for (uint32_t i = 0; i < plan->device_count; i++) {
        const struct plan_device *d = &plan->devices[i];

        if (!plan_suspect(plan, d->pd) && !plan_suspect(plan, d->driver) &&
            !v->s->pds[d->driver].died &&
            v->s->world->pages[d->pd]->device.rx_written >
                v->s->world->pages[d->driver]->counts.from_device) {
            return i;
        }
    }
    return PLAN_NONE;
}

/* A device whose interrupt is up although its driver, to be relied on as is the device, is the one
 * who woke: what raised it is not seen to. */
static uint32_t raised_device(const struct virtual *v, uint32_t pd)
{
    const struct plan *plan = v->s->world->plan;

    for (uint32_t i = 0; i < v->kernel.line_count; i++) {
        const struct kernel_line *line = &v->kernel.lines[i];
        const struct plan_device *d = &plan->devices[line->device];

        if (line->level && line->pd == pd && !plan_suspect(plan, pd) &&
            !plan_suspect(plan, d->pd) && !v->s->pds[pd].died) {
            return line->device;
        }
    }
    return PLAN_NONE;
}

/* How often it was woken; one whose line is up may be given its next interrupt before it waits. */
static uint64_t wakes_of(const struct virtual *v, uint32_t pd)
{
    const struct pd_page *page = v->s->world->pages[pd];
    uint64_t wakes = v->kernel.domains[pd].activations;
    uint64_t entries = atomic_load_explicit(&page->entries, memory_order_relaxed);

    return v->s->world->plan->pds[pd].kind == PD_IMAGE && entries > wakes ? entries : wakes;
}

/* Since something moved last. */
static uint64_t wakes_since(struct virtual *v, bool moved, uint32_t *most)
{
    uint64_t sum = 0, best = 0;

    *most = PLAN_NONE;
    for (uint32_t pd = 0; pd < v->s->world->plan->pd_count; pd++) {
        uint64_t now = wakes_of(v, pd), since = now - v->still.wakes[pd];

        if (moved) {
            v->still.wakes[pd] = now;
            continue;
        }
        sum += since;
        if (since > best) {
            best = since;
            *most = pd;
        }
    }
    return sum;
}

void standstill_look(struct virtual *v)
{
    if (!v->still.asked || v->begun_ps == 0) {
        return;
    }
    struct virtual_standstill *found = &v->s->virtual_result->standstill;
    uint64_t moved = moved_in_all(v);
    uint32_t most;
    uint64_t wakes = wakes_since(v, moved != v->still.moved, &most);

    v->still.moved = moved;
    if (wakes < STANDSTILL_WAKES || found->wakes != 0) {
        return;
    }
    uint32_t queue = waiting_queue(v), device = waiting_device(v), line = raised_device(v, most);

    if (queue != PLAN_NONE || device != PLAN_NONE || line != PLAN_NONE) {
        *found = (struct virtual_standstill){.at_ps = v->kernel.now_ps,
                                             .wakes = wakes,
                                             .pd = most,
                                             .queue = queue,
                                             .device = device,
                                             .line = line};
    }
}

#define ASKED_DEAD 65536u /* so often while nothing moves: then nothing ever will */

/* Is there a device that lives and may yet bring something? */
static bool others_bring(const struct virtual *v)
{
    const struct plan *plan = v->s->world->plan;

    for (uint32_t i = 0; i < plan->device_count; i++) {
        uint32_t pd = plan->devices[i].pd;

        if (!v->s->pds[pd].died && atomic_load(&v->s->world->pages[pd]->device.finished) == 0) {
            return true;
        }
    }
    return false;
}

/* A register of a device that died says nothing new, and a driver that waits for a reset to be over
 * asks for ever. If that is all that happens, and no time is set for the end, this is the end. */
void standstill_dead(struct virtual *v, uint32_t device)
{
    struct supervise *s = v->s;
    struct asked_dead *a = &v->still.asked_dead[device], now = {.count = a->count + 1};
    uint32_t driver = s->world->plan->devices[device].driver;
    bool endless = v->begun_ps == 0 || (s->after_ns == 0 && !others_bring(v));

    if (now.count % ASKED_DEAD == 0) {
        now.moved = moved_in_all(v);
        now.wakes = v->kernel.domains[driver].activations;
        if (endless && now.count > ASKED_DEAD && now.moved == a->moved && now.wakes == a->wakes) {
            s->stuck_pd = driver;
            s->stuck_on = s->world->plan->devices[device].pd;
            v->kernel.halt = KERNEL_HOST;
        }
        *a = now;
    } else {
        a->count = now.count;
    }
}

void standstill_init(struct virtual *v, struct arena *arena)
{
    const struct plan *plan = v->s->world->plan;

    v->still = (struct standstill){
        .asked = plan_checks(plan, "liveness"),
        .wakes = arena_array(arena, plan->pd_count, sizeof *v->still.wakes),
        .queues = count_queues(plan, arena),
        .asked_dead = arena_array(arena, plan->device_count, sizeof *v->still.asked_dead)};
}
