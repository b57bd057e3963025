/* SPDX-License-Identifier: BSD-2-Clause */
/* By calling what is no code. */
#include "tests/image/rogue/dies.h"

static void (*volatile handler)(uint64_t number);

static __attribute__((noinline)) void come_to_grief(uint64_t number)
{
    handler(number);
    frames++; /* it comes back, or would */
}
