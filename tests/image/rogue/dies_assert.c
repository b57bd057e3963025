/* SPDX-License-Identifier: BSD-2-Clause */
/* By an assertion of its own. */
#include "tests/image/rogue/dies.h"

static __attribute__((noinline)) void come_to_grief(uint64_t number)
{
    assert(number < 3);
}
