/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CMD_COMPARE_PARTS_H
#define SIM_CMD_COMPARE_PARTS_H
/* What the rooms of `compare` share: two runs of one system, and what one client suffered. */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/base/arena.h"
#include "sim/cmd/cmd.h"
#include "sim/model/plan.h"
#include "sim/model/platform.h"
#include "sim/system.h"

/* One comparison: what is run, without which faults, and what came of it. */
struct comparison {
    struct cmd_args *args;
    struct arena arena;
    struct system system;
    bool *out;   /* by scenario fault: left out of the second run */
    bool *aimed; /* by domain: a fault that is left out is in it, or about its frames alone */
    const char *folder;
    bool kept;              /* the folder stays */
    json_t *with, *without; /* reports */
    bool harmed;
};

/* A client, and no fault that is left out is in it. */
static inline bool compare_is_victim(const struct comparison *c, uint32_t pd)
{
    return c->system.plan->pds[pd].endpoint && !c->aimed[pd];
}

/* One direction of one client: the frames of both runs side by side. */
struct flow_difference {
    uint64_t without, with;        /* frames */
    uint64_t skipped;              /* of the run with the faults: a suspect peer's, not compared */
    uint64_t lost, cut;            /* only without; and of these, no more than late at the end */
    bool same;                     /* the frames of one are the first ones of the other */
    bool interleaved;              /* so it is for each peer, but not for all of them together */
    uint64_t first;                /* else: the first that is another, counted from 1 */
    uint64_t with_ns;              /* when that was, in the run with the faults */
    uint64_t later_ns, earlier_ns; /* the most that a frame came later, and earlier */
    struct flow_span {
        uint64_t frames, first_ns, last_ns;
    } spans[2]; /* without and with, of all frames that are compared */
};

enum { FLOW_RX, FLOW_TX, FLOWS };

/* What became of one client. */
struct suffering {
    uint32_t pd;
    const char *shared; /* what it has in common with the faults' domains, NULL: nothing */
    uint64_t waits_ns;  /* for budgets on its way, all of them just used up */
    struct flow_difference flows[FLOWS];
};

/* Which frames of a client are compared. */
struct flow_of {
    size_t peer_at;          /* where in a frame its peer's address is: 6 if it receives, 0 */
    const uint8_t (*but)[6]; /* frames of these peers are not */
    size_t but_count;
    uint64_t end_ns; /* both runs were ended at this time, and frames may be on their way; 0 */
};

/*
 * Compare two captures. What is only in the one without faults is lost, except where it came so
 * near the end that it would come after it, being as late as others were. False with a sentence in
 * `why` if one cannot be read.
 */
bool compare_flows(const char *without, const char *with, const struct flow_of *of,
                   struct flow_difference *out, const char **why, struct arena *arena);

/*
 * What two domains have in common, on the way of either's frames: in words, "net0_driver,
 * net0_virt_tx and core 0". NULL: nothing, no core, domain, device or wire.
 */
const char *compare_shared(const struct plan *plan, const struct platform *platform, uint32_t one,
                           const bool *others, struct arena *arena);

/*
 * How long a frame may wait for those on its way who have used up their budgets: until each is
 * given more. When that happens depends on what came before, so without anybody's being to blame a
 * run's few latest frames may be that much later than another's.
 */
uint64_t compare_waits(const struct plan *plan, uint32_t one, struct arena *arena);

/*
 * Make the run of that name, "with" or "without" the faults. Its report, NULL after complaints; the
 * exit status in `*status`.
 */
json_t *compare_run(struct comparison *c, const char *program, const char *name, int *status);

/* Before anything runs: is every bound about a client that there is, and something measured? */
bool compare_bounds_make_sense(struct comparison *c);
/* Of the client s->pd, once both runs are over. False after complaints. */
bool compare_find_suffering(struct comparison *c, struct suffering *s);
/* What a bound is about. */
enum compare_measured {
    MEASURED_NOTHING, /* there is nothing of that name */
    MEASURED_NOT, /* there is, but not in these runs: no frames, or none with a time of arrival */
    MEASURED
};
enum compare_measured compare_measure(const struct comparison *c, const struct suffering *s,
                                      const char *what, int64_t *value);
/* The names of all there is, "lost, rx_percent, ... or later_ns". */
const char *compare_measures(struct arena *arena);
/* False: it had no frame whose time of arrival is known. */
bool compare_latency(const json_t *report, const char *client, const char *quantile, int64_t *ns);
/* The part of a bound's name after "CLIENT.", NULL if it is about somebody else. */
const char *compare_about(const struct scenario_expect *bound, const char *client);

/* Says all there is to say, to memory first: the outcome stands in the first line. The exit status.
 */
int compare_judge(struct comparison *c);
#endif
