/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_FAULT_WIRE_END_H
#define SIM_FAULT_WIRE_END_H
/* What the faults of a wire have in common: which wire it is, which of its two ways, and whose
 * frames. */
#include "sim/fault/fault.h"

enum wire_way { WIRE_IN, WIRE_OUT, WIRE_BOTH };

struct wire_end {
    const char *wire, *client;
    uint64_t way; /* enum wire_way */
    /* The plan's, once it is checked: any device where `wire` is NULL, and everybody's frames where
     * `client` is. */
    uint32_t device, pd;
    const uint8_t (*macs)[6];
    size_t mac_count;
};

extern const char *const wire_ways[];

/* Their rows in the table of a type that holds one as `end`. */
#define WIRE_END_PARAMS(type)                                                         \
    {.name = "wire",                                                                  \
     .kind = PARAM_KIND_TEXT,                                                         \
     .offset = offsetof(type, end.wire),                                              \
     .doc = "the wire it is about; every wire if left out"},                          \
        {.name = "client",                                                            \
         .kind = PARAM_KIND_TEXT,                                                     \
         .offset = offsetof(type, end.client),                                        \
         .doc = "only frames for this client, and from it; everybody's if left out"}, \
    {                                                                                 \
        .name = "way", .kind = PARAM_KIND_ENUM, .offset = offsetof(type, end.way),    \
        .preset = WIRE_BOTH, .choices = wire_ways,                                    \
        .doc = "frames on their way in to the device, out of it, or both"             \
    }

/* Is there such a wire, and such a client? For a type whose state begins with a struct wire_end, as
 * fault_type.check.
 */
bool wire_end_check(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                    struct diag_place place);

/* Is a frame one of those it is about? Likewise, as fault_type.frame_is. */
bool wire_end_is(const void *state, const struct gate_frame *f);
/* Likewise, as fault_type.about. */
void wire_end_about(const void *state, const struct plan *plan, bool *pds);
#endif
