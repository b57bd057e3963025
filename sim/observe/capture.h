/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_OBSERVE_CAPTURE_H
#define SIM_OBSERVE_CAPTURE_H
/*
 * Frames on their way into a capture file. A domain's runtime sees a frame pass and copies it into
 * a ring in memory that only this domain and the supervisor map; the supervisor writes it out.
 * Nothing is ever lost for want of room: whoever fills the ring waits for whoever empties it.
 *
 * The two halves do not trust each other in the same way. The supervisor takes the ring for
 * hostile, whatever domain filled it: what it reads, it reads once and checks, and a ring that
 * makes no sense ends this capture with a sentence, and nothing else. A domain that has spoilt its
 * own ring, or whose supervisor is gone, harms only itself.
 *
 * How the two wake each other is the executor's: eventfds between processes, a direct call where
 * both are one thread (then `wait` drains the ring).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/pcapfile.h"

/* The longest frame must fit twice, so that one of any length fits wherever the ring begins anew.
 */
#define CAPTURE_REGION_BYTES_MIN (36u * 4096u)
#define CAPTURE_CORRUPT_BYTES    160

/* What is in the region, zeroed at first; both ends map it. */
struct capture_shared {
    _Alignas(64) uint64_t head; /* bytes ever put in */
    uint64_t refused;           /* frames that no capture can hold: empty or too long */
    _Alignas(64) uint64_t tail; /* bytes ever taken out */
    uint32_t wants_room;        /* the producer waits, or is about to */
    _Alignas(64) uint8_t records[];
};

/* ---- the producer: one thread of one domain ---- */

struct capture_bell {
    void (*wake)(void *context); /* let the consumer drain */
    /* Return when the consumer may have made room since `wake`; returning early is fine. */
    void (*wait)(void *context);
    void *context;
};

struct capture_ring {
    struct capture_shared *shared;
    struct capture_bell bell;
    uint64_t capacity; /* bytes of records */
    uint64_t offset;   /* of the next record */
    uint64_t head, tail_seen;
    uint64_t look_at; /* the head at which to see whether half of the ring is in use */
    uint64_t told;    /* the head when we last woke the consumer */
};

/* `region` is zeroed, 64-byte aligned and stays mapped. region_bytes, at least the MIN above, is
 * the same at both ends. */
void capture_start(struct capture_ring *r, void *region, size_t region_bytes,
                   const struct capture_bell *bell);

/*
 * Add a frame that passed at this time. It is copied before this returns, which it does at once
 * unless the ring is full. Wakes the consumer when half of the ring is in use. A frame of no bytes
 * or of more than PCAPFILE_FRAME_BYTES_MAX is only counted.
 */
void capture_put(struct capture_ring *r, uint64_t time_ns, const void *bytes, size_t length);

/* Wake the consumer if there is anything it was not told of: before a long rest, and at the end. */
void capture_flush(struct capture_ring *r);

/* ---- the consumer: the supervisor ---- */

struct capture_sink {
    struct capture_shared *shared;
    void (*room)(void *context); /* let a waiting producer look again; NULL: it looks by itself */
    void *context;
    struct pcapwriter *writer;
    uint64_t capacity, offset, tail;
    uint64_t frames;  /* written */
    uint64_t lost;    /* taken out of the ring after the disk failed */
    uint64_t refused; /* when finished: frames the producer says no capture can hold */
    int error;        /* 0, or the -errno with which the disk failed: nothing more is written */
    char corrupt[CAPTURE_CORRUPT_BYTES]; /* "" or what makes no sense in the ring: the end of this
                                            capture */
};

/* Begin the file; see pcapwriter_open(). 0, or -errno with a sentence in `why`. */
int capture_open(struct capture_sink *s, void *region, size_t region_bytes, int dir_fd,
                 const char *path, char why[static PCAPFILE_WHY_BYTES]);

/*
 * Take out what is in the ring now, and write it. How many bytes that was; 0: the ring was empty.
 * The time this takes is bounded by the size of the ring, whatever the producer does meanwhile.
 * After an error or corruption all is still taken out, so that the producer never hangs.
 */
uint64_t capture_drain(struct capture_sink *s);

/* Drain a last time and give the file its name. 0, or -errno; see pcapwriter_finish(). The counts,
 * the error and the corruption can be read afterwards. A sink that is zeroed or finished is fine.
 */
int capture_finish(struct capture_sink *s);
#endif
