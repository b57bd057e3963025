/* SPDX-License-Identifier: BSD-2-Clause */
/* A futex, since both sides may have it mapped anywhere; see the header. */
#include "sim/exec/baton.h"

#include <linux/futex.h>
#include <sched.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 20   /* how long to wait before asking whether the other side lives */
#define WAYS    4096 /* how often to give way before going to sleep */

static void wait_while(_Atomic uint32_t *word, uint32_t value, const struct timespec *at_most)
{
    syscall(SYS_futex, word, FUTEX_WAIT, value, at_most, NULL, 0);
}

static void wake(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void baton_await_domain(struct baton *b)
{
    while (atomic_load(&b->holder) != BATON_DOMAIN) {
        wait_while(&b->holder, BATON_KERNEL, NULL);
    }
}

/* Either the kernel sees the baton before it sleeps, or we see that it does. */
void baton_give_kernel(struct baton *b)
{
    atomic_store(&b->holder, BATON_KERNEL);
    if (atomic_load(&b->kernel_sleeps) != 0) {
        wake(&b->holder);
    }
}

static bool came_back(struct baton *b)
{
    for (unsigned i = 0; i < WAYS; i++) {
        if (atomic_load(&b->holder) == BATON_KERNEL) {
            return true;
        }
        sched_yield();
    }
    return false;
}

bool baton_pass(struct baton *b, bool (*alive)(void *context), void *context)
{
    const struct timespec at_most = {.tv_nsec = LOOK_MS * 1000000};
    bool lives = true;

    atomic_store(&b->holder, BATON_DOMAIN);
    wake(&b->holder);
    if (came_back(b)) {
        return true;
    }
    atomic_store(&b->kernel_sleeps, 1);
    for (unsigned round = 0; lives && atomic_load(&b->holder) != BATON_KERNEL; round++) {
        wait_while(&b->holder, BATON_DOMAIN, &at_most);
        lives = round == 0 || alive(context);
    }
    atomic_store(&b->kernel_sleeps, 0);
    return lives || atomic_load(&b->holder) == BATON_KERNEL;
}
