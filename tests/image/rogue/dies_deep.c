/* SPDX-License-Identifier: BSD-2-Clause */
/* By recursion without an end. */
#include "tests/image/rogue/dies.h"

static volatile uint64_t depth;

static __attribute__((noinline)) uint64_t descend(uint64_t number)
{
    volatile uint64_t room[64];

    room[number % 64] = number;
    depth++;
    if (number == UINT64_MAX) {
        return 0;
    }
    return descend(number + 1) + room[(number + 1) % 64];
}

static __attribute__((noinline)) void come_to_grief(uint64_t number)
{
    frames = descend(number);
}
