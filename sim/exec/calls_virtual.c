/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls in virtual time: each is charged, then left as a request in the domain's turn, and
 * the processor is given back to whoever carries it out. And points: each moves the domain's clock
 * by what the operation costs on the platform, up to the horizon at most, where whatever comes
 * first is let happen.
 */
#include <stdio.h>
#include <string.h>

#include "sim/exec/domain.h"
#include "sim/exec/stack.h"
#include "sim/exec/stray.h"
#include "sim/exec/weak.h"
#include "sim/kernel/kernel.h"

/* What a domain pays, in picoseconds; made once from the platform. */
static void spread(const struct platform *p, struct rng *dice, uint64_t *costs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        costs[i] = platform_spread(p, dice, costs[i]);
    }
}

/* Where costs are a matter of chance, each domain has its own. */
static void spread_costs(struct domain_costs *costs, const struct platform *p,
                         const struct plan *plan, uint32_t pd)
{
    struct rng dice;
    char name[SDDF_NAME_LENGTH + 8];

    snprintf(name, sizeof name, "costs.%s", plan->pds[pd].name);
    rng_init(&dice, plan->scenario == NULL ? 0 : plan->scenario->seed, name);
    spread(p, &dice, costs->entry_ps, PLATFORM_ENTRIES);
    spread(p, &dice, costs->op_ps, POINT_OPS);
    spread(p, &dice, &costs->wake_ps, 1);
    spread(p, &dice, &costs->notified_ps, 1);
    spread(p, &dice, &costs->byte_ps_1024, 1);
    spread(p, &dice, &costs->copy_ps_1024, 1);
    spread(p, &dice, &costs->clean_ps_1024, 1);
    spread(p, &dice, &costs->invalidate_ps_1024, 1);
}

static void fill_costs(struct domain_costs *costs, const struct platform *p, const char *image,
                       bool barriers)
{
    const struct platform_image *work = platform_image(p, image);

    for (int i = 0; i < PLATFORM_ENTRIES; i++) {
        costs->entry_ps[i] = kernel_ps(p, p->entry[i]);
    }
    for (int i = 0; i < POINT_OPS; i++) {
        costs->op_ps[i] = kernel_ps(p, p->op[i]);
    }
    uint64_t barrier_ps = barriers ? kernel_ps(p, p->barrier) : 0;
    static const enum point_op fenced[] = {POINT_ENQUEUE, POINT_DEQUEUE, POINT_REQUEST,
                                           POINT_REQUIRE};

    for (size_t i = 0; i < sizeof fenced / sizeof fenced[0]; i++) {
        costs->op_ps[fenced[i]] += barrier_ps;
    }
    costs->op_ps[POINT_ENQUEUE] += kernel_ps(p, work->enqueue);
    costs->op_ps[POINT_DEQUEUE] += kernel_ps(p, work->dequeue);
    costs->wake_ps = kernel_ps(p, work->wake);
    costs->notified_ps = kernel_ps(p, work->notified);
    /* Per 1024 units, so that thousandths of a cycle at any clock keep their fraction. */
    costs->byte_ps_1024 = kernel_ps(p, work->byte_milli * 1024) / 1000;
    costs->copy_ps_1024 = kernel_ps(p, p->copy_byte_milli * 1024) / 1000;
    costs->copy_uncached_ps_1024 = kernel_ps(p, p->copy_uncached_byte_milli * 1024) / 1000;
    costs->clean_ps_1024 = kernel_ps(p, p->clean_line_milli * 1024) / 1000;
    costs->invalidate_ps_1024 = kernel_ps(p, p->invalidate_line_milli * 1024) / 1000;
    costs->line_bytes = p->line_bytes;
}

/* Is there anything uncached that this domain maps, or, of that, at this address? */
static bool is_uncached(const struct domain *d, const volatile void *where)
{
    const struct plan *plan = d->plan;

    for (uint32_t i = 0; i < plan->map_count; i++) {
        const struct plan_map *map = &plan->maps[i];
        const struct plan_region *region = &plan->regions[map->region];

        if (map->pd == d->pd && region->uncached &&
            (where == NULL || (uint64_t)(uintptr_t)where - map->vaddr < region->bytes)) {
            return true;
        }
    }
    return false;
}

void calls_virtual_init(struct domain *d, const struct platform *platform, const char *image)
{
    d->calls = &calls_virtual;
    d->turn = &d->page->turn;
    d->costs.window_base = PLAN_WINDOW_BASE + d->pd * PLAN_WINDOW_BYTES;
    fill_costs(&d->costs, platform, image, platform->barriers && !d->plan->pds[d->pd].one_core);
    d->costs.uncached = is_uncached(d, NULL);
    spread_costs(&d->costs, platform, d->plan, d->pd);
}

/* -- the clock -- */

/*
 * What others see of its stores when it calls: all of them, where it signals or answers somebody.
 * A register is on another bus, so the device may see what was stored before it later, but for what
 * a fence puts before it, or where stores keep their order anyway. Nor does waiting make anything
 * visible; but no load is made early across an entry into the kernel.
 */
static __attribute__((noinline)) void let_see(struct domain *d, enum turn_request request)
{
    bool loose = d->plan->scenario->memory == MEMORY_WEAK;

    switch (request) {
    case TURN_TICK:
        weak_yield(d, WEAK_DUE);
        break;
    case TURN_MMIO_READ:
    case TURN_MMIO_WRITE:
        weak_yield(d, loose ? WEAK_FENCED : WEAK_ALL);
        break;
    case TURN_ACK:
    case TURN_WAIT:
        weak_yield(d, loose && d->turn->deferred != TURN_DEFERRED_NOTIFY ? WEAK_ENTRY : WEAK_ALL);
        break;
    default:
        weak_yield(d, WEAK_ALL);
    }
    domain_look(d);
}

static void ask(struct domain *d, enum turn_request request)
{
    if (__builtin_expect(d->weak != NULL, 0)) {
        let_see(d, request);
    }
    d->turn->request = request;
    d->exec->request(d->exec->context);
}

/* Somebody wants to know in which loop it is: from here back to the image. */
static __attribute__((noinline)) void leave_place(struct domain *d)
{
    const struct stray why = {.fp = (uint64_t)(uintptr_t)__builtin_frame_address(0)};

    atomic_store(&d->page->order_where, 0);
    stack_leave(&d->page->death.stack, d, &why);
}

/* As far as the horizon; the kernel lets the rest pass, with whatever comes first. */
static __attribute__((noinline)) void pay_beyond(struct domain *d, uint64_t ps)
{
    struct turn *t = d->turn;

    if (__builtin_expect(atomic_load_explicit(&d->page->order_where, memory_order_relaxed), 0)) {
        leave_place(d);
    }
    t->rest_ps = ps - (t->horizon_ps - t->now_ps);
    t->now_ps = t->horizon_ps;
    ask(d, TURN_TICK);
}

static inline void pay(struct domain *d, uint64_t ps)
{
    struct turn *t = d->turn;

    if (__builtin_expect(t->now_ps + ps < t->horizon_ps, 1)) {
        t->now_ps += ps;
    } else {
        pay_beyond(d, ps);
    }
}

static inline void pay_entry(struct domain *d, enum platform_entry entry)
{
    turn_entry(d->turn, entry, d->costs.entry_ps[entry]);
    pay(d, d->costs.entry_ps[entry]);
}

static void pay_work(struct domain *d, enum turn_work work, uint64_t ps)
{
    d->turn->account.work_ps[work] += ps;
    pay(d, ps);
}

/*
 * An address as an offset in the domain's window. One that the plan does not give, such as an
 * image's own variable, lies somewhere else in every run, and counts as the beginning of the
 * window: neither the digest nor a cost may depend on it.
 */
static inline uint64_t planned(const struct domain *d, const volatile void *where)
{
    uint64_t offset = (uint64_t)(uintptr_t)where - d->costs.window_base;

    return offset < PLAN_WINDOW_BYTES ? offset : 0;
}

static uint64_t lines(const struct domain *d, const volatile void *where, uint64_t bytes)
{
    uint64_t at = planned(d, where);
    uint64_t first = at / d->costs.line_bytes;
    uint64_t last = (at + bytes - 1) / d->costs.line_bytes;

    return bytes == 0 ? 0 : last - first + 1;
}

static uint64_t units_ps(const struct domain *d, enum point_op op, const volatile void *where,
                         uint64_t units)
{
    switch (op) {
    case POINT_COPY:
        /* Writes go by way of a buffer; it is reads that wait for memory. */
        return d->costs.uncached && is_uncached(d, where)
                   ? units * d->costs.copy_uncached_ps_1024 / 1024
                   : units * d->costs.copy_ps_1024 / 1024;
    case POINT_CACHE_CLEAN:
        return lines(d, where, units) * d->costs.clean_ps_1024 / 1024;
    case POINT_CACHE_INVALIDATE:
        return lines(d, where, units) * d->costs.invalidate_ps_1024 / 1024;
    default:
        return 0;
    }
}

/* A point whose cost is always the same; most are. */
static inline void do_point(struct domain *d, enum point_op op, const volatile void *where,
                            uint64_t units, uint64_t ps)
{
    struct turn *t = d->turn;

    t->hash = turn_mix(t->hash, (uint64_t)op << 56 ^ planned(d, where) ^ units);
    t->account.op_ps[op] += ps;
    t->account.op_count[op]++;
    pay(d, ps);
}

#define FLAG_POINTS (1u << POINT_REQUEST | 1u << POINT_CANCEL | 1u << POINT_REQUIRE)
#define UNIT_POINTS (~0u << POINT_COPY) /* they cost by the unit */

/* Of a flag whose use is followed, what it is once the operation has been paid for is what the
 * image will find. */
static __attribute__((noinline)) void on_odd_point(enum point_op op, const volatile void *where,
                                                   uint64_t units, const void *place)
{
    struct domain *d = domain_current;

    registers_settle(d);
    if (op >= POINT_COPY) {
        if (d->weak != NULL && op != POINT_COPY) {
            weak_yield(d, WEAK_ALL); /* who sees to caches waits until that is done */
        }
        domain_look(d);
        do_point(d, op, where, units, d->costs.op_ps[op] + units_ps(d, op, where, units));
        if (op == POINT_COPY && d->moves != NULL) {
            weak_show(d);
            moves_copies(d->moves, where, units);
            weak_hide(d);
        }
        return;
    }
    do_point(d, op, where, units, d->costs.op_ps[op]);
    if (d->follows && (FLAG_POINTS >> op & 1) != 0) {
        if (d->weak != NULL && op != POINT_REQUEST) {
            weak_flag(d, op, where, domain_place(d, place));
            return;
        }
        moves_flag(d->moves, op, where, domain_place(d, place));
    }
}

void calls_virtual_access(struct domain *d, const volatile void *where, size_t bytes,
                          uint64_t longer_ps)
{
    domain_look(d);
    do_point(d, POINT_ACCESS, where, bytes, d->costs.op_ps[POINT_ACCESS] + longer_ps);
}

/* There are some fifty of these to a frame, so the usual one calls nobody. */
static void on_point(enum point_op op, const volatile void *where, uint64_t units)
{
    struct domain *d = domain_current;

    if (__builtin_expect(d->odd_points >> op & 1, 0)) {
        on_odd_point(op, where, units, __builtin_return_address(0));
    } else {
        do_point(d, op, where, units, d->costs.op_ps[op]);
    }
}

void calls_virtual_find_odd(struct domain *d)
{
    d->odd_points = UNIT_POINTS | (d->follows ? FLAG_POINTS : 0);
    if (d->unsettled.bytes != 0) {
        d->odd_points = ~0u; /* what it left behind comes first */
    }
}

void calls_virtual_hook(struct domain *d)
{
    calls_virtual_find_odd(d);
    sddfsim_point_hook = on_point;
}

void calls_virtual_pay_frame(struct domain *d, uint64_t bytes)
{
    pay_work(d, TURN_WORK_BYTES, bytes * d->costs.byte_ps_1024 / 1024);
}

/* -- system calls -- */

/* Its own log is at the other end, and the kernel knows nothing of that. */
static bool is_for_console(const struct domain *d)
{
    const struct plan_channel *channel = d->channels[d->deferred.channel].plan;

    return d->deferred.kind == DEFERRED_NOTIFY && channel != NULL &&
           channel->kind == CHANNEL_CONSOLE;
}

static void carry_deferred(struct domain *d)
{
    static const uint32_t kinds[] = {[DEFERRED_NONE] = TURN_DEFERRED_NONE,
                                     [DEFERRED_NOTIFY] = TURN_DEFERRED_NOTIFY,
                                     [DEFERRED_ACK] = TURN_DEFERRED_ACK};

    if (is_for_console(d)) {
        domain_flush_deferred(d);
    }
    d->turn->deferred = kinds[d->deferred.kind];
    d->turn->deferred_channel = d->deferred.channel;
    if (d->deferred.kind == DEFERRED_NOTIFY) {
        page_count(&d->page->signals_sent);
    }
    d->deferred.kind = DEFERRED_NONE;
}

static uint64_t deadline_ps(const struct domain *d)
{
    bool plain = d->faults.count == 0 && d->console_badge == 0;
    uint64_t at_ns = plain ? d->timeout_ns : domain_deadline(d);

    return at_ns > UINT64_MAX / 1000 - 1 ? UINT64_MAX : at_ns * 1000;
}

static struct domain_wake virtual_next(struct domain *d)
{
    struct turn *t = d->turn;
    struct domain_wake wake;

    do {
        pay_entry(d, t->replies ? PLATFORM_REPLY : PLATFORM_WAIT);
        carry_deferred(d);
        t->deadline_ps = deadline_ps(d);
        enum turn_request request = t->replies ? TURN_REPLY : TURN_WAIT;
        t->replies = 0;
        atomic_store_explicit(&d->page->state, PD_IDLE, memory_order_relaxed);
        ask(d, request);
        atomic_store_explicit(&d->page->state, PD_RUNNING, memory_order_relaxed);
        domain_end_if_told(d);
        wake.badge = t->badge | domain_own_badge(d);
        wake.call = t->is_call ? t->call : PLAN_CHANNELS_MAX;
    } while (wake.badge == 0 && wake.call == PLAN_CHANNELS_MAX && !domain_fault_waits(d));
    pay_work(d, TURN_WORK_WAKE,
             d->costs.wake_ps + (unsigned)__builtin_popcountll(wake.badge) * d->costs.notified_ps);
    return wake;
}

static void virtual_ready(struct domain *d)
{
    atomic_store(&d->page->ready, 1);
    ask(d, TURN_READY);
}

static void virtual_notify(struct domain *d, struct domain_channel *c)
{
    pay_entry(d, PLATFORM_NOTIFY);
    d->turn->channel = (uint32_t)(c - d->channels);
    ask(d, TURN_NOTIFY);
}

static void virtual_ack(struct domain *d, struct domain_channel *c)
{
    pay_entry(d, PLATFORM_ACK);
    d->turn->channel = (uint32_t)(c - d->channels);
    ask(d, TURN_ACK);
}

static uint64_t virtual_call(struct domain *d, struct domain_channel *c, uint64_t info)
{
    pay_entry(d, PLATFORM_CALL);
    d->turn->channel = (uint32_t)(c - d->channels);
    memcpy(d->turn->mrs, d->mrs, sizeof d->mrs);
    d->turn->a = info;
    ask(d, TURN_CALL);
    domain_end_if_told(d);
    memcpy(d->mrs, d->turn->mrs, sizeof d->mrs);
    return d->turn->a;
}

static uint64_t virtual_receive(struct domain *d, struct domain_channel *c)
{
    (void)c;
    memcpy(d->mrs, d->turn->mrs, sizeof d->mrs);
    return d->turn->a;
}

static void virtual_refuse(struct domain *d)
{
    pay_entry(d, PLATFORM_NOTIFY);
}

/* The answer goes out with the next wait, as one system call. */
static void virtual_reply(struct domain *d, struct domain_channel *c, uint64_t info)
{
    (void)c;
    memcpy(d->turn->mrs, d->mrs, sizeof d->mrs);
    d->turn->a = info;
    d->turn->replies = 1;
}

static void virtual_mmio_write(struct domain *d, uint32_t offset, unsigned bytes, uint64_t value)
{
    d->turn->a = offset;
    d->turn->b = bytes;
    d->turn->c = value;
    d->turn->place = domain_place(d, d->place);
    ask(d, TURN_MMIO_WRITE);
}

static uint64_t virtual_mmio_read(struct domain *d, uint32_t offset, unsigned bytes)
{
    d->turn->a = offset;
    d->turn->b = bytes;
    d->turn->c = 0;
    d->turn->place = domain_place(d, d->place);
    ask(d, TURN_MMIO_READ);
    return d->turn->a;
}

/* A part at a time, to see whether the run is over. */
static void virtual_burn(struct domain *d, uint64_t ns)
{
    const uint64_t part_ns = 1000000;

    while (ns > 0) {
        uint64_t now_ns = ns < part_ns ? ns : part_ns;

        pay(d, now_ns * 1000);
        domain_end_if_told(d);
        ns -= ns == UINT64_MAX ? 0 : now_ns;
    }
}

static void virtual_stop(struct domain *d)
{
    ask(d, TURN_STOP);
}

static void virtual_cache(struct domain *d, uint64_t start, uint64_t bytes, bool invalidate)
{
    d->turn->a = planned(d, (const void *)(uintptr_t)start);
    d->turn->b = bytes;
    d->turn->c = invalidate;
    ask(d, TURN_CACHE);
}

static void virtual_drain(struct domain *d)
{
    if (d->plan->pds[d->pd].kind == PD_DEVICE) {
        d->exec->drain(d->exec->context);
    } else {
        ask(d, TURN_DRAIN);
    }
}

const struct domain_calls calls_virtual = {.ready = virtual_ready,
                                           .next = virtual_next,
                                           .notify = virtual_notify,
                                           .ack = virtual_ack,
                                           .call = virtual_call,
                                           .receive = virtual_receive,
                                           .reply = virtual_reply,
                                           .refuse = virtual_refuse,
                                           .mmio_write = virtual_mmio_write,
                                           .mmio_read = virtual_mmio_read,
                                           .burn = virtual_burn,
                                           .stop = virtual_stop,
                                           .cache = virtual_cache,
                                           .drain = virtual_drain};
