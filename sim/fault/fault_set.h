/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_FAULT_FAULT_SET_H
#define SIM_FAULT_FAULT_SET_H
/*
 * The faults of one domain, as its runtime or its device asks them. A domain has those the scenario
 * aims at it, and at the gates those that are aimed at nobody. Each has a private copy of its state
 * and a random stream of its own, so no process of a run disturbs another's. Asking an empty set
 * costs one comparison; asking never allocates.
 *
 * Times are nanoseconds since the first frame may enter (0 before that).
 */
#include "sim/base/rng.h"
#include "sim/fault/fault.h"
#include "sim/hook/gate.h"

enum fault_slot {
    FAULT_FRAME,
    FAULT_DMA,
    FAULT_IRQ,
    FAULT_NOTIFY,
    FAULT_DEVICE,
    FAULT_KERNEL,
    FAULT_INSIDE,
    FAULT_SLOTS
};

/* One fault of a scenario at work. */
struct fault_run {
    const struct fault_type *type;
    const struct scenario_fault *asked;
    uint32_t index; /* scenario fault */
    void *state;
    struct rng rng;
    bool started; /* its trigger has come */
    uint64_t started_ns, occasions, acts;
    uint64_t next_ns; /* with a period: its next occasion */
};

struct fault_set {
    const struct plan *plan;
    uint32_t pd, count;
    struct fault_run *runs;
    uint32_t askable[FAULT_SLOTS]; /* how many of the runs answer there */
    bool counts_frames;            /* one of them begins after so many */
    uint64_t entries, frames;      /* of the domain, or of the gates, so far */
    /* Told when a fault acts at a gate, for FAULT_ACTED; NULL: nobody. */
    void (*acted)(void *context, uint32_t fault, uint64_t a, uint64_t b);
    void *context;
};

/* Before a run: complaints that need the plan, into `diag`. False if there was any. */
bool faults_check(const struct plan *plan, struct diag *diag);

/* The faults of domain `pd`, or with PLAN_NONE those of the kernel. States come from plan->arena,
 * so: while building, from one thread. */
void faults_init(struct fault_set *set, const struct plan *plan, uint32_t pd);

struct fault_moment {
    uint64_t time_ns, entries, frames;
};

/* An occasion for this fault: does it act now? To be asked once at each. */
bool fault_due(struct fault_run *run, const struct fault_moment *now);

/* What the inline ones below call when somebody is there to answer. */
enum verdict faults_ask_frame(struct fault_set *set, struct gate_frame *f);
enum verdict faults_ask_dma(struct fault_set *set, uint64_t time_ns, struct gate_dma *d);
enum verdict faults_ask_irq(struct fault_set *set, uint64_t time_ns, struct gate_irq *i);
enum verdict faults_ask_notify(struct fault_set *set, uint64_t time_ns, struct gate_notify *n);
enum inside_next faults_ask_inside(struct fault_set *set, struct inside *in);

/*
 * Gates: faults are asked in the scenario's order. What one alters, the next sees altered; the
 * first that drops or delays decides.
 */
static inline enum verdict faults_frame(struct fault_set *set, struct gate_frame *f)
{
    return set->askable[FAULT_FRAME] == 0 ? VERDICT_PASS : faults_ask_frame(set, f);
}

static inline enum verdict faults_dma(struct fault_set *set, uint64_t time_ns, struct gate_dma *d)
{
    return set->askable[FAULT_DMA] == 0 ? VERDICT_PASS : faults_ask_dma(set, time_ns, d);
}

static inline enum verdict faults_irq(struct fault_set *set, uint64_t time_ns, struct gate_irq *i)
{
    return set->askable[FAULT_IRQ] == 0 ? VERDICT_PASS : faults_ask_irq(set, time_ns, i);
}

static inline enum verdict faults_notify(struct fault_set *set, uint64_t time_ns,
                                         struct gate_notify *n)
{
    return set->askable[FAULT_NOTIFY] == 0 ? VERDICT_PASS : faults_ask_notify(set, time_ns, n);
}

/*
 * What a device does unasked at this time. The caller fills in `device` and `time_ns`, and asks
 * until it says PASS: each fault is asked in turn.
 */
enum verdict faults_ask_device(struct fault_set *set, struct gate_device *d);
/* When, on the same clock, it is to be asked next; FAULTS_NEVER: never. */
uint64_t faults_device_ns(const struct fault_set *set);
/* The same for the kernel. */
enum verdict faults_ask_kernel(struct fault_set *set, struct gate_kernel *k);
uint64_t faults_kernel_ns(const struct fault_set *set);

static inline enum verdict faults_device(struct fault_set *set, struct gate_device *d)
{
    return set->askable[FAULT_DEVICE] == 0 ? VERDICT_PASS : faults_ask_device(set, d);
}

/*
 * Before each entry of the image. The caller fills everything of `in` but `rng` and `fault`. All
 * faults that are due act, in the scenario's order; the most that any of them wants happens (STOP
 * over SKIP over RUN).
 */
static inline enum inside_next faults_inside(struct fault_set *set, struct inside *in)
{
    return set->askable[FAULT_INSIDE] == 0 ? INSIDE_RUN : faults_ask_inside(set, in);
}

/*
 * When, on the same clock, a fault of this domain is to act although nobody may have woken the
 * domain by then: whoever is compromised needs no invitation. FAULTS_NEVER: none waits for its
 * time.
 */
#define FAULTS_NEVER UINT64_MAX
uint64_t faults_wake_ns(const struct fault_set *set);

/* Every kind as a scenario wants it; one static array. */
const struct type_view *fault_views(size_t *count);
#endif
