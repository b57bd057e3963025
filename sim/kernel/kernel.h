/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_KERNEL_KERNEL_H
#define SIM_KERNEL_KERNEL_H
/*
 * The seL4 we imitate, and the clock. One domain runs at a time: kernel_next() says which, having
 * let everything happen that comes before, and kernel_request() carries out what it asked for when
 * it gave the processor back. Neither knows how a domain is run, what a device is or where queues
 * lie.
 *
 * Time is in picoseconds from the beginning of the run. Each core has a clock; the one that is
 * behind goes first, the lower number among equals. An event at a time comes before what a domain
 * does at that time. So the order of everything is a function of the plan, the platform and what
 * the domains ask for.
 */
#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/audit.h"
#include "sim/kernel/ready.h"
#include "sim/kernel/refill.h"
#include "sim/kernel/turn.h"
#include "sim/model/plan.h"
#include "sim/time/events.h"

#define KERNEL_NONE UINT32_MAX

struct kernel_device_state {
    uint64_t next_ps;    /* when it wants to be stepped next; EVENTS_NEVER: not by itself */
    uint64_t hash;       /* of what it did since it was looked at last; 0: nothing to tell of */
    uint32_t idle_write; /* a register a write of which would change nothing; all ones: none */
};

/* The devices, as the kernel sees them. `device` is a plan device. */
struct kernel_devices {
    void *context;
    /* A register access at `now_ps`; the value read. */
    uint64_t (*access)(void *context, uint32_t device, uint64_t now_ps, bool write, uint32_t offset,
                       unsigned bytes, uint64_t value);
    /* Time has come to `now_ps`: timers, frames. */
    void (*step)(void *context, uint32_t device, uint64_t now_ps);
    /* How it stands after that. */
    void (*look)(void *context, uint32_t device, struct kernel_device_state *out);
    /* Captures are to be emptied. */
    void (*drain)(void *context);
    /* Since its last request a domain has told of something. NULL: nobody wants to know. */
    void (*told)(void *context, uint32_t pd);
    /* Domain `pd` cleans caches, and perhaps invalidates them: so many bytes from `offset` in its
     * window of addresses. NULL: all memory is coherent. */
    void (*cache)(void *context, uint32_t pd, uint64_t offset, uint64_t bytes, bool invalidate);
    /* Now and then: may the run go on? The host's own limits. */
    bool (*go_on)(void *context);
};

/* Where faults of the kernel itself are asked. */
struct kernel_gates {
    void *context;
    /* A domain signals another. False: that does not come; unless *late_ps is when it does. */
    bool (*signal)(void *context, uint32_t from, uint32_t to, uint32_t channel, uint64_t *late_ps);
    /* Do what is due now: kernel_take(), kernel_restart(). When there is more; EVENTS_NEVER:
     * never. */
    uint64_t (*unasked)(void *context);
};

/* What is told of as it happens; `plan domain` numbers. NULL: nobody listens. */
enum kernel_event_kind {
    KERNEL_EVENT_TURN, /* a domain gave the processor back: a is its request, b its channel */
    KERNEL_EVENT_WAKE, /* a domain went on after waiting: a is its badge; c: and its core had to be
                          switched to it */
    KERNEL_EVENT_SWITCH, /* a core was switched to it, and it went on with what it did: a is the
                          * core
                          */
    KERNEL_EVENT_IRQ,    /* an interrupt was delivered to it: a is the channel */
    KERNEL_EVENT_REFILL, /* its budget came back */
    KERNEL_EVENT_SPENT,  /* its budget was used up */
    KERNEL_EVENT_STEP,   /* a device (`pd` is its domain) let time pass */
    KERNEL_EVENT_KINDS
};
struct kernel_event {
    uint64_t at_ps, sequence;
    enum kernel_event_kind kind;
    uint32_t pd;
    uint64_t a, b, c;
    uint64_t hash; /* of all that the domain or device did since it was last told of */
    uint64_t unused;
};

_Static_assert(sizeof(struct kernel_event) == 64, "each is one line of a cache");

#define KERNEL_RECENT 4096u /* events that are kept for whoever looks into a failure */

enum kernel_state {
    KERNEL_READY,   /* in a ready queue, or running */
    KERNEL_WAITING, /* for a notification or a call */
    KERNEL_CALLING, /* for the answer to its call, or until the callee takes it */
    KERNEL_SPENT,   /* until its budget comes back */
    KERNEL_ENDED
};

struct kernel_core;
struct kernel_end;

struct kernel_domain {
    uint32_t pd; /* of the plan */
    struct turn *turn;
    struct kernel_core *core;
    struct kernel_end *ends; /* of its channels, PLAN_CHANNELS_MAX */
    struct sched_context sc;
    struct sched_context *runs_on; /* its own, or its caller's; NULL: none, it is passive */
    uint8_t priority;
    uint8_t state;
    bool passive, ready;
    bool woke;                    /* it has yet to be told what it was woken with */
    bool switched;                /* its core was switched to it, which has yet to be told */
    bool slice_over;              /* those of its priority go first now */
    uint32_t device;              /* whose registers it has, KERNEL_NONE */
    uint64_t horizon_ps;          /* what it was told */
    uint64_t travelling;          /* notifications from other cores, on their way */
    uint64_t badge;               /* notifications nobody has taken yet */
    uint64_t delivered;           /* what it was woken with */
    uint64_t owed_ps;             /* kernel work to charge it before it goes on */
    uint64_t rest_ps;             /* its own work, before it does anything */
    uint64_t from_ps;             /* its clock when it was last charged */
    struct kernel_domain *caller; /* whose call it has in hand; NULL: nobody's */
    uint8_t call_channel;
    uint64_t calls;      /* channels on which somebody waits to call it */
    struct audit *audit; /* NULL: it has no budget that could be exceeded, or nobody asks */
    uint64_t spent_ps;   /* processor time in all */
    uint64_t ready_ps;   /* since when it could run, and others did */
    struct {
        uint64_t longest_ps, until_ps; /* it could, and others did; until when */
        uint32_t by;                   /* who ran last meanwhile, KERNEL_NONE: nobody */
    } kept;
    uint64_t lies, lied_at_ps, lied_by_ps; /* about its clock: how often; when first, how far off */
    bool lied_ahead;
    uint64_t activations, switches;
};

struct kernel_core {
    struct ready ready;
    struct kernel_domain *current, *last; /* NULL: idle; last: whose address space it has */
    bool stale;                           /* who runs is to be looked at anew */
    uint64_t now_ps, busy_ps;
};

struct kernel_end {
    struct kernel_domain *peer; /* NULL: no such channel, or an interrupt */
    uint8_t kind;               /* enum plan_channel_kind */
    uint8_t peer_channel;
    bool may_notify, may_call;
    uint32_t line; /* CHANNEL_IRQ: index into lines */
};

struct kernel_line {
    uint32_t device, pd;
    uint8_t channel;
    unsigned number;
    bool level, masked;
    bool due; /* it has been raised, and comes after its delay */
};

enum kernel_halt {
    KERNEL_GOES_ON,
    KERNEL_SETTLED, /* all have returned from init() and wait */
    KERNEL_QUIET,   /* nothing will ever happen again */
    KERNEL_LIMIT,   /* the time kernel_run_until() set has come */
    KERNEL_HOST,    /* go_on() said no */
    KERNEL_RESTART  /* `restart` is to be begun anew, and then told of with kernel_begun_anew() */
};

struct kernel {
    const struct plan *plan;
    const struct platform *platform;
    const struct kernel_devices *devices;
    const struct kernel_gates *gates; /* NULL: there are no faults to ask */
    uint64_t (
        *late_ps)[PLAN_CHANNELS_MAX]; /* with gates: by domain, when a signal comes; 0: none */
    uint32_t restart;
    void (*listen)(void *context, const struct kernel_event *e);
    void *listener;
    struct kernel_domain *domains; /* by plan domain; those of devices are unused */
    struct kernel_line *lines;
    uint32_t *idle_writes;  /* by device, as it said last */
    uint32_t *device_lines; /* by device: its first line; those of one device are together */
    struct kernel_core *cores;
    struct ready_link *links;
    struct events events;
    uint32_t line_count, core_count;
    struct rng delays; /* of interrupts */
    bool stale, settling;
    uint64_t until_ps, now_ps, digest, sequence, turns;
    uint64_t ps_per_entry[PLATFORM_ENTRIES];
    struct kernel_event *recent; /* the last KERNEL_RECENT, by sequence modulo that */
    enum kernel_halt halt;
};

/* Cycles of a platform in picoseconds, rounded to the nearest. */
uint64_t kernel_ps(const struct platform *p, uint64_t cycles);

/*
 * Everything from the plan; every domain is about to run its init(). turns[i] is the turn of domain
 * i, NULL for a device's. All stays valid as long as the kernel does.
 */
void kernel_init(struct kernel *k, const struct plan *plan, const struct platform *platform,
                 struct turn **turns, const struct kernel_devices *devices, struct arena *arena);
/* How far kernel_next() may go. `settle`: only until everybody has returned from init() and waits.
 */
void kernel_run_until(struct kernel *k, uint64_t until_ps, bool settle);
/* Is anything due that is more than somebody's budget: from a device, or a signal, or a deadline?
 * If not, all that can happen is what those who run do. */
bool kernel_expects(const struct kernel *k);
/* The domain to run now, its turn filled in; KERNEL_NONE: see k->halt. Asked again, it says the
 * same again. */
uint32_t kernel_next(struct kernel *k);
/* The domain that runs has left a request in its turn. True: it may go on at once, with the answer
 * there; else ask kernel_next(). */
bool kernel_request(struct kernel *k, uint32_t pd);
/* Bring the accounts of all that run up to date. */
void kernel_charge(struct kernel *k);
/* The level of an interrupt line, at the time of the access or step it comes from. */
void kernel_irq(struct kernel *k, uint32_t device, unsigned number, bool level);
/* A domain has died at its last point: it never runs again. */
void kernel_died(struct kernel *k, uint32_t pd);
/* A device has something to do that it did not say: ask it when. */
void kernel_ask_device(struct kernel *k, uint32_t device);
/* Let a domain that waits go on with nothing, to look around. */
void kernel_nudge(struct kernel *k, uint32_t pd);

/* -- faults of the kernel -- */

/* Ask these from now on. */
void kernel_set_gates(struct kernel *k, const struct kernel_gates *gates, struct arena *arena);
/* When they are to be asked next for what they do of themselves. */
void kernel_ask_gates(struct kernel *k, uint64_t at_ps);
/* So much of a domain's budget is gone, the whole of it at most. */
void kernel_take(struct kernel *k, uint32_t pd, uint64_t ps);
/* Halt so that a domain can be begun anew, be it dead or alive. False: another one is first. */
bool kernel_restart(struct kernel *k, uint32_t pd);
/* That has happened: it is about to run its init(). Signals to it are still there, and so are
 * those who wait to call it; whose call it had taken waits for ever. */
void kernel_begun_anew(struct kernel *k, uint32_t pd);
#endif
