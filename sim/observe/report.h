/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_OBSERVE_REPORT_H
#define SIM_OBSERVE_REPORT_H
/*
 * What a run amounted to, for a program (report.json) and for a person (report.txt). Everything is
 * gathered in one struct first; both reports say the same, in the plan's order, and hold nothing
 * that two equal runs in virtual time would not have in common.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/hook/finding.h"
#include "sim/observe/account.h"
#include "sim/observe/expect.h"

enum report_verdict {
    REPORT_NONE, /* nothing can be said: the run was cut short, or nothing kept domains apart */
    REPORT_PASS,
    REPORT_FAIL,
};

struct report_check {
    const char *name;
    bool isolation; /* no verdict where a domain ran unconfined, unless it found something */
    const struct findings *findings;
};

/* Of one domain; devices have one too. */
struct report_pd {
    uint64_t entries, notified, signals_sent, cpu_ns, faults;
    const char *state; /* "idle", "stopped by a fault", "died"; NULL: not known */
    bool died;
    uint64_t death_signal, death_vaddr; /* as in PD_DIED */
    const char *assertion;              /* it died of, as it says itself; NULL: none */
    uint64_t death_place;               /* in its image, as in PD_DIED */
    const char
        *stack; /* where it was then, the innermost place first, a line each; NULL: unknown */
    bool confined;
    const char *points;  /* "all", "os"; NULL: it has none */
    const char *told_by; /* who counted its moves: "world", "pd"; NULL: nobody */
};

/* Whatever else a device counts. */
struct report_counter {
    const char *name;
    uint64_t value;
};
struct report_device {
    const struct report_counter *counters;
    size_t counter_count;
};

struct report_queue {
    uint32_t max_length;
    bool known; /* false: nobody measured it */
};

/* Of one endpoint, from a frame's arrival to its taking it. count 0: nothing was measured. */
struct report_latency {
    uint64_t count, p50_ns, p99_ns, p999_ns, max_ns;
};

/* What the simulated processor did; virtual time only. All of it from letting traffic in until the
 * end. */
struct report_work {
    const char *name; /* a kernel entry, an operation at a point, or an image's own work */
    uint64_t count, cycles;
};
struct report_cycles {
    uint64_t total, kernel, activations, switches;
    const struct report_work *works;
    size_t work_count;
};
struct report_core {
    uint64_t busy_cycles, idle_cycles, utilisation_ppm;
};
struct report_cpu {
    uint64_t clock_hz, busy_cycles, idle_cycles, utilisation_ppm; /* of all cores together */
    uint64_t packets, cycles_per_packet; /* frames from wires; 0 if there were none */
    const struct report_core *cores;
    size_t core_count;
    const struct report_cycles *pds; /* by plan domain */
};

struct report_input {
    const struct plan *plan;
    const struct account *account;
    const char *clock, *executor, *platform;
    uint64_t time_ns;       /* how long the run was, on its own clock */
    const char *digest;     /* NULL: none, as in host time */
    uint64_t events;        /* that it is of */
    const char *end_detail; /* a further half sentence on how it ended; NULL */
    const struct report_check *checks;
    size_t check_count;
    const struct report_pd *pds;          /* by plan index; NULL: not measured */
    const struct report_device *devices;  /* by plan index; NULL */
    const struct report_queue *queues;    /* by plan index; NULL */
    const struct report_latency *latency; /* by plan domain; NULL */
    const struct report_cpu *cpu;         /* NULL: not modelled */
    struct expect_result *expects;        /* by expect_judge; NULL if the scenario has none */
    const char *images;       /* the folder of the domains' images; NULL: no places are named */
    const char *const *notes; /* what the reader must know of the rest; NULL-terminated, or NULL */
};

/* One check's verdict: what it found, unless nothing can be said without finding something. */
enum report_verdict report_check_verdict(const struct report_input *in,
                                         const struct report_check *c);
/* The run's: it fails by a finding, and if it was complete by an expectation that does not hold. */
enum report_verdict report_run_verdict(const struct report_input *in);
const char *report_verdict_name(enum report_verdict v); /* "none", "pass", "fail" */
/* Did the run come to an end of its own (quiet, or the planned length)? */
bool report_run_complete(const struct report_input *in);
/* The first domain that ran unconfined, PLAN_NONE if all were confined or nobody knows. */
uint32_t report_unconfined(const struct report_input *in);

/* Where in its culprit's image a finding was made: "net0_driver.so+0x1f2b, tx_return"; NULL: not
 * known. In plan->arena. */
const char *report_place(const struct report_input *in, const struct finding *f);

/* An endpoint whose frames a dead domain no longer passes on. */
struct report_hurt {
    uint32_t pd;
    bool receiving, sending;
};
/* All of them, in the plan's order; in plan->arena. */
struct report_hurt *report_hurt(const struct plan *plan, uint32_t dead, size_t *count);

/* Of a finding that a domain died: its stack, as in struct report_pd; else NULL. */
const char *report_stack(const struct report_input *in, const struct finding *f);

/* 0, or -errno if the stream did not take it. */
int report_json(const struct report_input *in, FILE *to);
int report_text(const struct report_input *in, FILE *to, bool color);
#endif
