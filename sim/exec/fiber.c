/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fiber executor: every domain a stack of this process, one running at a time. A domain gives
 * up the processor only to the kernel, and going from one to another is a swap of stack pointers,
 * so there are no races and no host time. It isolates nobody.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/exec/local.h"
#include "sim/exec/switch.h"

#define STACK_BYTES (256u * 1024u)

struct fiber_run {
    struct local_run local; /* first: local's verbs take it for the state */
    struct stack began;     /* the program's own */
};

static struct stack *stack_of(struct local_run *run, struct local *l)
{
    return l == NULL ? &((struct fiber_run *)run)->began : l->way;
}

static void go(struct local_run *run, struct local *from, struct local *to)
{
    stack_switch(stack_of(run, from), stack_of(run, to));
}

static void body(void *argument)
{
    local_body(argument);
}

static int fiber_start(void *state, struct world *w, const struct exec_virtual *v, uint32_t pd,
                       const char *const *wrap, char *why, size_t why_bytes)
{
    struct fiber_run *run = state;

    run->local.go = go;
    int error = local_start(&run->local, w, v, pd, wrap, why, why_bytes);

    if (error != 0 || w->plan->pds[pd].kind == PD_DEVICE) {
        return error;
    }
    struct local *l = &run->local.locals[pd];
    struct stack *stack = calloc(1, sizeof *stack);

    l->way = stack;
    return stack == NULL ? -ENOMEM : stack_create(stack, STACK_BYTES, body, l);
}

static void fiber_stop(void *state, struct world *w, uint32_t pd)
{
    struct fiber_run *run = state;
    struct stack *stack = run->local.locals[pd].way;

    (void)w;
    if (stack != NULL) {
        stack_destroy(stack);
        free(stack);
    }
    local_stop(&run->local, pd);
}

const struct exec_type exec_fiber = {
    .name = "fiber",
    .doc = "all domains in one process, one at a time: quick, repeatable, good for sanitizers; "
           "isolates nobody",
    .virtual_clock = true,
    .state_size = sizeof(struct fiber_run),
    .start = fiber_start,
    .resume = local_resume,
    .access = local_access,
    .step = local_step,
    .next_ns = local_next_ns,
    .stop = fiber_stop,
};
