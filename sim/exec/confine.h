/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_CONFINE_H
#define SIM_EXEC_CONFINE_H
/*
 * Shutting a domain in: after its memory is mapped, it gives up every descriptor but its doorbells,
 * its log and, if it is a device on a live one, its wire; then root; then, before the first
 * instruction of its image, nearly every system call. What it has mapped read-only stays so: the
 * descriptor it came from could only be read and is closed, mprotect is refused, and nothing under
 * /proc can be opened.
 *
 * The dynamic loader runs code of the image (constructors, resolvers) while it still needs files
 * and memory, so there is a first filter for as long as it works: it lets nothing be written,
 * started, signalled or looked into but the process itself. Since one who may open files could open
 * /proc/PID/mem and /proc/PID/fd of another, every process of a run is closed to others of its own
 * user as well.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define CONFINE_EXIT_FAILED 3

struct confine {
    const int *keep; /* descriptors that stay open, ascending, beside 0..2 */
    size_t keep_count;
    int bells, timer;  /* an epoll it may wait on, and a timer it may set */
    int wire;          /* of a device: what it may read frames from and write them to; 0: none */
    const void *baton; /* in virtual time: the one word it may sleep on, instead of those two,
                          and the host's clock is not for it; else NULL */
    const int *ring;   /* those to which it may write one thing, the word at `ring_word` */
    const void *ring_word; /* in memory that cannot be written */
    size_t ring_count;
};

/* Each 0 or -errno. */
int confine_descriptors(const struct confine *c);
/* To nobody, where it is root, or to one who may nothing where there is no nobody; no new
 * privileges anywhere; no one may look in; dead with its supervisor. */
int confine_identity(pid_t supervisor);
int confine_loading(const struct confine *c); /* the first filter */
/* The filter. A refused call raises SIGSYS in the caller. Not undone by anything but the end of the
 * process. */
int confine_calls(const struct confine *c);
/* Let no process of the same user without privileges look into this one and those it forks; or let
 * them again. */
void confine_looking(bool forbidden);
#endif
