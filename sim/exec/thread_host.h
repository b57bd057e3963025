/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_THREAD_HOST_H
#define SIM_EXEC_THREAD_HOST_H
/*
 * Domains on the host's clock, a thread each, all at once: the same life as a process's
 * (process.h), but that they share one address space. Whoever strays is stopped and reported as its
 * process would be; what it has written where only an MMU would have stopped it stays written.
 */
#include "sim/exec/exec.h"

struct thread_host;

/* 0 or -errno; what is in `out` is to be destroyed in either case, unless that is NULL. */
int thread_host_create(struct world *w, struct thread_host **out);
void thread_host_destroy(struct thread_host *h, struct world *w); /* nobody runs any more */
bool thread_host_empty(const struct thread_host *h); /* nobody was begun, or all are taken away */
/* As exec_type's. */
int thread_host_start(struct thread_host *h, struct world *w, uint32_t pd, char *why,
                      size_t why_bytes);
void thread_host_stop(struct thread_host *h, uint32_t pd);
uint32_t thread_host_reap(struct thread_host *h, struct world *w, bool wait, struct exec_end *end);
#endif
