/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_KERNEL_TURN_H
#define SIM_KERNEL_TURN_H
/*
 * What the kernel and one domain tell each other in virtual time. The kernel gives the domain a
 * turn: its clock, and how far it may go. The domain moves its clock at points, and when it has
 * come to the horizon, or wants something of the kernel, leaves a request here and gives the
 * processor back. Work that goes on beyond the horizon is the kernel's to let pass: two that work
 * side by side on two cores need not take turns for it.
 *
 * Under a process executor this lies in the domain's own page, so the kernel reads it as hostile: a
 * clock that went backwards or beyond the horizon is a finding.
 */
#include <stdint.h>

#include <sddf/os/point.h>

#include "sim/model/platform.h"

#define TURN_MRS 64u

enum turn_request {
    TURN_TICK,       /* the horizon was reached; nothing else. Goes on once rest_ps have passed */
    TURN_READY,      /* init() has returned, and every interrupt is to be acknowledged once */
    TURN_WAIT,       /* until there is something; carries the deferred operation */
    TURN_REPLY,      /* answer the call in hand (mrs), then as TURN_WAIT */
    TURN_NOTIFY,     /* channel */
    TURN_ACK,        /* channel */
    TURN_CALL,       /* channel; mrs, a: message info. The answer comes in mrs and a */
    TURN_MMIO_READ,  /* a: offset, b: bytes; the answer in a */
    TURN_MMIO_WRITE, /* a: offset, b: bytes, c: value */
    TURN_DRAIN,      /* a capture is full */
    TURN_STOP,       /* for good: a fault */
    TURN_END,        /* the run is over for it */
    TURN_CACHE,      /* a: address in its window, b: bytes; c: 0 clean, 1 and invalidate */
    TURN_REQUESTS
};

/* What a domain spent its time on: entries into the kernel, operations at points, its own work. */
enum turn_work { TURN_WORK_WAKE, TURN_WORK_BYTES, TURN_WORKS };

enum turn_deferred { TURN_DEFERRED_NONE, TURN_DEFERRED_NOTIFY, TURN_DEFERRED_ACK };

/* Words only, so that one account can be taken from another. */
struct turn_account {
    uint64_t op_ps[POINT_OPS], op_count[POINT_OPS];
    uint64_t entry_ps[PLATFORM_ENTRIES], entry_count[PLATFORM_ENTRIES];
    uint64_t work_ps[TURN_WORKS];
};

struct turn {
    uint64_t now_ps, horizon_ps;
    uint64_t hash; /* of what it did, since the kernel took this last */
    /* The request. */
    uint32_t request, channel;
    uint64_t a, b, c;
    uint64_t place; /* TURN_MMIO_*: where in its image, for what is told of it */
    uint32_t deferred, deferred_channel;
    uint32_t told;        /* it has told of something since its last request */
    uint32_t replies;     /* the domain's own: it has answered, and sends that with its next wait */
    uint64_t deadline_ps; /* TURN_WAIT: when to go on with nothing; all ones: never */
    uint64_t rest_ps;     /* TURN_TICK: how much more it works before it does anything */
    /* The answer to a wait: notifications, or else a call on a channel. */
    uint64_t badge;
    uint32_t call, is_call;
    uint64_t mrs[TURN_MRS];
    struct turn_account account; /* for the report only */
};

/*
 * How many registers a message has, as its info says. What else they hold is of earlier calls,
 * which may have been others'.
 */
static inline unsigned turn_words(uint64_t info)
{
    return (info & 0x7f) < TURN_MRS ? info & 0x7f : TURN_MRS;
}

static inline void turn_entry(struct turn *t, enum platform_entry entry, uint64_t ps)
{
    t->account.entry_ps[entry] += ps;
    t->account.entry_count[entry]++;
}

/* Two words are made one by an odd factor for each: either alone makes a difference. */
#define TURN_MIX_A 0x9e3779b1u
#define TURN_MIX_B 0xc2b2ae3d27d4eb4full

/* One more word into a running digest; sim/hook/digest.h has the whole of it. */
static inline uint64_t turn_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
    return hash ^ hash >> 29;
}
#endif
