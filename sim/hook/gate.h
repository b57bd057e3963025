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

struct gate_frame {
    uint32_t device;  /* plan device */
    bool outbound;    /* from device to wire */
    uint64_t time_ns; /* as in struct inside */
    uint64_t number;  /* counts from 0 in each direction */
    uint8_t *bytes;   /* ALTER: changed in place, up to `room` */
    size_t length, room;
    uint64_t delay_ns; /* DELAY */
};
struct gate_dma {
    uint32_t device;
    bool write;
    uint64_t io_addr;
    uint8_t *bytes; /* ALTER: changed in place */
    size_t length;  /* ALTER: may be shortened */
};
struct gate_irq {
    uint32_t device;
    unsigned line;
    bool level;
};
struct gate_notify {
    uint32_t from, to, channel;
    uint64_t delay_ns;
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
