/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_HOOK_GATE_H
#define SIM_HOOK_GATE_H
/*
 * "May this happen?": asked in the world, where a frame, a DMA, an interrupt or a notification
 * crosses. A fault answers; without faults nothing is asked. And the other half of a fault,
 * `inside`: what the runtime lets a fault do within the compromised domain, with that domain's
 * mappings and channels and no more.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/rng.h"
#include "sim/model/plan.h"

enum verdict { VERDICT_PASS, VERDICT_DROP, VERDICT_DELAY, VERDICT_ALTER };

/* In each of these, filled in by the core: the fault's own stream, and since when it acts. */
#define GATE_TOLD    \
    struct rng *rng; \
    uint64_t since_ns;

/*
 * A frame crosses between a wire and a device. PASS; DROP: it ends here. DELAY: it goes on
 * `delay_ns` later, or as soon as `behind` others have passed it, whichever is first. ALTER: it was
 * changed, or `copies` more of it follow, each `delay_ns` after the one before.
 */
struct gate_frame {
    uint32_t device;  /* plan device */
    bool outbound;    /* from device to wire */
    uint64_t time_ns; /* as in struct inside */
    uint64_t number;  /* counts from 0 in each direction */
    uint8_t *bytes;   /* ALTER: changed in place, up to `room` */
    size_t length, room;
    uint64_t delay_ns;
    uint32_t behind; /* 0: it waits for its time alone */
    uint32_t copies;
    bool spoilt; /* ALTER: and its check sequence does not fit it any more, so it ends here */
    GATE_TOLD
};
/*
 * A device reads or writes memory. DROP: a bus error. ALTER: the first `length` bytes go to, or
 * come from, `io_addr`, as both are now; the device knows of nothing. DELAY, of a write: the
 * `late_bytes` from `late_from` on reach memory only `delay_ns` later; the others do at once.
 */
struct gate_dma {
    uint32_t device;
    bool write;
    bool descriptor; /* in a ring: `entry_offset` is where in an entry of `entry_bytes` it begins */
    uint32_t entry_offset, entry_bytes;
    uint64_t io_addr;
    uint8_t *bytes; /* of a write: ALTER: changed in place; of a read: NULL */
    size_t length;  /* ALTER: may be shortened */
    size_t late_from, late_bytes;
    uint64_t delay_ns;
    GATE_TOLD
};
/* A line changes its level. DROP: nobody sees it; until it changes again, the line seems to stay.
 * DELAY: it is seen `delay_ns` later. */
struct gate_irq {
    uint32_t device;
    unsigned line;
    bool level;
    uint64_t delay_ns;
    GATE_TOLD
};
/* What a device does that nobody asked it for, whenever the fault's trigger says. ALTER: what is
 * set here happens. */
struct gate_device {
    uint32_t device;
    uint64_t time_ns;  /* as in struct inside */
    bool reset;        /* it goes back to what it was at power-on */
    bool pulse;        /* its line rises and falls, for no cause */
    bool call;         /* its lines are up until a register of it is read */
    uint64_t stuck_ns; /* its lines stay at `level` for so long, UINT64_MAX: for good; 0: no */
    bool level;
    uint64_t stall_ns; /* it does nothing for so long; likewise */
    GATE_TOLD
};
/* A domain signals another. DROP: it is lost. DELAY: it comes `delay_ns` later. */
struct gate_notify {
    uint32_t from, to, channel; /* channel: the sender's */
    uint64_t delay_ns;
    GATE_TOLD
};

/* What the kernel does to a domain unasked, whenever the fault's trigger says. ALTER: it happens.
 */
struct gate_kernel {
    uint64_t time_ns;
    uint32_t pd;      /* to whom */
    uint64_t take_ns; /* so much of its budget is gone; 0: none */
    bool restart;     /* it begins anew, with a fresh image */
    GATE_TOLD
};

/* What a compromised domain offers the fault that acts in it. */
struct inside {
    const struct plan *plan;
    uint32_t pd;
    uint64_t entries; /* wake-ups so far, this one included */
    uint64_t frames;  /* it took from its queues or put into them, whichever are more */
    uint64_t time_ns; /* since the first frame may enter, 0 before */
    bool acted;       /* inside_did() was called */
    uint32_t fault;   /* scenario fault that acts; filled in by the core */
    struct rng *rng;  /* this fault's own stream; filled in by the core */
    void (*notify)(void *runtime, unsigned channel);
    /* A protected call with `count` words; what comes back is lost. */
    void (*call)(void *runtime, unsigned channel, uint64_t label, const uint64_t *words,
                 unsigned count);
    /* Keep the processor busy for so long; all ones: for ever. */
    void (*burn)(void *runtime, uint64_t ns);
    /*
     * Reach for a place where the plan gives this domain nothing, or not that: it dies of it.
     * Where domains share an address space nothing is touched.
     */
    void (*stray)(void *runtime, uint64_t vaddr, bool write);
    /* Record that it acted (FAULT_ACTED). */
    void (*did)(void *runtime, uint32_t fault, uint64_t a, uint64_t b);
    void *runtime;
};
/* Run the image's entry, skip it, or never run it again. */
enum inside_next { INSIDE_RUN, INSIDE_SKIP, INSIDE_STOP };

/* The vaddr of queue q in inside->pd's window, NULL if that domain does not map it. */
void *inside_queue(const struct inside *in, uint32_t queue);
/* Ring the other end of a queue of this domain; nothing if it has none. */
void inside_ring(const struct inside *in, uint32_t queue);
/* The fault acted: a and b as its kind documents them. */
void inside_did(struct inside *in, uint64_t a, uint64_t b);
#endif
