/* SPDX-License-Identifier: BSD-2-Clause */
/* A wire by its name: faults are asked at the device it hangs on. And whose frames pass there. */
#include "sim/fault/wire_end.h"

#include <string.h>

#include "sim/base/suggest.h"

const char *const wire_ways[] = {"in", "out", "both", NULL};

static bool find_wire(struct wire_end *end, const struct plan *plan, struct diag *diag,
                      struct diag_place place)
{
    const struct scenario *s = plan->scenario;
    const char **names = arena_array(plan->arena, s->wire_count + 1, sizeof *names);

    for (size_t i = 0; i < s->wire_count; i++) {
        names[i] = s->wires[i].name;
    }
    for (uint32_t i = 0; i < plan->device_count; i++) {
        int wire = plan->devices[i].wire;

        if (wire >= 0 && strcmp(names[wire], end->wire) == 0) {
            end->device = i;
            return true;
        }
    }
    diag_error(diag, place, "wire: no device hangs on a wire \"%s\"%s", end->wire,
               suggest_text(plan->arena, end->wire, names, s->wire_count));
    return false;
}

static bool find_client(struct wire_end *end, const struct plan *plan, struct diag *diag,
                        struct diag_place place)
{
    const char **names = arena_array(plan->arena, plan->pd_count + 1, sizeof *names);

    for (uint32_t i = 0; i < plan->pd_count; i++) {
        const struct plan_pd *pd = &plan->pds[i];

        names[i] = pd->endpoint ? pd->name : NULL;
        if (pd->endpoint && strcmp(pd->name, end->client) == 0) {
            end->pd = i;
            end->macs = pd->macs;
            end->mac_count = pd->mac_count;
            return true;
        }
    }
    diag_error(diag, place, "client: no client \"%s\"%s", end->client,
               suggest_text(plan->arena, end->client, names, plan->pd_count));
    return false;
}

bool wire_end_check(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                    struct diag_place place)
{
    struct wire_end *end = state;
    bool wire = end->wire == NULL || find_wire(end, plan, diag, place);
    bool client = end->client == NULL || find_client(end, plan, diag, place);

    (void)pd;
    return wire && client;
}

/* For the client on the way in, from it on the way out. */
static bool is_clients(const struct wire_end *end, const struct gate_frame *f)
{
    const size_t at = f->outbound ? sizeof end->macs[0] : 0;

    for (size_t i = 0; i < end->mac_count && f->length >= at + sizeof end->macs[0]; i++) {
        if (memcmp(f->bytes + at, end->macs[i], sizeof end->macs[0]) == 0) {
            return true;
        }
    }
    return false;
}

bool wire_end_is(const void *state, const struct gate_frame *f)
{
    const struct wire_end *end = state;

    return (end->wire == NULL || end->device == f->device) &&
           (end->way == WIRE_BOTH || (end->way == WIRE_OUT) == f->outbound) &&
           (end->client == NULL || is_clients(end, f));
}

void wire_end_about(const void *state, const struct plan *plan, bool *pds)
{
    const struct wire_end *end = state;

    if (end->client != NULL) {
        pds[end->pd] = true;
    }
    for (uint32_t i = 0; end->client == NULL && i < plan->device_count; i++) {
        pds[plan->devices[i].pd] |= end->wire == NULL || end->device == i;
    }
}
