/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_DOMAIN_H
#define SIM_EXEC_DOMAIN_H
/*
 * The runtime's half of a protection domain, in the domain's own address space and with its rights
 * only: it gathers notifications, calls the image's entry points, keeps the one deferred slot,
 * refuses operations on channels the plan does not give it, and watches the queues. The same code
 * under every executor; what differs is how a domain waits, how it rings another, and what time it
 * is.
 */
#include <stdbool.h>
#include <stdint.h>

#include <os/sddf.h>
#include <sddf/hw/bus.h>
#include <sddf/hw/device.h>

#include "sim/class/class.h"
#include "sim/exec/calls.h"
#include "sim/exec/image.h"
#include "sim/exec/page.h"
#include "sim/fault/fault_set.h"
#include "sim/hw/iommu.h"
#include "sim/hw/mmio.h"
#include "sim/model/plan.h"
#include "sim/observe/capture.h"
#include "sim/observe/moves.h"
#include "sim/wire/wire.h"

#define DOMAIN_FOREVER UINT64_MAX

struct domain;
struct weak;

/* What an executor supplies. `target` is a plan domain, or PLAN_NONE for the supervisor. */
struct domain_exec {
    void *context;
    /* Wake the target if it waits, or the next time it does. Never blocks. A full barrier. */
    void (*ring)(void *context, uint32_t target);
    /* Wait until rung or until `deadline_ns` on now()'s clock. May return early, without cause. */
    void (*block)(void *context, uint64_t deadline_ns);
    /* On the host's clock, of a domain that polls: there was nothing; let others run. */
    void (*relax)(void *context);
    uint64_t (*now)(void *context);   /* nanoseconds since the run began */
    uint64_t (*stamp)(void *context); /* the same, nearly, and cheaper: for differences only */
    void (*write)(void *context, const char *text, size_t bytes); /* the domain's log */
    /* In virtual time: the request in the domain's turn is carried out. Returns when it may go on.
     */
    void (*request)(void *context);
    /* In virtual time, for a device: a capture is full. Returns when there is room. */
    void (*drain)(void *context);
    /* In virtual time, for a device: an interrupt line has this level now. */
    void (*line)(void *context, unsigned line, bool level);
    /*
     * An injected fault reaches for a place that the plan does not give this domain. Returns only
     * where the access was made and nothing stopped it.
     */
    void (*stray)(void *context, uint64_t vaddr, bool write);
    /* The domain ends: order_stop. Does not return. */
    void (*end)(void *context) __attribute__((noreturn));
};

struct domain_channel {
    struct channel_page *page; /* NULL: not configured */
    const struct plan_channel *plan;
    uint8_t side; /* which end this domain is */
    uint32_t peer;
};

enum deferred_kind { DEFERRED_NONE, DEFERRED_NOTIFY, DEFERRED_ACK };

/* What an image's operations cost it in virtual time; those by the unit, per 1024 of them. */
struct domain_costs {
    uint64_t entry_ps[PLATFORM_ENTRIES], op_ps[POINT_OPS];
    uint64_t wake_ps, notified_ps;
    uint64_t window_base; /* of its virtual addresses */
    uint64_t byte_ps_1024, copy_ps_1024, copy_uncached_ps_1024, clean_ps_1024, invalidate_ps_1024;
    uint64_t line_bytes;
    bool uncached; /* a region it maps is not cached */
};

enum domain_backed { BACKED_NOT, BACKED_ONE_WINDOW, BACKED_WINDOWS };

struct domain {
    char name[SDDF_NAME_LENGTH]; /* as the image asks for it */
    const struct plan *plan;
    uint32_t pd;
    const struct domain_exec *exec;
    const struct domain_calls *calls;
    struct pd_page *page;
    struct turn *turn; /* in virtual time; else NULL */
    struct {
        size_t bytes; /* 0: there is none */
        uint64_t vaddr;
        const void *place;
        bool held;     /* it is not of a register: see weak.h */
    } unsettled;       /* a write whose value the image is about to leave there (registers.h) */
    struct weak *weak; /* NULL: others see what it stores at once (weak.h) */
    struct weak *weak_memory; /* the same, before it runs */
    uint32_t odd_points;      /* in virtual time: bits of those that take more than a moment */
    struct domain_costs costs;
    struct image_entry entry; /* PD_IMAGE */
    struct domain_channel channels[PLAN_CHANNELS_MAX];
    unsigned channel_count; /* highest configured id, plus one */
    unsigned complaints;    /* made so far, of channels it does not have */
    uint64_t callers;       /* channels whose other end may call this domain */
    unsigned last_call;     /* ... and the one that was served last */
    struct {
        enum deferred_kind kind;
        unsigned channel;
    } deferred;
    uint64_t mrs[TURN_MRS];
    const struct class_type *judges_calls; /* whose contract its answers keep; NULL: nobody's */
    uint64_t answers[CLASS_ANSWERS_BYTES / 8u]; /* that class remembers of them */
    uint64_t timeout_ns;                        /* of its timer channel; DOMAIN_FOREVER: none */
    unsigned timer_channel;
    uint64_t asked_ns;      /* what its timer said the time was, when it was asked last */
    uint64_t console_badge; /* its console has taken what it printed, and is to tell it so */
    struct moves *moves;    /* NULL: not watched */
    bool follows;           /* flags and signals too */
    bool untold;         /* its queues tell nothing, and are looked at wherever it could be left */
    uint64_t image_base; /* where the image is, so that a place in it can be told; 0: not known */
    uint64_t image_bytes;
    const void *place;      /* in it, of the last move; NULL: not in one */
    uint64_t irqs, unacked; /* channels: of interrupts, and of those it has not acknowledged yet */
    bool told_irq;
    struct fault_set faults;
    bool incoherent;                 /* a region it maps is not coherent */
    struct mmio_ring *mmio;          /* a driver's */
    const struct mmio_ring *served;  /* a device's */
    bool polls;                      /* never sleeps for want of work: it looks again and again */
    bool bursts;                     /* ... and lets others look now and then while it has some */
    uint64_t regs_vaddr, regs_bytes; /* from its first register to its last, 0 bytes: none */
    /* Which of that are registers, where they are not all in one place; NULL: all of it. */
    const struct plan_registers *windows;
    uint32_t window_count;
    const struct device_ports *ports; /* by which they are reached as well; NULL: none */
    uint64_t ports_vaddr;             /* ... the first of them */
    enum domain_backed backed;        /* is there memory in their place (registers.h)? */
    uint32_t device_pd;
    uint16_t reads;
    struct {
        bool posted;
        uint32_t at;
    } lowering; /* the last write that lowers the line, since the last acknowledgement */
    struct domain_capture {
        const struct plan_capture *plan; /* NULL: nobody captures here */
        struct capture_ring ring;
    } captures[2]; /* what comes (a wire's in, an endpoint's rx), and what goes */
};

/*
 * Get ready to run `pd`, everything mapped already. `memory` for what is watched of it is the
 * caller's (domain_bytes, zeroed); NULL: nothing is.
 */
void domain_init(struct domain *d, const struct plan *plan, uint32_t pd,
                 const struct domain_exec *exec, void *memory);
size_t domain_bytes(const struct plan *plan, uint32_t pd);
/* From here on in virtual time: costs of this platform, system calls by the simulated kernel. */
void calls_virtual_init(struct domain *d, const struct platform *platform, const char *image);
/* Points move its clock from now on. */
void calls_virtual_hook(struct domain *d);
/* Which of them take more than a moment: to be said when an access begins or ceases to be
 * unsettled. */
void calls_virtual_find_odd(struct domain *d);
/* One of its accesses is a point, and takes so much longer. */
void calls_virtual_access(struct domain *d, const volatile void *where, size_t bytes,
                          uint64_t longer_ps);
void calls_virtual_pay_frame(struct domain *d, uint64_t bytes); /* what an image does with one */
/* What an image in this program tells of its moves is heard from here on; domain_run() does it too.
 */
void domain_hook(const struct domain *d);
/* Run an image: init(), then wake-ups until told to end. Does not return. */
void domain_run(struct domain *d) __attribute__((noreturn));

/* What the image's calls on this thread act on, and points tell. The executor sets it whenever it
 * switches domains. */
extern __thread struct domain *domain_current;

/* Whatever an image does next, its last register write takes effect before. */
void registers_settle_now(struct domain *d);
static inline void registers_settle(struct domain *d)
{
    if (__builtin_expect(d->unsettled.bytes != 0, 0)) {
        registers_settle_now(d);
    }
}

/* -- for os.c: what an image may ask -- */
void domain_look_now(struct domain *d);
static inline void domain_look(struct domain *d)
{
    if (__builtin_expect(d->untold, 0)) {
        domain_look_now(d);
    }
}
void domain_notify(struct domain *d, unsigned channel);
void domain_irq_ack(struct domain *d, unsigned channel);
void domain_defer(struct domain *d, enum deferred_kind kind, unsigned channel);
uint64_t domain_ppcall(struct domain *d, unsigned channel, uint64_t info);
uint64_t domain_mmio_read(struct domain *d, uint64_t vaddr, unsigned bytes);
/* The register, as an address, that an I/O port stands for; 0: the domain has no such port. */
uint64_t domain_port(const struct domain *d, unsigned range, uint64_t port, unsigned bytes);
void domain_mmio_write(struct domain *d, uint64_t vaddr, unsigned bytes, uint64_t value);
/* All there is to caches where everything is coherent is what the point costs. */
void domain_cache(struct domain *d, uint64_t start, uint64_t end, bool invalidate);
void domain_event(struct domain *d, const struct probe *p);
void domain_print(struct domain *d, const char *text, size_t bytes);
/* An assertion does not hold, and it is about to die of that. */
void domain_failed(struct domain *d, const char *assertion, const char *file, unsigned line,
                   const char *function);
/* A frame passes: into the capture there, if there is one. */
static inline void domain_capture(struct domain *d, unsigned going, uint64_t time_ns,
                                  const void *bytes, size_t length)
{
    if (d->captures[going].plan != NULL) {
        uint64_t go_ns = atomic_load_explicit(&d->page->order_go_ns, memory_order_relaxed);

        capture_put(&d->captures[going].ring, time_ns > go_ns ? time_ns - go_ns : 0, bytes, length);
    }
}
/* -- for the two kinds of system calls -- */
void domain_flush_deferred(struct domain *d);
/* A place in its image as a probe names it; 0: not one in it. */
uint64_t domain_place(const struct domain *d, const void *place);
/* The bits of its timer's channel if that is due, and of its console's, which then are due no more.
 */
uint64_t domain_own_badge(struct domain *d);
/* Has the time come for a fault in this domain that nobody has woken? */
bool domain_fault_waits(const struct domain *d);
/*
 * When to go on by itself: its timer's time, or its next fault's. As long as frames may not enter
 * yet a fault has no time, but one who waits for ever would count as having nothing to do.
 */
uint64_t domain_deadline(const struct domain *d);
/* Nanoseconds since the first frame may enter; 0 before. */
uint64_t domain_run_ns(const struct domain *d);
/* End here and now if the run is over. */
void domain_end_if_told(struct domain *d);
/* Wait for work or for that time, with the page saying so. */
void domain_wait(struct domain *d, uint64_t deadline_ns);
#endif
