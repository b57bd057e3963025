/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_OBSERVE_MOVES_H
#define SIM_OBSERVE_MOVES_H
/*
 * Who holds which buffer, and where each frame ended, told from queues alone. One of these watches
 * one domain: each queue operation it tells of, and after each entry every
 * index it owns. It knows plan, queue shapes and descriptors, never a class or an image, so it
 * serves images that know nothing of it. A frame that a domain takes and gives back empty without
 * having passed it on was dropped there; why is deduced from the frame, the configuration and the
 * queues.
 *
 * In host time it runs inside the domain it watches, so what it counts is that domain's word
 * (`told_by`), and is believed only where the other ends agree. All queue memory is hostile to it:
 * every shared word is read once.
 */
#include <stdbool.h>
#include <stdint.h>

#include <sddf/os/point.h>

#include "sim/hook/probe.h"
#include "sim/model/plan.h"

#define MOVES_QUEUES_MAX 256u
#define MOVES_POOLS_MAX  128u

/* What is counted, in memory the supervisor can read. Written by the watched domain: hostile to the
 * reader. */
struct moves_queue_counts {
    uint64_t moved;      /* entries this domain put in or took out */
    uint32_t max_length; /* seen after putting one in */
    uint32_t index;      /* the last value of its own index that it reached legally */
    uint32_t illegal;    /* its index stepped where it may not; `moved` ends there */
    uint32_t displaced;  /* the other end moved this domain's index, first from here to there: */
    uint32_t displaced_from, displaced_to;
};

struct moves_counts {
    struct moves_queue_counts queues[MOVES_QUEUES_MAX]; /* in the order of moves_queue_list */
    struct {
        int32_t held;         /* buffers in this domain's hand, frames or not */
        int32_t refused;      /* of these, those that it could not give back when it tried last */
        int32_t again;        /* how often buffers were passed on that others still have as well */
    } pools[MOVES_POOLS_MAX]; /* in the order of moves_pool_list */
    uint64_t copied;
    uint64_t dropped[DROP_COUNT];
    int64_t in_hand;   /* frames taken and neither passed on nor dropped */
    uint64_t nameless; /* of these, entries that named no buffer, or one elsewhere */
    /* A driver's: frames the device filled, frames given to it, those of these that came back. */
    uint64_t from_device, to_device, back_from_device;
    uint64_t needless; /* signals on a channel where nobody had asked for one; see moves_follow */
};

/* What else is done with frames as they pass. NULL slots are skipped. */
struct moves_hooks {
    void *context;
    bool exact; /* a move is told before anybody else runs, as in virtual time */
    /*
     * An endpoint took (rx) or submitted (tx) a frame of `bytes` at `data`. `stamp_ns` is when the
     * frame began, of one taken, and 0 if that is not known; of one submitted it is to be filled
     * in. NULL: nobody would see it.
     */
    void (*endpoint)(void *context, bool rx, const void *data, uint32_t bytes, uint64_t *stamp_ns);
    void (*event)(void *context,
                  const struct probe *p); /* what should not happen; `time_ns` left to the hook */
};

struct moves;

/* How much memory moves_init needs for this domain. */
size_t moves_bytes(const struct plan *plan, uint32_t pd);
/*
 * Watch `pd` from within (its own vaddrs). `memory`: moves_bytes zeroed bytes, owned by the caller
 * for as long as the watch lasts. Call before init().
 */
struct moves *moves_init(void *memory, const struct plan *plan, uint32_t pd,
                         struct moves_counts *counts, const struct moves_hooks *hooks);
/* This domain was watched before, by one that is no more, and is begun anew: its queues are where
 * they are, buffers it had it no longer knows of, and frames in them are dropped. */
void moves_go_on(struct moves *m);
/* The domain is about to be entered, with the badge that it woke with. Need be said only where it
 * tells of no moves, or flags are followed. */
void moves_begin(struct moves *m, uint64_t badge);
/* The image has done a queue operation, or was refused it; see sddf/os/point.h. */
void moves_moved(struct moves *m, enum move_kind kind, const volatile void *queue, uint64_t name,
                 uint64_t rest);
/*
 * Follow flags and signals too, from here on. Only where nothing happens between what is told and
 * the act itself, as in virtual time, can it be said who lost a wake-up.
 */
void moves_follow(struct moves *m);
/* The image is about to use the flag of a queue: POINT_REQUEST, _CANCEL or _REQUIRE. `place` goes
 * with what is told of it. */
void moves_flag(struct moves *m, enum point_op op, const volatile void *queue, uint64_t place);
/* Where that queue's flag is; NULL: it is not watched, or has none. */
const volatile void *moves_flag_word(struct moves *m, const volatile void *queue);
/* It signals by this channel of the plan, or will when it waits. */
void moves_signalled(struct moves *m, uint32_t channel);
/* It is about to wait, and with that a signal goes by this channel that it was told of before: it
 * is for all that was put there since as well. */
void moves_signal_goes(struct moves *m, uint32_t channel);
/* The image is about to copy so many bytes from here, where that is told (as in virtual time). */
void moves_copies(struct moves *m, const volatile void *from, uint64_t bytes);
/* How long a frame is whose descriptor was taken from `queue`; 0: that queue carries none. */
uint32_t moves_frame_bytes(const struct moves *m, const volatile void *queue, uint64_t rest);
/* In the middle of an entry, before anybody else can run: an image that tells nothing may have made
 * moves whose traces the next will cover. */
void moves_look(struct moves *m);
/* The domain has returned from an entry. */
void moves_settle(struct moves *m);
/* The domain is about to end: a last look at what it leaves. */
void moves_scan(struct moves *m);
/* Has its queue code told of moves so far? */
bool moves_announced(const struct moves *m);

/* The plan queues a domain produces or consumes, in the order of counts->queues. Returns how many.
 */
size_t moves_queue_list(const struct plan *plan, uint32_t pd,
                        uint32_t queues[static MOVES_QUEUES_MAX]);
/* The plan pools whose buffers it may hold, in the order of counts->pools. */
size_t moves_pool_list(const struct plan *plan, uint32_t pd,
                       uint32_t pools[static MOVES_POOLS_MAX]);

/* Which pool and buffer a descriptor of `shape` names; false if none. */
bool moves_resolve(const struct plan *plan, const struct queue_shape *shape, uint64_t name,
                   unsigned pool_id, uint32_t *pool, uint32_t *buffer);
#endif
