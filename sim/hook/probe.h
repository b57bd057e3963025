/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_HOOK_PROBE_H
#define SIM_HOOK_PROBE_H
/*
 * "This happened": a typed event in plan terms, with no prose. Checks, accounting and traces see these and
 * nothing else. In virtual time an event is one happening; in host time, where there are no observable
 * switches, `count` happenings of a kind arrive as one event when the run is quiet.
 */
#include <stdint.h>

#define PROBE_KINDS(ROW)                                                                               \
    ROW(FRAME_IN, "a frame entered at a wire")                  /* object: device; a: bytes */         \
    ROW(FRAME_OUT, "a wire took a frame")                       /* object: device */                   \
    ROW(FRAME_SENT, "an endpoint submitted a frame")            /* object: queue */                    \
    ROW(FRAME_COPIED, "a frame gained a receiver")              /* object: queue or pool */            \
    ROW(FRAME_DELIVERED, "an endpoint took a frame")            /* object: queue */                    \
    ROW(FRAME_DROPPED, "a frame ended here")                    /* a: enum drop_reason */              \
    ROW(FRAME_IN_FLIGHT, "a frame was found on its way")        /* object: place, a: enum frame_place */ \
    ROW(FRAME_FOREIGN, "an endpoint was given another's frame") /* pd: giver; object: queue; a: its MAC */ \
    ROW(BUFFERS_FOUND, "where a pool's buffers were found")     /* object: pool; a: found, b: held */  \
    ROW(BUFFER_TWICE, "a buffer was in two places")             /* pd: giver; object: pool; a: buffer */ \
    ROW(BUFFER_FOREIGN, "a descriptor named no buffer of its queue") /* pd: giver; object: queue; a: name, b: len */ \
    ROW(INDEX_ILLEGAL, "an index stepped where it may not")     /* pd: stepper; object: queue; a: from, b: to */ \
    ROW(DMA_FAULT, "the IOMMU refused a device")                /* object: device; a: IO address, b: bytes<<1|write */ \
    ROW(VIOLATION, "a driver broke its datasheet")              /* object: device; text in the log */  \
    ROW(DEFERRED_REPLACED, "a deferred operation was replaced") /* a: lost channel, b: new */          \
    ROW(CHANNEL_UNKNOWN, "an operation on an unconfigured channel") /* a: channel */                   \
    ROW(FAULT_ACTED, "an injected fault acted")                 /* object: scenario fault */           \
    ROW(PD_DIED, "a domain died")                               /* a: signal, b: vaddr, SIGSYS: call */ \
    ROW(PD_STOPPED, "a domain stopped for good")                /* by an injected fault */             \
    ROW(RUN_ENDED, "the run ended")                             /* a: enum run_end */

enum probe_kind {
#define ROW(id, doc) PROBE_##id,
    PROBE_KINDS(ROW)
#undef ROW
        PROBE_COUNT
};

/* Why a frame ended without arriving. Names are stable: they are report.json's keys. */
#define DROP_REASONS(ROW)                                                                              \
    ROW(NONE, "none")                                                                                  \
    ROW(DISABLED, "disabled")           /* device: off */                                              \
    ROW(NO_DESCRIPTOR, "no_descriptor") /* device: the driver owned every descriptor */                \
    ROW(FILTERED, "filtered")           /* device: not for this station */                             \
    ROW(RUNT, "runt")                                                                                  \
    ROW(OVERSIZE, "oversize")                                                                          \
    ROW(DMA_FAULT, "dma_fault")                                                                        \
    ROW(RESET, "reset")                                                                                \
    ROW(BAD_DESCRIPTOR, "bad_descriptor")                                                              \
    ROW(NO_MATCH, "no_match")     /* no receiver has the destination address */                        \
    ROW(NO_BUFFER, "no_buffer")   /* the receiver had none free */                                     \
    ROW(INVALID, "invalid")       /* the descriptor named no buffer, or a length no frame has */       \
    ROW(DUPLICATE, "duplicate")   /* the buffer was already on its way */                              \
    ROW(UNEXPLAINED, "unexplained") /* none of the above fits: look here first */                      \
    ROW(FORGED, "forged")         /* lost behind an index its consumer forged */                       \
    ROW(DEAD, "dead")             /* held by a domain when it died or was stopped */                   \
    ROW(GATE, "gate")             /* an injected fault took it */

enum drop_reason {
#define ROW(id, name) DROP_##id,
    DROP_REASONS(ROW)
#undef ROW
        DROP_COUNT
};

enum frame_place { PLACE_QUEUE, PLACE_RING_RX, PLACE_RING_TX, PLACE_DEVICE, PLACE_PD };
enum run_end { RUN_QUIET, RUN_LIMIT, RUN_WALL, RUN_INTERRUPTED, RUN_FAILED };

/* Who says so: whether a number can be a lie of an untrusted domain. */
enum probe_told { TOLD_BY_WORLD, TOLD_BY_PD };

struct probe {
    uint64_t time_ns; /* since the run began, on the run's clock */
    uint16_t kind;    /* enum probe_kind */
    uint8_t told;     /* enum probe_told */
    uint32_t pd;      /* plan index, PLAN_NONE if none */
    uint32_t object;  /* plan index of what PROBE_KINDS says, PLAN_NONE if none */
    uint64_t a, b;
    uint64_t count;
};

const char *probe_name(unsigned kind);     /* "FRAME_IN"; "?" beyond the kinds */
const char *drop_reason_name(unsigned reason); /* "no_match"; "?" beyond */
const char *run_end_name(unsigned end);    /* "quiet", "limit", "wall", "interrupted", "failed" */

/* Those who listen, called in the order they were added. */
struct probe_sink {
    void (*event)(void *context, const struct probe *p);
    void *context;
};
struct probe_bus {
    struct probe_sink sinks[16];
    unsigned count;
};
void probe_listen(struct probe_bus *bus, void (*event)(void *, const struct probe *), void *context);
void probe_emit(struct probe_bus *bus, const struct probe *p);
#endif
