/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What if a domain were restarted, as its monitor may do with one that misbehaves? Wherever it is,
 * waiting, running, stopped or dead, it begins anew with a fresh image: its own memory is as when
 * it was loaded, and init() runs again. What it shares stays as it is, queues and signals included.
 * Frames it had in hand are dropped, and buffers it had it knows nothing of any more; what its
 * neighbours make of it is theirs. It is compromised as far as its own doings are concerned.
 */
#include "sim/fault/fault.h"

struct kernel_restart {
    uint32_t pd;
};

static bool kernel_restart_check(void *state, const struct plan *plan, uint32_t pd,
                                 struct diag *diag, struct diag_place place)
{
    struct kernel_restart *s = state;

    s->pd = pd;
    if (pd != PLAN_NONE && plan->pds[pd].kind == PD_DEVICE) {
        diag_error(diag, place, "pd: %s is a device; device_reset is for those",
                   plan->pds[pd].name);
        return false;
    }
    return true;
}

static enum verdict restart(void *state, struct gate_kernel *k)
{
    const struct kernel_restart *s = state;

    k->pd = s->pd;
    k->restart = true;
    return VERDICT_ALTER;
}

const struct fault_type fault_kernel_restart = {
    .name = "kernel_restart",
    .doc = "what if: a domain is begun anew, with a fresh image (virtual clock only)",
    .state_size = sizeof(struct kernel_restart),
    .needs_pd = true,
    .virtual_only = true,
    .begins_anew = true,
    .check = kernel_restart_check,
    .kernel = restart,
};
