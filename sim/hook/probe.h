/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_HOOK_PROBE_H
#define SIM_HOOK_PROBE_H
/*
 * "This happened": a typed event in plan terms, with no prose. Checks, accounting and traces see
 * these and nothing else. In virtual time an event is one happening; in host time, where there are
 * no observable switches, `count` happenings of a kind arrive as one event when the run is quiet.
 */
#include <stdint.h>

/* clang-format off */
/*
 * What the numbers of each kind mean. Where `pd` is not said, it is the domain it happened in.
 *
 *   FRAME_IN, FRAME_OUT       object: device; a: bytes
 *   FRAME_SENT, _DELIVERED    object: queue
 *   FRAME_COPIED              object: queue or pool
 *   FRAME_DROPPED             a: enum drop_reason
 *   FRAME_IN_FLIGHT           object: what the place is; a: enum frame_place, b: enum left_flag
 *   FRAME_FOREIGN             pd: the giver; object: queue; a: the frame's address, b: the receiver
 *   FRAME_ASTRAY              pd: the giver; object: queue it went into; a: queue it came by
 *   FRAME_FORGED              pd: the giver; object: queue it went into; a: the address it bears as
 *                             its sender's, b: its sender
 *   FRAME_ALTERED, _LEAKED    object: queue or device; a, b: as sim/hook/bytes.h packs them
 *   COPY_BEYOND               pd: who copies; object: pool; a: offset in it, b: bytes
 *   FRAMES_MADE               pd: a driver that passed on more than its device received, or that
 *                             made it send more than it was given, if a is 1; object: device
 *   BUFFERS_FOUND             object: pool; a: found in queues and rings, b: with domains (signed)
 *   BUFFERS_KEPT              pd: who passes frames on; object: pool; a: how many it has, empty;
 *                             b: 1 if it is a driver, and its device has no room for so many
 *   BUFFERS_LEFT              pd: who should have taken them; object: queue; a: how many;
 *                             b: enum left_flag
 *   BUFFER_TWICE              pd: the giver; object: pool; a: buffer, b: queue
 *   BUFFER_FOREIGN            pd: the giver; object: queue; a: name, b: length
 *   QUEUE_REFUSED             pd: the giver; object: queue that had no room
 *   SHARE_EXCEEDED            pd: the giver; object: queue; a: as many its other end has by it,
 *                             b: as many as it holds
 *   INDEX_ILLEGAL             pd: the stepper; object: queue; a: from, b: to
 *   INDEX_DISPLACED           pd: who moved the other end's index; object: queue; a: from, b: to
 *   SIGNAL_MISSING            pd: the producer; object: queue; a: enum signal_missing
 *   LOOK_MISSING              pd: the consumer; object: queue; a: entries there when it asked
 *   LINE_PASSED_OVER          pd: who serves several; object: queue that waited all the time;
 *                             a: entries taken from it, b: other queue << 32 | entries from that
 *   REQUEST_MISSING           pd: the consumer; object: queue; a: entries there as it waits
 *   WORK_UNBOUNDED            pd: the consumer; object: queue; a: entries it took in one wake-up,
 *                             b: as many as it should have stopped at
 *   SIGNALS_SENT              count: by this domain; a: of these needless
 *   IRQ_HELD                  pd: the driver; object: device; a: channel
 *   RECEIVER_DEAF             pd: the driver; object: device; a: empty buffers it has for it
 *   IRQ_LEFT                  pd: the driver; object: device: up and masked when all is quiet
 *   DMA_FAULT                 object: device; a: IO address, b: bytes << 1 | is a write
 *   VIOLATION                 place: in its driver's image; object: device; a, b: as packed by
 *                             sim/hook/violation.h
 *   STALE_READ                pd: the device's; object: pool; a: offset in it, b: enum stale_read
 *   STALE_FRAME               pd: the giver; object: pool; a: offset in it, b: 1 if it went back
 *   LINE_LOST                 pd: whose cache operation it was, none by chance; object: pool;
 *                             a: offset in it
 *   DEFERRED_REPLACED         a: channel lost, b: channel instead
 *   CHANNEL_UNKNOWN           a: channel
 *   CALL_WRONG                pd: who answered; object: channel; a: label of the request,
 *                             b: enum call_wrong
 *   SIGNAL_LOST               pd: whom it was for; count: of them, all lost to faults
 *   FAULT_ACTED               object: scenario fault; a, b: as the kind documents
 *   STRAY_LANDED              a: vaddr, b: is a write
 *   BUDGET_EXCEEDED           a: nanoseconds it ran within one period, b: the period
 *   CLOCK_LIED                a: picoseconds off, b: 1 if ahead, 0 if behind
 *   PD_UNFINISHED             a: enum unfinished, b: the other domain
 *   PD_KEPT                   a: nanoseconds it could run and did not, b: who did
 *   STANDSTILL                pd: who woke most; a: wake-ups of all; b: enum standstill_by;
 *                             object: queue that waits, or device whose receive ring does, or
 *                             whose line is up
 *   PD_DIED                   a: signal, b: vaddr of the access; for SIGSYS the call, for none the
 *                             status
 *   PD_STOPPED                by an injected fault
 *   RUN_ENDED                 a: enum run_end
 */
/* clang-format on */
#define PROBE_KINDS(ROW)                                                \
    ROW(FRAME_IN, "a frame entered at a wire")                          \
    ROW(FRAME_OUT, "a wire took a frame")                               \
    ROW(FRAME_SENT, "an endpoint submitted a frame")                    \
    ROW(FRAME_COPIED, "a frame gained a receiver")                      \
    ROW(FRAME_DELIVERED, "an endpoint took a frame")                    \
    ROW(FRAME_DROPPED, "a frame ended here")                            \
    ROW(FRAME_IN_FLIGHT, "a frame was found on its way")                \
    ROW(FRAME_FOREIGN, "an endpoint was given another's frame")         \
    ROW(FRAME_ASTRAY, "a frame went where its sender may not reach")    \
    ROW(FRAME_FORGED, "a frame went on in another's name")              \
    ROW(FRAME_ALTERED, "a frame is not what it was")                    \
    ROW(FRAME_LEAKED, "bytes of a frame went to somebody else")         \
    ROW(COPY_BEYOND, "a copy went on beyond the end of a buffer")       \
    ROW(FRAMES_MADE, "a driver passed on what there was not")           \
    ROW(BUFFERS_FOUND, "where a pool's buffers were found")             \
    ROW(BUFFERS_KEPT, "buffers were found with one who passes them on") \
    ROW(BUFFERS_LEFT, "empty buffers were found in a queue")            \
    ROW(BUFFER_TWICE, "a buffer was in two places")                     \
    ROW(BUFFER_FOREIGN, "a descriptor named no buffer of its queue")    \
    ROW(QUEUE_REFUSED, "a queue had no room for an entry")              \
    ROW(SHARE_EXCEEDED, "a neighbour was let have more than its share") \
    ROW(INDEX_ILLEGAL, "an index stepped where it may not")             \
    ROW(INDEX_DISPLACED, "one end of a queue moved the other's index")  \
    ROW(SIGNAL_MISSING, "a consumer that wants a signal got none")      \
    ROW(LOOK_MISSING, "a consumer did not look once more")              \
    ROW(LINE_PASSED_OVER, "one who waits was served less than another") \
    ROW(REQUEST_MISSING, "a consumer waits and asked for no signal")    \
    ROW(WORK_UNBOUNDED, "a consumer took without end from one peer")    \
    ROW(SIGNALS_SENT, "signals a domain sent")                          \
    ROW(IRQ_HELD, "a driver waited with an interrupt unacknowledged")   \
    ROW(RECEIVER_DEAF, "a device could take no frame at the end")       \
    ROW(IRQ_LEFT, "an interrupt was up and masked at the end")          \
    ROW(DMA_FAULT, "the IOMMU refused a device")                        \
    ROW(VIOLATION, "a driver broke its datasheet")                      \
    ROW(STALE_READ, "a device read what only a cache had newer")        \
    ROW(STALE_FRAME, "a frame went on that no cache had made way for")  \
    ROW(LINE_LOST, "a cache wrote over what a device had written")      \
    ROW(DEFERRED_REPLACED, "a deferred operation was replaced")         \
    ROW(CHANNEL_UNKNOWN, "an operation on an unconfigured channel")     \
    ROW(CALL_WRONG, "a call got an answer that is not right")           \
    ROW(SIGNAL_LOST, "a fault kept a signal from a domain")             \
    ROW(FAULT_ACTED, "an injected fault acted")                         \
    ROW(STRAY_LANDED, "nothing stopped an access outside the plan")     \
    ROW(BUDGET_EXCEEDED, "a domain ran beyond its budget")              \
    ROW(CLOCK_LIED, "a domain lied about its clock")                    \
    ROW(PD_UNFINISHED, "a domain did not get to its next wait")         \
    ROW(PD_KEPT, "a domain could run and others did")                   \
    ROW(STANDSTILL, "domains ran and nothing moved")                    \
    ROW(PD_DIED, "a domain died")                                       \
    ROW(PD_STOPPED, "a domain stopped for good")                        \
    ROW(RUN_ENDED, "the run ended")

enum probe_kind {
#define ROW(id, doc) PROBE_##id,
    PROBE_KINDS(ROW)
#undef ROW
        PROBE_COUNT
};

/* Why a frame ended without arriving. Names are stable: they are report.json's keys. */
#define DROP_REASONS(ROW)                                                                          \
    ROW(NONE, "none")                                                                              \
    ROW(DISABLED, "disabled")           /* device: off */                                          \
    ROW(NO_DESCRIPTOR, "no_descriptor") /* device: the driver owned every descriptor */            \
    ROW(FILTERED, "filtered")           /* device: not for this station */                         \
    ROW(UNHEARD, "unheard")             /* device: the same, but for somebody behind it */         \
    ROW(RUNT, "runt")                                                                              \
    ROW(OVERSIZE, "oversize")                                                                      \
    ROW(DMA_FAULT, "dma_fault")                                                                    \
    ROW(RESET, "reset")                                                                            \
    ROW(BAD_DESCRIPTOR, "bad_descriptor")                                                          \
    ROW(REFUSED, "refused")         /* device: the host's interface would not take it */           \
    ROW(NO_MATCH, "no_match")       /* no receiver has the destination address */                  \
    ROW(DENIED, "denied")           /* its sender may not send it to any receiver of it */         \
    ROW(NO_BUFFER, "no_buffer")     /* the receiver had none free */                               \
    ROW(INVALID, "invalid")         /* the descriptor named no buffer, or a length no frame has */ \
    ROW(DUPLICATE, "duplicate")     /* the buffer was already on its way */                        \
    ROW(UNEXPLAINED, "unexplained") /* none of the above fits: look here first */                  \
    ROW(FORGED, "forged")           /* lost behind an index its consumer forged */                 \
    ROW(DEAD, "dead")               /* held by a domain when it died or was stopped */             \
    ROW(GATE, "gate")               /* an injected fault took it */                                \
    ROW(FCS, "fcs")                 /* device: its check sequence does not fit */

enum drop_reason {
#define ROW(id, name) DROP_##id,
    DROP_REASONS(ROW)
#undef ROW
        DROP_COUNT
};

enum frame_place { PLACE_QUEUE, PLACE_RING_RX, PLACE_RING_TX, PLACE_DEVICE, PLACE_PD };
/* Of a queue that is left with entries: does its consumer, which waits, ask for a signal? Or is it
 * an endpoint that has none of the buffers it sends from, and may need one before it goes on? */
enum left_flag { LEFT_UNKNOWN, LEFT_ASKED, LEFT_UNASKED, LEFT_STRANDED };
/* Why a device did not read what was last written. */
enum stale_read {
    STALE_UNCLEANED, /* nobody cleaned the caches */
    STALE_REWRITTEN, /* it was written again after that */
    STALE_LUCKY      /* nobody did, but a cache had happened to write it back */
};
/* What a producer did not do for a consumer that wants a signal. */
enum signal_missing {
    SIGNAL_UNASKED, /* look at the flag after it put entries in */
    SIGNAL_EARLY,   /* the same, and it signalled before it put them in */
    SIGNAL_UNSENT,  /* it looked, and sent none */
    SIGNAL_ROBBED   /* it took back the wish for one, and sent none */
};
/* What is wrong with the answer to a call. */
enum call_wrong { CALL_RIGHT, CALL_SHAPE, CALL_ERROR, CALL_WORD, CALL_WRONGS };
/* What there is to do while nothing is done. */
enum standstill_by { STANDSTILL_QUEUE, STANDSTILL_RING, STANDSTILL_LINE };
/* Why a domain did not get to its next wait. */
/* Why a domain did not get to its next wait. */
enum unfinished {
    UNFINISHED_RUNS,
    UNFINISHED_STARVED,
    UNFINISHED_CALLING,
    UNFINISHED_INIT /* it runs, and has not returned from init() */
};
enum run_end {
    RUN_QUIET,
    RUN_LIMIT,
    RUN_WALL,
    RUN_INTERRUPTED,
    RUN_STUCK, /* nothing moves any more, though somebody keeps running */
    RUN_FAILED
};

/* Who says so: whether a number can be a lie of an untrusted domain. */
enum probe_told { TOLD_BY_WORLD, TOLD_BY_PD };

struct probe {
    uint64_t time_ns; /* since the run began, on the run's clock */
    uint16_t kind;    /* enum probe_kind */
    uint8_t told;     /* enum probe_told */
    uint32_t pd;      /* plan index, PLAN_NONE if none */
    uint32_t object;  /* plan index of what is said above, PLAN_NONE if none */
    uint64_t a, b;
    uint64_t count;
    const char *before; /* what happened just before, a line each; NULL: not known */
    uint64_t place; /* in the domain's image: offset of the instruction after it; 0: not known */
};

const char *probe_name(unsigned kind);         /* "FRAME_IN"; "?" beyond the kinds */
const char *drop_reason_name(unsigned reason); /* "no_match"; "?" beyond */
const char *run_end_name(unsigned end);        /* "quiet", "limit", "wall", ... */

/* Those who listen, called in the order they were added. */
struct probe_sink {
    void (*event)(void *context, const struct probe *p);
    void *context;
};
struct probe_bus {
    struct probe_sink sinks[32];
    unsigned count;
};
void probe_listen(struct probe_bus *bus, void (*event)(void *, const struct probe *),
                  void *context);
void probe_emit(struct probe_bus *bus, const struct probe *p);
#endif
