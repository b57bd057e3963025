/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CMD_COMPARE_PARTS_H
#define SIM_CMD_COMPARE_PARTS_H
/* What the rooms of `compare` share: two runs of one system, and what one client suffered. */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/base/arena.h"
#include "sim/model/plan.h"
#include "sim/model/platform.h"

/* One direction of one client: the frames of both runs side by side. */
struct flow_difference {
    uint64_t without, with; /* frames */
    uint64_t skipped;       /* of the run with the faults: from a suspect domain, not compared */
    bool same;              /* the frames of one are the first ones of the other */
    uint64_t first;         /* else: the first that is another, counted from 1 */
    uint64_t with_ns;       /* when that was, in the run with the faults */
    uint64_t later_ns, earlier_ns; /* the most that a frame came later, and earlier */
};

enum { FLOW_RX, FLOW_TX, FLOWS };

/*
 * Compare two captures. Frames from an address in `not_from` (octets, one after the other) are left
 * out of both. False with a sentence in `why` if one cannot be read.
 */
bool compare_flows(const char *without, const char *with, const uint8_t (*not_from)[6],
                   size_t not_from_count, struct flow_difference *out, const char **why,
                   struct arena *arena);

/*
 * What two domains have in common, on the way of either's frames: in words, "net0_driver,
 * net0_virt_tx and core 0". NULL: nothing, no core, domain, device or wire.
 */
const char *compare_shared(const struct plan *plan, const struct platform *platform, uint32_t one,
                           const bool *others, struct arena *arena);
#endif
