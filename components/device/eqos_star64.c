/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The EQOS of a JH7110, with what holds it in its reset (jh7110.h) in a second window of registers.
 * A boot loader may leave the MAC so (`in_reset`), and until its driver has released it, no
 * register of it can be used. Released it is as the boot loader left it; a driver that has it reset
 * once more finds it as after any reset.
 *
 * Plainer than the chip: its other resets and its clocks are words that keep what is written, and
 * nothing depends on them.
 */
#include "components/device/eqos.h"
#include "components/device/eqos_model.h"
#include "components/device/jh7110.h"

#include <string.h>

struct star64 {
    struct dwmac mac;
    bool in_reset;
    uint32_t aon[JH7110_WINDOW_BYTES / 4];
};

static const struct param params[] = {
    NIC_PARAMS(256, RING_ENTRIES_LIMIT),
    NIC_PARAM_FCS,
    PARAM_BOOL(struct star64, in_reset, false,
               "the boot loader has left the MAC in its reset, which the driver is to release"),
    PARAM_END,
};

static uint32_t *resets(struct star64 *s)
{
    return &s->aon[JH7110_RESETS / 4];
}

static bool is_held(struct star64 *s)
{
    return *resets(s) & JH7110_RESET_GMAC;
}

/* To leave a reset takes as long as any, where the model is strict. */
static uint32_t read_aon(struct star64 *s, uint32_t offset)
{
    if (offset != JH7110_RELEASED) {
        return s->aon[offset / 4];
    }
    return ~*resets(s) & (nic_is_resetting(&s->mac.nic) ? ~JH7110_RESET_GMAC : UINT32_MAX);
}

static void write_resets(struct star64 *s, uint32_t value)
{
    bool was = is_held(s);

    *resets(s) = value;
    if (!was && is_held(s)) {
        dwmac_reset(&s->mac);
    } else if (was && !is_held(s)) {
        nic_begin_reset(&s->mac.nic, DWMAC_REGS_BYTES + JH7110_RESETS);
    }
}

static void write_aon(struct star64 *s, uint32_t offset, uint32_t value)
{
    if (offset == JH7110_RESETS) {
        write_resets(s, value);
    } else if (offset == JH7110_RELEASED) {
        nic_violation(&s->mac.nic, DWMAC_RULE_READ_ONLY);
    } else {
        s->aon[offset / 4] = value;
    }
}

static uint32_t read_register(struct nic *n, uint32_t offset)
{
    struct star64 *s = (struct star64 *)n;

    if (offset >= DWMAC_REGS_BYTES) {
        return read_aon(s, offset - DWMAC_REGS_BYTES);
    }
    if (is_held(s)) {
        nic_violation(n, DWMAC_RULE_HELD);
        return 0;
    }
    return dwmac_read(n, offset);
}

static void write_register(struct nic *n, uint32_t offset, uint32_t value)
{
    struct star64 *s = (struct star64 *)n;

    if (offset >= DWMAC_REGS_BYTES) {
        write_aon(s, offset - DWMAC_REGS_BYTES, value);
    } else if (is_held(s)) {
        nic_violation(n, DWMAC_RULE_HELD);
    } else {
        eqos_write(n, offset, value);
    }
}

static const struct nic_verbs verbs =
    DWMAC_VERBS(eqos_settings, read_register, write_register, eqos_acts_on_ones);

/* Of the MAC by itself, when the chip has been at work before: what holds it is as it was. */
static void star64_reset(void *state, struct bus *bus)
{
    struct star64 *s = state;
    bool power_on = s->mac.part == NULL;

    dwmac_init(&s->mac, &eqos_part, &verbs, bus);
    if (power_on && s->in_reset) {
        *resets(s) = JH7110_RESET_GMAC;
    }
}

static const struct device_window windows[] = {
    {.name = "resets", .bytes = JH7110_WINDOW_BYTES, .vaddr = JH7110_WINDOW_VADDR},
    {.name = NULL},
};

const struct device_type device_eqos_star64 = {
    .name = "eqos_star64",
    .doc = "the EQOS of a JH7110, whose reset its driver has to release (JH7110 Technical "
           "Reference Manual, chapter AON CRG)",
    .driver = "network/driver_eqos_star64",
    .memory = NIC_RINGS(sizeof(struct eqos_descriptor), 0),
    .windows = windows,
    DWMAC_TYPE_OF(struct star64, params, star64_reset),
};
