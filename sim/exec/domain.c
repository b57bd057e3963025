/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain from its first instruction to its last: init, acknowledge every interrupt once, then
 * wait, gather the badge, call notified() for each bit in ascending order, answer protected calls,
 * settle the watch. The semantics are Microkit's; who wakes whom and when is the executor's.
 */
#include "sim/exec/domain.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <sddf/os/point.h>
#include <sddf/timer/protocol.h>

#include "sim/exec/console.h"
#include "sim/exec/weak.h"

#define COMPLAINTS_MAX 64u
#define TIMER_CALL_NS  500u /* to a timer driver and back, where that has to take time */

__thread struct domain *domain_current;

#define IMAGE_BYTES_MAX 0x10000000u /* beyond that, a place is somewhere else */

/* -- telling -- */

uint64_t domain_place(const struct domain *d, const void *place)
{
    uint64_t offset = (uint64_t)(uintptr_t)place - d->image_base;

    return d->image_base != 0 && place != NULL && offset < IMAGE_BYTES_MAX ? offset : 0;
}

void domain_event(struct domain *d, const struct probe *p)
{
    uint64_t at = atomic_load_explicit(&d->page->event_count, memory_order_relaxed);
    struct probe *slot = &d->page->events[at % PAGE_EVENTS_MAX];

    *slot = *p;
    slot->time_ns = domain_run_ns(d);
    slot->place = p->place != 0 ? p->place : domain_place(d, d->place);
    atomic_store_explicit(&d->page->event_count, at + 1, memory_order_release);
    if (d->turn != NULL) {
        d->turn->told = 1;
    }
}

static void tell(struct domain *d, enum probe_kind kind, uint32_t object, uint64_t a, uint64_t b)
{
    domain_event(d, &(struct probe){.kind = kind,
                                    .told = TOLD_BY_PD,
                                    .pd = d->pd,
                                    .object = object,
                                    .a = a,
                                    .b = b,
                                    .count = 1});
}

/* Without folders, so that it is the same wherever it was compiled. */
void domain_failed(struct domain *d, const char *assertion, const char *file, unsigned line,
                   const char *function)
{
    const char *slash = strrchr(file, '/');

    snprintf(d->page->death.assertion, sizeof d->page->death.assertion, "%s:%u, %s: %s",
             slash == NULL ? file : slash + 1, line, function, assertion);
}

void domain_print(struct domain *d, const char *text, size_t bytes)
{
    registers_settle(d);
    d->exec->write(d->exec->context, text, bytes);
}

/* It may be tried without end, which must fill neither the log nor the events: the kernel looks
 * each time, the reader needs no more than the beginning. */
static void complain(struct domain *d, const char *what, unsigned channel)
{
    char text[128];

    d->calls->refuse(d);
    if (d->complaints == COMPLAINTS_MAX) {
        return;
    }
    d->complaints++;
    int bytes =
        snprintf(text, sizeof text, "%s|WARNING: %s on channel %u, which it does not have\n",
                 d->plan->pds[d->pd].name, what, channel);

    domain_print(d, text, (size_t)bytes);
    tell(d, PROBE_CHANNEL_UNKNOWN, PLAN_NONE, channel, 0);
}

/* -- notifications -- */

/* The channel if the image may do that with it, NULL after a complaint. */
static struct domain_channel *usable(struct domain *d, unsigned channel,
                                     bool (*may)(const struct plan_end *), const char *what)
{
    if (channel < PLAN_CHANNELS_MAX && d->channels[channel].page != NULL) {
        struct domain_channel *c = &d->channels[channel];

        if (may(&c->plan->end[c->side])) {
            return c;
        }
    }
    complain(d, what, channel);
    return NULL;
}

static bool may_notify(const struct plan_end *end)
{
    return end->may_notify;
}

static bool may_call(const struct plan_end *end)
{
    return end->may_call;
}

static void note_signal(struct domain *d, const struct domain_channel *c)
{
    if (d->follows && c->plan->kind == CHANNEL_PEER) {
        weak_show(d);
        moves_signalled(d->moves, (uint32_t)(c->plan - d->plan->channels));
        weak_hide(d);
    }
}

void domain_notify(struct domain *d, unsigned channel)
{
    struct domain_channel *c = usable(d, channel, may_notify, "notify");

    if (c == NULL) {
        return;
    }
    if (c->plan->kind == CHANNEL_CONSOLE) {
        console_notify(d, c);
        return;
    }
    page_count(&d->page->signals_sent);
    note_signal(d, c);
    d->calls->notify(d, c);
}

static struct domain_channel *usable_irq(struct domain *d, unsigned channel, const char *what)
{
    if (channel < PLAN_CHANNELS_MAX && d->channels[channel].page != NULL &&
        d->channels[channel].plan->kind == CHANNEL_IRQ) {
        return &d->channels[channel];
    }
    complain(d, what, channel);
    return NULL;
}

void domain_irq_ack(struct domain *d, unsigned channel)
{
    struct domain_channel *c = usable_irq(d, channel, "irq_ack");

    if (c != NULL) {
        d->unacked &= ~(1ull << channel);
        d->calls->ack(d, c);
    }
}

/* The channel may be used so, or it is said that it may not. */
static bool deferrable(struct domain *d, enum deferred_kind kind, unsigned channel)
{
    return kind == DEFERRED_ACK ? usable_irq(d, channel, "deferred_irq_ack") != NULL
                                : usable(d, channel, may_notify, "deferred_notify") != NULL;
}

void domain_defer(struct domain *d, enum deferred_kind kind, unsigned channel)
{
    if (!deferrable(d, kind, channel)) {
        return;
    }
    if (d->deferred.kind != DEFERRED_NONE &&
        (d->deferred.kind != kind || d->deferred.channel != channel)) {
        tell(d, PROBE_DEFERRED_REPLACED, PLAN_NONE, d->deferred.channel, channel);
    }
    d->deferred.kind = kind;
    d->deferred.channel = channel;
    if (kind == DEFERRED_ACK) {
        d->unacked &= ~(1ull << channel);
    } else {
        note_signal(d, &d->channels[channel]);
    }
}

void domain_flush_deferred(struct domain *d)
{
    enum deferred_kind kind = d->deferred.kind;

    d->deferred.kind = DEFERRED_NONE;
    if (kind == DEFERRED_NOTIFY) {
        domain_notify(d, d->deferred.channel);
    } else if (kind == DEFERRED_ACK) {
        domain_irq_ack(d, d->deferred.channel);
    }
}

/* -- waiting -- */

void domain_end_if_told(struct domain *d)
{
    if (atomic_load_explicit(&d->page->order_stop, memory_order_relaxed) != 0) {
        if (atomic_load(&d->page->state) != PD_STOPPED) {
            atomic_store(&d->page->state, PD_ENDED);
        }
        if (d->moves != NULL) {
            moves_scan(d->moves);
        }
        d->exec->end(d->exec->context);
    }
}

/* Is there anything that one who slept would have been rung for? */
static bool has_work(const struct domain *d)
{
    for (unsigned i = 0; i < d->channel_count; i++) {
        const struct domain_channel *c = &d->channels[i];

        if (c->page != NULL &&
            (atomic_load_explicit(&c->page->word[c->side], memory_order_relaxed) != 0 ||
             ((d->callers >> i & 1) != 0 &&
              atomic_load(&c->page->call[c->side].state) == CALL_ASKED))) {
            return true;
        }
    }
    return d->served != NULL && mmio_pending(d->served);
}

static void look_until(struct domain *d, uint64_t deadline_ns)
{
    uint64_t go_ns = atomic_load_explicit(&d->page->order_go_ns, memory_order_relaxed);

    while (!has_work(d) && atomic_load_explicit(&d->page->order_stop, memory_order_relaxed) == 0 &&
           atomic_load_explicit(&d->page->order_go_ns, memory_order_relaxed) == go_ns &&
           (deadline_ns == DOMAIN_FOREVER || d->exec->now(d->exec->context) < deadline_ns)) {
        d->exec->relax(d->exec->context);
    }
}

void domain_wait(struct domain *d, uint64_t deadline_ns)
{
    atomic_store_explicit(&d->page->deadline_ns, deadline_ns, memory_order_relaxed);
    atomic_store(&d->page->state, PD_IDLE);
    /* Whoever waits for all to be quiet set its flag before it looked at our state, or sees it now.
     */
    if (atomic_load(&d->page->order_drain) != 0) {
        d->exec->ring(d->exec->context, PLAN_NONE);
    }
    if (d->polls) {
        look_until(d, deadline_ns);
    } else {
        d->exec->block(d->exec->context, deadline_ns);
    }
    atomic_store(&d->page->state, PD_RUNNING);
    domain_end_if_told(d);
}

uint64_t domain_own_badge(struct domain *d)
{
    uint64_t badge = d->console_badge;

    d->console_badge = 0;
    if (d->timeout_ns == DOMAIN_FOREVER || d->exec->now(d->exec->context) < d->timeout_ns) {
        return badge;
    }
    d->timeout_ns = DOMAIN_FOREVER;
    return badge | 1ull << d->timer_channel;
}

/* -- protected calls -- */

static uint64_t timer_call(struct domain *d, unsigned channel, uint64_t info)
{
    seL4_MessageInfo_t asked = {.words = {info}};
    uint64_t now = d->exec->now(d->exec->context);

    switch (seL4_MessageInfo_get_label(asked)) {
    case SDDF_TIMER_GET_TIME:
        if (now == d->asked_ns) { /* who asks until it is late enough must not ask for ever */
            d->calls->burn(d, TIMER_CALL_NS);
            now = d->exec->now(d->exec->context);
        }
        d->asked_ns = now;
        d->mrs[0] = now;
        return seL4_MessageInfo_new(0, 0, 0, 1).words[0];
    case SDDF_TIMER_SET_TIMEOUT:
        d->timer_channel = channel;
        d->timeout_ns = d->mrs[0] > DOMAIN_FOREVER - 1 - now ? DOMAIN_FOREVER - 1 : now + d->mrs[0];
        return seL4_MessageInfo_new(0, 0, 0, 0).words[0];
    default:
        complain(d, "unknown timer call", channel);
        return seL4_MessageInfo_new(0, 0, 0, 0).words[0];
    }
}

uint64_t domain_ppcall(struct domain *d, unsigned channel, uint64_t info)
{
    struct domain_channel *c = usable(d, channel, may_call, "ppcall");

    if (c == NULL) {
        return 0;
    }
    if (c->plan->kind == CHANNEL_TIMER) {
        return timer_call(d, channel, info);
    }
    return d->calls->call(d, c, info);
}

static struct class_call call_words(const struct domain *d, seL4_MessageInfo_t info)
{
    struct class_call call = {.label = seL4_MessageInfo_get_label(info),
                              .caps = (unsigned)(seL4_MessageInfo_get_capsUnwrapped(info) |
                                                 seL4_MessageInfo_get_extraCaps(info)),
                              .length = (unsigned)seL4_MessageInfo_get_length(info)};

    memcpy(call.words, d->mrs, sizeof call.words);
    return call;
}

static void judge_answer(struct domain *d, const struct domain_channel *c, unsigned channel,
                         const struct class_call *asked, seL4_MessageInfo_t info)
{
    if (d->judges_calls == NULL) {
        return;
    }
    struct class_call answer = call_words(d, info);
    enum call_wrong wrong =
        d->judges_calls->answer(d->plan, d->pd, channel, asked, &answer, d->answers);

    if (wrong != CALL_RIGHT) {
        tell(d, PROBE_CALL_WRONG, (uint32_t)(c->plan - d->plan->channels), asked->label, wrong);
    }
}

static void answer_call(struct domain *d, unsigned channel)
{
    struct domain_channel *c = &d->channels[channel];
    seL4_MessageInfo_t info = {.words = {d->calls->receive(d, c)}};

    if (d->entry.protected == NULL) {
        static const char text[] = "a protected call, but the image has no protected()\n";

        domain_print(d, text, sizeof text - 1);
        __builtin_trap();
    }
    struct class_call asked = call_words(d, info);

    info = d->entry.protected(channel, info);
    registers_settle(d);
    judge_answer(d, c, channel, &asked, info);
    d->calls->reply(d, c, info.words[0]);
}

/* -- registers -- */

static void stray_access(struct domain *d, uint64_t vaddr, bool write)
{
    char text[128];
    int bytes = snprintf(text, sizeof text, "%s of a register at %#llx, where no device is\n",
                         write ? "write" : "read", (unsigned long long)vaddr);

    domain_print(d, text, (size_t)bytes);
    *(volatile char *)(uintptr_t)vaddr; /* fault there, as it would on hardware */
    __builtin_trap();
}

/* By what its device knows the register at an address of a domain that has several windows. */
static uint32_t offset_in_windows(struct domain *d, uint64_t vaddr, bool write)
{
    const struct plan_registers *r = plan_registers_at(d->windows, d->window_count, vaddr);

    if (r == NULL) {
        stray_access(d, vaddr, write);
    }
    return r->offset + (uint32_t)(vaddr - r->vaddr);
}

static __attribute__((noinline)) void write_in_windows(struct domain *d, uint64_t vaddr,
                                                       unsigned bytes, uint64_t value)
{
    d->calls->mmio_write(d, offset_in_windows(d, vaddr, true), bytes, value);
}

static __attribute__((noinline)) uint64_t read_in_windows(struct domain *d, uint64_t vaddr,
                                                          unsigned bytes)
{
    return d->calls->mmio_read(d, offset_in_windows(d, vaddr, false), bytes);
}

void domain_mmio_write(struct domain *d, uint64_t vaddr, unsigned bytes, uint64_t value)
{
    uint64_t offset = vaddr - d->regs_vaddr;

    if (d->windows != NULL) {
        write_in_windows(d, vaddr, bytes, value);
        return;
    }
    if (offset >= d->regs_bytes) {
        stray_access(d, vaddr, true);
    }
    d->calls->mmio_write(d, (uint32_t)offset, bytes, value);
}

uint64_t domain_mmio_read(struct domain *d, uint64_t vaddr, unsigned bytes)
{
    uint64_t offset = vaddr - d->regs_vaddr;

    if (d->windows != NULL) {
        return read_in_windows(d, vaddr, bytes);
    }
    if (offset >= d->regs_bytes) {
        stray_access(d, vaddr, false);
    }
    return d->calls->mmio_read(d, (uint32_t)offset, bytes);
}

uint64_t domain_port(const struct domain *d, unsigned range, uint64_t port, unsigned bytes)
{
    for (const struct device_ports *p = d->ports; p != NULL && p->count != 0; p++) {
        uint64_t at = port - p->first;

        if (p->id == range && at < p->count && bytes <= p->count - at) {
            return d->ports_vaddr + p->offset + at;
        }
    }
    return 0;
}

/* -- caches -- */

void domain_cache(struct domain *d, uint64_t start, uint64_t end, bool invalidate)
{
    if (__builtin_expect(d->incoherent, 0) && end > start) {
        d->calls->cache(d, start, end - start, invalidate);
    }
}

static bool maps_incoherent(const struct plan *plan, uint32_t pd)
{
    for (uint32_t i = 0; i < plan->map_count; i++) {
        if (plan->maps[i].pd == pd && plan->regions[plan->maps[i].region].incoherent) {
            return true;
        }
    }
    return false;
}

/* -- watching -- */

static void on_move(enum move_kind kind, const volatile void *queue, uint64_t name, uint64_t rest)
{
    struct domain *d = domain_current;

    d->place = __builtin_return_address(0);
    moves_moved(d->moves, kind, queue, name, rest);
}

static inline void mix_move(struct turn *t, enum move_kind kind, uint64_t name, uint64_t rest)
{
    t->hash = turn_mix(t->hash, (name ^ (uint64_t)kind << 62) * TURN_MIX_A ^ rest * TURN_MIX_B);
}

void domain_look_now(struct domain *d)
{
    weak_show(d);
    moves_look(d->moves);
    weak_hide(d);
}

static inline void move_seen(struct domain *d, enum move_kind kind, const volatile void *queue,
                             uint64_t name, uint64_t rest)
{
    if (__builtin_expect(d->weak != NULL, 0)) {
        registers_settle(d);
        weak_show(d);
        moves_moved(d->moves, kind, queue, name, rest);
        weak_hide(d);
    } else {
        moves_moved(d->moves, kind, queue, name, rest);
    }
}

/* Of an image that does something with every byte. */
static __attribute__((noinline)) void on_paid_move(enum move_kind kind, const volatile void *queue,
                                                   uint64_t name, uint64_t rest)
{
    struct domain *d = domain_current;

    move_seen(d, kind, queue, name, rest);
    if (kind == MOVE_TAKEN) {
        calls_virtual_pay_frame(d, moves_frame_bytes(d->moves, queue, rest));
    }
}

/* One hook serves all domains of a process. */
static void on_virtual_move(enum move_kind kind, const volatile void *queue, uint64_t name,
                            uint64_t rest)
{
    struct domain *d = domain_current;

    d->place = __builtin_return_address(0);
    mix_move(d->turn, kind, name, rest);
    if (__builtin_expect(d->costs.byte_ps_1024 != 0, 0)) {
        on_paid_move(kind, queue, name, rest);
    } else {
        move_seen(d, kind, queue, name, rest);
    }
}

static void on_endpoint(void *context, bool rx, const void *data, uint32_t bytes,
                        uint64_t *stamp_ns)
{
    struct domain *d = context;
    bool captured = d->captures[!rx].plan != NULL;
    uint64_t now = stamp_ns != NULL || captured ? d->exec->stamp(d->exec->context) : 0;

    if (rx && stamp_ns != NULL && *stamp_ns != 0 && *stamp_ns <= now) {
        rtt_add(&d->page->latency, now - *stamp_ns);
    } else if (!rx && stamp_ns != NULL) {
        *stamp_ns = now;
    }
    if (captured) {
        domain_capture(d, !rx, now, data, bytes);
    }
}

static void on_event(void *context, const struct probe *p)
{
    domain_event(context, p);
}

/* -- the life of a domain -- */

static void inside_notify(void *runtime, unsigned channel)
{
    domain_notify(runtime, channel);
}

static void inside_call(void *runtime, unsigned channel, uint64_t label, const uint64_t *words,
                        unsigned count)
{
    struct domain *d = runtime;

    memcpy(d->mrs, words, count * sizeof words[0]);
    (void)domain_ppcall(d, channel, seL4_MessageInfo_new(label, 0, 0, count).words[0]);
}

static void inside_burn(void *runtime, uint64_t ns)
{
    struct domain *d = runtime;

    d->calls->burn(d, ns);
}

static void inside_stray(void *runtime, uint64_t vaddr, bool write)
{
    struct domain *d = runtime;

    d->exec->stray(d->exec->context, vaddr, write);
    tell(d, PROBE_STRAY_LANDED, PLAN_NONE, vaddr, write);
}

uint64_t domain_run_ns(const struct domain *d)
{
    uint64_t go_ns = atomic_load_explicit(&d->page->order_go_ns, memory_order_relaxed);

    return go_ns == 0 ? 0 : d->exec->now(d->exec->context) - go_ns;
}

/* How many frames this domain took, or put out if those are more. */
static uint64_t frames_passed(const struct domain *d)
{
    uint32_t queues[MOVES_QUEUES_MAX];
    size_t count = moves_queue_list(d->plan, d->pd, queues);
    uint64_t in = 0, out = 0;

    for (size_t i = 0; i < count; i++) {
        const struct queue_shape *q = &d->plan->queues[queues[i]];

        if (q->carries_frames) {
            *(q->producer == d->pd ? &out : &in) += d->page->counts.queues[i].moved;
        }
    }
    return in > out ? in : out;
}

static void inside_acted(void *runtime, uint32_t fault, uint64_t a, uint64_t b)
{
    struct domain *d = runtime;

    if (fault >= PAGE_FAULTS_MAX) {
        tell(d, PROBE_FAULT_ACTED, fault, a, b);
        return;
    }
    if (d->page->acted[fault].count++ == 0) {
        d->page->acted[fault].first = (struct probe){.time_ns = domain_run_ns(d), .a = a, .b = b};
    }
}

static enum inside_next ask_faults(struct domain *d)
{
    struct inside in = {.plan = d->plan,
                        .pd = d->pd,
                        .frames = d->faults.counts_frames ? frames_passed(d) : 0,
                        .entries = atomic_load_explicit(&d->page->entries, memory_order_relaxed),
                        .time_ns = domain_run_ns(d),
                        .notify = inside_notify,
                        .call = inside_call,
                        .burn = inside_burn,
                        .stray = inside_stray,
                        .did = inside_acted,
                        .runtime = d};

    return faults_inside(&d->faults, &in);
}

static void stop_for_good(struct domain *d)
{
    tell(d, PROBE_PD_STOPPED, PLAN_NONE, 0, 0);
    for (;;) {
        atomic_store(&d->page->state, PD_STOPPED);
        d->calls->stop(d);
        domain_end_if_told(d);
    }
}

static void begin_watching(struct domain *d, uint64_t badge)
{
    d->unacked |= badge & d->irqs;
    if (d->moves != NULL) {
        weak_show(d);
        moves_begin(d->moves, badge);
        weak_hide(d);
    }
}

/* It waits with an interrupt that it took and did not acknowledge, and not because it means to see
 * to that after a while. */
static void tell_unacked(struct domain *d)
{
    unsigned channel = (unsigned)__builtin_ctzll(d->unacked);

    if (!d->told_irq && d->timeout_ns == DOMAIN_FOREVER) {
        d->told_irq = true;
        tell(d, PROBE_IRQ_HELD, d->plan->pds[d->channels[channel].peer].device, channel, 0);
    }
}

static void settle(struct domain *d)
{
    d->place = NULL;
    if (__builtin_expect(d->unacked != 0, 0)) {
        tell_unacked(d);
    }
    if (d->moves != NULL) {
        if (d->follows && d->deferred.kind == DEFERRED_NOTIFY) {
            moves_signal_goes(
                d->moves, (uint32_t)(d->channels[d->deferred.channel].plan - d->plan->channels));
        }
        weak_show(d);
        moves_settle(d->moves);
        weak_hide(d);
        d->page->points = moves_announced(d->moves);
        d->untold = d->turn != NULL && !d->page->points;
    }
}

/* Notifications are taken before calls, and one call at a time, as the kernel would deliver them.
 */
static void enter(struct domain *d, uint64_t badge, unsigned call)
{
    enum inside_next next = INSIDE_RUN;

    page_count(&d->page->entries);
    if (d->faults.count != 0) {
        next = ask_faults(d);
    }
    if (next == INSIDE_STOP) {
        stop_for_good(d);
    }
    begin_watching(d, badge);
    for (; badge != 0 && next == INSIDE_RUN; badge &= badge - 1) {
        page_count(&d->page->notified);
        d->entry.notified((unsigned)__builtin_ctzll(badge));
        registers_settle(d);
    }
    if (call < PLAN_CHANNELS_MAX && next == INSIDE_RUN) {
        answer_call(d, call);
    }
    settle(d);
}

bool domain_fault_waits(const struct domain *d)
{
    uint64_t at_ns = d->faults.count == 0 ? FAULTS_NEVER : faults_wake_ns(&d->faults);

    return at_ns != FAULTS_NEVER && domain_run_ns(d) >= at_ns;
}

uint64_t domain_deadline(const struct domain *d)
{
    uint64_t go_ns = atomic_load_explicit(&d->page->order_go_ns, memory_order_relaxed);
    uint64_t at_ns = d->faults.count == 0 ? FAULTS_NEVER : faults_wake_ns(&d->faults);

    if (d->console_badge != 0) {
        return d->exec->now(d->exec->context);
    }
    if (at_ns == FAULTS_NEVER) {
        return d->timeout_ns;
    }
    at_ns += go_ns == 0 ? d->exec->now(d->exec->context) + 1 : go_ns;
    return at_ns < d->timeout_ns ? at_ns : d->timeout_ns;
}

void domain_hook(const struct domain *d)
{
    void (*hook)(enum move_kind, const volatile void *, uint64_t, uint64_t) =
        d->moves == NULL  ? NULL
        : d->turn == NULL ? on_move
                          : on_virtual_move;

    if (sddfsim_move_hook != hook) { /* where several run at once, all want the same */
        sddfsim_move_hook = hook;
    }
}

void domain_run(struct domain *d)
{
    domain_current = d;
    domain_hook(d);
    atomic_store(&d->page->state, PD_RUNNING);
    d->image_base = d->entry.base;
    d->image_bytes = d->entry.bytes;
    if (d->turn != NULL) {
        d->follows = d->moves != NULL &&
                     (plan_checks(d->plan, "protocol") || plan_checks(d->plan, "signals"));
        if (d->follows) {
            moves_follow(d->moves);
        }
        d->weak = d->weak_memory;
        calls_virtual_hook(d);
    }
    d->judges_calls =
        plan_checks(d->plan, "calls") ? class_named(d->plan->pds[d->pd].class_name) : NULL;
    if (d->judges_calls != NULL && d->judges_calls->answer == NULL) {
        d->judges_calls = NULL;
    }
    memset(d->answers, 0, sizeof d->answers);
    begin_watching(d, 0);
    d->untold = d->turn != NULL && d->moves != NULL;
    d->entry.init();
    registers_settle(d);
    settle(d);
    d->calls->ready(d);
    for (;;) {
        struct domain_wake wake = d->calls->next(d);

        enter(d, wake.badge, wake.call);
        domain_end_if_told(d);
    }
}

/* -- getting ready -- */

static void find_channels(struct domain *d)
{
    const struct plan *plan = d->plan;

    for (uint32_t i = 0; i < plan->channel_count; i++) {
        for (unsigned side = 0; side < 2; side++) {
            const struct plan_end *end = &plan->channels[i].end[side];

            if (end->pd != d->pd || plan->pds[d->pd].kind != PD_IMAGE) {
                continue;
            }
            d->channels[end->id] =
                (struct domain_channel){.page = (struct channel_page *)(uintptr_t)end->vaddr,
                                        .plan = &plan->channels[i],
                                        .side = (uint8_t)side,
                                        .peer = plan->channels[i].end[1 - side].pd};
            if (plan->channels[i].kind == CHANNEL_IRQ) {
                d->irqs |= 1ull << end->id;
            }
            if (plan->channels[i].kind == CHANNEL_PEER &&
                plan->channels[i].end[1 - side].may_call) {
                d->callers |= 1ull << end->id;
            }
            if (d->channel_count < end->id + 1u) {
                d->channel_count = end->id + 1u;
            }
        }
    }
}

static void find_registers(struct domain *d, const struct plan_device *device)
{
    uint64_t first = UINT64_MAX, end = 0;

    for (uint32_t i = 0; i < device->registers_count; i++) {
        const struct plan_registers *r = &device->registers[i];

        first = r->vaddr < first ? r->vaddr : first;
        end = r->vaddr + r->bytes > end ? r->vaddr + r->bytes : end;
    }
    d->regs_vaddr = first;
    d->regs_bytes = end - first;
    d->ports_vaddr = device->registers[0].vaddr;
    if (device->registers_count > 1) {
        d->windows = device->registers;
        d->window_count = device->registers_count;
    }
}

static void find_device(struct domain *d)
{
    for (uint32_t i = 0; i < d->plan->device_count; i++) {
        const struct plan_device *device = &d->plan->devices[i];

        if (device->driver == d->pd) {
            const struct device_type *type = device->asked->type->type;

            d->mmio = (struct mmio_ring *)(uintptr_t)device->mmio_driver_vaddr;
            find_registers(d, device);
            d->ports = type->ports;
            d->device_pd = device->pd;
        }
    }
}

static void capture_wake(void *context)
{
    struct domain *d = context;

    d->exec->ring(d->exec->context, PLAN_NONE);
}

static void capture_wait(void *context)
{
    struct domain *d = context;

    d->calls->drain(d);
    /* In virtual time there is room now, and a device has no turn in which it could end. */
    if (d->turn == NULL) {
        domain_end_if_told(d);
    }
}

static void find_captures(struct domain *d)
{
    const struct capture_bell bell = {.wake = capture_wake, .wait = capture_wait, .context = d};

    for (uint32_t i = 0; i < d->plan->capture_count; i++) {
        const struct plan_capture *c = &d->plan->captures[i];
        bool going = c->asked->point == CAPTURE_WIRE_OUT || c->asked->point == CAPTURE_CLIENT_TX;

        if (c->pd == d->pd) {
            d->captures[going].plan = c;
            capture_start(&d->captures[going].ring, (void *)(uintptr_t)c->vaddr,
                          d->plan->regions[c->region].bytes, &bell);
        }
    }
}

static size_t watch_bytes(const struct plan *plan, uint32_t pd)
{
    return (moves_bytes(plan, pd) + 63) & ~(size_t)63;
}

size_t domain_bytes(const struct plan *plan, uint32_t pd)
{
    return watch_bytes(plan, pd) + weak_bytes(plan, pd);
}

void domain_init(struct domain *d, const struct plan *plan, uint32_t pd,
                 const struct domain_exec *exec, void *memory)
{
    struct moves_hooks hooks = {.context = d, .endpoint = NULL, .event = on_event};

    hooks.exact = plan->scenario != NULL && plan->scenario->clock == CLOCK_VIRTUAL;

    memset(d, 0, sizeof *d);
    snprintf(d->name, sizeof d->name, "%s", plan->pds[pd].name);
    d->plan = plan;
    d->pd = pd;
    d->exec = exec;
    d->calls = &calls_host;
    d->page = (struct pd_page *)(uintptr_t)plan->pds[pd].page_vaddr;
    d->timeout_ns = DOMAIN_FOREVER;
    d->page->death.assertion[0] = '\0';
    if (d->page->restarts == 0) { /* what is begun anew is as it should be */
        faults_init(&d->faults, plan, pd);
    }
    d->faults.acted = inside_acted;
    d->faults.context = d;
    d->incoherent = maps_incoherent(plan, pd);
    find_channels(d);
    find_device(d);
    find_captures(d);
    hooks.endpoint = on_endpoint;
    if (memory != NULL) {
        d->weak_memory = weak_init((uint8_t *)memory + watch_bytes(plan, pd), plan, pd);
        d->moves = moves_init(memory, plan, pd, &d->page->counts, &hooks);
        if (d->page->restarts != 0) {
            moves_go_on(d->moves);
        }
    }
}
