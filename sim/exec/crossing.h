/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_CROSSING_H
#define SIM_EXEC_CROSSING_H
/*
 * The gates of one device: where its frames, its DMA and its interrupts meet the faults of a
 * scenario. What is let pass goes on at once, through the verbs its station hands in; what is kept
 * back goes on later, in its own time, from memory that was taken at the beginning. A device that
 * no fault is about has no crossing, and asks nobody.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/fault/fault_set.h"

struct crossing;

/* What is kept back at one time, at most. More frames than that are lost, more writes and longer
 * ones are in time. */
#define CROSSING_FRAMES_MAX  1024u
#define CROSSING_FRAME_BYTES 2048u
#define CROSSING_WRITES_MAX  256u
#define CROSSING_WRITE_BYTES 64u

#define CROSSING_NEVER UINT64_MAX

/* Where it goes on. */
struct crossing_verbs {
    void *context;
    void (*frame)(void *context, bool outbound, const uint8_t *bytes, size_t length);
    void (*spoilt)(void *context); /* a frame came in that its check sequence does not fit */
    bool (*read)(void *context, uint64_t io_addr, void *to, size_t length);
    bool (*write)(void *context, uint64_t io_addr, const void *from, size_t length);
    void (*line)(void *context, unsigned line, bool level);
    void (*reset)(void *context);
    void (*say)(void *context, const char *text); /* into its log */
};

/* What is to be accounted for, by way: 0 in, 1 out. */
struct crossing_counts {
    uint64_t dropped[2]; /* frames that end here */
    uint64_t copied[2];  /* that began here, as further copies */
    uint32_t kept[2];    /* that wait here */
};

/* How much memory the gates of a device take; 0: no fault is about it. */
size_t crossing_bytes(const struct plan *plan, uint32_t device);
/* In zeroed memory of that size; `faults` and `verbs` outlive it. */
struct crossing *crossing_init(void *memory, const struct plan *plan, uint32_t device,
                               struct fault_set *faults, const struct crossing_verbs *verbs);

/* A frame comes to the gate. `now_ns` here and below is the station's clock, `run_ns` since frames
 * may enter. */
void crossing_frame(struct crossing *c, bool outbound, const uint8_t *bytes, size_t length,
                    uint64_t now_ns, uint64_t run_ns);
/* As the bus has them. */
bool crossing_read(struct crossing *c, uint64_t io_addr, void *to, size_t length, uint64_t run_ns);
bool crossing_write(struct crossing *c, uint64_t io_addr, const void *from, size_t length,
                    uint64_t now_ns, uint64_t run_ns);
void crossing_irq(struct crossing *c, unsigned line, bool level, uint64_t now_ns, uint64_t run_ns);

/* The driver has read a register. */
void crossing_looked_at(struct crossing *c);

/*
 * Time has come to `now_ns`: what was kept back goes on, and what the device is to do unasked, it
 * does. `in`: frames may enter it now. `go_ns`: since when they may; 0: not yet.
 */
void crossing_step(struct crossing *c, uint64_t now_ns, uint64_t go_ns, bool in);
/* When that is to be next. */
uint64_t crossing_next(const struct crossing *c, uint64_t go_ns, bool in);
/* Until when the device stands still: its timers wait, and what comes to it is lost. */
uint64_t crossing_stalled_until(const struct crossing *c);

const struct crossing_counts *crossing_counts(const struct crossing *c);
#endif
