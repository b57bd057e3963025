/* SPDX-License-Identifier: BSD-2-Clause */
/* By a copy beyond its memory, in the C library. */
#include "tests/image/rogue/dies.h"

static __attribute__((noinline)) void come_to_grief(uint64_t number)
{
    memcpy((uint8_t *)config.rx_data.vaddr + config.rx_data.size - number, (const void *)&config,
           sizeof(config));
    frames++;
}
