/* SPDX-License-Identifier: BSD-2-Clause */
/* In a function that calls nobody, and so keeps no frame. */
#include "tests/image/rogue/dies.h"

static __attribute__((noinline)) void come_to_grief(uint64_t number)
{
    *(volatile uint64_t *)(number * 8) = number;
}
