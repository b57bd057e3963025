/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What domains ask of the kernel: to signal, acknowledge, call, answer and wait; and what comes to
 * them from outside: interrupts, deadlines, time for devices. The semantics are Microkit's upon
 * seL4: a signal to one who waits wakes it with that badge, and those that follow wait for its next
 * wait.
 */
#include "sim/kernel/kernel.h"

#include <assert.h>
#include <string.h>

#include "sim/kernel/kernel_parts.h"
#include "sim/kernel/sched.h"

#define TURNS_BETWEEN_LOOKS 4096u        /* at the host's limits */
#define REST_MAX_PS         (1ull << 62) /* so that no clock that is believed overflows */

/* -- waking -- */

static inline void woken(struct kernel *k, struct kernel_domain *d)
{
    d->woke = true;
    d->activations++;
    events_set(&k->events, alarm_deadline(d->pd), EVENTS_NEVER);
    sched_wake(k, d, k->now_ps);
}

static void signal_here(struct kernel *k, struct kernel_domain *d, uint64_t bits)
{
    if (d->state != KERNEL_WAITING) {
        d->badge |= bits;
        return;
    }
    d->delivered = bits;
    d->runs_on = &d->sc; /* a passive one has it from its notification */
    woken(k, d);
}

/* A domain's own end of a channel it names; NULL: it has no such channel. */
static const struct kernel_end *end_of(const struct kernel_domain *d, uint32_t channel)
{
    const struct kernel_end *e = channel < PLAN_CHANNELS_MAX ? &d->ends[channel] : NULL;

    return e == NULL || e->peer == NULL ? NULL : e;
}

/* Do faults keep a signal from coming now? It may come later: the sooner of two that are late. */
static __attribute__((noinline)) bool kept(struct kernel *k, const struct kernel_domain *d,
                                           uint32_t channel, const struct kernel_end *e)
{
    uint32_t alarm = alarm_late(k, e->peer->pd);
    uint64_t *due_ps = &k->late_ps[e->peer->pd][e->peer_channel], late_ps = EVENTS_NEVER;

    if (k->gates->signal(k->gates->context, d->pd, e->peer->pd, channel, &late_ps)) {
        return false;
    }
    if (late_ps != EVENTS_NEVER) {
        *due_ps = *due_ps == 0 || late_ps < *due_ps ? late_ps : *due_ps;
        if (*due_ps < events_time(&k->events, alarm)) {
            events_set(&k->events, alarm, *due_ps);
        }
    }
    return true;
}

static void notify(struct kernel *k, struct kernel_domain *d, uint32_t channel)
{
    const struct kernel_end *e = end_of(d, channel);

    if (e == NULL || !e->may_notify) {
        return;
    }
    if (__builtin_expect(k->gates != NULL, 0) && kept(k, d, channel, e)) {
        return;
    }
    if (__builtin_expect(e->peer->core == d->core, 1)) {
        signal_here(k, e->peer, 1ull << e->peer_channel);
        return;
    }
    kernel_owe(k, d, PLATFORM_CROSS_CORE);
    e->peer->travelling |= 1ull << e->peer_channel;
    if (events_time(&k->events, alarm_signal(e->peer->pd)) == EVENTS_NEVER) {
        events_set(&k->events, alarm_signal(e->peer->pd),
                   k->now_ps + k->platform->cross_core_ns * 1000);
    }
}

/* -- interrupts -- */

static void deliver(struct kernel *k, struct kernel_line *line)
{
    struct kernel_domain *d = &k->domains[line->pd];

    line->masked = true;
    kernel_owe(k, d, PLATFORM_IRQ);
    kernel_tell(k, KERNEL_EVENT_IRQ, line->pd, line->channel, 0, 0, 0);
    signal_here(k, d, 1ull << line->channel);
}

/* A line is up and not masked: it is delivered, or later if interrupts may be late. */
static void interrupt_driver(struct kernel *k, struct kernel_line *line)
{
    uint64_t most_ns = k->platform->interrupt_delay_max_ns;

    if (__builtin_expect(most_ns == 0, 1)) {
        deliver(k, line);
    } else if (!line->due) {
        line->due = true;
        events_set(&k->events, alarm_line(k, (uint32_t)(line - k->lines)),
                   k->now_ps + rng_below(&k->delays, most_ns * 1000 + 1));
    }
}

/* A delay is over; by now the line may be down again. */
static void late(struct kernel *k, struct kernel_line *line)
{
    line->due = false;
    if (line->level && !line->masked) {
        deliver(k, line);
    }
}

void kernel_irq(struct kernel *k, uint32_t device, unsigned number, bool level)
{
    for (uint32_t i = device < k->plan->device_count ? k->device_lines[device] : k->line_count;
         i < k->line_count && k->lines[i].device == device; i++) {
        struct kernel_line *line = &k->lines[i];

        if (line->number == number) {
            line->level = level;
            if (level && !line->masked) {
                interrupt_driver(k, line);
            }
        }
    }
}

static void ack(struct kernel *k, struct kernel_domain *d, uint32_t channel)
{
    if (channel >= PLAN_CHANNELS_MAX || d->ends[channel].kind != CHANNEL_IRQ) {
        return;
    }
    struct kernel_line *line = &k->lines[d->ends[channel].line];

    line->masked = false;
    if (line->level) {
        interrupt_driver(k, line);
    }
}

static void ack_all(struct kernel *k, struct kernel_domain *d)
{
    for (uint32_t i = 0; i < k->line_count; i++) {
        if (k->lines[i].pd == d->pd) {
            ack(k, d, k->lines[i].channel);
        }
    }
}

/* -- calls -- */

static void pass_message(struct turn *a, struct turn *b)
{
    uint64_t info = a->a;

    memcpy(b->mrs, a->mrs, turn_words(info) * sizeof a->mrs[0]);
    b->a = info;
}

/* The callee waits: it goes on with the call, on the caller's time if it has none of its own. */
static void take_call(struct kernel_domain *caller, struct kernel_domain *d, uint8_t channel)
{
    d->caller = caller;
    d->call_channel = channel;
    d->delivered = 0;
    d->runs_on = d->passive ? caller->runs_on : &d->sc;
    pass_message(caller->turn, d->turn);
}

static void call(struct kernel *k, struct kernel_domain *d, uint32_t channel)
{
    const struct kernel_end *e = end_of(d, channel);

    if (e == NULL || !e->may_call) {
        d->turn->a = 0;
        return;
    }
    d->state = KERNEL_CALLING;
    sched_leave(k, d);
    if (e->peer->state == KERNEL_WAITING) {
        take_call(d, e->peer, e->peer_channel);
        woken(k, e->peer);
    } else {
        e->peer->calls |= 1ull << e->peer_channel;
    }
}

static void reply(struct kernel *k, struct kernel_domain *d)
{
    struct kernel_domain *caller = d->caller;

    if (caller == NULL) {
        return;
    }
    d->caller = NULL;
    if (d->passive) {
        sched_charge(d);
    }
    if (caller->state == KERNEL_CALLING) { /* it may have died meanwhile */
        pass_message(d->turn, caller->turn);
        sched_wake(k, caller, k->now_ps);
    }
}

/* -- waiting -- */

static void deferred(struct kernel *k, struct kernel_domain *d)
{
    const struct turn *t = d->turn;

    if (t->deferred == TURN_DEFERRED_NOTIFY) {
        notify(k, d, t->deferred_channel);
    } else if (t->deferred == TURN_DEFERRED_ACK) {
        ack(k, d, t->deferred_channel);
    }
}

/* What a domain goes on with. */
static inline void hand_over(struct kernel *k, struct kernel_domain *d)
{
    struct turn *t = d->turn;

    t->badge = d->delivered;
    t->is_call = d->caller != NULL;
    t->call = d->call_channel;
    d->delivered = 0;
    d->woke = false;
    kernel_tell(k, KERNEL_EVENT_WAKE, d->pd, t->badge, t->is_call, d->switched, 0);
    d->switched = false;
}

/*
 * The channel of the most urgent caller, as in a queue of seL4's. Among equals they take turns, so
 * that one who calls again and again cannot keep the others waiting.
 */
static uint8_t next_caller(const struct kernel_domain *d)
{
    uint64_t served = (2ull << d->call_channel) - 1;
    const uint64_t turns[2] = {d->calls & ~served, d->calls & served};
    unsigned best = PLAN_CHANNELS_MAX;

    for (int i = 0; i < 2; i++) {
        for (uint64_t left = turns[i]; left != 0; left &= left - 1) {
            unsigned channel = (unsigned)__builtin_ctzll(left);

            if (best == PLAN_CHANNELS_MAX ||
                d->ends[channel].peer->priority > d->ends[best].peer->priority) {
                best = channel;
            }
        }
    }
    assert(best < PLAN_CHANNELS_MAX); /* somebody waits */
    return (uint8_t)best;
}

/* Notifications before calls, one call at a time. False: it has to wait. */
static inline bool find_work(const struct kernel *k, struct kernel_domain *d)
{
    if (d->badge != 0) {
        d->delivered = d->badge;
        d->badge = 0;
        d->runs_on = &d->sc;
        return true;
    }
    while (d->calls != 0) {
        uint8_t channel = next_caller(d);
        struct kernel_domain *caller = d->ends[channel].peer;

        d->calls &= ~(1ull << channel);
        if (caller->state == KERNEL_CALLING) { /* it has not died meanwhile */
            take_call(caller, d, channel);
            return true;
        }
    }
    return d->turn->deadline_ps <= k->now_ps;
}

static void wait(struct kernel *k, struct kernel_domain *d)
{
    deferred(k, d);
    if (d->passive) { /* on whose time it goes on may be another's */
        sched_charge(d);
    }
    if (find_work(k, d)) {
        d->activations++;
        if (d->passive && !sched_begins(k, d)) {
            d->woke = true;
            return;
        }
        hand_over(k, d);
        return;
    }
    d->state = KERNEL_WAITING;
    events_set(&k->events, alarm_deadline(d->pd), d->turn->deadline_ps);
    sched_leave(k, d);
}

/* -- devices -- */

/* `stepped`: time passed for it, which is told of whatever came of it. */
static void look_at_device(struct kernel *k, uint32_t device, bool stepped)
{
    struct kernel_device_state now;

    k->devices->look(k->devices->context, device, &now);
    if (stepped || now.hash != 0) {
        kernel_tell(k, KERNEL_EVENT_STEP, k->plan->devices[device].pd, 0, 0, 0, now.hash);
    }
    /* Whatever was due has been done; time goes on at least by a nanosecond. */
    if (now.next_ps <= k->now_ps) {
        now.next_ps = k->now_ps + 1000;
    }
    events_set(&k->events, alarm_device(k, device), now.next_ps);
    k->idle_writes[device] = now.idle_write;
}

void kernel_ask_device(struct kernel *k, uint32_t device)
{
    look_at_device(k, device, false);
}

static void access(struct kernel *k, const struct kernel_domain *d, bool write)
{
    struct turn *t = d->turn;
    uint32_t device = d->device;

    if (device == KERNEL_NONE) {
        t->a = 0;
        return;
    }
    if (write && t->b == 4 && t->a == k->idle_writes[device]) {
        return;
    }
    t->a = k->devices->access(k->devices->context, device, k->now_ps, write, (uint32_t)t->a,
                              (unsigned)t->b, t->c);
    look_at_device(k, device, false);
}

/* -- faults of the kernel -- */

void kernel_set_gates(struct kernel *k, const struct kernel_gates *gates, struct arena *arena)
{
    k->gates = gates;
    k->late_ps = arena_array(arena, k->plan->pd_count, sizeof *k->late_ps);
}

void kernel_ask_gates(struct kernel *k, uint64_t at_ps)
{
    /* As with a device: time goes on by at least a nanosecond. */
    events_set(&k->events, alarm_unasked(k), at_ps <= k->now_ps ? k->now_ps + 1000 : at_ps);
}

void kernel_take(struct kernel *k, uint32_t pd, uint64_t ps)
{
    struct kernel_domain *d = &k->domains[pd];

    if (d->state != KERNEL_ENDED) {
        sched_take(k, d, ps < d->sc.budget_ps ? ps : d->sc.budget_ps);
    }
}

bool kernel_restart(struct kernel *k, uint32_t pd)
{
    if (k->halt != KERNEL_GOES_ON) {
        return false;
    }
    k->halt = KERNEL_RESTART;
    k->restart = pd;
    return true;
}

void kernel_begun_anew(struct kernel *k, uint32_t pd)
{
    struct kernel_domain *d = &k->domains[pd];
    struct turn *t = d->turn;

    if (d->core->current == d) {
        sched_leave(k, d);
    } else if (d->state == KERNEL_READY) {
        ready_remove(&d->core->ready, pd, d->priority);
    }
    events_set(&k->events, alarm_refill(pd), EVENTS_NEVER);
    events_set(&k->events, alarm_deadline(pd), EVENTS_NEVER);
    d->badge |= d->woke ? d->delivered : 0;
    d->delivered = d->owed_ps = d->rest_ps = 0;
    d->woke = d->switched = d->slice_over = d->ready = false;
    d->caller = NULL;
    d->runs_on = &d->sc;
    t->hash = 0;
    t->request = TURN_TICK;
    t->deferred = t->replies = 0;
    sched_wake(k, d, k->now_ps);
    k->halt = k->halt == KERNEL_RESTART ? KERNEL_GOES_ON : k->halt;
}

/* Signals that a fault kept have waited long enough. */
static void ring_late(struct kernel *k, uint32_t pd)
{
    uint64_t next_ps = EVENTS_NEVER, bits = 0;

    for (unsigned channel = 0; channel < PLAN_CHANNELS_MAX; channel++) {
        uint64_t *due_ps = &k->late_ps[pd][channel];

        if (*due_ps != 0 && *due_ps <= k->now_ps) {
            bits |= 1ull << channel;
            *due_ps = 0;
        } else if (*due_ps != 0 && *due_ps < next_ps) {
            next_ps = *due_ps;
        }
    }
    events_set(&k->events, alarm_late(k, pd), next_ps);
    signal_here(k, &k->domains[pd], bits);
}

static __attribute__((noinline)) void ring_gates(struct kernel *k, uint32_t alarm)
{
    if (alarm < alarm_unasked(k)) {
        ring_late(k, alarm - alarm_late(k, 0));
    } else {
        uint64_t next_ps = k->gates->unasked(k->gates->context);

        if (next_ps != EVENTS_NEVER) {
            kernel_ask_gates(k, next_ps);
        }
    }
}

static inline void ring_domain(struct kernel *k, struct kernel_domain *d, uint32_t alarm)
{
    if (alarm == alarm_refill(d->pd)) {
        sched_refilled(k, d, k->now_ps);
    } else if (alarm == alarm_deadline(d->pd)) {
        signal_here(k, d, 0);
    } else {
        uint64_t bits = d->travelling;

        d->travelling = 0;
        signal_here(k, d, bits);
    }
}

/* An alarm has rung. */
static inline void ring(struct kernel *k, uint32_t alarm, uint64_t at_ps)
{
    uint32_t first_device = alarm_device(k, 0);

    k->now_ps = at_ps;
    if (alarm < first_device) {
        ring_domain(k, &k->domains[alarm / 3], alarm);
    } else if (alarm < alarm_line(k, 0)) {
        k->devices->step(k->devices->context, alarm - first_device, at_ps);
        look_at_device(k, alarm - first_device, true);
    } else if (alarm < alarm_late(k, 0)) {
        late(k, &k->lines[alarm - alarm_line(k, 0)]);
    } else {
        ring_gates(k, alarm);
    }
}

void kernel_nudge(struct kernel *k, uint32_t pd)
{
    if (k->domains[pd].state == KERNEL_WAITING) {
        signal_here(k, &k->domains[pd], 0);
    }
}

/* -- turns -- */

static void end(struct kernel *k, struct kernel_domain *d)
{
    d->state = KERNEL_ENDED;
    if (d->core->current == d) {
        sched_leave(k, d);
    }
}

void kernel_charge(struct kernel *k)
{
    for (uint32_t i = 0; i < k->plan->pd_count; i++) {
        struct kernel_domain *d = &k->domains[i];

        if (d->state == KERNEL_READY && d->core->current != d) {
            note_kept(d);
        }
    }
    for (struct kernel_core *c = k->cores; c < k->cores + k->core_count; c++) {
        if (c->current != NULL) {
            sched_charge(c->current);
        }
    }
}

void kernel_died(struct kernel *k, uint32_t pd)
{
    struct kernel_domain *d = &k->domains[pd];

    if (d->state == KERNEL_READY && d->core->current != d) {
        ready_remove(&d->core->ready, pd, d->priority);
    }
    events_set(&k->events, alarm_refill(pd), EVENTS_NEVER);
    events_set(&k->events, alarm_deadline(pd), EVENTS_NEVER);
    end(k, d);
}

static inline void carry_out(struct kernel *k, struct kernel_domain *d)
{
    struct turn *t = d->turn;

    switch (t->request) {
    case TURN_TICK:
        d->rest_ps = t->rest_ps < REST_MAX_PS ? t->rest_ps : REST_MAX_PS;
        break;
    case TURN_NOTIFY:
        notify(k, d, t->channel);
        break;
    case TURN_WAIT:
        wait(k, d);
        break;
    case TURN_MMIO_READ:
    case TURN_MMIO_WRITE:
        access(k, d, t->request == TURN_MMIO_WRITE);
        break;
    case TURN_ACK:
        ack(k, d, t->channel);
        break;
    case TURN_CALL:
        call(k, d, t->channel);
        break;
    case TURN_REPLY:
        deferred(k, d);
        t->deferred = TURN_DEFERRED_NONE;
        reply(k, d);
        wait(k, d);
        break;
    case TURN_READY:
        d->ready = true;
        ack_all(k, d);
        break;
    case TURN_DRAIN:
        k->devices->drain(k->devices->context);
        break;
    case TURN_CACHE:
        if (k->devices->cache != NULL) {
            k->devices->cache(k->devices->context, d->pd, t->a, t->b, t->c != 0);
        }
        break;
    case TURN_STOP:
    case TURN_END:
        end(k, d);
        break;
    default:
        break;
    }
}

/* It says more than can be: it goes forward, and not beyond the horizon. */
static __attribute__((noinline)) uint64_t corrected_ps(struct kernel_domain *d, uint64_t said_ps)
{
    bool ahead = said_ps >= d->core->now_ps;
    uint64_t right_ps = ahead ? d->horizon_ps : d->core->now_ps;

    if (d->lies++ == 0) {
        d->lied_at_ps = d->core->now_ps;
        d->lied_ahead = ahead;
        d->lied_by_ps = ahead ? said_ps - right_ps : right_ps - said_ps;
    }
    return right_ps;
}

/* A domain may say what it likes about its clock. */
static inline uint64_t believed_ps(struct kernel_domain *d)
{
    uint64_t now_ps = d->turn->now_ps;
    bool lie = now_ps < d->core->now_ps || now_ps > d->horizon_ps;

    return __builtin_expect(lie, 0) ? corrected_ps(d, now_ps) : now_ps;
}

/* Whatever keeps happening, the host has its limits. */
static inline void look_at_the_host(struct kernel *k)
{
    if (__builtin_expect(++k->turns % TURNS_BETWEEN_LOOKS == 0, 0) &&
        !k->devices->go_on(k->devices->context)) {
        k->halt = KERNEL_HOST;
    }
}

static uint64_t message_hash(const struct turn *t, uint64_t hash)
{
    unsigned words = turn_words(t->a);

    for (unsigned i = 0; i < words; i++) {
        hash = turn_mix(hash, t->mrs[i]);
    }
    return hash;
}

/* A request, with all that belongs to it, and what led to it. */
static inline void tell_request(struct kernel *k, const struct kernel_domain *d)
{
    const struct turn *t = d->turn;
    uint64_t hash = t->hash, c = t->c;

    switch (t->request) {
    case TURN_TICK:
        hash = turn_mix(hash, t->rest_ps);
        break;
    case TURN_REPLY:
        hash = message_hash(t, hash);
        /* fall through */
    case TURN_WAIT:
        hash = turn_mix(hash, t->deadline_ps);
        c = (uint64_t)t->deferred << 56 | t->deferred_channel;
        break;
    case TURN_CALL:
        hash = message_hash(t, hash);
        break;
    case TURN_CACHE:
    case TURN_MMIO_READ:
    case TURN_MMIO_WRITE:
        hash = turn_mix(hash, t->b);
        break;
    default:
        break;
    }
    kernel_tell(k, KERNEL_EVENT_TURN, d->pd, (uint64_t)t->request << 32 | t->channel, t->a, c,
                hash);
}

static __attribute__((noinline)) void pass_on_told(struct kernel *k, struct kernel_domain *d)
{
    d->turn->told = 0;
    if (k->devices->told != NULL) {
        k->devices->told(k->devices->context, d->pd);
    }
}

bool kernel_request(struct kernel *k, uint32_t pd)
{
    struct kernel_domain *d = &k->domains[pd];

    assert(d->core->current == d);
    k->now_ps = d->core->now_ps = believed_ps(d);
    if (__builtin_expect(d->turn->told != 0, 0)) {
        pass_on_told(k, d);
    }
    tell_request(k, d);
    d->turn->hash = 0;
    look_at_the_host(k);
    carry_out(k, d);
    return sched_goes_on(k, d);
}

/* Nobody runs: does everybody wait who is not dead, with nothing on its way? */
static bool everybody_ready(const struct kernel *k)
{
    for (uint32_t i = 0; i < k->plan->pd_count; i++) {
        const struct kernel_domain *d = &k->domains[i];
        bool busy = !d->ready || d->state == KERNEL_SPENT || d->travelling != 0;

        if (k->plan->pds[i].kind == PD_IMAGE && d->state != KERNEL_ENDED && busy) {
            return false;
        }
    }
    return true;
}

void kernel_run_until(struct kernel *k, uint64_t until_ps, bool settle)
{
    k->until_ps = until_ps;
    k->settling = settle;
    k->halt = KERNEL_GOES_ON;
}

bool kernel_expects(const struct kernel *k)
{
    for (uint32_t alarm = 0; alarm < k->events.alarms; alarm++) {
        bool refill = alarm < 3 * k->plan->pd_count && alarm == alarm_refill(alarm / 3);

        if (!refill && events_time(&k->events, alarm) != EVENTS_NEVER) {
            return true;
        }
    }
    return false;
}

/* What comes before a core does something at `acts_ps`, if anything: an alarm, or the limit. */
static inline bool something_first(struct kernel *k, uint64_t acts_ps, uint64_t event_ps)
{
    if (event_ps > acts_ps && k->until_ps > acts_ps) {
        return false;
    }
    if (event_ps <= acts_ps && event_ps <= k->until_ps) {
        sched_pass(k, event_ps);
        ring(k, events_take(&k->events), event_ps);
        look_at_the_host(k);
    } else {
        sched_pass(k, k->until_ps);
        k->now_ps = k->until_ps;
        k->halt = KERNEL_LIMIT;
    }
    return true;
}

/* Nobody runs: is that all? */
static bool nothing_left(struct kernel *k, uint64_t event_ps)
{
    if (k->settling && everybody_ready(k)) {
        k->halt = KERNEL_SETTLED;
    } else if (event_ps == EVENTS_NEVER) {
        k->halt = KERNEL_QUIET;
    }
    return k->halt != KERNEL_GOES_ON;
}

/* What a domain does before it goes on: its own work, and the kernel's for it. False: something
 * comes before the end of that. */
static inline bool settle_debts(const struct kernel *k, struct kernel_core *c, uint64_t acts_ps,
                                uint64_t event_ps)
{
    struct kernel_domain *d = c->current;

    d->rest_ps -= acts_ps - c->now_ps;
    c->now_ps = acts_ps + d->owed_ps;
    if (d->owed_ps == 0) {
        return true;
    }
    d->owed_ps = 0;
    return k->core_count == 1 && event_ps > c->now_ps && k->until_ps > c->now_ps;
}

uint32_t kernel_next(struct kernel *k)
{
    while (k->halt == KERNEL_GOES_ON) {
        struct kernel_core *c = sched_choose(k);
        uint64_t event_ps = events_first_ps(&k->events);
        uint64_t acts_ps = c == NULL ? EVENTS_NEVER : sched_acts_ps(c);

        if (c == NULL && nothing_left(k, event_ps)) {
            break;
        }
        if (something_first(k, acts_ps, event_ps) || !settle_debts(k, c, acts_ps, event_ps)) {
            continue;
        }
        k->now_ps = c->now_ps;
        if (!sched_horizon(k, c)) {
            look_at_the_host(k);
            continue;
        }
        if (c->current->woke) {
            hand_over(k, c->current);
        }
        return c->current->pd;
    }
    return KERNEL_NONE;
}

void kernel_init(struct kernel *k, const struct plan *plan, const struct platform *platform,
                 struct turn **turns, const struct kernel_devices *devices, struct arena *arena)
{
    kernel_setup(k, plan, platform, turns, devices, arena);
    for (uint32_t i = 0; i < plan->pd_count; i++) {
        if (plan->pds[i].kind == PD_IMAGE) {
            sched_wake(k, &k->domains[i], 0);
        }
    }
    for (uint32_t i = 0; i < plan->device_count; i++) {
        kernel_ask_device(k, i);
    }
}
