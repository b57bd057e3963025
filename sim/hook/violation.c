/* SPDX-License-Identifier: BSD-2-Clause */
/* Packing, unpacking and wording what broke a datasheet; see the header. */
#include "sim/hook/violation.h"

#include <inttypes.h>
#include <stdio.h>

#include <sddf/hw/device.h>

#include "sim/hook/where.h"

#define REGISTER_BYTES 96

void violation_pack(const struct violation *v, uint64_t *a, uint64_t *b)
{
    *a = (v->rule & 0xff) | (uint64_t)v->by << 8 | (uint64_t)(v->bytes & 0xff) << 16 |
         (uint64_t)v->offset << 32;
    *b = v->value;
}

struct violation violation_unpack(uint64_t a, uint64_t b)
{
    return (struct violation){.rule = a & 0xff,
                              .by = a >> 8 & 3,
                              .bytes = a >> 16 & 0xff,
                              .offset = (uint32_t)(a >> 32),
                              .value = b};
}

static const char *rule_text(const struct plan *plan, uint32_t device, unsigned rule)
{
    const struct device_type *type = NULL;

    if (rule == VIOLATION_WINDOW) {
        return "register access outside the window, not of one word, or misaligned";
    }
    if (rule == VIOLATION_IRQ) {
        return "acknowledgement of an interrupt it does not have";
    }
    if (device < plan->device_count && plan->devices[device].asked != NULL &&
        plan->devices[device].asked->type != NULL) {
        type = plan->devices[device].asked->type->type;
    }
    for (unsigned i = 0; type != NULL && type->rules != NULL && type->rules[i].text != NULL; i++) {
        if (i == rule) {
            return type->rules[i].text;
        }
    }
    return "a rule nobody knows";
}

/* "register 0x18", "register 0x98 of its mailbox" */
static const char *register_text(const struct plan *plan, uint32_t device, uint32_t offset,
                                 char out[static REGISTER_BYTES])
{
    const struct plan_registers *r = device < plan->device_count
                                         ? plan_registers_by_offset(&plan->devices[device], offset)
                                         : NULL;
    bool further = r != NULL && r->name != NULL;

    snprintf(out, REGISTER_BYTES, "register 0x%" PRIx32 "%s%s",
             further ? offset - r->offset : offset, further ? " of its " : "",
             further ? r->name : "");
    return out;
}

const char *violation_text(const struct plan *plan, uint32_t device, const struct violation *v,
                           char out[static VIOLATION_TEXT_BYTES])
{
    const char *rule = rule_text(plan, device, v->rule);
    char where[WHERE_TEXT_BYTES], what[REGISTER_BYTES];

    switch (v->by) {
    case BY_READ:
        snprintf(out, VIOLATION_TEXT_BYTES, "%s, by the read of %u bytes of %s", rule, v->bytes,
                 register_text(plan, device, v->offset, what));
        break;
    case BY_WRITE:
        snprintf(out, VIOLATION_TEXT_BYTES, "%s, by the write of 0x%" PRIx64 " (%u bytes) to %s",
                 rule, v->value, v->bytes, register_text(plan, device, v->offset, what));
        break;
    case BY_DESCRIPTOR:
        snprintf(out, VIOLATION_TEXT_BYTES, "%s, by the descriptor at %s", rule,
                 where_io(plan, device, v->value, where));
        break;
    case BY_NOTHING:
        snprintf(out, VIOLATION_TEXT_BYTES, "%s", rule);
        break;
    }
    return out;
}
