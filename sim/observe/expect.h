/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_OBSERVE_EXPECT_H
#define SIM_OBSERVE_EXPECT_H
/*
 * What a scenario expects of its run: NAME OP INTEGER. All names there are for a plan are known
 * before the run starts, so a misspelt one is a complaint then and not an expectation that silently
 * holds.
 *
 *   in sent copied delivered out dropped in_flight findings acted
 *   delivered.CLIENT  dropped.PLACE  dropped.PLACE.REASON  findings.CHECK
 *   acted.N, for the fault faults[N] of the scenario
 *   CLIENT.rx_frames  CLIENT.tx_frames
 *   PD.entries  PD.notified  PD.signals_sent  PD.faults
 *   latency.CLIENT.p50_ns  .p99_ns  .p999_ns  .max_ns
 *   QUEUE.max_length, for a queue by its name in the plan: client0.tx.active.max_length
 *   DEVICE.offered_bps  .achieved_bps  .echo_sent  .echo_returned  .echo_corrupt  .echo_duplicate
 *   DEVICE.rtt_mean_ns  .rtt_p50_ns  .rtt_p99_ns  .rtt_p999_ns  .rtt_min_ns  .rtt_max_ns, where the
 *   device is on a wire that sends what is to come back
 *   PD.cycles  cpu.utilisation_ppm  cpu.cycles_per_packet, in virtual time
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/model/plan.h"

struct report_input;

struct expect_result {
    bool known; /* false: no such thing was measured in this run; then it does not hold */
    bool holds;
    int64_t value;
};

/* Complain of names that are none, and say if there were none of those. `checks` are those that
 * run. */
bool expect_check(const struct plan *plan, const char *const *checks, size_t check_count,
                  struct diag *diag);

/* Does a value stand to another as an expectation's `op` says? */
bool expect_holds(int op, int64_t left, int64_t right);
/* What each expectation came to, in plan->arena; NULL if the scenario has none. */
struct expect_result *expect_judge(const struct report_input *in);
#endif
