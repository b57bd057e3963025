/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver that does nothing but access one register of an ENET, COUNT times, in one of the ways
 * there are: to measure what an access costs. ACCESSOR: by ours; else through a volatile pointer.
 * READ, else written.
 */
#include <stdint.h>

#include <os/sddf.h>
#include <sddf/hw/mmio.h>
#include <sddf/network/config.h>
#include <sddf/resources/device.h>

#if !defined(COUNT)
#define COUNT 0
#endif
#define TFWR 0x144 /* stored, and of no effect as long as nothing is enabled */

__attribute__((__section__(".device_resources"))) device_resources_t device_resources;
__attribute__((__section__(".net_driver_config"))) net_driver_config_t config;

static inline void access_register(void *regs, uint32_t value)
{
#if defined(ACCESSOR) && defined(READ)
    (void)value;
    (void)mmio_read32(regs, TFWR);
#elif defined(ACCESSOR)
    mmio_write32(regs, TFWR, value);
#elif defined(READ)
    (void)value;
    (void)*(volatile uint32_t *)((char *)regs + TFWR);
#else
    *(volatile uint32_t *)((char *)regs + TFWR) = value;
#endif
}

void init(void)
{
    for (uint32_t i = 0; i < COUNT; i++) {
        access_register(device_resources.regions[0].region.vaddr, i & 0x3f);
    }
}

void notified(sddf_channel ch)
{
    if (ch == device_resources.irqs[0].id) {
        sddf_deferred_irq_ack(ch);
    }
}
