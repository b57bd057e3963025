/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_PAGE_H
#define SIM_EXEC_PAGE_H
/*
 * What a domain and the supervisor share beside the plan: one REGION_PAGE a domain, for its own
 * state and counters, and one REGION_CHANNEL a channel, for its two ends. A domain writes its page
 * as it likes, so the supervisor reads every word of it as hostile; nothing in it can hurt anyone
 * but its owner.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <sddf/hw/bus.h>

#include "sim/exec/baton.h"
#include "sim/exec/crossing.h"
#include "sim/exec/stack.h"
#include "sim/hook/probe.h"
#include "sim/kernel/turn.h"
#include "sim/observe/moves.h"
#include "sim/wire/rtt.h"
#include "sim/wire/wire.h"

#define PAGE_EVENTS_MAX 256u
#define PAGE_FAULTS_MAX 64u

enum pd_state {
    PD_STARTING,
    PD_RUNNING, /* in init(), in an entry, or about to look whether there is work */
    PD_IDLE,    /* waiting to be rung */
    PD_ENDED,   /* told to, it left by itself */
    PD_STOPPED, /* an injected fault stopped it for good */
    PD_DYING,   /* a signal handler has filled in `death` */
    PD_FAILED   /* could not start: `text` says why */
};

/* What a device's domain counts beside what every domain counts. */
struct page_device {
    uint64_t drops_rx[DEVICE_DROPS], drops_tx[DEVICE_DROPS];
    uint64_t misfits; /* frames refused as too long that are not */
    uint64_t unheard; /* frames refused as for nobody here that are for somebody behind it */
    uint64_t dma_faults, violations;
    struct crossing_counts gates; /* zeros where no fault is about the device */
    uint64_t rx_written;          /* frames the model put into memory */
    _Atomic uint32_t holds;       /* frames inside the model, on their way out */
    _Atomic uint32_t entering;    /* frames taken from the wire, and not in memory yet */
    _Atomic uint32_t finished;    /* no frame will enter any more */
    _Atomic uint32_t deaf;        /* at the end: it could not take another frame */
    struct wire_stats wire;
};

struct pd_page {
    _Atomic uint32_t state;
    _Atomic uint64_t order_go_ns; /* the supervisor's: since when frames may enter; 0: not yet */
    _Atomic uint32_t order_drain; /* ring the supervisor whenever idle */
    _Atomic uint32_t order_stop;  /* end at the next wait */
    _Atomic uint32_t
        order_where;          /* virtual time: leave your stack in `death` at the next horizon */
    _Atomic uint64_t entries; /* wake-ups with work */
    _Atomic uint64_t notified, signals_sent, rings;
    _Atomic uint64_t deadline_ns; /* while idle: when it goes on by itself; all ones for never */
    _Atomic uint32_t ready;       /* init() returned */
    uint32_t restarts;            /* how often it was begun anew */
    _Atomic uint32_t
        waits_for; /* the domain it needs an answer from before it can go on, + 1; 0: none */
    uint32_t confined, points; /* points: 1 if the image's own queue code has them */
    struct {
        uint32_t signal, call; /* call: the number of a system call the filter refused, + 1 */
        uint64_t vaddr, pc;
        char assertion[160]; /* that did not hold; "": none */
        struct stack_left stack;
    } death;
    char text[384];
    struct moves_counts counts;
    struct rtt latency;
    struct turn turn; /* in virtual time */
    struct baton baton;
    struct device_order order;
    struct page_device device;
    struct {
        uint64_t count;
        struct probe first;
    } acted[PAGE_FAULTS_MAX]; /* by scenario fault, as some act all the time; the others' are events
                               */
    _Atomic uint64_t event_count; /* events so far; the last PAGE_EVENTS_MAX are kept */
    struct probe events[PAGE_EVENTS_MAX];
};

_Static_assert(sizeof(struct pd_page) <= 0x10000, "the plan gives a page 64 KiB");

/* One more of what only this domain counts: a locked instruction would be dear and of no use. */
static inline void page_count(_Atomic uint64_t *counter)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

/* One protected call at a time: the caller waits. */
struct channel_call {
    _Atomic uint32_t state; /* enum call_state */
    uint64_t info;
    uint64_t mrs[TURN_MRS];
};
enum call_state { CALL_NONE, CALL_ASKED, CALL_ANSWERED };

/* word[i] is end i's: set by the other end, cleared by it when it looks. */
struct channel_page {
    _Alignas(64) _Atomic uint32_t word[2];
    /*
     * An interrupt: the device raises and lowers `line`; `masked` from delivery until the driver's
     * ack. `again`: it is to fire once more although the line may be low, see sim/hw/mmio.h.
     */
    _Alignas(64) _Atomic uint32_t line;
    _Atomic uint32_t masked, again;
    _Alignas(64) struct channel_call call[2]; /* [i]: to end i */
};

_Static_assert(sizeof(struct channel_page) <= PLAN_PAGE_BYTES, "a channel is one page");

/* The line is up: is it to be delivered? Masked from here on if so. */
static inline bool channel_fires(struct channel_page *page)
{
    return atomic_exchange(&page->masked, 1) == 0;
}

/* An acknowledgement. True: it fires again at once, and the driver's word is the caller's to set.
 */
static inline bool channel_unmask(struct channel_page *page)
{
    atomic_store(&page->masked, 0);
    return (atomic_load(&page->line) != 0 || atomic_exchange(&page->again, 0) != 0) &&
           channel_fires(page);
}
#endif
