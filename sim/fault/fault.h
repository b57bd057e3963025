/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_FAULT_FAULT_H
#define SIM_FAULT_FAULT_H
/*
 * A fault kind: what goes wrong, as gates in the world, or inside a compromised domain, or both.
 * The core parses its keys, holds its state, decides from the trigger when it acts, and counts its
 * acts; a slot left NULL is never called. State lives where it is used: each process of a run has
 * its own copy.
 */
#include <sddf/hw/param.h>

#include "sim/hook/gate.h"

struct fault_type {
    const char *name, *doc;
    size_t state_size;
    const struct param *params;
    bool needs_pd;     /* the scenario must say which domain it compromises */
    bool at_device;    /* and that is a device: it is one that goes wrong */
    bool of_world;     /* it is aimed at no domain: "pd" would mean nothing */
    bool virtual_only; /* only the kernel that is simulated can do this */
    bool composes;     /* the fuzzer may use it, with any values its keys may have */

    /* At a device, with these keys: does that only fail, and tell of it by its line and registers?
     * Then its driver is not misled, and answers for what it makes of it. NULL: no. */
    bool (*tells)(const void *state);
    /* It begins a domain anew, and makes it do nothing else than its image does. */
    bool begins_anew;

    /* Complaints that need the plan (a queue of that name?). NULL: none. */
    bool (*check)(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                  struct diag_place place);
    /* Of one that is aimed at no domain: whose frames it is about, as flags by domain; that
     * client's, or all that pass some devices. NULL: everybody's. After `check`. */
    void (*about)(const void *state, const struct plan *plan, bool *pds);
    /* Is what crosses there one of those that it is about? What is not is no occasion for it. NULL:
     * all are. */
    bool (*frame_is)(const void *state, const struct gate_frame *f);
    bool (*dma_is)(const void *state, const struct gate_dma *d);
    bool (*irq_is)(const void *state, const struct gate_irq *i);
    bool (*notify_is)(const void *state, const struct gate_notify *n);
    enum verdict (*frame)(void *state, struct gate_frame *f);
    enum verdict (*dma)(void *state, struct gate_dma *d);
    enum verdict (*irq)(void *state, struct gate_irq *i);
    enum verdict (*notify)(void *state, struct gate_notify *n);
    /* What a device, and the kernel, does unasked; see gate.h. */
    enum verdict (*device)(void *state, struct gate_device *d);
    enum verdict (*kernel)(void *state, struct gate_kernel *k);
    /* Once per entry of the compromised image, before it runs. */
    enum inside_next (*inside)(void *state, struct inside *in);
};

bool fault_always_tells(const void *state);

/* A key "for", which is a word of C: how long, kept in the state's long_ns. */
#define PARAM_FOR(type, preset_, doc_)                                             \
    {                                                                              \
        .name = "for", .kind = PARAM_KIND_TIME, .offset = offsetof(type, long_ns), \
        .preset = (preset_), .min = 1, .max = 1000000000000, .doc = (doc_)         \
    }

#include "sim/fault/fault_types.h"
#define ROW(id) extern const struct fault_type fault_##id;
FAULT_TYPES(ROW)
#undef ROW

/* All kinds in row order. */
const struct fault_type *const *fault_types(size_t *count);
#endif
