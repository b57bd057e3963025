/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_CALLS_H
#define SIM_EXEC_CALLS_H
/*
 * How a domain's system calls are carried out. On the host's clock: by words in memory that two
 * domains share, and doorbells. On the virtual one: by asking the kernel that is simulated. What
 * the calls mean, and which of them an image may make on which channel, is domain.c's.
 */
#include <stdbool.h>
#include <stdint.h>

struct domain;
struct domain_channel;

/* What a wait came back with: notifications, or a call on a channel, or neither. */
struct domain_wake {
    uint64_t badge;
    unsigned call; /* PLAN_CHANNELS_MAX: none */
};

struct domain_calls {
    /* init() has returned: every interrupt is acknowledged once. */
    void (*ready)(struct domain *d);
    /* Do what was deferred, then wait for notifications, a call, or a time. */
    struct domain_wake (*next)(struct domain *d);
    void (*notify)(struct domain *d, struct domain_channel *c);
    void (*ack)(struct domain *d, struct domain_channel *c);
    /* The message is in d->mrs and `info`; the answer comes back likewise. */
    uint64_t (*call)(struct domain *d, struct domain_channel *c, uint64_t info);
    /* The call next() came back with: what came with it, and its answer. */
    uint64_t (*receive)(struct domain *d, struct domain_channel *c);
    void (*reply)(struct domain *d, struct domain_channel *c, uint64_t info);
    /* A call by a channel it does not have, or not for that. */
    void (*refuse)(struct domain *d);
    /* Registers of the device this domain drives. */
    void (*mmio_write)(struct domain *d, uint32_t offset, unsigned bytes, uint64_t value);
    uint64_t (*mmio_read)(struct domain *d, uint32_t offset, unsigned bytes);
    /* Compute for so long (all ones: for ever) and come to nothing. */
    void (*burn)(struct domain *d, uint64_t ns);
    /* It will never run again; returns only to be asked once more. */
    void (*stop)(struct domain *d);
    /* Write back what caches hold of these bytes, and perhaps forget it; only where a region is not
     * coherent, and so never on the host's clock. */
    void (*cache)(struct domain *d, uint64_t start, uint64_t bytes, bool invalidate);
    /* A capture is full, and is to be emptied. */
    void (*drain)(struct domain *d);
};

extern const struct domain_calls calls_host, calls_virtual;
#endif
