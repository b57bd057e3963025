/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_NETWORK_REGS_H
#define COMPONENTS_NETWORK_REGS_H
/*
 * Registers as fields of a structure that lies over a device's window: what drivers written for
 * hardware do with plain volatile accesses. Here each goes through one of these two.
 */
#include <stdint.h>

#include <sddf/hw/mmio.h>

static inline uint32_t reg_read(const volatile uint32_t *reg)
{
    return mmio_read32(reg, 0);
}

static inline void reg_write(volatile uint32_t *reg, uint32_t value)
{
    mmio_write32(reg, 0, value);
}
#endif
