/* SPDX-License-Identifier: BSD-2-Clause */
/* A futex, since both sides may have it mapped anywhere; see the header. */
#include "sim/exec/baton.h"

#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 20 /* how long to wait before asking whether the other side lives */

static void wait_while(struct baton *b, uint32_t holder, const struct timespec *at_most)
{
    syscall(SYS_futex, &b->holder, FUTEX_WAIT, holder, at_most, NULL, 0);
}

static void give(struct baton *b, uint32_t holder)
{
    atomic_store(&b->holder, holder);
    syscall(SYS_futex, &b->holder, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void baton_await_domain(struct baton *b)
{
    while (atomic_load(&b->holder) != BATON_DOMAIN) {
        wait_while(b, BATON_KERNEL, NULL);
    }
}

void baton_give_kernel(struct baton *b)
{
    give(b, BATON_KERNEL);
}

bool baton_pass(struct baton *b, bool (*alive)(void *context), void *context)
{
    const struct timespec at_most = {.tv_nsec = LOOK_MS * 1000000};

    give(b, BATON_DOMAIN);
    for (unsigned round = 0; atomic_load(&b->holder) != BATON_KERNEL; round++) {
        if (round > 0 && !alive(context)) {
            return false;
        }
        wait_while(b, BATON_DOMAIN, &at_most);
    }
    return true;
}
