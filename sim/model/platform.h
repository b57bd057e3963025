/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_MODEL_PLATFORM_H
#define SIM_MODEL_PLATFORM_H
/*
 * What things cost on a machine: a table in JSON, read once, plain data afterwards. Nothing but
 * virtual time looks at it. A cost is in processor cycles, of a piece of work done once; what is
 * done per byte or per cache line says so in its name. What happens how often is not here: that
 * comes out of the simulation.
 *
 * The keys of a platform file are those of the tables in platform.c, so `sddfsim list keys` and
 * `sddfsim schema` document them.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sddf/os/point.h>

#include "sim/base/arena.h"
#include "sim/base/diag.h"
#include "sim/base/rng.h"
#include "sim/model/scenario.h"

/* What the kernel does, each time it does it. */
enum platform_entry {
    PLATFORM_NOTIFY,     /* a signal, from entry to exit */
    PLATFORM_WAIT,       /* a wait, a deferred signal or acknowledgement with it included */
    PLATFORM_SWITCH,     /* going on with another PD than before: address space, and what it finds
                            cold */
    PLATFORM_IRQ,        /* an interrupt, up to the signal to its driver; charged to the driver */
    PLATFORM_ACK,        /* an acknowledgement, as a call of its own */
    PLATFORM_CALL,       /* a protected call */
    PLATFORM_REPLY,      /* and its answer */
    PLATFORM_CROSS_CORE, /* more for a signal to another core; charged to the sender */
    PLATFORM_ENTRIES
};

/* Work of an image that its points do not tell of: an IP stack, the bookkeeping around a loop. */
struct platform_image {
    const char *image;         /* "network/client_echo"; "*": every image not named */
    uint64_t wake;             /* cycles a wake-up */
    uint64_t notified;         /* a call of notified() */
    uint64_t dequeue, enqueue; /* an entry taken out of, put into a queue */
    uint64_t byte_milli;       /* thousandths of a cycle a byte of a frame taken */
    struct diag_place place;   /* where the row stands */
};

struct platform {
    const char *name, *story;
    const char *file;            /* it was read from; NULL: it is the scenario's own */
    const char *like;            /* which other it says it is like, NULL: none */
    const struct platform *base; /* and that */
    const char *json;            /* the whole table as JSON text, every value written out */
    uint64_t clock_hz;
    uint64_t cores;
    uint64_t entry[PLATFORM_ENTRIES];
    uint64_t cross_core_ns; /* until a signal to another core arrives there */
    /* What an operation at a point costs beside the kernel entry it may be: a queue operation, a
     * flag operation, a register access. */
    uint64_t op[POINT_OPS];
    /* By the unit: thousandths of a cycle. */
    uint64_t copy_byte_milli, copy_uncached_byte_milli;
    uint64_t clean_line_milli, invalidate_line_milli;
    uint64_t line_bytes;
    uint64_t barrier; /* cycles more for each flag operation and each entry published, where the
                         image is built with barriers */
    bool barriers;
    /* Scheduling, as the kernel is configured. */
    uint64_t refills;       /* of a scheduling context, 2..8 */
    uint64_t min_budget_ns; /* what is left of a budget below this is not worth running for */
    uint64_t timeslice_ns;  /* of a PD without a budget of its own */
    /* Between device and memory. */
    uint64_t dma_latency_ns, dma_bytes_per_us;
    /* What is not the same in every run, but follows from the seed. */
    uint64_t cost_spread_ppm;        /* how much dearer or cheaper a cost may be */
    uint64_t interrupt_delay_max_ns; /* how late an interrupt may come */
    const struct platform_image *images;
    size_t image_count;
};

/* What a scenario has that names none. */
#define PLATFORM_STANDARD  "generic"
#define PLATFORM_CORES_MAX 64u

/*
 * Find and read the platform a scenario names: "NAME" is NAME.json in `platforms` beside the
 * scenario, or else in `dir`; one that ends in ".json" is a path relative to the scenario; NULL is
 * "generic". `inline_json` is the table itself where the scenario holds it, and `name` what it is
 * called; else NULL. What a table says it is like is found in the same way, beside the file it
 * stands in. Complaints, with file, line, column and JSON path, go to `diag`, at `place` where the
 * platform cannot be found. NULL with any error.
 */
const struct platform *platform_load(const char *name, const char *inline_json,
                                     const char *scenario_path, const char *dir,
                                     struct diag_place place, struct arena *arena,
                                     struct diag *diag);
/* The same of one file, whose name without ".json" is the platform's unless it says otherwise. */
const struct platform *platform_read_file(const char *path, const char *dir, struct arena *arena,
                                          struct diag *diag);
/* The names of what is in a folder, sorted; none if it cannot be read. */
const char *const *platform_names(const char *dir, struct arena *arena, size_t *count);

/* A cost of `p` in a run: as it is, or as much dearer or cheaper as the dice have it. */
uint64_t platform_spread(const struct platform *p, struct rng *dice, uint64_t cost);
/* The row for an image, by its name in the scenario, or by the name of its file if it is given as a
 * path: its own, else "*", else all zero. */
const struct platform_image *platform_image(const struct platform *p, const char *image);
/* Warn of each row for an image that is none of these: nothing will ever cost that. */
void platform_check_images(const struct platform *p, const struct type_view *images, size_t count,
                           struct diag *diag);
#endif
