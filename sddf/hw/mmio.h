/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_HW_MMIO_H
#define SDDF_HW_MMIO_H
/*
 * Register access for drivers written here. `base` is the vaddr of a device's register region as
 * the driver's device_resources give it. A write is posted: it takes effect in order, and before
 * any later read returns. A read waits for the device's answer. One who clears an event and then
 * looks at memory misses nothing: what the device has written by the time of the clearing is seen,
 * and what it writes after that raises its event anew. On hardware these would be volatile
 * accesses; here the runtime carries them to the model. Instrumented images reach the same two
 * functions through volatile hooks.
 */
#include <stdint.h>

uint64_t sddfsim_mmio_read(const volatile void *vaddr, unsigned bytes);
void sddfsim_mmio_write(volatile void *vaddr, unsigned bytes, uint64_t value);

static inline uint32_t mmio_read32(const volatile void *base, uint32_t offset)
{
    return (uint32_t)sddfsim_mmio_read((const volatile uint8_t *)base + offset, 4);
}

static inline void mmio_write32(volatile void *base, uint32_t offset, uint32_t value)
{
    sddfsim_mmio_write((volatile uint8_t *)base + offset, 4, value);
}
#endif
