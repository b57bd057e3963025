/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_OBSERVE_ACCOUNT_H
#define SIM_OBSERVE_ACCOUNT_H
/*
 * Where every frame went. A frame begins at a wire (in), when an endpoint submits it (sent), or as
 * a further copy (copied); it ends delivered, out or dropped; what was found on its way is in
 * flight. Each term is summed from its own events and none from the others, so that their balance
 * says something.
 */
#include <stdbool.h>
#include <stdint.h>

#include "sim/hook/probe.h"
#include "sim/model/plan.h"

#define ACCOUNT_PLACES 5 /* enum frame_place */

struct account {
    const struct plan *plan;
    uint64_t in, sent, copied, delivered, out, dropped, in_flight;
    uint64_t *delivered_to;             /* by domain: an endpoint's */
    uint64_t *sent_by;                  /* by domain: an endpoint's */
    uint64_t (*dropped_at)[DROP_COUNT]; /* by domain; row pd_count: nobody knows where */
    uint64_t in_flight_at[ACCOUNT_PLACES];
    uint64_t *acted; /* by scenario fault: how often it did */
    bool ended;
    enum run_end end;
};

/* Memory comes from plan->arena. */
void account_init(struct account *a, const struct plan *plan);
void account_event(void *account, const struct probe *p); /* for probe_listen */
bool account_balanced(const struct account *a);
#endif
