/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_CONFINE_H
#define SIM_EXEC_CONFINE_H
/*
 * Shutting a domain in: after its memory is mapped, it gives up every descriptor but its doorbells and log,
 * then root, then nearly every system call. What it has mapped read-only stays so: the descriptor it came from
 * could only be read and is closed, mprotect is refused, and nothing under /proc can be opened.
 */
#include <stdbool.h>
#include <stddef.h>

struct confine {
    const int *keep; /* descriptors that stay open, ascending, beside 0..2 */
    size_t keep_count;
    int wait;         /* of these, the only one it may read */
    const int *write; /* those it may write; 1 and 2 besides */
    size_t write_count;
};

/* Each 0 or -errno. */
int confine_descriptors(const struct confine *c);
int confine_identity(void); /* to nobody, where it is root; no new privileges anywhere */
/* The filter. A refused call raises SIGSYS in the caller. Not undone by anything but the end of the process. */
int confine_calls(const struct confine *c);
#endif
