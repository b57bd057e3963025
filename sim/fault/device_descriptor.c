/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device tells its driver of finished work late, in two halves, or wrongly: of what it writes
 * back into descriptors, all or a part reaches memory after the interrupt it goes with, or a field
 * holds something else than it should. Where the length is is the datasheet's to say.
 */
#include <sddf/hw/device.h>

#include "sim/fault/fault.h"

enum how { HOW_LATE, HOW_TORN, HOW_FIELD };

static const char *const how_names[] = {"late", "torn", "field", NULL};

struct device_descriptor {
    uint64_t how, by, offset, bytes, value;
    bool random;
};

static const struct param params[] = {
    PARAM_ENUM(struct device_descriptor, how, HOW_LATE, how_names,
               "late: the whole write; torn: what it writes to the field, while the rest is in "
               "time; field: that holds something else"),
    PARAM_TIME(struct device_descriptor, by, 10000, 1, 1000000000000, "late, torn: how late"),
    PARAM_UINT(struct device_descriptor, offset, 0, 0, 63,
               "torn, field: where in a descriptor the field begins; as preset it is the length of "
               "an ENET's"),
    PARAM_UINT(struct device_descriptor, bytes, 2, 1, 8, "torn, field: how long it is"),
    PARAM_UINT(struct device_descriptor, value, 65535, 0, 0,
               "field: what it holds, lowest byte first"),
    PARAM_BOOL(struct device_descriptor, random, false, "field: any value instead"),
    PARAM_END,
};

/* Where the field is in what is written, if the whole of it is. */
static bool find_field(const struct device_descriptor *s, const struct gate_dma *d, size_t *from)
{
    uint64_t end = d->entry_offset + d->length;
    uint64_t entry = s->offset >= d->entry_offset ? 0 : d->entry_bytes;

    *from = (size_t)(entry + s->offset - d->entry_offset);
    return entry + s->offset + s->bytes <= end;
}

static bool is_write_back(const void *state, const struct gate_dma *d)
{
    const struct device_descriptor *s = state;
    size_t from;

    return d->write && d->descriptor && (s->how == HOW_LATE || find_field(s, d, &from));
}

static enum verdict write_back(void *state, struct gate_dma *d)
{
    const struct device_descriptor *s = state;
    size_t from = 0;

    if (s->how == HOW_LATE) {
        d->late_from = 0;
        d->late_bytes = d->length;
        d->delay_ns = s->by;
        return VERDICT_DELAY;
    }
    if (!find_field(s, d, &from)) { /* another fault has shortened it */
        return VERDICT_PASS;
    }
    if (s->how == HOW_TORN) {
        d->late_from = from;
        d->late_bytes = (size_t)s->bytes;
        d->delay_ns = s->by;
        return VERDICT_DELAY;
    }
    uint64_t value = s->random ? rng_u64(d->rng) : s->value;

    for (uint64_t i = 0; i < s->bytes; i++) {
        d->bytes[from + i] = (uint8_t)(value >> 8 * i);
    }
    return VERDICT_ALTER;
}

static bool device_descriptor_check(void *state, const struct plan *plan, uint32_t pd,
                                    struct diag *diag, struct diag_place place)
{
    const struct device_descriptor *s = state;
    const struct device_memory *memory;
    const struct device_type *type;

    if (pd == PLAN_NONE || s->how == HOW_LATE) {
        return true;
    }
    type = plan->devices[plan->pds[pd].device].asked->type->type;
    for (memory = type->memory; memory < type->memory + DEVICE_MEMORIES_MAX; memory++) {
        if (memory->name != NULL && s->offset + s->bytes <= memory->entry_bytes) {
            return true;
        }
    }
    diag_error(diag, place, "offset: no descriptor of %s is so long", plan->pds[pd].name);
    return false;
}

const struct fault_type fault_device_descriptor = {
    .name = "device_descriptor",
    .doc = "a device writes descriptors back late, in parts, or with a wrong length",
    .state_size = sizeof(struct device_descriptor),
    .params = params,
    .needs_pd = true,
    .at_device = true,
    .check = device_descriptor_check,
    .dma_is = is_write_back,
    .dma = write_back,
};
