/* SPDX-License-Identifier: BSD-2-Clause */
/* A wire by its name: faults are asked at the device it hangs on. */
#include "sim/fault/wire_end.h"

#include <string.h>

#include "sim/base/suggest.h"

const char *const wire_ways[] = {"in", "out", "both", NULL};

bool wire_end_check(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                    struct diag_place place)
{
    struct wire_end *end = state;
    const struct scenario *s = plan->scenario;
    const char **names;

    (void)pd;
    if (end->wire == NULL) {
        return true;
    }
    names = arena_array(plan->arena, s->wire_count + 1, sizeof *names);
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

bool wire_end_is(const void *state, const struct gate_frame *f)
{
    const struct wire_end *end = state;

    return (end->wire == NULL || end->device == f->device) &&
           (end->way == WIRE_BOTH || (end->way == WIRE_OUT) == f->outbound);
}
